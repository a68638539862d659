/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What has to be seen of the image and the volumes before a container can be judged: where the
 * scratch folders would lie, and whether a link leads a mount to the root. runc is not fooled by
 * the latter, but crun makes "/" read-only below whatever was mounted there.
 *
 * A mount goes where the links lead that are in sight once those before it are made: the image's,
 * and those of a volume that lies above it. The former are followed as crun would; of a volume none
 * is, since it may belong to a running container. (That one could still put a link there between
 * this look and crun's.)
 */

#include "common/look.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/path.h"
#include "host/rootfs.h"
#include "host/runtime.h"
#include "oci/mount.h"

#define VOLUMES_MAX 256u /* so that comparing each with each stays cheap */

/* The mounts that bring files which somebody else made. */
struct volumes {
	const char **at; /* in the container, links resolved */
	wh_node *source; /* of a bind mount; WH_NO_NODE for another file system's */
	size_t count;
};

/* Images ship folders in /run that their servers do not make themselves: /run/sshd. */
static int find_folders(int rootfs, struct wh_arena *arena, struct wh_place *place)
{
	if (place->kind != WH_PLACE_FOLDER || strcmp(place->resolved, "/run") != 0)
		return 0;
	return wh_rootfs_folders(rootfs, "run", arena, &place->folders, &place->folder_count);
}

/* Where the scratch folders would lie in the image. */
static int find_places(struct wh_judgement *judged, int rootfs, struct wh_facts *facts)
{
	const struct wh_limits *limits = &judged->decision.limits;
	struct wh_place *places =
		wh_arena_array(&judged->arena, limits->tmpfs_count, sizeof(*places));

	if (places == NULL)
		return -ENOMEM;
	facts->tmpfs = places;
	for (size_t i = 0; i < limits->tmpfs_count; i++) {
		int r = wh_rootfs_resolve(
			rootfs, limits->tmpfs[i].path, &judged->arena, &places[i]);

		if (r == 0)
			r = find_folders(rootfs, &judged->arena, &places[i]);
		if (r < 0)
			return r;
	}
	return 0;
}

/* What the kernel makes anew; its links, if there are any, stay below, and those of the proc file
 * system that do not are followed by no runtime. */
static bool is_kernels_own(struct wh_json *doc, wh_node mount)
{
	static const char *const types[] = { "cgroup", "cgroup2", "devpts", "mqueue", "proc",
		"sysfs", "tmpfs" };
	wh_node type = wh_json_get(doc, mount, "type");

	for (size_t i = 0; i < WH_COUNT(types); i++) {
		if (wh_json_string_is(doc, type, types[i]))
			return true;
	}
	return false;
}

/* 1 when there is a link on the way through the volume, or it cannot be told; 0 when not; -ENOMEM.
 */
static int has_link(struct wh_judgement *judged, int bundle, wh_node source, const char *path)
{
	const char *name = wh_arena_dup(&judged->arena, wh_json_string(judged->doc, source));
	struct wh_place place;
	int folder WH_FD = WH_NO_FD;
	int r;

	if (name == NULL)
		return -ENOMEM;
	folder = openat(bundle, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return 1;
	r = wh_rootfs_resolve(folder, path, &judged->arena, &place);
	if (r < 0)
		return r;
	return place.kind == WH_PLACE_UNKNOWN || strcmp(place.resolved, path) != 0;
}

/* The same, for all volumes that would lie above this path. */
static int leads_astray(
	struct wh_judgement *judged, int bundle, const struct volumes *volumes, const char *path)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < volumes->count; i++) {
		size_t len = strlen(volumes->at[i]);

		if (strncmp(path, volumes->at[i], len) != 0 || path[len] != '/')
			continue;
		r = volumes->source[i] == WH_NO_NODE
			    ? 1
			    : has_link(judged, bundle, volumes->source[i], path + len);
	}
	return r;
}

static void keep_volume(
	struct wh_json *doc, wh_node mount, const char *path, struct volumes *volumes)
{
	bool bind = wh_mount_is_bind(doc, mount);

	if (!bind && is_kernels_own(doc, mount))
		return;
	volumes->at[volumes->count] = path;
	volumes->source[volumes->count++] = bind ? wh_json_get(doc, mount, "source") : WH_NO_NODE;
}

/* The folder `at` with the rest of a path by its text; NULL in *ret when it goes up again. */
static int join(struct wh_arena *arena, const char *at, const char *rest, const char **ret)
{
	struct wh_buf path WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;

	*ret = NULL;
	if (wh_path_climbs(wh_slice_of(rest)))
		return 0;
	wh_buf_add_string(&path, at);
	while (*(rest += strspn(rest, "/")) != '\0') {
		struct wh_slice name = { rest, strcspn(rest, "/") };

		rest += name.len;
		if (wh_slice_is(name, "."))
			continue;
		wh_buf_add_char(&path, '/');
		wh_buf_add(&path, name.data, name.len);
	}
	if (wh_buf_status(&path) == 0)
		*ret = wh_arena_dup(arena, (struct wh_slice){ path.data, path.len });
	return *ret == NULL ? -ENOMEM : 0;
}

/* Where the mount would lie, as far as the image tells; behind a volume's folder the path goes on
 * by its text alone. NULL in *ret when that cannot be told. 0 or -ENOMEM. */
static int place_mount(struct wh_judgement *judged, int rootfs, wh_node mount,
	const struct volumes *volumes, const char **ret)
{
	wh_node node = wh_json_get(judged->doc, mount, "destination");
	const char *path = wh_arena_dup(&judged->arena, wh_json_string(judged->doc, node));
	struct wh_place place;
	int r;

	if (path == NULL)
		return -ENOMEM;
	r = wh_rootfs_resolve_mount(
		rootfs, path, volumes->at, volumes->count, &judged->arena, &place);
	if (r < 0)
		return r;
	if (place.kind == WH_PLACE_COVERED)
		return join(&judged->arena, place.resolved, place.rest, ret);
	*ret = place.kind == WH_PLACE_UNKNOWN ? NULL : place.resolved;
	return 0;
}

static int look_at_mount(struct wh_judgement *judged, int bundle, int rootfs, wh_node mount,
	struct volumes *volumes, struct wh_facts *facts)
{
	const char *path = NULL;
	int r = place_mount(judged, rootfs, mount, volumes, &path);

	if (r == 0 && path != NULL && strcmp(path, "/") == 0)
		facts->mount_on_root = mount;
	if (r == 0)
		r = path == NULL || volumes->count == VOLUMES_MAX
			    ? 1
			    : leads_astray(judged, bundle, volumes, path);
	if (r < 0)
		return r;
	if (r > 0)
		facts->mount_astray = mount;
	else
		keep_volume(judged->doc, mount, path, volumes);
	return 0;
}

static int look_at_mounts(
	struct wh_judgement *judged, int bundle, int rootfs, struct wh_facts *facts)
{
	wh_node mounts = wh_json_get(judged->doc, wh_json_root(judged->doc), "mounts");
	struct volumes volumes = { .count = 0 };

	/* Without a root file system there is nothing to see; the runtime says what is wrong. */
	if (judged->kind != WH_RUNTIME_CRUN ||
		judged->decision.limits.kinds[WH_KIND_READONLY_ROOTFS].otherwise == WH_KEEP ||
		rootfs < 0)
		return 0;
	volumes.at = wh_arena_array(&judged->arena, VOLUMES_MAX, sizeof(*volumes.at));
	volumes.source = wh_arena_array(&judged->arena, VOLUMES_MAX, sizeof(*volumes.source));
	if (volumes.at == NULL || volumes.source == NULL)
		return -ENOMEM;
	wh_json_each_element (judged->doc, mounts, mount) {
		int r = look_at_mount(judged, bundle, rootfs, mount, &volumes, facts);

		if (r < 0)
			return r;
	}
	return 0;
}

int wh_gather_facts(
	struct wh_judgement *judged, int bundle, struct wh_facts *ret, struct wh_err *err)
{
	wh_node root = wh_json_get(judged->doc, wh_json_root(judged->doc), "root");
	wh_node path = wh_json_get(judged->doc, root, "path");
	int rootfs WH_FD = wh_rootfs_open(bundle, wh_json_string(judged->doc, path));
	int r;

	*ret = (struct wh_facts){ .last_capability = wh_last_capability() };
	r = find_places(judged, rootfs, ret);
	if (r == 0)
		r = look_at_mounts(judged, bundle, rootfs, ret);
	if (r < 0)
		return wh_fail_errno(err, -r, "looking at the root file system");
	return wh_look_at_host(judged, bundle, ret, err);
}
