/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A container held against the policy: who it is, which rule decides, what has to be seen of the
 * host for that, and what is left of what it asked for. The same for whittle, which acts on it, for
 * `whittlectl explain`, which only tells, and for the precreate hook; so they can never differ.
 *
 * Filled from top to bottom: the caller sets arena, policy, kind and bundle; wh_judge_identify(),
 * wh_judge_decide() and wh_judge_config() or wh_judge_process() fill the rest in this order.
 */

#include "base/arena.h"
#include "base/err.h"
#include "json/json.h"
#include "oci/annotation.h"
#include "oci/argv.h"
#include "oci/identity.h"
#include "policy/policy.h"
#include "trim/trim.h"

#define WH_JUDGED_PROFILES 4

struct wh_judgement {
	struct wh_arena arena;
	struct wh_policy *policy;
	enum wh_runtime_kind kind; /* of the runtime that will read the document */
	const char *bundle;        /* absolute, links resolved */
	struct wh_identity identity;
	bool identified;                              /* identity holds a result */
	struct wh_decision decision;                  /* rule is NULL before the policy was asked */
	struct wh_json *profiles[WH_JUDGED_PROFILES]; /* the administrator's seccomp profiles */
	size_t profile_count;
	struct wh_json *doc; /* what is judged; the changes borrow from it */
	/*
	 * What the runtime is to read in audit mode where that is not the text as it was: all that
	 * was asked for, with whittle's recording hooks in or out. NULL: as it was.
	 */
	struct wh_json *watched;
	struct wh_trim trim;
	bool trimmed; /* trim holds a result */
};

#define WH_JUDGEMENT_INIT \
	{ \
		.arena = WH_ARENA_INIT \
	}

/* Frees everything that it holds, the policy too. */
void wh_judgement_done(struct wh_judgement *judged);

/*
 * config.json of an open bundle folder, checked by schema; *ret_fd (if not NULL) is it, still open.
 * The folder and the file must be trusted ones (host/file.h). 0 or -errno with the refusal.
 */
int wh_read_config(struct wh_json **ret, int *ret_fd, int bundle, const char *path,
	struct wh_err *err) WH_MUST_CHECK;

/*
 * Finds out who the container is, as far as the policy wants to know. The user is that of the
 * process to be started: an object of `doc`, WH_NO_NODE for none. An engine's record that cannot be
 * read is no failure: what it would have told is unknown then. -ENOMEM.
 */
int wh_judge_identify(struct wh_judgement *judged, const struct wh_call *call,
	const struct wh_json *doc, wh_node process, struct wh_err *err) WH_MUST_CHECK;

/* The same with what config.json, judged->doc, says: annotations, root file system, process. Those
 * of `call` are not looked at. */
int wh_judge_identify_config(
	struct wh_judgement *judged, struct wh_call call, struct wh_err *err) WH_MUST_CHECK;

/* Who it is by all that can be found out, whatever the policy wants to know; decides nothing.
 * -ENOMEM. */
int wh_judge_find_out(
	struct wh_judgement *judged, struct wh_call call, struct wh_identity *ret) WH_MUST_CHECK;

/*
 * Asks the policy about the container that was identified and lays the author's own narrowing
 * (org.whittle.capabilities) on the answer. 0 or -errno with the refusal.
 */
int wh_judge_decide(struct wh_judgement *judged, struct wh_err *err) WH_MUST_CHECK;

/*
 * Looks at the host and brings judged->doc, a config.json in the open folder `bundle`, or the
 * process of an exec, down to the decision. With "learn" and a `call` (NULL: it is only told) the
 * recording hooks go into what the runtime is to read. 0 or -errno with the refusal.
 */
int wh_judge_config(struct wh_judgement *judged, int bundle, const struct wh_call *call,
	struct wh_err *err) WH_MUST_CHECK;
int wh_judge_process(struct wh_judgement *judged, struct wh_err *err) WH_MUST_CHECK;

/* What a record tells beside the judgement; NULL for what is not known. */
struct wh_record_about {
	const char *command, *id, *runtime, *policy_file;
};

/*
 * Sends the record of what was decided; `refusal` is NULL when the container goes on. Fails only
 * when the policy requires records and this one could not be written.
 */
int wh_judge_record(const struct wh_judgement *judged, const struct wh_record_about *about,
	const struct wh_err *refusal, struct wh_err *err) WH_MUST_CHECK;
