/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What to tell a person whose JSON is broken. yajl's own message quotes the text around the
 * error, which may be a secret, and its offset is sometimes that of the next token. But everything
 * before the broken place was read, so what may follow there is known, and one look at the byte
 * that stands there instead gives the sentence.
 */

#include "json/read.h"

#include <string.h>

/* What the grammar wants at the place. */
enum wanted {
	ROOT,
	COLON,         /* behind a key */
	MEMBER_VALUE,  /* behind its colon */
	FIRST_KEY,     /* or the end of the object */
	NEXT_KEY,      /* behind a comma */
	FIRST_ELEMENT, /* or the end of the array */
	NEXT_ELEMENT,
	MEMBER_COMMA, /* or the end of the object */
	ELEMENT_COMMA,
};

static const char *const sentences[] = {
	[ROOT] = "a JSON value was expected here",
	[COLON] = "a colon was expected here, behind the key",
	[MEMBER_VALUE] = "a value was expected here, behind the colon",
	[FIRST_KEY] = "a key in double quotes or '}' was expected here",
	[NEXT_KEY] = "a key in double quotes was expected here, behind the comma",
	[FIRST_ELEMENT] = "a value or ']' was expected here",
	[NEXT_ELEMENT] = "a value was expected here, behind the comma",
	[MEMBER_COMMA] = "a comma or '}' was expected here, behind the value",
	[ELEMENT_COMMA] = "a comma or ']' was expected here, behind the value",
};

static bool wants_value(enum wanted wanted)
{
	return wanted == ROOT || wanted == MEMBER_VALUE || wanted == FIRST_ELEMENT ||
	       wanted == NEXT_ELEMENT;
}

static bool wants_key(enum wanted wanted)
{
	return wanted == FIRST_KEY || wanted == NEXT_KEY;
}

/* The offset behind what was read last. */
static size_t end_of_read(const struct wh_json_reader *reader)
{
	wh_node node = reader->frames[reader->depth].last;
	const struct wh_json_node *n = &reader->doc->nodes[node];

	if (node == WH_NO_NODE || wh_json_is_container(reader->doc, node))
		return reader->consumed;
	return (size_t)n->off + n->len + (n->type == WH_JSON_STRING ? 1u : 0u);
}

/* Steps over the comma or colon that did follow, when it did. */
static enum wanted what_is_wanted(const struct wh_json_reader *reader, size_t *at)
{
	const struct wh_json_frame *frame = &reader->frames[reader->depth];
	bool object = reader->doc->nodes[frame->container].type == WH_JSON_OBJECT;
	const char *text = reader->doc->text.data;
	enum wanted wanted, behind;
	char separator = ',';

	if (reader->depth == 0)
		return ROOT;
	if (frame->count == 0)
		return object ? FIRST_KEY : FIRST_ELEMENT;
	if (object && frame->count % 2 == 1) {
		separator = ':';
		wanted = COLON;
		behind = MEMBER_VALUE;
	} else {
		wanted = object ? MEMBER_COMMA : ELEMENT_COMMA;
		behind = object ? NEXT_KEY : NEXT_ELEMENT;
	}
	if (text[*at] != separator)
		return wanted;
	*at += 1;
	*at += strspn(text + *at, " \t\r\n");
	return behind;
}

/* What is wrong inside a string; `offset` is the byte that yajl did not take. */
static const char *string_fault(const char *text, size_t offset)
{
	if ((unsigned char)text[offset] < 0x20)
		return "a control character in a string must be written as an escape";
	if (text[offset - 1] == '\\')
		return "there is no escape with this letter; a backslash itself is written twice";
	return "\\u must be followed by four hexadecimal digits";
}

static const char *token_fault(
	const struct wh_json_reader *reader, enum wanted wanted, size_t *at, size_t offset)
{
	const char *text = reader->doc->text.data;
	char first = text[*at];

	if (first == '"' && (wants_value(wanted) || wants_key(wanted))) {
		*at = offset;
		return offset < reader->limit ? string_fault(text, offset) : NULL;
	}
	if (first == '/' && !reader->options->comments)
		return "comments are not allowed in this JSON";
	if (!wants_value(wanted))
		return sentences[wanted];
	if (first == '-' || (first >= '0' && first <= '9')) {
		*at = offset;
		return "this is not a number as JSON writes it";
	}
	if (strchr("tfn", first) != NULL)
		return "this is neither true, false nor null";
	return sentences[wanted];
}

/* The value that is broken or missing gets a node of its own, so that the pointer names it. */
static wh_node place(struct wh_json_reader *reader, enum wanted wanted)
{
	const struct wh_json_frame *frame = &reader->frames[reader->depth];
	wh_node node;

	if (wanted == COLON || wanted == MEMBER_VALUE)
		return frame->last;
	if (wanted != FIRST_ELEMENT && wanted != NEXT_ELEMENT)
		return frame->container;
	node = wh_json_add_node(reader, WH_JSON_NULL, WH_JSON_NOWHERE, 0);
	return node != WH_NO_NODE ? node : frame->container;
}

int wh_json_explain(struct wh_json_reader *reader, size_t offset)
{
	const char *sentence = NULL;
	enum wanted wanted;
	size_t at;

	at = end_of_read(reader);
	at += strspn(reader->doc->text.data + at, " \t\r\n");
	wanted = what_is_wanted(reader, &at);
	if (at < reader->limit)
		sentence = token_fault(reader, wanted, &at, offset);
	if (at >= reader->limit) {
		at = reader->limit;
		sentence = reader->fault != NULL
				   ? reader->fault
				   : "the text ends here, before its value is complete";
	}
	(void)wh_json_refuse(reader, place(reader, wanted), at, sentence);
	return reader->result;
}
