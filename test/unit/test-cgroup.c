/* SPDX-License-Identifier: Apache-2.0 */
/* Texts of /proc/PID/cgroup, and whose a cgroup is. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "record/cgroup.h"

static void the_line_of_perf_events(void **state)
{
	static const struct {
		const char *text, *path; /* NULL: none */
		bool v2;
	} rows[] = {
		{ "0::/a/b\n", "/a/b", true },
		{ "0::/a/b", "/a/b", true },
		{ "7:perf_event:/v1\n0::/v2\n", "/v1", false },
		{ "0::/v2\n7:perf_event:/v1\n", "/v1", false },
		{ "7:cpu,perf_event:/v1\n", "/v1", false },
		{ "7:perf_event,cpu:/v1\n", "/v1", false },
		/* Words that only look like it. */
		{ "7:perf_events:/no\n0::/v2\n", "/v2", true },
		{ "7:xperf_event:/no\n", NULL, false },
		{ "7:name=perf_event:/no\n", NULL, false },
		{ "5:name=systemd:/x\n", NULL, false },
		/* Paths may hold colons and be those of somewhere else. */
		{ "0::/a:b:c\n", "/a:b:c", true },
		{ "0::/../b\n", "/../b", true },
		{ "0::/x (deleted)\n", "/x (deleted)", true },
		{ "0::\n", "", true },
		{ "", NULL, false },
		{ "\n\n", NULL, false },
		{ "0:\n", NULL, false },
		{ "rubbish\n0::/v2\n", "/v2", true },
		/* Of two that could be meant, the first. */
		{ "0::/one\n0::/two\n", "/one", true },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(rows); i++) {
		bool v2 = !rows[i].v2;
		struct wh_slice path = wh_cgroup_path(wh_slice_of(rows[i].text), &v2);

		if (rows[i].path == NULL) {
			assert_null(path.data);
			continue;
		}
		assert_non_null(path.data);
		assert_true(wh_slice_is(path, rows[i].path));
		assert_int_equal(v2, rows[i].v2);
	}
}

static void whose_it_is(void **state)
{
	static const struct {
		const char *its, *ours;
		bool apart;
	} rows[] = {
		{ "/docker/1", "/docker/2", true },
		{ "/docker/1", "/docker/12", true },
		{ "/docker/12", "/docker/1", true },
		{ "/docker/1", "/docker", true },
		{ "/docker/1", "/", true },
		{ "/docker/1", "/docker/1", false },
		/* Of one that holds us too, not all is the container's. */
		{ "/docker", "/docker/1", false },
		{ "/docker/", "/docker/1", false },
		{ "/", "/docker", false },
		{ "/", "/", false },
		{ "", "/docker", false },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(rows); i++)
		assert_int_equal(
			wh_cgroup_is_apart(wh_slice_of(rows[i].its), wh_slice_of(rows[i].ours)),
			rows[i].apart);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_line_of_perf_events),
		cmocka_unit_test(whose_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
