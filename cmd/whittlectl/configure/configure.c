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
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host/cover.h"
#include "host/file.h"
#include "json/json.h"
#include "whittlectl/verbs.h"

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

int wh_no_memory(struct wh_configure *configure)
{
	return wh_fail_errno(&configure->err, ENOMEM, "cannot configure the engine");
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
		return wh_no_memory(configure);
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
		return wh_no_memory(configure);
	r = wh_check_trusted_program(configure->whittle, &configure->whittle_st, &configure->err);
	if (r < 0)
		wh_err_prefix(&configure->err, "whittle has to lie beside whittlectl");
	return r;
}

int wh_open_edited(struct wh_configure *configure, const char *path, struct wh_target *target)
{
	int r = wh_target_open(target, path, &configure->arena, &configure->err);

	if (r < 0)
		return r;
	configure->edited = target->path;
	if (strcmp(target->path, path) != 0)
		wh_note(configure, "%s is a link; what it leads to is edited", path);
	return 0;
}

/* ---- the verb ---------------------------------------------------------------------------- */

static int take_all_out(struct wh_configure *configure)
{
	bool only_cover = configure->cover && !configure->named;
	int r = 0;

	if (configure->cover || !configure->named)
		r = wh_uncover_runc(configure);
	return r < 0 || only_cover ? r : wh_remove_runtimes(configure);
}

static int act(struct wh_configure *configure)
{
	int r = find_whittle(configure);

	configure->proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r == 0 && configure->proc < 0)
		r = wh_fail_errno(&configure->err, errno, "/proc");
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
		r = wh_add_runtime(configure);
	return r == 0 && configure->cover ? wh_cover_runc(configure) : r;
}

static int print_json(const struct wh_configure *configure)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_json *doc WH_JSON = NULL;
	wh_node root, notes;

	if (wh_json_new(&doc) < 0)
		return -ENOMEM;
	root = wh_json_root(doc);
	wh_set_text(
		doc, root, "engine", configure->engine == NULL ? NULL : configure->engine->name);
	wh_set_text(doc, root, "runtime", configure->name);
	wh_set_text(doc, root, "program", configure->program);
	wh_set_text(doc, root, "policy", configure->policy_file);
	wh_set_text(doc, root, "file", configure->edited);
	wh_set_text(doc, root, "backup", configure->backup);
	wh_json_set(doc, root, "changed",
		wh_json_new_bool(doc, configure->changed && !configure->dry_run));
	wh_set_text(doc, root, "difference",
		configure->dry_run && configure->diff.len > 0 ? configure->diff.data : NULL);
	wh_set_text(doc, root, "error", configure->err.number != 0 ? configure->err.text : NULL);
	notes = wh_json_new_array(doc);
	for (const char *at = configure->notes.data; at != NULL && *at != '\0';
		at = strchr(at, '\n') + 1)
		wh_json_append(doc, notes,
			wh_json_new_string(
				doc, (struct wh_slice){ at, (size_t)(strchr(at, '\n') - at) }));
	wh_json_set(doc, root, "notes", notes);
	if (wh_json_write_buf(doc, root, &text) < 0)
		return -ENOMEM;
	(void)printf("%s\n", text.data);
	return 0;
}

static int report(const struct wh_configure *configure, int r)
{
	if (configure->json && print_json(configure) < 0)
		r = -ENOMEM;
	if (!configure->json) {
		(void)fputs(wh_text_of(&configure->diff).data, stdout);
		(void)fputs(wh_text_of(&configure->notes).data, stdout);
	}
	if (r < 0)
		(void)fprintf(stderr, "whittlectl configure: %s\n", configure->err.text);
	return fflush(stdout) != 0 || r < 0 ? WH_EXIT_TROUBLE : WH_EXIT_FINE;
}

static void configure_done(struct wh_configure *configure)
{
	wh_close_fd(&configure->proc);
	wh_state_done(&configure->state);
	wh_buf_done(&configure->diff);
	wh_buf_done(&configure->notes);
	wh_arena_done(&configure->arena);
}

int wh_verb_configure(const struct wh_words *words)
{
	struct wh_configure configure WH_CLEANUP(
		configure_done) = { .proc = WH_NO_FD, .state = { .folder = WH_NO_FD } };
	int r = read_words(&configure, words);

	if (r == 0)
		r = act(&configure);
	return report(&configure, r);
}
