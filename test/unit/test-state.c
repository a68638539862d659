/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the runtimes write down, as captured from them, as their other versions write it, and as an
 * author of hostile annotations would like it to read.
 */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "document.h"
#include "oci/state.h"

#define DOCKER "d85241739e21d56aadd20bdc5d8216cf978befaff8eec28436a2cc690a7b8401"
#define HARDENED "b1f5d37c55e21be09f06f012220f2dd5ed2a64d616d52863c3ca1098e05a59c1"
#define RUNSC "719d908b0e96e8dbbf190f9ac50332008461370be7e67814cf79dd3d66acaae2"
#define TASKS "/run/containerd/io.containerd.runtime.v2.task/"
#define PODMAN \
	"/var/lib/containers/storage/overlay-containers/" \
	"1218b1b225455e0a9b970a83e389aeaab2d6844a660f2c93be5f1b6f46596916/userdata"

/* A set of the container's, as one text. */
static void assert_set(const struct wh_state *state, const char *set, const char *expected)
{
	wh_node node = wh_json_get(state->config, state->capabilities, set);

	if (expected == NULL)
		assert_int_equal(wh_json_type(state->config, node), WH_JSON_NONE);
	else
		assert_document(state->config, node, expected);
}

#define FEW "['CAP_AUDIT_WRITE','CAP_KILL','CAP_NET_BIND_SERVICE']"
#define FOURTEEN \
	"['CAP_CHOWN','CAP_DAC_OVERRIDE','CAP_FSETID','CAP_FOWNER','CAP_MKNOD','CAP_NET_RAW'," \
	"'CAP_SETGID','CAP_SETUID','CAP_SETFCAP','CAP_SETPCAP','CAP_NET_BIND_SERVICE'," \
	"'CAP_SYS_CHROOT','CAP_KILL','CAP_AUDIT_WRITE']"
#define CTR_FOURTEEN \
	"['CAP_CHOWN','CAP_DAC_OVERRIDE','CAP_FSETID','CAP_FOWNER','CAP_MKNOD','CAP_NET_RAW'," \
	"'CAP_SETGID','CAP_SETUID','CAP_SETFCAP','CAP_SETPCAP','CAP_NET_BIND_SERVICE'," \
	"'CAP_SYS_CHROOT','CAP_KILL','CAP_AUDIT_WRITE']"

static const struct sample {
	enum wh_runtime_kind kind;
	const char *file, *config;
	const char *id, *bundle;
	const char *bounding, *permitted, *inheritable;
	size_t annotations;
	bool has_process;
} samples[] = {
	{ WH_RUNTIME_RUNC, "runc-plain/state.json", NULL, "web", "/srv/runc", FEW, FEW, NULL, 0,
		false },
	{ WH_RUNTIME_RUNC, "runc-docker-default/state.json", NULL, DOCKER, TASKS "moby/" DOCKER,
		FOURTEEN, FOURTEEN, NULL, 0, false },
	{ WH_RUNTIME_RUNC, "runc-docker-hardened/state.json", NULL, HARDENED,
		TASKS "moby/" HARDENED, "['CAP_NET_BIND_SERVICE']", NULL, NULL, 0, false },
	{ WH_RUNTIME_RUNC, "runc-ctr-default/state.json", NULL, "ctr-default",
		TASKS "default/ctr-default", CTR_FOURTEEN, CTR_FOURTEEN, NULL, 0, false },
	{ WH_RUNTIME_CRUN, "crun-plain/status", "crun-plain/config.json", "web", "/srv/crun", FEW,
		FEW, "[]", 0, true },
	{ WH_RUNTIME_CRUN, "crun-podman-default/status", "crun-podman-default/config.json", "any",
		PODMAN, NULL, NULL, NULL, 8, true },
	{ WH_RUNTIME_RUNSC, "runsc-plain/web_sandbox:web.state", NULL, "web", "/srv/runsc", FEW,
		FEW, FEW, 0, true },
	{ WH_RUNTIME_RUNSC, "runsc-docker-runsc/" RUNSC "_sandbox:" RUNSC ".state", NULL, RUNSC,
		TASKS "moby/" RUNSC, FOURTEEN, FOURTEEN, NULL, 0, true },
};

static struct wh_json *sample_document(const char *file)
{
	char path[1024];

	spell(path, sizeof(path), WH_SOURCE_ROOT "/test/golden/input/state/%s", file);
	return document_of_file(path);
}

static void check_sample(const struct sample *sample)
{
	struct wh_json *state = sample_document(sample->file);
	struct wh_json *config = sample->config == NULL ? NULL : sample_document(sample->config);
	struct wh_arena arena = WH_ARENA_INIT;
	struct wh_err err = WH_ERR_INIT;
	struct wh_state read;

	if (wh_state_read(&read, sample->kind, sample->id, state, config, &arena, &err) < 0)
		fail_msg("%s: %s", sample->file, err.text);
	assert_string_equal(read.bundle, sample->bundle);
	assert_ptr_equal(read.config, config == NULL ? state : config);
	assert_int_equal(read.annotations.count, sample->annotations);
	assert_int_equal(read.process != WH_NO_NODE, sample->has_process);
	assert_int_equal(wh_json_type(read.config, read.capabilities), WH_JSON_OBJECT);
	if (sample->bounding != NULL) {
		assert_set(&read, "bounding", sample->bounding);
		assert_set(&read, "permitted", sample->permitted);
		assert_set(&read, "inheritable", sample->inheritable);
	}
	/* Nothing of runc's own spelling is left. */
	assert_int_equal(wh_json_get(read.config, read.capabilities, "Bounding"), WH_NO_NODE);
	assert_int_equal(wh_json_status(read.config), 0);
	wh_arena_done(&arena);
	wh_json_free(state);
	wh_json_free(config);
}

/* Where the root file system was, which tells Docker's and Podman's data folders. */
static void root_file_systems(void **state)
{
	static const struct {
		size_t sample;
		const char *rootfs;
	} rows[] = {
		{ 0, "/srv/runc/rootfs" },
		{ 1, "/var/lib/docker/overlay2/"
		     "c6a062d8c13ff9233d0ad890a936d1470c88d55fdf27dab9d20b9988dd366e4d/merged" },
		{ 4, "rootfs" },
		{ 5, "/var/lib/containers/storage/overlay/"
		     "e9781ced90e3db32dd7449220d14501b2db73802b5dab645e76048710e37bb35/merged" },
		{ 7, "/var/lib/docker/overlay2/"
		     "dbad775cfd6c2b6f1ae510c5bdc94cdfd1771f5a5cc1c5d54de8f5b5b6164aa6/merged" },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(rows); i++) {
		const struct sample *sample = &samples[rows[i].sample];
		struct wh_json *doc = sample_document(sample->file);
		struct wh_json *config =
			sample->config == NULL ? NULL : sample_document(sample->config);
		struct wh_arena arena = WH_ARENA_INIT;
		struct wh_state read;

		assert_int_equal(
			wh_state_read(&read, sample->kind, sample->id, doc, config, &arena, NULL),
			0);
		assert_string_equal(read.rootfs, rows[i].rootfs);
		wh_arena_done(&arena);
		wh_json_free(doc);
		wh_json_free(config);
	}
}

static void real_samples(void **state)
{
	(void)state;
	for (size_t i = 0; i < WH_COUNT(samples); i++)
		check_sample(&samples[i]);
}

/* A state of another id must not answer for this one. crun's status has none; its folder is it. */
static void of_another_container(void **state)
{
	static const char *const others[] = { "we", "webb", "Web", "", "../web" };

	(void)state;
	for (size_t i = 0; i < WH_COUNT(samples); i++) {
		if (samples[i].kind == WH_RUNTIME_CRUN)
			continue;
		for (size_t k = 0; k < WH_COUNT(others); k++) {
			struct wh_json *doc = sample_document(samples[i].file);
			struct wh_arena arena = WH_ARENA_INIT;
			struct wh_err err = WH_ERR_INIT;
			struct wh_state read;
			char expected[200];

			assert_int_equal(wh_state_read(&read, samples[i].kind, others[k], doc, NULL,
						 &arena, &err),
				-EINVAL);
			spell(expected, sizeof(expected),
				"the runtime's state for container %s speaks of another container",
				others[k]);
			assert_string_equal(err.text, expected);
			wh_arena_done(&arena);
			wh_json_free(doc);
		}
	}
}

static const char no_bundle[] =
	"the runtime's state of the container names no absolute bundle folder";
static const char another[] = "the runtime's state for container web speaks of another container";

/* One row is one state of container "web": `bundle` is what is read, or `error` why not. */
static const struct row {
	const char *state, *config;
	const char *bundle, *error;
	const char *capabilities; /* "": none recorded */
	const char *annotations;  /* keys, each followed by a blank */
} runc_rows[] = {
	/* runc 1.4 and later leave out what is null, false or empty */
	{ "{'id':'web','config':{'labels':['bundle=/b']}}", NULL, "/b", NULL, "", "" },
	{ "{'id':'web','config':{'capabilities':{},'labels':['bundle=/b']}}", NULL, "/b", NULL,
		"{}", "" },
	{ "{'id':'web','config':{'capabilities':{'Bounding':['CAP_KILL']},'labels':['bundle=/b']}}",
		NULL, "/b", NULL, "{'bounding':['CAP_KILL']}", "" },
	{ "{'id':'web','config':{'capabilities':null,'labels':['bundle=/b']}}", NULL, "/b", NULL,
		"", "" },
	{ "{'id':'web','config':{'capabilities':{'Bounding':null,'Effective':['A'],"
	  "'Permitted':['B'],'Inheritable':['C'],'Ambient':['D'],'Sixth':['E']},"
	  "'labels':['bundle=/b']}}",
		NULL, "/b", NULL,
		"{'effective':['A'],'permitted':['B'],'inheritable':['C'],'ambient':['D']}", "" },
	/* runc's own keys alone count, in their own spelling */
	{ "{'id':'web','config':{'capabilities':{'bounding':['CAP_KILL'],'BOUNDING':['X']},"
	  "'labels':['bundle=/b']}}",
		NULL, "/b", NULL, "{}", "" },
	{ "{'id':'web','config':{'capabilities':['CAP_KILL'],'labels':['bundle=/b']}}", NULL, "/b",
		NULL, "", "" },
	/* T74: the author's own label comes first, runc's last */
	{ "{'id':'web','config':{'labels':['bundle=/evil','bundle=/b']}}", NULL, "/b", NULL, "",
		"" },
	{ "{'id':'web','config':{'labels':['a=1','bundle=/evil','b=2','bundle=/e2=x',"
	  "'run.oci.handler=krun','org.criu.config=/e','bundle=/b']}}",
		NULL, "/b", NULL, "", "a b " },
	{ "{'id':'web','config':{'labels':['bundle=/b','bundlex=/evil','xbundle=/evil',"
	  "'Bundle=/evil','bundle']}}",
		NULL, "/b", NULL, "", "bundlex xbundle Bundle " },
	{ "{'id':'web','config':{'labels':['bundle=/b with = and \\u00e4']}}", NULL,
		"/b with = and \xc3\xa4", NULL, "", "" },
	/* the last one decides, even when it cannot be used */
	{ "{'id':'web','config':{'labels':['bundle=/evil','bundle=']}}", NULL, NULL, no_bundle, NULL,
		NULL },
	{ "{'id':'web','config':{'labels':['bundle=/evil','bundle=b']}}", NULL, NULL, no_bundle,
		NULL, NULL },
	{ "{'id':'web','config':{'labels':['bundle=../b']}}", NULL, NULL, no_bundle, NULL, NULL },
	{ "{'id':'web','config':{'labels':['bundle= /b']}}", NULL, NULL, no_bundle, NULL, NULL },
	{ "{'id':'web','config':{'labels':[]}}", NULL, NULL, no_bundle, NULL, NULL },
	{ "{'id':'web','config':{'labels':null}}", NULL, NULL, no_bundle, NULL, NULL },
	{ "{'id':'web','config':{'labels':'bundle=/b'}}", NULL, NULL, no_bundle, NULL, NULL },
	{ "{'id':'web','config':{'labels':{'bundle=/b':1}}}", NULL, NULL, no_bundle, NULL, NULL },
	{ "{'id':'web','config':{'labels':[['bundle=/b']]}}", NULL, NULL, no_bundle, NULL, NULL },
	{ "{'id':'web','config':{}}", NULL, NULL, no_bundle, NULL, NULL },
	{ "{'id':'web','config':[]}", NULL, NULL, no_bundle, NULL, NULL },
	{ "{'id':'web'}", NULL, NULL, no_bundle, NULL, NULL },
	{ "{'id':null,'config':{'labels':['bundle=/b']}}", NULL, NULL, another, NULL, NULL },
	{ "{'id':['web'],'config':{'labels':['bundle=/b']}}", NULL, NULL, another, NULL, NULL },
	{ "{'Id':'web','config':{'labels':['bundle=/b']}}", NULL, NULL, another, NULL, NULL },
	{ "{'id':'web ','config':{'labels':['bundle=/b']}}", NULL, NULL, another, NULL, NULL },
	{ "{}", NULL, NULL, another, NULL, NULL },
	{ "[]", NULL, NULL, another, NULL, NULL },
	{ "'web'", NULL, NULL, another, NULL, NULL },
}, crun_rows[] = {
	{ "{'bundle':'/b'}", "{'process':{'capabilities':{'bounding':['CAP_KILL']}}}", "/b", NULL,
		"{'bounding':['CAP_KILL']}", "" },
	{ "{'bundle':'\\/b'}", "{'annotations':{'a':'1','bundle':'/evil','bundle=/e':'','b':''}}",
		"/b", NULL, "", "a b " },
	{ "{'bundle':'/b'}", "{'process':{'capabilities':null}}", "/b", NULL, "", "" },
	{ "{'bundle':'b'}", "{}", NULL, no_bundle, NULL, NULL },
	{ "{'bundle':''}", "{}", NULL, no_bundle, NULL, NULL },
	{ "{'bundle':['/b']}", "{}", NULL, no_bundle, NULL, NULL },
	{ "{'Bundle':'/b'}", "{}", NULL, no_bundle, NULL, NULL },
	{ "{}", "{}", NULL, no_bundle, NULL, NULL },
	{ "{'bundle':'/b'}", "{'Process':{}}", NULL,
		"line 1, column 2 (/Process): this key is not \"process\", but some runtimes take "
		"it for that; spell it exactly",
		NULL, NULL },
	{ "{'bundle':'/b'}", "{'process':{'capabilities':[]}}", NULL,
		"line 1, column 28 (/process/capabilities): expected an object, found an array",
		NULL, NULL },
	{ "{'bundle':'/b'}", "[]", NULL,
		"line 1, column 1: expected an object (config), found an array", NULL, NULL },
}, runsc_rows[] = {
	{ "{'id':'web','bundleDir':'/b','spec':{'process':{'capabilities':{}},"
	  "'annotations':{'bundleDir':'/evil','dev.gvisor.x':'1'}}}",
		NULL, "/b", NULL, "{}", "bundleDir " },
	{ "{'id':'web','bundleDir':'b','spec':{}}", NULL, NULL, no_bundle, NULL, NULL },
	{ "{'id':'web','spec':{}}", NULL, NULL, no_bundle, NULL, NULL },
	{ "{'id':'web','bundleDir':'/b'}", NULL, NULL,
		"expected an object (config), found nothing", NULL, NULL },
	{ "{'id':'web','bundleDir':'/b','spec':null}", NULL, NULL,
		"line 1, column 37 (/spec): expected an object (config), found null", NULL, NULL },
	{ "{'id':'we','bundleDir':'/b','spec':{}}", NULL, NULL, another, NULL, NULL },
};

static void assert_read(const struct wh_state *read, const struct row *row)
{
	struct wh_buf keys = WH_BUF_INIT;

	assert_string_equal(read->bundle, row->bundle);
	if (row->capabilities[0] == '\0')
		assert_true(wh_json_type(read->config, read->capabilities) <= WH_JSON_NULL);
	else
		assert_document(read->config, read->capabilities, row->capabilities);
	wh_buf_add_string(&keys, "");
	for (size_t i = 0; i < read->annotations.count; i++) {
		wh_buf_add_slice(&keys, read->annotations.items[i].key);
		wh_buf_add_char(&keys, ' ');
	}
	assert_string_equal(keys.data, row->annotations);
	wh_buf_done(&keys);
}

static void check_row(enum wh_runtime_kind kind, const struct row *row)
{
	static const char untouched[] = "untouched";
	struct wh_json *state = document(row->state);
	struct wh_json *config = row->config == NULL ? NULL : document(row->config);
	struct wh_arena arena = WH_ARENA_INIT;
	struct wh_err err = WH_ERR_INIT;
	struct wh_state read = { .bundle = untouched };
	int r = wh_state_read(&read, kind, "web", state, config, &arena, &err);

	if (row->error == NULL) {
		if (r < 0)
			fail_msg("%s: %s", row->state, err.text);
		assert_read(&read, row);
	} else {
		if (r != -EINVAL)
			fail_msg("%s is accepted", row->state);
		assert_string_equal(err.text, row->error);
		assert_ptr_equal(read.bundle, untouched);
	}
	wh_arena_done(&arena);
	wh_json_free(state);
	wh_json_free(config);
}

static void states_of_runc(void **state)
{
	(void)state;
	for (size_t i = 0; i < WH_COUNT(runc_rows); i++)
		check_row(WH_RUNTIME_RUNC, &runc_rows[i]);
}

static void states_of_crun(void **state)
{
	(void)state;
	for (size_t i = 0; i < WH_COUNT(crun_rows); i++)
		check_row(WH_RUNTIME_CRUN, &crun_rows[i]);
}

static void states_of_runsc(void **state)
{
	(void)state;
	for (size_t i = 0; i < WH_COUNT(runsc_rows); i++)
		check_row(WH_RUNTIME_RUNSC, &runsc_rows[i]);
}

static void where_it_lies(void **state)
{
	static const struct {
		enum wh_runtime_kind kind;
		struct wh_state_layout layout;
	} cases[] = {
		{ WH_RUNTIME_RUNC, { "web", "state.json", NULL, false } },
		{ WH_RUNTIME_CRUN, { "web", "status", "config.json", false } },
		{ WH_RUNTIME_RUNSC, { "", "web_sandbox:", NULL, true } },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		struct wh_arena arena = WH_ARENA_INIT;
		struct wh_state_layout layout;

		assert_int_equal(wh_state_layout(cases[i].kind, "web", &arena, &layout), 0);
		assert_string_equal(layout.folder, cases[i].layout.folder);
		assert_string_equal(layout.file, cases[i].layout.file);
		assert_int_equal(layout.config != NULL, cases[i].layout.config != NULL);
		if (layout.config != NULL)
			assert_string_equal(layout.config, cases[i].layout.config);
		assert_int_equal(layout.prefix, cases[i].layout.prefix);
		wh_arena_done(&arena);
	}
}

static void default_roots(void **state)
{
	static const struct {
		enum wh_runtime_kind kind;
		const char *xdg;
		bool privileged;
		const char *root;
	} cases[] = {
		{ WH_RUNTIME_RUNC, NULL, true, "/run/runc" },
		{ WH_RUNTIME_RUNC, "/run/user/0", true, "/run/runc" },
		{ WH_RUNTIME_RUNC, "/run/user/7", false, "/run/user/7/runc" },
		{ WH_RUNTIME_RUNC, "", false, "/run/runc" },
		{ WH_RUNTIME_RUNC, NULL, false, "/run/runc" },
		{ WH_RUNTIME_CRUN, NULL, true, "/run/crun" },
		{ WH_RUNTIME_CRUN, "", true, "/run/crun" },
		{ WH_RUNTIME_CRUN, "/run/user/0", true, "/run/user/0/crun" },
		{ WH_RUNTIME_CRUN, "/run/user/7", false, "/run/user/7/crun" },
		{ WH_RUNTIME_RUNSC, NULL, true, "/var/run/runsc" },
		{ WH_RUNTIME_RUNSC, "", true, "/var/run/runsc" },
		{ WH_RUNTIME_RUNSC, "/run/user/0", true, "/run/user/0/runsc" },
		{ WH_RUNTIME_RUNSC, "/run/user/7", false, "/run/user/7/runsc" },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		struct wh_arena arena = WH_ARENA_INIT;

		assert_string_equal(
			wh_state_root(cases[i].kind, cases[i].xdg, cases[i].privileged, &arena),
			cases[i].root);
		wh_arena_done(&arena);
	}
}

static void the_first_process(void **unused)
{
	static const struct {
		enum wh_runtime_kind kind;
		const char *state;
		int expected;
		int pid;
		uint64_t start;
		const char *sandbox;
	} cases[] = {
		{ WH_RUNTIME_RUNC, "{'init_process_pid':4233,'init_process_start':244709}", 0, 4233,
			244709, NULL },
		{ WH_RUNTIME_RUNC, "{'init_process_pid':0,'init_process_start':0}", -ENOENT },
		{ WH_RUNTIME_RUNC, "{'init_process_pid':-1,'init_process_start':7}", -ENOENT },
		{ WH_RUNTIME_RUNC, "{'init_process_start':7}", -ENOENT },
		{ WH_RUNTIME_RUNC, "{'init_process_pid':7}", -EINVAL },
		{ WH_RUNTIME_RUNC, "{'init_process_pid':'7','init_process_start':7}", -EINVAL },
		{ WH_RUNTIME_RUNC, "{'init_process_pid':7,'init_process_start':'7'}", -EINVAL },
		{ WH_RUNTIME_RUNC, "{'init_process_pid':7.5,'init_process_start':7}", -EINVAL },
		{ WH_RUNTIME_RUNC, "{'init_process_pid':2147483648,'init_process_start':7}",
			-EINVAL },
		{ WH_RUNTIME_RUNC,
			"{'init_process_pid':7,'init_process_start':18446744073709551615}", 0, 7,
			UINT64_MAX, NULL },
		{ WH_RUNTIME_RUNC, "[]", -EINVAL },
		{ WH_RUNTIME_RUNC, "null", -EINVAL },
		{ WH_RUNTIME_CRUN, "{'pid':4314,'process-start-time':244749}", 0, 4314, 244749,
			NULL },
		{ WH_RUNTIME_CRUN, "{'pid':4314}", -EINVAL },
		{ WH_RUNTIME_CRUN, "{'init_process_pid':7,'init_process_start':7}", -ENOENT },
		{ WH_RUNTIME_RUNSC, "{'sandbox':{'id':'web','pid':4262}}", 0, 4262, 0, "web" },
		{ WH_RUNTIME_RUNSC, "{'sandbox':{'pid':4262}}", -EINVAL },
		{ WH_RUNTIME_RUNSC, "{'sandbox':{'id':'','pid':4262}}", -EINVAL },
		{ WH_RUNTIME_RUNSC, "{'sandbox':null}", -ENOENT },
		{ WH_RUNTIME_RUNSC, "{'pid':7}", -ENOENT },
	};

	(void)unused;
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
		struct wh_json *doc WH_JSON = document(cases[i].state);
		struct wh_state_init init = { .pid = 1 };
		struct wh_err err = WH_ERR_INIT;
		int r = wh_state_read_init(&init, cases[i].kind, doc, &arena, &err);

		if (r != cases[i].expected)
			fail_msg("%s: %d %s", cases[i].state, r, err.text);
		if (r < 0) {
			assert_int_equal(init.pid, 1);
			continue;
		}
		assert_int_equal(init.pid, cases[i].pid);
		assert_true(init.start == cases[i].start);
		assert_int_equal(init.has_start, cases[i].sandbox == NULL);
		if (cases[i].sandbox != NULL)
			assert_string_equal(init.sandbox, cases[i].sandbox);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_samples),
		cmocka_unit_test(root_file_systems),
		cmocka_unit_test(of_another_container),
		cmocka_unit_test(states_of_runc),
		cmocka_unit_test(states_of_crun),
		cmocka_unit_test(states_of_runsc),
		cmocka_unit_test(where_it_lies),
		cmocka_unit_test(default_roots),
		cmocka_unit_test(the_first_process),
	};

	return cmocka_run_group_tests_name("state", tests, NULL, NULL);
}
