/* SPDX-License-Identifier: Apache-2.0 */
/* /proc: its texts as tables, and a child of the test's own as it really is there. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "host/process.h"

#define REST " 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 "

static void texts_of_stat(void **state)
{
	static const struct {
		const char *text;
		int expected;
		char letter;
		int parent;
		uint64_t start;
	} cases[] = {
		{ "7 (sleep) S 3" REST "9876 1 2\n", 0, 'S', 3, 9876 },
		{ "7 (a) b) R 1 (x) Z 3" REST "9876 1\n", 0, 'Z', 3, 9876 },
		{ "7 (two\nlines) S 0" REST "1 1\n", 0, 'S', 0, 1 },
		{ "7 (sleep) S 3" REST "18446744073709551615 1\n", 0, 'S', 3, UINT64_MAX },
		{ "7 (sleep) S 3" REST "18446744073709551616 1\n", -EINVAL },
		{ "7 (sleep) S 3 1 1 0\n", -EINVAL },
		{ "7 (sleep) S 99999999999" REST "9 1\n", -EINVAL },
		{ "7 (sleep) S", -EINVAL },
		{ "7 (sleep)", -EINVAL },
		{ "7 sleep S 3" REST "9\n", -EINVAL },
		{ "", -EINVAL },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		struct wh_process process = { .parent = -5 };
		int r = wh_process_parse_stat(wh_slice_of(cases[i].text), &process);

		if (r != cases[i].expected)
			fail_msg("%s: %d", cases[i].text, r);
		if (r < 0) {
			assert_int_equal(process.parent, -5);
			continue;
		}
		assert_int_equal(process.state, cases[i].letter);
		assert_int_equal(process.parent, cases[i].parent);
		assert_true(process.start == cases[i].start);
	}
}

#define STATUS(name, uid, rest) \
	"Name:\t" name "\nUmask:\t0022\nUid:\t" uid "\t1\t1\t1\n" \
	"CapInh:\t0000000000000001\nCapPrm:\t0000000000000002\nCapEff:\t00000000A80425fb\n" \
	"CapBnd:\tffffffffffffffff\nCapAmb:\t0000000000000000\n" rest

static void texts_of_status(void **state)
{
	static const struct {
		const char *text;
		int expected;
		unsigned uid;
		bool locked;
	} cases[] = {
		{ STATUS("sleep", "0", "NoNewPrivs:\t1\nSeccomp:\t2\n"), 0, 0, true },
		{ STATUS("x CapEff:\\t0", "1000", "NoNewPrivs:\t0\n"), 0, 1000, false },
		{ STATUS("sleep", "4294967295", "NoNewPrivs:\t0"), 0, 4294967295u, false },
		{ STATUS("sleep", "4294967296", "NoNewPrivs:\t0\n"), -EINVAL },
		{ STATUS("sleep", "0", ""), -EINVAL },
		{ STATUS("sleep", "", "NoNewPrivs:\t0\n"), -EINVAL },
		{ "NoNewPrivs:\t1\nUid:\t0\n", -EINVAL },
		{ "", -EINVAL },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		struct wh_process process = { .uid = 7 };
		int r = wh_process_parse_status(wh_slice_of(cases[i].text), &process);

		/* An empty number takes the next on its line, the effective one: as long as there
		 * is one. */
		if (strstr(cases[i].text, "Uid:\t\t") != NULL) {
			assert_int_equal(r, 0);
			assert_int_equal(process.uid, 1);
			continue;
		}
		if (r != cases[i].expected)
			fail_msg("%s: %d", cases[i].text, r);
		if (r < 0) {
			assert_int_equal(process.uid, 7);
			continue;
		}
		assert_int_equal(process.uid, cases[i].uid);
		assert_int_equal(process.no_new_privileges, cases[i].locked);
		assert_true(process.sets[WH_PROCESS_INHERITABLE] == 1);
		assert_true(process.sets[WH_PROCESS_PERMITTED] == 2);
		assert_true(process.sets[WH_PROCESS_EFFECTIVE] == 0xa80425fb);
		assert_true(process.sets[WH_PROCESS_BOUNDING] == UINT64_MAX);
		assert_true(process.sets[WH_PROCESS_AMBIENT] == 0);
	}
}

static void filters_of_system_calls(void **state)
{
	static const struct {
		const char *rest;
		int seccomp, filters;
	} cases[] = {
		{ "Seccomp:\t2\nSeccomp_filters:\t3\n", 2, 3 },
		{ "Seccomp:\t0\nSeccomp_filters:\t0\n", 0, 0 },
		{ "Seccomp:\t1\n", 1, -1 },
		{ "", -1, -1 },
		{ "Seccomp_filters:\t7\n", -1, 7 },
		{ "Seccomp:\t\n", -1, -1 },
		{ "Seccomp:\tx\nSeccomp_filters:\t-1\n", -1, -1 },
		{ "Seccomp:\t3\nSeccomp_filters:\t99999999999999999999\n", 3, -1 },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		struct wh_process process;
		char text[512];

		(void)snprintf(
			text, sizeof(text), STATUS("x", "0", "NoNewPrivs:\t0\n%s"), cases[i].rest);
		assert_int_equal(wh_process_parse_status(wh_slice_of(text), &process), 0);
		if (process.seccomp != cases[i].seccomp ||
			process.seccomp_filters != cases[i].filters)
			fail_msg("%s: %d, %d", cases[i].rest, process.seccomp,
				process.seccomp_filters);
	}
}

/* A child that waits, with noNewPrivileges and a command line of its own. */
static pid_t start_child(int *ret_end)
{
	int ready[2], hold[2];
	pid_t pid;
	char byte;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	assert_int_equal(pipe2(hold, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		char shell[] = "/bin/sh", option[] = "-c", script[] = "read -r line", empty[] = "",
		     lines[] = "two\nlines", longer[] = "XPATH=/no", path[] = "PATH=/a:/b",
		     nothing[] = "EMPTY=";
		char *const words[] = { shell, option, script, empty, lines, NULL };
		char *const variables[] = { longer, path, nothing, NULL };

		(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		(void)dup2(hold[0], STDIN_FILENO);
		(void)execve(words[0], words, variables);
		_exit(1);
	}
	close(ready[1]);
	close(hold[0]);
	/* Its end of the pipe closes when it has become the shell. */
	assert_int_equal(read(ready[0], &byte, 1), 0);
	close(ready[0]);
	*ret_end = hold[1];
	return pid;
}

/* Whether this one is among those of a name. */
static bool finds(int proc, const char *name, pid_t pid)
{
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	size_t count = 0;
	int *pids = NULL;

	assert_int_equal(wh_process_find(proc, name, &arena, &pids, &count), 0);
	for (size_t i = 0; i < count; i++) {
		if (pids[i] == pid)
			return true;
	}
	return false;
}

static void a_child_as_it_is(void **state)
{
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	int proc WH_FD = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC), end;
	pid_t pid = start_child(&end);
	struct wh_process process;
	const char *text = NULL;
	uint64_t mine = 0, its = 1;
	size_t count = 0, at = 0;
	char **words = NULL;
	int *pids = NULL;

	(void)state;
	assert_int_equal(wh_process_read(proc, pid, &process), 0);
	assert_int_equal(process.pid, pid);
	assert_int_equal(process.parent, getpid());
	assert_int_equal(process.uid, getuid());
	assert_true(process.no_new_privileges);
	assert_true(process.start > 0);

	assert_int_equal(wh_process_words(proc, pid, &arena, &words, &count), 0);
	assert_int_equal(count, 5);
	assert_string_equal(words[2], "read -r line");
	assert_string_equal(words[3], "");
	assert_string_equal(words[4], "two\nlines");
	assert_null(words[5]);

	assert_int_equal(wh_process_variable(proc, pid, "PATH", &arena, &text), 0);
	assert_string_equal(text, "/a:/b");
	assert_int_equal(wh_process_variable(proc, pid, "EMPTY", &arena, &text), 0);
	assert_string_equal(text, "");
	assert_int_equal(wh_process_variable(proc, pid, "PAT", &arena, &text), 0);
	assert_null(text);

	assert_int_equal(wh_process_link(proc, pid, "exe", &arena, &text), 0);
	assert_int_equal(text[0], '/');
	assert_int_equal(wh_process_namespace(proc, pid, "pid", &its), 0);
	assert_int_equal(wh_process_namespace(proc, getpid(), "pid", &mine), 0);
	assert_true(mine == its);
	assert_int_equal(wh_process_groups(proc, pid, &arena, &text), 0);
	assert_non_null(strstr(text, ":"));

	assert_int_equal(wh_process_list(proc, &arena, &pids, &count), 0);
	for (size_t i = 0; i < count; i++) {
		assert_true(i == 0 || pids[i - 1] < pids[i]);
		at += pids[i] == pid || pids[i] == getpid();
	}
	assert_int_equal(at, 2);
	assert_true(finds(proc, "sh", pid));
	assert_false(finds(proc, "s", pid));
	assert_false(finds(proc, "shell", pid));

	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitid(P_PID, (id_t)pid, &(siginfo_t){ 0 }, WEXITED | WNOWAIT), 0);
	assert_int_equal(wh_process_read(proc, pid, &process), 0);
	assert_int_equal(process.state, 'Z');
	assert_int_equal(wh_process_words(proc, pid, &arena, &words, &count), 0);
	assert_int_equal(count, 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	close(end);
	assert_int_equal(wh_process_read(proc, pid, &process), -ESRCH);
	assert_int_equal(wh_process_words(proc, pid, &arena, &words, &count), -ESRCH);
	assert_int_equal(wh_process_variable(proc, pid, "PATH", &arena, &text), -ESRCH);
	assert_int_equal(wh_process_link(proc, pid, "exe", &arena, &text), -ESRCH);
	assert_int_equal(wh_process_namespace(proc, pid, "pid", &its), -ESRCH);
	assert_int_equal(wh_process_groups(proc, pid, &arena, &text), -ESRCH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_of_stat),
		cmocka_unit_test(texts_of_status),
		cmocka_unit_test(filters_of_system_calls),
		cmocka_unit_test(a_child_as_it_is),
	};

	return cmocka_run_group_tests_name("host-process", tests, NULL, NULL);
}
