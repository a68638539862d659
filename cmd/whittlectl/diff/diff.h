/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What `whittlectl diff` compares: two documents of one kind, each as a list of scopes. A
 * config.json has one scope; a policy has "default" and its rules. */

#include "base/arena.h"
#include "base/err.h"
#include "policy/policy.h"
#include "trim/asked.h"

struct wh_scope_grants {
	const char *name; /* "default", a rule's name; "" for a config.json */
	struct wh_privileges grants;
	const char *match; /* a rule's conditions, in one spelling; NULL for others */
	bool audit;        /* nothing of it is enforced */
	bool restore;      /* checkpoints may be restored */
	bool verify;       /* what runs is looked at again */
};

struct wh_side {
	const char *file;
	bool policy;
	struct wh_scope_grants *scopes;
	size_t count;
};

/* diff-policy.c: the scopes of a policy; `text` is taken over. 0, -EINVAL with the place, -ENOMEM.
 */
int wh_diff_read_policy(struct wh_side *ret, struct wh_buf *text, struct wh_arena *arena,
	struct wh_err *err) WH_MUST_CHECK;
