/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of kinds. Silent means: where neither "default" nor a rule nor a profile says anything.
 * What is silent is as an engine's unprivileged container has it, so that a privileged one comes
 * down to that and an ordinary one starts as it is.
 */

#include "policy/internal.h"

#include <fnmatch.h>
#include <string.h>

#define TEXT_MAX 4096u

/* ---- words ---------------------------------------------------------------------------------- */

/* namespaces(7), by the names of config.json. */
static const char *const namespace_words[] = { "cgroup", "ipc", "mount", "network", "pid", "time",
	"user", "uts", NULL };
/* mount_namespaces(7). */
static const char *const propagation_words[] = { "private", "rprivate", "rshared", "rslave",
	"runbindable", "shared", "slave", "unbindable", NULL };
static const char *const mount_words[] = { "nodev", "noexec", "nosuid", "ro", NULL };
/* getrlimit(2). */
static const char *const rlimit_words[] = { "RLIMIT_AS", "RLIMIT_CORE", "RLIMIT_CPU", "RLIMIT_DATA",
	"RLIMIT_FSIZE", "RLIMIT_LOCKS", "RLIMIT_MEMLOCK", "RLIMIT_MSGQUEUE", "RLIMIT_NICE",
	"RLIMIT_NOFILE", "RLIMIT_NPROC", "RLIMIT_RSS", "RLIMIT_RTPRIO", "RLIMIT_RTTIME",
	"RLIMIT_SIGPENDING", "RLIMIT_STACK", NULL };
static const char *const domain_words[] = { "LINUX", "LINUX32", NULL };
/* sched(7), ioprio_set(2), by the names of config.json. */
static const char *const scheduler_words[] = { "SCHED_BATCH", "SCHED_DEADLINE", "SCHED_FIFO",
	"SCHED_IDLE", "SCHED_ISO", "SCHED_OTHER", "SCHED_RR", NULL };
static const char *const io_words[] = { "IOPRIO_CLASS_BE", "IOPRIO_CLASS_IDLE", "IOPRIO_CLASS_RT",
	NULL };

/* ---- silent lists --------------------------------------------------------------------------- */

#define WORD(word) \
	{ \
		.text = (word), .literal = sizeof(word) - 1 \
	}
#define SILENT(name, ...) \
	static const struct wh_item name##_items[] = { __VA_ARGS__ }; \
	static const struct wh_setting name = { \
		.items = name##_items, .count = WH_COUNT(name##_items), .silent = true \
	}

static const struct wh_setting nothing = { .silent = true };

SILENT(host_namespaces, WORD("cgroup"), WORD("time"), WORD("user"));
SILENT(joined_namespaces, WORD("cgroup"), WORD("ipc"), WORD("network"), WORD("pid"), WORD("user"),
	WORD("uts"));
SILENT(quiet_propagation, WORD("private"), WORD("rprivate"), WORD("rslave"), WORD("runbindable"),
	WORD("slave"), WORD("unbindable"));
SILENT(usual_domain, WORD("LINUX"));
SILENT(usual_schedulers, WORD("SCHED_BATCH"), WORD("SCHED_IDLE"), WORD("SCHED_OTHER"));
SILENT(usual_io_classes, WORD("IOPRIO_CLASS_BE"), WORD("IOPRIO_CLASS_IDLE"));

/* ---- the kinds ------------------------------------------------------------------------------ */

#define PATTERNS(label, is_form, text) \
	{ \
		.name = (label), .type = WH_MEMBER_PATTERNS, .merge = WH_MERGE_BOTH, \
		.form = (is_form), .silent = &nothing, .doc = (text) \
	}
#define WORDS(label, list, is_silent, text) \
	{ \
		.name = (label), .type = WH_MEMBER_WORDS, .merge = WH_MERGE_BOTH, .words = (list), \
		.silent = (is_silent), .doc = (text) \
	}
#define NUMBER(label, is_merge, from, to, text) \
	{ \
		.name = (label), .type = WH_MEMBER_NUMBER, .merge = (is_merge), .least = (from), \
		.most = (to), .doc = (text) \
	}

#define AN_ARRAY "a word, an array, or an object"
#define A_WORD "\"keep\", \"strip\" or \"refuse\""
#define ID_MAX INT64_C(4294967294)

/* Fields without a list: what they are for is all there is to say. */
#define SECTION(name, pointer, text, strip_text, risk_text, is_silent) \
	{ \
		.key = (name), .type = A_WORD, .where = (pointer), .doc = (text), \
		.strip = (strip_text), .risk = (risk_text), .silent = (is_silent), \
		.listed = (is_silent), .shorthand = -1 \
	}

static const struct wh_kind_info kinds[WH_KINDS] = {
	[WH_KIND_CAPABILITIES] = {
		.key = "capabilities",
		.type = "a word, an array of names, or an object of names with reasons",
		.where = "/process/capabilities",
		.doc = "The capabilities a container may keep of those it asks for.",
		.strip = "Takes the others out of all five sets.",
		.risk = "Each capability is a part of what root may do on the host.",
		.of_process = true,
		.silent = WH_STRIP,
		.listed = WH_STRIP,
		.shorthand = WH_ALLOW,
		.members = { { .name = "allow",
			.type = WH_MEMBER_CAPABILITIES,
			.merge = WH_MERGE_BOTH,
			.silent = &nothing,
			.doc = "The capabilities, by name, with a reason each if it is an object." } },
	},
	[WH_KIND_NO_NEW_PRIVILEGES] = {
		.key = "noNewPrivileges",
		.type = "true, false, or a word",
		.where = "/process/noNewPrivileges",
		.doc = "Whether setuid programs and file capabilities lose their effect in the "
		       "container. true is \"strip\", false is \"keep\".",
		.strip = "Sets it.",
		.risk = "A setuid program of the image gives its caller what the bounding set holds.",
		.of_process = true,
		.silent = WH_STRIP,
		.listed = WH_STRIP,
		.flag = true,
		.flags = { WH_KEEP, WH_STRIP },
		.shorthand = -1,
	},
	[WH_KIND_READONLY_ROOTFS] = {
		.key = "readonlyRootfs",
		.type = "true, false, or a word",
		.where = "/root/readonly",
		.doc = "Whether the container's root file system becomes read-only. true is "
		       "\"strip\", false is \"keep\".",
		.strip = "Makes it read-only.",
		.risk = "Who breaks into a program can replace the others and stay.",
		.silent = WH_STRIP,
		.listed = WH_STRIP,
		.flag = true,
		.flags = { WH_KEEP, WH_STRIP },
		.shorthand = -1,
	},
	[WH_KIND_RUN_AS_NON_ROOT] = {
		.key = "runAsNonRoot",
		.type = "true, false, \"refuse\" or an object",
		.where = "/process/user/uid, /process/user/gid",
		.doc = "Whether the process may be user 0. true is \"refuse\"; an object names the "
		       "user to become instead.",
		.strip = "Makes user 0 the user \"uid\", and its group \"gid\" (silent: the same).",
		.risk = "User 0 owns the host's files where they are mounted, and is root where a "
			"runtime or kernel has a flaw.",
		.of_process = true,
		.silent = WH_KEEP,
		.listed = WH_STRIP,
		.flag = true,
		.flags = { WH_KEEP, WH_REFUSE },
		.shorthand = -1,
		.members = { NUMBER("uid", WH_MERGE_FIRST, 1, ID_MAX, "The user to become."),
			NUMBER("gid", WH_MERGE_FIRST, 1, ID_MAX, "The group to become.") },
	},
	[WH_KIND_SUPPLEMENTAL_GROUPS] = {
		.key = "supplementalGroups",
		.type = "a word, an array of ids and ranges, or an object",
		.where = "/process/user/additionalGids",
		.doc = "The supplementary groups that a process may have beside its own.",
		.strip = "Takes the others out.",
		.risk = "A group of the host, \"disk\" or \"docker\" say, opens what is mounted from it.",
		.of_process = true,
		.silent = WH_KEEP,
		.listed = WH_STRIP,
		.shorthand = WH_ALLOW,
		.members = { { .name = "allow",
			.type = WH_MEMBER_RANGES,
			.merge = WH_MERGE_BOTH,
			.least = 0,
			.most = ID_MAX,
			.silent = &nothing,
			.doc = "Group ids, and ranges like \"1000-2000\"." } },
	},
	[WH_KIND_USER_NAMESPACES] = {
		.key = "userNamespaces",
		.type = "true, false, or a word",
		.where = "/linux/seccomp",
		.doc = "Whether programs of the container may make user namespaces inside it. true is "
		       "\"keep\", false is \"strip\".",
		.strip = "Closes the ways to one in the seccomp filter.",
		.risk = "Inside a new user namespace a process has every capability, and with them "
			"reaches much of the kernel that is else closed to it.",
		.silent = WH_STRIP,
		.listed = WH_STRIP,
		.flag = true,
		.flags = { WH_STRIP, WH_KEEP },
		.shorthand = -1,
	},
	[WH_KIND_HOST_NAMESPACES] = {
		.key = "hostNamespaces",
		.type = "a word, an array of namespaces, or an object",
		.where = "/linux/namespaces",
		.doc = "Which namespaces of the host a container may be in, and which of other "
		       "containers it may join.",
		.strip = "Makes a new one in its place, except for \"user\".",
		.risk = "In the host's namespaces a container sees its processes, its network, its "
			"shared memory.",
		.silent = WH_REFUSE,
		.listed = WH_REFUSE,
		.shorthand = WH_ALLOW,
		.members = { WORDS("allow", namespace_words, &host_namespaces,
				     "Namespaces that may be the host's."),
			WORDS("join", namespace_words, &joined_namespaces,
				"Namespaces of other containers that may be joined by path.") },
	},
	[WH_KIND_DEVICES] = {
		.key = "devices",
		.type = "a word, an array of devices, or an object",
		.where = "/linux/devices, /linux/resources/devices",
		.doc = "The devices a container may use beside those every runtime makes (null, "
		       "zero, full, random, urandom, tty, ptmx, console).",
		.strip = "Takes the others out, and out of the device cgroup's rules.",
		.risk = "A disk's device is every file on it; /dev/mem and /dev/kvm are the machine.",
		.silent = WH_STRIP,
		.listed = WH_STRIP,
		.shorthand = WH_ALLOW,
		.members = { PATTERNS("allow", WH_FORM_DEVICE,
			"Patterns of paths in the container, and rules of the device cgroup as "
			"\"c 10:229 rwm\", where a number may be \"*\".") },
	},
	[WH_KIND_MOUNTS] = {
		.key = "mounts",
		.type = "a word, an array of patterns, or an object",
		.where = "/mounts, /root/path",
		.doc = "What may be mounted into a container. Where \"allow\" is not given: "
		       "everything but the folders, files and sockets of the host that confer the "
		       "host.",
		.strip = "Takes the mount out; where others hang on it, the container is refused.",
		.risk = "The host's folders are the host: its programs, its secrets, the socket of "
			"its engine.",
		.silent = WH_REFUSE,
		.listed = WH_REFUSE,
		.shorthand = WH_ALLOW,
		.members = { PATTERNS("allow", WH_FORM_PATH,
				     "Patterns of sources, links resolved: these alone may be "
				     "mounted, sensitive ones among them."),
			PATTERNS("deny", WH_FORM_PATH,
				"Patterns of sources that may not be mounted, whatever \"allow\" "
				"says."),
			PATTERNS("types", WH_FORM_ANY,
				"Further file system types that may be mounted: \"nfs4\"."),
			WORDS("options", mount_words, &nothing,
				"Options that every bind mount gets.") },
	},
	[WH_KIND_MASKED_PATHS] = {
		.key = "maskedPaths",
		.type = "a word, an array of patterns, or an object",
		.where = "/linux/maskedPaths",
		.doc = "Paths of /proc and /sys that must be masked, whether the request does or "
		       "not: those that Docker masks, but for the ones allowed here.",
		.strip = "Masks them.",
		.risk = "/proc/kcore and its like show the host's memory, /sys/firmware its firmware.",
		.silent = WH_STRIP,
		.listed = WH_STRIP,
		.shorthand = WH_ALLOW,
		.members = { PATTERNS("allow", WH_FORM_PATH, "Patterns of paths that may be seen.") },
	},
	[WH_KIND_READONLY_PATHS] = {
		.key = "readonlyPaths",
		.type = "a word, an array of patterns, or an object",
		.where = "/linux/readonlyPaths, /mounts",
		.doc = "Paths of /proc that must be read-only, whether the request has them or not: "
		       "those of Docker, but for the ones allowed here; and the mounts of sysfs and "
		       "cgroup.",
		.strip = "Makes them read-only.",
		.risk = "Root without any capability writes /proc/sys/kernel/core_pattern, and the "
			"next crash runs its program on the host.",
		.silent = WH_STRIP,
		.listed = WH_STRIP,
		.shorthand = WH_ALLOW,
		.members = { PATTERNS("allow", WH_FORM_PATH,
			"Patterns of paths and of mounts' destinations that may be writable.") },
	},
	[WH_KIND_HOOKS] = {
		.key = "hooks",
		.type = "\"keep\", \"refuse\", an array of patterns, or an object",
		.where = "/hooks",
		.doc = "Programs of the host that the runtime runs as root for a container. The "
		       "engines' own are allowed; others by the path of the program, links "
		       "resolved, which root must own. A hook is never taken out: it may be a "
		       "firewall.",
		.risk = "A hook is root's program on the host.",
		.silent = WH_REFUSE,
		.listed = WH_REFUSE,
		.shorthand = WH_ALLOW,
		.members = { PATTERNS("allow", WH_FORM_PATH, "Patterns of programs."),
			NUMBER("timeout", WH_MERGE_LEAST, 1, INT32_MAX,
				"Seconds that a hook may take which names none itself.") },
	},
	[WH_KIND_SECCOMP] = {
		.key = "seccomp",
		.type = "a word, the path of a profile, or an object",
		.where = "/linux/seccomp",
		.doc = "The system calls a container may make. A filter it brings follows the "
		       "capabilities it loses; where it brings none it gets whittle's.",
		.strip = "Puts whittle's filter in where there is none, and closes the calls of "
			 "capabilities that were taken away.",
		.risk = "The kernel's whole surface, and with it each of its flaws.",
		.silent = WH_STRIP,
		.listed = WH_STRIP,
		.shorthand = WH_SECCOMP_PROFILE,
		.members = { { .name = "profile",
				     .type = WH_MEMBER_PATH,
				     .merge = WH_MERGE_BOTH,
				     .doc = "A profile in the form of config.json's \"seccomp\": a "
					    "call must be allowed by it as well." },
			PATTERNS("listeners", WH_FORM_PATH,
				"Patterns of \"listenerPath\": sockets of agents that may decide "
				"about calls.") },
	},
	[WH_KIND_APPARMOR] = {
		.key = "apparmor",
		.type = "a word, the name of a profile, or an object",
		.where = "/process/apparmorProfile",
		.doc = "The AppArmor profile where the host has AppArmor, and the container comes "
		       "unconfined or without one.",
		.strip = "Gives it \"profile\", or else the default profile of an engine that is "
			 "loaded; where there is none, it stays.",
		.risk = "An unconfined process is held by nothing but the other kinds.",
		.of_process = true,
		.silent = WH_STRIP,
		.listed = WH_STRIP,
		.shorthand = WH_APPARMOR_PROFILE,
		.members = { PATTERNS("allow", WH_FORM_ANY,
				     "Patterns of profiles that may be asked for; silent: any but "
				     "\"unconfined\"."),
			{ .name = "profile",
				.type = WH_MEMBER_TEXT,
				.merge = WH_MERGE_FIRST,
				.doc = "The profile to give." } },
	},
	[WH_KIND_SELINUX] = {
		.key = "selinux",
		.type = "a word, a label, or an object",
		.where = "/process/selinuxLabel",
		.doc = "The SELinux label where the host has SELinux, and the container comes "
		       "without one or with a type that confines nothing.",
		.strip = "Gives it \"label\"; where none is named, it stays.",
		.risk = "A process of the type spc_t or unconfined_t reaches every file of the host.",
		.of_process = true,
		.silent = WH_STRIP,
		.listed = WH_STRIP,
		.shorthand = WH_SELINUX_LABEL,
		.members = { PATTERNS("allow", WH_FORM_ANY,
				     "Patterns of the label's type; silent: any but spc_t, "
				     "unconfined_t and their like."),
			{ .name = "label",
				.type = WH_MEMBER_TEXT,
				.merge = WH_MERGE_FIRST,
				.doc = "The label to give." } },
	},
	[WH_KIND_SYSCTL] = {
		.key = "sysctl",
		.type = "a word, an array of patterns, or an object",
		.where = "/linux/sysctl",
		.doc = "Kernel parameters a container may set beside those that Kubernetes calls "
		       "safe.",
		.strip = "Takes the others out.",
		.risk = "A parameter without a namespace is the host's.",
		.silent = WH_STRIP,
		.listed = WH_STRIP,
		.shorthand = WH_ALLOW,
		.members = { PATTERNS("allow", WH_FORM_SYSCTL, "Patterns of names: \"net.core.somaxconn\".") },
	},
	[WH_KIND_RLIMITS] = {
		.key = "rlimits",
		.type = "a word, an object of numbers by name, or an object with \"max\"",
		.where = "/process/rlimits",
		.doc = "Ceilings for the resource limits of a process.",
		.strip = "Lowers soft and hard limit to it.",
		.risk = "Open files, processes and locked memory are the whole host's.",
		.of_process = true,
		.silent = WH_KEEP,
		.listed = WH_STRIP,
		.shorthand = WH_RLIMITS_MAX,
		.members = { { .name = "max",
			.type = WH_MEMBER_NUMBERS,
			.merge = WH_MERGE_BOTH,
			.least = 0,
			.most = INT64_MAX,
			.words = rlimit_words,
			.silent = &nothing,
			.doc = "The greatest value of each: {\"RLIMIT_NOFILE\": 65536}." } },
	},
	[WH_KIND_OOM_SCORE_ADJ] = {
		.key = "oomScoreAdj",
		.type = "a word, a number, or an object",
		.where = "/process/oomScoreAdj",
		.doc = "How far a container may hide from the kernel's killer when memory is short.",
		.strip = "Raises it to \"min\".",
		.risk = "What is never killed lets the host's own programs be killed instead.",
		.of_process = true,
		.silent = WH_KEEP,
		.listed = WH_STRIP,
		.shorthand = WH_OOM_MIN,
		.members = { NUMBER("min", WH_MERGE_MOST, -1000, 1000,
			"The least that it may be; silent: 0.") },
	},
	[WH_KIND_ROOTFS_PROPAGATION] = {
		.key = "rootfsPropagation",
		.type = "a word, an array of words, or an object",
		.where = "/linux/rootfsPropagation, /mounts/…/options",
		.doc = "Which propagation the root file system and mounts may have.",
		.strip = "Makes shared ones slaves.",
		.risk = "What is mounted inside a shared mount appears on the host.",
		.silent = WH_REFUSE,
		.listed = WH_REFUSE,
		.shorthand = WH_ALLOW,
		.members = { WORDS("allow", propagation_words, &quiet_propagation,
			"The words of mount(8): \"rslave\".") },
	},
	[WH_KIND_CGROUPS_PATH] = {
		.key = "cgroupsPath",
		.type = "\"keep\", \"refuse\", an array of patterns, or an object",
		.where = "/linux/cgroupsPath",
		.doc = "The cgroup a container may be put into. Silent: any but the host's own root, "
		       "and one that climbs out of where it begins.",
		.risk = "In another's cgroup a container uses up that one's share; in the root it "
			"has no limits.",
		.silent = WH_REFUSE,
		.listed = WH_REFUSE,
		.shorthand = WH_ALLOW,
		.members = { PATTERNS("allow", WH_FORM_ANY, "Patterns of cgroups.") },
	},
	[WH_KIND_RESOURCES] = {
		.key = "resources",
		.type = "a word, or an object",
		.where = "/linux/resources/pids, /linux/resources/memory",
		.doc = "Limits that a container must have.",
		.strip = "Sets the ones that are missing, and lowers those that are greater.",
		.risk = "A container without limits can stop the host by a fork bomb or by memory.",
		.silent = WH_KEEP,
		.listed = WH_STRIP,
		.shorthand = -1,
		.members = { NUMBER("pids", WH_MERGE_LEAST, 1, INT32_MAX,
				     "The most processes and threads."),
			{ .name = "memory",
				.type = WH_MEMBER_SIZE,
				.merge = WH_MERGE_LEAST,
				.least = INT64_C(4) << 20,
				.most = INT64_MAX,
				.doc = "The most memory, in bytes or as \"512m\"." } },
	},
	[WH_KIND_PERSONALITY] = {
		.key = "personality",
		.type = AN_ARRAY,
		.where = "/linux/personality",
		.doc = "The execution domains, see personality(2), that a container may ask for.",
		.strip = "Takes it out.",
		.risk = "Other domains change how addresses are laid out and calls are read.",
		.silent = WH_STRIP,
		.listed = WH_STRIP,
		.shorthand = WH_ALLOW,
		.members = { WORDS("allow", domain_words, &usual_domain, "\"LINUX\", \"LINUX32\".") },
	},
	[WH_KIND_INTEL_RDT] = SECTION("intelRdt", "/linux/intelRdt",
		"Whether a container may ask for a class of cache and memory bandwidth.",
		NULL, "A class of others gives what was set aside for them.", WH_REFUSE),
	[WH_KIND_NET_DEVICES] = SECTION("netDevices", "/linux/netDevices",
		"Whether a container may be given network interfaces of the host.", NULL,
		"It takes the interface away from the host, and with it the wire.", WH_REFUSE),
	[WH_KIND_TIME_OFFSETS] = SECTION("timeOffsets", "/linux/timeOffsets",
		"Whether a container may have other clocks than the host.", "Takes them out.",
		"Programs of the host that compare times with it are deceived.", WH_STRIP),
	[WH_KIND_MEMORY_POLICY] = SECTION("memoryPolicy", "/linux/memoryPolicy",
		"Whether a container may choose the memory nodes it uses.", "Takes it out.",
		"It fills the nodes that others rely on.", WH_STRIP),
	[WH_KIND_SCHEDULER] = {
		.key = "scheduler",
		.type = AN_ARRAY,
		.where = "/process/scheduler",
		.doc = "The scheduling policies a process may have, none of them with a negative "
		       "nice value.",
		.strip = "Takes it out.",
		.risk = "A real-time process can keep a processor from all others.",
		.of_process = true,
		.silent = WH_STRIP,
		.listed = WH_STRIP,
		.shorthand = WH_ALLOW,
		.members = { WORDS("allow", scheduler_words, &usual_schedulers,
			"The names of sched(7): \"SCHED_FIFO\".") },
	},
	[WH_KIND_IO_PRIORITY] = {
		.key = "ioPriority",
		.type = AN_ARRAY,
		.where = "/process/ioPriority",
		.doc = "The classes of I/O priority a process may have.",
		.strip = "Takes it out.",
		.risk = "The real-time class keeps a disk from all others.",
		.of_process = true,
		.silent = WH_STRIP,
		.listed = WH_STRIP,
		.shorthand = WH_ALLOW,
		.members = { WORDS("allow", io_words, &usual_io_classes,
			"The names of config.json: \"IOPRIO_CLASS_RT\".") },
	},
	[WH_KIND_UNKNOWN_FIELDS] = SECTION("unknownFields", "everywhere",
		"Fields that whittle does not know, of a newer specification: \"keep\" leaves them "
		"and records where they are.",
		NULL, "What nobody has judged may confer anything.", WH_KEEP),
};

const struct wh_kind_info *wh_kind_info(enum wh_kind kind)
{
	return &kinds[kind];
}

struct wh_limit wh_limit_silent(enum wh_kind kind)
{
	struct wh_limit limit = { .otherwise = kinds[kind].silent };

	for (size_t i = 0; i < WH_MEMBERS_MAX; i++)
		limit.members[i] = kinds[kind].members[i].silent;
	return limit;
}

const char *wh_rlimit_name(size_t index)
{
	return index < WH_COUNT(rlimit_words) ? rlimit_words[index] : NULL;
}

const char *wh_otherwise_word(enum wh_otherwise otherwise)
{
	static const char *const words[] = { "keep", "strip", "refuse" };

	return words[otherwise];
}

/* ---- asking --------------------------------------------------------------------------------- */

bool wh_setting_lists(const struct wh_setting *setting, struct wh_slice text)
{
	char terminated[TEXT_MAX];

	if (text.len >= sizeof(terminated))
		return false;
	for (size_t i = 0; i < setting->count; i++) {
		const struct wh_item *item = &setting->items[i];

		if (text.len < item->literal || memcmp(text.data, item->text, item->literal) != 0)
			continue;
		if (item->text[item->literal] == '\0') {
			if (text.len == item->literal)
				return true;
			continue;
		}
		memcpy(terminated, text.data, text.len);
		terminated[text.len] = '\0';
		if (fnmatch(item->text, terminated, 0) == 0)
			return true;
	}
	return false;
}

bool wh_setting_has(const struct wh_setting *setting, struct wh_slice text)
{
	for (; setting != NULL; setting = setting->also) {
		if (!wh_setting_lists(setting, text))
			return false;
	}
	return true;
}

static bool lists_number(const struct wh_setting *setting, int64_t number)
{
	for (size_t i = 0; i < setting->count; i++) {
		if (number >= setting->items[i].low && number <= setting->items[i].high)
			return true;
	}
	return false;
}

bool wh_setting_has_number(const struct wh_setting *setting, int64_t number)
{
	for (; setting != NULL; setting = setting->also) {
		if (!lists_number(setting, number))
			return false;
	}
	return true;
}

bool wh_setting_any(const struct wh_setting *setting, struct wh_slice text)
{
	for (; setting != NULL; setting = setting->also) {
		if (wh_setting_lists(setting, text))
			return true;
	}
	return false;
}

bool wh_setting_is_given(const struct wh_setting *setting)
{
	for (; setting != NULL; setting = setting->also) {
		if (!setting->silent)
			return true;
	}
	return false;
}

bool wh_setting_number_of(const struct wh_setting *setting, struct wh_slice name, int64_t *ret)
{
	bool found = false;

	for (; setting != NULL; setting = setting->also) {
		for (size_t i = 0; i < setting->count; i++) {
			const struct wh_item *item = &setting->items[i];

			if (!wh_slice_is(name, item->text) || (found && item->low >= *ret))
				continue;
			*ret = item->low;
			found = true;
		}
	}
	return found;
}
