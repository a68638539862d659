/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What of the host a mount brings into the container: what host finds out, and trim asks. */

#include <stddef.h>

enum wh_source_type {
	WH_SOURCE_UNKNOWN, /* could not be looked at */
	WH_SOURCE_MISSING,
	WH_SOURCE_FOLDER,
	WH_SOURCE_FILE,
	WH_SOURCE_SOCKET,
	WH_SOURCE_BLOCK,
	WH_SOURCE_CHAR,
	WH_SOURCE_FIFO,
};

/*
 * All paths are absolute and clean. One and the same file has several where file systems are
 * mounted in several places (bind mounts among them), and a folder brings along what is mounted
 * below it.
 */
struct wh_source {
	/* Links followed, as far as it exists; NULL when it cannot be told, or could be another a
	 * moment later. */
	const char *real;
	enum wh_source_type type;
	unsigned major, minor; /* of a device */
	/* Every path that leads to it, `real` first. */
	const char *const *names;
	size_t name_count;
	/* Paths of what can be reached in it by way of other mounts; what their text tells to lie
	 * below `real` is left out. */
	const char *const *holds;
	size_t hold_count;
};
