/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stuck PROGRAM: mounts a file system (FUSE) at /mnt that never says what is in it, and has a child
 * with that as its root execute the program, by a descriptor. Whoever looks
 * for a file in there waits until this process ends. Then it gives a file away, which a recorder
 * tells that still reads, and waits to be killed.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static void answer(int fuse, uint64_t unique, int error, const void *bytes, size_t len)
{
	struct fuse_out_header head = {
		.len = (uint32_t)(sizeof(head) + len), .error = error, .unique = unique
	};
	struct iovec parts[] = { { &head, sizeof(head) }, { (void *)(uintptr_t)bytes, len } };

	if (writev(fuse, parts, 2) < 0)
		perror("answer");
}

/* The root is a folder, and everything else a secret. */
static void serve(int fuse)
{
	static _Alignas(8) char request[1 << 20];
	const struct fuse_in_header *head = (const void *)request;
	struct fuse_init_out init = {
		.major = FUSE_KERNEL_VERSION, .minor = FUSE_KERNEL_MINOR_VERSION, .max_write = 65536
	};
	struct fuse_attr_out attr = { .attr = { .ino = 1, .mode = S_IFDIR | 0755, .nlink = 2 } };

	while (read(fuse, request, sizeof(request)) > 0) {
		switch (head->opcode) {
		case FUSE_INIT:
			answer(fuse, head->unique, 0, &init, sizeof(init));
			break;
		case FUSE_GETATTR:
			answer(fuse, head->unique, 0, &attr, sizeof(attr));
			break;
		case FUSE_ACCESS:
			answer(fuse, head->unique, -ENOSYS, NULL, 0);
			break;
		default:
			break;
		}
	}
}

static int execute(const char *program)
{
	char *const words[] = { (char[]){ "program" }, NULL };
	char *const none[] = { NULL };
	int fd = open(program, O_PATH);

	if (fd < 0 || chroot("/mnt") < 0)
		return EXIT_FAILURE;
	(void)syscall(SYS_execveat, fd, "", words, none, AT_EMPTY_PATH);
	return EXIT_FAILURE;
}

int main(int argc, char *argv[])
{
	int fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC), ends[2];
	char options[128], byte;

	(void)snprintf(options, sizeof(options),
		"fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other", fuse);
	if (fuse < 0 || mount("stuck", "/mnt", "fuse", 0, options) < 0)
		return EXIT_FAILURE;
	if (fork() == 0) {
		serve(fuse);
		_exit(EXIT_FAILURE);
	}
	if (pipe2(ends, O_CLOEXEC) < 0)
		return EXIT_FAILURE;
	if (fork() == 0)
		_exit(execute(argv[argc - 1]));
	close(ends[1]);
	if (read(ends[0], &byte, 1) != 0) /* it ends with the execve(2) */
		return EXIT_FAILURE;
	if (chown("/tmp", 7, 7) < 0 || write(STDOUT_FILENO, "executed\n", 9) != 9)
		return EXIT_FAILURE;
	return pause();
}
