/* SPDX-License-Identifier: Apache-2.0 */
/* From what was learnt to a rule, which the policy must accept, and to a profile. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>

#include "learn/rule.h"
#include "policy/policy.h"

#define IMAGE "docker.io/library/web:1"

static struct wh_learnt learnt_of(const char *name)
{
	return (struct wh_learnt){
		.name = name,
		.image = IMAGE,
		.complete = true,
		.devices_unknown = "they are not watched",
	};
}

/* The rule as JSON; the policy around it must be one. */
static void write_rule(const struct wh_learnt *learnt, const struct wh_learnt_rule_options *options,
	struct wh_buf *ret)
{
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	struct wh_buf policy WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_policy *parsed WH_POLICY = NULL;
	struct wh_json *doc WH_JSON = NULL;
	struct wh_err err = WH_ERR_INIT;
	wh_node rule;

	assert_int_equal(wh_json_new(&doc), 0);
	rule = wh_learnt_rule(learnt, options, doc, &arena);
	assert_true(rule != WH_NO_NODE);
	ret->len = 0;
	assert_int_equal(wh_json_write_buf(doc, rule, ret), 0);
	wh_buf_addf(&policy, "{\"rules\":[%s]}", ret->data);
	if (learnt->image != NULL && wh_policy_parse_take(&parsed, &policy, "learnt", &err) < 0)
		fail_msg("%s: %s", err.text, ret->data);
}

static void has(const struct wh_buf *rule, const char *part)
{
	if (strstr(rule->data, part) == NULL)
		fail_msg("%s is not in %s", part, rule->data);
}

static void has_not(const struct wh_buf *rule, const char *part)
{
	if (strstr(rule->data, part) != NULL)
		fail_msg("%s is in %s", part, rule->data);
}

static const struct wh_learnt_rule_options usual;

/* ---- the rule ---------------------------------------------------------------------------- */

static void nothing_used_is_the_least(void **state)
{
	struct wh_buf rule WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_learnt learnt = learnt_of("idle");

	(void)state;
	learnt.uid = 1000;
	write_rule(&learnt, &usual, &rule);
	assert_string_equal(rule.data,
		"{\"name\":\"idle\",\"match\":{\"image\":\"" IMAGE "\"},\"capabilities\":{},"
		"\"readonlyRootfs\":true,\"noNewPrivileges\":true,\"runAsNonRoot\":true}");
}

static void each_capability_has_its_reason(void **state)
{
	static const struct wh_use_of uses[] = {
		{ .capability = CAP_SETUID, .use = WH_USE_NEEDED, .program = "/usr/sbin/nginx" },
		{ .capability = CAP_SETPCAP,
			.use = WH_USE_SPECULATIVE,
			.why = "it only asks",
			.syscall = "capset",
			.program = "/a\nb" },
		{ .capability = CAP_NET_BIND_SERVICE,
			.use = WH_USE_NEEDED,
			.syscall = "bind",
			.function = "inet_bind",
			.detail = "80",
			.program = "/usr/sbin/nginx" },
		{ .capability = CAP_NET_RAW,
			.use = WH_USE_NEEDED,
			.by_file = true,
			.program = "/bin/ping" },
		{ .capability = 50, .use = WH_USE_NEEDED },
	};
	struct wh_learnt_rule_options options = { .used_only = false };
	struct wh_buf rule WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_learnt learnt = learnt_of("web");

	(void)state;
	learnt.uses = uses;
	learnt.use_count = WH_COUNT(uses);
	write_rule(&learnt, &options, &rule);
	has(&rule, "\"CAP_SETUID\":\"nginx changes to another user\"");
	has(&rule, "\"CAP_SETPCAP\":\"a\\\\x0ab changes its capabilities (capset); perhaps not "
		   "needed: it only asks\"");
	has(&rule, "\"CAP_NET_BIND_SERVICE\":\"nginx binds port 80 (bind, inet_bind)\"");
	has(&rule, "\"CAP_NET_RAW\":\"ping has it by its file, and is not executed without\"");
	has_not(&rule, "50");
	options.used_only = true;
	options.without = wh_capset_of(CAP_SETUID);
	options.name = "other";
	options.seccomp = "/etc/whittle/seccomp/web.json";
	write_rule(&learnt, &options, &rule);
	has(&rule, "{\"name\":\"other\"");
	has(&rule, "\"seccomp\":\"/etc/whittle/seccomp/web.json\"");
	has_not(&rule, "CAP_SETUID");
	has_not(&rule, "CAP_SETPCAP");
}

/* A function is told by its name alone, and not where it says no more than the system call. */
static void functions_are_told_plainly(void **state)
{
	static const struct {
		const char *syscall, *function, *evidence;
	} rows[] = {
		{ "bind", "__inet_bind", "(bind, inet_bind)" },
		{ "setuid", "__sys_setuid", "(setuid)" },
		{ "chroot", "__x64_sys_chroot", "(chroot)" },
		{ "setgroups", "__do_sys_setgroups", "(setgroups)" },
		{ "setuid", "__sys_setresuid", "(setuid, sys_setresuid)" },
		{ NULL, "__sys_setuid", "(sys_setuid)" },
		{ "bind", NULL, "(bind)" },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(rows); i++) {
		const struct wh_use_of use = { .capability = CAP_KILL,
			.use = WH_USE_NEEDED,
			.syscall = rows[i].syscall,
			.function = rows[i].function,
			.program = "/bin/x" };
		struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
		struct wh_learnt learnt = learnt_of("web");
		const char *reason = wh_learnt_reason(&learnt, &use, &arena);

		assert_non_null(reason);
		if (strstr(reason, rows[i].evidence) == NULL)
			fail_msg("%zu: %s", i, reason);
	}
}

/* No capability is without words, nor any of them longer than the policy takes. */
static void every_capability_has_words(void **state)
{
	static char function[600];
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	struct wh_learnt learnt = learnt_of("all");

	(void)state;
	memset(function, 'f', sizeof(function) - 1);
	for (unsigned i = 0; i < 64; i++) {
		struct wh_use_of use = { .capability = i, .use = WH_USE_NEEDED };
		struct wh_buf rule WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
		const char *reason = wh_learnt_reason(&learnt, &use, &arena);

		assert_non_null(reason);
		assert_non_null(strstr(reason, "a program "));
		assert_true(strlen(reason) > strlen("a program asks to "));
		use.function = use.syscall = use.why = function;
		use.use = WH_USE_SPECULATIVE;
		learnt.uses = &use;
		learnt.use_count = 1;
		write_rule(&learnt, &usual, &rule);
	}
}

static void odd_names_and_images_make_rules_still(void **state)
{
	static char long_name[300];
	static const char *const images[] = { "a*", "a b", "", "a\nb", "[x]", "\xff" };
	struct wh_buf rule WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_learnt learnt = learnt_of("default");

	(void)state;
	write_rule(&learnt, &usual, &rule);
	has(&rule, "\"name\":\"default-learnt\"");
	memset(long_name, 'n', sizeof(long_name) - 1);
	learnt.name = long_name;
	write_rule(&learnt, &usual, &rule);
	learnt.name = "a\tb\xff";
	write_rule(&learnt, &usual, &rule);
	for (size_t i = 0; i < WH_COUNT(images); i++) {
		struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
		struct wh_json *doc WH_JSON = NULL;
		wh_node node;

		learnt.image = images[i];
		assert_int_equal(wh_json_new(&doc), 0);
		node = wh_learnt_rule(&learnt, &usual, doc, &arena);
		assert_true(node != WH_NO_NODE);
		assert_true(wh_json_get(doc, node, "match") == WH_NO_NODE);
	}
}

static void privileged_programs_want_new_privileges(void **state)
{
	static const struct wh_learnt_program setuid = { "/bin/su", true, false, 0 },
					      capable = { "/bin/ping", false, false, 1 };
	static const struct wh_learnt_user other = { 33, NULL };
	struct wh_learnt learnt = learnt_of("x");

	(void)state;
	assert_true(wh_learnt_no_new_privileges(&learnt));
	learnt.programs = &capable;
	learnt.program_count = 1;
	assert_true(wh_learnt_no_new_privileges(&learnt)); /* root has it anyway */
	learnt.users = &other;
	learnt.user_count = 1;
	assert_false(wh_learnt_no_new_privileges(&learnt));
	learnt.user_count = 0;
	learnt.uid = 1000;
	assert_false(wh_learnt_no_new_privileges(&learnt));
	assert_false(wh_learnt_was_root(&learnt));
	learnt.programs = &setuid;
	assert_false(wh_learnt_no_new_privileges(&learnt));
	assert_true(wh_learnt_was_root(&learnt)); /* it may have become root by it */
	learnt.uid = 0;
	learnt.program_count = 0;
	assert_true(wh_learnt_was_root(&learnt));
}

static void devices_beside_the_usual(void **state)
{
	static const char *const devices[] = { "/dev/[x]", "/dev/\x1b", "/dev/fuse", "/dev/null",
		"/dev/pts/0", "/dev/tty" };
	struct wh_buf rule WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_learnt learnt = learnt_of("x");

	(void)state;
	write_rule(&learnt, &usual, &rule);
	has_not(&rule, "devices");
	learnt.devices_unknown = NULL;
	write_rule(&learnt, &usual, &rule);
	has(&rule, "\"devices\":[]");
	learnt.devices = devices;
	learnt.device_count = WH_COUNT(devices);
	write_rule(&learnt, &usual, &rule);
	has(&rule, "\"devices\":[\"/dev/fuse\"]");
}

/* ---- what is written --------------------------------------------------------------------- */

static void scratch_becomes_a_tmpfs(void **state)
{
	static const struct {
		const char *written[4];
		const char *engine;
		const char *tmpfs; /* joined by blanks; NULL: the root stays writable */
		const char *why;   /* a part */
	} cases[] = {
		{ { NULL }, NULL, "", NULL },
		{ { "/tmp/a/b/c", "/tmp/x" }, NULL, "/tmp", NULL },
		{ { "/tmp" }, NULL, "/tmp", NULL },
		{ { "/run/nginx.pid", "/run/lock/a/b", "/run/lock/c" }, NULL, "/run /run/lock",
			NULL },
		{ { "/run/postgresql/.s.PGSQL.5432" }, NULL, "/run/postgresql", NULL },
		{ { "/var/run/a.pid", "/var/lock/b" }, NULL, "/run /run/lock", NULL },
		{ { "/var/cache/nginx/client_temp", "/var/cache/nginx/x/y" }, NULL,
			"/var/cache/nginx", NULL },
		{ { "/var/cache/file" }, NULL, NULL, "/var/cache/file" },
		{ { "/var/log/nginx/access.log" }, NULL, "/var/log/nginx", NULL },
		{ { "/var/log/lastlog" }, NULL, NULL, "/var/log/lastlog" },
		{ { "/var/lib/nginx/body" }, NULL, "/var/lib/nginx", NULL },
		{ { "/var/lib/nginx-data/x" }, NULL, NULL, "/var/lib/nginx-data/x" },
		{ { "/etc/passwd", "/tmp/x" }, NULL, NULL, "/etc/passwd" },
		{ { "/var/lib/x", "/var/lib/x/data" }, NULL, NULL, "/var/lib/x/data" },
		/* Folders that hold what was written are no writes themselves. */
		{ { "/var", "/var/cache", "/var/cache/a", "/var/cache/a/b" }, NULL, "/var/cache/a",
			NULL },
		{ { "/", "/run", "/run/x" }, NULL, "/run", NULL },
		/* What came and went left its folder: the image's, which is not to be hidden. */
		{ { "/run/mysqld/" }, NULL, "/run/mysqld", NULL },
		{ { "/run/mysqld/", "/run/mysqld/x" }, NULL, "/run/mysqld", NULL },
		{ { "/run/" }, NULL, "/run", NULL },
		{ { "/run/", "/run/a/" }, NULL, "/run/a", NULL },
		{ { "/tmp/a/" }, NULL, "/tmp", NULL },
		{ { "/var/cache/" }, NULL, NULL, "/var/cache/" },
		{ { "/srv/data/" }, NULL, NULL, "/srv/data/" },
		{ { "/dev/", "/x/__pycache__/" }, NULL, "", NULL },
		{ { "/usr/lib/python3/__pycache__/a.pyc" }, NULL, "", NULL },
		{ { "/root/.bash_history" }, NULL, "", NULL },
		{ { "/dev/console", "/proc", "/sys" }, NULL, "", NULL },
		{ { "/etc/hosts" }, "docker", "", NULL },
		{ { "/etc/hosts" }, NULL, NULL, "/etc/hosts" },
		{ { "/tmpx/y" }, NULL, NULL, "/tmpx/y" },
		{ { "/run/a b/c" }, NULL, NULL, "/run/a b/c" },
		{ { "/run/../etc/x" }, NULL, NULL, "/run/../etc/x" },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
		struct wh_buf joined WH_CLEANUP(wh_buf_done) = WH_BUF_INIT,
				     rule WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
		struct wh_learnt learnt = learnt_of("x");
		struct wh_learnt_root root;

		learnt.engine = cases[i].engine;
		learnt.written = cases[i].written;
		while (learnt.written_count < 4 && learnt.written[learnt.written_count] != NULL)
			learnt.written_count++;
		assert_int_equal(wh_learnt_root(&learnt, &arena, &root), 0);
		if (root.readonly != (cases[i].tmpfs != NULL))
			fail_msg("%zu: %s", i, root.why);
		wh_buf_add_string(&joined, "");
		for (size_t k = 0; k < root.count; k++)
			wh_buf_addf(&joined, "%s%s", k > 0 ? " " : "", root.tmpfs[k]);
		if (root.readonly && root.count > 0)
			assert_string_equal(joined.data, cases[i].tmpfs);
		else if (root.readonly)
			assert_string_equal("", cases[i].tmpfs);
		else if (strstr(root.why, cases[i].why) == NULL)
			fail_msg("%s", root.why);
		write_rule(&learnt, &usual, &rule);
		has(&rule, root.readonly ? "\"readonlyRootfs\":true" : "\"readonlyRootfs\":false");
	}
}

static void what_is_not_known_stays_writable(void **state)
{
	static char paths[40][32];
	static const char *list[40];
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	struct wh_learnt learnt = learnt_of("x");
	struct wh_learnt_root root;

	(void)state;
	learnt.written_unknown = "no overlay";
	assert_int_equal(wh_learnt_root(&learnt, &arena, &root), 0);
	assert_false(root.readonly);
	assert_non_null(strstr(root.why, "no overlay"));
	learnt.written_unknown = NULL;
	learnt.written_more = true;
	assert_int_equal(wh_learnt_root(&learnt, &arena, &root), 0);
	assert_false(root.readonly);
	learnt.written_more = false;
	for (size_t i = 0; i < WH_COUNT(list); i++) {
		(void)snprintf(paths[i], sizeof(paths[i]), "/run/%02zu/x", i);
		list[i] = paths[i];
	}
	learnt.written = list;
	learnt.written_count = WH_COUNT(list);
	assert_int_equal(wh_learnt_root(&learnt, &arena, &root), 0);
	assert_false(root.readonly); /* not so many tmpfs */
}

/* ---- the profile ------------------------------------------------------------------------- */

static size_t count_of(const char *text, const char *part)
{
	size_t count = 0;

	for (const char *at = strstr(text, part); at != NULL; at = strstr(at + 1, part))
		count++;
	return count;
}

static void a_profile_has_each_call_once(void **state)
{
	static const char *const calls[] = { "bind", "close", "zz_new" };
	static const struct wh_learnt_program su = { "/bin/su", true, false, 0 };
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_json *doc WH_JSON = NULL;
	struct wh_learnt learnt = learnt_of("x");

	(void)state;
	assert_int_equal(wh_json_new(&doc), 0);
	learnt.syscalls = calls;
	learnt.syscall_count = WH_COUNT(calls);
	assert_int_equal(wh_json_write_buf(doc, wh_learnt_seccomp(&learnt, doc), &text), 0);
	has(&text, "\"defaultAction\":\"SCMP_ACT_ERRNO\"");
	assert_int_equal(count_of(text.data, "\"bind\""), 1);
	assert_int_equal(count_of(text.data, "\"close\""), 1);
	assert_int_equal(count_of(text.data, "\"zz_new\""), 1);
	assert_int_equal(count_of(text.data, "\"execve\""), 1);
	has_not(&text, "\"setuid\"");
	learnt.programs = &su;
	learnt.program_count = 1;
	text.len = 0;
	assert_int_equal(wh_json_write_buf(doc, wh_learnt_seccomp(&learnt, doc), &text), 0);
	has(&text, "\"setuid\""); /* the filter is loaded before the user changes */
	assert_int_equal(count_of(text.data, "\"capset\""), 1);
	learnt.syscalls_unknown = "not watched";
	assert_true(wh_learnt_seccomp(&learnt, doc) == WH_NO_NODE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_used_is_the_least),
		cmocka_unit_test(each_capability_has_its_reason),
		cmocka_unit_test(functions_are_told_plainly),
		cmocka_unit_test(every_capability_has_words),
		cmocka_unit_test(odd_names_and_images_make_rules_still),
		cmocka_unit_test(privileged_programs_want_new_privileges),
		cmocka_unit_test(devices_beside_the_usual),
		cmocka_unit_test(scratch_becomes_a_tmpfs),
		cmocka_unit_test(what_is_not_known_stays_writable),
		cmocka_unit_test(a_profile_has_each_call_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
