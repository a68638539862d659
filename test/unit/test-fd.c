/* SPDX-License-Identifier: Apache-2.0 */
/* Closing descriptors: exactly ours, exactly once, errno untouched. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"

static int open_null(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	assert_true(fd > STDERR_FILENO);
	return fd;
}

static void closes_and_forgets(void **state)
{
	int fd = open_null();
	int number = fd;

	(void)state;
	wh_close_fd(&fd);
	assert_int_equal(fd, WH_NO_FD);
	assert_int_equal(fcntl(number, F_GETFD), -1);
	assert_int_equal(errno, EBADF);
	/* A second time closes nothing, whoever has the number now. */
	number = open_null();
	wh_close_fd(&fd);
	assert_true(fcntl(number, F_GETFD) >= 0);
	close(number);
}

static void none_is_not_standard_input(void **state)
{
	int before = fcntl(STDIN_FILENO, F_GETFD);

	(void)state;
	{
		int fd WH_FD = WH_NO_FD;

		assert_true(fd < 0);
	}
	assert_int_equal(fcntl(STDIN_FILENO, F_GETFD), before);
}

static void keeps_errno(void **state)
{
	int fd = open_null();

	(void)state;
	/* Closed behind its back, so that close(2) itself fails. */
	close(fd);
	errno = ENOSPC;
	wh_close_fd(&fd);
	assert_int_equal(errno, ENOSPC);
}

static void stolen_is_not_closed(void **state)
{
	int number;

	(void)state;
	{
		int fd WH_FD = open_null();

		number = wh_steal_fd(fd);
		assert_int_equal(fd, WH_NO_FD);
	}
	assert_true(fcntl(number, F_GETFD) >= 0);
	close(number);
}

static void names_take_their_folder(void **state)
{
	int fd = open("/proc/self", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	{
		DIR *names WH_NAMES = wh_open_names_take(fd);

		assert_non_null(names);
		assert_int_equal(dirfd(names), fd);
		assert_non_null(readdir(names));
	}
	assert_int_equal(fcntl(fd, F_GETFD), -1);

	fd = open_null(); /* no folder: closed all the same */
	assert_null(wh_open_names_take(fd));
	assert_int_equal(errno, ENOTDIR);
	assert_int_equal(fcntl(fd, F_GETFD), -1);

	errno = ENOSPC;
	assert_null(wh_open_names_take(WH_NO_FD));
	assert_int_equal(errno, ENOSPC);
	assert_null(wh_open_names(AT_FDCWD, "/proc/self/no such folder"));
	assert_int_equal(errno, ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(closes_and_forgets),
		cmocka_unit_test(none_is_not_standard_input),
		cmocka_unit_test(keeps_errno),
		cmocka_unit_test(stolen_is_not_closed),
		cmocka_unit_test(names_take_their_folder),
	};

	return cmocka_run_group_tests_name("fd", tests, NULL, NULL);
}
