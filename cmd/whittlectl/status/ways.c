/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ways around whittle: how somebody who may talk to an engine gets a container that does not pass
 * it. What only root can do is no way around: root has the host already. So `podman --runtime` and
 * `ctr --runc-binary` are noted, and count for nothing.
 */

#include "status.h"

#include <errno.h>
#include <glob.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define COVER "whittlectl configure docker --cover-runc"

static int add_way(struct wh_status *status, const char *engine, const char *kind,
	const char *remedy, const char *format, ...) WH_PRINTF(5, 6) WH_MUST_CHECK;
static int add_way(struct wh_status *status, const char *engine, const char *kind,
	const char *remedy, const char *format, ...)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_status_way **end = &status->ways;
	struct wh_status_way *way = wh_arena_alloc(&status->arena, sizeof(*way));
	char line[1024];
	va_list args;

	if (way == NULL || remedy == NULL)
		return -ENOMEM;
	va_start(args, format);
	(void)vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	*way = (struct wh_status_way){ .engine = engine, .kind = kind, .remedy = remedy };
	way->what = wh_arena_dup(&status->arena, wh_slice_of(line));
	if (way->what == NULL)
		return -ENOMEM;
	while (*end != NULL)
		end = &(*end)->next;
	*end = way;
	return 0;
}

/* Where a runtime was registered, as what to do about it. */
static const char *remove_it(struct wh_status *status, const struct wh_engine_runtime *runtime)
{
	if (runtime->place.file == NULL)
		return "register whittle under that name";
	return wh_arena_printf(&status->arena, "take it out of %s (line %u)", runtime->place.file,
		runtime->place.line);
}

/* ---- runc by its own name ---------------------------------------------------------------- */

/* What a bare "runc" is for those who look it up: 0 and *ret, or -ENOMEM. */
static int look_up_runc(struct wh_status *status, const char *search, struct wh_status_program *ret)
{
	int r = wh_status_program(status, "runc", search, NULL, ret);

	if (r == 0 && ret->policy != NULL)
		ret->policy->used = true;
	return r;
}

/* What starts containers with a bare runc, without asking the configuration. */
static int bare_runc(
	struct wh_status *status, const struct wh_status_engine *engine, const char *callers)
{
	struct wh_status_program runc;
	int r = look_up_runc(status, engine->search_shim, &runc);

	if (r < 0 || runc.path == NULL || runc.whittle)
		return r;
	return add_way(
		status, engine->engine->name, "runc", COVER, "%s run %s", callers, runc.path);
}

/* ---- Docker ------------------------------------------------------------------------------ */

static int buildkit(struct wh_status *status, const struct wh_status_engine *engine)
{
	struct wh_status_program runc;
	const char *called = NULL;
	int r = engine->pid == 0 ? 0
				 : wh_process_variable(status->proc, engine->pid,
					   "DOCKER_BUILDKIT_RUNC_COMMAND", &status->arena, &called);

	if (r == -ENOMEM)
		return r;
	if (called == NULL || called[0] == '\0')
		called = "runc";
	r = wh_status_program(status, called, engine->search, NULL, &runc);
	if (r < 0 || runc.path == NULL || runc.whittle)
		return r;
	return add_way(status, engine->engine->name, "buildkit", COVER,
		"docker build (BuildKit) runs %s, whatever the default runtime is", runc.path);
}

static bool is_default(
	const struct wh_status_engine *engine, const struct wh_engine_runtime *runtime)
{
	return strcmp(runtime->name, engine->default_runtime) == 0;
}

/* A runtime that somebody can name instead of the default. `call` has one %s for the name. */
static int named_runtime(struct wh_status *status, const struct wh_status_engine *engine,
	const struct wh_engine_runtime *runtime, const char *call)
{
	struct wh_status_program program;
	int r = wh_status_runtime(status, engine, runtime, &program);

	if (r < 0)
		return r;
	if (program.policy != NULL)
		program.policy->used = true;
	if (program.whittle || (program.called != NULL && program.path == NULL))
		return 0;
	if (program.called == NULL)
		return add_way(status, engine->engine->name, "runtime", remove_it(status, runtime),
			"%s %s uses the shim %s, which calls no whittle", call, runtime->name,
			runtime->type);
	return add_way(status, engine->engine->name, "runtime",
		strchr(program.called, '/') == NULL ? COVER : remove_it(status, runtime),
		"%s %s runs %s", call, runtime->name, program.path);
}

static int ways_of_docker(struct wh_status *status, const struct wh_status_engine *engine)
{
	int r = bare_runc(
		status, engine, "docker run --runtime runc and --runtime io.containerd.runc.v2");

	if (r == 0)
		r = buildkit(status, engine);
	for (size_t i = 0; r == 0 && i < engine->view.runtime_count; i++) {
		const struct wh_engine_runtime *runtime = &engine->view.runtimes[i];

		/* What is built in is runc, and told above. */
		if (runtime->place.file != NULL && !is_default(engine, runtime))
			r = named_runtime(status, engine, runtime, "docker run --runtime");
	}
	return r;
}

/* ---- the others -------------------------------------------------------------------------- */

static int ways_of_handlers(struct wh_status *status, const struct wh_status_engine *engine)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < engine->view.runtime_count; i++) {
		const struct wh_engine_runtime *runtime = &engine->view.runtimes[i];

		if (!is_default(engine, runtime))
			r = named_runtime(status, engine, runtime, "a pod of the runtime handler");
	}
	return r;
}

static int ways_of_containerd(struct wh_status *status, const struct wh_status_engine *engine)
{
	int r = bare_runc(status, engine, "ctr and nerdctl");

	if (r == 0)
		r = ways_of_handlers(status, engine);
	if (r == 0)
		r = wh_status_note(status, &status->notes,
			"containerd's own clients may name any program (ctr --runc-binary); "
			"whoever may "
			"talk to its socket is root");
	return r;
}

static int ways_of_podman(struct wh_status *status, const struct wh_status_engine *engine)
{
	(void)engine;
	return wh_status_note(status, &status->notes,
		"podman --runtime takes any program; whoever may do that as root is root, and a "
		"user's own containers are the user's");
}

/* Shims that call no runtime by a name that could be whittle: gVisor's, Kata's. */
static int other_shims(struct wh_status *status, const char *engine)
{
	glob_t found WH_CLEANUP(globfree) = { 0 };
	int r = glob("/{usr/local/bin,usr/local/sbin,usr/bin,usr/sbin}/containerd-shim-*-v[0-9]*",
		GLOB_BRACE, NULL, &found);

	if (r == GLOB_NOSPACE)
		return -ENOMEM;
	r = 0;
	for (size_t i = 0; r == 0 && i < found.gl_pathc; i++) {
		const char *path = found.gl_pathv[i];
		const char *name = strrchr(path, '/') + sizeof("/containerd-shim-") - 1;
		const char *version = strrchr(name, '-');
		const char *remedy = wh_arena_printf(&status->arena,
			"remove %s, or let an authorization plugin refuse it", path);

		if (strncmp(name, "runc-", 5) == 0)
			continue;
		r = add_way(status, engine, "shim", remedy,
			"the runtime io.containerd.%.*s.%s uses the shim %s, which calls no "
			"whittle",
			(int)(version - name), name, version + 1, path);
	}
	return r;
}

int wh_status_find_ways(struct wh_status *status)
{
	static const struct {
		const char *engine;
		int (*ways)(struct wh_status *, const struct wh_status_engine *);
	} table[] = {
		{ "containerd", ways_of_containerd },
		{ "crio", ways_of_handlers },
		{ "docker", ways_of_docker },
		{ "podman", ways_of_podman },
	};
	int r = 0;

	for (const struct wh_status_engine *engine = status->engines; r == 0 && engine != NULL;
		engine = engine->next) {
		for (size_t i = 0; r == 0 && i < WH_COUNT(table); i++) {
			if (engine->error == NULL &&
				strcmp(table[i].engine, engine->engine->name) == 0)
				r = table[i].ways(status, engine);
		}
	}
	if (r == 0 && (wh_status_engine(status, "docker") != NULL ||
			      wh_status_engine(status, "containerd") != NULL))
		r = other_shims(status,
			wh_status_engine(status, "docker") != NULL ? "docker" : "containerd");
	return r;
}
