/* SPDX-License-Identifier: Apache-2.0 */
#include "record/perf-rings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "record/perf-decode.h"

#define ALL_MAX (32u << 20) /* bytes, of all rings together… */
#define ONE_MAX (4u << 20)  /* …and of one, at most and… */
#define ONE_MIN (256u << 10)

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

int wh_perf_rings_open(struct wh_perf_rings *ret, unsigned cpus)
{
	ret->count = cpus;
	ret->size = ONE_MAX;
	while (ret->size > ONE_MIN && ret->size * cpus > ALL_MAX)
		ret->size /= 2;
	ret->items = calloc(cpus, sizeof(*ret->items));
	return ret->items == NULL ? -ENOMEM : 0;
}

int wh_perf_rings_map(struct wh_perf_rings *rings, unsigned cpu, int event)
{
	struct wh_perf_ring *ring = &rings->items[cpu];
	void *map =
		mmap(NULL, page_size() + rings->size, PROT_READ | PROT_WRITE, MAP_SHARED, event, 0);

	if (map == MAP_FAILED)
		return -errno;
	ring->control = map;
	ring->data = (char *)map + page_size();
	return 0;
}

/* The record at the tail, in one piece; empty when none is left or it is none. */
static struct wh_slice record_at(struct wh_perf_rings *rings, const struct wh_perf_ring *ring)
{
	size_t at = ring->tail % rings->size, room = rings->size - at;
	struct perf_event_header header;

	if (ring->head - ring->tail < sizeof(header))
		return (struct wh_slice){ NULL, 0 };
	/* Records are multiples of 8 bytes, so a header is never broken. */
	memcpy(&header, ring->data + at, sizeof(header));
	if (header.size < sizeof(header) || header.size > ring->head - ring->tail)
		return (struct wh_slice){ NULL, 0 };
	if (header.size <= room)
		return (struct wh_slice){ ring->data + at, header.size };
	memcpy(rings->broken, ring->data + at, room);
	memcpy(rings->broken + room, ring->data, header.size - room);
	return (struct wh_slice){ rings->broken, header.size };
}

static void look_at_tail(struct wh_perf_rings *rings, struct wh_perf_ring *ring)
{
	struct wh_slice record = record_at(rings, ring);

	if (record.len == 0)
		ring->tail = ring->head; /* what cannot be read is passed over */
	ring->next = record.len == 0 ? UINT64_MAX : wh_perf_time(record);
	ring->len = record.len;
}

void wh_perf_rings_look(struct wh_perf_rings *rings)
{
	for (unsigned cpu = 0; cpu < rings->count; cpu++) {
		struct wh_perf_ring *ring = &rings->items[cpu];

		ring->next = UINT64_MAX;
		if (ring->control == NULL)
			continue;
		ring->head = __atomic_load_n(&ring->control->data_head, __ATOMIC_ACQUIRE);
		look_at_tail(rings, ring);
	}
}

bool wh_perf_rings_next(struct wh_perf_rings *rings, uint64_t time, struct wh_slice *ret)
{
	rings->first = &rings->items[0];
	for (unsigned cpu = 1; cpu < rings->count; cpu++) {
		if (rings->items[cpu].next < rings->first->next)
			rings->first = &rings->items[cpu];
	}
	if (rings->first->next > time || rings->first->next == UINT64_MAX)
		return false;
	*ret = record_at(rings, rings->first);
	return true;
}

void wh_perf_rings_pass(struct wh_perf_rings *rings)
{
	struct wh_perf_ring *ring = rings->first;

	ring->tail += ring->len;
	__atomic_store_n(&ring->control->data_tail, ring->tail, __ATOMIC_RELEASE);
	look_at_tail(rings, ring);
}

void wh_perf_rings_close(struct wh_perf_rings *rings)
{
	for (unsigned cpu = 0; rings->items != NULL && cpu < rings->count; cpu++) {
		if (rings->items[cpu].control != NULL)
			(void)munmap(rings->items[cpu].control, page_size() + rings->size);
	}
	free(rings->items);
	rings->items = NULL;
}
