/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What engines wrote or typed when they made a container, as seen from Debian's conmon 2.1.6,
 * containerd 1.6 and Docker 20.10, and what would like to be taken for it.
 */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "document.h"
#include "engine/origin.h"

#define MOST 24

static size_t count_of(char *const words[])
{
	size_t count = 0;

	while (words[count] != NULL)
		count++;
	return count;
}

static void assert_text(const char *found, const char *expected)
{
	if (expected == NULL)
		assert_null(found);
	else
		assert_string_equal(found, expected);
}

static void words_of_conmon(void **state)
{
	static const struct {
		const char *words[MOST];
		const char *id, *runtime, *root;
	} cases[] = {
		{ { "--api-version", "1", "-c", "7d6e", "-u", "7d6e", "-r", "/usr/bin/crun", "-b",
			  "/b", "-p", "/p", "-n", "p1", "--exit-dir", "/run/libpod/exits",
			  "--full-attach", "--runtime-arg", "--log-format=json", "--exit-command",
			  "/usr/bin/podman" },
			"7d6e", "/usr/bin/crun", NULL },
		{ { "-b", "/b", "-c", "9e74", "-r", "/usr/bin/runc", "--runtime-arg",
			  "--root=/run/runc", "-s", "-u", "9e74" },
			"9e74", "/usr/bin/runc", "/run/runc" },
		{ { "-c", "9e74", "--runtime-arg", "--root", "--runtime-arg", "/run/r", "-r",
			  "/r" },
			"9e74", "/r", "/run/r" },
		{ { "--cid=9e74", "--runtime=/r" }, "9e74", "/r", NULL },
		{ { "-c9e74", "-r/r" }, "9e74", "/r", NULL },
		/* The last one counts, as in GLib. */
		{ { "-r", "/a", "-r", "/b", "-c", "x" }, "x", "/b", NULL },
		/* What belongs to another option is none of its own. */
		{ { "-n", "-r", "-c", "x", "--exit-command-arg", "-r", "--exit-command-arg",
			  "/evil", "-r", "/good" },
			"x", "/good", NULL },
		{ { "-r", "/good", "-c", "x", "--exit-command-arg", "--runtime",
			  "--exit-command-arg", "/evil" },
			"x", "/good", NULL },
		{ { "-r" }, NULL, NULL, NULL },
		{ { "-c", "x" }, "x", NULL, NULL },
		{ { NULL }, NULL, NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		char **words = (char **)(uintptr_t)cases[i].words;
		struct wh_origin_conmon told = wh_origin_read_conmon(words, count_of(words));

		assert_text(told.id, cases[i].id);
		assert_text(told.runtime, cases[i].runtime);
		assert_text(told.root, cases[i].root);
	}
}

static void options_of_a_shim(void **state)
{
	static const struct {
		const char *text;
		int expected;
		const char *root, *program;
	} cases[] = {
		{ "{'binary_name':'runc','root':'/var/run/docker/runtime-runc'}", 0,
			"/var/run/docker/runtime-runc", "runc" },
		{ "{'binary_name':'/usr/local/bin/whittle','systemd_cgroup':true}", 0, NULL,
			"/usr/local/bin/whittle" },
		{ "{}", 0, NULL, NULL },
		{ "{'root':''}", 0, NULL, NULL },
		{ "{'root':7}", -EINVAL, NULL, NULL },
		{ "[]", -EINVAL, NULL, NULL },
		{ "{'root':'/a','root':'/b'}", -EINVAL, NULL, NULL },
		{ "", -EINVAL, NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
		struct wh_origin_shim shim = { NULL, NULL };
		struct wh_buf text = WH_BUF_INIT;

		wh_buf_add_string(&text, cases[i].text);
		if (text.data != NULL)
			document_quote(text.data);
		assert_int_equal(
			wh_origin_read_shim(&shim, &text, &arena, NULL), cases[i].expected);
		assert_text(shim.root, cases[i].root);
		assert_text(shim.program, cases[i].program);
	}
}

static void scripts_of_docker(void **state)
{
	static const struct {
		const char *text;
		int expected;
		const char *program, *policy;
		size_t count;
	} cases[] = {
		{ "#!/bin/sh\n/usr/local/bin/whittle --policy /etc/whittle/ci.json $@\n", 0,
			"/usr/local/bin/whittle", "/etc/whittle/ci.json", 2 },
		{ "#!/bin/sh\n/usr/local/bin/whittle --policy=/p --debug \"$@\"", 0,
			"/usr/local/bin/whittle", "/p", 2 },
		{ "#!/bin/sh\nexec /usr/bin/runc --debug $@\n", 0, "/usr/bin/runc", NULL, 1 },
		/* whittle reads its own words in front of all others only. */
		{ "#!/bin/sh\n/usr/local/bin/whittle --debug --policy /p $@\n", 0,
			"/usr/local/bin/whittle", NULL, 3 },
		{ "#!/bin/sh\n/usr/local/bin/whittle --policy $@\n", 0, "/usr/local/bin/whittle",
			NULL, 1 },
		{ "#!/bin/sh\n/usr/local/bin/whittle $@\nrm -rf /\n", -ENOENT },
		{ "#!/bin/sh\n/usr/local/bin/whittle $@ ; /usr/bin/runc $@\n", -ENOENT },
		{ "#!/bin/sh\n/usr/local/bin/whittle --debug\n", -ENOENT },
		{ "#!/bin/sh\nwhittle $@\n", -ENOENT },
		{ "#!/bin/bash\n/usr/local/bin/whittle $@\n", -ENOENT },
		{ "#!/bin/sh\n", -ENOENT },
		{ "\177ELF", -ENOENT },
		{ "", -ENOENT },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
		struct wh_origin_call call = { .program = NULL };
		int r = wh_origin_read_script(&call, wh_slice_of(cases[i].text), &arena);

		if (r != cases[i].expected)
			fail_msg("%s: %d", cases[i].text, r);
		assert_text(call.program, cases[i].program);
		if (r < 0)
			continue;
		assert_int_equal(call.count, cases[i].count);
		assert_text(wh_origin_policy(&call), cases[i].policy);
	}
}

static void words_as_whittle_writes_them(void **state)
{
	static const struct {
		enum wh_runtime_kind kind;
		const char *words[MOST];
		int expected;
	} cases[] = {
		{ WH_RUNTIME_RUNC, { "/usr/sbin/runc", "run", "--bundle=/b", "web" }, 1 },
		{ WH_RUNTIME_RUNC, { "/usr/sbin/runc", "--root=/r", "run", "--bundle=/b", "web" },
			1 },
		/* BuildKit, in front of which nobody stands */
		{ WH_RUNTIME_RUNC,
			{ "runc", "--log", "/l", "--log-format", "json", "run", "--bundle", "/b",
				"web" },
			0 },
		{ WH_RUNTIME_RUNC, { "runc", "run", "--bundle=/b", "web" }, 0 },
		{ WH_RUNTIME_RUNC, { "/usr/sbin/runc", "run", "--bundle", "/b", "web" }, 0 },
		{ WH_RUNTIME_RUNC, { "/usr/sbin/runc", "run", "-b=/b", "web" }, 0 },
		{ WH_RUNTIME_RUNC, { "/usr/sbin/runc", "run", "web", "--bundle=/b" }, 0 },
		{ WH_RUNTIME_RUNC, { "/usr/sbin/runc", "list" }, 0 },
		{ WH_RUNTIME_RUNC, { "/usr/sbin/runc", "init" }, 0 },
		{ WH_RUNTIME_RUNC, { "/usr/sbin/runc" }, 0 },
		{ WH_RUNTIME_RUNC, { NULL }, 0 },
		{ WH_RUNTIME_CRUN, { "/usr/bin/crun", "run", "--bundle=/b", "web" }, 1 },
		{ WH_RUNTIME_CRUN, { "/usr/bin/crun", "run", "-b", "/b", "web" }, 0 },
		{ WH_RUNTIME_CRUN, { "/usr/bin/crun", "run", "--config=/c", "web" }, 0 },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
		char **words = (char **)(uintptr_t)cases[i].words;
		int r = wh_origin_is_canonical(cases[i].kind, words, count_of(words), &arena);

		if (r != cases[i].expected)
			fail_msg("%zu: %d", i, r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_of_conmon),
		cmocka_unit_test(options_of_a_shim),
		cmocka_unit_test(scripts_of_docker),
		cmocka_unit_test(words_as_whittle_writes_them),
	};

	return cmocka_run_group_tests_name("engine-origin", tests, NULL, NULL);
}
