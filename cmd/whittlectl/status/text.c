/* SPDX-License-Identifier: Apache-2.0 */
/* The screen. */

#include "status.h"

#include <string.h>

#include "oci/capability.h"
#include "whittlectl/screen.h"

#define MOST_ROWS 8  /* containers that are listed; --json has all of them */
#define MOST_NAMES 4 /* capabilities that are named */
/* ---- engines ----------------------------------------------------------------------------- */

/* Texts that are put together for one row. */
struct pieces {
	struct wh_buf one;
	struct wh_buf two;
};

static void pieces_done(struct pieces *pieces)
{
	wh_buf_done(&pieces->one);
	wh_buf_done(&pieces->two);
}

static const char *text_of(const struct wh_buf *buf)
{
	return buf->data == NULL ? "" : buf->data;
}

static const char *running(const struct wh_status_engine *engine)
{
	if (engine->engine->unit == NULL)
		return "no daemon";
	return engine->pid != 0 ? "running" : "stopped";
}

static struct wh_cell describe_default(const struct wh_status_engine *engine, struct wh_buf *buf)
{
	const struct wh_status_program *runs = &engine->runs;

	if (engine->error != NULL)
		return (struct wh_cell){ engine->error, WH_BAD };
	if (runs->called == NULL)
		return (struct wh_cell){ "not known", WH_BAD };
	if (runs->path == NULL) {
		wh_buf_addf(buf, "%s is not there", runs->called);
		return (struct wh_cell){ text_of(buf), WH_BAD };
	}
	if (!runs->whittle) {
		wh_buf_addf(buf, "%s, not whittle", runs->path);
		return (struct wh_cell){ text_of(buf), WH_BAD };
	}
	wh_buf_addf(buf, "%s with %s", runs->path,
		runs->policy == NULL ? "no policy" : runs->policy->file);
	return (struct wh_cell){ text_of(buf), runs->policy == NULL ? WH_BAD : WH_GOOD };
}

static void describe_engine(const struct wh_status_engine *engine, struct pieces *pieces,
	struct wh_cell row[WH_COLUMNS])
{
	row[0] = (struct wh_cell){ engine->engine->title, WH_BOLD };
	row[1] = (struct wh_cell){ engine->version == NULL ? "?" : engine->version, WH_PLAIN };
	row[2] = (struct wh_cell){ running(engine), WH_PLAIN };
	wh_buf_addf(&pieces->one, "default %s",
		engine->default_runtime == NULL ? "?" : engine->default_runtime);
	row[3] = (struct wh_cell){ text_of(&pieces->one), WH_PLAIN };
	row[WH_SENTENCE] = describe_default(engine, &pieces->two);
}

static void add_engines(struct wh_screen *screen, const struct wh_status *status)
{
	size_t widths[WH_COLUMNS] = { 0 };

	wh_screen_heading(screen, "Engines");
	if (status->engines == NULL)
		wh_screen_item(screen, WH_BAD, "no engine found");
	/* Twice, for the columns' widths first. */
	for (int pass = 0; pass < 2; pass++) {
		for (const struct wh_status_engine *engine = status->engines; engine != NULL;
			engine = engine->next) {
			struct pieces pieces WH_CLEANUP(pieces_done) = { .one = WH_BUF_INIT };
			struct wh_cell row[WH_COLUMNS] = { { NULL, WH_PLAIN } };

			describe_engine(engine, &pieces, row);
			if (pass == 0)
				wh_screen_widen(widths, row);
			else
				wh_screen_row(screen, widths, row);
		}
	}
}

/* ---- policies ---------------------------------------------------------------------------- */

static struct wh_cell describe_runtime(const struct wh_status_policy *policy, struct wh_buf *buf)
{
	if (policy->policy == NULL)
		return (struct wh_cell){ policy->error, WH_BAD };
	if (policy->runtime == NULL)
		return (struct wh_cell){ policy->runtime_error, WH_BAD };
	if (policy->answer.version == NULL) {
		wh_buf_addf(buf, "%s: %s", policy->runtime, policy->answer.error);
		return (struct wh_cell){ text_of(buf), WH_BAD };
	}
	wh_buf_addf(buf, "in front of %s, %s %s%s", policy->runtime,
		policy->answer.fits ? wh_grammar_of(policy->kind)->name : "it says",
		policy->answer.version, policy->answer.fits ? "" : ", which is another kind");
	return (struct wh_cell){ text_of(buf), policy->answer.fits ? WH_GOOD : WH_BAD };
}

static void describe_policy(
	const struct wh_status_policy *policy, struct wh_buf *buf, struct wh_cell row[WH_COLUMNS])
{
	bool audit =
		policy->policy != NULL && wh_policy_default(policy->policy)->mode == WH_MODE_AUDIT;

	row[0] = (struct wh_cell){ policy->file, WH_BOLD };
	row[1] = policy->policy == NULL ? (struct wh_cell){ "not valid", WH_BAD }
					: (struct wh_cell){ "valid", WH_GOOD };
	row[2] = policy->policy == NULL ? (struct wh_cell){ "", WH_PLAIN }
		 : audit                ? (struct wh_cell){ "audit", WH_BAD }
					: (struct wh_cell){ "enforce", WH_GOOD };
	row[WH_SENTENCE] = describe_runtime(policy, buf);
}

static void add_policies(struct wh_screen *screen, const struct wh_status *status)
{
	size_t widths[WH_COLUMNS] = { 0 };

	wh_screen_heading(screen, "Policies");
	for (int pass = 0; pass < 2; pass++) {
		for (const struct wh_status_policy *policy = status->policies; policy != NULL;
			policy = policy->next) {
			struct wh_buf buf WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
			struct wh_cell row[WH_COLUMNS] = { { NULL, WH_PLAIN } };

			if (!policy->used)
				continue;
			describe_policy(policy, &buf, row);
			if (pass == 0)
				wh_screen_widen(widths, row);
			else
				wh_screen_row(screen, widths, row);
		}
	}
}

/* ---- containers -------------------------------------------------------------------------- */

static void describe_beyond(const struct wh_status_container *container, struct wh_buf *buf)
{
	unsigned told = 0, all = (unsigned)__builtin_popcountll(container->beyond);

	if (container->beyond_pid == 0)
		return;
	wh_buf_add_string(buf, "; has");
	for (unsigned i = 0; i < WH_CAP_COUNT && told < MOST_NAMES; i++) {
		if ((container->beyond & wh_capset_of(i)) != 0)
			wh_buf_addf(
				buf, "%s %s", told++ > 0 ? "," : "", wh_capability_get(i)->name);
	}
	if (all > told)
		wh_buf_addf(buf, "%s %u more", told > 0 ? " and" : "", all - told);
	if (container->regains)
		wh_buf_addf(buf, "%s no noNewPrivileges", all > 0 ? ", and" : "");
	wh_buf_addf(buf, " (process %d)", container->beyond_pid);
}

static void describe_container(const struct wh_status_container *container, struct pieces *pieces,
	struct wh_cell row[WH_COLUMNS])
{
	static const struct wh_cell ways[] = {
		[WH_THROUGH_WHITTLE] = { "through", WH_GOOD },
		[WH_THROUGH_OTHER] = { "not", WH_BAD },
		[WH_THROUGH_UNKNOWN] = { "unknown", WH_DOUBT },
	};
	size_t len = strlen(container->id);
	bool hash = len == 64 && strspn(container->id, "0123456789abcdef") == len;

	row[0] = ways[container->through];
	row[1] = (struct wh_cell){ container->engine == NULL ? "-" : container->engine, WH_PLAIN };
	wh_buf_addf(&pieces->one, "%.*s%s",
		hash       ? 12
		: len > 40 ? 37
			   : (int)len,
		container->id, !hash && len > 40 ? "..." : "");
	row[2] = (struct wh_cell){ text_of(&pieces->one), WH_PLAIN };
	wh_buf_add_string(&pieces->two, container->why);
	describe_beyond(container, &pieces->two);
	if (container->watched)
		wh_buf_addf(&pieces->two, "; only watched, by rule \"%s\"", container->rule);
	row[WH_SENTENCE] = (struct wh_cell){ text_of(&pieces->two), WH_PLAIN };
}

static bool is_listed(const struct wh_status_container *container)
{
	return container->through != WH_THROUGH_WHITTLE || container->beyond_pid != 0 ||
	       container->watched;
}

static void add_listed(struct wh_screen *screen, const struct wh_status *status)
{
	size_t widths[WH_COLUMNS] = { 0 }, count = 0;

	for (int pass = 0; pass < 2; pass++) {
		count = 0;
		for (const struct wh_status_container *container = status->containers;
			container != NULL; container = container->next) {
			struct pieces pieces WH_CLEANUP(pieces_done) = { .one = WH_BUF_INIT };
			struct wh_cell row[WH_COLUMNS] = { { NULL, WH_PLAIN } };

			if (!is_listed(container) || ++count > MOST_ROWS)
				continue;
			describe_container(container, &pieces, row);
			if (pass == 0)
				wh_screen_widen(widths, row);
			else
				wh_screen_row(screen, widths, row);
		}
	}
	if (count > MOST_ROWS)
		wh_buf_addf(
			screen->to, "  and %zu more; --json has all of them\n", count - MOST_ROWS);
}

static void add_containers(struct wh_screen *screen, const struct wh_status *status)
{
	struct wh_status_counts counts = wh_status_count(status);
	struct wh_buf line WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;

	wh_screen_heading(screen, "Running containers");
	wh_buf_addf(&line, "%zu: %zu through whittle, %zu not, %zu unknown; %zu beyond the policy",
		counts.running, counts.through, counts.other, counts.unknown, counts.beyond);
	wh_screen_blanks(screen, 2);
	wh_screen_wrap(screen, WH_PLAIN, text_of(&line), 2, 4);
	add_listed(screen, status);
}

/* ---- sentences --------------------------------------------------------------------------- */

static void add_ways(struct wh_screen *screen, const struct wh_status *status)
{
	wh_screen_heading(screen, "Ways around whittle");
	if (status->ways == NULL)
		wh_screen_item(screen, WH_GOOD, "none found");
	for (const struct wh_status_way *way = status->ways; way != NULL; way = way->next) {
		wh_screen_item(screen, WH_BAD, way->what);
		wh_screen_blanks(screen, 4);
		wh_screen_wrap(screen, WH_PLAIN, way->remedy, 4, 6);
	}
}

static void add_list(struct wh_screen *screen, const char *heading, enum wh_shade shade,
	const struct wh_status_list *list)
{
	if (list->first == NULL)
		return;
	wh_screen_heading(screen, heading);
	for (const struct wh_status_note *note = list->first; note != NULL; note = note->next)
		wh_screen_item(screen, shade, note->text);
}

static void add_verdict(struct wh_screen *screen, const struct wh_status *status)
{
	size_t count = 0;
	struct wh_buf line WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;

	for (const struct wh_status_note *note = status->findings.first; note != NULL;
		note = note->next)
		count++;
	for (const struct wh_status_way *way = status->ways; way != NULL; way = way->next)
		count++;
	wh_buf_add_char(screen->to, '\n');
	if (count > 0)
		wh_buf_addf(&line, "not enforced: %zu finding%s%s", count, count == 1 ? "" : "s",
			status->unseen.first != NULL ? ", and not everything could be seen" : "");
	else if (status->unseen.first != NULL)
		wh_buf_add_string(&line, "not known: not everything could be seen");
	else
		wh_buf_add_string(&line, "enforced: every engine starts its containers through "
					 "whittle, and all that "
					 "run are held to the policy");
	wh_screen_wrap(screen, wh_status_verdict(status) == WH_STATUS_ENFORCED ? WH_GOOD : WH_BAD,
		text_of(&line), 0, 2);
}

void wh_status_write_text(const struct wh_status *status, struct wh_screen *screen)
{
	add_engines(screen, status);
	add_policies(screen, status);
	add_containers(screen, status);
	add_ways(screen, status);
	add_list(screen, "Good to know", WH_PLAIN, &status->notes);
	add_list(screen, "Findings", WH_BAD, &status->findings);
	add_list(screen, "Not seen", WH_DOUBT, &status->unseen);
	add_verdict(screen, status);
}
