/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The process that an `exec` asks for, made whole. Engines hand over a process.json, people give
 * options; each runtime fills what is left out in its own way (and crun's and runc's ways differ).
 * Here it is written out, so that what is judged is what runs.
 */

#include "base/err.h"
#include "base/macros.h"
#include "json/json.h"
#include "oci/argv.h"
#include "oci/state.h"

/*
 * What --process names: `request` (taken over into the result, edited in place) with all that the
 * runtime would take from the container filled in: capabilities left out are the container's; user
 * left out is the container's for crun, 0:0 for runc and runsc. -EINVAL when it is not of the
 * process's shape or has no args or cwd; -ENOMEM.
 */
int wh_process_complete(struct wh_json *request, enum wh_runtime_kind kind,
	const struct wh_state *container, struct wh_err *err) WH_MUST_CHECK;

/*
 * The process that the options of exec ask for, as a new document.
 *
 *   runc   the process of the bundle's config.json (`base`), --cap added to the bounding,
 *          effective and permitted sets (and ambient, if there are inheritable ones), --env
 *          and -g added, --user in the place of uid (and gid, if given), --no-new-privs as it says
 *   crun   a new one: the container's env with --env behind, cwd "/", the container's user and
 *          capabilities unless given; --cap gives exactly those in all sets but the inheritable,
 *          --user one without further groups
 *   runsc  the container's process, --cap in place of all its sets
 *
 * `base` and `base_process` are the process to start from (runc: the bundle's; others: the
 * state's). uid and gid are decimal, 0 to 4294967294: larger ones come out as 0 in some runtimes.
 * -EINVAL with the offending option; -ENOMEM.
 */
int wh_process_build(struct wh_json **ret, const struct wh_argv *argv,
	const struct wh_state *container, struct wh_json *base, wh_node base_process,
	struct wh_err *err) WH_MUST_CHECK;
