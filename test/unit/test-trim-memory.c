/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judging when memory runs out: a create and an exec, from the text to the text, are repeated with
 * the first, the second, the third… allocation failing, until one run needs no more of them. Every
 * other run must fail, with a sentence and without a text: what could not be judged to the end must
 * not look as if it had been.
 *
 * The allocator is wrapped by the linker (see meson.build).
 */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "oci/process.h"
#include "oci/schema.h"
#include "trim/trim.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

static size_t allocations; /* since the last reset */
static size_t failing;     /* the number of the one that fails, from 1; 0 for none */

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

static void fail_from(size_t number)
{
	allocations = 0;
	failing = number;
}

/* Escapes everywhere, since undoing them allocates; unknown keys, since comparing them does. */
static const char config_text[] =
	"{\"process\":{\"capabilities\":{\"boundin\\u0067\":[\"CAP_KILL\",\"CAP_\\u0053YS_ADMIN\","
	"\"\\u0063ap_kill\"],\"inheritable\":[\"CAP_KILL\"]},\"args\":[\"s\\u0068\"],\"cwd\":\"\\/"
	"\","
	"\"\\u0065nv\":[\"A=1\"]},\"root\":{\"path\":\"r\"},"
	"\"annotations\":{\"a\":\"\\u0062\",\"\\u0062undle\":\"\\/evil\",\"run.oci.x\":\"y\"},"
	"\"mounts\":[{\"destination\":\"\\/proc\"},{\"destination\":\"/t\\u006dp/x\"}],"
	"\"new1\":1,\"n\\u0065w2\":{\"x\":1,\"\\u0079\":2},"
	"\"linux\":{\"namespaces\":[{\"t\\u0079pe\":\"m\\u006funt\"}]}}";
static const char state_text[] =
	"{\"id\":\"w\\u0065b\",\"config\":{\"labels\":[\"bundle=/evil\",\"\\u0061=1\","
	"\"bundle=\\/b\"],\"capabilities\":{\"Bounding\":[\"CAP_\\u004bILL\",\"CAP_CHOWN\"],"
	"\"Permitted\":[\"CAP_CHOWN\"]}}}";
static const char process_text[] =
	"{\"args\":[\"\\u0073h\"],\"cwd\":\"\\/\",\"x\":1,\"\\u0079\":2,\"user\":{}}";

static const struct wh_policy_tmpfs tmpfs[] = { { "/tmp", 1 }, { "/run", 2 } };
static const struct wh_place places[] = { { "/tmp", "/tmp", WH_PLACE_FOLDER },
	{ "/run", "/run", WH_PLACE_FOLDER } };
static const struct wh_facts facts = { places, WH_CAP_COUNT - 1 };
static const struct wh_limits limits = { .capabilities = 1 << 5,
	.kinds[WH_KIND_NO_NEW_PRIVILEGES].otherwise = WH_STRIP,
	.kinds[WH_KIND_READONLY_ROOTFS].otherwise = WH_STRIP,
	.tmpfs = tmpfs,
	.tmpfs_count = WH_COUNT(tmpfs) };

struct documents {
	struct wh_arena arena;
	struct wh_json *state, *doc, *built;
};

static void documents_done(struct documents *d)
{
	wh_json_free(d->state);
	wh_json_free(d->doc);
	wh_json_free(d->built);
	wh_arena_done(&d->arena);
}

static int parse(const char *text, struct wh_json **ret, struct wh_err *err)
{
	struct wh_buf buf WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;

	wh_buf_add_string(&buf, text);
	if (wh_buf_status(&buf) < 0)
		return wh_fail_errno(err, ENOMEM, "reading");
	return wh_json_parse_take(ret, &buf, NULL, err);
}

static int write_text(const struct wh_json *doc, struct wh_buf *ret, struct wh_err *err)
{
	int r = wh_json_write_buf(doc, wh_json_root(doc), ret);

	return r < 0 ? wh_fail_errno(err, -r, "writing") : 0;
}

typedef int scenario(struct wh_buf *ret, struct wh_err *err);

static int create(struct wh_buf *ret, struct wh_err *err)
{
	struct documents d WH_CLEANUP(documents_done) = { .arena = WH_ARENA_INIT };
	struct wh_annotation_list annotations;
	struct wh_trim trim;
	int r = parse(config_text, &d.doc, err);

	if (r == 0)
		r = wh_schema_check(d.doc, wh_json_root(d.doc), &wh_schema_config, err);
	if (r < 0)
		return r;
	r = wh_annotations_from_object(d.doc,
		wh_json_get(d.doc, wh_json_root(d.doc), "annotations"), &d.arena, &annotations);
	if (r < 0)
		return wh_fail_errno(err, -r, "reading the annotations");
	r = wh_trim_config(&trim, d.doc, &limits, &facts, &d.arena, err);
	return r < 0 ? r : write_text(d.doc, ret, err);
}

static int exec_by_file(struct wh_buf *ret, struct wh_err *err)
{
	struct documents d WH_CLEANUP(documents_done) = { .arena = WH_ARENA_INIT };
	struct wh_state state;
	struct wh_trim trim;
	int r = parse(state_text, &d.state, err);

	if (r == 0)
		r = wh_state_read(&state, WH_RUNTIME_RUNC, "web", d.state, NULL, &d.arena, err);
	if (r == 0)
		assert_string_equal(state.bundle, "/b");
	if (r == 0)
		r = parse(process_text, &d.doc, err);
	if (r == 0)
		r = wh_process_complete(d.doc, WH_RUNTIME_RUNC, &state, err);
	if (r == 0)
		r = wh_trim_process(&trim, d.doc, &limits, &facts, &d.arena, err);
	return r < 0 ? r : write_text(d.doc, ret, err);
}

static int exec_by_options(struct wh_buf *ret, struct wh_err *err)
{
	char *words[] = { (char[]){ "whittle" }, (char[]){ "exec" }, (char[]){ "--cap=CAP_KILL" },
		(char[]){ "--user=5:6" }, (char[]){ "--env=A=2" },
		(char[]){ "--additional-gids=7" }, (char[]){ "web" }, (char[]){ "sh" }, NULL };
	struct documents d WH_CLEANUP(documents_done) = { .arena = WH_ARENA_INIT };
	struct wh_argv argv;
	struct wh_state state;
	struct wh_trim trim;
	int r = parse(state_text, &d.state, err);

	if (r == 0)
		r = wh_state_read(&state, WH_RUNTIME_RUNC, "web", d.state, NULL, &d.arena, err);
	if (r == 0)
		r = wh_argv_parse(&argv, wh_grammar_of(WH_RUNTIME_RUNC), &d.arena,
			WH_COUNT(words) - 1, words, err);
	if (r == 0)
		r = parse(config_text, &d.doc, err);
	if (r == 0)
		r = wh_process_build(&d.built, &argv, &state, d.doc,
			wh_json_get(d.doc, wh_json_root(d.doc), "process"), err);
	if (r == 0)
		r = wh_trim_process(&trim, d.built, &limits, &facts, &d.arena, err);
	return r < 0 ? r : write_text(d.built, ret, err);
}

static int exec_in_crun(struct wh_buf *ret, struct wh_err *err)
{
	struct documents d WH_CLEANUP(documents_done) = { .arena = WH_ARENA_INIT };
	struct wh_state state;
	struct wh_trim trim;
	int r = parse("{\"bundle\":\"\\/b\"}", &d.state, err);

	if (r == 0)
		r = parse(config_text, &d.built, err);
	if (r == 0)
		r = wh_state_read(&state, WH_RUNTIME_CRUN, "web", d.state, d.built, &d.arena, err);
	if (r == 0)
		r = parse(process_text, &d.doc, err);
	if (r == 0)
		r = wh_process_complete(d.doc, WH_RUNTIME_CRUN, &state, err);
	if (r == 0)
		r = wh_trim_process(&trim, d.doc, &limits, &facts, &d.arena, err);
	return r < 0 ? r : write_text(d.doc, ret, err);
}

static void check(scenario *run)
{
	struct wh_buf expected = WH_BUF_INIT;
	size_t needed;

	fail_from(0);
	assert_int_equal(run(&expected, NULL), 0);
	needed = allocations;
	assert_in_range(needed, 5, 1000);
	for (size_t number = 1; number <= needed + 1; number++) {
		struct wh_buf text = WH_BUF_INIT;
		struct wh_err err = WH_ERR_INIT;
		int r;

		fail_from(number);
		r = run(&text, &err);
		fail_from(0);
		if (number <= needed) {
			if (r != -ENOMEM)
				fail_msg("without allocation %zu of %zu: %d %s", number, needed, r,
					err.text);
			assert_int_equal(err.number, ENOMEM);
			assert_true(err.text[0] != '\0');
			assert_int_equal(text.len, 0);
		} else {
			assert_int_equal(r, 0);
			assert_string_equal(text.data, expected.data);
		}
		wh_buf_done(&text);
	}
	wh_buf_done(&expected);
}

static void at_create(void **state)
{
	(void)state;
	check(create);
}

static void at_exec(void **state)
{
	(void)state;
	check(exec_by_file);
	check(exec_by_options);
	check(exec_in_crun);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(at_create),
		cmocka_unit_test(at_exec),
	};

	return cmocka_run_group_tests_name("trim-memory", tests, NULL, NULL);
}
