/* SPDX-License-Identifier: Apache-2.0 */
/*
 * datagrams SOCKET: the listening end of a journal or a syslog. Prints each datagram, with a line
 * "--" behind it, until it is killed.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

int main(int argc, char **argv)
{
	static char bytes[1 << 20];
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (argc != 2 || fd < 0 || strlen(argv[1]) >= sizeof(address.sun_path)) {
		fprintf(stderr, "usage: datagrams SOCKET\n");
		return 2;
	}
	memcpy(address.sun_path, argv[1], strlen(argv[1]) + 1);
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return 3;
	for (;;) {
		ssize_t got = recv(fd, bytes, sizeof(bytes), 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 || fwrite(bytes, 1, (size_t)got, stdout) != (size_t)got ||
			fputs("\n--\n", stdout) < 0 || fflush(stdout) != 0)
			return 4;
	}
}
