/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file is replaced by writing another beside it and renaming: rename(2) is atomic, so a reader
 * and a crash see the old or the new one. Nothing is ever done to the old file.
 *
 * The temporary file's name can't be guessed and its creation is exclusive, so nobody can have
 * put a link there. Its writer holds a lock (flock(2)) on it until it is renamed; the kernel drops
 * the lock when the writer dies, however it dies. So a temporary file that can be locked was left
 * by a dead run, and the next run removes it; and two runs at once never touch each other's.
 */

#include "host/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U /* include/uapi/linux/memfd.h, since Linux 6.3 */
#endif

#define MARK ".whittle-"
#define RANDOM_BYTES 16
#define RANDOM_DIGITS (2 * (size_t)RANDOM_BYTES)
#define MAX_TRIES 64
#define XATTR_MAX 65536 /* XATTR_SIZE_MAX and XATTR_LIST_MAX, linux/limits.h */

struct replacement {
	int folder;
	int old;
	int fd;                  /* the temporary file, locked */
	struct stat st;          /* of it, as created */
	const char *name;        /* what it will be called */
	char temp[NAME_MAX + 1]; /* what it is called; "" while there is none */
};

int wh_write_all(int fd, const void *bytes, size_t len)
{
	const char *at = bytes;

	while (len > 0) {
		ssize_t put = write(fd, at, len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -errno;
		if (put == 0)
			return -EIO;
		at += put;
		len -= (size_t)put;
	}
	return 0;
}

/* ---- the temporary file ----------------------------------------------------------------- */

static bool is_temp_name(const char *candidate, const char *name)
{
	size_t len = strlen(name);

	if (candidate[0] != '.' || strncmp(candidate + 1, name, len) != 0)
		return false;
	candidate += 1 + len;
	if (strncmp(candidate, MARK, strlen(MARK)) != 0)
		return false;
	candidate += strlen(MARK);
	return strspn(candidate, "0123456789abcdef") == RANDOM_DIGITS &&
	       candidate[RANDOM_DIGITS] == '\0';
}

static int make_temp_name(struct replacement *new, struct wh_err *err)
{
	unsigned char bytes[RANDOM_BYTES];
	char digits[RANDOM_DIGITS + 1];
	int len;

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return wh_fail(err, EIO, "the system gives no random numbers");
	for (size_t i = 0; i < sizeof(bytes); i++)
		(void)snprintf(digits + 2 * i, 3, "%02x", bytes[i]);
	len = snprintf(new->temp, sizeof(new->temp), ".%s" MARK "%s", new->name, digits);
	if (len < 0 || (size_t)len >= sizeof(new->temp)) {
		new->temp[0] = '\0';
		return wh_fail(err, ENAMETOOLONG,
			"a file's name is too long for a temporary file beside it");
	}
	return 0;
}

/* Removes what a dead run left under this name. What is no regular file never was a run's. */
static void sweep_one(int folder, const char *temp)
{
	int fd WH_FD =
		openat(folder, temp, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		(void)unlinkat(folder, temp, 0);
}

/*
 * Housekeeping: that it can't be done is no reason not to go on. A listing has ended when there is
 * nothing more and not sooner: some file systems (NFS, FUSE) and a pending signal end a call before
 * the buffer is full.
 */
void wh_sweep_replaced(int folder, const char *name)
{
	_Alignas(struct dirent64) char entries[4096];
	bool readable = lseek(folder, 0, SEEK_SET) == 0; /* an O_PATH descriptor is not */
	int again WH_FD =
		readable ? WH_NO_FD : openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int list = readable ? folder : again;
	ssize_t len;

	while (list >= 0 && (len = getdents64(list, entries, sizeof(entries))) > 0) {
		for (ssize_t at = 0; at < len;) {
			const struct dirent64 *entry = (const struct dirent64 *)(entries + at);

			if (is_temp_name(entry->d_name, name))
				sweep_one(folder, entry->d_name);
			at += entry->d_reclen;
		}
	}
}

/* Whether the file is locked by us and still there: another run may have taken it for a left-over
 * before it was locked. Where there are no locks at all, nobody can have. */
static bool is_claimed(struct replacement *new)
{
	if (flock(new->fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK)
		return false;
	return fstat(new->fd, &new->st) == 0 && new->st.st_nlink > 0;
}

static void drop_temp(struct replacement *new)
{
	if (new->temp[0] != '\0')
		(void)unlinkat(new->folder, new->temp, 0);
	new->temp[0] = '\0';
	wh_close_fd(&new->fd);
}

static int create_temp(struct replacement *new, struct wh_err *err)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY;

	for (unsigned tries = 0; tries < MAX_TRIES; tries++) {
		int r = make_temp_name(new, err);

		if (r < 0)
			return r;
		new->fd = openat(new->folder, new->temp, flags, 0600);
		if (new->fd < 0) {
			int number = errno;

			new->temp[0] = '\0'; /* not ours, whatever it is */
			if (number == EEXIST)
				continue;
			return wh_fail_errno(
				err, number, "cannot create a temporary file beside %s", new->name);
		}
		if (is_claimed(new))
			return 0;
		drop_temp(new);
	}
	return wh_fail(
		err, EAGAIN, "the temporary file beside %s is removed again and again", new->name);
}

/* ---- extended attributes ---------------------------------------------------------------- */

/* Bound to the content or kept by the kernel: a copy would be wrong, if it could be set at all. */
static bool is_computed(const char *attribute)
{
	return strcmp(attribute, "security.ima") == 0 || strcmp(attribute, "security.evm") == 0;
}

/* The names, each with its NUL; none where the file system knows no attributes. */
static int list_xattrs(int fd, struct wh_buf *ret, struct wh_err *err)
{
	ssize_t len = flistxattr(fd, NULL, 0);

	if (len > 0) {
		if (wh_buf_reserve(ret, XATTR_MAX) < 0)
			return wh_fail_errno(err, ENOMEM, "cannot copy the extended attributes");
		len = flistxattr(fd, ret->data, XATTR_MAX);
	}
	if (len < 0 && errno != ENOTSUP)
		return wh_fail_errno(err, errno, "cannot list the extended attributes");
	ret->len = len < 0 ? 0 : (size_t)len;
	return 0;
}

static bool has_name(const struct wh_buf *names, const char *name)
{
	for (size_t at = 0; at < names->len; at += strlen(names->data + at) + 1) {
		if (strcmp(names->data + at, name) == 0)
			return true;
	}
	return false;
}

static int copy_xattr(struct replacement *new, const char *name, struct wh_err *err)
{
	struct wh_buf values WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	ssize_t want, have;

	if (wh_buf_reserve(&values, 2 * (size_t)XATTR_MAX) < 0)
		return wh_fail_errno(err, ENOMEM, "cannot copy the extended attributes");
	want = fgetxattr(new->old, name, values.data, XATTR_MAX);
	if (want < 0)
		return wh_fail_errno(
			err, errno, "cannot read the extended attribute %s of %s", name, new->name);
	/* What the new file has by itself (an SELinux label, say) may not be ours to set. */
	have = fgetxattr(new->fd, name, values.data + XATTR_MAX, XATTR_MAX);
	if (have == want && memcmp(values.data, values.data + XATTR_MAX, (size_t)want) == 0)
		return 0;
	if (fsetxattr(new->fd, name, values.data, (size_t)want, 0) < 0)
		return wh_fail_errno(
			err, errno, "cannot keep the extended attribute %s of %s", name, new->name);
	return 0;
}

/* Also takes away what the old file did not have, such as an ACL that the folder hands down. */
static int copy_xattrs(struct replacement *new, struct wh_err *err)
{
	struct wh_buf want WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_buf have WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int r = list_xattrs(new->old, &want, err);

	if (r == 0)
		r = list_xattrs(new->fd, &have, err);
	for (size_t at = 0; r == 0 && at < have.len; at += strlen(have.data + at) + 1) {
		const char *name = have.data + at;

		if (!is_computed(name) && !has_name(&want, name) && fremovexattr(new->fd, name) < 0)
			r = wh_fail_errno(err, errno,
				"cannot take the extended attribute %s from the new %s", name,
				new->name);
	}
	for (size_t at = 0; r == 0 && at < want.len; at += strlen(want.data + at) + 1) {
		if (!is_computed(want.data + at))
			r = copy_xattr(new, want.data + at, err);
	}
	return r;
}

/* ---- putting it in place ---------------------------------------------------------------- */

/* Owner first, since chown(2) clears mode bits; the mode last, since before the new file is in
 * every respect as the old one nobody else shall read it. */
static int copy_rights(struct replacement *new, struct wh_err *err)
{
	struct stat old;
	int r;

	if (fstat(new->old, &old) < 0)
		return wh_fail_errno(err, errno, "cannot look at the old %s", new->name);
	if ((old.st_uid != new->st.st_uid || old.st_gid != new->st.st_gid) &&
		fchown(new->fd, old.st_uid, old.st_gid) < 0)
		return wh_fail_errno(
			err, errno, "cannot keep the owner and group of %s", new->name);
	r = copy_xattrs(new, err);
	if (r < 0)
		return r;
	if (fchmod(new->fd, old.st_mode & 07777) < 0)
		return wh_fail_errno(err, errno, "cannot keep the mode of %s", new->name);
	return 0;
}

/*
 * Whether a crash of the machine between rename and write-back can't leave an empty file. On memory
 * nothing is left at all. ext4 writes the data of a file that replaces another before the rename
 * gets into the journal: auto_da_alloc and data=ordered, the defaults, in the kernel's
 * Documentation/admin-guide/ext4.rst; whoever mounts with others has decided. Its magic number is
 * ext2's and ext3's, too. btrfs only begins to write at the rename and waits for nothing, so it is
 * not here; nor is XFS.
 */
static bool orders_data(int fd)
{
	static const unsigned long ordering[] = { TMPFS_MAGIC, RAMFS_MAGIC, EXT4_SUPER_MAGIC };
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return false;
	for (size_t i = 0; i < WH_COUNT(ordering); i++) {
		if ((unsigned long)fs.f_type == ordering[i])
			return true;
	}
	return false;
}

static int fill_and_rename(
	struct replacement *new, wh_fill_file *fill, void *context, struct wh_err *err)
{
	int r = fill(new->fd, context, err);

	if (r < 0)
		return wh_fail_errno(err, -r, "cannot write the new %s", new->name);
	r = copy_rights(new, err);
	if (r < 0)
		return r;
	if (!orders_data(new->fd) && fdatasync(new->fd) < 0)
		return wh_fail_errno(err, errno, "cannot write the new %s", new->name);
	if (renameat(new->folder, new->temp, new->folder, new->name) < 0)
		return wh_fail_errno(err, errno, "cannot put the new %s in its place", new->name);
	new->temp[0] = '\0'; /* from here there is none to remove */
	return 0;
}

int wh_replace_file(int folder, const char *name, int old, wh_fill_file *fill, void *context,
	struct wh_err *err)
{
	struct replacement new WH_CLEANUP(
		drop_temp) = { .folder = folder, .old = old, .fd = WH_NO_FD, .name = name };
	int r;

	wh_sweep_replaced(folder, name);
	r = create_temp(&new, err);
	if (r < 0)
		return r;
	return fill_and_rename(&new, fill, context, err);
}

/* ---- memory files ----------------------------------------------------------------------- */

/* Without the right to execute where the kernel knows that (since 6.3 it warns of the rest). */
static int create_memory(const char *name)
{
	const unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	int fd = memfd_create(name, flags | MFD_NOEXEC_SEAL);

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create(name, flags);
	return fd;
}

int wh_seal_memory(const char *name, const void *bytes, size_t len, int minimum, struct wh_err *err)
{
	const int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
	int fd WH_FD = create_memory(name);
	int copy, r;

	if (fd < 0)
		return wh_fail_errno(err, errno, "cannot create a memory file");
	r = wh_write_all(fd, bytes, len);
	if (r < 0)
		return wh_fail_errno(err, -r, "cannot write a memory file");
	if (lseek(fd, 0, SEEK_SET) < 0 || fcntl(fd, F_ADD_SEALS, seals) < 0)
		return wh_fail_errno(err, errno, "cannot seal a memory file");
	copy = fcntl(fd, F_DUPFD, minimum);
	if (copy < 0 && (errno == EINVAL || errno == EMFILE))
		return wh_fail(err, errno,
			"a file descriptor of at least %d is needed for the runtime, more than the "
			"limit "
			"on open files allows; raise it (ulimit -n), or pass on fewer descriptors",
			minimum);
	if (copy < 0)
		return wh_fail_errno(err, errno, "cannot pass on a memory file");
	return copy;
}

int wh_open_model(int folder, mode_t mode, struct wh_err *err)
{
	char name[64];
	int fd = openat(folder, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, mode);

	if (fd < 0) {
		(void)snprintf(name, sizeof(name), ".whittle-new-%ld", (long)getpid());
		fd = openat(folder, name, O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW | O_CLOEXEC, mode);
		if (fd >= 0)
			(void)unlinkat(folder, name, 0);
	}
	if (fd < 0)
		return wh_fail_errno(err, errno, "cannot create a file");
	if (fchmod(fd, mode) < 0) {
		int number = errno;

		wh_close_fd(&fd);
		return wh_fail_errno(err, number, "cannot create a file");
	}
	return fd;
}
