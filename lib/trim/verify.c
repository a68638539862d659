/* SPDX-License-Identifier: Apache-2.0 */
/*
 * createRuntime and poststart, since those run in the runtime's namespaces and read-only for the
 * container: a createContainer hook runs in the container's, where its program could be anybody's.
 */

#include "trim/verify.h"

#include <errno.h>
#include <string.h>

#include "seccomp/filter.h"
#include "trim/kinds.h"

static const struct {
	const char *point;
	const char *stage; /* the hook's first argument */
} points[] = {
	{ "createRuntime", "create" },
	{ "poststart", "start" },
};

void wh_verify_remove(struct wh_json *doc, const char *program)
{
	wh_node hooks = wh_json_get(doc, wh_json_root(doc), "hooks");

	wh_json_each_member (doc, hooks, key) {
		wh_node list = wh_json_next(doc, key);

		wh_json_each_element (doc, list, hook) {
			if (wh_json_string_is(doc, wh_json_get(doc, hook, "path"), program))
				wh_json_remove(doc, list, hook);
		}
	}
}

bool wh_verify_is_there(struct wh_json *doc)
{
	static const char end[] = "/" WH_VERIFY_PROGRAM;
	wh_node hooks = wh_json_get(doc, wh_json_root(doc), "hooks");

	wh_json_each_member (doc, hooks, key) {
		wh_json_each_element (doc, wh_json_next(doc, key), hook) {
			struct wh_slice path = wh_json_string(doc, wh_json_get(doc, hook, "path"));

			if (path.len >= sizeof(end) - 1 &&
				memcmp(path.data + path.len - (sizeof(end) - 1), end,
					sizeof(end) - 1) == 0)
				return true;
		}
	}
	return false;
}

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

static bool has_users(const struct wh_trim *trim)
{
	wh_node list =
		wh_json_get(trim->doc, wh_json_get(trim->doc, trim->config, "linux"), "namespaces");

	wh_json_each_element (trim->doc, list, entry) {
		if (wh_json_string_is(trim->doc, wh_json_get(trim->doc, entry, "type"), "user"))
			return true;
	}
	return false;
}

static bool is_true(const struct wh_trim *trim, wh_node object, const char *key)
{
	return wh_json_type(trim->doc, wh_json_get(trim->doc, object, key)) == WH_JSON_TRUE;
}

static void add_word(struct wh_trim *trim, wh_node args, struct wh_slice word)
{
	wh_json_append(trim->doc, args, wh_json_new_string(trim->doc, word));
}

static void add_words(struct wh_trim *trim, wh_node args, const char *stage)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	wh_node section = wh_json_get(trim->doc, trim->config, "linux");
	wh_node root = wh_json_get(trim->doc, trim->config, "root");

	add_word(trim, args, WH_SLICE(WH_VERIFY_PROGRAM));
	add_word(trim, args, wh_slice_of(stage));
	wh_buf_addf(&text, "--capabilities=%016llx", (unsigned long long)trim->held);
	add_word(trim, args, (struct wh_slice){ text.data, text.len });
	text.len = 0;
	wh_buf_add_string(&text, "--namespaces=");
	add_namespaces(trim, &text);
	add_word(trim, args, (struct wh_slice){ text.data, text.len });
	if (has_users(trim))
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

static wh_node new_hook(struct wh_trim *trim, const char *program, const char *stage, bool timeout)
{
	struct wh_json *doc = trim->doc;
	wh_node hook = wh_json_new_object(doc), args = wh_json_new_array(doc);
	wh_node env = wh_json_new_array(doc);

	add_words(trim, args, stage);
	wh_json_append(doc, env, wh_json_new_string(doc, WH_SLICE("LC_ALL=C")));
	wh_json_set(doc, hook, "path", wh_json_new_string(doc, wh_slice_of(program)));
	wh_json_set(doc, hook, "args", args);
	wh_json_set(doc, hook, "env", env);
	if (timeout)
		wh_json_set(doc, hook, "timeout", wh_json_new_i64(doc, WH_VERIFY_TIMEOUT));
	return hook;
}

int wh_verify_add(struct wh_trim *trim, const char *program, bool timeout, struct wh_err *err)
{
	wh_node hooks = wh_trim_member(trim, trim->config, "hooks", WH_JSON_OBJECT);

	for (size_t i = 0; i < WH_COUNT(points); i++) {
		wh_node list = wh_trim_member(trim, hooks, points[i].point, WH_JSON_ARRAY);

		wh_json_append(trim->doc, list, new_hook(trim, program, points[i].stage, timeout));
	}
	wh_trim_tell(trim, WH_KIND_HOOKS, "/hooks", "added", WH_SLICE(WH_VERIFY_PROGRAM),
		"the policy has the container verified");
	if (wh_json_status(trim->doc) < 0)
		return wh_fail_errno(err, ENOMEM, "adding the hook that verifies");
	return 0;
}
