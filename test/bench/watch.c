/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A recorder's part in the kernel, on and off again beside one running container: what two
 * containers differ by is more than what recording costs. Usage: watch PID, a process of the
 * container's. Each byte of standard input is a wish, answered by a line:
 *
 *   +  the events are opened; what came before need not be told again, as to a recorder that was
 *      there all the time
 *   o  the kernel traces system calls and tells nobody: who watches them pays that much at least
 *   .  what has come by now is taken in, and is told no more
 *   -  they are closed; the answer is how many came and how many were lost
 */

#include <errno.h>
#include <linux/perf_event.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "record/cgroup.h"
#include "record/tracefs-root.h"
#include "record/transport.h"

#define PATIENCE_MS 100 /* as a recorder's */

static const struct wh_transport *transport;
static struct wh_trace *trace; /* NULL: closed */
static unsigned long long events, lost;
static bool known[WH_EVENT_SYSCALLS];
static int traced = WH_NO_FD; /* an event of our own alone, which is off */

static void need(int r, const struct wh_err *err)
{
	if (r >= 0)
		return;
	(void)fprintf(stderr, "watch: %s\n", err->text);
	exit(EXIT_FAILURE);
}

static int take(void *context, const struct wh_event *event)
{
	(void)context;
	events++;
	if (event->kind == WH_EVENT_LOST)
		lost += event->lost.count;
	if (event->kind == WH_EVENT_SYSCALL && event->syscall.number >= 0 &&
		event->syscall.number < WH_EVENT_SYSCALLS) {
		known[event->syscall.number] = true;
		transport->enough_of_syscall(trace, event->syscall.number);
	}
	return 0;
}

static void drain(bool last)
{
	struct wh_err err = WH_ERR_INIT;

	need(transport->drain(trace, take, NULL, last, &err), &err);
}

static void start(int pid)
{
	struct wh_err err = WH_ERR_INIT;
	int cgroup WH_FD = wh_cgroup_open(pid, &err);
	const struct wh_target target = { .pid = pid, .cgroup = cgroup, .granted = WH_CAPSET_ALL };

	need(cgroup, &err);
	events = lost = 0;
	need(wh_transport_open(&target, &transport, &trace, &err), &err);
	for (int64_t i = 0; i < WH_EVENT_SYSCALLS; i++) {
		if (known[i])
			transport->enough_of_syscall(trace, i);
	}
	(void)printf("%s\n", transport->name);
}

static void trace_calls(void)
{
	struct wh_err err = WH_ERR_INIT;
	struct wh_format format;
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT, .size = sizeof(attr), .disabled = 1
	};
	int root WH_FD = wh_tracefs_open(&err);

	need(root, &err);
	if (wh_tracefs_format(root, "raw_syscalls/sys_enter", &format) == 0) {
		attr.config = format.id;
		traced = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
	}
	if (traced < 0)
		need(wh_fail(&err, ENOTSUP, "system calls cannot be traced"), &err);
	(void)printf("traced\n");
}

static void stop(void)
{
	if (traced >= 0) {
		wh_close_fd(&traced);
		(void)printf("0 0\n");
		return;
	}
	drain(true);
	transport->close(trace);
	trace = NULL;
	(void)printf("%llu %llu\n", events, lost);
}

static void obey(char wish, int pid)
{
	bool closed = trace == NULL && traced < 0;

	if (wish == '+' && closed) {
		start(pid);
	} else if (wish == 'o' && closed) {
		trace_calls();
	} else if (wish == '.' && trace != NULL) {
		drain(false);
		(void)printf("%llu\n", events);
	} else if (wish == '-' && !closed) {
		stop();
	} else {
		(void)fprintf(stderr, "watch: \"%c\" makes no sense now\n", wish);
		exit(EXIT_FAILURE);
	}
	(void)fflush(stdout);
}

int main(int argc, char *argv[])
{
	char wish;

	if (argc != 2) {
		(void)fprintf(stderr, "usage: watch PID\n");
		return 2;
	}
	for (;;) {
		struct pollfd fds[] = {
			{ .fd = STDIN_FILENO, .events = POLLIN },
			{ .fd = trace == NULL ? -1 : transport->fd(trace), .events = POLLIN },
		};

		(void)poll(fds, WH_COUNT(fds), trace == NULL ? -1 : PATIENCE_MS);
		if (trace != NULL)
			drain(false);
		if (fds[0].revents == 0)
			continue;
		if (read(STDIN_FILENO, &wish, 1) != 1)
			return EXIT_SUCCESS;
		obey(wish, atoi(argv[1]));
	}
}
