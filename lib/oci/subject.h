/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Who is asking: the facts about a container that a rule can match on, each with its trust. A
 * rule that rests on a settable fact may only tighten (policy.h). All text is borrowed.
 */

#include <stddef.h>

#include "base/buf.h"

struct wh_annotation {
	struct wh_slice key;
	struct wh_slice value;
};

struct wh_subject {
	const char *id;     /* settable: Podman and ctr let the caller choose it */
	const char *bundle; /* engine: absolute path of the bundle, links resolved */
	/* settable; only those that stay in config.json, so that create and exec see the same */
	const struct wh_annotation *annotations;
	size_t annotation_count;
};
