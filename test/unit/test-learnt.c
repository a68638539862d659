/* SPDX-License-Identifier: Apache-2.0 */
/* What was learnt: written and read again, refused when it is of another shape, joined. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>

#include "learn/learnt.h"

static const struct wh_use_of sample_uses[] = {
	{
		.capability = CAP_CHOWN,
		.use = WH_USE_NEEDED,
		.count = 3,
		.first = 1700000000,
		.syscall = "fchownat",
		.function = "chown_common",
		.program = "/usr/bin/initdb",
	},
	{
		.capability = CAP_NET_BIND_SERVICE,
		.use = WH_USE_SPECULATIVE,
		.by_file = true,
		.count = UINT64_MAX,
		.at_least = true,
		.first = 1,
		.why = "the kernel asks before it knows",
		.detail = "80",
	},
	{ .capability = 63, .use = WH_USE_NEEDED, .count = 1 },
};

static const char *const sample_calls[] = { "bind", "close", "read" };
static const char *const sample_written[] = { "/run/a\"b", "/tmp/x\xffy", "/var/\xc3\xa4" };
static const char *const sample_devices[] = { "/dev/fuse" };
static const char *const sample_command[] = { "docker", "run", "", "-p80:80" };
static const struct wh_learnt_port sample_ports[] = { { 80, "tcp", "/usr/sbin/nginx" },
	{ 53, "udp", NULL } };
static const struct wh_learnt_user sample_users[] = { { 0, NULL }, { UINT32_MAX, "/bin/su" } };
static const struct wh_learnt_program sample_programs[] = { { "/bin/su", true, false, 0 },
	{ "/bin/ping", false, true, UINT64_C(1) << CAP_NET_RAW | UINT64_C(1) << 63 } };

static struct wh_learnt sample(void)
{
	return (struct wh_learnt){
		.name = "web \"1\"",
		.image = "docker.io/library/nginx:1",
		.engine = "docker",
		.id = "abc",
		.transport = "perf",
		.kernel = "6.18.0",
		.began = 1700000000,
		.ended = 1700000060,
		.milliseconds = 60000,
		.recordings = 1,
		.events = 12,
		.lost = 0,
		.complete = true,
		.recorder = 77,
		.recorder_start = UINT64_MAX,
		.granted = UINT64_C(1) << 63 | 0xff,
		.uid = 0,
		.uses = sample_uses,
		.use_count = WH_COUNT(sample_uses),
		.foreign = 1,
		.runtime = 2,
		.other_users = 3,
		.syscalls = sample_calls,
		.syscall_count = WH_COUNT(sample_calls),
		.written = sample_written,
		.written_count = WH_COUNT(sample_written),
		.user_namespaces = true,
		.written_more = true,
		.devices = sample_devices,
		.device_count = WH_COUNT(sample_devices),
		.ports = sample_ports,
		.port_count = WH_COUNT(sample_ports),
		.users = sample_users,
		.user_count = WH_COUNT(sample_users),
		.programs = sample_programs,
		.program_count = WH_COUNT(sample_programs),
		.scratch_programs = sample_written,
		.scratch_program_count = WH_COUNT(sample_written),
		.command = sample_command,
		.command_count = WH_COUNT(sample_command),
		.of_command = 3,
	};
}

static void write_sample(const struct wh_learnt *learnt, struct wh_buf *ret)
{
	assert_int_equal(wh_learnt_write(learnt, ret), 0);
	assert_int_equal(ret->data[ret->len - 1], '\n');
}

static void what_is_written_is_read_again(void **state)
{
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT,
			   copy WH_CLEANUP(wh_buf_done) = WH_BUF_INIT,
			   again WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_learnt learnt = sample(), read;
	struct wh_err err = WH_ERR_INIT;

	(void)state;
	write_sample(&learnt, &text);
	wh_buf_add(&copy, text.data, text.len);
	if (wh_learnt_read(&copy, &arena, &read, &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(read.name, "web \"1\"");
	assert_string_equal(read.image, "docker.io/library/nginx:1");
	assert_true(read.recorder_start == UINT64_MAX);
	assert_true(read.granted == learnt.granted);
	assert_int_equal(read.use_count, 3);
	assert_string_equal(read.uses[0].program, "/usr/bin/initdb");
	assert_null(read.uses[0].why);
	assert_true(read.uses[1].by_file && read.uses[1].at_least);
	assert_int_equal(read.uses[1].use, WH_USE_SPECULATIVE);
	assert_int_equal(read.uses[2].capability, 63);
	assert_string_equal(read.written[0], "/run/a\"b");
	assert_string_equal(read.written[1], "/tmp/x\xef\xbf\xbdy"); /* no UTF-8 in JSON */
	assert_string_equal(read.written[2], "/var/\xc3\xa4");
	assert_true(read.written_more && read.user_namespaces);
	assert_int_equal(read.ports[1].port, 53);
	assert_string_equal(read.ports[1].protocol, "udp");
	assert_true(read.users[1].uid == UINT32_MAX);
	assert_true(read.programs[1].capabilities == sample_programs[1].capabilities);
	assert_int_equal(read.scratch_program_count, WH_COUNT(sample_written));
	assert_string_equal(read.scratch_programs[0], "/run/a\"b");
	assert_string_equal(read.command[2], "");
	assert_int_equal(read.command_count, 4);
	assert_int_equal(read.of_command, 3);
	write_sample(&read, &again);
	assert_int_equal(again.len, strlen(again.data));
	/* But for the byte that was none, nothing changes from here on. */
	assert_true(again.len == text.len);
	assert_memory_equal(again.data, text.data, text.len);
}

/* ---- what is not of this shape ----------------------------------------------------------- */

static void replace(struct wh_buf *text, const char *what, const char *with)
{
	struct wh_buf edited = WH_BUF_INIT;
	const char *at = strstr(text->data, what);

	if (at == NULL)
		fail_msg("%s is not there", what);
	wh_buf_add(&edited, text->data, (size_t)(at - text->data));
	wh_buf_add_string(&edited, with);
	wh_buf_add_string(&edited, at + strlen(what));
	wh_buf_done(text);
	*text = edited;
}

static void another_shape_is_refused(void **state)
{
	static const struct {
		const char *what, *with;
		const char *says; /* a part of the sentence */
	} cases[] = {
		{ "\"schema\":1", "\"schema\":2", "\"schema\" is not 1" },
		{ "\"schema\":1,", "", "\"schema\" is not 1" },
		{ "\"schema\":1", "\"schema\":1,\"more\":0", "/more" },
		{ "\"syscalls\":", "\"syscallz\":", "/syscallz" },
		{ "\"devices\":[\"/dev/fuse\"],\n", "", "\"devices\" is missing" },
		{ "\"lost\":0", "\"lost\":-1", "/lost" },
		{ "\"lost\":0", "\"lost\":1.5", "/lost" },
		{ "\"lost\":0", "\"lost\":\"0\"", "/lost" },
		{ "\"recorder\":77", "\"recorder\":2147483648", "/recorder" },
		{ "\"began\":1700000000", "\"began\":9223372036854775808", "/began" },
		{ "\"complete\":true", "\"complete\":1", "/complete" },
		{ "\"complete\":true", "\"complete\":true,\"incomplete\":\"no\"", "why it is not" },
		{ "\"name\":\"web \\\"1\\\"\"", "\"name\":\"\"", "/name" },
		{ "\"name\":\"web \\\"1\\\"\"", "\"name\":null", "/name" },
		{ "\"use\":\"used\"", "\"use\":\"foreign\"", "/uses/0/use" },
		{ "\"capability\":\"CAP_CHOWN\"", "\"capability\":\"chown\"",
			"/uses/0/capability" },
		{ "\"capability\":\"CAP_CHOWN\"", "\"capability\":0", "/uses/0/capability" },
		{ "\"capability\":\"CAP_CHOWN\"", "\"capability\":64", "/uses/0/capability" },
		{ "\"capability\":\"CAP_CHOWN\"", "\"capability\":\"CAP_NET_RAW\"", "rise" },
		{ "\"capability\":\"CAP_CHOWN\"", "\"capability\":\"CAP_NET_BIND_SERVICE\"",
			"rise" },
		{ "\"port\":80", "\"port\":0", "\"ports\"" },
		{ "\"port\":80", "\"port\":65536", "\"ports\"" },
		{ "\"uid\":0", "\"uid\":4294967296", "/uid" },
		{ "[\"bind\"", "[[\"bind\"]", "/syscalls/0" },
		{ "\"/run/a", "\"run/a", "relative" },
		{ "{", "[{", "line" },
		{ "\n}", "", "line" },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
		struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
		struct wh_learnt learnt = sample();
		struct wh_err err = WH_ERR_INIT;

		write_sample(&learnt, &text);
		if (strcmp(cases[i].what, "\n}") == 0)
			text.len -= 2, text.data[text.len] = '\0';
		else
			replace(&text, cases[i].what, cases[i].with);
		if (wh_learnt_read(&text, &arena, &learnt, &err) != -EINVAL)
			fail_msg("%s was taken", cases[i].with);
		if (strstr(err.text, cases[i].says) == NULL)
			fail_msg("%s: %s", cases[i].with, err.text);
	}
}

/* A container may have as many long and odd paths as it likes; what is written can be read. */
static void long_lists_are_cut_and_say_so(void **state)
{
	static char paths[WH_LEARNT_WRITTEN_MAX][4096];
	static const char *list[WH_LEARNT_WRITTEN_MAX];
	static struct wh_learnt_program programs[WH_LEARNT_LIST_MAX];
	static struct wh_learnt_port ports[WH_LEARNT_LIST_MAX];
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_learnt learnt = sample(), read;
	struct wh_err err = WH_ERR_INIT;

	(void)state;
	for (size_t i = 0; i < WH_LEARNT_WRITTEN_MAX; i++) {
		memset(paths[i], 0xff, sizeof(paths[i]) - 1);
		(void)snprintf(paths[i], 8, "/%05zu", i);
		paths[i][6] = 'x';
		list[i] = paths[i];
	}
	for (size_t i = 0; i < WH_LEARNT_LIST_MAX; i++) {
		programs[i] = (struct wh_learnt_program){ paths[i], true, false, 0 };
		ports[i] = (struct wh_learnt_port){ (unsigned)i + 1, "tcp", paths[i] };
	}
	learnt.written = learnt.devices = learnt.command = list;
	learnt.written_count = WH_LEARNT_WRITTEN_MAX;
	learnt.device_count = learnt.command_count = WH_LEARNT_LIST_MAX;
	learnt.written_more = false;
	learnt.programs = programs;
	learnt.program_count = WH_LEARNT_LIST_MAX;
	learnt.ports = ports;
	learnt.port_count = WH_LEARNT_LIST_MAX;
	write_sample(&learnt, &text);
	assert_true(text.len <= WH_LEARNT_MAX_SIZE);
	if (wh_learnt_read(&text, &arena, &read, &err) < 0)
		fail_msg("%s", err.text);
	assert_true(read.written_more && read.written_count > 0);
	assert_non_null(read.devices_unknown);
	assert_int_equal(read.device_count, 0);
	assert_true(read.program_count > 0);
	assert_false(read.complete);
	assert_non_null(strstr(read.incomplete, "programs"));
	assert_int_equal(read.command_count, 0);
	assert_int_equal(read.port_count, WH_LEARNT_LIST_MAX);
}

/* ---- the union --------------------------------------------------------------------------- */

static struct wh_learnt bare(const char *name)
{
	return (struct wh_learnt){ .name = name, .recordings = 1, .complete = true };
}

static void what_is_used_wins(void **state)
{
	static const struct wh_use_of strong[] = {
		{ CAP_CHOWN, WH_USE_NEEDED, false, 2, false, 50, NULL, "chown", "f", "/old", NULL },
		{ CAP_KILL, WH_USE_NEEDED, false, 1, false, 60, NULL, "kill", "g", "/old", NULL },
	};
	static const struct wh_use_of weak[] = {
		{ CAP_CHOWN, WH_USE_SPECULATIVE, false, 3, true, 70, "perhaps", "lchown", "h",
			"/new", NULL },
		{ CAP_FSETID, WH_USE_SPECULATIVE, false, 1, false, 80, "why", "chmod", "i", "/new",
			NULL },
	};
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	struct wh_learnt older = bare("a"), newer = bare("b"), both;

	(void)state;
	older.uses = strong;
	older.use_count = 2;
	newer.uses = weak;
	newer.use_count = 2;
	assert_int_equal(wh_learnt_join(&older, &newer, &arena, &both), 0);
	assert_int_equal(both.use_count, 3);
	assert_int_equal(both.uses[0].use, WH_USE_NEEDED);
	assert_string_equal(both.uses[0].program, "/old");
	assert_int_equal(both.uses[0].count, 5);
	assert_true(both.uses[0].at_least);
	assert_int_equal(both.uses[0].first, 50);
	assert_int_equal(both.uses[1].capability, CAP_FSETID);
	assert_int_equal(both.uses[2].capability, CAP_KILL);
	assert_string_equal(both.name, "b");
	assert_int_equal(both.recordings, 2);
	assert_true(wh_learnt_capabilities(&both, true) ==
		    (wh_capset_of(CAP_CHOWN) | wh_capset_of(CAP_KILL)));
	assert_true(wh_learnt_capabilities(&both, false) ==
		    (wh_capset_of(CAP_CHOWN) | wh_capset_of(CAP_KILL) | wh_capset_of(CAP_FSETID)));
	/* The other way round the evidence is the same, of equals it is the newer's. */
	assert_int_equal(wh_learnt_join(&newer, &older, &arena, &both), 0);
	assert_string_equal(both.uses[0].program, "/old");
	newer.uses = strong;
	assert_int_equal(wh_learnt_join(&newer, &older, &arena, &both), 0);
	assert_int_equal(both.uses[0].count, 4);
}

static void nothing_that_was_seen_is_lost(void **state)
{
	static const char *const a[] = { "/a", "/c" }, *const b[] = { "/b", "/c", "/d" };
	static const struct wh_learnt_port web = { 80, "tcp", "/old" },
					   both_ports[] = { { 80, "tcp", "/new" },
						   { 80, "udp", NULL } };
	static const struct wh_learnt_program su = { "/bin/su", true, false, 0 },
					      plain = { "/bin/su", false, true, 2 };
	static const struct wh_learnt_user root = { 0, "/old" }, other = { 5, NULL };
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	struct wh_learnt older = bare("x"), newer = bare("x"), both;

	(void)state;
	older.written = older.syscalls = older.devices = a;
	older.written_count = older.syscall_count = older.device_count = 2;
	newer.written = newer.syscalls = newer.devices = b;
	newer.written_count = newer.syscall_count = newer.device_count = 3;
	older.ports = &web;
	older.port_count = 1;
	newer.ports = both_ports;
	newer.port_count = 2;
	older.programs = &su;
	newer.programs = &plain;
	older.program_count = newer.program_count = 1;
	older.users = &root;
	newer.users = &other;
	older.user_count = newer.user_count = 1;
	older.user_namespaces = true;
	older.scratch_programs = a;
	older.scratch_program_count = 2;
	newer.scratch_programs = b;
	newer.scratch_program_count = 3;
	older.granted = 1;
	newer.granted = 6;
	newer.uid = 7;
	older.began = 100;
	older.ended = 200;
	newer.began = 300;
	newer.ended = 0;
	older.milliseconds = UINT64_MAX - 1;
	newer.milliseconds = 5;
	older.incomplete = "lost";
	older.complete = false;
	older.lost = 4;
	assert_int_equal(wh_learnt_join(&older, &newer, &arena, &both), 0);
	assert_int_equal(both.written_count, 4);
	assert_string_equal(both.written[1], "/b");
	assert_int_equal(both.syscall_count, 4);
	assert_int_equal(both.device_count, 4);
	assert_int_equal(both.scratch_program_count, 4);
	assert_int_equal(both.port_count, 2);
	assert_string_equal(both.ports[0].program, "/new");
	assert_int_equal(both.program_count, 1);
	assert_true(both.programs[0].setuid && both.programs[0].setgid);
	assert_true(both.programs[0].capabilities == 2);
	assert_int_equal(both.user_count, 2);
	assert_true(both.granted == 7 && both.user_namespaces);
	assert_int_equal(both.uid, 0); /* one of them began as root */
	assert_int_equal(both.began, 100);
	assert_int_equal(both.ended, 0);
	assert_true(both.milliseconds == UINT64_MAX);
	assert_false(both.complete);
	assert_string_equal(both.incomplete, "lost");
	assert_int_equal(both.lost, 4);
}

static void what_failed_to_start_adds_nothing(void **state)
{
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	struct wh_learnt older = bare("it"), newer = bare("it"), both;

	(void)state;
	older.granted = 1;
	newer.granted = 6;
	newer.complete = false;
	newer.incomplete = WH_LEARNT_NOT_STARTED;
	assert_int_equal(wh_learnt_join(&older, &newer, &arena, &both), 0);
	assert_true(both.complete && both.granted == 1 && both.recordings == 1);
	assert_int_equal(wh_learnt_join(&newer, &older, &arena, &both), 0);
	assert_true(both.complete && both.granted == 1 && both.recordings == 1);
	assert_int_equal(wh_learnt_join(&newer, &newer, &arena, &both), 0);
	assert_false(both.complete);
}

static void it_is_known_how_many_a_command_started(void **state)
{
	static const char *const run[] = { "docker", "run", "a" }, *const other[] = { "docker",
		"run", "b" };
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	struct wh_learnt older = bare("it"), newer = bare("it"), both;

	(void)state;
	wh_learnt_started_by(&older, run, 3);
	assert_int_equal(older.of_command, 1);
	wh_learnt_started_by(&newer, run, 3);
	assert_int_equal(wh_learnt_join(&older, &newer, &arena, &both), 0);
	assert_true(both.of_command == 2 && both.recordings == 2 && both.command_count == 3);
	/* A recording by a rule has none, and one of whittlectl's has it only afterwards. */
	newer = bare("it");
	assert_int_equal(wh_learnt_join(&both, &newer, &arena, &both), 0);
	assert_true(both.of_command == 2 && both.recordings == 3 && both.command_count == 3);
	wh_learnt_started_by(&both, run, 3);
	assert_int_equal(both.of_command, 3);
	/* Another one. */
	newer = bare("it");
	wh_learnt_started_by(&newer, other, 3);
	assert_int_equal(wh_learnt_join(&both, &newer, &arena, &both), 0);
	assert_true(both.of_command == 1 && both.recordings == 4);
	assert_string_equal(both.command[2], "b");
	wh_learnt_started_by(&both, run, 2);
	assert_true(both.of_command == 1 && both.command_count == 2);
}

static void what_one_could_not_watch_is_unknown(void **state)
{
	static const char *const seen[] = { "/a" };
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	struct wh_learnt older = bare("x"), newer = bare("x"), both;

	(void)state;
	older.written = older.syscalls = older.devices = seen;
	older.written_count = older.syscall_count = older.device_count = 1;
	newer.written_unknown = "w";
	newer.syscalls_unknown = "s";
	newer.devices_unknown = "d";
	for (int turn = 0; turn < 2; turn++) {
		assert_int_equal(wh_learnt_join(turn ? &newer : &older, turn ? &older : &newer,
					 &arena, &both),
			0);
		assert_string_equal(both.written_unknown, "w");
		assert_string_equal(both.syscalls_unknown, "s");
		assert_string_equal(both.devices_unknown, "d");
		assert_int_equal(both.written_count + both.syscall_count + both.device_count, 0);
	}
}

static void several_images_are_none(void **state)
{
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	struct wh_learnt older = bare("x"), newer = bare("x"), both;

	(void)state;
	older.image = "a:1";
	newer.image = "a:1";
	assert_int_equal(wh_learnt_join(&older, &newer, &arena, &both), 0);
	assert_string_equal(both.image, "a:1");
	newer.image = "b:1";
	assert_int_equal(wh_learnt_join(&older, &newer, &arena, &both), 0);
	assert_null(both.image);
	assert_int_equal(wh_learnt_join(&both, &newer, &arena, &both), 0);
	assert_null(both.image);
}

static void a_full_list_keeps_root(void **state)
{
	static struct wh_learnt_user many[WH_LEARNT_LIST_MAX];
	static const struct wh_learnt_user root = { 0, NULL };
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	struct wh_learnt older = bare("x"), newer = bare("x"), both;
	bool found = false;

	(void)state;
	for (size_t i = 0; i < WH_LEARNT_LIST_MAX; i++)
		many[i].uid = (uint32_t)i + 1;
	newer.users = many;
	newer.user_count = WH_LEARNT_LIST_MAX;
	older.users = &root;
	older.user_count = 1;
	assert_int_equal(wh_learnt_join(&older, &newer, &arena, &both), 0);
	assert_int_equal(both.user_count, WH_LEARNT_LIST_MAX);
	for (size_t i = 0; i < both.user_count; i++)
		found = found || both.users[i].uid == 0;
	assert_true(found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read_again),
		cmocka_unit_test(another_shape_is_refused),
		cmocka_unit_test(long_lists_are_cut_and_say_so),
		cmocka_unit_test(what_is_used_wins),
		cmocka_unit_test(nothing_that_was_seen_is_lost),
		cmocka_unit_test(what_failed_to_start_adds_nothing),
		cmocka_unit_test(it_is_known_how_many_a_command_started),
		cmocka_unit_test(what_one_could_not_watch_is_unknown),
		cmocka_unit_test(several_images_are_none),
		cmocka_unit_test(a_full_list_keeps_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
