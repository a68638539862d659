/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two paths are the same file when they are the same path within the same file system. mountinfo
 * has for each mount the file system and the path in it that is mounted, so that this can be told
 * from text alone, also for what lies far below: a volume that is a bind mount of /etc/kubernetes,
 * or the host's disk mounted a second time.
 */

#include "host/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/fd.h"
#include "host/file.h"

#define TEXT_LIMIT (64u << 20) /* 100 000 mounts, fs.mount-max, of some 600 bytes */

/* ---- reading -------------------------------------------------------------------------------- */

/* Takes a field off the front and ends it with NUL; NULL when there is none. */
static char *take_field(char **at)
{
	char *field = *at;
	size_t len = strcspn(field, " \n");

	if (len == 0)
		return NULL;
	*at = field + len;
	if (**at != '\0')
		*(*at)++ = '\0';
	return field;
}

/* Blank, tab, newline and backslash are written as \040 and so on. */
static void unescape(char *text)
{
	char *to = text;
	unsigned code;

	while (*text != '\0') {
		if (text[0] == '\\' && sscanf(text + 1, "%3o", &code) == 1 && code < 256) {
			*to++ = (char)code;
			text += 4;
		} else {
			*to++ = *text++;
		}
	}
	*to = '\0';
}

/* Whether a list, divided by commas, has the word. */
static bool has_word(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (; list != NULL; list = strchr(list, ',') == NULL ? NULL : strchr(list, ',') + 1) {
		if (strncmp(list, word, len) == 0 && (list[len] == '\0' || list[len] == ','))
			return true;
	}
	return false;
}

/* One line: "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue". */
static bool read_line(char *line, struct wh_mount *ret)
{
	unsigned long long id;
	unsigned major, minor;
	int used = 0;
	char *field, *root, *point, *flags, *type, *options;

	if (sscanf(line, "%llu %*u %u:%u %n", &id, &major, &minor, &used) != 3 || used == 0)
		return false;
	line += used;
	root = take_field(&line);
	point = take_field(&line);
	flags = take_field(&line);
	while ((field = take_field(&line)) != NULL && strcmp(field, "-") != 0)
		;
	type = take_field(&line);
	if (flags == NULL || field == NULL || type == NULL || *line == '\0')
		return false;
	/* The source may be empty: mount("", …) leaves two blanks. */
	if (take_field(&line) == NULL && *line == ' ')
		line++;
	options = take_field(&line);
	unescape(root);
	unescape(point);
	if (options != NULL)
		unescape(options);
	*ret = (struct wh_mount){ .id = id,
		.device = (uint64_t)major << 32 | minor,
		.root = root,
		.point = point,
		.type = type,
		.options = options == NULL ? "" : options,
		.read_only =
			has_word(flags, "ro") || (options != NULL && has_word(options, "ro")) };
	return true;
}

static size_t count_lines(const char *text)
{
	size_t count = 0;

	for (; (text = strchr(text, '\n')) != NULL; text++)
		count++;
	return count;
}

int wh_mounts_read(
	const char *file, struct wh_arena *arena, struct wh_mounts *ret, struct wh_err *err)
{
	struct wh_buf buf WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int fd WH_FD = open(file, O_RDONLY | O_CLOEXEC);
	char *text, *line, *next;
	int r;

	if (fd < 0)
		return wh_fail_errno(err, errno, "cannot tell what is mounted by %s", file);
	r = wh_read_all(fd, TEXT_LIMIT, &buf, err);
	if (r < 0)
		return r;
	text = wh_arena_dup(arena, (struct wh_slice){ buf.data, buf.len });
	ret->count = 0;
	ret->items =
		text == NULL ? NULL : wh_arena_array(arena, count_lines(text), sizeof(*ret->items));
	if (ret->items == NULL)
		return wh_fail_errno(err, ENOMEM, "cannot note what is mounted");
	for (line = text; (next = strchr(line, '\n')) != NULL; line = next + 1) {
		*next = '\0';
		if (!read_line(line, &ret->items[ret->count++]))
			return wh_fail(
				err, EINVAL, "%s has a line that cannot be understood", file);
	}
	return 0;
}

/* ---- paths ---------------------------------------------------------------------------------- */

const char *wh_path_behind(const char *path, const char *folder)
{
	size_t len = strlen(folder);

	if (len == 1 && folder[0] == '/')
		return path[0] != '/' ? NULL : path[1] == '\0' ? path + 1 : path;
	if (strncmp(path, folder, len) != 0 || (path[len] != '\0' && path[len] != '/'))
		return NULL;
	return path + len;
}

int wh_path_list_add(
	struct wh_path_list *list, struct wh_arena *arena, const char *folder, const char *rest)
{
	size_t len = strcmp(folder, "/") == 0 && rest[0] != '\0' ? 0 : strlen(folder);
	const char *path;

	for (size_t i = 0; i < list->count; i++) {
		if (strncmp(list->items[i], folder, len) == 0 &&
			strcmp(list->items[i] + len, rest) == 0)
			return 0;
	}
	if (list->count == WH_COUNT(list->items)) {
		list->full = true;
		return 0;
	}
	path = wh_arena_printf(arena, "%.*s%s", (int)len, folder, rest);
	if (path == NULL)
		return -ENOMEM;
	list->items[list->count++] = path;
	return 0;
}

const struct wh_mount *wh_mounts_find(const struct wh_mounts *mounts, uint64_t id, const char *path)
{
	const struct wh_mount *best = NULL;

	for (size_t i = 0; i < mounts->count; i++) {
		const struct wh_mount *mount = &mounts->items[i];

		if (id != 0 && mount->id == id)
			return mount;
		if (id == 0 && wh_path_behind(path, mount->point) != NULL &&
			(best == NULL || strlen(mount->point) >= strlen(best->point)))
			best = mount;
	}
	return best;
}

/* ---- names ---------------------------------------------------------------------------------- */

/* What only the kernel fills, and where it is usually found. */
static const struct {
	const char *type, *point;
} kernels[] = {
	{ "binfmt_misc", "/proc/sys/fs/binfmt_misc" },
	{ "bpf", "/sys/fs/bpf" },
	{ "cgroup", "/sys/fs/cgroup" },
	{ "cgroup2", "/sys/fs/cgroup" },
	{ "configfs", "/sys/kernel/config" },
	{ "debugfs", "/sys/kernel/debug" },
	{ "devtmpfs", "/dev" },
	{ "efivarfs", "/sys/firmware/efi/efivars" },
	{ "proc", "/proc" },
	{ "pstore", "/sys/fs/pstore" },
	{ "securityfs", "/sys/kernel/security" },
	{ "selinuxfs", "/sys/fs/selinux" },
	{ "sysfs", "/sys" },
	{ "tracefs", "/sys/kernel/tracing" },
};

static int name_kernels(const struct wh_mount *mount, const char *path, struct wh_arena *arena,
	struct wh_path_list *list)
{
	for (size_t i = 0; i < WH_COUNT(kernels); i++) {
		if (strcmp(kernels[i].type, mount->type) == 0)
			return wh_path_list_add(
				list, arena, kernels[i].point, strcmp(path, "/") == 0 ? "" : path);
	}
	return 0;
}

/* The layers of one option, "lowerdir=/a:/b"; relative ones are those of an engine, whose working
 * folder nobody knows any more. A colon in a path is written "\:" (overlayfs.rst). */
static int name_layers(
	const char *layers, const char *path, struct wh_arena *arena, struct wh_path_list *list)
{
	const char *rest = strcmp(path, "/") == 0 ? "" : path;
	int r = 0;

	while (r == 0 && *layers != '\0' && *layers != ',') {
		struct wh_buf layer WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;

		for (; *layers != '\0' && *layers != ',' && *layers != ':'; layers++) {
			if (*layers == '\\' && layers[1] != '\0')
				layers++;
			wh_buf_add_char(&layer, *layers);
		}
		layers += *layers == ':';
		r = wh_buf_status(&layer);
		if (r == 0 && layer.len > 0 && layer.data[0] == '/')
			r = wh_path_list_add(list, arena, layer.data, rest);
	}
	return r;
}

static int name_overlay(const struct wh_mount *mount, const char *path, struct wh_arena *arena,
	struct wh_path_list *list)
{
	static const char *const options[] = { "lowerdir=", "upperdir=" };
	int r = 0;

	if (strcmp(mount->type, "overlay") != 0)
		return 0;
	for (size_t i = 0; r == 0 && i < WH_COUNT(options); i++) {
		const char *found = strstr(mount->options, options[i]);

		if (found != NULL)
			r = name_layers(found + strlen(options[i]), path, arena, list);
	}
	return r;
}

/* The path within its file system, in the arena; NULL when memory ran out. */
static const char *path_within(
	const struct wh_mount *mount, const char *rest, struct wh_arena *arena)
{
	bool top = strcmp(mount->root, "/") == 0 && rest[0] != '\0';

	return wh_arena_printf(arena, "%s%s", top ? "" : mount->root, rest);
}

int wh_mounts_name(const struct wh_mounts *mounts, const struct wh_mount *mount, const char *rest,
	struct wh_arena *arena, struct wh_path_list *list)
{
	const char *path = path_within(mount, rest, arena);
	int r = path == NULL ? -ENOMEM : 0;

	if (r < 0 || path[0] != '/')
		return r;
	for (size_t i = 0; r == 0 && i < mounts->count; i++) {
		const struct wh_mount *other = &mounts->items[i];
		const char *behind;

		if (other->device != mount->device)
			continue;
		behind = wh_path_behind(path, other->root);
		if (behind != NULL)
			r = wh_path_list_add(list, arena, other->point, behind);
	}
	if (r == 0)
		r = name_kernels(mount, path, arena, list);
	return r < 0 ? r : name_overlay(mount, path, arena, list);
}

/* ---- what is held --------------------------------------------------------------------------- */

/* The names of another mount's root, but for those that lie in the folder anyway. */
static int hold_mount(const struct wh_mounts *mounts, const struct wh_mount *mount,
	const char *folder, struct wh_arena *arena, struct wh_path_list *list)
{
	struct wh_path_list names WH_UNINITIALIZED;
	int r;

	names.count = 0;
	names.full = false;
	r = wh_mounts_name(mounts, mount, "", arena, &names);
	for (size_t i = 0; r == 0 && i < names.count; i++) {
		if (wh_path_behind(names.items[i], folder) == NULL)
			r = wh_path_list_add(list, arena, names.items[i], "");
	}
	list->full = list->full || names.full;
	return r;
}

int wh_mounts_hold(const struct wh_mounts *mounts, const struct wh_mount *mount, const char *folder,
	const char *rest, struct wh_arena *arena, struct wh_path_list *list)
{
	const char *path = path_within(mount, rest, arena);
	int r = path == NULL ? -ENOMEM : 0;

	for (size_t i = 0; r == 0 && i < mounts->count; i++) {
		const struct wh_mount *other = &mounts->items[i];
		const char *below = wh_path_behind(other->point, folder);
		const char *part =
			other->device != mount->device ? NULL : wh_path_behind(other->root, path);

		if (below != NULL && below[0] != '\0')
			r = hold_mount(mounts, other, folder, arena, list);
		else if (below == NULL && part != NULL && part[0] != '\0')
			r = wh_path_list_add(list, arena, other->point, "");
	}
	return r;
}
