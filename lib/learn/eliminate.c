/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/eliminate.h"

const char *wh_proof_name(enum wh_proof proof)
{
	static const char *const names[WH_PROOFS] = {
		[WH_PROOF_NEEDED] = "needed",
		[WH_PROOF_NOT_NEEDED] = "not needed",
		[WH_PROOF_OPEN] = "not proven",
	};

	return names[proof];
}

static bool is_single(wh_capset set)
{
	return (set & (set - 1)) == 0;
}

static void push(struct wh_elimination *elimination, wh_capset group)
{
	if (group != 0)
		elimination->groups[elimination->group_count++] = group;
}

void wh_eliminate_begin(struct wh_elimination *ret, wh_capset base, wh_capset doubted,
	wh_capset used, unsigned most)
{
	*ret = (struct wh_elimination){ .base = base, .kept = base, .most = most };
	base &= WH_CAPSET_ALL;
	used &= base & ~doubted;
	for (unsigned i = WH_CAP_COUNT; i-- > 0;)
		push(ret, used & wh_capset_of(i));
	push(ret, doubted & base);
}

/* Whether something passed once that could be confirmed. */
static bool can_confirm(const struct wh_elimination *elimination)
{
	return (elimination->once & ~elimination->twice) != 0 && !elimination->shaken;
}

bool wh_eliminate_next(struct wh_elimination *elimination, wh_capset *ret)
{
	elimination->trying = 0;
	if (elimination->tries == elimination->most || elimination->failed)
		return false;
	if (elimination->begun && elimination->group_count == 0) {
		if (!can_confirm(elimination))
			return false;
		elimination->confirming = true;
	} else if (elimination->begun) {
		elimination->trying = elimination->groups[--elimination->group_count];
	}
	elimination->tries++;
	*ret = elimination->kept & ~elimination->trying;
	return true;
}

/* The half with the lower numbers of at least two. */
static wh_capset lower_half(wh_capset set)
{
	int count = __builtin_popcountll(set) / 2;
	wh_capset half = 0;

	for (; count > 0; count--) {
		wh_capset lowest = set & -set;

		half |= lowest;
		set &= ~lowest;
	}
	return half;
}

static void take_failure(struct wh_elimination *elimination)
{
	wh_capset group = elimination->trying, half;

	if (is_single(group)) {
		elimination->needed |= group;
		return;
	}
	half = lower_half(group);
	push(elimination, group & ~half);
	push(elimination, half);
}

void wh_eliminate_tell(struct wh_elimination *elimination, bool passed)
{
	if (!elimination->begun) {
		elimination->begun = true;
		elimination->failed = !passed;
	} else if (passed) {
		elimination->kept &= ~elimination->trying;
		elimination->twice |= elimination->once;
		elimination->once |= elimination->trying;
	} else if (elimination->confirming) {
		elimination->shaken = true;
	} else {
		take_failure(elimination);
	}
	elimination->trying = 0;
}

enum wh_proof wh_eliminate_proof(const struct wh_elimination *elimination, unsigned capability)
{
	wh_capset one = wh_capset_of(capability);

	if ((elimination->needed & one) != 0)
		return WH_PROOF_NEEDED;
	return (elimination->twice & one) != 0 ? WH_PROOF_NOT_NEEDED : WH_PROOF_OPEN;
}
