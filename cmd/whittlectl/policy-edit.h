/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Edits of a policy that a person wrote: from text to text, everything else byte for byte as it is,
 * comments too. The text must be one that the policy accepts.
 */

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/macros.h"
#include "json/json.h"

/*
 * Sets the member at this path (which ends with NULL) of the rule of this name to a value of `doc`,
 * indented as its neighbours. A rule of NULL is the policy's top level. Adds to `ret`. 0; -ENOENT
 * when there is no such rule; -EINVAL; -ENOMEM.
 */
int wh_policy_edit_set(struct wh_slice text, const char *rule, const char *const path[],
	const struct wh_json *doc, wh_node value, struct wh_buf *ret,
	struct wh_err *err) WH_MUST_CHECK;

/* The same, taking the member out. 0 also when it is not there. */
int wh_policy_edit_unset(struct wh_slice text, const char *rule, const char *const path[],
	struct wh_buf *ret, struct wh_err *err) WH_MUST_CHECK;

/*
 * Adds the rule, an object of `doc`. The first rule that matches counts: so it stands in front of
 * the first one that holds for every container of this image (it has no other condition than
 * images and engines), else at the end. 0, -EINVAL, -ENOMEM.
 */
int wh_policy_edit_insert(struct wh_slice text, const char *image, const struct wh_json *doc,
	wh_node rule, struct wh_buf *ret, struct wh_err *err) WH_MUST_CHECK;

/* A value as people write policies: an object's members on lines of their own, arrays and "match"
 * in one. `indent` is that of the line it stands in, `unit` one step. */
void wh_policy_write(struct wh_buf *to, const struct wh_json *doc, wh_node value,
	struct wh_slice indent, struct wh_slice unit);
