/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What policy.c, which makes rules, and widen.c, which looks whether they allow more, share. */

#include "base/arena.h"
#include "base/err.h"
#include "whittlectl/configure/configure.h"
#include "learn.h"

/* A profile that is to be written. */
struct wh_learn_profile {
	const char *path;
	struct wh_buf text;
};

struct wh_learn_work {
	const struct wh_learn_call *call;
	struct wh_arena arena;
	struct wh_err err;
	const char *file;
	struct wh_target target;
	struct wh_buf text;  /* as it is to be */
	struct wh_buf notes; /* for people, a line each */
	struct wh_buf diff;
	struct wh_learn_profile *profiles;
	size_t profile_count;
	bool widens;
};

/* The policy as it is there; an empty one where there is none. */
struct wh_slice wh_learn_text_before(const struct wh_learn_work *work);

int wh_learn_no_memory(struct wh_learn_work *work);

/*
 * Reads the text as whittle will, and finds what the rules and profiles that were there would allow
 * anew: a note for each, and work->widens. 0 or -errno with a sentence.
 */
int wh_learn_compare(struct wh_learn_work *work) WH_MUST_CHECK;
