/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Who a container is: what lib/oci knows of places and shapes, joined with the files of the host.
 */

#include "base/arena.h"
#include "base/macros.h"
#include "oci/identity.h"
#include "policy/policy.h"

/*
 * Finds out who the container is, as far as the policy wants to know; all that there is when
 * `policy` is NULL. An engine's record that cannot be read is no failure: what it would have told
 * is unknown then, with the reason. Texts are the call's or live in the arena. 0; -ENOMEM.
 */
int wh_find_identity(struct wh_identity *ret, const struct wh_call *call,
	const struct wh_policy *policy, struct wh_arena *arena) WH_MUST_CHECK;
