/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* One container that is started to be learnt, or to be verified: what the two verbs share. */

#include "base/fd.h"
#include "child.h"
#include "command.h"
#include "engine.h"
#include "progress.h"
#include "request.h"
#include "watch.h"
#include "learn.h"

struct wh_learn_session {
	struct wh_arena arena;
	struct wh_err err;
	const char *policy_file; /* the configured one */
	const char *whittle;
	const char *name; /* of the recording; NULL: whittle chooses it */
	struct wh_learn_command command;
	struct wh_learn_signals signals;
	struct wh_learn_request request;
	struct wh_learn_child child;
	bool started;       /* the command was */
	const char *id;     /* of the container; NULL: not known yet */
	const char *bundle; /* in which whittle met it; NULL: it did not yet */
	const char *copy;   /* of the command's bundle; NULL: it has none */
	struct wh_learn_watch watch;
	struct wh_learn_progress progress;
	unsigned heard;         /* of the wishes to stop */
	int64_t asked;          /* when the first came; 0: none did, as below */
	int64_t ended, stopped; /* when the command ended, the recording was stopped */
	bool forced, told;      /* the container was stopped, it was said that it goes on */
};

#define WH_LEARN_SESSION_INIT \
	{ \
		.arena = WH_ARENA_INIT, .signals = { .fd = WH_NO_FD }, \
		.request = WH_LEARN_REQUEST_INIT, \
	}

/* Reads the command and finds out whether it can be run. 0 or -errno, the sentence in session->err.
 */
int wh_learn_session_open(struct wh_learn_session *session, const struct wh_learn_call *call,
	const char *const *command, size_t count) WH_MUST_CHECK;

/* For the next run: a bundle gets a copy of its own, and its container an id. 0 or -errno, as
 * below.
 */
int wh_learn_session_bundle(struct wh_learn_session *session, bool again) WH_MUST_CHECK;

/* Starts the container; `again` is a rerun (learn-command.h). */
int wh_learn_session_start(struct wh_learn_session *session, bool again,
	enum wh_learn_streams streams, int output) WH_MUST_CHECK;

/* Takes the container's id and bundle as soon as they are known. */
void wh_learn_session_look(struct wh_learn_session *session);

/* Prints what was learnt, and the rule: text, or one JSON object. 0 or -errno (learn-summary.c). */
int wh_learn_summary(
	const struct wh_learnt *learnt, int status, bool json, struct wh_err *err) WH_MUST_CHECK;

int wh_learn_run(const struct wh_learn_call *call);
int wh_learn_verify(const struct wh_learn_call *call);
