/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table is by path, and complete only as far as engines keep to their usual places: an engine
 * whose folders were moved is known when a link in the usual place leads there, else the policy has
 * to deny them.
 *
 * What must stay out of it, since every ordinary container has it: containers/ID/hosts and its
 * like, and volumes/NAME of Docker; the snapshots that BuildKit mounts from /var/lib/docker and
 * /var/lib/containerd, and the socket for traces from /run/buildkit; sandboxes/ID of containerd's
 * CRI plugin, also where K3s has it in /run/k3s and /var/lib/rancher; userdata of Podman and CRI-O
 * in /run/containers and /var/lib/containers; pods/UID of kubelet. So most engines' folders are
 * rows for themselves and for the names right in them, not for all that is below.
 */

#include "trim/sensitive.h"

#include <fnmatch.h>
#include <limits.h>
#include <string.h>

/* What images expect to find of the host, and what tells no secret. */
static const char *const readable_etc[] = { "ca-certificates", "hostname", "hosts", "localtime",
	"pki/ca-trust/extracted", "resolv.conf", "ssl/certs", "timezone", NULL };

static const char root[] = "the whole host";
static const char config[] = "the host's configuration, accounts and keys";
static const char kernel[] = "the kernel's own settings";
static const char devices[] = "the host's devices and shared memory";
static const char boot[] = "what the host boots";
static const char programs[] = "the host's programs";
static const char state[] = "the state of the host's services";
static const char homes[] = "everybody's files and keys";
static const char engine[] = "the container engine, by which the host's root can be had";
static const char containers[] = "the files of every container and image";
static const char manager[] = "the host's service manager";
static const char bus[] = "the services of the host that listen on its bus";
static const char node[] = "the Kubernetes node and its credentials";
static const char machines[] = "the host's virtual machines and system containers";

#define SELF(name, reason) \
	{ \
		.path = (name), .why = (reason) \
	}
#define TREE(name, reason) \
	{ \
		.path = (name), .below = true, .why = (reason) \
	}

static const struct wh_sensitive rows[] = {
	SELF("/", root),
	SELF("/bin", programs),
	TREE("/boot", boot),
	{ .path = "/dev", .below = true, .nodes_apart = true, .why = devices },
	TREE("/efi", boot),
	{ .path = "/etc", .below = true, .readable = readable_etc, .why = config },
	SELF("/home", homes),
	SELF("/lib", programs),
	SELF("/lib64", programs),
	TREE("/proc", kernel),
	SELF("/root", homes),
	TREE("/root/.ssh", homes),
	SELF("/run", state),
	SELF("/run/buildkit", engine),
	SELF("/run/buildkit/buildkitd.sock", engine),
	SELF("/run/containerd", engine),
	SELF("/run/containerd/*", engine),
	TREE("/run/containerd/runc", engine),
	SELF("/run/containers", containers),
	SELF("/run/containers/storage", containers),
	TREE("/run/cri-dockerd.sock", engine),
	TREE("/run/crio", engine),
	TREE("/run/crun", engine),
	SELF("/run/dbus", bus),
	SELF("/run/dbus/system_bus_socket", bus),
	SELF("/run/docker", engine),
	SELF("/run/docker/*", engine),
	SELF("/run/docker/containerd/*.sock*", engine),
	TREE("/run/docker/runtime-*", engine),
	SELF("/run/docker.sock", engine),
	SELF("/run/dockershim.sock", engine),
	SELF("/run/k0s", node),
	SELF("/run/k0s/*.sock*", engine),
	SELF("/run/k3s", node),
	SELF("/run/k3s/*", node),
	SELF("/run/k3s/containerd/*", engine),
	TREE("/run/libpod", engine),
	TREE("/run/libvirt", machines),
	TREE("/run/podman", engine),
	TREE("/run/runc", engine),
	TREE("/run/runsc", engine),
	SELF("/run/snapd.socket", manager),
	SELF("/run/systemd", manager),
	TREE("/run/systemd/generator*", manager),
	SELF("/run/systemd/private", manager),
	TREE("/run/systemd/system*", manager),
	TREE("/run/systemd/transient", manager),
	SELF("/run/user/*/docker.sock", engine),
	TREE("/run/user/*/podman", engine),
	SELF("/sbin", programs),
	TREE("/sys", kernel),
	SELF("/usr", programs),
	SELF("/usr/bin", programs),
	SELF("/usr/lib", programs),
	TREE("/usr/lib/systemd", manager),
	SELF("/usr/lib64", programs),
	SELF("/usr/local", programs),
	SELF("/usr/local/bin", programs),
	SELF("/usr/local/sbin", programs),
	SELF("/usr/sbin", programs),
	SELF("/var", state),
	SELF("/var/lib", state),
	SELF("/var/lib/containerd", containers),
	SELF("/var/lib/containerd/*", containers),
	SELF("/var/lib/containers", containers),
	SELF("/var/lib/containers/storage", containers),
	SELF("/var/lib/containers/storage/*", containers),
	SELF("/var/lib/docker", containers),
	SELF("/var/lib/docker/*", containers),
	SELF("/var/lib/docker/*.*/*", containers), /* of a user namespace: 100000.100000 */
	SELF("/var/lib/docker/containers/*", containers),
	SELF("/var/lib/docker/containers/*/*.json", containers),
	TREE("/var/lib/docker/swarm", engine),
	TREE("/var/lib/etcd", node),
	SELF("/var/lib/incus", machines),
	SELF("/var/lib/incus/unix.socket", machines),
	SELF("/var/lib/k0s", node),
	TREE("/var/lib/k0s/pki", node),
	SELF("/var/lib/kubelet", node),
	SELF("/var/lib/kubelet/config.yaml", node),
	SELF("/var/lib/kubelet/kubeconfig", node),
	TREE("/var/lib/kubelet/pki", node),
	SELF("/var/lib/kubelet/pods", node),
	SELF("/var/lib/lxd", machines),
	SELF("/var/lib/lxd/unix.socket", machines),
	SELF("/var/lib/rancher", node),
	SELF("/var/lib/rancher/*", node),
	SELF("/var/lib/rancher/*/agent", node),
	SELF("/var/lib/rancher/*/agent/*", node),
	TREE("/var/lib/rancher/*/server", node),
	SELF("/var/log", state),
	SELF("/var/snap/lxd/common/lxd", machines),
	SELF("/var/snap/lxd/common/lxd/unix.socket", machines),
	SELF("/var/snap/microk8s/common/run", engine),
	SELF("/var/snap/microk8s/common/run/containerd.sock", engine),
	TREE("/var/spool/cron", manager),
};

_Static_assert(WH_COUNT(rows) <= WH_SENSITIVE_MAX, "WH_SENSITIVE_MAX is too small");

const struct wh_sensitive *wh_sensitive_get(size_t index)
{
	return index < WH_COUNT(rows) ? &rows[index] : NULL;
}

size_t wh_sensitive_count(void)
{
	return WH_COUNT(rows);
}

/* ---- paths ---------------------------------------------------------------------------------- */

/* Takes a component off the front; one of no length at the end. */
static size_t take(const char **at, const char **ret)
{
	size_t len;

	*at += strspn(*at, "/");
	*ret = *at;
	len = strcspn(*at, "/");
	*at += len;
	return len;
}

static bool component_fits(const char *name, size_t len, const char *pattern, size_t pattern_len)
{
	char text[NAME_MAX + 1], wanted[NAME_MAX + 1];

	if (len == pattern_len && memcmp(name, pattern, len) == 0)
		return true;
	/* What has no pattern in it is equal or not, and most have none. */
	if (memchr(pattern, '*', pattern_len) == NULL || len > NAME_MAX || pattern_len > NAME_MAX)
		return false;
	memcpy(text, name, len);
	text[len] = '\0';
	memcpy(wanted, pattern, pattern_len);
	wanted[pattern_len] = '\0';
	return fnmatch(wanted, text, 0) == 0;
}

enum wh_relation wh_path_relation(const char *path, const char *pattern, const char **ret_rest)
{
	for (;;) {
		const char *name, *wanted;
		size_t len = take(&path, &name);
		size_t wanted_len = take(&pattern, &wanted);

		if (wanted_len == 0) {
			if (ret_rest != NULL)
				*ret_rest = name;
			return len == 0 ? WH_RELATION_SAME : WH_RELATION_WITHIN;
		}
		if (len == 0)
			return WH_RELATION_HOLDS;
		if (!component_fits(name, len, wanted, wanted_len))
			return WH_RELATION_NONE;
	}
}

/* ---- judging -------------------------------------------------------------------------------- */

static bool is_readable(const struct wh_sensitive *row, const char *rest)
{
	for (size_t i = 0; row->readable != NULL && row->readable[i] != NULL; i++) {
		enum wh_relation relation = wh_path_relation(rest, row->readable[i], NULL);

		if (relation == WH_RELATION_SAME || relation == WH_RELATION_WITHIN)
			return true;
	}
	return false;
}

static bool is_node(const struct wh_source *source)
{
	return source->type == WH_SOURCE_BLOCK || source->type == WH_SOURCE_CHAR;
}

/* Whether this name is one of the row, whose path is `path`. */
static bool is_hit(const struct wh_sensitive *row, const char *path, const struct wh_source *source,
	const char *name, bool read_only)
{
	const char *rest = "";

	switch (wh_path_relation(name, path, &rest)) {
	case WH_RELATION_NONE:
		return false;
	case WH_RELATION_SAME:
	case WH_RELATION_HOLDS:
		return true;
	case WH_RELATION_WITHIN:
		return row->below && !(row->nodes_apart && is_node(source)) &&
		       !(read_only && is_readable(row, rest));
	}
	return true;
}

static bool is_row(const struct wh_sensitive *row, const char *path, const struct wh_source *source,
	bool read_only)
{
	for (size_t i = 0; i < source->name_count; i++) {
		if (is_hit(row, path, source, source->names[i], read_only))
			return true;
	}
	for (size_t i = 0; i < source->hold_count; i++) {
		if (is_hit(row, path, source, source->holds[i], read_only))
			return true;
	}
	return false;
}

const struct wh_sensitive *wh_sensitive_find(
	const struct wh_source *source, const char *const reals[], bool read_only)
{
	for (size_t i = 0; i < WH_COUNT(rows); i++) {
		const char *real = reals == NULL ? NULL : reals[i];

		if (is_row(&rows[i], rows[i].path, source, read_only))
			return &rows[i];
		if (real != NULL && strcmp(real, rows[i].path) != 0 &&
			is_row(&rows[i], real, source, read_only))
			return &rows[i];
	}
	return NULL;
}
