/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For zsh 5: one _arguments for the verb, and one for what stands behind it, which by itself offers
 * no option twice. A specification is a text in single quotes; in it, brackets, colons and
 * backslashes of the help have a backslash in front.
 */

#include "completion.h"

#include <stdint.h>

static const char head[] =
	"#compdef whittlectl\n"
	"# zsh completion for whittlectl(8), printed by: whittlectl completion zsh\n"
	"\n"
	"_whittlectl() {\n"
	"  local curcontext=\"$curcontext\" state line ret=1\n"
	"  local -a verbs\n"
	"  typeset -A opt_args\n"
	"  verbs=(\n";

static const char words[] = "  )\n"
			    "  _arguments -C -S : \\\n"
			    "    '(- : *)--help[" WH_HELP_OF_HELP "]' \\\n"
			    "    '(- : *)--version[" WH_HELP_OF_VERSION "]' \\\n"
			    "    '1: :->verb' \\\n"
			    "    '*:: :->words' && ret=0\n"
			    "  case $state in\n"
			    "    verb)\n"
			    "      _describe -t commands verb verbs && ret=0\n"
			    "      ;;\n"
			    "    words)\n"
			    "      curcontext=\"${curcontext%:*:*}:whittlectl-$words[1]:\"\n"
			    "      case $words[1] in\n";

static const char tail[] = "      esac\n"
			   "      ;;\n"
			   "  esac\n"
			   "  return ret\n"
			   "}\n"
			   "\n"
			   "if [[ $funcstack[1] == _whittlectl ]]; then\n"
			   "  _whittlectl \"$@\"\n"
			   "else\n"
			   "  compdef _whittlectl whittlectl\n"
			   "fi\n";

/* A text within a specification, escaped for it, then quoted for the shell. */
static void add_spec(struct wh_buf *to, const struct wh_buf *spec)
{
	if (wh_buf_status(spec) < 0)
		to->failed = true;
	else
		wh_add_quoted(to, spec->data);
}

static void add_option(struct wh_buf *to, const struct wh_verb_option *option)
{
	struct wh_buf spec WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;

	wh_buf_addf(&spec, "--%s%s[", option->name, option->argument != NULL ? "=" : "");
	wh_add_escaped(&spec, option->help, "[]:\\");
	wh_buf_add_char(&spec, ']');
	if (option->argument != NULL) {
		wh_buf_add_char(&spec, ':');
		wh_add_escaped(&spec, option->argument, ":\\");
		wh_buf_addf(&spec, ":%s", wh_is_file(option->argument) ? "_files" : " ");
	}
	wh_buf_add_string(to, " \\\n            ");
	add_spec(to, &spec);
}

static void add_action(struct wh_buf *spec, const struct wh_verb *verb)
{
	wh_buf_add_char(spec, ':');
	wh_add_escaped(spec, verb->arguments, ":\\");
	wh_buf_add_char(spec, ':');
	if (verb->choices != NULL)
		wh_buf_addf(spec, "(%s)", verb->choices);
	else
		wh_buf_add_string(spec, wh_is_file(verb->arguments) ? "_files" : " ");
}

static void add_arguments(struct wh_buf *to, const struct wh_verb *verb)
{
	size_t last = verb->max == SIZE_MAX ? 1 : verb->max;

	for (size_t i = 1; i <= last; i++) {
		struct wh_buf spec WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;

		if (verb->max == SIZE_MAX)
			wh_buf_add_char(&spec, '*');
		else
			wh_buf_addf(&spec, "%zu%s", i, i > verb->min ? ":" : "");
		add_action(&spec, verb);
		wh_buf_add_string(to, " \\\n            ");
		add_spec(to, &spec);
	}
}

static void add_verb(struct wh_buf *to, const struct wh_verb *verb)
{
	static const struct wh_verb_option help = { "help", NULL, WH_HELP_OF_HELP };
	const struct wh_verb_option *option;

	wh_buf_addf(to, "        %s)\n          _arguments -S :", verb->name);
	for (size_t i = 0; (option = wh_option_get(verb, i)) != NULL; i++)
		add_option(to, option);
	add_option(to, &help);
	add_arguments(to, verb);
	wh_buf_add_string(to, " && ret=0\n          ;;\n");
}

/* "NAME:HELP", of which the first colon alone divides. */
static void add_name(struct wh_buf *to, const struct wh_verb *verb)
{
	struct wh_buf spec WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;

	wh_buf_addf(&spec, "%s:", verb->name);
	wh_add_escaped(&spec, verb->help, ":\\");
	wh_buf_add_string(to, "    ");
	add_spec(to, &spec);
	wh_buf_add_char(to, '\n');
}

void wh_complete_zsh(struct wh_buf *to)
{
	const struct wh_verb *verb;

	wh_buf_add_string(to, head);
	for (size_t i = 0; (verb = wh_verb_get(i)) != NULL; i++)
		add_name(to, verb);
	wh_buf_add_string(to, words);
	for (size_t i = 0; (verb = wh_verb_get(i)) != NULL; i++)
		add_verb(to, verb);
	wh_buf_add_string(to, tail);
}
