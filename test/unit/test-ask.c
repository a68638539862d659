/* SPDX-License-Identifier: Apache-2.0 */
/* Daemons that answer, badly or not at all: a child of the test's that listens. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdbool.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "scratch.h"

#include "host/ask.h"

static int listen_at(const struct scratch *scratch)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", scratch->path);
	(void)unlink(address.sun_path);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 1), 0);
	return fd;
}

/* Answers once; NULL says nothing and keeps the line. Status 0 when the question was the right one.
 */
static pid_t answer_with(int listener, const char *answer, size_t more)
{
	static const char expected[] = "GET /info HTTP/1.0\r\nHost: localhost\r\n\r\n";
	char question[256];
	ssize_t got;
	pid_t pid = fork();
	int fd;

	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	fd = accept(listener, NULL, NULL);
	got = read(fd, question, sizeof(question) - 1);
	if (got <= 0)
		_exit(1);
	if (answer == NULL)
		pause();
	(void)!write(fd, answer, strlen(answer));
	for (; more > 0; more--) {
		if (send(fd, "xxxxxxxx", 8, MSG_NOSIGNAL) < 0)
			break;
	}
	_exit(memcmp(question, expected, sizeof(expected) - 1) == 0 ? 0 : 1);
}

static void answers(void **state)
{
	static const struct {
		const char *answer;
		size_t more;
		int expected;
		const char *body;
	} cases[] = {
		{ "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n{\"a\":1}\r\n\r\n", 0,
			0, "{\"a\":1}\r\n\r\n" },
		{ "HTTP/1.1 200 OK\r\n\r\n", 0, 0, "" },
		{ "HTTP/1.0 404 Not Found\r\n\r\n{}", 0, -EPROTO, NULL },
		{ "HTTP/1.0 200 OK\r\n", 0, -EPROTO, NULL },
		{ "no such protocol here", 0, -EPROTO, NULL },
		{ "", 0, -EPROTO, NULL },
		{ "HTTP/1.0 200 OK\r\n\r\n", (WH_ASK_MAX / 8) + 8192, -EFBIG, NULL },
		{ NULL, 0, -ETIME, NULL },
	};
	const struct scratch *scratch = *state;

	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
		int listener = listen_at(scratch), status = 0;
		pid_t pid = answer_with(listener, cases[i].answer, cases[i].more);
		int r = wh_ask(scratch_path(scratch, "socket"), "/info", &text, NULL);

		if (r != cases[i].expected)
			fail_msg("%zu: %d", i, r);
		assert_string_equal(text.data == NULL ? "" : text.data,
			cases[i].body == NULL ? "" : cases[i].body);
		if (cases[i].answer == NULL)
			assert_int_equal(kill(pid, SIGKILL), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (cases[i].answer != NULL)
			assert_int_equal(status, 0);
		close(listener);
	}
}

static void nobody_answers(void **state)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	const struct scratch *scratch = *state;
	char longest[200] = "/";

	assert_int_equal(wh_ask(scratch_path(scratch, "none"), "/info", &text, NULL), -ENOENT);
	scratch_file(scratch, "file", 0644, "");
	assert_int_equal(wh_ask(scratch_path(scratch, "file"), "/info", &text, NULL), -ENOENT);
	close(listen_at(scratch));
	assert_int_equal(wh_ask(scratch_path(scratch, "socket"), "/info", &text, NULL), -ENOENT);
	memset(longest + 1, 'x', sizeof(longest) - 2);
	assert_int_equal(wh_ask(longest, "/info", &text, NULL), -ENAMETOOLONG);
	assert_int_equal(text.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(answers, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(nobody_answers, scratch_setup, scratch_teardown),
	};

	return cmocka_run_group_tests_name("ask", tests, NULL, NULL);
}
