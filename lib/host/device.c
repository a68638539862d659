/* SPDX-License-Identifier: Apache-2.0 */
#include "host/device.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/fd.h"
#include "host/file.h"

#define UEVENT_LIMIT 65536u

int wh_device_name(
	bool block, int64_t major, int64_t minor, struct wh_arena *arena, const char **ret)
{
	static const char key[] = "DEVNAME=";
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int fd WH_FD = WH_NO_FD;
	char path[96];
	const char *found;

	*ret = NULL;
	(void)snprintf(path, sizeof(path), "/sys/dev/%s/%lld:%lld/uevent", block ? "block" : "char",
		(long long)major, (long long)minor);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || wh_read_all(fd, UEVENT_LIMIT, &text, NULL) < 0 || text.len == 0)
		return 0;
	found = text.data;
	while (found != NULL && strncmp(found, key, sizeof(key) - 1) != 0) {
		found = strchr(found, '\n');
		found += found != NULL;
	}
	if (found == NULL)
		return 0;
	found += sizeof(key) - 1;
	*ret = wh_arena_printf(arena, "/dev/%.*s", (int)strcspn(found, "\n"), found);
	return *ret == NULL ? -ENOMEM : 0;
}
