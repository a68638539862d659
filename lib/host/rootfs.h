/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Where a path of the container would lie in its root file system, as the runtime will find it
 * when it mounts there. Only looked at, never changed: decisions about tmpfs mounts need it.
 */

#include "base/arena.h"
#include "base/err.h"
#include "base/macros.h"
#include "trim/place.h"

/*
 * Resolves `path` (absolute in the container) under the folder `root`, following the image's links
 * as the container would see them. Fills ret; strings live in the arena. 0; -ENOMEM.
 * What cannot be looked at (an error of the file system, more than 40 links, a path longer than
 * PATH_MAX, one that goes up and down for thousands of folders) is WH_PLACE_UNKNOWN. `resolved` is
 * as far as links could be followed, then the rest of the path without "." and "..". A ".." that
 * would climb above the root is WH_PLACE_LEAVES, in the path as in a link. Components that do not
 * exist count as folders still to be made.
 */
int wh_rootfs_resolve(
	int root, const char *path, struct wh_arena *arena, struct wh_place *ret) WH_MUST_CHECK;

/*
 * The same for a mount: a ".." of the root is the root, as for the kernel in a container. Some
 * folders may be covered by something else (absolute paths, links resolved): the way ends at the
 * first of them with WH_PLACE_COVERED, for what is behind it is not the image's.
 */
int wh_rootfs_resolve_mount(int root, const char *path, const char *const covered[], size_t count,
	struct wh_arena *arena, struct wh_place *ret) WH_MUST_CHECK;

/*
 * Lists the folders right in the folder `name` of the root (one component, no link), sorted, in the
 * arena: those that the image ships there. None where there are more than WH_ROOTFS_FOLDERS, or it
 * cannot be looked at; one whose name has other characters than letters, digits and "-_.@+" is left
 * out. 0; -ENOMEM.
 */
#define WH_ROOTFS_FOLDERS 16u
int wh_rootfs_folders(int root, const char *name, struct wh_arena *arena,
	const struct wh_place_folder **ret, size_t *ret_count) WH_MUST_CHECK;

/*
 * Opens root.path of a config (relative to the bundle folder) as wh_rootfs_resolve() wants it. The
 * descriptor, or WH_NO_FD when it cannot be opened: every place in it is then unknown, and the
 * runtime will say what is wrong.
 */
int wh_rootfs_open(int bundle, struct wh_slice path) WH_MUST_CHECK;
