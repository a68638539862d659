/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the files of this room share. */

#include "engine/engine.h"
#include "toml/toml.h"

/* A view while it is put together: the lists grow, everything lives in the arena. */
struct wh_engine_draft {
	const struct wh_engine_files *files;
	struct wh_arena *arena;
	struct wh_engine_view *view;
	struct wh_engine_runtime *runtimes;
	size_t runtime_room;
	const char **read;
	size_t read_room;
};

/* A text while it is edited, step by step: each step reads what the last one wrote. */
struct wh_engine_edit {
	const struct wh_engine_view *view;
	struct wh_arena arena;
	struct wh_buf text;
	bool registered; /* the runtime is there with its program; only the default may be missing
			  */
	bool added_runc;
};

struct wh_engine_ways {
	int (*read)(struct wh_engine_draft *draft, const char *file, struct wh_err *err);
	int (*add)(struct wh_engine_edit *edit, const struct wh_engine_change *change,
		struct wh_err *err);
	int (*remove)(
		struct wh_engine_edit *edit, const struct wh_engine_undo *undo, struct wh_err *err);
};

extern const struct wh_engine_ways wh_engine_docker;
extern const struct wh_engine_ways wh_engine_containerd;
extern const struct wh_engine_ways wh_engine_podman;
extern const struct wh_engine_ways wh_engine_crio;

/* ---- reading ----------------------------------------------------------------------------- */

/*
 * Reads a file and notes it in view->files. 1 when it is there, 0 when not; -EFBIG; -ENOMEM; -errno
 * from reading.
 */
int wh_engine_load(struct wh_engine_draft *draft, const char *path, struct wh_buf *ret,
	struct wh_err *err) WH_MUST_CHECK;

/*
 * The runtime of this name in the draft: the one that is there, whose fields the caller then
 * overwrites, or a new one at the end with the name alone. NULL when memory ran out. Valid until
 * the next call.
 */
struct wh_engine_runtime *wh_engine_draft_runtime(
	struct wh_engine_draft *draft, const char *name) WH_MUST_CHECK;

/* Gives the runtime one program. 0 or -ENOMEM. */
int wh_engine_set_path(struct wh_engine_draft *draft, struct wh_engine_runtime *runtime,
	const char *path) WH_MUST_CHECK;

/* Adds an option to the runtime. 0 or -ENOMEM. */
int wh_engine_add_option(struct wh_engine_draft *draft, struct wh_engine_runtime *runtime,
	const char *name, struct wh_slice value) WH_MUST_CHECK;

/* The place of a line in the file that was loaded last. */
struct wh_engine_place wh_engine_here(const struct wh_engine_draft *draft, unsigned line);

/* Fails with what lib/json said, "line 3, column 5 (/key): …", as "FILE:3:5: (/key): …". */
int wh_engine_fail_json(struct wh_err *err, int number, const char *file, const struct wh_err *why);

/* Reads TOML, with "FILE:" before "LINE:COLUMN: …" in the sentence. The tree lives in the arena and
 * borrows the text. */
int wh_engine_parse_toml(struct wh_arena *arena, const char *file, const struct wh_buf *text,
	struct wh_toml *ret, struct wh_err *err) WH_MUST_CHECK;

/* Reads a TOML file into the draft by `read`, which fails only for lack of memory; nothing when the
 * file is not there. 0, -ENOMEM, -EFBIG, -EINVAL; -errno from reading. */
typedef int wh_engine_toml_reader(struct wh_engine_draft *draft, const struct wh_toml *doc);
int wh_engine_read_toml(struct wh_engine_draft *draft, const char *path,
	wh_engine_toml_reader *read, struct wh_err *err) WH_MUST_CHECK;

/* ---- editing ----------------------------------------------------------------------------- */

struct wh_slice wh_engine_text(const struct wh_engine_edit *edit);

/* The next text; the buffer is emptied. 0 or -ENOMEM. */
int wh_engine_take_text(
	struct wh_engine_edit *edit, struct wh_buf *text, struct wh_err *err) WH_MUST_CHECK;

/* wh_toml_set(), wh_toml_add_table() and wh_toml_unset() as steps of an edit, with the file's name
 * in the sentence. */
int wh_engine_toml_set(struct wh_engine_edit *edit, const char *const path[], struct wh_slice value,
	struct wh_err *err) WH_MUST_CHECK;
int wh_engine_toml_set_string(struct wh_engine_edit *edit, const char *const path[],
	const char *value, struct wh_err *err) WH_MUST_CHECK;
int wh_engine_toml_add_table(struct wh_engine_edit *edit, const char *const path[],
	const struct wh_toml_member *members, size_t count, struct wh_err *err) WH_MUST_CHECK;
int wh_engine_toml_unset(
	struct wh_engine_edit *edit, const char *const path[], struct wh_err *err) WH_MUST_CHECK;

/* The first lines of a drop-in that is not there yet: who wrote it, and a table's header. */
int wh_engine_begin_file(
	struct wh_engine_edit *edit, const char *header, struct wh_err *err) WH_MUST_CHECK;

/* Empties the text when nothing but comments is left in it. */
int wh_engine_end_file(struct wh_engine_edit *edit, struct wh_err *err) WH_MUST_CHECK;

/* -ENOMEM, with the sentence for it. */
int wh_engine_no_memory(struct wh_err *err);
