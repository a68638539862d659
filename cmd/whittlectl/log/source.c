/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file is read as far as it reached when it was opened, and then to the end of that line, so that
 * a busy host's file has an end. The file that a policy names must be one that nobody else could
 * have written, or it says nothing about whittle. Of the journal only what processes of our own
 * user wrote counts: everybody may write there in the name of whittle.
 *
 * Nothing is opened that could make us wait: no FIFO, no device.
 */

#include "log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "host/call.h"
#include "host/cover.h"
#include "host/file.h"
#include "whittlectl/policy-file.h"

#define PIECE (64u << 10)
#define JOURNAL_SOCKET "/run/systemd/journal/socket"

static int begin(struct wh_log_source *source)
{
	struct stat st;

	source->piece = malloc(PIECE);
	if (source->piece == NULL)
		return -ENOMEM;
	if (source->fd >= 0 && fstat(source->fd, &st) == 0 && S_ISREG(st.st_mode)) {
		off_t at = lseek(source->fd, 0, SEEK_CUR);

		source->bounded = true;
		source->size = (uint64_t)st.st_size;
		source->at = at > 0 ? (uint64_t)at : 0;
	}
	return 0;
}

/* ---- files ------------------------------------------------------------------------------- */

int wh_log_open_file(struct wh_log_source *ret, const char *path, struct wh_err *err)
{
	struct stat st;

	if (strcmp(path, "-") == 0) {
		ret->name = "standard input";
		ret->fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
		if (ret->fd < 0 || fstat(ret->fd, &st) < 0)
			return wh_fail_errno(err, errno, "cannot read standard input");
		if (S_ISDIR(st.st_mode))
			return wh_fail(err, EISDIR, "standard input is a folder");
		return begin(ret);
	}
	ret->name = path;
	ret->fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (ret->fd < 0 && errno == EACCES)
		return wh_fail(err, EACCES,
			"cannot read %s: access refused by the system; records are for root, so "
			"run it as root",
			path);
	if (ret->fd < 0 || fstat(ret->fd, &st) < 0)
		return wh_fail_errno(err, errno, "cannot read %s", path);
	if (S_ISDIR(st.st_mode))
		return wh_fail(err, EISDIR, "%s is a folder; name the file of records in it", path);
	if (!S_ISREG(st.st_mode))
		return wh_fail(err, EINVAL,
			"%s is no regular file, and could make this wait for ever; give what comes "
			"out of it to standard input: whittlectl log -",
			path);
	return begin(ret);
}

/* The file that the policy names. */
static int open_trusted(
	struct wh_log_source *ret, const char *path, const char *policy_file, struct wh_err *err)
{
	struct wh_err why = WH_ERR_INIT;

	ret->name = path;
	ret->fd = wh_open_trusted_file(path, &why);
	if (ret->fd >= 0)
		return begin(ret);
	if (access(path, F_OK) < 0 && errno == ENOENT)
		return wh_fail(err, ENOENT,
			"%s, which %s names for records, does not exist: whittle makes it with its "
			"first record, and has written none there yet",
			path, policy_file);
	return wh_fail(err, why.number, "cannot read the records that %s sends to %s: %s%s",
		policy_file, path, why.text, why.number == EACCES ? "; run it as root" : "");
}

/* ---- the journal ------------------------------------------------------------------------- */

static bool has_entries(const char *path)
{
	DIR *folder WH_NAMES = opendir(path);
	const struct dirent *entry;
	bool found = false;

	if (folder == NULL)
		return errno != ENOENT && errno != ENOTDIR;
	while (!found && (entry = readdir(folder)) != NULL)
		found = entry->d_name[0] != '.';
	return found;
}

/* Packages make an empty folder where no journald ever runs. */
static bool has_journal(void)
{
	return access(JOURNAL_SOCKET, F_OK) == 0 || has_entries("/run/log/journal") ||
	       has_entries("/var/log/journal");
}

static int open_journal(struct wh_log_source *ret, const char *policy_file, struct wh_arena *arena,
	struct wh_err *err)
{
	const char *program = wh_find_program("journalctl", arena);
	const char *user = wh_arena_printf(arena, "_UID=%u", (unsigned)geteuid());
	const char *const argv[] = { program, "-q", "-t", "whittle", "-o", "cat", "--no-pager",
		user, NULL };
	struct stat st;

	if (program == NULL || !has_journal())
		return wh_fail(err, ENOENT,
			"%s names no file for records, and this host has no journal (%s): they go "
			"to syslog, if to anything; let the policy name a file: "
			"\"log\": { \"file\": \"/var/log/whittle.jsonl\" }",
			policy_file,
			program == NULL ? "there is no journalctl in the system's folders"
					: "no journald runs here, and none has left one");
	if (user == NULL)
		return -ENOMEM;
	if (wh_check_trusted_program(program, &st, err) < 0)
		return -EPERM;
	ret->name = geteuid() == 0 ? "the journal"
				   : "this user's part of the journal (root sees the rest)";
	ret->fd = wh_call_begin(argv, &ret->pid, err);
	return ret->fd < 0 ? ret->fd : begin(ret);
}

int wh_log_open_policys(struct wh_log_source *ret, const char *policy_file, struct wh_arena *arena,
	struct wh_err *err)
{
	struct wh_policy *policy WH_POLICY = NULL;
	struct wh_err why = WH_ERR_INIT;
	const char *path;
	int r = wh_load_policy(policy_file, &policy, NULL, NULL, &why);

	if (r < 0)
		return wh_fail(err, -r,
			"where records go is not known, since the policy cannot be read: %s; name "
			"the file of records (whittlectl log FILE); without a policy they are in "
			"the journal (journalctl -t whittle)",
			why.text);
	path = wh_policy_log_file(policy);
	if (path == NULL)
		return open_journal(ret, policy_file, arena, err);
	path = wh_arena_dup(arena, wh_slice_of(path));
	return path == NULL ? -ENOMEM : open_trusted(ret, path, policy_file, err);
}

/* ---- lines ------------------------------------------------------------------------------- */

/* 1 when there is something to hand out, 0 at the end, -errno. */
static int fill(struct wh_log_source *source)
{
	ssize_t got;

	if (source->begin < source->end)
		return 1;
	do
		got = read(source->fd, source->piece, PIECE);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return -errno;
	source->begin = 0;
	source->end = (size_t)got;
	return got > 0;
}

int wh_log_next(struct wh_log_source *source, struct wh_buf *line)
{
	bool any = false, too_long = false;
	int r;

	line->len = 0;
	if (source->bounded && source->at >= source->size)
		return 0;
	while ((r = fill(source)) > 0) {
		const char *from = source->piece + source->begin;
		size_t there = source->end - source->begin;
		const char *stop = memchr(from, '\n', there);
		size_t len = stop == NULL ? there : (size_t)(stop - from);

		too_long |= len > WH_LOG_LINE - line->len;
		if (!too_long)
			wh_buf_add(line, from, len);
		any = true;
		source->begin += len + (stop != NULL);
		source->at += len + (stop != NULL);
		if (stop != NULL)
			break;
	}
	if (r < 0)
		return r;
	if (too_long)
		return -EMSGSIZE;
	return wh_buf_status(line) < 0 ? -ENOMEM : any;
}

int wh_log_close(struct wh_log_source *source, struct wh_err *err)
{
	pid_t pid = source->pid;

	wh_close_fd(&source->fd);
	source->pid = 0;
	if (pid > 0 && wh_call_end(pid) < 0)
		return wh_fail(err, ECHILD,
			"journalctl failed, so these may not be all records; what it said is "
			"above%s",
			geteuid() == 0 ? "" : ", and root may read the journal");
	return 0;
}

void wh_log_source_done(struct wh_log_source *source)
{
	(void)!wh_log_close(source, NULL);
	free(source->piece);
	source->piece = NULL;
}
