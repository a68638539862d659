/* SPDX-License-Identifier: Apache-2.0 */
/*
 * whittlectl explain: what a container asks for, what it gets, and which rule decides. It judges
 * with whittle's own code, on a copy of the document, and changes nothing.
 */

#include "explain.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "whittlectl/policy-file.h"
#include "whittlectl/verbs.h"

int wh_explain_note(struct wh_explain *explain, const char *format, ...)
{
	struct wh_explain_note **end = &explain->notes;
	struct wh_explain_note *note = wh_arena_alloc(&explain->judged.arena, sizeof(*note));
	char text[1024];
	va_list args;

	if (note == NULL)
		return -ENOMEM;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	note->text = wh_arena_dup(&explain->judged.arena, wh_slice_of(text));
	while (*end != NULL)
		end = &(*end)->next;
	*end = note;
	return note->text == NULL ? -ENOMEM : 0;
}

/* ---- the policy ----------------------------------------------------------------------------- */

static int check_rules(const struct wh_explain *explain, struct wh_err *err)
{
	for (size_t i = 0; i < explain->rule_count; i++) {
		bool found = strcmp(explain->rules[i], "default") == 0;
		struct wh_limits limits;
		const char *name;

		for (size_t n = 0;
			!found && wh_policy_rule(explain->judged.policy, n, &name, &limits) == 0;
			n++)
			found = strcmp(name, explain->rules[i]) == 0;
		if (!found)
			return wh_fail(err, ENOENT, "%s has no rule \"%s\"", explain->policy_file,
				explain->rules[i]);
	}
	return 0;
}

/* What whittle would start with: without a valid policy, or a runtime behind it, nothing is. */
static int load_policy(struct wh_explain *explain, struct wh_err *err)
{
	struct wh_judgement *judged = &explain->judged;
	struct wh_whittles whittles;
	enum wh_runtime_kind kind;
	int r = wh_load_policy(explain->policy_file, &judged->policy, NULL, NULL, err);

	if (r == 0)
		r = wh_find_whittles(&judged->arena, &whittles, err);
	if (r < 0)
		return r;
	r = wh_find_policy_runtime(judged->policy, &whittles, &judged->arena, &explain->runtime,
		&kind, &explain->refusal);
	if (r < 0)
		explain->runtime = NULL;
	else if (explain->target_kind != WH_TARGET_CONTAINER)
		judged->kind = kind;
	return check_rules(explain, err);
}

/* ---- the judgement -------------------------------------------------------------------------- */

static int identify(struct wh_explain *explain, struct wh_err *err)
{
	struct wh_judgement *judged = &explain->judged;
	int r;

	if (explain->named) {
		explain->who = judged->identity;
		return 0;
	}
	r = wh_judge_identify_config(judged, explain->call, err);
	if (r == 0)
		r = wh_judge_find_out(judged, explain->call, &explain->who);
	return r < 0 ? wh_fail_errno(err, -r, "identifying it") : 0;
}

/* A refusal is an answer; a failure of ours is none. */
static int judge(struct wh_explain *explain, struct wh_err *err)
{
	struct wh_judgement *judged = &explain->judged;
	int r = wh_privileges_of_config(judged->doc, &judged->arena, &explain->before);

	if (r < 0)
		return wh_fail_errno(err, -r, "reading config.json");
	r = identify(explain, err);
	if (r < 0)
		return r;
	r = wh_judge_decide(judged, &explain->refusal);
	if (r == 0)
		r = wh_judge_config(judged, explain->bundle, NULL, &explain->refusal);
	if (r == -ENOMEM)
		return wh_fail(err, ENOMEM, "%s", explain->refusal.text);
	if (r < 0)
		return 0;
	r = wh_privileges_of_config(judged->doc, &judged->arena, &explain->after);
	return r < 0 ? wh_fail_errno(err, -r, "reading what is left") : 0;
}

static int explain_it(struct wh_explain *explain, bool policy_given, struct wh_err *err)
{
	int r = wh_explain_find(explain, policy_given, err);

	if (r < 0)
		return r;
	if (geteuid() != 0 &&
		wh_explain_note(explain, "not run as root: what only root can see of this host is "
					 "not known, and could change the answer") < 0)
		return wh_fail_errno(err, ENOMEM, "reading %s", explain->target);
	if (r > 0)
		return load_policy(explain, err);
	r = load_policy(explain, err);
	return r < 0 ? r : judge(explain, err);
}

static int print(struct wh_explain *explain, bool json, struct wh_err *err)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_screen screen = wh_screen_of(stdout, &text);
	int r = json ? wh_explain_json(explain, &text) : wh_explain_text(explain, &screen);

	if (r < 0)
		return wh_fail_errno(err, -r, "asking the policy");
	r = wh_print(&text, stdout);
	return r < 0 ? wh_fail_errno(err, -r, "the answer could not be written") : 0;
}

static void explain_done(struct wh_explain *explain)
{
	wh_close_fd(&explain->bundle);
	wh_judgement_done(&explain->judged);
}

int wh_verb_explain(const struct wh_words *words)
{
	const char *policy = wh_words_value(words, "policy");
	struct wh_explain explain WH_CLEANUP(explain_done) = {
		.judged = WH_JUDGEMENT_INIT,
		.target = words->arguments[0],
		.policy_file = policy == NULL ? WH_POLICY_FILE : policy,
		.rules = words->arguments + 1,
		.rule_count = words->count - 1,
		.bundle = WH_NO_FD,
	};
	struct wh_err err = WH_ERR_INIT;

	if (explain_it(&explain, policy != NULL, &err) < 0 ||
		print(&explain, wh_words_has(words, "json"), &err) < 0) {
		(void)fprintf(stderr, "whittlectl explain: %s\n", err.text);
		return WH_EXIT_TROUBLE;
	}
	return explain.refusal.number != 0 ? WH_EXIT_FINDINGS : WH_EXIT_FINE;
}
