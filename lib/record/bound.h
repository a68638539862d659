/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
#pragma once

/*
 * Which ports below 1024 the container's processes bind sockets to: two programs that come to run
 * when bind(2) came through (BPF_CGROUP_INET4_POST_BIND and 6). They cost nobody anything who does
 * not bind, know TCP from UDP, and one container of a pod from the next. They see what bind's own
 * hooks see: of SCTP nothing, which has none, and MPTCP as the TCP that it is made of.
 *
 * They are at the root of all cgroups, and ask who binds. At a cgroup below, a program keeps those
 * above from running that do not ask for company (BPF_F_ALLOW_MULTI): at the container's own it
 * would switch off what somebody has put there to say no. Theirs is always yes. While they are at
 * the root, nobody can put a program of this kind there that does not ask for company.
 */

#include "base/fd.h"
#include "base/macros.h"
#include "record/format.h"

#define WH_BOUND_MAX \
	16 /* programs at the root, anybody's: the kernel takes 64, and each runs at each bind */
#define WH_BOUND_NAME "whittle_bound" /* of the programs, for who asks the kernel for its list */

struct wh_bound {
	int outputs; /* of bpf.h; WH_NO_FD: there are no programs */
	int cgroups, programs[2], links[2];
};

#define WH_BOUND_INIT \
	{ \
		.outputs = WH_NO_FD, .cgroups = WH_NO_FD, .programs = { WH_NO_FD, WH_NO_FD }, \
		.links = { WH_NO_FD, WH_NO_FD }, \
	}

/*
 * Loads the programs; nothing is told yet. `format` is that of sock:inet_sock_set_state, in whose
 * words a port is told; `cgroup` is an open folder of the second version's: whoever is in it, or
 * below, is told of. 0; -ENOTSUP where the kernel lays that event out in another way than is known;
 * another -errno where it or a security module refuses (-EBADF: a cgroup of the first version).
 */
int wh_bound_open(struct wh_bound *ret, const struct wh_format *format, int cgroup,
	unsigned cpus) WH_MUST_CHECK;

/*
 * From here on it is told. `cgroup` as above, to find the root by. 0; -ENOTSUP where the root is
 * out of sight, in a cgroup namespace; -EPERM where somebody's program there wants no company;
 * -EBUSY where WH_BOUND_MAX are there; another -errno.
 */
int wh_bound_begin(struct wh_bound *bound, int cgroup) WH_MUST_CHECK;

void wh_bound_close(struct wh_bound *bound);
