/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * One invocation of whittle on its way from the caller's words to the runtime's. Filled from top to
 * bottom, never looked at again once the runtime has taken over.
 */

#include "base/arena.h"
#include "base/err.h"
#include "json/json.h"
#include "oci/annotation.h"
#include "oci/argv.h"
#include "oci/identity.h"
#include "oci/state.h"
#include "policy/policy.h"
#include "trim/trim.h"

struct wh_run {
	struct wh_arena arena;
	const char *policy_file;
	struct wh_policy *policy;   /* NULL when it could not be loaded… */
	struct wh_err policy_error; /* …for this reason */
	const char *runtime;        /* absolute path of the real runtime */
	struct wh_argv argv;
	struct wh_argv_override override;
	/* What the record tells, as far as it is known. */
	const char *bundle;
	struct wh_identity identity;
	bool identified;             /* identity holds a result */
	struct wh_decision decision; /* rule is NULL before the policy was asked */
	struct wh_json *profiles[4]; /* the administrator's seccomp profiles */
	size_t profile_count;
	struct wh_json *doc; /* what is judged; the changes borrow from it */
	struct wh_trim trim;
	bool trimmed; /* trim holds a result */
};

/* The ways of the commands that are not passed on. Each ends with everything ready for execve. 0,
 * or -errno with the refusal. */
int wh_run_create(struct wh_run *run, struct wh_err *err) WH_MUST_CHECK;
int wh_run_exec(struct wh_run *run, struct wh_err *err) WH_MUST_CHECK;
int wh_run_update(struct wh_run *run, struct wh_err *err) WH_MUST_CHECK;

/*
 * Finds out who the container is, as far as the policy wants to know; fills run->identity.
 * `rootfs` is the path of its root file system, NULL when that is not known; the process is the
 * one that is to be started, WH_NO_NODE in `doc` for none. An engine's record that cannot be read
 * is no failure: what it would have told is unknown then. -ENOMEM.
 */
int wh_run_identify(struct wh_run *run, const struct wh_annotation_list *annotations,
	const char *rootfs, const struct wh_json *doc, wh_node process,
	struct wh_err *err) WH_MUST_CHECK;

/*
 * Asks the policy about the container that was identified and lays the author's own narrowing on
 * the answer; fills run->decision.
 */
int wh_run_decide(struct wh_run *run, struct wh_err *err) WH_MUST_CHECK;

/* config.json of an open bundle folder, checked by schema; *ret_fd (if not NULL) is it, still open.
 */
int wh_run_read_config(struct wh_json **ret, int *ret_fd, int bundle, const char *path,
	struct wh_err *err) WH_MUST_CHECK;

/* What the deciding half needs to know of the host, given run->doc, run->decision and the open
 * bundle folder. */
int wh_run_gather_facts(
	struct wh_run *run, int bundle, struct wh_facts *ret, struct wh_err *err) WH_MUST_CHECK;

/* The part of it that lies outside of the image (look.c); and that of a process, for an exec. */
int wh_run_look_at_host(
	struct wh_run *run, int bundle, struct wh_facts *facts, struct wh_err *err) WH_MUST_CHECK;
int wh_run_look_at_labels(
	struct wh_run *run, wh_node process, struct wh_facts *facts) WH_MUST_CHECK;

/*
 * Puts bytes where the runtime will read them as a file: a sealed memory file above every
 * descriptor that is passed into the container. *ret is its path, in the arena.
 */
int wh_run_hand_over(struct wh_run *run, const struct wh_buf *bytes, const char **ret,
	struct wh_err *err) WH_MUST_CHECK;

/*
 * Sends the record of what was decided; `refusal` is NULL when the container goes on. Fails only
 * when the policy requires records and this one could not be written.
 */
int wh_run_record(
	struct wh_run *run, const struct wh_err *refusal, struct wh_err *err) WH_MUST_CHECK;

/* The container that exec and update speak of, found in the state of the runtime behind. */
struct wh_run_container {
	struct wh_json *state_doc;
	struct wh_json *config_doc; /* crun's copy, else NULL */
	struct wh_state state;
};

#define WH_RUN_CONTAINER_INIT \
	{ \
		.state_doc = NULL \
	}

void wh_run_container_done(struct wh_run_container *container);

/* Finds it, sets run->bundle and the override of --root. */
int wh_run_find_container(
	struct wh_run *run, struct wh_run_container *ret, struct wh_err *err) WH_MUST_CHECK;

/*
 * The folder of the runtime's state: what the caller named, else the runtime's own default. NULL
 * when memory ran out.
 */
const char *wh_run_root(struct wh_run *run) WH_MUST_CHECK;
