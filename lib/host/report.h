/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * How whittle speaks: one error to the engine, one record to the administrator. Nothing else is
 * ever printed.
 */

#include "base/buf.h"
#include "base/err.h"
#include "base/macros.h"

enum wh_log_format {
	WH_LOG_TEXT,
	WH_LOG_JSON,
};

/*
 * The refusal, as the runtimes report theirs: one line appended to the file `log` (created 0644 if
 * need be; never through a link, never waiting on a FIFO, only to a regular file with one name;
 * NULL or "" for none) and the same sentence on standard error. `log` is the value of --log as it
 * was given: crun's "file:PATH" is that path, its "journald:…" and "syslog:…" name no file. JSON:
 * {"level":"error","msg":…,"time":RFC 3339}. Text: time=… level=error msg=…, as logrus prints it.
 * Failing to write the log changes nothing else: the sentence still goes to standard error. A
 * sentence longer than a kilobyte is cut there.
 */
void wh_report_error(const char *log, enum wh_log_format format, const char *sentence);

/*
 * Sends one record (one line of JSON, no newline) to `file`, or when that is NULL to the journal,
 * or when there is none to syslog. Never waits. A file must be a trusted one (file.h) or not exist
 * in a trusted folder; it is created 0600; the line is appended in one write, and what does not fit
 * in whole is taken away again (-ENOSPC). 0; -EINVAL when the
 * record holds a control character, which could forge another; -errno.
 */
int wh_report_record(
	const char *file, const struct wh_buf *record, struct wh_err *err) WH_MUST_CHECK;

/*
 * The two ways of wh_report_record() without a file, each with the path of its socket: journald's
 * native protocol, and syslog's datagram. 0; -ENOENT when nobody listens there; -errno.
 */
int wh_report_to_journal(
	const char *socket_path, const struct wh_buf *record, struct wh_err *err) WH_MUST_CHECK;
int wh_report_to_syslog(
	const char *socket_path, const struct wh_buf *record, struct wh_err *err) WH_MUST_CHECK;
