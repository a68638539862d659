/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Buffers, and the two functions that every record and every refusal rests on: what is UTF-8, and
 * how any bytes at all become one line of valid JSON. Both are held against slow and simple
 * versions of themselves.
 */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "document.h"

static void slices(void **state)
{
	(void)state;
	assert_true(wh_slice_is(WH_SLICE("abc"), "abc"));
	assert_false(wh_slice_is(WH_SLICE("abc"), "abcd"));
	assert_false(wh_slice_is(WH_SLICE("abc"), "ab"));
	assert_false(wh_slice_is(WH_SLICE("abc"), "abd"));
	assert_false(wh_slice_is(WH_SLICE("ab\0"), "ab"));
	assert_true(wh_slice_is((struct wh_slice){ NULL, 0 }, ""));
	assert_true(wh_slice_eq((struct wh_slice){ NULL, 0 }, WH_SLICE("")));
	assert_int_equal(wh_slice_of("four").len, 4);
}

static void grows_and_stays_terminated(void **state)
{
	struct wh_buf buf = WH_BUF_INIT;
	char *expected = calloc(1, 40001);

	(void)state;
	assert_non_null(expected);
	wh_buf_add(&buf, NULL, 0);
	assert_string_equal(buf.data, "");
	for (size_t i = 0; i < 10000; i++) {
		wh_buf_add_char(&buf, 'a');
		wh_buf_add_string(&buf, "b");
		wh_buf_add_slice(&buf, WH_SLICE("c"));
		wh_buf_addf(&buf, "%c", 'd');
		memcpy(expected + 4 * i, "abcd", 4);
		assert_int_equal(buf.len, 4 * (i + 1));
		assert_int_equal(buf.data[buf.len], '\0');
	}
	assert_string_equal(buf.data, expected);
	assert_int_equal(wh_buf_status(&buf), 0);
	wh_buf_done(&buf);
	assert_null(buf.data);
	assert_int_equal(buf.len, 0);
	free(expected);
}

static void failure_is_sticky(void **state)
{
	struct wh_buf buf = WH_BUF_INIT;

	(void)state;
	wh_buf_add_string(&buf, "half a record");
	assert_int_equal(wh_buf_reserve(&buf, SIZE_MAX), -ENOMEM);
	assert_null(buf.data);
	assert_int_equal(buf.len, 0);
	wh_buf_add_string(&buf, "the other half");
	wh_buf_addf(&buf, "%d", 1);
	wh_buf_add_json(&buf, WH_SLICE("x"));
	assert_null(buf.data);
	assert_int_equal(buf.len, 0);
	assert_int_equal(wh_buf_reserve(&buf, 1), -ENOMEM);
	assert_int_equal(wh_buf_status(&buf), -ENOMEM);
	wh_buf_done(&buf);
	assert_int_equal(wh_buf_status(&buf), 0);
}

static void reserve_makes_room(void **state)
{
	struct wh_buf buf = WH_BUF_INIT;
	char *place;

	(void)state;
	assert_int_equal(wh_buf_reserve(&buf, 1000), 0);
	assert_int_equal(buf.len, 0);
	place = buf.data;
	for (size_t i = 0; i < 1000; i++)
		wh_buf_add_char(&buf, 'x');
	assert_ptr_equal(buf.data, place);
	wh_buf_done(&buf);
}

static void escapes(void **state)
{
	static const struct {
		struct wh_slice in;
		const char *out;
	} cases[] = {
		{ WH_SLICE(""), "\"\"" },
		{ WH_SLICE("plain ~"), "\"plain ~\"" },
		{ WH_SLICE("\"\\/"), "\"\\\"\\\\/\"" },
		{ WH_SLICE("a\nb\0c"), "\"a\\u000ab\\u0000c\"" },
		{ WH_SLICE("\x1f\x7f"), "\"\\u001f\\u007f\"" },
		{ WH_SLICE("\xc3\xa4"), "\"\\u00e4\"" },
		{ WH_SLICE("\xe2\x80\xa8"), "\"\\u2028\"" },
		{ WH_SLICE("\xf0\x9f\x92\xa9"), "\"\\ud83d\\udca9\"" },
		{ WH_SLICE("\xf4\x8f\xbf\xbf"), "\"\\udbff\\udfff\"" },
		/* Not UTF-8: one replacement for each byte. */
		{ WH_SLICE("\xff"), "\"\\ufffd\"" },
		{ WH_SLICE("\xc3"), "\"\\ufffd\"" },
		{ WH_SLICE("\xc3\x28"), "\"\\ufffd(\"" },
		{ WH_SLICE("\xc0\xaf"), "\"\\ufffd\\ufffd\"" },
		{ WH_SLICE("\xed\xa0\x80"), "\"\\ufffd\\ufffd\\ufffd\"" },
		{ WH_SLICE("\xf0\x9f\x92"), "\"\\ufffd\\ufffd\\ufffd\"" },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		struct wh_buf buf = WH_BUF_INIT;

		wh_buf_add_json(&buf, cases[i].in);
		assert_string_equal(buf.data, cases[i].out);
		wh_buf_done(&buf);
	}
}

/* Whatever three bytes come in, out comes printable ASCII that the strict reader takes. */
static void any_bytes_become_json(void **state)
{
	static const unsigned char bytes[] = { 0, '\n', '"', '\\', 'u', 0x7f, 0x80, 0xbf, 0xc1,
		0xc5, 0xe0, 0xed, 0xf0, 0xf4, 0xf5, 0xff };
	struct wh_buf all = WH_BUF_INIT;
	struct wh_json *doc;
	size_t count = 0;

	(void)state;
	wh_buf_add_char(&all, '[');
	for (size_t i = 0; i < sizeof(bytes) * sizeof(bytes) * sizeof(bytes); i++) {
		const char three[] = { (char)bytes[i % 16], (char)bytes[i / 16 % 16],
			(char)bytes[i / 256] };

		/* U+0000 is valid JSON, but nothing that the reader takes. */
		if (memchr(three, '\0', 3) != NULL)
			continue;
		if (count++ > 0)
			wh_buf_add_char(&all, ',');
		wh_buf_add_json(&all, (struct wh_slice){ three, 3 });
	}
	wh_buf_add_char(&all, ']');
	for (size_t i = 0; i < all.len; i++)
		assert_in_range(all.data[i], 0x20, 0x7e);
	doc = document_of_bytes(all.data, all.len);
	for (wh_node node = wh_json_first(doc, wh_json_root(doc)); node != WH_NO_NODE;
		node = wh_json_next(doc, node))
		count--;
	assert_int_equal(count, 0);
	wh_json_free(doc);
	wh_buf_done(&all);
}

/* Unicode 15, table 3-7, row by row. */
static size_t slow_sequence(const unsigned char *b, size_t len)
{
	static const struct {
		unsigned char lead[2], second[2];
		size_t len;
	} rows[] = {
		{ { 0x00, 0x7f }, { 0, 0 }, 1 },
		{ { 0xc2, 0xdf }, { 0x80, 0xbf }, 2 },
		{ { 0xe0, 0xe0 }, { 0xa0, 0xbf }, 3 },
		{ { 0xe1, 0xec }, { 0x80, 0xbf }, 3 },
		{ { 0xed, 0xed }, { 0x80, 0x9f }, 3 },
		{ { 0xee, 0xef }, { 0x80, 0xbf }, 3 },
		{ { 0xf0, 0xf0 }, { 0x90, 0xbf }, 4 },
		{ { 0xf1, 0xf3 }, { 0x80, 0xbf }, 4 },
		{ { 0xf4, 0xf4 }, { 0x80, 0x8f }, 4 },
	};

	for (size_t i = 0; i < WH_COUNT(rows); i++) {
		if (b[0] < rows[i].lead[0] || b[0] > rows[i].lead[1])
			continue;
		if (rows[i].len > len)
			return 0;
		if (rows[i].len > 1 && (b[1] < rows[i].second[0] || b[1] > rows[i].second[1]))
			return 0;
		for (size_t k = 2; k < rows[i].len; k++) {
			if (b[k] < 0x80 || b[k] > 0xbf)
				return 0;
		}
		return rows[i].len;
	}
	return 0;
}

static size_t slow_valid_len(const unsigned char *b, size_t len)
{
	size_t i = 0, n;

	while (i < len && (n = slow_sequence(b + i, len - i)) > 0)
		i += n;
	return i;
}

/* Every lead byte with every second one, and edges behind them, at each place of an eight-byte
 * step. */
static void utf8_by_the_table(void **state)
{
	static const unsigned char edges[] = { 0x00, 0x41, 0x7f, 0x80, 0xbf, 0xc0, 0xff };

	(void)state;
	for (unsigned pair = 0; pair < 65536; pair++) {
		for (size_t i = 0; i < sizeof(edges); i++) {
			unsigned char text[20];
			size_t shift = (pair + i) % 9;

			memset(text, 'x', sizeof(text));
			text[shift] = (unsigned char)(pair >> 8);
			text[shift + 1] = (unsigned char)pair;
			text[shift + 2] = edges[i];
			text[shift + 3] = edges[(i + pair) % sizeof(edges)];
			for (size_t len = shift + 1; len <= sizeof(text); len += 3)
				assert_int_equal(wh_utf8_valid_len((struct wh_slice){
							 (const char *)text, len }),
					slow_valid_len(text, len));
		}
	}
	assert_int_equal(wh_utf8_valid_len((struct wh_slice){ NULL, 0 }), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slices),
		cmocka_unit_test(grows_and_stays_terminated),
		cmocka_unit_test(failure_is_sticky),
		cmocka_unit_test(reserve_makes_room),
		cmocka_unit_test(escapes),
		cmocka_unit_test(any_bytes_become_json),
		cmocka_unit_test(utf8_by_the_table),
	};

	return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
