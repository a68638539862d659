/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Configuration files that exist only in a test: a list of paths and texts, seen as lib/engine sees
 * a host's. */

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"

struct memory_file {
	const char *path; /* the list ends with NULL */
	const char *text; /* NULL: reading fails with EACCES */
};

static inline int memory_read(
	void *context, const char *path, struct wh_buf *ret, struct wh_err *err)
{
	for (const struct memory_file *file = context; file->path != NULL; file++) {
		if (strcmp(file->path, path) != 0)
			continue;
		if (file->text == NULL)
			return wh_fail_errno(err, EACCES, "cannot be opened");
		wh_buf_add_string(ret, file->text);
		return wh_buf_status(ret);
	}
	return -ENOENT;
}

static inline int memory_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static inline int memory_match(void *context, const char *pattern, struct wh_arena *arena,
	const char *const **ret, size_t *ret_count, struct wh_err *err)
{
	const struct memory_file *files = context;
	const char **list;
	size_t total = 0;

	(void)err;
	while (files[total].path != NULL)
		total++;
	list = wh_arena_array(arena, total + 1, sizeof(*list));
	*ret_count = 0;
	for (size_t i = 0; list != NULL && i < total; i++) {
		if (fnmatch(pattern, files[i].path, FNM_PATHNAME | FNM_PERIOD) == 0)
			list[(*ret_count)++] = files[i].path;
	}
	if (list != NULL)
		qsort(list, *ret_count, sizeof(*list), memory_compare);
	*ret = list;
	return list == NULL ? -ENOMEM : 0;
}

/* The files as `context` of a struct wh_engine_files. */
static inline struct wh_engine_files memory_files(const struct memory_file *files)
{
	return (struct wh_engine_files){
		.context = (void *)(uintptr_t)files,
		.read = memory_read,
		.match = memory_match,
	};
}
