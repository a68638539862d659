/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the files of this room share: rules as nodes. */

#include "seccomp/filter.h"

#define WH_SECCOMP_EPERM 1
#define WH_SECCOMP_ENOSYS 38

/* From strict to open, as the kernel prefers them (seccomp(2)); the number of no action is -1. */
enum wh_strictness {
	WH_ACT_KILL_PROCESS,
	WH_ACT_KILL,
	WH_ACT_TRAP,
	WH_ACT_ERRNO,
	WH_ACT_NOTIFY,
	WH_ACT_TRACE,
	WH_ACT_LOG,
	WH_ACT_ALLOW,
};

int wh_seccomp_action(const struct wh_json *doc, wh_node action);

/* Whether a rule or a default lets calls through, or lets another decide. */
static inline bool wh_seccomp_is_letting(int action)
{
	return action > WH_ACT_ERRNO;
}

/* A new rule for these names (already in an array), hanging nowhere. errno_ret < 0: none. */
wh_node wh_seccomp_new_rule(struct wh_json *doc, wh_node names, const char *action, int errno_ret);
/* One name in an array. */
wh_node wh_seccomp_new_names(struct wh_json *doc, const char *name);
/* Adds a condition on an argument to a rule. */
void wh_seccomp_add_condition(struct wh_json *doc, wh_node rule, unsigned index, const char *op,
	uint64_t value, uint64_t value_two);
