/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Records of trace events as events of ours. Which event of the kernel is what, and the names of
 * the fields that are read of it, are one table in trace-event.c. Pure.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/macros.h"
#include "learn/event.h"
#include "record/format.h"

enum wh_traced {
	WH_TRACED_CHECK,
	WH_TRACED_ANSWER, /* of a check that was told before it was answered (kprobe) */
	WH_TRACED_EXEC,
	WH_TRACED_FORK,
	WH_TRACED_EXIT,
	WH_TRACED_LISTEN,
	WH_TRACED_SYSCALL,
	WH_TRACED_STACK, /* of the record before it of the same CPU and thread */
	WH_TRACED_KINDS, /* none of these */
};

/* "capability/cap_capable"; NULL when the kernel has no event for it. */
const char *wh_traced_event(enum wh_traced kind);

/* Where this kernel has what. All zeroes to begin with. */
struct wh_trace_layout {
	struct {
		uint16_t id; /* 0: not known */
		struct wh_format_field tid, fields[2];
	} kinds[WH_TRACED_KINDS];
	uint32_t long_size; /* of the kernel, 4 or 8 */
};

/* 0; -EINVAL when the format lacks a field that is needed. */
int wh_trace_layout_add(struct wh_trace_layout *layout, enum wh_traced kind,
	const struct wh_format *format) WH_MUST_CHECK;

/* What a record is; WH_TRACED_KINDS when the layout does not know it, or it is too short. */
enum wh_traced wh_trace_identify(
	const struct wh_trace_layout *layout, struct wh_slice record, int32_t *ret_tid);

/* Reads a record of a kind other than WH_TRACED_ANSWER and WH_TRACED_STACK, all but its time and
 * stack. False when it is too short, or nothing that an event could hold. Borrows texts. */
bool wh_trace_decode(const struct wh_trace_layout *layout, enum wh_traced kind,
	struct wh_slice record, struct wh_event *ret) WH_MUST_CHECK;

/* What a record of WH_TRACED_ANSWER says: true for yes. */
bool wh_trace_answer(const struct wh_trace_layout *layout, struct wh_slice record);

/* The addresses of a record of WH_TRACED_STACK, at most WH_STACK_MAX, innermost first. How many. */
unsigned wh_trace_stack(
	const struct wh_trace_layout *layout, struct wh_slice record, uint64_t ret[WH_STACK_MAX]);
