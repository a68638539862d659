/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kinds of privilege beside those that have a file of their own here: what a policy says of one
 * kind, in its own words, and what becomes of a document by that alone. Every row is judged twice,
 * and the second time nothing changes.
 */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "judge.h"
#include "policy/policy.h"

#define ROOT "\"process\":{},\"root\":{}"
#define CONFIG(members) "{" ROOT "," members "}"
#define LINUX(members) CONFIG("\"linux\":{" members "}")
#define PROCESS(members) "{\"process\":{" members "},\"root\":{}}"
#define REFUSED(what, key) \
	"the policy does not allow " what ": \"" key "\" in the policy decides about it"

struct row {
	const char *policy; /* what "default" says */
	const char *before;
	const char
		*after; /* members that every judgement makes explicit are left out; NULL: as before
			 */
	const char *error; /* the end of the sentence; NULL: not refused */
};

/* Everything kept but what the policy names. */
static struct wh_policy *limits_of(const char *said, struct wh_limits *ret)
{
	struct wh_policy *policy = NULL;
	struct wh_buf text = WH_BUF_INIT;
	struct wh_err err = WH_ERR_INIT;
	const struct wh_limits *limits;

	wh_buf_addf(&text, "{\"default\":{%s}}", said);
	if (wh_policy_parse_take(&policy, &text, "p", &err) < 0)
		fail_msg("%s: %s", said, err.text);
	limits = wh_policy_default(policy);
	*ret = (struct wh_limits)EVERYTHING;
	for (size_t kind = 0; kind < WH_KINDS; kind++) {
		char key[64];

		(void)snprintf(key, sizeof(key), "\"%s\":", wh_kind_info((enum wh_kind)kind)->key);
		if (strstr(said, key) != NULL)
			ret->kinds[kind] = limits->kinds[kind];
	}
	return policy;
}

/* Takes out of the outcome what is the same in all of them. */
static char *outcome(const struct judgement *j)
{
	wh_node process = wh_json_get(j->doc, wh_json_root(j->doc), "process");

	wh_json_unset(j->doc, process, "capabilities");
	return document_text(j->doc, wh_json_root(j->doc));
}

static void check_row(const struct row *row, const struct wh_facts *facts)
{
	struct wh_limits limits;
	WH_POLICY struct wh_policy *policy = limits_of(row->policy, &limits);
	struct judgement first, second;
	char *text;
	size_t total;

	judge_document(&first, wh_trim_config, document(row->before), &limits, facts);
	if (row->error != NULL) {
		size_t len = strlen(row->error);

		if (first.result >= 0)
			fail_msg("%s, %s: not refused", row->policy, row->before);
		if (strlen(first.err.text) < len ||
			strcmp(first.err.text + strlen(first.err.text) - len, row->error) != 0)
			fail_msg("%s: %s, expected %s", row->before, first.err.text, row->error);
		judgement_done(&first);
		return;
	}
	if (first.result < 0)
		fail_msg("%s, %s: %s", row->policy, row->before, first.err.text);
	total = first.trim.changes.total;
	text = outcome(&first);
	judge_document(
		&second, wh_trim_config, document_of_bytes(text, strlen(text)), &limits, facts);
	if (second.result < 0)
		fail_msg("the second time: %s", second.err.text);
	assert_int_equal(second.trim.changes.total, 0);
	if (row->after != NULL)
		assert_string_equal(text, row->after);
	else
		assert_int_equal(total, 0);
	free(text);
	judgement_done(&first);
	judgement_done(&second);
}

static void check_rows(const struct row *rows, size_t count, const struct wh_facts *facts)
{
	for (size_t i = 0; i < count; i++)
		check_row(&rows[i], facts);
}

#define USER(members) "{\"process\":{\"user\":{" members "}},\"root\":{}}"

static void test_users(void **state)
{
	static const struct row rows[] = {
		{ "\"runAsNonRoot\":false", USER("\"uid\":0,\"gid\":0"), NULL, NULL },
		{ "\"runAsNonRoot\":true", USER("\"uid\":1,\"gid\":0"), NULL, NULL },
		{ "\"runAsNonRoot\":true", USER("\"uid\":0,\"gid\":5"), NULL,
			REFUSED("user 0 (give the image or the request another user)",
				"runAsNonRoot") },
		{ "\"runAsNonRoot\":true", PROCESS(""), NULL,
			REFUSED("user 0 (give the image or the request another user)",
				"runAsNonRoot") },
		{ "\"runAsNonRoot\":{\"uid\":7}", USER("\"uid\":0,\"gid\":0"),
			USER("\"uid\":7,\"gid\":7"), NULL },
		{ "\"runAsNonRoot\":{\"uid\":7,\"gid\":8}", USER("\"uid\":0,\"gid\":3"),
			USER("\"uid\":7,\"gid\":3"), NULL },
		{ "\"runAsNonRoot\":{\"uid\":7,\"gid\":8}", PROCESS(""),
			USER("\"uid\":7,\"gid\":8"), NULL },
		{ "\"runAsNonRoot\":{\"uid\":7,\"otherwise\":\"refuse\"}", PROCESS(""), NULL,
			REFUSED("user 0 (give the image or the request another user)",
				"runAsNonRoot") },
		{ "\"supplementalGroups\":\"keep\"",
			USER("\"uid\":0,\"gid\":0,\"additionalGids\":[999]"), NULL, NULL },
		{ "\"supplementalGroups\":[5,\"100-200\"]",
			USER("\"uid\":0,\"gid\":0,\"additionalGids\":[4,5,99,100,200,201]"),
			USER("\"uid\":0,\"gid\":0,\"additionalGids\":[5,100,200]"), NULL },
		{ "\"supplementalGroups\":\"strip\"",
			USER("\"uid\":0,\"gid\":0,\"additionalGids\":[6]"),
			USER("\"uid\":0,\"gid\":0,\"additionalGids\":[]"), NULL },
		{ "\"supplementalGroups\":{\"allow\":[5],\"otherwise\":\"refuse\"}",
			USER("\"uid\":0,\"gid\":0,\"additionalGids\":[6]"), NULL,
			REFUSED("the supplementary group 6", "supplementalGroups") },
	};

	(void)state;
	check_rows(rows, WH_COUNT(rows), NULL);
}

#define P0 "\"user\":{\"uid\":0,\"gid\":0}"

static void test_priorities(void **state)
{
	static const struct row rows[] = {
		{ "\"scheduler\":\"strip\"",
			PROCESS(P0 ",\"scheduler\":{\"policy\":\"SCHED_FIFO\"}"), PROCESS(P0),
			NULL },
		{ "\"scheduler\":\"strip\"",
			PROCESS(P0 ",\"scheduler\":{\"policy\":\"SCHED_OTHER\",\"nice\":-1}"),
			PROCESS(P0), NULL },
		{ "\"scheduler\":\"strip\"",
			PROCESS(P0 ",\"scheduler\":{\"policy\":\"SCHED_OTHER\",\"nice\":5}"), NULL,
			NULL },
		{ "\"scheduler\":[\"SCHED_RR\"]",
			PROCESS(P0 ",\"scheduler\":{\"policy\":\"SCHED_RR\"}"), NULL, NULL },
		{ "\"scheduler\":\"refuse\"",
			PROCESS(P0 ",\"scheduler\":{\"policy\":\"SCHED_NEW\"}"), NULL,
			REFUSED("this scheduling policy or nice value", "scheduler") },
		{ "\"ioPriority\":\"strip\"",
			PROCESS(P0 ",\"ioPriority\":{\"class\":\"IOPRIO_CLASS_RT\"}"), PROCESS(P0),
			NULL },
		{ "\"ioPriority\":\"strip\"",
			PROCESS(P0 ",\"ioPriority\":{\"class\":\"IOPRIO_CLASS_IDLE\"}"), NULL,
			NULL },
		{ "\"oomScoreAdj\":-5", PROCESS(P0 ",\"oomScoreAdj\":-6"),
			PROCESS(P0 ",\"oomScoreAdj\":-5"), NULL },
		{ "\"oomScoreAdj\":-5", PROCESS(P0 ",\"oomScoreAdj\":-5"), NULL, NULL },
		{ "\"oomScoreAdj\":0", PROCESS(P0), PROCESS(P0 ",\"oomScoreAdj\":0"), NULL },
		{ "\"oomScoreAdj\":-999", PROCESS(P0), NULL, NULL },
		{ "\"oomScoreAdj\":{\"min\":0,\"otherwise\":\"refuse\"}",
			PROCESS(P0 ",\"oomScoreAdj\":-1"), NULL,
			REFUSED("an oomScoreAdj below 0", "oomScoreAdj") },
	};
	const struct wh_facts facts = { .last_capability = WH_CAP_COUNT - 1,
		.oom_score_adj = -500 };

	(void)state;
	check_rows(rows, WH_COUNT(rows), &facts);
}

#define NOFILE(soft, hard) "{\"type\":\"RLIMIT_NOFILE\",\"hard\":" #hard ",\"soft\":" #soft "}"

static void test_rlimits(void **state)
{
	static const struct row rows[] = {
		{ "\"rlimits\":{\"RLIMIT_NOFILE\":64}",
			PROCESS(P0 ",\"rlimits\":[" NOFILE(32, 18446744073709551615) "]"),
			PROCESS(P0 ",\"rlimits\":[" NOFILE(32, 64) "]"), NULL },
		{ "\"rlimits\":{\"RLIMIT_NOFILE\":64}",
			PROCESS(P0 ",\"rlimits\":[" NOFILE(64, 64) "]"), NULL, NULL },
		{ "\"rlimits\":{\"RLIMIT_NOFILE\":64}", PROCESS(P0),
			PROCESS(P0 ",\"rlimits\":[" NOFILE(50, 64) "]"), NULL },
		{ "\"rlimits\":{\"RLIMIT_NOFILE\":100}", PROCESS(P0), NULL, NULL },
		{ "\"rlimits\":{\"max\":{\"RLIMIT_NOFILE\":64},\"otherwise\":\"refuse\"}",
			PROCESS(P0 ",\"rlimits\":[" NOFILE(65, 64) "]"), NULL,
			REFUSED("RLIMIT_NOFILE above 64", "rlimits") },
	};
	static struct wh_own_rlimit own[16];
	const struct wh_facts facts = { .last_capability = WH_CAP_COUNT - 1, .rlimits = own };

	(void)state;
	for (size_t i = 0; wh_rlimit_name(i) != NULL; i++) {
		if (strcmp(wh_rlimit_name(i), "RLIMIT_NOFILE") == 0)
			own[i] = (struct wh_own_rlimit){ 50, 100 };
	}
	check_rows(rows, WH_COUNT(rows), &facts);
}

static void test_labels(void **state)
{
	static const struct row here[] = {
		{ "\"apparmor\":\"strip\"", PROCESS(P0),
			PROCESS(P0 ",\"apparmorProfile\":\"docker-default\""), NULL },
		{ "\"apparmor\":\"strip\"", PROCESS(P0 ",\"apparmorProfile\":\"unconfined\""),
			PROCESS(P0 ",\"apparmorProfile\":\"docker-default\""), NULL },
		{ "\"apparmor\":\"mine\"", PROCESS(P0 ",\"apparmorProfile\":\"\""),
			PROCESS(P0 ",\"apparmorProfile\":\"mine\""), NULL },
		{ "\"apparmor\":\"strip\"", PROCESS(P0 ",\"apparmorProfile\":\"other\""), NULL,
			NULL },
		{ "\"apparmor\":{\"allow\":[\"a*\"],\"profile\":\"b\"}",
			PROCESS(P0 ",\"apparmorProfile\":\"other\""),
			PROCESS(P0 ",\"apparmorProfile\":\"b\""), NULL },
		{ "\"apparmor\":\"refuse\"", PROCESS(P0), NULL,
			REFUSED("a process without an AppArmor profile that confines it",
				"apparmor") },
		{ "\"selinux\":\"u:r:container_t:s0\"",
			PROCESS(P0 ",\"selinuxLabel\":\"system_u:system_r:spc_t:s0\""),
			PROCESS(P0 ",\"selinuxLabel\":\"u:r:container_t:s0\""), NULL },
		{ "\"selinux\":\"strip\"", PROCESS(P0), NULL, NULL },
		{ "\"selinux\":\"strip\"",
			PROCESS(P0 ",\"selinuxLabel\":\"u:r:container_t:s0:c1,c2\""), NULL, NULL },
		{ "\"selinux\":{\"allow\":[\"container_t\"],\"otherwise\":\"refuse\"}",
			PROCESS(P0 ",\"selinuxLabel\":\"u:r:other_t:s0\""), NULL,
			REFUSED("a process without an SELinux label that confines it", "selinux") },
	};
	static const struct row elsewhere[] = {
		{ "\"apparmor\":\"refuse\",\"selinux\":\"refuse\"", PROCESS(P0), NULL, NULL },
		{ "\"apparmor\":\"mine\"", PROCESS(P0 ",\"apparmorProfile\":\"unconfined\""), NULL,
			NULL },
	};
	const struct wh_facts facts = { .last_capability = WH_CAP_COUNT - 1,
		.lsm = { .apparmor = true, .engine_profile = "docker-default", .selinux = true } };

	(void)state;
	check_rows(here, WH_COUNT(here), &facts);
	check_rows(elsewhere, WH_COUNT(elsewhere), NULL);
}

#define NS(list) PROCESS_AND("\"linux\":{\"namespaces\":[" list "]}")
#define PROCESS_AND(members) "{\"process\":{" P0 "},\"root\":{}," members "}"
#define OWN(type) "{\"type\":\"" type "\"}"
#define PATH(type) "{\"type\":\"" type "\",\"path\":\"/x\"}"
#define FOUR OWN("mount") "," OWN("network") "," OWN("ipc") "," OWN("uts")

static void test_namespaces(void **state)
{
	/* The facts are for the first entry alone; the others have no path. */
	static const struct {
		enum wh_namespace first;
		struct row row;
	} rows[] = {
		{ 0, { "\"hostNamespaces\":\"refuse\"", NS(OWN("pid") "," FOUR), NULL, NULL } },
		{ 0, { "\"hostNamespaces\":\"refuse\"", NS(FOUR), NULL,
			     REFUSED("the host's pid namespace", "hostNamespaces") } },
		{ 0, { "\"hostNamespaces\":\"strip\"", NS(FOUR), NS(FOUR "," OWN("pid")), NULL } },
		{ 0, { "\"hostNamespaces\":\"strip\"", PROCESS_AND("\"linux\":null"),
			     NS(OWN("mount") "," OWN("ipc") "," OWN("network") "," OWN(
				     "pid") "," OWN("uts")),
			     NULL } },
		{ 0, { "\"hostNamespaces\":[\"pid\",\"cgroup\",\"time\",\"user\"]", NS(FOUR), NULL,
			     NULL } },
		{ WH_NAMESPACE_HOST,
			{ "\"hostNamespaces\":\"refuse\"", NS(PATH("pid") "," FOUR), NULL,
				REFUSED("the host's pid namespace", "hostNamespaces") } },
		{ WH_NAMESPACE_HOST, { "\"hostNamespaces\":\"strip\"", NS(PATH("pid") "," FOUR),
					     NS(OWN("pid") "," FOUR), NULL } },
		{ WH_NAMESPACE_OTHER,
			{ "\"hostNamespaces\":\"refuse\"", NS(PATH("pid") "," FOUR), NULL, NULL } },
		{ WH_NAMESPACE_OTHER,
			{ "\"hostNamespaces\":{\"join\":[]}", NS(PATH("pid") "," FOUR), NULL,
				REFUSED("another container's pid namespace", "hostNamespaces") } },
		{ WH_NAMESPACE_UNKNOWN,
			{ "\"hostNamespaces\":\"strip\"", NS(PATH("pid") "," FOUR), NULL,
				"this path leads to no pid namespace, or it cannot be told to "
				"which" } },
		{ WH_NAMESPACE_WRONG,
			{ "\"hostNamespaces\":\"refuse\"", NS(PATH("pid") "," FOUR), NULL,
				"this path leads to no pid namespace, or it cannot be told to "
				"which" } },
		{ 0, { "\"hostNamespaces\":\"strip\"", NS(OWN("pid") "," FOUR "," OWN("pid")), NULL,
			     "this type of namespace is in the list twice; runtimes differ on "
			     "which "
			     "of them counts" } },
		{ 0, { "\"hostNamespaces\":\"strip\"", NS(OWN("PID") "," FOUR), NULL,
			     "this type of namespace is not known, so it cannot be judged" } },
		{ 0, { "\"hostNamespaces\":[\"cgroup\",\"time\"]", NS(OWN("pid") "," FOUR), NULL,
			     REFUSED("the host's user namespace", "hostNamespaces") } },
		{ 0, { "\"hostNamespaces\":[\"cgroup\",\"time\"]",
			     PROCESS_AND(
				     "\"linux\":{\"uidMappings\":[{\"containerID\":0,\"hostID\":"
				     "0,\"size\":9}],\"namespaces\":[" OWN("pid") "," OWN(
					     "user") "," FOUR "]}"),
			     NULL, REFUSED("the host's user namespace", "hostNamespaces") } },
		{ 0, { "\"hostNamespaces\":[\"cgroup\",\"time\"]",
			     PROCESS_AND(
				     "\"linux\":{\"uidMappings\":[{\"containerID\":0,\"hostID\":"
				     "100000,\"size\":9}],\"namespaces\":[" OWN("pid") "," OWN(
					     "user") "," FOUR "]}"),
			     NULL, NULL } },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(rows); i++) {
		const enum wh_namespace namespaces[8] = { rows[i].first };
		const struct wh_facts facts = { .last_capability = WH_CAP_COUNT - 1,
			.namespaces = namespaces };

		check_row(&rows[i].row, &facts);
	}
}

#define DEVICES(nodes, rules) \
	PROCESS_AND("\"linux\":{\"devices\":[" nodes "],\"resources\":{\"devices\":[" rules "]}}")
#define NODE(name, type, major, minor) \
	"{\"path\":\"/dev/" name "\",\"type\":\"" type "\",\"major\":" #major ",\"minor\":" #minor \
	"}"
#define DENY "{\"allow\":false,\"access\":\"rwm\"}"
#define ALL "{\"allow\":true,\"access\":\"rwm\"}"
#define RULE(type, major, minor, access) \
	"{\"allow\":true,\"type\":\"" type "\",\"major\":" #major ",\"minor\":" #minor \
	",\"access\":\"" access "\"}"

/* What is left of a rule for everything. */
#define USUAL \
	PART(1, 3) \
	"," PART(1, 5) "," PART(1, 7) "," PART(1, 8) "," PART(1, 9) "," PART(5, 0) "," PART( \
		5, 1) "," PART(5, \
		2) ",{\"allow\":true,\"type\":\"c\",\"major\":136,\"access\":\"rwm\"}"
#define PART(major, minor) RULE("c", major, minor, "rwm")

static void test_devices(void **state)
{
	static const struct row rows[] = {
		{ "\"devices\":\"keep\"", DEVICES(NODE("sda", "b", 8, 0), ALL), NULL, NULL },
		{ "\"devices\":\"strip\"", DEVICES(NODE("sda", "b", 8, 0), ALL),
			DEVICES("", DENY "," USUAL), NULL },
		{ "\"devices\":\"strip\"", PROCESS_AND("\"linux\":{}"),
			PROCESS_AND("\"linux\":{\"resources\":{\"devices\":[" DENY "]}}"), NULL },
		/* What every runtime makes, by its numbers and not by its name. */
		{ "\"devices\":\"strip\"", DEVICES(NODE("other", "c", 1, 3), DENY), NULL, NULL },
		{ "\"devices\":\"strip\"", DEVICES(NODE("null", "b", 8, 0), DENY),
			DEVICES("", DENY), NULL },
		{ "\"devices\":\"strip\"", DEVICES(NODE("null", "u", 10, 229), DENY),
			DEVICES("", DENY), NULL },
		/* By the kernel's name; the facts have /dev/fuse for the first node. */
		{ "\"devices\":[\"/dev/fuse\"]",
			DEVICES(NODE("x", "c", 10, 229), DENY "," RULE("c", 10, 229, "rwm")), NULL,
			NULL },
		{ "\"devices\":[\"/dev/x\"]",
			DEVICES(NODE("x", "c", 10, 229), DENY "," RULE("c", 10, 229, "rwm")),
			DEVICES("", DENY), NULL },
		{ "\"devices\":[\"c 10:* rw\"]",
			DEVICES("", DENY "," RULE("c", 10, 229, "rw") "," RULE("c", 10, 1, "rwm")),
			DEVICES("", DENY "," RULE("c", 10, 229, "rw")), NULL },
		/* Rules that are wider than what is allowed, and those for mknod alone. */
		{ "\"devices\":\"strip\"",
			DEVICES("", DENY "," RULE("c", 1, 3, "rwm") "," RULE(
					    "c", -1, -1, "m") "," RULE("c", 1, -1, "r")),
			DEVICES("",
				DENY "," RULE("c", 1, 3, "rwm") "," RULE("c", -1, -1, "m") "," RULE(
					"c", 1, 3, "r") "," RULE("c", 1, 5, "r") "," RULE("c", 1, 7,
					"r") "," RULE("c", 1, 8, "r") "," RULE("c", 1, 9, "r")),
			NULL },
		/* The order of what stays is as it was, and a denial behind an allowance stays. */
		{ "\"devices\":\"strip\"",
			DEVICES("",
				ALL "," RULE("c", 1, 3, "rwm") ","
							       "{\"allow\":false,\"type\":\"c\","
							       "\"major\":1,\"minor\":3}"),
			DEVICES("", DENY "," USUAL "," RULE(
					    "c", 1, 3, "rwm") ","
							      "{\"allow\":false,\"type\":\"c\","
							      "\"major\":1,\"minor\":3}"),
			NULL },
		{ "\"devices\":\"refuse\"", DEVICES(NODE("sda", "b", 8, 0), DENY), NULL,
			REFUSED("the device b 8:0", "devices") },
		{ "\"devices\":\"refuse\"", DEVICES("", ALL), NULL,
			REFUSED("this rule of the device cgroup", "devices") },
	};
	static const char *const names[] = { "/dev/fuse" };
	const struct wh_facts facts = { .last_capability = WH_CAP_COUNT - 1, .devices = names };

	(void)state;
	check_rows(rows, WH_COUNT(rows), &facts);
}

#define MASKED \
	"\"/proc/acpi\",\"/proc/asound\",\"/proc/interrupts\",\"/proc/kcore\",\"/proc/keys\"," \
	"\"/proc/latency_stats\",\"/proc/sched_debug\",\"/proc/scsi\",\"/proc/timer_list\"," \
	"\"/proc/timer_stats\",\"/sys/devices/virtual/powercap\",\"/sys/firmware\""

static void test_paths(void **state)
{
	static const struct row rows[] = {
		{ "\"maskedPaths\":\"strip\"", PROCESS_AND("\"linux\":{}"),
			PROCESS_AND("\"linux\":{\"maskedPaths\":[" MASKED "]}"), NULL },
		{ "\"maskedPaths\":[\"/sys/*\",\"/proc/*[!i]\"]",
			PROCESS_AND("\"linux\":{\"maskedPaths\":[\"/mine\"]}"),
			PROCESS_AND("\"linux\":{\"maskedPaths\":[\"/mine\",\"/proc/acpi\",\"/proc/"
				    "scsi\"]}"),
			NULL },
		{ "\"maskedPaths\":\"refuse\"", PROCESS_AND("\"linux\":{}"), NULL,
			REFUSED("/proc/acpi in sight", "maskedPaths") },
		{ "\"readonlyPaths\":\"strip\"",
			PROCESS_AND(
				"\"linux\":{\"readonlyPaths\":null},\"mounts\":[{\"destination\":"
				"\"/sys\",\"type\":\"sysfs\",\"options\":[\"rw\",\"nosuid\"]},{"
				"\"destination\":\"/c\",\"type\":\"cgroup\"},{\"destination\":"
				"\"/d\",\"type\":\"cgroup2\",\"options\":[\"ro\"]},{"
				"\"destination\":\"/x\",\"type\":\"tmpfs\"}]"),
			PROCESS_AND(
				"\"linux\":{\"readonlyPaths\":[\"/proc/bus\",\"/proc/fs\",\"/proc/"
				"irq\",\"/proc/sys\",\"/proc/sysrq-trigger\"]},\"mounts\":[{"
				"\"destination\":\"/sys\",\"type\":\"sysfs\",\"options\":["
				"\"nosuid\",\"ro\"]},{\"destination\":\"/c\",\"type\":\"cgroup\","
				"\"options\":[\"ro\"]},{\"destination\":\"/d\",\"type\":"
				"\"cgroup2\",\"options\":[\"ro\"]},{\"destination\":\"/x\","
				"\"type\":\"tmpfs\"}]"),
			NULL },
		{ "\"readonlyPaths\":[\"/proc/*\",\"/sys\"]",
			PROCESS_AND("\"mounts\":[{\"destination\":\"/sys\",\"type\":\"sysfs\"}]"),
			NULL, NULL },
		{ "\"readonlyPaths\":{\"allow\":[\"/proc/*\"],\"otherwise\":\"refuse\"}",
			PROCESS_AND("\"mounts\":[{\"destination\":\"/sys\",\"type\":\"sysfs\"}]"),
			NULL,
			REFUSED("a mount of sysfs or cgroup that can be written",
				"readonlyPaths") },
	};

	(void)state;
	check_rows(rows, WH_COUNT(rows), NULL);
}

#define HOOK(point, members) \
	PROCESS_AND("\"hooks\":{\"" point "\":[{\"path\":\"/proc/1/exe\"" members "}]}")
#define GIVEN \
	",\"env\":[\"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\"]," \
	"\"timeout\":120"
#define SETKEY ",\"args\":[\"libnetwork-setkey\",\"x\"]"

/* The facts are for every element in the order of the document, also of points that nobody knows:
 * an engine's program must not stand up for another hook. */
static void test_hooks_of_unknown_points(void **state)
{
	static const struct wh_hook_program programs[] = { { "/usr/sbin/dockerd", true },
		{ "/opt/evil", true } };
	static const struct row row = { "\"hooks\":\"refuse\"",
		PROCESS_AND(
			"\"hooks\":{\"new\":[{\"path\":\"/proc/1/exe\"}],\"prestart\":[{\"path\":"
			"\"/opt/evil\"" SETKEY "}]}"),
		NULL, REFUSED("this hook", "hooks") };
	const struct wh_facts facts = { .last_capability = WH_CAP_COUNT - 1, .hooks = programs };

	(void)state;
	check_row(&row, &facts);
}

static void test_hooks(void **state)
{
	static const struct wh_hook_program dockerd = { "/usr/sbin/dockerd", true };
	static const struct wh_hook_program foreign = { "/usr/sbin/dockerd", false };
	static const struct wh_hook_program mine = { "/opt/mine", true };
	static const struct wh_hook_program elsewhere = { "/tmp/x/usr/sbin/dockerd", true };
	static const struct wh_hook_program nowhere = { NULL, false };
	static const struct {
		const struct wh_hook_program *program;
		struct row row;
	} rows[] = {
		{ &dockerd, { "\"hooks\":\"refuse\"", HOOK("prestart", SETKEY),
				    HOOK("prestart", SETKEY GIVEN), NULL } },
		{ &dockerd, { "\"hooks\":{\"timeout\":9}",
				    HOOK("prestart", SETKEY ",\"timeout\":3,\"env\":[\"A=b\"]"),
				    NULL, NULL } },
		{ &dockerd, { "\"hooks\":\"refuse\"", HOOK("prestart", ",\"args\":[\"dockerd\"]"),
				    NULL, REFUSED("this hook", "hooks") } },
		{ &dockerd, { "\"hooks\":\"refuse\"", HOOK("prestart", ""), NULL,
				    REFUSED("this hook", "hooks") } },
		{ &foreign, { "\"hooks\":\"refuse\"", HOOK("prestart", SETKEY), NULL,
				    REFUSED("a hook whose program others than root could have "
					    "written",
					    "hooks") } },
		{ &elsewhere, { "\"hooks\":\"refuse\"", HOOK("prestart", SETKEY), NULL,
				      REFUSED("this hook", "hooks") } },
		{ &nowhere, { "\"hooks\":[\"*\"]", HOOK("createContainer", SETKEY), NULL,
				    REFUSED("this hook", "hooks") } },
		{ NULL, { "\"hooks\":[\"*\"]", HOOK("poststop", SETKEY), NULL,
				REFUSED("this hook", "hooks") } },
		{ &mine, { "\"hooks\":\"refuse\"", HOOK("createRuntime", ""), NULL,
				 REFUSED("this hook", "hooks") } },
		{ &mine, { "\"hooks\":[\"/opt/*\"]", HOOK("createRuntime", ""),
				 HOOK("createRuntime", GIVEN), NULL } },
		{ &mine, { "\"hooks\":\"keep\"", HOOK("createRuntime", ""), NULL, NULL } },
		{ NULL, { "\"hooks\":\"refuse\"", PROCESS_AND("\"hooks\":{\"prestart\":[]}"), NULL,
				NULL } },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(rows); i++) {
		const struct wh_facts facts = { .last_capability = WH_CAP_COUNT - 1,
			.hooks = rows[i].program };

		check_row(&rows[i].row, &facts);
	}
}

#define MOUNT(options) \
	"\"mounts\":[{\"destination\":\"/x\",\"type\":\"bind\",\"options\":[" options "]}]"

static void test_kernel_settings(void **state)
{
	static const struct row rows[] = {
		{ "\"sysctl\":[\"net.core.*\"]",
			PROCESS_AND("\"linux\":{\"sysctl\":{\"net.core.somaxconn\":\"9\",\"kernel."
				    "core_pattern\":\"x\",\"net/ipv4/tcp_rmem\":\"1\"}}"),
			PROCESS_AND(
				"\"linux\":{\"sysctl\":{\"net.core.somaxconn\":\"9\",\"net/ipv4/"
				"tcp_rmem\":\"1\"}}"),
			NULL },
		{ "\"sysctl\":\"refuse\"",
			PROCESS_AND("\"linux\":{\"sysctl\":{\"kernel/core_pattern\":\"x\"}}"), NULL,
			REFUSED("this parameter of the kernel to be set", "sysctl") },
		{ "\"rootfsPropagation\":\"strip\"",
			PROCESS_AND("\"linux\":{\"rootfsPropagation\":\"shared\"}," MOUNT(
				"\"rbind\",\"rshared\",\"ro\"")),
			PROCESS_AND("\"linux\":{\"rootfsPropagation\":\"slave\"}," MOUNT(
				"\"rbind\",\"ro\",\"rslave\"")),
			NULL },
		{ "\"rootfsPropagation\":{\"allow\":[],\"otherwise\":\"strip\"}",
			PROCESS_AND(MOUNT("\"rshared\"")), PROCESS_AND(MOUNT("\"rprivate\"")),
			NULL },
		{ "\"rootfsPropagation\":\"refuse\"", PROCESS_AND(MOUNT("\"rslave\",\"private\"")),
			NULL, NULL },
		{ "\"rootfsPropagation\":\"refuse\"", PROCESS_AND(MOUNT("\"rshared\"")), NULL,
			REFUSED("the propagation \"rshared\"", "rootfsPropagation") },
		{ "\"cgroupsPath\":\"refuse\"", PROCESS_AND("\"linux\":{\"cgroupsPath\":\"/a/b\"}"),
			NULL, NULL },
		{ "\"cgroupsPath\":\"refuse\"",
			PROCESS_AND("\"linux\":{\"cgroupsPath\":\"s.slice:docker:id\"}"), NULL,
			NULL },
		{ "\"cgroupsPath\":\"refuse\"",
			PROCESS_AND("\"linux\":{\"cgroupsPath\":\"/a/../..\"}"), NULL,
			REFUSED("a cgroup that is the root or has \"..\" in its path",
				"cgroupsPath") },
		{ "\"cgroupsPath\":\"refuse\"", PROCESS_AND("\"linux\":{\"cgroupsPath\":\"//.\"}"),
			NULL,
			REFUSED("a cgroup that is the root or has \"..\" in its path",
				"cgroupsPath") },
		{ "\"cgroupsPath\":[\"/docker/*\"]",
			PROCESS_AND("\"linux\":{\"cgroupsPath\":\"/system.slice/x\"}"), NULL,
			REFUSED("this cgroup", "cgroupsPath") },
		{ "\"personality\":\"strip\"",
			PROCESS_AND("\"linux\":{\"personality\":{\"domain\":\"LINUX32\"}}"),
			PROCESS_AND("\"linux\":{}"), NULL },
		{ "\"personality\":[\"LINUX32\"]",
			PROCESS_AND("\"linux\":{\"personality\":{\"domain\":\"LINUX32\"}}"), NULL,
			NULL },
		{ "\"intelRdt\":\"refuse\"",
			PROCESS_AND("\"linux\":{\"intelRdt\":{\"closID\":\"x\"}}"), NULL,
			REFUSED("\"intelRdt\"", "intelRdt") },
		{ "\"netDevices\":\"refuse\"",
			PROCESS_AND("\"linux\":{\"netDevices\":{\"eth0\":{}}}"), NULL,
			REFUSED("\"netDevices\"", "netDevices") },
		{ "\"timeOffsets\":\"strip\",\"memoryPolicy\":\"strip\"",
			PROCESS_AND("\"linux\":{\"timeOffsets\":{\"boottime\":{\"secs\":1}},"
				    "\"memoryPolicy\":{\"mode\":\"MPOL_BIND\"}}"),
			PROCESS_AND("\"linux\":{}"), NULL },
		{ "\"unknownFields\":\"keep\"", PROCESS_AND("\"linux\":{\"newField\":1}"), NULL,
			NULL },
		{ "\"unknownFields\":\"refuse\"", PROCESS_AND("\"linux\":{\"newField\":1}"), NULL,
			REFUSED("a field that this version of whittle does not know",
				"unknownFields") },
		{ "\"unknownFields\":\"refuse\"", PROCESS_AND("\"vm\":{\"hypervisor\":{}}"), NULL,
			REFUSED("a field that this version of whittle does not know",
				"unknownFields") },
	};

	(void)state;
	check_rows(rows, WH_COUNT(rows), NULL);
}

#define RESOURCES(members) PROCESS_AND("\"linux\":{\"resources\":{" members "}}")

static void test_resources(void **state)
{
	static const struct row rows[] = {
		{ "\"resources\":{\"pids\":9}", PROCESS_AND("\"linux\":{}"),
			RESOURCES("\"pids\":{\"limit\":9}"), NULL },
		{ "\"resources\":{\"pids\":9}", RESOURCES("\"pids\":{\"limit\":-1}"),
			RESOURCES("\"pids\":{\"limit\":9}"), NULL },
		{ "\"resources\":{\"pids\":9}", RESOURCES("\"pids\":{\"limit\":8}"), NULL, NULL },
		{ "\"resources\":{\"memory\":\"8m\"}",
			RESOURCES("\"memory\":{\"limit\":9000000},\"unified\":{\"memory.max\":"
				  "\"max\","
				  "\"a\":\"b\"}"),
			RESOURCES("\"memory\":{\"limit\":8388608},\"unified\":{\"a\":\"b\"}"),
			NULL },
		{ "\"resources\":{\"memory\":\"8m\"}",
			RESOURCES("\"memory\":{\"limit\":5000000},\"unified\":{\"memory.max\":"
				  "\"4000000\"}"),
			NULL, NULL },
		{ "\"resources\":{\"pids\":9,\"otherwise\":\"refuse\"}", RESOURCES(""), NULL,
			REFUSED("a container without this limit on processes", "resources") },
	};

	(void)state;
	check_rows(rows, WH_COUNT(rows), NULL);
}

/* ---- mounts --------------------------------------------------------------------------------- */

#define ONE(destination, type, options) \
	"{\"destination\":\"" destination "\",\"type\":\"" type \
	"\",\"source\":\"/s\",\"options\":[" options "]}"
#define MOUNTS(list) PROCESS_AND("\"mounts\":[" list "]")
#define ODD "a mount whose destination is \"/\", or no absolute path without \"..\""
#define MASKLESS "a file system of the kernel's in an unusual place, where no path of it is masked"

/* What is wrong with a mount whatever it brings. */
static void test_places_of_mounts(void **state)
{
	static const struct row rows[] = {
		{ "\"mounts\":\"refuse\"",
			MOUNTS(ONE("/proc", "proc", "") "," ONE("/sys", "sysfs", "\"ro\"") "," ONE(
				"/sys/fs/cgroup", "cgroup", "") "," ONE("/dev/pts", "devpts",
				"") "," ONE("/tmp/", "tmpfs", "")),
			NULL, NULL },
		{ "\"mounts\":\"refuse\"", MOUNTS(ONE("/", "tmpfs", "")), NULL,
			REFUSED(ODD, "mounts") },
		{ "\"mounts\":\"refuse\"", MOUNTS(ONE("mnt", "tmpfs", "")), NULL,
			REFUSED(ODD, "mounts") },
		{ "\"mounts\":\"refuse\"", MOUNTS(ONE("/a/../..", "tmpfs", "")), NULL,
			REFUSED(ODD, "mounts") },
		{ "\"mounts\":\"refuse\"", MOUNTS(ONE("/mnt", "proc", "")), NULL,
			REFUSED(MASKLESS, "mounts") },
		{ "\"mounts\":\"refuse\"", MOUNTS(ONE("/mnt", "sysfs", "")), NULL,
			REFUSED(MASKLESS, "mounts") },
		{ "\"mounts\":\"strip\"", MOUNTS(ONE("/mnt", "sysfs", "")), MOUNTS(""), NULL },
		{ "\"mounts\":\"refuse\"", MOUNTS(ONE("//.//proc/sys", "tmpfs", "")), NULL,
			REFUSED("a mount on /proc other than of proc itself", "mounts") },
		{ "\"mounts\":\"refuse\"", MOUNTS(ONE("/proc", "tmpfs", "")), NULL,
			REFUSED("a mount on /proc other than of proc itself", "mounts") },
		{ "\"mounts\":\"refuse\"", MOUNTS(ONE("/mnt", "ext4", "")), NULL,
			REFUSED("a mount of this file system type", "mounts") },
		{ "\"mounts\":{\"types\":[\"nfs*\"]}", MOUNTS(ONE("/mnt", "nfs4", "")), NULL,
			NULL },
		/* Another mount lies in it, or on it. */
		{ "\"mounts\":\"strip\"",
			MOUNTS(ONE("/mnt", "ext4", "") "," ONE("/mnt/in", "tmpfs", "")), NULL,
			"the policy does not allow this mount, and it cannot be taken out, since "
			"others lie on it or below it" },
		/* A bind mount that nobody has looked at. */
		{ "\"mounts\":\"refuse\"", MOUNTS(ONE("/mnt", "tmpfs", "\"rbind\"")), NULL,
			REFUSED("a mount of which it cannot be told what of the host it brings",
				"mounts") },
		{ "\"mounts\":\"refuse\"", MOUNTS("{\"destination\":\"/mnt\"}"), NULL,
			REFUSED("a mount of which it cannot be told what of the host it brings",
				"mounts") },
	};

	(void)state;
	check_rows(rows, WH_COUNT(rows), NULL);
}

/* One bind mount whose source is what the row says it is. */
static void test_sources_of_mounts(void **state)
{
#define BIND(options) MOUNTS(ONE("/mnt", "bind", options))
	static const struct {
		const char *names[2];
		const char *holds;
		enum wh_source_type type;
		struct row row;
	} rows[] = {
		{ { "/srv/data" }, NULL, WH_SOURCE_FOLDER,
			{ "\"mounts\":\"refuse\"", BIND(""), NULL, NULL } },
		{ { "/run/docker.sock" }, NULL, WH_SOURCE_SOCKET,
			{ "\"mounts\":\"refuse\"", BIND("\"ro\""), NULL,
				REFUSED("a mount that brings /run/docker.sock of the host into the "
					"container (the container engine, by which the host's root "
					"can be had)",
					"mounts") } },
		{ { "/run/docker.sock" }, NULL, WH_SOURCE_SOCKET,
			{ "\"mounts\":[\"/run/docker.sock\"]", BIND(""), NULL, NULL } },
		{ { "/run/docker.sock" }, NULL, WH_SOURCE_SOCKET,
			{ "\"mounts\":{\"allow\":[\"*\"],\"deny\":[\"/run/*\"]}", BIND(""), NULL,
				REFUSED("a mount that brings /run/docker.sock of the host into "
					"the container (the container engine, by which the "
					"host's root can be had)",
					"mounts") } },
		{ { "/srv/data" }, NULL, WH_SOURCE_FOLDER,
			{ "\"mounts\":[\"/data/*\"]", BIND(""), NULL,
				REFUSED("a mount of this source", "mounts") } },
		/* By another name, and by what it holds. */
		{ { "/srv/x", "/etc/shadow" }, NULL, WH_SOURCE_FILE,
			{ "\"mounts\":\"refuse\"", BIND(""), NULL,
				REFUSED("a mount that brings /etc of the host into the container "
					"(the host's configuration, accounts and keys)",
					"mounts") } },
		{ { "/srv/x" }, "/boot", WH_SOURCE_FOLDER,
			{ "\"mounts\":\"refuse\"", BIND(""), NULL,
				REFUSED("a mount that brings /boot of the host into the container "
					"(what the host boots)",
					"mounts") } },
		/* What images expect of the host, if it cannot be written. */
		{ { "/etc/localtime" }, NULL, WH_SOURCE_FILE,
			{ "\"mounts\":\"refuse\"", BIND("\"ro\""), NULL, NULL } },
		{ { "/etc/localtime" }, NULL, WH_SOURCE_FILE,
			{ "\"mounts\":\"refuse\"", BIND(""), NULL,
				REFUSED("a mount that brings /etc of the host into the container "
					"(the host's configuration, accounts and keys)",
					"mounts") } },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(rows); i++) {
		struct wh_limits limits;
		const char *holds[] = { rows[i].holds };
		struct wh_mount_source sources[] = {
			{ .source = { .real = rows[i].names[0],
				  .type = rows[i].type,
				  .names = rows[i].names,
				  .name_count = rows[i].names[1] == NULL ? 1 : 2,
				  .holds = holds,
				  .hold_count = rows[i].holds != NULL } }
		};
		const struct wh_facts facts = {
			.last_capability = WH_CAP_COUNT - 1, .sources = sources, .source_count = 1
		};
		WH_POLICY struct wh_policy *policy = limits_of(rows[i].row.policy, &limits);
		struct wh_json *doc = document(rows[i].row.before);
		struct judgement j;

		sources[0].mount =
			wh_json_first(doc, wh_json_get(doc, wh_json_root(doc), "mounts"));
		judge_document(&j, wh_trim_config, doc, &limits, &facts);
		if (rows[i].row.error == NULL) {
			if (j.result < 0)
				fail_msg("%s: %s", rows[i].names[0], j.err.text);
			assert_int_equal(j.trim.changes.total, 0);
		} else {
			size_t len = strlen(rows[i].row.error);

			if (j.result != -EACCES)
				fail_msg("%s is not refused", rows[i].names[0]);
			assert_string_equal(
				j.err.text + strlen(j.err.text) - len, rows[i].row.error);
		}
		judgement_done(&j);
	}
}

/* ---- exec ----------------------------------------------------------------------------------- */

/* What lies in "process" is judged on exec as on create; what is left out there is the container's,
 * which was judged. */
static void test_exec(void **state)
{
	static const struct wh_own_rlimit own[16] = { { 0, 0 } };
	static const struct {
		const char *policy, *before, *after, *error;
	} rows[] = {
		{ "\"runAsNonRoot\":true", "{" P0 "}", NULL,
			REFUSED("user 0 (give the image or the request another user)",
				"runAsNonRoot") },
		{ "\"runAsNonRoot\":{\"uid\":7}", "{" P0 "}", "{\"user\":{\"uid\":7,\"gid\":7}}",
			NULL },
		{ "\"supplementalGroups\":\"strip\"",
			"{\"user\":{\"uid\":1,\"gid\":1,\"additionalGids\":[6]}}",
			"{\"user\":{\"uid\":1,\"gid\":1,\"additionalGids\":[]}}", NULL },
		{ "\"rlimits\":{\"RLIMIT_NOFILE\":64}", "{" P0 ",\"rlimits\":[" NOFILE(99, 99) "]}",
			"{" P0 ",\"rlimits\":[" NOFILE(64, 64) "]}", NULL },
		{ "\"rlimits\":{\"RLIMIT_NOFILE\":64}", "{" P0 "}", "{" P0 "}", NULL },
		{ "\"oomScoreAdj\":0", "{" P0 ",\"oomScoreAdj\":-9}", "{" P0 ",\"oomScoreAdj\":0}",
			NULL },
		{ "\"oomScoreAdj\":0", "{" P0 "}", "{" P0 "}", NULL },
		{ "\"scheduler\":\"strip\"", "{" P0 ",\"scheduler\":{\"policy\":\"SCHED_RR\"}}",
			"{" P0 "}", NULL },
		{ "\"ioPriority\":\"strip\"",
			"{" P0 ",\"ioPriority\":{\"class\":\"IOPRIO_CLASS_RT\"}}", "{" P0 "}",
			NULL },
		{ "\"apparmor\":\"mine\"", "{" P0 ",\"apparmorProfile\":\"unconfined\"}",
			"{" P0 ",\"apparmorProfile\":\"mine\"}", NULL },
		{ "\"apparmor\":\"mine\"", "{" P0 "}", "{" P0 "}", NULL },
		{ "\"selinux\":\"u:r:container_t:s0\"",
			"{" P0 ",\"selinuxLabel\":\"u:r:spc_t:s0\"}",
			"{" P0 ",\"selinuxLabel\":\"u:r:container_t:s0\"}", NULL },
	};
	const struct wh_facts facts = { .last_capability = WH_CAP_COUNT - 1,
		.rlimits = own,
		.oom_score_adj = -1000,
		.lsm = { .apparmor = true, .selinux = true } };

	(void)state;
	for (size_t i = 0; i < WH_COUNT(rows); i++) {
		struct wh_limits limits;
		WH_POLICY struct wh_policy *policy = limits_of(rows[i].policy, &limits);
		struct judgement j;

		judge_document(&j, wh_trim_process, document(rows[i].before), &limits, &facts);
		if (rows[i].error != NULL) {
			assert_int_equal(j.result, -EACCES);
			assert_non_null(strstr(j.err.text, rows[i].error));
		} else {
			char *text;

			if (j.result < 0)
				fail_msg("%s: %s", rows[i].before, j.err.text);
			wh_json_unset(j.doc, wh_json_root(j.doc), "capabilities");
			text = document_text(j.doc, wh_json_root(j.doc));
			assert_string_equal(text, rows[i].after);
			free(text);
		}
		judgement_done(&j);
	}
}

/* What stays is told, and counts as no change. */
static void test_unknown_fields_are_told(void **state)
{
	struct wh_limits limits = EVERYTHING;
	struct judgement j;

	(void)state;
	judge_document(&j, wh_trim_config,
		document(PROCESS_AND("\"mounts\":[{\"destination\":\"/x\",\"a/b\":1}]")), &limits,
		NULL);
	assert_int_equal(j.result, 0);
	assert_int_equal(j.trim.changes.total, 0);
	assert_int_equal(j.trim.changes.told, 1);
	assert_string_equal(j.trim.changes.items[0].action, "kept");
	assert_string_equal(j.trim.changes.items[0].pointer, "/mounts/0/a~1b");
	judgement_done(&j);
}

/* What is told outlives the judging: records are written of it. */
static void test_narrowed_filters_are_told(void **state)
{
	static const char profile[] = "{'defaultAction':'SCMP_ACT_ERRNO',"
				      "'syscalls':[{'names':['read'],'action':'SCMP_ACT_ALLOW'}]}";
	struct wh_json *profiles[] = { document(profile) };
	const struct wh_facts facts = {
		.last_capability = WH_CAP_COUNT - 1, .profiles = profiles, .profile_count = 1
	};
	struct wh_limits limits;
	struct wh_policy *policy = limits_of("\"seccomp\":\"strip\"", &limits);
	struct judgement j;
	char *changes;

	(void)state;
	judge_document(&j, wh_trim_config,
		document("{\"process\":{},\"root\":{},\"linux\":{\"seccomp\":{"
			 "\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":"
			 "[\"read\",\"listen\"],\"action\":\"SCMP_ACT_ALLOW\"}]}}}"),
		&limits, &facts);
	assert_int_equal(j.result, 0);
	changes = judgement_changes(&j);
	assert_non_null(strstr(changes, "seccomp removed listen at /linux/seccomp: the "
					"administrator's profile does not allow it\n"));
	free(changes);
	judgement_done(&j);
	wh_json_free(profiles[0]);
	wh_policy_free(policy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_narrowed_filters_are_told),
		cmocka_unit_test(test_users),
		cmocka_unit_test(test_priorities),
		cmocka_unit_test(test_rlimits),
		cmocka_unit_test(test_labels),
		cmocka_unit_test(test_namespaces),
		cmocka_unit_test(test_devices),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_hooks),
		cmocka_unit_test(test_hooks_of_unknown_points),
		cmocka_unit_test(test_kernel_settings),
		cmocka_unit_test(test_resources),
		cmocka_unit_test(test_places_of_mounts),
		cmocka_unit_test(test_sources_of_mounts),
		cmocka_unit_test(test_exec),
		cmocka_unit_test(test_unknown_fields_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
