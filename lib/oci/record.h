/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the two files share that tell who a container is; for this room alone. */

#include "oci/identity.h"

/* Makes this the container's engine: what is not known so far, it leaves open. */
void wh_identity_set_engine(struct wh_identity *identity, enum wh_engine_id engine);

void wh_identity_know(struct wh_identity *identity, enum wh_fact fact, const char *text);
void wh_identity_miss(struct wh_identity *identity, enum wh_fact fact, const char *why);
int wh_identity_know_slice(struct wh_identity *identity, enum wh_fact fact, struct wh_slice text,
	struct wh_arena *arena) WH_MUST_CHECK;

/*
 * The image as it was typed, made a fact: normalised, or unknown where it is no reference or where
 * it is the beginning of the image's `id`. `flags` of enum wh_reference_flags. 0 or -ENOMEM.
 */
int wh_identity_know_image(struct wh_identity *identity, struct wh_slice typed, struct wh_slice id,
	unsigned flags, struct wh_arena *arena) WH_MUST_CHECK;
