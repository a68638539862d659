/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths of the kernel's own file systems: those that must be masked and those that must be
 * read-only, whether the request says so or not. The sets are Docker's (moby, daemon/pkg/oci,
 * DefaultLinuxSpec, as of v28), whose ordinary containers also have sysfs and cgroup mounted
 * read-only. Entries are only added.
 */

#include "trim/asked.h"
#include "trim/kinds.h"

#include <string.h>

#include "oci/mount.h"

static const char *const masked[] = { "/proc/acpi", "/proc/asound", "/proc/interrupts",
	"/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/sched_debug", "/proc/scsi",
	"/proc/timer_list", "/proc/timer_stats", "/sys/devices/virtual/powercap", "/sys/firmware" };

static const char *const readonly[] = { "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys",
	"/proc/sysrq-trigger" };

const char *wh_default_path(enum wh_kind kind, size_t index)
{
	const char *const *paths = kind == WH_KIND_MASKED_PATHS ? masked : readonly;
	size_t count = kind == WH_KIND_MASKED_PATHS ? WH_COUNT(masked) : WH_COUNT(readonly);

	return index < count ? paths[index] : NULL;
}

/* One of the two lists. */
struct list {
	enum wh_kind kind;
	const char *key;
	const char *pointer;
	const char *const *paths;
	size_t count;
	const char *why;
};

static const struct list masked_list = { WH_KIND_MASKED_PATHS, "maskedPaths", "/linux/maskedPaths",
	masked, WH_COUNT(masked), "it shows more than the container's own" };

static const struct list readonly_list = { WH_KIND_READONLY_PATHS, "readonlyPaths",
	"/linux/readonlyPaths", readonly, WH_COUNT(readonly),
	"what is written there is the host's" };

static bool has_path(const struct wh_trim *trim, wh_node array, const char *path)
{
	wh_json_each_element (trim->doc, array, element) {
		if (wh_json_string_is(trim->doc, element, path))
			return true;
	}
	return false;
}

static int refuse_path(
	struct wh_trim *trim, const struct list *list, const char *path, struct wh_err *err)
{
	return list == &masked_list
		       ? wh_trim_beyond(trim, list->kind, WH_NO_NODE, err, "%s in sight", path)
		       : wh_trim_beyond(
				 trim, list->kind, WH_NO_NODE, err, "%s to be written", path);
}

static int complete(struct wh_trim *trim, const struct list *list, struct wh_err *err)
{
	const struct wh_limit *limit = wh_trim_limit(trim, list->kind);
	wh_node section = wh_json_get(trim->doc, trim->config, "linux");

	for (size_t i = 0; i < list->count; i++) {
		struct wh_slice path = wh_slice_of(list->paths[i]);
		wh_node array = wh_json_get(trim->doc, section, list->key);
		int r;

		if (has_path(trim, array, list->paths[i]) ||
			wh_setting_has(limit->members[WH_ALLOW], path))
			continue;
		r = refuse_path(trim, list, list->paths[i], err);
		if (r <= 0)
			return r;
		section = wh_trim_member(trim, trim->config, "linux", WH_JSON_OBJECT);
		array = wh_trim_member(trim, section, list->key, WH_JSON_ARRAY);
		wh_json_append(trim->doc, array, wh_json_new_string(trim->doc, path));
		wh_trim_tell(trim, list->kind, list->pointer, "added", path, list->why);
	}
	return 0;
}

int wh_trim_masked_paths(struct wh_trim *trim, struct wh_err *err)
{
	if (wh_trim_limit(trim, WH_KIND_MASKED_PATHS)->otherwise == WH_KEEP)
		return 0;
	return complete(trim, &masked_list, err);
}

/* ---- mounts of the kernel's own -------------------------------------------------------------- */

static bool is_kernels(const struct wh_trim *trim, wh_node mount)
{
	static const char *const types[] = { "cgroup", "cgroup2", "sysfs" };
	wh_node type = wh_json_get(trim->doc, mount, "type");

	for (size_t i = 0; i < WH_COUNT(types); i++) {
		if (wh_json_string_is(trim->doc, type, types[i]))
			return true;
	}
	return false;
}

static bool is_writing(const struct wh_trim *trim, wh_node option)
{
	return wh_json_string_is(trim->doc, option, "rw") ||
	       wh_json_string_is(trim->doc, option, "rrw");
}

static void make_readonly(struct wh_trim *trim, wh_node mount)
{
	struct wh_json *doc = trim->doc;
	wh_node options = wh_trim_member(trim, mount, "options", WH_JSON_ARRAY);
	wh_node next;

	for (wh_node option = wh_json_first(doc, options); option != WH_NO_NODE; option = next) {
		next = wh_json_next(doc, option);
		if (is_writing(trim, option))
			wh_json_remove(doc, options, option);
	}
	if (!wh_mount_is_readonly(doc, mount))
		wh_json_append(doc, options, wh_json_new_string(doc, WH_SLICE("ro")));
	wh_trim_tell(trim, WH_KIND_READONLY_PATHS, "/mounts", "set",
		wh_json_string(doc, wh_json_get(doc, mount, "destination")), readonly_list.why);
}

static int judge_mounts(struct wh_trim *trim, struct wh_err *err)
{
	const struct wh_limit *limit = wh_trim_limit(trim, WH_KIND_READONLY_PATHS);

	wh_json_each_element (trim->doc, wh_json_get(trim->doc, trim->config, "mounts"), mount) {
		struct wh_slice destination =
			wh_json_string(trim->doc, wh_json_get(trim->doc, mount, "destination"));
		int r;

		if (!is_kernels(trim, mount) || wh_mount_is_readonly(trim->doc, mount) ||
			wh_setting_has(limit->members[WH_ALLOW], destination))
			continue;
		r = wh_trim_beyond(trim, WH_KIND_READONLY_PATHS, mount, err,
			"a mount of sysfs or cgroup that can be written");
		if (r <= 0)
			return r;
		make_readonly(trim, mount);
	}
	return 0;
}

int wh_trim_readonly_paths(struct wh_trim *trim, struct wh_err *err)
{
	int r;

	if (wh_trim_limit(trim, WH_KIND_READONLY_PATHS)->otherwise == WH_KEEP)
		return 0;
	r = complete(trim, &readonly_list, err);
	return r < 0 ? r : judge_mounts(trim, err);
}
