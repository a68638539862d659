/* SPDX-License-Identifier: Apache-2.0 */
/* What is printed at the end of a run that was learnt: what was used and why, what was not, and the
 * rule. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "run.h"
#include "learn/rule.h"
#include "whittlectl/put.h"
#include "record/verified.h"

/* The same JSON with a line for each member; what comes in has no blanks between its words. */
static void add_indented(struct wh_buf *to, const char *text)
{
	size_t depth = 0;
	bool string = false;

	for (const char *at = text; *at != '\0'; at++) {
		bool opens = *at == '{' || *at == '[', closes = *at == '}' || *at == ']';

		if (string || (!opens && !closes && *at != ',' && *at != ':')) {
			if (*at == '"')
				string = !string;
			wh_buf_add_char(to, *at);
			if (*at == '\\')
				wh_buf_add_char(to, *++at);
			continue;
		}
		depth -= closes;
		if (closes && at[-1] != '{' && at[-1] != '[')
			wh_buf_addf(to, "\n%*s", (int)depth * 2, "");
		wh_buf_add_char(to, *at);
		depth += opens;
		if (*at == ':')
			wh_buf_add_char(to, ' ');
		else if (*at == ',' || (opens && at[1] != '}' && at[1] != ']'))
			wh_buf_addf(to, "\n%*s", (int)depth * 2, "");
	}
}

static int write_rule(const struct wh_learnt *learnt, struct wh_arena *arena, struct wh_buf *ret,
	struct wh_err *err)
{
	struct wh_learnt_rule_options options = { .used_only = false };
	struct wh_json *doc WH_JSON = NULL;
	int r = wh_json_new(&doc);

	if (r == 0)
		r = wh_verified_without(learnt->name, learnt, arena, &options.without, err);

	/* Nothing is known, and a rule would say that nothing is needed. */
	if (learnt->transport == NULL) {
		wh_buf_add_string(ret, "null");
		return r;
	}
	return r < 0 ? r : wh_put_value(ret, doc, wh_learnt_rule(learnt, &options, doc, arena));
}

/* ---- for people -------------------------------------------------------------------------- */

static void add_use(struct wh_screen *screen, const struct wh_learnt *learnt,
	const struct wh_use_of *use, struct wh_arena *arena)
{
	struct wh_buf line WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	const char *reason = wh_learnt_reason(learnt, use, arena);

	wh_learn_add_names(&line, wh_capset_of(use->capability));
	if (reason != NULL)
		wh_buf_addf(&line, ": %s", reason);
	if (use->count > 0)
		wh_buf_addf(&line, "; %llu check%s%s", (unsigned long long)use->count,
			use->count == 1 ? "" : "s", use->at_least ? " or more" : "");
	if (wh_buf_status(&line) == 0)
		wh_screen_item(screen, use->use == WH_USE_NEEDED ? WH_GOOD : WH_DOUBT, line.data);
	else
		screen->to->failed = true;
}

static void add_set(struct wh_screen *screen, const char *heading, wh_capset set)
{
	struct wh_buf line WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;

	if (set == 0)
		return;
	wh_screen_heading(screen, heading);
	wh_learn_add_names(&line, set);
	if (wh_buf_status(&line) == 0)
		wh_screen_item(screen, WH_BAD, line.data);
	else
		screen->to->failed = true;
}

static void add_remarks(
	struct wh_screen *screen, const struct wh_learnt *learnt, struct wh_arena *arena)
{
	struct wh_learn_remarks remarks;

	if (wh_learn_remarks(learnt, false, arena, &remarks) < 0) {
		screen->to->failed = true;
		return;
	}
	if (remarks.count > 0)
		wh_screen_heading(screen, "what the rule leaves to you");
	for (size_t i = 0; i < remarks.count; i++)
		wh_screen_item(screen, WH_DOUBT, remarks.all[i]);
}

static void write_text(const struct wh_learnt *learnt, const struct wh_buf *rule,
	struct wh_arena *arena, struct wh_screen *screen)
{
	const char *together = learnt->recordings < 2
				       ? ""
				       : wh_arena_printf(arena, " in %llu recordings together",
						 (unsigned long long)learnt->recordings);
	char *title = wh_arena_printf(arena,
		"%s: used %s capabilities in %s (%llu events, by %s)%s", learnt->name,
		wh_learn_show_used(learnt, arena), wh_learn_show_time(learnt->milliseconds, arena),
		(unsigned long long)learnt->events,
		learnt->transport == NULL ? "nothing" : learnt->transport, together);

	wh_screen_heading(screen, title == NULL ? learnt->name : title);
	for (size_t i = 0; i < learnt->use_count; i++)
		add_use(screen, learnt, &learnt->uses[i], arena);
	add_set(screen, "granted and never used",
		learnt->granted & ~wh_learnt_capabilities(learnt, false));
	wh_learn_add_others(screen, learnt, arena);
	if (!learnt->complete) {
		wh_screen_heading(screen, "incomplete");
		wh_screen_item(screen, WH_BAD,
			learnt->incomplete == NULL ? "for a reason unknown" : learnt->incomplete);
	}
	if (learnt->transport == NULL)
		return;
	wh_screen_heading(screen, "the rule");
	add_indented(screen->to, rule->data);
	wh_buf_add_char(screen->to, '\n');
	add_remarks(screen, learnt, arena);
}

/* ---- for programs ------------------------------------------------------------------------ */

static void put_uses(struct wh_buf *to, const struct wh_learnt *learnt, struct wh_arena *arena)
{
	wh_put_open(to, "uses", '[');
	for (size_t i = 0; i < learnt->use_count; i++) {
		const struct wh_use_of *use = &learnt->uses[i];

		wh_put_open(to, NULL, '{');
		wh_put_text(to, "capability",
			use->capability < WH_CAP_COUNT ? wh_capability_get(use->capability)->name
						       : NULL);
		wh_put_text(to, "use", wh_use_name(use->use));
		wh_learn_put_evidence(to, learnt, use, arena);
		wh_buf_add_char(to, '}');
	}
	wh_buf_add_char(to, ']');
}

static void put_remarks(struct wh_buf *to, const struct wh_learnt *learnt, struct wh_arena *arena)
{
	struct wh_learn_remarks remarks;

	if (wh_learn_remarks(learnt, false, arena, &remarks) < 0)
		to->failed = true;
	wh_put_texts(to, "remarks", remarks.all, to->failed ? 0 : remarks.count);
}

static void write_json(const struct wh_learnt *learnt, int status, const struct wh_buf *rule,
	struct wh_arena *arena, struct wh_buf *to)
{
	wh_put_open(to, NULL, '{');
	wh_put_count(to, "schema", 1);
	wh_put_text(to, "version", WH_VERSION);
	wh_put_text(to, "name", learnt->name);
	wh_put_text(to, "image", learnt->image);
	wh_put_text(to, "transport", learnt->transport);
	wh_put_count(to, "status", (size_t)status);
	wh_put_count(to, "recordings", (size_t)learnt->recordings);
	wh_put_count(to, "milliseconds", (size_t)learnt->milliseconds);
	wh_put_count(to, "events", (size_t)learnt->events);
	wh_put_count(to, "lost", (size_t)learnt->lost);
	wh_put_bool(to, "complete", learnt->complete);
	wh_put_text(to, "incomplete", learnt->incomplete);
	wh_put_capabilities(to, "granted", learnt->granted);
	put_uses(to, learnt, arena);
	wh_put_capabilities(
		to, "neverUsed", learnt->granted & ~wh_learnt_capabilities(learnt, false));
	wh_learn_put_others(to, learnt);
	wh_put_key(to, "rule");
	wh_buf_add(to, rule->data, rule->len);
	put_remarks(to, learnt, arena);
	wh_buf_add_string(to, "}\n");
}

int wh_learn_summary(const struct wh_learnt *learnt, int status, bool json, struct wh_err *err)
{
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	struct wh_buf rule WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_screen screen = wh_screen_of(stdout, &text);
	int r = write_rule(learnt, &arena, &rule, err);

	if (r == 0)
		r = wh_buf_status(&rule);
	if (r < 0)
		return wh_fail_errno(err, -r, "writing the rule");
	if (json)
		write_json(learnt, status, &rule, &arena, &text);
	else
		write_text(learnt, &rule, &arena, &screen);
	r = wh_print(&text, stdout);
	return r < 0 ? wh_fail_errno(err, -r, "the answer could not be written") : 0;
}
