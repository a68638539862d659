/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Events in, facts out. Knows of every thread whether it still is the runtime's: a container's
 * first process, and every one that comes from outside, is until it executes something that is not
 * the runtime itself (/proc/self/…, or a hook), and what it forks is what it was. Checks of the
 * runtime, those answered by foreign credentials and those about a user namespace that the
 * container made itself are counted, not learnt.
 */

#include "base/arena.h"
#include "learn/event.h"
#include "learn/learnt.h"
#include "learn/symbols.h"

struct wh_gathering;

/* What the gathering asks of its surroundings; each may be NULL. */
struct wh_gather_hooks {
	void *context;
	/* A program of the container's was executed for the first time (by this path and thread).
	 */
	void (*program)(void *context, int32_t tid, struct wh_slice file);
	/* A system call that was seen for the first time. */
	void (*syscall)(void *context, int64_t number);
};

/*
 * `hooks_run` are paths of hooks that the runtime executes inside the container (startContainer),
 * which are no programs of the container's. Borrows them, and the hooks' context. 0 or -ENOMEM.
 */
int wh_gather_new(struct wh_gathering **ret, wh_capset granted, const char *const *hooks_run,
	size_t hook_count, const struct wh_gather_hooks *hooks) WH_MUST_CHECK;
void wh_gather_free(struct wh_gathering *gathering); /* NULL is fine */

/* A wh_event_sink; the context is the gathering. 0 or -ENOMEM. */
int wh_gather_event(void *gathering, const struct wh_event *event) WH_MUST_CHECK;

/*
 * What has been learnt until now: fills uses, counts, events, lost, syscalls, ports, users. `epoch`
 * is what to add to a time of an event to get seconds since the epoch, in nanoseconds. Everything
 * lives in the arena. 0 or -ENOMEM.
 */
int wh_gather_result(const struct wh_gathering *gathering, const struct wh_symbols *symbols,
	int64_t epoch, struct wh_arena *arena, struct wh_learnt *ret) WH_MUST_CHECK;

/* Grows with everything that the result would show anew. */
uint64_t wh_gather_news(const struct wh_gathering *gathering);
