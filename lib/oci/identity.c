/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The places by which engines are told, and what containerd says in annotations. Records are read
 * in record.c.
 */

#include "oci/identity.h"

#include <errno.h>
#include <string.h>

#include "oci/record.h"
#include "oci/reference.h"

#define TASKS "io.containerd.runtime.v2.task"
#define CONTAINERS "-containers"
#define CRI "io.kubernetes.cri."

/* ---- paths as text ------------------------------------------------------------------------ */

/* Takes the last component off a path; {"", 0} when there is none left. */
static struct wh_slice pop(struct wh_slice *path)
{
	const char *slash;
	struct wh_slice last;

	while (path->len > 0 && path->data[path->len - 1] == '/')
		path->len--;
	slash = path->len == 0 ? NULL : memrchr(path->data, '/', path->len);
	if (slash == NULL)
		return (struct wh_slice){ "", 0 };
	last.data = slash + 1;
	last.len = (size_t)(path->data + path->len - last.data);
	path->len = (size_t)(slash - path->data);
	return last;
}

static struct wh_slice slice_or_none(const char *string)
{
	return string == NULL ? (struct wh_slice){ NULL, 0 } : wh_slice_of(string);
}

static bool ends_with(struct wh_slice text, const char *end)
{
	size_t len = strlen(end);

	return text.len > len && memcmp(text.data + text.len - len, end, len) == 0;
}

/*
 * Where storage drivers mount a container's root file system, below the root of Docker's or of
 * containers/storage's data: ROOT/DRIVER[/MIDDLE]/LAYER[/TAIL].
 */
static const struct mount_place {
	const char *driver;
	const char *middle;
	const char *tail;
} mount_places[] = {
	{ "overlay2", NULL, "merged" },
	{ "overlay", NULL, "merged" },
	{ "fuse-overlayfs", NULL, "merged" },
	{ "vfs", "dir", NULL },
	{ "btrfs", "subvolumes", NULL },
	{ "zfs", "graph", NULL },
	{ "aufs", "mnt", NULL },
	{ "devicemapper", "mnt", "rootfs" },
};

static bool is_at(const struct mount_place *place, struct wh_slice *path)
{
	struct wh_slice rest = *path;

	if (place->tail != NULL && !wh_slice_is(pop(&rest), place->tail))
		return false;
	if (pop(&rest).len == 0)
		return false;
	if (place->middle != NULL && !wh_slice_is(pop(&rest), place->middle))
		return false;
	if (!wh_slice_is(pop(&rest), place->driver) || rest.len == 0)
		return false;
	*path = rest;
	return true;
}

/* Cuts a mounted root file system's path down to the root of the data; the driver's name, or NULL
 * when the path is of none of these shapes. */
static const char *cut_to_data_root(struct wh_slice *path)
{
	for (size_t i = 0; i < WH_COUNT(mount_places); i++) {
		if (is_at(&mount_places[i], path))
			return mount_places[i].driver;
	}
	return NULL;
}

/* Docker with containerd's image store mounts at DATA-ROOT/rootfs/SNAPSHOTTER/ID. */
static bool cut_to_snapshotter_root(struct wh_slice *path, const char *id)
{
	struct wh_slice rest = *path;

	if (!wh_slice_is(pop(&rest), id) || pop(&rest).len == 0 ||
		!wh_slice_is(pop(&rest), "rootfs") || rest.len == 0)
		return false;
	*path = rest;
	return true;
}

/* ---- containerd's annotations ---------------------------------------------------------------- */

/* The value of one annotation. An empty one when it is there twice, as the state of runc could
 * show what was a key with "=" in it. */
static struct wh_slice the_only(const struct wh_annotation_list *list, const char *key)
{
	struct wh_slice found = { NULL, 0 };

	for (size_t i = 0; i < list->count; i++) {
		if (!wh_slice_is(list->items[i].key, key))
			continue;
		if (found.data != NULL)
			return (struct wh_slice){ "", 0 };
		found = list->items[i].value;
	}
	return found;
}

static int know_annotation(struct wh_identity *identity, enum wh_fact fact,
	const struct wh_annotation_list *list, const char *key, struct wh_arena *arena)
{
	struct wh_slice value = the_only(list, key);

	if (value.len == 0)
		return 0;
	return wh_identity_know_slice(identity, fact, value, arena);
}

static int know_image_annotation(struct wh_identity *identity,
	const struct wh_annotation_list *list, const char *key, struct wh_arena *arena)
{
	struct wh_slice value = the_only(list, key);

	if (value.len == 0)
		return 0;
	return wh_identity_know_image(
		identity, value, (struct wh_slice){ NULL, 0 }, WH_REFERENCE_HUB, arena);
}

static int read_cri(
	struct wh_identity *identity, const struct wh_annotation_list *list, struct wh_arena *arena)
{
	bool sandbox = wh_slice_is(the_only(list, CRI "container-type"), "sandbox");
	int r;

	wh_identity_set_engine(identity, WH_ENGINE_CRI_CONTAINERD);
	wh_identity_know(identity, WH_FACT_SANDBOX, sandbox ? "true" : "false");
	r = know_annotation(identity, WH_FACT_NAMESPACE, list, CRI "sandbox-namespace", arena);
	if (r == 0)
		r = know_annotation(identity, WH_FACT_POD, list, CRI "sandbox-name", arena);
	/* On a sandbox these two are not the engine's words. */
	if (r == 0 && !sandbox)
		r = know_annotation(identity, WH_FACT_CONTAINER, list, CRI "container-name", arena);
	if (r == 0)
		r = know_image_annotation(identity, list,
			sandbox ? CRI "podsandbox.image-name" : CRI "image-name", arena);
	return r;
}

static bool is_nerdctl_key(struct wh_slice key)
{
	static const char mark[] = "nerdctl/";

	return key.len > 0 && memmem(key.data, key.len, mark, sizeof(mark) - 1) != NULL;
}

/* nerdctl copies its labels to annotations, every one of which is named so. */
static int read_nerdctl(
	struct wh_identity *identity, const struct wh_annotation_list *list, struct wh_arena *arena)
{
	struct wh_annotation *labels = wh_arena_array(arena, list->count, sizeof(*labels));
	size_t count = 0;

	if (labels == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < list->count; i++) {
		if (is_nerdctl_key(list->items[i].key))
			labels[count++] = list->items[i];
	}
	if (count == 0)
		return 0;
	identity->subject.labels = labels;
	identity->subject.label_count = count;
	identity->subject.labels_unknown = NULL;
	return know_annotation(identity, WH_FACT_CONTAINER, list, "nerdctl/name", arena);
}

static bool is_nerdctl(const struct wh_annotation_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		if (is_nerdctl_key(list->items[i].key))
			return true;
	}
	return false;
}

/* The plugin makes ids of 64 hexadecimal digits; with ctr and nerdctl people name things. */
static bool is_cri(struct wh_slice namespace, const char *id, const struct wh_annotation_list *list)
{
	struct wh_slice type = the_only(list, CRI "container-type");
	struct wh_slice digits;

	return wh_slice_is(namespace, "k8s.io") && !is_nerdctl(list) &&
	       wh_image_id_digits(wh_slice_of(id), &digits) &&
	       (wh_slice_is(type, "sandbox") || wh_slice_is(type, "container"));
}

static int read_containerd(struct wh_identity *identity, struct wh_slice namespace,
	const struct wh_call *call, struct wh_arena *arena)
{
	int r;

	if (is_cri(namespace, call->id, call->annotations))
		return read_cri(identity, call->annotations, arena);
	wh_identity_set_engine(identity, WH_ENGINE_CONTAINERD);
	r = wh_identity_know_slice(identity, WH_FACT_NAMESPACE, namespace, arena);
	return r < 0 ? r : read_nerdctl(identity, call->annotations, arena);
}

/* ---- where the records are --------------------------------------------------------------------
 */

static int add_file(struct wh_identity *identity, struct wh_arena *arena, struct wh_slice folder,
	const char *name)
{
	char *path = wh_arena_printf(arena, "%.*s/%s", (int)folder.len, folder.data, name);

	if (path == NULL)
		return -ENOMEM;
	identity->files[identity->file_count++] = path;
	return 0;
}

static int place_docker(
	struct wh_identity *identity, const struct wh_call *call, struct wh_arena *arena)
{
	struct wh_slice root = slice_or_none(call->rootfs);
	const char *name;

	wh_identity_set_engine(identity, WH_ENGINE_DOCKER);
	identity->record = WH_RECORD_DOCKER;
	if (!cut_to_snapshotter_root(&root, call->id) && cut_to_data_root(&root) == NULL) {
		wh_identity_give_up(identity,
			"Docker's data folder cannot be told from the path of the root file "
			"system");
		return 0;
	}
	name = wh_arena_printf(arena, "containers/%s/config.v2.json", call->id);
	identity->settings = wh_arena_printf(
		arena, "%.*s/containers/%s/hostconfig.json", (int)root.len, root.data, call->id);
	if (name == NULL || identity->settings == NULL)
		return -ENOMEM;
	identity->own_file_count = 1;
	return add_file(identity, arena, root, name);
}

static int add_storage_folder(
	struct wh_identity *identity, struct wh_arena *arena, struct wh_slice folder)
{
	int r = add_file(identity, arena, folder, "containers.json");

	return r < 0 ? r : add_file(identity, arena, folder, "volatile-containers.json");
}

/*
 * Podman's bundle stands in the folder of the record. CRI-O's stands below the folder for what does
 * not outlive a boot, and the record is where the root file system is. That path, Podman's callers
 * can choose (--rootfs), so it is followed only for who names the runtime's state, as CRI-O does
 * and Podman does not.
 */
static int place_storage(struct wh_identity *identity, const struct wh_call *call,
	struct wh_slice beside, struct wh_arena *arena)
{
	struct wh_slice root = slice_or_none(call->rootfs);
	struct wh_slice rest = beside, own = pop(&rest);
	const char *driver;
	char *folder;
	int r;

	identity->record = WH_RECORD_STORAGE;
	wh_identity_give_up(identity, "no rule needed the record of containers/storage");
	wh_identity_miss(identity, WH_FACT_LABEL, "containers/storage records no labels");
	r = add_storage_folder(identity, arena, beside);
	identity->own_file_count = identity->file_count;
	driver = cut_to_data_root(&root);
	if (r < 0 || !call->root_given || driver == NULL)
		return r;
	own.len -= strlen(CONTAINERS);
	if (!wh_slice_is(own, driver))
		return 0;
	folder = wh_arena_printf(arena, "%.*s/%s" CONTAINERS, (int)root.len, root.data, driver);
	if (folder == NULL)
		return -ENOMEM;
	if (wh_slice_is(beside, folder))
		return 0;
	return add_storage_folder(identity, arena, wh_slice_of(folder));
}

/* ---- the engines' places ------------------------------------------------------------------------
 */

/* …/io.containerd.runtime.v2.task/NAMESPACE/ID, and the runtime's state in …/NAMESPACE. */
static int try_containerd(
	struct wh_identity *identity, const struct wh_call *call, struct wh_arena *arena)
{
	struct wh_slice bundle = slice_or_none(call->bundle);
	struct wh_slice root = slice_or_none(call->root);
	struct wh_slice namespace;

	if (!wh_slice_is(pop(&bundle), call->id))
		return 0;
	namespace = pop(&bundle);
	if (!wh_slice_is(pop(&bundle), TASKS) || namespace.len == 0 ||
		!wh_slice_eq(pop(&root), namespace))
		return 0;
	if (wh_slice_is(namespace, "moby"))
		return place_docker(identity, call, arena);
	return read_containerd(identity, namespace, call, arena);
}

/* …/DRIVER-containers/ID/userdata */
static int try_storage(
	struct wh_identity *identity, const struct wh_call *call, struct wh_arena *arena)
{
	struct wh_slice bundle = slice_or_none(call->bundle);
	struct wh_slice beside, folder;

	if (!wh_slice_is(pop(&bundle), "userdata") || !wh_slice_is(pop(&bundle), call->id))
		return 0;
	beside = bundle;
	folder = pop(&bundle);
	if (!ends_with(folder, CONTAINERS))
		return 0;
	return place_storage(identity, call, beside, arena);
}

/* …/buildkit/executor/ID in dockerd, …/buildkit/WORKER/executor/ID in buildkitd. */
static int try_buildkit(
	struct wh_identity *identity, const struct wh_call *call, struct wh_arena *arena)
{
	struct wh_slice bundle = slice_or_none(call->bundle);
	bool found;

	(void)arena;
	if (!wh_slice_is(pop(&bundle), call->id) || !wh_slice_is(pop(&bundle), "executor"))
		return 0;
	found = wh_slice_is(pop(&bundle), "buildkit") || wh_slice_is(pop(&bundle), "buildkit");
	if (found)
		wh_identity_set_engine(identity, WH_ENGINE_BUILDKIT);
	return 0;
}

int wh_identify(struct wh_identity *ret, const struct wh_call *call, struct wh_arena *arena)
{
	static int (*const tries[])(struct wh_identity *, const struct wh_call *,
		struct wh_arena *) = { try_containerd, try_storage, try_buildkit };
	struct wh_identity identity = { .id = call->id };
	int r = 0;

	wh_identity_know(&identity, WH_FACT_COMMAND, call->command);
	wh_identity_know(&identity, WH_FACT_BUNDLE, call->bundle);
	wh_identity_know(&identity, WH_FACT_ID, call->id);
	wh_identity_set_engine(&identity, WH_ENGINES);
	identity.subject.annotations = call->annotations->items;
	identity.subject.annotation_count = call->annotations->count;
	for (size_t i = 0; i < WH_COUNT(tries) && r == 0; i++) {
		r = tries[i](&identity, call, arena);
		if (identity.engine != WH_ENGINES || identity.record != WH_RECORD_NONE)
			break;
	}
	if (r == 0)
		*ret = identity;
	return r;
}
