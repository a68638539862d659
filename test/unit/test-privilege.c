/* SPDX-License-Identifier: Apache-2.0 */
/* What a recorder gives up, by the kernel's word. In children: it is for good. Whoever has nothing
 * has nothing afterwards; whoever is root sees the rest of it. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "host/process.h"
#include "record/privilege.h"

#define WATCHING (1ull << CAP_SYS_PTRACE | 1ull << CAP_DAC_READ_SEARCH | 1ull << CAP_PERFMON)

static bool read_own(struct wh_process *ret)
{
	int proc WH_FD = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return proc >= 0 && wh_process_read(proc, getpid(), ret) == 0;
}

/* Whether of what was there this is left, and no more. */
static bool keeps(const uint64_t *before, uint64_t kept)
{
	struct wh_process after;

	return read_own(&after) &&
	       after.sets[WH_PROCESS_PERMITTED] == (before[WH_PROCESS_PERMITTED] & kept) &&
	       after.sets[WH_PROCESS_EFFECTIVE] == after.sets[WH_PROCESS_PERMITTED] &&
	       after.sets[WH_PROCESS_INHERITABLE] == 0 && after.sets[WH_PROCESS_AMBIENT] == 0 &&
	       after.no_new_privileges && prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0;
}

static int shed_in_child(void)
{
	struct wh_process before;

	if (!read_own(&before))
		return 1;
	wh_privilege_shed(WH_PRIVILEGE_OPENING);
	if (!keeps(before.sets, WATCHING | 1ull << CAP_SYS_ADMIN))
		return 2;
	wh_privilege_shed(WH_PRIVILEGE_WATCHING);
	if (!keeps(before.sets, WATCHING))
		return 3;
	/* There is no way back. */
	wh_privilege_shed(WH_PRIVILEGE_OPENING);
	return keeps(before.sets, WATCHING) ? 0 : 4;
}

static void what_is_not_needed_goes(void **state)
{
	pid_t child = fork();
	int status;

	(void)state;
	assert_true(child >= 0);
	if (child == 0)
		_exit(shed_in_child());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_needed_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
