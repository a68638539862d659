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
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"

#define HANDLE_MAX 128 /* bytes, MAX_HANDLE_SZ */
#define EVENTS_SIZE 16384

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
	bool lost;
	size_t count;
	struct node nodes[];
};

/* The container's /dev, which is a file system of its own: the host's is everybody's. */
static int open_dev(int pid, const char *rootfs)
{
	struct open_how how = { .flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_NO_MAGICLINKS | RESOLVE_IN_ROOT };
	char path[64], dev[PATH_MAX];
	int root WH_FD = WH_NO_FD, fd WH_FD = WH_NO_FD;
	struct statfs st;

	(void)snprintf(path, sizeof(path), "/proc/%d/root", pid);
	root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0 || (size_t)snprintf(dev, sizeof(dev), "%s/dev", rootfs) >= sizeof(dev))
		return -ENOENT;
	fd = (int)syscall(SYS_openat2, root, dev, &how, sizeof(how));
	if (fd < 0)
		return -errno;
	return fstatfs(fd, &st) < 0 || st.f_type != TMPFS_MAGIC ? -ENOENT : wh_steal_fd(fd);
}

/* Learns how events name the folder of this node. */
static void find_folder(int dev, const char *path, struct node *node)
{
	static const char prefix[] = "/dev/";
	char folder[PATH_MAX] = ".";
	const char *slash = strrchr(path, '/');
	int mount;

	if (strncmp(path, prefix, sizeof(prefix) - 1) != 0 || strstr(path, "..") != NULL)
		return;
	node->name = slash + 1;
	if (slash > path + sizeof(prefix) - 1)
		(void)snprintf(folder, sizeof(folder), "%.*s",
			(int)(slash - path - (long)sizeof(prefix) + 1), path + sizeof(prefix) - 1);
	node->folder.head.handle_bytes = HANDLE_MAX;
	node->watched = name_to_handle_at(dev, folder, &node->folder.head, &mount, 0) == 0;
}

int wh_devices_open(struct wh_devices **ret, int pid, const char *rootfs, const char *const *paths,
	size_t count)
{
	struct wh_devices *devices = calloc(1, sizeof(*devices) + count * sizeof(*devices->nodes));
	int dev WH_FD = WH_NO_FD;

	if (devices == NULL)
		return -ENOMEM;
	devices->fd = WH_NO_FD;
	*ret = devices;
	if (count == 0)
		return 0;
	dev = open_dev(pid, rootfs);
	if (dev >= 0)
		devices->fd = fanotify_init(
			FAN_CLASS_NOTIF | FAN_REPORT_DFID_NAME | FAN_CLOEXEC | FAN_NONBLOCK,
			O_RDONLY);
	if (dev < 0 || devices->fd < 0 ||
		fanotify_mark(devices->fd, FAN_MARK_ADD | FAN_MARK_FILESYSTEM, FAN_OPEN, dev, ".") <
			0) {
		int r = dev < 0 ? dev : -errno;

		wh_devices_close(devices);
		*ret = NULL;
		return r;
	}
	devices->count = count;
	for (size_t i = 0; i < count; i++)
		find_folder(dev, paths[i], &devices->nodes[i]);
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

bool wh_devices_look(struct wh_devices *devices)
{
	char buf[EVENTS_SIZE] __attribute__((aligned(8)));
	bool news = false;

	while (devices != NULL && devices->fd >= 0) {
		ssize_t len = read(devices->fd, buf, sizeof(buf));
		const struct fanotify_event_metadata *event = (const void *)buf;

		if (len <= 0)
			break;
		for (; FAN_EVENT_OK(event, len); event = FAN_EVENT_NEXT(event, len))
			news = take_event(devices, event) || news;
	}
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
