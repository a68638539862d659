/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A path is safe when nobody but root and the effective user could make it lead elsewhere. That
 * can't be asked of a path, only of each folder and link on the way, while it is held open: so the
 * kernel is never given more than one component at a time, and never follows a link for us. Two
 * system calls a component (open, fstat) and one to let go of the folder before.
 *
 * Mode bits are enough also where there are POSIX ACLs: with an ACL the group bits of st_mode show
 * its mask, so whoever an ACL lets write shows as a group that may (acl(5)).
 *
 * A sticky folder of root's, such as /tmp, lets others create names but not take away those that
 * belong to root or to us; whatever we go through there must belong to one of the two, as
 * everywhere else.
 */

#include "host/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fd.h"

#define MAX_LINKS 40u    /* as the kernel, path_resolution(7) */
#define MAX_DEPTH 2048u  /* of a working folder: PATH_MAX / 2 */
#define MAX_REPLACED 100 /* times that a file may be replaced while we open it */
#define SHOWN_SIZE 256   /* of a path in a sentence */
#define READ_STEP 65536u /* of a file whose size the system does not tell */

#ifndef FUSE_SUPER_MAGIC
#define FUSE_SUPER_MAGIC 0x65735546 /* linux/magic.h, since Linux 5.16 */
#endif

#define OPEN_LOOK (O_PATH | O_NOFOLLOW | O_CLOEXEC)

/* ---- words ------------------------------------------------------------------------------ */

/* The path of an open file, or of a name in an open folder, for a sentence. The end of it counts.
 */
static const char *show(int fd, const char *name, char shown[SHOWN_SIZE])
{
	char path[PATH_MAX + NAME_MAX + 2];
	char link[32];
	ssize_t got;
	size_t len;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	got = readlink(link, path, PATH_MAX);
	len = got < 0 ? 0 : (size_t)got;
	path[len] = '\0';
	if (name != NULL)
		(void)snprintf(path + len, sizeof(path) - len, "%s%.*s",
			len > 0 && path[len - 1] != '/' ? "/" : "", NAME_MAX, name);
	len = strlen(path);
	if (len < SHOWN_SIZE)
		memcpy(shown, path, len + 1);
	else
		(void)snprintf(shown, SHOWN_SIZE, "...%s", path + len - (SHOWN_SIZE - 4));
	return shown;
}

static const char *kind_of(mode_t mode)
{
	static const struct {
		mode_t type;
		const char *name;
	} kinds[] = {
		{ S_IFREG, "a regular file" },
		{ S_IFDIR, "a folder" },
		{ S_IFLNK, "a symbolic link" },
		{ S_IFIFO, "a FIFO" },
		{ S_IFSOCK, "a socket" },
		{ S_IFCHR, "a character device" },
		{ S_IFBLK, "a block device" },
	};

	for (size_t i = 0; i < WH_COUNT(kinds); i++) {
		if ((mode & S_IFMT) == kinds[i].type)
			return kinds[i].name;
	}
	return "something unknown";
}

/* ---- judging one file ------------------------------------------------------------------- */

static bool is_trusted_owner(uid_t uid)
{
	return uid == 0 || uid == geteuid();
}

static bool is_shared(const struct stat *st)
{
	return (st->st_mode & (S_IWGRP | S_IWOTH)) != 0;
}

static int check_folder(int fd, const struct stat *st, struct wh_err *err)
{
	char shown[SHOWN_SIZE];

	if (!is_trusted_owner(st->st_uid))
		return wh_fail(err, EPERM,
			"the folder %s belongs to user %u, who could put other files in the place "
			"of "
			"those in it; use folders of root or of the user who runs whittle",
			show(fd, NULL, shown), (unsigned)st->st_uid);
	if (!is_shared(st) || (st->st_uid == 0 && (st->st_mode & S_ISVTX)))
		return 0;
	return wh_fail(err, EPERM,
		"the folder %s can be written by others than its owner (mode %04o); take that away "
		"with chmod go-w, or use another folder",
		show(fd, NULL, shown), (unsigned)(st->st_mode & 07777));
}

/*
 * Asked where the walk comes to another file system. One in user space shows what its server likes,
 * to whittle one content and to the runtime another, whatever owner and mode it claims. Users can
 * mount such over folders of theirs, but only nosuid and nodev (fusermount(1) sees to that).
 */
static int check_mount(int fd, struct wh_err *err)
{
	const long users = ST_NOSUID | ST_NODEV;
	char shown[SHOWN_SIZE];
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return wh_fail_errno(err, errno, "%s", show(fd, NULL, shown));
	if (fs.f_type != FUSE_SUPER_MAGIC || ((long)fs.f_flags & users) != users)
		return 0;
	return wh_fail(err, EPERM,
		"%s is on a file system in user space (FUSE) that any user could have mounted; use "
		"a "
		"folder on another file system",
		show(fd, NULL, shown));
}

/* What a file and a program have in common. */
static int check_writers(int fd, const struct stat *st, struct wh_err *err)
{
	char shown[SHOWN_SIZE];

	if (!is_trusted_owner(st->st_uid))
		return wh_fail(err, EPERM,
			"%s belongs to user %u; only a file of root or of the user who runs "
			"whittle is "
			"used, so change its owner",
			show(fd, NULL, shown), (unsigned)st->st_uid);
	if (is_shared(st))
		return wh_fail(err, EPERM,
			"%s can be written by others than its owner (mode %04o); take that away "
			"with "
			"chmod go-w",
			show(fd, NULL, shown), (unsigned)(st->st_mode & 07777));
	return 0;
}

static int check_file(int fd, const struct stat *st, struct wh_err *err)
{
	char shown[SHOWN_SIZE];

	if (!S_ISREG(st->st_mode))
		return wh_fail(err, EINVAL, "%s is %s; it must be a regular file",
			show(fd, NULL, shown), kind_of(st->st_mode));
	if (st->st_nlink != 1)
		return wh_fail(err, EPERM,
			"%s has %llu names (hard links); it must have one, for under another name "
			"others may reach it, so put a copy in its place",
			show(fd, NULL, shown), (unsigned long long)st->st_nlink);
	return check_writers(fd, st, err);
}

static int check_program(int fd, const struct stat *st, struct wh_err *err)
{
	char shown[SHOWN_SIZE];

	if (!S_ISREG(st->st_mode))
		return wh_fail(err, ENOEXEC, "%s is %s; a program must be a regular file",
			show(fd, NULL, shown), kind_of(st->st_mode));
	if ((st->st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) == 0)
		return wh_fail(err, ENOEXEC,
			"%s is not a program: nobody may execute it (mode %04o)",
			show(fd, NULL, shown), (unsigned)(st->st_mode & 07777));
	return check_writers(fd, st, err);
}

int wh_check_trusted_file(int fd, struct wh_err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return wh_fail_errno(err, errno, "cannot look at an open file");
	return check_file(fd, &st, err);
}

/* ---- walking a path --------------------------------------------------------------------- */

enum walk_end {
	END_FOLDER,
	END_PROGRAM,
};

struct walk {
	int fd;       /* the folder reached; at the end of a program's path the program */
	bool shared;  /* others can create names in this folder (it is sticky, then) */
	dev_t device; /* of that folder */
	enum walk_end end;
	bool done; /* the program is reached */
	unsigned links;
	const char *next;    /* what is left of the path, in `rest` */
	char rest[PATH_MAX]; /* links are spliced in here */
};

static void walk_done(struct walk *walk)
{
	wh_close_fd(&walk->fd);
}

static int too_long(struct wh_err *err)
{
	return wh_fail(err, ENAMETOOLONG, "a path is longer than the %d bytes the system allows",
		PATH_MAX - 1);
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/*
 * The working folder and all above it, upwards from what is open: getcwd(3) would give text that
 * may be wrong by the time it is walked. The root is where ".." stays and which is "/": one alone
 * would be true also of a folder that is mounted on its own child, or of "/" mounted elsewhere.
 */
static int check_working_folder(int start, const struct stat *start_st, struct wh_err *err)
{
	int at WH_FD = WH_NO_FD;
	struct stat below = *start_st;
	struct stat root;
	int r;

	if (stat("/", &root) < 0)
		return wh_fail_errno(err, errno, "cannot look at the root folder");
	r = check_mount(start, err);
	if (r < 0)
		return r;
	for (unsigned depth = 0; depth < MAX_DEPTH; depth++) {
		int above WH_FD = openat(at < 0 ? start : at, "..", OPEN_LOOK | O_DIRECTORY);
		struct stat st;

		if (above < 0 || fstat(above, &st) < 0)
			return wh_fail_errno(err, errno,
				"cannot look at the folders above the working folder; use an "
				"absolute "
				"path");
		if (is_same(&st, &below) && is_same(&st, &root))
			return 0;
		r = check_folder(above, &st, err);
		if (r == 0 && st.st_dev != below.st_dev)
			r = check_mount(above, err);
		if (r < 0)
			return r;
		wh_close_fd(&at);
		at = wh_steal_fd(above);
		below = st;
	}
	return wh_fail(err, ENAMETOOLONG,
		"the working folder lies too deep, or outside of the root folder; use an absolute "
		"path");
}

static int walk_begin(struct walk *walk, const char *path, struct wh_err *err)
{
	bool absolute = path[0] == '/';
	size_t len = strlen(path);
	struct stat st;
	int r;

	if (len == 0)
		return wh_fail(err, ENOENT, "a path is empty where a file or folder is expected");
	if (len >= sizeof(walk->rest))
		return too_long(err);
	memcpy(walk->rest, path, len + 1);
	walk->next = walk->rest;
	walk->fd = open(absolute ? "/" : ".", OPEN_LOOK | O_DIRECTORY);
	if (walk->fd < 0 || fstat(walk->fd, &st) < 0)
		return wh_fail_errno(
			err, errno, "cannot look at the %s folder", absolute ? "root" : "working");
	walk->shared = is_shared(&st);
	walk->device = st.st_dev;
	r = check_folder(walk->fd, &st, err);
	if (r < 0 || absolute)
		return r;
	return check_working_folder(walk->fd, &st, err);
}

static void walk_enter(struct walk *walk, int *fd, const struct stat *st)
{
	wh_close_fd(&walk->fd);
	walk->fd = wh_steal_fd(*fd);
	walk->shared = is_shared(st);
	walk->device = st->st_dev;
}

/* Whether this link may be followed. */
static int check_link(const struct walk *walk, int link, const struct stat *st, struct wh_err *err)
{
	char shown[SHOWN_SIZE];
	struct statfs fs;

	if (!is_trusted_owner(st->st_uid))
		return wh_fail(err, EPERM,
			"the symbolic link %s belongs to user %u, who could lead it elsewhere; use "
			"a "
			"path without it",
			show(link, NULL, shown), (unsigned)st->st_uid);
	/* Where fs.protected_hardlinks is off, anybody can give a link of root's a second name. */
	if (walk->shared && st->st_nlink != 1)
		return wh_fail(err, EPERM,
			"the symbolic link %s has several names in a folder that others can write; "
			"use "
			"a path without it",
			show(link, NULL, shown));
	if (fstatfs(link, &fs) < 0)
		return wh_fail_errno(err, errno, "%s", show(link, NULL, shown));
	if (fs.f_type == PROC_SUPER_MAGIC)
		return wh_fail(err, EPERM,
			"%s is a link of the proc file system, which leads wherever a process has "
			"something open; use the path of the file itself",
			show(link, NULL, shown));
	return 0;
}

/* Puts a link's target before what is left of the path; `slash` tells that something followed. */
static int walk_splice(struct walk *walk, int link, bool slash, struct wh_err *err)
{
	char target[PATH_MAX];
	char shown[SHOWN_SIZE];
	ssize_t got = readlinkat(link, "", target, sizeof(target));
	size_t rest = strlen(walk->next);
	size_t len;

	if (got < 0)
		return wh_fail_errno(err, errno, "%s", show(link, NULL, shown));
	if (++walk->links > MAX_LINKS)
		return wh_fail(err, ELOOP, "%s is one symbolic link too many (%u are followed)",
			show(link, NULL, shown), MAX_LINKS);
	len = (size_t)got;
	if (len + slash + rest >= sizeof(walk->rest))
		return too_long(err);
	memmove(walk->rest + len + slash, walk->next, rest + 1);
	memcpy(walk->rest, target, len);
	if (slash)
		walk->rest[len] = '/';
	walk->next = walk->rest;
	if (target[0] == '/') {
		int root WH_FD = open("/", OPEN_LOOK | O_DIRECTORY);
		struct stat st;

		if (root < 0 || fstat(root, &st) < 0)
			return wh_fail_errno(err, errno, "cannot look at the root folder");
		walk_enter(walk, &root, &st); /* judged when the path began, or as the last ".." */
	}
	return 0;
}

/* One component. `slash` tells that something follows it, if only a slash. */
static int walk_step(struct walk *walk, const char *name, bool slash, struct wh_err *err)
{
	char shown[SHOWN_SIZE];
	int fd WH_FD = openat(walk->fd, name, OPEN_LOOK);
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return wh_fail_errno(err, errno, "%s", show(walk->fd, name, shown));
	if (S_ISLNK(st.st_mode)) {
		r = check_link(walk, fd, &st, err);
		return r < 0 ? r : walk_splice(walk, fd, slash, err);
	}
	if (S_ISDIR(st.st_mode))
		r = check_folder(fd, &st, err);
	else if (walk->end == END_PROGRAM && !slash)
		r = check_program(fd, &st, err);
	else
		r = wh_fail(err, ENOTDIR, "%s is %s where a folder is expected",
			show(fd, NULL, shown), kind_of(st.st_mode));
	if (r == 0 && st.st_dev != walk->device)
		r = check_mount(fd, err);
	if (r < 0)
		return r;
	walk->done = !S_ISDIR(st.st_mode);
	walk_enter(walk, &fd, &st);
	return 0;
}

static int walk_path(const char *path, enum walk_end end, struct wh_err *err)
{
	struct walk walk WH_CLEANUP(walk_done) = { .fd = WH_NO_FD, .end = end };
	char name[NAME_MAX + 1];
	char shown[SHOWN_SIZE];
	int r = walk_begin(&walk, path, err);

	while (r == 0 && *(walk.next += strspn(walk.next, "/")) != '\0') {
		size_t len = strcspn(walk.next, "/");
		bool slash = walk.next[len] == '/';

		if (len >= sizeof(name))
			return wh_fail(err, ENAMETOOLONG,
				"a part of a path is longer than the %d bytes the system allows",
				NAME_MAX);
		memcpy(name, walk.next, len);
		name[len] = '\0';
		walk.next += len + slash;
		if (strcmp(name, ".") != 0)
			r = walk_step(&walk, name, slash, err);
	}
	if (r < 0)
		return r;
	if (end == END_PROGRAM && !walk.done)
		return wh_fail(err, ENOEXEC, "%s is a folder; a program must be a regular file",
			show(walk.fd, NULL, shown));
	return wh_steal_fd(walk.fd);
}

int wh_open_trusted_folder(const char *path, struct wh_err *err)
{
	return walk_path(path, END_FOLDER, err);
}

int wh_open_trusted_program(const char *path, struct wh_err *err)
{
	return walk_path(path, END_PROGRAM, err);
}

/* ---- files ------------------------------------------------------------------------------ */

int wh_open_trusted_parent(const char *path, const char **ret_name, struct wh_err *err)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash == NULL ? path : slash + 1;
	char folder[PATH_MAX] = ".";
	int fd;

	if (path[0] == '\0')
		return wh_fail(err, ENOENT, "a path is empty where a file is expected");
	if (name[0] == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return wh_fail(err, EISDIR, "a path names a folder where a file is expected");
	if (slash != NULL) {
		size_t len = (size_t)(slash - path) + 1;

		if (len >= sizeof(folder))
			return too_long(err);
		memcpy(folder, path, len);
		folder[len] = '\0';
	}
	fd = wh_open_trusted_folder(folder, err);
	if (fd >= 0)
		*ret_name = name;
	return fd;
}

static int fail_open(int folder, const char *name, int number, struct wh_err *err)
{
	char shown[SHOWN_SIZE];

	show(folder, name, shown);
	if (number == ELOOP)
		return wh_fail(err, ELOOP,
			"%s is a symbolic link; it must be the regular file itself, so put a copy "
			"in "
			"its place",
			shown);
	if (number == ENXIO || number == ENODEV)
		return wh_fail(
			err, EINVAL, "%s is a socket or device; it must be a regular file", shown);
	return wh_fail_errno(err, number, "%s", shown);
}

int wh_open_trusted_at(int folder, const char *name, struct wh_err *err)
{
	/* O_NONBLOCK so as not to wait for a FIFO's writer; to a regular file it means nothing. */
	const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

	for (unsigned tries = 0; tries < MAX_REPLACED; tries++) {
		int fd WH_FD = openat(folder, name, flags);
		struct stat st;
		int r;

		if (fd < 0 || fstat(fd, &st) < 0)
			return fail_open(folder, name, errno, err);
		if (st.st_nlink == 0) /* another run has just replaced it: take the new one */
			continue;
		r = check_file(fd, &st, err);
		return r < 0 ? r : wh_steal_fd(fd);
	}
	return wh_fail(err, EAGAIN, "a file is replaced again and again while it is being opened");
}

int wh_open_trusted_file(const char *path, struct wh_err *err)
{
	const char *name;
	int folder WH_FD = wh_open_trusted_parent(path, &name, err);

	if (folder < 0)
		return folder;
	return wh_open_trusted_at(folder, name, err);
}

static int fail_big(int fd, size_t limit, struct wh_err *err)
{
	char shown[SHOWN_SIZE];

	return wh_fail(err, EFBIG, "%s is larger than the %zu bytes that are accepted",
		show(fd, NULL, shown), limit);
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

int wh_read_all(int fd, size_t limit, struct wh_buf *ret, struct wh_err *err)
{
	char shown[SHOWN_SIZE];
	struct stat st;
	size_t total = 0;
	ssize_t got;

	if (fstat(fd, &st) < 0)
		return wh_fail_errno(err, errno, "%s", show(fd, NULL, shown));
	if (st.st_size > 0 && (uintmax_t)st.st_size > limit)
		return fail_big(fd, limit, err);
	/* One byte more than there is, so that the end shows without growing the buffer. */
	if (st.st_size > 0 && wh_buf_reserve(ret, (size_t)st.st_size + 1) < 0)
		return wh_fail_errno(err, ENOMEM, "cannot read %s", show(fd, NULL, shown));
	do {
		size_t room = room_for(ret, limit - total);

		if (room == 0)
			return wh_fail_errno(err, ENOMEM, "cannot read %s", show(fd, NULL, shown));
		got = read(fd, ret->data + ret->len, room);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return wh_fail_errno(err, errno, "cannot read %s", show(fd, NULL, shown));
		ret->len += (size_t)got;
		ret->data[ret->len] = '\0';
		total += (size_t)got;
		if (total > limit)
			return fail_big(fd, limit, err);
	} while (got != 0);
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
		return too_long(err);
	/* The kernel writes "(deleted)" behind, and "(unreachable)" or nothing like a path before.
	 */
	if (st.st_nlink == 0 || path[0] != '/')
		return wh_fail(err, ENOENT,
			"a file or folder was removed, or lies outside of the root folder");
	ret->len = 0;
	wh_buf_add(ret, path, (size_t)got);
	return wh_buf_status(ret);
}
