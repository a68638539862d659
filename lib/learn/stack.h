/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a check for a capability meant, by the functions of the kernel that led to it. The rules are
 * one table; what no rule speaks of counts as used, so that an unknown kernel makes the result
 * larger, never smaller.
 */

#include "base/buf.h"
#include "base/macros.h"
#include "learn/symbols.h"
#include "oci/capability.h"

enum wh_use {
	WH_USE_NEEDED,      /* "used": the call would have failed or done less without */
	WH_USE_SPECULATIVE, /* the kernel asks before it knows, or programs bear a no */
	WH_USE_FOREIGN,     /* answered by somebody else's credentials, or for accounting */
	WH_USES,
};

/* "used", "speculative", "foreign": as results spell it. */
const char *wh_use_name(enum wh_use use);

struct wh_stack_meaning {
	enum wh_use use;
	const char *why; /* of all but used: a phrase; NULL for used */
	const char
		*syscall; /* "bind"; NULL when it did not come from one (a fault, a work queue) */
	const char
		*function; /* the kernel function that wanted to know, "inet_bind"; NULL: unknown */
	int rule;          /* which of the table decided; negative: none */
};

/* How many rules there are: for a test that wants to see each at work. */
size_t wh_stack_rules(void);

/*
 * `stack` has `depth` addresses, innermost first; everything up to cap_capable, which comes early,
 * is the tracer's own. Texts belong to `symbols` or are constant.
 */
void wh_stack_judge(const struct wh_symbols *symbols, unsigned capability, const uint64_t *stack,
	unsigned depth, struct wh_stack_meaning *ret);
