/* SPDX-License-Identifier: Apache-2.0 */
/* daemon.json, as it is read. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "memory-files.h"

#define FILE_NAME "/etc/docker/daemon.json"

static int read_text(
	const char *text, struct wh_arena *arena, struct wh_engine_view *ret, struct wh_err *err)
{
	const struct memory_file list[] = { { FILE_NAME, text }, { NULL, NULL } };
	struct wh_engine_files files = memory_files(text == NULL ? list + 1 : list);

	return wh_engine_read(wh_engine_find("docker"), &files, NULL, arena, ret, err);
}

static void what_is_built_in(void **state)
{
	static const char *const texts[] = { NULL, "", " \n", "{}", "\xef\xbb\xbf{}\n",
		"{\"log-driver\": \"none\"}" };

	(void)state;
	for (size_t i = 0; i < WH_COUNT(texts); i++) {
		struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
		struct wh_engine_view view;

		assert_int_equal(read_text(texts[i], &arena, &view, NULL), 0);
		assert_string_equal(view.default_runtime, "runc");
		assert_null(view.default_place.file);
		assert_int_equal(view.runtime_count, 2);
		assert_string_equal(view.runtimes[0].name, "runc");
		assert_string_equal(view.runtimes[0].paths[0], "runc");
		assert_null(view.runtimes[0].place.file);
		assert_string_equal(view.runtimes[1].name, "io.containerd.runc.v2");
		assert_int_equal(view.file_count, texts[i] == NULL ? 0 : 1);
		assert_string_equal(view.edited, FILE_NAME);
	}
}

static void what_is_registered(void **state)
{
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	struct wh_engine_view view;
	const struct wh_engine_runtime *runtime;

	(void)state;
	assert_int_equal(
		read_text("\xef\xbb\xbf{\n"
			  "  \"runtimes\": {\n"
			  "    \"whittle\": { \"path\": \"/usr/local/bin/whittle\" },\n"
			  "    \"gvisor\": { \"runtimeType\": \"io.containerd.runsc.v1\",\n"
			  "      \"options\": {\"TypeUrl\": \"x\"}, \"runtimeArgs\": [\"-v\"] }\n"
			  "  },\n"
			  "  \"default-runtime\": \"whittle\"\n"
			  "}\n",
			&arena, &view, NULL),
		0);
	assert_string_equal(view.default_runtime, "whittle");
	assert_string_equal(view.default_place.file, FILE_NAME);
	assert_int_equal(view.default_place.line, 7);
	assert_int_equal(view.runtime_count, 4);
	runtime = wh_engine_runtime_find(&view, "whittle");
	assert_string_equal(runtime->paths[0], "/usr/local/bin/whittle");
	assert_int_equal(runtime->path_count, 1);
	assert_int_equal(runtime->place.line, 3);
	assert_int_equal(runtime->option_count, 0);
	runtime = wh_engine_runtime_find(&view, "gvisor");
	assert_int_equal(runtime->path_count, 0);
	assert_string_equal(runtime->type, "io.containerd.runsc.v1");
	assert_int_equal(runtime->option_count, 2);
	assert_string_equal(runtime->options[0].name, "options");
	assert_string_equal(runtime->options[0].value, "{\"TypeUrl\":\"x\"}");
	assert_string_equal(runtime->options[1].value, "[\"-v\"]");
	assert_null(wh_engine_runtime_find(&view, "runsc"));
}

static void what_is_broken(void **state)
{
	static const struct {
		const char *text;
		const char *sentence;
	} cases[] = {
		{ "{\n  \"a\": 1,\n}", FILE_NAME ":3:1: " },
		{ "[]", FILE_NAME ":1:1: an object is expected, not an array" },
		{ "{\"runtimes\": {}", FILE_NAME ":1:1" },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
		struct wh_engine_view view;
		struct wh_err err = WH_ERR_INIT;

		assert_int_equal(read_text(cases[i].text, &arena, &view, &err), -EINVAL);
		if (strncmp(err.text, cases[i].sentence, strlen(cases[i].sentence)) != 0)
			fail_msg("the sentence is: %s", err.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_built_in),
		cmocka_unit_test(what_is_registered),
		cmocka_unit_test(what_is_broken),
	};

	return cmocka_run_group_tests_name("engine-docker", tests, NULL, NULL);
}
