/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Taking it out, in the order of putting it in turned round: the engine's file first, the notes and
 * the links last. A file that nobody else has changed since becomes what it was, to the byte; from
 * another only what is ours is taken.
 */

#include "configure.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "host/file.h"

/* ---- the text ---------------------------------------------------------------------------- */

/* The default before, if that runtime is still there. */
static const char *default_before(
	const struct wh_engine_view *view, const struct wh_state_runtime *runtime)
{
	if (runtime->default_before == NULL ||
		wh_engine_runtime_find(view, runtime->default_before) == NULL)
		return NULL;
	return runtime->default_before;
}

/* Takes runtimes of ours out of a text, the last one first; the engine's view of it is read
 * anew for each, since what is the default changes meanwhile. */
static int take_out(struct wh_configure *configure, const char *edited,
	const struct wh_state_runtime *chosen, size_t count, struct wh_buf *text)
{
	for (size_t i = 0; i < count; i++) {
		struct wh_slice now = wh_text_of(text);
		struct wh_buf next WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
		struct wh_engine_view view;
		int r = wh_configure_view(configure, edited, now, &view);

		if (r == 0)
			r = wh_engine_remove(&view,
				&(struct wh_engine_undo){ chosen[i].name,
					default_before(&view, &chosen[i]), chosen[i].added_runc,
					chosen[i].keep_runtime },
				now, &next, &configure->err);
		if (r < 0)
			return r;
		wh_buf_done(text);
		*text = next;
		next = (struct wh_buf)WH_BUF_INIT;
	}
	return wh_buf_status(text) < 0 ? wh_no_memory(configure) : 0;
}

int wh_text_without_ours(
	struct wh_configure *configure, const char *edited, struct wh_slice text, const char **ret)
{
	const struct wh_state_file *file = &configure->state.file;
	struct wh_state_runtime all[WH_STATE_MAX_RUNTIMES];
	struct wh_buf now WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int r;

	for (size_t i = 0; i < file->count; i++)
		all[i] = file->runtimes[file->count - 1 - i];
	wh_buf_add_slice(&now, text);
	r = take_out(configure, edited, all, file->count, &now);
	if (r < 0)
		return r;
	*ret = wh_arena_dup(&configure->arena, wh_text_of(&now));
	return *ret == NULL ? wh_no_memory(configure) : 0;
}

/* ---- what is to go ----------------------------------------------------------------------- */

/* A registration without a note of ours (made by hand, or the note is lost) is taken out if
 * it is whittle's. */
static int adopt(struct wh_configure *configure, const struct wh_engine_view *view)
{
	const struct wh_engine_runtime *runtime = wh_engine_runtime_find(view, configure->name);
	const char *path = runtime == NULL || runtime->path_count == 0 ? NULL : runtime->paths[0];
	struct wh_state_file *file = &configure->state.file;
	struct stat st;

	if (path == NULL || file->count > 0 || runtime->place.file == NULL || path[0] != '/')
		return 0;
	if (strcmp(path, configure->whittle) != 0 &&
		(stat(path, &st) < 0 || st.st_dev != configure->whittle_st.st_dev ||
			st.st_ino != configure->whittle_st.st_ino))
		return wh_fail(&configure->err, EEXIST,
			"%s:%u: \"%s\" is %s, which is not this whittle; take it out by "
			"hand",
			runtime->place.file, runtime->place.line, runtime->name, path);
	file->runtimes[file->count++] =
		(struct wh_state_runtime){ .name = configure->name, .program = path };
	return 0;
}

/* Those that are to go. */
static size_t choose(struct wh_configure *configure, struct wh_state_runtime *ret)
{
	const struct wh_state_file *file = &configure->state.file;
	size_t count = 0;

	for (size_t i = file->count; i-- > 0;) {
		if (!configure->named || strcmp(file->runtimes[i].name, configure->name) == 0)
			ret[count++] = file->runtimes[i];
	}
	return count;
}

/* ---- doing it
 * ---------------------------------------------------------------------------- */

/* A file that was not there before, and that says nothing any more. */
static bool is_empty(const struct wh_buf *text)
{
	size_t at = text->data == NULL ? 0 : strspn(text->data, " \t\r\n");

	return at >= text->len ||
	       (strncmp(text->data + at, "{}", 2) == 0 &&
		       at + 2 + strspn(text->data + at + 2, " \t\r\n") == text->len);
}

/* Whether a backup is the file as it is now, so that nobody needs it. */
static bool is_spare(const char *backup, struct wh_slice text, struct wh_arena *arena)
{
	struct wh_target target WH_TARGET = { .folder = WH_NO_FD, .fd = WH_NO_FD };

	return wh_target_open(&target, backup, arena, NULL) == 0 && target.fd >= 0 &&
	       wh_slice_eq(wh_text_of(&target.text), text);
}

static int drop_backup(struct wh_configure *configure, struct wh_slice text)
{
	const char *backup = configure->state.file.backup;
	struct wh_target target WH_TARGET = { .folder = WH_NO_FD, .fd = WH_NO_FD };
	int r;

	if (backup == NULL)
		return 0;
	if (access(backup, F_OK) == 0 && !is_spare(backup, text, &configure->arena)) {
		wh_note(configure, "kept, since the file was changed meanwhile: %s", backup);
		return 0;
	}
	r = wh_target_open(&target, backup, &configure->arena, &configure->err);
	return r < 0 ? r : wh_target_unlink(&target, NULL, &configure->err);
}

static int drop_links(
	struct wh_configure *configure, const struct wh_state_runtime *gone, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int r = gone[i].made_link
				? wh_state_uses(&configure->state, gone[i].program, &configure->err)
				: 1;

		if (r == 0)
			r = wh_remove_link(configure, gone[i].program);
		if (r < 0)
			return r;
	}
	return 0;
}

static int write_removed(struct wh_configure *configure, struct wh_target *target,
	const struct wh_state_runtime *gone, size_t count, const struct wh_buf *text, bool whole)
{
	struct wh_state_file *file = &configure->state.file;
	struct wh_slice now = wh_text_of(text);
	bool last = count == file->count;
	bool unlink_it = last && file->original == NULL && (whole || is_empty(text));
	const char *unused;
	int r = 0;

	if (target->folder >= 0)
		wh_sweep_replaced(target->folder, target->name);
	if (unlink_it)
		r = wh_target_unlink(target, file->folder, &configure->err);
	else if (target->fd >= 0 && !wh_slice_eq(now, wh_text_of(&target->text)))
		r = wh_target_write(target, now, 0644, &configure->arena, &unused, &configure->err);
	if (r == 0 && last)
		r = drop_backup(configure, now);
	for (size_t i = 0; i < count; i++)
		wh_state_drop(&configure->state, gone[i].name);
	file->written = wh_arena_dup(&configure->arena, now);
	if (last)
		*file = (struct wh_state_file){ .path = NULL };
	if (r == 0)
		r = wh_state_write(&configure->state, &configure->err);
	return r == 0 ? drop_links(configure, gone, count) : r;
}

static int remove_from(struct wh_configure *configure, struct wh_target *target, const char *edited,
	const struct wh_state_runtime *gone, size_t count)
{
	struct wh_state_file *file = &configure->state.file;
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_slice old = wh_text_of(&target->text), new;
	bool whole = count == file->count && file->written != NULL && target->fd >= 0 &&
		     wh_slice_is(old, file->written);
	int r = 0;

	if (whole)
		wh_buf_add_string(&text, file->original == NULL ? "" : file->original);
	else
		wh_buf_add_slice(&text, old);
	if (!whole && target->fd >= 0)
		r = take_out(configure, edited, gone, count, &text);
	if (r < 0)
		return r;
	/* Others changed it, and some of ours stay: what was before is what would be
	 * without us. */
	if (!whole && count < file->count && !wh_slice_is(old, file->written))
		r = wh_text_without_ours(configure, edited, old, &file->original);
	if (r < 0)
		return r;
	new = wh_text_of(&text);
	configure->changed = true;
	if (configure->dry_run)
		return wh_diff(configure->edited, &old,
			       file->original == NULL && is_empty(&text) ? NULL : &new,
			       &configure->diff) < 0
			       ? wh_no_memory(configure)
			       : 0;
	r = write_removed(configure, target, gone, count, &text, whole);
	for (size_t i = 0; r == 0 && i < count; i++)
		wh_note(configure, "%s: \"%s\" is taken out", configure->edited, gone[i].name);
	if (r == 0 && strcmp(configure->engine->name, "docker") == 0)
		wh_note(configure, "containers that were made with it cannot be started any more; "
				   "make them anew");
	return r == 0 ? wh_finish(configure) : r;
}

int wh_remove_runtimes(struct wh_configure *configure)
{
	struct wh_target target WH_TARGET = { .folder = WH_NO_FD, .fd = WH_NO_FD };
	struct wh_state_runtime gone[WH_STATE_MAX_RUNTIMES];
	struct wh_state_file *file = &configure->state.file;
	struct wh_engine_view view = { .edited = file->named };
	size_t count;
	int r = 0;

	if (file->path == NULL) {
		r = wh_configure_view(configure, NULL, WH_SLICE(""), &view);
		if (r == 0)
			r = adopt(configure, &view);
	}
	if (r < 0)
		return r;
	count = choose(configure, gone);
	if (count == 0) {
		wh_note(configure, "%s: there is nothing of whittle's to take out", view.edited);
		return 0;
	}
	r = wh_open_edited(configure, view.edited, &target);
	if (r == 0 && file->path == NULL)
		file->original = wh_arena_dup(&configure->arena, wh_text_of(&target.text));
	return r < 0 ? r : remove_from(configure, &target, view.edited, gone, count);
}
