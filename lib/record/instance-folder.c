/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A recorder may go into the background after it has opened its instance, and then the process of
 * the name has ended while the instance is in use. The kernel refuses to remove one that somebody
 * reads (EBUSY), so trying is enough; the name only protects one that was just made.
 */

#include "record/instance-folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fd.h"
#include "host/process.h"
#include "record/tracefs-root.h"

#define PREFIX "whittle"
#define PATH_TEXT_MAX 96
#define STAT_MAX (4u << 10)

/* include/linux/proc_ns.h, PROC_PID_INIT_INO: the same since Linux 3.8. */
#define HOST_PID_NAMESPACE UINT64_C(0xEFFFFFFC)

/* A process that made threads all the time would be asked for them for ever. What they make is
 * followed once they are. */
#define TASK_PASSES 8

/* When a process began, in clock ticks. 0 or -errno. */
static int start_of(int pid, uint64_t *ret)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int proc WH_FD = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct wh_process process;
	int r;

	if (proc < 0)
		return -errno;
	r = wh_process_text(proc, pid, "stat", STAT_MAX, &text);
	if (r < 0)
		return r;
	r = wh_process_parse_stat((struct wh_slice){ text.data, text.len }, &process);
	if (r < 0)
		return r;
	*ret = process.start;
	return 0;
}

/* Digits and the character behind them. */
static bool take_digits(const char **at, uint64_t *ret)
{
	char *end = NULL;

	if (**at < '0' || **at > '9')
		return false;
	errno = 0;
	*ret = strtoull(*at, &end, 10);
	if (errno != 0 || *end == '\0')
		return false;
	*at = end + 1;
	return true;
}

bool wh_instance_is_left_over(const char *name)
{
	const char *at = name + strlen(PREFIX) + 1;
	uint64_t pid, start, now = 0;
	int r;

	if (strncmp(name, PREFIX, strlen(PREFIX)) != 0 || name[strlen(PREFIX)] == '\0' ||
		!take_digits(&at, &pid) || !take_digits(&at, &start) || pid == 0 || pid > INT32_MAX)
		return false;
	r = start_of((int)pid, &now);
	return r == -ESRCH || (r == 0 && now != start);
}

static void sweep(int tracefs)
{
	DIR *names WH_NAMES = wh_open_names(tracefs, "instances");
	const struct dirent *entry;

	while (names != NULL && (entry = readdir(names)) != NULL) {
		if (wh_instance_is_left_over(entry->d_name))
			wh_instance_remove(tracefs, entry->d_name);
	}
}

static int choose_name(char ret[WH_INSTANCE_NAME], struct wh_err *err)
{
	uint64_t start = 0, random = 0;
	int r = start_of(getpid(), &start);

	if (r < 0)
		return wh_fail_errno(err, -r, "reading /proc/self/stat");
	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		return wh_fail_errno(err, errno, "drawing a random number");
	(void)snprintf(ret, WH_INSTANCE_NAME, PREFIX "-%d-%" PRIu64 "-%016" PRIx64, getpid(), start,
		random);
	return 0;
}

/* The kernel's events have the process ids of the host. */
static int need_host_pids(struct wh_err *err)
{
	struct stat info;

	if (stat("/proc/self/ns/pid", &info) < 0)
		return wh_fail_errno(err, errno, "looking at /proc/self/ns/pid");
	if (info.st_ino != HOST_PID_NAMESPACE)
		return wh_fail(err, ENOTSUP,
			"events are about the host's process ids, and here is a pid namespace");
	return 0;
}

int wh_instance_make(int tracefs, char ret_name[WH_INSTANCE_NAME], struct wh_err *err)
{
	char path[PATH_TEXT_MAX];
	int fd, number, r = need_host_pids(err);

	if (r < 0)
		return r;
	sweep(tracefs);
	r = choose_name(ret_name, err);
	if (r < 0)
		return r;
	(void)snprintf(path, sizeof(path), "instances/%s", ret_name);
	if (mkdirat(tracefs, path, 0700) < 0)
		return errno == ENOENT ? wh_fail(err, ENOTSUP, "this tracefs has no instances")
				       : wh_fail_errno(err, errno, "making a tracefs instance");
	fd = openat(tracefs, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	number = errno;
	wh_instance_remove(tracefs, ret_name);
	return wh_fail_errno(err, number, "opening our tracefs instance");
}

void wh_instance_remove(int tracefs, const char *name)
{
	char path[PATH_TEXT_MAX];

	if ((size_t)snprintf(path, sizeof(path), "instances/%s", name) < sizeof(path))
		(void)unlinkat(tracefs, path, AT_REMOVEDIR);
}

/* Adds those that are not in the list `known` (" 1 2 3 ") to it, and to `ret`. */
static int list_threads(int pid, struct wh_buf *known, struct wh_buf *ret)
{
	char path[PATH_TEXT_MAX], word[PATH_TEXT_MAX];
	DIR *names WH_NAMES = NULL;
	const struct dirent *entry;

	(void)snprintf(path, sizeof(path), "/proc/%d/task", pid);
	names = wh_open_names(AT_FDCWD, path);
	if (names == NULL)
		return errno == ENOENT ? -ESRCH : -errno;
	while ((entry = readdir(names)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(word, sizeof(word), " %.20s ", entry->d_name);
		if (known->len > 0 && strstr(known->data, word) != NULL)
			continue;
		wh_buf_add_string(known, word);
		wh_buf_add_string(ret, word);
	}
	return wh_buf_status(known) < 0 ? -ENOMEM : wh_buf_status(ret);
}

int wh_instance_follow(int folder, int pid)
{
	struct wh_buf known WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int r;

	/* Before the list, so that what is made in between is on it or follows from it. */
	r = wh_tracefs_write(folder, "options/event-fork", "1");
	for (int pass = 0; r == 0 && pass < TASK_PASSES; pass++) {
		struct wh_buf threads WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;

		r = list_threads(pid, &known, &threads);
		if (r < 0 || threads.len == 0)
			break;
		r = wh_tracefs_append(folder, "set_event_pid", threads.data);
	}
	return r;
}
