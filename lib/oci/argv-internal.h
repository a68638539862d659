/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the files of the parser share. A parser walks the words of one table (the globals, or a
 * command's options), finds out where each option and its value stand, and hands them to
 * wh_flag_add(), which judges them: so what is refused is refused alike in every grammar.
 */

#include "base/buf.h"
#include "oci/argv.h"

extern const struct wh_grammar wh_grammar_runc;
extern const struct wh_grammar wh_grammar_crun;
extern const struct wh_grammar wh_grammar_runsc;

/* How one option of the table at hand was given so far. */
struct wh_seen {
	bool given;
	char letter; /* the alias it was given by, '\0' for the long name */
	size_t flag; /* its last place in the flags; for what is no list */
};

struct wh_argv_parser {
	struct wh_argv *argv; /* what is being filled */
	struct wh_arena *arena;
	struct wh_err *err;
	const char *where;               /* "runc", "runc run": for messages */
	const struct wh_option *options; /* the table at hand */
	struct wh_seen *seen;            /* one for each row of it */
	size_t capacity;                 /* of argv->flags */
	bool informs;                    /* --help or --version stood there, as the last word */
};

/* An option as a parser found it. */
struct wh_found {
	const struct wh_option *option;
	char letter;       /* the alias used, '\0' for the long name */
	const char *value; /* NULL when none stood there */
};

/* Looks in the table at hand, then among the options known everywhere; NULL when there is none. */
const struct wh_option *wh_option_by_name(const struct wh_argv_parser *p, struct wh_slice name);
const struct wh_option *wh_option_by_letter(const struct wh_argv_parser *p, char letter);

/* Whether an option takes a value that may be the next word. */
bool wh_option_needs_value(const struct wh_option *option);

/*
 * Judges an option and keeps it. `word` is where it stands, for messages; `last` tells that no word
 * follows. 0, -EINVAL, -ENOMEM.
 */
int wh_flag_add(struct wh_argv_parser *p, const struct wh_found *found, const char *word,
	bool last) WH_MUST_CHECK;

/* Whether a text begins or ends with what a runtime may trim. */
bool wh_is_blank_padded(const char *text);

/* "option … is not known", with the way to find out what is. -EINVAL. */
int wh_fail_unknown(struct wh_argv_parser *p, const char *word);
/* "option … needs a value". -EINVAL. */
int wh_fail_no_value(struct wh_argv_parser *p, const char *word);
/* -ENOMEM, and its sentence. */
int wh_fail_no_memory(struct wh_argv_parser *p);

/*
 * The parsers: read options from the words until the first that is none, whose place goes to
 * ret_used ("--" is used up). 0, -EINVAL, -ENOMEM.
 */
typedef int wh_argv_style_parser(
	struct wh_argv_parser *p, char *const *words, size_t count, size_t *ret_used);
wh_argv_style_parser wh_argv_go WH_MUST_CHECK;
wh_argv_style_parser wh_argv_argp WH_MUST_CHECK;

/*
 * The words in the order into which urfave/cli puts them, in the arena: by the rules of the
 * releases before 1.22.2 (`old`: runc 1.1) or of the later ones. The words themselves are borrowed.
 * NULL when memory ran out.
 */
char **wh_argv_reorder(
	struct wh_argv_parser *p, char *const *words, size_t count, bool old) WH_MUST_CHECK;

/* How much of a word a message may show: not what stands behind "=", and no endless word. */
int wh_shown_length(const char *word);
#define WH_SHOWN(word) wh_shown_length(word), (word)
