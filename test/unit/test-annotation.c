/* SPDX-License-Identifier: Apache-2.0 */
/* Which annotations a runtime must not see, which ones engines cannot do without, and that create
 * and exec see the same ones. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "document.h"
#include "oci/annotation.h"

#define BUNDLE "runc exec would read another folder's config.json"
#define LABEL "the state of runc would show it as an annotation of another name"
#define CRUN "crun acts on it with the host's privilege"
#define SYSTEMD "systemd applies it to the host's unit"
#define KATA "Kata takes its configuration from it"
#define GVISOR "runsc takes flags and mounts from it"
#define CRIU "CRIU reads a host file named there"
#define KRUN "crun changes how the container is run"
#define WASM "crun changes what runs the container"

static void keys_that_runtimes_act_on(void **state)
{
	static const struct {
		struct wh_slice key;
		const char *danger;
	} cases[] = {
		/* T71 to T75 */
		{ WH_SLICE("run.oci.seccomp_bpf_data"), CRUN },
		{ WH_SLICE("run.oci.hooks.stdout"), CRUN },
		{ WH_SLICE("run.oci.hooks.stderr"), CRUN },
		{ WH_SLICE("run.oci.seccomp.plugins"), CRUN },
		{ WH_SLICE("run.oci.seccomp.receiver"), CRUN },
		{ WH_SLICE("run.oci.pidfd_receiver"), CRUN },
		{ WH_SLICE("run.oci.handler"), CRUN },
		{ WH_SLICE("run.oci.keep_original_groups"), CRUN },
		{ WH_SLICE("run.oci.systemd.force_cgroup_v1"), CRUN },
		{ WH_SLICE("run.oci.seccomp_fail_unknown_syscall"), CRUN },
		{ WH_SLICE("run.oci.next_years"), CRUN },
		{ WH_SLICE("run.oci."), CRUN },
		{ WH_SLICE("bundle"), BUNDLE },
		{ WH_SLICE("bundle="), BUNDLE },
		{ WH_SLICE("bundle=/evil"), BUNDLE },
		{ WH_SLICE("org.criu.config"), CRIU },
		{ WH_SLICE("krun.cpus"), KRUN },
		{ WH_SLICE("module.wasm.image/variant"), WASM },
		{ WH_SLICE("dev.gvisor.flag.network"), GVISOR },
		{ WH_SLICE("dev.gvisor.spec.mount.a.source"), GVISOR },
		{ WH_SLICE("dev.gvisor.tar.rootfs.upper"), GVISOR },
		{ WH_SLICE("io.katacontainers.config.hypervisor.path"), KATA },
		{ WH_SLICE("org.systemd.property.ExecStopPost"), SYSTEMD },
		{ WH_SLICE("org.systemd.property.SuccessAction"), SYSTEMD },
		{ WH_SLICE("org.systemd.property."), SYSTEMD },
		{ WH_SLICE("org.systemd.property.after"), SYSTEMD },
		{ WH_SLICE("org.systemd.property.AfterAll"), SYSTEMD },
		/* read back from runc's labels as another key */
		{ WH_SLICE("org.whittle.capabilities=CAP_SYS_ADMIN"), LABEL },
		{ WH_SLICE("="), LABEL },
		{ WH_SLICE("a=b"), LABEL },
		{ WH_SLICE("run.oci.handler=x"), LABEL },
		/* nobody's */
		{ WH_SLICE(""), NULL },
		{ WH_SLICE("bundles"), NULL },
		{ WH_SLICE("Bundle"), NULL },
		{ WH_SLICE("my.bundle"), NULL },
		{ WH_SLICE("run.oci"), NULL },
		{ WH_SLICE("Run.oci.handler"), NULL },
		{ WH_SLICE("xrun.oci.handler"), NULL },
		{ WH_SLICE("org.criu"), NULL },
		{ WH_SLICE("org.systemd.properties"), NULL },
		{ WH_SLICE("io.kubernetes.cri.container-type"), NULL },
		{ WH_SLICE("io.kubernetes.cri.image-name"), NULL },
		{ WH_SLICE("org.opencontainers.image.stopSignal"), NULL },
		{ WH_SLICE("org.whittle.capabilities"), NULL },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		const char *danger = wh_annotation_danger(cases[i].key, WH_SLICE("value"));

		if (cases[i].danger == NULL)
			assert_null(danger);
		else
			assert_string_equal(danger, cases[i].danger);
	}
	assert_null(
		wh_annotation_danger((struct wh_slice){ NULL, 0 }, (struct wh_slice){ NULL, 0 }));
}

/* What CRI-O and Podman write themselves, and nothing beside it. */
static void systemd_properties_of_engines(void **state)
{
	static const struct {
		const char *key;
		struct wh_slice value;
		bool allowed;
	} cases[] = {
		{ "After", WH_SLICE("['crio.service']"), true },
		{ "After", WH_SLICE("['a-b_c@d:e.service']"), true },
		{ "After", WH_SLICE("['.service']"), false },
		{ "After", WH_SLICE("['crio.target']"), false },
		{ "After", WH_SLICE("['crio.service', 'x.service']"), false },
		{ "After", WH_SLICE("['crio.service'"), false },
		{ "After", WH_SLICE("['cr io.service']"), false },
		{ "After", WH_SLICE("['']"), false },
		{ "After", WH_SLICE("[']"), false },
		{ "After", WH_SLICE("['"), false },
		{ "After", WH_SLICE(""), false },
		{ "After", WH_SLICE("['a\0b.service']"), false },
		{ "After", WH_SLICE("crio.service"), false },
		{ "CollectMode", WH_SLICE("'inactive-or-failed'"), true },
		{ "CollectMode", WH_SLICE("'inactive'"), true },
		{ "CollectMode", WH_SLICE("inactive"), false },
		{ "CollectMode", WH_SLICE("'inactive' "), false },
		{ "DefaultDependencies", WH_SLICE("true"), true },
		{ "DefaultDependencies", WH_SLICE("false"), true },
		{ "DefaultDependencies", WH_SLICE("@as 1"), false },
		{ "DefaultDependencies", WH_SLICE(""), false },
		{ "KillSignal", WH_SLICE("15"), true },
		{ "KillSignal", WH_SLICE("9"), true },
		{ "KillSignal", WH_SLICE("123"), false },
		{ "KillSignal", WH_SLICE("-1"), false },
		{ "KillSignal", WH_SLICE(""), false },
		{ "KillSignal", WH_SLICE("1\0"), false },
		{ "TimeoutStopUSec", WH_SLICE("uint64 10000000"), true },
		{ "TimeoutStopUSec", WH_SLICE("10000000"), true },
		{ "TimeoutStopUSec", WH_SLICE("uint64 18446744073709551615"), true },
		{ "TimeoutStopUSec", WH_SLICE("uint64 184467440737095516150"), false },
		{ "TimeoutStopUSec", WH_SLICE("uint64 "), false },
		{ "TimeoutStopUSec", WH_SLICE("uint64 uint64 1"), false },
		{ "TimeoutStopUSec", WH_SLICE("uint32 1"), false },
		{ "ExecStopPost", WH_SLICE("true"), false },
		{ "KillMode", WH_SLICE("9"), false },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		char key[100];
		const char *danger;

		spell(key, sizeof(key), "org.systemd.property.%s", cases[i].key);
		danger = wh_annotation_danger(wh_slice_of(key), cases[i].value);
		if ((danger == NULL) != cases[i].allowed)
			fail_msg("%s, case %zu", cases[i].key, i);
		if (!cases[i].allowed)
			assert_string_equal(danger, SYSTEMD);
	}
}

static void assert_list(const struct wh_annotation_list *list, const char *expected)
{
	struct wh_buf text = WH_BUF_INIT;

	wh_buf_add_string(&text, "");
	for (size_t i = 0; i < list->count; i++) {
		wh_buf_add_slice(&text, list->items[i].key);
		wh_buf_add_string(&text, " -> ");
		wh_buf_add_slice(&text, list->items[i].value);
		wh_buf_add_string(&text, "\n");
	}
	assert_string_equal(text.data, expected);
	wh_buf_done(&text);
}

static void from_the_config(void **state)
{
	static const struct {
		const char *text, *expected;
	} cases[] = {
		{ "{}", "" },
		{ "{'annotations':null}", "" },
		{ "{'annotations':{}}", "" },
		{ "{'annotations':{'a':'1','bundle':'/x','\\u0062':'2=\\t3','run.oci.a':'4',"
		  "'bundle=/y':'5','c=d':'6','':''}}",
			"a -> 1\nb -> 2=\t3\n -> \n" },
		{ "{'annotations':{'\\u0062undle':'/x'}}", "" },
		{ "{'annotations':{'org.systemd.property.KillSignal':'15',"
		  "'org.systemd.property.KillMode':'15'}}",
			"org.systemd.property.KillSignal -> 15\n" },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		struct wh_json *doc = document(cases[i].text);
		struct wh_arena arena = WH_ARENA_INIT;
		struct wh_annotation_list list;
		wh_node object = wh_json_get(doc, wh_json_root(doc), "annotations");

		assert_int_equal(wh_annotations_from_object(doc, object, &arena, &list), 0);
		assert_list(&list, cases[i].expected);
		wh_arena_done(&arena);
		wh_json_free(doc);
	}
}

static void from_the_labels(void **state)
{
	static const struct {
		const char *text, *expected;
	} cases[] = {
		{ "{}", "" },
		{ "{'labels':[]}", "" },
		{ "{'labels':null}", "" },
		{ "{'labels':['a=1','no sign','b=2=3','=','','bundle=/evil','run.oci.x=1',"
		  "'bundle=/srv/web']}",
			"a -> 1\nb -> 2=3\n -> \n" },
		{ "{'labels':[1,null,{'a':'b'},['c=d'],'e=f']}", "e -> f\n" },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		struct wh_json *doc = document(cases[i].text);
		struct wh_arena arena = WH_ARENA_INIT;
		struct wh_annotation_list list;
		wh_node labels = wh_json_get(doc, wh_json_root(doc), "labels");

		assert_int_equal(wh_annotations_from_labels(doc, labels, &arena, &list), 0);
		assert_list(&list, cases[i].expected);
		wh_arena_done(&arena);
		wh_json_free(doc);
	}
}

/* runc writes KEY=VALUE: what stays in config.json reads back as it was at create. */
static void create_and_exec_see_the_same(void **state)
{
	static const char config[] =
		"{'a':'1','a=b':'2','b':'x=y','':'z','bundle':'/e','org.whittle.capabilities':"
		"'none','org.whittle.capabilities=CAP_KILL':'','run.oci.handler':'w',"
		"'bundle=/f':'','org.systemd.property.After':'[\\u0027x.service\\u0027]'}";
	struct wh_json *doc = document(config);
	struct wh_json *labels_doc;
	struct wh_arena arena = WH_ARENA_INIT;
	struct wh_annotation_list at_create, at_exec;
	struct wh_buf labels = WH_BUF_INIT;

	(void)state;
	assert_int_equal(wh_annotations_from_object(doc, wh_json_root(doc), &arena, &at_create), 0);
	assert_int_equal(at_create.count, 5);
	wh_buf_add_char(&labels, '[');
	for (size_t i = 0; i < at_create.count; i++)
		wh_buf_addf(&labels, "\"%.*s=%.*s\",", (int)at_create.items[i].key.len,
			at_create.items[i].key.data, (int)at_create.items[i].value.len,
			at_create.items[i].value.data);
	wh_buf_add_string(&labels, "\"bundle=/srv/web\"]");
	labels_doc = document_of_bytes(labels.data, labels.len);
	assert_int_equal(
		wh_annotations_from_labels(labels_doc, wh_json_root(labels_doc), &arena, &at_exec),
		0);
	assert_int_equal(at_exec.count, at_create.count);
	for (size_t i = 0; i < at_exec.count; i++) {
		assert_true(wh_slice_eq(at_exec.items[i].key, at_create.items[i].key));
		assert_true(wh_slice_eq(at_exec.items[i].value, at_create.items[i].value));
	}
	assert_true(wh_slice_is(wh_annotation_get(&at_exec, WH_ANNOTATION_CAPABILITIES), "none"));
	assert_true(wh_slice_is(wh_annotation_get(&at_exec, ""), "z"));
	assert_null(wh_annotation_get(&at_exec, "bundle").data);
	assert_null(wh_annotation_get(&at_exec, "org.whittle").data);
	wh_buf_done(&labels);
	wh_arena_done(&arena);
	wh_json_free(labels_doc);
	wh_json_free(doc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_that_runtimes_act_on),
		cmocka_unit_test(systemd_properties_of_engines),
		cmocka_unit_test(from_the_config),
		cmocka_unit_test(from_the_labels),
		cmocka_unit_test(create_and_exec_see_the_same),
	};

	return cmocka_run_group_tests_name("annotation", tests, NULL, NULL);
}
