/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The recording of one container while it grows, as its recorder writes it (record/store.h). */

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/macros.h"
#include "learn/learnt.h"

struct wh_learn_watch {
	int64_t since;         /* seconds since the epoch: older files are no matter */
	const char *name;      /* of the recording; NULL: not found yet */
	const char *file;      /* "NUMBER.json" */
	struct stat st;        /* when it was read */
	struct wh_arena arena; /* of `learnt` */
	struct wh_learnt learnt;
	bool gone; /* it was taken into another, which only happens when it has ended */
};

void wh_learn_watch_done(struct wh_learn_watch *watch);

/*
 * Looks again. `id` is the container's; `name` is what the recording is called, or NULL where that
 * is for whittle to say; `arena` keeps what was found. 1 when watch->learnt is newer than before, 0
 * when not; -errno.
 */
int wh_learn_watch_look(struct wh_learn_watch *watch, const char *id, const char *name,
	struct wh_arena *arena, struct wh_err *err) WH_MUST_CHECK;

/* Whether nothing more will come: it has ended, or its recorder has without an end. */
bool wh_learn_watch_over(const struct wh_learn_watch *watch);

/* Notes the command in the recording, which has ended. 0 or -errno. */
int wh_learn_watch_keep(const struct wh_learn_watch *watch, const char *const *command,
	size_t count, struct wh_err *err) WH_MUST_CHECK;
