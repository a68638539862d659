/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Edits of a text that people wrote: the document tells where things stand, and pieces of the text
 * are put together anew. What the edit is about is written as its neighbours are; nothing else is
 * touched.
 */

#include "json/tree.h"

#include <errno.h>
#include <string.h>

struct splice {
	struct wh_json *doc;
	struct wh_slice text;
	const char *eol;
	struct wh_slice unit; /* one step of indentation; {NULL, 0}: all in one line */
};

static void splice_done(struct splice *splice)
{
	wh_json_free(splice->doc);
}

static void add_part(const struct splice *splice, struct wh_buf *ret, size_t begin, size_t end)
{
	wh_buf_add(ret, splice->text.data + begin, end - begin);
}

/* The blanks before this byte, if only they stand before it in its line. */
static bool indent_of(const struct splice *splice, size_t at, struct wh_slice *ret)
{
	size_t begin = at;

	while (begin > 0 && strchr(" \t", splice->text.data[begin - 1]) != NULL)
		begin--;
	*ret = (struct wh_slice){ splice->text.data + begin, at - begin };
	return begin > 0 && splice->text.data[begin - 1] == '\n';
}

/* How deep the first member is indented is the step; an empty object says nothing, so two. */
static void find_style(struct splice *splice)
{
	wh_node root = wh_json_root(splice->doc);
	wh_node first = wh_json_first(splice->doc, root);
	size_t begin = 0, end = 0;

	splice->eol = memchr(splice->text.data, '\r', splice->text.len) != NULL ? "\r\n" : "\n";
	splice->unit = WH_SLICE("  ");
	if (first == WH_NO_NODE || !wh_json_span(splice->doc, first, &begin, &end))
		return;
	if (!indent_of(splice, begin, &splice->unit))
		splice->unit = (struct wh_slice){ NULL, 0 };
	else if (splice->unit.len == 0)
		splice->unit = WH_SLICE("");
}

static int begin_splice(struct splice *splice, struct wh_slice text,
	const struct wh_json_options *options, struct wh_err *err)
{
	struct wh_buf copy WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int r;

	wh_buf_add_slice(&copy, text);
	r = wh_buf_status(&copy);
	if (r == 0)
		r = wh_json_parse_take(&splice->doc, &copy, options, err);
	if (r < 0)
		return r;
	if (wh_json_type(splice->doc, wh_json_root(splice->doc)) != WH_JSON_OBJECT)
		return wh_json_fail(splice->doc, wh_json_root(splice->doc), err, EINVAL,
			"an object is expected");
	splice->text = text;
	find_style(splice);
	return 0;
}

/* ---- adding ------------------------------------------------------------------------------ */

/* A new line and its blanks, or one blank where all is in one line. */
static void add_break(
	const struct splice *splice, struct wh_slice indent, size_t steps, struct wh_buf *ret)
{
	if (splice->unit.data == NULL) {
		wh_buf_add_char(ret, ' ');
		return;
	}
	wh_buf_add_string(ret, splice->eol);
	wh_buf_add_slice(ret, indent);
	for (size_t i = 0; i < steps; i++)
		wh_buf_add_slice(ret, splice->unit);
}

/* "key": value, with objects around the value for each further key. */
static void add_member(const struct splice *splice, const char *const keys[], struct wh_slice value,
	struct wh_slice indent, struct wh_buf *ret)
{
	size_t depth = 0;

	for (; keys[depth] != NULL; depth++) {
		if (depth > 0) {
			wh_buf_add_char(ret, '{');
			add_break(splice, indent, depth, ret);
		}
		wh_buf_add_json(ret, wh_slice_of(keys[depth]));
		wh_buf_add_string(ret, ": ");
	}
	wh_buf_add_slice(ret, value);
	while (--depth > 0) {
		add_break(splice, indent, depth - 1, ret);
		wh_buf_add_char(ret, '}');
	}
}

static wh_node last_key(const struct wh_json *doc, wh_node object)
{
	wh_node last = WH_NO_NODE;

	wh_json_each_member (doc, object, key) {
		last = key;
	}
	return last;
}

/* The indentation of the line that this byte stands in. */
static struct wh_slice line_indent(const struct splice *splice, size_t at)
{
	size_t begin, end;

	while (at > 0 && splice->text.data[at - 1] != '\n')
		at--;
	for (begin = end = at; end < splice->text.len; end++) {
		if (strchr(" \t", splice->text.data[end]) == NULL)
			break;
	}
	return (struct wh_slice){ splice->text.data + begin, end - begin };
}

static bool add_to_empty(const struct splice *splice, wh_node object, const char *const keys[],
	struct wh_slice value, struct wh_buf *ret)
{
	size_t begin, end;
	struct wh_slice indent;
	struct wh_buf deeper WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;

	if (!wh_json_span(splice->doc, object, &begin, &end))
		return false;
	indent = line_indent(splice, begin);
	wh_buf_add_slice(&deeper, indent);
	wh_buf_add_slice(&deeper, splice->unit);
	add_part(splice, ret, 0, begin + 1);
	add_break(splice, indent, 1, ret);
	add_member(splice, keys, value, (struct wh_slice){ deeper.data, deeper.len }, ret);
	add_break(splice, indent, 0, ret);
	add_part(splice, ret, end - 1, splice->text.len);
	return wh_buf_status(&deeper) == 0;
}

static bool add_behind(const struct splice *splice, wh_node key, const char *const keys[],
	struct wh_slice value, struct wh_buf *ret)
{
	struct splice local = *splice;
	size_t begin, end, unused;
	struct wh_slice indent;

	if (!wh_json_span(splice->doc, key, &begin, &unused) ||
		!wh_json_span(splice->doc, wh_json_next(splice->doc, key), &unused, &end))
		return false;
	/* An object in one line stays in it. */
	if (!indent_of(splice, begin, &indent))
		local.unit = (struct wh_slice){ NULL, 0 };
	add_part(splice, ret, 0, end);
	wh_buf_add_char(ret, ',');
	add_break(&local, indent, 0, ret);
	add_member(&local, keys, value, indent, ret);
	add_part(splice, ret, end, splice->text.len);
	return true;
}

int wh_json_text_set(struct wh_slice text, const struct wh_json_options *options,
	const char *const path[], struct wh_slice value, struct wh_buf *ret, struct wh_err *err)
{
	struct splice splice WH_CLEANUP(splice_done) = { .doc = NULL };
	wh_node object, next, last;
	size_t depth = 0, begin, end;
	int r = begin_splice(&splice, text, options, err);
	bool done;

	if (r < 0)
		return r;
	object = wh_json_root(splice.doc);
	while ((next = wh_json_get(splice.doc, object, path[depth])) != WH_NO_NODE &&
		path[depth + 1] != NULL) {
		if (wh_json_type(splice.doc, next) != WH_JSON_OBJECT)
			return wh_json_fail(splice.doc, next, err, EINVAL,
				"an object is expected, not %s",
				wh_json_type_name(wh_json_type(splice.doc, next)));
		object = next;
		depth++;
	}
	last = last_key(splice.doc, object);
	if (next != WH_NO_NODE && wh_json_span(splice.doc, next, &begin, &end)) {
		add_part(&splice, ret, 0, begin);
		wh_buf_add_slice(ret, value);
		add_part(&splice, ret, end, text.len);
		done = true;
	} else if (last == WH_NO_NODE) {
		done = add_to_empty(&splice, object, path + depth, value, ret);
	} else {
		done = add_behind(&splice, last, path + depth, value, ret);
	}
	return !done || wh_buf_status(ret) < 0 ? wh_fail_errno(err, ENOMEM, "cannot edit") : 0;
}

/* ---- taking out -------------------------------------------------------------------------- */

struct holder {
	wh_node object;
	wh_node key;    /* of the member on the path */
	wh_node before; /* the key before it */
};

static struct holder find_member(const struct wh_json *doc, wh_node object, const char *name)
{
	struct holder holder = { .object = object };

	wh_json_each_member (doc, object, key) {
		if (wh_json_string_is(doc, key, name)) {
			holder.key = key;
			return holder;
		}
		holder.before = key;
	}
	return holder;
}

static bool is_only_member(const struct wh_json *doc, const struct holder *holder)
{
	return holder->before == WH_NO_NODE &&
	       wh_json_next(doc, wh_json_next(doc, holder->key)) == WH_NO_NODE;
}

static bool cut(const struct splice *splice, const struct holder *holder, struct wh_buf *ret)
{
	const struct wh_json *doc = splice->doc;
	wh_node value = wh_json_next(doc, holder->key);
	wh_node next = wh_json_next(doc, value);
	size_t begin, end, unused;

	if (is_only_member(doc, holder)) {
		if (!wh_json_span(doc, holder->object, &begin, &end))
			return false;
		begin++;
		end--;
	} else if (holder->before != WH_NO_NODE) {
		if (!wh_json_span(doc, wh_json_next(doc, holder->before), &unused, &begin) ||
			!wh_json_span(doc, value, &unused, &end))
			return false;
	} else if (!wh_json_span(doc, holder->key, &begin, &unused) ||
		   !wh_json_span(doc, next, &end, &unused)) {
		return false;
	}
	add_part(splice, ret, 0, begin);
	add_part(splice, ret, end, splice->text.len);
	return true;
}

int wh_json_text_unset(struct wh_slice text, const struct wh_json_options *options,
	const char *const path[], struct wh_buf *ret, struct wh_err *err)
{
	struct splice splice WH_CLEANUP(splice_done) = { .doc = NULL };
	struct holder chosen = { .key = WH_NO_NODE };
	int r = begin_splice(&splice, text, options, err);
	wh_node object;

	if (r < 0)
		return r;
	object = wh_json_root(splice.doc);
	for (size_t i = 0; path[i] != NULL; i++) {
		struct holder here = find_member(splice.doc, object, path[i]);

		if (here.key == WH_NO_NODE) {
			wh_buf_add_slice(ret, text);
			return wh_buf_status(ret);
		}
		/* What would be left empty goes as a whole, so the first such one counts. */
		if (i == 0 || !is_only_member(splice.doc, &here))
			chosen = here;
		object = wh_json_next(splice.doc, here.key);
	}
	if (!cut(&splice, &chosen, ret) || wh_buf_status(ret) < 0)
		return wh_fail_errno(err, ENOMEM, "cannot edit");
	return 0;
}
