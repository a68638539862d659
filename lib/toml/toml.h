/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * TOML 1.0 as a tree that knows where each piece of it stands, and edits that leave the rest of the
 * text as it is: comments, order, blanks, line ends.
 *
 * An edit is a function from text to text. It reads its own result again and fails when that does
 * not say what was wanted, so a text written in a way that is not foreseen is left alone.
 *
 * This is the only room that includes toml++ (C++, header-only), in one file: exceptions end there.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/macros.h"

#ifdef __cplusplus
extern "C" {
#endif

#define WH_TOML_MAX_DEPTH 64 /* tables and arrays in each other, and words in a dotted key */

enum wh_toml_type {
	WH_TOML_TABLE,
	WH_TOML_ARRAY,
	WH_TOML_STRING,
	WH_TOML_INTEGER,
	WH_TOML_BOOLEAN,
	WH_TOML_OTHER, /* a float, a date, a time */
};

/* How a table is written. */
enum wh_toml_form {
	WH_TOML_HEADER,  /* [a.b], an element of [[a.b]], or the root */
	WH_TOML_IMPLIED, /* only as a part of other headers */
	WH_TOML_DOTTED,  /* only as a part of dotted keys */
	WH_TOML_INLINE,  /* { … } */
};

struct wh_toml_node {
	enum wh_toml_type type;
	enum wh_toml_form form; /* of a table */
	struct wh_slice key;    /* unescaped, NUL behind it; {NULL, 0} for the root and elements */
	struct wh_slice string; /* unescaped, NUL behind it */
	int64_t integer;
	bool boolean;
	/* Bytes of the text: the word of the key, and the value; of a table its header, or its
	 * braces. Ends are behind the last byte. */
	size_t key_begin, key_end;
	size_t begin, end;
	unsigned line; /* of the key, or of the value where there is none; from 1 */
	struct wh_toml_node *parent;
	struct wh_toml_node *first; /* in the order of the text */
	struct wh_toml_node *next;
};

struct wh_toml {
	struct wh_slice text; /* borrowed */
	const struct wh_toml_node *root;
};

/*
 * Reads the text, which must stay as long as the result; nodes live in the arena. 0; -EINVAL with
 * "LINE:COLUMN: what is wrong" (columns count characters); -ENOMEM.
 */
int wh_toml_parse(struct wh_slice text, struct wh_arena *arena, struct wh_toml *ret,
	struct wh_err *err) WH_MUST_CHECK;

/* The member of a table; NULL when it is not there, or `table` is NULL or none. */
const struct wh_toml_node *wh_toml_get(const struct wh_toml_node *table, const char *key);

/* The same along a path, which ends with NULL. */
const struct wh_toml_node *wh_toml_find(const struct wh_toml_node *table, const char *const path[]);

/* The value as the text spells it; not for tables with headers. */
struct wh_slice wh_toml_raw(const struct wh_toml *doc, const struct wh_toml_node *node);

/* Adds a string as TOML spells it, with its quotes. */
void wh_toml_add_string(struct wh_buf *ret, struct wh_slice text);

/* Adds a key: bare where TOML allows it, else as a string. */
void wh_toml_add_key(struct wh_buf *ret, struct wh_slice key);

/*
 * Adds to `ret` the text with this key set to `value`, which is spelled as TOML: the value that is
 * there is replaced; else a line is added in the table that is there, or a table at the end. 0;
 * -EINVAL when a part of the path is no table, or the result does not read as wanted; -ENOMEM.
 */
int wh_toml_set(struct wh_slice text, const char *const path[], struct wh_slice value,
	struct wh_buf *ret, struct wh_err *err) WH_MUST_CHECK;

/* The same, taking the key and all below it out. A table that was only implied by it goes, too. 0,
 * also when it is not there; -EINVAL; -ENOMEM. */
int wh_toml_unset(struct wh_slice text, const char *const path[], struct wh_buf *ret,
	struct wh_err *err) WH_MUST_CHECK;

/* A table to be added: keys and values in order; a key with dots belongs to a table inside. */
struct wh_toml_member {
	const char *table; /* the table inside it that holds the key; NULL: the table itself */
	const char *key;
	struct wh_slice value; /* spelled as TOML */
};

/*
 * Adds a table under a path that has none yet, as a block of its own behind the last of its
 * sisters, indented as they are; within braces where the tables around it are in braces. Members of
 * a table inside follow those of the table itself. 0, -EINVAL, -ENOMEM as above.
 */
int wh_toml_add_table(struct wh_slice text, const char *const path[],
	const struct wh_toml_member *members, size_t count, struct wh_buf *ret,
	struct wh_err *err) WH_MUST_CHECK;

#ifdef __cplusplus
}
#endif
