/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Inside the room: one function for each kind of privilege. Each reads trim->limits, edits
 * trim->doc and notes what it did. 0, -EINVAL with a sentence, or -ENOMEM.
 */

#include "trim/trim.h"

int wh_trim_annotations(struct wh_trim *trim, struct wh_err *err) WH_MUST_CHECK;
int wh_trim_capabilities(struct wh_trim *trim, struct wh_err *err) WH_MUST_CHECK;
int wh_trim_no_new_privileges(struct wh_trim *trim, struct wh_err *err) WH_MUST_CHECK;
int wh_trim_user(struct wh_trim *trim, struct wh_err *err) WH_MUST_CHECK;
int wh_trim_run_as_non_root(struct wh_trim *trim, struct wh_err *err) WH_MUST_CHECK;
int wh_trim_supplemental_groups(struct wh_trim *trim, struct wh_err *err) WH_MUST_CHECK;
int wh_trim_rlimits(struct wh_trim *trim, struct wh_err *err) WH_MUST_CHECK;
int wh_trim_oom_score_adj(struct wh_trim *trim, struct wh_err *err) WH_MUST_CHECK;
int wh_trim_scheduler(struct wh_trim *trim, struct wh_err *err) WH_MUST_CHECK;
int wh_trim_io_priority(struct wh_trim *trim, struct wh_err *err) WH_MUST_CHECK;
int wh_trim_apparmor(struct wh_trim *trim, struct wh_err *err) WH_MUST_CHECK;
int wh_trim_selinux(struct wh_trim *trim, struct wh_err *err) WH_MUST_CHECK;
int wh_trim_host_namespaces(struct wh_trim *trim, struct wh_err *err) WH_MUST_CHECK;
int wh_trim_devices(struct wh_trim *trim, struct wh_err *err) WH_MUST_CHECK;
int wh_trim_mounts(struct wh_trim *trim, struct wh_err *err) WH_MUST_CHECK;
int wh_trim_masked_paths(struct wh_trim *trim, struct wh_err *err) WH_MUST_CHECK;
int wh_trim_readonly_paths(struct wh_trim *trim, struct wh_err *err) WH_MUST_CHECK;
int wh_trim_hooks(struct wh_trim *trim, struct wh_err *err) WH_MUST_CHECK;
int wh_trim_seccomp(struct wh_trim *trim, struct wh_err *err) WH_MUST_CHECK;
int wh_trim_sysctl(struct wh_trim *trim, struct wh_err *err) WH_MUST_CHECK;
int wh_trim_rootfs_propagation(struct wh_trim *trim, struct wh_err *err) WH_MUST_CHECK;
int wh_trim_cgroups_path(struct wh_trim *trim, struct wh_err *err) WH_MUST_CHECK;
int wh_trim_resource_limits(struct wh_trim *trim, struct wh_err *err) WH_MUST_CHECK;
int wh_trim_sections(struct wh_trim *trim, struct wh_err *err) WH_MUST_CHECK;
int wh_trim_unknown_fields(struct wh_trim *trim, struct wh_err *err) WH_MUST_CHECK;
int wh_trim_readonly_rootfs(struct wh_trim *trim, struct wh_err *err) WH_MUST_CHECK;
int wh_trim_tmpfs(struct wh_trim *trim, struct wh_err *err) WH_MUST_CHECK;

static inline const struct wh_limit *wh_trim_limit(const struct wh_trim *trim, enum wh_kind kind)
{
	return &trim->limits->kinds[kind];
}

/*
 * What becomes of something that the policy does not allow: 1 when it is to be brought down, 0 when
 * it stays, -EACCES when the container is refused for it. `node` is where it stands, WH_NO_NODE for
 * something that is missing; the phrase says what it is ("the host's network namespace") and quotes
 * no value of the document.
 */
int wh_trim_beyond(struct wh_trim *trim, enum wh_kind kind, wh_node node, struct wh_err *err,
	const char *format, ...) WH_PRINTF(5, 6) WH_MUST_CHECK;

/* A device node that a mount brings in is judged as a device: 1 when the mount is to go, 0 when it
 * stays, -EACCES. */
int wh_trim_device_node(struct wh_trim *trim, wh_node mount, const struct wh_source *source,
	struct wh_err *err) WH_MUST_CHECK;

/* Whether it has a user namespace of its own, made or joined. */
bool wh_trim_has_users(const struct wh_trim *trim);

/* The path without ".", ".." and doubled slashes, as the runtimes clean a destination, "" for the
 * root; false when it does not fit. */
bool wh_trim_clean_path(struct wh_slice path, char *ret, size_t size) WH_MUST_CHECK;

/* The member of an object that is one itself, or an array; an empty one is put there when it is
 * missing or null. */
wh_node wh_trim_member(
	struct wh_trim *trim, wh_node object, const char *key, enum wh_json_type type);

/* The action of a note on what stays as it is; it counts as no change. */
#define WH_KEPT "kept"
#define WH_NOT_ALLOWED "the policy does not allow it"

/* Adds a change of this kind to the list. */
void wh_trim_tell(struct wh_trim *trim, enum wh_kind kind, const char *pointer, const char *action,
	struct wh_slice what, const char *why);

/* Adds a change to the list; when that is full it is only counted. */
void wh_trim_note(struct wh_trim *trim, const struct wh_change *change);

/* Where a member of the process lies: "/process/KEY" in a config, "/KEY" in an exec's process.
 * `key` is a member of that object, "capabilities/bounding" say. In the arena; "" when memory ran
 * out. */
const char *wh_trim_process_pointer(const struct wh_trim *trim, const char *key);
