/* SPDX-License-Identifier: Apache-2.0 */
/* One line a container, and below it the gravest of what was found. */

#include <string.h>

#include "audit.h"

#define MOST_FINDINGS 4 /* --json and --html have all */

static const enum wh_shade shades[WH_SEVERITIES] = {
	[WH_SEVERITY_LOW] = WH_PLAIN,
	[WH_SEVERITY_MEDIUM] = WH_PLAIN,
	[WH_SEVERITY_HIGH] = WH_DOUBT,
	[WH_SEVERITY_CRITICAL] = WH_BAD,
};

/* Texts that are put together for one row. */
struct pieces {
	struct wh_buf id, user, kept, beyond;
};

static void pieces_done(struct pieces *pieces)
{
	wh_buf_done(&pieces->id);
	wh_buf_done(&pieces->user);
	wh_buf_done(&pieces->kept);
	wh_buf_done(&pieces->beyond);
}

static const char *text_of(const struct wh_buf *buf)
{
	return buf->data == NULL ? "" : buf->data;
}

static void shorten(struct wh_buf *to, const char *text, size_t most)
{
	size_t len = strlen(text);
	bool hash = len == 64 && strspn(text, "0123456789abcdef") == len;

	if (hash)
		wh_buf_add(to, text, 12);
	else if (len > most)
		wh_buf_addf(to, "%.*s...", (int)most - 3, text);
	else
		wh_buf_add_string(to, text);
}

static struct wh_cell describe_way(const struct wh_audit_row *row)
{
	static const struct wh_cell ways[] = {
		[WH_THROUGH_WHITTLE] = { "whittle", WH_GOOD },
		[WH_THROUGH_OTHER] = { "around", WH_BAD },
		[WH_THROUGH_UNKNOWN] = { "unknown", WH_DOUBT },
	};

	return row->container == NULL ? ways[WH_THROUGH_UNKNOWN] : ways[row->container->through];
}

static void describe_user(const struct wh_audit_row *row, struct wh_buf *to)
{
	wh_buf_addf(to, "%u", row->uid);
	if (row->has_root && row->root != 0)
		wh_buf_addf(to, " (root is %u)", row->root);
}

static struct wh_cell describe_beyond(const struct wh_audit_row *row, struct wh_buf *to)
{
	if (row->container == NULL || !row->container->judged)
		return (struct wh_cell){ "-", WH_PLAIN };
	if (row->container->beyond_pid == 0)
		return (struct wh_cell){ "none", WH_GOOD };
	wh_buf_addf(to, "%u%s", (unsigned)__builtin_popcountll(row->beyond),
		row->container->regains ? "+nnp" : "");
	return (struct wh_cell){ text_of(to), WH_BAD };
}

static void describe(
	const struct wh_audit_row *row, struct pieces *pieces, struct wh_cell cells[WH_COLUMNS])
{
	enum wh_severity worst =
		row->finding_count == 0 ? WH_SEVERITY_LOW : row->findings[0].severity;

	shorten(&pieces->id, row->name != NULL ? row->name : row->id, 28);
	describe_user(row, &pieces->user);
	wh_buf_addf(&pieces->kept, "%u", (unsigned)__builtin_popcountll(row->kept));
	if (row->unused != 0)
		wh_buf_addf(
			&pieces->kept, " (%u unused)", (unsigned)__builtin_popcountll(row->unused));
	cells[0] = (struct wh_cell){ wh_severity_name(worst), shades[worst] };
	cells[1] = (struct wh_cell){ row->engine == NULL ? "-" : row->engine, WH_PLAIN };
	cells[2] = (struct wh_cell){ text_of(&pieces->id), WH_BOLD };
	cells[3] = (struct wh_cell){ row->place, WH_PLAIN };
	cells[4] = (struct wh_cell){ text_of(&pieces->user), WH_PLAIN };
	cells[5] = (struct wh_cell){ text_of(&pieces->kept), WH_PLAIN };
	cells[6] = describe_beyond(row, &pieces->beyond);
	cells[7] = describe_way(row);
	cells[WH_SENTENCE] = (struct wh_cell){ row->image == NULL ? "-" : row->image, WH_PLAIN };
}

static const struct wh_cell heads[WH_COLUMNS] = { { "RISK", WH_BOLD }, { "ENGINE", WH_BOLD },
	{ "NAME", WH_BOLD }, { "POD", WH_BOLD }, { "USER", WH_BOLD }, { "KEPT", WH_BOLD },
	{ "BEYOND", WH_BOLD }, { "THROUGH", WH_BOLD }, { "IMAGE", WH_BOLD } };

static bool has_places(const struct wh_audit *audit)
{
	for (size_t i = 0; i < audit->count; i++) {
		if (audit->rows[i].place != NULL)
			return true;
	}
	return false;
}

static void add_findings(struct wh_screen *screen, const struct wh_audit_row *row)
{
	size_t count = 0;

	for (size_t i = 0; i < row->finding_count; i++) {
		if (row->findings[i].severity < WH_SEVERITY_MEDIUM || ++count > MOST_FINDINGS)
			continue;
		wh_buf_add_string(screen->to, "      - ");
		wh_screen_wrap(
			screen, shades[row->findings[i].severity], row->findings[i].what, 8, 8);
	}
	if (count > MOST_FINDINGS)
		wh_buf_addf(screen->to, "        and %zu more\n", count - MOST_FINDINGS);
}

static void add_table(struct wh_screen *screen, const struct wh_audit *audit)
{
	size_t widths[WH_COLUMNS] = { 0 };
	struct wh_cell head[WH_COLUMNS];

	memcpy(head, heads, sizeof(head));
	if (!has_places(audit))
		head[3].text = NULL;
	wh_screen_widen(widths, head);
	for (int pass = 0; pass < 2; pass++) {
		if (pass == 1)
			wh_screen_row(screen, widths, head);
		for (size_t i = 0; i < audit->count; i++) {
			struct pieces pieces WH_CLEANUP(pieces_done) = { .id = WH_BUF_INIT };
			struct wh_cell cells[WH_COLUMNS];

			describe(&audit->rows[i], &pieces, cells);
			if (pass == 0)
				wh_screen_widen(widths, cells);
			else
				wh_screen_row(screen, widths, cells);
			if (pass == 1)
				add_findings(screen, &audit->rows[i]);
		}
	}
}

/* ---- every process ----------------------------------------------------------------------------
 */

static wh_capset held_by(const struct wh_process *process)
{
	return process->sets[WH_PROCESS_PERMITTED] | process->sets[WH_PROCESS_EFFECTIVE];
}

static void add_processes(struct wh_screen *screen, const struct wh_audit *audit)
{
	wh_screen_heading(screen, "Processes that hold capabilities");
	for (size_t i = 0; i < audit->process_count; i++) {
		const struct wh_audit_process *entry = &audit->processes[i];
		struct wh_buf line WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
		wh_capset held = held_by(&entry->process);
		const char *before = " ";

		if (held == 0)
			continue;
		wh_buf_addf(&line, "%d %s uid %u", entry->process.pid,
			entry->name == NULL ? "-" : entry->name, entry->process.uid);
		if (entry->row != NULL) {
			wh_buf_add_string(&line, " in ");
			shorten(&line, entry->row->id, 28);
		}
		wh_buf_add_char(&line, ':');
		if ((held & WH_CAPSET_ALL) == WH_CAPSET_ALL)
			wh_buf_add_string(&line, " all capabilities");
		for (unsigned k = 0; (held & WH_CAPSET_ALL) != WH_CAPSET_ALL && k < WH_CAP_COUNT;
			k++) {
			if ((held & wh_capset_of(k)) == 0)
				continue;
			wh_buf_addf(&line, "%s%s", before, wh_capability_get(k)->name);
			before = ", ";
		}
		wh_screen_blanks(screen, 2);
		wh_screen_wrap(screen, WH_PLAIN, text_of(&line), 2, 6);
	}
}

/* ---- all of it --------------------------------------------------------------------------------
 */

static void add_end(struct wh_screen *screen, const struct wh_audit *audit)
{
	struct wh_buf line WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_audit_counts counts = wh_audit_count(audit);
	bool found = counts.beyond + counts.around + counts.exec > 0;

	for (const struct wh_status_note *note = audit->status.unseen.first; note != NULL;
		note = note->next) {
		wh_buf_add_string(screen->to, "not seen: ");
		wh_screen_wrap(screen, WH_DOUBT, note->text, 10, 2);
	}
	wh_buf_addf(&line,
		"%zu running: %zu beyond the policy, %zu not started through whittle, %zu with an "
		"exec "
		"that holds more than the container",
		audit->count, counts.beyond, counts.around, counts.exec);
	if (screen->to->len > 0)
		wh_buf_add_char(screen->to, '\n');
	wh_screen_wrap(screen, found ? WH_BAD : WH_GOOD, text_of(&line), 0, 2);
}

void wh_audit_write_text(const struct wh_audit *audit, struct wh_screen *screen)
{
	if (audit->count > 0)
		add_table(screen, audit);
	if (audit->all_processes)
		add_processes(screen, audit);
	add_end(screen, audit);
}
