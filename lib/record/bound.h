/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
#pragma once

/*
 * Which ports below 1024 the container's sockets are bound to: two programs at its cgroup, that
 * come to run when bind(2) came through (BPF_CGROUP_INET4_POST_BIND and 6). They cost nobody
 * anything who does not bind, know TCP from UDP and one container of a pod from the next. They see
 * what bind's own hooks see: not SCTP, which has none. Their answer is always yes.
 */

#include "base/fd.h"
#include "base/macros.h"
#include "record/format.h"

#define WH_BOUND_NAME "whittle_bound" /* of the programs, for who asks the kernel for its list */

struct wh_bound {
	int outputs; /* of bpf.h; WH_NO_FD: there are no programs */
	int programs[2], links[2];
};

#define WH_BOUND_INIT \
	{ \
		.outputs = WH_NO_FD, .programs = { WH_NO_FD, WH_NO_FD }, \
		.links = { WH_NO_FD, WH_NO_FD }, \
	}

/*
 * Loads the programs; nothing is told yet. `format` is that of sock:inet_sock_set_state, in whose
 * words a port is told. 0; -ENOTSUP where the kernel lays that event out in another way than is
 * known; another -errno where it or a security module refuses.
 */
int wh_bound_open(
	struct wh_bound *ret, const struct wh_format *format, unsigned cpus) WH_MUST_CHECK;

/*
 * From here on it is told of who is in this cgroup, an open folder of the second version's, or
 * below. 0 or -errno: -EBADF for a cgroup of the first version, -EPERM where somebody's program
 * above wants to be the only one.
 */
int wh_bound_begin(struct wh_bound *bound, int cgroup) WH_MUST_CHECK;

void wh_bound_close(struct wh_bound *bound);
