/* SPDX-License-Identifier: Apache-2.0 */
/*
 * whittlectl log: the records of decisions, read back. One line at a time from the source through
 * the filter to where it goes; what is printed is gathered and goes out in pieces. A line that is
 * no record is counted and stops nothing.
 */

#include "log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "whittlectl/put.h"

#define PRINT_AT (64u << 10) /* bytes that are gathered */

struct log {
	struct wh_arena arena;
	struct wh_log_source source;
	struct wh_log_filter filter;
	struct wh_log_counts counts;
	struct wh_buf text; /* what is still to be printed */
	struct wh_screen screen;
	bool json, summary;
	bool unheard;                  /* what was printed could not be written */
	size_t read, matched, skipped; /* records, those that passed the filter; other lines */
};

struct wh_slice wh_log_cut(struct wh_slice text)
{
	return (struct wh_slice){ text.data, text.len < WH_LOG_TEXT ? text.len : WH_LOG_TEXT };
}

const char *wh_log_plural(size_t count)
{
	return count == 1 ? "" : "s";
}

/* Prints what was gathered. 0; negative, which ends it. */
static int print(struct log *log, struct wh_err *err)
{
	int r = wh_print(&log->text, stdout);

	log->text.len = 0;
	log->unheard = r < 0;
	if (r < 0)
		return wh_fail(err, -r, "%s",
			r == -ENOMEM ? "out of memory" : "the answer could not be written");
	return 0;
}

static int open_source(struct log *log, const struct wh_words *words, struct wh_err *err)
{
	const char *policy = wh_words_value(words, "policy");

	if (words->count > 0 && policy != NULL)
		return wh_fail(err, EINVAL,
			"FILE and --policy do not go together: either the file of records, or "
			"the policy that names it");
	if (words->count > 0)
		return wh_log_open_file(&log->source, words->arguments[0], err);
	return wh_log_open_policys(
		&log->source, policy == NULL ? WH_POLICY_FILE : policy, &log->arena, err);
}

/* ---- records ----------------------------------------------------------------------------- */

static int put_record(struct log *log, const struct wh_record_line *record)
{
	/* The comma is in the piece of its record: the one before may have been printed. */
	if (log->matched > 1)
		wh_buf_add_char(&log->text, ',');
	return wh_put_value(&log->text, record->doc, record->root);
}

/* What becomes of a line: 0, -ENOMEM. */
static int take_line(struct log *log, struct wh_buf *line)
{
	struct wh_record_line record WH_CLEANUP(wh_record_done) = WH_RECORD_INIT;
	int r = wh_record_read_take(&record, line);

	if (r == -EINVAL) {
		log->skipped++;
		return 0;
	}
	if (r < 0)
		return r;
	log->read++;
	r = wh_log_filter_passes(&log->filter, &record);
	if (r <= 0)
		return r;
	log->matched++;
	if (log->summary)
		return wh_log_count(&log->counts, &record);
	if (log->json)
		return put_record(log, &record);
	wh_log_write_text(&record, &log->screen);
	return wh_buf_status(&log->text);
}

static int take_all(struct log *log, struct wh_err *err)
{
	struct wh_buf line WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int r;

	while ((r = wh_log_next(&log->source, &line)) != 0) {
		if (r == -EMSGSIZE) {
			log->skipped++;
			continue;
		}
		if (r > 0)
			r = take_line(log, &line);
		if (r < 0)
			return wh_fail_errno(err, -r, "reading %s", log->source.name);
		if (log->text.len >= PRINT_AT && print(log, err) < 0)
			return -EIO;
	}
	return wh_log_close(&log->source, err);
}

/* ---- around them ------------------------------------------------------------------------- */

static void begin_json(struct log *log)
{
	wh_put_open(&log->text, NULL, '{');
	wh_put_count(&log->text, "schema", 1);
	wh_put_text(&log->text, "version", WH_VERSION);
	if (!log->summary)
		wh_put_open(&log->text, "records", '[');
}

static int end_json(struct log *log)
{
	int r = 0;

	if (log->summary)
		r = wh_log_summary_json(&log->counts, &log->text);
	else
		wh_buf_add_char(&log->text, ']');
	/* The array's end may be all that is gathered: the comma is not left to wh_put_key(). */
	wh_buf_addf(&log->text, ",\"skipped\":%zu}\n", log->skipped);
	return r;
}

/* What is not among the records: none at all, none that is meant, lines that are no record. */
static int end_text(struct log *log)
{
	int r = 0;

	if (log->matched == 0 && log->read == 0)
		wh_buf_addf(&log->text, "no records in ");
	else if (log->matched == 0)
		wh_buf_addf(&log->text, "none of %zu record%s in ", log->read,
			wh_log_plural(log->read));
	else if (log->summary)
		r = wh_log_summary_text(&log->counts, &log->screen);
	if (log->matched == 0) {
		wh_screen_add(&log->screen, WH_PLAIN, log->source.name, strlen(log->source.name));
		wh_buf_add_string(&log->text, log->read == 0 ? "\n" : " is what was asked for\n");
	}
	if (log->skipped > 0)
		wh_buf_addf(&log->text, "%s%zu line%s no record%s\n", log->matched > 0 ? "\n" : "",
			log->skipped, log->skipped == 1 ? " is" : "s are",
			wh_log_plural(log->skipped));
	return r;
}

/* 0; negative when not all could be read or said. What could be read is said in any case, so that
 * JSON is whole. */
static int run(struct log *log, struct wh_err *err)
{
	int r, ended;

	if (log->json)
		begin_json(log);
	r = take_all(log, err);
	if (log->unheard || r == -ENOMEM)
		return r;
	ended = log->json ? end_json(log) : end_text(log);
	if (ended < 0)
		return wh_fail_errno(err, -ended, "counting");
	ended = print(log, err);
	return r < 0 ? r : ended;
}

static void log_done(struct log *log)
{
	wh_log_source_done(&log->source);
	wh_log_counts_done(&log->counts);
	wh_buf_done(&log->text);
	wh_arena_done(&log->arena);
}

int wh_verb_log(const struct wh_words *words)
{
	struct log log WH_CLEANUP(log_done) = {
		.arena = WH_ARENA_INIT,
		.source = WH_LOG_SOURCE_INIT,
		.counts = WH_LOG_COUNTS_INIT,
		.text = WH_BUF_INIT,
		.json = wh_words_has(words, "json"),
		.summary = wh_words_has(words, "summary"),
	};
	struct wh_err err = WH_ERR_INIT;

	log.screen = wh_screen_of(stdout, &log.text);
	if (wh_log_filter_read(&log.filter, words, &err) < 0 ||
		open_source(&log, words, &err) < 0 || run(&log, &err) < 0) {
		(void)fprintf(stderr, "whittlectl log: %s\n",
			err.text[0] == '\0' ? "out of memory" : err.text);
		return WH_EXIT_TROUBLE;
	}
	return WH_EXIT_FINE;
}
