/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A policy whose runtime is covered names the real runc by its absolute path, so that which program
 * is behind does not hang on what else is called runc. Its text is edited in that one place: what a
 * person wrote around it, comments too, stays.
 */

#include "configure.h"

#include <errno.h>

#include "json/json.h"
#include "policy/policy.h"

#define NAME "runc"

static const struct wh_json_options with_comments = { .comments = true };

/* The element of "runtimes" that means runc by its bare name. */
static wh_node find_bare(struct wh_json *doc)
{
	wh_node list = wh_json_get(doc, wh_json_root(doc), "runtimes");

	wh_json_each_element (doc, list, element) {
		if (wh_json_string_is(doc, element, NAME))
			return element;
	}
	return WH_NO_NODE;
}

static bool names_real(struct wh_json *doc, const char *real)
{
	wh_node list = wh_json_get(doc, wh_json_root(doc), "runtimes");

	wh_json_each_element (doc, list, element) {
		if (wh_json_string_is(doc, element, real) ||
			wh_json_string_is(doc, wh_json_get(doc, element, "path"), real))
			return true;
	}
	return false;
}

static int parse_policy(struct wh_configure *configure, struct wh_slice text, struct wh_json **ret)
{
	struct wh_buf copy WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int r;

	wh_buf_add_slice(&copy, text);
	r = wh_json_parse_take(ret, &copy, &with_comments, &configure->err);
	if (r < 0)
		wh_err_prefix(&configure->err, WH_POLICY_FILE);
	return r;
}

/* Puts a word in the place of a string of the text. */
static int put(struct wh_configure *configure, struct wh_json *doc, wh_node node,
	struct wh_slice text, const char *word, struct wh_buf *ret)
{
	size_t begin, end;

	if (!wh_json_span(doc, node, &begin, &end))
		return wh_fail(&configure->err, EINVAL, WH_POLICY_FILE ": cannot be edited");
	wh_buf_add(ret, text.data, begin);
	wh_buf_add_json(ret, wh_slice_of(word));
	wh_buf_add(ret, text.data + end, text.len - end);
	return wh_buf_status(ret) < 0
		       ? wh_fail_errno(&configure->err, ENOMEM, "cannot edit the policy")
		       : 0;
}

/* A policy that names no runtimes gets the list that is built in, with the real runc. It comes
 * first: what is only passed on reads no further. */
static int put_list(struct wh_configure *configure, struct wh_json *doc, struct wh_slice text,
	const char *real, struct wh_buf *ret)
{
	wh_node root = wh_json_root(doc), first = wh_json_first(doc, root);
	size_t begin, end;

	if (!wh_json_span(doc, root, &begin, &end))
		return wh_fail(&configure->err, EINVAL, WH_POLICY_FILE ": cannot be edited");
	wh_buf_add(ret, text.data, begin + 1);
	wh_buf_add_string(ret, "\n  \"runtimes\": [");
	wh_buf_add_json(ret, wh_slice_of(real));
	wh_buf_add_string(
		ret, first == WH_NO_NODE ? ", \"crun\", \"runsc\"]\n" : ", \"crun\", \"runsc\"],");
	wh_buf_add(ret, text.data + begin + 1, text.len - begin - 1);
	return wh_buf_status(ret) < 0
		       ? wh_fail_errno(&configure->err, ENOMEM, "cannot edit the policy")
		       : 0;
}

int wh_policy_name_real(
	struct wh_configure *configure, struct wh_slice text, const char *real, struct wh_buf *ret)
{
	struct wh_json *doc WH_JSON = NULL;
	int r = parse_policy(configure, text, &doc);
	wh_node list, bare;

	if (r < 0)
		return r;
	list = wh_json_get(doc, wh_json_root(doc), "runtimes");
	bare = find_bare(doc);
	if (bare != WH_NO_NODE)
		return put(configure, doc, bare, text, real, ret);
	if (list == WH_NO_NODE)
		return put_list(configure, doc, text, real, ret);
	if (!names_real(doc, real))
		wh_note(configure,
			WH_POLICY_FILE ": \"runtimes\" does not name %s, so another runtime will "
				       "run what asks for "
				       "runc",
			real);
	wh_buf_add_slice(ret, text);
	return wh_buf_status(ret);
}

int wh_policy_name_bare(struct wh_configure *configure, struct wh_slice text, struct wh_buf *ret)
{
	const struct wh_state_cover *cover = &configure->state.cover;
	struct wh_json *doc WH_JSON = NULL;
	int r = parse_policy(configure, text, &doc);

	if (r < 0)
		return r;
	wh_json_each_element (doc, wh_json_get(doc, wh_json_root(doc), "runtimes"), element) {
		if (wh_json_string_is(doc, element, cover->real))
			return put(configure, doc, element, text, NAME, ret);
	}
	wh_buf_add_slice(ret, text);
	return wh_buf_status(ret);
}
