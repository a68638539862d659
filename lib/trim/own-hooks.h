/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Hooks of whittle's own in a config.json (runtime-spec, config.md#posix-platform-hooks). They are
 * added when everything else was brought down, with an environment of their own, and taken out
 * again before: those of an earlier start from the same bundle, and any that somebody else wrote.
 */

#include "base/err.h"
#include "base/macros.h"
#include "json/json.h"

struct wh_own_hook {
	const char *point;   /* "createRuntime" */
	const char *program; /* absolute path */
	const char *name;    /* the program's, its first word */
	const char *stage;   /* its second */
	wh_node words;       /* an array with more of them, which is taken over; WH_NO_NODE: none */
	unsigned timeout;    /* seconds; 0: none */
};

/* Takes out every hook of this program, an absolute path, at whatever point. */
void wh_own_hook_remove(struct wh_json *doc, const char *program);

/* Whether some hook is of a program of this name, in whatever folder. */
bool wh_own_hook_is_there(struct wh_json *doc, const char *name);

/* Appends it. Failures spoil the document (wh_json_status). */
void wh_own_hook_add(struct wh_json *doc, const struct wh_own_hook *hook);
