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
	assert_int_equal(wh_open_trusted_folder(scratch_path(scratch, "their-link"), &err), -EPERM);
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
	int folder WH_FD = wh_open_trusted_folder(scratch_path(scratch, "own-folder"), NULL);

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
		int fd WH_FD = wh_open_trusted_folder(scratch_path(scratch, cases[i].path), &err);

		if ((fd < 0 ? fd : 0) != cases[i].expected)
			fail_msg("%s: %d, %s", cases[i].path, fd, err.text);
		assert_int_equal(-err.number, cases[i].expected);
		assert_contains(err.text, cases[i].text);
		if (fd >= 0)
			assert_is(fd, cases[i].where[0] == '/'
					      ? cases[i].where
					      : scratch_path(scratch, cases[i].where));
	}
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
	sticky = wh_open_trusted_folder(scratch_path(scratch, "sticky"), NULL);
	inner = wh_open_trusted_folder(scratch_path(scratch, "sticky/inner"), NULL);
	group = wh_open_trusted_folder(scratch_path(scratch, "sticky-group"), NULL);
	assert_int_equal(sticky < 0 ? sticky : 0, expected);
	assert_int_equal(inner < 0 ? inner : 0, expected);
	assert_int_equal(group < 0 ? group : 0, expected);
	if (geteuid() != 0)
		return; /* what follows needs files of other owners */
	assert_int_equal(symlinkat("inner", scratch->fd, "sticky/theirs"), 0);
	assert_int_equal(
		fchownat(scratch->fd, "sticky/theirs", STRANGER, 0, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(
		wh_open_trusted_folder(scratch_path(scratch, "sticky/theirs"), &err), -EPERM);
	assert_contains(err.text, "/sticky/theirs belongs to user 12345");
	assert_int_equal(fchownat(scratch->fd, "sticky", STRANGER, 0, 0), 0);
	err = (struct wh_err)WH_ERR_INIT;
	assert_int_equal(
		wh_open_trusted_folder(scratch_path(scratch, "sticky/inner"), &err), -EPERM);
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
	plain = wh_open_trusted_folder(scratch_path(scratch, "two"), NULL);
	assert_is(plain, scratch_path(scratch, "folder"));
	if (geteuid() != 0)
		return; /* no sticky folder of ours is trusted */
	assert_int_equal(linkat(scratch->fd, "one", scratch->fd, "sticky/three", 0), 0);
	assert_int_equal(
		wh_open_trusted_folder(scratch_path(scratch, "sticky/three"), &err), -EPERM);
	assert_contains(
		err.text, "/sticky/three has several names in a folder that others can write");
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

		assert_int_equal(wh_open_trusted_folder(cases[i], &err), -EPERM);
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
		fd = wh_open_trusted_folder(cases[i].path, &err);
		assert_int_equal(fd < 0 ? fd : 0, cases[i].expected);
		assert_contains(err.text, cases[i].text);
		if (fd >= 0)
			assert_is(fd, scratch_path(scratch, cases[i].where));
	}
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
	assert_int_equal(chdir("/"), 0);
	root = wh_open_trusted_folder("tmp", NULL);
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
	assert_int_equal(wh_open_trusted_folder(path, NULL), -ENAMETOOLONG);
	path[NAME_MAX + 2] = 'x';
	for (size_t i = 0; i < sizeof(path); i += 100)
		path[i] = '/';
	path[PATH_MAX] = '\0';
	assert_int_equal(wh_open_trusted_folder(path, NULL), -ENAMETOOLONG);
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
	assert_int_equal(wh_open_trusted_folder(path, &err), -ENAMETOOLONG);
	assert_contains(err.text, "longer than the 4095 bytes");
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
	assert_int_equal(wh_open_trusted_folder(scratch_path(scratch, path), &err), -EPERM);
	assert_contains(err.text, "the folder ...nnn");
	assert_contains(err.text, "nnn can be written by others than its owner (mode 0777)");
}

/* ---- file systems in user space --------------------------------------------------------- */

/* The least of a FUSE server: one folder that claims to be root's. */
static void serve_fuse(int fuse)
{
	_Alignas(8) char request[FUSE_MIN_READ_BUFFER];
	const struct fuse_in_header *in = (const struct fuse_in_header *)request;

	while (read(fuse, request, sizeof(request)) > 0) {
		struct fuse_out_header out = { .unique = in->unique };
		union {
			struct fuse_init_out init;
			struct fuse_attr_out attr;
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
			body.attr.attr.mode = S_IFDIR | 0755;
			body.attr.attr.nlink = 2;
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

/* Mounts one, looks at it, and prints the result: run in a mount namespace of its own. */
static int look_at_fuse(const char *path, unsigned long flags, struct wh_err *err)
{
	int fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	char options[64];
	pid_t server;
	int r;

	(void)snprintf(options, sizeof(options),
		"fd=%d,rootmode=40755,user_id=0,group_id=0,allow_other", fuse);
	if (fuse < 0 || mount("whittle-test", path, "fuse", flags, options) < 0)
		return 1;
	server = fork();
	if (server == 0)
		serve_fuse(fuse);
	close(fuse);
	r = wh_open_trusted_folder(path, err);
	if (r < 0 && chdir(path) == 0 && wh_open_trusted_folder(".", NULL) != r)
		r = 1;
	kill(server, SIGKILL);
	return r < 0 ? r : 0;
}

static int check_fuse(const struct scratch *scratch)
{
	const char *path = scratch_path(scratch, "folder");
	struct wh_err err = WH_ERR_INIT;

	alarm(20); /* a server that hangs must not hang the test */
	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0)
		return 77;
	switch (look_at_fuse(path, MS_NOSUID | MS_NODEV, &err)) {
	case 1:
		return 77;
	case -EPERM:
		break;
	default:
		return 1;
	}
	if (strstr(err.text, "/folder is on a file system in user space (FUSE)") == NULL)
		return 2;
	return look_at_fuse(path, 0, NULL) == 0 ? 0 : 3;
}

static void what_users_may_have_mounted_is_refused(void **state)
{
	const struct scratch *scratch = *state;
	int status;

	scratch_folder(scratch, "folder", 0755);
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
		int fd WH_FD = wh_open_trusted_program(scratch_path(scratch, cases[i].path), &err);

		assert_int_equal(fd < 0 ? fd : 0, cases[i].expected);
		assert_contains(err.text, cases[i].text);
		if (fd >= 0)
			assert_is(fd, scratch_path(scratch, "program"));
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
		WITH_SCRATCH(sticky_folders_must_be_roots),
		WITH_SCRATCH(links_with_two_names_are_refused_in_sticky_folders),
		WITH_SCRATCH(links_of_proc_are_refused),
		WITH_SCRATCH(relative_paths_begin_at_a_trusted_working_folder),
		WITH_SCRATCH(a_file_beside_us_needs_no_folder_in_its_path),
		cmocka_unit_test(overlong_paths_are_refused),
		WITH_SCRATCH(links_that_make_the_path_overlong_are_refused),
		WITH_SCRATCH(long_paths_are_shown_by_their_end),
		WITH_SCRATCH(what_users_may_have_mounted_is_refused),
		WITH_SCRATCH(programs_are_judged),
		WITH_SCRATCH(all_is_read_up_to_the_limit),
		WITH_SCRATCH(what_is_too_large_is_not_read),
		WITH_SCRATCH(pipes_are_read_up_to_the_limit),
		WITH_SCRATCH(a_folder_cannot_be_read),
		WITH_SCRATCH(the_path_of_what_is_open_is_told),
	};

	return cmocka_run_group_tests_name("file", tests, NULL, NULL);
}
