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
 * It trusts its arguments (they come out of config.json, which only root could have written) and
 * the kernel, and nothing that the container could have chosen.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "host/confine.h"
#include "host/file.h"
#include "host/process.h"
#include "json/json.h"
#include "oci/capability.h"

#define STATE_MAX (1u << 20)
#define PATIENCE_MS 1000
#define STEP_MS 2

struct decision {
	bool started; /* the stage: "start" */
	wh_capset capabilities;
	const char *namespaces; /* names with commas between */
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

static int read_word(const char *word, struct decision *ret)
{
	static const char capabilities[] = "--capabilities=", namespaces[] = "--namespaces=";
	const struct {
		const char *word;
		bool *flag;
	} flags[] = {
		{ "--no-new-privileges", &ret->no_new_privileges },
		{ "--seccomp", &ret->seccomp },
		{ "--readonly-rootfs", &ret->readonly_rootfs },
	};

	if (strncmp(word, capabilities, sizeof(capabilities) - 1) == 0)
		return read_mask(word + sizeof(capabilities) - 1, &ret->capabilities);
	if (strncmp(word, namespaces, sizeof(namespaces) - 1) == 0) {
		ret->namespaces = word + sizeof(namespaces) - 1;
		return 0;
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

static int check_process(
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
	if (decision->no_new_privileges && !process->no_new_privileges)
		return wh_fail(err, EACCES, "it may gain new privileges");
	if (decision->seccomp && process->seccomp == 0)
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
	if (root != NULL && !root->read_only)
		return wh_fail(err, EACCES, "its root file system can be written");
	return 0;
}

/* 0 when it is held to the decision; -ESRCH when it has ended; -EACCES with what it has too much.
 */
static int check(int proc, int pid, const struct decision *decision, struct wh_err *err)
{
	struct wh_process process;
	int r = wh_process_read(proc, pid, &process);

	if (r == 0 && (process.state == 'Z' || process.state == 'X'))
		return -ESRCH;
	if (r == 0)
		r = check_namespaces(proc, pid, decision, err);
	if (r == 0 && decision->started)
		r = check_process(&process, decision, err);
	if (r == 0 && decision->started)
		r = check_root(proc, pid, decision, err);
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
		bool settled = !decision->started || !is_runtime(proc, pid);
		int r = check(proc, pid, decision, &why);

		if (r == 0 || r == -ESRCH)
			return 0;
		if (settled || now_ms() >= end)
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

	if (verify(argc, argv, &err) == 0)
		return EXIT_SUCCESS;
	(void)fprintf(stderr, "whittle-verify: %s\n", err.text);
	return EXIT_FAILURE;
}
