/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The resource limits of this process, which a container begins with where it names none. */

#include <stddef.h>

#include "base/buf.h"
#include "base/macros.h"
#include "trim/host.h"

/* By its name in getrlimit(2) and in config.json, "RLIMIT_NOFILE". 0; -EINVAL for a name there is
 * not. */
int wh_rlimit_get(struct wh_slice name, struct wh_own_rlimit *ret) WH_MUST_CHECK;
