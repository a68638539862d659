// SPDX-License-Identifier: Apache-2.0
/*
 * Tries what privileges are for, one after the other, from inside a container, and prints for each
 * "name ok" or "name ERRNO". Nothing is changed where it works: files are opened and not written,
 * calls get arguments that the kernel refuses only after it has asked for the privilege.
 *
 * Arguments: a process of the host to look for (0: none), the path of a socket ("": none).
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t host_process;
static const char *socket_path;

static long closing(int fd)
{
	if (fd >= 0)
		close(fd);
	return fd;
}

static long write_open(const char *path)
{
	return closing(open(path, O_WRONLY | O_CLOEXEC));
}

static long core_pattern(void)
{
	return write_open("/proc/sys/kernel/core_pattern");
}

static long sysfs(void)
{
	return write_open("/sys/kernel/mm/transparent_hugepage/enabled");
}

static long make_disk(void)
{
	long r = mknod("/tmp/tries-disk", S_IFBLK | 0600, makedev(7, 0));

	unlink("/tmp/tries-disk");
	return r;
}

/* The node is in the image, so that only the device cgroup stands before it. */
static long open_device(void)
{
	return closing(open("/device", O_RDONLY | O_CLOEXEC));
}

/* A hierarchy of cgroups of the first version, whose release agent the host would run
 * (cgroup-v1/cgroups.rst); opened and not written. */
static long release_agent(void)
{
	static const char *const hierarchies[] = { "memory", "pids", "rdma", "freezer", "cpuset" };
	long r = -1;

	for (size_t i = 0; r < 0 && i < sizeof(hierarchies) / sizeof(hierarchies[0]); i++) {
		if (mount("cgroup", "/tmp", "cgroup", 0, hierarchies[i]) < 0)
			continue;
		r = write_open("/tmp/release_agent");
		umount("/tmp");
	}
	return r;
}

static long mount_tmpfs(void)
{
	long r = mount("tmpfs", "/tmp", "tmpfs", 0, NULL);

	if (r == 0)
		umount("/tmp");
	return r;
}

static long remount_proc(void)
{
	return mount(NULL, "/proc/sys", NULL, MS_REMOUNT | MS_BIND, NULL);
}

static long new_user_namespace(void)
{
	return unshare(CLONE_NEWUSER);
}

static long new_mount_namespace(void)
{
	return unshare(CLONE_NEWNS);
}

static long clone3_user_namespace(void)
{
	struct {
		unsigned long flags, pidfd, child_tid, parent_tid, exit_signal, stack, size, tls;
	} args = { .flags = CLONE_NEWUSER, .exit_signal = SIGCHLD };
	long r = syscall(SYS_clone3, &args, sizeof(args));

	if (r == 0)
		_exit(0);
	if (r > 0)
		waitpid((pid_t)r, NULL, 0);
	return r;
}

static long join_namespace(void)
{
	int fd = open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC);
	long r = fd < 0 ? -1 : setns(fd, CLONE_NEWUTS);
	int number = errno;

	closing(fd);
	errno = number;
	return r;
}

static long change_root(void)
{
	return chroot("/tmp");
}

static long raw_socket(void)
{
	return closing(socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, 1));
}

static long load_bpf(void)
{
	/* BPF_MAP_CREATE of an array: type, key, value, entries. */
	unsigned attributes[32] = { 2, 4, 4, 1 };

	return closing((int)syscall(SYS_bpf, 0, attributes, sizeof(attributes)));
}

static long watch_cpu(void)
{
	struct perf_event_attr attributes = { .type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attributes),
		.config = PERF_COUNT_SW_CPU_CLOCK };

	return closing((int)syscall(SYS_perf_event_open, &attributes, -1, 0, -1, 0));
}

static long load_module(void)
{
	long r = syscall(SYS_finit_module, -1, "", 0);

	return r < 0 && errno != EPERM ? 0 : r; /* EBADF: it was allowed to try */
}

static long read_keys(void)
{
	return syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, -3 /* the session's */, 0);
}

static long open_by_handle(void)
{
	struct {
		unsigned bytes;
		int type;
		unsigned char handle[8];
	} handle = { 8, 1, { 2 } };
	int fd = open("/", O_RDONLY | O_CLOEXEC);
	long r = syscall(SYS_open_by_handle_at, fd, &handle, O_RDONLY);
	int number = errno;

	closing(fd);
	errno = number;
	return r < 0 && errno != EPERM ? 0 : r; /* ESTALE: it was allowed to try */
}

static long file_system_by_handle(void)
{
	return closing((int)syscall(SYS_fsopen, "tmpfs", 0));
}

static long ports(void)
{
	return syscall(SYS_ioperm, 0x80, 1, 1);
}

static long clock(void)
{
	struct timespec now = { .tv_nsec = -1 };
	long r = syscall(SYS_clock_settime, 0, &now);

	return r < 0 && errno != EPERM ? 0 : r; /* EINVAL: it was allowed to try */
}

static long restart(void)
{
	long r = syscall(SYS_reboot, 0, 0, 0, 0);

	return r < 0 && errno != EPERM ? 0 : r;
}

static long host_name(void)
{
	char name[64];

	gethostname(name, sizeof(name));
	return sethostname(name, strlen(name));
}

static long signal_host(void)
{
	return host_process > 0 ? kill(host_process, 0) : -1;
}

static long trace_host(void)
{
	long r = ptrace(PTRACE_SEIZE, host_process, 0, 0);

	if (r == 0)
		ptrace(PTRACE_DETACH, host_process, 0, 0);
	return r;
}

static long connect_socket(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	long r;
	int number;

	strncpy(address.sun_path, socket_path, sizeof(address.sun_path) - 1);
	r = connect(fd, (struct sockaddr *)&address, sizeof(address));
	number = errno;
	closing(fd);
	errno = number;
	return r;
}

static const struct {
	const char *name;
	long (*try)(void);
} tries[] = {
	{ "bpf", load_bpf },
	{ "chroot", change_root },
	{ "clock", clock },
	{ "clone3-user", clone3_user_namespace },
	{ "connect", connect_socket },
	{ "core-pattern", core_pattern },
	{ "device", open_device },
	{ "fsopen", file_system_by_handle },
	{ "hostname", host_name },
	{ "ioperm", ports },
	{ "keyctl", read_keys },
	{ "kill-host", signal_host },
	{ "mknod", make_disk },
	{ "module", load_module },
	{ "mount", mount_tmpfs },
	{ "open-by-handle", open_by_handle },
	{ "perf", watch_cpu },
	{ "ptrace-host", trace_host },
	{ "raw-socket", raw_socket },
	{ "reboot", restart },
	{ "release-agent", release_agent },
	{ "remount-proc", remount_proc },
	{ "setns", join_namespace },
	{ "sysfs", sysfs },
	{ "unshare-mount", new_mount_namespace },
	{ "unshare-user", new_user_namespace },
};

/* Each in a process of its own, so that none spoils the next. */
static void run(size_t index)
{
	pid_t child = fork();

	if (child == 0) {
		long r;

		errno = 0;
		r = tries[index].try();
		if (r >= 0)
			printf("%s ok\n", tries[index].name);
		else
			printf("%s %s\n", tries[index].name, strerrorname_np(errno));
		fflush(stdout);
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

int main(int argc, char *argv[])
{
	host_process = argc > 1 ? (pid_t)atoi(argv[1]) : 0;
	socket_path = argc > 2 ? argv[2] : "";
	setbuf(stdout, NULL);
	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++)
		run(i);
	return 0;
}
