/* SPDX-License-Identifier: Apache-2.0 */
/* A condition is judged here by what it lets through, as the kernel would. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "record/trace-filter.h"

static void assert_capabilities(wh_capset wanted, bool every, const char *expected)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;

	wh_filter_capabilities(&text, wanted, every);
	wh_buf_add_string(&text, "");
	assert_string_equal(text.data, expected);
}

static void test_capabilities(void **state)
{
	(void)state;
	assert_capabilities(1, false, "(cap == 0)");
	assert_capabilities(1u | 1u << 21, false, "(cap == 0 || cap == 21)");
	assert_capabilities(UINT64_C(1) << 40, false, "(cap == 40)");
	assert_capabilities(0, false, "cap < 0");
	assert_capabilities(UINT64_C(1) << 63, false, "cap < 0");
	assert_capabilities(WH_CAPSET_ALL, true, "");
	assert_capabilities(WH_CAPSET_ALL & ~wh_capset_of(3) & ~wh_capset_of(40), true,
		"cap != 3 && cap != 40");
}

/* What is between " && " is "id != N" or "(id < N || id > M)". */
static bool lets_through(const char *text, int64_t id)
{
	while (*text != '\0') {
		char *end;
		int64_t low, high;

		if (strncmp(text, "id != ", 6) == 0) {
			low = high = strtoll(text + 6, &end, 10);
		} else {
			assert_int_equal(strncmp(text, "(id < ", 6), 0);
			low = strtoll(text + 6, &end, 10);
			assert_int_equal(strncmp(end, " || id > ", 9), 0);
			high = strtoll(end + 9, &end, 10);
			assert_int_equal(*end++, ')');
		}
		if (id >= low && id <= high)
			return false;
		if (*end != '\0') {
			assert_int_equal(strncmp(end, " && ", 4), 0);
			end += 4;
			assert_int_not_equal(*end, '\0');
		}
		text = end;
	}
	return true;
}

static void test_system_calls_in_their_order(void **state)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int64_t numbers[] = { 202, 0, 1, 2 };

	(void)state;
	wh_filter_syscalls(&text, numbers, 0);
	assert_int_equal(text.len, 0);
	wh_filter_syscalls(&text, numbers, WH_COUNT(numbers));
	assert_string_equal(text.data, "id != 202 && id != 0 && id != 1 && id != 2");
}

/* Longer than the kernel takes: neighbours go together, and nothing else is let go. */
static void test_many_system_calls(void **state)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int64_t numbers[450];
	size_t count = 0;

	(void)state;
	for (int64_t i = 449; i >= 0; i--) {
		if (i != 100 && i != 102 && i != 300)
			numbers[count++] = i;
	}
	wh_filter_syscalls(&text, numbers, count);
	assert_true(text.len <= WH_FILTER_MAX);
	for (int64_t i = -2; i < 500; i++)
		assert_int_equal(lets_through(text.data, i),
			i < 0 || i > 449 || i == 100 || i == 102 || i == 300);
}

/* Not even that fits: then what does, and the rest is told again, never the reverse. */
static void test_too_many_system_calls(void **state)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int64_t numbers[1000];
	size_t stopped = 0;

	(void)state;
	for (size_t i = 0; i < WH_COUNT(numbers); i++)
		numbers[i] = (int64_t)i * 2;
	wh_filter_syscalls(&text, numbers, WH_COUNT(numbers));
	assert_true(text.len <= WH_FILTER_MAX);
	for (int64_t i = 0; i < 2000; i++) {
		if (i % 2 == 1)
			assert_true(lets_through(text.data, i));
		else
			stopped += !lets_through(text.data, i);
	}
	assert_true(stopped > 250 && stopped < 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_capabilities),
		cmocka_unit_test(test_system_calls_in_their_order),
		cmocka_unit_test(test_many_system_calls),
		cmocka_unit_test(test_too_many_system_calls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
