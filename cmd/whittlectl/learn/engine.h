/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What has to be asked of, or told to, whoever runs a container that is learnt. */

#include "base/arena.h"
#include "base/err.h"
#include "base/macros.h"
#include "command.h"

/* The whittle that belongs to this whittlectl: a path, in the arena. 0 or -errno. */
int wh_learn_find_whittle(
	struct wh_arena *arena, const char **ret, struct wh_err *err) WH_MUST_CHECK;

/* Whether the engine answers and knows the runtime by which the command would reach whittle. 0 or
 * -errno with what to do. */
int wh_learn_engine_check(const struct wh_learn_command *command, struct wh_arena *arena,
	struct wh_err *err) WH_MUST_CHECK;

/* The words that end a container, and that remove it with all it holds; in the arena, NULL when
 * memory ran out. `whittle` and `policy` are for a bundle's. */
const char *const *wh_learn_stop_words(const struct wh_learn_command *command,
	const struct wh_learn_words *ours, struct wh_arena *arena) WH_MUST_CHECK;
const char *const *wh_learn_remove_words(const struct wh_learn_command *command,
	const struct wh_learn_words *ours, struct wh_arena *arena) WH_MUST_CHECK;

/* Runs such words to their end, silently. 0; -ECHILD when they failed; -errno. */
int wh_learn_call(
	const char *const *words, struct wh_arena *arena, struct wh_err *err) WH_MUST_CHECK;
