/* SPDX-License-Identifier: Apache-2.0 */
/*
 * whittle: the caller's words in, the real runtime out.
 *
 * The order is fixed. Which runtime is behind decides how the words are read, so the policy's
 * "runtimes" come first; what is only passed on needs nothing else of it and works whatever state
 * the policy is in, so that containers can always be seen, stopped and deleted. Every way ends in
 * execve or in one refusal.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "host/file.h"
#include "host/report.h"
#include "host/runtime.h"
#include "run.h"

static void run_done(struct wh_run *run)
{
	wh_judgement_done(&run->judged);
}

/*
 * whittle's only words of its own, before all of the runtime's: --policy FILE or --policy=FILE.
 * *ret_used is how many words they took.
 */
static int own_options(
	struct wh_run *run, int argc, char *argv[], int *ret_used, struct wh_err *err)
{
	static const char option[] = "--policy";
	const char *word = argc > 1 ? argv[1] : "";
	size_t len = sizeof(option) - 1;

	*ret_used = 0;
	if (strncmp(word, option, len) != 0 || (word[len] != '\0' && word[len] != '=')) {
		run->policy_file = wh_policy_file_of(argv[0], &run->judged.arena, err);
		return run->policy_file == NULL ? -EINVAL : 0;
	}
	*ret_used = word[len] == '=' ? 1 : 2;
	run->policy_file = word[len] == '=' ? word + len + 1 : argc > 2 ? argv[2] : "";
	if (run->policy_file[0] == '\0')
		return wh_fail(err, EINVAL, "--policy needs the path of a policy file");
	return 0;
}

static int read_policy(struct wh_run *run, bool whole, struct wh_err *err)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int fd WH_FD = wh_open_trusted_file(run->policy_file, err);
	int r = fd;

	if (r >= 0)
		r = wh_read_all(fd, WH_POLICY_MAX_SIZE, &text, err);
	if (r < 0) {
		wh_err_prefix(err, "the policy %s cannot be used", run->policy_file);
		return r;
	}
	if (whole)
		return wh_policy_parse_take(&run->judged.policy, &text, run->policy_file, err);
	return wh_policy_parse_runtimes_take(&run->judged.policy, &text, run->policy_file, err);
}

/*
 * Whether the words could ask for more than passing on. Guessing too often costs a little time; too
 * seldom cannot be, for these commands are always a word of their own.
 */
static bool may_need_policy(int argc, char *const argv[])
{
	static const char *const commands[] = { "create", "run", "exec", "restore", "update" };

	for (int i = 1; i < argc; i++) {
		for (size_t k = 0; k < WH_COUNT(commands); k++) {
			if (strcmp(argv[i], commands[k]) == 0)
				return true;
		}
	}
	return false;
}

static void load_policy(struct wh_run *run, int argc, char *const argv[])
{
	bool whole = may_need_policy(argc, argv);

	if (read_policy(run, whole, &run->policy_error) < 0 && whole)
		(void)!read_policy(run, false, NULL);
}

/* Whether a runtime of this kind keeps the state of a container that one of the words names. */
static bool keeps_container(
	struct wh_run *run, enum wh_runtime_kind kind, int argc, char *const argv[])
{
	const char *root = NULL;

	if (wh_argv_parse(&run->argv, wh_grammar_of(kind), &run->judged.arena, argc, argv, NULL) ==
		0)
		root = wh_run_root(run);
	for (int i = 1; root != NULL && i < argc; i++) {
		struct wh_state_layout layout;
		const char *path = NULL;

		if (argv[i][0] != '-' &&
			wh_state_layout(kind, argv[i], &run->judged.arena, &layout) == 0)
			path = wh_arena_printf(
				&run->judged.arena, "%s/%s/%s", root, layout.folder, layout.file);
		if (path != NULL && access(path, F_OK) == 0)
			return true;
	}
	return false;
}

/*
 * The first runtime of the policy that is on this host. Without a policy the first of the built-in
 * list, but rather the one that made the container: it has to stay manageable, and only that one
 * knows it. *ret_kind is set in any case: when there is none it is the kind of the first.
 */
static int find_runtime(struct wh_run *run, int argc, char *const argv[],
	enum wh_runtime_kind *ret_kind, struct wh_err *err)
{
	const char *chosen = NULL;
	bool certain = false;
	size_t count;
	const struct wh_policy_runtime *runtimes = wh_policy_runtimes(run->judged.policy, &count);

	*ret_kind = runtimes[0].kind;
	for (size_t i = 0; i < count && !certain; i++) {
		struct wh_err why = WH_ERR_INIT;
		int r = wh_runtime_find(runtimes[i].name, &run->judged.arena, &run->runtime, &why);

		if (r < 0 && r != -ENOENT && chosen == NULL)
			return wh_fail(err, -r, "%s", why.text);
		if (r < 0)
			continue;
		certain = run->judged.policy != NULL ||
			  keeps_container(run, runtimes[i].kind, argc, argv);
		if (chosen == NULL || certain) {
			chosen = run->runtime;
			*ret_kind = runtimes[i].kind;
		}
	}
	run->runtime = chosen;
	if (chosen != NULL)
		return 0;
	return wh_fail(err, ENOENT,
		"none of the container runtimes that the policy names is installed in the system "
		"folders; install one, or name it by its absolute path under \"runtimes\" in %s",
		run->policy_file);
}

static int take_action(struct wh_run *run, struct wh_err *err)
{
	switch (run->argv.action) {
	case WH_ACTION_CREATE:
	case WH_ACTION_RESTORE:
		return wh_run_create(run, err);
	case WH_ACTION_EXEC:
		return wh_run_exec(run, err);
	case WH_ACTION_UPDATE:
		return wh_run_update(run, err);
	case WH_ACTION_PASS:
	case WH_ACTION_REFUSE:
		break;
	}
	return wh_fail(err, EINVAL, "this command is refused");
}

/* In audit mode nothing that the policy says stops a container; only what cannot be understood
 * does, for then it is not even known which rule would apply. */
static bool only_watching(const struct wh_run *run)
{
	return run->judged.decision.rule != NULL &&
	       run->judged.decision.limits.mode == WH_MODE_AUDIT;
}

static int record(struct wh_run *run, const struct wh_err *refusal, struct wh_err *err)
{
	const struct wh_record_about about = {
		.command = run->argv.command == NULL ? NULL : run->argv.command->name,
		.id = run->argv.id,
		.runtime = run->runtime,
		.policy_file = run->policy_file,
	};

	return wh_judge_record(&run->judged, &about, refusal, err);
}

static int judge(struct wh_run *run, struct wh_err *err)
{
	struct wh_err refusal = WH_ERR_INIT;
	struct wh_signals held;
	int r;

	if (run->policy_error.number != 0)
		return wh_fail(err, run->policy_error.number, "%s", run->policy_error.text);
	run->judged.kind = run->argv.grammar->kind;
	wh_hold_signals(&held);
	r = take_action(run, &refusal);
	if (r < 0 && !only_watching(run))
		r = wh_fail(err, -r, "%s", refusal.text);
	else
		r = record(run, r < 0 ? &refusal : NULL, err);
	wh_release_signals(&held);
	return r;
}

/* Returns only when the runtime was not started. */
static int start(struct wh_run *run, int argc, char *argv[], struct wh_err *err)
{
	enum wh_runtime_kind kind = WH_RUNTIME_RUNC;
	char **words;
	int used, r, parsed;

	if (argc < 1)
		return wh_fail(err, EINVAL, "called without a program name");
	r = own_options(run, argc, argv, &used, err);
	if (r == 0) {
		load_policy(run, argc - used, argv + used);
		r = find_runtime(run, argc - used, argv + used, &kind, err);
	}
	/* Also for a refusal that is certain by now: the words name the log it goes to. */
	parsed = wh_argv_parse(&run->argv, wh_grammar_of(kind), &run->judged.arena, argc - used,
		argv + used, r == 0 ? err : NULL);
	if (r == 0)
		r = parsed;
	if (r == 0 && run->argv.action != WH_ACTION_PASS)
		r = judge(run, err);
	if (r < 0)
		return r;
	words = wh_argv_write(&run->argv, run->runtime, &run->override, &run->judged.arena);
	if (words == NULL)
		return wh_fail_errno(err, ENOMEM, "writing the command line");
	return wh_runtime_exec(run->runtime, words, err);
}

static void refuse(struct wh_run *run, const struct wh_err *err)
{
	const char *log = wh_argv_value(&run->argv, WH_ROLE_LOG);
	const char *format = wh_argv_value(&run->argv, WH_ROLE_LOG_FORMAT);
	struct wh_err sentence = *err;
	struct wh_signals held; /* until the end, which comes at once */

	wh_hold_signals(&held);
	wh_err_prefix(&sentence, "whittle");
	(void)!record(run, err, NULL);
	wh_report_error(log,
		format != NULL && strcmp(format, "json") == 0 ? WH_LOG_JSON : WH_LOG_TEXT,
		sentence.text);
}

int main(int argc, char *argv[])
{
	struct wh_run run WH_CLEANUP(run_done) = { .judged = WH_JUDGEMENT_INIT };
	struct wh_err err = WH_ERR_INIT;

	if (wh_hold_standard_fds() < 0)
		return EXIT_FAILURE;
	if (start(&run, argc, argv, &err) < 0)
		refuse(&run, &err);
	return EXIT_FAILURE;
}
