/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A mount that hangs nowhere is a folder like any other for who holds its descriptor, and gone with
 * it: nothing of ours shows in anybody's list of mounts, and no umount can fail.
 */

#include "record/tracefs-root.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fd.h"

#define TEXT_MAX (64u << 10)
#define PATH_TEXT_MAX 128

static const char *const usual_places[] = { "/sys/kernel/tracing", "/sys/kernel/debug/tracing" };

/* The root or -errno. */
static int open_unmounted(void)
{
	int context WH_FD = fsopen("tracefs", FSOPEN_CLOEXEC);
	int root;

	if (context < 0)
		return -errno;
	if (fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	root = fsmount(
		context, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	return root < 0 ? -errno : root;
}

static int open_mounted(void)
{
	for (size_t i = 0; i < WH_COUNT(usual_places); i++) {
		int fd WH_FD = open(usual_places[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
		struct statfs system;

		if (fd >= 0 && fstatfs(fd, &system) == 0 && system.f_type == TRACEFS_MAGIC)
			return wh_steal_fd(fd);
	}
	return -ENOENT;
}

int wh_tracefs_open(struct wh_err *err)
{
	int root = open_unmounted(), number = -root;

	if (root < 0)
		root = open_mounted();
	if (root >= 0)
		return root;
	if (number == ENODEV)
		return wh_fail(err, ENOTSUP, "this kernel has no tracefs");
	if (number == ENOSYS)
		return wh_fail(err, ENOTSUP,
			"tracefs is not mounted, and this kernel cannot open "
			"what is not mounted");
	return wh_fail_errno(err, number, "tracefs cannot be opened");
}

int wh_tracefs_read(int folder, const char *path, struct wh_buf *ret)
{
	int fd WH_FD = openat(folder, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	size_t before = ret->len;

	if (fd < 0)
		return -errno;
	for (;;) {
		ssize_t got;

		if (ret->len - before > TEXT_MAX)
			return -EFBIG;
		if (wh_buf_reserve(ret, 4096) < 0)
			return -ENOMEM;
		got = read(fd, ret->data + ret->len, 4096);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		ret->len += (size_t)got;
		ret->data[ret->len] = '\0';
		if (got == 0)
			return 0;
	}
}

int wh_tracefs_read_number(int folder, const char *path, uint64_t *ret)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	unsigned long long value;
	char *end = NULL;
	int r = wh_tracefs_read(folder, path, &text);

	if (r < 0)
		return r;
	errno = 0;
	value = strtoull(text.data, &end, 10);
	if (end == text.data || errno != 0)
		return -EINVAL;
	*ret = value;
	return 0;
}

/* The kernel takes what one write(2) brings as one command. */
static int write_once(int folder, const char *path, int flags, const char *text)
{
	int fd WH_FD = openat(folder, path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | flags);
	size_t len = strlen(text);
	ssize_t wrote;

	if (fd < 0)
		return -errno;
	do {
		wrote = write(fd, text, len);
	} while (wrote < 0 && errno == EINTR);
	if (wrote < 0)
		return -errno;
	return (size_t)wrote == len ? 0 : -EIO;
}

int wh_tracefs_write(int folder, const char *path, const char *text)
{
	return write_once(folder, path, O_TRUNC, text);
}

int wh_tracefs_append(int folder, const char *path, const char *text)
{
	return write_once(folder, path, O_APPEND, text);
}

int wh_tracefs_format(int root, const char *event, struct wh_format *ret)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	char path[PATH_TEXT_MAX];
	int r;

	if ((size_t)snprintf(path, sizeof(path), "events/%s/format", event) >= sizeof(path))
		return -ENAMETOOLONG;
	r = wh_tracefs_read(root, path, &text);
	if (r < 0)
		return r;
	return wh_format_parse((struct wh_slice){ text.data, text.len }, ret);
}
