/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Narrowing a seccomp filter: by tables of text, and by what the kernel would do with it, before
 * and after, for every system call of every architecture and the arguments that matter.
 */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <sys/syscall.h>

#include "base/err.h"
#include "bpf.h"
#include "document.h"
#include "seccomp/compile.h"
#include "seccomp/filter.h"

#define BIT(cap) (UINT64_C(1) << CAP_##cap)

static size_t told;

static void note(void *context, const char *action, struct wh_slice what, const char *why)
{
	(void)context;
	(void)action;
	(void)what;
	(void)why;
	told++;
}

static bool listens(void *context, struct wh_slice path)
{
	(void)context;
	return wh_slice_is(path, "/run/agent");
}

static int follow(struct wh_json *doc, const struct wh_seccomp_limits *limits, struct wh_err *err)
{
	told = 0;
	return wh_seccomp_follow(doc, wh_json_root(doc), limits, note, NULL, err);
}

/* ---- text ----------------------------------------------------------------------------------- */

#define DENIES(rules) \
	"{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[" rules "]}}"
#define LETS(rules) "{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[" rules "]}}"
#define ALLOW(names) "{\"names\":[" names "],\"action\":\"SCMP_ACT_ALLOW\"}"
#define ERRNO(names) "{\"names\":[" names "],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":1}"
#define NOSYS "{\"names\":[\"clone3\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":38}"
#define MASKED(name, mask) \
	"{\"names\":[\"" name \
	"\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":0,\"value\":" mask \
	",\"op\":\"SCMP_CMP_MASKED_EQ\"}]}"
#define DENIED_BIT(name, bit) \
	"{\"names\":[\"" name "\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":1,\"args\":[{" \
	"\"index\":0,\"value\":" bit ",\"valueTwo\":" bit ",\"op\":\"SCMP_CMP_MASKED_EQ\"}]}"
#define NEWUSER "268435456"
#define NAMESPACES "2114060288"

struct row {
	wh_capset removed;
	bool user_namespaces;
	const char *before, *after; /* NULL: as before */
	const char *error;
};

static const struct row rows[] = {
	/* A name goes, the others of its rule stay. */
	{ BIT(SYS_ADMIN), true, DENIES(ALLOW("\"read\",\"bpf\",\"write\"")),
		DENIES(ALLOW("\"read\",\"write\"")), NULL },
	/* However often it is there. */
	{ BIT(SYS_ADMIN), false,
		DENIES(ALLOW("\"bpf\",\"read\",\"bpf\",\"clone\",\"clone\"") "," ALLOW("\"bpf\"")),
		DENIES(ALLOW("\"read\"") "," MASKED("clone", NAMESPACES)), NULL },
	/* A rule goes with its last name. */
	{ BIT(SYS_BOOT), true, DENIES(ALLOW("\"kexec_load\"") "," ALLOW("\"read\"")),
		DENIES(ALLOW("\"read\"")), NULL },
	/* Nothing was taken away. */
	{ 0, true, DENIES(ALLOW("\"bpf\",\"mount\",\"unshare\"")), NULL, NULL },
	/* Inside a user namespace mount works; bpf does not. */
	{ BIT(SYS_ADMIN), true, DENIES(ALLOW("\"mount\",\"bpf\",\"read\"")),
		DENIES(ALLOW("\"mount\",\"read\"")), NULL },
	{ BIT(SYS_ADMIN), false, DENIES(ALLOW("\"mount\",\"setns\",\"read\"")),
		DENIES(ALLOW("\"read\"")), NULL },
	/* A denial is never touched, and not repeated. */
	{ BIT(SYS_ADMIN), false,
		LETS(ERRNO("\"clone3\",\"clone\",\"unshare\"") "," ERRNO("\"bpf\"")), "?", NULL },
	/* clone and unshare lose what makes user namespaces, also when nothing was taken away. */
	{ 0, false, DENIES(ALLOW("\"clone\",\"clone3\",\"unshare\",\"read\"")),
		DENIES(ALLOW("\"read\"") "," MASKED("clone", NEWUSER) "," NOSYS "," MASKED(
			"unshare", NEWUSER)),
		NULL },
	{ BIT(SYS_ADMIN), false, DENIES(ALLOW("\"clone\",\"unshare\",\"read\"")),
		DENIES(ALLOW("\"read\"") "," MASKED("clone", NAMESPACES)), NULL },
	/* Docker's own mask is enough, and a narrower one is widened. */
	{ BIT(SYS_ADMIN), false, DENIES(MASKED("clone", NAMESPACES) "," NOSYS), NULL, NULL },
	{ BIT(SYS_ADMIN), false, DENIES(MASKED("clone", "1")),
		DENIES(MASKED("clone", "2114060289")), NULL },
	/* A condition that cannot be joined with ours closes the call. */
	{ 0, false,
		DENIES("{\"names\":[\"clone\",\"read\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{"
		       "\"index\":0,\"value\":1,\"op\":\"SCMP_CMP_GE\"}]}"),
		DENIES("{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{"
		       "\"index\":0,\"value\":1,\"op\":\"SCMP_CMP_GE\"}]}"),
		NULL },
	/* A list of denials. */
	{ 0, false, LETS(ERRNO("\"bpf\"")),
		LETS(ERRNO("\"bpf\"") "," DENIED_BIT("clone", NEWUSER) "," NOSYS "," DENIED_BIT(
			"unshare", NEWUSER)),
		NULL },
	{ BIT(SYS_PACCT), true, LETS(ERRNO("\"bpf\"")),
		LETS(ERRNO("\"bpf\"") "," ERRNO("\"acct\"")), NULL },
	/* Agents. */
	{ 0, true,
		"{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"listenerPath\":\"/run/x\","
		"\"syscalls\":[{\"names\":[\"read\"],\"action\":\"SCMP_ACT_NOTIFY\"}]}}",
		DENIES("{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":1}"),
		NULL },
	{ 0, true,
		"{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"listenerPath\":\"/run/"
		"agent\","
		"\"syscalls\":[{\"names\":[\"read\"],\"action\":\"SCMP_ACT_NOTIFY\"}]}}",
		NULL, NULL },
	/* What no runtime could load. */
	{ 0, true, DENIES("{\"names\":[\"read\"],\"action\":\"SCMP_ACT_MAYBE\"}"), NULL,
		"line 1, column 85 (/seccomp/syscalls/0/action): this is no action of a seccomp "
		"filter that whittle knows" },
	{ 0, true, "{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"flags\":[\"X\"]}}", NULL,
		"line 1, column 55 (/seccomp/flags/0): this is no flag of a seccomp filter that "
		"whittle knows" },
	{ 0, true,
		DENIES("{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":6,"
		       "\"value\":1,\"op\":\"SCMP_CMP_GE\"}]}"),
		NULL,
		"line 1, column 119 (/seccomp/syscalls/0/args/0/index): a system call has no "
		"argument of this number: they are 0 to 5" },
};

static void test_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < WH_COUNT(rows); i++) {
		const struct wh_seccomp_limits limits = { .removed = rows[i].removed,
			.user_namespaces = rows[i].user_namespaces,
			.may_listen = listens };
		WH_JSON struct wh_json *doc = document(rows[i].before);
		struct wh_err err = WH_ERR_INIT;
		int r = follow(doc, &limits, &err);
		char *text;

		if (rows[i].error != NULL) {
			assert_int_equal(r, -EINVAL);
			assert_string_equal(err.text, rows[i].error);
			continue;
		}
		if (r < 0)
			fail_msg("%s: %s", rows[i].before, err.text);
		text = document_text(doc, wh_json_root(doc));
		if (rows[i].after == NULL) {
			assert_string_equal(text, rows[i].before);
			assert_int_equal(told, 0);
		} else if (rows[i].after[0] != '?') {
			assert_string_equal(text, rows[i].after);
			assert_true(told > 0);
		}
		free(text);
	}
}

/* ---- what the kernel would do --------------------------------------------------------------- */

/* Arguments that some condition of a known profile looks at. */
static const uint64_t arguments[] = { 0, 1, 8, 9, 16, 40, 0x20000, 0x20008, 0xffffffff, 0x11,
	0x10000000, 0x00020000, 0x02000000, 0x7e020000, 0x10000011, UINT64_MAX };

typedef void each_call(const struct bpf *before, const struct bpf *after,
	const struct seccomp_data *data, const struct wh_seccomp_limits *limits);

/* Number by number, argument by argument, on every architecture. */
static void compare(const struct bpf *before, const struct bpf *after,
	const struct wh_seccomp_limits *limits, each_call *check)
{
	for (size_t a = 0; a < WH_COUNT(bpf_arches); a++) {
		bool x32 = bpf_arches[a] == SCMP_ARCH_X32;

		for (int nr = 0; nr < 520; nr++) {
			for (size_t k = 0; k < WH_COUNT(arguments); k++) {
				const struct seccomp_data data = {
					.nr = x32 ? nr | 0x40000000 : nr,
					.arch = x32 ? SCMP_ARCH_X86_64 : bpf_arches[a],
					.args = { arguments[k], arguments[(k + 3) % 16],
						arguments[(k + 7) % 16] },
				};

				check(before, after, &data, limits);
			}
		}
	}
}

static void name_of(const struct seccomp_data *data, char ret[64])
{
	bool x32 = (data->nr & 0x40000000) != 0;
	char *name = seccomp_syscall_resolve_num_arch(x32 ? SCMP_ARCH_X32 : data->arch, data->nr);

	(void)snprintf(ret, 64, "%s", name == NULL ? "?" : name);
	free(name);
}

static bool is_one_of_clone(const char *name)
{
	return strcmp(name, "clone") == 0 || strcmp(name, "clone3") == 0 ||
	       strcmp(name, "unshare") == 0;
}

/* Never looser; what was to be closed is; the rest is as it was. */
static void check_narrowed(const struct bpf *before, const struct bpf *after,
	const struct seccomp_data *data, const struct wh_seccomp_limits *limits)
{
	uint32_t was = bpf_run(before, data), is = bpf_run(after, data);
	const struct wh_syscall *call;
	char name[64];

	if (was == is && bpf_rank(is) < 4)
		return;
	name_of(data, name);
	call = wh_syscall_find(wh_slice_of(name));
	if (bpf_rank(is) > bpf_rank(was))
		fail_msg("%s is let through: %x, was %x", name, is, was);
	if (call != NULL && wh_seccomp_closes(limits, call)) {
		if (bpf_rank(is) >= 4)
			fail_msg("%s is still let through", name);
	} else if (was != is && !is_one_of_clone(name)) {
		fail_msg("%s was %x and is %x", name, was, is);
	}
	if (!limits->user_namespaces && is_one_of_clone(name) && bpf_rank(is) >= 4 &&
		(strcmp(name, "clone3") == 0 || (data->args[0] & 0x10000000) != 0))
		fail_msg("%s still makes user namespaces", name);
}

static struct wh_json *read_seccomp(const char *file)
{
	char path[512];
	struct wh_buf text = WH_BUF_INIT;
	struct wh_json *doc = NULL;
	static char bytes[1 << 20];
	int fd;
	ssize_t got;

	(void)snprintf(path, sizeof(path), "%s/test/golden/input/%s", WH_SOURCE_ROOT, file);
	fd = open(path, O_RDONLY);
	got = read(fd, bytes, sizeof(bytes));
	close(fd);
	assert_true(got > 0);
	wh_buf_add(&text, bytes, (size_t)got);
	assert_int_equal(wh_json_parse_take(&doc, &text, NULL, NULL), 0);
	return doc;
}

static void test_engines_filters(void **state)
{
	static const char *const files[] = { "docker-default.json", "docker-caps.json",
		"podman-default.json", "cri-default.json" };
	static const struct wh_seccomp_limits limits[] = {
		{ .removed = 0 },
		{ .removed = 0, .user_namespaces = true },
		{ .removed = WH_CAPSET_ALL },
		{ .removed = WH_CAPSET_ALL, .user_namespaces = true },
		{ .removed = BIT(SYS_ADMIN) | BIT(SYS_CHROOT) | BIT(SYS_TIME),
			.kept = BIT(SYS_PTRACE) },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(files); i++) {
		WH_JSON struct wh_json *doc = read_seccomp(files[i]);
		wh_node section = wh_json_get(doc, wh_json_root(doc), "linux");
		struct bpf before;

		assert_int_equal(
			bpf_compile(&before, doc, wh_json_get(doc, section, "seccomp")), 0);
		for (size_t k = 0; k < WH_COUNT(limits); k++) {
			WH_JSON struct wh_json *copy = NULL;
			struct wh_err err = WH_ERR_INIT;
			struct bpf after;
			char *once, *twice;

			assert_int_equal(wh_json_new_from(&copy, doc, section), 0);
			assert_int_equal(follow(copy, &limits[k], &err), 0);
			assert_int_equal(bpf_compile(&after, copy,
						 wh_json_get(copy, wh_json_root(copy), "seccomp")),
				0);
			compare(&before, &after, &limits[k], check_narrowed);
			free(after.code);
			once = document_text(copy, wh_json_root(copy));
			assert_int_equal(follow(copy, &limits[k], &err), 0);
			assert_int_equal(told, 0);
			twice = document_text(copy, wh_json_root(copy));
			assert_string_equal(once, twice);
			free(once);
			free(twice);
		}
		free(before.code);
	}
}

/* The default profile: compiles, narrows to itself, and lets through what its limits say. */
static void check_default(const struct bpf *before, const struct bpf *after,
	const struct seccomp_data *data, const struct wh_seccomp_limits *limits)
{
	const struct wh_syscall *call;
	char name[64];
	bool let = bpf_rank(bpf_run(after, data)) >= 4;

	(void)before;
	name_of(data, name);
	call = wh_syscall_find(wh_slice_of(name));
	if (call == NULL || call->class == WH_SYSCALL_SPECIAL || strcmp(name, "unshare") == 0 ||
		data->arch == SCMP_ARCH_AARCH64 || data->arch == SCMP_ARCH_ARM)
		return;
	if (call->class == WH_SYSCALL_ALWAYS && !let)
		fail_msg("%s is not let through", name);
	if (call->class == WH_SYSCALL_NEVER && let)
		fail_msg("%s is let through", name);
	if (call->class == WH_SYSCALL_GATED &&
		let != ((call->opens & limits->kept) != 0 ||
			       (limits->user_namespaces && call->namespaced)))
		fail_msg("%s is %slet through", name, let ? "" : "not ");
}

static void test_default_profile(void **state)
{
	static const struct wh_seccomp_limits limits[] = {
		{ .kept = 0 },
		{ .kept = 0, .removed = WH_CAPSET_ALL },
		{ .kept = BIT(SYS_ADMIN) },
		{ .kept = BIT(SYS_PTRACE) | BIT(SYSLOG), .user_namespaces = true },
		{ .kept = WH_CAPSET_ALL },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(limits); i++) {
		WH_JSON struct wh_json *doc = document("{\"seccomp\":null}");
		struct wh_err err = WH_ERR_INIT;
		struct bpf bpf;

		assert_int_equal(follow(doc, &limits[i], &err), 0);
		assert_int_equal(told, 1);
		assert_int_equal(
			bpf_compile(&bpf, doc, wh_json_get(doc, wh_json_root(doc), "seccomp")), 0);
		compare(&bpf, &bpf, &limits[i], check_default);
		compare(&bpf, &bpf, &limits[i], check_narrowed);
		free(bpf.code);
		assert_int_equal(follow(doc, &limits[i], &err), 0);
		assert_int_equal(told, 0);
	}
}

/* ---- profiles of the administrator ----------------------------------------------------------- */

static void check_intersected(const struct bpf *before, const struct bpf *after,
	const struct seccomp_data *data, const struct wh_seccomp_limits *limits)
{
	bool let = bpf_rank(bpf_run(after, data)) >= 4;
	char name[64];

	(void)limits;
	if (!let || bpf_rank(bpf_run(before, data)) >= 4)
		return;
	name_of(data, name);
	fail_msg("%s is let through", name);
}

static void test_profiles(void **state)
{
	static const char *const profiles[] = {
		"{\"architectures\":[\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X86\"],\"defaultAction\":"
		"\"SCMP_ACT_ERRNO\",\"syscalls\":[" ALLOW(
			"\"read\",\"write\",\"mount\"") "," MASKED("clone", NEWUSER) "]}",
		"{\"architectures\":[\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X86\"],\"defaultAction\":"
		"\"SCMP_ACT_ALLOW\",\"syscalls\":[" ERRNO("\"read\",\"getpid\"") "]}",
		"{\"architectures\":[\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X86\"],\"defaultAction\":"
		"\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":[\"personality\","
		"\"openat\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":0,\"value\":8,"
		"\"op\":\"SCMP_CMP_EQ\"}]}]}",
	};
	static const char *const requests[] = {
		DENIES(ALLOW("\"read\",\"openat\",\"getpid\",\"clone\"")),
		LETS(ERRNO("\"write\"")),
		"{\"seccomp\":null}",
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(profiles) * WH_COUNT(requests); i++) {
		const char *text = profiles[i % WH_COUNT(profiles)];
		WH_JSON struct wh_json *profile = document(text);
		WH_JSON struct wh_json *doc = document(requests[i / WH_COUNT(profiles)]);
		WH_JSON struct wh_json *request = document(requests[i / WH_COUNT(profiles)]);
		struct wh_json *const list[] = { profile };
		const struct wh_seccomp_limits limits = {
			.profiles = list, .profile_count = 1, .user_namespaces = true
		};
		wh_node old = wh_json_get(request, wh_json_root(request), "seccomp");
		struct wh_err err = WH_ERR_INIT;
		struct bpf after, by, before;

		assert_int_equal(follow(doc, &limits, &err), 0);
		assert_int_equal(
			bpf_compile(&after, doc, wh_json_get(doc, wh_json_root(doc), "seccomp")),
			0);
		assert_int_equal(bpf_compile(&by, profile, wh_json_root(profile)), 0);
		compare(&by, &after, &limits, check_intersected);
		if (wh_json_type(request, old) == WH_JSON_OBJECT) {
			assert_int_equal(bpf_compile(&before, request, old), 0);
			compare(&before, &after, &limits, check_intersected);
			free(before.code);
		}
		assert_int_equal(follow(doc, &limits, &err), 0);
		assert_int_equal(told, 0);
		free(after.code);
		free(by.code);
	}
}

/* ---- the table ------------------------------------------------------------------------------ */

static void test_table_is_in_order(void **state)
{
	const struct wh_syscall *call, *last = NULL;

	(void)state;
	for (size_t i = 0; (call = wh_syscall_get(i)) != NULL; i++) {
		if (last != NULL && strcmp(last->name, call->name) >= 0)
			fail_msg("%s stands before %s", last->name, call->name);
		assert_ptr_equal(wh_syscall_find(wh_slice_of(call->name)), call);
		last = call;
	}
	assert_null(wh_syscall_find(WH_SLICE("no_such_call")));
	assert_null(wh_syscall_find(WH_SLICE("")));
}

static void test_table_is_complete(void **state)
{
	(void)state;
	for (size_t a = 0; a < WH_COUNT(bpf_arches); a++) {
		for (int nr = 0; nr < 0x0f0020; nr++) {
			char *name;

			if (nr == 1200)
				nr = 0x0f0000;
			name = seccomp_syscall_resolve_num_arch(bpf_arches[a],
				bpf_arches[a] == SCMP_ARCH_X32 ? nr | 0x40000000 : nr);
			if (name != NULL && wh_syscall_find(wh_slice_of(name)) == NULL)
				fail_msg("%s is not in the table", name);
			free(name);
		}
	}
}

static void test_calls_have_names(void **state)
{
	static const struct {
		int64_t number;
		const char *name;
	} cases[] = {
		{ SYS_setuid, "setuid" },
		{ SYS_openat, "openat" },
		{ SYS_newfstatat, "newfstatat" },
		{ -1, NULL },
		{ 1023, NULL },
		{ INT64_C(0x100000000) | SYS_openat, NULL },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
		const char *name = "?";

		assert_int_equal(wh_seccomp_call_name(cases[i].number, &arena, &name), 0);
		if (cases[i].name == NULL)
			assert_null(name);
		else
			assert_string_equal(name, cases[i].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_engines_filters),
		cmocka_unit_test(test_default_profile),
		cmocka_unit_test(test_profiles),
		cmocka_unit_test(test_table_is_in_order),
		cmocka_unit_test(test_table_is_complete),
		cmocka_unit_test(test_calls_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
