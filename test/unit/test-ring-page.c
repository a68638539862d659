/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "trace-sample.h"

#define MISSED (UINT64_C(1) << 31)
#define STORED (UINT64_C(1) << 30)

static const struct wh_ring_layout layout = { 8, 8, 16, 4080 };

static void assert_record(struct wh_ring_page *page, uint64_t time, const char *bytes)
{
	struct wh_slice record;

	assert_int_equal(wh_ring_page_next(page, &record), 1);
	assert_true(page->time == time);
	assert_int_equal(record.len, strlen(bytes));
	assert_memory_equal(record.data, bytes, record.len);
}

static void assert_end(struct wh_ring_page *page)
{
	struct wh_slice record;

	assert_int_equal(wh_ring_page_next(page, &record), 0);
	assert_int_equal(wh_ring_page_next(page, &record), 0);
}

static void put_bytes(struct made_page *page, const char *four)
{
	uint32_t word;

	memcpy(&word, four, sizeof(word));
	put_word(page, word);
}

/* What the kernel's own listing said of this page: 24 records, and three stacks among them. */
static void test_of_a_kernel(void **state)
{
	struct wh_ring_layout ring;
	struct wh_ring_page page;
	struct wh_slice record;
	unsigned count = 0;
	char bytes[8192];

	(void)state;
	assert_int_equal(
		wh_ring_layout_parse(read_sample("header-page", bytes, sizeof(bytes)), &ring), 0);
	assert_memory_equal(&ring, &layout, sizeof(ring));
	assert_int_equal(wh_ring_page_size(&ring), 4096);
	assert_int_equal(
		wh_ring_page_begin(&ring, read_sample("page", bytes, sizeof(bytes)), &page), 0);
	assert_int_equal(page.lost, 0);
	assert_int_equal(page.time / 1000, 2369608);
	while (wh_ring_page_next(&page, &record) == 1) {
		if (++count == 1)
			assert_int_equal(page.time / 1000, 2369608);
	}
	assert_int_equal(count, 24);
	assert_int_equal(page.time / 1000, 3699970);
	assert_int_equal(
		wh_ring_page_begin(&ring, read_sample("page-lost", bytes, sizeof(bytes)), &page),
		0);
	assert_int_equal(page.lost, 1);
	for (count = 0; wh_ring_page_next(&page, &record) == 1; count++)
		assert_int_equal(record.len, 64);
	assert_int_equal(count, 60);
}

static void test_lengths(void **state)
{
	struct made_page page = { .len = 0 };
	struct wh_ring_page at;

	(void)state;
	put_head(&page, 2, 5);
	put_bytes(&page, "abcd");
	put_bytes(&page, "efgh");
	put_head(&page, 0, 6); /* the length stands in a word, which it counts */
	put_word(&page, 8);
	put_bytes(&page, "ijkl");
	put_head(&page, 28, 0);
	for (int i = 0; i < 28; i++)
		put_bytes(&page, "mnop");
	put_head(&page, 1, (1u << 27) - 1);
	put_bytes(&page, "last");
	assert_int_equal(wh_ring_page_begin(&layout, made(&page, 1000, 0), &at), 0);
	assert_record(&at, 1005, "abcdefgh");
	assert_record(&at, 1011, "ijkl");
	assert_record(&at, 1011,
		"mnopmnopmnopmnopmnopmnopmnopmnopmnopmnopmnopmnopmnopmnop"
		"mnopmnopmnopmnopmnopmnopmnopmnopmnopmnopmnopmnopmnopmnop");
	assert_record(&at, 1011 + (1u << 27) - 1, "last");
	assert_end(&at);
}

static void test_times(void **state)
{
	const uint64_t top = UINT64_C(1) << 59;
	struct made_page page = { .len = 0 };
	struct wh_ring_page at;

	(void)state;
	put_head(&page, 30, 3); /* a time that does not fit */
	put_word(&page, 2);
	put_head(&page, 1, 1);
	put_bytes(&page, "abcd");
	put_head(&page, 31, 7); /* an absolute one */
	put_word(&page, 1u << 31);
	put_head(&page, 1, 1);
	put_bytes(&page, "efgh");
	assert_int_equal(wh_ring_page_begin(&layout, made(&page, 1000, 0), &at), 0);
	assert_record(&at, 1000 + 3 + (2u << 27) + 1, "abcd");
	assert_record(&at, 7 + (UINT64_C(1) << 58) + 1, "efgh");
	assert_end(&at);
	/* An absolute time lacks the highest bits: those of the page hold, or one more. */
	assert_int_equal(wh_ring_page_begin(&layout, made(&page, 3 * top + 1000, 0), &at), 0);
	assert_record(&at, 3 * top + 1000 + 3 + (2u << 27) + 1, "abcd");
	assert_record(&at, 3 * top + 7 + (UINT64_C(1) << 58) + 1, "efgh");
	assert_int_equal(
		wh_ring_page_begin(&layout, made(&page, 3 * top + top / 2 + 1000, 0), &at), 0);
	assert_record(&at, 3 * top + top / 2 + 1000 + 3 + (2u << 27) + 1, "abcd");
	assert_record(&at, 4 * top + 7 + (UINT64_C(1) << 58) + 1, "efgh");
}

static void test_padding(void **state)
{
	struct made_page page = { .len = 0 };
	struct wh_ring_page at;

	(void)state;
	put_head(&page, 29, 4); /* a record that was taken back */
	put_word(&page, 12);
	put_bytes(&page, "gone");
	put_bytes(&page, "gone");
	put_head(&page, 1, 2);
	put_bytes(&page, "abcd");
	put_head(&page, 29, 0); /* nothing more on this page */
	put_word(&page, 4000);
	put_bytes(&page, "gone");
	assert_int_equal(wh_ring_page_begin(&layout, made(&page, 10, 0), &at), 0);
	assert_record(&at, 16, "abcd");
	assert_end(&at);
}

static void test_lost(void **state)
{
	struct made_page page = { .len = 0 };
	struct wh_ring_page at;
	const uint64_t count = 77;

	(void)state;
	put_head(&page, 1, 0);
	put_bytes(&page, "abcd");
	memcpy(page.bytes + PAGE_DATA + page.len, &count, sizeof(count));
	assert_int_equal(wh_ring_page_begin(&layout, made(&page, 10, MISSED | STORED), &at), 0);
	assert_int_equal(at.lost, 77);
	assert_record(&at, 10, "abcd");
	assert_end(&at);
	assert_int_equal(wh_ring_page_begin(&layout, made(&page, 10, MISSED), &at), 0);
	assert_int_equal(at.lost, 1);
	assert_int_equal(wh_ring_page_begin(&layout, made(&page, 10, STORED), &at), 0);
	assert_int_equal(at.lost, 0);
	/* A full page has no room for how many. */
	page.len = 4076;
	assert_int_equal(wh_ring_page_begin(&layout, made(&page, 10, MISSED | STORED), &at), 0);
	assert_int_equal(at.lost, 1);
}

/* Nothing leads out of a page, and nothing goes round in circles. */
static void test_broken(void **state)
{
	static const uint32_t words[][3] = {
		{ 2, 0, 0 },          /* longer than what is there (by a third word) */
		{ 0, 3, 0 },          /* a length that does not count itself */
		{ 0, 0, 0 },          /* likewise */
		{ 0, 0xffffffff, 0 }, /* as long as the address space */
		{ 0, 0x80000000, 0 }, /* likewise */
		{ 29 | 32, 0, 0 },    /* of what was taken back */
		{ 29 | 32, 4096, 0 }, /* likewise */
		{ 28, 0, 0 },
	};
	struct wh_ring_page at;
	struct wh_slice record;
	struct made_page page;

	(void)state;
	for (size_t i = 0; i < WH_COUNT(words); i++) {
		page.len = 0;
		put_word(&page, words[i][0]);
		put_word(&page, words[i][1]);
		assert_int_equal(wh_ring_page_begin(&layout, made(&page, 10, 0), &at), 0);
		assert_int_equal(wh_ring_page_next(&at, &record), -EINVAL);
	}
	page.len = 0; /* the second word is missing */
	put_word(&page, 30);
	assert_int_equal(wh_ring_page_begin(&layout, made(&page, 10, 0), &at), 0);
	assert_int_equal(wh_ring_page_next(&at, &record), -EINVAL);
	page.len = 4081;
	assert_int_equal(wh_ring_page_begin(&layout, made(&page, 10, 0), &at), -EINVAL);
	page.len = 0;
	assert_int_equal(wh_ring_page_begin(
				 &layout, (struct wh_slice){ made(&page, 10, 0).data, 4095 }, &at),
		-EINVAL);
	assert_int_equal(wh_ring_page_begin(&layout, (struct wh_slice){ "", 0 }, &at), -EINVAL);
}

#define FIELD(name, offset, size) \
	"\tfield: u64 " name ";\toffset:" offset ";\tsize:" size ";\tsigned:0;\n"

static void test_layouts(void **state)
{
	static const char *const bad[] = {
		"",
		FIELD("timestamp", "0", "8") FIELD("commit", "8", "8"),
		FIELD("timestamp", "0", "8") FIELD("data", "16", "4080"),
		FIELD("commit", "8", "8") FIELD("data", "16", "4080"),
		FIELD("timestamp", "4", "8") FIELD("commit", "12", "8") FIELD("data", "20", "80"),
		FIELD("timestamp", "0", "4") FIELD("commit", "8", "8") FIELD("data", "16", "4080"),
		FIELD("timestamp", "0", "8") FIELD("commit", "4", "8") FIELD("data", "16", "4080"),
		FIELD("timestamp", "0", "8") FIELD("commit", "8", "2") FIELD("data", "16", "4080"),
		FIELD("timestamp", "0", "8") FIELD("commit", "8", "8") FIELD("data", "12", "4080"),
		FIELD("timestamp", "0", "8") FIELD("commit", "8", "8") FIELD("data", "16", "4"),
	};
	struct wh_ring_layout ring;

	(void)state;
	for (size_t i = 0; i < WH_COUNT(bad); i++)
		assert_int_equal(wh_ring_layout_parse(wh_slice_of(bad[i]), &ring), -EINVAL);
	assert_int_equal(
		wh_ring_layout_parse(
			wh_slice_of(FIELD("timestamp", "0", "8") FIELD("commit", "8", "4")
					FIELD("overwrite", "8", "1") FIELD("data", "12", "4084")),
			&ring),
		0);
	assert_int_equal(ring.commit_size, 4);
	assert_int_equal(wh_ring_page_size(&ring), 4096);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_of_a_kernel),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_padding),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_layouts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
