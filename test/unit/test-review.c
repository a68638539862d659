/* SPDX-License-Identifier: Apache-2.0 */
/* Advice: which notes a valid policy gets, and where; and that a good one gets none. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
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
	"{\"default\":{\"capabilities\":[\"KILL\"],\"tmpfs\":[\"/tmp\"]},\n\"rules\":[" rules "]}"
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

static void test_notes(void **state)
{
	static const struct {
		const char *text, *notes;
	} rows[] = {
		{ "{}", "" },
		{ RULES(""), "" },

		/* settable: said once, with every such fact, and with each key that does nothing */
		{ RULES("{\"name\":\"r\",\"match\":{\"id\":\"x\"}}"), "2:30: " SETTABLE("\"id\"") },
		{ RULES("{\"name\":\"r\",\"match\":{\"label\":{\"a\":\"x\",\"b\":\"y\"},\"engine\":"
			"\"docker\",\"user\":\"0\"},\"capabilities\":[]}"),
			"2:30: " SETTABLE("\"user\", \"label\"") },
		{ RULES("{\"name\":\"r\",\"match\":{\"pod\":\"x\"},\n\"mode\":\"audit\",\n"
			"\"restore\":\"allow\",\n\"capabilities\":[\"KILL\",\"SYS_ADMIN\","
			"\"CHOWN\"],\n"
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
		{ "{\"rules\":[{\"name\":\"r\",\"match\":{\"id\":\"x\"},\"capabilities\":[\"KILL\"]"
		  "}],"
		  "\"default\":{\"capabilities\":[\"KILL\"]}}",
			"1:31: " SETTABLE("\"id\"") },

		/* by a name, and allows more */
		{ RULES("{\"name\":\"r\",\"match\":{\"image\":\"" HUB "x:*\"},\"capabilities\":"
			"[\"CHOWN\"]}"),
			"2:39: " BY_NAME },
		{ RULES("{\"name\":\"r\",\"match\":{\"image\":[\"*@sha256:" FILL64 "\",\n\"" HUB
			"x:*\",\n\"*\"]},\"readonlyRootfs\":false}"),
			"3:1: " BY_NAME "4:1: " BY_NAME },
		{ RULES("{\"name\":\"r\",\"match\":{\"image\":\"" HUB "x:*\"},\"mode\":\"audit\"}"),
			"2:39: " BY_NAME },
		{ RULES("{\"name\":\"r\",\"match\":{\"image\":\"" HUB
			"x:*\"},\"capabilities\":[]}"),
			"" },
		{ RULES("{\"name\":\"r\",\"match\":{\"image\":\"" HUB "x@sha256:" FILL64 "\"},"
			"\"capabilities\":[\"CHOWN\"]}"),
			"" },
		{ RULES("{\"name\":\"r\",\"match\":{\"image\":\"" HUB "x:*\",\"imageId\":\"" FILL64
			"\"},\"capabilities\":[\"CHOWN\"]}"),
			"" },
		{ RULES("{\"name\":\"r\",\"match\":{\"imageId\":\"" FILL64 "\"},\"capabilities\":"
			"[\"CHOWN\"]}"),
			"" },

		/* in any engine's namespace */
		{ RULES("{\"name\":\"r\",\"match\":{\"namespace\":\"kube-system\"},\"mode\":"
			"\"audit\"}"),
			"2:43: " ANY_NAMESPACE },
		{ RULES("{\"name\":\"r\",\"match\":{\"namespace\":\"kube-system\",\"engine\":"
			"\"cri-o\"},\"mode\":\"audit\"}"),
			"" },
		{ RULES("{\"name\":\"r\",\"match\":{\"namespace\":\"x\"},\"capabilities\":[]}"),
			"" },
		{ RULES("{\"name\":\"r\",\"match\":{\"bundle\":\"/x/"
			"*\"},\"capabilities\":[\"CHOWN\"]}"),
			"" },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(rows); i++) {
		struct wh_buf notes = notes_of(rows[i].text);

		if (strcmp(notes.data == NULL ? "" : notes.data, rows[i].notes) != 0)
			fail_msg("row %zu:\n%s", i, notes.data);
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
		cmocka_unit_test(test_no_notes_on_what_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
