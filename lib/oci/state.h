/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a runtime wrote down about a container it made: the only trustworthy answer to "whose exec
 * is this?". The runtimes keep it in different places and shapes:
 *
 *   runc   ROOT/ID/state.json                      libcontainer's own config
 *   crun   ROOT/ID/status and ROOT/ID/config.json  status, and a copy of the bundle's config
 *   runsc  ROOT/ID_sandbox:SANDBOX.state           with the whole spec in it
 *
 * This module knows names and shapes; reading the files is the caller's.
 */

#include "base/arena.h"
#include "base/err.h"
#include "base/macros.h"
#include "json/json.h"
#include "oci/annotation.h"
#include "oci/argv.h"

struct wh_state {
	const char *bundle; /* as the runtime recorded it; in the arena */
	const char *rootfs; /* root file system, likewise; may be relative; NULL: not recorded */
	struct wh_annotation_list annotations;
	struct wh_json *config; /* the document that the nodes below are in; borrowed */
	/*
	 * The container's capability sets: an object keyed as in OCI. For runc its own keys
	 * ("Bounding"…) have been put into OCI's form. WH_NO_NODE when it recorded none.
	 */
	wh_node capabilities;
	/* crun, runsc: the container's process. WH_NO_NODE for runc, which has none in its state.
	 */
	wh_node process;
};

/*
 * The folder under a runtime's root that holds the container's state, and the files' names. For
 * runsc the file's name depends on the sandbox: `file` is then the prefix, to be completed by
 * ".state".
 */
struct wh_state_layout {
	const char *folder; /* "ID", or "" for the root itself */
	const char *file;   /* "state.json", "status", "ID_sandbox:" */
	const char *config; /* crun: "config.json"; NULL otherwise */
	bool prefix;        /* `file` is a prefix */
};

/* -ENOMEM. */
int wh_state_layout(enum wh_runtime_kind kind, const char *id, struct wh_arena *arena,
	struct wh_state_layout *ret) WH_MUST_CHECK;

/*
 * The runtime's default for --root, as the runtime itself would choose it. `xdg_runtime_dir` is the
 * environment's (NULL when unset), `privileged` says that this is the host's root. In the arena;
 * NULL when memory ran out. crun and runsc follow XDG_RUNTIME_DIR even for root, runc only for
 * others, the root of a user namespace among them.
 */
const char *wh_state_root(enum wh_runtime_kind kind, const char *xdg_runtime_dir, bool privileged,
	struct wh_arena *arena) WH_MUST_CHECK;

/*
 * Reads the facts out of the parsed documents: `state` is the file of the layout, `config` crun's
 * copy (NULL for the others). Both are borrowed and must outlive ret. -EINVAL when they are not of
 * the expected shape or speak of another container than `id`; -ENOMEM.
 */
int wh_state_read(struct wh_state *ret, enum wh_runtime_kind kind, const char *id,
	struct wh_json *state, struct wh_json *config, struct wh_arena *arena,
	struct wh_err *err) WH_MUST_CHECK;

/*
 * The container's first process, or runsc's sandbox, as the runtime noted it. Whether it is still
 * the same process is for the caller to find out: process ids come round again.
 */
struct wh_state_init {
	int pid;        /* above 0 */
	uint64_t start; /* clock ticks since the host's start (field 22 of /proc/PID/stat)… */
	bool has_start; /* …which runsc does not note */
	const char *sandbox; /* runsc: the sandbox's id, which ends its command line; else NULL */
};

/* -ENOENT when no process is noted (a container that has ended); -EINVAL when the document is not
 * of the expected shape; -ENOMEM. */
int wh_state_read_init(struct wh_state_init *ret, enum wh_runtime_kind kind, struct wh_json *state,
	struct wh_arena *arena, struct wh_err *err) WH_MUST_CHECK;
