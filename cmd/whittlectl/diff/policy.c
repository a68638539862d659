/* SPDX-License-Identifier: Apache-2.0 */
/* What a policy lets through, as a list for each of its scopes. */

#include "diff.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct list {
	struct wh_arena *arena;
	struct wh_buf items; /* of struct wh_privilege */
	enum wh_kind kind;
	bool failed;
};

static void add(struct list *list, const char *text)
{
	struct wh_privilege item = { .kind = list->kind, .text = text };

	if (text == NULL)
		list->failed = true;
	else
		wh_buf_add(&list->items, &item, sizeof(item));
}

static void add_capabilities(struct list *list, wh_capset set)
{
	for (unsigned i = 0; i < WH_CAP_COUNT; i++) {
		if ((set & wh_capset_of(i)) != 0)
			add(list, wh_capability_get(i)->name);
	}
}

static const char *describe_item(
	struct list *list, const struct wh_member_info *info, const struct wh_item *item)
{
	switch (info->type) {
	case WH_MEMBER_RANGES:
		return item->low == item->high
			       ? wh_arena_printf(
					 list->arena, "%s %lld", info->name, (long long)item->low)
			       : wh_arena_printf(list->arena, "%s %lld-%lld", info->name,
					 (long long)item->low, (long long)item->high);
	case WH_MEMBER_NUMBERS:
		return wh_arena_printf(
			list->arena, "%s %s %lld", info->name, item->text, (long long)item->low);
	case WH_MEMBER_NUMBER:
	case WH_MEMBER_SIZE:
		return wh_arena_printf(list->arena, "%s %lld", info->name, (long long)item->low);
	case WH_MEMBER_CAPABILITIES:
	case WH_MEMBER_PATTERNS:
	case WH_MEMBER_WORDS:
	case WH_MEMBER_PATH:
	case WH_MEMBER_TEXT:
		break;
	}
	return wh_arena_printf(list->arena, "%s %s", info->name, item->text);
}

static void add_kind(struct list *list, const struct wh_limit *limit)
{
	const struct wh_kind_info *info = wh_kind_info(list->kind);

	if (limit->otherwise == WH_KEEP) {
		add(list, "whatever is asked for");
		return;
	}
	for (size_t i = 0; i < WH_MEMBERS_MAX && info->members[i].name != NULL; i++) {
		const struct wh_setting *setting = limit->members[i];

		for (size_t k = 0; setting != NULL && k < setting->count; k++)
			add(list, describe_item(list, &info->members[i], &setting->items[k]));
	}
}

static void add_tmpfs(struct list *list, const struct wh_limits *limits)
{
	for (size_t i = 0; i < limits->tmpfs_count; i++) {
		const struct wh_policy_tmpfs *tmpfs = &limits->tmpfs[i];

		add(list, wh_arena_printf(list->arena, "tmpfs %s, %llu bytes", tmpfs->path,
				  (unsigned long long)tmpfs->size));
	}
}

static int read_limits(
	const struct wh_limits *limits, struct wh_arena *arena, struct wh_privileges *ret)
{
	struct list list = { .arena = arena };
	struct wh_privilege *items;
	size_t size;

	for (size_t kind = 0; kind < WH_KINDS; kind++) {
		list.kind = (enum wh_kind)kind;
		if (kind == WH_KIND_CAPABILITIES && limits->kinds[kind].otherwise != WH_KEEP)
			add_capabilities(&list, limits->capabilities);
		else
			add_kind(&list, &limits->kinds[kind]);
		if (kind == WH_KIND_READONLY_ROOTFS)
			add_tmpfs(&list, limits);
	}
	size = list.items.len;
	items = wh_arena_alloc(arena, size + 1);
	if (items != NULL && size > 0)
		memcpy(items, list.items.data, size);
	list.failed = list.failed || items == NULL || wh_buf_status(&list.items) < 0;
	wh_buf_done(&list.items);
	*ret = (struct wh_privileges){ items, size / sizeof(*items) };
	return list.failed ? -ENOMEM : 0;
}

/* ---- the rules --------------------------------------------------------------------------------
 */

static int take_scope(struct wh_side *side, const char *name, const struct wh_limits *limits,
	struct wh_arena *arena)
{
	struct wh_scope_grants *scope = &side->scopes[side->count++];

	*scope = (struct wh_scope_grants){
		.name = wh_arena_dup(arena, wh_slice_of(name)),
		.audit = limits->mode == WH_MODE_AUDIT,
		.restore = limits->restore,
		.verify = limits->verify,
	};
	return scope->name == NULL ? -ENOMEM : read_limits(limits, arena, &scope->grants);
}

struct conditions {
	struct wh_json *doc;
	struct wh_buf texts; /* of const char *, in the arena: one for each pattern */
	struct wh_arena *arena;
	bool failed;
};

/* The line with a text behind it, quoted so that no two differ only by what is in their texts. */
static const char *add_quoted(
	struct conditions *to, const char *line, const char *between, struct wh_slice text)
{
	struct wh_buf quoted WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	const char *result = NULL;

	wh_buf_add_json(&quoted, text);
	if (wh_buf_status(&quoted) == 0)
		result = wh_arena_printf(to->arena, "%s%s%s", line, between, quoted.data);
	to->failed = to->failed || result == NULL;
	return result == NULL ? "" : result;
}

/* The value of a key of "match": a pattern, or several of them. */
static void add_patterns(struct conditions *to, const char *key, wh_node value)
{
	struct wh_slice text = wh_json_string(to->doc, value);

	wh_json_each_element (to->doc, value, pattern) {
		const char *line = add_quoted(to, key, " = ", wh_json_string(to->doc, pattern));

		wh_buf_add(&to->texts, &line, sizeof(line));
	}
	if (text.data != NULL) {
		const char *line = add_quoted(to, key, " = ", text);

		wh_buf_add(&to->texts, &line, sizeof(line));
	}
}

/* "match" itself, or its "label" or "annotations". */
static void add_conditions(struct conditions *to, const char *key, wh_node object, bool inner)
{
	wh_json_each_member (to->doc, object, name) {
		wh_node value = wh_json_next(to->doc, name);
		const char *path = add_quoted(to, key, " ", wh_json_string(to->doc, name));

		if (wh_json_type(to->doc, value) == WH_JSON_OBJECT && !inner)
			add_conditions(to, path, value, true);
		else
			add_patterns(to, path, value);
	}
}

static const char *conditions_of(struct wh_json *doc, wh_node match, struct wh_arena *arena)
{
	struct conditions conditions = { .doc = doc, .arena = arena };
	size_t count;
	const char **lines, *copy = NULL;
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;

	add_conditions(&conditions, "", match, false);
	count = conditions.texts.len / sizeof(*lines);
	lines = wh_arena_array(arena, count + 1, sizeof(*lines));
	if (lines != NULL && !conditions.failed && wh_buf_status(&conditions.texts) == 0) {
		if (count > 0)
			memcpy(lines, conditions.texts.data, count * sizeof(*lines));
		/* Neither the order of conditions nor that of patterns matters. */
		qsort(lines, count, sizeof(*lines), wh_by_text);
		for (size_t i = 0; i < count; i++)
			wh_buf_addf(&text, "%s\n", lines[i]);
		if (wh_buf_status(&text) == 0)
			copy = wh_arena_dup(arena, (struct wh_slice){ text.data, text.len });
	}
	wh_buf_done(&conditions.texts);
	return copy;
}

static int take_matches(struct wh_side *side, struct wh_json *doc, struct wh_arena *arena)
{
	size_t place = 1;

	wh_json_each_element (doc, wh_json_get(doc, wh_json_root(doc), "rules"), rule) {
		if (place == side->count)
			return 0;
		side->scopes[place].match =
			conditions_of(doc, wh_json_get(doc, rule, "match"), arena);
		if (side->scopes[place++].match == NULL)
			return -ENOMEM;
	}
	return 0;
}

static int take_rules(struct wh_side *side, const struct wh_policy *policy, struct wh_arena *arena)
{
	struct wh_limits limits;
	const char *name;
	size_t count = 0;
	int r;

	while (wh_policy_rule(policy, count, &name, &limits) == 0)
		count++;
	side->scopes = wh_arena_array(arena, count + 1, sizeof(*side->scopes));
	if (side->scopes == NULL)
		return -ENOMEM;
	r = take_scope(side, "default", wh_policy_default(policy), arena);
	for (size_t i = 0; r == 0 && wh_policy_rule(policy, i, &name, &limits) == 0; i++)
		r = take_scope(side, name, &limits, arena);
	return r;
}

int wh_diff_read_policy(
	struct wh_side *ret, struct wh_buf *text, struct wh_arena *arena, struct wh_err *err)
{
	static const struct wh_json_options options = { .comments = true };
	struct wh_buf copy WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_policy *policy WH_POLICY = NULL;
	struct wh_json *doc WH_JSON = NULL;
	int r;

	wh_buf_add(&copy, text->data, text->len);
	if (wh_buf_status(&copy) < 0)
		return wh_fail_errno(err, ENOMEM, "reading %s", ret->file);
	r = wh_policy_parse_take(&policy, text, ret->file, err);
	if (r == 0)
		r = wh_json_parse_take(&doc, &copy, &options, err);
	if (r < 0)
		return r;
	r = take_rules(ret, policy, arena);
	if (r == 0)
		r = take_matches(ret, doc, arena);
	return r < 0 ? wh_fail_errno(err, -r, "reading %s", ret->file) : 0;
}
