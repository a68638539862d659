/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that answer, and programs that would rather not. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "scratch.h"

#include "host/call.h"
#include "host/file.h"

/* Calls a script of the test's and gives what came of it; the text is in `ret`. */
static int call_with(const struct scratch *scratch, const char *script,
	const struct wh_call_terms *terms, struct wh_buf *ret)
{
	struct wh_err err = WH_ERR_INIT;
	char path[PATH_MAX], text[1024];
	int r;

	(void)snprintf(text, sizeof(text), "#!/bin/sh\n%s\n", script);
	(void)unlinkat(scratch->fd, "program", 0);
	scratch_file(scratch, "program", 0755, text);
	(void)snprintf(path, sizeof(path), "%s/program", scratch->path);
	r = wh_call((const char *const[]){ path, "--version", NULL }, terms, ret, &err);
	assert_int_equal(r < 0 ? -r : 0, err.number);
	if (r < 0)
		assert_non_null(strstr(err.text, path));
	return r;
}

static int call_script(const struct scratch *scratch, const char *script, struct wh_buf *ret)
{
	return call_with(scratch, script, NULL, ret);
}

static void what_programs_answer(void **state)
{
	static const struct {
		const char *script;
		int expected;
		const char *answer;
	} cases[] = {
		{ "echo \"$# $1\"", 0, "1 --version\n" },
		{ "echo no >&2; echo yes", 0, "yes\n" },
		{ "pwd", 0, "/\n" },
		{ "cat; echo end", 0, "end\n" }, /* nothing to read */
		{ "echo \"${HOME-none} ${LD_PRELOAD-none} $LC_ALL\"", 0, "none none C\n" },
		{ "true", 0, "" },
		{ "echo said; exit 3", -ECHILD, NULL },
		{ "kill -9 $$", -ECHILD, NULL },
	};

	assert_int_equal(setenv("LD_PRELOAD", "", 1), 0);
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
		int r = call_script(*state, cases[i].script, &text);

		if (r != cases[i].expected)
			fail_msg("%s: %d", cases[i].script, r);
		if (r == 0 && strcmp(text.data == NULL ? "" : text.data, cases[i].answer) != 0)
			fail_msg("%s: %s", cases[i].script, text.data);
	}
	assert_int_equal(unsetenv("LD_PRELOAD"), 0);
}

static void what_says_too_much_is_cut(void **state)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;

	assert_int_equal(call_script(*state, "head -c 1000000 /dev/zero | tr '\\0' x", &text), 0);
	assert_int_equal(text.len, WH_CALL_MAX);
}

/* The pid that a script of this test wrote. */
static int child_of(const struct scratch *scratch)
{
	return atoi(scratch_content(scratch, "child"));
}

static bool has_ended(int pid)
{
	char path[64], state = 0;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "r");
	if (file == NULL || fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
		state = 'X';
	if (file != NULL)
		(void)fclose(file);
	return state == 'X' || state == 'Z';
}

static bool is_gone(int pid)
{
	for (int i = 0; i < 500; i++) {
		if (has_ended(pid))
			return true;
		(void)nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
	}
	return false;
}

static void what_hangs_is_ended(void **state)
{
	static const struct {
		const char *script;
		int expected;
	} cases[] = {
		/* Holds the pipe, and has started another that does. */
		{ "sleep 1000 & echo $! >child; wait", -ETIME },
		/* Ends, and leaves one behind that holds nothing. */
		{ "sleep 1000 >/dev/null & echo $! >child", 0 },
		/* Closes its output and stays. */
		{ "echo $$ >child; exec sleep 1000 >/dev/null", -ETIME },
	};
	const struct scratch *scratch = *state;

	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
		char script[512];

		(void)snprintf(script, sizeof(script), "cd %s\n%s", scratch->path, cases[i].script);
		(void)unlinkat(scratch->fd, "child", 0);
		assert_int_equal(call_script(scratch, script, &text), cases[i].expected);
		assert_true(is_gone(child_of(scratch)));
	}
}

static void on_terms_of_the_callers(void **state)
{
	static const struct wh_call_terms search = { .path = "/nowhere:/bin" };
	static const struct wh_call_terms brief = { .seconds = 1 };
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;

	assert_int_equal(call_with(*state, "echo \"$PATH\"", &search, &text), 0);
	assert_int_equal(call_with(*state, "echo \"$PATH\"", NULL, &text), 0);
	assert_string_equal(text.data,
		"/nowhere:/bin\n/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n");
	assert_int_equal(call_with(*state, "sleep 1000", &brief, &text), -ETIME);
}

/* Whether the file says this within five seconds. */
static bool says(const struct scratch *scratch, const char *name, const char *expected)
{
	for (int i = 0; i < 500; i++) {
		if (faccessat(scratch->fd, name, F_OK, 0) == 0 &&
			strcmp(scratch_content(scratch, name), expected) == 0)
			return true;
		(void)nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
	}
	return false;
}

/* A service that a program was called to start lives on, whether the program ends or hangs: it
 * still answers. */
static void what_is_to_live_on_does(void **state)
{
	static const struct wh_call_terms terms = { .seconds = 1, .leaves_running = true };
	static const struct {
		const char *rest;
		int expected;
	} cases[] = { { "exit 0", 0 }, { "exit 1", -ECHILD }, { "exec sleep 1000", -ETIME } };
	const struct scratch *scratch = *state;

	assert_int_equal(mkfifoat(scratch->fd, "question", 0600), 0);
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
		char script[512];
		int question;

		(void)snprintf(script, sizeof(script),
			"cd %s\n{ read -r line <question; echo \"$line\" >answer; } >/dev/null "
			"&\n%s",
			scratch->path, cases[i].rest);
		(void)unlinkat(scratch->fd, "answer", 0);
		assert_int_equal(call_with(scratch, script, &terms, &text), cases[i].expected);
		question = openat(scratch->fd, "question", O_RDWR | O_CLOEXEC);
		assert_true(question >= 0);
		assert_int_equal(write(question, "there\n", 6), 6);
		assert_true(says(scratch, "answer", "there\n"));
		close(question);
	}
}

static void what_is_no_program(void **state)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	const char *const words[] = { "/nowhere/at/all", NULL };

	(void)state;
	assert_int_equal(wh_call(words, NULL, &text, NULL), -ENOENT);
	assert_int_equal(text.len, 0);
}

static void all_of_it_is_read(void **state)
{
	static const char *const good[] = { "/bin/sh", "-c",
		"head -c 1000000 /dev/zero | tr '\\0' x", NULL };
	static const char *const bad[] = { "/bin/sh", "-c", "echo said; exit 3", NULL };
	static const char *const endless[] = { "/bin/sh", "-c", "while :; do echo x; done", NULL };
	static const char *const nothing[] = { "/nonexistent/program", NULL };
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_buf said WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	pid_t pid = 0;
	int fd;

	(void)state;
	fd = wh_call_begin(good, &pid, NULL);
	assert_true(fd > 2);
	assert_int_equal(wh_read_all(fd, 2000000, &text, NULL), 0);
	(void)close(fd);
	assert_int_equal(wh_call_end(pid), 0);
	assert_int_equal(text.len, 1000000);
	fd = wh_call_begin(bad, &pid, NULL);
	assert_int_equal(wh_read_all(fd, 100, &said, NULL), 0);
	(void)close(fd);
	assert_string_equal(said.data, "said\n");
	assert_int_equal(wh_call_end(pid), -ECHILD);
	/* Who goes on writing to nobody ends. */
	fd = wh_call_begin(endless, &pid, NULL);
	(void)close(fd);
	assert_int_equal(wh_call_end(pid), -ECHILD);
	assert_int_equal(wh_call_begin(nothing, &pid, NULL), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_of_it_is_read),
		cmocka_unit_test_setup_teardown(
			what_programs_answer, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(
			what_says_too_much_is_cut, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(
			what_hangs_is_ended, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(
			on_terms_of_the_callers, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(
			what_is_to_live_on_does, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(
			what_is_no_program, scratch_setup, scratch_teardown),
	};

	return cmocka_run_group_tests_name("call", tests, NULL, NULL);
}
