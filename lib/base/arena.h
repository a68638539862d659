/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Memory that goes all at once: strings and small tables of one invocation. Allocation never
 * moves what was handed out before. Everything is aligned for any object and zeroed.
 */

#include <stddef.h>

#include "base/buf.h"
#include "base/macros.h"

struct wh_arena {
	struct wh_arena_chunk *chunks;
};

#define WH_ARENA_INIT \
	{ \
		.chunks = NULL \
	}

void wh_arena_done(struct wh_arena *arena);

/* Zeroed memory that lives until wh_arena_done(), or NULL when there is none left. */
void *wh_arena_alloc(struct wh_arena *arena, size_t size) WH_MUST_CHECK;

/* `count` objects of `size` bytes; NULL also when the product overflows. */
void *wh_arena_array(struct wh_arena *arena, size_t count, size_t size) WH_MUST_CHECK;

/* A terminated copy, or NULL when memory ran out. The bytes may hold NUL. */
char *wh_arena_dup(struct wh_arena *arena, struct wh_slice text) WH_MUST_CHECK;

/* A formatted string, or NULL when memory ran out. */
char *wh_arena_printf(struct wh_arena *arena, const char *format, ...)
	WH_PRINTF(2, 3) WH_MUST_CHECK;
