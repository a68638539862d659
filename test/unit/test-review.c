/* SPDX-License-Identifier: Apache-2.0 */
/* Advice: which notes a valid policy gets, and where; and that a good one gets none. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "policy/policy.h"

#define FILL64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define HUB "docker.io/library/"

static void keep(void *context, unsigned line, unsigned column, const char *sentence)
{
	wh_buf_addf(context, "%u:%u: %s\n", line, column, sentence);
}

/* The notes, one a line; the caller frees them. */
static struct wh_buf notes_of(const char *text)
{
	struct wh_buf notes = WH_BUF_INIT, bytes = WH_BUF_INIT;
	struct wh_err err = WH_ERR_INIT;
	WH_POLICY struct wh_policy *policy = NULL;

	wh_buf_add_string(&notes, "");
	wh_buf_add_string(&bytes, text);
	if (wh_policy_parse_and_review_take(&policy, &bytes, "p.json", keep, &notes, &err) < 0)
		fail_msg("refused: %s", err.text);
	assert_int_equal(wh_buf_status(&notes), 0);
	return notes;
}

#define RULES(rules) \
	"{\"default\":{\"capabilities\":{\"KILL\":\"y\"},\"tmpfs\":[\"/" \
	"tmp\"]},\n\"rules\":[" rules "]}"
#define SETTABLE(facts) \
	"rule \"r\" can only tighten \"default\", since whoever starts a container can choose " \
	"what it matches on: " facts "\n"
#define STRICTER " has no effect in rule \"r\", since \"default\" is stricter\n"
#define BY_NAME \
	"rule \"r\" allows more than \"default\" to whatever image has this name, and a name can " \
	"be given to any image: match on its digest (\"@sha256:...\") or on \"imageId\"\n"
#define ANY_NAMESPACE \
	"rule \"r\" allows more than \"default\" also in containerd's own namespaces, which " \
	"whoever uses ctr or nerdctl can name: if Kubernetes' are meant, add \"engine\": " \
	"[\"cri-containerd\", \"cri-o\"]\n"

#define WHY(names) \
	"does not say why it keeps " names \
	": as an object, {\"CAP_NAME\": \"why\"}, each has its reason, which records show\n"
#define HOST(names) \
	"keeps what is worth the host to whoever breaks into a container: " names \
	" (whittlectl caps tells why)\n"
#define PRIVILEGED \
	"\"default\" leaves to each container that no rule matches whatever it asks for, but for " \
	"what the keys beside this profile take away\n"

static void compare(const char *text, const char *wanted)
{
	struct wh_buf notes = notes_of(text);

	if (strcmp(notes.data, wanted) != 0)
		fail_msg("%s\n%s", text, notes.data);
	wh_buf_done(&notes);
}

static const struct {
	const char *text, *notes;
} policies[] = {
	{ "{}", "" },
	{ RULES(""), "" },

	/* settable: said once, with every such fact, and with each key that does nothing */
	{ RULES("{\"name\":\"r\",\"match\":{\"id\":\"x\"}}"), "2:30: " SETTABLE("\"id\"") },
	{ RULES("{\"name\":\"r\",\"match\":{\"label\":{\"a\":\"x\",\"b\":\"y\"},\"engine\":"
		"\"docker\",\"user\":\"0\"},\"capabilities\":[]}"),
		"2:30: " SETTABLE("\"user\", \"label\"") },
	{ RULES("{\"name\":\"r\",\"match\":{\"pod\":\"x\"},\n\"mode\":\"audit\",\n"
		"\"restore\":\"allow\",\n\"capabilities\":{\"KILL\":\"y\",\"SYS_ADMIN\":"
		"\"y\","
		"\"CHOWN\":\"y\"},\n"
		"\"noNewPrivileges\":false,\n\"readonlyRootfs\":false,\n\"tmpfs\":[\"/"
		"run\"]}"),
		"2:30: " SETTABLE(
			"\"pod\"") "3:8: \"mode\"" STRICTER "4:11: \"restore\"" STRICTER
				   "5:16: no effect in rule \"r\", since \"default\" does "
				   "not allow it: CAP_CHOWN, "
				   "CAP_SYS_ADMIN\n6:19: \"noNewPrivileges\"" STRICTER
				   "7:18: \"readonlyRootfs\"" STRICTER
				   "8:9: in rule \"r\" the tmpfs /run has no effect, since "
				   "\"default\" is "
				   "stricter\n" },
	{ RULES("{\"name\":\"r\",\"match\":{\"container\":\"x\"},\"tmpfs\":[{\"path\":"
		"\"/tmp\",\"size\":\"1g\"}]}"),
		"2:30: " SETTABLE(
			"\"container\"") "2:56: in rule \"r\" the tmpfs /tmp gets the "
					 "smaller size, since \"default\" is stricter\n" },
	/* "default" comes last, and counts */
	{ "{\"rules\":[{\"name\":\"r\",\"match\":{\"id\":\"x\"},\"capabilities\":{\"KILL\":"
	  "\"y\"}"
	  "}],"
	  "\"default\":{\"capabilities\":{\"KILL\":\"y\"}}}",
		"1:31: " SETTABLE("\"id\"") },

	/* by a name, and allows more */
	{ RULES("{\"name\":\"r\",\"match\":{\"image\":\"" HUB "x:*\"},\"capabilities\":"
		"{\"CHOWN\":\"y\"}}"),
		"2:39: " BY_NAME },
	{ RULES("{\"name\":\"r\",\"match\":{\"image\":[\"*@sha256:" FILL64 "\",\n\"" HUB
		"x:*\",\n\"*\"]},\"readonlyRootfs\":false}"),
		"3:1: " BY_NAME "4:1: " BY_NAME },
	{ RULES("{\"name\":\"r\",\"match\":{\"image\":\"" HUB "x:*\"},\"mode\":\"audit\"}"),
		"2:39: " BY_NAME },
	{ RULES("{\"name\":\"r\",\"match\":{\"image\":\"" HUB "x:*\"},\"capabilities\":[]}"), "" },
	{ RULES("{\"name\":\"r\",\"match\":{\"image\":\"" HUB "x@sha256:" FILL64 "\"},"
		"\"capabilities\":{\"CHOWN\":\"y\"}}"),
		"" },
	{ RULES("{\"name\":\"r\",\"match\":{\"image\":\"" HUB "x:*\",\"imageId\":\"" FILL64
		"\"},\"capabilities\":{\"CHOWN\":\"y\"}}"),
		"" },
	{ RULES("{\"name\":\"r\",\"match\":{\"imageId\":\"" FILL64 "\"},\"capabilities\":"
		"{\"CHOWN\":\"y\"}}"),
		"" },

	/* lists without reasons: once each, with those that have none */
	{ "{\"default\":{\n\"capabilities\":[\"KILL\",\"CHOWN\"]}}",
		"2:16: \"default\" " WHY("CAP_CHOWN, CAP_KILL") },
	{ "{\"default\":{\"capabilities\":[]}}", "" },
	{ "{\"default\":{\"capabilities\":{\"KILL\":\" \",\"CHOWN\":\"y\"}}}",
		"1:28: \"default\" " WHY("CAP_KILL") },
	{ "{\"default\":{\"capabilities\":{\"allow\":[\"KILL\"],\"otherwise\":\"refuse\"}}"
	  "}",
		"1:28: \"default\" " WHY("CAP_KILL") },
	{ "{\"default\":{\"profile\":\"baseline\"}}", "" },
	{ RULES("{\"name\":\"r\",\"match\":{\"id\":\"x\"},\"capabilities\":[\"KILL\"]}"),
		"2:30: " SETTABLE("\"id\"") "2:56: rule \"r\" " WHY("CAP_KILL") },

	/* worth the host: once a list, where it gives what it says */
	{ "{\"default\":{\"capabilities\":{\"SYS_ADMIN\":\"y\",\"CHOWN\":\"y\",\"BPF\":"
	  "\"y\","
	  "\"MKNOD\":\"y\",\"SYS_MODULE\":\"y\"}}}",
		"1:28: \"default\" " HOST("CAP_SYS_MODULE, CAP_SYS_ADMIN, CAP_BPF") },
	{ "{\"default\":{\"devices\":\"keep\",\"capabilities\":{\"MKNOD\":\"y\"}}}",
		"1:45: \"default\" " HOST("CAP_MKNOD") },
	{ "{\"default\":{\"devices\":[\"/dev/fuse\"],\"capabilities\":{\"MKNOD\":\"y\"}}}", "" },
	{ RULES("{\"name\":\"r\",\"match\":{\"engine\":\"docker\"},\"capabilities\":"
		"[\"SYS_PTRACE\"]}"),
		"2:65: rule \"r\" " WHY("CAP_SYS_PTRACE") "2:65: rule \"r\" " HOST(
			"CAP_SYS_PTRACE") },
	{ RULES("{\"name\":\"r\",\"match\":{\"engine\":\"docker\"},\"capabilities\":"
		"{\"MKNOD\":\"y\"},\"devices\":\"keep\"}"),
		"2:65: rule \"r\" " HOST("CAP_MKNOD") },
	{ "{\"default\":{\"capabilities\":\"keep\"}}",
		"1:28: \"default\" " HOST("CAP_DAC_READ_SEARCH, CAP_SYS_MODULE, CAP_SYS_RAWIO, "
					  "CAP_SYS_PTRACE, CAP_SYS_ADMIN, CAP_SYS_BOOT, CAP_BPF") },
	/* a rule that says nothing of them is no list */
	{ "{\"default\":{\"capabilities\":{\"SYS_BOOT\":\"y\"}},\"rules\":[{\"name\":\"r\","
	  "\"match\":{\"engine\":\"docker\"},\"mode\":\"audit\"}]}",
		"1:28: \"default\" " HOST("CAP_SYS_BOOT") },

	/* nothing is taken away */
	{ "{\"default\":{\"profile\":\n\"privileged\"}}", "2:1: " PRIVILEGED },
	{ RULES("{\"name\":\"r\",\"match\":{\"engine\":\"docker\"},\"profile\":"
		"\"privileged\"}"),
		"" },

	/* in any engine's namespace */
	{ RULES("{\"name\":\"r\",\"match\":{\"namespace\":\"kube-system\"},\"mode\":"
		"\"audit\"}"),
		"2:43: " ANY_NAMESPACE },
	{ RULES("{\"name\":\"r\",\"match\":{\"namespace\":\"kube-system\",\"engine\":"
		"\"cri-o\"},\"mode\":\"audit\"}"),
		"" },
	{ RULES("{\"name\":\"r\",\"match\":{\"namespace\":\"x\"},\"capabilities\":[]}"), "" },
	{ RULES("{\"name\":\"r\",\"match\":{\"bundle\":\"/x/"
		"*\"},\"capabilities\":{\"CHOWN\":\"y\"}}"),
		"" },
};

static void test_notes(void **state)
{
	(void)state;
	for (size_t i = 0; i < WH_COUNT(policies); i++)
		compare(policies[i].text, policies[i].notes);
}

#define DIGEST "sha256:" FILL64

/* Two rules, of which the second never counts, or may. */
static void test_rules_behind_others(void **state)
{
	static const struct {
		const char *first, *second; /* what they match */
		bool hidden;
	} rows[] = {
		{ "'engine':'docker'", "'engine':'docker'", true },
		{ "'engine':'docker'", "'engine':'podman'", false },
		{ "'engine':'docker'", "'engine':'docker','command':'exec'", true },
		{ "'engine':'docker','command':'exec'", "'engine':'docker'", false },
		{ "'engine':['docker','podman']", "'engine':'podman'", true },
		{ "'engine':['docker','podman']", "'engine':['podman','docker']", true },
		{ "'engine':'podman'", "'engine':['podman','docker']", false },
		{ "'namespace':'*'", "'namespace':'a*'", true },
		{ "'namespace':['x','*']", "'namespace':['a*','b']", true },
		/* not known is not of "*" */
		{ "'namespace':'*'", "'engine':'docker'", false },
		{ "'image':'*'", "'imageId':'" FILL64 "'", false },
		/* patterns are not understood, only compared */
		{ "'namespace':'a*'", "'namespace':'ab'", false },
		{ "'namespace':'a*'", "'namespace':'ab*'", false },
		{ "'namespace':'**'", "'namespace':'x'", true },
		{ "'namespace':'?*'", "'namespace':'x'", false },
		{ "'namespace':'a*'", "'namespace':'a*','sandbox':true", true },
		{ "'sandbox':true", "'sandbox':false", false },
		{ "'imageId':'" FILL64 "'", "'imageId':'" DIGEST "'", true },
		{ "'image':'" HUB "x:1@" DIGEST "'", "'image':'" HUB "x@" DIGEST "'", true },
		/* on what callers choose: hides its like, but none on what engines record */
		{ "'id':'x'", "'id':'x'", true },
		{ "'engine':'docker'", "'engine':'docker','id':'x'", true },
		{ "'engine':'docker','id':'x'", "'engine':'docker'", false },
		{ "'id':'*'", "'engine':'docker'", false },
		{ "'label':{'k':'v'}", "'label':{'k':'v'}", true },
		{ "'label':{'k':'v'}", "'label':{'l':'v'}", false },
		{ "'label':{'k':'v'}", "'annotations':{'k':'v'}", false },
		{ "'label':{'k':'*'}", "'label':{'l':'x','k':'v'}", true },
		{ "'user':'0-1000'", "'user':['0','5-7']", true },
		{ "'user':'1-1000'", "'user':['0','5-7']", false },
		{ "'user':['0-4','5-9']", "'user':'3-6'", false },
		/* each container has an id and a bundle */
		{ "'bundle':'*'", "'engine':'docker'", true },
		{ "'id':'*'", "'container':'x'", true },
		{ "'bundle':'*','engine':'docker'", "'engine':'docker','sandbox':true", true },
		{ "'id':'*','engine':'docker'", "'engine':'docker','pod':'x'", true },
		{ "'id':'*','engine':'docker'", "'engine':'docker'", false },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(rows); i++) {
		static const char sentence[] = "rule \"b\" never counts: whatever it matches, "
					       "rule \"a\" in line 2 has matched before\n";
		char text[1024];
		struct wh_buf notes;

		(void)snprintf(text, sizeof(text),
			"{\"rules\":[\n{\"name\":\"a\",\"match\":{%s},\"tmpfs\":[]},\n"
			"{\"name\":\"b\",\"match\":{%s},\"tmpfs\":[]}]}",
			rows[i].first, rows[i].second);
		for (char *c = text; *c != '\0'; c++)
			*c = *c == '\'' ? '"' : *c;
		notes = notes_of(text);
		if ((strstr(notes.data, sentence) != NULL) != rows[i].hidden ||
			(rows[i].hidden && strstr(notes.data, "3:21: rule \"b\" never") == NULL))
			fail_msg("%s\n%s", text, notes.data);
		wh_buf_done(&notes);
	}
}

static void add_rules(struct wh_buf *to, const char *behind)
{
	wh_buf_add_string(to, "{\"rules\":[");
	for (unsigned i = 0; i < 20000; i++)
		wh_buf_addf(to, "%s{\"name\":\"r%u\",\"match\":{\"namespace\":\"n%u\"}%s}",
			i == 0 ? "" : ",\n", i, i, behind);
	wh_buf_add_string(to, "]}");
}

/* A policy made to be slow: it ends, and says what was left out. */
static void test_there_is_an_end_to_it(void **state)
{
	struct wh_buf notes = WH_BUF_INIT, bytes = WH_BUF_INIT;
	struct wh_policy *policy = NULL;
	size_t lines = 0;

	(void)state;
	add_rules(&bytes, ",\"capabilities\":[\"KILL\"]");
	assert_int_equal(
		wh_policy_parse_and_review_take(&policy, &bytes, "p.json", keep, &notes, NULL), 0);
	for (const char *c = notes.data; *c != '\0'; c++)
		lines += *c == '\n';
	assert_int_equal(lines, 501);
	assert_non_null(
		strstr(notes.data, ": there is more to say; these were the first 500 notes\n"));
	wh_buf_done(&notes);
	wh_policy_free(policy);

	/* With nothing to say of each. */
	add_rules(&bytes, "");
	assert_int_equal(
		wh_policy_parse_and_review_take(&policy, &bytes, "p.json", keep, &notes, NULL), 0);
	assert_int_equal(notes.len, 0);
	wh_buf_done(&notes);
	wh_policy_free(policy);
}

/* Many rules with most words in common, of which the last is hidden by one in the middle; and two
 * with longer lists than are compared. */
static void test_one_among_many(void **state)
{
	struct wh_buf notes = WH_BUF_INIT, bytes = WH_BUF_INIT;
	struct wh_policy *policy = NULL;

	(void)state;
	wh_buf_add_string(&bytes, "{\"rules\":[");
	for (unsigned i = 0; i < 20000; i++)
		wh_buf_addf(&bytes,
			"{\"name\":\"r%u\",\"match\":{\"engine\":\"docker\",\"sandbox\":true,"
			"\"command\":\"run\",\"bundle\":\"/%u\"}},\n",
			i, i);
	for (unsigned i = 0; i < 2; i++) {
		wh_buf_addf(&bytes, "{\"name\":\"long%u\",\"match\":{\"bundle\":[", i);
		for (unsigned k = 0; k < 20000; k++)
			wh_buf_addf(&bytes, "\"/long/%u\",", k);
		wh_buf_add_string(&bytes, "\"/x\"]}},\n");
	}
	wh_buf_add_string(&bytes,
		"{\"name\":\"last\",\"match\":{\"engine\":\"docker\",\"bundle\":\"/15000\","
		"\"sandbox\":true,\"command\":\"run\",\"imageId\":\"" FILL64 "\"}}]}");
	assert_int_equal(
		wh_policy_parse_and_review_take(&policy, &bytes, "p.json", keep, &notes, NULL), 0);
	assert_string_equal(notes.data,
		"20003:24: rule \"last\" never counts: whatever it matches, "
		"rule \"r15000\" in line 15001 has matched before\n");
	wh_buf_done(&notes);
	wh_policy_free(policy);
}

/* Two rules, of which the first gives more by a key where both match; NULL: nothing is said. */
static void test_stricter_behind_wider(void **state)
{
	static const struct {
		const char *first, *second; /* what is behind their names */
		const char *wider;
	} rows[] = {
#define MATCH_BUNDLE "'match':{'engine':'docker','bundle':'/x'}"
#define MATCH_DOCKER "'match':{'engine':'docker'}"
#define MATCH_SANDBOX "'match':{'engine':'docker','sandbox':true}"
		{ MATCH_BUNDLE ",'readonlyRootfs':false", MATCH_SANDBOX, "readonlyRootfs" },
		{ MATCH_BUNDLE ",'capabilities':{'CHOWN':'why'}", MATCH_DOCKER, "capabilities" },
		{ MATCH_BUNDLE ",'mode':'audit'", MATCH_DOCKER, "mode" },
		{ MATCH_BUNDLE ",'restore':'allow'", MATCH_DOCKER, "restore" },
		{ "'match':{'engine':['docker','podman'],'bundle':'/x'},'mode':'audit'",
			MATCH_SANDBOX, "mode" },
		/* the stricter stands first, or both are alike, or the second takes nothing */
		{ MATCH_BUNDLE, MATCH_SANDBOX ",'readonlyRootfs':false", NULL },
		{ MATCH_BUNDLE ",'mode':'audit'", MATCH_SANDBOX ",'mode':'audit'", NULL },
		{ MATCH_BUNDLE ",'readonlyRootfs':false", MATCH_DOCKER ",'mode':'audit'", NULL },
		/* nothing in common, or something that sets them apart */
		{ "'match':{'bundle':'/x'},'mode':'audit'", MATCH_DOCKER, NULL },
		{ MATCH_BUNDLE ",'mode':'audit'", "'match':{'engine':'docker','bundle':'/y'}",
			NULL },
		/* on settable facts: the second tightens all the same; or is tightened itself */
		{ "'match':{'engine':'docker','pod':'x'},'mode':'audit'", MATCH_DOCKER, NULL },
		{ MATCH_BUNDLE ",'mode':'audit'", "'match':{'engine':'docker','pod':'x'}", "mode" },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(rows); i++) {
		char text[1024], sentence[256];
		struct wh_buf notes;

		(void)snprintf(text, sizeof(text),
			"{\"rules\":[\n{\"name\":\"a\",%s},\n{\"name\":\"b\",%s}]}", rows[i].first,
			rows[i].second);
		(void)snprintf(sentence, sizeof(sentence),
			"3:21: what rule \"a\" in line 2 matches as well gets more than rule \"b\" "
			"gives, by \"%s\": put the stricter one first if that is not meant\n",
			rows[i].wider == NULL ? "" : rows[i].wider);
		for (char *c = text; *c != '\0'; c++)
			*c = *c == '\'' ? '"' : *c;
		notes = notes_of(text);
		if ((strstr(notes.data, sentence) != NULL) != (rows[i].wider != NULL) ||
			(rows[i].wider == NULL && strstr(notes.data, "as well gets") != NULL))
			fail_msg("%s\n%s", text, notes.data);
		wh_buf_done(&notes);
	}
}

/* What is refused gets no advice. */
static void test_no_notes_on_what_is_refused(void **state)
{
	struct wh_buf notes = WH_BUF_INIT, bytes = WH_BUF_INIT;
	struct wh_policy *policy = NULL;

	(void)state;
	wh_buf_add_string(
		&bytes, "{\"rules\":[{\"name\":\"r\",\"match\":{\"id\":\"x\"}}],\"defaults\":{}}");
	assert_int_equal(
		wh_policy_parse_and_review_take(&policy, &bytes, "p.json", keep, &notes, NULL),
		-EINVAL);
	assert_null(policy);
	assert_int_equal(notes.len, 0);
	wh_buf_done(&notes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_notes),
		cmocka_unit_test(test_rules_behind_others),
		cmocka_unit_test(test_one_among_many),
		cmocka_unit_test(test_stricter_behind_wider),
		cmocka_unit_test(test_there_is_an_end_to_it),
		cmocka_unit_test(test_no_notes_on_what_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
