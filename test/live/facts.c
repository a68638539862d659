/* SPDX-License-Identifier: Apache-2.0 */
/*
 * facts [hold | exit N | signal N | WORD...]: says what the kernel says of this very process, one
 * fact a line, then ends with status 0, waits to be killed, ends with status N or dies by signal N.
 *
 * It is the program of the test containers, and in the place of a runtime it shows what whittle
 * hands on. Then its words are a runtime's, so the environment tells it what to do:
 * FACTS_OUT names the file to write to (its standard streams may be closed), FACTS_EXIT is the
 * exit status. Static, because the containers hold nothing else; the descriptors are listed before
 * it opens anything of its own.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define FDS_MAX 256

struct fd_fact {
	int number;
	int flags;
	char target[PATH_MAX];
};

static struct fd_fact fds[FDS_MAX];
static size_t fd_count;

static int look_at_fds(void)
{
	DIR *folder = opendir("/proc/self/fd");
	const struct dirent *entry;

	if (folder == NULL)
		return -1;
	while ((entry = readdir(folder)) != NULL && fd_count < FDS_MAX) {
		struct fd_fact *fact = &fds[fd_count];
		ssize_t len;

		if (entry->d_name[0] == '.')
			continue;
		fact->number = (int)strtol(entry->d_name, NULL, 10);
		if (fact->number == dirfd(folder))
			continue;
		len = readlinkat(
			dirfd(folder), entry->d_name, fact->target, sizeof(fact->target) - 1);
		fact->target[len < 0 ? 0 : len] = '\0';
		fact->flags = fcntl(fact->number, F_GETFL);
		fd_count++;
	}
	return closedir(folder);
}

/* Numbers of pipes and sockets differ from run to run; what they are does not. */
static void print_fds(FILE *out)
{
	for (size_t i = 0; i < fd_count; i++) {
		char *number = strchr(fds[i].target, '[');

		if (number != NULL)
			*number = '\0';
		fprintf(out, "fd %d %s flags %o\n", fds[i].number, fds[i].target,
			(unsigned)fds[i].flags);
	}
}

static int print_status(FILE *out)
{
	static const char *const wanted[] = { "Cap", "NoNewPrivs:", "Uid:", "Gid:", "Groups:",
		"Umask:", "SigBlk:", "SigIgn:", "Seccomp:" };
	FILE *status = fopen("/proc/self/status", "re");
	char line[4096];

	if (status == NULL)
		return -1;
	while (fgets(line, sizeof(line), status) != NULL) {
		for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
			if (strncmp(line, wanted[i], strlen(wanted[i])) == 0)
				fputs(line, out);
		}
	}
	return fclose(status);
}

/* The soft and hard limits of every resource, and what fork and execve could change. */
static void print_attributes(FILE *out)
{
	char cwd[PATH_MAX];
	int death = 0;

	for (int i = 0; i < RLIM_NLIMITS; i++) {
		struct rlimit limit = { 0, 0 };

		(void)getrlimit((__rlimit_resource_t)i, &limit);
		fprintf(out, "rlimit %d %llu %llu\n", i, (unsigned long long)limit.rlim_cur,
			(unsigned long long)limit.rlim_max);
	}
	(void)prctl(PR_GET_PDEATHSIG, &death);
	fprintf(out, "pdeathsig %d\n", death);
	errno = 0;
	fprintf(out, "nice %d\n", getpriority(PRIO_PROCESS, 0));
	fprintf(out, "cwd %s\n", getcwd(cwd, sizeof(cwd)) == NULL ? "?" : cwd);
	for (int fd = 0; fd <= 2; fd++)
		fprintf(out, "tty %d %s\n", fd, isatty(fd) ? "yes" : "no");
}

static int print(FILE *out, char **argv)
{
	for (size_t i = 0; argv[i] != NULL; i++)
		fprintf(out, "arg %zu %s\n", i, argv[i]);
	for (char **entry = environ; *entry != NULL; entry++)
		fprintf(out, "env %s\n", *entry);
	print_fds(out);
	print_attributes(out);
	if (print_status(out) != 0)
		return -1;
	fprintf(out, "pid %ld\nend\n", (long)getpid());
	return fflush(out);
}

static int end(const char *how, const char *number)
{
	if (how == NULL)
		return EXIT_SUCCESS;
	while (strcmp(how, "hold") == 0)
		(void)pause();
	if (number != NULL && strcmp(how, "exit") == 0)
		return (int)strtol(number, NULL, 10);
	if (number != NULL && strcmp(how, "signal") == 0)
		return raise((int)strtol(number, NULL, 10));
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	const char *file = getenv("FACTS_OUT");
	const char *status = getenv("FACTS_EXIT");
	FILE *out = stdout;

	if (look_at_fds() != 0)
		return 120;
	if (file != NULL)
		out = fopen(file, "ae");
	if (out == NULL || print(out, argv) != 0)
		return 121;
	if (file != NULL || status != NULL)
		return status == NULL ? EXIT_SUCCESS : (int)strtol(status, NULL, 10);
	return end(argc > 1 ? argv[1] : NULL, argc > 2 ? argv[2] : NULL);
}
