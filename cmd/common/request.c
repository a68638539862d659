/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The id of a container is chosen by its engine, which also writes it into the file of the request:
 * a path that only root could have told it. Who sees the request's name in the engine's client can
 * do nothing with it, since the folder is closed to him, and the id in it is that of the asker's
 * own container.
 */

#include "common/request.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/fd.h"
#include "host/file.h"

#define ID_MAX 1024u /* bytes; runtimes take shorter ones */

/* "0123456789abcdef0123456789abcdef.cid" */
static bool is_id_file(const char *name)
{
	return strspn(name, "0123456789abcdef") == WH_REQUEST_TOKEN &&
	       strcmp(name + WH_REQUEST_TOKEN, WH_REQUEST_ID) == 0;
}

/* Docker writes the id alone; a line's end would do no harm. */
static bool names_container(int folder, const char *name, const char *id)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int fd WH_FD = wh_open_trusted_at(folder, name, NULL);
	size_t len = strlen(id);

	if (fd < 0 || wh_read_all(fd, ID_MAX, &text, NULL) < 0 || text.len < len)
		return false;
	return len > 0 && memcmp(text.data, id, len) == 0 &&
	       (text.len == len || (text.len == len + 1 && text.data[len] == '\n'));
}

/* Whether whittle has met it in another bundle: then this is another container of that id, of some
 * other engine or root, whose caller may have chosen it. */
static bool is_elsewhere(int folder, const char *token, const char *bundle)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	char name[WH_REQUEST_TOKEN + sizeof(WH_REQUEST_TAKEN)];
	int fd WH_FD = WH_NO_FD;

	(void)snprintf(name, sizeof(name), "%s" WH_REQUEST_TAKEN, token);
	if (faccessat(folder, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT)
		return false;
	fd = wh_open_trusted_at(folder, name, NULL);
	return fd < 0 || wh_read_all(fd, PATH_MAX, &text, NULL) < 0 ||
	       !wh_slice_is((struct wh_slice){ text.data, text.len }, bundle);
}

/* Whoever asked holds the lock until he ends, and the kernel drops it for one who was killed. */
static bool is_held(int fd)
{
	return flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
}

static int read_policy(int folder, const char *token, struct wh_arena *arena,
	struct wh_request *ret, struct wh_err *err)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	const char *name = wh_arena_printf(arena, "%s" WH_REQUEST_POLICY, token);
	const char *path = wh_arena_printf(arena, WH_REQUESTS "/%s" WH_REQUEST_POLICY, token);
	int fd WH_FD = WH_NO_FD;
	int r;

	if (name == NULL || path == NULL)
		return wh_fail_errno(err, ENOMEM, "looking for requests");
	fd = wh_open_trusted_at(folder, name, NULL);
	if (fd < 0 || !is_held(fd))
		return 0;
	r = wh_read_all(fd, WH_POLICY_MAX_SIZE, &text, err);
	if (r == 0)
		r = wh_policy_parse_take(&ret->policy, &text, path, err);
	if (r < 0)
		return r;
	ret->token = token;
	ret->path = path;
	return 0;
}

static int search(DIR *names, const char *id, const char *bundle, struct wh_arena *arena,
	struct wh_request *ret, struct wh_err *err)
{
	const struct dirent *entry;
	int r = 0;

	while (r == 0 && ret->token == NULL && (entry = readdir(names)) != NULL) {
		const char *token;

		if (!is_id_file(entry->d_name) || !names_container(dirfd(names), entry->d_name, id))
			continue;
		token = wh_arena_dup(arena, (struct wh_slice){ entry->d_name, WH_REQUEST_TOKEN });
		if (token == NULL)
			return wh_fail_errno(err, ENOMEM, "looking for requests");
		if (!is_elsewhere(dirfd(names), token, bundle))
			r = read_policy(dirfd(names), token, arena, ret, err);
	}
	return r;
}

int wh_request_find(const char *id, const char *bundle, struct wh_arena *arena,
	struct wh_request *ret, struct wh_err *err)
{
	DIR *names WH_NAMES = NULL;

	*ret = (struct wh_request){ .token = NULL };
	if (access(WH_REQUESTS, X_OK) < 0 || id == NULL)
		return 0;
	names = wh_open_names_take(wh_open_trusted_folder(WH_REQUESTS, NULL, NULL));
	if (names == NULL)
		return 0;
	return search(names, id, bundle, arena, ret, err);
}

int wh_request_take(const struct wh_request *request, const char *bundle, struct wh_err *err)
{
	char name[WH_REQUEST_TOKEN + sizeof(WH_REQUEST_TAKEN)];
	int folder WH_FD = wh_open_trusted_folder(WH_REQUESTS, NULL, err);
	int fd WH_FD = WH_NO_FD;
	int r;

	if (folder < 0)
		return folder;
	(void)memcpy(name, request->token, WH_REQUEST_TOKEN);
	(void)memcpy(name + WH_REQUEST_TOKEN, WH_REQUEST_TAKEN, sizeof(WH_REQUEST_TAKEN));
	fd = openat(folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	r = fd < 0 ? -errno : wh_write_all(fd, bundle, strlen(bundle));
	return r < 0 ? wh_fail_errno(err, -r, "noting the container in " WH_REQUESTS) : 0;
}
