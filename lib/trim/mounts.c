/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mounts. What they bring of the host is judged by where their source really leads, under every
 * name it has; what the kernel fills, by its type and place: a second proc or sysfs elsewhere has
 * none of the masks. The root file system is a source like any other.
 */

#include "trim/kinds.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/path.h"
#include "oci/mount.h"
#include "trim/sensitive.h"

static const enum wh_kind kind = WH_KIND_MOUNTS;

static struct wh_slice text_of(const struct wh_trim *trim, wh_node mount, const char *key)
{
	struct wh_slice text = wh_json_string(trim->doc, wh_json_get(trim->doc, mount, key));

	return text.data == NULL ? WH_SLICE("") : text;
}

/* ---- where a mount goes --------------------------------------------------------------------- */

/* Whether the path lies in this folder, or is it; both absolute. */
static bool lies_in(struct wh_slice path, const char *folder)
{
	size_t len = strlen(folder);

	return path.len >= len && memcmp(path.data, folder, len) == 0 &&
	       (path.len == len || path.data[len] == '/');
}

/* Where the mount goes, in the shortest spelling; false when it is no absolute path below "/". */
static bool destination_of(
	struct wh_trim *trim, wh_node mount, char buffer[PATH_MAX], struct wh_slice *ret)
{
	struct wh_slice path = text_of(trim, mount, "destination");

	if (path.len == 0 || path.data[0] != '/' || wh_path_climbs(path) ||
		!wh_trim_clean_path(path, buffer, PATH_MAX) || buffer[0] == '\0')
		return false;
	*ret = wh_slice_of(buffer);
	return true;
}

/* Files of /proc that container tools lay their own on (lxcfs), which runc lets them. */
static bool is_replaceable(struct wh_slice path)
{
	static const char *const files[] = { "/proc/cpuinfo", "/proc/diskstats", "/proc/loadavg",
		"/proc/meminfo", "/proc/net/dev", "/proc/slabinfo", "/proc/stat", "/proc/swaps",
		"/proc/uptime", "/proc/sys/crypto/fips_enabled" };

	for (size_t i = 0; i < WH_COUNT(files); i++) {
		if (wh_slice_is(path, files[i]))
			return true;
	}
	return false;
}

/* What the kernel fills, and where it may be. */
static const struct {
	const char *type;
	const char *at; /* the only place; NULL: anywhere but in /proc */
	bool below;     /* and below it */
} fillings[] = {
	{ "proc", "/proc", false },
	{ "sysfs", "/sys", false },
	{ "cgroup", "/sys/fs/cgroup", true },
	{ "cgroup2", "/sys/fs/cgroup", true },
	{ "devpts", NULL, false },
	{ "mqueue", NULL, false },
	{ "overlay", NULL, false },
	{ "tmpfs", NULL, false },
};

/* What is wrong with the place and the type, a phrase; NULL: nothing. */
static const char *misplaced(struct wh_trim *trim, wh_node mount)
{
	struct wh_slice type = text_of(trim, mount, "type");
	const struct wh_setting *types = wh_trim_limit(trim, kind)->members[WH_MOUNTS_TYPES];
	bool bind = wh_mount_is_bind(trim->doc, mount);
	char buffer[PATH_MAX];
	struct wh_slice path;

	if (!destination_of(trim, mount, buffer, &path))
		return "a mount whose destination is \"/\", or no absolute path without \"..\"";
	if (lies_in(path, "/proc") && !is_replaceable(path) &&
		(bind || !wh_slice_is(type, "proc") || !wh_slice_is(path, "/proc")))
		return "a mount on /proc other than of proc itself";
	if (bind)
		return NULL;
	for (size_t i = 0; i < WH_COUNT(fillings); i++) {
		if (!wh_slice_is(type, fillings[i].type))
			continue;
		if (fillings[i].at == NULL || wh_slice_is(path, fillings[i].at) ||
			(fillings[i].below && lies_in(path, fillings[i].at)))
			return NULL;
		return "a file system of the kernel's in an unusual place, where no path of it is "
		       "masked";
	}
	return wh_setting_has(types, type) ? NULL : "a mount of this file system type";
}

/* ---- what a mount brings -------------------------------------------------------------------- */

/* Whether a path is one of the pattern, lies in one, or holds one: all of it comes along. */
static bool touches(const struct wh_setting *deny, const char *path)
{
	if (wh_setting_any(deny, wh_slice_of(path)))
		return true;
	for (; deny != NULL; deny = deny->also) {
		for (size_t i = 0; i < deny->count; i++) {
			if (wh_path_relation(path, deny->items[i].text, NULL) != WH_RELATION_NONE)
				return true;
		}
	}
	return false;
}

static bool is_denied(const struct wh_trim *trim, const struct wh_source *source)
{
	const struct wh_setting *deny = wh_trim_limit(trim, kind)->members[WH_MOUNTS_DENY];

	for (size_t i = 0; i < source->name_count; i++) {
		if (touches(deny, source->names[i]))
			return true;
	}
	for (size_t i = 0; i < source->hold_count; i++) {
		if (touches(deny, source->holds[i]))
			return true;
	}
	return false;
}

/* The paths that the list does not name, in the arena; NULL: no memory. */
static const char *const *unlisted(const struct wh_trim *trim, const struct wh_setting *allow,
	const char *const *paths, size_t count, size_t *ret_count)
{
	const char **left = wh_arena_array(trim->arena, count, sizeof(*left));
	size_t n = 0;

	for (size_t i = 0; left != NULL && i < count; i++) {
		if (!wh_setting_lists(allow, wh_slice_of(paths[i])))
			left[n++] = paths[i];
	}
	*ret_count = n;
	return left;
}

/*
 * Whether a list that was given lets the source through: by naming it, and each other name by which
 * it confers the host. A volume of an engine may be any folder of the host mounted there, which
 * who allows volumes has not allowed.
 */
static bool is_listed(const struct wh_trim *trim, const struct wh_setting *allow,
	const struct wh_source *source, bool read_only)
{
	struct wh_source rest = *source;

	if (!wh_setting_lists(allow, wh_slice_of(source->real)))
		return false;
	rest.names = unlisted(trim, allow, source->names, source->name_count, &rest.name_count);
	rest.holds = unlisted(trim, allow, source->holds, source->hold_count, &rest.hold_count);
	return rest.names != NULL && rest.holds != NULL &&
	       wh_sensitive_find(&rest, trim->facts->sensitive_reals, read_only) == NULL;
}

/* Every list of "allow" must let it through: one that was given, by naming it; the built-in one, by
 * its being nothing that confers the host. */
static bool is_allowed(
	const struct wh_trim *trim, const struct wh_source *source, bool sensitive, bool read_only)
{
	const struct wh_setting *allow = wh_trim_limit(trim, kind)->members[WH_ALLOW];

	if (is_denied(trim, source))
		return false;
	for (; allow != NULL; allow = allow->also) {
		if (allow->silent ? sensitive : !is_listed(trim, allow, source, read_only))
			return false;
	}
	return true;
}

static int refuse_source(struct wh_trim *trim, wh_node mount, const struct wh_source *source,
	const struct wh_sensitive *row, struct wh_err *err)
{
	if (source->real == NULL)
		return wh_trim_beyond(trim, kind, mount, err,
			"a mount of which it cannot be told what of the host it brings");
	if (row != NULL)
		return wh_trim_beyond(trim, kind, mount, err,
			"a mount that brings %s of the host into the container (%s)", row->path,
			row->why);
	return wh_trim_beyond(trim, kind, mount, err, "a mount of this source");
}

/* 1 when the mount is to go, 0 when it stays, -EACCES. */
static int judge_source(
	struct wh_trim *trim, const struct wh_mount_source *brought, struct wh_err *err)
{
	const struct wh_source *source = &brought->source;
	const struct wh_sensitive *row = NULL;

	if (source->type == WH_SOURCE_BLOCK || source->type == WH_SOURCE_CHAR)
		return wh_trim_device_node(trim, brought->mount, source, err);
	if (source->real != NULL) {
		bool read_only = wh_mount_is_readonly(trim->doc, brought->mount);

		row = wh_sensitive_find(source, trim->facts->sensitive_reals, read_only);
		if (is_allowed(trim, source, row != NULL, read_only))
			return 0;
	}
	return refuse_source(trim, brought->mount, source, row, err);
}

static int judge_sources(struct wh_trim *trim, wh_node mount, struct wh_err *err)
{
	const struct wh_facts *facts = trim->facts;
	bool seen = false;
	int go = 0;

	for (size_t i = 0; i < facts->source_count; i++) {
		int r;

		if (facts->sources[i].mount != mount)
			continue;
		seen = true;
		r = judge_source(trim, &facts->sources[i], err);
		if (r < 0)
			return r;
		go |= r;
	}
	if (!seen && wh_mount_is_bind(trim->doc, mount))
		return refuse_source(trim, mount, &(struct wh_source){ .real = NULL }, NULL, err);
	return go;
}

/* ---- bringing down -------------------------------------------------------------------------- */

/*
 * Taking a mount out leads what lies in it elsewhere, and uncovers what lies below it: another
 * mount in the same place, or, where it lies in files of the host, some of those.
 */
static bool is_hung_on(struct wh_trim *trim, wh_node mounts, wh_node mount)
{
	char folder[PATH_MAX], other_folder[PATH_MAX];
	struct wh_slice path, other_path;

	if (!destination_of(trim, mount, folder, &path))
		return true;
	wh_json_each_element (trim->doc, mounts, other) {
		if (other == mount)
			continue;
		if (!destination_of(trim, other, other_folder, &other_path) ||
			lies_in(other_path, folder))
			return true;
		if (lies_in(path, other_folder) &&
			(wh_mount_is_bind(trim->doc, other) ||
				wh_json_string_is(trim->doc, wh_json_get(trim->doc, other, "type"),
					"overlay")))
			return true;
	}
	return false;
}

static int take_out(struct wh_trim *trim, wh_node mounts, wh_node mount, struct wh_err *err)
{
	if (is_hung_on(trim, mounts, mount))
		return wh_json_fail(trim->doc, mount, err, EACCES,
			"the policy does not allow this mount, and it cannot be taken out, since "
			"others lie on it or below it");
	wh_trim_tell(trim, kind, "/mounts", "removed", text_of(trim, mount, "destination"),
		WH_NOT_ALLOWED);
	wh_json_remove(trim->doc, mounts, mount);
	return 0;
}

static const struct {
	const char *word, *opposite;
} forced[] = {
	{ "nodev", "dev" },
	{ "noexec", "exec" },
	{ "nosuid", "suid" },
	{ "ro", "rw" },
};

static bool has_option(const struct wh_trim *trim, wh_node options, const char *word)
{
	wh_json_each_element (trim->doc, options, option) {
		if (wh_json_string_is(trim->doc, option, word))
			return true;
	}
	return false;
}

static void drop_option(struct wh_trim *trim, wh_node options, const char *word)
{
	wh_node next;

	for (wh_node option = wh_json_first(trim->doc, options); option != WH_NO_NODE;
		option = next) {
		next = wh_json_next(trim->doc, option);
		if (wh_json_string_is(trim->doc, option, word))
			wh_json_remove(trim->doc, options, option);
	}
}

static void force_options(struct wh_trim *trim, wh_node mount)
{
	const struct wh_setting *wanted = wh_trim_limit(trim, kind)->members[WH_MOUNTS_OPTIONS];

	for (size_t i = 0; i < WH_COUNT(forced); i++) {
		struct wh_slice word = wh_slice_of(forced[i].word);
		wh_node options = wh_json_get(trim->doc, mount, "options");

		if (!wh_setting_any(wanted, word) ||
			(has_option(trim, options, forced[i].word) &&
				!has_option(trim, options, forced[i].opposite)))
			continue;
		options = wh_trim_member(trim, mount, "options", WH_JSON_ARRAY);
		drop_option(trim, options, forced[i].opposite);
		if (!has_option(trim, options, forced[i].word))
			wh_json_append(trim->doc, options, wh_json_new_string(trim->doc, word));
		wh_trim_tell(trim, kind, "/mounts", "set", word,
			"the policy wants it of every bind mount");
	}
}

static bool brings_device(const struct wh_trim *trim, wh_node mount)
{
	const struct wh_facts *facts = trim->facts;

	for (size_t i = 0; i < facts->source_count; i++) {
		enum wh_source_type type = facts->sources[i].source.type;

		if (facts->sources[i].mount == mount &&
			(type == WH_SOURCE_BLOCK || type == WH_SOURCE_CHAR))
			return true;
	}
	return false;
}

static int judge_mount(struct wh_trim *trim, wh_node mounts, wh_node mount, struct wh_err *err)
{
	const char *wrong = misplaced(trim, mount);
	int r = wrong == NULL ? judge_sources(trim, mount, err)
			      : wh_trim_beyond(trim, kind, mount, err, "%s", wrong);

	if (r != 0)
		return r < 0 ? r : take_out(trim, mounts, mount, err);
	if (wh_mount_is_bind(trim->doc, mount) && !brings_device(trim, mount))
		force_options(trim, mount);
	return 0;
}

/* A root that is a folder of the host's own cannot be brought down to anything. */
static int judge_rootfs(struct wh_trim *trim, struct wh_err *err)
{
	const struct wh_source *source = trim->facts->rootfs;
	const struct wh_sensitive *row;
	wh_node root = wh_json_get(trim->doc, trim->config, "root");

	if (source == NULL || text_of(trim, root, "path").len == 0)
		return 0;
	if (source->real == NULL)
		return wh_json_fail(trim->doc, wh_json_get(trim->doc, root, "path"), err, EACCES,
			"it cannot be told which folder of the host the root file system is: "
			"\"mounts\" in the policy decides about it");
	row = wh_sensitive_find(source, trim->facts->sensitive_reals, false);
	if (row == NULL || is_allowed(trim, source, true, false))
		return 0;
	return wh_json_fail(trim->doc, wh_json_get(trim->doc, root, "path"), err, EACCES,
		"the policy does not allow a root file system that is %s of the host (%s): "
		"\"mounts\" in the policy decides about it",
		row->path, row->why);
}

int wh_trim_mounts(struct wh_trim *trim, struct wh_err *err)
{
	wh_node mounts = wh_json_get(trim->doc, trim->config, "mounts");
	wh_node next;
	int r;

	if (wh_trim_limit(trim, kind)->otherwise == WH_KEEP)
		return 0;
	r = judge_rootfs(trim, err);
	for (wh_node mount = wh_json_first(trim->doc, mounts); r == 0 && mount != WH_NO_NODE;
		mount = next) {
		next = wh_json_next(trim->doc, mount);
		r = judge_mount(trim, mounts, mount, err);
	}
	return r;
}
