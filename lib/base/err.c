/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first failure is the cause; what fails after it is a consequence. So a filled error is never
 * overwritten, only given context.
 */

#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Worded apart from strerror(3): see the head of err.h. */
static const struct {
	int number;
	const char *text;
} errno_texts[] = {
	{ E2BIG, "too large" },
	{ EACCES, "access refused by the system" },
	{ EAGAIN, "the resource is busy" },
	{ EBADF, "the file descriptor is not open" },
	{ EBUSY, "the resource is busy" },
	{ EDQUOT, "the disk quota is used up" },
	{ EEXIST, "it exists already" },
	{ EFBIG, "the file is too large" },
	{ EINTR, "interrupted" },
	{ EINVAL, "not valid" },
	{ EIO, "input or output error of the device" },
	{ EISDIR, "it is a folder" },
	{ ELOOP, "it is or contains a symbolic link" },
	{ EMFILE, "too many open files in this process" },
	{ EMSGSIZE, "the message is too long" },
	{ ENAMETOOLONG, "the name is too long" },
	{ ENFILE, "too many open files on this host" },
	{ ENODEV, "the device does not exist" },
	{ ENOENT, "it does not exist" },
	{ ENOEXEC, "it is not a program that this kernel runs" },
	{ ENOMEM, "out of memory" },
	{ ENOSPC, "the disk is full" },
	{ ENOSYS, "this kernel lacks the system call" },
	{ ENOTDIR, "a part of the path is not a folder" },
	{ ENOTSUP, "not supported here" },
	{ ENXIO, "no such device or reader" },
	{ EPERM, "refused by the system" },
	{ EROFS, "the file system is read-only" },
	{ ESTALE, "the network file is stale" },
	{ ETXTBSY, "the program is being written to" },
};

const char *wh_errno_text(int number)
{
	for (size_t i = 0; i < WH_COUNT(errno_texts); i++) {
		if (errno_texts[i].number == number)
			return errno_texts[i].text;
	}
	return "unexpected failure of the system";
}

void wh_copy_printable(char *to, size_t size, const char *from)
{
	static const char digits[] = "0123456789abcdef";
	size_t used = 0;

	for (; *from != '\0' && used + sizeof("\\xNN") <= size; from++) {
		unsigned char byte = (unsigned char)*from;

		if (byte >= ' ' && byte <= '~') {
			to[used++] = (char)byte;
			continue;
		}
		to[used++] = '\\';
		to[used++] = 'x';
		to[used++] = digits[byte >> 4];
		to[used++] = digits[byte & 15];
	}
	to[used] = '\0';
}

static WH_PRINTF(3, 0) void fill(struct wh_err *err, int number, const char *format, va_list args)
{
	char text[sizeof(err->text)];

	(void)vsnprintf(text, sizeof(text), format, args);
	wh_copy_printable(err->text, sizeof(err->text), text);
	err->number = number;
}

int wh_fail(struct wh_err *err, int number, const char *format, ...)
{
	va_list args;

	if (err == NULL || err->number != 0)
		return -number;
	va_start(args, format);
	fill(err, number, format, args);
	va_end(args);
	return -number;
}

int wh_fail_errno(struct wh_err *err, int number, const char *format, ...)
{
	va_list args;
	size_t len;

	if (err == NULL || err->number != 0)
		return -number;
	va_start(args, format);
	fill(err, number, format, args);
	va_end(args);
	len = strlen(err->text);
	wh_copy_printable(err->text + len, sizeof(err->text) - len, ": ");
	len = strlen(err->text);
	wh_copy_printable(err->text + len, sizeof(err->text) - len, wh_errno_text(number));
	return -number;
}

void wh_err_prefix(struct wh_err *err, const char *format, ...)
{
	char joined[sizeof(err->text) * 2 + 1];
	char context[sizeof(err->text)];
	va_list args;

	if (err == NULL || err->number == 0)
		return;
	va_start(args, format);
	(void)vsnprintf(context, sizeof(context), format, args);
	va_end(args);
	(void)snprintf(joined, sizeof(joined), "%s: %s", context, err->text);
	wh_copy_printable(err->text, sizeof(err->text), joined);
}
