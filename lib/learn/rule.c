/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The smallest rule that lets a container do what it was seen to do. What was not watched is left
 * as generous as the container asks for, or is not spoken of.
 */

#include "learn/rule.h"

#include <string.h>

#define MAX_NAME 128 /* of a rule */

/* Devices that every runtime makes and the policy never takes. */
static const char *const usual_devices[] = { "/dev/console", "/dev/full", "/dev/null", "/dev/ptmx",
	"/dev/random", "/dev/tty", "/dev/urandom", "/dev/zero" };

bool wh_learnt_was_root(const struct wh_learnt *learnt)
{
	if (learnt->uid == 0)
		return true;
	for (size_t i = 0; i < learnt->user_count; i++) {
		if (learnt->users[i].uid == 0)
			return true;
	}
	for (size_t i = 0; i < learnt->program_count; i++) {
		if (learnt->programs[i].setuid)
			return true;
	}
	return false;
}

static bool was_somebody(const struct wh_learnt *learnt)
{
	if (learnt->uid != 0)
		return true;
	for (size_t i = 0; i < learnt->user_count; i++) {
		if (learnt->users[i].uid != 0)
			return true;
	}
	return false;
}

bool wh_learnt_no_new_privileges(const struct wh_learnt *learnt)
{
	for (size_t i = 0; i < learnt->program_count; i++) {
		const struct wh_learnt_program *program = &learnt->programs[i];

		if (program->setuid || program->setgid ||
			(program->capabilities != 0 && was_somebody(learnt)))
			return false;
	}
	return true;
}

/* ---- the parts --------------------------------------------------------------------------- */

static void set_text(struct wh_json *doc, wh_node object, const char *key, const char *text)
{
	wh_json_set(doc, object, key, wh_json_new_string(doc, wh_slice_of(text)));
}

static void set_bool(struct wh_json *doc, wh_node object, const char *key, bool value)
{
	wh_json_set(doc, object, key, wh_json_new_bool(doc, value));
}

/* As the policy spells names: printable, not too long, and not the one that is taken. */
static void set_name(struct wh_json *doc, wh_node rule, const char *name)
{
	char shown[MAX_NAME + 1];

	wh_copy_printable(shown, sizeof(shown), name);
	set_text(doc, rule, "name", strcmp(shown, "default") == 0 ? "default-learnt" : shown);
}

/* References have no character that means something in a pattern; what has is none. */
static void set_match(struct wh_json *doc, wh_node rule, const char *image)
{
	wh_node match;

	if (image == NULL || image[0] == '\0' || strpbrk(image, "*?[]\\") != NULL)
		return;
	for (const char *at = image; *at != '\0'; at++) {
		if (*at <= ' ' || *at > '~')
			return;
	}
	match = wh_json_new_object(doc);
	set_text(doc, match, "image", image);
	wh_json_set(doc, rule, "match", match);
}

static bool set_capabilities(const struct wh_learnt *learnt,
	const struct wh_learnt_rule_options *options, struct wh_json *doc, wh_node rule,
	struct wh_arena *arena)
{
	wh_capset kept = wh_learnt_capabilities(learnt, options->used_only) & ~options->without;
	wh_node object = wh_json_new_object(doc);

	for (size_t i = 0; i < learnt->use_count; i++) {
		const struct wh_use_of *use = &learnt->uses[i];
		const char *reason;

		if ((kept & wh_capset_of(use->capability)) == 0 || use->capability >= WH_CAP_COUNT)
			continue;
		reason = wh_learnt_reason(learnt, use, arena);
		if (reason == NULL)
			return false;
		set_text(doc, object, wh_capability_get(use->capability)->name, reason);
	}
	wh_json_set(doc, rule, "capabilities", object);
	return true;
}

static wh_node new_list(struct wh_json *doc, const char *const *texts, size_t count)
{
	wh_node list = wh_json_new_array(doc);

	for (size_t i = 0; i < count; i++)
		wh_json_append(doc, list, wh_json_new_string(doc, wh_slice_of(texts[i])));
	return list;
}

static bool set_root(
	const struct wh_learnt *learnt, struct wh_json *doc, wh_node rule, struct wh_arena *arena)
{
	struct wh_learnt_root root;

	if (wh_learnt_root(learnt, arena, &root) < 0)
		return false;
	set_bool(doc, rule, "readonlyRootfs", root.readonly);
	if (root.readonly && root.count > 0)
		wh_json_set(doc, rule, "tmpfs", new_list(doc, root.tmpfs, root.count));
	return true;
}

static bool is_usual(const char *device)
{
	for (size_t i = 0; i < WH_COUNT(usual_devices); i++) {
		if (strcmp(device, usual_devices[i]) == 0)
			return true;
	}
	return strncmp(device, "/dev/pts/", strlen("/dev/pts/")) == 0;
}

/* A path that is a pattern which matches itself alone, and can be shown. */
static bool is_plain(const char *path)
{
	size_t len = strlen(path);

	for (const char *at = path; *at != '\0'; at++) {
		if (*at < ' ' || *at > '~')
			return false;
	}
	return path[0] == '/' && len > 1 && path[len - 1] != '/' &&
	       strpbrk(path, "*?[]\\") == NULL && strstr(path, "//") == NULL &&
	       strstr(path, "/./") == NULL && strstr(path, "/../") == NULL;
}

static void set_devices(const struct wh_learnt *learnt, struct wh_json *doc, wh_node rule)
{
	wh_node list;

	if (learnt->devices_unknown != NULL)
		return;
	list = wh_json_new_array(doc);
	for (size_t i = 0; i < learnt->device_count; i++) {
		const char *device = learnt->devices[i];

		if (!is_usual(device) && is_plain(device))
			wh_json_append(doc, list, wh_json_new_string(doc, wh_slice_of(device)));
	}
	wh_json_set(doc, rule, "devices", list);
}

wh_node wh_learnt_rule(const struct wh_learnt *learnt, const struct wh_learnt_rule_options *options,
	struct wh_json *doc, struct wh_arena *arena)
{
	wh_node rule = wh_json_new_object(doc);

	set_name(doc, rule, options->name != NULL ? options->name : learnt->name);
	set_match(doc, rule, learnt->image);
	if (!set_capabilities(learnt, options, doc, rule, arena) ||
		!set_root(learnt, doc, rule, arena))
		return WH_NO_NODE;
	set_bool(doc, rule, "noNewPrivileges", wh_learnt_no_new_privileges(learnt));
	set_bool(doc, rule, "runAsNonRoot", !wh_learnt_was_root(learnt));
	set_devices(learnt, doc, rule);
	if (options->seccomp != NULL)
		set_text(doc, rule, "seccomp", options->seccomp);
	return wh_json_status(doc) < 0 ? WH_NO_NODE : rule;
}
