/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recordings are files that are only ever replaced whole, in folders that are root's alone. A lock
 * on the folder of a name (flock(2)) lets one recorder at a time take the others' in, and keeps
 * readers from seeing a recording both in itself and in the one that took it in.
 *
 * What cannot be read is left where it is and makes the whole incomplete: it may hold what the
 * container needs.
 */

#include "record/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "host/file.h"
#include "host/process.h"

#define MAX_NAME 200
#define PLAIN "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_:@+."
#define SUFFIX ".json"
#define MAX_DIGITS 20
#define MAX_RECORDINGS 4096

/* ---- names ------------------------------------------------------------------------------- */

static bool is_plain(const char *name, size_t at)
{
	return strchr(PLAIN, name[at]) != NULL && (name[at] != '.' || at > 0);
}

const char *wh_store_encode(const char *name, struct wh_arena *arena)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;

	for (size_t i = 0; name[i] != '\0' && text.len <= MAX_NAME; i++) {
		if (is_plain(name, i))
			wh_buf_add_char(&text, name[i]);
		else
			wh_buf_addf(&text, "%%%02X", (unsigned char)name[i]);
	}
	if (wh_buf_status(&text) < 0 || text.len == 0 || text.len > MAX_NAME)
		return NULL;
	return wh_arena_dup(arena, (struct wh_slice){ text.data, text.len });
}

static int digit_of(char c)
{
	const char *digits = "0123456789ABCDEF";
	const char *at = c == '\0' ? NULL : strchr(digits, c);

	return at == NULL ? -1 : (int)(at - digits);
}

/* The name that is written so; NULL when none is, or memory ran out. */
static const char *decode(const char *written, struct wh_arena *arena)
{
	char *name = wh_arena_dup(arena, wh_slice_of(written));
	const char *again;
	size_t len = 0;

	for (const char *at = written; name != NULL && *at != '\0'; at++) {
		int high = *at == '%' ? digit_of(at[1]) : 0;
		int low = *at == '%' && high >= 0 ? digit_of(at[2]) : 0;

		if (high < 0 || low < 0)
			return NULL;
		name[len++] = *at == '%' ? (char)(high << 4 | low) : *at;
		at += *at == '%' ? 2 : 0;
	}
	if (name == NULL)
		return NULL;
	name[len] = '\0';
	again = wh_store_encode(name, arena);
	return again != NULL && strcmp(again, written) == 0 ? name : NULL;
}

/* Whether it is a recording's. */
static bool is_number(const char *file)
{
	size_t digits = strspn(file, "0123456789");

	return digits > 0 && digits <= MAX_DIGITS && strcmp(file + digits, SUFFIX) == 0;
}

/* ---- folders ----------------------------------------------------------------------------- */

static int make_folder(const char *path, struct wh_err *err)
{
	return mkdir(path, 0700) == 0 || errno == EEXIST
		       ? 0
		       : wh_fail_errno(err, errno, "cannot make the folder %s", path);
}

/* The path of a name's folder, in the arena. NULL with a sentence. */
static const char *path_of(const char *name, struct wh_arena *arena, struct wh_err *err)
{
	const char *written = wh_store_encode(name, arena);
	const char *path =
		written == NULL ? NULL : wh_arena_printf(arena, WH_RECORDINGS "/%s", written);

	if (path == NULL)
		(void)wh_fail(err, EINVAL,
			"a name of recordings has 1 to %d characters, fewer if they are odd",
			MAX_NAME);
	return path;
}

/* Others than us may remove an empty folder of whittle's in between (configure --remove). */
int wh_store_open(const char *name, struct wh_err *err)
{
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	const char *path = path_of(name, &arena, err);
	int r = path == NULL ? -EINVAL : -ENOENT;

	for (unsigned tries = 0; r == -ENOENT && tries < 8; tries++) {
		const char *const folders[] = { "/var/lib/whittle", WH_RECORDINGS, path };
		struct wh_err why = WH_ERR_INIT;

		r = 0;
		for (size_t i = 0; r == 0 && i < WH_COUNT(folders); i++)
			r = make_folder(folders[i], &why);
		if (r == 0)
			r = wh_open_trusted_folder(path, NULL, &why);
		if (r < 0 && r != -ENOENT)
			return wh_fail(err, -r, "%s", why.text);
	}
	return r == -ENOENT ? wh_fail_errno(err, ENOENT, "cannot make the folder %s", path) : r;
}

/* An existing one. The descriptor, -ENOENT without a sentence, or -errno. */
static int open_existing(const char *path, struct wh_err *err)
{
	struct wh_err why = WH_ERR_INIT;
	int folder = wh_open_trusted_folder(path, NULL, &why);

	if (folder < 0 && folder != -ENOENT)
		return wh_fail(err, -folder, "%s", why.text);
	return folder;
}

int wh_store_look(const char *name, struct wh_err *err)
{
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	const char *path = path_of(name, &arena, err);

	return path == NULL ? -EINVAL : open_existing(path, err);
}

static int lock(int folder, int operation, struct wh_err *err)
{
	while (flock(folder, operation) < 0) {
		if (errno != EINTR)
			return wh_fail_errno(err, errno, "cannot lock a folder of recordings");
	}
	return 0;
}

struct listing {
	const char **names;
	size_t count;
};

/* The names in a folder that `takes` takes, sorted, in the arena. */
static int list_names(int folder, bool (*takes)(const char *name), struct wh_arena *arena,
	struct listing *ret, struct wh_err *err)
{
	DIR *open WH_NAMES = wh_open_names(folder, ".");
	const struct dirent *entry;
	int r = 0;

	*ret = (struct listing){ wh_arena_array(arena, MAX_RECORDINGS, sizeof(*ret->names)), 0 };
	if (open == NULL || ret->names == NULL)
		return wh_fail_errno(err, open == NULL ? errno : ENOMEM, "cannot list recordings");
	while (r == 0 && (entry = readdir(open)) != NULL) {
		if (!takes(entry->d_name))
			continue;
		if (ret->count == MAX_RECORDINGS)
			r = wh_fail(
				err, EFBIG, "there are more than %d recordings", MAX_RECORDINGS);
		else if ((ret->names[ret->count++] =
					 wh_arena_dup(arena, wh_slice_of(entry->d_name))) == NULL)
			r = wh_fail_errno(err, ENOMEM, "cannot list recordings");
	}
	if (r == 0)
		qsort(ret->names, ret->count, sizeof(*ret->names), wh_by_text);
	return r;
}

/* ---- writing ----------------------------------------------------------------------------- */

static int fill_file(int fd, void *context, struct wh_err *err)
{
	const struct wh_buf *text = context;
	int r = wh_write_all(fd, text->data, text->len);

	return r < 0 ? wh_fail_errno(err, -r, "cannot write a recording") : 0;
}

/* The file that is replaced, or while there is none an empty one for the rights of it. */
static int open_old(int folder, const char *file, struct wh_err *err)
{
	struct stat st;

	if (fstatat(folder, file, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return wh_open_trusted_at(folder, file, err);
	return wh_open_model(folder, 0600, err);
}

int wh_store_put(int folder, const char *file, const struct wh_learnt *learnt, struct wh_err *err)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int old WH_FD = WH_NO_FD;

	if (!is_number(file))
		return wh_fail(err, EINVAL, "a recording is called by a number");
	if (wh_learnt_write(learnt, &text) < 0)
		return wh_fail_errno(err, ENOMEM, "cannot write a recording");
	old = open_old(folder, file, err);
	return old < 0 ? old : wh_replace_file(folder, file, old, fill_file, &text, err);
}

/* ---- reading ----------------------------------------------------------------------------- */

/* Whether this process runs, and is not another one of the same number. */
static bool runs(int pid, uint64_t start)
{
	int proc WH_FD = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct wh_process process;

	return pid > 0 && proc >= 0 && wh_process_read(proc, pid, &process) == 0 &&
	       process.start == start && process.state != 'Z' && process.state != 'X';
}

static bool is_running(const struct wh_learnt *learnt)
{
	return learnt->ended == 0 && runs(learnt->recorder, learnt->recorder_start);
}

struct recording {
	struct wh_learnt learnt;
	const char *file;
	bool running;
};

struct recordings {
	struct recording *all; /* in the order of their ends; those that go on come last */
	size_t count;
	size_t running;
	const char *unread; /* what is wrong with one that cannot be read; NULL */
};

static int read_file(int folder, const char *file, struct wh_arena *arena, struct wh_learnt *ret,
	struct wh_err *err)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int fd WH_FD = wh_open_trusted_at(folder, file, err);
	int r = fd < 0 ? fd : wh_read_all(fd, WH_LEARNT_MAX_SIZE, &text, err);

	return r < 0 ? r : wh_learnt_read(&text, arena, ret, err);
}

static void judge_recording(struct recording *recording)
{
	struct wh_learnt *learnt = &recording->learnt;
	int64_t last = learnt->began + (int64_t)(learnt->milliseconds / 1000);

	recording->running = is_running(learnt);
	if (learnt->ended != 0)
		return;
	learnt->complete = false;
	learnt->incomplete = "it is still being recorded";
	if (recording->running)
		return;
	learnt->incomplete = "its recorder ended before the container did";
	learnt->written_unknown = learnt->incomplete;
	learnt->ended = last > 0 ? last : 1;
}

static int by_end(const void *a, const void *b)
{
	const struct recording *first = a, *second = b;
	const struct wh_learnt *one = &first->learnt, *two = &second->learnt;

	if (first->running != second->running)
		return first->running ? 1 : -1;
	if (one->ended != two->ended)
		return one->ended < two->ended ? -1 : 1;
	if (one->began != two->began)
		return one->began < two->began ? -1 : 1;
	return strcmp(first->file, second->file);
}

/* Only running out of memory is an error: all else is a recording that cannot be read. */
static int read_all(int folder, struct wh_arena *arena, struct recordings *ret, struct wh_err *err)
{
	struct listing listing;
	int r = list_names(folder, is_number, arena, &listing, err);

	*ret = (struct recordings){ .count = 0 };
	if (r < 0)
		return r;
	ret->all = wh_arena_array(arena, listing.count + 1, sizeof(*ret->all));
	for (size_t i = 0; ret->all != NULL && i < listing.count; i++) {
		struct recording *recording = &ret->all[ret->count];
		struct wh_err why = WH_ERR_INIT;

		recording->file = listing.names[i];
		r = read_file(folder, listing.names[i], arena, &recording->learnt, &why);
		if (r == -ENOMEM)
			break;
		if (r < 0 && ret->unread == NULL)
			ret->unread = wh_arena_printf(
				arena, "%s cannot be read: %s", listing.names[i], why.text);
		if (r < 0)
			continue;
		judge_recording(recording);
		ret->running += recording->running;
		ret->count++;
	}
	if (ret->all == NULL || r == -ENOMEM)
		return wh_fail_errno(err, ENOMEM, "cannot read recordings");
	qsort(ret->all, ret->count, sizeof(*ret->all), by_end);
	return 0;
}

static int join_all(const struct recordings *recordings, struct wh_arena *arena,
	struct wh_learnt *ret, struct wh_err *err)
{
	*ret = recordings->all[0].learnt;
	for (size_t i = 1; i < recordings->count; i++) {
		if (wh_learnt_join(ret, &recordings->all[i].learnt, arena, ret) < 0)
			return wh_fail_errno(err, ENOMEM, "cannot join recordings");
	}
	return 0;
}

/* What is known of a name; none for one without a folder. */
static int read_name(
	const char *name, struct wh_arena *arena, struct recordings *ret, struct wh_err *err)
{
	int folder WH_FD = wh_store_look(name, err);
	int r = folder;

	*ret = (struct recordings){ .count = 0 };
	if (folder == -ENOENT)
		return 0;
	if (folder >= 0)
		r = lock(folder, LOCK_SH, err);
	return r < 0 ? r : read_all(folder, arena, ret, err);
}

int wh_store_read(const char *name, struct wh_arena *arena, struct wh_learnt *ret,
	size_t *ret_running, struct wh_err *err)
{
	struct recordings recordings;
	struct wh_learnt learnt;
	int r = read_name(name, arena, &recordings, err);

	if (r < 0)
		return r;
	if (recordings.count == 0 && recordings.unread != NULL)
		return wh_fail(err, EINVAL, "%s/%s", path_of(name, arena, err), recordings.unread);
	if (recordings.count == 0)
		return wh_fail(err, ENOENT, "there is no recording of that name");
	r = join_all(&recordings, arena, &learnt, err);
	if (r < 0)
		return r;
	if (recordings.unread != NULL) {
		learnt.complete = false;
		learnt.incomplete = recordings.unread;
	}
	learnt.name = name;
	*ret_running = recordings.running;
	*ret = learnt;
	return 0;
}

int wh_store_running(const char *name, struct wh_arena *arena, const struct wh_store_running **ret,
	size_t *ret_count, struct wh_err *err)
{
	struct recordings recordings;
	struct wh_store_running *list;
	int r = read_name(name, arena, &recordings, err);

	if (r < 0)
		return r;
	list = wh_arena_array(arena, recordings.running + 1, sizeof(*list));
	if (list == NULL)
		return wh_fail_errno(err, ENOMEM, "cannot read recordings");
	*ret_count = 0;
	for (size_t i = 0; i < recordings.count; i++) {
		const struct wh_learnt *learnt = &recordings.all[i].learnt;

		if (recordings.all[i].running)
			list[(*ret_count)++] = (struct wh_store_running){
				.pid = learnt->recorder,
				.start = learnt->recorder_start,
				.began = learnt->began,
				.id = learnt->id,
				.image = learnt->image,
				.transport = learnt->transport,
			};
	}
	*ret = list;
	return 0;
}

/* The descriptor names one process for ever; that it is the one is asked once it is there. */
int wh_store_stop(const struct wh_store_running *running, struct wh_err *err)
{
	int process WH_FD = (int)syscall(SYS_pidfd_open, running->pid, 0);

	if (process < 0 && errno != ESRCH)
		return wh_fail_errno(err, errno, "the recorder %d", running->pid);
	if (process < 0 || !runs(running->pid, running->start))
		return 0;
	if (syscall(SYS_pidfd_send_signal, process, SIGTERM, NULL, 0) < 0 && errno != ESRCH)
		return wh_fail_errno(err, errno, "the recorder %d", running->pid);
	return 0;
}

/* ---- ending ------------------------------------------------------------------------------ */

int wh_store_finish(
	int folder, const char *file, const struct wh_learnt *learnt, struct wh_err *err)
{
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	int mine WH_FD = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct recordings others = { .count = 0 };
	struct wh_learnt joined = *learnt;
	size_t kept = 0;
	int r = mine < 0 ? wh_fail_errno(err, errno, "cannot open a folder of recordings")
			 : lock(mine, LOCK_EX, err);

	if (r == 0)
		r = read_all(mine, &arena, &others, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < others.count; i++) {
		if (!others.all[i].running && strcmp(others.all[i].file, file) != 0)
			others.all[kept++] = others.all[i];
	}
	others.count = kept;
	if (kept > 0)
		r = join_all(&others, &arena, &joined, err);
	if (r == 0 && kept > 0 && wh_learnt_join(&joined, learnt, &arena, &joined) < 0)
		r = wh_fail_errno(err, ENOMEM, "cannot join recordings");
	if (r == 0)
		r = wh_store_put(mine, file, &joined, err);
	/* A run that is killed here leaves them in the union twice: numbers are too large then. */
	for (size_t i = 0; r == 0 && i < kept; i++)
		(void)unlinkat(mine, others.all[i].file, 0);
	return r;
}

static bool is_any(const char *name)
{
	return name[0] != '.';
}

int wh_store_list(struct wh_arena *arena, const char ***ret, size_t *ret_count, struct wh_err *err)
{
	int root WH_FD = open_existing(WH_RECORDINGS, err);
	struct listing listing = { .count = 0 };
	size_t count = 0;
	int r = root == -ENOENT ? 0
		: root < 0      ? root
				: list_names(root, is_any, arena, &listing, err);

	for (size_t i = 0; r == 0 && i < listing.count; i++) {
		const char *name = decode(listing.names[i], arena);
		int folder WH_FD =
			name == NULL ? -ENOENT
				     : openat(root, listing.names[i],
					       O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		struct listing files;

		if (folder >= 0 && (r = list_names(folder, is_number, arena, &files, err)) == 0 &&
			files.count > 0)
			listing.names[count++] = name;
	}
	if (r < 0)
		return r;
	if (count > 0)
		qsort(listing.names, count, sizeof(*listing.names), wh_by_text);
	*ret = listing.names;
	*ret_count = count;
	return 0;
}

/* One that cannot be read has ended, too. */
static int forget_files(int folder, struct wh_arena *arena, size_t *ret_count, struct wh_err *err)
{
	struct listing listing;
	int r = list_names(folder, is_number, arena, &listing, err);

	*ret_count = 0;
	for (size_t i = 0; r == 0 && i < listing.count; i++) {
		struct recording recording = { .running = false };

		r = read_file(folder, listing.names[i], arena, &recording.learnt, NULL);
		if (r == 0 && is_running(&recording.learnt))
			continue;
		r = unlinkat(folder, listing.names[i], 0) == 0 || errno == ENOENT
			    ? 0
			    : wh_fail_errno(err, errno, "cannot remove a recording");
		*ret_count += 1;
	}
	return r;
}

int wh_store_forget(const char *name, struct wh_err *err)
{
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	int folder WH_FD = wh_store_look(name, err);
	size_t count = 0;
	int r = folder < 0 && folder != -ENOENT ? folder : 0;

	if (r == 0 && folder >= 0)
		r = lock(folder, LOCK_EX, err);
	if (r == 0 && folder >= 0)
		r = forget_files(folder, &arena, &count, err);
	if (r == 0 && count == 0)
		return wh_fail(err, ENOENT, "there is no recording of that name that has ended");
	return r;
}
