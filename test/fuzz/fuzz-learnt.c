/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was learnt, as somebody may have mailed it. Whatever the bytes are: a refusal has a sentence
 * of one line; what is taken is written and read again as it is, its union with itself uses the
 * same, and the rule from it is one that the policy takes.
 */

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "learn/rule.h"
#include "policy/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void check_again(const struct wh_learnt *learnt, struct wh_arena *arena)
{
	struct wh_buf first = WH_BUF_INIT, copy = WH_BUF_INIT, second = WH_BUF_INIT;
	struct wh_learnt again;
	struct wh_err err = WH_ERR_INIT;

	check(wh_learnt_write(learnt, &first) == 0 && first.len <= WH_LEARNT_MAX_SIZE);
	wh_buf_add(&copy, first.data, first.len);
	check(wh_learnt_read(&copy, arena, &again, &err) == 0);
	check(wh_learnt_write(&again, &second) == 0);
	check(first.len == second.len && memcmp(first.data, second.data, first.len) == 0);
	wh_buf_done(&first);
	wh_buf_done(&second);
}

static void check_union(const struct wh_learnt *learnt, struct wh_arena *arena)
{
	struct wh_learnt both;

	check(wh_learnt_join(learnt, learnt, arena, &both) == 0);
	check(wh_learnt_capabilities(&both, false) == wh_learnt_capabilities(learnt, false));
	check(wh_learnt_capabilities(&both, true) == wh_learnt_capabilities(learnt, true));
	check(both.syscalls_unknown != NULL || both.syscall_count == learnt->syscall_count);
	check(both.port_count <= learnt->port_count);
	check(wh_learnt_was_root(&both) == wh_learnt_was_root(learnt));
}

/* An image's reference without a registry in front is one that the policy advises against. */
static void check_rule(struct wh_learnt learnt, struct wh_arena *arena)
{
	static const struct wh_learnt_rule_options options;
	struct wh_buf text = WH_BUF_INIT, policy = WH_BUF_INIT;
	struct wh_policy *parsed = NULL;
	struct wh_json *doc = NULL;
	struct wh_err err = WH_ERR_INIT;
	wh_node rule, profile;

	learnt.image = "docker.io/library/web:1";
	check(wh_json_new(&doc) == 0);
	rule = wh_learnt_rule(&learnt, &options, doc, arena);
	check(rule != WH_NO_NODE && wh_json_write_buf(doc, rule, &text) == 0);
	wh_buf_addf(&policy, "{\"rules\":[%s]}", text.data);
	check(wh_policy_parse_take(&parsed, &policy, "fuzz", &err) == 0);
	profile = wh_learnt_seccomp(&learnt, doc);
	check((profile == WH_NO_NODE) == (learnt.syscalls_unknown != NULL));
	wh_policy_free(parsed);
	wh_json_free(doc);
	wh_buf_done(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wh_arena arena = WH_ARENA_INIT;
	struct wh_buf text = WH_BUF_INIT;
	struct wh_learnt learnt;
	struct wh_err err = WH_ERR_INIT;
	int r;

	wh_buf_add(&text, data, size);
	r = wh_learnt_read(&text, &arena, &learnt, &err);
	check(text.data == NULL);
	if (r < 0) {
		check(r == -EINVAL && err.number == EINVAL && err.text[0] != '\0');
		check(strchr(err.text, '\n') == NULL);
	} else {
		check_again(&learnt, &arena);
		check_union(&learnt, &arena);
		check_rule(learnt, &arena);
	}
	wh_arena_done(&arena);
	return 0;
}
