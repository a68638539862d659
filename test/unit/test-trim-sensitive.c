/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which sources confer the host, and which must not be taken for such. A row's source has the names
 * it says, no more; what leads to them is host's to find out (test-source.c).
 */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "trim/sensitive.h"

static struct wh_source source_of(const char *const *path, enum wh_source_type type)
{
	return (struct wh_source){ .real = *path, .type = type, .names = path, .name_count = 1 };
}

static const char *hit_as(const char *path, enum wh_source_type type, bool read_only)
{
	struct wh_source source = source_of(&path, type);
	const struct wh_sensitive *row = wh_sensitive_find(&source, NULL, read_only);

	return row == NULL ? "" : row->path;
}

static void check_hits(const char *const rows[][2], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *hit = hit_as(rows[i][0], WH_SOURCE_FOLDER, false);

		if (strcmp(hit, rows[i][1]) != 0)
			fail_msg("%s is \"%s\", expected \"%s\"", rows[i][0], hit, rows[i][1]);
	}
}

static void what_confers_the_host(void **state)
{
	/* Which row names it is told by the first that does. */
	static const char *const rows[][2] = {
		{ "/", "/" },
		{ "/etc", "/etc" },
		{ "/etc/shadow", "/etc" },
		{ "/etc/kubernetes/pki/ca.key", "/etc" },
		{ "/proc", "/proc" },
		{ "/proc/sys/kernel", "/proc" },
		{ "/sys/kernel/debug", "/sys" },
		{ "/sys/fs/cgroup", "/sys" },
		{ "/dev", "/dev" },
		{ "/dev/shm", "/dev" },
		{ "/boot/grub", "/boot" },
		{ "/root", "/root" },
		{ "/root/.ssh/authorized_keys", "/root/.ssh" },
		{ "/home", "/home" },
		{ "/usr", "/usr" },
		{ "/usr/bin", "/usr/bin" },
		{ "/usr/local/bin", "/usr/local/bin" },
		{ "/usr/lib/systemd/system", "/usr/lib/systemd" },
		{ "/var", "/var" },
		{ "/var/lib", "/var/lib" },
		{ "/var/log", "/var/log" },
		{ "/var/spool", "/var/spool/cron" },
		{ "/run", "/run" },
		{ "/run/user", "/run/user/*/docker.sock" },
		{ "/run/user/1000", "/run/user/*/docker.sock" },
		{ "/run/user/1000/podman/podman.sock", "/run/user/*/podman" },
		{ "/run/docker.sock", "/run/docker.sock" },
		{ "/run/docker", "/run/docker" },
		{ "/run/docker/containerd", "/run/docker/*" },
		{ "/run/docker/containerd/containerd.sock", "/run/docker/containerd/*.sock*" },
		{ "/run/docker/runtime-runc/moby/x", "/run/docker/runtime-*" },
		{ "/run/containerd/containerd.sock", "/run/containerd/*" },
		{ "/run/containerd/containerd.sock.ttrpc", "/run/containerd/*" },
		{ "/run/containerd/runc/k8s.io/x/state.json", "/run/containerd/runc" },
		{ "/run/crio/crio.sock", "/run/crio" },
		{ "/run/podman/podman.sock", "/run/podman" },
		{ "/run/buildkit/buildkitd.sock", "/run/buildkit/buildkitd.sock" },
		{ "/run/k3s/containerd/containerd.sock", "/run/k3s/containerd/*" },
		{ "/run/dbus/system_bus_socket", "/run/dbus/system_bus_socket" },
		{ "/run/systemd/private", "/run/systemd/private" },
		{ "/run/systemd/system/x.service", "/run/systemd/system*" },
		{ "/run/runc/x/state.json", "/run/runc" },
		{ "/var/lib/docker", "/var/lib/docker" },
		{ "/var/lib/docker/overlay2", "/var/lib/docker/*" },
		{ "/var/lib/docker/volumes", "/var/lib/docker/*" },
		{ "/var/lib/docker/100000.100000/containers", "/var/lib/docker/*.*/*" },
		{ "/var/lib/docker/containers/x", "/var/lib/docker/containers/*" },
		{ "/var/lib/docker/containers/x/config.v2.json",
			"/var/lib/docker/containers/*/*.json" },
		{ "/var/lib/docker/swarm/certificates", "/var/lib/docker/swarm" },
		{ "/var/lib/containerd", "/var/lib/containerd" },
		{ "/var/lib/containers/storage/overlay", "/var/lib/containers/storage/*" },
		{ "/var/lib/kubelet", "/var/lib/kubelet" },
		{ "/var/lib/kubelet/pods", "/var/lib/kubelet/pods" },
		{ "/var/lib/kubelet/pki/kubelet-client-current.pem", "/var/lib/kubelet/pki" },
		{ "/var/lib/etcd/member", "/var/lib/etcd" },
		{ "/var/lib/rancher/k3s/server/token", "/var/lib/rancher/*/server" },
		{ "/var/lib/rancher/k3s/agent/kubelet.kubeconfig", "/var/lib/rancher/*/agent/*" },
		/* folders that hold one, whatever else is in them */
		{ "/var/snap", "/var/snap/lxd/common/lxd" },
		{ "/usr/local", "/usr/local" },
	};

	(void)state;
	check_hits(rows, WH_COUNT(rows));
}

/* What engines and kubelet mount into every container, and what people do. */
static void what_does_not(void **state)
{
	static const char *const rows[][2] = {
		{ "/srv/data", "" },
		{ "/srv/etc", "" },
		{ "/etcetera", "" },
		{ "/home/someone", "" },
		{ "/root/work", "" },
		{ "/opt", "" },
		{ "/tmp", "" },
		{ "/mnt", "" },
		{ "/usr/bin/docker-init", "" },
		{ "/usr/libexec/podman/catatonit", "" },
		{ "/usr/share/zoneinfo/Europe/Berlin", "" },
		{ "/usr/lib/x86_64-linux-gnu/libcuda.so.1", "" },
		{ "/lib/modules/6.1.0", "" },
		{ "/var/log/nginx", "" },
		{ "/var/lib/postgresql", "" },
		{ "/run/systemd/resolve/stub-resolv.conf", "" },
		{ "/run/systemd/journal/dev-log", "" },
		{ "/run/user/1000/wayland-0", "" },
		{ "/run/docker/plugins/0123", "" },
		{ "/run/docker/netns/0123", "" },
		{ "/var/lib/docker/volumes/cache/_data", "" },
		{ "/var/lib/docker/100000.100000/volumes/cache/_data", "" },
		{ "/var/lib/docker/containers/0123/hosts", "" },
		{ "/var/lib/docker/containers/0123/hostname", "" },
		{ "/var/lib/docker/containers/0123/resolv.conf", "" },
		{ "/var/lib/docker/containers/0123/mounts/shm", "" },
		{ "/var/lib/docker/containers/0123/mounts/secrets", "" },
		{ "/var/lib/docker/overlay2/0123/merged", "" },
		{ "/var/lib/docker/overlay2/0123/diff", "" },
		{ "/var/lib/docker/buildkit/executor/hosts.5vh1be", "" },
		{ "/var/lib/docker/buildkit/executor/resolv.conf", "" },
		{ "/run/buildkit/otel-grpc.sock", "" },
		{ "/run/containerd/io.containerd.grpc.v1.cri/sandboxes/0123/shm", "" },
		{ "/var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes/0123/hosts", "" },
		{ "/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/7/fs", "" },
		{ "/run/k3s/containerd/io.containerd.grpc.v1.cri/sandboxes/0123/shm", "" },
		{ "/var/lib/rancher/k3s/agent/containerd/io.containerd.grpc.v1.cri/x", "" },
		{ "/var/lib/rancher/k3s/storage/pvc-0123", "" },
		{ "/run/containers/storage/overlay-containers/0123/userdata/.containerenv", "" },
		{ "/var/lib/containers/storage/overlay-containers/0123/userdata/shm", "" },
		{ "/var/lib/containers/storage/overlay/0123/merged", "" },
		{ "/var/lib/containers/storage/volumes/cache/_data", "" },
		{ "/run/user/1000/containers/overlay-containers/0123/userdata/hosts", "" },
		{ "/home/someone/.local/share/containers/storage/volumes/cache/_data", "" },
		{ "/var/lib/kubelet/pods/0123/etc-hosts", "" },
		{ "/var/lib/kubelet/pods/0123/containers/c/0123", "" },
		{ "/var/lib/kubelet/pods/0123/volumes/kubernetes.io~projected/token", "" },
		{ "/var/lib/kubelet/pods/0123/volume-subpaths/v/c/0", "" },
	};

	(void)state;
	check_hits(rows, WH_COUNT(rows));
}

static void what_may_be_read(void **state)
{
	static const char *const paths[] = { "/etc/hosts", "/etc/hostname", "/etc/resolv.conf",
		"/etc/localtime", "/etc/timezone", "/etc/ssl/certs", "/etc/ssl/certs/a.pem",
		"/etc/ca-certificates", "/etc/pki/ca-trust/extracted/pem" };

	(void)state;
	for (size_t i = 0; i < WH_COUNT(paths); i++) {
		assert_string_equal(hit_as(paths[i], WH_SOURCE_FILE, true), "");
		assert_string_equal(hit_as(paths[i], WH_SOURCE_FILE, false), "/etc");
	}
	assert_string_equal(hit_as("/etc/ssl", WH_SOURCE_FOLDER, true), "/etc");
	assert_string_equal(hit_as("/etc/ssl/private", WH_SOURCE_FOLDER, true), "/etc");
	assert_string_equal(hit_as("/etc/hosts.deny", WH_SOURCE_FILE, true), "/etc");
	assert_string_equal(hit_as("/etc", WH_SOURCE_FOLDER, true), "/etc");
	/* a socket works read-only as well */
	assert_string_equal(hit_as("/run/docker.sock", WH_SOURCE_SOCKET, true), "/run/docker.sock");
}

static void device_nodes_are_judged_elsewhere(void **state)
{
	(void)state;
	assert_string_equal(hit_as("/dev/fuse", WH_SOURCE_CHAR, false), "");
	assert_string_equal(hit_as("/dev/sda", WH_SOURCE_BLOCK, false), "");
	assert_string_equal(hit_as("/dev/dri", WH_SOURCE_FOLDER, false), "/dev");
	assert_string_equal(hit_as("/dev/log", WH_SOURCE_SOCKET, false), "/dev");
	assert_string_equal(hit_as("/etc/node", WH_SOURCE_CHAR, false), "/etc");
}

static void every_name_and_all_that_is_held_counts(void **state)
{
	const char *names[] = { "/srv/a", "/etc/kubernetes" };
	const char *holds[] = { "/mnt/b", "/run/docker.sock" };
	struct wh_source source = { .real = names[0], .names = names, .name_count = 1 };

	(void)state;
	assert_null(wh_sensitive_find(&source, NULL, false));
	source.name_count = 2;
	assert_string_equal(wh_sensitive_find(&source, NULL, false)->path, "/etc");
	source.name_count = 1;
	source.holds = holds;
	source.hold_count = 1;
	assert_null(wh_sensitive_find(&source, NULL, false));
	source.hold_count = 2;
	assert_string_equal(wh_sensitive_find(&source, NULL, false)->path, "/run/docker.sock");
}

static void known_paths_count_by_where_they_lead(void **state)
{
	const char *reals[WH_SENSITIVE_MAX];
	const char *names[] = { "/data/docker/swarm/key" };
	struct wh_source source = { .real = names[0], .names = names, .name_count = 1 };

	(void)state;
	for (size_t i = 0; i < wh_sensitive_count(); i++) {
		const char *path = wh_sensitive_get(i)->path;

		reals[i] = strcmp(path, "/var/lib/docker/swarm") == 0 ? "/data/docker/swarm" : path;
	}
	assert_null(wh_sensitive_find(&source, NULL, false));
	assert_string_equal(
		wh_sensitive_find(&source, reals, false)->path, "/var/lib/docker/swarm");
}

static void the_table(void **state)
{
	size_t count = 0;

	(void)state;
	for (const struct wh_sensitive *row; (row = wh_sensitive_get(count)) != NULL; count++) {
		assert_int_equal(row->path[0], '/');
		assert_true(row->path[1] == '\0' || row->path[strlen(row->path) - 1] != '/');
		assert_true(strlen(row->why) > 10);
		for (size_t i = 0; i < count; i++)
			assert_string_not_equal(wh_sensitive_get(i)->path, row->path);
	}
	assert_int_equal(count, wh_sensitive_count());
}

static void relations(void **state)
{
	static const struct {
		const char *path, *pattern;
		enum wh_relation relation;
		const char *rest;
	} rows[] = {
		{ "/", "/", WH_RELATION_SAME, "" },
		{ "/a", "/", WH_RELATION_WITHIN, "a" },
		{ "/", "/a", WH_RELATION_HOLDS, NULL },
		{ "/a/b", "/a/b", WH_RELATION_SAME, "" },
		{ "/a/b/c/d", "/a/b", WH_RELATION_WITHIN, "c/d" },
		{ "/a", "/a/b", WH_RELATION_HOLDS, NULL },
		{ "/a/bc", "/a/b", WH_RELATION_NONE, NULL },
		{ "/ab", "/a/b", WH_RELATION_NONE, NULL },
		{ "/a/x/c", "/a/*/c", WH_RELATION_SAME, "" },
		{ "/a/x/y/c", "/a/*/c", WH_RELATION_NONE, NULL },
		{ "/a/x", "/a/*/c", WH_RELATION_HOLDS, NULL },
		{ "/a/x/c/d", "/a/*/c", WH_RELATION_WITHIN, "d" },
		{ "/a/b.sock", "/a/*.sock*", WH_RELATION_SAME, "" },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(rows); i++) {
		const char *rest = NULL;

		assert_int_equal(
			wh_path_relation(rows[i].path, rows[i].pattern, &rest), rows[i].relation);
		if (rows[i].rest != NULL)
			assert_string_equal(rest, rows[i].rest);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_confers_the_host),
		cmocka_unit_test(what_does_not),
		cmocka_unit_test(what_may_be_read),
		cmocka_unit_test(device_nodes_are_judged_elsewhere),
		cmocka_unit_test(every_name_and_all_that_is_held_counts),
		cmocka_unit_test(known_paths_count_by_where_they_lead),
		cmocka_unit_test(the_table),
		cmocka_unit_test(relations),
	};

	return cmocka_run_group_tests_name("trim-sensitive", tests, NULL, NULL);
}
