/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mode bits are enough also where there are POSIX ACLs: with an ACL the group bits of st_mode show
 * its mask, so whoever an ACL lets write shows as a group that may (acl(5)).
 */

#include "host/trust.h"

#include <errno.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#ifndef FUSE_SUPER_MAGIC
#define FUSE_SUPER_MAGIC 0x65735546 /* linux/magic.h, since Linux 5.16 */
#endif

/* ---- words ------------------------------------------------------------------------------ */

/* The end of a long path says most. */
static const char *shorten(const char *path, char shown[WH_SHOWN_SIZE])
{
	size_t len = strlen(path);

	if (len < WH_SHOWN_SIZE)
		memcpy(shown, path, len + 1);
	else
		(void)snprintf(shown, WH_SHOWN_SIZE, "...%s", path + len - (WH_SHOWN_SIZE - 4));
	return shown;
}

const char *wh_place_show(const struct wh_place *place, char shown[WH_SHOWN_SIZE])
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

const char *wh_kind_of(mode_t mode)
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

static bool is_root(uid_t uid, uid_t outer)
{
	return uid == 0 || (uid == outer && outer != WH_NOBODY);
}

bool wh_is_trusted_owner(uid_t uid, uid_t outer)
{
	return is_root(uid, outer) || uid == geteuid();
}

bool wh_is_shared(const struct stat *st)
{
	return (st->st_mode & (S_IWGRP | S_IWOTH)) != 0;
}

int wh_check_folder(
	const struct wh_place *place, const struct stat *st, uid_t outer, struct wh_err *err)
{
	char shown[WH_SHOWN_SIZE];

	if (!wh_is_trusted_owner(st->st_uid, outer))
		return wh_fail(err, EPERM,
			"the folder %s belongs to user %u, who could put other files in the place "
			"of those in it; use folders of root or of the user who runs whittle",
			wh_place_show(place, shown), (unsigned)st->st_uid);
	if (!wh_is_shared(st) || (is_root(st->st_uid, outer) && (st->st_mode & S_ISVTX)))
		return 0;
	return wh_fail(err, EPERM,
		"the folder %s can be written by others than its owner (mode %04o); take that away "
		"with chmod go-w, or use another folder",
		wh_place_show(place, shown), (unsigned)(st->st_mode & 07777));
}

/*
 * A file system in user space shows what its server likes, to whittle one content and to the
 * runtime another, whatever owner and mode it claims. Users can mount such over what is theirs, but
 * only nosuid and nodev (fusermount(1) sees to that).
 */
int wh_check_mount(int fd, const struct wh_place *place, bool *ret_proc, struct wh_err *err)
{
	const long users = ST_NOSUID | ST_NODEV;
	char shown[WH_SHOWN_SIZE];
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return wh_fail_errno(err, errno, "%s", wh_place_show(place, shown));
	if (fs.f_type == FUSE_SUPER_MAGIC && ((long)fs.f_flags & users) == users)
		return wh_fail(err, EPERM,
			"%s is on a file system in user space (FUSE) that any user could have "
			"mounted; use a folder on another file system",
			wh_place_show(place, shown));
	*ret_proc = fs.f_type == PROC_SUPER_MAGIC;
	return 0;
}

/* What a file and a program have in common. */
static int check_writers(
	const struct wh_place *place, const struct stat *st, uid_t outer, struct wh_err *err)
{
	char shown[WH_SHOWN_SIZE];

	if (!wh_is_trusted_owner(st->st_uid, outer))
		return wh_fail(err, EPERM,
			"%s belongs to user %u; only a file of root or of the user who runs "
			"whittle is used, so change its owner",
			wh_place_show(place, shown), (unsigned)st->st_uid);
	if (wh_is_shared(st))
		return wh_fail(err, EPERM,
			"%s can be written by others than its owner (mode %04o); take that away "
			"with chmod go-w",
			wh_place_show(place, shown), (unsigned)(st->st_mode & 07777));
	return 0;
}

int wh_check_file(
	const struct wh_place *place, const struct stat *st, uid_t outer, struct wh_err *err)
{
	char shown[WH_SHOWN_SIZE];

	if (!S_ISREG(st->st_mode))
		return wh_fail(err, EINVAL, "%s is %s; it must be a regular file",
			wh_place_show(place, shown), wh_kind_of(st->st_mode));
	if (st->st_nlink != 1)
		return wh_fail(err, EPERM,
			"%s has %llu names (hard links); it must have one, for under another name "
			"others may reach it, so put a copy in its place",
			wh_place_show(place, shown), (unsigned long long)st->st_nlink);
	return check_writers(place, st, outer, err);
}

int wh_check_program(
	const struct wh_place *place, const struct stat *st, uid_t outer, struct wh_err *err)
{
	char shown[WH_SHOWN_SIZE];

	if (!S_ISREG(st->st_mode))
		return wh_fail(err, ENOEXEC, "%s is %s; a program must be a regular file",
			wh_place_show(place, shown), wh_kind_of(st->st_mode));
	if ((st->st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) == 0)
		return wh_fail(err, ENOEXEC,
			"%s is not a program: nobody may execute it (mode %04o)",
			wh_place_show(place, shown), (unsigned)(st->st_mode & 07777));
	return check_writers(place, st, outer, err);
}
