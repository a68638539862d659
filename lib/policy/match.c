/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The conditions of a rule. A pattern is judged when the policy is loaded, so that matching is
 * cheap and cannot surprise; what it means is told in decide.c.
 */

#include "policy/internal.h"

#define PATTERN_MAX_LEN 1024u
#define PATTERN_MAX_STARS 16u

/* How many bytes at the start stand for themselves: what fnmatch(3) need not be asked about. */
static size_t literal_start(struct wh_slice pattern)
{
	size_t n = 0;

	for (; n < pattern.len; n++) {
		char c = pattern.data[n];

		if (c == '*' || c == '?' || c == '[' || c == '\\')
			break;
	}
	return n;
}

/*
 * The bounds keep one match cheap whatever the text. A backslash at the end quotes nothing, and
 * such a pattern would silently match nothing.
 */
static int check_pattern(struct wh_reader *reader, wh_node node, struct wh_slice pattern)
{
	size_t stars = 0, backslashes = 0;

	for (size_t i = 0; i < pattern.len; i++) {
		stars += pattern.data[i] == '*';
		backslashes = pattern.data[i] == '\\' ? backslashes + 1 : 0;
	}
	if (pattern.len > PATTERN_MAX_LEN || stars > PATTERN_MAX_STARS)
		return wh_policy_fail(reader, node,
			"a pattern can have at most %u bytes and %u stars", PATTERN_MAX_LEN,
			PATTERN_MAX_STARS);
	if (backslashes % 2 != 0)
		return wh_policy_fail(reader, node, "the pattern ends in a lone backslash");
	return 0;
}

static int add_condition(struct wh_reader *reader, wh_node node, struct wh_slice pattern,
	size_t fact, struct wh_rule *rule)
{
	struct wh_condition *condition;
	int r = check_pattern(reader, node, pattern);

	if (r < 0)
		return r;
	condition = wh_arena_alloc(&reader->policy->arena, sizeof(*condition));
	if (condition == NULL)
		return wh_policy_no_memory(reader);
	condition->fact = fact;
	condition->literal = literal_start(pattern);
	condition->next = rule->conditions;
	rule->conditions = condition;
	/* Of the facts there are, only the bundle's path is the engine's own choice. */
	rule->settable = rule->settable || fact != WH_FACT_BUNDLE;
	return wh_policy_keep(reader, pattern, &condition->pattern);
}

static int read_pattern(struct wh_reader *reader, const struct wh_policy_key *key, wh_node node,
	enum wh_fact fact, struct wh_rule *rule)
{
	struct wh_slice pattern;
	int r = wh_policy_read_text(reader, key, node, &pattern);

	if (r < 0)
		return r;
	if (pattern.len == 0)
		return wh_policy_fail(reader, node, "an empty \"%s\" matches nothing", key->name);
	return add_condition(reader, node, pattern, fact, rule);
}

int wh_read_id(struct wh_reader *reader, const struct wh_policy_key *key, wh_node value,
	const struct wh_scope *scope)
{
	return read_pattern(reader, key, value, WH_FACT_ID, scope->rule);
}

int wh_read_bundle(struct wh_reader *reader, const struct wh_policy_key *key, wh_node value,
	const struct wh_scope *scope)
{
	return read_pattern(reader, key, value, WH_FACT_BUNDLE, scope->rule);
}

/* The number of an annotation key, which is copied when it is new. */
static int intern(struct wh_reader *reader, struct wh_slice name, size_t *ret)
{
	struct wh_policy *policy = reader->policy;
	const char *kept;
	int r;

	if (wh_names_find(&policy->annotations, name, ret) == 0)
		return 0;
	r = wh_policy_keep(reader, name, &kept);
	if (r < 0)
		return r;
	name.data = kept;
	r = wh_names_add(&policy->annotations, &policy->arena, name, ret);
	return r < 0 ? wh_policy_no_memory(reader) : 0;
}

static int read_annotation(struct wh_reader *reader, wh_node node, struct wh_rule *rule)
{
	wh_node value = wh_json_next(reader->doc, node);
	struct wh_slice name = wh_json_string(reader->doc, node);
	struct wh_slice pattern = wh_json_string(reader->doc, value);
	size_t number;
	int r;

	if (wh_json_status(reader->doc) < 0)
		return wh_policy_no_memory(reader);
	if (pattern.data == NULL)
		return wh_policy_fail(reader, value,
			"the pattern for an annotation must be a string, not %s",
			wh_json_type_name(wh_json_type(reader->doc, value)));
	r = intern(reader, name, &number);
	if (r < 0)
		return r;
	return add_condition(reader, value, pattern, WH_FACT_ANNOTATIONS + number, rule);
}

int wh_read_annotations(struct wh_reader *reader, const struct wh_policy_key *key, wh_node value,
	const struct wh_scope *scope)
{
	int r = wh_policy_expect(reader, key, value, WH_JSON_OBJECT);

	if (r < 0)
		return r;
	if (wh_json_first(reader->doc, value) == WH_NO_NODE)
		return wh_policy_fail(reader, value, "\"%s\" must be %s", key->name, key->type);
	wh_json_each_member (reader->doc, value, node) {
		r = read_annotation(reader, node, scope->rule);
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
