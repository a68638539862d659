/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that are somebody else's: opened so that nobody but root could have bent the way there,
 * replaced whole or not at all, and only if they are still what was read.
 */

#include "configure.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host/file.h"

#define MAX_LINKS 40
#define MAX_BACKUPS 99
#define BACKUP ".whittle-backup"

struct wh_slice wh_text_of(const struct wh_buf *buf)
{
	return (struct wh_slice){ buf->data == NULL ? "" : buf->data, buf->len };
}

void wh_target_done(struct wh_target *target)
{
	wh_close_fd(&target->folder);
	wh_close_fd(&target->fd);
	wh_buf_done(&target->text);
}

/* The path that a link in the open folder leads to. NULL with a sentence. */
static const char *follow(int folder, const char *path, const char *name, const struct stat *st,
	struct wh_arena *arena, struct wh_err *err)
{
	struct wh_buf where WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	char target[PATH_MAX];
	ssize_t len = readlinkat(folder, name, target, sizeof(target) - 1);

	if (st->st_uid != 0 && st->st_uid != geteuid()) {
		(void)wh_fail(err, EPERM, "%s is a link that somebody else made", path);
		return NULL;
	}
	if (len < 0) {
		(void)wh_fail_errno(err, errno, "cannot read the link %s", path);
		return NULL;
	}
	target[len] = '\0';
	if (target[0] == '/')
		return wh_arena_dup(arena, wh_slice_of(target));
	if (wh_path_of(folder, &where, err) < 0)
		return NULL;
	return wh_arena_printf(arena, "%s/%s", where.data, target);
}

static int read_target(struct wh_target *target, struct wh_err *err)
{
	int r;

	target->fd = wh_open_trusted_at(target->folder, target->name, err);
	if (target->fd < 0)
		return target->fd;
	if (fstat(target->fd, &target->st) < 0)
		return wh_fail_errno(err, errno, "cannot look at %s", target->path);
	r = wh_read_all(target->fd, WH_ENGINE_MAX_SIZE, &target->text, err);
	if (r < 0)
		wh_err_prefix(err, "%s", target->path);
	return r;
}

/* The path without any link or "..", since that is how it is spoken of and noted. */
static int name_target(struct wh_target *target, struct wh_arena *arena, struct wh_err *err)
{
	struct wh_buf folder WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int r = wh_path_of(target->folder, &folder, err);

	if (r < 0)
		return r;
	target->path = wh_arena_printf(
		arena, "%s/%s", strcmp(folder.data, "/") == 0 ? "" : folder.data, target->name);
	if (target->path == NULL)
		return wh_fail_errno(err, ENOMEM, "cannot name a file");
	target->name = strrchr(target->path, '/') + 1;
	return 0;
}

int wh_target_open(
	struct wh_target *ret, const char *path, struct wh_arena *arena, struct wh_err *err)
{
	*ret = (struct wh_target){ .folder = WH_NO_FD, .fd = WH_NO_FD };
	for (unsigned links = 0; links < MAX_LINKS; links++) {
		struct wh_err why = WH_ERR_INIT;

		wh_close_fd(&ret->folder);
		ret->path = path;
		ret->folder = wh_open_trusted_parent(path, &ret->name, &why);
		if (ret->folder == -ENOENT) {
			const char *slash = strrchr(path, '/');

			ret->folder = WH_NO_FD;
			ret->name = slash == NULL ? path : slash + 1;
			return 0;
		}
		if (ret->folder < 0) {
			int number = -ret->folder;

			ret->folder = WH_NO_FD;
			return wh_fail(err, number, "%s: %s", path, why.text);
		}
		if (fstatat(ret->folder, ret->name, &ret->st, AT_SYMLINK_NOFOLLOW) < 0)
			return errno == ENOENT
				       ? name_target(ret, arena, err)
				       : wh_fail_errno(err, errno, "cannot look at %s", path);
		if (!S_ISLNK(ret->st.st_mode)) {
			int r = name_target(ret, arena, err);

			return r < 0 ? r : read_target(ret, err);
		}
		path = follow(ret->folder, path, ret->name, &ret->st, arena, err);
		if (path == NULL)
			return err->number != 0 ? -err->number
						: wh_fail_errno(err, ENOMEM, "following a link");
	}
	return wh_fail(err, ELOOP, "%s: too many links", path);
}

/* ---- writing ----------------------------------------------------------------------------- */

struct fill {
	const struct wh_target *target;
	struct wh_slice text;
	bool guarded;
};

static bool is_same(const struct wh_target *target)
{
	struct stat now;

	if (fstatat(target->folder, target->name, &now, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT && target->fd < 0;
	return target->fd >= 0 && now.st_dev == target->st.st_dev &&
	       now.st_ino == target->st.st_ino && now.st_size == target->st.st_size &&
	       now.st_mtim.tv_sec == target->st.st_mtim.tv_sec &&
	       now.st_mtim.tv_nsec == target->st.st_mtim.tv_nsec;
}

/* The look at the old file comes last, so that little time is left for others. */
static int fill_file(int fd, void *context, struct wh_err *err)
{
	const struct fill *fill = context;
	int r = wh_write_all(fd, fill->text.data, fill->text.len);

	if (r < 0)
		return r;
	if (fill->guarded && !is_same(fill->target))
		return wh_fail(err, EAGAIN,
			"somebody else changed %s meanwhile; nothing was done, run it again",
			fill->target->path);
	return 0;
}

/* The folder of the file, made with those above it if need be. */
static int make_folders(struct wh_target *target, struct wh_arena *arena, const char **ret_first,
	struct wh_err *err)
{
	for (const char *slash = strchr(target->path + 1, '/'); slash != NULL;
		slash = strchr(slash + 1, '/')) {
		const char *path = wh_arena_dup(
			arena, (struct wh_slice){ target->path, (size_t)(slash - target->path) });
		const char *name;
		int above WH_FD = path == NULL ? -ENOMEM : wh_open_trusted_parent(path, &name, err);

		if (above < 0)
			return path == NULL ? wh_fail_errno(err, ENOMEM, "making a folder") : above;
		if (mkdirat(above, name, 0755) == 0) {
			if (*ret_first == NULL)
				*ret_first = path;
		} else if (errno != EEXIST) {
			return wh_fail_errno(err, errno, "cannot make the folder %s", path);
		}
	}
	target->folder = wh_open_trusted_parent(target->path, &target->name, err);
	return target->folder < 0 ? target->folder : 0;
}

int wh_target_write(struct wh_target *target, struct wh_slice text, mode_t mode,
	struct wh_arena *arena, const char **ret_folder, struct wh_err *err)
{
	struct fill fill = { .target = target, .text = text, .guarded = true };
	int model WH_FD = WH_NO_FD;
	int r = 0;

	*ret_folder = NULL;
	if (target->folder < 0)
		r = make_folders(target, arena, ret_folder, err);
	if (r == 0 && target->fd < 0) {
		model = wh_open_model(target->folder, mode, err);
		r = model < 0 ? model : 0;
	}
	if (r == 0)
		r = wh_replace_file(target->folder, target->name,
			target->fd < 0 ? model : target->fd, fill_file, &fill, err);
	if (r < 0)
		wh_err_prefix(err, "%s", target->path);
	return r;
}

int wh_target_unlink(struct wh_target *target, const char *made, struct wh_err *err)
{
	char folder[PATH_MAX];
	char *slash;

	if (target->folder >= 0)
		wh_sweep_replaced(target->folder, target->name);
	if (target->fd >= 0 && unlinkat(target->folder, target->name, 0) < 0)
		return wh_fail_errno(err, errno, "cannot remove %s", target->path);
	(void)snprintf(folder, sizeof(folder), "%s", target->path);
	while (made != NULL && (slash = strrchr(folder, '/')) != NULL &&
		(size_t)(slash - folder) >= strlen(made)) {
		*slash = '\0';
		if (rmdir(folder) < 0)
			break;
	}
	return 0;
}

/* 1 when the name is there and holds the same, 0 when it is free, -EEXIST when it holds something
 * else. */
static int look_at_backup(const struct wh_target *target, const char *name)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int fd WH_FD = openat(
		target->folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? 0 : -EEXIST;
	if (wh_read_all(fd, WH_ENGINE_MAX_SIZE, &text, NULL) < 0)
		return -EEXIST;
	return wh_slice_eq((struct wh_slice){ text.data, text.len },
		       (struct wh_slice){ target->text.data, target->text.len })
		       ? 1
		       : -EEXIST;
}

/* The same content, or nothing, is under the first name that this gives. */
int wh_target_name_backup(const struct wh_target *target, struct wh_arena *arena,
	const char **ret_path, struct wh_err *err)
{
	for (unsigned number = 1; number <= MAX_BACKUPS; number++) {
		const char *path = number == 1 ? wh_arena_printf(arena, "%s" BACKUP, target->path)
					       : wh_arena_printf(arena, "%s" BACKUP ".%u",
							 target->path, number);

		if (path == NULL)
			return wh_fail_errno(err, ENOMEM, "cannot name the backup");
		if (look_at_backup(target, strrchr(path, '/') + 1) < 0)
			continue;
		*ret_path = path;
		return 0;
	}
	return wh_fail(
		err, EEXIST, "there are %d backups of %s; remove some", MAX_BACKUPS, target->path);
}

int wh_target_back_up(const struct wh_target *target, const char *path, struct wh_err *err)
{
	struct fill fill = { .target = target, .text = { target->text.data, target->text.len } };
	const char *name = strrchr(path, '/') + 1;
	int r = 0;

	if (look_at_backup(target, name) == 0)
		r = wh_replace_file(target->folder, name, target->fd, fill_file, &fill, err);
	if (r < 0)
		wh_err_prefix(err, "the backup of %s", target->path);
	return r;
}
