/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Which program an engine calls as the runtime of one container, told by what the engine wrote or
 * typed when it made that container: the configuration may have changed since, these have not.
 *
 *   containerd's shim   a file "runtime" in the bundle, and options.json with the state's folder
 *   conmon              its own command line: -r PROGRAM, for Podman and CRI-O
 *   a foreground run    the runtime's command line, which whittle writes in one form only
 *
 * Everything here is text to text.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/macros.h"
#include "oci/argv.h"

/* What conmon was told; each is NULL when it was not. Borrowed from the words. */
struct wh_origin_conmon {
	const char *id;
	const char *runtime;
	const char *root; /* the runtime's --root, which only CRI-O gives */
};

/* Reads the words of a conmon, without the first, its name. */
struct wh_origin_conmon wh_origin_read_conmon(char *const words[], size_t count);

/*
 * The two settings of options.json that matter: the folder below which the runtime keeps this
 * namespace's containers, and the program; in the arena, NULL when not said. -EINVAL when the text
 * is no such file; -ENOMEM. The text is taken over.
 */
struct wh_origin_shim {
	const char *root;
	const char *program;
};
int wh_origin_read_shim(struct wh_origin_shim *ret, struct wh_buf *text, struct wh_arena *arena,
	struct wh_err *err) WH_MUST_CHECK;

/* A program and the words it always gets. */
struct wh_origin_call {
	const char *program;
	const char *const *words;
	size_t count;
};

/*
 * Docker calls a runtime that has runtimeArgs through a script of its own making: "#!/bin/sh", then
 * the program, its words and $@ on one line. 0; -ENOENT when the text is none of these; -ENOMEM.
 */
int wh_origin_read_script(
	struct wh_origin_call *ret, struct wh_slice text, struct wh_arena *arena) WH_MUST_CHECK;

/* The value of --policy, where whittle would take one: first of all its words. NULL for none. */
const char *wh_origin_policy(const struct wh_origin_call *call);

/*
 * Whether a runtime's command line is as whittle writes it: argv[0] an absolute path, and all else
 * in canonical form. 1, 0, or -ENOMEM. What is not cannot have come through whittle; what is may
 * have been typed so.
 */
int wh_origin_is_canonical(enum wh_runtime_kind kind, char *const words[], size_t count,
	struct wh_arena *arena) WH_MUST_CHECK;
