/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a config.json confers, as a list of privileges: for people and for comparing two. Each is a
 * kind of the policy's table (policy/kind.h) and a text: the name of a capability, "SOURCE on
 * DESTINATION (read-only)" for a mount, "the host's pid namespace". What confers nothing is not in
 * it: a config.json that gives as little as can be has an empty list.
 *
 * It is a view and no judgement: what is enforced is decided on the document itself.
 */

#include <stddef.h>

#include "base/arena.h"
#include "base/macros.h"
#include "json/json.h"
#include "policy/kind.h"

struct wh_privilege {
	enum wh_kind kind;
	const char *text; /* any bytes but NUL; in the arena or the program */
	/* One of its kind has always a value: it changes, and none is taken away (a filter, a limit
	 * of resources). */
	bool value;
};

struct wh_privileges {
	const struct wh_privilege *items; /* by kind, then in the order of the document */
	size_t count;
};

/* Of a config.json that was checked by schema. In the arena. 0 or -ENOMEM. */
int wh_privileges_of_config(
	struct wh_json *doc, struct wh_arena *arena, struct wh_privileges *ret) WH_MUST_CHECK;

/* The ones of `list` that are not in `other`, in order, in the arena. Time n log n. 0 or -ENOMEM.
 */
int wh_privileges_without(const struct wh_privileges *list, const struct wh_privileges *other,
	struct wh_arena *arena, struct wh_privileges *ret) WH_MUST_CHECK;

/* The paths that engines mask (WH_KIND_MASKED_PATHS) and make read-only (WH_KIND_READONLY_PATHS) in
 * every container; NULL behind the last. */
const char *wh_default_path(enum wh_kind kind, size_t index);
