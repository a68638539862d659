/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A profile of what was seen. The runtime loads it and then still has a few steps to go before the
 * container's program runs: those calls must be allowed, too, and no recording shows them, since
 * they are the runtime's. They were found by strace(1) of runc 1.1.5 and crun 1.8.1, for `run` and
 * `exec`, as root and another user, with and without a terminal.
 *
 * Without noNewPrivileges the filter is loaded earlier, while there still is a capability to load
 * it with; what the runtime does about users, groups and capabilities comes behind it then.
 */

#include <string.h>

#include "learn/rule.h"

/* The last steps: closing what is not the container's, the word that it may go, the program. */
static const char *const last_steps[] = { "close", "execve", "fcntl", "fstat", "fstatfs",
	"getdents64", "newfstatat", "openat", "read", "write" };

/*
 * runc is a Go program with several threads, and Go's runtime does these whenever it likes to:
 * start a thread, hand a processor over, collect garbage, wake a sleeper.
 */
static const char *const go[] = { "clone", "clone3", "epoll_ctl", "epoll_pwait", "exit", "futex",
	"getpid", "gettid", "madvise", "mmap", "mprotect", "munmap", "nanosleep", "rseq",
	"rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sched_yield", "set_robust_list",
	"sigaltstack", "tgkill" };

/* crun's exec loads the filter early in any case. */
static const char *const crun_exec[] = { "capset", "fchown", "ioctl", "prctl", "setgroups",
	"setresgid", "setresuid", "statx", "umask" };

/* In newer ones (runc >= 1.2, crun >= 1.9), by their sources. */
static const char *const newer[] = { "close_range", "execveat", "readlinkat" };

static const char *const early[] = { "capget", "chdir", "faccessat2", "getcwd", "getppid", "setgid",
	"setuid" };

/* What a program did not ask for itself, or only at an end that the recording may not have seen:
 * how it goes on after a signal (SIGCONT: restart_syscall(2)), and its exit. */
static const char *const always[] = { "exit", "exit_group", "restart_syscall", "rt_sigreturn" };

/* As the kernel that whittle was built for calls itself. */
static const char architecture[] =
#if defined(__x86_64__)
	"SCMP_ARCH_X86_64";
#elif defined(__aarch64__)
	"SCMP_ARCH_AARCH64";
#else
#error "no name for this architecture"
#endif

struct list {
	const char *const *names;
	size_t count;
};

static bool is_in(struct list list, const char *name)
{
	for (size_t i = 0; i < list.count; i++) {
		if (strcmp(list.names[i], name) == 0)
			return true;
	}
	return false;
}

/* Adds those that none of the lists before has. */
static void add_names(struct wh_json *doc, wh_node array, const struct list *lists, size_t at)
{
	for (size_t i = 0; i < lists[at].count; i++) {
		bool known = false;

		for (size_t k = 0; k < at; k++)
			known = known || is_in(lists[k], lists[at].names[i]);
		if (!known)
			wh_json_append(doc, array,
				wh_json_new_string(doc, wh_slice_of(lists[at].names[i])));
	}
}

/* One entry of "syscalls". */
static void add_rule(struct wh_json *doc, wh_node rules, wh_node names)
{
	wh_node rule = wh_json_new_object(doc);

	wh_json_set(doc, rule, "names", names);
	wh_json_set(doc, rule, "action", wh_json_new_string(doc, WH_SLICE("SCMP_ACT_ALLOW")));
	wh_json_append(doc, rules, rule);
}

/* First what was seen, if anything, then what the runtimes add. */
static wh_node new_rules(struct wh_json *doc, const struct list *lists, size_t count)
{
	wh_node rules = wh_json_new_array(doc);
	wh_node names = wh_json_new_array(doc);

	if (lists[0].count > 0) {
		add_names(doc, names, lists, 0);
		add_rule(doc, rules, names);
		names = wh_json_new_array(doc);
	}
	for (size_t i = 1; i < count; i++)
		add_names(doc, names, lists, i);
	if (wh_json_first(doc, names) != WH_NO_NODE)
		add_rule(doc, rules, names);
	return rules;
}

wh_node wh_learnt_seccomp(const struct wh_learnt *learnt, struct wh_json *doc)
{
	const struct list lists[] = {
		{ learnt->syscalls, learnt->syscall_count },
		{ always, WH_COUNT(always) },
		{ last_steps, WH_COUNT(last_steps) },
		{ go, WH_COUNT(go) },
		{ crun_exec, WH_COUNT(crun_exec) },
		{ newer, WH_COUNT(newer) },
		{ early, wh_learnt_no_new_privileges(learnt) ? 0 : WH_COUNT(early) },
	};
	wh_node profile, architectures;

	if (learnt->syscalls_unknown != NULL)
		return WH_NO_NODE;
	profile = wh_json_new_object(doc);
	architectures = wh_json_new_array(doc);
	wh_json_append(doc, architectures, wh_json_new_string(doc, wh_slice_of(architecture)));
	wh_json_set(
		doc, profile, "defaultAction", wh_json_new_string(doc, WH_SLICE("SCMP_ACT_ERRNO")));
	wh_json_set(doc, profile, "architectures", architectures);
	wh_json_set(doc, profile, "syscalls", new_rules(doc, lists, WH_COUNT(lists)));
	return wh_json_status(doc) < 0 ? WH_NO_NODE : profile;
}
