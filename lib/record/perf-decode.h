/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * One record of a ring of perf events, perf_event_open(2) "MMAP layout", as an event. Pure. Every
 * event of ours has the same sample type (WH_PERF_SAMPLE_TYPE) and sample_id_all, so that records
 * of all of them can share one ring; which one a sample is of is told by its tracepoint's number.
 */

#include <linux/perf_event.h>

#include "base/buf.h"
#include "base/macros.h"
#include "learn/event.h"
#include "record/format.h"

#define WH_PERF_SAMPLE_TYPE \
	(PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_CALLCHAIN | PERF_SAMPLE_RAW)

enum wh_perf_probe {
	WH_PERF_CHECK,
	WH_PERF_EXEC, /* forks and exits come as records of their own with this one */
	WH_PERF_SYSCALL,
	WH_PERF_PORT,
	WH_PERF_PROBES,
};

struct wh_perf_formats {
	struct wh_format of[WH_PERF_PROBES];
};

/* Whether the formats have the fields that are asked for. */
bool wh_perf_formats_complete(const struct wh_perf_formats *formats);

/* When it happened, as far as the record says: a lost-record's is 0, for "at once". The record
 * begins with its header and is complete. */
uint64_t wh_perf_time(struct wh_slice record);

/*
 * `record` begins with its header, is complete and 8 bytes aligned. `stack` has room for the
 * addresses of a check, which *ret then points to. 1; 0 for a record that tells nothing of ours (or
 * is none: the kernel writes no such).
 */
int wh_perf_decode(const struct wh_perf_formats *formats, struct wh_slice record,
	uint64_t stack[WH_STACK_MAX], struct wh_event *ret) WH_MUST_CHECK;
