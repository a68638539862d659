/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* From what was learnt to a rule of the policy, and the reasons in words. */

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/macros.h"
#include "json/json.h"
#include "learn/learnt.h"

/* Why this capability is kept, a phrase for people: "nginx binds port 80 (bind, inet_bind)". In the
 * arena; NULL when memory ran out. */
const char *wh_learnt_reason(const struct wh_learnt *learnt, const struct wh_use_of *use,
	struct wh_arena *arena) WH_MUST_CHECK;

struct wh_learnt_rule_options {
	bool used_only;      /* leave the speculative ones out */
	wh_capset without;   /* leave these out: proven not needed */
	const char *seccomp; /* path of the profile to name; NULL: none */
	const char *name;    /* of the rule; NULL: learnt->name */
};

/*
 * A rule, a new object in `doc` that hangs nowhere: name, match (the image, else nothing),
 * capabilities with their reasons, and as far as it was watched readonlyRootfs with tmpfs,
 * noNewPrivileges, runAsNonRoot, devices, seccomp. WH_NO_NODE when memory ran out.
 */
wh_node wh_learnt_rule(const struct wh_learnt *learnt, const struct wh_learnt_rule_options *options,
	struct wh_json *doc, struct wh_arena *arena) WH_MUST_CHECK;

/*
 * A seccomp profile (config-linux.md#seccomp), a new object in `doc`, that allows what was seen and
 * what runc and crun call themselves once it is loaded. WH_NO_NODE when memory ran out or
 * learnt->syscalls_unknown.
 */
wh_node wh_learnt_seccomp(const struct wh_learnt *learnt, struct wh_json *doc) WH_MUST_CHECK;
