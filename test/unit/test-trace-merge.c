/* SPDX-License-Identifier: Apache-2.0 */
/* Pages of made-up CPUs; what comes out is written down in one line each. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "record/trace-merge.h"
#include "trace-sample.h"

#define MISSED (UINT64_C(1) << 31)
#define CPUS 3

static struct wh_ring_layout ring;
static struct wh_trace_layout layout;
static struct wh_merge *merge;
static struct wh_buf out;
static int sink_returns;

static int set_up(void **state)
{
	(void)state;
	sample_layouts(&ring, &layout);
	out = (struct wh_buf)WH_BUF_INIT;
	sink_returns = 0;
	return wh_merge_new(&merge, CPUS, &ring, &layout);
}

static int tear_down(void **state)
{
	(void)state;
	wh_merge_free(merge);
	wh_buf_done(&out);
	return 0;
}

/* A record of the kind, of 12 words: type, thread, and for a stack its size and what is in it. */
static void put_record(
	struct made_page *page, uint32_t delta, enum wh_traced kind, uint32_t tid, uint32_t mark)
{
	put_head(page, 12, delta);
	put_word(page, layout.kinds[kind].id);
	put_word(page, tid);
	put_word(page, 2);
	put_word(page, 0);
	for (int i = 0; i < 8; i++)
		put_word(page, mark);
}

static void give(unsigned cpu, struct wh_slice page)
{
	size_t records;
	uint64_t time;

	assert_int_equal(wh_merge_page(merge, cpu, page, &records, &time), 0);
}

static int write_merged(void *context, const struct wh_merged *merged)
{
	int32_t tid = 0;
	uint32_t mark = 0;

	(void)context;
	wh_buf_addf(&out, "%" PRIu64, merged->time);
	if (merged->lost > 0) {
		wh_buf_addf(&out, " lost %" PRIu64, merged->lost);
	} else if (merged->kind == WH_TRACED_KINDS) {
		wh_buf_addf(&out, " join %d", merged->joined);
	} else {
		assert_int_equal(wh_trace_identify(&layout, merged->record, &tid), merged->kind);
		memcpy(&mark, merged->record.data + 16, sizeof(mark));
		wh_buf_addf(&out, " %d.%u", tid, mark);
	}
	if (merged->stack.len > 0) {
		memcpy(&mark, merged->stack.data + 16, sizeof(mark));
		wh_buf_addf(&out, " stack %u", mark);
	}
	wh_buf_add_string(&out, "\n");
	return sink_returns;
}

static void assert_emitted(uint64_t until, const char *expected)
{
	out.len = 0;
	assert_int_equal(wh_merge_emit(merge, until, write_merged, NULL), 0);
	wh_buf_add_string(&out, "");
	assert_string_equal(out.data, expected);
}

static void test_order_over_cpus(void **state)
{
	struct made_page a = { .len = 0 }, b = { .len = 0 }, c = { .len = 0 };

	(void)state;
	put_record(&a, 1, WH_TRACED_EXIT, 7, 1);
	put_record(&a, 4, WH_TRACED_EXIT, 7, 2);
	put_record(&b, 3, WH_TRACED_EXIT, 8, 3);
	put_record(&b, 3, WH_TRACED_EXIT, 8, 4);
	put_record(&c, 50, WH_TRACED_EXIT, 9, 5);
	give(0, made(&a, 100, 0));
	give(2, made(&b, 100, 0));
	give(1, made(&c, 100, 0));
	assert_emitted(106, "101 7.1\n103 8.3\n105 7.2\n");
	assert_emitted(106, "");
	give(0, made(&a, 110, 0)); /* what came later, to what had to wait */
	assert_emitted(UINT64_MAX, "106 8.4\n111 7.1\n115 7.2\n150 9.5\n");
	assert_emitted(UINT64_MAX, "");
}

/* Behind its check, with others between, but only that of the same thread and CPU. */
static void test_stacks_find_their_checks(void **state)
{
	struct made_page a = { .len = 0 }, b = { .len = 0 };

	(void)state;
	put_record(&a, 1, WH_TRACED_CHECK, 7, 1);
	put_record(&a, 1, WH_TRACED_STACK, 7, 70);
	put_record(&a, 1, WH_TRACED_STACK, 7, 71); /* of a check that was not wanted */
	put_record(&a, 1, WH_TRACED_CHECK, 7, 2);
	put_record(&a, 1, WH_TRACED_CHECK, 8, 3); /* an interrupt's, or another thread's */
	put_record(&a, 1, WH_TRACED_STACK, 8, 80);
	put_record(&a, 1, WH_TRACED_STACK, 7, 72);
	put_record(&a, 1, WH_TRACED_CHECK, 7, 4); /* its stack is missing */
	put_record(&a, 1, WH_TRACED_EXIT, 7, 5);
	put_record(&a, 1, WH_TRACED_STACK, 7, 73);
	put_record(&b, 4, WH_TRACED_STACK, 7, 99);
	give(0, made(&a, 100, 0));
	give(1, made(&b, 100, 0));
	assert_emitted(UINT64_MAX, "101 7.1 stack 70\n104 7.2 stack 72\n105 8.3 stack 80\n"
				   "108 7.4\n109 7.5\n");
}

/* What waits keeps its stack while what was before it goes, and new things come. */
static void test_what_waits(void **state)
{
	struct made_page a = { .len = 0 }, b = { .len = 0 };

	(void)state;
	for (uint32_t i = 0; i < 30; i++) {
		put_record(&a, 10, WH_TRACED_CHECK, 7, i);
		put_record(&a, 1, WH_TRACED_STACK, 7, 100 + i);
	}
	put_record(&b, 1, WH_TRACED_STACK, 7, 200); /* too late for any */
	give(0, made(&a, 0, 0));
	assert_emitted(22, "10 7.0 stack 100\n21 7.1 stack 101\n");
	give(0, made(&b, 400, 0));
	assert_emitted(50, "32 7.2 stack 102\n43 7.3 stack 103\n");
	give(0, made(&a, 500, 0));
	out.len = 0;
	assert_int_equal(wh_merge_emit(merge, 500, write_merged, NULL), 0);
	assert_non_null(strstr(out.data, "\n65 7.5 stack 105\n"));
	assert_non_null(strstr(out.data, "329 7.29 stack 129\n"));
	assert_null(strstr(out.data, "stack 200"));
	assert_emitted(522, "510 7.0 stack 100\n521 7.1 stack 101\n");
}

/* A stack may come with a later page than its check. */
static void test_stack_on_the_next_page(void **state)
{
	struct made_page a = { .len = 0 }, b = { .len = 0 };

	(void)state;
	put_record(&a, 1, WH_TRACED_CHECK, 7, 1);
	put_record(&b, 1, WH_TRACED_STACK, 7, 70);
	give(0, made(&a, 100, 0));
	assert_emitted(101, "");
	give(0, made(&b, 101, 0));
	assert_emitted(102, "101 7.1 stack 70\n");
}

static void test_lost_and_joined(void **state)
{
	struct made_page a = { .len = 0 };
	const uint64_t count = 12;

	(void)state;
	put_record(&a, 0, WH_TRACED_EXIT, 7, 1);
	memcpy(a.bytes + PAGE_DATA + a.len, &count, sizeof(count));
	give(0, made(&a, 100, MISSED | MISSED >> 1));
	assert_int_equal(wh_merge_join(merge, 100, 55), 0);
	assert_int_equal(wh_merge_join(merge, 101, 56), 0);
	assert_emitted(UINT64_MAX, "100 join 55\n100 lost 12\n100 7.1\n101 join 56\n");
}

static void test_unknown_and_broken(void **state)
{
	struct made_page a = { .len = 0 };
	size_t records;
	uint64_t time;

	(void)state;
	put_record(&a, 1, WH_TRACED_EXIT, 7, 1);
	put_head(&a, 1, 1);
	put_word(&a, 0xffff); /* no event that we know */
	put_record(&a, 1, WH_TRACED_EXIT, 7, 2);
	assert_int_equal(wh_merge_page(merge, 0, made(&a, 100, 0), &records, &time), 0);
	assert_int_equal(records, 3);
	assert_int_equal(time, 103);
	put_head(&a, 28, 1);
	assert_int_equal(wh_merge_page(merge, 0, made(&a, 200, 0), &records, &time), -EINVAL);
	assert_emitted(UINT64_MAX, "101 7.1\n103 7.2\n201 7.1\n203 7.2\n");
	assert_int_equal(
		wh_merge_page(merge, 0, (struct wh_slice){ "", 0 }, &records, &time), -EINVAL);
}

static void test_sink_that_stops(void **state)
{
	struct made_page a = { .len = 0 };

	(void)state;
	put_record(&a, 1, WH_TRACED_EXIT, 7, 1);
	put_record(&a, 1, WH_TRACED_EXIT, 7, 2);
	give(0, made(&a, 100, 0));
	sink_returns = -EPIPE;
	assert_int_equal(wh_merge_emit(merge, UINT64_MAX, write_merged, NULL), -EPIPE);
	assert_string_equal(out.data, "101 7.1\n");
	sink_returns = 0;
	assert_emitted(UINT64_MAX, "102 7.2\n");
	wh_merge_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_order_over_cpus, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_stacks_find_their_checks, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_what_waits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_stack_on_the_next_page, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_lost_and_joined, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_unknown_and_broken, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_sink_that_stops, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
