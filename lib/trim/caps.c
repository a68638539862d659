/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The five capability sets, each cut down to what it asked for and the policy allows. The same
 * ceiling on all five: the bounding set alone gives a root process everything at execve(2), the
 * ambient set serves other users, and runsc grants what is effective without looking at the
 * bounding set.
 *
 * Only names that every runtime reads alike count (capability.h). When something was taken away the
 * sets are fitted into one another again (effective into permitted, inheritable into bounding,
 * ambient into permitted and inheritable), as the kernel demands of capset(2) and
 * PR_CAP_AMBIENT_RAISE: else a container would not start because of a misspelt name that is gone.
 */

#include "trim/kinds.h"

#include <errno.h>
#include <string.h>

#include "oci/capability.h"

enum set { BOUNDING, EFFECTIVE, INHERITABLE, PERMITTED, AMBIENT, SETS };

static const char *const set_names[SETS] = {
	[BOUNDING] = "bounding",
	[EFFECTIVE] = "effective",
	[INHERITABLE] = "inheritable",
	[PERMITTED] = "permitted",
	[AMBIENT] = "ambient",
};

static const char *const set_pointers[SETS] = {
	[BOUNDING] = "capabilities/bounding",
	[EFFECTIVE] = "capabilities/effective",
	[INHERITABLE] = "capabilities/inheritable",
	[PERMITTED] = "capabilities/permitted",
	[AMBIENT] = "capabilities/ambient",
};

static const char kind[] = "capabilities";

static const char *why_not(const struct wh_trim *trim, bool known, unsigned capability)
{
	if (!known)
		return "runtimes do not read this name alike, so it counts for nothing";
	if (capability > trim->facts->last_capability)
		return "the running kernel has no such capability";
	return "the policy does not allow it";
}

/* One of the five as it is being cut. */
struct cut {
	wh_node node;
	const char *pointer;
	wh_capset left;
	bool lost; /* a name was taken out */
};

static void take_out(struct wh_trim *trim, struct cut *set, wh_node name, const char *why)
{
	wh_trim_note(trim, &(struct wh_change){ kind, set->pointer, "removed",
				   wh_json_string(trim->doc, name), why });
	wh_json_remove(trim->doc, set->node, name);
	set->lost = true;
}

/* Keeps the names that are in `allowed`. */
static int cut_set(struct wh_trim *trim, struct cut *set, wh_capset allowed, struct wh_err *err)
{
	bool refuse = wh_trim_limit(trim, WH_KIND_CAPABILITIES)->otherwise == WH_REFUSE;
	wh_node next;

	for (wh_node name = wh_json_first(trim->doc, set->node); name != WH_NO_NODE; name = next) {
		unsigned capability = 0;
		bool known = wh_capability_from_oci(wh_json_string(trim->doc, name), &capability);

		next = wh_json_next(trim->doc, name);
		if (known)
			trim->asked |= wh_capset_of(capability);
		if (known && (allowed & wh_capset_of(capability)) != 0)
			set->left |= wh_capset_of(capability);
		else if (known && refuse && capability <= trim->facts->last_capability)
			return wh_trim_beyond(trim, WH_KIND_CAPABILITIES, name, err, "%s",
				wh_capability_get(capability)->name);
		else
			take_out(trim, set, name, why_not(trim, known, capability));
	}
	return 0;
}

/* Takes out what the kernel would refuse in this set, since the set above it has lost it. */
static void fit_set(struct wh_trim *trim, struct cut *set, wh_capset within)
{
	wh_node next;

	set->left &= within;
	for (wh_node name = wh_json_first(trim->doc, set->node); name != WH_NO_NODE; name = next) {
		unsigned capability = 0;
		bool known = wh_capability_from_oci(wh_json_string(trim->doc, name), &capability);

		next = wh_json_next(trim->doc, name);
		if (!known || (within & wh_capset_of(capability)) == 0)
			take_out(trim, set, name, "the set that it depends on does not have it");
	}
}

/* A sixth set would be a privilege that nobody has judged. */
static int check_sets(struct wh_trim *trim, wh_node sets, struct wh_err *err)
{
	wh_json_each_member (trim->doc, sets, key) {
		bool known = false;

		for (size_t i = 0; i < SETS; i++)
			known |= wh_json_string_is(trim->doc, key, set_names[i]);
		if (!known)
			return wh_json_fail(trim->doc, key, err, EINVAL,
				"not one of the five capability sets that this version of whittle "
				"can judge");
	}
	return 0;
}

/* The sets as an object with five arrays, whatever was left out. */
static wh_node make_explicit(struct wh_trim *trim, struct cut cuts[SETS])
{
	wh_node sets = wh_trim_member(trim, trim->process, kind, WH_JSON_OBJECT);

	for (size_t i = 0; i < SETS; i++) {
		wh_node set = wh_trim_member(trim, sets, set_names[i], WH_JSON_ARRAY);

		cuts[i] = (struct cut){ .node = set,
			.pointer = wh_trim_process_pointer(trim, set_pointers[i]) };
	}
	return sets;
}

int wh_trim_capabilities(struct wh_trim *trim, struct wh_err *err)
{
	wh_capset allowed = trim->limits->capabilities;
	struct cut cuts[SETS];
	bool lost = false;
	int r;

	/* Absent or null: runc >= 1.3 would leave the process all that runc itself has. */
	r = check_sets(trim, make_explicit(trim, cuts), err);
	if (r < 0)
		return r;
	if (trim->facts->last_capability + 1 < WH_CAP_COUNT)
		allowed &= wh_capset_of(trim->facts->last_capability + 1) - 1;
	for (size_t i = 0; i < SETS; i++) {
		r = cut_set(trim, &cuts[i], allowed, err);
		if (r < 0)
			return r;
		lost |= cuts[i].lost;
	}
	if (lost) {
		fit_set(trim, &cuts[EFFECTIVE], cuts[PERMITTED].left);
		fit_set(trim, &cuts[INHERITABLE], cuts[BOUNDING].left);
		fit_set(trim, &cuts[AMBIENT], cuts[PERMITTED].left & cuts[INHERITABLE].left);
	}
	for (size_t i = 0; i < SETS; i++)
		trim->held |= cuts[i].left;
	return 0;
}

static const char *skip_separators(const char *at, const char *end)
{
	while (at < end && strchr(", \t", *at) != NULL && *at != '\0')
		at++;
	return at;
}

int wh_trim_narrow(struct wh_limits *limits, struct wh_slice annotation, struct wh_err *err)
{
	const char *end = annotation.data + annotation.len;
	const char *at = skip_separators(annotation.data, end);
	wh_capset wanted = 0;

	if (wh_slice_is(annotation, "none"))
		at = end;
	while (at < end) {
		const char *stop = at;
		unsigned capability = 0;

		while (stop < end && skip_separators(stop, end) == stop)
			stop++;
		if (!wh_capability_from_human(
			    (struct wh_slice){ at, (size_t)(stop - at) }, &capability))
			return wh_fail(err, EINVAL,
				"the annotation org.whittle.capabilities names an unknown "
				"capability; "
				"expected names like CAP_CHOWN divided by commas, or \"none\"");
		wanted |= wh_capset_of(capability);
		at = skip_separators(stop, end);
	}
	limits->capabilities &= wanted;
	return 0;
}
