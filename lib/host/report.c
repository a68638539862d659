/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two listeners, two ways. The engine reads the runtime's --log file after a failure: containerd as
 * a stream of objects of which the last error counts, podman as exactly one object; so exactly one
 * line is written, in one piece, and only for a failure. The administrator reads records: appended
 * to a file or sent as a datagram, whole or not at all, and without ever waiting for the reader,
 * since a stuck log must not stop a container.
 *
 * What is written may carry names that strangers chose. Everything is escaped once more here.
 */

#include "host/report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/utc.h"
#include "host/file.h"

#define JOURNAL_SOCKET "/run/systemd/journal/socket"
#define SYSLOG_SOCKET "/dev/log"
#define IDENTIFIER "whittle"
#define SENTENCE_MAX 1024

/* Opens to append: never through a link, never waiting, never becoming somebody's terminal. */
#define OPEN_APPEND (O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

static struct iovec piece(const void *bytes, size_t len)
{
	/* sendmsg(2) and writev(2) only read, but share their type with calls that write. */
	return (struct iovec){ .iov_base = (void *)(uintptr_t)bytes, .iov_len = len };
}

/*
 * All of it or nothing, in one call so that lines of several runs stay apart. What a full disk or a
 * limit has cut off is taken away again, or the next line would be one with it, unless somebody has
 * appended to it meanwhile.
 */
static int append_whole(int fd, const struct iovec *pieces, size_t count)
{
	size_t len = 0;
	struct stat st;
	ssize_t put;
	off_t end;

	for (size_t i = 0; i < count; i++)
		len += pieces[i].iov_len;
	do
		put = writev(fd, pieces, (int)count);
	while (put < 0 && errno == EINTR);
	if (put < 0)
		return -errno;
	if ((size_t)put == len)
		return 0;
	end = lseek(fd, 0, SEEK_CUR);
	if (end >= put && fstat(fd, &st) == 0 && st.st_size == end && ftruncate(fd, end - put) < 0)
		return -errno;
	return -ENOSPC;
}

/* ---- the refusal ------------------------------------------------------------------------ */

/* The file that the value of --log names, as crun reads it; runc's values have no such prefix. */
static const char *log_file(const char *log)
{
	static const char *const elsewhere[] = { "journald:", "syslog:" };
	static const char file[] = "file:";

	if (log == NULL)
		return NULL;
	for (size_t i = 0; i < WH_COUNT(elsewhere); i++) {
		if (strncmp(log, elsewhere[i], strlen(elsewhere[i])) == 0)
			return NULL;
	}
	if (strncmp(log, file, strlen(file)) == 0)
		log += strlen(file);
	return log[0] == '\0' ? NULL : log;
}

static void format_error(struct wh_buf *line, enum wh_log_format format, const char *sentence)
{
	char now[WH_UTC_SIZE];

	wh_utc_format(time(NULL), now);
	switch (format) {
	case WH_LOG_JSON:
		wh_buf_add_string(line, "{\"level\":\"error\",\"msg\":");
		wh_buf_add_json(line, wh_slice_of(sentence));
		wh_buf_addf(line, ",\"time\":\"%s\"}\n", now);
		break;
	case WH_LOG_TEXT:
		wh_buf_addf(line, "time=\"%s\" level=error msg=", now);
		wh_buf_add_json(line, wh_slice_of(sentence));
		wh_buf_add_char(line, '\n');
		break;
	}
}

/* Nobody could be told of a failure in here but by the sentence that goes to standard error. */
static void append_error(const char *path, enum wh_log_format format, const char *sentence)
{
	struct wh_buf line WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int fd WH_FD = open(path, OPEN_APPEND, 0644);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_nlink != 1)
		return;
	format_error(&line, format, sentence);
	if (wh_buf_status(&line) == 0)
		(void)append_whole(fd, &(struct iovec){ line.data, line.len }, 1);
}

void wh_report_error(const char *log, enum wh_log_format format, const char *sentence)
{
	char line[SENTENCE_MAX +
		  2]; /* no allocation: the sentence may say that there is no memory */
	const char *path = log_file(log);
	size_t len = 0;

	for (; *sentence != '\0' && len + 4 < SENTENCE_MAX; sentence++) {
		unsigned char byte = (unsigned char)*sentence;

		if (byte >= 0x20 && byte < 0x7f)
			line[len++] = *sentence;
		else
			len += (size_t)snprintf(line + len, 5, "\\x%02x", byte);
	}
	line[len] = '\0';
	if (path != NULL)
		append_error(path, format, line);
	line[len++] = '\n';
	if (wh_write_all(STDERR_FILENO, line, len) < 0)
		return; /* nobody is left to tell */
}

/* ---- records ---------------------------------------------------------------------------- */

static int append_record(const char *file, const struct wh_buf *record, struct wh_err *err)
{
	const struct iovec pieces[] = { piece(record->data, record->len), piece("\n", 1) };
	const char *name;
	int folder WH_FD = wh_open_trusted_parent(file, &name, err);
	int fd WH_FD = WH_NO_FD;
	int r;

	if (folder < 0)
		return folder;
	fd = openat(folder, name, OPEN_APPEND, 0600);
	if (fd < 0)
		return wh_fail_errno(err, errno, "cannot open the record file %s", file);
	r = wh_check_trusted_file(fd, err);
	if (r < 0)
		return r;
	r = append_whole(fd, pieces, WH_COUNT(pieces));
	return r < 0 ? wh_fail_errno(err, -r, "cannot write to the record file %s", file) : 0;
}

/* For datagrams to any listener. */
static int open_socket(void)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return fd < 0 ? -errno : fd;
}

/*
 * One datagram; 0 or -errno with nothing said yet. `fd` is what open_socket() gave, its error too;
 * `passed` is a descriptor to go with it, or WH_NO_FD. Absent listeners all become -ENOENT.
 */
static int send_datagram(
	int fd, const char *path, const struct iovec *pieces, size_t count, int passed)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { .space = { 0 } };
	struct msghdr message = {
		.msg_name = &address,
		.msg_namelen = sizeof(address),
		.msg_iov = (struct iovec *)(uintptr_t)pieces,
		.msg_iovlen = count,
	};

	if (fd < 0)
		return fd;
	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path) + 1);
	if (passed >= 0) {
		control.header = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int)),
			.cmsg_level = SOL_SOCKET,
			.cmsg_type = SCM_RIGHTS };
		memcpy(CMSG_DATA(&control.header), &passed, sizeof(passed));
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
	}
	if (sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
		return 0;
	if (errno == ECONNREFUSED || errno == ENOTDIR)
		return -ENOENT;
	return -errno;
}

/* journald takes what is too long for a datagram as a sealed memory file with the same content,
 * sent beside an empty one (systemd.io/JOURNAL_NATIVE_PROTOCOL). */
static int send_in_memory(
	int fd, const char *path, const struct iovec *pieces, size_t count, struct wh_err *err)
{
	struct wh_buf all WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int memory WH_FD = WH_NO_FD;

	for (size_t i = 0; i < count; i++)
		wh_buf_add(&all, pieces[i].iov_base, pieces[i].iov_len);
	if (wh_buf_status(&all) < 0)
		return -ENOMEM;
	memory = wh_seal_memory(IDENTIFIER "-record", all.data, all.len, 0, err);
	if (memory < 0)
		return memory;
	return send_datagram(fd, path, NULL, 0, memory);
}

static int send_to_journal(
	int fd, const char *path, const struct wh_buf *record, struct wh_err *err)
{
	char fields[96];
	int len = snprintf(fields, sizeof(fields),
		"PRIORITY=%d\nSYSLOG_FACILITY=%d\nSYSLOG_IDENTIFIER=" IDENTIFIER "\nMESSAGE=",
		LOG_INFO, LOG_AUTHPRIV >> 3);
	const struct iovec pieces[] = {
		piece(fields, (size_t)len),
		piece(record->data, record->len),
		piece("\n", 1),
	};
	int r = send_datagram(fd, path, pieces, WH_COUNT(pieces), WH_NO_FD);

	if (r == -EMSGSIZE || r == -ENOBUFS)
		r = send_in_memory(fd, path, pieces, WH_COUNT(pieces), err);
	return r < 0 ? wh_fail_errno(err, -r, "cannot send a record to the journal") : 0;
}

static int send_to_syslog(int fd, const char *path, const struct wh_buf *record, struct wh_err *err)
{
	char head[48];
	int len = snprintf(head, sizeof(head), "<%d>" IDENTIFIER "[%ld]: ", LOG_AUTHPRIV | LOG_INFO,
		(long)getpid());
	const struct iovec pieces[] = { piece(head, (size_t)len),
		piece(record->data, record->len) };
	int r = send_datagram(fd, path, pieces, WH_COUNT(pieces), WH_NO_FD);

	return r < 0 ? wh_fail_errno(err, -r, "cannot send a record to syslog") : 0;
}

int wh_report_to_journal(const char *socket_path, const struct wh_buf *record, struct wh_err *err)
{
	int fd WH_FD = open_socket();

	return send_to_journal(fd, socket_path, record, err);
}

int wh_report_to_syslog(const char *socket_path, const struct wh_buf *record, struct wh_err *err)
{
	int fd WH_FD = open_socket();

	return send_to_syslog(fd, socket_path, record, err);
}

/* Both ways by one socket, which is the costliest part of it. */
static int send_record(const struct wh_buf *record)
{
	int fd WH_FD = open_socket();
	int r = send_to_journal(fd, JOURNAL_SOCKET, record, NULL);

	return r == -ENOENT ? send_to_syslog(fd, SYSLOG_SOCKET, record, NULL) : r;
}

static int check_record(const struct wh_buf *record, struct wh_err *err)
{
	bool control = false;

	if (wh_buf_status(record) < 0)
		return wh_fail_errno(err, ENOMEM, "cannot make a record");
	/* Without an early end, so that the compiler can look at many bytes at once. */
	for (size_t i = 0; i < record->len; i++) {
		unsigned char byte = (unsigned char)record->data[i];

		control |= byte < 0x20 || byte == 0x7f;
	}
	if (control)
		return wh_fail(err, EINVAL, "a record holds a control character");
	return 0;
}

int wh_report_record(const char *file, const struct wh_buf *record, struct wh_err *err)
{
	int r = check_record(record, err);

	if (r < 0)
		return r;
	if (file != NULL)
		return append_record(file, record, err);
	r = send_record(record);
	if (r == -ENOENT)
		return wh_fail(err, ENOENT,
			"records go nowhere: this host has neither a journal nor a syslog; name a "
			"file "
			"for them in the policy (\"log\")");
	return r < 0 ? wh_fail_errno(err, -r, "cannot send a record to the journal or syslog") : 0;
}
