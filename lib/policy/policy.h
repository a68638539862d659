/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The administrator's policy: loaded whole or not at all. Every key is checked at loading, unknown
 * ones are refused, so that a typing error in the last rule stops the first container. Texts of
 * errors are "FILE:LINE:COLUMN: what was found and what was expected".
 *
 * The keys, their types and what they do are one table (keys.c); the reference page follows it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/macros.h"
#include "oci/argv.h"
#include "oci/capability.h"
#include "oci/subject.h"
#include "policy/kind.h"

#define WH_POLICY_FOLDER "/etc/whittle"
#define WH_POLICY_FILE WH_POLICY_FOLDER "/config.json"
#define WH_POLICY_MAX_SIZE (16u << 20) /* bytes */

enum wh_mode {
	WH_MODE_ENFORCE,
	WH_MODE_AUDIT, /* change nothing, record what would change */
};

struct wh_policy_runtime {
	const char *name; /* a bare name, or an absolute path */
	enum wh_runtime_kind kind;
};

struct wh_policy_tmpfs {
	const char *path; /* absolute, clean */
	uint64_t size;    /* bytes */
};

/* What a container may have at most. */
struct wh_limits {
	enum wh_mode mode;
	bool restore; /* restoring from a checkpoint is allowed */
	bool verify;  /* a hook is to look at the container once it runs */
	bool learn;   /* a hook is to record what the container uses */
	struct wh_limit kinds[WH_KINDS];
	wh_capset capabilities; /* what that kind's allow list comes to */
	const struct wh_policy_tmpfs *tmpfs;
	size_t tmpfs_count;
};

struct wh_decision {
	const char *rule; /* the rule's name, "default" when none matched */
	struct wh_limits limits;
};

/* Named bases for limits (profile.c). */
enum wh_profile {
	WH_PROFILE_PRIVILEGED,
	WH_PROFILE_BASELINE,
	WH_PROFILE_RESTRICTED,
	WH_PROFILE_MINIMAL,
	WH_PROFILES,
};

struct wh_profile_info {
	const char *name;
	const char *doc;  /* what it is, sentences */
	const char *text; /* it in the words of the policy: an object as "default" is one */
};

const struct wh_profile_info *wh_profile_info(enum wh_profile profile);

struct wh_policy;

/*
 * Takes the text over in every case. `file` names it in messages and is borrowed for the call.
 * -EINVAL with place and expectation; -ENOMEM.
 */
int wh_policy_parse_take(struct wh_policy **ret, struct wh_buf *text, const char *file,
	struct wh_err *err) WH_MUST_CHECK;

/* A piece of advice, a sentence, and where in the file it belongs. */
typedef void wh_policy_note(void *context, unsigned line, unsigned column, const char *sentence);

/*
 * The same, and calls `note` for each thing in a valid policy that its author may not have meant:
 * what a rule on settable facts says in vain; rules that allow more than "default" by a name that
 * can be given to something else; rules that another one before them always matches first, or that
 * are stricter than one before them where both match;
 * capabilities without a reason, and those that are worth the host; a "default" that takes nothing
 * away. Takes longer than a start has time for.
 */
int wh_policy_parse_and_review_take(struct wh_policy **ret, struct wh_buf *text, const char *file,
	wh_policy_note *note, void *context, struct wh_err *err) WH_MUST_CHECK;

/*
 * Reads only as far as the member "runtimes" and judges nothing behind it: for commands that are
 * passed on, which must work whatever else the policy says. The result answers
 * wh_policy_runtimes() alone.
 */
int wh_policy_parse_runtimes_take(struct wh_policy **ret, struct wh_buf *text, const char *file,
	struct wh_err *err) WH_MUST_CHECK;

void wh_policy_free(struct wh_policy *policy); /* NULL is fine */
void wh_policy_freep(struct wh_policy **policy);
#define WH_POLICY WH_CLEANUP(wh_policy_freep)

/* The runtimes to look for, in order; the built-in list (runc, crun, runsc) when the policy names
 * none or is NULL. Never empty. */
const struct wh_policy_runtime *wh_policy_runtimes(const struct wh_policy *policy, size_t *ret_n);

/* The file for records, NULL for the journal or syslog; and whether a record that cannot be
 * written stops the container. */
const char *wh_policy_log_file(const struct wh_policy *policy);
bool wh_policy_log_required(const struct wh_policy *policy);

/*
 * The first rule whose every condition holds, laid on "default"; "default" when there is none.
 * A rule that matches on a settable fact (subject.h) can only tighten what "default" gives:
 * capabilities and tmpfs are intersected, booleans keep the stricter value, audit does not
 * loosen enforce. Nor does it shield from a stricter rule further down: the first one there that
 * matches on trusted facts alone tightens the result once more. What it returns lives as long as
 * the policy, but for `limits.tmpfs`, which may live in the arena.
 *
 * A condition on a fact that is not known does not hold. Fails, so that a container cannot dodge a
 * strict rule by being unreadable: -E2BIG when a text that a rule has to judge is longer than
 * WH_POLICY_MAX_TEXT; -EINVAL when it holds a NUL, or when a rule asks for an id or bundle that is
 * NULL. -ENOMEM.
 */
#define WH_POLICY_MAX_TEXT (64u << 10)
int wh_policy_decide(const struct wh_policy *policy, const struct wh_subject *subject,
	struct wh_arena *arena, struct wh_decision *ret) WH_MUST_CHECK;

/* How a rule stands to a container, for people. */
struct wh_rule_trace {
	const char *name;
	bool holds;          /* every condition does; otherwise the first that does not: */
	const char *key;     /* "image", or "label NAME" */
	const char *pattern; /* as the policy has it; several are joined by ", " */
	const char *text;    /* what the container has there; NULL: it is not known… */
	const char *unknown; /* …for this reason; NULL: there is none */
};

/* What is asked about each rule in turn; lives in the arena, borrows policy and subject. 0 or
 * -ENOMEM. */
struct wh_tracer;
int wh_policy_tracer(const struct wh_policy *policy, const struct wh_subject *subject,
	struct wh_arena *arena, struct wh_tracer **ret) WH_MUST_CHECK;

/* The rule at this place, in the order of the policy. Text is the policy's, the subject's or lives
 * in the arena. 0; -ENOENT behind the last; -ENOMEM; -E2BIG and -EINVAL as wh_policy_decide(). */
int wh_policy_trace(
	struct wh_tracer *tracer, size_t index, struct wh_rule_trace *ret) WH_MUST_CHECK;

/*
 * Whether a rule asks for this fact (of WH_FACT_ENGINE: for this engine), so that nothing needs to
 * be found out that no rule wants to know.
 */
bool wh_policy_asks(const struct wh_policy *policy, enum wh_fact fact);
bool wh_policy_asks_engine(const struct wh_policy *policy, enum wh_engine_id engine);

/* Whether a rule can have this name: 1 to 128 printable ASCII characters, and not "default". */
bool wh_policy_may_name_rule(struct wh_slice name);

/* What every container gets that no rule speaks of. */
const struct wh_limits *wh_policy_default(const struct wh_policy *policy);

/* The rule at this place, in the order of the policy: its name, and what it gives where it decides
 * alone (laid on "default", nothing tightened). 0; -ENOENT behind the last. */
int wh_policy_rule(const struct wh_policy *policy, size_t index, const char **ret_name,
	struct wh_limits *ret) WH_MUST_CHECK;

/* The seccomp profile at this place of those that "default" and rules name; NULL behind the last.
 */
const char *wh_policy_seccomp_profile(const struct wh_policy *policy, size_t index);

/* The name of the rule at this place that only watches ("mode": "audit") although "default" does
 * not; NULL behind the last. */
const char *wh_policy_watching_rule(const struct wh_policy *policy, size_t index);

/*
 * The policy file that whittle uses when it is called as `program` and told no other: that of
 * whittle-NAME is NAME.json, else WH_POLICY_FILE; in the arena. NULL, and the reason, for a NAME
 * that is none, or when memory ran out.
 */
const char *wh_policy_file_of(
	const char *program, struct wh_arena *arena, struct wh_err *err) WH_MUST_CHECK;

/* The reason the policy gives for keeping this capability under that decision; NULL for none. */
const char *wh_policy_reason(const struct wh_policy *policy, const char *rule, unsigned capability);

/* ---- the keys, for a reference page and for tests ---------------------------------------- */

/* Which objects of the policy a key may stand in. */
enum wh_policy_place {
	WH_POLICY_TOP = 1 << 0,
	WH_POLICY_DEFAULT = 1 << 1,
	WH_POLICY_RULE = 1 << 2,
	WH_POLICY_MATCH = 1 << 3,
	WH_POLICY_LOG = 1 << 4,
	WH_POLICY_RUNTIME = 1 << 5,
	WH_POLICY_TMPFS = 1 << 6,
};

struct wh_policy_key {
	const char *name;
	unsigned places;   /* of enum wh_policy_place */
	const char *type;  /* "true or false": what the value must be, a phrase */
	const char *doc;   /* what it does, a sentence */
	enum wh_fact fact; /* in "match": what it is about; WH_FACT_COUNT otherwise */
	enum wh_kind kind; /* of a kind's key; WH_KINDS otherwise */
};

/* The key at this place of the table; false behind the last. */
bool wh_policy_key_get(size_t index, struct wh_policy_key *ret);

/* What every container gets by a policy that says nothing. */
struct wh_limits wh_limits_silent(void);
