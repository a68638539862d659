/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One judgement from file to standard output, with nothing of the host in it: no root file system
 * is looked at, the kernel is the newest that whittle knows. What changed goes to standard error,
 * one line each. Status 0; 1 with the sentence on standard error when it is refused; 2 when the
 * program itself was misused.
 */

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "oci/annotation.h"
#include "oci/mount.h"
#include "oci/process.h"
#include "oci/schema.h"
#include "oci/state.h"
#include "policy/policy.h"
#include "trim/trim.h"

static const char usage[] =
	"usage: trim-once POLICY config FILE\n"
	"       trim-once POLICY process KIND ID STATE CONFIG FILE   (CONFIG is - but for crun)\n"
	"       trim-once - resources FILE\n";

#define FEW 128

struct once {
	struct wh_arena arena;
	struct wh_policy *policy;
	struct wh_json *doc, *state_doc, *config_doc;
	struct wh_limits limits;
	struct wh_trim trim;
	struct wh_err err;
	struct wh_mount_source sources[FEW];
	size_t source_count;
	enum wh_namespace namespaces[FEW];
	struct wh_hook_program hooks[FEW];
};

static void once_done(struct once *once)
{
	wh_policy_free(once->policy);
	wh_json_free(once->doc);
	wh_json_free(once->state_doc);
	wh_json_free(once->config_doc);
	wh_arena_done(&once->arena);
}

static int read_file(const char *path, struct wh_buf *ret, struct wh_err *err)
{
	int fd WH_FD = open(path, O_RDONLY | O_CLOEXEC);
	char piece[4096];
	ssize_t got;

	if (fd < 0)
		return wh_fail_errno(err, errno, "%s", path);
	while ((got = read(fd, piece, sizeof(piece))) > 0)
		wh_buf_add(ret, piece, (size_t)got);
	return got < 0 ? wh_fail_errno(err, errno, "%s", path) : wh_buf_status(ret);
}

static int read_json(const char *path, struct wh_json **ret, struct wh_err *err)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int r = read_file(path, &text, err);

	return r < 0 ? r : wh_json_parse_take(ret, &text, NULL, err);
}

static int read_policy(struct once *once, const char *path)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int r = read_file(path, &text, &once->err);

	return r < 0 ? r : wh_policy_parse_take(&once->policy, &text, path, &once->err);
}

/* The places that a policy may ask for, as some image would have them; all others are folders. */
static const struct wh_place odd_places[] = {
	{ "/var/run", "/run", WH_PLACE_FOLDER },
	{ "/missing", "/missing", WH_PLACE_MISSING },
	{ "/file", "/file", WH_PLACE_OTHER },
	{ "/leaves", "/", WH_PLACE_LEAVES },
};

static int find_places(struct once *once, struct wh_facts *ret)
{
	size_t count = once->limits.tmpfs_count;
	struct wh_place *places = wh_arena_array(&once->arena, count, sizeof(*places));

	if (places == NULL)
		return wh_fail_errno(&once->err, ENOMEM, "finding places");
	for (size_t i = 0; i < count; i++) {
		const char *path = once->limits.tmpfs[i].path;

		places[i] = (struct wh_place){ path, path, WH_PLACE_FOLDER };
		for (size_t k = 0; k < WH_COUNT(odd_places); k++) {
			if (strcmp(odd_places[k].asked, path) == 0)
				places[i] = odd_places[k];
		}
	}
	*ret = (struct wh_facts){ .tmpfs = places, .last_capability = WH_CAP_COUNT - 1 };
	return 0;
}

/* ---- the host, as some machine would have it ------------------------------------------------ */

static int add_source(void *context, wh_node mount, struct wh_slice path)
{
	struct once *once = context;
	struct wh_mount_source *item = &once->sources[once->source_count++];
	const char **names = wh_arena_array(&once->arena, 1, sizeof(*names));

	if (names == NULL || once->source_count == FEW)
		return -ENOMEM;
	names[0] = wh_arena_dup(&once->arena, path);
	*item = (struct wh_mount_source){ mount,
		{ .real = names[0], .type = WH_SOURCE_FOLDER, .names = names, .name_count = 1 } };
	return names[0] == NULL ? -ENOMEM : 0;
}

/* Every path leads where it says, every namespace with a path is another container's, every hook is
 * root's, and a running process is dockerd. */
static int find_host(struct once *once, wh_node root, struct wh_facts *ret)
{
	wh_node hooks = wh_json_get(once->doc, root, "hooks");
	size_t hook_count = 0;

	for (size_t i = 0; i < FEW; i++)
		once->namespaces[i] = WH_NAMESPACE_OTHER;
	wh_json_each_element (once->doc, wh_json_get(once->doc, root, "mounts"), mount) {
		int r = wh_mount_each_source(once->doc, mount, add_source, once);

		if (r < 0)
			return r;
	}
	wh_json_each_member (once->doc, hooks, key) {
		wh_json_each_element (once->doc, wh_json_next(once->doc, key), hook) {
			const char *path = wh_arena_dup(&once->arena,
				wh_json_string(once->doc, wh_json_get(once->doc, hook, "path")));

			if (path == NULL || hook_count == FEW)
				return -ENOMEM;
			once->hooks[hook_count++] = (struct wh_hook_program){
				strncmp(path, "/proc/", 6) == 0 ? "/usr/sbin/dockerd" : path, true
			};
		}
	}
	ret->sources = once->sources;
	ret->source_count = once->source_count;
	ret->namespaces = once->namespaces;
	ret->hooks = once->hooks;
	return 0;
}

static int decide(struct once *once, const char *id, const char *bundle,
	const struct wh_annotation_list *annotations)
{
	const struct wh_subject subject = {
		.facts = { [WH_FACT_ID] = { id, NULL }, [WH_FACT_BUNDLE] = { bundle, NULL } },
		.annotations = annotations->items,
		.annotation_count = annotations->count,
	};
	struct wh_slice narrow = wh_annotation_get(annotations, WH_ANNOTATION_CAPABILITIES);
	struct wh_decision decision;
	int r = wh_policy_decide(once->policy, &subject, &once->arena, &decision);

	if (r < 0)
		return wh_fail_errno(&once->err, -r, "asking the policy");
	fprintf(stderr, "rule %s\n", decision.rule);
	once->limits = decision.limits;
	return narrow.data == NULL ? 0 : wh_trim_narrow(&once->limits, narrow, &once->err);
}

/* The id is the file's name without ".json", the bundle a folder of that name. */
static int judge_config(struct once *once, char *path)
{
	struct wh_annotation_list annotations;
	struct wh_facts facts;
	char *id = basename(path);
	const char *bundle;
	wh_node root;
	int r;

	r = read_json(path, &once->doc, &once->err);
	if (r < 0)
		return r;
	root = wh_json_root(once->doc);
	r = wh_schema_check(once->doc, root, &wh_schema_config, &once->err);
	if (r < 0)
		return r;
	id = wh_arena_printf(&once->arena, "%.*s", (int)strcspn(id, "."), id);
	bundle = wh_arena_printf(&once->arena, "/srv/bundles/%s", id);
	r = wh_annotations_from_object(
		once->doc, wh_json_get(once->doc, root, "annotations"), &once->arena, &annotations);
	if (r == 0)
		r = decide(once, id, bundle, &annotations);
	if (r == 0)
		r = find_places(once, &facts);
	if (r == 0)
		r = find_host(once, root, &facts);
	return r < 0 ? r
		     : wh_trim_config(&once->trim, once->doc, &once->limits, &facts, &once->arena,
			       &once->err);
}

/* words: KIND ID STATE CONFIG FILE */
static int judge_process(struct once *once, char *words[])
{
	const struct wh_facts facts = { .last_capability = WH_CAP_COUNT - 1 };
	enum wh_runtime_kind kind;
	struct wh_state state;
	int r;

	r = wh_runtime_kind_from_name(words[0], &kind);
	if (r == 0)
		r = read_json(words[2], &once->state_doc, &once->err);
	if (r == 0 && kind == WH_RUNTIME_CRUN)
		r = read_json(words[3], &once->config_doc, &once->err);
	if (r == 0)
		r = wh_state_read(&state, kind, words[1], once->state_doc, once->config_doc,
			&once->arena, &once->err);
	if (r == 0)
		r = decide(once, words[1], state.bundle, &state.annotations);
	if (r == 0)
		r = read_json(words[4], &once->doc, &once->err);
	if (r == 0)
		r = wh_process_complete(once->doc, kind, &state, &once->err);
	return r < 0 ? r
		     : wh_trim_process(&once->trim, once->doc, &once->limits, &facts, &once->arena,
			       &once->err);
}

static int judge_resources(struct once *once, const char *path)
{
	int r = read_json(path, &once->doc, &once->err);

	if (r == 0)
		r = wh_schema_check(
			once->doc, wh_json_root(once->doc), &wh_schema_resources, &once->err);
	return r < 0 ? r : wh_trim_resources(&once->trim, once->doc, &once->arena, &once->err);
}

static void print_changes(const struct wh_changes *changes)
{
	for (size_t i = 0; i < changes->count; i++) {
		const struct wh_change *change = &changes->items[i];
		struct wh_buf what WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;

		wh_buf_add_json(&what, change->what);
		fprintf(stderr, "%s %s %s %s\n", change->kind, change->action,
			wh_buf_status(&what) < 0 ? "" : what.data, change->pointer);
	}
}

static int to_stdout(void *context, const char *bytes, size_t len)
{
	(void)context;
	return fwrite(bytes, 1, len, stdout) == len ? 0 : -EIO;
}

int main(int argc, char *argv[])
{
	struct once once WH_CLEANUP(once_done) = { .arena = WH_ARENA_INIT };
	int r = 0;

	if (argc < 4 || argc != (strcmp(argv[2], "process") == 0 ? 8 : 4)) {
		fputs(usage, stderr);
		return 2;
	}
	if (strcmp(argv[1], "-") != 0)
		r = read_policy(&once, argv[1]);
	if (r == 0 && strcmp(argv[2], "config") == 0)
		r = judge_config(&once, argv[3]);
	else if (r == 0 && strcmp(argv[2], "process") == 0)
		r = judge_process(&once, argv + 3);
	else if (r == 0)
		r = judge_resources(&once, argv[3]);
	if (r == 0)
		r = wh_json_write(once.doc, wh_json_root(once.doc), to_stdout, NULL);
	if (r == 0 && fflush(stdout) != 0)
		r = -EIO;
	if (r < 0) {
		fprintf(stderr, "refused: %s\n", once.err.text);
		return 1;
	}
	print_changes(&once.trim.changes);
	return 0;
}
