/* SPDX-License-Identifier: Apache-2.0 */
/* The words behind a verb, read by its row of the table. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "verbs.h"

static size_t option_count(const struct wh_verb *verb)
{
	size_t count = 0;

	while (count < WH_MAX_OPTIONS && verb->options[count].name != NULL)
		count++;
	return count;
}

/* The place of the option that is spelled so; the number of options when there is none. */
static size_t find_option(const struct wh_verb *verb, const char *name, size_t len)
{
	size_t count = option_count(verb);

	for (size_t i = 0; i < count; i++) {
		if (strlen(verb->options[i].name) == len &&
			memcmp(verb->options[i].name, name, len) == 0)
			return i;
	}
	return count;
}

/* One word that begins with "--", and perhaps the next. *at is moved to the last one used. */
static int read_option(
	size_t count, char *argv[], size_t *at, struct wh_words *ret, struct wh_err *err)
{
	const char *word = argv[*at];
	const char *equals = strchr(word, '=');
	size_t len = equals == NULL ? strlen(word) - 2 : (size_t)(equals - word) - 2;
	size_t place = find_option(ret->verb, word + 2, len);
	const struct wh_verb_option *option = &ret->verb->options[place];

	if (place == option_count(ret->verb))
		return wh_fail(err, EINVAL, "there is no option \"%.*s\"", (int)len + 2, word);
	if (ret->values[place] != NULL)
		return wh_fail(err, EINVAL, "--%s is given twice", option->name);
	if (option->argument == NULL && equals != NULL)
		return wh_fail(err, EINVAL, "--%s takes no value", option->name);
	if (option->argument == NULL) {
		ret->values[place] = "";
		return 0;
	}
	if (equals == NULL && *at + 1 == count)
		return wh_fail(
			err, EINVAL, "--%s needs a value: %s", option->name, option->argument);
	ret->values[place] = equals != NULL ? equals + 1 : argv[++*at];
	if (ret->values[place][0] == '\0')
		return wh_fail(
			err, EINVAL, "--%s needs a value: %s", option->name, option->argument);
	return 0;
}

static int check_count(const struct wh_words *words, struct wh_err *err)
{
	if (words->count < words->verb->min)
		return wh_fail(err, EINVAL, "what is missing is %s", words->verb->arguments);
	if (words->count > words->verb->max)
		return wh_fail(err, EINVAL, "\"%s\" is a word too many",
			words->arguments[words->verb->max]);
	return 0;
}

int wh_words_read(const struct wh_verb *verb, size_t count, char *argv[], struct wh_words *ret,
	struct wh_err *err)
{
	bool options = true;

	*ret = (struct wh_words){ .verb = verb, .arguments = (const char *const *)argv };
	for (size_t i = 0; i < count; i++) {
		const char *word = argv[i];
		int r;

		if (options && strcmp(word, "--") == 0) {
			options = false;
		} else if (options && (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)) {
			ret->help = true;
			return 0;
		} else if (options && word[0] == '-' && word[1] == '-') {
			r = read_option(count, argv, &i, ret, err);
			if (r < 0)
				return r;
		} else if (options && word[0] == '-' && word[1] != '\0') {
			return wh_fail(err, EINVAL, "there is no option \"%s\"", word);
		} else {
			argv[ret->count++] = argv[i];
			ret->behind += !options;
		}
	}
	/* They can be a command's; what was no argument stood behind them. */
	if (ret->count < count)
		argv[ret->count] = NULL;
	return check_count(ret, err);
}

const char *wh_words_value(const struct wh_words *words, const char *option)
{
	size_t place = find_option(words->verb, option, strlen(option));

	if (place == option_count(words->verb))
		abort();
	return words->values[place];
}

bool wh_words_has(const struct wh_words *words, const char *option)
{
	return wh_words_value(words, option) != NULL;
}

void wh_verb_print_help(const struct wh_verb *verb, FILE *to)
{
	size_t count = option_count(verb);

	(void)fprintf(to, "usage: whittlectl %s%s%s%s\n\n%s\n", verb->name,
		count > 0 ? " [OPTION]..." : "", verb->arguments[0] != '\0' ? " " : "",
		verb->arguments, verb->help);
	if (verb->forms != NULL)
		(void)fprintf(to, "\n%s", verb->forms);
	if (count > 0)
		(void)fputs("\n", to);
	for (size_t i = 0; i < count; i++) {
		const struct wh_verb_option *option = &verb->options[i];
		char left[40];

		(void)snprintf(left, sizeof(left), "--%s%s%s", option->name,
			option->argument != NULL ? " " : "",
			option->argument != NULL ? option->argument : "");
		(void)fprintf(to, "  %-20s %s\n", left, option->help);
	}
	(void)fputs("\nExit status: 0 fine, 1 findings, 2 could not do it.\n", to);
}
