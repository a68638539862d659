/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The labels of security modules. Only where the host has the module: elsewhere runtimes refuse a
 * label, or ignore it. An exec without one takes the container's.
 */

#include "trim/kinds.h"

#include <string.h>

/* One module: where its label lies, and what to give instead. */
struct label {
	enum wh_kind kind;
	const char *key;
	const char *given; /* NULL: nothing can be given */
	const char *what;  /* a phrase for a refusal */
};

static const char *text_of(const struct wh_limit *limit, size_t member)
{
	return limit->members[member] == NULL ? NULL : limit->members[member]->items[0].text;
}

static int replace_label(struct wh_trim *trim, const struct label *label, struct wh_err *err)
{
	wh_node node = wh_json_get(trim->doc, trim->process, label->key);
	const char *pointer = wh_trim_process_pointer(trim, label->key);
	int r = wh_trim_beyond(trim, label->kind, node, err, "%s", label->what);

	if (r <= 0)
		return r;
	if (label->given == NULL) {
		wh_trim_tell(trim, label->kind, pointer, WH_KEPT, wh_slice_of(label->key),
			"the policy names none to give, and none is known");
		return 0;
	}
	wh_json_set(trim->doc, trim->process, label->key,
		wh_json_new_string(trim->doc, wh_slice_of(label->given)));
	wh_trim_tell(trim, label->kind, pointer, "set", wh_slice_of(label->given),
		"it would be confined by nothing");
	return 0;
}

/* Whether a list that the kind itself has none of allows the name. */
static bool is_listed(const struct wh_limit *limit, struct wh_slice name)
{
	const struct wh_setting *setting = limit->members[WH_ALLOW];

	for (; setting != NULL; setting = setting->also) {
		if (!setting->silent && !wh_setting_lists(setting, name))
			return false;
	}
	return true;
}

int wh_trim_apparmor(struct wh_trim *trim, struct wh_err *err)
{
	const struct wh_limit *limit = wh_trim_limit(trim, WH_KIND_APPARMOR);
	const char *given = text_of(limit, WH_APPARMOR_PROFILE);
	struct label label = { WH_KIND_APPARMOR, "apparmorProfile", given,
		"a process without an AppArmor profile that confines it" };
	struct wh_slice name =
		wh_json_string(trim->doc, wh_json_get(trim->doc, trim->process, label.key));

	if (!trim->facts->lsm.apparmor || limit->otherwise == WH_KEEP)
		return 0;
	if (name.len == 0 && trim->config == WH_NO_NODE)
		return 0;
	if (given != NULL && wh_slice_is(name, given))
		return 0;
	if (name.len > 0 && !wh_slice_is(name, "unconfined") && is_listed(limit, name))
		return 0;
	if (label.given == NULL)
		label.given = trim->facts->lsm.engine_profile;
	return replace_label(trim, &label, err);
}

/* The third part of "user:role:type:level". */
static struct wh_slice type_of(struct wh_slice label)
{
	for (unsigned i = 0; i < 2; i++) {
		const char *colon = label.len == 0 ? NULL : memchr(label.data, ':', label.len);

		if (colon == NULL)
			return (struct wh_slice){ "", 0 };
		label.len -= (size_t)(colon + 1 - label.data);
		label.data = colon + 1;
	}
	for (size_t i = 0; i < label.len; i++) {
		if (label.data[i] == ':')
			label.len = i;
	}
	return label;
}

/* Types of the reference policy that confine nothing, or are the host's own. */
static bool confines(struct wh_slice type)
{
	static const char *const open[] = { "", "spc_t", "unconfined_t", "unconfined_service_t",
		"container_runtime_t", "kernel_t", "init_t", "initrc_t" };

	for (size_t i = 0; i < WH_COUNT(open); i++) {
		if (wh_slice_is(type, open[i]))
			return false;
	}
	return true;
}

int wh_trim_selinux(struct wh_trim *trim, struct wh_err *err)
{
	const struct wh_limit *limit = wh_trim_limit(trim, WH_KIND_SELINUX);
	const struct label label = { WH_KIND_SELINUX, "selinuxLabel",
		text_of(limit, WH_SELINUX_LABEL),
		"a process without an SELinux label that confines it" };
	struct wh_slice name =
		wh_json_string(trim->doc, wh_json_get(trim->doc, trim->process, label.key));
	struct wh_slice type = type_of(name);

	if (!trim->facts->lsm.selinux || limit->otherwise == WH_KEEP)
		return 0;
	if (name.len == 0 && trim->config == WH_NO_NODE)
		return 0;
	if (label.given != NULL && wh_slice_is(name, label.given))
		return 0;
	if (confines(type) && is_listed(limit, type))
		return 0;
	return replace_label(trim, &label, err);
}
