/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Files that nobody else could have written. A path is walked one component at a time from the
 * root (for a relative one by way of the working folder), and the kernel follows no link for us:
 * every folder on the way must belong to root or the effective user and be writable by nobody else,
 * unless it is root's and sticky (/tmp). In a user namespace where the host's root has no id, the
 * folders and files of the host's root count as root's (walk.c says how they are told). Links are
 * followed by hand, only when they too belong to root or the effective user, and never those of
 * /proc, which lead wherever a process has something open; nothing below /proc is entered. File
 * systems in user space that a user could have mounted (FUSE, nosuid and nodev) are refused, since
 * they may show each reader something else. The last component of a file is never a link (but of a
 * program, which distributions install through links). So what was checked is what is open, and
 * what the runtime opens by the same path later.
 *
 * All descriptors are close-on-exec.
 */

#include <stddef.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/macros.h"

/*
 * Opens a folder: for reading, or as O_PATH where reading it is not allowed. A relative path starts
 * at the working folder, whose own folders are checked too; it is refused (-ENOENT) when the
 * working folder was removed, lies outside of the root or is no longer what its path leads to. The
 * descriptor, or -errno with the component at fault in the sentence; -EAGAIN when the folder is
 * replaced meanwhile. `ret_path` may be NULL; else its content becomes the folder's absolute path,
 * links resolved.
 */
int wh_open_trusted_folder(
	const char *path, struct wh_buf *ret_path, struct wh_err *err) WH_MUST_CHECK;

/* The absolute path of such a folder alone, links resolved, without opening it. 0 or -errno. */
int wh_resolve_trusted_folder(
	const char *path, struct wh_buf *ret, struct wh_err *err) WH_MUST_CHECK;

/*
 * Opens a regular file for reading inside an open folder: not a link, FIFO or device (never
 * blocks), one name only (st_nlink 1), owned by root or the effective user, writable by the owner
 * alone. `name` has no slash. The descriptor or -errno.
 */
int wh_open_trusted_at(int folder, const char *name, struct wh_err *err) WH_MUST_CHECK;

/* Both in one: the folder of the path, then its last component. */
int wh_open_trusted_file(const char *path, struct wh_err *err) WH_MUST_CHECK;

/*
 * The folder that holds the path's last component, opened for a caller who opens or creates that
 * one. *ret_name points into `path`. The descriptor, or -errno; -EISDIR when the path ends with
 * "/", "." or "..".
 */
int wh_open_trusted_parent(
	const char *path, const char **ret_name, struct wh_err *err) WH_MUST_CHECK;

/* Asks of an open file what wh_open_trusted_at() asks. 0; -EINVAL when it is no regular file;
 * -EPERM when somebody else could write it. */
int wh_check_trusted_file(int fd, struct wh_err *err) WH_MUST_CHECK;

/*
 * Looks at a program: a regular, executable file that only root or the effective user can write.
 * Trusted links are followed to the end, and it may have several names. It is not opened, since by
 * the same path it will be executed. 0, with what stat(2) says of it in *ret; -ENOEXEC when it is
 * not a regular file or nobody may execute it; -errno.
 */
int wh_check_trusted_program(const char *path, struct stat *ret, struct wh_err *err) WH_MUST_CHECK;

/*
 * Reads what is left in an open regular file (or pipe), at most `limit` bytes: -EFBIG when there is
 * more (told by fstat before anything is read, and again by what is read). Appends to `ret`.
 */
int wh_read_all(int fd, size_t limit, struct wh_buf *ret, struct wh_err *err) WH_MUST_CHECK;

/* The absolute path of an open file or folder, links resolved, as the kernel has it. Replaces the
 * content of `ret`. 0; -ENOENT when it has been removed meanwhile; -errno. */
int wh_path_of(int fd, struct wh_buf *ret, struct wh_err *err) WH_MUST_CHECK;

/*
 * Calls `write` to fill a new file and puts it in the place of `name` in one step: at any moment
 * the name holds the whole old or the whole new content. Owner, group, mode and extended
 * attributes are those of `old`, an open descriptor of the file being replaced (but for
 * security.ima and security.evm, which the kernel computes from the content). The temporary
 * file has an unpredictable name beginning with "." and `name`, is created exclusively, and is
 * removed on every failure; what a killed run left is found and removed by the next, while that of
 * a run still at work is left to it. On file
 * systems that do not order data before a rename by themselves, the data is flushed first.
 * `folder` is looked through, from its beginning and wherever it was read to before; it may be
 * O_PATH, which costs another descriptor. 0 or -errno.
 */
typedef int wh_fill_file(int fd, void *context, struct wh_err *err);
int wh_replace_file(int folder, const char *name, int old, wh_fill_file *fill, void *context,
	struct wh_err *err) WH_MUST_CHECK;

/*
 * An empty file without a name, as a new one in this folder would be: to be the `old` of
 * wh_replace_file() where there is no file yet. The descriptor or -errno.
 */
int wh_open_model(int folder, mode_t mode, struct wh_err *err) WH_MUST_CHECK;

/* Removes what killed runs of wh_replace_file() left beside this name, which need not be there. */
void wh_sweep_replaced(int folder, const char *name);

/* Writes all bytes, whatever the kernel takes at a time. 0 or -errno. */
int wh_write_all(int fd, const void *bytes, size_t len) WH_MUST_CHECK;

/*
 * A sealed memory file (no write, grow, shrink or further seal) with these bytes, at a descriptor
 * number of at least `minimum`, without close-on-exec: it is meant for the next program. The
 * descriptor or -errno.
 */
int wh_seal_memory(const char *name, const void *bytes, size_t len, int minimum,
	struct wh_err *err) WH_MUST_CHECK;
