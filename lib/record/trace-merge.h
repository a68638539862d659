/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Each CPU has a ring buffer of its own, in the order of time; this makes one order of them, and
 * puts each stack to the check that it belongs to. Pure.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/macros.h"
#include "record/ring-page.h"
#include "record/trace-event.h"

struct wh_merge;

/* One record in its place. */
struct wh_merged {
	uint64_t time;
	enum wh_traced kind; /* never WH_TRACED_STACK; WH_TRACED_KINDS: one of the two below */
	uint64_t lost;       /* so many were lost here */
	int32_t joined;      /* this process joined here; 0: none */
	struct wh_slice record;
	struct wh_slice stack; /* a record of WH_TRACED_STACK; len 0: none */
};

/* What it points to is gone when it returns. 0 to go on, or -errno. */
typedef int wh_merge_sink(void *context, const struct wh_merged *merged);

/* For CPUs 0 to `cpus` - 1. Borrows the layouts. 0 or -ENOMEM. */
int wh_merge_new(struct wh_merge **ret, unsigned cpus, const struct wh_ring_layout *ring,
	const struct wh_trace_layout *layout) WH_MUST_CHECK;
void wh_merge_free(struct wh_merge *merge); /* NULL is fine */

/*
 * Takes the next page of this CPU; records that nobody knows are passed over. *ret_records is how
 * many it had, *ret_time the time of the last. 0; -EINVAL when it is broken: what stood before the
 * damage is taken; -ENOMEM.
 */
int wh_merge_page(struct wh_merge *merge, unsigned cpu, struct wh_slice page, size_t *ret_records,
	uint64_t *ret_time) WH_MUST_CHECK;

/* A process joins now: before all that it does. 0 or -ENOMEM. */
int wh_merge_join(struct wh_merge *merge, uint64_t time, int32_t pid) WH_MUST_CHECK;

/* Hands over all that is earlier than `until`, in the order of time, and forgets it. 0; what the
 * sink returned. */
int wh_merge_emit(
	struct wh_merge *merge, uint64_t until, wh_merge_sink *sink, void *context) WH_MUST_CHECK;
