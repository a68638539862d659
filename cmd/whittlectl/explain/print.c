/* SPDX-License-Identifier: Apache-2.0 */
/* Before and after, kind by kind. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "explain.h"
#include "whittlectl/put.h"

#define SCHEMA 1u
#define MOST_OF_A_KIND 24 /* lines for people; --json has all */
#define MOST_RULES 24

const char *wh_privilege_meaning(const struct wh_privilege *privilege)
{
	unsigned capability;

	if (privilege->kind == WH_KIND_CAPABILITIES &&
		wh_capability_from_oci(wh_slice_of(privilege->text), &capability))
		return wh_capability_get(capability)->risk;
	return wh_kind_info(privilege->kind)->risk;
}

static const char *mode_of(const struct wh_explain *explain)
{
	if (explain->judged.decision.rule == NULL)
		return NULL;
	return explain->judged.decision.limits.mode == WH_MODE_AUDIT ? "audit" : "enforce";
}

static bool is_asked(const struct wh_explain *explain, const char *rule)
{
	for (size_t i = 0; i < explain->rule_count; i++) {
		if (strcmp(explain->rules[i], rule) == 0)
			return true;
	}
	return explain->rule_count == 0;
}

/* How the rule at this place stands to the container. One that asks for a text that cannot be
 * judged does not hold, and nothing behind it decides: *ret_doubt. */
static int trace_rule(const struct wh_explain *explain, struct wh_tracer *tracer, size_t index,
	struct wh_rule_trace *ret, bool *ret_doubt)
{
	struct wh_limits limits;
	int r = wh_policy_trace(tracer, index, ret);

	*ret_doubt = r == -E2BIG || r == -EINVAL;
	if (!*ret_doubt)
		return r;
	*ret = (struct wh_rule_trace){ .unknown = wh_errno_text(-r) };
	return wh_policy_rule(explain->judged.policy, index, &ret->name, &limits);
}

/* Which rules were looked at, and how each stands to the container. Calls for each that is asked
 * about; `decides` is whether it is the one. */
static int each_rule(struct wh_explain *explain,
	void (*call)(void *context, const struct wh_rule_trace *rule, bool decides), void *context)
{
	struct wh_judgement *judged = &explain->judged;
	struct wh_tracer *tracer;
	bool decided = false;
	int r;

	if (!judged->identified)
		return 0;
	r = wh_policy_tracer(judged->policy, &judged->identity.subject, &judged->arena, &tracer);
	if (r < 0)
		return r;
	for (size_t i = 0;; i++) {
		struct wh_rule_trace rule;
		bool doubt;

		r = trace_rule(explain, tracer, i, &rule, &doubt);
		if (r < 0)
			break;
		if (is_asked(explain, rule.name))
			call(context, &rule, rule.holds && !decided);
		decided = decided || doubt || rule.holds;
	}
	if (r != -ENOENT)
		return r;
	if (is_asked(explain, "default"))
		call(context, &(struct wh_rule_trace){ .name = "default", .holds = true },
			!decided);
	return 0;
}

/* ---- for people ----------------------------------------------------------------------------- */

static void add_line(struct wh_screen *screen, const char *key, const char *text)
{
	if (text == NULL)
		return;
	wh_screen_blanks(screen, 2);
	wh_screen_add(screen, WH_PLAIN, key, strlen(key));
	wh_screen_blanks(screen, strlen(key) < 10 ? 11 - strlen(key) : 1);
	wh_screen_wrap(screen, WH_PLAIN, text, 13, 13);
}

static void add_who(struct wh_screen *screen, const struct wh_explain *explain)
{
	static const enum wh_fact told[] = { WH_FACT_ENGINE, WH_FACT_NAMESPACE, WH_FACT_POD,
		WH_FACT_CONTAINER, WH_FACT_IMAGE, WH_FACT_IMAGE_ID };

	wh_screen_heading(screen, explain->target);
	if (explain->target_kind != WH_TARGET_IMAGE)
		add_line(screen, "bundle", explain->judged.bundle);
	for (size_t i = 0; i < WH_COUNT(told); i++)
		add_line(screen, wh_fact_info(told[i])->name,
			explain->who.subject.facts[told[i]].text);
	add_line(screen, "policy", explain->policy_file);
	add_line(screen, "runtime", explain->runtime);
	add_line(screen, "rule", explain->judged.decision.rule);
	add_line(screen, "mode", mode_of(explain));
}

struct rules_printer {
	struct wh_screen *screen;
	size_t count;
};

static void print_rule(void *context, const struct wh_rule_trace *rule, bool decides)
{
	struct rules_printer *printer = context;
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;

	if (++printer->count > MOST_RULES && !decides)
		return;
	if (decides)
		wh_buf_addf(&text, "%s: decides", rule->name);
	else if (rule->holds)
		wh_buf_addf(&text, "%s: would match, and stands behind the one that decides",
			rule->name);
	else if (rule->key == NULL)
		wh_buf_addf(&text, "%s: cannot be judged: what it asks for is %s", rule->name,
			rule->unknown);
	else if (rule->text != NULL)
		wh_buf_addf(&text, "%s: does not match: %s is \"%s\", not \"%s\"", rule->name,
			rule->key, rule->text, rule->pattern);
	else
		wh_buf_addf(&text, "%s: does not match: %s is not known (%s)", rule->name,
			rule->key, rule->unknown == NULL ? "there is none" : rule->unknown);
	wh_screen_item(
		printer->screen, decides ? WH_GOOD : WH_PLAIN, text.data == NULL ? "" : text.data);
}

static int add_rules(struct wh_screen *screen, struct wh_explain *explain)
{
	struct rules_printer printer = { .screen = screen };
	int r;

	wh_screen_heading(screen, "Rules");
	r = each_rule(explain, print_rule, &printer);
	if (r == 0 && printer.count > MOST_RULES)
		wh_buf_addf(screen->to, "  and %zu more; name those you want to see\n",
			printer.count - MOST_RULES);
	return r;
}

/* What stays, with the policy's reason where it gives one. */
static void print_kept(
	struct wh_screen *screen, const struct wh_explain *explain, const struct wh_privilege *kept)
{
	const char *why = NULL;
	unsigned capability;
	size_t len = strlen(kept->text);

	if (kept->kind == WH_KIND_CAPABILITIES && explain->judged.decision.rule != NULL &&
		wh_capability_from_oci(wh_slice_of(kept->text), &capability))
		why = wh_policy_reason(
			explain->judged.policy, explain->judged.decision.rule, capability);
	wh_buf_add_string(screen->to, "    ");
	wh_screen_add(screen, WH_PLAIN, kept->text, len);
	if (why == NULL) {
		wh_buf_add_char(screen->to, '\n');
		return;
	}
	wh_buf_add_string(screen->to, "  ");
	wh_screen_wrap(screen, WH_PLAIN, why, 6 + wh_screen_width_of(kept->text, len), 6);
}

static void print_changed(
	struct wh_screen *screen, const struct wh_privilege *privilege, bool removed)
{
	const char *why = removed && !privilege->value ? wh_privilege_meaning(privilege) : NULL;
	size_t len = strlen(privilege->text);

	wh_buf_add_string(screen->to, removed ? "  - " : "  + ");
	wh_screen_add(screen, removed ? WH_BAD : WH_GOOD, privilege->text, len);
	if (why == NULL || privilege->kind != WH_KIND_CAPABILITIES) {
		wh_buf_add_char(screen->to, '\n');
		return;
	}
	wh_screen_blanks(screen, len < 24 ? 24 - len : 2);
	wh_screen_wrap(screen, WH_PLAIN, why, len < 24 ? 28 : len + 6, 28);
}

static size_t count_of(const struct wh_privileges *list, enum wh_kind kind)
{
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++)
		count += list->items[i].kind == kind;
	return count;
}

/* Without values, which every container has; of every kind for WH_KINDS. */
static size_t without_values(const struct wh_privileges *list, enum wh_kind kind)
{
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++)
		count += !list->items[i].value && (kind == WH_KINDS || list->items[i].kind == kind);
	return count;
}

struct difference {
	struct wh_privileges removed, added, kept;
};

static void print_kind(struct wh_screen *screen, const struct wh_explain *explain,
	const struct difference *difference, enum wh_kind kind)
{
	const struct wh_privileges *lists[] = { &difference->removed, &difference->added,
		&difference->kept };
	size_t removed = count_of(&difference->removed, kind);
	size_t kept = count_of(&difference->kept, kind), added = count_of(&difference->added, kind);

	if (removed + kept + added == 0)
		return;
	wh_screen_heading(screen, wh_kind_info(kind)->key);
	if (without_values(&difference->removed, kind) > 0 && kind != WH_KIND_CAPABILITIES) {
		wh_screen_blanks(screen, 2);
		wh_screen_wrap(screen, WH_DOUBT, wh_kind_info(kind)->risk, 2, 2);
	}
	for (size_t list = 0; list < WH_COUNT(lists); list++) {
		size_t n = 0;

		for (size_t i = 0; i < lists[list]->count; i++) {
			if (lists[list]->items[i].kind != kind || ++n > MOST_OF_A_KIND)
				continue;
			if (list == 2)
				print_kept(screen, explain, &lists[list]->items[i]);
			else
				print_changed(screen, &lists[list]->items[i], list == 0);
		}
		if (n > MOST_OF_A_KIND)
			wh_buf_addf(screen->to, "    and %zu more; --json has all of them\n",
				n - MOST_OF_A_KIND);
	}
}

static int compare(struct wh_explain *explain, struct difference *ret)
{
	struct wh_arena *arena = &explain->judged.arena;
	int r = wh_privileges_without(&explain->before, &explain->after, arena, &ret->removed);

	if (r == 0)
		r = wh_privileges_without(&explain->after, &explain->before, arena, &ret->added);
	if (r == 0)
		r = wh_privileges_without(&explain->before, &ret->removed, arena, &ret->kept);
	return r;
}

static int add_difference(struct wh_screen *screen, struct wh_explain *explain)
{
	struct difference difference;
	struct wh_buf line WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int r = compare(explain, &difference);
	bool audit = explain->judged.decision.limits.mode == WH_MODE_AUDIT;
	size_t asked = without_values(&explain->before, WH_KINDS);

	if (r < 0)
		return r;
	for (size_t kind = 0; kind < WH_KINDS; kind++)
		print_kind(screen, explain, &difference, (enum wh_kind)kind);
	wh_buf_add_char(screen->to, '\n');
	wh_buf_addf(&line, "%zu privilege%s asked for, %zu taken away%s", asked,
		asked == 1 ? "" : "s", without_values(&difference.removed, WH_KINDS),
		audit ? " if the rule were to enforce: in audit mode nothing is changed" : "");
	wh_screen_wrap(screen, WH_BOLD, line.data == NULL ? "" : line.data, 0, 2);
	return 0;
}

/* What a container that is refused asks for. */
static void add_asked(struct wh_screen *screen, const struct wh_explain *explain)
{
	const struct difference asked = { .kept = explain->before };

	for (size_t kind = 0; kind < WH_KINDS; kind++)
		print_kind(screen, explain, &asked, (enum wh_kind)kind);
}

int wh_explain_text(struct wh_explain *explain, struct wh_screen *screen)
{
	int r = 0;

	add_who(screen, explain);
	for (const struct wh_explain_note *note = explain->notes; note != NULL; note = note->next)
		wh_screen_item(screen, WH_DOUBT, note->text);
	if (explain->judged.identified)
		r = add_rules(screen, explain);
	if (r == 0 && explain->judged.trimmed)
		r = add_difference(screen, explain);
	else if (r == 0)
		add_asked(screen, explain);
	if (r == 0 && explain->refusal.number != 0) {
		wh_buf_add_char(screen->to, '\n');
		wh_screen_wrap(screen, WH_BAD, "whittle would not start it:", 0, 2);
		wh_screen_blanks(screen, 2);
		wh_screen_wrap(screen, WH_PLAIN, explain->refusal.text, 2, 2);
	}
	return r;
}

/* ---- for programs --------------------------------------------------------------------------- */

static void put_rule(void *context, const struct wh_rule_trace *rule, bool decides)
{
	struct wh_buf *to = context;

	wh_put_open(to, NULL, '{');
	wh_put_text(to, "name", rule->name);
	wh_put_bool(to, "matches", rule->holds);
	wh_put_bool(to, "decides", decides);
	wh_put_text(to, "key", rule->key);
	wh_put_text(to, "pattern", rule->pattern);
	wh_put_text(to, "value", rule->text);
	wh_put_text(to, "unknown", rule->unknown);
	wh_buf_add_char(to, '}');
}

static void put_privileges(
	struct wh_buf *to, const char *key, const struct wh_privileges *list, bool known)
{
	if (!known) {
		wh_put_text(to, key, NULL);
		return;
	}
	wh_put_open(to, key, '{');
	for (size_t i = 0; i < list->count; i++) {
		if (i == 0 || list->items[i].kind != list->items[i - 1].kind)
			wh_put_open(to, wh_kind_info(list->items[i].kind)->key, '[');
		wh_put_text(to, NULL, list->items[i].text);
		if (i + 1 == list->count || list->items[i].kind != list->items[i + 1].kind)
			wh_buf_add_char(to, ']');
	}
	wh_buf_add_char(to, '}');
}

static void put_changes(struct wh_buf *to, const struct wh_explain *explain)
{
	const struct wh_changes *changes = &explain->judged.trim.changes;

	wh_put_open(to, "changes", '[');
	for (size_t i = 0; explain->judged.trimmed && i < changes->count; i++) {
		const struct wh_change *change = &changes->items[i];

		wh_put_open(to, NULL, '{');
		wh_put_text(to, "kind", change->kind);
		wh_put_text(to, "action", change->action);
		wh_put_slice(to, "what", change->what);
		wh_put_text(to, "pointer", change->pointer);
		wh_put_text(to, "why", change->why);
		wh_buf_add_char(to, '}');
	}
	wh_buf_add_char(to, ']');
}

static int put_removed(struct wh_buf *to, struct wh_explain *explain)
{
	struct difference difference = { .removed = { NULL, 0 } };
	int r = explain->judged.trimmed ? compare(explain, &difference) : 0;

	wh_put_open(to, "removed", '[');
	for (size_t i = 0; r == 0 && i < difference.removed.count; i++) {
		const struct wh_privilege *item = &difference.removed.items[i];

		wh_put_open(to, NULL, '{');
		wh_put_text(to, "kind", wh_kind_info(item->kind)->key);
		wh_put_text(to, "what", item->text);
		wh_put_text(to, "meaning", wh_privilege_meaning(item));
		wh_buf_add_char(to, '}');
	}
	wh_buf_add_char(to, ']');
	return r;
}

static void put_target(struct wh_buf *to, const struct wh_explain *explain)
{
	static const char *const kinds[] = { "bundle", "config", "container", "image" };

	wh_put_open(to, "target", '{');
	wh_put_text(to, "kind", kinds[explain->target_kind]);
	wh_put_text(to, "name", explain->target);
	wh_put_text(to, "bundle", explain->judged.bundle);
	for (size_t i = 0; i < WH_FACT_TEXTS; i++) {
		if (i != WH_FACT_BUNDLE)
			wh_put_text(to, wh_fact_info((enum wh_fact)i)->name,
				explain->who.subject.facts[i].text);
	}
	wh_buf_add_char(to, '}');
}

int wh_explain_json(struct wh_explain *explain, struct wh_buf *to)
{
	int r;

	wh_buf_addf(to, "{\"schema\":%u", SCHEMA);
	wh_put_text(to, "version", WH_VERSION);
	put_target(to, explain);
	wh_put_text(to, "policy", explain->policy_file);
	wh_put_text(to, "runtime", explain->runtime);
	wh_put_text(to, "rule", explain->judged.decision.rule);
	wh_put_text(to, "mode", mode_of(explain));
	wh_put_text(to, "refused", explain->refusal.number == 0 ? NULL : explain->refusal.text);
	wh_put_open(to, "rules", '[');
	r = each_rule(explain, put_rule, to);
	wh_buf_add_char(to, ']');
	put_privileges(to, "before", &explain->before, explain->before.items != NULL);
	put_privileges(to, "after", &explain->after, explain->judged.trimmed);
	if (r == 0)
		r = put_removed(to, explain);
	put_changes(to, explain);
	wh_put_open(to, "notes", '[');
	for (const struct wh_explain_note *note = explain->notes; note != NULL; note = note->next)
		wh_put_text(to, NULL, note->text);
	wh_buf_add_string(to, "]}\n");
	return r;
}
