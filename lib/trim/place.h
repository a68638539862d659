/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

/* Where a path of the container lies in its root file system: what host finds out, and trim asks.
 */

enum wh_place_kind {
	WH_PLACE_FOLDER,  /* a folder in the root file system */
	WH_PLACE_MISSING, /* not there, but the runtime can make it */
	WH_PLACE_BARRED,  /* not there, and the root file system cannot be written to make it */
	WH_PLACE_OTHER,   /* something that is no folder */
	WH_PLACE_LEAVES,  /* a link climbs out of the root file system */
	WH_PLACE_COVERED, /* behind a folder that the question named as covered */
	WH_PLACE_UNKNOWN, /* could not be looked at */
};

/* A folder right in a place. */
struct wh_place_folder {
	const char *name; /* one component, of letters, digits and "-_.@+" */
	mode_t mode;      /* of permissions, without setuid */
	uid_t uid;        /* as seen from here */
	gid_t gid;
};

struct wh_place {
	const char *asked;    /* the path as it was asked for */
	const char *resolved; /* absolute in the container, links followed; never NULL */
	enum wh_place_kind kind;
	const char *rest; /* WH_PLACE_COVERED: what of the path is left behind `resolved` */
	uid_t uid;        /* WH_PLACE_FOLDER: its owner, as seen from here; 0 where nobody asked */
	gid_t gid;
	const struct wh_place_folder *folders; /* that a tmpfs on it would hide, and are to be there
						  again; where somebody asked */
	size_t folder_count;
};
