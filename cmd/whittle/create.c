/* SPDX-License-Identifier: Apache-2.0 */
/*
 * create, run and restore: the bundle's config.json is read once, brought down to the policy, and
 * put back in one step before the runtime reads it. Only folders and files that nobody else can
 * write are accepted, so what was judged is what the runtime finds.
 */

#include "run.h"

#include <errno.h>

#include "base/fd.h"
#include "base/path.h"
#include "host/file.h"

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
	if (run->argv.action != WH_ACTION_RESTORE || run->judged.decision.limits.restore)
		return 0;
	return wh_fail(err, EACCES,
		"restore is denied by policy: a restored container takes its privileges from the "
		"checkpoint image, not from config.json; \"restore\": \"allow\" in %s permits it",
		run->policy_file);
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
	run->judged.bundle =
		wh_arena_dup(&run->judged.arena, (struct wh_slice){ path.data, path.len });
	if (run->judged.bundle == NULL)
		return wh_fail_errno(err, ENOMEM, "opening the bundle");
	/* runc and crun change into it, but runsc makes another path of one with "..", and notes a
	 * relative one as it is, by which no later exec could find it. */
	if (run->argv.grammar->style == WH_STYLE_GO && given != NULL &&
		(given[0] != '/' || wh_path_climbs(wh_slice_of(given))))
		run->override.bundle = run->judged.bundle;
	return wh_steal_fd(fd);
}

/* What the runtime is to read, unless that is what is there. */
static int put_config(struct wh_run *run, int bundle, int old, struct wh_err *err)
{
	struct wh_json *doc = run->judged.decision.limits.mode == WH_MODE_AUDIT
				      ? run->judged.watched
				      : run->judged.doc;
	int r;

	if (doc == NULL || wh_json_is_canonical(doc))
		return 0;
	r = wh_replace_file(bundle, "config.json", old, write_config, doc, err);
	if (r < 0)
		wh_err_prefix(err, "bundle %s", run->judged.bundle);
	return r;
}

int wh_run_create(struct wh_run *run, struct wh_err *err)
{
	struct wh_call call;
	int config WH_FD = WH_NO_FD;
	int bundle WH_FD = open_bundle(run, err);
	int r = bundle, put;

	if (r >= 0)
		r = wh_run_take_request(run, true, err);
	if (r >= 0)
		r = wh_read_config(&run->judged.doc, &config, bundle, run->judged.bundle, err);
	if (r >= 0)
		r = wh_run_call(run, &call, err);
	if (r >= 0)
		r = wh_judge_identify_config(&run->judged, call, err);
	if (r >= 0)
		r = wh_judge_decide(&run->judged, err);
	if (r >= 0)
		r = allow_restore(run, err);
	if (r >= 0)
		r = wh_judge_config(&run->judged, bundle, &call, err);
	if (r < 0 && run->judged.watched == NULL)
		return r;
	if (run->judged.decision.limits.learn)
		wh_run_warm_up();
	/* What is only watched goes on, whatever came of the judgement. */
	put = put_config(run, bundle, config, err);
	return r < 0 ? r : put;
}
