/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a config.json confers, as a list: each kind of privilege with a piece of a document and the
 * list of that kind; and the difference of two lists.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "document.h"
#include "trim/asked.h"

/* The texts of one kind, joined by "; "; values have "=" in front. */
static void list_kind(char *to, size_t size, const struct wh_privileges *list, enum wh_kind kind)
{
	to[0] = '\0';
	for (size_t i = 0; i < list->count; i++) {
		size_t len = strlen(to);

		if (list->items[i].kind == kind)
			spell(to + len, size - len, "%s%s%s", len == 0 ? "" : "; ",
				list->items[i].value ? "=" : "", list->items[i].text);
	}
}

#define NO_LIMITS "no limit of memory; no limit of pids"
#define ALL_SEEN \
	"/proc/acpi can be seen; /proc/asound can be seen; /proc/interrupts can be seen; " \
	"/proc/kcore can be seen; /proc/keys can be seen; /proc/latency_stats can be seen; " \
	"/proc/sched_debug can be seen; /proc/scsi can be seen; /proc/timer_list can be seen; " \
	"/proc/timer_stats can be seen; /sys/devices/virtual/powercap can be seen; " \
	"/sys/firmware can be seen"
#define ALL_HOST \
	"the host's cgroup namespace; the host's ipc namespace; the host's mount namespace; " \
	"the host's network namespace; the host's pid namespace; the host's user namespace; " \
	"the host's uts namespace"
#define ALL_NEW \
	"{'type':'pid'},{'type':'network'},{'type':'ipc'},{'type':'uts'},{'type':'mount'}," \
	"{'type':'cgroup'},{'type':'user'}"
#define NNP "setuid programs and file capabilities give new privileges"

#define PROCESS(members) "{'process':{" members "}}"
#define LINUX(members) "{'linux':{" members "}}"

static const struct row {
	enum wh_kind kind;
	const char *config;
	const char *list;
} rows[] = {
	/* In the kernel's order, once, from whichever set; what no kernel knows is nothing. */
	{ WH_KIND_CAPABILITIES, "{}", "" },
	{ WH_KIND_CAPABILITIES, PROCESS("'capabilities':{}"), "" },
	{ WH_KIND_CAPABILITIES,
		PROCESS("'capabilities':{'bounding':['CAP_SYS_ADMIN','CAP_KILL'],"
			"'effective':['CAP_KILL'],'permitted':[],'inheritable':['CAP_CHOWN'],"
			"'ambient':['CAP_BPF','CAP_NEWER']}"),
		"CAP_CHOWN; CAP_KILL; CAP_SYS_ADMIN; CAP_BPF" },
	{ WH_KIND_CAPABILITIES, PROCESS("'capabilities':{'ambient':['CAP_CHOWN']}"), "CAP_CHOWN" },

	{ WH_KIND_NO_NEW_PRIVILEGES, "{}", NNP },
	{ WH_KIND_NO_NEW_PRIVILEGES, PROCESS("'noNewPrivileges':false"), NNP },
	{ WH_KIND_NO_NEW_PRIVILEGES, PROCESS("'noNewPrivileges':true"), "" },

	{ WH_KIND_READONLY_ROOTFS, "{}", "a root file system that can be written" },
	{ WH_KIND_READONLY_ROOTFS, "{'root':{'path':'r','readonly':false}}",
		"a root file system that can be written" },
	{ WH_KIND_READONLY_ROOTFS, "{'root':{'readonly':true}}", "" },

	{ WH_KIND_RUN_AS_NON_ROOT, "{}", "runs as root (uid 0)" },
	{ WH_KIND_RUN_AS_NON_ROOT, PROCESS("'user':{'gid':5}"), "runs as root (uid 0)" },
	{ WH_KIND_RUN_AS_NON_ROOT, PROCESS("'user':{'uid':0}"), "runs as root (uid 0)" },
	{ WH_KIND_RUN_AS_NON_ROOT, PROCESS("'user':{'uid':1}"), "" },
	{ WH_KIND_RUN_AS_NON_ROOT, PROCESS("'user':{'uid':4294967295}"), "" },

	{ WH_KIND_SUPPLEMENTAL_GROUPS, PROCESS("'user':{}"), "" },
	{ WH_KIND_SUPPLEMENTAL_GROUPS, PROCESS("'user':{'additionalGids':[]}"), "" },
	{ WH_KIND_SUPPLEMENTAL_GROUPS, PROCESS("'user':{'additionalGids':[7,0,1000]}"),
		"group 7; group 0; group 1000" },

	/* Made inside, they are a matter of the filter. */
	{ WH_KIND_USER_NAMESPACES, LINUX("'namespaces':[]"), "" },

	{ WH_KIND_HOST_NAMESPACES, "{}", ALL_HOST },
	{ WH_KIND_HOST_NAMESPACES, LINUX("'namespaces':null"), ALL_HOST },
	{ WH_KIND_HOST_NAMESPACES, LINUX("'namespaces':[" ALL_NEW "]"), "" },
	{ WH_KIND_HOST_NAMESPACES,
		LINUX("'namespaces':[{'type':'pid'},{'type':'network','path':''},{'type':'ipc'},"
		      "{'type':'mount'},{'type':'cgroup'}]"),
		"the host's user namespace; the host's uts namespace" },
	{ WH_KIND_HOST_NAMESPACES,
		LINUX("'namespaces':[" ALL_NEW ",{'type':'time','path':'/proc/1/ns/time'}]"),
		"joins the time namespace /proc/1/ns/time" },
	{ WH_KIND_HOST_NAMESPACES,
		LINUX("'namespaces':[{'type':'user','path':'/proc/1/ns/user'},{'type':'pid',"
		      "'path':'/proc/9/ns/pid'},{'type':'network'},{'type':'ipc'},{'type':'uts'},"
		      "{'type':'mount'},{'type':'cgroup'}]"),
		"joins the user namespace /proc/1/ns/user; joins the pid namespace "
		"/proc/9/ns/pid" },

	{ WH_KIND_DEVICES, LINUX("'devices':[]"), "" },
	{ WH_KIND_DEVICES,
		LINUX("'devices':[{'path':'/dev/kmsg','type':'c'},{'path':'/dev/sda'}],"
		      "'resources':{'devices':[{'allow':false,'access':'rwm'},{'allow':true},"
		      "{'allow':true,'type':'c','major':1,'minor':3,'access':'rm'},"
		      "{'allow':true,'type':'b','major':8}]}"),
		"/dev/kmsg; /dev/sda; rule a *:* rwm; rule c 1:3 rm; rule b 8:* rwm" },

	{ WH_KIND_MOUNTS, "{'mounts':[]}", "" },
	{ WH_KIND_MOUNTS,
		"{'mounts':[{'destination':'/proc','type':'proc','source':'proc'},"
		"{'destination':'/h','type':'bind','source':'/','options':['rbind']},"
		"{'destination':'/r','type':'none','source':'/etc','options':['bind','ro']},"
		"{'destination':'/w','source':'/etc','options':['ro','rw']},"
		"{'destination':'/s','type':'sysfs','source':'x','options':['ro']}]}",
		"proc on /proc; / on /h; /etc on /r (read-only); /etc on /w; sysfs on /s "
		"(read-only)" },

	{ WH_KIND_MASKED_PATHS, "{}", ALL_SEEN },
	{ WH_KIND_MASKED_PATHS,
		LINUX("'maskedPaths':['/proc/acpi','/proc/asound','/proc/interrupts',"
		      "'/proc/kcore','/proc/keys','/proc/latency_stats','/proc/sched_debug',"
		      "'/proc/scsi','/proc/timer_list','/other','/proc/timer_stats']"),
		"/sys/devices/virtual/powercap can be seen; /sys/firmware can be seen" },
	{ WH_KIND_READONLY_PATHS, "{}",
		"/proc/bus can be written; /proc/fs can be written; /proc/irq can be written; "
		"/proc/sys can be written; /proc/sysrq-trigger can be written" },
	{ WH_KIND_READONLY_PATHS,
		LINUX("'readonlyPaths':['/proc/sysrq-trigger','/proc/sys','/proc/irq','/proc/bus',"
		      "'/proc/fs']"),
		"" },

	{ WH_KIND_HOOKS, "{'hooks':{}}", "" },
	{ WH_KIND_HOOKS,
		"{'hooks':{'poststop':[{'path':'/b'}],'prestart':[{'path':'/a'},{'path':'/c'}]}}",
		"poststop /b; prestart /a; prestart /c" },

	{ WH_KIND_SECCOMP, "{}", "every system call" },
	{ WH_KIND_SECCOMP, LINUX("'seccomp':{'defaultAction':'SCMP_ACT_ALLOW'}"),
		"every system call" },
	{ WH_KIND_SECCOMP,
		LINUX("'seccomp':{'defaultAction':'SCMP_ACT_ERRNO','syscalls':["
		      "{'names':['read','write'],'action':'SCMP_ACT_ALLOW'},"
		      "{'names':['mount'],'action':'SCMP_ACT_KILL'},"
		      "{'names':['exit'],'action':'SCMP_ACT_ALLOW'}]}"),
		"=a filter: SCMP_ACT_ERRNO, and 3 calls allowed" },

	{ WH_KIND_APPARMOR, "{}", "=no label of its own" },
	{ WH_KIND_APPARMOR, PROCESS("'apparmorProfile':'unconfined','selinuxLabel':'x'"),
		"=unconfined" },
	{ WH_KIND_SELINUX, PROCESS("'apparmorProfile':'x','selinuxLabel':''"),
		"=no label of its own" },
	{ WH_KIND_SELINUX, PROCESS("'selinuxLabel':'a:b:spc_t:s0'"), "=a:b:spc_t:s0" },

	{ WH_KIND_SYSCTL, LINUX("'sysctl':{}"), "" },
	{ WH_KIND_SYSCTL, LINUX("'sysctl':{'kernel.x':'1','net.y':''}"), "kernel.x = 1; net.y = " },

	{ WH_KIND_RLIMITS, PROCESS("'rlimits':[]"), "" },
	{ WH_KIND_RLIMITS,
		PROCESS("'rlimits':[{'type':'RLIMIT_CORE','soft':0,'hard':18446744073709551615}]"),
		"=RLIMIT_CORE 0, at most 18446744073709551615" },

	{ WH_KIND_OOM_SCORE_ADJ, PROCESS("'oomScoreAdj':0"), "" },
	{ WH_KIND_OOM_SCORE_ADJ, PROCESS("'oomScoreAdj':100"), "" },
	{ WH_KIND_OOM_SCORE_ADJ, PROCESS("'oomScoreAdj':-1000"),
		"=spared by the kernel when memory is short (-1000)" },

	{ WH_KIND_ROOTFS_PROPAGATION, LINUX("'rootfsPropagation':''"), "" },
	{ WH_KIND_ROOTFS_PROPAGATION, LINUX("'rootfsPropagation':'rshared'"), "=rshared" },
	{ WH_KIND_CGROUPS_PATH, LINUX("'cgroupsPath':''"), "" },
	{ WH_KIND_CGROUPS_PATH, LINUX("'cgroupsPath':'/docker/x'"), "=/docker/x" },

	{ WH_KIND_RESOURCES, "{}", NO_LIMITS },
	{ WH_KIND_RESOURCES, LINUX("'resources':{'memory':{'limit':-1},'pids':{'limit':0}}"),
		NO_LIMITS },
	{ WH_KIND_RESOURCES, LINUX("'resources':{'memory':{'limit':1048576}}"),
		"=memory: 1048576; no limit of pids" },
	{ WH_KIND_RESOURCES,
		LINUX("'resources':{'memory':{'limit':5},'pids':{'limit':9223372036854775807}}"),
		"=memory: 5; =pids: 9223372036854775807" },

	{ WH_KIND_PERSONALITY, LINUX("'personality':null"), "" },
	{ WH_KIND_PERSONALITY, LINUX("'personality':{'domain':'LINUX32'}"), "asked for" },
	{ WH_KIND_INTEL_RDT, LINUX("'intelRdt':{}"), "asked for" },
	{ WH_KIND_NET_DEVICES, LINUX("'netDevices':{}"), "asked for" },
	{ WH_KIND_TIME_OFFSETS, LINUX("'timeOffsets':{}"), "asked for" },
	{ WH_KIND_MEMORY_POLICY, LINUX("'memoryPolicy':{}"), "asked for" },
	{ WH_KIND_SCHEDULER, PROCESS("'scheduler':{}"), "asked for" },
	{ WH_KIND_SCHEDULER, LINUX("'scheduler':{}"), "" },
	{ WH_KIND_IO_PRIORITY, PROCESS("'ioPriority':{}"), "asked for" },
	{ WH_KIND_UNKNOWN_FIELDS, "{'newer':{},'linux':{'newer':1}}", "" },
};

static void test_kinds(void **state)
{
	bool seen[WH_KINDS] = { false };

	(void)state;
	for (size_t i = 0; i < WH_COUNT(rows); i++) {
		struct wh_json *doc = document(rows[i].config);
		struct wh_arena arena = WH_ARENA_INIT;
		struct wh_privileges list;
		char text[2048];

		seen[rows[i].kind] = true;
		assert_int_equal(wh_privileges_of_config(doc, &arena, &list), 0);
		wh_json_free(doc); /* the list does not live in the document */
		list_kind(text, sizeof(text), &list, rows[i].kind);
		if (strcmp(text, rows[i].list) != 0)
			fail_msg("%s: \"%s\", not \"%s\"", rows[i].config, text, rows[i].list);
		for (size_t k = 1; k < list.count; k++)
			assert_true(list.items[k - 1].kind <= list.items[k].kind);
		wh_arena_done(&arena);
	}
	for (size_t kind = 0; kind < WH_KINDS; kind++) {
		if (!seen[kind])
			fail_msg("%s has no row", wh_kind_info((enum wh_kind)kind)->key);
	}
}

/* What gives as little as can be holds no privilege: only values are left. */
static void test_the_least(void **state)
{
	struct wh_json *doc = document(
		"{'process':{'noNewPrivileges':true,'user':{'uid':1}},'root':{'readonly':true},"
		"'linux':{'namespaces':[" ALL_NEW
		"],'seccomp':{'defaultAction':'SCMP_ACT_ERRNO'},'resources':{'memory':{'limit':1},"
		"'pids':{'limit':1}},'maskedPaths':['/proc/acpi','/proc/asound',"
		"'/proc/interrupts','/proc/kcore','/proc/keys','/proc/latency_stats',"
		"'/proc/sched_debug','/proc/scsi','/proc/timer_list','/proc/timer_stats',"
		"'/sys/devices/virtual/powercap','/sys/firmware'],'readonlyPaths':["
		"'/proc/bus','/proc/fs','/proc/irq','/proc/sys','/proc/sysrq-trigger']}}");
	struct wh_arena arena = WH_ARENA_INIT;
	struct wh_privileges list;

	(void)state;
	assert_int_equal(wh_privileges_of_config(doc, &arena, &list), 0);
	for (size_t i = 0; i < list.count; i++) {
		if (!list.items[i].value)
			fail_msg("%s", list.items[i].text);
	}
	wh_json_free(doc);
	wh_arena_done(&arena);
}

static void test_default_paths(void **state)
{
	static const enum wh_kind kinds[] = { WH_KIND_MASKED_PATHS, WH_KIND_READONLY_PATHS };

	(void)state;
	for (size_t i = 0; i < WH_COUNT(kinds); i++) {
		size_t count = 0;

		while (wh_default_path(kinds[i], count) != NULL)
			assert_int_equal(wh_default_path(kinds[i], count++)[0], '/');
		assert_true(count > 0);
		assert_null(wh_default_path(kinds[i], count + 1));
		assert_null(wh_default_path(kinds[i], SIZE_MAX));
	}
}

/* ---- the difference ------------------------------------------------------------------------- */

/* A list of words divided by blanks, each "KIND:TEXT" with the kind a digit. */
static struct wh_privileges list_of(const char *words, struct wh_arena *arena)
{
	struct wh_privilege *items = wh_arena_array(arena, strlen(words) + 1, sizeof(*items));
	size_t count = 0;

	assert_non_null(items);
	for (size_t len; *words != '\0'; words += len + (words[len] == ' ')) {
		len = strcspn(words, " ");
		items[count++] = (struct wh_privilege){ .kind = (enum wh_kind)(words[0] - '0'),
			.text = wh_arena_dup(arena, (struct wh_slice){ words + 2, len - 2 }) };
	}
	return (struct wh_privileges){ items, count };
}

static void test_without(void **state)
{
	static const struct {
		const char *list, *other, *left;
	} differences[] = {
		{ "", "", "" },
		{ "", "0:a", "" },
		{ "0:b 0:a", "", "0:b 0:a" },
		{ "0:b 0:a", "0:a 0:b", "" },
		{ "0:c 0:a 0:b", "0:a", "0:c 0:b" },
		/* The same text of another kind is another privilege. */
		{ "0:a 1:a 2:a", "1:a", "0:a 2:a" },
		/* Once in the other takes all of them; twice here is twice in what is left. */
		{ "0:a 0:a 0:b 0:b", "0:a", "0:b 0:b" },
		{ "0:a", "0:a 0:a 0:a", "" },
		/* Only the whole text counts. */
		{ "0:ab 0:a", "0:abc 0:A", "0:ab 0:a" },
		{ "3:z 1:y 2:x", "2:x 9:q", "3:z 1:y" },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(differences); i++) {
		struct wh_arena arena = WH_ARENA_INIT;
		struct wh_privileges list = list_of(differences[i].list, &arena);
		struct wh_privileges other = list_of(differences[i].other, &arena);
		struct wh_privileges left;
		char text[256] = "";

		assert_int_equal(wh_privileges_without(&list, &other, &arena, &left), 0);
		for (size_t k = 0; k < left.count; k++) {
			size_t len = strlen(text);

			spell(text + len, sizeof(text) - len, "%s%d:%s", k == 0 ? "" : " ",
				(int)left.items[k].kind, left.items[k].text);
		}
		assert_string_equal(text, differences[i].left);
		wh_arena_done(&arena);
	}
}

/* Without anything allocated for them, too. */
static void test_without_nothing(void **state)
{
	static const struct wh_privileges none = { NULL, 0 };
	struct wh_arena arena = WH_ARENA_INIT;
	struct wh_privileges left = { NULL, 9 };

	(void)state;
	assert_int_equal(wh_privileges_without(&none, &none, &arena, &left), 0);
	assert_int_equal(left.count, 0);
	wh_arena_done(&arena);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_the_least),
		cmocka_unit_test(test_default_paths),
		cmocka_unit_test(test_without),
		cmocka_unit_test(test_without_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
