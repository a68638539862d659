/* SPDX-License-Identifier: Apache-2.0 */
/*
 * whittlectl status: is whittle in force on this host? Looks, and changes nothing. What is enforced
 * has to be shown: whatever cannot be told counts as not enforced, and what could not be looked at
 * makes it no answer at all.
 */

#include "status.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "host/file.h"
#include "oci/argv.h"
#include "whittlectl/verbs.h"

int wh_status_note(struct wh_status *status, struct wh_status_list *list, const char *format, ...)
{
	struct wh_status_note *note = wh_arena_alloc(&status->arena, sizeof(*note));
	char text[2048];
	va_list args;

	if (note == NULL)
		return -ENOMEM;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	note->text = wh_arena_dup(&status->arena, wh_slice_of(text));
	if (note->text == NULL)
		return -ENOMEM;
	if (list->end == NULL)
		list->end = &list->first;
	*list->end = note;
	list->end = &note->next;
	return 0;
}

int64_t wh_status_time(const struct wh_status *status, uint64_t ticks)
{
	long rate = sysconf(_SC_CLK_TCK);

	return status->booted + (int64_t)(ticks / (uint64_t)(rate > 0 ? rate : 100));
}

/* ---- gathering --------------------------------------------------------------------------- */

/* "btime" of /proc/stat: when the host started. */
static int find_boot(struct wh_status *status)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int fd WH_FD = openat(status->proc, "stat", O_RDONLY | O_CLOEXEC);
	const char *line;

	if (fd < 0 || wh_read_all(fd, 16u << 20, &text, NULL) < 0 || text.len == 0)
		return -EIO;
	line = strstr(text.data, "\nbtime ");
	if (line == NULL)
		return -EIO;
	status->booted = strtoll(line + 7, NULL, 10);
	return 0;
}

static int find_spaces(struct wh_status *status)
{
	status->spaces =
		wh_arena_array(&status->arena, status->pid_count + 1, sizeof(*status->spaces));
	if (status->spaces == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < status->pid_count; i++) {
		if (wh_process_namespace(status->proc, status->pids[i], "pid", &status->spaces[i]) <
			0)
			status->spaces[i] = 0;
	}
	return 0;
}

/* What everything else asks: the processes, and which programs are whittle. */
static int look_around(struct wh_status *status, struct wh_err *err)
{
	int r;

	status->proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (status->proc < 0)
		return wh_fail_errno(err, errno, "/proc");
	r = wh_process_list(status->proc, &status->arena, &status->pids, &status->pid_count);
	if (r == 0)
		r = wh_process_namespace(status->proc, getpid(), "pid", &status->own_pids);
	if (r == 0)
		r = find_boot(status);
	if (r == 0)
		r = find_spaces(status);
	if (r < 0)
		return wh_fail_errno(err, r == -ESRCH ? ENOENT : -r,
			"cannot see the processes of this host in /proc");
	return wh_find_whittles(&status->arena, &status->whittles, err);
}

/* Who is not root sees neither others' processes nor what engines write for root alone. */
static int note_rights(struct wh_status *status)
{
	if (geteuid() == 0)
		return 0;
	return wh_status_note(status, &status->unseen,
		"what only root may see: the containers of others, what stands over them, and what "
		"engines wrote for root; run it as root");
}

int wh_status_gather(struct wh_status *status, struct wh_err *err)
{
	int r = look_around(status, err);

	if (r < 0)
		return r;
	r = note_rights(status);
	if (r == 0 && wh_status_policy(status, WH_POLICY_FILE) == NULL)
		r = -ENOMEM;
	if (r == 0)
		r = wh_status_find_engines(status);
	if (r == 0)
		r = wh_status_find_containers(status);
	return r < 0 ? wh_fail_errno(err, -r, "looking at this host") : 0;
}

/* ---- saying ------------------------------------------------------------------------------ */

static int print(const struct wh_status *status, bool json)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;

	struct wh_screen screen = wh_screen_of(stdout, &text);

	if (json)
		wh_status_write_json(status, &text);
	else
		wh_status_write_text(status, &screen);
	return wh_print(&text, stdout);
}

void wh_status_done(struct wh_status *status)
{
	for (struct wh_status_policy *policy = status->policies; policy != NULL;
		policy = policy->next)
		wh_policy_free(policy->policy);
	wh_close_fd(&status->proc);
	wh_arena_done(&status->arena);
}

static int conclude(struct wh_status *status, struct wh_err *err)
{
	int r = wh_status_find_ways(status);

	if (r == 0)
		r = wh_status_conclude(status);
	return r < 0 ? wh_fail_errno(err, -r, "looking at this host") : 0;
}

int wh_verb_status(const struct wh_words *words)
{
	static const int exits[] = {
		[WH_STATUS_ENFORCED] = WH_EXIT_FINE,
		[WH_STATUS_FINDINGS] = WH_EXIT_FINDINGS,
		[WH_STATUS_UNSEEN] = WH_EXIT_TROUBLE,
	};
	struct wh_status status WH_CLEANUP(wh_status_done) = WH_STATUS_INIT;
	struct wh_err err = WH_ERR_INIT;

	if (wh_status_gather(&status, &err) < 0 || conclude(&status, &err) < 0) {
		(void)fprintf(stderr, "whittlectl status: %s\n", err.text);
		return WH_EXIT_TROUBLE;
	}
	if (print(&status, wh_words_has(words, "json")) < 0) {
		(void)fputs("whittlectl status: the answer could not be written\n", stderr);
		return WH_EXIT_TROUBLE;
	}
	return exits[wh_status_verdict(&status)];
}
