/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The part of whittlectl(8) that repeats the table: the synopsis, and each verb and option with its
 * half a sentence. What there is to know beyond that stands behind it, written by hand.
 */

#include "completion.h"

#include <string.h>

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Half a sentence as a whole one. */
static void add_sentence(struct wh_buf *to, const char *help)
{
	char first = *help >= 'a' && *help <= 'z' ? (char)(*help - 'a' + 'A') : *help;

	if (first == '\0')
		return;
	if (first == '.' || first == '\'') /* would be a macro */
		wh_buf_add_string(to, "\\&");
	for (; *help != '\0'; help++, first = *help) {
		if (first == '\\')
			wh_buf_add_string(to, "\\e");
		else
			wh_buf_add_char(to, first);
	}
	wh_buf_add_string(to, ".\n");
}

static void add_lower(struct wh_buf *to, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		wh_buf_add_char(to, lower(text[i]));
}

/*
 * The arguments as a synopsis has them: each of "[A | B]...", "A" and "A..." with what `before`
 * says in front of it, and `after` behind.
 */
static void add_arguments(
	struct wh_buf *to, const char *arguments, const char *before, const char *after)
{
	while (*arguments != '\0') {
		bool optional = *arguments == '[';
		size_t len = strcspn(arguments += optional, optional ? "]" : " .");

		wh_buf_addf(to, "%s%sAr ", before, optional ? "Op " : "");
		add_lower(to, arguments, len);
		arguments += len + (arguments[len] == ']');
		if (strncmp(arguments, "...", 3) == 0) {
			wh_buf_add_string(to, " ...");
			arguments += 3;
		}
		wh_buf_add_string(to, after);
		arguments += strspn(arguments, " ");
	}
}

static void add_option_name(struct wh_buf *to, const struct wh_verb_option *option)
{
	wh_buf_addf(to, "Fl -%s", option->name);
	if (option->argument != NULL) {
		wh_buf_add_string(to, " Ar ");
		add_lower(to, option->argument, strlen(option->argument));
	}
	wh_buf_add_char(to, '\n');
}

static void add_synopsis(struct wh_buf *to, const struct wh_verb *verb)
{
	const struct wh_verb_option *option;

	wh_buf_addf(to, ".Nm\n.Cm %s\n", verb->name);
	for (size_t i = 0; (option = wh_option_get(verb, i)) != NULL; i++) {
		wh_buf_add_string(to, ".Op ");
		add_option_name(to, option);
	}
	add_arguments(to, verb->arguments, ".", "\n");
}

static void add_verb(struct wh_buf *to, const struct wh_verb *verb)
{
	const struct wh_verb_option *option;

	wh_buf_addf(to, ".It Cm %s", verb->name);
	add_arguments(to, verb->arguments, " ", "");
	wh_buf_add_char(to, '\n');
	add_sentence(to, verb->help);
	if (wh_option_get(verb, 0) == NULL)
		return;
	wh_buf_add_string(to, ".Bl -tag -width Ds -compact\n");
	for (size_t i = 0; (option = wh_option_get(verb, i)) != NULL; i++) {
		wh_buf_add_string(to, ".It ");
		add_option_name(to, option);
		add_sentence(to, option->help);
	}
	wh_buf_add_string(to, ".El\n");
}

void wh_complete_man(struct wh_buf *to)
{
	const struct wh_verb *verb;

	wh_buf_add_string(to, ".Sh SYNOPSIS\n");
	for (size_t i = 0; (verb = wh_verb_get(i)) != NULL; i++)
		add_synopsis(to, verb);
	wh_buf_add_string(to, ".Nm\n.Ar verb\n.Fl -help\n.Nm\n.Fl -help | -version\n"
			      ".Sh DESCRIPTION\n.Ss Verbs and options\n.Bl -tag -width Ds\n");
	for (size_t i = 0; (verb = wh_verb_get(i)) != NULL; i++)
		add_verb(to, verb);
	wh_buf_add_string(to, ".El\n");
}
