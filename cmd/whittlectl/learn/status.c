/* SPDX-License-Identifier: Apache-2.0 */
/* whittlectl learn status: which rules of the policy record, and what is being recorded now. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/utc.h"
#include "learn.h"
#include "whittlectl/policy-file.h"
#include "whittlectl/put.h"
#include "record/store.h"

#define DEFAULT "default"

struct entry {
	const char *name;
	bool learns; /* by the policy */
	const struct wh_store_running *running;
	size_t count;
};

struct entries {
	struct entry *all;
	size_t count;
};

/* ---- what there is ----------------------------------------------------------------------- */

static struct entry *find(struct entries *entries, const char *name)
{
	for (size_t i = 0; i < entries->count; i++) {
		if (strcmp(entries->all[i].name, name) == 0)
			return &entries->all[i];
	}
	return NULL;
}

static bool is_asked(const struct wh_learn_call *call, const char *name)
{
	for (size_t i = 0; i < call->count; i++) {
		if (strcmp(call->names[i], name) == 0)
			return true;
	}
	return call->count == 0;
}

static void add_learning(
	struct entries *entries, const struct wh_learn_call *call, const struct wh_policy *policy)
{
	struct wh_limits limits;
	const char *name;

	if (policy == NULL)
		return;
	if (wh_policy_default(policy)->learn && is_asked(call, DEFAULT))
		entries->all[entries->count++] = (struct entry){ DEFAULT, .learns = true };
	for (size_t i = 0; wh_policy_rule(policy, i, &name, &limits) == 0; i++) {
		if (limits.learn && is_asked(call, name))
			entries->all[entries->count++] = (struct entry){ name, .learns = true };
	}
}

static int add_running(struct entries *entries, const struct wh_learn_call *call,
	const char *const *names, size_t count, struct wh_arena *arena, struct wh_err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < count; i++) {
		struct entry *entry = find(entries, names[i]);
		struct entry fresh = { .name = names[i] };

		if (!is_asked(call, names[i]))
			continue;
		r = wh_store_running(names[i], arena, &fresh.running, &fresh.count, err);
		if (r == 0 && entry != NULL) {
			entry->running = fresh.running;
			entry->count = fresh.count;
		} else if (r == 0 && fresh.count > 0) {
			entries->all[entries->count++] = fresh;
		}
	}
	return r;
}

static int by_name(const void *a, const void *b)
{
	const struct entry *first = a, *second = b;

	return strcmp(first->name, second->name);
}

static int gather(const struct wh_learn_call *call, const struct wh_policy *policy,
	struct wh_arena *arena, struct entries *ret, struct wh_err *err)
{
	struct wh_limits limits;
	const char **names, *unused;
	size_t count, rules = 0;
	int r = wh_store_list(arena, &names, &count, err);

	if (r < 0)
		return r;
	while (policy != NULL && wh_policy_rule(policy, rules, &unused, &limits) == 0)
		rules++;
	*ret = (struct entries){ wh_arena_array(arena, rules + count + 1, sizeof(*ret->all)), 0 };
	if (ret->all == NULL)
		return wh_fail_errno(err, ENOMEM, "looking at recordings");
	add_learning(ret, call, policy);
	r = add_running(ret, call, names, count, arena, err);
	if (r == 0)
		qsort(ret->all, ret->count, sizeof(*ret->all), by_name);
	return r;
}

/* ---- what is shown ----------------------------------------------------------------------- */

static const struct wh_cell heads[WH_COLUMNS] = { { "NAME", WH_BOLD }, { "RULE", WH_BOLD },
	{ "CONTAINER", WH_BOLD }, { "SINCE", WH_BOLD }, { "BY", WH_BOLD }, { NULL, WH_PLAIN },
	{ NULL, WH_PLAIN }, { NULL, WH_PLAIN }, { "IMAGE", WH_BOLD } };

/* A line for each recording, one for a rule of which nothing runs. */
static size_t lines_of(const struct entry *entry)
{
	return entry->count == 0 ? 1 : entry->count;
}

static void describe(const struct entry *entry, size_t line, struct wh_arena *arena,
	struct wh_cell cells[WH_COLUMNS])
{
	const struct wh_store_running *running = entry->count == 0 ? NULL : &entry->running[line];
	char since[WH_UTC_SIZE];

	memset(cells, 0, WH_COLUMNS * sizeof(*cells));
	cells[0] = (struct wh_cell){ line == 0 ? entry->name : "", WH_BOLD };
	cells[1] = entry->learns ? (struct wh_cell){ "records", WH_GOOD }
				 : (struct wh_cell){ "-", WH_PLAIN };
	cells[2].text = "-";
	cells[WH_SENTENCE].text = "-";
	if (running == NULL)
		return;
	wh_utc_format(running->began, since);
	cells[2].text = running->id == NULL ? "?" : wh_arena_printf(arena, "%.12s", running->id);
	cells[3].text = wh_arena_dup(arena, wh_slice_of(since));
	cells[4].text = running->transport;
	if (running->image != NULL)
		cells[WH_SENTENCE].text = running->image;
}

static void write_text(
	const struct entries *entries, struct wh_arena *arena, struct wh_screen *screen)
{
	size_t widths[WH_COLUMNS] = { 0 };
	struct wh_cell cells[WH_COLUMNS];

	if (entries->count == 0) {
		wh_screen_wrap(screen, WH_PLAIN, "nothing is recorded, and no rule says so", 0, 2);
		return;
	}
	wh_screen_widen(widths, heads);
	for (int pass = 0; pass < 2; pass++) {
		if (pass == 1)
			wh_screen_row(screen, widths, heads);
		for (size_t i = 0; i < entries->count; i++) {
			for (size_t k = 0; k < lines_of(&entries->all[i]); k++) {
				describe(&entries->all[i], k, arena, cells);
				if (pass == 0)
					wh_screen_widen(widths, cells);
				else
					wh_screen_row(screen, widths, cells);
			}
		}
	}
}

static void write_json(const struct entries *entries, struct wh_buf *to)
{
	char since[WH_UTC_SIZE];

	wh_put_open(to, NULL, '{');
	wh_put_count(to, "schema", 1);
	wh_put_text(to, "version", WH_VERSION);
	wh_put_open(to, "names", '[');
	for (size_t i = 0; i < entries->count; i++) {
		const struct entry *entry = &entries->all[i];

		wh_put_open(to, NULL, '{');
		wh_put_text(to, "name", entry->name);
		wh_put_bool(to, "learns", entry->learns);
		wh_put_open(to, "running", '[');
		for (size_t k = 0; k < entry->count; k++) {
			const struct wh_store_running *running = &entry->running[k];

			wh_utc_format(running->began, since);
			wh_put_open(to, NULL, '{');
			wh_put_text(to, "container", running->id);
			wh_put_text(to, "image", running->image);
			wh_put_text(to, "since", since);
			wh_put_text(to, "transport", running->transport);
			wh_put_number(to, "recorder", (uint64_t)running->pid);
			wh_buf_add_char(to, '}');
		}
		wh_buf_add_string(to, "]}");
	}
	wh_buf_add_string(to, "]}\n");
}

int wh_learn_status(const struct wh_learn_call *call)
{
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_screen screen = wh_screen_of(stdout, &text);
	struct wh_policy *policy WH_POLICY = NULL;
	const char *file = wh_words_value(call->words, "policy");
	struct entries entries = { .count = 0 };
	struct wh_err err = WH_ERR_INIT;
	int r = wh_load_policy(file != NULL ? file : WH_POLICY_FILE, &policy, NULL, NULL, &err);

	/* Without a policy of one's own nothing learns by a rule; what is recorded can be told. */
	if (r == -ENOENT && file == NULL) {
		err = (struct wh_err)WH_ERR_INIT;
		r = 0;
	}
	if (r == 0)
		r = gather(call, policy, &arena, &entries, &err);
	if (r < 0)
		return wh_learn_trouble(call, &err);
	if (wh_words_has(call->words, "json"))
		write_json(&entries, &text);
	else
		write_text(&entries, &arena, &screen);
	r = wh_print(&text, stdout);
	if (r < 0)
		(void)wh_fail_errno(&err, -r, "the answer could not be written");
	return r < 0 ? wh_learn_trouble(call, &err) : WH_EXIT_FINE;
}
