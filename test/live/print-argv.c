/* SPDX-License-Identifier: Apache-2.0 */
/*
 * print-argv KIND RUNTIME WORD…: the canonical form of a runtime's command line, each word ended by
 * NUL. What is refused is told on standard error, exit status 1.
 */

#include <stdio.h>
#include <string.h>

#include "oci/argv.h"

static int print(char *const *words)
{
	for (; *words != NULL; words++) {
		if (fwrite(*words, 1, strlen(*words) + 1, stdout) != strlen(*words) + 1)
			return 2;
	}
	return fflush(stdout) == 0 ? 0 : 2;
}

int main(int argc, char **argv)
{
	struct wh_arena arena = WH_ARENA_INIT;
	struct wh_err err = WH_ERR_INIT;
	enum wh_runtime_kind kind;
	struct wh_argv parsed;
	char **words;
	int status = 1;

	if (argc < 3 || wh_runtime_kind_from_name(argv[1], &kind) < 0) {
		fprintf(stderr, "usage: print-argv runc|crun|runsc RUNTIME WORD...\n");
		return 2;
	}
	if (wh_argv_parse(&parsed, wh_grammar_of(kind), &arena, argc - 2, argv + 2, &err) == 0) {
		words = wh_argv_write(&parsed, argv[2], NULL, &arena);
		status = words != NULL ? print(words) : 2;
	} else {
		fprintf(stderr, "%s\n", err.text);
	}
	wh_arena_done(&arena);
	return status;
}
