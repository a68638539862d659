/* SPDX-License-Identifier: Apache-2.0 */
/* What has been recorded: a line a name; and to forget it. */

#include "learn.h"

#include <errno.h>
#include <string.h>

#include "base/utc.h"
#include "learn/rule.h"
#include "whittlectl/put.h"
#include "record/store.h"
#include "record/verified.h"

/* ---- what the other files ask --------------------------------------------------------------- */

/* What cannot be read proves nothing. */
static void read_proofs(struct wh_learn_subject *subject, struct wh_arena *arena)
{
	struct wh_verified verified;

	if (wh_verified_read(subject->name, arena, &verified, NULL) < 0 ||
		wh_verified_without(
			subject->name, &subject->learnt, arena, &subject->needless, NULL) < 0)
		return;
	subject->needed = verified.needed;
}

static int read_subject(
	struct wh_learn_subject *subject, bool asked, struct wh_arena *arena, struct wh_err *err)
{
	struct wh_err why = WH_ERR_INIT;
	int r = wh_store_read(subject->name, arena, &subject->learnt, &subject->running, &why);

	if (r == -ENOMEM || (r == -ENOENT && asked))
		return wh_fail(err, -r, "%s: %s", subject->name, why.text);
	subject->error = NULL;
	if (r == 0)
		read_proofs(subject, arena);
	if (r < 0 && (subject->error = wh_arena_dup(arena, wh_slice_of(why.text))) == NULL)
		return wh_fail_errno(err, ENOMEM, "cannot read recordings");
	return r == -ENOENT ? r : 0;
}

int wh_learn_subjects(const char *const *names, size_t count, struct wh_arena *arena,
	struct wh_learn_subjects *ret, struct wh_err *err)
{
	bool asked = count > 0;
	const char **list = NULL;
	int r = asked ? 0 : wh_store_list(arena, &list, &count, err);

	if (r < 0)
		return r;
	*ret = (struct wh_learn_subjects){ wh_arena_array(arena, count + 1, sizeof(*ret->all)), 0 };
	if (ret->all == NULL)
		return wh_fail_errno(err, ENOMEM, "cannot read recordings");
	for (size_t i = 0; i < count; i++) {
		struct wh_learn_subject *subject = &ret->all[ret->count];

		subject->name = asked ? names[i] : list[i];
		r = read_subject(subject, asked, arena, err);
		if (r < 0 && (asked || r != -ENOENT))
			return r;
		ret->count += r == 0;
	}
	return 0;
}

const char *wh_learn_show_used(const struct wh_learnt *learnt, struct wh_arena *arena)
{
	return wh_arena_printf(arena, "%d of %d",
		__builtin_popcountll(wh_learnt_capabilities(learnt, false)),
		__builtin_popcountll(learnt->granted));
}

/* The two greatest units. */
const char *wh_learn_show_time(uint64_t milliseconds, struct wh_arena *arena)
{
	uint64_t seconds = milliseconds / 1000;

	if (seconds < 60)
		return wh_arena_printf(arena, "%llu.%llus", (unsigned long long)seconds,
			(unsigned long long)(milliseconds % 1000 / 100));
	if (seconds < 3600)
		return wh_arena_printf(arena, "%llum %llus", (unsigned long long)seconds / 60,
			(unsigned long long)seconds % 60);
	if (seconds < 86400)
		return wh_arena_printf(arena, "%lluh %llum", (unsigned long long)seconds / 3600,
			(unsigned long long)seconds / 60 % 60);
	return wh_arena_printf(arena, "%llud %lluh", (unsigned long long)seconds / 86400,
		(unsigned long long)seconds / 3600 % 24);
}

void wh_learn_put_evidence(struct wh_buf *to, const struct wh_learnt *learnt,
	const struct wh_use_of *use, struct wh_arena *arena)
{
	char first[WH_UTC_SIZE];

	wh_utc_format(use->first, first);
	wh_put_count(to, "count", (size_t)use->count);
	wh_put_bool(to, "atLeast", use->at_least);
	wh_put_bool(to, "byFile", use->by_file);
	wh_put_text(to, "first", use->first == 0 ? NULL : first);
	wh_put_text(to, "syscall", use->syscall);
	wh_put_text(to, "function", use->function);
	wh_put_text(to, "program", use->program);
	wh_put_text(to, "why", use->why);
	wh_put_text(to, "reason", wh_learnt_reason(learnt, use, arena));
}

/* ---- list -------------------------------------------------------------------------------- */

static const struct wh_cell heads[WH_COLUMNS] = { { "NAME", WH_BOLD }, { "RECORDINGS", WH_BOLD },
	{ "TIME", WH_BOLD }, { "USED", WH_BOLD }, { NULL, WH_PLAIN }, { NULL, WH_PLAIN },
	{ NULL, WH_PLAIN }, { NULL, WH_PLAIN }, { "COMPLETE", WH_BOLD } };

static void describe(const struct wh_learn_subject *subject, struct wh_arena *arena,
	struct wh_cell cells[WH_COLUMNS])
{
	const struct wh_learnt *learnt = &subject->learnt;

	memset(cells, 0, WH_COLUMNS * sizeof(*cells));
	cells[0] = (struct wh_cell){ subject->name, WH_BOLD };
	if (subject->error != NULL) {
		cells[WH_SENTENCE] = (struct wh_cell){ subject->error, WH_BAD };
		return;
	}
	cells[1].text = wh_arena_printf(arena, "%llu", (unsigned long long)learnt->recordings);
	cells[2].text = wh_learn_show_time(learnt->milliseconds, arena);
	cells[3].text = wh_learn_show_used(learnt, arena);
	cells[WH_SENTENCE] = learnt->complete ? (struct wh_cell){ "yes", WH_GOOD }
					      : (struct wh_cell){ learnt->incomplete, WH_DOUBT };
}

static void write_text(
	const struct wh_learn_subjects *subjects, struct wh_arena *arena, struct wh_screen *screen)
{
	size_t widths[WH_COLUMNS] = { 0 };
	struct wh_cell cells[WH_COLUMNS];

	if (subjects->count == 0) {
		wh_screen_wrap(screen, WH_PLAIN,
			"nothing was recorded: whittlectl learn -- docker run ..., or whittlectl "
			"learn start RULE",
			0, 2);
		return;
	}
	wh_screen_widen(widths, heads);
	for (size_t i = 0; i < subjects->count; i++) {
		describe(&subjects->all[i], arena, cells);
		wh_screen_widen(widths, cells);
	}
	wh_screen_row(screen, widths, heads);
	for (size_t i = 0; i < subjects->count; i++) {
		describe(&subjects->all[i], arena, cells);
		wh_screen_row(screen, widths, cells);
	}
}

static void put_subject(struct wh_buf *to, const struct wh_learn_subject *subject)
{
	const struct wh_learnt *learnt = &subject->learnt;

	wh_put_open(to, NULL, '{');
	wh_put_text(to, "name", subject->name);
	wh_put_text(to, "error", subject->error);
	if (subject->error == NULL) {
		wh_put_text(to, "image", learnt->image);
		wh_put_count(to, "recordings", (size_t)learnt->recordings);
		wh_put_count(to, "running", subject->running);
		wh_put_count(to, "milliseconds", (size_t)learnt->milliseconds);
		wh_put_capabilities(to, "granted", learnt->granted);
		wh_put_capabilities(to, "used", wh_learnt_capabilities(learnt, true));
		wh_put_capabilities(to, "speculative",
			wh_learnt_capabilities(learnt, false) &
				~wh_learnt_capabilities(learnt, true));
		wh_put_bool(to, "complete", learnt->complete);
		wh_put_text(to, "incomplete", learnt->incomplete);
	}
	wh_buf_add_char(to, '}');
}

static void write_json(const struct wh_learn_subjects *subjects, struct wh_buf *to)
{
	wh_put_open(to, NULL, '{');
	wh_put_count(to, "schema", 1);
	wh_put_text(to, "version", WH_VERSION);
	wh_put_open(to, "recordings", '[');
	for (size_t i = 0; i < subjects->count; i++)
		put_subject(to, &subjects->all[i]);
	wh_buf_add_string(to, "]}\n");
}

int wh_learn_list(const struct wh_learn_call *call)
{
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_screen screen = wh_screen_of(stdout, &text);
	struct wh_learn_subjects subjects;
	struct wh_err err = WH_ERR_INIT;
	bool trouble = false;
	int r = wh_learn_subjects(call->names, call->count, &arena, &subjects, &err);

	if (r < 0)
		return wh_learn_trouble(call, &err);
	if (wh_words_has(call->words, "json"))
		write_json(&subjects, &text);
	else
		write_text(&subjects, &arena, &screen);
	r = wh_print(&text, stdout);
	if (r < 0) {
		(void)wh_fail_errno(&err, -r, "the answer could not be written");
		return wh_learn_trouble(call, &err);
	}
	for (size_t i = 0; i < subjects.count; i++)
		trouble |= subjects.all[i].error != NULL;
	return trouble ? WH_EXIT_TROUBLE : WH_EXIT_FINE;
}

/* ---- forget ------------------------------------------------------------------------------ */

int wh_learn_forget(const struct wh_learn_call *call)
{
	int status = WH_EXIT_FINE;

	for (size_t i = 0; i < call->count; i++) {
		struct wh_err err = WH_ERR_INIT;

		if (wh_store_forget(call->names[i], &err) < 0) {
			wh_err_prefix(&err, "%s", call->names[i]);
			status = wh_learn_trouble(call, &err);
		} else {
			wh_verified_forget(call->names[i]);
		}
	}
	return status;
}
