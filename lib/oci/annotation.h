/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Annotations: free words of whoever made the container, on some of which runtimes act with the
 * host's privilege.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/macros.h"
#include "json/json.h"
#include "oci/subject.h"

/* Ours: narrows the container's capabilities further, never widens (a list of names, or "none"). */
#define WH_ANNOTATION_CAPABILITIES "org.whittle.capabilities"

/*
 * Why a runtime must not see this annotation (a phrase), or NULL when it may: `bundle` and
 * run.oci.*, org.criu.*, krun.*, module.wasm.*, dev.gvisor.*, io.katacontainers.*, and
 * org.systemd.property.* but for the few that engines set themselves, with the values they set; and
 * any key with "=" in it, since runc's state would show it under another name.
 * Sources: `runc features` and `crun features` (potentiallyUnsafeConfigAnnotations), runc
 * libcontainer/utils (label order), crun seccomp.c and container.c, gVisor runsc/specutils.
 */
const char *wh_annotation_danger(struct wh_slice key, struct wh_slice value);

/* A list of annotations, without the dangerous ones: those that a rule can match on. Borrowed from
 * the document and the arena. */
struct wh_annotation_list {
	const struct wh_annotation *items;
	size_t count;
};

/* From config.json's "annotations" (checked by schema; WH_NO_NODE gives an empty list). -ENOMEM. */
int wh_annotations_from_object(struct wh_json *doc, wh_node object, struct wh_arena *arena,
	struct wh_annotation_list *ret) WH_MUST_CHECK;

/* From runc's state: an array of "key=value". Elements without "=" are passed over. -ENOMEM. */
int wh_annotations_from_labels(struct wh_json *doc, wh_node array, struct wh_arena *arena,
	struct wh_annotation_list *ret) WH_MUST_CHECK;

/* The value of a key; {NULL, 0} when it is not there. */
struct wh_slice wh_annotation_get(const struct wh_annotation_list *list, const char *key);
