/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Attributes and small helpers that every room may use. Nothing in here allocates or calls the
 * kernel.
 */

#include <stddef.h>

#define WH_MUST_CHECK __attribute__((warn_unused_result))
#define WH_PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))
#define WH_CLEANUP(fn) __attribute__((cleanup(fn)))

/*
 * For a local object of pages: all of it that is read was written before, so the compiler's zeroes
 * (-ftrivial-auto-var-init) would only cost. A page that is never touched costs nothing.
 */
#if __has_attribute(uninitialized)
#define WH_UNINITIALIZED __attribute__((uninitialized))
#else
#define WH_UNINITIALIZED
#endif

/* The number of elements of an array object (not of a pointer). */
#define WH_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Gives the pointer away: yields its value and leaves NULL, so that a cleanup finds nothing. */
#define wh_steal_ptr(p) \
	({ \
		__typeof__(p) stolen_ = (p); \
		(p) = NULL; \
		stolen_; \
	})
