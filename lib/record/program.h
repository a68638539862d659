/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What an executed file confers by itself: capabilities(7) "File capabilities", set-user-ID. */

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/macros.h"
#include "oci/capability.h"

struct wh_program {
	wh_capset capabilities; /* permitted by the file… */
	bool effective;         /* …and raised at once: execve fails where they cannot be had */
	bool setuid, setgid;    /* to another id than who executes it has */
	bool narrow;            /* a 32-bit program: its system calls have other numbers */
};

/* The extended attribute security.capability (linux/capability.h, struct vfs_ns_cap_data, all
 * versions) with what it permits. False when it is none, or one that the kernel does not take. */
bool wh_program_parse_capabilities(struct wh_slice value, struct wh_program *ret);

/*
 * Looks at the file that thread `tid` executed by this path, in its own root or, where it is gone,
 * in that of `init`; where nothing is found there, at what the thread runs now; of a script at its
 * interpreter too. Never waits for somebody else's file system (FUSE, network): what lies on one is
 * not looked at, unless it is the root file system that the engine gave to `init`. 0; -ENOENT when
 * it cannot be found; -ENOMEM; -errno.
 */
int wh_program_look(
	int32_t tid, int32_t init, struct wh_slice file, struct wh_program *ret) WH_MUST_CHECK;
