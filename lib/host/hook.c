/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel makes up the path of what is open from the mounts that lie above it. For a file of
 * another mount namespace that is a path over there, so it is believed only once it leads to the
 * same file from here. Behind the path of a file without names it writes " (deleted)": a daemon's
 * program after an upgrade. Then the file itself is judged, and the folder where it was.
 */

#include "host/hook.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/fd.h"
#include "host/file.h"
#include "host/folder.h"
#include "host/trust.h"

static const char deleted[] = " (deleted)";

/* The path of what is open. False when it has none here. */
static bool path_of(int fd, const struct stat *st, char ret[PATH_MAX])
{
	char link[32];
	ssize_t got;
	size_t len;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	got = readlink(link, ret, PATH_MAX);
	if (got <= 0 || got >= PATH_MAX || ret[0] != '/')
		return false;
	len = (size_t)got;
	ret[len] = '\0';
	if (st->st_nlink > 0)
		return true;
	if (len < sizeof(deleted) || strcmp(ret + len - (sizeof(deleted) - 1), deleted) != 0)
		return false;
	ret[len - (sizeof(deleted) - 1)] = '\0';
	return true;
}

/* Of a file without names: whether it and the folder it was in are root's. */
static bool was_trusted(const char *path, const struct stat *st)
{
	const struct wh_place place = { .path = path };
	int folder WH_FD = WH_NO_FD;
	const char *name;
	struct stat folder_st;

	if (wh_check_program(&place, st, WH_NOBODY, NULL) < 0)
		return false;
	folder = wh_open_trusted_parent(path, &name, NULL);
	return folder >= 0 && fstat(folder, &folder_st) == 0 && folder_st.st_dev == st->st_dev;
}

int wh_hook_look(struct wh_slice path, struct wh_arena *arena, struct wh_hook_program *ret)
{
	char text[PATH_MAX] WH_UNINITIALIZED;
	char real[PATH_MAX] WH_UNINITIALIZED;
	int fd WH_FD = WH_NO_FD;
	struct stat st, program;
	bool trusted;

	*ret = (struct wh_hook_program){ .real = NULL };
	if (path.len == 0 || path.len >= sizeof(text) || path.data[0] != '/' ||
		memchr(path.data, '\0', path.len) != NULL)
		return 0;
	memcpy(text, path.data, path.len);
	text[path.len] = '\0';
	fd = open(text, O_PATH | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0 || !path_of(fd, &st, real))
		return 0;
	if (st.st_nlink == 0) {
		trusted = was_trusted(real, &st);
	} else {
		if (stat(real, &program) < 0 || program.st_dev != st.st_dev ||
			program.st_ino != st.st_ino)
			return 0;
		trusted = wh_check_trusted_program(real, &program, NULL) == 0;
		/* Somebody else's link on the way could lead elsewhere by the time it is run. The
		 * links of /proc are the kernel's. */
		if (strncmp(text, "/proc/", 6) != 0 && strcmp(text, real) != 0)
			trusted = trusted && wh_check_trusted_program(text, &program, NULL) == 0;
	}
	ret->real = wh_arena_dup(arena, wh_slice_of(real));
	ret->trusted = trusted;
	return ret->real == NULL ? -ENOMEM : 0;
}

/* ---- whittle's own ----------------------------------------------------------------------------
 */

static const char *const own_folders[] = { "/usr/local/libexec/whittle", "/usr/libexec/whittle",
	"/usr/lib/whittle" };

/* "FOLDER/libexec/whittle" where the running program is in "FOLDER/bin", as it was installed. */
static const char *folder_of_prefix(const char *beside, struct wh_arena *arena)
{
	const char *slash = beside == NULL ? NULL : strrchr(beside, '/');

	return slash == NULL ? NULL
			     : wh_arena_printf(arena, "%.*s/libexec/whittle", (int)(slash - beside),
				       beside);
}

int wh_find_own_hook(const char *name, struct wh_arena *arena, const char **ret, struct wh_err *err)
{
	const char *folders[2 + WH_COUNT(own_folders)] = { wh_own_folder(arena) };

	folders[1] = folder_of_prefix(folders[0], arena);
	memcpy(folders + 2, own_folders, sizeof(own_folders));
	for (size_t i = 0; i < WH_COUNT(folders); i++) {
		struct wh_hook_program program = { .real = NULL };
		const char *path = folders[i] == NULL
					   ? NULL
					   : wh_arena_printf(arena, "%s/%s", folders[i], name);

		if (path == NULL || access(path, F_OK) < 0)
			continue;
		if (wh_hook_look(wh_slice_of(path), arena, &program) < 0)
			return wh_fail_errno(err, ENOMEM, "looking for %s", name);
		if (!program.trusted || program.real == NULL)
			return wh_fail(err, EPERM,
				"%s could have been written by others than root, so it cannot be "
				"used as a hook",
				path);
		*ret = program.real;
		return 0;
	}
	return wh_fail(err, ENOENT,
		"the policy needs the hook %s, which is not installed: it belongs into %s", name,
		own_folders[0]);
}

/* ---- telling ----------------------------------------------------------------------------------
 */

/* The standard error of the caller: by pidfd_getfd (Linux 5.6) the very same, else by its path. */
static int open_callers(void)
{
	int caller WH_FD = (int)syscall(SYS_pidfd_open, getppid(), 0);
	char path[32];
	int fd = caller < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, caller, STDERR_FILENO, 0);

	if (fd >= 0)
		return fd;
	(void)snprintf(path, sizeof(path), "/proc/%d/fd/2", getppid());
	return open(path, O_WRONLY | O_APPEND | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
}

void wh_hook_tell(const char *program, const char *sentence)
{
	int fd WH_FD = WH_NO_FD;
	struct stat st;

	if (fstat(STDERR_FILENO, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3))
		fd = open_callers();
	(void)dprintf(fd < 0 ? STDERR_FILENO : fd, "%s: %s\n", program, sentence);
}
