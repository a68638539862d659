/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pages of two CPUs' rings, whatever bytes they are, through all that is done to them: one half of
 * the input is either's. A page is short here, and the events are a few made-up ones. What comes
 * out is in the order of time as far as each page is, and no record is told twice.
 */

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/trace-merge.h"

#define MUST(condition) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "line %d: not so: %s\n", __LINE__, #condition); \
			abort(); \
		} \
	} while (0)

#define PAGE 512
#define PAGES 4 /* of a CPU */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct wh_ring_layout ring = { 8, 8, 16, PAGE - 16 };

#define HERE WH_FORMAT_HERE
#define KIND(number, ...) \
	{ \
		.id = (number), .tid = { "common_pid", 4, 4, true, HERE }, .fields = { \
			__VA_ARGS__ \
		} \
	}

static const struct wh_trace_layout layout = {
	.kinds = {
		[WH_TRACED_CHECK] = KIND(
			1, { "cap", 8, 4, true, HERE }, { "target_ns", 12, 8, false, HERE }),
		[WH_TRACED_ANSWER] = KIND(2, { "ret", 8, 4, true, HERE }),
		[WH_TRACED_EXEC] = KIND(3, { "filename", 8, 4, true, WH_FORMAT_DATA_LOC }),
		[WH_TRACED_FORK] = KIND(4, { "child_pid", 8, 4, true, HERE }),
		[WH_TRACED_EXIT] = KIND(5, { "", 0, 0, false, HERE }),
		[WH_TRACED_LISTEN] = KIND(
			6, { "sport", 8, 2, false, HERE }, { "protocol", 10, 2, false, HERE }),
		[WH_TRACED_SYSCALL] =
			KIND(7, { "id", 8, 8, true, HERE }, { "args", 16, 48, false, HERE }),
		[WH_TRACED_STACK] =
			KIND(8, { "size", 8, 4, true, HERE }, { "caller", 12, 64, false, HERE }),
	},
	.long_size = 8,
};

static uint32_t sum; /* so that all that is read is read */

static void add(const void *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		sum += ((const uint8_t *)bytes)[i];
}

static int look(void *context, const struct wh_merged *merged)
{
	size_t *told = context;
	uint64_t stack[WH_STACK_MAX];
	struct wh_event event;
	int32_t tid;

	++*told;
	MUST(merged->kind != WH_TRACED_STACK);
	add(merged->record.data, merged->record.len);
	add(merged->stack.data, merged->stack.len);
	if (merged->kind == WH_TRACED_KINDS) {
		MUST(merged->lost > 0 && merged->joined == 0);
		return 0;
	}
	MUST(wh_trace_identify(&layout, merged->record, &tid) == merged->kind);
	MUST(merged->stack.len == 0 || merged->kind == WH_TRACED_CHECK);
	if (merged->stack.len > 0)
		add(stack, wh_trace_stack(&layout, merged->stack, stack) * sizeof(stack[0]));
	if (merged->kind == WH_TRACED_ANSWER)
		sum += wh_trace_answer(&layout, merged->record);
	else if (wh_trace_decode(&layout, merged->kind, merged->record, &event))
		MUST(event.tid == tid);
	if (merged->kind == WH_TRACED_EXEC &&
		wh_trace_decode(&layout, merged->kind, merged->record, &event))
		add(event.exec.file, event.exec.len);
	return 0;
}

static size_t give(struct wh_merge *merge, unsigned cpu, const uint8_t *data, size_t size)
{
	size_t all = 0;

	for (size_t page = 0; page < PAGES && size > 0; page++) {
		size_t len = size < PAGE ? size : PAGE, records;
		char *bytes = calloc(1, PAGE); /* of its own, so that the ends are seen */
		uint64_t time;
		int r;

		if (bytes == NULL)
			abort();
		memcpy(bytes, data, len);
		r = wh_merge_page(merge, cpu, (struct wh_slice){ bytes, PAGE }, &records, &time);
		MUST(r == 0 || r == -EINVAL);
		free(bytes);
		all += records + 1; /* and that some are lost */
		data += len;
		size -= len;
	}
	return all;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wh_merge *merge = NULL;
	size_t told = 0, again = 0, most;

	if (wh_merge_new(&merge, 2, &ring, &layout) < 0)
		abort();
	most = give(merge, 0, data, size / 2);
	MUST(wh_merge_emit(merge, size * 1000, look, &told) == 0);
	most += give(merge, 1, data + size / 2, size - size / 2);
	MUST(wh_merge_emit(merge, UINT64_MAX, look, &told) == 0);
	MUST(told <= most);
	MUST(wh_merge_emit(merge, UINT64_MAX, look, &again) == 0 && again == 0);
	wh_merge_free(merge);
	return 0;
}
