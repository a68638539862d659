/* SPDX-License-Identifier: Apache-2.0 */
/*
 * yajl decides the grammar and tells what it met; the callbacks put one node each into the array.
 * It is laxer than RFC 8259 in some points, all of them measured, and each is closed here:
 *
 *  - vertical tabs and form feeds pass for blanks, overlong UTF-8 for characters: the text is
 *    looked through before yajl sees it, and is cut off at the first such byte;
 *  - lone surrogates and \u0000 are decoded to something: wh_json_check_escapes();
 *  - an open string or comment behind the value is overlooked, and the end of the text needs a
 *    second call that copies what was left: reading is cancelled at the end of the root, the rest
 *    must be blank, and the end is marked by the NUL that every buffer has, which is no JSON;
 *  - its nesting has no limit: the frames have one;
 *  - it does not look at what its allocator returns: it gets memory that cannot run out, reserved
 *    before the start. It needs five small blocks, two kilobytes to take the escapes out of
 *    strings, and for a long one twice its length.
 *
 * Comments are overwritten with blanks beforehand, so that nothing but blanks and punctuation
 * stands between two tokens.
 */

#include "json/read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

/* ---- memory for yajl -------------------------------------------------------------------- */

#define POOL_FIXED 8192u
#define POOL_ALIGN 16u

struct pool {
	char *memory;
	char *last; /* the block handed out last can grow in its place */
	size_t used;
	size_t size;
};

static void *pool_alloc(void *context, size_t size)
{
	struct pool *pool = context;
	size_t room = pool->size - pool->used;

	if (size > room || room - size < POOL_ALIGN)
		return NULL;
	pool->last = pool->memory + pool->used;
	pool->used += (size + POOL_ALIGN - 1) / POOL_ALIGN * POOL_ALIGN;
	return pool->last;
}

static void *pool_realloc(void *context, void *block, size_t size)
{
	struct pool *pool = context;
	char *old = block;
	size_t behind;
	char *grown;

	if (old == NULL)
		return pool_alloc(context, size);
	behind = pool->used - (size_t)(old - pool->memory);
	if (old == pool->last) {
		pool->used -= behind;
		return pool_alloc(context, size);
	}
	grown = pool_alloc(context, size);
	if (grown != NULL)
		memcpy(grown, old, size < behind ? size : behind);
	return grown;
}

static void pool_free(void *context, void *block)
{
	(void)context;
	(void)block;
}

/* Only a text with a backslash has strings that yajl copies. What is not used is never touched. */
static int pool_init(struct pool *pool, const char *text, size_t len)
{
	pool->size = POOL_FIXED;
	if (memchr(text, '\\', len) != NULL)
		pool->size += 2 * len + POOL_FIXED;
	pool->memory = malloc(pool->size);
	return pool->memory == NULL ? -ENOMEM : 0;
}

/* ---- putting nodes together ------------------------------------------------------------- */

static void chain(struct wh_json *doc, const struct wh_json_frame *frame)
{
	if (frame->last != WH_NO_NODE)
		doc->nodes[frame->last].next = frame->container | WH_JSON_UP;
}

void wh_json_close_frames(struct wh_json_reader *reader)
{
	for (unsigned depth = reader->depth; depth > 0; depth--)
		chain(reader->doc, &reader->frames[depth]);
}

int wh_json_refuse(struct wh_json_reader *reader, wh_node node, size_t offset, const char *sentence)
{
	wh_json_close_frames(reader);
	reader->result = wh_json_fail_at(reader->doc, node, offset, reader->err, EINVAL, sentence);
	return 0;
}

static int out_of_memory(struct wh_json_reader *reader)
{
	reader->result = -ENOMEM;
	return 0;
}

wh_node wh_json_add_node(
	struct wh_json_reader *reader, enum wh_json_type type, size_t off, size_t len)
{
	struct wh_json_frame *frame = &reader->frames[reader->depth];
	struct wh_json *doc = reader->doc;
	wh_node node = wh_json_node_new(doc, type, (uint32_t)off, (uint32_t)len);

	if (node == WH_NO_NODE) {
		(void)out_of_memory(reader);
		return WH_NO_NODE;
	}
	if (frame->last == WH_NO_NODE)
		doc->nodes[frame->container].len = node & WH_JSON_MAX_TOKEN;
	else
		doc->nodes[frame->last].next = node;
	frame->last = node;
	frame->count++;
	return node;
}

/* After a value: 1 to go on, 0 when all that was wanted is there. */
static int value_done(struct wh_json_reader *reader)
{
	reader->complete = reader->depth == 0 || (reader->depth == 1 && reader->at_stop);
	return !reader->complete;
}

static int add_scalar(struct wh_json_reader *reader, enum wh_json_type type, size_t off, size_t len)
{
	if (wh_json_add_node(reader, type, off, len) == WH_NO_NODE)
		return 0;
	return value_done(reader);
}

static int refuse_duplicate(struct wh_json_reader *reader, const struct wh_json_frame *frame)
{
	wh_node key;
	int r = wh_json_find_duplicate(reader->doc, frame->container, frame->count / 2, &key);

	if (r < 0)
		return out_of_memory(reader);
	if (key == WH_NO_NODE)
		return 1;
	return wh_json_refuse(reader, key, reader->doc->nodes[key].off - 1u,
		"this key stands in the object twice, and runtimes differ on which one counts");
}

/* ---- what yajl tells -------------------------------------------------------------------- */

/* yajl_get_bytes_consumed() is exactly behind the token that a callback is about. */
struct context {
	struct wh_json_reader reader;
	yajl_handle yajl;
};

static int on_null(void *context)
{
	struct context *c = context;

	return add_scalar(&c->reader, WH_JSON_NULL, yajl_get_bytes_consumed(c->yajl) - 4, 4);
}

static int on_boolean(void *context, int value)
{
	struct context *c = context;
	enum wh_json_type type = value ? WH_JSON_TRUE : WH_JSON_FALSE;
	size_t len = value ? 4 : 5;

	return add_scalar(&c->reader, type, yajl_get_bytes_consumed(c->yajl) - len, len);
}

/* Numbers and plain strings are handed over as pieces of the text itself. */
static size_t offset_in_text(const struct context *c, const void *bytes)
{
	return (size_t)((uintptr_t)bytes - (uintptr_t)c->reader.doc->text.data);
}

static int on_number(void *context, const char *digits, size_t len)
{
	struct context *c = context;

	return add_scalar(&c->reader, WH_JSON_NUMBER, offset_in_text(c, digits), len);
}

/* A string with escapes comes decoded, in yajl's memory. Its spelling is found backwards from the
 * closing quote: a quote inside it has a backslash before it, the opening one never has. */
static size_t opening_quote(const char *text, size_t closing)
{
	const char *quote = text + closing;

	do
		quote = memrchr(text, '"', (size_t)(quote - text));
	while (quote != text && quote[-1] == '\\');
	return (size_t)(quote - text);
}

static int add_escaped(struct context *c, bool key)
{
	size_t closing = yajl_get_bytes_consumed(c->yajl) - 1, wrong;
	struct wh_json *doc = c->reader.doc;
	struct wh_slice raw;
	const char *sentence;
	size_t off;
	wh_node node;

	off = opening_quote(doc->text.data, closing) + 1;
	raw = (struct wh_slice){ doc->text.data + off, closing - off };
	node = wh_json_add_node(&c->reader, WH_JSON_STRING, off, raw.len);
	if (node == WH_NO_NODE)
		return 0;
	doc->nodes[node].key = key;
	sentence = wh_json_check_escapes(raw, &wrong);
	if (sentence != NULL)
		return wh_json_refuse(&c->reader, node, off + wrong, sentence);
	doc->nodes[node].escaped = 1; /* not before: nobody decodes what was not checked */
	return 1;
}

static int add_string(struct context *c, const unsigned char *bytes, size_t len, bool key)
{
	size_t off = offset_in_text(c, bytes);
	wh_node node;

	if (off >= c->reader.doc->text.len)
		return add_escaped(c, key);
	node = wh_json_add_node(&c->reader, WH_JSON_STRING, off, len);
	if (node == WH_NO_NODE)
		return 0;
	c->reader.doc->nodes[node].key = key;
	return 1;
}

static int on_string(void *context, const unsigned char *bytes, size_t len)
{
	struct context *c = context;

	return add_string(c, bytes, len, false) && value_done(&c->reader);
}

static int on_key(void *context, const unsigned char *bytes, size_t len)
{
	struct context *c = context;
	struct wh_json_reader *reader = &c->reader;

	if (!add_string(c, bytes, len, true))
		return 0;
	if (reader->depth == 1 && reader->options->stop_after != NULL)
		reader->at_stop = wh_json_string_is(
			reader->doc, reader->frames[1].last, reader->options->stop_after);
	return 1;
}

static int open_container(struct context *c, enum wh_json_type type)
{
	struct wh_json_reader *reader = &c->reader;
	size_t off = yajl_get_bytes_consumed(c->yajl) - 1;
	wh_node node = wh_json_add_node(reader, type, off, 0);

	if (node == WH_NO_NODE)
		return 0;
	if (reader->depth == WH_JSON_MAX_DEPTH)
		return wh_json_refuse(reader, node, off,
			"this is nested deeper than 31 levels, which not every runtime reads");
	reader->frames[++reader->depth] = (struct wh_json_frame){ .container = node };
	reader->consumed = off + 1;
	return 1;
}

static struct wh_json_frame close_container(struct context *c)
{
	struct wh_json_reader *reader = &c->reader;
	struct wh_json_frame frame = reader->frames[reader->depth--];

	chain(reader->doc, &frame);
	reader->consumed = yajl_get_bytes_consumed(c->yajl);
	return frame;
}

static int on_start_map(void *context)
{
	return open_container(context, WH_JSON_OBJECT);
}

static int on_start_array(void *context)
{
	return open_container(context, WH_JSON_ARRAY);
}

static int on_end_map(void *context)
{
	struct context *c = context;
	struct wh_json_frame frame = close_container(c);

	return refuse_duplicate(&c->reader, &frame) && value_done(&c->reader);
}

static int on_end_array(void *context)
{
	struct context *c = context;

	(void)close_container(c);
	return value_done(&c->reader);
}

static const yajl_callbacks callbacks = {
	.yajl_null = on_null,
	.yajl_boolean = on_boolean,
	.yajl_number = on_number,
	.yajl_string = on_string,
	.yajl_start_map = on_start_map,
	.yajl_map_key = on_key,
	.yajl_end_map = on_end_map,
	.yajl_start_array = on_start_array,
	.yajl_end_array = on_end_array,
};

/* ---- the whole -------------------------------------------------------------------------- */

/* Finds how much of the text consists of what may stand in JSON at all, and takes comments out. */
static void prepare(struct wh_json_reader *reader)
{
	struct wh_buf *text = &reader->doc->text;
	static const struct {
		char byte;
		const char *fault;
	} bytes[] = {
		{ '\0', "a NUL byte is not allowed in JSON" },
		{ '\v', "a vertical tab is not allowed in JSON" },
		{ '\f', "a form feed is not allowed in JSON" },
	};
	size_t span;

	reader->limit = text->len;
	for (size_t i = 0; i < WH_COUNT(bytes); i++) {
		const char *found = memchr(text->data, bytes[i].byte, reader->limit);

		if (found != NULL) {
			reader->limit = (size_t)(found - text->data);
			reader->fault = bytes[i].fault;
		}
	}
	span = wh_json_utf8_span(text->data, reader->limit);
	if (span < reader->limit) {
		reader->limit = span;
		reader->fault = "this byte is not UTF-8";
	}
	if (reader->options->comments) {
		span = wh_json_blank_comments(text->data, reader->limit);
		if (span < reader->limit) {
			reader->limit = span;
			reader->fault = "this comment is never closed";
		}
	}
	text->data[reader->limit] = '\0';
}

/* Behind the root there may be blanks alone. */
static int check_rest(struct wh_json_reader *reader, size_t at)
{
	const char *text = reader->doc->text.data;

	at += strspn(text + at, " \t\r\n");
	if (at == reader->doc->text.len)
		return 0;
	(void)wh_json_refuse(reader, WH_NO_NODE, at,
		at < reader->limit ? "there is more behind the end of the value" : reader->fault);
	return reader->result;
}

static int conclude(struct context *c)
{
	struct wh_json_reader *reader = &c->reader;
	size_t consumed = yajl_get_bytes_consumed(c->yajl);

	if (reader->result < 0)
		return reader->result;
	if (!reader->complete)
		return wh_json_explain(reader, consumed);
	reader->doc->root = reader->doc->nodes[WH_NO_NODE].len;
	if (reader->depth == 0)
		return check_rest(reader, consumed);
	/* Stopped inside the top-level object: it ends here. */
	chain(reader->doc, &reader->frames[1]);
	return refuse_duplicate(reader, &reader->frames[1]) ? 0 : reader->result;
}

static int read_text(struct wh_json *doc, const struct wh_json_options *options, struct wh_err *err)
{
	struct context c = { .reader = { .doc = doc, .options = options, .err = err } };
	struct pool pool = { .memory = NULL };
	yajl_alloc_funcs memory = { pool_alloc, pool_realloc, pool_free, &pool };
	int r;

	prepare(&c.reader);
	r = pool_init(&pool, doc->text.data, c.reader.limit);
	if (r < 0)
		return r;
	c.yajl = yajl_alloc(&callbacks, &memory, &c);
	(void)yajl_config(c.yajl, yajl_dont_validate_strings, 1);
	/* With the NUL behind the text, so that no token is left open at its end. */
	(void)yajl_parse(c.yajl, (const unsigned char *)doc->text.data, c.reader.limit + 1);
	r = conclude(&c);
	yajl_free(c.yajl);
	free(pool.memory);
	return r;
}

/* What can be told before anything is read. */
static int check_text(const struct wh_buf *text, struct wh_err *err)
{
	if (text->failed)
		return -ENOMEM;
	if (text->len == 0)
		return wh_fail(err, EINVAL, "line 1, column 1: the text is empty");
	if (text->len > WH_JSON_MAX_SIZE)
		return wh_fail(err, EINVAL, "the text is larger than 16 MiB");
	if (text->len >= 3 && memcmp(text->data, "\xef\xbb\xbf", 3) == 0)
		return wh_fail(err, EINVAL,
			"line 1, column 1: the text begins with a byte order mark; save it as "
			"UTF-8 without one");
	return 0;
}

static int parse(struct wh_json **ret, struct wh_buf *text, const struct wh_json_options *options,
	struct wh_err *err)
{
	static const struct wh_json_options strict = { .comments = false };
	struct wh_json *doc WH_JSON = NULL;
	int r;

	r = check_text(text, err);
	if (r < 0)
		return r;
	/* Every node takes two bytes of text at least, but for the brackets left open. */
	doc = wh_json_alloc(text->len / 2 + WH_JSON_MAX_DEPTH + 3);
	if (doc == NULL)
		return -ENOMEM;
	doc->text = *text;
	*text = (struct wh_buf)WH_BUF_INIT;
	r = read_text(doc, options != NULL ? options : &strict, err);
	if (r == 0)
		*ret = wh_steal_ptr(doc);
	return r;
}

int wh_json_parse_take(struct wh_json **ret, struct wh_buf *text,
	const struct wh_json_options *options, struct wh_err *err)
{
	int r = parse(ret, text, options, err);

	wh_buf_done(text);
	if (r == -ENOMEM)
		(void)wh_fail(err, ENOMEM, "out of memory while reading JSON");
	return r;
}
