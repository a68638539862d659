/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plain values of the policy: types, words, paths. The bytes of a string belong to the document,
 * which is freed after loading, so whatever stays is copied into the policy's arena.
 */

#include "policy/internal.h"

#include <limits.h>
#include <string.h>

int wh_policy_refuse_type(struct wh_reader *reader, const struct wh_policy_key *key, wh_node node)
{
	return wh_policy_fail(reader, node, "\"%s\" must be %s, not %s", key->name, key->type,
		wh_json_type_name(wh_json_type(reader->doc, node)));
}

int wh_policy_expect(struct wh_reader *reader, const struct wh_policy_key *key, wh_node node,
	enum wh_json_type type)
{
	return wh_json_type(reader->doc, node) == type ? 0
						       : wh_policy_refuse_type(reader, key, node);
}

int wh_policy_read_bool(
	struct wh_reader *reader, const struct wh_policy_key *key, wh_node node, bool *ret)
{
	enum wh_json_type type = wh_json_type(reader->doc, node);

	if (type != WH_JSON_TRUE && type != WH_JSON_FALSE)
		return wh_policy_refuse_type(reader, key, node);
	*ret = type == WH_JSON_TRUE;
	return 0;
}

int wh_policy_read_text(struct wh_reader *reader, const struct wh_policy_key *key, wh_node node,
	struct wh_slice *ret)
{
	struct wh_slice text;
	int r = wh_policy_expect(reader, key, node, WH_JSON_STRING);

	if (r < 0)
		return r;
	text = wh_json_string(reader->doc, node);
	if (text.data == NULL)
		return wh_policy_no_memory(reader);
	*ret = text;
	return 0;
}

int wh_policy_keep(struct wh_reader *reader, struct wh_slice text, const char **ret)
{
	*ret = wh_arena_dup(&reader->policy->arena, text);
	return *ret != NULL ? 0 : wh_policy_no_memory(reader);
}

int wh_policy_read_choice(struct wh_reader *reader, const struct wh_policy_key *key, wh_node node,
	const char *first, const char *second, bool *ret)
{
	struct wh_slice word;
	int r = wh_policy_read_text(reader, key, node, &word);

	if (r < 0)
		return r;
	if (!wh_slice_is(word, first) && !wh_slice_is(word, second))
		return wh_policy_fail(reader, node, "\"%s\" must be %s", key->name, key->type);
	*ret = wh_slice_is(word, second);
	return 0;
}

bool wh_policy_is_path(struct wh_slice path)
{
	size_t start = 1; /* of the component at hand */

	if (path.len < 2 || path.len >= PATH_MAX || path.data[0] != '/')
		return false;
	for (size_t i = 1; i <= path.len; i++) {
		size_t len = i - start;

		if (i < path.len && path.data[i] != '/') {
			if ((unsigned char)path.data[i] < 0x20 || path.data[i] == 0x7f)
				return false;
			continue;
		}
		if (len == 0 || (len == 1 && path.data[start] == '.') ||
			(len == 2 && memcmp(path.data + start, "..", 2) == 0))
			return false;
		start = i + 1;
	}
	return true;
}

int wh_policy_refuse_path(struct wh_reader *reader, const struct wh_policy_key *key, wh_node node)
{
	return wh_policy_fail(reader, node,
		"\"%s\" needs absolute paths other than \"/\", without \".\", \"..\", empty parts, "
		"control characters or a slash at the end",
		key->name);
}

int wh_policy_keep_path(
	struct wh_reader *reader, const struct wh_policy_key *key, wh_node node, const char **ret)
{
	struct wh_slice path;
	int r = wh_policy_read_text(reader, key, node, &path);

	if (r < 0)
		return r;
	return wh_policy_is_path(path) ? wh_policy_keep(reader, path, ret)
				       : wh_policy_refuse_path(reader, key, node);
}

size_t wh_policy_count(const struct wh_json *doc, wh_node array)
{
	size_t n = 0;

	wh_json_each_element (doc, array, element)
		n++;
	return n;
}
