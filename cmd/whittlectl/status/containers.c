/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which containers run: what the runtimes keep of them, joined with /proc.
 *
 * A runtime's root holds one folder a container (runc: state.json, crun: status), or one file
 * (runsc). The roots that engines use by themselves are known; more are told by the processes that
 * stand over running containers: containerd's shims, conmon, a runtime in the foreground.
 *
 * State says which process a container began with. That this process still is that container is
 * shown by its start, since process ids come round again. A container that has ended meanwhile is
 * none, and no fault. State below a user's own folder is that user's word: it is read without
 * following a link or waiting for anybody, and nothing else is concluded from it.
 */

#include "status.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "host/file.h"
#include "json/json.h"
#include "oci/state.h"

#define SHIM_BUNDLES "/io.containerd.runtime.v2.task/"
#define MOST_IN_A_ROOT 100000u

/* ---- roots ------------------------------------------------------------------------------- */

struct root {
	struct root *next;
	const char *path;
	dev_t device;
	ino_t inode;
};

struct roots {
	struct wh_status *status;
	struct root *first;
	struct root **end;
};

/* One folder, if there is such a folder and it is new. `path` lives long enough. */
static int add_root(struct roots *roots, const char *path)
{
	struct root *root;
	struct stat st;

	if (path[0] != '/')
		return 0;
	if (stat(path, &st) < 0) {
		if (errno != EACCES && errno != EPERM)
			return 0;
		return wh_status_note(roots->status, &roots->status->unseen,
			"the containers under %s: %s", path, wh_errno_text(errno));
	}
	if (!S_ISDIR(st.st_mode))
		return 0;
	for (root = roots->first; root != NULL; root = root->next) {
		if (root->device == st.st_dev && root->inode == st.st_ino)
			return 0;
	}
	root = wh_arena_alloc(&roots->status->arena, sizeof(*root));
	if (root == NULL)
		return -ENOMEM;
	*root = (struct root){ NULL, path, st.st_dev, st.st_ino };
	*roots->end = root;
	roots->end = &root->next;
	return 0;
}

/* What engines use unless told otherwise. */
static const char *const known_roots[] = {
	"/run/runc",
	"/run/crun",
	"/run/runsc",
	"/var/run/runsc",
	"/run/docker/runtime-*/*",
	"/run/containerd/runc/*",
	"/run/containerd/runsc/*",
	"/run/user/*/containerd/runc/*",
	"/run/user/*/docker/runtime-*/*",
	"/run/user/*/runc",
	"/run/user/*/crun",
	"/run/user/*/runsc",
};

static int add_matching(struct roots *roots, const char *pattern)
{
	glob_t found WH_CLEANUP(globfree) = { 0 };
	int r = glob(pattern, GLOB_NOSORT, NULL, &found);

	if (r == GLOB_NOSPACE)
		return -ENOMEM;
	r = 0;
	for (size_t i = 0; r == 0 && i < found.gl_pathc; i++) {
		char *path = wh_arena_dup(&roots->status->arena, wh_slice_of(found.gl_pathv[i]));

		r = path == NULL ? -ENOMEM : add_root(roots, path);
	}
	return r;
}

/* A shim stands in its bundle, where it has noted whose root it uses; below that is the
 * namespace, which is the name of the folder above the bundle. */
static int add_root_of_shim(struct roots *roots, int pid)
{
	struct wh_arena *arena = &roots->status->arena;
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_origin_shim shim = { .root = NULL };
	int fd WH_FD = WH_NO_FD;
	const char *cwd = NULL;
	char *namespace, *path;

	if (wh_process_link(roots->status->proc, pid, "cwd", arena, &cwd) < 0)
		return 0;
	namespace = strstr(cwd, SHIM_BUNDLES);
	path = wh_arena_printf(arena, "%s/options.json", cwd);
	if (path == NULL)
		return -ENOMEM;
	if (namespace == NULL)
		return 0;
	namespace += sizeof(SHIM_BUNDLES) - 1;
	fd = wh_open_trusted_file(path, NULL);
	if (fd < 0 || wh_read_all(fd, WH_ENGINE_MAX_SIZE, &text, NULL) < 0 ||
		wh_origin_read_shim(&shim, &text, arena, NULL) < 0 || shim.root == NULL)
		return 0;
	path = wh_arena_printf(
		arena, "%s/%.*s", shim.root, (int)strcspn(namespace, "/"), namespace);
	return path == NULL ? -ENOMEM : add_root(roots, path);
}

/* conmon hands its own surroundings on to the runtime, or words of CRI-O's. */
static int add_roots_of_conmon(struct roots *roots, int pid, char *const words[], size_t count)
{
	static const char *const names[] = { "crun", "runc", "runsc" };
	struct wh_arena *arena = &roots->status->arena;
	struct wh_origin_conmon told = wh_origin_read_conmon(words, count);
	const char *folder = NULL;
	int r = told.root == NULL ? 0 : add_root(roots, told.root);

	if (r < 0)
		return r;
	r = wh_process_variable(roots->status->proc, pid, "XDG_RUNTIME_DIR", arena, &folder);
	if (r < 0 || folder == NULL || folder[0] == '\0')
		return r == -ENOMEM ? r : 0;
	for (size_t i = 0; i < WH_COUNT(names); i++) {
		char *path = wh_arena_printf(arena, "%s/%s", folder, names[i]);

		r = path == NULL ? -ENOMEM : add_root(roots, path);
		if (r < 0)
			return r;
	}
	return 0;
}

static int add_root_of_runtime(
	struct roots *roots, enum wh_runtime_kind kind, char *const words[], size_t count)
{
	struct wh_argv argv;
	const char *root;
	int r = wh_argv_parse(
		&argv, wh_grammar_of(kind), &roots->status->arena, (int)count, words, NULL);

	if (r == -ENOMEM)
		return r;
	root = wh_argv_value(&argv, WH_ROLE_ROOT);
	return root == NULL ? 0 : add_root(roots, root);
}

static int add_root_of_process(struct roots *roots, int pid)
{
	struct wh_status *status = roots->status;
	enum wh_runtime_kind kind;
	const char *base = NULL;
	char **words;
	size_t count;
	int r = wh_status_program_name(status, pid, &base);

	if (r < 0 || base == NULL)
		return r;
	if (strncmp(base, "containerd-shim", 15) == 0)
		return add_root_of_shim(roots, pid);
	if (strcmp(base, "conmon") != 0 && wh_runtime_kind_from_name(base, &kind) < 0)
		return 0;
	r = wh_process_words(status->proc, pid, &status->arena, &words, &count);
	if (r < 0 || count == 0 || count > INT32_MAX)
		return r == -ENOMEM ? r : 0;
	if (strcmp(base, "conmon") == 0)
		return add_roots_of_conmon(roots, pid, words + 1, count - 1);
	return add_root_of_runtime(roots, kind, words, count);
}

static int find_roots(struct roots *roots)
{
	struct wh_status *status = roots->status;
	int r = 0;

	for (size_t i = 0; r == 0 && i < WH_COUNT(known_roots); i++)
		r = add_matching(roots, known_roots[i]);
	for (size_t i = 0; r == 0 && i < status->pid_count; i++)
		r = add_root_of_process(roots, status->pids[i]);
	return r;
}

/* ---- one container ----------------------------------------------------------------------- */

/* A file of somebody's state. -ENOENT when it is not there, -EINVAL when it is no regular file. */
static int read_state_file(
	int folder, const char *name, struct wh_json **ret, unsigned *ret_owner, struct wh_err *err)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int fd WH_FD =
		openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return wh_fail_errno(err, errno, "%s", name);
	if (!S_ISREG(st.st_mode))
		return wh_fail(err, EINVAL, "%s: it is not a regular file", name);
	if (st.st_uid != 0)
		*ret_owner = st.st_uid;
	r = wh_read_all(fd, WH_JSON_MAX_SIZE, &text, err);
	if (r == 0)
		r = wh_json_parse_take(ret, &text, NULL, err);
	if (r < 0)
		wh_err_prefix(err, "%s", name);
	return r;
}

/* What there is of a container while it is looked at. */
struct look {
	struct wh_status *status;
	struct wh_status_container *container;
	struct wh_json *state;
	struct wh_json *config; /* crun's */
	bool created;           /* made, and not yet started */
};

static void look_done(struct look *look)
{
	wh_json_free(look->state);
	wh_json_free(look->config);
}

/* Of a sandbox's process the start is not noted; its last word is the sandbox. */
static int is_sandbox(struct wh_status *status, int pid, const char *sandbox, bool *ret)
{
	char **words;
	size_t count;
	int r = wh_process_words(status->proc, pid, &status->arena, &words, &count);

	*ret = r == 0 && count > 0 && strcmp(words[count - 1], sandbox) == 0;
	return r == -ENOMEM ? r : 0;
}

/* Whether the process that the state names is alive and the same: 1, 0, -errno. */
static int is_alive(struct look *look, struct wh_err *err)
{
	struct wh_status_container *container = look->container;
	struct wh_status *status = look->status;
	struct wh_state_init init;
	bool same = true;
	int r = wh_state_read_init(&init, container->kind, look->state, &status->arena, err);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = wh_process_read(status->proc, init.pid, &container->init);
	if (r < 0)
		return r == -ESRCH ? 0 : wh_fail_errno(err, -r, "its process %d", init.pid);
	if (init.has_start)
		same = init.start == container->init.start;
	else
		r = is_sandbox(status, init.pid, init.sandbox, &same);
	if (r < 0)
		return r;
	return same && container->init.state != 'Z' && container->init.state != 'X';
}

/* The same process as another root has told already: one folder seen by two ways. */
static bool is_known(const struct look *look)
{
	const struct wh_status_container *container = look->container;

	for (const struct wh_status_container *c = look->status->containers; c != NULL;
		c = c->next) {
		if (c->init.pid == container->init.pid && c->init.start == container->init.start &&
			strcmp(c->id, container->id) == 0)
			return true;
	}
	return false;
}

/* The bundle as whittle saw it, links resolved; as the runtime wrote it down when it is gone since.
 */
static const char *resolve_bundle(struct wh_status *status, const char *recorded)
{
	struct wh_buf path WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;

	if (wh_resolve_trusted_folder(recorded, &path, NULL) < 0)
		return recorded;
	return wh_arena_dup(&status->arena, (struct wh_slice){ path.data, path.len });
}

/* 0 also for one that has ended; an error is about the state alone. */
static int take(struct look *look, struct wh_status_container ***end, struct wh_err *err)
{
	struct wh_status_container *container = look->container;
	struct wh_status *status = look->status;
	struct wh_err unread = WH_ERR_INIT;
	struct wh_state state;
	int r = is_alive(look, err);

	if (r <= 0 || is_known(look))
		return r < 0 ? r : 0;
	container->started = wh_status_time(status, container->init.start);
	r = wh_state_read(&state, container->kind, container->id, look->state, look->config,
		&status->arena, &unread);
	if (r == -ENOMEM)
		return wh_fail(err, ENOMEM, "%s", unread.text);
	if (r == 0)
		container->bundle = resolve_bundle(status, state.bundle);
	if (r == 0 && container->bundle == NULL)
		return wh_fail_errno(err, ENOMEM, "finding its bundle");
	r = wh_status_find_origin(status, container);
	if (r == 0)
		r = wh_status_judge(status, container, container->bundle == NULL ? NULL : &state,
			look->created);
	if (r < 0)
		return wh_fail_errno(err, -r, "looking at its processes");
	**end = container;
	*end = &container->next;
	return 0;
}

/* ---- one root ---------------------------------------------------------------------------- */

struct scan {
	struct wh_status *status;
	const struct root *root;
	int folder;
	struct wh_status_container **end;
};

static struct wh_status_container *new_container(
	const struct scan *scan, enum wh_runtime_kind kind, struct wh_slice id)
{
	struct wh_status_container *container =
		wh_arena_alloc(&scan->status->arena, sizeof(*container));

	if (container == NULL)
		return NULL;
	container->kind = kind;
	container->through = WH_THROUGH_UNKNOWN;
	container->id = wh_arena_dup(&scan->status->arena, id);
	container->state = wh_arena_printf(
		&scan->status->arena, "%s/%.*s", scan->root->path, (int)id.len, id.data);
	return container->id == NULL || container->state == NULL ? NULL : container;
}

/* A folder: 1 when it holds a container of runc or crun, 0 when not or not any more, -errno. */
static int read_folder(
	const struct scan *scan, const char *name, struct look *look, struct wh_err *err)
{
	static const struct {
		enum wh_runtime_kind kind;
		const char *file;
		const char *config;
	} layouts[] = {
		{ WH_RUNTIME_RUNC, "state.json", NULL },
		{ WH_RUNTIME_CRUN, "status", "config.json" },
	};
	int folder WH_FD =
		openat(scan->folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	int r = -ENOENT;

	if (folder < 0 || fstat(folder, &st) < 0)
		return errno == ENOENT || errno == ENOTDIR || errno == ELOOP
			       ? 0
			       : wh_fail_errno(err, errno, "its folder");
	for (size_t i = 0; i < WH_COUNT(layouts) && r == -ENOENT; i++) {
		struct wh_err why = WH_ERR_INIT;
		unsigned owner = st.st_uid;

		r = read_state_file(folder, layouts[i].file, &look->state, &owner, &why);
		if (r == -ENOENT)
			continue;
		if (r < 0)
			return wh_fail(err, -r, "%s", why.text);
		look->container = new_container(scan, layouts[i].kind, wh_slice_of(name));
		if (look->container == NULL)
			return wh_fail_errno(err, ENOMEM, "reading it");
		look->container->owner = owner;
		look->created = faccessat(folder, "exec.fifo", F_OK, AT_SYMLINK_NOFOLLOW) == 0;
		if (layouts[i].config != NULL)
			(void)!read_state_file(
				folder, layouts[i].config, &look->config, &owner, NULL);
	}
	return r == -ENOENT ? 0 : 1;
}

/* A file of runsc's, "ID_sandbox:SANDBOX.state". */
static int read_runsc(
	const struct scan *scan, const char *name, struct look *look, struct wh_err *err)
{
	const char *mark = strstr(name, "_sandbox:");
	size_t len = strlen(name);
	unsigned owner = 0;
	int r;

	if (mark == NULL || mark == name || len < 6 || strcmp(name + len - 6, ".state") != 0)
		return 0;
	r = read_state_file(scan->folder, name, &look->state, &owner, err);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	look->container = new_container(
		scan, WH_RUNTIME_RUNSC, (struct wh_slice){ name, (size_t)(mark - name) });
	if (look->container == NULL)
		return wh_fail_errno(err, ENOMEM, "reading it");
	look->container->owner = owner;
	return 1;
}

static int look_at(struct scan *scan, const char *name, struct wh_err *err)
{
	struct look look WH_CLEANUP(look_done) = { .status = scan->status };
	int r = read_folder(scan, name, &look, err);

	if (r == 0)
		r = read_runsc(scan, name, &look, err);
	return r > 0 ? take(&look, &scan->end, err) : r;
}

/* What cannot be read may be a container that nobody sees: a finding; for want of rights, unseen.
 */
static int note_unread(const struct scan *scan, const char *name, const struct wh_err *err)
{
	struct wh_status *status = scan->status;
	bool rights = err->number == EACCES || err->number == EPERM;

	if (err->number == ENOMEM)
		return -ENOMEM;
	return wh_status_note(status, rights ? &status->unseen : &status->findings,
		"the state of a container, %s/%s, cannot be read: %s", scan->root->path, name,
		err->text);
}

static int scan_names(struct scan *scan, DIR *names)
{
	const struct dirent *entry;
	size_t count = 0;

	while ((entry = readdir(names)) != NULL) {
		struct wh_err err = WH_ERR_INIT;
		int r;

		if (entry->d_name[0] == '.')
			continue;
		if (++count > MOST_IN_A_ROOT)
			return wh_status_note(scan->status, &scan->status->unseen,
				"%s holds more than %u names; the rest was not looked at",
				scan->root->path, MOST_IN_A_ROOT);
		r = look_at(scan, entry->d_name, &err);
		if (r < 0)
			r = note_unread(scan, entry->d_name, &err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int scan_root(
	struct wh_status *status, const struct root *root, struct wh_status_container ***end)
{
	DIR *names WH_NAMES = opendir(root->path);
	struct scan scan = { .status = status, .root = root, .end = *end };
	int r;

	if (names == NULL)
		return errno == ENOENT ? 0
				       : wh_status_note(status, &status->unseen,
						 "the containers under %s: %s", root->path,
						 wh_errno_text(errno));
	scan.folder = dirfd(names);
	r = scan_names(&scan, names);
	*end = scan.end;
	return r;
}

int wh_status_find_containers(struct wh_status *status)
{
	struct roots roots = { .status = status };
	struct wh_status_container **end = &status->containers;
	int r;

	roots.end = &roots.first;
	r = find_roots(&roots);
	for (const struct root *root = roots.first; r == 0 && root != NULL; root = root->next)
		r = scan_root(status, root, &end);
	return r;
}
