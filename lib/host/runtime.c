/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The runtime is checked and started by path, because runtimes look at the name they are called by,
 * start themselves again, and may be scripts, all of which a descriptor (fexecve(3)) would break;
 * and safely, because every folder and link the path goes through belongs to root or to us, so that
 * nobody else can change what it leads to.
 */

#include "host/runtime.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/capability.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/file.h"

/* ---- finding it ------------------------------------------------------------------------- */

/*
 * whittle in front of whittle would start itself for ever. Which file it is, the path tells that
 * execve(2) was given and that the kernel hands on (AT_EXECFN of getauxval(3)): it costs half of
 * what /proc does, and is as good against a loop, since a whittle that was started in the place of
 * the runtime has the runtime's own path there. It leads nowhere where an open file was executed
 * (fexecve(3)), or the program was removed since.
 */
static int is_whittle(const struct stat *program, bool *ret, struct wh_err *err)
{
	/* The kernel gives addresses as numbers. */
	const char *started = (const char *)(uintptr_t)getauxval(AT_EXECFN);
	struct stat self;

	if ((started == NULL || stat(started, &self) < 0) && stat("/proc/self/exe", &self) < 0)
		return wh_fail_errno(err, errno,
			"cannot tell by /proc/self/exe which program whittle is; mount /proc");
	*ret = program->st_dev == self.st_dev && program->st_ino == self.st_ino;
	return 0;
}

/* Where to look, and what to take for whittle beside the program that is running. */
struct search {
	const char *const *folders;
	const struct wh_runtime_file *whittles;
	size_t whittle_count;
};

static bool is_other_whittle(const struct search *search, const struct stat *program)
{
	for (size_t i = 0; i < search->whittle_count; i++) {
		if (search->whittles[i].device == program->st_dev &&
			search->whittles[i].inode == program->st_ino)
			return true;
	}
	return false;
}

/* 0 when it is a runtime; -ENOEXEC and -ELOOP (whittle itself) let a search go on. */
static int check_candidate(const struct search *search, const char *path, struct wh_err *err)
{
	struct stat program;
	bool self = false;
	int r = wh_check_trusted_program(path, &program, err);

	if (r == 0)
		r = is_whittle(&program, &self, err);
	if (r == 0 && !self)
		self = is_other_whittle(search, &program);
	if (r < 0)
		return r;
	if (self)
		return wh_fail(err, ELOOP,
			"the runtime %s is whittle itself; name the real runtime in the policy "
			"(\"runtimes\")",
			path);
	return 0;
}

static int find_absolute(const struct search *search, const char *path, struct wh_arena *arena,
	const char **ret, struct wh_err *err)
{
	struct wh_err why = WH_ERR_INIT;
	int r = check_candidate(search, path, &why);
	const char *copy;

	if (r == -ENOEXEC || r == -ENOTDIR || r == -ENOENT)
		return wh_fail(err, ENOENT, "there is no such runtime: %s", why.text);
	if (r < 0)
		return wh_fail(err, -r, "the runtime cannot be used: %s", why.text);
	copy = wh_arena_dup(arena, wh_slice_of(path));
	if (copy == NULL)
		return wh_fail_errno(err, ENOMEM, "cannot note the runtime");
	*ret = copy;
	return 0;
}

static int find_bare(const struct search *search, const char *name, struct wh_arena *arena,
	const char **ret, struct wh_err *err)
{
	const char *const *folders = search->folders;

	for (size_t i = 0; folders[i] != NULL; i++) {
		struct wh_err why = WH_ERR_INIT;
		char *path = wh_arena_printf(arena, "%s/%s", folders[i], name);
		int r;

		if (path == NULL)
			return wh_fail_errno(err, ENOMEM, "cannot look for the runtime");
		/* The walk is for what is there; most of these are not. */
		if (access(path, F_OK) < 0)
			continue;
		r = check_candidate(search, path, &why);
		if (r == 0) {
			*ret = path;
			return 0;
		}
		if (r != -ENOEXEC && r != -ELOOP && r != -ENOENT)
			return wh_fail(err, -r, "the runtime cannot be used: %s", why.text);
	}
	return wh_fail(err, ENOENT,
		"there is no runtime called %s in the system's folders for programs; install it, "
		"or give "
		"its absolute path in the policy (\"runtimes\")",
		name);
}

static int find(const struct search *search, const char *name, struct wh_arena *arena,
	const char **ret, struct wh_err *err)
{
	if (name[0] == '/')
		return find_absolute(search, name, arena, ret, err);
	if (name[0] == '\0' || strchr(name, '/') != NULL)
		return wh_fail(err, ENOENT,
			"a runtime is named by a bare name or by an absolute path, not by %s",
			name[0] == '\0' ? "an empty word" : name);
	return find_bare(search, name, arena, ret, err);
}

int wh_runtime_find_in(const char *const folders[], const char *name, struct wh_arena *arena,
	const char **ret, struct wh_err *err)
{
	return find(&(struct search){ .folders = folders }, name, arena, ret, err);
}

const char *const wh_runtime_folders[] = {
	"/usr/local/sbin",
	"/usr/local/bin",
	"/usr/sbin",
	"/usr/bin",
	"/sbin",
	"/bin",
	NULL,
};

int wh_runtime_find(const char *name, struct wh_arena *arena, const char **ret, struct wh_err *err)
{
	return wh_runtime_find_in(wh_runtime_folders, name, arena, ret, err);
}

int wh_runtime_find_behind(const struct wh_runtime_file whittles[], size_t count, const char *name,
	struct wh_arena *arena, const char **ret, struct wh_err *err)
{
	struct search search = { wh_runtime_folders, whittles, count };

	return find(&search, name, arena, ret, err);
}

/* ---- becoming it ------------------------------------------------------------------------ */

int wh_runtime_exec(const char *path, char *const argv[], struct wh_err *err)
{
	(void)execve(path, argv, environ);
	return wh_fail_errno(err, errno, "cannot start the runtime %s", path);
}

int wh_hold_standard_fds(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		/* The kernel gives the lowest free number, and those below are held. */
		if (open("/dev/null", O_RDWR | O_CLOEXEC) < 0)
			return -errno;
	}
	return 0;
}

void wh_hold_signals(struct wh_signals *ret)
{
	const struct sigaction ignore = { .sa_handler = SIG_IGN };

	(void)sigaction(SIGPIPE, &ignore, &ret->pipe);
	(void)sigaction(SIGXFSZ, &ignore, &ret->file_size);
}

void wh_release_signals(const struct wh_signals *held)
{
	(void)sigaction(SIGPIPE, &held->pipe, NULL);
	(void)sigaction(SIGXFSZ, &held->file_size, NULL);
}

unsigned wh_last_capability(void)
{
	cap_value_t count = cap_max_bits();

	return count > 0 ? (unsigned)count - 1 : 0;
}
