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

#define PHRASES 4u /* in the order of the struct */

static const char *phrase(unsigned capability, size_t which)
{
	const struct wh_capability *row = wh_capability_get(capability);
	const char *const phrases[PHRASES] = { row->allows, row->risk, row->needs, row->instead };

	return phrases[which];
}

/* Each phrase is printed behind a label on one line, and within a sentence. */
static void test_phrases_can_be_printed(void **state)
{
	(void)state;
	for (unsigned i = 0; i < WH_CAP_COUNT; i++) {
		for (size_t j = 0; j < PHRASES; j++) {
			const char *text = phrase(i, j);
			size_t len;

			if (text == NULL)
				fail_msg("phrase %zu of %s is missing", j,
					wh_capability_get(i)->name);
			len = strlen(text);
			if (len < 12 || len > 86)
				fail_msg("%zu characters: %s", len, text);
			assert_true(islower((unsigned char)text[0]));
			assert_int_not_equal(text[len - 1], '.');
			assert_null(strstr(text, "  "));
			for (size_t k = 0; k < len; k++)
				assert_in_range(text[k], ' ', '~');
		}
	}
}

static void test_phrases_are_said_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < WH_CAP_COUNT * PHRASES; i++) {
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(phrase((unsigned)(i / PHRASES), i % PHRASES),
				phrase((unsigned)(j / PHRASES), j % PHRASES));
	}
}

static void test_sources_name_a_file_of_the_kernel(void **state)
{
	static const char page[] = "capabilities(7); ";

	(void)state;
	for (unsigned i = 0; i < WH_CAP_COUNT; i++) {
		const char *source = wh_capability_get(i)->source;

		assert_non_null(source);
		assert_memory_equal(source, page, sizeof(page) - 1);
		assert_non_null(strstr(source + sizeof(page) - 1, ".c"));
	}
}

/* What is graded so high that nobody should grade it lower by mistake, and the other way round. */
static void test_grades(void **state)
{
	static const unsigned hosts[] = { CAP_DAC_READ_SEARCH, CAP_SYS_MODULE, CAP_SYS_RAWIO,
		CAP_SYS_ADMIN, CAP_SYS_BOOT };
	wh_capset host = 0, low = 0;
	const struct wh_capset_info *info;

	(void)state;
	for (size_t i = 0; i < WH_COUNT(hosts); i++)
		host |= wh_capset_of(hosts[i]);
	for (unsigned i = 0; i < WH_CAP_COUNT; i++) {
		enum wh_grade grade = wh_capability_get(i)->grade;

		assert_in_range(grade, WH_GRADE_LOW, WH_GRADE_HOST);
		assert_int_equal(grade == WH_GRADE_HOST, (host & wh_capset_of(i)) != 0);
		if (grade <= WH_GRADE_MEDIUM)
			low |= wh_capset_of(i);
	}
	/* No engine gives by default what reaches the host. */
	for (size_t i = 0; (info = wh_capset_info_get(i)) != NULL; i++)
		assert_true((info->set & ~low) == 0);
	for (enum wh_grade grade = 0; grade < WH_GRADES; grade++) {
		assert_non_null(wh_grade_info(grade)->name);
		assert_non_null(wh_grade_info(grade)->meaning);
		for (enum wh_grade other = 0; other < grade; other++)
			assert_string_not_equal(
				wh_grade_info(grade)->name, wh_grade_info(other)->name);
	}
}

static void test_sets(void **state)
{
	static const struct {
		const char *name;
		wh_capset set;
		int size;
	} rows[] = {
		{ "docker", UINT64_C(0xa80425fb), 14 },
		{ "containerd", UINT64_C(0xa80425fb), 14 },
		{ "podman", UINT64_C(0x800405fb), 11 },
		{ "cri-o", UINT64_C(0x5fb), 9 },
		{ "baseline", UINT64_C(0xa80405fb), 13 },
		{ "restricted", UINT64_C(0x400), 1 },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(rows); i++) {
		const struct wh_capset_info *info = wh_capset_info_get(i);
		unsigned capability;

		assert_non_null(info);
		assert_string_equal(info->name, rows[i].name);
		assert_true(info->set == rows[i].set);
		assert_int_equal(__builtin_popcountll(info->set), rows[i].size);
		assert_non_null(info->title);
		assert_non_null(info->source);
		/* A name that people write is a set or a capability. */
		assert_false(wh_capability_from_human(wh_slice_of(info->name), &capability));
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(info->title, wh_capset_info_get(j)->title);
	}
	assert_null(wh_capset_info_get(WH_COUNT(rows)));
	assert_null(wh_capset_info_get(SIZE_MAX));
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
		cmocka_unit_test(test_phrases_are_said_once),
		cmocka_unit_test(test_sources_name_a_file_of_the_kernel),
		cmocka_unit_test(test_grades),
		cmocka_unit_test(test_sets),
		cmocka_unit_test(test_oci_takes_exact_names_only),
		cmocka_unit_test(test_people_may_spell_as_they_like),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
