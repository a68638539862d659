/* SPDX-License-Identifier: Apache-2.0 */
/*
 * runc keeps the annotations as labels and appends the true bundle last (libcontainer/specconv), so
 * the last "bundle=" counts: the first may be the container author's own annotation, and is the one
 * that `runc exec` itself follows. crun and runsc keep the config as it was.
 */

#include "oci/state.h"

#include <errno.h>
#include <string.h>

#include "oci/schema.h"

int wh_state_layout(enum wh_runtime_kind kind, const char *id, struct wh_arena *arena,
	struct wh_state_layout *ret)
{
	static const struct wh_state_layout layouts[WH_RUNTIME_KINDS] = {
		[WH_RUNTIME_RUNC] = { NULL, "state.json", NULL, false },
		[WH_RUNTIME_CRUN] = { NULL, "status", "config.json", false },
		[WH_RUNTIME_RUNSC] = { "", NULL, NULL, true },
	};
	struct wh_state_layout layout = layouts[kind];

	if (layout.folder == NULL)
		layout.folder = id;
	if (layout.file == NULL)
		layout.file = wh_arena_printf(arena, "%s_sandbox:", id);
	if (layout.file == NULL)
		return -ENOMEM;
	*ret = layout;
	return 0;
}

const char *wh_state_root(enum wh_runtime_kind kind, const char *xdg_runtime_dir, bool privileged,
	struct wh_arena *arena)
{
	static const struct {
		const char *fallback;
		const char *name;
		bool xdg_for_root;
	} roots[WH_RUNTIME_KINDS] = {
		[WH_RUNTIME_RUNC] = { "/run/runc", "runc", false },
		[WH_RUNTIME_CRUN] = { "/run/crun", "crun", true },
		[WH_RUNTIME_RUNSC] = { "/var/run/runsc", "runsc", true },
	};
	bool xdg = xdg_runtime_dir != NULL && xdg_runtime_dir[0] != '\0' &&
		   (!privileged || roots[kind].xdg_for_root);

	if (!xdg)
		return roots[kind].fallback;
	return wh_arena_printf(arena, "%s/%s", xdg_runtime_dir, roots[kind].name);
}

static int take_bundle(struct wh_state *state, const struct wh_json *doc, struct wh_slice bundle,
	struct wh_arena *arena, struct wh_err *err)
{
	if (wh_json_status(doc) < 0)
		return wh_fail_errno(err, ENOMEM, "reading the state");
	if (bundle.len == 0 || bundle.data[0] != '/' ||
		memchr(bundle.data, '\0', bundle.len) != NULL)
		return wh_fail(err, EINVAL,
			"the runtime's state of the container names no absolute bundle folder");
	state->bundle = wh_arena_dup(arena, bundle);
	return state->bundle == NULL ? wh_fail_errno(err, ENOMEM, "reading the state") : 0;
}

static struct wh_slice last_bundle_label(struct wh_json *doc, wh_node labels)
{
	static const char prefix[] = "bundle=";
	struct wh_slice found = { NULL, 0 };

	wh_json_each_element (doc, labels, element) {
		struct wh_slice label = wh_json_string(doc, element);

		if (label.len >= sizeof(prefix) - 1 &&
			memcmp(label.data, prefix, sizeof(prefix) - 1) == 0)
			found = (struct wh_slice){ label.data + sizeof(prefix) - 1,
				label.len - (sizeof(prefix) - 1) };
	}
	return found;
}

/* libcontainer's sets under OCI's keys. From runc 1.4 on null and empty sets are left out. */
static wh_node oci_capabilities(struct wh_json *doc, wh_node own)
{
	static const char *const keys[][2] = {
		{ "Bounding", "bounding" },
		{ "Effective", "effective" },
		{ "Permitted", "permitted" },
		{ "Inheritable", "inheritable" },
		{ "Ambient", "ambient" },
	};
	wh_node sets;

	if (wh_json_type(doc, own) != WH_JSON_OBJECT)
		return WH_NO_NODE;
	sets = wh_json_new_object(doc);
	for (size_t i = 0; i < WH_COUNT(keys); i++) {
		wh_node set = wh_json_get(doc, own, keys[i][0]);

		if (wh_json_type(doc, set) == WH_JSON_ARRAY)
			wh_json_set(doc, sets, keys[i][1], wh_json_new_copy(doc, doc, set));
	}
	return sets;
}

/* Where the root file system was. Only a help to tell who made the container: none will do. */
static int take_rootfs(struct wh_state *state, const struct wh_json *doc, struct wh_slice path,
	struct wh_arena *arena)
{
	if (path.len == 0 || memchr(path.data, '\0', path.len) != NULL)
		return wh_json_status(doc);
	state->rootfs = wh_arena_dup(arena, path);
	return state->rootfs == NULL ? -ENOMEM : 0;
}

static int read_runc(
	struct wh_state *ret, struct wh_json *state, struct wh_arena *arena, struct wh_err *err)
{
	wh_node config = wh_json_get(state, wh_json_root(state), "config");
	wh_node labels = wh_json_get(state, config, "labels");
	int r;

	if (wh_json_type(state, labels) != WH_JSON_ARRAY)
		labels = WH_NO_NODE;
	r = take_bundle(ret, state, last_bundle_label(state, labels), arena, err);
	if (r < 0)
		return r;
	r = wh_annotations_from_labels(state, labels, arena, &ret->annotations);
	if (r == 0)
		r = take_rootfs(ret, state,
			wh_json_string(state, wh_json_get(state, config, "rootfs")), arena);
	if (r < 0)
		return wh_fail_errno(err, -r, "reading the state");
	ret->config = state;
	ret->capabilities = oci_capabilities(state, wh_json_get(state, config, "capabilities"));
	ret->process = WH_NO_NODE;
	return wh_json_status(state) < 0 ? wh_fail_errno(err, ENOMEM, "reading the state") : 0;
}

/* crun's and runsc's: the config itself, which must be of the shape that whittle itself lets
 * through. */
static int read_config(struct wh_state *ret, struct wh_json *doc, wh_node config,
	struct wh_arena *arena, struct wh_err *err)
{
	wh_node root = wh_json_get(doc, config, "root");
	int r;

	r = wh_schema_check(doc, config, &wh_schema_config, err);
	if (r < 0)
		return r;
	r = wh_annotations_from_object(
		doc, wh_json_get(doc, config, "annotations"), arena, &ret->annotations);
	if (r == 0)
		r = take_rootfs(
			ret, doc, wh_json_string(doc, wh_json_get(doc, root, "path")), arena);
	if (r < 0)
		return wh_fail_errno(err, -r, "reading the state");
	ret->config = doc;
	ret->process = wh_json_get(doc, config, "process");
	ret->capabilities = wh_json_get(doc, ret->process, "capabilities");
	return 0;
}

static int read_crun(struct wh_state *ret, struct wh_json *state, struct wh_json *config,
	struct wh_arena *arena, struct wh_err *err)
{
	wh_node bundle = wh_json_get(state, wh_json_root(state), "bundle");
	int r = take_bundle(ret, state, wh_json_string(state, bundle), arena, err);

	return r < 0 ? r : read_config(ret, config, wh_json_root(config), arena, err);
}

static int read_runsc(
	struct wh_state *ret, struct wh_json *state, struct wh_arena *arena, struct wh_err *err)
{
	wh_node root = wh_json_root(state);
	wh_node bundle = wh_json_get(state, root, "bundleDir");
	int r = take_bundle(ret, state, wh_json_string(state, bundle), arena, err);

	return r < 0 ? r : read_config(ret, state, wh_json_get(state, root, "spec"), arena, err);
}

int wh_state_read(struct wh_state *ret, enum wh_runtime_kind kind, const char *id,
	struct wh_json *state, struct wh_json *config, struct wh_arena *arena, struct wh_err *err)
{
	wh_node recorded = wh_json_get(state, wh_json_root(state), "id");
	struct wh_state read = { .bundle = NULL };
	int r;

	/* crun's status has no id; its folder is the id. */
	if (kind != WH_RUNTIME_CRUN && !wh_json_string_is(state, recorded, id))
		return wh_fail(err, EINVAL,
			"the runtime's state for container %s speaks of another container", id);
	switch (kind) {
	case WH_RUNTIME_RUNC:
		r = read_runc(&read, state, arena, err);
		break;
	case WH_RUNTIME_CRUN:
		r = read_crun(&read, state, config, arena, err);
		break;
	case WH_RUNTIME_RUNSC:
		r = read_runsc(&read, state, arena, err);
		break;
	case WH_RUNTIME_KINDS:
	default:
		r = wh_fail(err, EINVAL, "no such runtime kind");
	}
	if (r == 0)
		*ret = read;
	return r;
}

/* ---- its first process ------------------------------------------------------------------- */

static int read_pid(
	const struct wh_json *state, wh_node node, struct wh_state_init *ret, struct wh_err *err)
{
	int64_t pid = 0;

	if (wh_json_type(state, node) == WH_JSON_NONE)
		return wh_fail(err, ENOENT, "the runtime's state names no process");
	if (wh_json_i64(state, node, &pid) < 0 || pid > INT32_MAX)
		return wh_fail(
			err, EINVAL, "the runtime's state has no process id where one belongs");
	/* What runtimes write when there is none any more. */
	if (pid <= 0)
		return wh_fail(err, ENOENT, "the runtime's state names no process");
	ret->pid = (int)pid;
	return 0;
}

/* The sandbox's process stands for all of its containers, which have none on the host. */
static int read_sandbox(struct wh_state_init *ret, struct wh_json *state, wh_node sandbox,
	struct wh_arena *arena, struct wh_err *err)
{
	struct wh_slice id = wh_json_string(state, wh_json_get(state, sandbox, "id"));
	int r = read_pid(state, wh_json_get(state, sandbox, "pid"), ret, err);

	if (r < 0)
		return r;
	if (id.len == 0 || memchr(id.data, '\0', id.len) != NULL)
		return wh_fail(err, EINVAL, "the runtime's state names no sandbox");
	ret->sandbox = wh_arena_dup(arena, id);
	return ret->sandbox == NULL ? wh_fail_errno(err, ENOMEM, "reading the state") : 0;
}

int wh_state_read_init(struct wh_state_init *ret, enum wh_runtime_kind kind, struct wh_json *state,
	struct wh_arena *arena, struct wh_err *err)
{
	static const struct {
		const char *pid;
		const char *start;
	} keys[WH_RUNTIME_KINDS] = {
		[WH_RUNTIME_RUNC] = { "init_process_pid", "init_process_start" },
		[WH_RUNTIME_CRUN] = { "pid", "process-start-time" },
		[WH_RUNTIME_RUNSC] = { "sandbox", NULL },
	};
	struct wh_state_init read = { .pid = 0 };
	wh_node root = wh_json_root(state);
	wh_node pid = wh_json_get(state, root, keys[kind].pid);
	int r;

	if (wh_json_type(state, root) != WH_JSON_OBJECT)
		return wh_fail(err, EINVAL, "the runtime's state is no object");
	if (keys[kind].start == NULL) {
		r = read_sandbox(&read, state, pid, arena, err);
	} else {
		wh_node start = wh_json_get(state, root, keys[kind].start);

		r = read_pid(state, pid, &read, err);
		if (r == 0 && wh_json_u64(state, start, &read.start) < 0)
			r = wh_fail(err, EINVAL,
				"the runtime's state does not say when the process started");
		read.has_start = true;
	}
	if (r == 0)
		*ret = read;
	return r;
}
