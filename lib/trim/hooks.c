/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hooks: programs that the runtime runs for a container, most of them as root on the host. The
 * engines' own are known by their program and how they call it, others by the policy; all must be
 * root's. One that is not allowed is refused and never taken out, since it may be what makes a
 * firewall.
 *
 * A hook without an environment gets one: in runc 1.1 a createContainer hook without inherits that
 * of the image (CVE-2025-23266 was a hook that did). Empty would be dropped on runc's own way from
 * its parent to its child, so it has a PATH.
 */

#include "trim/kinds.h"

#include <string.h>

#define TIMEOUT_DEFAULT 120 /* seconds; engines' hooks take milliseconds */

static const char path_variable[] =
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/* In the order of the specification (config.md, "POSIX-platform Hooks"). */
static const char *const points[] = { "prestart", "createRuntime", "createContainer",
	"startContainer", "poststart", "poststop" };

static const struct {
	const char *program; /* the last part of its path */
	size_t index;        /* which of its arguments tells what it does… */
	const char *word;    /* …by being this; NULL: whatever it is called with */
} engines[] = {
	{ "dockerd", 0, "libnetwork-setkey" },        /* moby, libnetwork */
	{ "nerdctl", 1, "internal" },                 /* nerdctl internal oci-hook */
	{ "nvidia-container-runtime-hook", 0, NULL }, /* NVIDIA's toolkit, legacy mode */
	{ "nvidia-container-toolkit", 0, NULL },      /* its older name */
	{ "nvidia-ctk", 1, "hook" },                  /* NVIDIA's CDI */
	{ "nvidia-cdi-hook", 0, NULL },               /* its newer name */
	{ "oci-systemd-hook", 0, NULL },              /* Podman, Red Hat */
	{ "oci-umount", 0, NULL },
};

/* The folders of the system's packages and of the administrator; a path elsewhere is nobody's. */
static const char *const folders[] = { "/usr/bin/", "/usr/sbin/", "/usr/local/bin/",
	"/usr/local/sbin/", "/usr/libexec/oci/hooks.d/", "/usr/local/nvidia/toolkit/" };

/* What of the path lies in one of these folders, without folders of its own; NULL when it does not.
 */
static const char *system_name(const char *path)
{
	for (size_t i = 0; i < WH_COUNT(folders); i++) {
		size_t len = strlen(folders[i]);

		if (strncmp(path, folders[i], len) == 0 && strchr(path + len, '/') == NULL)
			return path + len;
	}
	return NULL;
}

static wh_node element_at(const struct wh_json *doc, wh_node array, size_t index)
{
	wh_json_each_element (doc, array, element) {
		if (index-- == 0)
			return element;
	}
	return WH_NO_NODE;
}

static bool is_engines(const struct wh_trim *trim, wh_node hook, const char *program)
{
	const char *name = system_name(program);
	wh_node args = wh_json_get(trim->doc, hook, "args");

	for (size_t i = 0; name != NULL && i < WH_COUNT(engines); i++) {
		wh_node word = element_at(trim->doc, args, engines[i].index);

		if (strcmp(name, engines[i].program) == 0 &&
			(engines[i].word == NULL ||
				wh_json_string_is(trim->doc, word, engines[i].word)))
			return true;
	}
	return false;
}

static bool is_allowed(
	const struct wh_trim *trim, wh_node hook, const struct wh_hook_program *program)
{
	const struct wh_setting *allow = wh_trim_limit(trim, WH_KIND_HOOKS)->members[WH_ALLOW];

	if (program == NULL || program->real == NULL || !program->trusted)
		return false;
	return is_engines(trim, hook, program->real) ||
	       (wh_setting_is_given(allow) && wh_setting_has(allow, wh_slice_of(program->real)));
}

/* ---- what an allowed one gets ---------------------------------------------------------------- */

static void give_environment(struct wh_trim *trim, wh_node hook)
{
	struct wh_json *doc = trim->doc;
	wh_node env = wh_json_get(doc, hook, "env");

	if (wh_json_first(doc, env) != WH_NO_NODE)
		return;
	env = wh_json_new_array(doc);
	wh_json_append(doc, env, wh_json_new_string(doc, wh_slice_of(path_variable)));
	wh_json_set(doc, hook, "env", env);
	wh_trim_tell(trim, WH_KIND_HOOKS, "/hooks", "added", WH_SLICE("env"),
		"a hook without an environment inherits the image's");
}

static void give_timeout(struct wh_trim *trim, wh_node hook)
{
	const struct wh_setting *setting =
		wh_trim_limit(trim, WH_KIND_HOOKS)->members[WH_HOOKS_TIMEOUT];
	wh_node number = wh_json_get(trim->doc, hook, "timeout");

	if (wh_json_type(trim->doc, number) == WH_JSON_NUMBER)
		return;
	number = wh_json_new_i64(
		trim->doc, setting == NULL ? TIMEOUT_DEFAULT : setting->items[0].low);
	wh_json_set(trim->doc, hook, "timeout", number);
	wh_trim_tell(trim, WH_KIND_HOOKS, "/hooks", "added", WH_SLICE("timeout"),
		"a hook that hangs must not hang the container's start for ever");
}

static int judge_hook(struct wh_trim *trim, wh_node hook, const struct wh_hook_program *program,
	struct wh_err *err)
{
	if (!is_allowed(trim, hook, program)) {
		const char *why =
			program != NULL && program->real != NULL && !program->trusted
				? "a hook whose program others than root could have written"
				: "this hook";

		return wh_trim_beyond(trim, WH_KIND_HOOKS, hook, err, "%s", why);
	}
	give_environment(trim, hook);
	give_timeout(trim, hook);
	return 0;
}

static bool is_point(const struct wh_trim *trim, wh_node key)
{
	for (size_t i = 0; i < WH_COUNT(points); i++) {
		if (wh_json_string_is(trim->doc, key, points[i]))
			return true;
	}
	return false;
}

int wh_trim_hooks(struct wh_trim *trim, struct wh_err *err)
{
	const struct wh_hook_program *program = trim->facts->hooks;
	wh_node hooks = wh_json_get(trim->doc, trim->config, "hooks");

	if (wh_trim_limit(trim, WH_KIND_HOOKS)->otherwise == WH_KEEP)
		return 0;
	wh_json_each_member (trim->doc, hooks, key) {
		wh_json_each_element (trim->doc, wh_json_next(trim->doc, key), hook) {
			/* No runtime knows of the other points; their programs were looked at. */
			int r = is_point(trim, key) ? judge_hook(trim, hook, program, err) : 0;

			if (r < 0)
				return r;
			program += program != NULL;
		}
	}
	return 0;
}
