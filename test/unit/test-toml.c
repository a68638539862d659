/* SPDX-License-Identifier: Apache-2.0 */
/* TOML: where things stand, and edits as pairs of text. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "toml/toml.h"

#define MAX_PATH 8

/* "a.b c.d" with the words apart at '/'. The list lives until the next call. */
static const char *const *path_of(const char *words)
{
	static char copy[256];
	static const char *path[MAX_PATH + 1];
	size_t count = 0;

	(void)snprintf(copy, sizeof(copy), "%s", words);
	for (char *word = copy, *next; word != NULL && count < MAX_PATH; word = next) {
		next = strchr(word, '/');
		if (next != NULL)
			*next++ = '\0';
		path[count++] = word;
	}
	path[count] = NULL;
	return path;
}

static void every_node_knows_its_place(void **state)
{
	static const struct {
		const char *text;
		const char *path;
		enum wh_toml_type type;
		enum wh_toml_form form;
		const char *raw; /* what stands there */
		unsigned line;
	} cases[] = {
		{ "a = 1 # c\n", "a", WH_TOML_INTEGER, 0, "1", 1 },
		{ "\xef\xbb\xbf"
		  "a = 1\n",
			"a", WH_TOML_INTEGER, 0, "1", 1 },
		{ "# \xc3\xbc\n\"\xc3\xb6\" = \"\xc3\xa9\" # x\n", "\xc3\xb6", WH_TOML_STRING, 0,
			"\"\xc3\xa9\"", 2 },
		{ "a = [\r\n  1, # x\r\n  2,\r\n]\r\nb = true", "a", WH_TOML_ARRAY, 0,
			"[\r\n  1, # x\r\n  2,\r\n]", 1 },
		{ "a = [\r\n  1, # x\r\n  2,\r\n]\r\nb = true", "b", WH_TOML_BOOLEAN, 0, "true",
			5 },
		{ "[a.\"b c\"]\nd = 1.50\n", "a/b c/d", WH_TOML_OTHER, 0, "1.50", 2 },
		{ "[a.b]\nc = 1\n", "a", WH_TOML_TABLE, WH_TOML_IMPLIED, "[a.b]", 1 },
		{ "[a.b]\nc = 1\n", "a/b", WH_TOML_TABLE, WH_TOML_HEADER, "[a.b]", 1 },
		{ "[a.b]\nc = 1\n[a]\n", "a", WH_TOML_TABLE, WH_TOML_HEADER, "[a]", 1 },
		{ "[ a . b ]\n", "a/b", WH_TOML_TABLE, WH_TOML_HEADER, "[ a . b ]", 1 },
		{ "a.b.c = 1\n", "a/b", WH_TOML_TABLE, WH_TOML_DOTTED, "b", 1 },
		{ "a = { b.c = 1 }\n", "a", WH_TOML_TABLE, WH_TOML_INLINE, "{ b.c = 1 }", 1 },
		{ "a = { b.c = 1 }\n", "a/b", WH_TOML_TABLE, WH_TOML_DOTTED, "b", 1 },
		{ "m = \"\"\"\nx\ny\"\"\"\n", "m", WH_TOML_STRING, 0, "\"\"\"\nx\ny\"\"\"", 1 },
		{ "[[a]]\nb = 1\n[[a]]\nb = 2\n", "a", WH_TOML_ARRAY, 0, NULL, 1 },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
		struct wh_err err = WH_ERR_INIT;
		const struct wh_toml_node *node;
		struct wh_toml doc;

		if (wh_toml_parse(wh_slice_of(cases[i].text), &arena, &doc, &err) != 0)
			fail_msg("case %zu: %s", i, err.text);
		node = wh_toml_find(doc.root, path_of(cases[i].path));
		assert_non_null(node);
		assert_int_equal(node->type, cases[i].type);
		if (node->type == WH_TOML_TABLE && node->form != cases[i].form)
			fail_msg("case %zu: form %d", i, node->form);
		if (cases[i].raw != NULL && !wh_slice_is(wh_toml_raw(&doc, node), cases[i].raw))
			fail_msg("case %zu: %.*s", i, (int)wh_toml_raw(&doc, node).len,
				wh_toml_raw(&doc, node).data);
		assert_int_equal(node->line, cases[i].line);
	}
}

static void members_come_in_the_order_of_the_text(void **state)
{
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	struct wh_toml doc;
	const char *expected[] = { "z", "m", "a" };
	size_t count = 0;

	(void)state;
	assert_int_equal(wh_toml_parse(WH_SLICE("z = 1\nm.x = 2\n[a]\n"), &arena, &doc, NULL), 0);
	for (const struct wh_toml_node *node = doc.root->first; node != NULL; node = node->next)
		assert_true(wh_slice_is(node->key, expected[count++]));
	assert_int_equal(count, 3);
}

static char *repeat(const char *part, size_t times, const char *end)
{
	struct wh_buf buf = WH_BUF_INIT;

	for (size_t i = 0; i < times; i++)
		wh_buf_add_string(&buf, part);
	wh_buf_add_string(&buf, end);
	return buf.data;
}

static void what_is_no_toml_is_refused(void **state)
{
	char *brackets = repeat("[", 5000, "");
	char *dotted = repeat("a.", 7000, "a = 1\n");
	char *many = repeat("a.", 200000, "a = 1\n");
	const struct {
		const char *text;
		int status;
		const char *sentence;
	} cases[] = {
		{ "a = \n", -EINVAL, "1:5: " },
		{ "a = 1\na = 2\n", -EINVAL, "2:" },
		{ "a = 1\nb = \"x\n", -EINVAL, "2:" },
		{ "a = \"\xff\"\n", -EINVAL, "1:5: " },
		{ brackets, -EINVAL, "1:1: this is no header" },
		{ "\xd2\x91 = 1\n", -EINVAL, "1:1: " },
		{ "a = 1 \xc3\xb6\n", -EINVAL, "1:" },
		{ "a = 1\n\n[ [\n[b]\n", -EINVAL, "3:3: " },
		{ "a = 1\n\n [[.\n[b]\n", -EINVAL, "3:1: this is no header" },
		{ dotted, -EINVAL, "1:1: nested deeper than 64" },
		{ many, -EFBIG, "1:1: more dots than" },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
		struct wh_err err = WH_ERR_INIT;
		struct wh_toml doc;

		assert_int_equal(wh_toml_parse(wh_slice_of(cases[i].text), &arena, &doc, &err),
			cases[i].status);
		if (strncmp(err.text, cases[i].sentence, strlen(cases[i].sentence)) != 0)
			fail_msg("case %zu: %s", i, err.text);
	}
	free(brackets);
	free(dotted);
	free(many);
}

/* ---- edits ------------------------------------------------------------------------------- */

static void compare(size_t i, const char *what, int r, const struct wh_buf *got,
	const struct wh_err *err, const char *expected)
{
	const char *text = got->data == NULL ? "" : got->data;

	if (expected == NULL && r == -EINVAL && got->len == 0)
		return;
	if (expected == NULL)
		fail_msg("%s %zu: was not refused:\n%s", what, i, text);
	if (r != 0)
		fail_msg("%s %zu: %s", what, i, err->text);
	if (strcmp(text, expected) != 0)
		fail_msg("%s %zu gives:\n%s\nnot:\n%s", what, i, text, expected);
}

static void setting(void **state)
{
	static const struct {
		const char *text;
		const char *path;
		const char *value;
		const char *expected; /* NULL: refused */
	} cases[] = {
		{ "", "a", "1", "a = 1\n" },
		{ "# x\n", "a", "1", "a = 1\n# x\n" },
		{ "\xef\xbb\xbf[b]\n", "a", "1",
			"\xef\xbb\xbf"
			"a = 1\n[b]\n" },
		{ "a = 1 # one\nb = 2\n", "a", "\"x\"", "a = \"x\" # one\nb = 2\n" },
		{ "a = [ 1,\n 2 ]\nb = 2\n", "a", "3", "a = 3\nb = 2\n" },
		{ "b = 2", "a", "1", "b = 2\na = 1\n" },
		{ "b = 2\r\n\r\n[c]\r\n", "a", "1", "b = 2\r\na = 1\r\n\r\n[c]\r\n" },
		{ "[t]\n# c\n\n[u]\n", "t/a", "1", "[t]\na = 1\n# c\n\n[u]\n" },
		{ "  [t]\n    b = 1 # x\n  [u]\n", "t/a", "1",
			"  [t]\n    b = 1 # x\n    a = 1\n  [u]\n" },
		{ "  [t]\n  [u]\n", "t/a", "1", "  [t]\n    a = 1\n  [u]\n" },
		{ "[t.u]\nx = 1\n# end\n\n# of v\n[v]\n", "t/a", "1",
			"[t.u]\nx = 1\n# end\n\n[t]\na = 1\n\n# of v\n[v]\n" },
		{ "[t.u]\nx = 1\n# of v\n[v]\n", "t/a", "1",
			"[t.u]\nx = 1\n\n[t]\na = 1\n# of v\n[v]\n" },
		{ "t.u.x = 1 # y\nb = 1\n", "t/u/a", "1", "t.u.x = 1 # y\nt.u.a = 1\nb = 1\n" },
		{ "[p]\nt.u.x = 1\nb = 1\n", "p/t/u/a", "1", "[p]\nt.u.x = 1\nt.u.a = 1\nb = 1\n" },
		{ "t = {}\n", "t/a", "1", "t = { a = 1 }\n" },
		{ "t = { }\n", "t/a", "1", "t = { a = 1 }\n" },
		{ "t = { b = 1 }\n", "t/a", "1", "t = { b = 1, a = 1 }\n" },
		{ "t = { b = { c = 1 } }\n", "t/b/d/e", "1", "t = { b = { c = 1, d.e = 1 } }\n" },
		{ "[t]\nb = 1\n[t.u]\nc = 1\n", "t/a", "1", "[t]\nb = 1\na = 1\n[t.u]\nc = 1\n" },
		{ "[t]\n", "t/\"a b\"", "1", "[t]\n\"\\\"a b\\\"\" = 1\n" },
		{ "a = 1\n", "a/b", "1", NULL },
		{ "[a]\n", "a", "1", NULL },
		{ "[[a]]\n", "a/b", "1", NULL },
		{ "[[a]]\n", "a", "1", NULL },
		{ "a = 1\n", "b", "1\nc = 2", NULL },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		struct wh_buf got WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
		struct wh_err err = WH_ERR_INIT;
		int r = wh_toml_set(wh_slice_of(cases[i].text), path_of(cases[i].path),
			wh_slice_of(cases[i].value), &got, &err);

		compare(i, "set", r, &got, &err, cases[i].expected);
	}
}

static void taking_out(void **state)
{
	static const struct {
		const char *text;
		const char *path;
		const char *expected;
	} cases[] = {
		{ "", "a", "" },
		{ "a = 1 # one\nb = 2\n", "a", "b = 2\n" },
		{ "a = [ 1,\n 2 ] # x\nb = 2\n", "a", "b = 2\n" },
		{ "b = 2\na = 1", "a", "b = 2\n" },
		{ "a = 1\n\n[t.u]\nx = 1\n\n[t.u.v]\ny = 1 # z\n\n# w\n[w]\n", "t/u",
			"a = 1\n\n# w\n[w]\n" },
		{ "[t.u]\nx = 1\n[w]\n[t.u.v]\ny = 1\n", "t/u", "[w]\n" },
		{ "[t]\nu.x = 1\nb = 1\nu.y = 2\n[t.u.v]\nz = 1\n", "t/u", "[t]\nb = 1\n" },
		{ "t = { a = 1, b = 2 }\n", "t/a", "t = { b = 2 }\n" },
		{ "t = { a = 1, b = 2 }\n", "t/b", "t = { a = 1 }\n" },
		{ "t = { b = 2 }\n", "t/b", "t = {  }\n" },
		{ "t = { a = 1, b.c = 2 }\n", "t/b/c", "t = { a = 1 }\n" },
		{ "t = { a = 1, b.c = 2, b.d = 3 }\n", "t/b/c", "t = { a = 1, b.d = 3 }\n" },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		struct wh_buf got WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
		struct wh_err err = WH_ERR_INIT;
		int r = wh_toml_unset(
			wh_slice_of(cases[i].text), path_of(cases[i].path), &got, &err);

		compare(i, "unset", r, &got, &err, cases[i].expected);
	}
}

static void adding_tables(void **state)
{
	static const struct wh_toml_member members[] = {
		{ NULL, "type", { "\"x\"", 3 } },
		{ "options", "Bin", { "\"/b\"", 4 } },
		{ "options", "Sys", { "true", 4 } },
	};
	static const struct {
		const char *text;
		const char *path;
		const char *expected;
	} cases[] = {
		{ "", "r/w", "[r.w]\ntype = \"x\"\n\n[r.w.options]\nBin = \"/b\"\nSys = true\n" },
		{ "a = 1", "r/w",
			"a = 1\n\n[r.w]\ntype = \"x\"\n\n[r.w.options]\nBin = \"/b\"\nSys = "
			"true\n" },
		{ "[r.o]\ntype = 1\n[z]\n", "r/w",
			"[r.o]\ntype = 1\n\n[r.w]\ntype = \"x\"\n\n[r.w.options]\nBin = "
			"\"/b\"\nSys = true\n[z]\n" },
		{ "[r]\n  [r.o]\n    type = 1\n\n  [r.o.options]\n    S = 1\n\n[z]\n", "r/w",
			"[r]\n  [r.o]\n    type = 1\n\n  [r.o.options]\n    S = 1\n  [r.w]\n    "
			"type = \"x\"\n    [r.w.options]\n      Bin = \"/b\"\n      Sys = "
			"true\n\n[z]\n" },
		{ "[p]\nr.o.type = 1\nb = 1\n[z]\n", "p/r/w",
			"[p]\nr.o.type = 1\nb = 1\n\n[p.r.w]\ntype = \"x\"\n\n[p.r.w.options]\n"
			"Bin = \"/b\"\nSys = true\n[z]\n" },
		{ "r = { o = { type = 1 } }\n", "r/w",
			"r = { o = { type = 1 }, w = { type = \"x\", options = { Bin = \"/b\", Sys "
			"= "
			"true } } }\n" },
		{ "r = {}\n", "r/w/v",
			"r = { w.v = { type = \"x\", options = { Bin = \"/b\", Sys = true } } "
			"}\n" },
		{ "[r.o]\r\n", "r/w",
			"[r.o]\r\n\r\n[r.w]\r\ntype = \"x\"\r\n\r\n[r.w.options]\r\nBin = "
			"\"/b\"\r\nSys = true\r\n" },
		{ "[r.w]\n", "r/w", NULL },
		{ "r = 1\n", "r/w", NULL },
		{ "[[r]]\n", "r/w", NULL },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		struct wh_buf got WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
		struct wh_err err = WH_ERR_INIT;
		int r = wh_toml_add_table(wh_slice_of(cases[i].text), path_of(cases[i].path),
			members, WH_COUNT(members), &got, &err);

		compare(i, "add", r, &got, &err, cases[i].expected);
	}
}

static void keys_and_strings_are_spelled(void **state)
{
	struct wh_buf got WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;

	(void)state;
	wh_toml_add_key(&got, WH_SLICE("a-B_1"));
	wh_buf_add_char(&got, ' ');
	wh_toml_add_key(&got, WH_SLICE("a.b"));
	wh_buf_add_char(&got, ' ');
	wh_toml_add_key(&got, WH_SLICE(""));
	wh_buf_add_char(&got, ' ');
	wh_toml_add_string(&got, WH_SLICE("q\"\\\n\x7f\xc3\xa9"));
	assert_string_equal(got.data, "a-B_1 \"a.b\" \"\" \"q\\\"\\\\\\u000A\\u007F\xc3\xa9\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_node_knows_its_place),
		cmocka_unit_test(members_come_in_the_order_of_the_text),
		cmocka_unit_test(what_is_no_toml_is_refused),
		cmocka_unit_test(setting),
		cmocka_unit_test(taking_out),
		cmocka_unit_test(adding_tables),
		cmocka_unit_test(keys_and_strings_are_spelled),
	};

	return cmocka_run_group_tests_name("toml", tests, NULL, NULL);
}
