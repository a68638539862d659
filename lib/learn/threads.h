/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Whose a thread is: still the runtime's, or the container's. For gather.c alone. The rules:
 *
 *   A thread never heard of came from outside and is the runtime's. What one forks is what it is.
 *   The runtime's becomes the container's when it executes something. Not by executing itself
 *   anew (/proc/self/…, or a descriptor: /dev/fd/…), as runc and crun do; not by executing a hook,
 *   which stays the runtime's with all that it starts.
 *
 *   A process that joins is about to become the runtime, perhaps by way of a wrapper: nothing that
 *   it executes itself makes it the container's. A child that it forks once it has executed
 *   something is the runtime's as above: runc's child first executes /proc/self/exe, crun's (and
 *   any that does not execute itself anew) the container's program.
 *
 * A thread that ended is remembered for a second: the kernel still asks while it closes its files,
 * and when a thread other than the first one of a process executes something, the first one's end
 * is told before.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/macros.h"

enum wh_owner {
	WH_OWNER_OUTSIDE,   /* the runtime's */
	WH_OWNER_HOOK,      /* the same, for good */
	WH_OWNER_JOINED,    /* joins, and has executed nothing since */
	WH_OWNER_JOINING,   /* joins, and has executed what may be the runtime */
	WH_OWNER_CONTAINER, /* the container's */
};

struct wh_thread {
	int32_t tid;
	enum wh_owner owner;
	bool used; /* this place of the table is */
	bool dead;
	bool has_uid, has_gid;
	uint32_t uid, gid; /* that it asked for last */
	uint32_t program;  /* as the caller numbers them */
	uint64_t died;     /* nanoseconds */
};

struct wh_threads {
	struct wh_thread *list; /* a hash table, open addressing */
	size_t size;            /* a power of two, or 0 */
	size_t count, dead;
};

void wh_threads_done(struct wh_threads *threads);

/* The thread of this number as of `time`, made when it was never heard of. NULL when memory ran
 * out. Until the next call. */
struct wh_thread *wh_threads_get(struct wh_threads *threads, int32_t tid, uint64_t time);

/* `parent` made `child`. 0 or -ENOMEM. */
int wh_threads_fork(
	struct wh_threads *threads, int32_t parent, int32_t child, uint64_t time) WH_MUST_CHECK;

/* It ended. */
void wh_threads_exit(struct wh_threads *threads, int32_t tid, uint64_t time);

/* It did not end: another thread of its process took its number on. */
void wh_threads_revive(struct wh_threads *threads, struct wh_thread *thread);

/* Whose it is after it has executed this file. */
enum wh_owner wh_owner_after_exec(
	enum wh_owner owner, struct wh_slice file, const char *const *hooks, size_t hook_count);
