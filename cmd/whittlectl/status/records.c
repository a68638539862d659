/* SPDX-License-Identifier: Apache-2.0 */
/*
 * whittle's own records, where a policy sends them to a file. A record says that whittle was on its
 * way to become the runtime; so it speaks of a container only if the container's process was
 * started right behind it. One that is missing says nothing.
 */

#include "status.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "host/file.h"
#include "whittlectl/record-line.h"

#define TAIL (16 << 20) /* bytes from the end that are read */
#define BEFORE 60       /* seconds that a runtime may take to start the process */
#define AFTER 2         /* the start of the host is known to the second */

static bool starts_something(const struct wh_record_line *line)
{
	return wh_slice_is(line->command, "create") || wh_slice_is(line->command, "run") ||
	       wh_slice_is(line->command, "restore");
}

/* The capabilities that it says were taken. */
static wh_capset removed_in(const struct wh_record_line *line)
{
	wh_capset set = 0;

	wh_json_each_element (line->doc, wh_record_changes(line), element) {
		struct wh_record_change change = wh_record_change(line, element);
		unsigned capability;

		if (wh_slice_is(change.kind, "capabilities") &&
			wh_slice_is(change.action, "removed") &&
			wh_capability_from_oci(change.what, &capability))
			set |= wh_capset_of(capability);
	}
	return set;
}

/* One line: 0, also when it is no record of a start; -ENOMEM. */
static int read_record(struct wh_status *status, struct wh_slice line)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_record_line said WH_CLEANUP(wh_record_done) = WH_RECORD_INIT;
	struct wh_status_record *record;
	int64_t time;
	int r;

	wh_buf_add_slice(&text, line);
	r = wh_buf_status(&text);
	if (r == 0)
		r = wh_record_read_take(&said, &text);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	if (!starts_something(&said) || said.id.len == 0 || wh_slice_is(said.result, "refused") ||
		!wh_record_time(said.time, &time))
		return 0;
	record = wh_arena_alloc(&status->arena, sizeof(*record));
	if (record == NULL)
		return -ENOMEM;
	record->time = time;
	if (!wh_slice_is(said.result, "would-change"))
		record->removed = removed_in(&said);
	record->id = wh_arena_dup(&status->arena, said.id);
	record->bundle =
		wh_arena_dup(&status->arena, said.bundle.len == 0 ? WH_SLICE("") : said.bundle);
	if (record->id == NULL || record->bundle == NULL)
		return -ENOMEM;
	record->next = status->records;
	status->records = record;
	return 0;
}

static int read_records(struct wh_status *status, const char *file)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int fd WH_FD = wh_open_trusted_file(file, NULL);
	struct stat st;
	const char *at, *end;
	int r = 0;

	if (fd < 0 || fstat(fd, &st) < 0)
		return fd == -ENOMEM ? fd : 0;
	/* Lines may come in meanwhile; they are about what comes after this look. */
	if (st.st_size > TAIL && lseek(fd, st.st_size - TAIL, SEEK_SET) < 0)
		return 0;
	if (wh_read_all(fd, 2 * TAIL, &text, NULL) < 0 || text.len == 0)
		return 0;
	for (at = text.data, end = at + text.len; r == 0 && at < end;) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		size_t len = (size_t)((stop == NULL ? end : stop) - at);

		r = read_record(status, (struct wh_slice){ at, len });
		at += len + 1;
	}
	return r;
}

static int read_all_records(struct wh_status *status)
{
	if (wh_status_policy(status, WH_POLICY_FILE) == NULL)
		return -ENOMEM;
	for (struct wh_status_policy *policy = status->policies; policy != NULL;
		policy = policy->next) {
		const char *file =
			policy->policy == NULL ? NULL : wh_policy_log_file(policy->policy);
		int r = file == NULL ? 0 : read_records(status, file);

		if (r < 0)
			return r;
	}
	return 0;
}

int wh_status_find_record(struct wh_status *status, const struct wh_status_container *container,
	const struct wh_status_record **ret)
{
	*ret = NULL;
	if (!status->records_read) {
		int r = read_all_records(status);

		if (r < 0)
			return r;
		status->records_read = true;
	}
	for (const struct wh_status_record *record = status->records;
		record != NULL && *ret == NULL; record = record->next) {
		if (strcmp(record->id, container->id) == 0 && container->bundle != NULL &&
			strcmp(record->bundle, container->bundle) == 0 &&
			record->time >= container->started - BEFORE &&
			record->time <= container->started + AFTER)
			*ret = record;
	}
	return 0;
}
