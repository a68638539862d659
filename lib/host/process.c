/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proc(5). Files of /proc have no size and come in pieces, so they are read to a limit of our own.
 * The name of a program in `stat` stands in brackets and may itself hold any bytes, brackets and
 * newlines too: the fields are counted from the last closing one. In `status` such bytes are
 * escaped, so a line begins with what it says.
 */

#include "host/process.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

#define STAT_MAX (64u << 10)
#define WORDS_MAX (256u << 10)
#define PATH_TEXT_MAX 32 /* "PID/cmdline", "PID/ns/pid" */

/* ---- texts ------------------------------------------------------------------------------- */

/* Reads a number and stops behind it. */
static bool take_number(const char **at, const char *end, unsigned base, uint64_t *ret)
{
	const char *p = *at;
	uint64_t value = 0;

	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	*at = p;
	for (; p < end && isxdigit((unsigned char)*p); p++) {
		unsigned digit = isdigit((unsigned char)*p)
					 ? (unsigned)(*p - '0')
					 : (unsigned)(tolower((unsigned char)*p) - 'a') + 10;

		if (digit >= base || __builtin_mul_overflow(value, base, &value) ||
			__builtin_add_overflow(value, digit, &value))
			return false;
	}
	if (p == *at)
		return false;
	*at = p;
	*ret = value;
	return true;
}

static const char *skip_fields(const char *at, const char *end, unsigned count)
{
	for (; count > 0; count--) {
		while (at < end && *at == ' ')
			at++;
		while (at < end && *at != ' ')
			at++;
	}
	return at;
}

int wh_process_parse_stat(struct wh_slice text, struct wh_process *ret)
{
	enum { FROM_PARENT_TO_START = 22 - 5 }; /* fields 5 to 21 stand between the two */
	const char *end = text.data + text.len;
	const char *at = text.len == 0 ? NULL : memrchr(text.data, ')', text.len);
	uint64_t parent = 0, start = 0;
	char state;

	if (at == NULL || end - at < 4 || at[1] != ' ')
		return -EINVAL;
	state = at[2];
	at += 3;
	if (!take_number(&at, end, 10, &parent) || parent > INT_MAX)
		return -EINVAL;
	at = skip_fields(at, end, FROM_PARENT_TO_START);
	if (!take_number(&at, end, 10, &start))
		return -EINVAL;
	ret->state = state;
	ret->parent = (int)parent;
	ret->start = start;
	return 0;
}

/* The first number of the line that begins with this key. */
static bool find_number(struct wh_slice text, const char *key, unsigned base, uint64_t *ret)
{
	const char *at = text.data, *end = text.data + text.len;
	size_t len = strlen(key);

	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		const char *line_end = stop == NULL ? end : stop;

		if ((size_t)(line_end - at) > len && memcmp(at, key, len) == 0) {
			at += len;
			return take_number(&at, line_end, base, ret);
		}
		at = stop == NULL ? end : stop + 1;
	}
	return false;
}

int wh_process_parse_status(struct wh_slice text, struct wh_process *ret)
{
	static const char *const keys[WH_PROCESS_SETS] = {
		[WH_PROCESS_INHERITABLE] = "CapInh:",
		[WH_PROCESS_PERMITTED] = "CapPrm:",
		[WH_PROCESS_EFFECTIVE] = "CapEff:",
		[WH_PROCESS_BOUNDING] = "CapBnd:",
		[WH_PROCESS_AMBIENT] = "CapAmb:",
	};
	struct wh_process read = *ret;
	uint64_t uid = 0, locked = 0, number = 0;

	if (!find_number(text, "Uid:", 10, &uid) || uid > UINT_MAX ||
		!find_number(text, "NoNewPrivs:", 10, &locked))
		return -EINVAL;
	for (size_t i = 0; i < WH_COUNT(keys); i++) {
		if (!find_number(text, keys[i], 16, &read.sets[i]))
			return -EINVAL;
	}
	read.uid = (unsigned)uid;
	read.no_new_privileges = locked != 0;
	read.seccomp = find_number(text, "Seccomp:", 10, &number) ? (int)(number & 3) : -1;
	read.seccomp_filters =
		find_number(text, "Seccomp_filters:", 10, &number) && number < INT_MAX ? (int)number
										       : -1;
	*ret = read;
	return 0;
}

/* ---- /proc ------------------------------------------------------------------------------- */

/* ENOENT when it ended before the file was opened, ESRCH when after. */
static int gone(int number)
{
	return number == ENOENT ? -ESRCH : -number;
}

int wh_process_text(int proc, int pid, const char *name, size_t limit, struct wh_buf *ret)
{
	char path[PATH_TEXT_MAX];
	int fd WH_FD = WH_NO_FD;

	(void)snprintf(path, sizeof(path), "%d/%s", pid, name);
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return gone(errno);
	while (ret->len < limit) {
		ssize_t got;

		if (wh_buf_reserve(ret, 4096) < 0)
			return -ENOMEM;
		got = read(fd, ret->data + ret->len, 4096);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return gone(errno);
		if (got == 0)
			break;
		ret->len += (size_t)got;
		ret->data[ret->len] = '\0';
	}
	return 0;
}

static int by_number(const void *a, const void *b)
{
	int left = *(const int *)a, right = *(const int *)b;

	return (left > right) - (left < right);
}

/* The process id that a name of /proc is; 0 for none. */
static int pid_of(const char *name)
{
	uint64_t pid = 0;
	const char *at = name, *end = name + strlen(name);

	return name[0] >= '1' && name[0] <= '9' && take_number(&at, end, 10, &pid) && at == end &&
			       pid <= INT_MAX
		       ? (int)pid
		       : 0;
}

int wh_process_list(int proc, struct wh_arena *arena, int **ret, size_t *ret_count)
{
	struct wh_buf pids WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	DIR *folder WH_NAMES = wh_open_names(proc, ".");
	const struct dirent *entry;
	int *list;

	if (folder == NULL)
		return -errno;
	while ((entry = readdir(folder)) != NULL) {
		int pid = pid_of(entry->d_name);

		if (pid > 0)
			wh_buf_add(&pids, &pid, sizeof(pid));
	}
	if (wh_buf_status(&pids) < 0)
		return -ENOMEM;
	list = wh_arena_alloc(arena, pids.len + sizeof(*list));
	if (list == NULL)
		return -ENOMEM;
	if (pids.len > 0)
		memcpy(list, pids.data, pids.len);
	*ret_count = pids.len / sizeof(*list);
	qsort(list, *ret_count, sizeof(*list), by_number);
	*ret = list;
	return 0;
}

/* 1 when it is one of ours of this name, 0 when not or when that cannot be seen, -ENOMEM. */
static int is_named(int proc, int pid, const char *name, uint64_t space)
{
	struct wh_buf comm WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	size_t len = strlen(name);
	uint64_t its = 0;
	int r = wh_process_text(proc, pid, "comm", STAT_MAX, &comm);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	return comm.len == len + 1 && memcmp(comm.data, name, len) == 0 &&
	       wh_process_namespace(proc, pid, "pid", &its) == 0 && its == space;
}

int wh_process_find(
	int proc, const char *name, struct wh_arena *arena, int **ret, size_t *ret_count)
{
	uint64_t space = 0;
	size_t all = 0, count = 0;
	int *pids = NULL;
	int r = wh_process_namespace(proc, getpid(), "pid", &space);

	if (r == 0)
		r = wh_process_list(proc, arena, &pids, &all);
	for (size_t i = 0; r >= 0 && i < all; i++) {
		r = is_named(proc, pids[i], name, space);
		if (r > 0)
			pids[count++] = pids[i];
	}
	if (r < 0)
		return r;
	*ret = pids;
	*ret_count = count;
	return 0;
}

int wh_process_read(int proc, int pid, struct wh_process *ret)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_process read = { .pid = pid };
	int r = wh_process_text(proc, pid, "stat", STAT_MAX, &text);

	if (r == 0)
		r = wh_process_parse_stat((struct wh_slice){ text.data, text.len }, &read);
	if (r < 0)
		return r;
	text.len = 0;
	r = wh_process_text(proc, pid, "status", STAT_MAX, &text);
	if (r == 0)
		r = wh_process_parse_status((struct wh_slice){ text.data, text.len }, &read);
	if (r == 0)
		*ret = read;
	return r;
}

int wh_process_words(int proc, int pid, struct wh_arena *arena, char ***ret, size_t *ret_count)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	size_t count = 0, n = 0;
	char **words, *copy;
	int r = wh_process_text(proc, pid, "cmdline", WORDS_MAX, &text);

	if (r < 0)
		return r;
	for (size_t i = 0; i < text.len; i++)
		count += text.data[i] == '\0' || i + 1 == text.len;
	words = wh_arena_array(arena, count + 1, sizeof(*words));
	copy = wh_arena_dup(arena, (struct wh_slice){ text.len == 0 ? "" : text.data, text.len });
	if (words == NULL || copy == NULL)
		return -ENOMEM;
	for (char *at = copy; at < copy + text.len; at += strlen(at) + 1)
		words[n++] = at;
	*ret = words;
	*ret_count = n;
	return 0;
}

int wh_process_variable(
	int proc, int pid, const char *name, struct wh_arena *arena, const char **ret)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	size_t len = strlen(name);
	int r = wh_process_text(proc, pid, "environ", WORDS_MAX, &text);

	if (r < 0)
		return r;
	*ret = NULL;
	for (size_t at = 0; at < text.len; at += strlen(text.data + at) + 1) {
		const char *entry = text.data + at;

		if (strncmp(entry, name, len) != 0 || entry[len] != '=')
			continue;
		*ret = wh_arena_dup(arena, wh_slice_of(entry + len + 1));
		return *ret == NULL ? -ENOMEM : 0;
	}
	return 0;
}

int wh_process_link(int proc, int pid, const char *name, struct wh_arena *arena, const char **ret)
{
	char path[PATH_TEXT_MAX], target[PATH_MAX];
	ssize_t len;

	(void)snprintf(path, sizeof(path), "%d/%s", pid, name);
	len = readlinkat(proc, path, target, sizeof(target));
	if (len < 0)
		return gone(errno);
	*ret = wh_arena_dup(arena, (struct wh_slice){ target, (size_t)len });
	return *ret == NULL ? -ENOMEM : 0;
}

int wh_process_namespace(int proc, int pid, const char *type, uint64_t *ret)
{
	char path[PATH_TEXT_MAX];
	struct stat st;

	(void)snprintf(path, sizeof(path), "%d/ns/%s", pid, type);
	if (fstatat(proc, path, &st, 0) < 0)
		return gone(errno);
	*ret = st.st_ino;
	return 0;
}

int wh_process_groups(int proc, int pid, struct wh_arena *arena, const char **ret)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int r = wh_process_text(proc, pid, "cgroup", STAT_MAX, &text);

	if (r < 0)
		return r;
	*ret = wh_arena_dup(arena, (struct wh_slice){ text.len == 0 ? "" : text.data, text.len });
	return *ret == NULL ? -ENOMEM : 0;
}
