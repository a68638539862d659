/* SPDX-License-Identifier: Apache-2.0 */
/* What a policy lets through, as a list for each of its scopes. */

#include "diff.h"

#include <errno.h>
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

		/* What is denied is no grant. */
		if (list->kind == WH_KIND_MOUNTS && i == WH_MOUNTS_DENY)
			continue;
		for (size_t k = 0; setting != NULL && k < setting->count; k++)
			add(list, describe_item(list, &info->members[i], &setting->items[k]));
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
	}
	list.kind = WH_KIND_READONLY_ROOTFS;
	for (size_t i = 0; i < limits->tmpfs_count; i++)
		add(&list, wh_arena_printf(arena, "tmpfs %s", limits->tmpfs[i].path));
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
	};
	return scope->name == NULL ? -ENOMEM : read_limits(limits, arena, &scope->grants);
}

/* The conditions of each rule, as they stand in the text. */
static int take_matches(struct wh_side *side, struct wh_json *doc, struct wh_arena *arena)
{
	size_t place = 1;

	wh_json_each_element (doc, wh_json_get(doc, wh_json_root(doc), "rules"), rule) {
		struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
		int r = wh_json_write_buf(doc, wh_json_get(doc, rule, "match"), &text);

		if (r < 0 || place == side->count)
			return r;
		side->scopes[place].match =
			wh_arena_dup(arena, (struct wh_slice){ text.data, text.len });
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
