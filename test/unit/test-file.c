/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What may be opened and what not. Runs as root or not: what only root can set up (files of other
 * owners, trusted sticky folders) is tested as root, and the rest of the table in both cases.
 */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdbool.h>
#include <signal.h>

#include <cmocka.h>

#include <errno.h>
#include <linux/fuse.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "scratch.h"

#include "base/fd.h"
#include "host/file.h"

#define STRANGER 12345

static void assert_contains(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", part, text);
}

static void assert_is(int fd, const char *path)
{
	struct stat a, b;

	assert_int_equal(fstat(fd, &a), 0);
	assert_int_equal(stat(path, &b), 0);
	assert_true(a.st_dev == b.st_dev && a.st_ino == b.st_ino);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
}

/* ---- files ------------------------------------------------------------------------------ */

static void make_socket(const struct scratch *scratch, const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	strcpy(address.sun_path, scratch_path(scratch, name));
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
}

static void make_files(const struct scratch *scratch)
{
	scratch_file(scratch, "regular", 0644, "text");
	scratch_file(scratch, "empty", 0600, "");
	scratch_file(scratch, "group", 0664, "text");
	scratch_file(scratch, "other", 0646, "text");
	scratch_file(scratch, "linked", 0644, "text");
	assert_int_equal(linkat(scratch->fd, "linked", scratch->fd, "linked-too", 0), 0);
	scratch_link(scratch, "link", "regular");
	scratch_link(scratch, "broken", "nothing");
	scratch_folder(scratch, "folder", 0755);
	assert_int_equal(mkfifoat(scratch->fd, "fifo", 0644), 0);
	make_socket(scratch, "socket");
}

static void files_are_judged(void **state)
{
	static const struct {
		const char *name;
		int expected; /* 0: opened */
		const char *text;
	} cases[] = {
		{ "regular", 0, "" },
		{ "empty", 0, "" },
		{ "group", -EPERM, "/group can be written by others than its owner (mode 0664)" },
		{ "other", -EPERM, "/other can be written by others than its owner (mode 0646)" },
		{ "linked", -EPERM, "/linked has 2 names (hard links)" },
		{ "linked-too", -EPERM, "/linked-too has 2 names (hard links)" },
		{ "link", -ELOOP, "/link is a symbolic link" },
		{ "broken", -ELOOP, "/broken is a symbolic link" },
		{ "folder", -EINVAL, "/folder is a folder; it must be a regular file" },
		{ "fifo", -EINVAL, "/fifo is a FIFO; it must be a regular file" },
		{ "socket", -EINVAL, "/socket is a socket or device" },
		{ "missing", -ENOENT, "/missing: it does not exist" },
	};
	const struct scratch *scratch = *state;

	make_files(scratch);
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		struct wh_err err = WH_ERR_INIT;
		int at WH_FD = wh_open_trusted_at(scratch->fd, cases[i].name, &err);
		int file WH_FD = wh_open_trusted_file(scratch_path(scratch, cases[i].name), NULL);

		assert_int_equal(at < 0 ? at : 0, cases[i].expected);
		assert_int_equal(file < 0 ? file : 0, cases[i].expected);
		assert_int_equal(-err.number, cases[i].expected);
		assert_contains(err.text, cases[i].text);
		if (at >= 0) {
			assert_is(at, scratch_path(scratch, cases[i].name));
			assert_is(file, scratch_path(scratch, cases[i].name));
		}
	}
}

static void devices_are_refused(void **state)
{
	struct wh_err err = WH_ERR_INIT;

	(void)state;
	assert_int_equal(wh_open_trusted_file("/dev/null", &err), -EINVAL);
	assert_string_equal(err.text, "/dev/null is a character device; it must be a regular file");
}

static void paths_that_end_in_a_folder_name_no_file(void **state)
{
	static const struct {
		const char *path;
		int expected;
	} cases[] = {
		{ "/etc/", -EISDIR },
		{ "/etc/.", -EISDIR },
		{ "/etc/..", -EISDIR },
		{ "..", -EISDIR },
		{ "/", -EISDIR },
		{ "", -ENOENT },
	};
	const char *name = "unset";

	(void)state;
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		struct wh_err err = WH_ERR_INIT;

		assert_int_equal(
			wh_open_trusted_parent(cases[i].path, &name, &err), cases[i].expected);
		assert_string_equal(name, "unset");
		assert_int_equal(wh_open_trusted_file(cases[i].path, NULL), cases[i].expected);
	}
}

static void the_parent_is_the_folder_of_the_name(void **state)
{
	const struct scratch *scratch = *state;
	const char *path = scratch_path(scratch, "not-there-yet");
	const char *name = NULL;
	int fd WH_FD = wh_open_trusted_parent(path, &name, NULL);
	int root WH_FD = WH_NO_FD;

	assert_is(fd, scratch->path);
	assert_ptr_equal(name, path + strlen(scratch->path) + 1);
	root = wh_open_trusted_parent("/file", &name, NULL);
	assert_is(root, "/");
	assert_string_equal(name, "file");
}

static void foreign_owners_are_refused(void **state)
{
	const struct scratch *scratch = *state;
	struct wh_err err = WH_ERR_INIT;

	scratch_file(scratch, "theirs", 0644, "text");
	scratch_folder(scratch, "their-folder", 0755);
	scratch_file(scratch, "their-folder/file", 0644, "text");
	scratch_link(scratch, "their-link", "their-folder");
	if (geteuid() != 0)
		return; /* only root can give files away */
	assert_int_equal(fchownat(scratch->fd, "theirs", STRANGER, 0, 0), 0);
	assert_int_equal(wh_open_trusted_at(scratch->fd, "theirs", &err), -EPERM);
	assert_contains(err.text, "/theirs belongs to user 12345");

	err = (struct wh_err)WH_ERR_INIT;
	assert_int_equal(fchownat(scratch->fd, "their-link", STRANGER, 0, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(
		wh_open_trusted_folder(scratch_path(scratch, "their-link"), NULL, &err), -EPERM);
	assert_contains(err.text, "their-link belongs to user 12345, who could lead it elsewhere");

	err = (struct wh_err)WH_ERR_INIT;
	assert_int_equal(fchownat(scratch->fd, "their-folder", STRANGER, 0, 0), 0);
	assert_int_equal(
		wh_open_trusted_file(scratch_path(scratch, "their-folder/file"), &err), -EPERM);
	assert_contains(err.text, "/their-folder belongs to user 12345");
}

/* Runs the check in a child, as another user when we are root; its result is the exit status. */
static int as_user(uid_t uid, int (*check)(const struct scratch *), const struct scratch *scratch)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		if (geteuid() == 0 && seteuid(uid) < 0)
			_exit(99);
		_exit(check(scratch));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int check_unreadable(const struct scratch *scratch)
{
	struct wh_err err = WH_ERR_INIT;
	int r = wh_open_trusted_at(scratch->fd, "unreadable", &err);

	if (r != -EACCES || strstr(err.text, "/unreadable: access refused by the system") == NULL)
		return 1;
	return 0;
}

/* To the effective user 12345 root's files and their own are fine, those of 54321 are not. */
static int check_own(const struct scratch *scratch)
{
	int root WH_FD = wh_open_trusted_at(scratch->fd, "of-root", NULL);
	int own WH_FD = wh_open_trusted_at(scratch->fd, "own", NULL);
	int third WH_FD = wh_open_trusted_at(scratch->fd, "of-third", NULL);
	int folder WH_FD = wh_open_trusted_folder(scratch_path(scratch, "own-folder"), NULL, NULL);

	return root >= 0 && own >= 0 && third == -EPERM && folder >= 0 ? 0 : 1;
}

static void the_effective_user_counts(void **state)
{
	const struct scratch *scratch = *state;

	scratch_file(scratch, "unreadable", 0, "text");
	assert_int_equal(as_user(STRANGER, check_unreadable, scratch), 0);
	if (geteuid() != 0)
		return;
	scratch_file(scratch, "of-root", 0644, "text");
	scratch_file(scratch, "own", 0644, "text");
	scratch_file(scratch, "of-third", 0644, "text");
	scratch_folder(scratch, "own-folder", 0755);
	assert_int_equal(fchownat(scratch->fd, "own", STRANGER, 0, 0), 0);
	assert_int_equal(fchownat(scratch->fd, "own-folder", STRANGER, 0, 0), 0);
	assert_int_equal(fchownat(scratch->fd, "of-third", 54321, 0, 0), 0);
	assert_int_equal(as_user(STRANGER, check_own, scratch), 0);
}

/* A run that replaces the file while another opens it must never make that one fail. */
static void a_file_that_is_being_replaced_can_be_opened(void **state)
{
	const struct scratch *scratch = *state;
	int failed = 0;
	pid_t pid;

	scratch_file(scratch, "config", 0644, "text");
	pid = fork();
	assert_true(pid >= 0);
	while (pid == 0) {
		int fd = openat(scratch->fd, "next", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

		close(fd);
		if (renameat(scratch->fd, "next", scratch->fd, "config") < 0)
			_exit(0);
	}
	for (int i = 0; i < 5000; i++) {
		int fd WH_FD = wh_open_trusted_at(scratch->fd, "config", NULL);

		failed += fd < 0;
	}
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(failed, 0);
}

/* ---- folders ---------------------------------------------------------------------------- */

static void make_folders(const struct scratch *scratch)
{
	char name[16];
	char target[16] = "folder";

	scratch_folder(scratch, "folder", 0755);
	scratch_folder(scratch, "folder/inner", 0700);
	scratch_folder(scratch, "group", 0775);
	scratch_folder(scratch, "group/inner", 0755);
	scratch_folder(scratch, "open", 0777);
	scratch_folder(scratch, "open/inner", 0755);
	scratch_folder(scratch, "sticky", 01777);
	scratch_folder(scratch, "sticky/inner", 0755);
	scratch_folder(scratch, "sticky-group", 01775);
	scratch_file(scratch, "file", 0644, "text");
	scratch_link(scratch, "link", "folder");
	scratch_link(scratch, "link-up", "folder/inner/..");
	scratch_link(scratch, "link-absolute", scratch_path(scratch, "folder"));
	scratch_link(scratch, "link-link", "./link//");
	scratch_folder(scratch, "folder/beside", 0755);
	scratch_link(scratch, "folder/inner/link-beside", "../beside");
	scratch_link(scratch, "link-inner", "folder/inner");
	scratch_link(scratch, "link-open", "open/inner");
	scratch_link(scratch, "link-broken", "nowhere");
	scratch_link(scratch, "loop", "loop");
	scratch_link(scratch, "loop-a", "loop-b/x");
	scratch_link(scratch, "loop-b", "loop-a/x");
	for (int i = 1; i <= 41; i++) {
		(void)snprintf(name, sizeof(name), "chain-%d", i);
		scratch_link(scratch, name, target);
		strcpy(target, name);
	}
}

static void folders_are_judged(void **state)
{
	static const struct {
		const char *path;
		int expected;
		const char *text;
		const char *where; /* what is opened in the end */
	} cases[] = {
		{ "", 0, "", "" },
		{ "folder", 0, "", "folder" },
		{ "folder///", 0, "", "folder" },
		{ ".//.///folder/./inner", 0, "", "folder/inner" },
		{ "folder/inner/../..", 0, "", "" },
		{ "../../..", 0, "", "/" },
		{ "link", 0, "", "folder" },
		{ "link/inner", 0, "", "folder/inner" },
		{ "link-up", 0, "", "folder" },
		{ "link-up/inner/", 0, "", "folder/inner" },
		{ "link-absolute/inner", 0, "", "folder/inner" },
		{ "link-link/inner", 0, "", "folder/inner" },
		{ "link-inner/..", 0, "", "folder" },
		{ "link-inner/../../link-inner", 0, "", "folder/inner" },
		{ "folder/inner/link-beside", 0, "", "folder/beside" },
		{ "chain-1", 0, "", "folder" },
		{ "chain-40/inner", 0, "", "folder/inner" },
		{ "chain-41", -ELOOP, "/chain-1 is one symbolic link too many (40 are followed)",
			NULL },
		{ "loop", -ELOOP, "/loop is one symbolic link too many", NULL },
		{ "loop-a", -ELOOP, "is one symbolic link too many", NULL },
		{ "group", -EPERM, "/group can be written by others than its owner (mode 0775)",
			NULL },
		{ "group/inner", -EPERM, "/group can be written by others", NULL },
		{ "group/../folder", -EPERM, "/group can be written by others", NULL },
		{ "open/inner", -EPERM, "/open can be written by others than its owner (mode 0777)",
			NULL },
		{ "link-open", -EPERM, "/open can be written by others", NULL },
		{ "link-broken", -ENOENT, "/nowhere: it does not exist", NULL },
		{ "missing/inner", -ENOENT, "/missing: it does not exist", NULL },
		{ "folder/inner/missing", -ENOENT, "/folder/inner/missing: it does not exist",
			NULL },
		{ "file", -ENOTDIR, "/file is a regular file where a folder is expected", NULL },
		{ "file/inner", -ENOTDIR, "/file is a regular file where a folder is expected",
			NULL },
		{ "file/..", -ENOTDIR, "/file is a regular file where a folder is expected", NULL },
	};
	const struct scratch *scratch = *state;

	make_folders(scratch);
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		struct wh_err err = WH_ERR_INIT;
		struct wh_buf path WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
		struct wh_buf resolved WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
		int fd = WH_NO_FD;
		int r;

		wh_buf_add_string(&path, "before");
		wh_buf_add_string(&resolved, "before");
		fd = wh_open_trusted_folder(scratch_path(scratch, cases[i].path), &path, &err);
		if ((fd < 0 ? fd : 0) != cases[i].expected)
			fail_msg("%s: %d, %s", cases[i].path, fd, err.text);
		assert_int_equal(-err.number, cases[i].expected);
		assert_contains(err.text, cases[i].text);
		r = wh_resolve_trusted_folder(
			scratch_path(scratch, cases[i].path), &resolved, NULL);
		assert_int_equal(r, cases[i].expected);
		assert_string_equal(path.data, resolved.data);
		if (fd < 0) {
			assert_string_equal(path.data, "before");
			continue;
		}
		assert_is(fd, cases[i].where[0] == '/' ? cases[i].where
						       : scratch_path(scratch, cases[i].where));
		assert_int_equal(wh_path_of(fd, &path, NULL), 0);
		assert_string_equal(resolved.data, path.data);
		close(fd);
	}
}

static int open_unreadable(const struct scratch *scratch)
{
	int barred WH_FD = wh_open_trusted_folder(scratch_path(scratch, "mine/barred"), NULL, NULL);
	int readable WH_FD = wh_open_trusted_folder(scratch_path(scratch, "mine"), NULL, NULL);

	if (barred < 0 || (fcntl(barred, F_GETFL) & O_PATH) == 0)
		return 1;
	return readable >= 0 && (fcntl(readable, F_GETFL) & (O_PATH | O_ACCMODE)) == O_RDONLY ? 0
											      : 2;
}

/* A folder that may be searched and not read can still be opened, and what is in it. */
static void folders_need_not_be_readable(void **state)
{
	const struct scratch *scratch = *state;

	scratch_folder(scratch, "mine", 0755);
	scratch_folder(scratch, "mine/barred", 0311);
	if (geteuid() == 0) {
		assert_int_equal(fchownat(scratch->fd, "mine", STRANGER, 0, 0), 0);
		assert_int_equal(fchownat(scratch->fd, "mine/barred", STRANGER, 0, 0), 0);
	}
	assert_int_equal(as_user(STRANGER, open_unreadable, scratch), 0);
}

/* Every case begins below /tmp, so that a sticky folder of root's will do was shown already. */
static void sticky_folders_must_be_roots(void **state)
{
	const struct scratch *scratch = *state;
	int expected = geteuid() == 0 ? 0 : -EPERM;
	struct wh_err err = WH_ERR_INIT;
	int sticky WH_FD = WH_NO_FD;
	int inner WH_FD = WH_NO_FD;
	int group WH_FD = WH_NO_FD;

	make_folders(scratch);
	sticky = wh_open_trusted_folder(scratch_path(scratch, "sticky"), NULL, NULL);
	inner = wh_open_trusted_folder(scratch_path(scratch, "sticky/inner"), NULL, NULL);
	group = wh_open_trusted_folder(scratch_path(scratch, "sticky-group"), NULL, NULL);
	assert_int_equal(sticky < 0 ? sticky : 0, expected);
	assert_int_equal(inner < 0 ? inner : 0, expected);
	assert_int_equal(group < 0 ? group : 0, expected);
	if (geteuid() != 0)
		return; /* what follows needs files of other owners */
	assert_int_equal(symlinkat("inner", scratch->fd, "sticky/theirs"), 0);
	assert_int_equal(
		fchownat(scratch->fd, "sticky/theirs", STRANGER, 0, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(
		wh_open_trusted_folder(scratch_path(scratch, "sticky/theirs"), NULL, &err), -EPERM);
	assert_contains(err.text, "/sticky/theirs belongs to user 12345");
	assert_int_equal(fchownat(scratch->fd, "sticky", STRANGER, 0, 0), 0);
	err = (struct wh_err)WH_ERR_INIT;
	assert_int_equal(
		wh_open_trusted_folder(scratch_path(scratch, "sticky/inner"), NULL, &err), -EPERM);
	assert_contains(err.text, "/sticky belongs to user 12345");
}

/* Somebody who can write the sticky folder may give a link of root's a second name there. */
static void links_with_two_names_are_refused_in_sticky_folders(void **state)
{
	const struct scratch *scratch = *state;
	struct wh_err err = WH_ERR_INIT;
	int plain WH_FD = WH_NO_FD;

	make_folders(scratch);
	scratch_link(scratch, "one", "folder");
	assert_int_equal(linkat(scratch->fd, "one", scratch->fd, "two", 0), 0);
	plain = wh_open_trusted_folder(scratch_path(scratch, "two"), NULL, NULL);
	assert_is(plain, scratch_path(scratch, "folder"));
	if (geteuid() != 0)
		return; /* no sticky folder of ours is trusted */
	assert_int_equal(linkat(scratch->fd, "one", scratch->fd, "sticky/three", 0), 0);
	assert_int_equal(
		wh_open_trusted_folder(scratch_path(scratch, "sticky/three"), NULL, &err), -EPERM);
	assert_contains(
		err.text, "/sticky/three has several names in a folder that others can write");
}

/* Whether others can write is asked of the folder that a link lies in, whichever way it was
 * reached: by "..", by a link, or from the root again. */
static int leave_sticky_folders(const struct scratch *scratch)
{
	static const char *const paths[] = { "/two", "/sticky/../two", "/sticky/up", "/sticky/out",
		"/sticky/inner/../../two", "/sticky/inner/../out" };
	struct wh_buf path WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;

	if (chroot(scratch->path) < 0)
		return 99;
	for (size_t i = 0; i < WH_COUNT(paths); i++) {
		if (wh_resolve_trusted_folder(paths[i], &path, NULL) < 0 ||
			strcmp(path.data, "/folder") != 0)
			return 1 + (int)i;
	}
	return wh_resolve_trusted_folder("/sticky/inner/../three", &path, NULL) == -EPERM ? 0 : 98;
}

static int judge_the_root(const struct scratch *scratch)
{
	struct wh_buf path WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_err err = WH_ERR_INIT;

	if (chroot(scratch_path(scratch, "open")) < 0)
		return 99;
	if (wh_resolve_trusted_folder("/inner", &path, &err) != -EPERM)
		return 1;
	return strstr(err.text, "the folder / can be written by others") == NULL ? 2 : 0;
}

static void the_root_is_judged_too(void **state)
{
	make_folders(*state);
	if (geteuid() == 0)
		assert_int_equal(as_user(0, judge_the_root, *state), 0);
}

static void what_is_asked_of_a_folder_ends_with_it(void **state)
{
	const struct scratch *scratch = *state;

	make_folders(scratch);
	if (geteuid() != 0)
		return;
	scratch_link(scratch, "one", "folder");
	assert_int_equal(linkat(scratch->fd, "one", scratch->fd, "two", 0), 0);
	assert_int_equal(linkat(scratch->fd, "one", scratch->fd, "sticky/three", 0), 0);
	scratch_link(scratch, "sticky/up", "../two");
	scratch_link(scratch, "sticky/out", "/two");
	assert_int_equal(as_user(0, leave_sticky_folders, scratch), 0);
}

/* ---- others at work meanwhile ----------------------------------------------------------- */

/* Runs it again and again in a child, as this user when we are root, until the child is killed or
 * the test ends. */
static pid_t keep_doing(
	void (*act)(const struct scratch *), uid_t uid, const struct scratch *scratch)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		if (geteuid() == 0 && (setegid(uid) < 0 || seteuid(uid) < 0))
			_exit(99);
		if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
			_exit(99);
		for (;;)
			act(scratch);
	}
	return pid;
}

static void stop(pid_t pid)
{
	int status;

	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
}

/* All that somebody can do in a sticky folder: put things of their own, and of root's, under a
 * name of theirs, and try to take away what is root's. */
static void play_with_names(const struct scratch *scratch)
{
	(void)!mkdirat(scratch->fd, "sticky/theirs", 0755);
	(void)!mkdirat(scratch->fd, "sticky/theirs/deep", 0755);
	(void)!renameat2(scratch->fd, "sticky/theirs", scratch->fd, "sticky/inner", 2);
	(void)!renameat(scratch->fd, "sticky/theirs", scratch->fd, "sticky/aside");
	(void)!symlinkat("inner", scratch->fd, "sticky/theirs");
	(void)!renameat(scratch->fd, "sticky/theirs", scratch->fd, "sticky/inner");
	(void)!unlinkat(scratch->fd, "sticky/theirs", 0);
	(void)!linkat(scratch->fd, "trusted", scratch->fd, "sticky/theirs", 0);
	(void)!unlinkat(scratch->fd, "sticky/theirs", 0); /* it is root's: stays */
	(void)!renameat(scratch->fd, "sticky/inner", scratch->fd, "sticky/gone");
	(void)!unlinkat(scratch->fd, "sticky/inner/deep", AT_REMOVEDIR);
	(void)!unlinkat(scratch->fd, "sticky/aside/deep", AT_REMOVEDIR);
	(void)!unlinkat(scratch->fd, "sticky/aside", AT_REMOVEDIR);
}

static void a_stranger_in_a_sticky_folder_gains_nothing(void **state)
{
	const struct scratch *scratch = *state;
	pid_t pid;

	make_folders(scratch);
	scratch_folder(scratch, "sticky/inner/deep", 0755);
	scratch_link(scratch, "trusted", "sticky/inner");
	if (geteuid() != 0)
		return; /* no sticky folder of ours is trusted */
	pid = keep_doing(play_with_names, STRANGER, scratch);
	for (int i = 0; i < 3000; i++) {
		struct wh_buf path WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
		int fd = wh_open_trusted_folder(
			scratch_path(scratch, "sticky/inner/deep"), NULL, NULL);

		assert_true(fd >= 0);
		close(fd);
		assert_true(wh_resolve_trusted_folder(
				    scratch_path(scratch, "sticky/theirs/deep"), &path, NULL) < 0);
		/* Once it is a second name of root's own link it stays that, and others can't take
		 * it away. */
		if (i % 100 == 99)
			(void)!unlinkat(scratch->fd, "sticky/theirs", 0);
	}
	stop(pid);
}

/* Only root and the user themselves could do this, and even then what is open was judged. */
static void exchange_folders(const struct scratch *scratch)
{
	(void)!renameat2(scratch->fd, "own/good", scratch->fd, "own/bad", 2 /* RENAME_EXCHANGE */);
}

static void the_folder_that_is_open_is_the_one_that_was_judged(void **state)
{
	const struct scratch *scratch = *state;
	unsigned opened = 0, wrong = 0;
	struct stat st;
	pid_t pid;

	scratch_folder(scratch, "own", 0755);
	scratch_folder(scratch, "own/good", 0755);
	scratch_folder(scratch, "own/bad", 0777);
	pid = keep_doing(exchange_folders, 0, scratch);
	for (int i = 0; i < 20000; i++) {
		struct wh_err err = WH_ERR_INIT;
		int fd WH_FD =
			wh_open_trusted_folder(scratch_path(scratch, "own/good"), NULL, &err);

		if (fd < 0 && err.number != EPERM && err.number != EAGAIN)
			fail_msg("%s", err.text);
		if (fd < 0)
			continue;
		opened++;
		assert_int_equal(fstat(fd, &st), 0);
		wrong += (st.st_mode & 07777) != 0755;
	}
	stop(pid);
	assert_int_equal(wrong, 0);
	assert_true(opened > 0);
}

/* ---- the proc file system --------------------------------------------------------------- */

/* Names in it belong to processes, which come and go: one that was root's may be a stranger's. */
static void nothing_below_proc_is_entered(void **state)
{
	static const char *const refused[] = { "/proc/1", "/proc/1/net", "/proc/sys",
		"/proc/sys/kernel", "/proc/../proc/sys" };
	struct wh_buf path WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;

	(void)state;
	for (size_t i = 0; i < WH_COUNT(refused); i++) {
		struct wh_err err = WH_ERR_INIT;

		assert_int_equal(wh_resolve_trusted_folder(refused[i], &path, &err), -EPERM);
		assert_contains(err.text, "is on the proc file system, where names come and go");
	}
	assert_int_equal(wh_resolve_trusted_folder("/proc", &path, NULL), 0);
	assert_string_equal(path.data, "/proc");
	assert_int_equal(wh_resolve_trusted_folder("/proc/../etc", &path, NULL), 0);
	assert_string_equal(path.data, "/etc");
}

static void links_of_proc_are_refused(void **state)
{
	const struct scratch *scratch = *state;
	char path[64];
	const char *const cases[] = { path, "/proc/self/cwd", "/proc/self/root/etc",
		"/proc/self/fd", "/dev/fd/0" };

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", scratch->fd);
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		struct wh_err err = WH_ERR_INIT;

		assert_int_equal(wh_open_trusted_folder(cases[i], NULL, &err), -EPERM);
		assert_contains(err.text, "is a link of the proc file system");
	}
}

static void relative_paths_begin_at_a_trusted_working_folder(void **state)
{
	static const struct {
		const char *folder; /* where we are */
		const char *path;
		int expected;
		const char *text;
		const char *where;
	} cases[] = {
		{ "folder", ".", 0, "", "folder" },
		{ "folder", "inner", 0, "", "folder/inner" },
		{ "folder", "inner/", 0, "", "folder/inner" },
		{ "folder/inner", "..", 0, "", "folder" },
		{ "folder/inner", "../../link", 0, "", "folder" },
		{ "folder", "nothing", -ENOENT, "/folder/nothing: it does not exist", NULL },
		{ "open", ".", -EPERM, "/open can be written by others", NULL },
		{ "open/inner", ".", -EPERM, "/open can be written by others", NULL },
		{ "group/inner", ".", -EPERM, "/group can be written by others", NULL },
	};
	const struct scratch *scratch = *state;

	make_folders(scratch);
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		struct wh_err err = WH_ERR_INIT;
		int fd WH_FD = WH_NO_FD;

		assert_int_equal(chdir(scratch_path(scratch, cases[i].folder)), 0);
		fd = wh_open_trusted_folder(cases[i].path, NULL, &err);
		assert_int_equal(fd < 0 ? fd : 0, cases[i].expected);
		assert_contains(err.text, cases[i].text);
		if (fd >= 0)
			assert_is(fd, scratch_path(scratch, cases[i].where));
	}
}

static void the_working_folder_may_be_renamed_but_not_removed(void **state)
{
	const struct scratch *scratch = *state;
	struct wh_buf path WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_err err = WH_ERR_INIT;

	make_folders(scratch);
	assert_int_equal(chdir(scratch_path(scratch, "folder/inner")), 0);
	assert_int_equal(renameat(scratch->fd, "folder", scratch->fd, "renamed"), 0);
	assert_int_equal(wh_resolve_trusted_folder(".", &path, NULL), 0);
	assert_string_equal(path.data, scratch_path(scratch, "renamed/inner"));
	assert_int_equal(wh_resolve_trusted_folder("../beside", &path, NULL), 0);
	assert_string_equal(path.data, scratch_path(scratch, "renamed/beside"));
	/* Another one under the old name is not meant. */
	scratch_folder(scratch, "folder", 0755);
	scratch_folder(scratch, "folder/inner", 0777);
	assert_int_equal(wh_resolve_trusted_folder(".", &path, NULL), 0);

	assert_int_equal(unlinkat(scratch->fd, "renamed/inner/link-beside", 0), 0);
	assert_int_equal(unlinkat(scratch->fd, "renamed/inner", AT_REMOVEDIR), 0);
	for (size_t i = 0; i < 2; i++) {
		err = (struct wh_err)WH_ERR_INIT;
		assert_int_equal(
			wh_resolve_trusted_folder(i == 0 ? "." : "..", &path, &err), -ENOENT);
		assert_string_equal(err.text, "cannot tell where the working folder is; use an "
					      "absolute path: it does not exist");
		if (i == 0) /* one with the old path is not the one we are in */
			scratch_folder(scratch, "renamed/inner", 0755);
	}
}

static int leave_the_root(const struct scratch *scratch)
{
	struct wh_err err = WH_ERR_INIT;

	if (chdir(scratch_path(scratch, "folder")) < 0 ||
		chroot(scratch_path(scratch, "folder/inner")) < 0)
		return 99;
	if (wh_open_trusted_folder(".", NULL, &err) != -ENOENT)
		return 1;
	return strcmp(err.text, "the working folder lies outside of the root folder; use an "
				"absolute path") == 0
		       ? 0
		       : 2;
}

static int cover_the_working_folder(const struct scratch *scratch)
{
	struct wh_err err = WH_ERR_INIT;
	int above WH_FD = WH_NO_FD;

	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0)
		return 77;
	if (chdir(scratch_path(scratch, "folder/inner")) < 0 ||
		mount("whittle-test", scratch_path(scratch, "folder"), "tmpfs", 0, "mode=755") < 0)
		return 77;
	/* Its path is not there any more, then leads to another folder. */
	if (wh_open_trusted_folder(".", NULL, NULL) != -ENOENT)
		return 1;
	if (mkdir(scratch_path(scratch, "folder/inner"), 0755) < 0)
		return 99;
	if (wh_open_trusted_folder(".", NULL, &err) != -ENOENT)
		return 2;
	if (strcmp(err.text, "the working folder is not what its path leads to; use an absolute "
			     "path") != 0)
		return 3;
	above = wh_open_trusted_folder(scratch_path(scratch, "folder/inner"), NULL, NULL);
	return above >= 0 ? 0 : 4;
}

static void the_working_folder_must_be_where_its_path_leads(void **state)
{
	const struct scratch *scratch = *state;
	int status;

	make_folders(scratch);
	if (geteuid() != 0)
		return; /* chroot(2) and mount(2) are root's */
	assert_int_equal(as_user(0, leave_the_root, scratch), 0);
	status = as_user(0, cover_the_working_folder, scratch);
	if (status == 77)
		print_message("this host cannot mount\n");
	else
		assert_int_equal(status, 0);
}

static void a_file_beside_us_needs_no_folder_in_its_path(void **state)
{
	const struct scratch *scratch = *state;
	int here WH_FD = WH_NO_FD;
	int root WH_FD = WH_NO_FD;

	make_folders(scratch);
	assert_int_equal(chdir(scratch->path), 0);
	here = wh_open_trusted_file("file", NULL);
	assert_is(here, scratch_path(scratch, "file"));
	wh_close_fd(&here);
	here = wh_open_trusted_file("link-inner/../../file", NULL);
	assert_is(here, scratch_path(scratch, "file"));
	assert_int_equal(chdir("/"), 0);
	root = wh_open_trusted_folder("tmp", NULL, NULL);
	assert_is(root, "/tmp");
}

static void overlong_paths_are_refused(void **state)
{
	char path[2 * PATH_MAX];
	const char *name;

	(void)state;
	memset(path, 'x', sizeof(path));
	path[0] = '/';
	path[NAME_MAX + 2] = '\0';
	assert_int_equal(wh_open_trusted_folder(path, NULL, NULL), -ENAMETOOLONG);
	path[NAME_MAX + 2] = 'x';
	for (size_t i = 0; i < sizeof(path); i += 100)
		path[i] = '/';
	path[PATH_MAX] = '\0';
	assert_int_equal(wh_open_trusted_folder(path, NULL, NULL), -ENAMETOOLONG);
	path[PATH_MAX] = 'x';
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(wh_open_trusted_parent(path, &name, NULL), -ENAMETOOLONG);
}

static void links_that_make_the_path_overlong_are_refused(void **state)
{
	const struct scratch *scratch = *state;
	char target[PATH_MAX - 1];
	char path[PATH_MAX];
	struct wh_err err = WH_ERR_INIT;

	memset(target, '/', sizeof(target));
	target[sizeof(target) - 1] = '\0';
	scratch_link(scratch, "long", target);
	(void)snprintf(path, sizeof(path), "%s/aaaaaaaaaa", scratch_path(scratch, "long"));
	assert_int_equal(wh_open_trusted_folder(path, NULL, &err), -ENAMETOOLONG);
	assert_contains(err.text, "longer than the 4095 bytes");
}

/* Each part is short enough, and the path that is given; but not the whole. */
static void paths_that_become_overlong_are_refused(void **state)
{
	const struct scratch *scratch = *state;
	struct wh_buf path WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_err err = WH_ERR_INIT;
	char name[NAME_MAX + 1];

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(chdir(scratch->path), 0);
	for (int i = 0; i < 15; i++) {
		assert_int_equal(mkdir(name, 0755), 0);
		assert_int_equal(chdir(name), 0);
	}
	assert_int_equal(wh_resolve_trusted_folder(".", &path, NULL), 0);
	assert_int_equal(path.len, strlen(scratch->path) + 15 * (1 + NAME_MAX));
	assert_int_equal(wh_resolve_trusted_folder(name, &path, &err), -ENAMETOOLONG);
	assert_string_equal(err.text, "a path is longer than the 4095 bytes the system allows");
	assert_int_equal(wh_open_trusted_file(name, NULL), -ENAMETOOLONG);
}

/* The end of a long path says most; all of it would leave no room for the reason. */
static void long_paths_are_shown_by_their_end(void **state)
{
	const struct scratch *scratch = *state;
	char name[201];
	struct wh_err err = WH_ERR_INIT;
	char path[PATH_MAX];

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	scratch_folder(scratch, name, 0755);
	(void)snprintf(path, sizeof(path), "%s/%s", name, name);
	scratch_folder(scratch, path, 0777);
	assert_int_equal(wh_open_trusted_folder(scratch_path(scratch, path), NULL, &err), -EPERM);
	assert_contains(err.text, "the folder ...nnn");
	assert_contains(err.text, "nnn can be written by others than its owner (mode 0777)");
}

/* ---- file systems in user space --------------------------------------------------------- */

/* The least of a FUSE server: one folder, or one file, that claims to be root's. */
static void serve_fuse(int fuse, mode_t mode)
{
	_Alignas(8) char request[FUSE_MIN_READ_BUFFER];
	const struct fuse_in_header *in = (const struct fuse_in_header *)request;

	while (read(fuse, request, sizeof(request)) > 0) {
		struct fuse_out_header out = { .unique = in->unique };
		union {
			struct fuse_init_out init;
			struct fuse_attr_out attr;
			struct fuse_open_out open;
			struct fuse_statfs_out statfs;
		} body;
		size_t len = 0;

		memset(&body, 0, sizeof(body));
		if (in->opcode == FUSE_INIT) {
			len = sizeof(body.init);
			body.init.major = FUSE_KERNEL_VERSION;
			body.init.minor = FUSE_KERNEL_MINOR_VERSION;
			body.init.max_write = 4096;
		} else if (in->opcode == FUSE_GETATTR) {
			len = sizeof(body.attr);
			body.attr.attr.ino = 1;
			body.attr.attr.mode = mode;
			body.attr.attr.nlink = S_ISDIR(mode) ? 2 : 1;
		} else if (in->opcode == FUSE_OPEN || in->opcode == FUSE_OPENDIR) {
			len = sizeof(body.open);
		} else if (in->opcode == FUSE_STATFS) {
			len = sizeof(body.statfs);
		} else {
			out.error = -ENOSYS;
		}
		out.len = (uint32_t)(sizeof(out) + len);
		if (writev(fuse, (struct iovec[]){ { &out, sizeof(out) }, { &body, len } }, 2) < 0)
			_exit(0);
	}
	_exit(0);
}

/* Mounts one and opens it: run in a mount namespace of its own. 1 when that can't be. */
static int look_at_fuse(const char *path, mode_t mode, unsigned long flags, struct wh_err *err)
{
	int fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	char options[80];
	pid_t server;
	int r;

	(void)snprintf(options, sizeof(options),
		"fd=%d,rootmode=%o,user_id=0,group_id=0,allow_other", fuse, (unsigned)mode);
	if (fuse < 0 || mount("whittle-test", path, "fuse", flags, options) < 0)
		return 1;
	server = fork();
	if (server == 0)
		serve_fuse(fuse, mode);
	close(fuse);
	r = S_ISDIR(mode) ? wh_open_trusted_folder(path, NULL, err)
			  : wh_open_trusted_file(path, err);
	if (r < 0 && S_ISDIR(mode) && chdir(path) == 0 &&
		wh_open_trusted_folder(".", NULL, NULL) != r)
		r = 1;
	kill(server, SIGKILL);
	return r < 0 ? r : 0;
}

static int check_fuse(const struct scratch *scratch)
{
	static const struct {
		const char *name;
		mode_t mode;
	} cases[] = { { "folder", S_IFDIR | 0755 }, { "file", S_IFREG | 0644 } };

	alarm(20); /* a server that hangs must not hang the test */
	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0)
		return 77;
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		const char *path = scratch_path(scratch, cases[i].name);
		struct wh_err err = WH_ERR_INIT;
		char sentence[32];

		switch (look_at_fuse(path, cases[i].mode, MS_NOSUID | MS_NODEV, &err)) {
		case 1:
			return 77;
		case -EPERM:
			break;
		default:
			return 10 * (int)i + 1;
		}
		(void)snprintf(
			sentence, sizeof(sentence), "/%s is on a file system", cases[i].name);
		if (strstr(err.text, sentence) == NULL ||
			strstr(err.text, " in user space (FUSE)") == NULL)
			return 10 * (int)i + 2;
		if (look_at_fuse(path, cases[i].mode, 0, NULL) != 0)
			return 10 * (int)i + 3;
	}
	return 0;
}

static void what_users_may_have_mounted_is_refused(void **state)
{
	const struct scratch *scratch = *state;
	int status;

	scratch_folder(scratch, "folder", 0755);
	scratch_file(scratch, "file", 0644, "");
	if (geteuid() != 0)
		return; /* in a user namespace not even "/" is root's */
	status = as_user(0, check_fuse, scratch);
	if (status == 77)
		print_message("this host cannot mount FUSE\n");
	else
		assert_int_equal(status, 0);
}

/* ---- programs --------------------------------------------------------------------------- */

static void programs_are_judged(void **state)
{
	static const struct {
		const char *path;
		int expected;
		const char *text;
	} cases[] = {
		{ "program", 0, "" },
		{ "program-too", 0, "" },
		{ "link", 0, "" },
		{ "link-link", 0, "" },
		{ "plain", -ENOEXEC, "/plain is not a program: nobody may execute it (mode 0644)" },
		{ "group", -EPERM, "/group can be written by others than its owner (mode 0775)" },
		{ "folder", -ENOEXEC, "/folder is a folder; a program must be a regular file" },
		{ "fifo", -ENOEXEC, "/fifo is a FIFO; a program must be a regular file" },
		{ "program/", -ENOTDIR, "/program is a regular file where a folder is expected" },
		{ "link/", -ENOTDIR, "/program is a regular file where a folder is expected" },
		{ "missing", -ENOENT, "/missing: it does not exist" },
	};
	const struct scratch *scratch = *state;

	scratch_file(scratch, "program", 0755, "#!/bin/sh\n");
	assert_int_equal(linkat(scratch->fd, "program", scratch->fd, "program-too", 0), 0);
	scratch_file(scratch, "plain", 0644, "text");
	scratch_file(scratch, "group", 0775, "text");
	scratch_folder(scratch, "folder", 0755);
	assert_int_equal(mkfifoat(scratch->fd, "fifo", 0755), 0);
	scratch_link(scratch, "link", "folder/../program");
	scratch_link(scratch, "link-link", scratch_path(scratch, "link"));
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		struct wh_err err = WH_ERR_INIT;
		struct stat found = { .st_ino = 0 }, st;

		assert_int_equal(wh_check_trusted_program(
					 scratch_path(scratch, cases[i].path), &found, &err),
			cases[i].expected);
		assert_int_equal(-err.number, cases[i].expected);
		assert_contains(err.text, cases[i].text);
		assert_int_equal(fstatat(scratch->fd, "program", &st, 0), 0);
		assert_int_equal(found.st_ino, cases[i].expected == 0 ? st.st_ino : 0);
		assert_true(cases[i].expected != 0 || found.st_dev == st.st_dev);
	}
}

/* ---- reading ---------------------------------------------------------------------------- */

static void all_is_read_up_to_the_limit(void **state)
{
	static const size_t sizes[] = { 0, 1, 4095, 4096, 9000, 65535, 65536, 65537, 300000 };
	const struct scratch *scratch = *state;
	char *bytes = malloc(300000);

	for (size_t i = 0; i < 300000; i++)
		bytes[i] = (char)(i * 31 + i / 256);
	for (size_t i = 0; i < WH_COUNT(sizes); i++) {
		struct wh_buf buf WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
		int fd WH_FD =
			openat(scratch->fd, "file", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

		assert_int_equal(wh_write_all(fd, bytes, sizes[i]), 0);
		assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
		wh_buf_add_string(&buf, "before");
		assert_int_equal(wh_read_all(fd, sizes[i], &buf, NULL), 0);
		assert_int_equal(buf.len, sizes[i] + 6);
		assert_memory_equal(buf.data, "before", 6);
		assert_memory_equal(buf.data + 6, bytes, sizes[i]);
		assert_int_equal(buf.data[buf.len], '\0');
		assert_true(buf.capacity <= sizes[i] + 66000);
	}
	free(bytes);
}

static void what_is_too_large_is_not_read(void **state)
{
	const struct scratch *scratch = *state;
	struct wh_buf buf WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_err err = WH_ERR_INIT;
	int fd WH_FD = openat(scratch->fd, "sparse", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	assert_int_equal(ftruncate(fd, (off_t)8 << 30), 0);
	assert_int_equal(wh_read_all(fd, 16 << 20, &buf, &err), -EFBIG);
	assert_contains(err.text, "/sparse is larger than the 16777216 bytes that are accepted");
	assert_null(buf.data);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 0);

	assert_int_equal(ftruncate(fd, 11), 0);
	assert_int_equal(wh_read_all(fd, 10, &buf, NULL), -EFBIG);
	assert_int_equal(wh_read_all(fd, 11, &buf, NULL), 0);
}

/* A pipe tells no size: the limit is kept by what comes. */
static void pipes_are_read_up_to_the_limit(void **state)
{
	static const struct {
		size_t limit;
		int expected;
	} cases[] = { { 4, -EFBIG }, { 5, 0 }, { 6, 0 }, { 0, -EFBIG } };

	(void)state;
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		struct wh_buf buf WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
		int ends[2];

		assert_int_equal(pipe(ends), 0);
		assert_int_equal(write(ends[1], "bytes", 5), 5);
		close(ends[1]);
		assert_int_equal(
			wh_read_all(ends[0], cases[i].limit, &buf, NULL), cases[i].expected);
		if (cases[i].expected == 0)
			assert_string_equal(buf.data, "bytes");
		close(ends[0]);
	}
}

static void what_is_left_is_read(void **state)
{
	const struct scratch *scratch = *state;
	struct wh_buf buf WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int fd WH_FD = WH_NO_FD;

	scratch_file(scratch, "file", 0644, "the first and the last");
	fd = openat(scratch->fd, "file", O_RDONLY | O_CLOEXEC);
	assert_int_equal(lseek(fd, 14, SEEK_SET), 14);
	assert_int_equal(wh_read_all(fd, 100, &buf, NULL), 0);
	assert_string_equal(buf.data, "the last");
	assert_int_equal(wh_read_all(fd, 100, &buf, NULL), 0);
	assert_string_equal(buf.data, "the last");
}

/* Files of the kernel give less than asked long before their end, and tell no size, or a page. */
static void a_size_that_is_not_true_does_not_count(void **state)
{
	struct wh_buf buf WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int symbols WH_FD = open("/proc/kallsyms", O_RDONLY | O_CLOEXEC);
	int mtu WH_FD = open("/sys/class/net/lo/mtu", O_RDONLY | O_CLOEXEC);

	(void)state;
	if (symbols >= 0)
		assert_int_equal(wh_read_all(symbols, 200000, &buf, NULL), -EFBIG);
	buf.len = 0;
	if (mtu >= 0)
		assert_int_equal(wh_read_all(mtu, 65536, &buf, NULL), 0);
	if (mtu >= 0)
		assert_int_equal(buf.data[buf.len - 1], '\n');
}

static void a_folder_cannot_be_read(void **state)
{
	const struct scratch *scratch = *state;
	struct wh_buf buf WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_err err = WH_ERR_INIT;

	assert_int_equal(wh_read_all(scratch->fd, 1 << 20, &buf, &err), -EISDIR);
	assert_contains(err.text, "it is a folder");
}

static void the_path_of_what_is_open_is_told(void **state)
{
	const struct scratch *scratch = *state;
	struct wh_buf path WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int fd WH_FD = WH_NO_FD;
	int pipe_ends[2];

	scratch_file(scratch, "file", 0644, "");
	scratch_link(scratch, "link", ".");
	fd = wh_open_trusted_file(scratch_path(scratch, "link/file"), NULL);
	wh_buf_add_string(&path, "what was there before");
	assert_int_equal(wh_path_of(fd, &path, NULL), 0);
	assert_string_equal(path.data, scratch_path(scratch, "file"));
	assert_int_equal(path.len, strlen(scratch_path(scratch, "file")));
	assert_int_equal(unlinkat(scratch->fd, "file", 0), 0);
	assert_int_equal(wh_path_of(fd, &path, NULL), -ENOENT);
	assert_int_equal(pipe(pipe_ends), 0);
	assert_int_equal(wh_path_of(pipe_ends[0], &path, NULL), -ENOENT);
	close(pipe_ends[0]);
	close(pipe_ends[1]);
	assert_int_equal(wh_path_of(-1, &path, NULL), -ENOENT);
}

#define WITH_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SCRATCH(files_are_judged),
		cmocka_unit_test(devices_are_refused),
		cmocka_unit_test(paths_that_end_in_a_folder_name_no_file),
		WITH_SCRATCH(the_parent_is_the_folder_of_the_name),
		WITH_SCRATCH(foreign_owners_are_refused),
		WITH_SCRATCH(the_effective_user_counts),
		WITH_SCRATCH(a_file_that_is_being_replaced_can_be_opened),
		WITH_SCRATCH(folders_are_judged),
		WITH_SCRATCH(folders_need_not_be_readable),
		WITH_SCRATCH(sticky_folders_must_be_roots),
		WITH_SCRATCH(links_with_two_names_are_refused_in_sticky_folders),
		WITH_SCRATCH(the_root_is_judged_too),
		WITH_SCRATCH(what_is_asked_of_a_folder_ends_with_it),
		WITH_SCRATCH(a_stranger_in_a_sticky_folder_gains_nothing),
		WITH_SCRATCH(the_folder_that_is_open_is_the_one_that_was_judged),
		cmocka_unit_test(nothing_below_proc_is_entered),
		WITH_SCRATCH(links_of_proc_are_refused),
		WITH_SCRATCH(relative_paths_begin_at_a_trusted_working_folder),
		WITH_SCRATCH(the_working_folder_may_be_renamed_but_not_removed),
		WITH_SCRATCH(the_working_folder_must_be_where_its_path_leads),
		WITH_SCRATCH(a_file_beside_us_needs_no_folder_in_its_path),
		cmocka_unit_test(overlong_paths_are_refused),
		WITH_SCRATCH(links_that_make_the_path_overlong_are_refused),
		WITH_SCRATCH(paths_that_become_overlong_are_refused),
		WITH_SCRATCH(long_paths_are_shown_by_their_end),
		WITH_SCRATCH(what_users_may_have_mounted_is_refused),
		WITH_SCRATCH(programs_are_judged),
		WITH_SCRATCH(all_is_read_up_to_the_limit),
		WITH_SCRATCH(what_is_too_large_is_not_read),
		WITH_SCRATCH(pipes_are_read_up_to_the_limit),
		WITH_SCRATCH(what_is_left_is_read),
		cmocka_unit_test(a_size_that_is_not_true_does_not_count),
		WITH_SCRATCH(a_folder_cannot_be_read),
		WITH_SCRATCH(the_path_of_what_is_open_is_told),
	};

	return cmocka_run_group_tests_name("file", tests, NULL, NULL);
}
