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
 */

#include "host/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "host/userns.h"

#define MAX_LINKS 40u /* as the kernel, path_resolution(7) */

int wh_path_too_long(struct wh_err *err)
{
	return wh_fail(err, ENAMETOOLONG, "a path is longer than the %d bytes the system allows",
		PATH_MAX - 1);
}

bool wh_is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

int wh_walk_push(struct wh_walk *walk, const char *name, size_t len, struct wh_err *err)
{
	size_t slash = walk->len > 1; /* "/" brings its own */

	if (walk->len + slash + len >= sizeof(walk->path))
		return wh_path_too_long(err);
	if (slash)
		walk->path[walk->len++] = '/';
	memcpy(walk->path + walk->len, name, len);
	walk->len += len;
	walk->path[walk->len] = '\0';
	return 0;
}

static void walk_cut(struct wh_walk *walk, size_t len)
{
	walk->len = len;
	walk->path[len] = '\0';
}

/* Looks at what the path leads to now. */
static int walk_look(const struct wh_walk *walk, struct wh_spot *ret, struct wh_err *err)
{
	const struct wh_place place = { .path = walk->path };
	struct wh_spot spot = { .proc = walk->at.proc };
	char shown[WH_SHOWN_SIZE];
	int r = 0;

	if (lstat(walk->path, &spot.st) < 0)
		return wh_fail_errno(err, errno, "%s", wh_place_show(&place, shown));
	if (spot.st.st_dev != walk->at.st.st_dev) {
		int fd WH_FD = open(walk->path, O_PATH | O_NOFOLLOW | O_CLOEXEC);

		if (fd < 0 || fstat(fd, &spot.st) < 0)
			return wh_fail_errno(err, errno, "%s", wh_place_show(&place, shown));
		r = wh_check_mount(fd, &place, &spot.proc, err);
	}
	if (r == 0)
		*ret = spot;
	return r;
}

uid_t wh_walk_outer(const struct wh_walk *walk)
{
	return walk->at.st.st_uid == walk->outer && !wh_is_shared(&walk->at.st) ? walk->outer
										: WH_NOBODY;
}

/* Whether this link may be followed. */
static int check_link(const struct wh_walk *walk, const struct wh_spot *link, struct wh_err *err)
{
	const struct wh_place place = { .path = walk->path };
	char shown[WH_SHOWN_SIZE];

	if (!wh_is_trusted_owner(link->st.st_uid, wh_walk_outer(walk)))
		return wh_fail(err, EPERM,
			"the symbolic link %s belongs to user %u, who could lead it elsewhere; use "
			"a path without it",
			wh_place_show(&place, shown), (unsigned)link->st.st_uid);
	if (wh_is_shared(&walk->at.st) && link->st.st_nlink != 1)
		return wh_fail(err, EPERM,
			"the symbolic link %s has several names in a folder that others can write; "
			"use a path without it",
			wh_place_show(&place, shown));
	if (link->proc)
		return wh_fail(err, EPERM,
			"%s is a link of the proc file system, which leads wherever a process has "
			"something open; use the path of the file itself",
			wh_place_show(&place, shown));
	return 0;
}

/* Puts the link's target before what is left of the path, and goes back to where it begins: to the
 * folder of the link, of which the path has `folder` bytes, or to the root. */
static int walk_splice(struct wh_walk *walk, size_t folder, struct wh_err *err)
{
	const struct wh_place place = { .path = walk->path };
	size_t left = strlen(walk->next); /* "" or begins with a slash */
	char target[PATH_MAX] WH_UNINITIALIZED;
	char shown[WH_SHOWN_SIZE];
	ssize_t got;

	if (++walk->links > MAX_LINKS)
		return wh_fail(err, ELOOP, "%s is one symbolic link too many (%u are followed)",
			wh_place_show(&place, shown), MAX_LINKS);
	got = readlink(walk->path, target, sizeof(target));
	if (got < 0)
		return wh_fail_errno(err, errno, "%s", wh_place_show(&place, shown));
	if ((size_t)got + left >= sizeof(walk->rest))
		return wh_path_too_long(err);
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

static int walk_up(struct wh_walk *walk, struct wh_err *err)
{
	const struct wh_place place = { .path = walk->path };
	size_t len = walk->len;
	int r;

	while (len > 1 && walk->path[--len] != '/')
		;
	walk_cut(walk, len);
	r = walk_look(walk, &walk->at, err);
	/* Its folder has been judged on the way down. */
	return r < 0 ? r : wh_check_folder(&place, &walk->at.st, walk->outer, err);
}

static int walk_down(struct wh_walk *walk, const char *name, size_t len, struct wh_err *err)
{
	const struct wh_place place = { .path = walk->path };
	size_t folder = walk->len;
	char shown[WH_SHOWN_SIZE];
	struct wh_spot spot;
	int r = wh_walk_push(walk, name, len, err);

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
			wh_place_show(&place, shown));
	if (S_ISDIR(spot.st.st_mode))
		r = wh_check_folder(&place, &spot.st, wh_walk_outer(walk), err);
	else if (walk->program && walk->next[0] == '\0')
		r = wh_check_program(&place, &spot.st, wh_walk_outer(walk), err);
	else
		r = wh_fail(err, ENOTDIR, "%s is %s where a folder is expected",
			wh_place_show(&place, shown), wh_kind_of(spot.st.st_mode));
	if (r == 0)
		walk->at = spot;
	return r;
}

/* Walks on by this text, from where the walk is. */
static int walk_text(struct wh_walk *walk, const char *text, size_t len, struct wh_err *err)
{
	int r = 0;

	if (len >= sizeof(walk->rest))
		return wh_path_too_long(err);
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
static int walk_to_working_folder(struct wh_walk *walk, struct wh_err *err)
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
	if (!wh_is_same(&st, &walk->at.st))
		return wh_fail(err, ENOENT,
			"the working folder is not what its path leads to; use an absolute path");
	return 0;
}

static int walk_to_root(struct wh_walk *walk, struct wh_err *err)
{
	struct wh_spot *root = &walk->root;

	root->proc = false;
	if (lstat("/", &root->st) < 0)
		return wh_fail_errno(err, errno, "cannot look at the root folder");
	walk->outer = WH_NOBODY;
	if (!wh_is_trusted_owner(root->st.st_uid, WH_NOBODY) &&
		wh_userns_hides_owner("/", root->st.st_uid))
		walk->outer = root->st.st_uid;
	walk->at = *root;
	return wh_check_folder(&(struct wh_place){ .path = "/" }, &root->st, walk->outer, err);
}

int wh_walk_path(
	struct wh_walk *walk, const char *path, size_t len, bool program, struct wh_err *err)
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
