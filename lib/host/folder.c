/* SPDX-License-Identifier: Apache-2.0 */
/* runsc names a state file after container and sandbox; only the first of them is known to an exec.
 */

#include "host/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"

static bool fits(const char *name, const char *prefix, const char *suffix)
{
	size_t len = strlen(name), front = strlen(prefix), back = strlen(suffix);

	return len >= front + back && strncmp(name, prefix, front) == 0 &&
	       strcmp(name + len - back, suffix) == 0;
}

static int search(DIR *names, const char *prefix, const char *suffix, struct wh_arena *arena,
	const char **ret, struct wh_err *err)
{
	const char *found = NULL;
	const struct dirent *entry;

	while ((entry = readdir(names)) != NULL) {
		if (!fits(entry->d_name, prefix, suffix))
			continue;
		if (found != NULL)
			return wh_fail(
				err, EEXIST, "more than one file is named %s...%s", prefix, suffix);
		found = wh_arena_dup(arena, wh_slice_of(entry->d_name));
		if (found == NULL)
			return wh_fail_errno(err, ENOMEM, "looking through the folder");
	}
	if (found == NULL)
		return wh_fail(err, ENOENT, "there is no file named %s...%s", prefix, suffix);
	*ret = found;
	return 0;
}

int wh_find_name(int folder, const char *prefix, const char *suffix, struct wh_arena *arena,
	const char **ret, struct wh_err *err)
{
	DIR *names WH_NAMES = wh_open_names(folder, ".");

	if (names == NULL)
		return wh_fail_errno(err, errno, "opening the folder");
	return search(names, prefix, suffix, arena, ret, err);
}

const char *wh_own_folder(struct wh_arena *arena)
{
	char path[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path));
	const char *slash = len <= 0 ? NULL : memrchr(path, '/', (size_t)len);

	return slash == NULL
		       ? NULL
		       : wh_arena_dup(arena, (struct wh_slice){ path, (size_t)(slash - path) });
}
