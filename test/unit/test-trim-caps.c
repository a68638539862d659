/* SPDX-License-Identifier: Apache-2.0 */
/* The five sets: part C of the threats, by name, for config.json and for exec's process. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "judge.h"

enum { CHOWN = 0, KILL = 5, NET_BIND_SERVICE = 10, SYS_ADMIN = 21, BPF = 39, RESTORE = 40 };

#define BIT(capability) (UINT64_C(1) << (capability))
#define USER ",'user':{'uid':0,'gid':0}}"
#define EMPTY "'bounding':[],'effective':[],'inheritable':[],'permitted':[],'ambient':[]"
/* The same list in all five. */
#define FIVE(list) \
	"{'capabilities':{'bounding':" list ",'effective':" list ",'inheritable':" list \
	",'permitted':" list ",'ambient':" list "}" USER
/* One set filled, four empty. */
#define BOUNDING(list) \
	"{'capabilities':{'bounding':" list ",'effective':[],'inheritable':[],'permitted':[]," \
	"'ambient':[]}" USER
#define REMOVED(name, set, why) "capabilities removed " name " at /capabilities/" set ": " why "\n"
#define FROM_ALL(name, why) \
	REMOVED(name, "bounding", why) \
	REMOVED(name, "effective", why) \
	REMOVED(name, "inheritable", why) \
	REMOVED(name, "permitted", why) \
	REMOVED(name, "ambient", why)
#define POLICY "the policy does not allow it"
#define ALIAS "runtimes do not read this name alike, so it counts for nothing"
#define KERNEL "the running kernel has no such capability"
#define DEPENDS "the set that it depends on does not have it"

static void check(const struct judged *rows, size_t count, wh_capset allowed)
{
	const struct wh_limits limits = { .capabilities = allowed };

	for (size_t i = 0; i < count; i++)
		assert_judged(wh_trim_process, &rows[i], &limits, NULL);
}

/* T33: the same ceiling on all five. */
static void each_set_is_cut(void **state)
{
	static const char *const names[] = { "bounding", "effective", "inheritable", "permitted",
		"ambient" };
	static const struct judged all = { FIVE("['CAP_KILL','CAP_SYS_ADMIN']"),
		FIVE("['CAP_KILL']"), FROM_ALL("CAP_SYS_ADMIN", POLICY) };

	(void)state;
	check(&all, 1, BIT(KILL));
	for (size_t i = 0; i < WH_COUNT(names); i++) {
		char before[256], after[256], changes[256];
		const struct judged row = { before, after, changes };

		spell(before, sizeof(before), "{'capabilities':{'%s':['CAP_SYS_ADMIN']}" USER,
			names[i]);
		spell(after, sizeof(after), "{'capabilities':{'%s':[]", names[i]);
		for (size_t k = 0; k < WH_COUNT(names); k++) {
			if (k != i)
				spell(after + strlen(after), sizeof(after) - strlen(after),
					",'%s':[]", names[k]);
		}
		strcat(after, "}" USER);
		spell(changes, sizeof(changes),
			"capabilities removed CAP_SYS_ADMIN at /capabilities/%s: " POLICY "\n",
			names[i]);
		check(&row, 1, BIT(KILL));
	}
}

/* T34 and runc >= 1.3, which reads an absent or null object as every capability. */
static void left_out_is_none(void **state)
{
	static const struct judged rows[] = {
		{ "{'user':{'uid':0,'gid':0}}",
			"{'user':{'uid':0,'gid':0},'capabilities':{" EMPTY "}}", "" },
		{ "{'capabilities':null" USER, "{'capabilities':{" EMPTY "}" USER, "" },
		{ "{'capabilities':{}" USER, "{'capabilities':{" EMPTY "}" USER, "" },
		{ "{'capabilities':{'bounding':null,'ambient':null}" USER,
			"{'capabilities':{'bounding':[],'ambient':[],'effective':[],'inheritable':["
			"],"
			"'permitted':[]}" USER,
			"" },
		{ "{'capabilities':{'permitted':['CAP_KILL'],'bounding':['CAP_KILL']}" USER,
			"{'capabilities':{'permitted':['CAP_KILL'],'bounding':['CAP_KILL'],"
			"'effective':[],'inheritable':[],'ambient':[]}" USER,
			"" },
	};

	(void)state;
	check(rows, WH_COUNT(rows), WH_CAPSET_ALL);
}

/* T30: nobody has judged a sixth. */
static void a_sixth_set_is_refused(void **state)
{
#define SIXTH(place) \
	"line 1, column " place ": not one of the five capability sets that this version of " \
	"whittle can judge"
	static const struct judged rows[] = {
		{ "{'capabilities':{'bounding':[],'borrowed':['CAP_KILL']}" USER, NULL, NULL,
			SIXTH("32 (/capabilities/borrowed)") },
		{ "{'capabilities':{'':[]}" USER, NULL, NULL, SIXTH("18 (/capabilities/)") },
		{ "{'capabilities':{'bounding ':null}" USER, NULL, NULL,
			SIXTH("18 (/capabilities/bounding )") },
	};

	(void)state;
	check(rows, WH_COUNT(rows), WH_CAPSET_ALL);
#undef SIXTH
}

/* T32: what libcap takes for a capability and OCI does not, under a policy that allows all. */
static void aliases_count_for_nothing(void **state)
{
	static const char *const aliases[] = { "cap_sys_admin", "Cap_Sys_Admin", "CAP_SYS_ADMINx",
		"SYS_ADMIN", "sys_admin", "21", "0x15", "025", "21xyz", "+21", " 21",
		"CAP_SYS_ADMIN,CAP_KILL", "CAP_KILL,CAP_SYS_ADMIN", "CAP_SYS_ADMIN=ep",
		"cap_sys_admin=ep", "=ep", "CAP_SYS_ADMIN ", " CAP_SYS_ADMIN", "CAP_SYS_ADMIN\\t",
		"CAP_SYS_ADMIN\\n", "CAP_KILL+CAP_CHOWN", "ALL", "all", "CAP_ALL", "*", "CAP_*", "",
		"CAP_", "CAP_41", "CAP_KILLL", "CAP_KIL", "CAP_NEXT_YEAR", "\\u0441AP_KILL",
		"CAP_KILL\\u200b", "CAP_\\u212aILL", "CAP_\\u017fYS_ADMIN", "-21", "63", "64" };

	(void)state;
	for (size_t i = 0; i < WH_COUNT(aliases); i++) {
		const struct wh_limits limits = EVERYTHING;
		struct judgement j;
		char before[256];

		spell(before, sizeof(before), BOUNDING("['CAP_KILL','%s','CAP_CHOWN']"),
			aliases[i]);
		judge_document(&j, wh_trim_process, document(before), &limits, NULL);
		assert_int_equal(j.result, 0);
		assert_document(j.doc, wh_json_root(j.doc), BOUNDING("['CAP_KILL','CAP_CHOWN']"));
		assert_int_equal(j.trim.changes.total, 1);
		assert_string_equal(j.trim.changes.items[0].why, ALIAS);
		assert_string_equal(j.trim.changes.items[0].pointer, "/capabilities/bounding");
		judgement_done(&j);
	}
}

/* A name with escapes is that name (T20); the record shows it as it is meant. */
static void escaped_names_are_names(void **state)
{
	static const struct judged rows[] = {
		{ BOUNDING("['CAP_\\u004bILL','\\u0043AP_SYS_ADMIN']"),
			BOUNDING("['CAP_\\u004bILL']"),
			REMOVED("CAP_SYS_ADMIN", "bounding", POLICY) },
	};

	(void)state;
	check(rows, WH_COUNT(rows), BIT(KILL));
}

/* T18: NUL never reaches the trim; the reader refuses it. */
static void nul_is_refused_before(void **state)
{
	static const char text[] = "{\"capabilities\":{\"bounding\":[\"CAP_SYS_ADMIN\\u0000x\"]}}";
	struct wh_buf buf = WH_BUF_INIT;
	struct wh_err err = WH_ERR_INIT;
	struct wh_json *doc = NULL;

	(void)state;
	wh_buf_add_string(&buf, text);
	assert_int_equal(wh_json_parse_take(&doc, &buf, NULL, &err), -EINVAL);
	assert_null(doc);
	assert_non_null(strstr(err.text, "/capabilities/bounding/0"));
}

/* T38: requested and allowed, never the policy's list. */
static void nothing_is_added(void **state)
{
	static const struct judged rows[] = {
		{ FIVE("['CAP_KILL']"), NULL, "" },
		{ FIVE("[]"), NULL, "" },
		{ BOUNDING("['CAP_NET_BIND_SERVICE']"), NULL, "" },
	};

	(void)state;
	check(rows, WH_COUNT(rows), BIT(KILL) | BIT(CHOWN) | BIT(NET_BIND_SERVICE));
	check(rows, WH_COUNT(rows), WH_CAPSET_ALL);
}

static void order_and_repetition_stay(void **state)
{
	static const struct judged rows[] = {
		{ BOUNDING("['CAP_NET_BIND_SERVICE','CAP_SYS_ADMIN','CAP_KILL','CAP_CHOWN',"
			   "'CAP_SYS_ADMIN','CAP_KILL']"),
			BOUNDING("['CAP_NET_BIND_SERVICE','CAP_KILL','CAP_CHOWN','CAP_KILL']"),
			REMOVED("CAP_SYS_ADMIN", "bounding", POLICY)
				REMOVED("CAP_SYS_ADMIN", "bounding", POLICY) },
		{ "{'x':1.0,'capabilities':{'ambient':[],'permitted':[],'inheritable':[],"
		  "'effective':[],'bounding':['CAP_SYS_ADMIN']}" USER,
			"{'x':1.0,'capabilities':{'ambient':[],'permitted':[],'inheritable':[],"
			"'effective':[],'bounding':[]}" USER,
			REMOVED("CAP_SYS_ADMIN", "bounding", POLICY) },
	};

	(void)state;
	check(rows, WH_COUNT(rows), BIT(NET_BIND_SERVICE) | BIT(KILL) | BIT(CHOWN));
}

/* T37: the table is newer than the kernel (4.14 ends at CAP_AUDIT_READ). */
static void older_kernels(void **state)
{
	static const struct {
		unsigned last;
		const char *left, *changes;
	} cases[] = {
		{ 40, "['CAP_BPF','CAP_KILL','CAP_CHECKPOINT_RESTORE','CAP_AUDIT_READ']", "" },
		{ 63, "['CAP_BPF','CAP_KILL','CAP_CHECKPOINT_RESTORE','CAP_AUDIT_READ']", "" },
		{ 39, "['CAP_BPF','CAP_KILL','CAP_AUDIT_READ']",
			REMOVED("CAP_CHECKPOINT_RESTORE", "bounding", KERNEL) },
		{ 37, "['CAP_KILL','CAP_AUDIT_READ']",
			REMOVED("CAP_BPF", "bounding", KERNEL)
				REMOVED("CAP_CHECKPOINT_RESTORE", "bounding", KERNEL) },
		{ 36, "['CAP_KILL']",
			REMOVED("CAP_BPF", "bounding", KERNEL) REMOVED("CAP_CHECKPOINT_RESTORE",
				"bounding", KERNEL) REMOVED("CAP_AUDIT_READ", "bounding", KERNEL) },
		{ 0, "[]", NULL },
	};
	const struct wh_limits limits = EVERYTHING;

	(void)state;
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		const struct wh_facts facts = { .last_capability = cases[i].last };
		char after[256];
		const struct judged row = {
			BOUNDING(
				"['CAP_BPF','CAP_KILL','CAP_CHECKPOINT_RESTORE','CAP_AUDIT_READ']"),
			after, cases[i].changes
		};

		spell(after, sizeof(after), BOUNDING("%s"), cases[i].left);
		assert_judged(wh_trim_process, &row, &limits, &facts);
	}
}

/*
 * What the kernel would refuse because of a name that is gone is taken out as well: capset(2)
 * wants effective within permitted and inheritable within bounding, prctl(2) ambient within
 * permitted and inheritable.
 */
static void sets_fit_into_one_another(void **state)
{
#define SETS(b, e, i, p, a) \
	"{'capabilities':{'bounding':" b ",'effective':" e ",'inheritable':" i ",'permitted':" p \
	",'ambient':" a "}" USER
#define K "['CAP_KILL']"
#define ODD "['cap_kill']"
	static const struct judged rows[] = {
		{ SETS(K, K, "[]", ODD, "[]"), SETS(K, "[]", "[]", "[]", "[]"),
			REMOVED("cap_kill", "permitted", ALIAS)
				REMOVED("CAP_KILL", "effective", DEPENDS) },
		{ SETS(ODD, K, K, K, K), SETS("[]", K, "[]", K, "[]"),
			REMOVED("cap_kill", "bounding", ALIAS) REMOVED("CAP_KILL", "inheritable",
				DEPENDS) REMOVED("CAP_KILL", "ambient", DEPENDS) },
		{ SETS(K, K, ODD, K, K), SETS(K, K, "[]", K, "[]"),
			REMOVED("cap_kill", "inheritable", ALIAS)
				REMOVED("CAP_KILL", "ambient", DEPENDS) },
		{ SETS(K, "[]", K, ODD, K), SETS(K, "[]", K, "[]", "[]"),
			REMOVED("cap_kill", "permitted", ALIAS)
				REMOVED("CAP_KILL", "ambient", DEPENDS) },
		{ SETS(K, ODD, K, K, ODD), SETS(K, "[]", K, K, "[]"),
			REMOVED("cap_kill", "effective", ALIAS)
				REMOVED("cap_kill", "ambient", ALIAS) },
		/* Nothing was lost: what the runtime will say of it is its own affair. */
		{ SETS("[]", K, K, "[]", K), NULL, "" },
	};

	(void)state;
	check(rows, WH_COUNT(rows), WH_CAPSET_ALL);
#undef SETS
#undef K
#undef ODD
}

/* In config.json the pointers begin with the process. */
static void pointers_in_a_config(void **state)
{
	static const struct judged row = { "{'process':" BOUNDING(
						   "['CAP_KILL']") ",'root':{'path':'r'}}",
		"{'process':" BOUNDING("[]") ",'root':{'path':'r'}}",
		"capabilities removed CAP_KILL at /process/capabilities/bounding: " POLICY "\n" };
	const struct wh_limits limits = { .capabilities = 0 };

	(void)state;
	assert_judged(wh_trim_config, &row, &limits, NULL);
}

/* Every capability of the table under every policy of one: exactly that one is left. */
static void one_at_a_time(void **state)
{
	struct wh_buf all = WH_BUF_INIT;

	(void)state;
	wh_buf_add_string(&all, "{\"capabilities\":{\"bounding\":[");
	for (unsigned i = 0; i < WH_CAP_COUNT; i++)
		wh_buf_addf(&all, "%s\"%s\"", i == 0 ? "" : ",", wh_capability_get(i)->name);
	wh_buf_add_string(&all, "]}}");
	for (unsigned i = 0; i < WH_CAP_COUNT; i++) {
		const struct wh_limits limits = { .capabilities = BIT(i) };
		struct judgement j;
		char after[256];

		judge_document(
			&j, wh_trim_process, document_of_bytes(all.data, all.len), &limits, NULL);
		assert_int_equal(j.result, 0);
		spell(after, sizeof(after), BOUNDING("['%s']"), wh_capability_get(i)->name);
		assert_document(j.doc, wh_json_root(j.doc), after);
		assert_int_equal(j.trim.changes.total, WH_CAP_COUNT - 1);
		judgement_done(&j);
	}
	wh_buf_done(&all);
}

/* A list too long to be a list of capabilities is cut as fast as it is read. */
static void long_lists_are_linear(void **state)
{
	const struct wh_limits limits = { .capabilities = BIT(KILL) };
	struct wh_buf text = WH_BUF_INIT;
	struct judgement j;

	(void)state;
	wh_buf_add_string(&text, "{\"capabilities\":{\"bounding\":[\"CAP_KILL\"");
	for (unsigned i = 0; i < 300000; i++)
		wh_buf_add_string(&text, i % 3 == 0 ? ",\"CAP_SYS_ADMIN\"" : ",\"21\"");
	wh_buf_add_string(&text, "]}}");
	judge_document(&j, wh_trim_process, document_of_bytes(text.data, text.len), &limits, NULL);
	assert_int_equal(j.result, 0);
	assert_document(j.doc, wh_json_root(j.doc), BOUNDING("['CAP_KILL']"));
	assert_int_equal(j.trim.changes.total, 300000);
	assert_int_equal(j.trim.changes.count, WH_CHANGES_MAX);
	judgement_done(&j);
	wh_buf_done(&text);
}

/* org.whittle.capabilities */
static void the_authors_own_narrowing(void **state)
{
	static const struct {
		struct wh_slice annotation;
		wh_capset left;
		bool refused;
	} cases[] = {
		{ WH_SLICE("CAP_KILL"), BIT(KILL), false },
		{ WH_SLICE("kill"), BIT(KILL), false },
		{ WH_SLICE("Cap_Kill,chown"), BIT(KILL) | BIT(CHOWN), false },
		{ WH_SLICE(" \t,CAP_KILL ,\tCAP_CHOWN,, "), BIT(KILL) | BIT(CHOWN), false },
		{ WH_SLICE("CAP_KILL CAP_KILL"), BIT(KILL), false },
		{ WH_SLICE("none"), 0, false },
		{ WH_SLICE(""), 0, false },
		{ WH_SLICE(" , "), 0, false },
		/* never wider than the policy */
		{ WH_SLICE("CAP_SYS_ADMIN"), 0, false },
		{ WH_SLICE("CAP_SYS_ADMIN,CAP_KILL"), BIT(KILL), false },
		/* not understood: refused, not guessed */
		{ WH_SLICE("ALL"), 0, true },
		{ WH_SLICE("None"), 0, true },
		{ WH_SLICE("none,CAP_KILL"), 0, true },
		{ WH_SLICE("CAP_KILLL"), 0, true },
		{ WH_SLICE("CAP_KILL\nCAP_CHOWN"), 0, true },
		{ WH_SLICE("CAP_KILL;CAP_CHOWN"), 0, true },
		{ WH_SLICE("CAP_KILL\0"), 0, true },
		{ WH_SLICE("\0"), 0, true },
		{ WH_SLICE("5"), 0, true },
		{ WH_SLICE("CAP_\xe2\x84\xaaILL"), 0, true },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		const wh_capset policy = BIT(KILL) | BIT(CHOWN);
		struct wh_limits limits = { .capabilities = policy,
			.kinds[WH_KIND_NO_NEW_PRIVILEGES].otherwise = WH_STRIP };
		struct wh_err err = WH_ERR_INIT;
		int r = wh_trim_narrow(&limits, cases[i].annotation, &err);

		assert_int_equal(r, cases[i].refused ? -EINVAL : 0);
		assert_true(limits.capabilities == (cases[i].refused ? policy : cases[i].left));
		assert_true(limits.kinds[WH_KIND_NO_NEW_PRIVILEGES].otherwise != WH_KEEP);
		if (cases[i].refused)
			assert_string_equal(err.text,
				"the annotation org.whittle.capabilities names an unknown "
				"capability; expected names like CAP_CHOWN divided by commas, or "
				"\"none\"");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_set_is_cut),
		cmocka_unit_test(left_out_is_none),
		cmocka_unit_test(a_sixth_set_is_refused),
		cmocka_unit_test(aliases_count_for_nothing),
		cmocka_unit_test(escaped_names_are_names),
		cmocka_unit_test(nul_is_refused_before),
		cmocka_unit_test(nothing_is_added),
		cmocka_unit_test(order_and_repetition_stay),
		cmocka_unit_test(older_kernels),
		cmocka_unit_test(sets_fit_into_one_another),
		cmocka_unit_test(pointers_in_a_config),
		cmocka_unit_test(one_at_a_time),
		cmocka_unit_test(long_lists_are_linear),
		cmocka_unit_test(the_authors_own_narrowing),
	};

	return cmocka_run_group_tests_name("trim-caps", tests, NULL, NULL);
}
