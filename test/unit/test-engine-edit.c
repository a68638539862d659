/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Editing as pairs: what the engine's file was, what it is with the runtime in it. Each pair also
 * shows that the second time changes nothing, that what comes out is read as meant, and that taking
 * it out leaves what was there (where the text of the pair does not say otherwise).
 */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "memory-files.h"

#define WHITTLE "/usr/local/bin/whittle"

struct pair {
	const char *engine;
	bool make_default;
	const char *before;  /* NULL: the file is not there */
	const char *after;   /* NULL: refused */
	const char *removed; /* NULL: as before; in a refusal: what the sentence has in it */
	const char *other;   /* text of another file, see other_file() */
};

#define CRI2 "plugins.\"io.containerd.grpc.v1.cri\".containerd"
#define CRI3 "plugins.\"io.containerd.cri.v1.runtime\".containerd"
#define HANDLER(cri) \
	"[" cri ".runtimes.whittle]\nruntime_type = \"io.containerd.runc.v2\"\n\n[" cri \
	".runtimes.whittle.options]\nBinaryName = \"" WHITTLE "\"\n"
#define RUNC(cri) "[" cri ".runtimes.runc]\nruntime_type = \"io.containerd.runc.v2\"\n"
#define JSON_LIST "\"crun\", \"runc\", \"kata\", \"runsc\", \"youki\", \"krun\", \"ocijail\""
#define PODMAN_HEAD \
	"# Written by: whittlectl configure podman\n# Taken out by: whittlectl configure podman " \
	"--remove\n\n"
#define CRIO_HEAD \
	"# Written by: whittlectl configure crio\n# Taken out by: whittlectl configure crio " \
	"--remove\n\n"

static const struct pair pairs[] = {
	/* ---- Docker ---- */
	{ "docker", true, NULL,
		"{\n  \"runtimes\": {\n    \"whittle\": {\n      \"path\": \"" WHITTLE
		"\"\n    }\n  },\n  \"default-runtime\": \"whittle\"\n}\n",
		"{}\n", NULL },
	{ "docker", false, "",
		"{\n  \"runtimes\": {\n    \"whittle\": {\n      \"path\": \"" WHITTLE
		"\"\n    }\n  }\n}\n",
		"{}\n", NULL },
	{ "docker", true, "{}",
		"{\n  \"runtimes\": {\n    \"whittle\": {\n      \"path\": \"" WHITTLE
		"\"\n    }\n  },\n  \"default-runtime\": \"whittle\"\n}",
		NULL, NULL },
	{ "docker", true, "\xef\xbb\xbf{\"debug\":true}",
		"\xef\xbb\xbf{\"debug\":true, \"runtimes\": { \"whittle\": { \"path\": \"" WHITTLE
		"\" } }, \"default-runtime\": \"whittle\"}",
		NULL, NULL },
	{ "docker", true, "{\r\n\t\"debug\": true\r\n}\r\n",
		"{\r\n\t\"debug\": true,\r\n\t\"runtimes\": {\r\n\t\t\"whittle\": "
		"{\r\n\t\t\t\"path\": \"" WHITTLE
		"\"\r\n\t\t}\r\n\t},\r\n\t\"default-runtime\": \"whittle\"\r\n}\r\n",
		NULL, NULL },
	{ "docker", true,
		"{\n    \"runtimes\": { \"nvidia\": { \"path\": \"nvidia-container-runtime\" } },\n"
		"    \"default-runtime\": \"nvidia\", \"x\": 1.50\n}\n",
		"{\n    \"runtimes\": { \"nvidia\": { \"path\": \"nvidia-container-runtime\" }, "
		"\"whittle\": { \"path\": \"" WHITTLE "\" } },\n"
		"    \"default-runtime\": \"whittle\", \"x\": 1.50\n}\n",
		NULL, NULL },
	{ "docker", false, "{\n  \"runtimes\": {},\n  \"hosts\": []\n}",
		"{\n  \"runtimes\": {\n    \"whittle\": {\n      \"path\": \"" WHITTLE
		"\"\n    }\n  },\n  \"hosts\": []\n}",
		"{\n  \"hosts\": []\n}", NULL },
	{ "docker", true, "{\n  \"runtimes\": []\n}", NULL, ":2:15: (/runtimes): an object", NULL },
	{ "docker", true, "{\n  \"a\": 1,\n  \"a\": 2\n}", NULL, ":3:3: ", NULL },
	{ "docker", true, "{\n  \"runtimes\": {\"whittle\": {\"path\": \"/opt/w\"}}\n}", NULL,
		":2: \"whittle\" is already the name of /opt/w", NULL },
	/* ---- containerd ---- */
	{ "containerd", true, NULL,
		"version = 2\n\n" RUNC(CRI2) "\n" HANDLER(
			CRI2) "\n[" CRI2 "]\ndefault_runtime_name = \"whittle\"\n",
		"version = 2\n\n[" CRI2 "]\n", NULL },
	{ "containerd", false, "# mine\nversion = 3\nroot = \"/x\"",
		"# mine\nversion = 3\nroot = \"/x\"\n\n" RUNC(CRI3) "\n" HANDLER(CRI3),
		"# mine\nversion = 3\nroot = \"/x\"\n", NULL },
	{ "containerd", true,
		"version = 2\n[" CRI2 "]\n  default_runtime_name = \"runc\" # as ever\n"
		"  [" CRI2 ".runtimes]\n    [" CRI2
		".runtimes.runc]\n      runtime_type = \"io.containerd.runc.v2\" # v2\n"
		"      pod_annotations = [\n        \"a.*\", # all\n      ]\n"
		"      base_runtime_spec = \"/etc/cri-base.json\"\n"
		"      [" CRI2 ".runtimes.runc.options]\n        SystemdCgroup = true\n"
		"        BinaryName = \"/usr/sbin/runc\"\n[metrics]\naddress = \"x\"\n",
		"version = 2\n[" CRI2 "]\n  default_runtime_name = \"whittle\" # as ever\n"
		"  [" CRI2 ".runtimes]\n    [" CRI2
		".runtimes.runc]\n      runtime_type = \"io.containerd.runc.v2\" # v2\n"
		"      pod_annotations = [\n        \"a.*\", # all\n      ]\n"
		"      base_runtime_spec = \"/etc/cri-base.json\"\n"
		"      [" CRI2 ".runtimes.runc.options]\n        SystemdCgroup = true\n"
		"        BinaryName = \"/usr/sbin/runc\"\n    [" CRI2
		".runtimes.whittle]\n      runtime_type = \"io.containerd.runc.v2\"\n"
		"      pod_annotations = [\n        \"a.*\", # all\n      ]\n"
		"      base_runtime_spec = \"/etc/cri-base.json\"\n"
		"      [" CRI2 ".runtimes.whittle.options]\n        BinaryName = \"" WHITTLE
		"\"\n        SystemdCgroup = true\n[metrics]\naddress = \"x\"\n",
		NULL, NULL },
	{ "containerd", true,
		"version = 2\n[plugins.\"io.containerd.grpc.v1.cri\"]\ncontainerd = { runtimes = { "
		"runc = { runtime_type = \"io.containerd.runc.v2\", options = { SystemdCgroup = "
		"true "
		"} } } }\n",
		"version = 2\n[plugins.\"io.containerd.grpc.v1.cri\"]\ncontainerd = { runtimes = { "
		"runc = { runtime_type = \"io.containerd.runc.v2\", options = { SystemdCgroup = "
		"true "
		"} }, whittle = { runtime_type = \"io.containerd.runc.v2\", options = { BinaryName "
		"= "
		"\"" WHITTLE
		"\", SystemdCgroup = true } } }, default_runtime_name = \"whittle\" }\n",
		NULL, NULL },
	{ "containerd", true,
		"version = 3\r\n\r\n[" CRI3
		".runtimes.runc]\r\nruntime_type = 'io.containerd.runc.v2'\r\n",
		"version = 3\r\n\r\n[" CRI3
		".runtimes.runc]\r\nruntime_type = 'io.containerd.runc.v2'\r\n\r\n[" CRI3
		".runtimes.whittle]\r\nruntime_type = 'io.containerd.runc.v2'\r\n\r\n[" CRI3
		".runtimes.whittle.options]\r\nBinaryName = \"" WHITTLE "\"\r\n\r\n[" CRI3
		"]\r\ndefault_runtime_name = \"whittle\"\r\n",
		"version = 3\r\n\r\n[" CRI3
		".runtimes.runc]\r\nruntime_type = 'io.containerd.runc.v2'\r\n\r\n[" CRI3 "]\r\n",
		NULL },
	/* The section that counts is in the file that is imported. */
	{ "containerd", false,
		"version = 2\nimports = [\"conf.d/*.toml\"]\n[" CRI2
		".runtimes.runc]\nruntime_type = \"io.containerd.runc.v2\"\n",
		"[" CRI2
		".runtimes.runc]\nruntime_type = \"io.containerd.runc.v2\"\n\n" HANDLER(CRI2),
		"[" CRI2 ".runtimes.runc]\nruntime_type = \"io.containerd.runc.v2\"\n",
		"[" CRI2 ".runtimes.runc]\nruntime_type = \"io.containerd.runc.v2\"\n" },
	{ "containerd", false, "disabled_plugins = [\"cri\"]\n", NULL,
		":1:1: this is a "
		"configuration of version 1",
		NULL },
	{ "containerd", false, "root = \"x\"\nversion = 1\n", NULL,
		":2:1: this is a configuration "
		"of version 1",
		NULL },
	{ "containerd", false, "version = 5\n", NULL, ":1:1: this version is not known", NULL },
	{ "containerd", false, "version = \"2\"\n", NULL, ":1:1: this version is not known", NULL },
	{ "containerd", false, "version = 2\nx = \n", NULL, ":2:5: ", NULL },
	{ "containerd", false,
		"version = 2\n[" CRI2 ".runtimes.whittle.options]\nBinaryName = \"/opt/w\"\n", NULL,
		":2: \"whittle\" is already the name of /opt/w", NULL },
	/* ---- Podman ---- */
	{ "podman", true, NULL,
		PODMAN_HEAD "[engine]\nruntime = \"whittle\"\nruntime_supports_json = [" JSON_LIST
			    ", \"whittle\"]\nruntimes.whittle = [\"" WHITTLE "\"]\n",
		"", NULL },
	{ "podman", false, NULL,
		PODMAN_HEAD "[engine]\nruntime_supports_json = [\"crun\", \"mine\", \"whittle\"]\n"
			    "runtimes.whittle = [\"" WHITTLE "\"]\n",
		"", "[engine]\nruntime_supports_json = [\"crun\", \"mine\"]\n" },
	{ "podman", false, NULL, NULL, "/etc/containers/containers.conf:2:", "[engine]\nx = \n" },
	/* ---- CRI-O ---- */
	{ "crio", true, NULL,
		CRIO_HEAD "[crio.runtime]\ndefault_runtime = \"whittle\"\n\n"
			  "[crio.runtime.runtimes.whittle]\nruntime_path = \"" WHITTLE
			  "\"\nruntime_type = \"oci\"\n",
		"", NULL },
	{ "crio", false, NULL,
		CRIO_HEAD
		"[crio.runtime.runtimes.whittle]\nruntime_path = \"" WHITTLE
		"\"\nruntime_type = \"oci\"\nruntime_root = \"/run/runc\"\nmonitor_path = "
		"\"/usr/bin/conmon\"\nallowed_annotations = [\n  \"a\",\n]\n",
		"",
		"[crio.runtime]\ndefault_runtime = \"runc\"\n[crio.runtime.runtimes.runc]\n"
		"runtime_path = \"/usr/sbin/runc\"\nruntime_root = \"/run/runc\"\nmonitor_path = "
		"\"/usr/bin/conmon\"\nallowed_annotations = [\n  \"a\",\n]\n" },
};

static const char *other_file(const char *engine)
{
	if (strcmp(engine, "containerd") == 0)
		return "/etc/containerd/conf.d/cri.toml";
	if (strcmp(engine, "podman") == 0)
		return "/etc/containers/containers.conf";
	return "/etc/crio/crio.conf";
}

/* The engine's files with this text for the one that is edited. */
struct host {
	struct memory_file list[3];
	struct wh_engine_files files;
};

static void fill(struct host *host, const struct pair *pair, const char *text, const char *edited)
{
	const struct wh_engine *engine = wh_engine_find(pair->engine);
	size_t count = 0;

	if (pair->other != NULL)
		host->list[count++] = (struct memory_file){ other_file(pair->engine), pair->other };
	if (pair->before != NULL || edited == NULL)
		host->list[count++] = (struct memory_file){ engine->file, pair->before };
	if (edited == NULL && pair->before == NULL)
		count--;
	for (size_t i = 0; i < count && edited != NULL; i++) {
		if (strcmp(host->list[i].path, edited) == 0) {
			host->list[i].text = text;
			edited = NULL;
		}
	}
	if (edited != NULL && text != NULL)
		host->list[count++] = (struct memory_file){ edited, text };
	host->list[count] = (struct memory_file){ NULL, NULL };
	host->files = memory_files(host->list);
}

static void fail_texts(size_t i, const char *what, const char *got, const char *expected)
{
	fail_msg("pair %zu, %s gives:\n%s\nand not:\n%s", i, what, got, expected);
}

static void check_text(size_t i, const char *what, int r, const struct wh_err *err,
	const struct wh_buf *got, const char *expected)
{
	const char *text = got->data == NULL ? "" : got->data;

	if (r != 0)
		fail_msg("pair %zu, %s: %s", i, what, err->text);
	if (strcmp(text, expected) != 0)
		fail_texts(i, what, text, expected);
}

/* The text of the file that the view edits. */
static const char *edited_text(const struct pair *pair, const struct wh_engine_view *view)
{
	if (pair->other != NULL && strcmp(view->edited, other_file(pair->engine)) == 0)
		return pair->other;
	return pair->before == NULL ? "" : pair->before;
}

static void check_refusal(size_t i, const struct pair *pair, int r, const struct wh_err *err)
{
	if (r == 0)
		fail_msg("pair %zu was not refused", i);
	if (strstr(err->text, pair->removed) == NULL)
		fail_msg("pair %zu: %s", i, err->text);
}

static void check_view(size_t i, const struct pair *pair, const struct wh_engine_view *old,
	const struct wh_engine_view *view)
{
	const struct wh_engine_runtime *runtime = wh_engine_runtime_find(view, "whittle");

	if (runtime == NULL || runtime->path_count != 1 || strcmp(runtime->paths[0], WHITTLE) != 0)
		fail_msg("pair %zu: the runtime is not read", i);
	if (pair->make_default != (strcmp(view->default_runtime, "whittle") == 0))
		fail_msg("pair %zu: the default is %s", i, view->default_runtime);
	for (size_t k = 0; k < old->runtime_count; k++) {
		if (wh_engine_runtime_find(view, old->runtimes[k].name) == NULL)
			fail_msg("pair %zu: %s is gone", i, old->runtimes[k].name);
	}
}

static void check_pair(size_t i, const struct pair *pair)
{
	const struct wh_engine_change change = { "whittle", WHITTLE, pair->make_default };
	const struct wh_engine *engine = wh_engine_find(pair->engine);
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	struct wh_buf after WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_buf again WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_buf removed WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_err err = WH_ERR_INIT;
	struct wh_engine_view view, next;
	struct wh_engine_undo undo;
	struct host host;
	const char *before;
	int r;

	fill(&host, pair, NULL, NULL);
	r = wh_engine_read(engine, &host.files, NULL, &arena, &view, &err);
	if (r == 0)
		r = wh_engine_add(
			&view, &change, wh_slice_of(edited_text(pair, &view)), &after, &undo, &err);
	if (pair->after == NULL) {
		check_refusal(i, pair, r, &err);
		return;
	}
	check_text(i, "adding", r, &err, &after, pair->after);
	before = edited_text(pair, &view);

	fill(&host, pair, after.data, view.edited);
	r = wh_engine_read(engine, &host.files, NULL, &arena, &next, &err);
	if (r != 0)
		fail_msg("pair %zu, reading it again: %s", i, err.text);
	check_view(i, pair, &view, &next);
	r = wh_engine_add(&next, &change, wh_slice_of(after.data), &again, NULL, &err);
	check_text(i, "adding again", r, &err, &again, after.data);
	r = wh_engine_remove(&next, &undo, wh_slice_of(after.data), &removed, &err);
	check_text(
		i, "removing", r, &err, &removed, pair->removed == NULL ? before : pair->removed);
}

static void pairs_hold(void **state)
{
	(void)state;
	for (size_t i = 0; i < WH_COUNT(pairs); i++)
		check_pair(i, &pairs[i]);
}

static void every_prefix_of_a_text_is_edited_or_refused(void **state)
{
	const struct wh_engine_change change = { "whittle", WHITTLE, true };

	(void)state;
	for (size_t i = 0; i < WH_COUNT(pairs); i++) {
		const char *text = pairs[i].before == NULL ? "" : pairs[i].before;

		for (size_t len = 0; len < strlen(text); len++) {
			struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
			struct wh_buf after WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
			struct pair cut = pairs[i];
			struct wh_err err = WH_ERR_INIT;
			struct wh_engine_view view;
			struct host host;

			cut.before = wh_arena_dup(&arena, (struct wh_slice){ text, len });
			fill(&host, &cut, NULL, NULL);
			if (wh_engine_read(wh_engine_find(cut.engine), &host.files, NULL, &arena,
				    &view, &err) == 0)
				(void)!wh_engine_add(&view, &change,
					wh_slice_of(edited_text(&cut, &view)), &after, NULL, &err);
			else
				assert_true(err.text[0] != '\0');
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pairs_hold),
		cmocka_unit_test(every_prefix_of_a_text_is_edited_or_refused),
	};

	return cmocka_run_group_tests_name("engine-edit", tests, NULL, NULL);
}
