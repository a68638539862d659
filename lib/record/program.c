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
	struct vfs_ns_cap_data data = { .magic_etc = 0 };
	uint32_t magic;

	if (value.len < XATTR_CAPS_SZ_1 || value.len > sizeof(data))
		return false;
	memcpy(&data, value.data, value.len);
	magic = le32toh(data.magic_etc);
	if (((magic & VFS_CAP_REVISION_MASK) == VFS_CAP_REVISION_1 &&
		    value.len != XATTR_CAPS_SZ_1) ||
		((magic & VFS_CAP_REVISION_MASK) == VFS_CAP_REVISION_2 &&
			value.len != XATTR_CAPS_SZ_2) ||
		((magic & VFS_CAP_REVISION_MASK) == VFS_CAP_REVISION_3 &&
			value.len != XATTR_CAPS_SZ_3))
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

/* Whether what is open lies on a file system that could keep us waiting. Asked of the kernel alone:
 * fdinfo has the mount, and mountinfo its type. */
static bool is_foreign(int pid, int fd)
{
	static const char *const types[] = { "fuse", "nfs", "cifs", "smb3", "9p", "ceph", "afs" };
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	int proc WH_FD = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	const struct wh_mount *mount = NULL;
	struct wh_mounts mounts;
	unsigned long long id = 0;
	const char *found;
	char name[32];

	(void)snprintf(name, sizeof(name), "fdinfo/%d", fd);
	if (wh_process_text(proc, getpid(), name, 4096, &text) < 0)
		return true;
	found = strstr(text.data, "mnt_id:");
	if (found == NULL || sscanf(found, "mnt_id: %llu", &id) != 1 ||
		wh_confine_mounts(proc, pid, &arena, &mounts) < 0)
		return true;
	mount = wh_mounts_find(&mounts, id, "");
	for (size_t i = 0; mount != NULL && i < WH_COUNT(types); i++) {
		if (strncmp(mount->type, types[i], strlen(types[i])) == 0)
			return true;
	}
	return mount == NULL;
}

/* On the root file system, else, where the kernel has the way there in mind (Linux 5.12), on
 * another that does not keep us waiting. */
static int find_in(int pid, const char *folder, const char *path)
{
	char name[32];
	int root WH_FD = WH_NO_FD, fd WH_FD = WH_NO_FD;

	(void)snprintf(name, sizeof(name), "/proc/%d/%s", pid, folder);
	root = open(name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return -errno;
	fd = open_in(root, path, RESOLVE_NO_XDEV);
	if (fd == -EXDEV) {
		fd = open_in(root, path, RESOLVE_CACHED);
		if (fd >= 0 && is_foreign(pid, fd))
			return -ENOENT;
	}
	return wh_steal_fd(fd);
}

static int find(int32_t tid, int32_t init, const char *path)
{
	int fd = path[0] == '/' ? find_in(tid, "root", path) : find_in(tid, "cwd", path);

	return fd < 0 && path[0] == '/' ? find_in(init, "root", path) : fd;
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

static int look(int32_t tid, int32_t init, const char *path, struct wh_program *ret,
	char interpreter[SCRIPT_LINE])
{
	int fd WH_FD = find(tid, init, path);
	struct stat st;
	char link[32];

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -ENOENT;
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	look_at_ids(tid, &st, ret);
	look_at_capabilities(link, ret);
	read_head(link, ret, interpreter);
	return 0;
}

int wh_program_look(int32_t tid, int32_t init, struct wh_slice file, struct wh_program *ret)
{
	char path[PATH_MAX], interpreter[SCRIPT_LINE];
	int r;

	*ret = (struct wh_program){ .capabilities = 0 };
	if (file.len == 0 || file.len >= sizeof(path) || memchr(file.data, '\0', file.len) != NULL)
		return -ENOENT;
	memcpy(path, file.data, file.len);
	path[file.len] = '\0';
	r = look(tid, init, path, ret, interpreter);
	for (unsigned i = 0; r == 0 && interpreter[0] != '\0' && i < SCRIPTS_MAX; i++) {
		(void)snprintf(path, sizeof(path), "%s", interpreter);
		if (look(tid, init, path, ret, interpreter) < 0)
			break;
	}
	return r;
}
