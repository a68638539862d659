/* SPDX-License-Identifier: Apache-2.0 */
/* What a kernel wrote, against what it said itself that it wrote (its text file "trace"). */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "trace-sample.h"

/* A line for each record; of a stack how deep it is, and the one address that the listing does not
 * have as a name. */
static const char expected[] = "94 fork 95\n"
			       "95 syscall 92 7 256\n"
			       "95 check 0 ffffffff82a53a40\n"
			       "95 stack 16 ffffffffc02010c8\n"
			       "95 answer 1\n"
			       "95 exit\n"
			       "94 fork 96\n"
			       "96 exec /proc/self/exe\n"
			       "96 exit\n"
			       "94 fork 97\n"
			       "97 exec /proc/self/exe\n"
			       "97 syscall 92 9 256\n"
			       "97 check 0 ffffffff82a53a40\n"
			       "97 stack 16 ffffffffc02010c8\n"
			       "97 answer 1\n"
			       "97 check 0 ffffffff82a53a40\n"
			       "97 stack 16 ffffffffc02010c8\n"
			       "97 answer 1\n"
			       "97 exit\n"
			       "94 exec /proc/self/exe\n"
			       "94 answer 1\n"
			       "94 syscall 50 1 3871628868814487544\n"
			       "94 listen 80 6\n"
			       "94 exit\n";

static void write_stack(
	const struct wh_trace_layout *layout, struct wh_slice record, struct wh_buf *ret)
{
	uint64_t stack[WH_STACK_MAX];
	unsigned depth = wh_trace_stack(layout, record, stack);

	assert_true(depth > 4);
	wh_buf_addf(ret, "stack %u %" PRIx64 "\n", depth, stack[4]);
}

static void write_record(
	const struct wh_trace_layout *layout, struct wh_slice record, struct wh_buf *ret)
{
	struct wh_event event;
	int32_t tid = 0;
	enum wh_traced kind = wh_trace_identify(layout, record, &tid);

	wh_buf_addf(ret, "%d ", tid);
	if (kind == WH_TRACED_STACK) {
		write_stack(layout, record, ret);
		return;
	}
	if (kind == WH_TRACED_ANSWER) {
		wh_buf_addf(ret, "answer %d\n", wh_trace_answer(layout, record));
		return;
	}
	assert_true(wh_trace_decode(layout, kind, record, &event));
	assert_int_equal(event.tid, tid);
	switch (event.kind) {
	case WH_EVENT_CHECK:
		wh_buf_addf(
			ret, "check %u %" PRIx64 "\n", event.check.capability, event.check.target);
		break;
	case WH_EVENT_EXEC:
		wh_buf_addf(ret, "exec %.*s\n", (int)event.exec.len, event.exec.file);
		break;
	case WH_EVENT_FORK:
		wh_buf_addf(ret, "fork %d\n", event.fork.child);
		break;
	case WH_EVENT_EXIT:
		wh_buf_add_string(ret, "exit\n");
		break;
	case WH_EVENT_SYSCALL:
		wh_buf_addf(ret, "syscall %" PRId64 " %" PRIu64 " %" PRIu64 "\n",
			event.syscall.number, event.syscall.args[1], event.syscall.args[3]);
		break;
	case WH_EVENT_PORT:
		wh_buf_addf(ret, "listen %u %u\n", event.port.number, event.port.protocol);
		break;
	case WH_EVENT_JOIN:
	case WH_EVENT_LOST:
		fail_msg("a record is no such event");
	}
}

static void test_of_a_kernel(void **state)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_trace_layout layout;
	struct wh_ring_layout ring;
	struct wh_ring_page page;
	struct wh_slice record;
	char bytes[8192];

	(void)state;
	sample_layouts(&ring, &layout);
	assert_int_equal(
		wh_ring_page_begin(&ring, read_sample("page", bytes, sizeof(bytes)), &page), 0);
	while (wh_ring_page_next(&page, &record) == 1)
		write_record(&layout, record, &text);
	assert_string_equal(text.data, expected);
}

/* However short a record is cut, nothing behind it is read (a sanitizer looks), and what is missing
 * is not made up. */
static void test_cut_short(void **state)
{
	struct wh_trace_layout layout;
	struct wh_ring_layout ring;
	struct wh_ring_page page;
	struct wh_slice record;
	char bytes[8192];

	(void)state;
	sample_layouts(&ring, &layout);
	assert_int_equal(
		wh_ring_page_begin(&ring, read_sample("page", bytes, sizeof(bytes)), &page), 0);
	while (wh_ring_page_next(&page, &record) == 1) {
		int32_t tid;
		enum wh_traced kind = wh_trace_identify(&layout, record, &tid);
		uint64_t stack[WH_STACK_MAX];
		struct wh_event event;

		for (size_t len = 0; len < 8; len++)
			assert_int_equal(wh_trace_identify(&layout,
						 (struct wh_slice){ record.data, len }, &tid),
				WH_TRACED_KINDS);
		if (kind == WH_TRACED_ANSWER)
			assert_false(wh_trace_answer(&layout, (struct wh_slice){ record.data, 8 }));
		else if (kind == WH_TRACED_STACK)
			assert_int_equal(wh_trace_stack(&layout,
						 (struct wh_slice){ record.data, 31 }, stack),
				1);
		else if (kind != WH_TRACED_EXIT)
			assert_false(wh_trace_decode(
				&layout, kind, (struct wh_slice){ record.data, 8 }, &event));
	}
}

static struct wh_slice stack_of(char *bytes, uint16_t id, int32_t size, size_t longs)
{
	memset(bytes, 0, 16);
	memcpy(bytes, &id, sizeof(id));
	memcpy(bytes + 8, &size, sizeof(size));
	return (struct wh_slice){ bytes, 16 + longs * sizeof(uint64_t) };
}

static void test_stacks(void **state)
{
	char bytes[16 + 200 * sizeof(uint64_t)];
	uint64_t stack[WH_STACK_MAX], end = UINT64_MAX;
	struct wh_trace_layout layout;
	struct wh_ring_layout ring;
	uint16_t id;

	(void)state;
	sample_layouts(&ring, &layout);
	id = layout.kinds[WH_TRACED_STACK].id;
	memset(bytes, 1, sizeof(bytes));
	assert_int_equal(
		wh_trace_stack(&layout, stack_of(bytes, id, 200, 200), stack), WH_STACK_MAX);
	assert_int_equal(wh_trace_stack(&layout, stack_of(bytes, id, 200, 3), stack), 3);
	assert_int_equal(wh_trace_stack(&layout, stack_of(bytes, id, 2, 3), stack), 2);
	assert_int_equal(wh_trace_stack(&layout, stack_of(bytes, id, 0, 3), stack), 0);
	assert_int_equal(wh_trace_stack(&layout, stack_of(bytes, id, -1, 3), stack), 0);
	memcpy(bytes + 16 + 8, &end, sizeof(end));
	assert_int_equal(wh_trace_stack(&layout, stack_of(bytes, id, 3, 3), stack), 1);
	layout.long_size = 4;
	assert_int_equal(wh_trace_stack(&layout, stack_of(bytes, id, 4, 3), stack), 2);
	assert_true(stack[1] == 0x01010101);
}

static void test_capabilities_that_are_none(void **state)
{
	static const int32_t caps[] = { -1, 64, INT32_MIN, INT32_MAX };
	struct wh_trace_layout layout;
	struct wh_ring_layout ring;
	struct wh_event event;
	char bytes[64] = "";
	int32_t newest = 63;

	(void)state;
	sample_layouts(&ring, &layout);
	for (size_t i = 0; i < WH_COUNT(caps); i++) {
		memcpy(bytes + 16, &caps[i], sizeof(caps[i]));
		assert_false(wh_trace_decode(&layout, WH_TRACED_CHECK,
			(struct wh_slice){ bytes, sizeof(bytes) }, &event));
	}
	memcpy(bytes + 16, &newest, sizeof(newest));
	assert_true(wh_trace_decode(
		&layout, WH_TRACED_CHECK, (struct wh_slice){ bytes, sizeof(bytes) }, &event));
	assert_int_equal(event.check.capability, 63);
	assert_int_equal(event.check.depth, 0);
}

static void test_layouts_that_lack_something(void **state)
{
	struct wh_trace_layout layout = { .long_size = 8 };
	struct wh_format format;
	char text[8192];

	(void)state;
	assert_int_equal(
		wh_format_parse(read_sample("exit.format", text, sizeof(text)), &format), 0);
	assert_int_equal(wh_trace_layout_add(&layout, WH_TRACED_EXEC, &format), -EINVAL);
	format.id = 0;
	assert_int_equal(wh_trace_layout_add(&layout, WH_TRACED_EXIT, &format), -EINVAL);
	assert_int_equal(
		wh_format_parse(read_sample("header-page", text, sizeof(text)), &format), 0);
	format.id = 1;
	assert_int_equal(wh_trace_layout_add(&layout, WH_TRACED_EXIT, &format), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_of_a_kernel),
		cmocka_unit_test(test_cut_short),
		cmocka_unit_test(test_stacks),
		cmocka_unit_test(test_capabilities_that_are_none),
		cmocka_unit_test(test_layouts_that_lack_something),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
