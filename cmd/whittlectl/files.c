/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files as the engine finds them: by path, through whatever links there are. Looking needs no
 * trust; what is to be changed is opened anew by those who change it.
 */

#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "host/file.h"

static int read_file(void *context, const char *path, struct wh_buf *ret, struct wh_err *err)
{
	/* A FIFO must not make it wait, nor a terminal become its own. */
	int fd WH_FD = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	(void)context;
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return -ENOENT;
	if (fd < 0 || fstat(fd, &st) < 0)
		return wh_fail_errno(err, errno, "cannot be opened");
	if (!S_ISREG(st.st_mode))
		return wh_fail(err, EINVAL, "it is not a regular file");
	return wh_read_all(fd, WH_ENGINE_MAX_SIZE, ret, err);
}

static int match_files(void *context, const char *pattern, struct wh_arena *arena,
	const char *const **ret, size_t *ret_count, struct wh_err *err)
{
	glob_t found WH_CLEANUP(globfree) = { 0 };
	int r = glob(pattern, 0, NULL, &found);
	const char **list;

	(void)context;
	if (r != 0 && r != GLOB_NOMATCH)
		return wh_fail_errno(err, r == GLOB_NOSPACE ? ENOMEM : EIO,
			"cannot look for files such as %s", pattern);
	list = wh_arena_array(arena, found.gl_pathc + 1, sizeof(*list));
	for (size_t i = 0; list != NULL && i < found.gl_pathc; i++) {
		list[i] = wh_arena_dup(arena, wh_slice_of(found.gl_pathv[i]));
		if (list[i] == NULL)
			list = NULL;
	}
	if (list == NULL)
		return wh_fail_errno(err, ENOMEM, "cannot look for files such as %s", pattern);
	*ret = list;
	*ret_count = found.gl_pathc;
	return 0;
}

const struct wh_engine_files wh_files_of_host = {
	.read = read_file,
	.match = match_files,
};
