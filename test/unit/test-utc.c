/* SPDX-License-Identifier: Apache-2.0 */
/* Held against the C library's own calendar. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <time.h>

#include "base/utc.h"

static void assert_like_libc(int64_t seconds)
{
	char ours[WH_UTC_SIZE], theirs[WH_UTC_SIZE + 64];
	time_t time = (time_t)seconds;
	struct tm tm;

	wh_utc_format(seconds, ours);
	assert_non_null(gmtime_r(&time, &tm));
	assert_int_equal(strftime(theirs, sizeof(theirs), "%Y-%m-%dT%H:%M:%SZ", &tm), 20);
	assert_string_equal(ours, theirs);
}

static void test_every_day_to_2400(void **state)
{
	(void)state;
	for (int64_t day = 0; day < 157100; day++)
		assert_like_libc(day * 86400 + day % 86400);
}

static void test_ends(void **state)
{
	char text[WH_UTC_SIZE];

	(void)state;
	assert_like_libc(INT64_C(253402300799));
	wh_utc_format(INT64_C(253402300800), text);
	assert_string_equal(text, "9999-12-31T23:59:59Z");
	wh_utc_format(-1, text);
	assert_string_equal(text, "1970-01-01T00:00:00Z");
	wh_utc_format(INT64_MIN, text);
	assert_string_equal(text, "1970-01-01T00:00:00Z");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_day_to_2400),
		cmocka_unit_test(test_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
