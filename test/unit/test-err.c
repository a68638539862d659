/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The error is told once, in printable text, in words that no engine takes for its own. The table
 * of words is walked, so err.c is part of this program.
 */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <strings.h>

#include "base/err.c"

static void fills_once(void **state)
{
	struct wh_err err = WH_ERR_INIT;

	(void)state;
	assert_int_equal(wh_fail(&err, EINVAL, "the %s has %d wheels", "cart", 3), -EINVAL);
	assert_int_equal(err.number, EINVAL);
	assert_string_equal(err.text, "the cart has 3 wheels");
	/* The origin knows best; the number of the later failure is still returned. */
	assert_int_equal(wh_fail(&err, ENOMEM, "later"), -ENOMEM);
	assert_int_equal(wh_fail_errno(&err, EIO, "later still"), -EIO);
	assert_int_equal(err.number, EINVAL);
	assert_string_equal(err.text, "the cart has 3 wheels");
}

static void null_sink_is_legal(void **state)
{
	(void)state;
	assert_int_equal(wh_fail(NULL, EPERM, "nobody %s", "listens"), -EPERM);
	assert_int_equal(wh_fail_errno(NULL, EPERM, "nobody listens"), -EPERM);
	wh_err_prefix(NULL, "nobody");
}

static void errno_follows_the_sentence(void **state)
{
	struct wh_err err = WH_ERR_INIT;

	(void)state;
	assert_int_equal(wh_fail_errno(&err, EACCES, "opening %s", "config.json"), -EACCES);
	assert_string_equal(err.text, "opening config.json: access refused by the system");
}

static void unprintable_bytes_are_spelled(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "a\nb", "a\\x0ab" },
		{ "a\r\x1b[2J", "a\\x0d\\x1b[2J" },
		{ "\x7f", "\\x7f" },
		{ "\xe2\x80\xa8", "\\xe2\\x80\\xa8" },
		{ "\x01", "\\x01" },
		{ "~ !", "~ !" },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		struct wh_err err = WH_ERR_INIT;

		wh_fail(&err, EINVAL, "%s", cases[i].in);
		assert_string_equal(err.text, cases[i].out);
		wh_err_prefix(&err, "%s", cases[i].in);
		assert_int_equal(strlen(err.text), 2 * strlen(cases[i].out) + 2);
		assert_null(strpbrk(err.text, "\n\r\x1b\x7f\x01\xe2"));
	}
}

static void assert_cut(const struct wh_err *err, const char *start, const char *end)
{
	size_t len = strnlen(err->text, sizeof(err->text));

	assert_in_range(len, sizeof(err->text) - 16, sizeof(err->text) - 1);
	assert_memory_equal(err->text, start, strlen(start));
	assert_string_equal(err->text + len - strlen(end), end);
}

/* Cut at the end, always terminated, never in the middle of an escape. */
static void long_texts_are_cut(void **state)
{
	char plain[2000], control[2000];
	struct wh_err err = WH_ERR_INIT;

	(void)state;
	memset(plain, 'x', sizeof(plain) - 1);
	plain[sizeof(plain) - 1] = '\0';
	memset(control, '\n', sizeof(control) - 1);
	control[sizeof(control) - 1] = '\0';

	wh_fail(&err, E2BIG, "%s", plain);
	assert_cut(&err, "xxx", "xxx");
	wh_err_prefix(&err, "front");
	assert_cut(&err, "front: xxx", "xxx");

	for (size_t shift = 0; shift < 4; shift++) {
		err = (struct wh_err)WH_ERR_INIT;
		wh_fail(&err, E2BIG, "%.*s%s", (int)shift, plain, control);
		assert_cut(&err, "", "\\x0a");
		wh_err_prefix(&err, "f");
		assert_cut(&err, "f: ", "");
	}

	err = (struct wh_err)WH_ERR_INIT;
	wh_fail_errno(&err, E2BIG, "%s", plain);
	assert_cut(&err, "xxx", "");
	wh_err_prefix(&err, "%s", plain);
	assert_cut(&err, "xxx", "xxx");
}

static void prefix_needs_an_error(void **state)
{
	struct wh_err err = WH_ERR_INIT;

	(void)state;
	wh_err_prefix(&err, "bundle %s", "/b");
	assert_int_equal(err.number, 0);
	assert_string_equal(err.text, "");
	wh_fail(&err, EINVAL, "no root");
	wh_err_prefix(&err, "config.json");
	wh_err_prefix(&err, "bundle %s", "/b");
	assert_string_equal(err.text, "bundle /b: config.json: no root");
}

/* Docker turns some of these words into exit status 126 or 127, Podman others. */
static void no_word_of_the_engines(void **state)
{
	static const char *const matched[] = {
		"permission denied",
		"operation not permitted",
		"no such file or directory",
		"executable file not found",
		"open executable",
		"is a directory",
		"not a directory",
		"system cannot find the file",
		"oci runtime error",
	};

	(void)state;
	for (int number = 0; number < 140; number++) {
		const char *text = wh_errno_text(number);

		assert_non_null(text);
		assert_true(text[0] != '\0');
		assert_string_not_equal(text, strerror(number));
		for (size_t i = 0; i < WH_COUNT(matched); i++)
			assert_null(strcasestr(text, matched[i]));
	}
	assert_string_equal(wh_errno_text(-1), "unexpected failure of the system");
}

static void each_errno_has_one_row(void **state)
{
	(void)state;
	for (size_t i = 0; i < WH_COUNT(errno_texts); i++) {
		for (size_t k = 0; k < i; k++)
			assert_int_not_equal(errno_texts[i].number, errno_texts[k].number);
		assert_ptr_equal(wh_errno_text(errno_texts[i].number), errno_texts[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fills_once),
		cmocka_unit_test(null_sink_is_legal),
		cmocka_unit_test(errno_follows_the_sentence),
		cmocka_unit_test(unprintable_bytes_are_spelled),
		cmocka_unit_test(long_texts_are_cut),
		cmocka_unit_test(prefix_needs_an_error),
		cmocka_unit_test(no_word_of_the_engines),
		cmocka_unit_test(each_errno_has_one_row),
	};

	return cmocka_run_group_tests_name("err", tests, NULL, NULL);
}
