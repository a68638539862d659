/* SPDX-License-Identifier: Apache-2.0 */
/*
 * whittlectl learn -- COMMAND: one run, from its start to its end, by a policy of its own that
 * takes nothing away and records (common/request.h). What the command does with the terminal is its
 * own.
 *
 * The end is the container's. A command that ends before (docker run --detach) leaves it running:
 * then Ctrl-C ends the recording alone. While the command runs, Ctrl-C is for it as always; said
 * again, or not heard for a while, it stops the container.
 */

#include "run.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "host/file.h"
#include "policy/policy.h"
#include "record/control.h"
#include "record/store.h"
#include "whittlectl/policy-file.h"

#define TICK_MS 250
#define PATIENCE_MS 10000 /* from Ctrl-C until the container is stopped */
#define LATE_MS 5000      /* a recording may come later than the end of what it records… */
#define END_MS 1500       /* …and end later; a container that is detached goes on */
#define STOP_MS 15000

static void run_done(struct wh_learn_session *session)
{
	wh_learn_request_done(&session->request);
	wh_learn_signals_done(&session->signals);
	wh_learn_watch_done(&session->watch);
	wh_arena_done(&session->arena);
}

/* ---- before ------------------------------------------------------------------------------ */

static int ask_to_learn(struct wh_learn_session *session)
{
	struct wh_json *policy WH_JSON = NULL;
	int r = wh_learn_request_policy(
		&policy, session->policy_file, "audit", session->name, &session->err);

	if (r < 0)
		return r;
	wh_json_set(policy, wh_json_root(policy), "learn", wh_json_new_bool(policy, true));
	if (wh_json_status(policy) < 0)
		return wh_fail_errno(&session->err, ENOMEM, "making a request");
	return wh_learn_request_write(&session->request, policy, &session->err);
}

int wh_learn_session_bundle(struct wh_learn_session *session, bool again)
{
	struct wh_learn_command *command = &session->command;
	int r;

	session->copy = NULL;
	session->id = session->bundle = NULL;
	if (command->kind != WH_LEARN_BUNDLE)
		return 0;
	r = wh_learn_request_copy(
		&session->request, command->bundle, &session->arena, &session->copy, &session->err);
	if (r < 0)
		return r;
	session->id = again ? NULL : command->id;
	if (session->id == NULL)
		session->id =
			wh_arena_printf(&session->arena, "learn-%.12s", session->request.token);
	if (session->id == NULL)
		return wh_fail_errno(&session->err, ENOMEM, "making a request");
	return wh_learn_request_name(&session->request, session->id, &session->err);
}

/* What it says of itself is taken over (request.h), so it has to be one. */
static int check_policy(const char *file, struct wh_err *err)
{
	struct wh_policy *policy WH_POLICY = NULL;

	if (file[0] != '/')
		return wh_fail(err, EINVAL, "--policy is an absolute path");
	return wh_load_policy(file, &policy, NULL, NULL, err);
}

int wh_learn_session_open(struct wh_learn_session *session, const struct wh_learn_call *call,
	const char *const *command, size_t count)
{
	const char *policy_file = wh_words_value(call->words, "policy");
	int r = wh_learn_command_read(&session->command, command, count, &session->err);

	session->policy_file = policy_file == NULL ? WH_POLICY_FILE : policy_file;
	if (r == 0 && policy_file != NULL)
		r = check_policy(policy_file, &session->err);
	if (r == 0 && session->name != NULL && !wh_policy_may_name_rule(wh_slice_of(session->name)))
		r = wh_fail(&session->err, EINVAL,
			"--name is 1 to 128 printable ASCII characters, and not \"default\"");
	if (r == 0 && geteuid() != 0)
		r = wh_fail(&session->err, EPERM,
			"only root sees what the kernel asks of a container: run it as root");
	if (r == 0)
		r = wh_learn_find_whittle(&session->arena, &session->whittle, &session->err);
	if (r == 0)
		r = wh_learn_engine_check(&session->command, &session->arena, &session->err);
	return r == 0 ? wh_learn_signals_open(&session->signals, &session->err) : r;
}

static const char *const *session_words(struct wh_learn_session *session, bool again)
{
	const struct wh_learn_words ours = {
		.whittle = session->whittle,
		.policy = session->request.policy,
		.id_file = session->request.id_file,
		.id = session->id,
		.bundle = session->copy,
		.again = again,
	};

	return wh_learn_command_write(&session->command, &ours, &session->arena);
}

int wh_learn_session_start(
	struct wh_learn_session *session, bool again, enum wh_learn_streams streams, int output)
{
	const char *const *words = session_words(session, again);
	/* The engine's client writes the id with the rights that we leave it, and what others could
	 * write is not trusted. */
	mode_t before = umask(022);
	int r;

	(void)umask(before | 022);
	if (words == NULL)
		r = wh_fail_errno(&session->err, ENOMEM, "starting the container");
	else
		r = wh_learn_child_start(
			&session->child, &session->signals, words, streams, output, &session->err);
	session->started = r == 0;
	(void)umask(before);
	return r;
}

/* ---- while it runs ----------------------------------------------------------------------- */

void wh_learn_session_look(struct wh_learn_session *session)
{
	if (session->id == NULL)
		session->id = wh_learn_request_id(&session->request, &session->arena);
	if (session->bundle == NULL)
		session->bundle = wh_learn_request_bundle(&session->request, &session->arena);
}

static void stop_container(struct wh_learn_session *session)
{
	const struct wh_learn_words ours = {
		.policy = session->request.policy, .whittle = session->whittle, .id = session->id
	};
	const char *const *words;

	if (session->id == NULL) {
		wh_learn_child_signal(&session->child, SIGKILL);
		return;
	}
	wh_learn_progress_say(&session->progress, "stopping the container");
	words = wh_learn_stop_words(&session->command, &ours, &session->arena);
	if (words == NULL || wh_learn_call(words, &session->arena, NULL) < 0)
		wh_learn_child_signal(&session->child, SIGKILL);
}

static void stop_recording(struct wh_learn_session *session)
{
	session->stopped = wh_learn_now();
	wh_learn_progress_say(&session->progress, "the recording ends here; the container goes on");
	if (session->bundle != NULL)
		(void)!wh_control_send(session->bundle, WH_CONTROL_STOP, STOP_MS);
}

static void hear(struct wh_learn_session *session)
{
	bool running = !wh_learn_child_ended(&session->child);
	unsigned more = session->signals.interrupts - session->heard;

	if (more > 0 && running && session->signals.sent != 0)
		wh_learn_child_signal(&session->child, session->signals.sent);
	if (more > 0 && !running && session->stopped == 0)
		stop_recording(session);
	if (more > 0 && running && session->asked == 0)
		session->asked = wh_learn_now();
	else if (running && session->asked > 0 && !session->forced &&
		 (more > 0 || wh_learn_now() - session->asked > PATIENCE_MS)) {
		session->forced = true;
		stop_container(session);
	}
	session->heard += more;
}

/* Whether nothing more will come. */
static bool is_over(struct wh_learn_session *session)
{
	int64_t now = wh_learn_now();
	bool found = session->watch.name != NULL;

	if (!wh_learn_child_ended(&session->child))
		return false;
	/* What its end leaves was there before: a look from earlier may have missed it. */
	wh_learn_session_look(session);
	if (session->ended == 0)
		session->ended = now;
	if (found && wh_learn_watch_over(&session->watch))
		return true;
	if (session->stopped > 0)
		return now - session->stopped > STOP_MS;
	if (!found)
		return session->bundle == NULL || now - session->ended > LATE_MS;
	if (!session->told && now - session->ended > END_MS) {
		session->told = true;
		wh_learn_progress_say(&session->progress,
			"the container goes on, and so does the recording until it ends; Ctrl-C "
			"ends the recording alone");
	}
	return false;
}

static int follow(struct wh_learn_session *session)
{
	int r = 0;

	while (r >= 0) {
		bool over;

		wh_learn_wait(&session->signals, TICK_MS);
		hear(session);
		over = is_over(session);
		wh_learn_session_look(session);
		if (session->id != NULL)
			r = wh_learn_watch_look(&session->watch, session->id, session->name,
				&session->arena, &session->err);
		wh_learn_progress_tell(&session->progress,
			session->watch.name == NULL ? NULL : &session->watch.learnt);
		if (over)
			break;
	}
	wh_learn_progress_clear(&session->progress);
	return r < 0 ? r : 0;
}

/* ---- afterwards -------------------------------------------------------------------------- */

static int explain_nothing(struct wh_learn_session *session)
{
	if (session->bundle != NULL && session->child.status != 0)
		return wh_fail(&session->err, ENODATA,
			"nothing was recorded: the container did not start");
	if (session->bundle != NULL)
		return wh_fail(&session->err, ENODATA,
			"nothing was recorded: the recorder (whittle-record) wrote no result; "
			"the journal may say why");
	if (session->id != NULL)
		return wh_fail(&session->err, ENODATA,
			"nothing was recorded: the container did not come to whittle on this host");
	return wh_fail(&session->err, ENODATA, "nothing was recorded: no container was started");
}

/* So that `learn verify` can run it again, wherever it is called. */
static int keep_command(struct wh_learn_session *session)
{
	struct wh_buf path WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	const char *by_bundle[] = { "--bundle", NULL };
	int r;

	if (session->command.kind != WH_LEARN_BUNDLE)
		return wh_learn_watch_keep(&session->watch, session->command.words,
			session->command.count, &session->err);
	r = wh_resolve_trusted_folder(session->command.bundle, &path, &session->err);
	by_bundle[1] = path.data;
	return r < 0 ? r
		     : wh_learn_watch_keep(
			       &session->watch, by_bundle, WH_COUNT(by_bundle), &session->err);
}

/* It says nothing, so that what there is of that name is what there was. */
static bool did_not_start(const struct wh_learn_session *session)
{
	return session->child.status != 0 && !session->watch.gone &&
	       session->watch.learnt.id != NULL &&
	       strcmp(session->watch.learnt.id, session->id) != 0;
}

/* Of a short run the recording may have been taken in by another one before it was seen. */
static bool is_taken_in(const struct wh_learn_session *session)
{
	int folder WH_FD =
		session->name == NULL || session->child.status != 0 || session->bundle == NULL
			? WH_NO_FD
			: wh_store_look(session->name, NULL);

	return folder >= 0;
}

static int finish(struct wh_learn_session *session)
{
	if (session->watch.name == NULL && is_taken_in(session))
		session->watch.name = session->name;
	if (session->watch.name == NULL || did_not_start(session))
		return explain_nothing(session);
	return keep_command(session);
}

/* A bundle has no image to be called after. What its folder cannot give stays with whittle. */
static void name_bundle(struct wh_learn_session *session)
{
	struct wh_buf path WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	const char *name;

	if (session->name != NULL || session->command.kind != WH_LEARN_BUNDLE ||
		wh_resolve_trusted_folder(session->command.bundle, &path, NULL) < 0)
		return;
	name = strrchr(path.data, '/') + 1;
	if (wh_policy_may_name_rule(wh_slice_of(name)))
		session->name = wh_arena_dup(&session->arena, wh_slice_of(name));
}

static int record(struct wh_learn_session *session, bool json)
{
	int r = wh_learn_request_open(&session->request, &session->arena, &session->err);

	name_bundle(session);
	session->watch.since = (int64_t)time(NULL) - 1;
	if (r == 0)
		r = wh_learn_session_bundle(session, false);
	if (r == 0)
		r = ask_to_learn(session);
	if (r == 0)
		r = wh_learn_session_start(session, false,
			json ? WH_LEARN_STREAMS_ERROR : WH_LEARN_STREAMS_OURS, WH_NO_FD);
	if (r == 0)
		r = follow(session);
	return r == 0 ? finish(session) : r;
}

int wh_learn_run(const struct wh_learn_call *call)
{
	struct wh_learn_session session WH_CLEANUP(run_done) = WH_LEARN_SESSION_INIT;
	bool json = wh_words_has(call->words, "json");
	struct wh_learnt learnt = { .complete = false };
	size_t running = 0;
	int r;

	session.name = wh_words_value(call->words, "name");
	session.progress = wh_learn_progress_begin(wh_words_has(call->words, "no-progress"));
	r = wh_learn_session_open(&session, call, call->command, call->command_count);
	if (r < 0)
		return wh_learn_trouble(call, &session.err);
	r = record(&session, json);
	if (r == 0)
		r = wh_store_read(
			session.watch.name, &session.arena, &learnt, &running, &session.err);
	if (r == 0)
		r = wh_learn_summary(&learnt, session.child.status, json, &session.err);
	if (r == 0 && learnt.transport == NULL)
		r = wh_fail(&session.err, ENODATA,
			"nothing could be recorded; whittlectl learn verify --name %s -- CHECK "
			"finds out by running it with less",
			session.watch.name);
	if (r < 0)
		(void)wh_learn_trouble(call, &session.err);
	if (!session.started)
		return WH_EXIT_TROUBLE;
	/* While another one of its name goes on, all together are not complete yet. */
	return session.child.status == 0 && (r < 0 || (!learnt.complete && running == 0))
		       ? WH_EXIT_FINDINGS
		       : session.child.status;
}
