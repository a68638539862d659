/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The counts, for people and for programs. On a screen the largest come first and what is too much
 * is only counted; JSON has all of it.
 */

#include "log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "whittlectl/put.h"

#define MOST_ROWS 30  /* rules and images, kinds, sentences */
#define MOST_NAMES 12 /* images that lost one capability */

static const char *cap_name(size_t capability)
{
	return capability < WH_CAP_COUNT ? wh_capability_get((unsigned)capability)->name : "others";
}

/* ---- order ------------------------------------------------------------------------------- */

static int compare_counts(size_t a, size_t b)
{
	return a < b ? 1 : a > b ? -1 : 0; /* more comes first */
}

static int compare_groups(const void *a, const void *b)
{
	const struct wh_log_group *one = *(struct wh_log_group *const *)a;
	const struct wh_log_group *two = *(struct wh_log_group *const *)b;
	int r = compare_counts(one->count, two->count);

	if (r == 0)
		r = strcmp(one->image, two->image);
	return r != 0 ? r : strcmp(one->rule, two->rule);
}

static int compare_tallies(const void *a, const void *b)
{
	const struct wh_log_tally *one = *(struct wh_log_tally *const *)a;
	const struct wh_log_tally *two = *(struct wh_log_tally *const *)b;
	int r = compare_counts(
		one->often.really + one->often.would, two->often.really + two->often.would);

	return r != 0 ? r : strcmp(one->text, two->text);
}

/* The list as a sorted array in the arena; NULL when memory ran out. */
static struct wh_log_group **sort_groups(struct wh_log_counts *counts)
{
	struct wh_log_group **ret = wh_arena_array(
		&counts->arena, counts->group_count + 1, sizeof(struct wh_log_group *));
	size_t i = 0;

	if (ret == NULL)
		return NULL;
	for (struct wh_log_group *group = counts->groups; group != NULL; group = group->next)
		ret[i++] = group;
	qsort(ret, counts->group_count, sizeof(struct wh_log_group *), compare_groups);
	return ret;
}

static struct wh_log_tally **sort_tallies(
	struct wh_log_counts *counts, const struct wh_log_tallies *tallies)
{
	struct wh_log_tally **ret =
		wh_arena_array(&counts->arena, tallies->count + 1, sizeof(struct wh_log_tally *));
	size_t i = 0;

	if (ret == NULL)
		return NULL;
	for (struct wh_log_tally *tally = tallies->list; tally != NULL; tally = tally->next)
		ret[i++] = tally;
	qsort(ret, tallies->count, sizeof(struct wh_log_tally *), compare_tallies);
	return ret;
}

/* ---- rules and images -------------------------------------------------------------------- */

static void add_results(const struct wh_log_counts *counts, struct wh_screen *screen)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;

	wh_screen_heading(screen, "Records");
	wh_buf_addf(&text, "%zu record%s", counts->total, wh_log_plural(counts->total));
	if (counts->first[0] != '\0' && counts->last[0] != '\0')
		wh_buf_addf(&text, ", from %s to %s", counts->first, counts->last);
	if (wh_buf_status(&text) < 0)
		screen->to->failed = true;
	else
		wh_screen_item(screen, WH_PLAIN, text.data);
	for (enum wh_log_result result = 0; result < WH_LOG_RESULTS; result++) {
		const char *word = wh_log_result_word(result);
		char line[64];

		if (counts->results[result] == 0)
			continue;
		(void)snprintf(line, sizeof(line), "%s: %zu", word, counts->results[result]);
		wh_screen_item(screen, wh_log_shade(wh_slice_of(word)), line);
	}
}

/* "CAP_KILL 3, CAP_MKNOD 1"; nothing when none was taken in this mode. */
static void list_taken(struct wh_buf *to, const struct wh_log_group *group, bool would)
{
	const char *before = would ? "would have lost " : "lost ";

	for (size_t i = 0; i < WH_LOG_CAPS; i++) {
		size_t count = would ? group->caps[i].would : group->caps[i].really;

		if (count == 0)
			continue;
		if (to->len > 0 && before[0] != ',')
			wh_buf_add_string(to, "; ");
		wh_buf_addf(to, "%s%s %zu", before, cap_name(i), count);
		before = ", ";
	}
}

static void describe_taken(struct wh_buf *to, const struct wh_log_group *group)
{
	list_taken(to, group, false);
	list_taken(to, group, true);
	if (to->len > 0)
		return;
	if (group->changed.really + group->changed.would > 0)
		wh_buf_add_string(to, "lost no capability, but something else");
	else
		wh_buf_add_string(to, "lost nothing");
}

static void add_group(struct wh_screen *screen, const struct wh_log_group *group,
	size_t widths[WH_COLUMNS], bool measure)
{
	struct wh_buf taken WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_cell row[WH_COLUMNS] = { { NULL, WH_PLAIN } };
	char count[40];

	(void)snprintf(
		count, sizeof(count), "%zu record%s", group->count, wh_log_plural(group->count));
	row[0] = (struct wh_cell){ group->rule[0] == '\0' ? "no rule" : group->rule, WH_BOLD };
	row[1] = (struct wh_cell){ group->image[0] == '\0' ? "image not known" : group->image,
		WH_PLAIN };
	row[2] = (struct wh_cell){ count, WH_PLAIN };
	if (measure) {
		wh_screen_widen(widths, row);
		return;
	}
	describe_taken(&taken, group);
	if (wh_buf_status(&taken) < 0) {
		screen->to->failed = true;
		return;
	}
	row[WH_SENTENCE] = (struct wh_cell){ taken.data, WH_PLAIN };
	wh_screen_row(screen, widths, row);
}

static void add_more(struct wh_screen *screen, size_t count, const char *what)
{
	char line[96];

	if (count <= MOST_ROWS)
		return;
	(void)snprintf(
		line, sizeof(line), "and %zu more %s; --json has all", count - MOST_ROWS, what);
	wh_screen_item(screen, WH_PLAIN, line);
}

static void add_groups(struct wh_screen *screen, struct wh_log_group *const groups[], size_t count)
{
	size_t widths[WH_COLUMNS] = { 0 };
	size_t shown = count < MOST_ROWS ? count : MOST_ROWS;

	wh_screen_heading(screen, "Rules and images");
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < shown; i++)
			add_group(screen, groups[i], widths, pass == 0);
	}
	add_more(screen, count, "of rule and image");
}

/* ---- capabilities ------------------------------------------------------------------------ */

/* One capability in one mode: how often each image lost it, whatever the rule. */
struct loser {
	const char *image;
	size_t count;
};

static int compare_images(const void *a, const void *b)
{
	return strcmp(((const struct loser *)a)->image, ((const struct loser *)b)->image);
}

static int compare_losers(const void *a, const void *b)
{
	const struct loser *one = a, *two = b;
	int r = compare_counts(one->count, two->count);

	return r != 0 ? r : strcmp(one->image, two->image);
}

/* Each known image once, the one with the most first; how many there are. Records without one go
 * to *ret_unknown. */
static size_t find_losers(struct wh_log_group *const groups[], size_t count, size_t capability,
	bool would, struct loser *ret, size_t *ret_unknown)
{
	size_t found = 0, kept = 0;

	*ret_unknown = 0;
	for (size_t i = 0; i < count; i++) {
		const struct wh_log_often *often = &groups[i]->caps[capability];
		size_t times = would ? often->would : often->really;

		if (times > 0 && groups[i]->image[0] == '\0')
			*ret_unknown += times;
		else if (times > 0)
			ret[found++] = (struct loser){ groups[i]->image, times };
	}
	qsort(ret, found, sizeof(*ret), compare_images);
	for (size_t i = 0; i < found; i++) {
		if (kept > 0 && strcmp(ret[kept - 1].image, ret[i].image) == 0)
			ret[kept - 1].count += ret[i].count;
		else
			ret[kept++] = ret[i];
	}
	qsort(ret, kept, sizeof(*ret), compare_losers);
	return kept;
}

static void describe_losers(struct wh_buf *to, const struct loser *losers, size_t count,
	size_t unknown, const char *capability, bool would)
{
	const char *mode = would ? "in audit mode " : "",
		   *lost = would ? "would have lost" : "lost";

	if (count == 0) {
		wh_buf_addf(to, "%scontainers whose image is not known %s %s (%zu record%s)", mode,
			lost, capability, unknown, wh_log_plural(unknown));
		return;
	}
	if (count == 1)
		wh_buf_addf(to, "%sthis image %s %s: ", mode, lost, capability);
	else
		wh_buf_addf(to, "%sthese %zu images %s %s: ", mode, count, lost, capability);
	for (size_t i = 0; i < count && i < MOST_NAMES; i++)
		wh_buf_addf(to, "%s%s", i == 0 ? "" : ", ", losers[i].image);
	if (count > MOST_NAMES)
		wh_buf_addf(to, ", and %zu more", count - MOST_NAMES);
	if (unknown > 0)
		wh_buf_addf(to, "; and containers whose image is not known (%zu record%s)", unknown,
			wh_log_plural(unknown));
}

static int add_capabilities(struct wh_screen *screen, struct wh_log_group *const groups[],
	size_t count, struct wh_arena *arena)
{
	struct loser *losers = wh_arena_array(arena, count + 1, sizeof(*losers));
	bool headed = false;

	if (losers == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < 2 * WH_LOG_CAPS; i++) {
		struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
		size_t capability = i % WH_LOG_CAPS, unknown;
		bool would = i >= WH_LOG_CAPS;
		size_t found = find_losers(groups, count, capability, would, losers, &unknown);

		if (found == 0 && unknown == 0)
			continue;
		describe_losers(&text, losers, found, unknown, cap_name(capability), would);
		if (wh_buf_status(&text) < 0)
			return -ENOMEM;
		if (!headed)
			wh_screen_heading(screen, "Capabilities");
		headed = true;
		wh_screen_item(screen, would ? WH_DOUBT : WH_PLAIN, text.data);
	}
	return 0;
}

/* ---- kinds and refusals ------------------------------------------------------------------ */

static void describe_tally(
	struct wh_buf *to, const struct wh_log_tally *tally, const char *text, const char *empty)
{
	size_t really = tally->often.really, would = tally->often.would;

	wh_buf_addf(to, "%s: ", text == NULL || text[0] == '\0' ? empty : text);
	if (really > 0)
		wh_buf_addf(to, "%zu record%s", really, wh_log_plural(really));
	if (would > 0)
		wh_buf_addf(to, "%s%zu in audit mode", really > 0 ? ", and " : "", would);
}

static int add_tally(struct wh_screen *screen, const struct wh_log_tally *tally, const char *text,
	const char *empty)
{
	struct wh_buf line WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;

	describe_tally(&line, tally, text, empty);
	if (wh_buf_status(&line) < 0)
		return -ENOMEM;
	wh_screen_item(screen, WH_PLAIN, line.data);
	return 0;
}

/* `empty` stands for a text that is missing, `rest` for those that are too many. */
static int add_tallies(struct wh_screen *screen, struct wh_log_counts *counts,
	const struct wh_log_tallies *tallies, const char *heading, const char *empty,
	const char *rest)
{
	struct wh_log_tally **sorted = sort_tallies(counts, tallies);
	int r = 0;

	if (sorted == NULL)
		return -ENOMEM;
	if (tallies->count > 0)
		wh_screen_heading(screen, heading);
	for (size_t i = 0; r == 0 && i < tallies->count && i < MOST_ROWS; i++)
		r = add_tally(screen, sorted[i], sorted[i]->text, empty);
	add_more(screen, tallies->count, "texts");
	if (r == 0 && tallies->rest.often.really + tallies->rest.often.would > 0)
		r = add_tally(screen, &tallies->rest, rest, rest);
	return r;
}

/* Engines' records are read only for what a rule asks for: where no image is known, that is why. */
static void add_advice(struct wh_screen *screen, struct wh_log_group *const groups[], size_t count)
{
	size_t unknown = 0;

	for (size_t i = 0; i < count; i++)
		unknown += groups[i]->image[0] == '\0' ? groups[i]->count : 0;
	if (unknown == 0)
		return;
	wh_screen_heading(screen, "Images that are not known");
	wh_screen_item(screen, WH_PLAIN,
		"an image is looked up in the engine's own record only when a rule of the policy "
		"matches on \"image\" or \"imageId\"; where one does, \"unknown\" in the record "
		"says why it is not known");
}

int wh_log_summary_text(struct wh_log_counts *counts, struct wh_screen *screen)
{
	struct wh_log_group **groups = sort_groups(counts);
	int r;

	if (groups == NULL)
		return -ENOMEM;
	add_results(counts, screen);
	add_groups(screen, groups, counts->group_count);
	r = add_capabilities(screen, groups, counts->group_count, &counts->arena);
	if (r == 0)
		r = add_tallies(
			screen, counts, &counts->kinds, "Other kinds", "no kind", "further kinds");
	if (r == 0)
		r = add_tallies(screen, counts, &counts->refusals, "Refusals", "no reason",
			"further sentences");
	if (r == 0)
		add_advice(screen, groups, counts->group_count);
	return r < 0 ? r : wh_buf_status(screen->to);
}

/* ---- JSON -------------------------------------------------------------------------------- */

static void put_known(struct wh_buf *to, const char *key, const char *text)
{
	wh_put_text(to, key, text[0] == '\0' ? NULL : text);
}

static void put_caps(
	struct wh_buf *to, const char *key, const struct wh_log_group *group, bool would)
{
	wh_put_open(to, key, '{');
	for (size_t i = 0; i < WH_LOG_CAPS; i++) {
		size_t count = would ? group->caps[i].would : group->caps[i].really;

		if (count > 0)
			wh_put_count(to, cap_name(i), count);
	}
	wh_buf_add_char(to, '}');
}

static void put_group(struct wh_buf *to, const struct wh_log_group *group)
{
	wh_put_open(to, NULL, '{');
	put_known(to, "rule", group->rule);
	put_known(to, "image", group->image);
	wh_put_count(to, "total", group->count);
	wh_put_count(to, "changed", group->changed.really);
	wh_put_count(to, "wouldChange", group->changed.would);
	put_caps(to, "removed", group, false);
	put_caps(to, "wouldRemove", group, true);
	wh_buf_add_char(to, '}');
}

/* `name` is what a text is called; that of those that are too many is null. */
static int put_tallies(struct wh_buf *to, struct wh_log_counts *counts,
	const struct wh_log_tallies *tallies, const char *key, const char *name)
{
	struct wh_log_tally **sorted = sort_tallies(counts, tallies);
	const struct wh_log_tally *rest = &tallies->rest;
	size_t more = rest->often.really + rest->often.would > 0;

	if (sorted == NULL)
		return -ENOMEM;
	wh_put_open(to, key, '[');
	for (size_t i = 0; i < tallies->count + more; i++) {
		const struct wh_log_tally *tally = i < tallies->count ? sorted[i] : rest;

		wh_put_open(to, NULL, '{');
		wh_put_text(to, name, tally->text);
		wh_put_count(to, "enforced", tally->often.really);
		wh_put_count(to, "audit", tally->often.would);
		wh_buf_add_char(to, '}');
	}
	wh_buf_add_char(to, ']');
	return 0;
}

int wh_log_summary_json(struct wh_log_counts *counts, struct wh_buf *to)
{
	struct wh_log_group **groups = sort_groups(counts);
	int r;

	if (groups == NULL)
		return -ENOMEM;
	wh_put_count(to, "total", counts->total);
	put_known(to, "first", counts->first);
	put_known(to, "last", counts->last);
	wh_put_open(to, "results", '{');
	for (enum wh_log_result result = 0; result < WH_LOG_RESULTS; result++)
		wh_put_count(to, wh_log_result_word(result), counts->results[result]);
	wh_buf_add_char(to, '}');
	wh_put_open(to, "rules", '[');
	for (size_t i = 0; i < counts->group_count; i++)
		put_group(to, groups[i]);
	wh_buf_add_char(to, ']');
	r = put_tallies(to, counts, &counts->kinds, "kinds", "kind");
	if (r == 0)
		r = put_tallies(to, counts, &counts->refusals, "refusals", "error");
	return r < 0 ? r : wh_buf_status(to);
}
