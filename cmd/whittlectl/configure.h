/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the files of the verb configure share. */

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/fd.h"
#include "engine/engine.h"

/* ---- a file that is edited (configure-file.c) -------------------------------------------- */

/*
 * The file where its links lead, and what it holds. Whoever could write it, or a folder on the way,
 * must be root or the user; links are followed if they are theirs.
 */
struct wh_target {
	const char *path; /* without links */
	const char *name; /* its last part */
	int folder;       /* open; WH_NO_FD when it is not there */
	int fd;           /* WH_NO_FD when the file is not there */
	struct stat st;
	struct wh_buf text;
};

/* 0, also when the file or its folder is not there; -errno. */
int wh_target_open(
	struct wh_target *ret, const char *path, struct wh_arena *arena, struct wh_err *err);
void wh_target_done(struct wh_target *target);
#define WH_TARGET WH_CLEANUP(wh_target_done)

/*
 * Puts the text in the place of the file, with its rights, or those given for a new one; makes
 * folders (0755) that are missing, and notes the first of them in *ret_folder (NULL: none). Fails
 * with -EAGAIN when the file is no longer the one that was opened.
 */
int wh_target_write(struct wh_target *target, struct wh_slice text, mode_t mode,
	struct wh_arena *arena, const char **ret_folder, struct wh_err *err);

/* Takes the file away, and then `made` and the folders down to it, as far as they are empty. */
int wh_target_unlink(struct wh_target *target, const char *made, struct wh_err *err);

/*
 * A copy of the file beside it, with its rights: FILE.whittle-backup, or with ".2" and so on behind
 * when there are others that hold something else. First its name, then the copy, so that it can be
 * noted in between.
 */
int wh_target_name_backup(const struct wh_target *target, struct wh_arena *arena,
	const char **ret_path, struct wh_err *err);
int wh_target_back_up(const struct wh_target *target, const char *path, struct wh_err *err);

/* ---- what was done (configure-state.c) --------------------------------------------------- */

struct wh_state_runtime {
	const char *name;
	const char *program;
	const char *default_before; /* NULL: none */
	bool added_runc;
	bool keep_runtime; /* it was there before */
	bool made_link;    /* `program` is a link that was made */
};

#define WH_STATE_MAX_RUNTIMES 32

/* One engine's configuration file. */
struct wh_state_file {
	const char *path;     /* without links; NULL while nothing was done */
	const char *named;    /* as the engine names it */
	const char *original; /* what it held before; NULL: it was not there */
	const char *written;  /* what it was left with */
	const char *backup;   /* NULL: none */
	const char *folder;   /* the first folder that was made for it; NULL */
	struct wh_state_runtime runtimes[WH_STATE_MAX_RUNTIMES];
	size_t count;
};

/* The name runc in front of the real one. */
struct wh_state_cover {
	const char *link; /* NULL while nothing was done */
	const char *real;
	const char *policy;   /* the file that was edited; NULL: none */
	const char *original; /* what it held before */
	const char *written;
};

struct wh_state {
	int folder; /* /var/lib/whittle, locked */
	bool watching;
	const char *engine;
	struct wh_state_file file;
	struct wh_state_cover cover;
};

#define WH_STATE_FOLDER "/var/lib/whittle"

/*
 * Reads what was done to an engine, and keeps all others from changing anything until
 * wh_state_done(). `watching` takes no lock and makes no folder.
 */
int wh_state_open(struct wh_state *ret, const char *engine, bool watching, struct wh_arena *arena,
	struct wh_err *err);
int wh_state_write(const struct wh_state *state, struct wh_err *err);
void wh_state_done(struct wh_state *state);

/* Whether some engine was given this program under any name. -errno when it cannot be told. */
int wh_state_uses(struct wh_state *state, const char *program, struct wh_err *err);

struct wh_state_runtime *wh_state_find(struct wh_state *state, const char *name);
void wh_state_drop(struct wh_state *state, const char *name);

/* ---- showing the difference (configure-diff.c) ------------------------------------------- */

/* Adds the difference of two texts in the unified format, nothing when there is none. A text of
 * NULL is a file that is not there. */
int wh_diff(const char *path, const struct wh_slice *old, const struct wh_slice *new,
	struct wh_buf *ret);

/* ---- the engine that runs (configure-engine.c) ------------------------------------------- */

/* What has to be done so that the engine reads its configuration: "systemctl reload docker". */
const char *wh_reload_command(const struct wh_engine *engine, bool removed);

/* Does it. 0; -ENOENT when the engine does not run, so there is nothing to do; -errno. */
int wh_reload(const struct wh_engine *engine, bool removed, struct wh_err *err);

/* The ids of running programs of this name, at most `room`; not those in containers. */
size_t wh_find_processes(const char *name, int *ret, size_t room);

/* The value of a variable that a process was started with, in the arena; NULL for none. */
const char *wh_process_value(int pid, const char *name, struct wh_arena *arena);

/* Whether a word of the process's command line is this option, alone or with "=". */
bool wh_process_has_word(int pid, const char *option);

/*
 * Runs a program and adds what it prints on standard output, at most 64 KiB, to `ret`; `path` is
 * its PATH (NULL: that of a service). 0 when it ended with 0 within ten seconds; else -errno.
 */
int wh_run_program(
	const char *const argv[], const char *path, struct wh_buf *ret, struct wh_err *err);

/* The absolute path of a program in the folders where services look; NULL when there is none. */
const char *wh_find_program(const char *name, struct wh_arena *arena);

/* ---- the verb ---------------------------------------------------------------------------- */

/* What was asked for, and all that is found out about it. */
struct wh_configure {
	struct wh_arena arena;
	struct wh_err err;
	const struct wh_engine *engine;
	const char *file; /* NULL: the engine's own */
	const char *name; /* of the runtime */
	bool named;       /* by the caller */
	const char *policy_name;
	const char *policy_file;
	const char *whittle; /* the program */
	struct stat whittle_st;
	const char *program; /* whittle, or its link for the policy */
	bool make_default, remove, dry_run, restart, json, cover;
	struct wh_state state;
	struct wh_buf diff;
	struct wh_buf notes; /* a line each */
	bool changed;
	const char *edited; /* the engine's file */
	const char *backup;
};

/* Puts whittle under the name runc in front of the real one; takes it away. 0 or -errno. */
int wh_cover_runc(struct wh_configure *configure);
int wh_uncover_runc(struct wh_configure *configure);

/* A line for the person, "%s" as printf. */
void wh_note(struct wh_configure *configure, const char *format, ...) WH_PRINTF(2, 3);
