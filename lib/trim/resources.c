/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Limits that a container must have (cgroup-v2.rst: pids.max, memory.max). "unified" is laid on
 * last by the runtimes, so what it says of the same two is judged as well: a number below the
 * ceiling stays, anything else goes.
 */

#include "trim/kinds.h"

#include <errno.h>

static const struct ceiling {
	size_t member;
	const char *section;
	const char *pointer;
	const char *unified;
	const char *what;
} ceilings[] = {
	{ WH_RESOURCES_PIDS, "pids", "/linux/resources/pids/limit", "pids.max",
		"a container without this limit on processes" },
	{ WH_RESOURCES_MEMORY, "memory", "/linux/resources/memory/limit", "memory.max",
		"a container without this limit on memory" },
};

static wh_node the_resources(const struct wh_trim *trim)
{
	return wh_json_get(trim->doc, wh_json_get(trim->doc, trim->config, "linux"), "resources");
}

/* A limit of 0 or below, or none at all, is none to the runtimes. */
static bool is_within(int64_t limit, int64_t most)
{
	return limit > 0 && limit <= most;
}

static int set_limit(
	struct wh_trim *trim, const struct ceiling *ceiling, int64_t most, struct wh_err *err)
{
	struct wh_json *doc = trim->doc;
	wh_node section = wh_json_get(doc, the_resources(trim), ceiling->section);
	wh_node number = wh_json_get(doc, section, "limit");
	int64_t limit = 0;
	int r;

	(void)!wh_json_i64(doc, number, &limit);
	if (is_within(limit, most))
		return 0;
	r = wh_trim_beyond(trim, WH_KIND_RESOURCES, number, err, "%s", ceiling->what);
	if (r <= 0)
		return r;
	section = wh_trim_member(trim, trim->config, "linux", WH_JSON_OBJECT);
	section = wh_trim_member(trim, section, "resources", WH_JSON_OBJECT);
	section = wh_trim_member(trim, section, ceiling->section, WH_JSON_OBJECT);
	number = wh_json_new_i64(doc, most);
	wh_json_set(doc, section, "limit", number);
	wh_trim_tell(trim, WH_KIND_RESOURCES, ceiling->pointer, "set", wh_json_raw(doc, number),
		"the policy has a ceiling for it");
	return 0;
}

/* Digits alone; "max" and anything else is 0. */
static int64_t number_in(struct wh_slice text)
{
	int64_t number = 0;

	if (text.len > 18)
		return 0;
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return 0;
		number = number * 10 + (text.data[i] - '0');
	}
	return number;
}

static int judge_unified(
	struct wh_trim *trim, const struct ceiling *ceiling, int64_t most, struct wh_err *err)
{
	wh_node unified = wh_json_get(trim->doc, the_resources(trim), "unified");
	wh_node node = wh_json_get(trim->doc, unified, ceiling->unified);
	int r;

	if (node == WH_NO_NODE || is_within(number_in(wh_json_string(trim->doc, node)), most))
		return 0;
	r = wh_trim_beyond(trim, WH_KIND_RESOURCES, node, err, "%s", ceiling->what);
	if (r <= 0)
		return r;
	wh_trim_tell(trim, WH_KIND_RESOURCES, "/linux/resources/unified", "removed",
		wh_slice_of(ceiling->unified), "the policy has a ceiling for it");
	wh_json_unset(trim->doc, unified, ceiling->unified);
	return 0;
}

int wh_trim_resource_limits(struct wh_trim *trim, struct wh_err *err)
{
	const struct wh_limit *limit = wh_trim_limit(trim, WH_KIND_RESOURCES);

	if (limit->otherwise == WH_KEEP)
		return 0;
	for (size_t i = 0; i < WH_COUNT(ceilings); i++) {
		const struct wh_setting *setting = limit->members[ceilings[i].member];
		int r;

		if (setting == NULL)
			continue;
		r = judge_unified(trim, &ceilings[i], setting->items[0].low, err);
		if (r == 0)
			r = set_limit(trim, &ceilings[i], setting->items[0].low, err);
		if (r < 0)
			return r;
	}
	return 0;
}
