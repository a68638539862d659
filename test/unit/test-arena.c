/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything handed out stays where it is, is zeroed, aligned and nobody else's. The sanitizer sees
 * what is written out of bounds; the patterns here see what overlaps.
 */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/arena.h"

static void pieces_are_apart(void **state)
{
	static const size_t sizes[] = { 1, 0, 7, 8192, 16, 100000, 8191, 8193, 3, 5000, 5000, 40 };
	struct wh_arena arena = WH_ARENA_INIT;
	unsigned char *pieces[12 * 20];
	size_t count = 0;

	(void)state;
	for (size_t round = 0; round < 20; round++) {
		for (size_t i = 0; i < WH_COUNT(sizes); i++) {
			unsigned char *piece = wh_arena_alloc(&arena, sizes[i]);

			assert_non_null(piece);
			assert_int_equal((uintptr_t)piece % _Alignof(max_align_t), 0);
			for (size_t k = 0; k < sizes[i]; k++)
				assert_int_equal(piece[k], 0);
			memset(piece, (int)(count % 251) + 1, sizes[i]);
			pieces[count++] = piece;
		}
	}
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < sizes[i % WH_COUNT(sizes)]; k++)
			assert_int_equal(pieces[i][k], i % 251 + 1);
	}
	wh_arena_done(&arena);
	assert_null(arena.chunks);
}

/* A large piece must not cost the room that is left for small ones. */
static void large_pieces_keep_the_room(void **state)
{
	struct wh_arena arena = WH_ARENA_INIT;
	char *before, *after;

	(void)state;
	before = wh_arena_alloc(&arena, 16);
	assert_non_null(before);
	assert_non_null(wh_arena_alloc(&arena, 1 << 20));
	after = wh_arena_alloc(&arena, 16);
	assert_ptr_equal(after, before + 16);
	wh_arena_done(&arena);
}

static void impossible_sizes_fail(void **state)
{
	struct wh_arena arena = WH_ARENA_INIT;

	(void)state;
	assert_null(wh_arena_alloc(&arena, SIZE_MAX));
	assert_null(wh_arena_alloc(&arena, SIZE_MAX / 2 + 1));
	assert_null(wh_arena_array(&arena, SIZE_MAX / 2, 3));
	assert_null(wh_arena_array(&arena, (SIZE_MAX >> 4) + 2, 16));
	/* It is as good as before. */
	assert_non_null(wh_arena_array(&arena, 0, 16));
	assert_non_null(wh_arena_array(&arena, 3, 16));
	wh_arena_done(&arena);
	wh_arena_done(&arena);
}

static void strings_are_copies(void **state)
{
	static const char bytes[] = { 'a', '\0', 'b' };
	struct wh_arena arena = WH_ARENA_INIT;
	char *copy = wh_arena_dup(&arena, (struct wh_slice){ bytes, sizeof(bytes) });
	char *empty = wh_arena_dup(&arena, (struct wh_slice){ NULL, 0 });
	char *text = wh_arena_printf(&arena, "%s/%s:%d", "/run/runc", "web", 42);
	char *longer = wh_arena_printf(&arena, "%20000d", 7);

	(void)state;
	assert_memory_equal(copy, "a\0b", 4);
	assert_string_equal(empty, "");
	assert_string_equal(text, "/run/runc/web:42");
	assert_int_equal(strlen(longer), 20000);
	assert_int_equal(longer[19999], '7');
	wh_arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_are_apart),
		cmocka_unit_test(large_pieces_keep_the_room),
		cmocka_unit_test(impossible_sizes_fail),
		cmocka_unit_test(strings_are_copies),
	};

	return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
