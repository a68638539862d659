/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a rule stands to a container, told for people: the condition that is named is the first in
 * the policy's text that does not hold, with what the policy has and what the container has.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "document.h"
#include "policy/policy.h"

static struct wh_policy *parse(const char *text)
{
	struct wh_policy *policy = NULL;
	struct wh_buf buf = WH_BUF_INIT;
	struct wh_err err = WH_ERR_INIT;

	wh_buf_add_string(&buf, text);
	assert_int_equal(wh_buf_status(&buf), 0);
	document_quote(buf.data);
	if (wh_policy_parse_take(&policy, &buf, "p.json", &err) != 0)
		fail_msg("refused: %s", err.text);
	return policy;
}

static int trace_of(const struct wh_policy *policy, size_t index, const struct wh_subject *who,
	struct wh_arena *arena, struct wh_rule_trace *ret)
{
	struct wh_tracer *tracer = NULL;

	assert_int_equal(wh_policy_tracer(policy, who, arena, &tracer), 0);
	return wh_policy_trace(tracer, index, ret);
}

/* One container for all rows: what it has, what it does not have, and what nobody could find out.
 */
static struct wh_subject subject(void)
{
	static const struct wh_annotation labels[] = { { WH_SLICE("tier"), WH_SLICE("gold") },
		{ WH_SLICE("empty"), { NULL, 0 } } };
	static const struct wh_annotation annotations[] = { { WH_SLICE("owner"),
		WH_SLICE("<script>\x1b[31m") } };

	return (struct wh_subject){
		.facts = {
			[WH_FACT_ID] = { "x7", NULL },
			[WH_FACT_BUNDLE] = { "/srv/b", NULL },
			[WH_FACT_IMAGE] = { NULL, "no engine knows it" },
			[WH_FACT_CONTAINER] = { "web", NULL },
			[WH_FACT_USER] = { "1000", NULL },
		},
		.labels = labels,
		.label_count = WH_COUNT(labels),
		.annotations = annotations,
		.annotation_count = WH_COUNT(annotations),
	};
}

static void assert_text(const char *match, const char *what, const char *wanted, const char *found)
{
	if (wanted == NULL ? found != NULL : found == NULL || strcmp(wanted, found) != 0)
		fail_msg("%s: %s is %s, not %s", match, what, found == NULL ? "NULL" : found,
			wanted == NULL ? "NULL" : wanted);
}

static void test_first_condition_is_told(void **state)
{
	static const struct {
		const char *match;
		const char *key; /* NULL: the rule holds */
		const char *pattern, *text, *unknown;
	} rows[] = {
		{ "'id':'x*'", NULL, NULL, NULL, NULL },
		{ "'id':'y*'", "id", "y*", "x7", NULL },
		/* as written, and not as it is kept */
		{ "'id':'y','bundle':'/a','container':'c'", "id", "y", "x7", NULL },
		{ "'container':'c','bundle':'/a','id':'y'", "container", "c", "web", NULL },
		{ "'bundle':'/srv/*','container':'c','id':'y'", "container", "c", "web", NULL },
		{ "'bundle':'/srv/*','container':'w?b','id':'x7'", NULL, NULL, NULL, NULL },
		/* not known, with and without a reason */
		{ "'image':'docker.io/*'", "image", "docker.io/*", NULL, "no engine knows it" },
		{ "'pod':'p'", "pod", "p", NULL, NULL },
		{ "'image':'*','id':'y'", "image", "*", NULL, "no engine knows it" },
		/* one of several will do */
		{ "'id':['x*','y']", NULL, NULL, NULL, NULL },
		{ "'id':['a','b*','c']", "id", "a, b*, c", "x7", NULL },
		{ "'image':['docker.io/a/*','quay.io/b/*']", "image", "docker.io/a/*, quay.io/b/*",
			NULL, "no engine knows it" },
		/* users are ranges */
		{ "'user':'1000'", NULL, NULL, NULL, NULL },
		{ "'user':'1000-2000'", NULL, NULL, NULL, NULL },
		{ "'user':'0'", "user", "0", "1000", NULL },
		{ "'user':'1001-2000'", "user", "1001-2000", "1000", NULL },
		{ "'user':['0','5-9','7','2000-4294967294']", "user", "0, 5-9, 7, 2000-4294967294",
			"1000", NULL },
		/* by key: each its own condition */
		{ "'label':{'tier':'gold','empty':''}", NULL, NULL, NULL, NULL },
		{ "'label':{'tier':'silver'}", "label tier", "silver", "gold", NULL },
		{ "'label':{'tier':'g*','zone':'*','empty':'x'}", "label zone", "*", NULL, NULL },
		{ "'label':{'empty':'?*'}", "label empty", "?*", "", NULL },
		{ "'annotations':{'tier':'gold'}", "annotations tier", "gold", NULL, NULL },
		{ "'annotations':{'owner':'me'}", "annotations owner", "me", "<script>\x1b[31m",
			NULL },
		/* a label and an annotation of one key are two */
		{ "'annotations':{'owner':'*'},'label':{'owner':'*'}", "label owner", "*", NULL,
			NULL },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(rows); i++) {
		char text[512];
		struct wh_arena arena = WH_ARENA_INIT;
		struct wh_subject who = subject();
		struct wh_rule_trace trace = { .name = NULL };
		WH_POLICY struct wh_policy *policy = NULL;

		spell(text, sizeof(text), "{'rules':[{'name':'the rule','match':{%s}}]}",
			rows[i].match);
		policy = parse(text);
		assert_int_equal(trace_of(policy, 0, &who, &arena, &trace), 0);
		assert_string_equal(trace.name, "the rule");
		if (trace.holds != (rows[i].key == NULL))
			fail_msg("%s: holds is %d", rows[i].match, trace.holds);
		assert_text(rows[i].match, "key", rows[i].key, trace.key);
		assert_text(rows[i].match, "pattern", rows[i].pattern, trace.pattern);
		assert_text(rows[i].match, "text", rows[i].text, trace.text);
		assert_text(rows[i].match, "unknown", rows[i].unknown, trace.unknown);
		wh_arena_done(&arena);
	}
}

/* Why labels are not known is one reason for all. */
static void test_labels_that_are_not_known(void **state)
{
	WH_POLICY struct wh_policy *policy =
		parse("{'rules':[{'name':'l','match':{'label':{'tier':'gold'}}},"
		      "{'name':'a','match':{'annotations':{'tier':'gold'}}}]}");
	struct wh_arena arena = WH_ARENA_INIT;
	struct wh_subject who = { .labels_unknown = "the record cannot be read" };
	struct wh_rule_trace trace;

	(void)state;
	assert_int_equal(trace_of(policy, 0, &who, &arena, &trace), 0);
	assert_false(trace.holds);
	assert_null(trace.text);
	assert_string_equal(trace.unknown, "the record cannot be read");
	assert_int_equal(trace_of(policy, 1, &who, &arena, &trace), 0);
	assert_string_equal(trace.key, "annotations tier");
	assert_null(trace.unknown);
	wh_arena_done(&arena);
}

/* As many answers as rules, in their order, and the decision is the first that holds. */
static void test_all_rules_in_order(void **state)
{
	static const char *const names[] = { "one", "two", "three", "four" };
	static const bool holds[] = { false, true, false, true };
	WH_POLICY struct wh_policy *policy = parse("{'rules':["
						   "{'name':'one','match':{'id':'no'}},"
						   "{'name':'two','match':{'bundle':'/srv/b'}},"
						   "{'name':'three','match':{'user':'1'}},"
						   "{'name':'four','match':{'container':'web'}}]}");
	struct wh_arena arena = WH_ARENA_INIT;
	struct wh_subject who = subject();
	struct wh_decision decision;
	struct wh_rule_trace trace = { .name = "as it was" };

	(void)state;
	for (size_t i = 0; i < WH_COUNT(names); i++) {
		assert_int_equal(trace_of(policy, i, &who, &arena, &trace), 0);
		assert_string_equal(trace.name, names[i]);
		assert_int_equal(trace.holds, holds[i]);
	}
	trace.name = "as it was";
	assert_int_equal(trace_of(policy, WH_COUNT(names), &who, &arena, &trace), -ENOENT);
	assert_int_equal(trace_of(policy, SIZE_MAX, &who, &arena, &trace), -ENOENT);
	assert_string_equal(trace.name, "as it was");
	assert_int_equal(wh_policy_decide(policy, &who, &arena, &decision), 0);
	assert_string_equal(decision.rule, "two");
	wh_arena_done(&arena);
}

/* What the decision fails for, the telling fails for; but a condition that does not hold for
 * certain outweighs one that cannot be judged, in either order. */
static void test_doubt(void **state)
{
	static const struct {
		const char *match;
		int result;
		const char *key;
	} rows[] = {
		{ "'id':'x'", -EINVAL, NULL },
		{ "'bundle':'*'", -EINVAL, NULL },
		{ "'id':'x','container':'c'", 0, "container" },
		{ "'container':'c','id':'x'", 0, "container" },
		{ "'annotations':{'long':'a*z'}", -E2BIG, NULL },
		{ "'annotations':{'nul':'a*z'}", -EINVAL, NULL },
		{ "'annotations':{'long':'b*'}", 0, "annotations long" },
		{ "'annotations':{'long':'a*z'},'container':'c'", 0, "container" },
	};
	static char text[WH_POLICY_MAX_TEXT + 1];
	static const struct wh_annotation annotations[] = {
		{ WH_SLICE("long"), { text, sizeof(text) } },
		{ WH_SLICE("nul"), { "a\0z", 3 } },
	};
	struct wh_subject who = {
		.facts = { [WH_FACT_CONTAINER] = { "web", NULL } },
		.annotations = annotations,
		.annotation_count = WH_COUNT(annotations),
	};

	(void)state;
	memset(text, 'a', sizeof(text));
	for (size_t i = 0; i < WH_COUNT(rows); i++) {
		char spelled[256];
		struct wh_arena arena = WH_ARENA_INIT;
		struct wh_rule_trace trace = { .name = NULL };
		struct wh_decision decision;
		WH_POLICY struct wh_policy *policy = NULL;
		int r;

		spell(spelled, sizeof(spelled), "{'rules':[{'name':'r','match':{%s}}]}",
			rows[i].match);
		policy = parse(spelled);
		r = trace_of(policy, 0, &who, &arena, &trace);
		if (r != rows[i].result)
			fail_msg("%s: %d, not %d", rows[i].match, r, rows[i].result);
		assert_int_equal(wh_policy_decide(policy, &who, &arena, &decision), r);
		if (r == 0)
			assert_string_equal(trace.key, rows[i].key);
		else
			assert_null(trace.name);
		wh_arena_done(&arena);
	}
}

/* What a rule gives, whoever it would be for. */
static void test_rule_by_place(void **state)
{
	WH_POLICY struct wh_policy *policy =
		parse("{'mode':'audit','default':{'capabilities':['CAP_KILL']},'rules':["
		      "{'name':'silent','match':{'id':'a'}},"
		      "{'name':'own','match':{'id':'b'},'mode':'enforce','capabilities':["
		      "'CAP_CHOWN']}]}");
	struct wh_limits limits = { .verify = true };
	const char *name = "as it was";

	(void)state;
	assert_int_equal(wh_policy_rule(policy, 0, &name, &limits), 0);
	assert_string_equal(name, "silent");
	assert_int_equal(limits.mode, WH_MODE_AUDIT);
	assert_int_equal(limits.capabilities, 1u << 5);
	assert_int_equal(wh_policy_rule(policy, 1, &name, &limits), 0);
	assert_string_equal(name, "own");
	assert_int_equal(limits.mode, WH_MODE_ENFORCE);
	assert_int_equal(limits.capabilities, 1u << 0);
	assert_int_equal(wh_policy_rule(policy, 2, &name, &limits), -ENOENT);
	assert_int_equal(wh_policy_rule(policy, SIZE_MAX, &name, &limits), -ENOENT);
	assert_string_equal(name, "own");
}

static void test_no_rules(void **state)
{
	WH_POLICY struct wh_policy *policy = parse("{'default':{}}");
	struct wh_arena arena = WH_ARENA_INIT;
	struct wh_subject who = subject();
	struct wh_rule_trace trace;
	struct wh_limits limits;
	const char *name;

	(void)state;
	assert_int_equal(trace_of(policy, 0, &who, &arena, &trace), -ENOENT);
	assert_int_equal(wh_policy_rule(policy, 0, &name, &limits), -ENOENT);
	wh_arena_done(&arena);
}

/* Each rule asks for a key of its own, and the container has all of them: the facts are gathered
 * once, or this would take gigabytes. */
static void test_many_rules_and_annotations(void **state)
{
	enum { MANY = 10000 };
	static char keys[MANY][8];
	static struct wh_annotation annotations[MANY];
	struct wh_buf text = WH_BUF_INIT;
	struct wh_arena arena = WH_ARENA_INIT;
	struct wh_subject who = { .annotations = annotations, .annotation_count = MANY };
	struct wh_tracer *tracer = NULL;
	struct wh_rule_trace trace;
	WH_POLICY struct wh_policy *policy = NULL;

	(void)state;
	wh_buf_add_string(&text, "{'rules':[");
	for (size_t i = 0; i < MANY; i++) {
		spell(keys[i], sizeof(keys[i]), "k%zu", i);
		annotations[i] = (struct wh_annotation){ wh_slice_of(keys[i]), WH_SLICE("v") };
		wh_buf_addf(&text, "%s{'name':'r%zu','match':{'annotations':{'k%zu':'%s'}}}",
			i == 0 ? "" : ",", i, i, i + 1 == MANY ? "v" : "w");
	}
	wh_buf_add_string(&text, "]}");
	assert_int_equal(wh_buf_status(&text), 0);
	policy = parse(text.data);
	wh_buf_done(&text);
	assert_int_equal(wh_policy_tracer(policy, &who, &arena, &tracer), 0);
	for (size_t i = 0; i < MANY; i++) {
		assert_int_equal(wh_policy_trace(tracer, i, &trace), 0);
		assert_int_equal(trace.holds, i + 1 == MANY);
	}
	wh_arena_done(&arena);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_condition_is_told),
		cmocka_unit_test(test_labels_that_are_not_known),
		cmocka_unit_test(test_all_rules_in_order),
		cmocka_unit_test(test_doubt),
		cmocka_unit_test(test_rule_by_place),
		cmocka_unit_test(test_no_rules),
		cmocka_unit_test(test_many_rules_and_annotations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
