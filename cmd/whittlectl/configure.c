/* SPDX-License-Identifier: Apache-2.0 */
/*
 * whittlectl configure: whittle into an engine's configuration, and out again.
 *
 * What the engine's files become is decided by lib/engine, from text to text, and is read again as
 * the engine will read it before anything is written. Then, in this order: the link for a policy,
 * the backup, what is needed to undo it, the engine's file. Taking out goes the other way round. So
 * a run that is killed leaves an engine that works, and the next run finishes the work.
 */

#include "configure.h"

#include <errno.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "files.h"
#include "host/file.h"
#include "json/json.h"
#include "policy/policy.h"
#include "verbs.h"

#define NAME_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"
#define MAX_NAME 64

void wh_note(struct wh_configure *configure, const char *format, ...)
{
	char line[1024];
	va_list list;

	va_start(list, format);
	(void)vsnprintf(line, sizeof(line), format, list);
	va_end(list);
	wh_buf_addf(&configure->notes, "%s\n", line);
}

static int no_memory(struct wh_configure *configure)
{
	return wh_fail_errno(&configure->err, ENOMEM, "cannot configure the engine");
}

/* ---- the files, with one of them as it will be ------------------------------------------- */

struct overlay {
	const struct wh_engine_files *below;
	const char *path;
	const struct wh_slice *text; /* NULL: it will not be there */
};

static int read_overlay(void *context, const char *path, struct wh_buf *ret, struct wh_err *err)
{
	const struct overlay *overlay = context;

	if (strcmp(path, overlay->path) != 0)
		return overlay->below->read(overlay->below->context, path, ret, err);
	if (overlay->text == NULL)
		return -ENOENT;
	wh_buf_add_slice(ret, *overlay->text);
	return wh_buf_status(ret);
}

static int compare_strings(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int match_overlay(void *context, const char *pattern, struct wh_arena *arena,
	const char *const **ret, size_t *ret_count, struct wh_err *err)
{
	const struct overlay *overlay = context;
	const char *const *found;
	const char **list;
	size_t count;
	bool seen = fnmatch(pattern, overlay->path, FNM_PATHNAME | FNM_PERIOD) != 0;
	int r = overlay->below->match(overlay->below->context, pattern, arena, &found, &count, err);

	for (size_t i = 0; r == 0 && i < count; i++)
		seen = seen || strcmp(found[i], overlay->path) == 0;
	*ret = found;
	*ret_count = count;
	if (r < 0 || seen)
		return r;
	list = wh_arena_array(arena, count + 1, sizeof(*list));
	if (list == NULL)
		return wh_fail_errno(err, ENOMEM, "cannot look for files");
	if (count > 0)
		memcpy(list, found, count * sizeof(*list));
	list[count] = overlay->path;
	qsort(list, count + 1, sizeof(*list), compare_strings);
	*ret = list;
	*ret_count = count + 1;
	return 0;
}

/* The engine's major version, as far as it matters for reading. */
static unsigned major_of(struct wh_configure *configure)
{
	struct wh_buf out WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	const char *words[] = { NULL, "--version", NULL };
	const char *digit;

	if (strcmp(configure->engine->name, "containerd") != 0)
		return 0;
	words[0] = wh_find_program("containerd", &configure->arena);
	if (words[0] == NULL || wh_run_program(words, NULL, &out, NULL) < 0 || out.data == NULL)
		return 0;
	/* "containerd github.com/containerd/containerd v1.6.20 …", of Debian without the "v". */
	digit = strpbrk(out.data, "0123456789");
	return digit == NULL ? 0 : (unsigned)strtoul(digit, NULL, 10);
}

static int read_view(
	struct wh_configure *configure, const struct overlay *overlay, struct wh_engine_view *ret)
{
	struct wh_engine_files files = wh_files_of_host;

	if (overlay != NULL) {
		files.context = (void *)(uintptr_t)overlay;
		files.read = read_overlay;
		files.match = match_overlay;
	}
	files.major = major_of(configure);
	return wh_engine_read(configure->engine, &files, configure->file, &configure->arena, ret,
		&configure->err);
}

/* ---- what is asked ----------------------------------------------------------------------- */

static int check_name(struct wh_configure *configure, const char *option, const char *name)
{
	if (name[0] == '.' || name[0] == '-' || strlen(name) > MAX_NAME ||
		name[strspn(name, NAME_CHARACTERS)] != '\0')
		return wh_fail(&configure->err, EINVAL,
			"--%s is at most %d letters, digits, '.', '_' and '-', and begins with a "
			"letter or digit",
			option, MAX_NAME);
	return 0;
}

static int read_words(struct wh_configure *configure, const struct wh_words *words)
{
	const char *name = wh_words_value(words, "runtime-name");
	int r = 0;

	configure->engine = wh_engine_find(words->arguments[0]);
	if (configure->engine == NULL)
		return wh_fail(&configure->err, EINVAL,
			"\"%s\" is no engine; it is one of docker, containerd, podman, crio",
			words->arguments[0]);
	configure->file = wh_words_value(words, "file");
	configure->policy_name = wh_words_value(words, "policy");
	configure->make_default = wh_words_has(words, "default");
	configure->remove = wh_words_has(words, "remove");
	configure->dry_run = wh_words_has(words, "dry-run");
	configure->restart = wh_words_has(words, "restart");
	configure->json = wh_words_has(words, "json");
	configure->cover = wh_words_has(words, "cover-runc");
	configure->named = name != NULL || configure->policy_name != NULL;
	if (configure->policy_name != NULL)
		r = check_name(configure, "policy", configure->policy_name);
	if (r == 0 && name != NULL)
		r = check_name(configure, "runtime-name", name);
	if (r < 0)
		return r;
	configure->name = name != NULL ? name : "whittle";
	if (name == NULL && configure->policy_name != NULL)
		configure->name =
			wh_arena_printf(&configure->arena, "whittle-%s", configure->policy_name);
	if (configure->name == NULL)
		return no_memory(configure);
	if (configure->remove && configure->make_default)
		return wh_fail(
			&configure->err, EINVAL, "--default and --remove do not go together");
	if (configure->cover && strcmp(configure->engine->name, "docker") != 0)
		return wh_fail(&configure->err, EINVAL, "--cover-runc is for docker");
	if (configure->file != NULL && configure->file[0] != '/')
		return wh_fail(&configure->err, EINVAL, "--file is an absolute path");
	if (geteuid() != 0 && !configure->dry_run)
		return wh_fail(&configure->err, EPERM,
			"this changes files of root's: run it as root (or only look: --dry-run)");
	return 0;
}

static bool is_installed(struct wh_configure *configure)
{
	return configure->file != NULL || access(configure->engine->file, F_OK) == 0 ||
	       wh_find_program(configure->engine->program, &configure->arena) != NULL;
}

/* whittle lies beside whittlectl; what a policy's name leads to is a link there. */
static int find_whittle(struct wh_configure *configure)
{
	char self[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;
	int r;

	if (len < 0)
		return wh_fail_errno(&configure->err, errno, "cannot read /proc/self/exe");
	self[len] = '\0';
	slash = strrchr(self, '/');
	configure->whittle =
		wh_arena_printf(&configure->arena, "%.*s/whittle", (int)(slash - self), self);
	configure->program = configure->whittle;
	if (configure->policy_name != NULL)
		configure->program = wh_arena_printf(&configure->arena, "%.*s/whittle-%s",
			(int)(slash - self), self, configure->policy_name);
	if (configure->whittle == NULL || configure->program == NULL)
		return no_memory(configure);
	r = wh_check_trusted_program(configure->whittle, &configure->whittle_st, &configure->err);
	if (r < 0)
		wh_err_prefix(&configure->err, "whittle has to lie beside whittlectl");
	return r;
}

/* Without a valid policy whittle refuses every container. */
static int check_policy(struct wh_configure *configure)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_policy *policy WH_POLICY = NULL;
	struct wh_err why = WH_ERR_INIT;
	int fd WH_FD = WH_NO_FD;
	int r;

	configure->policy_file =
		configure->policy_name == NULL
			? WH_POLICY_FILE
			: wh_arena_printf(&configure->arena, WH_POLICY_FOLDER "/%s.json",
				  configure->policy_name);
	if (configure->policy_file == NULL)
		return no_memory(configure);
	fd = wh_open_trusted_file(configure->policy_file, &why);
	r = fd < 0 ? fd : wh_read_all(fd, WH_POLICY_MAX_SIZE, &text, &why);
	if (r < 0 && strncmp(why.text, configure->policy_file, strlen(configure->policy_file)) != 0)
		wh_err_prefix(&why, "%s", configure->policy_file);
	if (r == 0)
		r = wh_policy_parse_take(&policy, &text, configure->policy_file, &why);
	if (r < 0)
		return wh_fail(&configure->err, -r,
			"%s; with this policy whittle would refuse every container, so nothing was "
			"changed",
			why.text);
	return 0;
}

/* dockerd refuses to start when a setting is both in daemon.json and among its words. */
static int check_daemon(struct wh_configure *configure)
{
	static const char *const options[] = { "--default-runtime", "--add-runtime" };
	int pid;

	if (strcmp(configure->engine->name, "docker") != 0 || configure->file != NULL ||
		wh_find_processes("dockerd", &pid, 1) == 0)
		return 0;
	for (size_t i = configure->make_default ? 0 : 1; i < WH_COUNT(options); i++) {
		if (wh_process_has_word(pid, options[i]))
			return wh_fail(&configure->err, EBUSY,
				"dockerd (process %d) was started with %s, which it does not allow "
				"together with the same in daemon.json; take that option out first",
				pid, options[i]);
	}
	return 0;
}

/* ---- the link for a policy --------------------------------------------------------------- */

/* Whether the path leads to whittle; false with 0 when nothing is there. */
static int leads_to_whittle(struct wh_configure *configure, bool *ret)
{
	struct stat st;

	*ret = false;
	if (lstat(configure->program, &st) < 0)
		return errno == ENOENT ? 0
				       : wh_fail_errno(&configure->err, errno, "cannot look at %s",
						 configure->program);
	*ret = stat(configure->program, &st) == 0 && st.st_dev == configure->whittle_st.st_dev &&
	       st.st_ino == configure->whittle_st.st_ino;
	if (!*ret)
		return wh_fail(&configure->err, EEXIST,
			"%s is there and is not whittle; remove it, or choose another name for the "
			"policy",
			configure->program);
	return 0;
}

static int make_link(struct wh_configure *configure)
{
	const char *name;
	int folder WH_FD = WH_NO_FD;
	bool there;
	int r = leads_to_whittle(configure, &there);

	if (r < 0 || there || configure->dry_run)
		return r;
	folder = wh_open_trusted_parent(configure->program, &name, &configure->err);
	if (folder < 0)
		return folder;
	if (symlinkat("whittle", folder, name) < 0)
		return wh_fail_errno(
			&configure->err, errno, "cannot make the link %s", configure->program);
	return 0;
}

/* Only a link of the kind that make_link() makes. */
static int remove_link(struct wh_configure *configure, const char *path)
{
	char leads[16];
	const char *name;
	int folder WH_FD = WH_NO_FD;
	ssize_t len;

	folder = wh_open_trusted_parent(path, &name, &configure->err);
	if (folder < 0)
		return folder == -ENOENT ? 0 : folder;
	len = readlinkat(folder, name, leads, sizeof(leads));
	if (len != 7 || memcmp(leads, "whittle", 7) != 0)
		return 0;
	if (unlinkat(folder, name, 0) < 0 && errno != ENOENT)
		return wh_fail_errno(&configure->err, errno, "cannot remove the link %s", path);
	return 0;
}

/* ---- putting it in ----------------------------------------------------------------------- */

static struct wh_slice text_of(const struct wh_target *target)
{
	return (struct wh_slice){ target->text.data == NULL ? "" : target->text.data,
		target->text.len };
}

static const char *keep(struct wh_configure *configure, struct wh_slice text)
{
	return wh_arena_dup(&configure->arena, text);
}

/* What the engine will make of it. */
static int verify_added(
	struct wh_configure *configure, const char *edited, const struct wh_slice *text)
{
	struct overlay overlay = { &wh_files_of_host, edited, text };
	const struct wh_engine_runtime *runtime;
	struct wh_engine_view view;
	int r = read_view(configure, &overlay, &view);

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

/* The default before, if that runtime is still there. */
static const char *default_before(
	const struct wh_engine_view *view, const struct wh_state_runtime *runtime)
{
	if (runtime->default_before == NULL ||
		wh_engine_runtime_find(view, runtime->default_before) == NULL)
		return NULL;
	return runtime->default_before;
}

/* Takes runtimes of ours out of a text, the last one first; the engine's view of it is read anew
 * for each, since what is the default changes meanwhile. */
static int take_out(struct wh_configure *configure, const char *edited,
	const struct wh_state_runtime *chosen, size_t count, struct wh_buf *text)
{
	for (size_t i = 0; i < count; i++) {
		struct wh_slice now = { text->data == NULL ? "" : text->data, text->len };
		struct overlay overlay = { &wh_files_of_host, edited, &now };
		struct wh_buf next WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
		struct wh_engine_view view;
		int r = read_view(configure, &overlay, &view);

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
	return wh_buf_status(text) < 0 ? no_memory(configure) : 0;
}

/* The text without anything of ours: what would be there if we had not been. */
static int without_ours(
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
	*ret = keep(configure, (struct wh_slice){ now.data == NULL ? "" : now.data, now.len });
	return *ret == NULL ? no_memory(configure) : 0;
}

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
	if (file->path != NULL && target->fd >= 0 && wh_slice_is(text_of(target), file->written))
		return 0;
	if (file->path != NULL && target->fd >= 0)
		return without_ours(configure, view->edited, text_of(target), &file->original);
	file->path = target->path;
	file->named = view->edited;
	file->original = target->fd < 0 ? NULL : keep(configure, text_of(target));
	return target->fd >= 0 && file->original == NULL ? no_memory(configure) : 0;
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

/* The one thing that is left to do for the person, or that is done for him. */
static int finish(struct wh_configure *configure)
{
	const char *command = wh_reload_command(configure->engine, configure->remove);
	int r;

	if (command == NULL) {
		wh_note(configure, "nothing has to be restarted: the next podman reads it");
		return 0;
	}
	if (!configure->restart) {
		wh_note(configure, "next: %s (or --restart)", command);
		return 0;
	}
	r = wh_reload(configure->engine, configure->remove, &configure->err);
	if (r == -ENOENT) {
		wh_note(configure, "%s does not run; it will read it at its start",
			configure->engine->title);
		return 0;
	}
	if (r == 0)
		wh_note(configure, "done: %s", command);
	return r;
}

/* What is about to be done is noted first, so that a run that is killed leaves nothing unknown. */
static int note_added(struct wh_configure *configure, const struct wh_target *target,
	const struct wh_engine_undo *undo, struct wh_slice text)
{
	struct wh_state_file *file = &configure->state.file;
	bool first = file->count == 0 && target->fd >= 0 && !configure->engine->own_file;
	bool there;
	int r = leads_to_whittle(configure, &there);

	if (r == 0 && first)
		r = wh_target_name_backup(
			target, &configure->arena, &file->backup, &configure->err);
	if (r == 0)
		r = note_runtime(configure, undo, !there);
	file->written = keep(configure, text);
	if (r == 0 && file->written == NULL)
		r = no_memory(configure);
	if (r == 0)
		r = wh_state_write(&configure->state, &configure->err);
	if (r == 0 && first)
		r = wh_target_back_up(target, file->backup, &configure->err);
	configure->backup = file->backup;
	return r;
}

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
		(void)!remove_link(configure, configure->program);
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
		r = make_link(configure);
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
	struct wh_slice old = text_of(target), text;
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
		return make_link(configure);
	}
	r = verify_added(configure, view->edited, &text);
	if (r < 0)
		return r;
	configure->changed = true;
	if (configure->dry_run)
		return wh_diff(configure->edited, target->fd < 0 ? NULL : &old, &text,
			       &configure->diff) < 0
			       ? no_memory(configure)
			       : leads_to_whittle(configure, &unused);
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
	return finish(configure);
}

static int open_edited(struct wh_configure *configure, const char *path, struct wh_target *target)
{
	int r = wh_target_open(target, path, &configure->arena, &configure->err);

	if (r < 0)
		return r;
	configure->edited = target->path;
	if (strcmp(target->path, path) != 0)
		wh_note(configure, "%s is a link; what it leads to is edited", path);
	return 0;
}

static int add(struct wh_configure *configure)
{
	struct wh_target target WH_TARGET = { .folder = WH_NO_FD, .fd = WH_NO_FD };
	struct wh_engine_view view;
	int r = check_policy(configure);

	if (r == 0)
		r = check_daemon(configure);
	if (r == 0)
		r = read_view(configure, NULL, &view);
	if (r == 0)
		r = open_edited(configure, view.edited, &target);
	return r < 0 ? r : add_to(configure, &view, &target);
}

/* ---- taking it out ----------------------------------------------------------------------- */

/* A registration without a note of ours (made by hand, or the note is lost) is taken out if it is
 * whittle's. */
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
			"%s:%u: \"%s\" is %s, which is not this whittle; take it out by hand",
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
	       wh_slice_eq(text_of(&target), text);
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
			r = remove_link(configure, gone[i].program);
		if (r < 0)
			return r;
	}
	return 0;
}

/* The engine's file first, the notes last. */
static int write_removed(struct wh_configure *configure, struct wh_target *target,
	const struct wh_state_runtime *gone, size_t count, const struct wh_buf *text, bool whole)
{
	struct wh_state_file *file = &configure->state.file;
	struct wh_slice now = { text->data == NULL ? "" : text->data, text->len };
	bool last = count == file->count;
	bool unlink_it = last && file->original == NULL && (whole || is_empty(text));
	const char *unused;
	int r = 0;

	if (target->folder >= 0)
		wh_sweep_replaced(target->folder, target->name);
	if (unlink_it)
		r = wh_target_unlink(target, file->folder, &configure->err);
	else if (target->fd >= 0 && !wh_slice_eq(now, text_of(target)))
		r = wh_target_write(target, now, 0644, &configure->arena, &unused, &configure->err);
	if (r == 0 && last)
		r = drop_backup(configure, now);
	for (size_t i = 0; i < count; i++)
		wh_state_drop(&configure->state, gone[i].name);
	file->written = keep(configure, now);
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
	struct wh_slice old = text_of(target), new;
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
	/* Others changed it, and some of ours stay: what was before is what would be without us. */
	if (!whole && count < file->count && !wh_slice_is(old, file->written))
		r = without_ours(configure, edited, old, &file->original);
	if (r < 0)
		return r;
	new = (struct wh_slice){ text.data == NULL ? "" : text.data, text.len };
	configure->changed = true;
	if (configure->dry_run)
		return wh_diff(configure->edited, &old,
			       file->original == NULL && is_empty(&text) ? NULL : &new,
			       &configure->diff) < 0
			       ? no_memory(configure)
			       : 0;
	r = write_removed(configure, target, gone, count, &text, whole);
	for (size_t i = 0; r == 0 && i < count; i++)
		wh_note(configure, "%s: \"%s\" is taken out", configure->edited, gone[i].name);
	if (r == 0 && strcmp(configure->engine->name, "docker") == 0)
		wh_note(configure, "containers that were made with it cannot be started any more; "
				   "make them anew");
	return r == 0 ? finish(configure) : r;
}

static int remove_runtimes(struct wh_configure *configure)
{
	struct wh_target target WH_TARGET = { .folder = WH_NO_FD, .fd = WH_NO_FD };
	struct wh_state_runtime gone[WH_STATE_MAX_RUNTIMES];
	struct wh_state_file *file = &configure->state.file;
	struct wh_engine_view view = { .edited = file->named };
	size_t count;
	int r = 0;

	if (file->path == NULL) {
		r = read_view(configure, NULL, &view);
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
	r = open_edited(configure, view.edited, &target);
	if (r == 0 && file->path == NULL)
		file->original = keep(configure, text_of(&target));
	return r < 0 ? r : remove_from(configure, &target, view.edited, gone, count);
}

static int take_all_out(struct wh_configure *configure)
{
	bool only_cover = configure->cover && !configure->named;
	int r = 0;

	if (configure->cover || !configure->named)
		r = wh_uncover_runc(configure);
	return r < 0 || only_cover ? r : remove_runtimes(configure);
}

/* ---- the verb ---------------------------------------------------------------------------- */

static int act(struct wh_configure *configure)
{
	int r = find_whittle(configure);

	if (r == 0 && !is_installed(configure))
		r = wh_fail(&configure->err, ENOENT,
			"%s is not installed here: there is neither %s nor %s",
			configure->engine->title, configure->engine->program,
			configure->engine->file);
	if (r == 0)
		r = wh_state_open(&configure->state, configure->engine->name, configure->dry_run,
			&configure->arena, &configure->err);
	if (r < 0)
		return r;
	if (configure->remove)
		return take_all_out(configure);
	/* --cover-runc alone registers nothing. */
	if (!configure->cover || configure->named || configure->make_default)
		r = add(configure);
	return r == 0 && configure->cover ? wh_cover_runc(configure) : r;
}

static void set_text(struct wh_json *doc, const char *key, const char *text)
{
	if (text != NULL)
		wh_json_set(
			doc, wh_json_root(doc), key, wh_json_new_string(doc, wh_slice_of(text)));
}

static void set_bool(struct wh_json *doc, const char *key, bool value)
{
	wh_json_set(doc, wh_json_root(doc), key, wh_json_new_bool(doc, value));
}

static int print_json(const struct wh_configure *configure)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_json *doc WH_JSON = NULL;
	wh_node notes;

	if (wh_json_new(&doc) < 0)
		return -ENOMEM;
	set_text(doc, "engine", configure->engine == NULL ? NULL : configure->engine->name);
	set_text(doc, "runtime", configure->name);
	set_text(doc, "program", configure->program);
	set_text(doc, "policy", configure->policy_file);
	set_text(doc, "file", configure->edited);
	set_text(doc, "backup", configure->backup);
	set_bool(doc, "changed", configure->changed && !configure->dry_run);
	set_text(doc, "difference",
		configure->dry_run && configure->diff.len > 0 ? configure->diff.data : NULL);
	set_text(doc, "error", configure->err.number != 0 ? configure->err.text : NULL);
	notes = wh_json_new_array(doc);
	for (const char *at = configure->notes.data; at != NULL && *at != '\0';
		at = strchr(at, '\n') + 1)
		wh_json_append(doc, notes,
			wh_json_new_string(
				doc, (struct wh_slice){ at, (size_t)(strchr(at, '\n') - at) }));
	wh_json_set(doc, wh_json_root(doc), "notes", notes);
	if (wh_json_write_buf(doc, wh_json_root(doc), &text) < 0)
		return -ENOMEM;
	(void)printf("%s\n", text.data);
	return 0;
}

static int report(const struct wh_configure *configure, int r)
{
	if (configure->json && print_json(configure) < 0)
		r = -ENOMEM;
	if (!configure->json) {
		(void)fputs(configure->diff.data == NULL ? "" : configure->diff.data, stdout);
		(void)fputs(configure->notes.data == NULL ? "" : configure->notes.data, stdout);
	}
	if (r < 0)
		(void)fprintf(stderr, "whittlectl configure: %s\n", configure->err.text);
	return fflush(stdout) != 0 || r < 0 ? WH_EXIT_TROUBLE : WH_EXIT_FINE;
}

static void configure_done(struct wh_configure *configure)
{
	wh_state_done(&configure->state);
	wh_buf_done(&configure->diff);
	wh_buf_done(&configure->notes);
	wh_arena_done(&configure->arena);
}

int wh_verb_configure(const struct wh_words *words)
{
	struct wh_configure configure WH_CLEANUP(
		configure_done) = { .state = { .folder = WH_NO_FD } };
	int r = read_words(&configure, words);

	if (r == 0)
		r = act(&configure);
	return report(&configure, r);
}
