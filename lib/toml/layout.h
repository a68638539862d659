/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Where in a text lines, and what a table takes up, begin and end. Internal to the room: for the
 * edits (edit.c), and tested through those. Places are bytes of doc->text.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "toml/toml.h"

/* Where the line of a place begins (behind a byte order mark), and the place behind its end. */
size_t wh_toml_line_begin(const struct wh_toml *doc, size_t at);
size_t wh_toml_line_end(const struct wh_toml *doc, size_t at);

/* The blanks that the line of a place begins with. */
struct wh_slice wh_toml_indent_at(const struct wh_toml *doc, size_t at);

/* Whether the line that begins here holds nothing but blanks. */
bool wh_toml_is_blank_line(const struct wh_toml *doc, size_t begin);

/* Whether a node is written under a header, its own or those of tables inside of it. */
bool wh_toml_has_header(const struct wh_toml_node *node);

/* Behind the last value that a table has in lines of its own, without those under headers inside
 * it; behind its header when there is none. */
size_t wh_toml_body_end(const struct wh_toml_node *node);

/* Behind everything that is in the table, under whatever header. */
size_t wh_toml_family_end(const struct wh_toml_node *node);

/* The last member in lines of the table's own; NULL for none. */
const struct wh_toml_node *wh_toml_last_in_body(const struct wh_toml_node *table);

/* The table in whose lines this one is written. */
const struct wh_toml_node *wh_toml_body_of(const struct wh_toml_node *table);

/* Where another header can stand behind a table: behind the comments at its end, but not behind
 * those that belong to the next header. */
size_t wh_toml_block_place(const struct wh_toml *doc, const struct wh_toml_node *table);
