/* SPDX-License-Identifier: Apache-2.0 */
/* What is meant by a word: standard input, a path, a container, an image; the first that it is. */

#include "explain.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "common/read.h"
#include "host/file.h"
#include "oci/schema.h"
#include "whittlectl/status/status.h"

#define SHORTEST_ID 4u /* characters of the beginning of an id that will do */

/* ---- documents ------------------------------------------------------------------------------ */

/* Behind a refusal: 1, for whittle would refuse as well, or -errno for what stopped only us. */
static int refuse(const struct wh_explain *explain, struct wh_err *err)
{
	const struct wh_err *refusal = &explain->refusal;

	if (refusal->number == EACCES && geteuid() != 0)
		return wh_fail(err, EACCES, "%s; run it as root", refusal->text);
	if (refusal->number == EACCES || refusal->number == EBADF || refusal->number == EIO ||
		refusal->number == EISDIR || refusal->number == ENOMEM)
		return wh_fail(err, refusal->number, "%s", refusal->text);
	return 1;
}

static int open_bundle(struct wh_explain *explain, const char *path, struct wh_err *err)
{
	struct wh_judgement *judged = &explain->judged;
	struct wh_buf real WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int fd WH_FD = wh_open_trusted_folder(path, &real, &explain->refusal);

	if (fd < 0) {
		wh_err_prefix(&explain->refusal, "the bundle");
		return refuse(explain, err);
	}
	judged->bundle = wh_arena_dup(&judged->arena, (struct wh_slice){ real.data, real.len });
	if (judged->bundle == NULL)
		return wh_fail_errno(err, ENOMEM, "reading %s", path);
	explain->bundle = wh_steal_fd(fd);
	if (wh_read_config(&judged->doc, NULL, explain->bundle, judged->bundle, &explain->refusal) <
		0)
		return refuse(explain, err);
	return 0;
}

/* A name for the container that nobody has given a name yet: that of its folder, as people do. */
static const char *id_of(const char *bundle)
{
	const char *slash = strrchr(bundle, '/');

	return slash == NULL || slash[1] == '\0' ? "container" : slash + 1;
}

static void call_for(struct wh_explain *explain)
{
	explain->call = (struct wh_call){ .command = "create",
		.id = id_of(explain->judged.bundle),
		.bundle = explain->judged.bundle };
}

static int take_bundle(struct wh_explain *explain, struct wh_err *err)
{
	int r = open_bundle(explain, explain->target, err);

	explain->target_kind = WH_TARGET_BUNDLE;
	if (r == 0)
		call_for(explain);
	return r;
}

/* A document of its own: what is relative in it begins in its folder. */
static int take_document(struct wh_explain *explain, int fd, const char *folder, struct wh_err *err)
{
	struct wh_judgement *judged = &explain->judged;
	const char *name = strcmp(explain->target, "-") == 0 ? "standard input" : explain->target;
	char real[PATH_MAX];
	int r;

	explain->target_kind = WH_TARGET_CONFIG;
	if (realpath(folder, real) == NULL)
		return wh_fail_errno(err, errno, "%s", folder);
	judged->bundle = wh_arena_dup(&judged->arena, wh_slice_of(real));
	explain->bundle = open(real, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (explain->bundle < 0)
		return wh_fail_errno(err, errno, "%s", folder);
	if (judged->bundle == NULL)
		return wh_fail_errno(err, ENOMEM, "reading %s", explain->target);
	call_for(explain);
	r = wh_read_json(&judged->doc, fd, name, &explain->refusal);
	if (r < 0)
		return refuse(explain, err);
	r = wh_schema_check(
		judged->doc, wh_json_root(judged->doc), &wh_schema_config, &explain->refusal);
	if (r < 0)
		wh_err_prefix(&explain->refusal, "%s", name);
	return r < 0 ? refuse(explain, err) : 0;
}

static int take_input(struct wh_explain *explain, struct wh_err *err)
{
	int fd WH_FD = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);

	if (fd < 0)
		return wh_fail_errno(err, errno, "standard input");
	return take_document(explain, fd, ".", err);
}

static int take_file(struct wh_explain *explain, struct wh_err *err)
{
	const char *slash = strrchr(explain->target, '/');
	const char *folder = slash == NULL ? "."
			     : slash == explain->target
				     ? "/"
				     : wh_arena_dup(&explain->judged.arena,
					       (struct wh_slice){ explain->target,
						       (size_t)(slash - explain->target) });
	int fd WH_FD = open(explain->target, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (folder == NULL)
		return wh_fail_errno(err, ENOMEM, "reading %s", explain->target);
	if (fd < 0 || fstat(fd, &st) < 0)
		return wh_fail_errno(err, errno, "%s", explain->target);
	if (!S_ISREG(st.st_mode))
		return wh_fail(err, EINVAL,
			"%s is no regular file, and could make this wait for ever; give what comes "
			"from it on standard input, as \"-\"",
			explain->target);
	return take_document(explain, fd, folder, err);
}

/* ---- containers ----------------------------------------------------------------------------- */

/* 2 by its whole id, 1 by its name or the beginning of its id, 0 when not. */
static int is_called(const struct wh_status_container *container, const char *name)
{
	size_t len = strlen(name);
	const char *own = container->who == NULL
				  ? NULL
				  : container->who->subject.facts[WH_FACT_CONTAINER].text;

	if (strcmp(container->id, name) == 0)
		return 2;
	return (own != NULL && strcmp(own, name) == 0) ||
	       (len >= SHORTEST_ID && strncmp(container->id, name, len) == 0);
}

static int find_container(const struct wh_status *status, const char *name,
	const struct wh_status_container **ret, struct wh_err *err)
{
	const struct wh_status_container *other = NULL;
	int best = 0;

	*ret = NULL;
	for (const struct wh_status_container *c = status->containers; c != NULL; c = c->next) {
		int how = is_called(c, name);

		if (how == 0 || how < best)
			continue;
		other = how > best ? NULL : c;
		if (how > best)
			*ret = c;
		best = how;
	}
	if (other != NULL)
		return wh_fail(err, EINVAL,
			"\"%s\" is the id, its beginning or the name of several containers: %s "
			"(%s) and %s (%s)",
			name, (*ret)->id, (*ret)->state, other->id, other->state);
	return *ret == NULL ? -ENOENT : 0;
}

/* What lives in the status goes with it. */
static int keep(struct wh_explain *explain, const struct wh_status_container *container)
{
	struct wh_arena *arena = &explain->judged.arena;
	const char *slash = strrchr(container->state, '/');
	char *id = wh_arena_dup(arena, wh_slice_of(container->id));
	char *root = wh_arena_dup(
		arena, (struct wh_slice){ container->state, (size_t)(slash - container->state) });

	if (id == NULL || root == NULL)
		return -ENOMEM;
	explain->call = (struct wh_call){
		.command = "create",
		.id = id,
		.bundle = explain->judged.bundle,
		.root = root,
		.root_given = container->engine == NULL || strcmp(container->engine, "podman") != 0,
	};
	return container->through != WH_THROUGH_WHITTLE
		       ? 0
		       : wh_explain_note(explain,
				 "it was started through whittle: its config.json holds what was "
				 "left then; what was taken is in whittle's record (whittlectl log "
				 "--container %s)",
				 id);
}

static int take_container(struct wh_explain *explain, bool policy_given, struct wh_err *err)
{
	struct wh_status status WH_CLEANUP(wh_status_done) = WH_STATUS_INIT;
	const struct wh_status_container *container = NULL;
	int r;

	status.details = true;
	r = wh_status_gather(&status, err);
	if (r == 0)
		r = find_container(&status, explain->target, &container, err);
	if (r < 0)
		return r;
	if (container->bundle == NULL)
		return wh_fail(
			err, EINVAL, "the state of container %s names no bundle", container->id);
	explain->target_kind = WH_TARGET_CONTAINER;
	explain->judged.kind = container->kind;
	if (!policy_given && container->policy != NULL)
		explain->policy_file =
			wh_arena_dup(&explain->judged.arena, wh_slice_of(container->policy->file));
	r = open_bundle(explain, container->bundle, err);
	if (r == 0)
		r = keep(explain, container);
	if (r == -ENOMEM || explain->policy_file == NULL)
		return wh_fail_errno(err, ENOMEM, "reading %s", explain->target);
	return r;
}

/* ---- which ---------------------------------------------------------------------------------- */

int wh_explain_find(struct wh_explain *explain, bool policy_given, struct wh_err *err)
{
	struct stat st;
	int r;

	if (strcmp(explain->target, "-") == 0)
		return take_input(explain, err);
	if (stat(explain->target, &st) == 0)
		return S_ISDIR(st.st_mode) ? take_bundle(explain, err) : take_file(explain, err);
	if (explain->target[0] == '/' || explain->target[0] == '.')
		return wh_fail_errno(err, errno, "%s", explain->target);
	r = take_container(explain, policy_given, err);
	if (r != -ENOENT || err->number != 0)
		return r;
	r = wh_explain_image(explain, err);
	if (r != -ENOENT || err->number != 0)
		return r;
	return wh_fail(err, ENOENT,
		"\"%s\" is no bundle, no config.json, no running container and no image of "
		"Docker's or Podman's on this host%s",
		explain->target,
		geteuid() == 0 ? "" : ", as far as this user can see: run it as root");
}
