/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What `whittlectl log` is made of: a source of lines, a filter, and what becomes of a record that
 * passes it, a screen line, a JSON value or a count. Records are read one at a time, so memory does
 * not depend on how many there are; counts grow with the distinct rules and images.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/fd.h"
#include "oci/capability.h"
#include "policy/policy.h"
#include "whittlectl/record-line.h"
#include "whittlectl/screen.h"
#include "whittlectl/verbs.h"

#define WH_LOG_TEXT 512u /* bytes of one text: whittle writes no longer ones */

/* No longer than this. */
struct wh_slice wh_log_cut(struct wh_slice text);

/* A texts's end: "s" for all but 1. */
const char *wh_log_plural(size_t count);

/* ---- log-source.c: lines ------------------------------------------------------------------ */

/* The longest line. That of whittle's longest record, 256 changes with all texts escaped, is half
 * as long. */
#define WH_LOG_LINE (8u << 20)

struct wh_log_source {
	int fd;
	pid_t pid;         /* of journalctl; 0 for a file */
	const char *name;  /* for sentences */
	bool bounded;      /* no line begins at `size` or behind: … */
	uint64_t size, at; /* … what comes in meanwhile is for the next look */
	char *piece;       /* what was read and is not yet handed out: from begin to end */
	size_t begin, end;
};

#define WH_LOG_SOURCE_INIT \
	{ \
		.fd = WH_NO_FD \
	}

/* The file, or standard input for "-". 0; -errno: what is no regular file is refused. */
int wh_log_open_file(struct wh_log_source *ret, const char *path, struct wh_err *err) WH_MUST_CHECK;

/*
 * Where a policy's records go: the file that it names, else the journal. Names live in the arena.
 * 0; -errno with what to do in the sentence.
 */
int wh_log_open_policys(struct wh_log_source *ret, const char *policy_file, struct wh_arena *arena,
	struct wh_err *err) WH_MUST_CHECK;

/* Replaces `line` by the next one, without its end. 1; 0 behind the last; -EMSGSIZE for a line that
 * is too long, and the next call goes on behind it; -ENOMEM; another -errno that ends it. */
int wh_log_next(struct wh_log_source *source, struct wh_buf *line) WH_MUST_CHECK;

/* Behind the last line: whether it was all. 0; -ECHILD when journalctl failed. */
int wh_log_close(struct wh_log_source *source, struct wh_err *err) WH_MUST_CHECK;

void wh_log_source_done(struct wh_log_source *source);

/* ---- log-filter.c: which ------------------------------------------------------------------ */

struct wh_log_filter {
	bool since_given, removed_given;
	int64_t since;
	unsigned removed;
	const char *container, *image, *result, *rule; /* NULL: all */
};

/* 0; -EINVAL with the option that cannot be understood. */
int wh_log_filter_read(
	struct wh_log_filter *ret, const struct wh_words *words, struct wh_err *err) WH_MUST_CHECK;

/* 1 when the record passes, 0 when not, -ENOMEM. */
int wh_log_filter_passes(
	const struct wh_log_filter *filter, const struct wh_record_line *record) WH_MUST_CHECK;

/* ---- log-text.c: on a screen -------------------------------------------------------------- */

void wh_log_write_text(const struct wh_record_line *record, struct wh_screen *screen);

/* The shade of a result's word. */
enum wh_shade wh_log_shade(struct wh_slice result);

/* ---- log-count.c: counts ------------------------------------------------------------------ */

enum wh_log_result {
	WH_LOG_CHANGED,
	WH_LOG_UNCHANGED,
	WH_LOG_REFUSED,
	WH_LOG_WOULD_CHANGE,
	WH_LOG_WOULD_REFUSE,
	WH_LOG_OTHER, /* a word that this version does not know, or none */
	WH_LOG_RESULTS,
};

/* The word; "other". */
const char *wh_log_result_word(enum wh_log_result result);

/* How often in fact, and how often in audit mode. */
struct wh_log_often {
	size_t really, would;
};

#define WH_LOG_CAPS (WH_CAP_COUNT + 1) /* the last one: a capability that is not known here */

/* The records of one rule and image, both "" where there was none. */
struct wh_log_group {
	struct wh_log_group *next;
	const char *rule, *image;
	size_t count;                          /* of records */
	struct wh_log_often changed;           /* of these: "changed", "would-change" */
	struct wh_log_often caps[WH_LOG_CAPS]; /* of these: with the capability taken */
};

/* How often a text was there: once a record. */
struct wh_log_tally {
	struct wh_log_tally *next;
	const char *text;
	struct wh_log_often often;
	size_t last; /* the number of the record that was counted last */
};

#define WH_LOG_TALLIES 1000 /* distinct texts that are counted; what is more is counted as one */

struct wh_log_tallies {
	void *tree; /* tsearch(3) */
	struct wh_log_tally *list;
	size_t count;
	struct wh_log_tally rest;
};

struct wh_log_counts {
	struct wh_arena arena;
	size_t total;
	size_t results[WH_LOG_RESULTS];
	char first[WH_LOG_TEXT + 1], last[WH_LOG_TEXT + 1]; /* times as written, of the records that
							       came first and last; "" for none */
	void *tree; /* of groups; tsearch(3), which is balanced, whatever names strangers choose */
	struct wh_log_group *groups;
	size_t group_count;
	struct wh_log_tallies kinds;    /* kinds other than capabilities that were taken from */
	struct wh_log_tallies refusals; /* sentences */
};

#define WH_LOG_COUNTS_INIT \
	{ \
		.arena = WH_ARENA_INIT \
	}

/* 0 or -ENOMEM. Takes time logarithmic in the groups there are. */
int wh_log_count(struct wh_log_counts *counts, const struct wh_record_line *record) WH_MUST_CHECK;

void wh_log_counts_done(struct wh_log_counts *counts);

/* ---- log-summary.c: counts on a screen and as JSON ----------------------------------------- */

/* Both sort the lists. 0 or -ENOMEM. */
int wh_log_summary_text(struct wh_log_counts *counts, struct wh_screen *screen) WH_MUST_CHECK;
/* Members, without the brackets around them. */
int wh_log_summary_json(struct wh_log_counts *counts, struct wh_buf *to) WH_MUST_CHECK;
