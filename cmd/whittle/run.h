/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * One invocation of whittle on its way from the caller's words to the runtime's. Filled from top to
 * bottom, never looked at again once the runtime has taken over.
 */

#include "base/err.h"
#include "common/judge.h"
#include "oci/argv.h"
#include "oci/state.h"

struct wh_run {
	const char *policy_file;
	struct wh_err policy_error; /* why judged.policy is NULL */
	const char *runtime;        /* absolute path of the real runtime */
	struct wh_argv argv;
	struct wh_argv_override override;
	struct wh_judgement judged; /* what the record tells, as far as it is known */
};

/* The ways of the commands that are not passed on. Each ends with everything ready for execve. 0,
 * or -errno with the refusal. */
int wh_run_create(struct wh_run *run, struct wh_err *err) WH_MUST_CHECK;
int wh_run_exec(struct wh_run *run, struct wh_err *err) WH_MUST_CHECK;
int wh_run_update(struct wh_run *run, struct wh_err *err) WH_MUST_CHECK;

/* What is known of the container by the words alone: all but its annotations and root file system.
 * -ENOMEM. */
int wh_run_call(struct wh_run *run, struct wh_call *ret, struct wh_err *err) WH_MUST_CHECK;

/*
 * Puts bytes where the runtime will read them as a file: a sealed memory file above every
 * descriptor that is passed into the container. *ret is its path, in the arena.
 */
int wh_run_hand_over(struct wh_run *run, const struct wh_buf *bytes, const char **ret,
	struct wh_err *err) WH_MUST_CHECK;

/*
 * Puts the policy of a request (common/request.h) in the place of the configured one, where there
 * is one for this container; judged.bundle is known. `begins`: the container is made now, which is
 * noted for whoever asked. 0, also when there is none; -errno.
 */
int wh_run_take_request(struct wh_run *run, bool begins, struct wh_err *err) WH_MUST_CHECK;

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

/* Finds it, sets run->judged.bundle and the override of --root. */
int wh_run_find_container(
	struct wh_run *run, struct wh_run_container *ret, struct wh_err *err) WH_MUST_CHECK;

/*
 * The folder of the runtime's state: what the caller named, else the runtime's own default. NULL
 * when memory ran out.
 */
const char *wh_run_root(struct wh_run *run) WH_MUST_CHECK;

/*
 * The first perf event of a host that belongs to a process or a cgroup costs a grace period of RCU,
 * 20 to 40 ms (kernel/events/core.c, account_event): the kernel begins to tell perf of every switch
 * between processes, and stops a second after the last such event is closed. A recorder that begins
 * while such an event is open does not pay for it.
 *
 * Leaves a process behind that holds one for a second, while the runtime starts; nobody waits
 * for it, and it holds no descriptor of the caller's. Fails silently: then the recorder pays.
 */
void wh_run_warm_up(void);
