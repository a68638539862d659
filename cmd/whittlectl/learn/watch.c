/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The recorder puts a new file in the place of the old a few times a second when there is something
 * new; what is read is always whole. Which file it is can only be told by the container's id in it.
 */

#include "watch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/fd.h"
#include "host/file.h"
#include "host/process.h"
#include "record/store.h"

#define SUFFIX ".json"

void wh_learn_watch_done(struct wh_learn_watch *watch)
{
	wh_arena_done(&watch->arena);
}

/* A number, and ".json". */
static bool is_recording(const char *file)
{
	size_t digits = strspn(file, "0123456789");

	return digits > 0 && strcmp(file + digits, SUFFIX) == 0;
}

/* Reads a recording into an arena of its own. 0 or -errno. */
static int read_recording(int folder, const char *file, struct wh_arena *arena,
	struct wh_learnt *ret, struct stat *ret_st)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int fd WH_FD = wh_open_trusted_at(folder, file, NULL);
	int r = fd;

	if (r >= 0 && fstat(fd, ret_st) < 0)
		r = -errno;
	if (r >= 0)
		r = wh_read_all(fd, WH_LEARNT_MAX_SIZE, &text, NULL);
	return r < 0 ? r : wh_learnt_read(&text, arena, ret, NULL);
}

/* Makes it the one that is watched, if it is this container's. */
static int try_file(struct wh_learn_watch *watch, int folder, const char *name, const char *file,
	const char *id, struct wh_arena *arena)
{
	struct wh_arena own = WH_ARENA_INIT;
	struct wh_learnt learnt;
	struct stat st;
	int r = 0;

	if (fstatat(folder, file, &st, AT_SYMLINK_NOFOLLOW) < 0 || st.st_mtime < watch->since ||
		read_recording(folder, file, &own, &learnt, &st) < 0 || learnt.id == NULL ||
		strcmp(learnt.id, id) != 0) {
		wh_arena_done(&own);
		return 0;
	}
	watch->name = wh_arena_dup(arena, wh_slice_of(name));
	watch->file = wh_arena_dup(arena, wh_slice_of(file));
	if (watch->name == NULL || watch->file == NULL) {
		watch->name = NULL;
		r = -ENOMEM;
	}
	wh_arena_done(&watch->arena);
	watch->arena = own;
	watch->learnt = learnt;
	watch->st = st;
	return r < 0 ? r : 1;
}

static int try_name(
	struct wh_learn_watch *watch, const char *name, const char *id, struct wh_arena *arena)
{
	int folder = wh_store_look(name, NULL);
	DIR *names WH_NAMES = wh_open_names_take(folder);
	const struct dirent *entry;
	int r = 0;

	if (names == NULL)
		return 0;
	while (r == 0 && (entry = readdir(names)) != NULL) {
		if (is_recording(entry->d_name))
			r = try_file(watch, folder, name, entry->d_name, id, arena);
	}
	return r;
}

static int find(struct wh_learn_watch *watch, const char *id, const char *name,
	struct wh_arena *arena, struct wh_err *err)
{
	struct wh_arena scratch WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	const char **names = NULL;
	size_t count = 0;
	int r;

	if (name != NULL)
		return try_name(watch, name, id, arena);
	r = wh_store_list(&scratch, &names, &count, err);
	for (size_t i = 0; r == 0 && i < count; i++)
		r = try_name(watch, names[i], id, arena);
	return r;
}

/* A number of an inode comes round again soon. */
static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

int wh_learn_watch_look(struct wh_learn_watch *watch, const char *id, const char *name,
	struct wh_arena *arena, struct wh_err *err)
{
	struct wh_arena own = WH_ARENA_INIT;
	struct wh_learnt learnt;
	struct stat st;
	int folder WH_FD = WH_NO_FD;

	if (watch->name == NULL)
		return find(watch, id, name, arena, err);
	folder = wh_store_look(watch->name, NULL);
	watch->gone = folder < 0 || fstatat(folder, watch->file, &st, AT_SYMLINK_NOFOLLOW) < 0;
	if (watch->gone || is_same(&st, &watch->st))
		return 0;
	/* It may be replaced meanwhile; then the next look finds it. */
	if (read_recording(folder, watch->file, &own, &learnt, &st) < 0) {
		wh_arena_done(&own);
		return 0;
	}
	wh_arena_done(&watch->arena);
	watch->arena = own;
	watch->learnt = learnt;
	watch->st = st;
	return 1;
}

bool wh_learn_watch_over(const struct wh_learn_watch *watch)
{
	int proc WH_FD = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct wh_process process;

	if (watch->gone || watch->learnt.ended != 0)
		return true;
	return watch->learnt.recorder > 0 && proc >= 0 &&
	       (wh_process_read(proc, watch->learnt.recorder, &process) < 0 ||
		       process.start != watch->learnt.recorder_start || process.state == 'Z');
}

static int keep(
	int folder, const char *file, const char *const *command, size_t count, struct wh_err *err)
{
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	struct wh_learnt learnt;
	struct stat st;
	int r = read_recording(folder, file, &arena, &learnt, &st);

	if (r < 0)
		return wh_fail_errno(err, -r, "cannot read the recording");
	wh_learnt_started_by(&learnt, command, count);
	return wh_store_put(folder, file, &learnt, err);
}

/* What took it in, when another of its name ended meanwhile: the only one that has ended. NULL when
 * there is none. */
static const char *find_ended(int folder, struct wh_arena *arena)
{
	DIR *names WH_NAMES = wh_open_names(folder, ".");
	const struct dirent *entry;

	while (names != NULL && (entry = readdir(names)) != NULL) {
		struct wh_arena scratch WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
		struct wh_learnt learnt;
		struct stat st;

		if (is_recording(entry->d_name) &&
			read_recording(folder, entry->d_name, &scratch, &learnt, &st) == 0 &&
			learnt.ended != 0)
			return wh_arena_dup(arena, wh_slice_of(entry->d_name));
	}
	return NULL;
}

int wh_learn_watch_keep(const struct wh_learn_watch *watch, const char *const *command,
	size_t count, struct wh_err *err)
{
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	int folder WH_FD = wh_store_look(watch->name, NULL);
	const char *file = watch->file;

	if (folder < 0)
		return wh_fail_errno(err, -folder, "cannot open the recording");
	/* By this recorders take each other's in. */
	while (flock(folder, LOCK_EX) < 0) {
		if (errno != EINTR)
			return wh_fail_errno(err, errno, "cannot lock the recording");
	}
	if (file == NULL || faccessat(folder, file, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		file = find_ended(folder, &arena);
	return file == NULL ? 0 : keep(folder, file, command, count, err);
}
