/* SPDX-License-Identifier: Apache-2.0 */
/* The door of a recorder, in a folder of the test's own. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "record/control.h"

#define BUNDLE "/run/containers/a bundle"

static char folder[] = "/tmp/whittle-control-XXXXXX";

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) == NULL ? -1 : 0;
}

static int remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

static int listen_for(const char *bundle)
{
	struct wh_err err = WH_ERR_INIT;
	int fd = wh_control_listen_in(folder, bundle, &err);

	if (fd < 0)
		fail_msg("%s", err.text);
	return fd;
}

/* A caller in a process of its own: its status is the result, negated. */
static pid_t send_from_child(enum wh_control word, int milliseconds)
{
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		closefrom(STDERR_FILENO + 1); /* the recorder's end is not ours */
		_exit(-wh_control_send_in(folder, BUNDLE, word, milliseconds));
	}
	return child;
}

static int result_of(pid_t child)
{
	int status;

	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return -WEXITSTATUS(status);
}

static int take(int listening, enum wh_control *ret, int *ret_pid)
{
	struct pollfd wait = { .fd = listening, .events = POLLIN };

	assert_int_equal(poll(&wait, 1, 60000), 1);
	return wh_control_take(listening, ret, ret_pid);
}

static void words_arrive_and_are_answered(void **state)
{
	int listening WH_FD = listen_for(BUNDLE);

	(void)state;
	for (unsigned word = 0; word < WH_CONTROLS; word++) {
		enum wh_control taken = WH_CONTROLS;
		pid_t child = send_from_child((enum wh_control)word, 60000);
		int pid = 0, connection = take(listening, &taken, &pid);

		assert_true(connection >= 0);
		assert_int_equal(taken, word);
		assert_int_equal(pid, child);
		assert_true(wh_control_is_waiting(connection));
		wh_control_done(connection);
		assert_int_equal(result_of(child), 0);
	}
	wh_control_remove_in(folder, BUNDLE);
}

static void nobody_is_there(void **state)
{
	int listening = listen_for(BUNDLE);

	(void)state;
	assert_int_equal(wh_control_send_in(folder, "/other", WH_CONTROL_STOP, 1000), -ENOENT);
	/* A recorder that was killed leaves its socket. */
	close(listening);
	assert_int_equal(wh_control_send_in(folder, BUNDLE, WH_CONTROL_STOP, 1000), -ENOENT);
	/* The next takes its place. */
	listening = listen_for(BUNDLE);
	close(listening);
	wh_control_remove_in(folder, BUNDLE);
	assert_int_equal(wh_control_send_in(folder, BUNDLE, WH_CONTROL_STOP, 1000), -ENOENT);
	assert_int_equal(
		wh_control_send_in("/nonexistent", BUNDLE, WH_CONTROL_STOP, 1000), -ENOENT);
}

static void two_of_one_bundle(void **state)
{
	int first WH_FD = listen_for(BUNDLE), other WH_FD = listen_for("/another");
	struct wh_err err = WH_ERR_INIT;

	(void)state;
	assert_int_equal(wh_control_listen_in(folder, BUNDLE, &err), -EADDRINUSE);
	assert_non_null(strstr(err.text, "another recorder"));
	wh_control_remove_in(folder, BUNDLE);
	wh_control_remove_in(folder, "/another");
}

static void a_recorder_that_ends_without_an_answer(void **state)
{
	int listening = listen_for(BUNDLE);
	enum wh_control word;
	pid_t child = send_from_child(WH_CONTROL_STOP, 60000);
	int pid, connection = take(listening, &word, &pid);

	(void)state;
	assert_true(connection >= 0);
	close(connection);
	assert_int_equal(result_of(child), -ENOENT);
	/* Nor the one who was not even taken. */
	child = send_from_child(WH_CONTROL_STOP, 60000);
	assert_int_equal(poll(&(struct pollfd){ .fd = listening, .events = POLLIN }, 1, 60000), 1);
	close(listening);
	assert_int_equal(result_of(child), -ENOENT);
	wh_control_remove_in(folder, BUNDLE);
}

static void a_recorder_that_is_stuck(void **state)
{
	int listening WH_FD = listen_for(BUNDLE);
	enum wh_control word;
	int pid, connection WH_FD = WH_NO_FD;

	(void)state;
	/* More than the queue holds; the last of them cannot even connect. */
	for (unsigned i = 0; i < 24; i++)
		assert_int_equal(
			wh_control_send_in(folder, BUNDLE, WH_CONTROL_JOIN, 1), -ETIMEDOUT);
	connection = take(listening, &word, &pid);
	assert_true(connection >= 0);
	assert_false(wh_control_is_waiting(connection));
	wh_control_remove_in(folder, BUNDLE);
}

static void rubbish_is_no_word(void **state)
{
	static const char *const texts[] = { "", "jo", "joinx", "STOP", "stop\n",
		"stopstopstopstopstop" };
	int listening WH_FD = listen_for(BUNDLE);
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	socklen_t len = sizeof(name);

	(void)state;
	assert_int_equal(getsockname(listening, (struct sockaddr *)&name, &len), 0);
	for (size_t i = 0; i < WH_COUNT(texts); i++) {
		int fd WH_FD = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
		enum wh_control word;
		int pid;

		assert_int_equal(connect(fd, (struct sockaddr *)&name, len), 0);
		if (texts[i][0] != '\0')
			assert_true(send(fd, texts[i], strlen(texts[i]), 0) > 0);
		else
			assert_int_equal(shutdown(fd, SHUT_WR), 0);
		assert_int_equal(take(listening, &word, &pid), -EPROTO);
	}
	assert_true(wh_control_take(listening, &(enum wh_control){ 0 }, &(int){ 0 }) < 0);
	wh_control_remove_in(folder, BUNDLE);
}

static void the_socket_is_its_owners_alone(void **state)
{
	mode_t before = umask(0);
	int listening WH_FD = listen_for(BUNDLE);
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	socklen_t len = sizeof(name);
	struct stat st;

	(void)state;
	(void)umask(before);
	assert_int_equal(getsockname(listening, (struct sockaddr *)&name, &len), 0);
	assert_int_equal(stat(name.sun_path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	wh_control_remove_in(folder, BUNDLE);
}

static void a_folder_that_is_too_long(void **state)
{
	char path[200];
	struct wh_err err = WH_ERR_INIT;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/%0150d", folder, 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(wh_control_listen_in(path, BUNDLE, &err), -ENAMETOOLONG);
	assert_int_equal(wh_control_send_in(path, BUNDLE, WH_CONTROL_STOP, 1000), -ENAMETOOLONG);
	assert_int_equal(rmdir(path), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_arrive_and_are_answered),
		cmocka_unit_test(nobody_is_there),
		cmocka_unit_test(two_of_one_bundle),
		cmocka_unit_test(a_recorder_that_ends_without_an_answer),
		cmocka_unit_test(a_recorder_that_is_stuck),
		cmocka_unit_test(rubbish_is_no_word),
		cmocka_unit_test(the_socket_is_its_owners_alone),
		cmocka_unit_test(a_folder_that_is_too_long),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
