/* SPDX-License-Identifier: Apache-2.0 */
/*
 * yajl's own check of UTF-8 lets overlong forms and surrogates through, and its decoder turns lone
 * surrogates into question marks and \u0000 into a NUL that C readers take for an end. So both are
 * done here: one pass over the whole text before yajl sees it, eight bytes of ASCII at a time, and
 * one decoder that works only on what the checker beside it has let pass.
 */

#include "json/text.h"

#include "base/macros.h"

#include <string.h>

#define HIGH_BITS 0x8080808080808080u

/* Skips whole words of ASCII. */
static size_t ascii_words(const char *text, size_t at, size_t len)
{
	uint64_t word;

	for (; len - at >= sizeof(word); at += sizeof(word)) {
		memcpy(&word, text + at, sizeof(word));
		if ((word & HIGH_BITS) != 0)
			break;
	}
	return at;
}

/* The length of the multi-byte sequence at the start of `text`, 0 when it is none. */
static size_t utf8_sequence(const unsigned char *text, size_t left)
{
	/* The second byte has bounds of its own where overlong forms, surrogates or too large
	 * numbers would begin. */
	static const struct {
		unsigned char first, last, len, low, high;
	} forms[] = {
		{ 0xc2, 0xdf, 2, 0x80, 0xbf },
		{ 0xe0, 0xe0, 3, 0xa0, 0xbf },
		{ 0xe1, 0xec, 3, 0x80, 0xbf },
		{ 0xed, 0xed, 3, 0x80, 0x9f },
		{ 0xee, 0xef, 3, 0x80, 0xbf },
		{ 0xf0, 0xf0, 4, 0x90, 0xbf },
		{ 0xf1, 0xf3, 4, 0x80, 0xbf },
		{ 0xf4, 0xf4, 4, 0x80, 0x8f },
	};

	for (size_t i = 0; i < WH_COUNT(forms); i++) {
		if (text[0] < forms[i].first || text[0] > forms[i].last)
			continue;
		if (forms[i].len > left || text[1] < forms[i].low || text[1] > forms[i].high)
			return 0;
		for (size_t n = 2; n < forms[i].len; n++) {
			if ((text[n] & 0xc0) != 0x80)
				return 0;
		}
		return forms[i].len;
	}
	return 0;
}

size_t wh_json_utf8_span(const char *text, size_t len)
{
	size_t at = 0;

	while ((at = ascii_words(text, at, len)) < len) {
		const unsigned char *here = (const unsigned char *)text + at;
		size_t sequence = *here < 0x80 ? 1 : utf8_sequence(here, len - at);

		if (sequence == 0)
			break;
		at += sequence;
	}
	return at;
}

/* The offset behind the comment that starts at `at`, 0 when it is never closed. A comment to the
 * end of the line may end with the text. */
static size_t comment_end(const char *text, size_t at, size_t len)
{
	const char *body = text + at + 2;
	size_t left = len - at - 2;
	const char *end;

	if (text[at + 1] == '/') {
		end = memchr(body, '\n', left);
		return end == NULL ? len : (size_t)(end - text);
	}
	end = memmem(body, left, "*/", 2);
	return end == NULL ? 0 : (size_t)(end - text) + 2;
}

static size_t string_end(const char *text, size_t at, size_t len)
{
	for (at++; at < len && text[at] != '"'; at++) {
		if (text[at] == '\\' && at + 1 < len)
			at++;
	}
	return at < len ? at + 1 : len;
}

size_t wh_json_blank_comments(char *text, size_t len)
{
	size_t at = 0;

	while (at < len) {
		size_t end;

		if (text[at] == '"') {
			at = string_end(text, at, len);
			continue;
		}
		if (text[at] != '/' || len - at < 2 ||
			(text[at + 1] != '/' && text[at + 1] != '*')) {
			at++;
			continue;
		}
		end = comment_end(text, at, len);
		if (end == 0)
			return at;
		for (; at < end; at++) {
			if (text[at] != '\n')
				text[at] = ' ';
		}
	}
	return len;
}

static uint32_t hex4(const char *digits)
{
	uint32_t code = 0;

	for (size_t i = 0; i < 4; i++) {
		uint32_t c = (unsigned char)digits[i];

		/* Letters of both cases: 0x41 and 0x61 have the value ten. */
		code = code << 4 | ((c & 0x0f) + (c >> 6) * 9);
	}
	return code;
}

static bool is_high_surrogate(uint32_t code)
{
	return code >= 0xd800 && code <= 0xdbff;
}

static bool is_low_surrogate(uint32_t code)
{
	return code >= 0xdc00 && code <= 0xdfff;
}

const char *wh_json_check_escapes(struct wh_slice raw, size_t *ret_offset)
{
	const char *end = raw.data + raw.len;
	const char *at = raw.data;

	while ((at = memchr(at, '\\', (size_t)(end - at))) != NULL) {
		uint32_t code;

		*ret_offset = (size_t)(at - raw.data);
		if (at[1] != 'u') {
			at += 2;
			continue;
		}
		code = hex4(at + 2);
		at += 6;
		if (code == 0)
			return "\\u0000 is not allowed, because C programs take it for the end";
		if (is_low_surrogate(code))
			return "this escape is the second half of a surrogate pair without a first";
		if (!is_high_surrogate(code))
			continue;
		if (end - at < 6 || at[0] != '\\' || at[1] != 'u' ||
			!is_low_surrogate(hex4(at + 2)))
			return "this escape is the first half of a surrogate pair without a second";
		at += 6;
	}
	return NULL;
}

static size_t encode_utf8(uint32_t code, char to[4])
{
	size_t len = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	static const unsigned char leads[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (size_t i = len; i-- > 1; code >>= 6)
		to[i] = (char)(0x80 | (code & 0x3f));
	to[0] = (char)(leads[len] | code);
	return len;
}

/* Decodes the escape at *at and steps behind it; returns the number of bytes it means. */
static size_t decode_escape(const char **at, char to[4])
{
	static const char letters[] = "bfnrt", meanings[] = "\b\f\n\r\t";
	const char *escape = *at;
	uint32_t code;

	if (escape[1] != 'u') {
		const char *letter = strchr(letters, escape[1]);

		to[0] = letter == NULL ? escape[1] : meanings[letter - letters];
		*at += 2;
		return 1;
	}
	code = hex4(escape + 2);
	*at += 6;
	if (is_high_surrogate(code)) {
		code = 0x10000 + ((code & 0x3ff) << 10 | (hex4(escape + 8) & 0x3ff));
		*at += 6;
	}
	return encode_utf8(code, to);
}

size_t wh_json_unescape(struct wh_slice raw, char *to)
{
	const char *end = raw.data + raw.len;
	const char *at = raw.data;
	size_t len = 0;

	while (at < end) {
		const char *escape = memchr(at, '\\', (size_t)(end - at));
		size_t plain = (size_t)((escape == NULL ? end : escape) - at);

		memcpy(to + len, at, plain);
		len += plain;
		at += plain;
		if (escape != NULL) {
			char bytes[4];
			size_t n = decode_escape(&at, bytes);

			memcpy(to + len, bytes, n);
			len += n;
		}
	}
	return len;
}

int wh_json_cursor_next(struct wh_json_cursor *cursor)
{
	struct wh_slice *raw = &cursor->rest.raw;
	const char *at = raw->data;

	if (cursor->used < cursor->have)
		return (unsigned char)cursor->bytes[cursor->used++];
	if (raw->len == 0)
		return -1;
	if (cursor->rest.escaped && *at == '\\') {
		cursor->have = (unsigned char)decode_escape(&at, cursor->bytes);
	} else {
		cursor->have = 1;
		cursor->bytes[0] = *at++;
	}
	raw->len -= (size_t)(at - raw->data);
	raw->data = at;
	cursor->used = 1;
	return (unsigned char)cursor->bytes[0];
}

static int compare_plain(struct wh_slice a, struct wh_slice b)
{
	size_t common = a.len < b.len ? a.len : b.len;
	int order = common == 0 ? 0 : memcmp(a.data, b.data, common);

	return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

int wh_json_spelling_compare(struct wh_json_spelling a, struct wh_json_spelling b)
{
	struct wh_json_cursor x = { .rest = a };
	struct wh_json_cursor y = { .rest = b };

	if (!a.escaped && !b.escaped)
		return compare_plain(a.raw, b.raw);
	for (;;) {
		int left = wh_json_cursor_next(&x);
		int right = wh_json_cursor_next(&y);

		if (left != right)
			return left - right;
		if (left < 0)
			return 0;
	}
}

bool wh_json_spelling_equal(struct wh_json_spelling a, struct wh_json_spelling b)
{
	if (!a.escaped && !b.escaped)
		return wh_slice_eq(a.raw, b.raw);
	return wh_json_spelling_compare(a, b) == 0;
}

/* FNV-1a, with its high bits brought down for tables of a power of two. */
uint32_t wh_json_spelling_hash(struct wh_json_spelling spelling)
{
	struct wh_json_cursor cursor = { .rest = spelling };
	uint32_t hash = 2166136261u;
	int byte;

	if (spelling.escaped) {
		while ((byte = wh_json_cursor_next(&cursor)) >= 0)
			hash = (hash ^ (uint32_t)byte) * 16777619u;
	} else {
		for (size_t i = 0; i < spelling.raw.len; i++)
			hash = (hash ^ (unsigned char)spelling.raw.data[i]) * 16777619u;
	}
	return hash ^ hash >> 15;
}
