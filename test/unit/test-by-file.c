/* SPDX-License-Identifier: Apache-2.0 */
/* What is needed for file capabilities alone. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <linux/capability.h>
#include <string.h>

#include "learn/learnt.h"

static const struct wh_learnt_program programs[] = {
	{ .path = "/bin/su", .setuid = true },
	{ .path = "/bin/ping", .capabilities = 1ull << CAP_NET_RAW | 1ull << CAP_NET_ADMIN },
	{ .path = "/bin/other", .capabilities = 1ull << CAP_NET_RAW | 1ull << CAP_CHOWN },
	{ .path = "/bin/odd", .capabilities = 1ull << 63 | 1ull << CAP_SETUID },
};

static const struct wh_use_of *use_of(const struct wh_learnt *learnt, unsigned capability)
{
	for (size_t i = 0; i < learnt->use_count; i++) {
		if (learnt->uses[i].capability == capability)
			return &learnt->uses[i];
	}
	return NULL;
}

static void files_add_what_no_check_told(void **state)
{
	static const struct wh_use_of uses[] = {
		{ .capability = CAP_CHOWN, .use = WH_USE_NEEDED, .count = 7, .program = "/bin/x" },
		{ .capability = CAP_SETUID, .use = WH_USE_SPECULATIVE, .why = "why" },
		{ .capability = CAP_KILL, .use = WH_USE_SPECULATIVE, .why = "why" },
	};
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	struct wh_learnt learnt = {
		.began = 42,
		.granted =
			1ull << CAP_CHOWN | 1ull << CAP_NET_RAW | 1ull << CAP_SETUID | 1ull << 63,
		.programs = programs,
		.program_count = WH_COUNT(programs),
		.uses = uses,
		.use_count = WH_COUNT(uses),
	};
	const struct wh_use_of *use;

	(void)state;
	assert_int_equal(wh_learnt_add_files(&learnt, &arena), 0);
	/* One that was not granted is not needed: execve gets by without. */
	assert_null(use_of(&learnt, CAP_NET_ADMIN));
	assert_int_equal(learnt.use_count, 5);
	for (size_t i = 1; i < learnt.use_count; i++)
		assert_true(learnt.uses[i - 1].capability < learnt.uses[i].capability);
	assert_true(use_of(&learnt, 63)->by_file); /* newer than whittle */
	use = use_of(&learnt, CAP_NET_RAW);
	assert_non_null(use);
	assert_int_equal(use->use, WH_USE_NEEDED);
	assert_true(use->by_file);
	assert_int_equal(use->count, 0);
	assert_int_equal(use->first, 42);
	assert_string_equal(use->program, "/bin/ping");
	assert_string_equal(use->syscall, "execve");
	/* What is used anyway keeps its evidence; what was speculative is needed now. */
	use = use_of(&learnt, CAP_CHOWN);
	assert_false(use->by_file);
	assert_int_equal(use->count, 7);
	use = use_of(&learnt, CAP_SETUID);
	assert_true(use->by_file);
	assert_int_equal(use->use, WH_USE_NEEDED);
	assert_null(use->why);
	assert_int_equal(use_of(&learnt, CAP_KILL)->use, WH_USE_SPECULATIVE);
}

static void without_programs_nothing_changes(void **state)
{
	static const struct wh_use_of uses[] = { { .capability = CAP_KILL, .count = 3 } };
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	struct wh_learnt learnt = { .granted = UINT64_MAX };

	(void)state;
	assert_int_equal(wh_learnt_add_files(&learnt, &arena), 0);
	assert_int_equal(learnt.use_count, 0);
	learnt.uses = uses;
	learnt.use_count = WH_COUNT(uses);
	assert_int_equal(wh_learnt_add_files(&learnt, &arena), 0);
	assert_int_equal(learnt.use_count, 1);
	assert_memory_equal(&learnt.uses[0], &uses[0], sizeof(uses[0]));
}

static void all_that_there_are(void **state)
{
	static const struct wh_learnt_program every[] = { { .path = "/x",
		.capabilities = UINT64_MAX } };
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	struct wh_learnt learnt = { .granted = UINT64_MAX, .programs = every, .program_count = 1 };

	(void)state;
	assert_int_equal(wh_learnt_add_files(&learnt, &arena), 0);
	assert_int_equal(learnt.use_count, 64);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_add_what_no_check_told),
		cmocka_unit_test(without_programs_nothing_changes),
		cmocka_unit_test(all_that_there_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
