/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a container asked for, brought down to what the policy allows. Pure: a document, limits and
 * facts in, an edited document and a list of changes out. Nothing is ever added to what the
 * container may do, and bringing down twice is the same as once.
 *
 * Each kind of privilege is a file of its own and a row in the table of trim.c.
 */

#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/macros.h"
#include "json/json.h"
#include "policy/policy.h"
#include "trim/facts.h"

/* One thing that was brought down. All text lives in the arena, the document or the program. */
struct wh_change {
	const char *kind;     /* the policy's key: "capabilities" */
	const char *pointer;  /* where in the document, RFC 6901 */
	const char *action;   /* "removed", "set", "added"; "kept" for what is only told */
	struct wh_slice what; /* the name removed, the value set; may hold any bytes */
	const char *why;      /* a phrase */
};

#define WH_CHANGES_MAX 256 /* more are counted, not kept */

struct wh_changes {
	struct wh_change *items;
	size_t capacity;
	size_t count; /* of items */
	size_t total; /* how many changes there were */
	size_t told;  /* how many were only told */
};

struct wh_trim {
	struct wh_json *doc;
	wh_node config;  /* WH_NO_NODE for an exec's process */
	wh_node process; /* an object */
	const struct wh_limits *limits;
	const struct wh_facts *facts;
	struct wh_arena *arena;
	struct wh_changes changes;
	wh_capset asked; /* all capabilities that the process asked for, in any set… */
	wh_capset held;  /* …and those that are left; known once they were judged */
};

/*
 * config.json, checked by schema before. -EINVAL with a sentence when it cannot be brought down to
 * the limits (no process, no root, no mount namespace to make the root read-only in, a sixth
 * capability set); -ENOMEM. On failure the document is of no use any more.
 */
int wh_trim_config(struct wh_trim *ret, struct wh_json *doc, const struct wh_limits *limits,
	const struct wh_facts *facts, struct wh_arena *arena, struct wh_err *err) WH_MUST_CHECK;

/* The same for the process of an exec, the root of its document. */
int wh_trim_process(struct wh_trim *ret, struct wh_json *doc, const struct wh_limits *limits,
	const struct wh_facts *facts, struct wh_arena *arena, struct wh_err *err) WH_MUST_CHECK;

/*
 * The device rules out of crun's update: they would open the device cgroup. `doc` is the resources
 * document, checked by schema. -ENOMEM.
 */
int wh_trim_resources(struct wh_trim *ret, struct wh_json *doc, struct wh_arena *arena,
	struct wh_err *err) WH_MUST_CHECK;

/*
 * The container author's own narrowing (org.whittle.capabilities): names divided by commas or
 * blanks, or "none". Takes away from limits->capabilities what is not named. -EINVAL for an unknown
 * name.
 */
int wh_trim_narrow(
	struct wh_limits *limits, struct wh_slice annotation, struct wh_err *err) WH_MUST_CHECK;
