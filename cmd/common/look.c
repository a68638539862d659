/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What has to be seen of the host before a container can be judged: what its mounts bring, where
 * its namespaces lead, what its hooks are. Each is looked at only when the policy does not keep
 * that kind anyway.
 */

#include "common/look.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "common/seccomp-profile.h"
#include "host/device.h"
#include "host/file.h"
#include "host/hook.h"
#include "host/lsm.h"
#include "host/namespace.h"
#include "host/rlimit.h"
#include "host/source.h"
#include "oci/mount.h"
#include "trim/sensitive.h"

static bool is_kept(const struct wh_judgement *judged, enum wh_kind kind)
{
	return judged->decision.limits.kinds[kind].otherwise == WH_KEEP;
}

static wh_node in_linux(const struct wh_judgement *judged, const char *key)
{
	return wh_json_get(
		judged->doc, wh_json_get(judged->doc, wh_json_root(judged->doc), "linux"), key);
}

static struct wh_slice text_in(struct wh_judgement *judged, wh_node object, const char *key)
{
	return wh_json_string(judged->doc, wh_json_get(judged->doc, object, key));
}

static size_t count(const struct wh_judgement *judged, wh_node array)
{
	size_t n = 0;

	wh_json_each_element (judged->doc, array, element)
		n++;
	return n;
}

/* ---- namespaces, devices, hooks ---------------------------------------------------------------
 */

static int look_at_namespaces(struct wh_judgement *judged, struct wh_facts *facts)
{
	wh_node list = in_linux(judged, "namespaces");
	enum wh_namespace *namespaces =
		wh_arena_array(&judged->arena, count(judged, list), sizeof(*namespaces));
	size_t n = 0;

	if (namespaces == NULL)
		return -ENOMEM;
	wh_json_each_element (judged->doc, list, entry) {
		struct wh_slice path = text_in(judged, entry, "path");

		if (path.len > 0)
			namespaces[n] = wh_namespace_look(text_in(judged, entry, "type"), path);
		n++;
	}
	facts->namespaces = namespaces;
	return 0;
}

/* Only patterns of the policy need the kernel's names. */
static int look_at_devices(struct wh_judgement *judged, struct wh_facts *facts)
{
	const struct wh_limit *limit = &judged->decision.limits.kinds[WH_KIND_DEVICES];
	wh_node list = in_linux(judged, "devices");
	const char **names = wh_arena_array(&judged->arena, count(judged, list), sizeof(*names));
	size_t n = 0;

	if (names == NULL)
		return -ENOMEM;
	if (!wh_setting_is_given(limit->members[WH_ALLOW]))
		return 0;
	wh_json_each_element (judged->doc, list, entry) {
		int64_t major = -1, minor = -1;
		struct wh_slice type = text_in(judged, entry, "type");
		int r;

		(void)!wh_json_i64(judged->doc, wh_json_get(judged->doc, entry, "major"), &major);
		(void)!wh_json_i64(judged->doc, wh_json_get(judged->doc, entry, "minor"), &minor);
		r = wh_device_name(
			wh_slice_is(type, "b"), major, minor, &judged->arena, &names[n++]);
		if (r < 0)
			return r;
	}
	facts->devices = names;
	return 0;
}

static int look_at_hooks(struct wh_judgement *judged, struct wh_facts *facts)
{
	wh_node hooks = wh_json_get(judged->doc, wh_json_root(judged->doc), "hooks");
	struct wh_hook_program *programs;
	size_t n = 0;

	wh_json_each_member (judged->doc, hooks, key)
		n += count(judged, wh_json_next(judged->doc, key));
	programs = wh_arena_array(&judged->arena, n, sizeof(*programs));
	if (programs == NULL)
		return -ENOMEM;
	facts->hooks = programs;
	wh_json_each_member (judged->doc, hooks, key) {
		wh_json_each_element (judged->doc, wh_json_next(judged->doc, key), hook) {
			int r = wh_hook_look(
				text_in(judged, hook, "path"), &judged->arena, programs++);

			if (r < 0)
				return r;
		}
	}
	return 0;
}

/* ---- what mounts bring ------------------------------------------------------------------------
 */

struct gathering {
	struct wh_judgement *judged;
	int bundle;
	const struct wh_sources *sources;
	struct wh_mount_source *items; /* NULL: they are only counted */
	size_t count;
};

static int gather_source(void *context, wh_node mount, struct wh_slice path)
{
	struct gathering *gathering = context;
	struct wh_mount_source *item;

	if (gathering->items == NULL) {
		gathering->count++;
		return 0;
	}
	item = &gathering->items[gathering->count++];
	item->mount = mount;
	return wh_source_look(gathering->sources, gathering->bundle, path,
		&gathering->judged->arena, &item->source);
}

static int gather_all(struct gathering *gathering)
{
	struct wh_judgement *judged = gathering->judged;
	wh_node mounts = wh_json_get(judged->doc, wh_json_root(judged->doc), "mounts");

	gathering->count = 0;
	wh_json_each_element (judged->doc, mounts, mount) {
		int r = wh_mount_each_source(judged->doc, mount, gather_source, gathering);

		if (r < 0)
			return r;
	}
	return 0;
}

static int look_at_rootfs(struct wh_judgement *judged, int bundle, const struct wh_sources *sources,
	struct wh_facts *facts)
{
	wh_node root = wh_json_get(judged->doc, wh_json_root(judged->doc), "root");
	struct wh_source *source = wh_arena_array(&judged->arena, 1, sizeof(*source));

	facts->rootfs = source;
	return source == NULL ? -ENOMEM
			      : wh_source_look(sources, bundle, text_in(judged, root, "path"),
					&judged->arena, source);
}

static int look_at_mounts(
	struct wh_judgement *judged, int bundle, struct wh_facts *facts, struct wh_err *err)
{
	struct wh_sources sources;
	struct gathering gathering = { .judged = judged, .bundle = bundle, .sources = &sources };
	const char *known[WH_SENSITIVE_MAX];
	size_t known_count = wh_sensitive_count();
	int r;

	for (size_t i = 0; i < known_count; i++)
		known[i] = wh_sensitive_get(i)->path;
	r = wh_sources_begin(&sources, known, known_count, &judged->arena, err);
	if (r < 0)
		return r;
	facts->sensitive_reals = sources.reals;
	r = gather_all(&gathering);
	if (r == 0) {
		gathering.items = wh_arena_array(
			&judged->arena, gathering.count + 1, sizeof(*gathering.items));
		r = gathering.items == NULL ? -ENOMEM : gather_all(&gathering);
	}
	if (r == 0)
		r = look_at_rootfs(judged, bundle, &sources, facts);
	facts->sources = gathering.items;
	facts->source_count = gathering.count;
	return r < 0 ? wh_fail_errno(err, -r, "looking at the mounts") : 0;
}

/* ---- the administrator's seccomp profiles -----------------------------------------------------
 */

static int read_profiles(struct wh_judgement *judged, struct wh_facts *facts, struct wh_err *err)
{
	const struct wh_setting *setting =
		judged->decision.limits.kinds[WH_KIND_SECCOMP].members[WH_SECCOMP_PROFILE];

	for (; setting != NULL && judged->profile_count < WH_COUNT(judged->profiles);
		setting = setting->also) {
		int r = wh_read_seccomp_profile(
			setting->items[0].text, &judged->profiles[judged->profile_count], err);

		if (r < 0)
			return r;
		judged->profile_count++;
	}
	facts->profiles = judged->profiles;
	facts->profile_count = judged->profile_count;
	return 0;
}

/* ---- what this process hands on ---------------------------------------------------------------
 */

static int look_at_rlimits(struct wh_judgement *judged, struct wh_facts *facts)
{
	struct wh_own_rlimit *rlimits;
	size_t n = 0;

	while (wh_rlimit_name(n) != NULL)
		n++;
	rlimits = wh_arena_array(&judged->arena, n, sizeof(*rlimits));
	if (rlimits == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		(void)!wh_rlimit_get(wh_slice_of(wh_rlimit_name(i)), &rlimits[i]);
	facts->rlimits = rlimits;
	return 0;
}

static int own_oom_score_adj(void)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int fd WH_FD = open("/proc/self/oom_score_adj", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || wh_read_all(fd, 64, &text, NULL) < 0 || text.len == 0)
		return 0;
	return (int)strtol(text.data, NULL, 10);
}

int wh_look_at_labels(struct wh_judgement *judged, wh_node process, struct wh_facts *facts)
{
	struct wh_slice label = text_in(judged, process, "apparmorProfile");
	const char *wanted = NULL;
	int sys WH_FD = WH_NO_FD;

	if (is_kept(judged, WH_KIND_APPARMOR) && is_kept(judged, WH_KIND_SELINUX))
		return 0;
	if (label.len > 0) {
		wanted = wh_arena_dup(&judged->arena, label);
		if (wanted == NULL)
			return -ENOMEM;
	}
	sys = open("/sys", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return wh_lsm_look(sys, wanted, &judged->arena, &facts->lsm);
}

/* -----------------------------------------------------------------------------------------------
 */

int wh_look_at_host(
	struct wh_judgement *judged, int bundle, struct wh_facts *facts, struct wh_err *err)
{
	wh_node process = wh_json_get(judged->doc, wh_json_root(judged->doc), "process");
	int r = wh_look_at_labels(judged, process, facts);

	if (r == 0 && !is_kept(judged, WH_KIND_HOST_NAMESPACES))
		r = look_at_namespaces(judged, facts);
	if (r == 0 && !is_kept(judged, WH_KIND_DEVICES))
		r = look_at_devices(judged, facts);
	if (r == 0 && !is_kept(judged, WH_KIND_HOOKS))
		r = look_at_hooks(judged, facts);
	if (r == 0 && !is_kept(judged, WH_KIND_RLIMITS))
		r = look_at_rlimits(judged, facts);
	if (r < 0)
		return wh_fail_errno(err, -r, "looking at the host");
	if (!is_kept(judged, WH_KIND_SECCOMP)) {
		r = read_profiles(judged, facts, err);
		if (r < 0)
			return r;
	}
	if (!is_kept(judged, WH_KIND_OOM_SCORE_ADJ))
		facts->oom_score_adj = own_oom_score_adj();
	return is_kept(judged, WH_KIND_MOUNTS) ? 0 : look_at_mounts(judged, bundle, facts, err);
}
