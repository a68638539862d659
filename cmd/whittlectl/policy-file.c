/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The same steps in the same order as whittle's own, so the same answer. One thing differs: whittle
 * knows itself by the program that is running, and here that is whittlectl. So whittle is looked
 * for where it can be, and what is the same file is whittle too: a runc that covers the real one.
 */

#include "policy-file.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "host/call.h"
#include "host/file.h"
#include "host/folder.h"
#include "oci/banner.h"

#define PROGRAM "whittle"

int wh_load_policy(const char *file, struct wh_policy **ret, wh_policy_note *note, void *context,
	struct wh_err *err)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int fd WH_FD = wh_open_trusted_file(file, err);
	int r = fd;

	if (r >= 0)
		r = wh_read_all(fd, WH_POLICY_MAX_SIZE, &text, err);
	if (r < 0) {
		/* The fault may lie in a folder above, and then the sentence names that. */
		if (err != NULL && strncmp(err->text, file, strlen(file)) != 0)
			wh_err_prefix(err, "%s", file);
		return r;
	}
	if (note == NULL)
		return wh_policy_parse_take(ret, &text, file, err);
	return wh_policy_parse_and_review_take(ret, &text, file, note, context, err);
}

/* One place where whittle may be. 0, also when it is not; -ENOMEM. */
static int look_in(const char *folder, struct wh_arena *arena, struct wh_runtime_file *files,
	const char **paths, size_t *count)
{
	char *path = wh_arena_printf(arena, "%s/" PROGRAM, folder);
	struct stat st;

	if (path == NULL)
		return -ENOMEM;
	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode) || (st.st_mode & 0111) == 0)
		return 0;
	for (size_t i = 0; i < *count; i++) {
		if (files[i].device == st.st_dev && files[i].inode == st.st_ino)
			return 0;
	}
	files[*count] = (struct wh_runtime_file){ st.st_dev, st.st_ino };
	paths[(*count)++] = path;
	return 0;
}

int wh_find_whittles(struct wh_arena *arena, struct wh_whittles *ret, struct wh_err *err)
{
	const char *folder = wh_own_folder(arena);
	struct wh_runtime_file *files;
	const char **paths;
	size_t places = 1, count = 0;
	int r = 0;

	for (size_t i = 0; wh_runtime_folders[i] != NULL; i++)
		places++;
	files = wh_arena_array(arena, places, sizeof(*files));
	paths = wh_arena_array(arena, places, sizeof(*paths));
	if (files == NULL || paths == NULL)
		return wh_fail_errno(err, ENOMEM, "looking for whittle");
	if (folder != NULL)
		r = look_in(folder, arena, files, paths, &count);
	for (size_t i = 0; r == 0 && wh_runtime_folders[i] != NULL; i++)
		r = look_in(wh_runtime_folders[i], arena, files, paths, &count);
	if (r < 0)
		return wh_fail_errno(err, -r, "looking for whittle");
	*ret = (struct wh_whittles){ files, paths, count };
	return 0;
}

bool wh_is_whittle(const struct wh_whittles *whittles, const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return false;
	for (size_t i = 0; i < whittles->count; i++) {
		if (whittles->files[i].device == st.st_dev && whittles->files[i].inode == st.st_ino)
			return true;
	}
	return false;
}

int wh_find_policy_runtime(const struct wh_policy *policy, const struct wh_whittles *whittles,
	struct wh_arena *arena, const char **ret, enum wh_runtime_kind *ret_kind,
	struct wh_err *err)
{
	size_t count;
	const struct wh_policy_runtime *runtimes = wh_policy_runtimes(policy, &count);
	struct wh_err why = WH_ERR_INIT;
	int r = -ENOENT;

	for (size_t i = 0; i < count && r == -ENOENT; i++) {
		why = (struct wh_err)WH_ERR_INIT;
		r = wh_runtime_find_behind(
			whittles->files, whittles->count, runtimes[i].name, arena, ret, &why);
		*ret_kind = runtimes[i].kind;
	}
	return r < 0 ? wh_fail(err, -r, "%s", why.text) : 0;
}

int wh_ask_runtime(const char *path, enum wh_runtime_kind kind, struct wh_arena *arena,
	struct wh_runtime_answer *ret)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_err err = WH_ERR_INIT;
	struct wh_banner banner;
	int r = wh_call((const char *const[]){ path, "--version", NULL }, NULL, &text, &err);

	*ret = (struct wh_runtime_answer){ .version = NULL };
	if (r < 0) {
		ret->error = wh_arena_dup(arena, wh_slice_of(err.text));
		return ret->error == NULL ? -ENOMEM : 0;
	}
	banner = wh_banner_parse((struct wh_slice){ text.data, text.len });
	ret->fits = banner.known && banner.kind == kind;
	ret->error = "it does not say what it is";
	if (banner.name.len == 0)
		return 0;
	ret->version =
		ret->fits ? wh_arena_dup(arena, banner.version)
			  : wh_arena_printf(arena, "%.*s %.*s", (int)banner.name.len,
				    banner.name.data, (int)banner.version.len, banner.version.data);
	return ret->version == NULL ? -ENOMEM : 0;
}
