/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Where recordings are kept: WH_RECORDINGS/NAME/NUMBER.json, with NAME as wh_store_encode() writes
 * it and a NUMBER that no other recording has. Folders and files are root's alone (0700, 0600);
 * what somebody else could have written is not read.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/macros.h"
#include "learn/learnt.h"

#define WH_RECORDINGS "/var/lib/whittle/learn"

/* A name as one component of a path: all but letters, digits and "-_:@+" becomes %XX, and a dot in
 * front too; NULL when it is empty, would be longer than 200 bytes, or memory ran out. */
const char *wh_store_encode(const char *name, struct wh_arena *arena) WH_MUST_CHECK;

/* Opens (makes) the folder of this name for a recorder. The descriptor or -errno. */
int wh_store_open(const char *name, struct wh_err *err) WH_MUST_CHECK;
/* The same of one that is there. -ENOENT, without a sentence, when there is none. */
int wh_store_look(const char *name, struct wh_err *err) WH_MUST_CHECK;

/* Puts the state of a recording, whole, into `file` ("NUMBER.json"). 0 or -errno. */
int wh_store_put(int folder, const char *file, const struct wh_learnt *learnt,
	struct wh_err *err) WH_MUST_CHECK;

/*
 * At the end of a recording: takes what other finished recordings of this name know into this one
 * (wh_learnt_join) and removes them, under a lock, so that there is one however often the container
 * starts. 0 or -errno; when it fails nothing is lost.
 */
int wh_store_finish(int folder, const char *file, const struct wh_learnt *learnt,
	struct wh_err *err) WH_MUST_CHECK;

/*
 * Everything known of this name: the union of all recordings, those that go on included. One whose
 * recorder is gone without an end is incomplete. *ret_running is how many go on. 0; -ENOENT when
 * there is none; -errno.
 */
int wh_store_read(const char *name, struct wh_arena *arena, struct wh_learnt *ret,
	size_t *ret_running, struct wh_err *err) WH_MUST_CHECK;

/* A recording that goes on. */
struct wh_store_running {
	int pid;        /* of its recorder, which… */
	uint64_t start; /* …was started at this clock tick */
	int64_t began;
	const char *id, *image, *transport; /* NULL: not known */
};

/* Those of this name, in the arena. 0, also when there is none; -errno. */
int wh_store_running(const char *name, struct wh_arena *arena, const struct wh_store_running **ret,
	size_t *ret_count, struct wh_err *err) WH_MUST_CHECK;

/* Asks a recorder to store what it has and to end. 0, also when it has ended; -errno. */
int wh_store_stop(const struct wh_store_running *running, struct wh_err *err) WH_MUST_CHECK;

/* The names that have recordings, in the order of the alphabet. 0 or -errno (none at all is 0). */
int wh_store_list(struct wh_arena *arena, const char ***ret, size_t *ret_count,
	struct wh_err *err) WH_MUST_CHECK;

/* Forgets all recordings of this name that have ended. 0; -ENOENT; -errno. */
int wh_store_forget(const char *name, struct wh_err *err) WH_MUST_CHECK;
