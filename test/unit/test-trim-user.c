/* SPDX-License-Identifier: Apache-2.0 */
/* The user is written out, as it would have been taken to be; never another one. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "judge.h"

#define SETS \
	"'capabilities':{'bounding':[],'effective':[],'inheritable':[],'permitted':[]," \
	"'ambient':[]}"
#define WITH(user) "{" SETS ",'user':" user "}"
#define NO_ID(place) \
	"line 1, column " place ": 4294967295 is no id: the kernel takes it for \"leave as it " \
	"is\""

static void is_explicit(void **state)
{
	static const struct judged rows[] = {
		{ "{" SETS "}", WITH("{'uid':0,'gid':0}"), "" },
		{ WITH("null"), WITH("{'uid':0,'gid':0}"), "" },
		{ WITH("{}"), WITH("{'uid':0,'gid':0}"), "" },
		{ WITH("{'gid':5}"), WITH("{'gid':5,'uid':0}"), "" },
		{ WITH("{'uid':null,'gid':null}"), WITH("{'uid':0,'gid':0}"), "" },
		{ WITH("{'uid':1000}"), WITH("{'uid':1000,'gid':0}"), "" },
		{ WITH("{'additionalGids':[1,2],'umask':18,'username':'x','new':1.0}"),
			WITH("{'additionalGids':[1,2],'umask':18,'username':'x','new':1.0,"
			     "'uid':0,'gid':0}"),
			"" },
		{ WITH("{'uid':4294967294,'gid':4294967294}"), NULL, "" },
		{ WITH("{'uid':0,'gid':0}"), NULL, "" },
	};
	const struct wh_limits limits = EVERYTHING;

	(void)state;
	for (size_t i = 0; i < WH_COUNT(rows); i++)
		assert_judged(wh_trim_process, &rows[i], &limits, NULL);
}

/* setresuid(-1) changes nothing, so the process would stay root. */
static void no_change_is_no_id(void **state)
{
	static const struct judged rows[] = {
		{ WITH("{'uid':4294967295,'gid':0}"), NULL, NULL, NO_ID("107 (/user/uid)") },
		{ WITH("{'uid':0,'gid':4294967295}"), NULL, NULL, NO_ID("115 (/user/gid)") },
	};
	const struct wh_limits limits = EVERYTHING;

	(void)state;
	for (size_t i = 0; i < WH_COUNT(rows); i++)
		assert_judged(wh_trim_process, &rows[i], &limits, NULL);
}

static void in_a_config(void **state)
{
	static const struct judged rows[] = {
		{ "{'process':{" SETS "},'root':{}}",
			"{'process':" WITH("{'uid':0,'gid':0}") ",'root':{}}", "" },
		{ "{'process':" WITH("{'uid':4294967295}") ",'root':{}}", NULL, NULL,
			NO_ID("118 (/process/user/uid)") },
	};
	const struct wh_limits limits = EVERYTHING;

	(void)state;
	for (size_t i = 0; i < WH_COUNT(rows); i++)
		assert_judged(wh_trim_config, &rows[i], &limits, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_explicit),
		cmocka_unit_test(no_change_is_no_id),
		cmocka_unit_test(in_a_config),
	};

	return cmocka_run_group_tests_name("trim-user", tests, NULL, NULL);
}
