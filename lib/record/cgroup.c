/* SPDX-License-Identifier: Apache-2.0 */
#include "record/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fd.h"
#include "host/mounts.h"
#include "host/process.h"

/* Whether a comma-separated list has this word. */
static bool has_word(struct wh_slice list, const char *word)
{
	while (list.len > 0) {
		const char *comma = memchr(list.data, ',', list.len);
		size_t len = comma == NULL ? list.len : (size_t)(comma - list.data);

		if (wh_slice_is((struct wh_slice){ list.data, len }, word))
			return true;
		len += comma != NULL;
		list.data += len;
		list.len -= len;
	}
	return false;
}

/* "NUMBER:CONTROLLERS:PATH" */
struct wh_slice wh_cgroup_path(struct wh_slice text, bool *ret_v2)
{
	struct wh_slice found = { NULL, 0 };

	while (text.len > 0) {
		const char *newline = memchr(text.data, '\n', text.len);
		size_t len = newline == NULL ? text.len : (size_t)(newline - text.data);
		const char *first = memchr(text.data, ':', len);
		const char *second = first == NULL ? NULL
						   : memchr(first + 1, ':',
							     len - (size_t)(first + 1 - text.data));

		if (second != NULL) {
			struct wh_slice list = { first + 1, (size_t)(second - first - 1) };
			struct wh_slice path = { second + 1,
				len - (size_t)(second + 1 - text.data) };
			bool v1 = has_word(list, "perf_event");

			if (v1 || (list.len == 0 && found.data == NULL)) {
				found = path;
				*ret_v2 = !v1;
			}
			if (v1)
				return found;
		}
		len += newline != NULL;
		text.data += len;
		text.len -= len;
	}
	return found;
}

bool wh_cgroup_is_apart(struct wh_slice its, struct wh_slice ours)
{
	while (its.len > 0 && its.data[its.len - 1] == '/')
		its.len--;
	return ours.len < its.len || memcmp(ours.data, its.data, its.len) != 0 ||
	       (ours.len > its.len && its.len > 0 && ours.data[its.len] != '/');
}

/* Where the hierarchy is mounted whose root, or a part of it with the path, can be seen. */
static const char *folder_of(struct wh_slice path, bool v2, struct wh_arena *arena)
{
	struct wh_mounts mounts;

	if (wh_mounts_read("/proc/self/mountinfo", arena, &mounts, NULL) < 0)
		return NULL;
	for (size_t i = 0; i < mounts.count; i++) {
		const struct wh_mount *mount = &mounts.items[i];
		const char *text = wh_arena_dup(arena, path), *behind;

		if (strcmp(mount->type, v2 ? "cgroup2" : "cgroup") != 0 ||
			(!v2 && !has_word(wh_slice_of(mount->options), "perf_event")) ||
			text == NULL)
			continue;
		behind = wh_path_behind(text, mount->root);
		if (behind != NULL)
			return wh_arena_printf(arena, "%s/%s", mount->point, behind);
	}
	return NULL;
}

static int path_of(int proc, int pid, struct wh_arena *arena, struct wh_slice *ret, bool *ret_v2)
{
	const char *text = NULL;
	int r = wh_process_groups(proc, pid, arena, &text);

	if (r == 0)
		*ret = wh_cgroup_path(wh_slice_of(text), ret_v2);
	return r < 0 ? r : ret->data == NULL ? -ENOENT : 0;
}

int wh_cgroup_open(int pid, struct wh_err *err)
{
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	int proc WH_FD = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct wh_slice its = { NULL, 0 }, ours = { NULL, 0 };
	bool v2 = false, our_v2 = false;
	const char *folder;
	int r, fd;

	if (proc < 0)
		return wh_fail_errno(err, errno, "/proc");
	r = path_of(proc, pid, &arena, &its, &v2);
	if (r < 0 && r != -ENOENT)
		return wh_fail_errno(err, -r, "its cgroup");
	if (r == 0 && path_of(proc, getpid(), &arena, &ours, &our_v2) == 0 &&
		!wh_cgroup_is_apart(its, ours))
		r = -ENOENT;
	folder = r < 0 ? NULL : folder_of(its, v2, &arena);
	if (folder == NULL)
		return wh_fail(
			err, ENOTSUP, "the container has no cgroup of its own that can be seen");
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? wh_fail_errno(err, errno, "its cgroup") : fd;
}
