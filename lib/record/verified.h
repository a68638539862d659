/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What elimination runs proved of a container (learn/eliminate.h), beside its recordings: one file,
 * WH_RECORDINGS/NAME/verified.
 */

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/macros.h"
#include "learn/learnt.h"

struct wh_verified {
	int64_t time;   /* when it ended, seconds since the epoch */
	wh_capset base; /* that the container worked with */
	wh_capset needed, not_needed;
	const char *const
		*check; /* the command that had to succeed; NULL: the container's own end */
	size_t check_count;
};

/* Puts it in the place of an earlier one. 0 or -errno. */
int wh_verified_put(
	const char *name, const struct wh_verified *verified, struct wh_err *err) WH_MUST_CHECK;

/* Everything lives in the arena. 0; -ENOENT when nothing was verified; -errno. */
int wh_verified_read(const char *name, struct wh_arena *arena, struct wh_verified *ret,
	struct wh_err *err) WH_MUST_CHECK;

/* Forgets it; nothing when there is none. */
void wh_verified_forget(const char *name);

/*
 * What a rule for `learnt` can leave out: proven not needed, and not seen in use since for the
 * first time; nothing when nothing was verified. 0 or -errno.
 */
int wh_verified_without(const char *name, const struct wh_learnt *learnt, struct wh_arena *arena,
	wh_capset *ret, struct wh_err *err) WH_MUST_CHECK;
