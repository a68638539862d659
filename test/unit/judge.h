/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* One judgement: a document and limits in, the document and what was changed out. */

#include <errno.h>

#include "base/arena.h"
#include "document.h"
#include "trim/trim.h"

/* A policy that allows everything; a test takes away what it is about. */
#define EVERYTHING \
	{ \
		.capabilities = WH_CAPSET_ALL \
	}

struct judgement {
	struct wh_arena arena;
	struct wh_json *doc;
	struct wh_trim trim;
	struct wh_err err;
	int result;
};

static inline void judgement_done(struct judgement *j)
{
	wh_json_free(j->doc);
	wh_arena_done(&j->arena);
}

typedef int judge_fn(struct wh_trim *ret, struct wh_json *doc, const struct wh_limits *limits,
	const struct wh_facts *facts, struct wh_arena *arena, struct wh_err *err);

/* Takes the document. The facts are those of a new kernel unless the caller knows better. */
static inline void judge_document(struct judgement *j, judge_fn *judge, struct wh_json *doc,
	const struct wh_limits *limits, const struct wh_facts *facts)
{
	static const struct wh_facts newest = { .last_capability = WH_CAP_COUNT - 1 };

	memset(j, 0, sizeof(*j));
	j->doc = doc;
	j->result =
		judge(&j->trim, doc, limits, facts == NULL ? &newest : facts, &j->arena, &j->err);
}

/* The changes as lines: "capabilities removed CAP_KILL at /process/…: why". What was only told is
 * left out. */
static inline char *judgement_changes(const struct judgement *j)
{
	const struct wh_changes *changes = &j->trim.changes;
	struct wh_buf text = WH_BUF_INIT;

	wh_buf_add_string(&text, "");
	for (size_t i = 0; i < changes->count; i++) {
		const struct wh_change *change = &changes->items[i];

		if (strcmp(change->action, "kept") == 0)
			continue;
		wh_buf_addf(&text, "%s %s ", change->kind, change->action);
		wh_buf_add_slice(&text, change->what);
		wh_buf_addf(&text, " at %s: %s\n", change->pointer, change->why);
	}
	assert_int_equal(wh_buf_status(&text), 0);
	return text.data;
}

/*
 * One row of a table: the text before, and either the text after with its changes, or the error.
 * NULL for `after` means that the text stays; for `changes` that they are of no interest.
 */
struct judged {
	const char *before;
	const char *after;
	const char *changes;
	const char *error;
};

static inline void assert_judgement(const struct judgement *j, const struct judged *row)
{
	char *changes;

	if (row->error != NULL) {
		if (j->result != -EINVAL && j->result != -EACCES)
			fail_msg("%s is not refused", row->before);
		assert_int_equal(j->err.number, -j->result);
		assert_string_equal(j->err.text, row->error);
		return;
	}
	if (j->result != 0)
		fail_msg("%s: %s", row->before, j->err.text);
	assert_document(
		j->doc, wh_json_root(j->doc), row->after == NULL ? row->before : row->after);
	changes = judgement_changes(j);
	if (row->changes != NULL)
		assert_string_equal(changes, row->changes);
	free(changes);
}

/* Judges; then judges the outcome, which must be left as it is, byte for byte. */
static inline void assert_judged(judge_fn *judge, const struct judged *row,
	const struct wh_limits *limits, const struct wh_facts *facts)
{
	struct judgement first, second;
	char *text;

	judge_document(&first, judge, document(row->before), limits, facts);
	assert_judgement(&first, row);
	if (first.result == 0) {
		text = document_text(first.doc, wh_json_root(first.doc));
		judge_document(
			&second, judge, document_of_bytes(text, strlen(text)), limits, facts);
		if (second.result != 0)
			fail_msg("the second time: %s", second.err.text);
		assert_int_equal(second.trim.changes.total, 0);
		assert_true(wh_json_is_canonical(second.doc));
		judgement_done(&second);
		free(text);
	}
	judgement_done(&first);
}
