/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One row a capability, in the kernel's order (include/uapi/linux/capability.h), so that the number
 * is the index. Names are found by binary search in a second table: a start asks for up to
 * some hundred names, a policy of many rules for some ten thousand. What a holder may do is from
 * capabilities(7) and the kernel's checks; what an attacker gains assumes root inside an ordinary
 * container, and names the host where the host is reached.
 *
 * Grades where opinions differ. BPF is not "host": programs are verified, and reading the kernel's
 * memory takes PERFMON as well. SYS_PTRACE is more than the container's own processes: what an
 * engine's exec brings in holds descriptors of the host for a moment. SYS_PACCT, AUDIT_READ and
 * most of AUDIT_CONTROL and SYS_BOOT are by the kernel bound to the PID or network namespace; of
 * SYS_BOOT, loading a kernel is not.
 */

#include "oci/capability.h"

#include <linux/capability.h>
#include <string.h>

static const struct wh_capability capabilities[WH_CAP_COUNT] = {
	{
		.name = "CAP_CHOWN",
		.grade = WH_GRADE_LOW,
		.allows = "change the owner and group of any file",
		.risk = "take ownership of any file in the image or a mounted volume",
		.needs = "images that hand their data folder to a service's user when they start",
		.instead = "set owners when the image is built, and start as the user who owns the "
			   "volume",
		.source = "capabilities(7); fs/attr.c",
	},
	{
		.name = "CAP_DAC_OVERRIDE",
		.grade = WH_GRADE_LOW,
		.allows = "ignore the permissions of files and folders",
		.risk = "read and overwrite every file in mounted volumes, whoever owns it",
		.needs = "services run as root that write into other users' folders",
		.instead = "run as the user who owns the files, or let a group write that the "
			   "service is in",
		.source = "capabilities(7); fs/namei.c",
	},
	{
		.name = "CAP_DAC_READ_SEARCH",
		.grade = WH_GRADE_HOST,
		.allows = "read every file and folder, and open files by handle",
		.risk = "read files of the host itself by guessing their handles (the \"Shocker\" "
			"escape)",
		.needs = "backup programs, and file servers that open files by handle",
		.instead = "mount what is to be read, read-only, and run as a user who may read it",
		.source = "capabilities(7); fs/namei.c; fs/fhandle.c",
	},
	{
		.name = "CAP_FOWNER",
		.grade = WH_GRADE_LOW,
		.allows = "act on any file as its owner: mode, times, access lists",
		.risk = "open other users' files to everybody, or delete them from sticky shared "
			"folders",
		.needs =
			"package managers, and tar as it restores modes and times of others' files",
		.instead = "set modes when the image is built, or run as the owner of the files",
		.source = "capabilities(7); fs/inode.c",
	},
	{
		.name = "CAP_FSETID",
		.grade = WH_GRADE_LOW,
		.allows = "keep the setuid and setgid bits of a file that is changed",
		.risk = "hide a backdoor in a setuid program of a volume without losing its setuid "
			"bit",
		.needs = "package managers, and builds that fill folders with a setgid bit",
		.instead = "set these bits when the image is built; services hardly ever change "
			   "such files",
		.source = "capabilities(7); fs/attr.c",
	},
	{
		.name = "CAP_KILL",
		.grade = WH_GRADE_LOW,
		.allows = "send signals to processes of every user",
		.risk = "kill or freeze any process in sight, the neighbours' too in a shared PID "
			"namespace",
		.needs = "supervisors run as root whose workers run as other users",
		.instead =
			"run the supervisor as the user of its workers, or stop it by the engine",
		.source = "capabilities(7); kernel/signal.c",
	},
	{
		.name = "CAP_SETGID",
		.grade = WH_GRADE_LOW,
		.allows = "take any group id and any list of further groups",
		.risk = "join any group and open the files that a volume shares with that group "
			"alone",
		.needs = "servers that start as root and change to a user's groups: nginx, sshd, "
			 "cron",
		.instead = "start with the right groups at once (--user with a group, --group-add)",
		.source = "capabilities(7); kernel/groups.c; kernel/sys.c",
	},
	{
		.name = "CAP_SETUID",
		.grade = WH_GRADE_LOW,
		.allows = "take any user id",
		.risk = "become any user, such as the one who owns the data in a volume",
		.needs = "su, sudo, gosu, and servers that start as root and become a user",
		.instead = "name the user in the image (USER) or to the engine (--user), and "
			   "nothing has to change",
		.source = "capabilities(7); kernel/sys.c",
	},
	{
		.name = "CAP_SETPCAP",
		.grade = WH_GRADE_LOW,
		.allows = "hand on every capability of the bounding set, and change the securebits",
		.risk = "pass the container's capabilities to programs that were meant to run "
			"without them",
		.needs = "capsh, setpriv and systemd, as they set the capabilities of what they "
			 "start",
		.instead = "let the runtime set them once for the whole container",
		.source = "capabilities(7); security/commoncap.c",
	},
	{
		.name = "CAP_LINUX_IMMUTABLE",
		.grade = WH_GRADE_LOW,
		.allows = "set and clear the immutable and append-only flags of files",
		.risk = "make a planted file undeletable, or rewrite a log that could only grow",
		.needs = "hardening scripts that seal files with chattr",
		.instead = "mount read-only what must not change",
		.source = "capabilities(7); fs/file_attr.c (fs/ioctl.c before Linux 6.17)",
	},
	{
		.name = "CAP_NET_BIND_SERVICE",
		.grade = WH_GRADE_LOW,
		.allows = "listen on ports below 1024",
		.risk = "squat on a trusted port and pose as the SSH, DNS or web server expected "
			"there",
		.needs = "servers that listen on port 25, 53, 80 or 443 themselves",
		.instead = "listen above 1023 and publish that port, or set "
			   "net.ipv4.ip_unprivileged_port_start",
		.source = "capabilities(7); net/ipv4/af_inet.c",
	},
	{
		.name = "CAP_NET_BROADCAST",
		.grade = WH_GRADE_MEDIUM,
		.allows = "listen to network events of every network namespace linked to its own",
		.risk = "learn of the addresses, routes and links of neighbours as they change",
		.needs = "next to nothing: monitors of several network namespaces at once",
		.instead = "run the monitor in the network namespace that it watches",
		.source = "capabilities(7); net/netlink/af_netlink.c",
	},
	{
		.name = "CAP_NET_ADMIN",
		.grade = WH_GRADE_HIGH,
		.allows = "configure interfaces, routes, firewall and traffic control",
		.risk = "reroute traffic, drop the firewall, and attack the kernel's bug-prone "
			"nftables",
		.needs = "init containers of service meshes, VPNs, firewalls, network plugins",
		.instead = "set up the network from outside (the engine, a plugin), and not in the "
			   "service",
		.source = "capabilities(7); net/core/rtnetlink.c; net/netfilter/nfnetlink.c",
	},
	{
		.name = "CAP_NET_RAW",
		.grade = WH_GRADE_MEDIUM,
		.allows = "use raw and packet sockets, and bind to any address",
		.risk = "sniff and spoof traffic of neighbours on the same network (ARP, DNS)",
		.needs = "tcpdump, arping, keepalived, DHCP, and ping of older images",
		.instead = "for ping, set net.ipv4.ping_group_range; capture packets from the host",
		.source = "capabilities(7); net/packet/af_packet.c",
	},
	{
		.name = "CAP_IPC_LOCK",
		.grade = WH_GRADE_MEDIUM,
		.allows = "lock memory into RAM beyond the limit, and use huge pages",
		.risk = "pin memory until the host runs short of it, where no memory limit is set",
		.needs = "key stores and databases that lock their memory; RDMA and DPDK",
		.instead = "raise the limit memlock from outside (--ulimit memlock=BYTES)",
		.source = "capabilities(7); mm/mlock.c",
	},
	{
		.name = "CAP_IPC_OWNER",
		.grade = WH_GRADE_LOW,
		.allows = "ignore the permissions of System V shared memory and queues",
		.risk = "read and change the shared memory of other programs, such as a database's "
			"cache",
		.needs = "old programs whose parts run as several users and share memory",
		.instead = "run the parts as one user, or give the segments a group",
		.source = "capabilities(7); ipc/util.c",
	},
	{
		.name = "CAP_SYS_MODULE",
		.grade = WH_GRADE_HOST,
		.allows = "load and unload kernel modules",
		.risk = "own the host at once: load a rootkit into its kernel",
		.needs = "installers of drivers, and plugins for storage or networks that fetch a "
			 "module",
		.instead = "load the module on the host when it boots (modules-load.d)",
		.source = "capabilities(7); kernel/module/main.c",
	},
	{
		.name = "CAP_SYS_RAWIO",
		.grade = WH_GRADE_HOST,
		.allows = "use I/O ports, /dev/mem and raw commands to devices",
		.risk = "program the host's hardware by I/O ports, and by that reach its memory "
			"and disks",
		.needs = "tools for hardware: smartctl, flashrom, dmidecode",
		.instead = "run the tool on the host, and hand on what it prints",
		.source = "capabilities(7); arch/x86/kernel/ioport.c; drivers/char/mem.c",
	},
	{
		.name = "CAP_SYS_CHROOT",
		.grade = WH_GRADE_LOW,
		.allows = "change the root folder (chroot), and join mount namespaces",
		.risk = "break out of chroot jails, and run setuid programs on a forged root file "
			"system",
		.needs = "sshd, FTP servers and build tools that lock parts of themselves into a "
			 "folder",
		.instead = "switch the program's own jail off: the container is one already",
		.source = "capabilities(7); fs/open.c",
	},
	{
		.name = "CAP_SYS_PTRACE",
		.grade = WH_GRADE_HIGH,
		.allows = "trace, read and change the memory of any process in sight",
		.risk = "take over each process in sight: those exec brings in, the host's if PIDs "
			"are shared",
		.needs = "debuggers, profilers and crash reporters: gdb, strace, py-spy",
		.instead = "trace processes of the same user, which needs nothing; or debug from "
			   "the host",
		.source = "capabilities(7); kernel/ptrace.c",
	},
	{
		.name = "CAP_SYS_PACCT",
		.grade = WH_GRADE_LOW,
		.allows = "switch process accounting on and off",
		.risk = "fill a volume with accounting records, or end the host's if PIDs are "
			"shared",
		.needs = "accton, which belongs on a host",
		.instead =
			"account on the host: its records have the containers' processes as well",
		.source = "capabilities(7); kernel/acct.c",
	},
	{
		.name = "CAP_SYS_ADMIN",
		.grade = WH_GRADE_HOST,
		.allows = "mount file systems, set quotas, and hundreds of other privileged calls",
		.risk = "escape to the host: mount its disks, or have its kernel run a program "
			"(release_agent)",
		.needs = "engines inside of containers, FUSE, storage plugins, systemd as a "
			 "service manager",
		.instead = "have mounts made from outside; take BPF, PERFMON or CHECKPOINT_RESTORE "
			   "where these do",
		.source = "capabilities(7); fs/namespace.c; kernel/cgroup/cgroup-v1.c",
	},
	{
		.name = "CAP_SYS_BOOT",
		.grade = WH_GRADE_HOST,
		.allows = "restart the machine and load another kernel (kexec)",
		.risk = "load a kernel of its own (kexec), which the host runs at its next crash "
			"or kexec",
		.needs = "agents that restart nodes after an update",
		.instead = "ask the host's service manager to restart, by a service that can do "
			   "only that",
		.source = "capabilities(7); kernel/reboot.c; kernel/kexec.c",
	},
	{
		.name = "CAP_SYS_NICE",
		.grade = WH_GRADE_MEDIUM,
		.allows = "raise priorities, use real-time scheduling, choose CPUs for any process",
		.risk = "starve all other workloads with a real-time process that never yields",
		.needs = "audio, telephony, and databases that bind threads to memory nodes",
		.instead =
			"set CPU shares and CPU sets from outside, or the limits nice and rtprio",
		.source = "capabilities(7); kernel/sched/syscalls.c (kernel/sched/core.c before "
			  "Linux 6.11)",
	},
	{
		.name = "CAP_SYS_RESOURCE",
		.grade = WH_GRADE_MEDIUM,
		.allows = "exceed resource limits, quotas and the disk space kept for root",
		.risk = "fill the host's disk to the last block, and lift the limits set on the "
			"container",
		.needs = "programs that raise their own limits, such as search engines and "
			 "databases",
		.instead =
			"set the limits from outside (--ulimit), as high as the program wants them",
		.source = "capabilities(7); kernel/sys.c; fs/quota/dquot.c",
	},
	{
		.name = "CAP_SYS_TIME",
		.grade = WH_GRADE_MEDIUM,
		.allows = "set the system clock and the hardware clock",
		.risk = "turn back the host's clock: old certificates are valid again, logs lie "
			"about time",
		.needs = "time daemons: chronyd, ntpd",
		.instead = "run the time daemon on the host, whose clock all containers read",
		.source = "capabilities(7); kernel/time/timekeeping.c; security/commoncap.c",
	},
	{
		.name = "CAP_SYS_TTY_CONFIG",
		.grade = WH_GRADE_LOW,
		.allows = "hang up and configure terminals and consoles",
		.risk = "hang up a console that it can open, or remap its keys under an "
			"administrator's hands",
		.needs = "getty, display servers, console tools",
		.instead = "leave consoles to the host; a container's own terminal (--tty) needs "
			   "nothing",
		.source = "capabilities(7); drivers/tty/vt/vt_ioctl.c",
	},
	{
		.name = "CAP_MKNOD",
		.grade = WH_GRADE_MEDIUM,
		.allows = "make device nodes",
		.risk = "leave a node for the host's disk in a volume, or read it raw where device "
			"rules allow",
		.needs = "debootstrap and other builders of root file systems",
		.instead = "name the device to the engine (--device), which makes the node itself",
		.source = "capabilities(7); fs/namei.c",
	},
	{
		.name = "CAP_LEASE",
		.grade = WH_GRADE_LOW,
		.allows = "take a lease on any file",
		.risk = "stall whoever opens a shared file, 45 seconds at a time",
		.needs = "file servers for other systems, such as Samba with its oplocks",
		.instead = "run the server as the owner of the files, who may take leases anyway",
		.source = "capabilities(7); fs/locks.c",
	},
	{
		.name = "CAP_AUDIT_WRITE",
		.grade = WH_GRADE_MEDIUM,
		.allows = "write records into the kernel's audit log",
		.risk = "flood the host's audit log with forged records that bury the real ones",
		.needs = "sshd, login, sudo and PAM, which note each login in the audit log",
		.instead = "keep logins out of the container: enter it by the engine's exec",
		.source = "capabilities(7); kernel/audit.c",
	},
	{
		.name = "CAP_AUDIT_CONTROL",
		.grade = WH_GRADE_MEDIUM,
		.allows = "switch auditing on and off and change its rules",
		.risk = "go by another login id in audit records; switch audit off where PIDs are "
			"shared",
		.needs = "auditd and auditctl, and logins that set the id that audit goes by",
		.instead = "run the audit daemon on the host, and set its rules there",
		.source = "capabilities(7); kernel/audit.c; kernel/auditsc.c",
	},
	{
		.name = "CAP_SETFCAP",
		.grade = WH_GRADE_MEDIUM,
		.allows = "give capabilities to program files",
		.risk = "leave a program in a volume that gives its rights to whoever runs it "
			"later",
		.needs = "package managers that install programs with file capabilities",
		.instead = "give them when the image is built, which keeps them",
		.source = "capabilities(7); security/commoncap.c",
	},
	{
		.name = "CAP_MAC_OVERRIDE",
		.grade = WH_GRADE_MEDIUM,
		.allows = "ignore mandatory access control (Smack)",
		.risk = "act as if the host's Smack rules were not there",
		.needs = "nothing on a host without Smack",
		.instead = "write a Smack rule for what the program has to reach",
		.source = "capabilities(7); security/smack/smack_access.c",
	},
	{
		.name = "CAP_MAC_ADMIN",
		.grade = WH_GRADE_MEDIUM,
		.allows = "change the rules of mandatory access control (Smack, AppArmor)",
		.risk = "replace the AppArmor or Smack rules that confine it, where it can mount "
			"their files",
		.needs = "agents that load AppArmor profiles",
		.instead = "load profiles on the host, and name the one to use to the engine",
		.source = "capabilities(7); security/apparmor/policy.c; "
			  "security/smack/smack_access.c",
	},
	{
		.name = "CAP_SYSLOG",
		.grade = WH_GRADE_MEDIUM,
		.allows = "read and clear the kernel's log, and see kernel addresses",
		.risk = "learn the kernel addresses an exploit needs, then clear its traces from "
			"the log",
		.needs = "dmesg, and collectors of the kernel's log",
		.instead = "read the kernel's log on the host (journalctl -k), and forward it",
		.source = "capabilities(7); kernel/printk/printk.c; kernel/kallsyms.c",
	},
	{
		.name = "CAP_WAKE_ALARM",
		.grade = WH_GRADE_LOW,
		.allows = "set timers that wake the machine from sleep",
		.risk = "wake a sleeping machine again and again until its battery is empty",
		.needs = "alarm clocks and night-time jobs of phones and laptops",
		.instead = "use a timer of the host's service manager (WakeSystem= of systemd)",
		.source = "capabilities(7); kernel/time/alarmtimer.c",
	},
	{
		.name = "CAP_BLOCK_SUSPEND",
		.grade = WH_GRADE_LOW,
		.allows = "keep the machine from going to sleep",
		.risk = "keep a machine awake until its battery is empty",
		.needs = "players and updaters on machines with a battery",
		.instead = "take an inhibitor of the host's session manager (systemd-inhibit)",
		.source = "capabilities(7); kernel/power/wakelock.c",
	},
	{
		.name = "CAP_AUDIT_READ",
		.grade = WH_GRADE_LOW,
		.allows = "read the audit log as it is written",
		.risk = "watch the audited logins, commands and files of others, on the host's "
			"network",
		.needs = "systemd-journald, and shippers of audit records",
		.instead = "ship the records from the host",
		.source = "capabilities(7); kernel/audit.c",
	},
	{
		.name = "CAP_PERFMON",
		.grade = WH_GRADE_HIGH,
		.allows = "measure every process and the kernel with performance counters",
		.risk = "spy on the whole host: counters and samples have other workloads' secrets "
			"in them",
		.needs = "perf, continuous profilers, tracers",
		.instead = "profile from the host, where all containers can be seen",
		.source = "capabilities(7); kernel/events/core.c",
	},
	{
		.name = "CAP_BPF",
		.grade = WH_GRADE_HIGH,
		.allows = "load BPF programs and maps into the kernel",
		.risk = "run code in the host's kernel, one verifier bug from owning it; read it "
			"with PERFMON",
		.needs = "agents for networks and security, such as Cilium, Falco and bpftrace",
		.instead = "run one agent for the whole host, apart from the workloads",
		.source = "capabilities(7); kernel/bpf/syscall.c; kernel/bpf/token.c",
	},
	{
		.name = "CAP_CHECKPOINT_RESTORE",
		.grade = WH_GRADE_LOW,
		.allows = "choose process ids and the program a process claims to run",
		.risk = "pass for a trusted program by faking its process id and its /proc/PID/exe",
		.needs = "checkpoints by CRIU from inside of a container",
		.instead = "checkpoint from outside (podman container checkpoint)",
		.source = "capabilities(7); kernel/pid.c; kernel/sys.c; fs/proc/base.c",
	},
};

#define BIT(cap) (UINT64_C(1) << CAP_##cap)

/* What all engines give. */
#define COMMON \
	(BIT(CHOWN) | BIT(DAC_OVERRIDE) | BIT(FOWNER) | BIT(FSETID) | BIT(KILL) | BIT(SETGID) | \
		BIT(SETUID) | BIT(SETPCAP) | BIT(NET_BIND_SERVICE))

#define BASELINE (COMMON | BIT(SYS_CHROOT) | BIT(SETFCAP) | BIT(MKNOD) | BIT(AUDIT_WRITE))

static const struct wh_capset_info sets[] = {
	{
		.name = "docker",
		.title = "Docker's default",
		.set = BASELINE | BIT(NET_RAW),
		.source = "moby: daemon/pkg/oci/caps/defaults.go, before version 29 "
			  "oci/caps/defaults.go",
	},
	{
		.name = "containerd",
		.title = "containerd's default",
		.set = BASELINE | BIT(NET_RAW),
		.source = "containerd: pkg/oci/spec.go, before version 2 oci/spec.go, "
			  "defaultUnixCaps",
	},
	{
		.name = "podman",
		.title = "Podman's default, since version 4",
		.set = COMMON | BIT(SYS_CHROOT) | BIT(SETFCAP),
		.source = "containers-common: containers.conf, default_capabilities",
	},
	{
		.name = "cri-o",
		.title = "CRI-O's default",
		.set = COMMON,
		.source = "cri-o: internal/config/capabilities, Default",
	},
	{
		.name = "baseline",
		.title = "what the Pod Security Standard \"baseline\" allows",
		.set = BASELINE,
		.source = "Kubernetes: Pod Security Standards, v1.34",
	},
	{
		.name = "restricted",
		.title = "what the Pod Security Standard \"restricted\" allows",
		.set = BIT(NET_BIND_SERVICE),
		.source = "Kubernetes: Pod Security Standards, v1.34",
	},
};

static const struct wh_grade_info grades[WH_GRADES] = {
	[WH_GRADE_LOW] = { "low", "no further than the container and its volumes" },
	[WH_GRADE_MEDIUM] = { "medium", "harms or watches others, or takes down a defence" },
	[WH_GRADE_HIGH] = { "high", "others' secrets, or one bug away from the host" },
	[WH_GRADE_HOST] = { "host", "owns the host, with no further bug" },
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

const struct wh_grade_info *wh_grade_info(enum wh_grade grade)
{
	return &grades[grade];
}

const struct wh_capset_info *wh_capset_info_get(size_t index)
{
	return index < WH_COUNT(sets) ? &sets[index] : NULL;
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
