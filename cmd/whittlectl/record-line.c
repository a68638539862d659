/* SPDX-License-Identifier: Apache-2.0 */
#include "record-line.h"

#include <errno.h>
#include <stddef.h>
#include <time.h>

void wh_record_done(struct wh_record_line *record)
{
	wh_json_free(record->doc);
	*record = (struct wh_record_line)WH_RECORD_INIT;
}

int wh_record_read_take(struct wh_record_line *ret, struct wh_buf *line)
{
	static const struct {
		const char *key;
		size_t offset;
	} texts[] = {
		{ "time", offsetof(struct wh_record_line, time) },
		{ "result", offsetof(struct wh_record_line, result) },
		{ "command", offsetof(struct wh_record_line, command) },
		{ "id", offsetof(struct wh_record_line, id) },
		{ "bundle", offsetof(struct wh_record_line, bundle) },
		{ "engine", offsetof(struct wh_record_line, engine) },
		{ "container", offsetof(struct wh_record_line, container) },
		{ "image", offsetof(struct wh_record_line, image) },
		{ "rule", offsetof(struct wh_record_line, rule) },
		{ "error", offsetof(struct wh_record_line, error) },
	};
	struct wh_record_line record WH_CLEANUP(wh_record_done) = WH_RECORD_INIT;
	int r = wh_json_parse_take(&record.doc, line, NULL, NULL);

	if (r < 0)
		return r == -ENOMEM ? r : -EINVAL;
	record.root = wh_json_root(record.doc);
	if (wh_json_type(record.doc, record.root) != WH_JSON_OBJECT)
		return -EINVAL;
	for (size_t i = 0; i < WH_COUNT(texts); i++)
		*(struct wh_slice *)((char *)&record + texts[i].offset) = wh_json_string(
			record.doc, wh_json_get(record.doc, record.root, texts[i].key));
	r = wh_json_status(record.doc);
	if (r < 0)
		return r;
	*ret = record;
	record = (struct wh_record_line)WH_RECORD_INIT;
	return 0;
}

wh_node wh_record_changes(const struct wh_record_line *record)
{
	wh_node changes = wh_json_get(record->doc, record->root, "changes");

	return wh_json_type(record->doc, changes) == WH_JSON_ARRAY ? changes : WH_NO_NODE;
}

struct wh_record_change wh_record_change(const struct wh_record_line *record, wh_node element)
{
	struct wh_json *doc = record->doc;

	return (struct wh_record_change){
		.kind = wh_json_string(doc, wh_json_get(doc, element, "kind")),
		.action = wh_json_string(doc, wh_json_get(doc, element, "action")),
		.what = wh_json_string(doc, wh_json_get(doc, element, "what")),
	};
}

/* ---- time -------------------------------------------------------------------------------- */

/* Takes this many digits from the front of the text. False when they are not there. */
static bool take_digits(struct wh_slice *text, size_t count, int *ret)
{
	*ret = 0;
	if (text->len < count)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (text->data[i] < '0' || text->data[i] > '9')
			return false;
		*ret = *ret * 10 + (text->data[i] - '0');
	}
	text->data += count;
	text->len -= count;
	return true;
}

/* Takes one byte that is one of these; it, or NUL when it is another. */
static char take_one_of(struct wh_slice *text, const char *bytes)
{
	for (; text->len > 0 && *bytes != '\0'; bytes++) {
		if (*text->data != *bytes)
			continue;
		text->data++;
		text->len--;
		return *bytes;
	}
	return '\0';
}

/* "Z", or the hours and minutes that the clock is ahead of UTC, as seconds. */
static bool take_zone(struct wh_slice *text, int *ret)
{
	char sign = take_one_of(text, "Zz+-");
	int hours = 0, minutes = 0;

	*ret = 0;
	if (sign == 'Z' || sign == 'z')
		return true;
	if (sign == '\0' || !take_digits(text, 2, &hours) || take_one_of(text, ":") == '\0' ||
		!take_digits(text, 2, &minutes) || hours > 23 || minutes > 59)
		return false;
	*ret = (hours * 60 + minutes) * (sign == '-' ? -60 : 60);
	return true;
}

bool wh_record_time(struct wh_slice text, int64_t *ret)
{
	int year, month, day, hour, minute, second, ahead, ignored;
	struct tm when;

	if (!take_digits(&text, 4, &year) || take_one_of(&text, "-") == '\0' ||
		!take_digits(&text, 2, &month) || take_one_of(&text, "-") == '\0' ||
		!take_digits(&text, 2, &day) || take_one_of(&text, "Tt") == '\0' ||
		!take_digits(&text, 2, &hour) || take_one_of(&text, ":") == '\0' ||
		!take_digits(&text, 2, &minute) || take_one_of(&text, ":") == '\0' ||
		!take_digits(&text, 2, &second))
		return false;
	if (take_one_of(&text, ".") != '\0') {
		if (!take_digits(&text, 1, &ignored))
			return false;
		while (take_digits(&text, 1, &ignored))
			;
	}
	if (!take_zone(&text, &ahead) || text.len > 0 || hour > 23 || minute > 59 || second > 60)
		return false;
	when = (struct tm){ .tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day };
	*ret = timegm(&when) + hour * 3600 + minute * 60 + second - ahead;
	/* timegm(3) makes 2 March of 30 February. */
	return when.tm_mon == month - 1 && when.tm_mday == day;
}
