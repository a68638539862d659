/* SPDX-License-Identifier: Apache-2.0 */
/* binds PORT: has a UDP socket there, says so, and waits to be killed. */

#include <arpa/inet.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_port = htons((unsigned short)strtoul(argv[argc - 1], NULL, 10)) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 ||
		write(STDOUT_FILENO, "bound\n", 6) != 6)
		return EXIT_FAILURE;
	return pause();
}
