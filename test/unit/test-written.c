/* SPDX-License-Identifier: Apache-2.0 */
/* What was written in a folder since a moment. Change times are the kernel's: the moment is chosen
 * to lie between them. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "record/written.h"

#define TICK 20000000 /* nanoseconds: more than the clock of file systems can be behind */

static char folder[64];

static const char *path_of(const char *name)
{
	static char path[8192];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void make_file(const char *name)
{
	int fd WH_FD = open(path_of(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "x", 1), 1);
}

static void make_dir(const char *name)
{
	assert_int_equal(mkdir(path_of(name), 0700), 0);
}

static int64_t changed(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	return (int64_t)st.st_ctim.tv_sec * 1000000000 + st.st_ctim.tv_nsec;
}

/* A moment that everything until now was changed before: what is changed from its return on is
 * newer, whatever the tick. */
static int64_t moment(void)
{
	int64_t before;

	make_file("clock");
	before = changed(path_of("clock"));
	do {
		make_file("clock");
	} while (changed(path_of("clock")) < before + 2 * TICK);
	assert_int_equal(unlink(path_of("clock")), 0);
	return before + TICK;
}

/* The paths with blanks between; in memory that the next call overwrites. */
static const char *list(int64_t since, size_t limit, int expected, bool *ret_more)
{
	static char text[65536];
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	struct wh_written written WH_CLEANUP(wh_written_close) = { .folder = WH_NO_FD };
	const char *const *found = NULL;
	size_t count = 0, len = 0;
	bool more = false;
	int r = wh_written_open(folder, &written, NULL);

	assert_int_equal(r, 0);
	assert_false(written.upper);
	r = wh_written_list(&written, since, limit, &arena, &found, &count, &more);
	assert_int_equal(r, expected);
	text[0] = '\0';
	for (size_t i = 0; r == 0 && i < count; i++)
		len += (size_t)snprintf(
			text + len, sizeof(text) - len, "%s%s", i == 0 ? "" : " ", found[i]);
	if (ret_more != NULL)
		*ret_more = more;
	return text;
}

static int make_folder(void **state)
{
	(void)state;
	(void)snprintf(folder, sizeof(folder), "/tmp/whittle-written-XXXXXX");
	return mkdtemp(folder) == NULL ? -1 : 0;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static int remove_folder(void **state)
{
	(void)state;
	return nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void what_is_newer(void **state)
{
	int64_t since;

	(void)state;
	make_dir("a");
	make_file("a/old");
	make_file("a/changed");
	make_file("a/mode");
	make_file("a/named");
	make_dir("gone");
	make_file("gone/file");
	make_dir("kept");
	make_file("kept/file");
	since = moment();
	make_file("a/changed");
	make_file("a/new");
	assert_int_equal(chmod(path_of("a/mode"), 0400), 0);
	assert_int_equal(unlink(path_of("gone/file")), 0);
	make_dir("made");
	make_dir("made/empty");
	assert_int_equal(symlink("/nonexistent", path_of("made/link")), 0);
	assert_int_equal(mkfifo(path_of("made/pipe"), 0600), 0);
	/* A modification time can be set to anything. */
	assert_int_equal(utimensat(AT_FDCWD, path_of("a/changed"),
				 (struct timespec[]){ { .tv_sec = 1 }, { .tv_sec = 1 } }, 0),
		0);
	assert_string_equal(list(since, 100, 0, NULL),
		"/a/changed /a/mode /a/new /gone/ /made/empty/ /made/link /made/pipe");
	assert_string_equal(list(moment(), 100, 0, NULL), "/");
}

static void names_are_bytes(void **state)
{
	int64_t since = moment();

	(void)state;
	make_file("line\nbreak");
	make_file("\xff\xfe");
	make_file("100%s");
	assert_string_equal(list(since, 100, 0, NULL), "/100%s /line\nbreak /\xff\xfe");
}

static void no_more_than_the_limit(void **state)
{
	int64_t since = moment();
	bool more;

	(void)state;
	make_dir("d");
	make_file("d/1");
	make_file("d/2");
	make_file("d/3");
	assert_string_equal(list(since, 3, 0, &more), "/d/1 /d/2 /d/3");
	assert_false(more);
	assert_int_equal(strlen(list(since, 2, 0, &more)), strlen("/d/1 /d/2"));
	assert_true(more);
	assert_string_equal(list(since, 0, 0, &more), "");
	assert_true(more);
}

/* A link that leads out, or round and round, is a file. */
static void links_are_not_followed(void **state)
{
	int64_t since = moment();

	(void)state;
	make_dir("d");
	assert_int_equal(symlink(".", path_of("d/round")), 0);
	assert_int_equal(symlink("/", path_of("d/out")), 0);
	assert_string_equal(list(since, 100, 0, NULL), "/d/out /d/round");
}

static int make_deep(unsigned depth)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (unsigned i = 0; i < depth; i++) {
		int below;

		assert_int_equal(mkdirat(fd, "d", 0700), 0);
		below = openat(fd, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		assert_true(below >= 0);
		close(fd);
		fd = below;
	}
	return fd;
}

static void trees_have_an_end(void **state)
{
	int64_t since = moment();
	int fd WH_FD = make_deep(100);
	const char *found;

	(void)state;
	found = list(since, 100, 0, NULL);
	assert_int_equal(strlen(found), 201);
	assert_string_equal(found + 196, "/d/d/");
	for (unsigned i = 0; i < 40; i++) {
		int below;

		assert_int_equal(mkdirat(fd, "d", 0700), 0);
		below = openat(fd, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		assert_true(below >= 0);
		close(fd);
		fd = below;
	}
	assert_string_equal(list(since, 100, -E2BIG, NULL), "");
}

static void folders_that_are_none(void **state)
{
	struct wh_written written = { .folder = 0 };
	struct wh_err err = WH_ERR_INIT;

	(void)state;
	make_file("file");
	assert_int_equal(wh_written_open(path_of("nothing"), &written, &err), -ENOENT);
	assert_int_equal(written.folder, WH_NO_FD);
	assert_int_equal(wh_written_open(path_of("file"), &written, &err), -ENOTDIR);
	assert_int_equal(written.folder, WH_NO_FD);
	wh_written_close(&written);
}

/* It stays the same folder, whatever takes its name. */
static void the_folder_stays(void **state)
{
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	struct wh_written written WH_CLEANUP(wh_written_close) = { .folder = WH_NO_FD };
	const char *const *found;
	char moved[128];
	size_t count;
	bool more;

	(void)state;
	make_dir("root");
	assert_int_equal(wh_written_open(path_of("root"), &written, NULL), 0);
	make_file("root/file");
	(void)snprintf(moved, sizeof(moved), "%s/moved", folder);
	assert_int_equal(rename(path_of("root"), moved), 0);
	make_dir("root");
	make_file("root/other");
	assert_int_equal(wh_written_list(&written, 0, 10, &arena, &found, &count, &more), 0);
	assert_int_equal(count, 1);
	assert_string_equal(found[0], "/file");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_newer, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(names_are_bytes, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(no_more_than_the_limit, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(links_are_not_followed, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(trees_have_an_end, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(folders_that_are_none, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(the_folder_stays, make_folder, remove_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
