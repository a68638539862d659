/* SPDX-License-Identifier: Apache-2.0 */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"

int64_t wh_learn_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- signals ----------------------------------------------------------------------------- */

int wh_learn_signals_open(struct wh_learn_signals *ret, struct wh_err *err)
{
	static const int watched[] = { SIGINT, SIGTERM, SIGHUP, SIGCHLD };
	struct wh_learn_signals signals = { .fd = WH_NO_FD };
	sigset_t set;

	(void)sigemptyset(&set);
	for (size_t i = 0; i < WH_COUNT(watched); i++)
		(void)sigaddset(&set, watched[i]);
	signals.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signals.fd < 0)
		return wh_fail_errno(err, errno, "cannot watch for signals");
	(void)sigprocmask(SIG_BLOCK, &set, &signals.before);
	*ret = signals;
	return 0;
}

void wh_learn_signals_done(struct wh_learn_signals *signals)
{
	if (signals->fd < 0)
		return;
	wh_close_fd(&signals->fd);
	(void)sigprocmask(SIG_SETMASK, &signals->before, NULL);
}

void wh_learn_wait(struct wh_learn_signals *signals, int milliseconds)
{
	struct pollfd ready = { .fd = signals->fd, .events = POLLIN };
	struct signalfd_siginfo info;

	if (poll(&ready, 1, milliseconds) <= 0)
		return;
	while (read(signals->fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			continue;
		signals->interrupts++;
		signals->sent = info.ssi_code == SI_KERNEL ? 0 : (int)info.ssi_signo;
	}
}

/* ---- children ---------------------------------------------------------------------------- */

static int redirect(posix_spawn_file_actions_t *actions, enum wh_learn_streams streams, int output)
{
	int r = 0;

	switch (streams) {
	case WH_LEARN_STREAMS_OURS:
		break;
	case WH_LEARN_STREAMS_ERROR:
		r = posix_spawn_file_actions_adddup2(actions, STDERR_FILENO, STDOUT_FILENO);
		break;
	case WH_LEARN_STREAMS_NONE:
		r = posix_spawn_file_actions_addopen(
			actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
		if (r == 0 && output < 0)
			r = posix_spawn_file_actions_addopen(
				actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
		else if (r == 0)
			r = posix_spawn_file_actions_adddup2(actions, output, STDOUT_FILENO);
		if (r == 0)
			r = posix_spawn_file_actions_adddup2(actions, STDOUT_FILENO, STDERR_FILENO);
		break;
	}
	return r;
}

/* posix_spawn's functions return their error. */
static int spawn(struct wh_learn_child *child, const struct wh_learn_signals *signals,
	const char *const *words, enum wh_learn_streams streams, int output)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	short flags = POSIX_SPAWN_SETSIGMASK;
	int r = posix_spawn_file_actions_init(&actions);

	if (r != 0)
		return r;
	r = posix_spawnattr_init(&attributes);
	if (r != 0) {
		(void)posix_spawn_file_actions_destroy(&actions);
		return r;
	}
	if (child->group)
		flags |= POSIX_SPAWN_SETPGROUP;
	r = redirect(&actions, streams, output);
	if (r == 0)
		r = posix_spawnattr_setsigmask(&attributes, &signals->before);
	if (r == 0)
		r = posix_spawnattr_setflags(&attributes, flags);
	if (r == 0)
		r = posix_spawnp(&child->pid, words[0], &actions, &attributes,
			(char *const *)(uintptr_t)words, environ);
	(void)posix_spawnattr_destroy(&attributes);
	(void)posix_spawn_file_actions_destroy(&actions);
	return r;
}

int wh_learn_child_start(struct wh_learn_child *ret, const struct wh_learn_signals *signals,
	const char *const *words, enum wh_learn_streams streams, int output, struct wh_err *err)
{
	struct wh_learn_child child = { .group = streams == WH_LEARN_STREAMS_NONE };
	int r = spawn(&child, signals, words, streams, output);

	if (r != 0)
		return wh_fail_errno(err, r, "cannot start %s", words[0]);
	*ret = child;
	return 0;
}

bool wh_learn_child_ended(struct wh_learn_child *child)
{
	siginfo_t info = { .si_pid = 0 };
	int status = 0;
	pid_t r;

	if (child->pid == 0)
		return true;
	/* As long as it is not waited for, the number of its group is nobody else's. */
	if (child->alone &&
		waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
		info.si_pid == child->pid)
		(void)kill(-child->pid, SIGKILL);
	r = waitpid(child->pid, &status, WNOHANG);
	if (r == 0 || (r < 0 && errno == EINTR))
		return false;
	child->pid = 0;
	child->status = WIFEXITED(status)     ? WEXITSTATUS(status)
			: WIFSIGNALED(status) ? 128 + WTERMSIG(status)
					      : 127;
	return true;
}

void wh_learn_child_signal(const struct wh_learn_child *child, int signal)
{
	if (child->pid > 0)
		(void)kill(child->group ? -child->pid : child->pid, signal);
}

void wh_learn_child_end(struct wh_learn_child *child, int milliseconds)
{
	int64_t end = wh_learn_now() + milliseconds;
	const struct timespec moment = { .tv_nsec = 10000000 };

	wh_learn_child_signal(child, SIGTERM);
	while (!wh_learn_child_ended(child)) {
		if (wh_learn_now() >= end)
			wh_learn_child_signal(child, SIGKILL);
		(void)nanosleep(&moment, NULL);
	}
}
