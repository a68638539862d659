/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/mount.h"

#include <errno.h>
#include <string.h>

static bool is_word(
	const struct wh_json *doc, wh_node node, const char *const words[], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (wh_json_string_is(doc, node, words[i]))
			return true;
	}
	return false;
}

bool wh_mount_is_bind(struct wh_json *doc, wh_node mount)
{
	static const char *const types[] = { "bind", "rbind", "none", "" };
	static const char *const options[] = { "bind", "rbind" };
	wh_node type = wh_json_get(doc, mount, "type");

	if (wh_json_type(doc, type) != WH_JSON_STRING || is_word(doc, type, types, WH_COUNT(types)))
		return true;
	wh_json_each_element (doc, wh_json_get(doc, mount, "options"), option) {
		if (is_word(doc, option, options, WH_COUNT(options)))
			return true;
	}
	return false;
}

bool wh_mount_is_readonly(struct wh_json *doc, wh_node mount)
{
	static const char *const writing[] = { "rw", "rrw" };
	bool found = false;

	wh_json_each_element (doc, wh_json_get(doc, mount, "options"), option) {
		if (wh_json_string_is(doc, option, "ro"))
			found = true;
		else if (is_word(doc, option, writing, WH_COUNT(writing)))
			found = false;
	}
	return found;
}

/* ---- overlay ------------------------------------------------------------------------------- */

/* The paths of one option, divided by colons; "\:" is one in a path. A backslash at the end was
 * before a comma, which is no end to the kernel then: no path can be told. */
static int each_layer(wh_node mount, struct wh_slice paths, wh_mount_source_fn *call, void *context)
{
	size_t at = 0;
	int r = 0;

	while (r == 0 && at < paths.len) {
		struct wh_buf path WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;

		for (; at < paths.len && paths.data[at] != ':'; at++) {
			if (paths.data[at] == '\\' && ++at == paths.len)
				return call(context, mount, WH_SLICE(""));
			wh_buf_add_char(&path, paths.data[at]);
		}
		at++;
		r = wh_buf_status(&path);
		if (r == 0 && path.len > 0)
			r = call(context, mount, (struct wh_slice){ path.data, path.len });
	}
	return r;
}

/* runc and crun hand data options to the kernel joined by commas, so one may hold several. */
static int each_data(wh_node mount, struct wh_slice option, wh_mount_source_fn *call, void *context)
{
	static const char *const keys[] = {
		"lowerdir=", "lowerdir+=", "datadir+=", "upperdir=", "workdir="
	};
	int r = 0;

	while (r == 0 && option.len > 0) {
		const char *comma = memchr(option.data, ',', option.len);
		size_t len = comma == NULL ? option.len : (size_t)(comma - option.data);

		for (size_t i = 0; r == 0 && i < WH_COUNT(keys); i++) {
			size_t skip = strlen(keys[i]);

			if (len >= skip && memcmp(option.data, keys[i], skip) == 0)
				r = each_layer(mount,
					(struct wh_slice){ option.data + skip, len - skip }, call,
					context);
		}
		len += comma != NULL;
		option.data += len;
		option.len -= len;
	}
	return r;
}

int wh_mount_each_source(
	struct wh_json *doc, wh_node mount, wh_mount_source_fn *call, void *context)
{
	int r = 0;

	if (wh_mount_is_bind(doc, mount)) {
		struct wh_slice source = wh_json_string(doc, wh_json_get(doc, mount, "source"));

		return call(context, mount, source.data == NULL ? WH_SLICE("") : source);
	}
	if (!wh_json_string_is(doc, wh_json_get(doc, mount, "type"), "overlay"))
		return 0;
	wh_json_each_element (doc, wh_json_get(doc, mount, "options"), option) {
		r = each_data(mount, wh_json_string(doc, option), call, context);
		if (r != 0)
			return r;
	}
	return 0;
}
