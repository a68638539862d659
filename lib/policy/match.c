/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The conditions of a rule. A pattern is judged when the policy is loaded, so that matching is
 * cheap and cannot surprise; what it means is told in decide.c. What a pattern for one kind of fact
 * has to be is told in pattern.c.
 */

#include "policy/internal.h"

/* The condition that patterns of this fact are added to: a new one of the rule. NULL: no memory. */
static struct wh_condition *new_condition(
	struct wh_reader *reader, enum wh_fact fact, struct wh_rule *rule)
{
	struct wh_condition *condition = wh_arena_alloc(&reader->policy->arena, sizeof(*condition));

	if (condition == NULL)
		return NULL;
	condition->fact = fact;
	condition->next = rule->conditions;
	rule->conditions = condition;
	reader->policy->asked_facts |= 1u << fact;
	rule->settable = rule->settable || wh_fact_info(fact)->trust == WH_TRUST_SETTABLE;
	return condition;
}

/* ---- one text a fact ------------------------------------------------------------------------ */

static int read_pattern(struct wh_reader *reader, const struct wh_policy_key *key, wh_node node,
	struct wh_pattern *ret)
{
	struct wh_slice pattern;
	int r = wh_policy_read_text(reader, key, node, &pattern);

	if (r < 0)
		return r;
	if (pattern.len == 0)
		return wh_policy_fail(reader, node, "an empty \"%s\" matches nothing", key->name);
	return wh_pattern_read(reader, node, key->fact, pattern, ret);
}

/* Any of several will do. */
static int read_patterns(struct wh_reader *reader, const struct wh_policy_key *key, wh_node array,
	struct wh_condition *condition)
{
	struct wh_pattern *pattern = &condition->pattern;

	if (wh_json_first(reader->doc, array) == WH_NO_NODE)
		return wh_policy_fail(reader, array, "an empty \"%s\" matches nothing", key->name);
	wh_json_each_element (reader->doc, array, element) {
		int r = read_pattern(reader, key, element, pattern);
		struct wh_pattern *next;

		if (r < 0)
			return r;
		if (wh_json_next(reader->doc, element) == WH_NO_NODE)
			break;
		next = wh_arena_alloc(&reader->policy->arena, sizeof(*next));
		if (next == NULL)
			return wh_policy_no_memory(reader);
		pattern->other = next;
		pattern = next;
	}
	return 0;
}

int wh_read_fact(struct wh_reader *reader, const struct wh_policy_key *key, wh_node value,
	const struct wh_scope *scope)
{
	struct wh_condition *condition = new_condition(reader, key->fact, scope->rule);

	if (condition == NULL)
		return wh_policy_no_memory(reader);
	if (wh_json_type(reader->doc, value) == WH_JSON_ARRAY)
		return read_patterns(reader, key, value, condition);
	return read_pattern(reader, key, value, &condition->pattern);
}

int wh_read_sandbox(struct wh_reader *reader, const struct wh_policy_key *key, wh_node value,
	const struct wh_scope *scope)
{
	struct wh_condition *condition = new_condition(reader, WH_FACT_SANDBOX, scope->rule);
	bool sandbox;
	int r = wh_policy_read_bool(reader, key, value, &sandbox);

	if (r < 0)
		return r;
	if (condition == NULL)
		return wh_policy_no_memory(reader);
	return wh_pattern_read(reader, value, WH_FACT_SANDBOX,
		sandbox ? WH_SLICE("true") : WH_SLICE("false"), &condition->pattern);
}

/* ---- a text by key: labels and annotations ----------------------------------------------------
 */

/* The number of a key, which is copied when it is new. */
static int intern(
	struct wh_reader *reader, struct wh_names *names, struct wh_slice name, size_t *ret)
{
	struct wh_policy *policy = reader->policy;
	const char *kept;
	int r;

	if (wh_names_find(names, name, ret) == 0)
		return 0;
	r = wh_policy_keep(reader, name, &kept);
	if (r < 0)
		return r;
	name.data = kept;
	r = wh_names_add(names, &policy->arena, name, ret);
	return r < 0 ? wh_policy_no_memory(reader) : 0;
}

static int read_one_key(
	struct wh_reader *reader, wh_node node, enum wh_fact fact, struct wh_rule *rule)
{
	struct wh_policy *policy = reader->policy;
	wh_node value = wh_json_next(reader->doc, node);
	struct wh_slice name = wh_json_string(reader->doc, node);
	struct wh_slice pattern = wh_json_string(reader->doc, value);
	struct wh_condition *condition;
	int r;

	if (wh_json_status(reader->doc) < 0)
		return wh_policy_no_memory(reader);
	if (pattern.data == NULL)
		return wh_policy_fail(reader, value, "the pattern for %s must be a string, not %s",
			fact == WH_FACT_LABEL ? "a label" : "an annotation",
			wh_json_type_name(wh_json_type(reader->doc, value)));
	condition = new_condition(reader, fact, rule);
	if (condition == NULL)
		return wh_policy_no_memory(reader);
	r = intern(reader, fact == WH_FACT_LABEL ? &policy->labels : &policy->annotations, name,
		&condition->key);
	if (r < 0)
		return r;
	return wh_pattern_read(reader, value, fact, pattern, &condition->pattern);
}

int wh_read_by_key(struct wh_reader *reader, const struct wh_policy_key *key, wh_node value,
	const struct wh_scope *scope)
{
	int r = wh_policy_expect(reader, key, value, WH_JSON_OBJECT);

	if (r < 0)
		return r;
	if (wh_json_first(reader->doc, value) == WH_NO_NODE)
		return wh_policy_fail(reader, value, "\"%s\" must be %s", key->name, key->type);
	wh_json_each_member (reader->doc, value, node) {
		r = read_one_key(reader, node, key->fact, scope->rule);
		if (r < 0)
			return r;
	}
	return 0;
}

int wh_read_match(struct wh_reader *reader, const struct wh_policy_key *key, wh_node value,
	const struct wh_scope *scope)
{
	int r = wh_policy_expect(reader, key, value, WH_JSON_OBJECT);

	if (r < 0)
		return r;
	r = wh_policy_read_object(reader, value, WH_POLICY_MATCH, scope);
	if (r < 0)
		return r;
	if (scope->rule->conditions == NULL)
		return wh_policy_fail(reader, value,
			"\"%s\" needs at least one condition: what holds for every container "
			"belongs into \"default\"",
			key->name);
	return 0;
}
