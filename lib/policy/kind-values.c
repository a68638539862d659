/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads what the policy says of a kind, by the table (kinds.c). A word, an object with "otherwise"
 * and members, or a shorthand: true and false where the kind is a flag, else the value of its first
 * member.
 */

#include "policy/internal.h"

#include <string.h>

#define ITEMS_MAX 1024u /* elements of one list */
#define TEXT_MAX 4096u  /* bytes of one text */

static const char otherwise_key[] = "otherwise";

/* One kind as it is read. */
struct given {
	const struct wh_policy_key *key;
	const struct wh_kind_info *info;
	struct wh_part *part;
	struct wh_limit limit;
};

/* ---- words ---------------------------------------------------------------------------------- */

/* The word for what becomes of the rest: true when it is one. */
static bool otherwise_from(struct wh_slice word, enum wh_otherwise *ret)
{
	for (enum wh_otherwise otherwise = WH_KEEP; otherwise <= WH_REFUSE; otherwise++) {
		if (!wh_slice_is(word, wh_otherwise_word(otherwise)))
			continue;
		*ret = otherwise;
		return true;
	}
	return false;
}

static int set_otherwise(
	struct wh_reader *reader, struct given *given, wh_node node, enum wh_otherwise otherwise)
{
	if (otherwise == WH_STRIP && given->info->strip == NULL)
		return wh_policy_fail(reader, node,
			"\"%s\" cannot be \"strip\": to take it out could give more than it takes; "
			"\"refuse\" or \"keep\"",
			given->info->key);
	given->limit.otherwise = otherwise;
	return 0;
}

static int read_otherwise(struct wh_reader *reader, struct given *given, wh_node node)
{
	struct wh_slice word = wh_json_string(reader->doc, node);
	enum wh_otherwise otherwise;

	if (wh_json_status(reader->doc) < 0)
		return wh_policy_no_memory(reader);
	if (!otherwise_from(word, &otherwise))
		return wh_policy_fail(
			reader, node, "\"otherwise\" must be \"keep\", \"strip\" or \"refuse\"");
	return set_otherwise(reader, given, node, otherwise);
}

/* ---- elements ------------------------------------------------------------------------------- */

static bool is_digits_or_star(struct wh_slice text)
{
	if (wh_slice_is(text, "*"))
		return true;
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
	}
	return text.len > 0 && text.len <= 10;
}

static struct wh_slice take_until(struct wh_slice *text, char end)
{
	const char *found = text->len == 0 ? NULL : memchr(text->data, end, text->len);
	size_t len = found == NULL ? text->len : (size_t)(found - text->data);
	struct wh_slice taken = { text->data, len };

	len += found != NULL;
	text->data += len;
	text->len -= len;
	return taken;
}

/* A rule of the device cgroup: "c 10:229 rwm" (cgroup-v1/devices.rst). */
static bool is_device_rule(struct wh_slice text)
{
	struct wh_slice type = take_until(&text, ' ');
	struct wh_slice major = take_until(&text, ':');
	struct wh_slice minor = take_until(&text, ' ');

	if (!wh_slice_is(type, "b") && !wh_slice_is(type, "c"))
		return false;
	if (!is_digits_or_star(major) || !is_digits_or_star(minor) || text.len == 0 || text.len > 3)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (strchr("rwm", text.data[i]) == NULL || text.data[i] == '\0')
			return false;
	}
	return true;
}

/* What can match an absolute path that is spelled in the one shortest way. */
static bool is_path_pattern(struct wh_slice text)
{
	if (text.data == NULL || text.len == 0 || strchr("/*?[", text.data[0]) == NULL)
		return false;
	if (text.len > 1 && text.data[text.len - 1] == '/')
		return false;
	return memmem(text.data, text.len, "//", 2) == NULL &&
	       memmem(text.data, text.len, "/./", 3) == NULL &&
	       memmem(text.data, text.len, "/../", 4) == NULL;
}

static bool is_sysctl_pattern(struct wh_slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		if ((unsigned char)text.data[i] <= ' ' || text.data[i] == '/')
			return false;
	}
	return text.len > 0;
}

static const char *misfit(enum wh_form form, struct wh_slice text)
{
	switch (form) {
	case WH_FORM_ANY:
		return text.len > 0 ? NULL : "an empty pattern matches nothing";
	case WH_FORM_PATH:
		return is_path_pattern(text) ? NULL
					     : "this pattern can match no path: paths are "
					       "absolute, without \".\", "
					       "\"..\", empty parts or a slash at the end";
	case WH_FORM_DEVICE:
		return is_path_pattern(text) || is_device_rule(text)
			       ? NULL
			       : "a device is an absolute path like \"/dev/fuse\", or a rule like "
				 "\"c 10:229 rwm\"";
	case WH_FORM_SYSCTL:
		return is_sysctl_pattern(text)
			       ? NULL
			       : "a kernel parameter is written with dots: \"net.core.somaxconn\"";
	}
	return NULL;
}

static const char *word_at(const void *context, size_t n)
{
	return ((const char *const *)context)[n];
}

static int refuse_number(
	struct wh_reader *reader, const struct wh_member_info *member, wh_node node)
{
	return wh_policy_fail(reader, node, "\"%s\" needs whole numbers from %lld to %lld",
		member->name, (long long)member->least, (long long)member->most);
}

static int read_number(struct wh_reader *reader, const struct wh_member_info *member, wh_node node,
	struct wh_item *ret)
{
	if (wh_json_i64(reader->doc, node, &ret->low) < 0 || ret->low < member->least ||
		ret->low > member->most)
		return refuse_number(reader, member, node);
	ret->high = ret->low;
	return 0;
}

/* Takes a number off the front; -1 when there is none, or it is too large. */
static int64_t take_number(struct wh_slice *text)
{
	int64_t value = 0;
	size_t n = 0;

	for (; n < text->len && text->data[n] >= '0' && text->data[n] <= '9' && n < 18; n++)
		value = value * 10 + (text->data[n] - '0');
	if (n == 0)
		return -1;
	text->data += n;
	text->len -= n;
	return value;
}

static int read_range(struct wh_reader *reader, const struct wh_member_info *member, wh_node node,
	struct wh_item *ret)
{
	struct wh_slice text = wh_json_string(reader->doc, node);

	if (wh_json_type(reader->doc, node) != WH_JSON_STRING)
		return read_number(reader, member, node, ret);
	ret->low = ret->high = take_number(&text);
	if (text.len > 0 && text.data[0] == '-') {
		text.data++;
		text.len--;
		ret->high = take_number(&text);
	}
	if (text.len > 0 || ret->low < member->least || ret->high < ret->low ||
		ret->high > member->most)
		return refuse_number(reader, member, node);
	return 0;
}

static int read_size(struct wh_reader *reader, const struct wh_member_info *member, wh_node node,
	struct wh_item *ret)
{
	uint64_t size = 0;

	if (wh_json_type(reader->doc, node) != WH_JSON_STRING)
		return read_number(reader, member, node, ret);
	if (!wh_policy_parse_size(wh_json_string(reader->doc, node), &size) ||
		size < (uint64_t)member->least || size > INT64_MAX)
		return wh_policy_fail(reader, node,
			"\"%s\" must be digits with an optional k, m or g behind, and at least "
			"%lld bytes",
			member->name, (long long)member->least);
	ret->low = ret->high = (int64_t)size;
	return 0;
}

static int read_text(struct wh_reader *reader, const struct wh_member_info *member, wh_node node,
	struct wh_item *ret)
{
	struct wh_slice text = wh_json_string(reader->doc, node);

	if (wh_json_status(reader->doc) < 0)
		return wh_policy_no_memory(reader);
	if (text.len == 0 || text.len >= TEXT_MAX)
		return wh_policy_fail(reader, node, "\"%s\" must be a string of 1 to %u bytes",
			member->name, TEXT_MAX - 1);
	if (member->type == WH_MEMBER_PATH && !wh_policy_is_path(text))
		return wh_policy_fail(reader, node,
			"\"%s\" must be an absolute path, without \".\", \"..\", empty parts or a "
			"slash at the end",
			member->name);
	ret->literal = text.len;
	return wh_policy_keep(reader, text, &ret->text);
}

static int read_pattern(struct wh_reader *reader, const struct wh_member_info *member, wh_node node,
	struct wh_item *ret)
{
	struct wh_slice text = wh_json_string(reader->doc, node);
	const char *wrong;

	if (text.data == NULL)
		return wh_json_status(reader->doc) < 0
			       ? wh_policy_no_memory(reader)
			       : wh_policy_fail(reader, node, "\"%s\" must be an array of strings",
					 member->name);
	wrong = misfit(member->form, text);
	if (wrong != NULL)
		return wh_policy_fail(reader, node, "%s", wrong);
	return wh_pattern_read_glob(reader, node, text, &ret->text, &ret->literal);
}

static int read_word(struct wh_reader *reader, const struct wh_member_info *member, wh_node node,
	struct wh_item *ret)
{
	struct wh_slice text = wh_json_string(reader->doc, node);
	int number;

	if (text.data == NULL)
		return wh_json_status(reader->doc) < 0
			       ? wh_policy_no_memory(reader)
			       : wh_policy_fail(reader, node, "\"%s\" must be an array of strings",
					 member->name);
	number = wh_policy_read_word(reader, node, text, "word", word_at, member->words);
	if (number < 0)
		return number;
	ret->text = member->words[number];
	ret->literal = text.len;
	return 0;
}

typedef int read_element(struct wh_reader *reader, const struct wh_member_info *member,
	wh_node node, struct wh_item *ret);

static read_element *const elements[] = {
	[WH_MEMBER_PATTERNS] = read_pattern,
	[WH_MEMBER_WORDS] = read_word,
	[WH_MEMBER_RANGES] = read_range,
	[WH_MEMBER_NUMBERS] = read_number,
	[WH_MEMBER_NUMBER] = read_number,
	[WH_MEMBER_SIZE] = read_size,
	[WH_MEMBER_PATH] = read_text,
	[WH_MEMBER_TEXT] = read_text,
};

/* ---- members -------------------------------------------------------------------------------- */

/* How many elements the value of a member has. 0 or -EINVAL. */
static int count_elements(
	struct wh_reader *reader, const struct wh_member_info *member, wh_node value, size_t *ret)
{
	enum wh_json_type type = wh_json_type(reader->doc, value);

	*ret = 0;
	switch (member->type) {
	case WH_MEMBER_PATTERNS:
	case WH_MEMBER_WORDS:
	case WH_MEMBER_RANGES:
		if (type != WH_JSON_ARRAY)
			return wh_policy_fail(reader, value, "\"%s\" must be an array, not %s",
				member->name, wh_json_type_name(type));
		*ret = wh_policy_count(reader->doc, value);
		break;
	case WH_MEMBER_NUMBERS:
		if (type != WH_JSON_OBJECT)
			return wh_policy_fail(reader, value, "\"%s\" must be an object, not %s",
				member->name, wh_json_type_name(type));
		wh_json_each_member (reader->doc, value, key)
			++*ret;
		break;
	case WH_MEMBER_CAPABILITIES:
	case WH_MEMBER_NUMBER:
	case WH_MEMBER_SIZE:
	case WH_MEMBER_PATH:
	case WH_MEMBER_TEXT:
		*ret = 1;
		break;
	}
	if (*ret > ITEMS_MAX)
		return wh_policy_fail(reader, value, "\"%s\" can have at most %u entries",
			member->name, ITEMS_MAX);
	return 0;
}

static int read_elements(struct wh_reader *reader, const struct wh_member_info *member,
	wh_node value, struct wh_item *items)
{
	read_element *read = elements[member->type];
	size_t n = 0;
	int r;

	if (member->type == WH_MEMBER_NUMBERS) {
		wh_json_each_member (reader->doc, value, key) {
			r = read_word(reader, member, key, &items[n]);
			if (r == 0)
				r = read(reader, member, wh_json_next(reader->doc, key),
					&items[n++]);
			if (r < 0)
				return r;
		}
		return 0;
	}
	if (wh_json_type(reader->doc, value) != WH_JSON_ARRAY)
		return read(reader, member, value, &items[0]);
	wh_json_each_element (reader->doc, value, element) {
		r = read(reader, member, element, &items[n++]);
		if (r < 0)
			return r;
	}
	return 0;
}

static int read_member(struct wh_reader *reader, struct given *given, size_t index, wh_node value)
{
	const struct wh_member_info *member = &given->info->members[index];
	struct wh_setting *setting;
	struct wh_item *items;
	size_t count;
	int r;

	if (member->type == WH_MEMBER_CAPABILITIES)
		return wh_policy_read_capabilities(reader, given->key, value, given->part);
	r = count_elements(reader, member, value, &count);
	if (r < 0)
		return r;
	setting = wh_arena_array(&reader->policy->arena, 1, sizeof(*setting));
	items = wh_arena_array(&reader->policy->arena, count, sizeof(*items));
	if (setting == NULL || items == NULL)
		return wh_policy_no_memory(reader);
	*setting = (struct wh_setting){ .items = items, .count = count };
	given->limit.members[index] = setting;
	return read_elements(reader, member, value, items);
}

static int refuse_member(
	struct wh_reader *reader, const struct given *given, wh_node node, struct wh_slice name)
{
	struct wh_nearest nearest = { .word = name };
	WH_CLEANUP(wh_buf_done) struct wh_buf text = WH_BUF_INIT;

	wh_buf_addf(&text, "unknown key \"%.*s\" in \"%s\", expected one of \"%s\"",
		(int)(name.len < 64 ? name.len : 64), name.data, given->info->key, otherwise_key);
	wh_nearest_try(&nearest, otherwise_key);
	for (size_t i = 0; i < WH_MEMBERS_MAX && given->info->members[i].name != NULL; i++) {
		wh_buf_addf(&text, ", \"%s\"", given->info->members[i].name);
		wh_nearest_try(&nearest, given->info->members[i].name);
	}
	return wh_policy_fail_unknown(reader, node, &text, &nearest);
}

static int read_object(struct wh_reader *reader, struct given *given, wh_node object)
{
	wh_json_each_member (reader->doc, object, key) {
		struct wh_slice name = wh_json_string(reader->doc, key);
		wh_node value = wh_json_next(reader->doc, key);
		size_t i = 0;
		int r;

		if (name.data == NULL)
			return wh_policy_no_memory(reader);
		while (i < WH_MEMBERS_MAX && given->info->members[i].name != NULL &&
			!wh_slice_is(name, given->info->members[i].name))
			i++;
		if (wh_slice_is(name, otherwise_key))
			r = read_otherwise(reader, given, value);
		else if (i < WH_MEMBERS_MAX && given->info->members[i].name != NULL)
			r = read_member(reader, given, i, value);
		else
			r = refuse_member(reader, given, key, name);
		if (r < 0)
			return r;
	}
	return 0;
}

/* ---- the value of a kind -------------------------------------------------------------------- */

/* An object is the shorthand, too, where the first member is one by names; it cannot be mistaken,
 * since none is called as a member is. */
static bool has_members(struct wh_reader *reader, const struct given *given, wh_node object)
{
	const struct wh_kind_info *info = given->info;
	enum wh_member_type type;

	if (info->shorthand < 0)
		return true;
	type = info->members[info->shorthand].type;
	if (type != WH_MEMBER_CAPABILITIES && type != WH_MEMBER_NUMBERS)
		return true;
	if (wh_json_get(reader->doc, object, otherwise_key) != WH_NO_NODE)
		return true;
	for (size_t i = 0; i < WH_MEMBERS_MAX && info->members[i].name != NULL; i++) {
		if (wh_json_get(reader->doc, object, info->members[i].name) != WH_NO_NODE)
			return true;
	}
	return false;
}

static int read_value(struct wh_reader *reader, struct given *given, wh_node value)
{
	const struct wh_kind_info *info = given->info;
	enum wh_json_type type = wh_json_type(reader->doc, value);
	bool flag = type == WH_JSON_TRUE || type == WH_JSON_FALSE;
	enum wh_otherwise otherwise;

	given->limit.otherwise = info->listed;
	if (type == WH_JSON_STRING &&
		otherwise_from(wh_json_string(reader->doc, value), &otherwise))
		return set_otherwise(reader, given, value, otherwise);
	if (flag && info->flag) {
		given->limit.otherwise = info->flags[type == WH_JSON_TRUE];
		return 0;
	}
	if (type == WH_JSON_OBJECT && has_members(reader, given, value))
		return info->members[0].name != NULL
			       ? read_object(reader, given, value)
			       : wh_policy_refuse_type(reader, given->key, value);
	if (info->shorthand < 0 || flag || type == WH_JSON_NULL)
		return wh_policy_refuse_type(reader, given->key, value);
	return read_member(reader, given, (size_t)info->shorthand, value);
}

/* What would do nothing, or could not be done. */
static int check_value(struct wh_reader *reader, const struct given *given, wh_node value)
{
	const struct wh_limit *limit = &given->limit;

	if (given->info == wh_kind_info(WH_KIND_RUN_AS_NON_ROOT) && limit->otherwise == WH_STRIP &&
		limit->members[WH_USER_UID] == NULL)
		return wh_policy_fail(reader, value,
			"\"%s\" needs a \"uid\" to become instead of 0; true refuses user 0",
			given->info->key);
	return 0;
}

const struct wh_given_kind *wh_part_kind(const struct wh_part *part, enum wh_kind kind)
{
	const struct wh_given_kind *given = part->kinds;

	while (given != NULL && given->kind != kind)
		given = given->next;
	return given;
}

int wh_read_kind(struct wh_reader *reader, const struct wh_policy_key *key, wh_node value,
	const struct wh_scope *scope)
{
	struct wh_part *part = scope->part;
	struct given given = { .key = key,
		.info = wh_kind_info(key->kind),
		.part = part,
		.limit = wh_limit_silent(key->kind) };
	struct wh_given_kind *kept;
	int r = read_value(reader, &given, value);

	if (r == 0)
		r = check_value(reader, &given, value);
	if (r < 0)
		return r;
	if (key->kind == WH_KIND_CAPABILITIES && given.limit.otherwise == WH_KEEP)
		part->capabilities = WH_CAPSET_ALL;
	kept = wh_arena_array(&reader->policy->arena, 1, sizeof(*kept));
	if (kept == NULL)
		return wh_policy_no_memory(reader);
	*kept = (struct wh_given_kind){ part->kinds, key->kind, given.limit, value };
	part->kinds = kept;
	return 0;
}
