/* SPDX-License-Identifier: Apache-2.0 */
/* The tool for people: one table of verbs, from which the help is printed. */

#include <stdio.h>
#include <string.h>

#include "base/macros.h"
#include "verbs.h"

static const struct {
	const char *name;
	const char *synopsis;
	const char *help;
	int (*run)(int argc, char *argv[]);
} verbs[] = {
	{ "caps", "[NAME | MASK]...",
		"what each capability allows, and what an attacker gains by it", wh_verb_caps },
	{ "check", "[FILE]", "whether a policy is valid, owned right, and has a runtime behind it",
		wh_verb_check },
};

static void print_help(FILE *to)
{
	(void)fputs("usage: whittlectl VERB [ARGUMENT]...\n\n", to);
	for (size_t i = 0; i < WH_COUNT(verbs); i++)
		(void)fprintf(
			to, "  %-6s %-18s %s\n", verbs[i].name, verbs[i].synopsis, verbs[i].help);
	(void)fputs(
		"\n  --help, --version\n\nExit status: 0 fine, 1 findings, 2 could not do it.\n",
		to);
}

int main(int argc, char *argv[])
{
	const char *name = argc > 1 ? argv[1] : "";

	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
		print_help(stdout);
		return WH_EXIT_FINE;
	}
	if (strcmp(name, "--version") == 0) {
		(void)puts("whittlectl " WH_VERSION);
		return WH_EXIT_FINE;
	}
	for (size_t i = 0; i < WH_COUNT(verbs); i++) {
		if (strcmp(name, verbs[i].name) == 0)
			return verbs[i].run(argc - 1, argv + 1);
	}
	if (name[0] != '\0')
		(void)fprintf(stderr, "whittlectl: there is no verb \"%s\"\n", name);
	print_help(stderr);
	return WH_EXIT_TROUBLE;
}
