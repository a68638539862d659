/* SPDX-License-Identifier: Apache-2.0 */
/* The filter follows the capabilities: by the time it is judged, these have been brought down. */

#include "trim/kinds.h"

#include <errno.h>

#include "seccomp/filter.h"

struct telling {
	struct wh_trim *trim;
	struct wh_err *err;
	int result; /* of the first refusal */
};

static void tell(void *context, const char *action, struct wh_slice what, const char *why)
{
	struct telling *telling = context;
	struct wh_trim *trim = telling->trim;
	bool userns = why == wh_seccomp_userns_why;
	enum wh_kind kind = userns ? WH_KIND_USER_NAMESPACES : WH_KIND_SECCOMP;
	const char *kept = wh_arena_dup(trim->arena, what);

	if (kept == NULL) {
		telling->result =
			wh_fail_errno(telling->err, ENOMEM, "narrowing the seccomp filter");
		return;
	}
	if (telling->result == 0 && wh_trim_limit(trim, kind)->otherwise == WH_REFUSE)
		telling->result = wh_trim_beyond(trim, kind, WH_NO_NODE, telling->err,
			userns ? "user namespaces made inside the container"
			       : "a seccomp filter that lets this much through");
	wh_trim_tell(
		trim, kind, "/linux/seccomp", action, (struct wh_slice){ kept, what.len }, why);
}

static bool may_listen(void *context, struct wh_slice path)
{
	const struct wh_trim *trim = context;

	return wh_setting_has(
		wh_trim_limit(trim, WH_KIND_SECCOMP)->members[WH_SECCOMP_LISTENERS], path);
}

int wh_trim_seccomp(struct wh_trim *trim, struct wh_err *err)
{
	const struct wh_seccomp_limits limits = {
		.kept = trim->held,
		.removed = trim->asked & ~trim->held,
		.user_namespaces =
			wh_trim_limit(trim, WH_KIND_USER_NAMESPACES)->otherwise == WH_KEEP,
		.profiles = trim->facts->profiles,
		.profile_count = trim->facts->profile_count,
		.may_listen = may_listen,
		.context = trim,
	};
	struct telling telling = { trim, err, 0 };
	wh_node section;
	int r;

	if (wh_trim_limit(trim, WH_KIND_SECCOMP)->otherwise == WH_KEEP)
		return 0;
	section = wh_trim_member(trim, trim->config, "linux", WH_JSON_OBJECT);
	r = wh_seccomp_follow(trim->doc, section, &limits, tell, &telling, err);
	return r < 0 ? r : telling.result;
}
