/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The folders, files and sockets that confer the host: whoever gets one of them into a container
 * has the host's programs, its secrets, its kernel or its engine. One table.
 *
 * What engines and kubelet themselves mount into ordinary containers is not in it.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/macros.h"
#include "trim/source.h"

struct wh_sensitive {
	const char *path; /* absolute; a component may be an fnmatch(3) pattern */
	bool below;       /* and everything below it; what holds it is sensitive in any case */
	/* What lies below and may be mounted, read-only: paths behind `path`, the last one NULL.
	 * NULL for none. */
	const char *const *readable;
	bool nodes_apart; /* device nodes below it are somebody else's to judge */
	const char *why;  /* a phrase: "the host's configuration…" */
};

/* The row at this place of the table; NULL behind the last. */
const struct wh_sensitive *wh_sensitive_get(size_t index);

/* How many rows there are. */
#define WH_SENSITIVE_MAX 128u
size_t wh_sensitive_count(void);

/*
 * The row that makes this source one that confers the host, NULL when none does. `reals` has for
 * each row its path with links followed (/var/run/docker.sock is /run/docker.sock); NULL when
 * nobody looked. `read_only` is whether the mount will be. A source whose real path is not known
 * is none's; the caller refuses it for that.
 */
const struct wh_sensitive *wh_sensitive_find(
	const struct wh_source *source, const char *const reals[], bool read_only);

/* How a clean absolute path stands to another, of which components may be patterns. */
enum wh_relation {
	WH_RELATION_NONE,
	WH_RELATION_SAME,
	WH_RELATION_WITHIN, /* the path lies below the pattern */
	WH_RELATION_HOLDS,  /* the pattern lies below the path */
};

/* *ret_rest (if not NULL) is what of the path is left behind the pattern: "" or without a slash in
 * front. */
enum wh_relation wh_path_relation(const char *path, const char *pattern, const char **ret_rest);
