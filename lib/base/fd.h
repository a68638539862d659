/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Ownership of file descriptors. "None" is -EBADF, never -1 or 0, so that a forgotten
 * initialisation cannot close or read standard input. All of ours are close-on-exec at birth;
 * only wh_host_* functions that say so make one that is not.
 */

#include "base/macros.h"

#define WH_NO_FD (-9) /* -EBADF */

/* Closes unless there is none; keeps errno; leaves WH_NO_FD. */
void wh_close_fd(int *fd);

#define WH_FD WH_CLEANUP(wh_close_fd)

#define wh_steal_fd(fd) \
	({ \
		int stolen_ = (fd); \
		(fd) = WH_NO_FD; \
		stolen_; \
	})
