/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hash table with open addressing, never more than half full. It serves rule names (10,000 of
 * them must be seen to be unique in well under a millisecond) and the annotation keys that rules
 * ask for. What is stored comes from the administrator alone, so nobody can choose texts that
 * collide; a container's texts are only looked up.
 */

#include "policy/internal.h"

#include <errno.h>
#include <string.h>

#define FIRST_ROOM 64u

/* FNV-1a, 64 bits. */
static uint64_t hash(struct wh_slice text)
{
	uint64_t value = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < text.len; i++)
		value = (value ^ (unsigned char)text.data[i]) * UINT64_C(0x100000001b3);
	return value ^ value >> 32;
}

/* The slot that holds the text, or the free one where it belongs. There is always a free one. */
static uint32_t *slot_of(const struct wh_names *names, struct wh_slice text)
{
	size_t mask = names->room * 2 - 1;
	size_t at = (size_t)hash(text) & mask;

	while (names->slots[at] != 0 && !wh_slice_eq(names->texts[names->slots[at] - 1], text))
		at = (at + 1) & mask;
	return &names->slots[at];
}

int wh_names_reserve(struct wh_names *names, struct wh_arena *arena, size_t count)
{
	struct wh_names wider = { .room = names->room ? names->room : FIRST_ROOM };

	if (count > UINT32_MAX / 8)
		return -ENOMEM;
	if (count <= names->room)
		return 0;
	while (wider.room < count)
		wider.room *= 2;
	wider.texts = wh_arena_array(arena, wider.room, sizeof(*wider.texts));
	wider.slots = wh_arena_array(arena, wider.room * 2, sizeof(*wider.slots));
	if (wider.texts == NULL || wider.slots == NULL)
		return -ENOMEM;
	for (; wider.count < names->count; wider.count++) {
		wider.texts[wider.count] = names->texts[wider.count];
		*slot_of(&wider, wider.texts[wider.count]) = (uint32_t)wider.count + 1;
	}
	*names = wider;
	return 0;
}

int wh_names_find(const struct wh_names *names, struct wh_slice text, size_t *ret)
{
	const uint32_t *slot;

	if (names->count == 0)
		return -ENOENT;
	slot = slot_of(names, text);
	if (*slot == 0)
		return -ENOENT;
	*ret = *slot - 1;
	return 0;
}

int wh_names_add(struct wh_names *names, struct wh_arena *arena, struct wh_slice text, size_t *ret)
{
	int r = wh_names_reserve(names, arena, names->count + 1);
	uint32_t *slot;

	if (r < 0)
		return r;
	slot = slot_of(names, text);
	r = *slot != 0;
	if (r == 0) {
		names->texts[names->count] = text;
		*slot = (uint32_t)++names->count;
	}
	*ret = *slot - 1;
	return r;
}
