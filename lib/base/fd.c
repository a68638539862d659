/* SPDX-License-Identifier: Apache-2.0 */
/* Closing never disturbs the error being returned, and never closes a descriptor that is not ours.
 */

#include "base/fd.h"

#include <errno.h>
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
