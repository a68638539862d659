/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * JSON as the strictest of its readers sees it, and back without loss.
 *
 * A document is one text and a flat array of nodes in the order of the text. Numbers and strings
 * keep their exact spelling as a piece of that text, so what nobody touched is written as it was
 * read. Nodes are indices: they stay valid while the document lives, whatever is edited.
 *
 * Why so strict: runc (Go), crun (yajl, later json-c) and runsc read the same odd file three
 * different ways. Whatever could be read in two ways is refused, so that the text written from
 * this tree means one thing.
 *
 * This is the only room that includes yajl.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/macros.h"

#define WH_JSON_MAX_SIZE (16u << 20) /* bytes of text */
#define WH_JSON_MAX_DEPTH 31         /* json-c, in crun >= 1.28, stops at 32 */

struct wh_json;

/* A value, or an object's key, which is a string node. 0 is no node: absent, or memory ran out. */
typedef uint32_t wh_node;
#define WH_NO_NODE 0u

enum wh_json_type {
	WH_JSON_NONE, /* the type of WH_NO_NODE */
	WH_JSON_NULL,
	WH_JSON_FALSE,
	WH_JSON_TRUE,
	WH_JSON_NUMBER,
	WH_JSON_STRING,
	WH_JSON_ARRAY,
	WH_JSON_OBJECT,
};

struct wh_json_options {
	bool comments; /* accept C and C++ comments (the policy); never for what a runtime reads */
	/*
	 * Stop as soon as this member of the top-level object is complete; what follows is neither
	 * read nor judged. NULL reads and judges everything.
	 */
	const char *stop_after;
};

/*
 * Reads the text, which the document takes over in every case (the buffer is left empty). options
 * may be NULL. Refuses with -EINVAL and "line L, column C (/json/pointer): what is wrong" (the
 * pointer of the root, which is empty, is left out): a byte order mark, comments (unless allowed),
 * anything behind the value, invalid UTF-8 (overlong forms, surrogates, above U+10FFFF), NUL raw or
 * escaped, lone surrogate escapes, duplicate keys of an object after unescaping, nesting deeper
 * than WH_JSON_MAX_DEPTH, numbers outside RFC 8259, an empty text, and, without a place, a text
 * over WH_JSON_MAX_SIZE. -ENOMEM when memory ran out. Time is linear in the text; memory is at most
 * 6 times the text beside the text itself; nothing recurses. Columns count bytes from 1.
 */
int wh_json_parse_take(struct wh_json **ret, struct wh_buf *text,
	const struct wh_json_options *options, struct wh_err *err) WH_MUST_CHECK;

/* An empty document ({}), to be built by edits. */
int wh_json_new(struct wh_json **ret) WH_MUST_CHECK;

/* A new document whose root is a deep copy of another's value. 0, -EINVAL for WH_NO_NODE or when
 * the other is spoiled, -ENOMEM. */
int wh_json_new_from(struct wh_json **ret, const struct wh_json *from, wh_node node) WH_MUST_CHECK;

void wh_json_free(struct wh_json *doc); /* NULL is fine */
void wh_json_freep(struct wh_json **doc);
#define WH_JSON WH_CLEANUP(wh_json_freep)

/* ---- reading ---------------------------------------------------------------------------- */

/* All of these accept WH_NO_NODE and answer as for an absent value. */

wh_node wh_json_root(const struct wh_json *doc);
enum wh_json_type wh_json_type(const struct wh_json *doc, wh_node node);

/* "an object", "a string"… for messages. */
const char *wh_json_type_name(enum wh_json_type type);

/* The value of a member, by unescaped key; WH_NO_NODE when absent or when `object` is none. A
 * member that is null is there (type WH_JSON_NULL). */
wh_node wh_json_get(const struct wh_json *doc, wh_node object, const char *key);

/* First element of an array, first key of an object. */
wh_node wh_json_first(const struct wh_json *doc, wh_node container);
/* Next element; from a key its value, from a value the next key. */
wh_node wh_json_next(const struct wh_json *doc, wh_node node);

#define wh_json_each_element(doc, array, element) \
	for (wh_node element = wh_json_first(doc, array); element; \
		element = wh_json_next(doc, element))
/* The value of the key at hand is wh_json_next(doc, key). */
#define wh_json_each_member(doc, object, key) \
	for (wh_node key = wh_json_first(doc, object); key; \
		key = wh_json_next(doc, wh_json_next(doc, key)))

/*
 * The unescaped bytes of a string, valid as long as the document. {NULL, 0} when the node is not a
 * string or memory ran out (wh_json_status tells which). An empty string has non-NULL data. Not
 * NUL-terminated.
 */
struct wh_slice wh_json_string(struct wh_json *doc, wh_node node);

/* Whether the node is a string with exactly these bytes after unescaping. */
bool wh_json_string_is(const struct wh_json *doc, wh_node node, const char *string);

/* The token as spelled in the text: a number's digits, a string between its quotes. */
struct wh_slice wh_json_raw(const struct wh_json *doc, wh_node node);

/*
 * A number as an integer. 0; -ENOENT when the node is not a number; -ERANGE when it has a fraction
 * or exponent (also 1.0 and 1e3: Go refuses them for integers) or does not fit.
 */
int wh_json_u64(const struct wh_json *doc, wh_node node, uint64_t *ret) WH_MUST_CHECK;
int wh_json_i64(const struct wh_json *doc, wh_node node, int64_t *ret) WH_MUST_CHECK;

/* Line and column (both from 1) of a node that came from the text, or was copied from one within
 * the document; 0, 0 for any other. */
void wh_json_position(
	const struct wh_json *doc, wh_node node, unsigned *ret_line, unsigned *ret_column);

/*
 * Where a node stands in the text it was read from: its first byte (a string's quote, a container's
 * bracket) and the one behind its last. For edits of the text itself. false for a node that an edit
 * made; of a document that was edited, answers hold for the text as it was read.
 */
bool wh_json_span(const struct wh_json *doc, wh_node node, size_t *ret_begin, size_t *ret_end);

/* Appends the RFC 6901 pointer of a node (of a key: of its value) to `ret`. The root is "". Takes
 * time linear in the document: for messages only. */
void wh_json_pointer(struct wh_json *doc, wh_node node, struct wh_buf *ret);

/*
 * Fails as wh_fail() with "line L, column C (/pointer): " before the sentence; for an edited node
 * with "(/pointer): " alone. The root has no "(/pointer)", a very long pointer is cut in its
 * middle.
 */
int wh_json_fail(struct wh_json *doc, wh_node node, struct wh_err *err, int number,
	const char *format, ...) WH_PRINTF(5, 6);

/* ---- editing ---------------------------------------------------------------------------- */

/*
 * New nodes belong to the document and hang nowhere until they are put somewhere; a node may be put
 * in one place only. When memory runs out the document is spoiled: WH_NO_NODE is returned, later
 * edits do nothing, and wh_json_write() fails. So edits need no check of their own. The same (with
 * -EINVAL) happens to an edit that cannot be made, lest it be overlooked: of a container that is
 * none or of the other type, with a value of WH_NO_NODE, or of a child that is not there.
 */
wh_node wh_json_new_null(struct wh_json *doc);
wh_node wh_json_new_bool(struct wh_json *doc, bool value);
wh_node wh_json_new_u64(struct wh_json *doc, uint64_t value);
wh_node wh_json_new_i64(struct wh_json *doc, int64_t value);
/* The text is copied; it must be UTF-8 without NUL, or the document is spoiled (-EINVAL). */
wh_node wh_json_new_string(struct wh_json *doc, struct wh_slice text);
wh_node wh_json_new_array(struct wh_json *doc);
wh_node wh_json_new_object(struct wh_json *doc);

/* A deep copy of another document's value. The two documents may be one. WH_NO_NODE copies none. */
wh_node wh_json_new_copy(struct wh_json *doc, const struct wh_json *from, wh_node node);

/* Replaces the member in its place, or adds it at the end. */
void wh_json_set(struct wh_json *doc, wh_node object, const char *key, wh_node value);
/* Takes the member out; nothing when it is not there. */
void wh_json_unset(struct wh_json *doc, wh_node object, const char *key);
/*
 * Takes an element, or a member by its key node, out of its container. A loop may remove what it
 * stands on and go on; removals from front to back are linear in all, as are appends.
 */
void wh_json_remove(struct wh_json *doc, wh_node container, wh_node element_or_key);
void wh_json_append(struct wh_json *doc, wh_node array, wh_node value);
void wh_json_prepend(struct wh_json *doc, wh_node array, wh_node value);

/* 0; -ENOMEM when memory ran out in an edit or in wh_json_string(); -EINVAL when an edit could not
 * be made. */
int wh_json_status(const struct wh_json *doc) WH_MUST_CHECK;

/* ---- writing ---------------------------------------------------------------------------- */

/* Takes the next piece of output. 0 to go on; anything else ends the writing and is returned. */
typedef int wh_json_sink(void *context, const char *bytes, size_t len);

/*
 * Writes one value without any blank between tokens: numbers and untouched strings as they were
 * spelled, keys in their order. Pieces are gathered, the sink is called about once per 16 KiB; no
 * copy of the whole is made. 0, -ENOMEM, -EINVAL for WH_NO_NODE, wh_json_status() when that is not
 * 0, or what the sink returned.
 */
int wh_json_write(
	const struct wh_json *doc, wh_node node, wh_json_sink *sink, void *context) WH_MUST_CHECK;

/* The same, added to a buffer. */
int wh_json_write_buf(const struct wh_json *doc, wh_node node, struct wh_buf *ret) WH_MUST_CHECK;

/* Whether wh_json_write() of the root would give exactly the text that was read. */
bool wh_json_is_canonical(const struct wh_json *doc);

/* ---- editing a text ---------------------------------------------------------------------- */

/*
 * Adds to `ret` the text with the member at this path (which ends with NULL) set to `value`, which
 * is spelled as JSON, and everything else byte for byte as it is. Objects that are missing on the
 * way are made, new members come last, indented as those beside them. The text must be one that
 * wh_json_parse_take() accepts, with an object as its root. 0; -EINVAL when it is not, or something
 * on the way is no object; -ENOMEM.
 */
int wh_json_text_set(struct wh_slice text, const struct wh_json_options *options,
	const char *const path[], struct wh_slice value, struct wh_buf *ret,
	struct wh_err *err) WH_MUST_CHECK;

/* The same, taking the member out, and objects that are empty then but for the root. 0, also when
 * it is not there; -EINVAL; -ENOMEM. */
int wh_json_text_unset(struct wh_slice text, const struct wh_json_options *options,
	const char *const path[], struct wh_buf *ret, struct wh_err *err) WH_MUST_CHECK;
