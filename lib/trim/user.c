/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An explicit user: a uid left out is 0 to every runtime, but where the whole user is left out crun
 * and runc differ on exec. Writing out what would be assumed grants nothing and leaves no room for
 * another reading. (uid_t)-1 means "no change" to setresuid(2), so that runtimes asked for it stay
 * root.
 *
 * Then whether it may be that one, and be in those groups.
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

static wh_node the_user(const struct wh_trim *trim)
{
	return wh_json_get(trim->doc, trim->process, "user");
}

int wh_trim_user(struct wh_trim *trim, struct wh_err *err)
{
	wh_node user = wh_trim_member(trim, trim->process, "user", WH_JSON_OBJECT);
	int r = make_explicit(trim, user, "uid", err);

	return r < 0 ? r : make_explicit(trim, user, "gid", err);
}

static bool is_zero(const struct wh_trim *trim, const char *key)
{
	uint64_t id = 0;

	return wh_json_u64(trim->doc, wh_json_get(trim->doc, the_user(trim), key), &id) == 0 &&
	       id == 0;
}

static void become(struct wh_trim *trim, const char *key, int64_t id, const char *pointer)
{
	wh_node number = wh_json_new_u64(trim->doc, (uint64_t)id);

	wh_json_set(trim->doc, the_user(trim), key, number);
	wh_trim_tell(trim, WH_KIND_RUN_AS_NON_ROOT, wh_trim_process_pointer(trim, pointer), "set",
		wh_json_raw(trim->doc, number), "the policy does not allow user 0");
}

int wh_trim_run_as_non_root(struct wh_trim *trim, struct wh_err *err)
{
	const struct wh_limit *limit = wh_trim_limit(trim, WH_KIND_RUN_AS_NON_ROOT);
	int64_t uid, gid;
	int r;

	if (limit->otherwise == WH_KEEP || !is_zero(trim, "uid"))
		return 0;
	r = wh_trim_beyond(trim, WH_KIND_RUN_AS_NON_ROOT, the_user(trim), err,
		"user 0 (give the image or the request another user)");
	if (r <= 0)
		return r;
	uid = limit->members[WH_USER_UID]->items[0].low;
	gid = limit->members[WH_USER_GID] == NULL ? uid : limit->members[WH_USER_GID]->items[0].low;
	become(trim, "uid", uid, "user/uid");
	if (is_zero(trim, "gid"))
		become(trim, "gid", gid, "user/gid");
	return 0;
}

int wh_trim_supplemental_groups(struct wh_trim *trim, struct wh_err *err)
{
	const struct wh_limit *limit = wh_trim_limit(trim, WH_KIND_SUPPLEMENTAL_GROUPS);
	wh_node groups = wh_json_get(trim->doc, the_user(trim), "additionalGids");
	wh_node next;

	for (wh_node id = wh_json_first(trim->doc, groups); id != WH_NO_NODE; id = next) {
		int64_t number = -1;
		int r;

		next = wh_json_next(trim->doc, id);
		if (wh_json_i64(trim->doc, id, &number) == 0 &&
			wh_setting_has_number(limit->members[WH_ALLOW], number))
			continue;
		r = wh_trim_beyond(trim, WH_KIND_SUPPLEMENTAL_GROUPS, id, err,
			"the supplementary group %lld", (long long)number);
		if (r < 0)
			return r;
		if (r == 0)
			break;
		wh_trim_tell(trim, WH_KIND_SUPPLEMENTAL_GROUPS,
			wh_trim_process_pointer(trim, "user/additionalGids"), "removed",
			wh_json_raw(trim->doc, id), WH_NOT_ALLOWED);
		wh_json_remove(trim->doc, groups, id);
	}
	return 0;
}
