/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * One error, told once. The function that meets the failure fills it; those above add where they
 * were and hand the number on. The caller owns the object, it lives on the stack, nothing in it is
 * allocated, and a NULL sink is legal everywhere.
 *
 * The text is a sentence for the person who typed `docker run`. Engines match words in it to
 * choose exit codes ("permission denied", "no such file or directory", "executable file not
 * found" and their like turn a refusal into 126 or 127), so errno is spelled by wh_errno_text(),
 * never by strerror(3). No text may quote a value of the document: values carry secrets.
 */

#include "base/macros.h"

struct wh_err {
	int number;     /* positive errno, 0 while nothing has failed */
	char text[640]; /* one sentence, no newline, always terminated */
};

#define WH_ERR_INIT \
	{ \
		.number = 0 \
	}

/*
 * Fills the error unless it already holds one (the origin knows best), and returns -number, so that
 * `return wh_fail(err, EINVAL, "…")` is the whole statement. Control characters in the text are
 * written as \xNN; a text that is too long is cut at the end.
 */
int wh_fail(struct wh_err *err, int number, const char *format, ...) WH_PRINTF(3, 4);

/* The same for a failed system call: the text is followed by ": " and wh_errno_text(number). */
int wh_fail_errno(struct wh_err *err, int number, const char *format, ...) WH_PRINTF(3, 4);

/* Puts "context: " in front of the text of an error that is already there. */
void wh_err_prefix(struct wh_err *err, const char *format, ...) WH_PRINTF(2, 3);

/* What went wrong in words that no engine's matcher takes for its own. Never NULL. */
const char *wh_errno_text(int number);

/* Copies with every byte outside printable ASCII as \xNN, cut where `to` is full; terminated. For
 * sentences that hold what a stranger wrote and are no errors. */
void wh_copy_printable(char *to, size_t size, const char *from);
