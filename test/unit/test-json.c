/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JSON reader, tree and writer. Reading is tested as two tables: what is accepted, with the
 * text that comes out again, and what is refused, with the whole sentence. The cases follow the
 * classes in which JSON parsers are known to differ.
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

#define BYTES(literal) literal, sizeof(literal) - 1
#define LEVELS_31 "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
#define LEVELS_31_END "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"

static const struct wh_json_options with_comments = { .comments = true };

/* ---- helpers ---------------------------------------------------------------------------- */

static int try(struct wh_json **ret, const char *text, size_t len,
	const struct wh_json_options *options, struct wh_err *err)
{
	struct wh_buf buf = WH_BUF_INIT;
	int r;

	wh_buf_add(&buf, text, len);
	r = wh_json_parse_take(ret, &buf, options, err);
	assert_null(buf.data);
	assert_int_equal(buf.len, 0);
	return r;
}

static struct wh_json *parse(const char *text)
{
	struct wh_err err = WH_ERR_INIT;
	struct wh_json *doc = NULL;
	int r = try(&doc, text, strlen(text), NULL, &err);

	if (r < 0)
		fail_msg("%s: %s", text, err.text);
	return doc;
}

static void assert_node(const struct wh_json *doc, wh_node node, const char *expected)
{
	struct wh_buf buf = WH_BUF_INIT;

	assert_int_equal(wh_json_write_buf(doc, node, &buf), 0);
	assert_string_equal(buf.data, expected);
	wh_buf_done(&buf);
}

static void assert_text(const struct wh_json *doc, const char *expected)
{
	assert_node(doc, wh_json_root(doc), expected);
}

static wh_node get(const struct wh_json *doc, const char *key)
{
	wh_node node = wh_json_get(doc, wh_json_root(doc), key);

	assert_int_not_equal(node, WH_NO_NODE);
	return node;
}

/* The element or key at an index of a container's chain. */
static wh_node child(const struct wh_json *doc, wh_node container, size_t index)
{
	wh_node node = wh_json_first(doc, container);

	while (index-- > 0)
		node = wh_json_next(doc, node);
	assert_int_not_equal(node, WH_NO_NODE);
	return node;
}

static void assert_slice(struct wh_slice slice, const char *bytes, size_t len)
{
	assert_non_null(slice.data);
	assert_int_equal(slice.len, len);
	assert_memory_equal(slice.data, bytes, len);
}

static void assert_pointer(struct wh_json *doc, wh_node node, const char *expected)
{
	struct wh_buf buf = WH_BUF_INIT;

	wh_buf_add_string(&buf, "");
	wh_json_pointer(doc, node, &buf);
	assert_string_equal(buf.data, expected);
	wh_buf_done(&buf);
}

/* ---- what is accepted ------------------------------------------------------------------- */

static const struct {
	const char *text;
	const char *written; /* NULL: as it was */
} accepted[] = {
	{ "{}" },
	{ "[]" },
	{ "null" },
	{ "true" },
	{ "false" },
	{ "0" },
	{ "\"\"" },
	{ "\"x\"" },
	{ " \t\r\n{ \t\r\n} \t\r\n", "{}" },
	{ " 7 ", "7" },
	{ "7\n", "7" },
	{ "[1, 2 ,3]", "[1,2,3]" },
	{ "{ \"b\" : 1 , \"a\" : [ ] }", "{\"b\":1,\"a\":[]}" },
	{ "[[],{},[[]],[{}],{\"a\":{}}]" },
	{ "[null,true,false,\"\",0]" },
	/* numbers keep their text */
	{ "[0,-0,1,-1,10,18446744073709551615,18446744073709551616]" },
	{ "[0.10,1.0,-0.0,0e1,0E+1,1e400,1E-400,1.5e+3,123456789012345678901234567890.5]" },
	/* strings keep their spelling */
	{ "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]" },
	{ "[\"\\u0001\\u001F\\u0041\\u00e9\\u00E9\\uFFFF\"]" },
	{ "[\"\\ud83d\\ude00\",\"\\uD800\\uDC00\",\"\\udbff\\udfff\"]" },
	{ "[\"\\\\ud800\",\"\\\\\\\\\",\"\\\\\\\"\",\"x\\\\\"]" },
	{ "[\"\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\"]" },
	{ "[\"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\"]" },
	{ "[\"\xef\xbb\xbf\x7f\xe2\x80\xa8\"]" }, /* U+FEFF inside, DEL, U+2028 */
	{ "[\"//\",\"/* no comment */\"]" },
	{ "{\"\":0,\" \":1,\"a/b\":2,\"\\u00e9\":3,\"\\n\":4}" },
	/* keys that differ only as Go would fold them are another room's matter */
	{ "{\"a\":1,\"A\":2}" },
	{ LEVELS_31 LEVELS_31_END },
	{ LEVELS_31 "1" LEVELS_31_END },
	{ sample_config },
};

static void test_accepted(void **state)
{
	(void)state;
	for (size_t i = 0; i < WH_COUNT(accepted); i++) {
		const char *text = accepted[i].text;
		struct wh_json *doc WH_JSON = parse(text);

		assert_text(doc, accepted[i].written != NULL ? accepted[i].written : text);
		assert_int_equal(wh_json_is_canonical(doc), accepted[i].written == NULL);
	}
}

/* ---- what is refused -------------------------------------------------------------------- */

#define END ": the text ends here, before its value is complete"
#define BAD_UTF8 ": this byte is not UTF-8"
#define NO_NUMBER ": this is not a number as JSON writes it"
#define NO_WORD ": this is neither true, false nor null"
#define WANT_VALUE ": a JSON value was expected here"
#define WANT_ELEMENT ": a value or ']' was expected here"
#define WANT_NEXT ": a value was expected here, behind the comma"
#define WANT_COMMA ": a comma or ']' was expected here, behind the value"
#define MORE ": there is more behind the end of the value"
#define CONTROL ": a control character in a string must be written as an escape"
#define NO_ESCAPE ": there is no escape with this letter; a backslash itself is written twice"
#define NO_HEX ": \\u must be followed by four hexadecimal digits"
#define FIRST_HALF ": this escape is the first half of a surrogate pair without a second"
#define SECOND_HALF ": this escape is the second half of a surrogate pair without a first"
#define NUL_ESCAPE ": \\u0000 is not allowed, because C programs take it for the end"
#define TWICE ": this key stands in the object twice, and runtimes differ on which one counts"
#define COMMENT ": comments are not allowed in this JSON"
#define NUL ": a NUL byte is not allowed in JSON"

static const struct {
	const char *text;
	size_t len;
	const char *error;
} refused[] = {
	{ BYTES(""), "line 1, column 1: the text is empty" },
	{ BYTES(" \n"), "line 2, column 1" END },
	{ BYTES("\xef\xbb\xbf{}"), "line 1, column 1: the text begins with a byte order mark; save "
				   "it as UTF-8 without one" },
	{ BYTES("\xef\xbb"), "line 1, column 1" BAD_UTF8 },
	{ BYTES("\xff\xfe{\0}\0"), "line 1, column 1" BAD_UTF8 },
	{ BYTES("{\0}\0"), "line 1, column 2" NUL },
	/* behind the value */
	{ BYTES("{} {}"), "line 1, column 4" MORE },
	{ BYTES("{}}"), "line 1, column 3" MORE },
	{ BYTES("{},"), "line 1, column 3" MORE },
	{ BYTES("[]\n\"open"), "line 2, column 1" MORE },
	{ BYTES("1 2"), "line 1, column 3" MORE },
	{ BYTES("01"), "line 1, column 2" MORE },
	{ BYTES("1x"), "line 1, column 2" MORE },
	{ BYTES("\"a\"\"b\""), "line 1, column 4" MORE },
	{ BYTES("null null"), "line 1, column 6" MORE },
	{ BYTES("{}\0"), "line 1, column 3" NUL },
	{ BYTES("{}\n\0garbage"), "line 2, column 1" NUL },
	{ BYTES("{}\xff"), "line 1, column 3" BAD_UTF8 },
	{ BYTES("{}\f"), "line 1, column 3: a form feed is not allowed in JSON" },
	{ BYTES("{} // x"), "line 1, column 4" MORE },
	{ BYTES("{} /* x"), "line 1, column 4" MORE },
	/* blanks that are none */
	{ BYTES("[\v1]"), "line 1, column 2 (/0): a vertical tab is not allowed in JSON" },
	{ BYTES("[1\f]"), "line 1, column 3: a form feed is not allowed in JSON" },
	{ BYTES("[\xc2\xa0 1]"), "line 1, column 2 (/0)" WANT_ELEMENT },
	{ BYTES("[\xef\xbb\xbf"
		"1]"),
		"line 1, column 2 (/0)" WANT_ELEMENT },
	{ BYTES("[\b]"), "line 1, column 2 (/0)" WANT_ELEMENT },
	/* comments and other inventions */
	{ BYTES("// c\n{}"), "line 1, column 1" COMMENT },
	{ BYTES("{/* c */}"), "line 1, column 2" COMMENT },
	{ BYTES("[1, // c\n2]"), "line 1, column 5 (/1)" COMMENT },
	{ BYTES("{\"a\" /**/ :1}"), "line 1, column 6 (/a)" COMMENT },
	{ BYTES("# c\n{}"), "line 1, column 1" WANT_VALUE },
	{ BYTES("{'a':1}"), "line 1, column 2: a key in double quotes or '}' was expected here" },
	{ BYTES("['a']"), "line 1, column 2 (/0)" WANT_ELEMENT },
	{ BYTES("{a:1}"), "line 1, column 2: a key in double quotes or '}' was expected here" },
	{ BYTES("NaN"), "line 1, column 1" WANT_VALUE },
	{ BYTES("[Infinity]"), "line 1, column 2 (/0)" WANT_ELEMENT },
	{ BYTES("[-Infinity]"), "line 1, column 3 (/0)" NO_NUMBER },
	{ BYTES("[True]"), "line 1, column 2 (/0)" WANT_ELEMENT },
	{ BYTES("[nul]"), "line 1, column 2 (/0)" NO_WORD },
	{ BYTES("[tru]"), "line 1, column 2 (/0)" NO_WORD },
	{ BYTES("[truee]"), "line 1, column 6" WANT_COMMA },
	{ BYTES("[fals\0e]"), "line 1, column 2 (/0)" NO_WORD },
	/* structure */
	{ BYTES("["), "line 1, column 2 (/0)" END },
	{ BYTES("]"), "line 1, column 1" WANT_VALUE },
	{ BYTES("[}"), "line 1, column 2 (/0)" WANT_ELEMENT },
	{ BYTES("[1}"), "line 1, column 3" WANT_COMMA },
	{ BYTES("[,1]"), "line 1, column 2 (/0)" WANT_ELEMENT },
	{ BYTES("[1,]"), "line 1, column 4 (/1)" WANT_NEXT },
	{ BYTES("[1,,2]"), "line 1, column 4 (/1)" WANT_NEXT },
	{ BYTES("[1 2]"), "line 1, column 4" WANT_COMMA },
	{ BYTES("[\"a\":1]"), "line 1, column 5" WANT_COMMA },
	{ BYTES("[\"a\" \"b\"]"), "line 1, column 6" WANT_COMMA },
	{ BYTES("[[]"), "line 1, column 4" END },
	{ BYTES("[[1] [2]]"), "line 1, column 6" WANT_COMMA },
	{ BYTES("{"), "line 1, column 2" END },
	{ BYTES("{]"), "line 1, column 2: a key in double quotes or '}' was expected here" },
	{ BYTES("{\"a\"}"), "line 1, column 5 (/a): a colon was expected here, behind the key" },
	{ BYTES("{\"a\" 1}"), "line 1, column 6 (/a): a colon was expected here, behind the key" },
	{ BYTES("{\"a\":}"), "line 1, column 6 (/a): a value was expected here, behind the colon" },
	{ BYTES("{\"a\"::1}"),
		"line 1, column 6 (/a): a value was expected here, behind the colon" },
	{ BYTES("{\"a\":1,}"), "line 1, column 8: a key in double quotes was expected here, behind "
			       "the comma" },
	{ BYTES("{\"a\":1,,"), "line 1, column 8: a key in double quotes was expected here, behind "
			       "the comma" },
	{ BYTES("{,"), "line 1, column 2: a key in double quotes or '}' was expected here" },
	{ BYTES("{1:1}"), "line 1, column 2: a key in double quotes or '}' was expected here" },
	{ BYTES("{\"a\":1 \"b\":2}"),
		"line 1, column 8: a comma or '}' was expected here, behind the value" },
	{ BYTES("{\"a\":1]"),
		"line 1, column 7: a comma or '}' was expected here, behind the value" },
	{ BYTES("{\"a\":{\"b\":[0,{\"c\":]}]}}"), "line 1, column 19 (/a/b/1/c): a value was "
						  "expected here, behind the colon" },
	{ BYTES("{\n \"a\": {\n\t\"x/y~z\": tru\n}}"), "line 3, column 11 (/a/x~1y~0z)" NO_WORD },
	{ BYTES("{\"a\":[[1,2],[3,{\"b\":1,\"b\":2}]]}"), "line 1, column 23 (/a/1/1/b)" TWICE },
	/* numbers */
	{ BYTES("[+1]"), "line 1, column 2 (/0)" WANT_ELEMENT },
	{ BYTES("[.5]"), "line 1, column 2 (/0)" WANT_ELEMENT },
	{ BYTES("[-]"), "line 1, column 3 (/0)" NO_NUMBER },
	{ BYTES("[--1]"), "line 1, column 3 (/0)" NO_NUMBER },
	{ BYTES("[01]"), "line 1, column 3" WANT_COMMA },
	{ BYTES("[-01]"), "line 1, column 4" WANT_COMMA },
	{ BYTES("[00]"), "line 1, column 3" WANT_COMMA },
	{ BYTES("[1.]"), "line 1, column 4 (/0)" NO_NUMBER },
	{ BYTES("[1.e1]"), "line 1, column 4 (/0)" NO_NUMBER },
	{ BYTES("[1e]"), "line 1, column 4 (/0)" NO_NUMBER },
	{ BYTES("[1e+]"), "line 1, column 5 (/0)" NO_NUMBER },
	{ BYTES("[1.2.3]"), "line 1, column 5" WANT_COMMA },
	{ BYTES("[0x10]"), "line 1, column 3" WANT_COMMA },
	{ BYTES("[1_000]"), "line 1, column 3" WANT_COMMA },
	{ BYTES("{\"a\":-}"), "line 1, column 7 (/a)" NO_NUMBER },
	{ BYTES("[1."), "line 1, column 4 (/0)" END },
	{ BYTES("-"), "line 1, column 2" END },
	/* strings */
	{ BYTES("[\"a"), "line 1, column 4 (/0)" END },
	{ BYTES("[\"a\\"), "line 1, column 5 (/0)" END },
	{ BYTES("[\"a\\\"]"), "line 1, column 7 (/0)" END },
	{ BYTES("[\"a\\u00"), "line 1, column 8 (/0)" END },
	{ BYTES("{\"a"), "line 1, column 4" END },
	{ BYTES("[\"a\nb\"]"), "line 1, column 4 (/0)" CONTROL },
	{ BYTES("[\"\t\"]"), "line 1, column 3 (/0)" CONTROL },
	{ BYTES("[\"\x1f\"]"), "line 1, column 3 (/0)" CONTROL },
	{ BYTES("[\"\\\n\"]"), "line 1, column 4 (/0)" CONTROL },
	{ BYTES("{\"a\tb\":1}"), "line 1, column 4" CONTROL },
	{ BYTES("[\"a\0b\"]"), "line 1, column 4 (/0)" NUL },
	{ BYTES("[\"a\0b"), "line 1, column 4 (/0)" NUL },
	{ BYTES("{\"a\0b\":1}"), "line 1, column 4" NUL },
	{ BYTES("[\"\\q\"]"), "line 1, column 4 (/0)" NO_ESCAPE },
	{ BYTES("[\"\\U0041\"]"), "line 1, column 4 (/0)" NO_ESCAPE },
	{ BYTES("[\"\\x41\"]"), "line 1, column 4 (/0)" NO_ESCAPE },
	{ BYTES("[\"\\'\"]"), "line 1, column 4 (/0)" NO_ESCAPE },
	{ BYTES("[\"\\\xc3\xa9\"]"), "line 1, column 4 (/0)" NO_ESCAPE },
	{ BYTES("[\"\\u12g4\"]"), "line 1, column 7 (/0)" NO_HEX },
	{ BYTES("[\"\\u\"]"), "line 1, column 5 (/0)" NO_HEX },
	{ BYTES("[\"\\ud83d\\u00\"]"), "line 1, column 13 (/0)" NO_HEX },
	{ BYTES("[\"\\u0000\"]"), "line 1, column 3 (/0)" NUL_ESCAPE },
	{ BYTES("{\"a\":\"b\\n\\u0000\"}"), "line 1, column 10 (/a)" NUL_ESCAPE },
	{ BYTES("{\"process\\u0000x\":{}}"), "line 1, column 10 (/process\\u0000x)" NUL_ESCAPE },
	{ BYTES("[\"\\ud800\"]"), "line 1, column 3 (/0)" FIRST_HALF },
	{ BYTES("[\"a\\\"\\uDBFFx\"]"), "line 1, column 6 (/0)" FIRST_HALF },
	{ BYTES("[\"\\ud800\\n\"]"), "line 1, column 3 (/0)" FIRST_HALF },
	{ BYTES("[\"\\ud800\\ud800\"]"), "line 1, column 3 (/0)" FIRST_HALF },
	{ BYTES("[\"\\ud800\\u0041\"]"), "line 1, column 3 (/0)" FIRST_HALF },
	{ BYTES("[\"\\ud800\\\\udc00\"]"), "line 1, column 3 (/0)" FIRST_HALF },
	{ BYTES("[\"\\udc00\"]"), "line 1, column 3 (/0)" SECOND_HALF },
	{ BYTES("[\"\\ud800\\udc00\\udfff\"]"), "line 1, column 15 (/0)" SECOND_HALF },
	{ BYTES("{\"\\ud800\":1}"), "line 1, column 3 (/\\ud800)" FIRST_HALF },
	{ BYTES("{\"x\\udc00\":1}"), "line 1, column 4 (/x\\udc00)" SECOND_HALF },
	/* UTF-8 */
	{ BYTES("[\"\x80\"]"), "line 1, column 3 (/0)" BAD_UTF8 },
	{ BYTES("[\"\xc3\"]"), "line 1, column 3 (/0)" BAD_UTF8 },
	{ BYTES("[\"\xc0\x80\"]"), "line 1, column 3 (/0)" BAD_UTF8 }, /* NUL, overlong */
	{ BYTES("[\"\xc1\xbf\"]"), "line 1, column 3 (/0)" BAD_UTF8 },
	{ BYTES("[\"\xe0\x9f\xbf\"]"), "line 1, column 3 (/0)" BAD_UTF8 },
	{ BYTES("[\"\xed\xa0\x80\"]"), "line 1, column 3 (/0)" BAD_UTF8 }, /* surrogate */
	{ BYTES("[\"\xe2\x82\"]"), "line 1, column 3 (/0)" BAD_UTF8 },
	{ BYTES("[\"\xe2\x28\xa1\"]"), "line 1, column 3 (/0)" BAD_UTF8 },
	{ BYTES("[\"\xf0\x8f\xbf\xbf\"]"), "line 1, column 3 (/0)" BAD_UTF8 },
	{ BYTES("[\"\xf4\x90\x80\x80\"]"), "line 1, column 3 (/0)" BAD_UTF8 },
	{ BYTES("[\"\xf5\x80\x80\x80\"]"), "line 1, column 3 (/0)" BAD_UTF8 },
	{ BYTES("[\"\xf0\x90\x80\"]"), "line 1, column 3 (/0)" BAD_UTF8 },
	{ BYTES("[\"12345678\xff\"]"), "line 1, column 11 (/0)" BAD_UTF8 },
	{ BYTES("[\"\xc3\xa9\xff\"]"), "line 1, column 5 (/0)" BAD_UTF8 },
	{ BYTES("{\"a\":{\"\xff\":1}}"), "line 1, column 8 (/a)" BAD_UTF8 },
	{ BYTES("[\"\xe2\x82"), "line 1, column 3 (/0)" BAD_UTF8 },
	/* the first fault counts, whatever follows */
	{ BYTES("[tru,\"\xff\"]"), "line 1, column 2 (/0)" NO_WORD },
	{ BYTES("[1 \"\0\"]"), "line 1, column 4" WANT_COMMA },
	/* keys that stand twice */
	{ BYTES("{\"a\":1,\"a\":1}"), "line 1, column 8 (/a)" TWICE },
	{ BYTES("{\"\":1,\"\":1}"), "line 1, column 7 (/)" TWICE },
	{ BYTES("{\"a\":1,\"b\":2,\"c\":3,\"a\":{}}"), "line 1, column 20 (/a)" TWICE },
	{ BYTES("{\"a\":1,\"\\u0061\":1}"), "line 1, column 8 (/a)" TWICE },
	{ BYTES("{\"\\u0061\":1,\"a\":1}"), "line 1, column 13 (/a)" TWICE },
	{ BYTES("{\"\\u00e9\":1,\"\xc3\xa9\":1}"), "line 1, column 13 (/\\xc3\\xa9)" TWICE },
	{ BYTES("{\"\\ud83d\\ude00\":1,\"\xf0\x9f\x98\x80\":1}"),
		"line 1, column 19 (/\\xf0\\x9f\\x98\\x80)" TWICE },
	{ BYTES("{\"a/b\":1,\"a\\/b\":1}"), "line 1, column 10 (/a~1b)" TWICE },
	{ BYTES("{\"\\u003C\":1,\"\\u003c\":1}"), "line 1, column 13 (/<)" TWICE },
	{ BYTES("[0,{\"m\":{\"k\":1,\"k\":1}}]"), "line 1, column 16 (/1/m/k)" TWICE },
	{ BYTES("{\"m\":{\"k\":1},\"m\":{\"k\":1}}"), "line 1, column 14 (/m)" TWICE },
	/* nesting */
	{ BYTES(LEVELS_31 "[]" LEVELS_31_END),
		"line 1, column 32 "
		"(/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0): this is nested "
		"deeper than 31 levels, which not every runtime reads" },
	{ BYTES(LEVELS_31 "{"),
		"line 1, column 32 "
		"(/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0): this is nested "
		"deeper than 31 levels, which not every runtime reads" },
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < WH_COUNT(refused); i++) {
		struct wh_err err = WH_ERR_INIT;
		struct wh_json *doc = NULL;

		assert_int_equal(try(&doc, refused[i].text, refused[i].len, NULL, &err), -EINVAL);
		assert_null(doc);
		assert_int_equal(err.number, EINVAL);
		assert_string_equal(err.text, refused[i].error);
		/* A sink for the error is a choice. */
		assert_int_equal(try(&doc, refused[i].text, refused[i].len, NULL, NULL), -EINVAL);
	}
}

static void test_refused_escapes_of_every_letter(void **state)
{
	(void)state;
	for (unsigned letter = 1; letter < 0x80; letter++) {
		char text[] = "\"\\?1234\"";
		struct wh_json *doc WH_JSON = NULL;
		bool good = strchr("\"\\/bfnrtu", (int)letter) != NULL;

		text[2] = (char)letter;
		if (letter == '"')
			text[3] = '"', text[4] = '\0';
		assert_int_equal(try(&doc, text, strlen(text), NULL, NULL), good ? 0 : -EINVAL);
	}
}

static void test_refused_control_characters(void **state)
{
	(void)state;
	for (unsigned byte = 0; byte < 0x20; byte++) {
		char inside[] = "\"?\"", outside[] = "[?]";
		struct wh_json *doc WH_JSON = NULL;
		bool blank = byte == '\t' || byte == '\n' || byte == '\r';

		inside[1] = outside[1] = (char)byte;
		assert_int_equal(try(&doc, inside, 3, NULL, NULL), -EINVAL);
		assert_int_equal(try(&doc, outside, 3, NULL, NULL), blank ? 0 : -EINVAL);
	}
}

static void test_truncated_anywhere(void **state)
{
	(void)state;
	for (size_t len = 0; len < sizeof(sample_config) - 1; len++) {
		struct wh_err err = WH_ERR_INIT;
		struct wh_json *doc = NULL;

		assert_int_equal(try(&doc, sample_config, len, NULL, &err), -EINVAL);
		assert_null(doc);
		assert_int_equal(strncmp(err.text, "line 1, column ", 15), 0);
	}
}

static void test_sizes(void **state)
{
	struct wh_err err = WH_ERR_INIT;
	struct wh_json *doc = NULL;
	char *text = malloc(WH_JSON_MAX_SIZE + 1);

	(void)state;
	assert_non_null(text);
	memset(text, ' ', WH_JSON_MAX_SIZE + 1);
	memcpy(text, "[]", 2);
	assert_int_equal(try(&doc, text, WH_JSON_MAX_SIZE, NULL, &err), 0);
	assert_text(doc, "[]");
	wh_json_freep(&doc);
	doc = NULL;
	assert_int_equal(try(&doc, text, WH_JSON_MAX_SIZE + 1, NULL, &err), -EINVAL);
	assert_string_equal(err.text, "the text is larger than 16 MiB");
	/* One string of escapes, for which yajl wants the most memory of its own. */
	for (size_t i = 1; i < WH_JSON_MAX_SIZE - 1; i += 2)
		memcpy(text + i, "\\n", 2);
	text[0] = text[WH_JSON_MAX_SIZE - 1] = '"';
	assert_int_equal(try(&doc, text, WH_JSON_MAX_SIZE, NULL, NULL), 0);
	assert_int_equal(wh_json_string(doc, wh_json_root(doc)).len, WH_JSON_MAX_SIZE / 2 - 1);
	assert_true(wh_json_is_canonical(doc));
	wh_json_free(doc);
	free(text);
}

/* The densest text: as many nodes as there can be. */
static void test_dense(void **state)
{
	static const char *const units[] = { "1", "[]", "{}", "\"\"", "[[]]", "{\"\":1}",
		"[{\"\":[]}]" };

	(void)state;
	for (size_t i = 0; i < WH_COUNT(units); i++) {
		struct wh_buf text = WH_BUF_INIT;
		struct wh_json *doc WH_JSON = NULL;

		wh_buf_add_char(&text, '[');
		for (size_t n = 0; n < 50000; n++) {
			wh_buf_add_string(&text, units[i]);
			wh_buf_add_char(&text, n < 49999 ? ',' : ']');
		}
		assert_int_equal(wh_json_parse_take(&doc, &text, NULL, NULL), 0);
		assert_true(wh_json_is_canonical(doc));
	}
}

/* ---- comments --------------------------------------------------------------------------- */

static const struct {
	const char *text;
	const char *written; /* NULL: refused with… */
	const char *error;
} comments[] = {
	{ "{}", "{}" },
	{ "// first\n{ // second\n}// last", "{}" },
	{ "/**/[/***/1/* x\n*/,/*/*/2/*//*/]/* ** */", "[1,2]" },
	{ "{\"a\"/**/:/**/1/**/,/**/\"b\"/**/:2}", "{\"a\":1,\"b\":2}" },
	{ "[\"// no\",\"/* no */\",\"\\\"//\"]", "[\"// no\",\"/* no */\",\"\\\"//\"]" },
	{ "[1// \" */ [\n,2]", "[1,2]" },
	{ "// caf\xc3\xa9\n1", "1" },
	{ "{} /* open", NULL, "line 1, column 4: this comment is never closed" },
	{ "[1,\n/*/ 2]", NULL, "line 2, column 1 (/1): this comment is never closed" },
	{ "[1 / 2]", NULL, "line 1, column 4: a comma or ']' was expected here, behind the value" },
	{ "[/ /1]", NULL, "line 1, column 2 (/0): a value or ']' was expected here" },
	{ "{}/", NULL, "line 1, column 3: there is more behind the end of the value" },
	{ "// only", NULL, "line 1, column 8: the text ends here, before its value is complete" },
	{ "[tr/**/ue]", NULL, "line 1, column 2 (/0): this is neither true, false nor null" },
	{ "[1/**/2]", NULL,
		"line 1, column 7: a comma or ']' was expected here, behind the value" },
	{ "// \xff\n1", NULL, "line 1, column 4: this byte is not UTF-8" },
	{ "# no\n1", NULL, "line 1, column 1: a JSON value was expected here" },
	{ "/*\n*/ {\"a\":\n // x\n tru}", NULL,
		"line 4, column 2 (/a): this is neither true, false nor null" },
};

static void test_comments(void **state)
{
	(void)state;
	for (size_t i = 0; i < WH_COUNT(comments); i++) {
		const char *text = comments[i].text;
		struct wh_err err = WH_ERR_INIT;
		struct wh_json *doc WH_JSON = NULL;
		int r = try(&doc, text, strlen(text), &with_comments, &err);

		if (comments[i].written != NULL) {
			assert_int_equal(r, 0);
			assert_text(doc, comments[i].written);
			assert_int_equal(
				wh_json_is_canonical(doc), strcmp(text, comments[i].written) == 0);
		} else {
			assert_int_equal(r, -EINVAL);
			assert_string_equal(err.text, comments[i].error);
		}
	}
}

/* ---- stopping early --------------------------------------------------------------------- */

static const struct {
	const char *text;
	const char *stop;
	const char *written; /* NULL: refused with… */
	const char *error;
} stops[] = {
	{ "{\"a\":1,\"r\":[1,{\"r\":2}],\"b\":2}", "r", "{\"a\":1,\"r\":[1,{\"r\":2}]}" },
	{ "{\"r\":\"x\",garbage", "r", "{\"r\":\"x\"}" },
	{ "{\"r\":{} \xff\0", "r", "{\"r\":{}}" },
	{ "{\"r\":1.5}", "r", "{\"r\":1.5}" },
	{ "{\"\\u0072\":null,", "r", "{\"\\u0072\":null}" },
	{ "{\"a\":{\"r\":1},\"b\":2}", "r", "{\"a\":{\"r\":1},\"b\":2}" },
	{ "[{\"r\":1},2]", "r", "[{\"r\":1},2]" },
	{ "{\"a\":1}", "", "{\"a\":1}" },
	{ "{\"a\":1,\"a\":2,\"r\":1,", "r", NULL,
		"line 1, column 8 (/a): this key stands in the object twice, and runtimes differ "
		"on "
		"which one counts" },
	{ "{\"r\":[1,", "r", NULL,
		"line 1, column 9 (/r/1): the text ends here, before its value is complete" },
	{ "{\"a\":1,}", "r", NULL,
		"line 1, column 8: a key in double quotes was expected here, behind the comma" },
	{ "{\"a\":1} x", "r", NULL, "line 1, column 9: there is more behind the end of the value" },
};

static void test_stop_after(void **state)
{
	(void)state;
	for (size_t i = 0; i < WH_COUNT(stops); i++) {
		const struct wh_json_options options = { .stop_after = stops[i].stop };
		struct wh_err err = WH_ERR_INIT;
		struct wh_json *doc WH_JSON = NULL;
		int r = try(&doc, stops[i].text, strlen(stops[i].text), &options, &err);

		if (stops[i].written != NULL) {
			assert_int_equal(r, 0);
			assert_text(doc, stops[i].written);
		} else {
			assert_int_equal(r, -EINVAL);
			assert_string_equal(err.text, stops[i].error);
		}
	}
}

/* ---- many keys -------------------------------------------------------------------------- */

/* {"k…":1,…} with the numbers from 0 in an order that is neither up nor down. */
static void add_keys(struct wh_buf *text, size_t count, const char *prefix, const char *last)
{
	wh_buf_add_char(text, '{');
	for (size_t i = 0; i < count; i++)
		wh_buf_addf(text, "\"%s%zu\":1,", prefix, i * 7919 % count);
	wh_buf_addf(text, "%s:1}", last);
}

static void test_many_keys(void **state)
{
	static const struct {
		size_t count; /* no multiple of 7919 */
		const char *prefix;
		const char *last;
		const char *pointer; /* of the key that stands twice, or NULL */
	} cases[] = {
		{ 15, "k", "\"other\"", NULL },
		{ 15, "k", "\"k0\"", "(/k0)" },
		{ 16, "k", "\"other\"", NULL },
		{ 16, "k", "\"k\\u0035\"", "(/k5)" },
		{ 100000, "k", "\"other\"", NULL },
		{ 100000, "k", "\"k0\"", "(/k0)" },
		{ 100000, "k", "\"k99999\"", "(/k99999)" },
		{ 100000, "k", "\"\\u006b50000\"", "(/k50000)" },
		{ 100000, "\\u006b", "\"k4711\"", "(/k4711)" },
		{ 100000, "\\u006b", "\"other\"", NULL },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		struct wh_buf text = WH_BUF_INIT;
		struct wh_err err = WH_ERR_INIT;
		struct wh_json *doc WH_JSON = NULL;

		add_keys(&text, cases[i].count, cases[i].prefix, cases[i].last);
		assert_int_equal(wh_json_parse_take(&doc, &text, NULL, &err),
			cases[i].pointer == NULL ? 0 : -EINVAL);
		if (cases[i].pointer != NULL) {
			assert_non_null(strstr(err.text, cases[i].pointer));
			assert_non_null(strstr(err.text, TWICE));
		}
	}
}

/* Ascending keys are judged by their order alone; equal neighbours and a late fall are not. */
static void test_many_ascending_keys(void **state)
{
	static const struct {
		const char *last;
		int result;
	} cases[] = {
		{ "\"k999\"", -EINVAL },
		{ "\"k\\u0039\\u0039\\u0039\"", -EINVAL },
		{ "\"k500\"", -EINVAL },
		{ "\"k\"", 0 },
		{ "\"l\"", 0 },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		struct wh_buf text = WH_BUF_INIT;
		struct wh_json *doc WH_JSON = NULL;

		wh_buf_add_char(&text, '{');
		for (unsigned n = 0; n < 1000; n++)
			wh_buf_addf(&text, "\"k%03u\":1,", n);
		wh_buf_addf(&text, "%s:1}", cases[i].last);
		assert_int_equal(wh_json_parse_take(&doc, &text, NULL, NULL), cases[i].result);
	}
}

/* ---- looking up ------------------------------------------------------------------------- */

static void test_types(void **state)
{
	static const struct {
		enum wh_json_type type;
		const char *name;
	} types[] = {
		{ WH_JSON_NULL, "null" },
		{ WH_JSON_FALSE, "a boolean" },
		{ WH_JSON_TRUE, "a boolean" },
		{ WH_JSON_NUMBER, "a number" },
		{ WH_JSON_STRING, "a string" },
		{ WH_JSON_STRING, "a string" },
		{ WH_JSON_ARRAY, "an array" },
		{ WH_JSON_OBJECT, "an object" },
	};
	struct wh_json *doc WH_JSON = parse("[null,false,true,0,\"x\",\"\\n\",[],{}]");
	size_t i = 0;

	(void)state;
	wh_json_each_element (doc, wh_json_root(doc), element) {
		assert_int_equal(wh_json_type(doc, element), types[i].type);
		assert_string_equal(wh_json_type_name(types[i].type), types[i].name);
		i++;
	}
	assert_int_equal(i, WH_COUNT(types));
	assert_string_equal(wh_json_type_name(WH_JSON_NONE), "nothing");
}

static void test_absent(void **state)
{
	struct wh_json *doc WH_JSON = parse("{\"a\":\"x\",\"n\":null,\"l\":[1]}");
	struct wh_buf pointer = WH_BUF_INIT;
	unsigned line = 7, column = 7;
	uint64_t u64 = 7;
	int64_t i64 = 7;

	(void)state;
	assert_int_equal(wh_json_get(doc, wh_json_root(doc), "b"), WH_NO_NODE);
	assert_int_equal(wh_json_get(doc, wh_json_root(doc), ""), WH_NO_NODE);
	assert_int_equal(wh_json_get(doc, get(doc, "a"), "a"), WH_NO_NODE);
	assert_int_equal(wh_json_get(doc, get(doc, "l"), "1"), WH_NO_NODE);
	assert_int_equal(wh_json_type(doc, get(doc, "n")), WH_JSON_NULL);
	assert_int_equal(wh_json_get(doc, WH_NO_NODE, "a"), WH_NO_NODE);
	assert_int_equal(wh_json_first(doc, WH_NO_NODE), WH_NO_NODE);
	assert_int_equal(wh_json_next(doc, WH_NO_NODE), WH_NO_NODE);
	assert_int_equal(wh_json_first(doc, get(doc, "a")), WH_NO_NODE);
	assert_int_equal(wh_json_type(doc, WH_NO_NODE), WH_JSON_NONE);
	assert_null(wh_json_string(doc, WH_NO_NODE).data);
	assert_null(wh_json_raw(doc, WH_NO_NODE).data);
	assert_null(wh_json_string(doc, get(doc, "l")).data);
	assert_false(wh_json_string_is(doc, WH_NO_NODE, ""));
	assert_int_equal(wh_json_u64(doc, WH_NO_NODE, &u64), -ENOENT);
	assert_int_equal(wh_json_i64(doc, WH_NO_NODE, &i64), -ENOENT);
	assert_int_equal(u64, 7);
	assert_int_equal(i64, 7);
	wh_json_position(doc, WH_NO_NODE, &line, &column);
	assert_int_equal(line, 0);
	assert_int_equal(column, 0);
	wh_json_pointer(doc, WH_NO_NODE, &pointer);
	assert_null(pointer.data);
	assert_int_equal(wh_json_status(doc), 0);
	wh_json_free(NULL);
}

static void test_get_and_iterate(void **state)
{
	struct wh_json *doc WH_JSON =
		parse("{\"a\":1,\"\\u0062\":2,\"a\\/b\":3,\"\":4,\"aa\":5,\"\\ud83d\\ude00\":6}");
	static const char *const keys[] = { "a", "b", "a/b", "", "aa", "\xf0\x9f\x98\x80" };
	uint64_t n = 0;

	(void)state;
	wh_json_each_member (doc, wh_json_root(doc), key) {
		uint64_t value;

		assert_true(wh_json_string_is(doc, key, keys[n]));
		assert_false(wh_json_string_is(doc, key, "a/"));
		assert_slice(wh_json_string(doc, key), keys[n], strlen(keys[n]));
		assert_int_equal(get(doc, keys[n]), wh_json_next(doc, key));
		assert_int_equal(wh_json_u64(doc, wh_json_next(doc, key), &value), 0);
		assert_int_equal(value, ++n);
	}
	assert_int_equal(n, WH_COUNT(keys));
	assert_true(wh_json_is_canonical(doc));
}

static void test_strings(void **state)
{
	static const struct {
		const char *text;
		const char *bytes;
		size_t len;
	} strings[] = {
		{ "\"\"", BYTES("") },
		{ "\"abc\"", BYTES("abc") },
		{ "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", BYTES("\"\\/\b\f\n\r\t") },
		{ "\"\\u0001\\u007f\\u0080\\u07ff\\u0800\\uffff\"",
			BYTES("\x01\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf") },
		{ "\"\\uABCD\\uabcd\\u4a4A\"", BYTES("\xea\xaf\x8d\xea\xaf\x8d\xe4\xa9\x8a") },
		{ "\"\\ud800\\udc00x\\uDBFF\\uDFFF\"", BYTES("\xf0\x90\x80\x80x\xf4\x8f\xbf\xbf") },
		{ "\"a\\nb\\\\n\xc3\xa9\"", BYTES("a\nb\\n\xc3\xa9") },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(strings); i++) {
		struct wh_json *doc WH_JSON = parse(strings[i].text);
		struct wh_slice first = wh_json_string(doc, wh_json_root(doc)), again;

		assert_slice(first, strings[i].bytes, strings[i].len);
		again = wh_json_string(doc, wh_json_root(doc));
		assert_ptr_equal(first.data, again.data);
		assert_true(wh_json_string_is(doc, wh_json_root(doc), strings[i].bytes));
		assert_slice(wh_json_raw(doc, wh_json_root(doc)), strings[i].text + 1,
			strlen(strings[i].text) - 2);
		assert_true(wh_json_is_canonical(doc));
	}
}

static const struct {
	const char *text;
	int u64_result;
	uint64_t u64;
	int i64_result;
	int64_t i64;
} numbers[] = {
	{ "0", 0, 0, 0, 0 },
	{ "7", 0, 7, 0, 7 },
	{ "-0", -ERANGE, 0, 0, 0 },
	{ "-1", -ERANGE, 0, 0, -1 },
	{ "9223372036854775807", 0, INT64_MAX, 0, INT64_MAX },
	{ "9223372036854775808", 0, 9223372036854775808u, -ERANGE, 0 },
	{ "-9223372036854775808", -ERANGE, 0, 0, INT64_MIN },
	{ "-9223372036854775809", -ERANGE, 0, -ERANGE, 0 },
	{ "18446744073709551615", 0, UINT64_MAX, -ERANGE, 0 },
	{ "18446744073709551616", -ERANGE, 0, -ERANGE, 0 },
	{ "184467440737095516150", -ERANGE, 0, -ERANGE, 0 },
	{ "99999999999999999999999", -ERANGE, 0, -ERANGE, 0 },
	{ "1.0", -ERANGE, 0, -ERANGE, 0 },
	{ "1e3", -ERANGE, 0, -ERANGE, 0 },
	{ "1E3", -ERANGE, 0, -ERANGE, 0 },
	{ "-1.0", -ERANGE, 0, -ERANGE, 0 },
	{ "1e400", -ERANGE, 0, -ERANGE, 0 },
	{ "\"1\"", -ENOENT, 0, -ENOENT, 0 },
	{ "true", -ENOENT, 0, -ENOENT, 0 },
	{ "[1]", -ENOENT, 0, -ENOENT, 0 },
};

static void test_numbers(void **state)
{
	(void)state;
	for (size_t i = 0; i < WH_COUNT(numbers); i++) {
		struct wh_json *doc WH_JSON = parse(numbers[i].text);
		wh_node node = wh_json_root(doc);
		uint64_t u64 = 42;
		int64_t i64 = 42;

		assert_int_equal(wh_json_u64(doc, node, &u64), numbers[i].u64_result);
		assert_true(u64 == (numbers[i].u64_result < 0 ? 42 : numbers[i].u64));
		assert_int_equal(wh_json_i64(doc, node, &i64), numbers[i].i64_result);
		assert_true(i64 == (numbers[i].i64_result < 0 ? 42 : numbers[i].i64));
	}
}

/* ---- places ----------------------------------------------------------------------------- */

static void assert_position(const struct wh_json *doc, wh_node node, unsigned line, unsigned column)
{
	unsigned got_line, got_column;

	wh_json_position(doc, node, &got_line, &got_column);
	assert_int_equal(got_line, line);
	assert_int_equal(got_column, column);
}

static void test_places(void **state)
{
	struct wh_json *doc WH_JSON =
		parse("{\n\t\"a\": [10, {\"b~c/d\": \"x\\ny\"}],\n  \"e\" : true\n}\n");
	wh_node a = get(doc, "a"), second = child(doc, a, 1);
	wh_node key = wh_json_first(doc, second), escaped = wh_json_next(doc, key);

	(void)state;
	assert_position(doc, wh_json_root(doc), 1, 1);
	assert_position(doc, a, 2, 7);
	assert_position(doc, child(doc, a, 0), 2, 8);
	assert_position(doc, second, 2, 12);
	assert_position(doc, key, 2, 13);
	assert_position(doc, escaped, 2, 22);
	assert_slice(wh_json_string(doc, escaped), BYTES("x\ny"));
	assert_position(doc, escaped, 2, 22);
	assert_position(doc, get(doc, "e"), 3, 9);
	assert_position(doc, wh_json_new_null(doc), 0, 0);
	assert_position(doc, wh_json_new_u64(doc, 1), 0, 0);
	assert_position(doc, wh_json_new_string(doc, WH_SLICE("\n")), 0, 0);
	assert_position(doc, wh_json_new_object(doc), 0, 0);
	assert_pointer(doc, wh_json_root(doc), "");
	assert_pointer(doc, a, "/a");
	assert_pointer(doc, child(doc, a, 0), "/a/0");
	assert_pointer(doc, second, "/a/1");
	assert_pointer(doc, key, "/a/1/b~0c~1d");
	assert_pointer(doc, escaped, "/a/1/b~0c~1d");
	assert_pointer(doc, get(doc, "e"), "/e");
}

static void test_fail(void **state)
{
	struct wh_json *doc WH_JSON = parse("{\n \"a\": [0, \"secret\"]}");
	struct wh_err err = WH_ERR_INIT;
	wh_node added;

	(void)state;
	assert_int_equal(wh_json_fail(doc, child(doc, get(doc, "a"), 1), &err, EINVAL, "must be %s",
				 wh_json_type_name(WH_JSON_NUMBER)),
		-EINVAL);
	assert_int_equal(err.number, EINVAL);
	assert_string_equal(err.text, "line 2, column 11 (/a/1): must be a number");
	/* The first failure stays. */
	assert_int_equal(wh_json_fail(doc, get(doc, "a"), &err, ERANGE, "later"), -ERANGE);
	assert_string_equal(err.text, "line 2, column 11 (/a/1): must be a number");
	err = (struct wh_err)WH_ERR_INIT;
	assert_int_equal(wh_json_fail(doc, wh_json_root(doc), &err, EPERM, "all of it"), -EPERM);
	assert_string_equal(err.text, "line 1, column 1: all of it");
	added = wh_json_new_bool(doc, true);
	wh_json_set(doc, wh_json_root(doc), "new", added);
	err = (struct wh_err)WH_ERR_INIT;
	assert_int_equal(wh_json_fail(doc, added, &err, EINVAL, "odd"), -EINVAL);
	assert_string_equal(err.text, "(/new): odd");
	err = (struct wh_err)WH_ERR_INIT;
	assert_int_equal(wh_json_fail(doc, WH_NO_NODE, &err, EINVAL, "missing"), -EINVAL);
	assert_string_equal(err.text, "missing");
	assert_int_equal(wh_json_fail(doc, added, NULL, EINVAL, "nobody listens"), -EINVAL);
}

/* The sentence survives a pointer of any length and of any bytes. */
static void test_fail_with_long_pointer(void **state)
{
	struct wh_buf text = WH_BUF_INIT;
	struct wh_err err = WH_ERR_INIT;
	struct wh_json *doc WH_JSON = NULL;

	(void)state;
	wh_buf_add_string(&text, "{\"first\":{\"");
	for (size_t i = 0; i < 10000; i++)
		wh_buf_add_string(&text, "\\u0001");
	wh_buf_add_string(&text, "\":{\"last\":nil}}}");
	assert_int_equal(wh_json_parse_take(&doc, &text, NULL, &err), -EINVAL);
	assert_int_equal(strncmp(err.text, BYTES("line 1, column 60022 (/first/\\x01\\x01")), 0);
	assert_non_null(strstr(err.text, "\\x01...\\x01"));
	assert_non_null(strstr(err.text, "\\x01/last): this is neither true, false nor null"));
}

/* ---- editing ---------------------------------------------------------------------------- */

static void test_new_values(void **state)
{
	struct wh_json *doc WH_JSON = NULL;
	wh_node list, object;

	(void)state;
	assert_int_equal(wh_json_new(&doc), 0);
	assert_text(doc, "{}");
	assert_false(wh_json_is_canonical(doc));
	list = wh_json_new_array(doc);
	wh_json_append(doc, list, wh_json_new_null(doc));
	wh_json_append(doc, list, wh_json_new_bool(doc, true));
	wh_json_append(doc, list, wh_json_new_bool(doc, false));
	wh_json_append(doc, list, wh_json_new_u64(doc, 0));
	wh_json_append(doc, list, wh_json_new_u64(doc, UINT64_MAX));
	wh_json_append(doc, list, wh_json_new_string(doc, WH_SLICE("")));
	wh_json_append(doc, list, wh_json_new_string(doc, WH_SLICE("a/b")));
	wh_json_append(doc, list, wh_json_new_string(doc, WH_SLICE("\"\\\n\x7f\xc3\xa9")));
	object = wh_json_new_object(doc);
	wh_json_set(doc, object, "x", wh_json_new_array(doc));
	wh_json_append(doc, list, object);
	wh_json_set(doc, wh_json_root(doc), "k\n", list);
	assert_text(doc, "{\"k\\u000a\":[null,true,false,0,18446744073709551615,\"\",\"a/b\","
			 "\"\\\"\\\\\\u000a\\u007f\\u00e9\",{\"x\":[]}]}");
	assert_int_equal(get(doc, "k\n"), list);
	assert_slice(wh_json_string(doc, child(doc, list, 5)), BYTES(""));
	assert_slice(wh_json_string(doc, child(doc, list, 6)), BYTES("a/b"));
	assert_slice(wh_json_string(doc, child(doc, list, 7)), BYTES("\"\\\n\x7f\xc3\xa9"));
	assert_pointer(doc, child(doc, list, 7), "/k\n/7");
	assert_pointer(doc, object, "/k\n/8");
	assert_int_equal(wh_json_status(doc), 0);
}

static void test_set_and_unset(void **state)
{
	static const struct {
		const char *text;
		const char *key;
		const char *set;   /* after setting the key to 0 */
		const char *unset; /* after unsetting it in the text */
	} cases[] = {
		{ "{}", "a", "{\"a\":0}", "{}" },
		{ "{\"a\":1}", "a", "{\"a\":0}", "{}" },
		{ "{\"a\":{\"b\":[1]}}", "a", "{\"a\":0}", "{}" },
		{ "{\"a\":1,\"b\":2}", "a", "{\"a\":0,\"b\":2}", "{\"b\":2}" },
		{ "{\"a\":1,\"b\":2}", "b", "{\"a\":1,\"b\":0}", "{\"a\":1}" },
		{ "{\"a\":1,\"b\":2,\"c\":3}", "b", "{\"a\":1,\"b\":0,\"c\":3}",
			"{\"a\":1,\"c\":3}" },
		{ "{\"a\":1}", "b", "{\"a\":1,\"b\":0}", "{\"a\":1}" },
		{ "{\"\\u0061\":1}", "a", "{\"\\u0061\":0}", "{}" },
		{ "{\"A\":1}", "a", "{\"A\":1,\"a\":0}", "{\"A\":1}" },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		struct wh_json *doc WH_JSON = parse(cases[i].text);
		struct wh_json *other WH_JSON = parse(cases[i].text);

		wh_json_set(doc, wh_json_root(doc), cases[i].key, wh_json_new_u64(doc, 0));
		assert_text(doc, cases[i].set);
		assert_false(wh_json_is_canonical(doc));
		wh_json_unset(other, wh_json_root(other), cases[i].key);
		assert_text(other, cases[i].unset);
		/* And back to nothing, and on from there. */
		wh_json_unset(doc, wh_json_root(doc), cases[i].key);
		assert_text(doc, cases[i].unset);
		wh_json_set(doc, wh_json_root(doc), "z", wh_json_new_null(doc));
		assert_int_equal(wh_json_type(doc, get(doc, "z")), WH_JSON_NULL);
		assert_int_equal(wh_json_status(doc), 0);
		assert_int_equal(wh_json_status(other), 0);
	}
}

static void test_set_again_and_add(void **state)
{
	struct wh_json *doc WH_JSON = parse("{\"a\":0}");
	wh_node root = wh_json_root(doc);

	(void)state;
	wh_json_set(doc, root, "b", wh_json_new_u64(doc, 1));
	wh_json_set(doc, root, "b", wh_json_new_u64(doc, 2));
	wh_json_set(doc, root, "c", wh_json_new_u64(doc, 3));
	wh_json_unset(doc, root, "b");
	wh_json_set(doc, root, "d", wh_json_new_u64(doc, 4));
	assert_text(doc, "{\"a\":0,\"c\":3,\"d\":4}");
}

static void test_unset_of_nothing(void **state)
{
	struct wh_json *doc WH_JSON = parse("{\"a\":[\"a\"]}");

	(void)state;
	wh_json_unset(doc, WH_NO_NODE, "a");
	wh_json_unset(doc, get(doc, "a"), "a");
	wh_json_unset(doc, wh_json_root(doc), "b");
	assert_true(wh_json_is_canonical(doc));
	assert_int_equal(wh_json_status(doc), 0);
}

static void test_append_and_prepend(void **state)
{
	struct wh_json *doc WH_JSON = parse("{\"e\":[],\"l\":[[1],2]}");
	wh_node empty = get(doc, "e"), list = get(doc, "l");

	(void)state;
	wh_json_prepend(doc, empty, wh_json_new_u64(doc, 1));
	wh_json_append(doc, list, wh_json_new_u64(doc, 3));
	wh_json_append(doc, empty, wh_json_new_u64(doc, 2));
	wh_json_prepend(doc, empty, wh_json_new_u64(doc, 0));
	wh_json_append(doc, empty, wh_json_new_u64(doc, 3));
	wh_json_prepend(doc, list, wh_json_new_u64(doc, 0));
	wh_json_append(doc, child(doc, list, 1), wh_json_new_string(doc, WH_SLICE("x")));
	wh_json_append(doc, list, wh_json_new_array(doc));
	assert_text(doc, "{\"e\":[0,1,2,3],\"l\":[0,[1,\"x\"],2,3,[]]}");
	assert_pointer(doc, child(doc, list, 4), "/l/4");
	assert_pointer(doc, child(doc, child(doc, list, 1), 1), "/l/1/1");
}

/* What a loop stands on may go; every choice of elements to take out of five is tried. */
static void test_remove_elements(void **state)
{
	(void)state;
	for (unsigned mask = 0; mask < 32; mask++) {
		struct wh_json *doc WH_JSON = parse("[0,[1],\"2\",{\"x\":3},4]");
		static const char *const texts[] = { "0", "[1]", "\"2\"", "{\"x\":3}", "4" };
		struct wh_buf expected = WH_BUF_INIT;
		unsigned i = 0;

		wh_buf_add_char(&expected, '[');
		wh_json_each_element (doc, wh_json_root(doc), element) {
			if (mask & 1u << i)
				wh_json_remove(doc, wh_json_root(doc), element);
			else
				wh_buf_addf(&expected, "%s,", texts[i]);
			i++;
		}
		assert_int_equal(i, 5);
		wh_buf_add_string(&expected, "9]");
		wh_json_append(doc, wh_json_root(doc), wh_json_new_u64(doc, 9));
		assert_text(doc, expected.data);
		wh_buf_done(&expected);
	}
}

static void test_remove_members(void **state)
{
	(void)state;
	for (unsigned mask = 0; mask < 32; mask++) {
		struct wh_json *doc WH_JSON = parse("{\"a\":0,\"b\":[1],\"c\":{},\"d\":3,\"e\":4}");
		static const char *const texts[] = { "\"a\":0", "\"b\":[1]", "\"c\":{}", "\"d\":3",
			"\"e\":4" };
		struct wh_buf expected = WH_BUF_INIT;
		unsigned i = 0;

		wh_buf_add_char(&expected, '{');
		wh_json_each_member (doc, wh_json_root(doc), key) {
			if (mask & 1u << i)
				wh_json_remove(doc, wh_json_root(doc), key);
			else
				wh_buf_addf(&expected, "%s,", texts[i]);
			i++;
		}
		assert_int_equal(i, 5);
		wh_buf_add_string(&expected, "\"z\":null}");
		wh_json_set(doc, wh_json_root(doc), "z", wh_json_new_null(doc));
		assert_text(doc, expected.data);
		wh_buf_done(&expected);
	}
}

static void test_remove_backwards_and_between(void **state)
{
	struct wh_json *doc WH_JSON = parse("{\"a\":[0,1,2,3],\"b\":[0,1,2]}");
	wh_node a = get(doc, "a"), b = get(doc, "b");

	(void)state;
	wh_json_remove(doc, a, child(doc, a, 3));
	wh_json_remove(doc, a, child(doc, a, 1));
	wh_json_remove(doc, b, child(doc, b, 2));
	wh_json_remove(doc, a, child(doc, a, 0));
	wh_json_append(doc, b, wh_json_new_u64(doc, 7));
	wh_json_remove(doc, b, child(doc, b, 0));
	wh_json_remove(doc, a, child(doc, a, 0));
	wh_json_append(doc, a, wh_json_new_u64(doc, 8));
	assert_text(doc, "{\"a\":[8],\"b\":[1,7]}");
	assert_int_equal(wh_json_status(doc), 0);
}

/* A pass over a large array that takes all but one of its elements out, and one that fills it
 * again: both would take hours if each step walked from the beginning. */
static void test_edit_large(void **state)
{
	struct wh_buf text = WH_BUF_INIT;
	struct wh_json *doc WH_JSON = NULL;
	wh_node keep = WH_NO_NODE;

	(void)state;
	wh_buf_add_string(&text, "[\"CAP_KILL\"");
	for (size_t i = 1; i < 500000; i++)
		wh_buf_add_string(&text, ",\"CAP_KILL\"");
	wh_buf_add_char(&text, ']');
	assert_int_equal(wh_json_parse_take(&doc, &text, NULL, NULL), 0);
	wh_json_each_element (doc, wh_json_root(doc), element) {
		if (keep != WH_NO_NODE)
			wh_json_remove(doc, wh_json_root(doc), element);
		else
			keep = element;
	}
	assert_text(doc, "[\"CAP_KILL\"]");
	for (size_t i = 0; i < 500000; i++)
		wh_json_append(doc, wh_json_root(doc), wh_json_new_null(doc));
	assert_int_equal(wh_json_status(doc), 0);
	assert_pointer(doc, child(doc, wh_json_root(doc), 500000), "/500000");
}

/* An edit that cannot be made must not be overlooked. */
static void test_impossible_edits(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 15; i++) {
		struct wh_json *doc WH_JSON = parse("{\"a\":[1],\"s\":\"x\"}");
		wh_node root = wh_json_root(doc), list = get(doc, "a"), value;
		struct wh_buf out = WH_BUF_INIT;

		value = wh_json_new_null(doc);
		switch (i) {
		case 0:
			wh_json_set(doc, list, "k", value);
			break;
		case 1:
			wh_json_set(doc, WH_NO_NODE, "k", value);
			break;
		case 2:
			wh_json_set(doc, root, "k", WH_NO_NODE);
			break;
		case 3:
			wh_json_set(doc, root, "\xff", value);
			break;
		case 4:
			wh_json_append(doc, root, value);
			break;
		case 5:
			wh_json_append(doc, list, WH_NO_NODE);
			break;
		case 6:
			wh_json_prepend(doc, get(doc, "s"), value);
			break;
		case 7:
			wh_json_prepend(doc, WH_NO_NODE, value);
			break;
		case 8:
			wh_json_remove(doc, list, value);
			break;
		case 9:
			wh_json_remove(doc, list, WH_NO_NODE);
			break;
		case 10:
			wh_json_remove(doc, root, list); /* the value, not its key */
			break;
		case 11:
			wh_json_remove(doc, get(doc, "s"), value);
			break;
		case 12:
			assert_int_equal(wh_json_new_string(doc, WH_SLICE("\xc0\x80")), WH_NO_NODE);
			break;
		case 13:
			assert_int_equal(wh_json_new_string(doc, WH_SLICE("a\0b")), WH_NO_NODE);
			break;
		case 14: /* cut off, though its rest stands behind it */
			assert_int_equal(
				wh_json_new_string(doc, (struct wh_slice){ "\xc3\xa9", 1 }),
				WH_NO_NODE);
			break;
		}
		assert_int_equal(wh_json_status(doc), -EINVAL);
		assert_int_equal(wh_json_new_null(doc), WH_NO_NODE);
		assert_int_equal(wh_json_write_buf(doc, root, &out), -EINVAL);
		assert_false(wh_json_is_canonical(doc));
		assert_int_equal(wh_json_new_copy(doc, doc, root), WH_NO_NODE);
		wh_json_unset(doc, root, "s");
		assert_int_not_equal(wh_json_get(doc, root, "s"), WH_NO_NODE);
		wh_buf_done(&out);
	}
}

/* ---- copying ---------------------------------------------------------------------------- */

static const char *const copied[] = {
	"1e400",
	"null",
	"true",
	"\"a\\u003cb\"",
	"[]",
	"{}",
	"[1]",
	"[[[]]]",
	"[[],[[],[1,[2]],3],4]",
	"{\"a\":{\"b\":{\"c\":[]},\"d\":0.10},\"\\n\":[{},{\"x\":\"\"}]}",
	sample_config,
};

static void test_copy(void **state)
{
	(void)state;
	for (size_t i = 0; i < WH_COUNT(copied); i++) {
		struct wh_json *from = parse(copied[i]);
		struct wh_json *to WH_JSON = NULL, *whole WH_JSON = NULL;
		wh_node within, first;

		assert_int_equal(wh_json_new(&to), 0);
		first = wh_json_new_copy(to, from, wh_json_root(from));
		wh_json_set(to, wh_json_root(to), "c", first);
		within = wh_json_new_copy(to, to, first);
		assert_int_equal(wh_json_new_from(&whole, from, wh_json_root(from)), 0);
		wh_json_free(from);
		assert_node(to, first, copied[i]);
		assert_node(to, within, copied[i]);
		assert_text(whole, copied[i]);
		assert_int_equal(wh_json_status(to), 0);
	}
}

static void test_copy_is_separate(void **state)
{
	struct wh_json *doc WH_JSON = parse("{\"a\":{\"x\":[1,\"\\n\"]}}");
	struct wh_json *other WH_JSON = NULL;
	wh_node root = wh_json_root(doc), copy = wh_json_new_copy(doc, doc, get(doc, "a"));

	(void)state;
	wh_json_set(doc, root, "b", copy);
	wh_json_append(doc, wh_json_get(doc, copy, "x"), wh_json_new_u64(doc, 2));
	wh_json_unset(doc, root, "a");
	assert_slice(wh_json_string(doc, child(doc, wh_json_get(doc, copy, "x"), 1)), BYTES("\n"));
	assert_text(doc, "{\"b\":{\"x\":[1,\"\\n\",2]}}");
	assert_pointer(doc, wh_json_get(doc, copy, "x"), "/b/x");
	assert_position(doc, wh_json_get(doc, copy, "x"), 1, 11);
	assert_int_equal(wh_json_new_copy(doc, doc, WH_NO_NODE), WH_NO_NODE);
	assert_int_equal(wh_json_status(doc), 0);
	/* A part, with the key of a member as a value of its own. */
	assert_int_equal(wh_json_new_from(&other, doc, wh_json_get(doc, copy, "x")), 0);
	wh_json_append(
		other, wh_json_root(other), wh_json_new_copy(other, doc, wh_json_first(doc, root)));
	wh_json_append(other, wh_json_root(other), wh_json_new_null(other));
	assert_text(other, "[1,\"\\n\",2,\"b\",null]");
	assert_position(other, wh_json_root(other), 0, 0);
	assert_position(other, child(other, wh_json_root(other), 0), 0, 0);
}

static void test_copy_of_nothing(void **state)
{
	struct wh_json *doc WH_JSON = parse("{}"), *other = NULL;

	(void)state;
	assert_int_equal(wh_json_new_from(&other, doc, WH_NO_NODE), -EINVAL);
	wh_json_append(doc, WH_NO_NODE, WH_NO_NODE);
	assert_int_equal(wh_json_new_from(&other, doc, wh_json_root(doc)), -EINVAL);
	assert_null(other);
}

/* Nesting made by edits has no limit, and no walk recurses. */
static void test_deep_by_edits(void **state)
{
	struct wh_json *doc WH_JSON = NULL, *copy WH_JSON = NULL;
	struct wh_buf out = WH_BUF_INIT;
	wh_node at;

	(void)state;
	assert_int_equal(wh_json_new(&doc), 0);
	at = wh_json_new_array(doc);
	wh_json_set(doc, wh_json_root(doc), "a", at);
	for (size_t i = 0; i < 100000; i++) {
		wh_node inner = wh_json_new_array(doc);

		wh_json_append(doc, at, inner);
		at = inner;
	}
	assert_int_equal(wh_json_new_from(&copy, doc, wh_json_root(doc)), 0);
	assert_int_equal(wh_json_write_buf(copy, wh_json_root(copy), &out), 0);
	assert_int_equal(out.len, strlen("{\"a\":}") + 2 * 100001);
	wh_buf_done(&out);
	wh_json_pointer(doc, at, &out);
	assert_int_equal(out.len, 2 * 100001);
	wh_buf_done(&out);
}

/* ---- writing ---------------------------------------------------------------------------- */

struct pieces {
	struct wh_buf all;
	size_t count;
	size_t largest;
	size_t fail_at; /* the number of the piece that fails, from 1; 0 for none */
	int failure;
};

static int take_piece(void *context, const char *bytes, size_t len)
{
	struct pieces *pieces = context;

	assert_true(len > 0);
	if (++pieces->count == pieces->fail_at)
		return pieces->failure;
	assert_true(pieces->fail_at == 0 || pieces->count < pieces->fail_at);
	pieces->largest = len > pieces->largest ? len : pieces->largest;
	wh_buf_add(&pieces->all, bytes, len);
	return 0;
}

static struct wh_json *large_document(struct wh_buf *ret_text)
{
	struct wh_buf text = WH_BUF_INIT;
	struct wh_json *doc = NULL;

	wh_buf_add_char(&text, '[');
	for (unsigned i = 0; i < 30000; i++)
		wh_buf_addf(&text, "{\"key%u\":[%u,\"value\",true]},", i, i);
	wh_buf_add_string(&text, "{}]");
	wh_buf_add(ret_text, text.data, text.len);
	assert_int_equal(wh_json_parse_take(&doc, &text, NULL, NULL), 0);
	return doc;
}

static void test_write_in_pieces(void **state)
{
	struct wh_buf text = WH_BUF_INIT;
	struct wh_json *doc WH_JSON = large_document(&text);
	struct pieces pieces = { .count = 0 };

	(void)state;
	assert_true(text.len > 10 * 65536);
	assert_int_equal(wh_json_write(doc, wh_json_root(doc), take_piece, &pieces), 0);
	assert_int_equal(pieces.all.len, text.len);
	assert_memory_equal(pieces.all.data, text.data, text.len);
	assert_true(pieces.largest <= 16384);
	assert_true(pieces.count <= text.len / 16000 + 1);
	wh_buf_done(&pieces.all);
	wh_buf_done(&text);
}

static void test_write_long_tokens(void **state)
{
	(void)state;
	for (size_t len = 65530; len < 65542; len++) {
		struct wh_buf text = WH_BUF_INIT, before = WH_BUF_INIT;
		struct wh_json *doc WH_JSON = NULL;
		struct pieces pieces = { .count = 0 };

		wh_buf_add_string(&text, "[1,\"");
		for (size_t i = 0; i < len; i++)
			wh_buf_add_char(&text, 'x');
		wh_buf_add_string(&text, "\",2]");
		wh_buf_add(&before, text.data, text.len);
		assert_int_equal(wh_json_parse_take(&doc, &text, NULL, NULL), 0);
		assert_int_equal(wh_json_write(doc, wh_json_root(doc), take_piece, &pieces), 0);
		assert_int_equal(pieces.all.len, before.len);
		assert_memory_equal(pieces.all.data, before.data, before.len);
		wh_buf_done(&pieces.all);
		wh_buf_done(&before);
	}
}

static void test_write_failing_sink(void **state)
{
	static const int failures[] = { -ENOSPC, -EIO, 17 };
	struct wh_buf text = WH_BUF_INIT;
	struct wh_json *doc WH_JSON = large_document(&text);

	(void)state;
	for (size_t n = 1; n < 4; n++) {
		for (size_t i = 0; i < WH_COUNT(failures); i++) {
			struct pieces pieces = { .fail_at = n, .failure = failures[i] };

			assert_int_equal(wh_json_write(doc, wh_json_root(doc), take_piece, &pieces),
				failures[i]);
			assert_int_equal(pieces.count, n);
			wh_buf_done(&pieces.all);
		}
	}
	wh_buf_done(&text);
}

static void test_write_parts(void **state)
{
	struct wh_json *doc WH_JSON = parse("{\"a\":[1,{\"b\":[]}],\"c\":\"\\t\"}");
	struct wh_buf out = WH_BUF_INIT;

	(void)state;
	assert_node(doc, get(doc, "a"), "[1,{\"b\":[]}]");
	assert_node(doc, child(doc, get(doc, "a"), 0), "1");
	assert_node(doc, child(doc, get(doc, "a"), 1), "{\"b\":[]}");
	assert_node(doc, get(doc, "c"), "\"\\t\"");
	assert_int_equal(wh_json_write_buf(doc, WH_NO_NODE, &out), -EINVAL);
	assert_null(out.data);
	wh_buf_add_string(&out, "x=");
	assert_int_equal(wh_json_write_buf(doc, get(doc, "c"), &out), 0);
	assert_string_equal(out.data, "x=\"\\t\"");
	wh_buf_done(&out);
}

static void test_canonical(void **state)
{
	static const struct {
		const char *text;
		bool canonical;
	} cases[] = {
		{ "{\"a\":1}", true },
		{ "{\"a\":1}\n", false },
		{ " {\"a\":1}", false },
		{ "{\"a\": 1}", false },
		{ "[1 ]", false },
		{ "[1,\n2]", false },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		struct wh_json *doc WH_JSON = parse(cases[i].text);

		assert_int_equal(wh_json_is_canonical(doc), cases[i].canonical);
	}
}

static void test_canonical_after_edits(void **state)
{
	struct wh_json *doc WH_JSON = parse("{\"a\":[\"x\\n\"],\"b\":1}");

	(void)state;
	/* Reading is no edit, and neither is one that changes nothing. */
	(void)wh_json_string(doc, child(doc, get(doc, "a"), 0));
	assert_true(wh_json_is_canonical(doc));
	wh_json_set(doc, wh_json_root(doc), "b", wh_json_new_u64(doc, 1));
	assert_true(wh_json_is_canonical(doc));
	wh_json_set(doc, wh_json_root(doc), "b", wh_json_new_u64(doc, 2));
	assert_false(wh_json_is_canonical(doc));
	wh_json_unset(doc, wh_json_root(doc), "b");
	assert_false(wh_json_is_canonical(doc));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepted),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_refused_escapes_of_every_letter),
		cmocka_unit_test(test_refused_control_characters),
		cmocka_unit_test(test_truncated_anywhere),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_dense),
		cmocka_unit_test(test_comments),
		cmocka_unit_test(test_stop_after),
		cmocka_unit_test(test_many_keys),
		cmocka_unit_test(test_many_ascending_keys),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_absent),
		cmocka_unit_test(test_get_and_iterate),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_fail),
		cmocka_unit_test(test_fail_with_long_pointer),
		cmocka_unit_test(test_new_values),
		cmocka_unit_test(test_set_and_unset),
		cmocka_unit_test(test_set_again_and_add),
		cmocka_unit_test(test_unset_of_nothing),
		cmocka_unit_test(test_append_and_prepend),
		cmocka_unit_test(test_remove_elements),
		cmocka_unit_test(test_remove_members),
		cmocka_unit_test(test_remove_backwards_and_between),
		cmocka_unit_test(test_edit_large),
		cmocka_unit_test(test_impossible_edits),
		cmocka_unit_test(test_copy),
		cmocka_unit_test(test_copy_is_separate),
		cmocka_unit_test(test_copy_of_nothing),
		cmocka_unit_test(test_deep_by_edits),
		cmocka_unit_test(test_write_in_pieces),
		cmocka_unit_test(test_write_long_tokens),
		cmocka_unit_test(test_write_failing_sink),
		cmocka_unit_test(test_write_parts),
		cmocka_unit_test(test_canonical),
		cmocka_unit_test(test_canonical_after_edits),
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
