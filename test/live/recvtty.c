/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recvtty SOCKET: the engine's end of --console-socket. Listens on SOCKET, takes one terminal from
 * the runtime, and copies what the container writes to standard output until the last process
 * lets go of the other end.
 *
 * That end shows as EIO. The kernel looks for bytes first and whether the other end is closed
 * second (n_tty_read() in drivers/tty/n_tty.c), so a writer that writes and ends between the two
 * looks makes an EIO with bytes still to come. All of them are there by then: one more read that
 * finds nothing is the end.
 */

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int listen_on(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || strlen(path) >= sizeof(address.sun_path))
		return -1;
	memcpy(address.sun_path, path, strlen(path) + 1);
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 1) < 0)
		return -1;
	return fd;
}

static int receive_fd(int connection)
{
	char name[4096];
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec piece = { name, sizeof(name) };
	struct msghdr message = { .msg_iov = &piece,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control) };
	const struct cmsghdr *header;
	int fd = -1;

	if (recvmsg(connection, &message, MSG_CMSG_CLOEXEC) < 0)
		return -1;
	header = CMSG_FIRSTHDR(&message);
	if (header != NULL && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	return fd;
}

/* 0 at the end; the exit status of a failure else. */
static int copy(int terminal)
{
	char bytes[4096];
	int closed = 0; /* so many reads in a row found the other end closed */

	while (closed < 2) {
		ssize_t got = read(terminal, bytes, sizeof(bytes));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno != EIO)
			return 6;
		closed = got <= 0 ? closed + 1 : 0;
		if (got > 0 && write(STDOUT_FILENO, bytes, (size_t)got) != got)
			return 7;
	}
	return 0;
}

int main(int argc, char **argv)
{
	int listener, connection, terminal;

	if (argc != 2) {
		fprintf(stderr, "usage: recvtty SOCKET\n");
		return 2;
	}
	listener = listen_on(argv[1]);
	if (listener < 0)
		return 3;
	connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (connection < 0)
		return 4;
	terminal = receive_fd(connection);
	if (terminal < 0)
		return 5;
	return copy(terminal);
}
