/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A parsed command line asked and written anew. What is written reads the same in every version of
 * the runtime: each value is glued to its option by "=", options stand before the id, a false
 * boolean is left out unless its being false means something.
 */

#include "oci/argv-internal.h"

#include <stddef.h>

static const struct wh_flag *last_of(const struct wh_argv *argv, enum wh_role role)
{
	for (size_t i = argv->flag_count; i > 0; i--) {
		if (argv->flags[i - 1].option->role == role)
			return &argv->flags[i - 1];
	}
	return NULL;
}

const char *wh_argv_value(const struct wh_argv *argv, enum wh_role role)
{
	const struct wh_flag *flag = last_of(argv, role);

	return flag != NULL ? flag->value : NULL;
}

bool wh_argv_has(const struct wh_argv *argv, enum wh_role role)
{
	return last_of(argv, role) != NULL;
}

bool wh_argv_bool(const struct wh_argv *argv, enum wh_role role)
{
	const struct wh_flag *flag = last_of(argv, role);

	return flag != NULL && flag->value == NULL;
}

struct writer {
	const struct wh_argv *argv;
	const struct wh_argv_override *override;
	struct wh_arena *arena;
	char **words;
	size_t count;
	bool failed;
};

/* execve(2) takes words that may be written to, yet does not write; as does whoever runs them. */
static void put(struct writer *w, const char *word)
{
	union {
		const char *borrowed;
		char *word;
	} as = { .borrowed = word };

	if (word == NULL)
		w->failed = true;
	w->words[w->count++] = as.word;
}

static void put_value(struct writer *w, const char *name, const char *value)
{
	put(w, wh_arena_printf(w->arena, "--%s=%s", name, value));
}

/* What the override says instead of this flag: NULL for nothing. */
static const char *overridden(const struct writer *w, const struct wh_option *option)
{
	if (option->role == WH_ROLE_ROOT)
		return w->override->root;
	if (option->role == WH_ROLE_BUNDLE)
		return w->override->bundle;
	if (option->role == WH_ROLE_RESOURCES)
		return w->override->resources;
	if (option->role == WH_ROLE_PROCESS || option->role >= WH_ROLE_CAP)
		return w->override->process;
	return NULL;
}

static void put_flag(struct writer *w, const struct wh_flag *flag)
{
	const struct wh_option *option = flag->option;
	bool takes_value = wh_option_needs_value(option);
	/* runsc has booleans that are true unless set to false; and runc's exec has one that the
	 * container's own configuration may have set. */
	bool false_counts =
		w->argv->grammar->style == WH_STYLE_GO || option->role == WH_ROLE_NO_NEW_PRIVS;

	if (overridden(w, option) != NULL)
		return;
	if (takes_value || (flag->value != NULL && false_counts))
		put_value(w, option->name, flag->value);
	else if (flag->value == NULL)
		put(w, wh_arena_printf(w->arena, "--%s", option->name));
}

static void put_overrides(struct writer *w)
{
	enum wh_action action = w->argv->action;
	bool creates = action == WH_ACTION_CREATE || action == WH_ACTION_RESTORE;

	if (creates && w->override->bundle != NULL)
		put_value(w, "bundle", w->override->bundle);
	if (action == WH_ACTION_EXEC && w->override->process != NULL)
		put_value(w, "process", w->override->process);
	if (action == WH_ACTION_UPDATE && w->override->resources != NULL)
		put_value(w, "resources", w->override->resources);
}

static void put_command(struct writer *w)
{
	const struct wh_argv *argv = w->argv;
	bool program = argv->program_count > 0 && w->override->process == NULL;

	put(w, argv->command->name);
	put_overrides(w);
	for (size_t i = argv->global_count; i < argv->flag_count; i++)
		put_flag(w, &argv->flags[i]);
	if (program && argv->grammar->style == WH_STYLE_URFAVE)
		put(w, "--");
	put(w, argv->id);
	for (size_t i = 0; program && i < argv->program_count; i++)
		put(w, argv->program[i]);
}

char **wh_argv_write(const struct wh_argv *argv, const char *runtime,
	const struct wh_argv_override *override, struct wh_arena *arena)
{
	static const struct wh_argv_override none = { .root = NULL };
	/* Beside flags and program: runtime, command, "--", id, four overrides, the final NULL. */
	size_t most = argv->flag_count + argv->program_count + argv->word_count + 9;
	struct writer w = {
		.argv = argv,
		.override = override != NULL ? override : &none,
		.arena = arena,
		.words = wh_arena_array(arena, most, sizeof(char *)),
	};

	if (w.words == NULL)
		return NULL;
	put(&w, runtime);
	if (argv->action == WH_ACTION_PASS) {
		for (size_t i = 1; i < argv->word_count; i++)
			put(&w, argv->words[i]);
	} else {
		if (w.override->root != NULL)
			put_value(&w, "root", w.override->root);
		for (size_t i = 0; i < argv->global_count; i++)
			put_flag(&w, &argv->flags[i]);
		put_command(&w);
	}
	return w.failed ? NULL : w.words;
}
