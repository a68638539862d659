/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The image decides what its links say, so nothing here lets the kernel follow one: every folder is
 * opened by one component under the folder before (O_NOFOLLOW), links are read and spliced by hand,
 * absolute ones begin again at the container's root. The kernel's ".." is never used: the path so
 * far is walked again instead, so that a folder moved meanwhile can't lead out of the root file
 * system. A folder on the way costs two system calls, the last component one.
 */

#include "host/rootfs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fd.h"

#define MAX_LINKS 40u /* as the kernel, path_resolution(7) */
/* A path of PATH_MAX has two thousand components; one that goes up again and again through deep
 * folders, and 40 links of that kind, would keep us for a minute. */
#define MAX_OPENED 20000u

#define OPEN_FOLDER (O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

struct look {
	int root;
	int fd;           /* the last folder that exists; WH_NO_FD for the root */
	unsigned missing; /* how many components at the end of `resolved` do not exist */
	unsigned links;
	unsigned opened;            /* folders, until now */
	bool stays;                 /* ".." of the root is the root */
	const char *const *covered; /* where to end, absolute paths */
	size_t covered_count;
	uid_t uid; /* of the folder that the last step came to; 0 when it did not look */
	gid_t gid;
	size_t len; /* of resolved */
	const char *next;
	char resolved[PATH_MAX]; /* "/a/b"; "" is the root */
	char rest[PATH_MAX];     /* the path, with links spliced in; `next` is what is left */
};

static void look_done(struct look *look)
{
	wh_close_fd(&look->fd);
}

static int here(const struct look *look)
{
	return look->fd < 0 ? look->root : look->fd;
}

static int open_folder(struct look *look, const char *name)
{
	if (look->opened++ >= MAX_OPENED) {
		errno = ELOOP;
		return WH_NO_FD;
	}
	return openat(here(look), name, OPEN_FOLDER);
}

static bool push(struct look *look, const char *name, size_t len)
{
	if (look->len + 1 + len >= sizeof(look->resolved))
		return false;
	look->resolved[look->len] = '/';
	memcpy(look->resolved + look->len + 1, name, len);
	look->len += 1 + len;
	look->resolved[look->len] = '\0';
	return true;
}

static void pop(struct look *look)
{
	while (look->len > 0 && look->resolved[--look->len] != '/')
		;
	look->resolved[look->len] = '\0';
}

/* Takes the next component; one of no length at the end. "." is passed over. */
static struct wh_slice next_component(struct look *look)
{
	struct wh_slice name;

	do {
		look->next += strspn(look->next, "/");
		name.data = look->next;
		name.len = strcspn(look->next, "/");
		look->next += name.len;
	} while (wh_slice_is(name, "."));
	return name;
}

/* Opens the folder `resolved` anew from the root. */
static bool reopen(struct look *look)
{
	const char *at = look->resolved;

	wh_close_fd(&look->fd);
	while (*at != '\0') {
		char name[NAME_MAX + 1];
		size_t len = strcspn(++at, "/");
		int fd;

		memcpy(name, at, len);
		name[len] = '\0';
		fd = open_folder(look, name);
		if (fd < 0)
			return false;
		wh_close_fd(&look->fd);
		look->fd = fd;
		at += len;
	}
	return true;
}

/* The steps below answer with WH_PLACE_FOLDER to go on, else with the kind that ends the walk. */

static enum wh_place_kind step_up(struct look *look)
{
	if (look->len == 0)
		return look->stays ? WH_PLACE_FOLDER : WH_PLACE_LEAVES;
	pop(look);
	if (look->missing > 0) {
		look->missing--;
		return WH_PLACE_FOLDER;
	}
	return reopen(look) ? WH_PLACE_FOLDER : WH_PLACE_UNKNOWN;
}

static enum wh_place_kind step_link(struct look *look, const char *name, size_t name_len)
{
	char target[PATH_MAX] WH_UNINITIALIZED;
	ssize_t got = readlinkat(here(look), name, target, sizeof(target));
	size_t left = strlen(look->next);
	size_t len = got < 0 ? 0 : (size_t)got;

	if (got < 0 && errno == EINVAL)
		return push(look, name, name_len) ? WH_PLACE_OTHER : WH_PLACE_UNKNOWN;
	if (len == 0 || ++look->links > MAX_LINKS || len + left >= sizeof(look->rest))
		return WH_PLACE_UNKNOWN;
	memmove(look->rest + len, look->next, left + 1); /* "" or begins with a slash */
	memcpy(look->rest, target, len);
	look->next = look->rest;
	if (target[0] == '/') {
		wh_close_fd(&look->fd);
		look->len = 0;
		look->resolved[0] = '\0';
	}
	return WH_PLACE_FOLDER;
}

static bool is_last(const struct look *look)
{
	return look->next[strspn(look->next, "/")] == '\0';
}

/* The last component need not be opened, which is half the time: most paths are short. */
static enum wh_place_kind step_last(struct look *look, const char *name, size_t len)
{
	struct stat st = { .st_mode = S_IFDIR };

	if (look->missing > 0 || fstatat(here(look), name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (look->missing == 0 && errno != ENOENT)
			return WH_PLACE_UNKNOWN;
		look->missing++;
	}
	if (S_ISLNK(st.st_mode))
		return step_link(look, name, len);
	if (!push(look, name, len))
		return WH_PLACE_UNKNOWN;
	look->uid = st.st_uid;
	look->gid = st.st_gid;
	return S_ISDIR(st.st_mode) ? WH_PLACE_FOLDER : WH_PLACE_OTHER;
}

static enum wh_place_kind step_down(struct look *look, const char *name, size_t len)
{
	int fd WH_FD = WH_NO_FD;

	if (is_last(look))
		return step_last(look, name, len);
	if (look->missing == 0) {
		fd = open_folder(look, name);
		if (fd < 0 && (errno == ENOTDIR || errno == ELOOP))
			return step_link(look, name, len);
		if (fd < 0 && errno != ENOENT)
			return WH_PLACE_UNKNOWN;
	}
	if (!push(look, name, len))
		return WH_PLACE_UNKNOWN;
	if (fd < 0) {
		look->missing++;
		return WH_PLACE_FOLDER;
	}
	wh_close_fd(&look->fd);
	look->fd = wh_steal_fd(fd);
	return WH_PLACE_FOLDER;
}

/* The file system may be mounted read-only even for root; faccessat(2) tells on newer kernels only,
 * where libc does not have to imitate AT_EACCESS. */
static bool is_writable(int folder)
{
	struct statvfs fs;

	return faccessat(folder, ".", W_OK | X_OK, AT_EACCESS) == 0 && fstatvfs(folder, &fs) == 0 &&
	       (fs.f_flag & ST_RDONLY) == 0;
}

static enum wh_place_kind step(struct look *look, struct wh_slice component)
{
	enum wh_place_kind kind = WH_PLACE_UNKNOWN;
	char name[NAME_MAX + 1];

	if (wh_slice_is(component, ".."))
		return step_up(look);
	if (component.len <= NAME_MAX) {
		memcpy(name, component.data, component.len);
		name[component.len] = '\0';
		kind = step_down(look, name, component.len);
	}
	/* Where it stays unknown what it is, its name is still part of the answer. */
	if (kind == WH_PLACE_UNKNOWN && !push(look, component.data, component.len))
		look->next = "";
	return kind;
}

static bool is_covered(const struct look *look)
{
	for (size_t i = 0; i < look->covered_count; i++) {
		if (strcmp(look->covered[i], look->resolved) == 0)
			return true;
	}
	return false;
}

static enum wh_place_kind walk(struct look *look)
{
	enum wh_place_kind kind = WH_PLACE_FOLDER;
	struct wh_slice name;

	while (kind == WH_PLACE_FOLDER && (name = next_component(look)).len > 0) {
		look->uid = 0;
		look->gid = 0;
		kind = step(look, name);
		if (kind == WH_PLACE_FOLDER && is_covered(look))
			return WH_PLACE_COVERED;
	}
	if (kind != WH_PLACE_FOLDER || look->missing == 0)
		return kind;
	return is_writable(here(look)) ? WH_PLACE_MISSING : WH_PLACE_BARRED;
}

/* What was not walked any more goes behind what was, by its text alone, as far as there is room. */
static void push_rest(struct look *look)
{
	struct wh_slice name;

	while ((name = next_component(look)).len > 0) {
		if (wh_slice_is(name, ".."))
			pop(look);
		else if (!push(look, name.data, name.len))
			return;
	}
}

static int answer(struct wh_arena *arena, const char *asked, enum wh_place_kind kind,
	const char *resolved, const char *rest, struct wh_place *ret)
{
	struct wh_place place = {
		.asked = wh_arena_dup(arena, wh_slice_of(asked)),
		.resolved = wh_arena_dup(arena, wh_slice_of(resolved[0] == '\0' ? "/" : resolved)),
		.kind = kind,
		.rest = wh_arena_dup(arena, wh_slice_of(rest)),
	};

	if (place.asked == NULL || place.resolved == NULL || place.rest == NULL)
		return -ENOMEM;
	*ret = place;
	return 0;
}

/* How the walk goes is in `look` already. */
static int resolve(
	struct look *look, int root, const char *path, struct wh_arena *arena, struct wh_place *ret)
{
	enum wh_place_kind kind;
	int r;

	look->root = root;
	look->missing = 0;
	look->links = 0;
	look->opened = 0;
	look->uid = 0;
	look->gid = 0;
	look->len = 0;
	look->resolved[0] = '\0';
	if (strlen(path) >= sizeof(look->rest))
		return answer(arena, path, WH_PLACE_UNKNOWN, path, "", ret);
	memcpy(look->rest, path, strlen(path) + 1);
	look->next = look->rest;
	kind = walk(look);
	if (kind != WH_PLACE_COVERED)
		push_rest(look);
	r = answer(arena, path, kind, look->resolved, look->next, ret);
	if (r == 0 && kind == WH_PLACE_FOLDER) {
		ret->uid = look->uid;
		ret->gid = look->gid;
	}
	return r;
}

int wh_rootfs_resolve(int root, const char *path, struct wh_arena *arena, struct wh_place *ret)
{
	struct look look WH_CLEANUP(look_done) WH_UNINITIALIZED;

	look.fd = WH_NO_FD;
	look.stays = false;
	look.covered_count = 0;
	return resolve(&look, root, path, arena, ret);
}

int wh_rootfs_resolve_mount(int root, const char *path, const char *const covered[], size_t count,
	struct wh_arena *arena, struct wh_place *ret)
{
	struct look look WH_CLEANUP(look_done) WH_UNINITIALIZED;

	look.fd = WH_NO_FD;
	look.stays = true;
	look.covered = covered;
	look.covered_count = count;
	return resolve(&look, root, path, arena, ret);
}

static bool is_plain(const char *name)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789-_.@+";

	return strspn(name, plain) == strlen(name) && strcmp(name, ".") != 0 &&
	       strcmp(name, "..") != 0;
}

static int by_name(const void *a, const void *b)
{
	const struct wh_place_folder *x = a, *y = b;

	return strcmp(x->name, y->name);
}

int wh_rootfs_folders(int root, const char *name, struct wh_arena *arena,
	const struct wh_place_folder **ret, size_t *ret_count)
{
	DIR *names WH_NAMES = wh_open_names_take(
		openat(root, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
	struct wh_place_folder *folders =
		wh_arena_array(arena, WH_ROOTFS_FOLDERS, sizeof(*folders));
	const struct dirent *entry;
	size_t count = 0;

	*ret = folders;
	*ret_count = 0;
	if (folders == NULL)
		return -ENOMEM;
	if (names == NULL)
		return 0;
	while (errno = 0, (entry = readdir(names)) != NULL) {
		struct stat st;

		if (!is_plain(entry->d_name) ||
			fstatat(dirfd(names), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
			!S_ISDIR(st.st_mode))
			continue;
		if (count == WH_ROOTFS_FOLDERS)
			return 0;
		folders[count] = (struct wh_place_folder){
			.name = wh_arena_dup(arena, wh_slice_of(entry->d_name)),
			.mode = st.st_mode & 03777,
			.uid = st.st_uid,
			.gid = st.st_gid,
		};
		if (folders[count++].name == NULL)
			return -ENOMEM;
	}
	if (errno != 0)
		return 0;
	qsort(folders, count, sizeof(*folders), by_name);
	*ret_count = count;
	return 0;
}

int wh_rootfs_open(int bundle, struct wh_slice path)
{
	char name[PATH_MAX] WH_UNINITIALIZED;
	int fd;

	if (path.len == 0 || path.len >= sizeof(name))
		return WH_NO_FD;
	memcpy(name, path.data, path.len);
	name[path.len] = '\0';
	fd = openat(bundle, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? WH_NO_FD : fd;
}
