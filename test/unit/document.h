/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Documents in and out. JSON in C source is unreadable with its quotes escaped, so the texts that
 * are given to these functions and compared with what they return are spelled with ' for ".
 */

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "json/json.h"

/* A formatted string, which has to fit. */
static inline WH_PRINTF(3, 4) void spell(char *to, size_t size, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(to, size, format, args);
	va_end(args);
	assert_in_range(len, 0, size - 1);
}

/* In place: " for '. */
static inline void document_quote(char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '\'')
			*text = '"';
	}
}

/* The bytes as they are. */
static inline struct wh_json *document_of_bytes(const char *bytes, size_t len)
{
	struct wh_buf text = WH_BUF_INIT;
	struct wh_err err = WH_ERR_INIT;
	struct wh_json *doc = NULL;

	wh_buf_add(&text, bytes, len);
	if (wh_json_parse_take(&doc, &text, NULL, &err) < 0)
		fail_msg("%s", err.text);
	return doc;
}

static inline struct wh_json *document(const char *text)
{
	char *copy = strdup(text);
	struct wh_json *doc;

	assert_non_null(copy);
	document_quote(copy);
	doc = document_of_bytes(copy, strlen(copy));
	free(copy);
	return doc;
}

/* A file of the source tree. */
static inline struct wh_json *document_of_file(const char *path)
{
	static char bytes[1 << 17];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	if (fd < 0)
		fail_msg("%s cannot be opened", path);
	got = read(fd, bytes, sizeof(bytes));
	assert_in_range(got, 1, sizeof(bytes) - 1);
	close(fd);
	return document_of_bytes(bytes, (size_t)got);
}

/* What a node would be written as; the caller frees it. */
static inline char *document_text(const struct wh_json *doc, wh_node node)
{
	struct wh_buf text = WH_BUF_INIT;

	assert_int_equal(wh_json_write_buf(doc, node, &text), 0);
	return text.data;
}

#define assert_document(doc, node, expected) \
	do { \
		char *found_ = document_text(doc, node); \
		char *wanted_ = strdup(expected); \
		assert_non_null(wanted_); \
		document_quote(wanted_); \
		assert_string_equal(found_, wanted_); \
		free(found_); \
		free(wanted_); \
	} while (0)
