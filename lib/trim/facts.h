/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the deciding half has to be told about the host, since it never looks itself.
 */

#include <stddef.h>

#include "base/macros.h"

enum wh_place_kind {
	WH_PLACE_FOLDER,  /* a folder in the root file system */
	WH_PLACE_MISSING, /* not there, but the runtime can make it */
	WH_PLACE_BARRED,  /* not there, and the root file system cannot be written to make it */
	WH_PLACE_OTHER,   /* something that is no folder */
	WH_PLACE_LEAVES,  /* a link climbs out of the root file system */
	WH_PLACE_UNKNOWN, /* could not be looked at */
};

struct wh_place {
	const char *asked;    /* the path as it was asked for */
	const char *resolved; /* absolute in the container, links followed; never NULL */
	enum wh_place_kind kind;
};

struct wh_facts {
	const struct wh_place *tmpfs; /* one for each of limits.tmpfs, in that order */
	unsigned last_capability;     /* the highest that the running kernel knows */
};
