/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Only looked at, by path, as the daemon will: whether the way there can be trusted is asked by
 * those who put something there.
 */

#include "host/cover.h"

#include <errno.h>
#include <string.h>

static bool is_program(const char *path, struct stat *ret)
{
	return stat(path, ret) == 0 && S_ISREG(ret->st_mode) && (ret->st_mode & 0111) != 0;
}

int wh_cover_look(const char *path, const char *name, const struct stat *whittle,
	struct wh_arena *arena, struct wh_cover *ret)
{
	struct wh_cover cover = { .found = NULL };

	while (path != NULL && cover.real == NULL) {
		const char *end = strchrnul(path, ':');
		char *candidate;
		struct stat st;

		candidate = wh_arena_printf(arena, "%.*s/%s", (int)(end - path), path, name);
		if (candidate == NULL)
			return -ENOMEM;
		path = *end == '\0' ? NULL : end + 1;
		if (candidate[0] != '/' || candidate[1] == '/' || !is_program(candidate, &st))
			continue;
		if (cover.found == NULL)
			cover.found = candidate;
		if (st.st_dev != whittle->st_dev || st.st_ino != whittle->st_ino)
			cover.real = candidate;
		else if (cover.found == candidate)
			cover.covered = true;
	}
	*ret = cover;
	return 0;
}

const char *wh_find_program(const char *name, struct wh_arena *arena)
{
	static const struct stat nothing = { .st_ino = 0 };
	struct wh_cover cover;

	return wh_cover_look(WH_SERVICE_PATH, name, &nothing, arena, &cover) < 0 ? NULL
										 : cover.found;
}
