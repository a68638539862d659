/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who started a container. whittle becomes the runtime and leaves no process behind, and its own
 * notes may be missing; so the engine is asked, by what it wrote or typed when it made the
 * container and uses for every exec in it:
 *
 *   containerd's shim (Docker, CRI, ctr)  the file "runtime" of the bundle
 *   conmon (Podman, CRI-O)                its command line
 *   nobody but the runtime itself         its command line shows when it was not whittle
 *
 * What is then called is whittle, or it is not. A name that became whittle only after the container
 * was started (a runc that is covered since) started it as something else. Where all this tells
 * nothing, a record of whittle's does; and where there is none, it is not known.
 */

#include "status.h"

#include <errno.h>
#include <string.h>

#include "base/fd.h"
#include "host/file.h"

#define SHIM_BUNDLES "/io.containerd.runtime.v2.task/"
#define NAME_MAX_SIZE 4096u /* bytes of a path that an engine notes */

/* Seconds by which a file's time and a process's may differ and still be one moment: the start of
 * the host is known to the second. */
#define CLOCK_SLACK 2

/* The container as it is looked at, with the process above its first one. */
struct origin {
	struct wh_status *status;
	struct wh_status_container *container;
	struct wh_process parent; /* pid 0 when there is none any more */
	const char *parent_name;  /* "" when that cannot be seen */
};

int wh_status_program_name(struct wh_status *status, int pid, const char **ret)
{
	static const char removed[] = " (deleted)";
	const char *path = NULL, *slash;
	size_t len;
	int r = wh_process_link(status->proc, pid, "exe", &status->arena, &path);

	*ret = NULL;
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	slash = strrchr(path, '/');
	path = slash == NULL ? path : slash + 1;
	len = strlen(path);
	/* A program that was upgraded since. */
	if (len > sizeof(removed) - 1 && strcmp(path + len - (sizeof(removed) - 1), removed) == 0)
		len -= sizeof(removed) - 1;
	*ret = wh_arena_dup(&status->arena, (struct wh_slice){ path, len });
	return *ret == NULL ? -ENOMEM : 0;
}

static int say(struct origin *origin, enum wh_status_through through, const char *why)
{
	origin->container->through = through;
	origin->container->why = why;
	return why == NULL ? -ENOMEM : 1;
}

/* What is called, seen by the one who calls it ("containerd"), settles it: 1, or -ENOMEM. */
static int judge_call(
	struct origin *origin, const char *caller, const char *called, const char *search)
{
	struct wh_arena *arena = &origin->status->arena;
	struct wh_status_container *container = origin->container;
	struct wh_status_program program;
	int r = wh_status_program(origin->status, called, search, NULL, &program);

	if (r < 0)
		return r;
	if (program.path == NULL)
		return say(origin, WH_THROUGH_UNKNOWN,
			wh_arena_printf(arena, "%s calls %s for it, which is not there any more",
				caller, called));
	if (!program.whittle)
		return say(origin, WH_THROUGH_OTHER,
			wh_arena_printf(arena, "%s calls %s for it", caller, program.path));
	if (!program.own_name && program.since > container->started + CLOCK_SLACK)
		return say(origin, WH_THROUGH_OTHER,
			wh_arena_printf(
				arena, "it was started before %s became whittle", program.path));
	container->policy = program.policy;
	if (program.policy != NULL)
		program.policy->used = true;
	return say(origin, WH_THROUGH_WHITTLE,
		wh_arena_printf(arena, "%s calls %s for it", caller, program.path));
}

/* ---- containerd -------------------------------------------------------------------------- */

/* The one line of a file that only root could have written; NULL when there is no such file. */
static int read_line(struct wh_status *status, const char *path, const char **ret)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int fd WH_FD = wh_open_trusted_file(path, NULL);

	*ret = NULL;
	if (fd == -ENOMEM)
		return fd;
	if (fd < 0 || wh_read_all(fd, NAME_MAX_SIZE, &text, NULL) < 0)
		return 0;
	*ret = wh_arena_dup(&status->arena,
		text.len == 0 ? WH_SLICE("")
			      : (struct wh_slice){ text.data, strcspn(text.data, "\n") });
	return *ret == NULL ? -ENOMEM : 0;
}

/* The PATH in which a shim looks for the runtime: its own; for one that is gone, containerd's. */
static int search_of_shim(struct origin *origin, const char **ret)
{
	const struct wh_status_engine *engine = wh_status_engine(origin->status, "containerd");
	int r;

	*ret = NULL;
	if (strncmp(origin->parent_name, "containerd-shim", 15) == 0) {
		r = wh_process_variable(origin->status->proc, origin->parent.pid, "PATH",
			&origin->status->arena, ret);
		if (r == -ENOMEM)
			return r;
	}
	if (*ret == NULL)
		*ret = engine == NULL ? WH_SERVICE_PATH : engine->search_shim;
	return 0;
}

static int by_containerd(struct origin *origin)
{
	struct wh_status_container *container = origin->container;
	const char *namespace =
		container->bundle == NULL ? NULL : strstr(container->bundle, SHIM_BUNDLES);
	const char *called = NULL, *search;
	char *path;
	int r;

	if (namespace == NULL)
		return 0;
	namespace += sizeof(SHIM_BUNDLES) - 1;
	container->engine = strncmp(namespace, "moby/", 5) == 0 ? "docker" : "containerd";
	path = wh_arena_printf(&origin->status->arena, "%s/runtime", container->bundle);
	if (path == NULL)
		return -ENOMEM;
	r = read_line(origin->status, path, &called);
	if (r == 0)
		r = search_of_shim(origin, &search);
	if (r < 0)
		return r;
	if (called == NULL)
		return say(origin, WH_THROUGH_UNKNOWN, "its shim noted no runtime in the bundle");
	return judge_call(origin, "containerd", called[0] == '\0' ? "runc" : called, search);
}

/* ---- conmon ------------------------------------------------------------------------------ */

static bool has_word(char *const words[], size_t count, const char *word)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(words[i], word) == 0)
			return true;
	}
	return false;
}

static int by_conmon(struct origin *origin)
{
	struct wh_status *status = origin->status;
	struct wh_origin_conmon told;
	const char *search = NULL;
	char **words;
	size_t count;
	int r;

	if (strcmp(origin->parent_name, "conmon") != 0)
		return 0;
	r = wh_process_words(status->proc, origin->parent.pid, &status->arena, &words, &count);
	if (r < 0 || count == 0)
		return r == -ENOMEM ? r : 0;
	told = wh_origin_read_conmon(words + 1, count - 1);
	if (told.id == NULL || told.runtime == NULL || strcmp(told.id, origin->container->id) != 0)
		return 0;
	/* CRI-O needs no command to be told of the end; Podman always asks for one. */
	origin->container->engine = has_word(words, count, "--exit-command") ? "podman" : "crio";
	r = wh_process_variable(status->proc, origin->parent.pid, "PATH", &status->arena, &search);
	if (r == -ENOMEM)
		return r;
	return judge_call(origin, "conmon", told.runtime, search);
}

/* ---- nobody but the runtime -------------------------------------------------------------- */

static int by_runtime(struct origin *origin)
{
	struct wh_status *status = origin->status;
	enum wh_runtime_kind kind;
	char **words;
	size_t count;
	int r;

	if (wh_runtime_kind_from_name(origin->parent_name, &kind) < 0)
		return 0;
	if (origin->container->bundle != NULL &&
		strstr(origin->container->bundle, "/buildkit/executor/") != NULL)
		origin->container->engine = "buildkit";
	r = wh_process_words(status->proc, origin->parent.pid, &status->arena, &words, &count);
	if (r == 0)
		r = wh_origin_is_canonical(kind, words, count, &status->arena);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	if (r > 0)
		return 0;
	return say(origin, WH_THROUGH_OTHER,
		wh_arena_printf(&status->arena,
			"its %s was started with words that whittle writes otherwise",
			origin->parent_name));
}

static int by_record(struct origin *origin)
{
	const struct wh_status_record *record;
	int r = wh_status_find_record(origin->status, origin->container, &record);

	if (r < 0 || record == NULL)
		return r;
	return say(origin, WH_THROUGH_WHITTLE, "whittle has a record of it");
}

/* ---- all of them ------------------------------------------------------------------------- */

static int find_parent(struct origin *origin)
{
	const char *name = NULL;
	int r = wh_process_read(
		origin->status->proc, origin->container->init.parent, &origin->parent);

	if (r < 0)
		return 0;
	r = wh_status_program_name(origin->status, origin->parent.pid, &name);
	if (name != NULL)
		origin->parent_name = name;
	return r;
}

int wh_status_find_origin(struct wh_status *status, struct wh_status_container *container)
{
	static int (*const ways[])(struct origin *) = {
		by_containerd,
		by_conmon,
		by_runtime,
		by_record,
	};
	struct origin origin = { .status = status, .container = container, .parent_name = "" };
	int r = find_parent(&origin);

	for (size_t i = 0; r == 0 && i < WH_COUNT(ways); i++)
		r = ways[i](&origin);
	if (r == 0)
		r = say(&origin, WH_THROUGH_UNKNOWN, "no engine stands over it");
	if (r < 0)
		return r;
	/* A user's own folder and processes say what the user wants. */
	if (container->through == WH_THROUGH_WHITTLE &&
		(container->owner != 0 || origin.parent.uid != 0))
		r = say(&origin, WH_THROUGH_UNKNOWN,
			wh_arena_printf(&status->arena, "only processes of user %u say so",
				container->owner != 0 ? container->owner : origin.parent.uid));
	return r < 0 ? r : 0;
}
