/* SPDX-License-Identifier: Apache-2.0 */
/* What checks meant: stacks that were recorded, and such as older kernels would have. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>

#include "kernel-stacks.h"

#include "learn/stack.h"

/* A line of kernel-stacks.txt. */
struct sample {
	char use[16], capability[32], call[32], function[64], from[32];
	const char *frames;
};

static bool read_sample(const char *line, struct sample *ret)
{
	int at = 0;

	if (line[0] == '#' || line[0] == '\n')
		return false;
	assert_int_equal(sscanf(line, "%15s %31s %31s %63s %31[^:]: %n", ret->use, ret->capability,
				 ret->call, ret->function, ret->from, &at),
		5);
	assert_true(at > 0);
	ret->frames = line + at;
	return true;
}

static void holds(const char *what, const char *is, const char *wanted, const struct sample *sample)
{
	if (strcmp(is == NULL ? "-" : is, wanted) != 0)
		fail_msg("%s %s (%s): %s is %s, not %s", sample->capability, sample->call,
			sample->from, what, is, wanted);
}

static unsigned number_of(const char *name)
{
	char full[64];
	unsigned number;

	(void)snprintf(full, sizeof(full), "CAP_%s", name);
	assert_true(wh_capability_from_oci(wh_slice_of(full), &number));
	return number;
}

/* Judges what `frames` say, with `before` in front. */
static void judge(const char *before, const char *frames, unsigned capability, char *calls,
	struct wh_stack_meaning *ret)
{
	struct kernel kernel = { .count = 0 };
	uint64_t stack[WH_STACK_MAX];
	unsigned depth = kernel_stack(&kernel, before, stack);
	struct wh_symbols *symbols;

	depth += kernel_stack(&kernel, frames, stack + depth);
	symbols = kernel_symbols(&kernel);
	wh_stack_judge(symbols, capability, stack, depth, ret);
	/* What belongs to the symbols goes with them. */
	(void)snprintf(calls, 128, "%s %s", ret->syscall == NULL ? "-" : ret->syscall,
		ret->function == NULL ? "-" : ret->function);
	ret->syscall = ret->function = NULL;
	wh_symbols_free(symbols);
}

static void check_sample(const struct sample *sample, const char *before, bool *decided)
{
	struct wh_stack_meaning meaning;
	char calls[128], wanted[128];

	judge(before, sample->frames, number_of(sample->capability), calls, &meaning);
	(void)snprintf(wanted, sizeof(wanted), "%s %s", sample->call, sample->function);
	holds("the use", wh_use_name(meaning.use), sample->use, sample);
	holds("the call", calls, wanted, sample);
	assert_int_equal(meaning.why == NULL, meaning.use == WH_USE_NEEDED);
	if (meaning.rule >= 0)
		decided[meaning.rule] = true;
}

/* Each as the file says, whoever looks on; and the file shows every rule at work. */
static void samples_mean_what_they_say(void **state)
{
	bool decided[512] = { false };
	char *line = NULL;
	size_t size = 0, count = 0;
	FILE *file = fopen(WH_SOURCE_ROOT "/test/unit/kernel-stacks.txt", "re");

	(void)state;
	assert_non_null(file);
	assert_true(wh_stack_rules() <= WH_COUNT(decided));
	while (getline(&line, &size, file) > 0) {
		struct sample sample;

		line[strcspn(line, "\n")] = line[0] == '\n' ? '\n' : '\0';
		if (line[0] == '\0' || !read_sample(line, &sample))
			continue;
		check_sample(&sample, "", decided);
		check_sample(&sample,
			"perf_trace_cap_capable perf_callchain __traceiter_cap_capable", decided);
		check_sample(&sample,
			"trace_event_raw_event_cap_capable cap_capable __traceiter_cap_capable",
			decided);
		count++;
	}
	free(line);
	assert_int_equal(fclose(file), 0);
	assert_true(count > 200);
	for (size_t i = 0; i < wh_stack_rules(); i++)
		if (!decided[i])
			fail_msg("no sample for the rule at place %zu", i);
}

static void what_is_not_known_is_used(void **state)
{
	static const struct {
		unsigned capability;
		const char *frames, *calls;
	} cases[] = {
		{ CAP_SYS_ADMIN, "cap_capable", "- -" },
		{ CAP_SYS_ADMIN, "cap_capable security_capable capable", "- -" },
		{ CAP_SYS_ADMIN, "cap_capable security_capable capable do_new_things",
			"- do_new_things" },
		{ CAP_FSETID, "cap_capable", "- -" },
		{ 63, "cap_capable security_capable do_new_things __x64_sys_new",
			"new do_new_things" },
		{ 64, "cap_capable cap_capset __x64_sys_capset", "capset cap_capset" },
		/* Of one capability, no rule for another. */
		{ CAP_SETUID, "cap_capable cap_capset __x64_sys_capset", "capset cap_capset" },
		/* Only whole names count, and only where a rule looks. */
		{ CAP_SETPCAP, "cap_capable cap_capsets", "- cap_capsets" },
		{ CAP_SETPCAP, "cap_capable do_new_things cap_capset", "- do_new_things" },
		{ CAP_DAC_OVERRIDE, "cap_capable generic_permission old_ovl_permission",
			"- generic_permission" },
		/* No tracer's frame is taken for the one that asked. */
		{ CAP_SYS_ADMIN, "perf_trace_cap_capable security_capable do_new_things",
			"- do_new_things" },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		struct wh_stack_meaning meaning;
		char calls[128];

		judge("", cases[i].frames, cases[i].capability, calls, &meaning);
		assert_int_equal(meaning.use, WH_USE_NEEDED);
		assert_null(meaning.why);
		assert_int_equal(meaning.rule, -1);
		assert_string_equal(calls, cases[i].calls);
	}
}

/* A probe is at the first byte of cap_capable; a call that never comes back returns to the next
 * function. */
static void addresses_at_the_edges_count(void **state)
{
	struct kernel kernel = { .count = 0 };
	uint64_t stack[WH_STACK_MAX];
	struct wh_stack_meaning meaning;
	struct wh_symbols *symbols;
	unsigned depth;

	(void)state;
	depth = kernel_stack(
		&kernel, "before cap_capable cap_capset __do_sys_capset behind", stack);
	stack[1] -= 0x20;
	stack[2] = KERNEL_BASE + 3 * KERNEL_STEP;
	stack[3] = KERNEL_BASE + 4 * KERNEL_STEP;
	symbols = kernel_symbols(&kernel);
	wh_stack_judge(symbols, CAP_SETPCAP, stack + 1, depth - 2, &meaning);
	assert_int_equal(meaning.use, WH_USE_SPECULATIVE);
	assert_string_equal(meaning.syscall, "capset");
	assert_string_equal(meaning.function, "cap_capset");
	wh_symbols_free(symbols);
}

static void stacks_may_be_anything(void **state)
{
	struct kernel kernel = { .count = 0 };
	uint64_t stack[WH_STACK_MAX * 2];
	struct wh_stack_meaning meaning;
	struct wh_symbols *symbols;

	(void)state;
	wh_stack_judge(NULL, CAP_CHOWN, NULL, 0, &meaning);
	assert_int_equal(meaning.use, WH_USE_NEEDED);
	assert_null(meaning.function);
	(void)kernel_stack(&kernel, "cap_capable", stack);
	symbols = kernel_symbols(&kernel);
	for (size_t i = 0; i < WH_COUNT(stack); i++)
		stack[i] = i % 3 == 0 ? 0 : i % 3 == 1 ? UINT64_MAX : KERNEL_BASE + i;
	wh_stack_judge(NULL, CAP_CHOWN, stack, WH_COUNT(stack), &meaning);
	assert_null(meaning.function);
	wh_stack_judge(symbols, CAP_CHOWN, stack, WH_COUNT(stack), &meaning);
	assert_int_equal(meaning.use, WH_USE_NEEDED);
	assert_null(meaning.function);
	assert_null(meaning.syscall);
	wh_symbols_free(symbols);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(samples_mean_what_they_say),
		cmocka_unit_test(what_is_not_known_is_used),
		cmocka_unit_test(addresses_at_the_edges_count),
		cmocka_unit_test(stacks_may_be_anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
