/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The flat tree: making it, walking it, looking values up. A look-up walks the chain of children;
 * OCI objects have few members, and the large maps that hold user data are iterated, not searched.
 * Nothing here is computed before somebody asks: escapes are taken out of a string when its bytes
 * are wanted, and numbers stay text.
 */

#include "json/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct wh_json *wh_json_alloc(size_t nodes)
{
	struct wh_json *doc = calloc(1, sizeof(*doc));

	if (doc == NULL)
		return NULL;
	/* Not cleared: pages that no node reaches are never touched. */
	doc->nodes = malloc(nodes * sizeof(*doc->nodes));
	if (doc->nodes == NULL) {
		free(doc);
		return NULL;
	}
	doc->nodes[WH_NO_NODE] = (struct wh_json_node){ .type = WH_JSON_NONE };
	doc->count = 1;
	doc->capacity = (uint32_t)nodes;
	return doc;
}

int wh_json_new(struct wh_json **ret)
{
	struct wh_json *doc = wh_json_alloc(WH_JSON_FEW_NODES);

	if (doc == NULL)
		return -ENOMEM;
	doc->root = wh_json_node_new(doc, WH_JSON_OBJECT, WH_JSON_NOWHERE, 0);
	*ret = doc;
	return 0;
}

void wh_json_free(struct wh_json *doc)
{
	if (doc == NULL)
		return;
	wh_arena_done(&doc->arena);
	wh_buf_done(&doc->text);
	free(doc->extras);
	free(doc->nodes);
	free(doc);
}

void wh_json_freep(struct wh_json **doc)
{
	wh_json_free(*doc);
}

wh_node wh_json_spoil(struct wh_json *doc, int number)
{
	if (doc->status == 0)
		doc->status = -number;
	return WH_NO_NODE;
}

int wh_json_status(const struct wh_json *doc)
{
	return doc->status;
}

/* Doubles a table that is full. NULL (and the document is spoiled) when that cannot be. */
static void *grown(struct wh_json *doc, void *table, uint32_t *capacity, size_t size)
{
	uint32_t wanted = *capacity < WH_JSON_FEW_NODES ? WH_JSON_FEW_NODES : *capacity * 2;
	void *more = NULL;

	if (*capacity < WH_JSON_MAX_NODES / 2)
		more = realloc(table, wanted * size);
	if (more == NULL)
		(void)wh_json_spoil(doc, ENOMEM);
	else
		*capacity = wanted;
	return more;
}

wh_node wh_json_node_new(struct wh_json *doc, enum wh_json_type type, uint32_t off, uint32_t len)
{
	if (doc->status < 0)
		return WH_NO_NODE;
	if (doc->count == doc->capacity) {
		void *more = grown(doc, doc->nodes, &doc->capacity, sizeof(*doc->nodes));

		if (more == NULL)
			return WH_NO_NODE;
		doc->nodes = more;
	}
	doc->nodes[doc->count] = (struct wh_json_node){
		.off = off,
		.len = len & WH_JSON_MAX_TOKEN,
		.type = type & 0xfu,
	};
	return doc->count++;
}

uint32_t wh_json_extra_new(struct wh_json *doc, const char *raw)
{
	if (doc->status < 0)
		return WH_JSON_NOWHERE;
	if (doc->extra_count == doc->extra_capacity) {
		void *more = grown(doc, doc->extras, &doc->extra_capacity, sizeof(*doc->extras));

		if (more == NULL)
			return WH_JSON_NOWHERE;
		doc->extras = more;
	}
	doc->extras[doc->extra_count] = (struct wh_json_extra){ .raw = raw };
	return (uint32_t)doc->text.len + doc->extra_count++;
}

wh_node wh_json_root(const struct wh_json *doc)
{
	return doc->root;
}

enum wh_json_type wh_json_type(const struct wh_json *doc, wh_node node)
{
	return (enum wh_json_type)doc->nodes[node].type;
}

const char *wh_json_type_name(enum wh_json_type type)
{
	static const char *const names[] = {
		[WH_JSON_NONE] = "nothing",
		[WH_JSON_NULL] = "null",
		[WH_JSON_FALSE] = "a boolean",
		[WH_JSON_TRUE] = "a boolean",
		[WH_JSON_NUMBER] = "a number",
		[WH_JSON_STRING] = "a string",
		[WH_JSON_ARRAY] = "an array",
		[WH_JSON_OBJECT] = "an object",
	};

	return names[type];
}

wh_node wh_json_first(const struct wh_json *doc, wh_node container)
{
	return wh_json_is_container(doc, container) ? doc->nodes[container].len : WH_NO_NODE;
}

wh_node wh_json_next(const struct wh_json *doc, wh_node node)
{
	uint32_t next = doc->nodes[node].next;

	return (next & WH_JSON_UP) != 0 ? WH_NO_NODE : next;
}

struct wh_slice wh_json_raw(const struct wh_json *doc, wh_node node)
{
	return wh_json_spelled(doc, node);
}

struct wh_json_spelling wh_json_spelling_of(const struct wh_json *doc, wh_node node)
{
	return (struct wh_json_spelling){
		.raw = wh_json_raw(doc, node),
		.escaped = doc->nodes[node].escaped,
	};
}

bool wh_json_string_is(const struct wh_json *doc, wh_node node, const char *string)
{
	struct wh_json_spelling wanted = { .raw = wh_slice_of(string) };

	return wh_json_type(doc, node) == WH_JSON_STRING &&
	       wh_json_spelling_equal(wh_json_spelling_of(doc, node), wanted);
}

wh_node wh_json_get(const struct wh_json *doc, wh_node object, const char *key)
{
	struct wh_json_spelling wanted = { .raw = wh_slice_of(key) };

	if (doc->nodes[object].type != WH_JSON_OBJECT)
		return WH_NO_NODE;
	wh_json_each_member (doc, object, member) {
		if (wh_json_spelling_equal(wh_json_spelling_of(doc, member), wanted))
			return wh_json_next(doc, member);
	}
	return WH_NO_NODE;
}

/* The extra of a string, which a string of the text gets here. NULL when memory ran out. */
static struct wh_json_extra *extra_of(struct wh_json *doc, wh_node node)
{
	if (doc->nodes[node].off < doc->text.len) {
		uint32_t off = wh_json_extra_new(doc, doc->text.data + doc->nodes[node].off);

		if (off == WH_JSON_NOWHERE)
			return NULL;
		doc->nodes[node].off = off;
	}
	return &doc->extras[doc->nodes[node].off - doc->text.len];
}

static struct wh_slice unescaped(struct wh_json *doc, wh_node node)
{
	struct wh_slice raw = wh_json_raw(doc, node);
	struct wh_json_extra *extra = extra_of(doc, node);
	char *plain;

	if (extra == NULL)
		return (struct wh_slice){ NULL, 0 };
	if (extra->plain == NULL) {
		plain = wh_arena_alloc(&doc->arena, raw.len);
		if (plain == NULL) {
			(void)wh_json_spoil(doc, ENOMEM);
			return (struct wh_slice){ NULL, 0 };
		}
		extra->plain_len = wh_json_unescape(raw, plain);
		extra->plain = plain;
	}
	return (struct wh_slice){ extra->plain, extra->plain_len };
}

struct wh_slice wh_json_string(struct wh_json *doc, wh_node node)
{
	if (wh_json_type(doc, node) != WH_JSON_STRING)
		return (struct wh_slice){ NULL, 0 };
	if (doc->nodes[node].escaped)
		return unescaped(doc, node);
	return wh_json_raw(doc, node);
}

/* The digits as a magnitude. -ERANGE for anything but digits, or too many of them. */
static int magnitude(struct wh_slice digits, uint64_t *ret)
{
	uint64_t value = 0;

	for (size_t i = 0; i < digits.len; i++) {
		unsigned digit = (unsigned)(unsigned char)digits.data[i] - '0';

		if (digit > 9 || __builtin_mul_overflow(value, (uint64_t)10, &value) ||
			__builtin_add_overflow(value, (uint64_t)digit, &value))
			return -ERANGE;
	}
	*ret = value;
	return 0;
}

int wh_json_u64(const struct wh_json *doc, wh_node node, uint64_t *ret)
{
	if (wh_json_type(doc, node) != WH_JSON_NUMBER)
		return -ENOENT;
	return magnitude(wh_json_raw(doc, node), ret);
}

int wh_json_i64(const struct wh_json *doc, wh_node node, int64_t *ret)
{
	struct wh_slice raw = wh_json_raw(doc, node);
	uint64_t value, limit = INT64_MAX;
	bool negative;

	if (wh_json_type(doc, node) != WH_JSON_NUMBER)
		return -ENOENT;
	negative = raw.len > 0 && raw.data[0] == '-';
	if (negative) {
		raw.data++;
		raw.len--;
		limit++;
	}
	if (magnitude(raw, &value) < 0 || value > limit)
		return -ERANGE;
	/* Two's complement of the magnitude, so that the least number needs no case of its own. */
	*ret = (int64_t)(negative ? 0 - value : value);
	return 0;
}
