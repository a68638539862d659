/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What confines a process beside its capabilities, as the kernel tells: user ids, mounts, label,
 * devices. Never what an engine stored. As for process.h, what is gone is -ESRCH, and texts may
 * hold any bytes.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/macros.h"
#include "host/mounts.h"

/*
 * Which user of the reader's own user namespace is root (0) in the process's: /proc/PID/uid_map,
 * user_namespaces(7). 0; -ENOENT when root has no id outside; -EINVAL for a text that is no map.
 */
int wh_confine_parse_uid_map(struct wh_slice text, uint32_t *ret) WH_MUST_CHECK;
int wh_confine_root_uid(int proc, int pid, uint32_t *ret) WH_MUST_CHECK;

/* What is mounted for it, in the arena. 0, -ENOMEM, -ESRCH, -errno. */
int wh_confine_mounts(
	int proc, int pid, struct wh_arena *arena, struct wh_mounts *ret) WH_MUST_CHECK;

/*
 * The label that a security module gave it (/proc/PID/attr/current) without the newline: "" where
 * there is none; in the arena. 0, -ENOMEM, -ESRCH, -errno.
 */
int wh_confine_label(int proc, int pid, struct wh_arena *arena, const char **ret) WH_MUST_CHECK;

enum wh_device_access {
	WH_DEVICES_UNKNOWN, /* no device controller that could be asked */
	WH_DEVICES_LISTED,  /* those on a list, or what a program of the cgroup lets through */
	WH_DEVICES_ALL,
};

/*
 * What its control groups, the text of /proc/PID/cgroup, say of devices: version 1 by devices.list,
 * version 2 by whether a program of the type BPF_CGROUP_DEVICE is in effect (bpf(2),
 * BPF_PROG_QUERY, Linux 4.15), which only root may ask. `root` is an open /sys/fs/cgroup.
 */
enum wh_device_access wh_confine_devices(int root, const char *groups);
