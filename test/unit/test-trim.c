/* SPDX-License-Identifier: Apache-2.0 */
/* The judgement as a whole: what it refuses, what it lists, and that nothing else moves. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "judge.h"

#define POLICY_TMPFS \
	"{'destination':'/tmp','type':'tmpfs','source':'tmpfs','options':['nosuid','nodev'," \
	"'noexec','mode=1777','size=1048576']}"

static const struct wh_policy_tmpfs tmp = { "/tmp", 1 << 20 };
static const struct wh_place tmp_place = { "/tmp", "/tmp", WH_PLACE_FOLDER };
static const struct wh_facts facts = { &tmp_place, WH_CAP_COUNT - 1 };
static const struct wh_limits strict = { .kinds[WH_KIND_NO_NEW_PRIVILEGES].otherwise = WH_STRIP,
	.kinds[WH_KIND_READONLY_ROOTFS].otherwise = WH_STRIP,
	.tmpfs = &tmp,
	.tmpfs_count = 1 };

/* T36: never made up. */
static void parts_that_must_be_there(void **state)
{
#define NO_PROCESS "config.json has no \"process\", so there is nothing to run"
#define NO_ROOT "config.json has no \"root\", so there is no root file system"
	static const struct judged rows[] = {
		{ "{}", NULL, NULL, NO_PROCESS },
		{ "{'root':{}}", NULL, NULL, NO_PROCESS },
		{ "{'process':null,'root':{}}", NULL, NULL, NO_PROCESS },
		{ "{'process':{}}", NULL, NULL, NO_ROOT },
		{ "{'process':{},'root':null}", NULL, NULL, NO_ROOT },
	};
	const struct wh_limits everything = EVERYTHING;

	(void)state;
	for (size_t i = 0; i < WH_COUNT(rows); i++) {
		assert_judged(wh_trim_config, &rows[i], &strict, &facts);
		assert_judged(wh_trim_config, &rows[i], &everything, &facts);
	}
#undef NO_PROCESS
#undef NO_ROOT
}

static void every_kind_in_one(void **state)
{
	static const struct judged row = {
		"{'ociVersion':'1.0.2','z':[1.50,-0,1e+2,18446744073709551616],"
		"'annotations':{'run.oci.handler':'krun','k':'v'},'hooks':{'poststop':[{'env':[]}]}"
		","
		"'process':{'terminal':false,'capabilities':{'bounding':['CAP_KILL']},"
		"'rlimits':[{'type':'RLIMIT_CORE','hard':18446744073709551615,'soft':0}],"
		"'cwd':'\\/','args':['\\u0073h']},'root':{'path':'r'},"
		"'mounts':[{'destination':'/proc'}],"
		"'linux':{'namespaces':[{'type':'mount'}],'seccomp':null,'Future':{}}}",
		"{'ociVersion':'1.0.2','z':[1.50,-0,1e+2,18446744073709551616],"
		"'annotations':{'k':'v'},'hooks':{'poststop':[{'env':[]}]},"
		"'process':{'terminal':false,'capabilities':{'bounding':[],'effective':[],"
		"'inheritable':[],'permitted':[],'ambient':[]},"
		"'rlimits':[{'type':'RLIMIT_CORE','hard':18446744073709551615,'soft':0}],"
		"'cwd':'\\/','args':['\\u0073h'],'noNewPrivileges':true,"
		"'user':{'uid':0,'gid':0}},'root':{'path':'r','readonly':true},"
		"'mounts':[" POLICY_TMPFS ",{'destination':'/proc'}],"
		"'linux':{'namespaces':[{'type':'mount'}],'seccomp':null,'Future':{}}}",
		"annotations removed run.oci.handler at /annotations: crun acts on it with the "
		"host's privilege\n"
		"capabilities removed CAP_KILL at /process/capabilities/bounding: the policy does "
		"not allow it\n"
		"noNewPrivileges set true at /process/noNewPrivileges: setuid programs and file "
		"capabilities must not give privilege\n"
		"readonlyRootfs set true at /root/readonly: programs of the image must not be "
		"replaced\n"
		"tmpfs added /tmp at /mounts: scratch space in a read-only root\n"
	};

	(void)state;
	assert_judged(wh_trim_config, &row, &strict, &facts);
}

/* T40: a user namespace, a real one or one in name only, buys nothing. */
static void user_namespaces_buy_nothing(void **state)
{
	static const char *const sections[] = {
		"",
		",{'type':'user'}",
		",{'type':'user','path':'/proc/1/ns/user'}",
		",{'type':'user'}],'uidMappings':[{'containerID':0,'hostID':0,'size':4294967295}],"
		"'gidMappings':[{'containerID':0,'hostID':0,'size':4294967295}],'devices':[",
		"],'uidMappings':[{'containerID':0,'hostID':100000,'size':65536}],'devices':[",
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(sections); i++) {
		struct judgement j;
		char text[1024];

		spell(text, sizeof(text),
			"{'process':{'capabilities':{'bounding':['CAP_SYS_ADMIN','CAP_KILL'],"
			"'inheritable':['CAP_KILL']}},'root':{},"
			"'linux':{'namespaces':[{'type':'mount'}%s]}}",
			sections[i]);
		judge_document(&j, wh_trim_config, document(text), &strict, &facts);
		assert_int_equal(j.result, 0);
		assert_document(j.doc, j.trim.process,
			"{'capabilities':{'bounding':[],'inheritable':[],'effective':[],"
			"'permitted':[],'ambient':[]},'noNewPrivileges':true,"
			"'user':{'uid':0,'gid':0}}");
		assert_document(j.doc, wh_json_get(j.doc, wh_json_root(j.doc), "root"),
			"{'readonly':true}");
		judgement_done(&j);
	}
}

/* Of an exec's process only what is part of a process, under the same limits. */
static void a_process_alone(void **state)
{
	static const struct judged row = {
		"{'capabilities':{'bounding':['CAP_KILL']},'annotations':{'bundle':'/x'},"
		"'root':{'path':'r'},'mounts':[],'process':{'noNewPrivileges':false}}",
		"{'capabilities':{'bounding':[],'effective':[],'inheritable':[],'permitted':[],"
		"'ambient':[]},'annotations':{'bundle':'/x'},'root':{'path':'r'},'mounts':[],"
		"'process':{'noNewPrivileges':false},'noNewPrivileges':true,"
		"'user':{'uid':0,'gid':0}}",
		"capabilities removed CAP_KILL at /capabilities/bounding: the policy does not "
		"allow it\n"
		"noNewPrivileges set true at /noNewPrivileges: setuid programs and file "
		"capabilities must not give privilege\n"
	};

	(void)state;
	assert_judged(wh_trim_process, &row, &strict, &facts);
}

/* A policy that allows everything only makes explicit what was meant. */
static void allowing_everything(void **state)
{
	static const struct judged row = {
		"{'annotations':{'a':'b'},'process':{'capabilities':{'ambient':['CAP_KILL']},"
		"'noNewPrivileges':false},'root':{'readonly':false}}",
		"{'annotations':{'a':'b'},'process':{'capabilities':{'ambient':['CAP_KILL'],"
		"'bounding':[],'effective':[],'inheritable':[],'permitted':[]},"
		"'noNewPrivileges':false,'user':{'uid':0,'gid':0}},'root':{'readonly':false}}",
		""
	};
	const struct wh_limits everything = EVERYTHING;

	(void)state;
	assert_judged(wh_trim_config, &row, &everything, NULL);
}

/* As many as there may be are kept, in order; all are counted. */
static void changes_are_counted(void **state)
{
	static const unsigned numbers[] = { 0, 1, 63, 64, 65, WH_CHANGES_MAX - 1, WH_CHANGES_MAX,
		WH_CHANGES_MAX + 1, 3 * WH_CHANGES_MAX };
	const struct wh_limits everything = EVERYTHING;

	(void)state;
	for (size_t i = 0; i < WH_COUNT(numbers); i++) {
		unsigned kept = numbers[i] < WH_CHANGES_MAX ? numbers[i] : WH_CHANGES_MAX;
		struct wh_buf text = WH_BUF_INIT;
		struct judgement j;

		wh_buf_add_string(&text, "{\"process\":{},\"root\":{},\"annotations\":{\"a\":\"\"");
		for (unsigned k = 0; k < numbers[i]; k++)
			wh_buf_addf(&text, ",\"run.oci.%u\":\"\"", k);
		wh_buf_add_string(&text, "}}");
		judge_document(&j, wh_trim_config, document_of_bytes(text.data, text.len),
			&everything, NULL);
		assert_int_equal(j.result, 0);
		assert_int_equal(j.trim.changes.total, numbers[i]);
		assert_int_equal(j.trim.changes.count, kept);
		for (unsigned k = 0; k < kept; k++) {
			char name[32];

			spell(name, sizeof(name), "run.oci.%u", k);
			assert_true(wh_slice_is(j.trim.changes.items[k].what, name));
		}
		assert_document(
			j.doc, wh_json_get(j.doc, wh_json_root(j.doc), "annotations"), "{'a':''}");
		judgement_done(&j);
		wh_buf_done(&text);
	}
}

static int judge_resources(struct wh_trim *ret, struct wh_json *doc, const struct wh_limits *limits,
	const struct wh_facts *found, struct wh_arena *arena, struct wh_err *err)
{
	(void)limits, (void)found;
	return wh_trim_resources(ret, doc, arena, err);
}

/* T54 */
static void device_rules_of_an_update(void **state)
{
#define REMOVED \
	"devices removed devices at /devices: an update would open the container's device list\n"
	static const struct judged rows[] = {
		{ "{'devices':[{'allow':true,'type':'a','access':'rwm'}],'memory':{'limit':1.0}}",
			"{'memory':{'limit':1.0}}", REMOVED },
		{ "{'cpu':{'shares':2},'devices':[]}", "{'cpu':{'shares':2}}", REMOVED },
		{ "{'devices':null}", "{}", REMOVED },
		{ "{'d\\u0065vices':[]}", "{}", REMOVED },
		{ "{'memory':{'devices':[]},'Device':[]}", NULL, "" },
		{ "{}", NULL, "" },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(rows); i++)
		assert_judged(judge_resources, &rows[i], NULL, NULL);
#undef REMOVED
}

/* A document that edits have spoiled says nothing any more; it must not pass for a judged one. */
static void a_spoiled_document_fails(void **state)
{
	struct wh_json *docs[] = { document("{'process':{},'root':{}}"), document("{}"),
		document("{}") };
	struct wh_arena arena = WH_ARENA_INIT;
	const struct wh_limits everything = EVERYTHING;
	struct wh_trim trim;

	(void)state;
	for (size_t i = 0; i < WH_COUNT(docs); i++)
		assert_int_equal(wh_json_new_string(docs[i], WH_SLICE("\xff")), WH_NO_NODE);
	assert_true(wh_trim_config(&trim, docs[0], &everything, &facts, &arena, NULL) < 0);
	assert_true(wh_trim_process(&trim, docs[1], &everything, &facts, &arena, NULL) < 0);
	assert_true(wh_trim_resources(&trim, docs[2], &arena, NULL) < 0);
	for (size_t i = 0; i < WH_COUNT(docs); i++)
		wh_json_free(docs[i]);
	wh_arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_that_must_be_there),
		cmocka_unit_test(every_kind_in_one),
		cmocka_unit_test(user_namespaces_buy_nothing),
		cmocka_unit_test(a_process_alone),
		cmocka_unit_test(allowing_everything),
		cmocka_unit_test(changes_are_counted),
		cmocka_unit_test(device_rules_of_an_update),
		cmocka_unit_test(a_spoiled_document_fails),
	};

	return cmocka_run_group_tests_name("trim", tests, NULL, NULL);
}
