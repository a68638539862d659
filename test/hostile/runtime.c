/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A runtime that starts nothing: it tells on standard output what it was given. One line each:
 * "arg WORD", "env NAME=VALUE" (of those beginning with "SHOW_"), "fd N KIND" with "sealed" behind
 * a sealed memory file, "ignored MASK", "umask MODE", "nice N", "cwd PATH"; and "process BYTES",
 * "resources BYTES" for what the words --process=FILE and --resources=FILE name.
 */

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* Nobody can write it any more; further seals do no harm. */
static bool is_sealed(int fd)
{
	const int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
	int found = fcntl(fd, F_GET_SEALS);

	return found >= 0 && (found & seals) == seals;
}

static void show_descriptor(int fd)
{
	char link[32], target[256];
	ssize_t len;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, target, sizeof(target) - 1);
	if (len < 0)
		return;
	target[len] = '\0';
	if (strncmp(target, "pipe:", 5) == 0)
		target[4] = '\0';
	printf("fd %d %s%s\n", fd, target, is_sealed(fd) ? " sealed" : "");
}

static void show_descriptors(void)
{
	for (int fd = 0; fd < 1024; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			show_descriptor(fd);
	}
}

static void show_status(const char *key, const char *label)
{
	FILE *status = fopen("/proc/self/status", "re");
	char line[256];

	while (status != NULL && fgets(line, sizeof(line), status) != NULL) {
		if (strncmp(line, key, strlen(key)) == 0)
			printf("%s %s", label, line + strlen(key) + 1);
	}
	if (status != NULL)
		(void)fclose(status);
}

static void show_file(const char *label, const char *path)
{
	char bytes[65536];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, bytes, sizeof(bytes));

	if (len >= 0)
		printf("%s %.*s\n", label, (int)len, bytes);
	if (fd >= 0)
		(void)close(fd);
}

int main(int argc, char *argv[])
{
	extern char **environ;
	char cwd[4096];

	show_descriptors();
	for (int i = 1; i < argc; i++) {
		printf("arg %s\n", argv[i]);
		if (strncmp(argv[i], "--process=", 10) == 0)
			show_file("process", argv[i] + 10);
		if (strncmp(argv[i], "--resources=", 12) == 0)
			show_file("resources", argv[i] + 12);
	}
	for (char **variable = environ; *variable != NULL; variable++) {
		if (strncmp(*variable, "SHOW_", 5) == 0)
			printf("env %s\n", *variable);
	}
	show_status("SigIgn", "ignored");
	show_status("SigBlk", "blocked");
	show_status("Umask", "umask");
	show_status("NoNewPrivs", "nonewprivs");
	printf("nice %d\n", getpriority(PRIO_PROCESS, 0));
	if (getcwd(cwd, sizeof(cwd)) != NULL)
		printf("cwd %s\n", cwd);
	return 0;
}
