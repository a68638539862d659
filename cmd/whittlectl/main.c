/* SPDX-License-Identifier: Apache-2.0 */
/* The tool for people: finds the verb, reads its words, runs it. */

#include <stdio.h>
#include <string.h>

#include "verbs.h"

#define ARGUMENTS 16 /* columns; what is longer has a line to itself */

static void print_help(FILE *to)
{
	const struct wh_verb *verb;

	(void)fputs("usage: whittlectl VERB [OPTION]... [ARGUMENT]...\n\n", to);
	for (size_t i = 0; (verb = wh_verb_get(i)) != NULL; i++) {
		bool wide = strlen(verb->arguments) > ARGUMENTS;

		(void)fprintf(to, "  %-10s %-*s%s%*s  %s\n", verb->name, ARGUMENTS, verb->arguments,
			wide ? "\n" : "", wide ? 13 + ARGUMENTS : 0, "", verb->help);
	}
	(void)fputs("\n  VERB --help, --help, --version\n\n"
		    "Exit status: 0 fine, 1 findings, 2 could not do it.\n",
		to);
}

static int run_verb(const struct wh_verb *verb, int argc, char *argv[])
{
	struct wh_err err = WH_ERR_INIT;
	struct wh_words words;

	if (wh_words_read(verb, (size_t)argc, argv, &words, &err) < 0) {
		(void)fprintf(stderr, "whittlectl %s: %s; see whittlectl %s --help\n", verb->name,
			err.text, verb->name);
		return WH_EXIT_TROUBLE;
	}
	if (words.help) {
		wh_verb_print_help(verb, stdout);
		return WH_EXIT_FINE;
	}
	return verb->run(&words);
}

int main(int argc, char *argv[])
{
	const char *name = argc > 1 ? argv[1] : "";
	const struct wh_verb *verb = wh_verb_find(name);

	if (verb != NULL)
		return run_verb(verb, argc - 2, argv + 2);
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
		print_help(stdout);
		return WH_EXIT_FINE;
	}
	if (strcmp(name, "--version") == 0) {
		(void)puts("whittlectl " WH_VERSION);
		return WH_EXIT_FINE;
	}
	if (name[0] != '\0')
		(void)fprintf(stderr, "whittlectl: there is no verb \"%s\"\n", name);
	print_help(stderr);
	return WH_EXIT_TROUBLE;
}
