/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program is somebody else's and may hang, fork or print for ever. Its end is waited for on the
 * pipe, not by its status: whoever still holds the pipe is part of the answer. At the end the whole
 * process group is killed in any case, and reaped as far as it is ours.
 */

#include "host/call.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"

static int64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* posix_spawn's functions return their error; the first one counts. */
static int start(char *const argv[], int output, pid_t *ret)
{
	char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	char language[] = "LC_ALL=C";
	char *const environment[] = { path, language, NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none;
	int r = posix_spawn_file_actions_init(&actions);

	if (r != 0)
		return -r;
	r = posix_spawnattr_init(&attributes);
	if (r != 0) {
		(void)posix_spawn_file_actions_destroy(&actions);
		return -r;
	}
	(void)sigemptyset(&none);
	r = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
	if (r == 0)
		r = posix_spawn_file_actions_addopen(
			&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	if (r == 0)
		r = posix_spawn_file_actions_addchdir_np(&actions, "/");
	if (r == 0)
		r = posix_spawnattr_setsigmask(&attributes, &none);
	if (r == 0)
		r = posix_spawnattr_setflags(
			&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
	if (r == 0)
		r = posix_spawn(ret, argv[0], &actions, &attributes, argv, environment);
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

static int listen_to(int fd, struct wh_buf *ret)
{
	int64_t end = now_ms() + WH_CALL_SECONDS * 1000;
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
static int end_of(pid_t pid, int heard)
{
	int64_t end = now_ms() + (heard < 0 ? 0 : 500);
	siginfo_t info = { .si_pid = 0 };
	int status = 0;
	pid_t r;

	while (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
		info.si_pid == 0 && now_ms() < end) {
		struct timespec moment = { .tv_nsec = 1000000 };

		(void)nanosleep(&moment, NULL);
	}
	(void)kill(-pid, SIGKILL);
	do
		r = waitpid(pid, &status, 0);
	while (r < 0 && errno == EINTR);
	if (heard < 0)
		return heard;
	return r == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -ECHILD;
}

int wh_call(char *const argv[], struct wh_buf *ret, struct wh_err *err)
{
	int ends[2] = { WH_NO_FD, WH_NO_FD };
	int from WH_FD = WH_NO_FD;
	pid_t pid = 0;
	int r;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return wh_fail_errno(err, errno, "calling %s", argv[0]);
	from = ends[0];
	r = start(argv, ends[1], &pid);
	wh_close_fd(&ends[1]);
	if (r < 0)
		return wh_fail_errno(err, -r, "calling %s", argv[0]);
	r = end_of(pid, listen_to(from, ret));
	if (r == -ETIME)
		return wh_fail(err, ETIME, "%s did not answer within %d seconds", argv[0],
			WH_CALL_SECONDS);
	if (r == -ECHILD)
		return wh_fail(err, ECHILD, "%s did not answer but failed", argv[0]);
	return r < 0 ? wh_fail_errno(err, -r, "calling %s", argv[0]) : 0;
}
