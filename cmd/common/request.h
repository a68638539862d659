/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A policy for exactly one container, which `whittlectl learn` asks for while it runs. In
 * WH_REQUESTS, a folder of root's alone, each request is up to three files of one unguessable name:
 *
 *   TOKEN.json       the policy; who asks holds a lock (flock(2)) on it for as long as it counts
 *   TOKEN.cid        the container's id, which the engine itself writes there (--cidfile) once it
 *                    has chosen it and before it calls the runtime
 *   TOKEN.container  written by whittle: the bundle in which it met the container, which is the
 *                    only one from then on
 *
 * So nothing that a container's author, its image or a user of the engine can write has any say: no
 * label, no annotation, no name. A request whose asker has gone, however that went, counts no more.
 */

#include "base/arena.h"
#include "base/err.h"
#include "base/macros.h"
#include "policy/policy.h"

#define WH_REQUESTS "/run/whittle/requests"
#define WH_REQUEST_TOKEN 32 /* hexadecimal digits */
#define WH_REQUEST_POLICY ".json"
#define WH_REQUEST_ID ".cid"
#define WH_REQUEST_TAKEN ".container"

struct wh_request {
	const char *token;        /* NULL: there is none for this container */
	const char *path;         /* of the policy */
	struct wh_policy *policy; /* the caller's */
};

/*
 * The request for the container of this id in this bundle. A container is rarely asked for, and
 * then the folder is not there: one access(2). What is not trusted (host/file.h) is no request.
 * Texts live in the arena. 0, also when there is none; -errno when there is one whose policy is not
 * valid.
 */
int wh_request_find(const char *id, const char *bundle, struct wh_arena *arena,
	struct wh_request *ret, struct wh_err *err) WH_MUST_CHECK;

/* Notes that whittle met the container, in this bundle. 0 or -errno. */
int wh_request_take(
	const struct wh_request *request, const char *bundle, struct wh_err *err) WH_MUST_CHECK;
