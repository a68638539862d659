/* SPDX-License-Identifier: Apache-2.0 */
/*
 * whittlectl diff: what one of two policies, or of two config.json, allows and the other does not.
 * Only read, so they may lie anywhere and belong to anybody. 0 when neither allows more, 1 when one
 * does.
 */

#include "diff.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "host/file.h"
#include "oci/schema.h"
#include "whittlectl/put.h"
#include "whittlectl/screen.h"
#include "whittlectl/verbs.h"

#define SCHEMA 1u
#define DEFAULT "default"

struct difference {
	struct wh_arena arena;
	struct wh_side sides[2];
	struct wh_buf *json; /* NULL: for people */
	struct wh_screen screen;
	size_t count;
};

/* ---- reading ----------------------------------------------------------------------------------
 */

static int read_config(
	struct wh_side *ret, struct wh_json *doc, struct wh_arena *arena, struct wh_err *err)
{
	int r = wh_schema_check(doc, wh_json_root(doc), &wh_schema_config, err);

	if (r < 0) {
		wh_err_prefix(err, "%s", ret->file);
		return r;
	}
	ret->scopes = wh_arena_array(arena, 1, sizeof(*ret->scopes));
	if (ret->scopes == NULL)
		return wh_fail_errno(err, ENOMEM, "reading %s", ret->file);
	ret->scopes[0].name = "";
	ret->count = 1;
	r = wh_privileges_of_config(doc, arena, &ret->scopes[0].grants);
	return r < 0 ? wh_fail_errno(err, -r, "reading %s", ret->file) : 0;
}

static int read_text(const char *file, struct wh_buf *ret, struct wh_err *err)
{
	bool input = strcmp(file, "-") == 0;
	int fd WH_FD = input ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
			     : open(file, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return wh_fail_errno(err, errno, "%s", input ? "standard input" : file);
	if (S_ISDIR(st.st_mode))
		return wh_fail(err, EISDIR, "%s is a folder; name the file in it", file);
	if (!input && !S_ISREG(st.st_mode))
		return wh_fail(err, EINVAL,
			"%s is no regular file, and could make this wait for ever; give what comes "
			"from it on standard input, as \"-\"",
			file);
	if (wh_read_all(fd, WH_POLICY_MAX_SIZE, ret, err) < 0) {
		wh_err_prefix(err, "%s", file);
		return -err->number;
	}
	return 0;
}

/* A config.json has a process or a version, a policy has neither. */
static int read_side(struct wh_side *ret, struct wh_arena *arena, struct wh_err *err)
{
	static const struct wh_json_options options = { .comments = true };
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT,
			   copy WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_json *doc WH_JSON = NULL;
	wh_node root;
	int r = read_text(ret->file, &text, err);

	if (r < 0)
		return r;
	wh_buf_add(&copy, text.data == NULL ? "" : text.data, text.len);
	r = wh_json_parse_take(&doc, &copy, &options, err);
	if (r < 0) {
		wh_err_prefix(err, "%s", ret->file);
		return r;
	}
	root = wh_json_root(doc);
	ret->policy = wh_json_get(doc, root, "ociVersion") == WH_NO_NODE &&
		      wh_json_get(doc, root, "process") == WH_NO_NODE;
	return ret->policy ? wh_diff_read_policy(ret, &text, arena, err)
			   : read_config(ret, doc, arena, err);
}

/* ---- one scope --------------------------------------------------------------------------------
 */

static void put_list(
	struct difference *difference, const char *key, const struct wh_privileges *list)
{
	wh_put_open(difference->json, key, '[');
	for (size_t i = 0; i < list->count; i++) {
		wh_put_open(difference->json, NULL, '{');
		wh_put_text(difference->json, "kind", wh_kind_info(list->items[i].kind)->key);
		wh_put_text(difference->json, "what", list->items[i].text);
		wh_buf_add_char(difference->json, '}');
	}
	wh_buf_add_char(difference->json, ']');
}

static void print_list(struct difference *difference, size_t side, const struct wh_privileges *list)
{
	struct wh_screen *screen = &difference->screen;

	for (size_t i = 0; i < list->count; i++) {
		const struct wh_privilege *item = &list->items[i];
		const char *key = wh_kind_info(item->kind)->key;

		wh_buf_add_string(screen->to, side == 0 ? "  - " : "  + ");
		wh_screen_add(screen, side == 0 ? WH_BAD : WH_GOOD, key, strlen(key));
		wh_buf_add_string(screen->to, ": ");
		wh_screen_wrap(screen, WH_PLAIN, item->text, 6 + strlen(key), 8);
	}
}

/* Adds what only one side does to what is told already, which is NULL when memory ran out. */
static const char *remark_side(
	struct difference *difference, const char *told, bool a, bool b, const char *what)
{
	if (told == NULL || a == b)
		return told;
	return wh_arena_printf(&difference->arena, "%s%sthe %s %s", told,
		told[0] == '\0' ? "" : "; ", a ? "first" : "second", what);
}

/* What is told of a scope beside its lists; "" for nothing, NULL when memory ran out. */
static const char *remark(struct difference *difference, const struct wh_scope_grants *a,
	const struct wh_scope_grants *b)
{
	const char *told = "";

	if (strcmp(a->name, b->name) != 0)
		told = strcmp(a->name, DEFAULT) == 0
			       ? "only the second has this rule; the first has \"default\" there"
			       : "only the first has this rule; the second has \"default\" there";
	else if (a->match != NULL && b->match != NULL && strcmp(a->match, b->match) != 0)
		told = "its conditions differ";
	told = remark_side(difference, told, a->audit, b->audit, "only watches");
	told = remark_side(
		difference, told, a->restore, b->restore, "lets checkpoints be restored");
	return remark_side(
		difference, told, !a->verify, !b->verify, "does not verify what was started");
}

static void put_scope(struct difference *difference, const char *name, const char *told,
	const struct wh_privileges only[2])
{
	wh_put_open(difference->json, NULL, '{');
	wh_put_text(difference->json, "scope", name[0] == '\0' ? NULL : name);
	wh_put_text(difference->json, "remark", told[0] == '\0' ? NULL : told);
	put_list(difference, "onlyInA", &only[0]);
	put_list(difference, "onlyInB", &only[1]);
	wh_buf_add_char(difference->json, '}');
}

static void print_scope(struct difference *difference, const char *name, const char *told,
	const struct wh_privileges only[2])
{
	wh_screen_heading(&difference->screen, name[0] == '\0' ? "config.json" : name);
	if (told[0] != '\0') {
		wh_screen_blanks(&difference->screen, 2);
		wh_screen_wrap(&difference->screen, WH_DOUBT, told, 2, 2);
	}
	print_list(difference, 0, &only[0]);
	print_list(difference, 1, &only[1]);
}

static int compare_scope(struct difference *difference, const struct wh_scope_grants *a,
	const struct wh_scope_grants *b)
{
	const char *name = strcmp(a->name, DEFAULT) == 0 ? b->name : a->name;
	const char *told = remark(difference, a, b);
	struct wh_privileges only[2];
	int r = wh_privileges_without(&a->grants, &b->grants, &difference->arena, &only[0]);

	if (r == 0)
		r = wh_privileges_without(&b->grants, &a->grants, &difference->arena, &only[1]);
	if (r < 0 || told == NULL)
		return r < 0 ? r : -ENOMEM;
	if (only[0].count + only[1].count == 0 && told[0] == '\0')
		return 0;
	difference->count++;
	if (difference->json != NULL)
		put_scope(difference, name, told, only);
	else
		print_scope(difference, name, told, only);
	return 0;
}

/* ---- all of them ------------------------------------------------------------------------------
 */

/* The scope of this name; NULL. */
static const struct wh_scope_grants *find(const struct wh_side *side, const char *name)
{
	for (size_t i = 0; i < side->count; i++) {
		if (strcmp(side->scopes[i].name, name) == 0)
			return &side->scopes[i];
	}
	return NULL;
}

/* A rule that one side does not have: there the container gets what "default" gives. */
static int compare(struct difference *difference)
{
	const struct wh_side *a = &difference->sides[0], *b = &difference->sides[1];
	int r = 0;

	for (size_t i = 0; r == 0 && i < a->count; i++) {
		const struct wh_scope_grants *other = find(b, a->scopes[i].name);

		r = compare_scope(difference, &a->scopes[i], other == NULL ? &b->scopes[0] : other);
	}
	for (size_t i = 0; r == 0 && i < b->count; i++) {
		if (find(a, b->scopes[i].name) == NULL)
			r = compare_scope(difference, &a->scopes[0], &b->scopes[i]);
	}
	return r;
}

static int write_all(struct difference *difference, struct wh_buf *text)
{
	int r;

	if (difference->json == NULL) {
		r = compare(difference);
		if (r == 0 && difference->count == 0)
			wh_buf_add_string(text, "no difference in what they allow\n");
		return r;
	}
	wh_buf_addf(text, "{\"schema\":%u", SCHEMA);
	wh_put_text(text, "version", WH_VERSION);
	wh_put_text(text, "a", difference->sides[0].file);
	wh_put_text(text, "b", difference->sides[1].file);
	wh_put_text(text, "kind", difference->sides[0].policy ? "policy" : "config");
	wh_put_open(text, "scopes", '[');
	r = compare(difference);
	wh_buf_add_string(text, "]}\n");
	return r;
}

static int diff(struct difference *difference, bool json, struct wh_err *err)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int r = 0;

	if (strcmp(difference->sides[0].file, "-") == 0 &&
		strcmp(difference->sides[1].file, "-") == 0)
		return wh_fail(
			err, EINVAL, "standard input cannot be both of them: name a file for one");
	for (size_t i = 0; r == 0 && i < WH_COUNT(difference->sides); i++)
		r = read_side(&difference->sides[i], &difference->arena, err);
	if (r < 0)
		return r;
	if (difference->sides[0].policy != difference->sides[1].policy)
		return wh_fail(err, EINVAL,
			"one of the two is a policy and the other a config.json: what a container "
			"gets by a policy is told by whittlectl explain");
	difference->json = json ? &text : NULL;
	difference->screen = wh_screen_of(stdout, &text);
	r = write_all(difference, &text);
	if (r == 0)
		r = wh_print(&text, stdout);
	return r < 0 ? wh_fail_errno(err, -r, "the answer could not be written") : 0;
}

int wh_verb_diff(const struct wh_words *words)
{
	struct difference difference = {
		.arena = WH_ARENA_INIT,
		.sides = { { .file = words->arguments[0] }, { .file = words->arguments[1] } },
	};
	struct wh_err err = WH_ERR_INIT;
	int r = diff(&difference, wh_words_has(words, "json"), &err);

	wh_arena_done(&difference.arena);
	if (r < 0) {
		(void)fprintf(stderr, "whittlectl diff: %s\n", err.text);
		return WH_EXIT_TROUBLE;
	}
	return difference.count > 0 ? WH_EXIT_FINDINGS : WH_EXIT_FINE;
}
