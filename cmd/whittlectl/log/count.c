/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counting, one record at a time. What is counted by is found in balanced trees, not by hashes:
 * images have whatever names strangers choose, and no choice may make it slow.
 *
 * A record counts once for each capability and kind, in however many sets or places it was taken.
 * One that was refused took nothing: its container did not start.
 */

#include "log.h"

#include <errno.h>
#include <search.h>
#include <string.h>

static const char *const words[WH_LOG_RESULTS] = {
	[WH_LOG_CHANGED] = "changed",
	[WH_LOG_UNCHANGED] = "unchanged",
	[WH_LOG_REFUSED] = "refused",
	[WH_LOG_WOULD_CHANGE] = "would-change",
	[WH_LOG_WOULD_REFUSE] = "would-refuse",
	[WH_LOG_OTHER] = "other",
};

const char *wh_log_result_word(enum wh_log_result result)
{
	return words[result];
}

static enum wh_log_result result_of(const struct wh_record_line *record)
{
	enum wh_log_result result = 0;

	while (result < WH_LOG_OTHER && !wh_slice_is(record->result, words[result]))
		result++;
	return result;
}

static size_t *often_of(struct wh_log_often *often, bool would)
{
	return would ? &often->would : &often->really;
}

/* A terminated copy, cut; "" for what is not there. A record's texts hold no NUL. */
static void copy_text(char to[WH_LOG_TEXT + 1], struct wh_slice text)
{
	text = wh_log_cut(text);
	if (text.len > 0)
		memcpy(to, text.data, text.len);
	to[text.len] = '\0';
}

static void keep_tree(void *node)
{
	(void)node; /* it lives in the arena */
}

/* ---- texts ------------------------------------------------------------------------------- */

static int compare_tallies(const void *a, const void *b)
{
	return strcmp(
		((const struct wh_log_tally *)a)->text, ((const struct wh_log_tally *)b)->text);
}

/* The tally of this text, made when there is room for one more. NULL when memory ran out. */
static struct wh_log_tally *find_tally(
	struct wh_log_tallies *tallies, struct wh_arena *arena, struct wh_slice text)
{
	char copy[WH_LOG_TEXT + 1];
	struct wh_log_tally wanted = { .text = copy };
	struct wh_log_tally *tally;
	void *found;

	copy_text(copy, text);
	found = tfind(&wanted, &tallies->tree, compare_tallies);
	if (found != NULL)
		return *(struct wh_log_tally **)found;
	if (tallies->count == WH_LOG_TALLIES)
		return &tallies->rest;
	tally = wh_arena_alloc(arena, sizeof(*tally));
	if (tally == NULL)
		return NULL;
	tally->text = wh_arena_dup(arena, wh_slice_of(copy));
	if (tally->text == NULL || tsearch(tally, &tallies->tree, compare_tallies) == NULL)
		return NULL;
	tally->next = tallies->list;
	tallies->list = tally;
	tallies->count++;
	return tally;
}

static int count_text(struct wh_log_counts *counts, struct wh_log_tallies *tallies,
	struct wh_slice text, bool would)
{
	struct wh_log_tally *tally = find_tally(tallies, &counts->arena, text);

	if (tally == NULL)
		return -ENOMEM;
	if (tally->last != counts->total)
		(*often_of(&tally->often, would))++;
	tally->last = counts->total;
	return 0;
}

/* ---- rules and images -------------------------------------------------------------------- */

static int compare_groups(const void *a, const void *b)
{
	const struct wh_log_group *one = a, *two = b;
	int r = strcmp(one->rule, two->rule);

	return r != 0 ? r : strcmp(one->image, two->image);
}

static struct wh_log_group *find_group(
	struct wh_log_counts *counts, const struct wh_record_line *record)
{
	char rule[WH_LOG_TEXT + 1], image[WH_LOG_TEXT + 1];
	const struct wh_log_group wanted = { .rule = rule, .image = image };
	struct wh_log_group *group;
	void *found;

	copy_text(rule, record->rule);
	copy_text(image, record->image);
	found = tfind(&wanted, &counts->tree, compare_groups);
	if (found != NULL)
		return *(struct wh_log_group **)found;
	group = wh_arena_alloc(&counts->arena, sizeof(*group));
	if (group == NULL)
		return NULL;
	group->rule = wh_arena_dup(&counts->arena, wh_slice_of(rule));
	group->image = wh_arena_dup(&counts->arena, wh_slice_of(image));
	if (group->rule == NULL || group->image == NULL ||
		tsearch(group, &counts->tree, compare_groups) == NULL)
		return NULL;
	group->next = counts->groups;
	counts->groups = group;
	counts->group_count++;
	return group;
}

static int count_changes(struct wh_log_counts *counts, struct wh_log_group *group,
	const struct wh_record_line *record, bool would)
{
	wh_capset seen = 0;
	int r = 0;

	(*often_of(&group->changed, would))++;
	wh_json_each_element (record->doc, wh_record_changes(record), element) {
		struct wh_record_change change = wh_record_change(record, element);
		unsigned capability = WH_CAP_COUNT;

		if (wh_slice_is(change.action, "kept") || change.kind.len == 0)
			continue;
		if (!wh_slice_is(change.kind, "capabilities")) {
			r = count_text(counts, &counts->kinds, change.kind, would);
			if (r < 0)
				return r;
			continue;
		}
		if (!wh_slice_is(change.action, "removed"))
			continue;
		if (!wh_capability_from_human(change.what, &capability))
			capability = WH_CAP_COUNT;
		if ((seen & wh_capset_of(capability)) == 0)
			(*often_of(&group->caps[capability], would))++;
		seen |= wh_capset_of(capability);
	}
	return wh_json_status(record->doc);
}

/* ---- records ----------------------------------------------------------------------------- */

int wh_log_count(struct wh_log_counts *counts, const struct wh_record_line *record)
{
	enum wh_log_result result = result_of(record);
	bool would = result == WH_LOG_WOULD_CHANGE || result == WH_LOG_WOULD_REFUSE;
	struct wh_log_group *group = find_group(counts, record);

	if (group == NULL)
		return -ENOMEM;
	copy_text(counts->last, record->time);
	if (counts->total++ == 0)
		copy_text(counts->first, record->time);
	counts->results[result]++;
	group->count++;
	if (result == WH_LOG_CHANGED || result == WH_LOG_WOULD_CHANGE)
		return count_changes(counts, group, record, would);
	if (result == WH_LOG_REFUSED || result == WH_LOG_WOULD_REFUSE)
		return count_text(counts, &counts->refusals, record->error, would);
	return 0;
}

void wh_log_counts_done(struct wh_log_counts *counts)
{
	tdestroy(counts->tree, keep_tree);
	tdestroy(counts->kinds.tree, keep_tree);
	tdestroy(counts->refusals.tree, keep_tree);
	wh_arena_done(&counts->arena);
}
