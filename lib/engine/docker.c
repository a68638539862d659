/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Docker: one JSON file, daemon.json. dockerd reads it as Go does, but refuses keys it does not
 * know, so that only exact keys count. It takes a byte order mark (moby, daemon/config/config.go)
 * and, in newer versions, a file with nothing in it.
 *
 * Two runtimes are always there and cannot be registered: "runc", and the shim's own name.
 */

#include <errno.h>
#include <string.h>

#include "engine/internal.h"
#include "json/json.h"

#define STOCK "runc"
#define SHIM "io.containerd.runc.v2"
#define MARK "\xef\xbb\xbf"

static bool is_blank(struct wh_slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (strchr(" \t\r\n", text.data[i]) == NULL || text.data[i] == '\0')
			return false;
	}
	return true;
}

/* Where the JSON begins: behind the mark. */
static size_t skip_mark(struct wh_slice text)
{
	bool marked =
		text.len >= sizeof(MARK) - 1 && memcmp(text.data, MARK, sizeof(MARK) - 1) == 0;

	return marked ? sizeof(MARK) - 1 : 0;
}

/* The file as a document; {} for one with nothing in it. */
static int parse(struct wh_json **ret, const char *file, struct wh_slice text, struct wh_err *err)
{
	struct wh_buf copy WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	size_t mark = skip_mark(text);
	struct wh_err why = WH_ERR_INIT;
	int r;

	text.data += mark;
	text.len -= mark;
	if (is_blank(text))
		text = WH_SLICE("{}");
	wh_buf_add_slice(&copy, text);
	r = wh_buf_status(&copy);
	if (r == 0)
		r = wh_json_parse_take(ret, &copy, NULL, &why);
	if (r == 0 && wh_json_type(*ret, wh_json_root(*ret)) != WH_JSON_OBJECT)
		r = wh_json_fail(*ret, wh_json_root(*ret), &why, EINVAL,
			"an object is expected, not %s",
			wh_json_type_name(wh_json_type(*ret, wh_json_root(*ret))));
	if (r == -ENOMEM)
		return wh_engine_no_memory(err);
	return r < 0 ? wh_engine_fail_json(err, -r, file, &why) : 0;
}

static struct wh_engine_place place_of(
	const struct wh_json *doc, wh_node node, const struct wh_engine_draft *draft)
{
	unsigned line, column;

	wh_json_position(doc, node, &line, &column);
	return wh_engine_here(draft, line);
}

/* A string of the document as a C string in the arena; NULL when it is none, or memory ran out. */
static const char *string_of(struct wh_json *doc, wh_node node, struct wh_engine_draft *draft)
{
	struct wh_slice text = wh_json_string(doc, node);

	return text.data == NULL ? NULL : wh_arena_dup(draft->arena, text);
}

/* Everything but the path and the type is an option, as it is spelled. */
static int read_options(struct wh_engine_draft *draft, struct wh_json *doc, wh_node object,
	struct wh_engine_runtime *runtime)
{
	wh_json_each_member (doc, object, key) {
		struct wh_buf value WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
		const char *name = string_of(doc, key, draft);
		int r;

		if (name == NULL)
			return -ENOMEM;
		if (strcmp(name, "path") == 0 || strcmp(name, "runtimeType") == 0)
			continue;
		r = wh_json_write_buf(doc, wh_json_next(doc, key), &value);
		if (r == 0)
			r = wh_engine_add_option(
				draft, runtime, name, (struct wh_slice){ value.data, value.len });
		if (r < 0)
			return r;
	}
	return 0;
}

static int read_runtime(struct wh_engine_draft *draft, struct wh_json *doc, wh_node key)
{
	const char *name = string_of(doc, key, draft);
	wh_node value = wh_json_next(doc, key);
	const char *path = string_of(doc, wh_json_get(doc, value, "path"), draft);
	struct wh_engine_runtime *runtime =
		name == NULL ? NULL : wh_engine_draft_runtime(draft, name);

	if (runtime == NULL)
		return -ENOMEM;
	runtime->place = place_of(doc, key, draft);
	runtime->type = string_of(doc, wh_json_get(doc, value, "runtimeType"), draft);
	if (path != NULL && path[0] != '\0' && wh_engine_set_path(draft, runtime, path) < 0)
		return -ENOMEM;
	return read_options(draft, doc, value, runtime);
}

static int read_document(struct wh_engine_draft *draft, struct wh_json *doc)
{
	wh_node root = wh_json_root(doc);
	wh_node fallback = wh_json_get(doc, root, "default-runtime");
	const char *name = string_of(doc, fallback, draft);
	int r;

	wh_json_each_member (doc, wh_json_get(doc, root, "runtimes"), key) {
		r = read_runtime(draft, doc, key);
		if (r < 0)
			return r;
	}
	if (name != NULL && name[0] != '\0') {
		draft->view->default_runtime = name;
		draft->view->default_place = place_of(doc, fallback, draft);
	}
	return wh_json_status(doc);
}

/* What is there without a word in the file. */
static int add_built_in(struct wh_engine_draft *draft)
{
	static const char *const names[] = { STOCK, SHIM };

	for (size_t i = 0; i < WH_COUNT(names); i++) {
		struct wh_engine_runtime *runtime = wh_engine_draft_runtime(draft, names[i]);

		if (runtime == NULL || wh_engine_set_path(draft, runtime, "runc") < 0)
			return -ENOMEM;
		runtime->type = SHIM;
	}
	draft->view->default_runtime = STOCK;
	return 0;
}

static int read_docker(struct wh_engine_draft *draft, const char *file, struct wh_err *err)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_json *doc WH_JSON = NULL;
	int r;

	if (add_built_in(draft) < 0)
		return wh_engine_no_memory(err);
	r = wh_engine_load(draft, file, &text, err);
	if (r <= 0)
		return r;
	r = parse(&doc, file, (struct wh_slice){ text.data, text.len }, err);
	if (r < 0)
		return r;
	return read_document(draft, doc) < 0 ? wh_engine_no_memory(err) : 0;
}

/* ---- editing ----------------------------------------------------------------------------- */

/* The text behind the mark; {} where nothing is. */
static struct wh_slice json_of(const struct wh_engine_edit *edit)
{
	struct wh_slice text = wh_engine_text(edit);
	size_t mark = skip_mark(text);

	text.data += mark;
	text.len -= mark;
	return is_blank(text) ? WH_SLICE("{}\n") : text;
}

/* Puts the mark that was there before the new text. */
static int take_json(struct wh_engine_edit *edit, const struct wh_buf *json, struct wh_err *err)
{
	struct wh_buf new WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_slice old = wh_engine_text(edit);

	wh_buf_add(&new, old.data, skip_mark(old));
	wh_buf_add(&new, json->data, json->len);
	return wh_engine_take_text(edit, &new, err);
}

static int set_string(struct wh_engine_edit *edit, const char *const path[], const char *value,
	struct wh_err *err)
{
	struct wh_buf spelled WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_buf new WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_err why = WH_ERR_INIT;
	int r;

	wh_buf_add_json(&spelled, wh_slice_of(value));
	if (wh_buf_status(&spelled) < 0)
		return wh_engine_no_memory(err);
	r = wh_json_text_set(json_of(edit), NULL, path,
		(struct wh_slice){ spelled.data, spelled.len }, &new, &why);
	if (r < 0)
		return wh_engine_fail_json(err, -r, edit->view->edited, &why);
	return take_json(edit, &new, err);
}

static int unset(struct wh_engine_edit *edit, const char *const path[], struct wh_err *err)
{
	struct wh_buf new WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_err why = WH_ERR_INIT;
	int r = wh_json_text_unset(json_of(edit), NULL, path, &new, &why);

	if (r < 0)
		return wh_engine_fail_json(err, -r, edit->view->edited, &why);
	return take_json(edit, &new, err);
}

static const char *const fallback_path[] = { "default-runtime", NULL };

static int add_docker(
	struct wh_engine_edit *edit, const struct wh_engine_change *change, struct wh_err *err)
{
	const char *const path[] = { "runtimes", change->name, "path", NULL };
	int r = 0;

	if (!edit->registered)
		r = set_string(edit, path, change->program, err);
	if (r == 0 && change->make_default)
		r = set_string(edit, fallback_path, change->name, err);
	return r;
}

static int remove_docker(
	struct wh_engine_edit *edit, const struct wh_engine_undo *undo, struct wh_err *err)
{
	const char *const path[] = { "runtimes", undo->name, NULL };
	bool is_default = edit->view->default_place.file != NULL &&
			  strcmp(edit->view->default_runtime, undo->name) == 0;
	int r = undo->keep_runtime ? 0 : unset(edit, path, err);

	if (r < 0 || !is_default)
		return r;
	if (undo->default_before != NULL)
		return set_string(edit, fallback_path, undo->default_before, err);
	return unset(edit, fallback_path, err);
}

const struct wh_engine_ways wh_engine_docker = {
	.read = read_docker,
	.add = add_docker,
	.remove = remove_docker,
};
