/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What is mounted where, as /proc/self/mountinfo tells (proc_pid_mountinfo(5)), and by which other
 * paths what lies on a mount can be reached. Internal to the room: the map of source.h.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/macros.h"

struct wh_mount {
	uint64_t id;
	uint64_t device;  /* major << 32 | minor */
	const char *root; /* of the file system, what is mounted; does not begin with a slash where
			     it is no path (namespaces) */
	const char *point;
	const char *type;
	const char *options; /* of the file system */
	bool read_only;      /* this mount, or the file system itself */
};

struct wh_mounts {
	struct wh_mount *items; /* in the order they were mounted, in the arena */
	size_t count;
};

/* 0; -EINVAL when the text is not what the kernel writes; -ENOMEM; -errno. */
int wh_mounts_read(const char *file, struct wh_arena *arena, struct wh_mounts *ret,
	struct wh_err *err) WH_MUST_CHECK;

/* The mount of this number, or, when that is 0, the last one on whose point the path lies. NULL for
 * none. */
const struct wh_mount *wh_mounts_find(
	const struct wh_mounts *mounts, uint64_t id, const char *path);

/* What of a path lies behind a folder: "" or with a slash in front; NULL when it does not lie in
 * it. "/" holds all. */
const char *wh_path_behind(const char *path, const char *folder);

/* A list of paths, each there once. */
struct wh_path_list {
	const char *items[256];
	size_t count;
	bool full; /* there were more */
};

/* Adds the folder with `rest` behind it. 0 or -ENOMEM. */
int wh_path_list_add(struct wh_path_list *list, struct wh_arena *arena, const char *folder,
	const char *rest) WH_MUST_CHECK;

/*
 * Adds every path by which the file can be reached that lies on `mount`, `rest` behind its point:
 * through other mounts of the same file system; through the layers, where it is an overlay; and
 * where a file system that the kernel makes is found usually, wherever this one is mounted. 0 or
 * -ENOMEM.
 */
int wh_mounts_name(const struct wh_mounts *mounts, const struct wh_mount *mount, const char *rest,
	struct wh_arena *arena, struct wh_path_list *list) WH_MUST_CHECK;

/*
 * Adds what a folder at `path`, on `mount` and `rest` behind its point, holds by way of other
 * mounts: the other names of what is mounted below it, and the points of mounts that show a part
 * of it elsewhere. 0 or -ENOMEM.
 */
int wh_mounts_hold(const struct wh_mounts *mounts, const struct wh_mount *mount, const char *path,
	const char *rest, struct wh_arena *arena, struct wh_path_list *list) WH_MUST_CHECK;
