/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One table of prefixes that runtimes act upon, one of the exceptions that engines rely on. An
 * exception is a key and a value of a fixed shape: `org.systemd.property.After` may name units, but
 * `org.systemd.property.ExecStopPost` stays out whatever it says (CVE-2024-3154 was such a one).
 */

#include "oci/annotation.h"

#include <errno.h>
#include <string.h>

static const struct {
	const char *prefix;
	const char *danger;
} dangers[] = {
	{ "dev.gvisor.", "runsc takes flags and mounts from it" },
	{ "io.katacontainers.", "Kata takes its configuration from it" },
	{ "krun.", "crun changes how the container is run" },
	{ "module.wasm.", "crun changes what runs the container" },
	{ "org.criu.", "CRIU reads a host file named there" },
	{ "org.systemd.property.", "systemd applies it to the host's unit" },
	{ "run.oci.", "crun acts on it with the host's privilege" },
};

static bool all_of(struct wh_slice text, const char *allowed)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] == '\0' || strchr(allowed, text.data[i]) == NULL)
			return false;
	}
	return text.len > 0;
}

static bool starts_with(struct wh_slice text, const char *prefix)
{
	size_t len = strlen(prefix);

	return text.len >= len && memcmp(text.data, prefix, len) == 0;
}

static struct wh_slice without(struct wh_slice text, size_t front, size_t back)
{
	if (text.len < front + back)
		return (struct wh_slice){ NULL, 0 };
	return (struct wh_slice){ text.data + front, text.len - front - back };
}

#define DIGITS "0123456789"
#define UNIT_CHARACTERS DIGITS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_.@:"

static bool is_signal(struct wh_slice value)
{
	return value.len <= 2 && all_of(value, DIGITS);
}

static bool is_timeout(struct wh_slice value)
{
	if (starts_with(value, "uint64 "))
		value = without(value, sizeof("uint64 ") - 1, 0);
	return value.len <= 20 && all_of(value, DIGITS);
}

static bool is_bool(struct wh_slice value)
{
	return wh_slice_is(value, "true") || wh_slice_is(value, "false");
}

/* ['NAME.service'], as CRI-O writes it. */
static bool is_one_service(struct wh_slice value)
{
	struct wh_slice name = without(value, 2, 2);

	return starts_with(value, "['") && memcmp(value.data + value.len - 2, "']", 2) == 0 &&
	       name.len <= 255 && all_of(name, UNIT_CHARACTERS) && name.len > strlen(".service") &&
	       memcmp(name.data + name.len - strlen(".service"), ".service", strlen(".service")) ==
		       0;
}

static bool is_collect_mode(struct wh_slice value)
{
	return wh_slice_is(value, "'inactive-or-failed'") || wh_slice_is(value, "'inactive'");
}

static const struct {
	const char *key;
	bool (*value_is)(struct wh_slice value);
} engine_properties[] = {
	{ "org.systemd.property.After", is_one_service },
	{ "org.systemd.property.CollectMode", is_collect_mode },
	{ "org.systemd.property.DefaultDependencies", is_bool },
	{ "org.systemd.property.KillSignal", is_signal },
	{ "org.systemd.property.TimeoutStopUSec", is_timeout },
};

static bool set_by_engines(struct wh_slice key, struct wh_slice value)
{
	for (size_t i = 0; i < WH_COUNT(engine_properties); i++) {
		if (wh_slice_is(key, engine_properties[i].key))
			return engine_properties[i].value_is(value);
	}
	return false;
}

/*
 * runc's state keeps an annotation as "key=value": a key with a "=" of its own reads there as
 * another annotation, so an exec could be judged by what create did not see.
 */
const char *wh_annotation_danger(struct wh_slice key, struct wh_slice value)
{
	if (wh_slice_is(key, "bundle") || starts_with(key, "bundle="))
		return "runc exec would read another folder's config.json";
	if (key.len > 0 && memchr(key.data, '=', key.len) != NULL)
		return "the state of runc would show it as an annotation of another name";
	for (size_t i = 0; i < WH_COUNT(dangers); i++) {
		if (starts_with(key, dangers[i].prefix))
			return set_by_engines(key, value) ? NULL : dangers[i].danger;
	}
	return NULL;
}

static void keep(
	struct wh_annotation *items, size_t *count, struct wh_slice key, struct wh_slice value)
{
	if (wh_annotation_danger(key, value) == NULL)
		items[(*count)++] = (struct wh_annotation){ key, value };
}

static size_t node_count(const struct wh_json *doc, wh_node container)
{
	size_t count = 0;

	wh_json_each_element (doc, container, node)
		count++;
	return count;
}

int wh_annotations_from_object(
	struct wh_json *doc, wh_node object, struct wh_arena *arena, struct wh_annotation_list *ret)
{
	struct wh_annotation *items =
		wh_arena_array(arena, node_count(doc, object) / 2, sizeof(*items));
	size_t count = 0;

	if (items == NULL)
		return -ENOMEM;
	wh_json_each_member (doc, object, key)
		keep(items, &count, wh_json_string(doc, key),
			wh_json_string(doc, wh_json_next(doc, key)));
	*ret = (struct wh_annotation_list){ items, count };
	return wh_json_status(doc);
}

int wh_annotations_from_labels(
	struct wh_json *doc, wh_node array, struct wh_arena *arena, struct wh_annotation_list *ret)
{
	struct wh_annotation *items = wh_arena_array(arena, node_count(doc, array), sizeof(*items));
	size_t count = 0;

	if (items == NULL)
		return -ENOMEM;
	wh_json_each_element (doc, array, element) {
		struct wh_slice label = wh_json_string(doc, element);
		const char *equals = label.len > 0 ? memchr(label.data, '=', label.len) : NULL;
		size_t key_len;

		if (equals == NULL)
			continue;
		key_len = (size_t)(equals - label.data);
		keep(items, &count, (struct wh_slice){ label.data, key_len },
			(struct wh_slice){ equals + 1, label.len - key_len - 1 });
	}
	*ret = (struct wh_annotation_list){ items, count };
	return wh_json_status(doc);
}

struct wh_slice wh_annotation_get(const struct wh_annotation_list *list, const char *key)
{
	for (size_t i = 0; i < list->count; i++) {
		if (wh_slice_is(list->items[i].key, key))
			return list->items[i].value;
	}
	return (struct wh_slice){ NULL, 0 };
}
