/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One lock on the folder orders those who make, sweep and remove, so that nobody takes a request
 * for left behind that is just being made. Whoever made one holds a lock on its policy until he
 * ends: what can be locked was left behind.
 */

#include "request.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "common/judge.h"
#include "host/file.h"

#define TRIES 16
#define SECCOMP ".seccomp"
#define BUNDLE ".bundle"

static const char *const suffixes[] = { WH_REQUEST_POLICY, WH_REQUEST_ID, WH_REQUEST_TAKEN,
	SECCOMP };

/* "TOKEN" and what stands behind it. */
#define NAME_SIZE (WH_REQUEST_TOKEN + sizeof(WH_REQUEST_TAKEN))

static void name_file(const char *token, const char *suffix, char ret[NAME_SIZE])
{
	(void)snprintf(ret, NAME_SIZE, "%.*s%s", WH_REQUEST_TOKEN, token, suffix);
}

/* ---- the folder -------------------------------------------------------------------------- */

static int make_folder(const char *path, mode_t mode, struct wh_err *err)
{
	return mkdir(path, mode) == 0 || errno == EEXIST
		       ? 0
		       : wh_fail_errno(err, errno, "cannot make the folder %s", path);
}

static int lock(int fd, struct wh_err *err)
{
	while (flock(fd, LOCK_EX) < 0) {
		if (errno != EINTR)
			return wh_fail_errno(err, errno, "cannot lock " WH_REQUESTS);
	}
	return 0;
}

/* The folder, locked; it may be removed by who was the last before us. */
static int open_folder(struct wh_err *err)
{
	for (unsigned tries = 0; tries < TRIES; tries++) {
		int fd WH_FD = WH_NO_FD;
		struct stat st;
		int r = make_folder("/run/whittle", 0755, err);

		if (r == 0)
			r = make_folder(WH_REQUESTS, 0700, err);
		if (r == 0)
			r = fd = wh_open_trusted_folder(WH_REQUESTS, NULL, NULL);
		if (r >= 0)
			r = lock(fd, err);
		if (r == 0 && fstat(fd, &st) == 0 && st.st_nlink > 0)
			return wh_steal_fd(fd);
		if (r < 0 && r != -ENOENT)
			return wh_fail_errno(err, -r, "cannot open the folder " WH_REQUESTS);
	}
	return wh_fail_errno(err, ENOENT, "cannot open the folder " WH_REQUESTS);
}

/* The folder of a copied bundle, with whatever is in it. */
static void remove_bundle(int folder, const char *token)
{
	char name[NAME_SIZE];
	const struct dirent *entry;
	DIR *names WH_NAMES = NULL;

	name_file(token, BUNDLE, name);
	names = wh_open_names_take(
		openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
	if (names == NULL)
		return;
	while ((entry = readdir(names)) != NULL)
		(void)unlinkat(dirfd(names), entry->d_name, 0);
	(void)unlinkat(folder, name, AT_REMOVEDIR);
}

static void remove_files(int folder, const char *token)
{
	char name[NAME_SIZE];

	remove_bundle(folder, token);

	for (size_t i = 0; i < WH_COUNT(suffixes); i++) {
		name_file(token, suffixes[i], name);
		(void)unlinkat(folder, name, 0);
	}
}

static bool is_left_behind(int folder, const char *token)
{
	char name[NAME_SIZE];
	int fd WH_FD = WH_NO_FD;

	name_file(token, WH_REQUEST_POLICY, name);
	fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	return fd < 0 ? errno == ENOENT : flock(fd, LOCK_SH | LOCK_NB) == 0;
}

static void sweep(int folder)
{
	DIR *names WH_NAMES = wh_open_names(folder, ".");
	const struct dirent *entry;

	if (names == NULL)
		return;
	while ((entry = readdir(names)) != NULL) {
		if (strspn(entry->d_name, "0123456789abcdef") == WH_REQUEST_TOKEN &&
			is_left_behind(folder, entry->d_name))
			remove_files(folder, entry->d_name);
	}
}

/* ---- one request ------------------------------------------------------------------------- */

static int draw_token(char ret[WH_REQUEST_TOKEN + 1], struct wh_err *err)
{
	unsigned char bytes[WH_REQUEST_TOKEN / 2];

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return wh_fail_errno(err, errno, "cannot draw a random number");
	for (size_t i = 0; i < sizeof(bytes); i++)
		(void)snprintf(ret + 2 * i, 3, "%02x", bytes[i]);
	return 0;
}

static int name_paths(struct wh_learn_request *request, struct wh_arena *arena, struct wh_err *err)
{
	request->policy =
		wh_arena_printf(arena, WH_REQUESTS "/%s" WH_REQUEST_POLICY, request->token);
	request->id_file = wh_arena_printf(arena, WH_REQUESTS "/%s" WH_REQUEST_ID, request->token);
	request->seccomp = wh_arena_printf(arena, WH_REQUESTS "/%s" SECCOMP, request->token);
	return request->policy == NULL || request->id_file == NULL || request->seccomp == NULL
		       ? wh_fail_errno(err, ENOMEM, "making a request")
		       : 0;
}

static int create(const struct wh_learn_request *request, const char *suffix, struct wh_err *err)
{
	char name[NAME_SIZE];
	int fd;

	name_file(request->token, suffix, name);
	fd = openat(
		request->folder, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	return fd < 0 ? wh_fail_errno(err, errno, "cannot create a file in " WH_REQUESTS) : fd;
}

int wh_learn_request_open(struct wh_learn_request *ret, struct wh_arena *arena, struct wh_err *err)
{
	struct wh_learn_request request WH_LEARN_REQUEST = WH_LEARN_REQUEST_INIT;
	int r = draw_token(request.token, err);

	if (r == 0)
		r = name_paths(&request, arena, err);
	if (r == 0)
		r = request.folder = open_folder(err);
	if (r < 0)
		return r;
	sweep(request.folder);
	r = request.fd = create(&request, WH_REQUEST_POLICY, err);
	if (r >= 0)
		r = lock(request.fd, err);
	(void)flock(request.folder, LOCK_UN);
	if (r < 0)
		return r;
	*ret = request;
	request = (struct wh_learn_request)WH_LEARN_REQUEST_INIT;
	return 0;
}

static int write_json(int fd, const struct wh_json *doc, wh_node node, struct wh_err *err)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int r = wh_json_write_buf(doc, node, &text);

	if (r == 0)
		r = wh_write_all(fd, text.data, text.len);
	return r < 0 ? wh_fail_errno(err, -r, "cannot write a file in " WH_REQUESTS) : 0;
}

int wh_learn_request_write(
	struct wh_learn_request *request, const struct wh_json *policy, struct wh_err *err)
{
	return write_json(request->fd, policy, wh_json_root(policy), err);
}

int wh_learn_request_profile(struct wh_learn_request *request, const struct wh_json *doc,
	wh_node profile, struct wh_err *err)
{
	int fd WH_FD = create(request, SECCOMP, err);

	return fd < 0 ? fd : write_json(fd, doc, profile, err);
}

int wh_learn_request_name(struct wh_learn_request *request, const char *id, struct wh_err *err)
{
	int fd WH_FD = create(request, WH_REQUEST_ID, err);
	int r = fd < 0 ? fd : wh_write_all(fd, id, strlen(id));

	return r < 0 ? wh_fail_errno(err, -r, "cannot write a file in " WH_REQUESTS) : 0;
}

static void make_absolute(struct wh_json *doc, wh_node object, const char *key, const char *bundle)
{
	struct wh_buf path WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_slice value = wh_json_string(doc, wh_json_get(doc, object, key));

	if (value.len == 0 || value.data[0] == '/')
		return;
	wh_buf_addf(&path, "%s/%.*s", bundle, (int)value.len, value.data);
	wh_json_set(doc, object, key,
		wh_json_new_string(doc, (struct wh_slice){ path.data, path.len }));
}

/* runtime-spec, config.md#root and #mounts: of the sources only those of bind mounts are paths. */
static void make_paths_absolute(struct wh_json *doc, const char *bundle)
{
	wh_node root = wh_json_root(doc);

	make_absolute(doc, wh_json_get(doc, root, "root"), "path", bundle);
	wh_json_each_element (doc, wh_json_get(doc, root, "mounts"), mount) {
		bool bind = wh_json_string_is(doc, wh_json_get(doc, mount, "type"), "bind");

		wh_json_each_element (doc, wh_json_get(doc, mount, "options"), option)
			bind = bind || wh_json_string_is(doc, option, "bind") ||
			       wh_json_string_is(doc, option, "rbind");
		if (bind)
			make_absolute(doc, mount, "source", bundle);
	}
}

static int write_copy(const struct wh_learn_request *request, const struct wh_json *doc,
	const char *name, struct wh_err *err)
{
	int folder WH_FD = WH_NO_FD, fd WH_FD = WH_NO_FD;

	if (mkdirat(request->folder, name, 0700) < 0)
		return wh_fail_errno(err, errno, "cannot make a folder in " WH_REQUESTS);
	folder = openat(request->folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (folder >= 0)
		fd = openat(folder, "config.json", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return wh_fail_errno(err, errno, "cannot create a file in " WH_REQUESTS);
	return write_json(fd, doc, wh_json_root(doc), err);
}

int wh_learn_request_copy(struct wh_learn_request *request, const char *bundle,
	struct wh_arena *arena, const char **ret, struct wh_err *err)
{
	struct wh_buf path WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_json *doc WH_JSON = NULL;
	int folder WH_FD = wh_open_trusted_folder(bundle, &path, err);
	char name[NAME_SIZE];
	int r;

	if (folder < 0) {
		wh_err_prefix(err, "the bundle");
		return folder;
	}
	r = wh_read_config(&doc, NULL, folder, path.data, err);
	if (r < 0)
		return r;
	make_paths_absolute(doc, path.data);
	name_file(request->token, BUNDLE, name);
	r = write_copy(request, doc, name, err);
	if (r < 0)
		return r;
	*ret = wh_arena_printf(arena, WH_REQUESTS "/%s", name);
	return *ret == NULL ? wh_fail_errno(err, ENOMEM, "making a request") : 0;
}

static const char *read_text(
	const struct wh_learn_request *request, const char *suffix, struct wh_arena *arena)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	char name[NAME_SIZE];
	int fd WH_FD = WH_NO_FD;

	name_file(request->token, suffix, name);
	fd = wh_open_trusted_at(request->folder, name, NULL);
	if (fd < 0 || wh_read_all(fd, 4096, &text, NULL) < 0 || text.len == 0)
		return NULL;
	return wh_arena_dup(arena, (struct wh_slice){ text.data, text.len });
}

const char *wh_learn_request_id(const struct wh_learn_request *request, struct wh_arena *arena)
{
	return read_text(request, WH_REQUEST_ID, arena);
}

const char *wh_learn_request_bundle(const struct wh_learn_request *request, struct wh_arena *arena)
{
	return read_text(request, WH_REQUEST_TAKEN, arena);
}

void wh_learn_request_done(struct wh_learn_request *request)
{
	if (request->folder >= 0 && lock(request->folder, NULL) == 0) {
		remove_files(request->folder, request->token);
		(void)rmdir(WH_REQUESTS);
	}
	wh_close_fd(&request->fd);
	wh_close_fd(&request->folder);
}

/* ---- its policy -------------------------------------------------------------------------- */

/* What the configured policy says of itself and not of containers. */
static int take_over(struct wh_json *policy, const char *file, struct wh_err *err)
{
	static const char *const keys[] = { "runtimes", "log" };
	static const struct wh_json_options options = { .comments = true };
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_json *configured WH_JSON = NULL;
	int fd WH_FD = wh_open_trusted_file(file, err);
	int r = fd;

	if (r >= 0)
		r = wh_read_all(fd, WH_POLICY_MAX_SIZE, &text, err);
	if (r >= 0)
		r = wh_json_parse_take(&configured, &text, &options, err);
	if (r < 0) {
		wh_err_prefix(err, "%s", file);
		return r;
	}
	for (size_t i = 0; i < WH_COUNT(keys); i++) {
		wh_node value = wh_json_get(configured, wh_json_root(configured), keys[i]);

		if (value != WH_NO_NODE)
			wh_json_set(policy, wh_json_root(policy), keys[i],
				wh_json_new_copy(policy, configured, value));
	}
	return 0;
}

static void add_rule(struct wh_json *policy, const char *name)
{
	wh_node rules = wh_json_new_array(policy), rule = wh_json_new_object(policy);
	wh_node match = wh_json_new_object(policy);

	wh_json_set(policy, match, "id", wh_json_new_string(policy, WH_SLICE("*")));
	wh_json_set(policy, rule, "name", wh_json_new_string(policy, wh_slice_of(name)));
	wh_json_set(policy, rule, "match", match);
	wh_json_append(policy, rules, rule);
	wh_json_set(policy, wh_json_root(policy), "rules", rules);
}

int wh_learn_request_policy(struct wh_json **ret, const char *policy_file, const char *mode,
	const char *name, struct wh_err *err)
{
	struct wh_json *policy WH_JSON = NULL;
	int r = wh_json_new(&policy);
	wh_node root, limits;

	if (r < 0)
		return wh_fail_errno(err, -r, "making a request");
	root = wh_json_root(policy);
	if (access(policy_file, F_OK) == 0)
		r = take_over(policy, policy_file, err);
	if (r < 0)
		return r;
	limits = wh_json_new_object(policy);
	wh_json_set(policy, limits, "profile", wh_json_new_string(policy, WH_SLICE("privileged")));
	wh_json_set(policy, root, "mode", wh_json_new_string(policy, wh_slice_of(mode)));
	wh_json_set(policy, root, "default", limits);
	if (name != NULL)
		add_rule(policy, name);
	if (wh_json_status(policy) < 0)
		return wh_fail_errno(err, ENOMEM, "making a request");
	*ret = wh_steal_ptr(policy);
	return 0;
}
