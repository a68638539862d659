/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the files of this room share: the policy as it is kept, and the tools of its reader. All of
 * a policy lives in its one arena; the JSON document is gone once it is read.
 */

#include "base/arena.h"
#include "base/nearest.h"
#include "json/json.h"
#include "policy/policy.h"

/* ---- names.c: texts by number --------------------------------------------------------------- */

/* Distinct texts, numbered from 0 as they come. The texts and the tables live in an arena. */
struct wh_names {
	struct wh_slice *texts;
	uint32_t *slots; /* 1 + number, 0 for a free slot; twice `room` of them */
	size_t count;
	size_t room; /* a power of two, or 0 */
};

/* Makes room for so many texts in all, so that adding them moves nothing. 0 or -ENOMEM. */
int wh_names_reserve(struct wh_names *names, struct wh_arena *arena, size_t count) WH_MUST_CHECK;

/* The number of a text, or -ENOENT. */
int wh_names_find(const struct wh_names *names, struct wh_slice text, size_t *ret) WH_MUST_CHECK;

/* Adds a text, which must outlive the names: 0; 1 when it was there already; -ENOMEM. Its number
 * in `ret` in both good cases. */
int wh_names_add(struct wh_names *names, struct wh_arena *arena, struct wh_slice text,
	size_t *ret) WH_MUST_CHECK;

/* ---- the policy ----------------------------------------------------------------------------- */

/* The keys, beside those of kinds, that a rule may leave to "default". */
enum wh_given {
	WH_GIVEN_MODE = 1 << 0,
	WH_GIVEN_RESTORE = 1 << 1,
	WH_GIVEN_TMPFS = 1 << 2,
	WH_GIVEN_VERIFY = 1 << 3,
	WH_GIVEN_LEARN = 1 << 4,
};

struct wh_reason {
	unsigned capability;
	const char *text;
};

/* What an object of the policy says of a kind. */
struct wh_given_kind {
	const struct wh_given_kind *next;
	enum wh_kind kind;
	struct wh_limit limit;
	wh_node node; /* where its value stands, while the document is there */
};

/* Limits as one object of the policy spells them: what it does not say comes from its profile if it
 * names one, else from below. */
struct wh_part {
	unsigned given; /* of enum wh_given */
	enum wh_mode mode;
	bool restore;
	bool verify;
	bool learn;
	const struct wh_limits *profile; /* NULL: none named */
	const struct wh_given_kind *kinds;
	wh_capset capabilities; /* when that kind is given */
	const struct wh_policy_tmpfs *tmpfs;
	size_t tmpfs_count;
	const struct wh_reason *reasons;
	size_t reason_count;
};

/* What a condition compares with; one of several that will do. */
struct wh_pattern {
	const struct wh_pattern *other;
	const char *text;
	size_t literal;     /* so many bytes of it stand for themselves */
	uint32_t low, high; /* WH_FACT_USER: the range, instead of the text */
	wh_node node;       /* where it stands, while the document is there */
};

struct wh_condition {
	const struct wh_condition *next;
	enum wh_fact fact;
	size_t key; /* of a label or annotation: its number in wh_policy.labels or .annotations */
	struct wh_pattern pattern;
};

struct wh_rule {
	const char *name;
	struct wh_part part;
	const struct wh_condition *conditions; /* at least one, all must hold */
	bool settable;                         /* one of them asks for a settable fact */
	wh_node node;                          /* where it stands, while the document is there */
};

struct wh_policy {
	struct wh_arena arena;
	const struct wh_policy_runtime *runtimes;
	size_t runtime_count; /* 0: none named */
	const char *log_file;
	bool log_required;
	struct wh_part defaults;
	struct wh_limits limits;                 /* of "default", laid on what is built in */
	struct wh_limits *profiles[WH_PROFILES]; /* those that are named somewhere */
	struct wh_rule *rules;
	size_t rule_count;
	struct wh_names rule_names;  /* numbered as `rules` */
	struct wh_names annotations; /* the keys that conditions ask for */
	struct wh_names labels;
	unsigned asked_facts;   /* 1 << enum wh_fact for each that conditions ask for */
	unsigned asked_engines; /* 1 << enum wh_engine_id, likewise */
};

/* ---- reading -------------------------------------------------------------------------------- */

struct wh_reader {
	struct wh_json *doc;
	struct wh_policy *policy;
	const char *file;
	struct wh_err *err;
};

/* What the keys of the object at hand are written to; NULL where that object has none. */
struct wh_scope {
	struct wh_part *part;
	struct wh_rule *rule;
	struct wh_policy_runtime *runtime;
	struct wh_policy_tmpfs *tmpfs;
};

/* Reads the value of a key. 0, -EINVAL, -ENOMEM. */
typedef int wh_read_value(struct wh_reader *reader, const struct wh_policy_key *key, wh_node value,
	const struct wh_scope *scope);

/* Reads every member of an object by the table of keys; unknown ones are refused. */
int wh_policy_read_object(struct wh_reader *reader, wh_node object, enum wh_policy_place place,
	const struct wh_scope *scope) WH_MUST_CHECK;

/* Reads one member, by a name that the table has at this place; nothing when it is not there. */
int wh_policy_read_member(struct wh_reader *reader, wh_node object, enum wh_policy_place place,
	const char *name, const struct wh_scope *scope) WH_MUST_CHECK;

/* -EINVAL with "FILE:LINE:COLUMN: " before the sentence. */
int wh_policy_fail(struct wh_reader *reader, wh_node node, const char *format, ...) WH_PRINTF(3, 4);

/* -ENOMEM, said once. */
int wh_policy_no_memory(struct wh_reader *reader);

/* Fails with a sentence on a word that is none of the candidates, and with the nearest one if there
 * is one. -EINVAL; -ENOMEM. */
int wh_policy_fail_unknown(struct wh_reader *reader, wh_node node, struct wh_buf *sentence,
	const struct wh_nearest *nearest);

/* ---- values.c: plain values ----------------------------------------------------------------- */

/* All of these name the key and what it must be in their errors. Bytes of read_text belong to the
 * document; what keep gives is terminated and lives as long as the policy. */
int wh_policy_refuse_type(struct wh_reader *reader, const struct wh_policy_key *key, wh_node node);
int wh_policy_expect(struct wh_reader *reader, const struct wh_policy_key *key, wh_node node,
	enum wh_json_type type) WH_MUST_CHECK;
int wh_policy_read_bool(struct wh_reader *reader, const struct wh_policy_key *key, wh_node node,
	bool *ret) WH_MUST_CHECK;
int wh_policy_read_text(struct wh_reader *reader, const struct wh_policy_key *key, wh_node node,
	struct wh_slice *ret) WH_MUST_CHECK;
/* One of two words; true for the second. */
int wh_policy_read_choice(struct wh_reader *reader, const struct wh_policy_key *key, wh_node node,
	const char *first, const char *second, bool *ret) WH_MUST_CHECK;
int wh_policy_keep(struct wh_reader *reader, struct wh_slice text, const char **ret) WH_MUST_CHECK;
int wh_policy_keep_path(struct wh_reader *reader, const struct wh_policy_key *key, wh_node node,
	const char **ret) WH_MUST_CHECK;
int wh_policy_refuse_path(struct wh_reader *reader, const struct wh_policy_key *key, wh_node node);

/* Whether the path is absolute, names more than "/", and is spelled in the one shortest way, so
 * that equal paths are equal texts. */
bool wh_policy_is_path(struct wh_slice path);

size_t wh_policy_count(const struct wh_json *doc, wh_node array);

/* ---- pattern.c: what a condition compares with -------------------------------------------------
 */

/* Judges a pattern for this kind of fact and brings it into the form that matching needs. */
int wh_pattern_read(struct wh_reader *reader, wh_node node, enum wh_fact fact,
	struct wh_slice pattern, struct wh_pattern *ret) WH_MUST_CHECK;

/* Any pattern, within the bounds that keep matching cheap. */
int wh_pattern_read_glob(struct wh_reader *reader, wh_node node, struct wh_slice pattern,
	const char **ret_text, size_t *ret_literal) WH_MUST_CHECK;

/* One of these words, which are there one behind the other up to NULL: its number, or -EINVAL with
 * a sentence on what kind of word is unknown. */
int wh_policy_read_word(struct wh_reader *reader, wh_node node, struct wh_slice word,
	const char *kind, const char *(*word_at)(const void *context, size_t n),
	const void *context) WH_MUST_CHECK;

/* ---- values of kinds ------------------------------------------------------------------------ */

/* What the part says of this kind; NULL: nothing. */
const struct wh_given_kind *wh_part_kind(const struct wh_part *part, enum wh_kind kind);

/* Capabilities as an array or as an object with reasons. */
int wh_policy_read_capabilities(struct wh_reader *reader, const struct wh_policy_key *key,
	wh_node value, struct wh_part *part) WH_MUST_CHECK;

/* Bytes: digits with an optional k, m or g behind, in either case. False when it is not, or does
 * not fit. */
bool wh_policy_parse_size(struct wh_slice text, uint64_t *ret);

/* ---- decide.c ------------------------------------------------------------------------------ */

/* The limits of a rule: what it does not say is as `below` has it. */
struct wh_limits wh_part_lay_on(const struct wh_part *part, const struct wh_limits *below);

/* ---- review.c ------------------------------------------------------------------------------ */

/* Says what there is to say about a policy that was read as a whole. 0; -ENOMEM. */
int wh_policy_review(struct wh_reader *reader, wh_policy_note *note, void *context) WH_MUST_CHECK;

/* A review under way. The place of each note is looked for from the start of the text, so there is
 * an end to them. */
struct wh_review {
	struct wh_reader *reader;
	wh_policy_note *note;
	void *context;
	size_t said;
};

void wh_review_say(struct wh_review *review, wh_node node, const char *format, ...) WH_PRINTF(3, 4);

/* The value of a key of the rule; of "default" when that is NULL. */
wh_node wh_review_value(
	const struct wh_review *review, const struct wh_rule *rule, const char *key);

/* "rule "NAME"", or ""default"" for NULL; a name is at most 128 bytes long. */
#define WH_REVIEW_TITLE 160
const char *wh_review_title(const struct wh_rule *rule, char buf[WH_REVIEW_TITLE]);

/* The names of the set, "CAP_A, CAP_B". */
void wh_review_add_names(struct wh_buf *to, wh_capset set);

/* review-lists.c: capabilities without a reason, and those that are the host's; of a rule, or of
 * "default" when that is NULL. */
void wh_review_lists(struct wh_review *review, const struct wh_rule *rule);

/* review-order.c: what the rules before one leave to it. */
struct wh_reach {
	const struct wh_rule *hidden_by; /* it matches whatever this one does; NULL: none does */
	const struct wh_rule *overlaps;  /* shares a condition with this one and gives more… */
	const char *wider;               /* …by this key */
};

/* Of each rule, by its place; only what is certain. Linear in the policy. 0; -ENOMEM. */
int wh_review_find_reach(const struct wh_policy *policy, struct wh_arena *arena,
	const struct wh_reach **ret) WH_MUST_CHECK;
void wh_review_order(
	struct wh_review *review, const struct wh_rule *rule, const struct wh_reach *reach);

/* ---- one reader for each key ---------------------------------------------------------------- */

/* objects.c */
wh_read_value wh_read_runtimes, wh_read_runtime_path, wh_read_runtime_kind;
wh_read_value wh_read_log, wh_read_log_file, wh_read_log_required;
wh_read_value wh_read_default, wh_read_rules, wh_read_name;
/* match.c */
wh_read_value wh_read_match, wh_read_fact, wh_read_sandbox, wh_read_by_key;
/* limits.c */
wh_read_value wh_read_mode, wh_read_restore, wh_read_verify, wh_read_learn;
wh_read_value wh_read_tmpfs, wh_read_tmpfs_path, wh_read_tmpfs_size;
/* kind-values.c */
wh_read_value wh_read_kind;
/* profile.c */
wh_read_value wh_read_profile;
