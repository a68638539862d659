/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The screen. Ids and paths are whatever somebody chose: all but printable ASCII is written as
 * \xNN, so nothing can move the cursor or begin a line. Colour is only added around words, so with
 * and without it the screen reads the same.
 */

#include "status.h"

#include <string.h>

#include "oci/capability.h"

#define MOST_ROWS 8   /* containers that are listed; --json has all of them */
#define MOST_NAMES 4  /* capabilities that are named */
#define LEAST_TEXT 24 /* columns that a sentence gets, however narrow the screen */

enum shade { PLAIN, BOLD, GOOD, BAD, DOUBT };

struct screen {
	struct wh_buf *to;
	bool colour;
	size_t width;
};

/* One cell of a table. */
struct cell {
	const char *text;
	enum shade shade;
};

#define COLUMNS 5

/* ---- words ------------------------------------------------------------------------------- */

static const char *const shades[] = {
	[PLAIN] = "",
	[BOLD] = "\033[1m",
	[GOOD] = "\033[32m",
	[BAD] = "\033[31m",
	[DOUBT] = "\033[33m",
};

static size_t width_of(const char *text, size_t len)
{
	size_t width = 0;

	for (size_t i = 0; i < len; i++)
		width += text[i] >= ' ' && text[i] <= '~' ? 1 : 4;
	return width;
}

static void add_raw(struct screen *screen, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] >= ' ' && text[i] <= '~')
			wh_buf_add_char(screen->to, text[i]);
		else
			wh_buf_addf(screen->to, "\\x%02x", (unsigned char)text[i]);
	}
}

static void add_shaded(struct screen *screen, enum shade shade, const char *text, size_t len)
{
	bool colour = screen->colour && shade != PLAIN;

	if (colour)
		wh_buf_add_string(screen->to, shades[shade]);
	add_raw(screen, text, len);
	if (colour)
		wh_buf_add_string(screen->to, "\033[0m");
}

static void add_blanks(struct screen *screen, size_t count)
{
	for (; count > 0; count--)
		wh_buf_add_char(screen->to, ' ');
}

/* A sentence that begins in column `at` and goes on in column `indent` of the next lines. A word
 * that is longer than a line stays whole. */
static void add_wrapped(
	struct screen *screen, enum shade shade, const char *text, size_t at, size_t indent)
{
	size_t room = screen->width > indent + LEAST_TEXT ? screen->width : indent + LEAST_TEXT;
	bool first = true;

	while (*text != '\0') {
		size_t len = strcspn(text, " "), width = width_of(text, len);

		if (!first && at + 1 + width > room) {
			wh_buf_add_char(screen->to, '\n');
			add_blanks(screen, indent);
			at = indent;
		} else if (!first) {
			wh_buf_add_char(screen->to, ' ');
			at++;
		}
		add_shaded(screen, shade, text, len);
		at += width;
		first = false;
		text += len;
		text += strspn(text, " ");
	}
	wh_buf_add_char(screen->to, '\n');
}

static void add_heading(struct screen *screen, const char *text)
{
	if (screen->to->len > 0)
		wh_buf_add_char(screen->to, '\n');
	add_shaded(screen, BOLD, text, strlen(text));
	wh_buf_add_char(screen->to, '\n');
}

static void add_item(struct screen *screen, enum shade shade, const char *text)
{
	wh_buf_add_string(screen->to, "  - ");
	add_wrapped(screen, shade, text, 4, 4);
}

/* ---- tables ------------------------------------------------------------------------------ */

static void widen(size_t widths[COLUMNS], const struct cell row[COLUMNS])
{
	for (size_t i = 0; i < COLUMNS; i++) {
		size_t width = row[i].text == NULL ? 0 : width_of(row[i].text, strlen(row[i].text));

		if (width > widths[i])
			widths[i] = width;
	}
}

/* The last cell is a sentence; the others stand in their columns. */
static void add_row(
	struct screen *screen, const size_t widths[COLUMNS], const struct cell row[COLUMNS])
{
	size_t at = 2;

	add_blanks(screen, at);
	for (size_t i = 0; i + 1 < COLUMNS; i++) {
		const char *text = row[i].text == NULL ? "" : row[i].text;
		size_t len = strlen(text);

		if (widths[i] == 0)
			continue;
		add_shaded(screen, row[i].shade, text, len);
		add_blanks(screen, widths[i] - width_of(text, len) + 2);
		at += widths[i] + 2;
	}
	add_wrapped(screen, row[COLUMNS - 1].shade,
		row[COLUMNS - 1].text == NULL ? "" : row[COLUMNS - 1].text, at,
		at + LEAST_TEXT > screen->width ? 6 : at);
}

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

static struct cell describe_default(const struct wh_status_engine *engine, struct wh_buf *buf)
{
	const struct wh_status_program *runs = &engine->runs;

	if (engine->error != NULL)
		return (struct cell){ engine->error, BAD };
	if (runs->called == NULL)
		return (struct cell){ "not known", BAD };
	if (runs->path == NULL) {
		wh_buf_addf(buf, "%s is not there", runs->called);
		return (struct cell){ text_of(buf), BAD };
	}
	if (!runs->whittle) {
		wh_buf_addf(buf, "%s, not whittle", runs->path);
		return (struct cell){ text_of(buf), BAD };
	}
	wh_buf_addf(buf, "%s with %s", runs->path,
		runs->policy == NULL ? "no policy" : runs->policy->file);
	return (struct cell){ text_of(buf), runs->policy == NULL ? BAD : GOOD };
}

static void describe_engine(
	const struct wh_status_engine *engine, struct pieces *pieces, struct cell row[COLUMNS])
{
	row[0] = (struct cell){ engine->engine->title, BOLD };
	row[1] = (struct cell){ engine->version == NULL ? "?" : engine->version, PLAIN };
	row[2] = (struct cell){ running(engine), PLAIN };
	wh_buf_addf(&pieces->one, "default %s",
		engine->default_runtime == NULL ? "?" : engine->default_runtime);
	row[3] = (struct cell){ text_of(&pieces->one), PLAIN };
	row[4] = describe_default(engine, &pieces->two);
}

static void add_engines(struct screen *screen, const struct wh_status *status)
{
	size_t widths[COLUMNS] = { 0 };

	add_heading(screen, "Engines");
	if (status->engines == NULL)
		add_item(screen, BAD, "no engine found");
	/* Twice, for the columns' widths first. */
	for (int pass = 0; pass < 2; pass++) {
		for (const struct wh_status_engine *engine = status->engines; engine != NULL;
			engine = engine->next) {
			struct pieces pieces WH_CLEANUP(pieces_done) = { .one = WH_BUF_INIT };
			struct cell row[COLUMNS];

			describe_engine(engine, &pieces, row);
			if (pass == 0)
				widen(widths, row);
			else
				add_row(screen, widths, row);
		}
	}
}

/* ---- policies ---------------------------------------------------------------------------- */

static struct cell describe_runtime(const struct wh_status_policy *policy, struct wh_buf *buf)
{
	if (policy->policy == NULL)
		return (struct cell){ policy->error, BAD };
	if (policy->runtime == NULL)
		return (struct cell){ policy->runtime_error, BAD };
	if (policy->version == NULL) {
		wh_buf_addf(buf, "%s: %s", policy->runtime, policy->version_error);
		return (struct cell){ text_of(buf), BAD };
	}
	wh_buf_addf(buf, "in front of %s, %s %s%s", policy->runtime,
		policy->fits ? wh_grammar_of(policy->kind)->name : "it says", policy->version,
		policy->fits ? "" : ", which is another kind");
	return (struct cell){ text_of(buf), policy->fits ? GOOD : BAD };
}

static void describe_policy(
	const struct wh_status_policy *policy, struct wh_buf *buf, struct cell row[COLUMNS])
{
	bool audit =
		policy->policy != NULL && wh_policy_default(policy->policy)->mode == WH_MODE_AUDIT;

	row[0] = (struct cell){ policy->file, BOLD };
	row[1] = policy->policy == NULL ? (struct cell){ "not valid", BAD }
					: (struct cell){ "valid", GOOD };
	row[2] = policy->policy == NULL ? (struct cell){ "", PLAIN }
		 : audit                ? (struct cell){ "audit", BAD }
					: (struct cell){ "enforce", GOOD };
	row[3] = (struct cell){ NULL, PLAIN };
	row[4] = describe_runtime(policy, buf);
}

static void add_policies(struct screen *screen, const struct wh_status *status)
{
	size_t widths[COLUMNS] = { 0 };

	add_heading(screen, "Policies");
	for (int pass = 0; pass < 2; pass++) {
		for (const struct wh_status_policy *policy = status->policies; policy != NULL;
			policy = policy->next) {
			struct wh_buf buf WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
			struct cell row[COLUMNS];

			if (!policy->used)
				continue;
			describe_policy(policy, &buf, row);
			if (pass == 0)
				widen(widths, row);
			else
				add_row(screen, widths, row);
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
	struct cell row[COLUMNS])
{
	static const struct cell ways[] = {
		[WH_THROUGH_WHITTLE] = { "through", GOOD },
		[WH_THROUGH_OTHER] = { "not", BAD },
		[WH_THROUGH_UNKNOWN] = { "unknown", DOUBT },
	};
	size_t len = strlen(container->id);
	bool hash = len == 64 && strspn(container->id, "0123456789abcdef") == len;

	row[0] = ways[container->through];
	row[1] = (struct cell){ container->engine == NULL ? "-" : container->engine, PLAIN };
	wh_buf_addf(&pieces->one, "%.*s%s",
		hash       ? 12
		: len > 40 ? 37
			   : (int)len,
		container->id, !hash && len > 40 ? "..." : "");
	row[2] = (struct cell){ text_of(&pieces->one), PLAIN };
	row[3] = (struct cell){ NULL, PLAIN };
	wh_buf_add_string(&pieces->two, container->why);
	describe_beyond(container, &pieces->two);
	if (container->watched)
		wh_buf_addf(&pieces->two, "; only watched, by rule \"%s\"", container->rule);
	row[4] = (struct cell){ text_of(&pieces->two), PLAIN };
}

static bool is_listed(const struct wh_status_container *container)
{
	return container->through != WH_THROUGH_WHITTLE || container->beyond_pid != 0 ||
	       container->watched;
}

static void add_listed(struct screen *screen, const struct wh_status *status)
{
	size_t widths[COLUMNS] = { 0 }, count = 0;

	for (int pass = 0; pass < 2; pass++) {
		count = 0;
		for (const struct wh_status_container *container = status->containers;
			container != NULL; container = container->next) {
			struct pieces pieces WH_CLEANUP(pieces_done) = { .one = WH_BUF_INIT };
			struct cell row[COLUMNS];

			if (!is_listed(container) || ++count > MOST_ROWS)
				continue;
			describe_container(container, &pieces, row);
			if (pass == 0)
				widen(widths, row);
			else
				add_row(screen, widths, row);
		}
	}
	if (count > MOST_ROWS)
		wh_buf_addf(
			screen->to, "  and %zu more; --json has all of them\n", count - MOST_ROWS);
}

static void add_containers(struct screen *screen, const struct wh_status *status)
{
	struct wh_status_counts counts = wh_status_count(status);
	struct wh_buf line WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;

	add_heading(screen, "Running containers");
	wh_buf_addf(&line, "%zu: %zu through whittle, %zu not, %zu unknown; %zu beyond the policy",
		counts.running, counts.through, counts.other, counts.unknown, counts.beyond);
	add_blanks(screen, 2);
	add_wrapped(screen, PLAIN, text_of(&line), 2, 4);
	add_listed(screen, status);
}

/* ---- sentences --------------------------------------------------------------------------- */

static void add_ways(struct screen *screen, const struct wh_status *status)
{
	add_heading(screen, "Ways around whittle");
	if (status->ways == NULL)
		add_item(screen, GOOD, "none found");
	for (const struct wh_status_way *way = status->ways; way != NULL; way = way->next) {
		add_item(screen, BAD, way->what);
		add_blanks(screen, 4);
		add_wrapped(screen, PLAIN, way->remedy, 4, 6);
	}
}

static void add_list(struct screen *screen, const char *heading, enum shade shade,
	const struct wh_status_list *list)
{
	if (list->first == NULL)
		return;
	add_heading(screen, heading);
	for (const struct wh_status_note *note = list->first; note != NULL; note = note->next)
		add_item(screen, shade, note->text);
}

static void add_verdict(struct screen *screen, const struct wh_status *status)
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
	add_wrapped(screen, wh_status_verdict(status) == WH_STATUS_ENFORCED ? GOOD : BAD,
		text_of(&line), 0, 2);
}

void wh_status_write_text(
	const struct wh_status *status, bool colour, size_t width, struct wh_buf *ret)
{
	struct screen screen = { .to = ret, .colour = colour, .width = width };

	add_engines(&screen, status);
	add_policies(&screen, status);
	add_containers(&screen, status);
	add_ways(&screen, status);
	add_list(&screen, "Good to know", PLAIN, &status->notes);
	add_list(&screen, "Findings", BAD, &status->findings);
	add_list(&screen, "Not seen", DOUBT, &status->unseen);
	add_verdict(&screen, status);
}
