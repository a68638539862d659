/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Times whole commands from outside, in turn: A B C A B C …, so that a machine which slows down
 * slows all of them. Reads one command a line from standard input, its fields divided by tabs:
 *
 *     LABEL  FILE  COPY  PROGRAM  ARGUMENT…
 *
 * Before each run FILE is copied over COPY, outside of the measured time ("-" for neither). Prints
 * a line for each command: label, median, fastest (microseconds), median of the ratios to the first
 * command's run of the same round, peak memory (KiB). The commands' output is thrown away.
 *
 * usage: bench ROUNDS < COMMANDS
 */

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_COMMANDS 64
#define MAX_WORDS 64

extern char **environ;

struct command {
	char *label;
	char *file;
	char *copy;
	char *words[MAX_WORDS + 1];
	double *micros;
	long peak;
};

static void fail(const char *what)
{
	(void)fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
	exit(2);
}

static void copy_file(const char *from, const char *to)
{
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	struct stat st;

	if (in < 0 || out < 0 || fstat(in, &st) < 0)
		fail(from);
	for (off_t done = 0; done < st.st_size;) {
		ssize_t n = sendfile(out, in, NULL, (size_t)(st.st_size - done));

		if (n <= 0)
			fail(to);
		done += n;
	}
	(void)close(in);
	(void)close(out);
}

static double now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double run_once(struct command *command, const posix_spawn_file_actions_t *actions)
{
	struct rusage usage;
	double start;
	int status;
	pid_t pid;

	if (strcmp(command->file, "-") != 0)
		copy_file(command->file, command->copy);
	start = now();
	errno = posix_spawn(&pid, command->words[0], actions, NULL, command->words, environ);
	if (errno != 0 || wait4(pid, &status, 0, &usage) < 0)
		fail(command->words[0]);
	start = now() - start;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		(void)fprintf(stderr, "bench: %s ended with status %d\n", command->label, status);
		exit(2);
	}
	if (usage.ru_maxrss > command->peak)
		command->peak = usage.ru_maxrss;
	return start;
}

static size_t read_commands(struct command *commands)
{
	char *line = NULL;
	size_t size = 0, count = 0;

	while (getline(&line, &size, stdin) > 0) {
		struct command *command = &commands[count];
		char *rest = strdup(line);
		size_t words = 0;

		if (rest == NULL || count == MAX_COMMANDS)
			fail("too many commands");
		rest[strcspn(rest, "\n")] = '\0';
		command->label = strsep(&rest, "\t");
		command->file = strsep(&rest, "\t");
		command->copy = strsep(&rest, "\t");
		while (rest != NULL && words < MAX_WORDS)
			command->words[words++] = strsep(&rest, "\t");
		if (words == 0) {
			errno = EINVAL;
			fail(line);
		}
		count++;
	}
	free(line);
	return count;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), compare);
	return values[count / 2];
}

static void print_result(struct command *command, const struct command *first, size_t rounds)
{
	double *ratios = calloc(rounds, sizeof(*ratios));
	double *sorted = calloc(rounds, sizeof(*sorted));

	if (ratios == NULL || sorted == NULL)
		fail("memory");
	for (size_t i = 0; i < rounds; i++) {
		ratios[i] = command->micros[i] / first->micros[i];
		sorted[i] = command->micros[i];
	}
	(void)printf("%s\t%.0f\t", command->label, median(sorted, rounds));
	(void)printf("%.0f\t%.3f\t%ld\n", sorted[0], median(ratios, rounds), command->peak);
	free(ratios);
	free(sorted);
}

int main(int argc, char *argv[])
{
	static struct command commands[MAX_COMMANDS];
	size_t rounds = argc == 2 ? strtoul(argv[1], NULL, 10) : 0;
	posix_spawn_file_actions_t actions;
	size_t count;

	if (rounds == 0) {
		(void)fputs("usage: bench ROUNDS < COMMANDS\n", stderr);
		return 2;
	}
	count = read_commands(commands);
	for (size_t i = 0; i < count; i++) {
		commands[i].micros = calloc(rounds, sizeof(double));
		if (commands[i].micros == NULL)
			fail("memory");
	}
	(void)posix_spawn_file_actions_init(&actions);
	(void)posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	(void)posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	for (size_t round = 0; round <= rounds; round++) {
		for (size_t i = 0; i < count; i++) {
			double micros = run_once(&commands[i], &actions);

			if (round > 0) /* the first warms the caches */
				commands[i].micros[round - 1] = micros;
		}
	}
	for (size_t i = 0; i < count; i++)
		print_result(&commands[i], &commands[0], rounds);
	return 0;
}
