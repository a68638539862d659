/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The objects that make up a policy: runtimes, log, default, rules. All of them are judged at
 * loading, also the rules that no container ever meets.
 */

#include "policy/internal.h"

#include <string.h>

#define NAME_MAX_LEN 128u

/* ---- runtimes --------------------------------------------------------------------------- */

static struct wh_slice base_name(struct wh_slice path)
{
	const char *slash = memrchr(path.data, '/', path.len);

	if (slash == NULL)
		return path;
	return (struct wh_slice){ slash + 1, (size_t)(path.data + path.len - slash - 1) };
}

static bool kind_of(struct wh_slice name, enum wh_runtime_kind *ret)
{
	for (enum wh_runtime_kind kind = 0; kind < WH_RUNTIME_KINDS; kind++) {
		if (!wh_slice_is(name, wh_grammar_of(kind)->name))
			continue;
		*ret = kind;
		return true;
	}
	return false;
}

int wh_read_runtime_path(struct wh_reader *reader, const struct wh_policy_key *key, wh_node value,
	const struct wh_scope *scope)
{
	return wh_policy_keep_path(reader, key, value, &scope->runtime->name);
}

int wh_read_runtime_kind(struct wh_reader *reader, const struct wh_policy_key *key, wh_node value,
	const struct wh_scope *scope)
{
	struct wh_slice word;
	int r = wh_policy_read_text(reader, key, value, &word);

	if (r < 0)
		return r;
	if (!kind_of(word, &scope->runtime->kind))
		return wh_policy_fail(reader, value, "\"%s\" must be %s", key->name, key->type);
	return 0;
}

/* WH_RUNTIME_KINDS stands for a kind that was not given. */
static int guess_kind(struct wh_reader *reader, wh_node node, struct wh_policy_runtime *runtime)
{
	if (runtime->kind != WH_RUNTIME_KINDS)
		return 0;
	if (kind_of(base_name(wh_slice_of(runtime->name)), &runtime->kind))
		return 0;
	return wh_policy_fail(reader, node,
		"this name does not tell the kind of runtime: write {\"path\": \"/path/of/it\", "
		"\"kind\": \"runc\"}, where the kind is one of \"runc\", \"crun\", \"runsc\"");
}

static int read_runtime_name(struct wh_reader *reader, const struct wh_policy_key *key,
	wh_node node, struct wh_policy_runtime *ret)
{
	struct wh_slice name;
	int r = wh_policy_read_text(reader, key, node, &name);

	if (r < 0)
		return r;
	if (name.len > 0 && memchr(name.data, '/', name.len) != NULL && !wh_policy_is_path(name))
		return wh_policy_refuse_path(reader, key, node);
	return wh_policy_keep(reader, name, &ret->name);
}

static int read_runtime(struct wh_reader *reader, const struct wh_policy_key *key, wh_node node,
	struct wh_policy_runtime *ret)
{
	struct wh_scope scope = { .runtime = ret };
	int r;

	ret->kind = WH_RUNTIME_KINDS;
	if (wh_json_type(reader->doc, node) == WH_JSON_OBJECT)
		r = wh_policy_read_object(reader, node, WH_POLICY_RUNTIME, &scope);
	else
		r = read_runtime_name(reader, key, node, ret);
	if (r < 0)
		return r;
	if (ret->name == NULL)
		return wh_policy_fail(reader, node, "a runtime needs a \"path\"");
	return guess_kind(reader, node, ret);
}

int wh_read_runtimes(struct wh_reader *reader, const struct wh_policy_key *key, wh_node value,
	const struct wh_scope *scope)
{
	struct wh_policy *policy = reader->policy;
	struct wh_policy_runtime *runtimes;
	size_t n = wh_policy_count(reader->doc, value), i = 0;
	int r = wh_policy_expect(reader, key, value, WH_JSON_ARRAY);

	(void)scope;
	if (r < 0)
		return r;
	if (n == 0)
		return wh_policy_fail(reader, value, "\"%s\" must name at least one", key->name);
	runtimes = wh_arena_array(&policy->arena, n, sizeof(*runtimes));
	if (runtimes == NULL)
		return wh_policy_no_memory(reader);
	wh_json_each_element (reader->doc, value, element) {
		r = read_runtime(reader, key, element, &runtimes[i++]);
		if (r < 0)
			return r;
	}
	policy->runtimes = runtimes;
	policy->runtime_count = n;
	return 0;
}

/* ---- log -------------------------------------------------------------------------------- */

int wh_read_log(struct wh_reader *reader, const struct wh_policy_key *key, wh_node value,
	const struct wh_scope *scope)
{
	int r = wh_policy_expect(reader, key, value, WH_JSON_OBJECT);

	return r < 0 ? r : wh_policy_read_object(reader, value, WH_POLICY_LOG, scope);
}

int wh_read_log_file(struct wh_reader *reader, const struct wh_policy_key *key, wh_node value,
	const struct wh_scope *scope)
{
	(void)scope;
	return wh_policy_keep_path(reader, key, value, &reader->policy->log_file);
}

int wh_read_log_required(struct wh_reader *reader, const struct wh_policy_key *key, wh_node value,
	const struct wh_scope *scope)
{
	(void)scope;
	return wh_policy_read_bool(reader, key, value, &reader->policy->log_required);
}

/* ---- default and rules ------------------------------------------------------------------ */

int wh_read_default(struct wh_reader *reader, const struct wh_policy_key *key, wh_node value,
	const struct wh_scope *scope)
{
	int r = wh_policy_expect(reader, key, value, WH_JSON_OBJECT);

	return r < 0 ? r : wh_policy_read_object(reader, value, WH_POLICY_DEFAULT, scope);
}

/* Names go into records and messages as they are, hence printable ASCII. */
static bool is_printable(struct wh_slice name)
{
	for (size_t i = 0; i < name.len; i++) {
		if (name.data[i] < 0x20 || name.data[i] > 0x7e)
			return false;
	}
	return name.len > 0 && name.len <= NAME_MAX_LEN;
}

bool wh_policy_may_name_rule(struct wh_slice name)
{
	return is_printable(name) && !wh_slice_is(name, "default");
}

int wh_read_name(struct wh_reader *reader, const struct wh_policy_key *key, wh_node value,
	const struct wh_scope *scope)
{
	struct wh_policy *policy = reader->policy;
	struct wh_slice name;
	size_t number;
	int r = wh_policy_read_text(reader, key, value, &name);

	if (r < 0)
		return r;
	if (!is_printable(name))
		return wh_policy_fail(reader, value, "\"%s\" must be %s", key->name, key->type);
	if (wh_slice_is(name, "default"))
		return wh_policy_fail(reader, value,
			"no rule can have the name \"default\": records use it where no rule "
			"matched");
	r = wh_policy_keep(reader, name, &scope->rule->name);
	if (r < 0)
		return r;
	name.data = scope->rule->name;
	r = wh_names_add(&policy->rule_names, &policy->arena, name, &number);
	if (r > 0)
		return wh_policy_fail(reader, value, "another rule has this name already");
	return r < 0 ? wh_policy_no_memory(reader) : 0;
}

static int read_rule(struct wh_reader *reader, wh_node node, struct wh_rule *rule)
{
	struct wh_scope scope = { .part = &rule->part, .rule = rule };
	int r;

	rule->node = node;
	if (wh_json_type(reader->doc, node) != WH_JSON_OBJECT)
		return wh_policy_fail(reader, node, "a rule must be an object, not %s",
			wh_json_type_name(wh_json_type(reader->doc, node)));
	r = wh_policy_read_object(reader, node, WH_POLICY_RULE, &scope);
	if (r < 0)
		return r;
	if (rule->name == NULL)
		return wh_policy_fail(reader, node, "a rule needs a \"name\"");
	if (rule->conditions == NULL)
		return wh_policy_fail(reader, node, "a rule needs a \"match\"");
	return 0;
}

int wh_read_rules(struct wh_reader *reader, const struct wh_policy_key *key, wh_node value,
	const struct wh_scope *scope)
{
	struct wh_policy *policy = reader->policy;
	size_t n = wh_policy_count(reader->doc, value);
	int r = wh_policy_expect(reader, key, value, WH_JSON_ARRAY);

	(void)scope;
	if (r < 0)
		return r;
	policy->rules = wh_arena_array(&policy->arena, n, sizeof(*policy->rules));
	if (policy->rules == NULL || wh_names_reserve(&policy->rule_names, &policy->arena, n) < 0)
		return wh_policy_no_memory(reader);
	wh_json_each_element (reader->doc, value, element) {
		r = read_rule(reader, element, &policy->rules[policy->rule_count++]);
		if (r < 0)
			return r;
	}
	return 0;
}
