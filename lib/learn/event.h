/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * One thing that the kernel told of a recorded container, whichever way it came. What a transport
 * (record/transport.h) decodes, and what a gathering (gather.h) is fed with.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum wh_event_kind {
	WH_EVENT_CHECK,   /* the kernel asked for a capability, and the answer was yes */
	WH_EVENT_EXEC,    /* execve(2) came through: `tid` runs another program now */
	WH_EVENT_FORK,    /* `tid` made a process or a thread */
	WH_EVENT_EXIT,    /* `tid` ended */
	WH_EVENT_SYSCALL, /* a system call began */
	WH_EVENT_PORT,    /* a socket was bound to a port, or began to listen on one */
	WH_EVENT_JOIN,    /* `tid` is a runtime's process that goes into the container (exec) */
	WH_EVENT_LOST,    /* the kernel had no room for some events */
};

#define WH_EVENT_SYSCALLS 1024 /* numbers that matter: more than any machine's table has */
#define WH_STACK_MAX 127 /* kernel.perf_event_max_stack as it is set unless somebody changed it */

struct wh_event {
	enum wh_event_kind kind;
	uint64_t time; /* nanoseconds, CLOCK_MONOTONIC */
	int32_t tid;   /* the kernel's pid: of a thread */
	union {
		struct {
			unsigned capability; /* below 64, may be newer than whittle */
			/* Address of the user namespace whose credentials said yes; where that is
			 * not known, of the one that was asked about. */
			uint64_t target;
			const uint64_t
				*stack; /* addresses, innermost first; the sink's call alone */
			unsigned depth; /* 0: no stack is known */
		} check;
		struct {
			const char
				*file; /* as given to execve; not terminated, may hold any bytes */
			size_t len;
		} exec;
		struct {
			int32_t child;
		} fork;
		struct {
			int64_t number; /* of the machine's own table */
			uint64_t args[6];
		} syscall;
		struct {
			uint16_t number;   /* host byte order */
			uint16_t protocol; /* IPPROTO_TCP… */
		} port;
		struct {
			uint64_t count;
		} lost;
	};
};

/* Takes one event; what it points to is gone when the call returns. 0 to go on, or -errno, which
 * ends the reading. */
typedef int wh_event_sink(void *context, const struct wh_event *event);
