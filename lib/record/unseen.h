/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
#pragma once

/*
 * Which system calls perf is told of, decided before the kernel makes an event of one: an event
 * with a filter costs each system call more, whatever the filter says. A program at the raw
 * tracepoint sys_enter (bpf(2), BPF_PROG_TYPE_RAW_TRACEPOINT) looks the number up in a table, and
 * asks whether the caller is in the container's cgroup. Only what is not in the table is told, in
 * the words of the tracepoint raw_syscalls:sys_enter, so that who reads need not know the
 * difference.
 *
 * The program runs at every system call of the host, which others pay for: at most WH_UNSEEN_MAX
 * recorders have one at a time.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/fd.h"
#include "base/macros.h"
#include "record/format.h"

#define WH_UNSEEN_MAX 2 /* recorders of a host */

#define WH_UNSEEN_NAME "whittle_unseen" /* of the program, for who asks the kernel for its list */

struct wh_unseen {
	uint8_t *seen; /* a byte a number, shared with the program; NULL: there is none */
	int outputs;   /* of bpf.h */
	int table, cgroups, program, link;
};

#define WH_UNSEEN_INIT \
	{ \
		.seen = NULL, .table = WH_NO_FD, .outputs = WH_NO_FD, .cgroups = WH_NO_FD, \
		.program = WH_NO_FD, .link = WH_NO_FD, \
	}

/*
 * Loads the program; nothing is told yet. `format` is that of raw_syscalls:sys_enter; `cgroup` is
 * an open folder of the second version's: whoever is in it, or below, is told of. 0; -ENOTSUP on
 * machines other than x86-64, or where the kernel lays the event out in another way than is known;
 * -EBUSY when WH_UNSEEN_MAX have it, which one that has ended does for a moment longer; another
 * -errno where the kernel or a security module refuses (-EBADF: a cgroup of the first version).
 */
int wh_unseen_open(struct wh_unseen *ret, const struct wh_format *format, int cgroup,
	unsigned cpus) WH_MUST_CHECK;

/* From here on it is told. 0 or -errno. */
int wh_unseen_begin(struct wh_unseen *unseen) WH_MUST_CHECK;

/* Not this one any more, of an open one. Needs no privilege; what is no number of a system call is
 * ignored. */
void wh_unseen_add(const struct wh_unseen *unseen, int64_t number);

/*
 * How often it did not come to run, of all the host's calls: recursion_misses of struct
 * bpf_prog_info. Linux 6.14 to 6.18 run it to its end before anything else on a CPU, and this is 0.
 */
uint64_t wh_unseen_missed(const struct wh_unseen *unseen);

void wh_unseen_close(struct wh_unseen *unseen);
