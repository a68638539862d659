/* SPDX-License-Identifier: Apache-2.0 */
/* whittle's own hooks in a config.json: put in, found, and taken out again, and nobody else's. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "trim/own-hooks.h"
#include "trim/record.h"

#define PROGRAM "/usr/libexec/whittle/whittle-record"

static struct wh_json *parse(const char *text)
{
	struct wh_buf buf = WH_BUF_INIT;
	struct wh_json *doc = NULL;

	wh_buf_add_string(&buf, text);
	assert_int_equal(wh_json_parse_take(&doc, &buf, NULL, NULL), 0);
	return doc;
}

static void is_text(const struct wh_json *doc, const char *expected)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;

	assert_int_equal(wh_json_write_buf(doc, wh_json_root(doc), &text), 0);
	assert_string_equal(text.data, expected);
}

#define OTHERS \
	"{\"path\":\"/bin/other\"},{\"path\":\"/usr/libexec/whittle/whittle-recorder\"}," \
	"{\"args\":[\"" PROGRAM "\"]},{\"path\":[\"" PROGRAM "\"]},7,null"

static void removed_wherever_they_are(void **state)
{
	static const struct {
		const char *before, *after;
	} rows[] = {
		{ "{}", "{}" },
		{ "{\"hooks\":null}", "{\"hooks\":null}" },
		{ "{\"hooks\":7}", "{\"hooks\":7}" },
		{ "{\"hooks\":{\"poststop\":7}}", "{\"hooks\":{\"poststop\":7}}" },
		{ "{\"hooks\":{\"poststop\":[" OTHERS "]}}",
			"{\"hooks\":{\"poststop\":[" OTHERS "]}}" },
		{ "{\"hooks\":{\"poststop\":[{\"path\":\"" PROGRAM "\"}," OTHERS
		  ",{\"path\":\"" PROGRAM "\",\"args\":[]}],\"own\":[{\"path\":\"" PROGRAM "\"}]}}",
			"{\"hooks\":{\"poststop\":[" OTHERS "],\"own\":[]}}" },
		/* Not those of a document within the document. */
		{ "{\"other\":{\"hooks\":{\"poststop\":[{\"path\":\"" PROGRAM "\"}]}}}",
			"{\"other\":{\"hooks\":{\"poststop\":[{\"path\":\"" PROGRAM "\"}]}}}" },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(rows); i++) {
		struct wh_json *doc WH_JSON = parse(rows[i].before);

		wh_own_hook_remove(doc, PROGRAM);
		is_text(doc, rows[i].after);
	}
}

static void found_by_name(void **state)
{
	static const struct {
		const char *path;
		bool there;
	} rows[] = {
		{ "/x/whittle-record", true },
		{ "/whittle-record", true },
		{ "whittle-record", false },
		{ "/x/my-whittle-record", false },
		{ "/x/whittle-record/", false },
		{ "/x/whittle-record2", false },
		{ "", false },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(rows); i++) {
		struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
		struct wh_json *doc WH_JSON = NULL;

		wh_buf_addf(&text, "{\"hooks\":{\"a\":null,\"b\":[1,{\"path\":\"%s\"}]}}",
			rows[i].path);
		doc = parse(text.data);
		assert_int_equal(wh_own_hook_is_there(doc, "whittle-record"), rows[i].there);
	}
}

static void recording_is_added(void **state)
{
	const struct wh_recording whole = { "rule \"x\"", "/b u", "image:1", "docker" };
	const struct wh_recording least = { .name = "it" };
	struct wh_json *doc WH_JSON =
		parse("{\"hooks\":{\"createRuntime\":[{\"path\":\"/a\"}],\"poststop\":null}}");
	struct wh_json *other WH_JSON = parse("{}");

	(void)state;
	wh_record_add(doc, PROGRAM, &whole, true);
	assert_int_equal(wh_json_status(doc), 0);
	is_text(doc,
		"{\"hooks\":{\"createRuntime\":[{\"path\":\"/a\"},{\"path\":\"" PROGRAM
		"\",\"args\":[\"whittle-record\",\"start\",\"--bundle=/b u\",\"--name=rule "
		"\\\"x\\\"\","
		"\"--image=image:1\",\"--engine=docker\"],\"env\":[\"LC_ALL=C\"],\"timeout\":20}],"
		"\"poststop\":[{\"path\":\"" PROGRAM "\",\"args\":[\"whittle-record\",\"stop\",\"--"
		"bundle=/b u\"],\"env\":[\"LC_ALL=C\"],"
		"\"timeout\":20}]}}");
	/* Once more it is the same: what was there goes first. */
	wh_own_hook_remove(doc, PROGRAM);
	is_text(doc, "{\"hooks\":{\"createRuntime\":[{\"path\":\"/a\"}],\"poststop\":[]}}");
	wh_record_add(other, PROGRAM, &least, false);
	is_text(other,
		"{\"hooks\":{\"createRuntime\":[{\"path\":\"" PROGRAM
		"\",\"args\":[\"whittle-record\",\"start\",\"--name=it\"],\"env\":[\"LC_ALL=C\"]}],"
		"\"poststop\":[{\"path\":\"" PROGRAM
		"\",\"args\":[\"whittle-record\",\"stop\"],\"env\":[\"LC_ALL=C\"]}]}}");
	assert_true(wh_own_hook_is_there(other, WH_RECORD_PROGRAM));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(removed_wherever_they_are),
		cmocka_unit_test(found_by_name),
		cmocka_unit_test(recording_is_added),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
