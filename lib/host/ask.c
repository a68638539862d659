/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP/1.0, in which the answer ends with the connection and comes in one piece; nothing else of
 * HTTP is needed. The socket's owner is trusted as far as the daemon is: it may answer anything,
 * but not keep us waiting or fill the memory.
 */

#include "host/ask.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"

static int64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd WH_FD = WH_NO_FD;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	/* A local socket is connected at once, or its queue is full (EAGAIN). */
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return errno == ECONNREFUSED || errno == ENOTDIR ? -ENOENT : -errno;
	return wh_steal_fd(fd);
}

/* Waits for one or the other. 0, -ETIME, -errno. */
static int wait_for(int fd, short events, int64_t end)
{
	for (;;) {
		struct pollfd ready = { .fd = fd, .events = events };
		int64_t left = end - now_ms();
		int r = left <= 0 ? 0 : poll(&ready, 1, (int)left);

		if (r == 0)
			return -ETIME;
		if (r > 0)
			return 0;
		if (errno != EINTR)
			return -errno;
	}
}

static int send_all(int fd, const char *text, size_t len, int64_t end)
{
	while (len > 0) {
		ssize_t sent = send(fd, text, len, MSG_NOSIGNAL);

		if (sent > 0) {
			text += sent;
			len -= (size_t)sent;
			continue;
		}
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
		if (errno == EAGAIN) {
			int r = wait_for(fd, POLLOUT, end);

			if (r < 0)
				return r;
		}
	}
	return 0;
}

static int receive_all(int fd, struct wh_buf *ret, int64_t end)
{
	for (;;) {
		char piece[4096];
		int r = wait_for(fd, POLLIN, end);
		ssize_t got;

		if (r < 0)
			return r;
		got = recv(fd, piece, sizeof(piece), 0);
		if (got == 0)
			return wh_buf_status(ret);
		if (got < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		if (got > 0)
			wh_buf_add(ret, piece, (size_t)got);
		if (ret->len > WH_ASK_MAX)
			return -EFBIG;
	}
}

/* Leaves the body alone in the buffer. */
static int take_body(struct wh_buf *answer)
{
	static const char blank[] = "\r\n\r\n";
	const char *body;

	if (answer->len < sizeof("HTTP/1.0 200") || strncmp(answer->data, "HTTP/1.", 7) != 0 ||
		strncmp(answer->data + 8, " 200", 4) != 0)
		return -EPROTO;
	body = memmem(answer->data, answer->len, blank, sizeof(blank) - 1);
	if (body == NULL)
		return -EPROTO;
	body += sizeof(blank) - 1;
	answer->len -= (size_t)(body - answer->data);
	memmove(answer->data, body, answer->len);
	answer->data[answer->len] = '\0';
	return 0;
}

int wh_ask(const char *socket_path, const char *path, struct wh_buf *ret, struct wh_err *err)
{
	struct wh_buf answer WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int64_t end = now_ms() + WH_ASK_SECONDS * 1000;
	int fd WH_FD = connect_to(socket_path);
	char request[256];
	int r = fd, len;

	len = snprintf(
		request, sizeof(request), "GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n", path);
	if (r >= 0 && (size_t)len >= sizeof(request))
		r = -ENAMETOOLONG;
	if (r >= 0)
		r = send_all(fd, request, (size_t)len, end);
	if (r >= 0)
		r = receive_all(fd, &answer, end);
	if (r >= 0)
		r = take_body(&answer);
	if (r == -EPROTO)
		return wh_fail(
			err, EPROTO, "%s gives another answer than was asked for", socket_path);
	if (r == -ETIME)
		return wh_fail(err, ETIME, "%s did not answer within %d seconds", socket_path,
			WH_ASK_SECONDS);
	if (r < 0)
		return wh_fail_errno(err, -r, "%s", socket_path);
	wh_buf_add(ret, answer.data, answer.len);
	return wh_buf_status(ret) < 0 ? wh_fail_errno(err, ENOMEM, "%s", socket_path) : 0;
}
