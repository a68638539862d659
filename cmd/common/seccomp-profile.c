/* SPDX-License-Identifier: Apache-2.0 */
#include "common/seccomp-profile.h"

#include <errno.h>

#include "base/fd.h"
#include "common/read.h"
#include "host/file.h"
#include "oci/schema.h"
#include "seccomp/filter.h"

/* The form that Docker reads has conditions on capabilities and kernels; to leave those out would
 * open what they close. */
static int check_form(struct wh_json *doc, struct wh_err *err)
{
	static const char *const keys[] = { "includes", "excludes" };
	wh_node root = wh_json_root(doc);
	bool foreign = wh_json_get(doc, root, "archMap") != WH_NO_NODE;

	wh_json_each_element (doc, wh_json_get(doc, root, "syscalls"), rule) {
		for (size_t i = 0; i < WH_COUNT(keys); i++)
			foreign |=
				wh_json_first(doc, wh_json_get(doc, rule, keys[i])) != WH_NO_NODE;
	}
	return !foreign ? 0
			: wh_fail(err, EINVAL,
				  "this is a profile in Docker's form (archMap, includes, "
				  "excludes); give it in the form of config.json's \"seccomp\"");
}

int wh_read_seccomp_profile(const char *path, struct wh_json **ret, struct wh_err *err)
{
	struct wh_json *doc WH_JSON = NULL;
	int fd WH_FD = wh_open_trusted_file(path, err);
	int r = fd;

	if (r >= 0)
		r = wh_read_json(&doc, fd, path, err);
	if (r >= 0)
		r = check_form(doc, err);
	if (r >= 0)
		r = wh_schema_check(doc, wh_json_root(doc), &wh_schema_seccomp, err);
	if (r >= 0)
		r = wh_seccomp_check(doc, wh_json_root(doc), err);
	if (r < 0) {
		wh_err_prefix(err, "the policy's seccomp profile %s", path);
		return r;
	}
	*ret = wh_steal_ptr(doc);
	return 0;
}
