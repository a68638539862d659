/* SPDX-License-Identifier: Apache-2.0 */
/*
 * perf_event_open(2) on tracepoints, bound to the container's cgroup: what joins it later, by exec,
 * is told as well, and other containers pay next to nothing. One ring a CPU, shared by all probes.
 *
 * A filter of such an event can be set once (EEXIST afterwards), so a narrower one is a new event,
 * opened before the old one is closed: for a moment some things are told twice, and none is missed.
 *
 * System calls, and what becomes of sockets, are too many for a filter: where they can be had,
 * programs decide what is told of them (unseen.h, bound.h), and the event of that probe is what
 * they write to. It is bound to no cgroup, since the programs ask: each one that is costs whenever
 * a CPU goes from one cgroup to another.
 *
 * Order: an event that led to another was in its ring before that other one was stamped. So
 * whatever is stamped before the heads of all rings were read can be told, by its stamp, and the
 * rest waits for the next time. One that is stamped and not in its ring by then comes late: it has
 * led to nothing yet.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "host/file.h"
#include "record/bound.h"
#include "record/bpf.h"
#include "record/clock.h"
#include "record/perf-decode.h"
#include "record/perf-rings.h"
#include "record/tracefs-root.h"
#include "record/transport.h"
#include "record/unseen.h"

#define CPUS_MAX 8192      /* NR_CPUS is not more */
#define CPU_LIST_MAX 65536 /* bytes */
#define FILTER_LEAF 3      /* numbers that are asked for one by one */
#define FILTER_CALLS 128   /* numbers that are filtered by; with all of them it is a page */

static const char *const names[WH_PERF_PROBES] = {
	[WH_PERF_CHECK] = "capability/cap_capable",
	[WH_PERF_EXEC] = "sched/sched_process_exec",
	[WH_PERF_SYSCALL] = "raw_syscalls/sys_enter",
	[WH_PERF_PORT] = "sock/inet_sock_set_state",
};

struct wh_trace {
	int cgroup;
	int epoll;
	struct wh_perf_rings rings; /* one a CPU, online or not */
	int *fds;                   /* one a CPU and probe; 0 for none */
	struct wh_perf_formats formats;
	wh_capset wanted;             /* capabilities that are told */
	int64_t enough[FILTER_CALLS]; /* system calls, rising */
	size_t enough_count;
	bool narrow[WH_PERF_PROBES]; /* its filter is to be made anew */
	struct wh_unseen unseen;
	struct wh_bound bound;
	uint64_t lost;           /* that were told of */
	uint64_t lost_by_closed; /* by events that gave way to others */
	bool has_lost_counts;
	uint64_t stack[WH_STACK_MAX];
};

static int *fd_of(const struct wh_trace *trace, unsigned cpu, enum wh_perf_probe probe)
{
	return &trace->fds[cpu * WH_PERF_PROBES + probe];
}

/* ---- filters ----------------------------------------------------------------------------------
 */

static void filter_checks(const struct wh_trace *trace, struct wh_buf *ret)
{
	const char *before = " && (";

	wh_buf_add_string(ret, "ret == 0");
	if ((trace->wanted & WH_CAPSET_ALL) == WH_CAPSET_ALL)
		return;
	if (trace->wanted == 0)
		wh_buf_add_string(ret, " && cap < 0");
	for (unsigned capability = 0; capability < 64; capability++) {
		if ((trace->wanted & wh_capset_of(capability)) == 0)
			continue;
		wh_buf_addf(ret, "%scap == %u", before, capability);
		before = " || ";
	}
	if (before[1] == '|')
		wh_buf_add_char(ret, ')');
}

/*
 * Those between `from` and `to`, which rise, are none of these. The kernel asks one condition after
 * the other, so they are a tree: seven or so instead of sixty.
 */
static void filter_between(const int64_t *from, const int64_t *to, struct wh_buf *ret)
{
	const int64_t *middle = from + (to - from) / 2;

	if (to - from > FILTER_LEAF) {
		wh_buf_addf(ret, "((id < %lld && ", (long long)*middle);
		filter_between(from, middle, ret);
		wh_buf_addf(ret, ") || (id >= %lld && ", (long long)*middle);
		filter_between(middle, to, ret);
		wh_buf_add_string(ret, "))");
		return;
	}
	wh_buf_add_char(ret, '(');
	for (const int64_t *at = from; at < to; at++)
		wh_buf_addf(ret, "%sid != %lld", at == from ? "" : " && ", (long long)*at);
	wh_buf_add_char(ret, ')');
}

/* Where the programs of a probe look for its events; negative when it has none. */
static int outputs_of(const struct wh_trace *trace, enum wh_perf_probe probe)
{
	return probe == WH_PERF_SYSCALL ? trace->unseen.outputs
	       : probe == WH_PERF_PORT  ? trace->bound.outputs
					: WH_NO_FD;
}

static void filter_syscalls(const struct wh_trace *trace, struct wh_buf *ret)
{
	if (trace->enough_count > 0)
		filter_between(trace->enough, trace->enough + trace->enough_count, ret);
}

static void filter_ports(const struct wh_trace *trace, struct wh_buf *ret)
{
	(void)trace;
	wh_buf_add_string(ret, "newstate == 10"); /* TCP_LISTEN, net/tcp_states.h */
}

static void make_filter(const struct wh_trace *trace, enum wh_perf_probe probe, struct wh_buf *ret)
{
	static void (*const make[WH_PERF_PROBES])(const struct wh_trace *, struct wh_buf *) = {
		[WH_PERF_CHECK] = filter_checks,
		[WH_PERF_SYSCALL] = filter_syscalls,
		[WH_PERF_PORT] = filter_ports,
	};

	if (make[probe] != NULL && outputs_of(trace, probe) < 0)
		make[probe](trace, ret);
}

/* ---- opening ----------------------------------------------------------------------------------
 */

/* The descriptor, or -errno: -ENODEV where the CPU is offline. */
static int open_event(struct wh_trace *trace, unsigned cpu, enum wh_perf_probe probe)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(attr),
		.config = trace->formats.of[probe].id,
		.sample_period = 1,
		.sample_type = WH_PERF_SAMPLE_TYPE,
		.read_format = trace->has_lost_counts ? PERF_FORMAT_LOST : 0,
		.disabled = 1,
		.exclude_callchain_user = 1,
		.exclude_callchain_kernel = probe != WH_PERF_CHECK,
		.sample_id_all = 1,
		.task = probe == WH_PERF_EXEC,
		.watermark = 1,
		.wakeup_watermark = (uint32_t)(trace->rings.size / 8),
		.use_clockid = 1,
		.clockid = CLOCK_MONOTONIC,
	};
	int whose = trace->cgroup, fd;
	unsigned long flags = PERF_FLAG_PID_CGROUP | PERF_FLAG_FD_CLOEXEC;

	if (outputs_of(trace, probe) >= 0) {
		attr.type = PERF_TYPE_SOFTWARE;
		attr.config = PERF_COUNT_SW_BPF_OUTPUT;
		whose = -1;
		flags = PERF_FLAG_FD_CLOEXEC;
	}
	fd = (int)syscall(SYS_perf_event_open, &attr, whose, (int)cpu, -1, flags);
	return fd < 0 ? -errno : fd;
}

/* The first probe has the ring of its CPU, the others write into that one. 0 or -errno. */
static int give_ring(struct wh_trace *trace, unsigned cpu, enum wh_perf_probe probe, int fd)
{
	struct epoll_event wait = { .events = EPOLLIN };
	int r;

	if (probe != WH_PERF_EXEC)
		return ioctl(fd, PERF_EVENT_IOC_SET_OUTPUT, *fd_of(trace, cpu, WH_PERF_EXEC)) < 0
			       ? -errno
			       : 0;
	r = wh_perf_rings_map(&trace->rings, cpu, fd);
	if (r == 0 && epoll_ctl(trace->epoll, EPOLL_CTL_ADD, fd, &wait) < 0)
		r = -errno;
	return r;
}

/* How much was lost that this event should have told. */
static uint64_t lost_of(const struct wh_trace *trace, int fd)
{
	struct {
		uint64_t value, lost;
	} count;

	return trace->has_lost_counts && read(fd, &count, sizeof(count)) == sizeof(count)
		       ? count.lost
		       : 0;
}

/* Takes the place of the event that is there. 0 also where the CPU is offline; -errno. */
static int renew(struct wh_trace *trace, unsigned cpu, enum wh_perf_probe probe, const char *filter)
{
	int *place = fd_of(trace, cpu, probe);
	int fd WH_FD = open_event(trace, cpu, probe);
	int r;

	if (fd == -ENODEV)
		return 0;
	if (fd < 0)
		return fd;
	if (filter != NULL && ioctl(fd, PERF_EVENT_IOC_SET_FILTER, filter) < 0)
		return -errno;
	r = give_ring(trace, cpu, probe, fd);
	if (r == 0 && outputs_of(trace, probe) >= 0)
		r = wh_bpf_set_element(outputs_of(trace, probe), cpu, fd);
	if (r == 0 && ioctl(fd, PERF_EVENT_IOC_ENABLE, 0) < 0)
		r = -errno;
	if (r < 0)
		return r;
	if (*place > 0) {
		trace->lost_by_closed += lost_of(trace, *place);
		close(*place);
	}
	*place = wh_steal_fd(fd);
	return 0;
}

/* On all CPUs. */
static int place_probe(struct wh_trace *trace, enum wh_perf_probe probe)
{
	struct wh_buf filter WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int r;

	make_filter(trace, probe, &filter);
	r = wh_buf_status(&filter);
	for (unsigned cpu = 0; r == 0 && cpu < trace->rings.count; cpu++)
		r = renew(trace, cpu, probe, filter.data);
	return r;
}

static int read_formats(struct wh_trace *trace, struct wh_err *err)
{
	int root WH_FD = wh_tracefs_open(err);

	if (root < 0)
		return root;
	for (size_t i = 0; i < WH_PERF_PROBES; i++) {
		int r = wh_tracefs_format(root, names[i], &trace->formats.of[i]);

		if (r == -ENOENT)
			return wh_fail(err, ENOTSUP, "this kernel has no event %s", names[i]);
		if (r < 0)
			return wh_fail_errno(err, -r, "reading the format of event %s", names[i]);
	}
	if (!wh_perf_formats_complete(&trace->formats))
		return wh_fail(
			err, ENOTSUP, "this kernel's events have other fields than are known");
	return 0;
}

/* PERF_FORMAT_LOST came with Linux 6.0. Asked of an event that counts nothing: closing the first
 * one of a tracepoint has to wait for all CPUs, for tens of milliseconds. */
static void probe_lost_counts(struct wh_trace *trace)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_DUMMY,
		.read_format = PERF_FORMAT_LOST,
		.disabled = 1,
	};
	int fd WH_FD = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);

	trace->has_lost_counts = fd >= 0;
}

/* By the programs, else by a filter; likewise below. */
static int place_ports(struct wh_trace *trace)
{
	int r = wh_bound_open(
		&trace->bound, &trace->formats.of[WH_PERF_PORT], trace->cgroup, trace->rings.count);

	if (r == 0)
		r = place_probe(trace, WH_PERF_PORT);
	if (r == 0)
		r = wh_bound_begin(&trace->bound, trace->cgroup);
	if (r == 0)
		return 0;
	wh_bound_close(&trace->bound);
	return place_probe(trace, WH_PERF_PORT);
}

static int place_syscalls(struct wh_trace *trace)
{
	int r = wh_unseen_open(&trace->unseen, &trace->formats.of[WH_PERF_SYSCALL], trace->cgroup,
		trace->rings.count);

	if (r == 0)
		r = place_probe(trace, WH_PERF_SYSCALL);
	if (r == 0)
		r = wh_unseen_begin(&trace->unseen);
	if (r == 0)
		return 0;
	wh_unseen_close(&trace->unseen);
	return place_probe(trace, WH_PERF_SYSCALL);
}

static int open_probes(struct wh_trace *trace, struct wh_err *err)
{
	static const struct {
		enum wh_perf_probe probe;
		int (*place)(struct wh_trace *); /* NULL: place_probe() */
	} steps[] = {
		/* First: only with them is it known whose the checks are. */
		{ WH_PERF_EXEC, NULL },
		{ WH_PERF_CHECK, NULL },
		{ WH_PERF_PORT, place_ports },
		{ WH_PERF_SYSCALL, place_syscalls },
	};

	trace->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (trace->epoll < 0)
		return wh_fail_errno(err, errno, "epoll");
	for (size_t i = 0; i < WH_COUNT(steps); i++) {
		int r = steps[i].place != NULL ? steps[i].place(trace)
					       : place_probe(trace, steps[i].probe);

		if (r < 0)
			return wh_fail_errno(
				err, -r, "perf_event_open for event %s", names[steps[i].probe]);
	}
	return 0;
}

static void close_trace(struct wh_trace *trace)
{
	if (trace == NULL)
		return;
	wh_unseen_close(&trace->unseen);
	wh_bound_close(&trace->bound);
	for (size_t i = 0; trace->fds != NULL && i < (size_t)trace->rings.count * WH_PERF_PROBES;
		i++) {
		if (trace->fds[i] > 0)
			close(trace->fds[i]);
	}
	wh_perf_rings_close(&trace->rings);
	wh_close_fd(&trace->epoll);
	wh_close_fd(&trace->cgroup);
	free(trace->fds);
	free(trace);
}

/*
 * That there are, online or not, by the kernel's own list ("0-3" or "0,2-5", cputopology.rst),
 * which ends with the last one: what a C library says may be about ours alone (musl: the affinity
 * mask).
 */
static unsigned count_cpus(void)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int fd WH_FD = open("/sys/devices/system/cpu/present", O_RDONLY | O_CLOEXEC);
	long count = sysconf(_SC_NPROCESSORS_CONF);
	size_t last;

	if (fd >= 0 && wh_read_all(fd, CPU_LIST_MAX, &text, NULL) == 0 && text.len > 0) {
		last = text.len;
		while (last > 0 && text.data[last - 1] != '-' && text.data[last - 1] != ',')
			last--;
		count = strtol(text.data + last, NULL, 10) + 1;
	}
	return count < 1 ? 1 : count > CPUS_MAX ? CPUS_MAX : (unsigned)count;
}

static int open_trace(struct wh_trace **ret, const struct wh_target *target, struct wh_err *err)
{
	struct wh_trace *trace;
	int r;

	if (target->cgroup < 0)
		return wh_fail(err, ENOTSUP, "the container has no cgroup of its own");
	trace = calloc(1, sizeof(*trace));
	if (trace == NULL)
		return wh_fail_errno(err, ENOMEM, "opening perf events");
	trace->epoll = WH_NO_FD;
	trace->unseen = (struct wh_unseen)WH_UNSEEN_INIT;
	trace->bound = (struct wh_bound)WH_BOUND_INIT;
	trace->cgroup = fcntl(target->cgroup, F_DUPFD_CLOEXEC, 0);
	trace->wanted = target->granted;
	if (trace->cgroup < 0)
		r = -errno;
	else
		r = wh_perf_rings_open(&trace->rings, count_cpus());
	trace->fds = calloc((size_t)trace->rings.count * WH_PERF_PROBES, sizeof(*trace->fds));
	if (r == 0 && trace->fds == NULL)
		r = -ENOMEM;
	r = r < 0 ? wh_fail_errno(err, -r, "opening perf events") : read_formats(trace, err);
	if (r == 0) {
		probe_lost_counts(trace);
		r = open_probes(trace, err);
	}
	if (r < 0) {
		close_trace(trace);
		return r;
	}
	*ret = trace;
	return 0;
}

static int poll_fd(const struct wh_trace *trace)
{
	return trace->epoll;
}

/* ---- reading ----------------------------------------------------------------------------------
 */

static int hand_over(
	struct wh_trace *trace, struct wh_slice record, wh_event_sink *sink, void *context)
{
	struct wh_event event;

	if (wh_perf_decode(&trace->formats, record, trace->stack, &event) <= 0)
		return 0;
	if (event.kind == WH_EVENT_LOST)
		trace->lost += event.lost.count;
	return sink(context, &event);
}

/* A loss is told in the ring with the next record that fits; after the last one only the kernel's
 * own count knows. */
static int tell_rest_of_lost(struct wh_trace *trace, wh_event_sink *sink, void *context)
{
	struct wh_event event = { .kind = WH_EVENT_LOST };
	uint64_t lost = trace->lost_by_closed +
			(trace->unseen.seen == NULL ? 0 : wh_unseen_missed(&trace->unseen));

	for (size_t i = 0; i < (size_t)trace->rings.count * WH_PERF_PROBES; i++) {
		if (trace->fds[i] > 0)
			lost += lost_of(trace, trace->fds[i]);
	}
	if (lost <= trace->lost)
		return 0;
	event.lost.count = lost - trace->lost;
	trace->lost = lost;
	return sink(context, &event);
}

/* Filters that became narrower. One that cannot be placed stays as it was: that only costs. */
static void narrow(struct wh_trace *trace)
{
	for (size_t i = 0; i < WH_PERF_PROBES; i++) {
		if (trace->narrow[i])
			(void)!place_probe(trace, (enum wh_perf_probe)i);
		trace->narrow[i] = false;
	}
}

static int drain(
	struct wh_trace *trace, wh_event_sink *sink, void *context, bool last, struct wh_err *err)
{
	uint64_t limit = last ? UINT64_MAX : wh_clock(CLOCK_MONOTONIC);
	struct wh_slice record;
	int r = 0;

	wh_perf_rings_look(&trace->rings);
	while (r == 0 && wh_perf_rings_next(&trace->rings, limit, &record)) {
		r = hand_over(trace, record, sink, context);
		wh_perf_rings_pass(&trace->rings);
	}
	if (r == 0 && last)
		r = tell_rest_of_lost(trace, sink, context);
	if (r == 0 && !last)
		narrow(trace);
	return r < 0 ? wh_fail_errno(err, -r, "reading perf events") : r;
}

static bool tells_of_udp(const struct wh_trace *trace)
{
	return trace->bound.outputs >= 0;
}

static void enough_of_syscall(struct wh_trace *trace, int64_t number)
{
	size_t at = trace->enough_count;

	if (trace->unseen.seen != NULL) {
		wh_unseen_add(&trace->unseen, number);
		return;
	}
	if (at == FILTER_CALLS)
		return;
	while (at > 0 && trace->enough[at - 1] > number)
		at--;
	memmove(&trace->enough[at + 1], &trace->enough[at],
		(trace->enough_count - at) * sizeof(trace->enough[0]));
	trace->enough[at] = number;
	trace->enough_count++;
	trace->narrow[WH_PERF_SYSCALL] = true;
}

static void enough_of_capability(struct wh_trace *trace, unsigned capability)
{
	trace->wanted &= ~wh_capset_of(capability);
	trace->narrow[WH_PERF_CHECK] = true;
}

const struct wh_transport wh_transport_perf = {
	.name = "perf",
	.about = "perf events of the container's cgroup",
	.open = open_trace,
	.fd = poll_fd,
	.drain = drain,
	.tells_of_udp = tells_of_udp,
	.enough_of_syscall = enough_of_syscall,
	.enough_of_capability = enough_of_capability,
	.close = close_trace,
};
