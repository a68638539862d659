/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A folder of the test's own below /tmp, with what the test needs in it. Making one also counts the
 * open file descriptors; removing it shows whether any were leaked meanwhile.
 */

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct scratch {
	char path[64];
	int fd; /* of the folder */
	int open_before;
};

static inline int scratch_open_fds(void)
{
	DIR *list = opendir("/proc/self/fd");
	int count = 0;

	assert_non_null(list);
	while (readdir(list) != NULL)
		count++;
	closedir(list);
	return count;
}

static inline int scratch_remove_one(
	const char *path, const struct stat *st, int kind, struct FTW *where)
{
	(void)st, (void)kind, (void)where;
	return remove(path);
}

static inline int scratch_setup(void **state)
{
	struct scratch *scratch = calloc(1, sizeof(*scratch));

	assert_non_null(scratch);
	umask(022);
	scratch->open_before = scratch_open_fds();
	strcpy(scratch->path, "/tmp/whittle-test-XXXXXX");
	assert_non_null(mkdtemp(scratch->path));
	assert_int_equal(chmod(scratch->path, 0755), 0);
	scratch->fd = open(scratch->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(scratch->fd >= 0);
	*state = scratch;
	return 0;
}

static inline int scratch_teardown(void **state)
{
	struct scratch *scratch = *state;
	int open_after;

	close(scratch->fd);
	open_after = scratch_open_fds();
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(nftw(scratch->path, scratch_remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
	if (open_after != scratch->open_before)
		fprintf(stderr, "%d descriptors before, %d after\n", scratch->open_before,
			open_after);
	assert_int_equal(open_after, scratch->open_before);
	free(scratch);
	return 0;
}

/* "SCRATCH/name", in one of a few buffers that are used in turn. */
static inline const char *scratch_path(const struct scratch *scratch, const char *name)
{
	static char paths[8][PATH_MAX + 128];
	static unsigned turn;
	char *path = paths[turn++ % 8];

	(void)snprintf(path, sizeof(paths[0]), "%s/%s", scratch->path, name);
	return path;
}

static inline void scratch_file(
	const struct scratch *scratch, const char *name, mode_t mode, const char *content)
{
	int fd = openat(scratch->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, strlen(content)), strlen(content));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static inline void scratch_folder(const struct scratch *scratch, const char *name, mode_t mode)
{
	assert_int_equal(mkdirat(scratch->fd, name, 0700), 0);
	assert_int_equal(fchmodat(scratch->fd, name, mode, 0), 0);
}

static inline void scratch_link(const struct scratch *scratch, const char *name, const char *target)
{
	assert_int_equal(symlinkat(target, scratch->fd, name), 0);
}

/* The content as a string, in a static buffer. */
static inline const char *scratch_content(const struct scratch *scratch, const char *name)
{
	static char content[1 << 16];
	int fd = openat(scratch->fd, name, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	assert_true(fd >= 0);
	got = read(fd, content, sizeof(content) - 1);
	assert_true(got >= 0);
	content[got] = '\0';
	close(fd);
	return content;
}

/* Whether the name is there, as a link or otherwise. */
static inline int scratch_has(const struct scratch *scratch, const char *name)
{
	struct stat st;

	return fstatat(scratch->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* How many names there are in the folder. */
static inline int scratch_count(const struct scratch *scratch)
{
	DIR *list = opendir(scratch->path);
	int count = -2; /* "." and ".." */

	assert_non_null(list);
	while (readdir(list) != NULL)
		count++;
	closedir(list);
	return count;
}
