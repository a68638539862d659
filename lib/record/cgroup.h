/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The cgroup by which perf events find a container: cgroups(7). */

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/macros.h"

/*
 * Which line of /proc/PID/cgroup speaks of the hierarchy of perf events: that of the controller
 * perf_event (version 1), else that of version 2. The path, borrowed from the text; {NULL, 0} for
 * none. *ret_v2 tells which it is.
 */
struct wh_slice wh_cgroup_path(struct wh_slice text, bool *ret_v2);

/* Whether `ours` lies outside of `its`: else, what it holds are not one container's processes. */
bool wh_cgroup_is_apart(struct wh_slice its, struct wh_slice ours);

/*
 * Opens the folder of the process's cgroup in that hierarchy. The descriptor; -ENOTSUP where it has
 * none of its own (we are in there too), or the hierarchy is not mounted here; -ESRCH when the
 * process is gone; -errno; each with a sentence.
 */
int wh_cgroup_open(int pid, struct wh_err *err) WH_MUST_CHECK;
