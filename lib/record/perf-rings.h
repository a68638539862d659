/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The rings that the kernel writes perf events to, one a CPU, read as one: perf_event_open(2) "MMAP
 * layout". What a CPU writes is in the order of time but for what interrupts did; what several
 * write is put in order here, by the time that each record has.
 */

#include <linux/perf_event.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/macros.h"

#define WH_PERF_RECORD_MAX (1u << 16) /* bytes: a record's size has 16 bits */

struct wh_perf_ring {
	struct perf_event_mmap_page *control; /* NULL for a CPU that is offline */
	char *data;
	uint64_t head, tail;
	uint64_t next; /* when the record at the tail happened… */
	size_t len;    /* …and its bytes */
};

struct wh_perf_rings {
	unsigned count;             /* one a CPU, online or not */
	size_t size;                /* bytes of each */
	struct wh_perf_ring *items; /* NULL: not open */
	struct wh_perf_ring *first; /* whose record wh_perf_rings_next() gave */
	/* A record that goes on at the beginning of its ring, in one piece. */
	char broken[WH_PERF_RECORD_MAX] __attribute__((aligned(8)));
};

/* For so many CPUs; no ring is there yet. 0 or -ENOMEM. */
int wh_perf_rings_open(struct wh_perf_rings *ret, unsigned cpus) WH_MUST_CHECK;

/* The ring of this event, and of all whose output is set to it, is that of the CPU. 0 or -errno. */
int wh_perf_rings_map(struct wh_perf_rings *rings, unsigned cpu, int event) WH_MUST_CHECK;

/* What has been written until now is what is read next. */
void wh_perf_rings_look(struct wh_perf_rings *rings);

/* The earliest record that is not passed yet, borrowed until wh_perf_rings_pass(); false when there
 * is none that happened at this time or before. */
bool wh_perf_rings_next(
	struct wh_perf_rings *rings, uint64_t time, struct wh_slice *ret) WH_MUST_CHECK;

/* The kernel may write over that one. */
void wh_perf_rings_pass(struct wh_perf_rings *rings);

void wh_perf_rings_close(struct wh_perf_rings *rings);
