/* SPDX-License-Identifier: Apache-2.0 */
/*
 * whittlectl verify: what the hook whittle-verify asks once, asked of running containers now and of
 * all their processes: does the kernel say what the policy says? A container that the policy only
 * watches, or that cannot be looked into (gVisor), is told as that.
 */

#include <stdio.h>
#include <string.h>

#include "whittlectl/audit/audit.h"
#include "put.h"
#include "verbs.h"

#define SCHEMA 1u

static bool is_asked(const struct wh_words *words, const struct wh_audit_row *row)
{
	for (size_t i = 0; i < words->count; i++) {
		if (strcmp(words->arguments[i], row->id) == 0 ||
			(row->name != NULL && strcmp(words->arguments[i], row->name) == 0))
			return true;
	}
	return words->count == 0;
}

enum outcome { HELD, BEYOND, NOT_JUDGED };

static enum outcome outcome_of(const struct wh_audit_row *row)
{
	if (row->container == NULL || !row->container->judged)
		return NOT_JUDGED;
	return row->container->beyond_pid != 0 ? BEYOND : HELD;
}

static const char *reason(const struct wh_audit_row *row)
{
	const struct wh_status_container *container = row->container;

	if (container == NULL)
		return "no runtime's state tells of it";
	if (container->policy == NULL || container->policy->policy == NULL)
		return "there is no valid policy to hold it against";
	if (container->kind == WH_RUNTIME_RUNSC)
		return "gVisor shows the host nothing of what is inside";
	return "its rule only watches, or it was not started yet";
}

static void print_row(struct wh_screen *screen, const struct wh_audit_row *row)
{
	const char *name = row->name != NULL ? row->name : row->id;
	struct wh_buf line WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	enum outcome outcome = outcome_of(row);

	wh_buf_addf(&line, "%s: ", name);
	if (outcome == HELD)
		wh_buf_addf(&line, "held to the policy (%zu processes, rule %s)", row->processes,
			row->container->rule);
	else if (outcome == BEYOND)
		wh_buf_add_string(&line, wh_audit_beyond(row));
	else
		wh_buf_addf(&line, "not judged: %s", reason(row));
	wh_screen_wrap(screen,
		outcome == HELD     ? WH_GOOD
		: outcome == BEYOND ? WH_BAD
				    : WH_DOUBT,
		line.data == NULL ? "" : line.data, 0, 4);
}

static void put_row(struct wh_buf *to, const struct wh_audit_row *row)
{
	static const char *const words[] = { "held", "beyond", "notJudged" };
	enum outcome outcome = outcome_of(row);

	wh_put_open(to, NULL, '{');
	wh_put_text(to, "id", row->id);
	wh_put_text(to, "name", row->name);
	wh_put_text(to, "result", words[outcome]);
	wh_put_text(to, "rule", row->container == NULL ? NULL : row->container->rule);
	wh_put_text(to, "why",
		outcome == HELD     ? NULL
		: outcome == BEYOND ? wh_audit_beyond(row)
				    : reason(row));
	wh_buf_add_char(to, '}');
}

struct count {
	size_t asked, beyond, not_judged;
};

static struct count write_rows(const struct wh_audit *audit, const struct wh_words *words,
	struct wh_screen *screen, bool json)
{
	struct count count = { 0, 0, 0 };

	for (size_t i = 0; i < audit->count; i++) {
		const struct wh_audit_row *row = &audit->rows[i];

		if (!is_asked(words, row))
			continue;
		count.asked++;
		count.beyond += outcome_of(row) == BEYOND;
		count.not_judged += outcome_of(row) == NOT_JUDGED;
		if (json)
			put_row(screen->to, row);
		else
			print_row(screen, row);
	}
	return count;
}

static int verify(const struct wh_audit *audit, const struct wh_words *words)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_screen screen = wh_screen_of(stdout, &text);
	bool json = wh_words_has(words, "json");
	struct count count;

	if (json) {
		wh_buf_addf(&text, "{\"schema\":%u", SCHEMA);
		wh_put_text(&text, "version", WH_VERSION);
		wh_put_open(&text, "containers", '[');
	}
	count = write_rows(audit, words, &screen, json);
	wh_buf_add_string(&text, json ? "]}\n" : count.asked == 0 ? "no container runs\n" : "");
	if (count.asked < words->count) {
		(void)fprintf(stderr,
			"whittlectl verify: %zu of the containers that were named do not run here, "
			"or are named twice; whittlectl audit lists those that do\n",
			words->count - count.asked);
		return WH_EXIT_TROUBLE;
	}
	if (wh_print(&text, stdout) < 0) {
		(void)fputs("whittlectl verify: the answer could not be written\n", stderr);
		return WH_EXIT_TROUBLE;
	}
	if (audit->status.unseen.first != NULL) {
		(void)fprintf(stderr, "whittlectl verify: not seen: %s\n",
			audit->status.unseen.first->text);
		return WH_EXIT_TROUBLE;
	}
	return count.beyond + count.not_judged > 0 ? WH_EXIT_FINDINGS : WH_EXIT_FINE;
}

int wh_verb_verify(const struct wh_words *words)
{
	struct wh_audit audit = { .status = WH_STATUS_INIT };
	struct wh_err err = WH_ERR_INIT;
	int status = WH_EXIT_TROUBLE;

	if (wh_audit_gather(&audit, &err) < 0)
		(void)fprintf(stderr, "whittlectl verify: %s\n", err.text);
	else
		status = verify(&audit, words);
	wh_status_done(&audit.status);
	return status;
}
