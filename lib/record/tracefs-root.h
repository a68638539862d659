/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The kernel's tracing file system, Documentation/trace/ftrace.rst, whether or not it is mounted.
 * Paths are relative to its root or to a folder of it that the caller has open.
 */

#include "base/buf.h"
#include "base/err.h"
#include "base/macros.h"
#include "record/format.h"

/*
 * Its root, without a place in the file system (fsopen(2), Linux 5.2), else where it is mounted.
 * The descriptor; -ENOTSUP where the kernel has none, -EPERM where it lets us have none (no
 * CAP_SYS_ADMIN, lockdown), -errno.
 */
int wh_tracefs_open(struct wh_err *err) WH_MUST_CHECK;

/* Adds the content of a small file (at most 64 KiB) to `ret`. 0, -ENOMEM, -errno. */
int wh_tracefs_read(int folder, const char *path, struct wh_buf *ret) WH_MUST_CHECK;

/* A file that holds one number, such as events/SYSTEM/NAME/id. 0, -EINVAL, -errno. */
int wh_tracefs_read_number(int folder, const char *path, uint64_t *ret) WH_MUST_CHECK;

/* Writes to a file, in one piece, instead of what it holds or behind it. 0 or -errno. */
int wh_tracefs_write(int folder, const char *path, const char *text) WH_MUST_CHECK;
int wh_tracefs_append(int folder, const char *path, const char *text) WH_MUST_CHECK;

/* The format of "SYSTEM/NAME". 0; -ENOENT when there is no such event; -EINVAL; -errno. */
int wh_tracefs_format(int root, const char *event, struct wh_format *ret) WH_MUST_CHECK;
