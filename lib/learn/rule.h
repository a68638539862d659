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

/*
 * What a read-only root file system would take from it. It can be read-only when everything was
 * written below folders whose content is scratch by custom (scratch.c): each folder that was
 * written in becomes an empty tmpfs that everybody can write.
 */
struct wh_learnt_root {
	bool readonly;
	const char *const *tmpfs; /* sorted, in the arena */
	size_t count;
	const char *why; /* of a root that has to stay writable, a sentence; else NULL */
};

/* 0 or -ENOMEM. */
int wh_learnt_root(const struct wh_learnt *learnt, struct wh_arena *arena,
	struct wh_learnt_root *ret) WH_MUST_CHECK;

/* Whether an absolute path lies in a folder that could become a tmpfs, by its text alone. */
bool wh_learnt_is_scratch(struct wh_slice path);

/* The longest tmpfs of `root` that the path lies on, with the links followed that most images have
 * (/var/run); NULL in *ret for none. 0 or -ENOMEM. */
int wh_learnt_tmpfs_of(const struct wh_learnt_root *root, const char *path, struct wh_arena *arena,
	const char **ret) WH_MUST_CHECK;

/*
 * Whether it works with noNewPrivileges: no program that confers something by its file (setuid,
 * setgid, file capabilities) was executed by somebody who gains by it. Root gains nothing by file
 * capabilities that its container has.
 */
bool wh_learnt_no_new_privileges(const struct wh_learnt *learnt);

/* Whether it ever was user 0, or may have been. */
bool wh_learnt_was_root(const struct wh_learnt *learnt);

struct wh_learnt_rule_options {
	bool used_only;      /* leave the speculative ones out */
	wh_capset without;   /* leave these out: proven not needed */
	const char *seccomp; /* path of the profile to name; NULL: none */
	const char *name;    /* of the rule; NULL: learnt->name */
};

/*
 * A rule, a new object in `doc` that hangs nowhere: name, match (the image; where it is not known
 * there is no match, which the policy wants), capabilities with their reasons, readonlyRootfs with
 * tmpfs (false also where it was not watched), noNewPrivileges, runAsNonRoot, devices unless they
 * were not watched, seccomp. A capability without a name is left out. WH_NO_NODE when memory ran
 * out.
 */
wh_node wh_learnt_rule(const struct wh_learnt *learnt, const struct wh_learnt_rule_options *options,
	struct wh_json *doc, struct wh_arena *arena) WH_MUST_CHECK;

/*
 * A seccomp profile (config-linux.md#seccomp), a new object in `doc`, that allows what was seen and
 * what runc and crun call themselves once it is loaded. WH_NO_NODE when memory ran out or
 * learnt->syscalls_unknown.
 */
wh_node wh_learnt_seccomp(const struct wh_learnt *learnt, struct wh_json *doc) WH_MUST_CHECK;
