/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two ways in, one shape out. Where the versions of a runtime differ, the newest one's meaning is
 * taken unless it gives more: what is filled in here is bounded by the policy afterwards in any
 * case. Sources: runc exec.go (getProcess), crun src/exec.c and libcrun/container.c,
 * runsc/cmd/exec.go.
 */

#include "oci/process.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "oci/schema.h"

#define LARGEST_ID UINT64_C(4294967294) /* 4294967295 is (uid_t)-1: "no change" */

static wh_node zero_user(struct wh_json *doc)
{
	wh_node user = wh_json_new_object(doc);

	wh_json_set(doc, user, "uid", wh_json_new_u64(doc, 0));
	wh_json_set(doc, user, "gid", wh_json_new_u64(doc, 0));
	return user;
}

/* Null is absent to every runtime. */
static bool given(const struct wh_json *doc, wh_node object, const char *key)
{
	enum wh_json_type type = wh_json_type(doc, wh_json_get(doc, object, key));

	return type != WH_JSON_NONE && type != WH_JSON_NULL;
}

static void set_user_from(
	struct wh_json *doc, wh_node process, struct wh_json *from, wh_node source)
{
	wh_node user = wh_json_get(from, source, "user");

	wh_json_set(doc, process, "user",
		wh_json_type(from, user) == WH_JSON_OBJECT ? wh_json_new_copy(doc, from, user)
							   : zero_user(doc));
}

static void set_container_capabilities(
	struct wh_json *doc, wh_node process, const struct wh_state *container)
{
	wh_node own = container->capabilities;

	wh_json_set(doc, process, "capabilities",
		wh_json_type(container->config, own) == WH_JSON_OBJECT
			? wh_json_new_copy(doc, container->config, own)
			: wh_json_new_object(doc));
}

int wh_process_complete(struct wh_json *request, enum wh_runtime_kind kind,
	const struct wh_state *container, struct wh_err *err)
{
	wh_node process = wh_json_root(request);
	int r;

	r = wh_schema_check(request, process, &wh_schema_process, err);
	if (r < 0)
		return r;
	if (wh_json_first(request, wh_json_get(request, process, "args")) == WH_NO_NODE)
		return wh_json_fail(request, process, err, EINVAL,
			"the process has no \"args\": there is nothing to run");
	if (wh_json_string(request, wh_json_get(request, process, "cwd")).len == 0)
		return wh_json_fail(request, process, err, EINVAL,
			"the process has no \"cwd\", which every runtime requires");
	if (!given(request, process, "capabilities"))
		set_container_capabilities(request, process, container);
	if (!given(request, process, "user")) {
		if (kind == WH_RUNTIME_CRUN)
			set_user_from(request, process, container->config, container->process);
		else
			wh_json_set(request, process, "user", zero_user(request));
	}
	return wh_json_status(request) < 0 ? wh_fail_errno(err, ENOMEM, "reading the process") : 0;
}

/* One decimal id up to `end`, as every runtime reads it: digits alone. */
static int parse_id(const char *text, size_t len, uint64_t *ret)
{
	uint64_t id = 0;

	if (len == 0 || len > 10)
		return -EINVAL;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -EINVAL;
		id = id * 10 + (uint64_t)(text[i] - '0');
	}
	if (id > LARGEST_ID)
		return -EINVAL;
	*ret = id;
	return 0;
}

/* runc and runsc put it into the user that is there; crun's is a new one, without further groups.
 */
static int fold_user(struct wh_json *doc, wh_node process, const char *value,
	enum wh_runtime_kind kind, struct wh_err *err)
{
	const char *colon = strchrnul(value, ':');
	wh_node user;
	uint64_t uid = 0, gid = 0;
	bool has_gid = *colon == ':';

	if (parse_id(value, (size_t)(colon - value), &uid) < 0 ||
		(has_gid && parse_id(colon + 1, strlen(colon + 1), &gid) < 0))
		return wh_fail(err, EINVAL,
			"--user takes UID or UID:GID as decimal numbers from 0 to 4294967294");
	if (kind == WH_RUNTIME_CRUN)
		wh_json_set(doc, process, "user", zero_user(doc));
	user = wh_json_get(doc, process, "user");
	wh_json_set(doc, user, "uid", wh_json_new_u64(doc, uid));
	if (has_gid)
		wh_json_set(doc, user, "gid", wh_json_new_u64(doc, gid));
	return 0;
}

/* The member as an array; a new empty one where it is absent or null. */
static wh_node array_of(struct wh_json *doc, wh_node object, const char *key)
{
	if (!given(doc, object, key))
		wh_json_set(doc, object, key, wh_json_new_array(doc));
	return wh_json_get(doc, object, key);
}

static void append_text(struct wh_json *doc, wh_node array, const char *text)
{
	wh_json_append(doc, array, wh_json_new_string(doc, wh_slice_of(text)));
}

static int fold_gid(struct wh_json *doc, wh_node process, const char *value, struct wh_err *err)
{
	wh_node user = wh_json_get(doc, process, "user");
	uint64_t gid = 0;

	if (parse_id(value, strlen(value), &gid) < 0)
		return wh_fail(err, EINVAL,
			"--additional-gids takes a decimal number from 0 to 4294967294");
	wh_json_append(doc, array_of(doc, user, "additionalGids"), wh_json_new_u64(doc, gid));
	return 0;
}

/*
 * runc: into the sets that are there, and into the ambient one only where something is inheritable,
 * since the kernel would refuse it otherwise. crun and runsc: the sets were emptied by
 * start_capabilities().
 */
static void fold_cap(
	struct wh_json *doc, wh_node process, const char *value, enum wh_runtime_kind kind)
{
	wh_node sets = wh_json_get(doc, process, "capabilities");
	bool inheritable = wh_json_first(doc, wh_json_get(doc, sets, "inheritable")) != WH_NO_NODE;

	append_text(doc, array_of(doc, sets, "bounding"), value);
	append_text(doc, array_of(doc, sets, "effective"), value);
	append_text(doc, array_of(doc, sets, "permitted"), value);
	if (kind == WH_RUNTIME_RUNSC)
		append_text(doc, array_of(doc, sets, "inheritable"), value);
	if (kind != WH_RUNTIME_RUNC || inheritable)
		append_text(doc, array_of(doc, sets, "ambient"), value);
}

static void set_text(struct wh_json *doc, wh_node process, const char *key, const char *value)
{
	wh_json_set(doc, process, key, wh_json_new_string(doc, wh_slice_of(value)));
}

/* Whether all of it is UTF-8, since it goes into a JSON document. */
static int check_utf8(const char *text, const char *what, struct wh_err *err)
{
	if (wh_utf8_valid_len(wh_slice_of(text)) == strlen(text))
		return 0;
	return wh_fail(err, EINVAL, "%s is not valid UTF-8, which process.json requires", what);
}

static int fold_flag(struct wh_json *doc, wh_node process, const struct wh_flag *flag,
	enum wh_runtime_kind kind, struct wh_err *err)
{
	const char *value = flag->value == NULL ? "" : flag->value;
	int r = check_utf8(value, flag->option->name, err);

	if (r < 0)
		return r;
	/* clang-format off */
	switch ((int)flag->option->role) {
	case WH_ROLE_USER:
		return value[0] == '\0' && kind == WH_RUNTIME_RUNC ? 0 :
			fold_user(doc, process, value, kind, err);
	case WH_ROLE_ADDITIONAL_GIDS:
		return fold_gid(doc, process, value, err);
	case WH_ROLE_CAP:
		fold_cap(doc, process, value, kind);
		break;
	case WH_ROLE_ENV:
		append_text(doc, array_of(doc, process, "env"), value);
		break;
	case WH_ROLE_CWD:
		if (value[0] != '\0')
			set_text(doc, process, "cwd", value);
		break;
	case WH_ROLE_APPARMOR:
		if (value[0] != '\0')
			set_text(doc, process, "apparmorProfile", value);
		break;
	case WH_ROLE_PROCESS_LABEL:
		if (value[0] != '\0')
			set_text(doc, process, "selinuxLabel", value);
		break;
	default:
		break;
	}
	/* clang-format on */
	return 0;
}

/* crun: only what --process could not say differently from the options; the rest falls back on the
 * container inside crun, for an exec by file just as for one by options. */
static void start_crun(struct wh_json *doc, const struct wh_state *container)
{
	wh_node process = wh_json_root(doc);
	wh_node env = wh_json_get(container->config, container->process, "env");

	if (wh_json_type(container->config, env) == WH_JSON_ARRAY)
		wh_json_set(doc, process, "env", wh_json_new_copy(doc, container->config, env));
	set_text(doc, process, "cwd", "/");
}

static void start_capabilities(struct wh_json *doc, wh_node process, const struct wh_argv *argv,
	const struct wh_state *container, bool added)
{
	if (!added && wh_argv_has(argv, WH_ROLE_CAP))
		wh_json_set(doc, process, "capabilities", wh_json_new_object(doc));
	else if (!given(doc, process, "capabilities"))
		set_container_capabilities(doc, process, container);
}

static int fold_program(
	struct wh_json *doc, wh_node process, const struct wh_argv *argv, struct wh_err *err)
{
	wh_node args = wh_json_new_array(doc);

	for (size_t i = 0; i < argv->program_count; i++) {
		int r = check_utf8(argv->program[i], "an argument of the program", err);

		if (r < 0)
			return r;
		append_text(doc, args, argv->program[i]);
	}
	wh_json_set(doc, process, "args", args);
	return 0;
}

int wh_process_build(struct wh_json **ret, const struct wh_argv *argv,
	const struct wh_state *container, struct wh_json *base, wh_node base_process,
	struct wh_err *err)
{
	enum wh_runtime_kind kind = argv->grammar->kind;
	struct wh_json *doc WH_JSON = NULL;
	wh_node process;
	int r;

	r = kind == WH_RUNTIME_CRUN ? wh_json_new(&doc)
				    : wh_json_new_from(&doc, base, base_process);
	if (r < 0)
		return wh_fail_errno(err, -r, "building the process");
	process = wh_json_root(doc);
	if (kind == WH_RUNTIME_CRUN)
		start_crun(doc, container);
	set_user_from(doc, process, base, base_process);
	start_capabilities(doc, process, argv, container, kind == WH_RUNTIME_RUNC);
	wh_json_set(
		doc, process, "terminal", wh_json_new_bool(doc, wh_argv_bool(argv, WH_ROLE_TTY)));
	if (wh_argv_has(argv, WH_ROLE_NO_NEW_PRIVS))
		wh_json_set(doc, process, "noNewPrivileges",
			wh_json_new_bool(doc, wh_argv_bool(argv, WH_ROLE_NO_NEW_PRIVS)));
	for (size_t i = 0; i < argv->flag_count; i++) {
		r = fold_flag(doc, process, &argv->flags[i], kind, err);
		if (r < 0)
			return r;
	}
	r = fold_program(doc, process, argv, err);
	if (r < 0)
		return r;
	if (wh_json_status(doc) < 0)
		return wh_fail_errno(err, ENOMEM, "building the process");
	*ret = wh_steal_ptr(doc);
	return 0;
}
