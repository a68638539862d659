/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One row a capability, in the kernel's order (include/uapi/linux/capability.h), so that the number
 * is the index. Names are found by binary search in a second table: a start asks for up to
 * some hundred names, a policy of many rules for some ten thousand. What a holder may do is from
 * capabilities(7) and the kernel's checks; what an attacker gains assumes root inside an ordinary
 * container, and names the host where the host is reached.
 */

#include "oci/capability.h"

#include <stddef.h>
#include <string.h>

static const struct wh_capability capabilities[WH_CAP_COUNT] = {
	{ "CAP_CHOWN", "change the owner and group of any file",
		"take ownership of any file in the image or a mounted volume" },
	{ "CAP_DAC_OVERRIDE", "ignore the permissions of files and folders",
		"read and overwrite every file in mounted volumes, whoever owns it" },
	{ "CAP_DAC_READ_SEARCH", "read every file and folder, and open files by handle",
		"read files of the host itself by guessing their handles (the \"Shocker\" "
		"escape)" },
	{ "CAP_FOWNER", "act on any file as its owner: mode, times, access lists",
		"open other users' files to everybody, or delete them from sticky shared folders" },
	{ "CAP_FSETID", "keep the setuid and setgid bits of a file that is changed",
		"hide a backdoor in a setuid program of a volume without losing its setuid bit" },
	{ "CAP_KILL", "send signals to processes of every user",
		"kill or freeze any process in sight, the neighbours' too in a shared PID "
		"namespace" },
	{ "CAP_SETGID", "take any group id and any list of further groups",
		"join any group and open the files that a volume shares with that group alone" },
	{ "CAP_SETUID", "take any user id",
		"become any user, such as the one who owns the data in a volume" },
	{ "CAP_SETPCAP", "hand on every capability of the bounding set, and change the securebits",
		"pass the container's capabilities to programs that were meant to run without "
		"them" },
	{ "CAP_LINUX_IMMUTABLE", "set and clear the immutable and append-only flags of files",
		"make a planted file undeletable, or rewrite a log that could only grow" },
	{ "CAP_NET_BIND_SERVICE", "listen on ports below 1024",
		"squat on a trusted port and pose as the SSH, DNS or web server expected there" },
	{ "CAP_NET_BROADCAST",
		"listen to network events of every network namespace linked to its own",
		"learn of the addresses, routes and links of neighbours as they change" },
	{ "CAP_NET_ADMIN", "configure interfaces, routes, firewall and traffic control",
		"reroute traffic, drop the firewall, and attack the kernel's bug-prone nftables" },
	{ "CAP_NET_RAW", "use raw and packet sockets, and bind to any address",
		"sniff and spoof traffic of neighbours on the same network (ARP, DNS)" },
	{ "CAP_IPC_LOCK", "lock memory into RAM beyond the limit, and use huge pages",
		"pin memory until the host runs short of it, where no memory limit is set" },
	{ "CAP_IPC_OWNER", "ignore the permissions of System V shared memory and queues",
		"read and change the shared memory of other programs, such as a database's cache" },
	{ "CAP_SYS_MODULE", "load and unload kernel modules",
		"own the host at once: load a rootkit into its kernel" },
	{ "CAP_SYS_RAWIO", "use I/O ports, /dev/mem and raw commands to devices",
		"send raw commands to the host's disks and reach its memory, given the device "
		"nodes" },
	{ "CAP_SYS_CHROOT", "change the root folder (chroot), and join mount namespaces",
		"break out of chroot jails, and run setuid programs on a forged root file system" },
	{ "CAP_SYS_PTRACE", "trace, read and change the memory of any process in sight",
		"steal keys from other processes' memory or inject code, the host's if PIDs are "
		"shared" },
	{ "CAP_SYS_PACCT", "switch process accounting on and off",
		"hide from the host's process accounting by switching it off" },
	{ "CAP_SYS_ADMIN", "mount file systems, set quotas, and hundreds of other privileged calls",
		"escape to the host: mount its disks, or have its kernel start a program "
		"(release_agent)" },
	{ "CAP_SYS_BOOT", "restart the machine and load another kernel (kexec)",
		"replace the host's running kernel by a prepared one" },
	{ "CAP_SYS_NICE", "raise priorities, use real-time scheduling, choose CPUs for any process",
		"starve all other workloads with a real-time process that never yields" },
	{ "CAP_SYS_RESOURCE", "exceed resource limits, quotas and the disk space kept for root",
		"fill the host's disk to the last block, and lift the limits set on the "
		"container" },
	{ "CAP_SYS_TIME", "set the system clock and the hardware clock",
		"turn back the host's clock: old certificates are valid again, logs lie about "
		"time" },
	{ "CAP_SYS_TTY_CONFIG", "hang up and configure terminals and consoles",
		"hang up a console that it can open, or remap its keys under an administrator's "
		"hands" },
	{ "CAP_MKNOD", "make device nodes",
		"make a node for the host's disk and read it raw, where device rules let it "
		"through" },
	{ "CAP_LEASE", "take a lease on any file",
		"stall whoever opens a shared file, 45 seconds at a time" },
	{ "CAP_AUDIT_WRITE", "write records into the kernel's audit log",
		"flood the host's audit log with forged records that bury the real ones" },
	{ "CAP_AUDIT_CONTROL", "switch auditing on and off and change its rules",
		"switch off the host's audit before the next step, where it sees the host's PIDs" },
	{ "CAP_SETFCAP", "give capabilities to program files",
		"leave a program in a volume that gives its rights to whoever runs it later" },
	{ "CAP_MAC_OVERRIDE", "ignore mandatory access control (Smack)",
		"act as if the host's Smack rules were not there" },
	{ "CAP_MAC_ADMIN", "change the rules of mandatory access control (Smack, AppArmor)",
		"replace the AppArmor or Smack rules that confine it" },
	{ "CAP_SYSLOG", "read and clear the kernel's log, and see kernel addresses",
		"learn the kernel addresses an exploit needs, then clear its traces from the log" },
	{ "CAP_WAKE_ALARM", "set timers that wake the machine from sleep",
		"wake a sleeping machine again and again until its battery is empty" },
	{ "CAP_BLOCK_SUSPEND", "keep the machine from going to sleep",
		"keep a machine awake until its battery is empty" },
	{ "CAP_AUDIT_READ", "read the audit log as it is written",
		"watch the audited logins, commands and files of others, on the host's network" },
	{ "CAP_PERFMON", "measure every process and the kernel with performance counters",
		"spy on the whole host: other workloads' secrets leak through what counters show" },
	{ "CAP_BPF", "load BPF programs and maps into the kernel",
		"run code in the host's kernel, one bug of the BPF verifier away from owning it" },
	{ "CAP_CHECKPOINT_RESTORE", "choose process ids and the program a process claims to run",
		"pass for a trusted program by faking its process id and its /proc/PID/exe" },
};

/* The numbers by length of name, and by bytes among equal lengths, so that most steps of a search
 * look at lengths only. */
static const struct {
	unsigned char len;
	unsigned char number;
} by_name[WH_CAP_COUNT] = {
	{ 7, 39 },  /* CAP_BPF */
	{ 8, 5 },   /* CAP_KILL */
	{ 9, 0 },   /* CAP_CHOWN */
	{ 9, 28 },  /* CAP_LEASE */
	{ 9, 27 },  /* CAP_MKNOD */
	{ 10, 3 },  /* CAP_FOWNER */
	{ 10, 4 },  /* CAP_FSETID */
	{ 10, 6 },  /* CAP_SETGID */
	{ 10, 7 },  /* CAP_SETUID */
	{ 10, 34 }, /* CAP_SYSLOG */
	{ 11, 13 }, /* CAP_NET_RAW */
	{ 11, 38 }, /* CAP_PERFMON */
	{ 11, 31 }, /* CAP_SETFCAP */
	{ 11, 8 },  /* CAP_SETPCAP */
	{ 12, 14 }, /* CAP_IPC_LOCK */
	{ 12, 22 }, /* CAP_SYS_BOOT */
	{ 12, 23 }, /* CAP_SYS_NICE */
	{ 12, 25 }, /* CAP_SYS_TIME */
	{ 13, 15 }, /* CAP_IPC_OWNER */
	{ 13, 33 }, /* CAP_MAC_ADMIN */
	{ 13, 12 }, /* CAP_NET_ADMIN */
	{ 13, 21 }, /* CAP_SYS_ADMIN */
	{ 13, 20 }, /* CAP_SYS_PACCT */
	{ 13, 17 }, /* CAP_SYS_RAWIO */
	{ 14, 37 }, /* CAP_AUDIT_READ */
	{ 14, 18 }, /* CAP_SYS_CHROOT */
	{ 14, 16 }, /* CAP_SYS_MODULE */
	{ 14, 19 }, /* CAP_SYS_PTRACE */
	{ 14, 35 }, /* CAP_WAKE_ALARM */
	{ 15, 29 }, /* CAP_AUDIT_WRITE */
	{ 16, 1 },  /* CAP_DAC_OVERRIDE */
	{ 16, 32 }, /* CAP_MAC_OVERRIDE */
	{ 16, 24 }, /* CAP_SYS_RESOURCE */
	{ 17, 30 }, /* CAP_AUDIT_CONTROL */
	{ 17, 36 }, /* CAP_BLOCK_SUSPEND */
	{ 17, 11 }, /* CAP_NET_BROADCAST */
	{ 18, 26 }, /* CAP_SYS_TTY_CONFIG */
	{ 19, 2 },  /* CAP_DAC_READ_SEARCH */
	{ 19, 9 },  /* CAP_LINUX_IMMUTABLE */
	{ 20, 10 }, /* CAP_NET_BIND_SERVICE */
	{ 22, 40 }, /* CAP_CHECKPOINT_RESTORE */
};

#define PREFIX "CAP_"
#define PREFIX_LEN (sizeof(PREFIX) - 1)
#define NAME_MAX_LEN (sizeof("CAP_CHECKPOINT_RESTORE") - 1)

const struct wh_capability *wh_capability_get(unsigned capability)
{
	return &capabilities[capability];
}

bool wh_capability_from_oci(struct wh_slice name, unsigned *ret)
{
	size_t low = 0, high = WH_CAP_COUNT;

	while (low < high) {
		size_t middle = (low + high) / 2;
		unsigned number = by_name[middle].number;
		size_t len = by_name[middle].len;
		int order = (name.len > len) - (name.len < len);

		if (order == 0)
			order = memcmp(name.data, capabilities[number].name, len);
		if (order == 0) {
			*ret = number;
			return true;
		}
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}

/* Not toupper(3): its answer hangs on the locale. */
static char ascii_upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

bool wh_capability_from_human(struct wh_slice name, unsigned *ret)
{
	char full[PREFIX_LEN + NAME_MAX_LEN] = PREFIX;
	char *own = full + PREFIX_LEN;

	if (wh_capability_from_oci(name, ret))
		return true;
	if (name.len == 0 || name.len > NAME_MAX_LEN)
		return false;
	for (size_t i = 0; i < name.len; i++)
		own[i] = ascii_upper(name.data[i]);
	if (name.len > PREFIX_LEN && memcmp(own, PREFIX, PREFIX_LEN) == 0)
		return wh_capability_from_oci((struct wh_slice){ own, name.len }, ret);
	return wh_capability_from_oci((struct wh_slice){ full, PREFIX_LEN + name.len }, ret);
}
