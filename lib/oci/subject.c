/* SPDX-License-Identifier: Apache-2.0 */
/* The facts, one row each. */

#include "oci/subject.h"

#define ENGINE WH_TRUST_ENGINE
#define SETTABLE WH_TRUST_SETTABLE

static const struct wh_fact_info facts[WH_FACT_COUNT] = {
	[WH_FACT_ENGINE] = { "engine", ENGINE,
		"The place of the bundle and of the runtime's state; Podman and CRI-O are told "
		"apart by the record of their storage." },
	[WH_FACT_NAMESPACE] = { "namespace", ENGINE,
		"Kubernetes' namespace as containerd's CRI plugin annotates it or CRI-O's storage "
		"records it; without Kubernetes, containerd's own namespace." },
	[WH_FACT_POD] = { "pod", SETTABLE,
		"The pod's name, from the same place as the namespace." },
	[WH_FACT_CONTAINER] = { "container", SETTABLE,
		"The container's name, from Docker's record, the storage of Podman or CRI-O, or "
		"the annotations of containerd's CRI plugin or nerdctl." },
	[WH_FACT_IMAGE] = { "image", ENGINE,
		"The image as it was asked for, from Docker's record, the storage of Podman or "
		"CRI-O, or the annotations of containerd's CRI plugin." },
	[WH_FACT_IMAGE_ID] = { "imageId", ENGINE,
		"The image's id, from Docker's record or the storage of Podman or CRI-O." },
	[WH_FACT_SANDBOX] = { "sandbox", ENGINE,
		"Whether this is a pod's own container, from the annotations of containerd's CRI "
		"plugin or CRI-O's storage." },
	[WH_FACT_COMMAND] = { "command", ENGINE, "The word the runtime was called with." },
	[WH_FACT_BUNDLE] = { "bundle", ENGINE, "The absolute path of the bundle, links resolved." },
	[WH_FACT_ID] = { "id", SETTABLE, "The container's id, from the command line." },
	[WH_FACT_USER] = { "user", SETTABLE,
		"The user id of the process that is to be started, inside the container." },
	[WH_FACT_LABEL] = { "label", SETTABLE,
		"The labels in Docker's record, or those that nerdctl copies to annotations." },
	[WH_FACT_ANNOTATIONS] = { "annotations", SETTABLE,
		"The annotations in config.json, without those that are dropped." },
};

static const char *const engines[WH_ENGINES] = {
	[WH_ENGINE_DOCKER] = "docker",
	[WH_ENGINE_PODMAN] = "podman",
	[WH_ENGINE_CONTAINERD] = "containerd",
	[WH_ENGINE_CRI_CONTAINERD] = "cri-containerd",
	[WH_ENGINE_CRI_O] = "cri-o",
	[WH_ENGINE_BUILDKIT] = "buildkit",
};

const struct wh_fact_info *wh_fact_info(enum wh_fact fact)
{
	return &facts[fact];
}

const char *wh_engine_name(enum wh_engine_id engine)
{
	return engine < WH_ENGINES ? engines[engine] : NULL;
}
