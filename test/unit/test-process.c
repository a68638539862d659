/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each runtime would run for the same words, written out as one process. The words go through
 * the runtime's own grammar, so each option is folded as it is spelled there.
 */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "document.h"
#include "oci/process.h"

/* The container that the execs are about: not root, with further groups, with fields that whittle
 * does not know, and with different capabilities in its state than in its bundle. */
#define SETS \
	"{'bounding':['CAP_KILL'],'effective':['CAP_KILL'],'permitted':['CAP_KILL']," \
	"'inheritable':[],'ambient':[]}"
#define PROCESS(user, capabilities) \
	"{'user':" user ",'args':['init'],'env':['A=1','B=2'],'cwd':'/work'," \
	"'capabilities':" capabilities ",'noNewPrivileges':true,'selinuxLabel':'label'," \
	"'apparmorProfile':'profile','newField':1.50}"
#define USER "{'uid':1000,'gid':1001,'additionalGids':[7],'umask':63}"
#define RUNC_STATE \
	"{'id':'web','config':{'labels':['bundle=/b'],'capabilities':{'Bounding':['CAP_CHOWN']," \
	"'Effective':['CAP_CHOWN'],'Permitted':['CAP_CHOWN']}}}"
#define OWN_OF_RUNC "{'bounding':['CAP_CHOWN'],'effective':['CAP_CHOWN'],'permitted':['CAP_CHOWN']}"

struct container {
	struct wh_arena arena;
	struct wh_json *state_doc, *config_doc, *bundle_doc;
	struct wh_state state;
	struct wh_json *base;
	wh_node base_process;
};

static struct wh_json *document_of_process(const char *format, const char *process)
{
	char text[2048];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	spell(text, sizeof(text), format, process);
#pragma GCC diagnostic pop
	return document(text);
}

/* `process` is the container's own; of runc's state it says nothing. */
static void container_init(
	struct container *container, enum wh_runtime_kind kind, const char *process)
{
	struct wh_err err = WH_ERR_INIT;

	memset(container, 0, sizeof(*container));
	switch (kind) {
	case WH_RUNTIME_CRUN:
		container->state_doc = document("{'bundle':'/b'}");
		container->config_doc = document_of_process("{'process':%s}", process);
		break;
	case WH_RUNTIME_RUNSC:
		container->state_doc = document_of_process(
			"{'id':'web','bundleDir':'/b','spec':{'process':%s}}", process);
		break;
	case WH_RUNTIME_RUNC:
		container->state_doc = document(RUNC_STATE);
		container->bundle_doc = document_of_process("{'process':%s}", process);
		break;
	case WH_RUNTIME_KINDS:
		fail();
	}
	if (wh_state_read(&container->state, kind, "web", container->state_doc,
		    container->config_doc, &container->arena, &err) < 0)
		fail_msg("%s", err.text);
	container->base = container->state.config;
	container->base_process = container->state.process;
	if (container->bundle_doc != NULL) {
		container->base = container->bundle_doc;
		container->base_process = wh_json_get(
			container->bundle_doc, wh_json_root(container->bundle_doc), "process");
	}
}

static void container_done(struct container *container)
{
	wh_json_free(container->state_doc);
	wh_json_free(container->config_doc);
	wh_json_free(container->bundle_doc);
	wh_arena_done(&container->arena);
}

/* ---- --process ----------------------------------------------------------------------------- */

struct request {
	enum wh_runtime_kind kind;
	const char *text;
	const char *expected, *error;
};

static const struct request requests[] = {
	/* whole: nothing is filled in, noNewPrivileges is not inherited */
	{ WH_RUNTIME_RUNC,
		"{'args':['sh'],'cwd':'/','capabilities':{'bounding':['CAP_SYS_ADMIN']},"
		"'user':{'uid':5},'x':1e3}",
		"{'args':['sh'],'cwd':'/','capabilities':{'bounding':['CAP_SYS_ADMIN']},"
		"'user':{'uid':5},'x':1e3}" },
	{ WH_RUNTIME_CRUN, "{'args':['sh'],'cwd':'/','capabilities':{},'user':{}}",
		"{'args':['sh'],'cwd':'/','capabilities':{},'user':{}}" },
	/* capabilities left out: the container's */
	{ WH_RUNTIME_RUNC, "{'args':['sh'],'cwd':'/','user':{'uid':5}}",
		"{'args':['sh'],'cwd':'/','user':{'uid':5},'capabilities':" OWN_OF_RUNC "}" },
	{ WH_RUNTIME_RUNC, "{'capabilities':null,'args':['sh'],'cwd':'/','user':{}}",
		"{'capabilities':" OWN_OF_RUNC ",'args':['sh'],'cwd':'/','user':{}}" },
	{ WH_RUNTIME_CRUN, "{'args':['sh'],'cwd':'/','user':{'uid':5}}",
		"{'args':['sh'],'cwd':'/','user':{'uid':5},'capabilities':" SETS "}" },
	{ WH_RUNTIME_RUNSC, "{'args':['sh'],'cwd':'/','user':{'uid':5}}",
		"{'args':['sh'],'cwd':'/','user':{'uid':5},'capabilities':" SETS "}" },
	/* user left out: crun's is the container's, the others' is root */
	{ WH_RUNTIME_RUNC, "{'args':['sh'],'cwd':'/','capabilities':{}}",
		"{'args':['sh'],'cwd':'/','capabilities':{},'user':{'uid':0,'gid':0}}" },
	{ WH_RUNTIME_RUNC, "{'user':null,'args':['sh'],'cwd':'/','capabilities':{}}",
		"{'user':{'uid':0,'gid':0},'args':['sh'],'cwd':'/','capabilities':{}}" },
	{ WH_RUNTIME_CRUN, "{'args':['sh'],'cwd':'/','capabilities':{}}",
		"{'args':['sh'],'cwd':'/','capabilities':{},'user':" USER "}" },
	{ WH_RUNTIME_CRUN, "{'user':null,'args':['sh'],'cwd':'/','capabilities':{}}",
		"{'user':" USER ",'args':['sh'],'cwd':'/','capabilities':{}}" },
	{ WH_RUNTIME_RUNSC, "{'args':['sh'],'cwd':'/','capabilities':{}}",
		"{'args':['sh'],'cwd':'/','capabilities':{},'user':{'uid':0,'gid':0}}" },
	/* T12: nothing to add to, nothing to crash on */
	{ WH_RUNTIME_RUNC, "{'args':[''],'cwd':'.','capabilities':{'ambient':null},'user':{}}",
		"{'args':[''],'cwd':'.','capabilities':{'ambient':null},'user':{}}" },
	/* nothing to run */
	{ WH_RUNTIME_RUNC, "{'cwd':'/'}", NULL,
		"line 1, column 1: the process has no \"args\": there is nothing to run" },
	{ WH_RUNTIME_CRUN, "{'args':[],'cwd':'/'}", NULL,
		"line 1, column 1: the process has no \"args\": there is nothing to run" },
	{ WH_RUNTIME_RUNSC, "{'args':null,'cwd':'/'}", NULL,
		"line 1, column 1: the process has no \"args\": there is nothing to run" },
	{ WH_RUNTIME_RUNC, "{'args':['sh']}", NULL,
		"line 1, column 1: the process has no \"cwd\", which every runtime requires" },
	{ WH_RUNTIME_CRUN, "{'args':['sh'],'cwd':''}", NULL,
		"line 1, column 1: the process has no \"cwd\", which every runtime requires" },
	{ WH_RUNTIME_RUNSC, "{'args':['sh'],'cwd':null}", NULL,
		"line 1, column 1: the process has no \"cwd\", which every runtime requires" },
	/* not of a process's shape: T15, T16, T27 on the way of exec */
	{ WH_RUNTIME_RUNC, "{'args':['sh'],'cwd':'/','Capabilities':{}}", NULL,
		"line 1, column 26 (/Capabilities): this key is not \"capabilities\", but some "
		"runtimes take it for that; spell it exactly" },
	{ WH_RUNTIME_RUNC, "{'args':['sh'],'cwd':'/','u\\u017fer':{}}", NULL,
		"line 1, column 26 (/u\\xc5\\xbfer): this key is not \"user\", but some runtimes "
		"take it for that; spell it exactly" },
	{ WH_RUNTIME_CRUN, "{'args':['sh'],'cwd':'/','user':{'uid':'0'}}", NULL,
		"line 1, column 40 (/user/uid): expected an integer, found a string" },
	{ WH_RUNTIME_CRUN, "{'args':['sh'],'cwd':'/','user':{'uid':4294967296}}", NULL,
		"line 1, column 40 (/user/uid): expected an integer from 0 to 4294967295 without "
		"fraction or exponent" },
	{ WH_RUNTIME_CRUN, "{'args':['sh'],'cwd':'/','noNewPrivileges':'true'}", NULL,
		"line 1, column 44 (/noNewPrivileges): expected true or false, found a string" },
	{ WH_RUNTIME_RUNSC, "['sh']", NULL,
		"line 1, column 1: expected an object (process), found an array" },
};

static void a_file_is_made_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < WH_COUNT(requests); i++) {
		const struct request *request = &requests[i];
		struct wh_json *doc = document(request->text);
		struct wh_err err = WH_ERR_INIT;
		struct container container;
		int r;

		container_init(&container, request->kind, PROCESS(USER, SETS));
		r = wh_process_complete(doc, request->kind, &container.state, &err);
		if (request->error != NULL) {
			assert_int_equal(r, -EINVAL);
			assert_string_equal(err.text, request->error);
		} else {
			if (r < 0)
				fail_msg("%s: %s", request->text, err.text);
			assert_document(doc, wh_json_root(doc), request->expected);
		}
		wh_json_free(doc);
		container_done(&container);
	}
}

/* A container that recorded no capabilities has none to hand on. */
static void no_capabilities_to_inherit(void **state)
{
	static const struct {
		enum wh_runtime_kind kind;
		const char *state, *config;
	} cases[] = {
		{ WH_RUNTIME_RUNC, "{'id':'web','config':{'labels':['bundle=/b']}}", NULL },
		{ WH_RUNTIME_RUNC,
			"{'id':'web','config':{'labels':['bundle=/b'],'capabilities':null}}",
			NULL },
		{ WH_RUNTIME_CRUN, "{'bundle':'/b'}", "{}" },
		{ WH_RUNTIME_CRUN, "{'bundle':'/b'}", "{'process':{'capabilities':null}}" },
		{ WH_RUNTIME_RUNSC, "{'id':'web','bundleDir':'/b','spec':{'process':{}}}", NULL },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		struct wh_json *state_doc = document(cases[i].state);
		struct wh_json *config = cases[i].config == NULL ? NULL : document(cases[i].config);
		struct wh_json *doc = document("{'args':['sh'],'cwd':'/'}");
		struct wh_arena arena = WH_ARENA_INIT;
		struct wh_state read;

		assert_int_equal(
			wh_state_read(&read, cases[i].kind, "web", state_doc, config, &arena, NULL),
			0);
		assert_int_equal(wh_process_complete(doc, cases[i].kind, &read, NULL), 0);
		assert_document(doc, wh_json_root(doc),
			"{'args':['sh'],'cwd':'/','capabilities':{},'user':{'uid':0,'gid':0}}");
		wh_json_free(doc);
		wh_json_free(config);
		wh_json_free(state_doc);
		wh_arena_done(&arena);
	}
}

/* ---- options ------------------------------------------------------------------------------- */

/* What is the same in every result of a runtime. */
#define RUNC(user, args, env, cwd, capabilities, nnp, label, profile, terminal) \
	"{'user':" user ",'args':[" args "],'env':['A=1','B=2'" env "],'cwd':'" cwd \
	"','capabilities':" capabilities ",'noNewPrivileges':" nnp ",'selinuxLabel':'" label \
	"','apparmorProfile':'" profile "','newField':1.50,'terminal':" terminal "}"
#define CRUN(env, cwd, user, capabilities, rest) \
	"{'env':['A=1','B=2'" env "],'cwd':'" cwd "','user':" user ",'capabilities':" capabilities \
	"," rest "}"

static const struct options {
	enum wh_runtime_kind kind;
	const char *words[14]; /* behind "exec" */
	const char *expected, *error;
} options[] = {
	/* contract: runc takes the bundle's process */
	{ WH_RUNTIME_RUNC, { "web", "sh" },
		RUNC(USER, "'sh'", "", "/work", SETS, "true", "label", "profile", "false") },
	{ WH_RUNTIME_RUNC, { "--cap", "CAP_CHOWN", "web", "sh", "-c", "id" },
		RUNC(USER, "'sh','-c','id'", "", "/work",
			"{'bounding':['CAP_KILL','CAP_CHOWN'],'effective':['CAP_KILL','CAP_CHOWN'],"
			"'permitted':['CAP_KILL','CAP_CHOWN'],'inheritable':[],'ambient':[]}",
			"true", "label", "profile", "false") },
	{ WH_RUNTIME_RUNC, { "--cap", "21", "--cap=cap_sys_admin", "web", "sh" },
		RUNC(USER, "'sh'", "", "/work",
			"{'bounding':['CAP_KILL','21','cap_sys_admin'],'effective':['CAP_KILL','21'"
			","
			"'cap_sys_admin'],'permitted':['CAP_KILL','21','cap_sys_admin'],"
			"'inheritable':[],'ambient':[]}",
			"true", "label", "profile", "false") },
	{ WH_RUNTIME_RUNC, { "--no-new-privs=false", "web", "sh" },
		RUNC(USER, "'sh'", "", "/work", SETS, "false", "label", "profile", "false") },
	{ WH_RUNTIME_RUNC, { "--no-new-privs", "-t", "web", "sh" },
		RUNC(USER, "'sh'", "", "/work", SETS, "true", "label", "profile", "true") },
	{ WH_RUNTIME_RUNC, { "--tty=false", "web", "sh" },
		RUNC(USER, "'sh'", "", "/work", SETS, "true", "label", "profile", "false") },
	{ WH_RUNTIME_RUNC,
		{ "-u", "5", "--env", "A=3", "--env", "C=a=b", "--cwd", "/x", "web", "sh" },
		RUNC("{'uid':5,'gid':1001,'additionalGids':[7],'umask':63}", "'sh'",
			",'A=3','C=a=b'", "/x", SETS, "true", "label", "profile", "false") },
	{ WH_RUNTIME_RUNC, { "--user=0:0", "-g", "8", "-g", "9", "web", "sh" },
		RUNC("{'uid':0,'gid':0,'additionalGids':[7,8,9],'umask':63}", "'sh'", "", "/work",
			SETS, "true", "label", "profile", "false") },
	{ WH_RUNTIME_RUNC, { "-u", "4294967294:4294967294", "web", "sh" },
		RUNC("{'uid':4294967294,'gid':4294967294,'additionalGids':[7],'umask':63}", "'sh'",
			"", "/work", SETS, "true", "label", "profile", "false") },
	{ WH_RUNTIME_RUNC, { "--apparmor", "a", "--process-label", "l", "web", "--cap", "x" },
		RUNC(USER, "'--cap','x'", "", "/work", SETS, "true", "l", "a", "false") },
	{ WH_RUNTIME_RUNC,
		{ "--user=", "--cwd=", "--apparmor=", "--process-label=", "-e", "", "web", "" },
		RUNC(USER, "''", ",''", "/work", SETS, "true", "label", "profile", "false") },
	{ WH_RUNTIME_RUNC, { "--ignore-paused", "--cgroup", "x", "-d", "web", "sh" },
		RUNC(USER, "'sh'", "", "/work", SETS, "true", "label", "profile", "false") },
	/* crun: a new process */
	{ WH_RUNTIME_CRUN, { "web", "sh", "-c", "id" },
		CRUN("", "/", USER, SETS, "'terminal':false,'args':['sh','-c','id']") },
	{ WH_RUNTIME_CRUN, { "-c", "CAP_CHOWN", "-cCAP_FOWNER", "web", "sh" },
		CRUN("", "/", USER,
			"{'bounding':['CAP_CHOWN','CAP_FOWNER'],'effective':['CAP_CHOWN',"
			"'CAP_FOWNER'],'permitted':['CAP_CHOWN','CAP_FOWNER'],"
			"'ambient':['CAP_CHOWN','CAP_FOWNER']}",
			"'terminal':false,'args':['sh']") },
	/* glued: the value is "=CAP_CHOWN", which is no capability */
	{ WH_RUNTIME_CRUN, { "-c=CAP_CHOWN", "web", "sh" },
		CRUN("", "/", USER,
			"{'bounding':['=CAP_CHOWN'],'effective':['=CAP_CHOWN'],"
			"'permitted':['=CAP_CHOWN'],'ambient':['=CAP_CHOWN']}",
			"'terminal':false,'args':['sh']") },
	{ WH_RUNTIME_CRUN, { "--no-new-privs", "-t", "web", "sh" },
		CRUN("", "/", USER, SETS, "'terminal':true,'noNewPrivileges':true,'args':['sh']") },
	/* a user of its own: without the container's groups and umask */
	{ WH_RUNTIME_CRUN, { "-u", "5", "-e", "C=3", "--cwd", "/x", "web", "sh" },
		CRUN(",'C=3'", "/x", "{'uid':5,'gid':0}", SETS, "'terminal':false,'args':['sh']") },
	{ WH_RUNTIME_CRUN, { "-u0:8", "web", "sh" },
		CRUN("", "/", "{'uid':0,'gid':8}", SETS, "'terminal':false,'args':['sh']") },
	{ WH_RUNTIME_CRUN, { "--apparmor", "a", "--process-label", "l", "web", "sh" },
		CRUN("", "/", USER, SETS,
			"'terminal':false,'apparmorProfile':'a','selinuxLabel':'l','args':['sh'"
			"]") },
	/* runsc: the container's process */
	{ WH_RUNTIME_RUNSC, { "web", "sh" },
		RUNC(USER, "'sh'", "", "/work", SETS, "true", "label", "profile", "false") },
	{ WH_RUNTIME_RUNSC, { "-cap", "CAP_CHOWN", "--cap=CAP_FOWNER", "web", "sh" },
		RUNC(USER, "'sh'", "", "/work",
			"{'bounding':['CAP_CHOWN','CAP_FOWNER'],'effective':['CAP_CHOWN',"
			"'CAP_FOWNER'],'permitted':['CAP_CHOWN','CAP_FOWNER'],'inheritable':["
			"'CAP_CHOWN','CAP_FOWNER'],'ambient':['CAP_CHOWN','CAP_FOWNER']}",
			"true", "label", "profile", "false") },
	{ WH_RUNTIME_RUNSC,
		{ "-user", "5:6", "-additional-gids", "8", "-env", "C=3", "-cwd", "/x", "web",
			"sh" },
		RUNC("{'uid':5,'gid':6,'additionalGids':[7,8],'umask':63}", "'sh'", ",'C=3'", "/x",
			SETS, "true", "label", "profile", "false") },
	/* a document holds text alone */
	{ WH_RUNTIME_RUNC, { "web", "a\xff" }, NULL,
		"an argument of the program is not valid UTF-8, which process.json requires" },
	{ WH_RUNTIME_CRUN, { "-e", "A=\xc3\x28", "web", "sh" }, NULL,
		"env is not valid UTF-8, which process.json requires" },
	{ WH_RUNTIME_RUNSC, { "-cap", "\xed\xa0\x80", "web", "sh" }, NULL,
		"cap is not valid UTF-8, which process.json requires" },
	{ WH_RUNTIME_CRUN, { "--cwd", "\xc0\x80", "web", "sh" }, NULL,
		"cwd is not valid UTF-8, which process.json requires" },
};

/* 0 with the document, or the error's number. */
static int build(const struct options *row, const struct container *container, struct wh_json **ret,
	struct wh_err *err)
{
	const char *words[20] = { "whittle", "exec" };
	struct wh_arena arena = WH_ARENA_INIT;
	struct wh_argv argv;
	int count = 2;
	int r;

	for (size_t i = 0; i < WH_COUNT(row->words) && row->words[i] != NULL; i++)
		words[count++] = row->words[i];
	if (wh_argv_parse(&argv, wh_grammar_of(row->kind), &arena, count,
		    (char *const *)(uintptr_t)words, err) < 0)
		fail_msg("%s", err->text);
	assert_int_equal(argv.action, WH_ACTION_EXEC);
	r = wh_process_build(
		ret, &argv, &container->state, container->base, container->base_process, err);
	wh_arena_done(&arena);
	return r;
}

static void options_are_folded(void **state)
{
	(void)state;
	for (size_t i = 0; i < WH_COUNT(options); i++) {
		struct wh_json *doc = NULL;
		struct wh_err err = WH_ERR_INIT;
		struct container container;
		int r;

		container_init(&container, options[i].kind, PROCESS(USER, SETS));
		r = build(&options[i], &container, &doc, &err);
		if (options[i].error != NULL) {
			assert_int_equal(r, -EINVAL);
			assert_string_equal(err.text, options[i].error);
			assert_null(doc);
		} else {
			if (r < 0)
				fail_msg("row %zu: %s", i, err.text);
			assert_document(doc, wh_json_root(doc), options[i].expected);
		}
		wh_json_free(doc);
		container_done(&container);
	}
}

/* --cap goes into the ambient set only where something is inheritable; what is missing is made. */
static void caps_of_odd_bundles(void **state)
{
	static const struct {
		enum wh_runtime_kind kind;
		const char *before, *after;
	} cases[] = {
		{ WH_RUNTIME_RUNC, "{'inheritable':['CAP_KILL'],'ambient':null}",
			"{'inheritable':['CAP_KILL'],'ambient':['CAP_CHOWN'],'bounding':"
			"['CAP_CHOWN'],'effective':['CAP_CHOWN'],'permitted':['CAP_CHOWN']}" },
		{ WH_RUNTIME_RUNC, "{'inheritable':[]}",
			"{'inheritable':[],'bounding':['CAP_CHOWN'],'effective':['CAP_CHOWN'],"
			"'permitted':['CAP_CHOWN']}" },
		{ WH_RUNTIME_RUNC, "{'inheritable':null}",
			"{'inheritable':null,'bounding':['CAP_CHOWN'],'effective':['CAP_CHOWN'],"
			"'permitted':['CAP_CHOWN']}" },
		/* none in the bundle: the container's own, then the option */
		{ WH_RUNTIME_RUNC, "null",
			"{'bounding':['CAP_CHOWN','CAP_CHOWN'],'effective':['CAP_CHOWN',"
			"'CAP_CHOWN'],'permitted':['CAP_CHOWN','CAP_CHOWN']}" },
		{ WH_RUNTIME_CRUN, "null",
			"{'bounding':['CAP_CHOWN'],'effective':['CAP_CHOWN'],"
			"'permitted':['CAP_CHOWN'],'ambient':['CAP_CHOWN']}" },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		const struct options row = { cases[i].kind, { "--cap", "CAP_CHOWN", "web", "sh" } };
		struct wh_json *doc = NULL;
		struct wh_err err = WH_ERR_INIT;
		struct container container;
		char process[512];

		spell(process, sizeof(process), "{'user':null,'capabilities':%s}", cases[i].before);
		container_init(&container, row.kind, process);
		assert_int_equal(build(&row, &container, &doc, &err), 0);
		assert_document(
			doc, wh_json_get(doc, wh_json_root(doc), "capabilities"), cases[i].after);
		assert_document(
			doc, wh_json_get(doc, wh_json_root(doc), "user"), "{'uid':0,'gid':0}");
		wh_json_free(doc);
		container_done(&container);
	}
}

/* Larger ones come out as 0 in runc and older crun; 4294967295 is "no change". */
static void ids_are_in_range(void **state)
{
	static const char *const bad[] = { "4294967295", "4294967296", "18446744073709551616", "-1",
		"+5", "0x0", "1e3", "1.0", "0:4294967295", "0:4294967296", "0:-1", "0:", ":0", ":",
		"5:6:7", "root", "0,0", "99999999999", "00000000001", "5 6", "5: 6" };
	static const char *const good[] = { "0", "5", "05", "4294967294", "0:0", "7:4294967294" };

	(void)state;
	for (int kind = 0; kind < WH_RUNTIME_KINDS; kind++) {
		struct container container;
		struct options row = { (enum wh_runtime_kind)kind };

		container_init(&container, row.kind, PROCESS(USER, SETS));
		row.words[1] = "web";
		row.words[2] = "sh";
		for (size_t i = 0; i < WH_COUNT(bad) + WH_COUNT(good); i++) {
			bool fits = i >= WH_COUNT(bad);
			struct wh_json *doc = NULL;
			struct wh_err err = WH_ERR_INIT;
			char word[64];
			int r;

			spell(word, sizeof(word), "--user=%s",
				fits ? good[i - WH_COUNT(bad)] : bad[i]);
			row.words[0] = word;
			r = build(&row, &container, &doc, &err);
			if (r != (fits ? 0 : -EINVAL))
				fail_msg("%s for %s: %d", word, wh_grammar_of(row.kind)->name, r);
			if (!fits)
				assert_string_equal(err.text,
					"--user takes UID or UID:GID as decimal numbers from 0 to "
					"4294967294");
			wh_json_free(doc);
		}
		container_done(&container);
	}
}

static void gids_are_in_range(void **state)
{
	static const enum wh_runtime_kind kinds[] = { WH_RUNTIME_RUNC, WH_RUNTIME_RUNSC };

	(void)state;
	for (size_t i = 0; i < WH_COUNT(kinds); i++) {
		const struct options row = { kinds[i],
			{ "--additional-gids=4294967295", "web", "sh" } };
		struct wh_json *doc = NULL;
		struct wh_err err = WH_ERR_INIT;
		struct container container;

		container_init(&container, row.kind, PROCESS(USER, SETS));
		assert_int_equal(build(&row, &container, &doc, &err), -EINVAL);
		assert_string_equal(
			err.text, "--additional-gids takes a decimal number from 0 to 4294967294");
		container_done(&container);
	}
}

/* An empty --user is no user to runc alone. */
static void empty_user(void **state)
{
	(void)state;
	for (int kind = 0; kind < WH_RUNTIME_KINDS; kind++) {
		const struct options row = { (enum wh_runtime_kind)kind,
			{ "--user=", "web", "sh" } };
		struct wh_json *doc = NULL;
		struct wh_err err = WH_ERR_INIT;
		struct container container;

		container_init(&container, row.kind, PROCESS(USER, SETS));
		assert_int_equal(
			build(&row, &container, &doc, &err), kind == WH_RUNTIME_RUNC ? 0 : -EINVAL);
		wh_json_free(doc);
		container_done(&container);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_made_whole),
		cmocka_unit_test(no_capabilities_to_inherit),
		cmocka_unit_test(options_are_folded),
		cmocka_unit_test(caps_of_odd_bundles),
		cmocka_unit_test(ids_are_in_range),
		cmocka_unit_test(gids_are_in_range),
		cmocka_unit_test(empty_user),
	};

	return cmocka_run_group_tests_name("process", tests, NULL, NULL);
}
