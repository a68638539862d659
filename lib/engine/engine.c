/* SPDX-License-Identifier: Apache-2.0 */
/* The table of engines, and what their ways have in common. */

#include "engine/engine.h"

#include <errno.h>
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
