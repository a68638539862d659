/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as JSON. What the strict reader accepts is written to a text that it accepts again,
 * that is canonical, and that comes out byte for byte the same; the reader that allows comments
 * accepts it too and means the same by it. Whatever that one accepts is, once written, strict JSON.
 * Every node of an accepted text can be looked at, named and copied.
 */

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json/json.h"

#define MUST(condition) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "line %d: not so: %s\n", __LINE__, #condition); \
			abort(); \
		} \
	} while (0)

/* Naming a node takes time linear in the document, so not every one of a large document's is. */
#define NAMED 64

static const struct wh_json_options with_comments = { .comments = true };

static struct wh_json *parse(const void *bytes, size_t len, const struct wh_json_options *options)
{
	struct wh_buf text = WH_BUF_INIT;
	struct wh_err err = WH_ERR_INIT;
	struct wh_json *doc = NULL;
	int r;

	wh_buf_add(&text, bytes, len);
	r = wh_json_parse_take(&doc, &text, options, &err);
	MUST(text.data == NULL);
	MUST((r == 0) == (doc != NULL));
	MUST(r == 0 || (r == -EINVAL && err.number == EINVAL && err.text[0] != '\0'));
	return doc;
}

static void write(const struct wh_json *doc, struct wh_buf *ret)
{
	MUST(wh_json_write_buf(doc, wh_json_root(doc), ret) == 0);
}

static void look_at(struct wh_json *doc, wh_node node)
{
	struct wh_slice plain = wh_json_string(doc, node);
	struct wh_buf pointer = WH_BUF_INIT;
	unsigned line, column;
	uint64_t u64 = 0;
	int64_t i64 = 0;

	MUST((plain.data != NULL) == (wh_json_type(doc, node) == WH_JSON_STRING));
	MUST(plain.len <= wh_json_raw(doc, node).len);
	MUST(plain.data == NULL || memchr(plain.data, '\0', plain.len) == NULL);
	wh_json_position(doc, node, &line, &column);
	MUST(line > 0 && column > 0);
	wh_json_pointer(doc, node, &pointer);
	MUST(node == wh_json_root(doc) || pointer.len > 0);
	if (wh_json_u64(doc, node, &u64) == 0 && wh_json_i64(doc, node, &i64) == 0)
		MUST(i64 >= 0 && (uint64_t)i64 == u64);
	wh_buf_done(&pointer);
}

static void look_at_all(struct wh_json *doc)
{
	wh_node open[WH_JSON_MAX_DEPTH + 1] = { wh_json_root(doc) };
	size_t depth = 1;

	for (size_t seen = 0; depth > 0 && seen < NAMED; seen++) {
		wh_node node = open[depth - 1], first = wh_json_first(doc, node);

		look_at(doc, node);
		open[depth - 1] = wh_json_next(doc, node);
		if (first != WH_NO_NODE) {
			MUST(depth <= WH_JSON_MAX_DEPTH);
			open[depth++] = first;
		}
		while (depth > 0 && open[depth - 1] == WH_NO_NODE)
			depth--;
	}
}

static void copy(const struct wh_json *doc, const struct wh_buf *written)
{
	struct wh_json *other WH_JSON = NULL;
	struct wh_buf again = WH_BUF_INIT;

	MUST(wh_json_new_from(&other, doc, wh_json_root(doc)) == 0);
	write(other, &again);
	MUST(again.len == written->len && memcmp(again.data, written->data, again.len) == 0);
	wh_buf_done(&again);
}

/* Reads a text of our own; it must come out as it went in. */
static void read_again(const struct wh_buf *written, const struct wh_json_options *options)
{
	struct wh_json *doc WH_JSON = parse(written->data, written->len, options);
	struct wh_buf again = WH_BUF_INIT;

	MUST(doc != NULL);
	MUST(wh_json_is_canonical(doc));
	look_at_all(doc);
	MUST(wh_json_is_canonical(doc));
	write(doc, &again);
	MUST(again.len == written->len && memcmp(again.data, written->data, again.len) == 0);
	copy(doc, &again);
	wh_buf_done(&again);
}

static void check(const struct wh_json *doc, struct wh_buf *ret_written)
{
	write(doc, ret_written);
	read_again(ret_written, NULL);
	read_again(ret_written, &with_comments);
}

/* Whatever follows the member, reading up to it cannot fail where reading all did not. */
static void stop_at_first(const void *bytes, size_t len, struct wh_json *doc)
{
	wh_node key = wh_json_first(doc, wh_json_root(doc));
	struct wh_buf name = WH_BUF_INIT;

	if (wh_json_type(doc, wh_json_root(doc)) == WH_JSON_OBJECT && key != WH_NO_NODE) {
		struct wh_json_options options = { .comments = false };
		struct wh_json *part WH_JSON = NULL;
		struct wh_buf written = WH_BUF_INIT;

		wh_buf_add_slice(&name, wh_json_string(doc, key));
		options.stop_after = name.data;
		part = parse(bytes, len, &options);
		MUST(part != NULL);
		MUST(wh_json_next(
			     part, wh_json_next(part, wh_json_first(part, wh_json_root(part)))) ==
			WH_NO_NODE);
		check(part, &written);
		wh_buf_done(&written);
	}
	wh_buf_done(&name);
}

/* Every other child goes, one comes; what is written then is good JSON still. */
static void edit(struct wh_json *doc)
{
	wh_node root = wh_json_root(doc);
	struct wh_buf written = WH_BUF_INIT;
	bool odd = false;

	if (wh_json_type(doc, root) == WH_JSON_OBJECT) {
		wh_json_each_member (doc, root, key) {
			if ((odd = !odd))
				wh_json_remove(doc, root, key);
		}
		wh_json_set(doc, root, "a", wh_json_new_string(doc, WH_SLICE("\n")));
	} else if (wh_json_type(doc, root) == WH_JSON_ARRAY) {
		wh_json_each_element (doc, root, element) {
			if ((odd = !odd))
				wh_json_remove(doc, root, element);
		}
		wh_json_append(doc, root, wh_json_new_copy(doc, doc, wh_json_first(doc, root)));
		if (wh_json_status(doc) < 0) /* nothing was left to copy */
			return;
		wh_json_prepend(doc, root, wh_json_new_u64(doc, UINT64_MAX));
	}
	MUST(wh_json_status(doc) == 0);
	check(doc, &written);
	wh_buf_done(&written);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wh_json *strict WH_JSON = parse(data, size, NULL);
	struct wh_json *lax WH_JSON = parse(data, size, &with_comments);
	struct wh_buf from_strict = WH_BUF_INIT, from_lax = WH_BUF_INIT;

	MUST(strict == NULL || lax != NULL);
	if (lax != NULL)
		check(lax, &from_lax);
	if (strict != NULL) {
		check(strict, &from_strict);
		MUST(wh_slice_eq((struct wh_slice){ from_strict.data, from_strict.len },
			(struct wh_slice){ from_lax.data, from_lax.len }));
		stop_at_first(data, size, strict);
		edit(strict);
	}
	wh_buf_done(&from_strict);
	wh_buf_done(&from_lax);
	return 0;
}
