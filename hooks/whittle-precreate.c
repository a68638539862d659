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
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "common/judge.h"
#include "common/read.h"
#include "host/file.h"
#include "host/hook.h"
#include "oci/schema.h"

struct precreate {
	struct wh_judgement judged;
	const char *policy_file;
	const char *storage; /* where Podman keeps containers and their records */
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
		else if (strcmp(argv[i], "--storage") == 0 && argv[i + 1][0] == '/')
			self->storage = argv[i + 1];
		else if (strcmp(argv[i], "--runtime") != 0 ||
			 wh_runtime_kind_from_name(argv[i + 1], &self->judged.kind) < 0)
			return wh_fail(
				err, EINVAL, "there is no option \"%s %s\"", argv[i], argv[i + 1]);
	}
	if (argc % 2 == 0)
		return wh_fail(err, EINVAL,
			"its options are --policy FILE, --runtime NAME and --storage FOLDER, and "
			"config.json goes in by standard input");
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

#define ID_LENGTH 64
#define STORAGE "/var/lib/containers/storage"

/*
 * Podman ends the path of the control group in its own id of the container: "PARENT/libpod-ID", or
 * "SLICE:libpod:ID" for systemd. A caller chooses what stands in front of that, or that there is no
 * group at all; mounts, names, annotations and the root folder he may all choose. NULL for none.
 */
static const char *find_id(struct wh_slice group, struct wh_arena *arena)
{
	static const char *const marks[] = { "/libpod-", ":libpod:" };

	for (size_t i = 0; i < WH_COUNT(marks); i++) {
		size_t len = strlen(marks[i]);
		const char *id =
			group.len < len + ID_LENGTH ? NULL : group.data + group.len - ID_LENGTH;
		const char *text;

		if (id == NULL || memcmp(id - len, marks[i], len) != 0)
			continue;
		text = wh_arena_dup(arena, (struct wh_slice){ id, ID_LENGTH });
		if (text == NULL || strspn(text, "0123456789abcdef") == ID_LENGTH)
			return text;
	}
	return NULL;
}

/*
 * The bundle is not given to a precreate hook. It is STORAGE/DRIVER-containers/ID/userdata, beside
 * Podman's record, where the root file system is STORAGE/DRIVER/…. The storage is the usual one or
 * the one that the hook's arguments name: a caller may use another (--root), or any folder as the
 * root (--rootfs), and write a record there. Where one of these is not so, who the container is
 * stays unknown.
 */
static int find_bundle(struct precreate *self)
{
	struct wh_json *doc = self->judged.doc;
	struct wh_arena *arena = &self->judged.arena;
	wh_node top = wh_json_root(doc);
	struct wh_slice group = wh_json_string(
		doc, wh_json_get(doc, wh_json_get(doc, top, "linux"), "cgroupsPath"));
	struct wh_slice root =
		wh_json_string(doc, wh_json_get(doc, wh_json_get(doc, top, "root"), "path"));
	size_t storage = strlen(self->storage), driver = 0;
	const char *id = group.data == NULL ? NULL : find_id(group, arena);

	self->judged.bundle = "/";
	self->id = id == NULL ? "precreate" : id;
	if (id == NULL || root.len <= storage + 1 || root.data[storage] != '/' ||
		memcmp(root.data, self->storage, storage) != 0)
		return 0;
	root.data += storage + 1;
	root.len -= storage + 1;
	while (driver < root.len && root.data[driver] >= 'a' && root.data[driver] <= 'z')
		driver++;
	if (driver == 0 || driver == root.len || root.data[driver] != '/')
		return 0;
	self->judged.bundle = wh_arena_printf(
		arena, "%s/%.*s-containers/%s/userdata", self->storage, (int)driver, root.data, id);
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
		r = wh_judge_config(judged, self->bundle, &call, err);
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
	if (!only_watches(self))
		return print(self->judged.doc, err);
	return print(self->judged.watched != NULL ? self->judged.watched : original, err);
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
		.storage = STORAGE,
		.bundle = WH_NO_FD,
	};
	struct wh_err err = WH_ERR_INIT;

	if (run(&self, argc, argv, &err) == 0)
		return EXIT_SUCCESS;
	wh_hook_tell("whittle-precreate", err.text);
	return EXIT_FAILURE;
}
