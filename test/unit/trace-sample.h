/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What a kernel once wrote: test/unit/trace-6.1. And pages that none wrote, put together word by
 * word, for a machine whose words begin with their lowest bits. */

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "record/ring-page.h"
#include "record/trace-event.h"

#define SAMPLES WH_SOURCE_ROOT "/test/unit/trace-6.1/"

static inline struct wh_slice read_sample(const char *name, char *buffer, size_t size)
{
	char path[4096];
	FILE *file;
	size_t len;

	(void)snprintf(path, sizeof(path), SAMPLES "%s", name);
	file = fopen(path, "re");
	assert_non_null(file);
	len = fread(buffer, 1, size, file);
	assert_int_equal(fclose(file), 0);
	assert_true(len > 0 && len < size);
	return (struct wh_slice){ buffer, len };
}

static inline void sample_layouts(struct wh_ring_layout *ring, struct wh_trace_layout *trace)
{
	static const char *const names[WH_TRACED_KINDS] = {
		[WH_TRACED_CHECK] = "check.format",
		[WH_TRACED_ANSWER] = "answer.format",
		[WH_TRACED_EXEC] = "exec.format",
		[WH_TRACED_FORK] = "fork.format",
		[WH_TRACED_EXIT] = "exit.format",
		[WH_TRACED_LISTEN] = "listen.format",
		[WH_TRACED_SYSCALL] = "syscall.format",
		[WH_TRACED_STACK] = "stack.format",
	};
	struct wh_format format;
	char text[8192];

	memset(trace, 0, sizeof(*trace));
	assert_int_equal(
		wh_ring_layout_parse(read_sample("header-page", text, sizeof(text)), ring), 0);
	trace->long_size = ring->commit_size;
	for (size_t i = 0; i < WH_TRACED_KINDS; i++) {
		assert_int_equal(
			wh_format_parse(read_sample(names[i], text, sizeof(text)), &format), 0);
		assert_int_equal(wh_trace_layout_add(trace, (enum wh_traced)i, &format), 0);
	}
}

/* A page in the making. Its layout is that of the samples. */
struct made_page {
	char bytes[4096];
	size_t len; /* of the data */
};

#define PAGE_DATA 16

static inline void put_word(struct made_page *page, uint32_t word)
{
	memcpy(page->bytes + PAGE_DATA + page->len, &word, sizeof(word));
	page->len += sizeof(word);
}

/* The first word of a record: its kind or length in words, and 27 bits of time. */
static inline void put_head(struct made_page *page, uint32_t kind, uint32_t delta)
{
	put_word(page, kind | delta << 5);
}

static inline struct wh_slice made(struct made_page *page, uint64_t time, uint64_t flags)
{
	uint64_t commit = page->len | flags;

	memcpy(page->bytes, &time, sizeof(time));
	memcpy(page->bytes + 8, &commit, sizeof(commit));
	return (struct wh_slice){ page->bytes, sizeof(page->bytes) };
}
