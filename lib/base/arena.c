/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A list of chunks; the first has what is left. A request larger than a chunk gets one of its own
 * behind the first, so that the room left in the first is not lost.
 */

#include "base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_SIZE 8192u

struct wh_arena_chunk {
	struct wh_arena_chunk *next;
	size_t used;
	size_t size;
	_Alignas(max_align_t) char bytes[];
};

void wh_arena_done(struct wh_arena *arena)
{
	while (arena->chunks != NULL) {
		struct wh_arena_chunk *chunk = arena->chunks;

		arena->chunks = chunk->next;
		free(chunk);
	}
}

static struct wh_arena_chunk *chunk_new(size_t size)
{
	struct wh_arena_chunk *chunk = malloc(sizeof(*chunk) + size);

	if (chunk != NULL)
		*chunk = (struct wh_arena_chunk){ .size = size };
	return chunk;
}

static struct wh_arena_chunk *chunk_for(struct wh_arena *arena, size_t size)
{
	struct wh_arena_chunk *first = arena->chunks;
	struct wh_arena_chunk *chunk;

	if (first != NULL && size <= first->size - first->used)
		return first;
	chunk = chunk_new(size > CHUNK_SIZE ? size : CHUNK_SIZE);
	if (chunk == NULL)
		return NULL;
	if (first != NULL && size > CHUNK_SIZE) {
		chunk->next = first->next;
		first->next = chunk;
	} else {
		chunk->next = first;
		arena->chunks = chunk;
	}
	return chunk;
}

void *wh_arena_alloc(struct wh_arena *arena, size_t size)
{
	const size_t align = _Alignof(max_align_t);
	struct wh_arena_chunk *chunk;
	void *memory;

	if (size > SIZE_MAX / 2)
		return NULL;
	size = (size + align - 1) / align * align;
	chunk = chunk_for(arena, size);
	if (chunk == NULL)
		return NULL;
	memory = chunk->bytes + chunk->used;
	chunk->used += size;
	return memset(memory, 0, size); /* only what is asked for: most chunks stay half empty */
}

void *wh_arena_array(struct wh_arena *arena, size_t count, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(count, size, &total))
		return NULL;
	return wh_arena_alloc(arena, total);
}

char *wh_arena_dup(struct wh_arena *arena, struct wh_slice text)
{
	char *copy = wh_arena_alloc(arena, text.len + 1);

	if (copy != NULL && text.len > 0)
		memcpy(copy, text.data, text.len);
	return copy;
}

char *wh_arena_printf(struct wh_arena *arena, const char *format, ...)
{
	va_list args;
	char *text;
	int len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len < 0)
		return NULL;
	text = wh_arena_alloc(arena, (size_t)len + 1);
	if (text == NULL)
		return NULL;
	va_start(args, format);
	(void)vsnprintf(text, (size_t)len + 1, format, args);
	va_end(args);
	return text;
}
