/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of all that was seen keeps this host from being one where every container passes whittle and
 * is held to a policy: a sentence each, with what to do. Ways around have theirs already.
 */

#include "status.h"

#include <errno.h>

#define FIND(...) wh_status_note(status, &status->findings, __VA_ARGS__)

static int conclude_engine(struct wh_status *status, const struct wh_status_engine *engine)
{
	const char *title = engine->engine->title, *name = engine->engine->name;

	if (engine->error != NULL)
		return FIND("%s's configuration cannot be read: %s", title, engine->error);
	if (engine->runs.called == NULL)
		return FIND(
			"%s's default runtime %s is none of those it knows, or calls no whittle: "
			"whittlectl configure %s --default",
			title, engine->default_runtime, name);
	if (engine->runs.path == NULL)
		return FIND("%s's default runtime %s calls %s, which is not there", title,
			engine->default_runtime, engine->runs.called);
	if (!engine->runs.whittle)
		return FIND(
			"%s's default runtime %s is not whittle: whittlectl configure %s --default",
			title, engine->default_runtime, name);
	if (engine->runs.policy == NULL)
		return FIND("%s's default runtime is called %s, and no policy can have that name",
			title, engine->runs.called);
	return 0;
}

static int conclude_rules(struct wh_status *status, const struct wh_status_policy *policy)
{
	const char *rule;
	int r = 0;

	if (wh_policy_default(policy->policy)->mode == WH_MODE_AUDIT)
		return FIND("%s only watches: \"mode\" is \"audit\"", policy->file);
	for (size_t i = 0; r == 0 && (rule = wh_policy_watching_rule(policy->policy, i)) != NULL;
		i++)
		r = wh_status_note(status, &status->notes,
			"the rule \"%s\" of %s only watches the containers that it matches", rule,
			policy->file);
	return r;
}

static int conclude_policy(struct wh_status *status, const struct wh_status_policy *policy)
{
	int r;

	if (policy->policy == NULL)
		return FIND("%s", policy->error);
	r = conclude_rules(status, policy);
	if (r < 0)
		return r;
	if (policy->runtime == NULL)
		return FIND("no runtime is behind %s: %s", policy->file, policy->runtime_error);
	if (policy->answer.version == NULL)
		return FIND("what is behind %s cannot be told: %s: %s", policy->file,
			policy->runtime, policy->answer.error);
	if (!policy->answer.fits)
		return FIND("%s takes %s for %s, and it says it is %s", policy->file,
			policy->runtime, wh_grammar_of(policy->kind)->name, policy->answer.version);
	return 0;
}

static int conclude_policies(struct wh_status *status)
{
	bool used = false;
	int r = 0;

	for (const struct wh_status_policy *policy = status->policies; policy != NULL;
		policy = policy->next)
		used = used || policy->used;
	/* Where nothing loads a policy yet, the one that would be loaded counts. */
	if (!used)
		status->policies->used = true;
	for (const struct wh_status_policy *policy = status->policies; r == 0 && policy != NULL;
		policy = policy->next) {
		if (policy->used)
			r = conclude_policy(status, policy);
	}
	return r;
}

static const char *ending(size_t count)
{
	return count == 1 ? "" : "s";
}

static int conclude_containers(struct wh_status *status)
{
	struct wh_status_counts counts = wh_status_count(status);
	int r = 0;

	if (counts.other > 0)
		r = FIND("%zu running container%s not started through whittle: create %s anew",
			counts.other, counts.other == 1 ? " was" : "s were",
			counts.other == 1 ? "it" : "them");
	if (r == 0 && counts.unknown > 0)
		r = FIND("of %zu running container%s it is not known whether whittle started %s",
			counts.unknown, ending(counts.unknown),
			counts.unknown == 1 ? "it" : "them");
	if (r == 0 && counts.beyond > 0)
		r = FIND("%zu running container%s more than the policy allows", counts.beyond,
			counts.beyond == 1 ? " holds" : "s hold");
	if (r == 0 && counts.watched > 0)
		r = FIND("%zu running container%s only watched, by a rule with \"mode\": \"audit\"",
			counts.watched, counts.watched == 1 ? " is" : "s are");
	return r;
}

int wh_status_conclude(struct wh_status *status)
{
	int r = 0;

	if (status->whittles.count == 0)
		r = FIND("whittle is not installed in the system's folders for programs");
	if (r == 0 && status->engines == NULL)
		r = FIND("no engine found: neither Docker, containerd, Podman nor CRI-O is "
			 "installed "
			 "in the system's folders for programs, and none runs");
	for (const struct wh_status_engine *engine = status->engines; r == 0 && engine != NULL;
		engine = engine->next)
		r = conclude_engine(status, engine);
	if (r == 0)
		r = conclude_policies(status);
	return r == 0 ? conclude_containers(status) : r;
}

struct wh_status_counts wh_status_count(const struct wh_status *status)
{
	struct wh_status_counts counts = { .running = 0 };

	for (const struct wh_status_container *container = status->containers; container != NULL;
		container = container->next) {
		counts.running++;
		counts.through += container->through == WH_THROUGH_WHITTLE;
		counts.other += container->through == WH_THROUGH_OTHER;
		counts.unknown += container->through == WH_THROUGH_UNKNOWN;
		counts.beyond += container->beyond_pid != 0;
		counts.watched += container->watched;
	}
	return counts;
}

enum wh_status_verdict wh_status_verdict(const struct wh_status *status)
{
	if (status->unseen.first != NULL)
		return WH_STATUS_UNSEEN;
	if (status->findings.first != NULL || status->ways != NULL)
		return WH_STATUS_FINDINGS;
	return WH_STATUS_ENFORCED;
}
