/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Who is asking: the facts about a container that a rule can match on. One table (subject.c) has of
 * each its name, which is also the key of "match", how far it can be trusted, and where it comes
 * from; policy, records, `whittlectl check` and the reference page all follow it. All text is
 * borrowed.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

enum wh_fact {
	WH_FACT_ENGINE,
	WH_FACT_NAMESPACE,
	WH_FACT_POD,
	WH_FACT_CONTAINER,
	WH_FACT_IMAGE,
	WH_FACT_IMAGE_ID,
	WH_FACT_SANDBOX,
	WH_FACT_COMMAND,
	WH_FACT_BUNDLE,
	WH_FACT_ID,
	WH_FACT_USER,
	WH_FACT_TEXTS, /* those above are one text each, those below have a text by key */
	WH_FACT_LABEL = WH_FACT_TEXTS,
	WH_FACT_ANNOTATIONS,
	WH_FACT_COUNT,
};

enum wh_trust {
	/* What the engine or the runtime itself recorded: a rule on it may allow more than
	 * "default". */
	WH_TRUST_ENGINE,
	/* The free word of whoever starts the container: a rule on it may only tighten. */
	WH_TRUST_SETTABLE,
};

struct wh_fact_info {
	const char *name; /* also the key in "match" */
	enum wh_trust trust;
	const char *source; /* where it comes from, a sentence */
};

const struct wh_fact_info *wh_fact_info(enum wh_fact fact);

/* A fact, or the reason why it is not known. */
struct wh_fact_value {
	const char *text;    /* NULL: not known… */
	const char *unknown; /* …because of this, a phrase; NULL where nobody looked */
};

struct wh_annotation {
	struct wh_slice key;
	struct wh_slice value;
};

struct wh_subject {
	struct wh_fact_value facts[WH_FACT_TEXTS];
	const struct wh_annotation *labels;
	size_t label_count;
	const char *labels_unknown; /* why there are no labels; NULL when those above are all */
	/* only those that stay in config.json, so that create and exec see the same */
	const struct wh_annotation *annotations;
	size_t annotation_count;
};

/* The engines that a container can be told to come from. */
enum wh_engine_id {
	WH_ENGINE_DOCKER,
	WH_ENGINE_PODMAN,
	WH_ENGINE_CONTAINERD,
	WH_ENGINE_CRI_CONTAINERD,
	WH_ENGINE_CRI_O,
	WH_ENGINE_BUILDKIT,
	WH_ENGINES, /* how many there are; also: none of them */
};

/* "docker", "cri-o"…; NULL for WH_ENGINES. */
const char *wh_engine_name(enum wh_engine_id engine);
