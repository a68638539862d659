/* SPDX-License-Identifier: Apache-2.0 */
/* Edits of a policy's text: what is asked for, and nothing else. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "whittlectl/policy-edit.h"

#define RULE \
	"{\"name\":\"n\",\"match\":{\"image\":\"web:1\"},\"capabilities\":{\"CAP_KILL\":\"k\"}," \
	"\"tmpfs\":[\"/a\",\"/b\"],\"learn\":false}"

static struct wh_json *read_value(const char *text)
{
	struct wh_buf copy = WH_BUF_INIT;
	struct wh_json *doc = NULL;
	struct wh_err err = WH_ERR_INIT;

	wh_buf_add_string(&copy, text);
	if (wh_json_parse_take(&doc, &copy, NULL, &err) < 0)
		fail_msg("%s", err.text);
	return doc;
}

static void a_rule_goes_before_a_broader_one(void **state)
{
	static const struct {
		const char *before, *after; /* %: the rule */
	} cases[] = {
		/* No list, an empty one. */
		{ "{\n\t\"mode\": \"audit\"\n}\n",
			"{\n\t\"mode\": \"audit\",\n\t\"rules\": [\n\t\t%\n\t]\n}\n" },
		{ "{\n\t\"rules\": []\n}\n", "{\n\t\"rules\": [\n\t\t%\n\t]\n}\n" },
		/* Behind what is about something else; remarks stay where they are. */
		{ "{\n\t\"rules\": [\n\t\t// one\n\t\t{ \"name\": \"a\", \"match\": { \"id\": "
		  "\"x\" } } // a\n"
		  "\t\t// end\n\t]\n}\n",
			"{\n\t\"rules\": [\n\t\t// one\n\t\t{ \"name\": \"a\", \"match\": { "
			"\"id\": \"x\" } }, // "
			"a\n\t\t%\n\t\t// end\n\t]\n}\n" },
		/* Before one for all images of an engine, and above its remark. */
		{ "{\n\t\"rules\": [ // all\n\t\t// mine\n\t\t{ \"name\": \"a\", \"match\": { "
		  "\"engine\": \"docker\", "
		  "\"image\": \"*\" } }\n\t]\n}\n",
			"{\n\t\"rules\": [ // all\n\t\t%,\n\t\t// mine\n\t\t{ \"name\": \"a\", "
			"\"match\": { "
			"\"engine\": \"docker\", \"image\": \"*\" } }\n\t]\n}\n" },
		/* Between the two. */
		{ "{\n\t\"rules\": [\n\t\t{ \"name\": \"a\", \"match\": { \"image\": \"other\" } "
		  "}\n\t\t/* , */, // "
		  "a,\n\t\t// b\n\t\t{ \"name\": \"b\", \"match\": { \"image\": [\"x\", \"web:*\"] "
		  "} }\n\t]\n}\n",
			"{\n\t\"rules\": [\n\t\t{ \"name\": \"a\", \"match\": { \"image\": "
			"\"other\" } }\n\t\t/* , */, "
			"// a,\n\t\t%,\n\t\t// b\n\t\t{ \"name\": \"b\", \"match\": { \"image\": "
			"[\"x\", \"web:*\"] "
			"} }\n\t]\n}\n" },
	};
	static const char rule[] =
		"{\n\t\t\t\"name\": \"n\",\n\t\t\t\"match\": { \"image\": \"web:1\" },\n"
		"\t\t\t\"capabilities\": {\n\t\t\t\t\"CAP_KILL\": \"k\"\n\t\t\t},\n"
		"\t\t\t\"tmpfs\": [\"/a\", \"/b\"],\n\t\t\t\"learn\": false\n\t\t}";
	struct wh_json *doc WH_JSON = read_value(RULE);

	(void)state;
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		struct wh_buf got WH_CLEANUP(wh_buf_done) = WH_BUF_INIT,
				  expected WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
		const char *at = strchr(cases[i].after, '%');
		struct wh_err err = WH_ERR_INIT;

		wh_buf_add(&expected, cases[i].after, (size_t)(at - cases[i].after));
		wh_buf_add_string(&expected, rule);
		wh_buf_add_string(&expected, at + 1);
		if (wh_policy_edit_insert(wh_slice_of(cases[i].before), "web:1", doc,
			    wh_json_root(doc), &got, &err) < 0)
			fail_msg("%s", err.text);
		assert_string_equal(got.data, expected.data);
	}
}

static void members_are_set_and_taken_out(void **state)
{
	static const char before[] =
		"{\n  // top\n  \"rules\": [\n    { // first\n      \"name\": \"a\", // its name\n"
		"      \"match\": { \"id\": \"x\" }\n    },\n    { \"name\": \"b\", \"match\": { "
		"\"id\": "
		"\"y\" } }\n  ]\n}\n";
	static const char after[] =
		"{\n  // top\n  \"rules\": [\n    { // first\n      \"name\": \"a\", // its name\n"
		"      \"match\": { \"id\": \"x\" },\n      \"capabilities\": {\n        "
		"\"CAP_KILL\": "
		"\"k\"\n      }\n    },\n    { \"name\": \"b\", \"match\": { \"id\": \"y\" } }\n  "
		"]\n}\n";
	static const char *const path[] = { "capabilities", NULL };
	struct wh_json *doc WH_JSON = read_value(RULE);
	struct wh_buf set WH_CLEANUP(wh_buf_done) = WH_BUF_INIT,
			  unset WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_err err = WH_ERR_INIT;

	(void)state;
	if (wh_policy_edit_set(wh_slice_of(before), "a", path, doc,
		    wh_json_get(doc, wh_json_root(doc), "capabilities"), &set, &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(set.data, after);
	assert_int_equal(wh_policy_edit_unset(
				 (struct wh_slice){ set.data, set.len }, "a", path, &unset, &err),
		0);
	assert_string_equal(unset.data, before);
	set.len = 0;
	assert_int_equal(wh_policy_edit_set(wh_slice_of(before), "c", path, doc, wh_json_root(doc),
				 &set, &err),
		-ENOENT);
	assert_non_null(strstr(err.text, "no rule \"c\""));
}

static void the_top_level_and_single_lines(void **state)
{
	static const char *const path[] = { "learn", NULL };
	struct wh_json *doc WH_JSON = read_value(RULE);
	wh_node no = wh_json_get(doc, wh_json_root(doc), "learn");
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_err err = WH_ERR_INIT;

	(void)state;
	assert_int_equal(wh_policy_edit_set(WH_SLICE("{\"mode\":\"audit\"}"), NULL, path, doc, no,
				 &text, &err),
		0);
	assert_string_equal(text.data, "{\"mode\":\"audit\", \"learn\": false}");
	text.len = 0;
	assert_int_equal(wh_policy_edit_set(WH_SLICE("{ \"rules\": [{ \"name\": \"a\", \"match\": "
						     "{ \"id\": \"x\" } }] }"),
				 "a", path, doc, no, &text, &err),
		0);
	assert_string_equal(text.data, "{ \"rules\": [{ \"name\": \"a\", \"match\": { \"id\": "
				       "\"x\" }, \"learn\": false }] }");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rule_goes_before_a_broader_one),
		cmocka_unit_test(members_are_set_and_taken_out),
		cmocka_unit_test(the_top_level_and_single_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
