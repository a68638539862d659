/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What of the host a mount brings into a container. Only looked at: nothing is read, nothing is
 * waited for, no automount is triggered by the last component of a path (open(2), O_PATH).
 *
 * What a path leads to is told as it is at this moment. Who can rename the folders of a source can
 * lead the runtime elsewhere a moment later.
 */

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/macros.h"
#include "host/mounts.h"
#include "trim/source.h"

/* What is the same for all sources of a container. */
struct wh_sources {
	struct wh_mounts mounts;
	const char *const *reals; /* of the known paths, links followed, as far as they are there */
	size_t count;
};

/*
 * Finds out what is mounted now, and where the known paths lead: a component of them with a "*",
 * and all behind it, stays as it is. 0; -ENOMEM; -errno when /proc does not tell.
 */
int wh_sources_begin(struct wh_sources *ret, const char *const known[], size_t count,
	struct wh_arena *arena, struct wh_err *err) WH_MUST_CHECK;

/*
 * Looks at one source, links followed. A relative one begins at the bundle folder, as for every
 * runtime. Its real path cannot be told when it goes through a link of /proc that leads wherever a
 * process has something open, by ".." through a link (which runc takes back by the text, and crun
 * by the folders), or has more names than are looked at. A file with several hard links has those
 * of the known paths among its names that are the same file. 0 or -ENOMEM.
 */
int wh_source_look(const struct wh_sources *sources, int bundle, struct wh_slice path,
	struct wh_arena *arena, struct wh_source *ret) WH_MUST_CHECK;
