/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON when memory runs out: one long use of everything is repeated with the first, the second, the
 * third… allocation failing, until one run needs no more of them. Every other run must end with
 * -ENOMEM and without a text, since half a rewritten config.json would be a wrong one.
 *
 * The allocator is wrapped by the linker (see meson.build), and so is qsort_r(), to see that keys
 * which collide on purpose are sorted.
 */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json/json.h"
#include "json-sample.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void __real_qsort_r(void *base, size_t count, size_t size,
	int (*compare)(const void *, const void *, void *), void *context);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void __wrap_qsort_r(void *base, size_t count, size_t size,
	int (*compare)(const void *, const void *, void *), void *context);

static size_t allocations; /* since the last reset */
static size_t failing;     /* the number of the one that fails, from 1; 0 for none */
static size_t sorts;

static bool fails(void)
{
	return ++allocations == failing;
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return fails() ? NULL : __real_realloc(old, size);
}

void __wrap_qsort_r(void *base, size_t count, size_t size,
	int (*compare)(const void *, const void *, void *), void *context)
{
	sorts++;
	__real_qsort_r(base, count, size, compare, context);
}

static void fail_from(size_t number)
{
	allocations = 0;
	failing = number;
}

/* The text with all that is allocated for: escapes, and an object that needs a hash table. */
static void add_text(struct wh_buf *text)
{
	wh_buf_add_string(text, "{\"spec\":");
	wh_buf_add_string(text, sample_config);
	wh_buf_add_string(text, ",\"list\":[\"\\u0061\"],\"many\":{");
	for (unsigned i = 20; i > 0; i--)
		wh_buf_addf(text, "\"k%u\":%u%s", i, i, i > 1 ? "," : "}}");
}

static void edit(struct wh_json *doc, const struct wh_json *other)
{
	wh_node root = wh_json_root(doc), list = wh_json_get(doc, root, "list");

	(void)wh_json_string(doc, wh_json_first(doc, list));
	for (unsigned i = 0; i < 100; i++)
		wh_json_append(doc, list, wh_json_new_u64(doc, i));
	wh_json_append(doc, list, wh_json_new_string(doc, WH_SLICE("\n")));
	wh_json_set(doc, root, "copy", wh_json_new_copy(doc, other, wh_json_root(other)));
	wh_json_set(doc, root, "again", wh_json_new_copy(doc, doc, list));
	wh_json_unset(doc, root, "many");
	wh_json_remove(doc, list, wh_json_first(doc, list));
}

/* 0 and a text, or what failed. */
static int use_everything(struct wh_buf *ret, struct wh_err *err)
{
	struct wh_json *doc WH_JSON = NULL, *other WH_JSON = NULL, *whole WH_JSON = NULL;
	struct wh_buf text = WH_BUF_INIT;
	int r;

	add_text(&text);
	r = wh_json_parse_take(&doc, &text, NULL, err);
	assert_null(text.data);
	if (r < 0)
		return r;
	r = wh_json_new(&other);
	if (r < 0)
		return r;
	wh_json_set(other, wh_json_root(other), "s", wh_json_new_string(other, WH_SLICE("x")));
	edit(doc, other);
	r = wh_json_new_from(&whole, doc, wh_json_root(doc));
	if (r < 0)
		return wh_json_status(doc) < 0 ? wh_json_status(doc) : r;
	return wh_json_write_buf(whole, wh_json_root(whole), ret);
}

static void test_every_allocation_fails_once(void **state)
{
	struct wh_buf expected = WH_BUF_INIT;
	size_t most;

	(void)state;
	fail_from(0);
	assert_int_equal(use_everything(&expected, NULL), 0);
	most = allocations;
	assert_true(most > 20);
	for (size_t n = 1; n <= most; n++) {
		struct wh_buf out = WH_BUF_INIT;
		struct wh_err err = WH_ERR_INIT;
		int r;

		fail_from(n);
		r = use_everything(&out, &err);
		fail_from(0);
		assert_int_equal(r, -ENOMEM);
		assert_true(out.len == 0);
		assert_int_equal(wh_buf_status(&out), out.failed ? -ENOMEM : 0);
		if (err.number != 0) {
			assert_int_equal(err.number, ENOMEM);
			assert_string_equal(err.text, "out of memory while reading JSON");
		}
		wh_buf_done(&out);
	}
	fail_from(0);
	wh_buf_done(&expected);
}

/* A refusal stays one when there is no memory to say where. */
static void test_refusal_without_memory(void **state)
{
	static const char broken[] = "{\"a\":{\"b\":[1,tru]}}";

	(void)state;
	for (size_t n = 1; n < 40; n++) {
		struct wh_buf text = WH_BUF_INIT;
		struct wh_err err = WH_ERR_INIT;
		struct wh_json *doc = NULL;
		int r;

		fail_from(0);
		wh_buf_add_string(&text, broken);
		fail_from(n);
		r = wh_json_parse_take(&doc, &text, NULL, &err);
		fail_from(0);
		assert_null(doc);
		assert_int_equal(r, n <= 3 ? -ENOMEM : -EINVAL);
		assert_int_equal(err.number, -r);
		if (r == -EINVAL)
			assert_non_null(strstr(err.text, "this is neither true, false nor null"));
	}
}

/* The hash of lib/json/text.c, written once more: keys are picked that fall on one slot. */
static uint32_t hash_of(const char *key)
{
	uint32_t hash = 2166136261u;

	for (; *key != '\0'; key++)
		hash = (hash ^ (unsigned char)*key) * 16777619u;
	return hash ^ hash >> 15;
}

static void add_colliding_keys(struct wh_buf *text, unsigned count)
{
	char key[16];

	wh_buf_add_char(text, '{');
	/* Downwards, lest they be judged by their order. */
	for (unsigned i = 99999999; count > 0; i--) {
		(void)snprintf(key, sizeof(key), "%08u", i);
		if ((hash_of(key) & 1023) == 7) {
			wh_buf_addf(text, "\"%s\":0,", key);
			count--;
		}
	}
}

static void test_colliding_keys(void **state)
{
	static const struct {
		const char *rest;
		int result;
	} cases[] = {
		{ "\"last\":0}", 0 },
		{ "\"last\":0,\"last\":0}", -EINVAL },
		{ "\"x\":0,\"last\":0,\"\\u006cast\":0,\"last\":0}", -EINVAL },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		struct wh_buf text = WH_BUF_INIT;
		struct wh_err err = WH_ERR_INIT;
		struct wh_json *doc WH_JSON = NULL;
		char place[64];
		const char *second;

		add_colliding_keys(&text, 500);
		wh_buf_add_string(&text, cases[i].rest);
		/* The second of the equal keys is named, also when there is a third. */
		second = strstr(text.data, i == 2 ? "\"\\u006cast" : ",\"last\":0}");
		(void)snprintf(place, sizeof(place), "line 1, column %zu (/last): this key",
			(size_t)(second - text.data) + (i == 2 ? 1 : 2));
		sorts = 0;
		assert_int_equal(wh_json_parse_take(&doc, &text, NULL, &err), cases[i].result);
		assert_int_equal(sorts, 1);
		if (cases[i].result < 0)
			assert_int_equal(strncmp(err.text, place, strlen(place)), 0);
	}
}

/* Other keys need no sorting, and take no table when they ascend. */
static void test_usual_keys(void **state)
{
	static const struct {
		unsigned step;
		bool table;
	} cases[] = { { 1, false }, { 7919, true } };

	(void)state;
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		struct wh_buf text = WH_BUF_INIT;
		struct wh_json *doc WH_JSON = NULL;

		wh_buf_add_char(&text, '{');
		for (unsigned n = 0; n < 10000; n++)
			wh_buf_addf(&text, "\"key%05u\":0,", n * cases[i].step % 10000);
		wh_buf_add_string(&text, "\"last\":0}");
		sorts = 0;
		fail_from(0);
		assert_int_equal(wh_json_parse_take(&doc, &text, NULL, NULL), 0);
		assert_int_equal(allocations, cases[i].table ? 4 : 3);
		assert_int_equal(sorts, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_allocation_fails_once),
		cmocka_unit_test(test_refusal_without_memory),
		cmocka_unit_test(test_colliding_keys),
		cmocka_unit_test(test_usual_keys),
	};

	return cmocka_run_group_tests_name("json-memory", tests, NULL, NULL);
}
