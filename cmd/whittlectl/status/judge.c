/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a container's processes hold, by the kernel's word, against what the policy leaves it. More
 * than that can have several reasons: it did not come through whittle, the policy was stricter
 * since, or somebody entered it by another way.
 *
 * Its processes are those in its PID namespace and its control groups: `exec` joins both. Where it
 * shares the host's PID namespace the groups alone tell, and only if they bear its id. Processes in
 * a user namespace of their own hold what they hold in there, and are passed over.
 */

#include "status.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/identify.h"

struct crowd {
	struct wh_status *status;
	struct wh_status_container *container;
	uint64_t pids;  /* its PID namespace */
	uint64_t users; /* its user namespace */
	const char *groups;
};

static int find_crowd(struct crowd *ret)
{
	struct wh_status *status = ret->status;
	int pid = ret->container->init.pid;
	int r = wh_process_namespace(status->proc, pid, "pid", &ret->pids);

	if (r == 0)
		r = wh_process_namespace(status->proc, pid, "user", &ret->users);
	if (r == 0)
		r = wh_process_groups(status->proc, pid, &status->arena, &ret->groups);
	return r;
}

/* Whether the process at this place of the list is the container's, beside its first: 1, 0,
 * -ENOMEM. */
static int is_of_crowd(const struct crowd *crowd, size_t place)
{
	struct wh_arena scratch WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	struct wh_status *status = crowd->status;
	int pid = status->pids[place];
	const char *groups = NULL;
	uint64_t number = 0;
	int r;

	if (pid == crowd->container->init.pid)
		return 0;
	if (status->spaces[place] != crowd->pids ||
		wh_process_namespace(status->proc, pid, "user", &number) < 0 ||
		number != crowd->users)
		return 0;
	r = wh_process_groups(status->proc, pid, &scratch, &groups);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	return strcmp(groups, crowd->groups) == 0 &&
	       (crowd->pids != status->own_pids || strstr(groups, crowd->container->id) != NULL);
}

static void compare(struct wh_status_container *container, const struct wh_limits *limits,
	const struct wh_process *process)
{
	wh_capset held = 0, beyond;
	bool regains = limits->kinds[WH_KIND_NO_NEW_PRIVILEGES].otherwise != WH_KEEP &&
		       !process->no_new_privileges;

	for (size_t i = 0; i < WH_PROCESS_SETS; i++)
		held |= process->sets[i];
	beyond = held & ~limits->capabilities;
	if (beyond == 0 && !regains)
		return;
	if (container->beyond_pid == 0)
		container->beyond_pid = process->pid;
	container->beyond |= beyond;
	container->regains = container->regains || regains;
}

/* The container's processes, in the arena, the first one first. 0, also when it has ended; -ENOMEM.
 */
static int list_crowd(struct wh_status *status, struct wh_status_container *container)
{
	struct crowd crowd = { .status = status, .container = container };
	struct wh_buf pids WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int *members;
	int r = find_crowd(&crowd);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	wh_buf_add(&pids, &container->init.pid, sizeof(container->init.pid));
	for (size_t i = 0; i < status->pid_count; i++) {
		r = is_of_crowd(&crowd, i);
		if (r < 0)
			return r;
		if (r > 0)
			wh_buf_add(&pids, &status->pids[i], sizeof(status->pids[i]));
	}
	members = wh_arena_alloc(&status->arena, pids.len + 1);
	if (wh_buf_status(&pids) < 0 || members == NULL)
		return -ENOMEM;
	memcpy(members, pids.data, pids.len);
	container->members = members;
	container->member_count = pids.len / sizeof(*members);
	return 0;
}

static void judge_crowd(struct wh_status *status, struct wh_status_container *container,
	const struct wh_limits *limits)
{
	container->judged = container->member_count > 0;
	for (size_t i = 0; i < container->member_count; i++) {
		struct wh_process process;

		if (wh_process_read(status->proc, container->members[i], &process) == 0 &&
			process.state != 'Z' && process.state != 'X')
			compare(container, limits, &process);
	}
}

/* ---- what it may hold -------------------------------------------------------------------- */

/* Who the container is for the policy, as it was when it was made. */
static int identify(struct wh_status *status, const struct wh_status_container *container,
	const struct wh_state *state, const struct wh_policy *policy, struct wh_identity *ret)
{
	const char *slash = strrchr(container->state, '/');
	struct wh_call call = {
		.command = "create",
		.id = container->id,
		.bundle = container->bundle,
		.root = wh_arena_dup(&status->arena,
			(struct wh_slice){ container->state, (size_t)(slash - container->state) }),
		.root_given = container->engine == NULL || strcmp(container->engine, "podman") != 0,
		.rootfs = state->rootfs,
		.annotations = &state->annotations,
	};
	int r = call.root == NULL ? -ENOMEM : wh_find_identity(ret, &call, policy, &status->arena);

	if (r == 0) {
		ret->subject.facts[WH_FACT_USER] = (struct wh_fact_value){
			.text = wh_arena_printf(&status->arena, "%u", container->init.uid)
		};
		r = ret->subject.facts[WH_FACT_USER].text == NULL ? -ENOMEM : 0;
	}
	return r;
}

/* 1 when it is to be held against ret; 0 when it is only watched, or the policy cannot tell;
 * -ENOMEM. */
static int decide(struct wh_status *status, struct wh_status_container *container,
	const struct wh_state *state, struct wh_limits *ret)
{
	/* A rule may tell them apart, and a process does not show which of them started it: it is
	 * within when one of them allows it. */
	static const char *const commands[] = { "create", "run", "exec" };

	struct wh_identity identity;
	int r = identify(status, container, state, container->policy->policy, &identity);

	if (r < 0)
		return r;
	for (size_t i = 0; i < WH_COUNT(commands); i++) {
		struct wh_decision decision;

		identity.subject.facts[WH_FACT_COMMAND] =
			(struct wh_fact_value){ .text = commands[i] };
		r = wh_policy_decide(
			container->policy->policy, &identity.subject, &status->arena, &decision);
		if (r < 0)
			return r == -ENOMEM ? r : 0;
		if (i == 0) {
			container->rule = decision.rule;
			*ret = decision.limits;
		}
		if (decision.limits.mode == WH_MODE_AUDIT) {
			container->watched =
				wh_policy_default(container->policy->policy)->mode != WH_MODE_AUDIT;
			return 0;
		}
		ret->capabilities |= decision.limits.capabilities;
		if (decision.limits.kinds[WH_KIND_NO_NEW_PRIVILEGES].otherwise == WH_KEEP)
			ret->kinds[WH_KIND_NO_NEW_PRIVILEGES].otherwise = WH_KEEP;
	}
	return 1;
}

/* Who it is, by all that can be found out. */
static int find_out(struct wh_status *status, struct wh_status_container *container,
	const struct wh_state *state)
{
	struct wh_identity *who = wh_arena_alloc(&status->arena, sizeof(*who));
	int r = who == NULL ? -ENOMEM : identify(status, container, state, NULL, who);

	container->who = who;
	/* They are the state's, which goes. */
	if (r == 0)
		who->subject.annotation_count = who->subject.label_count = 0;
	return r;
}

static int keep_limits(struct wh_status *status, struct wh_status_container *container,
	const struct wh_limits *limits)
{
	struct wh_limits *copy = wh_arena_alloc(&status->arena, sizeof(*copy));

	if (copy == NULL)
		return -ENOMEM;
	*copy = *limits;
	container->limits = copy;
	return 0;
}

int wh_status_judge(struct wh_status *status, struct wh_status_container *container,
	const struct wh_state *state, bool created)
{
	struct wh_limits limits;
	int r = list_crowd(status, container);

	if (r == 0 && status->details && state != NULL)
		r = find_out(status, container, state);
	if (r == 0 && container->policy == NULL) {
		container->policy = wh_status_policy(status, WH_POLICY_FILE);
		r = container->policy == NULL ? -ENOMEM : 0;
	}
	/* gVisor shows the host nothing of what is inside; one that is not started holds what its
	 * runtime needs to start it. */
	if (r < 0 || container->policy->policy == NULL || state == NULL || created ||
		container->kind == WH_RUNTIME_RUNSC)
		return r;
	r = decide(status, container, state, &limits);
	if (r <= 0)
		return r;
	judge_crowd(status, container, &limits);
	return status->details ? keep_limits(status, container, &limits) : 0;
}
