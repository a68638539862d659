/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tree as text. Tokens are copied as they were spelled and only the structure is written anew,
 * so there is exactly one text for a tree, and writing it, reading it and writing it again gives
 * the same bytes. The walk follows the links, so its depth is no matter.
 */

#include "json/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WRITE_SIZE 16384u /* most documents go out in one piece */
#define COMPARE_SIZE 256u /* most that differ do so near the beginning */

struct writer {
	wh_json_sink *sink;
	void *context;
	char *piece;
	size_t size; /* of the piece */
	size_t len;
	int result; /* what the sink returned when it ended the writing */
};

static void deliver(struct writer *w, const char *bytes, size_t len)
{
	if (w->result == 0 && len > 0)
		w->result = w->sink(w->context, bytes, len);
}

static void flush(struct writer *w)
{
	deliver(w, w->piece, w->len);
	w->len = 0;
}

static void put(struct writer *w, const char *bytes, size_t len)
{
	if (len > w->size - w->len)
		flush(w);
	if (len > w->size) {
		deliver(w, bytes, len);
		return;
	}
	memcpy(w->piece + w->len, bytes, len);
	w->len += len;
}

static void put_char(struct writer *w, char c)
{
	if (w->len == w->size)
		flush(w);
	w->piece[w->len++] = c;
}

/* A scalar, or a container's opening bracket. */
static void put_opening(struct writer *w, const struct wh_json *doc, wh_node node)
{
	struct wh_slice raw = wh_json_spelled(doc, node);
	unsigned type = doc->nodes[node].type;

	if (type == WH_JSON_STRING)
		put(w, raw.data - 1, raw.len + 2); /* with its quotes */
	else if (raw.data != NULL)
		put(w, raw.data, raw.len);
	else
		put_char(w, type == WH_JSON_OBJECT ? '{' : '[');
}

static void put_closing(struct writer *w, const struct wh_json *doc, wh_node container)
{
	put_char(w, doc->nodes[container].type == WH_JSON_OBJECT ? '}' : ']');
}

static void put_value(struct writer *w, const struct wh_json *doc, wh_node top)
{
	wh_node node = top;

	while (w->result == 0) {
		put_opening(w, doc, node);
		if (wh_json_is_container(doc, node)) {
			if (doc->nodes[node].len != 0) {
				node = doc->nodes[node].len;
				continue;
			}
			put_closing(w, doc, node);
		}
		/* Up, past every container that ends here. */
		while (node != top && (doc->nodes[node].next & WH_JSON_UP) != 0) {
			node = doc->nodes[node].next & ~WH_JSON_UP;
			put_closing(w, doc, node);
		}
		if (node == top)
			break;
		put_char(w, doc->nodes[node].key ? ':' : ',');
		node = doc->nodes[node].next;
	}
	flush(w);
}

int wh_json_write(const struct wh_json *doc, wh_node node, wh_json_sink *sink, void *context)
{
	struct writer w = { .sink = sink, .context = context, .size = WRITE_SIZE };

	if (doc->status < 0)
		return doc->status;
	if (node == WH_NO_NODE)
		return -EINVAL;
	w.piece = malloc(w.size);
	if (w.piece == NULL)
		return -ENOMEM;
	put_value(&w, doc, node);
	free(w.piece);
	return w.result;
}

static int into_buffer(void *context, const char *bytes, size_t len)
{
	struct wh_buf *buf = context;

	wh_buf_add(buf, bytes, len);
	return wh_buf_status(buf);
}

int wh_json_write_buf(const struct wh_json *doc, wh_node node, struct wh_buf *ret)
{
	return wh_json_write(doc, node, into_buffer, ret);
}

/* Ends the writing with 1 as soon as it differs. */
static int against_text(void *context, const char *bytes, size_t len)
{
	struct wh_slice *rest = context;

	if (len > rest->len || memcmp(rest->data, bytes, len) != 0)
		return 1;
	rest->data += len;
	rest->len -= len;
	return 0;
}

bool wh_json_is_canonical(const struct wh_json *doc)
{
	char piece[COMPARE_SIZE];
	struct wh_slice rest = { doc->text.data, doc->text.len };
	struct writer w = {
		.sink = against_text, .context = &rest, .piece = piece, .size = sizeof(piece)
	};

	if (doc->status < 0)
		return false;
	put_value(&w, doc, doc->root);
	return w.result == 0 && rest.len == 0;
}
