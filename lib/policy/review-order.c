/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Advice on the order of rules. The first that matches counts, so a rule of which every container
 * meets an earlier one as well never does; and where a stricter rule stands behind one that gives
 * more, what both match gets more.
 *
 * That is said only where it is certain. Patterns that overlap are no matter, nor is one that a
 * person sees to be wider than another: each condition of the earlier rule must stand in the later
 * one too, with the same patterns or fewer, or be met by any text at all.
 *
 * One thing beside matching first keeps a rule in force: a rule on settable facts does not shield
 * from a later one on trusted facts (decide.c), so the first never hides the second.
 *
 * Rules are looked up by their patterns, and not each is held against each: an earlier rule stands
 * under that of its conditions which the fewest patterns share. How much is compared for one rule
 * has a bound, so the whole grows with the policy and no faster; behind the bound nothing is
 * certain, and nothing is said.
 */

#include "policy/internal.h"

#include <errno.h>
#include <string.h>

#define LISTED_MAX 64u     /* rules under one pattern */
#define COMPARED_MAX 4096u /* pairs of patterns that are compared for one rule */

/* The rules that stand under one pattern, in their order. */
struct entry {
	struct entry *next;
	const struct wh_rule *rule;
};

struct list {
	struct entry *first, *last;
	size_t count;
};

struct search {
	const struct wh_policy *policy;
	struct wh_arena *arena;
	struct wh_buf key;
	struct wh_names keys; /* a fact and a pattern, as one text */
	size_t *uses;         /* by number of the key: how many conditions have it */
	struct list *narrow;  /* likewise: rules, each under its rarest condition */
	struct list *all;     /* likewise: rules, each under all of its conditions */
	const struct wh_rule
		*met[2]; /* the first that every container meets: on trusted, settable */
	size_t left;     /* comparisons for the rule at hand */
};

/* ---- what follows from what ------------------------------------------------------------------ */

static bool is_stars(const char *text)
{
	return text[0] == '*' && text[strspn(text, "*")] == '\0';
}

/* Whether what is of the pattern `b` is of `a`, for certain. */
static bool covers_pattern(
	enum wh_fact fact, const struct wh_pattern *a, const struct wh_pattern *b)
{
	if (fact == WH_FACT_USER)
		return a->low <= b->low && b->high <= a->high;
	return is_stars(a->text) || strcmp(a->text, b->text) == 0;
}

static bool has_cover(
	struct search *search, const struct wh_condition *a, const struct wh_pattern *b)
{
	for (const struct wh_pattern *p = &a->pattern; p != NULL; p = p->other) {
		if (search->left == 0)
			return false;
		search->left--;
		if (covers_pattern(a->fact, p, b))
			return true;
	}
	return false;
}

/* Whether `a`, a condition on the same fact, holds wherever `b` does. */
static bool covers(
	struct search *search, const struct wh_condition *a, const struct wh_condition *b)
{
	for (const struct wh_pattern *p = &b->pattern; p != NULL; p = p->other) {
		if (!has_cover(search, a, p))
			return false;
	}
	return true;
}

/* The rule's condition on the same fact, of labels and annotations with the same key. */
static const struct wh_condition *likewise(
	const struct wh_rule *rule, const struct wh_condition *condition)
{
	for (const struct wh_condition *c = rule->conditions; c != NULL; c = c->next) {
		if (c->fact == condition->fact && c->key == condition->key)
			return c;
	}
	return NULL;
}

/* Every container has an id and a bundle; any other fact may be unknown, and stars are not met by
 * that. */
static bool always_holds(const struct wh_condition *condition)
{
	if (condition->fact != WH_FACT_ID && condition->fact != WH_FACT_BUNDLE)
		return false;
	for (const struct wh_pattern *p = &condition->pattern; p != NULL; p = p->other) {
		if (is_stars(p->text))
			return true;
	}
	return false;
}

/* Whether the earlier rule holds wherever the later one does, and keeps it from counting. */
static bool hides(struct search *search, const struct wh_rule *earlier, const struct wh_rule *later)
{
	if (earlier->settable && !later->settable)
		return false;
	for (const struct wh_condition *c = earlier->conditions; c != NULL; c = c->next) {
		const struct wh_condition *own = likewise(later, c);

		if (!always_holds(c) && (own == NULL || !covers(search, c, own)))
			return false;
	}
	return true;
}

/* Whether both ask for some fact in words that fit each other, and for none in words that do not.
 */
static bool overlap(struct search *search, const struct wh_rule *a, const struct wh_rule *b)
{
	bool common = false;

	for (const struct wh_condition *c = a->conditions; c != NULL; c = c->next) {
		const struct wh_condition *other = likewise(b, c);

		if (other == NULL)
			continue;
		if (!covers(search, c, other) && !covers(search, other, c))
			return false;
		common = true;
	}
	return common;
}

/* The key by which one gives more than the other, for certain; NULL: none. Lists are not compared.
 */
static const char *wider_key(const struct wh_limits *a, const struct wh_limits *b)
{
	if (a->mode != b->mode)
		return a->mode > b->mode ? "mode" : NULL;
	if (a->mode == WH_MODE_AUDIT)
		return NULL;
	if ((a->capabilities & ~b->capabilities) != 0)
		return wh_kind_info(WH_KIND_CAPABILITIES)->key;
	if (a->restore && !b->restore)
		return "restore";
	for (size_t kind = 0; kind < WH_KINDS; kind++) {
		if (kind != WH_KIND_CAPABILITIES &&
			a->kinds[kind].otherwise < b->kinds[kind].otherwise)
			return wh_kind_info((enum wh_kind)kind)->key;
	}
	return NULL;
}

/* ---- the lists ------------------------------------------------------------------------------- */

/* The text under which a rule with this pattern stands: all that may cover each other have the
 * same, but stars, which have one of their own. It lives until the next one. */
static struct wh_slice key_of(
	struct search *search, const struct wh_condition *condition, const char *pattern)
{
	const char *text = condition->fact == WH_FACT_USER ? "" : pattern;

	search->key.len = 0;
	wh_buf_addf(&search->key, "%u %zu %s", (unsigned)condition->fact, condition->key,
		is_stars(text) ? "*" : text);
	return (struct wh_slice){ search->key.data, search->key.len };
}

/* The number of the pattern's key; it must have been numbered. */
static size_t number_of(
	struct search *search, const struct wh_condition *condition, const char *pattern)
{
	struct wh_slice key = key_of(search, condition, pattern);
	size_t number;

	if (wh_buf_status(&search->key) < 0 || wh_names_find(&search->keys, key, &number) < 0)
		return SIZE_MAX;
	return number;
}

static int number_key(
	struct search *search, const struct wh_condition *condition, const char *pattern)
{
	struct wh_slice key = key_of(search, condition, pattern);
	size_t number;

	if (wh_buf_status(&search->key) < 0)
		return -ENOMEM;
	if (wh_names_find(&search->keys, key, &number) == 0)
		return 0;
	key.data = wh_arena_dup(search->arena, key);
	return key.data == NULL ? -ENOMEM
				: wh_names_add(&search->keys, search->arena, key, &number);
}

static int number_keys(struct search *search)
{
	for (size_t i = 0; i < search->policy->rule_count; i++) {
		const struct wh_condition *c = search->policy->rules[i].conditions;

		for (; c != NULL; c = c->next) {
			for (const struct wh_pattern *p = &c->pattern; p != NULL; p = p->other) {
				if (number_key(search, c, p->text) < 0)
					return -ENOMEM;
			}
		}
	}
	return 0;
}

static void count_uses(struct search *search)
{
	for (size_t i = 0; i < search->policy->rule_count; i++) {
		const struct wh_condition *c = search->policy->rules[i].conditions;

		for (; c != NULL; c = c->next) {
			for (const struct wh_pattern *p = &c->pattern; p != NULL; p = p->other) {
				size_t number = number_of(search, c, p->text);

				if (number < search->keys.count)
					search->uses[number]++;
			}
		}
	}
}

/* The condition whose patterns the fewest others have; NULL when every container meets them all. */
static const struct wh_condition *rarest(struct search *search, const struct wh_rule *rule)
{
	const struct wh_condition *best = NULL;
	size_t least = SIZE_MAX;

	for (const struct wh_condition *c = rule->conditions; c != NULL; c = c->next) {
		size_t sum = 0;

		for (const struct wh_pattern *p = &c->pattern; p != NULL; p = p->other) {
			size_t number = number_of(search, c, p->text);

			sum += number < search->keys.count ? search->uses[number] : 0;
		}
		if (sum < least && !always_holds(c)) {
			least = sum;
			best = c;
		}
	}
	return best;
}

static int put_under(struct search *search, struct list *lists,
	const struct wh_condition *condition, const struct wh_rule *rule)
{
	for (const struct wh_pattern *p = &condition->pattern; p != NULL; p = p->other) {
		size_t number = number_of(search, condition, p->text);
		struct list *list = number < search->keys.count ? &lists[number] : NULL;
		struct entry *entry;

		if (list == NULL || list->count == LISTED_MAX ||
			(list->last != NULL && list->last->rule == rule))
			continue;
		entry = wh_arena_alloc(search->arena, sizeof(*entry));
		if (entry == NULL)
			return -ENOMEM;
		entry->rule = rule;
		if (list->last == NULL)
			list->first = entry;
		else
			list->last->next = entry;
		list->last = entry;
		list->count++;
	}
	return 0;
}

static int put(struct search *search, const struct wh_rule *rule)
{
	const struct wh_condition *own = rarest(search, rule);

	if (own == NULL && search->met[rule->settable] == NULL)
		search->met[rule->settable] = rule;
	if (own != NULL && put_under(search, search->narrow, own, rule) < 0)
		return -ENOMEM;
	for (const struct wh_condition *c = rule->conditions; c != NULL; c = c->next) {
		if (!rule->settable && put_under(search, search->all, c, rule) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* The rules under the pattern; NULL: none. */
static const struct entry *list_of(struct search *search, const struct list *lists,
	const struct wh_condition *condition, const char *pattern)
{
	size_t number = number_of(search, condition, pattern);

	return number < search->keys.count ? lists[number].first : NULL;
}

/* ---- looking back from a rule ---------------------------------------------------------------- */

static const struct wh_rule *find_hiding(struct search *search, const struct wh_rule *rule)
{
	const struct wh_rule *found = search->met[false];

	if (rule->settable && found == NULL)
		found = search->met[true];
	for (const struct wh_condition *c = rule->conditions; c != NULL; c = c->next) {
		const char *const patterns[] = { c->pattern.text, "*" };

		for (size_t i = 0; i < WH_COUNT(patterns); i++) {
			const struct entry *entry = list_of(search, search->narrow, c, patterns[i]);

			for (; entry != NULL; entry = entry->next) {
				if ((found == NULL || entry->rule < found) &&
					hides(search, entry->rule, rule))
					found = entry->rule;
			}
		}
	}
	return found;
}

/* Sets what is said of a rule that shares a condition with an earlier one. */
static void find_overlapping(
	struct search *search, const struct wh_rule *rule, struct wh_reach *ret)
{
	const struct wh_limits *below = &search->policy->limits;
	const struct wh_limits own = wh_part_lay_on(&rule->part, below);

	for (const struct wh_condition *c = rule->conditions; c != NULL; c = c->next) {
		const struct entry *entry = list_of(search, search->all, c, c->pattern.text);

		for (; entry != NULL; entry = entry->next) {
			struct wh_limits first;
			const char *key;

			if ((ret->overlaps != NULL && entry->rule >= ret->overlaps) ||
				!overlap(search, entry->rule, rule))
				continue;
			first = wh_part_lay_on(&entry->rule->part, below);
			key = wider_key(&first, &own);
			if (key == NULL)
				continue;
			ret->overlaps = entry->rule;
			ret->wider = key;
		}
	}
}

static int look_back(struct search *search, struct wh_reach *ret)
{
	for (size_t i = 0; i < search->policy->rule_count; i++) {
		const struct wh_rule *rule = &search->policy->rules[i];

		search->left = COMPARED_MAX;
		ret[i].hidden_by = find_hiding(search, rule);
		/* What a hidden rule would hide is hidden by the same as it is. */
		if (ret[i].hidden_by != NULL)
			continue;
		find_overlapping(search, rule, &ret[i]);
		if (put(search, rule) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* What is said of each rule, by its place. 0; -ENOMEM. */
static int find_reach(struct search *search, struct wh_reach **ret)
{
	size_t count;

	*ret = wh_arena_array(search->arena, search->policy->rule_count + 1, sizeof(**ret));
	if (*ret == NULL || number_keys(search) < 0)
		return -ENOMEM;
	count = search->keys.count + 1;
	search->uses = wh_arena_array(search->arena, count, sizeof(*search->uses));
	search->narrow = wh_arena_array(search->arena, count, sizeof(*search->narrow));
	search->all = wh_arena_array(search->arena, count, sizeof(*search->all));
	if (search->uses == NULL || search->narrow == NULL || search->all == NULL)
		return -ENOMEM;
	count_uses(search);
	return look_back(search, *ret);
}

int wh_review_find_reach(
	const struct wh_policy *policy, struct wh_arena *arena, const struct wh_reach **ret)
{
	struct search search = { .policy = policy, .arena = arena, .key = WH_BUF_INIT };
	struct wh_reach *reach = NULL;
	int r = find_reach(&search, &reach);

	wh_buf_done(&search.key);
	*ret = reach;
	return r;
}

void wh_review_order(
	struct wh_review *review, const struct wh_rule *rule, const struct wh_reach *reach)
{
	const struct wh_rule *other = reach->hidden_by != NULL ? reach->hidden_by : reach->overlaps;
	unsigned line = 0, column = 0;

	if (other == NULL)
		return;
	wh_json_position(review->reader->doc, other->node, &line, &column);
	if (reach->hidden_by != NULL)
		wh_review_say(review, wh_review_value(review, rule, "match"),
			"rule \"%s\" never counts: whatever it matches, rule \"%s\" in line %u has "
			"matched before",
			rule->name, other->name, line);
	else
		wh_review_say(review, wh_review_value(review, rule, "match"),
			"what rule \"%s\" in line %u matches as well gets more than rule \"%s\" "
			"gives, by \"%s\": put the stricter one first if that is not meant",
			other->name, line, rule->name, reach->wider);
}
