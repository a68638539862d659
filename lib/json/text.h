/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Bytes and escapes: what may stand in a JSON text at all, and what a string's spelling means. For
 * the files of this room alone.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* A string as it is spelled between its quotes. */
struct wh_json_spelling {
	struct wh_slice raw;
	bool escaped; /* there are escapes in it; they passed wh_json_check_escapes() */
};

/* Reads a spelling byte by byte as it is meant. */
struct wh_json_cursor {
	struct wh_json_spelling rest;
	unsigned char have; /* bytes of the escape at hand… */
	unsigned char used; /* …of which so many were given out */
	char bytes[4];
};

/* The length of the longest start of the text that is UTF-8 (Unicode 15, table 3-7). */
size_t wh_json_utf8_span(const char *text, size_t len);

/* Overwrites every comment by blanks, newlines kept. Returns the offset of a comment that is never
 * closed, or len. The text is UTF-8. */
size_t wh_json_blank_comments(char *text, size_t len);

/*
 * What is wrong with the escapes of a string whose escapes are complete and made of the right
 * letters (yajl saw to that): a sentence and the offset of the escape; NULL when they are good.
 */
const char *wh_json_check_escapes(struct wh_slice raw, size_t *ret_offset);

/* Writes the meaning of a spelling to `to`, which is never longer than it; returns its length. */
size_t wh_json_unescape(struct wh_slice raw, char *to);

/* The next byte of the meaning, or -1 at the end. */
int wh_json_cursor_next(struct wh_json_cursor *cursor);

/* The order of the meanings as bytes: negative, 0, positive. */
int wh_json_spelling_compare(struct wh_json_spelling a, struct wh_json_spelling b);

bool wh_json_spelling_equal(struct wh_json_spelling a, struct wh_json_spelling b);

/* Equal meanings have equal hashes. Nothing may rest on different ones differing. */
uint32_t wh_json_spelling_hash(struct wh_json_spelling spelling);
