/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One replacement, for replace.sh to disturb.
 *
 *     replace-once FOLDER NAME LETTER SIZE   replaces FOLDER/NAME
 *     replace-once --mark FILE               gives it an extended attribute
 *     replace-once --check FILE              prints "LETTER SIZE ATTRIBUTE", fails when not whole
 *
 * The content tells what it should be, so that half of one, a mixture and an empty file all show:
 * "LETTER SIZE\n" and then so many of the letter.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "host/file.h"

#define ATTRIBUTE "user.whittle-test"
#define PIECE 65536u
#define LIMIT (64u << 20)

struct content {
	char letter;
	size_t size;
};

/* In pieces, as a JSON document is written. */
static int fill(int fd, void *context, struct wh_err *err)
{
	const struct content *content = context;
	size_t left = content->size;
	char piece[PIECE];
	char head[64];
	int len = snprintf(head, sizeof(head), "%c %zu\n", content->letter, content->size);
	int r = wh_write_all(fd, head, (size_t)len);

	(void)err;
	memset(piece, content->letter, sizeof(piece));
	while (r == 0 && left > 0) {
		size_t now = left < sizeof(piece) ? left : sizeof(piece);

		r = wh_write_all(fd, piece, now);
		left -= now;
	}
	return r;
}

static int replace(char **words)
{
	struct content content = { words[2][0], strtoul(words[3], NULL, 10) };
	struct wh_err err = WH_ERR_INIT;
	int folder WH_FD = wh_open_trusted_folder(words[0], NULL, &err);
	int old WH_FD = folder < 0 ? WH_NO_FD : wh_open_trusted_at(folder, words[1], &err);

	if (old >= 0 && wh_replace_file(folder, words[1], old, fill, &content, &err) == 0)
		return 0;
	fprintf(stderr, "%s\n", err.text);
	return 1;
}

static int mark(const char *path)
{
	if (setxattr(path, ATTRIBUTE, "marked", strlen("marked"), 0) == 0 || errno == ENOTSUP)
		return 0;
	perror(path);
	return 1;
}

static int check(const char *path)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int fd WH_FD = open(path, O_RDONLY | O_CLOEXEC);
	char attribute[16] = "";
	size_t size, head;
	char letter;

	if (fd < 0 || wh_read_all(fd, LIMIT, &text, NULL) < 0 || text.len == 0)
		return 1;
	if (sscanf(text.data, "%c %zu\n", &letter, &size) != 2)
		return 1;
	head = strcspn(text.data, "\n") + 1;
	if (text.len != head + size)
		return 1;
	for (size_t i = head; i < text.len; i++) {
		if (text.data[i] != letter)
			return 1;
	}
	if (fgetxattr(fd, ATTRIBUTE, attribute, sizeof(attribute) - 1) < 0)
		strcpy(attribute, "none");
	printf("%c %zu %s\n", letter, size, attribute);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 5)
		return replace(argv + 1);
	if (argc == 3 && strcmp(argv[1], "--mark") == 0)
		return mark(argv[2]);
	if (argc == 3 && strcmp(argv[1], "--check") == 0)
		return check(argv[2]);
	fprintf(stderr, "usage: see the head of replace-once.c\n");
	return 2;
}
