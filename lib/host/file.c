/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A path is safe when nobody but root and the effective user could make it lead elsewhere. It is
 * walked as text: behind a prefix that is absolute, free of links and found safe, one component is
 * looked at (lstat(2), which follows nothing) and judged, and then belongs to the prefix. No
 * descriptor is held on the way, for what was judged stays as it is:
 *
 * - In a folder that only root or we can write, nobody else can rename, remove or replace a name.
 * - In a sticky folder of root's, such as /tmp, others can make names, but none that belongs to
 *   root or to us can they rename, remove or replace; what belongs to anybody else is refused as it
 *   is met. Where fs.protected_hardlinks is off they can give a link of root's a second name, so
 *   there a link must have one name only; a folder never has two.
 * - Nobody else can mount over such a folder: FUSE lets users do so only where they may write
 *   (fusermount(1) sees to that). What a user has mounted in a place of their own shows as another
 *   device, and only then is the file system asked for its kind: through a descriptor, since its
 *   owner could take it away and put it back between two looks at the path.
 * - In the proc file system names come and go with other people's processes. Nothing is entered
 *   there.
 *
 * So by induction the prefix leads, whenever it is used, to what was judged; ".." is the prefix
 * without its last component, and a link is read by its path. What root and the effective user
 * themselves do meanwhile is not guarded against, since they could do it a moment later as well.
 *
 * In a user namespace the host's root may be somebody without an id, which then cannot be told from
 * anybody else without one. The root folder is where it shows: if its owner is such a one, that
 * owner counts as root, but only from the root folder down, in folders of that same owner that
 * nobody else can write. What lies there has been put or given away there by the host's root; what
 * lies in a sticky folder, or in one of ours, anybody could have made (userns.h).
 *
 * Mode bits are enough also where there are POSIX ACLs: with an ACL the group bits of st_mode show
 * its mask, so whoever an ACL lets write shows as a group that may (acl(5)).
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
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "host/userns.h"

#define NOBODY ((uid_t)-1) /* no file's owner, chown(2) */

#define MAX_LINKS 40u    /* as the kernel, path_resolution(7) */
#define MAX_REPLACED 100 /* times that a file may be replaced while we open it */
#define SHOWN_SIZE 256   /* of a path in a sentence */
#define READ_STEP 65536u /* of a file whose size the system does not tell */

#ifndef FUSE_SUPER_MAGIC
#define FUSE_SUPER_MAGIC 0x65735546 /* linux/magic.h, since Linux 5.16 */
#endif

/* ---- words ------------------------------------------------------------------------------ */

/* What a sentence is about: a path; without one a name in an open folder; without that what is open
 * itself. The kernel is asked for the path of what is open only once there is a sentence. */
struct place {
	const char *path;
	const char *name;
	int fd;
};

/* The end of a long path says most. */
static const char *shorten(const char *path, char shown[SHOWN_SIZE])
{
	size_t len = strlen(path);

	if (len < SHOWN_SIZE)
		memcpy(shown, path, len + 1);
	else
		(void)snprintf(shown, SHOWN_SIZE, "...%s", path + len - (SHOWN_SIZE - 4));
	return shown;
}

static const char *show(const struct place *place, char shown[SHOWN_SIZE])
{
	char path[PATH_MAX + NAME_MAX + 2];
	char link[32];
	ssize_t got;
	size_t len;

	if (place->path != NULL)
		return shorten(place->path, shown);
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", place->fd);
	got = readlink(link, path, PATH_MAX);
	len = got < 0 ? 0 : (size_t)got;
	path[len] = '\0';
	if (place->name != NULL)
		(void)snprintf(path + len, sizeof(path) - len, "%s%.*s",
			len > 0 && path[len - 1] != '/' ? "/" : "", NAME_MAX, place->name);
	return shorten(path, shown);
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

/* `outer` is who counts as root beside root, or NOBODY. */
static bool is_root(uid_t uid, uid_t outer)
{
	return uid == 0 || (uid == outer && outer != NOBODY);
}

static bool is_trusted_owner(uid_t uid, uid_t outer)
{
	return is_root(uid, outer) || uid == geteuid();
}

static bool is_shared(const struct stat *st)
{
	return (st->st_mode & (S_IWGRP | S_IWOTH)) != 0;
}

static int check_folder(
	const struct place *place, const struct stat *st, uid_t outer, struct wh_err *err)
{
	char shown[SHOWN_SIZE];

	if (!is_trusted_owner(st->st_uid, outer))
		return wh_fail(err, EPERM,
			"the folder %s belongs to user %u, who could put other files in the place "
			"of those in it; use folders of root or of the user who runs whittle",
			show(place, shown), (unsigned)st->st_uid);
	if (!is_shared(st) || (is_root(st->st_uid, outer) && (st->st_mode & S_ISVTX)))
		return 0;
	return wh_fail(err, EPERM,
		"the folder %s can be written by others than its owner (mode %04o); take that away "
		"with chmod go-w, or use another folder",
		show(place, shown), (unsigned)(st->st_mode & 07777));
}

/*
 * Asked of what is open on another file system than its folder. One in user space shows what its
 * server likes, to whittle one content and to the runtime another, whatever owner and mode it
 * claims. Users can mount such over what is theirs, but only nosuid and nodev (fusermount(1) sees
 * to that). *ret_proc tells whether it is the proc file system.
 */
static int check_mount(int fd, const struct place *place, bool *ret_proc, struct wh_err *err)
{
	const long users = ST_NOSUID | ST_NODEV;
	char shown[SHOWN_SIZE];
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return wh_fail_errno(err, errno, "%s", show(place, shown));
	if (fs.f_type == FUSE_SUPER_MAGIC && ((long)fs.f_flags & users) == users)
		return wh_fail(err, EPERM,
			"%s is on a file system in user space (FUSE) that any user could have "
			"mounted; use a folder on another file system",
			show(place, shown));
	*ret_proc = fs.f_type == PROC_SUPER_MAGIC;
	return 0;
}

/* What a file and a program have in common. */
static int check_writers(
	const struct place *place, const struct stat *st, uid_t outer, struct wh_err *err)
{
	char shown[SHOWN_SIZE];

	if (!is_trusted_owner(st->st_uid, outer))
		return wh_fail(err, EPERM,
			"%s belongs to user %u; only a file of root or of the user who runs "
			"whittle is used, so change its owner",
			show(place, shown), (unsigned)st->st_uid);
	if (is_shared(st))
		return wh_fail(err, EPERM,
			"%s can be written by others than its owner (mode %04o); take that away "
			"with chmod go-w",
			show(place, shown), (unsigned)(st->st_mode & 07777));
	return 0;
}

static int check_file(
	const struct place *place, const struct stat *st, uid_t outer, struct wh_err *err)
{
	char shown[SHOWN_SIZE];

	if (!S_ISREG(st->st_mode))
		return wh_fail(err, EINVAL, "%s is %s; it must be a regular file",
			show(place, shown), kind_of(st->st_mode));
	if (st->st_nlink != 1)
		return wh_fail(err, EPERM,
			"%s has %llu names (hard links); it must have one, for under another name "
			"others may reach it, so put a copy in its place",
			show(place, shown), (unsigned long long)st->st_nlink);
	return check_writers(place, st, outer, err);
}

static int check_program(
	const struct place *place, const struct stat *st, uid_t outer, struct wh_err *err)
{
	char shown[SHOWN_SIZE];

	if (!S_ISREG(st->st_mode))
		return wh_fail(err, ENOEXEC, "%s is %s; a program must be a regular file",
			show(place, shown), kind_of(st->st_mode));
	if ((st->st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) == 0)
		return wh_fail(err, ENOEXEC,
			"%s is not a program: nobody may execute it (mode %04o)",
			show(place, shown), (unsigned)(st->st_mode & 07777));
	return check_writers(place, st, outer, err);
}

int wh_check_trusted_file(int fd, struct wh_err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return wh_fail_errno(err, errno, "cannot look at an open file");
	return check_file(&(struct place){ .fd = fd }, &st, NOBODY, err);
}

/* ---- walking a path --------------------------------------------------------------------- */

struct spot {
	struct stat st;
	bool proc; /* on the proc file system */
};

struct walk {
	struct spot root;
	struct spot at; /* what `path` leads to */
	uid_t outer;    /* who owns the root folder and has no id here, else NOBODY */
	bool program;   /* the path may end with a program */
	unsigned links;
	size_t len;          /* of `path` */
	const char *next;    /* what is left to walk, in `rest` */
	char path[PATH_MAX]; /* the prefix: absolute, without links, found safe */
	char rest[PATH_MAX]; /* links are spliced in here */
};

static int too_long(struct wh_err *err)
{
	return wh_fail(err, ENAMETOOLONG, "a path is longer than the %d bytes the system allows",
		PATH_MAX - 1);
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static int walk_push(struct walk *walk, const char *name, size_t len, struct wh_err *err)
{
	size_t slash = walk->len > 1; /* "/" brings its own */

	if (walk->len + slash + len >= sizeof(walk->path))
		return too_long(err);
	if (slash)
		walk->path[walk->len++] = '/';
	memcpy(walk->path + walk->len, name, len);
	walk->len += len;
	walk->path[walk->len] = '\0';
	return 0;
}

static void walk_cut(struct walk *walk, size_t len)
{
	walk->len = len;
	walk->path[len] = '\0';
}

/* Looks at what the path leads to now. */
static int walk_look(const struct walk *walk, struct spot *ret, struct wh_err *err)
{
	const struct place place = { .path = walk->path };
	struct spot spot = { .proc = walk->at.proc };
	char shown[SHOWN_SIZE];
	int r = 0;

	if (lstat(walk->path, &spot.st) < 0)
		return wh_fail_errno(err, errno, "%s", show(&place, shown));
	if (spot.st.st_dev != walk->at.st.st_dev) {
		int fd WH_FD = open(walk->path, O_PATH | O_NOFOLLOW | O_CLOEXEC);

		if (fd < 0 || fstat(fd, &spot.st) < 0)
			return wh_fail_errno(err, errno, "%s", show(&place, shown));
		r = check_mount(fd, &place, &spot.proc, err);
	}
	if (r == 0)
		*ret = spot;
	return r;
}

/* Who counts as root, beside root, of what lies in the folder that was reached. */
static uid_t outer_of(const struct walk *walk)
{
	return walk->at.st.st_uid == walk->outer && !is_shared(&walk->at.st) ? walk->outer : NOBODY;
}

/* Whether this link may be followed. */
static int check_link(const struct walk *walk, const struct spot *link, struct wh_err *err)
{
	const struct place place = { .path = walk->path };
	char shown[SHOWN_SIZE];

	if (!is_trusted_owner(link->st.st_uid, outer_of(walk)))
		return wh_fail(err, EPERM,
			"the symbolic link %s belongs to user %u, who could lead it elsewhere; use "
			"a path without it",
			show(&place, shown), (unsigned)link->st.st_uid);
	if (is_shared(&walk->at.st) && link->st.st_nlink != 1)
		return wh_fail(err, EPERM,
			"the symbolic link %s has several names in a folder that others can write; "
			"use a path without it",
			show(&place, shown));
	if (link->proc)
		return wh_fail(err, EPERM,
			"%s is a link of the proc file system, which leads wherever a process has "
			"something open; use the path of the file itself",
			show(&place, shown));
	return 0;
}

/* Puts the link's target before what is left of the path, and goes back to where it begins: to the
 * folder of the link, of which the path has `folder` bytes, or to the root. */
static int walk_splice(struct walk *walk, size_t folder, struct wh_err *err)
{
	const struct place place = { .path = walk->path };
	size_t left = strlen(walk->next); /* "" or begins with a slash */
	char target[PATH_MAX] WH_UNINITIALIZED;
	char shown[SHOWN_SIZE];
	ssize_t got;

	if (++walk->links > MAX_LINKS)
		return wh_fail(err, ELOOP, "%s is one symbolic link too many (%u are followed)",
			show(&place, shown), MAX_LINKS);
	got = readlink(walk->path, target, sizeof(target));
	if (got < 0)
		return wh_fail_errno(err, errno, "%s", show(&place, shown));
	if ((size_t)got + left >= sizeof(walk->rest))
		return too_long(err);
	memmove(walk->rest + got, walk->next, left + 1);
	memcpy(walk->rest, target, (size_t)got);
	walk->next = walk->rest;
	if (got > 0 && target[0] == '/') {
		walk->at = walk->root;
		folder = 1;
	}
	walk_cut(walk, folder);
	return 0;
}

static int walk_up(struct walk *walk, struct wh_err *err)
{
	const struct place place = { .path = walk->path };
	size_t len = walk->len;
	int r;

	while (len > 1 && walk->path[--len] != '/')
		;
	walk_cut(walk, len);
	r = walk_look(walk, &walk->at, err);
	/* Its folder has been judged on the way down. */
	return r < 0 ? r : check_folder(&place, &walk->at.st, walk->outer, err);
}

static int walk_down(struct walk *walk, const char *name, size_t len, struct wh_err *err)
{
	const struct place place = { .path = walk->path };
	size_t folder = walk->len;
	char shown[SHOWN_SIZE];
	struct spot spot;
	int r = walk_push(walk, name, len, err);

	if (r == 0)
		r = walk_look(walk, &spot, err);
	if (r < 0)
		return r;
	if (S_ISLNK(spot.st.st_mode)) {
		r = check_link(walk, &spot, err);
		return r < 0 ? r : walk_splice(walk, folder, err);
	}
	if (walk->at.proc)
		return wh_fail(err, EPERM,
			"%s is on the proc file system, where names come and go with processes; "
			"use the path of the file itself",
			show(&place, shown));
	if (S_ISDIR(spot.st.st_mode))
		r = check_folder(&place, &spot.st, outer_of(walk), err);
	else if (walk->program && walk->next[0] == '\0')
		r = check_program(&place, &spot.st, outer_of(walk), err);
	else
		r = wh_fail(err, ENOTDIR, "%s is %s where a folder is expected",
			show(&place, shown), kind_of(spot.st.st_mode));
	if (r == 0)
		walk->at = spot;
	return r;
}

/* Walks on by this text, from where the walk is. */
static int walk_text(struct walk *walk, const char *text, size_t len, struct wh_err *err)
{
	int r = 0;

	if (len >= sizeof(walk->rest))
		return too_long(err);
	memcpy(walk->rest, text, len);
	walk->rest[len] = '\0';
	walk->next = walk->rest;
	while (r == 0 && *(walk->next += strspn(walk->next, "/")) != '\0') {
		const char *name = walk->next;
		size_t size = strcspn(name, "/");

		walk->next += size;
		if (size == 2 && memcmp(name, "..", 2) == 0)
			r = walk_up(walk, err);
		else if (size != 1 || name[0] != '.')
			r = walk_down(walk, name, size, err);
	}
	return r;
}

/*
 * To the working folder by the path that the kernel has for it: asked without libc, which would
 * make one up where there is none. Something may be mounted over it, or it may be moved meanwhile.
 */
static int walk_to_working_folder(struct walk *walk, struct wh_err *err)
{
	char path[PATH_MAX] WH_UNINITIALIZED;
	struct stat st;
	long got = syscall(SYS_getcwd, path, sizeof(path));
	int r;

	if (got < 0)
		return wh_fail_errno(err, errno,
			"cannot tell where the working folder is; use an absolute path");
	if (path[0] != '/')
		return wh_fail(err, ENOENT,
			"the working folder lies outside of the root folder; use an absolute path");
	r = walk_text(walk, path, strlen(path), err);
	if (r < 0)
		return r;
	if (stat(".", &st) < 0)
		return wh_fail_errno(err, errno, "cannot look at the working folder");
	if (!is_same(&st, &walk->at.st))
		return wh_fail(err, ENOENT,
			"the working folder is not what its path leads to; use an absolute path");
	return 0;
}

static int walk_to_root(struct walk *walk, struct wh_err *err)
{
	struct spot *root = &walk->root;

	root->proc = false;
	if (lstat("/", &root->st) < 0)
		return wh_fail_errno(err, errno, "cannot look at the root folder");
	walk->outer = NOBODY;
	if (!is_trusted_owner(root->st.st_uid, NOBODY) &&
		wh_userns_hides_owner("/", root->st.st_uid))
		walk->outer = root->st.st_uid;
	walk->at = *root;
	return check_folder(&(struct place){ .path = "/" }, &root->st, walk->outer, err);
}

static int walk_path(struct walk *walk, const char *path, size_t len, struct wh_err *err)
{
	int r;

	if (len == 0)
		return wh_fail(err, ENOENT, "a path is empty where a file or folder is expected");
	walk->program = program;
	walk->links = 0;
	memcpy(walk->path, "/", sizeof("/"));
	walk->len = 1;
	r = walk_to_root(walk, err);
	if (r == 0 && path[0] != '/')
		r = walk_to_working_folder(walk, err);
	return r < 0 ? r : walk_text(walk, path, len, err);
}

/* ---- folders and programs --------------------------------------------------------------- */

/* For reading where that is allowed, so that whoever looks through it needs no second one. */
static int open_folder(const struct walk *walk, struct wh_err *err)
{
	const struct place place = { .path = walk->path };
	const int flags = O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd WH_FD = open(walk->path, O_RDONLY | flags);
	char shown[SHOWN_SIZE];
	struct stat st;

	if (fd < 0 && errno == EACCES)
		fd = open(walk->path, O_PATH | flags);
	if (fd < 0 || fstat(fd, &st) < 0)
		return wh_fail_errno(err, errno, "%s", show(&place, shown));
	if (!is_same(&st, &walk->at.st))
		return wh_fail(err, EAGAIN,
			"the folder %s was replaced while it was being opened; try again",
			show(&place, shown));
	return wh_steal_fd(fd);
}

static int take_path(const struct walk *walk, struct wh_buf *ret, struct wh_err *err)
{
	ret->len = 0;
	wh_buf_add(ret, walk->path, walk->len);
	if (wh_buf_status(ret) < 0)
		return wh_fail_errno(err, ENOMEM, "cannot note the path of a folder");
	return 0;
}

int wh_resolve_trusted_folder(const char *path, struct wh_buf *ret, struct wh_err *err)
{
	struct walk walk WH_UNINITIALIZED;
	int r = walk_path(&walk, path, strlen(path), false, err);

	return r < 0 ? r : take_path(&walk, ret, err);
}

int wh_open_trusted_folder(const char *path, struct wh_buf *ret_path, struct wh_err *err)
{
	struct walk walk WH_UNINITIALIZED;
	int fd WH_FD = WH_NO_FD;
	int r = walk_path(&walk, path, strlen(path), false, err);

	if (r == 0)
		r = fd = open_folder(&walk, err);
	if (r >= 0 && ret_path != NULL)
		r = take_path(&walk, ret_path, err);
	return r < 0 ? r : wh_steal_fd(fd);
}

int wh_check_trusted_program(const char *path, struct stat *ret, struct wh_err *err)
{
	struct walk walk WH_UNINITIALIZED;
	int r = walk_path(&walk, path, strlen(path), true, err);

	if (r == 0) /* a folder, if it is not yet judged */
		r = check_program(
			&(struct place){ .path = walk.path }, &walk.at.st, walk.outer, err);
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

int wh_open_trusted_parent(const char *path, const char **ret_name, struct wh_err *err)
{
	struct walk walk WH_UNINITIALIZED;
	const char *folder = NULL, *name = NULL;
	size_t len = 0;
	int r = divide(path, &folder, &len, &name, err);

	if (r == 0)
		r = walk_path(&walk, folder, len, false, err);
	if (r == 0)
		r = open_folder(&walk, err);
	if (r >= 0)
		*ret_name = name;
	return r;
}

static int fail_open(const struct place *place, int number, struct wh_err *err)
{
	char shown[SHOWN_SIZE];

	show(place, shown);
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
	const struct place *place, const dev_t *device, uid_t outer, struct wh_err *err)
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
		r = check_file(place, &st, outer, err);
		if (r == 0 && device != NULL && st.st_dev != *device)
			r = check_mount(fd, place, &proc, err);
		return r < 0 ? r : wh_steal_fd(fd);
	}
	return wh_fail(err, EAGAIN, "a file is replaced again and again while it is being opened");
}

int wh_open_trusted_at(int folder, const char *name, struct wh_err *err)
{
	return open_file(&(struct place){ .fd = folder, .name = name }, NULL, NOBODY, err);
}

int wh_open_trusted_file(const char *path, struct wh_err *err)
{
	struct walk walk WH_UNINITIALIZED;
	const char *folder = NULL, *name = NULL;
	size_t len = 0;
	int r = divide(path, &folder, &len, &name, err);

	if (r == 0)
		r = walk_path(&walk, folder, len, false, err);
	if (r == 0)
		r = walk_push(&walk, name, strlen(name), err);
	if (r < 0)
		return r;
	return open_file(
		&(struct place){ .path = walk.path }, &walk.at.st.st_dev, outer_of(&walk), err);
}

/* ---- reading ---------------------------------------------------------------------------- */

static int fail_big(const struct place *place, size_t limit, struct wh_err *err)
{
	char shown[SHOWN_SIZE];

	return wh_fail(err, EFBIG, "%s is larger than the %zu bytes that are accepted",
		show(place, shown), limit);
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
	const struct place place = { .fd = fd };
	char shown[SHOWN_SIZE];
	struct stat st;
	size_t total = 0;
	bool ended = false;

	if (fstat(fd, &st) < 0)
		return wh_fail_errno(err, errno, "%s", show(&place, shown));
	if (st.st_size > 0 && (uintmax_t)st.st_size > limit)
		return fail_big(&place, limit, err);
	/* One byte more than there is, so that the end shows without growing the buffer. */
	if (st.st_size > 0 && wh_buf_reserve(ret, (size_t)st.st_size + 1) < 0)
		return wh_fail_errno(err, ENOMEM, "cannot read %s", show(&place, shown));
	while (!ended) {
		size_t room = room_for(ret, limit - total);
		ssize_t got;

		if (room == 0)
			return wh_fail_errno(err, ENOMEM, "cannot read %s", show(&place, shown));
		got = read(fd, ret->data + ret->len, room);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return wh_fail_errno(err, errno, "cannot read %s", show(&place, shown));
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
