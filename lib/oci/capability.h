/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The capabilities of capabilities(7) as one table: number, name, what it allows, what somebody
 * who runs code in the container gains by it. Names are ours, not libcap's: libcap reads
 * "cap_sys_admin", "21" and "CAP_KILL,CAP_CHOWN" as capabilities, and a spec must mean the same to
 * every runtime. A unit test holds the table against libcap and the running kernel.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/macros.h"

/* A set of capabilities, bit n for capability n. */
typedef uint64_t wh_capset;

#define WH_CAP_COUNT 41u /* CAP_CHECKPOINT_RESTORE + 1, Linux 5.9; none newer as of 6.18 */
#define WH_CAPSET_ALL ((UINT64_C(1) << WH_CAP_COUNT) - 1)

static inline wh_capset wh_capset_of(unsigned capability)
{
	return UINT64_C(1) << capability;
}

struct wh_capability {
	const char *name;   /* "CAP_CHOWN" */
	const char *allows; /* what the kernel lets its holder do, a phrase */
	const char *risk;   /* what an attacker with code execution gains, a phrase */
};

/* capability < WH_CAP_COUNT */
const struct wh_capability *wh_capability_get(unsigned capability);

/* Exactly a name of the table, as OCI configs must spell it. False when it is none. */
bool wh_capability_from_oci(struct wh_slice name, unsigned *ret) WH_MUST_CHECK;

/* As people write it in a policy or an annotation: with or without CAP_, in any ASCII case. */
bool wh_capability_from_human(struct wh_slice name, unsigned *ret) WH_MUST_CHECK;
