/* SPDX-License-Identifier: Apache-2.0 */
/*
 * whittle under the name runc, in front of the real one: for the ways of starting a container that
 * look up "runc" in the daemon's PATH and ask for no registered runtime.
 *
 * The place is a folder of /usr/local that comes before that of the real runc, where packages put
 * nothing: a package's upgrade can neither undo it nor trip over it, as over a diversion in
 * /usr/sbin. It is a link, so that it is whittle also after an upgrade of whittle, and so that
 * whittle knows itself by device and inode.
 * The policy then names the real one (configure-cover-policy.c).
 */

#include "configure.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "host/cover.h"
#include "host/file.h"
#include "host/process.h"
#include "policy/policy.h"

#define NAME "runc"
#define PLACE "/usr/local/"
#define MAX_DAEMONS 16

/* ---- where daemons look ------------------------------------------------------------------ */

/* The search paths of those that run, and of a service that is started anew. */
struct paths {
	const char *list[MAX_DAEMONS + 1];
	size_t count;
};

static void add_path(struct paths *paths, const char *path)
{
	for (size_t i = 0; i < paths->count; i++) {
		if (strcmp(paths->list[i], path) == 0)
			return;
	}
	if (path[0] != '\0' && paths->count < WH_COUNT(paths->list))
		paths->list[paths->count++] = path;
}

/* What one daemon was started with. What cannot be read (it ended) says nothing. */
static int add_daemon(
	struct wh_configure *configure, const char *name, int pid, struct paths *paths)
{
	const char *path = NULL, *other = NULL;
	int r = wh_process_variable(configure->proc, pid, "PATH", &configure->arena, &path);

	if (r == 0 && path != NULL)
		add_path(paths, path);
	if (r == 0)
		r = wh_process_variable(configure->proc, pid, "DOCKER_BUILDKIT_RUNC_COMMAND",
			&configure->arena, &other);
	if (r == 0 && other != NULL)
		wh_note(configure,
			"%s (process %d) has DOCKER_BUILDKIT_RUNC_COMMAND in its environment: "
			"builds run that program and not runc",
			name, pid);
	return r == -ENOMEM ? r : 0;
}

/* The shim that dockerd's containers have is started by containerd and has its PATH. */
static int find_paths(struct wh_configure *configure, struct paths *ret)
{
	static const char *const daemons[] = { "dockerd", "containerd" };
	struct paths paths = { .count = 0 };

	for (size_t i = 0; i < WH_COUNT(daemons); i++) {
		size_t count = 0;
		int *pids = NULL;
		int r = wh_process_find(
			configure->proc, daemons[i], &configure->arena, &pids, &count);

		for (size_t k = 0; r == 0 && k < count && k < MAX_DAEMONS / 2; k++)
			r = add_daemon(configure, daemons[i], pids[k], &paths);
		if (r < 0)
			return wh_fail_errno(&configure->err, -r, "cannot look for %s", daemons[i]);
	}
	if (paths.count == 0)
		add_path(&paths, WH_SERVICE_PATH);
	*ret = paths;
	return 0;
}

static int look(struct wh_configure *configure, const char *path, struct wh_cover *ret)
{
	if (wh_cover_look(path, NAME, &configure->whittle_st, &configure->arena, ret) < 0)
		return wh_fail_errno(&configure->err, ENOMEM, "cannot look for runc");
	if (ret->real == NULL)
		return wh_fail(&configure->err, ENOENT,
			"there is no runc in the daemon's PATH (%s); install it first", path);
	return 0;
}

/* The first folder of the PATH that lies in /usr/local and before the real runc's. */
static const char *choose_place(
	struct wh_configure *configure, const char *path, const struct wh_cover *cover)
{
	size_t real_len = (size_t)(strrchr(cover->real, '/') - cover->real);

	while (*path != '\0') {
		size_t len = strcspn(path, ":");

		if (len == real_len && memcmp(path, cover->real, len) == 0)
			return NULL;
		if (strncmp(path, PLACE, strlen(PLACE)) == 0)
			return wh_arena_printf(&configure->arena, "%.*s/" NAME, (int)len, path);
		path += len + (path[len] == ':');
	}
	return NULL;
}

/* ---- doing it ---------------------------------------------------------------------------- */

/* What both print for --version is the same only if whittle reaches the real one. */
static int verify(struct wh_configure *configure, const struct paths *paths, const char *real)
{
	struct wh_buf theirs WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_call_terms terms = wh_configure_call;
	const char *words[] = { real, "--version", NULL };
	int r = wh_call(words, &wh_configure_call, &theirs, &configure->err);

	for (size_t i = 0; r == 0 && i < paths->count; i++) {
		struct wh_buf ours WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
		struct wh_cover cover;

		r = look(configure, paths->list[i], &cover);
		if (r == 0 && !cover.covered)
			r = wh_fail(&configure->err, EEXIST,
				"a daemon with the PATH %s would still find %s", paths->list[i],
				cover.found);
		if (r < 0)
			return r;
		words[0] = cover.found;
		terms.path = paths->list[i];
		r = wh_call(words, &terms, &ours, &configure->err);
		if (r == 0 && !wh_slice_eq((struct wh_slice){ ours.data, ours.len },
				      (struct wh_slice){ theirs.data, theirs.len }))
			r = wh_fail(&configure->err, EINVAL,
				"%s --version does not print what %s does: the policy leads to "
				"another runtime",
				cover.found, real);
	}
	return r;
}

static int make_link(struct wh_configure *configure, const char *path)
{
	const char *name;
	int folder WH_FD = wh_open_trusted_parent(path, &name, &configure->err);
	struct stat st;

	if (folder < 0)
		return folder;
	if (fstatat(folder, name, &st, 0) == 0 && st.st_dev == configure->whittle_st.st_dev &&
		st.st_ino == configure->whittle_st.st_ino)
		return 0;
	if (symlinkat(configure->whittle, folder, name) < 0)
		return wh_fail_errno(&configure->err, errno, "cannot make the link %s", path);
	return 0;
}

/* Only a link to whittle. */
static int remove_link(struct wh_configure *configure, const char *path)
{
	const char *name;
	int folder WH_FD = wh_open_trusted_parent(path, &name, &configure->err);
	struct stat link, st;

	if (folder < 0)
		return folder == -ENOENT ? 0 : folder;
	if (fstatat(folder, name, &link, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISLNK(link.st_mode))
		return 0;
	if (fstatat(folder, name, &st, 0) == 0 &&
		(st.st_dev != configure->whittle_st.st_dev ||
			st.st_ino != configure->whittle_st.st_ino))
		return 0;
	if (unlinkat(folder, name, 0) < 0 && errno != ENOENT)
		return wh_fail_errno(&configure->err, errno, "cannot remove %s", path);
	return 0;
}

static int write_policy(
	struct wh_configure *configure, struct wh_target *target, struct wh_slice text)
{
	const char *unused;

	return target->fd < 0 || wh_slice_eq(text, wh_text_of(&target->text))
		       ? 0
		       : wh_target_write(
				 target, text, 0644, &configure->arena, &unused, &configure->err);
}

/* The policy must still be one. */
static int check_text(struct wh_configure *configure, struct wh_slice text)
{
	struct wh_buf copy WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_policy *policy WH_POLICY = NULL;

	wh_buf_add_slice(&copy, text);
	return wh_policy_parse_take(&policy, &copy, WH_POLICY_FILE, &configure->err);
}

static int note_cover(struct wh_configure *configure, const char *link, const char *real,
	const struct wh_target *policy, struct wh_slice new)
{
	struct wh_state_cover *cover = &configure->state.cover;
	bool edited = !wh_slice_eq(new, wh_text_of(&policy->text));
	/* A second time nothing is edited, and what was before is known. */
	bool known = cover->link != NULL && cover->policy != NULL && !edited;

	cover->link = link;
	cover->real = real;
	if (!known) {
		cover->policy = edited ? WH_POLICY_FILE : NULL;
		cover->original =
			edited ? wh_arena_dup(&configure->arena, wh_text_of(&policy->text)) : NULL;
		cover->written = edited ? wh_arena_dup(&configure->arena, new) : NULL;
	}
	return wh_state_write(&configure->state, &configure->err);
}

static int cover_at(struct wh_configure *configure, const struct paths *paths, const char *link,
	const char *real)
{
	struct wh_target policy WH_TARGET = { .folder = WH_NO_FD, .fd = WH_NO_FD };
	struct wh_buf new WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_slice old, text;
	int r = wh_target_open(&policy, WH_POLICY_FILE, &configure->arena, &configure->err);

	old = wh_text_of(&policy.text);
	if (r == 0 && policy.fd < 0)
		r = wh_fail(&configure->err, ENOENT,
			WH_POLICY_FILE " is not there; without a policy whittle refuses every "
				       "container, so nothing was changed");
	if (r == 0)
		r = wh_policy_name_real(configure, old, real, &new);
	text = (struct wh_slice){ new.data, new.len };
	if (r == 0)
		r = check_text(configure, text);
	if (r < 0)
		return r;
	if (configure->dry_run) {
		wh_note(configure, "%s would be a link to %s, in front of %s", link,
			configure->whittle, real);
		return wh_diff(WH_POLICY_FILE, &old, &text, &configure->diff);
	}
	r = note_cover(configure, link, real, &policy, text);
	if (r == 0)
		r = write_policy(configure, &policy, text);
	if (r == 0)
		r = make_link(configure, link);
	return r == 0 ? verify(configure, paths, real) : r;
}

int wh_cover_runc(struct wh_configure *configure)
{
	struct paths paths = { .count = 0 };
	struct wh_cover cover;
	const char *link;
	int r = find_paths(configure, &paths);

	if (r == 0)
		r = look(configure, paths.list[0], &cover);
	if (r < 0)
		return r;
	link = cover.covered ? cover.found : choose_place(configure, paths.list[0], &cover);
	if (link == NULL)
		return wh_fail(&configure->err, EEXIST,
			"no folder of " PLACE " comes before %s in the daemon's PATH (%s), so "
			"nothing can be put in front "
			"of it; move it to a folder further behind, such as /usr/sbin",
			cover.real, paths.list[0]);
	r = cover_at(configure, &paths, link, cover.real);
	if (r < 0) {
		struct wh_err why = configure->err;

		/* What does not work as a whole must not stay by half. */
		configure->err = (struct wh_err)WH_ERR_INIT;
		if (!cover.covered && !configure->dry_run)
			(void)!wh_uncover_runc(configure);
		configure->err = why;
		return r;
	}
	configure->changed = configure->changed || !cover.covered;
	if (!configure->dry_run)
		wh_note(configure,
			"%s is whittle, in front of %s: builds and docker run --runtime runc go "
			"through it from now on",
			link, cover.real);
	return 0;
}

int wh_uncover_runc(struct wh_configure *configure)
{
	struct wh_state_cover *cover = &configure->state.cover;
	struct wh_target policy WH_TARGET = { .folder = WH_NO_FD, .fd = WH_NO_FD };
	struct wh_buf new WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int r = 0;

	if (cover->link == NULL)
		return 0;
	if (configure->dry_run) {
		wh_note(configure, "%s would be removed", cover->link);
		return 0;
	}
	r = remove_link(configure, cover->link);
	if (r == 0 && cover->policy != NULL)
		r = wh_target_open(&policy, cover->policy, &configure->arena, &configure->err);
	if (r == 0 && policy.fd >= 0) {
		if (cover->original != NULL &&
			wh_slice_is(wh_text_of(&policy.text), cover->written))
			wh_buf_add_string(&new, cover->original);
		else
			r = wh_policy_name_bare(configure, wh_text_of(&policy.text), &new);
		if (r == 0)
			r = write_policy(
				configure, &policy, (struct wh_slice){ new.data, new.len });
	}
	if (r < 0)
		return r;
	wh_note(configure, "%s is removed: %s is runc again", cover->link, cover->real);
	configure->changed = true;
	*cover = (struct wh_state_cover){ .link = NULL };
	return wh_state_write(&configure->state, &configure->err);
}
