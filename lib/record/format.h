/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Where the fields of a trace event lie, as the kernel tells in events/SYSTEM/NAME/format (trace
 * events.rst, "Event formats"). The same layout holds for the records of a ring buffer, for the raw
 * part of a perf sample, and events/header_page has it for a page. Pure; nothing is borrowed.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/macros.h"

#define WH_FORMAT_FIELDS 32
#define WH_FORMAT_NAME 32 /* bytes with the terminator; of longer names nobody asks */

enum wh_format_where {
	WH_FORMAT_HERE,     /* the value itself */
	WH_FORMAT_DATA_LOC, /* where it is: length << 16 | offset in the record */
	WH_FORMAT_REL_LOC, /* likewise, the offset counted from the end of the field (Linux 5.17) */
};

struct wh_format_field {
	char name[WH_FORMAT_NAME];
	uint32_t offset, size; /* bytes; at most 65535 */
	bool is_signed;
	enum wh_format_where where;
};

struct wh_format {
	uint16_t id; /* of the event: the field common_type of its records; 0: the text has none */
	unsigned count;
	struct wh_format_field fields[WH_FORMAT_FIELDS];
};

/* 0; -EINVAL when the text is not of that form, or has no field; -E2BIG when it has too many. */
int wh_format_parse(struct wh_slice text, struct wh_format *ret) WH_MUST_CHECK;

/* The field of this name; NULL when there is none. */
const struct wh_format_field *wh_format_find(const struct wh_format *format, const char *name);

/* Where a field of exactly this size (bytes) is, for who writes such a record; false when there is
 * none, or it is not at a multiple of its size (of 8, when it has more). */
bool wh_format_place(const struct wh_format *format, const char *name, uint32_t size,
	uint32_t *ret) WH_MUST_CHECK;

/*
 * The value of a number of 1, 2, 4 or 8 bytes, in the byte order of this machine, its sign extended
 * where it has one. False when the field is NULL, is no such number, or the record ends before it.
 */
bool wh_format_number(
	const struct wh_format_field *field, struct wh_slice record, int64_t *ret) WH_MUST_CHECK;

/* The text of a __data_loc or __rel_loc field, or of an array of char, up to its NUL; borrowed from
 * the record. False when the field is NULL, a bare number, or leads out of the record. */
bool wh_format_text(const struct wh_format_field *field, struct wh_slice record,
	struct wh_slice *ret) WH_MUST_CHECK;
