/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Which program a daemon finds under a name. Some ways of starting a container never ask for a
 * registered runtime: they look up "runc" in the daemon's PATH (BuildKit in dockerd, docker run
 * --runtime runc, containerd's shim without BinaryName). Such a way is covered when what is found
 * there is whittle.
 */

#include <stdbool.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/macros.h"

/* What systemd gives to a service that sets none. */
#define WH_SERVICE_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

struct wh_cover {
	const char *found; /* what the daemon starts; NULL when there is none */
	bool covered;      /* that is whittle */
	const char *real;  /* the first under the name that is not whittle; NULL for none */
};

/*
 * Looks for `name` in the folders of `path` (of PATH's form), as execvp(3) does: a regular file
 * that somebody may execute; folders that are not absolute are passed over, as Go does. `whittle`
 * is what stat(2) says of whittle: links to it are it. Strings live in the arena. 0 or -ENOMEM.
 */
int wh_cover_look(const char *path, const char *name, const struct stat *whittle,
	struct wh_arena *arena, struct wh_cover *ret) WH_MUST_CHECK;

/* What a service that sets no PATH finds under a name, in the arena; NULL when there is none, and
 * when memory ran out. */
const char *wh_find_program(const char *name, struct wh_arena *arena) WH_MUST_CHECK;
