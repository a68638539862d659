/* SPDX-License-Identifier: Apache-2.0 */
/*
 * whittlectl learn verify: the command that was learnt is run again with exactly what was learnt,
 * in mode "enforce", while a check of the user's must succeed; then with less and less
 * (learn/eliminate.h). Each run is judged by a policy of its own (common/request.h), so that
 * nothing of the configured one changes, and is removed with all it made.
 *
 * Where nothing could be recorded it begins with all that the container was granted.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "host/file.h"
#include "run.h"
#include "learn/eliminate.h"
#include "learn/rule.h"
#include "whittlectl/put.h"
#include "record/store.h"
#include "record/verified.h"

#define MOST 15      /* tries, unless said otherwise */
#define TIMEOUT_S 30 /* of one, likewise */
#define TICK_MS 50
#define AGAIN_MS 200 /* between two calls of the check */
#define END_MS 15000
#define CHECK_END_MS 2000 /* it holds nothing that would need longer */
#define SAID_MAX (1u << 20)
#define SHOWN_LINES 8

struct verify {
	struct wh_learn_session session;
	const struct wh_learn_call *call;
	struct wh_learnt learnt;
	struct wh_elimination elimination;
	unsigned most;
	int64_t timeout;             /* milliseconds */
	struct wh_learn_child check; /* the call of it at hand */
	int64_t again;               /* when it is called again */
	bool last;                   /* the container had ended when it was called */
	int output;                  /* what the container said in the last run */
	bool late;                   /* the last run did not come to an end in time */
};

static void verify_done(struct verify *verify)
{
	wh_learn_child_end(&verify->check, CHECK_END_MS);
	wh_learn_child_end(&verify->session.child, END_MS);
	wh_learn_request_done(&verify->session.request);
	wh_learn_signals_done(&verify->session.signals);
	wh_learn_watch_done(&verify->session.watch);
	wh_close_fd(&verify->output);
	wh_arena_done(&verify->session.arena);
}

static bool is_stopped(const struct verify *verify)
{
	return verify->session.signals.interrupts > 0;
}

/* ---- the policy of one run --------------------------------------------------------------- */

static void set_capabilities(struct wh_json *doc, wh_node limits, wh_capset set)
{
	wh_node array = wh_json_new_array(doc);

	for (unsigned i = 0; i < WH_CAP_COUNT; i++) {
		if ((set & wh_capset_of(i)) != 0)
			wh_json_append(doc, array,
				wh_json_new_string(doc, wh_slice_of(wh_capability_get(i)->name)));
	}
	wh_json_set(doc, limits, "capabilities", array);
}

/* The limits of a rule, without what is only the rule's own. */
static void take_limits(struct wh_json *doc, wh_node limits, wh_node rule)
{
	static const char *const own[] = { "name", "match", "mode", "learn", "verify", "restore" };

	wh_json_each_member (doc, rule, key) {
		struct wh_slice name = wh_json_string(doc, key);
		bool taken = true;
		char text[64];

		for (size_t i = 0; i < WH_COUNT(own); i++)
			taken = taken && !wh_slice_is(name, own[i]);
		if (!taken || name.len >= sizeof(text))
			continue;
		(void)memcpy(text, name.data, name.len);
		text[name.len] = '\0';
		wh_json_set(doc, limits, text, wh_json_new_copy(doc, doc, wh_json_next(doc, key)));
	}
}

static int write_profile(struct verify *verify, const char **ret, struct wh_err *err)
{
	struct wh_learn_request *request = &verify->session.request;
	struct wh_json *doc WH_JSON = NULL;
	wh_node profile;

	*ret = NULL;
	if (verify->learnt.syscalls_unknown != NULL || verify->learnt.syscall_count == 0)
		return 0;
	if (wh_json_new(&doc) < 0)
		return wh_fail_errno(err, ENOMEM, "making a request");
	profile = wh_learnt_seccomp(&verify->learnt, doc);
	if (profile == WH_NO_NODE)
		return 0;
	*ret = request->seccomp;
	return wh_learn_request_profile(request, doc, profile, err);
}

static int ask_for(struct verify *verify, wh_capset set)
{
	struct wh_learn_session *session = &verify->session;
	struct wh_learnt_rule_options options = { .used_only = false };
	struct wh_json *policy WH_JSON = NULL;
	wh_node limits, rule;
	int r = wh_learn_request_policy(
		&policy, session->policy_file, "enforce", verify->learnt.name, &session->err);

	if (r == 0)
		r = write_profile(verify, &options.seccomp, &session->err);
	if (r < 0)
		return r;
	limits = wh_json_get(policy, wh_json_root(policy), "default");
	rule = wh_learnt_rule(&verify->learnt, &options, policy, &session->arena);
	/* What was not recorded says nothing of what it needs. */
	if (verify->learnt.transport != NULL)
		take_limits(policy, limits, rule);
	set_capabilities(policy, limits, set);
	if (rule == WH_NO_NODE || wh_json_status(policy) < 0)
		return wh_fail_errno(&session->err, ENOMEM, "making a request");
	return wh_learn_request_write(&session->request, policy, &session->err);
}

/* ---- one run ----------------------------------------------------------------------------- */

enum outcome { UNKNOWN, WORKS, FAILS };

/*
 * Calls the check when it is time. A container that ended well has done what it was for: then one
 * more call, of what it left, decides. 0 or -errno.
 */
static int look_at_check(struct verify *verify, bool ended, enum outcome *ret)
{
	struct wh_learn_session *session = &verify->session;
	bool called = verify->check.pid != 0;
	int r;

	*ret = UNKNOWN;
	if (called && !wh_learn_child_ended(&verify->check))
		return 0;
	if (called)
		verify->again = wh_learn_now() + AGAIN_MS;
	if (called && verify->check.status == 0)
		*ret = WORKS;
	else if (ended && (verify->last || session->child.status != 0 || session->bundle == NULL))
		*ret = FAILS;
	if (*ret != UNKNOWN || session->bundle == NULL || wh_learn_now() < verify->again)
		return 0;
	verify->last = ended;
	(void)setenv("WHITTLE_CONTAINER", session->id, 1);
	r = wh_learn_child_start(&verify->check, &session->signals, verify->call->command,
		WH_LEARN_STREAMS_NONE, WH_NO_FD, &session->err);
	verify->check.alone = r == 0;
	return r;
}

/* Until it is known whether the container works. 0 or -errno. */
static int watch_run(struct verify *verify, bool *ret_passed)
{
	struct wh_learn_session *session = &verify->session;
	int64_t end = wh_learn_now() + verify->timeout;
	enum outcome outcome = UNKNOWN;
	int r = 0;

	while (r == 0 && outcome == UNKNOWN && !is_stopped(verify) && !verify->late) {
		bool ended;

		wh_learn_wait(&session->signals, TICK_MS);
		ended = wh_learn_child_ended(&session->child);
		wh_learn_session_look(session);
		if (verify->call->command_count > 0)
			r = look_at_check(verify, ended, &outcome);
		else if (ended)
			outcome = session->child.status == 0 ? WORKS : FAILS;
		verify->late = outcome == UNKNOWN && wh_learn_now() >= end;
	}
	*ret_passed = outcome == WORKS;
	return r;
}

static void remove_container(struct verify *verify)
{
	struct wh_learn_session *session = &verify->session;
	const struct wh_learn_words ours = {
		.policy = session->request.policy, .whittle = session->whittle, .id = session->id
	};
	const char *const *words;

	wh_learn_child_end(&verify->check, CHECK_END_MS);
	if (session->id == NULL && !wh_learn_child_ended(&session->child)) {
		wh_learn_child_signal(&session->child, SIGTERM);
		wh_learn_wait(&session->signals, AGAIN_MS);
		wh_learn_session_look(session);
	}
	words = session->id == NULL
			? NULL
			: wh_learn_remove_words(&session->command, &ours, &session->arena);
	if (words != NULL)
		(void)!wh_learn_call(words, &session->arena, NULL);
	wh_learn_child_end(&session->child, END_MS);
}

/* A file for what it says, which nobody else has. */
static int open_output(struct verify *verify)
{
	wh_close_fd(&verify->output);
	verify->output = memfd_create("said", MFD_CLOEXEC);
	return verify->output < 0
		       ? wh_fail_errno(&verify->session.err, errno, "keeping what it says")
		       : 0;
}

static int run_with(struct verify *verify, wh_capset set, bool *ret_passed)
{
	struct wh_learn_session *session = &verify->session;
	int r;

	verify->check = (struct wh_learn_child){ .pid = 0 };
	verify->again = 0;
	verify->late = verify->last = *ret_passed = false;
	r = wh_learn_request_open(&session->request, &session->arena, &session->err);
	if (r == 0)
		r = wh_learn_session_bundle(session, true);
	if (r == 0)
		r = ask_for(verify, set);
	if (r == 0)
		r = open_output(verify);
	if (r == 0)
		r = wh_learn_session_start(session, true, WH_LEARN_STREAMS_NONE, verify->output);
	if (r == 0)
		r = watch_run(verify, ret_passed);
	remove_container(verify);
	wh_learn_request_done(&session->request);
	return r;
}

/* ---- all runs ---------------------------------------------------------------------------- */

static void tell_try(struct verify *verify, wh_capset set)
{
	const struct wh_elimination *elimination = &verify->elimination;
	struct wh_buf line WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;

	wh_buf_addf(&line, "run %u of at most %u, with ", elimination->tries, elimination->most);
	wh_learn_add_names(&line, set);
	if (set == 0)
		wh_buf_add_string(&line, "none");
	if (elimination->trying != 0)
		wh_buf_add_string(&line, ", without ");
	wh_learn_add_names(&line, elimination->trying);
	if (!verify->session.progress.quiet && wh_buf_status(&line) == 0)
		(void)fprintf(stderr, "whittlectl learn verify: %s\n", line.data);
}

static int eliminate(struct verify *verify)
{
	wh_capset set;
	bool passed;
	int r = 0;

	while (r == 0 && wh_eliminate_next(&verify->elimination, &set)) {
		tell_try(verify, set);
		r = run_with(verify, set, &passed);
		if (is_stopped(verify))
			return wh_fail(&verify->session.err, EINTR, "it was stopped");
		if (r == 0)
			wh_eliminate_tell(&verify->elimination, passed);
		if (r == 0 && !verify->session.progress.quiet)
			(void)fprintf(stderr, "whittlectl learn verify: %s\n",
				passed         ? "it works"
				: verify->late ? "it does not work in time"
					       : "it does not work");
		if (verify->elimination.failed)
			break;
	}
	return r;
}

/* The last lines of what the container said: it failed with what should have been enough. */
static void show_output(struct verify *verify)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	unsigned lines = 0;
	char shown[512];
	const char *at;

	if (lseek(verify->output, 0, SEEK_SET) < 0 ||
		wh_read_all(verify->output, SAID_MAX, &text, NULL) < 0 || text.len == 0)
		return;
	at = text.data + text.len;
	while (at > text.data && lines < SHOWN_LINES + 1)
		lines += *--at == '\n';
	while (*at != '\0') {
		size_t len = strcspn(at, "\n");
		char *line = strndup(at, len);

		if (line != NULL && len > 0) {
			wh_copy_printable(shown, sizeof(shown), line);
			(void)fprintf(stderr, "  | %s\n", shown);
		}
		free(line);
		at += len + (at[len] == '\n');
	}
}

static int explain_failure(struct verify *verify)
{
	struct wh_err *err = &verify->session.err;

	show_output(verify);
	if (verify->call->command_count == 0 && verify->late)
		return wh_fail(err, ETIME,
			"the container does not end by itself: say -- and a command that succeeds "
			"when it works, or a longer --timeout");
	return wh_fail(err, EPROTO, "%s with what was learnt, so nothing can be proven%s",
		verify->late ? "the check did not succeed in time (--timeout)"
			     : "the container does not work",
		verify->learnt.complete ? "" : "; the recording is incomplete");
}

/* ---- the outcome ------------------------------------------------------------------------- */

static wh_capset proven(const struct wh_elimination *elimination, enum wh_proof proof)
{
	wh_capset set = 0;

	for (unsigned i = 0; i < WH_CAP_COUNT; i++) {
		if ((elimination->base & wh_capset_of(i)) != 0 &&
			wh_eliminate_proof(elimination, i) == proof)
			set |= wh_capset_of(i);
	}
	return set;
}

static int keep_outcome(struct verify *verify)
{
	const struct wh_verified verified = {
		.time = (int64_t)time(NULL),
		.base = verify->elimination.base,
		.needed = proven(&verify->elimination, WH_PROOF_NEEDED),
		.not_needed = proven(&verify->elimination, WH_PROOF_NOT_NEEDED),
		.check = verify->call->command,
		.check_count = verify->call->command_count,
	};

	return wh_verified_put(verify->learnt.name, &verified, &verify->session.err);
}

static void write_text(const struct verify *verify, struct wh_screen *screen)
{
	static const char *const headings[WH_PROOFS] = { "proven needed", "proven not needed",
		"not proven" };
	static const enum wh_shade shades[WH_PROOFS] = { WH_GOOD, WH_BAD, WH_DOUBT };
	const struct wh_elimination *elimination = &verify->elimination;

	wh_screen_heading(screen, verify->learnt.name);
	wh_buf_addf(screen->to, "works with what was learnt, in %u run%s\n", elimination->tries,
		elimination->tries == 1 ? "" : "s");
	for (unsigned proof = 0; proof < WH_PROOFS; proof++) {
		struct wh_buf line WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;

		wh_learn_add_names(&line, proven(elimination, proof));
		if (line.len == 0)
			continue;
		wh_screen_heading(screen, headings[proof]);
		wh_screen_item(screen, shades[proof], line.data);
	}
	if (!wh_words_has(verify->call->words, "thorough") &&
		wh_learnt_capabilities(&verify->learnt, true) != 0)
		wh_buf_add_string(
			screen->to, "\n--thorough tries without what was seen in use, too\n");
	if (verify->call->command_count == 0)
		wh_buf_add_string(screen->to,
			"\nit works when its exit status is 0; -- and a command say it better\n");
}

static void write_json(const struct verify *verify, struct wh_buf *to)
{
	const struct wh_elimination *elimination = &verify->elimination;

	wh_put_open(to, NULL, '{');
	wh_put_count(to, "schema", 1);
	wh_put_text(to, "version", WH_VERSION);
	wh_put_text(to, "name", verify->learnt.name);
	wh_put_count(to, "runs", elimination->tries);
	wh_put_capabilities(to, "base", elimination->base);
	wh_put_capabilities(to, "needed", proven(elimination, WH_PROOF_NEEDED));
	wh_put_capabilities(to, "notNeeded", proven(elimination, WH_PROOF_NOT_NEEDED));
	wh_put_capabilities(to, "notProven", proven(elimination, WH_PROOF_OPEN));
	wh_buf_add_string(to, "}\n");
}

static int print(const struct verify *verify, struct wh_err *err)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_screen screen = wh_screen_of(stdout, &text);
	int r;

	if (wh_words_has(verify->call->words, "json"))
		write_json(verify, &text);
	else
		write_text(verify, &screen);
	r = wh_print(&text, stdout);
	return r < 0 ? wh_fail_errno(err, -r, "the answer could not be written") : 0;
}

/* ---- what is asked ----------------------------------------------------------------------- */

static int read_number(const struct wh_learn_call *call, const char *option, unsigned most,
	unsigned *ret, struct wh_err *err)
{
	const char *value = wh_words_value(call->words, option);
	unsigned number = 0;

	if (value == NULL)
		return 0;
	for (const char *at = value; *at != '\0'; at++) {
		if (*at < '0' || *at > '9' || number > most)
			number = most + 1;
		else
			number = number * 10 + (unsigned)(*at - '0');
	}
	if (number == 0 || number > most)
		return wh_fail(err, EINVAL, "--%s is a number from 1 to %u", option, most);
	*ret = number;
	return 0;
}

/* The only recording that can be run again. 0 or -errno. */
static int guess_name(struct verify *verify, const char **ret)
{
	struct wh_learn_session *session = &verify->session;
	struct wh_learn_subjects subjects;
	int r = wh_learn_subjects(NULL, 0, &session->arena, &subjects, &session->err);
	const char *name = NULL;
	size_t count = 0;

	for (size_t i = 0; r == 0 && i < subjects.count; i++) {
		if (subjects.all[i].error != NULL || subjects.all[i].learnt.command_count == 0)
			continue;
		name = subjects.all[i].name;
		count++;
	}
	if (r == 0 && count != 1)
		r = wh_fail(&session->err, count == 0 ? ENOENT : EINVAL,
			count == 0 ? "there is nothing to run again; begin with whittlectl learn "
				     "-- docker run..."
				   : "say which with --name; whittlectl learn list has the names");
	*ret = r < 0 ? NULL : name;
	return r;
}

static int read_subject(struct verify *verify)
{
	struct wh_learn_session *session = &verify->session;
	const char *name = wh_words_value(verify->call->words, "name");
	size_t running = 0;
	int r = name == NULL ? guess_name(verify, &name) : 0;

	if (r == 0)
		r = wh_store_read(name, &session->arena, &verify->learnt, &running, &session->err);
	if (r < 0 && name != NULL)
		wh_err_prefix(&session->err, "%s", name);
	if (r < 0)
		return r;
	if (running > 0)
		return wh_fail(&session->err, EBUSY, "%s is still being recorded", name);
	if (verify->learnt.command_count == 0)
		return wh_fail(&session->err, ENODATA,
			"how to run %s again is not known: only what whittlectl learn -- started "
			"can be verified",
			name);
	if (verify->learnt.of_command < verify->learnt.recordings &&
		verify->call->command_count == 0)
		return wh_fail(&session->err, EINVAL,
			"%s was recorded with other commands too, or by a rule, and that the last "
			"one succeeds says nothing of those: say -- and a command that succeeds "
			"when all works, or record each with a --name of its own",
			name);
	return wh_learn_session_open(
		session, verify->call, verify->learnt.command, verify->learnt.command_count);
}

static int prepare(struct verify *verify)
{
	const struct wh_learnt *learnt = &verify->learnt;
	bool thorough = wh_words_has(verify->call->words, "thorough");
	unsigned most = MOST, seconds = TIMEOUT_S;
	struct wh_err *err = &verify->session.err;
	int r = read_number(verify->call, "max", 1000, &most, err);
	wh_capset all, used;

	if (r == 0)
		r = read_number(verify->call, "timeout", 86400, &seconds, err);
	if (r == 0)
		r = read_subject(verify);
	if (r < 0)
		return r;
	verify->timeout = seconds * INT64_C(1000);
	all = wh_learnt_capabilities(learnt, false);
	used = wh_learnt_capabilities(learnt, true);
	if (learnt->transport == NULL)
		wh_eliminate_begin(&verify->elimination, learnt->granted, 0, learnt->granted, most);
	else
		wh_eliminate_begin(
			&verify->elimination, all, all & ~used, thorough ? used : 0, most);
	return 0;
}

int wh_learn_verify(const struct wh_learn_call *call)
{
	struct verify verify WH_CLEANUP(verify_done) = {
		.session = WH_LEARN_SESSION_INIT, .call = call, .output = WH_NO_FD
	};
	int r = prepare(&verify);

	verify.session.progress = wh_learn_progress_begin(wh_words_has(call->words, "no-progress"));
	if (r < 0)
		return wh_learn_trouble(call, &verify.session.err);
	r = eliminate(&verify);
	if (r == 0 && verify.elimination.failed)
		r = explain_failure(&verify);
	if (r == 0)
		r = keep_outcome(&verify);
	if (r == 0)
		r = print(&verify, &verify.session.err);
	if (r == 0)
		return WH_EXIT_FINE;
	(void)wh_learn_trouble(call, &verify.session.err);
	return is_stopped(&verify)         ? 128 + SIGINT
	       : verify.elimination.failed ? WH_EXIT_FINDINGS
					   : WH_EXIT_TROUBLE;
}
