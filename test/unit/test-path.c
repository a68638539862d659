/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/macros.h"
#include "base/path.h"

static void climbing(void **state)
{
	static const char *const up[] = { "..", "/..", "../", "a/..", "a/../b", "//..//", "/a/b/..",
		"./.." },
				 *const down[] = { "", "/", ".", "...", "/...", "a..", "..a",
					 "/a../b", "/..a/", ". .", "a/./b" };

	(void)state;
	for (size_t i = 0; i < WH_COUNT(up); i++)
		assert_true(wh_path_climbs(wh_slice_of(up[i])));
	for (size_t i = 0; i < WH_COUNT(down); i++)
		assert_false(wh_path_climbs(wh_slice_of(down[i])));
	/* What lies behind the slice is not of the path. */
	assert_true(wh_path_climbs((struct wh_slice){ "/..a", 3 }));
	assert_false(wh_path_climbs((struct wh_slice){ "/..", 2 }));
	assert_false(wh_path_climbs((struct wh_slice){ NULL, 0 }));
	assert_false(wh_path_climbs((struct wh_slice){ "..\0", 3 }));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(climbing) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
