/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The conditions that the kernel applies before it writes an event (Documentation/trace/events.rst,
 * "Event filtering"), as texts. Pure.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "oci/capability.h"

/* Linux takes less than a page at once (event_filter_write). */
#define WH_FILTER_MAX 4000u

/*
 * Checks of these capabilities: "(cap == 0 || cap == 21)"; with `every`, all but those that are not
 * in the set, so that capabilities newer than whittle are told too. Empty text: all. Of an empty
 * set a condition that is never true.
 */
void wh_filter_capabilities(struct wh_buf *ret, wh_capset wanted, bool every);

/*
 * System calls that are not among these numbers: "id != 1 && id != 0", compared in this order. When
 * that would become longer than WH_FILTER_MAX, neighbours are put together, "(id < 3 || id > 9)",
 * in the order of numbers; when still, as many as fit. Empty text when count is 0. Sorts `numbers`
 * when it has to.
 */
void wh_filter_syscalls(struct wh_buf *ret, int64_t *numbers, size_t count);
