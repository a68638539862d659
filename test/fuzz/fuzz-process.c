/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An exec, from the bytes that others choose to the process that the runtime is handed. The input
 * is divided by NUL:
 *
 *     KIND LIMITS   "r", "c" or "s" for runc, crun, runsc, and the capabilities allowed, in hex
 *     STATE         what the runtime wrote down about the container
 *     CONFIG        runc: the bundle's config.json; crun: its own copy; runsc: not used
 *     PROCESS       what --process would name
 *     WORD…         what stands behind "exec" otherwise: options, id, program
 *
 * Both ways must end in a refusal with a sentence, or in a process with no capability that is not
 * allowed or was not asked for, with noNewPrivileges, with a user that is one, which reads back as
 * it was written and is left as it is when it is judged again.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oci/process.h"
#include "oci/schema.h"
#include "trim/trim.h"

#define MOST_WORDS 64

#define MUST(condition) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "line %d: not so: %s\n", __LINE__, #condition); \
			abort(); \
		} \
	} while (0)

static const char *const sets[] = { "bounding", "effective", "inheritable", "permitted",
	"ambient" };

struct exec {
	struct wh_arena arena;
	enum wh_runtime_kind kind;
	struct wh_limits limits;
	struct wh_facts facts;
	struct wh_json *state_doc, *config_doc;
	struct wh_state state;
};

static void exec_done(struct exec *exec)
{
	wh_json_free(exec->state_doc);
	wh_json_free(exec->config_doc);
	wh_arena_done(&exec->arena);
}

/* NULL when it is refused. */
static struct wh_json *parse(const char *text)
{
	struct wh_buf buf = WH_BUF_INIT;
	struct wh_json *doc = NULL;

	wh_buf_add_string(&buf, text);
	return wh_json_parse_take(&doc, &buf, NULL, NULL) < 0 ? NULL : doc;
}

static void check_set(const struct exec *exec, struct wh_json *doc, wh_node set)
{
	MUST(wh_json_type(doc, set) == WH_JSON_ARRAY);
	wh_json_each_element (doc, set, name) {
		unsigned capability = 0;

		MUST(wh_capability_from_oci(wh_json_string(doc, name), &capability));
		MUST((exec->limits.capabilities & wh_capset_of(capability)) != 0);
		MUST(capability <= exec->facts.last_capability);
	}
}

static void check_id(struct wh_json *doc, wh_node user, const char *key)
{
	uint64_t id = UINT64_MAX;

	MUST(wh_json_u64(doc, wh_json_get(doc, user, key), &id) == 0);
	MUST(id < UINT32_MAX);
}

static void check_process(const struct exec *exec, struct wh_json *doc)
{
	wh_node process = wh_json_root(doc);
	wh_node capabilities = wh_json_get(doc, process, "capabilities");
	wh_node user = wh_json_get(doc, process, "user");
	size_t count = 0;

	MUST(wh_schema_check(doc, process, &wh_schema_process, NULL) == 0);
	MUST(wh_json_type(doc, wh_json_get(doc, process, "noNewPrivileges")) == WH_JSON_TRUE);
	MUST(wh_json_type(doc, wh_json_get(doc, process, "args")) == WH_JSON_ARRAY);
	for (size_t i = 0; i < WH_COUNT(sets); i++)
		check_set(exec, doc, wh_json_get(doc, capabilities, sets[i]));
	wh_json_each_member (doc, capabilities, key)
		count++;
	MUST(count == WH_COUNT(sets));
	check_id(doc, user, "uid");
	check_id(doc, user, "gid");
}

/* Written, read back and judged again: nothing may change. */
static void check_again(struct exec *exec, const struct wh_json *doc)
{
	struct wh_buf text = WH_BUF_INIT, other = WH_BUF_INIT;
	struct wh_trim trim;
	struct wh_json *again;

	MUST(wh_json_write_buf(doc, wh_json_root(doc), &text) == 0);
	again = parse(text.data);
	MUST(again != NULL);
	check_process(exec, again);
	MUST(wh_trim_process(&trim, again, &exec->limits, &exec->facts, &exec->arena, NULL) == 0);
	MUST(trim.changes.total == 0);
	MUST(wh_json_write_buf(again, wh_json_root(again), &other) == 0);
	MUST(text.len == other.len && memcmp(text.data, other.data, text.len) == 0);
	wh_json_free(again);
	wh_buf_done(&text);
	wh_buf_done(&other);
}

static bool holds(struct wh_json *doc, wh_node sets_node, const char *set, struct wh_slice name)
{
	wh_json_each_element (doc, wh_json_get(doc, sets_node, set), element) {
		if (wh_slice_eq(wh_json_string(doc, element), name))
			return true;
	}
	return false;
}

/* Each name that is left was asked for, in that set. */
static void check_subset(struct wh_json *asked, struct wh_json *left)
{
	wh_node before = wh_json_get(asked, wh_json_root(asked), "capabilities");
	wh_node after = wh_json_get(left, wh_json_root(left), "capabilities");

	for (size_t i = 0; i < WH_COUNT(sets); i++) {
		wh_json_each_element (left, wh_json_get(left, after, sets[i]), name)
			MUST(holds(asked, before, sets[i], wh_json_string(left, name)));
	}
}

static void judge(struct exec *exec, struct wh_json *doc)
{
	struct wh_err err = WH_ERR_INIT;
	struct wh_json *asked = NULL;
	struct wh_trim trim;

	MUST(wh_json_new_from(&asked, doc, wh_json_root(doc)) == 0);
	if (wh_trim_process(&trim, doc, &exec->limits, &exec->facts, &exec->arena, &err) < 0) {
		MUST(err.number != 0 && err.text[0] != '\0');
	} else {
		check_process(exec, doc);
		check_subset(asked, doc);
		check_again(exec, doc);
	}
	wh_json_free(asked);
}

static void by_file(struct exec *exec, const char *text)
{
	struct wh_err err = WH_ERR_INIT;
	struct wh_json *doc = parse(text);

	if (doc == NULL)
		return;
	if (wh_process_complete(doc, exec->kind, &exec->state, &err) < 0)
		MUST(err.number != 0 && err.text[0] != '\0');
	else
		judge(exec, doc);
	wh_json_free(doc);
}

static void by_words(struct exec *exec, int count, char *const words[])
{
	struct wh_json *base = exec->state.config;
	wh_node process = exec->state.process;
	struct wh_err err = WH_ERR_INIT;
	struct wh_json *doc = NULL;
	struct wh_argv argv;

	if (exec->kind == WH_RUNTIME_RUNC) {
		base = exec->config_doc;
		if (base == NULL ||
			wh_schema_check(base, wh_json_root(base), &wh_schema_config, NULL) < 0)
			return;
		process = wh_json_get(base, wh_json_root(base), "process");
	}
	if (wh_json_type(base, process) != WH_JSON_OBJECT)
		return;
	if (wh_argv_parse(&argv, wh_grammar_of(exec->kind), &exec->arena, count, words, NULL) < 0 ||
		argv.action != WH_ACTION_EXEC || wh_argv_has(&argv, WH_ROLE_PROCESS))
		return;
	if (wh_process_build(&doc, &argv, &exec->state, base, process, &err) < 0) {
		MUST(err.number != 0 && err.text[0] != '\0');
		MUST(doc == NULL);
		return;
	}
	judge(exec, doc);
	wh_json_free(doc);
}

/* Takes pieces from the text until `end`; "" for one that is not there. */
static char *next_piece(char **text, char *end)
{
	char *piece = *text;

	if (piece >= end)
		return end;
	*text += strlen(piece) + 1;
	return piece;
}

static void read_kind(struct exec *exec, const char *piece)
{
	exec->kind = piece[0] == 'c'   ? WH_RUNTIME_CRUN
		     : piece[0] == 's' ? WH_RUNTIME_RUNSC
				       : WH_RUNTIME_RUNC;
	exec->limits.capabilities =
		piece[0] == '\0' ? 0 : strtoull(piece + 1, NULL, 16) & WH_CAPSET_ALL;
	exec->limits.kinds[WH_KIND_NO_NEW_PRIVILEGES].otherwise = WH_STRIP;
	exec->facts.last_capability = WH_CAP_COUNT - 2;
}

static void run(char *text, char *end)
{
	char *words[MOST_WORDS + 1] = { NULL };
	char program[] = "whittle", command[] = "exec";
	struct exec exec WH_CLEANUP(exec_done) = { .arena = WH_ARENA_INIT };
	char *process;
	int count = 2;

	read_kind(&exec, next_piece(&text, end));
	exec.state_doc = parse(next_piece(&text, end));
	exec.config_doc = parse(next_piece(&text, end));
	process = next_piece(&text, end);
	if (exec.state_doc == NULL || (exec.kind == WH_RUNTIME_CRUN && exec.config_doc == NULL))
		return;
	if (wh_state_read(&exec.state, exec.kind, "web", exec.state_doc, exec.config_doc,
		    &exec.arena, NULL) < 0)
		return;
	MUST(exec.state.bundle[0] == '/');
	by_file(&exec, process);
	words[0] = program;
	words[1] = command;
	while (text < end && count < MOST_WORDS)
		words[count++] = next_piece(&text, end);
	by_words(&exec, count, words);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = calloc(1, size + 1);

	if (text == NULL)
		return 0;
	if (size > 0)
		memcpy(text, data, size);
	run(text, text + size);
	free(text);
	return 0;
}
