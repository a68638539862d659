/* SPDX-License-Identifier: Apache-2.0 */
/* Closing never disturbs the error being returned, and never closes a descriptor that is not ours.
 */

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

_Static_assert(WH_NO_FD == -EBADF, "no descriptor is the error that using it gives");

void wh_close_fd(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		(void)close(*fd);
	*fd = WH_NO_FD;
	errno = saved;
}

DIR *wh_open_names(int at, const char *path)
{
	return wh_open_names_take(openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

DIR *wh_open_names_take(int fd)
{
	DIR *names = fd < 0 ? NULL : fdopendir(fd);

	if (names == NULL)
		wh_close_fd(&fd);
	return names;
}

void wh_close_names(DIR **names)
{
	int saved = errno;

	if (*names != NULL)
		(void)closedir(*names);
	*names = NULL;
	errno = saved;
}
