/* SPDX-License-Identifier: Apache-2.0 */
/* Which records are meant. A record that does not say what is asked for is not. */

#include "log.h"

#include <errno.h>
#include <fnmatch.h>
#include <string.h>
#include <time.h>

#define SHORTEST_ID 6 /* characters of an id's beginning */

/* "15m": this many seconds ago. */
static bool read_age(struct wh_slice text, int64_t *ret)
{
	static const struct {
		char name;
		int64_t seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
	int64_t number = 0;

	if (text.len < 2 || text.len > 10)
		return false;
	for (size_t i = 0; i + 1 < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
		number = number * 10 + (text.data[i] - '0');
	}
	for (size_t i = 0; i < WH_COUNT(units); i++) {
		if (units[i].name == text.data[text.len - 1]) {
			*ret = (int64_t)time(NULL) - number * units[i].seconds;
			return true;
		}
	}
	return false;
}

/* A day, or a day and a time: the same as RFC 3339, in UTC as records have it. */
static bool read_moment(struct wh_slice text, int64_t *ret)
{
	static const char day[] = "2026-01-31", moment[] = "2026-01-31 12:00:00";
	char copy[sizeof("2026-01-31T12:00:00Z")] = "2026-01-31T00:00:00Z";

	if (text.len == sizeof(moment) - 1 && text.data[sizeof(day) - 1] == ' ') {
		memcpy(copy, text.data, text.len);
		copy[sizeof(day) - 1] = 'T';
	} else if (text.len == sizeof(day) - 1) {
		memcpy(copy, text.data, text.len);
	} else {
		return wh_record_time(text, ret);
	}
	return wh_record_time(wh_slice_of(copy), ret);
}

static int read_since(struct wh_log_filter *filter, const char *text, struct wh_err *err)
{
	filter->since_given = text != NULL;
	if (text == NULL || read_age(wh_slice_of(text), &filter->since) ||
		read_moment(wh_slice_of(text), &filter->since))
		return 0;
	return wh_fail(err, EINVAL,
		"--since %s is no time; give 2026-01-31, \"2026-01-31 12:00:00\" (UTC), "
		"2026-01-31T12:00:00+01:00, or an age such as 30s, 15m, 2h or 7d",
		text);
}

static int read_removed(struct wh_log_filter *filter, const char *text, struct wh_err *err)
{
	filter->removed_given = text != NULL;
	if (text == NULL || wh_capability_from_human(wh_slice_of(text), &filter->removed))
		return 0;
	return wh_fail(err, EINVAL,
		"--removed %s is no capability; give a name such as CAP_NET_RAW (whittlectl caps "
		"has all)",
		text);
}

static int check_result(const char *text, struct wh_err *err)
{
	if (text == NULL)
		return 0;
	for (enum wh_log_result result = 0; result < WH_LOG_OTHER; result++) {
		if (strcmp(text, wh_log_result_word(result)) == 0)
			return 0;
	}
	return wh_fail(err, EINVAL,
		"--result %s is none; give changed, unchanged, refused, would-change or "
		"would-refuse",
		text);
}

int wh_log_filter_read(struct wh_log_filter *ret, const struct wh_words *words, struct wh_err *err)
{
	int r;

	*ret = (struct wh_log_filter){
		.container = wh_words_value(words, "container"),
		.image = wh_words_value(words, "image"),
		.result = wh_words_value(words, "result"),
		.rule = wh_words_value(words, "rule"),
	};
	r = read_since(ret, wh_words_value(words, "since"), err);
	if (r == 0)
		r = read_removed(ret, wh_words_value(words, "removed"), err);
	return r == 0 ? check_result(ret->result, err) : r;
}

static bool is_container(const struct wh_record_line *record, const char *container)
{
	size_t len = strlen(container);

	return wh_slice_is(record->container, container) || wh_slice_is(record->id, container) ||
	       (len >= SHORTEST_ID && len <= record->id.len &&
		       memcmp(record->id.data, container, len) == 0);
}

static bool has_removed(const struct wh_record_line *record, unsigned capability)
{
	wh_json_each_element (record->doc, wh_record_changes(record), element) {
		struct wh_record_change change = wh_record_change(record, element);
		unsigned found;

		if (wh_slice_is(change.kind, "capabilities") &&
			wh_slice_is(change.action, "removed") &&
			wh_capability_from_human(change.what, &found) && found == capability)
			return true;
	}
	return false;
}

static bool is_since(const struct wh_record_line *record, int64_t since)
{
	int64_t time;

	return wh_record_time(record->time, &time) && time >= since;
}

static int has_image(const struct wh_record_line *record, const char *pattern)
{
	struct wh_buf image WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;

	if (record->image.data == NULL)
		return 0;
	wh_buf_add_slice(&image, wh_log_cut(record->image));
	if (wh_buf_status(&image) < 0)
		return -ENOMEM;
	return fnmatch(pattern, image.data, 0) == 0;
}

int wh_log_filter_passes(const struct wh_log_filter *filter, const struct wh_record_line *record)
{
	if ((filter->result != NULL && !wh_slice_is(record->result, filter->result)) ||
		(filter->rule != NULL && !wh_slice_is(record->rule, filter->rule)) ||
		(filter->since_given && !is_since(record, filter->since)) ||
		(filter->container != NULL && !is_container(record, filter->container)) ||
		(filter->removed_given && !has_removed(record, filter->removed)))
		return wh_json_status(record->doc);
	return filter->image == NULL ? 1 : has_image(record, filter->image);
}
