/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scratch space in a read-only root: never over what the container mounts, never where a link
 * leads out, and in an order in which everything can be seen.
 */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "judge.h"

#define REST \
	",'process':{'user':{'uid':0,'gid':0},'capabilities':{'bounding':[],'effective':[]," \
	"'inheritable':[],'permitted':[],'ambient':[]}}}"
#define WITH(mounts) "{'root':{'readonly':true},'mounts':" mounts REST
#define TMPFS_SIZED(path, size) \
	"{'destination':'" path "','type':'tmpfs','source':'tmpfs','options':['nosuid','nodev'," \
	"'noexec','mode=1777','size=" size "']}"
#define TMPFS(path) TMPFS_SIZED(path, "67108864")
#define ADDED(path) "tmpfs added " path " at /mounts: scratch space in a read-only root\n"
#define VOLUME(path) "{'destination':'" path "','type':'bind','source':'/v','options':['rbind']}"
#define MEBIBYTES(n) ((uint64_t)(n) << 20)

enum { PLACES = 4 };

/* What the policy wants, and what the host found there. `resolved` NULL is the path itself. */
struct wanted {
	const char *path;
	const char *resolved;
	enum wh_place_kind kind;
	uint64_t size;
	unsigned uid, gid;
	const struct wh_place_folder *folders;
	size_t folder_count;
};

static void judge_mounts(const struct wanted wanted[PLACES], const struct judged *row)
{
	struct wh_policy_tmpfs tmpfs[PLACES];
	struct wh_place places[PLACES];
	const struct wh_facts facts = { places, WH_CAP_COUNT - 1 };
	struct wh_limits limits = EVERYTHING;
	size_t n = 0;

	for (; n < PLACES && wanted[n].path != NULL; n++) {
		const struct wanted *w = &wanted[n];

		tmpfs[n] =
			(struct wh_policy_tmpfs){ w->path, w->size == 0 ? MEBIBYTES(64) : w->size };
		places[n] = (struct wh_place){ w->path, w->resolved == NULL ? w->path : w->resolved,
			w->kind, .uid = w->uid, .gid = w->gid, .folders = w->folders,
			.folder_count = w->folder_count };
	}
	limits.tmpfs = tmpfs;
	limits.tmpfs_count = n;
	assert_judged(wh_trim_config, row, &limits, &facts);
}

struct mounts {
	struct wanted wanted[PLACES];
	struct judged row;
};

static void check(const struct mounts *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		judge_mounts(rows[i].wanted, &rows[i].row);
}

/* In front of all others, so that what the container mounts lies on top. */
static void goes_to_the_front(void **state)
{
	static const struct mounts rows[] = {
		{ { { "/tmp" } }, { WITH("[]"), WITH("[" TMPFS("/tmp") "]"), ADDED("/tmp") } },
		{ { { "/tmp" } }, { WITH("null"), WITH("[" TMPFS("/tmp") "]"), ADDED("/tmp") } },
		{ { { "/tmp" } },
			{ "{'root':{'readonly':true}" REST,
				"{'root':{'readonly':true},'process':{'user':{'uid':0,'gid':0},"
				"'capabilities':{'bounding':[],'effective':[],'inheritable':[],"
				"'permitted':[],'ambient':[]}},'mounts':[" TMPFS("/tmp") "]}",
				ADDED("/tmp") } },
		{ { { "/run" }, { "/tmp" } },
			{ WITH("[" VOLUME("/proc") "," VOLUME("/run/secrets") "]"),
				WITH("[" TMPFS("/run") "," TMPFS("/tmp") "," VOLUME(
					"/proc") "," VOLUME("/run/secrets") "]"),
				ADDED("/tmp") ADDED("/run") } },
		{ { { "/var/tmp", NULL, WH_PLACE_FOLDER, MEBIBYTES(16) },
			  { "/t", NULL, WH_PLACE_FOLDER, 1 },
			  { "/u", NULL, WH_PLACE_FOLDER, UINT64_MAX } },
			{ WITH("[]"),
				WITH("[" TMPFS_SIZED("/t", "1") "," TMPFS_SIZED(
					"/u", "18446744073709551615") "," TMPFS_SIZED("/var/tmp",
					"16777216") "]"),
				NULL } },
	};

	(void)state;
	check(rows, WH_COUNT(rows));
}

/* Who owned the folder owns what covers it, where the numbers mean the same. */
static void keeps_the_owner(void **state)
{
#define OWNED(ids) \
	"{'destination':'/" \
	"c','type':'tmpfs','source':'tmpfs','options':['nosuid','nodev','noexec'," \
	"'mode=1777','size=67108864'" ids "]}"
	static const struct mounts rows[] = {
		{ { { "/c", NULL, WH_PLACE_FOLDER, 0, 1000, 50 } },
			{ WITH("[]"), WITH("[" OWNED(",'uid=1000','gid=50'") "]"), ADDED("/c") } },
		{ { { "/c", NULL, WH_PLACE_FOLDER, 0, 0, 50 } },
			{ WITH("[]"), WITH("[" OWNED(",'uid=0','gid=50'") "]"), ADDED("/c") } },
		{ { { "/c", NULL, WH_PLACE_FOLDER, 0, 65534, 0 } },
			{ WITH("[]"), WITH("[" OWNED("") "]"), ADDED("/c") } },
		{ { { "/c", NULL, WH_PLACE_FOLDER, 0, 5, 65534 } },
			{ WITH("[]"), WITH("[" OWNED("") "]"), ADDED("/c") } },
	};

	(void)state;
	check(rows, WH_COUNT(rows));
#undef OWNED
}

/* What it hides is there again, below what has a place or a mount of its own. */
static void makes_folders_anew(void **state)
{
#define SMALL(path, mode, ids) \
	"{'destination':'" path "','type':'tmpfs','source':'tmpfs','options':['nosuid','nodev'," \
	"'noexec','mode=" mode "','size=4194304'" ids "]}"
	static const struct wh_place_folder folders[] = {
		{ "a", 0755, 0, 0 },
		{ "b", 03775, 33, 34 },
		{ "c", 0700, 65534, 65534 },
		{ "d", 0700, 0, 0 },
	};
	static const struct mounts rows[] = {
		{ { { "/r", .kind = WH_PLACE_FOLDER, .folders = folders, .folder_count = 4 },
			  { "/r/d", .kind = WH_PLACE_FOLDER } },
			{ WITH("[" VOLUME("/r/a/x") "]"),
				WITH("[" TMPFS("/r") "," SMALL("/r/c", "700", "") "," SMALL(
					"/r/b", "3775", ",'uid=33','gid=34'") "," SMALL("/r/a",
					"755", "") "," TMPFS("/r/d") "," VOLUME("/r/a/x") "]"),
				ADDED("/r/d") ADDED("/r/a") ADDED("/r/b") ADDED("/r/c")
					ADDED("/r") } },
		{ { { "/r", .kind = WH_PLACE_FOLDER, .folders = folders, .folder_count = 1 } },
			{ WITH("[" VOLUME("/r/a") "]"),
				WITH("[" TMPFS("/r") "," VOLUME("/r/a") "]"), ADDED("/r") } },
		{ { { "/r", .kind = WH_PLACE_FOLDER, .folders = folders, .folder_count = 1 } },
			{ WITH("[" VOLUME("/r") "]"), WITH("[" VOLUME("/r") "]"), "" } },
		{ { { "/r", NULL, WH_PLACE_FOLDER, 8192, 0, 0, folders, 1 } },
			{ WITH("[]"),
				WITH("[" TMPFS_SIZED(
					"/r", "8192") ",{'destination':'/r/a',"
						      "'type':'tmpfs','source':'tmpfs','options':['"
						      "nosuid','nodev',"
						      "'noexec','mode=755','size=4096']}]"),
				ADDED("/r/a") ADDED("/r") } },
	};

	(void)state;
	check(rows, WH_COUNT(rows));
#undef SMALL
}

/* A folder comes before what lies below it, however the policy lists them. */
static void outer_before_inner(void **state)
{
#define NESTED WITH("[" TMPFS("/run") "," TMPFS("/run/lock") "," TMPFS("/run/lock/a") "]")
	static const struct mounts rows[] = {
		{ { { "/run" }, { "/run/lock" }, { "/run/lock/a" } }, { WITH("[]"), NESTED } },
		{ { { "/run/lock/a" }, { "/run/lock" }, { "/run" } }, { WITH("[]"), NESTED } },
		{ { { "/run/lock" }, { "/run" }, { "/run/lock/a" } }, { WITH("[]"), NESTED } },
		/* a link makes it an inner one */
		{ { { "/var/lock", "/run/lock" }, { "/run" } },
			{ WITH("[]"), WITH("[" TMPFS("/run") "," TMPFS("/run/lock") "]") } },
		/* and two paths one */
		{ { { "/run" }, { "/var/run", "/run" } },
			{ WITH("[]"), WITH("[" TMPFS("/run") "]"), ADDED("/run") } },
		{ { { "/var/run", "/run", WH_PLACE_FOLDER, 5 },
			  { "/run", NULL, WH_PLACE_FOLDER, 7 } },
			{ WITH("[]"), WITH("[" TMPFS_SIZED("/run", "7") "]"), ADDED("/run") } },
	};

	(void)state;
	check(rows, WH_COUNT(rows));
#undef NESTED
}

/* Where a mount of the container's own lies at or above the place, however its path is spelled. */
static void not_where_it_would_be_hidden(void **state)
{
	static const char *const hiding[] = { "/var/tmp", "/var", "/var/", "//var//tmp",
		"/var/./tmp/.", "/x/../var", "/../../var", "var", "var/tmp", "./var",
		"/var/tmp/x/..", "\\/var", "/v\\u0061r" };
	static const char *const beside[] = { "/", "", ".", "..", "/va", "/varx", "/var/tm",
		"/var/tmpx", "/var/tmp/x", "/x/var", "/var/..", "/var/tmp/../x", "/Var", "/var ",
		"/var/.../tmp" };
	static const struct wanted wanted[PLACES] = { { "/var/tmp" } };

	(void)state;
	for (size_t i = 0; i < WH_COUNT(hiding); i++) {
		char before[512];
		const struct judged row = { before, NULL, "" };

		spell(before, sizeof(before), WITH("[{},{'destination':'%s','type':'tmpfs'}]"),
			hiding[i]);
		judge_mounts(wanted, &row);
	}
	for (size_t i = 0; i < WH_COUNT(beside); i++) {
		char before[512], after[1024];
		const struct judged row = { before, after, ADDED("/var/tmp") };

		spell(before, sizeof(before), WITH("[{'destination':'%s'},{'destination':null}]"),
			beside[i]);
		spell(after, sizeof(after),
			WITH("[" TMPFS("/var/tmp") ",{'destination':'%s'},{'destination':null}]"),
			beside[i]);
		judge_mounts(wanted, &row);
	}
}

/* A link in the image: neither the path nor what it leads to may be the container's. */
static void links_of_the_image(void **state)
{
	static const struct mounts rows[] = {
		{ { { "/var/run", "/run" } },
			{ WITH("[]"), WITH("[" TMPFS("/run") "]"), ADDED("/run") } },
		{ { { "/var/run", "/run" } }, { WITH("[" VOLUME("/run") "]"), NULL, "" } },
		{ { { "/var/run", "/run" } }, { WITH("[" VOLUME("/var/run") "]"), NULL, "" } },
		{ { { "/var/run", "/run" } }, { WITH("[" VOLUME("/var") "]"), NULL, "" } },
		{ { { "/var/run", "/run" } },
			{ WITH("[" VOLUME("/run/x") "]"),
				WITH("[" TMPFS("/run") "," VOLUME("/run/x") "]"), ADDED("/run") } },
		/* a volume that is mounted through a link comes later, on top */
		{ { { "/run" } }, { WITH("[" VOLUME("/var/run") "]"),
					  WITH("[" TMPFS("/run") "," VOLUME("/var/run") "]"),
					  ADDED("/run") } },
	};

	(void)state;
	check(rows, WH_COUNT(rows));
}

/* By what the host found. What cannot be mounted is left out, so that the container starts. */
static void kinds_of_places(void **state)
{
	static const struct mounts rows[] = {
		{ { { "/a", NULL, WH_PLACE_FOLDER } },
			{ WITH("[]"), WITH("[" TMPFS("/a") "]"), ADDED("/a") } },
		{ { { "/a", NULL, WH_PLACE_MISSING } },
			{ WITH("[]"), WITH("[" TMPFS("/a") "]"), ADDED("/a") } },
		{ { { "/a", NULL, WH_PLACE_BARRED } }, { WITH("[]"), NULL, "" } },
		{ { { "/a", NULL, WH_PLACE_OTHER } }, { WITH("[]"), NULL, "" } },
		{ { { "/a", NULL, WH_PLACE_LEAVES } }, { WITH("[]"), NULL, "" } },
		{ { { "/a", "/", WH_PLACE_LEAVES } }, { WITH("[]"), NULL, "" } },
		{ { { "/a", NULL, WH_PLACE_UNKNOWN } }, { WITH("[]"), NULL, "" } },
		/* a link to the root: it would hide the whole image */
		{ { { "/a", "/", WH_PLACE_FOLDER } }, { WITH("[]"), NULL, "" } },
		/* one is left out, the others are not */
		{ { { "/a", NULL, WH_PLACE_OTHER }, { "/b" }, { "/c", "/", WH_PLACE_LEAVES } },
			{ WITH("[]"), WITH("[" TMPFS("/b") "]"), ADDED("/b") } },
		/* and a document without mounts does not get an empty list for nothing */
		{ { { "/a", NULL, WH_PLACE_OTHER } },
			{ "{'root':{'readonly':true}" REST, NULL, "" } },
		{ { { NULL } }, { "{'root':{'readonly':true}" REST, NULL, "" } },
	};

	(void)state;
	check(rows, WH_COUNT(rows));
}

/* Where the root can be written, nobody needs scratch space. */
static void only_in_a_read_only_root(void **state)
{
	static const struct mounts rows[] = {
		{ { { "/a" } }, { "{'root':{'readonly':false},'mounts':[]" REST, NULL, "" } },
		{ { { "/a" } }, { "{'root':{'readonly':null},'mounts':[]" REST, NULL, "" } },
		{ { { "/a" } }, { "{'root':{},'mounts':[]" REST, NULL, "" } },
	};

	(void)state;
	check(rows, WH_COUNT(rows));
}

/* The policy makes the root read-only and gives scratch space in one go. */
static void after_the_root_became_read_only(void **state)
{
	static const struct judged row = {
		"{'root':{},'linux':{'namespaces':[{'type':'mount'}]}" REST,
		"{'root':{'readonly':true},'linux':{'namespaces':[{'type':'mount'}]},'process':{"
		"'user':{'uid':0,'gid':0},'capabilities':{'bounding':[],'effective':[],"
		"'inheritable':[],'permitted':[],'ambient':[]}},'mounts':[" TMPFS("/tmp") "]}",
		"readonlyRootfs set true at /root/readonly: programs of the image must not be "
		"replaced\n" ADDED("/tmp")
	};
	static const struct wh_policy_tmpfs tmpfs = { "/tmp", MEBIBYTES(64) };
	static const struct wh_place place = { "/tmp", "/tmp", WH_PLACE_FOLDER };
	static const struct wh_facts facts = { &place, WH_CAP_COUNT - 1 };
	static const struct wh_limits limits = { .kinds[WH_KIND_READONLY_ROOTFS].otherwise =
							 WH_STRIP,
		.tmpfs = &tmpfs,
		.tmpfs_count = 1 };

	(void)state;
	assert_judged(wh_trim_config, &row, &limits, &facts);
}

/* Paths as long as the kernel's, and longer: the runtime fails on these, whittle does not. */
static void long_paths(void **state)
{
	static const struct wanted wanted[PLACES] = { { "/tmp" } };

	(void)state;
	for (size_t len = 4090; len < 4100; len++) {
		char *before = calloc(1, 3 * len + 1000), *after = calloc(1, 3 * len + 1000);
		char *path = calloc(1, len + 1);
		const struct judged row = { before, after, ADDED("/tmp") };

		assert_true(before != NULL && after != NULL && path != NULL);
		memset(path, 'x', len);
		path[0] = '/';
		spell(before, 3 * len + 1000,
			WITH("[{'destination':'%s'},{'destination':'%s/../../%s'}]"), path, path,
			path + 1);
		spell(after, 3 * len + 1000,
			WITH("[" TMPFS(
				"/tmp") ",{'destination':'%s'},{'destination':'%s/../../%s'}]"),
			path, path, path + 1);
		judge_mounts(wanted, &row);
		free(before);
		free(after);
		free(path);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(goes_to_the_front),
		cmocka_unit_test(keeps_the_owner),
		cmocka_unit_test(makes_folders_anew),
		cmocka_unit_test(outer_before_inner),
		cmocka_unit_test(not_where_it_would_be_hidden),
		cmocka_unit_test(links_of_the_image),
		cmocka_unit_test(kinds_of_places),
		cmocka_unit_test(only_in_a_read_only_root),
		cmocka_unit_test(after_the_root_became_read_only),
		cmocka_unit_test(long_paths),
	};

	return cmocka_run_group_tests_name("trim-tmpfs", tests, NULL, NULL);
}
