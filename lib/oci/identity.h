/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Who made this container, and what that engine knows of it.
 *
 * The engine is told by where it put the bundle and the runtime's state, which no caller of it can
 * choose; never by an annotation, which many can. Only then its own words are read: annotations
 * that containerd's CRI plugin sets itself, or the record that Docker, Podman or CRI-O keep of the
 * container. So a container of one engine can never borrow the facts of another.
 *
 *   Docker       …/io.containerd.runtime.v2.task/moby/ID DATA-ROOT/containers/ID/config.v2.json,
 *                                                        and hostconfig.json beside it
 *   containerd   …/io.containerd.runtime.v2.task/NAMESPACE/ID
 *   CRI plugin   …/io.containerd.runtime.v2.task/k8s.io/ID    io.kubernetes.cri.* annotations
 *   Podman       …/DRIVER-containers/ID/userdata              containers.json of containers/storage
 *   CRI-O        the same                                     the same, of another shape
 *   BuildKit     …/buildkit/executor/ID, …/buildkit/WORKER/executor/ID
 *
 * This module knows places and shapes; reading the files is the caller's. What cannot be found out
 * is unknown, with the reason; it is never guessed.
 */

#include "base/arena.h"
#include "base/err.h"
#include "base/macros.h"
#include "json/json.h"
#include "oci/annotation.h"
#include "oci/subject.h"

/* What is known before any record is read. */
struct wh_call {
	const char *command; /* "create"… */
	const char *id;
	const char *bundle; /* absolute, links resolved */
	const char *root;   /* where the runtime keeps its state; NULL when unknown */
	bool root_given;    /* the caller named it: Podman does not, CRI-O does */
	const char *rootfs; /* as config.json or the runtime's state has it; NULL when unknown */
	const struct wh_annotation_list *annotations;
};

enum wh_record {
	WH_RECORD_NONE,
	WH_RECORD_DOCKER,  /* config.v2.json */
	WH_RECORD_STORAGE, /* containers.json and volatile-containers.json */
};

#define WH_RECORD_FILES 4

struct wh_identity {
	struct wh_subject subject; /* text lives in the arena, or is the call's */
	enum wh_engine_id engine;  /* WH_ENGINES: none, or not known before the record is read */
	/* Which record would say more, and the files it may be in: the first that knows the
	 * container counts. None is there when the place cannot be found out (the facts say why).
	 */
	enum wh_record record;
	const char *id; /* the container's */
	const char *files[WH_RECORD_FILES];
	size_t file_count;
	size_t own_file_count; /* so many of them stand beside the bundle, where an engine put them
				*/
	/* Docker: the file beside its record that has what was asked for (hostconfig.json); NULL
	 * for others. */
	const char *settings;
	bool has_privileged; /* it was read, and… */
	bool privileged;     /* …--privileged was asked for */
};

/*
 * What the places and annotations say. Everything that could only come from a record is unknown so
 * far. -ENOMEM.
 */
int wh_identify(
	struct wh_identity *ret, const struct wh_call *call, struct wh_arena *arena) WH_MUST_CHECK;

/* Whether reading the record could tell this fact. */
bool wh_identity_in_record(const struct wh_identity *identity, enum wh_fact fact);

/*
 * Takes the facts out of a record, the file of this number. 0 when the container is in it (also
 * when what is said there of it is of no use, which the facts then say); -ENOENT when it is not, so
 * that the next file is to be asked; -ENOMEM. The document is borrowed for the call.
 */
int wh_identity_take_record(struct wh_identity *identity, struct wh_json *record, size_t file,
	struct wh_arena *arena) WH_MUST_CHECK;

/* Takes from the settings whether --privileged was asked for. What is no such file says nothing.
 * The document is borrowed for the call. */
void wh_identity_take_settings(struct wh_identity *identity, const struct wh_json *settings);

/* Says why the facts of the record stay unknown; `why` is borrowed. */
void wh_identity_give_up(struct wh_identity *identity, const char *why);
