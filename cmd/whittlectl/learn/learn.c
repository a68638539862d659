/* SPDX-License-Identifier: Apache-2.0 */
/*
 * whittlectl learn: what containers really use, and the smallest policy that keeps them working.
 * The table says what can be done, and which options go with it: the verb's row has those of all.
 */

#include "learn.h"
#include "run.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

struct task {
	const char *word;
	const char *arguments; /* what is expected, for the sentence */
	size_t min, max;       /* names */
	bool command;          /* it takes one behind "--"; `verify` may go without */
	const char *options;   /* those it takes, divided and surrounded by blanks */
	int (*run)(const struct wh_learn_call *call);
};

static const struct task tasks[] = {
	{ "", "", 0, 0, true, " json name no-progress policy ", wh_learn_run },
	{ "forget", "NAME...", 1, SIZE_MAX, false, " ", wh_learn_forget },
	{ "list", "[NAME]...", 0, SIZE_MAX, false, " json ", wh_learn_list },
	{ "policy", "[NAME]...", 0, SIZE_MAX, false,
		" dry-run file image incomplete seccomp used-only widen ", wh_learn_policy },
	{ "report", "[NAME]...", 0, SIZE_MAX, false, " html json ", wh_learn_report },
	{ "start", "RULE...", 1, SIZE_MAX, false, " dry-run policy ", wh_learn_start },
	{ "status", "[NAME]...", 0, SIZE_MAX, false, " json policy ", wh_learn_status },
	{ "stop", "RULE...", 1, SIZE_MAX, false, " dry-run policy ", wh_learn_stop },
	{ "verify", "", 0, 0, true, " json max name no-progress policy thorough timeout ",
		wh_learn_verify },
};

int wh_learn_trouble(const struct wh_learn_call *call, const struct wh_err *err)
{
	(void)fprintf(stderr, "whittlectl learn%s%s: %s\n", call->word[0] == '\0' ? "" : " ",
		call->word, err->text);
	return WH_EXIT_TROUBLE;
}

static const struct task *find_task(const char *word)
{
	for (size_t i = 0; i < WH_COUNT(tasks); i++) {
		if (strcmp(tasks[i].word, word) == 0)
			return &tasks[i];
	}
	return NULL;
}

static bool takes(const struct task *task, const char *option)
{
	size_t len = strlen(option);

	for (const char *at = strstr(task->options, option); at != NULL;
		at = strstr(at + 1, option)) {
		if (at[-1] == ' ' && at[len] == ' ')
			return true;
	}
	return false;
}

static int check_call(const struct task *task, const struct wh_learn_call *call, struct wh_err *err)
{
	const struct wh_verb_option *options = call->words->verb->options;

	for (size_t i = 0; i < WH_MAX_OPTIONS && options[i].name != NULL; i++) {
		if (call->words->values[i] != NULL && !takes(task, options[i].name))
			return wh_fail(err, EINVAL, "--%s is for something else", options[i].name);
	}
	if (call->count < task->min)
		return wh_fail(err, EINVAL, "what is missing is %s", task->arguments);
	if (call->count > task->max)
		return wh_fail(err, EINVAL,
			"\"%s\" is a word too many: a name goes behind --name, "
			"and a command behind --",
			call->names[task->max]);
	if (task->command && call->command_count == 0 && task->run != wh_learn_verify)
		return wh_fail(err, EINVAL, "what is missing is -- and a command");
	if (!task->command && call->command_count > 0)
		return wh_fail(err, EINVAL, "a command has no meaning here");
	return 0;
}

/* `learn -- COMMAND` has no word of its own. */
int wh_verb_learn(const struct wh_words *words)
{
	size_t front = words->count - words->behind;
	struct wh_learn_call call = {
		.words = words,
		.word = front == 0 ? "" : words->arguments[0],
		.names = words->arguments + (front > 0),
		.count = front - (front > 0),
		.command = words->arguments + front,
		.command_count = words->behind,
	};
	const struct task *task = find_task(call.word);
	struct wh_err err = WH_ERR_INIT;

	if (task == NULL) {
		(void)wh_fail(&err, EINVAL,
			"\"%s\" is not one of %s; a command to record goes behind --", call.word,
			words->verb->choices);
		call.word = "";
		return wh_learn_trouble(&call, &err);
	}
	if (check_call(task, &call, &err) < 0)
		return wh_learn_trouble(&call, &err);
	return task->run(&call);
}
