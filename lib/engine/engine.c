/* SPDX-License-Identifier: Apache-2.0 */
/* The table of engines, and what their ways have in common. */

#include "engine/engine.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "engine/internal.h"

static const struct wh_engine engines[] = {
	{
		.name = "docker",
		.title = "Docker",
		.program = "dockerd",
		.file = "/etc/docker/daemon.json",
		.unit = "docker.service",
		.ways = &wh_engine_docker,
	},
	{
		.name = "containerd",
		.title = "containerd",
		.program = "containerd",
		.file = "/etc/containerd/config.toml",
		.unit = "containerd.service",
		.ways = &wh_engine_containerd,
	},
	{
		.name = "podman",
		.title = "Podman",
		.program = "podman",
		.file = "/etc/containers/containers.conf.d/99-whittle.conf",
		.own_file = true,
		.ways = &wh_engine_podman,
	},
	{
		.name = "crio",
		.title = "CRI-O",
		.program = "crio",
		.file = "/etc/crio/crio.conf.d/99-whittle.conf",
		.unit = "crio.service",
		.own_file = true,
		.ways = &wh_engine_crio,
	},
};

const struct wh_engine *wh_engine_get(size_t index)
{
	return index < WH_COUNT(engines) ? &engines[index] : NULL;
}

const struct wh_engine *wh_engine_find(const char *name)
{
	for (size_t i = 0; i < WH_COUNT(engines); i++) {
		if (strcmp(engines[i].name, name) == 0)
			return &engines[i];
	}
	return NULL;
}

const struct wh_engine_runtime *wh_engine_runtime_find(
	const struct wh_engine_view *view, const char *name)
{
	for (size_t i = 0; i < view->runtime_count; i++) {
		if (strcmp(view->runtimes[i].name, name) == 0)
			return &view->runtimes[i];
	}
	return NULL;
}

int wh_engine_read(const struct wh_engine *engine, const struct wh_engine_files *files,
	const char *file, struct wh_arena *arena, struct wh_engine_view *ret, struct wh_err *err)
{
	struct wh_engine_view view = { .engine = engine };
	struct wh_engine_draft draft = { .files = files, .arena = arena, .view = &view };
	int r;

	view.edited = wh_arena_dup(arena, wh_slice_of(file == NULL ? engine->file : file));
	if (view.edited == NULL)
		return wh_engine_no_memory(err);
	r = engine->ways->read(&draft, view.edited, err);
	if (r == 0)
		*ret = view;
	return r;
}

/* ---- putting a view together ------------------------------------------------------------- */

int wh_engine_no_memory(struct wh_err *err)
{
	return wh_fail_errno(err, ENOMEM, "cannot read the configuration");
}

/* Room for one more in a list of the arena; the old place is left to the arena. NULL when there is
 * no memory. */
static void *grown(struct wh_arena *arena, void *list, size_t count, size_t *room, size_t size)
{
	size_t more = *room == 0 ? 8 : 2 * *room;
	void *bigger;

	if (count < *room)
		return list;
	bigger = wh_arena_array(arena, more, size);
	if (bigger == NULL)
		return NULL;
	if (count > 0)
		memcpy(bigger, list, count * size);
	*room = more;
	return bigger;
}

static int note_file(struct wh_engine_draft *draft, const char *path)
{
	struct wh_engine_view *view = draft->view;
	const char **list = grown(
		draft->arena, draft->read, view->file_count, &draft->read_room, sizeof(*list));
	const char *copy = wh_arena_dup(draft->arena, wh_slice_of(path));

	if (list == NULL || copy == NULL)
		return -ENOMEM;
	list[view->file_count++] = copy;
	draft->read = list;
	view->files = list;
	return 0;
}

int wh_engine_load(
	struct wh_engine_draft *draft, const char *path, struct wh_buf *ret, struct wh_err *err)
{
	struct wh_err why = WH_ERR_INIT;
	int r = draft->files->read(draft->files->context, path, ret, &why);

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return wh_fail(err, -r, "%s: %s", path, why.text);
	if (ret->len > WH_ENGINE_MAX_SIZE)
		return wh_fail(err, EFBIG, "%s: longer than a configuration may be (4 MiB)", path);
	if (note_file(draft, path) < 0)
		return wh_engine_no_memory(err);
	return 1;
}

struct wh_engine_runtime *wh_engine_draft_runtime(struct wh_engine_draft *draft, const char *name)
{
	struct wh_engine_view *view = draft->view;
	struct wh_engine_runtime *list;

	for (size_t i = 0; i < view->runtime_count; i++) {
		if (strcmp(draft->runtimes[i].name, name) == 0)
			return &draft->runtimes[i];
	}
	list = grown(draft->arena, draft->runtimes, view->runtime_count, &draft->runtime_room,
		sizeof(*list));
	if (list == NULL)
		return NULL;
	draft->runtimes = list;
	view->runtimes = list;
	list += view->runtime_count;
	*list = (struct wh_engine_runtime){ .name = wh_arena_dup(draft->arena, wh_slice_of(name)) };
	if (list->name == NULL)
		return NULL;
	view->runtime_count++;
	return list;
}

int wh_engine_set_path(
	struct wh_engine_draft *draft, struct wh_engine_runtime *runtime, const char *path)
{
	const char **list = wh_arena_array(draft->arena, 1, sizeof(*list));

	if (list == NULL)
		return -ENOMEM;
	list[0] = wh_arena_dup(draft->arena, wh_slice_of(path));
	if (list[0] == NULL)
		return -ENOMEM;
	runtime->paths = list;
	runtime->path_count = 1;
	return 0;
}

/* Options are few: the list is copied for each. */
int wh_engine_add_option(struct wh_engine_draft *draft, struct wh_engine_runtime *runtime,
	const char *name, struct wh_slice value)
{
	size_t count = runtime->option_count;
	struct wh_engine_option *list = wh_arena_array(draft->arena, count + 1, sizeof(*list));

	if (list == NULL)
		return -ENOMEM;
	if (count > 0)
		memcpy(list, runtime->options, count * sizeof(*list));
	list[count].name = wh_arena_dup(draft->arena, wh_slice_of(name));
	list[count].value = wh_arena_dup(draft->arena, value);
	if (list[count].name == NULL || list[count].value == NULL)
		return -ENOMEM;
	runtime->options = list;
	runtime->option_count = count + 1;
	return 0;
}

struct wh_engine_place wh_engine_here(const struct wh_engine_draft *draft, unsigned line)
{
	const struct wh_engine_view *view = draft->view;

	return (struct wh_engine_place){ view->files[view->file_count - 1], line };
}

int wh_engine_fail_json(struct wh_err *err, int number, const char *file, const struct wh_err *why)
{
	unsigned line = 0, column = 0;
	int used = 0;

	if (sscanf(why->text, "line %u, column %u%n", &line, &column, &used) == 2 && used > 0)
		return wh_fail(err, number, "%s:%u:%u:%s", file, line, column,
			why->text + used + (why->text[used] == ':'));
	return wh_fail(err, number, "%s: %s", file, why->text);
}

int wh_engine_parse_toml(struct wh_arena *arena, const char *file, const struct wh_buf *text,
	struct wh_toml *ret, struct wh_err *err)
{
	struct wh_err why = WH_ERR_INIT;
	int r = wh_toml_parse((struct wh_slice){ text->data, text->len }, arena, ret, &why);

	return r < 0 ? wh_fail(err, -r, "%s:%s", file, why.text) : 0;
}

int wh_engine_read_toml(struct wh_engine_draft *draft, const char *path,
	wh_engine_toml_reader *read, struct wh_err *err)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_toml doc;
	int r = wh_engine_load(draft, path, &text, err);

	if (r <= 0)
		return r;
	r = wh_engine_parse_toml(draft->arena, path, &text, &doc, err);
	if (r < 0)
		return r;
	return read(draft, &doc) < 0 ? wh_engine_no_memory(err) : 0;
}

/* ---- editing ----------------------------------------------------------------------------- */

struct wh_slice wh_engine_text(const struct wh_engine_edit *edit)
{
	return (struct wh_slice){ edit->text.data == NULL ? "" : edit->text.data, edit->text.len };
}

int wh_engine_take_text(struct wh_engine_edit *edit, struct wh_buf *text, struct wh_err *err)
{
	if (wh_buf_status(text) < 0)
		return wh_engine_no_memory(err);
	wh_buf_done(&edit->text);
	edit->text = *text;
	*text = (struct wh_buf)WH_BUF_INIT;
	return 0;
}

int wh_engine_toml_set(struct wh_engine_edit *edit, const char *const path[], struct wh_slice value,
	struct wh_err *err)
{
	struct wh_buf new WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_err why = WH_ERR_INIT;
	int r = wh_toml_set(wh_engine_text(edit), path, value, &new, &why);

	if (r < 0)
		return wh_fail(err, -r, "%s: %s", edit->view->edited, why.text);
	return wh_engine_take_text(edit, &new, err);
}

int wh_engine_toml_set_string(struct wh_engine_edit *edit, const char *const path[],
	const char *value, struct wh_err *err)
{
	struct wh_buf spelled WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;

	wh_toml_add_string(&spelled, wh_slice_of(value));
	if (wh_buf_status(&spelled) < 0)
		return wh_engine_no_memory(err);
	return wh_engine_toml_set(edit, path, (struct wh_slice){ spelled.data, spelled.len }, err);
}

int wh_engine_toml_add_table(struct wh_engine_edit *edit, const char *const path[],
	const struct wh_toml_member *members, size_t count, struct wh_err *err)
{
	struct wh_buf new WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_err why = WH_ERR_INIT;
	int r = wh_toml_add_table(wh_engine_text(edit), path, members, count, &new, &why);

	if (r < 0)
		return wh_fail(err, -r, "%s: %s", edit->view->edited, why.text);
	return wh_engine_take_text(edit, &new, err);
}

int wh_engine_toml_unset(struct wh_engine_edit *edit, const char *const path[], struct wh_err *err)
{
	struct wh_buf new WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_err why = WH_ERR_INIT;
	int r = wh_toml_unset(wh_engine_text(edit), path, &new, &why);

	if (r < 0)
		return wh_fail(err, -r, "%s: %s", edit->view->edited, why.text);
	return wh_engine_take_text(edit, &new, err);
}

int wh_engine_begin_file(struct wh_engine_edit *edit, const char *header, struct wh_err *err)
{
	struct wh_buf new WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	const char *name = edit->view->engine->name;

	if (edit->text.len > 0)
		return 0;
	wh_buf_addf(&new,
		"# Written by: whittlectl configure %s\n# Taken out by: whittlectl configure %s "
		"--remove\n%s%s",
		name, name, header[0] != '\0' ? "\n" : "", header);
	return wh_engine_take_text(edit, &new, err);
}

/* Whether the table holds a value, however deep. */
static bool has_value(const struct wh_toml_node *node)
{
	if (node->type != WH_TOML_TABLE)
		return true;
	for (node = node->first; node != NULL; node = node->next) {
		if (has_value(node))
			return true;
	}
	return false;
}

int wh_engine_end_file(struct wh_engine_edit *edit, struct wh_err *err)
{
	struct wh_toml doc;
	int r = wh_engine_parse_toml(&edit->arena, edit->view->edited, &edit->text, &doc, err);

	if (r == 0 && !has_value(doc.root)) {
		wh_buf_done(&edit->text);
		edit->text = (struct wh_buf)WH_BUF_INIT;
	}
	return r;
}

static void edit_done(struct wh_engine_edit *edit)
{
	wh_arena_done(&edit->arena);
	wh_buf_done(&edit->text);
}

static int give_text(struct wh_engine_edit *edit, struct wh_buf *ret, struct wh_err *err)
{
	wh_buf_add_slice(ret, wh_engine_text(edit));
	return wh_buf_status(ret) < 0 ? wh_engine_no_memory(err) : 0;
}

/* Whether the name is free, or already means this program (then *ret_registered). */
static int check_name(const struct wh_engine_view *view, const struct wh_engine_change *change,
	bool *ret_registered, struct wh_err *err)
{
	const struct wh_engine_runtime *old = wh_engine_runtime_find(view, change->name);
	const struct wh_engine_place *place = old == NULL ? NULL : &old->place;

	*ret_registered =
		old != NULL && old->path_count > 0 && strcmp(old->paths[0], change->program) == 0;
	if (old == NULL || (*ret_registered && place->file != NULL))
		return 0;
	if (place->file == NULL)
		return wh_fail(err, EEXIST,
			"%s keeps the name \"%s\" for a runtime of its own; choose another "
			"(--runtime-name)",
			view->engine->title, change->name);
	return wh_fail(err, EEXIST,
		"%s:%u: \"%s\" is already the name of %s; choose another (--runtime-name), or "
		"take that entry out first",
		place->file, place->line, change->name,
		old->path_count > 0 ? old->paths[0] : "another runtime");
}

int wh_engine_add(const struct wh_engine_view *view, const struct wh_engine_change *change,
	struct wh_slice text, struct wh_buf *ret, struct wh_engine_undo *ret_undo,
	struct wh_err *err)
{
	struct wh_engine_edit edit WH_CLEANUP(edit_done) = { .view = view };
	struct wh_engine_change step = *change;
	const char *edited = view->edited;
	int r = check_name(view, change, &edit.registered, err);

	if (r < 0)
		return r;
	if (strcmp(view->default_runtime, change->name) == 0)
		step.make_default = false;
	wh_buf_add_slice(&edit.text, text);
	if (wh_buf_status(&edit.text) < 0)
		return wh_engine_no_memory(err);
	if (!edit.registered || step.make_default)
		r = view->engine->ways->add(&edit, &step, err);
	if (r < 0)
		return r;
	if (ret_undo != NULL)
		*ret_undo = (struct wh_engine_undo){
			.name = change->name,
			.default_before =
				step.make_default && view->default_place.file != NULL &&
						strcmp(view->default_place.file, edited) == 0
					? view->default_runtime
					: NULL,
			.added_runc = edit.added_runc,
			.keep_runtime = edit.registered,
		};
	return give_text(&edit, ret, err);
}

int wh_engine_remove(const struct wh_engine_view *view, const struct wh_engine_undo *undo,
	struct wh_slice text, struct wh_buf *ret, struct wh_err *err)
{
	struct wh_engine_edit edit WH_CLEANUP(edit_done) = { .view = view };
	int r;

	wh_buf_add_slice(&edit.text, text);
	if (wh_buf_status(&edit.text) < 0)
		return wh_engine_no_memory(err);
	r = view->engine->ways->remove(&edit, undo, err);
	return r < 0 ? r : give_text(&edit, ret, err);
}
