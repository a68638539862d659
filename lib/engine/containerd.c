/* SPDX-License-Identifier: Apache-2.0 */
/*
 * containerd: config.toml and the files it imports, in the order of their loading (breadth first);
 * later ones win. containerd 1.x puts a whole plugin's section in the place of an earlier one
 * (mergeConfig in services/server/config/config.go), 2.x merges them key by key. So the section
 * that counts in both is the last one, and that is where an edit goes: a drop-in of ours with
 * nothing but our handler would take the rest of the plugin's settings away under 1.x.
 *
 * A handler registered where none was makes containerd 1.x forget its built-in "runc" (the map is
 * replaced, not filled), upon which its CRI plugin does not start. So "runc" is written down then.
 *
 * Versions: 2 is read by 1.x and 2.x, 3 by 2.x, 4 since 2.3. They differ in the plugin's name.
 */

#include <errno.h>
#include <string.h>

#include "engine/internal.h"
#include "toml/toml.h"

#define MAX_FILES 64
#define SHIM "io.containerd.runc.v2"
#define RUNC_SHIMS "io.containerd.runc."

/* The plugin that runs containers for CRI, by the version of the file. */
static const struct layout {
	int64_t version;
	const char *plugin;
} layouts[] = {
	{ 2, "io.containerd.grpc.v1.cri" },
	{ 3, "io.containerd.cri.v1.runtime" },
	{ 4, "io.containerd.cri.v1.runtime" },
};

/* What a handler has besides its options and type that belongs to the program behind it. */
static bool is_of_the_program(const char *table, struct wh_slice key)
{
	if (table != NULL)
		return strcmp(table, "options") == 0 && wh_slice_is(key, "BinaryName");
	return wh_slice_is(key, "runtime_path");
}

static bool has_plugin(const struct wh_toml *doc, const char *plugin)
{
	const char *const path[] = { "plugins", plugin, NULL };

	return wh_toml_find(doc->root, path) != NULL;
}

static const char *cannot_version =
	"containerd 1.x and 2.x read versions 2 and 3 (2.3 and later also 4)";

/*
 * The layout of a file; *ret NULL for one that says nothing at all. `main_plugin` is that of the
 * file which imports this one, NULL when none does.
 */
static int find_layout(const struct wh_toml *doc, const char *file, const char *main_plugin,
	const char **ret, struct wh_err *err)
{
	const struct wh_toml_node *version = wh_toml_get(doc->root, "version");

	*ret = NULL;
	if (version == NULL && doc->root->first == NULL)
		return 0;
	for (size_t i = 0; version == NULL && main_plugin != NULL && i < WH_COUNT(layouts); i++) {
		if (has_plugin(doc, layouts[i].plugin))
			*ret = layouts[i].plugin;
	}
	if (version == NULL && main_plugin != NULL) {
		*ret = *ret != NULL ? *ret : main_plugin;
		return 0;
	}
	if (version == NULL || (version->type == WH_TOML_INTEGER && version->integer == 1))
		return wh_fail(err, EINVAL,
			"%s:%u:1: this is a configuration of version 1 (it has no \"version = "
			"2\"), "
			"which names plugins in another way; containerd config migrate prints it "
			"in a newer one",
			file, version == NULL ? 1 : version->line);
	for (size_t i = 0; version->type == WH_TOML_INTEGER && i < WH_COUNT(layouts); i++) {
		if (version->integer == layouts[i].version) {
			*ret = layouts[i].plugin;
			return 0;
		}
	}
	return wh_fail(err, EINVAL, "%s:%u:1: this version is not known; %s", file, version->line,
		cannot_version);
}

/* ---- reading ----------------------------------------------------------------------------- */

/* What is known while the files are gone through. */
struct walk {
	struct wh_engine_draft *draft;
	const char *plugin; /* of the first file; NULL while that says nothing */
	bool first;
	const char *pending[MAX_FILES];
	size_t count, next;
};

static int read_option(struct wh_engine_draft *draft, struct wh_engine_runtime *runtime,
	const struct wh_toml *doc, const char *table, const struct wh_toml_node *node)
{
	const char *name = table == NULL
				   ? node->key.data
				   : wh_arena_printf(draft->arena, "%s.%s", table, node->key.data);

	if (name == NULL)
		return -ENOMEM;
	return wh_engine_add_option(draft, runtime, name, wh_toml_raw(doc, node));
}

/* The members of a table inside a handler; those of a table deeper still are left out, no handler
 * has any. */
static int read_inner(struct wh_engine_draft *draft, struct wh_engine_runtime *runtime,
	const struct wh_toml *doc, const struct wh_toml_node *table)
{
	for (const struct wh_toml_node *node = table->first; node != NULL; node = node->next) {
		int r = 0;

		if (strcmp(table->key.data, "options") == 0 &&
			wh_slice_is(node->key, "BinaryName") && node->type == WH_TOML_STRING &&
			node->string.len > 0)
			r = wh_engine_set_path(draft, runtime, node->string.data);
		else if (node->type != WH_TOML_TABLE || node->form == WH_TOML_INLINE)
			r = read_option(draft, runtime, doc, table->key.data, node);
		if (r < 0)
			return r;
	}
	return 0;
}

static int read_handler(
	struct wh_engine_draft *draft, const struct wh_toml *doc, const struct wh_toml_node *table)
{
	struct wh_engine_runtime *runtime = wh_engine_draft_runtime(draft, table->key.data);
	int r = 0;

	if (runtime == NULL)
		return -ENOMEM;
	runtime->place = wh_engine_here(draft, table->line);
	for (const struct wh_toml_node *node = table->first; node != NULL && r == 0;
		node = node->next) {
		if (node->type == WH_TOML_TABLE)
			r = read_inner(draft, runtime, doc, node);
		else if (wh_slice_is(node->key, "runtime_type") && node->type == WH_TOML_STRING)
			runtime->type = wh_arena_dup(draft->arena, node->string);
		else
			r = read_option(draft, runtime, doc, NULL, node);
	}
	return r;
}

static int set_built_in(struct wh_engine_draft *draft)
{
	struct wh_engine_runtime *runtime = wh_engine_draft_runtime(draft, "runc");

	if (runtime == NULL || wh_engine_set_path(draft, runtime, "runc") < 0)
		return -ENOMEM;
	runtime->type = SHIM;
	draft->view->default_runtime = "runc";
	draft->view->default_place = (struct wh_engine_place){ .file = NULL };
	return 0;
}

/* The plugin's section. Under 1.x it takes the place of all that was said before. */
static int read_section(struct walk *walk, const struct wh_toml *doc, const char *plugin)
{
	const char *const runtimes[] = { "plugins", plugin, "containerd", "runtimes", NULL };
	const char *const fallback[] = { "plugins", plugin, "containerd", "default_runtime_name",
		NULL };
	struct wh_engine_draft *draft = walk->draft;
	const struct wh_toml_node *table = wh_toml_find(doc->root, runtimes);
	const struct wh_toml_node *name = wh_toml_find(doc->root, fallback);
	int r = 0;

	if (draft->files->major == 1) {
		draft->view->runtime_count = 0;
		r = set_built_in(draft);
		if (table != NULL && table->type == WH_TOML_TABLE && table->first != NULL)
			draft->view->runtime_count = 0;
	}
	if (table != NULL && table->type == WH_TOML_TABLE) {
		for (table = table->first; table != NULL && r == 0; table = table->next)
			r = table->type == WH_TOML_TABLE ? read_handler(draft, doc, table) : 0;
	}
	if (r == 0 && name != NULL && name->type == WH_TOML_STRING && name->string.len > 0) {
		draft->view->default_runtime = wh_arena_dup(draft->arena, name->string);
		draft->view->default_place = wh_engine_here(draft, name->line);
		if (draft->view->default_runtime == NULL)
			return -ENOMEM;
	}
	draft->view->edited = draft->view->files[draft->view->file_count - 1];
	return r;
}

static int add_pending(struct walk *walk, const char *path, struct wh_err *err)
{
	for (size_t i = 0; i < walk->count; i++) {
		if (strcmp(walk->pending[i], path) == 0)
			return 0;
	}
	if (walk->count == MAX_FILES)
		return wh_fail(err, EFBIG, "%s: more than %d files are imported", walk->pending[0],
			MAX_FILES);
	walk->pending[walk->count++] = path;
	return 0;
}

/* A path as containerd takes it: from the folder of the file that says it. */
static const char *absolute(struct wh_arena *arena, const char *file, const char *path)
{
	const char *slash = strrchr(file, '/');

	if (path[0] == '/' || slash == NULL)
		return wh_arena_dup(arena, wh_slice_of(path));
	return wh_arena_printf(arena, "%.*s/%s", (int)(slash - file), file, path);
}

static int add_imports(
	struct walk *walk, const struct wh_toml *doc, const char *file, struct wh_err *err)
{
	const struct wh_toml_node *list = wh_toml_get(doc->root, "imports");
	const struct wh_engine_files *files = walk->draft->files;

	if (list == NULL || list->type != WH_TOML_ARRAY)
		return 0;
	for (const struct wh_toml_node *node = list->first; node != NULL; node = node->next) {
		const char *path = node->type != WH_TOML_STRING
					   ? ""
					   : absolute(walk->draft->arena, file, node->string.data);
		const char *const *found = &path;
		size_t count = 1;
		int r = path == NULL ? -ENOMEM : 0;

		if (r == 0 && strchr(path, '*') != NULL)
			r = files->match(
				files->context, path, walk->draft->arena, &found, &count, err);
		for (size_t i = 0; r == 0 && i < count; i++)
			r = found[i][0] == '\0' ? 0 : add_pending(walk, found[i], err);
		if (r < 0)
			return r == -ENOMEM ? wh_engine_no_memory(err) : r;
	}
	return 0;
}

static int read_file(struct walk *walk, const char *file, struct wh_err *err)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_toml doc;
	const char *plugin = NULL;
	int r = wh_engine_load(walk->draft, file, &text, err);

	if (r <= 0)
		return r;
	r = wh_engine_parse_toml(walk->draft->arena, file, &text, &doc, err);
	if (r == 0)
		r = find_layout(&doc, file, walk->first ? NULL : walk->plugin, &plugin, err);
	if (r < 0)
		return r;
	if (walk->first)
		walk->plugin = plugin;
	walk->first = false;
	if (plugin != NULL && has_plugin(&doc, plugin) && read_section(walk, &doc, plugin) < 0)
		return wh_engine_no_memory(err);
	return add_imports(walk, &doc, file, err);
}

static int read_containerd(struct wh_engine_draft *draft, const char *file, struct wh_err *err)
{
	struct walk walk = { .draft = draft, .first = true };
	int r = add_pending(&walk, file, err);

	if (r == 0 && set_built_in(draft) < 0)
		return wh_engine_no_memory(err);
	while (r == 0 && walk.next < walk.count)
		r = read_file(&walk, walk.pending[walk.next++], err);
	return r;
}

/* ---- editing ----------------------------------------------------------------------------- */

#define MAX_MEMBERS 64

/* Whose settings ours takes over: "runc", or the default when there is no "runc"; never its own. */
static const struct wh_toml_node *find_model(
	const struct wh_toml *doc, const char *plugin, const char *name)
{
	const char *const fallback[] = { "plugins", plugin, "containerd", "default_runtime_name",
		NULL };
	const char *runc[] = { "plugins", plugin, "containerd", "runtimes", "runc", NULL };
	const struct wh_toml_node *model = wh_toml_find(doc->root, runc);
	const struct wh_toml_node *other = wh_toml_find(doc->root, fallback);
	const struct wh_toml_node *type;

	if (model == NULL && other != NULL && other->type == WH_TOML_STRING &&
		!wh_slice_is(other->string, name)) {
		runc[4] = other->string.data;
		model = wh_toml_find(doc->root, runc);
	}
	type = wh_toml_get(model, "runtime_type");
	if (type == NULL || type->type != WH_TOML_STRING ||
		strncmp(type->string.data, RUNC_SHIMS, strlen(RUNC_SHIMS)) != 0)
		return NULL;
	return model;
}

static size_t add_member(struct wh_toml_member *members, size_t count, const char *table,
	const char *key, struct wh_slice value)
{
	if (count < MAX_MEMBERS)
		members[count++] = (struct wh_toml_member){ table, key, value };
	return count;
}

/* All that the model has, but for what names its program. Tables come behind the rest. */
static size_t copy_model(
	const struct wh_toml *doc, const struct wh_toml_node *model, struct wh_toml_member *members)
{
	size_t count = 0;

	for (const struct wh_toml_node *node = wh_toml_get(model, "runtime_type") ? model->first
										  : NULL;
		node != NULL; node = node->next) {
		if (node->type != WH_TOML_TABLE && !is_of_the_program(NULL, node->key))
			count = add_member(
				members, count, NULL, node->key.data, wh_toml_raw(doc, node));
	}
	return count;
}

static size_t copy_tables(const struct wh_toml *doc, const struct wh_toml_node *model,
	struct wh_slice program, struct wh_toml_member *members, size_t count)
{
	count = add_member(members, count, "options", "BinaryName", program);
	for (const struct wh_toml_node *table = model == NULL ? NULL : model->first; table != NULL;
		table = table->next) {
		if (table->type != WH_TOML_TABLE)
			continue;
		for (const struct wh_toml_node *node = table->first; node != NULL;
			node = node->next) {
			if ((node->type != WH_TOML_TABLE || node->form == WH_TOML_INLINE) &&
				!is_of_the_program(table->key.data, node->key))
				count = add_member(members, count, table->key.data, node->key.data,
					wh_toml_raw(doc, node));
		}
	}
	return count;
}

static int add_handler(struct wh_engine_edit *edit, const char *plugin, const char *name,
	const struct wh_toml_node *model, const struct wh_toml *doc, const char *program,
	struct wh_err *err)
{
	const char *const path[] = { "plugins", plugin, "containerd", "runtimes", name, NULL };
	struct wh_toml_member members[MAX_MEMBERS];
	struct wh_buf spelled WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	size_t count = model == NULL ? 0 : copy_model(doc, model, members);

	if (model == NULL)
		count = add_member(members, 0, NULL, "runtime_type", WH_SLICE("\"" SHIM "\""));
	if (program != NULL) {
		wh_toml_add_string(&spelled, wh_slice_of(program));
		if (wh_buf_status(&spelled) < 0)
			return wh_engine_no_memory(err);
		count = copy_tables(
			doc, model, (struct wh_slice){ spelled.data, spelled.len }, members, count);
	}
	return wh_engine_toml_add_table(edit, path, members, count, err);
}

static int set_default(
	struct wh_engine_edit *edit, const char *plugin, const char *name, struct wh_err *err)
{
	const char *const path[] = { "plugins", plugin, "containerd", "default_runtime_name",
		NULL };

	return wh_engine_toml_set_string(edit, path, name, err);
}

/* A file with nothing in it gets a version. */
static int ensure_version(struct wh_engine_edit *edit, const char **plugin, struct wh_err *err)
{
	const char *const path[] = { "version", NULL };

	if (*plugin != NULL)
		return 0;
	*plugin = layouts[0].plugin;
	return wh_engine_toml_set(edit, path, WH_SLICE("2"), err);
}

static int add_containerd(
	struct wh_engine_edit *edit, const struct wh_engine_change *change, struct wh_err *err)
{
	const char *main_plugin = edit->view->file_count > 1 ? layouts[0].plugin : NULL;
	struct wh_buf old WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	const struct wh_toml_node *model;
	const char *plugin = NULL;
	struct wh_toml doc;
	int r;

	wh_buf_add_slice(&old, wh_engine_text(edit));
	r = wh_engine_parse_toml(&edit->arena, edit->view->edited, &old, &doc, err);
	if (r == 0)
		r = find_layout(&doc, edit->view->edited, main_plugin, &plugin, err);
	if (r == 0)
		r = ensure_version(edit, &plugin, err);
	if (r < 0)
		return r;
	model = find_model(&doc, plugin, change->name);
	if (!edit->registered &&
		wh_toml_find(doc.root, (const char *const[]){ "plugins", plugin, "containerd",
					       "runtimes", NULL }) == NULL &&
		strcmp(edit->view->default_runtime, "runc") == 0) {
		r = add_handler(edit, plugin, "runc", NULL, &doc, NULL, err);
		edit->added_runc = true;
	}
	if (r == 0 && !edit->registered)
		r = add_handler(edit, plugin, change->name, model, &doc, change->program, err);
	if (r == 0 && change->make_default)
		r = set_default(edit, plugin, change->name, err);
	return r;
}

static int remove_from(struct wh_engine_edit *edit, const struct wh_toml *doc, const char *plugin,
	const struct wh_engine_undo *undo, struct wh_err *err)
{
	const char *const handler[] = { "plugins", plugin, "containerd", "runtimes", undo->name,
		NULL };
	const char *const runc[] = { "plugins", plugin, "containerd", "runtimes", "runc", NULL };
	const char *const fallback[] = { "plugins", plugin, "containerd", "default_runtime_name",
		NULL };
	const struct wh_toml_node *name = wh_toml_find(doc->root, fallback);
	int r = undo->keep_runtime ? 0 : wh_engine_toml_unset(edit, handler, err);

	if (r == 0 && undo->added_runc)
		r = wh_engine_toml_unset(edit, runc, err);
	if (r < 0 || name == NULL || name->type != WH_TOML_STRING ||
		!wh_slice_is(name->string, undo->name))
		return r;
	if (undo->default_before != NULL)
		return set_default(edit, plugin, undo->default_before, err);
	return wh_engine_toml_unset(edit, fallback, err);
}

static int remove_containerd(
	struct wh_engine_edit *edit, const struct wh_engine_undo *undo, struct wh_err *err)
{
	struct wh_buf old WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_toml doc;
	int r;

	wh_buf_add_slice(&old, wh_engine_text(edit));
	r = wh_engine_parse_toml(&edit->arena, edit->view->edited, &old, &doc, err);
	for (size_t i = 0; r == 0 && i + 1 < WH_COUNT(layouts); i++)
		r = remove_from(edit, &doc, layouts[i].plugin, undo, err);
	return r;
}

const struct wh_engine_ways wh_engine_containerd = {
	.read = read_containerd,
	.add = add_containerd,
	.remove = remove_containerd,
};
