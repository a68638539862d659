/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Which of the device nodes that a container was given are opened: fanotify(7) on the file system
 * that is its /dev, by names (FAN_REPORT_DFID_NAME, Linux 5.9), so that nothing is opened for it.
 * Only nodes that config.json lists are watched (config-linux.md#devices), since only those can be
 * taken away; what every container has (null, zero and their kin) stays.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/macros.h"

struct wh_devices;

/*
 * `rootfs` as seen in the mount namespace of process `pid`, where the runtime has mounted
 * everything by now (runc), or "" once the process has it as its root. `paths` are borrowed. With
 * none there is nothing to watch, which is fine. 0; -ENOENT when there is no /dev there, so that it
 * may be tried again later; -errno.
 */
int wh_devices_open(struct wh_devices **ret, int pid, const char *rootfs, const char *const *paths,
	size_t count) WH_MUST_CHECK;
void wh_devices_close(struct wh_devices *devices); /* NULL is fine */

/* To be polled; negative when nothing is watched. */
int wh_devices_fd(const struct wh_devices *devices);

/* Takes in what was opened. True when something was opened for the first time. */
bool wh_devices_look(struct wh_devices *devices);

/* Whether the path at this place of the list was opened. */
bool wh_devices_opened(const struct wh_devices *devices, size_t index);
/* Whether there are some whose opening nobody tells: those outside of /dev, and those that are
 * mounted there one by one. */
bool wh_devices_blind(const struct wh_devices *devices);
/* Whether events were lost. */
bool wh_devices_lost(const struct wh_devices *devices);
