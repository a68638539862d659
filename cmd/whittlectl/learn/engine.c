/* SPDX-License-Identifier: Apache-2.0 */
/* Clients of engines are called as the user would: with his PATH, and what the environment says of
 * where the engine is. */

#include "engine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/call.h"
#include "host/cover.h"
#include "host/file.h"
#include "whittlectl/policy-file.h"

#define CALL_SECONDS 60 /* docker stop gives a container ten by itself */

int wh_learn_find_whittle(struct wh_arena *arena, const char **ret, struct wh_err *err)
{
	struct wh_whittles whittles;
	struct stat st;
	int r = wh_find_whittles(arena, &whittles, err);

	if (r == 0 && whittles.count == 0)
		return wh_fail(err, ENOENT, "whittle has to lie beside whittlectl");
	if (r == 0)
		r = wh_check_trusted_program(whittles.paths[0], &st, err);
	if (r == 0)
		*ret = whittles.paths[0];
	return r;
}

/* ---- asking ------------------------------------------------------------------------------ */

static bool is_passed_on(const char *variable)
{
	static const char *const prefixes[] = { "HOME=", "DOCKER_", "CONTAINER", "XDG_",
		"TMPDIR=", "SSH_AUTH_SOCK=" };

	for (size_t i = 0; i < WH_COUNT(prefixes); i++) {
		if (strncmp(variable, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	}
	return false;
}

/* env(1) and variables in front of the words. */
static const char *const *with_environment(const char *const *words, struct wh_arena *arena)
{
	const char *env = wh_find_program("env", arena);
	const char **all;
	size_t count = 1, at = 0;

	for (size_t i = 0; environ[i] != NULL; i++)
		count++;
	for (size_t i = 0; words[i] != NULL; i++)
		count++;
	all = env == NULL ? NULL : wh_arena_array(arena, count + 1, sizeof(*all));
	if (all == NULL)
		return NULL;
	all[at++] = env;
	for (size_t i = 0; environ[i] != NULL; i++) {
		if (is_passed_on(environ[i]))
			all[at++] = environ[i];
	}
	for (size_t i = 0; words[i] != NULL; i++)
		all[at++] = words[i];
	return all;
}

static int ask(
	const char *const *words, struct wh_arena *arena, struct wh_buf *ret, struct wh_err *err)
{
	const struct wh_call_terms terms = {
		.path = getenv("PATH"),
		.seconds = CALL_SECONDS,
		.leaves_running = true,
	};
	const char *const *all = words == NULL ? NULL : with_environment(words, arena);

	return all == NULL ? wh_fail_errno(err, ENOMEM, "calling the engine")
			   : wh_call(all, &terms, ret, err);
}

int wh_learn_call(const char *const *words, struct wh_arena *arena, struct wh_err *err)
{
	struct wh_buf out WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;

	return ask(words, arena, &out, err);
}

/* ---- Docker's runtimes ------------------------------------------------------------------- */

static bool has_line(const struct wh_buf *text, const char *line)
{
	const char *at = text->len == 0 ? "" : text->data;
	size_t len = strlen(line);

	while (*at != '\0') {
		const char *end = strchr(at, '\n');

		if (end == NULL)
			end = at + strlen(at);
		if ((size_t)(end - at) == len && memcmp(at, line, len) == 0)
			return true;
		at = *end == '\0' ? end : end + 1;
	}
	return false;
}

int wh_learn_engine_check(
	const struct wh_learn_command *command, struct wh_arena *arena, struct wh_err *err)
{
	static const char *const question[] = { "info", "--format",
		"{{range $name, $value := .Runtimes}}{{println $name}}{{end}}", NULL };
	struct wh_buf out WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	const char *runtime = command->runtime == NULL ? "whittle" : command->runtime;
	int r;

	if (command->kind != WH_LEARN_DOCKER)
		return 0;
	r = ask(wh_learn_engine_words(command, question, arena), arena, &out, NULL);
	if (r == -ENOMEM)
		return wh_fail_errno(err, ENOMEM, "asking Docker");
	if (r < 0)
		return wh_fail(err, ENOTCONN,
			"Docker does not answer (%s info); is dockerd running on this host?",
			command->words[0]);
	if (!has_line(&out, runtime))
		return wh_fail(err, ENOENT,
			"Docker does not know the runtime %s; whittlectl configure docker "
			"--restart "
			"registers whittle",
			runtime);
	return 0;
}

/* ---- ending ------------------------------------------------------------------------------ */

static const char *const *end_words(const struct wh_learn_command *command,
	const struct wh_learn_words *ours, const char *const *by_engine,
	const char *const *by_whittle, struct wh_arena *arena)
{
	struct wh_learn_command whittle = { .words = &ours->whittle, .count = 1, .global = 1 };

	return command->kind == WH_LEARN_BUNDLE ? wh_learn_engine_words(&whittle, by_whittle, arena)
						: wh_learn_engine_words(command, by_engine, arena);
}

const char *const *wh_learn_stop_words(const struct wh_learn_command *command,
	const struct wh_learn_words *ours, struct wh_arena *arena)
{
	const char *const by_engine[] = { "stop", ours->id, NULL };
	const char *const by_whittle[] = { "--policy", ours->policy, "kill", ours->id, "KILL",
		NULL };

	return end_words(command, ours, by_engine, by_whittle, arena);
}

const char *const *wh_learn_remove_words(const struct wh_learn_command *command,
	const struct wh_learn_words *ours, struct wh_arena *arena)
{
	const char *const by_docker[] = { "rm", "--force", "--volumes", ours->id, NULL };
	/* It gives the container ten seconds otherwise. */
	const char *const by_podman[] = { "rm", "--force", "--volumes", "--time", "0", ours->id,
		NULL };
	const char *const by_whittle[] = { "--policy", ours->policy, "delete", "--force", ours->id,
		NULL };

	return end_words(command, ours, command->kind == WH_LEARN_PODMAN ? by_podman : by_docker,
		by_whittle, arena);
}
