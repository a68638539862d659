/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The asking side of common/request.h: a policy for one container that is about to be started. */

#include "base/arena.h"
#include "base/err.h"
#include "base/macros.h"
#include "common/request.h"
#include "json/json.h"

struct wh_learn_request {
	int folder;
	int fd; /* of the policy: the lock by which it counts */
	char token[WH_REQUEST_TOKEN + 1];
	const char *policy;  /* absolute paths, in the arena */
	const char *id_file; /* is not there yet */
	const char *seccomp; /* likewise: for a profile that the policy names */
};

#define WH_LEARN_REQUEST_INIT \
	{ \
		.folder = WH_NO_FD, .fd = WH_NO_FD \
	}

/*
 * Draws a token and takes its name, which nobody knows until it is used. Sweeps what killed runs
 * left behind. 0 or -errno.
 */
int wh_learn_request_open(
	struct wh_learn_request *ret, struct wh_arena *arena, struct wh_err *err) WH_MUST_CHECK;

/* Writes the policy. 0 or -errno. */
int wh_learn_request_write(struct wh_learn_request *request, const struct wh_json *policy,
	struct wh_err *err) WH_MUST_CHECK;

/* Writes the seccomp profile, and the container's id where no engine does. 0 or -errno. */
int wh_learn_request_profile(struct wh_learn_request *request, const struct wh_json *doc,
	wh_node profile, struct wh_err *err) WH_MUST_CHECK;
int wh_learn_request_name(
	struct wh_learn_request *request, const char *id, struct wh_err *err) WH_MUST_CHECK;

/*
 * A bundle with the same config.json for this run alone, since whittle writes what it decided into
 * it: paths that are relative to the bundle become absolute. *ret is its path, in the arena. 0 or
 * -errno.
 */
int wh_learn_request_copy(struct wh_learn_request *request, const char *bundle,
	struct wh_arena *arena, const char **ret, struct wh_err *err) WH_MUST_CHECK;

/* The container's id as the engine wrote it, and the bundle in which whittle met it; in the arena.
 * NULL while that is not known, or when memory ran out. */
const char *wh_learn_request_id(const struct wh_learn_request *request, struct wh_arena *arena);
const char *wh_learn_request_bundle(const struct wh_learn_request *request, struct wh_arena *arena);

/* Takes it back; the folder goes with the last. */
void wh_learn_request_done(struct wh_learn_request *request);
#define WH_LEARN_REQUEST WH_CLEANUP(wh_learn_request_done)

/*
 * What every request begins with: an object with the "runtimes" and the "log" of the configured
 * policy, a rule of this name (NULL: none) for every container and a "default" of everything, in
 * this mode. `policy_file` need not be there. 0 or -errno.
 */
int wh_learn_request_policy(struct wh_json **ret, const char *policy_file, const char *mode,
	const char *name, struct wh_err *err) WH_MUST_CHECK;
