/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is this container? The places of bundle and state are looked at in every case, which opens
 * nothing. An engine's record is read only when a rule asks for what only it can tell, by the same
 * rules as all that is trusted: a file of root's, in folders of root's, that nobody else can write.
 *
 * What is wrong with a record stops nothing. Its facts are unknown, rules on them do not match, and
 * the record of the decision says why.
 */

#include "run.h"

#include <errno.h>
#include <string.h>

#include "base/fd.h"
#include "host/file.h"

/* 0; -ENOENT when the container is not in there, or the file is not; another -errno. */
static int take_file(struct wh_run *run, size_t number, struct wh_err *err)
{
	struct wh_identity *identity = &run->identity;
	struct wh_json *doc WH_JSON = NULL;
	int fd WH_FD = wh_open_trusted_file(identity->files[number], err);
	int r = fd;

	if (r >= 0)
		r = wh_run_read_json(&doc, fd, identity->files[number], err);
	if (r >= 0)
		r = wh_identity_take_record(identity, doc, number, &run->arena);
	return r;
}

static int give_up(struct wh_run *run, const char *sentence)
{
	const char *why = wh_arena_dup(&run->arena, wh_slice_of(sentence));

	if (why == NULL)
		return -ENOMEM;
	wh_identity_give_up(&run->identity, why);
	return 0;
}

/* The first file that knows the container counts; one that cannot be read ends the search, since
 * the container may be in it. */
static int take_record(struct wh_run *run)
{
	struct wh_identity *identity = &run->identity;

	for (size_t i = 0; i < identity->file_count; i++) {
		struct wh_err why = WH_ERR_INIT;
		int r = take_file(run, i, &why);

		if (r == 0 || r == -ENOMEM)
			return r;
		if (r != -ENOENT || identity->record == WH_RECORD_DOCKER)
			return give_up(run, why.text);
	}
	if (identity->file_count > 0)
		wh_identity_give_up(identity, "no record of containers/storage has the container");
	return 0;
}

static bool needs_record(const struct wh_run *run)
{
	const struct wh_identity *identity = &run->identity;

	if (identity->record == WH_RECORD_NONE)
		return false;
	for (size_t fact = 0; fact < WH_FACT_COUNT; fact++) {
		if (fact != WH_FACT_ENGINE && wh_identity_in_record(identity, fact) &&
			wh_policy_asks(run->policy, fact))
			return true;
	}
	return identity->record == WH_RECORD_STORAGE &&
	       (wh_policy_asks_engine(run->policy, WH_ENGINE_PODMAN) ||
		       wh_policy_asks_engine(run->policy, WH_ENGINE_CRI_O));
}

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
	int r = call.root == NULL ? -ENOMEM : wh_identify(&run->identity, &call, &run->arena);

	run->identified = r == 0;
	if (r == 0 && needs_record(run))
		r = take_record(run);
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
