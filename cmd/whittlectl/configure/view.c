/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the engine makes of its files: of those on disk, or with one of them as it will be, so that
 * an edit is judged before it is written.
 */

#include "configure.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "whittlectl/files.h"
#include "host/cover.h"

/* The files of the host but for one. */
struct overlay {
	const struct wh_engine_files *below;
	const char *path;
	struct wh_slice text;
};

static int read_overlay(void *context, const char *path, struct wh_buf *ret, struct wh_err *err)
{
	const struct overlay *overlay = context;

	if (strcmp(path, overlay->path) != 0)
		return overlay->below->read(overlay->below->context, path, ret, err);
	wh_buf_add_slice(ret, overlay->text);
	return wh_buf_status(ret);
}

static int match_overlay(void *context, const char *pattern, struct wh_arena *arena,
	const char *const **ret, size_t *ret_count, struct wh_err *err)
{
	const struct overlay *overlay = context;
	const char *const *found;
	const char **list;
	size_t count;
	bool seen = fnmatch(pattern, overlay->path, FNM_PATHNAME | FNM_PERIOD) != 0;
	int r = overlay->below->match(overlay->below->context, pattern, arena, &found, &count, err);

	for (size_t i = 0; r == 0 && i < count; i++)
		seen = seen || strcmp(found[i], overlay->path) == 0;
	*ret = found;
	*ret_count = count;
	if (r < 0 || seen)
		return r;
	list = wh_arena_array(arena, count + 1, sizeof(*list));
	if (list == NULL)
		return wh_fail_errno(err, ENOMEM, "cannot look for files");
	if (count > 0)
		memcpy(list, found, count * sizeof(*list));
	list[count] = overlay->path;
	qsort(list, count + 1, sizeof(*list), wh_by_text);
	*ret = list;
	*ret_count = count + 1;
	return 0;
}

/* The engine's major version, as far as it matters for reading. */
static unsigned major_of(struct wh_configure *configure)
{
	struct wh_buf out WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	const char *words[] = { NULL, "--version", NULL };
	const char *digit;

	if (strcmp(configure->engine->name, "containerd") != 0)
		return 0;
	words[0] = wh_find_program("containerd", &configure->arena);
	if (words[0] == NULL || wh_call(words, &wh_configure_call, &out, NULL) < 0 ||
		out.data == NULL)
		return 0;
	/* "containerd github.com/containerd/containerd v1.6.20 …", of Debian without the "v". */
	digit = strpbrk(out.data, "0123456789");
	return digit == NULL ? 0 : (unsigned)strtoul(digit, NULL, 10);
}

int wh_configure_view(struct wh_configure *configure, const char *path, struct wh_slice text,
	struct wh_engine_view *ret)
{
	struct overlay overlay = { &wh_files_of_host, path, text };
	struct wh_engine_files files = wh_files_of_host;

	if (path != NULL) {
		files.context = &overlay;
		files.read = read_overlay;
		files.match = match_overlay;
	}
	files.major = major_of(configure);
	return wh_engine_read(configure->engine, &files, configure->file, &configure->arena, ret,
		&configure->err);
}
