/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Asking a program one question: it is started without a shell, in a process group of its own, with
 * nothing to read, and ended when it takes too long or says too much.
 */

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/macros.h"

#define WH_CALL_SECONDS 5
#define WH_CALL_MAX 4096u /* bytes that are kept of what it prints */

/* What is zero is as it is without terms. */
struct wh_call_terms {
	const char *path;    /* its PATH; else that of a service (WH_SERVICE_PATH) */
	int seconds;         /* how long it may take; else WH_CALL_SECONDS */
	bool leaves_running; /* what it started lives on; else it is killed in any case */
};

/*
 * Runs argv[0], an absolute path, with no environment but PATH and LC_ALL, in "/", and adds what it
 * prints on standard output to `ret`; what it prints on standard error is lost. `terms` may be
 * NULL. 0 when it ended with status 0 in time; -ETIME when not in time (it is then killed); -ECHILD
 * when it ended otherwise; -errno. What is printed behind WH_CALL_MAX is not kept, and no failure.
 */
int wh_call(const char *const argv[], const struct wh_call_terms *terms, struct wh_buf *ret,
	struct wh_err *err) WH_MUST_CHECK;

/*
 * Starts argv[0] likewise, for a caller who reads all of what it prints, however much and long:
 * the descriptor to read from, or -errno. Standard error is the caller's own. The program ends by
 * itself when the descriptor is closed and it goes on writing.
 */
int wh_call_begin(const char *const argv[], pid_t *ret, struct wh_err *err) WH_MUST_CHECK;

/* Waits for its end, which comes when its output was read or closed. 0; -ECHILD when it failed. */
int wh_call_end(pid_t pid) WH_MUST_CHECK;
