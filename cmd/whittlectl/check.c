/* SPDX-License-Identifier: Apache-2.0 */
/*
 * whittlectl check: what would stop every container, found before one is started. The same code
 * that whittle runs, so the same answer. What is valid and yet may not be meant is told as a note,
 * in the form of compilers, which editors understand; it is no finding and changes no exit status.
 */

#include <stdio.h>

#include "base/fd.h"
#include "host/file.h"
#include "host/runtime.h"
#include "policy/policy.h"
#include "verbs.h"

static void print_note(void *file, unsigned line, unsigned column, const char *sentence)
{
	(void)fprintf(stderr, "%s:%u:%u: note: %s\n", (const char *)file, line, column, sentence);
}

static int load(char *file, struct wh_policy **ret, struct wh_err *err)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int fd WH_FD = wh_open_trusted_file(file, err);
	int r = fd;

	if (r >= 0)
		r = wh_read_all(fd, WH_POLICY_MAX_SIZE, &text, err);
	if (r < 0) {
		wh_err_prefix(err, "%s", file);
		return r;
	}
	return wh_policy_parse_and_review_take(ret, &text, file, print_note, file, err);
}

/* The runtime that whittle would become; the reason of the first that is no good. */
static int find_runtime(const struct wh_policy *policy, struct wh_arena *arena, const char **ret,
	struct wh_err *err)
{
	size_t count;
	const struct wh_policy_runtime *runtimes = wh_policy_runtimes(policy, &count);
	int r = -1;

	for (size_t i = 0; i < count; i++) {
		r = wh_runtime_find(runtimes[i].name, arena, ret, err);
		if (r == 0) {
			*err = (struct wh_err)WH_ERR_INIT;
			return 0;
		}
	}
	return r;
}

int wh_verb_check(const struct wh_words *words)
{
	const char *file = words->count > 0 ? words->arguments[0] : WH_POLICY_FILE;
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	struct wh_policy *policy WH_POLICY = NULL;
	struct wh_err err = WH_ERR_INIT;
	const char *runtime = NULL;

	if (load(file, &policy, &err) < 0 || find_runtime(policy, &arena, &runtime, &err) < 0) {
		(void)fprintf(stderr, "%s\n", err.text);
		return WH_EXIT_FINDINGS;
	}
	(void)printf("%s: valid, in front of %s\n", file, runtime);
	return fflush(stdout) == 0 ? WH_EXIT_FINE : WH_EXIT_TROUBLE;
}
