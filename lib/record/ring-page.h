/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The pages of the kernel's ring buffers as per_cpu/cpuN/trace_pipe_raw gives them (kernel/trace/
 * ring_buffer.c, struct buffer_data_page; include/linux/ring_buffer.h, struct ring_buffer_event).
 * Pure, and suspicious: no page leads out of itself.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/macros.h"

/* As events/header_page tells. */
struct wh_ring_layout {
	uint32_t commit_offset;
	uint32_t commit_size; /* that of a long of the kernel: 4 or 8 */
	uint32_t data_offset, data_size;
};

/* 0; -EINVAL when the text is not that, or describes a page that cannot be. */
int wh_ring_layout_parse(struct wh_slice header_page, struct wh_ring_layout *ret) WH_MUST_CHECK;

/* How many bytes a page has, and one read(2) gets. */
size_t wh_ring_page_size(const struct wh_ring_layout *layout);

struct wh_ring_page {
	struct wh_slice rest; /* of the bytes; borrowed */
	uint64_t time;        /* of the record that came last; of the page before the first */
	uint64_t lost;        /* records that were overwritten before this page; at least 1 when
				 the kernel does not say how many */
};

/* 0; -EINVAL when there is no whole page. */
int wh_ring_page_begin(const struct wh_ring_layout *layout, struct wh_slice bytes,
	struct wh_ring_page *ret) WH_MUST_CHECK;

/* The next record: 1 with its bytes in *ret and its time in the page; 0 behind the last; -EINVAL
 * when one leads out of the page. */
int wh_ring_page_next(struct wh_ring_page *page, struct wh_slice *ret) WH_MUST_CHECK;
