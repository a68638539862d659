/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changing a tree. New nodes go to the end of the array and only links change, so no index ever
 * becomes another node's. What is taken out keeps its own link, so a loop may remove the element
 * it stands on and go on.
 *
 * An edit that could not be made must not be overlooked, since most of them take a privilege away:
 * the document is spoiled then, and cannot be written any more. The cursor in the document keeps a
 * pass over a hostile array of a million elements linear, although the chain has one direction.
 */

#include "json/tree.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

wh_node wh_json_new_null(struct wh_json *doc)
{
	return wh_json_node_new(doc, WH_JSON_NULL, WH_JSON_NOWHERE, 0);
}

wh_node wh_json_new_bool(struct wh_json *doc, bool value)
{
	return wh_json_node_new(doc, value ? WH_JSON_TRUE : WH_JSON_FALSE, WH_JSON_NOWHERE, 0);
}

wh_node wh_json_new_array(struct wh_json *doc)
{
	return wh_json_node_new(doc, WH_JSON_ARRAY, WH_JSON_NOWHERE, 0);
}

wh_node wh_json_new_object(struct wh_json *doc)
{
	return wh_json_node_new(doc, WH_JSON_OBJECT, WH_JSON_NOWHERE, 0);
}

/* A scalar with its spelling copied into the document; a string's is given without its quotes, but
 * they stand around it. */
static wh_node new_scalar(struct wh_json *doc, enum wh_json_type type, struct wh_slice raw)
{
	size_t quote = type == WH_JSON_STRING ? 1 : 0;
	uint32_t off;
	char *copy;

	if (doc->status < 0)
		return WH_NO_NODE;
	if (raw.len > WH_JSON_MAX_TOKEN)
		return wh_json_spoil(doc, EINVAL);
	copy = wh_arena_dup(
		&doc->arena, (struct wh_slice){ raw.data - quote, raw.len + 2 * quote });
	if (copy == NULL)
		return wh_json_spoil(doc, ENOMEM);
	off = wh_json_extra_new(doc, copy + quote);
	return wh_json_node_new(doc, type, off, (uint32_t)raw.len);
}

wh_node wh_json_new_i64(struct wh_json *doc, int64_t value)
{
	char digits[sizeof("-9223372036854775808")];
	int len = snprintf(digits, sizeof(digits), "%" PRId64, value);

	return new_scalar(doc, WH_JSON_NUMBER, (struct wh_slice){ digits, (size_t)len });
}

wh_node wh_json_new_u64(struct wh_json *doc, uint64_t value)
{
	char digits[sizeof("18446744073709551615")];
	int len = snprintf(digits, sizeof(digits), "%" PRIu64, value);

	return new_scalar(doc, WH_JSON_NUMBER, (struct wh_slice){ digits, (size_t)len });
}

wh_node wh_json_new_string(struct wh_json *doc, struct wh_slice text)
{
	struct wh_buf quoted = WH_BUF_INIT;
	wh_node node;

	/* What could not be read back the same must not be written. */
	if (text.len > 0 && (wh_json_utf8_span(text.data, text.len) < text.len ||
				    memchr(text.data, '\0', text.len) != NULL))
		return wh_json_spoil(doc, EINVAL);
	wh_buf_add_json(&quoted, text);
	if (wh_buf_status(&quoted) < 0)
		return wh_json_spoil(doc, ENOMEM);
	/* Without the quotes; every escape makes the spelling longer than what it means. */
	node = new_scalar(
		doc, WH_JSON_STRING, (struct wh_slice){ quoted.data + 1, quoted.len - 2 });
	if (node != WH_NO_NODE)
		doc->nodes[node].escaped = quoted.len - 2 > text.len;
	wh_buf_done(&quoted);
	return node;
}

/* One node without its children, hanging nowhere. */
static wh_node copy_node(struct wh_json *doc, const struct wh_json *from, wh_node node)
{
	struct wh_json_node n = from->nodes[node];
	enum wh_json_type type = wh_json_type(from, node);
	bool spelled = type == WH_JSON_NUMBER || type == WH_JSON_STRING;
	wh_node copy;

	if (wh_json_is_container(from, node))
		n.len = 0;
	if (doc == from)
		copy = wh_json_node_new(doc, type, n.off, n.len);
	else if (spelled)
		copy = new_scalar(doc, type, wh_json_raw(from, node));
	else
		copy = wh_json_node_new(doc, type, WH_JSON_NOWHERE, n.len);
	if (copy != WH_NO_NODE) {
		doc->nodes[copy].escaped = n.escaped;
		doc->nodes[copy].key = n.key;
	}
	return copy;
}

wh_node wh_json_new_copy(struct wh_json *doc, const struct wh_json *from, wh_node node)
{
	wh_node source = node, copy, top;

	if (from->status < 0)
		return wh_json_spoil(doc, -from->status);
	if (node == WH_NO_NODE)
		return WH_NO_NODE;
	top = copy = copy_node(doc, from, node);
	while (copy != WH_NO_NODE) {
		wh_node parent = copy, next = wh_json_first(from, source);
		wh_node made;

		if (next == WH_NO_NODE) {
			/* Up to where there is a next sibling; both trees have the same shape. */
			while (source != node && wh_json_next(from, source) == WH_NO_NODE) {
				source = from->nodes[source].next & ~WH_JSON_UP;
				copy = doc->nodes[copy].next & ~WH_JSON_UP;
			}
			if (source == node)
				return top;
			next = wh_json_next(from, source);
			parent = doc->nodes[copy].next & ~WH_JSON_UP;
		}
		made = copy_node(doc, from, next);
		if (made == WH_NO_NODE)
			break;
		if (doc->nodes[parent].len == 0)
			doc->nodes[parent].len = made & WH_JSON_MAX_TOKEN;
		else
			doc->nodes[copy].next = made;
		doc->nodes[made].next = parent | WH_JSON_UP;
		source = next;
		copy = made;
	}
	return WH_NO_NODE;
}

int wh_json_new_from(struct wh_json **ret, const struct wh_json *from, wh_node node)
{
	struct wh_json *doc WH_JSON = NULL;
	int r;

	if (node == WH_NO_NODE || from->status < 0)
		return -EINVAL;
	doc = wh_json_alloc(WH_JSON_FEW_NODES);
	if (doc == NULL)
		return -ENOMEM;
	doc->root = wh_json_new_copy(doc, from, node);
	r = wh_json_status(doc);
	if (r < 0)
		return r;
	*ret = wh_steal_ptr(doc);
	return 0;
}

/* Whether the edit can begin; spoils the document when it asks for what cannot be. */
static bool may_edit(struct wh_json *doc, wh_node container, enum wh_json_type type, wh_node value)
{
	if (doc->status < 0)
		return false;
	if (wh_json_type(doc, container) == type && value != WH_NO_NODE) {
		doc->nodes[value].key = 0; /* it may be one, or a copy */
		return true;
	}
	(void)wh_json_spoil(doc, EINVAL);
	return false;
}

/* From a child, or the beginning (0), the last node of the next unit: an element, or the value
 * behind a key. */
static wh_node next_unit(const struct wh_json *doc, wh_node container, wh_node child)
{
	wh_node next =
		child == WH_NO_NODE ? wh_json_first(doc, container) : wh_json_next(doc, child);

	return doc->nodes[container].type == WH_JSON_OBJECT ? wh_json_next(doc, next) : next;
}

static void point_at(struct wh_json *doc, wh_node container, wh_node child)
{
	doc->cursor.container = container;
	doc->cursor.child = child;
}

/* Where a walk through this container may begin: the child of the last edit, or the beginning. */
static wh_node known_child(const struct wh_json *doc, wh_node container)
{
	return doc->cursor.container == container ? doc->cursor.child : WH_NO_NODE;
}

/* Hangs `first` … `last`, which are chained, behind the child `behind` or at the beginning. */
static void insert(
	struct wh_json *doc, wh_node container, wh_node behind, wh_node first, wh_node last)
{
	struct wh_json_node *nodes = doc->nodes;
	uint32_t next;

	if (behind != WH_NO_NODE) {
		next = nodes[behind].next;
		nodes[behind].next = first;
	} else {
		next = nodes[container].len != 0 ? nodes[container].len : container | WH_JSON_UP;
		nodes[container].len = first & WH_JSON_MAX_TOKEN;
	}
	nodes[last].next = next;
	point_at(doc, container, last);
}

static void insert_last(struct wh_json *doc, wh_node container, wh_node first, wh_node last)
{
	wh_node end = known_child(doc, container), next;

	while ((next = next_unit(doc, container, end)) != WH_NO_NODE)
		end = next;
	insert(doc, container, end, first, last);
}

void wh_json_append(struct wh_json *doc, wh_node array, wh_node value)
{
	if (may_edit(doc, array, WH_JSON_ARRAY, value))
		insert_last(doc, array, value, value);
}

void wh_json_prepend(struct wh_json *doc, wh_node array, wh_node value)
{
	if (may_edit(doc, array, WH_JSON_ARRAY, value))
		insert(doc, array, WH_NO_NODE, value, value);
}

/* The key node of a member, or WH_NO_NODE. */
static wh_node find_key(const struct wh_json *doc, wh_node object, const char *key)
{
	wh_node value = wh_json_get(doc, object, key);

	if (value == WH_NO_NODE)
		return WH_NO_NODE;
	wh_json_each_member (doc, object, member) {
		if (wh_json_next(doc, member) == value)
			return member;
	}
	return WH_NO_NODE;
}

void wh_json_set(struct wh_json *doc, wh_node object, const char *key, wh_node value)
{
	wh_node member, old;

	if (!may_edit(doc, object, WH_JSON_OBJECT, value))
		return;
	member = find_key(doc, object, key);
	if (member != WH_NO_NODE) {
		old = wh_json_next(doc, member);
		doc->nodes[value].next = doc->nodes[old].next;
		doc->nodes[member].next = value;
		point_at(doc, object, value);
		return;
	}
	member = wh_json_new_string(doc, wh_slice_of(key));
	if (member == WH_NO_NODE)
		return;
	doc->nodes[member].key = 1;
	doc->nodes[member].next = value;
	insert_last(doc, object, member, value);
}

/* The child before the unit that begins with `first`: 0 with it (WH_NO_NODE: none), or -ENOENT. */
static int find_before(const struct wh_json *doc, wh_node container, wh_node first, wh_node *ret)
{
	wh_node start = known_child(doc, container), child = start;

	for (;;) {
		wh_node next = child == WH_NO_NODE ? wh_json_first(doc, container)
						   : wh_json_next(doc, child);

		if (next == first) {
			*ret = child;
			return 0;
		}
		child = next_unit(doc, container, child);
		if (child == WH_NO_NODE) {
			/* Not behind the last edit: once more from the beginning. */
			if (start == WH_NO_NODE)
				return -ENOENT;
			start = WH_NO_NODE;
		}
	}
}

void wh_json_remove(struct wh_json *doc, wh_node container, wh_node element_or_key)
{
	wh_node before, last = element_or_key;
	uint32_t next;

	if (doc->status < 0)
		return;
	if (element_or_key == WH_NO_NODE || !wh_json_is_container(doc, container) ||
		find_before(doc, container, element_or_key, &before) < 0) {
		(void)wh_json_spoil(doc, EINVAL);
		return;
	}
	if (doc->nodes[container].type == WH_JSON_OBJECT)
		last = wh_json_next(doc, element_or_key);
	next = doc->nodes[last].next;
	if (before != WH_NO_NODE)
		doc->nodes[before].next = next;
	else
		doc->nodes[container].len = (next & WH_JSON_UP) != 0 ? 0 : next & WH_JSON_MAX_TOKEN;
	point_at(doc, container, before);
}

void wh_json_unset(struct wh_json *doc, wh_node object, const char *key)
{
	wh_node member = find_key(doc, object, key);

	if (member != WH_NO_NODE)
		wh_json_remove(doc, object, member);
}
