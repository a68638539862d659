/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* System calls as the machine numbers them. */

#include <stdint.h>

#include "base/arena.h"
#include "base/macros.h"

/* The name of a call by the number it has on this architecture, in the arena; *ret is NULL when
 * libseccomp knows none. 0 or -ENOMEM. */
int wh_seccomp_native_name(int64_t number, struct wh_arena *arena, const char **ret) WH_MUST_CHECK;
