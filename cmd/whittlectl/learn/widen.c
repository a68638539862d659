/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a policy with what was learnt would allow a container more than it does. */

#include <errno.h>
#include <string.h>

#include "policy-work.h"
#include "policy/policy.h"
#include "whittlectl/diff/diff.h"

static int read_side(struct wh_learn_work *work, struct wh_slice text, struct wh_side *ret)
{
	struct wh_buf copy WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;

	*ret = (struct wh_side){ .file = work->file, .policy = true };
	wh_buf_add_slice(&copy, text);
	return wh_diff_read_policy(ret, &copy, &work->arena, &work->err);
}

static bool keeps_all(const struct wh_privileges *grants, enum wh_kind kind)
{
	static const char all[] = "whatever is asked for";

	for (size_t i = 0; i < grants->count; i++) {
		if (grants->items[i].kind == kind && strcmp(grants->items[i].text, all) == 0)
			return true;
	}
	return false;
}

#define PROFILE "profile "

static bool has_profile(const struct wh_privileges *grants, const char *path)
{
	for (size_t i = 0; i < grants->count; i++) {
		const char *text = grants->items[i].text;

		if (grants->items[i].kind == WH_KIND_SECCOMP &&
			strncmp(text, PROFILE, strlen(PROFILE)) == 0 &&
			(path == NULL || strcmp(text + strlen(PROFILE), path) == 0))
			return true;
	}
	return false;
}

/* A list of devices where all were kept is less and not more, and so is a profile where there was
 * none. */
static bool is_less(const struct wh_privileges *before, const struct wh_privilege *item)
{
	if (keeps_all(before, item->kind))
		return true;
	return item->kind == WH_KIND_SECCOMP &&
	       strncmp(item->text, PROFILE, strlen(PROFILE)) == 0 && !has_profile(before, NULL);
}

/* What a rule would allow that it does not allow now. */
static int compare_rule(struct wh_learn_work *work, const struct wh_scope_grants *before,
	const struct wh_scope_grants *after)
{
	struct wh_privileges more;

	if (wh_privileges_without(&after->grants, &before->grants, &work->arena, &more) < 0)
		return wh_learn_no_memory(work);
	for (size_t i = 0; i < more.count; i++) {
		if (is_less(&before->grants, &more.items[i]))
			continue;
		wh_buf_addf(&work->notes, "rule \"%s\" allows more: %s: %s\n", before->name,
			wh_kind_info(more.items[i].kind)->key, more.items[i].text);
		work->widens = true;
	}
	return 0;
}

static int parse_profile(struct wh_learn_work *work, struct wh_slice text, struct wh_json **ret)
{
	struct wh_buf copy WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;

	wh_buf_add_slice(&copy, text);
	return wh_json_parse_take(ret, &copy, NULL, &work->err);
}

/* Whether the profile allows the call whatever its arguments are. */
static bool allows(struct wh_json *doc, struct wh_slice call)
{
	wh_json_each_element (doc, wh_json_get(doc, wh_json_root(doc), "syscalls"), rule) {
		if (!wh_json_string_is(doc, wh_json_get(doc, rule, "action"), "SCMP_ACT_ALLOW") ||
			wh_json_first(doc, wh_json_get(doc, rule, "args")) != WH_NO_NODE)
			continue;
		wh_json_each_element (doc, wh_json_get(doc, rule, "names"), name) {
			if (wh_slice_eq(wh_json_string(doc, name), call))
				return true;
		}
	}
	return false;
}

/* A profile that a rule names by the same path may not grow unseen. */
static int compare_profile(struct wh_learn_work *work, const struct wh_learn_profile *profile)
{
	struct wh_target target WH_TARGET = { .folder = WH_NO_FD, .fd = WH_NO_FD };
	struct wh_json *before WH_JSON = NULL, *after WH_JSON = NULL;
	int r = wh_target_open(&target, profile->path, &work->arena, &work->err);

	if (r < 0 || target.fd < 0)
		return r;
	r = parse_profile(work, wh_text_of(&target.text), &before);
	if (r == 0)
		r = parse_profile(work, wh_text_of(&profile->text), &after);
	if (r < 0) {
		wh_err_prefix(&work->err, "%s", profile->path);
		return r;
	}
	wh_json_each_element (after, wh_json_get(after, wh_json_root(after), "syscalls"), rule) {
		wh_json_each_element (after, wh_json_get(after, rule, "names"), name) {
			struct wh_slice call = wh_json_string(after, name);

			if (allows(before, call))
				continue;
			wh_buf_addf(&work->notes, "%s allows more: %.*s\n", profile->path,
				(int)call.len, call.data);
			work->widens = true;
		}
	}
	return 0;
}

static int compare_profiles(struct wh_learn_work *work, const struct wh_side *before)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < work->profile_count; i++) {
		for (size_t k = 0; k < before->count; k++) {
			if (!has_profile(&before->scopes[k].grants, work->profiles[i].path))
				continue;
			r = compare_profile(work, &work->profiles[i]);
			break;
		}
	}
	return r;
}

int wh_learn_compare(struct wh_learn_work *work)
{
	struct wh_side before, after;
	int r = read_side(work, wh_learn_text_before(work), &before);

	if (r == 0)
		r = read_side(work, wh_text_of(&work->text), &after);
	for (size_t i = 0; r == 0 && i < before.count; i++) {
		for (size_t k = 0; r == 0 && k < after.count; k++) {
			if (strcmp(before.scopes[i].name, after.scopes[k].name) == 0)
				r = compare_rule(work, &before.scopes[i], &after.scopes[k]);
		}
	}
	return r < 0 ? r : compare_profiles(work, &before);
}
