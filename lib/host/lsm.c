/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AppArmor lists the loaded profiles, one a line, as "docker-default (enforce)"; only root may read
 * that. A profile in any other mode than "enforce" and "kill" lets everything pass
 * (apparmor(7)). SELinux, where it is on, has a file system of its own (selinux(8)).
 */

#include "host/lsm.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "host/file.h"

#define TEXT_LIMIT (4u << 20)

/* What engines load for their containers, the most usual first. Podman's has a version behind. */
static const char *const engine_profiles[] = { "docker-default", "cri-containerd.apparmor.d",
	"crio-default", "containers-default-*", "nerdctl-default" };

static bool read_text(int sys, const char *path, struct wh_buf *ret)
{
	int fd WH_FD = sys < 0 ? WH_NO_FD : openat(sys, path, O_RDONLY | O_CLOEXEC);

	return fd >= 0 && wh_read_all(fd, TEXT_LIMIT, ret, NULL) == 0 && ret->len > 0;
}

/* The name in a line of the list, whose end becomes NUL; NULL when it is not enforced. */
static char *enforced(char *line)
{
	char *mode = strrchr(line, '(');

	if (mode == NULL || mode - line < 2 || mode[-1] != ' ' ||
		(strcmp(mode, "(enforce)") != 0 && strcmp(mode, "(kill)") != 0))
		return NULL;
	mode[-1] = '\0';
	return line;
}

static int read_profiles(
	struct wh_buf *list, const char *wanted, struct wh_arena *arena, struct wh_lsm *ret)
{
	size_t best = WH_COUNT(engine_profiles);
	const char *found = NULL;
	char *line, *next = list->data;

	while ((line = strsep(&next, "\n")) != NULL) {
		const char *name = enforced(line);

		if (name == NULL)
			continue;
		ret->wanted_profile =
			ret->wanted_profile || (wanted != NULL && strcmp(name, wanted) == 0);
		for (size_t i = 0; i < best; i++) {
			if (fnmatch(engine_profiles[i], name, 0) != 0)
				continue;
			best = i;
			found = name;
		}
	}
	if (found == NULL)
		return 0;
	ret->engine_profile = wh_arena_dup(arena, wh_slice_of(found));
	return ret->engine_profile == NULL ? -ENOMEM : 0;
}

int wh_lsm_look(int sys, const char *wanted, struct wh_arena *arena, struct wh_lsm *ret)
{
	struct wh_buf enabled WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_buf list WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;

	*ret = (struct wh_lsm){
		.selinux = sys >= 0 && faccessat(sys, "fs/selinux/enforce", F_OK, 0) == 0,
		.apparmor = read_text(sys, "module/apparmor/parameters/enabled", &enabled) &&
			    enabled.data[0] == 'Y',
	};
	if (!ret->apparmor || !read_text(sys, "kernel/security/apparmor/profiles", &list))
		return 0;
	return read_profiles(&list, wanted, arena, ret);
}
