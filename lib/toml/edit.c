/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Edits by position. What a table is written as decides how it can grow: a table in braces only
 * within them, one made by dotted keys by another such line, one with a header by a line below it
 * or by further headers anywhere. What is not edited stays as it is, comments and blanks too
 * (layout.h).
 */

#include "toml/toml.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "toml/layout.h"

#define STEP "  " /* how much deeper what has no sister is indented */

struct edit {
	struct wh_arena arena;
	struct wh_toml doc;
	const char *eol; /* as the text ends its lines */
	struct wh_err *err;
};

static void edit_done(struct edit *edit)
{
	wh_arena_done(&edit->arena);
}

static int begin_edit(struct edit *edit, struct wh_slice text)
{
	const char *newline = text.len == 0 ? NULL : memchr(text.data, '\n', text.len);
	bool crlf = newline != NULL && newline > text.data && newline[-1] == '\r';

	edit->eol = crlf ? "\r\n" : "\n";
	return wh_toml_parse(text, &edit->arena, &edit->doc, edit->err);
}

/* ---- how things are spelled -------------------------------------------------------------- */

static void add_part(const struct edit *edit, struct wh_buf *ret, size_t begin, size_t end)
{
	wh_buf_add(ret, edit->doc.text.data + begin, end - begin);
}

/* The keys of a path from `from` on, with dots. */
static void add_path(struct wh_buf *ret, const char *const path[], size_t from)
{
	for (size_t i = from; path[i] != NULL; i++) {
		if (i > from)
			wh_buf_add_char(ret, '.');
		wh_toml_add_key(ret, wh_slice_of(path[i]));
	}
}

static void add_key_value(
	struct wh_buf *ret, const char *const path[], size_t from, struct wh_slice value)
{
	add_path(ret, path, from);
	wh_buf_add_string(ret, " = ");
	wh_buf_add_slice(ret, value);
}

/* The deepest table on the path that is there; *ret_depth words lead to it. NULL when a word leads
 * to something else. The last word is not followed. */
static const struct wh_toml_node *deepest(
	const struct edit *edit, const char *const path[], size_t *ret_depth)
{
	const struct wh_toml_node *table = edit->doc.root;
	size_t depth = 0;

	while (path[depth + 1] != NULL) {
		const struct wh_toml_node *next = wh_toml_get(table, path[depth]);

		if (next == NULL)
			break;
		if (next->type != WH_TOML_TABLE)
			return NULL;
		table = next;
		depth++;
	}
	*ret_depth = depth;
	return table;
}

static size_t depth_of(const struct wh_toml_node *node)
{
	size_t depth = 0;

	for (; node->parent != NULL; node = node->parent)
		depth++;
	return depth;
}

/* ---- setting ----------------------------------------------------------------------------- */

/* Before the closing brace; *ret_used is how many bytes of the text are in `ret` then. */
static size_t open_braces(
	const struct edit *edit, const struct wh_toml_node *table, struct wh_buf *ret)
{
	const struct wh_toml_node *last = NULL;
	size_t at = table->begin + 1;

	for (const struct wh_toml_node *child = table->first; child != NULL; child = child->next) {
		size_t end = wh_toml_family_end(child);

		last = child;
		if (end > at)
			at = end;
	}
	add_part(edit, ret, 0, at);
	wh_buf_add_string(ret, last == NULL ? " " : ", ");
	return at;
}

static void close_braces(
	const struct edit *edit, const struct wh_toml_node *table, size_t at, struct wh_buf *ret)
{
	if (edit->doc.text.data[at] == '}' && table->first == NULL)
		wh_buf_add_char(ret, ' ');
	add_part(edit, ret, at, edit->doc.text.len);
}

/* Begins a line at `at`, which is a line's beginning or the text's end. */
static void begin_line(const struct edit *edit, size_t at, struct wh_buf *ret)
{
	add_part(edit, ret, 0, at);
	if (at > 0 && edit->doc.text.data[at - 1] != '\n' &&
		wh_toml_line_begin(&edit->doc, at) != at)
		wh_buf_add_string(ret, edit->eol);
}

static void set_line(const struct edit *edit, const struct wh_toml_node *table,
	const char *const path[], struct wh_slice value, struct wh_buf *ret)
{
	const struct wh_toml_node *body = wh_toml_body_of(table);
	const struct wh_toml_node *last = wh_toml_last_in_body(table);
	bool root = table->parent == NULL;
	size_t at = last == NULL && root ? wh_toml_line_begin(&edit->doc, 0)
					 : wh_toml_line_end(&edit->doc, wh_toml_body_end(table));

	begin_line(edit, at, ret);
	if (last != NULL)
		wh_buf_add_slice(ret, wh_toml_indent_at(&edit->doc, last->key_begin));
	else if (!root)
		wh_buf_add_slice(ret, wh_toml_indent_at(&edit->doc, table->begin));
	if (last == NULL && !root && wh_toml_indent_at(&edit->doc, table->begin).len > 0)
		wh_buf_add_string(ret, STEP);
	add_key_value(ret, path, depth_of(body), value);
	wh_buf_add_string(ret, edit->eol);
	add_part(edit, ret, at, edit->doc.text.len);
}

/* A header for a table that has none yet, and the line. */
static void set_under_header(const struct edit *edit, const struct wh_toml_node *table,
	const char *const path[], struct wh_slice value, struct wh_buf *ret)
{
	size_t at = wh_toml_block_place(&edit->doc, table);
	size_t depth = depth_of(table);
	struct wh_slice indent = wh_toml_indent_at(&edit->doc, table->begin);

	begin_line(edit, at, ret);
	wh_buf_add_string(ret, edit->eol);
	wh_buf_add_slice(ret, indent);
	wh_buf_add_char(ret, '[');
	for (size_t i = 0; i < depth; i++) {
		if (i > 0)
			wh_buf_add_char(ret, '.');
		wh_toml_add_key(ret, wh_slice_of(path[i]));
	}
	wh_buf_addf(ret, "]%s", edit->eol);
	wh_buf_add_slice(ret, indent);
	if (indent.len > 0)
		wh_buf_add_string(ret, STEP);
	add_key_value(ret, path, depth, value);
	wh_buf_add_string(ret, edit->eol);
	add_part(edit, ret, at, edit->doc.text.len);
}

static int fail_shape(struct wh_err *err, const char *const path[])
{
	struct wh_buf name WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;

	add_path(&name, path, 0);
	if (wh_buf_status(&name) < 0)
		return wh_fail_errno(err, ENOMEM, "cannot edit");
	return wh_fail(err, EINVAL,
		"%s is written in a way that this program cannot edit; write it as a table with a "
		"header",
		name.data);
}

/* Whether the new text has this value at the path, or (NULL) nothing there. */
static int verify(struct edit *edit, const char *const path[], const struct wh_slice *value,
	const struct wh_buf *text)
{
	struct wh_toml doc;
	const struct wh_toml_node *node;
	struct wh_slice part = { text->data, text->len };
	int r = wh_buf_status(text);

	if (r < 0)
		return wh_fail_errno(edit->err, ENOMEM, "cannot edit");
	r = wh_toml_parse(part, &edit->arena, &doc, NULL);
	if (r == -ENOMEM)
		return wh_fail_errno(edit->err, ENOMEM, "cannot edit");
	if (r < 0)
		return fail_shape(edit->err, path);
	node = wh_toml_find(doc.root, path);
	if ((node == NULL) != (value == NULL))
		return fail_shape(edit->err, path);
	if (value != NULL && value->data != NULL && !wh_slice_eq(wh_toml_raw(&doc, node), *value))
		return fail_shape(edit->err, path);
	return 0;
}

static void set_in(const struct edit *edit, const struct wh_toml_node *table,
	const char *const path[], size_t depth, struct wh_slice value, struct wh_buf *ret)
{
	size_t at;

	switch (table->form) {
	case WH_TOML_INLINE:
		at = open_braces(edit, table, ret);
		add_key_value(ret, path, depth, value);
		close_braces(edit, table, at, ret);
		return;
	case WH_TOML_HEADER:
	case WH_TOML_DOTTED:
		set_line(edit, table, path, value, ret);
		return;
	case WH_TOML_IMPLIED:
		set_under_header(edit, table, path, value, ret);
		return;
	}
}

int wh_toml_set(struct wh_slice text, const char *const path[], struct wh_slice value,
	struct wh_buf *ret, struct wh_err *err)
{
	struct edit edit WH_CLEANUP(edit_done) = { .arena = WH_ARENA_INIT, .err = err };
	size_t depth = 0;
	const struct wh_toml_node *old, *table;
	struct wh_buf new WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int r = begin_edit(&edit, text);

	if (r < 0)
		return r;
	old = wh_toml_find(edit.doc.root, path);
	table = deepest(&edit, path, &depth);
	if (table == NULL ||
		(old != NULL && (old->type == WH_TOML_TABLE || wh_toml_has_header(old))))
		return fail_shape(err, path);
	if (old != NULL) {
		add_part(&edit, &new, 0, old->begin);
		wh_buf_add_slice(&new, value);
		add_part(&edit, &new, old->end, text.len);
	} else {
		set_in(&edit, table, path, depth, value, &new);
	}
	r = verify(&edit, path, &value, &new);
	if (r < 0)
		return r;
	wh_buf_add(ret, new.data, new.len);
	return wh_buf_status(ret) == 0 ? 0 : wh_fail_errno(err, ENOMEM, "cannot edit");
}

/* ---- adding a table ---------------------------------------------------------------------- */

/* How the lines of a new block begin. */
struct style {
	struct wh_slice header;
	struct wh_slice key;
	const char *step; /* a table inside is so much deeper */
	bool spaced;      /* a blank line before it */
};

/* As the last table with a header in this one has it. */
static struct style style_of(const struct edit *edit, const struct wh_toml_node *table)
{
	struct style style = { .step = "", .spaced = true };
	const struct wh_toml_node *sister = NULL, *inside;
	size_t begin;

	for (const struct wh_toml_node *child = table->first; child != NULL; child = child->next) {
		if (wh_toml_has_header(child) && child->type == WH_TOML_TABLE)
			sister = child;
	}
	if (sister == NULL) {
		style.header = table->parent == NULL || table->form == WH_TOML_DOTTED
				       ? (struct wh_slice){ "", 0 }
				       : wh_toml_indent_at(&edit->doc, table->begin);
		style.step = style.header.len > 0 ? STEP : "";
		style.key = style.header;
		return style;
	}
	style.header = wh_toml_indent_at(&edit->doc, sister->begin);
	inside = wh_toml_last_in_body(sister);
	style.key =
		inside == NULL ? style.header : wh_toml_indent_at(&edit->doc, inside->key_begin);
	style.step = style.key.len > style.header.len ? STEP : "";
	begin = wh_toml_line_begin(&edit->doc, sister->begin);
	style.spaced = begin == 0 ||
		       wh_toml_is_blank_line(&edit->doc, wh_toml_line_begin(&edit->doc, begin - 1));
	return style;
}

static void add_member_line(const struct edit *edit, const struct style *style, const char *step,
	const struct wh_toml_member *member, struct wh_buf *ret)
{
	wh_buf_add_slice(ret, style->key);
	wh_buf_add_string(ret, step);
	wh_toml_add_key(ret, wh_slice_of(member->key));
	wh_buf_add_string(ret, " = ");
	wh_buf_add_slice(ret, member->value);
	wh_buf_add_string(ret, edit->eol);
}

static void add_header(const struct edit *edit, const struct style *style, const char *const path[],
	const char *inner, struct wh_buf *ret)
{
	if (style->spaced)
		wh_buf_add_string(ret, edit->eol);
	wh_buf_add_slice(ret, style->header);
	if (inner != NULL)
		wh_buf_add_string(ret, style->step);
	wh_buf_add_char(ret, '[');
	add_path(ret, path, 0);
	if (inner != NULL) {
		wh_buf_add_char(ret, '.');
		wh_toml_add_key(ret, wh_slice_of(inner));
	}
	wh_buf_addf(ret, "]%s", edit->eol);
}

static void add_block(const struct edit *edit, const struct style *style, const char *const path[],
	const struct wh_toml_member *members, size_t count, struct wh_buf *ret)
{
	const char *table = NULL;
	struct style first = *style;

	first.spaced = style->spaced && ret->len > 0;
	add_header(edit, &first, path, NULL, ret);
	for (size_t i = 0; i < count; i++) {
		if (members[i].table != NULL &&
			(table == NULL || strcmp(table, members[i].table) != 0)) {
			table = members[i].table;
			add_header(edit, style, path, table, ret);
		}
		add_member_line(edit, style, table == NULL ? "" : style->step, &members[i], ret);
	}
}

/* { a = 1, inner = { b = 2 } } */
static void add_inline(const struct wh_toml_member *members, size_t count, struct wh_buf *ret)
{
	const char *table = NULL;

	wh_buf_add_string(ret, "{ ");
	for (size_t i = 0; i < count; i++) {
		bool begins = members[i].table != NULL &&
			      (table == NULL || strcmp(table, members[i].table) != 0);

		if (begins && table != NULL)
			wh_buf_add_string(ret, " }");
		if (i > 0)
			wh_buf_add_string(ret, ", ");
		if (begins) {
			table = members[i].table;
			wh_toml_add_key(ret, wh_slice_of(table));
			wh_buf_add_string(ret, " = { ");
		}
		wh_toml_add_key(ret, wh_slice_of(members[i].key));
		wh_buf_add_string(ret, " = ");
		wh_buf_add_slice(ret, members[i].value);
	}
	wh_buf_add_string(ret, table == NULL ? " }" : " } }");
}

int wh_toml_add_table(struct wh_slice text, const char *const path[],
	const struct wh_toml_member *members, size_t count, struct wh_buf *ret, struct wh_err *err)
{
	struct edit edit WH_CLEANUP(edit_done) = { .arena = WH_ARENA_INIT, .err = err };
	struct wh_buf new WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	const struct wh_slice anything = { NULL, 0 };
	const struct wh_toml_node *table;
	size_t depth = 0, at;
	struct style style;
	int r = begin_edit(&edit, text);

	if (r < 0)
		return r;
	table = deepest(&edit, path, &depth);
	if (table == NULL || wh_toml_find(edit.doc.root, path) != NULL)
		return fail_shape(err, path);
	if (table->form == WH_TOML_INLINE) {
		at = open_braces(&edit, table, &new);
		add_path(&new, path, depth);
		wh_buf_add_string(&new, " = ");
		add_inline(members, count, &new);
		close_braces(&edit, table, at, &new);
	} else {
		style = style_of(&edit, table);
		at = wh_toml_block_place(&edit.doc, table);
		begin_line(&edit, at, &new);
		add_block(&edit, &style, path, members, count, &new);
		add_part(&edit, &new, at, text.len);
	}
	r = verify(&edit, path, &anything, &new);
	if (r < 0)
		return r;
	wh_buf_add(ret, new.data, new.len);
	return wh_buf_status(ret) == 0 ? 0 : wh_fail_errno(err, ENOMEM, "cannot edit");
}

/* ---- taking out -------------------------------------------------------------------------- */

struct range {
	size_t begin, end;
};

struct ranges {
	struct range *list;
	size_t count, room;
};

static int add_range(struct edit *edit, struct ranges *ranges, size_t begin, size_t end)
{
	if (ranges->count == ranges->room) {
		size_t more = ranges->room == 0 ? 16 : 2 * ranges->room;
		struct range *list = wh_arena_array(&edit->arena, more, sizeof(*list));

		if (list == NULL)
			return -ENOMEM;
		if (ranges->count > 0)
			memcpy(list, ranges->list, ranges->count * sizeof(*list));
		ranges->list = list;
		ranges->room = more;
	}
	ranges->list[ranges->count++] = (struct range){ begin, end };
	return 0;
}

/* A header's line, with the blank one before it. */
static int add_header_range(struct edit *edit, struct ranges *ranges, size_t at, size_t end)
{
	size_t begin = wh_toml_line_begin(&edit->doc, at);
	size_t before = begin == 0 ? 0 : wh_toml_line_begin(&edit->doc, begin - 1);

	if (begin > 0 && wh_toml_is_blank_line(&edit->doc, before))
		begin = before;
	return add_range(edit, ranges, begin, wh_toml_line_end(&edit->doc, end));
}

/* The lines of a node and of all below it. */
static int collect(struct edit *edit, struct ranges *ranges, const struct wh_toml_node *node)
{
	bool leaf = !wh_toml_has_header(node) &&
		    (node->type != WH_TOML_TABLE || node->form == WH_TOML_INLINE);
	bool headed = node->type == WH_TOML_TABLE && node->form == WH_TOML_HEADER;
	int r = 0;

	if (leaf)
		return add_range(edit, ranges, wh_toml_line_begin(&edit->doc, node->key_begin),
			wh_toml_line_end(&edit->doc, node->end));
	if (headed)
		r = add_header_range(edit, ranges, node->begin, node->end);
	for (const struct wh_toml_node *child = node->first; child != NULL && r == 0;
		child = child->next)
		r = collect(edit, ranges, child);
	return r;
}

static int compare_ranges(const void *a, const void *b)
{
	const struct range *left = a, *right = b;

	return left->begin < right->begin ? -1 : left->begin > right->begin;
}

static const struct wh_toml_node *in_braces(const struct wh_toml_node *node)
{
	for (node = node->parent; node != NULL; node = node->parent) {
		if (node->type == WH_TOML_TABLE && node->form == WH_TOML_INLINE)
			return node;
	}
	return NULL;
}

/* The node with one of the commas beside it. */
static struct range braces_range(const struct wh_toml_node *node)
{
	const struct wh_toml_node *before = NULL;

	/* A dotted key in braces goes as a whole. */
	while (node->parent->form == WH_TOML_DOTTED && node->parent->first->next == NULL)
		node = node->parent;
	for (const struct wh_toml_node *child = node->parent->first; child != node;
		child = child->next)
		before = child;
	if (before != NULL)
		return (struct range){ wh_toml_family_end(before), wh_toml_family_end(node) };
	if (node->next != NULL)
		return (struct range){ node->key_begin, node->next->key_begin };
	return (struct range){ node->key_begin, wh_toml_family_end(node) };
}

int wh_toml_unset(
	struct wh_slice text, const char *const path[], struct wh_buf *ret, struct wh_err *err)
{
	struct edit edit WH_CLEANUP(edit_done) = { .arena = WH_ARENA_INIT, .err = err };
	struct wh_buf new WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct ranges ranges = { .count = 0 };
	const struct wh_toml_node *node;
	size_t at = 0;
	int r = begin_edit(&edit, text);

	if (r < 0)
		return r;
	node = wh_toml_find(edit.doc.root, path);
	if (node != NULL && in_braces(node) != NULL) {
		struct range range = braces_range(node);

		r = add_range(&edit, &ranges, range.begin, range.end);
	} else if (node != NULL) {
		r = collect(&edit, &ranges, node);
	}
	if (r < 0)
		return wh_fail_errno(err, ENOMEM, "cannot edit");
	if (ranges.count > 0)
		qsort(ranges.list, ranges.count, sizeof(*ranges.list), compare_ranges);
	for (size_t i = 0; i < ranges.count; i++) {
		if (ranges.list[i].begin > at)
			add_part(&edit, &new, at, ranges.list[i].begin);
		if (ranges.list[i].end > at)
			at = ranges.list[i].end;
	}
	add_part(&edit, &new, at, text.len);
	r = verify(&edit, path, NULL, &new);
	if (r < 0)
		return r;
	wh_buf_add(ret, new.data, new.len);
	return wh_buf_status(ret) == 0 ? 0 : wh_fail_errno(err, ENOMEM, "cannot edit");
}
