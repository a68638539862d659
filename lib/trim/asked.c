/* SPDX-License-Identifier: Apache-2.0 */
/* One function a kind, or a few alike, and a table of them in the order of the policy's. */

#include "trim/asked.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "oci/capability.h"
#include "oci/mount.h"
#include "seccomp/filter.h"

struct reader {
	struct wh_json *doc;
	struct wh_arena *arena;
	struct wh_buf items; /* of struct wh_privilege */
	enum wh_kind kind;   /* that is read at the moment */
	bool failed;
};

/* ---- small things --------------------------------------------------------------------------- */

static void add(struct reader *reader, const char *text)
{
	struct wh_privilege item = { .kind = reader->kind, .text = text };

	if (text == NULL)
		reader->failed = true;
	else
		wh_buf_add(&reader->items, &item, sizeof(item));
}

static void add_value(struct reader *reader, const char *text)
{
	struct wh_privilege item = { .kind = reader->kind, .text = text, .value = true };

	if (text == NULL)
		reader->failed = true;
	else
		wh_buf_add(&reader->items, &item, sizeof(item));
}

static wh_node get(const struct reader *reader, wh_node object, const char *key)
{
	return wh_json_get(reader->doc, object, key);
}

static wh_node top(const struct reader *reader, const char *key)
{
	return get(reader, wh_json_root(reader->doc), key);
}

static wh_node in_process(const struct reader *reader, const char *key)
{
	return get(reader, top(reader, "process"), key);
}

static wh_node in_linux(const struct reader *reader, const char *key)
{
	return get(reader, top(reader, "linux"), key);
}

/* A string's text, or the number as it is spelled; "" for anything else. */
static const char *text_of(struct reader *reader, wh_node node)
{
	struct wh_slice text = wh_json_type(reader->doc, node) == WH_JSON_NUMBER
				       ? wh_json_raw(reader->doc, node)
				       : wh_json_string(reader->doc, node);
	const char *copy = wh_arena_dup(reader->arena, text.data == NULL ? WH_SLICE("") : text);

	if (copy == NULL)
		reader->failed = true;
	return copy == NULL ? "" : copy;
}

static bool is_true(const struct reader *reader, wh_node node)
{
	return wh_json_type(reader->doc, node) == WH_JSON_TRUE;
}

static bool is_there(const struct reader *reader, wh_node node)
{
	return wh_json_type(reader->doc, node) > WH_JSON_NULL;
}

/* ---- the process ---------------------------------------------------------------------------- */

static void read_capabilities(struct reader *reader)
{
	wh_node sets = in_process(reader, "capabilities");
	wh_capset all = 0;

	wh_json_each_member (reader->doc, sets, key) {
		wh_json_each_element (reader->doc, wh_json_next(reader->doc, key), name) {
			unsigned capability;

			if (wh_capability_from_oci(wh_json_string(reader->doc, name), &capability))
				all |= wh_capset_of(capability);
		}
	}
	for (unsigned i = 0; i < WH_CAP_COUNT; i++) {
		if ((all & wh_capset_of(i)) != 0)
			add(reader, wh_capability_get(i)->name);
	}
}

static void read_no_new_privileges(struct reader *reader)
{
	if (!is_true(reader, in_process(reader, "noNewPrivileges")))
		add(reader, "setuid programs and file capabilities give new privileges");
}

static void read_user(struct reader *reader)
{
	uint64_t uid = 0;

	if (wh_json_u64(reader->doc, get(reader, in_process(reader, "user"), "uid"), &uid) ==
			-ENOENT ||
		uid == 0)
		add(reader, "runs as root (uid 0)");
}

static void read_groups(struct reader *reader)
{
	wh_json_each_element (
		reader->doc, get(reader, in_process(reader, "user"), "additionalGids"), gid)
		add(reader, wh_arena_printf(reader->arena, "group %s", text_of(reader, gid)));
}

static void read_rlimits(struct reader *reader)
{
	wh_json_each_element (reader->doc, in_process(reader, "rlimits"), limit) {
		const char *type = text_of(reader, get(reader, limit, "type"));
		const char *soft = text_of(reader, get(reader, limit, "soft"));
		const char *hard = text_of(reader, get(reader, limit, "hard"));

		add_value(reader,
			wh_arena_printf(reader->arena, "%s %s, at most %s", type, soft, hard));
	}
}

static void read_oom_score(struct reader *reader)
{
	int64_t score = 0;

	if (wh_json_i64(reader->doc, in_process(reader, "oomScoreAdj"), &score) == 0 && score < 0)
		add_value(reader, wh_arena_printf(reader->arena,
					  "spared by the kernel when memory is short (%lld)",
					  (long long)score));
}

static void read_label(struct reader *reader)
{
	bool apparmor = reader->kind == WH_KIND_APPARMOR;
	wh_node node = in_process(reader, apparmor ? "apparmorProfile" : "selinuxLabel");
	const char *label = text_of(reader, node);

	add_value(reader, label[0] == '\0' ? "no label of its own" : label);
}

/* ---- what it shares with the host ----------------------------------------------------------- */

/* A path is joined whatever the type; one of these that is not named is the host's. */
static void read_host_namespaces(struct reader *reader)
{
	static const char *const types[] = { "cgroup", "ipc", "mount", "network", "pid", "user",
		"uts" };
	wh_node list = in_linux(reader, "namespaces");

	for (size_t i = 0; i < WH_COUNT(types); i++) {
		bool found = false;

		wh_json_each_element (reader->doc, list, entry)
			found = found || wh_json_string_is(
						 reader->doc, get(reader, entry, "type"), types[i]);
		if (!found)
			add(reader, wh_arena_printf(
					    reader->arena, "the host's %s namespace", types[i]));
	}
	wh_json_each_element (reader->doc, list, entry) {
		const char *type = text_of(reader, get(reader, entry, "type"));
		const char *path = text_of(reader, get(reader, entry, "path"));

		if (path[0] != '\0')
			add(reader, wh_arena_printf(reader->arena, "joins the %s namespace %s",
					    type, path));
	}
}

static void read_devices(struct reader *reader)
{
	wh_json_each_element (reader->doc, in_linux(reader, "devices"), device)
		add(reader, text_of(reader, get(reader, device, "path")));
	wh_json_each_element (
		reader->doc, get(reader, in_linux(reader, "resources"), "devices"), rule) {
		const char *type = text_of(reader, get(reader, rule, "type"));
		const char *major = text_of(reader, get(reader, rule, "major"));
		const char *minor = text_of(reader, get(reader, rule, "minor"));
		const char *access = text_of(reader, get(reader, rule, "access"));

		if (is_true(reader, get(reader, rule, "allow")))
			add(reader, wh_arena_printf(reader->arena, "rule %s %s:%s %s",
					    type[0] == '\0' ? "a" : type,
					    major[0] == '\0' ? "*" : major,
					    minor[0] == '\0' ? "*" : minor,
					    access[0] == '\0' ? "rwm" : access));
	}
}

static void read_mounts(struct reader *reader)
{
	wh_json_each_element (reader->doc, top(reader, "mounts"), mount) {
		const char *from = text_of(
			reader, get(reader, mount,
					wh_mount_is_bind(reader->doc, mount) ? "source" : "type"));
		const char *to = text_of(reader, get(reader, mount, "destination"));

		add(reader,
			wh_arena_printf(reader->arena, "%s on %s%s", from, to,
				wh_mount_is_readonly(reader->doc, mount) ? " (read-only)" : ""));
	}
}

static void read_paths(struct reader *reader)
{
	bool masked = reader->kind == WH_KIND_MASKED_PATHS;
	wh_node list = in_linux(reader, masked ? "maskedPaths" : "readonlyPaths");
	const char *path;

	for (size_t i = 0; (path = wh_default_path(reader->kind, i)) != NULL; i++) {
		bool found = false;

		wh_json_each_element (reader->doc, list, element)
			found = found || wh_json_string_is(reader->doc, element, path);
		if (!found)
			add(reader, wh_arena_printf(reader->arena, "%s can be %s", path,
					    masked ? "seen" : "written"));
	}
}

static void read_root(struct reader *reader)
{
	if (!is_true(reader, get(reader, top(reader, "root"), "readonly")))
		add(reader, "a root file system that can be written");
}

static void read_propagation(struct reader *reader)
{
	const char *word = text_of(reader, in_linux(reader, "rootfsPropagation"));

	if (word[0] != '\0')
		add_value(reader, word);
}

static void read_hooks(struct reader *reader)
{
	wh_json_each_member (reader->doc, top(reader, "hooks"), key) {
		const char *point = text_of(reader, key);

		wh_json_each_element (reader->doc, wh_json_next(reader->doc, key), hook)
			add(reader, wh_arena_printf(reader->arena, "%s %s", point,
					    text_of(reader, get(reader, hook, "path"))));
	}
}

/* ---- the kernel ----------------------------------------------------------------------------- */

static void read_seccomp(struct reader *reader)
{
	wh_node filter = in_linux(reader, "seccomp");
	size_t allowed = 0;

	if (wh_seccomp_is_open(reader->doc, filter)) {
		add(reader, "every system call");
		return;
	}
	wh_json_each_element (reader->doc, get(reader, filter, "syscalls"), rule) {
		if (!wh_json_string_is(reader->doc, get(reader, rule, "action"), "SCMP_ACT_ALLOW"))
			continue;
		wh_json_each_element (reader->doc, get(reader, rule, "names"), name)
			allowed += name != WH_NO_NODE;
	}
	add_value(reader, wh_arena_printf(reader->arena, "a filter: %s, and %zu calls allowed",
				  text_of(reader, get(reader, filter, "defaultAction")), allowed));
}

static void read_sysctl(struct reader *reader)
{
	wh_json_each_member (reader->doc, in_linux(reader, "sysctl"), key)
		add(reader, wh_arena_printf(reader->arena, "%s = %s", text_of(reader, key),
				    text_of(reader, wh_json_next(reader->doc, key))));
}

static void read_cgroups_path(struct reader *reader)
{
	const char *path = text_of(reader, in_linux(reader, "cgroupsPath"));

	if (path[0] != '\0')
		add_value(reader, path);
}

static void read_resources(struct reader *reader)
{
	static const char *const limits[] = { "memory", "pids" };

	for (size_t i = 0; i < WH_COUNT(limits); i++) {
		wh_node part = get(reader, in_linux(reader, "resources"), limits[i]);
		const char *limit = text_of(reader, get(reader, part, "limit"));

		if (limit[0] == '\0' || limit[0] == '-' || strcmp(limit, "0") == 0)
			add(reader, wh_arena_printf(reader->arena, "no limit of %s", limits[i]));
		else
			add_value(
				reader, wh_arena_printf(reader->arena, "%s: %s", limits[i], limit));
	}
}

/* What is a privilege by being there. */
static void read_section(struct reader *reader)
{
	static const struct {
		enum wh_kind kind;
		bool of_process;
		const char *key;
	} sections[] = {
		{ WH_KIND_PERSONALITY, false, "personality" },
		{ WH_KIND_INTEL_RDT, false, "intelRdt" },
		{ WH_KIND_NET_DEVICES, false, "netDevices" },
		{ WH_KIND_TIME_OFFSETS, false, "timeOffsets" },
		{ WH_KIND_MEMORY_POLICY, false, "memoryPolicy" },
		{ WH_KIND_SCHEDULER, true, "scheduler" },
		{ WH_KIND_IO_PRIORITY, true, "ioPriority" },
	};

	for (size_t i = 0; i < WH_COUNT(sections); i++) {
		wh_node node = sections[i].of_process ? in_process(reader, sections[i].key)
						      : in_linux(reader, sections[i].key);

		if (sections[i].kind == reader->kind && is_there(reader, node))
			add(reader, "asked for");
	}
}

/* ---- all of them ---------------------------------------------------------------------------- */

static void (*const readers[WH_KINDS])(struct reader *reader) = {
	[WH_KIND_CAPABILITIES] = read_capabilities,
	[WH_KIND_NO_NEW_PRIVILEGES] = read_no_new_privileges,
	[WH_KIND_READONLY_ROOTFS] = read_root,
	[WH_KIND_RUN_AS_NON_ROOT] = read_user,
	[WH_KIND_SUPPLEMENTAL_GROUPS] = read_groups,
	[WH_KIND_USER_NAMESPACES] = NULL, /* made inside: a matter of the filter */
	[WH_KIND_HOST_NAMESPACES] = read_host_namespaces,
	[WH_KIND_DEVICES] = read_devices,
	[WH_KIND_MOUNTS] = read_mounts,
	[WH_KIND_MASKED_PATHS] = read_paths,
	[WH_KIND_READONLY_PATHS] = read_paths,
	[WH_KIND_HOOKS] = read_hooks,
	[WH_KIND_SECCOMP] = read_seccomp,
	[WH_KIND_APPARMOR] = read_label,
	[WH_KIND_SELINUX] = read_label,
	[WH_KIND_SYSCTL] = read_sysctl,
	[WH_KIND_RLIMITS] = read_rlimits,
	[WH_KIND_OOM_SCORE_ADJ] = read_oom_score,
	[WH_KIND_ROOTFS_PROPAGATION] = read_propagation,
	[WH_KIND_CGROUPS_PATH] = read_cgroups_path,
	[WH_KIND_RESOURCES] = read_resources,
	[WH_KIND_PERSONALITY] = read_section,
	[WH_KIND_INTEL_RDT] = read_section,
	[WH_KIND_NET_DEVICES] = read_section,
	[WH_KIND_TIME_OFFSETS] = read_section,
	[WH_KIND_MEMORY_POLICY] = read_section,
	[WH_KIND_SCHEDULER] = read_section,
	[WH_KIND_IO_PRIORITY] = read_section,
	[WH_KIND_UNKNOWN_FIELDS] = NULL, /* nobody knows what they confer */
};

int wh_privileges_of_config(struct wh_json *doc, struct wh_arena *arena, struct wh_privileges *ret)
{
	struct reader reader = { .doc = doc, .arena = arena };
	struct wh_privilege *items;
	size_t size;

	for (size_t kind = 0; kind < WH_KINDS; kind++) {
		reader.kind = (enum wh_kind)kind;
		if (readers[kind] != NULL)
			readers[kind](&reader);
	}
	size = reader.items.len;
	items = wh_arena_alloc(arena, size + 1);
	if (items != NULL && size > 0)
		memcpy(items, reader.items.data, size);
	*ret = (struct wh_privileges){ items, size / sizeof(*items) };
	reader.failed = reader.failed || items == NULL || wh_buf_status(&reader.items) < 0 ||
			wh_json_status(doc) == -ENOMEM;
	wh_buf_done(&reader.items);
	return reader.failed ? -ENOMEM : 0;
}

/* ---- comparing ------------------------------------------------------------------------------ */

static int by_text(const void *a, const void *b)
{
	const struct wh_privilege *left = a, *right = b;

	if (left->kind != right->kind)
		return left->kind < right->kind ? -1 : 1;
	return strcmp(left->text, right->text);
}

int wh_privileges_without(const struct wh_privileges *list, const struct wh_privileges *other,
	struct wh_arena *arena, struct wh_privileges *ret)
{
	struct wh_privilege *sorted = wh_arena_array(arena, other->count + 1, sizeof(*sorted));
	struct wh_privilege *items = wh_arena_array(arena, list->count + 1, sizeof(*items));
	size_t count = 0;

	if (sorted == NULL || items == NULL)
		return -ENOMEM;
	if (other->count > 0)
		memcpy(sorted, other->items, other->count * sizeof(*sorted));
	qsort(sorted, other->count, sizeof(*sorted), by_text);
	for (size_t i = 0; i < list->count; i++) {
		if (bsearch(&list->items[i], sorted, other->count, sizeof(*sorted), by_text) ==
			NULL)
			items[count++] = list->items[i];
	}
	*ret = (struct wh_privileges){ items, count };
	return 0;
}
