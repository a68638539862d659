/* SPDX-License-Identifier: Apache-2.0 */
/*
 * whittlectl check: what would stop every container, found before one is started. The same code
 * that whittle runs, so the same answer. What is valid and yet may not be meant is told as a note,
 * in the form of compilers, which editors understand; it is no finding and changes no exit status.
 *
 * One thing whittle does not do at a start, since it takes as long as the rest of it: the runtime
 * behind is asked what it is. One of another kind reads other words than whittle writes.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "common/seccomp-profile.h"
#include "policy-file.h"
#include "put.h"
#include "screen.h"
#include "seccomp/compile.h"
#include "verbs.h"

struct check {
	const char *file;
	struct wh_arena arena;
	struct wh_policy *policy;
	const char *runtime; /* NULL: none was found */
	enum wh_runtime_kind kind;
	struct wh_runtime_answer answer;
	struct wh_err err;
	bool json;
	struct wh_screen screen; /* standard error's; of notes and of the error */
	struct wh_buf notes;     /* what is on it, or an array without its brackets */
};

/* An error or a note, and where in the file; line 0: in no place of it. */
struct remark {
	unsigned line, column;
	const char *sentence;
};

/* ---- what is said -------------------------------------------------------------------------- */

static void put_remark(struct wh_buf *to, const char *key, const struct remark *remark)
{
	wh_put_open(to, key, '{');
	wh_put_number(to, "line", remark->line);
	wh_put_number(to, "column", remark->column);
	wh_put_text(to, "sentence", remark->sentence);
	wh_buf_add_char(to, '}');
}

/* "FILE:LINE:COLUMN: note: SENTENCE" */
static void show_remark(
	struct check *check, enum wh_shade shade, const char *word, const struct remark *remark)
{
	struct wh_screen *screen = &check->screen;

	wh_screen_add(screen, WH_PLAIN, check->file, strlen(check->file));
	if (remark->line > 0)
		wh_buf_addf(screen->to, ":%u:%u", remark->line, remark->column);
	wh_buf_add_string(screen->to, ": ");
	wh_screen_add(screen, shade, word, strlen(word));
	wh_buf_add_string(screen->to, ": ");
	wh_screen_add(screen, WH_PLAIN, remark->sentence, strlen(remark->sentence));
	wh_buf_add_char(screen->to, '\n');
}

static void take_note(void *context, unsigned line, unsigned column, const char *sentence)
{
	struct check *check = context;
	const struct remark remark = { line, column, sentence };

	if (check->json)
		put_remark(&check->notes, NULL, &remark);
	else
		show_remark(check, WH_DOUBT, "note", &remark);
}

/* Takes the number and the colon behind it off the front. False when there is none. */
static bool take_number(const char **text, unsigned *ret)
{
	char *end;
	unsigned long number = strtoul(*text, &end, 10);

	if (end == *text || *end != ':' || **text < '0' || **text > '9' || number > 1u << 30)
		return false;
	*ret = (unsigned)number;
	*text = end + 1;
	return true;
}

/* The error without the name of the file, which stands in front of it as errors spell names. */
static struct remark read_error(const struct check *check)
{
	struct wh_err name = WH_ERR_INIT;
	struct remark remark = { .sentence = check->err.text };
	const char *rest = check->err.text;
	size_t len;

	(void)wh_fail(&name, EINVAL, "%s", check->file);
	len = strlen(name.text);
	while (len > 0 && strncmp(rest, name.text, len) == 0 && rest[len] == ':')
		remark.sentence = rest += len + 1 + (rest[len + 1] == ' ');
	if (rest != check->err.text && take_number(&rest, &remark.line)) {
		if (take_number(&rest, &remark.column))
			remark.sentence = rest + strspn(rest, " ");
		else
			remark.line = 0;
	}
	return remark;
}

static void put_runtime(struct wh_buf *to, const struct check *check)
{
	if (check->runtime == NULL) {
		wh_put_text(to, "runtime", NULL);
		return;
	}
	wh_put_open(to, "runtime", '{');
	wh_put_text(to, "path", check->runtime);
	wh_put_text(to, "kind", wh_grammar_of(check->kind)->name);
	wh_put_text(to, "version", check->answer.version);
	wh_put_bool(to, "recognised", check->answer.fits);
	wh_buf_add_char(to, '}');
}

static int print_json(const struct check *check)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct remark error = read_error(check);
	bool valid = check->err.number == 0;

	wh_put_open(&text, NULL, '{');
	wh_put_count(&text, "schema", 1);
	wh_put_text(&text, "version", WH_VERSION);
	wh_put_text(&text, "file", check->file);
	wh_put_bool(&text, "valid", valid);
	if (valid)
		wh_put_text(&text, "error", NULL);
	else
		put_remark(&text, "error", &error);
	put_runtime(&text, check);
	wh_put_open(&text, "notes", '[');
	wh_buf_add(&text, check->notes.data, check->notes.len);
	wh_buf_add_string(&text, "]}\n");
	if (wh_buf_status(&check->notes) < 0)
		return -ENOMEM;
	return wh_print(&text, stdout);
}

static int print_text(struct check *check)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_screen screen = wh_screen_of(stdout, &text);
	struct remark error = read_error(check);
	int r;

	if (check->err.number != 0)
		show_remark(check, WH_BAD, "error", &error);
	r = wh_print(&check->notes, stderr);
	if (r < 0 || check->err.number != 0)
		return r;
	wh_screen_add(&screen, WH_PLAIN, check->file, strlen(check->file));
	wh_buf_addf(&text, ": valid, in front of %s\n", check->runtime);
	return wh_print(&text, stdout);
}

/* ---- what is looked at ----------------------------------------------------------------------- */

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

static int check_runtime(struct check *check)
{
	const char *kind = wh_grammar_of(check->kind)->name;
	int r = wh_ask_runtime(check->runtime, check->kind, &check->arena, &check->answer);

	if (r < 0)
		return wh_fail_errno(&check->err, -r, "asking %s what it is", check->runtime);
	if (check->answer.version == NULL)
		return wh_fail(&check->err, EINVAL,
			"what is behind the policy cannot be told: %s: %s; name another in "
			"\"runtimes\", or mend it",
			check->runtime, check->answer.error);
	if (!check->answer.fits)
		return wh_fail(&check->err, EINVAL,
			"the policy takes %s for %s, and it says it is %s: name its kind in "
			"\"runtimes\", or another runtime",
			check->runtime, kind, check->answer.version);
	return 0;
}

static int look(struct check *check)
{
	struct wh_whittles whittles;
	struct wh_err *err = &check->err;
	const char *runtime = NULL;
	int r = wh_load_policy(check->file, &check->policy, take_note, check, err);

	if (r == 0)
		r = wh_find_whittles(&check->arena, &whittles, err);
	if (r == 0)
		r = wh_find_policy_runtime(
			check->policy, &whittles, &check->arena, &runtime, &check->kind, err);
	if (r == 0) {
		check->runtime = runtime;
		r = check_runtime(check);
	}
	return r == 0 ? check_profiles(check->policy, err) : r;
}

int wh_verb_check(const struct wh_words *words)
{
	struct check check = {
		.file = words->count > 0 ? words->arguments[0] : WH_POLICY_FILE,
		.json = wh_words_has(words, "json"),
	};
	int r, printed;

	check.screen = wh_screen_of(stderr, &check.notes);
	r = look(&check);
	printed = check.json ? print_json(&check) : print_text(&check);
	if (printed < 0)
		(void)fputs("whittlectl check: the answer could not be written\n", stderr);
	wh_policy_free(check.policy);
	wh_arena_done(&check.arena);
	wh_buf_done(&check.notes);
	if (printed < 0 || r == -ENOMEM)
		return WH_EXIT_TROUBLE;
	return r < 0 ? WH_EXIT_FINDINGS : WH_EXIT_FINE;
}
