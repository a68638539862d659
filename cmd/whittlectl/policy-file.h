/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A policy as whittle would load it, and the runtime that whittle would become. */

#include "base/arena.h"
#include "base/err.h"
#include "base/macros.h"
#include "host/runtime.h"
#include "policy/policy.h"

/* Loads a policy with all of whittle's checks. `note` gets what is valid and may not be meant, and
 * may be NULL. 0; -errno with the file's name in the sentence. */
int wh_load_policy(const char *file, struct wh_policy **ret, wh_policy_note *note, void *context,
	struct wh_err *err) WH_MUST_CHECK;

/* The programs on this host that are whittle. */
struct wh_whittles {
	const struct wh_runtime_file *files;
	const char *const *paths; /* the name of each as it was found */
	size_t count;
};

/* Looks beside whittlectl itself and in the system's folders. None is no error. 0; -ENOMEM. */
int wh_find_whittles(
	struct wh_arena *arena, struct wh_whittles *ret, struct wh_err *err) WH_MUST_CHECK;

/* Whether the program at this path, links followed, is one of them. */
bool wh_is_whittle(const struct wh_whittles *whittles, const char *path);

/*
 * The runtime that whittle would become under this policy: its path, in the arena, and its kind. 0;
 * -errno with the reason of the last that is no good.
 */
int wh_find_policy_runtime(const struct wh_policy *policy, const struct wh_whittles *whittles,
	struct wh_arena *arena, const char **ret, enum wh_runtime_kind *ret_kind,
	struct wh_err *err) WH_MUST_CHECK;

/* What a runtime says of itself when it is asked for its version. In the arena. */
struct wh_runtime_answer {
	const char
		*version; /* with its name where that is another kind's; NULL: it said none, and… */
	const char *error; /* …the reason */
	bool fits;         /* its banner names the kind that the policy says */
};

/* Asks it. 0, also when it does not answer; -ENOMEM. */
int wh_ask_runtime(const char *path, enum wh_runtime_kind kind, struct wh_arena *arena,
	struct wh_runtime_answer *ret) WH_MUST_CHECK;
