/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a container's processes hold, by the kernel's word, against what the policy leaves it. More
 * than that can have several reasons: it did not come through whittle, the policy was stricter
 * since, or somebody entered it by another way.
 *
 * Its processes are those in its PID namespace and its control groups: `exec` joins both. Where it
 * shares the host's PID namespace, only its first process is certain to be its own. Processes in a
 * user namespace of their own hold what they hold in there, and are passed over.
 */

#include "status.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

struct crowd {
	struct wh_status *status;
	const struct wh_status_container *container;
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

/* Whether the process at this place of the list is the container's: 1, 0, -ENOMEM. */
static int is_of_crowd(const struct crowd *crowd, size_t place)
{
	struct wh_arena scratch WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	struct wh_status *status = crowd->status;
	int pid = status->pids[place];
	const char *groups = NULL;
	uint64_t number = 0;
	int r;

	if (pid == crowd->container->init.pid)
		return 1;
	if (crowd->pids == status->own_pids || status->spaces[place] != crowd->pids ||
		wh_process_namespace(status->proc, pid, "user", &number) < 0 ||
		number != crowd->users)
		return 0;
	r = wh_process_groups(status->proc, pid, &scratch, &groups);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	return strcmp(groups, crowd->groups) == 0;
}

static void compare(struct wh_status_container *container, const struct wh_limits *limits,
	const struct wh_process *process)
{
	wh_capset held = 0, beyond;
	bool regains = limits->no_new_privileges && !process->no_new_privileges;

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

static int judge_crowd(struct wh_status *status, struct wh_status_container *container,
	const struct wh_limits *limits)
{
	struct crowd crowd = { .status = status, .container = container };
	int r = find_crowd(&crowd);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	container->judged = true;
	for (size_t i = 0; i < status->pid_count; i++) {
		struct wh_process process;

		r = is_of_crowd(&crowd, i);
		if (r < 0)
			return r;
		if (r > 0 && wh_process_read(status->proc, status->pids[i], &process) == 0 &&
			process.state != 'Z' && process.state != 'X')
			compare(container, limits, &process);
	}
	return 0;
}

int wh_status_judge(struct wh_status *status, struct wh_status_container *container,
	const struct wh_annotation_list *annotations, bool created)
{
	struct wh_subject subject = { .id = container->id, .bundle = container->bundle };
	struct wh_decision decision;
	int r;

	if (container->policy == NULL)
		container->policy = wh_status_policy(status, WH_POLICY_FILE);
	if (container->policy == NULL)
		return -ENOMEM;
	/* gVisor shows the host nothing of what is inside; one that is not started holds what its
	 * runtime needs to start it. */
	if (container->policy->policy == NULL || annotations == NULL || created ||
		container->kind == WH_RUNTIME_RUNSC)
		return 0;
	subject.annotations = annotations->items;
	subject.annotation_count = annotations->count;
	r = wh_policy_decide(container->policy->policy, &subject, &status->arena, &decision);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	container->rule = decision.rule;
	if (decision.limits.mode == WH_MODE_AUDIT)
		return 0;
	return judge_crowd(status, container, &decision.limits);
}
