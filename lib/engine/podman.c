/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Podman: containers.conf, each file laid over the one before: the distribution's, the
 * administrator's, then his drop-ins by their names. Tables of runtimes are merged by name, lists
 * are replaced. What a user has in his home, and CONTAINERS_CONF, come after all of these.
 *
 * Podman asks a runtime for its errors as JSON only when the program's name is on
 * runtime_supports_json. That is a list: ours names all that were on it.
 *
 * The runtime that is built in as the default depends on Podman's version and on the host's cgroups
 * (crun with cgroup v2); crun is what current ones say.
 */

#include <errno.h>
#include <string.h>

#include "engine/internal.h"
#include "toml/toml.h"

#define MAX_NAMES 64

static const char *const main_files[] = {
	"/usr/share/containers/containers.conf",
	"/etc/containers/containers.conf",
};
#define DROP_INS "/etc/containers/containers.conf.d/*.conf"

/* Of Podman 4 and 5; each looks for them in the system's folders. */
static const char *const built_in[] = { "crun", "runc", "runsc", "youki", "krun", "kata",
	"ocijail" };
static const char *const built_in_json[] = { "crun", "runc", "kata", "runsc", "youki", "krun",
	"ocijail" };

/* ---- reading ----------------------------------------------------------------------------- */

/* The strings of an array, in the arena; others are passed over. */
static int list_of(struct wh_arena *arena, const struct wh_toml_node *array,
	const char *const **ret, size_t *ret_count)
{
	const char **list;
	size_t count = 0;

	for (const struct wh_toml_node *node = array->first; node != NULL; node = node->next)
		count++;
	list = wh_arena_array(arena, count + 1, sizeof(*list));
	if (list == NULL)
		return -ENOMEM;
	count = 0;
	for (const struct wh_toml_node *node = array->first; node != NULL; node = node->next) {
		if (node->type == WH_TOML_STRING)
			list[count++] = node->string.data;
	}
	*ret = list;
	*ret_count = count;
	return 0;
}

static int read_runtimes(struct wh_engine_draft *draft, const struct wh_toml_node *table)
{
	if (table == NULL || table->type != WH_TOML_TABLE)
		return 0;
	for (const struct wh_toml_node *node = table->first; node != NULL; node = node->next) {
		struct wh_engine_runtime *runtime = wh_engine_draft_runtime(draft, node->key.data);

		if (runtime == NULL)
			return -ENOMEM;
		runtime->place = wh_engine_here(draft, node->line);
		if (node->type == WH_TOML_ARRAY &&
			list_of(draft->arena, node, &runtime->paths, &runtime->path_count) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int read_document(struct wh_engine_draft *draft, const struct wh_toml *doc)
{
	const struct wh_toml_node *engine = wh_toml_get(doc->root, "engine");
	const struct wh_toml_node *name = wh_toml_get(engine, "runtime");
	const struct wh_toml_node *json = wh_toml_get(engine, "runtime_supports_json");
	struct wh_engine_view *view = draft->view;

	if (name != NULL && name->type == WH_TOML_STRING && name->string.len > 0) {
		view->default_runtime = name->string.data;
		view->default_place = wh_engine_here(draft, name->line);
	}
	if (json != NULL && json->type == WH_TOML_ARRAY &&
		list_of(draft->arena, json, &view->json_errors, &view->json_error_count) < 0)
		return -ENOMEM;
	return read_runtimes(draft, wh_toml_get(engine, "runtimes"));
}

static int add_built_in(struct wh_engine_draft *draft)
{
	for (size_t i = 0; i < WH_COUNT(built_in); i++) {
		struct wh_engine_runtime *runtime = wh_engine_draft_runtime(draft, built_in[i]);

		if (runtime == NULL || wh_engine_set_path(draft, runtime, built_in[i]) < 0)
			return -ENOMEM;
	}
	draft->view->default_runtime = "crun";
	draft->view->json_errors = built_in_json;
	draft->view->json_error_count = WH_COUNT(built_in_json);
	return 0;
}

static int read_podman(struct wh_engine_draft *draft, const char *file, struct wh_err *err)
{
	const struct wh_engine_files *files = draft->files;
	const char *const *found;
	size_t count = 0;
	bool seen = false;
	int r = 0;

	if (add_built_in(draft) < 0)
		return wh_engine_no_memory(err);
	for (size_t i = 0; r == 0 && i < WH_COUNT(main_files); i++)
		r = wh_engine_read_toml(draft, main_files[i], read_document, err);
	if (r == 0)
		r = files->match(files->context, DROP_INS, draft->arena, &found, &count, err);
	for (size_t i = 0; r == 0 && i < count; i++) {
		seen = seen || strcmp(found[i], file) == 0;
		r = wh_engine_read_toml(draft, found[i], read_document, err);
	}
	/* One that was named by hand and lies elsewhere. */
	return r == 0 && !seen ? wh_engine_read_toml(draft, file, read_document, err) : r;
}

/* ---- editing ----------------------------------------------------------------------------- */

static bool is_listed(const char *const *list, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(list[i], name) == 0)
			return true;
	}
	return false;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

static int set_list(struct wh_engine_edit *edit, const char *const path[], const char *const *list,
	size_t count, struct wh_err *err)
{
	struct wh_buf spelled WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;

	wh_buf_add_char(&spelled, '[');
	for (size_t i = 0; i < count; i++) {
		wh_buf_add_string(&spelled, i > 0 ? ", " : "");
		wh_toml_add_string(&spelled, wh_slice_of(list[i]));
	}
	wh_buf_add_char(&spelled, ']');
	if (wh_buf_status(&spelled) < 0)
		return wh_engine_no_memory(err);
	return wh_engine_toml_set(edit, path, (struct wh_slice){ spelled.data, spelled.len }, err);
}

static const char *const json_path[] = { "engine", "runtime_supports_json", NULL };
static const char *const default_path[] = { "engine", "runtime", NULL };

/* Podman compares the name of the program, and older ones that of the runtime. */
static int list_json(
	struct wh_engine_edit *edit, const struct wh_engine_change *change, struct wh_err *err)
{
	const char *const added[] = { base_name(change->program), change->name };
	const char *list[MAX_NAMES + WH_COUNT(added)];
	size_t count = edit->view->json_error_count;

	if (count > MAX_NAMES)
		return wh_fail(
			err, EFBIG, "runtime_supports_json names more than %d runtimes", MAX_NAMES);
	if (count > 0)
		memcpy(list, edit->view->json_errors, count * sizeof(*list));
	for (size_t i = 0; i < WH_COUNT(added); i++) {
		if (!is_listed(list, count, added[i]))
			list[count++] = added[i];
	}
	return set_list(edit, json_path, list, count, err);
}

static int add_podman(
	struct wh_engine_edit *edit, const struct wh_engine_change *change, struct wh_err *err)
{
	const char *const path[] = { "engine", "runtimes", change->name, NULL };
	int r = wh_engine_begin_file(edit, "[engine]\n", err);

	if (r == 0 && change->make_default)
		r = wh_engine_toml_set_string(edit, default_path, change->name, err);
	if (r == 0 && !edit->registered)
		r = list_json(edit, change, err);
	if (r == 0 && !edit->registered)
		r = set_list(edit, path, &change->program, 1, err);
	return r;
}

/* What of the text is left without this runtime. */
static int remove_podman(
	struct wh_engine_edit *edit, const struct wh_engine_undo *undo, struct wh_err *err)
{
	const char *const path[] = { "engine", "runtimes", undo->name, NULL };
	const char *const runtimes[] = { "engine", "runtimes", NULL };
	struct wh_buf old WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	const struct wh_toml_node *node;
	struct wh_toml doc;
	bool is_default;
	int r;

	wh_buf_add_slice(&old, wh_engine_text(edit));
	r = wh_engine_parse_toml(&edit->arena, edit->view->edited, &old, &doc, err);
	if (r < 0)
		return r;
	node = wh_toml_find(doc.root, default_path);
	is_default = node != NULL && node->type == WH_TOML_STRING &&
		     wh_slice_is(node->string, undo->name);
	node = wh_toml_find(doc.root, runtimes);
	/* With the last runtime its list goes, too. */
	if (!undo->keep_runtime && node != NULL && node->first != NULL && node->first->next == NULL)
		r = wh_engine_toml_unset(edit, json_path, err);
	if (r == 0 && !undo->keep_runtime)
		r = wh_engine_toml_unset(edit, path, err);
	if (r == 0 && is_default && undo->default_before != NULL)
		r = wh_engine_toml_set_string(edit, default_path, undo->default_before, err);
	else if (r == 0 && is_default)
		r = wh_engine_toml_unset(edit, default_path, err);
	return r == 0 ? wh_engine_end_file(edit, err) : r;
}

const struct wh_engine_ways wh_engine_podman = {
	.read = read_podman,
	.add = add_podman,
	.remove = remove_podman,
};
