/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What `whittlectl status` knows: gathered once, then printed as text or as JSON. Everything lives
 * in one arena; lists are chained in the order in which they were found.
 *
 * Nothing here trusts a name: ids, paths and sentences may hold any bytes until they are printed.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "engine/engine.h"
#include "engine/origin.h"
#include "host/cover.h"
#include "host/process.h"
#include "oci/argv.h"
#include "oci/identity.h"
#include "oci/state.h"
#include "whittlectl/policy-file.h"
#include "policy/policy.h"
#include "whittlectl/screen.h"

/* A policy that something on this host loads, judged. */
struct wh_status_policy {
	struct wh_status_policy *next;
	const char *file;
	struct wh_policy *policy; /* NULL when it is not valid… */
	const char *error;        /* …for this reason */
	const char *runtime;      /* the program behind; NULL, and the reason: */
	const char *runtime_error;
	enum wh_runtime_kind kind; /* what the policy says it is */
	struct wh_runtime_answer answer;
	bool used; /* an engine, or somebody's container, loads it */
};

/* A program that somebody calls as the runtime. */
struct wh_status_program {
	const char *called; /* as it is written down: "runc", "/usr/local/bin/whittle-strict" */
	const char *path;   /* what that leads to; NULL when there is nothing */
	bool whittle;
	struct wh_status_policy *policy; /* what it loads, when it is whittle */
	int64_t since; /* when the name was last changed, seconds since the epoch */
	bool own_name; /* it is called whittle, so it never was anything else */
};

struct wh_status_engine {
	struct wh_status_engine *next;
	const struct wh_engine *engine;
	const char *program;     /* its path; NULL when only a running one was seen */
	const char *version;     /* NULL when it did not say */
	int pid;                 /* of the running daemon, 0 for none */
	const char *search;      /* the PATH in which it looks up bare names */
	const char *search_shim; /* the PATH in which its shims do */
	char *const *words;      /* the running daemon's, behind its name */
	size_t word_count;
	struct wh_engine_view view;
	const char *error; /* why its configuration could not be read: view holds nothing */
	const char *default_runtime; /* its name: the running daemon's where that tells it */
	const char
		*stale; /* why what runs may be another than what is written; NULL when it is not */
	struct wh_status_program
		runs; /* what that calls; `called` is NULL where nothing is known */
};

/* A way to start a container that does not pass whittle. */
struct wh_status_way {
	struct wh_status_way *next;
	const char *engine;
	const char *kind; /* "runc", "buildkit", "runtime", "shim" */
	const char *what; /* a sentence */
	const char *remedy;
};

enum wh_status_through {
	WH_THROUGH_WHITTLE,
	WH_THROUGH_OTHER,
	WH_THROUGH_UNKNOWN,
};

struct wh_status_container {
	struct wh_status_container *next;
	const char *id;
	const char *engine; /* "docker", "containerd", "podman"…; NULL when nothing tells */
	enum wh_runtime_kind kind;
	const char *state; /* the folder (runsc: file) of its state */
	const char *bundle;
	unsigned owner; /* who keeps the state */
	struct wh_process init;
	int64_t started; /* seconds since the epoch */
	enum wh_status_through through;
	const char *why;                       /* what that was told by, a phrase */
	const struct wh_status_policy *policy; /* what it is held against; NULL for none */
	const char *rule;
	bool judged;      /* the kernel's facts were held against the policy… */
	wh_capset beyond; /* …and these capabilities are more than it allows, … */
	bool regains;     /* … or noNewPrivileges is missing… */
	int beyond_pid;   /* … in this process; 0 when all are within */
	bool watched;     /* its rule has "mode": "audit", where "default" enforces */
	/* Only where wh_status.details asks for it. */
	const struct wh_identity *who;  /* all that is known of it; NULL: not even its state */
	const struct wh_limits *limits; /* what it is held against; NULL where it is not judged */
	const int *members;             /* its processes, the first of them first */
	size_t member_count;
};

/* whittle's own word that it started a container, from the file that a policy's "log" names. */
struct wh_status_record {
	struct wh_status_record *next;
	const char *id;
	const char *bundle;
	int64_t time;
	wh_capset removed; /* the capabilities that were taken, as far as they are told */
};

/* A sentence. */
struct wh_status_note {
	struct wh_status_note *next;
	const char *text;
};

struct wh_status_list {
	struct wh_status_note *first;
	struct wh_status_note **end;
};

struct wh_status {
	struct wh_arena arena;
	bool details;      /* set by the caller: who each container is, and its processes */
	int proc;          /* an open /proc */
	uint64_t own_pids; /* the PID namespace that whittlectl is in */
	int *pids;
	uint64_t *spaces; /* the PID namespace of each, 0 where that cannot be seen */
	size_t pid_count;
	int64_t booted; /* seconds since the epoch */
	struct wh_whittles whittles;
	struct wh_status_policy *policies;
	struct wh_status_engine *engines;
	struct wh_status_way *ways;
	struct wh_status_container *containers;
	struct wh_status_record *records;
	bool records_read;
	struct wh_status_list notes;    /* worth knowing, and no fault */
	struct wh_status_list findings; /* what is not enforced */
	struct wh_status_list unseen;   /* what could not be looked at */
};

#define WH_STATUS_INIT \
	{ \
		.arena = WH_ARENA_INIT, .proc = -1 \
	}

/* ---- status.c

 * Looks at the host: fills all but `ways` and `findings`. -errno when there is no answer at all. */
int wh_status_gather(struct wh_status *status, struct wh_err *err) WH_MUST_CHECK;
void wh_status_done(struct wh_status *status);

/*
 * All of these return 0 or -ENOMEM (or another failure that leaves no answer). What they cannot see
 * goes into `unseen`, what is wrong into `findings`.
 */

/* ---- status.c */

/* Adds a sentence to a list. */
int wh_status_note(struct wh_status *status, struct wh_status_list *list, const char *format, ...)
	WH_PRINTF(3, 4) WH_MUST_CHECK;

/* A time in clock ticks since the host's start, as seconds since the epoch. */
int64_t wh_status_time(const struct wh_status *status, uint64_t ticks);

/* ---- status-programs.c: what is behind a name */

/* The policy of this file, judged, once however often it is asked for. NULL when memory ran out. */
struct wh_status_policy *wh_status_policy(struct wh_status *status, const char *file) WH_MUST_CHECK;

/*
 * What is called when somebody calls this: a path, or a bare name that is looked up in `search`
 * (the text of a PATH). Sees through the scripts that Docker writes. `arguments` are words it is
 * always given (may be NULL).
 */
int wh_status_program(struct wh_status *status, const char *called, const char *search,
	const struct wh_origin_call *arguments, struct wh_status_program *ret) WH_MUST_CHECK;

/* ---- status-engines.c, status-ways.c, status-containers.c */

/*
 * What one of the engine's runtimes calls: the first of its programs that is there; the engine's
 * own runc where the configuration names none. `called` is NULL for a runtime whose shim calls
 * none.
 */
int wh_status_runtime(struct wh_status *status, const struct wh_status_engine *engine,
	const struct wh_engine_runtime *runtime, struct wh_status_program *ret) WH_MUST_CHECK;

int wh_status_find_engines(struct wh_status *status) WH_MUST_CHECK;
int wh_status_find_ways(struct wh_status *status) WH_MUST_CHECK;
int wh_status_find_containers(struct wh_status *status) WH_MUST_CHECK;

/* The engine of this name that was found; NULL. */
struct wh_status_engine *wh_status_engine(const struct wh_status *status, const char *name);

/* The name of the program that a process runs, without its folder; NULL when that cannot be seen.
 */
int wh_status_program_name(struct wh_status *status, int pid, const char **ret) WH_MUST_CHECK;

/* ---- status-origin.c: who started a container */

int wh_status_find_origin(
	struct wh_status *status, struct wh_status_container *container) WH_MUST_CHECK;

/* ---- status-records.c: whether whittle has a record of that */

/* *ret is the newest record of its start, NULL for none. */
int wh_status_find_record(struct wh_status *status, const struct wh_status_container *container,
	const struct wh_status_record **ret) WH_MUST_CHECK;

/* ---- status-judge.c: what its processes hold, against the policy */

/* `state` is NULL when its runtime's state could not be read to the end. */
int wh_status_judge(struct wh_status *status, struct wh_status_container *container,
	const struct wh_state *state, bool created) WH_MUST_CHECK;

/* ---- status-verdict.c */

/* Fills `findings` from all the rest. */
int wh_status_conclude(struct wh_status *status) WH_MUST_CHECK;

enum wh_status_verdict {
	WH_STATUS_ENFORCED,
	WH_STATUS_FINDINGS,
	WH_STATUS_UNSEEN,
};
enum wh_status_verdict wh_status_verdict(const struct wh_status *status);

struct wh_status_counts {
	size_t running, through, other, unknown, beyond, watched;
};
struct wh_status_counts wh_status_count(const struct wh_status *status);

/* ---- status-text.c, status-json.c. Memory that ran out shows in the buffer. */

void wh_status_write_text(const struct wh_status *status, struct wh_screen *screen);
void wh_status_write_json(const struct wh_status *status, struct wh_buf *ret);
