/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A filter as libseccomp makes it, for who has the time to ask: the only file that calls it. */

#include <stdint.h>

#include "base/arena.h"
#include "seccomp/filter.h"

/*
 * Compiles a checked "seccomp" object for the architectures it names, as runc does (runc 1.1,
 * libcontainer/seccomp): unknown calls are passed over, and rules that say what the default does;
 * several conditions on one argument are alternatives. `fd` (if not negative) gets the program,
 * struct sock_filter by struct sock_filter. 0; -EINVAL with what libseccomp refuses, and the place;
 * -ENOMEM.
 */
int wh_seccomp_compile(
	struct wh_json *doc, wh_node seccomp, int fd, struct wh_err *err) WH_MUST_CHECK;

/*
 * The name of a system call of the machine's own table, in the arena; NULL when libseccomp knows
 * none of this number. 0 or -ENOMEM.
 */
int wh_seccomp_call_name(int64_t number, struct wh_arena *arena, const char **ret) WH_MUST_CHECK;
