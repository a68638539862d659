/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the files of the verb learn share. Its first argument says what is to be done: a row of the
 * table in learn.c, and a function that gets the rest and returns the exit status.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/macros.h"
#include "learn/learnt.h"
#include "whittlectl/screen.h"
#include "whittlectl/verbs.h"

struct wh_learn_call {
	const struct wh_words *words; /* for the options */
	const char *word;             /* "list"; "" of `learn -- COMMAND` */
	const char *const *names;     /* arguments in front of "--", without the word */
	size_t count;
	const char *const *command; /* what stood behind "--" */
	size_t command_count;
};

/* Prints "whittlectl learn WORD: " and the sentence to standard error: WH_EXIT_TROUBLE. */
int wh_learn_trouble(const struct wh_learn_call *call, const struct wh_err *err);

int wh_learn_forget(const struct wh_learn_call *call); /* list.c */
int wh_learn_list(const struct wh_learn_call *call);
int wh_learn_policy(const struct wh_learn_call *call); /* policy.c */
int wh_learn_start(const struct wh_learn_call *call);  /* switch.c */
int wh_learn_stop(const struct wh_learn_call *call);
int wh_learn_report(const struct wh_learn_call *call); /* report.c */
int wh_learn_status(const struct wh_learn_call *call); /* status.c */

/* ---- recordings (list.c) ----------------------------------------------------------- */

/* All that is known of one name. */
struct wh_learn_subject {
	const char *name;
	struct wh_learnt learnt;
	size_t running;             /* recordings that go on */
	wh_capset needed, needless; /* as elimination runs proved */
	const char *error;          /* why it cannot be read; NULL */
};

struct wh_learn_subjects {
	struct wh_learn_subject *all;
	size_t count;
};

/* Those of these names, or all when there are none. 0, -ENOENT with a sentence for a name without
 * recordings, -errno. Everything lives in the arena. */
int wh_learn_subjects(const char *const *names, size_t count, struct wh_arena *arena,
	struct wh_learn_subjects *ret, struct wh_err *err) WH_MUST_CHECK;

/* What was granted and never used, nor perhaps needed (report.c). */
wh_capset wh_learn_never_used(const struct wh_learnt *learnt);

/* What a rule of it leaves to who reads it, or does that they may not expect: sentences without a
 * full stop, in the arena (remarks.c). */
struct wh_learn_remarks {
	const char *all[128];
	size_t count;
};

/* Of a rule with or without what is perhaps not needed. 0 or -ENOMEM. */
int wh_learn_remarks(const struct wh_learnt *learnt, bool used_only, struct wh_arena *arena,
	struct wh_learn_remarks *ret) WH_MUST_CHECK;

/* What it did beside using capabilities, for people and for programs (others.c). Memory that ran
 * out shows in the buffer. */
void wh_learn_add_others(
	struct wh_screen *screen, const struct wh_learnt *learnt, struct wh_arena *arena);
void wh_learn_put_others(struct wh_buf *to, const struct wh_learnt *learnt);

/* What there is for a use, as members of an object: count, atLeast, byFile, first, syscall,
 * function, program, why, reason (list.c). */
void wh_learn_put_evidence(struct wh_buf *to, const struct wh_learnt *learnt,
	const struct wh_use_of *use, struct wh_arena *arena);

/* "3 of 14" capabilities, "2h 13m": in the arena; NULL when memory ran out. */
const char *wh_learn_show_used(const struct wh_learnt *learnt, struct wh_arena *arena);
const char *wh_learn_show_time(uint64_t milliseconds, struct wh_arena *arena);
