/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine that runs is told to read its configuration again.
 *
 * dockerd reads "runtimes" and "default-runtime" again upon SIGHUP (moby, daemon/reload_unix.go),
 * but only what the file says then: a key that is gone keeps its effect, so taking out needs a
 * restart. containerd and CRI-O are restarted; containers outlive that. Podman has no daemon.
 */

#include "configure.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "host/call.h"
#include "host/cover.h"
#include "host/process.h"

#define RESTART_SECONDS 120

const struct wh_call_terms wh_configure_call = { .seconds = 10 };

/* Each as systemd has it, and for hosts without. */
static const struct {
	const char *engine;
	bool removed;
	const char *command;
	const char *by_hand;
} commands[] = {
	{ "docker", false, "systemctl reload docker", "kill -HUP $(pidof dockerd)" },
	{ "docker", true, "systemctl restart docker", "restart dockerd" },
	{ "containerd", false, "systemctl restart containerd", "restart containerd" },
	{ "containerd", true, "systemctl restart containerd", "restart containerd" },
	{ "crio", false, "systemctl restart crio", "restart crio" },
	{ "crio", true, "systemctl restart crio", "restart crio" },
};

static const char *reload_command(const struct wh_engine *engine, bool removed)
{
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	bool systemd = wh_find_program("systemctl", &arena) != NULL;

	for (size_t i = 0; i < WH_COUNT(commands); i++) {
		if (strcmp(commands[i].engine, engine->name) == 0 && commands[i].removed == removed)
			return systemd ? commands[i].command : commands[i].by_hand;
	}
	return NULL;
}

/* Whether systemctl knows the unit as active. */
static bool is_active(const char *systemctl, const char *unit)
{
	struct wh_buf out WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	const char *const words[] = { systemctl, "is-active", "--quiet", unit, NULL };

	return systemctl != NULL && wh_call(words, &wh_configure_call, &out, NULL) == 0;
}

/* 0; -ENOENT when the engine does not run, so there is nothing to do; -errno. */
static int reload(const struct wh_engine *engine, bool removed, int proc, struct wh_err *err)
{
	static const struct wh_call_terms starts = { .seconds = RESTART_SECONDS,
		.leaves_running = true };
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	struct wh_buf out WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	const char *systemctl = wh_find_program("systemctl", &arena);
	bool hangup = strcmp(engine->name, "docker") == 0 && !removed;
	size_t count = 0;
	int *pids = NULL;
	int r;

	if (engine->unit == NULL)
		return -ENOENT;
	if (is_active(systemctl, engine->unit)) {
		const char *const words[] = { systemctl, hangup ? "reload" : "restart",
			engine->unit, NULL };

		return wh_call(words, &starts, &out, err);
	}
	r = wh_process_find(proc, engine->program, &arena, &pids, &count);
	if (r < 0)
		return wh_fail_errno(err, -r, "cannot look for %s", engine->program);
	if (count == 0)
		return -ENOENT;
	if (hangup)
		return kill(pids[0], SIGHUP) == 0
			       ? 0
			       : wh_fail_errno(err, errno, "cannot signal %s", engine->program);
	return wh_fail(err, EOPNOTSUPP,
		"%s (process %d) was not started by systemd; restart it as it was started",
		engine->program, pids[0]);
}

int wh_finish(struct wh_configure *configure)
{
	const char *command = reload_command(configure->engine, configure->remove);
	int r;

	if (command == NULL) {
		wh_note(configure, "nothing has to be restarted: the next podman reads it");
		return 0;
	}
	if (!configure->restart) {
		wh_note(configure, "next: %s (or --restart)", command);
		return 0;
	}
	r = reload(configure->engine, configure->remove, configure->proc, &configure->err);
	if (r == -ENOENT) {
		wh_note(configure, "%s does not run; it will read it at its start",
			configure->engine->title);
		return 0;
	}
	if (r == 0)
		wh_note(configure, "done: %s", command);
	return r;
}
