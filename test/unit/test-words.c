/* SPDX-License-Identifier: Apache-2.0 */
/* The words behind a verb of whittlectl, read by a table. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "whittlectl/verbs.h"

static int run_nothing(const struct wh_words *words)
{
	(void)words;
	return WH_EXIT_FINE;
}

static const struct wh_verb verb = {
	.name = "do",
	.arguments = "THING",
	.min = 1,
	.max = 2,
	.help = "does a thing",
	.options = { { "file", "PATH", "a file" }, { "json", NULL, "prints JSON" } },
	.run = run_nothing,
};

static void words_are_read(void **state)
{
	static const struct {
		const char *words[6];
		const char *file;
		bool json;
		const char *first;
		size_t count;
		const char *refusal; /* what the sentence has in it */
	} cases[] = {
		{ { "a" }, NULL, false, "a", 1, NULL },
		{ { "a", "b" }, NULL, false, "a", 2, NULL },
		{ { "--json", "a" }, NULL, true, "a", 1, NULL },
		{ { "a", "--json" }, NULL, true, "a", 1, NULL },
		{ { "--file", "x", "a" }, "x", false, "a", 1, NULL },
		{ { "--file=x", "a", "--json" }, "x", true, "a", 1, NULL },
		{ { "--file=--json", "a" }, "--json", false, "a", 1, NULL },
		{ { "--file", "--json", "a" }, "--json", false, "a", 1, NULL },
		{ { "--", "--json" }, NULL, false, "--json", 1, NULL },
		{ { "-" }, NULL, false, "-", 1, NULL },
		{ { NULL }, NULL, false, NULL, 0, "what is missing is THING" },
		{ { "a", "b", "c" }, NULL, false, NULL, 0, "\"c\" is a word too many" },
		{ { "a", "--jso" }, NULL, false, NULL, 0, "no option \"--jso\"" },
		{ { "a", "--jsons" }, NULL, false, NULL, 0, "no option \"--jsons\"" },
		{ { "a", "-j" }, NULL, false, NULL, 0, "no option \"-j\"" },
		{ { "a", "--json=yes" }, NULL, false, NULL, 0, "--json takes no value" },
		{ { "a", "--json", "--json" }, NULL, false, NULL, 0, "--json is given twice" },
		{ { "a", "--file" }, NULL, false, NULL, 0, "--file needs a value: PATH" },
		{ { "a", "--file=" }, NULL, false, NULL, 0, "--file needs a value: PATH" },
		{ { "a", "--=x" }, NULL, false, NULL, 0, "no option \"--\"" },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		char *argv[6];
		size_t count = 0;
		struct wh_err err = WH_ERR_INIT;
		struct wh_words words;
		int r;

		for (; count < 6 && cases[i].words[count] != NULL; count++)
			argv[count] = (char *)(uintptr_t)cases[i].words[count];
		r = wh_words_read(&verb, count, argv, &words, &err);
		assert_int_equal(r, cases[i].refusal == NULL ? 0 : -EINVAL);
		if (cases[i].refusal != NULL) {
			assert_non_null(strstr(err.text, cases[i].refusal));
			continue;
		}
		assert_int_equal(words.count, cases[i].count);
		assert_string_equal(words.arguments[0], cases[i].first);
		assert_int_equal(wh_words_has(&words, "json"), cases[i].json);
		assert_int_equal(wh_words_has(&words, "file"), cases[i].file != NULL);
		if (cases[i].file != NULL)
			assert_string_equal(wh_words_value(&words, "file"), cases[i].file);
	}
}

/* What stands behind the first "--" is somebody else's, whatever it looks like. */
static void what_is_behind_is_told_apart(void **state)
{
	static const struct {
		const char *words[5];
		size_t count, behind;
	} cases[] = {
		{ { "a" }, 1, 0 },
		{ { "a", "--" }, 1, 0 },
		{ { "--", "a" }, 1, 1 },
		{ { "a", "--json", "--", "b" }, 2, 1 },
		{ { "--", "--json", "--" }, 2, 2 },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		char *argv[5];
		size_t count = 0;
		struct wh_words words;

		for (; count < 5 && cases[i].words[count] != NULL; count++)
			argv[count] = (char *)(uintptr_t)cases[i].words[count];
		assert_int_equal(wh_words_read(&verb, count, argv, &words, NULL), 0);
		assert_int_equal(words.count, cases[i].count);
		assert_int_equal(words.behind, cases[i].behind);
	}
}

static void help_ends_the_reading(void **state)
{
	char json[] = "--json", help[] = "--help", nonsense[] = "--nonsense";
	char *argv[] = { json, help, nonsense };
	struct wh_words words;

	(void)state;
	assert_int_equal(wh_words_read(&verb, 3, argv, &words, NULL), 0);
	assert_true(words.help);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_read),
		cmocka_unit_test(what_is_behind_is_told_apart),
		cmocka_unit_test(help_ends_the_reading),
	};

	return cmocka_run_group_tests_name("words", tests, NULL, NULL);
}
