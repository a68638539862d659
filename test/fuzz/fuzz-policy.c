/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policy's reader and its decisions. The input is the policy, and behind NUL bytes the
 * container's id, its bundle, and any number of annotations' keys and values, each ended by a NUL.
 * Whatever the bytes are: a refusal has a sentence of one line that begins with the file, an
 * accepted policy keeps its promises, and a rule on a settable fact gives no more than "default".
 */

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "policy/policy.h"

#define ANNOTATIONS 4u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static struct wh_slice next_part(struct wh_slice *rest)
{
	const char *end = rest->len > 0 ? memchr(rest->data, '\0', rest->len) : NULL;
	struct wh_slice part = *rest;

	if (end == NULL) {
		*rest = (struct wh_slice){ "", 0 };
		return part;
	}
	part.len = (size_t)(end - part.data);
	rest->data += part.len + 1;
	rest->len -= part.len + 1;
	return part;
}

static void check_refusal(int r, const struct wh_err *err, const struct wh_policy *policy)
{
	check(r == -EINVAL && policy == NULL && err->number == EINVAL);
	check(strncmp(err->text, "fuzz:", 5) == 0);
	for (const char *c = err->text; *c != '\0'; c++)
		check(*c >= 0x20 && *c < 0x7f);
}

static void check_limits(const struct wh_limits *limits)
{
	check((limits->capabilities & ~WH_CAPSET_ALL) == 0);
	for (size_t i = 0; i < limits->tmpfs_count; i++) {
		const struct wh_policy_tmpfs *tmpfs = &limits->tmpfs[i];

		check(tmpfs->path[0] == '/' && tmpfs->path[1] != '\0');
		check(strstr(tmpfs->path, "//") == NULL && strstr(tmpfs->path, "/../") == NULL);
		check(tmpfs->size >= 4096 && tmpfs->size <= UINT64_C(1) << 40);
		for (size_t j = 0; j < i; j++)
			check(strcmp(tmpfs->path, limits->tmpfs[j].path) != 0);
	}
}

static bool is_within(const struct wh_limits *a, const struct wh_limits *b)
{
	for (size_t kind = 0; kind < WH_KINDS; kind++) {
		if (a->kinds[kind].otherwise < b->kinds[kind].otherwise)
			return false;
	}
	return (a->capabilities & ~b->capabilities) == 0 && a->mode <= b->mode &&
	       a->restore <= b->restore && a->tmpfs_count <= b->tmpfs_count;
}

/* Without the help of what nobody can set, and so with a bundle that no engine would give, the
 * outcome lies within that of "default". */
static void check_decisions(const struct wh_policy *policy, const struct wh_subject *subject)
{
	const struct wh_subject nobody = {
		.facts = { [WH_FACT_ID] = { "\x01", NULL }, [WH_FACT_BUNDLE] = { "\x01", NULL } },
	};
	struct wh_arena arena = WH_ARENA_INIT;
	struct wh_decision own, none, settable;
	struct wh_subject moved = *subject;
	int r;

	if (wh_policy_decide(policy, subject, &arena, &own) == 0) {
		check_limits(&own.limits);
		for (unsigned i = 0; i < WH_CAP_COUNT; i++)
			(void)wh_policy_reason(policy, own.rule, i);
	}
	for (size_t fact = 0; fact < WH_FACT_TEXTS; fact++) {
		if (wh_fact_info(fact)->trust == WH_TRUST_ENGINE)
			moved.facts[fact] = nobody.facts[fact];
	}
	r = wh_policy_decide(policy, &nobody, &arena, &none);
	if (r == 0 && strcmp(none.rule, "default") == 0 &&
		wh_policy_decide(policy, &moved, &arena, &settable) == 0)
		check(is_within(&settable.limits, &none.limits));
	wh_arena_done(&arena);
}

/* An annotation that is called as a fact gives that as well. */
static void take_fact(
	struct wh_subject *subject, const struct wh_annotation *annotation, struct wh_arena *arena)
{
	for (size_t fact = 0; fact < WH_FACT_TEXTS; fact++) {
		if (wh_slice_is(annotation->key, wh_fact_info(fact)->name))
			subject->facts[fact].text = wh_arena_dup(arena, annotation->value);
	}
}

/* Advice is one line each, and has a place. */
static void check_note(void *context, unsigned line, unsigned column, const char *sentence)
{
	(void)context;
	check(line > 0 && column > 0);
	for (const char *c = sentence; *c != '\0'; c++)
		check(*c >= 0x20 && *c < 0x7f);
}

static void decide(const struct wh_policy *policy, struct wh_slice rest)
{
	struct wh_annotation annotations[ANNOTATIONS];
	struct wh_arena arena = WH_ARENA_INIT;
	struct wh_subject subject = {
		.facts = {
			[WH_FACT_ID] = { wh_arena_dup(&arena, next_part(&rest)), NULL },
			[WH_FACT_BUNDLE] = { wh_arena_dup(&arena, next_part(&rest)), NULL },
		},
		.annotations = annotations,
		.labels = annotations,
	};

	while (rest.len > 0 && subject.annotation_count < ANNOTATIONS) {
		struct wh_annotation *annotation = &annotations[subject.annotation_count++];

		annotation->key = next_part(&rest);
		annotation->value = next_part(&rest);
		take_fact(&subject, annotation, &arena);
	}
	subject.label_count = subject.annotation_count;
	check_decisions(policy, &subject);
	wh_arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wh_slice rest = { size > 0 ? (const char *)data : "", size };
	struct wh_slice text = next_part(&rest);
	struct wh_buf whole = WH_BUF_INIT, head = WH_BUF_INIT;
	struct wh_policy *policy = NULL, *runtimes = NULL;
	struct wh_err err = WH_ERR_INIT;
	size_t n = 0, m = 0;
	int r;

	wh_buf_add_slice(&whole, text);
	wh_buf_add_slice(&head, text);
	r = wh_policy_parse_and_review_take(&policy, &whole, "fuzz", check_note, NULL, &err);
	if (r < 0)
		check_refusal(r, &err, policy);
	/* What is good as a whole is good up to "runtimes", and names the same ones. */
	if (wh_policy_parse_runtimes_take(&runtimes, &head, "fuzz", NULL) == 0)
		check(wh_policy_runtimes(runtimes, &n) != NULL && n > 0);
	else
		check(r < 0 && runtimes == NULL);
	if (r == 0) {
		check(wh_policy_runtimes(policy, &m) != NULL && n == m);
		decide(policy, rest);
	}
	wh_policy_free(runtimes);
	wh_policy_free(policy);
	return 0;
}
