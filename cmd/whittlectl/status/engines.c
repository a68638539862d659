/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which engines are here: a program in the system's folders, or a daemon that runs; what their
 * configuration says, and where they look for what it names by a bare name. A daemon in a container
 * belongs to that container, and is passed over.
 */

#include "status.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "whittlectl/files.h"
#include "host/ask.h"
#include "host/call.h"
#include "host/file.h"
#include "json/json.h"

/* containerd puts this folder of its own in front of its PATH (plugin "opt"): as released, and as
 * Debian builds it. */
#define OPT_FOLDERS "/opt/containerd/bin:/var/lib/containerd/opt/bin"

/* ---- what runs --------------------------------------------------------------------------- */

/* The first process outside of containers that runs a program of this name; 0 for none. */
static int find_process(struct wh_status *status, const char *name, bool prefix, int *ret)
{
	*ret = 0;
	for (size_t i = 0; i < status->pid_count; i++) {
		const char *runs = NULL;
		int r;

		if (status->spaces[i] != status->own_pids)
			continue;
		r = wh_status_program_name(status, status->pids[i], &runs);
		if (r < 0)
			return r;
		if (runs == NULL ||
			(prefix ? strncmp(runs, name, strlen(name)) : strcmp(runs, name)) != 0)
			continue;
		*ret = status->pids[i];
		return 0;
	}
	return 0;
}

/* The PATH of a process; `otherwise` where it has none or cannot be seen. */
static int path_of(struct wh_status *status, int pid, const char *otherwise, const char **ret)
{
	const char *path = NULL;
	int r = pid == 0 ? 0
			 : wh_process_variable(status->proc, pid, "PATH", &status->arena, &path);

	if (r == -ENOMEM)
		return r;
	*ret = path == NULL ? otherwise : path;
	return 0;
}

/* A shim that runs shows its PATH; else it is containerd's, with a folder in front that does not
 * show in what containerd was started with. */
static int find_shim_search(struct wh_status *status, const char **ret)
{
	const char *path;
	int pid = 0;
	int r = find_process(status, "containerd-shim-runc", true, &pid);

	if (r == 0 && pid != 0)
		return path_of(status, pid, OPT_FOLDERS ":" WH_SERVICE_PATH, ret);
	if (r == 0)
		r = find_process(status, "containerd", false, &pid);
	if (r == 0)
		r = path_of(status, pid, WH_SERVICE_PATH, &path);
	if (r < 0)
		return r;
	*ret = wh_arena_printf(&status->arena, "%s:%s", OPT_FOLDERS, path);
	return *ret == NULL ? -ENOMEM : 0;
}

/* ---- the program ------------------------------------------------------------------------- */

static int find_program(struct wh_status *status, struct wh_status_engine *engine)
{
	for (size_t i = 0; wh_runtime_folders[i] != NULL; i++) {
		char *path = wh_arena_printf(
			&status->arena, "%s/%s", wh_runtime_folders[i], engine->engine->program);

		if (path == NULL)
			return -ENOMEM;
		if (access(path, X_OK) == 0) {
			engine->program = path;
			return 0;
		}
	}
	if (engine->pid == 0)
		return 0;
	return wh_process_link(status->proc, engine->pid, "exe", &status->arena,
		       &engine->program) == -ENOMEM
		       ? -ENOMEM
		       : 0;
}

/* The first word that begins with a digit, or with v and a digit: they all print more around it. */
static struct wh_slice version_in(const char *text)
{
	const char *at = text;

	while (*at != '\0') {
		size_t len = strcspn(at, " ,\t\n");
		const char *word = at[0] == 'v' ? at + 1 : at;

		if (isdigit((unsigned char)word[0]))
			return (struct wh_slice){ word, (size_t)(at + len - word) };
		at += len + (at[len] != '\0');
	}
	return (struct wh_slice){ "", 0 };
}

/* Only a program that nobody but root could have put there is called. */
static int ask_version(struct wh_status *status, struct wh_status_engine *engine)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_slice version;
	struct stat st;

	if (engine->program == NULL || wh_check_trusted_program(engine->program, &st, NULL) < 0)
		return 0;
	if (wh_call((const char *const[]){ engine->program, "--version", NULL }, NULL, &text,
		    NULL) < 0 ||
		text.len == 0)
		return 0;
	version = version_in(text.data);
	if (version.len == 0)
		return 0;
	engine->version = wh_arena_dup(&status->arena, version);
	return engine->version == NULL ? -ENOMEM : 0;
}

/* ---- the configuration ------------------------------------------------------------------- */

/* Words of a daemon that take the place of what is in its files. */
static const struct {
	const char *engine;
	const char *config;
	const char *letter;
	const char *runtime;
} daemon_words[] = {
	{ "docker", "--config-file", NULL, "--default-runtime" },
	{ "containerd", "--config", "-c", NULL },
	{ "crio", "--config", "-c", "--default-runtime" },
};

/* The value of the last such option among a daemon's words; NULL. */
static const char *value_in(const struct wh_status_engine *engine, const char *option)
{
	const char *found = NULL;
	size_t len = option == NULL ? 0 : strlen(option);

	for (size_t i = 0; option != NULL && i < engine->word_count; i++) {
		const char *word = engine->words[i];

		if (strncmp(word, option, len) != 0)
			continue;
		if (word[len] == '=')
			found = word + len + 1;
		else if (word[len] == '\0' && i + 1 < engine->word_count)
			found = engine->words[++i];
	}
	return found;
}

static void read_words(
	const struct wh_status_engine *engine, const char **ret_file, const char **ret_runtime)
{
	*ret_file = *ret_runtime = NULL;
	for (size_t i = 0; i < WH_COUNT(daemon_words); i++) {
		if (strcmp(daemon_words[i].engine, engine->engine->name) != 0)
			continue;
		*ret_file = value_in(engine, daemon_words[i].config);
		if (*ret_file == NULL)
			*ret_file = value_in(engine, daemon_words[i].letter);
		*ret_runtime = value_in(engine, daemon_words[i].runtime);
	}
}

/* ---- what the daemon made of it ---------------------------------------------------------- */

/* The first of its files that was changed after the daemon was started; NULL. */
static const char *changed_since(
	const struct wh_status *status, const struct wh_status_engine *engine)
{
	struct wh_process process;

	if (wh_process_read(status->proc, engine->pid, &process) < 0)
		return NULL;
	for (size_t i = 0; i < engine->view.file_count; i++) {
		struct stat st;

		if (stat(engine->view.files[i], &st) == 0 &&
			st.st_ctim.tv_sec > wh_status_time(status, process.start) + 1)
			return engine->view.files[i];
	}
	return NULL;
}

/* The socket that dockerd was told to listen on, or the one it chooses. */
static const char *docker_socket(const struct wh_status_engine *engine)
{
	static const char scheme[] = "unix://";
	const char *told = value_in(engine, "-H");

	if (told == NULL)
		told = value_in(engine, "--host");
	return told != NULL && strncmp(told, scheme, sizeof(scheme) - 1) == 0
		       ? told + sizeof(scheme) - 1
		       : "/run/docker.sock";
}

/* dockerd says itself what its default runtime is: *ret, or NULL when it does not answer. */
static int ask_docker(
	struct wh_status *status, const struct wh_status_engine *engine, const char **ret)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_json *doc WH_JSON = NULL;
	struct wh_slice name;

	*ret = NULL;
	if (wh_ask(docker_socket(engine), "/info", &text, NULL) < 0 ||
		wh_json_parse_take(&doc, &text, NULL, NULL) < 0)
		return 0;
	name = wh_json_string(doc, wh_json_get(doc, wh_json_root(doc), "DefaultRuntime"));
	if (name.len == 0)
		return 0;
	*ret = wh_arena_dup(&status->arena, name);
	return *ret == NULL ? -ENOMEM : 0;
}

/*
 * Docker reads its file again when it is told to, and says what it made of it. The others read
 * theirs when they are started: what was changed since is not in force.
 */
static int compare_with_daemon(struct wh_status *status, struct wh_status_engine *engine)
{
	const char *changed = engine->pid == 0 ? NULL : changed_since(status, engine);
	const char *told = NULL;
	int r;

	if (engine->pid != 0 && strcmp(engine->engine->name, "docker") == 0) {
		r = ask_docker(status, engine, &told);
		if (r < 0)
			return r;
	}
	if (told != NULL && strcmp(told, engine->default_runtime) != 0) {
		engine->stale = wh_arena_printf(&status->arena,
			"the daemon uses %s by default, and its configuration says %s", told,
			engine->default_runtime);
		engine->default_runtime = told;
		return engine->stale == NULL ? -ENOMEM : 0;
	}
	if (told != NULL || changed == NULL)
		return 0;
	engine->stale = wh_arena_printf(
		&status->arena, "%s was changed after the daemon was started", changed);
	return engine->stale == NULL ? -ENOMEM : 0;
}

static int read_configuration(struct wh_status *status, struct wh_status_engine *engine)
{
	struct wh_engine_files files = wh_files_of_host;
	const struct wh_engine_runtime *runtime;
	struct wh_err err = WH_ERR_INIT;
	const char *file, *told;
	int r;

	if (engine->version != NULL)
		files.major = (unsigned)strtoul(engine->version, NULL, 10);
	read_words(engine, &file, &told);
	r = wh_engine_read(engine->engine, &files, file, &status->arena, &engine->view, &err);
	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		engine->error = wh_arena_dup(&status->arena, wh_slice_of(err.text));
		return engine->error == NULL ? -ENOMEM : 0;
	}
	engine->default_runtime = told != NULL ? told : engine->view.default_runtime;
	r = compare_with_daemon(status, engine);
	if (r < 0)
		return r;
	runtime = wh_engine_runtime_find(&engine->view, engine->default_runtime);
	if (runtime == NULL)
		return 0;
	r = wh_status_runtime(status, engine, runtime, &engine->runs);
	if (r == 0 && engine->runs.policy != NULL)
		engine->runs.policy->used = true;
	return r;
}

/* The words of Docker's "runtimeArgs", as the file spells them. */
static int read_arguments(struct wh_status *status, const struct wh_engine_runtime *runtime,
	struct wh_origin_call *ret)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_json *doc WH_JSON = NULL;
	const char **words;
	size_t count = 0;
	int r;

	for (size_t i = 0; i < runtime->option_count; i++) {
		if (strcmp(runtime->options[i].name, "runtimeArgs") == 0)
			wh_buf_add_string(&text, runtime->options[i].value);
	}
	if (text.len == 0)
		return wh_buf_status(&text);
	words = wh_arena_array(&status->arena, text.len, sizeof(*words));
	r = wh_json_parse_take(&doc, &text, NULL, NULL);
	if (r < 0 || words == NULL)
		return words == NULL || r == -ENOMEM ? -ENOMEM : 0;
	wh_json_each_element (doc, wh_json_root(doc), element) {
		struct wh_slice word = wh_json_string(doc, element);

		words[count] = wh_arena_dup(&status->arena, word.len == 0 ? WH_SLICE("") : word);
		if (words[count++] == NULL)
			return -ENOMEM;
	}
	*ret = (struct wh_origin_call){ .words = words, .count = count };
	return 0;
}

/* The shim of runc, which calls what its options name, else runc. */
static bool calls_runc(const struct wh_engine_runtime *runtime)
{
	return runtime->type == NULL || strncmp(runtime->type, "io.containerd.runc.", 19) == 0;
}

int wh_status_runtime(struct wh_status *status, const struct wh_status_engine *engine,
	const struct wh_engine_runtime *runtime, struct wh_status_program *ret)
{
	static const char *const own[] = { "runc" };
	struct wh_origin_call arguments = { .program = NULL };
	const char *const *paths = runtime->path_count > 0 ? runtime->paths : own;
	size_t count = runtime->path_count > 0 ? runtime->path_count : 1;
	int r = read_arguments(status, runtime, &arguments);

	*ret = (struct wh_status_program){ .called = NULL };
	if (runtime->path_count == 0 && !calls_runc(runtime))
		return r;
	for (size_t i = 0; r == 0 && i < count && ret->path == NULL; i++)
		r = wh_status_program(status, paths[i], engine->search_shim, &arguments, ret);
	return r;
}

/* ---- all of them ------------------------------------------------------------------------- */

struct wh_status_engine *wh_status_engine(const struct wh_status *status, const char *name)
{
	for (struct wh_status_engine *engine = status->engines; engine != NULL;
		engine = engine->next) {
		if (strcmp(engine->engine->name, name) == 0)
			return engine;
	}
	return NULL;
}

/* What a daemon that runs shows of itself. */
static int look_at_daemon(struct wh_status *status, struct wh_status_engine *engine)
{
	char **words = NULL;
	size_t count = 0;
	int r = find_process(status, engine->engine->program, false, &engine->pid);

	if (r < 0 || engine->pid == 0)
		return r;
	r = wh_process_words(status->proc, engine->pid, &status->arena, &words, &count);
	if (r == 0 && count > 0) {
		engine->words = words + 1;
		engine->word_count = count - 1;
	}
	return r == -ENOMEM ? r : 0;
}

static int look_at(struct wh_status *status, struct wh_status_engine *engine)
{
	bool shims = strcmp(engine->engine->name, "docker") == 0 ||
		     strcmp(engine->engine->name, "containerd") == 0;
	int r = engine->engine->unit == NULL ? 0 : look_at_daemon(status, engine);

	if (r == 0)
		r = find_program(status, engine);
	if (r < 0 || (engine->program == NULL && engine->pid == 0))
		return r;
	r = path_of(status, engine->pid, WH_SERVICE_PATH, &engine->search);
	engine->search_shim = engine->search;
	if (r == 0 && shims)
		r = find_shim_search(status, &engine->search_shim);
	if (r == 0)
		r = ask_version(status, engine);
	if (r == 0)
		r = read_configuration(status, engine);
	return r < 0 ? r : 1;
}

int wh_status_find_engines(struct wh_status *status)
{
	struct wh_status_engine **end = &status->engines;
	const struct wh_engine *known;

	for (size_t i = 0; (known = wh_engine_get(i)) != NULL; i++) {
		struct wh_status_engine *engine = wh_arena_alloc(&status->arena, sizeof(*engine));
		int r;

		if (engine == NULL)
			return -ENOMEM;
		engine->engine = known;
		r = look_at(status, engine);
		if (r < 0)
			return r;
		if (r == 0)
			continue;
		*end = engine;
		end = &engine->next;
	}
	return 0;
}
