/* SPDX-License-Identifier: Apache-2.0 */
#include "record/written.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "host/mounts.h"

#define DEPTH_MAX 128
#define PATIENCE_S 10 /* for the walk: a stop hook waits for it, and an engine for that */

/* The upper layer of the overlay that is mounted there; NULL when it is none or has none. Some
 * engines mount with paths that count from a folder of theirs, which nobody can find. */
static const char *upper_of(const char *rootfs, struct wh_arena *arena)
{
	static const char option[] = "upperdir=";
	struct wh_mounts mounts;
	const struct wh_mount *mount;
	const char *found;

	if (wh_mounts_read("/proc/self/mountinfo", arena, &mounts, NULL) < 0)
		return NULL;
	mount = wh_mounts_find(&mounts, 0, rootfs);
	if (mount == NULL || strcmp(mount->point, rootfs) != 0 ||
		strcmp(mount->type, "overlay") != 0)
		return NULL;
	found = strstr(mount->options, option);
	if (found == NULL)
		return NULL;
	found += sizeof(option) - 1;
	return wh_arena_dup(arena, (struct wh_slice){ found, strcspn(found, ",") });
}

int wh_written_open(const char *rootfs, struct wh_written *ret, struct wh_err *err)
{
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	char real[PATH_MAX];
	const char *upper;

	ret->folder = WH_NO_FD;
	if (realpath(rootfs, real) == NULL)
		return wh_fail_errno(err, errno, "its root file system");
	upper = upper_of(real, &arena);
	if (upper != NULL && upper[0] != '/')
		return wh_fail(err, ENOTSUP, "the upper layer of its root file system has no path");
	ret->upper = upper != NULL;
	ret->folder = open(upper != NULL ? upper : real, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (ret->folder < 0) {
		ret->folder = WH_NO_FD;
		return wh_fail_errno(err, errno, "its root file system");
	}
	return 0;
}

void wh_written_close(struct wh_written *written)
{
	wh_close_fd(&written->folder);
}

/* ---- the walk ---------------------------------------------------------------------------------
 */

struct walk {
	struct wh_arena *arena;
	int64_t since;
	dev_t device;
	size_t limit, looks;
	time_t deadline; /* CLOCK_MONOTONIC, seconds */
	const char **found;
	size_t count;
	bool more;
	struct wh_buf path; /* of the folder at hand: "" or "/…" */
};

static time_t seconds(void)
{
	struct timespec t = { .tv_sec = 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

static bool is_new(const struct walk *walk, const struct stat *st)
{
	return (int64_t)st->st_ctim.tv_sec * 1000000000 + st->st_ctim.tv_nsec >= walk->since;
}

static int add(struct walk *walk, const char *behind)
{
	if (walk->count == walk->limit) {
		walk->more = true;
		return 0;
	}
	walk->found[walk->count] = wh_arena_printf(walk->arena, "%.*s%s", (int)walk->path.len,
		walk->path.len == 0 ? "" : walk->path.data, behind);
	return walk->found[walk->count++] == NULL ? -ENOMEM : 0;
}

static int walk_folder(struct walk *walk, int fd, const struct stat *own, unsigned depth);

static int look_at(struct walk *walk, int folder, const char *name, unsigned depth)
{
	int fd WH_FD = WH_NO_FD;
	struct stat st;

	if (++walk->looks > WH_WRITTEN_LOOKS || depth > DEPTH_MAX || seconds() > walk->deadline)
		return -E2BIG;
	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (st.st_dev != walk->device)
		return 0;
	if (!S_ISDIR(st.st_mode))
		return is_new(walk, &st) ? add(walk, "") : 0;
	fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR || errno == ELOOP ? 0 : -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	return st.st_dev != walk->device ? 0 : walk_folder(walk, fd, &st, depth);
}

static int walk_folder(struct walk *walk, int fd, const struct stat *own, unsigned depth)
{
	size_t before = walk->count, len = walk->path.len;
	DIR *folder WH_NAMES = wh_open_names_take(fcntl(fd, F_DUPFD_CLOEXEC, 0));
	const struct dirent *entry;
	int r = 0;

	if (folder == NULL)
		return -errno;
	rewinddir(folder);
	while (r == 0 && (errno = 0, entry = readdir(folder)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		wh_buf_addf(&walk->path, "/%s", entry->d_name);
		r = wh_buf_status(&walk->path);
		if (r == 0)
			r = look_at(walk, fd, entry->d_name, depth + 1);
		walk->path.len = len;
	}
	if (r == 0 && errno != 0)
		r = -errno;
	if (walk->path.data != NULL)
		walk->path.data[len] = '\0';
	return r == 0 && walk->count == before && !walk->more && is_new(walk, own) ? add(walk, "/")
										   : r;
}

int wh_written_list(const struct wh_written *written, int64_t since, size_t limit,
	struct wh_arena *arena, const char *const **ret, size_t *ret_count, bool *ret_more)
{
	struct walk walk = {
		.arena = arena, .since = since, .limit = limit, .deadline = seconds() + PATIENCE_S
	};
	struct stat st;
	int r;

	walk.found = wh_arena_array(arena, limit, sizeof(*walk.found));
	if (walk.found == NULL)
		return -ENOMEM;
	if (fstat(written->folder, &st) < 0)
		return -errno;
	walk.device = st.st_dev;
	r = walk_folder(&walk, written->folder, &st, 0);
	wh_buf_done(&walk.path);
	qsort(walk.found, walk.count, sizeof(*walk.found), wh_by_text);
	*ret = walk.found;
	*ret_count = walk.count;
	*ret_more = walk.more;
	return r;
}
