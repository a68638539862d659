/* SPDX-License-Identifier: Apache-2.0 */
/*
 * createRuntime and poststart, since those run in the runtime's namespaces and read-only for the
 * container: a createContainer hook runs in the container's, where its program could be anybody's.
 */

#include "trim/verify.h"

#include <errno.h>
#include "seccomp/filter.h"
#include "trim/kinds.h"
#include "trim/own-hooks.h"

static const struct {
	const char *point;
	const char *stage; /* the hook's first argument */
} points[] = {
	{ "createRuntime", "create" },
	{ "poststart", "start" },
};

/* ---- the decision as words --------------------------------------------------------------------
 */

/* The namespaces that are made for it, as in /proc/PID/ns, with commas between. */
static void add_namespaces(struct wh_trim *trim, struct wh_buf *to)
{
	static const struct {
		const char *type, *name;
	} names[] = { { "cgroup", "cgroup" }, { "ipc", "ipc" }, { "mount", "mnt" },
		{ "network", "net" }, { "pid", "pid" }, { "user", "user" }, { "uts", "uts" } };
	wh_node list =
		wh_json_get(trim->doc, wh_json_get(trim->doc, trim->config, "linux"), "namespaces");
	const char *before = "";

	wh_json_each_element (trim->doc, list, entry) {
		wh_node type = wh_json_get(trim->doc, entry, "type");
		wh_node path = wh_json_get(trim->doc, entry, "path");

		if (wh_json_string(trim->doc, path).len > 0)
			continue;
		for (size_t i = 0; i < WH_COUNT(names); i++) {
			if (!wh_json_string_is(trim->doc, type, names[i].type))
				continue;
			wh_buf_addf(to, "%s%s", before, names[i].name);
			before = ",";
		}
	}
}

static bool is_true(const struct wh_trim *trim, wh_node object, const char *key)
{
	return wh_json_type(trim->doc, wh_json_get(trim->doc, object, key)) == WH_JSON_TRUE;
}

static void add_word(struct wh_trim *trim, wh_node args, struct wh_slice word)
{
	wh_json_append(trim->doc, args, wh_json_new_string(trim->doc, word));
}

static void add_words(struct wh_trim *trim, wh_node args)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	wh_node section = wh_json_get(trim->doc, trim->config, "linux");
	wh_node root = wh_json_get(trim->doc, trim->config, "root");

	wh_buf_addf(&text, "--capabilities=%016llx", (unsigned long long)trim->held);
	add_word(trim, args, (struct wh_slice){ text.data, text.len });
	text.len = 0;
	wh_buf_add_string(&text, "--namespaces=");
	add_namespaces(trim, &text);
	add_word(trim, args, (struct wh_slice){ text.data, text.len });
	if (wh_trim_has_users(trim))
		add_word(trim, args, WH_SLICE("--user-namespace"));
	if (is_true(trim, trim->process, "noNewPrivileges"))
		add_word(trim, args, WH_SLICE("--no-new-privileges"));
	if (!wh_seccomp_is_open(trim->doc, wh_json_get(trim->doc, section, "seccomp")))
		add_word(trim, args, WH_SLICE("--seccomp"));
	if (is_true(trim, root, "readonly"))
		add_word(trim, args, WH_SLICE("--readonly-rootfs"));
}

/* ---- the hook ---------------------------------------------------------------------------------
 */

int wh_verify_add(struct wh_trim *trim, const char *program, bool timeout, struct wh_err *err)
{
	for (size_t i = 0; i < WH_COUNT(points); i++) {
		struct wh_own_hook hook = {
			.point = points[i].point,
			.program = program,
			.name = WH_VERIFY_PROGRAM,
			.stage = points[i].stage,
			.words = wh_json_new_array(trim->doc),
			.timeout = timeout ? WH_VERIFY_TIMEOUT : 0,
		};

		add_words(trim, hook.words);
		wh_own_hook_add(trim->doc, &hook);
	}
	wh_trim_tell(trim, WH_KIND_HOOKS, "/hooks", "added", WH_SLICE(WH_VERIFY_PROGRAM),
		"the policy has the container verified");
	if (wh_json_status(trim->doc) < 0)
		return wh_fail_errno(err, ENOMEM, "adding the hook that verifies");
	return 0;
}
