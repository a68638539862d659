/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reasons in words, from a table: what a program does that makes this system call, or comes through
 * this function of the kernel, and is asked for this capability. The first row that fits speaks;
 * where none does, the table of capabilities (oci/capability.h) says what it allows.
 */

#include <linux/capability.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "learn/rule.h"

#define MAX_PROGRAM 64
#define MAX_REASON 400

struct words {
	unsigned capability;
	const char *calls;     /* divided and surrounded by blanks; NULL: any */
	const char *functions; /* a part of the function's name; NULL: any */
	const char *phrase;    /* what the program does */
	const char *detailed;  /* the same in front of a detail; NULL: it has none */
};

#define OPENS " open openat openat2 creat "
#define CHANGES_MODE " chmod fchmod fchmodat fchmodat2 "
#define REMOVES " unlink unlinkat rmdir rename renameat renameat2 "
#define MOUNTS " mount umount2 fsopen fsconfig fsmount fspick move_mount open_tree mount_setattr "
#define LOOKS \
	" stat lstat statx newfstatat access faccessat faccessat2 chdir readlink readlinkat " \
	"getdents64 "

static const struct words table[] = {
	{ CAP_NET_BIND_SERVICE, " bind ", NULL, "binds a port below 1024", "binds port " },
	{ CAP_NET_BIND_SERVICE, NULL, "bind", "binds a port below 1024", "binds port " },
	{ CAP_NET_BIND_SERVICE, NULL, NULL, "uses a port below 1024", "uses port " },
	{ CAP_CHOWN, NULL, NULL, "changes owners of files", NULL },
	{ CAP_DAC_OVERRIDE, OPENS, NULL, "opens files that their permissions keep from it", NULL },
	{ CAP_DAC_OVERRIDE, " mkdir mkdirat ", NULL, "makes folders in folders of others", NULL },
	{ CAP_DAC_OVERRIDE, REMOVES, NULL, "removes or renames files in folders of others", NULL },
	{ CAP_DAC_OVERRIDE, " link linkat symlink symlinkat ", NULL,
		"makes links in folders of others", NULL },
	{ CAP_DAC_OVERRIDE, " mknod mknodat bind ", NULL, "makes files in folders of others",
		NULL },
	{ CAP_DAC_OVERRIDE, " connect sendto sendmsg ", NULL, "talks to sockets of others", NULL },
	{ CAP_DAC_OVERRIDE, " execve execveat ", NULL,
		"executes files that their permissions keep from it", NULL },
	{ CAP_DAC_OVERRIDE, LOOKS, NULL, "looks into folders of others", NULL },
	{ CAP_DAC_OVERRIDE, NULL, NULL, "goes past the permissions of files", NULL },
	{ CAP_DAC_READ_SEARCH, " open_by_handle_at ", NULL, "opens files by their handles", NULL },
	{ CAP_DAC_READ_SEARCH, OPENS, NULL, "reads files that their permissions keep from it",
		NULL },
	{ CAP_DAC_READ_SEARCH, NULL, NULL, "looks into folders of others", NULL },
	{ CAP_FOWNER, CHANGES_MODE, NULL, "changes modes of others' files", NULL },
	{ CAP_FOWNER, " utimensat utimes utime futimesat ", NULL, "sets times of others' files",
		NULL },
	{ CAP_FOWNER, REMOVES, NULL, "removes others' files from a sticky folder", NULL },
	{ CAP_FOWNER, NULL, NULL, "acts on others' files as their owner", NULL },
	{ CAP_FSETID, CHANGES_MODE, NULL, "keeps the setgid bit of files of other groups", NULL },
	{ CAP_FSETID, NULL, NULL, "keeps set-id bits of files that it changes", NULL },
	{ CAP_KILL, NULL, NULL, "sends signals to processes of other users", NULL },
	{ CAP_SETGID, NULL, "setgroups", "sets its supplementary groups", NULL },
	{ CAP_SETGID, " setgroups ", NULL, "sets its supplementary groups", NULL },
	{ CAP_SETGID, NULL, "map", "maps group ids of others", NULL },
	{ CAP_SETGID, " sendmsg sendto ", NULL, "sends messages in another group's name", NULL },
	{ CAP_SETGID, NULL, NULL, "changes to another group", "changes to group " },
	{ CAP_SETUID, NULL, "map", "maps user ids of others", NULL },
	{ CAP_SETUID, " sendmsg sendto ", NULL, "sends messages in another user's name", NULL },
	{ CAP_SETUID, NULL, NULL, "changes to another user", "changes to user " },
	{ CAP_SETPCAP, " capset ", NULL, "changes its capabilities", NULL },
	{ CAP_SETPCAP, " prctl ", NULL, "changes its bounding set or securebits", NULL },
	{ CAP_LINUX_IMMUTABLE, NULL, NULL, "sets the immutable or append-only flag of files",
		NULL },
	{ CAP_NET_ADMIN, " setsockopt ", NULL, "sets privileged options of sockets or a firewall",
		NULL },
	{ CAP_NET_ADMIN, " sendto sendmsg sendmmsg ", NULL,
		"configures interfaces, addresses, routes or a firewall (netlink)", NULL },
	{ CAP_NET_ADMIN, " ioctl ", NULL, "configures an interface", NULL },
	{ CAP_NET_RAW, " socket ", NULL, "opens a raw or packet socket", NULL },
	{ CAP_NET_RAW, " setsockopt ", NULL, "binds a socket to an interface or a foreign address",
		NULL },
	{ CAP_IPC_LOCK, NULL, NULL, "locks memory", NULL },
	{ CAP_IPC_OWNER, NULL, NULL, "uses shared memory or queues of others", NULL },
	{ CAP_SYS_MODULE, NULL, NULL, "loads or unloads kernel modules", NULL },
	{ CAP_SYS_RAWIO, " iopl ioperm ", NULL, "uses I/O ports", NULL },
	{ CAP_SYS_RAWIO, OPENS, NULL, "opens the machine's memory or ports", NULL },
	{ CAP_SYS_CHROOT, " setns ", NULL, "joins a mount namespace", NULL },
	{ CAP_SYS_CHROOT, NULL, NULL, "changes its root folder", NULL },
	{ CAP_SYS_PTRACE, " ptrace ", NULL, "traces processes of others", NULL },
	{ CAP_SYS_PTRACE, " process_vm_readv process_vm_writev ", NULL,
		"reads or writes memory of others' processes", NULL },
	{ CAP_SYS_PTRACE, NULL, NULL, "looks at others' processes", NULL },
	{ CAP_SYS_PACCT, NULL, NULL, "switches process accounting", NULL },
	{ CAP_SYS_ADMIN, MOUNTS, NULL, "mounts file systems", NULL },
	{ CAP_SYS_ADMIN, " pivot_root ", NULL, "changes the root of its mounts", NULL },
	{ CAP_SYS_ADMIN, " unshare clone clone3 ", NULL, "makes namespaces", NULL },
	{ CAP_SYS_ADMIN, " setns ", NULL, "joins namespaces", NULL },
	{ CAP_SYS_ADMIN, " sethostname setdomainname ", NULL, "sets the host name", NULL },
	{ CAP_SYS_ADMIN, " bpf ", NULL, "loads BPF programs", NULL },
	{ CAP_SYS_ADMIN, " perf_event_open ", NULL, "measures by perf events", NULL },
	{ CAP_SYS_ADMIN, " seccomp prctl ", NULL,
		"loads a seccomp filter without no_new_privs, or the like", NULL },
	{ CAP_SYS_ADMIN, " swapon swapoff ", NULL, "switches swap space", NULL },
	{ CAP_SYS_ADMIN, " quotactl quotactl_fd ", NULL, "sets quotas", NULL },
	{ CAP_SYS_ADMIN, " setxattr fsetxattr lsetxattr getxattr lgetxattr ", NULL,
		"uses trusted or security attributes of files", NULL },
	{ CAP_SYS_BOOT, NULL, NULL, "restarts the machine or loads another kernel", NULL },
	{ CAP_SYS_NICE, " setpriority nice ", NULL, "raises a priority", NULL },
	{ CAP_SYS_NICE, " sched_setscheduler sched_setparam sched_setattr ", NULL,
		"uses a real-time or raised priority", NULL },
	{ CAP_SYS_NICE, " ioprio_set ", NULL, "raises an I/O priority", NULL },
	{ CAP_SYS_NICE, " mbind set_mempolicy migrate_pages move_pages ", NULL,
		"binds memory to nodes", NULL },
	{ CAP_SYS_NICE, " sched_setaffinity ", NULL, "chooses CPUs for others' processes", NULL },
	{ CAP_SYS_RESOURCE, " setrlimit prlimit64 ", NULL, "raises its own resource limits", NULL },
	{ CAP_SYS_RESOURCE, NULL, NULL, "goes past resource limits", NULL },
	{ CAP_SYS_TIME, NULL, NULL, "sets the clock", NULL },
	{ CAP_SYS_TTY_CONFIG, NULL, NULL, "hangs up or configures terminals", NULL },
	{ CAP_MKNOD, NULL, NULL, "makes device nodes", NULL },
	{ CAP_LEASE, NULL, NULL, "takes leases on others' files", NULL },
	{ CAP_AUDIT_WRITE, NULL, NULL, "writes to the audit log", NULL },
	{ CAP_AUDIT_CONTROL, NULL, NULL, "configures the audit log", NULL },
	{ CAP_SETFCAP, NULL, NULL, "gives capabilities to files", NULL },
	{ CAP_SYSLOG, NULL, NULL, "reads the kernel's log or addresses", NULL },
	{ CAP_WAKE_ALARM, NULL, NULL, "sets alarms that wake the machine", NULL },
	{ CAP_AUDIT_READ, NULL, NULL, "reads the audit log", NULL },
	{ CAP_PERFMON, NULL, NULL, "measures by perf events", NULL },
	{ CAP_BPF, NULL, NULL, "loads BPF programs", NULL },
	{ CAP_CHECKPOINT_RESTORE, NULL, NULL, "saves or restores processes", NULL },
};

static bool lists(const char *words, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = strstr(words, word); at != NULL && len > 0;
		at = strstr(at + 1, word)) {
		if (at > words && at[-1] == ' ' && at[len] == ' ')
			return true;
	}
	return false;
}

static bool fits(const struct words *words, const struct wh_use_of *use)
{
	if (words->capability != use->capability)
		return false;
	if (words->calls != NULL && (use->syscall == NULL || !lists(words->calls, use->syscall)))
		return false;
	return words->functions == NULL ||
	       (use->function != NULL && strstr(use->function, words->functions) != NULL);
}

static const struct words *find_words(const struct wh_use_of *use)
{
	for (size_t i = 0; i < WH_COUNT(table); i++) {
		if (fits(&table[i], use))
			return &table[i];
	}
	return NULL;
}

/* "nginx" of "/usr/sbin/nginx"; the container chose it. /proc/self/exe is anything. */
static void add_program(struct wh_buf *to, const char *program)
{
	char shown[MAX_PROGRAM];
	const char *slash = program == NULL ? NULL : strrchr(program, '/');

	if (slash != NULL && strncmp(program, "/proc/", strlen("/proc/")) != 0)
		program = slash + 1;
	if (program == NULL || program[0] == '\0' || program[0] == '/')
		program = "a program";
	wh_copy_printable(shown, sizeof(shown), program);
	wh_buf_add_string(to, shown);
}

static void add_phrase(struct wh_buf *to, const struct wh_use_of *use)
{
	const struct words *words = find_words(use);
	char detail[MAX_PROGRAM];

	if (words == NULL && use->capability < WH_CAP_COUNT)
		wh_buf_addf(to, "asks to %s", wh_capability_get(use->capability)->allows);
	else if (words == NULL)
		wh_buf_addf(to, "asks for capability %u, which has no name here", use->capability);
	else if (words->detailed != NULL && use->detail != NULL) {
		wh_copy_printable(detail, sizeof(detail), use->detail);
		wh_buf_addf(to, "%s%s", words->detailed, detail);
	} else
		wh_buf_add_string(to, words->phrase);
}

/* Without the underscores that tell the kernel's own readers something; NULL when it is none but
 * the system call's own: "__sys_setuid", "__x64_sys_chroot", "__do_sys_setgroups". */
static const char *shown_function(const struct wh_use_of *use)
{
	const char *name = use->function, *call;

	if (name == NULL)
		return NULL;
	name += strspn(name, "_");
	call = strstr(name, "sys_");
	return use->syscall != NULL && call != NULL && strcmp(call + 4, use->syscall) == 0 ? NULL
											   : name;
}

/* "(bind, inet_bind)", as far as they are known. */
static void add_evidence(struct wh_buf *to, const struct wh_use_of *use)
{
	const char *function = shown_function(use);

	if (use->syscall == NULL && function == NULL)
		return;
	wh_buf_addf(to, " (%s%s%s)", use->syscall == NULL ? "" : use->syscall,
		use->syscall == NULL || function == NULL ? "" : ", ",
		function == NULL ? "" : function);
}

const char *wh_learnt_reason(
	const struct wh_learnt *learnt, const struct wh_use_of *use, struct wh_arena *arena)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	char shown[MAX_REASON];

	(void)learnt;
	add_program(&text, use->program);
	wh_buf_add_char(&text, ' ');
	if (use->by_file) {
		wh_buf_add_string(&text, "has it by its file, and is not executed without");
	} else {
		add_phrase(&text, use);
		add_evidence(&text, use);
	}
	if (use->use == WH_USE_SPECULATIVE)
		wh_buf_addf(&text, "; perhaps not needed%s%s", use->why == NULL ? "" : ": ",
			use->why == NULL ? "" : use->why);
	if (wh_buf_status(&text) < 0)
		return NULL;
	/* Function names come from the running kernel, or from a file that was mailed around. */
	wh_copy_printable(shown, sizeof(shown), text.data);
	return wh_arena_dup(arena, wh_slice_of(shown));
}
