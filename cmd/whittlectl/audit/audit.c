/* SPDX-License-Identifier: Apache-2.0 */
/*
 * whittlectl audit: what every running container of this host holds, whoever started it, by the
 * kernel's word. Looks, and changes nothing.
 */

#include "audit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "host/file.h"
#include "whittlectl/verbs.h"

#define SECONDS_BETWEEN 2 /* two looks of --watch */

static void audit_done(struct wh_audit *audit)
{
	wh_status_done(&audit->status);
}

static int exit_of(const struct wh_audit *audit)
{
	if (audit->status.unseen.first != NULL)
		return WH_EXIT_TROUBLE;
	for (size_t i = 0; i < audit->count; i++) {
		if (wh_audit_is_finding(&audit->rows[i]))
			return WH_EXIT_FINDINGS;
	}
	return WH_EXIT_FINE;
}

/* ---- the page ----------------------------------------------------------------------------- */

static int write_pieces(int fd, const struct wh_buf *text, const char *name, struct wh_err *err)
{
	int r = wh_write_all(fd, text->data, text->len);

	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	return r < 0 ? wh_fail_errno(err, -r, "writing %s", name) : 0;
}

/* The page is whole or not there: written beside, then renamed. It tells who holds what on this
 * host, so it is for its owner alone. */
static int write_page(const struct wh_buf *text, const char *file, struct wh_err *err)
{
	struct wh_buf name WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int fd WH_FD = WH_NO_FD;
	int r;

	wh_buf_addf(&name, "%s.%d", file, (int)getpid());
	if (wh_buf_status(&name) < 0 || wh_buf_status(text) < 0)
		return wh_fail_errno(err, ENOMEM, "writing %s", file);
	fd = open(name.data, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return wh_fail_errno(err, errno, "cannot create %s", name.data);
	r = write_pieces(fd, text, file, err);
	if (r == 0 && rename(name.data, file) < 0)
		r = wh_fail_errno(err, errno, "cannot replace %s", file);
	if (r < 0)
		(void)unlink(name.data);
	return r;
}

int wh_audit_page(const char *file, struct wh_err *err)
{
	struct wh_audit audit WH_CLEANUP(audit_done) = { .status = WH_STATUS_INIT };
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int r = wh_audit_gather(&audit, err);

	if (r < 0)
		return r;
	wh_audit_write_html(&audit, &text);
	if (strcmp(file, "-") != 0)
		return write_page(&text, file, err);
	r = wh_print(&text, stdout);
	return r < 0 ? wh_fail_errno(err, -r, "the answer could not be written") : 0;
}

/* ---- one look ----------------------------------------------------------------------------- */

static int print(const struct wh_audit *audit, const struct wh_words *words, struct wh_err *err)
{
	const char *file = wh_words_value(words, "html");
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_screen screen = wh_screen_of(stdout, &text);
	int r;

	if (file != NULL) {
		wh_audit_write_html(audit, &text);
		if (strcmp(file, "-") != 0)
			return write_page(&text, file, err);
	} else if (wh_words_has(words, "json")) {
		wh_audit_write_json(audit, &text);
	} else {
		if (wh_words_has(words, "watch") && screen.colour)
			wh_buf_add_string(&text, "\033[H\033[2J");
		wh_audit_write_text(audit, &screen);
	}
	r = wh_print(&text, stdout);
	return r < 0 ? wh_fail_errno(err, -r, "the answer could not be written") : 0;
}

/* The exit status. */
static int look(const struct wh_words *words)
{
	struct wh_audit audit WH_CLEANUP(audit_done) = { .status = WH_STATUS_INIT };
	struct wh_err err = WH_ERR_INIT;

	audit.all_processes = wh_words_has(words, "all-processes");
	if (wh_audit_gather(&audit, &err) < 0 || print(&audit, words, &err) < 0) {
		(void)fprintf(stderr, "whittlectl audit: %s\n", err.text);
		return -1;
	}
	return exit_of(&audit);
}

int wh_verb_audit(const struct wh_words *words)
{
	bool watch = wh_words_has(words, "watch");
	int status;

	if (wh_words_has(words, "html") + wh_words_has(words, "json") + watch > 1) {
		(void)fputs("whittlectl audit: --html, --json and --watch cannot be had together\n",
			stderr);
		return WH_EXIT_TROUBLE;
	}
	status = look(words);
	while (watch && status >= 0) {
		(void)nanosleep(&(struct timespec){ .tv_sec = SECONDS_BETWEEN }, NULL);
		status = look(words);
	}
	return status < 0 ? WH_EXIT_TROUBLE : status;
}
