/* SPDX-License-Identifier: Apache-2.0 */
#include "trim/own-hooks.h"

#include <string.h>

void wh_own_hook_remove(struct wh_json *doc, const char *program)
{
	wh_node hooks = wh_json_get(doc, wh_json_root(doc), "hooks");

	wh_json_each_member (doc, hooks, key) {
		wh_node list = wh_json_next(doc, key);

		wh_json_each_element (doc, list, hook) {
			if (wh_json_string_is(doc, wh_json_get(doc, hook, "path"), program))
				wh_json_remove(doc, list, hook);
		}
	}
}

bool wh_own_hook_is_there(struct wh_json *doc, const char *name)
{
	wh_node hooks = wh_json_get(doc, wh_json_root(doc), "hooks");
	size_t len = strlen(name);

	wh_json_each_member (doc, hooks, key) {
		wh_json_each_element (doc, wh_json_next(doc, key), hook) {
			struct wh_slice path = wh_json_string(doc, wh_json_get(doc, hook, "path"));

			if (path.len > len && path.data[path.len - len - 1] == '/' &&
				memcmp(path.data + path.len - len, name, len) == 0)
				return true;
		}
	}
	return false;
}

/* The member of an object, which is put there when it is missing or null. */
static wh_node member(struct wh_json *doc, wh_node object, const char *key, enum wh_json_type type)
{
	wh_node node = wh_json_get(doc, object, key);

	if (wh_json_type(doc, node) == type)
		return node;
	node = type == WH_JSON_ARRAY ? wh_json_new_array(doc) : wh_json_new_object(doc);
	wh_json_set(doc, object, key, node);
	return node;
}

void wh_own_hook_add(struct wh_json *doc, const struct wh_own_hook *hook)
{
	wh_node object = wh_json_new_object(doc), env = wh_json_new_array(doc);
	wh_node args = hook->words == WH_NO_NODE ? wh_json_new_array(doc) : hook->words;
	wh_node hooks = member(doc, wh_json_root(doc), "hooks", WH_JSON_OBJECT);

	wh_json_prepend(doc, args, wh_json_new_string(doc, wh_slice_of(hook->stage)));
	wh_json_prepend(doc, args, wh_json_new_string(doc, wh_slice_of(hook->name)));
	wh_json_append(doc, env, wh_json_new_string(doc, WH_SLICE("LC_ALL=C")));
	wh_json_set(doc, object, "path", wh_json_new_string(doc, wh_slice_of(hook->program)));
	wh_json_set(doc, object, "args", args);
	wh_json_set(doc, object, "env", env);
	if (hook->timeout > 0)
		wh_json_set(doc, object, "timeout", wh_json_new_i64(doc, hook->timeout));
	wh_json_append(doc, member(doc, hooks, hook->point, WH_JSON_ARRAY), object);
}
