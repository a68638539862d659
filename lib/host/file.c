/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A path is walked to its folder first (walk.h), which then stays what was judged; what is opened
 * in it is judged again by its descriptor, so that what was judged is what is read.
 */

#include "host/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "host/trust.h"
#include "host/walk.h"

#define MAX_REPLACED 100 /* times that a file may be replaced while we open it */
#define READ_STEP 65536u /* of a file whose size the system does not tell */

/* ---- folders and programs --------------------------------------------------------------- */

/* For reading where that is allowed, so that whoever looks through it needs no second one. */
static int open_folder(const struct wh_walk *walk, struct wh_err *err)
{
	const struct wh_place place = { .path = walk->path };
	const int flags = O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd WH_FD = open(walk->path, O_RDONLY | flags);
	char shown[WH_SHOWN_SIZE];
	struct stat st;

	if (fd < 0 && errno == EACCES)
		fd = open(walk->path, O_PATH | flags);
	if (fd < 0 || fstat(fd, &st) < 0)
		return wh_fail_errno(err, errno, "%s", wh_place_show(&place, shown));
	if (!wh_is_same(&st, &walk->at.st))
		return wh_fail(err, EAGAIN,
			"the folder %s was replaced while it was being opened; try again",
			wh_place_show(&place, shown));
	return wh_steal_fd(fd);
}

static int take_path(const struct wh_walk *walk, struct wh_buf *ret, struct wh_err *err)
{
	ret->len = 0;
	wh_buf_add(ret, walk->path, walk->len);
	if (wh_buf_status(ret) < 0)
		return wh_fail_errno(err, ENOMEM, "cannot note the path of a folder");
	return 0;
}

int wh_resolve_trusted_folder(const char *path, struct wh_buf *ret, struct wh_err *err)
{
	struct wh_walk walk WH_UNINITIALIZED;
	int r = wh_walk_path(&walk, path, strlen(path), false, err);

	return r < 0 ? r : take_path(&walk, ret, err);
}

int wh_open_trusted_folder(const char *path, struct wh_buf *ret_path, struct wh_err *err)
{
	struct wh_walk walk WH_UNINITIALIZED;
	int fd WH_FD = WH_NO_FD;
	int r = wh_walk_path(&walk, path, strlen(path), false, err);

	if (r == 0)
		r = fd = open_folder(&walk, err);
	if (r >= 0 && ret_path != NULL)
		r = take_path(&walk, ret_path, err);
	return r < 0 ? r : wh_steal_fd(fd);
}

int wh_check_trusted_program(const char *path, struct stat *ret, struct wh_err *err)
{
	struct wh_walk walk WH_UNINITIALIZED;
	int r = wh_walk_path(&walk, path, strlen(path), true, err);

	if (r == 0) /* a folder, if it is not yet judged */
		r = wh_check_program(
			&(struct wh_place){ .path = walk.path }, &walk.at.st, walk.outer, err);
	if (r == 0)
		*ret = walk.at.st;
	return r;
}

/* ---- files ------------------------------------------------------------------------------ */

/* Divides a path before its last component; what is before it has *ret_len bytes of *ret_folder. */
static int divide(const char *path, const char **ret_folder, size_t *ret_len, const char **ret_name,
	struct wh_err *err)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash == NULL ? path : slash + 1;

	if (path[0] == '\0')
		return wh_fail(err, ENOENT, "a path is empty where a file is expected");
	if (name[0] == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return wh_fail(err, EISDIR, "a path names a folder where a file is expected");
	*ret_folder = slash == NULL ? "." : path;
	*ret_len = slash == NULL ? 1 : (size_t)(name - path);
	*ret_name = name;
	return 0;
}

static int walk_to_folder_of(
	const char *path, struct wh_walk *walk, const char **ret_name, struct wh_err *err)
{
	const char *folder = NULL;
	size_t len = 0;
	int r = divide(path, &folder, &len, ret_name, err);

	return r < 0 ? r : wh_walk_path(walk, folder, len, false, err);
}

int wh_open_trusted_parent(const char *path, const char **ret_name, struct wh_err *err)
{
	struct wh_walk walk WH_UNINITIALIZED;
	const char *name = NULL;
	int r = walk_to_folder_of(path, &walk, &name, err);

	if (r == 0)
		r = open_folder(&walk, err);
	if (r >= 0)
		*ret_name = name;
	return r;
}

int wh_check_trusted_file(int fd, struct wh_err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return wh_fail_errno(err, errno, "cannot look at an open file");
	return wh_check_file(&(struct wh_place){ .fd = fd }, &st, WH_NOBODY, err);
}

static int fail_open(const struct wh_place *place, int number, struct wh_err *err)
{
	char shown[WH_SHOWN_SIZE];

	wh_place_show(place, shown);
	if (number == ELOOP)
		return wh_fail(err, ELOOP,
			"%s is a symbolic link; it must be the regular file itself, so put a copy "
			"in its place",
			shown);
	if (number == ENXIO || number == ENODEV)
		return wh_fail(
			err, EINVAL, "%s is a socket or device; it must be a regular file", shown);
	return wh_fail_errno(err, number, "%s", shown);
}

/* By its path, whose folder was reached by a walk, or by its name in an open folder; `device` is
 * that of the folder where it is known, for something may be mounted on a file as well. */
static int open_file(
	const struct wh_place *place, const dev_t *device, uid_t outer, struct wh_err *err)
{
	/* O_NONBLOCK so as not to wait for a FIFO's writer; to a regular file it means nothing. */
	const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

	for (unsigned tries = 0; tries < MAX_REPLACED; tries++) {
		int fd WH_FD = place->path != NULL ? open(place->path, flags)
						   : openat(place->fd, place->name, flags);
		struct stat st;
		bool proc;
		int r;

		if (fd < 0 || fstat(fd, &st) < 0)
			return fail_open(place, errno, err);
		if (st.st_nlink == 0) /* another run has just replaced it: take the new one */
			continue;
		r = wh_check_file(place, &st, outer, err);
		if (r == 0 && device != NULL && st.st_dev != *device)
			r = wh_check_mount(fd, place, &proc, err);
		return r < 0 ? r : wh_steal_fd(fd);
	}
	return wh_fail(err, EAGAIN, "a file is replaced again and again while it is being opened");
}

int wh_open_trusted_at(int folder, const char *name, struct wh_err *err)
{
	return open_file(&(struct wh_place){ .fd = folder, .name = name }, NULL, WH_NOBODY, err);
}

int wh_open_trusted_file(const char *path, struct wh_err *err)
{
	struct wh_walk walk WH_UNINITIALIZED;
	const char *name = NULL;
	int r = walk_to_folder_of(path, &walk, &name, err);

	if (r == 0)
		r = wh_walk_push(&walk, name, strlen(name), err);
	if (r < 0)
		return r;
	return open_file(&(struct wh_place){ .path = walk.path }, &walk.at.st.st_dev,
		wh_walk_outer(&walk), err);
}

/* ---- reading ---------------------------------------------------------------------------- */

static int fail_big(const struct wh_place *place, size_t limit, struct wh_err *err)
{
	char shown[WH_SHOWN_SIZE];

	return wh_fail(err, EFBIG, "%s is larger than the %zu bytes that are accepted",
		wh_place_show(place, shown), limit);
}

/* Room for another piece: what there is, or a step more; never far beyond the limit. */
static size_t room_for(struct wh_buf *buf, size_t accepted)
{
	size_t room = buf->data == NULL ? 0 : buf->capacity - buf->len - 1;

	if (room == 0) {
		if (wh_buf_reserve(buf, READ_STEP) < 0)
			return 0;
		room = buf->capacity - buf->len - 1;
	}
	return room > accepted ? accepted + 1 : room;
}

/*
 * The end is where read(2) gives nothing more. But a file that gave all the bytes it is said to
 * have, to a call that asked for more than those, has shown its end by that: only regular files
 * tell a size, and with no byte left to give it is not for a lack of anything else that the call
 * fell short.
 */
int wh_read_all(int fd, size_t limit, struct wh_buf *ret, struct wh_err *err)
{
	const struct wh_place place = { .fd = fd };
	char shown[WH_SHOWN_SIZE];
	struct stat st;
	size_t total = 0;
	bool ended = false;

	if (fstat(fd, &st) < 0)
		return wh_fail_errno(err, errno, "%s", wh_place_show(&place, shown));
	if (st.st_size > 0 && (uintmax_t)st.st_size > limit)
		return fail_big(&place, limit, err);
	/* One byte more than there is, so that the end shows without growing the buffer. */
	if (st.st_size > 0 && wh_buf_reserve(ret, (size_t)st.st_size + 1) < 0)
		return wh_fail_errno(err, ENOMEM, "cannot read %s", wh_place_show(&place, shown));
	while (!ended) {
		size_t room = room_for(ret, limit - total);
		ssize_t got;

		if (room == 0)
			return wh_fail_errno(
				err, ENOMEM, "cannot read %s", wh_place_show(&place, shown));
		got = read(fd, ret->data + ret->len, room);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return wh_fail_errno(
				err, errno, "cannot read %s", wh_place_show(&place, shown));
		ret->len += (size_t)got;
		ret->data[ret->len] = '\0';
		total += (size_t)got;
		if (total > limit)
			return fail_big(&place, limit, err);
		ended = got == 0 || (got == st.st_size && (size_t)got < room);
	}
	return 0;
}

int wh_path_of(int fd, struct wh_buf *ret, struct wh_err *err)
{
	char path[PATH_MAX];
	char link[32];
	struct stat st;
	ssize_t got;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	got = readlink(link, path, sizeof(path));
	if (got < 0 || fstat(fd, &st) < 0)
		return wh_fail_errno(
			err, errno, "cannot tell the path of an open file by %s", link);
	if ((size_t)got >= sizeof(path))
		return wh_path_too_long(err);
	/* The kernel writes "(deleted)" behind, and "(unreachable)" or nothing like a path before.
	 */
	if (st.st_nlink == 0 || path[0] != '/')
		return wh_fail(err, ENOENT,
			"a file or folder was removed, or lies outside of the root folder");
	ret->len = 0;
	wh_buf_add(ret, path, (size_t)got);
	return wh_buf_status(ret);
}
