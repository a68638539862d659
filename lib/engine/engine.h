/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The engines' own configuration: which runtimes it registers, which is the default, and how it
 * reads with ours in it. One table row an engine (engine.c), one file each.
 *
 * This room never touches a file. It is told what files hold through struct wh_engine_files, and
 * editing is a function from text to text; so both are tested as tables.
 *
 * What is read is what the configuration files say. Words on a daemon's command line (dockerd
 * --default-runtime, CRI-O's --runtimes) are not in them.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/macros.h"

#define WH_ENGINE_MAX_SIZE (4u << 20) /* bytes of one configuration file */

/* ---- files ------------------------------------------------------------------------------- */

/* How the files of a host are seen. */
struct wh_engine_files {
	void *context;
	/* Adds what the file holds. 0; -ENOENT (with no sentence) when it is not there; -errno. */
	int (*read)(void *context, const char *path, struct wh_buf *ret, struct wh_err *err);
	/*
	 * The paths that fit a glob(7) pattern, sorted as bytes, in the arena; none is no error. 0
	 * or -errno.
	 */
	int (*match)(void *context, const char *pattern, struct wh_arena *arena,
		const char *const **ret, size_t *ret_count, struct wh_err *err);
	/* The engine's major version, 0 when it is not known: containerd 1 merges files in another
	 * way than 2. */
	unsigned major;
};

/* Where something is said. */
struct wh_engine_place {
	const char *file; /* NULL: nowhere, it is what the engine has built in */
	unsigned line;    /* from 1 */
};

/* ---- what is configured ------------------------------------------------------------------ */

/* A setting of a runtime, with the tables it stands in: "options.SystemdCgroup", "true". */
struct wh_engine_option {
	const char *name;
	const char *value; /* as the file spells it, so a string has its quotes */
};

struct wh_engine_runtime {
	const char *name;
	/*
	 * The programs, the first that is there is used. A bare name is looked up in the engine's
	 * PATH. None (count 0) when the configuration names none: the engine's shim decides.
	 */
	const char *const *paths;
	size_t path_count;
	const char *type; /* the shim (containerd, Docker): "io.containerd.runc.v2"; NULL */
	const struct wh_engine_option *options;
	size_t option_count;
	struct wh_engine_place place; /* file NULL: built in */
};

struct wh_engine;

/* All of it lives in the arena given to wh_engine_read(). */
struct wh_engine_view {
	const struct wh_engine *engine;
	const struct wh_engine_runtime
		*runtimes; /* in the order of the files, built-in ones first */
	size_t runtime_count;
	const char *default_runtime; /* its name; never NULL, and built in where no file says */
	struct wh_engine_place default_place;
	const char *const *files; /* those that were read, in the engine's order */
	size_t file_count;
	const char *edited; /* the file that an edit has to be made in, there or not */
	/* Podman: the runtimes it asks for errors as JSON, by the name of the program. */
	const char *const *json_errors;
	size_t json_error_count;
};

/* The runtime of this name; NULL when the engine knows none. */
const struct wh_engine_runtime *wh_engine_runtime_find(
	const struct wh_engine_view *view, const char *name);

/* ---- the engines ------------------------------------------------------------------------- */

struct wh_engine {
	const char *name;    /* as whittlectl is told: "docker" */
	const char *title;   /* as people call it: "Docker" */
	const char *program; /* whose presence shows that it is installed: "dockerd" */
	const char *file;    /* the configuration file, or the drop-in that an edit makes */
	const char *unit;    /* systemd's; NULL when there is nothing to restart */
	bool own_file;       /* `file` is a drop-in of ours alone */
	/* The ways of one engine; called through the functions below. */
	const struct wh_engine_ways *ways;
};

/* The engine at this place of the table; NULL behind the last. */
const struct wh_engine *wh_engine_get(size_t index);

/* The engine of this name ("docker", "containerd", "podman", "crio"); NULL when there is none. */
const struct wh_engine *wh_engine_find(const char *name);

/*
 * Reads the engine's configuration. `file` takes the place of engine->file when not NULL. A file
 * that is not there is as an empty one. 0; -EINVAL with "FILE:LINE:COLUMN: what is wrong" for a
 * file that the engine could not read either, or whose version is not known; -EFBIG; -ENOMEM;
 * -errno from reading.
 */
int wh_engine_read(const struct wh_engine *engine, const struct wh_engine_files *files,
	const char *file, struct wh_arena *arena, struct wh_engine_view *ret,
	struct wh_err *err) WH_MUST_CHECK;

/* ---- editing ----------------------------------------------------------------------------- */

struct wh_engine_change {
	const char *name;    /* of the runtime */
	const char *program; /* absolute path */
	bool make_default;
};

/* What is needed to take a change out again, beside the text as it was. */
struct wh_engine_undo {
	const char *name;
	const char *default_before; /* what the same file had as default; NULL: nothing */
	bool added_runc;            /* containerd: the built-in handler was written down, too */
	bool keep_runtime;          /* the runtime was there before; only the default was changed */
};

/*
 * Adds to `ret` the text of view->edited with the runtime in it. The text is left as it is where it
 * has that already, so doing it twice is doing it once. `ret_undo` may be NULL; its strings are
 * those of view and change. 0; -EEXIST when the name is taken by another program or by the engine
 * itself; -EINVAL as wh_engine_read() or when the text cannot be edited; -ENOMEM.
 */
int wh_engine_add(const struct wh_engine_view *view, const struct wh_engine_change *change,
	struct wh_slice text, struct wh_buf *ret, struct wh_engine_undo *ret_undo,
	struct wh_err *err) WH_MUST_CHECK;

/*
 * The same with the runtime taken out; if it is the default in this text, what was the default
 * before is put back. Nothing is added to `ret` when nothing is left of a file of ours. 0, also
 * when there is no such runtime; -EINVAL; -ENOMEM.
 */
int wh_engine_remove(const struct wh_engine_view *view, const struct wh_engine_undo *undo,
	struct wh_slice text, struct wh_buf *ret, struct wh_err *err) WH_MUST_CHECK;
