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

/* Where a program is looked for. */
struct wh_program_place {
	int32_t tid;  /* the thread that executed it */
	int32_t init; /* the container's first process */
	int rootfs; /* open folder (O_PATH) of the root file system, for when both are gone already;
		       negative: none */
};

/*
 * Looks at the file that a thread executed by this path, in its own root or, where it is gone, in
 * that of the first process; where nothing is found there, at what the thread runs now, and at last
 * in the root file system; of a script at its interpreter too. Never waits for somebody else's file
 * system (FUSE, network): what lies on one is not looked at, unless it is the root file system that
 * the engine made. 0; -ENOENT when it cannot be found; -ENOMEM; -errno.
 */
int wh_program_look(const struct wh_program_place *place, struct wh_slice file,
	struct wh_program *ret) WH_MUST_CHECK;
