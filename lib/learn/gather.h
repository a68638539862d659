/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Events in, facts out. Knows of every thread whether it still is the runtime's: a container's
 * first process, and every one that comes from outside, is until it executes something that is not
 * the runtime itself (/proc/self/…, or a hook), and what it forks is what it was; threads.h has
 * the rules, also of processes that join. Checks of the runtime, those answered by foreign
 * credentials and those about a user namespace that the container made itself are counted, not
 * learnt. The runtime's checks within the execve(2) that starts a program are the container's: it
 * is with the container's credentials that the program must be found and executed.
 *
 * Each distinct stack is kept once and looked at only for a result, so that an event costs about a
 * hundred nanoseconds. What is kept has an upper bound, whatever the container does: of a
 * capability 4096 stacks; further checks count as used, by a function that is not known.
 *
 * Text that the container chose is told as printable ASCII, other bytes as \xNN, at most 4095
 * bytes.
 */

#include "base/arena.h"
#include "learn/event.h"
#include "learn/learnt.h"
#include "learn/symbols.h"

struct wh_gathering;

/* What the gathering asks of its surroundings; each may be NULL. */
struct wh_gather_hooks {
	void *context;
	/* A program of the container's was executed for the first time (by this path and thread).
	 * Some may be told again. */
	void (*program)(void *context, int32_t tid, struct wh_slice file);
	/* A system call of the container's that need not be told again. Those whose arguments count
	 * (setuid and its kin, clone, unshare) are never. */
	void (*syscall)(void *context, int64_t number);
	/*
	 * The name of a system call of this machine, which lives in the arena or for ever; NULL
	 * when it has none. 0 or -ENOMEM. Without this hook no names are learnt.
	 */
	int (*syscall_name)(
		void *context, int64_t number, struct wh_arena *arena, const char **ret);
};

/*
 * `hooks_run` are paths of hooks that the runtime executes inside the container (startContainer),
 * which are no programs of the container's. Borrows them, and the hooks' context. Checks for what
 * is not `granted` are not learnt; those of the runtime for CAP_SETPCAP, CAP_SETUID and CAP_SETGID
 * are worth telling all the same, because they show which user namespace is the container's own. 0
 * or -ENOMEM.
 */
int wh_gather_new(struct wh_gathering **ret, wh_capset granted, const char *const *hooks_run,
	size_t hook_count, const struct wh_gather_hooks *hooks) WH_MUST_CHECK;
void wh_gather_free(struct wh_gathering *gathering); /* NULL is fine */

/* A wh_event_sink; the context is the gathering. 0 or -ENOMEM. */
int wh_gather_event(void *gathering, const struct wh_event *event) WH_MUST_CHECK;

/*
 * What has been learnt until now: fills uses, foreign, runtime, other_users, events, lost,
 * syscalls, user_namespaces, ports, users, scratch_programs, and nothing else. After lost events,
 * threads that were never heard of are the runtime's as ever; the result tells the loss. Of a use,
 * `count` is that of the checks of its kind and `detail` the ports below 1024 that it had
 * (CAP_NET_BIND_SERVICE), or the user or group that was asked for (CAP_SETUID, CAP_SETGID).
 * `by_file` and `at_least` stay false. `epoch` is what to add to a time of an event to get seconds
 * since the epoch, in nanoseconds. Everything lives in the arena. 0 or -ENOMEM.
 */
int wh_gather_result(const struct wh_gathering *gathering, const struct wh_symbols *symbols,
	int64_t epoch, struct wh_arena *arena, struct wh_learnt *ret) WH_MUST_CHECK;

/* Whether there are checks of the container's to be judged, for which names of functions are
 * needed. */
bool wh_gather_has_checks(const struct wh_gathering *gathering);

/* Grows with everything that the result would show anew, other than by a larger count. */
uint64_t wh_gather_news(const struct wh_gathering *gathering);
