/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An explicit user: a uid left out is 0 to every runtime, but where the whole user is left out crun
 * and runc differ on exec. Writing out what would be assumed grants nothing and leaves no room for
 * another reading. (uid_t)-1 means "no change" to setresuid(2), so that runtimes asked for it stay
 * root.
 */

#include "trim/kinds.h"

#include <errno.h>
#include <stdint.h>

static int make_explicit(struct wh_trim *trim, wh_node user, const char *key, struct wh_err *err)
{
	wh_node id = wh_json_get(trim->doc, user, key);
	enum wh_json_type type = wh_json_type(trim->doc, id);
	uint64_t value = 0;

	if (type == WH_JSON_NONE || type == WH_JSON_NULL) {
		wh_json_set(trim->doc, user, key, wh_json_new_u64(trim->doc, 0));
		return 0;
	}
	if (wh_json_u64(trim->doc, id, &value) < 0 || value >= UINT32_MAX)
		return wh_json_fail(trim->doc, id, err, EINVAL,
			"4294967295 is no id: the kernel takes it for \"leave as it is\"");
	return 0;
}

int wh_trim_user(struct wh_trim *trim, struct wh_err *err)
{
	wh_node user = wh_json_get(trim->doc, trim->process, "user");
	int r;

	if (wh_json_type(trim->doc, user) != WH_JSON_OBJECT) {
		user = wh_json_new_object(trim->doc);
		wh_json_set(trim->doc, trim->process, "user", user);
	}
	r = make_explicit(trim, user, "uid", err);
	return r < 0 ? r : make_explicit(trim, user, "gid", err);
}
