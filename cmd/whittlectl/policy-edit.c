/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The document tells where in the text things stand; what is new is put in between. Members of a
 * rule are edited by wh_json_text_set() with the rule's own text as the whole.
 */

#include "policy-edit.h"

#include <errno.h>
#include <fnmatch.h>
#include <string.h>

static const struct wh_json_options with_comments = { .comments = true };

static int parse(struct wh_slice text, struct wh_json **ret, struct wh_err *err)
{
	struct wh_buf copy WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;

	wh_buf_add_slice(&copy, text);
	return wh_json_parse_take(ret, &copy, &with_comments, err);
}

static wh_node find_rule(const struct wh_json *doc, const char *name)
{
	wh_json_each_element (doc, wh_json_get(doc, wh_json_root(doc), "rules"), rule) {
		if (wh_json_string_is(doc, wh_json_get(doc, rule, "name"), name))
			return rule;
	}
	return WH_NO_NODE;
}

static void add_part(struct wh_buf *ret, struct wh_slice text, size_t begin, size_t end)
{
	wh_buf_add(ret, text.data + begin, end - begin);
}

static int no_memory(struct wh_err *err)
{
	return wh_fail_errno(err, ENOMEM, "cannot edit the policy");
}

/* ---- how it is written ------------------------------------------------------------------- */

/* The blanks that the line of this byte begins with. */
static struct wh_slice indent_at(struct wh_slice text, size_t at)
{
	size_t begin = at, end;

	while (begin > 0 && text.data[begin - 1] != '\n')
		begin--;
	for (end = begin; end < at && (text.data[end] == ' ' || text.data[end] == '\t'); end++)
		;
	return (struct wh_slice){ text.data + begin, end - begin };
}

/* One step: how much deeper than the root its first member is. */
static struct wh_slice unit_of(struct wh_slice text, const struct wh_json *doc)
{
	wh_node first = wh_json_first(doc, wh_json_root(doc));
	size_t begin, end;
	struct wh_slice indent = { NULL, 0 };

	if (first != WH_NO_NODE && wh_json_span(doc, first, &begin, &end))
		indent = indent_at(text, begin);
	return indent.len > 0 ? indent : WH_SLICE("\t");
}

static void add_line(struct wh_buf *to, struct wh_slice indent, struct wh_slice unit, size_t steps)
{
	wh_buf_add_char(to, '\n');
	wh_buf_add_slice(to, indent);
	for (size_t i = 0; i < steps; i++)
		wh_buf_add_slice(to, unit);
}

static void add_compact(struct wh_buf *to, const struct wh_json *doc, wh_node value)
{
	if (wh_json_write_buf(doc, value, to) < 0)
		to->failed = true;
}

static void add_array(struct wh_buf *to, const struct wh_json *doc, wh_node array)
{
	const char *comma = "";

	wh_buf_add_char(to, '[');
	wh_json_each_element (doc, array, element) {
		wh_buf_add_string(to, comma);
		add_compact(to, doc, element);
		comma = ", ";
	}
	wh_buf_add_char(to, ']');
}

/* An object in one line, as "match" is written. */
static void add_short_object(struct wh_buf *to, const struct wh_json *doc, wh_node object)
{
	const char *before = "{ ";

	wh_json_each_member (doc, object, key) {
		wh_buf_add_string(to, before);
		add_compact(to, doc, key);
		wh_buf_add_string(to, ": ");
		add_compact(to, doc, wh_json_next(doc, key));
		before = ", ";
	}
	wh_buf_add_string(to, " }");
}

static void add_members(struct wh_buf *to, const struct wh_json *doc, wh_node object,
	struct wh_slice indent, struct wh_slice unit, size_t depth);

/* An array of objects, a line for each member. */
static void add_objects(struct wh_buf *to, const struct wh_json *doc, wh_node array,
	struct wh_slice indent, struct wh_slice unit, size_t depth)
{
	const char *comma = "";

	wh_buf_add_char(to, '[');
	wh_json_each_element (doc, array, element) {
		wh_buf_add_string(to, comma);
		add_line(to, indent, unit, depth + 1);
		add_members(to, doc, element, indent, unit, depth + 1);
		comma = ",";
	}
	add_line(to, indent, unit, depth);
	wh_buf_add_char(to, ']');
}

static void add_value(struct wh_buf *to, const struct wh_json *doc, wh_node value,
	struct wh_slice indent, struct wh_slice unit, size_t depth, bool brief)
{
	enum wh_json_type type = wh_json_type(doc, value);
	wh_node first = wh_json_first(doc, value);

	if (type == WH_JSON_ARRAY && wh_json_type(doc, first) == WH_JSON_OBJECT)
		add_objects(to, doc, value, indent, unit, depth);
	else if (type == WH_JSON_ARRAY)
		add_array(to, doc, value);
	else if (type != WH_JSON_OBJECT || first == WH_NO_NODE)
		add_compact(to, doc, value);
	else if (brief)
		add_short_object(to, doc, value);
	else
		add_members(to, doc, value, indent, unit, depth);
}

/* How deep it goes is up to us: what is written is a rule, or a profile. */
static void add_members(struct wh_buf *to, const struct wh_json *doc, wh_node object,
	struct wh_slice indent, struct wh_slice unit, size_t depth)
{
	const char *comma = "";

	wh_buf_add_char(to, '{');
	wh_json_each_member (doc, object, key) {
		wh_buf_add_string(to, comma);
		add_line(to, indent, unit, depth + 1);
		add_compact(to, doc, key);
		wh_buf_add_string(to, ": ");
		add_value(to, doc, wh_json_next(doc, key), indent, unit, depth + 1,
			wh_json_string_is(doc, key, "match"));
		comma = ",";
	}
	add_line(to, indent, unit, depth);
	wh_buf_add_char(to, '}');
}

void wh_policy_write(struct wh_buf *to, const struct wh_json *doc, wh_node value,
	struct wh_slice indent, struct wh_slice unit)
{
	add_value(to, doc, value, indent, unit, 0, false);
}

/* ---- members ----------------------------------------------------------------------------- */

/* The text of the rule; the whole for NULL. */
static int find_part(const struct wh_json *doc, const char *rule, struct wh_slice text,
	size_t *ret_begin, size_t *ret_end, struct wh_err *err)
{
	wh_node node;

	*ret_begin = 0;
	*ret_end = text.len;
	if (rule == NULL)
		return 0;
	node = find_rule(doc, rule);
	if (node == WH_NO_NODE)
		return wh_fail(err, ENOENT, "there is no rule \"%s\"", rule);
	return wh_json_span(doc, node, ret_begin, ret_end)
		       ? 0
		       : wh_fail(err, EINVAL, "the policy cannot be edited");
}

/* The indentation of a rule's members; one step more than its own where they share its line. */
static void add_member_indent(const struct wh_json *doc, const char *rule, struct wh_slice text,
	size_t depth, struct wh_buf *to)
{
	wh_node node = rule == NULL ? wh_json_root(doc) : find_rule(doc, rule);
	wh_node first = wh_json_first(doc, node);
	size_t begin, end;

	if (first != WH_NO_NODE && wh_json_span(doc, first, &begin, &end))
		wh_buf_add_slice(to, indent_at(text, begin));
	for (; depth > 1; depth--)
		wh_buf_add_slice(to, unit_of(text, doc));
}

int wh_policy_edit_set(struct wh_slice text, const char *rule, const char *const path[],
	const struct wh_json *doc, wh_node value, struct wh_buf *ret, struct wh_err *err)
{
	struct wh_buf indent WH_CLEANUP(wh_buf_done) = WH_BUF_INIT,
			     spelled WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_json *policy WH_JSON = NULL;
	size_t begin, end, depth = 0;
	int r = parse(text, &policy, err);

	if (r == 0)
		r = find_part(policy, rule, text, &begin, &end, err);
	if (r < 0)
		return r;
	while (path[depth] != NULL)
		depth++;
	add_member_indent(policy, rule, text, depth, &indent);
	wh_policy_write(&spelled, doc, value,
		(struct wh_slice){ indent.data == NULL ? "" : indent.data, indent.len },
		unit_of(text, policy));
	if (wh_buf_status(&indent) < 0 || wh_buf_status(&spelled) < 0)
		return no_memory(err);
	add_part(ret, text, 0, begin);
	r = wh_json_text_set((struct wh_slice){ text.data + begin, end - begin }, &with_comments,
		path, (struct wh_slice){ spelled.data, spelled.len }, ret, err);
	add_part(ret, text, end, text.len);
	return r < 0 ? r : wh_buf_status(ret) < 0 ? no_memory(err) : 0;
}

int wh_policy_edit_unset(struct wh_slice text, const char *rule, const char *const path[],
	struct wh_buf *ret, struct wh_err *err)
{
	struct wh_json *policy WH_JSON = NULL;
	size_t begin, end;
	int r = parse(text, &policy, err);

	if (r == 0)
		r = find_part(policy, rule, text, &begin, &end, err);
	if (r < 0)
		return r;
	add_part(ret, text, 0, begin);
	r = wh_json_text_unset((struct wh_slice){ text.data + begin, end - begin }, &with_comments,
		path, ret, err);
	add_part(ret, text, end, text.len);
	return r < 0 ? r : wh_buf_status(ret) < 0 ? no_memory(err) : 0;
}

/* ---- a new rule -------------------------------------------------------------------------- */

static bool fits(struct wh_json *doc, wh_node pattern, const char *image)
{
	struct wh_slice text = wh_json_string(doc, pattern);
	char spelled[1024];

	if (text.data == NULL || text.len >= sizeof(spelled))
		return false;
	memcpy(spelled, text.data, text.len);
	spelled[text.len] = '\0';
	return fnmatch(spelled, image, 0) == 0;
}

/* A pattern or an array of them: any will do. */
static bool holds(struct wh_json *doc, wh_node patterns, const char *image)
{
	wh_json_each_element (doc, patterns, pattern) {
		if (fits(doc, pattern, image))
			return true;
	}
	return fits(doc, patterns, image);
}

/* Whether the rule matches every container of the image (of some engines). */
static bool is_broader(struct wh_json *doc, wh_node rule, const char *image)
{
	wh_json_each_member (doc, wh_json_get(doc, rule, "match"), key) {
		if (wh_json_string_is(doc, key, "engine"))
			continue;
		if (!wh_json_string_is(doc, key, "image") ||
			!holds(doc, wh_json_next(doc, key), image))
			return false;
	}
	return true;
}

/* Behind a comment that begins here; the same place where none does. */
static size_t skip_comment(struct wh_slice text, size_t at)
{
	if (at + 1 >= text.len || text.data[at] != '/')
		return at;
	if (text.data[at + 1] == '/') {
		while (at < text.len && text.data[at] != '\n')
			at++;
	} else if (text.data[at + 1] == '*') {
		const char *close = memmem(text.data + at + 2, text.len - at - 2, "*/", 2);

		at = close == NULL ? text.len : (size_t)(close - text.data) + 2;
	}
	return at;
}

/* The end of the line, if only blanks and one comment of a line stand between. */
static size_t rest_of_line(struct wh_slice text, size_t at)
{
	size_t end = at;

	while (end < text.len && (text.data[end] == ' ' || text.data[end] == '\t'))
		end++;
	if (end + 1 < text.len && text.data[end] == '/' && text.data[end + 1] == '/')
		end = skip_comment(text, end);
	while (end > at && text.data[end - 1] == '\r')
		end--;
	return end < text.len && (text.data[end] == '\n' || text.data[end] == '\r') ? end : at;
}

/* Behind the comma that follows this place, blanks and comments aside. */
static size_t behind_comma(struct wh_slice text, size_t at)
{
	while (at < text.len && text.data[at] != ',') {
		size_t next = skip_comment(text, at);

		at = next > at ? next : at + 1;
	}
	return at < text.len ? at + 1 : at;
}

struct place {
	size_t comma; /* put one here, behind the last rule; 0: none */
	size_t at;
	bool more; /* others follow */
	struct wh_slice indent;
};

/* Before the first broader rule; what a comment says above that one stays with it. */
static bool find_place(struct wh_json *doc, wh_node rules, struct wh_slice text, const char *image,
	struct place *ret)
{
	size_t begin, end;
	wh_node last = WH_NO_NODE, before = WH_NO_NODE;

	wh_json_each_element (doc, rules, rule) {
		if (before == WH_NO_NODE && is_broader(doc, rule, image))
			before = rule;
		if (before == WH_NO_NODE)
			last = rule;
	}
	if (!wh_json_span(doc, before != WH_NO_NODE ? before : last, &begin, &end))
		return false;
	*ret = (struct place){ .more = before != WH_NO_NODE, .indent = indent_at(text, begin) };
	if (before == WH_NO_NODE) {
		ret->comma = end;
		ret->at = rest_of_line(text, end);
		return true;
	}
	if (last == WH_NO_NODE) {
		if (!wh_json_span(doc, rules, &begin, &end))
			return false;
		ret->at = rest_of_line(text, begin + 1);
		return true;
	}
	if (!wh_json_span(doc, last, &begin, &end))
		return false;
	ret->at = rest_of_line(text, behind_comma(text, end));
	return true;
}

static void add_rule(struct wh_buf *ret, struct wh_slice text, const struct place *place,
	const struct wh_json *doc, wh_node rule, struct wh_slice unit)
{
	size_t from = 0;

	if (place->comma > 0) {
		add_part(ret, text, 0, place->comma);
		wh_buf_add_char(ret, ',');
		from = place->comma;
	}
	add_part(ret, text, from, place->at);
	add_line(ret, place->indent, unit, 0);
	wh_policy_write(ret, doc, rule, place->indent, unit);
	if (place->more)
		wh_buf_add_char(ret, ',');
	add_part(ret, text, place->at, text.len);
}

/* No rule is there yet. */
static int add_list(struct wh_slice text, const struct wh_json *doc, wh_node rule,
	struct wh_slice unit, struct wh_buf *ret, struct wh_err *err)
{
	struct wh_buf list WH_CLEANUP(wh_buf_done) = WH_BUF_INIT,
			   indent WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;

	wh_buf_add_slice(&indent, unit);
	wh_buf_add_slice(&indent, unit);
	wh_buf_add_char(&list, '[');
	add_line(&list, unit, unit, 1);
	wh_policy_write(&list, doc, rule, (struct wh_slice){ indent.data, indent.len }, unit);
	add_line(&list, unit, unit, 0);
	wh_buf_add_char(&list, ']');
	if (wh_buf_status(&list) < 0 || wh_buf_status(&indent) < 0)
		return no_memory(err);
	return wh_json_text_set(text, &with_comments, (const char *const[]){ "rules", NULL },
		(struct wh_slice){ list.data, list.len }, ret, err);
}

int wh_policy_edit_insert(struct wh_slice text, const char *image, const struct wh_json *doc,
	wh_node rule, struct wh_buf *ret, struct wh_err *err)
{
	struct wh_json *policy WH_JSON = NULL;
	struct place place;
	wh_node rules;
	int r = parse(text, &policy, err);

	if (r < 0)
		return r;
	rules = wh_json_get(policy, wh_json_root(policy), "rules");
	if (wh_json_first(policy, rules) == WH_NO_NODE)
		return add_list(text, doc, rule, unit_of(text, policy), ret, err);
	if (!find_place(policy, rules, text, image, &place))
		return wh_fail(err, EINVAL, "the policy cannot be edited");
	add_rule(ret, text, &place, doc, rule, unit_of(text, policy));
	return wh_buf_status(ret) < 0 ? no_memory(err) : 0;
}
