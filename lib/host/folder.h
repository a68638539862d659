/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Looking through the names of a folder, and for our own. */

#include "base/arena.h"
#include "base/err.h"
#include "base/macros.h"

/*
 * The one name in an open folder (O_PATH will do) that begins with `prefix` and ends with `suffix`,
 * in the arena. 0; -ENOENT when there is none, -EEXIST when there are several; another -errno.
 */
int wh_find_name(int folder, const char *prefix, const char *suffix, struct wh_arena *arena,
	const char **ret, struct wh_err *err) WH_MUST_CHECK;

/* The folder that the running program lies in, in the arena; NULL where that cannot be told. */
const char *wh_own_folder(struct wh_arena *arena);
