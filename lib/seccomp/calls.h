/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The system calls, and what each is for. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/macros.h"
#include "oci/capability.h"

enum wh_syscall_class {
	WH_SYSCALL_ALWAYS,  /* needs no privilege */
	WH_SYSCALL_GATED,   /* for holders of one of its capabilities */
	WH_SYSCALL_NEVER,   /* in no default profile */
	WH_SYSCALL_SPECIAL, /* under conditions on its arguments */
};

struct wh_syscall {
	char name[28];
	unsigned char class; /* enum wh_syscall_class */
	bool namespaced; /* the capability counts inside a user namespace made by the container */
	wh_capset opens; /* GATED: each of these opens it */
};

/* In the order of the alphabet (strcmp); NULL behind the last. */
const struct wh_syscall *wh_syscall_get(size_t index);
/* NULL when it is not in the table. */
const struct wh_syscall *wh_syscall_find(struct wh_slice name);
