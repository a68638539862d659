/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What recorder.c, the life of a recorder, and result.c, what it tells, share; for these alone. */

#include "base/arena.h"
#include "learn/gather.h"
#include "learn/symbols.h"
#include "record/clock.h"
#include "record/devices.h"
#include "record/ports.h"
#include "record/recorder.h"
#include "record/transport.h"
#include "record/written.h"

/* Nanoseconds that the clock of file systems may be behind: a tick, and more where a virtual
 * machine's CPUs have to wait. */
#define WH_STAMPS_BEHIND UINT64_C(20000000)

struct wh_recorder {
	const struct wh_recorded *recorded;
	struct wh_arena arena; /* of what lives as long as the recorder */
	const struct wh_transport *transport;
	struct wh_trace *trace;
	struct wh_gathering *gathering;
	struct wh_symbols *symbols;
	struct wh_written written;
	struct wh_devices *devices; /* NULL: not watched, yet */
	struct wh_ports udp;
	bool looks_for_udp; /* no event tells, and what its network namespace has is its own */
	int folder, control, process, signals; /* descriptors */
	int kallsyms;             /* open, and read once there is something to be judged */
	int rootfs;               /* as the engine made it; negative: not known */
	int waiting;              /* who said stop, to be answered */
	char file[32];            /* of the result */
	uint64_t start;           /* CLOCK_MONOTONIC, nanoseconds, as all below */
	int64_t epoch;            /* what a time has less than the time of day */
	uint64_t now;             /* when the event at hand happened */
	uint64_t first;           /* when the container's program began; 0: not yet */
	uint64_t told, put, rest; /* news of the last writing, its end, how long until the next */
	uint64_t changes;         /* news of what the gathering does not know */
	struct wh_learnt_program *programs; /* WH_LEARNT_LIST_MAX */
	size_t program_count;
	bool narrow;      /* a 32-bit program was run */
	uint64_t events;  /* taken in… */
	uint64_t looked;  /* …when wh_recorder_spare() looked last */
	wh_capset spared; /* capabilities that are told no more */
	struct wh_err trouble;
};

/* What the clock that events are stamped by has less than the time of day; a little less still,
 * when something comes between the two readings: what is since then is not missed. */
static inline int64_t wh_recorder_epoch(void)
{
	uint64_t day = wh_clock(CLOCK_REALTIME);

	return (int64_t)(day - wh_clock(CLOCK_MONOTONIC));
}

/*
 * Writes what is known by now, if that is news and the last writing is long enough ago: what cannot
 * be written is tried again at the next news. However long that takes, most of the time is left for
 * reading.
 */
void wh_recorder_put(struct wh_recorder *recorder);

/* What is certain by now, and still asked for very often, the kernel need tell no more. */
void wh_recorder_spare(struct wh_recorder *recorder);

/* Stores the result. 0 or -errno. */
int wh_recorder_finish(struct wh_recorder *recorder, struct wh_err *err) WH_MUST_CHECK;
