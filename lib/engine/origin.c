/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sources: containerd core/runtime/v2 and cmd/containerd-shim-runc-v2 (WriteRuntime, WriteOptions),
 * conmon src/cli.c, moby daemon/runtime_unix.go; all of them also seen at work.
 */

#include "engine/origin.h"

#include <errno.h>
#include <string.h>

#include "json/json.h"

/* ---- conmon ------------------------------------------------------------------------------ */

/* Those that take a value, for which GLib takes the next word whatever it looks like. */
static const struct {
	const char *name;
	char letter;
} conmon_options[] = {
	{ "api-version", 0 },
	{ "bundle", 'b' },
	{ "cid", 'c' },
	{ "conmon-pidfile", 'P' },
	{ "container-pidfile", 'p' },
	{ "cuuid", 'u' },
	{ "exec-process-spec", 0 },
	{ "exit-command", 0 },
	{ "exit-command-arg", 0 },
	{ "exit-delay", 0 },
	{ "exit-dir", 0 },
	{ "log-allowlist-dir", 0 },
	{ "log-global-size-max", 0 },
	{ "log-label", 0 },
	{ "log-level", 0 },
	{ "log-path", 'l' },
	{ "log-size-max", 0 },
	{ "log-tag", 0 },
	{ "name", 'n' },
	{ "persist-dir", 0 },
	{ "restore", 0 },
	{ "runtime", 'r' },
	{ "runtime-arg", 0 },
	{ "runtime-opt", 0 },
	{ "sdnotify-socket", 0 },
	{ "seccomp-notify-plugins", 0 },
	{ "seccomp-notify-socket", 0 },
	{ "socket-dir-path", 0 },
	{ "timeout", 'T' },
};

/* The name of the option that a word is, and its value when that is glued to it. NULL for others.
 */
static const char *conmon_option(const char *word, const char **ret_value)
{
	*ret_value = NULL;
	for (size_t i = 0; i < WH_COUNT(conmon_options); i++) {
		const char *name = conmon_options[i].name;
		size_t len = strlen(name);

		if (word[0] != '-')
			return NULL;
		if (word[1] == '-' && strncmp(word + 2, name, len) == 0 &&
			(word[2 + len] == '\0' || word[2 + len] == '=')) {
			*ret_value = word[2 + len] == '=' ? word + 3 + len : NULL;
			return name;
		}
		if (word[1] != '-' && word[1] != '\0' && word[1] == conmon_options[i].letter) {
			*ret_value = word[2] != '\0' ? word + 2 : NULL;
			return name;
		}
	}
	return NULL;
}

/* The runtime's own options come one word at a time. */
static void take_runtime_word(struct wh_origin_conmon *ret, const char *word, const char **previous)
{
	static const char root[] = "--root=";

	if (*previous != NULL && strcmp(*previous, "--root") == 0)
		ret->root = word;
	else if (strncmp(word, root, sizeof(root) - 1) == 0)
		ret->root = word + sizeof(root) - 1;
	*previous = word;
}

struct wh_origin_conmon wh_origin_read_conmon(char *const words[], size_t count)
{
	struct wh_origin_conmon ret = { .id = NULL };
	const char *previous = NULL;

	for (size_t i = 0; i < count; i++) {
		const char *value;
		const char *name = conmon_option(words[i], &value);

		if (name == NULL)
			continue;
		if (value == NULL && i + 1 < count)
			value = words[++i];
		if (value == NULL)
			break;
		if (strcmp(name, "cid") == 0)
			ret.id = value;
		else if (strcmp(name, "runtime") == 0)
			ret.runtime = value;
		else if (strcmp(name, "runtime-arg") == 0)
			take_runtime_word(&ret, value, &previous);
	}
	return ret;
}

/* ---- containerd's shim ------------------------------------------------------------------- */

static int take_string(struct wh_json *doc, const char *key, struct wh_arena *arena,
	const char **ret, struct wh_err *err)
{
	wh_node node = wh_json_get(doc, wh_json_root(doc), key);
	struct wh_slice text = wh_json_string(doc, node);

	*ret = NULL;
	if (node != WH_NO_NODE && wh_json_type(doc, node) != WH_JSON_STRING)
		return wh_fail(err, EINVAL, "\"%s\" is not a string", key);
	if (text.len == 0)
		return wh_json_status(doc) < 0 ? wh_fail_errno(err, ENOMEM, "reading it") : 0;
	*ret = wh_arena_dup(arena, text);
	return *ret == NULL ? wh_fail_errno(err, ENOMEM, "reading it") : 0;
}

int wh_origin_read_shim(
	struct wh_origin_shim *ret, struct wh_buf *text, struct wh_arena *arena, struct wh_err *err)
{
	struct wh_origin_shim read = { .root = NULL };
	struct wh_json *doc WH_JSON = NULL;
	int r = wh_json_parse_take(&doc, text, NULL, err);

	if (r == 0 && wh_json_type(doc, wh_json_root(doc)) != WH_JSON_OBJECT)
		r = wh_fail(err, EINVAL, "it is not an object");
	if (r == 0)
		r = take_string(doc, "root", arena, &read.root, err);
	if (r == 0)
		r = take_string(doc, "binary_name", arena, &read.program, err);
	if (r == 0)
		*ret = read;
	return r;
}

/* ---- Docker's script --------------------------------------------------------------------- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* One word of a line without any quoting; empty at its end. */
static struct wh_slice take_word(struct wh_slice *line)
{
	struct wh_slice word;

	while (line->len > 0 && is_blank(line->data[0])) {
		line->data++;
		line->len--;
	}
	word = (struct wh_slice){ line->data, 0 };
	while (word.len < line->len && !is_blank(line->data[word.len]))
		word.len++;
	line->data += word.len;
	line->len -= word.len;
	return word;
}

/* The one line behind "#!/bin/sh". */
static bool second_line(struct wh_slice text, struct wh_slice *ret)
{
	static const char head[] = "#!/bin/sh\n";
	const char *end;

	if (text.len < sizeof(head) || memcmp(text.data, head, sizeof(head) - 1) != 0)
		return false;
	text.data += sizeof(head) - 1;
	text.len -= sizeof(head) - 1;
	end = memchr(text.data, '\n', text.len);
	if (end != NULL && end + 1 != text.data + text.len)
		return false;
	if (end != NULL)
		text.len--;
	*ret = text;
	return memchr(text.data, '\0', text.len) == NULL;
}

int wh_origin_read_script(struct wh_origin_call *ret, struct wh_slice text, struct wh_arena *arena)
{
	struct wh_slice line = { NULL, 0 }, word;
	const char **words;
	size_t count = 0;
	bool whole = false;

	if (!second_line(text, &line))
		return -ENOENT;
	words = wh_arena_array(arena, line.len / 2 + 2, sizeof(*words));
	if (words == NULL)
		return -ENOMEM;
	while ((word = take_word(&line)).len > 0) {
		if (wh_slice_is(word, "exec") && count == 0)
			continue;
		whole = wh_slice_is(word, "$@") || wh_slice_is(word, "\"$@\"");
		if (whole)
			break;
		words[count] = wh_arena_dup(arena, word);
		if (words[count++] == NULL)
			return -ENOMEM;
	}
	if (!whole || count == 0 || words[0][0] != '/' || take_word(&line).len > 0)
		return -ENOENT;
	*ret = (struct wh_origin_call){ words[0], words + 1, count - 1 };
	return 0;
}

const char *wh_origin_policy(const struct wh_origin_call *call)
{
	static const char option[] = "--policy";
	size_t len = sizeof(option) - 1;

	if (call->count == 0 || strncmp(call->words[0], option, len) != 0)
		return NULL;
	if (call->words[0][len] == '=')
		return call->words[0] + len + 1;
	return call->words[0][len] == '\0' && call->count > 1 ? call->words[1] : NULL;
}

/* ---- a runtime in the foreground --------------------------------------------------------- */

int wh_origin_is_canonical(
	enum wh_runtime_kind kind, char *const words[], size_t count, struct wh_arena *arena)
{
	struct wh_argv argv;
	char **written;
	int r;

	if (count == 0 || count > INT32_MAX || words[0][0] != '/')
		return 0;
	r = wh_argv_parse(&argv, wh_grammar_of(kind), arena, (int)count, words, NULL);
	if (r == -ENOMEM)
		return r;
	if (r < 0 || argv.action == WH_ACTION_PASS)
		return 0;
	written = wh_argv_write(&argv, words[0], NULL, arena);
	if (written == NULL)
		return -ENOMEM;
	for (size_t i = 0; i <= count; i++) {
		if ((written[i] == NULL) != (words[i] == NULL))
			return 0;
		if (written[i] != NULL && strcmp(written[i], words[i]) != 0)
			return 0;
	}
	return 1;
}
