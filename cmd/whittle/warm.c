/* SPDX-License-Identifier: Apache-2.0 */
#include "run.h"

#include <linux/perf_event.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define HOLD_S 1 /* as a rule a runtime is at its first hook by then */

static void hold_event(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_DUMMY,
	};

	/* Neither files nor a file system are kept busy by it. */
	if (syscall(SYS_close_range, 0, ~0u, 0) < 0 || chdir("/") < 0)
		return;
	(void)prctl(PR_SET_NAME, "whittle-record");
	if (syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC) >= 0)
		(void)sleep(HOLD_S);
}

void wh_run_warm_up(void)
{
	pid_t child = fork();

	if (child == 0) {
		(void)setsid();
		if (fork() == 0)
			hold_event();
		_exit(EXIT_SUCCESS);
	}
	if (child > 0)
		(void)waitpid(child, NULL, 0);
}
