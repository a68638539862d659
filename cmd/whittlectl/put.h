/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a verb prints for programs: JSON, written from front to back into a buffer. A comma goes in
 * front where one belongs. `key` is NULL for an element of an array. Memory that ran out shows in
 * the buffer.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "json/json.h"
#include "oci/capability.h"

/* The key alone: the caller adds the value. */
void wh_put_key(struct wh_buf *to, const char *key);

/* null for NULL. Any bytes will do: wh_buf_add_json(). */
void wh_put_text(struct wh_buf *to, const char *key, const char *value);
void wh_put_slice(struct wh_buf *to, const char *key, struct wh_slice value);

void wh_put_bool(struct wh_buf *to, const char *key, bool value);

/* A process id, or a line: null where there is none (0). */
void wh_put_number(struct wh_buf *to, const char *key, uint64_t value);

void wh_put_count(struct wh_buf *to, const char *key, size_t value);

/* Begins an object or an array; its closing bracket is the caller's. */
void wh_put_open(struct wh_buf *to, const char *key, char bracket);

/* An array of strings. */
void wh_put_texts(struct wh_buf *to, const char *key, const char *const *list, size_t count);

/* An array of names; the number, as a string, for one that is newer than this program. */
void wh_put_capabilities(struct wh_buf *to, const char *key, wh_capset set);

/*
 * A value of a document, without a comma in front: as wh_json_write() writes it, and all but
 * printable ASCII escaped. So nothing that a string holds reaches a terminal as it is. 0 or
 * -ENOMEM.
 */
int wh_put_value(struct wh_buf *to, const struct wh_json *doc, wh_node node) WH_MUST_CHECK;
