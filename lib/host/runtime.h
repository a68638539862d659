/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The real runtime: found, checked, and become.
 */

#include <signal.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/macros.h"

/*
 * The absolute path of a runtime. A bare name is looked for in the system folders
 * (/usr/local/sbin, /usr/local/bin, /usr/sbin, /usr/bin, /sbin, /bin), never in PATH, passing over
 * whittle itself; an absolute path is taken as it is. The file must be a regular, executable one
 * that only root (or the effective user) can write, in such folders. Links on the way are followed
 * when they are as trusted; the result keeps the name as it was found, since crun acts by the name
 * it is called. 0; -ENOENT when there is none; -ELOOP when an absolute path is whittle itself;
 * -EPERM when somebody else could write it (also for a bare name: the search ends there); -ENOMEM;
 * -errno.
 */
int wh_runtime_find(const char *name, struct wh_arena *arena, const char **ret,
	struct wh_err *err) WH_MUST_CHECK;

/* The same with another list of folders, which ends with NULL. */
int wh_runtime_find_in(const char *const folders[], const char *name, struct wh_arena *arena,
	const char **ret, struct wh_err *err) WH_MUST_CHECK;

/*
 * The same for somebody who is not whittle (whittlectl): what has one of these device and inode
 * numbers is whittle, and passed over or refused as such.
 */
struct wh_runtime_file {
	uint64_t device;
	uint64_t inode;
};
int wh_runtime_find_behind(const struct wh_runtime_file whittles[], size_t count, const char *name,
	struct wh_arena *arena, const char **ret, struct wh_err *err) WH_MUST_CHECK;

/* The folders that a bare name is looked for in; ends with NULL. */
extern const char *const wh_runtime_folders[];

/*
 * Becomes the runtime: execve with argv[0] as given and the environment as it came. Returns only on
 * failure, with -errno.
 */
int wh_runtime_exec(const char *path, char *const argv[], struct wh_err *err) WH_MUST_CHECK;

/*
 * Holds file descriptors 0 to 2 with /dev/null (close-on-exec, so the runtime finds them closed as
 * they came) where the caller left them closed; else a file of ours would become somebody's
 * standard error. First thing in main. 0 or -errno.
 */
int wh_hold_standard_fds(void) WH_MUST_CHECK;

/*
 * To whittle, writing to a pipe that nobody reads any more and writing past the limit on a file's
 * size are errors like others: both signals are ignored, until they are released with what came of
 * them when whittle was started, for the runtime to find them so.
 */
struct wh_signals {
	struct sigaction pipe;
	struct sigaction file_size;
};
void wh_hold_signals(struct wh_signals *ret);
void wh_release_signals(const struct wh_signals *held);

/* The highest capability that the running kernel knows, by libcap. */
unsigned wh_last_capability(void);
