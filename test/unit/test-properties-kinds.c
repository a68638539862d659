/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold in every kind of privilege, over generated requests and limits: the outcome grants
 * no more than the request did, and judging it again changes nothing. Each kind is held to its own
 * measure: devices by what the cgroup's rules would allow, limits by their numbers, lists by what
 * is in them. A failure prints its seed.
 */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>

#include "judge.h"
#include "seccomp/filter.h"

#define RUNS 4000

static uint64_t state_of_dice;

static unsigned below(unsigned n)
{
	uint64_t z = state_of_dice += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (unsigned)((z ^ z >> 31) % n);
}

/* ---- requests ------------------------------------------------------------------------------- */

#define pick(list) ((list)[below(WH_COUNT(list))])

static const char *const ids[] = { "0", "0", "5", "999", "1000" };
static const char *const mounts[] = { "{\"destination\":\"/proc\",\"type\":\"proc\"}",
	"{\"destination\":\"/sys\",\"type\":\"sysfs\",\"options\":[\"rw\",\"nosuid\"]}",
	"{\"destination\":\"/sys\",\"type\":\"sysfs\"}",
	"{\"destination\":\"/c\",\"type\":\"cgroup\",\"options\":[\"ro\",\"rshared\"]}",
	"{\"destination\":\"/mnt\",\"type\":\"ext4\",\"source\":\"/dev/sda\"}",
	"{\"destination\":\"/mnt/in\",\"type\":\"tmpfs\",\"options\":[\"shared\"]}",
	"{\"destination\":\"/other\",\"type\":\"sysfs\"}" };
static const char *const nodes[] = {
	"{\"path\":\"/dev/null\",\"type\":\"c\",\"major\":1,\"minor\":3}",
	"{\"path\":\"/dev/null\",\"type\":\"b\",\"major\":8,\"minor\":0}",
	"{\"path\":\"/dev/x\",\"type\":\"u\",\"major\":10,\"minor\":229}",
	"{\"path\":\"/dev/p\",\"type\":\"p\"}"
};
static const char *const rules[] = { "{\"allow\":true,\"access\":\"rwm\"}",
	"{\"allow\":false,\"access\":\"rwm\"}", "{\"allow\":false,\"access\":\"w\"}",
	"{\"allow\":true,\"type\":\"c\",\"major\":1,\"access\":\"rw\"}",
	"{\"allow\":true,\"type\":\"c\",\"major\":10,\"minor\":229,\"access\":\"rwm\"}",
	"{\"allow\":true,\"type\":\"b\",\"major\":-1,\"minor\":-1,\"access\":\"m\"}",
	"{\"allow\":false,\"type\":\"c\",\"major\":1,\"minor\":3,\"access\":\"r\"}",
	"{\"allow\":true,\"type\":\"a\",\"access\":\"r\"}" };
static const char *const namespaces[] = { "{\"type\":\"mount\"}", "{\"type\":\"pid\"}",
	"{\"type\":\"network\",\"path\":\"/x\"}", "{\"type\":\"ipc\",\"path\":\"/y\"}",
	"{\"type\":\"uts\"}" };
static const char *const parameters[] = { "\"net.core.somaxconn\":\"1\"",
	"\"kernel.core_pattern\":\"x\"", "\"net.ipv4.tcp_rmem\":\"1\"", "\"kernel/shmmax\":\"1\"" };
static const char *const paths[] = { "\"/proc/kcore\"", "\"/mine\"", "\"/proc/sys\"",
	"\"/proc/acpi\"" };
static const char *const limits_words[] = {
	"{\"type\":\"RLIMIT_NOFILE\",\"hard\":18446744073709551615,\"soft\":5}",
	"{\"type\":\"RLIMIT_NPROC\",\"hard\":10,\"soft\":10}",
	"{\"type\":\"RLIMIT_CORE\",\"hard\":7,\"soft\":9}"
};

/* Some of a list, each at most once, in its order. */
static void add_some(struct wh_buf *out, const char *key, const char *open, const char *close,
	const char *const list[], size_t count)
{
	const char *before = "";

	if (below(4) == 0)
		return;
	wh_buf_addf(out, ",\"%s\":%s", key, open);
	for (size_t i = 0; i < count; i++) {
		if (below(2) == 0)
			continue;
		wh_buf_addf(out, "%s%s", before, list[i]);
		before = ",";
	}
	wh_buf_add_string(out, close);
}
#define SOME(out, key, list) add_some(out, key, "[", "]", list, WH_COUNT(list))

static void write_request(struct wh_buf *out)
{
	wh_buf_addf(out, "{\"root\":{},\"process\":{\"user\":{\"uid\":%s,\"gid\":%s", pick(ids),
		pick(ids));
	SOME(out, "additionalGids", ids);
	wh_buf_addf(out, "},\"oomScoreAdj\":%d", (int)below(2000) - 1000);
	SOME(out, "rlimits", limits_words);
	if (below(2) == 0)
		wh_buf_addf(out, ",\"scheduler\":{\"policy\":\"%s\",\"nice\":%d}",
			below(2) == 0 ? "SCHED_FIFO" : "SCHED_OTHER", (int)below(3) - 1);
	wh_buf_add_string(out, "}");
	SOME(out, "mounts", mounts);
	wh_buf_add_string(out, ",\"linux\":{\"x\":1");
	SOME(out, "devices", nodes);
	SOME(out, "namespaces", namespaces);
	SOME(out, "maskedPaths", paths);
	SOME(out, "readonlyPaths", paths);
	add_some(out, "sysctl", "{", "}", parameters, WH_COUNT(parameters));
	wh_buf_add_string(out, ",\"resources\":{\"y\":1");
	SOME(out, "devices", rules);
	if (below(2) == 0)
		wh_buf_addf(out, ",\"pids\":{\"limit\":%d}", (int)below(100) - 1);
	wh_buf_add_string(out, "}");
	if (below(3) == 0)
		wh_buf_add_string(out, ",\"rootfsPropagation\":\"shared\"");
	if (below(3) == 0)
		wh_buf_add_string(out, ",\"personality\":{\"domain\":\"LINUX32\"}");
	wh_buf_add_string(out, "}}");
}

/* ---- limits --------------------------------------------------------------------------------- */

static const struct wh_item fifty = { .low = 50, .high = 50 };
static const struct wh_item files = { .text = "RLIMIT_NOFILE", .low = 6, .high = 6 };
static const struct wh_item user = { .low = 10001, .high = 10001 };
static const struct wh_setting fifty_of = { .items = &fifty, .count = 1 };
static const struct wh_setting files_of = { .items = &files, .count = 1 };
static const struct wh_setting user_of = { .items = &user, .count = 1 };

static void make_limits(struct wh_limits *limits)
{
	*limits = (struct wh_limits)EVERYTHING;
	for (enum wh_kind kind = 0; kind < WH_KINDS; kind++) {
		limits->kinds[kind] = wh_limit_silent(kind);
		limits->kinds[kind].otherwise =
			below(3) == 0 || wh_kind_info(kind)->strip == NULL ? WH_KEEP : WH_STRIP;
	}
	limits->kinds[WH_KIND_RESOURCES].members[WH_RESOURCES_PIDS] = &fifty_of;
	limits->kinds[WH_KIND_RLIMITS].members[WH_RLIMITS_MAX] = &files_of;
	limits->kinds[WH_KIND_RUN_AS_NON_ROOT].members[WH_USER_UID] = &user_of;
}

/* ---- measures ------------------------------------------------------------------------------- */

static wh_node at(struct wh_json *doc, const char *a, const char *b, const char *c)
{
	wh_node node = wh_json_get(doc, wh_json_root(doc), a);

	node = b == NULL ? node : wh_json_get(doc, node, b);
	return c == NULL ? node : wh_json_get(doc, node, c);
}

static bool has_element(struct wh_json *doc, wh_node array, const char *text)
{
	bool found = false;

	wh_json_each_element (doc, array, element) {
		char *own = document_text(doc, element);

		found |= strcmp(own, text) == 0;
		free(own);
	}
	return found;
}

/* Every element of the one is in the other. */
static void assert_within(struct wh_json *a, wh_node array, struct wh_json *b, wh_node other)
{
	wh_json_each_element (a, array, element) {
		char *text = document_text(a, element);

		if (!has_element(b, other, text))
			fail_msg("%s is new", text);
		free(text);
	}
}

/* What the device cgroup allows, as the kernel reads its rules: the last that fits counts, and
 * without any everything is allowed. */
static bool device_allowed(
	struct wh_json *doc, char type, int64_t major, int64_t minor, char access)
{
	wh_node list = at(doc, "linux", "resources", "devices");
	bool allowed = wh_json_first(doc, list) == WH_NO_NODE;

	wh_json_each_element (doc, list, rule) {
		struct wh_slice kind = wh_json_string(doc, wh_json_get(doc, rule, "type"));
		struct wh_slice accesses = wh_json_string(doc, wh_json_get(doc, rule, "access"));
		int64_t numbers[2] = { -1, -1 };

		(void)!wh_json_i64(doc, wh_json_get(doc, rule, "major"), &numbers[0]);
		(void)!wh_json_i64(doc, wh_json_get(doc, rule, "minor"), &numbers[1]);
		if ((kind.len == 1 && kind.data[0] != 'a' && kind.data[0] != type) ||
			(numbers[0] >= 0 && numbers[0] != major) ||
			(numbers[1] >= 0 && numbers[1] != minor) ||
			memchr(accesses.data, access, accesses.len) == NULL)
			continue;
		allowed = wh_json_type(doc, wh_json_get(doc, rule, "allow")) == WH_JSON_TRUE;
	}
	return allowed;
}

static void check_devices(struct wh_json *before, struct wh_json *after)
{
	static const struct {
		char type;
		int64_t major, minor;
	} devices[] = { { 'c', 1, 3 }, { 'c', 1, 1 }, { 'b', 8, 0 }, { 'c', 10, 229 },
		{ 'c', 136, 7 } };

	for (size_t i = 0; i < WH_COUNT(devices); i++) {
		for (const char *access = "rwm"; *access != '\0'; access++) {
			if (device_allowed(after, devices[i].type, devices[i].major,
				    devices[i].minor, *access) &&
				!device_allowed(before, devices[i].type, devices[i].major,
					devices[i].minor, *access))
				fail_msg("%c %d:%d %c is allowed now", devices[i].type,
					(int)devices[i].major, (int)devices[i].minor, *access);
		}
	}
	assert_within(after, at(after, "linux", "devices", NULL), before,
		at(before, "linux", "devices", NULL));
}

/* A namespace that was there is there, and joined by no other path. */
static void check_namespaces(struct wh_json *before, struct wh_json *after)
{
	wh_json_each_element (before, at(before, "linux", "namespaces", NULL), entry) {
		struct wh_slice type = wh_json_string(before, wh_json_get(before, entry, "type"));
		bool found = false;

		wh_json_each_element (after, at(after, "linux", "namespaces", NULL), other) {
			if (!wh_slice_eq(
				    type, wh_json_string(after, wh_json_get(after, other, "type"))))
				continue;
			found = true;
			if (wh_json_get(after, other, "path") != WH_NO_NODE)
				assert_true(wh_slice_eq(
					wh_json_string(after, wh_json_get(after, other, "path")),
					wh_json_string(
						before, wh_json_get(before, entry, "path"))));
		}
		assert_true(found);
	}
}

static bool is_readonly(struct wh_json *doc, wh_node mount)
{
	bool found = false;

	wh_json_each_element (doc, wh_json_get(doc, mount, "options"), option) {
		if (wh_json_string_is(doc, option, "ro"))
			found = true;
		if (wh_json_string_is(doc, option, "rw"))
			found = false;
	}
	return found;
}

/* Mounts only go, or become read-only; scratch that is added has a type of its own. */
static void check_mounts(struct wh_json *before, struct wh_json *after)
{
	wh_json_each_element (after, at(after, "mounts", NULL, NULL), mount) {
		bool found = false;

		wh_json_each_element (before, at(before, "mounts", NULL, NULL), other) {
			if (!wh_slice_eq(
				    wh_json_string(after, wh_json_get(after, mount, "destination")),
				    wh_json_string(
					    before, wh_json_get(before, other, "destination"))))
				continue;
			found = true;
			if (is_readonly(before, other) && !is_readonly(after, mount))
				found = false;
		}
		assert_true(found);
	}
}

static void check_numbers(struct wh_json *before, struct wh_json *after)
{
	int64_t was = 0, is = 0;

	(void)!wh_json_i64(before, at(before, "process", "oomScoreAdj", NULL), &was);
	(void)!wh_json_i64(after, at(after, "process", "oomScoreAdj", NULL), &is);
	assert_true(is >= was);
	was = is = -1;
	(void)!wh_json_i64(before,
		wh_json_get(before, at(before, "linux", "resources", "pids"), "limit"), &was);
	(void)!wh_json_i64(
		after, wh_json_get(after, at(after, "linux", "resources", "pids"), "limit"), &is);
	if (was > 0)
		assert_true(is > 0 && is <= was);
	wh_json_each_element (before, at(before, "process", "rlimits", NULL), entry) {
		wh_json_each_element (after, at(after, "process", "rlimits", NULL), other) {
			uint64_t old = 0, new = 0;

			if (!wh_slice_eq(wh_json_string(before, wh_json_get(before, entry, "type")),
				    wh_json_string(after, wh_json_get(after, other, "type"))))
				continue;
			(void)!wh_json_u64(before, wh_json_get(before, entry, "hard"), &old);
			(void)!wh_json_u64(after, wh_json_get(after, other, "hard"), &new);
			assert_true(new <= old);
		}
	}
}

static void check_monotone(struct wh_json *before, struct wh_json *after)
{
	static const char *const grown[] = { "maskedPaths", "readonlyPaths" };

	check_devices(before, after);
	check_namespaces(before, after);
	check_mounts(before, after);
	check_numbers(before, after);
	for (size_t i = 0; i < WH_COUNT(grown); i++)
		assert_within(before, at(before, "linux", grown[i], NULL), after,
			at(after, "linux", grown[i], NULL));
	assert_within(after,
		wh_json_get(after, at(after, "process", "user", NULL), "additionalGids"), before,
		wh_json_get(before, at(before, "process", "user", NULL), "additionalGids"));
	wh_json_each_member (after, at(after, "linux", "sysctl", NULL), key) {
		char *text = document_text(after, key);

		text[strlen(text) - 1] = '\0';
		assert_true(wh_json_get(before, at(before, "linux", "sysctl", NULL), text + 1) !=
			    WH_NO_NODE);
		free(text);
	}
}

/* ---- runs ----------------------------------------------------------------------------------- */

static unsigned refused;

static void run(uint64_t seed)
{
	static const enum wh_namespace others[8] = { WH_NAMESPACE_OTHER, WH_NAMESPACE_OTHER,
		WH_NAMESPACE_HOST, WH_NAMESPACE_OTHER, WH_NAMESPACE_OTHER };
	const struct wh_facts facts = { .last_capability = WH_CAP_COUNT - 1, .namespaces = others };
	struct wh_buf text = WH_BUF_INIT;
	struct wh_limits limits;
	struct judgement first, second;
	struct wh_json *before;
	char *once, *twice;

	state_of_dice = seed;
	write_request(&text);
	make_limits(&limits);
	before = document(text.data);
	judge_document(&first, wh_trim_config, document(text.data), &limits, &facts);
	if (first.result < 0) {
		assert_int_equal(first.result == -EACCES || first.result == -EINVAL, 1);
		refused++;
	} else {
		check_monotone(before, first.doc);
		once = document_text(first.doc, wh_json_root(first.doc));
		judge_document(&second, wh_trim_config, document(once), &limits, &facts);
		if (second.result < 0)
			fail_msg("the second time: %s", second.err.text);
		twice = document_text(second.doc, wh_json_root(second.doc));
		assert_string_equal(once, twice);
		assert_int_equal(second.trim.changes.total, 0);
		free(once);
		free(twice);
		judgement_done(&second);
	}
	judgement_done(&first);
	wh_json_free(before);
	wh_buf_done(&text);
}

static uint64_t seed_at_work;

static void every_kind(void **state)
{
	(void)state;
	for (seed_at_work = 1; seed_at_work <= RUNS; seed_at_work++)
		run(seed_at_work);
	/* The generator must not get stuck on one side. */
	assert_in_range(refused, 1, RUNS / 2);
	seed_at_work = 0;
}

static int report_seed(void **state)
{
	(void)state;
	if (seed_at_work != 0)
		fprintf(stderr, "# failed with seed %" PRIu64 "\n", seed_at_work);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test_teardown(every_kind, report_seed) };

	return cmocka_run_group_tests_name("properties-kinds", tests, NULL, NULL);
}
