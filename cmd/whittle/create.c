/* SPDX-License-Identifier: Apache-2.0 */
/*
 * create, run and restore: the bundle's config.json is read once, brought down to the policy, and
 * put back in one step before the runtime reads it. Only folders and files that nobody else can
 * write are accepted, so what was judged is what the runtime finds.
 */

#include "run.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
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

int wh_run_read_config(
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

static int write_piece(void *context, const char *bytes, size_t len)
{
	return wh_write_all(*(const int *)context, bytes, len);
}

static int write_config(int fd, void *context, struct wh_err *err)
{
	const struct wh_json *doc = context;
	int r = wh_json_write(doc, wh_json_root(doc), write_piece, &fd);

	return r < 0 ? wh_fail_errno(err, -r, "writing config.json") : 0;
}

static int allow_restore(const struct wh_run *run, struct wh_err *err)
{
	if (run->argv.action != WH_ACTION_RESTORE || run->decision.limits.restore)
		return 0;
	return wh_fail(err, EACCES,
		"restore is denied by policy: a restored container takes its privileges from the "
		"checkpoint image, not from config.json; \"restore\": \"allow\" in %s permits it",
		run->policy_file);
}

/* The judgement alone: fills run->trim and edits the document. */
static int judge(struct wh_run *run, int bundle, struct wh_err *err)
{
	struct wh_facts facts;
	int r = allow_restore(run, err);

	if (r < 0)
		return r;
	r = wh_run_gather_facts(run, bundle, &facts, err);
	if (r == 0)
		r = wh_trim_config(
			&run->trim, run->doc, &run->decision.limits, &facts, &run->arena, err);
	run->trimmed = r == 0;
	if (r < 0)
		wh_err_prefix(err, "bundle %s: config.json", run->bundle);
	return r;
}

static int open_bundle(struct wh_run *run, struct wh_err *err)
{
	const char *given = wh_argv_value(&run->argv, WH_ROLE_BUNDLE);
	struct wh_buf path WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int fd WH_FD =
		wh_open_trusted_folder(given == NULL || given[0] == '\0' ? "." : given, &path, err);

	if (fd < 0) {
		wh_err_prefix(err, "the bundle");
		return fd;
	}
	run->bundle = wh_arena_dup(&run->arena, (struct wh_slice){ path.data, path.len });
	if (run->bundle == NULL)
		return wh_fail_errno(err, ENOMEM, "opening the bundle");
	/* runc and crun change into it, but runsc makes another path of one with "..", and notes a
	 * relative one as it is, by which no later exec could find it. */
	if (run->argv.grammar->style == WH_STYLE_GO && given != NULL &&
		(given[0] != '/' || wh_path_climbs(given)))
		run->override.bundle = run->bundle;
	return wh_steal_fd(fd);
}

static int decide(struct wh_run *run, struct wh_err *err)
{
	wh_node root = wh_json_root(run->doc);
	wh_node object = wh_json_get(run->doc, root, "annotations");
	struct wh_slice path = wh_json_string(
		run->doc, wh_json_get(run->doc, wh_json_get(run->doc, root, "root"), "path"));
	struct wh_annotation_list annotations;
	const char *rootfs = NULL;
	int r = wh_annotations_from_object(run->doc, object, &run->arena, &annotations);

	if (r == 0 && path.data != NULL) {
		rootfs = wh_arena_dup(&run->arena, path);
		r = rootfs == NULL ? -ENOMEM : 0;
	}
	if (r < 0)
		return wh_fail_errno(err, -r, "reading config.json");
	r = wh_run_identify(
		run, &annotations, rootfs, run->doc, wh_json_get(run->doc, root, "process"), err);
	return r < 0 ? r : wh_run_decide(run, err);
}

int wh_run_create(struct wh_run *run, struct wh_err *err)
{
	int config WH_FD = WH_NO_FD;
	int bundle WH_FD = open_bundle(run, err);
	int r = bundle;

	if (r >= 0)
		r = wh_run_read_config(&run->doc, &config, bundle, run->bundle, err);
	if (r >= 0)
		r = decide(run, err);
	if (r >= 0)
		r = judge(run, bundle, err);
	if (r < 0 || run->decision.limits.mode == WH_MODE_AUDIT || wh_json_is_canonical(run->doc))
		return r;
	r = wh_replace_file(bundle, "config.json", config, write_config, run->doc, err);
	if (r < 0)
		wh_err_prefix(err, "bundle %s", run->bundle);
	return r;
}
