/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the deciding half has to be told about the host, since it never looks itself. Where a list
 * is NULL nobody looked: what is in it counts as unknown.
 */

#include "json/json.h"
#include "trim/host.h"
#include "trim/place.h"
#include "trim/source.h"

/* A path of the host that a mount brings into the container. */
struct wh_mount_source {
	wh_node mount;
	struct wh_source source;
};

struct wh_facts {
	const struct wh_place *tmpfs; /* one for each of limits.tmpfs, in that order */
	unsigned last_capability;     /* the highest that the running kernel knows */
	/* Of a runtime that could be fooled by them: a mount whose destination a link of the image
	 * leads to the root, and one of which it cannot be told where it would lie. WH_NO_NODE for
	 * none. */
	wh_node mount_on_root;
	wh_node mount_astray;
	/* One for each element of linux.namespaces, in order; only those with a path count. */
	const enum wh_namespace *namespaces;
	/* One for each element of linux.devices, in order: the path that the kernel has for the
	 * device ("/dev/fuse"), NULL where it has none. */
	const char *const *devices;
	/* One for each hook, in the order of the document. */
	const struct wh_hook_program *hooks;
	/* For each bind mount its source, for each overlay its layers. */
	const struct wh_mount_source *sources;
	size_t source_count;
	const struct wh_source *rootfs;
	/* Of each row of sensitive.h its path with links followed. */
	const char *const *sensitive_reals;
	/* The administrator's seccomp profiles, checked. */
	struct wh_json *const *profiles;
	size_t profile_count;
	struct wh_lsm lsm;
	/* Of the process that becomes the runtime, which the container begins with: its score, and
	 * its limits in the order of wh_rlimit_name(). */
	int oom_score_adj;
	const struct wh_own_rlimit *rlimits;
};
