/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The judgement of each option, alike in every grammar. What is accepted is narrower than what the
 * runtime would accept: a word that two versions of a runtime could read in two ways is refused
 * rather than guessed at. runc's main branch, for one, trims blanks around words, so values may not
 * begin or end with any.
 *
 * An option given again leaves a hole where it stood before, so that each costs the same; argv.c
 * closes the holes at the end of each table.
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

int wh_fail_no_memory(struct wh_argv_parser *p)
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

bool wh_is_blank_padded(const char *text)
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
	return *value != NULL ? 0 : wh_fail_no_memory(p);
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
	if (p->argv->grammar->style == WH_STYLE_URFAVE && !folded && wh_is_blank_padded(value))
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
			return wh_fail_no_memory(p);
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
