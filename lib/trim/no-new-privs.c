/* SPDX-License-Identifier: Apache-2.0 */
/*
 * noNewPrivileges: after it no execve(2) gives anything: no setuid bit, no file capability
 * (Documentation/userspace-api/no_new_privs.rst). An exec does not inherit it, so it is set in
 * each.
 */

#include "trim/kinds.h"

int wh_trim_no_new_privileges(struct wh_trim *trim, struct wh_err *err)
{
	static const char key[] = "noNewPrivileges";
	wh_node value = wh_json_get(trim->doc, trim->process, key);

	int r;

	if (wh_json_type(trim->doc, value) == WH_JSON_TRUE)
		return 0;
	r = wh_trim_beyond(trim, WH_KIND_NO_NEW_PRIVILEGES, value, err,
		"a process that may gain privileges by setuid programs");
	if (r <= 0)
		return r;
	wh_json_set(trim->doc, trim->process, key, wh_json_new_bool(trim->doc, true));
	wh_trim_note(
		trim, &(struct wh_change){ key, wh_trim_process_pointer(trim, key), "set",
			      WH_SLICE("true"),
			      "setuid programs and file capabilities must not give privilege" });
	return 0;
}
