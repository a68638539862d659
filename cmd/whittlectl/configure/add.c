/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Putting it in. What is about to be done is noted before it is done, so that a run that is killed
 * leaves nothing unknown; what fails is taken back.
 */

#include "configure.h"

#include <errno.h>
#include <string.h>

#include "host/process.h"
#include "whittlectl/policy-file.h"

/* ---- what must be right before ----------------------------------------------------------- */

/* Without a valid policy whittle refuses every container. */
static int check_policy(struct wh_configure *configure)
{
	struct wh_policy *policy WH_POLICY = NULL;
	struct wh_err why = WH_ERR_INIT;
	int r;

	configure->policy_file =
		configure->policy_name == NULL
			? WH_POLICY_FILE
			: wh_arena_printf(&configure->arena, WH_POLICY_FOLDER "/%s.json",
				  configure->policy_name);
	if (configure->policy_file == NULL)
		return wh_no_memory(configure);
	r = wh_load_policy(configure->policy_file, &policy, NULL, NULL, &why);
	if (r < 0)
		return wh_fail(&configure->err, -r,
			"%s; with this policy whittle would refuse every container, so nothing was "
			"changed",
			why.text);
	return 0;
}

/* Whether a word of the process's command line is this option, alone or with "=". What cannot be
 * read (it ended) has none. */
static int has_word(struct wh_configure *configure, int pid, const char *option, bool *ret)
{
	size_t count = 0, len = strlen(option);
	char **words = NULL;
	int r = wh_process_words(configure->proc, pid, &configure->arena, &words, &count);

	*ret = false;
	for (size_t i = 0; r == 0 && i < count && !*ret; i++)
		*ret = strncmp(words[i], option, len) == 0 &&
		       (words[i][len] == '\0' || words[i][len] == '=');
	return r == -ENOMEM ? wh_no_memory(configure) : 0;
}

/* dockerd refuses to start when a setting is both in daemon.json and among its words. */
static int check_daemon(struct wh_configure *configure)
{
	static const char *const options[] = { "--default-runtime", "--add-runtime" };
	size_t count = 0;
	int *pids = NULL;
	int r;

	if (strcmp(configure->engine->name, "docker") != 0 || configure->file != NULL)
		return 0;
	r = wh_process_find(configure->proc, "dockerd", &configure->arena, &pids, &count);
	if (r < 0)
		return wh_fail_errno(&configure->err, -r, "cannot look for dockerd");
	for (size_t i = configure->make_default ? 0 : 1; count > 0 && i < WH_COUNT(options); i++) {
		bool has;

		r = has_word(configure, pids[0], options[i], &has);
		if (r < 0)
			return r;
		if (has)
			return wh_fail(&configure->err, EBUSY,
				"dockerd (process %d) was started with %s, which it does not allow "
				"together with the same in daemon.json; take that option out first",
				pids[0], options[i]);
	}
	return 0;
}

/* What the engine will make of it. */
static int verify_added(struct wh_configure *configure, const char *edited, struct wh_slice text)
{
	const struct wh_engine_runtime *runtime;
	struct wh_engine_view view;
	int r = wh_configure_view(configure, edited, text, &view);

	if (r < 0)
		return r;
	runtime = wh_engine_runtime_find(&view, configure->name);
	if (runtime == NULL || runtime->path_count == 0 ||
		strcmp(runtime->paths[0], configure->program) != 0)
		return wh_fail(&configure->err, EINVAL,
			"%s:%u: what is said here about \"%s\" comes later and would win; nothing "
			"was changed",
			runtime != NULL && runtime->place.file != NULL ? runtime->place.file
								       : edited,
			runtime != NULL ? runtime->place.line : 1, configure->name);
	if (configure->make_default && strcmp(view.default_runtime, configure->name) != 0)
		return wh_fail(&configure->err, EINVAL,
			"%s:%u: the default that is set here comes later and would win; take it "
			"out first",
			view.default_place.file == NULL ? edited : view.default_place.file,
			view.default_place.line);
	return 0;
}

/* ---- noting it --------------------------------------------------------------------------- */

/* What the file was before the first of us: known from the last time, as long as nobody else has
 * changed it. */
static int note_original(struct wh_configure *configure, const struct wh_engine_view *view,
	const struct wh_target *target)
{
	struct wh_state_file *file = &configure->state.file;

	if (file->path != NULL && strcmp(file->path, target->path) != 0)
		return wh_fail(&configure->err, EBUSY,
			"%s was configured in %s before; take that out first (--remove)",
			configure->engine->title, file->path);
	if (file->path != NULL && target->fd >= 0 &&
		wh_slice_is(wh_text_of(&target->text), file->written))
		return 0;
	if (file->path != NULL && target->fd >= 0)
		return wh_text_without_ours(
			configure, view->edited, wh_text_of(&target->text), &file->original);
	file->path = target->path;
	file->named = view->edited;
	file->original =
		target->fd < 0 ? NULL : wh_arena_dup(&configure->arena, wh_text_of(&target->text));
	return target->fd >= 0 && file->original == NULL ? wh_no_memory(configure) : 0;
}

static int note_runtime(
	struct wh_configure *configure, const struct wh_engine_undo *undo, bool made_link)
{
	struct wh_state_file *file = &configure->state.file;
	struct wh_state_runtime *runtime = wh_state_find(&configure->state, undo->name);

	if (runtime == NULL && file->count == WH_STATE_MAX_RUNTIMES)
		return wh_fail(&configure->err, E2BIG, "there are %d runtimes of whittle already",
			WH_STATE_MAX_RUNTIMES);
	if (runtime == NULL) {
		runtime = &file->runtimes[file->count++];
		*runtime = (struct wh_state_runtime){ .name = undo->name,
			.program = configure->program,
			.keep_runtime = undo->keep_runtime };
	}
	if (undo->default_before != NULL && strcmp(undo->default_before, undo->name) != 0)
		runtime->default_before = undo->default_before;
	runtime->added_runc = runtime->added_runc || undo->added_runc;
	runtime->made_link = runtime->made_link || made_link;
	return 0;
}

static int note_added(struct wh_configure *configure, const struct wh_target *target,
	const struct wh_engine_undo *undo, struct wh_slice text)
{
	struct wh_state_file *file = &configure->state.file;
	bool first = file->count == 0 && target->fd >= 0 && !configure->engine->own_file;
	bool there;
	int r = wh_leads_to_whittle(configure, &there);

	if (r == 0 && first)
		r = wh_target_name_backup(
			target, &configure->arena, &file->backup, &configure->err);
	if (r == 0)
		r = note_runtime(configure, undo, !there);
	file->written = wh_arena_dup(&configure->arena, text);
	if (r == 0 && file->written == NULL)
		r = wh_no_memory(configure);
	if (r == 0)
		r = wh_state_write(&configure->state, &configure->err);
	if (r == 0 && first)
		r = wh_target_back_up(target, file->backup, &configure->err);
	configure->backup = file->backup;
	return r;
}

/* ---- doing it ---------------------------------------------------------------------------- */

/* As it was before, since the engine's file is not the new one. What cannot be taken back is noted
 * still, and the next run takes it back. */
static void take_back(struct wh_configure *configure, const struct wh_state_file *before)
{
	const struct wh_state_file *file = &configure->state.file;
	struct wh_state_runtime *runtime = wh_state_find(&configure->state, configure->name);
	struct wh_target backup WH_TARGET = { .folder = WH_NO_FD, .fd = WH_NO_FD };
	struct wh_err why = configure->err;
	bool made_link = runtime != NULL && runtime->made_link;
	const char *made_backup = before->backup == NULL ? file->backup : NULL;

	configure->state.file = *before;
	if (made_link && wh_state_uses(&configure->state, configure->program, NULL) == 0)
		(void)!wh_remove_link(configure, configure->program);
	if (made_backup != NULL &&
		wh_target_open(&backup, made_backup, &configure->arena, NULL) == 0)
		(void)!wh_target_unlink(&backup, NULL, NULL);
	(void)!wh_state_write(&configure->state, NULL);
	configure->err = why;
}

static int write_added(struct wh_configure *configure, struct wh_target *target,
	const struct wh_engine_undo *undo, struct wh_slice text)
{
	const char *folder = NULL;
	int r = note_added(configure, target, undo, text);

	if (r == 0)
		r = wh_make_link(configure);
	if (r == 0)
		r = wh_target_write(
			target, text, 0644, &configure->arena, &folder, &configure->err);
	if (r == 0 && folder != NULL) {
		configure->state.file.folder = folder;
		r = wh_state_write(&configure->state, &configure->err);
	}
	return r;
}

static int add_to(
	struct wh_configure *configure, const struct wh_engine_view *view, struct wh_target *target)
{
	const struct wh_engine_change change = { configure->name, configure->program,
		configure->make_default };
	struct wh_buf new WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_slice old = wh_text_of(&target->text), text;
	struct wh_engine_undo undo = { .name = NULL };
	struct wh_state_file before;
	bool unused;
	int r = wh_engine_add(view, &change, old, &new, &undo, &configure->err);

	if (r < 0)
		return r;
	text = (struct wh_slice){ new.data, new.len };
	if (target->fd >= 0 && wh_slice_eq(old, text)) {
		wh_note(configure, "%s: \"%s\" is there already", configure->edited,
			configure->name);
		return wh_make_link(configure);
	}
	r = verify_added(configure, view->edited, text);
	if (r < 0)
		return r;
	configure->changed = true;
	if (configure->dry_run)
		return wh_diff(configure->edited, target->fd < 0 ? NULL : &old, &text,
			       &configure->diff) < 0
			       ? wh_no_memory(configure)
			       : wh_leads_to_whittle(configure, &unused);
	before = configure->state.file;
	r = note_original(configure, view, target);
	if (r == 0)
		r = write_added(configure, target, &undo, text);
	if (r < 0) {
		take_back(configure, &before);
		return r;
	}
	wh_note(configure, "%s: \"%s\" is %s with the policy %s%s", configure->edited,
		configure->name, configure->program, configure->policy_file,
		configure->make_default ? ", and the default" : "");
	if (configure->backup != NULL)
		wh_note(configure, "the file as it was: %s", configure->backup);
	return wh_finish(configure);
}

int wh_add_runtime(struct wh_configure *configure)
{
	struct wh_target target WH_TARGET = { .folder = WH_NO_FD, .fd = WH_NO_FD };
	struct wh_engine_view view;
	int r = check_policy(configure);

	if (r == 0)
		r = check_daemon(configure);
	if (r == 0)
		r = wh_configure_view(configure, NULL, WH_SLICE(""), &view);
	if (r == 0)
		r = wh_open_edited(configure, view.edited, &target);
	return r < 0 ? r : add_to(configure, &view, &target);
}
