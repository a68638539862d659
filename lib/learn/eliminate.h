/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Which capabilities a container can do without, found by running it with fewer and fewer: what is
 * to be tried next, and what the outcomes prove. A try is dear, so they are counted, and each
 * leaves out what could be left out before; so whatever passes later confirms what passed earlier.
 *
 * What is doubted is left out together, and by halves where that fails; what was seen in use
 * singly.
 */

#include <stdbool.h>

#include "base/macros.h"
#include "oci/capability.h"

enum wh_proof {
	WH_PROOF_NEEDED,     /* it failed without */
	WH_PROOF_NOT_NEEDED, /* it passed without, twice */
	WH_PROOF_OPEN,       /* it was not tried, or passed once */
	WH_PROOFS,
};

/* "needed", "not needed", "not proven": as they are told. */
const char *wh_proof_name(enum wh_proof proof);

struct wh_elimination {
	wh_capset base;                     /* that it was to be enough */
	wh_capset kept;                     /* what has not been left out so far */
	wh_capset needed;                   /* it failed without */
	wh_capset once, twice;              /* it passed without, so often */
	wh_capset trying;                   /* what is left out anew by the try at hand */
	wh_capset groups[WH_CAP_COUNT + 1]; /* what is to be tried; the last first */
	size_t group_count;
	unsigned tries, most;
	bool begun, failed;      /* the base was tried; it was not enough */
	bool confirming, shaken; /* the try at hand is the last; it failed */
};

/* Begins with `base`; `doubted` and `used` in it are tried, with at most so many tries (1 or more).
 */
void wh_eliminate_begin(struct wh_elimination *ret, wh_capset base, wh_capset doubted,
	wh_capset used, unsigned most);

/* The set to run with next; false when there is nothing more to try. */
bool wh_eliminate_next(struct wh_elimination *elimination, wh_capset *ret);

/* What came of it. */
void wh_eliminate_tell(struct wh_elimination *elimination, bool passed);

/* What is proven of a capability of the base by now. */
enum wh_proof wh_eliminate_proof(const struct wh_elimination *elimination, unsigned capability);
