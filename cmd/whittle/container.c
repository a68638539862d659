/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose exec is this? The runtime's own state answers: it is written by root at create and not by
 * whoever asks now. The root that was searched is handed to the runtime as --root, so both look at
 * one place.
 */

#include "run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "common/read.h"
#include "host/file.h"
#include "host/folder.h"
#include "host/userns.h"

void wh_run_container_done(struct wh_run_container *container)
{
	wh_json_free(container->state_doc);
	wh_json_free(container->config_doc);
	*container = (struct wh_run_container)WH_RUN_CONTAINER_INIT;
}

static int read_state_file(int folder, const char *name, struct wh_json **ret, struct wh_err *err)
{
	int fd WH_FD = wh_open_trusted_at(folder, name, err);

	return fd < 0 ? fd : wh_read_json(ret, fd, name, err);
}

static int read_documents(
	struct wh_run *run, const char *root, struct wh_run_container *ret, struct wh_err *err)
{
	struct wh_state_layout layout;
	const char *path;
	int folder WH_FD = WH_NO_FD;
	int r;

	r = wh_state_layout(run->argv.grammar->kind, run->argv.id, &run->judged.arena, &layout);
	if (r < 0)
		return wh_fail_errno(err, -r, "finding the state");
	path = wh_arena_printf(&run->judged.arena, "%s/%s", root, layout.folder);
	if (path == NULL)
		return wh_fail_errno(err, ENOMEM, "finding the state");
	folder = wh_open_trusted_folder(path, NULL, err);
	if (folder < 0)
		return folder;
	r = 0;
	if (layout.prefix)
		r = wh_find_name(
			folder, layout.file, ".state", &run->judged.arena, &layout.file, err);
	if (r == 0)
		r = read_state_file(folder, layout.file, &ret->state_doc, err);
	if (r == 0 && layout.config != NULL)
		r = read_state_file(folder, layout.config, &ret->config_doc, err);
	return r;
}

/* As runc tells the host's root from the root of a user namespace, whose state it keeps apart;
 * asked only where that makes a difference. */
static bool is_host_root(enum wh_runtime_kind kind, const char *xdg_runtime_dir)
{
	const char *user = getenv("USER");

	if (geteuid() != 0)
		return false;
	if (kind != WH_RUNTIME_RUNC || xdg_runtime_dir == NULL)
		return true;
	return (user != NULL && strcmp(user, "root") == 0) || !wh_userns_is_inner();
}

const char *wh_run_root(struct wh_run *run)
{
	const char *given = wh_argv_value(&run->argv, WH_ROLE_ROOT);
	const char *xdg = getenv("XDG_RUNTIME_DIR");
	enum wh_runtime_kind kind = run->argv.grammar->kind;

	if (given != NULL && given[0] != '\0')
		return given;
	return wh_state_root(kind, xdg, is_host_root(kind, xdg), &run->judged.arena);
}

int wh_run_call(struct wh_run *run, struct wh_call *ret, struct wh_err *err)
{
	const char *given = wh_argv_value(&run->argv, WH_ROLE_ROOT);

	*ret = (struct wh_call){
		.command = run->argv.command->name,
		.id = run->argv.id,
		.bundle = run->judged.bundle,
		.root = wh_run_root(run),
		.root_given = given != NULL && given[0] != '\0',
	};
	return ret->root == NULL ? wh_fail_errno(err, ENOMEM, "identifying container %s", ret->id)
				 : 0;
}

/* The bundle as create saw it, links resolved; as the runtime wrote it down when it is gone since.
 */
static const char *resolve_bundle(struct wh_run *run, const char *recorded)
{
	struct wh_buf path WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;

	if (wh_resolve_trusted_folder(recorded, &path, NULL) < 0)
		return recorded;
	return wh_arena_dup(&run->judged.arena, (struct wh_slice){ path.data, path.len });
}

int wh_run_find_container(struct wh_run *run, struct wh_run_container *ret, struct wh_err *err)
{
	const char *root = wh_run_root(run);
	int r;

	if (root == NULL)
		return wh_fail_errno(err, ENOMEM, "finding the state");
	r = read_documents(run, root, ret, err);
	if (r == 0)
		r = wh_state_read(&ret->state, run->argv.grammar->kind, run->argv.id,
			ret->state_doc, ret->config_doc, &run->judged.arena, err);
	if (r < 0) {
		wh_err_prefix(err,
			"container %s cannot be identified from the state of %s under %s",
			run->argv.id, run->argv.grammar->name, root);
		return r;
	}
	run->judged.bundle = resolve_bundle(run, ret->state.bundle);
	if (run->judged.bundle == NULL)
		return wh_fail_errno(err, ENOMEM, "finding the bundle");
	if (wh_argv_value(&run->argv, WH_ROLE_ROOT) != root)
		run->override.root = root;
	return 0;
}
