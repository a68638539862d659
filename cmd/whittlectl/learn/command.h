/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The command that starts a container to be learnt: docker run…, podman run…, or --bundle DIR. Its
 * words are understood as far as is needed to add some of ours and to run it again.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/macros.h"

enum wh_learn_kind {
	WH_LEARN_DOCKER,
	WH_LEARN_PODMAN,
	WH_LEARN_BUNDLE, /* by whittle itself */
};

struct wh_learn_command {
	enum wh_learn_kind kind;
	const char *const *words; /* borrowed */
	size_t count;
	size_t global; /* so many words from the start are the engine's name and global options */
	size_t run;    /* the place of the word "run" */
	size_t image;  /* the place of the image */
	bool detached; /* it ends although the container goes on */
	const char *runtime;     /* that was named by the caller; NULL: none */
	const char *bundle, *id; /* of a bundle; the id is NULL when none was given */
};

/* What is put into the words. */
struct wh_learn_words {
	const char *whittle; /* absolute path of the program */
	const char *policy;  /* of the request */
	const char *id_file; /* where the engine is to write the container's id */
	const char *bundle;  /* in the place of the command's */
	const char *id;      /* of a bundle's container */
	bool again;          /* it is a rerun: without its name, in the foreground, no terminal */
};

/* 0; -EINVAL with what is not understood, or what to say instead. */
int wh_learn_command_read(struct wh_learn_command *ret, const char *const *words, size_t count,
	struct wh_err *err) WH_MUST_CHECK;

/* The words to run, NULL at their end, in the arena; NULL when memory ran out. */
const char *const *wh_learn_command_write(const struct wh_learn_command *command,
	const struct wh_learn_words *ours, struct wh_arena *arena) WH_MUST_CHECK;

/* Other words for the same engine: its name, its global options, then those given, up to a NULL. */
const char *const *wh_learn_engine_words(const struct wh_learn_command *command,
	const char *const *more, struct wh_arena *arena) WH_MUST_CHECK;
