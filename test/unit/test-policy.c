/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policy: what each text yields, with which sentence a wrong one is refused, and what is
 * decided for whom. Refusals are compared whole or by their place and the words that help.
 */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "policy/policy.h"

#define ENFORCE WH_MODE_ENFORCE
#define AUDIT WH_MODE_AUDIT
#define MIB (UINT64_C(1) << 20)

enum {
	CHOWN = 0,
	KILL = 5,
	SETGID = 6,
	SETUID = 7,
	NET_BIND_SERVICE = 10,
	NET_RAW = 13,
};

#define BIT(n) (UINT64_C(1) << (n))

/* ---- helpers ---------------------------------------------------------------------------- */

static struct wh_buf buf_of(const char *text)
{
	struct wh_buf buf = WH_BUF_INIT;

	wh_buf_add_string(&buf, text);
	assert_int_equal(wh_buf_status(&buf), 0);
	return buf;
}

/* Fails the test with the sentence when the policy is refused. */
static struct wh_policy *parse(const char *text)
{
	struct wh_policy *policy = NULL;
	struct wh_err err = WH_ERR_INIT;
	struct wh_buf buf = buf_of(text);
	int r = wh_policy_parse_take(&policy, &buf, "p.json", &err);

	assert_null(buf.data);
	if (r != 0)
		fail_msg("refused: %s", err.text);
	assert_int_equal(err.number, 0);
	return policy;
}

static struct wh_subject subject_of(
	const char *id, const char *bundle, const struct wh_annotation *annotations, size_t count)
{
	return (struct wh_subject){
		.facts = { [WH_FACT_ID] = { id, NULL }, [WH_FACT_BUNDLE] = { bundle, NULL } },
		.annotations = annotations,
		.annotation_count = count,
	};
}

static struct wh_decision decide(const struct wh_policy *policy, struct wh_arena *arena,
	const char *id, const char *bundle, const char *key, const char *value)
{
	struct wh_annotation annotation = { wh_slice_of(key), wh_slice_of(value) };
	struct wh_subject subject = subject_of(id, bundle, &annotation, 1);
	struct wh_decision decision = { .rule = NULL };

	assert_int_equal(wh_policy_decide(policy, &subject, arena, &decision), 0);
	assert_non_null(decision.rule);
	return decision;
}

/* ---- refusals --------------------------------------------------------------------------- */

#define RULE(rest) "{\"rules\":[{\"name\":\"r\",\"match\":{\"id\":\"x\"}," rest "}]}"
#define MATCH(rest) "{\"rules\":[{\"name\":\"r\",\"match\":" rest "}]}"
#define FILL16 "****************"
#define FILL64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ITEMS16 "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16"
#define ITEMS64 ITEMS16 "," ITEMS16 "," ITEMS16 "," ITEMS16
#define FILL512 FILL64 FILL64 FILL64 FILL64 FILL64 FILL64 FILL64 FILL64

static const struct {
	const char *text;
	const char *sentence; /* the whole, or its start when `also` is given */
	const char *also;     /* somewhere in it */
} refused[] = {
	/* not JSON, and no object */
	{ "", "p.json:1:1: ", "" },
	{ "{", "p.json:1:", "" },
	{ "{,}", "p.json:1:2: ", "" },
	{ "{\n  \"mode\": \"audit\",\n}", "p.json:3:", "" },
	{ "{\"mode\":\"audit\",\"mode\":\"audit\"}", "p.json:1:", "" },
	{ "[]", "p.json:1:1: the policy must be an object, not an array", NULL },
	{ "null", "p.json:1:1: the policy must be an object, not null", NULL },

	/* unknown keys */
	{ "{\n\t\"defaults\": {}}",
		"p.json:2:2: unknown key \"defaults\" at the top level, expected one of \"mode\", "
		"\"restore\", \"verify\", \"learn\", \"runtimes\", \"log\", \"default\", "
		"\"rules\"; did you "
		"mean "
		"\"default\"?",
		NULL },
	{ "{\"default\":{\"capabilites\":[]}}",
		"p.json:1:13: unknown key \"capabilites\" in \"default\", expected one of "
		"\"profile\", \"tmpfs\", or a kind of privilege like \"capabilities\"; did you "
		"mean \"capabilities\"?",
		NULL },
	{ "{\"default\":{\"mode\":\"audit\"}}", "p.json:1:13: unknown key \"mode\" in \"default\"",
		"(it belongs at the top level or in a rule), expected one of \"profile\"" },
	{ "{\"default\":{\"nonewprivileges\":true}}", "p.json:1:13: unknown key",
		"; did you mean \"noNewPrivileges\"?" },
	{ RULE("\"xyzzy\":1"),
		"p.json:1:42: unknown key \"xyzzy\" in a rule, expected one of \"name\", "
		"\"match\", "
		"\"mode\", \"restore\", \"verify\", \"learn\", \"profile\", \"tmpfs\", or a kind "
		"of privilege "
		"like "
		"\"capabilities\"",
		NULL },
	{ MATCH("{\"imag\":\"*\"}"),
		"p.json:1:32: unknown key \"imag\" in \"match\", expected one of \"engine\", "
		"\"namespace\", \"pod\", \"container\", \"image\", \"imageId\", \"label\", "
		"\"sandbox\", \"command\", \"user\", \"annotations\", \"id\", \"bundle\"; did you "
		"mean \"image\"?",
		NULL },
	{ MATCH("{\"di\":\"*\"}"), "p.json:1:32: unknown key \"di\" in \"match\"",
		"; did you mean \"id\"?" },
	{ "{\"log\":{\"path\":\"/x\"}}", "p.json:1:9: unknown key \"path\" in \"log\"",
		"(it belongs in a runtime or in a tmpfs), expected one of \"file\", \"required\"" },
	{ "{\"runtimes\":[{\"pth\":\"/x\"}]}", "p.json:1:15: unknown key \"pth\" in a runtime",
		"expected one of \"path\", \"kind\"; did you mean \"path\"?" },
	{ "{\"default\":{\"tmpfs\":[{\"siez\":\"1m\"}]}}",
		"p.json:1:23: unknown key \"siez\" in a tmpfs", "; did you mean \"size\"?" },
	{ "{\"\":1}", "p.json:1:2: unknown key \"\" at the top level", "expected one of" },
	{ "{\"mo\\nde\":1}", "p.json:1:2: unknown key \"mo\\x0ade\" at the top level", "" },

	/* types and words */
	{ "{\"mode\":1}", "p.json:1:9: \"mode\" must be \"enforce\" or \"audit\", not a number",
		NULL },
	{ "{\"mode\":\"Audit\"}", "p.json:1:9: \"mode\" must be \"enforce\" or \"audit\"", NULL },
	{ "{\"mode\":null}", "p.json:1:9: \"mode\" must be", "null" },
	{ "{\"verify\":\"yes\"}", "p.json:1:11: \"verify\" must be true or false, not ", "" },
	{ "{\"verify\":null}", "p.json:1:11: \"verify\" must be true or false, not ", "" },
	{ "{\"verify\":1}", "p.json:1:11: \"verify\" must be true or false, not ", "" },
	{ "{\"learn\":\"yes\"}", "p.json:1:10: \"learn\" must be true or false, not ", "" },
	{ "{\"default\":{\"verify\":true}}",
		"p.json:1:13: unknown key \"verify\" in \"default\" (it belongs at the top level "
		"or in a rule)",
		"" },
	{ "{\"restore\":true}", "p.json:1:12: \"restore\" must be \"refuse\" or \"allow\", not ",
		"" },
	{ "{\"restore\":\"\"}", "p.json:1:12: \"restore\" must be \"refuse\" or \"allow\"", NULL },
	{ "{\"log\":\"/x\"}", "p.json:1:8: \"log\" must be an object, not a string", NULL },
	{ "{\"log\":{\"file\":1}}", "p.json:1:16: \"file\" must be an absolute path, not a number",
		NULL },
	{ "{\"log\":{\"file\":\"x\"}}", "p.json:1:16: \"file\" needs absolute paths", "" },
	{ "{\"log\":{\"file\":\"/x/../y\"}}", "p.json:1:16: \"file\" needs absolute paths", "" },
	{ "{\"log\":{\"required\":\"true\"}}",
		"p.json:1:20: \"required\" must be true or false, not a string", NULL },
	{ "{\"default\":[]}", "p.json:1:12: \"default\" must be an object, not an array", NULL },
	{ "{\"default\":null}", "p.json:1:12: \"default\" must be an object, not null", NULL },
	{ "{\"default\":{\"noNewPrivileges\":1}}",
		"p.json:1:31: \"noNewPrivileges\" must be true, false, or a word, not a number",
		NULL },
	{ "{\"default\":{\"readonlyRootfs\":null}}",
		"p.json:1:30: \"readonlyRootfs\" must be true, false, or a word, not null", NULL },

	/* capabilities */
	{ "{\"default\":{\"capabilities\":\"CAP_KILL\"}}",
		"p.json:1:28: \"capabilities\" must be a word, an array of names, or an object of "
		"names "
		"with "
		"reasons, not a string",
		NULL },
	{ "{\"default\":{\"capabilities\":[5]}}", "p.json:1:29: \"capabilities\" must be",
		"number" },
	{ "{\"default\":{\"capabilities\":[\"CAP_KILLL\"]}}",
		"p.json:1:29: unknown capability \"CAP_KILLL\"; did you mean \"CAP_KILL\"?", NULL },
	{ "{\"default\":{\"capabilities\":[\"net_biind_service\"]}}",
		"p.json:1:29: unknown capability \"net_biind_service\"; did you mean "
		"\"CAP_NET_BIND_SERVICE\"?",
		NULL },
	{ "{\"default\":{\"capabilities\":[\"sys_adimn\"]}}",
		"p.json:1:29: unknown capability \"sys_adimn\"; did you mean \"CAP_SYS_ADMIN\"?",
		NULL },
	{ "{\"default\":{\"capabilities\":[\"21\"]}}",
		"p.json:1:29: unknown capability \"21\": see capabilities(7) for the names", NULL },
	{ "{\"default\":{\"capabilities\":[\"\"]}}", "p.json:1:29: unknown capability \"\"", "" },
	{ "{\"default\":{\"capabilities\":[\"CAP_KILL \"]}}",
		"p.json:1:29: unknown capability \"CAP_KILL \"; did you mean \"CAP_KILL\"?", NULL },
	{ "{\"default\":{\"capabilities\":[\"" FILL64 "tail\"]}}",
		"p.json:1:29: unknown capability \"" FILL64 "\": see capabilities(7) for the names",
		NULL },
	{ "{\"default\":{\"capabilities\":[\"ALL\"]}}",
		"p.json:1:29: \"ALL\" is no capability: list those that are allowed", "" },
	{ "{\"default\":{\"capabilities\":{\"cap_all\":\"why\"}}}",
		"p.json:1:29: \"ALL\" is no capability", "" },
	{ "{\"default\":{\"capabilities\":[\"KILL\",\"cap_kill\"]}}",
		"p.json:1:36: \"CAP_KILL\" is here twice", NULL },
	{ "{\"default\":{\"capabilities\":{\"KILL\":\"a\",\"CAP_KILL\":\"b\"}}}",
		"p.json:1:40: \"CAP_KILL\" is here twice", NULL },
	{ RULE("\"capabilities\":{\"KILL\":\"\"}"),
		"p.json:1:65: the reason for a capability must be a string of 1 to 512 bytes",
		NULL },
	{ RULE("\"capabilities\":{\"KILL\":true}"), "p.json:1:65: the reason for a capability",
		"" },
	{ RULE("\"capabilities\":{\"KILL\":\"" FILL512 "x\"}"),
		"p.json:1:65: the reason for a capability", "" },

	/* tmpfs */
	{ "{\"default\":{\"tmpfs\":\"/tmp\"}}",
		"p.json:1:21: \"tmpfs\" must be an array of paths or objects, not a string", NULL },
	{ "{\"default\":{\"tmpfs\":[7]}}",
		"p.json:1:22: \"tmpfs\" must be an array of paths or objects, not a number", NULL },
	{ "{\"default\":{\"tmpfs\":[\"tmp\"]}}",
		"p.json:1:22: \"tmpfs\" needs absolute paths other than \"/\", without \".\", "
		"\"..\", "
		"empty parts, control characters or a slash at the end",
		NULL },
	{ "{\"default\":{\"tmpfs\":[\"/\"]}}", "p.json:1:22: \"tmpfs\" needs absolute paths", "" },
	{ "{\"default\":{\"tmpfs\":[\"\"]}}", "p.json:1:22: \"tmpfs\" needs absolute paths", "" },
	{ "{\"default\":{\"tmpfs\":[\"//\"]}}", "p.json:1:22: \"tmpfs\" needs absolute paths", "" },
	{ "{\"default\":{\"tmpfs\":[\"/a//b\"]}}", "p.json:1:22: \"tmpfs\" needs absolute", "" },
	{ "{\"default\":{\"tmpfs\":[\"/a/\"]}}", "p.json:1:22: \"tmpfs\" needs absolute", "" },
	{ "{\"default\":{\"tmpfs\":[\"/a/.\"]}}", "p.json:1:22: \"tmpfs\" needs absolute", "" },
	{ "{\"default\":{\"tmpfs\":[\"/./a\"]}}", "p.json:1:22: \"tmpfs\" needs absolute", "" },
	{ "{\"default\":{\"tmpfs\":[\"/a/..\"]}}", "p.json:1:22: \"tmpfs\" needs absolute", "" },
	{ "{\"default\":{\"tmpfs\":[\"/../a\"]}}", "p.json:1:22: \"tmpfs\" needs absolute", "" },
	{ "{\"default\":{\"tmpfs\":[\"/a\\u007f\"]}}", "p.json:1:22: \"tmpfs\" needs absolute",
		"" },
	{ "{\"default\":{\"tmpfs\":[\"/" FILL512 FILL512 FILL512 FILL512 FILL512 FILL512 FILL512
			FILL512 "\"]}}",
		"p.json:1:22: \"tmpfs\" needs absolute", "" },
	{ "{\"default\":{\"tmpfs\":[" ITEMS64 ",\"/x\"]}}",
		"p.json:1:21: \"tmpfs\" can have at most 64 entries", NULL },
	{ "{\"default\":{\"tmpfs\":[\"/a\\nb\"]}}", "p.json:1:22: \"tmpfs\" needs absolute", "" },
	{ "{\"default\":{\"tmpfs\":[\"/tmp\",\"/run\",\"/tmp\"]}}",
		"p.json:1:36: this path is here twice", NULL },
	{ "{\"default\":{\"tmpfs\":[\"/tmp\",{\"size\":\"1m\",\"path\":\"/tmp\"}]}}",
		"p.json:1:29: this path is here twice", NULL },
	{ "{\"default\":{\"tmpfs\":[{\"size\":\"1m\"}]}}", "p.json:1:22: a tmpfs needs a \"path\"",
		NULL },
	{ "{\"default\":{\"tmpfs\":[{\"path\":\"/a/\"}]}}",
		"p.json:1:30: \"path\" needs absolute paths", "" },
	{ "{\"default\":{\"tmpfs\":[{\"size\":64}]}}",
		"p.json:1:30: \"size\" must be a string like \"64m\", not a number", NULL },
	{ "{\"default\":{\"tmpfs\":[{\"size\":\"4095\"}]}}",
		"p.json:1:30: \"size\" must be digits with an optional k, m or g behind, from "
		"\"4k\" "
		"to \"1024g\"",
		NULL },
	{ "{\"default\":{\"tmpfs\":[{\"size\":\"1025g\"}]}}", "p.json:1:30: \"size\" must be", "" },
	{ "{\"default\":{\"tmpfs\":[{\"size\":\"1099511627777\"}]}}", "p.json:1:30: \"size\"", "" },
	{ "{\"default\":{\"tmpfs\":[{\"size\":\"64mb\"}]}}", "p.json:1:30: \"size\" must be", "" },
	{ "{\"default\":{\"tmpfs\":[{\"size\":\"64t\"}]}}", "p.json:1:30: \"size\" must be", "" },
	{ "{\"default\":{\"tmpfs\":[{\"size\":\"m\"}]}}", "p.json:1:30: \"size\" must be", "" },
	{ "{\"default\":{\"tmpfs\":[{\"size\":\"\"}]}}", "p.json:1:30: \"size\" must be", "" },
	{ "{\"default\":{\"tmpfs\":[{\"size\":\"-64m\"}]}}", "p.json:1:30: \"size\" must be", "" },
	{ "{\"default\":{\"tmpfs\":[{\"size\":\"6 4m\"}]}}", "p.json:1:30: \"size\" must be", "" },
	{ "{\"default\":{\"tmpfs\":[{\"size\":\"18446744073709551617\"}]}}",
		"p.json:1:30: \"size\" must be", "" },
	{ "{\"default\":{\"tmpfs\":[{\"size\":\"18014398509482048k\"}]}}",
		"p.json:1:30: \"size\" must be", "" },

	/* runtimes */
	{ "{\"runtimes\":\"runc\"}",
		"p.json:1:13: \"runtimes\" must be an array of names, paths or objects, not a "
		"string",
		NULL },
	{ "{\"runtimes\":[]}", "p.json:1:13: \"runtimes\" must name at least one", NULL },
	{ "{\"runtimes\":[null]}", "p.json:1:14: \"runtimes\" must be", "null" },
	{ "{\"runtimes\":[\"youki\"]}",
		"p.json:1:14: this name does not tell the kind of runtime: write {\"path\": "
		"\"/path/of/it\", \"kind\": \"runc\"}, where the kind is one of \"runc\", "
		"\"crun\", "
		"\"runsc\"",
		NULL },
	{ "{\"runtimes\":[\"\"]}", "p.json:1:14: this name does not tell the kind", "" },
	{ "{\"runtimes\":[\"RUNC\"]}", "p.json:1:14: this name does not tell the kind", "" },
	{ "{\"runtimes\":[\"/usr/bin/runc-1.2\"]}", "p.json:1:14: this name does not tell the kind",
		"" },
	{ "{\"runtimes\":[\"bin/runc\"]}", "p.json:1:14: \"runtimes\" needs absolute paths", "" },
	{ "{\"runtimes\":[\"/usr/bin/../runc\"]}", "p.json:1:14: \"runtimes\" needs absolute paths",
		"" },
	{ "{\"runtimes\":[{\"path\":\"runc\"}]}", "p.json:1:22: \"path\" needs absolute paths",
		"" },
	{ "{\"runtimes\":[{\"path\":\"/usr/bin/new\"}]}",
		"p.json:1:14: this name does not tell the kind", "" },
	{ "{\"runtimes\":[{\"path\":\"/usr/bin/new\",\"kind\":\"youki\"}]}",
		"p.json:1:44: \"kind\" must be \"runc\", \"crun\" or \"runsc\"", NULL },
	{ "{\"runtimes\":[{\"kind\":\"runc\"}]}", "p.json:1:14: a runtime needs a \"path\"", NULL },

	/* rules */
	{ "{\"rules\":{}}", "p.json:1:10: \"rules\" must be an array of objects, not an object",
		NULL },
	{ "{\"rules\":[1]}", "p.json:1:11: a rule must be an object, not a number", NULL },
	{ "{\"rules\":[{}]}", "p.json:1:11: a rule needs a \"name\"", NULL },
	{ "{\"rules\":[{\"match\":{\"id\":\"x\"}}]}", "p.json:1:11: a rule needs a \"name\"",
		NULL },
	{ "{\"rules\":[{\"name\":\"r\"}]}", "p.json:1:11: a rule needs a \"match\"", NULL },
	{ "{\"rules\":[{\"name\":\"\",\"match\":{\"id\":\"x\"}}]}",
		"p.json:1:19: \"name\" must be a string of 1 to 128 printable ASCII characters",
		NULL },
	{ "{\"rules\":[{\"name\":\"a\\nb\"}]}", "p.json:1:19: \"name\" must be a string of 1", "" },
	{ "{\"rules\":[{\"name\":\"a\\u007f\"}]}", "p.json:1:19: \"name\" must be a string", "" },
	{ "{\"rules\":[{\"name\":\"\xc3\xa9\"}]}", "p.json:1:19: \"name\" must be a string", "" },
	{ "{\"rules\":[{\"name\":\"" FILL64 FILL64 "x\"}]}",
		"p.json:1:19: \"name\" must be a string of 1 to 128", "" },
	{ "{\"rules\":[{\"name\":7}]}", "p.json:1:19: \"name\" must be a string of 1 to 128",
		"not a number" },
	{ "{\"rules\":[{\"name\":\"default\"}]}",
		"p.json:1:19: no rule can have the name \"default\"", "" },
	{ "{\"rules\":[{\"name\":\"a\",\"match\":{\"id\":\"x\"}},\n"
	  "{\"name\":\"b\",\"match\":{\"id\":\"x\"}},\n{\"match\":{\"id\":\"x\"},\"name\":\"a\"}]}",
		"p.json:3:28: another rule has this name already", NULL },

	/* match */
	{ MATCH("{}"),
		"p.json:1:31: \"match\" needs at least one condition: what holds for every "
		"container "
		"belongs into \"default\"",
		NULL },
	{ MATCH("\"*\""), "p.json:1:31: \"match\" must be an object, not a string", NULL },
	{ MATCH("{\"id\":7}"),
		"p.json:1:37: \"id\" must be a string with a pattern, or an array of them, not a "
		"number",
		NULL },
	{ MATCH("{\"id\":\"\"}"), "p.json:1:37: an empty \"id\" matches nothing", NULL },
	{ MATCH("{\"bundle\":\"\"}"), "p.json:1:41: an empty \"bundle\" matches nothing", NULL },
	{ MATCH("{\"bundle\":[]}"), "p.json:1:41: an empty \"bundle\" matches nothing", NULL },
	{ MATCH("{\"bundle\":[\"/a\",[]]}"), "p.json:1:47: \"bundle\" must be a string",
		"an array" },
	{ MATCH("{\"bundle\":{}}"), "p.json:1:41: \"bundle\" must be a string", "an object" },
	{ MATCH("{\"namespace\":[\"a\",\"\"]}"), "p.json:1:49: an empty \"namespace\" matches",
		"" },
	{ MATCH("{\"engine\":\"dokcer\"}"),
		"p.json:1:41: unknown engine \"dokcer\", expected one of \"docker\", \"podman\", "
		"\"containerd\", \"cri-containerd\", \"cri-o\", \"buildkit\"; did you mean "
		"\"docker\"?",
		NULL },
	{ MATCH("{\"engine\":[\"docker\",\"crio\"]}"), "p.json:1:51: unknown engine \"crio\"",
		"; did you mean \"cri-o\"?" },
	{ MATCH("{\"engine\":\"*\"}"), "p.json:1:41: unknown engine \"*\", expected one of", "" },
	{ MATCH("{\"command\":\"exce\"}"), "p.json:1:42: unknown command \"exce\"",
		"; did you mean \"exec\"?" },
	{ MATCH("{\"command\":\"kill\"}"), "p.json:1:42: unknown command \"kill\"", "" },
	{ MATCH("{\"sandbox\":\"true\"}"), "p.json:1:42: \"sandbox\" must be true or false", "" },
	{ MATCH("{\"user\":0}"), "p.json:1:39: \"user\" must be a string with a user id", "" },
	{ MATCH("{\"user\":\"root\"}"), "p.json:1:39: a user is a number like \"0\" or a range",
		"" },
	{ MATCH("{\"user\":\"5-1\"}"), "p.json:1:39: a user is a number", "" },
	{ MATCH("{\"user\":\"1-\"}"), "p.json:1:39: a user is a number", "" },
	{ MATCH("{\"user\":\"-1\"}"), "p.json:1:39: a user is a number", "" },
	{ MATCH("{\"user\":\"1-2-3\"}"), "p.json:1:39: a user is a number", "" },
	{ MATCH("{\"user\":\"4294967295\"}"), "p.json:1:39: a user is a number", "" },
	{ MATCH("{\"user\":\"18446744073709551616\"}"), "p.json:1:39: a user is a number", "" },
	{ MATCH("{\"imageId\":\"sha256:abc\"}"),
		"p.json:1:42: an image's id is \"sha256:\" and 64 hexadecimal digits in small "
		"letters",
		NULL },
	{ MATCH("{\"imageId\":\"*\"}"), "p.json:1:42: an image's id is", "" },
	{ MATCH("{\"imageId\":\"sha512:" FILL64 "\"}"), "p.json:1:42: an image's id is", "" },
	{ MATCH("{\"image\":\"postgres:*\"}"),
		"p.json:1:40: an image has its registry in front, so this never matches: write "
		"\"docker.io/library/postgres:*\" for Docker Hub's, or begin with the registry it "
		"is "
		"from",
		NULL },
	{ MATCH("{\"image\":\"postgres\"}"), "p.json:1:40: an image has its registry in front",
		"" },
	{ MATCH("{\"image\":\"postgres:16.1\"}"), "p.json:1:40: an image has its registry", "" },
	{ MATCH("{\"image\":\"bitnami/postgres:*\"}"), "p.json:1:40: an image has its registry",
		"write \"docker.io/bitnami/postgres:*\" for" },
	{ MATCH("{\"image\":\"postgres@sha256:" FILL64 "\"}"), "p.json:1:40: an image has its",
		"" },
	{ MATCH("{\"image\":\"docker.io/library/postgres\"}"),
		"p.json:1:40: an image has a tag or a digest behind its name, so this never "
		"matches: "
		"add \":latest\", \":*\" for any tag, or \"[:@]*\" for any tag or digest",
		NULL },
	{ MATCH("{\"image\":\"localhost:5000/x\"}"), "p.json:1:40: an image has a tag or", "" },
	{ MATCH("{\"image\":\"docker.io/library/x@sha256:abc*\"}"),
		"p.json:1:40: a digest is compared as a whole: \"@sha256:\" and 64", "" },
	{ MATCH("{\"label\":{}}"), "p.json:1:40: \"label\" must be an object of patterns", "" },
	{ MATCH("{\"label\":{\"a\":1}}"),
		"p.json:1:45: the pattern for a label must be a string, not a number", NULL },
	{ MATCH("{\"id\":\"" FILL16 "*\"}"),
		"p.json:1:37: a pattern can have at most 1024 bytes and 16 stars", NULL },
	{ MATCH("{\"id\":\"" FILL512 FILL512 "x\"}"),
		"p.json:1:37: a pattern can have at most 1024 bytes and 16 stars", NULL },
	{ MATCH("{\"id\":\"a\\\\\"}"), "p.json:1:37: the pattern ends in a lone backslash", NULL },
	{ MATCH("{\"annotations\":{}}"),
		"p.json:1:46: \"annotations\" must be an object of patterns, with at least one",
		NULL },
	{ MATCH("{\"annotations\":\"*\"}"), "p.json:1:46: \"annotations\" must be", "a string" },
	{ MATCH("{\"annotations\":{\"a\":true}}"),
		"p.json:1:51: the pattern for an annotation must be a string, not ", "" },
	{ MATCH("{\"annotations\":{\"a\":\"\\\\\"}}"),
		"p.json:1:51: the pattern ends in a lone backslash", NULL },
};

static void test_refusals(void **state)
{
	(void)state;
	for (size_t i = 0; i < WH_COUNT(refused); i++) {
		struct wh_policy *policy = NULL;
		struct wh_err err = WH_ERR_INIT;
		struct wh_buf buf = buf_of(refused[i].text);
		const char *sentence = refused[i].sentence;
		int r = wh_policy_parse_take(&policy, &buf, "p.json", &err);

		if (r != -EINVAL || err.number != EINVAL || policy != NULL || buf.data != NULL)
			fail_msg("row %zu (%s): %d", i, refused[i].text, r);
		if (refused[i].also == NULL) {
			assert_string_equal(err.text, sentence);
			continue;
		}
		if (strncmp(err.text, sentence, strlen(sentence)) != 0)
			fail_msg("row %zu: %s\nnot: %s", i, err.text, sentence);
		if (strstr(err.text, refused[i].also) == NULL)
			fail_msg("row %zu: %s\nlacks: %s", i, err.text, refused[i].also);
	}
}

/* A sink for the error is optional, and an error that is there already is the cause. */
static void test_refusals_keep_an_earlier_error(void **state)
{
	struct wh_policy *policy = NULL;
	struct wh_err err = WH_ERR_INIT;
	struct wh_buf buf = buf_of("{\"mode\":1}");

	(void)state;
	assert_int_equal(wh_policy_parse_take(&policy, &buf, "p.json", NULL), -EINVAL);
	buf = buf_of("{");
	assert_int_equal(wh_policy_parse_take(&policy, &buf, "p.json", NULL), -EINVAL);
	assert_int_equal(wh_fail(&err, EIO, "first"), -EIO);
	buf = buf_of("{");
	assert_int_equal(wh_policy_parse_take(&policy, &buf, "p.json", &err), -EINVAL);
	assert_string_equal(err.text, "first");
	assert_null(policy);
}

/* A sentence of a syntax error still says what was wrong, and where in the tree. */
static void test_syntax_errors_keep_their_sentence(void **state)
{
	struct wh_policy *policy = NULL;
	struct wh_err err = WH_ERR_INIT;
	struct wh_buf buf = buf_of("{\n  \"mode\": \"audit\",\n  \"mode\": \"audit\"\n}");

	(void)state;
	assert_int_equal(wh_policy_parse_take(&policy, &buf, "p.json", &err), -EINVAL);
	assert_true(strncmp(err.text, "p.json:3:3: ", 12) == 0);
	assert_non_null(strstr(err.text, "/mode"));
	assert_null(strstr(err.text, "line "));
}

/* ---- what a policy yields --------------------------------------------------------------- */

static void test_silence_allows_nothing(void **state)
{
	static const char *const texts[] = { "{}", "// empty\n{ /* all */ }", "{\"default\":{}}",
		"{\"rules\":[]}", "{\"log\":{},\"default\":{},\"rules\":[]}" };

	(void)state;
	for (size_t i = 0; i < WH_COUNT(texts); i++) {
		WH_POLICY struct wh_policy *policy = parse(texts[i]);
		struct wh_arena arena = WH_ARENA_INIT;
		struct wh_decision decision = decide(policy, &arena, "id", "/b", "k", "v");
		size_t n = 0;
		const struct wh_policy_runtime *runtimes = wh_policy_runtimes(policy, &n);

		assert_string_equal(decision.rule, "default");
		assert_int_equal(decision.limits.mode, ENFORCE);
		assert_false(decision.limits.restore);
		assert_int_equal(decision.limits.capabilities, 0);
		assert_true(decision.limits.kinds[WH_KIND_NO_NEW_PRIVILEGES].otherwise != WH_KEEP);
		assert_true(decision.limits.kinds[WH_KIND_READONLY_ROOTFS].otherwise != WH_KEEP);
		assert_int_equal(decision.limits.tmpfs_count, 0);
		assert_int_equal(n, 3);
		assert_string_equal(runtimes[0].name, "runc");
		assert_string_equal(runtimes[1].name, "crun");
		assert_string_equal(runtimes[2].name, "runsc");
		assert_null(wh_policy_log_file(policy));
		assert_false(wh_policy_log_required(policy));
		wh_arena_done(&arena);
	}
}

static void test_default_says_it_all(void **state)
{
	WH_POLICY struct wh_policy *policy =
		parse("{\"mode\":\"audit\",\"restore\":\"allow\",\"log\":{\"file\":\"/var/log/w\","
		      "\"required\":true},\"default\":{\"noNewPrivileges\":false,"
		      "\"readonlyRootfs\":false,"
		      "\"capabilities\":[\"kill\",\"CAP_NET_RAW\",\"Cap_Chown\"],"
		      "\"tmpfs\":[\"/tmp\",{\"path\":\"/a b/c.d/..e\",\"size\":\"4k\"},"
		      "{\"size\":\"1024g\",\"path\":\"/g\"},{\"path\":\"/n\",\"size\":\"4096\"},"
		      "{\"path\":\"/m\",\"size\":\"3M\"}]}}");
	struct wh_arena arena = WH_ARENA_INIT;
	struct wh_limits limits = decide(policy, &arena, "id", "/b", "k", "v").limits;

	(void)state;
	assert_int_equal(limits.mode, AUDIT);
	assert_true(limits.restore);
	assert_false(limits.kinds[WH_KIND_NO_NEW_PRIVILEGES].otherwise != WH_KEEP);
	assert_false(limits.kinds[WH_KIND_READONLY_ROOTFS].otherwise != WH_KEEP);
	assert_int_equal(limits.capabilities, BIT(KILL) | BIT(NET_RAW) | BIT(CHOWN));
	assert_int_equal(limits.tmpfs_count, 5);
	assert_string_equal(limits.tmpfs[0].path, "/tmp");
	assert_int_equal(limits.tmpfs[0].size, 64 * MIB);
	assert_string_equal(limits.tmpfs[1].path, "/a b/c.d/..e");
	assert_int_equal(limits.tmpfs[1].size, 4096);
	assert_string_equal(limits.tmpfs[2].path, "/g");
	assert_int_equal(limits.tmpfs[2].size, UINT64_C(1) << 40);
	assert_int_equal(limits.tmpfs[3].size, 4096);
	assert_int_equal(limits.tmpfs[4].size, 3 * MIB);
	assert_string_equal(wh_policy_log_file(policy), "/var/log/w");
	assert_true(wh_policy_log_required(policy));
	wh_arena_done(&arena);
}

static void test_all_capabilities_by_name(void **state)
{
	struct wh_buf text = WH_BUF_INIT;
	WH_POLICY struct wh_policy *policy = NULL;
	struct wh_arena arena = WH_ARENA_INIT;

	(void)state;
	wh_buf_add_string(&text, "{\"default\":{\"capabilities\":{");
	for (unsigned i = 0; i < WH_CAP_COUNT; i++)
		wh_buf_addf(&text, "%s\"%s\":\"reason %u\"", i > 0 ? "," : "",
			wh_capability_get(i)->name, i);
	wh_buf_add_string(&text, "}}}");
	assert_int_equal(wh_policy_parse_take(&policy, &text, "p.json", NULL), 0);
	assert_int_equal(
		decide(policy, &arena, "i", "/b", "k", "v").limits.capabilities, WH_CAPSET_ALL);
	for (unsigned i = 0; i < WH_CAP_COUNT; i++) {
		char reason[32];

		(void)snprintf(reason, sizeof(reason), "reason %u", i);
		assert_string_equal(wh_policy_reason(policy, "default", i), reason);
	}
	wh_arena_done(&arena);
}

static void test_runtimes(void **state)
{
	static const struct wh_policy_runtime expected[] = {
		{ "crun", WH_RUNTIME_CRUN },
		{ "/usr/local/sbin/runc", WH_RUNTIME_RUNC },
		{ "runsc", WH_RUNTIME_RUNSC },
		{ "/opt/new", WH_RUNTIME_CRUN },
		{ "/opt/runsc", WH_RUNTIME_RUNSC },
		{ "/opt/crun", WH_RUNTIME_RUNC },
	};
	static const char text[] =
		"{\"runtimes\":[\"crun\",\"/usr/local/sbin/runc\",\"runsc\","
		"{\"path\":\"/opt/new\",\"kind\":\"crun\"},{\"path\":\"/opt/runsc\"},"
		"{\"kind\":\"runc\",\"path\":\"/opt/crun\"}]}";
	WH_POLICY struct wh_policy *policy = parse(text);
	size_t n = 0;
	const struct wh_policy_runtime *runtimes = wh_policy_runtimes(policy, &n);

	(void)state;
	assert_int_equal(n, WH_COUNT(expected));
	for (size_t i = 0; i < n; i++) {
		assert_string_equal(runtimes[i].name, expected[i].name);
		assert_int_equal(runtimes[i].kind, expected[i].kind);
	}
	runtimes = wh_policy_runtimes(NULL, &n);
	assert_int_equal(n, 3);
	assert_string_equal(runtimes[0].name, "runc");
	assert_int_equal(runtimes[0].kind, WH_RUNTIME_RUNC);
	assert_int_equal(runtimes[1].kind, WH_RUNTIME_CRUN);
	assert_int_equal(runtimes[2].kind, WH_RUNTIME_RUNSC);
}

/* Commands that control containers must find their runtime in a policy that is broken behind it. */
static void test_runtimes_alone(void **state)
{
	static const struct {
		const char *text;
		const char *first; /* NULL: refused */
	} rows[] = {
		{ "{\"runtimes\":[\"crun\"]}", "crun" },
		{ "{\"runtimes\":[\"crun\"],\"mode\":17}", "crun" },
		{ "{\"runtimes\":[\"crun\"],\"nonsense\":", "crun" },
		{ "{\"runtimes\":[\"crun\"] ]]] garbage", "crun" },
		{ "{\"nonsense\":{\"runtimes\":[\"runsc\"]},\"runtimes\":[\"crun\"]", "crun" },
		{ "{\"mode\":17}", "runc" },
		{ "{}", "runc" },
		{ "{\"runtimes\":[\"youki\"]}", NULL },
		{ "{\"runtimes\":[\"crun\"", NULL },
		{ "{\"nonsense\" \"runtimes\":[\"crun\"]}", NULL },
		{ "[]", NULL },
		{ "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(rows); i++) {
		WH_POLICY struct wh_policy *policy = NULL;
		struct wh_err err = WH_ERR_INIT;
		struct wh_buf buf = buf_of(rows[i].text);
		int r = wh_policy_parse_runtimes_take(&policy, &buf, "p.json", &err);
		size_t n = 0;

		assert_null(buf.data);
		if (r != (rows[i].first != NULL ? 0 : -EINVAL))
			fail_msg("row %zu: %d %s", i, r, err.text);
		if (rows[i].first == NULL) {
			assert_true(strncmp(err.text, "p.json:", 7) == 0);
			assert_null(policy);
			continue;
		}
		assert_string_equal(wh_policy_runtimes(policy, &n)[0].name, rows[i].first);
	}
}

/* ---- decisions -------------------------------------------------------------------------- */

static const char matching[] =
	"{\"rules\":["
	"{\"name\":\"both\",\"match\":{\"id\":\"two-*\",\"annotations\":{\"tier\":\"gold\","
	"\"zone\":\"\"}}},"
	"{\"name\":\"plain\",\"match\":{\"id\":\"web.1\"}},"
	"{\"name\":\"star\",\"match\":{\"annotations\":{\"tier\":\"s*r\"}}},"
	"{\"name\":\"class\",\"match\":{\"annotations\":{\"tier\":\"[a-c]?\"}}},"
	"{\"name\":\"quoted\",\"match\":{\"annotations\":{\"tier\":\"x\\\\*y\"}}},"
	"{\"name\":\"empty\",\"match\":{\"annotations\":{\"tier\":\"\"}}},"
	"{\"name\":\"tree\",\"match\":{\"bundle\":\"/run/*/db\"}},"
	"{\"name\":\"folder\",\"match\":{\"bundle\":\"/srv/db\",\"id\":\"*\"}},"
	"{\"name\":\"last\",\"match\":{\"id\":\"web.1*\"}}"
	"]}";

static void test_matching(void **state)
{
	static const struct {
		const char *id, *bundle, *key, *value, *rule;
	} rows[] = {
		{ "web.1", "/b", "k", "v", "plain" }, { "web-1", "/b", "k", "v", "default" },
		{ "web.12", "/b", "k", "v", "last" }, { "Web.1", "/b", "k", "v", "default" },
		{ "a", "/b", "tier", "star", "star" }, { "a", "/b", "tier", "s/.\nr", "star" },
		{ "a", "/b", "tier", "sr", "star" }, { "a", "/b", "tier", "s", "default" },
		{ "a", "/b", "Tier", "star", "default" },
		{ "a", "/b", "tier\xff", "star", "default" }, { "a", "/b", "tier", "b.", "class" },
		{ "a", "/b", "tier", "d.", "default" }, { "a", "/b", "tier", "b..", "default" },
		{ "a", "/b", "tier", "x*y", "quoted" }, { "a", "/b", "tier", "x-y", "default" },
		{ "a", "/b", "tier", "", "empty" }, { "a", "/run/db", "k", "v", "default" },
		{ "a", "/run//db", "k", "v", "tree" }, { "a", "/run/x/y/.z/db", "k", "v", "tree" },
		{ "a", "/run/x/dbs", "k", "v", "default" }, { "a", "/srv/db", "k", "v", "folder" },
		{ "a", "/srv/db/", "k", "v", "default" },
		{ "two-1", "/b", "tier", "gold", "default" }, /* one condition of three fails */
	};
	static const struct wh_annotation all[] = {
		{ WH_SLICE("other"), WH_SLICE("gold") },
		{ WH_SLICE("zone"), { NULL, 0 } },
		{ WH_SLICE("tier"), WH_SLICE("gold") },
	};
	WH_POLICY struct wh_policy *policy = parse(matching);
	struct wh_arena arena = WH_ARENA_INIT;
	struct wh_subject subject = subject_of("two-1", "/b", all, WH_COUNT(all));
	struct wh_decision decision;

	(void)state;
	for (size_t i = 0; i < WH_COUNT(rows); i++) {
		decision = decide(
			policy, &arena, rows[i].id, rows[i].bundle, rows[i].key, rows[i].value);
		if (strcmp(decision.rule, rows[i].rule) != 0)
			fail_msg("row %zu: %s, not %s", i, decision.rule, rows[i].rule);
	}
	assert_int_equal(wh_policy_decide(policy, &subject, &arena, &decision), 0);
	assert_string_equal(decision.rule, "both");
	subject.annotation_count = 2;
	assert_int_equal(wh_policy_decide(policy, &subject, &arena, &decision), 0);
	assert_string_equal(decision.rule, "default");
	wh_arena_done(&arena);
}

/* ---- facts of all kinds ------------------------------------------------------------------- */

#define DIGEST "@sha256:" FILL64
#define HUB "docker.io/library/"

/* One condition, one fact: whether they go together. */
static void test_facts_match(void **state)
{
	static const struct {
		const char *match;
		enum wh_fact fact;
		const char *text; /* NULL: unknown */
		bool holds;
	} rows[] = {
		{ "\"engine\":\"docker\"", WH_FACT_ENGINE, "docker", true },
		{ "\"engine\":\"containerd\"", WH_FACT_ENGINE, "cri-containerd", false },
		{ "\"engine\":[\"podman\",\"cri-o\"]", WH_FACT_ENGINE, "cri-o", true },
		{ "\"engine\":[\"podman\",\"cri-o\"]", WH_FACT_ENGINE, "docker", false },
		{ "\"engine\":\"docker\"", WH_FACT_ENGINE, NULL, false },
		{ "\"namespace\":\"db-*\"", WH_FACT_NAMESPACE, "db-1", true },
		{ "\"namespace\":\"*\"", WH_FACT_NAMESPACE, NULL, false },
		{ "\"namespace\":[\"a\",\"b\",\"c\"]", WH_FACT_NAMESPACE, "c", true },
		{ "\"namespace\":\"db\"", WH_FACT_POD, "db", false },
		{ "\"pod\":\"web-?\"", WH_FACT_POD, "web-0", true },
		{ "\"container\":\"web\"", WH_FACT_CONTAINER, "web", true },
		{ "\"image\":\"" HUB "postgres:*\"", WH_FACT_IMAGE, HUB "postgres:16", true },
		{ "\"image\":\"" HUB "postgres:*\"", WH_FACT_IMAGE, HUB "postgres" DIGEST, false },
		{ "\"image\":\"" HUB "postgres[:@]*\"", WH_FACT_IMAGE, HUB "postgres" DIGEST,
			true },
		{ "\"image\":\"" HUB "postgres[:@]*\"", WH_FACT_IMAGE, HUB "postgres:1", true },
		{ "\"image\":\"" HUB "postgres[:@]*\"", WH_FACT_IMAGE, HUB "postgresql:1", false },
		{ "\"image\":\"" HUB "postgres" DIGEST "\"", WH_FACT_IMAGE, HUB "postgres" DIGEST,
			true },
		{ "\"image\":\"" HUB "postgres:16" DIGEST "\"", WH_FACT_IMAGE,
			HUB "postgres" DIGEST, true },
		{ "\"image\":\"*" DIGEST "\"", WH_FACT_IMAGE, "ghcr.io/a/b" DIGEST, true },
		{ "\"image\":\"*\"", WH_FACT_IMAGE, NULL, false },
		{ "\"image\":\"localhost/*\"", WH_FACT_IMAGE, "localhost/x:latest", true },
		{ "\"image\":\"registry:5000/*\"", WH_FACT_IMAGE, "registry:5000/x:1", true },
		{ "\"image\":\"Reg/x:*\"", WH_FACT_IMAGE, "Reg/x:1", true },
		{ "\"image\":\"docker.io*\"", WH_FACT_IMAGE, HUB "x:1", true },
		{ "\"image\":\"localhost*\"", WH_FACT_IMAGE, "localhost:5000/x:1", true },
		{ "\"imageId\":\"" FILL64 "\"", WH_FACT_IMAGE_ID, "sha256:" FILL64, true },
		{ "\"imageId\":\"sha256:" FILL64 "\"", WH_FACT_IMAGE_ID, "sha256:" FILL64, true },
		{ "\"imageId\":\"" FILL64 "\"", WH_FACT_IMAGE_ID, NULL, false },
		{ "\"sandbox\":true", WH_FACT_SANDBOX, "true", true },
		{ "\"sandbox\":true", WH_FACT_SANDBOX, "false", false },
		{ "\"sandbox\":false", WH_FACT_SANDBOX, "false", true },
		{ "\"sandbox\":false", WH_FACT_SANDBOX, NULL, false },
		{ "\"command\":[\"create\",\"run\"]", WH_FACT_COMMAND, "run", true },
		{ "\"command\":\"exec\"", WH_FACT_COMMAND, "create", false },
		{ "\"user\":\"0\"", WH_FACT_USER, "0", true },
		{ "\"user\":\"0\"", WH_FACT_USER, NULL, false },
		{ "\"user\":\"0\"", WH_FACT_USER, "1", false },
		{ "\"user\":\"1000-65535\"", WH_FACT_USER, "999", false },
		{ "\"user\":\"1000-65535\"", WH_FACT_USER, "1000", true },
		{ "\"user\":\"1000-65535\"", WH_FACT_USER, "65535", true },
		{ "\"user\":\"1000-65535\"", WH_FACT_USER, "65536", false },
		{ "\"user\":[\"0\",\"7-9\",\"4294967294\"]", WH_FACT_USER, "4294967294", true },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(rows); i++) {
		struct wh_arena arena = WH_ARENA_INIT;
		struct wh_decision decision;
		struct wh_subject subject = subject_of("x", "/b", NULL, 0);
		char *text = wh_arena_printf(
			&arena, "{\"rules\":[{\"name\":\"r\",\"match\":{%s}}]}", rows[i].match);
		WH_POLICY struct wh_policy *policy = parse(text);

		subject.facts[rows[i].fact].text = rows[i].text;
		assert_int_equal(wh_policy_decide(policy, &subject, &arena, &decision), 0);
		if ((strcmp(decision.rule, "r") == 0) != rows[i].holds)
			fail_msg("row %zu (%s): %s", i, rows[i].match, decision.rule);
		wh_arena_done(&arena);
	}
}

/* Labels and annotations of one name are two things. */
static void test_labels_match(void **state)
{
	static const struct wh_annotation one[] = { { WH_SLICE("tier"), WH_SLICE("gold") } };
	WH_POLICY struct wh_policy *policy =
		parse("{\"rules\":["
		      "{\"name\":\"both\",\"match\":{\"label\":{\"tier\":\"g*\"},"
		      "\"annotations\":{\"tier\":\"g*\"}}},"
		      "{\"name\":\"label\",\"match\":{\"label\":{\"tier\":\"g*\"}}},"
		      "{\"name\":\"annotation\",\"match\":{\"annotations\":{\"tier\":\"g*\"}}}]}");
	struct wh_arena arena = WH_ARENA_INIT;
	struct wh_decision decision;

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		static const char *const names[] = { "default", "label", "annotation", "both" };
		struct wh_subject subject = subject_of("x", "/b", one, i >> 1);

		subject.labels = one;
		subject.label_count = i & 1;
		assert_int_equal(wh_policy_decide(policy, &subject, &arena, &decision), 0);
		assert_string_equal(decision.rule, names[i]);
	}
	wh_arena_done(&arena);
}

/* The table of facts says it: what a caller can choose only tightens, the rest may widen. */
static void test_trust_follows_the_table(void **state)
{
	static const char *const conditions[WH_FACT_COUNT] = {
		[WH_FACT_ENGINE] = "\"docker\"",
		[WH_FACT_NAMESPACE] = "\"x\"",
		[WH_FACT_POD] = "\"x\"",
		[WH_FACT_CONTAINER] = "\"x\"",
		[WH_FACT_IMAGE] = "\"docker.io/x:*\"",
		[WH_FACT_IMAGE_ID] = "\"" FILL64 "\"",
		[WH_FACT_SANDBOX] = "true",
		[WH_FACT_COMMAND] = "\"exec\"",
		[WH_FACT_BUNDLE] = "\"x\"",
		[WH_FACT_ID] = "\"x\"",
		[WH_FACT_USER] = "\"7\"",
		[WH_FACT_LABEL] = "{\"x\":\"x\"}",
		[WH_FACT_ANNOTATIONS] = "{\"x\":\"x\"}",
	};
	static const struct wh_annotation items[] = { { WH_SLICE("x"), WH_SLICE("x") } };
	static const enum wh_trust expected[WH_FACT_COUNT] = {
		[WH_FACT_POD] = WH_TRUST_SETTABLE,
		[WH_FACT_CONTAINER] = WH_TRUST_SETTABLE,
		[WH_FACT_ID] = WH_TRUST_SETTABLE,
		[WH_FACT_USER] = WH_TRUST_SETTABLE,
		[WH_FACT_LABEL] = WH_TRUST_SETTABLE,
		[WH_FACT_ANNOTATIONS] = WH_TRUST_SETTABLE,
	};

	(void)state;
	for (size_t fact = 0; fact < WH_FACT_COUNT; fact++) {
		struct wh_arena arena = WH_ARENA_INIT;
		struct wh_subject subject = subject_of("x", "x", items, 1);
		struct wh_decision decision;
		char *text = wh_arena_printf(&arena,
			"{\"rules\":[{\"name\":\"r\",\"match\":{\"%s\":%s},"
			"\"capabilities\":[\"KILL\"],\"readonlyRootfs\":false}]}",
			wh_fact_info(fact)->name, conditions[fact]);
		WH_POLICY struct wh_policy *policy = parse(text);

		assert_true(wh_policy_asks(policy, fact));
		for (size_t other = 0; other < WH_FACT_COUNT; other++)
			assert_int_equal(wh_policy_asks(policy, other), other == fact);
		for (size_t i = 0; i < WH_FACT_TEXTS; i++)
			subject.facts[i].text = "x";
		subject.facts[WH_FACT_ENGINE].text = "docker";
		subject.facts[WH_FACT_IMAGE].text = "docker.io/x:1";
		subject.facts[WH_FACT_IMAGE_ID].text = "sha256:" FILL64;
		subject.facts[WH_FACT_SANDBOX].text = "true";
		subject.facts[WH_FACT_COMMAND].text = "exec";
		subject.facts[WH_FACT_USER].text = "7";
		subject.labels = items;
		subject.label_count = 1;
		assert_int_equal(wh_policy_decide(policy, &subject, &arena, &decision), 0);
		assert_string_equal(decision.rule, "r");
		assert_int_equal(wh_fact_info(fact)->trust, expected[fact]);
		assert_int_equal(decision.limits.capabilities,
			expected[fact] == WH_TRUST_ENGINE ? BIT(KILL) : 0);
		assert_int_equal(
			decision.limits.kinds[WH_KIND_READONLY_ROOTFS].otherwise != WH_KEEP,
			expected[fact] == WH_TRUST_SETTABLE);
		wh_arena_done(&arena);
	}
}

static void test_asks_for_engines(void **state)
{
	WH_POLICY struct wh_policy *policy = parse(
		"{\"rules\":[{\"name\":\"r\",\"match\":{\"engine\":[\"cri-o\",\"docker\"]}}]}");

	(void)state;
	for (enum wh_engine_id engine = 0; engine < WH_ENGINES; engine++)
		assert_int_equal(wh_policy_asks_engine(policy, engine),
			engine == WH_ENGINE_CRI_O || engine == WH_ENGINE_DOCKER);
}

/* What cannot be judged is refused, unless the answer does not hang on it. */
static void test_doubt_fails(void **state)
{
	enum { LONG = WH_POLICY_MAX_TEXT + 1 };
	/* the same conditions in both orders */
	static const char *const texts[] = {
		"{\"rules\":[{\"name\":\"s\",\"match\":{\"annotations\":{\"tier\":\"a*z\"},"
		"\"id\":\"x\"}},{\"name\":\"t\",\"match\":{\"bundle\":\"/b\"}}]}",
		"{\"rules\":[{\"name\":\"s\",\"match\":{\"id\":\"x\","
		"\"annotations\":{\"tier\":\"a*z\"}}},"
		"{\"name\":\"t\",\"match\":{\"bundle\":\"/b\"}}]}",
	};
	static const struct {
		const char *id, *bundle;
		size_t len; /* of the annotation; 0: it is not there */
		size_t at;
		char byte; /* put into a run of "a" at that place */
		int result;
		const char *rule;
	} rows[] = {
		{ "x", "/b", LONG, 1, 'a', -E2BIG, NULL },
		{ "y", "/b", LONG, 1, 'a', 0, "t" }, /* the other condition settles it */
		{ "x", "/b", LONG, 0, 'b', 0, "t" }, /* so does its start */
		{ "x", "/b", LONG - 1, LONG - 2, 'z', 0, "s" },
		{ "x", "/b", LONG - 1, LONG - 2, 'y', 0, "t" },
		{ "x", "/b", 9, 5, '\0', -EINVAL, NULL },
		{ "x", "/b", 0, 0, 'a', 0, "t" },
		{ "x", NULL, 0, 0, 'a', -EINVAL, NULL },
		{ NULL, "/b", 0, 0, 'a', 0, "t" },
		{ NULL, "/b", 2, 1, 'z', -EINVAL, NULL },
	};
	char *value = malloc(LONG);

	(void)state;
	assert_non_null(value);
	for (size_t i = 0; i < WH_COUNT(texts) * WH_COUNT(rows); i++) {
		size_t row = i / 2;
		WH_POLICY struct wh_policy *policy = parse(texts[i % 2]);
		struct wh_annotation annotation = { WH_SLICE("tier"), { value, rows[row].len } };
		struct wh_subject subject =
			subject_of(rows[row].id, rows[row].bundle, &annotation, rows[row].len > 0);
		struct wh_arena arena = WH_ARENA_INIT;
		struct wh_decision decision = { .rule = NULL };
		int r;

		memset(value, 'a', LONG);
		value[rows[row].at] = rows[row].byte;
		r = wh_policy_decide(policy, &subject, &arena, &decision);
		if (r != rows[row].result)
			fail_msg("row %zu: %d, not %d", row, r, rows[row].result);
		if (r == 0)
			assert_string_equal(decision.rule, rows[row].rule);
		else
			assert_null(decision.rule);
		wh_arena_done(&arena);
	}
	free(value);
}

/* What rules leave of a default that is in the middle of each scale. */
static const char laying[] =
	"{\"mode\":\"audit\",\"restore\":\"allow\",\"default\":{"
	"\"capabilities\":{\"KILL\":\"default kills\",\"CHOWN\":\"default chowns\"},"
	"\"noNewPrivileges\":false,\"readonlyRootfs\":false,"
	"\"tmpfs\":[\"/tmp\",{\"path\":\"/run\",\"size\":\"8m\"},\"/var/tmp\"]},"
	"\"rules\":["
	"{\"name\":\"silent\",\"match\":{\"bundle\":\"/silent\"}},"
	"{\"name\":\"silent-id\",\"match\":{\"id\":\"silent\"}},"
	"{\"name\":\"wide\",\"match\":{\"bundle\":\"/wide\"},\"capabilities\":{\"NET_RAW\":"
	"\"pings\",\"KILL\":\"wide kills\"},\"tmpfs\":[{\"path\":\"/new\",\"size\":\"1g\"}]},"
	"{\"name\":\"wide-id\",\"match\":{\"id\":\"wide\"},\"capabilities\":{\"NET_RAW\":"
	"\"pings\",\"KILL\":\"wide kills\"},\"tmpfs\":[{\"path\":\"/new\",\"size\":\"1g\"},"
	"{\"path\":\"/run\",\"size\":\"16m\"},{\"path\":\"/tmp\",\"size\":\"1m\"}]},"
	"{\"name\":\"strict\",\"match\":{\"bundle\":\"/strict\"},\"mode\":\"enforce\","
	"\"restore\":\"refuse\",\"capabilities\":[],\"noNewPrivileges\":true,"
	"\"readonlyRootfs\":true,\"tmpfs\":[]},"
	"{\"name\":\"strict-id\",\"match\":{\"id\":\"strict\"},\"mode\":\"enforce\","
	"\"restore\":\"refuse\",\"capabilities\":[],\"noNewPrivileges\":true,"
	"\"readonlyRootfs\":true,\"tmpfs\":[]},"
	"{\"name\":\"mixed\",\"match\":{\"bundle\":\"/mixed\",\"annotations\":{\"k\":\"v\"}},"
	"\"capabilities\":[\"NET_RAW\",\"CHOWN\"]}"
	"]}";

static void test_rules_lie_on_default(void **state)
{
	static const struct {
		const char *id, *bundle, *rule;
		enum wh_mode mode;
		bool restore, nnp, readonly;
		wh_capset capabilities;
		size_t tmpfs_count;
	} rows[] = {
		{ "x", "/x", "default", AUDIT, true, false, false, BIT(KILL) | BIT(CHOWN), 3 },
		{ "x", "/silent", "silent", AUDIT, true, false, false, BIT(KILL) | BIT(CHOWN), 3 },
		{ "silent", "/x", "silent-id", AUDIT, true, false, false, BIT(KILL) | BIT(CHOWN),
			3 },
		{ "x", "/wide", "wide", AUDIT, true, false, false, BIT(KILL) | BIT(NET_RAW), 1 },
		{ "wide", "/x", "wide-id", AUDIT, true, false, false, BIT(KILL), 2 },
		{ "x", "/strict", "strict", ENFORCE, false, true, true, 0, 0 },
		{ "strict", "/x", "strict-id", ENFORCE, false, true, true, 0, 0 },
		{ "x", "/mixed", "mixed", AUDIT, true, false, false, BIT(CHOWN), 3 },
		/* first match wins */
		{ "silent", "/silent", "silent", AUDIT, true, false, false, BIT(KILL) | BIT(CHOWN),
			3 },
		{ "strict", "/wide", "wide", AUDIT, true, false, false, BIT(KILL) | BIT(NET_RAW),
			1 },
		/* but choosing an id does not hide a stricter rule below */
		{ "silent", "/strict", "silent-id", ENFORCE, false, true, true, 0, 0 },
		{ "wide", "/strict", "wide-id", ENFORCE, false, true, true, 0, 0 },
		/* nor does it count for more than one rule on settable facts */
		{ "silent", "/mixed", "silent-id", AUDIT, true, false, false,
			BIT(KILL) | BIT(CHOWN), 3 },
		{ "silent", "/wide", "silent-id", AUDIT, true, false, false, BIT(KILL), 0 },
	};
	WH_POLICY struct wh_policy *policy = parse(laying);
	struct wh_arena arena = WH_ARENA_INIT;

	(void)state;
	for (size_t i = 0; i < WH_COUNT(rows); i++) {
		struct wh_decision got =
			decide(policy, &arena, rows[i].id, rows[i].bundle, "k", "v");

		if (strcmp(got.rule, rows[i].rule) != 0 || got.limits.mode != rows[i].mode ||
			got.limits.restore != rows[i].restore ||
			(got.limits.kinds[WH_KIND_NO_NEW_PRIVILEGES].otherwise != WH_KEEP) !=
				rows[i].nnp ||
			(got.limits.kinds[WH_KIND_READONLY_ROOTFS].otherwise != WH_KEEP) !=
				rows[i].readonly ||
			got.limits.capabilities != rows[i].capabilities ||
			got.limits.tmpfs_count != rows[i].tmpfs_count)
			fail_msg("row %zu: rule %s, mode %d, restore %d, nnp %d, readonly %d, "
				 "capabilities %llx, tmpfs %zu",
				i, got.rule, got.limits.mode, got.limits.restore,
				got.limits.kinds[WH_KIND_NO_NEW_PRIVILEGES].otherwise != WH_KEEP,
				got.limits.kinds[WH_KIND_READONLY_ROOTFS].otherwise != WH_KEEP,
				(unsigned long long)got.limits.capabilities,
				got.limits.tmpfs_count);
	}
	wh_arena_done(&arena);
}

static void test_tmpfs_is_intersected_by_path(void **state)
{
	WH_POLICY struct wh_policy *policy = parse(laying);
	struct wh_arena arena = WH_ARENA_INIT;
	struct wh_limits limits = decide(policy, &arena, "wide", "/x", "k", "v").limits;

	(void)state;
	assert_int_equal(limits.tmpfs_count, 2);
	assert_string_equal(limits.tmpfs[0].path, "/tmp");
	assert_int_equal(limits.tmpfs[0].size, MIB);
	assert_string_equal(limits.tmpfs[1].path, "/run");
	assert_int_equal(limits.tmpfs[1].size, 8 * MIB);
	limits = decide(policy, &arena, "x", "/wide", "k", "v").limits;
	assert_int_equal(limits.tmpfs_count, 1);
	assert_string_equal(limits.tmpfs[0].path, "/new");
	assert_int_equal(limits.tmpfs[0].size, 1024 * MIB);
	wh_arena_done(&arena);
}

/* The mirror image: from the strictest default no rule on a settable fact gets anything. */
static void test_settable_facts_never_widen(void **state)
{
#define GIVE \
	"\"mode\":\"audit\",\"restore\":\"allow\",\"capabilities\":[\"SYS_ADMIN\"]," \
	"\"noNewPrivileges\":false,\"readonlyRootfs\":false,\"tmpfs\":[\"/tmp\"]}"
	WH_POLICY struct wh_policy *policy =
		parse("{\"rules\":[{\"name\":\"i\",\"match\":{\"id\":\"i\"}," GIVE
		      ",{\"name\":\"a\",\"match\":{\"annotations\":{\"k\":\"a\"}}," GIVE
		      ",{\"name\":\"ib\",\"match\":{\"id\":\"*\",\"bundle\":\"/ib\"}," GIVE
		      ",{\"name\":\"b\",\"match\":{\"bundle\":\"/b\"}," GIVE "]}");
	static const struct {
		const char *id, *bundle, *value, *rule;
		bool given;
	} rows[] = {
		{ "i", "/x", "v", "i", false },
		{ "i", "/b", "v", "i", false },
		{ "x", "/x", "a", "a", false },
		{ "x", "/ib", "v", "ib", false },
		{ "x", "/b", "v", "b", true },
	};
	struct wh_arena arena = WH_ARENA_INIT;

	(void)state;
	for (size_t i = 0; i < WH_COUNT(rows); i++) {
		bool given = rows[i].given;
		struct wh_decision got =
			decide(policy, &arena, rows[i].id, rows[i].bundle, "k", rows[i].value);

		assert_string_equal(got.rule, rows[i].rule);
		assert_int_equal(got.limits.mode, given ? AUDIT : ENFORCE);
		assert_int_equal(got.limits.restore, given);
		assert_int_equal(got.limits.capabilities, given ? BIT(21) : 0);
		assert_int_equal(
			got.limits.kinds[WH_KIND_NO_NEW_PRIVILEGES].otherwise != WH_KEEP, !given);
		assert_int_equal(
			got.limits.kinds[WH_KIND_READONLY_ROOTFS].otherwise != WH_KEEP, !given);
		assert_int_equal(got.limits.tmpfs_count, given ? 1 : 0);
	}
	wh_arena_done(&arena);
}

/* Whoever is verified, or recorded, may not choose an id or an annotation by which he no longer is.
 */
static void test_watched(void **state)
{
#define RULES(keys) \
	"\"rules\":[{\"name\":\"i\",\"match\":{\"id\":\"i\"}," keys "}," \
	"{\"name\":\"a\",\"match\":{\"annotations\":{\"k\":\"a\"}}," keys "}," \
	"{\"name\":\"silent\",\"match\":{\"bundle\":\"/silent\"}}," \
	"{\"name\":\"profile\",\"match\":{\"bundle\":\"/p\"},\"profile\":\"privileged\"}," \
	"{\"name\":\"b\",\"match\":{\"bundle\":\"/b\"}," keys "}]}"
	static const struct {
		const char *id, *bundle, *value, *rule;
		bool on, off, absent; /* at the top: true with false in rules, and so on */
	} rows[] = {
		{ "x", "/x", "v", "default", true, false, false },
		{ "i", "/x", "v", "i", true, true, true },
		{ "x", "/x", "a", "a", true, true, true },
		{ "x", "/silent", "v", "silent", true, false, false },
		{ "x", "/p", "v", "profile", true, false, false },
		{ "x", "/b", "v", "b", false, true, true },
		{ "i", "/silent", "v", "i", true, true, true },
	};
#define BOTH(value) "\"verify\":" value ",\"learn\":" value
	WH_POLICY struct wh_policy *on = parse("{" BOTH("true") "," RULES(BOTH("false")));
	WH_POLICY struct wh_policy *off = parse("{" BOTH("false") "," RULES(BOTH("true")));
	WH_POLICY struct wh_policy *absent = parse("{" RULES(BOTH("true")));
	struct wh_arena arena = WH_ARENA_INIT;

	(void)state;
	for (size_t i = 0; i < WH_COUNT(rows); i++) {
		const struct wh_policy *const policies[] = { on, off, absent };
		const bool expected[] = { rows[i].on, rows[i].off, rows[i].absent };

		for (size_t p = 0; p < WH_COUNT(policies); p++) {
			struct wh_decision got = decide(policies[p], &arena, rows[i].id,
				rows[i].bundle, "k", rows[i].value);

			assert_string_equal(got.rule, rows[i].rule);
			if (got.limits.verify != expected[p] || got.limits.learn != expected[p])
				fail_msg("row %zu, policy %zu: %d, %d", i, p, got.limits.verify,
					got.limits.learn);
		}
	}
	wh_arena_done(&arena);
}

static void test_reasons(void **state)
{
	WH_POLICY struct wh_policy *policy = parse(laying);

	(void)state;
	assert_string_equal(wh_policy_reason(policy, "default", KILL), "default kills");
	assert_string_equal(wh_policy_reason(policy, "silent", KILL), "default kills");
	assert_string_equal(wh_policy_reason(policy, "wide", KILL), "wide kills");
	assert_string_equal(wh_policy_reason(policy, "wide", NET_RAW), "pings");
	assert_null(wh_policy_reason(policy, "wide", CHOWN));
	assert_null(wh_policy_reason(policy, "mixed", CHOWN)); /* an array gives no reasons */
	assert_null(wh_policy_reason(policy, "default", NET_RAW));
}

/* ---- the example ------------------------------------------------------------------------ */

static char *read_example(void)
{
	FILE *file = fopen(WH_SOURCE_ROOT "/config.json.example", "re");
	char *text = calloc(1, 65536);
	size_t n;

	assert_non_null(file);
	assert_non_null(text);
	n = fread(text, 1, 65535, file);
	assert_in_range(n, 1, 65534);
	(void)fclose(file);
	return text;
}

static void test_example_yields_what_it_says(void **state)
{
	static const char *const tmpfs[] = { "/tmp", "/run", "/var/tmp" };
	char *text = read_example();
	WH_POLICY struct wh_policy *policy = parse(text);
	struct wh_arena arena = WH_ARENA_INIT;
	struct wh_decision got = decide(policy, &arena, "ci-7", "/x", "org.example.trust", "some");
	struct wh_subject subject;
	size_t n = 0;
	const struct wh_policy_runtime *runtimes = wh_policy_runtimes(policy, &n);

	(void)state;
	assert_int_equal(n, 3);
	assert_string_equal(runtimes[0].name, "runc");
	assert_string_equal(runtimes[1].name, "crun");
	assert_string_equal(runtimes[2].name, "/opt/gvisor/runsc-release");
	assert_int_equal(runtimes[2].kind, WH_RUNTIME_RUNSC);
	assert_false(wh_policy_log_required(policy));
	assert_null(wh_policy_log_file(policy));

	assert_string_equal(got.rule, "default");
	assert_int_equal(got.limits.mode, ENFORCE);
	assert_false(got.limits.restore);
	assert_int_equal(got.limits.capabilities, BIT(NET_BIND_SERVICE));
	assert_true(got.limits.kinds[WH_KIND_NO_NEW_PRIVILEGES].otherwise != WH_KEEP);
	assert_true(got.limits.kinds[WH_KIND_READONLY_ROOTFS].otherwise != WH_KEEP);
	assert_int_equal(got.limits.tmpfs_count, 3);
	for (size_t i = 0; i < WH_COUNT(tmpfs); i++) {
		assert_string_equal(got.limits.tmpfs[i].path, tmpfs[i]);
		assert_int_equal(got.limits.tmpfs[i].size, (i < 2 ? 64 : 16) * MIB);
	}

	subject = subject_of("x", "/x", NULL, 0);
	subject.facts[WH_FACT_IMAGE_ID].text =
		"sha256:5f7a5e6f9c0b4d2f8a1e3c6b7d9f0a2c4e6b8d0f1a3c5e7b9d1f3a5c7e9b0d2f";
	assert_int_equal(wh_policy_decide(policy, &subject, &arena, &got), 0);
	assert_string_equal(got.rule, "postgres");
	assert_int_equal(got.limits.capabilities, BIT(CHOWN) | BIT(SETGID) | BIT(SETUID));
	assert_false(got.limits.kinds[WH_KIND_READONLY_ROOTFS].otherwise != WH_KEEP);
	assert_string_equal(
		wh_policy_reason(policy, got.rule, CHOWN), "initdb takes over the data folder");

	got = decide(policy, &arena, "ci-7", "/x", "org.example.trust", "none");
	assert_string_equal(got.rule, "untrusted");
	assert_int_equal(got.limits.capabilities, 0);
	assert_int_equal(got.limits.tmpfs_count, 1);
	assert_int_equal(got.limits.tmpfs[0].size, 8 * MIB);

	got = decide(policy, &arena, "x", "/srv/bundles/trial-2", "k", "v");
	assert_string_equal(got.rule, "trial");
	assert_int_equal(got.limits.mode, AUDIT);
	assert_true(got.limits.restore);
	assert_false(got.limits.kinds[WH_KIND_NO_NEW_PRIVILEGES].otherwise != WH_KEEP);
	wh_arena_done(&arena);
	free(text);
}

/* Every fact that there is can be matched on, and nothing else can. */
static void test_every_fact_is_a_key(void **state)
{
	struct wh_policy_key key;
	size_t keys = 0;

	(void)state;
	for (size_t i = 0; wh_policy_key_get(i, &key); i++) {
		if ((key.places & WH_POLICY_MATCH) == 0) {
			assert_int_equal(key.fact, WH_FACT_COUNT);
			continue;
		}
		assert_string_equal(key.name, wh_fact_info(key.fact)->name);
		keys++;
	}
	assert_int_equal(keys, WH_FACT_COUNT);
	for (size_t fact = 0; fact < WH_FACT_COUNT; fact++) {
		const char *source = wh_fact_info(fact)->source;

		assert_int_equal(source[strlen(source) - 1], '.');
	}
}

/* Settings that are commented out (a setting behind "// ") are valid too when they are put in. */
static void test_example_is_valid_with_all_its_settings(void **state)
{
	char *text = read_example();
	size_t found = 0;

	(void)state;
	for (char *at = strstr(text, "// \""); at != NULL; at = strstr(at, "// \"")) {
		bool starts_line = false;

		for (char *c = at; !starts_line && c > text && strchr("\t\n", c[-1]) != NULL; c--)
			starts_line = c[-1] == '\n';
		/* A sentence of a comment may begin with a key, too; a setting has a colon. */
		if (starts_line && strncmp(at + 4 + strcspn(at + 4, "\"\n"), "\":", 2) == 0) {
			memcpy(at, "   ", 3);
			found++;
		}
		at++;
	}
	assert_int_equal(found, 4);
	{
		WH_POLICY struct wh_policy *policy = parse(text);

		assert_string_equal(wh_policy_log_file(policy), "/var/log/whittle/decisions.jsonl");
	}
	free(text);
}

static void test_example_shows_every_key(void **state)
{
	char *text = read_example();
	struct wh_policy_key key;
	size_t n = 0;

	(void)state;
	for (; wh_policy_key_get(n, &key); n++) {
		char quoted[64];

		(void)snprintf(quoted, sizeof(quoted), "\"%s\": ", key.name);
		if (strstr(text, quoted) == NULL)
			fail_msg("the example lacks %s", quoted);
	}
	assert_int_equal(n, 31 + WH_KINDS);
	free(text);
}

static void test_keys_are_unique_and_told(void **state)
{
	struct wh_policy_key key, other;
	unsigned places = 0;

	(void)state;
	for (size_t i = 0; wh_policy_key_get(i, &key); i++) {
		assert_true(key.places != 0);
		assert_true(strlen(key.type) > 0);
		assert_int_equal(key.doc[strlen(key.doc) - 1], '.');
		places |= key.places;
		for (size_t j = 0; j < i; j++) {
			assert_true(wh_policy_key_get(j, &other));
			if (strcmp(key.name, other.name) == 0)
				assert_int_equal(key.places & other.places, 0);
		}
	}
	assert_int_equal(places, (WH_POLICY_TMPFS << 1) - 1);
}

/* ---- size ------------------------------------------------------------------------------- */

/* Many rules load and decide; a bad one among the last is still found. */
static void test_ten_thousand_rules(void **state)
{
	enum { RULES = 10000 };
	struct wh_buf text = WH_BUF_INIT, broken = WH_BUF_INIT;
	WH_POLICY struct wh_policy *policy = NULL;
	struct wh_arena arena = WH_ARENA_INIT;
	struct wh_err err = WH_ERR_INIT;

	(void)state;
	wh_buf_add_string(&text, "{\"rules\":[\n");
	for (unsigned i = 0; i < RULES; i++)
		wh_buf_addf(&text,
			"{\"name\":\"rule %u\",\"match\":{\"annotations\":{\"app%u\":\"v%u-*\"}},"
			"\"capabilities\":[]},\n",
			i, i % 100, i);
	broken = buf_of(text.data);
	wh_buf_add_string(&text, "{\"name\":\"end\",\"match\":{\"bundle\":\"*\"}}]}");
	wh_buf_add_string(&broken, "{\"name\":\"rule 4711\",\"match\":{\"bundle\":\"*\"}}]}");
	assert_int_equal(wh_policy_parse_take(&policy, &text, "p.json", &err), 0);
	assert_string_equal(
		decide(policy, &arena, "i", "/b", "app99", "v9999-x").rule, "rule 9999");
	assert_string_equal(decide(policy, &arena, "i", "/b", "app10", "v10-x").rule, "rule 10");
	assert_string_equal(decide(policy, &arena, "i", "/b", "app98", "v9999-x").rule, "end");
	wh_policy_free(policy);
	policy = NULL;
	assert_int_equal(wh_policy_parse_take(&policy, &broken, "p.json", &err), -EINVAL);
	assert_string_equal(err.text, "p.json:10002:9: another rule has this name already");
	wh_arena_done(&arena);
}

/* The worst that a pattern and a text may be together is still a moment. */
static void test_hostile_text_is_cheap(void **state)
{
	static const char text[] = "{\"rules\":[{\"name\":\"s\",\"match\":{\"annotations\":{\"k\":"
				   "\"*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b\"}}}]}";
	WH_POLICY struct wh_policy *policy = parse(text);
	char *value = malloc(WH_POLICY_MAX_TEXT);
	struct wh_annotation annotation = { WH_SLICE("k"), { value, WH_POLICY_MAX_TEXT } };
	struct wh_subject subject = subject_of("x", "/b", &annotation, 1);
	struct wh_arena arena = WH_ARENA_INIT;
	struct wh_decision decision;
	clock_t start;

	(void)state;
	assert_non_null(value);
	memset(value, 'a', WH_POLICY_MAX_TEXT);
	start = clock();
	assert_int_equal(wh_policy_decide(policy, &subject, &arena, &decision), 0);
	assert_string_equal(decision.rule, "default");
	assert_true(clock() - start < CLOCKS_PER_SEC);
	free(value);
	wh_arena_done(&arena);
}

/* ---- for whittlectl --------------------------------------------------------------------- */

static void test_rules_that_only_watch(void **state)
{
	static const struct {
		const char *text;
		enum wh_mode mode;
		const char *names[3];
	} cases[] = {
		{ "{}", ENFORCE, { NULL } },
		{ "{\"mode\":\"audit\"}", AUDIT, { NULL } },
		{ "{\"rules\":[{\"name\":\"a\",\"match\":{\"bundle\":\"/a\"},\"mode\":\"audit\"},"
		  "{\"name\":\"b\",\"match\":{\"bundle\":\"/b\"},\"mode\":\"enforce\"},"
		  "{\"name\":\"c\",\"match\":{\"bundle\":\"/c\"}},"
		  "{\"name\":\"d\",\"match\":{\"bundle\":\"/d\"},\"mode\":\"audit\"}]}",
			ENFORCE, { "a", "d", NULL } },
		/* It cannot loosen "default", so it does not only watch. */
		{ "{\"rules\":[{\"name\":\"a\",\"match\":{\"id\":\"x\"},\"mode\":\"audit\"}]}",
			ENFORCE, { NULL } },
		/* Told already by the whole. */
		{ "{\"mode\":\"audit\",\"rules\":[{\"name\":\"a\",\"match\":{\"bundle\":\"/a\"},"
		  "\"mode\":\"audit\"}]}",
			AUDIT, { NULL } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct wh_policy *policy WH_POLICY = parse(cases[i].text);
		size_t n = 0;

		assert_int_equal(wh_policy_default(policy)->mode, cases[i].mode);
		for (; cases[i].names[n] != NULL; n++)
			assert_string_equal(wh_policy_watching_rule(policy, n), cases[i].names[n]);
		assert_null(wh_policy_watching_rule(policy, n));
	}
}

static void test_policies_by_the_programs_name(void **state)
{
	static const struct {
		const char *program;
		const char *file; /* NULL: none can have that name */
	} cases[] = {
		{ "/usr/local/bin/whittle", "/etc/whittle/config.json" },
		{ "whittle", "/etc/whittle/config.json" },
		{ "runc", "/etc/whittle/config.json" },
		{ "/usr/local/sbin/runc", "/etc/whittle/config.json" },
		{ "/usr/local/bin/whittle-ci", "/etc/whittle/ci.json" },
		{ "whittle-a.b_C-9", "/etc/whittle/a.b_C-9.json" },
		{ "/whittle-x/runc", "/etc/whittle/config.json" },
		{ "whittle-", NULL },
		{ "whittle-.hidden", NULL },
		{ "whittle-a b", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
		struct wh_err err = WH_ERR_INIT;
		const char *file = wh_policy_file_of(cases[i].program, &arena, &err);

		if (cases[i].file == NULL) {
			assert_null(file);
			assert_int_equal(err.number, EINVAL);
		} else {
			assert_string_equal(file, cases[i].file);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_refusals_keep_an_earlier_error),
		cmocka_unit_test(test_syntax_errors_keep_their_sentence),
		cmocka_unit_test(test_silence_allows_nothing),
		cmocka_unit_test(test_default_says_it_all),
		cmocka_unit_test(test_all_capabilities_by_name),
		cmocka_unit_test(test_runtimes),
		cmocka_unit_test(test_runtimes_alone),
		cmocka_unit_test(test_matching),
		cmocka_unit_test(test_facts_match),
		cmocka_unit_test(test_labels_match),
		cmocka_unit_test(test_trust_follows_the_table),
		cmocka_unit_test(test_asks_for_engines),
		cmocka_unit_test(test_doubt_fails),
		cmocka_unit_test(test_rules_lie_on_default),
		cmocka_unit_test(test_tmpfs_is_intersected_by_path),
		cmocka_unit_test(test_settable_facts_never_widen),
		cmocka_unit_test(test_watched),
		cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_rules_that_only_watch),
		cmocka_unit_test(test_policies_by_the_programs_name),
		cmocka_unit_test(test_example_yields_what_it_says),
		cmocka_unit_test(test_example_is_valid_with_all_its_settings),
		cmocka_unit_test(test_example_shows_every_key),
		cmocka_unit_test(test_keys_are_unique_and_told),
		cmocka_unit_test(test_every_fact_is_a_key),
		cmocka_unit_test(test_ten_thousand_rules),
		cmocka_unit_test(test_hostile_text_is_cheap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
