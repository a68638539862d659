/* SPDX-License-Identifier: Apache-2.0 */
/* The hook of "verify": its arguments are the document as it was left, and it is there once. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "judge.h"
#include "oci/schema.h"
#include "trim/own-hooks.h"
#include "trim/verify.h"

#define PROGRAM "/usr/local/libexec/whittle/whittle-verify"
#define SETS(names) \
	"'capabilities':{'bounding':[" names "],'effective':[],'inheritable':[],'permitted':[]," \
	"'ambient':[]}"
#define CONFIG(process, rest) \
	"{'process':{" process ",'user':{'uid':0,'gid':0}},'root':{'path':'r'}" rest "}"

/* Judges under a policy that allows everything, then adds. */
static void verify_for(struct judgement *j, struct wh_json *doc, bool timeout)
{
	static const struct wh_limits limits = EVERYTHING;

	judge_document(j, wh_trim_config, doc, &limits, NULL);
	if (j->result < 0)
		fail_msg("%s", j->err.text);
	assert_int_equal(wh_verify_add(&j->trim, PROGRAM, timeout, &j->err), 0);
}

static void verify(struct judgement *j, struct wh_json *doc)
{
	verify_for(j, doc, false);
}

static wh_node list_of(const struct wh_json *doc, const char *point)
{
	return wh_json_get(doc, wh_json_get(doc, wh_json_root(doc), "hooks"), point);
}

static size_t count(const struct wh_json *doc, const char *point)
{
	size_t n = 0;

	wh_json_each_element (doc, list_of(doc, point), hook)
		n++;
	return n;
}

/* The words behind the stage at each point must be these. */
static void assert_words(const char *config, const char *words)
{
	static const char *const points[][2] = { { "createRuntime", "create" },
		{ "poststart", "start" } };
	struct judgement j;
	char expected[512];

	verify(&j, document(config));
	for (size_t i = 0; i < WH_COUNT(points); i++) {
		spell(expected, sizeof(expected),
			"[{'path':'" PROGRAM "','args':['whittle-verify','%s',%s],"
			"'env':['LC_ALL=C']}]",
			points[i][1], words);
		assert_document(j.doc, list_of(j.doc, points[i][0]), expected);
	}
	judgement_done(&j);
}

static void words_are_the_document(void **state)
{
	static const struct {
		const char *config, *words;
	} rows[] = {
		{ CONFIG(SETS(""), ""), "'--capabilities=0000000000000000','--namespaces='" },
		{ CONFIG(SETS("'CAP_CHOWN','CAP_CHECKPOINT_RESTORE'"), ""),
			"'--capabilities=0000010000000001','--namespaces='" },
		{ CONFIG("'noNewPrivileges':false", ""),
			"'--capabilities=0000000000000000','--namespaces='" },
		{ CONFIG("'noNewPrivileges':true", ""),
			"'--capabilities=0000000000000000','--namespaces=','--no-new-privileges'" },
		{ CONFIG(SETS(""),
			  ",'linux':{'namespaces':[{'type':'pid'},{'type':'network','path':''},"
			  "{'type':'mount'},{'type':'ipc'},{'type':'uts'},{'type':'cgroup'},"
			  "{'type':'time'}]}"),
			"'--capabilities=0000000000000000',"
			"'--namespaces=pid,net,mnt,ipc,uts,cgroup'" },
		/* what is joined is not its own */
		{ CONFIG(SETS(""),
			  ",'linux':{'namespaces':[{'type':'network','path':'/run/netns/x'},"
			  "{'type':'ipc'}]}"),
			"'--capabilities=0000000000000000','--namespaces=ipc'" },
		{ CONFIG(SETS(""), ",'linux':{'namespaces':[{'type':'user'}],'uidMappings':[],"
				   "'gidMappings':[]}"),
			"'--capabilities=0000000000000000','--namespaces=user',"
			"'--user-namespace'" },
		{ CONFIG(SETS(""),
			  ",'linux':{'namespaces':[{'type':'user','path':'/proc/7/ns/user'}]}"),
			"'--capabilities=0000000000000000','--namespaces=',"
			"'--user-namespace'" },
		{ CONFIG(SETS(""), ",'linux':{'seccomp':{'defaultAction':'SCMP_ACT_ERRNO'}}"),
			"'--capabilities=0000000000000000','--namespaces=','--seccomp'" },
		{ CONFIG(SETS(""), ",'linux':{'seccomp':null}"),
			"'--capabilities=0000000000000000','--namespaces='" },
		/* a filter that lets everything through may be left out by the runtime */
		{ CONFIG(SETS(""), ",'linux':{'seccomp':{'defaultAction':'SCMP_ACT_ALLOW'}}"),
			"'--capabilities=0000000000000000','--namespaces='" },
		{ "{'process':{" SETS("") "},'root':{'path':'r','readonly':true}}",
			"'--capabilities=0000000000000000','--namespaces=','--readonly-rootfs'" },
		{ "{'process':{" SETS("") "},'root':{'path':'r','readonly':false}}",
			"'--capabilities=0000000000000000','--namespaces='" },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(rows); i++)
		assert_words(rows[i].config, rows[i].words);
}

static void added_to_what_is_there(void **state)
{
	static const char *const texts[] = {
		CONFIG(SETS(""), ""),
		CONFIG(SETS(""), ",'hooks':null"),
		CONFIG(SETS(""), ",'hooks':{}"),
		CONFIG(SETS(""), ",'hooks':{'createRuntime':null,'poststart':null}"),
		CONFIG(SETS(""), ",'hooks':{'createRuntime':[],'poststart':[]}"),
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(texts); i++) {
		struct judgement j;

		verify(&j, document(texts[i]));
		assert_int_equal(count(j.doc, "createRuntime"), 1);
		assert_int_equal(count(j.doc, "poststart"), 1);
		assert_int_equal(j.trim.changes.total, 1);
		assert_string_equal(j.trim.changes.items[0].kind, "hooks");
		assert_string_equal(j.trim.changes.items[0].action, "added");
		judgement_done(&j);
	}
}

/* Lists are lists by the time they are looked at. */
static void other_than_a_list(void **state)
{
	static const char *const texts[] = { "{'hooks':{'createRuntime':{}}}",
		"{'hooks':{'poststart':'x'}}", "{'hooks':[]}", "{'hooks':{'createRuntime':[7]}}",
		"{'hooks':{'poststart':[{'path':7}]}}" };

	(void)state;
	for (size_t i = 0; i < WH_COUNT(texts); i++) {
		struct wh_json *doc = document(texts[i]);
		struct wh_err err = WH_ERR_INIT;

		if (wh_schema_check(doc, wh_json_root(doc), &wh_schema_config, &err) == 0)
			fail_msg("%s is accepted", texts[i]);
		/* and nobody falls over one that is not checked */
		wh_own_hook_remove(doc, PROGRAM);
		assert_false(wh_own_hook_is_there(doc, WH_VERIFY_PROGRAM));
		wh_json_free(doc);
	}
}

#define OTHER(name) "{'path':'/usr/bin/" name "','args':['" name "']}"
#define OWN "{'path':'" PROGRAM "','args':['whittle-verify','create']}"

static void removed(void **state)
{
	static const struct {
		const char *before, *after;
		bool there; /* before */
	} rows[] = {
		{ "{}", "{}", false },
		{ "{'hooks':null}", "{'hooks':null}", false },
		{ "{'hooks':{'createRuntime':null}}", "{'hooks':{'createRuntime':null}}", false },
		{ "{'hooks':{'createRuntime':[" OTHER("a") "," OWN "," OTHER("b") "]}}",
			"{'hooks':{'createRuntime':[" OTHER("a") "," OTHER("b") "]}}", true },
		{ "{'hooks':{'poststart':[" OWN "," OWN "," OTHER("a") "," OWN "]}}",
			"{'hooks':{'poststart':[" OTHER("a") "]}}", true },
		{ "{'hooks':{'prestart':[" OWN "],'new':[" OWN "],'poststop':[" OWN "," OWN "]}}",
			"{'hooks':{'prestart':[],'new':[],'poststop':[]}}", true },
		/* of the same name elsewhere it is somebody else's */
		{ "{'hooks':{'poststart':[{'path':'/opt/whittle-verify'}]}}",
			"{'hooks':{'poststart':[{'path':'/opt/whittle-verify'}]}}", true },
		{ "{'hooks':{'poststart':[{'path':'/opt/not-whittle-verify'},"
		  "{'path':'whittle-verify'},{'path':'" PROGRAM "x'},{'path':''},{}]}}",
			"{'hooks':{'poststart':[{'path':'/opt/not-whittle-verify'},"
			"{'path':'whittle-verify'},{'path':'" PROGRAM "x'},{'path':''},{}]}}",
			false },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(rows); i++) {
		struct wh_json *doc = document(rows[i].before);

		assert_int_equal(wh_own_hook_is_there(doc, WH_VERIFY_PROGRAM), rows[i].there);
		wh_own_hook_remove(doc, PROGRAM);
		assert_document(doc, wh_json_root(doc), rows[i].after);
		wh_json_free(doc);
	}
}

/* Started again from the same bundle: the bytes are the same, others' hooks stay in their order. */
static void twice_is_once(void **state)
{
	struct judgement first, second;
	char *text, *again;

	(void)state;
	verify(&first, document(CONFIG(SETS("'CAP_KILL'"),
			       ",'hooks':{'poststart':[" OTHER("z") "," OTHER(
				       "a") "],"
					    "'createRuntime':[" OTHER("m") "]}")));
	text = document_text(first.doc, wh_json_root(first.doc));
	assert_non_null(strstr(text, "\"poststart\":[{\"path\":\"/usr/bin/z\",\"args\":[\"z\"]},"
				     "{\"path\":\"/usr/bin/a\",\"args\":[\"a\"]},"
				     "{\"path\":\"" PROGRAM "\""));
	second.doc = document_of_bytes(text, strlen(text));
	assert_true(wh_own_hook_is_there(second.doc, WH_VERIFY_PROGRAM));
	wh_own_hook_remove(second.doc, PROGRAM);
	assert_false(wh_own_hook_is_there(second.doc, WH_VERIFY_PROGRAM));
	verify(&second, second.doc);
	again = document_text(second.doc, wh_json_root(second.doc));
	assert_string_equal(again, text);
	free(again);
	free(text);
	judgement_done(&second);
	judgement_done(&first);
}

static void test_timeout(void **state)
{
	struct judgement j;

	(void)state;
	verify_for(&j, document(CONFIG(SETS(""), "")), true);
	for (size_t i = 0; i < 2; i++) {
		wh_node hook = wh_json_first(
			j.doc, list_of(j.doc, i == 0 ? "createRuntime" : "poststart"));
		int64_t seconds = 0;

		assert_int_equal(
			wh_json_i64(j.doc, wh_json_get(j.doc, hook, "timeout"), &seconds), 0);
		assert_int_equal(seconds, WH_VERIFY_TIMEOUT);
	}
	judgement_done(&j);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_timeout),
		cmocka_unit_test(words_are_the_document),
		cmocka_unit_test(added_to_what_is_there),
		cmocka_unit_test(other_than_a_list),
		cmocka_unit_test(removed),
		cmocka_unit_test(twice_is_once),
	};

	return cmocka_run_group_tests_name("trim-verify", tests, NULL, NULL);
}
