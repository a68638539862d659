/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The folder of a tracefs instance of ours: made, told whom to follow, and removed, whoever made
 * it. It is named after its maker so that what killed recorders left can be told.
 */

#include <stdbool.h>

#include "base/err.h"
#include "base/macros.h"

/* "whittle-PID-START-RANDOM": the maker, its start in clock ticks, and 64 random bits. */
#define WH_INSTANCE_NAME 64

/*
 * Makes one, after it has removed what is left over. It is not found out who is to be followed: no
 * event may be switched on before. The open folder; -ENOTSUP where there are no instances, or our
 * process ids are not the kernel's (a pid namespace); -errno; with a sentence.
 */
int wh_instance_make(
	int tracefs, char ret_name[WH_INSTANCE_NAME], struct wh_err *err) WH_MUST_CHECK;

/* Everything that is on in it is switched off. It must not be open for reading. */
void wh_instance_remove(int tracefs, const char *name);

/*
 * Follows this process, all its threads, and from now on those that they make. 0; -ESRCH when it is
 * gone; -errno.
 */
int wh_instance_follow(int folder, int pid) WH_MUST_CHECK;

/* Whether a name of that form, with any one character for each "-", is of a process that runs no
 * longer. False for other names, and where it cannot be told. */
bool wh_instance_is_left_over(const char *name);
