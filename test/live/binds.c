/* SPDX-License-Identifier: Apache-2.0 */
/* binds PORT...: has a UDP socket at each in turn, for a moment; says so, and waits to be killed
 * with the last. */

#include <arpa/inet.h>
#include <stdlib.h>
#include <unistd.h>

static int bind_to(const char *port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_port = htons((unsigned short)strtoul(port, NULL, 10)) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		exit(EXIT_FAILURE);
	return fd;
}

int main(int argc, char *argv[])
{
	for (int i = 1; i < argc; i++) {
		int fd = bind_to(argv[i]);

		if (i + 1 < argc)
			(void)close(fd);
	}
	if (write(STDOUT_FILENO, "bound\n", 6) != 6)
		return EXIT_FAILURE;
	return pause();
}
