/* SPDX-License-Identifier: Apache-2.0 */
/*
 * whittlectl learn start and stop: the key "learn" of a rule, in the policy's text. Containers are
 * recorded from their next start on; stop ends the recordings that go on as well. "default" is the
 * policy's own word, for whatever its rules do not speak of.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "whittlectl/configure/configure.h"
#include "learn.h"
#include "whittlectl/policy-edit.h"
#include "policy/policy.h"
#include "record/store.h"

#define DEFAULT "default"
#define PATIENCE_MS 20000 /* for recorders to end: they may look through a large file system */
#define STEP_MS 50

struct edit {
	const struct wh_learn_call *call;
	struct wh_arena arena;
	struct wh_err err;
	struct wh_target target;
	struct wh_policy *policy; /* as it was; no rule comes or goes */
	struct wh_buf text, diff;
	bool starts, dry_run;
};

static void edit_done(struct edit *edit)
{
	wh_buf_done(&edit->text);
	wh_buf_done(&edit->diff);
	wh_policy_free(edit->policy);
	wh_target_done(&edit->target);
	wh_arena_done(&edit->arena);
}

static int no_memory(struct edit *edit)
{
	return wh_fail_errno(&edit->err, ENOMEM, "cannot edit the policy");
}

/* ---- the text ---------------------------------------------------------------------------- */

/* What nobody would load is not written, and not edited either. */
static int parse(struct edit *edit, struct wh_slice text, struct wh_policy **ret)
{
	struct wh_buf copy WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;

	wh_buf_add_slice(&copy, text);
	return wh_policy_parse_take(ret, &copy, edit->target.path, &edit->err);
}

/* Whether the text makes this rule (NULL: "default") record, by its own word or the policy's. */
static int learns(struct edit *edit, struct wh_slice text, const char *rule, bool *ret)
{
	struct wh_policy *policy WH_POLICY = NULL;
	struct wh_limits limits;
	const char *name;
	int r = parse(edit, text, &policy);

	if (r < 0)
		return r;
	*ret = wh_policy_default(policy)->learn;
	for (size_t i = 0; rule != NULL && wh_policy_rule(policy, i, &name, &limits) == 0; i++) {
		if (strcmp(name, rule) == 0)
			*ret = limits.learn;
	}
	return 0;
}

/* Puts true, false or nothing (NULL) in the place of the key, from `text` to edit->text. */
static int put(struct edit *edit, struct wh_slice text, const char *rule, const bool *value)
{
	static const char *const path[] = { "learn", NULL };
	struct wh_buf edited WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_json *doc WH_JSON = NULL;
	int r;

	if (wh_json_new(&doc) < 0)
		return no_memory(edit);
	r = value != NULL ? wh_policy_edit_set(text, rule, path, doc, wh_json_new_bool(doc, *value),
				    &edited, &edit->err)
			  : wh_policy_edit_unset(text, rule, path, &edited, &edit->err);
	if (r < 0) {
		wh_err_prefix(&edit->err, "%s", edit->target.path);
		return r;
	}
	wh_buf_done(&edit->text);
	edit->text = edited;
	edited = (struct wh_buf)WH_BUF_INIT;
	return 0;
}

/* To stop takes the key out, so that the policy reads as before; where the policy's own word would
 * then hold, the rule has to say no. */
static int change(struct edit *edit, const char *name, struct wh_slice text)
{
	const char *rule = strcmp(name, DEFAULT) == 0 ? NULL : name;
	const bool no = false;
	bool still;
	int r = put(edit, text, rule, edit->starts ? &edit->starts : NULL);

	if (r == 0)
		r = learns(edit, wh_text_of(&edit->text), rule, &still);
	if (r == 0 && still && !edit->starts)
		r = put(edit, text, rule, &no);
	return r;
}

static int count_running(struct edit *edit, const char *name, size_t *ret)
{
	const struct wh_store_running *list;

	return wh_store_running(name, &edit->arena, &list, ret, &edit->err);
}

/* Whether the policy speaks of it: "default", or a rule. */
static bool is_policys(const struct edit *edit, const char *given)
{
	struct wh_limits unused;
	const char *name;

	for (size_t i = 0; wh_policy_rule(edit->policy, i, &name, &unused) == 0; i++) {
		if (strcmp(name, given) == 0)
			return true;
	}
	return strcmp(given, DEFAULT) == 0;
}

/* Recordings that no rule gave a name, such as an image's, can be stopped by theirs. */
static bool is_recorded_only(struct edit *edit, const char *name)
{
	size_t running;

	return !edit->starts && !is_policys(edit, name) &&
	       count_running(edit, name, &running) == 0 && running > 0;
}

static int edit_policy(struct edit *edit)
{
	const char *file = wh_words_value(edit->call->words, "policy");
	struct wh_slice before;
	int r;

	file = file != NULL ? file : WH_POLICY_FILE;
	if (file[0] != '/')
		return wh_fail(&edit->err, EINVAL, "--policy is an absolute path");
	r = wh_target_open(&edit->target, file, &edit->arena, &edit->err);
	if (r == 0 && edit->target.fd < 0)
		return wh_fail(&edit->err, ENOENT, "%s is not there", file);
	if (r < 0)
		return r;
	before = wh_text_of(&edit->target.text);
	r = parse(edit, before, &edit->policy);
	wh_buf_add_slice(&edit->text, before);
	for (size_t i = 0; r == 0 && i < edit->call->count; i++) {
		struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;

		if (is_recorded_only(edit, edit->call->names[i]))
			continue;
		text = edit->text;
		edit->text = (struct wh_buf)WH_BUF_INIT;
		r = change(edit, edit->call->names[i], wh_text_of(&text));
	}
	return r;
}

static int write_policy(struct edit *edit)
{
	struct wh_slice before = wh_text_of(&edit->target.text), after = wh_text_of(&edit->text);
	const char *folder;

	if (edit->dry_run)
		return wh_diff(edit->target.path, &before, &after, &edit->diff) < 0
			       ? no_memory(edit)
			       : 0;
	if (wh_slice_eq(before, after))
		return 0;
	return wh_target_write(&edit->target, after, 0644, &edit->arena, &folder, &edit->err);
}

/* ---- recordings that go on --------------------------------------------------------------- */

static int end_recordings(struct edit *edit, const char *name)
{
	const struct wh_store_running *list;
	size_t count, left = 0;
	int r = wh_store_running(name, &edit->arena, &list, &count, &edit->err);

	for (size_t i = 0; r == 0 && i < count; i++)
		r = wh_store_stop(&list[i], &edit->err);
	left = count;
	for (int waited = 0; r == 0 && left > 0 && waited < PATIENCE_MS; waited += STEP_MS) {
		(void)nanosleep(&(struct timespec){ .tv_nsec = STEP_MS * 1000000L }, NULL);
		r = count_running(edit, name, &left);
	}
	if (r == 0 && left > 0)
		return wh_fail(&edit->err, ETIMEDOUT, "%s: %zu recordings did not end in time",
			name, left);
	if (r == 0 && count > 0)
		(void)printf("%s: %zu recording%s ended\n", name, count, count == 1 ? "" : "s");
	return r;
}

/* "default" gives no name: what it records is called after the image, or the container. */
static int end_nameless(struct edit *edit)
{
	const char **names;
	size_t count;
	int r = wh_store_list(&edit->arena, &names, &count, &edit->err);

	if (r < 0)
		return r;
	/* One that cannot be looked at keeps none of the others on; the error is the first one's.
	 */
	for (size_t i = 0; i < count; i++) {
		int one = is_policys(edit, names[i]) ? 0 : end_recordings(edit, names[i]);

		r = r < 0 ? r : one;
	}
	return r;
}

/* ---- the words --------------------------------------------------------------------------- */

static int run(struct edit *edit)
{
	int r = edit_policy(edit);

	if (r == 0)
		r = write_policy(edit);
	for (size_t i = 0; r == 0 && !edit->starts && !edit->dry_run && i < edit->call->count; i++)
		r = strcmp(edit->call->names[i], DEFAULT) == 0
			    ? end_nameless(edit)
			    : end_recordings(edit, edit->call->names[i]);
	return r;
}

static int edit_and_tell(const struct wh_learn_call *call, bool starts)
{
	struct edit edit WH_CLEANUP(edit_done) = {
		.call = call,
		.target = { .folder = WH_NO_FD, .fd = WH_NO_FD },
		.starts = starts,
		.dry_run = wh_words_has(call->words, "dry-run"),
	};

	if (run(&edit) < 0)
		return wh_learn_trouble(call, &edit.err);
	if (edit.dry_run)
		(void)fputs(wh_text_of(&edit.diff).data, stdout);
	for (size_t i = 0; !edit.dry_run && i < call->count; i++) {
		if (!is_policys(&edit, call->names[i]))
			continue;
		(void)printf("%s: %s\n", call->names[i],
			starts ? "what starts from now on is recorded"
			       : "what starts from now on is not recorded");
	}
	return fflush(stdout) != 0 ? WH_EXIT_TROUBLE : WH_EXIT_FINE;
}

int wh_learn_start(const struct wh_learn_call *call)
{
	return edit_and_tell(call, true);
}

int wh_learn_stop(const struct wh_learn_call *call)
{
	return edit_and_tell(call, false);
}
