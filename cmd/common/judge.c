/* SPDX-License-Identifier: Apache-2.0 */
#include "common/judge.h"

#include <errno.h>
#include <string.h>

#include "common/identify.h"
#include "common/look.h"
#include "host/hook.h"
#include "host/runtime.h"
#include "trim/own-hooks.h"
#include "trim/record.h"
#include "trim/verify.h"

void wh_judgement_done(struct wh_judgement *judged)
{
	wh_json_free(judged->doc);
	wh_json_free(judged->watched);
	for (size_t i = 0; i < judged->profile_count; i++)
		wh_json_free(judged->profiles[i]);
	wh_policy_free(judged->policy);
	wh_arena_done(&judged->arena);
}

/* The user of the process that is to be started; one that is not given is 0. */
static int take_user(struct wh_judgement *judged, const struct wh_json *doc, wh_node process)
{
	struct wh_fact_value *user = &judged->identity.subject.facts[WH_FACT_USER];
	uint64_t uid = 0;
	wh_node node;

	*user = (struct wh_fact_value){ .unknown = "no process is started" };
	if (!wh_policy_asks(judged->policy, WH_FACT_USER) || process == WH_NO_NODE)
		return 0;
	node = wh_json_get(doc, wh_json_get(doc, process, "user"), "uid");
	if (wh_json_u64(doc, node, &uid) == -ERANGE) {
		user->unknown = "the user id is no number of a user";
		return 0;
	}
	*user = (struct wh_fact_value){ .text = wh_arena_printf(
						&judged->arena, "%llu", (unsigned long long)uid) };
	return user->text == NULL ? -ENOMEM : 0;
}

int wh_judge_identify(struct wh_judgement *judged, const struct wh_call *call,
	const struct wh_json *doc, wh_node process, struct wh_err *err)
{
	int r = wh_find_identity(&judged->identity, call, judged->policy, &judged->arena);

	judged->identified = r == 0;
	if (r == 0)
		r = take_user(judged, doc, process);
	return r < 0 ? wh_fail_errno(err, -r, "identifying container %s", call->id) : 0;
}

/* What config.json adds to a call. 0 or -ENOMEM. */
static int complete_call(
	struct wh_judgement *judged, struct wh_call *call, struct wh_annotation_list *annotations)
{
	struct wh_json *doc = judged->doc;
	wh_node root = wh_json_root(doc);
	struct wh_slice path =
		wh_json_string(doc, wh_json_get(doc, wh_json_get(doc, root, "root"), "path"));
	int r = wh_annotations_from_object(
		doc, wh_json_get(doc, root, "annotations"), &judged->arena, annotations);

	call->annotations = annotations;
	call->rootfs = path.data == NULL ? NULL : wh_arena_dup(&judged->arena, path);
	return r < 0 || (path.data != NULL && call->rootfs == NULL) ? -ENOMEM : 0;
}

int wh_judge_identify_config(struct wh_judgement *judged, struct wh_call call, struct wh_err *err)
{
	struct wh_annotation_list annotations;

	if (complete_call(judged, &call, &annotations) < 0)
		return wh_fail_errno(err, ENOMEM, "reading config.json");
	return wh_judge_identify(judged, &call, judged->doc,
		wh_json_get(judged->doc, wh_json_root(judged->doc), "process"), err);
}

int wh_judge_find_out(struct wh_judgement *judged, struct wh_call call, struct wh_identity *ret)
{
	struct wh_annotation_list annotations;
	int r = complete_call(judged, &call, &annotations);

	return r < 0 ? r : wh_find_identity(ret, &call, NULL, &judged->arena);
}

int wh_judge_decide(struct wh_judgement *judged, struct wh_err *err)
{
	const struct wh_subject *subject = &judged->identity.subject;
	const struct wh_annotation_list annotations = { subject->annotations,
		subject->annotation_count };
	struct wh_slice narrow = wh_annotation_get(&annotations, WH_ANNOTATION_CAPABILITIES);
	int r = wh_policy_decide(judged->policy, subject, &judged->arena, &judged->decision);

	if (r < 0)
		return wh_fail_errno(err, -r, "asking the policy about container %s",
			subject->facts[WH_FACT_ID].text == NULL ? "without an id"
								: subject->facts[WH_FACT_ID].text);
	if (narrow.data != NULL)
		return wh_trim_narrow(&judged->decision.limits, narrow, err);
	return 0;
}

/* gVisor shows the host nothing that could be verified or recorded… */
static bool wants_record(const struct wh_judgement *judged)
{
	return judged->decision.limits.learn && judged->kind != WH_RUNTIME_RUNSC;
}

/* …and what is only watched is not changed. */
static bool wants_verify(const struct wh_judgement *judged)
{
	return judged->decision.limits.verify && judged->kind != WH_RUNTIME_RUNSC &&
	       judged->decision.limits.mode != WH_MODE_AUDIT;
}

/* Finds a hook of whittle's, if there is a reason to, and takes out what an earlier start left. */
static int prepare_hook(struct wh_judgement *judged, const char *name, bool wanted,
	const char **ret, struct wh_err *err)
{
	int r;

	if (!wanted && !wh_own_hook_is_there(judged->doc, name))
		return 0;
	r = wh_find_own_hook(name, &judged->arena, ret, wanted ? err : NULL);
	if (*ret != NULL)
		wh_own_hook_remove(judged->doc, *ret);
	return wanted || r == -ENOMEM ? r : 0;
}

/* What the recording is called: after the rule; what "default" decides, after the image. */
static int name_recording(struct wh_judgement *judged, const struct wh_call *call,
	struct wh_recording *ret, struct wh_err *err)
{
	struct wh_identity identity;
	const struct wh_fact_value *facts = identity.subject.facts;

	if (wh_judge_find_out(judged, *call, &identity) < 0)
		return wh_fail_errno(err, ENOMEM, "identifying the container");
	*ret = (struct wh_recording){
		.name = judged->decision.rule,
		.bundle = judged->bundle,
		.image = facts[WH_FACT_IMAGE].text,
		.engine = facts[WH_FACT_ENGINE].text,
	};
	if (strcmp(ret->name, "default") == 0)
		ret->name = ret->image != NULL ? ret->image : facts[WH_FACT_ID].text;
	return 0;
}

static int add_record(struct wh_judgement *judged, struct wh_json *doc, const struct wh_call *call,
	const char *program, struct wh_err *err)
{
	struct wh_recording recording;
	int r;

	if (!wants_record(judged) || call == NULL)
		return 0;
	r = name_recording(judged, call, &recording, err);
	if (r == 0)
		wh_record_add(doc, program, &recording, judged->kind != WH_RUNTIME_CRUN);
	if (r == 0 && wh_json_status(doc) < 0)
		r = wh_fail_errno(err, ENOMEM, "adding the hooks that record");
	return r;
}

/* In audit mode the document that is judged is not the one that the runtime reads: whatever comes
 * of the judgement, the container runs, and is recorded. */
static int watch(struct wh_judgement *judged, const struct wh_call *call, const char *program,
	struct wh_err *err)
{
	struct wh_json *watched WH_JSON = NULL;
	int r;

	if (program == NULL || judged->decision.limits.mode != WH_MODE_AUDIT)
		return 0;
	if (wh_json_new_from(&watched, judged->doc, wh_json_root(judged->doc)) < 0)
		return wh_fail_errno(err, ENOMEM, "copying config.json");
	r = add_record(judged, watched, call, program, err);
	if (r == 0)
		judged->watched = wh_steal_ptr(watched);
	return r;
}

int wh_judge_config(
	struct wh_judgement *judged, int bundle, const struct wh_call *call, struct wh_err *err)
{
	const char *verify = NULL, *record = NULL;
	struct wh_facts facts;
	int r = prepare_hook(judged, WH_VERIFY_PROGRAM, wants_verify(judged), &verify, err);

	if (r == 0)
		r = prepare_hook(judged, WH_RECORD_PROGRAM, wants_record(judged), &record, err);
	if (r == 0)
		r = watch(judged, call, record, err);
	if (r == 0)
		r = wh_gather_facts(judged, bundle, &facts, err);
	if (r == 0)
		r = wh_trim_config(&judged->trim, judged->doc, &judged->decision.limits, &facts,
			&judged->arena, err);
	if (r == 0 && wants_verify(judged))
		r = wh_verify_add(&judged->trim, verify, judged->kind != WH_RUNTIME_CRUN, err);
	if (r == 0 && judged->watched == NULL)
		r = add_record(judged, judged->doc, call, record, err);
	judged->trimmed = r == 0;
	if (r < 0)
		wh_err_prefix(err, "bundle %s: config.json", judged->bundle);
	return r;
}

int wh_judge_process(struct wh_judgement *judged, struct wh_err *err)
{
	struct wh_facts facts = { .last_capability = wh_last_capability() };
	int r = 0;

	if (wh_look_at_labels(judged, wh_json_root(judged->doc), &facts) < 0)
		r = wh_fail_errno(err, ENOMEM, "looking at the host");
	if (r == 0)
		r = wh_trim_process(&judged->trim, judged->doc, &judged->decision.limits, &facts,
			&judged->arena, err);
	judged->trimmed = r == 0;
	return r;
}
