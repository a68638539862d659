/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Resource limits under their ceilings (getrlimit(2)). One that is not asked for is inherited: of
 * the runtime at create, of the container at exec. To write down what is inherited is safe at
 * create alone, where it is known.
 */

#include "trim/kinds.h"

#include "policy/kind.h"

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Lowers one number of an entry. */
static void lower(struct wh_trim *trim, wh_node entry, const char *key, uint64_t ceiling)
{
	uint64_t value = UINT64_MAX;
	wh_node number;

	(void)!wh_json_u64(trim->doc, wh_json_get(trim->doc, entry, key), &value);
	if (value <= ceiling)
		return;
	number = wh_json_new_u64(trim->doc, ceiling);
	wh_json_set(trim->doc, entry, key, number);
}

static bool is_over(const struct wh_trim *trim, wh_node entry, uint64_t ceiling)
{
	static const char *const keys[] = { "soft", "hard" };

	for (size_t i = 0; i < WH_COUNT(keys); i++) {
		uint64_t value = 0; /* what is left out is 0 to the runtimes */

		(void)!wh_json_u64(trim->doc, wh_json_get(trim->doc, entry, keys[i]), &value);
		if (value > ceiling)
			return true;
	}
	return false;
}

static void tell(struct wh_trim *trim, const char *name, const char *action)
{
	wh_trim_tell(trim, WH_KIND_RLIMITS, wh_trim_process_pointer(trim, "rlimits"), action,
		wh_slice_of(name), "the policy has a ceiling for it");
}

/* Every entry of this name. 1 when there was one, 0 when not, -EACCES. */
static int lower_entries(struct wh_trim *trim, wh_node rlimits, const char *name, uint64_t ceiling,
	struct wh_err *err)
{
	int found = 0;

	wh_json_each_element (trim->doc, rlimits, entry) {
		int r;

		if (!wh_json_string_is(trim->doc, wh_json_get(trim->doc, entry, "type"), name))
			continue;
		found = 1;
		if (!is_over(trim, entry, ceiling))
			continue;
		r = wh_trim_beyond(trim, WH_KIND_RLIMITS, entry, err, "%s above %llu", name,
			(unsigned long long)ceiling);
		if (r < 0)
			return r;
		lower(trim, entry, "soft", ceiling);
		lower(trim, entry, "hard", ceiling);
		tell(trim, name, "set");
	}
	return found;
}

static void add_entry(
	struct wh_trim *trim, const char *name, const struct wh_own_rlimit *own, uint64_t ceiling)
{
	struct wh_json *doc = trim->doc;
	wh_node rlimits = wh_trim_member(trim, trim->process, "rlimits", WH_JSON_ARRAY);
	wh_node entry = wh_json_new_object(doc);

	wh_json_set(doc, entry, "type", wh_json_new_string(doc, wh_slice_of(name)));
	wh_json_set(doc, entry, "hard", wh_json_new_u64(doc, least(own->hard, ceiling)));
	wh_json_set(doc, entry, "soft", wh_json_new_u64(doc, least(own->soft, ceiling)));
	wh_json_append(doc, rlimits, entry);
	tell(trim, name, "added");
}

static int bound(struct wh_trim *trim, size_t index, uint64_t ceiling, struct wh_err *err)
{
	const char *name = wh_rlimit_name(index);
	const struct wh_own_rlimit *own = trim->facts->rlimits;
	wh_node rlimits = wh_json_get(trim->doc, trim->process, "rlimits");
	int r = lower_entries(trim, rlimits, name, ceiling, err);

	if (r != 0)
		return r < 0 ? r : 0;
	if (trim->config == WH_NO_NODE || own == NULL || own[index].hard <= ceiling)
		return 0;
	r = wh_trim_beyond(trim, WH_KIND_RLIMITS, WH_NO_NODE, err, "%s above %llu", name,
		(unsigned long long)ceiling);
	if (r > 0)
		add_entry(trim, name, &own[index], ceiling);
	return r < 0 ? r : 0;
}

int wh_trim_rlimits(struct wh_trim *trim, struct wh_err *err)
{
	const struct wh_limit *limit = wh_trim_limit(trim, WH_KIND_RLIMITS);

	if (limit->otherwise == WH_KEEP)
		return 0;
	for (size_t i = 0; wh_rlimit_name(i) != NULL; i++) {
		int64_t ceiling;
		int r;

		if (!wh_setting_number_of(limit->members[WH_RLIMITS_MAX],
			    wh_slice_of(wh_rlimit_name(i)), &ceiling))
			continue;
		r = bound(trim, i, (uint64_t)ceiling, err);
		if (r < 0)
			return r;
	}
	return 0;
}
