/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Growth doubles, so adding is linear in the end. Escaping for JSON is here because records and
 * refusals need it in every room, and it must never trust what it is given.
 */

#include "base/buf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct wh_slice wh_slice_of(const char *string)
{
	return (struct wh_slice){ string, strlen(string) };
}

bool wh_slice_eq(struct wh_slice a, struct wh_slice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

bool wh_slice_is(struct wh_slice a, const char *string)
{
	return wh_slice_eq(a, wh_slice_of(string));
}

int wh_by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void wh_buf_done(struct wh_buf *buf)
{
	free(buf->data);
	*buf = (struct wh_buf)WH_BUF_INIT;
}

static int spoil(struct wh_buf *buf)
{
	wh_buf_done(buf);
	buf->failed = true;
	return -ENOMEM;
}

int wh_buf_reserve(struct wh_buf *buf, size_t more)
{
	size_t need, capacity;
	char *data;

	if (buf->failed)
		return -ENOMEM;
	if (__builtin_add_overflow(buf->len, more, &need) || need > SIZE_MAX / 4)
		return spoil(buf);
	if (buf->data != NULL && need < buf->capacity)
		return 0;
	capacity = buf->capacity * 2 > need + 1 ? buf->capacity * 2 : need + 1;
	data = realloc(buf->data, capacity);
	if (data == NULL)
		return spoil(buf);
	buf->data = data;
	buf->capacity = capacity;
	buf->data[buf->len] = '\0';
	return 0;
}

void wh_buf_add(struct wh_buf *buf, const void *bytes, size_t len)
{
	if (wh_buf_reserve(buf, len) < 0)
		return;
	if (len > 0)
		memcpy(buf->data + buf->len, bytes, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

void wh_buf_add_slice(struct wh_buf *buf, struct wh_slice slice)
{
	wh_buf_add(buf, slice.data, slice.len);
}

void wh_buf_add_string(struct wh_buf *buf, const char *string)
{
	wh_buf_add(buf, string, strlen(string));
}

void wh_buf_add_char(struct wh_buf *buf, char c)
{
	wh_buf_add(buf, &c, 1);
}

void wh_buf_addf(struct wh_buf *buf, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len < 0 || wh_buf_reserve(buf, (size_t)len) < 0)
		return;
	va_start(args, format);
	(void)vsnprintf(buf->data + buf->len, (size_t)len + 1, format, args);
	va_end(args);
	buf->len += (size_t)len;
}

/* The length of the UTF-8 sequence at the start of `text`, which is not ASCII, and its code point
 * in *ret; 0 when it is none. */
static size_t utf8_sequence(struct wh_slice text, uint32_t *ret)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char lead = (unsigned char)text.data[0];
	size_t len = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
	uint32_t code = lead & (0x7fu >> len);

	if (lead < 0xc2 || lead > 0xf4 || len > text.len)
		return 0;
	for (size_t i = 1; i < len; i++) {
		unsigned char next = (unsigned char)text.data[i];

		if ((next & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (next & 0x3fu);
	}
	if (code < least[len] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return 0;
	*ret = code;
	return len;
}

/* Eight bytes at a time while they are ASCII, which nearly all text is. */
size_t wh_utf8_valid_len(struct wh_slice text)
{
	size_t i = 0;

	while (i < text.len) {
		uint64_t eight;
		uint32_t code = 0;
		size_t len = 1;

		if (text.len - i >= sizeof(eight)) {
			memcpy(&eight, text.data + i, sizeof(eight));
			if ((eight & UINT64_C(0x8080808080808080)) == 0) {
				i += sizeof(eight);
				continue;
			}
		}
		if ((unsigned char)text.data[i] >= 0x80)
			len = utf8_sequence(
				(struct wh_slice){ text.data + i, text.len - i }, &code);
		if (len == 0)
			break;
		i += len;
	}
	return i;
}

static void add_unit(struct wh_buf *buf, uint32_t unit)
{
	static const char digits[] = "0123456789abcdef";
	const char escape[] = { '\\', 'u', digits[unit >> 12 & 15], digits[unit >> 8 & 15],
		digits[unit >> 4 & 15], digits[unit & 15] };

	wh_buf_add(buf, escape, sizeof(escape));
}

static void add_escape(struct wh_buf *buf, uint32_t code)
{
	if (code < 0x10000) {
		add_unit(buf, code);
	} else {
		add_unit(buf, 0xd800 + ((code - 0x10000) >> 10));
		add_unit(buf, 0xdc00 + ((code - 0x10000) & 0x3ff));
	}
}

/* How many bytes from the start can stand in a JSON string as they are. */
static size_t plain_len(struct wh_slice text)
{
	size_t i = 0;

	while (i < text.len && text.data[i] >= ' ' && text.data[i] <= '~' && text.data[i] != '"' &&
		text.data[i] != '\\')
		i++;
	return i;
}

/* Adds the one character that the text begins with, escaped; the number of bytes it took. */
static size_t add_special(struct wh_buf *buf, struct wh_slice text)
{
	unsigned char byte = (unsigned char)text.data[0];
	uint32_t code = byte;
	size_t len = 1;

	if (byte == '"' || byte == '\\') {
		const char escape[] = { '\\', (char)byte };

		wh_buf_add(buf, escape, sizeof(escape));
		return 1;
	}
	if (byte >= 0x80)
		len = utf8_sequence(text, &code);
	add_escape(buf, len == 0 ? 0xfffd : code);
	return len == 0 ? 1 : len;
}

void wh_buf_add_json(struct wh_buf *buf, struct wh_slice text)
{
	wh_buf_add_char(buf, '"');
	while (text.len > 0) {
		size_t len = plain_len(text);

		wh_buf_add(buf, text.data, len);
		if (len < text.len)
			len += add_special(
				buf, (struct wh_slice){ text.data + len, text.len - len });
		text.data += len;
		text.len -= len;
	}
	wh_buf_add_char(buf, '"');
}

int wh_buf_status(const struct wh_buf *buf)
{
	return buf->failed ? -ENOMEM : 0;
}
