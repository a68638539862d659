/* SPDX-License-Identifier: Apache-2.0 */
/*
 * whittlectl check: what would stop every container, found before one is started. The same code
 * that whittle runs, so the same answer. What is valid and yet may not be meant is told as a note,
 * in the form of compilers, which editors understand; it is no finding and changes no exit status.
 */

#include <stdio.h>

#include "base/fd.h"
#include "common/seccomp-profile.h"
#include "policy-file.h"
#include "seccomp/compile.h"
#include "verbs.h"

static void print_note(void *file, unsigned line, unsigned column, const char *sentence)
{
	(void)fprintf(stderr, "%s:%u:%u: note: %s\n", *(const char **)file, line, column, sentence);
}

/* Each seccomp profile that the policy names, as a start would read it; and, what no start has the
 * time for, whether libseccomp can make a filter of it. */
static int check_profiles(const struct wh_policy *policy, struct wh_err *err)
{
	const char *path;

	for (size_t i = 0; (path = wh_policy_seccomp_profile(policy, i)) != NULL; i++) {
		struct wh_json *doc WH_JSON = NULL;
		int r = wh_read_seccomp_profile(path, &doc, err);

		if (r < 0)
			return r;
		r = wh_seccomp_compile(doc, wh_json_root(doc), WH_NO_FD, err);
		if (r < 0) {
			wh_err_prefix(err, "the policy's seccomp profile %s", path);
			return r;
		}
	}
	return 0;
}

int wh_verb_check(const struct wh_words *words)
{
	const char *file = words->count > 0 ? words->arguments[0] : WH_POLICY_FILE;
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	struct wh_policy *policy WH_POLICY = NULL;
	struct wh_err err = WH_ERR_INIT;
	struct wh_whittles whittles;
	enum wh_runtime_kind kind;
	const char *runtime = NULL;

	if (wh_load_policy(file, &policy, print_note, &file, &err) < 0 ||
		wh_find_whittles(&arena, &whittles, &err) < 0 ||
		wh_find_policy_runtime(policy, &whittles, &arena, &runtime, &kind, &err) < 0 ||
		check_profiles(policy, &err) < 0) {
		(void)fprintf(stderr, "%s\n", err.text);
		return WH_EXIT_FINDINGS;
	}
	(void)printf("%s: valid, in front of %s\n", file, runtime);
	return fflush(stdout) == 0 ? WH_EXIT_FINE : WH_EXIT_TROUBLE;
}
