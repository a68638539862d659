/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finding and becoming the runtime. The folders to search are the test's own; to be "whittle
 * itself" the test starts a copy of its own program there ("--find NAME"), which then looks for
 * itself.
 */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdbool.h>

#include <cmocka.h>

#include <errno.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "scratch.h"

#include "base/fd.h"
#include "host/runtime.h"

#define SCRIPT "#!/bin/sh\necho \"$0\" \"$@\" $WHITTLE_TEST_VARIABLE\nexit 7\n"

static void make_folders(const struct scratch *scratch)
{
	scratch_folder(scratch, "a", 0755);
	scratch_folder(scratch, "b", 0755);
	scratch_folder(scratch, "c", 0755);
	scratch_folder(scratch, "open", 0777);
	scratch_file(scratch, "b/runc", 0755, SCRIPT);
	scratch_file(scratch, "c/runc", 0755, SCRIPT);
	scratch_file(scratch, "c/crun", 0755, SCRIPT);
	scratch_link(scratch, "b/krun", "../c/crun");
	scratch_file(scratch, "a/plain", 0644, SCRIPT);
	scratch_file(scratch, "c/plain", 0755, SCRIPT);
	scratch_folder(scratch, "a/folder", 0755);
	scratch_file(scratch, "c/folder", 0755, SCRIPT);
	scratch_link(scratch, "a/broken", "nothing");
	scratch_file(scratch, "c/broken", 0755, SCRIPT);
	scratch_link(scratch, "a/loop", "loop");
	scratch_file(scratch, "a/group", 0775, SCRIPT);
	scratch_file(scratch, "c/group", 0755, SCRIPT);
	scratch_file(scratch, "open/runc", 0755, SCRIPT);
}

static void runtimes_are_found_by_name_and_path(void **state)
{
	static const struct {
		const char *name; /* one that begins with "/" lies in the scratch folder */
		int expected;
		const char *found; /* or a part of the sentence */
	} cases[] = {
		{ "runc", 0, "b/runc" },
		{ "crun", 0, "c/crun" },
		{ "krun", 0, "b/krun" }, /* the name stays, crun acts by it */
		{ "plain", 0, "c/plain" },
		{ "folder", 0, "c/folder" },
		{ "broken", 0, "c/broken" },
		{ "/c/runc", 0, "c/runc" },
		{ "/b/krun", 0, "b/krun" },
		{ "runsc", -ENOENT, "there is no runtime called runsc in the system's folders" },
		{ "loop", -ENOENT, "there is no runtime called loop in the system's folders" },
		{ "", -ENOENT, "not by an empty word" },
		{ "c/runc", -ENOENT, "not by c/runc" },
		{ "./runc", -ENOENT, "not by ./runc" },
		{ "group", -EPERM, "/a/group can be written by others than its owner (mode 0775)" },
		{ "/a/group", -EPERM, "the runtime cannot be used: " },
		{ "/open/runc", -EPERM,
			"/open can be written by others than its owner (mode 0777)" },
		{ "/c/missing", -ENOENT, "/c/missing: it does not exist" },
		{ "/a/broken", -ENOENT, "there is no such runtime: " },
		{ "/a/plain", -ENOENT, "/a/plain is not a program: nobody may execute it" },
		{ "/a/folder", -ENOENT, "/a/folder is a folder" },
		{ "/c/runc/x", -ENOENT, "/c/runc is a regular file where a folder is expected" },
	};
	const struct scratch *scratch = *state;
	char paths[4][PATH_MAX];
	const char *const folders[] = { paths[0], paths[1], paths[2], paths[3], NULL };

	make_folders(scratch);
	for (size_t i = 0; i < WH_COUNT(paths); i++)
		strcpy(paths[i],
			scratch_path(scratch, (const char *[]){ "none", "a", "b", "c" }[i]));
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
		struct wh_err err = WH_ERR_INIT;
		char name[256];
		const char *found = "unset";

		(void)snprintf(name, sizeof(name), "%s%s",
			cases[i].name[0] == '/' ? scratch->path : "", cases[i].name);
		if (wh_runtime_find_in(folders, name, &arena, &found, &err) != cases[i].expected)
			fail_msg("%s: %s %s", name, found, err.text);
		if (cases[i].expected == 0) {
			assert_string_equal(found, scratch_path(scratch, cases[i].found));
			continue;
		}
		assert_string_equal(found, "unset");
		if (strstr(err.text, cases[i].found) == NULL)
			fail_msg("%s: %s", name, err.text);
	}
}

static void bare_names_are_looked_for_in_the_systems_folders(void **state)
{
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	const char *found = NULL;
	const char *path = getenv("PATH");
	char *before = path == NULL ? NULL : strdup(path);

	(void)state;
	assert_int_equal(setenv("PATH", "/nowhere", 1), 0);
	assert_int_equal(wh_runtime_find("env", &arena, &found, NULL), 0);
	assert_true(strcmp(found, "/usr/bin/env") == 0 || strcmp(found, "/bin/env") == 0);
	assert_int_equal(wh_runtime_find("no-such-runtime", &arena, &found, NULL), -ENOENT);
	assert_int_equal(wh_runtime_find("/usr/bin/env", &arena, &found, NULL), 0);
	assert_string_equal(found, "/usr/bin/env");
	assert_int_equal(before == NULL ? unsetenv("PATH") : setenv("PATH", before, 1), 0);
	free(before);
}

static void what_others_call_whittle_is_passed_over(void **state)
{
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	struct wh_err err = WH_ERR_INIT;
	const char *found = NULL;
	struct wh_runtime_file whittles[2] = { { 0, 1 } };
	struct stat st;

	(void)state;
	assert_int_equal(stat("/usr/bin/env", &st), 0);
	assert_int_equal(wh_runtime_find_behind(whittles, 1, "env", &arena, &found, &err), 0);
	whittles[1] = (struct wh_runtime_file){ st.st_dev, st.st_ino };
	assert_int_equal(wh_runtime_find_behind(whittles, 2, "env", &arena, &found, &err), -ENOENT);
	err = (struct wh_err)WH_ERR_INIT;
	assert_int_equal(
		wh_runtime_find_behind(whittles, 2, "/usr/bin/env", &arena, &found, &err), -ELOOP);
	assert_non_null(strstr(err.text, "is whittle itself"));
}

/* ---- whittle itself --------------------------------------------------------------------- */

static void copy_program(const struct scratch *scratch, const char *name)
{
	int from WH_FD = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	int to WH_FD = openat(scratch->fd, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	char bytes[65536];
	ssize_t got;

	while ((got = read(from, bytes, sizeof(bytes))) > 0)
		assert_int_equal(write(to, bytes, (size_t)got), got);
	assert_int_equal(got, 0);
}

/* The program of the child: looks for itself beside itself, and in the folder given. */
static int find_as_whittle(const char *name, const char *first, const char *second)
{
	const char *const folders[] = { first, second, NULL };
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	struct wh_err err = WH_ERR_INIT;
	const char *found = "";
	int r = wh_runtime_find_in(folders, name, &arena, &found, &err);

	printf("%d %s\n", r, r == 0 ? found : err.text);
	return 0;
}

/* What a child prints, in a static buffer; its status in *ret. `child` never returns. */
static const char *output_of(void (*child)(const struct scratch *, const void *),
	const struct scratch *scratch, const void *context, int *ret)
{
	static char text[2048];
	size_t len = 0;
	int ends[2];
	ssize_t got;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(ends[1], STDOUT_FILENO);
		close(ends[0]);
		close(ends[1]);
		child(scratch, context);
		_exit(99);
	}
	close(ends[1]);
	while ((got = read(ends[0], text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)got;
	text[len] = '\0';
	close(ends[0]);
	assert_int_equal(waitpid(pid, ret, 0), pid);
	return text;
}

static void start_copy(const struct scratch *scratch, const void *name)
{
	execl(scratch_path(scratch, "a/whittle"), "whittle", "--find", (const char *)name,
		scratch_path(scratch, "a"), scratch_path(scratch, "b"), NULL);
}

/* Without a path that still leads to it. */
static void start_open_copy(const struct scratch *scratch, const void *name)
{
	char *const words[] = { (char[]){ "whittle" }, (char[]){ "--find" },
		strdup((const char *)name), strdup(scratch_path(scratch, "a")),
		strdup(scratch_path(scratch, "b")), NULL };

	fexecve(open(scratch_path(scratch, "a/whittle"), O_RDONLY | O_CLOEXEC), words, environ);
}

static void start_copy_beside_us(const struct scratch *scratch, const void *name)
{
	if (chdir(scratch_path(scratch, "b")) == 0)
		execl("../a/link", "whittle", "--find", (const char *)name,
			scratch_path(scratch, "a"), scratch_path(scratch, "b"), NULL);
}

static void whittle_itself_is_no_runtime(void **state)
{
	const struct scratch *scratch = *state;
	char expected[512];
	int status;

	scratch_folder(scratch, "a", 0755);
	scratch_folder(scratch, "b", 0755);
	copy_program(scratch, "a/whittle");
	scratch_link(scratch, "a/runc", "whittle");
	assert_int_equal(linkat(scratch->fd, "a/whittle", scratch->fd, "a/crun", 0), 0);
	scratch_file(scratch, "b/runc", 0755, SCRIPT);

	/* A bare name passes over it, whatever link leads to it. */
	(void)snprintf(expected, sizeof(expected), "0 %s/b/runc\n", scratch->path);
	assert_string_equal(output_of(start_copy, scratch, "runc", &status), expected);
	assert_int_equal(status, 0);
	assert_memory_equal(output_of(start_copy, scratch, "crun", &status), "-2 there is no", 14);
	/* However it was started. */
	scratch_link(scratch, "a/link", "runc");
	assert_string_equal(output_of(start_open_copy, scratch, "runc", &status), expected);
	assert_string_equal(output_of(start_copy_beside_us, scratch, "runc", &status), expected);
	/* A path is taken at its word. */
	(void)snprintf(expected, sizeof(expected),
		"%d the runtime cannot be used: the runtime %s/a/crun is whittle itself; name the "
		"real runtime in the policy (\"runtimes\")\n",
		-ELOOP, scratch->path);
	assert_string_equal(
		output_of(start_copy, scratch, scratch_path(scratch, "a/crun"), &status), expected);
}

/* ---- becoming it ------------------------------------------------------------------------ */

static void become(const struct scratch *scratch, const void *path)
{
	char word0[] = "by this name";
	char word1[] = "--flag=value";
	char variable[] = "WHITTLE_TEST_VARIABLE=variable";
	char *argv[] = { word0, word1, NULL };
	struct wh_err err = WH_ERR_INIT;

	(void)scratch;
	putenv(variable);
	if (wh_runtime_exec(path, argv, &err) == -err.number)
		dprintf(STDOUT_FILENO, "%d %s\n", -err.number, err.text);
	_exit(1);
}

static void execve_passes_on_words_and_environment(void **state)
{
	const struct scratch *scratch = *state;
	char expected[256];
	int status;

	scratch_file(scratch, "runc", 0755, SCRIPT);
	/* The kernel gives a script its path as $0; argv[0] is lost with every script. */
	(void)snprintf(expected, sizeof(expected), "%s --flag=value variable\n",
		scratch_path(scratch, "runc"));
	assert_string_equal(
		output_of(become, scratch, scratch_path(scratch, "runc"), &status), expected);
	assert_int_equal(WEXITSTATUS(status), 7);
}

static void become_shell(const struct scratch *scratch, const void *context)
{
	char word0[] = "by this name";
	char word1[] = "-c";
	char word2[] = "echo $0; tr '\\0' '\\n' </proc/$$/cmdline | head -n 1";
	char *argv[] = { word0, word1, word2, NULL };

	(void)scratch, (void)context;
	if (wh_runtime_exec("/bin/sh", argv, NULL) < 0)
		_exit(1);
}

static void argv0_is_as_given(void **state)
{
	int status;

	assert_string_equal(
		output_of(become_shell, *state, NULL, &status), "by this name\nby this name\n");
	assert_int_equal(status, 0);
}

static void a_failing_execve_says_why(void **state)
{
	static const struct {
		const char *content;
		int number;
		const char *text;
	} cases[] = {
		{ "no program", ENOEXEC, "it is not a program that this kernel runs" },
		{ "#!/no/such/interpreter\n", ENOENT, "it does not exist" },
	};
	const struct scratch *scratch = *state;

	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		char expected[512];
		int status;

		scratch_file(scratch, "runc", 0755, cases[i].content);
		(void)snprintf(expected, sizeof(expected), "%d cannot start the runtime %s: %s\n",
			-cases[i].number, scratch_path(scratch, "runc"), cases[i].text);
		assert_string_equal(
			output_of(become, scratch, scratch_path(scratch, "runc"), &status),
			expected);
		assert_int_equal(unlinkat(scratch->fd, "runc", 0), 0);
	}
}

/* ---- standard descriptors --------------------------------------------------------------- */

/* Closes those in the mask, holds them, prints what each of the three now is. */
static void hold(const struct scratch *scratch, const void *mask)
{
	char line[64] = "";
	int out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 50);
	struct stat null, st;

	(void)scratch;
	for (int fd = 0; fd <= 2; fd++) {
		if (*(const unsigned *)mask & 1u << fd)
			close(fd);
	}
	if (wh_hold_standard_fds() < 0 || stat("/dev/null", &null) < 0)
		_exit(1);
	for (int fd = 0; fd <= 2; fd++) {
		bool held = fstat(fd, &st) == 0 && st.st_rdev == null.st_rdev &&
			    S_ISCHR(st.st_mode) && fcntl(fd, F_GETFD) == FD_CLOEXEC;

		strcat(line, held ? "held " : fcntl(fd, F_GETFD) == 0 ? "kept " : "lost ");
	}
	dprintf(out, "%s%d", line, open("/", O_RDONLY | O_CLOEXEC) > 2);
	_exit(0);
}

static void closed_standard_descriptors_are_held(void **state)
{
	static const struct {
		unsigned mask;
		const char *text;
	} cases[] = {
		{ 0, "kept kept kept 1" },
		{ 1, "held kept kept 1" },
		{ 2, "kept held kept 1" },
		{ 4, "kept kept held 1" },
		{ 5, "held kept held 1" },
		{ 7, "held held held 1" },
	};
	int status;

	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		assert_string_equal(
			output_of(hold, *state, &cases[i].mask, &status), cases[i].text);
		assert_int_equal(status, 0);
	}
}

static void the_last_capability_is_the_kernels(void **state)
{
	unsigned last = wh_last_capability();

	(void)state;
	assert_true(last >= CAP_AUDIT_READ); /* Linux 3.16 */
	assert_true(prctl(PR_CAPBSET_READ, last, 0, 0, 0) >= 0);
	assert_int_equal(prctl(PR_CAPBSET_READ, last + 1, 0, 0, 0), -1);
}

#define WITH_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		WITH_SCRATCH(runtimes_are_found_by_name_and_path),
		cmocka_unit_test(bare_names_are_looked_for_in_the_systems_folders),
		cmocka_unit_test(what_others_call_whittle_is_passed_over),
		WITH_SCRATCH(whittle_itself_is_no_runtime),
		WITH_SCRATCH(execve_passes_on_words_and_environment),
		WITH_SCRATCH(argv0_is_as_given),
		WITH_SCRATCH(a_failing_execve_says_why),
		WITH_SCRATCH(closed_standard_descriptors_are_held),
		cmocka_unit_test(the_last_capability_is_the_kernels),
	};

	if (argc == 5 && strcmp(argv[1], "--find") == 0)
		return find_as_whittle(argv[2], argv[3], argv[4]);
	return cmocka_run_group_tests_name("runtime", tests, NULL, NULL);
}
