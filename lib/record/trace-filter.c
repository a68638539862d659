/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel compares from left to right and stops at the first that decides. */

#include "record/trace-filter.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void wh_filter_capabilities(struct wh_buf *ret, wh_capset wanted, bool every)
{
	const char *between = "";

	if (!every && (wanted & WH_CAPSET_ALL) == 0) {
		wh_buf_add_string(ret, "cap < 0");
		return;
	}
	if (!every)
		wh_buf_add_char(ret, '(');
	for (unsigned cap = 0; cap < WH_CAP_COUNT; cap++) {
		bool is_wanted = (wanted & wh_capset_of(cap)) != 0;

		if (is_wanted == every)
			continue;
		wh_buf_addf(ret, "%scap %s %u", between, every ? "!=" : "==", cap);
		between = every ? " && " : " || ";
	}
	if (!every)
		wh_buf_add_char(ret, ')');
}

static int by_number(const void *a, const void *b)
{
	const int64_t *left = a, *right = b;

	return *left < *right ? -1 : *left > *right;
}

/* Adds a condition unless the text would become too long. */
static bool add(struct wh_buf *ret, size_t limit, const char *condition)
{
	if (ret->len + strlen(condition) + strlen(" && ") > limit)
		return false;
	wh_buf_addf(ret, "%s%s", ret->len > 0 ? " && " : "", condition);
	return true;
}

static bool add_each(struct wh_buf *ret, const int64_t *numbers, size_t count)
{
	char condition[64];

	for (size_t i = 0; i < count; i++) {
		(void)snprintf(condition, sizeof(condition), "id != %" PRId64, numbers[i]);
		if (!add(ret, WH_FILTER_MAX, condition))
			return false;
	}
	return true;
}

static void add_ranges(struct wh_buf *ret, const int64_t *numbers, size_t count)
{
	char condition[64];

	for (size_t i = 0, end; i < count; i = end) {
		for (end = i + 1; end < count && numbers[end] <= numbers[end - 1] + 1; end++)
			continue;
		if (numbers[i] == numbers[end - 1])
			(void)snprintf(condition, sizeof(condition), "id != %" PRId64, numbers[i]);
		else
			(void)snprintf(condition, sizeof(condition),
				"(id < %" PRId64 " || id > %" PRId64 ")", numbers[i],
				numbers[end - 1]);
		if (!add(ret, WH_FILTER_MAX, condition))
			return;
	}
}

void wh_filter_syscalls(struct wh_buf *ret, int64_t *numbers, size_t count)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;

	if (!add_each(&text, numbers, count)) {
		text.len = 0;
		qsort(numbers, count, sizeof(*numbers), by_number);
		add_ranges(&text, numbers, count);
	}
	wh_buf_add_slice(ret, (struct wh_slice){ text.data, text.len });
	if (wh_buf_status(&text) < 0)
		ret->failed = true;
}
