/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the deciding half has to be told about the host, since it never looks itself.
 */

#include "json/json.h"
#include "trim/place.h"

struct wh_facts {
	const struct wh_place *tmpfs; /* one for each of limits.tmpfs, in that order */
	unsigned last_capability;     /* the highest that the running kernel knows */
	/* Of a runtime that could be fooled by them: a mount whose destination a link of the image
	 * leads to the root, and one of which it cannot be told where it would lie. WH_NO_NODE for
	 * none. */
	wh_node mount_on_root;
	wh_node mount_astray;
};
