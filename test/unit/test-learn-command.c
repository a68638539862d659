/* SPDX-License-Identifier: Apache-2.0 */
/* The command whose container is to be learnt: where its words are, what is put in between, and
 * what a rerun leaves out. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "whittlectl/learn/command.h"

#define WORDS 24

static size_t count_words(const char *const *words)
{
	size_t count = 0;

	while (count < WORDS && words[count] != NULL)
		count++;
	return count;
}

static void assert_words(const char *const *expected, const char *const *words)
{
	assert_non_null(words);
	for (size_t i = 0; expected[i] != NULL || words[i] != NULL; i++) {
		assert_non_null(expected[i]);
		assert_non_null(words[i]);
		assert_string_equal(expected[i], words[i]);
	}
}

static const struct wh_learn_words ours = {
	.whittle = "/w",
	.policy = "/r.json",
	.id_file = "/r.cid",
	.bundle = "/r.bundle",
	.id = "learn-1",
};

static void words_are_put_in(void **state)
{
	static const struct {
		const char *words[WORDS];
		const char *expected[WORDS];
		bool detached;
	} cases[] = {
		{ { "docker", "run", "image" },
			{ "docker", "run", "--runtime", "whittle", "--cidfile", "/r.cid", "image" },
			false },
		{ { "/usr/bin/docker", "-H", "unix:///x", "--tls", "container", "run", "-d", "-p",
			  "80:80", "image", "--cidfile", "run" },
			{ "/usr/bin/docker", "-H", "unix:///x", "--tls", "container", "run",
				"--runtime", "whittle", "--cidfile", "/r.cid", "-d", "-p", "80:80",
				"image", "--cidfile", "run" },
			true },
		{ { "docker", "run", "--runtime", "whittle-strict", "--detach=false", "image" },
			{ "docker", "run", "--cidfile", "/r.cid", "--runtime", "whittle-strict",
				"--detach=false", "image" },
			false },
		{ { "podman", "--log-level", "debug", "run", "-itd", "image", "sh" },
			{ "podman", "--runtime", "/w", "--log-level", "debug", "run", "--cidfile",
				"/r.cid", "-itd", "image", "sh" },
			true },
		{ { "podman", "--runtime=/x", "run", "--", "image" },
			{ "podman", "--runtime=/x", "run", "--cidfile", "/r.cid", "--", "image" },
			false },
		{ { "--bundle", "dir" },
			{ "/w", "--policy", "/r.json", "run", "--bundle", "/r.bundle", "learn-1" },
			false },
		{ { "--bundle=dir", "web" },
			{ "/w", "--policy", "/r.json", "run", "--bundle", "/r.bundle", "learn-1" },
			false },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		struct wh_arena arena = WH_ARENA_INIT;
		struct wh_learn_command command;

		assert_int_equal(0, wh_learn_command_read(&command, cases[i].words,
					    count_words(cases[i].words), NULL));
		assert_int_equal(cases[i].detached, command.detached);
		assert_words(cases[i].expected, wh_learn_command_write(&command, &ours, &arena));
		wh_arena_done(&arena);
	}
}

static void a_rerun_is_nameless_and_in_sight(void **state)
{
	static const struct {
		const char *words[WORDS];
		const char *expected[WORDS];
	} cases[] = {
		{ { "docker", "run", "-dit", "--name", "web", "-p", "80:80", "image", "-d" },
			{ "docker", "run", "--runtime", "whittle", "--cidfile", "/r.cid", "-i",
				"-p", "80:80", "image", "-d" } },
		{ { "docker", "run", "-d", "--name=web", "--restart", "always", "-tp80:80", "--rm",
			  "--", "image" },
			{ "docker", "run", "--runtime", "whittle", "--cidfile", "/r.cid", "-p80:80",
				"--rm", "image" } },
		{ { "podman", "run", "--detach", "--tty", "-e", "A=-d", "image", "--name", "x" },
			{ "podman", "--runtime", "/w", "run", "--cidfile", "/r.cid", "-e", "A=-d",
				"image", "--name", "x" } },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		struct wh_arena arena = WH_ARENA_INIT;
		struct wh_learn_words again = ours;
		struct wh_learn_command command;

		again.again = true;
		assert_int_equal(0, wh_learn_command_read(&command, cases[i].words,
					    count_words(cases[i].words), NULL));
		assert_words(cases[i].expected, wh_learn_command_write(&command, &again, &arena));
		wh_arena_done(&arena);
	}
}

static void other_words_reach_the_same_engine(void **state)
{
	static const char *const words[] = { "docker", "--context", "far", "container", "run",
		"image", NULL };
	static const char *const more[] = { "rm", "--force", "x", NULL };
	static const char *const expected[] = { "docker", "--context", "far", "rm", "--force", "x",
		NULL };
	struct wh_arena arena = WH_ARENA_INIT;
	struct wh_learn_command command;

	(void)state;
	assert_int_equal(0, wh_learn_command_read(&command, words, count_words(words), NULL));
	assert_words(expected, wh_learn_engine_words(&command, more, &arena));
	wh_arena_done(&arena);
}

static void what_is_not_understood_is_refused(void **state)
{
	static const struct {
		const char *words[WORDS];
		const char *sentence; /* has this in it */
	} cases[] = {
		{ { NULL }, "what is missing is --" },
		{ { "nerdctl", "run", "image" }, "\"nerdctl\" is no way" },
		{ { "sudo", "docker", "run", "image" }, "\"sudo\" is no way" },
		{ { "docker" }, "\"docker\" starts no container" },
		{ { "docker", "compose", "up" }, "\"docker compose\" starts no container" },
		{ { "docker", "create", "image" }, "\"docker create\" starts no container" },
		{ { "podman", "start", "x" }, "say podman run" },
		{ { "docker", "run" }, "docker run names no image" },
		{ { "docker", "run", "--name", "image" }, "docker run names no image" },
		{ { "docker", "run", "--cidfile", "x", "image" }, "leave it out" },
		{ { "docker", "run", "--cidfile=x", "image" }, "leave it out" },
		{ { "--bundle" }, "--bundle needs" },
		{ { "--bundle=" }, "--bundle needs" },
		{ { "--bundle", "a", "b", "c" }, "\"c\" is a word too many" },
		{ { "--bundle", "a", "-x" }, "\"-x\" is no id" },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		struct wh_err err = WH_ERR_INIT;
		struct wh_learn_command command;

		assert_int_equal(-EINVAL, wh_learn_command_read(&command, cases[i].words,
						  count_words(cases[i].words), &err));
		if (strstr(err.text, cases[i].sentence) == NULL)
			fail_msg("\"%s\" is not in: %s", cases[i].sentence, err.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_put_in),
		cmocka_unit_test(a_rerun_is_nameless_and_in_sight),
		cmocka_unit_test(other_words_reach_the_same_engine),
		cmocka_unit_test(what_is_not_understood_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
