/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of kinds. A new kind of privilege is a file, a row here, a key in the policy's table
 * and a field in wh_limits; docs/architecture.md walks through it. The order matters in one place
 * only: the root becomes read-only before scratch space is put into it.
 */

#include "trim/trim.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "trim/kinds.h"

static const struct {
	int (*trim)(struct wh_trim *trim, struct wh_err *err);
	bool of_process; /* part of "process", so judged on exec as well */
} kinds[] = {
	{ wh_trim_annotations, false },
	{ wh_trim_unknown_fields, false },
	{ wh_trim_capabilities, true },
	{ wh_trim_no_new_privileges, true },
	{ wh_trim_user, true },
	{ wh_trim_run_as_non_root, true },
	{ wh_trim_supplemental_groups, true },
	{ wh_trim_rlimits, true },
	{ wh_trim_oom_score_adj, true },
	{ wh_trim_scheduler, true },
	{ wh_trim_io_priority, true },
	{ wh_trim_apparmor, true },
	{ wh_trim_selinux, true },
	{ wh_trim_host_namespaces, false },
	{ wh_trim_devices, false },
	{ wh_trim_mounts, false },
	{ wh_trim_masked_paths, false },
	{ wh_trim_readonly_paths, false },
	{ wh_trim_hooks, false },
	{ wh_trim_seccomp, false },
	{ wh_trim_sysctl, false },
	{ wh_trim_rootfs_propagation, false },
	{ wh_trim_cgroups_path, false },
	{ wh_trim_resource_limits, false },
	{ wh_trim_sections, false },
	{ wh_trim_readonly_rootfs, false },
	{ wh_trim_tmpfs, false },
};

#define CHANGES_START 64u

/* Room for one more: most containers need little, few need all. */
static bool make_room(struct wh_trim *trim)
{
	struct wh_changes *changes = &trim->changes;
	size_t capacity = changes->capacity == 0 ? CHANGES_START : WH_CHANGES_MAX;
	struct wh_change *items;

	if (changes->count < changes->capacity)
		return true;
	if (changes->capacity == WH_CHANGES_MAX)
		return false;
	items = wh_arena_array(trim->arena, capacity, sizeof(*items));
	if (items == NULL)
		return false;
	if (changes->count > 0)
		memcpy(items, changes->items, changes->count * sizeof(*items));
	changes->items = items;
	changes->capacity = capacity;
	return true;
}

void wh_trim_note(struct wh_trim *trim, const struct wh_change *change)
{
	if (strcmp(change->action, WH_KEPT) == 0)
		trim->changes.told++;
	else
		trim->changes.total++;
	if (make_room(trim))
		trim->changes.items[trim->changes.count++] = *change;
}

void wh_trim_tell(struct wh_trim *trim, enum wh_kind kind, const char *pointer, const char *action,
	struct wh_slice what, const char *why)
{
	wh_trim_note(
		trim, &(struct wh_change){ wh_kind_info(kind)->key, pointer, action, what, why });
}

int wh_trim_beyond(struct wh_trim *trim, enum wh_kind kind, wh_node node, struct wh_err *err,
	const char *format, ...)
{
	static const char tail[] = "the policy does not allow %s: \"%s\" in the policy decides "
				   "about it";
	const struct wh_limit *limit = wh_trim_limit(trim, kind);
	const char *key = wh_kind_info(kind)->key;
	char what[256];
	va_list args;

	if (limit->otherwise != WH_REFUSE)
		return limit->otherwise == WH_STRIP;
	va_start(args, format);
	(void)vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	return node == WH_NO_NODE ? wh_fail(err, EACCES, tail, what, key)
				  : wh_json_fail(trim->doc, node, err, EACCES, tail, what, key);
}

wh_node wh_trim_member(
	struct wh_trim *trim, wh_node object, const char *key, enum wh_json_type type)
{
	wh_node node = wh_json_get(trim->doc, object, key);

	if (wh_json_type(trim->doc, node) == type)
		return node;
	node = type == WH_JSON_ARRAY ? wh_json_new_array(trim->doc) : wh_json_new_object(trim->doc);
	wh_json_set(trim->doc, object, key, node);
	return node;
}

const char *wh_trim_process_pointer(const struct wh_trim *trim, const char *key)
{
	const char *pointer = wh_arena_printf(
		trim->arena, "%s/%s", trim->config == WH_NO_NODE ? "" : "/process", key);

	return pointer == NULL ? "" : pointer;
}

static int finish(const struct wh_trim *trim, struct wh_err *err)
{
	if (wh_json_status(trim->doc) < 0)
		return wh_fail_errno(err, ENOMEM, "judging the container");
	return 0;
}

static int run(struct wh_trim *trim, struct wh_err *err)
{
	for (size_t i = 0; i < WH_COUNT(kinds); i++) {
		int r;

		if (trim->config == WH_NO_NODE && !kinds[i].of_process)
			continue;
		r = kinds[i].trim(trim, err);
		if (r < 0)
			return r;
	}
	return finish(trim, err);
}

static int need_object(
	struct wh_json *doc, const char *key, const char *purpose, struct wh_err *err)
{
	wh_node node = wh_json_get(doc, wh_json_root(doc), key);

	if (wh_json_type(doc, node) == WH_JSON_OBJECT)
		return 0;
	return wh_fail(err, EINVAL, "config.json has no \"%s\", so there is %s", key, purpose);
}

int wh_trim_config(struct wh_trim *ret, struct wh_json *doc, const struct wh_limits *limits,
	const struct wh_facts *facts, struct wh_arena *arena, struct wh_err *err)
{
	int r = need_object(doc, "process", "nothing to run", err);

	if (r == 0)
		r = need_object(doc, "root", "no root file system", err);
	if (r < 0)
		return r;
	*ret = (struct wh_trim){
		.doc = doc,
		.config = wh_json_root(doc),
		.process = wh_json_get(doc, wh_json_root(doc), "process"),
		.limits = limits,
		.facts = facts,
		.arena = arena,
	};
	return run(ret, err);
}

int wh_trim_process(struct wh_trim *ret, struct wh_json *doc, const struct wh_limits *limits,
	const struct wh_facts *facts, struct wh_arena *arena, struct wh_err *err)
{
	*ret = (struct wh_trim){
		.doc = doc,
		.process = wh_json_root(doc),
		.limits = limits,
		.facts = facts,
		.arena = arena,
	};
	return run(ret, err);
}

int wh_trim_resources(
	struct wh_trim *ret, struct wh_json *doc, struct wh_arena *arena, struct wh_err *err)
{
	*ret = (struct wh_trim){ .doc = doc, .arena = arena };
	if (wh_json_get(doc, wh_json_root(doc), "devices") != WH_NO_NODE) {
		wh_trim_note(ret,
			&(struct wh_change){ "devices", "/devices", "removed", WH_SLICE("devices"),
				"an update would open the container's device list" });
		wh_json_unset(doc, wh_json_root(doc), "devices");
	}
	return finish(ret, err);
}
