/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threats T71 to T75: annotations that are code never reach the runtime, whatever the policy says.
 * Which ones they are is test-annotation's affair; here it is that they go, and the rest stays.
 */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "judge.h"

#define REST \
	",'process':{'user':{'uid':0,'gid':0},'capabilities':{'bounding':[],'effective':[]," \
	"'inheritable':[],'permitted':[],'ambient':[]}},'root':{}}"
#define WITH(annotations) "{'annotations':" annotations REST
#define REMOVED(key, why) "annotations removed " key " at /annotations: " why "\n"
#define CRUN "crun acts on it with the host's privilege"
#define BUNDLE "runc exec would read another folder's config.json"

static const struct judged rows[] = {
	/* T71 */
	{ WITH("{'run.oci.seccomp_bpf_data':'AAAA','a':'1'}"), WITH("{'a':'1'}"),
		REMOVED("run.oci.seccomp_bpf_data", CRUN) },
	/* T72 */
	{ WITH("{'run.oci.hooks.stdout':'/etc/x','run.oci.hooks.stderr':'/etc/y'}"), WITH("{}"),
		REMOVED("run.oci.hooks.stdout", CRUN) REMOVED("run.oci.hooks.stderr", CRUN) },
	/* T73 */
	{ WITH("{'a':'1','run.oci.seccomp.plugins':'/p.so'}"), WITH("{'a':'1'}"),
		REMOVED("run.oci.seccomp.plugins", CRUN) },
	/* T74 */
	{ WITH("{'bundle':'/evil','b':'2','bundle=/evil':''}"), WITH("{'b':'2'}"),
		REMOVED("bundle", BUNDLE) REMOVED("bundle=/evil", BUNDLE) },
	{ WITH("{'\\u0062undle':'/evil','b':'\\u0032'}"), WITH("{'b':'\\u0032'}"),
		REMOVED("bundle", BUNDLE) },
	/* T75 */
	{ WITH("{'org.criu.config':'/c','krun.x':'','module.wasm.image/variant':'compat',"
	       "'dev.gvisor.flag.x':'','io.katacontainers.config':'','run.oci.handler':'wasm'}"),
		WITH("{}"), NULL },
	{ WITH("{'org.systemd.property.After':'crio','org.systemd.property.CollectMode':'x',"
	       "'org.systemd.property.ExecStopPost':'poweroff',"
	       "'org.systemd.property.KillSignal':'15',"
	       "'org.systemd.property.TimeoutStopUSec':'uint64 10000000',"
	       "'org.systemd.property.DefaultDependencies':'true'}"),
		WITH("{'org.systemd.property.KillSignal':'15',"
		     "'org.systemd.property.TimeoutStopUSec':'uint64 10000000',"
		     "'org.systemd.property.DefaultDependencies':'true'}"),
		NULL },
	/* T76: what an engine says, and what somebody says in its name, stays; it decides nothing
	 */
	{ WITH("{'io.kubernetes.cri.image-name':'trusted','io.kubernetes.cri.container-type':"
	       "'sandbox','org.whittle.capabilities':'none'}"),
		NULL, "" },
	/* the order and spelling of the rest */
	{ WITH("{'z':'\\/','a':'\\u00e4','run.oci.x':'','M':'','m':'','':''}"),
		WITH("{'z':'\\/','a':'\\u00e4','M':'','m':'','':''}"), REMOVED("run.oci.x", CRUN) },
	{ WITH("{}"), NULL, "" },
	{ WITH("null"), NULL, "" },
	{ "{'hostname':'h'" REST, NULL, "" },
};

static void whatever_the_policy(void **state)
{
	const struct wh_limits everything = EVERYTHING;

	(void)state;
	for (size_t i = 0; i < WH_COUNT(rows); i++)
		assert_judged(wh_trim_config, &rows[i], &everything, NULL);
}

/* An exec's process has none; a member of that name is nobody's field there. */
static void not_in_a_process(void **state)
{
	static const struct judged row = {
		"{'annotations':{'bundle':'/"
		"x'},'user':{'uid':0,'gid':0},'capabilities':{'bounding':[],"
		"'effective':[],'inheritable':[],'permitted':[],'ambient':[]}}",
		NULL, ""
	};
	const struct wh_limits everything = EVERYTHING;

	(void)state;
	assert_judged(wh_trim_process, &row, &everything, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_the_policy),
		cmocka_unit_test(not_in_a_process),
	};

	return cmocka_run_group_tests_name("trim-annotations", tests, NULL, NULL);
}
