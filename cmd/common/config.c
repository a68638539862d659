/* SPDX-License-Identifier: Apache-2.0 */
/* config.json, read once, out of a folder that nobody else can write. */

#include <errno.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "common/judge.h"
#include "common/read.h"
#include "host/file.h"
#include "oci/schema.h"

/* Where a sticky folder will do above a bundle, it will not do for the bundle itself: others could
 * add to it what config.json names but the bundle does not have yet. */
static int check_bundle(int bundle, struct wh_err *err)
{
	struct stat st;

	if (fstat(bundle, &st) < 0)
		return wh_fail_errno(err, errno, "cannot look at the folder");
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) == 0)
		return 0;
	return wh_fail(err, EPERM,
		"the folder can be written by others than its owner (mode %04o), if only to add "
		"files; take that away with chmod go-w, or use a folder inside it",
		(unsigned)(st.st_mode & 07777));
}

int wh_read_config(
	struct wh_json **ret, int *ret_fd, int bundle, const char *path, struct wh_err *err)
{
	struct wh_json *doc WH_JSON = NULL;
	int fd WH_FD = WH_NO_FD;
	int r = check_bundle(bundle, err);

	if (r == 0)
		r = fd = wh_open_trusted_at(bundle, "config.json", err);
	if (r >= 0)
		r = wh_read_json(&doc, fd, "config.json", err);
	if (r >= 0) {
		r = wh_schema_check(doc, wh_json_root(doc), &wh_schema_config, err);
		if (r < 0)
			wh_err_prefix(err, "config.json");
	}
	if (r < 0) {
		wh_err_prefix(err, "bundle %s", path);
		return r;
	}
	*ret = wh_steal_ptr(doc);
	if (ret_fd != NULL)
		*ret_fd = wh_steal_fd(fd);
	return 0;
}
