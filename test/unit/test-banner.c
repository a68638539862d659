/* SPDX-License-Identifier: Apache-2.0 */
/* What runtimes print for --version, and what others print. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "oci/banner.h"

static void banners(void **state)
{
	static const struct {
		const char *text;
		const char *name, *version;
		int kind; /* -1: not one of ours */
	} cases[] = {
		{ "runc version 1.1.5+ds1\ncommit: 1.1.5+ds1-1+deb12u1\n", "runc", "1.1.5+ds1",
			WH_RUNTIME_RUNC },
		{ "runc version 1.5.1", "runc", "1.5.1", WH_RUNTIME_RUNC },
		{ "crun version 1.8.1\ncommit: f8a0\n", "crun", "1.8.1", WH_RUNTIME_CRUN },
		{ "runsc version release-20260803.0\nspec: 1.1.0\n", "runsc", "release-20260803.0",
			WH_RUNTIME_RUNSC },
		{ "youki version 0.5\n", "youki", "0.5", -1 },
		{ "runc  version 1.1\n", "", "", -1 },
		{ " runc version 1.1\n", "", "", -1 },
		{ "runc version\n", "", "", -1 },
		{ "runc version \n", "", "", -1 },
		{ "runc\nversion 1.1\n", "", "", -1 },
		{ "Runc version 1.1\n", "Runc", "1.1", -1 },
		{ "runcversion 1.1\n", "", "", -1 },
		{ "runc version \033[2J\n", "", "", -1 },
		{ "", "", "", -1 },
		{ "\n", "", "", -1 },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		struct wh_banner banner = wh_banner_parse(wh_slice_of(cases[i].text));

		if (!wh_slice_is(banner.name, cases[i].name) ||
			!wh_slice_is(banner.version, cases[i].version) ||
			banner.known != (cases[i].kind >= 0) ||
			(banner.known && (int)banner.kind != cases[i].kind))
			fail_msg("%s", cases[i].text);
	}
	assert_int_equal(wh_banner_parse((struct wh_slice){ NULL, 0 }).name.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(banners),
	};

	return cmocka_run_group_tests_name("banner", tests, NULL, NULL);
}
