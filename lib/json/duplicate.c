/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A key that stands twice in one object means three different things to the three runtimes (Go
 * merges, yajl takes the first, json-c the last), so none is let through. Keys are compared as
 * they are meant, not as they are spelled.
 *
 * Few keys are compared in pairs. Many, when they ascend, differ by that: Go writes its maps so,
 * and all engines are written in Go. Others go into an open hash table. Its hash has no secret, so
 * that the same text always does the same: whoever makes keys collide on purpose runs out of the
 * probes that chance would need, and their keys are sorted instead.
 */

#include "json/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FEW 16u
#define PROBES_PER_KEY 8u

/* A slot: the key's index, and the top of its hash so that other keys are rarely looked at. */
#define SLOT_NODE 0x00ffffffu
#define SLOT_HASH 0xff000000u

_Static_assert(WH_JSON_MAX_SIZE / 2 + 64 < SLOT_NODE, "a node of any text fits into a slot");

static wh_node in_pairs(const struct wh_json *doc, wh_node object)
{
	struct wh_json_spelling seen[FEW];
	size_t count = 0;

	wh_json_each_member (doc, object, key) {
		struct wh_json_spelling spelling = wh_json_spelling_of(doc, key);

		for (size_t i = 0; i < count; i++) {
			if (wh_json_spelling_equal(seen[i], spelling))
				return key;
		}
		seen[count++] = spelling;
	}
	return WH_NO_NODE;
}

static bool all_ascend(const struct wh_json *doc, wh_node object)
{
	struct wh_json_spelling before = { .escaped = false };
	bool first = true;

	wh_json_each_member (doc, object, key) {
		struct wh_json_spelling spelling = wh_json_spelling_of(doc, key);

		if (!first && wh_json_spelling_compare(before, spelling) >= 0)
			return false;
		before = spelling;
		first = false;
	}
	return true;
}

static int by_meaning(const void *a, const void *b, void *context)
{
	wh_node left = *(const wh_node *)a, right = *(const wh_node *)b;
	const struct wh_json *doc = context;
	int order = wh_json_spelling_compare(
		wh_json_spelling_of(doc, left), wh_json_spelling_of(doc, right));

	return order != 0 ? order : (left > right) - (left < right);
}

static bool same_key(const struct wh_json *doc, wh_node a, wh_node b)
{
	return wh_json_spelling_equal(wh_json_spelling_of(doc, a), wh_json_spelling_of(doc, b));
}

static int by_sorting(const struct wh_json *doc, wh_node object, size_t count, wh_node *ret)
{
	wh_node *keys = malloc(count * sizeof(*keys));
	wh_node first = WH_NO_NODE;
	size_t n = 0;

	if (keys == NULL)
		return -ENOMEM;
	wh_json_each_member (doc, object, key)
		keys[n++] = key;
	qsort_r(keys, n, sizeof(*keys), by_meaning, (void *)(uintptr_t)doc);
	for (size_t i = 1; i < n; i++) {
		if (same_key(doc, keys[i - 1], keys[i]) && (first == WH_NO_NODE || keys[i] < first))
			first = keys[i];
	}
	free(keys);
	*ret = first;
	return 0;
}

struct table {
	uint32_t *slots;
	size_t mask;
	size_t probes; /* left until this is no chance any more */
};

/* Puts the key into the table: true with WH_NO_NODE when it is new, true with the key when it was
 * there, false when the probes ran out. */
static bool insert(const struct wh_json *doc, struct table *table, wh_node key, wh_node *ret)
{
	uint32_t hash = wh_json_spelling_hash(wh_json_spelling_of(doc, key));
	uint32_t slot = key | (hash & SLOT_HASH);

	for (size_t at = hash & table->mask;; at = (at + 1) & table->mask) {
		uint32_t other = table->slots[at];

		if (other == 0) {
			table->slots[at] = slot;
			*ret = WH_NO_NODE;
			return true;
		}
		if (((other ^ slot) & SLOT_HASH) == 0 && same_key(doc, other & SLOT_NODE, key)) {
			*ret = key;
			return true;
		}
		if (table->probes-- == 0)
			return false;
	}
}

static int by_hashing(const struct wh_json *doc, wh_node object, size_t count, wh_node *ret)
{
	struct table table = { .mask = 1, .probes = count * PROBES_PER_KEY };
	wh_node found = WH_NO_NODE;
	bool by_chance = true;

	while (table.mask < count + count / 2)
		table.mask = table.mask * 2 + 1;
	table.slots = calloc(table.mask + 1, sizeof(*table.slots));
	if (table.slots == NULL)
		return -ENOMEM;
	wh_json_each_member (doc, object, key) {
		by_chance = insert(doc, &table, key, &found);
		if (!by_chance || found != WH_NO_NODE)
			break;
	}
	free(table.slots);
	if (!by_chance)
		return by_sorting(doc, object, count, ret);
	*ret = found;
	return 0;
}

int wh_json_find_duplicate(const struct wh_json *doc, wh_node object, size_t count, wh_node *ret)
{
	if (count > FEW && !all_ascend(doc, object))
		return by_hashing(doc, object, count, ret);
	*ret = count > FEW ? WH_NO_NODE : in_pairs(doc, object);
	return 0;
}
