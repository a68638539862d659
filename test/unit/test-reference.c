/* SPDX-License-Identifier: Apache-2.0 */
/* Image references: one spelling for what people type in many, and what is none. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/arena.h"
#include "oci/reference.h"

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define DIGEST "@sha256:" HEX64
#define A16 "aaaaaaaaaaaaaaaa"
#define A32 A16 A16
#define A64 A32 A32
#define A128 A64 A64
#define HUB "docker.io/library/"

/* `expected` NULL: no reference. */
static void check(const char *typed, unsigned flags, const char *expected)
{
	struct wh_arena arena = WH_ARENA_INIT;
	const char *got = NULL, *why = NULL;
	int r = wh_reference_normalise(wh_slice_of(typed), flags, &arena, &got, &why);

	if (expected == NULL) {
		if (r != -EINVAL || why == NULL || got != NULL)
			fail_msg("%s: %d, %s", typed, r, got == NULL ? "" : got);
	} else if (r != 0 || strcmp(got, expected) != 0 || why != NULL) {
		fail_msg(
			"%s: %d, %s, %s", typed, r, got == NULL ? "" : got, why == NULL ? "" : why);
	}
	wh_arena_done(&arena);
}

static void test_names(void **state)
{
	static const struct {
		const char *typed, *expected;
	} rows[] = {
		{ "busybox", HUB "busybox:latest" },
		{ "busybox:1.35", HUB "busybox:1.35" },
		{ "library/busybox", HUB "busybox:latest" },
		{ "docker.io/busybox", HUB "busybox:latest" },
		{ "index.docker.io/busybox:1", HUB "busybox:1" },
		{ "index.docker.io/a/b", "docker.io/a/b:latest" },
		{ "bitnami/postgres:16", "docker.io/bitnami/postgres:16" },
		{ "a/b/c", "docker.io/a/b/c:latest" },
		{ "ghcr.io/a/b", "ghcr.io/a/b:latest" },
		{ "ghcr.io/a", "ghcr.io/a:latest" },
		{ "localhost/x", "localhost/x:latest" },
		{ "localhost:5000/x:y", "localhost:5000/x:y" },
		{ "registry:5000/x", "registry:5000/x:latest" },
		{ "Registry/x", "Registry/x:latest" },
		{ "[fe80::1]:5000/x", "[fe80::1]:5000/x:latest" },
		{ "busybox" DIGEST, HUB "busybox" DIGEST },
		{ "busybox:1.35" DIGEST, HUB "busybox" DIGEST },
		{ "ghcr.io/a/b:1" DIGEST, "ghcr.io/a/b" DIGEST },
		{ "x@sha512:" HEX64 HEX64, HUB "x@sha512:" HEX64 HEX64 },
		{ "a__b", HUB "a__b:latest" },
		{ "a_b.c-d---e", HUB "a_b.c-d---e:latest" },
		{ "x:_T.a-g", HUB "x:_T.a-g" },
		{ "x:" A128, HUB "x:" A128 },
		{ "deadbeef", HUB "deadbeef:latest" },

		{ "", NULL },
		{ "Busybox", NULL },
		{ "docker.io/Busybox", NULL },
		{ "a___b", NULL },
		{ "a..b", NULL },
		{ "a._b", NULL },
		{ "-a", NULL },
		{ "a-", NULL },
		{ "a//b", NULL },
		{ "/a", NULL },
		{ "a/", NULL },
		{ "a b", NULL },
		{ "a\nb", NULL },
		{ "a:", NULL },
		{ "a:-b", NULL },
		{ "a:.b", NULL },
		{ "a:b c", NULL },
		{ "x:" A128 "a", NULL },
		{ "a@", NULL },
		{ "a@sha256", NULL },
		{ "a@sha256:", NULL },
		{ "a@sha256:abc", NULL },
		{ "a@sha256:" HEX64 "0", NULL },
		{ "a@sha256:ABCDEF6789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
			NULL },
		{ "a" DIGEST DIGEST, NULL },
		{ "a@:" HEX64, NULL },
		{ ".io/x", NULL },
		{ "a..io/x", NULL },
		{ "a.io:/x", NULL },
		{ "a.io:5x/x", NULL },
		{ "[fe80::1/x", NULL },
		{ "a.io/" A128 A128, NULL },
		{ "a.io/" A128 A64 A32 A16 "aaaaaaaaaa",
			"a.io/" A128 A64 A32 A16 "aaaaaaaaaa:latest" },
		{ "a.io/" A128 A64 A32 A16 "aaaaaaaaaaa", NULL },
		/* The name is as long as it is when it is complete. */
		{ A128 A64 A32 "aaaaaaaaaaaaa", HUB A128 A64 A32 "aaaaaaaaaaaaa:latest" },
		{ A128 A64 A32 "aaaaaaaaaaaaaa", NULL },
		{ "\xc3\xa9", NULL },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(rows); i++)
		check(rows[i].typed, WH_REFERENCE_HUB, rows[i].expected);
}

/* A record may have any byte in it. */
static void test_a_nul_in_a_name(void **state)
{
	static const char typed[] = "a\0b";
	struct wh_arena arena = WH_ARENA_INIT;
	const char *got = NULL, *why = NULL;

	(void)state;
	assert_int_equal(wh_reference_normalise((struct wh_slice){ typed, sizeof(typed) - 1 },
				 WH_REFERENCE_HUB, &arena, &got, &why),
		-EINVAL);
	wh_arena_done(&arena);
}

/* Podman and CRI-O may have looked a short name up in any registry. */
static void test_names_without_a_hub(void **state)
{
	(void)state;
	check("busybox", 0, NULL);
	check("library/busybox:1", 0, NULL);
	check("localhost/busybox:1", 0, "localhost/busybox:1");
	check("docker.io/library/busybox", 0, HUB "busybox:latest");
	check("quay.io/a/b" DIGEST, 0, "quay.io/a/b" DIGEST);
}

static void test_ids(void **state)
{
	static const struct {
		const char *typed, *id;
		bool expected;
	} rows[] = {
		{ "sha256:" HEX64, "", true },
		{ "sha256:abc", "", true },
		{ HEX64, "", true },
		{ "0123", "sha256:" HEX64, true },
		{ "0123", HEX64, true },
		{ "0123456789ab", "sha256:" HEX64, true },
		{ "0124", "sha256:" HEX64, false },
		{ "0123", "", false },
		{ "0123:4", "sha256:" HEX64, false },
		{ "0123X", "sha256:" HEX64, false },
		{ "busybox", "sha256:" HEX64, false },
		{ HEX64 "0", "sha256:" HEX64, false },
		{ "", "sha256:" HEX64, false },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(rows); i++) {
		struct wh_slice id = wh_slice_of(rows[i].id);

		if (wh_reference_is_id(wh_slice_of(rows[i].typed), id) != rows[i].expected)
			fail_msg("row %zu", i);
	}
	assert_false(
		wh_reference_is_id((struct wh_slice){ NULL, 0 }, (struct wh_slice){ NULL, 0 }));
}

static void test_image_ids(void **state)
{
	struct wh_slice digits = { NULL, 0 };

	(void)state;
	assert_true(wh_image_id_digits(wh_slice_of("sha256:" HEX64), &digits));
	assert_true(wh_slice_is(digits, HEX64));
	assert_true(wh_image_id_digits(wh_slice_of(HEX64), &digits));
	assert_false(wh_image_id_digits(wh_slice_of("sha256:" HEX64 "0"), &digits));
	assert_false(wh_image_id_digits(wh_slice_of("sha256:"), &digits));
	assert_false(wh_image_id_digits(wh_slice_of("sha512:" HEX64), &digits));
	assert_false(wh_image_id_digits((struct wh_slice){ NULL, 0 }, &digits));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_a_nul_in_a_name),
		cmocka_unit_test(test_names_without_a_hub),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_image_ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
