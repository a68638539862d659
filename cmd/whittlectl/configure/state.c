/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was done, so that it can be undone: one JSON file an engine, /var/lib/whittle/ENGINE.json.
 * It holds the engine's file as it was and as it was left. While the file still reads as it was
 * left, undoing puts back every byte; else only what was added is taken out.
 *
 * The state is written before the engine's file. A run that is killed between the two leaves a
 * state that says more than was done, and everything here bears that.
 *
 * Nobody but root looks into it, since daemon.json may hold passwords (of proxies).
 */

#include "configure.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "host/file.h"
#include "json/json.h"

#define STATE_MAX_SIZE (16u << 20)

static int state_name(const char *engine, char ret[32], struct wh_err *err)
{
	return snprintf(ret, 32, "%s.json", engine) < 32
		       ? 0
		       : wh_fail(err, ENAMETOOLONG, "the engine's name is too long");
}

/* The folder goes when nothing is noted any more. */
static void remove_folder(int folder)
{
	const struct wh_engine *engine;
	char name[32];

	for (size_t i = 0; (engine = wh_engine_get(i)) != NULL; i++) {
		if (state_name(engine->name, name, NULL) == 0)
			wh_sweep_replaced(folder, name);
	}
	(void)rmdir(WH_STATE_FOLDER);
}

void wh_state_done(struct wh_state *state)
{
	if (state->folder >= 0 && !state->watching)
		remove_folder(state->folder);
	wh_close_fd(&state->folder); /* the lock goes with it */
}

/* ---- reading ----------------------------------------------------------------------------- */

/* A member that is a string, in the arena; NULL when it is not there. A string with NUL in it is
 * none of ours. */
static const char *get_text(
	struct wh_json *doc, wh_node object, const char *key, struct wh_arena *arena)
{
	struct wh_slice text = wh_json_string(doc, wh_json_get(doc, object, key));

	return text.data == NULL ? NULL : wh_arena_dup(arena, text);
}

static bool get_bool(struct wh_json *doc, wh_node object, const char *key)
{
	return wh_json_type(doc, wh_json_get(doc, object, key)) == WH_JSON_TRUE;
}

static void read_runtimes(
	struct wh_state_file *file, struct wh_json *doc, wh_node object, struct wh_arena *arena)
{
	wh_json_each_element (doc, wh_json_get(doc, object, "runtimes"), element) {
		struct wh_state_runtime *runtime = &file->runtimes[file->count];

		if (file->count == WH_STATE_MAX_RUNTIMES)
			return;
		*runtime = (struct wh_state_runtime){
			.name = get_text(doc, element, "name", arena),
			.program = get_text(doc, element, "program", arena),
			.default_before = get_text(doc, element, "defaultBefore", arena),
			.added_runc = get_bool(doc, element, "addedRunc"),
			.keep_runtime = get_bool(doc, element, "keepRuntime"),
			.made_link = get_bool(doc, element, "madeLink"),
		};
		if (runtime->name != NULL && runtime->program != NULL)
			file->count++;
	}
}

static void read_document(struct wh_state *state, struct wh_json *doc, struct wh_arena *arena)
{
	wh_node file = wh_json_get(doc, wh_json_root(doc), "file");
	wh_node cover = wh_json_get(doc, wh_json_root(doc), "coverRunc");

	state->file = (struct wh_state_file){
		.path = get_text(doc, file, "path", arena),
		.named = get_text(doc, file, "named", arena),
		.original = get_text(doc, file, "original", arena),
		.written = get_text(doc, file, "written", arena),
		.backup = get_text(doc, file, "backup", arena),
		.folder = get_text(doc, file, "folder", arena),
	};
	read_runtimes(&state->file, doc, file, arena);
	if (state->file.written == NULL || state->file.named == NULL)
		state->file = (struct wh_state_file){ .path = NULL };
	state->cover = (struct wh_state_cover){
		.link = get_text(doc, cover, "link", arena),
		.real = get_text(doc, cover, "real", arena),
		.policy = get_text(doc, cover, "policy", arena),
		.original = get_text(doc, cover, "original", arena),
		.written = get_text(doc, cover, "written", arena),
	};
}

static int read_state(struct wh_state *state, struct wh_arena *arena, struct wh_err *err)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_json *doc WH_JSON = NULL;
	char name[32];
	struct stat st;
	int fd WH_FD = WH_NO_FD;
	int r = state_name(state->engine, name, err);

	if (r < 0 ||
		(fstatat(state->folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT))
		return r;
	fd = wh_open_trusted_at(state->folder, name, err);
	r = fd < 0 ? fd : wh_read_all(fd, STATE_MAX_SIZE, &text, err);
	if (r == 0)
		r = wh_json_parse_take(&doc, &text, NULL, err);
	if (r < 0) {
		wh_err_prefix(err, WH_STATE_FOLDER "/%s", name);
		return r;
	}
	read_document(state, doc, arena);
	return 0;
}

/* The folder, locked. -ESTALE when it was removed while this waited for the lock. */
static int lock_folder(struct wh_state *state, struct wh_err *err)
{
	struct stat st;

	while (flock(state->folder, LOCK_EX) < 0) {
		if (errno != EINTR)
			return wh_fail_errno(err, errno, "cannot lock " WH_STATE_FOLDER);
	}
	if (fstat(state->folder, &st) < 0)
		return wh_fail_errno(err, errno, "cannot look at " WH_STATE_FOLDER);
	return st.st_nlink > 0 ? 0 : -ESTALE;
}

static int open_folder(struct wh_state *state, struct wh_err *err)
{
	struct wh_err why = WH_ERR_INIT;
	int r;

	if (!state->watching && mkdir(WH_STATE_FOLDER, 0700) < 0 && errno != EEXIST)
		return wh_fail_errno(err, errno, "cannot make the folder " WH_STATE_FOLDER);
	r = wh_open_trusted_folder(WH_STATE_FOLDER, NULL, &why);
	/* Who may not look does not know of anything that was done. */
	if (state->watching && (r == -ENOENT || r == -EACCES))
		return 0;
	if (r < 0)
		return r == -ENOENT ? -ESTALE : wh_fail(err, -r, WH_STATE_FOLDER ": %s", why.text);
	state->folder = r;
	return state->watching ? 0 : lock_folder(state, err);
}

int wh_state_open(struct wh_state *ret, const char *engine, bool watching, struct wh_arena *arena,
	struct wh_err *err)
{
	int r;

	*ret = (struct wh_state){ .folder = WH_NO_FD, .watching = watching, .engine = engine };
	do {
		wh_close_fd(&ret->folder);
		r = open_folder(ret, err);
	} while (r == -ESTALE);
	return r < 0 || ret->folder < 0 ? r : read_state(ret, arena, err);
}

/* ---- writing ----------------------------------------------------------------------------- */

void wh_set_text(struct wh_json *doc, wh_node object, const char *key, const char *text)
{
	if (text != NULL)
		wh_json_set(doc, object, key, wh_json_new_string(doc, wh_slice_of(text)));
}

static void add_runtime(struct wh_json *doc, wh_node list, const struct wh_state_runtime *runtime)
{
	wh_node object = wh_json_new_object(doc);

	wh_set_text(doc, object, "name", runtime->name);
	wh_set_text(doc, object, "program", runtime->program);
	wh_set_text(doc, object, "defaultBefore", runtime->default_before);
	wh_json_set(doc, object, "addedRunc", wh_json_new_bool(doc, runtime->added_runc));
	wh_json_set(doc, object, "keepRuntime", wh_json_new_bool(doc, runtime->keep_runtime));
	wh_json_set(doc, object, "madeLink", wh_json_new_bool(doc, runtime->made_link));
	wh_json_append(doc, list, object);
}

static void add_file(struct wh_json *doc, const struct wh_state_file *file)
{
	wh_node object = wh_json_new_object(doc);
	wh_node list = wh_json_new_array(doc);

	wh_set_text(doc, object, "path", file->path);
	wh_set_text(doc, object, "named", file->named);
	wh_set_text(doc, object, "original", file->original);
	wh_set_text(doc, object, "written", file->written);
	wh_set_text(doc, object, "backup", file->backup);
	wh_set_text(doc, object, "folder", file->folder);
	for (size_t i = 0; i < file->count; i++)
		add_runtime(doc, list, &file->runtimes[i]);
	wh_json_set(doc, object, "runtimes", list);
	wh_json_set(doc, wh_json_root(doc), "file", object);
}

static void add_cover(struct wh_json *doc, const struct wh_state_cover *cover)
{
	wh_node object = wh_json_new_object(doc);

	wh_set_text(doc, object, "link", cover->link);
	wh_set_text(doc, object, "real", cover->real);
	wh_set_text(doc, object, "policy", cover->policy);
	wh_set_text(doc, object, "original", cover->original);
	wh_set_text(doc, object, "written", cover->written);
	wh_json_set(doc, wh_json_root(doc), "coverRunc", object);
}

int wh_state_write(const struct wh_state *state, struct wh_err *err)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_json *doc WH_JSON = NULL;
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	struct wh_target target WH_TARGET = { .folder = WH_NO_FD, .fd = WH_NO_FD };
	const char *path, *unused;
	int r = wh_json_new(&doc);

	if (r == 0 && state->file.path != NULL)
		add_file(doc, &state->file);
	if (r == 0 && state->cover.link != NULL)
		add_cover(doc, &state->cover);
	if (r == 0)
		r = wh_json_write_buf(doc, wh_json_root(doc), &text);
	path = wh_arena_printf(&arena, WH_STATE_FOLDER "/%s.json", state->engine);
	if (r < 0 || path == NULL)
		return wh_fail_errno(err, r < 0 ? -r : ENOMEM, "cannot note what is done");
	r = wh_target_open(&target, path, &arena, err);
	if (r < 0)
		return r;
	if (state->file.path == NULL && state->cover.link == NULL)
		return wh_target_unlink(&target, NULL, err);
	return wh_target_write(
		&target, (struct wh_slice){ text.data, text.len }, 0600, &arena, &unused, err);
}

/* ---- asking ------------------------------------------------------------------------------ */

struct wh_state_runtime *wh_state_find(struct wh_state *state, const char *name)
{
	for (size_t i = 0; i < state->file.count; i++) {
		if (strcmp(state->file.runtimes[i].name, name) == 0)
			return &state->file.runtimes[i];
	}
	return NULL;
}

/* What came before the one that goes is what comes before those that came after it. */
void wh_state_drop(struct wh_state *state, const char *name)
{
	struct wh_state_file *file = &state->file;
	struct wh_state_runtime *gone = wh_state_find(state, name);
	struct wh_state_runtime copy;
	size_t at;

	if (gone == NULL)
		return;
	copy = *gone;
	at = (size_t)(gone - file->runtimes);
	memmove(gone, gone + 1, (file->count - at - 1) * sizeof(*gone));
	file->count--;
	for (size_t i = 0; i < file->count; i++) {
		struct wh_state_runtime *other = &file->runtimes[i];

		if (other->default_before != NULL && strcmp(other->default_before, name) == 0)
			other->default_before = copy.default_before;
	}
	/* The handler that was written down with the first is needed as long as any is there. */
	if (copy.added_runc && file->count > 0)
		file->runtimes[0].added_runc = true;
}

int wh_state_uses(struct wh_state *state, const char *program, struct wh_err *err)
{
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	const struct wh_engine *engine;

	for (size_t i = 0; (engine = wh_engine_get(i)) != NULL; i++) {
		struct wh_state other = { .folder = state->folder, .engine = engine->name };
		const struct wh_state *looked = &other;
		int r = 0;

		if (strcmp(engine->name, state->engine) == 0)
			looked = state;
		else
			r = read_state(&other, &arena, err);
		if (r < 0)
			return r;
		for (size_t k = 0; k < looked->file.count; k++) {
			if (strcmp(looked->file.runtimes[k].program, program) == 0)
				return 1;
		}
	}
	return 0;
}
