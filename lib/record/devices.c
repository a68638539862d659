/* SPDX-License-Identifier: Apache-2.0 */
#include "record/devices.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fanotify.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"

#define HANDLE_MAX 128 /* bytes, MAX_HANDLE_SZ */
#define EVENTS_SIZE 16384
#define READS_MAX 16 /* at a time: a container can open faster than is read */

/* A folder that holds nodes, as events name it. */
struct node {
	const char *name; /* behind the last slash of the path */
	bool watched, opened;
	struct {
		struct file_handle head;
		unsigned char bytes[HANDLE_MAX];
	} folder;
};

struct wh_devices {
	int fd;
	bool lost, blind;
	size_t count;
	struct node nodes[];
};

static int open_in(int root, const char *path, uint64_t flags)
{
	struct open_how how = { .flags = flags | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_NO_MAGICLINKS | RESOLVE_IN_ROOT };
	int fd = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));

	return fd < 0 ? -errno : fd;
}

/* A file system of its own: the host's is everybody's, even when a container was given it. */
static bool is_own(int dev)
{
	struct statfs fs;
	struct stat its, ours;

	return fstatfs(dev, &fs) == 0 && fs.f_type == TMPFS_MAGIC && fstat(dev, &its) == 0 &&
	       (stat("/dev", &ours) < 0 || its.st_dev != ours.st_dev);
}

/* The container's /dev: a link that the image has in its place leads nowhere outside of it. */
static int open_dev(int pid, const char *rootfs)
{
	char path[64];
	int its WH_FD = WH_NO_FD, root WH_FD = WH_NO_FD, fd WH_FD = WH_NO_FD;

	(void)snprintf(path, sizeof(path), "/proc/%d/root", pid);
	its = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (its < 0)
		return -ENOENT;
	root = open_in(its, rootfs[0] == '\0' ? "/" : rootfs, O_PATH);
	if (root < 0)
		return root;
	fd = open_in(root, "dev", O_RDONLY);
	if (fd < 0)
		return fd;
	return is_own(fd) ? wh_steal_fd(fd) : -ENOENT;
}

/* A node that is mounted there from elsewhere, as in a user namespace, is none of this file system,
 * and so are its events. */
static bool is_there(int dev, const char *path)
{
	struct stat node, folder;

	return fstatat(dev, path, &node, AT_SYMLINK_NOFOLLOW) == 0 && fstat(dev, &folder) == 0 &&
	       node.st_dev == folder.st_dev && (S_ISCHR(node.st_mode) || S_ISBLK(node.st_mode));
}

/* Learns how events name the folder of this node. */
static void find_folder(int dev, const char *path, struct node *node)
{
	static const char prefix[] = "/dev/";
	char folder[PATH_MAX] = ".";
	const char *slash = strrchr(path, '/');
	int mount;

	if (strncmp(path, prefix, sizeof(prefix) - 1) != 0 || strstr(path, "..") != NULL ||
		!is_there(dev, path + sizeof(prefix) - 1))
		return;
	node->name = slash + 1;
	if (slash > path + sizeof(prefix) - 1)
		(void)snprintf(folder, sizeof(folder), "%.*s",
			(int)(slash - path - (long)sizeof(prefix) + 1), path + sizeof(prefix) - 1);
	node->folder.head.handle_bytes = HANDLE_MAX;
	node->watched = name_to_handle_at(dev, folder, &node->folder.head, &mount, 0) == 0;
}

/* Begins to listen before it looks for the nodes. 0 or -errno. */
static int watch(struct wh_devices *devices, int dev, const char *const *paths, size_t count)
{
	devices->fd = fanotify_init(
		FAN_CLASS_NOTIF | FAN_REPORT_DFID_NAME | FAN_CLOEXEC | FAN_NONBLOCK, O_RDONLY);
	if (devices->fd < 0)
		return -errno;
	if (fanotify_mark(devices->fd, FAN_MARK_ADD | FAN_MARK_FILESYSTEM, FAN_OPEN, dev, ".") < 0)
		return -errno;
	devices->count = count;
	for (size_t i = 0; i < count; i++) {
		find_folder(dev, paths[i], &devices->nodes[i]);
		devices->blind = devices->blind || !devices->nodes[i].watched;
	}
	return 0;
}

int wh_devices_open(struct wh_devices **ret, int pid, const char *rootfs, const char *const *paths,
	size_t count)
{
	struct wh_devices *devices = calloc(1, sizeof(*devices) + count * sizeof(*devices->nodes));
	int dev WH_FD = WH_NO_FD;
	int r = 0;

	if (devices == NULL)
		return -ENOMEM;
	devices->fd = WH_NO_FD;
	if (count > 0) {
		dev = open_dev(pid, rootfs);
		r = dev < 0 ? dev : watch(devices, dev, paths, count);
	}
	if (r < 0) {
		wh_devices_close(devices);
		return r;
	}
	*ret = devices;
	return 0;
}

void wh_devices_close(struct wh_devices *devices)
{
	if (devices != NULL)
		wh_close_fd(&devices->fd);
	free(devices);
}

int wh_devices_fd(const struct wh_devices *devices)
{
	return devices == NULL ? WH_NO_FD : devices->fd;
}

/* ---- events -----------------------------------------------------------------------------------
 */

/* Marks the node that a record, "folder and name", speaks of. */
static bool take_name(struct wh_devices *devices, const struct fanotify_event_info_fid *info)
{
	const struct file_handle *folder = (const void *)info->handle;
	size_t head = offsetof(struct fanotify_event_info_fid, handle) + sizeof(*folder);
	const char *name;
	bool news = false;

	if (info->hdr.info_type != FAN_EVENT_INFO_TYPE_DFID_NAME || info->hdr.len <= head ||
		folder->handle_bytes >= info->hdr.len - head)
		return false;
	name = (const char *)folder->f_handle + folder->handle_bytes;
	for (size_t i = 0; i < devices->count; i++) {
		struct node *node = &devices->nodes[i];

		if (!node->watched || node->opened ||
			node->folder.head.handle_bytes != folder->handle_bytes ||
			node->folder.head.handle_type != folder->handle_type ||
			memcmp(node->folder.head.f_handle, folder->f_handle,
				folder->handle_bytes) != 0 ||
			strncmp(name, node->name, info->hdr.len - head - folder->handle_bytes) != 0)
			continue;
		node->opened = news = true;
	}
	return news;
}

static bool take_event(struct wh_devices *devices, const struct fanotify_event_metadata *event)
{
	const struct fanotify_event_info_fid *info = (const void *)(event + 1);

	if ((event->mask & FAN_Q_OVERFLOW) != 0)
		devices->lost = true;
	if (event->fd >= 0)
		close(event->fd);
	if (event->event_len < event->metadata_len + sizeof(*info))
		return false;
	return take_name(devices, info);
}

/* Then nothing more is to be learnt, and opening costs the container what it did before. */
static bool all_opened(const struct wh_devices *devices)
{
	for (size_t i = 0; i < devices->count; i++) {
		if (devices->nodes[i].watched && !devices->nodes[i].opened)
			return false;
	}
	return true;
}

bool wh_devices_look(struct wh_devices *devices)
{
	char buf[EVENTS_SIZE] __attribute__((aligned(8)));
	bool news = false;

	for (unsigned i = 0; devices != NULL && devices->fd >= 0 && i < READS_MAX; i++) {
		ssize_t len = read(devices->fd, buf, sizeof(buf));
		const struct fanotify_event_metadata *event = (const void *)buf;

		if (len <= 0)
			break;
		for (; FAN_EVENT_OK(event, len); event = FAN_EVENT_NEXT(event, len))
			news = take_event(devices, event) || news;
	}
	if (news && all_opened(devices))
		wh_close_fd(&devices->fd);
	return news;
}

bool wh_devices_opened(const struct wh_devices *devices, size_t index)
{
	return devices != NULL && index < devices->count && devices->nodes[index].opened;
}

bool wh_devices_lost(const struct wh_devices *devices)
{
	return devices != NULL && devices->lost;
}

bool wh_devices_blind(const struct wh_devices *devices)
{
	return devices != NULL && devices->blind;
}
