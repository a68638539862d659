/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The hooks that record what a container uses, for "learn". Not a change of what it may do, so they
 * stand in config.json in audit mode too. hooks/whittle-record.c reads their arguments.
 */

#include "base/macros.h"
#include "json/json.h"

#define WH_RECORD_PROGRAM "whittle-record"
#define WH_RECORD_TIMEOUT 20 /* seconds; the hook ends itself earlier, whatever happens */

/* What a recording is called, and whose it is; NULL for what is not known. */
struct wh_recording {
	const char *name; /* never NULL */
	const char
		*bundle; /* absolute; what a runtime tells its hooks may be another: crun 1.8 says
			    "/" of a container with a user namespace */
	const char *image, *engine;
};

/*
 * Adds them: at createRuntime, where the container's process exists and runs nothing of the image,
 * and at poststop, before the engine takes the root file system away. Not a createContainer hook,
 * whose program would be looked up in the container's own mounts. Of `timeout` says
 * wh_verify_add(). Failures spoil the document.
 */
void wh_record_add(struct wh_json *doc, const char *program, const struct wh_recording *recording,
	bool timeout);
