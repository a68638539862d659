/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A read-only root. runc and crun pass over root.readonly without a word when the container has no
 * mount namespace of its own, and crun makes the root read-only below a mount that lies on "/",
 * which is what the container then writes to. Such containers are refused rather than believed.
 */

#include "trim/kinds.h"

#include <errno.h>
#include <string.h>

static const char key[] = "readonly";

/* A mount namespace made for this container: named, without a path to join. */
static bool has_own_mount_namespace(const struct wh_trim *trim)
{
	wh_node linux_section = wh_json_get(trim->doc, trim->config, "linux");
	wh_node namespaces = wh_json_get(trim->doc, linux_section, "namespaces");
	bool own = false;

	wh_json_each_element (trim->doc, namespaces, entry) {
		wh_node type = wh_json_get(trim->doc, entry, "type");
		wh_node path = wh_json_get(trim->doc, entry, "path");

		if (!wh_json_string_is(trim->doc, type, "mount"))
			continue;
		if (wh_json_type(trim->doc, path) == WH_JSON_STRING &&
			!wh_json_string_is(trim->doc, path, ""))
			return false;
		own = true;
	}
	return own;
}

/* Whether a destination is "/" once "." and ".." are worked out; a relative one starts there too.
 */
static bool is_root(struct wh_slice path)
{
	size_t depth = 0;
	size_t at = 0;

	while (at < path.len) {
		const char *slash = memchr(path.data + at, '/', path.len - at);
		size_t stop = slash == NULL ? path.len : (size_t)(slash - path.data);
		struct wh_slice name = { path.data + at, stop - at };

		if (wh_slice_is(name, ".."))
			depth -= depth > 0;
		else
			depth += name.len > 0 && !wh_slice_is(name, ".");
		at = stop + 1;
	}
	return depth == 0;
}

static int refuse_mount_on_root(struct wh_trim *trim, struct wh_err *err)
{
	wh_node mounts = wh_json_get(trim->doc, trim->config, "mounts");

	wh_json_each_element (trim->doc, mounts, mount) {
		wh_node node = wh_json_get(trim->doc, mount, "destination");
		struct wh_slice path = wh_json_string(trim->doc, node);

		if (wh_json_status(trim->doc) < 0)
			return wh_fail_errno(err, ENOMEM, "judging the mounts");
		if (is_root(path) || mount == trim->facts->mount_on_root)
			return wh_json_fail(trim->doc, mount, err, EINVAL,
				"this mount would lie on the root of the container, which the "
				"policy wants read-only; mount it on a folder below");
		if (mount == trim->facts->mount_astray)
			return wh_json_fail(trim->doc, mount, err, EINVAL,
				"links lead this mount where it cannot be told whether it would "
				"lie "
				"on the root of the container, which the policy wants read-only; "
				"name the folder without links");
	}
	return 0;
}

int wh_trim_readonly_rootfs(struct wh_trim *trim, struct wh_err *err)
{
	wh_node root = wh_json_get(trim->doc, trim->config, "root");
	int r;

	if (wh_trim_limit(trim, WH_KIND_READONLY_ROOTFS)->otherwise == WH_KEEP)
		return 0;
	if (!has_own_mount_namespace(trim))
		return wh_fail(err, EINVAL,
			"the policy wants a read-only root file system, which runtimes do not "
			"apply "
			"without a new mount namespace; config.json asks for none of its own");
	r = refuse_mount_on_root(trim, err);
	if (r < 0)
		return r;
	if (wh_json_type(trim->doc, wh_json_get(trim->doc, root, key)) == WH_JSON_TRUE)
		return 0;
	r = wh_trim_beyond(
		trim, WH_KIND_READONLY_ROOTFS, root, err, "a root file system that can be written");
	if (r <= 0)
		return r;
	wh_json_set(trim->doc, root, key, wh_json_new_bool(trim->doc, true));
	wh_trim_note(
		trim, &(struct wh_change){ "readonlyRootfs", "/root/readonly", "set",
			      WH_SLICE("true"), "programs of the image must not be replaced" });
	return 0;
}
