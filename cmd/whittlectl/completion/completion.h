/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The table of verbs in the languages of shells, so that they complete what whittlectl reads, and
 * in that of man pages. An option is offered until it was given; what it takes, and the arguments
 * of a verb, are completed where the table tells what they are: files, or one of few words. Memory
 * that ran out shows in the buffer.
 */

#include <stdbool.h>

#include "base/buf.h"
#include "whittlectl/verbs.h"

/* What each verb understands, and what can stand in a verb's place, beside the table. */
#define WH_HELP_OF_HELP "print what can be said"
#define WH_HELP_OF_VERSION "print the version"

/* Whether what is called so in a synopsis ("PATH", "[FILE]"; NULL: nothing) is a file. */
bool wh_is_file(const char *argument);

/* The option at this place of the verb's row; NULL behind the last. */
const struct wh_verb_option *wh_option_get(const struct wh_verb *verb, size_t index);

/* The text with a backslash before each of these bytes. */
void wh_add_escaped(struct wh_buf *to, const char *text, const char *special);

/* In single quotes, as the POSIX shell has them. */
void wh_add_quoted(struct wh_buf *to, const char *text);

void wh_complete_bash(struct wh_buf *to);
void wh_complete_fish(struct wh_buf *to);
void wh_complete_zsh(struct wh_buf *to);

/* The synopsis of whittlectl(8) and the list of its verbs and options: mdoc(7). */
void wh_complete_man(struct wh_buf *to);
