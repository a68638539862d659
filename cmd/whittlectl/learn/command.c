/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Docker's and Podman's command lines are those of Go's pflag: --NAME VALUE or --NAME=VALUE,
 * letters together with the value behind the last of them, and of an option that is given twice the
 * last counts. Where an image stands can only be told by knowing which options take no value, so
 * these are listed: docker and podman of 2026, "run" and before it.
 */

#include "command.h"

#include <errno.h>
#include <string.h>

/* Names of options without a value, and letters of such. */
struct switches {
	const char *names; /* divided by blanks, one at both ends */
	const char *letters;
};

static const struct engine {
	const char *program;
	struct switches global, run;
} engines[] = {
	[WH_LEARN_DOCKER] = {
		"docker",
		{ " debug help tls tlsverify version ", "Dhv" },
		{ " detach disable-content-trust help init interactive no-healthcheck "
		  "oom-kill-disable privileged publish-all quiet read-only rm sig-proxy tty "
		  "use-api-socket ",
			"diPqt" },
	},
	[WH_LEARN_PODMAN] = {
		"podman",
		{ " help noout remote syslog trace transient-store version ", "hrv" },
		{ " detach disable-content-trust env-host help http-proxy init interactive "
		  "no-healthcheck no-hostname no-hosts oom-kill-disable passwd privileged "
		  "publish-all quiet read-only read-only-tmpfs replace rm rmi rootfs sig-proxy "
		  "tls-verify tty unsetenv-all ",
			"diPqt" },
	},
};

/* One option of a command line. */
struct option {
	char letter;          /* that takes the value, or the last one; 0: it is spelled out */
	struct wh_slice name; /* of one that is spelled out */
	const char *value;    /* NULL: it has none */
	const char *letters;  /* those without a value, before `letter` or with it */
	size_t letter_count;
	size_t words; /* that it takes */
};

static bool is_switch(const struct switches *switches, struct wh_slice name)
{
	const char *at = switches->names;

	while ((at = strchr(at, ' ')) != NULL && *++at != '\0') {
		if (strncmp(at, name.data, name.len) == 0 && at[name.len] == ' ')
			return true;
	}
	return false;
}

static void read_long(
	const struct switches *switches, const char *const *words, size_t count, struct option *ret)
{
	const char *word = words[0] + 2;
	const char *equals = strchr(word, '=');

	ret->name =
		(struct wh_slice){ word, equals == NULL ? strlen(word) : (size_t)(equals - word) };
	ret->words = 1;
	if (equals != NULL) {
		ret->value = equals + 1;
	} else if (!is_switch(switches, ret->name) && count > 1) {
		ret->value = words[1];
		ret->words = 2;
	}
}

static void read_letters(
	const struct switches *switches, const char *const *words, size_t count, struct option *ret)
{
	const char *at = words[0] + 1;

	ret->letters = at;
	ret->letter_count = strspn(at, switches->letters);
	at += ret->letter_count;
	ret->words = 1;
	ret->letter = *at;
	if (*at == '\0')
		return;
	if (at[1] != '\0') {
		ret->value = at + 1 + (at[1] == '=');
	} else if (count > 1) {
		ret->value = words[1];
		ret->words = 2;
	}
}

/* False when the words begin with no option. */
static bool read_option(
	const struct switches *switches, const char *const *words, size_t count, struct option *ret)
{
	*ret = (struct option){ .words = 0 };
	if (count == 0 || words[0][0] != '-' || words[0][1] == '\0' || strcmp(words[0], "--") == 0)
		return false;
	if (words[0][1] == '-')
		read_long(switches, words, count, ret);
	else
		read_letters(switches, words, count, ret);
	return true;
}

static bool has_letter(const struct option *option, char letter)
{
	return option->letter_count > 0 &&
	       memchr(option->letters, letter, option->letter_count) != NULL;
}

static bool is_false(const char *value)
{
	return value != NULL && (strcmp(value, "false") == 0 || strcmp(value, "0") == 0);
}

/* ---- reading ----------------------------------------------------------------------------- */

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

static int take_option(
	struct wh_learn_command *ret, const struct option *option, struct wh_err *err)
{
	if (wh_slice_is(option->name, "cidfile"))
		return wh_fail(err, EINVAL,
			"--cidfile is what the container is known by here; leave it out");
	if (wh_slice_is(option->name, "runtime"))
		ret->runtime = option->value;
	if (wh_slice_is(option->name, "detach"))
		ret->detached = !is_false(option->value);
	if (has_letter(option, 'd'))
		ret->detached = true;
	return 0;
}

/* The words behind "run", up to the image. */
static int read_run(struct wh_learn_command *ret, const struct engine *engine, struct wh_err *err)
{
	size_t at = ret->run + 1;
	struct option option;

	while (read_option(&engine->run, ret->words + at, ret->count - at, &option)) {
		int r = take_option(ret, &option, err);

		if (r < 0)
			return r;
		at += option.words;
	}
	if (at < ret->count && strcmp(ret->words[at], "--") == 0)
		at++;
	ret->image = at;
	return at < ret->count ? 0 : wh_fail(err, EINVAL, "%s run names no image", engine->program);
}

static int read_engine(struct wh_learn_command *ret, struct wh_err *err)
{
	const struct engine *engine = &engines[ret->kind];
	size_t at = 1;
	struct option option;
	const char *word;

	while (read_option(&engine->global, ret->words + at, ret->count - at, &option)) {
		if (wh_slice_is(option.name, "runtime"))
			ret->runtime = option.value;
		at += option.words;
	}
	ret->global = at;
	if (at + 1 < ret->count && strcmp(ret->words[at], "container") == 0)
		at++;
	word = at < ret->count ? ret->words[at] : "";
	if (strcmp(word, "run") != 0)
		return wh_fail(err, EINVAL,
			"\"%s%s%s\" starts no container that could be learnt in one run; say %s "
			"run..., or give the container's rule \"learn\": true in the policy",
			engine->program, word[0] == '\0' ? "" : " ", word, engine->program);
	ret->run = at;
	return read_run(ret, engine, err);
}

/* --bundle DIR [ID], or --bundle=DIR [ID] */
static int read_bundle(struct wh_learn_command *ret, struct wh_err *err)
{
	static const char option[] = "--bundle";
	const char *word = ret->words[0];
	size_t at = 1;

	if (word[sizeof(option) - 1] == '=')
		ret->bundle = word + sizeof(option);
	else if (ret->count > at)
		ret->bundle = ret->words[at++];
	if (ret->bundle == NULL || ret->bundle[0] == '\0')
		return wh_fail(err, EINVAL, "--bundle needs the folder of a bundle");
	if (at < ret->count)
		ret->id = ret->words[at++];
	if (at < ret->count)
		return wh_fail(err, EINVAL, "\"%s\" is a word too many", ret->words[at]);
	if (ret->id != NULL && (ret->id[0] == '-' || ret->id[0] == '\0'))
		return wh_fail(err, EINVAL, "\"%s\" is no id of a container", ret->id);
	return 0;
}

static bool is_bundle(const char *word)
{
	static const char option[] = "--bundle";
	size_t len = sizeof(option) - 1;

	return strncmp(word, option, len) == 0 && (word[len] == '\0' || word[len] == '=');
}

int wh_learn_command_read(
	struct wh_learn_command *ret, const char *const *words, size_t count, struct wh_err *err)
{
	*ret = (struct wh_learn_command){ .words = words, .count = count };
	if (count == 0)
		return wh_fail(err, EINVAL,
			"what is missing is -- and the command that starts the container");
	if (is_bundle(words[0])) {
		ret->kind = WH_LEARN_BUNDLE;
		return read_bundle(ret, err);
	}
	for (size_t i = 0; i < WH_COUNT(engines); i++) {
		if (strcmp(last_part(words[0]), engines[i].program) != 0)
			continue;
		ret->kind = (enum wh_learn_kind)i;
		return read_engine(ret, err);
	}
	return wh_fail(err, EINVAL,
		"\"%s\" is no way to start a container that is known here: it is docker run..., "
		"podman run... or --bundle DIR",
		words[0]);
}

/* ---- writing ----------------------------------------------------------------------------- */

#define OURS 8 /* words that are added at most, with the NULL */

struct list {
	const char **words;
	size_t count;
};

static void add(struct list *list, const char *word)
{
	list->words[list->count++] = word;
}

static void add_all(struct list *list, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		add(list, words[i]);
}

/* What a rerun has no use for: two containers cannot have one name, an end has to be seen, and
 * nobody sits at its terminal. */
static bool is_left_out(const struct option *option)
{
	static const char *const names[] = { "detach", "detach-keys", "name", "restart", "tty" };

	for (size_t i = 0; i < WH_COUNT(names); i++) {
		if (wh_slice_is(option->name, names[i]))
			return true;
	}
	return false;
}

/* The letters of a word without d and t; NULL when memory ran out. */
static const char *without_letters(const char *word, size_t letters, struct wh_arena *arena)
{
	char *copy = wh_arena_dup(arena, wh_slice_of(word));
	size_t to = 1;

	for (size_t i = 1; copy != NULL && word[i] != '\0'; i++) {
		if (i > letters || (word[i] != 'd' && word[i] != 't'))
			copy[to++] = word[i];
	}
	if (copy != NULL)
		copy[to] = '\0';
	return copy;
}

static int add_options_again(
	struct list *list, const struct wh_learn_command *command, struct wh_arena *arena)
{
	const struct switches *switches = &engines[command->kind].run;
	const char *const *words = command->words;
	struct option option;

	for (size_t at = command->run + 1;
		read_option(switches, words + at, command->image - at, &option);
		at += option.words) {
		const char *first = words[at];

		if (is_left_out(&option))
			continue;
		if (option.letter_count > 0)
			first = without_letters(first, option.letter_count, arena);
		if (first == NULL)
			return -ENOMEM;
		if (first[1] != '\0')
			add_all(list, &first, 1);
		if (option.words == 2)
			add(list, words[at + 1]);
	}
	return 0;
}

static int write_engine(struct list *list, const struct wh_learn_command *command,
	const struct wh_learn_words *ours, struct wh_arena *arena)
{
	size_t behind = command->image;

	add(list, command->words[0]);
	if (command->kind == WH_LEARN_PODMAN && command->runtime == NULL) {
		add(list, "--runtime");
		add(list, ours->whittle);
	}
	add_all(list, command->words + 1, command->run);
	if (command->kind == WH_LEARN_DOCKER && command->runtime == NULL) {
		add(list, "--runtime");
		add(list, "whittle");
	}
	add(list, "--cidfile");
	add(list, ours->id_file);
	if (!ours->again)
		behind = command->run + 1;
	else if (add_options_again(list, command, arena) < 0)
		return -ENOMEM;
	add_all(list, command->words + behind, command->count - behind);
	return 0;
}

const char *const *wh_learn_command_write(const struct wh_learn_command *command,
	const struct wh_learn_words *ours, struct wh_arena *arena)
{
	const char *const by_whittle[] = { ours->whittle, "--policy", ours->policy, "run",
		"--bundle", ours->bundle, ours->id };
	struct list list = {
		.words = wh_arena_array(arena, command->count + OURS, sizeof(*list.words)),
	};

	if (list.words == NULL)
		return NULL;
	if (command->kind == WH_LEARN_BUNDLE)
		add_all(&list, by_whittle, WH_COUNT(by_whittle));
	else if (write_engine(&list, command, ours, arena) < 0)
		return NULL;
	add(&list, NULL);
	return list.words;
}

const char *const *wh_learn_engine_words(
	const struct wh_learn_command *command, const char *const *more, struct wh_arena *arena)
{
	struct list list = { .words = NULL };
	size_t count = 0;

	while (more[count] != NULL)
		count++;
	list.words = wh_arena_array(arena, command->global + count + 1, sizeof(*list.words));
	if (list.words == NULL)
		return NULL;
	add_all(&list, command->words, command->global);
	add_all(&list, more, count + 1);
	return list.words;
}
