/* SPDX-License-Identifier: Apache-2.0 */
/*
 * whittle-verify: the hook that whittle adds for "verify". It gets the container's state on
 * standard input (runtime-spec, runtime.md#state), the decision as arguments, and asks the kernel
 * whether the container's first process is held to it. When not, that process is killed, and the
 * hook fails with one sentence, which the runtime reports.
 *
 *   createRuntime  the process is still the runtime's own: only its namespaces are final
 *   poststart      it has become the container's program, or is about to, so what it still has to
 *                  give up is waited for, at most a second
 *
 * What a program may do to itself afterwards is no fault of the runtime's: in a user namespace that
 * it made itself it holds every capability, and with CAP_SYS_ADMIN it may mount as it likes.
 *
 * It trusts its arguments (they come out of config.json, which only root could have written) and
 * the kernel, and nothing that the container could have chosen.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/nsfs.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "host/confine.h"
#include "host/file.h"
#include "host/hook.h"
#include "host/process.h"
#include "json/json.h"
#include "oci/capability.h"

#define STATE_MAX (1u << 20)
#define PATIENCE_MS 1000
#define STEP_MS 2
#define LIFE_S 10          /* of this program, whatever happens */
#define USERS_DEPTH_MAX 32 /* of user namespaces, user_namespaces(7) */

struct decision {
	bool started; /* the stage: "start" */
	wh_capset capabilities;
	bool has_capabilities;
	const char *namespaces; /* names with commas between */
	bool user_namespace;    /* it gets one, made for it or joined */
	bool no_new_privileges, seccomp, readonly_rootfs;
};

/* ---- words ------------------------------------------------------------------------------------
 */

static int read_mask(const char *text, wh_capset *ret)
{
	char *end;

	if (strlen(text) != 16 || strspn(text, "0123456789abcdef") != 16)
		return -EINVAL;
	*ret = strtoull(text, &end, 16);
	return 0;
}

static bool are_namespaces(const char *at)
{
	static const char *const names[] = { "cgroup", "ipc", "mnt", "net", "pid", "user", "uts" };

	while (*at != '\0') {
		size_t len = strcspn(at, ","), i = 0;

		while (i < WH_COUNT(names) &&
			(strlen(names[i]) != len || strncmp(names[i], at, len) != 0))
			i++;
		if (i == WH_COUNT(names))
			return false;
		at += len + (at[len] == ',');
	}
	return true;
}

static int read_word(const char *word, struct decision *ret)
{
	static const char capabilities[] = "--capabilities=", namespaces[] = "--namespaces=";
	const struct {
		const char *word;
		bool *flag;
	} flags[] = {
		{ "--user-namespace", &ret->user_namespace },
		{ "--no-new-privileges", &ret->no_new_privileges },
		{ "--seccomp", &ret->seccomp },
		{ "--readonly-rootfs", &ret->readonly_rootfs },
	};

	if (strncmp(word, capabilities, sizeof(capabilities) - 1) == 0) {
		ret->has_capabilities = true;
		return read_mask(word + sizeof(capabilities) - 1, &ret->capabilities);
	}
	if (strncmp(word, namespaces, sizeof(namespaces) - 1) == 0) {
		ret->namespaces = word + sizeof(namespaces) - 1;
		return are_namespaces(ret->namespaces) ? 0 : -EINVAL;
	}
	for (size_t i = 0; i < WH_COUNT(flags); i++) {
		if (strcmp(word, flags[i].word) == 0) {
			*flags[i].flag = true;
			return 0;
		}
	}
	return -EINVAL;
}

static int read_words(int argc, char *argv[], struct decision *ret, struct wh_err *err)
{
	bool create = argc > 1 && strcmp(argv[1], "create") == 0;

	ret->started = argc > 1 && strcmp(argv[1], "start") == 0;
	if (!create && !ret->started)
		return wh_fail(err, EINVAL,
			"it is a hook that whittle puts into config.json itself; see "
			"whittle.json(5), \"verify\"");
	for (int i = 2; i < argc; i++) {
		if (read_word(argv[i], ret) < 0)
			return wh_fail(err, EINVAL, "its argument %d is not one of whittle's", i);
	}
	/* Half a decision would end a container that keeps to the whole one. */
	if (!ret->has_capabilities || ret->namespaces == NULL)
		return wh_fail(err, EINVAL,
			"whittle's arguments --capabilities=… and --namespaces=… are missing");
	return 0;
}

/* The process that the state on standard input names. */
static int read_pid(int *ret, struct wh_err *err)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_json *doc WH_JSON = NULL;
	uint64_t pid = 0;
	int r = wh_read_all(STDIN_FILENO, STATE_MAX, &text, err);

	if (r == 0)
		r = wh_json_parse_take(&doc, &text, NULL, err);
	if (r < 0) {
		wh_err_prefix(err, "the container's state");
		return r;
	}
	if (wh_json_u64(doc, wh_json_get(doc, wh_json_root(doc), "pid"), &pid) < 0 || pid < 2 ||
		pid > INT32_MAX)
		return wh_fail(err, EINVAL, "the container's state names no process");
	*ret = (int)pid;
	return 0;
}

/* ---- what it has ------------------------------------------------------------------------------
 */

/* Namespaces that should be its own are those that the runtime, and so this hook, is not in. */
static int check_namespaces(int proc, int pid, const struct decision *decision, struct wh_err *err)
{
	const char *at = decision->namespaces;

	while (at != NULL && *at != '\0') {
		size_t len = strcspn(at, ",");
		uint64_t its = 0, ours = 0;
		char name[16];
		int r;

		(void)snprintf(name, sizeof(name), "%.*s", (int)len, at);
		r = wh_process_namespace(proc, pid, name, &its);
		if (r == 0)
			r = wh_process_namespace(proc, getpid(), name, &ours);
		if (r < 0)
			return r == -ESRCH ? r : wh_fail_errno(err, -r, "its %s namespace", name);
		if (its == ours)
			return wh_fail(err, EACCES, "it is in the host's %s namespace", name);
		at += len + (at[len] == ',');
	}
	return 0;
}

static int check_capabilities(
	const struct wh_process *process, const struct decision *decision, struct wh_err *err)
{
	wh_capset held = 0;

	for (size_t i = 0; i < WH_PROCESS_SETS; i++)
		held |= process->sets[i];
	held &= ~decision->capabilities;
	if (held != 0)
		return wh_fail(err, EACCES,
			"it holds capabilities that it should not, %s among them",
			held <= WH_CAPSET_ALL
				? wh_capability_get((unsigned)__builtin_ctzll(held))->name
				: "one that is newer than whittle");
	return 0;
}

/* A filter of the runtime's own, of a host that is itself a container, is on its children too. */
static bool has_filter(int proc, const struct wh_process *process)
{
	struct wh_process own;

	if (process->seccomp == 0)
		return false;
	return process->seccomp_filters < 0 || wh_process_read(proc, getpid(), &own) < 0 ||
	       own.seccomp != 2 || process->seccomp_filters > own.seccomp_filters;
}

static int check_locks(int proc, const struct wh_process *process, const struct decision *decision,
	struct wh_err *err)
{
	if (decision->no_new_privileges && !process->no_new_privileges)
		return wh_fail(err, EACCES, "it may gain new privileges");
	if (decision->seccomp && !has_filter(proc, process))
		return wh_fail(err, EACCES, "no filter of system calls is in force");
	return 0;
}

static int check_root(int proc, int pid, const struct decision *decision, struct wh_err *err)
{
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	const struct wh_mount *root;
	struct wh_mounts mounts;
	int r;

	if (!decision->readonly_rootfs)
		return 0;
	r = wh_confine_mounts(proc, pid, &arena, &mounts);
	if (r < 0)
		return r == -ESRCH ? r : wh_fail_errno(err, -r, "its mounts");
	root = wh_mounts_find(&mounts, 0, "/");
	if (root == NULL || !root->read_only)
		return wh_fail(err, EACCES, "its root file system can be written");
	return 0;
}

/* How many user namespaces lie between ours and the one that is open; -1 where it is not below. */
static int users_depth(int proc, int fd)
{
	uint64_t ours = 0;
	struct stat st;

	if (wh_process_namespace(proc, getpid(), "user", &ours) < 0)
		return -1;
	for (int depth = 0, at = fd; depth < USERS_DEPTH_MAX; depth++) {
		int parent = WH_NO_FD;

		if (at < 0 || fstat(at, &st) < 0)
			return -1;
		if (st.st_ino != ours)
			parent = ioctl(at, NS_GET_PARENT);
		if (at != fd)
			close(at);
		if (st.st_ino == ours)
			return depth;
		at = parent;
	}
	return -1;
}

/* Whether it has gone into a user namespace below the one that it was given. */
static bool left_users(int proc, int pid, const struct decision *decision)
{
	char path[32];
	int fd WH_FD = WH_NO_FD;

	(void)snprintf(path, sizeof(path), "%d/ns/user", pid);
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	return fd >= 0 && users_depth(proc, fd) > (decision->user_namespace ? 1 : 0);
}

static int check_started(int proc, int pid, const struct decision *decision, bool settled,
	const struct wh_process *process, struct wh_err *err)
{
	bool left = settled && left_users(proc, pid, decision);
	bool mounts = settled && (decision->capabilities & wh_capset_of(CAP_SYS_ADMIN)) != 0;
	int r = check_locks(proc, process, decision, err);

	if (r == 0 && !left)
		r = check_capabilities(process, decision, err);
	if (r == 0 && !left && !mounts)
		r = check_root(proc, pid, decision, err);
	return r;
}

/*
 * 0 when it is held to the decision; -ESRCH when it has ended; -EACCES with what it has too much.
 * `settled`: it has become the container's program.
 */
static int check(
	int proc, int pid, const struct decision *decision, bool settled, struct wh_err *err)
{
	struct wh_process process;
	int r = wh_process_read(proc, pid, &process);

	if (r == 0 && (process.state == 'Z' || process.state == 'X'))
		return -ESRCH;
	if (r == 0)
		r = check_namespaces(proc, pid, decision, err);
	if (r == 0 && decision->started)
		r = check_started(proc, pid, decision, settled, &process, err);
	return r;
}

/* ---- waiting, and the end ---------------------------------------------------------------------
 */

static int64_t now_ms(void)
{
	struct timespec now = { .tv_sec = 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/*
 * Whether the process is still the runtime's: runc and crun run from a copy in memory, or from
 * their own file, until they become the container's program. What pretends to be that is believed
 * for as long as the patience lasts and no longer.
 */
static bool is_runtime(int proc, int pid)
{
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	const char *its = NULL, *ours = NULL, *its_name, *our_name;

	if (wh_process_link(proc, pid, "exe", &arena, &its) < 0)
		return false;
	if (strncmp(its, "/memfd:", 7) == 0)
		return true;
	if (wh_process_link(proc, getppid(), "exe", &arena, &ours) < 0)
		return true;
	its_name = strrchr(its, '/');
	our_name = strrchr(ours, '/');
	return its_name != NULL && our_name != NULL && strcmp(its_name, our_name) == 0;
}

static int wait_for(int proc, int pid, const struct decision *decision, struct wh_err *err)
{
	const struct timespec step = { .tv_nsec = STEP_MS * 1000000L };
	int64_t end = now_ms() + PATIENCE_MS;

	for (;;) {
		struct wh_err why = WH_ERR_INIT;
		bool settled = !is_runtime(proc, pid);
		int r = check(proc, pid, decision, settled, &why);

		if (r == 0 || r == -ESRCH)
			return 0;
		if (settled || !decision->started || now_ms() >= end)
			return wh_fail(err, -r, "%s", why.text);
		(void)nanosleep(&step, NULL);
	}
}

static int verify(int argc, char *argv[], struct wh_err *err)
{
	struct decision decision = { .started = false };
	int proc WH_FD = WH_NO_FD, process WH_FD = WH_NO_FD;
	int pid = 0;
	int r = read_words(argc, argv, &decision, err);

	if (r == 0)
		r = read_pid(&pid, err);
	if (r < 0)
		return r;
	/* By a descriptor, so that it is this process that is killed and none of its number. */
	process = (int)syscall(SYS_pidfd_open, pid, 0);
	if (process < 0 && errno == ESRCH)
		return 0;
	if (process < 0 && errno != ENOSYS)
		return wh_fail_errno(err, errno, "opening the container's process");
	proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r = proc < 0 ? wh_fail_errno(err, errno, "/proc") : wait_for(proc, pid, &decision, err);
	if (r < 0) {
		wh_err_prefix(err, "the container was ended, for it has more than was decided");
		if (process >= 0)
			(void)syscall(SYS_pidfd_send_signal, process, SIGKILL, NULL, 0);
		else
			(void)kill(pid, SIGKILL);
	}
	return r;
}

int main(int argc, char *argv[])
{
	struct wh_err err = WH_ERR_INIT;

	(void)alarm(LIFE_S);
	if (verify(argc, argv, &err) == 0)
		return EXIT_SUCCESS;
	wh_hook_tell("whittle-verify", err.text);
	return EXIT_FAILURE;
}
