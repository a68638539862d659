/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command-line grammars as tables: what is accepted with its canonical form, what is refused
 * with the words of the refusal. Words are separated by "|" here. That the runtimes read the same
 * is shown by test/live/replay-argv.
 */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oci/argv.h"

#define RUNC WH_RUNTIME_RUNC
#define CRUN WH_RUNTIME_CRUN
#define RUNSC WH_RUNTIME_RUNSC

#define MOST_WORDS 64

/* "a|b||c" to {"PROGRAM", "a", "b", "", "c", NULL}; "" to the program alone. */
struct line {
	char text[4096];
	char *words[MOST_WORDS];
	int count;
};

static void split(struct line *line, const char *text)
{
	static char program[] = "whittle";
	char *rest = line->text;

	line->count = 0;
	line->words[line->count++] = program;
	assert_true(strlen(text) < sizeof(line->text));
	strcpy(line->text, text);
	while (*text != '\0' && rest != NULL) {
		assert_true(line->count < MOST_WORDS - 1);
		line->words[line->count++] = strsep(&rest, "|");
	}
	line->words[line->count] = NULL;
}

static void join(char *text, size_t size, char *const *words)
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; words[i] != NULL; i++) {
		int n = snprintf(text + used, size - used, "%s%s", i > 0 ? "|" : "", words[i]);

		assert_true(n >= 0 && (size_t)n < size - used);
		used += (size_t)n;
	}
}

static int parse(enum wh_runtime_kind kind, const char *text, struct line *line,
	struct wh_argv *ret, struct wh_arena *arena, struct wh_err *err)
{
	split(line, text);
	return wh_argv_parse(ret, wh_grammar_of(kind), arena, line->count, line->words, err);
}

/* ---- what is accepted ------------------------------------------------------------------- */

struct accepted {
	enum wh_runtime_kind kind;
	enum wh_action action;
	const char *in;
	const char *out; /* NULL: as it came */
};

#define PASS WH_ACTION_PASS
#define CREATE WH_ACTION_CREATE
#define RESTORE WH_ACTION_RESTORE
#define EXEC WH_ACTION_EXEC
#define UPDATE WH_ACTION_UPDATE

/* As engines call runtimes; see each for its form. */
#define CONTAINERD \
	"--root|/run/containerd/runc/k8s.io|--log|/b/log.json|--log-format|json|--systemd-cgroup|"
#define CONTAINERD_OUT \
	"--root=/run/containerd/runc/k8s.io|--log=/b/log.json|--log-format=json|--systemd-cgroup|"
#define DOCKER "--root|/var/run/docker/runtime-runc/moby|--log|/b/log.json|--log-format|json|"
#define DOCKER_OUT "--root=/var/run/docker/runtime-runc/moby|--log=/b/log.json|--log-format=json|"
#define PODMAN "--systemd-cgroup|--log-format=json|--log|/r/oci-log|"
#define PODMAN_OUT "--systemd-cgroup|--log-format=json|--log=/r/oci-log|"

static const struct accepted engines[] = {
	/* containerd's shim and Docker, by way of go-runc */
	{ RUNC, CREATE, CONTAINERD "create|--bundle|/b|--pid-file|/b/init.pid|ID",
		CONTAINERD_OUT "create|--bundle=/b|--pid-file=/b/init.pid|ID" },
	{ RUNC, CREATE,
		CONTAINERD "--debug|create|--bundle|/b|--pid-file|/b/init.pid|--console-socket|"
			   "/tmp/pty1/pty.sock|--no-pivot|--no-new-keyring|ID",
		CONTAINERD_OUT "--debug|create|--bundle=/b|--pid-file=/b/init.pid|--console-socket="
			       "/tmp/pty1/pty.sock|--no-pivot|--no-new-keyring|ID" },
	{ RUNC, PASS, DOCKER "start|ID", NULL },
	{ RUNC, PASS, DOCKER "kill|ID|15", NULL },
	{ RUNC, PASS, DOCKER "kill|--all|ID|9", NULL },
	{ RUNC, PASS, DOCKER "delete|ID", NULL },
	{ RUNC, PASS, DOCKER "delete|--force|ID", NULL },
	{ RUNC, EXEC,
		DOCKER "exec|--process|/tmp/runc-process1234|--console-socket|/tmp/pty2/pty.sock|"
		       "--detach|--pid-file|/b/abc.pid|ID",
		DOCKER_OUT
		"exec|--process=/tmp/runc-process1234|--console-socket=/tmp/pty2/pty.sock|"
		"--detach|--pid-file=/b/abc.pid|ID" },
	{ RUNC, EXEC, DOCKER "exec|--process|/tmp/runc-process1234|--detach|--pid-file|/b/a.pid|ID",
		DOCKER_OUT "exec|--process=/tmp/runc-process1234|--detach|--pid-file=/b/a.pid|ID" },
	{ RUNC, PASS, DOCKER "ps|--format|json|ID", NULL },
	{ RUNC, PASS, DOCKER "pause|ID", NULL },
	{ RUNC, PASS, DOCKER "resume|ID", NULL },
	{ RUNC, UPDATE, DOCKER "update|--resources|-|ID", DOCKER_OUT "update|--resources=-|ID" },
	{ RUNC, UPDATE, DOCKER "update|--resources=-|ID", DOCKER_OUT "update|--resources=-|ID" },
	{ RUNC, PASS,
		DOCKER
		"checkpoint|--image-path|/i|--work-path|/b/work/criu-work|--leave-running|ID",
		NULL },
	{ RUNC, RESTORE,
		DOCKER "restore|--image-path|/i|--work-path|/b/criu|--tcp-established|--detach|"
		       "--pid-file|/b/init.pid|-no-subreaper|--empty-ns|network|--bundle|/b|ID",
		DOCKER_OUT "restore|--image-path=/i|--work-path=/b/criu|--tcp-established|--detach|"
			   "--pid-file=/b/init.pid|--no-subreaper|--empty-ns=network|--bundle=/b|"
			   "ID" },
	{ RUNC, PASS, "features", NULL },
	{ RUNC, PASS, "--version", NULL },
	{ RUNSC, CREATE, DOCKER "create|--bundle|/b|--pid-file|/b/init.pid|ID",
		DOCKER_OUT "create|--bundle=/b|--pid-file=/b/init.pid|ID" },
	{ RUNSC, EXEC, DOCKER "exec|--process|/p|--detach|--pid-file|/b/a.pid|ID",
		DOCKER_OUT "exec|--process=/p|--detach|--pid-file=/b/a.pid|ID" },
	{ RUNSC, RESTORE,
		DOCKER
		"restore|--image-path|/i|--work-path|/w|--detach|-no-subreaper|--bundle|/b|ID",
		DOCKER_OUT "restore|--image-path=/i|--work-path=/w|--detach|--no-subreaper|"
			   "--bundle=/b|ID" },
	{ CRUN, CREATE, DOCKER "create|--bundle|/b|--pid-file|/b/init.pid|ID",
		DOCKER_OUT "create|--bundle=/b|--pid-file=/b/init.pid|ID" },
	{ CRUN, UPDATE, DOCKER "update|--resources|-|ID", DOCKER_OUT "update|--resources=-|ID" },
	/* BuildKit */
	{ RUNC, CREATE,
		"--log|/d/buildkit/executor/runc-log.json|--log-format|json|run|--bundle|"
		"/d/buildkit/executor/abc|--keep|abc",
		"--log=/d/buildkit/executor/runc-log.json|--log-format=json|run|--bundle="
		"/d/buildkit/executor/abc|--keep|abc" },
	{ RUNC, EXEC, "exec|--process|/f|--detach|ID", "exec|--process=/f|--detach|ID" },
	/* Podman by way of conmon, mixed styles */
	{ CRUN, CREATE,
		PODMAN "create|--bundle|/u|--pid-file|/u/pidfile|--preserve-fds|2|--console-socket|"
		       "/s|ID",
		PODMAN_OUT "create|--bundle=/u|--pid-file=/u/pidfile|--preserve-fds=2|"
			   "--console-socket=/s|ID" },
	{ CRUN, CREATE,
		"--cgroup-manager|disabled|create|--bundle|/u|--pid-file|/p|--no-pivot|"
		"--no-new-keyring|ID",
		"--cgroup-manager=disabled|create|--bundle=/u|--pid-file=/p|--no-pivot|"
		"--no-new-keyring|ID" },
	{ CRUN, RESTORE,
		PODMAN "restore|--bundle|/u|--pid-file|/p|--detach|--image-path|/i|--work-path|/u|"
		       "--tcp-established|--lsm-profile=selinux:system_u:object_r:x|ID",
		PODMAN_OUT
		"restore|--bundle=/u|--pid-file=/p|--detach|--image-path=/i|--work-path=/u|"
		"--tcp-established|--lsm-profile=selinux:system_u:object_r:x|ID" },
	{ CRUN, EXEC,
		PODMAN "exec|--pid-file|/p|--process|/u/x/exec-process-1|--detach|--tty|"
		       "--preserve-fds|1|--console-socket|/s|ID",
		PODMAN_OUT "exec|--pid-file=/p|--process=/u/x/exec-process-1|--detach|--tty|"
			   "--preserve-fds=1|--console-socket=/s|ID" },
	{ RUNC, EXEC, PODMAN "exec|--pid-file|/p|--process|/u/x/exec-process-1|--detach|--tty|ID",
		PODMAN_OUT "exec|--pid-file=/p|--process=/u/x/exec-process-1|--detach|--tty|ID" },
	{ CRUN, PASS, "start|ID", NULL },
	{ CRUN, PASS, "kill|--all|ID|9", NULL },
	{ CRUN, PASS, "pause|ID", NULL },
	{ CRUN, PASS, "resume|ID", NULL },
	{ CRUN, PASS, "delete|--force|ID", NULL },
	{ CRUN, PASS, "state|ID", NULL },
	{ CRUN, UPDATE, "update|--resources=/var/tmp/podman123|ID",
		"update|--resources=/var/tmp/podman123|ID" },
	{ CRUN, PASS, "checkpoint|--image-path|/i|--work-path|/w|ID", NULL },
	/* CRI-O */
	{ CRUN, CREATE, "--root=/run/crun|--systemd-cgroup|create|--bundle|/b|--pid-file|/p|ID",
		"--root=/run/crun|--systemd-cgroup|create|--bundle=/b|--pid-file=/p|ID" },
	{ RUNC, EXEC, "--root|/run/runc|--systemd-cgroup|exec|--process|/f|ID",
		"--root=/run/runc|--systemd-cgroup|exec|--process=/f|ID" },
	{ RUNC, PASS, "--root|/run/runc|state|ID", NULL },
	{ RUNC, PASS, "--root|/run/runc|kill|-a|ID|9", NULL },
	{ RUNC, UPDATE, "--root|/run/runc|update|--resources|-|ID",
		"--root=/run/runc|update|--resources=-|ID" },
	{ RUNC, PASS, "--root|/r|checkpoint|--file-locks|--image-path|/i|ID", NULL },
};

static const struct accepted forms[] = {
	/* runc: every spelling of an option is its long name */
	{ RUNC, CREATE, "run|-b|A|c1", "run|--bundle=A|c1" },
	{ RUNC, CREATE, "run|-b=A|c1", "run|--bundle=A|c1" },
	{ RUNC, CREATE, "run|--b|A|c1", "run|--bundle=A|c1" },
	{ RUNC, CREATE, "run|--b=A|c1", "run|--bundle=A|c1" },
	{ RUNC, CREATE, "run|-bundle|A|c1", "run|--bundle=A|c1" },
	{ RUNC, CREATE, "run|-bundle=A|c1", "run|--bundle=A|c1" },
	{ RUNC, CREATE, "run|--bundle=A=B|c1", "run|--bundle=A=B|c1" },
	{ RUNC, CREATE, "run|c1", "run|c1" },
	{ RUNC, CREATE, "-root=R|--debug|run|c1", "--root=R|--debug|run|c1" },
	{ RUNC, CREATE, "--root|R|--|run|c1", "--root=R|run|c1" },
	/* runc: options behind the id move to the front */
	{ RUNC, CREATE, "run|c1|-b|A", "run|--bundle=A|c1" },
	{ RUNC, CREATE, "run|c1|--keep", "run|--keep|c1" },
	{ RUNC, CREATE, "run|--keep=true|c1|-b|A", "run|--keep|--bundle=A|c1" },
	{ RUNC, CREATE, "run|-b|A|--keep|--pid-file=p|c1|--no-pivot",
		"run|--bundle=A|--keep|--pid-file=p|--no-pivot|c1" },
	{ RUNC, CREATE, "run|-b|A|--|c1", "run|--bundle=A|c1" },
	{ RUNC, CREATE, "run|--|c1", "run|c1" },
	/* a value is the next word, whatever it is */
	{ RUNC, CREATE, "run|--pid-file|--bundle|c1", "run|--pid-file=--bundle|c1" },
	{ RUNC, CREATE, "run|--pid-file|--|c1", "run|--pid-file=--|c1" },
	{ RUNC, CREATE, "run|--pid-file|-h|c1", "run|--pid-file=-h|c1" },
	{ RUNC, CREATE, "--log|exec|run|c1", "--log=exec|run|c1" },
	{ RUNC, CREATE, "--log|--root|run|c1", "--log=--root|run|c1" },
	{ CRUN, CREATE, "--log|exec|run|c1", "--log=exec|run|c1" },
	{ CRUN, CREATE, "run|--pid-file|--|c1", "run|--pid-file=--|c1" },
	{ RUNSC, CREATE, "--log|exec|run|c1", "--log=exec|run|c1" },
	/* an empty value of what is no path to read */
	{ RUNC, CREATE, "run|--pid-file=|c1", "run|--pid-file=|c1" },
	{ RUNC, CREATE, "--log||run|c1", "--log=|run|c1" },
	/* booleans and numbers of Go */
	{ RUNC, CREATE, "run|--keep=T|--no-pivot=0|c1", "run|--keep|c1" },
	{ RUNC, CREATE, "run|--keep|--keep=false|c1", "run|c1" },
	{ RUNC, CREATE, "run|--keep=false|--keep|c1", "run|--keep|c1" },
	{ RUNC, CREATE, "run|--preserve-fds|0x10|c1", "run|--preserve-fds=16|c1" },
	{ RUNC, CREATE, "run|--preserve-fds=0_0|c1", "run|--preserve-fds=0|c1" },
	{ RUNC, CREATE, "run|--preserve-fds=010|c1", "run|--preserve-fds=8|c1" },
	{ RUNC, CREATE, "run|--preserve-fds=0o17|c1", "run|--preserve-fds=15|c1" },
	{ RUNC, CREATE, "run|--preserve-fds=0B1_1|c1", "run|--preserve-fds=3|c1" },
	{ RUNC, CREATE, "run|--preserve-fds=+1_000|c1", "run|--preserve-fds=1000|c1" },
	{ RUNC, CREATE, "run|--preserve-fds=0x_f|c1", "run|--preserve-fds=15|c1" },
	{ RUNC, CREATE, "run|--preserve-fds=4294967295|c1", "run|--preserve-fds=4294967295|c1" },
	{ CRUN, CREATE, "run|--preserve-fds=3|c1", "run|--preserve-fds=3|c1" },
	{ RUNSC, EXEC, "exec|--additional-gids|7|c1|sh", "exec|--additional-gids=7|c1|sh" },
	/* the last of several counts, and stands where it stood */
	{ RUNC, CREATE, "--log|a|--debug|--log|b|run|c1", "--debug|--log=b|run|c1" },
	{ CRUN, CREATE,
		"--cgroup-manager=disabled|--systemd-cgroup|--cgroup-manager=cgroupfs|run|c1",
		"--systemd-cgroup|--cgroup-manager=cgroupfs|run|c1" },
	{ RUNC, EXEC, "exec|--cwd|/a|--cwd|/b|c1|sh", "exec|--cwd=/b|--|c1|sh" },
	/* runc's exec: no reordering, everything behind the id belongs to the program */
	{ RUNC, EXEC, "exec|c1|--cap|X", "exec|--|c1|--cap|X" },
	{ RUNC, EXEC, "exec|c1|--|cmd", "exec|--|c1|--|cmd" },
	{ RUNC, EXEC, "exec|c1||-p|B", "exec|--|c1||-p|B" },
	{ RUNC, EXEC, "exec|--|c1|-p|B", "exec|--|c1|-p|B" },
	{ RUNC, EXEC, "exec|-p|A|c1||-p|B", "exec|--process=A|--|c1||-p|B" },
	{ RUNC, EXEC, "exec|-e|A=1 |-e| |-e||--cwd|/a |-t|c1|sh",
		"exec|--env=A=1 |--env= |--env=|--cwd=/a |--tty|--|c1|sh" },
	{ RUNC, EXEC, "exec|-c|CAP_KILL|-c=CAP_CHOWN|-g|16|-g|5|-u|1:2|c1|sh",
		"exec|--cap=CAP_KILL|--cap=CAP_CHOWN|--additional-gids=16|--additional-gids=5|"
		"--user=1:2|--|c1|sh" },
	{ RUNC, EXEC, "exec|--no-new-privs=false|--tty=false|c1|sh",
		"exec|--no-new-privs=false|--|c1|sh" },
	{ RUNC, EXEC, "exec|--no-new-privs|--cgroup|a|--cgroup|b:c|--ignore-paused|c1|sh",
		"exec|--no-new-privs|--cgroup=a|--cgroup=b:c|--ignore-paused|--|c1|sh" },
	{ RUNC, UPDATE, "update|--resources|-|c1", "update|--resources=-|c1" },
	{ RUNC, UPDATE, "update|c1|--memory|1|--pids-limit|-1",
		"update|--memory=1|--pids-limit=-1|c1" },
	{ RUNC, UPDATE, "update|--cpu-share=1|-r|-|c1", "update|--cpu-share=1|--resources=-|c1" },
	/* crun: argp in order */
	{ CRUN, CREATE, "run|-bA|c1", "run|--bundle=A|c1" },
	{ CRUN, CREATE, "run|-b|A|c1", "run|--bundle=A|c1" },
	{ CRUN, CREATE, "run|-b=A|c1", "run|--bundle==A|c1" },
	{ CRUN, CREATE, "run|--bundle=A|c1", "run|--bundle=A|c1" },
	{ CRUN, CREATE, "run|--bundle|A|c1", "run|--bundle=A|c1" },
	{ CRUN, CREATE, "run|-db|A|c1", "run|--detach|--bundle=A|c1" },
	{ CRUN, CREATE, "run|-dbA|c1", "run|--detach|--bundle=A|c1" },
	{ CRUN, CREATE, "run|-bundle|c1", "run|--bundle=undle|c1" },
	{ CRUN, CREATE, "run|--|c1", "run|c1" },
	{ CRUN, CREATE, "--|run|--|c1", "run|c1" },
	{ CRUN, CREATE, "run|-ddd|c1", "run|--detach|c1" },
	{ CRUN, EXEC, "exec|-t|c1|sh", "exec|--tty|c1|sh" },
	{ CRUN, EXEC, "exec|-tfalse|c1|sh", "exec|c1|sh" },
	{ CRUN, EXEC, "exec|--tty=no|c1|sh", "exec|c1|sh" },
	{ CRUN, EXEC, "exec|-tyes|c1|sh", "exec|--tty|c1|sh" },
	{ CRUN, EXEC, "exec|--tty=|c1|sh", "exec|--tty|c1|sh" },
	{ CRUN, EXEC, "exec|-td|c1|sh", "exec|--tty|c1|sh" },
	{ CRUN, EXEC, "exec|-dt|c1|sh", "exec|--detach|--tty|c1|sh" },
	{ CRUN, EXEC, "exec|-cCAP_KILL|-c=CAP_KILL|c1|sh",
		"exec|--cap=CAP_KILL|--cap==CAP_KILL|c1|sh" },
	{ CRUN, EXEC, "exec|-eA=1|-e|B=2 |c1|--|sh", "exec|--env=A=1|--env=B=2 |c1|--|sh" },
	{ CRUN, EXEC, "exec|--|c1|--|sh", "exec|c1|--|sh" },
	{ CRUN, EXEC, "exec|-p|f|c1|dropped", "exec|--process=f|c1|dropped" },
	{ CRUN, UPDATE, "update|-r-|c1", "update|--resources=-|c1" },
	/* runsc: Go's flag package, booleans that may be true unless set */
	{ RUNSC, CREATE, "--network=host|-platform|kvm|-gso=false|run|-bundle|A|c1",
		"--network=host|--platform=kvm|--gso=false|run|--bundle=A|c1" },
	{ RUNSC, CREATE, "--debug-log-fd|-1|run|--detach|c1", "--debug-log-fd=-1|run|--detach|c1" },
	{ RUNSC, EXEC, "exec|--cap|CAP_KILL|--env|A=1|c1|--|sh",
		"exec|--cap=CAP_KILL|--env=A=1|c1|--|sh" },
	{ RUNSC, PASS, "--debug|--network|none|wait|c1", NULL },
	{ RUNSC, PASS, "flags", NULL },
	/* passed on: nothing is read behind the command */
	{ RUNC, PASS, "", NULL },
	{ RUNC, PASS, "--root|R", NULL },
	{ RUNC, PASS, "--root|R|--version", NULL },
	{ RUNC, PASS, "-v", NULL },
	{ RUNC, PASS, "-h", NULL },
	{ RUNC, PASS, "help", NULL },
	{ RUNC, PASS, "h|run", NULL },
	{ RUNC, PASS, "--help", NULL },
	{ CRUN, PASS, "-V", NULL },
	{ CRUN, PASS, "-v", NULL },
	{ CRUN, PASS, "-?", NULL },
	{ CRUN, PASS, "--usage", NULL },
	{ CRUN, PASS, "run|-?", NULL },
	{ CRUN, PASS, "run|--usage", NULL },
	{ RUNSC, PASS, "--version", NULL },
	{ RUNSC, PASS, "-help", NULL },
	{ RUNC, PASS, "run|--help", NULL },
	{ RUNC, PASS, "exec|-h", NULL },
	{ RUNC, PASS, "--root|R|update|-help", NULL },
	{ RUNC, PASS, "state|--bogus| |", NULL },
	{ RUNC, PASS, "spec|-b|A|--rootless", NULL },
	{ RUNC, PASS, "--root|../r|state|c1", NULL },
	{ RUNC, PASS, "--root|../r|exec|-h", NULL },
	{ RUNC, CREATE, "--root|/..r/r../...|run|-b|../b|c1",
		"--root=/..r/r../...|run|--bundle=../b|c1" },
	{ CRUN, CREATE, "--root|../r|run|-b|../b|c1", "--root=../r|run|--bundle=../b|c1" },
	{ RUNC, PASS, "events|--stats|c1", NULL },
};

static void check_accepted(const struct accepted *row)
{
	struct wh_arena arena = WH_ARENA_INIT;
	struct wh_err err = WH_ERR_INIT;
	struct wh_argv argv;
	struct line line;
	char out[4096];
	char **words;
	int r = parse(row->kind, row->in, &line, &argv, &arena, &err);

	if (r != 0)
		fail_msg("%s %s: %s", argv.grammar->name, row->in, err.text);
	assert_int_equal(err.number, 0);
	if (argv.action != row->action)
		fail_msg("%s %s: action %d", argv.grammar->name, row->in, (int)argv.action);
	words = wh_argv_write(&argv, "/real", NULL, &arena);
	assert_non_null(words);
	assert_string_equal(words[0], "/real");
	join(out, sizeof(out), words + 1);
	assert_string_equal(out, row->out != NULL ? row->out : row->in);
	wh_arena_done(&arena);
}

static void test_engines(void **state)
{
	(void)state;
	for (size_t i = 0; i < WH_COUNT(engines); i++)
		check_accepted(&engines[i]);
}

static void test_forms(void **state)
{
	(void)state;
	for (size_t i = 0; i < WH_COUNT(forms); i++)
		check_accepted(&forms[i]);
}

/* The canonical form of everything above is accepted and is its own canonical form. */
static void check_fixed_point(const struct accepted *row)
{
	struct accepted again = *row;

	again.in = row->out;
	if (row->out != NULL)
		check_accepted(&again);
}

static void test_fixed_point(void **state)
{
	(void)state;
	for (size_t i = 0; i < WH_COUNT(engines); i++)
		check_fixed_point(&engines[i]);
	for (size_t i = 0; i < WH_COUNT(forms); i++)
		check_fixed_point(&forms[i]);
}

/* ---- what is refused -------------------------------------------------------------------- */

static const struct {
	enum wh_runtime_kind kind;
	const char *in;
	const char *why; /* how the refusal begins, or with "~" what it has in it */
} refused[] = {
	/* unknown options */
	{ RUNC, "run|--bogus=secret|c1",
		"option \"--bogus\" is not one that \"runc run\" is known to have; see \"runc run "
		"--help\"" },
	{ RUNC, "--bogus|run|c1", "option \"--bogus\" is not one that \"runc\" is known" },
	{ RUNC, "run|-bA|c1", "option \"-bA\" is not one" },
	{ RUNC, "run|-db|A|c1", "option \"-db\" is not one" },
	{ RUNC, "run|---bundle|A|c1", "option \"---bundle\" is not one" },
	{ RUNC, "run|---bundle=A|c1", "option \"---bundle\" is not one" },
	{ RUNC, "run|--=A|c1", "option \"--\" is not one" },
	{ RUNC, "run|--bundl|A|c1", "option \"--bundl\" is not one" },
	{ RUNC, "run|--Bundle|A|c1", "option \"--Bundle\" is not one" },
	{ RUNC, "run|--keep |c1", "option \"--keep \" is not one" },
	{ RUNC, "run|--root|R|c1", "option \"--root\" is not one" },
	{ RUNC, "create|--detach|c1", "option \"--detach\" is not one" },
	{ RUNC, "exec|-it|c1|sh", "option \"-it\" is not one" },
	{ CRUN, "run|--bogus|c1", "option \"--bogus\" is not one that \"crun run\"" },
	{ CRUN, "run|-zSECRET|c1", "option \"-z\" is not one" },
	{ CRUN, "run|-dz|c1", "option \"-z\" is not one" },
	{ CRUN, "run|--=A|c1", "option \"--\" is not one" },
	{ CRUN, "exec|-g|5|c1|sh", "option \"-g\" is not one" },
	{ CRUN, "exec|--ignore-paused|c1|sh", "option \"--ignore-paused\" is not one" },
	{ CRUN, "-h", "option \"-h\" is not one" },
	{ CRUN, "run|-|A|c1", "~\"-\" cannot be the container id of \"crun run\"" },
	{ RUNSC, "run|-b|A|c1", "option \"-b\" is not one that \"runsc run\"" },
	{ RUNSC, "--bogus|run|c1", "option \"--bogus\" is not one" },
	/* abbreviations */
	{ CRUN, "run|--bun|A|c1",
		"option \"--bun\" of \"crun run\" is an abbreviation, as of \"--bundle\"; write "
		"the "
		"name in full" },
	{ CRUN, "run|--conf|F|c1", "~an abbreviation, as of \"--config\"" },
	{ CRUN, "run|--bun=secret|c1", "option \"--bun\" of" },
	{ CRUN, "--roo|R|run|c1", "option \"--roo\" of \"crun\" is an abbreviation" },
	{ CRUN, "exec|--ca|X|c1|sh", "~as of \"--cap\"" },
	{ CRUN, "--vers", "~as of \"--version\"" },
	{ CRUN, "--hel", "~as of \"--help\"" },
	/* refused options */
	{ RUNC, "--criu|/x|run|c1",
		"option \"--criu\" of \"runc\" is refused: it names a program" },
	{ RUNC, "-criu=/x|state|c1", "option \"-criu\" of \"runc\" is refused" },
	{ CRUN, "run|--config|F|c1",
		"option \"--config\" of \"crun run\" is refused: it makes crun read another file" },
	{ CRUN, "run|--config=F|c1", "option \"--config\" of \"crun run\" is refused" },
	{ CRUN, "create|-f|F|c1", "option \"-f\" of \"crun create\" is refused" },
	{ CRUN, "run|-fF|c1", "option \"-f\" of" },
	{ CRUN, "run|-dfF|c1", "option \"-f\" of" },
	{ CRUN, "--rootless|R|run|c1", "option \"--rootless\" of \"crun\" is refused" },
	{ CRUN, "--HANG=1|run|c1", "option \"--HANG\" of \"crun\" is refused" },
	{ CRUN, "run|--HANG|c1", "option \"--HANG\" of \"crun run\" is refused" },
	{ CRUN, "--program-name=x|run|c1", "option \"--program-name\" of" },
	{ RUNSC, "--gvisor-gro|run|c1", "option \"--gvisor-gro\" of \"runsc\" is refused" },
	/* repeated and mixed names */
	{ RUNC, "run|--bundle|A|--bundle|B|c1",
		"option \"--bundle\" of \"runc run\" is given twice; name one path only" },
	{ RUNC, "run|--bundle|A|-bundle|A|c1",
		"option \"-bundle\" of \"runc run\" is given twice" },
	{ RUNC, "run|--bundle|A|-b|B|c1",
		"option \"-b\" of \"runc run\" and another name of \"--bundle\" are given "
		"together" },
	{ RUNC, "run|-b|A|c1|--bundle=B", "option \"--bundle\" of \"runc run\" and another name" },
	{ RUNC, "run|-d|--detach|c1", "option \"--detach\" of" },
	{ RUNC, "exec|-e|A=1|--env|B=1|c1|sh", "option \"--env\" of" },
	{ RUNC, "exec|-p|A|-p=B|c1", "option \"-p\" of \"runc exec\" is given twice" },
	{ RUNC, "--root|A|--root|B|run|c1", "option \"--root\" of \"runc\" is given twice" },
	{ RUNC, "update|-r|A|-r|B|c1", "option \"-r\" of \"runc update\" is given twice" },
	{ RUNC, "restore|--image-path|A|--image-path|B|c1", "option \"--image-path\" of" },
	{ CRUN, "run|-bA|-bB|c1", "option \"-b\" of \"crun run\" is given twice" },
	{ CRUN, "run|-bA|--bundle=A|c1", "option \"--bundle\" of \"crun run\" and another name" },
	{ CRUN, "exec|-p|A|--process=B|c1", "option \"--process\" of" },
	{ RUNSC, "run|-bundle|A|--bundle|B|c1", "option \"--bundle\" of \"runsc run\" is given" },
	/* empty, blank, missing and malformed values */
	{ RUNC, "run|--bundle=|c1",
		"option \"--bundle\" of \"runc run\" has an empty value; name a path or leave it" },
	{ RUNC, "run|-b||c1", "option \"-b\" of \"runc run\" has an empty value" },
	{ RUNC, "exec|--process=|c1|sh", "option \"--process\" of \"runc exec\" has an empty" },
	{ CRUN, "run|--bundle=|c1", "option \"--bundle\" of \"crun run\" has an empty value" },
	{ RUNC, "run|--bundle=A |c1",
		"the value of option \"--bundle\" of \"runc run\" begins or ends with a blank" },
	{ RUNC, "run|--pid-file| p|c1", "the value of option \"--pid-file\"" },
	{ RUNC, "--log|x\xc2\xa0|state|c1", "the value of option \"--log\" of \"runc\"" },
	{ RUNC, "--log|x\xe2\x80\x83|state|c1", "the value of option \"--log\" of \"runc\"" },
	{ RUNC, "--log|\xe3\x80\x80x|state|c1", "the value of option \"--log\" of \"runc\"" },
	/* Go works ".." out by the text */
	{ RUNC, "--root|../r|run|c1",
		"the value of option \"--root\" of \"runc\" has \"..\" in it, which runc works" },
	{ RUNC, "--root|/a/../r|exec|c1|sh", "the value of option \"--root\" of \"runc\" has" },
	{ RUNC, "--root=/r//..|create|c1", "the value of option \"--root\" of \"runc\" has" },
	{ RUNC, "--root=..|update|c1", "the value of option \"--root\" of \"runc\" has" },
	{ RUNSC, "-root|/a/../r|run|c1", "the value of option \"--root\" of \"runsc\" has" },
	{ RUNC, "run|--bundle", "option \"--bundle\" of \"runc run\" needs a value" },
	{ RUNC, "run|-d|--bundle", "option \"--bundle\" of \"runc run\" needs a value" },
	{ RUNC, "--root", "option \"--root\" of \"runc\" needs a value" },
	{ CRUN, "run|-b", "option \"-b\" of \"crun run\" needs a value" },
	{ CRUN, "run|--bundle", "option \"--bundle\" of \"crun run\" needs a value" },
	{ RUNC, "run|--keep=|c1",
		"option \"--keep\" of \"runc run\" takes no value but \"true\" or \"false\"" },
	{ RUNC, "run|--keep=no|c1", "option \"--keep\" of" },
	{ RUNC, "run|--keep=tRUE|c1", "option \"--keep\" of" },
	{ CRUN, "run|--detach=true|c1", "option \"--detach\" of \"crun run\" takes no value" },
	{ CRUN, "run|--detach=|c1", "option \"--detach\" of \"crun run\" takes no value" },
	{ RUNC, "run|--preserve-fds|-1|c1",
		"option \"--preserve-fds\" of \"runc run\" needs a whole number from 0 to" },
	{ RUNC, "run|--preserve-fds=|c1", "option \"--preserve-fds\" of" },
	{ RUNC, "run|--preserve-fds=1_|c1", "option \"--preserve-fds\" of" },
	{ RUNC, "run|--preserve-fds=_1|c1", "option \"--preserve-fds\" of" },
	{ RUNC, "run|--preserve-fds=1__0|c1", "option \"--preserve-fds\" of" },
	{ RUNC, "run|--preserve-fds=08|c1", "option \"--preserve-fds\" of" },
	{ RUNC, "run|--preserve-fds=0x|c1", "option \"--preserve-fds\" of" },
	{ RUNC, "run|--preserve-fds=0xg|c1", "option \"--preserve-fds\" of" },
	{ RUNC, "run|--preserve-fds= 1|c1", "option \"--preserve-fds\" of" },
	{ RUNC, "run|--preserve-fds=4294967296|c1", "option \"--preserve-fds\" of" },
	{ RUNC, "run|--preserve-fds=99999999999999999999999|c1", "option \"--preserve-fds\" of" },
	{ CRUN, "run|--preserve-fds=0x1|c1", "option \"--preserve-fds\" of \"crun run\"" },
	{ CRUN, "run|--preserve-fds=010|c1", "option \"--preserve-fds\" of" },
	{ CRUN, "run|--preserve-fds=1_0|c1", "option \"--preserve-fds\" of" },
	{ CRUN, "run|--preserve-fds=+1|c1", "option \"--preserve-fds\" of" },
	{ RUNC, "exec|-g|0x10|c1|sh", "option \"-g\" of \"runc exec\" needs a whole number" },
	{ RUNC, "exec|-g|010|c1|sh", "option \"-g\" of \"runc exec\" needs a whole number" },
	{ RUNSC, "exec|--additional-gids|010|c1|sh", "option \"--additional-gids\" of" },
	/* words that runc 1.1 and later releases put into a different order */
	{ RUNC, "run|c1|--",
		"\"--\" is read differently by different versions of \"runc run\"; put the options "
		"first and the container id last" },
	{ RUNC, "update|c1|--resources|-", "\"-\" is read differently" },
	{ RUNC, "run|c1|-b|--", "\"--\" is read differently" },
	{ RUNC, "run|c1|--pid-file|--|-b|A", "\"--\" is read differently" },
	{ RUNC, "run|c1|---keep", "option \"---keep\" is not one" },
	/* a boolean takes the next word along when moved */
	{ RUNC, "run|--no-new-keyring|c1|-b|A",
		"\"-b\" is a word too many: \"runc run\" takes its" },
	{ RUNC, "run|c1|--keep|x", "\"c1\" is a word too many" },
	/* positionals */
	{ RUNC, "run", "\"runc run\" needs a container id" },
	{ RUNC, "run|-b|A", "\"runc run\" needs a container id" },
	{ RUNC, "run|c1|-b", "\"runc run\" needs a container id" },
	{ RUNC, "run|--|-b", "\"-b\" cannot be the container id" },
	{ RUNC, "run|c1|c2", "\"c2\" is a word too many: \"runc run\" takes its options and then" },
	{ RUNC, "run|c1| --bundle=A", "\" --bundle\" is a word too many" },
	{ RUNC, "run| --bundle=A|c1",
		"\" --bundle\" begins or ends with a blank where \"runc run\" expects a "
		"container" },
	{ RUNC, "run|c1|", "\"\" is a word too many" },
	{ RUNC, "run||", "an empty word stands where \"runc run\" expects a container id" },
	{ RUNC, "run| c1", "\" c1\" begins or ends with a blank where \"runc run\"" },
	{ RUNC, "run|c1\n", "\"c1\\x0a\" begins or ends" },
	{ RUNC, "run|c1\xe2\x80\xa8", "~begins or ends with a blank" },
	{ RUNC, "run|c/1",
		"\"c/1\" cannot be the container id of \"runc run\": an id is 1 to 1024" },
	{ RUNC, "run|c\033[1m", "\"c\\x1b[1m\" cannot be the container id" },
	{ RUNC, "run|c\xc3\xa9", "~cannot be the container id" },
	{ RUNC, "run|.", "\".\" cannot be the container id" },
	{ RUNC, "run|..", "\"..\" cannot be the container id" },
	{ RUNC, "run|.a", "\".a\" cannot be the container id" },
	{ RUNC, "run|-", "\"-\" cannot be the container id" },
	{ RUNC, "run|-b|A|-|c1", "\"-\" cannot be the container id" },
	{ RUNC, "run|--|-1c", "\"-1c\" cannot be the container id" },
	{ RUNC, "run|-1c", "option \"-1c\" is not one" },
	{ RUNC, "run|help", "\"help\" cannot be the container id of \"runc run\": some versions" },
	{ RUNC, "exec|h|sh", "\"h\" cannot be the container id of \"runc exec\"" },
	{ CRUN, "run|c1|-b|A", "\"-b\" is a word too many: \"crun run\"" },
	{ CRUN, "run|c1|--", "\"--\" is a word too many" },
	{ CRUN, "run|a b", "\"a b\" cannot be the container id" },
	{ CRUN, "restore|c1|c2", "\"c2\" is a word too many" },
	{ RUNSC, "run|c1|-bundle|A", "\"-bundle\" is a word too many: \"runsc run\"" },
	{ RUNSC, "run|..", "\"..\" cannot be the container id" },
	/* exec */
	{ RUNC, "exec|c1",
		"\"runc exec\" needs a program behind the container id, or \"--process\"" },
	{ CRUN, "exec|c1", "\"crun exec\" needs a program" },
	{ RUNSC, "exec|c1", "\"runsc exec\" needs a program" },
	{ RUNSC, "exec|--process|p|c1|sh", "\"sh\" is a word too many: \"runsc exec --process\"" },
	{ RUNC, "exec|-p|f|--cap|CAP_KILL|c1",
		"option \"--cap\" of \"runc exec\" has no effect beside \"--process\"; say it in "
		"the "
		"process file" },
	{ RUNC, "exec|-p|f|--no-new-privs=false|c1", "option \"--no-new-privs\" of" },
	{ RUNC, "exec|-p|f|-u|0|c1", "option \"--user\" of" },
	{ RUNC, "exec|-p|f|-g|0|c1", "option \"--additional-gids\" of" },
	{ RUNC, "exec|-p|f|-e|A=1|c1", "option \"--env\" of" },
	{ RUNC, "exec|-p|f|--cwd|/|c1", "option \"--cwd\" of" },
	{ RUNC, "exec|-p|f|--apparmor|x|c1", "option \"--apparmor\" of" },
	{ CRUN, "exec|-pf|--process-label=x|c1", "option \"--process-label\" of" },
	{ RUNSC, "exec|-process|f|-user|0|c1", "option \"--user\" of" },
	/* commands */
	{ RUNC, "init", "command \"init\" of \"runc\" is refused: runc runs it on its own" },
	{ RUNC, "--root|R|init|x", "command \"init\" of \"runc\" is refused" },
	{ RUNC, "bogus|x", "\"bogus\" is not a command that \"runc\" is known to have" },
	{ RUNC, "Run|c1", "\"Run\" is not a command" },
	{ RUNC, "|", "an empty word stands where \"runc\" expects a command" },
	{ RUNC, " run|c1",
		"\" run\" begins or ends with a blank where \"runc\" expects a command" },
	{ RUNC, "-|run|c1", "\"-\" is not a command" },
	{ RUNC, "--debug|false|run|c1", "\"false\" is not a command" },
	{ CRUN, "--|--debug|run|c1", "\"--debug\" is not a command" },
	{ CRUN, "mounts|add|c1", "command \"mounts\" of \"crun\" is refused: it mounts" },
	{ CRUN, "init", "\"init\" is not a command" },
	{ CRUN, "help", "\"help\" is not a command" },
	{ RUNSC, "do|sh", "command \"do\" of \"runsc\" is refused: it runs a program" },
	{ RUNSC, "--debug|boot|x", "command \"boot\" of \"runsc\" is refused" },
	{ RUNSC, "gofer", "command \"gofer\" of \"runsc\" is refused" },
	{ RUNSC, "install", "command \"install\" of \"runsc\" is refused" },
	{ RUNSC, "uninstall", "command \"uninstall\" of" },
	{ RUNSC, "trace|create", "command \"trace\" of" },
	{ RUNSC, "debug|c1", "command \"debug\" of" },
	/* --help and --version stand alone */
	{ RUNC, "--version|run|c1",
		"option \"--version\" of \"runc\" must be the last word and have no value" },
	{ RUNC, "--version=false|run|c1", "option \"--version\" of \"runc\" must be the last" },
	{ RUNC, "--version=true", "option \"--version\" of \"runc\" must be the last" },
	{ RUNC, "--help|run|c1", "option \"--help\" of \"runc\" must be" },
	{ RUNC, "-h=false|run|c1", "option \"-h\" of" },
	{ RUNC, "run|--help|c1", "option \"--help\" of \"runc run\" must be the last word" },
	{ RUNC, "run|c1|--help", "option \"--help\" of \"runc run\" must be the last word" },
	{ RUNC, "run|--help=false|c1", "option \"--help\" of \"runc run\" must be" },
	{ RUNC, "run|-b|A|--help",
		"the help option of \"runc run\" must be the only word behind it" },
	{ CRUN, "-v|run|c1", "option \"-v\" of \"crun\" must be the last word" },
	{ CRUN, "-vV", "option \"-v\" of \"crun\" must be" },
	{ CRUN, "--usage|run", "option \"--usage\" of \"crun\" must be" },
	{ CRUN, "run|-d?", "the help option of" },
	{ RUNSC, "--version|run|c1", "option \"--version\" of \"runsc\"" },
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < WH_COUNT(refused); i++) {
		const char *why = refused[i].why;
		struct wh_arena arena = WH_ARENA_INIT;
		struct wh_err err = WH_ERR_INIT;
		struct wh_argv argv;
		struct line line;
		bool found;

		if (parse(refused[i].kind, refused[i].in, &line, &argv, &arena, &err) != -EINVAL)
			fail_msg("%s is not refused", refused[i].in);
		assert_int_equal(err.number, EINVAL);
		assert_int_equal(argv.action, WH_ACTION_REFUSE);
		found = *why == '~' ? strstr(err.text, why + 1) != NULL
				    : strncmp(err.text, why, strlen(why)) == 0;
		if (!found)
			fail_msg("%s: %s", refused[i].in, err.text);
		assert_null(strstr(err.text, "secret"));
		assert_null(strstr(err.text, "SECRET"));
		wh_arena_done(&arena);
	}
}

static int parse_words(enum wh_runtime_kind kind, int count, char *const *words,
	struct wh_argv *ret, struct wh_arena *arena, struct wh_err *err)
{
	return wh_argv_parse(ret, wh_grammar_of(kind), arena, count, words, err);
}

static void test_no_words(void **state)
{
	struct wh_arena arena = WH_ARENA_INIT;
	struct wh_err err = WH_ERR_INIT;
	struct wh_argv argv;
	char *none[] = { NULL };

	(void)state;
	assert_int_equal(parse_words(RUNC, 0, none, &argv, &arena, &err), -EINVAL);
	assert_string_equal(
		err.text, "the command line is empty; not even the program's name is there");
	assert_int_equal(argv.action, WH_ACTION_REFUSE);
	assert_null(wh_argv_value(&argv, WH_ROLE_LOG));
	wh_arena_done(&arena);
}

/* An id of 1024 characters is the longest. */
static void test_id_length(void **state)
{
	struct wh_arena arena = WH_ARENA_INIT;
	struct wh_err err = WH_ERR_INIT;
	char program[] = "p", command[] = "run", id[1026];
	char *words[] = { program, command, id, NULL };
	struct wh_argv argv;

	(void)state;
	memset(id, 'a', sizeof(id));
	id[1024] = '\0';
	assert_int_equal(parse_words(RUNC, 3, words, &argv, &arena, &err), 0);
	assert_string_equal(argv.id, id);
	id[1024] = 'a';
	id[1025] = '\0';
	assert_int_equal(parse_words(RUNC, 3, words, &argv, &arena, &err), -EINVAL);
	/* No endless word in a message. */
	assert_true(strlen(err.text) < 300);
	wh_arena_done(&arena);
}

/* The log is known although the rest is refused. */
static void test_log_of_refusal(void **state)
{
	static const char *const lines[] = {
		"--log|L|--log-format=json|run|--bogus|c1",
		"--log|L|--log-format=json|bogus",
		"--log|L|--log-format=json|--bogus",
		"--log|x|--log=L|--log-format|json|run|--pid-file|x|-b|A|-b|B|c1",
		"--log=L|--log-format=json|exec|c1",
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(lines); i++) {
		struct wh_arena arena = WH_ARENA_INIT;
		struct wh_err err = WH_ERR_INIT;
		struct wh_argv argv;
		struct line line;

		assert_int_equal(parse(RUNC, lines[i], &line, &argv, &arena, &err), -EINVAL);
		assert_string_equal(wh_argv_value(&argv, WH_ROLE_LOG), "L");
		assert_string_equal(wh_argv_value(&argv, WH_ROLE_LOG_FORMAT), "json");
		assert_int_equal(argv.flag_count, argv.global_count);
		wh_arena_done(&arena);
	}
}

static void test_lookups(void **state)
{
	struct wh_arena arena = WH_ARENA_INIT;
	struct wh_err err = WH_ERR_INIT;
	struct wh_argv argv;
	struct line line;

	(void)state;
	assert_int_equal(parse(RUNC,
				 "--root|R|exec|-t|--no-new-privs=false|--cwd|/a|--cap|A|--cap|B|"
				 "--preserve-fds|0x3|c1|sh|-c",
				 &line, &argv, &arena, &err),
		0);
	assert_string_equal(argv.command->name, "exec");
	assert_string_equal(argv.id, "c1");
	assert_int_equal(argv.global_count, 1);
	assert_int_equal(argv.flag_count, 7);
	assert_int_equal(argv.program_count, 2);
	assert_ptr_equal(argv.program[0], line.words[line.count - 2]);
	assert_string_equal(wh_argv_value(&argv, WH_ROLE_ROOT), "R");
	assert_string_equal(wh_argv_value(&argv, WH_ROLE_CWD), "/a");
	assert_string_equal(wh_argv_value(&argv, WH_ROLE_CAP), "B");
	assert_string_equal(wh_argv_value(&argv, WH_ROLE_PRESERVE_FDS), "3");
	assert_true(wh_argv_has(&argv, WH_ROLE_TTY));
	assert_true(wh_argv_bool(&argv, WH_ROLE_TTY));
	assert_true(wh_argv_has(&argv, WH_ROLE_NO_NEW_PRIVS));
	assert_false(wh_argv_bool(&argv, WH_ROLE_NO_NEW_PRIVS));
	assert_string_equal(wh_argv_value(&argv, WH_ROLE_NO_NEW_PRIVS), "false");
	assert_false(wh_argv_has(&argv, WH_ROLE_PROCESS));
	assert_false(wh_argv_bool(&argv, WH_ROLE_PROCESS));
	assert_null(wh_argv_value(&argv, WH_ROLE_PROCESS));
	wh_arena_done(&arena);
}

static void test_nothing_but_globals(void **state)
{
	struct wh_arena arena = WH_ARENA_INIT;
	struct wh_err err = WH_ERR_INIT;
	struct wh_argv argv;
	struct line line;

	(void)state;
	assert_int_equal(parse(CRUN, "--log|L|--version", &line, &argv, &arena, &err), 0);
	assert_int_equal(argv.action, WH_ACTION_PASS);
	assert_null(argv.command);
	assert_null(argv.id);
	assert_string_equal(wh_argv_value(&argv, WH_ROLE_LOG), "L");
	assert_int_equal(parse(CRUN, "state|x", &line, &argv, &arena, &err), 0);
	assert_string_equal(argv.command->name, "state");
	assert_null(argv.id);
	wh_arena_done(&arena);
}

/* ---- what takes the place of the caller's words ----------------------------------------- */

static const struct {
	enum wh_runtime_kind kind;
	const char *in;
	struct wh_argv_override override;
	const char *out;
} overrides[] = {
	{ RUNC, "exec|c1|sh|-c|x", { .process = "/proc/self/fd/9" },
		"exec|--process=/proc/self/fd/9|c1" },
	{ RUNC,
		"--root|R|exec|-t|-e|A=1|-u|1|-g|1|-c|CAP_KILL|--cwd|/|--no-new-privs=false|"
		"--apparmor|a|--process-label|l|--detach|--pid-file|p|--preserve-fds|1|--cgroup|g|"
		"c1||-p|B",
		{ .process = "P" },
		"--root=R|exec|--process=P|--detach|--pid-file=p|--preserve-fds=1|--cgroup=g|c1" },
	{ RUNC, "exec|-p|old|-d|-t|c1|more", { .process = "P" }, "exec|--process=P|--detach|c1" },
	{ CRUN, "exec|-pold|-tfalse|-d|c1|more", { .process = "P" },
		"exec|--process=P|--detach|c1" },
	{ RUNSC, "exec|--process|old|--detach|c1", { .process = "P" },
		"exec|--process=P|--detach|c1" },
	{ RUNC, "--debug|--root|R|run|c1", { .root = "X" }, "--root=X|--debug|run|c1" },
	{ CRUN, "run|-bA|c1", { .root = "X" }, "--root=X|run|--bundle=A|c1" },
	{ CRUN, "update|--memory|1|-r|-|c1", { .resources = "F" },
		"update|--resources=F|--memory=1|c1" },
	{ RUNSC, "run|-bundle|A/../B|c1", { .bundle = "/B" }, "run|--bundle=/B|c1" },
	{ RUNSC, "restore|c1", { .bundle = "/B" }, "restore|--bundle=/B|c1" },
	{ RUNSC, "exec|c1|sh", { .bundle = "/B", .process = "P" }, "exec|--process=P|c1" },
	{ CRUN, "update|-rf|c1", { .root = "X" }, "--root=X|update|--resources=f|c1" },
	{ CRUN, "run|c1", { .resources = "F", .process = "P" }, "run|c1" },
	/* what is passed on stays as it came */
	{ RUNC, "--root|R|state|c1", { .root = "X", .process = "P" }, "--root|R|state|c1" },
	{ RUNC, "exec|--help", { .root = "X", .process = "P" }, "exec|--help" },
};

static void test_overrides(void **state)
{
	(void)state;
	for (size_t i = 0; i < WH_COUNT(overrides); i++) {
		struct wh_arena arena = WH_ARENA_INIT;
		struct wh_err err = WH_ERR_INIT;
		struct wh_argv argv;
		struct line line;
		char out[4096];
		char **words;

		assert_int_equal(
			parse(overrides[i].kind, overrides[i].in, &line, &argv, &arena, &err), 0);
		words = wh_argv_write(&argv, "r", &overrides[i].override, &arena);
		assert_non_null(words);
		join(out, sizeof(out), words + 1);
		assert_string_equal(out, overrides[i].out);
		wh_arena_done(&arena);
	}
}

/* ---- size ------------------------------------------------------------------------------- */

/* A hundred thousand options take no longer than linear time: this ends within the second. */
static void test_many_words(void **state)
{
	static char program[] = "p", command[] = "exec", env[] = "-e", value[] = "A=1",
		    detach[] = "-d", id[] = "c1";
	const size_t count = 100000;
	char **words = calloc(count * 3 + 5, sizeof(*words));
	struct wh_arena arena = WH_ARENA_INIT;
	struct wh_err err = WH_ERR_INIT;
	struct wh_argv argv;
	size_t used = 0;
	char **out;

	(void)state;
	assert_non_null(words);
	words[used++] = program;
	words[used++] = command;
	for (size_t i = 0; i < count; i++) {
		words[used++] = env;
		words[used++] = value;
		words[used++] = detach;
	}
	words[used++] = id;
	words[used++] = program;
	assert_int_equal(parse_words(RUNC, (int)used, words, &argv, &arena, &err), 0);
	assert_int_equal(argv.flag_count, count + 1);
	out = wh_argv_write(&argv, "r", NULL, &arena);
	assert_non_null(out);
	assert_string_equal(out[2], "--env=A=1");
	assert_string_equal(out[2 + count], "--detach");
	wh_arena_done(&arena);
	free(words);
}

/* ---- the tables ------------------------------------------------------------------------- */

static void check_options(const struct wh_option *options, enum wh_argv_style style)
{
	bool letters[128] = { false };

	for (const struct wh_option *option = options; option->name != NULL; option++) {
		const char *aliases = option->aliases != NULL ? option->aliases : "";

		assert_true(strlen(option->name) > 1);
		assert_null(strpbrk(option->name, "= "));
		if (option != options && strcmp(option[-1].name, option->name) >= 0)
			fail_msg("--%s is out of order", option->name);
		for (; *aliases != '\0'; aliases++) {
			assert_true(isascii(*aliases) && *aliases != '-' && *aliases != '=');
			assert_false(letters[(unsigned char)*aliases]);
			letters[(unsigned char)*aliases] = true;
		}
		assert_int_equal((option->flags & WH_OPTION_REFUSE) != 0, option->why != NULL);
		if (option->arity == WH_ARITY_OPTIONAL)
			assert_int_equal(style, WH_STYLE_ARGP);
		if ((option->flags & (WH_OPTION_LIST | WH_OPTION_ONCE)) != 0)
			assert_true(
				option->arity == WH_ARITY_VALUE || option->arity == WH_ARITY_INT);
	}
}

static bool judges(enum wh_action action)
{
	return action != WH_ACTION_PASS && action != WH_ACTION_REFUSE;
}

static void test_tables(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < WH_RUNTIME_KINDS; kind++) {
		const struct wh_grammar *grammar = wh_grammar_of((enum wh_runtime_kind)kind);
		const struct wh_command *command = grammar->commands;
		enum wh_runtime_kind found;

		assert_int_equal(grammar->kind, kind);
		assert_int_equal(wh_runtime_kind_from_name(grammar->name, &found), 0);
		assert_int_equal(found, kind);
		check_options(grammar->globals, grammar->style);
		check_options(grammar->common, grammar->style);
		for (; command->name != NULL; command++) {
			if (command != grammar->commands)
				assert_true(strcmp(command[-1].name, command->name) < 0);
			assert_int_equal(judges(command->action), command->options != NULL);
			assert_int_equal(command->action == WH_ACTION_REFUSE, command->why != NULL);
			if (command->options != NULL)
				check_options(command->options, grammar->style);
		}
	}
}

static void test_kind_names(void **state)
{
	enum wh_runtime_kind kind = WH_RUNTIME_KINDS;

	(void)state;
	assert_int_equal(wh_runtime_kind_from_name("kata", &kind), -ENOENT);
	assert_int_equal(wh_runtime_kind_from_name("", &kind), -ENOENT);
	assert_int_equal(wh_runtime_kind_from_name("runc ", &kind), -ENOENT);
	assert_int_equal(kind, WH_RUNTIME_KINDS);
	assert_null(wh_grammar_of(WH_RUNTIME_KINDS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_engines),
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_fixed_point),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_no_words),
		cmocka_unit_test(test_id_length),
		cmocka_unit_test(test_log_of_refusal),
		cmocka_unit_test(test_lookups),
		cmocka_unit_test(test_nothing_but_globals),
		cmocka_unit_test(test_overrides),
		cmocka_unit_test(test_many_words),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_kind_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
