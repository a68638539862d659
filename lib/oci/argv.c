/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What all grammars share: the way through a command line (globals, command, options, positionals).
 * argv-flag.c judges each option, argv-write.c has the canonical form.
 *
 * Where options end and which word is a value is the parsers' business (argv-go.c, argv-argp.c) and
 * follows the runtime to the letter. What is then accepted is narrower, and is written anew in the
 * one form that all versions of a runtime agree on.
 *
 * Every step is linear in the number of words: an option given again leaves a hole where it stood
 * before, and the holes are closed at the end of each table.
 */

#include "oci/argv-internal.h"

#include <errno.h>
#include <string.h>

#include "base/path.h"

/* Turns to a table. */
static int begin(struct wh_argv_parser *p, const char *where, const struct wh_option *options)
{
	size_t count = 0;

	while (options[count].name != NULL)
		count++;
	p->where = where;
	p->options = options;
	p->seen = wh_arena_array(p->arena, count + 1, sizeof(*p->seen));
	if (where == NULL || p->seen == NULL)
		return wh_fail_no_memory(p);
	return 0;
}

/* Closes the holes that repeated options left, from this flag on. */
static void settle(struct wh_argv *argv, size_t from)
{
	size_t to = from;

	for (size_t i = from; i < argv->flag_count; i++) {
		if (argv->flags[i].option != NULL)
			argv->flags[to++] = argv->flags[i];
	}
	argv->flag_count = to;
}

static int run_style(struct wh_argv_parser *p, char *const *words, size_t count, size_t *ret_used)
{
	switch (p->argv->grammar->style) {
	case WH_STYLE_URFAVE:
	case WH_STYLE_GO:
		return wh_argv_go(p, words, count, ret_used);
	case WH_STYLE_ARGP:
		return wh_argv_argp(p, words, count, ret_used);
	}
	return -EINVAL;
}

static int check_word(struct wh_argv_parser *p, const char *word, const char *what)
{
	if (*word == '\0')
		return wh_fail(p->err, EINVAL, "an empty word stands where \"%s\" expects %s",
			p->where, what);
	if (wh_is_blank_padded(word))
		return wh_fail(p->err, EINVAL,
			"\"%.*s\" begins or ends with a blank where \"%s\" expects %s",
			WH_SHOWN(word), p->where, what);
	return 0;
}

static int check_id(struct wh_argv_parser *p, const char *id)
{
	static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz"
				       "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				       "0123456789_+.-";
	const size_t longest = 1024;
	size_t len = strlen(id);
	int r = check_word(p, id, "a container id");

	if (r < 0)
		return r;
	if (len > longest || strspn(id, alphabet) != len || id[0] == '-' || id[0] == '.')
		return wh_fail(p->err, EINVAL,
			"\"%.*s\" cannot be the container id of \"%s\": an id is 1 to 1024 of A-Z "
			"a-z 0-9 _ + . - and does not begin with \"-\" or \".\"",
			WH_SHOWN(id), p->where);
	/* runc's main branch prints its help instead. */
	if (p->argv->grammar->style == WH_STYLE_URFAVE &&
		(strcmp(id, "help") == 0 || strcmp(id, "h") == 0))
		return wh_fail(p->err, EINVAL,
			"\"%s\" cannot be the container id of \"%s\": some versions of runc take "
			"it for a command",
			id, p->where);
	return 0;
}

/* exec's options that say of the process what its file says already; the runtimes ignore them, and
 * who gave one meant something by it. --tty is left alone: conmon always gives it. */
static int check_beside_process(struct wh_argv_parser *p)
{
	const struct wh_argv *argv = p->argv;

	for (size_t i = argv->global_count; i < argv->flag_count; i++) {
		const struct wh_option *option = argv->flags[i].option;

		if (option->role >= WH_ROLE_CAP && option->role != WH_ROLE_TTY)
			return wh_fail(p->err, EINVAL,
				"option \"--%s\" of \"%s\" has no effect beside \"--process\"; say "
				"it in the process file",
				option->name, p->where);
	}
	return 0;
}

static int take_program(struct wh_argv_parser *p, char *const *words, size_t count)
{
	struct wh_argv *argv = p->argv;

	argv->program = words;
	argv->program_count = count;
	if (!wh_argv_has(argv, WH_ROLE_PROCESS)) {
		if (count > 0)
			return 0;
		return wh_fail(p->err, EINVAL,
			"\"%s\" needs a program behind the container id, or \"--process\"",
			p->where);
	}
	if (count > 0 && argv->grammar->style == WH_STYLE_GO)
		return wh_fail(p->err, EINVAL,
			"\"%.*s\" is a word too many: \"%s --process\" takes a container id alone",
			WH_SHOWN(words[0]), p->where);
	return check_beside_process(p);
}

static int take_positionals(struct wh_argv_parser *p, char *const *words, size_t count)
{
	int r;

	if (count == 0)
		return wh_fail(p->err, EINVAL, "\"%s\" needs a container id", p->where);
	r = check_id(p, words[0]);
	if (r < 0)
		return r;
	p->argv->id = words[0];
	if (p->argv->action == WH_ACTION_EXEC)
		return take_program(p, words + 1, count - 1);
	if (count > 1)
		return wh_fail(p->err, EINVAL,
			"\"%.*s\" is a word too many: \"%s\" takes its options and then one "
			"container id",
			WH_SHOWN(words[1]), p->where);
	return 0;
}

/* An exec would be judged by the state in one folder and take place in another. */
static int check_root(struct wh_argv_parser *p)
{
	const char *root = wh_argv_value(p->argv, WH_ROLE_ROOT);

	if (root == NULL || p->argv->grammar->style == WH_STYLE_ARGP ||
		!wh_path_climbs(wh_slice_of(root)))
		return 0;
	return wh_fail(p->err, EINVAL,
		"the value of option \"--root\" of \"%s\" has \"..\" in it, which %s works out "
		"without looking where links lead; write the path without it",
		p->argv->grammar->name, p->argv->grammar->name);
}

/*
 * urfave/cli moves options before the positionals, by rules that changed between the releases used
 * by runc 1.1 and by later ones (and by Debian's 1.1). Words that the two put into a different
 * order are refused.
 */
static int check_order(
	struct wh_argv_parser *p, char *const *words, char *const *ordered, size_t count)
{
	char **old = wh_argv_reorder(p, words, count, true);

	if (old == NULL)
		return wh_fail_no_memory(p);
	for (size_t i = 0; i < count; i++) {
		if (ordered[i] == old[i])
			continue;
		return wh_fail(p->err, EINVAL,
			"\"%.*s\" is read differently by different versions of \"%s\"; put the "
			"options first and the container id last",
			WH_SHOWN(ordered[i][0] == '-' ? ordered[i] : old[i]), p->where);
	}
	return 0;
}

static int parse_options(struct wh_argv_parser *p, char *const *words, size_t count)
{
	struct wh_argv *argv = p->argv;
	bool reorders = argv->grammar->style == WH_STYLE_URFAVE && argv->action != WH_ACTION_EXEC;
	char *const *ordered = words;
	size_t used = 0;
	int r;

	if (reorders) {
		ordered = wh_argv_reorder(p, words, count, false);
		if (ordered == NULL)
			return wh_fail_no_memory(p);
	}
	r = run_style(p, ordered, count, &used);
	if (r < 0)
		return r;
	settle(argv, argv->global_count);
	if (p->informs && argv->flag_count == argv->global_count) {
		argv->action = WH_ACTION_PASS;
		return 0;
	}
	if (p->informs)
		return wh_fail(p->err, EINVAL,
			"the help option of \"%s\" must be the only word behind it", p->where);
	r = take_positionals(p, ordered + used, count - used);
	return r == 0 && reorders ? check_order(p, words, ordered, count) : r;
}

/* Words are those behind the command's name. */
static int parse_command(struct wh_argv_parser *p, char *const *words, size_t count)
{
	struct wh_argv *argv = p->argv;
	int r;

	argv->action = argv->command->action;
	if (argv->action == WH_ACTION_REFUSE)
		return wh_fail(p->err, EINVAL, "command \"%s\" of \"%s\" is refused: %s",
			argv->command->name, p->where, argv->command->why);
	if (argv->action == WH_ACTION_PASS)
		return 0;
	r = begin(p, wh_arena_printf(p->arena, "%s %s", p->where, argv->command->name),
		argv->command->options);
	if (r == 0)
		r = parse_options(p, words, count);
	return r == 0 && argv->action != WH_ACTION_PASS ? check_root(p) : r;
}

static int find_command(struct wh_argv_parser *p, const char *word)
{
	const struct wh_command *command = p->argv->grammar->commands;
	int r = check_word(p, word, "a command");

	if (r < 0)
		return r;
	for (; command->name != NULL; command++) {
		if (strcmp(word, command->name) == 0) {
			p->argv->command = command;
			return 0;
		}
	}
	return wh_fail(p->err, EINVAL,
		"\"%.*s\" is not a command that \"%s\" is known to have; see \"%s --help\"",
		WH_SHOWN(word), p->where, p->where);
}

static int parse_all(struct wh_argv_parser *p, char *const *words, size_t count)
{
	struct wh_argv *argv = p->argv;
	size_t used = 0;
	int r = begin(p, argv->grammar->name, argv->grammar->globals);

	if (r < 0)
		return r;
	r = run_style(p, words, count, &used);
	settle(argv, 0);
	argv->global_count = argv->flag_count;
	if (r < 0)
		return r;
	if (used == count) {
		argv->action = WH_ACTION_PASS;
		return 0;
	}
	r = find_command(p, words[used]);
	return r < 0 ? r : parse_command(p, words + used + 1, count - used - 1);
}

int wh_argv_parse(struct wh_argv *ret, const struct wh_grammar *grammar, struct wh_arena *arena,
	int argc, char *const argv[], struct wh_err *err)
{
	struct wh_argv_parser parser = { .argv = ret, .arena = arena, .err = err };
	int r;

	*ret = (struct wh_argv){ .grammar = grammar, .action = WH_ACTION_REFUSE };
	if (argc < 1)
		return wh_fail(err, EINVAL,
			"the command line is empty; not even the program's name is there");
	ret->words = argv;
	ret->word_count = (size_t)argc;
	r = parse_all(&parser, argv + 1, (size_t)argc - 1);
	if (r < 0) {
		ret->action = WH_ACTION_REFUSE;
		ret->flag_count = ret->global_count;
	}
	return r;
}
