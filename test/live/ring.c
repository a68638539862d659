/* SPDX-License-Identifier: Apache-2.0 */
/* Makes a ring of io_uring and lets it go. */

#include <linux/io_uring.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
	struct io_uring_params params = { .flags = 0 };

	return syscall(SYS_io_uring_setup, 1, &params) < 0;
}
