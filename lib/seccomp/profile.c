/* SPDX-License-Identifier: Apache-2.0 */
/* What the limits close, and the profile for containers that bring none. */

#include "seccomp/internal.h"

#include <linux/capability.h>
#include <sched.h>

#define AF_VSOCK_NUMBER 40

/* The flags of clone(2) that make namespaces: what engines mask without CAP_SYS_ADMIN. */
#define NAMESPACE_FLAGS \
	((uint64_t)(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | \
		    CLONE_NEWPID | CLONE_NEWNET))

/* The architecture that whittle was built for, and those whose programs its kernel runs. */
static const char *const architectures[] = {
#if defined(__x86_64__)
	"SCMP_ARCH_X86_64",
	"SCMP_ARCH_X86",
	"SCMP_ARCH_X32",
#elif defined(__aarch64__)
	"SCMP_ARCH_AARCH64",
	"SCMP_ARCH_ARM",
#else
#error "no table of system calls for this architecture"
#endif
};

static bool holds(wh_capset set, unsigned capability)
{
	return (set & wh_capset_of(capability)) != 0;
}

bool wh_seccomp_closes(const struct wh_seccomp_limits *limits, const struct wh_syscall *call)
{
	if (call->class != WH_SYSCALL_GATED || (call->opens & limits->kept) != 0)
		return false;
	return (call->opens & limits->removed) != 0 &&
	       !(limits->user_namespaces && call->namespaced);
}

uint64_t wh_seccomp_clone_mask(const struct wh_seccomp_limits *limits)
{
	if (limits->user_namespaces)
		return 0;
	return holds(limits->removed, CAP_SYS_ADMIN) && !holds(limits->kept, CAP_SYS_ADMIN)
		       ? NAMESPACE_FLAGS
		       : CLONE_NEWUSER;
}

uint64_t wh_seccomp_unshare_mask(const struct wh_seccomp_limits *limits)
{
	return limits->user_namespaces ? 0 : CLONE_NEWUSER;
}

static bool is_allowed(const struct wh_seccomp_limits *limits, const struct wh_syscall *call)
{
	switch ((enum wh_syscall_class)call->class) {
	case WH_SYSCALL_ALWAYS:
		return true;
	case WH_SYSCALL_GATED:
		return (call->opens & limits->kept) != 0 ||
		       (limits->user_namespaces && call->namespaced);
	case WH_SYSCALL_NEVER:
	case WH_SYSCALL_SPECIAL:
		return false;
	}
	return false;
}

static wh_node add_rule(struct wh_json *doc, wh_node rules, const char *name)
{
	wh_node rule =
		wh_seccomp_new_rule(doc, wh_seccomp_new_names(doc, name), "SCMP_ACT_ALLOW", -1);

	wh_json_append(doc, rules, rule);
	return rule;
}

static void add_plain(struct wh_json *doc, wh_node rules, const struct wh_seccomp_limits *limits)
{
	wh_node names = wh_json_new_array(doc);
	const struct wh_syscall *call;

	for (size_t i = 0; (call = wh_syscall_get(i)) != NULL; i++) {
		/* Under a mask, see below. */
		bool apart = wh_seccomp_unshare_mask(limits) != 0 &&
			     wh_slice_is(wh_slice_of(call->name), "unshare");

		if (!apart && is_allowed(limits, call))
			wh_json_append(
				doc, names, wh_json_new_string(doc, wh_slice_of(call->name)));
	}
	wh_json_append(doc, rules, wh_seccomp_new_rule(doc, names, "SCMP_ACT_ALLOW", -1));
}

/* The execution domains that change nothing about security: PER_LINUX, PER_LINUX32, these with
 * UNAME26, and the question which one it is (personality(2)). */
static void add_personality(struct wh_json *doc, wh_node rules)
{
	static const uint64_t domains[] = { 0x0, 0x8, 0x20000, 0x20008, 0xffffffff };

	for (size_t i = 0; i < WH_COUNT(domains); i++)
		wh_seccomp_add_condition(
			doc, add_rule(doc, rules, "personality"), 0, "SCMP_CMP_EQ", domains[i], 0);
}

/* Without the flags for namespaces; clone3(2) hides them in memory, where no filter sees them, and
 * with ENOSYS the C library falls back to clone. */
static void add_clone(struct wh_json *doc, wh_node rules, const struct wh_seccomp_limits *limits)
{
	bool may_all = limits->user_namespaces || holds(limits->kept, CAP_SYS_ADMIN);
	uint64_t mask = limits->user_namespaces ? 0 : may_all ? CLONE_NEWUSER : NAMESPACE_FLAGS;
	wh_node rule = add_rule(doc, rules, "clone");

	if (mask != 0) {
		wh_seccomp_add_condition(doc, rule, 0, "SCMP_CMP_MASKED_EQ", mask, 0);
		wh_json_append(doc, rules,
			wh_seccomp_new_rule(doc, wh_seccomp_new_names(doc, "clone3"),
				"SCMP_ACT_ERRNO", WH_SECCOMP_ENOSYS));
	} else {
		(void)add_rule(doc, rules, "clone3");
	}
	if (may_all && wh_seccomp_unshare_mask(limits) != 0)
		wh_seccomp_add_condition(doc, add_rule(doc, rules, "unshare"), 0,
			"SCMP_CMP_MASKED_EQ", wh_seccomp_unshare_mask(limits), 0);
}

wh_node wh_seccomp_default(struct wh_json *doc, const struct wh_seccomp_limits *limits)
{
	wh_node seccomp = wh_json_new_object(doc);
	wh_node list = wh_json_new_array(doc);
	wh_node rules = wh_json_new_array(doc);

	wh_json_set(
		doc, seccomp, "defaultAction", wh_json_new_string(doc, WH_SLICE("SCMP_ACT_ERRNO")));
	wh_json_set(doc, seccomp, "defaultErrnoRet", wh_json_new_u64(doc, WH_SECCOMP_EPERM));
	for (size_t i = 0; i < WH_COUNT(architectures); i++)
		wh_json_append(doc, list, wh_json_new_string(doc, wh_slice_of(architectures[i])));
	wh_json_set(doc, seccomp, "architectures", list);
	wh_json_set(doc, seccomp, "syscalls", rules);
	add_plain(doc, rules, limits);
	add_personality(doc, rules);
	/* Sockets of virtual machines reach the hypervisor, whatever the network namespace. */
	wh_seccomp_add_condition(
		doc, add_rule(doc, rules, "socket"), 0, "SCMP_CMP_NE", AF_VSOCK_NUMBER, 0);
	add_clone(doc, rules, limits);
	return seccomp;
}
