/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel follows the links, and its answer is the path of what was opened. openat2(2) (Linux
 * 5.6) refuses the links of /proc that are none by text; before that, a path through /proc shows in
 * its own text or is not told from another.
 */

#include "host/source.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"

/* ---- opening -------------------------------------------------------------------------------- */

/* The descriptor, or -errno. */
static int open_path(int folder, const char *path)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_NO_MAGICLINKS };
	int fd = (int)syscall(SYS_openat2, folder, path, &how, sizeof(how));

	if (fd < 0 && (errno == ENOSYS || errno == EPERM))
		fd = openat(folder, path, O_PATH | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* The path of what is open. False when it has none: removed, or outside of the root. */
static bool path_of(int fd, nlink_t links, char ret[PATH_MAX])
{
	char link[32];
	ssize_t got;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	got = readlink(link, ret, PATH_MAX);
	if (got <= 0 || got >= PATH_MAX || ret[0] != '/' || links == 0)
		return false;
	ret[got] = '\0';
	return true;
}

/* ---- what a path leads to ------------------------------------------------------------------- */

struct look {
	int fd; /* WH_NO_FD when it is not there */
	struct statx st;
	char real[PATH_MAX]; /* "" when it cannot be told */
};

static void look_done(struct look *look)
{
	wh_close_fd(&look->fd);
}

/* Looks at what is open. */
static bool look_at_open(struct look *look)
{
	static const int flags = AT_EMPTY_PATH | AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC;

	return statx(look->fd, "", flags, STATX_BASIC_STATS | STATX_MNT_ID, &look->st) == 0 &&
	       path_of(look->fd, (nlink_t)look->st.stx_nlink, look->real);
}

/* Of what is not there: the folders that are, and the rest of the text. */
static void look_at_missing(struct look *look, int folder, const char *path)
{
	char front[PATH_MAX] WH_UNINITIALIZED;
	size_t len = strlen(path);
	size_t kept;

	memcpy(front, path, len + 1);
	do {
		while (len > 0 && front[len - 1] == '/')
			len--;
		while (len > 0 && front[len - 1] != '/')
			len--;
		front[len] = '\0';
		wh_close_fd(&look->fd);
		look->fd = open_path(folder, len == 0 ? "." : front);
	} while (look->fd == -ENOENT && len > 0);
	if (look->fd < 0 || !look_at_open(look)) {
		look->real[0] = '\0';
	} else {
		kept = strcmp(look->real, "/") == 0 ? 0 : strlen(look->real);
		if (kept + 1 + strlen(path + len) >= sizeof(look->real))
			kept = 0, len = strlen(path);
		(void)snprintf(look->real + kept, sizeof(look->real) - kept, "/%s", path + len);
	}
	wh_close_fd(&look->fd);
}

/* `missing` is whether there is nothing. */
static void look_at(struct look *look, int folder, const char *path, bool *missing)
{
	look->real[0] = '\0';
	look->fd = open_path(folder, path);
	*missing = look->fd == -ENOENT;
	if (*missing)
		look_at_missing(look, folder, path);
	else if (look->fd < 0 || !look_at_open(look))
		look->real[0] = '\0';
	if (look->fd < 0)
		look->fd = WH_NO_FD;
}

/* ---- by the text ---------------------------------------------------------------------------- */

/* A path without ".", ".." and empty parts, by its text alone; `path` is absolute. */
static void clean(const char *path, char ret[PATH_MAX])
{
	size_t len = 0;

	while (*(path += strspn(path, "/")) != '\0') {
		size_t size = strcspn(path, "/");

		if (size == 2 && memcmp(path, "..", 2) == 0) {
			while (len > 0 && ret[--len] != '/')
				;
		} else if (size != 1 || path[0] != '.') {
			ret[len++] = '/';
			memcpy(ret + len, path, size);
			len += size;
		}
		path += size;
	}
	if (len == 0)
		ret[len++] = '/';
	ret[len] = '\0';
}

/* Whether the runtime may come elsewhere than the kernel does: runc takes ".." back by the text. */
static bool is_ambiguous(const char *real, int bundle, const char *path)
{
	char whole[PATH_MAX] WH_UNINITIALIZED;
	char text[PATH_MAX] WH_UNINITIALIZED;
	struct look other WH_CLEANUP(look_done) WH_UNINITIALIZED;
	bool missing;
	size_t len = 0;

	other.fd = WH_NO_FD;
	if (!wh_path_climbs(wh_slice_of(path)))
		return false;
	if (path[0] != '/') {
		if (!path_of(bundle, 1, whole))
			return true;
		len = strlen(whole);
	}
	if (len + 1 + strlen(path) >= sizeof(whole))
		return true;
	(void)snprintf(whole + len, sizeof(whole) - len, "/%s", path);
	clean(whole, text);
	look_at(&other, AT_FDCWD, text, &missing);
	return strcmp(real, other.real) != 0;
}

/* ---- the answer ----------------------------------------------------------------------------- */

static enum wh_source_type type_of(mode_t mode)
{
	static const struct {
		mode_t mode;
		enum wh_source_type type;
	} types[] = {
		{ S_IFDIR, WH_SOURCE_FOLDER },
		{ S_IFREG, WH_SOURCE_FILE },
		{ S_IFSOCK, WH_SOURCE_SOCKET },
		{ S_IFBLK, WH_SOURCE_BLOCK },
		{ S_IFCHR, WH_SOURCE_CHAR },
		{ S_IFIFO, WH_SOURCE_FIFO },
	};

	for (size_t i = 0; i < WH_COUNT(types); i++) {
		if ((mode & S_IFMT) == types[i].mode)
			return types[i].type;
	}
	return WH_SOURCE_UNKNOWN;
}

static int add_hard_links(const struct wh_sources *sources, const struct look *look,
	struct wh_arena *arena, struct wh_path_list *names)
{
	int r = 0;

	if (look->fd < 0 || S_ISDIR(look->st.stx_mode) || look->st.stx_nlink < 2)
		return 0;
	for (size_t i = 0; r == 0 && i < sources->count; i++) {
		struct stat st;

		if (fstatat(AT_FDCWD, sources->reals[i], &st, AT_NO_AUTOMOUNT) == 0 &&
			st.st_ino == look->st.stx_ino &&
			st.st_dev == makedev(look->st.stx_dev_major, look->st.stx_dev_minor))
			r = wh_path_list_add(names, arena, sources->reals[i], "");
	}
	return r;
}

static int copy_list(const struct wh_path_list *list, struct wh_arena *arena,
	const char *const **ret, size_t *ret_count)
{
	const char **items = wh_arena_array(arena, list->count, sizeof(*items));

	if (items == NULL)
		return -ENOMEM;
	memcpy(items, list->items, list->count * sizeof(*items));
	*ret = items;
	*ret_count = list->count;
	return 0;
}

/* Fills names and holds; the real path is forgotten when there are too many. */
static int name_all(const struct wh_sources *sources, const struct look *look,
	struct wh_arena *arena, struct wh_source *ret)
{
	bool is_id = look->fd >= 0 && (look->st.stx_mask & STATX_MNT_ID) != 0;
	const struct wh_mount *mount =
		wh_mounts_find(&sources->mounts, is_id ? look->st.stx_mnt_id : 0, look->real);
	const char *rest = mount == NULL ? NULL : wh_path_behind(look->real, mount->point);
	struct wh_path_list names WH_UNINITIALIZED, holds WH_UNINITIALIZED;
	int r;

	names.count = holds.count = 0;
	names.full = holds.full = rest == NULL; /* mounted meanwhile, or by somebody elsewhere */
	r = wh_path_list_add(&names, arena, look->real, "");
	if (r == 0 && rest != NULL)
		r = wh_mounts_name(&sources->mounts, mount, rest, arena, &names);
	if (r == 0 && rest != NULL)
		r = wh_mounts_hold(&sources->mounts, mount, look->real, rest, arena, &holds);
	if (r == 0)
		r = add_hard_links(sources, look, arena, &names);
	if (r < 0 || names.full || holds.full)
		return r;
	r = copy_list(&names, arena, &ret->names, &ret->name_count);
	if (r == 0)
		r = copy_list(&holds, arena, &ret->holds, &ret->hold_count);
	if (r == 0)
		ret->real = ret->names[0];
	return r;
}

int wh_source_look(const struct wh_sources *sources, int bundle, struct wh_slice path,
	struct wh_arena *arena, struct wh_source *ret)
{
	struct look look WH_CLEANUP(look_done) WH_UNINITIALIZED;
	struct wh_source source = { .type = WH_SOURCE_UNKNOWN };
	char text[PATH_MAX] WH_UNINITIALIZED;
	bool missing;
	int r = 0;

	look.fd = WH_NO_FD;
	*ret = source;
	if (path.len == 0 || path.len >= sizeof(text) || memchr(path.data, '\0', path.len) != NULL)
		return 0;
	memcpy(text, path.data, path.len);
	text[path.len] = '\0';
	look_at(&look, bundle, text, &missing);
	if (look.real[0] == '\0' || wh_path_climbs(wh_slice_of(look.real)) ||
		is_ambiguous(look.real, bundle, text))
		return 0;
	if (missing)
		source.type = WH_SOURCE_MISSING;
	else
		source.type = type_of(look.st.stx_mode);
	if (source.type == WH_SOURCE_BLOCK || source.type == WH_SOURCE_CHAR) {
		source.major = look.st.stx_rdev_major;
		source.minor = look.st.stx_rdev_minor;
	}
	r = name_all(sources, &look, arena, &source);
	if (r == 0)
		*ret = source;
	return r;
}

/* ---- known paths ---------------------------------------------------------------------------- */

/*
 * Most known paths lie in a few folders, few are there, and hardly any is a link: so each folder on
 * the way is looked at once, by asking whether it is a link; below what is not there nothing is
 * asked. That is a system call for each, and they are most of what a start costs here.
 */
struct known {
	const char *path, *real;
	size_t len; /* of `path` */
	bool missing;
};

struct knowns {
	struct wh_arena *arena;
	struct known *items;
	size_t count;
};

/* Follows the links of what is one. False when memory ran out. */
static bool follow(struct wh_arena *arena, struct known *known)
{
	struct look look WH_CLEANUP(look_done) WH_UNINITIALIZED;

	look.fd = WH_NO_FD;
	look_at(&look, AT_FDCWD, known->real, &known->missing);
	if (look.real[0] != '\0')
		known->real = wh_arena_dup(arena, wh_slice_of(look.real));
	return known->real != NULL;
}

static const struct known *known_at(struct knowns *knowns, const char *path, size_t len)
{
	for (size_t i = 0; i < knowns->count; i++) {
		if (knowns->items[i].len == len && memcmp(knowns->items[i].path, path, len) == 0)
			return &knowns->items[i];
	}
	return NULL;
}

/* The next name of a path in a folder that was looked at; NULL: no memory. */
static const struct known *look_in(
	struct knowns *knowns, const struct known *folder, const char *path, size_t len)
{
	struct known *known = &knowns->items[knowns->count];
	char target[1];

	*known = (struct known){ .path = path, .len = len, .missing = folder->missing };
	known->real = wh_arena_printf(knowns->arena, "%s%.*s",
		folder->real[1] == '\0' ? "" : folder->real, (int)(len - folder->len),
		path + folder->len);
	if (known->real == NULL)
		return NULL;
	if (!known->missing && readlink(known->real, target, sizeof(target)) >= 0) {
		if (!follow(knowns->arena, known))
			return NULL;
	} else if (!known->missing) {
		known->missing = errno == ENOENT || errno == ENOTDIR;
	}
	knowns->count++;
	return known;
}

/* Where the first component with a pattern begins, the slash before it. */
static size_t plain_len(const char *path)
{
	size_t len = strcspn(path, "*?[");

	while (path[len] != '\0' && len > 0 && path[len] != '/')
		len--;
	return len;
}

static const char *resolve_known(struct knowns *knowns, const char *path)
{
	static const struct known root = { .path = "", .real = "/" };
	const struct known *at = &root;
	size_t end = plain_len(path);

	if (path[1] == '\0')
		return path;
	while (at != NULL && at->len < end) {
		size_t len = at->len + 1 + strcspn(path + at->len + 1, "/");
		const struct known *next = known_at(knowns, path, len);

		at = next != NULL ? next : look_in(knowns, at, path, len);
	}
	if (at == NULL || path[end] == '\0')
		return at == NULL ? NULL : at->real;
	return wh_arena_printf(
		knowns->arena, "%s%s", at->real[1] == '\0' ? "" : at->real, path + end);
}

/* How many folders there can be on the way to all of them. */
static size_t count_parts(const char *const paths[], size_t count)
{
	size_t parts = 0;

	for (size_t i = 0; i < count; i++) {
		for (const char *at = paths[i]; (at = strchr(at, '/')) != NULL; at++)
			parts++;
	}
	return parts;
}

int wh_sources_begin(struct wh_sources *ret, const char *const known[], size_t count,
	struct wh_arena *arena, struct wh_err *err)
{
	struct knowns knowns = { .arena = arena };
	const char **reals = wh_arena_array(arena, count, sizeof(*reals));
	int r = wh_mounts_read("/proc/self/mountinfo", arena, &ret->mounts, err);

	knowns.items = wh_arena_array(arena, count_parts(known, count), sizeof(*knowns.items));
	for (size_t i = 0; r == 0 && i < count; i++) {
		if (reals != NULL && knowns.items != NULL)
			reals[i] = resolve_known(&knowns, known[i]);
		if (reals == NULL || knowns.items == NULL || reals[i] == NULL)
			r = wh_fail_errno(err, ENOMEM, "cannot note known paths");
	}
	ret->reals = reals;
	ret->count = count;
	return r;
}
