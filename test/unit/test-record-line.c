/* SPDX-License-Identifier: Apache-2.0 */
/* What is read of a line of records, whoever wrote it. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "whittlectl/record-line.h"

static int read_line(struct wh_record_line *ret, const char *text)
{
	struct wh_buf line WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int r;

	wh_buf_add_string(&line, text);
	r = wh_record_read_take(ret, &line);
	assert_null(line.data);
	return r;
}

static void what_is_no_record(void **state)
{
	static const char *const lines[] = { "", " ", "{", "[]", "1", "\"{}\"", "{} {}", "null",
		"{\"a\":1,\"a\":1}", "{\"a\":\"\\u0000\"}", "{\"a\":\"\x01\"}", "\xef\xbb\xbf{}",
		"{\"a\":\"\xff\"}" };

	(void)state;
	for (size_t i = 0; i < WH_COUNT(lines); i++) {
		struct wh_record_line record WH_CLEANUP(wh_record_done) = WH_RECORD_INIT;

		if (read_line(&record, lines[i]) != -EINVAL)
			fail_msg("%s was read", lines[i]);
		assert_null(record.doc);
	}
}

static void members_of_other_types_are_none(void **state)
{
	struct wh_record_line record WH_CLEANUP(wh_record_done) = WH_RECORD_INIT;
	size_t count = 0;

	(void)state;
	assert_int_equal(
		read_line(&record, "{\"id\":1,\"image\":null,\"rule\":\"\",\"time\":{},\"result\":"
				   "\"x\",\"changes\":[1,{\"kind\":[],\"what\":\"w\"}]}"),
		0);
	assert_int_equal(record.id.len + record.image.len + record.time.len, 0);
	assert_true(record.rule.data != NULL && record.rule.len == 0);
	assert_true(wh_slice_is(record.result, "x"));
	wh_json_each_element (record.doc, wh_record_changes(&record), element) {
		struct wh_record_change change = wh_record_change(&record, element);

		assert_int_equal(change.kind.len + change.action.len, 0);
		assert_int_equal(wh_slice_is(change.what, "w"), count++ == 1);
	}
	assert_int_equal(count, 2);
}

static void changes_that_are_no_array(void **state)
{
	struct wh_record_line record WH_CLEANUP(wh_record_done) = WH_RECORD_INIT;

	(void)state;
	assert_int_equal(read_line(&record, "{\"changes\":{\"kind\":\"x\"}}"), 0);
	assert_int_equal(wh_record_changes(&record), WH_NO_NODE);
}

static void times(void **state)
{
	static const struct {
		const char *text;
		int64_t seconds;
	} good[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "2026-01-31T12:34:56Z", 1769862896 },
		{ "2026-01-31t12:34:56z", 1769862896 },
		{ "2026-01-31T12:34:56.789Z", 1769862896 },
		{ "2026-01-31T13:34:56+01:00", 1769862896 },
		{ "2026-01-31T06:04:56-06:30", 1769862896 },
		{ "2024-02-29T00:00:00Z", 1709164800 },
		{ "2016-12-31T23:59:60Z", 1483228800 },
		{ "9999-12-31T23:59:59Z", 253402300799 },
	};
	static const char *const bad[] = { "", "2026-01-31", "2026-01-31T12:34:56",
		"2026-01-31 12:34:56Z", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z",
		"2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-31T24:00:00Z",
		"2026-01-31T12:60:00Z", "2026-01-31T12:00:61Z", "2026-01-31T12:00:00.Z",
		"2026-01-31T12:00:00Zx", " 2026-01-31T12:00:00Z", "+026-01-31T12:00:00Z",
		"2026-1-31T12:00:00Z", "2026-01-31T12:00:00+1:00", "2026-01-31T12:00:00+24:00" };
	int64_t seconds;

	(void)state;
	for (size_t i = 0; i < WH_COUNT(good); i++) {
		if (!wh_record_time(wh_slice_of(good[i].text), &seconds) ||
			seconds != good[i].seconds)
			fail_msg("%s: %lld", good[i].text, (long long)seconds);
	}
	for (size_t i = 0; i < WH_COUNT(bad); i++) {
		if (wh_record_time(wh_slice_of(bad[i]), &seconds))
			fail_msg("%s is a time", bad[i]);
	}
	assert_false(wh_record_time((struct wh_slice){ NULL, 0 }, &seconds));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_record),
		cmocka_unit_test(members_of_other_types_are_none),
		cmocka_unit_test(changes_that_are_no_array),
		cmocka_unit_test(times),
	};

	return cmocka_run_group_tests_name("record-line", tests, NULL, NULL);
}
