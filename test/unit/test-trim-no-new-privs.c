/* SPDX-License-Identifier: Apache-2.0 */
/* noNewPrivileges (threat T43): overwritten, always, wherever a process is written down. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "judge.h"

#define SETS \
	",'capabilities':{'bounding':[],'effective':[],'inheritable':[],'permitted':[]," \
	"'ambient':[]},'user':{'uid':0,'gid':0}"
#define SET(pointer) \
	"noNewPrivileges set true at " pointer \
	": setuid programs and file capabilities must not give privilege\n"

static void is_set(void **state)
{
	static const struct judged rows[] = {
		{ "{'a':1" SETS "}", "{'a':1" SETS ",'noNewPrivileges':true}",
			SET("/noNewPrivileges") },
		{ "{'noNewPrivileges':false" SETS "}", "{'noNewPrivileges':true" SETS "}",
			SET("/noNewPrivileges") },
		{ "{'noNewPrivileges':null" SETS "}", "{'noNewPrivileges':true" SETS "}",
			SET("/noNewPrivileges") },
		{ "{'noNewPrivileges':true" SETS "}", NULL, "" },
		{ "{'noNewPrivileges\\u0020':true,'xnoNewPrivileges':true" SETS "}",
			"{'noNewPrivileges\\u0020':true,'xnoNewPrivileges':true" SETS
			",'noNewPrivileges':true}",
			SET("/noNewPrivileges") },
	};
	struct wh_limits limits = EVERYTHING;

	(void)state;
	limits.kinds[WH_KIND_NO_NEW_PRIVILEGES].otherwise = WH_STRIP;
	for (size_t i = 0; i < WH_COUNT(rows); i++)
		assert_judged(wh_trim_process, &rows[i], &limits, NULL);
}

static void is_set_in_a_config(void **state)
{
	static const struct judged row = { "{'root':{},'process':{'noNewPrivileges':false" SETS
					   "}}",
		"{'root':{},'process':{'noNewPrivileges':true" SETS "}}",
		SET("/process/noNewPrivileges") };
	struct wh_limits limits = EVERYTHING;

	(void)state;
	limits.kinds[WH_KIND_NO_NEW_PRIVILEGES].otherwise = WH_STRIP;
	assert_judged(wh_trim_config, &row, &limits, NULL);
}

/* A policy that does not ask for it leaves what was asked for, never takes it away. */
static void is_left_alone(void **state)
{
	static const struct judged rows[] = {
		{ "{'noNewPrivileges':true" SETS "}", NULL, "" },
		{ "{'noNewPrivileges':false" SETS "}", NULL, "" },
		{ "{'noNewPrivileges':null" SETS "}", NULL, "" },
		{ "{'a':1" SETS "}", NULL, "" },
	};
	const struct wh_limits limits = EVERYTHING;

	(void)state;
	for (size_t i = 0; i < WH_COUNT(rows); i++)
		assert_judged(wh_trim_process, &rows[i], &limits, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_set),
		cmocka_unit_test(is_set_in_a_config),
		cmocka_unit_test(is_left_alone),
	};

	return cmocka_run_group_tests_name("trim-no-new-privs", tests, NULL, NULL);
}
