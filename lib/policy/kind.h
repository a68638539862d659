/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The kinds of privilege that config.json can confer, as one table: how the policy calls each,
 * where it lies, what is judged, how it is brought down, and what it is a risk for. The policy's
 * reader, the rules for tightening, the reference page and the JSON Schema all come from it; how a
 * kind is brought down is in lib/trim, one file each.
 *
 * The value of a kind's key is a word ("keep", "strip", "refuse"), an object with "otherwise" and
 * the members of the kind, or a shorthand for its first member.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/macros.h"

enum wh_kind {
	WH_KIND_CAPABILITIES,
	WH_KIND_NO_NEW_PRIVILEGES,
	WH_KIND_READONLY_ROOTFS,
	WH_KIND_RUN_AS_NON_ROOT,
	WH_KIND_SUPPLEMENTAL_GROUPS,
	WH_KIND_USER_NAMESPACES,
	WH_KIND_HOST_NAMESPACES,
	WH_KIND_DEVICES,
	WH_KIND_MOUNTS,
	WH_KIND_MASKED_PATHS,
	WH_KIND_READONLY_PATHS,
	WH_KIND_HOOKS,
	WH_KIND_SECCOMP,
	WH_KIND_APPARMOR,
	WH_KIND_SELINUX,
	WH_KIND_SYSCTL,
	WH_KIND_RLIMITS,
	WH_KIND_OOM_SCORE_ADJ,
	WH_KIND_ROOTFS_PROPAGATION,
	WH_KIND_CGROUPS_PATH,
	WH_KIND_RESOURCES,
	WH_KIND_PERSONALITY,
	WH_KIND_INTEL_RDT,
	WH_KIND_NET_DEVICES,
	WH_KIND_TIME_OFFSETS,
	WH_KIND_MEMORY_POLICY,
	WH_KIND_SCHEDULER,
	WH_KIND_IO_PRIORITY,
	WH_KIND_UNKNOWN_FIELDS,
	WH_KINDS,
};

/* What becomes of that which is not allowed; the stricter is the greater. */
enum wh_otherwise {
	WH_KEEP,
	WH_STRIP,
	WH_REFUSE,
};

/* ---- what a policy says of a kind ----------------------------------------------------------- */

/* One element of a list, one number, one text. Text lives as long as the policy. */
struct wh_item {
	const char *text; /* of a map's entry its name */
	size_t literal;   /* PATTERNS: so many bytes of it stand for themselves */
	int64_t low;      /* the number; of a range its first */
	int64_t high;     /* of a range its last */
};

/* The value of a member. Rules on settable facts join several: `also` is another one's, and both
 * count. */
struct wh_setting {
	const struct wh_item *items;
	size_t count;
	bool silent; /* nobody said anything: the list is what the kind has then */
	const struct wh_setting *also;
};

/* The members of kinds that have more than an allow list. */
enum {
	WH_ALLOW = 0,

	WH_USER_UID = 0, /* of runAsNonRoot */
	WH_USER_GID,
	WH_NAMESPACES_JOIN = 1,
	WH_MOUNTS_DENY = 1,
	WH_MOUNTS_TYPES,
	WH_MOUNTS_OPTIONS,
	WH_HOOKS_TIMEOUT = 1,
	WH_SECCOMP_PROFILE = 0,
	WH_SECCOMP_LISTENERS,
	WH_APPARMOR_PROFILE = 1,
	WH_SELINUX_LABEL = 1,
	WH_RLIMITS_MAX = 0,
	WH_OOM_MIN = 0,
	WH_RESOURCES_PIDS = 0,
	WH_RESOURCES_MEMORY,

	WH_MEMBERS_MAX = 4,
};

struct wh_limit {
	enum wh_otherwise otherwise;
	/* By the constants above. Lists are never NULL in a decision; numbers and texts are, where
	 * nothing is said. */
	const struct wh_setting *members[WH_MEMBERS_MAX];
};

/* Whether the text is in every one of the lists that count: equal to a word, of a pattern
 * (fnmatch(3) without flags), in a range. A text of 4096 bytes and more is in none. */
bool wh_setting_has(const struct wh_setting *setting, struct wh_slice text);
/* The same for one of them alone, without those in `also`. */
bool wh_setting_lists(const struct wh_setting *setting, struct wh_slice text);
bool wh_setting_has_number(const struct wh_setting *setting, int64_t number);

/* Whether it is in any of the lists: for what is denied or forced. */
bool wh_setting_any(const struct wh_setting *setting, struct wh_slice text);

/* Whether some list says something: false where the kind's own is all there is. */
bool wh_setting_is_given(const struct wh_setting *setting);

/* The least number that the lists have for this name (NUMBERS); false when none has one. */
bool wh_setting_number_of(const struct wh_setting *setting, struct wh_slice name, int64_t *ret);

/* ---- the table ------------------------------------------------------------------------------ */

enum wh_member_type {
	WH_MEMBER_CAPABILITIES, /* an array of names, or an object of names with reasons */
	WH_MEMBER_PATTERNS,     /* an array of fnmatch(3) patterns */
	WH_MEMBER_WORDS,        /* an array of words out of `words` */
	WH_MEMBER_RANGES,       /* an array of numbers, and ranges in strings: "1000-2000" */
	WH_MEMBER_NUMBERS,      /* an object of numbers by names out of `words` */
	WH_MEMBER_NUMBER,
	WH_MEMBER_SIZE, /* bytes: a number, or a string with k, m or g behind */
	WH_MEMBER_PATH,
	WH_MEMBER_TEXT,
};

/* What a pattern can be for; one that can match nothing of the kind is refused. */
enum wh_form {
	WH_FORM_ANY,
	WH_FORM_PATH,   /* absolute */
	WH_FORM_DEVICE, /* an absolute path, or a rule as "c 10:229 rwm" */
	WH_FORM_SYSCTL, /* "net.core.somaxconn" */
};

/* What two values of a member make of each other where a rule can only tighten. */
enum wh_merge {
	WH_MERGE_BOTH,  /* both count: what is allowed must be so by both; what is denied by either
			 */
	WH_MERGE_LEAST, /* the smaller number */
	WH_MERGE_MOST,  /* the greater one */
	WH_MERGE_FIRST, /* that of "default" */
};

struct wh_member_info {
	const char *name; /* NULL: no more members */
	enum wh_member_type type;
	enum wh_merge merge;
	enum wh_form form;        /* of PATTERNS */
	int64_t least, most;      /* of a number */
	const char *const *words; /* WORDS and NUMBERS; ends with NULL */
	const struct wh_setting *silent;
	const char *doc; /* a sentence */
};

struct wh_kind_info {
	const char *key;
	const char *type;           /* what the value must be, a phrase */
	const char *where;          /* in config.json, a phrase of pointers */
	const char *doc;            /* what the key decides, sentences */
	const char *strip;          /* what bringing down does, a sentence; NULL: it cannot be */
	const char *risk;           /* what the privilege is worth to an attacker, a sentence */
	bool of_process;            /* lies in "process", so every exec is judged as well */
	enum wh_otherwise silent;   /* where the policy says nothing of the kind */
	enum wh_otherwise listed;   /* where its value does not say "otherwise" */
	bool flag;                  /* takes true and false as well, which mean… */
	enum wh_otherwise flags[2]; /* …[false], [true] */
	int shorthand;              /* the member that a value means which is no object; -1: none */
	struct wh_member_info members[WH_MEMBERS_MAX];
};

/* Never NULL for a kind there is. */
const struct wh_kind_info *wh_kind_info(enum wh_kind kind);

/* What the policy has where it says nothing of the kind. */
struct wh_limit wh_limit_silent(enum wh_kind kind);

/* The names of getrlimit(2)'s limits ("RLIMIT_AS"), in the order of the alphabet; NULL behind the
 * last. */
const char *wh_rlimit_name(size_t index);

/* The word for it in the policy. */
const char *wh_otherwise_word(enum wh_otherwise otherwise);
