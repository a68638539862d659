/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What is told on standard error while a container is learnt: on a terminal one line that changes,
 * else a line for each capability when it is first seen. The container may write to the same
 * terminal; it begins where our line does, so that it writes over it. While it has the terminal for
 * itself (docker run -it) nothing is told.
 */

#include <stdbool.h>
#include <stdint.h>

#include "learn/learnt.h"

struct wh_learn_progress {
	bool quiet, terminal;
	int64_t began; /* wh_learn_now() */
	int64_t shown; /* the second that was shown last */
	size_t width;  /* of the line that stands there; 0: none does */
	wh_capset seen;
};

/* `quiet` tells nothing. */
struct wh_learn_progress wh_learn_progress_begin(bool quiet);

/* Tells how it stands; `learnt` is NULL while nothing is known. */
void wh_learn_progress_tell(struct wh_learn_progress *progress, const struct wh_learnt *learnt);

/* Takes the line away. */
void wh_learn_progress_clear(struct wh_learn_progress *progress);

/* A sentence of its own, whether quiet or not. */
void wh_learn_progress_say(struct wh_learn_progress *progress, const char *sentence);

/* "CHOWN SETUID": adds the names without CAP_, divided by blanks. */
void wh_learn_add_names(struct wh_buf *to, wh_capset set);
