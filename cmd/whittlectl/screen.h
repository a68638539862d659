/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a verb shows to people. Names, ids and paths are whatever somebody chose: all but printable
 * ASCII is written as \xNN, so nothing can move the cursor or begin a line. Colour is only put
 * around words, so with and without it the screen reads the same. Memory that ran out shows in the
 * buffer.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/macros.h"

enum wh_shade { WH_PLAIN, WH_BOLD, WH_GOOD, WH_BAD, WH_DOUBT };

struct wh_screen {
	struct wh_buf *to;
	bool colour;
	size_t width; /* columns */
};

/* One cell of a table; NULL is an empty one. */
struct wh_cell {
	const char *text;
	enum wh_shade shade;
};

#define WH_COLUMNS 9
#define WH_SENTENCE (WH_COLUMNS - 1) /* the last cell of a row, which goes on in further lines */

/* A screen for what will be printed to this file: with colour and its width where that is a
 * terminal (environ(7): NO_COLOR, and TERM=dumb, say no), 100 columns elsewhere. */
struct wh_screen wh_screen_of(FILE *to, struct wh_buf *buf);

/* Prints the buffer. 0, -ENOMEM when it failed on the way, -EIO. */
int wh_print(const struct wh_buf *text, FILE *to) WH_MUST_CHECK;

/* The columns that the text takes. */
size_t wh_screen_width_of(const char *text, size_t len);

void wh_screen_add(struct wh_screen *screen, enum wh_shade shade, const char *text, size_t len);
void wh_screen_blanks(struct wh_screen *screen, size_t count);

/* A sentence that begins in column `at` and goes on in column `indent` of the next lines. A word
 * that is longer than a line stays whole. */
void wh_screen_wrap(
	struct wh_screen *screen, enum wh_shade shade, const char *text, size_t at, size_t indent);

/* A line of its own, with an empty one above. */
void wh_screen_heading(struct wh_screen *screen, const char *text);

/* "  - " and a sentence. */
void wh_screen_item(struct wh_screen *screen, enum wh_shade shade, const char *text);

/* A table is written in two passes over its rows: the first finds the width of each column. A
 * column in which all are empty is left out. */
void wh_screen_widen(size_t widths[WH_COLUMNS], const struct wh_cell row[WH_COLUMNS]);
void wh_screen_row(struct wh_screen *screen, const size_t widths[WH_COLUMNS],
	const struct wh_cell row[WH_COLUMNS]);
