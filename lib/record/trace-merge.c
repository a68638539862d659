/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A lane for each CPU: its records' bytes one behind the other, and a list of where each begins.
 * One lane more, the first, has the processes that join, so that at the same time a join comes
 * first. What was handed over is taken away at once, so a lane holds little.
 *
 * The kernel writes a check and its stack one after the other on the same CPU, but an interrupt or
 * another thread may come between the two.
 */

#include "record/trace-merge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define STACK_REACH 16 /* so many records may stand between a check and its stack */

struct item {
	uint64_t time;
	uint64_t lost;
	size_t at, stack_at; /* in the bytes */
	uint32_t len, stack_len;
	int32_t tid;
	enum wh_traced kind;
};

struct lane {
	struct item *items;
	size_t head, count, capacity;
	struct wh_buf bytes;
};

struct wh_merge {
	const struct wh_ring_layout *ring;
	const struct wh_trace_layout *layout;
	size_t lane_count;
	struct lane lanes[];
};

int wh_merge_new(struct wh_merge **ret, unsigned cpus, const struct wh_ring_layout *ring,
	const struct wh_trace_layout *layout)
{
	size_t lanes = (size_t)cpus + 1;
	struct wh_merge *merge = calloc(1, sizeof(*merge) + lanes * sizeof(merge->lanes[0]));

	if (merge == NULL)
		return -ENOMEM;
	merge->ring = ring;
	merge->layout = layout;
	merge->lane_count = lanes;
	*ret = merge;
	return 0;
}

void wh_merge_free(struct wh_merge *merge)
{
	if (merge == NULL)
		return;
	for (size_t i = 0; i < merge->lane_count; i++) {
		free(merge->lanes[i].items);
		wh_buf_done(&merge->lanes[i].bytes);
	}
	free(merge);
}

static int add_item(struct lane *lane, const struct item *item)
{
	if (lane->count == lane->capacity) {
		size_t capacity = lane->capacity == 0 ? 64 : lane->capacity * 2;
		struct item *items = reallocarray(lane->items, capacity, sizeof(*items));

		if (items == NULL)
			return -ENOMEM;
		lane->items = items;
		lane->capacity = capacity;
	}
	lane->items[lane->count++] = *item;
	return 0;
}

static int add_bytes(struct lane *lane, struct wh_slice bytes, size_t *ret_at)
{
	*ret_at = lane->bytes.len;
	wh_buf_add_slice(&lane->bytes, bytes);
	return wh_buf_status(&lane->bytes);
}

/* To the thread's last record, if that is a check without one. */
static int add_stack(struct lane *lane, int32_t tid, struct wh_slice record)
{
	size_t end =
		lane->count - lane->head > STACK_REACH ? lane->count - STACK_REACH : lane->head;

	for (size_t i = lane->count; i > end; i--) {
		struct item *item = &lane->items[i - 1];

		if (item->tid != tid)
			continue;
		if (item->kind != WH_TRACED_CHECK || item->stack_len > 0)
			return 0;
		item->stack_len = (uint32_t)record.len;
		return add_bytes(lane, record, &item->stack_at);
	}
	return 0;
}

static int add_record(
	struct wh_merge *merge, struct lane *lane, uint64_t time, struct wh_slice record)
{
	struct item item = { .time = time, .len = (uint32_t)record.len };
	int r;

	item.kind = wh_trace_identify(merge->layout, record, &item.tid);
	if (item.kind == WH_TRACED_KINDS)
		return 0;
	if (item.kind == WH_TRACED_STACK)
		return add_stack(lane, item.tid, record);
	r = add_bytes(lane, record, &item.at);
	return r < 0 ? r : add_item(lane, &item);
}

int wh_merge_page(struct wh_merge *merge, unsigned cpu, struct wh_slice bytes, size_t *ret_records,
	uint64_t *ret_time)
{
	struct lane *lane = &merge->lanes[cpu + 1];
	struct wh_ring_page page;
	struct wh_slice record;
	size_t records = 0;
	int r = wh_ring_page_begin(merge->ring, bytes, &page);

	*ret_records = 0;
	*ret_time = 0;
	if (r < 0)
		return r;
	if (page.lost > 0)
		r = add_item(lane,
			&(struct item){
				.time = page.time, .lost = page.lost, .kind = WH_TRACED_KINDS });
	while (r >= 0 && (r = wh_ring_page_next(&page, &record)) > 0) {
		r = add_record(merge, lane, page.time, record);
		records++;
	}
	*ret_records = records;
	*ret_time = page.time;
	return r;
}

int wh_merge_join(struct wh_merge *merge, uint64_t time, int32_t pid)
{
	return add_item(&merge->lanes[0],
		&(struct item){ .time = time, .tid = pid, .kind = WH_TRACED_KINDS });
}

static struct lane *earliest(struct wh_merge *merge)
{
	struct lane *best = NULL;

	for (size_t i = 0; i < merge->lane_count; i++) {
		struct lane *lane = &merge->lanes[i];

		if (lane->head < lane->count &&
			(best == NULL ||
				lane->items[lane->head].time < best->items[best->head].time))
			best = lane;
	}
	return best;
}

static struct wh_merged merged_of(const struct lane *lane, const struct item *item)
{
	const char *bytes = lane->bytes.data;
	struct wh_merged merged = {
		.time = item->time,
		.kind = item->kind,
		.lost = item->lost,
	};

	if (item->kind == WH_TRACED_KINDS)
		merged.joined = item->tid;
	if (item->len > 0)
		merged.record = (struct wh_slice){ bytes + item->at, item->len };
	if (item->stack_len > 0)
		merged.stack = (struct wh_slice){ bytes + item->stack_at, item->stack_len };
	return merged;
}

/* Moves what is left to the front. Bytes lie in the order of their items; a stack lies behind its
 * record. */
static void forget(struct lane *lane)
{
	size_t left = lane->count - lane->head, from = lane->bytes.len;

	if (lane->head == 0)
		return;
	for (size_t i = lane->head; i < lane->count; i++) {
		if (lane->items[i].len > 0) {
			from = lane->items[i].at;
			break;
		}
	}
	if (left > 0)
		memmove(lane->items, lane->items + lane->head, left * sizeof(lane->items[0]));
	if (from < lane->bytes.len)
		memmove(lane->bytes.data, lane->bytes.data + from, lane->bytes.len - from);
	lane->bytes.len -= from;
	lane->head = 0;
	lane->count = left;
	for (size_t i = 0; i < left; i++) {
		lane->items[i].at -= lane->items[i].len > 0 ? from : 0;
		lane->items[i].stack_at -= lane->items[i].stack_len > 0 ? from : 0;
	}
}

int wh_merge_emit(struct wh_merge *merge, uint64_t until, wh_merge_sink *sink, void *context)
{
	struct lane *lane;
	int r = 0;

	while (r == 0 && (lane = earliest(merge)) != NULL) {
		const struct item *item = &lane->items[lane->head];
		struct wh_merged merged = merged_of(lane, item);

		if (item->time >= until)
			break;
		lane->head++;
		r = sink(context, &merged);
	}
	for (size_t i = 0; i < merge->lane_count; i++)
		forget(&merge->lanes[i]);
	return r;
}
