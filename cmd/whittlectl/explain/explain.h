/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What `whittlectl explain` knows: a container as it would be started, the policy's answer, and
 * what is left. Gathered once, then printed as text or as JSON.
 */

#include "common/judge.h"
#include "whittlectl/screen.h"
#include "trim/asked.h"

enum wh_target_kind {
	WH_TARGET_BUNDLE,
	WH_TARGET_CONFIG, /* a file, or standard input */
	WH_TARGET_CONTAINER,
	WH_TARGET_IMAGE,
};

struct wh_explain_note {
	struct wh_explain_note *next;
	const char *text;
};

struct wh_explain {
	struct wh_judgement judged; /* arena and policy as well */
	const char *target;         /* as it was named */
	enum wh_target_kind target_kind;
	const char *policy_file;
	const char *const *rules; /* those that are asked about; all when rule_count is 0 */
	size_t rule_count;
	int bundle;             /* the open folder; WH_NO_FD */
	struct wh_call call;    /* but for annotations and root file system */
	bool named;             /* judged.identity is filled already, by what an image is */
	struct wh_identity who; /* all that can be known, whatever the policy asks for */
	const char *runtime;    /* its path; NULL when there is none */
	struct wh_privileges before, after; /* items is NULL for what was not read */
	struct wh_err refusal;              /* number 0: none */
	struct wh_explain_note *notes;
};

/* A sentence for the reader. 0 or -ENOMEM. */
int wh_explain_note(struct wh_explain *explain, const char *format, ...)
	WH_PRINTF(2, 3) WH_MUST_CHECK;

/*
 * explain-target.c: finds what is meant: "-", a folder or file that is there, a running container
 * by its id, the beginning of it, or its name, and last an image of Docker's or Podman's. Fills
 * judged.doc, bundle, call; for a container policy_file and judged.kind too. 0; 1 when whittle
 * would refuse to read it, with `refusal` filled; -errno when there is no such thing.
 */
int wh_explain_find(
	struct wh_explain *explain, bool policy_given, struct wh_err *err) WH_MUST_CHECK;

/* explain-image.c: config.json as the engine would write it for this image without options. 0;
 * -ENOENT when no engine has the image; -errno. */
int wh_explain_image(struct wh_explain *explain, struct wh_err *err) WH_MUST_CHECK;

/* explain-print.c. 0, -ENOMEM, or what the policy cannot tell. */
int wh_explain_text(struct wh_explain *explain, struct wh_screen *screen) WH_MUST_CHECK;
int wh_explain_json(struct wh_explain *explain, struct wh_buf *to) WH_MUST_CHECK;

/* explain-print.c: what it means to hold this privilege, a sentence or phrase. */
const char *wh_privilege_meaning(const struct wh_privilege *privilege);
