/* SPDX-License-Identifier: Apache-2.0 */
/* Who is this container, and what does the policy say of it? */

#include "run.h"

#include <errno.h>
#include <string.h>

#include "common/identify.h"

/* The user of the process that is to be started; one that is not given is 0. */
static int take_user(struct wh_run *run, const struct wh_json *doc, wh_node process)
{
	struct wh_fact_value *user = &run->identity.subject.facts[WH_FACT_USER];
	uint64_t uid = 0;
	wh_node node;

	*user = (struct wh_fact_value){ .unknown = "no process is started" };
	if (!wh_policy_asks(run->policy, WH_FACT_USER) || process == WH_NO_NODE)
		return 0;
	node = wh_json_get(doc, wh_json_get(doc, process, "user"), "uid");
	if (wh_json_u64(doc, node, &uid) == -ERANGE) {
		user->unknown = "the user id is no number of a user";
		return 0;
	}
	*user = (struct wh_fact_value){ .text = wh_arena_printf(
						&run->arena, "%llu", (unsigned long long)uid) };
	return user->text == NULL ? -ENOMEM : 0;
}

int wh_run_identify(struct wh_run *run, const struct wh_annotation_list *annotations,
	const char *rootfs, const struct wh_json *doc, wh_node process, struct wh_err *err)
{
	const char *root = wh_argv_value(&run->argv, WH_ROLE_ROOT);
	const struct wh_call call = {
		.command = run->argv.command->name,
		.id = run->argv.id,
		.bundle = run->bundle,
		.root = wh_run_root(run),
		.root_given = root != NULL && root[0] != '\0',
		.rootfs = rootfs,
		.annotations = annotations,
	};
	int r = call.root == NULL
			? -ENOMEM
			: wh_find_identity(&run->identity, &call, run->policy, &run->arena);

	run->identified = r == 0;
	if (r == 0)
		r = take_user(run, doc, process);
	return r < 0 ? wh_fail_errno(err, -r, "identifying container %s", run->argv.id) : 0;
}

int wh_run_decide(struct wh_run *run, struct wh_err *err)
{
	const struct wh_subject *subject = &run->identity.subject;
	const struct wh_annotation_list annotations = { subject->annotations,
		subject->annotation_count };
	struct wh_slice narrow = wh_annotation_get(&annotations, WH_ANNOTATION_CAPABILITIES);
	int r = wh_policy_decide(run->policy, subject, &run->arena, &run->decision);

	if (r < 0)
		return wh_fail_errno(err, -r, "asking the policy about container %s", run->argv.id);
	if (narrow.data != NULL)
		return wh_trim_narrow(&run->decision.limits, narrow, err);
	return 0;
}
