/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Asking a program one question: it is started without a shell, in a process group of its own, with
 * nothing to read, and ended when it takes too long or says too much.
 */

#include "base/buf.h"
#include "base/err.h"
#include "base/macros.h"

#define WH_CALL_SECONDS 5
#define WH_CALL_MAX 4096u /* bytes that are kept of what it prints */

/*
 * Runs argv[0], an absolute path, with no environment but PATH and LC_ALL, in "/", and adds what it
 * prints on standard output to `ret`; what it prints on standard error is lost. 0 when it ended
 * with status 0 in time; -ETIME when not in time (it and what it started are then killed); -ECHILD
 * when it ended otherwise; -errno. What is printed behind WH_CALL_MAX is not kept, and no failure.
 */
int wh_call(char *const argv[], struct wh_buf *ret, struct wh_err *err) WH_MUST_CHECK;
