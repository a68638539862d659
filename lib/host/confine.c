/* SPDX-License-Identifier: Apache-2.0 */
#include "host/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "host/file.h"
#include "host/process.h"

#define TEXT_MAX (64u << 10)
#define WHOLE_DEVICES "a *:* rwm"

/* ---- users ---------------------------------------------------------------------------------- */

int wh_confine_parse_uid_map(struct wh_slice text, uint32_t *ret)
{
	const char *at = text.data, *end = text.data + text.len;
	bool any = false;

	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		char line[128];
		size_t len = (size_t)((stop == NULL ? end : stop) - at);
		unsigned inside, outside, count;

		if (len >= sizeof(line))
			return -EINVAL;
		memcpy(line, at, len);
		line[len] = '\0';
		if (sscanf(line, "%u %u %u", &inside, &outside, &count) != 3)
			return -EINVAL;
		any = true;
		if (inside == 0 && count > 0) {
			*ret = outside;
			return 0;
		}
		at += len + 1;
	}
	return any || text.len == 0 ? -ENOENT : -EINVAL;
}

int wh_confine_root_uid(int proc, int pid, uint32_t *ret)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int r = wh_process_text(proc, pid, "uid_map", TEXT_MAX, &text);

	if (r < 0)
		return r;
	return wh_confine_parse_uid_map(
		text.len == 0 ? WH_SLICE("") : (struct wh_slice){ text.data, text.len }, ret);
}

/* ---- mounts --------------------------------------------------------------------------------- */

int wh_confine_mounts(int proc, int pid, struct wh_arena *arena, struct wh_mounts *ret)
{
	char path[64];
	int r, again WH_FD = WH_NO_FD;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d/%d/mountinfo", proc, pid);
	r = wh_mounts_read(path, arena, ret, NULL);
	if (r != -EINVAL)
		return r == -ENOENT ? -ESRCH : r;
	/* Of a process that has ended it cannot even be opened; else a line is not understood. */
	again = open(path, O_RDONLY | O_CLOEXEC);
	return again < 0 && (errno == EINVAL || errno == ENOENT) ? -ESRCH : -EINVAL;
}

/* ---- label ---------------------------------------------------------------------------------- */

int wh_confine_label(int proc, int pid, struct wh_arena *arena, const char **ret)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int r = wh_process_text(proc, pid, "attr/current", TEXT_MAX, &text);

	/* Without a security module the file is there and cannot be read (EINVAL). */
	if (r < 0 && r != -EINVAL && r != -EOPNOTSUPP)
		return r;
	while (text.len > 0 && (text.data[text.len - 1] == '\n' || text.data[text.len - 1] == '\0'))
		text.len--;
	*ret = wh_arena_dup(arena,
		(struct wh_slice){ text.data == NULL ? "" : text.data, r < 0 ? 0 : text.len });
	return *ret == NULL ? -ENOMEM : 0;
}

/* ---- devices -------------------------------------------------------------------------------- */

/* The path in the line of /proc/PID/cgroup for this controller ("" is version 2), its length in
 * *ret_len; NULL for none. Lines are "ID:CONTROLLER,…:PATH" (cgroups(7)). */
static const char *find_group(const char *groups, const char *controller, size_t *ret_len)
{
	size_t wanted = strlen(controller);

	for (const char *line = groups; *line != '\0';) {
		size_t len = strcspn(line, "\n");
		const char *names = memchr(line, ':', len);
		const char *path =
			names == NULL ? NULL
				      : memchr(names + 1, ':', len - (size_t)(names + 1 - line));
		const char *at = names == NULL ? line : names + 1;

		while (path != NULL && at <= path) {
			size_t name = strcspn(at, ",:");

			if (name == wanted && memcmp(at, controller, wanted) == 0) {
				*ret_len = len - (size_t)(path + 1 - line);
				return path + 1;
			}
			at += name + 1;
		}
		line += len + (line[len] == '\n');
	}
	return NULL;
}

static enum wh_device_access devices_of_version_1(int root, const char *path, size_t len)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	char name[4096];
	int fd WH_FD = WH_NO_FD;

	if ((size_t)snprintf(name, sizeof(name), "devices%.*s/devices.list", (int)len, path) >=
		sizeof(name))
		return WH_DEVICES_UNKNOWN;
	fd = openat(root, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || wh_read_all(fd, TEXT_MAX, &text, NULL) < 0)
		return WH_DEVICES_UNKNOWN;
	if (text.data != NULL && strncmp(text.data, WHOLE_DEVICES, strlen(WHOLE_DEVICES)) == 0)
		return WH_DEVICES_ALL;
	return WH_DEVICES_LISTED;
}

static enum wh_device_access devices_of_version_2(int root, const char *path, size_t len)
{
	union bpf_attr query;
	char name[4096];
	int fd WH_FD = WH_NO_FD;

	if ((size_t)snprintf(name, sizeof(name), ".%.*s", (int)len, path) >= sizeof(name))
		return WH_DEVICES_UNKNOWN;
	fd = openat(root, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return WH_DEVICES_UNKNOWN;
	memset(&query, 0, sizeof(query));
	query.query.target_fd = (uint32_t)fd;
	query.query.attach_type = BPF_CGROUP_DEVICE;
	query.query.query_flags = BPF_F_QUERY_EFFECTIVE;
	if (syscall(SYS_bpf, BPF_PROG_QUERY, &query, sizeof(query)) < 0)
		return WH_DEVICES_UNKNOWN;
	return query.query.prog_cnt == 0 ? WH_DEVICES_ALL : WH_DEVICES_LISTED;
}

enum wh_device_access wh_confine_devices(int root, const char *groups)
{
	size_t len = 0;
	const char *path = find_group(groups, "devices", &len);

	if (path != NULL)
		return devices_of_version_1(root, path, len);
	path = find_group(groups, "", &len);
	return path == NULL ? WH_DEVICES_UNKNOWN : devices_of_version_2(root, path, len);
}
