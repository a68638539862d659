/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A growable run of bytes, and a borrowed one. A buffer always keeps a NUL behind its bytes, so
 * `data` is a C string when the content has none of its own. Allocation failure is sticky: the
 * buffer is emptied, `failed` is set, later additions do nothing, and the one check is at the end
 * (wh_buf_status).
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/macros.h"

/* Bytes that somebody else owns; may hold NUL, need not be terminated. */
struct wh_slice {
	const char *data;
	size_t len;
};

#define WH_SLICE(literal) ((struct wh_slice){ (literal), sizeof(literal) - 1 })

struct wh_slice wh_slice_of(const char *string);
bool wh_slice_eq(struct wh_slice a, struct wh_slice b);
bool wh_slice_is(struct wh_slice a, const char *string);

/* The order of bytes, for qsort(3) of an array of strings. */
int wh_by_text(const void *a, const void *b);

/*
 * How many bytes from the start are UTF-8 (Unicode 15, table 3-7: no overlong forms, no surrogates,
 * nothing above U+10FFFF): text.len when all are. NUL counts as valid.
 */
size_t wh_utf8_valid_len(struct wh_slice text);

struct wh_buf {
	char *data; /* NULL while nothing was added */
	size_t len;
	size_t capacity;
	bool failed;
};

#define WH_BUF_INIT \
	{ \
		.data = NULL \
	}

void wh_buf_done(struct wh_buf *buf);
void wh_buf_add(struct wh_buf *buf, const void *bytes, size_t len);
void wh_buf_add_slice(struct wh_buf *buf, struct wh_slice slice);
void wh_buf_add_string(struct wh_buf *buf, const char *string);
void wh_buf_add_char(struct wh_buf *buf, char c);
void wh_buf_addf(struct wh_buf *buf, const char *format, ...) WH_PRINTF(2, 3);

/*
 * Adds the bytes as a JSON string with its quotes. All but printable ASCII is escaped; bytes that
 * are not UTF-8 become U+FFFD, so the result is valid JSON, one line, whatever came in.
 */
void wh_buf_add_json(struct wh_buf *buf, struct wh_slice text);

/* Makes room for `more` further bytes behind `len`. 0 or -ENOMEM (which is sticky as above). */
int wh_buf_reserve(struct wh_buf *buf, size_t more) WH_MUST_CHECK;

/* 0, or -ENOMEM when any addition failed. */
int wh_buf_status(const struct wh_buf *buf) WH_MUST_CHECK;
