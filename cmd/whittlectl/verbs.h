/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The verbs of whittlectl and their options: one table (verbs.c), from which words are read, and
 * the help, what shells complete and the summary in whittlectl(8) are printed. Each verb is a file;
 * it gets the words behind its name, read, and returns the exit status: 0 fine, 1 findings, 2 could
 * not do it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/err.h"
#include "base/macros.h"

enum {
	WH_EXIT_FINE = 0,
	WH_EXIT_FINDINGS = 1,
	WH_EXIT_TROUBLE = 2,
};

#define WH_MAX_OPTIONS 24

struct wh_verb_option {
	const char *name;     /* without "--" */
	const char *argument; /* what it takes, "NAME", or a file, "PATH"; NULL for a switch */
	const char *help;     /* half a sentence */
};

struct wh_words;

struct wh_verb {
	const char *name;
	const char
		*arguments; /* as in the synopsis: "ENGINE", "[FILE]", ""; words behind options */
	const char
		*choices; /* the words that an argument can be, divided by blanks; NULL: others */
	size_t min;
	size_t max; /* SIZE_MAX: any number */
	const char *help;
	const char *forms; /* lines for the help, where the arguments say too little; NULL: none */
	struct wh_verb_option options[WH_MAX_OPTIONS]; /* up to the first without a name; sorted */
	int (*run)(const struct wh_words *words);
};

/* What was said: read by wh_words_read(), handed to the verb. Borrows argv. */
struct wh_words {
	const struct wh_verb *verb;
	const char *values[WH_MAX_OPTIONS]; /* by place in verb->options; NULL: not given */
	const char *const *arguments;       /* the words that are no options */
	size_t count;
	size_t behind; /* so many of these, the last, stood behind "--" */
	bool help;     /* --help stood among them; nothing else was checked */
};

/* The verb at this place of the table, in the order of the alphabet; NULL behind the last. */
const struct wh_verb *wh_verb_get(size_t index);

/* The verb of this name; NULL when there is none. */
const struct wh_verb *wh_verb_find(const char *name);

/*
 * Reads the words behind a verb. Options are --NAME, --NAME=VALUE or --NAME VALUE, before, between
 * and behind the arguments; the first "--" ends them. The arguments are moved to the front of argv,
 * with a NULL behind them if there is room. 0; -EINVAL with the word that is unknown, abbreviated,
 * given twice, without its value or with one it does not take, or with what is missing or too much.
 */
int wh_words_read(const struct wh_verb *verb, size_t count, char *argv[], struct wh_words *ret,
	struct wh_err *err) WH_MUST_CHECK;

/* The value of an option of the verb ("" for a switch), NULL when it was not given. An option that
 * is not in the verb's row is a mistake in the verb: the program ends. */
const char *wh_words_value(const struct wh_words *words, const char *option);

/* Whether the option was given. */
bool wh_words_has(const struct wh_words *words, const char *option);

/* The usage line, and with it all options. */
void wh_verb_print_help(const struct wh_verb *verb, FILE *to);

int wh_verb_audit(const struct wh_words *words);
int wh_verb_caps(const struct wh_words *words);
int wh_verb_check(const struct wh_words *words);
int wh_verb_completion(const struct wh_words *words);
int wh_verb_configure(const struct wh_words *words);
int wh_verb_diff(const struct wh_words *words);
int wh_verb_explain(const struct wh_words *words);
int wh_verb_learn(const struct wh_words *words);
int wh_verb_log(const struct wh_words *words);
int wh_verb_status(const struct wh_words *words);
int wh_verb_verify(const struct wh_words *words);
