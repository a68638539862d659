/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is told and what is trusted inside user namespaces, made for real. A test runs in a child
 * with namespaces of its own: first a tmpfs at /mnt that root fills, then the user namespace, whose
 * maps the parent writes. Only root can map ids that are not its own; for others the cases of the
 * initial namespace are left.
 */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdbool.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "host/file.h"
#include "host/userns.h"

#define OVERFLOW 65534
#define FIRST 100000 /* of the ids that namespaces get */
#define STRANGER 5000

/* How rootless engines do it, and how they do it with fewer ids; with the host's root in it. */
static const char usual[] = "0 100000 65536";
static const char few[] = "0 100000 1000";
static const char with_root[] = "0 0 1000";
static const char identity[] = "0 0 4294967295";

/* ---- children --------------------------------------------------------------------------- */

#define CHECK(what) \
	do { \
		if (!(what)) { \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #what); \
			_exit(1); \
		} \
	} while (0)

static void make(const char *path, mode_t mode, uid_t owner)
{
	if (S_ISDIR(mode))
		CHECK(mkdir(path, 0700) == 0);
	else if (S_ISLNK(mode))
		CHECK(symlink("/mnt/folder", path) == 0);
	else
		CHECK(mknod(path, S_IFREG | 0600, 0) == 0);
	CHECK(lchown(path, owner, owner) == 0);
	if (!S_ISLNK(mode))
		CHECK(chmod(path, mode & 07777) == 0);
}

static void fill_mnt(void)
{
	CHECK(unshare(CLONE_NEWNS) == 0);
	CHECK(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	CHECK(mount("tmpfs", "/mnt", "tmpfs", 0, "mode=755") == 0);
	make("/mnt/folder", S_IFDIR | 0755, 0);
	make("/mnt/folder/file", S_IFREG | 0644, 0);
	make("/mnt/shared", S_IFREG | 0664, 0);
	make("/mnt/link", S_IFLNK, 0);
	make("/mnt/stranger", S_IFREG | 0644, STRANGER);
	make("/mnt/nobody", S_IFDIR | 0755, FIRST + OVERFLOW);
	make("/mnt/ours", S_IFDIR | 0755, FIRST);
	make("/mnt/ours/file", S_IFREG | 0644, FIRST);
	make("/mnt/ours/roots", S_IFREG | 0644, 0);
	make("/mnt/ours/folder", S_IFDIR | 0755, 0);
	make("/mnt/sticky", S_IFDIR | 01777, 0);
	make("/mnt/sticky/ours", S_IFREG | 0644, FIRST);
	make("/mnt/sticky/roots", S_IFREG | 0644, 0);
	make("/mnt/sticky/folder", S_IFDIR | 0755, 0);
	make("/mnt/sticky/link", S_IFLNK, 0);
	make("/mnt/open", S_IFDIR | 0777, 0);
	make("/mnt/open/ours", S_IFREG | 0644, FIRST);
}

static void write_map(pid_t pid, const char *name, const char *map)
{
	char path[64];
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, map, strlen(map)), strlen(map));
	close(fd);
}

static void enter(int ready, int go)
{
	char byte = 0;

	fill_mnt();
	CHECK(unshare(CLONE_NEWUSER) == 0);
	CHECK(write(ready, &byte, 1) == 1);
	CHECK(read(go, &byte, 1) == 1);
	CHECK(setresgid(0, 0, 0) == 0 && setresuid(0, 0, 0) == 0);
}

/* Runs `test` as root of a user namespace with this map. */
static void in_userns(const char *map, void (*test)(void))
{
	int ready[2], go[2], status;
	char byte;
	pid_t pid;

	if (geteuid() != 0)
		return;
	assert_int_equal(pipe2(ready, O_CLOEXEC) | pipe2(go, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		enter(ready[1], go[0]);
		test();
		_exit(0);
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) == 1) {
		write_map(pid, "uid_map", map);
		write_map(pid, "gid_map", map);
		assert_int_equal(write(go[1], &byte, 1), 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(ready[0]), close(go[0]), close(go[1]);
	assert_int_equal(status, 0);
}

/* ---- what is told ----------------------------------------------------------------------- */

static uid_t owner(const char *path)
{
	struct stat st;

	CHECK(lstat(path, &st) == 0);
	return st.st_uid;
}

static void root_is_hidden(void)
{
	CHECK(owner("/") == OVERFLOW);
	CHECK(wh_userns_is_inner());
	CHECK(wh_userns_hides_owner("/", owner("/")));
	CHECK(wh_userns_hides_owner("/mnt/ours/folder", OVERFLOW));
	CHECK(!wh_userns_hides_owner("/mnt/ours", owner("/mnt/ours")));
	CHECK(!wh_userns_hides_owner("/", OVERFLOW - 1));
}

static void somebodys_65534_is_somebody(void)
{
	CHECK(owner("/mnt/nobody") == OVERFLOW);
	CHECK(!wh_userns_hides_owner("/mnt/nobody", OVERFLOW));
}

/* Without the capability a refusal of the kernel says nothing. */
static void without_capabilities_nothing_is_told(void)
{
	cap_t none = cap_init();

	CHECK(none != NULL && cap_set_proc(none) == 0 && cap_free(none) == 0);
	CHECK(!wh_userns_hides_owner("/", OVERFLOW));
}

static void all_ids_are_here(void)
{
	CHECK(owner("/") == 0);
	CHECK(!wh_userns_is_inner());
	CHECK(!wh_userns_hides_owner("/", OVERFLOW));
}

static void hidden_owners_are_told(void **state)
{
	(void)state;
	in_userns(usual, root_is_hidden);
	in_userns(few, root_is_hidden);
	in_userns(usual, somebodys_65534_is_somebody);
	in_userns(usual, without_capabilities_nothing_is_told);
	in_userns(identity, all_ids_are_here);
}

static void nothing_is_hidden_in_the_initial_namespace(void **state)
{
	(void)state;
	if (geteuid() == 0) /* nobody runs tests as root of an inner one without knowing */
		assert_false(wh_userns_is_inner());
	assert_false(wh_userns_hides_owner("/", OVERFLOW));
	assert_false(wh_userns_hides_owner("/", 0));
}

/* ---- what is trusted -------------------------------------------------------------------- */

struct trusted {
	const char *path;
	int folder, file; /* what opening it as the one and as the other gives; 0: opened */
};

static void check_trusted(const struct trusted *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct wh_err err = WH_ERR_INIT;
		int folder WH_FD = wh_open_trusted_folder(cases[i].path, NULL, &err);
		int file WH_FD = wh_open_trusted_file(cases[i].path, &err);

		if ((folder < 0 ? folder : 0) == cases[i].folder &&
			(file < 0 ? file : 0) == cases[i].file)
			continue;
		fprintf(stderr, "%s: %d as a folder, %d as a file (%s)\n", cases[i].path, folder,
			file, err.text);
		_exit(1);
	}
}

static void the_hosts_root_counts_as_root(void)
{
	static const struct trusted cases[] = {
		{ "/", 0, -EISDIR },
		{ "/mnt/folder", 0, -EINVAL },
		{ "/mnt/folder/file", -ENOTDIR, 0 },
		{ "/mnt/folder/../folder/file", -ENOTDIR, 0 },
		{ "/mnt/link/file", -ENOTDIR, 0 },
		{ "/mnt/ours/file", -ENOTDIR, 0 },
		{ "/mnt/sticky/ours", -ENOTDIR, 0 },
		{ "/mnt/shared", -ENOTDIR, -EPERM },
		{ "/mnt/open/ours", -EPERM, -EPERM },
		/* who lies here is told by nothing */
		{ "/mnt/ours/folder", -EPERM, -EINVAL },
		{ "/mnt/ours/roots", -ENOTDIR, -EPERM },
		{ "/mnt/sticky/folder", -EPERM, -EINVAL },
		{ "/mnt/sticky/folder/../ours", -EPERM, -EPERM },
		{ "/mnt/sticky/roots", -ENOTDIR, -EPERM },
		{ "/mnt/sticky/link/file", -EPERM, -EPERM },
	};
	struct stat st;
	int mnt WH_FD = open("/mnt/folder", O_PATH | O_CLOEXEC);

	check_trusted(cases, WH_COUNT(cases));
	CHECK(wh_check_trusted_program("/bin/sh", &st, NULL) == 0);
	CHECK(wh_open_trusted_at(mnt, "file", NULL) ==
		-EPERM); /* how it was reached is not known */
}

static void with_root_inside_others_stay_strangers(void)
{
	static const struct trusted cases[] = {
		{ "/mnt/folder/file", -ENOTDIR, 0 },
		{ "/mnt/stranger", -ENOTDIR, -EPERM },
		{ "/mnt/nobody", -EPERM, -EINVAL },
		{ "/mnt/ours/file", -EPERM, -EPERM },
	};

	CHECK(owner("/mnt/stranger") == OVERFLOW);
	check_trusted(cases, WH_COUNT(cases));
}

static void trusted_inside(void **state)
{
	(void)state;
	in_userns(usual, the_hosts_root_counts_as_root);
	in_userns(few, the_hosts_root_counts_as_root);
	in_userns(with_root, with_root_inside_others_stay_strangers);
}

/* The number alone is worth nothing: a root folder of the user 65534 is refused where all ids are.
 */
static void a_root_folder_of_nobodys(void)
{
	static const struct trusted cases[] = {
		{ "/", -EPERM, -EISDIR },
		{ "/file", -EPERM, -EPERM },
	};

	make("/mnt/root", S_IFDIR | 0755, OVERFLOW);
	make("/mnt/root/file", S_IFREG | 0644, OVERFLOW);
	CHECK(mkdir("/mnt/root/proc", 0755) == 0);
	CHECK(mount("/proc", "/mnt/root/proc", NULL, MS_BIND | MS_REC, NULL) == 0);
	CHECK(chroot("/mnt/root") == 0 && chdir("/") == 0);
	check_trusted(cases, WH_COUNT(cases));
}

static void trusted_in_the_initial_namespace(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	if (geteuid() != 0)
		return;
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		fill_mnt();
		a_root_folder_of_nobodys();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* The same root folder where the number is one of the namespace's own. */
static void a_root_folder_of_an_inner_nobodys(void)
{
	static const struct trusted cases[] = { { "/", -EPERM, -EISDIR } };

	CHECK(mkdir("/mnt/nobody/proc", 0755) == 0);
	CHECK(unshare(CLONE_NEWNS) == 0);
	CHECK(mount("/proc", "/mnt/nobody/proc", NULL, MS_BIND | MS_REC, NULL) == 0);
	CHECK(chroot("/mnt/nobody") == 0 && chdir("/") == 0);
	CHECK(owner("/") == OVERFLOW);
	check_trusted(cases, WH_COUNT(cases));
}

static void nobodys_root_folder_inside(void **state)
{
	(void)state;
	in_userns(usual, a_root_folder_of_an_inner_nobodys);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hidden_owners_are_told),
		cmocka_unit_test(nothing_is_hidden_in_the_initial_namespace),
		cmocka_unit_test(trusted_inside),
		cmocka_unit_test(trusted_in_the_initial_namespace),
		cmocka_unit_test(nobodys_root_folder_inside),
	};

	return cmocka_run_group_tests_name("userns", tests, NULL, NULL);
}
