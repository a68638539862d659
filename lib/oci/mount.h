/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What an element of "mounts" means to the runtimes, whatever it says its type is (runc,
 * libcontainer/specconv; crun, src/libcrun/linux.c).
 */

#include <stdbool.h>

#include "base/buf.h"
#include "json/json.h"

/* A bind mount: by its type, or by an option whatever the type. "none" binds as well, and no type
 * is taken for one, since nothing else could come of it. */
bool wh_mount_is_bind(struct wh_json *doc, wh_node mount);

/* Whether the last option of its kind makes it read-only. */
bool wh_mount_is_readonly(struct wh_json *doc, wh_node mount);

/*
 * Calls for each path of the host that the mount brings in: the source of a bind mount, the layers
 * of an overlay (overlayfs.rst), whose text may lie in the arena. Ends with the first result that
 * is not 0, and returns it; -ENOMEM.
 */
typedef int wh_mount_source_fn(void *context, wh_node mount, struct wh_slice path);
int wh_mount_each_source(
	struct wh_json *doc, wh_node mount, wh_mount_source_fn *call, void *context) WH_MUST_CHECK;
