/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The recording of one container, from before its program starts until it ends. Everything that the
 * container can choose is taken as bytes; nothing of it is waited for; what it does to its own
 * files cannot stop the recorder. When something goes wrong the container goes on and the result
 * says so.
 */

#include "base/err.h"
#include "base/macros.h"
#include "learn/learnt.h"

struct wh_recorded {
	int pid;                         /* its first process, which is the runtime's still */
	const char *bundle;              /* absolute */
	const char *rootfs;              /* absolute; NULL: not known */
	const char *name;                /* of the recording */
	const char *image, *engine, *id; /* NULL: not known */
	wh_capset granted;
	uint32_t uid;
	bool readonly;            /* its root file system cannot be written */
	const char *const *hooks; /* that the runtime runs inside of it */
	size_t hook_count;
	const char *const *devices; /* device nodes that are granted beside the usual */
	size_t device_count;
};

struct wh_recorder;

/*
 * Begins: whatever the container does from now on is told. Where nothing can be recorded the result
 * that says why is stored, and it fails. `recorded` is borrowed. 0, or -errno with a sentence.
 */
int wh_recorder_open(struct wh_recorder **ret, const struct wh_recorded *recorded,
	struct wh_err *err) WH_MUST_CHECK;

/* The container did not wait for it: the result will say so. */
void wh_recorder_late(struct wh_recorder *recorder);

/* Records until the container's first process ends, somebody says stop (control.h), or SIGTERM,
 * SIGINT or SIGHUP comes; then stores the result. Gives up what privileges the caller has for good
 * (privilege.h). 0, or -errno when it could not be stored. */
int wh_recorder_run(struct wh_recorder *recorder, struct wh_err *err) WH_MUST_CHECK;

void wh_recorder_close(struct wh_recorder *recorder); /* NULL is fine */
