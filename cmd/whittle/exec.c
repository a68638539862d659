/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exec and update. Engines send exec's process with the capabilities that the container once asked
 * for, not with those it got, so each exec is judged anew and handed to the runtime as a whole
 * process in a sealed memory file: no option, no file that somebody could still change.
 */

#include "run.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "common/read.h"
#include "host/file.h"
#include "host/runtime.h"
#include "oci/process.h"
#include "oci/schema.h"
#include "record/control.h"

#define FIRST_PASSED_FD 3
#define JOIN_MS 1000 /* for a recorder to take an exec in */

/*
 * A number of descriptors, from --preserve-fds or from LISTEN_FDS (whose LISTEN_PID crun does not
 * even look at). More than a process can have are refused when ours is put behind them.
 */
static int descriptor_count(const char *value)
{
	unsigned long count = value == NULL ? 0 : strtoul(value, NULL, 10);

	return count > INT_MAX / 4 ? INT_MAX / 4 : (int)count;
}

int wh_run_hand_over(
	struct wh_run *run, const struct wh_buf *bytes, const char **ret, struct wh_err *err)
{
	const char *preserved = wh_argv_value(&run->argv, WH_ROLE_PRESERVE_FDS);
	int fd = wh_seal_memory("whittle", bytes->data, bytes->len,
		FIRST_PASSED_FD + descriptor_count(getenv("LISTEN_FDS")) +
			descriptor_count(preserved),
		err);

	if (fd < 0)
		return fd;
	*ret = wh_arena_printf(&run->judged.arena, "/proc/self/fd/%d", fd);
	return *ret == NULL ? wh_fail_errno(err, ENOMEM, "handing the document over") : 0;
}

static int read_request(struct wh_run *run, const struct wh_run_container *container,
	const char *file, struct wh_json **ret, struct wh_err *err)
{
	struct wh_json *doc WH_JSON = NULL;
	int fd WH_FD = wh_open_trusted_file(file, err);
	int r = fd;

	if (r >= 0)
		r = wh_read_json(&doc, fd, "the process file", err);
	if (r >= 0)
		r = wh_process_complete(doc, run->argv.grammar->kind, &container->state, err);
	if (r < 0) {
		wh_err_prefix(err, "exec");
		return r;
	}
	*ret = wh_steal_ptr(doc);
	return 0;
}

/* runc takes what the options leave out from the bundle's config.json as it is now. */
static int read_base(struct wh_run *run, struct wh_json **ret, struct wh_err *err)
{
	int folder WH_FD = wh_open_trusted_folder(run->judged.bundle, NULL, err);

	if (folder < 0) {
		wh_err_prefix(err, "the container's bundle");
		return folder;
	}
	return wh_read_config(ret, NULL, folder, run->judged.bundle, err);
}

static int build_process(struct wh_run *run, const struct wh_run_container *container,
	struct wh_json **ret, struct wh_err *err)
{
	struct wh_json *bundle WH_JSON = NULL;
	struct wh_json *base = container->state.config;
	wh_node process = container->state.process;

	if (run->argv.grammar->kind == WH_RUNTIME_RUNC) {
		int r = read_base(run, &bundle, err);

		if (r < 0)
			return r;
		base = bundle;
		process = wh_json_get(bundle, wh_json_root(bundle), "process");
	}
	if (wh_json_type(base, process) != WH_JSON_OBJECT)
		return wh_fail(err, EINVAL,
			"exec: the container's configuration has no \"process\" to start from; "
			"give one with --process");
	return wh_process_build(ret, &run->argv, &container->state, base, process, err);
}

static int hand_over_document(struct wh_run *run, const char **ret, struct wh_err *err)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int r = wh_json_write_buf(run->judged.doc, wh_json_root(run->judged.doc), &text);

	if (r < 0)
		return wh_fail_errno(err, -r, "writing the document");
	return wh_run_hand_over(run, &text, ret, err);
}

static int find_container(
	struct wh_run *run, struct wh_run_container *container, struct wh_err *err)
{
	int r = wh_run_find_container(run, container, err);

	return r < 0 ? r : wh_run_take_request(run, false, err);
}

static int decide(struct wh_run *run, const struct wh_run_container *container,
	const struct wh_json *doc, struct wh_err *err)
{
	struct wh_call call;
	int r = wh_run_call(run, &call, err);

	if (r < 0)
		return r;
	call.annotations = &container->state.annotations;
	call.rootfs = container->state.rootfs;
	r = wh_judge_identify(
		&run->judged, &call, doc, doc == NULL ? WH_NO_NODE : wh_json_root(doc), err);
	return r < 0 ? r : wh_judge_decide(&run->judged, err);
}

/*
 * The process is read before the policy is asked only if the policy wants to know its user: in
 * audit mode a process that cannot be read stops nothing, but that mode has to be known by then.
 */
static int prepare(struct wh_run *run, struct wh_run_container *container, struct wh_err *err)
{
	const char *file = wh_argv_value(&run->argv, WH_ROLE_PROCESS);
	int r = find_container(run, container, err);
	bool user_counts = r == 0 && wh_policy_asks(run->judged.policy, WH_FACT_USER);

	if (r == 0 && !user_counts)
		r = decide(run, container, NULL, err);
	if (r < 0)
		return r;
	if (file != NULL)
		r = read_request(run, container, file, &run->judged.doc, err);
	else
		r = build_process(run, container, &run->judged.doc, err);
	return r < 0 || !user_counts ? r : decide(run, container, run->judged.doc, err);
}

int wh_run_exec(struct wh_run *run, struct wh_err *err)
{
	struct wh_run_container container WH_CLEANUP(wh_run_container_done) = WH_RUN_CONTAINER_INIT;
	int r = prepare(run, &container, err);

	if (r == 0)
		r = wh_judge_process(&run->judged, err);
	if (r < 0)
		return r;
	/* A recorder that does not answer misses this exec, which its result then says. */
	if (run->judged.decision.limits.learn)
		(void)!wh_control_send(run->judged.bundle, WH_CONTROL_JOIN, JOIN_MS);
	if (run->judged.decision.limits.mode == WH_MODE_AUDIT)
		return 0;
	return hand_over_document(run, &run->override.process, err);
}

static int read_resources(const char *file, struct wh_buf *ret, struct wh_err *err)
{
	int fd WH_FD = WH_NO_FD;

	if (strcmp(file, "-") == 0)
		return wh_read_all(STDIN_FILENO, WH_JSON_MAX_SIZE, ret, err);
	fd = wh_open_trusted_file(file, err);
	return fd < 0 ? fd : wh_read_all(fd, WH_JSON_MAX_SIZE, ret, err);
}

/* runc and runsc pass over `devices` in an update, crun opens the device cgroup with them. */
int wh_run_update(struct wh_run *run, struct wh_err *err)
{
	struct wh_run_container container WH_CLEANUP(wh_run_container_done) = WH_RUN_CONTAINER_INIT;
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	const char *file = wh_argv_value(&run->argv, WH_ROLE_RESOURCES);
	int r;

	if (run->argv.grammar->kind != WH_RUNTIME_CRUN || file == NULL)
		return 0;
	r = find_container(run, &container, err);
	if (r == 0)
		r = decide(run, &container, NULL, err);
	if (r == 0)
		r = read_resources(file, &text, err);
	/* Standard input is used up by now, so the original is handed over even if it is changed in
	 * nothing. */
	if (r == 0 && run->judged.decision.limits.mode == WH_MODE_AUDIT)
		r = wh_run_hand_over(run, &text, &run->override.resources, err);
	if (r == 0)
		r = wh_json_parse_take(&run->judged.doc, &text, NULL, err);
	if (r == 0)
		r = wh_schema_check(
			run->judged.doc, wh_json_root(run->judged.doc), &wh_schema_resources, err);
	if (r == 0)
		r = wh_trim_resources(&run->judged.trim, run->judged.doc, &run->judged.arena, err);
	if (r < 0) {
		wh_err_prefix(err, "update");
		return r;
	}
	run->judged.trimmed = true;
	if (run->judged.decision.limits.mode == WH_MODE_AUDIT)
		return 0;
	return hand_over_document(run, &run->override.resources, err);
}
