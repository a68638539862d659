/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program is somebody else's and may hang, fork or print for ever. Its end is waited for on the
 * pipe, not by its status: whoever still holds the pipe is part of the answer. At the end the whole
 * process group is killed, and reaped as far as it is ours, unless the caller wants what was
 * started to live on (a service) and the program itself has ended.
 */

#include "host/call.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fd.h"
#include "host/cover.h"

static int64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* posix_spawn's functions return their error; the first one counts. */
static int start(const char *const argv[], char *path, int output, bool quiet, pid_t *ret)
{
	char language[] = "LC_ALL=C";
	char *const environment[] = { path, language, NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, pipe;
	int r = posix_spawn_file_actions_init(&actions);

	if (r != 0)
		return -r;
	r = posix_spawnattr_init(&attributes);
	if (r != 0) {
		(void)posix_spawn_file_actions_destroy(&actions);
		return -r;
	}
	(void)sigemptyset(&none);
	/* Who writes to a pipe that is closed ends, also below a service, which ignores the signal.
	 */
	(void)sigemptyset(&pipe);
	(void)sigaddset(&pipe, SIGPIPE);
	r = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
	if (r == 0 && quiet)
		r = posix_spawn_file_actions_addopen(
			&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	if (r == 0)
		r = posix_spawn_file_actions_addchdir_np(&actions, "/");
	if (r == 0)
		r = posix_spawnattr_setsigmask(&attributes, &none);
	if (r == 0)
		r = posix_spawnattr_setsigdefault(&attributes, &pipe);
	if (r == 0)
		r = posix_spawnattr_setflags(&attributes,
			POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	if (r == 0)
		r = posix_spawn(ret, argv[0], &actions, &attributes, (char *const *)(uintptr_t)argv,
			environment);
	(void)posix_spawnattr_destroy(&attributes);
	(void)posix_spawn_file_actions_destroy(&actions);
	return -r;
}

/* Takes one piece. 1 when there may be more, 0 at the end, -errno. */
static int take_piece(int fd, struct wh_buf *ret, size_t *kept)
{
	char piece[1024];
	ssize_t got = read(fd, piece, sizeof(piece));
	size_t take;

	if (got < 0)
		return errno == EINTR || errno == EAGAIN ? 1 : -errno;
	take = (size_t)got < WH_CALL_MAX - *kept ? (size_t)got : WH_CALL_MAX - *kept;
	wh_buf_add(ret, piece, take);
	*kept += take;
	return got > 0;
}

static int listen_to(int fd, int64_t end, struct wh_buf *ret)
{
	size_t kept = 0;
	int r = 1;

	while (r > 0) {
		struct pollfd ready = { .fd = fd, .events = POLLIN };
		int64_t left = end - now_ms();

		if (left <= 0)
			return -ETIME;
		r = poll(&ready, 1, (int)left);
		if (r < 0 && errno != EINTR)
			return -errno;
		r = r > 0 ? take_piece(fd, ret, &kept) : 1;
	}
	return r < 0 ? r : wh_buf_status(ret);
}

/*
 * It may have closed its output and live on, and what it started may outlive it. So the group is
 * killed while the program itself is not yet reaped: until then nobody else can have its number.
 */
static int end_of(pid_t pid, int heard, int64_t end, bool leaves_running)
{
	siginfo_t info = { .si_pid = 0 };
	int status = 0;
	pid_t r;

	while (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
		info.si_pid == 0 && heard == 0) {
		struct timespec moment = { .tv_nsec = 1000000 };

		if (now_ms() >= end)
			heard = -ETIME;
		(void)nanosleep(&moment, NULL);
	}
	if (heard < 0 || !leaves_running)
		(void)kill(leaves_running ? pid : -pid, SIGKILL);
	do
		r = waitpid(pid, &status, 0);
	while (r < 0 && errno == EINTR);
	if (heard < 0)
		return heard;
	return r == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -ECHILD;
}

/* What became of it, from the program's start to its end. */
static int run(const char *const argv[], const struct wh_call_terms *terms, int seconds,
	struct wh_buf *ret)
{
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	int64_t end = now_ms() + seconds * INT64_C(1000);
	int ends[2] = { WH_NO_FD, WH_NO_FD };
	int from WH_FD = WH_NO_FD;
	pid_t pid = 0;
	char *path = wh_arena_printf(
		&arena, "PATH=%s", terms->path == NULL ? WH_SERVICE_PATH : terms->path);
	int r;

	if (path == NULL)
		return -ENOMEM;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	from = ends[0];
	r = start(argv, path, ends[1], true, &pid);
	wh_close_fd(&ends[1]);
	return r < 0 ? r : end_of(pid, listen_to(from, end, ret), end, terms->leaves_running);
}

int wh_call(const char *const argv[], const struct wh_call_terms *terms, struct wh_buf *ret,
	struct wh_err *err)
{
	static const struct wh_call_terms usual = { .path = NULL };
	const struct wh_call_terms *chosen = terms == NULL ? &usual : terms;
	int seconds = chosen->seconds > 0 ? chosen->seconds : WH_CALL_SECONDS;
	int r = run(argv, chosen, seconds, ret);

	if (r == -ETIME)
		return wh_fail(err, ETIME, "%s did not answer within %d seconds", argv[0], seconds);
	if (r == -ECHILD)
		return wh_fail(
			err, ECHILD, "%s %s failed", argv[0], argv[1] == NULL ? "" : argv[1]);
	return r < 0 ? wh_fail_errno(err, -r, "calling %s", argv[0]) : 0;
}

int wh_call_begin(const char *const argv[], pid_t *ret, struct wh_err *err)
{
	char path[] = "PATH=" WH_SERVICE_PATH;
	int ends[2] = { WH_NO_FD, WH_NO_FD };
	int from WH_FD = WH_NO_FD;
	int r;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return wh_fail_errno(err, errno, "calling %s", argv[0]);
	from = ends[0];
	r = start(argv, path, ends[1], false, ret);
	wh_close_fd(&ends[1]);
	return r < 0 ? wh_fail_errno(err, -r, "calling %s", argv[0]) : wh_steal_fd(from);
}

int wh_call_end(pid_t pid)
{
	int status = 0;
	pid_t r;

	do
		r = waitpid(pid, &status, 0);
	while (r < 0 && errno == EINTR);
	return r == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -ECHILD;
}
