/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A check is answered within a microsecond, so there are hardly more than CPUs at a time. The list
 * is short, and the newest are at its end, where they are looked for first.
 */

#include "record/trace-pairs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct pair {
	struct wh_event check;
	uint64_t stack[WH_STACK_MAX];
};

struct wh_pairs {
	size_t count, capacity;
	struct pair **items; /* the oldest first */
	struct pair answered;
};

int wh_pairs_new(struct wh_pairs **ret)
{
	struct wh_pairs *pairs = calloc(1, sizeof(*pairs));

	if (pairs == NULL)
		return -ENOMEM;
	*ret = pairs;
	return 0;
}

void wh_pairs_free(struct wh_pairs *pairs)
{
	if (pairs == NULL)
		return;
	for (size_t i = 0; i < pairs->count; i++)
		free(pairs->items[i]);
	free(pairs->items);
	free(pairs);
}

/* The number of the thread's newest, or count. */
static size_t find(const struct wh_pairs *pairs, int32_t tid)
{
	for (size_t i = pairs->count; i > 0; i--) {
		if (pairs->items[i - 1]->check.tid == tid)
			return i - 1;
	}
	return pairs->count;
}

/* Takes one out of the list; the caller's now. */
static struct pair *take(struct wh_pairs *pairs, size_t i)
{
	struct pair *pair = pairs->items[i];

	pairs->count--;
	memmove(pairs->items + i, pairs->items + i + 1, (pairs->count - i) * sizeof(pair));
	return pair;
}

static int make_room(struct wh_pairs *pairs)
{
	size_t capacity = pairs->capacity == 0 ? 16 : pairs->capacity * 2;
	struct pair **items;

	if (pairs->count < pairs->capacity)
		return 0;
	items = reallocarray(pairs->items, capacity, sizeof(*items));
	if (items == NULL)
		return -ENOMEM;
	pairs->items = items;
	pairs->capacity = capacity;
	return 0;
}

static void fill(struct pair *pair, const struct wh_event *check)
{
	unsigned depth = check->check.depth < WH_STACK_MAX ? check->check.depth : WH_STACK_MAX;

	pair->check = *check;
	pair->check.check.depth = depth;
	if (depth > 0)
		memcpy(pair->stack, check->check.stack, depth * sizeof(pair->stack[0]));
	pair->check.check.stack = pair->stack;
}

int wh_pairs_check(struct wh_pairs *pairs, const struct wh_event *check)
{
	struct pair *pair;

	if (make_room(pairs) < 0)
		return -ENOMEM;
	pair = pairs->count == WH_PAIRS_MAX ? take(pairs, 0) : malloc(sizeof(*pair));
	if (pair == NULL)
		return -ENOMEM;
	fill(pair, check);
	pairs->items[pairs->count++] = pair;
	return 0;
}

const struct wh_event *wh_pairs_answer(struct wh_pairs *pairs, int32_t tid)
{
	size_t i = find(pairs, tid);
	struct pair *pair;

	if (i == pairs->count)
		return NULL;
	pair = take(pairs, i);
	fill(&pairs->answered, &pair->check);
	free(pair);
	return &pairs->answered.check;
}

void wh_pairs_end(struct wh_pairs *pairs, int32_t tid)
{
	size_t i;

	while ((i = find(pairs, tid)) < pairs->count)
		free(take(pairs, i));
}

void wh_pairs_forget(struct wh_pairs *pairs)
{
	while (pairs->count > 0)
		free(take(pairs, pairs->count - 1));
}
