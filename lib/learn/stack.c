/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stack from the inside out: the tracer's own functions, cap_capable, the functions that only
 * hand the question on (capable, ns_capable…), the one that wanted to know, and what led to it, up
 * to the system call.
 *
 * The names are those of Linux 4.14 to 6.18. A function that a compiler put into its caller is not
 * on the stack, so rules name the callers too where the compilers in use do that.
 */

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <linux/capability.h>

#include "learn/event.h"
#include "learn/stack.h"

#define BIT(capability) (UINT64_C(1) << (capability))
#define ANY (~UINT64_C(0))
#define DAC (BIT(CAP_DAC_OVERRIDE) | BIT(CAP_DAC_READ_SEARCH))

/* Where a rule looks. */
enum place {
	ASKS,    /* the function that wanted to know */
	WITHIN,  /* any function that led to the check */
	SYSCALL, /* the system call */
	/* The outermost such function is of a file system that acts with credentials of its own,
	 * except where only functions of `of_the_caller` are between it and the check. */
	LENDS,
};

/* The first that fits counts. A name with * at its end is the beginning of one. */
struct rule {
	uint64_t capabilities;
	enum place place;
	const char *name;
	enum wh_use use;
	const char *why;
};

#define ACCOUNTING "the kernel asks at every change of memory, and only counts by the answer"
#define LENT "the file system asked with the credentials of who mounted it"
#define LOOK "it only looked whether a file is there and what it is like"
#define OTHERS "it looked at other processes, and sees less of them without"
#define RESERVE "for blocks that are kept for root, when the file system is nearly full"
#define UNLIMITED "the kernel asks before it knows whether the limit is reached"
#define TRUSTED "trusted attributes are left out of a list without"
#define SYSCTL "the kernel asks at every look into /proc/sys"
#define MOUNTS "it looked at mounts, and sees less of them without"
#define MODULE "the kernel would load a module for it"
#define SOCKETS "more is told of sockets with it"
#define PRIORITY "without, programs go on with an ordinary priority"

static const struct rule rules[] = {
	/* Not the container's own credentials, or no question of permission. */
	{ BIT(CAP_SYS_ADMIN), WITHIN, "security_vm_enough_memory*", WH_USE_FOREIGN, ACCOUNTING },
	{ BIT(CAP_SYS_ADMIN), WITHIN, "cap_vm_enough_memory", WH_USE_FOREIGN, ACCOUNTING },
	{ BIT(CAP_SYS_ADMIN), WITHIN, "__vm_enough_memory", WH_USE_FOREIGN, ACCOUNTING },
	{ ANY, WITHIN, "oom_badness", WH_USE_FOREIGN, ACCOUNTING },
	/* Who mounts an overlay lends his own credentials. */
	{ ANY, WITHIN, "ovl_fill_super", WH_USE_NEEDED, NULL },
	{ ANY, ASKS, "ovl_open_realfile", WH_USE_FOREIGN, LENT },
	{ ANY, ASKS, "ovl_path_open", WH_USE_FOREIGN, LENT },
	{ ANY, ASKS, "ovl_can_decode_fh", WH_USE_FOREIGN, LENT },
	{ ANY, LENDS, "ovl_*", WH_USE_FOREIGN, LENT },
	{ ANY, WITHIN, "backing_file_*", WH_USE_FOREIGN, LENT },
	{ ANY, WITHIN, "cachefiles_daemon_*", WH_USE_NEEDED, NULL },
	{ ANY, WITHIN, "cachefiles_*", WH_USE_FOREIGN, "the cache of a network file system asked" },
	{ ANY, WITHIN, "nfsd_dispatch", WH_USE_FOREIGN, "a client of the NFS server asked" },
	{ ANY, WITHIN, "do_acct_process", WH_USE_FOREIGN, "process accounting wrote its file" },
	{ ANY, WITHIN, "acct_write_process", WH_USE_FOREIGN, "process accounting wrote its file" },
	{ ANY, WITHIN, "_request_firmware", WH_USE_FOREIGN, "a driver read its firmware" },

	/* Ends of programs that were to end. */
	{ ANY, WITHIN, "do_coredump", WH_USE_SPECULATIVE, "the kernel wrote a core dump" },
	{ ANY, WITHIN, "vfs_coredump", WH_USE_SPECULATIVE, "the kernel wrote a core dump" },

	/* It gives root the owner's permission anyway. */
	{ ANY, WITHIN, "proc_sys_permission", WH_USE_SPECULATIVE, SYSCTL },
	{ ANY, ASKS, "pid_table_root_permissions", WH_USE_SPECULATIVE, SYSCTL },
	{ ANY, ASKS, "net_ctl_permissions", WH_USE_SPECULATIVE, SYSCTL },
	{ ANY, ASKS, "ipc_permissions", WH_USE_SPECULATIVE, SYSCTL },
	{ ANY, ASKS, "set_permissions", WH_USE_SPECULATIVE, SYSCTL },

	{ BIT(CAP_SETPCAP), ASKS, "cap_capset", WH_USE_SPECULATIVE,
		"capset asks for it whatever is to change" },
	{ BIT(CAP_SETPCAP), ASKS, "cap_inh_is_capped", WH_USE_SPECULATIVE,
		"capset asks for it whatever is to change" },
	/* No call fails without it: a bit of the mode is left out. */
	{ BIT(CAP_FSETID), ASKS, "*", WH_USE_SPECULATIVE,
		"the kernel asks at every change of a mode; it matters to set-group-ID bits "
		"alone" },
	{ BIT(CAP_AUDIT_WRITE), ASKS, "*", WH_USE_SPECULATIVE,
		"for the host's audit log; most programs go on without" },

	/* access(2) is a question, and a file that cannot be looked at is not there. */
	{ DAC, SYSCALL, "access", WH_USE_SPECULATIVE, LOOK },
	{ DAC, SYSCALL, "faccessat*", WH_USE_SPECULATIVE, LOOK },
	{ DAC, SYSCALL, "stat*", WH_USE_SPECULATIVE, LOOK },
	{ DAC, SYSCALL, "lstat*", WH_USE_SPECULATIVE, LOOK },
	{ DAC, SYSCALL, "newfstatat", WH_USE_SPECULATIVE, LOOK },
	{ DAC, SYSCALL, "fstatat64", WH_USE_SPECULATIVE, LOOK },
	{ DAC, SYSCALL, "readlink*", WH_USE_SPECULATIVE, LOOK },
	{ DAC, SYSCALL, "getxattr", WH_USE_SPECULATIVE, LOOK },
	{ DAC, SYSCALL, "lgetxattr", WH_USE_SPECULATIVE, LOOK },
	{ DAC, SYSCALL, "listxattr", WH_USE_SPECULATIVE, LOOK },
	{ DAC, SYSCALL, "llistxattr", WH_USE_SPECULATIVE, LOOK },
	{ DAC, WITHIN, "would_dump", WH_USE_SPECULATIVE,
		"the kernel asks whether a program may write core dumps" },

	{ BIT(CAP_FOWNER), ASKS, "may_open", WH_USE_SPECULATIVE,
		"for O_NOATIME, which programs try and bear a no" },
	{ BIT(CAP_FOWNER), ASKS, "do_open", WH_USE_SPECULATIVE,
		"for O_NOATIME, which programs try and bear a no" },
	{ BIT(CAP_FOWNER), ASKS, "path_openat", WH_USE_SPECULATIVE,
		"for O_NOATIME, which programs try and bear a no" },
	{ BIT(CAP_FOWNER), ASKS, "may_setattr", WH_USE_SPECULATIVE,
		"to touch a file; permission to write it will do" },
	{ BIT(CAP_FOWNER), ASKS, "notify_change", WH_USE_SPECULATIVE,
		"to touch a file; permission to write it will do" },
	{ BIT(CAP_FOWNER), ASKS, "xfs_setattr_nonsize", WH_USE_SPECULATIVE, UNLIMITED },

	{ BIT(CAP_SYS_RESOURCE), ASKS, "ext4_has_free_*", WH_USE_SPECULATIVE, RESERVE },
	{ BIT(CAP_SYS_RESOURCE), ASKS, "ext4_claim_free_*", WH_USE_SPECULATIVE, RESERVE },
	{ BIT(CAP_SYS_RESOURCE), ASKS, "ext4_should_retry_alloc", WH_USE_SPECULATIVE, RESERVE },
	{ BIT(CAP_SYS_RESOURCE), ASKS, "ext2_*", WH_USE_SPECULATIVE, RESERVE },
	{ BIT(CAP_SYS_RESOURCE), ASKS, "f2fs_*", WH_USE_SPECULATIVE, RESERVE },
	{ BIT(CAP_SYS_RESOURCE), ASKS, "dquot_*", WH_USE_SPECULATIVE, RESERVE },
	{ BIT(CAP_SYS_RESOURCE), ASKS, "ignore_hardlimit", WH_USE_SPECULATIVE, RESERVE },
	{ BIT(CAP_SYS_RESOURCE), ASKS, "mq_attr_ok", WH_USE_SPECULATIVE, UNLIMITED },
	{ BIT(CAP_SYS_RESOURCE), ASKS, "mqueue_get_inode", WH_USE_SPECULATIVE, UNLIMITED },
	{ BIT(CAP_SYS_RESOURCE), ASKS, "__set_oom_adj", WH_USE_SPECULATIVE,
		"to be spared when memory runs out; programs bear a no" },
	{ BIT(CAP_SYS_RESOURCE), ASKS, "oom_score_adj_write", WH_USE_SPECULATIVE,
		"to be spared when memory runs out; programs bear a no" },

	/* Asked in front of the limit instead of behind it. */
	{ BIT(CAP_IPC_LOCK), SYSCALL, "io_uring_setup", WH_USE_SPECULATIVE, UNLIMITED },
	{ BIT(CAP_IPC_LOCK), ASKS, "io_uring_*", WH_USE_SPECULATIVE, UNLIMITED },
	{ BIT(CAP_IPC_LOCK), ASKS, "mm_account_pinned_pages", WH_USE_SPECULATIVE, UNLIMITED },
	{ BIT(CAP_IPC_LOCK), ASKS, "xdp_umem_*", WH_USE_SPECULATIVE, UNLIMITED },
	{ BIT(CAP_IPC_LOCK), ASKS, "account_locked_vm", WH_USE_SPECULATIVE, UNLIMITED },
	{ BIT(CAP_IPC_LOCK), ASKS, "mlock_future_*", WH_USE_SPECULATIVE, UNLIMITED },
	{ BIT(CAP_IPC_LOCK), ASKS, "do_mmap", WH_USE_SPECULATIVE, UNLIMITED },
	{ BIT(CAP_IPC_LOCK), ASKS, "do_brk_flags", WH_USE_SPECULATIVE, UNLIMITED },
	{ BIT(CAP_IPC_LOCK), ASKS, "shmctl_do_lock", WH_USE_SPECULATIVE, UNLIMITED },

	{ BIT(CAP_SYS_NICE), ASKS, "can_nice", WH_USE_SPECULATIVE, PRIORITY },
	{ BIT(CAP_SYS_NICE), ASKS, "set_one_prio*", WH_USE_SPECULATIVE, PRIORITY },
	{ BIT(CAP_SYS_NICE), ASKS, "user_check_sched_setscheduler", WH_USE_SPECULATIVE, PRIORITY },
	{ BIT(CAP_SYS_NICE), ASKS, "__sched_setscheduler", WH_USE_SPECULATIVE, PRIORITY },
	{ BIT(CAP_SYS_NICE), ASKS, "binder_*", WH_USE_SPECULATIVE, PRIORITY },

	{ BIT(CAP_SYS_PTRACE), ASKS, "cap_bprm_*", WH_USE_SPECULATIVE,
		"asked of who traces the program, when it is executed" },
	{ BIT(CAP_SYS_PTRACE), WITHIN, "proc_*", WH_USE_SPECULATIVE, OTHERS },
	{ BIT(CAP_SYS_PTRACE), WITHIN, "do_task_stat", WH_USE_SPECULATIVE, OTHERS },
	{ BIT(CAP_SYS_PTRACE), WITHIN, "do_io_accounting", WH_USE_SPECULATIVE, OTHERS },
	{ BIT(CAP_SYS_PTRACE), WITHIN, "map_files_*", WH_USE_SPECULATIVE, OTHERS },
	{ BIT(CAP_SYS_ADMIN), ASKS, "pagemap_*", WH_USE_SPECULATIVE, OTHERS },
	{ BIT(CAP_SYS_ADMIN), ASKS, "ext4_xattr_trusted_list", WH_USE_SPECULATIVE, TRUSTED },
	{ BIT(CAP_SYS_ADMIN), ASKS, "simple_xattr_list", WH_USE_SPECULATIVE, TRUSTED },
	{ BIT(CAP_SYS_ADMIN), SYSCALL, "listxattr", WH_USE_SPECULATIVE, TRUSTED },
	{ BIT(CAP_SYS_ADMIN), SYSCALL, "llistxattr", WH_USE_SPECULATIVE, TRUSTED },
	{ BIT(CAP_SYS_ADMIN), SYSCALL, "flistxattr", WH_USE_SPECULATIVE, TRUSTED },
	{ BIT(CAP_SYS_ADMIN), SYSCALL, "listxattrat", WH_USE_SPECULATIVE, TRUSTED },
	{ BIT(CAP_SYS_ADMIN), SYSCALL, "listmount", WH_USE_SPECULATIVE, MOUNTS },
	{ BIT(CAP_SYS_ADMIN), SYSCALL, "statmount", WH_USE_SPECULATIVE, MOUNTS },
	{ BIT(CAP_SYS_ADMIN), WITHIN, "bpf_int_jit_compile", WH_USE_SPECULATIVE,
		"a filter is made slower, and safer, without" },
	{ BIT(CAP_SYSLOG), WITHIN, "kallsyms_show_value", WH_USE_SPECULATIVE,
		"addresses of the kernel read as zero without" },
	{ BIT(CAP_SYSLOG), WITHIN, "restricted_pointer", WH_USE_SPECULATIVE,
		"addresses of the kernel read as zero without" },
	{ BIT(CAP_MAC_ADMIN), ASKS, "selinux_inode_getsecurity", WH_USE_SPECULATIVE,
		"the kernel asks at every look at a label" },
	{ BIT(CAP_MAC_ADMIN), ASKS, "has_cap_mac_admin", WH_USE_SPECULATIVE,
		"the kernel asks at every look at a label" },

	{ BIT(CAP_NET_ADMIN), ASKS, "sk_setsockopt", WH_USE_SPECULATIVE,
		"for larger buffers or a mark on packets; most programs bear a no" },
	{ BIT(CAP_NET_ADMIN), ASKS, "sock_setsockopt", WH_USE_SPECULATIVE,
		"for larger buffers or a mark on packets; most programs bear a no" },
	{ BIT(CAP_NET_ADMIN), ASKS, "do_tcp_setsockopt*", WH_USE_SPECULATIVE,
		"the kernel asks before it knows which congestion control it is" },
	{ BIT(CAP_NET_ADMIN), ASKS, "tcp_set_congestion_control", WH_USE_SPECULATIVE,
		"the kernel asks before it knows which congestion control it is" },
	{ BIT(CAP_NET_ADMIN), ASKS, "inet_diag_*", WH_USE_SPECULATIVE, SOCKETS },
	{ BIT(CAP_NET_ADMIN), ASKS, "__inet_diag_*", WH_USE_SPECULATIVE, SOCKETS },
	{ BIT(CAP_NET_ADMIN), ASKS, "tcp_diag_*", WH_USE_SPECULATIVE, SOCKETS },
	{ BIT(CAP_NET_ADMIN), ASKS, "packet_diag_*", WH_USE_SPECULATIVE, SOCKETS },
	{ BIT(CAP_NET_ADMIN) | BIT(CAP_SYS_MODULE), ASKS, "dev_load", WH_USE_SPECULATIVE, MODULE },
	{ BIT(CAP_NET_ADMIN), ASKS, "tcp_ca_find_autoload*", WH_USE_SPECULATIVE, MODULE },
	{ BIT(CAP_NET_ADMIN), ASKS, "__tcp_ulp_find_autoload", WH_USE_SPECULATIVE, MODULE },
	{ BIT(CAP_NET_ADMIN), ASKS, "tcp_set_ulp", WH_USE_SPECULATIVE, MODULE },

	{ BIT(CAP_SYS_TTY_CONFIG), ASKS, "vt_*", WH_USE_SPECULATIVE,
		"the kernel asks at every request to a console" },
	{ BIT(CAP_SYS_RAWIO), ASKS, "scsi_cmd_allowed", WH_USE_SPECULATIVE,
		"the kernel asks before it looks which command it is" },
	{ BIT(CAP_SYS_RAWIO), ASKS, "blk_verify_command", WH_USE_SPECULATIVE,
		"the kernel asks before it looks which command it is" },
	{ BIT(CAP_BLOCK_SUSPEND), SYSCALL, "epoll_ctl", WH_USE_SPECULATIVE,
		"to keep the machine awake; the kernel goes on without" },
	{ BIT(CAP_PERFMON), ASKS, "bpf_check", WH_USE_SPECULATIVE,
		"the kernel asks how strictly to look at a program" },
	{ BIT(CAP_PERFMON), ASKS, "array_map_alloc", WH_USE_SPECULATIVE,
		"the kernel asks how strictly to look at who reads it" },
};

/* They only hand the question on. */
static const char *const wrappers[] = {
	"security_capable*",
	"capable",
	"ns_capable*",
	"capable_wrt_inode_uidgid*",
	"privileged_wrt_inode_uidgid",
	"has_capability*",
	"has_ns_capability*",
	"file_ns_capable",
	"ptracer_capable",
	"ptrace_may_access",
	"__ptrace_may_access",
	"security_ptrace_access_check",
	"cap_ptrace_access_check",
	"ptrace_has_cap",
	"inode_owner_or_capable",
	"inode_capable",
	"in_group_or_capable",
	"sk_ns_capable",
	"sk_capable",
	"sk_net_capable",
	"sockopt_ns_capable",
	"sockopt_capable",
	"netlink_ns_capable",
	"__netlink_ns_capable",
	"netlink_capable",
	"netlink_net_capable",
	"rtnl_get_net_ns_capable",
	"bpf_token_capable",
	"bpf_ns_capable",
	"apparmor_capable",
	"selinux_capable",
	"cap_inode_permission",
};

/* They stand before cap_capable, and count where that is missing. */
static const char *const tracers[] = {
	"__traceiter_cap_capable",
	"perf_*",
	"trace_call_bpf",
	"__bpf_trace_*",
	"bpf_trace_run*",
	"trace_event_*",
};

/* What a file system's function may call before it takes on other credentials. */
static const char *const of_the_caller[] = {
	"generic_permission",
	"acl_permission_check",
	"setattr_prepare",
	"setattr_copy",
	"chown_ok",
	"chgrp_ok",
	"inode_init_owner",
	"mode_strip_sgid",
	"posix_acl_update_mode",
	"file_remove_privs*",
	"__file_remove_privs",
	"dentry_needs_remove_privs",
	"should_remove_suid",
	"setattr_should_drop_s*",
	"ovl_create_object",
	"ovl_can_list",
};

/* What a system call's function is called. The longer ones first. */
static const char *const syscall_prefixes[] = {
	"__x64_compat_sys_",
	"__ia32_compat_sys_",
	"__arm64_compat_sys_",
	"__se_compat_sys_",
	"__do_compat_sys_",
	"compat_SyS_",
	"compat_sys_",
	"__x64_sys_",
	"__x32_compat_sys_",
	"__ia32_sys_",
	"__arm64_sys_",
	"__riscv_sys_",
	"__s390x_sys_",
	"__s390_sys_",
	"__powerpc_sys_",
	"__se_sys_",
	"__do_sys_",
	"__sys_", /* where the one before ends in a jump to it */
	"ksys_",
	"SyS_",
	"SYSC_",
	"sys_",
};

struct alias {
	const char *function, *call;
};

/* Where a system call's own function ends in a jump, it is not on the stack; this one is. */
static const struct alias tails[] = {
	{ "do_faccessat", "faccessat" },
	{ "do_handle_open", "open_by_handle_at" },
	{ "do_readlinkat", "readlinkat" },
	{ "path_getxattrat", "getxattr" },
	{ "path_getxattr", "getxattr" },
	{ "path_listxattrat", "listxattr" },
	{ "path_listxattr", "listxattr" },
	{ "path_setxattrat", "setxattr" },
	{ "path_setxattr", "setxattr" },
	{ "path_removexattrat", "removexattr" },
	{ "path_removexattr", "removexattr" },
	{ "do_sys_openat2", "openat" },
	{ "do_sys_open", "openat" },
	{ "do_fchmodat", "fchmodat" },
	{ "do_fchownat", "fchownat" },
	{ "do_utimes", "utimensat" },
	{ "do_mkdirat", "mkdirat" },
	{ "do_mknodat", "mknodat" },
	{ "do_linkat", "linkat" },
	{ "do_symlinkat", "symlinkat" },
	{ "do_unlinkat", "unlinkat" },
	{ "do_rmdir", "rmdir" },
	{ "do_renameat2", "renameat2" },
	{ "do_execveat_common", "execve" },
	{ "do_statx", "statx" },
	{ "vfs_fstatat", "newfstatat" },
	{ "user_statfs", "statfs" },
	{ "do_setxattr", "setxattr" },
	{ "do_mount", "mount" },
	{ "path_mount", "mount" },
	{ "do_syslog", "syslog" },
	{ "do_prlimit", "prlimit64" },
	{ "do_sock_setsockopt", "setsockopt" },
	{ "kill_something_info", "kill" },
	{ "do_tkill", "tgkill" },
};

/* Where the kernel's function has another name than the call. */
static const struct alias syscall_names[] = {
	{ "newuname", "uname" },
	{ "newstat", "stat" },
	{ "newlstat", "lstat" },
	{ "newfstat", "fstat" },
	{ "sendfile64", "sendfile" },
	{ "umount", "umount2" },
	{ "mmap_pgoff", "mmap" },
};

/* A stack by names. */
struct frames {
	const char *name[WH_STACK_MAX]; /* innermost first, from behind cap_capable on */
	unsigned count;
	unsigned asks; /* the place of the function that wanted to know; count: none */
	const char *syscall;
};

const char *wh_use_name(enum wh_use use)
{
	static const char *const names[WH_USES] = { "used", "speculative", "foreign" };

	return names[use];
}

static bool fits(const char *pattern, const char *name)
{
	size_t len = strlen(pattern);

	if (pattern[len - 1] == '*')
		return strncmp(pattern, name, len - 1) == 0;
	return strcmp(pattern, name) == 0;
}

static bool is_among(const char *const *patterns, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (fits(patterns[i], name))
			return true;
	return false;
}

static bool is_wrapper(const char *name)
{
	return is_among(wrappers, WH_COUNT(wrappers), name);
}

static const char *alias_of(const struct alias *list, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i].function, name) == 0)
			return list[i].call;
	return NULL;
}

static const char *syscall_of(const char *name)
{
	for (size_t i = 0; i < WH_COUNT(syscall_prefixes); i++) {
		size_t len = strlen(syscall_prefixes[i]);
		const char *call;

		if (strncmp(name, syscall_prefixes[i], len) != 0)
			continue;
		name += len;
		call = alias_of(syscall_names, WH_COUNT(syscall_names), name);
		return call == NULL ? name : call;
	}
	return NULL;
}

static bool is_cap_capable(const char *name)
{
	return name != NULL && strcmp(name, "cap_capable") == 0;
}

/* A frame is where its call returns to, which may be behind the end of a function that calls
 * another for ever; so the byte before it counts. A probe stands at the very beginning. */
static const char *name_of(const struct wh_symbols *symbols, uint64_t address)
{
	const char *name = wh_symbols_find(symbols, address);

	return is_cap_capable(name) || address == 0 ? name : wh_symbols_find(symbols, address - 1);
}

static void take_frames(struct frames *frames, const struct wh_symbols *symbols,
	const uint64_t *stack, unsigned depth)
{
	unsigned count = depth < WH_STACK_MAX ? depth : WH_STACK_MAX;
	bool anchored = false;

	*frames = (struct frames){ .count = 0 };
	for (unsigned i = 0; i < count; i++) {
		const char *name = name_of(symbols, stack[i]);

		if (is_cap_capable(name)) {
			frames->count = 0;
			anchored = true;
		} else if (name != NULL) {
			frames->name[frames->count++] = name;
		}
	}
	while (!anchored && frames->asks < frames->count &&
		is_among(tracers, WH_COUNT(tracers), frames->name[frames->asks]))
		frames->asks++;
	while (frames->asks < frames->count && is_wrapper(frames->name[frames->asks]))
		frames->asks++;
	for (unsigned i = frames->count; i > 0 && frames->syscall == NULL; i--)
		frames->syscall = syscall_of(frames->name[i - 1]);
	for (unsigned i = frames->count; i > 0 && frames->syscall == NULL; i--)
		frames->syscall = alias_of(tails, WH_COUNT(tails), frames->name[i - 1]);
}

static bool is_within(const struct frames *frames, const char *pattern)
{
	for (unsigned i = 0; i < frames->count; i++)
		if (fits(pattern, frames->name[i]))
			return true;
	return false;
}

static bool lends(const struct frames *frames, const char *pattern)
{
	unsigned outermost = frames->count;

	while (outermost > 0 && !fits(pattern, frames->name[outermost - 1]))
		outermost--;
	if (outermost == 0)
		return false;
	for (unsigned i = 0; i < outermost - 1; i++) {
		const char *name = frames->name[i];

		if (!is_wrapper(name) && !is_among(of_the_caller, WH_COUNT(of_the_caller), name))
			return true;
	}
	return false;
}

static bool applies(const struct rule *rule, unsigned capability, const struct frames *frames)
{
	if ((rule->capabilities >> capability & 1) == 0)
		return false;
	switch (rule->place) {
	case ASKS:
		return frames->asks < frames->count && fits(rule->name, frames->name[frames->asks]);
	case WITHIN:
		return is_within(frames, rule->name);
	case SYSCALL:
		return frames->syscall != NULL && fits(rule->name, frames->syscall);
	case LENDS:
		return lends(frames, rule->name);
	}
	return false;
}

size_t wh_stack_rules(void)
{
	return WH_COUNT(rules);
}

void wh_stack_judge(const struct wh_symbols *symbols, unsigned capability, const uint64_t *stack,
	unsigned depth, struct wh_stack_meaning *ret)
{
	struct frames frames;

	take_frames(&frames, symbols, stack, depth);
	*ret = (struct wh_stack_meaning){
		.use = WH_USE_NEEDED,
		.syscall = frames.syscall,
		.function = frames.asks < frames.count ? frames.name[frames.asks] : NULL,
		.rule = -1,
	};
	for (size_t i = 0; i < WH_COUNT(rules) && capability < 64; i++)
		if (applies(&rules[i], capability, &frames)) {
			ret->use = rules[i].use;
			ret->why = rules[i].why;
			ret->rule = (int)i;
			return;
		}
}
