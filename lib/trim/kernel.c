/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Settings of the kernel's that a container may ask for: parameters, propagation of mounts, cgroup,
 * and sections of which the policy only says whether they are allowed.
 */

#include "trim/kinds.h"

#include <errno.h>
#include <string.h>

static wh_node in_linux(const struct wh_trim *trim, const char *key)
{
	return wh_json_get(trim->doc, wh_json_get(trim->doc, trim->config, "linux"), key);
}

/* ---- sysctl --------------------------------------------------------------------------------- */

/* https://kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster/, the safe set of v1.34: what
 * has a namespace and harms nobody outside of it. */
static const char *const safe[] = { "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range",
	"net.ipv4.ip_local_reserved_ports", "net.ipv4.ip_unprivileged_port_start",
	"net.ipv4.ping_group_range", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl",
	"net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_rmem",
	"net.ipv4.tcp_syncookies", "net.ipv4.tcp_wmem" };

#define SYSCTL_MAX 256u

/* Runtimes make a path of the name by taking each dot for a slash, so both spell one parameter. */
static struct wh_slice dotted(struct wh_slice name, char to[SYSCTL_MAX])
{
	if (name.len >= SYSCTL_MAX)
		return name;
	for (size_t i = 0; i < name.len; i++)
		to[i] = name.data[i] == '/' ? '.' : name.data[i];
	return (struct wh_slice){ to, name.len };
}

static bool is_safe(struct wh_slice name)
{
	for (size_t i = 0; i < WH_COUNT(safe); i++) {
		if (wh_slice_is(name, safe[i]))
			return true;
	}
	return false;
}

int wh_trim_sysctl(struct wh_trim *trim, struct wh_err *err)
{
	const struct wh_limit *limit = wh_trim_limit(trim, WH_KIND_SYSCTL);
	wh_node parameters = in_linux(trim, "sysctl");
	wh_node next;

	for (wh_node key = wh_json_first(trim->doc, parameters); key != WH_NO_NODE; key = next) {
		char buffer[SYSCTL_MAX];
		struct wh_slice name = dotted(wh_json_string(trim->doc, key), buffer);
		int r;

		next = wh_json_next(trim->doc, wh_json_next(trim->doc, key));
		if (is_safe(name) || wh_setting_has(limit->members[WH_ALLOW], name))
			continue;
		r = wh_trim_beyond(
			trim, WH_KIND_SYSCTL, key, err, "this parameter of the kernel to be set");
		if (r <= 0)
			return r;
		wh_trim_tell(trim, WH_KIND_SYSCTL, "/linux/sysctl", "removed",
			wh_json_string(trim->doc, key), WH_NOT_ALLOWED);
		wh_json_remove(trim->doc, parameters, key);
	}
	return 0;
}

/* ---- propagation ---------------------------------------------------------------------------- */

static const struct {
	const char *word;
	const char *instead[2]; /* the first that is allowed, else the last */
} propagations[] = {
	{ "private", { "private", "private" } },
	{ "rprivate", { "rprivate", "rprivate" } },
	{ "shared", { "slave", "private" } },
	{ "rshared", { "rslave", "rprivate" } },
	{ "slave", { "private", "private" } },
	{ "rslave", { "rprivate", "rprivate" } },
	{ "unbindable", { "private", "private" } },
	{ "runbindable", { "rprivate", "rprivate" } },
};

/* The word is brought down if it is one of propagation that is not allowed; `*ret` is what to
 * write, NULL: leave it. */
static int judge_propagation(
	struct wh_trim *trim, wh_node node, const char **ret, struct wh_err *err)
{
	const struct wh_limit *limit = wh_trim_limit(trim, WH_KIND_ROOTFS_PROPAGATION);

	*ret = NULL;
	for (size_t i = 0; i < WH_COUNT(propagations); i++) {
		const char *word = propagations[i].word;
		int r;

		if (!wh_json_string_is(trim->doc, node, word) ||
			wh_setting_has(limit->members[WH_ALLOW], wh_slice_of(word)))
			continue;
		r = wh_trim_beyond(trim, WH_KIND_ROOTFS_PROPAGATION, node, err,
			"the propagation \"%s\"", word);
		if (r <= 0)
			return r;
		*ret = propagations[i].instead[0];
		if (!wh_setting_has(limit->members[WH_ALLOW], wh_slice_of(*ret)))
			*ret = propagations[i].instead[1];
		if (strcmp(*ret, word) == 0)
			*ret = NULL;
		return 0;
	}
	return 0;
}

static void tell_propagation(struct wh_trim *trim, const char *pointer, const char *word)
{
	wh_trim_tell(trim, WH_KIND_ROOTFS_PROPAGATION, pointer, "set", wh_slice_of(word),
		"what is mounted inside must not appear on the host");
}

static int judge_option(struct wh_trim *trim, wh_node options, wh_node option, struct wh_err *err)
{
	const char *instead;
	int r = judge_propagation(trim, option, &instead, err);

	if (r < 0 || instead == NULL)
		return r;
	wh_json_append(trim->doc, options, wh_json_new_string(trim->doc, wh_slice_of(instead)));
	wh_json_remove(trim->doc, options, option);
	tell_propagation(trim, "/mounts", instead);
	return 0;
}

int wh_trim_rootfs_propagation(struct wh_trim *trim, struct wh_err *err)
{
	static const char key[] = "rootfsPropagation";
	wh_node section = wh_json_get(trim->doc, trim->config, "linux");
	const char *instead;
	int r;

	if (wh_trim_limit(trim, WH_KIND_ROOTFS_PROPAGATION)->otherwise == WH_KEEP)
		return 0;
	r = judge_propagation(trim, wh_json_get(trim->doc, section, key), &instead, err);
	if (r < 0)
		return r;
	if (instead != NULL) {
		wh_json_set(trim->doc, section, key,
			wh_json_new_string(trim->doc, wh_slice_of(instead)));
		tell_propagation(trim, "/linux/rootfsPropagation", instead);
	}
	wh_json_each_element (trim->doc, wh_json_get(trim->doc, trim->config, "mounts"), mount) {
		wh_node options = wh_json_get(trim->doc, mount, "options");
		wh_node next;

		for (wh_node option = wh_json_first(trim->doc, options); option != WH_NO_NODE;
			option = next) {
			next = wh_json_next(trim->doc, option);
			r = judge_option(trim, options, option, err);
			if (r < 0)
				return r;
		}
	}
	return 0;
}

/* ---- cgroup --------------------------------------------------------------------------------- */

/* Whether the path names a folder of its own below where it begins. */
static bool is_own_cgroup(struct wh_slice path)
{
	bool named = false;

	for (size_t at = 0; at <= path.len;) {
		const char *slash =
			at == path.len ? NULL : memchr(path.data + at, '/', path.len - at);
		size_t stop = slash == NULL ? path.len : (size_t)(slash - path.data);
		struct wh_slice part = { path.data + at, stop - at };

		if (wh_slice_is(part, ".."))
			return false;
		named |= part.len > 0 && !wh_slice_is(part, ".");
		at = stop + 1;
	}
	return named;
}

int wh_trim_cgroups_path(struct wh_trim *trim, struct wh_err *err)
{
	const struct wh_limit *limit = wh_trim_limit(trim, WH_KIND_CGROUPS_PATH);
	const struct wh_setting *allow = limit->members[WH_ALLOW];
	wh_node node = in_linux(trim, "cgroupsPath");
	struct wh_slice path = wh_json_string(trim->doc, node);

	if (limit->otherwise == WH_KEEP || path.len == 0)
		return 0;
	if (!is_own_cgroup(path))
		return wh_trim_beyond(trim, WH_KIND_CGROUPS_PATH, node, err,
			"a cgroup that is the root or has \"..\" in its path");
	for (; allow != NULL; allow = allow->also) {
		if (!allow->silent && !wh_setting_lists(allow, path))
			return wh_trim_beyond(trim, WH_KIND_CGROUPS_PATH, node, err, "this cgroup");
	}
	return 0;
}

/* ---- sections ------------------------------------------------------------------------------- */

static const struct {
	enum wh_kind kind;
	const char *key;
	const char *pointer;
	const char *word; /* the member whose word may be allowed; NULL: none is */
} sections[] = {
	{ WH_KIND_PERSONALITY, "personality", "/linux/personality", "domain" },
	{ WH_KIND_INTEL_RDT, "intelRdt", "/linux/intelRdt", NULL },
	{ WH_KIND_NET_DEVICES, "netDevices", "/linux/netDevices", NULL },
	{ WH_KIND_TIME_OFFSETS, "timeOffsets", "/linux/timeOffsets", NULL },
	{ WH_KIND_MEMORY_POLICY, "memoryPolicy", "/linux/memoryPolicy", NULL },
};

int wh_trim_sections(struct wh_trim *trim, struct wh_err *err)
{
	wh_node section = wh_json_get(trim->doc, trim->config, "linux");

	for (size_t i = 0; i < WH_COUNT(sections); i++) {
		const struct wh_limit *limit = wh_trim_limit(trim, sections[i].kind);
		wh_node node = wh_json_get(trim->doc, section, sections[i].key);
		int r;

		if (wh_json_first(trim->doc, node) == WH_NO_NODE)
			continue;
		if (sections[i].word != NULL &&
			wh_setting_has(limit->members[WH_ALLOW],
				wh_json_string(
					trim->doc, wh_json_get(trim->doc, node, sections[i].word))))
			continue;
		r = wh_trim_beyond(trim, sections[i].kind, node, err, "\"%s\"", sections[i].key);
		if (r < 0)
			return r;
		if (r == 0)
			continue;
		wh_trim_tell(trim, sections[i].kind, sections[i].pointer, "removed",
			wh_slice_of(sections[i].key), WH_NOT_ALLOWED);
		wh_json_unset(trim->doc, section, sections[i].key);
	}
	return 0;
}
