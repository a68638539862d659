/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The program of a hook: which one it is, and whether it is root's. */

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/macros.h"
#include "trim/host.h"

/*
 * Follows links, those of /proc among them (Docker's hook is /proc/PID/exe). The real path of a
 * program that was replaced while it runs is the one it had. It cannot be told when the path is
 * relative, leads to nothing, or to a file that is not what its own path leads to: one of another
 * mount namespace. 0 or -ENOMEM.
 */
int wh_hook_look(
	struct wh_slice path, struct wh_arena *arena, struct wh_hook_program *ret) WH_MUST_CHECK;

/*
 * A hook of whittle's own, by its name: beside the running program, in libexec/whittle of the
 * prefix that it was installed into, or in one of the usual folders. Its absolute path, in the
 * arena; it is a program that only root (or the user who runs whittle) could have written. 0;
 * -ENOENT when it is in none of them, or -EPERM when somebody else could have written the first
 * that is there, with a sentence; -ENOMEM.
 */
int wh_find_own_hook(const char *name, struct wh_arena *arena, const char **ret,
	struct wh_err *err) WH_MUST_CHECK;

/*
 * For a hook of whittle's own that fails: one line, "PROGRAM: sentence", on standard error; where
 * that is /dev/null, on the standard error of who called the hook. runc puts what a hook says into
 * its own error; crun and Podman give it /dev/null, and crun does not even say that it failed.
 */
void wh_hook_tell(const char *program, const char *sentence);
