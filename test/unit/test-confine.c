/* SPDX-License-Identifier: Apache-2.0 */
/* What confines a process: maps of ids as texts, and what /proc tells. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "host/confine.h"

static void maps_of_ids(void **state)
{
	static const struct {
		const char *text;
		int expected;
		uint32_t root;
	} rows[] = {
		{ "         0          0 4294967295\n", 0, 0 },
		{ "         0     100000      65536\n", 0, 100000 },
		{ "0 1000 1\n1 100000 65536\n", 0, 1000 },
		{ "1 100000 65536\n0 1000 1\n", 0, 1000 },
		{ "0 4294967294 1", 0, 4294967294u },
		{ "1 100000 65536\n", -ENOENT, 0 },
		{ "0 5 0\n", -ENOENT, 0 },
		{ "", -ENOENT, 0 },
		{ "\n", -EINVAL, 0 },
		{ "0 1000\n", -EINVAL, 0 },
		{ "root 0 1\n", -EINVAL, 0 },
		{ "1 1 1\nx\n0 0 1\n", -EINVAL, 0 },
		{ "0 1000 1 0000000000000000000000000000000000000000000000000000000000000000"
		  "00000000000000000000000000000000000000000000000000000000000000000000000\n",
			-EINVAL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(rows); i++) {
		uint32_t root = 77;
		int r = wh_confine_parse_uid_map(wh_slice_of(rows[i].text), &root);

		if (r != rows[i].expected || root != (r == 0 ? rows[i].root : 77))
			fail_msg("%s: %d, %u", rows[i].text, r, root);
	}
}

/* Its own process, and one that has ended: before somebody has asked for its status, and after. */
static void processes(void **state)
{
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	int proc WH_FD = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct wh_mounts mounts = { .count = 0 };
	const char *label = NULL;
	uint32_t root = 77;
	pid_t pid;

	(void)state;
	assert_int_equal(wh_confine_mounts(proc, getpid(), &arena, &mounts), 0);
	assert_non_null(wh_mounts_find(&mounts, 0, "/"));
	assert_int_equal(wh_confine_label(proc, getpid(), &arena, &label), 0);
	assert_non_null(label);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(0);
	assert_int_equal(waitid(P_PID, (id_t)pid, &(siginfo_t){ 0 }, WEXITED | WNOWAIT), 0);
	assert_int_equal(wh_confine_mounts(proc, pid, &arena, &mounts), -ESRCH);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(wh_confine_mounts(proc, pid, &arena, &mounts), -ESRCH);
	assert_int_equal(wh_confine_root_uid(proc, pid, &root), -ESRCH);
	assert_int_equal(wh_confine_label(proc, pid, &arena, &label), -ESRCH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(maps_of_ids),
		cmocka_unit_test(processes),
	};

	return cmocka_run_group_tests_name("confine", tests, NULL, NULL);
}
