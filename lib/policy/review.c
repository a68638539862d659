/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Advice on a policy that is valid: what an administrator may not see in it. Here, that a rule can
 * only tighten, so that some of its keys do nothing; that a rule rests on a name somebody could
 * move to another image; that a namespace is not only Kubernetes'; that "default" takes nothing
 * away. In files of their own, lists of capabilities (review-lists.c) and rules that another one
 * stands before (review-order.c). All of it is for people, and for whittlectl check alone: no start
 * takes the time.
 */

#include "policy/internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define NOTES_MAX 500

void wh_review_say(struct wh_review *review, wh_node node, const char *format, ...)
{
	char text[1536], printable[sizeof(text)]; /* every capability there is, and words around */
	unsigned line = 0, column = 0;
	va_list args;

	if (review->said > NOTES_MAX)
		return;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (review->said++ == NOTES_MAX)
		(void)snprintf(text, sizeof(text),
			"there is more to say; these were the first %d notes", NOTES_MAX);
	wh_json_position(review->reader->doc, node, &line, &column);
	wh_copy_printable(printable, sizeof(printable), text);
	review->note(review->context, line, column, printable);
}

wh_node wh_review_value(const struct wh_review *review, const struct wh_rule *rule, const char *key)
{
	const struct wh_json *doc = review->reader->doc;

	if (rule != NULL)
		return wh_json_get(doc, rule->node, key);
	return wh_json_get(doc, wh_json_get(doc, wh_json_root(doc), "default"), key);
}

const char *wh_review_title(const struct wh_rule *rule, char buf[WH_REVIEW_TITLE])
{
	if (rule == NULL)
		return "\"default\"";
	(void)snprintf(buf, WH_REVIEW_TITLE, "rule \"%s\"", rule->name);
	return buf;
}

void wh_review_add_names(struct wh_buf *to, wh_capset set)
{
	const char *before = "";

	for (unsigned i = 0; i < WH_CAP_COUNT; i++) {
		if ((set & wh_capset_of(i)) == 0)
			continue;
		wh_buf_addf(to, "%s%s", before, wh_capability_get(i)->name);
		before = ", ";
	}
}

static const struct wh_condition *condition_on(const struct wh_rule *rule, enum wh_fact fact)
{
	for (const struct wh_condition *c = rule->conditions; c != NULL; c = c->next) {
		if (c->fact == fact)
			return c;
	}
	return NULL;
}

/* ---- what a rule adds to "default" ---------------------------------------------------------- */

static const struct wh_policy_tmpfs *find_tmpfs(
	const struct wh_limits *limits, const struct wh_policy_tmpfs *wanted)
{
	for (size_t i = 0; i < limits->tmpfs_count; i++) {
		if (strcmp(limits->tmpfs[i].path, wanted->path) == 0)
			return &limits->tmpfs[i];
	}
	return NULL;
}

/* The first tmpfs that is not in `below`, or is larger than there; NULL: none. */
static const struct wh_policy_tmpfs *wider_tmpfs(
	const struct wh_limits *own, const struct wh_limits *below)
{
	for (size_t i = 0; i < own->tmpfs_count; i++) {
		const struct wh_policy_tmpfs *other = find_tmpfs(below, &own->tmpfs[i]);

		if (other == NULL || other->size < own->tmpfs[i].size)
			return &own->tmpfs[i];
	}
	return NULL;
}

/* Whether the kind is let go more easily, or a list of what is allowed is another one. Lists are
 * not compared: what a rule spells out is taken for more than "default" has. */
static bool widens_kind(
	enum wh_kind kind, const struct wh_limits *own, const struct wh_limits *below)
{
	const struct wh_limit *a = &own->kinds[kind], *b = &below->kinds[kind];

	if (a->otherwise != b->otherwise)
		return a->otherwise < b->otherwise;
	if (kind == WH_KIND_CAPABILITIES || a->otherwise == WH_KEEP)
		return false;
	for (size_t i = 0; i < WH_MEMBERS_MAX; i++) {
		const struct wh_member_info *member = &wh_kind_info(kind)->members[i];
		bool list = member->name != NULL && member->silent != NULL;

		if (list && a->members[i] != b->members[i] && a->members[i]->count > 0)
			return true;
	}
	return false;
}

static bool widens_a_kind(const struct wh_limits *own, const struct wh_limits *below)
{
	for (size_t kind = 0; kind < WH_KINDS; kind++) {
		if (widens_kind((enum wh_kind)kind, own, below))
			return true;
	}
	return false;
}

static bool widens(const struct wh_limits *own, const struct wh_limits *below)
{
	return own->mode > below->mode || own->restore > below->restore ||
	       own->verify < below->verify || (own->capabilities & ~below->capabilities) != 0 ||
	       wider_tmpfs(own, below) != NULL || widens_a_kind(own, below);
}

/* ---- rules that can only tighten ------------------------------------------------------------ */

static void tell_capabilities(struct wh_review *review, const struct wh_rule *rule,
	const struct wh_limits *own, const struct wh_limits *below)
{
	WH_CLEANUP(wh_buf_done) struct wh_buf names = WH_BUF_INIT;
	wh_capset more = own->capabilities & ~below->capabilities;

	wh_review_add_names(&names, more);
	if (more != 0 && wh_buf_status(&names) == 0)
		wh_review_say(review, wh_review_value(review, rule, "capabilities"),
			"no effect in rule \"%s\", since \"default\" does not allow it: %s",
			rule->name, names.data);
}

static void tell_key(
	struct wh_review *review, const struct wh_rule *rule, const char *key, bool wider)
{
	if (wider)
		wh_review_say(review, wh_review_value(review, rule, key),
			"\"%s\" has no effect in rule \"%s\", since \"default\" is stricter", key,
			rule->name);
}

static void tell_no_effect(struct wh_review *review, const struct wh_rule *rule)
{
	const struct wh_limits *below = &review->reader->policy->limits;
	const struct wh_limits own = wh_part_lay_on(&rule->part, below);
	const struct wh_policy_tmpfs *tmpfs = wider_tmpfs(&own, below);

	tell_key(review, rule, "mode", own.mode > below->mode);
	tell_key(review, rule, "restore", own.restore > below->restore);
	tell_key(review, rule, "verify", own.verify < below->verify);
	tell_capabilities(review, rule, &own, below);
	for (size_t kind = 0; kind < WH_KINDS; kind++)
		tell_key(review, rule, wh_kind_info((enum wh_kind)kind)->key,
			own.kinds[kind].otherwise < below->kinds[kind].otherwise);
	if (tmpfs != NULL)
		wh_review_say(review, wh_review_value(review, rule, "tmpfs"),
			"in rule \"%s\" the tmpfs %s %s, since \"default\" is stricter", rule->name,
			tmpfs->path,
			find_tmpfs(below, tmpfs) == NULL ? "has no effect"
							 : "gets the smaller size");
}

/* One note names all the facts that the trust hangs on, in the order of their table. */
static void review_settable(struct wh_review *review, const struct wh_rule *rule)
{
	WH_CLEANUP(wh_buf_done) struct wh_buf names = WH_BUF_INIT;
	const char *before = "";

	for (size_t fact = 0; fact < WH_FACT_COUNT; fact++) {
		if (wh_fact_info(fact)->trust != WH_TRUST_SETTABLE ||
			condition_on(rule, fact) == NULL)
			continue;
		wh_buf_addf(&names, "%s\"%s\"", before, wh_fact_info(fact)->name);
		before = ", ";
	}
	if (wh_buf_status(&names) < 0)
		return;
	wh_review_say(review, wh_review_value(review, rule, "match"),
		"rule \"%s\" can only tighten \"default\", since whoever starts a container can "
		"choose what it matches on: %s",
		rule->name, names.data);
	tell_no_effect(review, rule);
}

/* ---- rules that allow more ------------------------------------------------------------------- */

/* With a digest in it the pattern means one image, whatever its name. */
static bool has_digest(const struct wh_pattern *pattern)
{
	return strstr(pattern->text, "@sha256:") != NULL;
}

static void review_image(struct wh_review *review, const struct wh_rule *rule)
{
	const struct wh_condition *image = condition_on(rule, WH_FACT_IMAGE);

	if (image == NULL || condition_on(rule, WH_FACT_IMAGE_ID) != NULL)
		return;
	for (const struct wh_pattern *p = &image->pattern; p != NULL; p = p->other) {
		if (has_digest(p))
			continue;
		wh_review_say(review, p->node,
			"rule \"%s\" allows more than \"default\" to whatever image has this name, "
			"and a name can be given to any image: match on its digest "
			"(\"@sha256:...\") "
			"or on \"imageId\"",
			rule->name);
	}
}

static void review_namespace(struct wh_review *review, const struct wh_rule *rule)
{
	const struct wh_condition *namespace = condition_on(rule, WH_FACT_NAMESPACE);

	if (namespace == NULL || condition_on(rule, WH_FACT_ENGINE) != NULL)
		return;
	wh_review_say(review, namespace->pattern.node,
		"rule \"%s\" allows more than \"default\" also in containerd's own namespaces, "
		"which "
		"whoever uses ctr or nerdctl can name: if Kubernetes' are meant, add \"engine\": "
		"[\"cri-containerd\", \"cri-o\"]",
		rule->name);
}

/* ---- "default" ------------------------------------------------------------------------------- */

static void review_default(struct wh_review *review)
{
	const struct wh_policy *policy = review->reader->policy;

	if (policy->defaults.profile == NULL ||
		policy->defaults.profile != policy->profiles[WH_PROFILE_PRIVILEGED])
		return;
	wh_review_say(review, wh_review_value(review, NULL, "profile"),
		"\"default\" leaves to each container that no rule matches whatever it asks for, "
		"but for what the keys beside this profile take away");
}

static void review_rule(
	struct wh_review *review, const struct wh_rule *rule, const struct wh_reach *reach)
{
	const struct wh_limits *below = &review->reader->policy->limits;
	const struct wh_limits own = wh_part_lay_on(&rule->part, below);

	if (rule->settable) {
		review_settable(review, rule);
	} else if (widens(&own, below)) {
		review_image(review, rule);
		review_namespace(review, rule);
	}
	wh_review_lists(review, rule);
	wh_review_order(review, rule, reach);
}

int wh_policy_review(struct wh_reader *reader, wh_policy_note *note, void *context)
{
	struct wh_review review = { reader, note, context, 0 };
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	const struct wh_reach *reach;

	if (wh_review_find_reach(reader->policy, &arena, &reach) < 0)
		return wh_policy_no_memory(reader);
	review_default(&review);
	wh_review_lists(&review, NULL);
	for (size_t i = 0; i < reader->policy->rule_count; i++)
		review_rule(&review, &reader->policy->rules[i], &reach[i]);
	return 0;
}
