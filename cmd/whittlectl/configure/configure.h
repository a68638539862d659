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
#include "host/call.h"
#include "json/json.h"

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

/* What a buffer holds: "" and not NULL while that is nothing. */
struct wh_slice wh_text_of(const struct wh_buf *buf);

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

/* Sets a member to a text; not at all when that is NULL. */
void wh_set_text(struct wh_json *doc, wh_node object, const char *key, const char *text);

struct wh_state_runtime *wh_state_find(struct wh_state *state, const char *name);
void wh_state_drop(struct wh_state *state, const char *name);

/* ---- showing the difference (configure-diff.c) ------------------------------------------- */

/* Adds the difference of two texts in the unified format, nothing when there is none. A text of
 * NULL is a file that is not there. */
int wh_diff(const char *path, const struct wh_slice *old, const struct wh_slice *new,
	struct wh_buf *ret);

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
	int proc; /* an open /proc */
	struct wh_state state;
	struct wh_buf diff;
	struct wh_buf notes; /* a line each */
	bool changed;
	const char *edited; /* the engine's file */
	const char *backup;
};

/* A line for the person, "%s" as printf. */
void wh_note(struct wh_configure *configure, const char *format, ...) WH_PRINTF(2, 3);

/* -ENOMEM, and its sentence. */
int wh_no_memory(struct wh_configure *configure);

/* Opens an engine's file to edit it: configure->edited, with a note when `path` is a link to it. */
int wh_open_edited(struct wh_configure *configure, const char *path, struct wh_target *target);

/* What the engine makes of its files (configure-view.c): of those on disk, or with `path` not NULL
 * as if that one held `text`. It points into `text`. */
int wh_configure_view(struct wh_configure *configure, const char *path, struct wh_slice text,
	struct wh_engine_view *ret);

/* Registers whittle with the engine (configure-add.c); takes out the runtime that was named, or
 * all (configure-remove.c). 0 or -errno. */
int wh_add_runtime(struct wh_configure *configure);
int wh_remove_runtimes(struct wh_configure *configure);

/* The text of the engine's file without anything of ours, in the arena: what would be there if we
 * had not been (configure-remove.c). */
int wh_text_without_ours(
	struct wh_configure *configure, const char *edited, struct wh_slice text, const char **ret);

/*
 * The link for a policy, configure->program (configure-link.c). Whether it leads to whittle: false
 * with 0 when nothing is there, -EEXIST when something else is. Made where it is missing; removed
 * where it is a link of the kind that is made.
 */
int wh_leads_to_whittle(struct wh_configure *configure, bool *ret);
int wh_make_link(struct wh_configure *configure);
int wh_remove_link(struct wh_configure *configure, const char *path);

/* Puts whittle under the name runc in front of the real one; takes it away (configure-cover.c). 0
 * or -errno. */
int wh_cover_runc(struct wh_configure *configure);
int wh_uncover_runc(struct wh_configure *configure);

/* The policy's text with the real runc in it, or as it is when it names that already; and with the
 * bare name again, where what others made of it since stays (configure-cover-policy.c). They add to
 * `ret`. 0 or -errno. */
int wh_policy_name_real(
	struct wh_configure *configure, struct wh_slice text, const char *real, struct wh_buf *ret);
int wh_policy_name_bare(struct wh_configure *configure, struct wh_slice text, struct wh_buf *ret);

/* What is left to do so that the engine reads its configuration: told, or done where that was asked
 * for (configure-engine.c). 0 or -errno. */
int wh_finish(struct wh_configure *configure);

/* The terms for a program that is only asked something. */
extern const struct wh_call_terms wh_configure_call;
