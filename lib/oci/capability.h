/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The capabilities of capabilities(7) as one table: number, name, what it allows, what somebody
 * who runs code in the container gains by it, who needs it, and what to do instead. Names are
 * ours, not libcap's: libcap reads "cap_sys_admin", "21" and "CAP_KILL,CAP_CHOWN" as capabilities,
 * and a spec must mean the same to every runtime. A unit test holds the table against libcap and
 * the running kernel. A second table has the sets that engines and standards give or allow.
 */

#include <stdbool.h>
#include <stddef.h>
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

/*
 * How far an attacker gets who runs code as root in an otherwise ordinary container: namespaces of
 * its own but no user namespace, an engine's device rules, /sys and /proc/sys read-only.
 */
enum wh_grade {
	WH_GRADE_LOW,    /* no further than the container and its volumes */
	WH_GRADE_MEDIUM, /* harms or watches others, or takes down a defence */
	WH_GRADE_HIGH,   /* others' secrets, or one bug away from the host */
	WH_GRADE_HOST,   /* owns the host, with no further bug */
};
#define WH_GRADES 4u

struct wh_grade_info {
	const char *name;    /* "low" */
	const char *meaning; /* a phrase */
};

const struct wh_grade_info *wh_grade_info(enum wh_grade grade);

/* All but name and source are phrases of at most 86 characters, which begin small and do not end
 * in a full stop. */
struct wh_capability {
	const char *name; /* "CAP_CHOWN" */
	enum wh_grade grade;
	const char *allows;  /* what the kernel lets its holder do */
	const char *risk;    /* what an attacker with code execution gains: why this grade */
	const char *needs;   /* what usually needs it */
	const char *instead; /* what to do instead of granting it */
	const char
		*source; /* where that is from: the man page, and the kernel's file that checks */
};

/* capability < WH_CAP_COUNT */
const struct wh_capability *wh_capability_get(unsigned capability);

/* Exactly a name of the table, as OCI configs must spell it. False when it is none. */
bool wh_capability_from_oci(struct wh_slice name, unsigned *ret) WH_MUST_CHECK;

/* As people write it in a policy or an annotation: with or without CAP_, in any ASCII case. */
bool wh_capability_from_human(struct wh_slice name, unsigned *ret) WH_MUST_CHECK;

/* A set that somebody gives by default, or allows. */
struct wh_capset_info {
	const char *name;  /* "docker" */
	const char *title; /* a phrase: "Docker's default" */
	wh_capset set;
	const char *source; /* where that is from */
};

/* The set at this place; NULL behind the last. */
const struct wh_capset_info *wh_capset_info_get(size_t index);
