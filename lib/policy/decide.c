/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which rule holds for a container, and what it leaves.
 *
 * Before the first rule is looked at, the labels and annotations that any rule asks for are picked
 * out by one pass over the container's, so a condition finds its text by number and the cost is the
 * sum, not the product, of rules and annotations.
 *
 * Trust. Whoever starts a container can choose its id, name, labels and annotations, so a rule on
 * these must be worth nothing to them: its outcome is the stricter of the rule and "default", and
 * of the first rule on trusted facts further down, which it would else hide. Not matching must be
 * worth nothing either: where a text cannot be judged, the decision fails instead of passing the
 * rule over.
 *
 * Patterns are fnmatch(3)'s with no flags: "*" stands for any bytes at all, "/" and a leading "."
 * among them, "?" for any one byte, "[…]" for one of a set, and a backslash takes the meaning of
 * what follows. We never call setlocale(3), so bytes are characters and nothing is folded. A match
 * costs at most pattern times text, since both fnmatch()es of note go back to the last star only;
 * the bounds on both make that a small number.
 */

#include "policy/internal.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

/* A fact about the container: `bytes` has no data when it is not known. */
struct text {
	struct wh_slice bytes;
	const char *terminated; /* the same with a NUL behind, once somebody needed it */
};

struct facts {
	struct text texts[WH_FACT_TEXTS];
	struct text *labels; /* by number, as in struct wh_condition */
	struct text *annotations;
	uint32_t user; /* what its text says, when that is known */
	struct wh_arena *arena;
};

/* The texts of the keys that any condition asks for. */
static int gather_by_key(struct text **ret, const struct wh_names *names,
	const struct wh_annotation *items, size_t count, struct wh_arena *arena)
{
	struct text *texts = wh_arena_array(arena, names->count, sizeof(*texts));

	if (texts == NULL)
		return -ENOMEM;
	*ret = texts;
	for (size_t i = 0; i < count && names->count > 0; i++) {
		size_t number;

		if (wh_names_find(names, items[i].key, &number) < 0)
			continue;
		texts[number].bytes = items[i].value;
		if (items[i].value.data == NULL)
			texts[number].bytes.data = "";
	}
	return 0;
}

static int gather(
	struct facts *facts, const struct wh_policy *policy, const struct wh_subject *subject)
{
	int r;

	for (size_t i = 0; i < WH_FACT_TEXTS; i++) {
		const char *text = subject->facts[i].text;

		if (text != NULL)
			facts->texts[i] = (struct text){ wh_slice_of(text), text };
	}
	if (subject->facts[WH_FACT_USER].text != NULL)
		facts->user = (uint32_t)strtoul(subject->facts[WH_FACT_USER].text, NULL, 10);
	r = gather_by_key(&facts->labels, &policy->labels, subject->labels, subject->label_count,
		facts->arena);
	if (r < 0)
		return r;
	return gather_by_key(&facts->annotations, &policy->annotations, subject->annotations,
		subject->annotation_count, facts->arena);
}

static struct text *text_of(const struct wh_condition *condition, struct facts *facts)
{
	if (condition->fact == WH_FACT_LABEL)
		return &facts->labels[condition->key];
	if (condition->fact == WH_FACT_ANNOTATIONS)
		return &facts->annotations[condition->key];
	return &facts->texts[condition->fact];
}

/* 1 when the text is of this pattern, 0 when not, -errno when that cannot be told. */
static int is_of(const struct wh_pattern *pattern, struct text *text, struct wh_arena *arena)
{
	int r;

	/* Most rules are settled by how their pattern starts. */
	if (text->bytes.len < pattern->literal ||
		memcmp(text->bytes.data, pattern->text, pattern->literal) != 0)
		return 0;
	if (pattern->text[pattern->literal] == '\0')
		return text->bytes.len == pattern->literal;
	if (text->bytes.len > WH_POLICY_MAX_TEXT)
		return -E2BIG;
	if (text->terminated == NULL) {
		if (memchr(text->bytes.data, '\0', text->bytes.len) != NULL)
			return -EINVAL;
		text->terminated = wh_arena_dup(arena, text->bytes);
		if (text->terminated == NULL)
			return -ENOMEM;
	}
	r = fnmatch(pattern->text, text->terminated, 0);
	if (r != 0 && r != FNM_NOMATCH)
		return -EINVAL;
	return r == 0;
}

/* 1 when the condition holds, 0 when not, -errno when that cannot be told. */
static int condition_holds(const struct wh_condition *condition, struct facts *facts)
{
	struct text *text = text_of(condition, facts);
	int doubt = 0;

	/* Every container has these two. What else is not known, it does not have to have. */
	if (text->bytes.data == NULL)
		return condition->fact == WH_FACT_ID || condition->fact == WH_FACT_BUNDLE ? -EINVAL
											  : 0;
	for (const struct wh_pattern *p = &condition->pattern; p != NULL; p = p->other) {
		int r = condition->fact == WH_FACT_USER
				? facts->user >= p->low && facts->user <= p->high
				: is_of(p, text, facts->arena);

		if (r > 0)
			return 1;
		if (r < 0)
			doubt = r;
	}
	return doubt;
}

/* 1, 0 or -errno. One condition that fails for certain outweighs those that cannot be told. */
static int rule_holds(const struct wh_rule *rule, struct facts *facts)
{
	int doubt = 0;

	for (const struct wh_condition *c = rule->conditions; c != NULL; c = c->next) {
		int r = condition_holds(c, facts);

		if (r == 0)
			return 0;
		if (r < 0)
			doubt = r;
	}
	return doubt < 0 ? doubt : 1;
}

/* The first rule from `start` on that holds, in *ret; NULL when there is none. 0 or -errno. */
static int find_rule(const struct wh_policy *policy, struct facts *facts, size_t start,
	bool trusted_only, const struct wh_rule **ret)
{
	for (size_t i = start; i < policy->rule_count; i++) {
		const struct wh_rule *rule = &policy->rules[i];
		int r;

		if (trusted_only && rule->settable)
			continue;
		r = rule_holds(rule, facts);
		if (r < 0)
			return r;
		if (r > 0) {
			*ret = rule;
			return 0;
		}
	}
	*ret = NULL;
	return 0;
}

struct wh_limits wh_limits_silent(void)
{
	struct wh_limits limits = { .mode = WH_MODE_ENFORCE };

	for (size_t kind = 0; kind < WH_KINDS; kind++)
		limits.kinds[kind] = wh_limit_silent((enum wh_kind)kind);
	return limits;
}

/* The mode, whether to restore, to verify and to learn are no matter of a profile. */
static void lay_profile(const struct wh_limits *profile, struct wh_limits *limits)
{
	struct wh_limits below = *limits;

	*limits = *profile;
	limits->mode = below.mode;
	limits->restore = below.restore;
	limits->verify = below.verify;
	limits->learn = below.learn;
}

struct wh_limits wh_part_lay_on(const struct wh_part *part, const struct wh_limits *below)
{
	struct wh_limits limits = *below;

	if (part->profile != NULL)
		lay_profile(part->profile, &limits);
	if ((part->given & WH_GIVEN_MODE) != 0)
		limits.mode = part->mode;
	if ((part->given & WH_GIVEN_RESTORE) != 0)
		limits.restore = part->restore;
	if ((part->given & WH_GIVEN_VERIFY) != 0)
		limits.verify = part->verify;
	if ((part->given & WH_GIVEN_LEARN) != 0)
		limits.learn = part->learn;
	if ((part->given & WH_GIVEN_TMPFS) != 0) {
		limits.tmpfs = part->tmpfs;
		limits.tmpfs_count = part->tmpfs_count;
	}
	for (const struct wh_given_kind *given = part->kinds; given != NULL; given = given->next) {
		limits.kinds[given->kind] = given->limit;
		if (given->kind == WH_KIND_CAPABILITIES)
			limits.capabilities = part->capabilities;
	}
	return limits;
}

/* ---- tightening ---------------------------------------------------------------------------- */

/* Both lists: what `by` has is put behind a copy of the own one. NULL when memory ran out. */
static const struct wh_setting *join_settings(
	const struct wh_setting *own, const struct wh_setting *by, struct wh_arena *arena)
{
	struct wh_setting *copy;

	if (by == NULL || own == by)
		return own;
	copy = wh_arena_array(arena, 1, sizeof(*copy));
	if (copy == NULL)
		return NULL;
	if (own == NULL) {
		*copy = *by;
		return copy;
	}
	*copy = *own;
	copy->also = own->also == NULL ? by : join_settings(own->also, by, arena);
	return copy->also == NULL ? NULL : copy;
}

/* 0 or -ENOMEM. */
static int tighten_member(const struct wh_member_info *info, const struct wh_setting **own,
	const struct wh_setting *by, struct wh_arena *arena)
{
	bool smaller;

	if (*own == NULL || by == NULL || *own == by) {
		if (*own == NULL)
			*own = by;
		return 0;
	}
	switch (info->merge) {
	case WH_MERGE_BOTH:
		*own = join_settings(*own, by, arena);
		return *own == NULL ? -ENOMEM : 0;
	case WH_MERGE_LEAST:
	case WH_MERGE_MOST:
		smaller = by->items[0].low < (*own)->items[0].low;
		if (smaller == (info->merge == WH_MERGE_LEAST))
			*own = by;
		return 0;
	case WH_MERGE_FIRST:
		return 0;
	}
	return 0;
}

/* What one of the two keeps as it is, the other decides alone. 0 or -ENOMEM. */
static int tighten_kind(
	enum wh_kind kind, struct wh_limit *own, const struct wh_limit *by, struct wh_arena *arena)
{
	const struct wh_kind_info *info = wh_kind_info(kind);

	if (by->otherwise == WH_KEEP)
		return 0;
	if (own->otherwise == WH_KEEP) {
		*own = *by;
		return 0;
	}
	if (by->otherwise > own->otherwise)
		own->otherwise = by->otherwise;
	for (size_t i = 0; i < WH_MEMBERS_MAX && info->members[i].name != NULL; i++) {
		int r = tighten_member(&info->members[i], &own->members[i], by->members[i], arena);

		if (r < 0)
			return r;
	}
	return 0;
}

static const struct wh_policy_tmpfs *find_tmpfs(const struct wh_limits *limits, const char *path)
{
	for (size_t i = 0; i < limits->tmpfs_count; i++) {
		if (strcmp(limits->tmpfs[i].path, path) == 0)
			return &limits->tmpfs[i];
	}
	return NULL;
}

/* The paths that both have, each with the smaller size. */
static int intersect_tmpfs(
	struct wh_limits *limits, const struct wh_limits *by, struct wh_arena *arena)
{
	struct wh_policy_tmpfs *both;
	size_t n = 0;

	if (limits->tmpfs == by->tmpfs)
		return 0;
	both = wh_arena_array(arena, limits->tmpfs_count, sizeof(*both));
	if (both == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < limits->tmpfs_count; i++) {
		const struct wh_policy_tmpfs *other = find_tmpfs(by, limits->tmpfs[i].path);

		if (other == NULL)
			continue;
		both[n] = limits->tmpfs[i];
		if (other->size < both[n].size)
			both[n].size = other->size;
		n++;
	}
	limits->tmpfs = both;
	limits->tmpfs_count = n;
	return 0;
}

/* Each limit becomes the stricter of the two. 0 or -ENOMEM. */
static int tighten(struct wh_limits *limits, const struct wh_limits *by, struct wh_arena *arena)
{
	if (by->mode == WH_MODE_ENFORCE)
		limits->mode = WH_MODE_ENFORCE;
	limits->restore = limits->restore && by->restore;
	limits->verify = limits->verify || by->verify;
	limits->learn = limits->learn || by->learn;
	limits->capabilities &= by->capabilities;
	for (size_t kind = 0; kind < WH_KINDS; kind++) {
		int r = tighten_kind(
			(enum wh_kind)kind, &limits->kinds[kind], &by->kinds[kind], arena);

		if (r < 0)
			return r;
	}
	return intersect_tmpfs(limits, by, arena);
}

/* What a rule on settable facts leaves, given that it holds. */
static int decide_settable(const struct wh_policy *policy, const struct wh_rule *rule,
	struct facts *facts, struct wh_limits *ret)
{
	struct wh_limits limits = policy->limits;
	struct wh_limits own = wh_part_lay_on(&rule->part, &policy->limits);
	const struct wh_rule *hidden;
	int r = tighten(&limits, &own, facts->arena);

	if (r < 0)
		return r;
	r = find_rule(policy, facts, (size_t)(rule - policy->rules) + 1, true, &hidden);
	if (r < 0)
		return r;
	if (hidden != NULL) {
		own = wh_part_lay_on(&hidden->part, &policy->limits);
		r = tighten(&limits, &own, facts->arena);
		if (r < 0)
			return r;
	}
	*ret = limits;
	return 0;
}

int wh_policy_decide(const struct wh_policy *policy, const struct wh_subject *subject,
	struct wh_arena *arena, struct wh_decision *ret)
{
	struct facts facts = { .arena = arena };
	struct wh_decision decision = { .rule = "default", .limits = policy->limits };
	const struct wh_rule *rule;
	int r = gather(&facts, policy, subject);

	if (r < 0)
		return r;
	r = find_rule(policy, &facts, 0, false, &rule);
	if (r < 0)
		return r;
	if (rule != NULL) {
		decision.rule = rule->name;
		if (rule->settable)
			r = decide_settable(policy, rule, &facts, &decision.limits);
		else
			decision.limits = wh_part_lay_on(&rule->part, &policy->limits);
	}
	if (r < 0)
		return r;
	*ret = decision;
	return 0;
}

/* ---- telling -------------------------------------------------------------------------------- */

/* The facts are gathered once for all rules. */
struct wh_tracer {
	const struct wh_policy *policy;
	const struct wh_subject *subject;
	struct facts facts;
};

int wh_policy_tracer(const struct wh_policy *policy, const struct wh_subject *subject,
	struct wh_arena *arena, struct wh_tracer **ret)
{
	struct wh_tracer *tracer = wh_arena_array(arena, 1, sizeof(*tracer));
	int r;

	if (tracer == NULL)
		return -ENOMEM;
	*tracer = (struct wh_tracer){
		.policy = policy, .subject = subject, .facts = { .arena = arena }
	};
	r = gather(&tracer->facts, policy, subject);
	if (r < 0)
		return r;
	*ret = tracer;
	return 0;
}

static const char *describe_patterns(const struct wh_condition *condition, struct wh_arena *arena)
{
	const char *text = "";

	for (const struct wh_pattern *p = &condition->pattern; p != NULL && text != NULL;
		p = p->other) {
		const char *between = text[0] == '\0' ? "" : ", ";

		if (condition->fact != WH_FACT_USER)
			text = wh_arena_printf(arena, "%s%s%s", text, between, p->text);
		else if (p->low == p->high)
			text = wh_arena_printf(arena, "%s%s%u", text, between, p->low);
		else
			text = wh_arena_printf(arena, "%s%s%u-%u", text, between, p->low, p->high);
	}
	return text;
}

static int describe(
	struct wh_tracer *tracer, const struct wh_condition *condition, struct wh_rule_trace *ret)
{
	const struct wh_policy *policy = tracer->policy;
	const struct wh_subject *subject = tracer->subject;
	struct facts *facts = &tracer->facts;
	bool by_key = condition->fact >= WH_FACT_TEXTS;
	const struct wh_names *names =
		condition->fact == WH_FACT_LABEL ? &policy->labels : &policy->annotations;
	const struct text *text = text_of(condition, facts);

	ret->key = wh_fact_info(condition->fact)->name;
	if (by_key)
		ret->key = wh_arena_printf(facts->arena, "%s %.*s", ret->key,
			(int)names->texts[condition->key].len, names->texts[condition->key].data);
	ret->pattern = describe_patterns(condition, facts->arena);
	ret->text = text->bytes.data == NULL ? NULL : wh_arena_dup(facts->arena, text->bytes);
	ret->unknown = by_key ? condition->fact == WH_FACT_LABEL ? subject->labels_unknown : NULL
			      : subject->facts[condition->fact].unknown;
	return ret->key == NULL || ret->pattern == NULL ||
			       (text->bytes.data != NULL && ret->text == NULL)
		       ? -ENOMEM
		       : 0;
}

int wh_policy_trace(struct wh_tracer *tracer, size_t index, struct wh_rule_trace *ret)
{
	const struct wh_policy *policy = tracer->policy;
	const struct wh_condition *first = NULL;
	int doubt = 0;

	if (index >= policy->rule_count)
		return -ENOENT;
	/* The last one read stands first in the list. */
	for (const struct wh_condition *c = policy->rules[index].conditions; c != NULL;
		c = c->next) {
		int holds = condition_holds(c, &tracer->facts);

		if (holds == 0)
			first = c;
		if (holds < 0)
			doubt = holds;
	}
	if (first == NULL && doubt < 0)
		return doubt;
	*ret = (struct wh_rule_trace){ .name = policy->rules[index].name, .holds = first == NULL };
	return first == NULL ? 0 : describe(tracer, first, ret);
}

int wh_policy_rule(
	const struct wh_policy *policy, size_t index, const char **ret_name, struct wh_limits *ret)
{
	if (index >= policy->rule_count)
		return -ENOENT;
	*ret_name = policy->rules[index].name;
	*ret = wh_part_lay_on(&policy->rules[index].part, &policy->limits);
	return 0;
}
