/* SPDX-License-Identifier: Apache-2.0 */
/* Threats T44 and T45: a read-only root where runtimes apply it, a refusal where they would not. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "judge.h"

#define PROCESS \
	"'process':{'user':{'uid':0,'gid':0},'capabilities':{'bounding':[],'effective':[]," \
	"'inheritable':[],'permitted':[],'ambient':[]}}"
#define MOUNT_NS ",'linux':{'namespaces':[{'type':'pid'},{'type':'mount'}]}}"
#define WITH(root, rest) "{" PROCESS ",'root':" root rest
#define NAMESPACES(list) WITH("{'path':'r'}", ",'linux':{'namespaces':" list "}}")
#define SET \
	"readonlyRootfs set true at /root/readonly: programs of the image must not be replaced\n"
#define REFUSED \
	"the policy wants a read-only root file system, which runtimes do not apply without a " \
	"new mount namespace; config.json asks for none of its own"

static const struct wh_limits readonly_root = { .capabilities = WH_CAPSET_ALL,
	.kinds[WH_KIND_READONLY_ROOTFS].otherwise = WH_STRIP };

static void becomes_read_only(void **state)
{
	static const struct judged rows[] = {
		{ WITH("{'path':'rootfs'}", MOUNT_NS),
			WITH("{'path':'rootfs','readonly':true}", MOUNT_NS), SET },
		{ WITH("{'readonly':false,'path':'rootfs'}", MOUNT_NS),
			WITH("{'readonly':true,'path':'rootfs'}", MOUNT_NS), SET },
		{ WITH("{'readonly':null}", MOUNT_NS), WITH("{'readonly':true}", MOUNT_NS), SET },
		{ WITH("{'path':'rootfs','readonly':true}", MOUNT_NS), NULL, "" },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(rows); i++)
		assert_judged(wh_trim_config, &rows[i], &readonly_root, NULL);
}

/* T44: runc and crun would pass over root.readonly without a word. Also when the container asks for
 * it itself. */
static void needs_a_mount_namespace(void **state)
{
	static const char *const texts[] = {
		WITH("{'path':'r'}", "}"),
		WITH("{'path':'r','readonly':true}", "}"),
		WITH("{'path':'r'}", ",'linux':null}"),
		WITH("{'path':'r'}", ",'linux':{}}"),
		NAMESPACES("null"),
		NAMESPACES("[]"),
		NAMESPACES("[{}]"),
		NAMESPACES("[{'type':'pid'},{'type':'network'},{'type':'user'}]"),
		NAMESPACES("[{'type':null}]"),
		NAMESPACES("[{'type':'mnt'}]"),
		NAMESPACES("[{'type':'Mount'}]"),
		NAMESPACES("[{'type':'mount '}]"),
		NAMESPACES("[{'type':''}]"),
		/* T62: joined by path, so somebody else's */
		NAMESPACES("[{'type':'mount','path':'/proc/1/ns/mnt'}]"),
		NAMESPACES("[{'type':'mount','path':' '}]"),
		NAMESPACES("[{'path':'/proc/1/ns/mnt','type':'mount'}]"),
		/* twice: which one counts is the runtime's choice */
		NAMESPACES("[{'type':'mount'},{'type':'mount','path':'/proc/1/ns/mnt'}]"),
		NAMESPACES("[{'type':'mount','path':'/x'},{'type':'pid'},{'type':'mount'}]"),
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(texts); i++) {
		const struct judged row = { texts[i], NULL, NULL, REFUSED };

		assert_judged(wh_trim_config, &row, &readonly_root, NULL);
	}
}

static void has_a_mount_namespace(void **state)
{
	static const char *const lists[] = {
		"[{'type':'mount'}]",
		"[{'type':'mount','path':''}]",
		"[{'type':'mount','path':null}]",
		"[{'type':'m\\u006funt'}]",
		"[{'type':'pid','path':'/proc/1/ns/pid'},{'type':'mount'}]",
		"[{'type':'mount'},{'type':'mount'}]",
		"[{'type':'new kind','path':'/x'},{'type':'mount','new':1}]",
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(lists); i++) {
		char before[512], after[512];
		const struct judged row = { before, after, SET };

		spell(before, sizeof(before), NAMESPACES("%s"), lists[i]);
		spell(after, sizeof(after),
			WITH("{'path':'r','readonly':true}", ",'linux':{'namespaces':%s}}"),
			lists[i]);
		assert_judged(wh_trim_config, &row, &readonly_root, NULL);
	}
}

/* crun would make the root read-only that lies below the mount. */
static void nothing_may_lie_on_the_root(void **state)
{
	static const char *const on_it[] = { "'destination':'/'", "'destination':'//'",
		"'destination':''", "'destination':'.'", "'destination':'..'",
		"'destination':'/../..'", "'destination':'/./'", "'destination':'/a/..'",
		"'destination':'a/b/../../'", "'destination':'/a/../../b/..'",
		"'destination':'\\u002f'", "'type':'tmpfs'", "'destination':null" };
	static const char *const below_it[] = { "/a", "a", "/...", "/..a", "/a/../b", "/.a/", "/ ",
		"/a/./b/../", "/../a" };
	char text[512], after[512];

	(void)state;
	for (size_t i = 0; i < WH_COUNT(on_it); i++) {
		static const char error[] =
			"line 1, column 171 (/mounts/1): this mount would lie on the root of the "
			"container, which the policy wants read-only; mount it on a folder below";
		const struct judged refused = { text, NULL, NULL, error };
		const struct judged allowed = { text, NULL, "" };
		const struct wh_limits everything = EVERYTHING;

		spell(text, sizeof(text),
			WITH("{}", ",'mounts':[{'destination':'/a'},{%s}]" MOUNT_NS), on_it[i]);
		assert_judged(wh_trim_config, &refused, &readonly_root, NULL);
		assert_judged(wh_trim_config, &allowed, &everything, NULL);
	}
	for (size_t i = 0; i < WH_COUNT(below_it); i++) {
		const struct judged row = { text, after, SET };

		spell(text, sizeof(text), WITH("{}", ",'mounts':[{'destination':'%s'}]" MOUNT_NS),
			below_it[i]);
		spell(after, sizeof(after),
			WITH("{'readonly':true}", ",'mounts':[{'destination':'%s'}]" MOUNT_NS),
			below_it[i]);
		assert_judged(wh_trim_config, &row, &readonly_root, NULL);
	}
}

/* What only a look at the links tells. */
static void nothing_may_be_led_to_the_root(void **state)
{
	static const char text[] =
		"{'process':{},'root':{},'mounts':[{'destination':'/a'}]" MOUNT_NS;
	static const char *const errors[] = {
		"line 1, column 35 (/mounts/0): this mount would lie on the root of the "
		"container, which the policy wants read-only; mount it on a folder below",
		"line 1, column 35 (/mounts/0): links lead this mount where it cannot be told "
		"whether it would lie on the root of the container, which the policy wants "
		"read-only; name the folder without links",
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(errors); i++) {
		struct wh_err err = WH_ERR_INIT;
		struct wh_json *doc WH_JSON = document(text);
		struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
		wh_node mounts = wh_json_get(doc, wh_json_root(doc), "mounts");
		struct wh_facts facts = { .last_capability = WH_CAP_COUNT - 1 };
		struct wh_trim trim;

		*(i == 0 ? &facts.mount_on_root : &facts.mount_astray) = wh_json_first(doc, mounts);
		assert_int_equal(
			wh_trim_config(&trim, doc, &readonly_root, &facts, &arena, &err), -EINVAL);
		assert_string_equal(err.text, errors[i]);
	}
}

/* A policy that does not ask for it takes nothing away, and refuses nothing. */
static void is_left_alone(void **state)
{
	static const struct judged rows[] = {
		{ WITH("{'path':'r'}", "}"), NULL, "" },
		{ WITH("{'path':'r','readonly':true}", "}"), NULL, "" },
		{ WITH("{'path':'r','readonly':false}", MOUNT_NS), NULL, "" },
		{ WITH("{'path':'r','readonly':null}", MOUNT_NS), NULL, "" },
	};
	const struct wh_limits everything = EVERYTHING;

	(void)state;
	for (size_t i = 0; i < WH_COUNT(rows); i++)
		assert_judged(wh_trim_config, &rows[i], &everything, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(becomes_read_only),
		cmocka_unit_test(needs_a_mount_namespace),
		cmocka_unit_test(has_a_mount_namespace),
		cmocka_unit_test(nothing_may_lie_on_the_root),
		cmocka_unit_test(nothing_may_be_led_to_the_root),
		cmocka_unit_test(is_left_alone),
	};

	return cmocka_run_group_tests_name("trim-rootfs", tests, NULL, NULL);
}
