/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words separated by NUL go through all three grammars. What a grammar accepts, written in the
 * canonical form and parsed again, must be the same command with the same options, id and program;
 * and the canonical form of the canonical form is itself. So nothing in a value, an id or a program
 * can turn into an option on the way to the runtime.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oci/argv.h"

#define MOST_WORDS 256

#define MUST(condition) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "line %d: not so: %s\n", __LINE__, #condition); \
			abort(); \
		} \
	} while (0)

static size_t count_words(char *const *words)
{
	size_t count = 0;

	while (words[count] != NULL)
		count++;
	return count;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* A boolean that is false may be gone from the canonical form. */
static const struct wh_flag *next_flag(const struct wh_argv *argv, size_t *at)
{
	while (*at < argv->flag_count) {
		const struct wh_flag *flag = &argv->flags[(*at)++];
		bool takes_value = flag->option->arity == WH_ARITY_VALUE ||
				   flag->option->arity == WH_ARITY_INT;

		if (takes_value || flag->value == NULL || strcmp(flag->value, "false") != 0)
			return flag;
	}
	return NULL;
}

static void check_flags(const struct wh_argv *a, const struct wh_argv *b)
{
	size_t at_a = 0, at_b = 0;
	const struct wh_flag *flag_a, *flag_b;

	do {
		flag_a = next_flag(a, &at_a);
		flag_b = next_flag(b, &at_b);
		MUST((flag_a == NULL) == (flag_b == NULL));
		MUST(flag_a == NULL || flag_a->option == flag_b->option);
		MUST(flag_a == NULL || same_text(flag_a->value, flag_b->value));
	} while (flag_a != NULL);
	MUST(same_text(
		wh_argv_value(a, WH_ROLE_NO_NEW_PRIVS), wh_argv_value(b, WH_ROLE_NO_NEW_PRIVS)));
}

static void check_same(const struct wh_argv *a, const struct wh_argv *b)
{
	MUST(a->action == b->action);
	MUST(a->command == b->command);
	MUST(same_text(a->id, b->id));
	MUST(a->program_count == b->program_count);
	for (size_t i = 0; i < a->program_count; i++)
		MUST(strcmp(a->program[i], b->program[i]) == 0);
	check_flags(a, b);
}

/* With everything overridden, only what is not judged is left, and no word of the program. */
static void check_override(const struct wh_argv *argv, struct wh_arena *arena)
{
	const struct wh_argv_override override = {
		.root = "ROOT", .bundle = "BUNDLE", .process = "PROCESS", .resources = "RESOURCES"
	};
	bool creates = argv->action == WH_ACTION_CREATE || argv->action == WH_ACTION_RESTORE;
	char **words = wh_argv_write(argv, "runtime", &override, arena);
	struct wh_argv again;

	MUST(words != NULL);
	if (argv->action == WH_ACTION_PASS)
		return;
	MUST(strcmp(words[count_words(words) - 1], argv->id) == 0);
	MUST(wh_argv_parse(&again, argv->grammar, arena, (int)count_words(words), words, NULL) ==
		0);
	MUST(again.action == argv->action && same_text(again.id, argv->id));
	MUST(again.program_count == 0);
	MUST(same_text(wh_argv_value(&again, WH_ROLE_ROOT), "ROOT"));
	if (creates)
		MUST(same_text(wh_argv_value(&again, WH_ROLE_BUNDLE), "BUNDLE"));
	if (argv->action == WH_ACTION_EXEC)
		MUST(same_text(wh_argv_value(&again, WH_ROLE_PROCESS), "PROCESS"));
	MUST(!wh_argv_has(&again, WH_ROLE_CAP) && !wh_argv_has(&again, WH_ROLE_NO_NEW_PRIVS));
}

static void check_refusal(const struct wh_argv *argv, const struct wh_err *err)
{
	MUST(argv->action == WH_ACTION_REFUSE);
	MUST(argv->flag_count == argv->global_count);
	MUST(err->number != 0 && err->text[0] != '\0');
}

static void check_grammar(const struct wh_grammar *grammar, int count, char *const *words)
{
	struct wh_arena arena = WH_ARENA_INIT;
	struct wh_err err = WH_ERR_INIT;
	struct wh_argv argv, again;
	char **first, **second;

	if (wh_argv_parse(&argv, grammar, &arena, count, words, &err) < 0) {
		check_refusal(&argv, &err);
		wh_arena_done(&arena);
		return;
	}
	MUST(argv.action != WH_ACTION_REFUSE);
	first = wh_argv_write(&argv, "runtime", NULL, &arena);
	MUST(first != NULL);
	MUST(wh_argv_parse(&again, grammar, &arena, (int)count_words(first), first, &err) == 0);
	check_same(&argv, &again);
	second = wh_argv_write(&again, "runtime", NULL, &arena);
	MUST(second != NULL && count_words(first) == count_words(second));
	for (size_t i = 0; first[i] != NULL; i++)
		MUST(strcmp(first[i], second[i]) == 0);
	check_override(&argv, &arena);
	wh_arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *words[MOST_WORDS + 1] = { NULL };
	char *text = calloc(1, size + 1);
	int count = 0;

	if (text == NULL)
		return 0;
	if (size > 0)
		memcpy(text, data, size);
	for (size_t at = 0; at < size && count < MOST_WORDS; at += strlen(text + at) + 1)
		words[count++] = text + at;
	for (unsigned kind = 0; kind < WH_RUNTIME_KINDS; kind++)
		check_grammar(wh_grammar_of((enum wh_runtime_kind)kind), count, words);
	free(text);
	return 0;
}
