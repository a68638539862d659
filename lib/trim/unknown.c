/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of a specification that is newer than whittle: they stay, and the record says so; or the
 * container is refused for them. */

#include "trim/kinds.h"

#include <errno.h>

#include "oci/schema.h"

struct unknown {
	struct wh_trim *trim;
	struct wh_err *err;
};

static int judge_field(void *context, wh_node key)
{
	const struct unknown *unknown = context;
	struct wh_trim *trim = unknown->trim;
	struct wh_buf pointer WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	const char *text;
	int r = wh_trim_beyond(trim, WH_KIND_UNKNOWN_FIELDS, key, unknown->err,
		"a field that this version of whittle does not know");

	if (r < 0)
		return r;
	if (trim->changes.count >= WH_CHANGES_MAX / 4) {
		trim->changes.told++;
		return 0;
	}
	wh_json_pointer(trim->doc, key, &pointer);
	text = wh_buf_status(&pointer) < 0
		       ? NULL
		       : wh_arena_dup(trim->arena, (struct wh_slice){ pointer.data, pointer.len });
	if (text == NULL)
		return wh_fail_errno(unknown->err, ENOMEM, "judging the container");
	wh_trim_tell(trim, WH_KIND_UNKNOWN_FIELDS, text, WH_KEPT, wh_slice_of(text),
		"this version of whittle does not know it");
	return 0;
}

int wh_trim_unknown_fields(struct wh_trim *trim, struct wh_err *err)
{
	struct unknown unknown = { trim, err };

	return wh_schema_each_unknown(
		trim->doc, trim->config, &wh_schema_config, judge_field, &unknown);
}
