/* SPDX-License-Identifier: Apache-2.0 */
#include "record/program.h"

#include <endian.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fd.h"
#include "host/confine.h"
#include "host/process.h"

#define SCRIPTS_MAX 4   /* interpreters that are scripts themselves, fs/exec.c */
#define SCRIPT_LINE 256 /* of a script's first line, BINPRM_BUF_SIZE */

bool wh_program_parse_capabilities(struct wh_slice value, struct wh_program *ret)
{
	static const struct {
		uint32_t revision;
		size_t size;
	} revisions[] = {
		{ VFS_CAP_REVISION_1, XATTR_CAPS_SZ_1 },
		{ VFS_CAP_REVISION_2, XATTR_CAPS_SZ_2 },
		{ VFS_CAP_REVISION_3, XATTR_CAPS_SZ_3 },
	};
	struct vfs_ns_cap_data data = { .magic_etc = 0 };
	uint32_t magic;
	size_t i = 0;

	if (value.len < sizeof(magic) || value.len > sizeof(data))
		return false;
	memcpy(&data, value.data, value.len);
	magic = le32toh(data.magic_etc);
	while (i < WH_COUNT(revisions) &&
		(revisions[i].revision != (magic & VFS_CAP_REVISION_MASK) ||
			revisions[i].size != value.len))
		i++;
	if (i == WH_COUNT(revisions))
		return false;
	ret->effective = (magic & VFS_CAP_FLAGS_EFFECTIVE) != 0;
	ret->capabilities = le32toh(data.data[0].permitted);
	if (value.len > XATTR_CAPS_SZ_1)
		ret->capabilities |= (wh_capset)le32toh(data.data[1].permitted) << 32;
	return true;
}

/* ---- finding it -------------------------------------------------------------------------------
 */

static int open_in(int root, const char *path, uint64_t resolve)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | resolve };
	int fd = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));

	return fd < 0 ? -errno : fd;
}

/* The number of the mount that what is open lies on, from fdinfo; 0: not known. */
static uint64_t mount_of(int proc, int fd)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	unsigned long long id = 0;
	const char *found;
	char name[32];

	(void)snprintf(name, sizeof(name), "fdinfo/%d", fd);
	if (wh_process_text(proc, getpid(), name, 4096, &text) < 0 || text.data == NULL)
		return 0;
	found = strstr(text.data, "mnt_id:");
	return found != NULL && sscanf(found, "mnt_id: %llu", &id) == 1 ? id : 0;
}

/* Whether what is open lies on a file system that could keep us waiting. Asked of the kernel alone:
 * fdinfo has the mount, and mountinfo its type. */
static bool is_foreign(int pid, int fd)
{
	static const char *const types[] = { "fuse", "nfs", "cifs", "smb3", "9p", "ceph", "afs",
		"virtiofs" };
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	int proc WH_FD = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	uint64_t id = proc < 0 ? 0 : mount_of(proc, fd);
	const struct wh_mount *mount = NULL;
	struct wh_mounts mounts;

	if (id == 0 || wh_confine_mounts(proc, pid, &arena, &mounts) < 0)
		return true;
	mount = wh_mounts_find(&mounts, id, "");
	for (size_t i = 0; mount != NULL && i < WH_COUNT(types); i++) {
		if (strncmp(mount->type, types[i], strlen(types[i])) == 0)
			return true;
	}
	return mount == NULL;
}

/* A folder that /proc links to; the way there asks no file system. */
static int open_link(int pid, const char *link)
{
	char name[32];
	int fd;

	(void)snprintf(name, sizeof(name), "/proc/%d/%s", pid, link);
	fd = open(name, O_PATH | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* The same file system as the first process's root is the engine's, whatever it is. */
static bool is_engines(int init, int folder)
{
	int proc WH_FD = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int root WH_FD = open_link(init, "root");
	uint64_t id = proc < 0 || root < 0 ? 0 : mount_of(proc, root);

	return id != 0 && id == mount_of(proc, folder);
}

/* On the file system of that folder, else, where the kernel has the way there in mind (Linux 5.12),
 * on another that does not keep us waiting. */
static int find_in(int pid, int init, const char *link, const char *path)
{
	int root WH_FD = open_link(pid, link);
	int fd WH_FD = WH_NO_FD;

	if (root < 0)
		return root;
	if (!is_engines(init, root) && is_foreign(pid, root))
		return -ENOENT;
	fd = open_in(root, path, RESOLVE_NO_XDEV);
	if (fd == -EXDEV) {
		fd = open_in(root, path, RESOLVE_CACHED);
		if (fd >= 0 && is_foreign(pid, fd))
			return -ENOENT;
	}
	return wh_steal_fd(fd);
}

/* A path from the working folder that leads out of it, as one from the root. */
static int find_beside(int tid, int init, const char *path)
{
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	int proc WH_FD = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const char *folder = NULL, *whole = NULL;

	if (proc < 0 || wh_process_link(proc, tid, "cwd", &arena, &folder) < 0 || folder[0] != '/')
		return -ENOENT;
	whole = wh_arena_printf(&arena, "%s/%s", folder, path);
	return whole == NULL ? -ENOMEM : find_in(tid, init, "root", whole);
}

/* What it runs now: the same, unless it has gone on to another one meanwhile. */
static int find_running(int tid)
{
	int fd WH_FD = open_link(tid, "exe");

	return fd < 0 || is_foreign(tid, fd) ? -ENOENT : wh_steal_fd(fd);
}

static int find(const struct wh_program_place *place, const char *path)
{
	int tid = place->tid, init = place->init, fd;

	if (path[0] == '/')
		fd = find_in(tid, init, "root", path);
	else if (strstr(path, "..") == NULL)
		fd = find_in(tid, init, "cwd", path);
	else
		fd = find_beside(tid, init, path);
	if (fd < 0 && path[0] == '/')
		fd = find_in(init, init, "root", path);
	if (fd < 0)
		fd = find_running(tid);
	if (fd < 0 && path[0] == '/' && place->rootfs >= 0)
		fd = open_in(place->rootfs, path, RESOLVE_NO_XDEV);
	return fd;
}

/* ---- looking at it ----------------------------------------------------------------------------
 */

static void look_at_ids(int32_t tid, const struct stat *st, struct wh_program *program)
{
	int proc WH_FD = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct wh_process process;
	bool known = proc >= 0 && wh_process_read(proc, tid, &process) == 0;

	if ((st->st_mode & S_ISUID) != 0 && (!known || process.uid != st->st_uid))
		program->setuid = true;
	if ((st->st_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) &&
		(!known || process.uid != 0))
		program->setgid = true;
}

static void look_at_capabilities(const char *link, struct wh_program *program)
{
	char value[XATTR_CAPS_SZ];
	struct wh_program of_file = { .capabilities = 0 };
	ssize_t got = getxattr(link, "security.capability", value, sizeof(value));

	if (got <= 0 ||
		!wh_program_parse_capabilities((struct wh_slice){ value, (size_t)got }, &of_file))
		return;
	program->capabilities |= of_file.capabilities;
	program->effective = program->effective || of_file.effective;
}

/* The interpreter of a script, from its first line; "" for none. */
static void read_head(const char *link, struct wh_program *program, char interpreter[SCRIPT_LINE])
{
	char head[SCRIPT_LINE] = "";
	int fd WH_FD = open(link, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, head, sizeof(head) - 1);

	interpreter[0] = '\0';
	if (got > EI_CLASS && memcmp(head, ELFMAG, SELFMAG) == 0)
		program->narrow = program->narrow || head[EI_CLASS] == ELFCLASS32;
	if (got < 3 || head[0] != '#' || head[1] != '!')
		return;
	head[2 + strcspn(head + 2, "\n")] = '\0';
	memcpy(interpreter, head + 2 + strspn(head + 2, " \t"),
		sizeof(head) - 2 - strspn(head + 2, " \t"));
	interpreter[strcspn(interpreter, " \t\r")] = '\0';
}

static int look(const struct wh_program_place *place, const char *path, struct wh_program *ret,
	char interpreter[SCRIPT_LINE])
{
	int fd WH_FD = find(place, path);
	struct stat st;
	char link[32];

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -ENOENT;
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	read_head(link, ret, interpreter);
	/* The kernel goes by the interpreter's alone. */
	if (interpreter[0] == '\0') {
		look_at_ids(place->tid, &st, ret);
		look_at_capabilities(link, ret);
	}
	return 0;
}

int wh_program_look(
	const struct wh_program_place *place, struct wh_slice file, struct wh_program *ret)
{
	char path[PATH_MAX], interpreter[SCRIPT_LINE];
	int r;

	*ret = (struct wh_program){ .capabilities = 0 };
	if (file.len == 0 || file.len >= sizeof(path) || memchr(file.data, '\0', file.len) != NULL)
		return -ENOENT;
	memcpy(path, file.data, file.len);
	path[file.len] = '\0';
	r = look(place, path, ret, interpreter);
	for (unsigned i = 0; r == 0 && interpreter[0] != '\0' && i < SCRIPTS_MAX; i++) {
		(void)snprintf(path, sizeof(path), "%s", interpreter);
		if (look(place, path, ret, interpreter) < 0)
			break;
	}
	return r;
}
