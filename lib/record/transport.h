/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * How events get from the kernel to us. Each transport is one file and one row of the table in
 * transport.c; the first that opens is used. All are for root: the kernel lets nobody else look at
 * what others do.
 *
 *   perf     Linux >= 6.14 (tracepoint capability:cap_capable): perf_event_open(2) by cgroup
 *   tracefs  the same tracepoint in a tracefs instance of our own, by process, children included
 *   kprobe   older kernels: a probe on cap_capable in such an instance
 *
 * tracefs need not be mounted: it is opened without a place in the file system (fsopen, Linux 5.2;
 * else where it is mounted).
 */

#include <stdbool.h>

#include "base/err.h"
#include "base/macros.h"
#include "learn/event.h"
#include "oci/capability.h"

/* What is to be recorded; borrowed while it is opened. */
struct wh_target {
	int pid;           /* the container's first process, in our pid namespace */
	int cgroup;        /* open folder of the cgroup that is its own; negative: it has none */
	wh_capset granted; /* checks for other capabilities are no matter */
};

struct wh_trace; /* an open transport; each file has its own */

struct wh_transport {
	const char *name;
	const char *about; /* a phrase for people */
	/*
	 * Ready when it returns: whatever the target does afterwards is told. Leaves nothing behind
	 * when it fails: -ENOTSUP where this kernel or target cannot, another -errno; always with a
	 * sentence.
	 */
	int (*open)(struct wh_trace **ret, const struct wh_target *target, struct wh_err *err);
	/* A descriptor that can be polled (POLLIN): something waits. The trace's own. */
	int (*fd)(const struct wh_trace *trace);
	/*
	 * Hands over what has come, without waiting: each thread's events in the order of time, and
	 * each before whatever it led to (a fork before what the child does). What came last may
	 * stay for the next call, unless `last`. A kernel that lost events says so by
	 * WH_EVENT_LOST. 0; what the sink returned; -errno.
	 */
	int (*drain)(struct wh_trace *trace, wh_event_sink *sink, void *context, bool last,
		struct wh_err *err);
	/* Whether ports of UDP are told as those of TCP are; NULL: no. */
	bool (*tells_of_udp)(const struct wh_trace *trace);
	/* This system call need not be told again. May take a while to come true. */
	void (*enough_of_syscall)(struct wh_trace *trace, int64_t number);
	/* This capability need not be told again. */
	void (*enough_of_capability)(struct wh_trace *trace, unsigned capability);
	/* A process of the runtime that will enter the container; NULL where that is seen anyway. 0
	 * or -errno. */
	int (*join)(struct wh_trace *trace, int pid, struct wh_err *err);
	/* Takes everything down that open() made. NULL is fine. */
	void (*close)(struct wh_trace *trace);
};

extern const struct wh_transport wh_transport_perf, wh_transport_tracefs, wh_transport_kprobe;

/* The transport at this place of the order they are tried in; NULL behind the last. */
const struct wh_transport *wh_transport_get(size_t index);

/*
 * Opens the first that can. 0; -ENOTSUP when none can, with the reason of each in one sentence;
 * -ENOMEM.
 */
int wh_transport_open(const struct wh_target *target, const struct wh_transport **ret,
	struct wh_trace **ret_trace, struct wh_err *err) WH_MUST_CHECK;
