/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A seccomp filter that follows the capabilities. Engines open calls for capabilities that they
 * believed to be granted; what was taken away since closes them again. All works on the text of
 * config.json's "seccomp" (config-linux.md#seccomp); libseccomp is the runtime's to call.
 *
 * Never a call more than before: for every call and all arguments the action is at least as strict.
 */

#include "base/arena.h"
#include "base/err.h"
#include "json/json.h"
#include "oci/capability.h"
#include "seccomp/calls.h"

struct wh_seccomp_limits {
	wh_capset kept;       /* what the container holds in the end */
	wh_capset removed;    /* what it asked for and does not get */
	bool user_namespaces; /* may be made inside */
	/* The administrator's profiles, each a checked "seccomp" object: what they do not allow is
	 * closed. */
	struct wh_json *const *profiles;
	size_t profile_count;
	/* Whether an agent on this socket may decide about calls; NULL: none may. */
	bool (*may_listen)(void *context, struct wh_slice path);
	void *context;
};

/* The reason of changes that close user namespaces, to be told from others by its address. */
extern const char wh_seccomp_userns_why[];

/* Told of each change: "removed", "set" or "added", what, and why (a phrase). `what` is gone when
 * the call returns. */
typedef void wh_seccomp_note(
	void *context, const char *action, struct wh_slice what, const char *why);

/*
 * Whether a runtime could load it, as far as its text tells: actions, operators, architectures and
 * flags that are known, argument numbers below 6. Names of calls may be unknown: runtimes pass over
 * those. -EINVAL with the place.
 */
int wh_seccomp_check(struct wh_json *doc, wh_node seccomp, struct wh_err *err) WH_MUST_CHECK;

/* Whether it filters nothing: absent, null, without a default action, or allowing all. */
bool wh_seccomp_is_open(const struct wh_json *doc, wh_node seccomp);

/*
 * Brings linux.seccomp down, or puts whittle's default profile there when it is open. 0; -EINVAL
 * as wh_seccomp_check(); -ENOMEM. Doing it twice is doing it once.
 */
int wh_seccomp_follow(struct wh_json *doc, wh_node linux_section,
	const struct wh_seccomp_limits *limits, wh_seccomp_note *note, void *context,
	struct wh_err *err) WH_MUST_CHECK;

/* The default profile for these limits, a new "seccomp" object that hangs nowhere. */
wh_node wh_seccomp_default(struct wh_json *doc, const struct wh_seccomp_limits *limits);

/* Whether the limits close this call; and the flags that clone(2) and unshare(2) must not have, 0
 * for none. */
bool wh_seccomp_closes(const struct wh_seccomp_limits *limits, const struct wh_syscall *call);
uint64_t wh_seccomp_clone_mask(const struct wh_seccomp_limits *limits);
uint64_t wh_seccomp_unshare_mask(const struct wh_seccomp_limits *limits);
