/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where something stands, for the person who has to find it: line and column by counting from the
 * start, the pointer by walking up to the root. Nothing is kept for it while all goes well.
 */

#include "json/tree.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* A pointer in a message is cut in its middle to leave room for the sentence, even when every byte
 * of it comes out as \xNN. */
#define POINTER_END 60u

/* The offset of a node's first byte (a string's quote), or NOWHERE for an edited one. */
static size_t offset_of(const struct wh_json *doc, wh_node node)
{
	const struct wh_json_node *n = &doc->nodes[node];
	bool string = n->type == WH_JSON_STRING;
	uintptr_t distance;

	if (n->type == WH_JSON_NONE || n->off == WH_JSON_NOWHERE)
		return WH_JSON_NOWHERE;
	if (n->off < doc->text.len)
		return n->off - (string ? 1u : 0u);
	/* A string whose escapes were taken out still has its spelling in the text. */
	distance = (uintptr_t)doc->extras[n->off - doc->text.len].raw - (uintptr_t)doc->text.data;
	return distance < doc->text.len ? distance - (string ? 1u : 0u) : WH_JSON_NOWHERE;
}

static void position_of(
	const struct wh_json *doc, size_t offset, unsigned *ret_line, unsigned *ret_column)
{
	const char *at = doc->text.data;
	const char *end = at + offset;
	const char *newline;
	unsigned line = 1;

	while (at < end && (newline = memchr(at, '\n', (size_t)(end - at))) != NULL) {
		line++;
		at = newline + 1;
	}
	*ret_line = line;
	*ret_column = (unsigned)(end - at) + 1;
}

void wh_json_position(
	const struct wh_json *doc, wh_node node, unsigned *ret_line, unsigned *ret_column)
{
	size_t offset = offset_of(doc, node);

	*ret_line = *ret_column = 0;
	if (offset != WH_JSON_NOWHERE)
		position_of(doc, offset, ret_line, ret_column);
}

/* Behind blanks and comments. */
static size_t skip_between(const struct wh_json *doc, size_t at)
{
	const char *text = doc->text.data;

	while (at < doc->text.len) {
		const char *end = NULL;

		if (strchr(" \t\r\n", text[at]) != NULL) {
			at++;
			continue;
		}
		if (text[at] != '/')
			return at;
		end = text[at + 1] == '*' ? strstr(text + at + 2, "*/")
					  : memchr(text + at, '\n', doc->text.len - at);
		at = end == NULL ? doc->text.len
				 : (size_t)(end - text) + (text[at + 1] == '*' ? 2 : 1);
	}
	return at;
}

static wh_node last_child(const struct wh_json *doc, wh_node container)
{
	wh_node last = WH_NO_NODE;

	for (wh_node child = wh_json_first(doc, container); child != WH_NO_NODE;
		child = wh_json_next(doc, child))
		last = child;
	return last;
}

bool wh_json_span(const struct wh_json *doc, wh_node node, size_t *ret_begin, size_t *ret_end)
{
	size_t begin = offset_of(doc, node), at, open = 0;
	wh_node last;

	if (begin == WH_JSON_NOWHERE)
		return false;
	/* A container ends behind its last descendant and a bracket for each level. */
	while (wh_json_is_container(doc, node) && (last = last_child(doc, node)) != WH_NO_NODE) {
		node = last;
		open++;
	}
	at = offset_of(doc, node);
	if (at == WH_JSON_NOWHERE)
		return false;
	if (wh_json_is_container(doc, node)) {
		at = skip_between(doc, at + 1) + 1;
	} else {
		at += wh_json_spelled(doc, node).len;
		at += doc->nodes[node].type == WH_JSON_STRING ? 2 : 0;
	}
	for (; open > 0; open--)
		at = skip_between(doc, at) + 1;
	*ret_begin = begin;
	*ret_end = at;
	return at <= doc->text.len;
}

/* The container that holds the node, or none: the root and what hangs nowhere. */
static wh_node holder_of(const struct wh_json *doc, wh_node node)
{
	uint32_t next;

	while (((next = doc->nodes[node].next) & WH_JSON_UP) == 0) {
		if (next == 0)
			return WH_NO_NODE;
		node = next;
	}
	return next & ~WH_JSON_UP;
}

static void add_key(const struct wh_json *doc, wh_node key, struct wh_buf *ret)
{
	struct wh_json_cursor cursor = { .rest = wh_json_spelling_of(doc, key) };
	int byte;

	wh_buf_add_char(ret, '/');
	while ((byte = wh_json_cursor_next(&cursor)) >= 0) {
		if (byte == '~')
			wh_buf_add_string(ret, "~0");
		else if (byte == '/')
			wh_buf_add_string(ret, "~1");
		else
			wh_buf_add_char(ret, (char)byte);
	}
}

/* Adds the step from a container to one of its children. */
static void add_step(const struct wh_json *doc, wh_node holder, wh_node child, struct wh_buf *ret)
{
	size_t index = 0;

	if (doc->nodes[holder].type == WH_JSON_OBJECT) {
		wh_json_each_member (doc, holder, key) {
			if (key == child || wh_json_next(doc, key) == child) {
				add_key(doc, key, ret);
				return;
			}
		}
		return;
	}
	wh_json_each_element (doc, holder, element) {
		if (element == child)
			break;
		index++;
	}
	wh_buf_addf(ret, "/%zu", index);
}

void wh_json_pointer(struct wh_json *doc, wh_node node, struct wh_buf *ret)
{
	struct wh_buf path = WH_BUF_INIT; /* of nodes, from the innermost out */
	size_t count;

	for (; node != WH_NO_NODE; node = holder_of(doc, node))
		wh_buf_add(&path, &node, sizeof(node));
	if (wh_buf_status(&path) < 0)
		(void)wh_json_spoil(doc, ENOMEM);
	for (count = path.len / sizeof(node); count > 1; count--) {
		wh_node step[2]; /* child, holder */

		memcpy(step, path.data + (count - 2) * sizeof(node), sizeof(step));
		add_step(doc, step[1], step[0], ret);
	}
	wh_buf_done(&path);
}

static void add_short_pointer(struct wh_json *doc, wh_node node, struct wh_buf *ret)
{
	struct wh_buf pointer = WH_BUF_INIT;

	wh_json_pointer(doc, node, &pointer);
	if (pointer.len <= 2 * POINTER_END) {
		wh_buf_add(ret, pointer.data, pointer.len);
	} else {
		wh_buf_add(ret, pointer.data, POINTER_END);
		wh_buf_add_string(ret, "...");
		wh_buf_add(ret, pointer.data + pointer.len - POINTER_END, POINTER_END);
	}
	wh_buf_done(&pointer);
}

int wh_json_fail_at(struct wh_json *doc, wh_node node, size_t offset, struct wh_err *err,
	int number, const char *sentence)
{
	struct wh_buf pointer = WH_BUF_INIT, place = WH_BUF_INIT;
	unsigned line, column;

	add_short_pointer(doc, node, &pointer);
	if (offset != WH_JSON_NOWHERE) {
		position_of(doc, offset, &line, &column);
		wh_buf_addf(&place, "line %u, column %u", line, column);
	}
	if (pointer.len > 0)
		wh_buf_addf(&place, "%s(%s)", place.len > 0 ? " " : "", pointer.data);
	if (place.len > 0)
		wh_buf_add_string(&place, ": ");
	(void)wh_fail(err, number, "%s%s", place.len > 0 ? place.data : "", sentence);
	wh_buf_done(&pointer);
	wh_buf_done(&place);
	return -number;
}

int wh_json_fail(
	struct wh_json *doc, wh_node node, struct wh_err *err, int number, const char *format, ...)
{
	char sentence[sizeof(err->text)];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	return wh_json_fail_at(doc, node, offset_of(doc, node), err, number, sentence);
}
