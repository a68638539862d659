/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Whether one file or folder can be trusted, and how a sentence names it. Internal to the room: the
 * judges of walk.h and file.h, and tested through those.
 */

#include <stdbool.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/macros.h"

/* What a sentence is about: a path; without one a name in an open folder; without that what is open
 * itself. The kernel is asked for the path of what is open only once there is a sentence. */
struct wh_place {
	const char *path;
	const char *name;
	int fd;
};

#define WH_SHOWN_SIZE 256 /* of a path in a sentence */

/* The path for a sentence, shortened; returns `shown`. */
const char *wh_place_show(const struct wh_place *place, char shown[WH_SHOWN_SIZE]);

/* "a regular file", "a socket". */
const char *wh_kind_of(mode_t mode);

#define WH_NOBODY ((uid_t)-1) /* no file's owner, chown(2) */

/* `outer` is who counts as root beside root, here and below, or WH_NOBODY. */
bool wh_is_trusted_owner(uid_t uid, uid_t outer);

/* Whether others than its owner may write it. */
bool wh_is_shared(const struct stat *st);

/* Each judges by what stat(2) says of the place. 0, or -errno: the folder or file is somebody
 * else's, or others can write it; the file is not a regular one, or has several names; the program
 * is not one. */
int wh_check_folder(const struct wh_place *place, const struct stat *st, uid_t outer,
	struct wh_err *err) WH_MUST_CHECK;
int wh_check_file(const struct wh_place *place, const struct stat *st, uid_t outer,
	struct wh_err *err) WH_MUST_CHECK;
int wh_check_program(const struct wh_place *place, const struct stat *st, uid_t outer,
	struct wh_err *err) WH_MUST_CHECK;

/* Asked of what is open on another file system than its folder: -EPERM when a user could have
 * mounted that. *ret_proc tells whether it is the proc file system. */
int wh_check_mount(
	int fd, const struct wh_place *place, bool *ret_proc, struct wh_err *err) WH_MUST_CHECK;
