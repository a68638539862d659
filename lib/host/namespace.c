/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two namespaces are one when device and inode are the same (namespaces(7), Linux 3.8). What is
 * looked at is opened as a path first: only once it is known to lie on the file system of
 * namespaces is it opened so that its type can be asked (ioctl_ns(2), Linux 4.11).
 */

#include "host/namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/fd.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080 /* linux/sched.h, since Linux 5.6 */
#endif

static const struct type {
	const char *word; /* in config.json */
	const char *name; /* in /proc/PID/ns */
	int flag;
} types[] = {
	{ "cgroup", "cgroup", CLONE_NEWCGROUP },
	{ "ipc", "ipc", CLONE_NEWIPC },
	{ "mount", "mnt", CLONE_NEWNS },
	{ "network", "net", CLONE_NEWNET },
	{ "pid", "pid", CLONE_NEWPID },
	{ "time", "time", CLONE_NEWTIME },
	{ "user", "user", CLONE_NEWUSER },
	{ "uts", "uts", CLONE_NEWUTS },
};

static bool is_namespace_of(const char *process, const struct type *type, const struct stat *st)
{
	char path[64];
	struct stat own;

	(void)snprintf(path, sizeof(path), "/proc/%s/ns/%s", process, type->name);
	return stat(path, &own) == 0 && own.st_dev == st->st_dev && own.st_ino == st->st_ino;
}

static enum wh_namespace look(const struct type *type, const char *path)
{
	int place WH_FD = open(path, O_PATH | O_CLOEXEC);
	int fd WH_FD = WH_NO_FD;
	char again[32];
	struct statfs fs;
	struct stat st;
	int flag;

	if (place < 0 || fstatfs(place, &fs) < 0 || fs.f_type != NSFS_MAGIC ||
		fstat(place, &st) < 0)
		return WH_NAMESPACE_UNKNOWN;
	if (is_namespace_of("self", type, &st) || is_namespace_of("1", type, &st))
		return WH_NAMESPACE_HOST;
	(void)snprintf(again, sizeof(again), "/proc/self/fd/%d", place);
	fd = open(again, O_RDONLY | O_CLOEXEC);
	flag = fd < 0 ? -1 : ioctl(fd, NS_GET_NSTYPE);
	if (flag < 0)
		return WH_NAMESPACE_UNKNOWN;
	return flag == type->flag ? WH_NAMESPACE_OTHER : WH_NAMESPACE_WRONG;
}

enum wh_namespace wh_namespace_look(struct wh_slice type, struct wh_slice path)
{
	char text[PATH_MAX] WH_UNINITIALIZED;

	if (path.len == 0 || path.len >= sizeof(text) || path.data[0] != '/' ||
		memchr(path.data, '\0', path.len) != NULL)
		return WH_NAMESPACE_UNKNOWN;
	memcpy(text, path.data, path.len);
	text[path.len] = '\0';
	for (size_t i = 0; i < WH_COUNT(types); i++) {
		if (wh_slice_is(type, types[i].word))
			return look(&types[i], text);
	}
	return WH_NAMESPACE_UNKNOWN;
}
