/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A record as people read it: who and by which rule on one line, and below it why it was refused
 * and what was taken.
 */

#include "log.h"

#include <string.h>

#define INDENT 4
#define SHORT_ID 12 /* as engines show it */
#define LONG_ID 64

enum wh_shade wh_log_shade(struct wh_slice result)
{
	static const struct {
		const char *word;
		enum wh_shade shade;
	} shades[] = {
		{ "changed", WH_GOOD },
		{ "unchanged", WH_PLAIN },
		{ "refused", WH_BAD },
	};

	for (size_t i = 0; i < WH_COUNT(shades); i++) {
		if (wh_slice_is(result, shades[i].word))
			return shades[i].shade;
	}
	return WH_DOUBT;
}

static struct wh_slice shown_id(struct wh_slice id)
{
	if (id.len != LONG_ID)
		return id;
	for (size_t i = 0; i < id.len; i++) {
		if (id.data[i] == '\0' || strchr("0123456789abcdef", id.data[i]) == NULL)
			return id;
	}
	return (struct wh_slice){ id.data, SHORT_ID };
}

/* One column, "-" where nothing is known. The last one has no blanks behind it. */
static void add_column(
	struct wh_screen *screen, enum wh_shade shade, struct wh_slice text, size_t width)
{
	struct wh_slice shown = text.len == 0 ? WH_SLICE("-") : wh_log_cut(text);
	size_t used = wh_screen_width_of(shown.data, shown.len);

	wh_screen_add(screen, shade, shown.data, shown.len);
	if (width > 0)
		wh_screen_blanks(screen, 2 + (used < width ? width - used : 0));
}

/* "CAP_A, CAP_B; devices: /dev/a, /dev/b": a kind is named once for what follows it. */
static void add_change(struct wh_buf *to, struct wh_slice before, struct wh_record_change change)
{
	bool goes_on = to->len > 0 && wh_slice_eq(before, change.kind);

	if (goes_on)
		wh_buf_add_string(to, ", ");
	else if (to->len > 0)
		wh_buf_add_string(to, "; ");
	if (!goes_on && !wh_slice_is(change.kind, "capabilities")) {
		wh_buf_add_slice(to, wh_log_cut(change.kind));
		wh_buf_add_string(to, ": ");
	}
	wh_buf_add_slice(to, wh_log_cut(change.what));
	if (wh_slice_is(change.action, "kept"))
		wh_buf_add_string(to, " (kept)");
}

static void add_changes(const struct wh_record_line *record, struct wh_screen *screen)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_slice before = { NULL, 0 };
	uint64_t omitted = 0;

	wh_json_each_element (record->doc, wh_record_changes(record), element) {
		struct wh_record_change change = wh_record_change(record, element);

		add_change(&text, before, change);
		before = change.kind;
	}
	if (wh_json_u64(record->doc, wh_json_get(record->doc, record->root, "changesOmitted"),
		    &omitted) == 0)
		wh_buf_addf(&text, "; and %llu more", (unsigned long long)omitted);
	if (wh_buf_status(&text) < 0) {
		screen->to->failed = true;
	} else if (text.len > 0) {
		wh_screen_blanks(screen, INDENT);
		wh_screen_wrap(screen, WH_PLAIN, text.data, INDENT, INDENT);
	}
}

static void add_error(const struct wh_record_line *record, struct wh_screen *screen)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;

	if (record->error.len == 0)
		return;
	wh_buf_add_slice(&text, wh_log_cut(record->error));
	if (wh_buf_status(&text) < 0) {
		screen->to->failed = true;
		return;
	}
	wh_screen_blanks(screen, INDENT);
	wh_screen_wrap(screen, wh_log_shade(record->result), text.data, INDENT, INDENT);
}

void wh_log_write_text(const struct wh_record_line *record, struct wh_screen *screen)
{
	add_column(screen, WH_PLAIN, record->time, sizeof("2026-01-31T12:00:00Z") - 1);
	add_column(
		screen, wh_log_shade(record->result), record->result, sizeof("would-refuse") - 1);
	add_column(screen, WH_PLAIN, record->engine, sizeof("containerd") - 1);
	add_column(screen, WH_PLAIN, shown_id(record->id), SHORT_ID);
	add_column(screen, WH_PLAIN, record->image, 1);
	add_column(screen, WH_PLAIN, record->rule, 0);
	wh_buf_add_char(screen->to, '\n');
	add_error(record, screen);
	add_changes(record, screen);
}
