/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A walk along a path that nobody else can bend: what it reached stays what was judged (walk.c says
 * why). Internal to the room: the way of file.h, and tested through that.
 */

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/macros.h"
#include "host/trust.h"

struct wh_spot {
	struct stat st;
	bool proc; /* on the proc file system */
};

struct wh_walk {
	struct wh_spot root;
	struct wh_spot at; /* what `path` leads to */
	uid_t outer;       /* who owns the root folder and has no id here, else WH_NOBODY */
	bool program;      /* the path may end with a program */
	unsigned links;
	size_t len;          /* of `path` */
	const char *next;    /* what is left to walk, in `rest` */
	char path[PATH_MAX]; /* the prefix: absolute, without links, found safe */
	char rest[PATH_MAX]; /* links are spliced in here */
};

/* Begins a walk and takes it to the end of the path; `program` when that may be a program, else it
 * is a folder. 0 or -errno with the component at fault in the sentence. */
int wh_walk_path(struct wh_walk *walk, const char *path, size_t len, bool program,
	struct wh_err *err) WH_MUST_CHECK;

/* Puts a name behind the path without looking at what is there. 0 or -ENAMETOOLONG. */
int wh_walk_push(
	struct wh_walk *walk, const char *name, size_t len, struct wh_err *err) WH_MUST_CHECK;

/* Who counts as root, beside root, of what lies in the folder that was reached. */
uid_t wh_walk_outer(const struct wh_walk *walk);

/* Whether both are one file. */
bool wh_is_same(const struct stat *a, const struct stat *b);

/* -ENAMETOOLONG, and its sentence. */
int wh_path_too_long(struct wh_err *err);
