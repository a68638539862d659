/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The profiles against the Pod Security Standards, control by control as
 * docs/reference/profiles.md lists them, and how a profile is laid below other keys.
 */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <linux/capability.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "policy/policy.h"

#define BIT(cap) (UINT64_C(1) << CAP_##cap)

static struct wh_policy *parse(const char *text)
{
	struct wh_policy *policy = NULL;
	struct wh_buf buf = WH_BUF_INIT;
	struct wh_err err = WH_ERR_INIT;

	wh_buf_add_string(&buf, text);
	if (wh_policy_parse_take(&policy, &buf, "p", &err) < 0)
		fail_msg("%s: %s", text, err.text);
	return policy;
}

static enum wh_otherwise word(const struct wh_limits *limits, enum wh_kind kind)
{
	return limits->kinds[kind].otherwise;
}

static bool allows(const struct wh_limits *limits, enum wh_kind kind, const char *text)
{
	return wh_setting_has(limits->kinds[kind].members[WH_ALLOW], wh_slice_of(text));
}

/* What both standards want of a container. */
static void assert_baseline(const struct wh_limits *limits)
{
	static const enum wh_kind stripped[] = { WH_KIND_CAPABILITIES, WH_KIND_DEVICES,
		WH_KIND_MASKED_PATHS, WH_KIND_READONLY_PATHS, WH_KIND_SECCOMP, WH_KIND_APPARMOR,
		WH_KIND_SELINUX, WH_KIND_SYSCTL };
	static const char *const forbidden[] = { "network", "pid", "ipc" };
	static const char *const types[] = { "container_t", "container_init_t", "container_kvm_t",
		"container_engine_t" };

	for (size_t i = 0; i < WH_COUNT(stripped); i++)
		assert_int_equal(word(limits, stripped[i]), WH_STRIP);
	assert_int_equal(word(limits, WH_KIND_HOST_NAMESPACES), WH_REFUSE);
	assert_int_equal(word(limits, WH_KIND_MOUNTS), WH_REFUSE);
	for (size_t i = 0; i < WH_COUNT(forbidden); i++)
		assert_false(allows(limits, WH_KIND_HOST_NAMESPACES, forbidden[i]));
	assert_true(allows(limits, WH_KIND_HOST_NAMESPACES, "uts"));
	for (size_t i = 0; i < WH_COUNT(types); i++)
		assert_true(allows(limits, WH_KIND_SELINUX, types[i]));
	assert_false(allows(limits, WH_KIND_SELINUX, "spc_t"));
	assert_int_equal(word(limits, WH_KIND_READONLY_ROOTFS), WH_KEEP);
}

static void test_baseline(void **state)
{
	WH_POLICY struct wh_policy *policy = parse("{\"default\":{\"profile\":\"baseline\"}}");
	const struct wh_limits *limits = wh_policy_default(policy);

	(void)state;
	assert_baseline(limits);
	assert_true(limits->capabilities ==
		    (BIT(AUDIT_WRITE) | BIT(CHOWN) | BIT(DAC_OVERRIDE) | BIT(FOWNER) | BIT(FSETID) |
			    BIT(KILL) | BIT(MKNOD) | BIT(NET_BIND_SERVICE) | BIT(SETFCAP) |
			    BIT(SETGID) | BIT(SETPCAP) | BIT(SETUID) | BIT(SYS_CHROOT)));
	assert_int_equal(word(limits, WH_KIND_NO_NEW_PRIVILEGES), WH_KEEP);
	assert_int_equal(word(limits, WH_KIND_RUN_AS_NON_ROOT), WH_KEEP);
}

static void test_restricted(void **state)
{
	WH_POLICY struct wh_policy *policy = parse("{\"default\":{\"profile\":\"restricted\"}}");
	const struct wh_limits *limits = wh_policy_default(policy);

	(void)state;
	assert_baseline(limits);
	assert_true(limits->capabilities == BIT(NET_BIND_SERVICE));
	assert_int_equal(word(limits, WH_KIND_NO_NEW_PRIVILEGES), WH_STRIP);
	assert_int_equal(word(limits, WH_KIND_RUN_AS_NON_ROOT), WH_REFUSE);
}

/* The sets of the field guide that have a profile's name are what the profile allows. */
static void test_sets_of_the_same_name(void **state)
{
	const struct wh_capset_info *info;
	size_t found = 0;

	(void)state;
	for (size_t i = 0; (info = wh_capset_info_get(i)) != NULL; i++) {
		for (enum wh_profile profile = 0; profile < WH_PROFILES; profile++) {
			WH_POLICY struct wh_policy *policy = NULL;
			char text[64];

			if (strcmp(info->name, wh_profile_info(profile)->name) != 0)
				continue;
			(void)snprintf(text, sizeof(text), "{\"default\":{\"profile\":\"%s\"}}",
				info->name);
			policy = parse(text);
			assert_true(wh_policy_default(policy)->capabilities == info->set);
			found++;
		}
	}
	assert_int_equal(found, 2);
}

static void test_minimal(void **state)
{
	WH_POLICY struct wh_policy *policy = parse("{\"default\":{\"profile\":\"minimal\"}}");
	const struct wh_limits *limits = wh_policy_default(policy);

	(void)state;
	assert_true(limits->capabilities == BIT(NET_BIND_SERVICE));
	assert_int_equal(word(limits, WH_KIND_NO_NEW_PRIVILEGES), WH_STRIP);
	assert_int_equal(word(limits, WH_KIND_READONLY_ROOTFS), WH_STRIP);
	assert_int_equal(word(limits, WH_KIND_RUN_AS_NON_ROOT), WH_REFUSE);
	assert_int_equal(limits->tmpfs_count, 1);
	assert_string_equal(limits->tmpfs[0].path, "/tmp");
}

static void test_privileged(void **state)
{
	WH_POLICY struct wh_policy *policy = parse("{\"default\":{\"profile\":\"privileged\"}}");
	const struct wh_limits *limits = wh_policy_default(policy);

	(void)state;
	assert_true(limits->capabilities == WH_CAPSET_ALL);
	for (enum wh_kind kind = 0; kind < WH_KINDS; kind++)
		assert_int_equal(word(limits, kind), WH_KEEP);
}

/* Other keys count before the profile, wherever they stand; what a rule's profile says counts
 * before what "default" says, and the mode is no matter of a profile. */
static void test_laying(void **state)
{
	WH_POLICY struct wh_policy *policy = parse(
		"{\"mode\":\"audit\",\"default\":{\"sysctl\":\"keep\",\"profile\":\"restricted\","
		"\"capabilities\":[\"KILL\"]},\"rules\":[{\"name\":\"r\",\"match\":{\"bundle\":"
		"\"/b\"},\"profile\":\"minimal\",\"readonlyRootfs\":false}]}");
	const struct wh_limits *limits = wh_policy_default(policy);
	struct wh_subject subject = {
		.facts = { [WH_FACT_ID] = { "x", NULL }, [WH_FACT_BUNDLE] = { "/b", NULL } }
	};
	WH_CLEANUP(wh_arena_done) struct wh_arena arena = WH_ARENA_INIT;
	struct wh_decision decision;

	(void)state;
	assert_true(limits->capabilities == BIT(KILL));
	assert_int_equal(word(limits, WH_KIND_SYSCTL), WH_KEEP);
	assert_int_equal(word(limits, WH_KIND_RUN_AS_NON_ROOT), WH_REFUSE);
	assert_int_equal(wh_policy_decide(policy, &subject, &arena, &decision), 0);
	assert_string_equal(decision.rule, "r");
	assert_int_equal(decision.limits.mode, WH_MODE_AUDIT);
	assert_true(decision.limits.capabilities == BIT(NET_BIND_SERVICE));
	assert_int_equal(word(&decision.limits, WH_KIND_SYSCTL), WH_STRIP);
	assert_int_equal(word(&decision.limits, WH_KIND_READONLY_ROOTFS), WH_KEEP);
}

/* A rule that whoever starts a container could choose to match only tightens: in every kind both
 * lists must allow, and the stricter word, number and deny list count. */
static void test_tightening(void **state)
{
	WH_POLICY struct wh_policy *policy = parse(
		"{\"default\":{\"sysctl\":[\"net.*\"],\"devices\":\"keep\",\"oomScoreAdj\":-5,"
		"\"resources\":{\"pids\":50},\"mounts\":{\"deny\":[\"/a\"]},\"hooks\":\"refuse\"},"
		"\"rules\":[{\"name\":\"r\",\"match\":{\"id\":\"*\"},\"sysctl\":[\"*.core.*\"],"
		"\"devices\":[\"/dev/fuse\"],\"oomScoreAdj\":-9,\"resources\":{\"pids\":60,"
		"\"memory\":\"8m\"},\"mounts\":{\"allow\":[\"/*\"],\"deny\":[\"/b\"]},\"hooks\":"
		"\"keep\",\"userNamespaces\":true,\"maskedPaths\":\"refuse\"}]}");
	struct wh_subject subject = {
		.facts = { [WH_FACT_ID] = { "x", NULL }, [WH_FACT_BUNDLE] = { "/b", NULL } }
	};
	WH_CLEANUP(wh_arena_done) struct wh_arena arena = WH_ARENA_INIT;
	struct wh_decision decision;
	const struct wh_limit *kinds = decision.limits.kinds;

	(void)state;
	assert_int_equal(wh_policy_decide(policy, &subject, &arena, &decision), 0);
	assert_true(allows(&decision.limits, WH_KIND_SYSCTL, "net.core.x"));
	assert_false(allows(&decision.limits, WH_KIND_SYSCTL, "net.ipv4.x"));
	assert_false(allows(&decision.limits, WH_KIND_SYSCTL, "x.core.x"));
	assert_int_equal(kinds[WH_KIND_DEVICES].otherwise, WH_STRIP);
	assert_true(allows(&decision.limits, WH_KIND_DEVICES, "/dev/fuse"));
	assert_int_equal(kinds[WH_KIND_OOM_SCORE_ADJ].members[WH_OOM_MIN]->items[0].low, -5);
	assert_int_equal(kinds[WH_KIND_RESOURCES].members[WH_RESOURCES_PIDS]->items[0].low, 50);
	assert_int_equal(
		kinds[WH_KIND_RESOURCES].members[WH_RESOURCES_MEMORY]->items[0].low, 8 << 20);
	assert_true(
		wh_setting_any(kinds[WH_KIND_MOUNTS].members[WH_MOUNTS_DENY], wh_slice_of("/a")));
	assert_true(
		wh_setting_any(kinds[WH_KIND_MOUNTS].members[WH_MOUNTS_DENY], wh_slice_of("/b")));
	assert_int_equal(kinds[WH_KIND_HOOKS].otherwise, WH_REFUSE);
	assert_int_equal(kinds[WH_KIND_USER_NAMESPACES].otherwise, WH_STRIP);
	assert_int_equal(kinds[WH_KIND_MASKED_PATHS].otherwise, WH_REFUSE);
}

/* What the values of kinds must not be, with place and reason. */
static void test_refusals(void **state)
{
	static const struct {
		const char *value, *error;
	} rows[] = {
		{ "\"profile\":\"strict\"",
			"p:1:23: unknown profile \"strict\", expected one of \"privileged\", "
			"\"baseline\", \"restricted\", \"minimal\"; did you mean "
			"\"restricted\"?" },
		{ "\"sysctl\":\"maybe\"", "p:1:22: \"allow\" must be an array, not a string" },
		{ "\"sysctl\":5", "p:1:22: \"allow\" must be an array, not a number" },
		{ "\"sysctl\":[\"net/core\"]",
			"p:1:23: a kernel parameter is written with dots: \"net.core.somaxconn\"" },
		{ "\"hooks\":\"strip\"", "p:1:21: \"hooks\" cannot be \"strip\": to take it out "
					 "could give more than "
					 "it takes; \"refuse\" or \"keep\"" },
		{ "\"mounts\":{\"alow\":[]}",
			"p:1:23: unknown key \"alow\" in \"mounts\", expected one of "
			"\"otherwise\", "
			"\"allow\", \"deny\", \"types\", \"options\"; did you mean \"allow\"?" },
		{ "\"mounts\":[\"srv\"]", "p:1:23: this pattern can match no path: paths are "
					  "absolute, without \".\", "
					  "\"..\", empty parts or a slash at the end" },
		{ "\"mounts\":[\"/srv/\"]", "p:1:23: this pattern can match no path: paths are "
					    "absolute, without \".\", "
					    "\"..\", empty parts or a slash at the end" },
		{ "\"devices\":[\"c 10 rwm\"]",
			"p:1:24: a device is an absolute path like \"/dev/fuse\", or a rule like "
			"\"c 10:229 rwm\"" },
		{ "\"hostNamespaces\":[\"net\"]",
			"p:1:31: unknown word \"net\", expected one of \"cgroup\", \"ipc\", "
			"\"mount\", "
			"\"network\", \"pid\", \"time\", \"user\", \"uts\"" },
		{ "\"runAsNonRoot\":\"strip\"",
			"p:1:28: \"runAsNonRoot\" needs a \"uid\" to become instead of 0; true "
			"refuses user 0" },
		{ "\"runAsNonRoot\":{\"uid\":0}",
			"p:1:35: \"uid\" needs whole numbers from 1 to 4294967294" },
		{ "\"oomScoreAdj\":-1001",
			"p:1:27: \"min\" needs whole numbers from -1000 to 1000" },
		{ "\"rlimits\":{\"RLIMIT_FOO\":1}",
			"p:1:24: unknown word \"RLIMIT_FOO\", expected one of" },
		{ "\"seccomp\":\"profile.json\"", "p:1:23: \"profile\" must be an absolute path, "
						  "without \".\", \"..\", empty "
						  "parts or a slash at the end" },
		{ "\"userNamespaces\":null",
			"p:1:30: \"userNamespaces\" must be true, false, or a word, not null" },
		{ "\"unknownFields\":{}", "p:1:29: \"unknownFields\" must be \"keep\", \"strip\" "
					  "or \"refuse\", not an "
					  "object" },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(rows); i++) {
		struct wh_policy *policy = NULL;
		struct wh_buf text = WH_BUF_INIT;
		struct wh_err err = WH_ERR_INIT;

		wh_buf_addf(&text, "{\"default\":{%s}}", rows[i].value);
		if (wh_policy_parse_take(&policy, &text, "p", &err) == 0)
			fail_msg("%s is not refused", rows[i].value);
		if (strncmp(err.text, rows[i].error, strlen(rows[i].error)) != 0)
			assert_string_equal(err.text, rows[i].error);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_baseline),
		cmocka_unit_test(test_restricted),
		cmocka_unit_test(test_sets_of_the_same_name),
		cmocka_unit_test(test_minimal),
		cmocka_unit_test(test_privileged),
		cmocka_unit_test(test_laying),
		cmocka_unit_test(test_tightening),
		cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
