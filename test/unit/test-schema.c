/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables are walked, so schema.c is part of this program: for every object that the
 * specification knows, every field of it in every spelling that Go would take for it, with every
 * type of value, and every integer at the ends of its range. A field added to a table is tested by
 * being there.
 */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>

#include "document.h"
#include "oci/schema.c"

/* Where an object lies: the text around it, and its pointer. */
struct spot {
	const struct wh_schema *schema;
	const struct wh_schema *root;
	char before[512];
	char behind[128];
	char pointer[256];
};

typedef void visitor(const struct spot *spot);

static void step(const struct spot *from, const struct field *field, struct spot *to)
{
	static const struct {
		const char *open, *close, *pointer;
	} shapes[] = {
		[ONE] = { "", "", "" },
		[ARRAY] = { "[{},", "]", "/1" },
		[MAP] = { "{\"any key\":", "}", "/any key" },
	};

	to->schema = field->schema;
	to->root = from->root;
	spell(to->before, sizeof(to->before), "%s{\"%s\":%s", from->before, field->name,
		shapes[field->shape].open);
	spell(to->behind, sizeof(to->behind), "%s}%s", shapes[field->shape].close, from->behind);
	spell(to->pointer, sizeof(to->pointer), "%s/%s%s", from->pointer, field->name,
		shapes[field->shape].pointer);
}

/* As deep as the tables go; they have no cycle, or this would not end. */
static unsigned walk_from(const struct spot *spot, visitor *visit)
{
	unsigned count = 1;

	visit(spot);
	for (size_t i = 0; i < spot->schema->count; i++) {
		struct spot below;

		if (spot->schema->fields[i].type != OBJECT)
			continue;
		step(spot, &spot->schema->fields[i], &below);
		count += walk_from(&below, visit);
	}
	return count;
}

/* Every object of config.json; of process.json and of update's resources, where they are roots. */
static void walk(visitor *visit)
{
	static const struct wh_schema *const roots[] = {
		&wh_schema_config,
		&wh_schema_process,
		&wh_schema_resources,
	};
	static const unsigned objects[] = { 48, 8, 15 };

	for (size_t i = 0; i < WH_COUNT(roots); i++) {
		const struct spot spot = { roots[i], roots[i], "", "", "" };

		assert_in_range(walk_from(&spot, visit), objects[i], 200);
	}
}

/* `inside` is the text of the object's members. 0 or the error's number; *err has its text. */
static int check_at(const struct spot *spot, const char *inside, struct wh_err *err)
{
	char text[2048];
	struct wh_json *doc;
	int r;

	*err = (struct wh_err)WH_ERR_INIT;
	spell(text, sizeof(text), "%s{%s}%s", spot->before, inside, spot->behind);
	doc = document_of_bytes(text, strlen(text));
	r = wh_schema_check(doc, wh_json_root(doc), spot->root, err);
	wh_json_free(doc);
	return r;
}

static void assert_fits(const struct spot *spot, const char *inside)
{
	struct wh_err err;

	if (check_at(spot, inside, &err) != 0)
		fail_msg("at \"%s\", {%s}: %s", spot->pointer, inside, err.text);
}

/* Refused at this object's member (`below`: what follows the object's pointer) with this sentence.
 */
static void assert_refused(
	const struct spot *spot, const char *inside, const char *below, const char *sentence)
{
	struct wh_err err;
	char end[512];

	if (check_at(spot, inside, &err) != -EINVAL)
		fail_msg("at \"%s\", {%s} is not refused", spot->pointer, inside);
	spell(end, sizeof(end), " (%s%s): %s", spot->pointer, below, sentence);
	if (strncmp(err.text, "line 1, column ", 15) != 0 || strlen(err.text) < strlen(end) ||
		strcmp(err.text + strlen(err.text) - strlen(end), end) != 0)
		fail_msg("at \"%s\", {%s}: \"%s\" should end with \"%s\"", spot->pointer, inside,
			err.text, end);
}

/* ---- the tables themselves ----------------------------------------------------------------- */

static void visit_table(const struct spot *spot)
{
	const struct wh_schema *schema = spot->schema;

	assert_true(schema->count > 0);
	assert_true(schema->name[0] != '\0');
	for (size_t i = 0; i < schema->count; i++) {
		const struct field *field = &schema->fields[i];

		if (i > 0)
			assert_true(strcasecmp(schema->fields[i - 1].name, field->name) < 0);
		assert_in_range(strlen(field->name), 1, LONGEST_KEY);
		for (const char *c = field->name; *c != '\0'; c++)
			assert_true(isalnum((unsigned char)*c));
		assert_int_equal(field->range != NULL, field->type == INTEGER);
		assert_int_equal(field->schema != NULL, field->type == OBJECT);
	}
}

static void tables_are_in_order(void **state)
{
	(void)state;
	walk(visit_table);
}

/* ---- keys ---------------------------------------------------------------------------------- */

static const char *const correct[] = {
	[STRING] = "\"text\"",
	[BOOL] = "true",
	[INTEGER] = "0",
	[OBJECT] = "{}",
	[UNJUDGED] = "[1]",
};

/* A value of the field's type and shape. */
static const char *correct_value(const struct field *field)
{
	static char text[64];
	static const char *const forms[] = {
		[ONE] = "%s",
		[ARRAY] = "[%s]",
		[MAP] = "{\"k\":%s}",
	};

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	spell(text, sizeof(text), forms[field->shape], correct[field->type]);
#pragma GCC diagnostic pop
	return text;
}

/* The ways to write one character of a key so that Go folds the result onto the key. */
static size_t spellings(char c, const char *ret[6])
{
	static char other[6 * 2][8];
	static unsigned turn;
	char *swapped = other[turn++ % WH_COUNT(other)];
	size_t n = 0;

	if (isalpha((unsigned char)c)) {
		swapped[0] = (char)(c ^ 0x20);
		swapped[1] = '\0';
		ret[n++] = swapped;
	}
	if (c == 's' || c == 'S') {
		ret[n++] = "\xc5\xbf";
		ret[n++] = "\\u017f";
		ret[n++] = "\\u017F";
	}
	if (c == 'k' || c == 'K') {
		ret[n++] = "\xe2\x84\xaa";
		ret[n++] = "\\u212a";
		ret[n++] = "\\u212A";
	}
	return n;
}

static unsigned folded_keys;

/* Alone, and behind the true one, where Go would take the later. */
static void refuse_key(const struct spot *spot, const struct field *field, const char *key)
{
	char inside[512], sentence[200];
	struct wh_err err;

	spell(sentence, sizeof(sentence),
		"this key is not \"%s\", but some runtimes take it for that; spell it exactly",
		field->name);
	spell(inside, sizeof(inside), "\"%s\":%s", key, correct_value(field));
	assert_int_equal(check_at(spot, inside, &err), -EINVAL);
	assert_non_null(strstr(err.text, sentence));
	assert_memory_equal(err.text, "line 1, column ", 15);
	/* Null is absent for a known key, but not for one that pretends. */
	spell(inside, sizeof(inside), "\"%s\":%s,\"%s\":null", field->name, correct_value(field),
		key);
	assert_int_equal(check_at(spot, inside, &err), -EINVAL);
	assert_non_null(strstr(err.text, sentence));
	folded_keys++;
}

static void refuse_spellings_of(const struct spot *spot, const struct field *field)
{
	size_t len = strlen(field->name);
	char key[256], all[256] = "";

	for (size_t i = 0; i < len; i++) {
		const char *ways[6];
		size_t n = spellings(field->name[i], ways);

		for (size_t k = 0; k < n; k++) {
			spell(key, sizeof(key), "%.*s%s%s", (int)i, field->name, ways[k],
				field->name + i + 1);
			refuse_key(spot, field, key);
		}
		/* And the strangest way at every place at once. */
		if (n > 0)
			strcat(all, ways[n - 1]);
		else
			strncat(all, field->name + i, 1);
	}
	refuse_key(spot, field, all);
}

static void visit_folds(const struct spot *spot)
{
	for (size_t i = 0; i < spot->schema->count; i++)
		refuse_spellings_of(spot, &spot->schema->fields[i]);
}

/* threats T15 and T16, for every key of every object. */
static void folded_keys_are_refused(void **state)
{
	(void)state;
	folded_keys = 0;
	walk(visit_folds);
	assert_in_range(folded_keys, 3300, 100000);
}

/* The first character as \uXXXX: the same key to every reader (threat T20). */
static void visit_escaped(const struct spot *spot)
{
	for (size_t i = 0; i < spot->schema->count; i++) {
		const struct field *field = &spot->schema->fields[i];
		char inside[512];

		spell(inside, sizeof(inside), "\"\\u%04x%s\":%s", (unsigned)field->name[0],
			field->name + 1, correct_value(field));
		assert_fits(spot, inside);
		if (field->type == UNJUDGED)
			continue;
		spell(inside, sizeof(inside), "\"\\u%04X%s\":[[]]", (unsigned)field->name[0],
			field->name + 1);
		assert_int_equal(check_at(spot, inside, &(struct wh_err)WH_ERR_INIT), -EINVAL);
	}
}

static void escaped_keys_are_known(void **state)
{
	(void)state;
	walk(visit_escaped);
}

/* What only looks like a fold: Go takes none of these for a known key. */
static void visit_unknown(const struct spot *spot)
{
	static const char *const forms[] = {
		"%s ",
		" %s",
		"%s\\u0020",
		"%s.",
		"_%s",
		"-%s",
		"\xd1\x81%s",
		"%s\xcc\x88",
		"\xc4\xb1%s",
		"%s\xe2\x80\x8b",
		"\xef\xbb\xbf%s",
		"\xef\xbd\x93%s",
	};
	const char *name = spot->schema->fields[0].name;
	char key[128], inside[256];

	for (size_t i = 0; i < WH_COUNT(forms); i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		spell(key, sizeof(key), forms[i], name);
#pragma GCC diagnostic pop
		spell(inside, sizeof(inside), "\"%s\":{\"%s\":[null]}", key, name);
		assert_fits(spot, inside);
	}
	assert_fits(spot, "");
	assert_fits(spot, "\"\":1,\"new.in.1.9\":{\"Process\":1,\"process\":2}");
}

static void other_keys_are_nobodys(void **state)
{
	(void)state;
	walk(visit_unknown);
}

static const char one_key[] = "two keys of one object differ in letter case only; "
			      "runtimes would take them for one";

static void visit_unknown_pairs(const struct spot *spot)
{
	static const struct {
		const char *inside, *below;
	} refused[] = {
		{ "\"newField\":1,\"newfield\":2", "/newfield" },
		{ "\"newfield\":1,\"x\":{},\"NEWFIELD\":2", "/NEWFIELD" },
		{ "\"isnew\":1,\"i\xc5\xbfnew\":2", "/i\\xc5\\xbfnew" },
		{ "\"i\\u017fnew\":1,\"isnew\":2", "/isnew" },
		{ "\"\\u212anew\":1,\"knew\":2", "/knew" },
		{ "\"\\u212anew\":1,\"Knew\":2", "/Knew" },
		{ "\"zz1\":0,\"zz2\":0,\"zz3\":0,\"Zz2\":0,\"a\":0", "/Zz2" },
	};
	char inside[512];

	for (size_t i = 0; i < WH_COUNT(refused); i++)
		assert_refused(spot, refused[i].inside, refused[i].below, one_key);
	assert_fits(spot, "\"newField\":1,\"newFields\":2,\"newFiel\":3,\"\":4,\"n\":5");
	/* The longest key that could be anybody's field, and one more. */
	spell(inside, sizeof(inside), "\"%063d\":1,\"%062dA\":2,\"%062da\":3", 0, 0, 0);
	assert_int_equal(check_at(spot, inside, &(struct wh_err)WH_ERR_INIT), -EINVAL);
	spell(inside, sizeof(inside), "\"%063d\":1,\"%063dA\":2,\"%063da\":3", 0, 0, 0);
	assert_fits(spot, inside);
	/* U+212A has three bytes and counts as one. */
	spell(inside, sizeof(inside), "\"%062dk\":1,\"%062d\xe2\x84\xaa\":2", 0, 0);
	assert_int_equal(check_at(spot, inside, &(struct wh_err)WH_ERR_INIT), -EINVAL);
}

static void unknown_keys_that_are_one_are_refused(void **state)
{
	(void)state;
	walk(visit_unknown_pairs);
}

/* ---- types --------------------------------------------------------------------------------- */

static const struct {
	const char *text, *name;
} samples[] = {
	{ "null", "null" },
	{ "false", "a boolean" },
	{ "true", "a boolean" },
	{ "7", "a number" },
	{ "\"7\"", "a string" },
	{ "[]", "an array" },
	{ "{}", "an object" },
};

static bool sample_fits(size_t sample, const struct field *field)
{
	const char *name = samples[sample].name;

	switch (field->type) {
	case STRING:
		return strcmp(name, "a string") == 0;
	case BOOL:
		return strcmp(name, "a boolean") == 0;
	case INTEGER:
		return strcmp(name, "a number") == 0;
	case OBJECT:
		return strcmp(name, "an object") == 0;
	case UNJUDGED:
		break;
	}
	return true;
}

static const char *expected_type(const struct field *field)
{
	static const char *const names[] = {
		[STRING] = "a string",
		[BOOL] = "true or false",
		[INTEGER] = "an integer",
		[OBJECT] = "an object",
		[UNJUDGED] = "",
	};

	return names[field->type];
}

static void check_value(const struct spot *spot, const struct field *field, size_t sample)
{
	const char *name = samples[sample].name;
	char inside[256], below[128], sentence[128];

	spell(inside, sizeof(inside), "\"%s\":%s", field->name, samples[sample].text);
	spell(below, sizeof(below), "/%s", field->name);
	if (field->type == UNJUDGED || strcmp(name, "null") == 0) {
		assert_fits(spot, inside);
	} else if (field->shape == ONE) {
		spell(sentence, sizeof(sentence), "expected %s, found %s", expected_type(field),
			name);
		if (sample_fits(sample, field))
			assert_fits(spot, inside);
		else
			assert_refused(spot, inside, below, sentence);
	} else {
		const char *container = field->shape == ARRAY ? "an array" : "an object";

		spell(sentence, sizeof(sentence), "expected %s, found %s", container, name);
		if (strcmp(name, container) == 0)
			assert_fits(spot, inside);
		else
			assert_refused(spot, inside, below, sentence);
	}
}

/* Null counts as absent, but not where it is one of several. */
static void check_element(const struct spot *spot, const struct field *field, size_t sample)
{
	char inside[256], below[128], sentence[128];
	bool array = field->shape == ARRAY;

	spell(inside, sizeof(inside), array ? "\"%s\":[%s,%s]" : "\"%s\":{\"k\":%s,\"K\":%s}",
		field->name, correct[field->type], samples[sample].text);
	spell(below, sizeof(below), "/%s/%s", field->name, array ? "1" : "K");
	spell(sentence, sizeof(sentence), "expected %s, found %s", expected_type(field),
		samples[sample].name);
	if (sample_fits(sample, field))
		assert_fits(spot, inside);
	else
		assert_refused(spot, inside, below, sentence);
}

static void visit_types(const struct spot *spot)
{
	for (size_t i = 0; i < spot->schema->count; i++) {
		const struct field *field = &spot->schema->fields[i];

		for (size_t k = 0; k < WH_COUNT(samples); k++) {
			check_value(spot, field, k);
			if (field->shape != ONE)
				check_element(spot, field, k);
		}
	}
}

/* threats T27, T35 and T36, for every field of every object. */
static void wrong_types_are_refused(void **state)
{
	(void)state;
	walk(visit_types);
}

/* ---- integers ------------------------------------------------------------------------------ */

static void check_number(
	const struct spot *spot, const struct field *field, const char *number, bool fits)
{
	char inside[256], below[128], sentence[200];
	bool array = field->shape == ARRAY;

	spell(inside, sizeof(inside), array ? "\"%s\":[%s]" : "\"%s\":%s", field->name, number);
	if (fits) {
		assert_fits(spot, inside);
		return;
	}
	spell(below, sizeof(below), array ? "/%s/0" : "/%s", field->name);
	spell(sentence, sizeof(sentence),
		"expected an integer from %" PRId64 " to %" PRIu64 " without fraction or exponent",
		field->range->least, field->range->most);
	assert_refused(spot, inside, below, sentence);
}

static void check_range(const struct spot *spot, const struct field *field)
{
	static const char *const never[] = { "1.0", "0.0", "1e3", "1E0", "1e-1", "0.5",
		"18446744073709551616", "-9223372036854775809",
		"99999999999999999999999999999999999999999999",
		"-99999999999999999999999999999999999999999999" };
	const struct range *range = field->range;
	char number[32];

	for (size_t i = 0; i < WH_COUNT(never); i++)
		check_number(spot, field, never[i], false);
	spell(number, sizeof(number), "%" PRIu64, range->most);
	check_number(spot, field, number, true);
	if (range->most < UINT64_MAX) {
		spell(number, sizeof(number), "%" PRIu64, range->most + 1);
		check_number(spot, field, number, false);
	}
	spell(number, sizeof(number), "%" PRId64, range->least);
	check_number(spot, field, number, true);
	if (range->least > INT64_MIN) {
		spell(number, sizeof(number), "%" PRId64, range->least - 1);
		check_number(spot, field, number, false);
	}
	/* Go takes it for an int, not for a uint. */
	check_number(spot, field, "-0", range->least < 0);
}

static void visit_ranges(const struct spot *spot)
{
	for (size_t i = 0; i < spot->schema->count; i++) {
		if (spot->schema->fields[i].type == INTEGER)
			check_range(spot, &spot->schema->fields[i]);
	}
}

static void integers_have_their_range(void **state)
{
	(void)state;
	walk(visit_ranges);
}

/* ---- some by name -------------------------------------------------------------------------- */

static void known_attacks(void **state)
{
	static const struct {
		const struct wh_schema *schema;
		const char *text, *error;
	} cases[] = {
		{ &wh_schema_config, "{'process':{},'Process':{}}",
			"line 1, column 15 (/Process): this key is not \"process\", but some "
			"runtimes take it for that; spell it exactly" },
		{ &wh_schema_config,
			"{'process':{'noNewPrivileges':true,\n'nonewprivileges':false}}",
			"line 2, column 1 (/process/nonewprivileges): this key is not "
			"\"noNewPrivileges\", but some runtimes take it for that; spell it "
			"exactly" },
		{ &wh_schema_config, "{'hoo\\u212as':{'prestart':[{'path':'/x'}]}}", NULL },
		{ &wh_schema_config, "{'root':{'path':'r','ReadOnly':false}}", NULL },
		{ &wh_schema_config, "{'process':{'user':{'uid':'1000'}}}",
			"line 1, column 27 (/process/user/uid): expected an integer, found a "
			"string" },
		{ &wh_schema_config, "{'process':{'user':{'uid':true}}}", NULL },
		{ &wh_schema_config, "{'process':{'capabilities':[]}}", NULL },
		{ &wh_schema_config, "{'process':{'capabilities':'ALL'}}", NULL },
		{ &wh_schema_config, "{'process':{'capabilities':{'bounding':[null]}}}", NULL },
		{ &wh_schema_config, "{'process':{'capabilities':{'bounding':'CAP_KILL'}}}", NULL },
		{ &wh_schema_config, "{'linux':{'seccomp':'x'}}", NULL },
		{ &wh_schema_config, "{'linux':{'maskedPaths':{}}}", NULL },
		{ &wh_schema_config, "{'mounts':[{},null]}",
			"line 1, column 15 (/mounts/1): expected an object, found null" },
		{ &wh_schema_config, "{'annotations':{'a':1}}", NULL },
		{ &wh_schema_config, "[]",
			"line 1, column 1: expected an object (config), found an array" },
		{ &wh_schema_config, "null",
			"line 1, column 1: expected an object (config), found null" },
		{ &wh_schema_process, "'x'",
			"line 1, column 1: expected an object (process), found a string" },
		{ &wh_schema_process, "{'Capabilities':{}}", NULL },
		{ &wh_schema_resources, "{'Devices':[]}", NULL },
		{ &wh_schema_resources, "{'unified':{'memory.max':1}}", NULL },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		struct wh_json *doc = document(cases[i].text);
		struct wh_err err = WH_ERR_INIT;

		if (wh_schema_check(doc, wh_json_root(doc), cases[i].schema, &err) != -EINVAL)
			fail_msg("%s is not refused", cases[i].text);
		if (cases[i].error != NULL)
			assert_string_equal(err.text, cases[i].error);
		/* A null sink is legal. */
		assert_int_equal(
			wh_schema_check(doc, wh_json_root(doc), cases[i].schema, NULL), -EINVAL);
		wh_json_free(doc);
	}
}

static void free_maps_have_free_keys(void **state)
{
	static const char *const texts[] = {
		"{'annotations':{'a':'1','A':'2','process':'3','Process':'4','\\u017f':'','s':''}}",
		"{'linux':{'sysctl':{'kernel.x':'1','kernel.X':'2','\\u212a':'3','k':'4'}}}",
		"{'linux':{'resources':{'unified':{'cpu.max':'1','CPU.max':'2'}}}}",
		"{'linux':{'timeOffsets':{'monotonic':{},'Monotonic':{}}}}",
		"{'linux':{'netDevices':{'eth0':{},'ETH0':{'name':'x'}}}}",
		"{'linux':{'resources':{'rdma':{'mlx5_1':{},'MLX5_1':{'hcaHandles':3}}}}}",
		"{'vm':{'Kernel':1,'kernel':2},'windows':7,'zos':[],'solaris':'','freebsd':true}",
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(texts); i++) {
		struct wh_json *doc = document(texts[i]);
		struct wh_err err = WH_ERR_INIT;

		if (wh_schema_check(doc, wh_json_root(doc), &wh_schema_config, &err) != 0)
			fail_msg("%s: %s", texts[i], err.text);
		wh_json_free(doc);
	}
}

/* A hostile choice of keys costs a sort, not the square. */
static void many_unknown_keys_are_cheap(void **state)
{
	enum { KEYS = 200000 };
	struct wh_buf text = WH_BUF_INIT;
	struct wh_json *doc;
	struct wh_err err = WH_ERR_INIT;

	(void)state;
	wh_buf_add_char(&text, '{');
	for (unsigned i = 0; i < KEYS; i++)
		wh_buf_addf(&text, "\"x%07u\":0,", (i * 7919u) % KEYS);
	wh_buf_add_string(&text, "\"X0123456\":0}");
	doc = document_of_bytes(text.data, text.len);
	wh_buf_done(&text);
	assert_int_equal(wh_schema_check(doc, wh_json_root(doc), &wh_schema_config, &err), -EINVAL);
	assert_non_null(strstr(err.text, "/X0123456"));
	assert_non_null(strstr(err.text, one_key));
	wh_json_free(doc);
}

static void the_engines_own_are_accepted(void **state)
{
	static const char *const names[] = { "docker-default", "docker-rich", "docker-host",
		"ctr-privileged", "ctr-userns", "cri-privileged", "podman-rich", "podman-pod",
		"runc-spec-rootless", "crun-spec", "runsc-spec", "docker-buildkit" };

	(void)state;
	for (size_t i = 0; i < WH_COUNT(names); i++) {
		char path[512];
		struct wh_json *doc;
		struct wh_err err = WH_ERR_INIT;

		spell(path, sizeof(path), WH_SOURCE_ROOT "/test/golden/input/%s.json", names[i]);
		doc = document_of_file(path);
		if (wh_schema_check(doc, wh_json_root(doc), &wh_schema_config, &err) != 0)
			fail_msg("%s: %s", names[i], err.text);
		wh_json_free(doc);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_are_in_order),
		cmocka_unit_test(folded_keys_are_refused),
		cmocka_unit_test(escaped_keys_are_known),
		cmocka_unit_test(other_keys_are_nobodys),
		cmocka_unit_test(unknown_keys_that_are_one_are_refused),
		cmocka_unit_test(wrong_types_are_refused),
		cmocka_unit_test(integers_have_their_range),
		cmocka_unit_test(known_attacks),
		cmocka_unit_test(free_maps_have_free_keys),
		cmocka_unit_test(many_unknown_keys_are_cheap),
		cmocka_unit_test(the_engines_own_are_accepted),
	};

	return cmocka_run_group_tests_name("schema", tests, NULL, NULL);
}
