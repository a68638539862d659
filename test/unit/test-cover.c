/* SPDX-License-Identifier: Apache-2.0 */
/* Which program a daemon finds under a name. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "scratch.h"

#include "host/cover.h"

/* "a:b" as folders of the scratch folder. */
static const char *paths_in(const struct scratch *scratch, const char *list, struct wh_arena *arena)
{
	char *path = wh_arena_dup(arena, WH_SLICE(""));

	while (*list != '\0') {
		size_t len = strcspn(list, ":");

		path = list[0] == '='
			       ? wh_arena_printf(arena, "%s%.*s:", path, (int)len - 1, list + 1)
			       : wh_arena_printf(
					 arena, "%s%s/%.*s:", path, scratch->path, (int)len, list);
		assert_non_null(path);
		list += len + (list[len] == ':');
	}
	return path;
}

static void what_is_found_first_counts(void **state)
{
	static const struct {
		const char *path; /* of folders; with "=" before it as it is */
		const char *found;
		bool covered;
		const char *real;
	} cases[] = {
		{ "real", "real/runc", false, "real/runc" },
		{ "link:real", "link/runc", true, "real/runc" },
		{ "none:link:real", "link/runc", true, "real/runc" },
		{ "real:link", "real/runc", false, "real/runc" },
		{ "link", "link/runc", true, NULL },
		{ "link:same:real", "link/runc", true, "real/runc" },
		{ "plain:folder:broken:link:real", "link/runc", true, "real/runc" },
		{ "none", NULL, false, NULL },
		{ "=:=.:=real:none", NULL, false, NULL },
		{ "", NULL, false, NULL },
	};
	const struct scratch *scratch = *state;
	struct stat whittle;

	for (const char *const *name = (const char *const[]){ "real", "link", "same", "plain",
		     "folder", "broken", "none", NULL };
		*name != NULL; name++)
		scratch_folder(scratch, *name, 0755);
	scratch_file(scratch, "whittle", 0755, "x");
	scratch_file(scratch, "real/runc", 0755, "x");
	scratch_file(scratch, "plain/runc", 0644, "x");
	scratch_folder(scratch, "folder/runc", 0755);
	scratch_link(scratch, "broken/runc", "nothing");
	scratch_link(scratch, "link/runc", "../whittle");
	assert_int_equal(linkat(scratch->fd, "whittle", scratch->fd, "same/runc", 0), 0);
	assert_int_equal(fstatat(scratch->fd, "whittle", &whittle, 0), 0);
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
		struct wh_cover cover;

		assert_int_equal(wh_cover_look(paths_in(scratch, cases[i].path, &arena), "runc",
					 &whittle, &arena, &cover),
			0);
		assert_int_equal(cover.covered, cases[i].covered);
		assert_int_equal(cover.found != NULL, cases[i].found != NULL);
		assert_int_equal(cover.real != NULL, cases[i].real != NULL);
		if (cover.found != NULL)
			assert_string_equal(cover.found,
				wh_arena_printf(&arena, "%s/%s", scratch->path, cases[i].found));
		if (cover.real != NULL)
			assert_string_equal(cover.real,
				wh_arena_printf(&arena, "%s/%s", scratch->path, cases[i].real));
	}
}

static void what_services_find(void **state)
{
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	const char *shell = wh_find_program("sh", &arena);

	(void)state;
	assert_non_null(shell);
	assert_int_equal(shell[0], '/');
	assert_int_equal(access(shell, X_OK), 0);
	assert_null(wh_find_program("no-program-of-this-name", &arena));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			what_is_found_first_counts, scratch_setup, scratch_teardown),
		cmocka_unit_test(what_services_find),
	};

	return cmocka_run_group_tests_name("cover", tests, NULL, NULL);
}
