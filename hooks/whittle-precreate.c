/* SPDX-License-Identifier: Apache-2.0 */
/*
 * whittle-precreate: for Podman, where the runtime cannot be changed. A precreate hook gets
 * config.json on standard input and prints what is to be used instead (containers/common,
 * docs/oci-hooks(5)). It is judged by whittle's own code. What no such hook can see it cannot
 * bound: `podman exec`, and whoever runs the runtime by himself.
 *
 * A hook that fails stops the container, so what cannot be judged is refused as whittle refuses it.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "common/judge.h"
#include "common/read.h"
#include "host/file.h"
#include "oci/schema.h"

struct precreate {
	struct wh_judgement judged;
	const char *policy_file;
	const char *id;
	int bundle;
};

static void precreate_done(struct precreate *self)
{
	wh_close_fd(&self->bundle);
	wh_judgement_done(&self->judged);
}

/* ---- words and documents ----------------------------------------------------------------------
 */

static int read_words(struct precreate *self, int argc, char *argv[], struct wh_err *err)
{
	self->judged.kind = WH_RUNTIME_CRUN; /* Podman's own choice */
	for (int i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--policy") == 0)
			self->policy_file = argv[i + 1];
		else if (strcmp(argv[i], "--runtime") != 0 ||
			 wh_runtime_kind_from_name(argv[i + 1], &self->judged.kind) < 0)
			return wh_fail(
				err, EINVAL, "there is no option \"%s %s\"", argv[i], argv[i + 1]);
	}
	if (argc % 2 == 0)
		return wh_fail(err, EINVAL,
			"its options are --policy FILE and --runtime NAME, and config.json goes in "
			"by standard input");
	return 0;
}

static int read_policy(struct precreate *self, struct wh_err *err)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int fd WH_FD = wh_open_trusted_file(self->policy_file, err);
	int r = fd < 0 ? fd : wh_read_all(fd, WH_POLICY_MAX_SIZE, &text, err);

	if (r < 0) {
		wh_err_prefix(err, "the policy %s cannot be used", self->policy_file);
		return r;
	}
	return wh_policy_parse_take(&self->judged.policy, &text, self->policy_file, err);
}

static int read_config(struct precreate *self, struct wh_err *err)
{
	struct wh_json **doc = &self->judged.doc;
	int r = wh_read_json(doc, STDIN_FILENO, "config.json", err);

	return r < 0 ? r : wh_schema_check(*doc, wh_json_root(*doc), &wh_schema_config, err);
}

/* ---- who it is --------------------------------------------------------------------------------
 */

/* The source of the mount at this destination; {NULL, 0} for none. */
static struct wh_slice source_at(struct wh_json *doc, const char *destination)
{
	wh_node mounts = wh_json_get(doc, wh_json_root(doc), "mounts");

	wh_json_each_element (doc, mounts, mount) {
		if (wh_json_string_is(doc, wh_json_get(doc, mount, "destination"), destination))
			return wh_json_string(doc, wh_json_get(doc, mount, "source"));
	}
	return (struct wh_slice){ NULL, 0 };
}

/*
 * The bundle does not exist yet for a precreate hook, but Podman's own mount of /run/.containerenv
 * comes from RUNROOT/DRIVER-containers/ID/userdata, and the root file system from
 * GRAPHROOT/DRIVER/…: the bundle will be GRAPHROOT/DRIVER-containers/ID/userdata. Where that is not
 * so, who the container is stays unknown.
 */
static int find_bundle(struct precreate *self)
{
	static const char mark[] = "-containers/";
	struct wh_json *doc = self->judged.doc;
	struct wh_arena *arena = &self->judged.arena;
	struct wh_slice source = source_at(doc, "/run/.containerenv");
	const char *path = wh_arena_dup(arena,
		source.data == NULL ? WH_SLICE("") : (struct wh_slice){ source.data, source.len });
	const char *root = wh_arena_dup(arena,
		wh_json_string(doc,
			wh_json_get(doc, wh_json_get(doc, wh_json_root(doc), "root"), "path")));
	const char *at = path == NULL ? NULL : strstr(path, mark), *driver, *id, *place;

	self->judged.bundle = "/";
	self->id = "precreate";
	if (path == NULL || root == NULL)
		return -ENOMEM;
	if (at == NULL)
		return 0;
	id = wh_arena_dup(arena,
		(struct wh_slice){ at + sizeof(mark) - 1, strcspn(at + sizeof(mark) - 1, "/") });
	while (at > path && at[-1] != '/')
		at--;
	driver = wh_arena_printf(arena, "/%.*s/", (int)(strstr(at, mark) - at), at);
	if (id == NULL || driver == NULL)
		return -ENOMEM;
	place = strstr(root, driver);
	if (place == NULL)
		return 0;
	self->id = id;
	self->judged.bundle = wh_arena_printf(arena, "%.*s%.*s-containers/%s/userdata",
		(int)(place - root), root, (int)strlen(driver) - 1, driver, id);
	return self->judged.bundle == NULL ? -ENOMEM : 0;
}

/* ---- the judgement ----------------------------------------------------------------------------
 */

static int print_piece(void *context, const char *bytes, size_t len)
{
	return wh_write_all(*(const int *)context, bytes, len);
}

static int print(const struct wh_json *doc, struct wh_err *err)
{
	int to = STDOUT_FILENO;
	int r = wh_json_write(doc, wh_json_root(doc), print_piece, &to);

	return r < 0 ? wh_fail_errno(err, -r, "printing config.json") : 0;
}

/* In audit mode what came in goes out. */
static int judge(struct precreate *self, struct wh_json **ret_original, struct wh_err *err)
{
	struct wh_judgement *judged = &self->judged;
	const struct wh_call call = {
		.command = "create", .id = self->id, .bundle = judged->bundle
	};
	int r = wh_json_new_from(ret_original, judged->doc, wh_json_root(judged->doc));

	if (r < 0)
		return wh_fail_errno(err, -r, "reading config.json");
	r = wh_judge_identify_config(judged, call, err);
	if (r == 0)
		r = wh_judge_decide(judged, err);
	if (r == 0)
		r = wh_judge_config(judged, self->bundle, err);
	return r;
}

static bool only_watches(const struct precreate *self)
{
	return self->judged.decision.rule != NULL &&
	       self->judged.decision.limits.mode == WH_MODE_AUDIT;
}

static int decide(struct precreate *self, struct wh_err *err)
{
	const struct wh_record_about about = { "create", self->id, "podman precreate hook",
		self->policy_file };
	struct wh_json *original WH_JSON = NULL;
	struct wh_err refusal = WH_ERR_INIT;
	int r = judge(self, &original, &refusal);
	int recorded = wh_judge_record(&self->judged, &about, r < 0 ? &refusal : NULL, err);

	if (r < 0 && !only_watches(self))
		return wh_fail(err, -r, "%s", refusal.text);
	if (recorded < 0)
		return recorded;
	return print(only_watches(self) ? original : self->judged.doc, err);
}

static int run(struct precreate *self, int argc, char *argv[], struct wh_err *err)
{
	int r = read_words(self, argc, argv, err);

	if (r == 0)
		r = read_policy(self, err);
	if (r == 0)
		r = read_config(self, err);
	if (r < 0)
		return r;
	if (find_bundle(self) < 0)
		return wh_fail_errno(err, ENOMEM, "finding the bundle");
	self->bundle = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return self->bundle < 0 ? wh_fail_errno(err, errno, "/") : decide(self, err);
}

int main(int argc, char *argv[])
{
	struct precreate self WH_CLEANUP(precreate_done) = {
		.judged = WH_JUDGEMENT_INIT,
		.policy_file = WH_POLICY_FILE,
		.bundle = WH_NO_FD,
	};
	struct wh_err err = WH_ERR_INIT;

	if (run(&self, argc, argv, &err) == 0)
		return EXIT_SUCCESS;
	(void)fprintf(stderr, "whittle-precreate: %s\n", err.text);
	return EXIT_FAILURE;
}
