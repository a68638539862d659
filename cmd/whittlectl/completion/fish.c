/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For fish 3. Each line says by a condition when it holds: the conditions are functions, since a
 * verb is only the first word, and an argument is free only while there are not enough of them.
 */

#include "completion.h"

#include <stdint.h>

static const char head[] =
	"# fish completion for whittlectl(8), printed by: whittlectl completion fish\n"
	"\n"
	"function __whittlectl_needs_verb\n"
	"    test (count (commandline -opc)) -eq 1\n"
	"end\n"
	"\n"
	"function __whittlectl_verb --argument-names verb\n"
	"    set -l words (commandline -opc)\n"
	"    test (count $words) -ge 2; and test \"$words[2]\" = $verb\n"
	"end\n"
	"\n"
	"# Whether the option of the verb was not given yet, or its value is what comes next.\n"
	"function __whittlectl_option --argument-names verb option value\n"
	"    __whittlectl_verb $verb; or return 1\n"
	"    set -l words (commandline -opc)\n"
	"    test \"$value\" = value; and test $words[-1] = --$option; and return\n"
	"    not contains -- --$option $words; and not string match -q -- \"--$option=*\" $words\n"
	"end\n"
	"\n"
	"# Whether there are fewer arguments than there can be; the options with a value are "
	"told.\n"
	"function __whittlectl_argument --argument-names verb max\n"
	"    __whittlectl_verb $verb; or return 1\n"
	"    set -l words (commandline -opc)\n"
	"    set -l count 0\n"
	"    set -l value no\n"
	"    set -l ended no\n"
	"    set -e words[1..2]\n"
	"    for word in $words\n"
	"        if test $value = yes\n"
	"            set value no\n"
	"        else if test $ended = no; and string match -q -- '--*' $word\n"
	"            test $word != --; or set ended yes\n"
	"            not contains -- $word $argv; or set value yes\n"
	"        else\n"
	"            set count (math $count + 1)\n"
	"        end\n"
	"    end\n"
	"    test $count -lt $max\n"
	"end\n"
	"\n"
	"complete -c whittlectl -e\n"
	"complete -c whittlectl -f\n";

/* fish's single quotes know \' and \\. */
static void add_description(struct wh_buf *to, const char *help)
{
	wh_buf_add_string(to, " -d '");
	wh_add_escaped(to, help, "'\\");
	wh_buf_add_string(to, "'\n");
}

static void add_option(struct wh_buf *to, const char *verb, const struct wh_verb_option *option)
{
	wh_buf_addf(to, "complete -c whittlectl -n '__whittlectl_option %s %s%s' -l %s", verb,
		option->name, option->argument != NULL ? " value" : "", option->name);
	if (wh_is_file(option->argument))
		wh_buf_add_string(to, " -r -F");
	else if (option->argument != NULL)
		wh_buf_add_string(to, " -x");
	add_description(to, option->help);
}

/* The condition under which an argument of the verb can follow, and what it then is. */
static void add_arguments(struct wh_buf *to, const struct wh_verb *verb)
{
	const struct wh_verb_option *option;

	wh_buf_addf(to, "complete -c whittlectl -n '__whittlectl_argument %s %zu", verb->name,
		verb->max == SIZE_MAX ? (size_t)1 << 20 : verb->max);
	for (size_t i = 0; (option = wh_option_get(verb, i)) != NULL; i++) {
		if (option->argument != NULL)
			wh_buf_addf(to, " --%s", option->name);
	}
	wh_buf_add_string(to, "'");
	if (verb->choices != NULL)
		wh_buf_addf(to, " -a '%s'", verb->choices);
	if (wh_is_file(verb->arguments))
		wh_buf_add_string(to, " -F");
	wh_buf_add_char(to, '\n');
}

static void add_verb(struct wh_buf *to, const struct wh_verb *verb)
{
	static const struct wh_verb_option help = { "help", NULL, WH_HELP_OF_HELP };
	const struct wh_verb_option *option;

	wh_buf_add_char(to, '\n');
	wh_buf_addf(to, "complete -c whittlectl -n __whittlectl_needs_verb -a %s", verb->name);
	add_description(to, verb->help);
	for (size_t i = 0; (option = wh_option_get(verb, i)) != NULL; i++)
		add_option(to, verb->name, option);
	add_option(to, verb->name, &help);
	if (verb->choices != NULL || wh_is_file(verb->arguments))
		add_arguments(to, verb);
}

void wh_complete_fish(struct wh_buf *to)
{
	static const char first[] = "complete -c whittlectl -n __whittlectl_needs_verb -l ";
	const struct wh_verb *verb;

	wh_buf_add_string(to, head);
	wh_buf_addf(to, "%shelp", first);
	add_description(to, WH_HELP_OF_HELP);
	wh_buf_addf(to, "%sversion", first);
	add_description(to, WH_HELP_OF_VERSION);
	for (size_t i = 0; (verb = wh_verb_get(i)) != NULL; i++)
		add_verb(to, verb);
}
