/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The candidate that a word was probably meant to be, ignoring ASCII case. */

#include "base/buf.h"

struct wh_nearest {
	struct wh_slice word;
	const char *best; /* NULL: none is near */
	unsigned distance;
};

/* Begins with a word and no best; each candidate that is nearer than the one before becomes it.
 * More than one typing error in three letters is another word. */
void wh_nearest_try(struct wh_nearest *nearest, const char *candidate);
