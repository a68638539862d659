/* SPDX-License-Identifier: Apache-2.0 */
/* Namespaces by path, programs of hooks, security modules, own limits, names of devices. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "host/device.h"
#include "host/hook.h"
#include "host/lsm.h"
#include "host/namespace.h"
#include "host/rlimit.h"
#include "scratch.h"

/* ---- namespaces ----------------------------------------------------------------------------- */

static enum wh_namespace look(const char *type, const char *path)
{
	return wh_namespace_look(wh_slice_of(type), wh_slice_of(path));
}

static void own_namespaces(void **state)
{
	static const char *const types[][2] = { { "cgroup", "cgroup" }, { "ipc", "ipc" },
		{ "mount", "mnt" }, { "network", "net" }, { "pid", "pid" }, { "user", "user" },
		{ "uts", "uts" } };

	(void)state;
	for (size_t i = 0; i < WH_COUNT(types); i++) {
		char path[64];

		(void)snprintf(path, sizeof(path), "/proc/self/ns/%s", types[i][1]);
		assert_int_equal(look(types[i][0], path), WH_NAMESPACE_HOST);
	}
	assert_int_equal(look("network", "/proc/self/ns/uts"), WH_NAMESPACE_WRONG);
	assert_int_equal(look("mount", "/proc/self/ns/user"), WH_NAMESPACE_WRONG);
}

static void what_is_no_namespace(void **state)
{
	struct scratch *scratch = *state;

	scratch_file(scratch, "file", 0644, "");
	assert_int_equal(mkfifoat(scratch->fd, "fifo", 0600), 0);
	assert_int_equal(look("network", scratch_path(scratch, "file")), WH_NAMESPACE_UNKNOWN);
	assert_int_equal(look("network", scratch_path(scratch, "fifo")), WH_NAMESPACE_UNKNOWN);
	assert_int_equal(look("network", scratch_path(scratch, "none")), WH_NAMESPACE_UNKNOWN);
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(look("network", "proc/self/ns/net"), WH_NAMESPACE_UNKNOWN);
	assert_int_equal(look("network", ""), WH_NAMESPACE_UNKNOWN);
	assert_int_equal(look("net", "/proc/self/ns/net"), WH_NAMESPACE_UNKNOWN);
	assert_int_equal(wh_namespace_look(wh_slice_of("uts"), WH_SLICE("/proc/self/ns/uts\0")),
		WH_NAMESPACE_UNKNOWN);
}

/* Another process's, and a bind mount of it as `ip netns` makes one; only root can make them. */
static void others_namespaces(void **state)
{
	struct scratch *scratch = *state;
	int ready[2];
	char byte = 0;
	char path[64];
	pid_t pid;

	if (geteuid() != 0)
		return;
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (unshare(CLONE_NEWUTS) == 0 && write(ready[1], &byte, 1) == 1)
			pause();
		_exit(1);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	(void)snprintf(path, sizeof(path), "/proc/%d/ns/uts", (int)pid);
	assert_int_equal(look("uts", path), WH_NAMESPACE_OTHER);
	assert_int_equal(look("network", path), WH_NAMESPACE_WRONG);
	scratch_file(scratch, "other", 0600, "");
	scratch_file(scratch, "own", 0600, "");
	assert_int_equal(mount(path, scratch_path(scratch, "other"), NULL, MS_BIND, NULL), 0);
	assert_int_equal(
		mount("/proc/self/ns/uts", scratch_path(scratch, "own"), NULL, MS_BIND, NULL), 0);
	assert_int_equal(look("uts", scratch_path(scratch, "other")), WH_NAMESPACE_OTHER);
	assert_int_equal(look("uts", scratch_path(scratch, "own")), WH_NAMESPACE_HOST);
	assert_int_equal(umount2(scratch_path(scratch, "other"), MNT_DETACH), 0);
	assert_int_equal(umount2(scratch_path(scratch, "own"), MNT_DETACH), 0);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* ---- hooks ---------------------------------------------------------------------------------- */

static void hook_is(const char *path, const char *real, bool trusted)
{
	struct wh_arena arena = WH_ARENA_INIT;
	struct wh_hook_program program;

	assert_int_equal(wh_hook_look(wh_slice_of(path), &arena, &program), 0);
	if (real == NULL)
		assert_null(program.real);
	else
		assert_string_equal(program.real, real);
	assert_int_equal(program.trusted, trusted);
	wh_arena_done(&arena);
}

static void hooks_by_path(void **state)
{
	struct scratch *scratch = *state;
	char program[PATH_MAX];

	scratch_folder(scratch, "open", 0777);
	scratch_file(scratch, "program", 0755, "");
	scratch_file(scratch, "text", 0644, "");
	scratch_file(scratch, "shared", 0775, "");
	scratch_file(scratch, "open/program", 0755, "");
	scratch_link(scratch, "link", "program");
	(void)snprintf(program, sizeof(program), "%s/program", scratch->path);
	hook_is(program, program, true);
	hook_is(scratch_path(scratch, "link"), program, true);
	/* By way of a folder, or of a link, that others could change before it is run. */
	hook_is(scratch_path(scratch, "open/../program"), program, false);
	scratch_link(scratch, "foreign", "program");
	assert_int_equal(lchown(scratch_path(scratch, "foreign"), 1000, 1000), 0);
	hook_is(scratch_path(scratch, "foreign"), program, false);
	hook_is(scratch_path(scratch, "text"), scratch_path(scratch, "text"), false);
	hook_is(scratch_path(scratch, "shared"), scratch_path(scratch, "shared"), false);
	hook_is(scratch_path(scratch, "open/program"), scratch_path(scratch, "open/program"),
		false);
	hook_is(scratch_path(scratch, "none"), NULL, false);
	hook_is("program", NULL, false);
	hook_is("", NULL, false);
}

/* Starts a copy of cat, which waits as long as *ret_input is open. */
static pid_t start_copy(const char *path, int *ret_input)
{
	int input[2];
	pid_t pid;

	assert_int_equal(pipe2(input, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)dup2(input[0], STDIN_FILENO);
		execl(path, "cat", (char *)NULL);
		_exit(1);
	}
	close(input[0]);
	*ret_input = input[1];
	return pid;
}

static void copy(const char *from, const char *to)
{
	char bytes[4096];
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	ssize_t got;

	assert_true(in >= 0 && out >= 0);
	while ((got = read(in, bytes, sizeof(bytes))) > 0)
		assert_int_equal(write(out, bytes, (size_t)got), got);
	close(in);
	close(out);
}

/* Until the kernel has put the new program in the place of the fork. */
static void wait_for_exe(const char *link, const char *program)
{
	char at[PATH_MAX];
	ssize_t got;

	do {
		got = readlink(link, at, sizeof(at) - 1);
		assert_true(got > 0);
		at[got] = '\0';
		sched_yield();
	} while (strcmp(at, program) != 0);
}

/* Docker's hook is the running daemon, whose program an upgrade may have replaced. */
static void hooks_that_run(void **state)
{
	struct scratch *scratch = *state;
	char program[PATH_MAX], link[64];
	int input;
	pid_t pid;

	(void)snprintf(program, sizeof(program), "%s/daemon", scratch->path);
	copy("/bin/cat", program);
	pid = start_copy(program, &input);
	(void)snprintf(link, sizeof(link), "/proc/%d/exe", (int)pid);
	wait_for_exe(link, program);
	hook_is(link, program, true);
	assert_int_equal(unlink(program), 0);
	hook_is(link, program, true);
	scratch_file(scratch, "daemon", 0777, "another");
	hook_is(link, program, true);
	assert_int_equal(chmod(scratch->path, 0777), 0);
	hook_is(link, program, false);
	assert_int_equal(chmod(scratch->path, 0755), 0);
	close(input);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* A path that somebody's mount namespace makes up is not believed. */
static void hooks_of_another_namespace(void **state)
{
	struct scratch *scratch = *state;
	char program[PATH_MAX], link[64];
	int go[2];
	pid_t pid;

	if (geteuid() != 0)
		return;
	scratch_file(scratch, "trusted", 0755, "");
	(void)snprintf(program, sizeof(program), "%s/trusted", scratch->path);
	assert_int_equal(pipe2(go, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (unshare(CLONE_NEWNS) < 0 ||
			mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
			mount("/bin/cat", program, NULL, MS_BIND, NULL) < 0)
			_exit(1);
		(void)dup2(go[0], STDIN_FILENO);
		execl(program, "cat", (char *)NULL);
		_exit(1);
	}
	close(go[0]);
	(void)snprintf(link, sizeof(link), "/proc/%d/exe", (int)pid);
	wait_for_exe(link, program);
	hook_is(link, NULL, false);
	close(go[1]);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* ---- security modules ----------------------------------------------------------------------- */

static void make_sys(const struct scratch *scratch, const char *enabled, const char *profiles)
{
	scratch_folder(scratch, "module", 0755);
	scratch_folder(scratch, "module/apparmor", 0755);
	scratch_folder(scratch, "module/apparmor/parameters", 0755);
	scratch_folder(scratch, "kernel", 0755);
	scratch_folder(scratch, "kernel/security", 0755);
	scratch_folder(scratch, "kernel/security/apparmor", 0755);
	scratch_folder(scratch, "fs", 0755);
	scratch_folder(scratch, "fs/selinux", 0755);
	scratch_file(scratch, "module/apparmor/parameters/enabled", 0644, enabled);
	scratch_file(scratch, "kernel/security/apparmor/profiles", 0644, profiles);
}

static struct wh_lsm lsm(int sys, const char *wanted, struct wh_arena *arena)
{
	struct wh_lsm ret;

	assert_int_equal(wh_lsm_look(sys, wanted, arena, &ret), 0);
	return ret;
}

static void apparmor(void **state)
{
	struct scratch *scratch = *state;
	struct wh_arena arena = WH_ARENA_INIT;
	struct wh_lsm ret;

	make_sys(scratch, "Y\n",
		"containers-default-0.62.2 (enforce)\nwith (odd) name (enforce)\n"
		"docker-default (complain)\nmine (complain)\n"
		"cri-containerd.apparmor.d (enforce)\nhard (kill)\n"
		"crio-default (enforce)\n");
	ret = lsm(scratch->fd, "with (odd) name", &arena);
	assert_true(ret.apparmor);
	assert_false(ret.selinux);
	assert_string_equal(ret.engine_profile, "cri-containerd.apparmor.d");
	assert_true(ret.wanted_profile);
	assert_true(lsm(scratch->fd, "hard", &arena).wanted_profile);
	assert_false(lsm(scratch->fd, "mine", &arena).wanted_profile);
	assert_false(lsm(scratch->fd, "docker-default", &arena).wanted_profile);
	assert_false(lsm(scratch->fd, "", &arena).wanted_profile);
	assert_false(lsm(scratch->fd, NULL, &arena).wanted_profile);
	wh_arena_done(&arena);
}

static void apparmor_is_off(void **state)
{
	struct scratch *scratch = *state;
	struct wh_arena arena = WH_ARENA_INIT;
	struct wh_lsm ret;

	make_sys(scratch, "N\n", "docker-default (enforce)\n");
	scratch_file(scratch, "fs/selinux/enforce", 0644, "0");
	ret = lsm(scratch->fd, "docker-default", &arena);
	assert_false(ret.apparmor);
	assert_false(ret.wanted_profile);
	assert_null(ret.engine_profile);
	assert_true(ret.selinux);
	ret = lsm(WH_NO_FD, NULL, &arena);
	assert_false(ret.apparmor || ret.selinux);
	wh_arena_done(&arena);
}

/* ---- limits and devices --------------------------------------------------------------------- */

static void own_limits(void **state)
{
	struct rlimit before, changed;
	struct wh_own_rlimit own;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_CORE, &before), 0);
	changed = (struct rlimit){ 0, before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_CORE, &changed), 0);
	assert_int_equal(wh_rlimit_get(wh_slice_of("RLIMIT_CORE"), &own), 0);
	assert_int_equal(own.soft, 0);
	assert_true(own.hard == (before.rlim_max == RLIM_INFINITY ? UINT64_MAX : before.rlim_max));
	assert_int_equal(setrlimit(RLIMIT_CORE, &before), 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(wh_rlimit_get(wh_slice_of("RLIMIT_NOFILE"), &own), 0);
	assert_int_equal(own.soft, before.rlim_cur);
	assert_int_equal(wh_rlimit_get(wh_slice_of("RLIMIT_OFILE"), &own), -EINVAL);
	assert_int_equal(wh_rlimit_get(wh_slice_of(""), &own), -EINVAL);
}

static void device_is(bool block, int64_t major, int64_t minor, const char *name)
{
	struct wh_arena arena = WH_ARENA_INIT;
	const char *found = "";

	assert_int_equal(wh_device_name(block, major, minor, &arena, &found), 0);
	if (name == NULL)
		assert_null(found);
	else
		assert_string_equal(found, name);
	wh_arena_done(&arena);
}

static void devices_by_number(void **state)
{
	(void)state;
	device_is(false, 1, 3, "/dev/null");
	device_is(false, 1, 8, "/dev/random");
	device_is(true, 1, 3, NULL);
	device_is(false, -1, -1, NULL);
	device_is(false, 4095, 1048575, NULL);
}

#define SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(own_namespaces),
		SCRATCH(what_is_no_namespace),
		SCRATCH(others_namespaces),
		SCRATCH(hooks_by_path),
		SCRATCH(hooks_that_run),
		SCRATCH(hooks_of_another_namespace),
		SCRATCH(apparmor),
		SCRATCH(apparmor_is_off),
		cmocka_unit_test(own_limits),
		cmocka_unit_test(devices_by_number),
	};

	return cmocka_run_group_tests_name("host-facts", tests, NULL, NULL);
}
