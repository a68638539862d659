/* SPDX-License-Identifier: Apache-2.0 */
#include "record/verified.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "host/file.h"
#include "json/json.h"
#include "record/store.h"

#define FILE_NAME "verified"
#define MAX_SIZE (64u << 10)
#define MAX_WORDS 4096u

/* ---- writing ----------------------------------------------------------------------------- */

static void set_capabilities(struct wh_json *doc, const char *key, wh_capset set)
{
	wh_node array = wh_json_new_array(doc);

	for (unsigned i = 0; i < WH_CAP_COUNT; i++) {
		if ((set & wh_capset_of(i)) != 0)
			wh_json_append(doc, array,
				wh_json_new_string(doc, wh_slice_of(wh_capability_get(i)->name)));
	}
	wh_json_set(doc, wh_json_root(doc), key, array);
}

static int write_text(const struct wh_verified *verified, struct wh_buf *ret)
{
	struct wh_json *doc WH_JSON = NULL;
	wh_node check;
	int r = wh_json_new(&doc);

	if (r < 0)
		return r;
	wh_json_set(doc, wh_json_root(doc), "schema", wh_json_new_u64(doc, 1));
	wh_json_set(doc, wh_json_root(doc), "time", wh_json_new_i64(doc, verified->time));
	set_capabilities(doc, "base", verified->base);
	set_capabilities(doc, "needed", verified->needed);
	set_capabilities(doc, "notNeeded", verified->not_needed);
	check = wh_json_new_array(doc);
	for (size_t i = 0; i < verified->check_count; i++)
		wh_json_append(
			doc, check, wh_json_new_string(doc, wh_slice_of(verified->check[i])));
	wh_json_set(doc, wh_json_root(doc), "check", check);
	r = wh_json_write_buf(doc, wh_json_root(doc), ret);
	wh_buf_add_char(ret, '\n');
	return r < 0 ? r : wh_buf_status(ret);
}

static int fill(int fd, void *context, struct wh_err *err)
{
	const struct wh_buf *text = context;
	int r = wh_write_all(fd, text->data, text->len);

	return r < 0 ? wh_fail_errno(err, -r, "cannot write what was verified") : 0;
}

int wh_verified_put(const char *name, const struct wh_verified *verified, struct wh_err *err)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int folder WH_FD = wh_store_open(name, err);
	int model WH_FD = folder < 0 ? folder : wh_open_model(folder, 0600, err);

	if (folder < 0)
		return folder;
	if (model < 0)
		return model;
	if (write_text(verified, &text) < 0)
		return wh_fail_errno(err, ENOMEM, "cannot write what was verified");
	return wh_replace_file(folder, FILE_NAME, model, fill, &text, err);
}

/* ---- reading ----------------------------------------------------------------------------- */

static int get_capabilities(struct wh_json *doc, const char *key, wh_capset *ret)
{
	wh_node array = wh_json_get(doc, wh_json_root(doc), key);

	*ret = 0;
	if (wh_json_type(doc, array) != WH_JSON_ARRAY)
		return -EINVAL;
	wh_json_each_element (doc, array, element) {
		unsigned capability;

		if (!wh_capability_from_oci(wh_json_string(doc, element), &capability))
			return -EINVAL;
		*ret |= wh_capset_of(capability);
	}
	return 0;
}

static int get_check(struct wh_json *doc, struct wh_arena *arena, struct wh_verified *ret)
{
	wh_node array = wh_json_get(doc, wh_json_root(doc), "check");
	const char **words;
	size_t count = 0;

	wh_json_each_element (doc, array, element)
		count++;
	if (wh_json_type(doc, array) != WH_JSON_ARRAY || count > MAX_WORDS)
		return -EINVAL;
	words = wh_arena_array(arena, count + 1, sizeof(*words));
	if (words == NULL)
		return -ENOMEM;
	wh_json_each_element (doc, array, element) {
		struct wh_slice word = wh_json_string(doc, element);

		if (word.data == NULL)
			return -EINVAL;
		words[ret->check_count] = wh_arena_dup(arena, word);
		if (words[ret->check_count++] == NULL)
			return -ENOMEM;
	}
	ret->check = count == 0 ? NULL : words;
	return 0;
}

static int read_document(struct wh_json *doc, struct wh_arena *arena, struct wh_verified *ret)
{
	wh_node root = wh_json_root(doc);
	uint64_t schema = 0;
	int r = wh_json_u64(doc, wh_json_get(doc, root, "schema"), &schema);

	*ret = (struct wh_verified){ .time = 0 };
	if (r == 0 && schema != 1)
		r = -EINVAL;
	if (r == 0)
		r = wh_json_i64(doc, wh_json_get(doc, root, "time"), &ret->time);
	if (r == 0)
		r = get_capabilities(doc, "base", &ret->base);
	if (r == 0)
		r = get_capabilities(doc, "needed", &ret->needed);
	if (r == 0)
		r = get_capabilities(doc, "notNeeded", &ret->not_needed);
	if (r == 0)
		r = get_check(doc, arena, ret);
	return r == 0 || r == -ENOMEM ? r : -EINVAL;
}

int wh_verified_read(
	const char *name, struct wh_arena *arena, struct wh_verified *ret, struct wh_err *err)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_json *doc WH_JSON = NULL;
	int folder WH_FD = wh_store_look(name, NULL);
	int fd WH_FD = folder < 0 ? folder : wh_open_trusted_at(folder, FILE_NAME, NULL);
	int r = fd;

	if (fd == -ENOENT || folder == -ENOENT)
		return -ENOENT;
	if (r >= 0)
		r = wh_read_all(fd, MAX_SIZE, &text, NULL);
	if (r >= 0)
		r = wh_json_parse_take(&doc, &text, NULL, NULL);
	if (r == 0)
		r = read_document(doc, arena, ret);
	return r == 0 ? 0 : wh_fail_errno(err, -r, "what was verified of %s cannot be read", name);
}

void wh_verified_forget(const char *name)
{
	int folder WH_FD = wh_store_look(name, NULL);

	if (folder >= 0)
		(void)unlinkat(folder, FILE_NAME, 0);
}

int wh_verified_without(const char *name, const struct wh_learnt *learnt, struct wh_arena *arena,
	wh_capset *ret, struct wh_err *err)
{
	struct wh_verified verified;
	int r = wh_verified_read(name, arena, &verified, err);

	*ret = 0;
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	*ret = verified.not_needed;
	for (size_t i = 0; i < learnt->use_count; i++) {
		const struct wh_use_of *use = &learnt->uses[i];

		if (use->use == WH_USE_NEEDED && use->first > verified.time)
			*ret &= ~wh_capset_of(use->capability);
	}
	return 0;
}
