/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Devices: the nodes that the runtime makes, and the rules of the device cgroup. A node is judged
 * by its numbers and by the kernel's own name for them, never by its path in the container, which
 * whoever asks can choose. A rule that is too wide is narrowed in its place, since the last one
 * that fits counts, and "deny all" stands in front: crun without any rule allows every device.
 */

#include "trim/kinds.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ANY (-1)

struct device {
	char type; /* 'b', 'c', or 'a' for both */
	int64_t major, minor;
};

/* What every runtime makes and allows, whatever is asked for: null, zero, full, random, urandom,
 * tty, console, ptmx and the terminals of devpts (Documentation/admin-guide/devices.txt). */
static const struct device usual[] = {
	{ 'c', 1, 3 },
	{ 'c', 1, 5 },
	{ 'c', 1, 7 },
	{ 'c', 1, 8 },
	{ 'c', 1, 9 },
	{ 'c', 5, 0 },
	{ 'c', 5, 1 },
	{ 'c', 5, 2 },
	{ 'c', 136, ANY },
};

static int64_t number_of(const struct wh_trim *trim, wh_node object, const char *key)
{
	int64_t number = ANY;

	(void)!wh_json_i64(trim->doc, wh_json_get(trim->doc, object, key), &number);
	return number < 0 ? ANY : number;
}

static struct device device_of(struct wh_trim *trim, wh_node object)
{
	struct wh_slice type = wh_json_string(trim->doc, wh_json_get(trim->doc, object, "type"));

	return (struct device){ type.len == 1 ? type.data[0] : 'a',
		number_of(trim, object, "major"), number_of(trim, object, "minor") };
}

/* Whether all that `a` stands for is in `b`. */
static bool lies_in(const struct device *a, const struct device *b)
{
	return a->type == b->type && (b->major == ANY || a->major == b->major) &&
	       (b->minor == ANY || a->minor == b->minor);
}

static bool is_usual(const struct device *device)
{
	for (size_t i = 0; i < WH_COUNT(usual); i++) {
		if (lies_in(device, &usual[i]))
			return true;
	}
	return false;
}

/* ---- the policy's rules --------------------------------------------------------------------- */

static int64_t take_number(const char **at)
{
	char *end;
	long long number;

	if (**at == '*') {
		*at += 1;
		return ANY;
	}
	number = strtoll(*at, &end, 10);
	*at = end;
	return number;
}

/* "c 10:229 rwm", in the form that the policy's reader has checked; false for a path. */
static bool parse_rule(const char *text, struct device *ret, const char **ret_access)
{
	if (text[1] != ' ' || (text[0] != 'b' && text[0] != 'c'))
		return false;
	ret->type = text[0];
	text += 2;
	ret->major = take_number(&text);
	text += *text == ':';
	ret->minor = take_number(&text);
	*ret_access = text + (*text == ' ');
	return true;
}

static bool has_access(const char *allowed, struct wh_slice access)
{
	for (size_t i = 0; i < access.len; i++) {
		if (access.data[i] == '\0' || strchr(allowed, access.data[i]) == NULL)
			return false;
	}
	return true;
}

/* Whether one list of the policy allows the device with this access, by its numbers or by the name
 * the kernel has for it. */
static bool is_listed(const struct wh_setting *setting, const struct device *device,
	struct wh_slice access, const char *name)
{
	for (size_t i = 0; i < setting->count; i++) {
		struct device rule;
		const char *allowed;

		if (parse_rule(setting->items[i].text, &rule, &allowed) && lies_in(device, &rule) &&
			has_access(allowed, access))
			return true;
	}
	return name != NULL && wh_setting_lists(setting, wh_slice_of(name));
}

static bool is_allowed(const struct wh_trim *trim, const struct device *device,
	struct wh_slice access, const char *name)
{
	const struct wh_setting *setting = wh_trim_limit(trim, WH_KIND_DEVICES)->members[WH_ALLOW];

	for (; setting != NULL; setting = setting->also) {
		if (!is_listed(setting, device, access, name))
			return false;
	}
	return true;
}

/* ---- nodes ---------------------------------------------------------------------------------- */

static wh_node the_nodes(const struct wh_trim *trim)
{
	return wh_json_get(trim->doc, wh_json_get(trim->doc, trim->config, "linux"), "devices");
}

/* The kernel's names of the devices that stay, so that their rules do. */
struct kept {
	struct device *items;
	size_t count;
};

static int judge_node(
	struct wh_trim *trim, wh_node node, const char *name, struct kept *kept, struct wh_err *err)
{
	struct device device = device_of(trim, node);
	int r;

	if (device.type == 'u') /* unbuffered: the same to the kernel */
		device.type = 'c';
	/* A named pipe is no device of anything. */
	if (device.type == 'p' || is_usual(&device))
		return 0;
	if (is_allowed(trim, &device, WH_SLICE("rwm"), name)) {
		kept->items[kept->count++] = device;
		return 0;
	}
	r = wh_trim_beyond(trim, WH_KIND_DEVICES, node, err, "the device %c %lld:%lld", device.type,
		(long long)device.major, (long long)device.minor);
	if (r <= 0)
		return r;
	wh_trim_tell(trim, WH_KIND_DEVICES, "/linux/devices", "removed",
		wh_json_string(trim->doc, wh_json_get(trim->doc, node, "path")), WH_NOT_ALLOWED);
	wh_json_remove(trim->doc, the_nodes(trim), node);
	return 0;
}

static int judge_nodes(struct wh_trim *trim, struct kept *kept, struct wh_err *err)
{
	const char *const *names = trim->facts->devices;
	size_t index = 0;
	wh_node next;

	for (wh_node node = wh_json_first(trim->doc, the_nodes(trim)); node != WH_NO_NODE;
		node = next, index++) {
		int r;

		next = wh_json_next(trim->doc, node);
		r = judge_node(trim, node, names == NULL ? NULL : names[index], kept, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* ---- rules ---------------------------------------------------------------------------------- */

static bool is_kept(const struct kept *kept, const struct device *device)
{
	for (size_t i = 0; i < kept->count; i++) {
		if (lies_in(device, &kept->items[i]))
			return true;
	}
	return false;
}

static bool allows(const struct wh_trim *trim, wh_node rule)
{
	return wh_json_type(trim->doc, wh_json_get(trim->doc, rule, "allow")) == WH_JSON_TRUE;
}

/* 1 when the rule is to go, 0 when it stays, -errno. */
static int judge_rule(
	struct wh_trim *trim, wh_node rule, const struct kept *kept, struct wh_err *err)
{
	struct device device = device_of(trim, rule);
	struct wh_slice access = wh_json_string(trim->doc, wh_json_get(trim->doc, rule, "access"));
	const char *text;
	int r;

	/* "m" alone is mknod(2), which the capability decides, and what all runtimes allow. */
	if (!allows(trim, rule) || wh_slice_is(access, "m") || is_usual(&device) ||
		is_kept(kept, &device) || is_allowed(trim, &device, access, NULL))
		return 0;
	r = wh_trim_beyond(trim, WH_KIND_DEVICES, rule, err, "this rule of the device cgroup");
	if (r <= 0)
		return r;
	text = wh_arena_printf(trim->arena, "%c %lld:%lld", device.type, (long long)device.major,
		(long long)device.minor);
	if (text == NULL)
		return wh_fail_errno(err, ENOMEM, "judging the devices");
	wh_trim_tell(trim, WH_KIND_DEVICES, "/linux/resources/devices", "removed",
		wh_slice_of(text), WH_NOT_ALLOWED);
	return 1;
}

/* ---- what is left of a rule that is too wide ---- */

/* A rule for one of the devices that a wider rule allowed, with its access. */
static void add_part(struct wh_trim *trim, wh_node rules, wh_node wide, const struct device *device)
{
	struct device whole = device_of(trim, wide);
	struct wh_json *doc = trim->doc;
	wh_node access = wh_json_get(doc, wide, "access");
	wh_node rule;
	const char type[] = { device->type, '\0' };

	whole.type = whole.type == 'a' ? device->type : whole.type;
	if (!lies_in(device, &whole))
		return;
	rule = wh_json_new_object(doc);
	wh_json_set(doc, rule, "allow", wh_json_new_bool(doc, true));
	wh_json_set(doc, rule, "type", wh_json_new_string(doc, wh_slice_of(type)));
	wh_json_set(doc, rule, "major", wh_json_new_i64(doc, device->major));
	if (device->minor != ANY)
		wh_json_set(doc, rule, "minor", wh_json_new_i64(doc, device->minor));
	if (access != WH_NO_NODE)
		wh_json_set(doc, rule, "access", wh_json_new_copy(doc, doc, access));
	wh_json_append(doc, rules, rule);
}

/* What the rule allowed and the policy does: the usual devices, which runc does not allow by itself
 * where linux.devices names them, and those whose nodes stay. */
static void add_parts(struct wh_trim *trim, wh_node rules, wh_node wide, const struct kept *kept)
{
	for (size_t i = 0; i < WH_COUNT(usual); i++)
		add_part(trim, rules, wide, &usual[i]);
	for (size_t i = 0; i < kept->count; i++)
		add_part(trim, rules, wide, &kept->items[i]);
}

static bool denies_all(struct wh_trim *trim, wh_node rule)
{
	struct device device;
	struct wh_slice access;

	if (rule == WH_NO_NODE || allows(trim, rule))
		return false;
	device = device_of(trim, rule);
	access = wh_json_string(trim->doc, wh_json_get(trim->doc, rule, "access"));
	return device.type == 'a' && device.major == ANY && device.minor == ANY &&
	       has_access("rwm", access) && access.len >= 3;
}

static void deny_all(struct wh_trim *trim, wh_node rules)
{
	struct wh_json *doc = trim->doc;
	wh_node rule = wh_json_new_object(doc);

	wh_json_set(doc, rule, "allow", wh_json_new_bool(doc, false));
	wh_json_set(doc, rule, "access", wh_json_new_string(doc, WH_SLICE("rwm")));
	wh_json_prepend(doc, rules, rule);
	wh_trim_tell(trim, WH_KIND_DEVICES, "/linux/resources/devices", "added",
		WH_SLICE("a *:* rwm denied"), "what no rule allows must not be allowed");
}

static int judge_rules(struct wh_trim *trim, const struct kept *kept, struct wh_err *err)
{
	struct wh_json *doc = trim->doc;
	wh_node section = wh_trim_member(trim, trim->config, "linux", WH_JSON_OBJECT);
	wh_node resources = wh_trim_member(trim, section, "resources", WH_JSON_OBJECT);
	wh_node rules = wh_trim_member(trim, resources, "devices", WH_JSON_ARRAY);
	wh_node narrowed = wh_json_new_array(doc);
	bool changed = false;

	wh_json_each_element (doc, rules, rule) {
		int r = judge_rule(trim, rule, kept, err);

		if (r < 0)
			return r;
		if (r > 0)
			add_parts(trim, narrowed, rule, kept);
		else
			wh_json_append(doc, narrowed, wh_json_new_copy(doc, doc, rule));
		changed |= r > 0;
	}
	if (changed) {
		wh_json_set(doc, resources, "devices", narrowed);
		rules = narrowed;
	}
	if (!denies_all(trim, wh_json_first(doc, rules)))
		deny_all(trim, rules);
	return 0;
}

int wh_trim_devices(struct wh_trim *trim, struct wh_err *err)
{
	struct kept kept = { .count = 0 };
	size_t count = 0;
	int r;

	if (wh_trim_limit(trim, WH_KIND_DEVICES)->otherwise == WH_KEEP)
		return 0;
	wh_json_each_element (trim->doc, the_nodes(trim), node)
		count++;
	kept.items = wh_arena_array(trim->arena, count, sizeof(*kept.items));
	if (kept.items == NULL)
		return wh_fail_errno(err, ENOMEM, "judging the devices");
	r = judge_nodes(trim, &kept, err);
	return r < 0 ? r : judge_rules(trim, &kept, err);
}

int wh_trim_device_node(
	struct wh_trim *trim, wh_node mount, const struct wh_source *source, struct wh_err *err)
{
	const struct device device = { source->type == WH_SOURCE_BLOCK ? 'b' : 'c', source->major,
		source->minor };

	if (is_usual(&device) || is_allowed(trim, &device, WH_SLICE("rwm"), source->real))
		return 0;
	return wh_trim_beyond(trim, WH_KIND_DEVICES, mount, err, "the device %c %lld:%lld",
		device.type, (long long)device.major, (long long)device.minor);
}
