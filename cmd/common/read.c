/* SPDX-License-Identifier: Apache-2.0 */
/* An open file as a document: lib/host reads, lib/json parses. */

#include "common/read.h"

#include "host/file.h"

int wh_read_json(struct wh_json **ret, int fd, const char *place, struct wh_err *err)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int r = wh_read_all(fd, WH_JSON_MAX_SIZE, &text, err);

	if (r == 0)
		r = wh_json_parse_take(ret, &text, NULL, err);
	if (r < 0)
		wh_err_prefix(err, "%s", place);
	return r;
}
