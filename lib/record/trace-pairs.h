/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A probe tells of a check when the kernel's function is entered and of its answer when it returns:
 * two events of the same thread. This keeps the first until the second. An interrupt may ask in
 * between, so it is the newest of a thread that is answered first. Pure.
 */

#include <stdint.h>

#include "base/macros.h"
#include "learn/event.h"

#define WH_PAIRS_MAX 4096u /* with more the oldest is given up: its answer was missed, long ago */

struct wh_pairs;

int wh_pairs_new(struct wh_pairs **ret) WH_MUST_CHECK; /* 0 or -ENOMEM */
void wh_pairs_free(struct wh_pairs *pairs);            /* NULL is fine */

/* A check, copied with its stack. 0 or -ENOMEM. */
int wh_pairs_check(struct wh_pairs *pairs, const struct wh_event *check) WH_MUST_CHECK;

/* The check of this thread that is answered now, and forgotten; it is good until the next call.
 * NULL when there is none. */
const struct wh_event *wh_pairs_answer(struct wh_pairs *pairs, int32_t tid);

/* The thread has ended. */
void wh_pairs_end(struct wh_pairs *pairs, int32_t tid);

/* Events were lost, so what is answered next may be the answer of something else. */
void wh_pairs_forget(struct wh_pairs *pairs);
