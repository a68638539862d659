/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usage: bounded SECONDS MIB OUT ERR PROGRAM [WORD]...
 *
 * Runs a program whose input is an empty pipe and whose outputs are pipes that end in the files OUT
 * and ERR (a runtime changes the owner of what it is given, so it is never given a file). Nothing
 * else is open but the descriptors in the variable KEEP_FDS ("0 5"). It says how it ended: its own
 * status; 128 + N when signal N ended it; 124 when it took more of the processor's time than that,
 * or had not ended after twenty times as long and was killed (a program that waits for nothing
 * takes longer on a busy machine, but no more of the processor); 125 when its memory was ever
 * larger. The line "MILLISECONDS KIB", of the processor and of memory, goes to ERR.cost. What a
 * process held before execve(2) counts into its peak, so this one is small. PROGRAM "argc0" starts
 * the next word without any word at all.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TOO_LONG 124
#define TOO_LARGE 125
#define NOT_STARTED 127

static long long now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static long long taken_ms(const struct rusage *usage)
{
	const struct timeval *user = &usage->ru_utime, *kernel = &usage->ru_stime;

	return (long long)(user->tv_sec + kernel->tv_sec) * 1000 +
	       (user->tv_usec + kernel->tv_usec) / 1000;
}

static bool is_kept(const char *kept, long fd)
{
	char *end;

	while (kept != NULL && *kept != '\0') {
		long number = strtol(kept, &end, 10);

		if (end == kept)
			return false;
		if (number == fd)
			return true;
		kept = end;
	}
	return false;
}

static void become(char *words[], int out, int err)
{
	const char *kept = getenv("KEEP_FDS");
	long most = sysconf(_SC_OPEN_MAX);
	int in[2];

	if (!is_kept(kept, STDIN_FILENO)) {
		if (pipe(in) < 0 || dup2(in[0], STDIN_FILENO) < 0)
			_exit(NOT_STARTED);
	}
	(void)dup2(out, STDOUT_FILENO);
	(void)dup2(err, STDERR_FILENO);
	for (long fd = 3; fd < (most < 1024 ? most : 1024); fd++) {
		if (!is_kept(kept, fd))
			(void)close((int)fd);
	}
	(void)unsetenv("KEEP_FDS");
	if (strcmp(words[0], "argc0") == 0) {
		char *none[] = { NULL };

		(void)execv(words[1], none);
	} else {
		(void)execvp(words[0], words);
	}
	perror(words[0]);
	_exit(NOT_STARTED);
}

/* What there is to read goes to the file; false at the end. */
static bool copy(int from, int to)
{
	char bytes[65536];
	ssize_t got = read(from, bytes, sizeof(bytes));

	if (got < 0)
		return errno == EAGAIN;
	return got > 0 && write(to, bytes, (size_t)got) == got;
}

/* Until the program has ended and the pipes hold no more. Whoever it left behind may keep them
 * open. False when the time is over. */
static bool watch(struct pollfd polled[3], const int files[2], long long end)
{
	for (;;) {
		long long left = end - now_ms();
		int events;

		if (left <= 0)
			return false;
		events = poll(polled, 3, polled[2].fd < 0 ? 0 : (int)left);
		if (events < 0 && errno != EINTR)
			return false;
		if (events == 0 && polled[2].fd < 0)
			return true;
		for (int i = 0; i < 2; i++) {
			if (polled[i].revents != 0 && !copy(polled[i].fd, files[i]))
				polled[i].fd = -1;
		}
		if (polled[2].revents != 0)
			polled[2].fd = -1;
	}
}

static int report(const char *path, long long ms, long kib)
{
	char name[4096];
	FILE *cost;

	(void)snprintf(name, sizeof(name), "%s.cost", path);
	cost = fopen(name, "we");
	if (cost == NULL)
		return -1;
	(void)fprintf(cost, "%lld %ld\n", ms, kib);
	return fclose(cost);
}

int main(int argc, char *argv[])
{
	int out[2], err[2], files[2], status = 0;
	long long began = now_ms(), limit;
	struct rusage usage;
	struct pollfd polled[3];
	bool ended;
	pid_t pid;

	if (argc < 6 || pipe2(out, O_CLOEXEC) < 0 || pipe2(err, O_CLOEXEC) < 0)
		return NOT_STARTED;
	limit = (long long)(strtod(argv[1], NULL) * 1000);
	for (int i = 0; i < 2; i++) {
		files[i] = open(argv[3 + i], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
		if (files[i] < 0)
			return NOT_STARTED;
	}
	pid = fork();
	if (pid == 0)
		become(argv + 5, out[1], err[1]);
	(void)close(out[1]);
	(void)close(err[1]);
	(void)fcntl(out[0], F_SETFL, O_NONBLOCK);
	(void)fcntl(err[0], F_SETFL, O_NONBLOCK);
	polled[0] = (struct pollfd){ .fd = out[0], .events = POLLIN };
	polled[1] = (struct pollfd){ .fd = err[0], .events = POLLIN };
	polled[2] = (struct pollfd){ .fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN };
	ended = pid > 0 && polled[2].fd >= 0 && watch(polled, files, began + 20 * limit);
	if (!ended)
		(void)kill(pid, SIGKILL);
	if (wait4(pid, &status, 0, &usage) < 0 || !ended)
		return TOO_LONG;
	if (report(argv[4], taken_ms(&usage), usage.ru_maxrss) < 0)
		return NOT_STARTED;
	if (taken_ms(&usage) > limit)
		return TOO_LONG;
	if (WIFSIGNALED(status))
		return 128 + WTERMSIG(status);
	return usage.ru_maxrss > strtol(argv[2], NULL, 10) * 1024 ? TOO_LARGE : WEXITSTATUS(status);
}
