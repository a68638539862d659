/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What all grammars share: the way through a command line (globals, command, options, positionals)
 * and the judgement of each option. argv-write.c has the canonical form.
 *
 * Where options end and which word is a value is the parsers' business (argv-go.c, argv-argp.c) and
 * follows the runtime to the letter. What is then accepted is narrower than what the runtime would
 * accept: a word that two versions of a runtime could read in two ways is refused rather than
 * guessed at, and what is accepted is written anew in the one form they all agree on. runc's main
 * branch, for one, trims blanks around words, so values may not begin or end with any.
 *
 * Every step is linear in the number of words: an option given again leaves a hole where it stood
 * before, and the holes are closed at the end of each table.
 */

#include "oci/argv-internal.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

/* ---- messages --------------------------------------------------------------------------- */

int wh_shown_length(const char *word)
{
	const size_t most = 80;
	size_t len = strcspn(word, "=");

	return (int)(len < most ? len : most);
}

int wh_fail_unknown(struct wh_argv_parser *p, const char *word)
{
	return wh_fail(p->err, EINVAL,
		"option \"%.*s\" is not one that \"%s\" is known to have; see \"%s --help\"",
		WH_SHOWN(word), p->where, p->where);
}

int wh_fail_no_value(struct wh_argv_parser *p, const char *word)
{
	return wh_fail(p->err, EINVAL, "option \"%.*s\" of \"%s\" needs a value", WH_SHOWN(word),
		p->where);
}

static int no_memory(struct wh_argv_parser *p)
{
	return wh_fail_errno(p->err, ENOMEM, "cannot read the command line");
}

/* ---- options ---------------------------------------------------------------------------- */

static bool has_letter(const struct wh_option *option, char letter)
{
	return letter != '\0' && option->aliases != NULL && strchr(option->aliases, letter) != NULL;
}

static const struct wh_option *find_name(const struct wh_option *table, struct wh_slice name)
{
	for (; table->name != NULL; table++) {
		if (wh_slice_is(name, table->name))
			return table;
	}
	return NULL;
}

static const struct wh_option *find_letter(const struct wh_option *table, char letter)
{
	for (; table->name != NULL; table++) {
		if (has_letter(table, letter))
			return table;
	}
	return NULL;
}

const struct wh_option *wh_option_by_name(const struct wh_argv_parser *p, struct wh_slice name)
{
	const struct wh_option *option = find_name(p->options, name);

	return option != NULL ? option : find_name(p->argv->grammar->common, name);
}

const struct wh_option *wh_option_by_letter(const struct wh_argv_parser *p, char letter)
{
	const struct wh_option *option = find_letter(p->options, letter);

	return option != NULL ? option : find_letter(p->argv->grammar->common, letter);
}

bool wh_option_needs_value(const struct wh_option *option)
{
	return option->arity == WH_ARITY_VALUE || option->arity == WH_ARITY_INT;
}

/* The length of the blank at the start of a text as Go's unicode.IsSpace has it, 0 for none. */
static size_t blank_length(const char *text)
{
	static const char *const wide[] = { "\xc2\x85", "\xc2\xa0", "\xe1\x9a\x80", "\xe2\x80\x80",
		"\xe2\x80\x81", "\xe2\x80\x82", "\xe2\x80\x83", "\xe2\x80\x84", "\xe2\x80\x85",
		"\xe2\x80\x86", "\xe2\x80\x87", "\xe2\x80\x88", "\xe2\x80\x89", "\xe2\x80\x8a",
		"\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80" };

	if (*text == ' ' || (*text >= '\t' && *text <= '\r'))
		return 1;
	for (size_t i = 0; i < WH_COUNT(wide); i++) {
		size_t len = strlen(wide[i]);

		if (strncmp(text, wide[i], len) == 0)
			return len;
	}
	return 0;
}

static bool is_blank_padded(const char *text)
{
	size_t len = strlen(text);

	if (blank_length(text) > 0)
		return true;
	for (size_t back = 1; back <= 3 && back <= len; back++) {
		if (blank_length(text + len - back) == back)
			return true;
	}
	return false;
}

/* A digit of any base up to 16; 16 for what is none. */
static unsigned digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (unsigned)(c - 'A') + 10;
	return 16;
}

/* Digits of a base, with single "_" between them (and, as Go has it, behind a base's prefix) if
 * `underscores`. */
static bool read_digits(
	const char *text, unsigned base, bool prefixed, bool underscores, uint32_t *ret)
{
	bool after_digit = prefixed;
	uint64_t number = 0;

	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++) {
		unsigned digit = digit_value(*text);

		if (*text == '_' && underscores && after_digit) {
			after_digit = false;
			continue;
		}
		if (digit >= base)
			return false;
		after_digit = true;
		number = number * base + digit;
		if (number > UINT32_MAX)
			return false;
	}
	*ret = (uint32_t)number;
	return after_digit;
}

/* As strconv.ParseInt(text, 0, 64) reads it, without the negative ones. */
static bool read_go_number(const char *text, uint32_t *ret)
{
	static const struct {
		char letter;
		unsigned base;
	} prefixes[] = { { 'b', 2 }, { 'o', 8 }, { 'x', 16 } };

	if (*text == '+')
		text++;
	if (text[0] != '0' || text[1] == '\0')
		return read_digits(text, 10, false, true, ret);
	for (size_t i = 0; i < WH_COUNT(prefixes); i++) {
		if ((text[1] | 0x20) == prefixes[i].letter)
			return read_digits(text + 2, prefixes[i].base, true, true, ret);
	}
	return read_digits(text + 1, 8, true, true, ret);
}

/* Plain decimal: "010" is ten to one C function and eight to the next. */
static bool read_decimal(const char *text, uint32_t *ret)
{
	if (text[0] == '0' && text[1] != '\0')
		return false;
	return read_digits(text, 10, false, false, ret);
}

static int take_number(struct wh_argv_parser *p, const struct wh_option *option, const char *word,
	const char **value)
{
	/* Go's flag package takes any base, but urfave/cli's lists of numbers are decimal ("010" is
	 * ten) up to runc 1.5 and of any base (eight) in its main branch. */
	bool go =
		p->argv->grammar->style == WH_STYLE_URFAVE && (option->flags & WH_OPTION_LIST) == 0;
	uint32_t number;

	if (!(go ? read_go_number(*value, &number) : read_decimal(*value, &number)))
		return wh_fail(p->err, EINVAL,
			"option \"%.*s\" of \"%s\" needs a whole number from 0 to 4294967295",
			WH_SHOWN(word), p->where);
	*value = wh_arena_printf(p->arena, "%u", (unsigned)number);
	return *value != NULL ? 0 : no_memory(p);
}

/* Leaves NULL for true, "false" for false. */
static int take_bool(struct wh_argv_parser *p, const char *word, const char **value)
{
	static const char *const yes[] = { "1", "t", "T", "true", "TRUE", "True" };
	static const char *const no[] = { "0", "f", "F", "false", "FALSE", "False" };

	if (*value == NULL)
		return 0;
	if (p->argv->grammar->style == WH_STYLE_ARGP)
		return wh_fail(p->err, EINVAL, "option \"%.*s\" of \"%s\" takes no value",
			WH_SHOWN(word), p->where);
	for (size_t i = 0; i < WH_COUNT(yes); i++) {
		if (strcmp(*value, yes[i]) == 0) {
			*value = NULL;
			return 0;
		}
		if (strcmp(*value, no[i]) == 0) {
			*value = "false";
			return 0;
		}
	}
	return wh_fail(p->err, EINVAL,
		"option \"%.*s\" of \"%s\" takes no value but \"true\" or \"false\"",
		WH_SHOWN(word), p->where);
}

static int take_text(struct wh_argv_parser *p, const struct wh_option *option, const char *word,
	const char *value)
{
	/* These two never reach the runtime: they are folded into the process, and an environment
	 * variable may well end in a blank. */
	bool folded = option->role == WH_ROLE_ENV || option->role == WH_ROLE_CWD;

	if (*value == '\0' && (option->flags & WH_OPTION_ONCE) != 0)
		return wh_fail(p->err, EINVAL,
			"option \"%.*s\" of \"%s\" has an empty value; name a path or leave it out",
			WH_SHOWN(word), p->where);
	if (p->argv->grammar->style == WH_STYLE_URFAVE && !folded && is_blank_padded(value))
		return wh_fail(p->err, EINVAL,
			"the value of option \"%.*s\" of \"%s\" begins or ends with a blank, which "
			"some versions of runc cut off; leave the blank out",
			WH_SHOWN(word), p->where);
	return 0;
}

static int take_value(struct wh_argv_parser *p, const struct wh_option *option, const char *word,
	const char **value)
{
	switch (option->arity) {
	case WH_ARITY_BOOL:
		return take_bool(p, word, value);
	case WH_ARITY_VALUE:
		return take_text(p, option, word, *value);
	case WH_ARITY_INT:
		return take_number(p, option, word, value);
	case WH_ARITY_OPTIONAL:
		/* crun's --tty: whatever is neither of these two words is yes. */
		if (*value != NULL && strcmp(*value, "false") != 0 && strcmp(*value, "no") != 0)
			*value = NULL;
		else if (*value != NULL)
			*value = "false";
		return 0;
	}
	return -EINVAL;
}

static int check_repeat(struct wh_argv_parser *p, const struct wh_found *found, const char *word)
{
	const struct wh_option *option = found->option;
	struct wh_seen *seen = &p->seen[option - p->options];

	if (!seen->given)
		return 0;
	if (seen->letter != found->letter)
		return wh_fail(p->err, EINVAL,
			"option \"%.*s\" of \"%s\" and another name of \"--%s\" are given "
			"together; "
			"use one name of an option",
			WH_SHOWN(word), p->where, option->name);
	if ((option->flags & WH_OPTION_ONCE) != 0)
		return wh_fail(p->err, EINVAL,
			"option \"%.*s\" of \"%s\" is given twice; name one path only",
			WH_SHOWN(word), p->where);
	if ((option->flags & WH_OPTION_LIST) == 0)
		p->argv->flags[seen->flag].option = NULL;
	return 0;
}

static int keep(struct wh_argv_parser *p, const struct wh_found *found, const char *value)
{
	struct wh_argv *argv = p->argv;
	struct wh_seen *seen = &p->seen[found->option - p->options];

	if (argv->flag_count == p->capacity) {
		size_t capacity = p->capacity * 2 + 16;
		struct wh_flag *flags = wh_arena_array(p->arena, capacity, sizeof(*flags));

		if (flags == NULL)
			return no_memory(p);
		if (argv->flag_count > 0)
			memcpy(flags, argv->flags, argv->flag_count * sizeof(*flags));
		argv->flags = flags;
		p->capacity = capacity;
	}
	*seen = (struct wh_seen){ true, found->letter, argv->flag_count };
	argv->flags[argv->flag_count++] = (struct wh_flag){ found->option, value };
	return 0;
}

int wh_flag_add(struct wh_argv_parser *p, const struct wh_found *found, const char *word, bool last)
{
	const char *value = found->value;
	int r;

	if ((found->option->flags & WH_OPTION_REFUSE) != 0)
		return wh_fail(p->err, EINVAL, "option \"%.*s\" of \"%s\" is refused: %s",
			WH_SHOWN(word), p->where, found->option->why);
	if ((found->option->flags & WH_OPTION_INFORM) != 0) {
		if (!last || value != NULL)
			return wh_fail(p->err, EINVAL,
				"option \"%.*s\" of \"%s\" must be the last word and have no value",
				WH_SHOWN(word), p->where);
		p->informs = true;
		return 0;
	}
	r = take_value(p, found->option, word, &value);
	if (r == 0)
		r = check_repeat(p, found, word);
	return r < 0 ? r : keep(p, found, value);
}

/* ---- the way through a command line ----------------------------------------------------- */

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
		return no_memory(p);
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
	if (is_blank_padded(word))
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

bool wh_path_climbs(const char *path)
{
	while (*(path += strspn(path, "/")) != '\0') {
		size_t len = strcspn(path, "/");

		if (len == 2 && memcmp(path, "..", 2) == 0)
			return true;
		path += len;
	}
	return false;
}

/* An exec would be judged by the state in one folder and take place in another. */
static int check_root(struct wh_argv_parser *p)
{
	const char *root = wh_argv_value(p->argv, WH_ROLE_ROOT);

	if (root == NULL || p->argv->grammar->style == WH_STYLE_ARGP || !wh_path_climbs(root))
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
		return no_memory(p);
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
			return no_memory(p);
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
