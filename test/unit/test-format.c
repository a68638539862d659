/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "record/format.h"
#include "trace-sample.h"

static void assert_field(const struct wh_format *format, const char *name, uint32_t offset,
	uint32_t size, bool is_signed, enum wh_format_where where)
{
	const struct wh_format_field *field = wh_format_find(format, name);

	assert_non_null(field);
	assert_int_equal(field->offset, offset);
	assert_int_equal(field->size, size);
	assert_int_equal(field->is_signed, is_signed);
	assert_int_equal(field->where, where);
}

static int parse(const char *text, struct wh_format *ret)
{
	return wh_format_parse((struct wh_slice){ text, strlen(text) }, ret);
}

static void test_of_a_kernel(void **state)
{
	struct wh_format format;
	char text[8192];

	(void)state;
	assert_int_equal(
		wh_format_parse(read_sample("exec.format", text, sizeof(text)), &format), 0);
	assert_int_equal(format.id, 312);
	assert_int_equal(format.count, 7);
	assert_field(&format, "common_type", 0, 2, false, WH_FORMAT_HERE);
	assert_field(&format, "common_pid", 4, 4, true, WH_FORMAT_HERE);
	assert_field(&format, "filename", 8, 4, true, WH_FORMAT_DATA_LOC);
	assert_int_equal(
		wh_format_parse(read_sample("syscall.format", text, sizeof(text)), &format), 0);
	assert_field(&format, "id", 8, 8, true, WH_FORMAT_HERE);
	assert_field(&format, "args", 16, 48, false, WH_FORMAT_HERE);
	assert_null(wh_format_find(&format, "arg"));
	assert_null(wh_format_find(&format, ""));
	assert_int_equal(
		wh_format_parse(read_sample("header-page", text, sizeof(text)), &format), 0);
	assert_int_equal(format.id, 0);
	assert_field(&format, "commit", 8, 8, true, WH_FORMAT_HERE);
}

static void test_what_is_taken(void **state)
{
	static const char long_name[] =
		"ID: 7\n\tfield:int a_name_that_is_far_too_long_to_be_asked_for;\toffset:0;"
		"\tsize:4;\tsigned:1;\n";
	struct wh_format format;

	(void)state;
	assert_int_equal(parse("ID: 7\n\tfield:const struct cred * cred;\toffset:8;\tsize:8;"
			       "\tsigned:0;\n\nprint fmt: \"x\", REC->a\n\tfield:junk\n",
				 &format),
		0);
	assert_int_equal(format.count, 1);
	assert_field(&format, "cred", 8, 8, false, WH_FORMAT_HERE);
	assert_int_equal(parse(long_name, &format), 0);
	assert_null(wh_format_find(&format, "a_name_that_is_far_too_long_to_be_asked_for"));
	assert_int_equal(
		parse("\tfield:__rel_loc char[] x;\toffset:4;\tsize:4;\tsigned:0;", &format), 0);
	assert_field(&format, "x", 4, 4, false, WH_FORMAT_REL_LOC);
}

static void test_places(void **state)
{
	struct wh_format format;
	uint32_t place = 7;

	(void)state;
	assert_int_equal(parse("\tfield:__u16 port;\toffset:26;\tsize:2;\tsigned:0;\n"
			       "\tfield:__u16 odd;\toffset:29;\tsize:2;\tsigned:0;\n"
			       "\tfield:long args[6];\toffset:12;\tsize:48;\tsigned:0;\n"
			       "\tfield:long more[6];\toffset:64;\tsize:48;\tsigned:0;\n",
				 &format),
		0);
	assert_false(wh_format_place(&format, "ports", 2, &place));
	assert_false(wh_format_place(&format, "port", 4, &place));
	assert_false(wh_format_place(&format, "odd", 2, &place));
	assert_false(wh_format_place(&format, "args", 48, &place));
	assert_int_equal(place, 7);
	assert_true(wh_format_place(&format, "port", 2, &place));
	assert_int_equal(place, 26);
	assert_true(wh_format_place(&format, "more", 48, &place));
	assert_int_equal(place, 64);
}

static void test_what_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"ID: 7\n",
		"ID: seven\n\tfield:int a;\toffset:0;\tsize:4;\tsigned:1;\n",
		"ID: 65536\n\tfield:int a;\toffset:0;\tsize:4;\tsigned:1;\n",
		"\tfield:int a;\toffset:0;\tsize:4;\n",
		"\tfield:int a;\tsize:4;\toffset:0;\tsigned:1;\n",
		"\tfield:int a;\toffset:-1;\tsize:4;\tsigned:1;\n",
		"\tfield:int a;\toffset:65536;\tsize:4;\tsigned:1;\n",
		"\tfield:int a;\toffset:0;\tsize:;\tsigned:1;\n",
		"\tfield:;\toffset:0;\tsize:4;\tsigned:1;\n",
		"\tfield:int ];\toffset:0;\tsize:4;\tsigned:1;\n",
		"\tfield:int [4];\toffset:0;\tsize:4;\tsigned:1;\n",
		"\tfield:__data_loc char[] a;\toffset:0;\tsize:8;\tsigned:1;\n",
		"\tfield:int a",
	};
	struct wh_format format;
	char many[8192];
	size_t len = 0;

	(void)state;
	for (size_t i = 0; i < WH_COUNT(texts); i++)
		assert_int_equal(parse(texts[i], &format), -EINVAL);
	for (unsigned i = 0; i <= WH_FORMAT_FIELDS; i++)
		len += (size_t)snprintf(many + len, sizeof(many) - len,
			"\tfield:int a%u;\toffset:0;\tsize:4;\tsigned:1;\n", i);
	assert_int_equal(parse(many, &format), -E2BIG);
}

static void test_numbers(void **state)
{
	static const struct {
		uint32_t offset, size;
		bool is_signed, good;
		int64_t value;
	} cases[] = {
		{ 0, 1, false, true, 0xff },
		{ 0, 1, true, true, -1 },
		{ 0, 2, false, true, 0xfeff },
		{ 0, 2, true, true, -257 },
		{ 0, 4, false, true, INT64_C(0xfcfdfeff) },
		{ 0, 4, true, true, -50462977 },
		{ 1, 8, false, true, INT64_C(0x00f9fafbfcfdfe) | INT64_C(0x01) << 56 },
		{ 2, 8, false, false, 0 },
		{ 0, 3, false, false, 0 },
		{ 9, 1, false, false, 0 },
		{ 65535, 8, false, false, 0 },
		{ 0, 0, false, false, 0 },
	};
	const struct wh_slice record = { "\xff\xfe\xfd\xfc\xfb\xfa\xf9\x00\x01", 9 };
	int64_t value;

	(void)state;
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		const struct wh_format_field field = { "x", cases[i].offset, cases[i].size,
			cases[i].is_signed, WH_FORMAT_HERE };

		assert_int_equal(wh_format_number(&field, record, &value), cases[i].good);
		if (cases[i].good)
			assert_true(value == cases[i].value);
	}
	assert_false(wh_format_number(NULL, record, &value));
}

static void assert_text(
	const struct wh_format_field *field, struct wh_slice record, const char *expected)
{
	struct wh_slice text;
	bool good = wh_format_text(field, record, &text);

	assert_int_equal(good, expected != NULL);
	if (expected != NULL)
		assert_true(wh_slice_is(text, expected));
}

static void test_texts(void **state)
{
	const struct wh_format_field data = { "x", 0, 4, false, WH_FORMAT_DATA_LOC };
	const struct wh_format_field rel = { "x", 0, 4, false, WH_FORMAT_REL_LOC };
	const struct wh_format_field here = { "x", 4, 6, false, WH_FORMAT_HERE };

	(void)state;
	assert_text(&data, (struct wh_slice){ "\x04\0\x06\0/true\0", 11 }, "/true");
	assert_text(&data, (struct wh_slice){ "\x04\0\x05\0/true", 9 }, "/true");
	assert_text(&data, (struct wh_slice){ "\x04\0\x06\0/true", 9 }, NULL);
	assert_text(&data, (struct wh_slice){ "\xff\xff\0\0/true", 9 }, NULL);
	assert_text(&data, (struct wh_slice){ "\x09\0\0\0/true", 9 }, "");
	assert_text(&rel, (struct wh_slice){ "\0\0\x05\0/true", 9 }, "/true");
	assert_text(&rel, (struct wh_slice){ "\x01\0\x05\0/true", 9 }, NULL);
	assert_text(&here, (struct wh_slice){ "1234/true\0", 10 }, "/true");
	assert_text(&here, (struct wh_slice){ "1234/true", 9 }, NULL);
	assert_text(&data, (struct wh_slice){ "\x04\0\x06", 3 }, NULL);
	assert_text(NULL, (struct wh_slice){ "1234/true", 9 }, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_of_a_kernel),
		cmocka_unit_test(test_what_is_taken),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_what_is_refused),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
