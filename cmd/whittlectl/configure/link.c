/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The link for a policy: whittle-NAME beside whittle, by which it knows which policy to load. None
 * but a link of this kind is ever made or removed.
 */

#include "configure.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "host/file.h"

int wh_leads_to_whittle(struct wh_configure *configure, bool *ret)
{
	struct stat st;

	*ret = false;
	if (lstat(configure->program, &st) < 0)
		return errno == ENOENT ? 0
				       : wh_fail_errno(&configure->err, errno, "cannot look at %s",
						 configure->program);
	*ret = stat(configure->program, &st) == 0 && st.st_dev == configure->whittle_st.st_dev &&
	       st.st_ino == configure->whittle_st.st_ino;
	if (!*ret)
		return wh_fail(&configure->err, EEXIST,
			"%s is there and is not whittle; remove it, or choose another name for the "
			"policy",
			configure->program);
	return 0;
}

int wh_make_link(struct wh_configure *configure)
{
	const char *name;
	int folder WH_FD = WH_NO_FD;
	bool there;
	int r = wh_leads_to_whittle(configure, &there);

	if (r < 0 || there || configure->dry_run)
		return r;
	folder = wh_open_trusted_parent(configure->program, &name, &configure->err);
	if (folder < 0)
		return folder;
	if (symlinkat("whittle", folder, name) < 0)
		return wh_fail_errno(
			&configure->err, errno, "cannot make the link %s", configure->program);
	return 0;
}

int wh_remove_link(struct wh_configure *configure, const char *path)
{
	char leads[16];
	const char *name;
	int folder WH_FD = WH_NO_FD;
	ssize_t len;

	folder = wh_open_trusted_parent(path, &name, &configure->err);
	if (folder < 0)
		return folder == -ENOENT ? 0 : folder;
	len = readlinkat(folder, name, leads, sizeof(leads));
	if (len != 7 || memcmp(leads, "whittle", 7) != 0)
		return 0;
	if (unlinkat(folder, name, 0) < 0 && errno != ENOENT)
		return wh_fail_errno(&configure->err, errno, "cannot remove the link %s", path);
	return 0;
}
