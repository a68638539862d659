/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For bash 4 and later, with or without the package bash-completion. Readline divides words at "="
 * too, unless somebody took that out of COMP_WORDBREAKS: both are seen to. Nothing here runs
 * whittlectl, and nothing that was typed is expanded.
 */

#include "completion.h"

#include <stdint.h>

static const char head[] =
	"# bash completion for whittlectl(8), printed by: whittlectl completion bash\n"
	"# shellcheck shell=bash\n"
	"\n"
	"# The words of a list that begin as this one.\n"
	"_whittlectl_words()\n"
	"{\n"
	"\tmapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$2\")\n"
	"}\n"
	"\n"
	"# Files; readline puts the quotes around them.\n"
	"_whittlectl_files()\n"
	"{\n"
	"\tlocal word=${1#[\\\"\\']}\n"
	"\tcompopt -o filenames 2>/dev/null\n"
	"\tmapfile -t COMPREPLY < <(compgen -f -- \"${word//\\\\/}\")\n"
	"}\n"
	"\n"
	"_whittlectl()\n"
	"{\n"
	"\tlocal IFS=$' \\t\\n' word=${COMP_WORDS[COMP_CWORD]} i=2 option ended='' given=' ' "
	"left=''\n"
	"\t# Of the verb: its options, those with a value, with a file; what its arguments can "
	"be.\n"
	"\tlocal options='' values='' files='' choices='' takes_files='' count=0 max=0\n"
	"\tCOMPREPLY=()\n";

static const char walk[] =
	"\t\t*) return ;;\n"
	"\tesac\n"
	"\twhile ((i < COMP_CWORD)); do\n"
	"\t\toption=${COMP_WORDS[i]}\n"
	"\t\t((i += 1))\n"
	"\t\tif [[ $ended || $option != --* ]]; then\n"
	"\t\t\t((count += 1))\n"
	"\t\t\tcontinue\n"
	"\t\tfi\n"
	"\t\t[[ $option != -- ]] || ended=yes\n"
	"\t\tgiven+=\"${option%%=*} \"\n"
	"\t\t[[ \" $values \" == *\" $option \"* ]] || continue\n"
	"\t\t[[ ${COMP_WORDS[i]} != = ]] || ((i += 1))\n"
	"\t\tif ((i >= COMP_CWORD)); then\n"
	"\t\t\t[[ \" $files \" != *\" $option \"* ]] || _whittlectl_files \"${word#=}\"\n"
	"\t\t\treturn\n"
	"\t\tfi\n"
	"\t\t((i += 1))\n"
	"\tdone\n"
	"\tif [[ ! $ended && $word == --*=* ]]; then\n"
	"\t\toption=${word%%=*}\n"
	"\t\t[[ \" $files \" == *\" $option \"* ]] || return\n"
	"\t\t_whittlectl_files \"${word#*=}\"\n"
	"\t\tCOMPREPLY=(\"${COMPREPLY[@]/#/$option=}\")\n"
	"\t\treturn\n"
	"\tfi\n"
	"\tif [[ $ended || $word != -* ]] && ((max < 0 || count < max)); then\n"
	"\t\t[[ ! $takes_files ]] || _whittlectl_files \"$word\"\n"
	"\t\t[[ ! $choices ]] || _whittlectl_words \"$choices\" \"$word\"\n"
	"\t\t[[ ! $takes_files$choices ]] || return\n"
	"\tfi\n"
	"\t[[ ! $ended ]] || return\n"
	"\tfor option in $options --help; do\n"
	"\t\t[[ $given == *\" $option \"* ]] || left+=\"$option \"\n"
	"\tdone\n"
	"\t_whittlectl_words \"$left\" \"$word\"\n"
	"}\n"
	"\n"
	"complete -F _whittlectl whittlectl\n";

static bool is_any(const struct wh_verb_option *option)
{
	(void)option;
	return true;
}

static bool has_value(const struct wh_verb_option *option)
{
	return option->argument != NULL;
}

static bool has_file(const struct wh_verb_option *option)
{
	return wh_is_file(option->argument);
}

/* The options of which that is true, as " NAME='--a --b'"; nothing where there are none. */
static void add_list(struct wh_buf *to, const struct wh_verb *verb, const char *name,
	bool (*is_one)(const struct wh_verb_option *option))
{
	const struct wh_verb_option *option;
	const char *before = "";

	for (size_t i = 0; (option = wh_option_get(verb, i)) != NULL; i++) {
		if (!is_one(option))
			continue;
		if (before[0] == '\0')
			wh_buf_addf(to, " %s='", name);
		wh_buf_addf(to, "%s--%s", before, option->name);
		before = " ";
	}
	if (before[0] != '\0')
		wh_buf_add_char(to, '\'');
}

static void add_verb(struct wh_buf *to, const struct wh_verb *verb)
{
	wh_buf_addf(to, "\t\t%s)\n\t\t\t", verb->name);
	if (verb->max == SIZE_MAX)
		wh_buf_add_string(to, "max=-1");
	else
		wh_buf_addf(to, "max=%zu", verb->max);
	add_list(to, verb, "options", is_any);
	add_list(to, verb, "values", has_value);
	add_list(to, verb, "files", has_file);
	if (verb->choices != NULL)
		wh_buf_addf(to, " choices='%s'", verb->choices);
	if (wh_is_file(verb->arguments))
		wh_buf_add_string(to, " takes_files=yes");
	wh_buf_add_string(to, "\n\t\t\t;;\n");
}

void wh_complete_bash(struct wh_buf *to)
{
	const struct wh_verb *verb;

	wh_buf_add_string(to, head);
	wh_buf_add_string(to, "\tif ((COMP_CWORD == 1)) && [[ $word != -* ]]; then\n"
			      "\t\t_whittlectl_words '");
	for (size_t i = 0; (verb = wh_verb_get(i)) != NULL; i++)
		wh_buf_addf(to, "%s%s", i == 0 ? "" : " ", verb->name);
	wh_buf_add_string(to, "' \"$word\"\n"
			      "\t\treturn\n"
			      "\telif ((COMP_CWORD == 1)); then\n"
			      "\t\t_whittlectl_words '--help --version' \"$word\"\n"
			      "\t\treturn\n"
			      "\tfi\n"
			      "\tcase ${COMP_WORDS[1]} in\n");
	for (size_t i = 0; (verb = wh_verb_get(i)) != NULL; i++)
		add_verb(to, verb);
	wh_buf_add_string(to, walk);
}
