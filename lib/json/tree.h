/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * How a document lies in memory; for the files of this room alone.
 *
 * Nodes stand in one array in the order of the text. A node of the text points into it; one that
 * was made by an edit, or whose escapes were taken out, has an offset behind the text's end, which
 * counts into `extras`. So the text never moves and no node owns anything.
 *
 * Siblings are chained by `next`; the last one's leads back up to the container (WH_JSON_UP), so
 * that every walk, of any depth, needs neither recursion nor a stack. The children of an object
 * are key, value, key, value. Node 0 is no node; while reading it stands for what holds the root.
 */

#include "base/arena.h"
#include "base/buf.h"
#include "json/json.h"
#include "json/text.h"

#define WH_JSON_UP 0x80000000u     /* in `next`: the rest is the container's index */
#define WH_JSON_NOWHERE UINT32_MAX /* `off` of a node that stands for itself, not in the text */
#define WH_JSON_FEW_NODES 64u      /* room to begin with where the text gives no measure */
#define WH_JSON_MAX_NODES (1u << 26)
#define WH_JSON_MAX_TOKEN ((1u << 26) - 1)

struct wh_json_node {
	uint32_t off;         /* first byte of the token, behind the quote; a container's bracket */
	uint32_t len : 26;    /* of the token; in a container: its first child, 0 for none */
	uint32_t type : 4;    /* enum wh_json_type */
	uint32_t escaped : 1; /* a string with escapes in its spelling */
	uint32_t key : 1;     /* a member's key, its value is next */
	uint32_t next;        /* next sibling; or container | WH_JSON_UP; or 0: hangs nowhere */
};

_Static_assert(sizeof(struct wh_json_node) == 12, "six times the text, at two bytes a node");

struct wh_json_extra {
	const char *raw;   /* in the text, or in the arena */
	const char *plain; /* unescaped, in the arena; NULL while nobody asked for it */
	size_t plain_len;
};

struct wh_json {
	struct wh_buf text;
	struct wh_json_node *nodes;
	uint32_t count;
	uint32_t capacity;
	wh_node root;
	struct wh_json_extra *extras;
	uint32_t extra_count;
	uint32_t extra_capacity;
	struct wh_arena arena;
	/*
	 * Where the last edit was, so that editing a container from front to back, or filling it
	 * at its end, is linear in all: `child` is an element or a member's value that hangs in
	 * `container`, or 0 for its beginning.
	 */
	struct {
		wh_node container;
		wh_node child;
	} cursor;
	int status; /* negative errno: the document is spoiled */
};

static inline bool wh_json_is_container(const struct wh_json *doc, wh_node node)
{
	unsigned type = doc->nodes[node].type;

	return type == WH_JSON_ARRAY || type == WH_JSON_OBJECT;
}

/* The token as spelled, without a string's quotes, which always stand around it; {NULL, 0} for a
 * container. What wh_json_raw() gives, but inline. */
static inline struct wh_slice wh_json_spelled(const struct wh_json *doc, wh_node node)
{
	const struct wh_json_node *n = &doc->nodes[node];

	switch ((enum wh_json_type)n->type) {
	case WH_JSON_NULL:
		return WH_SLICE("null");
	case WH_JSON_FALSE:
		return WH_SLICE("false");
	case WH_JSON_TRUE:
		return WH_SLICE("true");
	case WH_JSON_NUMBER:
	case WH_JSON_STRING:
		if (n->off < doc->text.len)
			return (struct wh_slice){ doc->text.data + n->off, n->len };
		return (struct wh_slice){ doc->extras[n->off - doc->text.len].raw, n->len };
	case WH_JSON_NONE:
	case WH_JSON_ARRAY:
	case WH_JSON_OBJECT:
		break;
	}
	return (struct wh_slice){ NULL, 0 };
}

/* An empty document with room for `nodes` nodes and no root, or NULL when memory ran out. */
struct wh_json *wh_json_alloc(size_t nodes) WH_MUST_CHECK;

/* Spoils the document unless it already is; returns WH_NO_NODE. */
wh_node wh_json_spoil(struct wh_json *doc, int number);

/* A node that hangs nowhere; WH_NO_NODE (and the document is spoiled) when memory ran out. */
wh_node wh_json_node_new(struct wh_json *doc, enum wh_json_type type, uint32_t off, uint32_t len);

/* The number of a new extra for these raw bytes as an offset for a node; WH_JSON_NOWHERE (and the
 * document is spoiled) when memory ran out. */
uint32_t wh_json_extra_new(struct wh_json *doc, const char *raw);

/* How a string node is spelled. */
struct wh_json_spelling wh_json_spelling_of(const struct wh_json *doc, wh_node node);

/*
 * Finds a key of this object that stands in it a second time: 0 with that key, or with WH_NO_NODE
 * when all differ; -ENOMEM. `count` is the number of keys. A hostile choice of keys costs a sort,
 * never the square.
 */
int wh_json_find_duplicate(
	const struct wh_json *doc, wh_node object, size_t count, wh_node *ret) WH_MUST_CHECK;

/* As wh_json_fail(), for the byte at this offset (WH_JSON_NOWHERE: none) and a finished sentence.
 */
int wh_json_fail_at(struct wh_json *doc, wh_node node, size_t offset, struct wh_err *err,
	int number, const char *sentence);
