/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Smaller things about the host: what host finds out, and trim asks. */

#include <stdbool.h>
#include <stdint.h>

/* What a path to a namespace leads to. */
enum wh_namespace {
	WH_NAMESPACE_UNKNOWN, /* could not be looked at, or is no namespace */
	WH_NAMESPACE_HOST,    /* that of the host, or of whoever starts the container */
	WH_NAMESPACE_OTHER,   /* another one of its type */
	WH_NAMESPACE_WRONG,   /* one of another type */
};

/* The program of a hook. */
struct wh_hook_program {
	const char *real; /* absolute, links followed; NULL when it cannot be told */
	bool trusted;     /* only root, or the user who runs whittle, could have written it */
};

/* The security modules that want a label of a process. */
struct wh_lsm {
	bool apparmor;
	const char *engine_profile; /* the default profile of an engine that is loaded and enforced,
				       NULL for none */
	bool wanted_profile;        /* the one that was asked for is loaded and enforced */
	bool selinux;
};

/* A resource limit of the process itself, which the container begins with; UINT64_MAX: none. */
struct wh_own_rlimit {
	uint64_t soft, hard;
};
