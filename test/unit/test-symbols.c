/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of a kernel as names. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "learn/symbols.h"

static int parse(const char *text, size_t len, struct wh_symbols **ret)
{
	struct wh_buf buf = WH_BUF_INIT;
	int r;

	wh_buf_add(&buf, text, len);
	*ret = NULL;
	r = wh_symbols_parse_take(ret, &buf);
	assert_null(buf.data);
	assert_int_equal(r == 0, *ret != NULL);
	return r;
}

static void is_called(const struct wh_symbols *symbols, uint64_t address, const char *name)
{
	const char *found = wh_symbols_find(symbols, address);

	if (name == NULL)
		assert_null(found);
	else
		assert_string_equal(found == NULL ? "" : found, name);
}

static void addresses_have_names(void **state)
{
	static const char text[] = "0000000000001000 A fixed_percpu_data\n"
				   "ffffffff81000000 T _stext\n"
				   "ffffffff81000000 T startup_64\n"
				   "ffffffff81000050 t __pfx_do_it\n"
				   "ffffffff81000060 t do_it.constprop.0.isra.0\n"
				   "ffffffff81000100 W weak_one.cold\n"
				   "ffffffff81000180 D some_data\n"
				   "ffffffff81000200 w other\n"
				   "ffffffffa0000000 t in_module\t[xfs]\n"
				   "ffffffff90000000 t moved.llvm.1234\t[ovl]";
	struct wh_symbols *symbols;

	(void)state;
	assert_int_equal(parse(text, sizeof(text) - 1, &symbols), 0);
	is_called(symbols, 0, NULL);
	is_called(symbols, UINT64_C(0xffffffff80ffffff), NULL);
	is_called(symbols, UINT64_C(0xffffffff81000000), "_stext");
	is_called(symbols, UINT64_C(0xffffffff8100005f), "_stext");
	is_called(symbols, UINT64_C(0xffffffff81000060), "do_it");
	is_called(symbols, UINT64_C(0xffffffff810001ff), "weak_one");
	is_called(symbols, UINT64_C(0xffffffff81000200), "other");
	is_called(symbols, UINT64_C(0xffffffff81100200), "other");
	is_called(symbols, UINT64_C(0xffffffff81100201), NULL);
	is_called(symbols, UINT64_C(0xffffffff90000001), "moved");
	is_called(symbols, UINT64_C(0xffffffffa0000001), "in_module");
	is_called(symbols, UINT64_MAX, NULL);
	is_called(NULL, UINT64_C(0xffffffff81000060), NULL);
	wh_symbols_free(symbols);
	wh_symbols_free(NULL);
}

static void what_is_no_such_text_is_refused(void **state)
{
	static const struct {
		const char *text;
		int error;
	} cases[] = {
		{ "", -EINVAL },
		{ "\n", -EINVAL },
		{ "ffffffff81000000 T a\n\n", -EINVAL },
		{ "ffffffff81000000 T \n", -EINVAL },
		{ "ffffffff81000000 T\n", -EINVAL },
		{ "ffffffff81000000  T a\n", -EINVAL },
		{ "ffffffff810000000 T a\n", -EINVAL },
		{ " T a\n", -EINVAL },
		{ "hello\n", -EINVAL },
		{ "ffffffff81000000 D only_data\n", -EINVAL },
		{ "ffffffff81000000 T \tmodule\n", -EINVAL },
		{ "0000000000000000 T a\n0000000000000000 t b\n", -ENOENT },
		{ "ffffffff81000000 T a\n", 0 },
		{ "c0008000 t on_32_bits\n", 0 },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		struct wh_symbols *symbols;

		assert_int_equal(
			parse(cases[i].text, strlen(cases[i].text), &symbols), cases[i].error);
		wh_symbols_free(symbols);
	}
}

static void a_failed_text_is_no_memory(void **state)
{
	struct wh_buf buf = { .failed = true };
	struct wh_symbols *symbols = NULL;

	(void)state;
	assert_int_equal(wh_symbols_parse_take(&symbols, &buf), -ENOMEM);
	assert_null(symbols);
}

/* A whole kernel, each function found by its first and its last byte. */
static void many_are_found(void **state)
{
	struct wh_buf buf = WH_BUF_INIT;
	struct wh_symbols *symbols = NULL;

	(void)state;
	for (unsigned i = 0; i < 250000; i++)
		wh_buf_addf(&buf, "%016lx %c function_%u%s\n",
			0xffffffff81000000ul + (i < 200000 ? i : 449999 - i) * 32ul,
			i % 4 == 3 ? 'b' : 't', i, i % 2 == 0 ? ".isra.0" : "");
	assert_int_equal(wh_symbols_parse_take(&symbols, &buf), 0);
	for (unsigned i = 0; i < 250000; i++) {
		uint64_t address = 0xffffffff81000000ul + (i < 200000 ? i : 449999 - i) * 32ul;
		char name[32];

		if (i % 4 == 3)
			continue;
		(void)snprintf(name, sizeof(name), "function_%u", i);
		is_called(symbols, address, name);
		is_called(symbols, address + 31, name);
	}
	wh_symbols_free(symbols);
}

static void random_texts_do_no_harm(void **state)
{
	static const char parts[][12] = { "ffffffff8100", "0", " T ", " t ", "\n", "\t", "name",
		".", ".cold", " ", "__pfx_", "f", "\xff" };
	unsigned seed = 1;

	(void)state;
	for (unsigned round = 0; round < 3000; round++) {
		struct wh_buf buf = WH_BUF_INIT;
		struct wh_symbols *symbols;

		for (int i = rand_r(&seed) % 20; i >= 0; i--) {
			size_t part = (size_t)rand_r(&seed) % WH_COUNT(parts);

			wh_buf_add(&buf, parts[part], strnlen(parts[part], sizeof(parts[part])));
		}
		if (parse(buf.data, buf.len, &symbols) == 0)
			for (uint64_t i = 0; i < 64; i++)
				(void)wh_symbols_find(symbols, UINT64_MAX >> i);
		wh_symbols_free(symbols);
		wh_buf_done(&buf);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_have_names),
		cmocka_unit_test(what_is_no_such_text_is_refused),
		cmocka_unit_test(a_failed_text_is_no_memory),
		cmocka_unit_test(many_are_found),
		cmocka_unit_test(random_texts_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
