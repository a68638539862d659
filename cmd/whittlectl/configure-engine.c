/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine that runs: found, asked, and told to read its configuration again.
 *
 * dockerd reads "runtimes" and "default-runtime" again upon SIGHUP (moby, daemon/reload_unix.go),
 * but only what the file says then: a key that is gone keeps its effect, so taking out needs a
 * restart. containerd and CRI-O are restarted; containers outlive that. Podman has no daemon.
 */

#include "configure.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "host/cover.h"
#include "host/file.h"

#define SECONDS 10
#define RESTART_SECONDS 120
#define MAX_OUTPUT (64u << 10)

/* ---- other processes --------------------------------------------------------------------- */

static int read_proc(int pid, const char *name, struct wh_buf *ret)
{
	char path[64];
	int fd WH_FD = WH_NO_FD;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : wh_read_all(fd, 1u << 20, ret, NULL);
}

/* A daemon inside of a container is seen from the host, and is somebody else's. */
static bool is_ours(int pid)
{
	char path[64], theirs[64], ours[64];
	ssize_t len, own = readlink("/proc/self/ns/pid", ours, sizeof(ours));

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/pid", pid);
	len = readlink(path, theirs, sizeof(theirs));
	return len > 0 && len == own && memcmp(theirs, ours, (size_t)len) == 0;
}

size_t wh_find_processes(const char *name, int *ret, size_t room)
{
	DIR *list = opendir("/proc");
	const struct dirent *entry;
	size_t count = 0;

	while (list != NULL && count < room && (entry = readdir(list)) != NULL) {
		struct wh_buf comm WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
		int pid = isdigit((unsigned char)entry->d_name[0])
				  ? (int)strtol(entry->d_name, NULL, 10)
				  : 0;

		if (pid > 0 && read_proc(pid, "comm", &comm) == 0 && comm.len == strlen(name) + 1 &&
			memcmp(comm.data, name, strlen(name)) == 0 && is_ours(pid))
			ret[count++] = pid;
	}
	if (list != NULL)
		(void)closedir(list);
	return count;
}

const char *wh_process_value(int pid, const char *name, struct wh_arena *arena)
{
	struct wh_buf words WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	size_t len = strlen(name);

	if (read_proc(pid, "environ", &words) < 0)
		return NULL;
	for (size_t at = 0; at < words.len; at += strlen(words.data + at) + 1) {
		if (strncmp(words.data + at, name, len) == 0 && words.data[at + len] == '=')
			return wh_arena_dup(arena, wh_slice_of(words.data + at + len + 1));
	}
	return NULL;
}

bool wh_process_has_word(int pid, const char *option)
{
	struct wh_buf words WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	size_t len = strlen(option);

	if (read_proc(pid, "cmdline", &words) < 0)
		return false;
	for (size_t at = 0; at < words.len; at += strlen(words.data + at) + 1) {
		const char *word = words.data + at;

		if (strncmp(word, option, len) == 0 && (word[len] == '\0' || word[len] == '='))
			return true;
	}
	return false;
}

/* ---- running programs -------------------------------------------------------------------- */

const char *wh_find_program(const char *name, struct wh_arena *arena)
{
	struct stat nothing = { .st_ino = 0 };
	struct wh_cover cover;

	if (wh_cover_look(WH_SERVICE_PATH, name, &nothing, arena, &cover) < 0)
		return NULL;
	return cover.found;
}

/* Becomes the program; from fork to here only what is safe there (signal-safety(7)). */
static _Noreturn void become(const char *const argv[], const char *path_variable, int output)
{
	static char language[] = "LC_ALL=C";
	char *environment[] = { (char *)(uintptr_t)path_variable, language, NULL };
	int nothing = open("/dev/null", O_RDWR);

	if (nothing >= 0 && dup2(nothing, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0 &&
		dup2(nothing, STDERR_FILENO) >= 0)
		(void)execve(argv[0], (char *const *)(uintptr_t)argv, environment);
	_exit(127);
}

static int64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* What the program prints until it closes its output; -ETIMEDOUT. */
static int collect(int fd, int64_t deadline, struct wh_buf *ret)
{
	for (;;) {
		struct pollfd wait = { .fd = fd, .events = POLLIN };
		char piece[4096];
		int64_t left = deadline - now_ms();
		ssize_t len;

		if (left <= 0)
			return -ETIMEDOUT;
		if (poll(&wait, 1, (int)left) < 0 && errno != EINTR)
			return -errno;
		if (wait.revents == 0)
			continue;
		len = read(fd, piece, sizeof(piece));
		if (len == 0)
			return 0;
		if (len < 0 && errno != EINTR)
			return -errno;
		if (len > 0 && ret->len < MAX_OUTPUT)
			wh_buf_add(ret, piece, (size_t)len);
	}
}

static int run(const char *const argv[], const char *path, int seconds, struct wh_buf *ret,
	struct wh_err *err)
{
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	const char *variable =
		wh_arena_printf(&arena, "PATH=%s", path == NULL ? WH_SERVICE_PATH : path);
	int ends[2], status = 0, r;
	pid_t child;

	if (variable == NULL || pipe2(ends, O_CLOEXEC) < 0)
		return wh_fail_errno(
			err, variable == NULL ? ENOMEM : errno, "cannot run %s", argv[0]);
	child = fork();
	if (child == 0)
		become(argv, variable, ends[1]);
	(void)close(ends[1]);
	r = child < 0 ? -errno : collect(ends[0], now_ms() + 1000 * (int64_t)seconds, ret);
	(void)close(ends[0]);
	if (child < 0)
		return wh_fail_errno(err, -r, "cannot run %s", argv[0]);
	if (r < 0)
		(void)kill(child, SIGKILL);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		continue;
	if (r < 0)
		return wh_fail_errno(err, -r, "%s does not answer", argv[0]);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return wh_fail(
			err, ECHILD, "%s %s failed", argv[0], argv[1] == NULL ? "" : argv[1]);
	return wh_buf_status(ret);
}

int wh_run_program(
	const char *const argv[], const char *path, struct wh_buf *ret, struct wh_err *err)
{
	return run(argv, path, SECONDS, ret, err);
}

/* ---- reading the configuration again ----------------------------------------------------- */

/* Each as systemd has it, and for hosts without. */
static const struct {
	const char *engine;
	bool removed;
	const char *command;
	const char *by_hand;
} commands[] = {
	{ "docker", false, "systemctl reload docker", "kill -HUP $(pidof dockerd)" },
	{ "docker", true, "systemctl restart docker", "restart dockerd" },
	{ "containerd", false, "systemctl restart containerd", "restart containerd" },
	{ "containerd", true, "systemctl restart containerd", "restart containerd" },
	{ "crio", false, "systemctl restart crio", "restart crio" },
	{ "crio", true, "systemctl restart crio", "restart crio" },
};

const char *wh_reload_command(const struct wh_engine *engine, bool removed)
{
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	bool systemd = wh_find_program("systemctl", &arena) != NULL;

	for (size_t i = 0; i < WH_COUNT(commands); i++) {
		if (strcmp(commands[i].engine, engine->name) == 0 && commands[i].removed == removed)
			return systemd ? commands[i].command : commands[i].by_hand;
	}
	return NULL;
}

/* Whether systemctl knows the unit as active. */
static bool is_active(const char *systemctl, const char *unit)
{
	struct wh_buf out WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	const char *const words[] = { systemctl, "is-active", "--quiet", unit, NULL };

	return systemctl != NULL && wh_run_program(words, NULL, &out, NULL) == 0;
}

int wh_reload(const struct wh_engine *engine, bool removed, struct wh_err *err)
{
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	struct wh_buf out WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	const char *systemctl = wh_find_program("systemctl", &arena);
	bool hangup = strcmp(engine->name, "docker") == 0 && !removed;
	int pid;

	if (engine->unit == NULL)
		return -ENOENT;
	if (is_active(systemctl, engine->unit)) {
		const char *const words[] = { systemctl, hangup ? "reload" : "restart",
			engine->unit, NULL };

		return run(words, NULL, RESTART_SECONDS, &out, err);
	}
	if (wh_find_processes(engine->program, &pid, 1) == 0)
		return -ENOENT;
	if (hangup)
		return kill(pid, SIGHUP) == 0
			       ? 0
			       : wh_fail_errno(err, errno, "cannot signal %s", engine->program);
	return wh_fail(err, EOPNOTSUPP,
		"%s (process %d) was not started by systemd; restart it as it was started",
		engine->program, pid);
}
