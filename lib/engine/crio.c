/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CRI-O: crio.conf, then every file of crio.conf.d by its name, each laid over the ones before;
 * handlers are merged by name, each as a whole.
 *
 * Which runtime is built in as the default depends on the version: runc, since 1.31 crun.
 */

#include <errno.h>
#include <string.h>

#include "engine/internal.h"
#include "toml/toml.h"

#define MAIN_FILE "/etc/crio/crio.conf"
#define DROP_INS "/etc/crio/crio.conf.d/*"
#define BUILT_IN "crun"

/* What a handler says of its program, and not of how containers are to be run. */
static bool is_of_the_program(const char *key)
{
	static const char *const keys[] = { "runtime_path", "inherit_default_runtime",
		"platform_runtime_paths" };

	for (size_t i = 0; i < WH_COUNT(keys); i++) {
		if (strcmp(keys[i], key) == 0)
			return true;
	}
	return false;
}

/* ---- reading ----------------------------------------------------------------------------- */

static int read_handler(
	struct wh_engine_draft *draft, const struct wh_toml *doc, const struct wh_toml_node *table)
{
	struct wh_engine_runtime *runtime = wh_engine_draft_runtime(draft, table->key.data);
	const struct wh_toml_node *path = wh_toml_get(table, "runtime_path");
	int r = 0;

	if (runtime == NULL)
		return -ENOMEM;
	*runtime = (struct wh_engine_runtime){ .name = runtime->name,
		.place = wh_engine_here(draft, table->line) };
	/* Without a path CRI-O looks for a program of the handler's name. */
	r = wh_engine_set_path(draft, runtime,
		path != NULL && path->type == WH_TOML_STRING && path->string.len > 0
			? path->string.data
			: runtime->name);
	for (const struct wh_toml_node *node = table->first; node != NULL && r == 0;
		node = node->next) {
		if (wh_slice_is(node->key, "runtime_type") && node->type == WH_TOML_STRING)
			runtime->type = node->string.data;
		else if (node->type == WH_TOML_TABLE && node->form != WH_TOML_INLINE)
			continue;
		else if (!wh_slice_is(node->key, "runtime_path"))
			r = wh_engine_add_option(
				draft, runtime, node->key.data, wh_toml_raw(doc, node));
	}
	return r;
}

static int read_document(struct wh_engine_draft *draft, const struct wh_toml *doc)
{
	const char *const path[] = { "crio", "runtime", NULL };
	const struct wh_toml_node *settings = wh_toml_find(doc->root, path);
	const struct wh_toml_node *name = wh_toml_get(settings, "default_runtime");
	const struct wh_toml_node *node = wh_toml_get(settings, "runtimes");
	int r = 0;

	if (name != NULL && name->type == WH_TOML_STRING && name->string.len > 0) {
		draft->view->default_runtime = name->string.data;
		draft->view->default_place = wh_engine_here(draft, name->line);
	}
	if (node == NULL || node->type != WH_TOML_TABLE)
		return 0;
	for (node = node->first; node != NULL && r == 0; node = node->next)
		r = node->type == WH_TOML_TABLE ? read_handler(draft, doc, node) : 0;
	return r;
}

static int read_crio(struct wh_engine_draft *draft, const char *file, struct wh_err *err)
{
	const struct wh_engine_files *files = draft->files;
	struct wh_engine_runtime *runtime = wh_engine_draft_runtime(draft, BUILT_IN);
	const char *const *found;
	size_t count = 0;
	bool seen = false;
	int r;

	if (runtime == NULL || wh_engine_set_path(draft, runtime, BUILT_IN) < 0)
		return wh_engine_no_memory(err);
	draft->view->default_runtime = BUILT_IN;
	r = wh_engine_read_toml(draft, MAIN_FILE, read_document, err);
	if (r == 0)
		r = files->match(files->context, DROP_INS, draft->arena, &found, &count, err);
	for (size_t i = 0; r == 0 && i < count; i++) {
		seen = seen || strcmp(found[i], file) == 0;
		r = wh_engine_read_toml(draft, found[i], read_document, err);
	}
	return r == 0 && !seen ? wh_engine_read_toml(draft, file, read_document, err) : r;
}

/* ---- editing ----------------------------------------------------------------------------- */

#define MAX_MEMBERS 64

static const char *const default_path[] = { "crio", "runtime", "default_runtime", NULL };

/* The settings of the handler that is the default now, or of the one built in. Not those of a
 * handler for virtual machines. */
static size_t copy_model(const struct wh_engine_view *view, const char *name,
	struct wh_toml_member *members, size_t count)
{
	const struct wh_engine_runtime *model = wh_engine_runtime_find(view, view->default_runtime);

	if (model == NULL || strcmp(model->name, name) == 0 ||
		(model->type != NULL && model->type[0] != '\0' && strcmp(model->type, "oci") != 0))
		return count;
	for (size_t i = 0; i < model->option_count && count < MAX_MEMBERS; i++) {
		const struct wh_engine_option *option = &model->options[i];

		if (!is_of_the_program(option->name))
			members[count++] = (struct wh_toml_member){ NULL, option->name,
				wh_slice_of(option->value) };
	}
	return count;
}

static int add_handler(
	struct wh_engine_edit *edit, const struct wh_engine_change *change, struct wh_err *err)
{
	const char *const path[] = { "crio", "runtime", "runtimes", change->name, NULL };
	struct wh_toml_member members[MAX_MEMBERS];
	struct wh_buf spelled WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	size_t count = 2;

	wh_toml_add_string(&spelled, wh_slice_of(change->program));
	if (wh_buf_status(&spelled) < 0)
		return wh_engine_no_memory(err);
	members[0] = (struct wh_toml_member){ NULL, "runtime_path", { spelled.data, spelled.len } };
	members[1] = (struct wh_toml_member){ NULL, "runtime_type", WH_SLICE("\"oci\"") };
	count = copy_model(edit->view, change->name, members, count);
	return wh_engine_toml_add_table(edit, path, members, count, err);
}

static int add_crio(
	struct wh_engine_edit *edit, const struct wh_engine_change *change, struct wh_err *err)
{
	int r = wh_engine_begin_file(edit, change->make_default ? "[crio.runtime]\n" : "", err);

	if (r == 0 && change->make_default)
		r = wh_engine_toml_set_string(edit, default_path, change->name, err);
	if (r == 0 && !edit->registered)
		r = add_handler(edit, change, err);
	return r;
}

static int remove_crio(
	struct wh_engine_edit *edit, const struct wh_engine_undo *undo, struct wh_err *err)
{
	const char *const path[] = { "crio", "runtime", "runtimes", undo->name, NULL };
	struct wh_buf old WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	const struct wh_toml_node *name;
	struct wh_toml doc;
	int r;

	wh_buf_add_slice(&old, wh_engine_text(edit));
	r = wh_engine_parse_toml(&edit->arena, edit->view->edited, &old, &doc, err);
	if (r == 0 && !undo->keep_runtime)
		r = wh_engine_toml_unset(edit, path, err);
	if (r < 0)
		return r;
	name = wh_toml_find(doc.root, default_path);
	if (name != NULL && name->type == WH_TOML_STRING && wh_slice_is(name->string, undo->name))
		r = undo->default_before != NULL ? wh_engine_toml_set_string(edit, default_path,
							   undo->default_before, err)
						 : wh_engine_toml_unset(edit, default_path, err);
	return r == 0 ? wh_engine_end_file(edit, err) : r;
}

const struct wh_engine_ways wh_engine_crio = {
	.read = read_crio,
	.add = add_crio,
	.remove = remove_crio,
};
