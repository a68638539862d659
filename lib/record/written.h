/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a container wrote in its root file system, read off afterwards: whatever was made, changed
 * or removed since a moment has a newer change time, which no program can set (inode(7)). On an
 * overlay only the upper layer is looked through. What was only opened for writing in a plain
 * folder, and files that were made and removed again, show as their folder, or not at all where
 * that was made too. Volumes and other mounts are none of it.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/macros.h"

#define WH_WRITTEN_LOOKS 300000 /* entries looked at; behind them it is unknown */

struct wh_written {
	int folder; /* the upper layer, or the root file system itself */
	bool upper;
};

/* `rootfs` is absolute and on this host. The folder stays open, whatever is unmounted meanwhile. 0
 * or -errno, with a sentence. */
int wh_written_open(const char *rootfs, struct wh_written *ret, struct wh_err *err) WH_MUST_CHECK;
void wh_written_close(struct wh_written *written);

/*
 * Paths as seen in the container, sorted, in the arena, at most `limit`; *ret_more when there were
 * more. `since` is in nanoseconds since the epoch, by the clock of file systems, which a
 * kernel's ticks bring up to date: CLOCK_REALTIME_COARSE. A folder, with a "/" at its end, is
 * there when something in it changed that is not there itself. 0; -E2BIG when there was more than
 * can be looked at, or it would have taken longer than a few seconds; -ENOMEM; -errno.
 */
int wh_written_list(const struct wh_written *written, int64_t since, size_t limit,
	struct wh_arena *arena, const char *const **ret, size_t *ret_count,
	bool *ret_more) WH_MUST_CHECK;
