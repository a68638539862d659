/* SPDX-License-Identifier: Apache-2.0 */
/* Edits of a JSON text, as pairs; and where things stand in it. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "json/json.h"

static const struct wh_json_options comments = { .comments = true };

static void spans_are_what_stands_there(void **state)
{
	static const struct {
		const char *text;
		const char *key;
		const char *span;
	} cases[] = {
		{ "{ \"a\" : 12 }", "a", "12" },
		{ "{ \"a\" : \"x\\ny\" , \"b\": 1}", "a", "\"x\\ny\"" },
		{ "{\"a\": []}", "a", "[]" },
		{ "{\"a\": [ ] }", "a", "[ ]" },
		{ "{\"a\": { \"b\": [1, { } ] } , \"c\": 2}", "a", "{ \"b\": [1, { } ] }" },
		{ "{\"a\": [ // ]\n 1 /* ] */ ] }", "a", "[ // ]\n 1 /* ] */ ]" },
		{ "{\"a\": null}", "a", "null" },
		{ "{\"a\": false}", "a", "false" },
		{ "{\"\xc3\xa9\": {\"x\": \"\xc3\xa9\"}}", "\xc3\xa9", "{\"x\": \"\xc3\xa9\"}" },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
		struct wh_json *doc WH_JSON = NULL;
		struct wh_slice span;
		size_t begin, end;

		wh_buf_add_string(&text, cases[i].text);
		assert_int_equal(wh_json_parse_take(&doc, &text, &comments, NULL), 0);
		assert_true(wh_json_span(
			doc, wh_json_get(doc, wh_json_root(doc), cases[i].key), &begin, &end));
		span = (struct wh_slice){ cases[i].text + begin, end - begin };
		if (!wh_slice_is(span, cases[i].span))
			fail_msg("case %zu: %.*s", i, (int)span.len, span.data);
		assert_true(wh_json_span(doc, wh_json_root(doc), &begin, &end));
		assert_int_equal(begin, 0);
		assert_int_equal(end, strlen(cases[i].text));
		assert_false(wh_json_span(doc, wh_json_new_null(doc), &begin, &end));
	}
}

struct edit {
	const char *text;
	const char *path[4];
	const char *expected; /* NULL: refused */
};

static void check(
	size_t i, int r, const struct wh_buf *got, const struct wh_err *err, const char *expected)
{
	if (expected == NULL) {
		assert_int_equal(r, -EINVAL);
		assert_true(err->text[0] != '\0');
		return;
	}
	if (r != 0)
		fail_msg("case %zu: %s", i, err->text);
	if (strcmp(got->data, expected) != 0)
		fail_msg("case %zu gives:\n%s\nand not:\n%s", i, got->data, expected);
}

static void setting(void **state)
{
	static const struct edit cases[] = {
		{ "{}", { "a" }, "{\n  \"a\": 1\n}" },
		{ "{ }\n", { "a", "b" }, "{\n  \"a\": {\n    \"b\": 1\n  }\n}\n" },
		{ "{\"x\":2}", { "a", "b" }, "{\"x\":2, \"a\": { \"b\": 1 }}" },
		{ "{\n\t\"x\": [\n\t]\n}", { "a" }, "{\n\t\"x\": [\n\t],\n\t\"a\": 1\n}" },
		{ "{\n\"x\": 2\n}", { "a" }, "{\n\"x\": 2,\n\"a\": 1\n}" },
		{ "{\r\n  \"x\": 2\r\n}", { "a" }, "{\r\n  \"x\": 2,\r\n  \"a\": 1\r\n}" },
		{ "{\n  \"x\": {}\n}", { "x", "a" }, "{\n  \"x\": {\n    \"a\": 1\n  }\n}" },
		{ "{\n  \"x\": { \"y\": 2 }\n}", { "x", "a" },
			"{\n  \"x\": { \"y\": 2, \"a\": 1 }\n}" },
		{ "{\"a\": {\"b\": [2, 3]}, \"c\": 4}", { "a", "b" },
			"{\"a\": {\"b\": 1}, \"c\": 4}" },
		{ "{\n  // one\n  \"x\": 2 // two\n}", { "a" },
			"{\n  // one\n  \"x\": 2,\n  \"a\": 1 // two\n}" },
		{ "{\"\\u0061\": 2}", { "a" }, "{\"\\u0061\": 1}" },
		{ "{}", { "\"\n" }, "{\n  \"\\\"\\u000a\": 1\n}" },
		{ "{\"a\": 2}", { "a", "b" }, NULL },
		{ "[]", { "a" }, NULL },
		{ "{", { "a" }, NULL },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		struct wh_buf got WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
		struct wh_err err = WH_ERR_INIT;

		check(i,
			wh_json_text_set(wh_slice_of(cases[i].text), &comments, cases[i].path,
				WH_SLICE("1"), &got, &err),
			&got, &err, cases[i].expected);
	}
}

static void taking_out(void **state)
{
	static const struct edit cases[] = {
		{ "{\"a\": 1}", { "a" }, "{}" },
		{ "{\"a\": 1, \"b\": 2}", { "a" }, "{\"b\": 2}" },
		{ "{\"a\": 1, \"b\": 2}", { "b" }, "{\"a\": 1}" },
		{ "{\n  \"a\": 1,\n  \"b\": 2,\n  \"c\": 3\n}", { "b" },
			"{\n  \"a\": 1,\n  \"c\": 3\n}" },
		{ "{\"a\": {\"b\": 1}, \"c\": 2}", { "a", "b" }, "{\"c\": 2}" },
		{ "{\"a\": {\"b\": {\"c\": 1}}}", { "a", "b", "c" }, "{}" },
		{ "{\"x\": 0, \"a\": {\"y\": 1, \"b\": {\"c\": 1}}}", { "a", "b", "c" },
			"{\"x\": 0, \"a\": {\"y\": 1}}" },
		{ "{\"a\": 1}", { "b" }, "{\"a\": 1}" },
		{ "{\"a\": 1}", { "a", "b" }, "{\"a\": 1}" },
		{ "null", { "a" }, NULL },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		struct wh_buf got WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
		struct wh_err err = WH_ERR_INIT;

		check(i,
			wh_json_text_unset(
				wh_slice_of(cases[i].text), &comments, cases[i].path, &got, &err),
			&got, &err, cases[i].expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spans_are_what_stands_there),
		cmocka_unit_test(setting),
		cmocka_unit_test(taking_out),
	};

	return cmocka_run_group_tests_name("json-splice", tests, NULL, NULL);
}
