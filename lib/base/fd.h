/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Ownership of file descriptors. "None" is -EBADF, never -1 or 0, so that a forgotten
 * initialisation cannot close or read standard input. All of ours are close-on-exec at birth;
 * only wh_host_* functions that say so make one that is not.
 */

#include <dirent.h>

#include "base/macros.h"

#define WH_NO_FD (-9) /* -EBADF */

/* Closes unless there is none; keeps errno; leaves WH_NO_FD. */
void wh_close_fd(int *fd);

#define WH_FD WH_CLEANUP(wh_close_fd)

/* The names in a folder, for readdir(3): by a descriptor of its own, or by one that it takes over,
 * also when it fails (a negative one: errno stays). NULL and errno. */
DIR *wh_open_names(int at, const char *path);
DIR *wh_open_names_take(int fd);
void wh_close_names(DIR **names); /* NULL is fine; keeps errno */

#define WH_NAMES WH_CLEANUP(wh_close_names)

#define wh_steal_fd(fd) \
	({ \
		int stolen_ = (fd); \
		(fd) = WH_NO_FD; \
		stolen_; \
	})
