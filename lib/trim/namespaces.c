/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Namespaces. One that is not in the list is the host's, and so may one be that is joined by path:
 * taking an entry out grants. What is not allowed becomes a new namespace, but for the user's,
 * which would need mappings that nobody has asked for.
 */

#include "trim/kinds.h"

#include <errno.h>

/* That of mounts first: without it nothing else of the container's is its own. */
static const char *const types[] = { "mount", "cgroup", "ipc", "network", "pid", "time", "user",
	"uts" };

/* How a container stands to the namespaces of one type. */
struct standing {
	const char *type;
	wh_node entry; /* WH_NO_NODE: not in the list */
	bool host;
	bool joined;
};

static wh_node the_list(const struct wh_trim *trim)
{
	return wh_json_get(trim->doc, wh_json_get(trim->doc, trim->config, "linux"), "namespaces");
}

static bool has_path(struct wh_trim *trim, wh_node entry)
{
	return wh_json_string(trim->doc, wh_json_get(trim->doc, entry, "path")).len > 0;
}

static bool is_known(const struct wh_trim *trim, wh_node type)
{
	for (size_t i = 0; i < WH_COUNT(types); i++) {
		if (wh_json_string_is(trim->doc, type, types[i]))
			return true;
	}
	return false;
}

/* Runtimes differ on what a second entry of a type means, and on types they do not know. */
static int check_list(struct wh_trim *trim, struct wh_err *err)
{
	wh_node list = the_list(trim);

	wh_json_each_element (trim->doc, list, entry) {
		wh_node type = wh_json_get(trim->doc, entry, "type");

		if (!is_known(trim, type))
			return wh_json_fail(trim->doc, entry, err, EINVAL,
				"this type of namespace is not known, so it cannot be judged");
		wh_json_each_element (trim->doc, list, other) {
			if (other == entry)
				break;
			if (wh_slice_eq(wh_json_string(trim->doc, type),
				    wh_json_string(
					    trim->doc, wh_json_get(trim->doc, other, "type"))))
				return wh_json_fail(trim->doc, entry, err, EINVAL,
					"this type of namespace is in the list twice; runtimes "
					"differ on which of them counts");
		}
	}
	return 0;
}

bool wh_trim_has_users(const struct wh_trim *trim)
{
	wh_json_each_element (trim->doc, the_list(trim), entry) {
		if (wh_json_string_is(trim->doc, wh_json_get(trim->doc, entry, "type"), "user"))
			return true;
	}
	return false;
}

/* A user namespace that has the host's root in it is as good as the host's. */
static bool maps_root(const struct wh_trim *trim)
{
	wh_node mappings = wh_json_get(
		trim->doc, wh_json_get(trim->doc, trim->config, "linux"), "uidMappings");

	wh_json_each_element (trim->doc, mappings, mapping) {
		uint64_t host = 0;

		(void)!wh_json_u64(trim->doc, wh_json_get(trim->doc, mapping, "hostID"), &host);
		if (host == 0)
			return true;
	}
	return false;
}

/* 0, or -EINVAL for a path of which it cannot be told where it leads. */
static int find_standing(
	struct wh_trim *trim, const char *type, struct standing *ret, struct wh_err *err)
{
	enum wh_namespace where = WH_NAMESPACE_UNKNOWN;
	size_t index = 0;

	*ret = (struct standing){ .type = type, .host = true };
	wh_json_each_element (trim->doc, the_list(trim), entry) {
		if (wh_json_string_is(trim->doc, wh_json_get(trim->doc, entry, "type"), type)) {
			ret->entry = entry;
			break;
		}
		index++;
	}
	if (ret->entry == WH_NO_NODE)
		return 0;
	ret->host = wh_slice_is(wh_slice_of(type), "user") && maps_root(trim);
	if (!has_path(trim, ret->entry))
		return 0;
	if (trim->facts->namespaces != NULL)
		where = trim->facts->namespaces[index];
	ret->host = ret->host || where == WH_NAMESPACE_HOST;
	ret->joined = where == WH_NAMESPACE_OTHER;
	if (where == WH_NAMESPACE_HOST || where == WH_NAMESPACE_OTHER)
		return 0;
	return wh_json_fail(trim->doc, ret->entry, err, EINVAL,
		"this path leads to no %s namespace, or it cannot be told to which", type);
}

static void make_new(struct wh_trim *trim, const struct standing *standing)
{
	struct wh_json *doc = trim->doc;
	wh_node entry = standing->entry;
	wh_node list;

	if (entry != WH_NO_NODE) {
		wh_json_unset(doc, entry, "path");
	} else {
		list = wh_trim_member(trim, trim->config, "linux", WH_JSON_OBJECT);
		list = wh_trim_member(trim, list, "namespaces", WH_JSON_ARRAY);
		entry = wh_json_new_object(doc);
		wh_json_set(
			doc, entry, "type", wh_json_new_string(doc, wh_slice_of(standing->type)));
		wh_json_append(doc, list, entry);
	}
	wh_trim_tell(trim, WH_KIND_HOST_NAMESPACES, "/linux/namespaces",
		standing->entry == WH_NO_NODE ? "added" : "set", wh_slice_of(standing->type),
		standing->host ? "it would be the host's" : "it would be another container's");
}

static int judge_type(struct wh_trim *trim, const char *type, struct wh_err *err)
{
	const struct wh_limit *limit = wh_trim_limit(trim, WH_KIND_HOST_NAMESPACES);
	struct wh_slice name = wh_slice_of(type);
	struct standing standing;
	int r = find_standing(trim, type, &standing, err);

	if (r < 0)
		return r;
	if ((!standing.host || wh_setting_has(limit->members[WH_ALLOW], name)) &&
		(!standing.joined || wh_setting_has(limit->members[WH_NAMESPACES_JOIN], name)))
		return 0;
	r = wh_trim_beyond(trim, WH_KIND_HOST_NAMESPACES, standing.entry, err,
		standing.host ? "the host's %s namespace" : "another container's %s namespace",
		type);
	if (r > 0 && wh_slice_is(name, "user"))
		return wh_fail(err, EACCES,
			"the policy wants a user namespace (\"hostNamespaces\"), and which users "
			"to "
			"map only the engine can say: start the container with one");
	if (r > 0)
		make_new(trim, &standing);
	return r < 0 ? r : 0;
}

int wh_trim_host_namespaces(struct wh_trim *trim, struct wh_err *err)
{
	int r;

	if (wh_trim_limit(trim, WH_KIND_HOST_NAMESPACES)->otherwise == WH_KEEP)
		return 0;
	r = check_list(trim, err);
	for (size_t i = 0; r == 0 && i < WH_COUNT(types); i++)
		r = judge_type(trim, types[i], err);
	return r;
}
