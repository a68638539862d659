/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Which security modules the host has. */

#include "base/arena.h"
#include "base/buf.h"
#include "base/macros.h"
#include "trim/host.h"

/*
 * Looks below `sys`, an open /sys, WH_NO_FD for none. `wanted` is the name of an AppArmor profile
 * to look for, or NULL. What cannot be read is not there. 0 or -ENOMEM.
 */
int wh_lsm_look(
	int sys, const char *wanted, struct wh_arena *arena, struct wh_lsm *ret) WH_MUST_CHECK;
