/* SPDX-License-Identifier: Apache-2.0 */
/*
 * whittlectl learn report: what was granted beside what was used, for each name and over the host.
 * Each granted capability is used, with the evidence; speculative, with why; or was never used,
 * with what somebody gains by it who runs code in the container.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "whittlectl/audit/audit.h"
#include "base/utc.h"
#include "learn.h"
#include "learn/eliminate.h"
#include "learn/rule.h"
#include "whittlectl/put.h"

/* ---- one capability of one name ---------------------------------------------------------- */

static const struct wh_use_of *use_of(const struct wh_learnt *learnt, unsigned capability)
{
	for (size_t i = 0; i < learnt->use_count; i++) {
		if (learnt->uses[i].capability == capability)
			return &learnt->uses[i];
	}
	return NULL;
}

static wh_capset mentioned(const struct wh_learnt *learnt)
{
	return learnt->granted | wh_learnt_capabilities(learnt, false);
}

wh_capset wh_learn_never_used(const struct wh_learnt *learnt)
{
	return learnt->granted & ~wh_learnt_capabilities(learnt, false);
}

/* What elimination runs proved of it; NULL: nothing. */
static const char *proof_of(const struct wh_learn_subject *subject, unsigned capability)
{
	if ((subject->needed & wh_capset_of(capability)) != 0)
		return wh_proof_name(WH_PROOF_NEEDED);
	return (subject->needless & wh_capset_of(capability)) != 0
		       ? wh_proof_name(WH_PROOF_NOT_NEEDED)
		       : NULL;
}

static const char *name_of(unsigned capability, struct wh_arena *arena)
{
	return capability < WH_CAP_COUNT ? wh_capability_get(capability)->name
					 : wh_arena_printf(arena, "%u", capability);
}

static const struct wh_cell heads[WH_COLUMNS] = { { "  CAPABILITY", WH_BOLD }, { "USE", WH_BOLD },
	{ "COUNT", WH_BOLD }, { "FIRST", WH_BOLD }, { "GRADE", WH_BOLD }, { NULL, WH_PLAIN },
	{ NULL, WH_PLAIN }, { NULL, WH_PLAIN }, { "WHAT FOR, OR WHAT IT IS WORTH", WH_BOLD } };

static void describe_use(const struct wh_learn_subject *subject, const struct wh_use_of *use,
	struct wh_arena *arena, struct wh_cell cells[WH_COLUMNS])
{
	const char *reason = wh_learnt_reason(&subject->learnt, use, arena);
	const char *proof = proof_of(subject, use->capability);
	char first[WH_UTC_SIZE];

	wh_utc_format(use->first, first);
	cells[1] = (struct wh_cell){ wh_use_name(use->use),
		use->use == WH_USE_NEEDED ? WH_GOOD : WH_DOUBT };
	cells[2].text = use->by_file && use->count == 0
				? "by file"
				: wh_arena_printf(arena, "%llu%s", (unsigned long long)use->count,
					  use->at_least ? "+" : "");
	/* The day will do; JSON has the second. */
	cells[3].text = use->first == 0 ? "-" : wh_arena_printf(arena, "%.10s", first);
	cells[WH_SENTENCE].text = reason;
	if (proof != NULL && reason != NULL)
		cells[WH_SENTENCE].text = wh_arena_printf(arena, "%s: proven %s", reason, proof);
}

static void describe(const struct wh_learn_subject *subject, unsigned capability,
	struct wh_arena *arena, struct wh_cell cells[WH_COLUMNS])
{
	const struct wh_use_of *use = use_of(&subject->learnt, capability);
	const struct wh_capability *info =
		capability < WH_CAP_COUNT ? wh_capability_get(capability) : NULL;
	bool grave = info != NULL && info->grade >= WH_GRADE_HIGH;

	memset(cells, 0, WH_COLUMNS * sizeof(*cells));
	cells[0].text = wh_arena_printf(arena, "  %s", name_of(capability, arena));
	cells[4] = (struct wh_cell){ info == NULL ? "?" : wh_grade_info(info->grade)->name,
		use == NULL && grave ? WH_BAD : WH_PLAIN };
	if (use != NULL) {
		describe_use(subject, use, arena, cells);
		return;
	}
	cells[1] = (struct wh_cell){ "never", WH_BAD };
	cells[2].text = "0";
	cells[3].text = "-";
	cells[WH_SENTENCE].text = info == NULL ? "it has no name here" : info->risk;
}

/* ---- for people -------------------------------------------------------------------------- */

static void add_table(
	const struct wh_learn_subject *subject, struct wh_arena *arena, struct wh_screen *screen)
{
	size_t widths[WH_COLUMNS] = { 0 };
	struct wh_cell cells[WH_COLUMNS];

	wh_screen_widen(widths, heads);
	for (int pass = 0; pass < 2; pass++) {
		if (pass == 1)
			wh_screen_row(screen, widths, heads);
		for (unsigned i = 0; i < 64; i++) {
			if ((mentioned(&subject->learnt) & wh_capset_of(i)) == 0)
				continue;
			describe(subject, i, arena, cells);
			if (pass == 0)
				wh_screen_widen(widths, cells);
			else
				wh_screen_row(screen, widths, cells);
		}
	}
}

static void add_sentence(struct wh_screen *screen, enum wh_shade shade, const char *sentence)
{
	if (sentence == NULL) {
		screen->to->failed = true;
		return;
	}
	wh_screen_blanks(screen, 2);
	wh_screen_wrap(screen, shade, sentence, 2, 4);
}

/* What the rule would say beside capabilities. */
static void add_rest(
	const struct wh_learnt *learnt, struct wh_arena *arena, struct wh_screen *screen)
{
	struct wh_learnt_root root;

	if (wh_learnt_root(learnt, arena, &root) < 0) {
		screen->to->failed = true;
		return;
	}
	if (root.why != NULL)
		add_sentence(screen, WH_PLAIN,
			wh_arena_printf(arena, "root file system: writable, since %s", root.why));
	else
		add_sentence(screen, WH_PLAIN,
			wh_arena_printf(arena, "root file system: can be read-only%s",
				root.count > 0 ? ", with a tmpfs where it writes" : ""));
	for (size_t i = 0; i < learnt->program_count; i++)
		add_sentence(screen, WH_DOUBT,
			wh_arena_printf(arena, "executed %s, which is privileged by its file",
				learnt->programs[i].path));
}

static void add_subject(
	const struct wh_learn_subject *subject, struct wh_arena *arena, struct wh_screen *screen)
{
	const struct wh_learnt *learnt = &subject->learnt;

	wh_screen_heading(screen, subject->name);
	if (subject->error != NULL) {
		add_sentence(screen, WH_BAD, subject->error);
		return;
	}
	if (learnt->image != NULL)
		add_sentence(screen, WH_PLAIN, wh_arena_printf(arena, "image: %s", learnt->image));
	add_sentence(screen, WH_PLAIN,
		wh_arena_printf(arena, "%s capabilities in %llu recording%s, %s",
			wh_learn_show_used(learnt, arena), (unsigned long long)learnt->recordings,
			learnt->recordings == 1 ? "" : "s",
			wh_learn_show_time(learnt->milliseconds, arena)));
	if (!learnt->complete)
		add_sentence(screen, WH_DOUBT,
			wh_arena_printf(arena, "incomplete: %s", learnt->incomplete));
	add_table(subject, arena, screen);
	add_rest(learnt, arena, screen);
}

/* ---- over the host ----------------------------------------------------------------------- */

struct total {
	size_t granted, used, speculative, never;
};

static struct total count(const struct wh_learn_subjects *subjects, unsigned capability)
{
	wh_capset one = wh_capset_of(capability);
	struct total total = { 0 };

	for (size_t i = 0; i < subjects->count; i++) {
		const struct wh_learnt *learnt = &subjects->all[i].learnt;
		wh_capset used = wh_learnt_capabilities(learnt, true);
		wh_capset kept = wh_learnt_capabilities(learnt, false);

		if (subjects->all[i].error != NULL)
			continue;
		total.granted += (mentioned(learnt) & one) != 0;
		total.used += (used & one) != 0;
		total.speculative += (kept & ~used & one) != 0;
		total.never += (wh_learn_never_used(learnt) & one) != 0;
	}
	return total;
}

static void add_total(const struct wh_learn_subjects *subjects, unsigned capability,
	struct wh_arena *arena, struct wh_cell cells[WH_COLUMNS])
{
	struct total total = count(subjects, capability);
	const struct wh_capability *info =
		capability < WH_CAP_COUNT ? wh_capability_get(capability) : NULL;

	memset(cells, 0, WH_COLUMNS * sizeof(*cells));
	cells[0].text = wh_arena_printf(arena, "  %s", name_of(capability, arena));
	cells[1].text = wh_arena_printf(arena, "%zu", total.granted);
	cells[2].text = wh_arena_printf(arena, "%zu", total.used);
	cells[3].text = wh_arena_printf(arena, "%zu", total.speculative);
	cells[4] = (struct wh_cell){ wh_arena_printf(arena, "%zu", total.never),
		total.never > 0 ? WH_BAD : WH_GOOD };
	cells[WH_SENTENCE].text = info == NULL ? "?" : wh_grade_info(info->grade)->name;
}

static void add_host(
	const struct wh_learn_subjects *subjects, struct wh_arena *arena, struct wh_screen *screen)
{
	static const struct wh_cell host_heads[WH_COLUMNS] = { { "  CAPABILITY", WH_BOLD },
		{ "GRANTED", WH_BOLD }, { "USED", WH_BOLD }, { "SPECULATIVE", WH_BOLD },
		{ "NEVER", WH_BOLD }, { NULL, WH_PLAIN }, { NULL, WH_PLAIN }, { NULL, WH_PLAIN },
		{ "GRADE", WH_BOLD } };
	size_t widths[WH_COLUMNS] = { 0 };
	struct wh_cell cells[WH_COLUMNS];

	wh_screen_heading(screen, "over the host");
	wh_screen_widen(widths, host_heads);
	for (int pass = 0; pass < 2; pass++) {
		if (pass == 1)
			wh_screen_row(screen, widths, host_heads);
		for (unsigned i = 0; i < 64; i++) {
			if (count(subjects, i).granted == 0)
				continue;
			add_total(subjects, i, arena, cells);
			if (pass == 0)
				wh_screen_widen(widths, cells);
			else
				wh_screen_row(screen, widths, cells);
		}
	}
}

static void write_text(
	const struct wh_learn_subjects *subjects, struct wh_arena *arena, struct wh_screen *screen)
{
	if (subjects->count == 0)
		wh_screen_wrap(screen, WH_PLAIN, "nothing was recorded", 0, 2);
	for (size_t i = 0; i < subjects->count; i++)
		add_subject(&subjects->all[i], arena, screen);
	if (subjects->count > 1)
		add_host(subjects, arena, screen);
}

/* ---- for programs ------------------------------------------------------------------------ */

static void put_capability(struct wh_buf *to, const struct wh_learn_subject *subject,
	unsigned capability, struct wh_arena *arena)
{
	const struct wh_learnt *learnt = &subject->learnt;
	const struct wh_use_of *use = use_of(learnt, capability);
	const struct wh_capability *info =
		capability < WH_CAP_COUNT ? wh_capability_get(capability) : NULL;

	wh_put_open(to, NULL, '{');
	wh_put_text(to, "name", name_of(capability, arena));
	wh_put_bool(to, "granted", (learnt->granted & wh_capset_of(capability)) != 0);
	wh_put_text(to, "use", use == NULL ? "never" : wh_use_name(use->use));
	wh_put_text(to, "grade", info == NULL ? NULL : wh_grade_info(info->grade)->name);
	wh_put_text(to, "risk", info == NULL ? NULL : info->risk);
	wh_put_text(to, "proof", proof_of(subject, capability));
	if (use != NULL) {
		wh_learn_put_evidence(to, learnt, use, arena);
		wh_put_text(to, "detail", use->detail);
	}
	wh_buf_add_char(to, '}');
}

static void put_learnt(
	struct wh_buf *to, const struct wh_learn_subject *subject, struct wh_arena *arena)
{
	const struct wh_learnt *learnt = &subject->learnt;
	struct wh_learnt_root root = { .readonly = false };

	wh_put_text(to, "image", learnt->image);
	wh_put_text(to, "engine", learnt->engine);
	wh_put_text(to, "transport", learnt->transport);
	wh_put_count(to, "recordings", (size_t)learnt->recordings);
	wh_put_count(to, "milliseconds", (size_t)learnt->milliseconds);
	wh_put_count(to, "events", (size_t)learnt->events);
	wh_put_count(to, "lost", (size_t)learnt->lost);
	wh_put_bool(to, "complete", learnt->complete);
	wh_put_text(to, "incomplete", learnt->incomplete);
	wh_put_open(to, "capabilities", '[');
	for (unsigned i = 0; i < 64; i++) {
		if ((mentioned(learnt) & wh_capset_of(i)) != 0)
			put_capability(to, subject, i, arena);
	}
	wh_buf_add_char(to, ']');
	wh_put_capabilities(to, "neverUsed", wh_learn_never_used(learnt));
	if (wh_learnt_root(learnt, arena, &root) < 0)
		to->failed = true;
	wh_put_bool(to, "readonlyRootfs", root.readonly);
	wh_put_text(to, "writableRootfs", root.why);
	wh_put_bool(to, "noNewPrivileges", wh_learnt_no_new_privileges(learnt));
	wh_put_bool(to, "wasRoot", wh_learnt_was_root(learnt));
}

static void write_json(
	const struct wh_learn_subjects *subjects, struct wh_arena *arena, struct wh_buf *to)
{
	wh_put_open(to, NULL, '{');
	wh_put_count(to, "schema", 1);
	wh_put_text(to, "version", WH_VERSION);
	wh_put_open(to, "recordings", '[');
	for (size_t i = 0; i < subjects->count; i++) {
		wh_put_open(to, NULL, '{');
		wh_put_text(to, "name", subjects->all[i].name);
		wh_put_text(to, "error", subjects->all[i].error);
		if (subjects->all[i].error == NULL)
			put_learnt(to, &subjects->all[i], arena);
		wh_buf_add_char(to, '}');
	}
	wh_buf_add_string(to, "]}\n");
}

/* ---- the words --------------------------------------------------------------------------- */

static int exit_of(const struct wh_learn_subjects *subjects)
{
	int status = WH_EXIT_FINE;

	for (size_t i = 0; i < subjects->count; i++) {
		if (subjects->all[i].error != NULL)
			return WH_EXIT_TROUBLE;
		if (wh_learn_never_used(&subjects->all[i].learnt) != 0)
			status = WH_EXIT_FINDINGS;
	}
	return status;
}

int wh_learn_report(const struct wh_learn_call *call)
{
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_screen screen = wh_screen_of(stdout, &text);
	const char *page = wh_words_value(call->words, "html");
	struct wh_learn_subjects subjects = { .count = 0 };
	struct wh_err err = WH_ERR_INIT;
	int r = wh_learn_subjects(call->names, call->count, &arena, &subjects, &err);

	if (r == 0 && page != NULL && (call->count > 0 || wh_words_has(call->words, "json")))
		r = wh_fail(&err, EINVAL, "the page has all names, and is no JSON");
	if (r == 0 && page != NULL)
		r = wh_audit_page(page, &err);
	else if (r == 0 && wh_words_has(call->words, "json"))
		write_json(&subjects, &arena, &text);
	else if (r == 0)
		write_text(&subjects, &arena, &screen);
	if (r == 0 && page == NULL && (r = wh_print(&text, stdout)) < 0)
		(void)wh_fail_errno(&err, -r, "the answer could not be written");
	return r < 0 ? wh_learn_trouble(call, &err) : exit_of(&subjects);
}
