/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The hook that looks whether the runtime did what config.json says. Its arguments are the decision
 * itself, taken from the document as it was left, so that a policy that changes meanwhile does not
 * matter. hooks/whittle-verify.c reads them.
 */

#include "base/err.h"
#include "base/macros.h"
#include "trim/trim.h"

#define WH_VERIFY_PROGRAM "whittle-verify"
#define WH_VERIFY_TIMEOUT 20 /* seconds; the hook ends itself earlier, whatever happens */

/*
 * Adds it to createRuntime and poststart. To be called when everything else was brought down.
 * `timeout` is whether the runtime is told one: not crun. It waits for a hook that has one by
 * SIGCHLD, of which the kernel keeps one at a time: when a container ends as its hook does, the
 * hook's is missed, and a container that did nothing wrong fails after the whole timeout
 * (crun 1.8). 0; -ENOMEM.
 */
int wh_verify_add(
	struct wh_trim *trim, const char *program, bool timeout, struct wh_err *err) WH_MUST_CHECK;
