/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>
#include <time.h>

/* The time by this clock, in nanoseconds. Events are stamped by CLOCK_MONOTONIC. */
static inline uint64_t wh_clock(clockid_t clock)
{
	struct timespec t = { .tv_sec = 0 };

	(void)clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * UINT64_C(1000000000) + (uint64_t)t.tv_nsec;
}
