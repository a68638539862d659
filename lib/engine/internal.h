/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the files of this room share. */

#include "engine/engine.h"

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

struct wh_engine_ways {
	int (*read)(struct wh_engine_draft *draft, const char *file, struct wh_err *err);
};

extern const struct wh_engine_ways wh_engine_docker;

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

/* -ENOMEM, with the sentence for it. */
int wh_engine_no_memory(struct wh_err *err);
