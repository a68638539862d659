/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is behind a name: which program, whether that is whittle, and then which policy it loads and
 * which runtime stands behind that.
 */

#include "status.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "host/file.h"

#define SCRIPT_MAX (64u << 10)

/* ---- policies ---------------------------------------------------------------------------- */

/* A copy of an error's sentence; NULL when memory ran out. */
static const char *keep(struct wh_status *status, const struct wh_err *err)
{
	return wh_arena_dup(&status->arena, wh_slice_of(err->text));
}

static int judge(struct wh_status *status, struct wh_status_policy *policy)
{
	struct wh_err err = WH_ERR_INIT;
	int r = wh_load_policy(policy->file, &policy->policy, NULL, NULL, &err);

	if (r < 0) {
		policy->error = keep(status, &err);
		return policy->error == NULL ? -ENOMEM : 0;
	}
	r = wh_find_policy_runtime(policy->policy, &status->whittles, &status->arena,
		&policy->runtime, &policy->kind, &err);
	if (r < 0) {
		policy->runtime = NULL;
		policy->runtime_error = keep(status, &err);
		return policy->runtime_error == NULL ? -ENOMEM : 0;
	}
	return wh_ask_runtime(policy->runtime, policy->kind, &status->arena, &policy->answer);
}

struct wh_status_policy *wh_status_policy(struct wh_status *status, const char *file)
{
	struct wh_status_policy **end = &status->policies;
	struct wh_status_policy *policy;

	for (; *end != NULL; end = &(*end)->next) {
		if (strcmp((*end)->file, file) == 0)
			return *end;
	}
	policy = wh_arena_alloc(&status->arena, sizeof(*policy));
	if (policy == NULL)
		return NULL;
	policy->file = wh_arena_dup(&status->arena, wh_slice_of(file));
	*end = policy;
	if (policy->file == NULL || judge(status, policy) < 0)
		return NULL;
	return policy;
}

/* ---- programs ---------------------------------------------------------------------------- */

static bool can_run(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 0111) != 0;
}

/* As execvp(3) and Go's LookPath would find it, but that an empty or relative folder of the PATH is
 * passed over: what lies there depends on where the caller stands. */
static int look_up(struct wh_status *status, const char *name, const char *search, const char **ret)
{
	*ret = NULL;
	if (strchr(name, '/') != NULL) {
		*ret = can_run(name) ? name : NULL;
		return 0;
	}
	while (search != NULL && *search != '\0') {
		size_t len = strcspn(search, ":");
		char *path = wh_arena_printf(&status->arena, "%.*s/%s", (int)len, search, name);

		if (path == NULL)
			return -ENOMEM;
		if (search[0] == '/' && can_run(path)) {
			*ret = path;
			return 0;
		}
		search += len + (search[len] == ':');
	}
	return 0;
}

/* The script that Docker writes for a runtime with words of its own: 0 when it is one, -ENOENT,
 * -ENOMEM. */
static int read_script(struct wh_status *status, const char *path, struct wh_origin_call *ret)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int fd WH_FD = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0 || wh_read_all(fd, SCRIPT_MAX, &text, NULL) < 0)
		return -ENOENT;
	return wh_origin_read_script(ret, (struct wh_slice){ text.data, text.len }, &status->arena);
}

/* Which policy whittle would load when it is called so. */
static int find_policy(struct wh_status *status, const struct wh_origin_call *arguments,
	struct wh_status_program *ret)
{
	struct wh_err err = WH_ERR_INIT;
	const char *file = arguments == NULL ? NULL : wh_origin_policy(arguments);

	if (file == NULL)
		file = wh_policy_file_of(ret->called, &status->arena, &err);
	if (file == NULL && err.number == ENOMEM)
		return -ENOMEM;
	if (file == NULL)
		return 0;
	ret->policy = wh_status_policy(status, file);
	return ret->policy == NULL ? -ENOMEM : 0;
}

static bool is_own_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash == NULL ? path : slash + 1;

	return strcmp(base, "whittle") == 0 || strncmp(base, "whittle-", 8) == 0;
}

static int see_through(struct wh_status *status, struct wh_status_program *program)
{
	struct wh_status_program inner = { .called = NULL };
	struct wh_origin_call call;
	int r = read_script(status, program->path, &call);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	inner = (struct wh_status_program){ .called = call.program, .path = call.program };
	if (!wh_is_whittle(&status->whittles, call.program))
		return 0;
	program->whittle = true;
	program->own_name = is_own_name(call.program);
	r = find_policy(status, &call, &inner);
	program->policy = inner.policy;
	return r;
}

int wh_status_program(struct wh_status *status, const char *called, const char *search,
	const struct wh_origin_call *arguments, struct wh_status_program *ret)
{
	struct wh_status_program program = { .called = called };
	struct stat st;
	int r = look_up(status, called, search, &program.path);

	if (r == 0 && program.path != NULL && lstat(program.path, &st) == 0)
		program.since = st.st_ctim.tv_sec;
	if (r == 0 && program.path != NULL) {
		program.whittle = wh_is_whittle(&status->whittles, program.path);
		program.own_name = program.whittle && is_own_name(called);
		r = program.whittle ? find_policy(status, arguments, &program)
				    : see_through(status, &program);
	}
	if (r == 0)
		*ret = program;
	return r;
}
