/* SPDX-License-Identifier: Apache-2.0 */
/* What elimination runs prove: of containers that need this and that, whatever is doubted. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "learn/eliminate.h"

/* A container works when it has all that it needs, and one of those that stand for each other. */
struct container {
	wh_capset needs, either;
};

static bool works(const struct container *container, wh_capset set)
{
	return (container->needs & ~set) == 0 &&
	       (container->either == 0 || (container->either & set) != 0);
}

static unsigned run_all(struct wh_elimination *elimination, const struct container *container)
{
	unsigned runs = 0;
	wh_capset set;

	while (wh_eliminate_next(elimination, &set)) {
		assert_int_equal(0, set & ~elimination->base);
		wh_eliminate_tell(elimination, works(container, set));
		assert_true(++runs < 1000);
	}
	return runs;
}

static wh_capset proven(const struct wh_elimination *elimination, enum wh_proof proof)
{
	wh_capset set = 0;

	for (unsigned i = 0; i < WH_CAP_COUNT; i++) {
		if (wh_eliminate_proof(elimination, i) == proof)
			set |= wh_capset_of(i);
	}
	return set & elimination->base;
}

static void everything_is_proven(void **state)
{
	static const struct {
		wh_capset base, doubted, used, needs;
		unsigned runs;
	} cases[] = {
		{ 0xff, 0xf0, 0, 0x0f, 3 },    /* the base, all doubted at once, once more */
		{ 0xff, 0xf0, 0x0f, 0x0f, 7 }, /* which failures in between do not save */
		{ 0xff, 0xf0, 0x0f, 0x0e, 7 }, /* nor a success without yet another */
		{ 0xff, 0xf0, 0x08, 0x07, 4 },
		{ 0x0f, 0, 0x0f, 0x0f, 5 },
		{ 0x0f, 0, 0x0f, 0, 6 },
		{ 0x01, 0x01, 0, 0x01, 2 },
		{ 0, 0, 0, 0, 1 },
		{ WH_CAPSET_ALL, 0, WH_CAPSET_ALL, 0x3, 43 },
		{ WH_CAPSET_ALL, WH_CAPSET_ALL, 0, 0x100000001, 21 },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		const struct container container = { .needs = cases[i].needs };
		struct wh_elimination elimination;
		wh_capset tried = cases[i].doubted | cases[i].used;
		unsigned runs;

		wh_eliminate_begin(
			&elimination, cases[i].base, cases[i].doubted, cases[i].used, 1000);
		runs = run_all(&elimination, &container);
		assert_int_equal(cases[i].runs, runs);
		assert_int_equal(tried & cases[i].needs, proven(&elimination, WH_PROOF_NEEDED));
		assert_int_equal(
			tried & ~cases[i].needs, proven(&elimination, WH_PROOF_NOT_NEEDED));
		assert_int_equal(cases[i].base & ~tried, proven(&elimination, WH_PROOF_OPEN));
		assert_true(works(
			&container, cases[i].base & ~proven(&elimination, WH_PROOF_NOT_NEEDED)));
	}
}

static void one_of_two_that_stand_for_each_other_is_kept(void **state)
{
	const struct container container = { .either = 0x6 };
	struct wh_elimination elimination;

	(void)state;
	wh_eliminate_begin(&elimination, 0xf, 0, 0xf, 1000);
	(void)run_all(&elimination, &container);
	assert_int_equal(0x4, proven(&elimination, WH_PROOF_NEEDED));
	assert_int_equal(0xb, proven(&elimination, WH_PROOF_NOT_NEEDED));
}

static void runs_are_bounded_and_what_they_leave_is_open(void **state)
{
	const struct container container = { .needs = 0x1 };

	(void)state;
	for (unsigned most = 1; most < 20; most++) {
		struct wh_elimination elimination;

		wh_eliminate_begin(&elimination, 0x3fff, 0, 0x3fff, most);
		assert_true(run_all(&elimination, &container) <= most);
		assert_int_equal(0, proven(&elimination, WH_PROOF_NOT_NEEDED) & 0x1);
		assert_int_equal(0, proven(&elimination, WH_PROOF_NEEDED) & ~UINT64_C(1));
	}
}

static void a_base_that_does_not_work_proves_nothing(void **state)
{
	const struct container container = { .needs = 0x10 };
	struct wh_elimination elimination;

	(void)state;
	wh_eliminate_begin(&elimination, 0xf, 0xf, 0, 1000);
	assert_int_equal(1, run_all(&elimination, &container));
	assert_true(elimination.failed);
	assert_int_equal(0xf, proven(&elimination, WH_PROOF_OPEN));
}

static void what_passes_once_by_luck_is_not_proven(void **state)
{
	struct wh_elimination elimination;
	unsigned runs = 0;
	wh_capset set;

	(void)state;
	wh_eliminate_begin(&elimination, 0x3, 0x3, 0, 1000);
	while (wh_eliminate_next(&elimination, &set))
		wh_eliminate_tell(&elimination, ++runs < 3);
	assert_int_equal(3, runs);
	assert_int_equal(0x3, proven(&elimination, WH_PROOF_OPEN));
}

static void proofs_have_names(void **state)
{
	(void)state;
	assert_string_equal("needed", wh_proof_name(WH_PROOF_NEEDED));
	assert_string_equal("not needed", wh_proof_name(WH_PROOF_NOT_NEEDED));
	assert_string_equal("not proven", wh_proof_name(WH_PROOF_OPEN));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_is_proven),
		cmocka_unit_test(one_of_two_that_stand_for_each_other_is_kept),
		cmocka_unit_test(runs_are_bounded_and_what_they_leave_is_open),
		cmocka_unit_test(a_base_that_does_not_work_proves_nothing),
		cmocka_unit_test(what_passes_once_by_luck_is_not_proven),
		cmocka_unit_test(proofs_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
