/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "record/trace-pairs.h"

static struct wh_pairs *pairs;

static int set_up(void **state)
{
	(void)state;
	return wh_pairs_new(&pairs);
}

static int tear_down(void **state)
{
	(void)state;
	wh_pairs_free(pairs);
	return 0;
}

static void ask(int32_t tid, unsigned capability)
{
	uint64_t stack[] = { capability * 100, capability * 100 + 1 };
	struct wh_event event = { .kind = WH_EVENT_CHECK, .tid = tid };

	event.check.capability = capability;
	event.check.stack = stack;
	event.check.depth = 2;
	assert_int_equal(wh_pairs_check(pairs, &event), 0);
	stack[0] = stack[1] = 0; /* it has a copy */
}

static void assert_answer(int32_t tid, unsigned capability)
{
	const struct wh_event *event = wh_pairs_answer(pairs, tid);

	assert_non_null(event);
	assert_int_equal(event->tid, tid);
	assert_int_equal(event->check.capability, capability);
	assert_int_equal(event->check.depth, 2);
	assert_int_equal(event->check.stack[0], capability * 100);
	assert_int_equal(event->check.stack[1], capability * 100 + 1);
}

static void test_each_thread_its_own(void **state)
{
	(void)state;
	ask(7, 1);
	ask(8, 2);
	assert_answer(7, 1);
	assert_null(wh_pairs_answer(pairs, 7));
	assert_null(wh_pairs_answer(pairs, 9));
	assert_answer(8, 2);
	assert_null(wh_pairs_answer(pairs, 8));
}

static void test_the_newest_first(void **state)
{
	(void)state;
	ask(7, 1);
	ask(7, 2);
	assert_answer(7, 2);
	assert_answer(7, 1);
	assert_null(wh_pairs_answer(pairs, 7));
}

static void test_end_and_loss(void **state)
{
	(void)state;
	ask(7, 1);
	ask(8, 2);
	ask(7, 3);
	wh_pairs_end(pairs, 7);
	wh_pairs_end(pairs, 9);
	assert_null(wh_pairs_answer(pairs, 7));
	assert_answer(8, 2);
	ask(8, 4);
	wh_pairs_forget(pairs);
	assert_null(wh_pairs_answer(pairs, 8));
	wh_pairs_free(NULL);
}

static void test_the_oldest_is_given_up(void **state)
{
	(void)state;
	for (int32_t tid = 1; tid <= (int32_t)WH_PAIRS_MAX + 1; tid++)
		ask(tid, 5);
	assert_null(wh_pairs_answer(pairs, 1));
	assert_answer(2, 5);
	assert_answer((int32_t)WH_PAIRS_MAX + 1, 5);
}

static void test_a_stack_that_is_too_long(void **state)
{
	static uint64_t stack[WH_STACK_MAX + 1];
	struct wh_event event = { .kind = WH_EVENT_CHECK, .tid = 7 };
	const struct wh_event *answered;

	(void)state;
	stack[WH_STACK_MAX - 1] = 3;
	event.check.stack = stack;
	event.check.depth = WH_STACK_MAX + 1;
	assert_int_equal(wh_pairs_check(pairs, &event), 0);
	answered = wh_pairs_answer(pairs, 7);
	assert_non_null(answered);
	assert_int_equal(answered->check.depth, WH_STACK_MAX);
	assert_int_equal(answered->check.stack[WH_STACK_MAX - 1], 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_each_thread_its_own, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_the_newest_first, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_end_and_loss, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_the_oldest_is_given_up, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_stack_that_is_too_long, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
