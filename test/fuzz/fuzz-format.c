/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The format of an event, and a record of it, whatever bytes they are: FORMAT NUL RECORD. Every
 * field that is found is read as a number and as a text; neither leads out of the record.
 */

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/format.h"

#define MUST(condition) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "line %d: not so: %s\n", __LINE__, #condition); \
			abort(); \
		} \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_field(const struct wh_format_field *field, struct wh_slice record)
{
	struct wh_slice text;
	int64_t number;

	MUST(memchr(field->name, '\0', sizeof(field->name)) != NULL);
	if (wh_format_number(field, record, &number))
		MUST(field->size <= 8 && field->offset + field->size <= record.len);
	if (wh_format_text(field, record, &text)) {
		MUST(text.data >= record.data);
		MUST(text.data + text.len <= record.data + record.len);
		MUST(text.len == 0 || memchr(text.data, '\0', text.len) == NULL);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size > 0 ? memchr(data, '\0', size) : NULL;
	size_t len = end == NULL ? size : (size_t)(end - data);
	struct wh_slice record = { "", 0 };
	struct wh_format format;
	int r;

	r = wh_format_parse((struct wh_slice){ len > 0 ? (const char *)data : "", len }, &format);
	MUST(r == 0 || r == -EINVAL || r == -E2BIG);
	if (r < 0)
		return 0;
	MUST(format.count > 0 && format.count <= WH_FORMAT_FIELDS);
	if (end != NULL)
		record = (struct wh_slice){ (const char *)end + 1, size - len - 1 };
	for (unsigned i = 0; i < format.count; i++) {
		const struct wh_format_field *field = &format.fields[i];
		const struct wh_format_field *found = wh_format_find(&format, field->name);

		MUST(field->name[0] == '\0' ? found == NULL : found != NULL && found <= field);
		read_field(field, record);
	}
	return 0;
}
