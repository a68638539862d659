/* SPDX-License-Identifier: Apache-2.0 */
/* Records of perf events, put together word by word as perf_event_open(2) has them. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "perf-formats.h"

#define PID 4711
#define TID 4712
#define TIME UINT64_C(0x123456789abc)

static struct wh_perf_formats formats;
static uint64_t stack[WH_STACK_MAX];

struct record {
	_Alignas(8) unsigned char bytes[8192];
	size_t len;
};

static void add(struct record *record, const void *bytes, size_t len)
{
	assert_true(record->len + len <= sizeof(record->bytes));
	memcpy(record->bytes + record->len, bytes, len);
	record->len += len;
}
static void add_u16(struct record *record, uint16_t value)
{
	add(record, &value, sizeof(value));
}
static void add_u32(struct record *record, uint32_t value)
{
	add(record, &value, sizeof(value));
}
static void add_u64(struct record *record, uint64_t value)
{
	add(record, &value, sizeof(value));
}

static struct record begin(uint32_t type)
{
	struct record record = { .len = 0 };

	add_u32(&record, type);
	add_u16(&record, 0);
	add_u16(&record, 0);
	return record;
}

/* Puts the size in. */
static struct wh_slice end(struct record *record)
{
	uint16_t size = (uint16_t)record->len;

	memcpy(record->bytes + 6, &size, sizeof(size));
	return (struct wh_slice){ (const char *)record->bytes, record->len };
}

static void add_origin(struct record *record)
{
	add_u32(record, PID);
	add_u32(record, TID);
	add_u64(record, TIME);
}

/* A sample until its raw part, with this call chain. */
static struct record sample(const uint64_t *chain, size_t depth)
{
	struct record record = begin(PERF_RECORD_SAMPLE);

	add_origin(&record);
	add_u64(&record, depth);
	if (depth > 0)
		add(&record, chain, depth * sizeof(*chain));
	return record;
}

static void add_common(struct record *record, uint16_t type)
{
	add_u16(record, type);
	add_u16(record, 0);
	add_u32(record, PID);
}

/* The kernel fills the raw part up, so that what follows its size is aligned. */
static void add_check(struct record *record, int32_t capability)
{
	add_u32(record, 44);
	add_common(record, 2073);
	add_u64(record, 1); /* credentials */
	add_u64(record, 2); /* the namespace that was asked about */
	add_u64(record, UINT64_C(0xffffffff83a5f1c0));
	add_u32(record, (uint32_t)capability);
	add_u32(record, 0);
	add_u32(record, 0);
}

static void add_exec(struct record *record, uint32_t where, const char *text, size_t len)
{
	add_u32(record, (uint32_t)(20 + len));
	add_common(record, 365);
	add_u32(record, where);
	add_u32(record, TID);
	add_u32(record, TID);
	if (len > 0)
		add(record, text, len);
}

static int decode(struct wh_slice record, struct wh_event *ret)
{
	/* A copy of this very size, so that nothing behind it can be read unnoticed. */
	char *copy = malloc(record.len > 0 ? record.len : 1);
	int r;

	assert_non_null(copy);
	if (record.len > 0)
		memcpy(copy, record.data, record.len);
	record.data = copy;
	(void)wh_perf_time(record);
	r = wh_perf_decode(&formats, record, stack, ret);
	if (r > 0 && ret->kind == WH_EVENT_EXEC)
		ret->exec.file = NULL;
	free(copy);
	return r;
}

static void checks_are_told(void **state)
{
	static const uint64_t chain[] = { (uint64_t)PERF_CONTEXT_KERNEL, 0xffffffff81000001,
		0xffffffff81000002, (uint64_t)PERF_CONTEXT_USER, 0x55550000, 0x55550001,
		(uint64_t)PERF_CONTEXT_KERNEL, 0xffffffff81000003 };
	struct record record = sample(chain, WH_COUNT(chain));
	struct wh_event event;

	(void)state;
	add_check(&record, 21);
	assert_int_equal(wh_perf_time(end(&record)), TIME);
	assert_int_equal(decode(end(&record), &event), 1);
	assert_int_equal(event.kind, WH_EVENT_CHECK);
	assert_int_equal(event.tid, TID);
	assert_int_equal(event.time, TIME);
	assert_int_equal(event.check.capability, 21);
	assert_int_equal(event.check.target, UINT64_C(0xffffffff83a5f1c0));
	/* The user's part is none of it. */
	assert_int_equal(event.check.depth, 3);
	assert_ptr_equal(event.check.stack, stack);
	assert_int_equal(stack[0], chain[1]);
	assert_int_equal(stack[1], chain[2]);
	assert_int_equal(stack[2], chain[7]);
}

static void odd_chains(void **state)
{
	uint64_t chain[WH_STACK_MAX + 10] = { (uint64_t)PERF_CONTEXT_KERNEL };
	struct record record = sample(NULL, 0);
	struct wh_event event;

	(void)state;
	add_check(&record, 0);
	assert_int_equal(decode(end(&record), &event), 1);
	assert_int_equal(event.check.depth, 0);
	/* Without the mark whose they are nobody knows. */
	record = sample(chain + 1, 2);
	add_check(&record, 0);
	assert_int_equal(decode(end(&record), &event), 1);
	assert_int_equal(event.check.depth, 0);
	/* More than there is room for is cut at the outer end. */
	for (size_t i = 1; i < WH_COUNT(chain); i++)
		chain[i] = UINT64_C(0xffffffff81000000) + i;
	record = sample(chain, WH_COUNT(chain));
	add_check(&record, 0);
	assert_int_equal(decode(end(&record), &event), 1);
	assert_int_equal(event.check.depth, WH_STACK_MAX);
	assert_int_equal(stack[0], chain[1]);
	assert_int_equal(stack[WH_STACK_MAX - 1], chain[WH_STACK_MAX]);
}

static void odd_capabilities(void **state)
{
	static const struct {
		int32_t capability;
		int told;
	} rows[] = { { 0, 1 }, { 40, 1 }, { 63, 1 }, { 64, 0 }, { -1, 0 }, { INT32_MAX, 0 },
		{ INT32_MIN, 0 } };

	(void)state;
	for (size_t i = 0; i < WH_COUNT(rows); i++) {
		struct record record = sample(NULL, 0);
		struct wh_event event;

		add_check(&record, rows[i].capability);
		assert_int_equal(decode(end(&record), &event), rows[i].told);
	}
}

static void execs_are_told(void **state)
{
	static const char odd[] = "/bin/\n\xff odd";
	struct record record = sample(NULL, 0);
	struct wh_event event;

	(void)state;
	add_exec(&record, (uint32_t)sizeof(odd) << 16 | 20, odd, sizeof(odd));
	assert_int_equal(wh_perf_decode(&formats, end(&record), stack, &event), 1);
	assert_int_equal(event.kind, WH_EVENT_EXEC);
	assert_int_equal(event.tid, TID);
	assert_int_equal(event.exec.len, sizeof(odd) - 1);
	assert_memory_equal(event.exec.file, odd, sizeof(odd) - 1);
}

static void names_that_lead_out(void **state)
{
	static const uint32_t places[] = { 5u << 16 | 21, 1u << 16 | 25, 0xffffffff, 0xffffu << 16,
		1u << 16 | 0xffff, 6u << 16 | 20 };

	(void)state;
	for (size_t i = 0; i < WH_COUNT(places); i++) {
		struct record record = sample(NULL, 0);
		struct wh_event event;

		add_exec(&record, places[i], "name", 5);
		assert_int_equal(decode(end(&record), &event), 0);
	}
}

static void system_calls_are_told(void **state)
{
	struct record record = sample(NULL, 0);
	struct wh_event event;

	(void)state;
	add_u32(&record, 68);
	add_common(&record, 443);
	add_u64(&record, 117);
	for (uint64_t i = 0; i < 6; i++)
		add_u64(&record, 100 + i);
	add_u32(&record, 0);
	assert_int_equal(decode(end(&record), &event), 1);
	assert_int_equal(event.kind, WH_EVENT_SYSCALL);
	assert_int_equal(event.syscall.number, 117);
	for (uint64_t i = 0; i < 6; i++)
		assert_int_equal(event.syscall.args[i], 100 + i);
	/* With five arguments it is none. */
	record.len -= 12;
	record.bytes[32] = 56;
	assert_int_equal(decode(end(&record), &event), 0);
}

static void listening_is_told(void **state)
{
	struct record record = sample(NULL, 0);
	struct wh_event event;

	(void)state;
	add_u32(&record, 36);
	add_common(&record, 2287);
	add_u64(&record, 1);
	add_u32(&record, 7);
	add_u32(&record, 10);
	add_u16(&record, 443);
	add_u16(&record, 0);
	add_u16(&record, 2);
	add_u16(&record, 6);
	add_u32(&record, 0);
	assert_int_equal(decode(end(&record), &event), 1);
	assert_int_equal(event.kind, WH_EVENT_PORT);
	assert_int_equal(event.port.number, 443);
	assert_int_equal(event.port.protocol, 6);
}

static void tasks_are_told(void **state)
{
	static const uint32_t types[] = { PERF_RECORD_FORK, PERF_RECORD_EXIT };

	(void)state;
	for (size_t i = 0; i < WH_COUNT(types); i++) {
		struct record record = begin(types[i]);
		struct wh_event event;

		add_u32(&record, 50);
		add_u32(&record, PID);
		add_u32(&record, 51);
		add_u32(&record, TID);
		add_u64(&record, 99);
		add_origin(&record);
		assert_int_equal(wh_perf_time(end(&record)), TIME);
		assert_int_equal(decode(end(&record), &event), 1);
		assert_int_equal(event.time, 99);
		if (types[i] == PERF_RECORD_FORK) {
			assert_int_equal(event.kind, WH_EVENT_FORK);
			assert_int_equal(event.tid, TID);
			assert_int_equal(event.fork.child, 51);
		} else {
			assert_int_equal(event.kind, WH_EVENT_EXIT);
			assert_int_equal(event.tid, 51);
		}
	}
}

static void losses_are_told(void **state)
{
	static const struct {
		uint32_t type;
		unsigned words; /* in front of the count, which is the last but for the origin */
		uint64_t count, told;
		uint64_t time;
	} rows[] = {
		{ PERF_RECORD_LOST, 1, 12, 12, 0 },
		{ PERF_RECORD_LOST_SAMPLES, 0, 13, 13, 0 },
		{ PERF_RECORD_THROTTLE, 2, 14, 1, TIME },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(rows); i++) {
		struct record record = begin(rows[i].type);
		struct wh_event event;

		for (unsigned k = 0; k < rows[i].words; k++)
			add_u64(&record, 77);
		add_u64(&record, rows[i].count);
		add_origin(&record);
		assert_int_equal(wh_perf_time(end(&record)), rows[i].time);
		assert_int_equal(decode(end(&record), &event), 1);
		assert_int_equal(event.kind, WH_EVENT_LOST);
		assert_int_equal(event.lost.count, rows[i].told);
	}
}

static void others_tell_nothing(void **state)
{
	static const uint32_t types[] = { 0, PERF_RECORD_MMAP, PERF_RECORD_COMM,
		PERF_RECORD_UNTHROTTLE, PERF_RECORD_AUX, 1000, UINT32_MAX };
	struct record record = sample(NULL, 0);
	struct wh_event event;

	(void)state;
	add_u32(&record, 12);
	add_common(&record, 4000); /* somebody else's tracepoint */
	add_u32(&record, 0);
	assert_int_equal(decode(end(&record), &event), 0);
	for (size_t i = 0; i < WH_COUNT(types); i++) {
		record = begin(types[i]);
		for (unsigned k = 0; k < 8; k++)
			add_u64(&record, 5);
		assert_int_equal(decode(end(&record), &event), 0);
	}
}

/* Every record cut at every place, and with each size that is not its own. */
static void cut_off_or_lying(void **state)
{
	static const uint64_t chain[] = { (uint64_t)PERF_CONTEXT_KERNEL, 1, 2, 3 };
	struct record whole = sample(chain, WH_COUNT(chain));
	struct wh_slice slice;
	struct wh_event event;

	(void)state;
	add_check(&whole, 5);
	slice = end(&whole);
	for (size_t len = 0; len < slice.len; len++) {
		struct record cut = whole;
		uint16_t lie = (uint16_t)len;

		/* The header says more than is there, then less. */
		assert_int_equal(decode((struct wh_slice){ slice.data, len }, &event), 0);
		memcpy(cut.bytes + 6, &lie, sizeof(lie));
		assert_int_equal(
			decode((struct wh_slice){ (const char *)cut.bytes, slice.len }, &event), 0);
		/* A smaller record that is one; without the last word of padding it still tells. */
		cut.len = len;
		assert_int_equal(decode(end(&cut), &event), 0);
	}
}

static void lying_counts(void **state)
{
	static const uint64_t counts[] = { 1000, UINT64_MAX, UINT64_MAX / 8, UINT64_MAX / 8 + 1,
		UINT64_C(1) << 61 };
	static const uint32_t sizes[] = { 0, 1, UINT32_MAX, 45, 1u << 31 };

	(void)state;
	for (size_t i = 0; i < WH_COUNT(counts); i++) {
		struct record record = sample(NULL, 0);
		struct wh_event event;

		memcpy(record.bytes + 24, &counts[i], sizeof(counts[i]));
		add_check(&record, 5);
		assert_int_equal(decode(end(&record), &event), 0);
	}
	for (size_t i = 0; i < WH_COUNT(sizes); i++) {
		struct record record = sample(NULL, 0);
		struct wh_event event;

		add_check(&record, 5);
		memcpy(record.bytes + 32, &sizes[i], sizeof(sizes[i]));
		assert_int_equal(decode(end(&record), &event), 0);
	}
}

static void formats_are_complete_or_not(void **state)
{
	struct wh_perf_formats less = formats;

	(void)state;
	assert_true(wh_perf_formats_complete(&formats));
	less.of[WH_PERF_CHECK].count = 6; /* without cap */
	assert_false(wh_perf_formats_complete(&less));
	less = formats;
	less.of[WH_PERF_PORT].count = 10; /* without protocol */
	assert_false(wh_perf_formats_complete(&less));
}

static int read_formats(void **state)
{
	(void)state;
	return read_perf_formats(&formats) ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(checks_are_told),
		cmocka_unit_test(odd_chains),
		cmocka_unit_test(odd_capabilities),
		cmocka_unit_test(execs_are_told),
		cmocka_unit_test(names_that_lead_out),
		cmocka_unit_test(system_calls_are_told),
		cmocka_unit_test(listening_is_told),
		cmocka_unit_test(tasks_are_told),
		cmocka_unit_test(losses_are_told),
		cmocka_unit_test(others_tell_nothing),
		cmocka_unit_test(cut_off_or_lying),
		cmocka_unit_test(lying_counts),
		cmocka_unit_test(formats_are_complete_or_not),
	};

	return cmocka_run_group_tests(tests, read_formats, NULL);
}
