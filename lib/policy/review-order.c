/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Advice on rules that never count: whatever they match, a rule before them matches as well. That
 * is said only where it is certain. Patterns that overlap are no matter, nor is one that a person
 * sees to be wider than another: each condition of the earlier rule must stand in the later one
 * too, with the same patterns or fewer, or be met by any text at all.
 *
 * One thing beside matching first keeps a rule in force: a rule on settable facts does not shield
 * from a later one on trusted facts (decide.c), so the first never hides the second.
 */

#include "policy/internal.h"

#include <string.h>

/* One comparison more; false when there were too many. */
static bool may_go_on(struct wh_review *review)
{
	if (review->comparisons > 0)
		review->comparisons--;
	return review->comparisons > 0;
}

static bool is_any(const struct wh_condition *condition, const struct wh_pattern *pattern)
{
	return condition->fact != WH_FACT_USER && strcmp(pattern->text, "*") == 0;
}

/* Whether what the later pattern matches, the condition does. */
static bool has_pattern(struct wh_review *review, const struct wh_condition *condition,
	const struct wh_pattern *later)
{
	for (const struct wh_pattern *p = &condition->pattern; p != NULL; p = p->other) {
		if (!may_go_on(review))
			return false;
		if (condition->fact == WH_FACT_USER) {
			if (p->low <= later->low && p->high >= later->high)
				return true;
		} else if (is_any(condition, p) || strcmp(p->text, later->text) == 0) {
			return true;
		}
	}
	return false;
}

static bool implies(struct wh_review *review, const struct wh_condition *later,
	const struct wh_condition *condition)
{
	if (later->fact != condition->fact || later->key != condition->key)
		return false;
	for (const struct wh_pattern *p = &later->pattern; p != NULL; p = p->other) {
		if (!has_pattern(review, condition, p))
			return false;
	}
	return true;
}

/* Every container has an id and a bundle; any other fact may be unknown, and "*" is not met by
 * that.
 */
static bool always_holds(struct wh_review *review, const struct wh_condition *condition)
{
	if (condition->fact != WH_FACT_ID && condition->fact != WH_FACT_BUNDLE)
		return false;
	for (const struct wh_pattern *p = &condition->pattern; p != NULL; p = p->other) {
		if (!may_go_on(review))
			return false;
		if (is_any(condition, p))
			return true;
	}
	return false;
}

/* Whether the condition holds for whatever the later rule matches. */
static bool is_met(
	struct wh_review *review, const struct wh_condition *condition, const struct wh_rule *later)
{
	if (always_holds(review, condition))
		return true;
	for (const struct wh_condition *c = later->conditions; c != NULL; c = c->next) {
		if (!may_go_on(review))
			return false;
		if (implies(review, c, condition))
			return true;
	}
	return false;
}

static bool hides(struct wh_review *review, const struct wh_rule *rule, const struct wh_rule *later)
{
	if (rule->settable && !later->settable)
		return false;
	for (const struct wh_condition *c = rule->conditions; c != NULL; c = c->next) {
		if (!is_met(review, c, later))
			return false;
	}
	return true;
}

static void tell(struct wh_review *review, const struct wh_rule *rule, const struct wh_rule *later)
{
	unsigned line = 0, column = 0;

	wh_json_position(review->reader->doc, rule->node, &line, &column);
	wh_review_say(review, wh_review_value(review, later, "match"),
		"rule \"%s\" never counts: whatever it matches, rule \"%s\" in line %u has matched "
		"before",
		later->name, rule->name, line);
}

void wh_review_order(struct wh_review *review, size_t number)
{
	const struct wh_rule *rules = review->reader->policy->rules;

	if (review->comparisons == 0)
		return;
	for (size_t i = 0; i < number && review->comparisons > 0; i++) {
		if (!hides(review, &rules[i], &rules[number]))
			continue;
		tell(review, &rules[i], &rules[number]);
		return;
	}
	if (review->comparisons == 0)
		wh_review_say(review, rules[number].node,
			"from here on nobody looked whether a rule before matches first, since "
			"there are so many");
}
