/* SPDX-License-Identifier: Apache-2.0 */
/* One root file system with every kind of link in it, and a table of what paths lead to. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdbool.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include "scratch.h"

#include "base/fd.h"
#include "host/rootfs.h"

static void make_rootfs(const struct scratch *scratch)
{
	char name[24];
	char target[24] = "tmp";

	scratch_folder(scratch, "secret", 0755); /* beside the root file system */
	scratch_folder(scratch, "r", 0755);
	scratch_folder(scratch, "r/tmp", 01777);
	scratch_folder(scratch, "r/var", 0755);
	scratch_folder(scratch, "r/var/lib", 0755);
	scratch_folder(scratch, "r/run", 0755);
	scratch_file(scratch, "r/file", 0644, "");
	scratch_link(scratch, "r/var/tmp", "../tmp");
	scratch_link(scratch, "r/var/run", "/run");
	scratch_link(scratch, "r/var/lib/up", "../..");
	scratch_link(scratch, "r/self", ".");
	scratch_link(scratch, "r/root", "/");
	scratch_link(scratch, "r/out", "../secret");
	scratch_link(scratch, "r/var/out", "../../secret");
	scratch_link(scratch, "r/var/deep-out", "/var/lib/../../../tmp");
	scratch_link(scratch, "r/absolute-secret", scratch_path(scratch, "secret"));
	scratch_link(scratch, "r/loop", "loop");
	scratch_link(scratch, "r/to-file", "file");
	scratch_link(scratch, "r/to-nothing", "/var/not/there");
	for (int i = 1; i <= 41; i++) {
		(void)snprintf(name, sizeof(name), "r/chain-%d", i);
		scratch_link(scratch, name, target);
		strcpy(target, name + 2);
	}
}

static const char *const kind_names[] = {
	[WH_PLACE_FOLDER] = "folder",
	[WH_PLACE_MISSING] = "missing",
	[WH_PLACE_BARRED] = "barred",
	[WH_PLACE_OTHER] = "other",
	[WH_PLACE_LEAVES] = "leaves",
	[WH_PLACE_COVERED] = "covered",
	[WH_PLACE_UNKNOWN] = "unknown",
};

static void assert_place(int root, const char *path, enum wh_place_kind kind, const char *resolved)
{
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	struct wh_place place;

	assert_int_equal(wh_rootfs_resolve(root, path, &arena, &place), 0);
	if (place.kind != kind || strcmp(place.resolved, resolved) != 0)
		fail_msg("%s: %s %s, not %s %s", path, kind_names[place.kind], place.resolved,
			kind_names[kind], resolved);
	assert_string_equal(place.asked, path);
	assert_ptr_not_equal(place.asked, path);
}

static void assert_place_kind(int root, const char *path, enum wh_place_kind kind)
{
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	struct wh_place place;

	assert_int_equal(wh_rootfs_resolve(root, path, &arena, &place), 0);
	assert_string_equal(kind_names[place.kind], kind_names[kind]);
}

static void paths_are_resolved_inside_the_root(void **state)
{
	static const struct {
		const char *path;
		enum wh_place_kind kind;
		const char *resolved;
	} cases[] = {
		{ "/", WH_PLACE_FOLDER, "/" },
		{ "", WH_PLACE_FOLDER, "/" },
		{ "/tmp", WH_PLACE_FOLDER, "/tmp" },
		{ "tmp", WH_PLACE_FOLDER, "/tmp" },
		{ "//tmp/./", WH_PLACE_FOLDER, "/tmp" },
		{ "/var/lib/../lib/..", WH_PLACE_FOLDER, "/var" },
		{ "/var/tmp", WH_PLACE_FOLDER, "/tmp" },
		{ "/var/tmp/", WH_PLACE_FOLDER, "/tmp" },
		{ "/var/run", WH_PLACE_FOLDER, "/run" },
		{ "/var/run/../var/lib", WH_PLACE_FOLDER, "/var/lib" },
		{ "/var/lib/up/run", WH_PLACE_FOLDER, "/run" },
		{ "/self/self/root/var/lib/up/self/tmp", WH_PLACE_FOLDER, "/tmp" },
		{ "/chain-40", WH_PLACE_FOLDER, "/tmp" },
		{ "/chain-41", WH_PLACE_UNKNOWN, "/chain-1" },
		{ "/chain-41/a/../b", WH_PLACE_UNKNOWN, "/chain-1/b" },
		{ "/var/../loop/x", WH_PLACE_UNKNOWN, "/loop/x" },

		{ "/opt", WH_PLACE_MISSING, "/opt" },
		{ "/opt/a/./b/", WH_PLACE_MISSING, "/opt/a/b" },
		{ "/opt/../tmp", WH_PLACE_FOLDER, "/tmp" },
		{ "/opt/a/../../var/run/x", WH_PLACE_MISSING, "/run/x" },
		{ "/opt/a/../b", WH_PLACE_MISSING, "/opt/b" },
		{ "/to-nothing", WH_PLACE_MISSING, "/var/not/there" },
		{ "/to-nothing/x", WH_PLACE_MISSING, "/var/not/there/x" },
		{ "/to-nothing/../../lib", WH_PLACE_FOLDER, "/var/lib" },
		{ "/var/run/docker", WH_PLACE_MISSING, "/run/docker" },

		{ "/file", WH_PLACE_OTHER, "/file" },
		{ "/file/", WH_PLACE_OTHER, "/file" },
		{ "/file/x/./y", WH_PLACE_OTHER, "/file/x/y" },
		{ "/to-file", WH_PLACE_OTHER, "/file" },
		{ "/fifo", WH_PLACE_OTHER, "/fifo" },

		{ "/..", WH_PLACE_LEAVES, "/" },
		{ "/../tmp", WH_PLACE_LEAVES, "/tmp" },
		{ "/var/../../tmp", WH_PLACE_LEAVES, "/tmp" },
		{ "/opt/../..", WH_PLACE_LEAVES, "/" },
		{ "/out", WH_PLACE_LEAVES, "/secret" },
		{ "/out/x/../../../y", WH_PLACE_LEAVES, "/y" },
		{ "/var/out", WH_PLACE_LEAVES, "/secret" },
		{ "/var/deep-out", WH_PLACE_LEAVES, "/tmp" },
	};
	const struct scratch *scratch = *state;
	int root WH_FD = WH_NO_FD;

	make_rootfs(scratch);
	assert_int_equal(mkfifoat(scratch->fd, "r/fifo", 0644), 0);
	root = openat(scratch->fd, "r", O_PATH | O_CLOEXEC);
	for (size_t i = 0; i < WH_COUNT(cases); i++)
		assert_place(root, cases[i].path, cases[i].kind, cases[i].resolved);
}

/* An absolute link is the container's, even where the host has that path. */
static void absolute_links_begin_at_the_containers_root(void **state)
{
	const struct scratch *scratch = *state;
	int root WH_FD = WH_NO_FD;

	make_rootfs(scratch);
	root = openat(scratch->fd, "r", O_PATH | O_CLOEXEC);
	/* /tmp is there in the container, what the test made below the host's /tmp is not */
	assert_place(root, "/absolute-secret", WH_PLACE_MISSING, scratch_path(scratch, "secret"));
}

static void the_folder_must_be_writable_to_make_what_is_missing(void **state)
{
	const struct scratch *scratch = *state;
	int root WH_FD = WH_NO_FD;
	pid_t pid;
	int status;

	make_rootfs(scratch);
	scratch_folder(scratch, "r/closed", 0555);
	root = openat(scratch->fd, "r", O_PATH | O_CLOEXEC);
	pid = fork(); /* root can write everywhere, so the child is nobody */
	assert_true(pid >= 0);
	if (pid == 0) {
		struct wh_arena arena = WH_ARENA_INIT;
		struct wh_place place = { .kind = WH_PLACE_UNKNOWN };

		if (geteuid() == 0 && (setegid(65534) < 0 || seteuid(65534) < 0))
			_exit(99);
		if (wh_rootfs_resolve(root, "/closed/a/b", &arena, &place) < 0 ||
			strcmp(place.resolved, "/closed/a/b") != 0)
			_exit(98);
		status = (int)place.kind;
		wh_arena_done(&arena);
		_exit(status);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), WH_PLACE_BARRED);
}

/* In a mount namespace of its own; a user namespace where that takes one. */
static int look_at_readonly(const char *path)
{
	struct wh_arena arena = WH_ARENA_INIT;
	struct wh_place place = { .kind = WH_PLACE_UNKNOWN };
	int root;

	if (unshare(geteuid() == 0 ? CLONE_NEWNS : CLONE_NEWNS | CLONE_NEWUSER) < 0)
		return 97;
	if (mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0 ||
		mount(path, path, "none", MS_BIND, NULL) < 0 ||
		mount("none", path, "none", MS_BIND | MS_REMOUNT | MS_RDONLY, NULL) < 0)
		return 96;
	root = open(path, O_PATH | O_CLOEXEC);
	if (wh_rootfs_resolve(root, "/var/new", &arena, &place) < 0 ||
		strcmp(place.resolved, "/var/new") != 0)
		return 95;
	wh_arena_done(&arena);
	return (int)place.kind;
}

static void a_readonly_file_system_bars_even_root(void **state)
{
	const struct scratch *scratch = *state;
	pid_t pid;
	int status;

	make_rootfs(scratch);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(look_at_readonly(scratch_path(scratch, "r")));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 97 && geteuid() != 0)
		return; /* this host has no user namespaces for users */
	assert_int_equal(WEXITSTATUS(status), WH_PLACE_BARRED);
}

static void what_cannot_be_looked_at_is_unknown(void **state)
{
	const struct scratch *scratch = *state;
	int root WH_FD = WH_NO_FD;
	char path[2 * PATH_MAX];

	make_rootfs(scratch);
	root = openat(scratch->fd, "r", O_PATH | O_CLOEXEC);
	memset(path, 'x', sizeof(path));
	path[0] = '/';
	path[NAME_MAX + 1] = '\0';
	assert_place(root, path, WH_PLACE_MISSING, path); /* the longest name there is */
	path[NAME_MAX + 1] = 'x';
	path[NAME_MAX + 2] = '\0';
	assert_place(root, path, WH_PLACE_UNKNOWN, path);
	path[NAME_MAX + 2] = 'x';
	path[sizeof(path) - 1] = '\0';
	assert_place(root, path, WH_PLACE_UNKNOWN, path);

	memset(path, '/', PATH_MAX); /* a link that makes it too long */
	path[PATH_MAX - 2] = '\0';
	assert_int_equal(symlinkat(path, root, "long"), 0);
	assert_place(root, "/var/../long/bbbbbbbbbb", WH_PLACE_UNKNOWN, "/long/bbbbbbbbbb");
	assert_place(-1, "/tmp/x", WH_PLACE_UNKNOWN, "/tmp/x");
}

static void mounts_are_resolved_up_to_what_is_covered(void **state)
{
	static const char *const covered[] = { "/tmp", "/var/not/there" };
	static const struct {
		const char *path;
		enum wh_place_kind kind;
		const char *resolved;
		const char *rest;
	} cases[] = {
		{ "/tmp", WH_PLACE_COVERED, "/tmp", "" },
		{ "/var/tmp/./a/../b/", WH_PLACE_COVERED, "/tmp", "/./a/../b/" },
		{ "/chain-3/x", WH_PLACE_COVERED, "/tmp", "/x" },
		{ "/to-nothing/x", WH_PLACE_COVERED, "/var/not/there", "/x" },
		{ "/tmpx", WH_PLACE_MISSING, "/tmpx", "" },
		{ "/var/lib", WH_PLACE_FOLDER, "/var/lib", "" },
		{ "/..", WH_PLACE_FOLDER, "/", "" },
		{ "/../root", WH_PLACE_FOLDER, "/", "" },
		{ "/../../var/deep-out/x", WH_PLACE_COVERED, "/tmp", "/x" },
		{ "/out", WH_PLACE_MISSING, "/secret", "" },
	};
	struct scratch *scratch = *state;
	int root WH_FD = WH_NO_FD;

	make_rootfs(scratch);
	root = open(scratch_path(scratch, "r"), O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_true(root >= 0);
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
		struct wh_place place;

		assert_int_equal(wh_rootfs_resolve_mount(root, cases[i].path, covered,
					 WH_COUNT(covered), &arena, &place),
			0);
		if (place.kind != cases[i].kind)
			fail_msg("%s: %s", cases[i].path, kind_names[place.kind]);
		assert_string_equal(place.resolved, cases[i].resolved);
		assert_string_equal(place.rest, cases[i].rest);
	}
}

/* The kernel needs one step for each "..", we walk from the root again. */
static void going_up_and_down_has_an_end(void **state)
{
	struct scratch *scratch = *state;
	char path[PATH_MAX] = "/", hop[] = "../d/";
	int root WH_FD = WH_NO_FD;

	make_rootfs(scratch);
	root = open(scratch_path(scratch, "r"), O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_true(root >= 0);
	for (int depth = 0; depth < 400; depth++) {
		strcat(path, "d/");
		assert_int_equal(mkdirat(root, path + 1, 0755), 0);
	}
	assert_place_kind(root, path, WH_PLACE_FOLDER);
	while (strlen(path) + sizeof(hop) < sizeof(path))
		strcat(path, hop);
	assert_place_kind(root, path, WH_PLACE_UNKNOWN);
}

#define WITH_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)

static void folders_are_listed(void **state)
{
	static const char *const others[] = { "file", "to-run", "missing", "many" };
	const struct scratch *scratch = *state;
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	const struct wh_place_folder *folders;
	char name[24];
	size_t count;

	scratch_folder(scratch, "run", 0755);
	scratch_folder(scratch, "run/b", 07755);
	scratch_folder(scratch, "run/a", 01777);
	scratch_folder(scratch, "run/..x", 0700);
	scratch_folder(scratch, "run/with blank", 0755);
	scratch_folder(scratch, "run/\xff", 0755);
	scratch_file(scratch, "run/file", 0644, "");
	scratch_link(scratch, "run/link", "a");
	assert_int_equal(wh_rootfs_folders(scratch->fd, "run", &arena, &folders, &count), 0);
	assert_int_equal(count, 3);
	assert_string_equal(folders[0].name, "..x");
	assert_string_equal(folders[1].name, "a");
	assert_string_equal(folders[2].name, "b");
	assert_int_equal(folders[1].mode, 01777);
	assert_int_equal(folders[2].mode, 03755);
	assert_int_equal(folders[2].uid, geteuid());

	scratch_file(scratch, "file", 0644, "");
	scratch_link(scratch, "to-run", "run");
	scratch_folder(scratch, "many", 0755);
	for (unsigned i = 0; i <= WH_ROOTFS_FOLDERS; i++) {
		(void)snprintf(name, sizeof(name), "many/%u", i);
		scratch_folder(scratch, name, 0755);
	}
	for (size_t i = 0; i < WH_COUNT(others); i++) {
		assert_int_equal(
			wh_rootfs_folders(scratch->fd, others[i], &arena, &folders, &count), 0);
		assert_int_equal(count, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SCRATCH(paths_are_resolved_inside_the_root),
		WITH_SCRATCH(absolute_links_begin_at_the_containers_root),
		WITH_SCRATCH(the_folder_must_be_writable_to_make_what_is_missing),
		WITH_SCRATCH(a_readonly_file_system_bars_even_root),
		WITH_SCRATCH(what_cannot_be_looked_at_is_unknown),
		WITH_SCRATCH(mounts_are_resolved_up_to_what_is_covered),
		WITH_SCRATCH(going_up_and_down_has_an_end),
		WITH_SCRATCH(folders_are_listed),
	};

	return cmocka_run_group_tests_name("host-rootfs", tests, NULL, NULL);
}
