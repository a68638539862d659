/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table against its two outside witnesses, libcap and the running kernel, and the two spellings
 * of names against the list of what other parsers would take for a capability.
 */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/capability.h>
#include <sys/prctl.h>

#include "oci/capability.h"

#define NONE 99u

static unsigned from_oci(struct wh_slice name)
{
	unsigned capability = NONE;

	return wh_capability_from_oci(name, &capability) ? capability : NONE;
}

static unsigned from_human(struct wh_slice name)
{
	unsigned capability = NONE;

	return wh_capability_from_human(name, &capability) ? capability : NONE;
}

static void test_names_are_those_of_libcap(void **state)
{
	(void)state;
	for (unsigned i = 0; i < WH_CAP_COUNT; i++) {
		const char *name = wh_capability_get(i)->name;
		char *theirs = cap_to_name((cap_value_t)i);
		cap_value_t number;

		assert_non_null(theirs);
		/* A libcap older than the kernel names what it does not know by its number. */
		if (!isdigit((unsigned char)theirs[0])) {
			assert_int_equal(strcasecmp(theirs, name), 0);
			assert_int_equal(cap_from_name(name, &number), 0);
			assert_int_equal(number, i);
		}
		cap_free(theirs);
	}
	assert_in_range(cap_max_bits(), 1, WH_CAP_COUNT);
}

static void test_table_has_all_of_the_running_kernel(void **state)
{
	FILE *file = fopen("/proc/sys/kernel/cap_last_cap", "re");
	unsigned last = NONE;

	(void)state;
	assert_non_null(file);
	assert_int_equal(fscanf(file, "%u", &last), 1);
	(void)fclose(file);
	assert_in_range(last, 1, WH_CAP_COUNT - 1);
	for (unsigned i = 0; i <= last; i++)
		assert_in_range(prctl(PR_CAPBSET_READ, i, 0, 0, 0), 0, 1);
	assert_int_equal(prctl(PR_CAPBSET_READ, last + 1, 0, 0, 0), -1);
}

static void test_names_are_unique_and_round_trip(void **state)
{
	(void)state;
	assert_int_equal(WH_CAPSET_ALL, UINT64_C(0x1ffffffffff));
	for (unsigned i = 0; i < WH_CAP_COUNT; i++) {
		struct wh_slice name = wh_slice_of(wh_capability_get(i)->name);

		assert_int_equal(from_oci(name), i);
		assert_int_equal(from_human(name), i);
		assert_int_equal(from_human((struct wh_slice){ name.data + 4, name.len - 4 }), i);
		assert_int_equal(wh_capset_of(i), UINT64_C(1) << i);
	}
}

/* Each phrase is printed behind the name on one line and within a sentence. */
static void test_phrases_can_be_printed(void **state)
{
	(void)state;
	for (unsigned i = 0; i < WH_CAP_COUNT; i++) {
		const struct wh_capability *capability = wh_capability_get(i);
		const char *phrases[] = { capability->allows, capability->risk };

		for (size_t j = 0; j < WH_COUNT(phrases); j++) {
			size_t len = strlen(phrases[j]);

			assert_in_range(len, 12, 90);
			assert_true(islower((unsigned char)phrases[j][0]));
			assert_int_not_equal(phrases[j][len - 1], '.');
		}
		for (unsigned other = 0; other < i; other++) {
			const struct wh_capability *before = wh_capability_get(other);

			assert_string_not_equal(capability->risk, before->risk);
			assert_string_not_equal(capability->allows, before->allows);
		}
	}
}

static void test_oci_takes_exact_names_only(void **state)
{
	static const struct wh_slice refused[] = {
		WH_SLICE("cap_kill"),
		WH_SLICE("Cap_Kill"),
		WH_SLICE("CAP_kILL"),
		WH_SLICE("KILL"),
		WH_SLICE("kill"),
		WH_SLICE("5"),
		WH_SLICE("21"),
		WH_SLICE("0x15"),
		WH_SLICE("025"),
		WH_SLICE("CAP_21"),
		WH_SLICE("CAP_KILL "),
		WH_SLICE(" CAP_KILL"),
		WH_SLICE("CAP_KILL\n"),
		WH_SLICE("CAP_KILL,CAP_CHOWN"),
		WH_SLICE("CAP_A,CAP_B"),
		WH_SLICE("CAP_KILL\0"),
		WH_SLICE("CAP_KILL\0x"),
		WH_SLICE("\0CAP_KILL"),
		WH_SLICE("CAP_KIL"),
		WH_SLICE("CAP_KILLL"),
		WH_SLICE("CAP_"),
		WH_SLICE("CAP"),
		WH_SLICE(""),
		WH_SLICE("ALL"),
		WH_SLICE("CAP_ALL"),
		WH_SLICE("all"),
		WH_SLICE("CAP_SYS"),
		WH_SLICE("CAP_SYS_ADMI"),
		WH_SLICE("CAP_SYS_ADMIN="),
		WH_SLICE("CAP_KILL+ep"),
		WH_SLICE("CAP_\xe2\x84\xaaILL"),
		WH_SLICE("CAP-KILL"),
		WH_SLICE("CAP_BPF2"),
		WH_SLICE("CAP_ZZZ"),
		WH_SLICE("~"),
		WH_SLICE("AAA"),
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(refused); i++) {
		if (from_oci(refused[i]) != NONE)
			fail_msg("row %zu (%s) was taken for a capability", i, refused[i].data);
	}
	assert_int_equal(from_oci((struct wh_slice){ NULL, 0 }), NONE);
}

static void test_people_may_spell_as_they_like(void **state)
{
	static const struct {
		struct wh_slice name;
		unsigned capability;
	} rows[] = {
		{ WH_SLICE("CAP_KILL"), CAP_KILL }, { WH_SLICE("cap_kill"), CAP_KILL },
		{ WH_SLICE("KILL"), CAP_KILL }, { WH_SLICE("kill"), CAP_KILL },
		{ WH_SLICE("Cap_Net_Bind_Service"), CAP_NET_BIND_SERVICE },
		{ WH_SLICE("checkpoint_restore"), 40 }, { WH_SLICE("CAP_CHECKPOINT_RESTORE"), 40 },
		{ WH_SLICE("bpf"), 39 }, { WH_SLICE("SYSLOG"), CAP_SYSLOG },
		{ WH_SLICE("sys_admin"), CAP_SYS_ADMIN },
		/* and not what is no name at all */
		{ WH_SLICE(""), NONE }, { WH_SLICE("cap_"), NONE },
		{ WH_SLICE("CAP_CAP_KILL"), NONE }, { WH_SLICE("5"), NONE },
		{ WH_SLICE("0x15"), NONE }, { WH_SLICE("kill "), NONE },
		{ WH_SLICE(" kill"), NONE }, { WH_SLICE("kill\0"), NONE },
		{ WH_SLICE("all"), NONE }, { WH_SLICE("kill,chown"), NONE },
		{ WH_SLICE("CAP_CHECKPOINT_RESTORES"), NONE },
		{ WH_SLICE("CAP_CHECKPOINT_RESTORE_AND_A_LONG_TAIL_OF_MORE"), NONE },
		{ WH_SLICE("k\xc4\xb1ll"), NONE }, /* dotless i */
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(rows); i++) {
		if (from_human(rows[i].name) != rows[i].capability)
			fail_msg("row %zu: %u, not %u", i, from_human(rows[i].name),
				rows[i].capability);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_are_those_of_libcap),
		cmocka_unit_test(test_table_has_all_of_the_running_kernel),
		cmocka_unit_test(test_names_are_unique_and_round_trip),
		cmocka_unit_test(test_phrases_can_be_printed),
		cmocka_unit_test(test_oci_takes_exact_names_only),
		cmocka_unit_test(test_people_may_spell_as_they_like),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
