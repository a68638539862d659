/* SPDX-License-Identifier: Apache-2.0 */
/* Rings as the kernel would have them, small ones, in memory of our own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "record/perf-rings.h"

#define RINGS 3
#define SIZE 128 /* bytes of each */

static struct perf_event_mmap_page pages[RINGS];
static char data[RINGS][SIZE] __attribute__((aligned(8)));
static struct wh_perf_ring items[RINGS];
static struct wh_perf_rings rings;

/* The last one is of a CPU that is offline. */
static int begin(void **state)
{
	(void)state;
	memset(pages, 0, sizeof(pages));
	memset(items, 0, sizeof(items));
	rings.count = RINGS;
	rings.size = SIZE;
	rings.items = items;
	for (unsigned i = 0; i + 1 < RINGS; i++) {
		items[i].control = &pages[i];
		items[i].data = data[i];
	}
	return 0;
}

static void write_bytes(unsigned ring, const void *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		data[ring][(pages[ring].data_head + i) % SIZE] = ((const char *)bytes)[i];
	pages[ring].data_head += len;
}

/* A sample of this many bytes, 24 or more, with its time in it. */
static void write_sample(unsigned ring, uint64_t time, uint16_t size)
{
	struct {
		struct perf_event_header header;
		uint32_t pid, tid;
		uint64_t time;
		char rest[SIZE];
	} sample = { .header = { .type = PERF_RECORD_SAMPLE, .size = size }, .time = time };

	memset(sample.rest, (int)time, sizeof(sample.rest));
	write_bytes(ring, &sample, size);
}

static void assert_next(uint64_t limit, uint64_t time, size_t size)
{
	struct wh_slice record;
	uint64_t its;

	assert_true(wh_perf_rings_next(&rings, limit, &record));
	assert_int_equal(record.len, size);
	memcpy(&its, record.data + 16, sizeof(its));
	assert_int_equal(its, time);
	for (size_t i = 24; i < size; i++)
		assert_int_equal(record.data[i], (char)time);
	wh_perf_rings_pass(&rings);
}

static void assert_none(uint64_t limit)
{
	struct wh_slice record;

	assert_false(wh_perf_rings_next(&rings, limit, &record));
}

static void in_the_order_of_time(void **state)
{
	(void)state;
	wh_perf_rings_look(&rings);
	assert_none(UINT64_MAX);
	write_sample(0, 10, 24);
	write_sample(0, 30, 32);
	write_sample(1, 20, 24);
	write_sample(1, 40, 24);
	assert_none(UINT64_MAX); /* written after the look */
	wh_perf_rings_look(&rings);
	assert_next(30, 10, 24);
	assert_next(30, 20, 24);
	assert_next(30, 30, 32);
	assert_none(39);
	assert_next(40, 40, 24);
	assert_none(UINT64_MAX);
}

static void room_is_given_back(void **state)
{
	struct wh_slice record;

	(void)state;
	write_sample(0, 10, 24);
	wh_perf_rings_look(&rings);
	assert_true(wh_perf_rings_next(&rings, UINT64_MAX, &record));
	assert_int_equal(pages[0].data_tail, 0);
	wh_perf_rings_pass(&rings);
	assert_int_equal(pages[0].data_tail, 24);
	assert_int_equal(pages[1].data_tail, 0);
}

/* Round and round, so that every place of a record is broken at by the end once. */
static void records_over_the_end(void **state)
{
	(void)state;
	for (uint64_t time = 1; time <= 300; time++) {
		write_sample(0, time, (uint16_t)(24 + 8 * (time % 5)));
		write_sample(1, time, 40);
		wh_perf_rings_look(&rings);
		assert_next(time, time, 24 + 8 * (time % 5));
		assert_next(time, time, 40);
		assert_none(UINT64_MAX);
	}
}

/* That some were lost has no time, and is told at once. */
static void losses_first(void **state)
{
	static const struct {
		struct perf_event_header header;
		uint64_t id, lost;
	} loss = { .header = { .type = PERF_RECORD_LOST, .size = sizeof(loss) }, .lost = 7 };
	struct wh_slice record;

	(void)state;
	write_sample(0, 10, 24);
	write_bytes(1, &loss, sizeof(loss));
	wh_perf_rings_look(&rings);
	assert_true(wh_perf_rings_next(&rings, 0, &record));
	assert_memory_equal(record.data, &loss, sizeof(loss));
	wh_perf_rings_pass(&rings);
	assert_none(9);
	assert_next(10, 10, 24);
}

/* The kernel writes no such: what is no record is passed over, and what comes later is read. */
static void no_records(void **state)
{
	static const struct perf_event_header wrong[] = {
		{ .type = PERF_RECORD_SAMPLE, .size = 0 },
		{ .type = PERF_RECORD_SAMPLE, .size = 7 },
		{ .type = PERF_RECORD_SAMPLE, .size = 65535 },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(wrong); i++) {
		write_bytes(0, &wrong[i], sizeof(wrong[i]));
		wh_perf_rings_look(&rings);
		assert_none(UINT64_MAX);
		write_sample(0, i + 1, 24);
		wh_perf_rings_look(&rings);
		assert_next(UINT64_MAX, i + 1, 24);
	}
	write_bytes(0, "half", 4);
	wh_perf_rings_look(&rings);
	assert_none(UINT64_MAX);
}

static void there_are_none(void **state)
{
	struct wh_perf_rings other = { 0 };

	(void)state;
	assert_int_equal(wh_perf_rings_open(&other, 8192), 0);
	assert_int_equal(other.size, 256 << 10);
	wh_perf_rings_close(&other);
	wh_perf_rings_close(&other);
	assert_int_equal(wh_perf_rings_open(&other, 1), 0);
	assert_int_equal(other.size, 4 << 20);
	assert_true(wh_perf_rings_map(&other, 0, -1) < 0);
	wh_perf_rings_close(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(in_the_order_of_time, begin),
		cmocka_unit_test_setup(room_is_given_back, begin),
		cmocka_unit_test_setup(records_over_the_end, begin),
		cmocka_unit_test_setup(losses_first, begin),
		cmocka_unit_test_setup(no_records, begin),
		cmocka_unit_test(there_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
