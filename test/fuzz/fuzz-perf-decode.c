/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as records of a ring of perf events, one behind the other as their headers have it:
 * none is read beyond its end, and what is told keeps to what event.h promises.
 */

#include <stdint.h>
#include <stdlib.h>

#include "../unit/perf-formats.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Only the fuzzer is meant to see this. */
static void require(bool holds)
{
	if (!holds)
		abort();
}

/* Reads each byte, so that one that is not there is noticed. */
static void touch(const void *bytes, size_t len)
{
	volatile unsigned char sum = 0;

	for (size_t i = 0; i < len; i++)
		sum = (unsigned char)(sum + ((const unsigned char *)bytes)[i]);
}

static void check_event(const struct wh_event *event)
{
	switch (event->kind) {
	case WH_EVENT_CHECK:
		require(event->check.capability < 64);
		require(event->check.depth <= WH_STACK_MAX);
		touch(event->check.stack, event->check.depth * sizeof(*event->check.stack));
		break;
	case WH_EVENT_EXEC:
		touch(event->exec.file, event->exec.len);
		break;
	case WH_EVENT_FORK:
	case WH_EVENT_EXIT:
	case WH_EVENT_SYSCALL:
	case WH_EVENT_PORT:
	case WH_EVENT_LOST:
		break;
	case WH_EVENT_JOIN:
		abort();
	}
}

static void decode(const struct wh_perf_formats *formats, const uint8_t *data, size_t len)
{
	static uint64_t stack[WH_STACK_MAX];
	/* Of this very size, and aligned as in a ring. */
	char *copy = malloc(len > 0 ? len : 1);
	struct wh_event event;
	struct wh_slice record = { copy, len };

	require(copy != NULL);
	memcpy(copy, data, len);
	(void)wh_perf_time(record);
	if (wh_perf_decode(formats, record, stack, &event) > 0)
		check_event(&event);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct wh_perf_formats formats;

	if (formats.of[WH_PERF_CHECK].count == 0)
		require(read_perf_formats(&formats) && wh_perf_formats_complete(&formats));
	while (size > 0) {
		struct perf_event_header header = { .size = 0 };
		size_t len = size;

		if (size >= sizeof(header)) {
			memcpy(&header, data, sizeof(header));
			if (header.size > 0 && header.size < size)
				len = header.size;
		}
		decode(&formats, data, len);
		data += len;
		size -= len;
	}
	return 0;
}
