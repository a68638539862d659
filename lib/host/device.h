/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the kernel calls a device. */

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/macros.h"

/*
 * The path that the kernel gave the device of these numbers ("/dev/fuse"), by
 * /sys/dev/{block,char}/MAJOR:MINOR/uevent (sysfs.rst, Documentation/admin-guide/sysfs-rules.rst);
 * in the arena. NULL in *ret when it has no name there, or sysfs is not mounted. 0 or -ENOMEM.
 */
int wh_device_name(bool block, int64_t major, int64_t minor, struct wh_arena *arena,
	const char **ret) WH_MUST_CHECK;
