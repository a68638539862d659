/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writable scratch where the root is read-only. A mount that covers something is a grant when what
 * it covers was a mask, and a loss when it was a volume. So scratch goes to the front of the
 * mounts: whatever the container asked to have mounted comes later and lies on top, also where a
 * link of the image makes two paths one. Where a mount of the container's own would hide it, it is
 * left out. Among themselves "/run" comes before "/run/lock", however the policy lists them.
 */

#include "trim/kinds.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNKNOWN_ID 65534u
#define FOLDERS_PART 16u /* so many folders hold at most as much as what they are in */
#define SMALLEST 4096u   /* bytes of a tmpfs */

bool wh_trim_clean_path(struct wh_slice path, char *ret, size_t size)
{
	size_t len = 0;
	size_t at = 0;

	while (at < path.len) {
		size_t stop = at;

		while (stop < path.len && path.data[stop] != '/')
			stop++;
		if (stop - at == 2 && memcmp(path.data + at, "..", 2) == 0) {
			while (len > 0 && ret[--len] != '/')
				;
		} else if (stop > at && !(stop - at == 1 && path.data[at] == '.')) {
			if (stop - at + 2 > size - len)
				return false;
			ret[len++] = '/';
			memcpy(ret + len, path.data + at, stop - at);
			len += stop - at;
		}
		at = stop + 1;
	}
	ret[len] = '\0';
	return true;
}

/* Whether a mount on `destination` would hide `path`. "/" (clean: "") is the root itself. */
static bool hides(const char *destination, const char *path)
{
	size_t len = strlen(destination);

	return len > 0 && strncmp(path, destination, len) == 0 &&
	       (path[len] == '\0' || path[len] == '/');
}

/* By one of the mounts that there are. */
static bool is_hidden(const struct wh_trim *trim, const struct wh_place *place)
{
	wh_node mounts = wh_json_get(trim->doc, trim->config, "mounts");
	char destination[PATH_MAX];

	wh_json_each_element (trim->doc, mounts, mount) {
		wh_node node = wh_json_get(trim->doc, mount, "destination");

		if (wh_trim_clean_path(
			    wh_json_string(trim->doc, node), destination, sizeof(destination)) &&
			(hides(destination, place->asked) || hides(destination, place->resolved)))
			return true;
	}
	return false;
}

static void add_option(struct wh_json *doc, wh_node options, const char *option)
{
	wh_json_append(doc, options, wh_json_new_string(doc, wh_slice_of(option)));
}

/*
 * Whose folder it covers: runc up to 1.1.7 gives a tmpfs that folder's mode, and who could write
 * there before has to be able to. With a user namespace of its own the container counts from other
 * numbers than are seen here, and one that is not known here is shown as 65534
 * (user_namespaces(7)): the kernel would refuse such a mount.
 */
static void add_owner(struct wh_trim *trim, const struct wh_place *place, wh_node options)
{
	char text[32];

	if ((place->uid == 0 && place->gid == 0) || place->uid == UNKNOWN_ID ||
		place->gid == UNKNOWN_ID || wh_trim_has_users(trim))
		return;
	(void)snprintf(text, sizeof(text), "uid=%u", place->uid);
	add_option(trim->doc, options, text);
	(void)snprintf(text, sizeof(text), "gid=%u", place->gid);
	add_option(trim->doc, options, text);
}

static wh_node new_mount(
	struct wh_trim *trim, const struct wh_place *place, mode_t mode, uint64_t size)
{
	static const char *const options[] = { "nosuid", "nodev", "noexec" };
	struct wh_json *doc = trim->doc;
	wh_node mount = wh_json_new_object(doc);
	wh_node list = wh_json_new_array(doc);
	char text[32];

	for (size_t i = 0; i < WH_COUNT(options); i++)
		add_option(doc, list, options[i]);
	(void)snprintf(text, sizeof(text), "mode=%o", mode);
	add_option(doc, list, text);
	(void)snprintf(text, sizeof(text), "size=%llu", (unsigned long long)size);
	add_option(doc, list, text);
	add_owner(trim, place, list);
	wh_json_set(
		doc, mount, "destination", wh_json_new_string(doc, wh_slice_of(place->resolved)));
	wh_json_set(doc, mount, "type", wh_json_new_string(doc, WH_SLICE("tmpfs")));
	wh_json_set(doc, mount, "source", wh_json_new_string(doc, WH_SLICE("tmpfs")));
	wh_json_set(doc, mount, "options", list);
	return mount;
}

/* To the front of the mounts. */
static void add_mount(
	struct wh_trim *trim, const struct wh_place *place, mode_t mode, uint64_t size)
{
	wh_node mounts = wh_json_get(trim->doc, trim->config, "mounts");

	if (wh_json_type(trim->doc, mounts) != WH_JSON_ARRAY) {
		mounts = wh_json_new_array(trim->doc);
		wh_json_set(trim->doc, trim->config, "mounts", mounts);
	}
	wh_json_prepend(trim->doc, mounts, new_mount(trim, place, mode, size));
	wh_trim_note(
		trim, &(struct wh_change){ "tmpfs", "/mounts", "added",
			      wh_slice_of(place->resolved), "scratch space in a read-only root" });
}

/*
 * The folders of the image's that the tmpfs hides are there again, each as a small tmpfs of its
 * own. "tmpcopyup" would do for all, and for files: but the runtime then reads the image by path,
 * as root of the host, while whoever can write there puts links in its way.
 */
static int add_folders(struct wh_trim *trim, const struct wh_place *place, uint64_t size)
{
	for (size_t i = 0; i < place->folder_count; i++) {
		const struct wh_place_folder *folder = &place->folders[i];
		const char *path =
			wh_arena_printf(trim->arena, "%s/%s", place->resolved, folder->name);
		const struct wh_place inside = { .asked = path,
			.resolved = path,
			.kind = WH_PLACE_FOLDER,
			.uid = folder->uid,
			.gid = folder->gid };

		if (path == NULL)
			return -ENOMEM;
		if (!is_hidden(trim, &inside))
			add_mount(trim, &inside, folder->mode, size < SMALLEST ? SMALLEST : size);
	}
	return 0;
}

static int add_scratch(struct wh_trim *trim, size_t index)
{
	const struct wh_place *place = &trim->facts->tmpfs[index];
	uint64_t size = trim->limits->tmpfs[index].size;
	int r;

	if ((place->kind != WH_PLACE_FOLDER && place->kind != WH_PLACE_MISSING) ||
		strcmp(place->resolved, "/") == 0 || is_hidden(trim, place))
		return 0;
	r = add_folders(trim, place, size / FOLDERS_PART);
	if (r == 0)
		add_mount(trim, place, 01777, size);
	return r;
}

struct order {
	size_t index;
	size_t len;
};

/* The longest path first, of equally long ones the last: each goes to the front of the mounts, and
 * what lies below another is longer than it. */
static int compare_order(const void *a, const void *b)
{
	const struct order *x = a, *y = b;

	if (x->len != y->len)
		return x->len < y->len ? 1 : -1;
	return x->index < y->index ? 1 : -1;
}

int wh_trim_tmpfs(struct wh_trim *trim, struct wh_err *err)
{
	wh_node root = wh_json_get(trim->doc, trim->config, "root");
	wh_node readonly = wh_json_get(trim->doc, root, "readonly");
	size_t count = trim->limits->tmpfs_count;
	struct order *order;

	if (wh_json_type(trim->doc, readonly) != WH_JSON_TRUE)
		return 0;
	order = wh_arena_array(trim->arena, count, sizeof(*order));
	if (order == NULL)
		return wh_fail_errno(err, ENOMEM, "judging the container");
	for (size_t i = 0; i < count; i++)
		order[i] = (struct order){ i, strlen(trim->facts->tmpfs[i].resolved) };
	qsort(order, count, sizeof(*order), compare_order);
	for (size_t i = 0; i < count; i++) {
		if (add_scratch(trim, order[i].index) < 0)
			return wh_fail_errno(err, ENOMEM, "judging the container");
	}
	return 0;
}
