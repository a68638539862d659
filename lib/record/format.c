/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A line for each field, "\tfield:TYPE NAME;\toffset:N;\tsize:N;\tsigned:N;". The type may be of
 * many words, so the name is the last word before the semicolon, without "[N]". Lines of other
 * kinds are passed over: "format:", an empty line behind the common fields, and "print fmt:" at the
 * end, which may hold anything, and a line break too.
 */

#include "record/format.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#define LARGEST 65535u

static bool starts(struct wh_slice text, const char *with)
{
	size_t len = strlen(with);

	return text.len >= len && memcmp(text.data, with, len) == 0;
}

static void skip(struct wh_slice *text, size_t len)
{
	text->data += len;
	text->len -= len;
}

static void skip_blank(struct wh_slice *text)
{
	while (text->len > 0 && (*text->data == ' ' || *text->data == '\t'))
		skip(text, 1);
}

/* Cuts off what stands before the mark; the mark is gone. All when there is none. */
static struct wh_slice take_until(struct wh_slice *rest, char mark)
{
	const char *end = rest->len == 0 ? NULL : memchr(rest->data, mark, rest->len);
	struct wh_slice taken = *rest;

	if (end == NULL) {
		skip(rest, rest->len);
		return taken;
	}
	taken.len = (size_t)(end - rest->data);
	skip(rest, taken.len + 1);
	return taken;
}

static bool read_number(struct wh_slice text, uint32_t *ret)
{
	uint32_t value = 0;

	if (text.len == 0)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (!isdigit((unsigned char)text.data[i]))
			return false;
		value = value * 10 + (uint32_t)(text.data[i] - '0');
		if (value > LARGEST)
			return false;
	}
	*ret = value;
	return true;
}

/* "offset:8;" with blanks in front. */
static bool take_property(struct wh_slice *line, const char *key, uint32_t *ret)
{
	struct wh_slice property;

	skip_blank(line);
	property = take_until(line, ';');
	if (!starts(property, key))
		return false;
	skip(&property, strlen(key));
	return read_number(property, ret);
}

/* "unsigned long args[6]": a name that is too long is left empty. */
static bool read_declaration(struct wh_slice text, struct wh_format_field *ret)
{
	size_t end = text.len, begin;

	skip_blank(&text);
	end = text.len;
	if (end > 0 && text.data[end - 1] == ']') {
		while (end > 0 && text.data[end - 1] != '[')
			end--;
		if (end == 0)
			return false;
		end--;
	}
	begin = end;
	while (begin > 0 &&
		(isalnum((unsigned char)text.data[begin - 1]) || text.data[begin - 1] == '_'))
		begin--;
	if (begin == end)
		return false;
	memset(ret->name, 0, sizeof(ret->name));
	if (end - begin < sizeof(ret->name))
		memcpy(ret->name, text.data + begin, end - begin);
	ret->where = starts(text, "__data_loc ")  ? WH_FORMAT_DATA_LOC
		     : starts(text, "__rel_loc ") ? WH_FORMAT_REL_LOC
						  : WH_FORMAT_HERE;
	return true;
}

static int read_field(struct wh_slice line, struct wh_format_field *ret)
{
	struct wh_format_field field;
	uint32_t sign = 0;

	if (!read_declaration(take_until(&line, ';'), &field) ||
		!take_property(&line, "offset:", &field.offset) ||
		!take_property(&line, "size:", &field.size) ||
		!take_property(&line, "signed:", &sign))
		return -EINVAL;
	if (field.where != WH_FORMAT_HERE && field.size != 4)
		return -EINVAL;
	field.is_signed = sign != 0;
	*ret = field;
	return 0;
}

int wh_format_parse(struct wh_slice text, struct wh_format *ret)
{
	uint32_t id = 0;
	int r;

	ret->count = 0;
	while (text.len > 0) {
		struct wh_slice line = take_until(&text, '\n');

		if (starts(line, "print fmt:"))
			break;
		if (starts(line, "ID: ")) {
			skip(&line, strlen("ID: "));
			if (!read_number(line, &id))
				return -EINVAL;
		}
		skip_blank(&line);
		if (!starts(line, "field:"))
			continue;
		skip(&line, strlen("field:"));
		if (ret->count == WH_FORMAT_FIELDS)
			return -E2BIG;
		r = read_field(line, &ret->fields[ret->count]);
		if (r < 0)
			return r;
		ret->count++;
	}
	ret->id = (uint16_t)id;
	return ret->count == 0 ? -EINVAL : 0;
}

const struct wh_format_field *wh_format_find(const struct wh_format *format, const char *name)
{
	for (unsigned i = 0; i < format->count; i++) {
		if (name[0] != '\0' && strcmp(format->fields[i].name, name) == 0)
			return &format->fields[i];
	}
	return NULL;
}

bool wh_format_place(const struct wh_format *format, const char *name, uint32_t size, uint32_t *ret)
{
	const struct wh_format_field *field = wh_format_find(format, name);

	if (field == NULL || field->size != size || field->offset % (size < 8 ? size : 8) != 0)
		return false;
	*ret = field->offset;
	return true;
}

/* The bytes of the field itself. */
static bool field_bytes(
	const struct wh_format_field *field, struct wh_slice record, struct wh_slice *ret)
{
	if (field == NULL || field->offset > record.len || field->size > record.len - field->offset)
		return false;
	*ret = (struct wh_slice){ record.data + field->offset, field->size };
	return true;
}

bool wh_format_number(const struct wh_format_field *field, struct wh_slice record, int64_t *ret)
{
	struct wh_slice bytes;
	uint8_t u8;
	uint16_t u16;
	uint32_t u32;

	if (!field_bytes(field, record, &bytes))
		return false;
	switch (bytes.len) {
	case sizeof(u8):
		memcpy(&u8, bytes.data, sizeof(u8));
		*ret = field->is_signed ? (int8_t)u8 : u8;
		return true;
	case sizeof(u16):
		memcpy(&u16, bytes.data, sizeof(u16));
		*ret = field->is_signed ? (int16_t)u16 : u16;
		return true;
	case sizeof(u32):
		memcpy(&u32, bytes.data, sizeof(u32));
		*ret = field->is_signed ? (int32_t)u32 : (int64_t)u32;
		return true;
	case sizeof(*ret):
		memcpy(ret, bytes.data, sizeof(*ret));
		return true;
	default:
		return false;
	}
}

bool wh_format_text(
	const struct wh_format_field *field, struct wh_slice record, struct wh_slice *ret)
{
	struct wh_slice bytes;
	uint32_t where;
	size_t offset;

	if (!field_bytes(field, record, &bytes))
		return false;
	if (field->where != WH_FORMAT_HERE) {
		memcpy(&where, bytes.data, sizeof(where));
		offset = where & 0xffff;
		if (field->where == WH_FORMAT_REL_LOC)
			offset += field->offset + field->size;
		if (offset > record.len || where >> 16 > record.len - offset)
			return false;
		bytes = (struct wh_slice){ record.data + offset, where >> 16 };
	}
	bytes.len = strnlen(bytes.data, bytes.len);
	*ret = bytes;
	return true;
}
