/* SPDX-License-Identifier: Apache-2.0 */
/*
 * whittle-record: the hook that whittle adds for "learn". It gets the container's state on standard
 * input (runtime-spec, runtime.md#state).
 *
 *   start  (createRuntime) a recorder is left behind that follows the container to its end; the
 *          hook returns when that is ready. What cannot be recorded is told and stops nothing.
 *   stop   (poststop) the recorder is told that the container has ended, and the hook returns when
 *          the result is there: the engine takes the root file system away next.
 *
 * It trusts its arguments (they come out of config.json, which only root could have written) and
 * the kernel, and nothing that the container could have chosen.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fd.h"
#include "common/judge.h"
#include "host/file.h"
#include "host/hook.h"
#include "record/control.h"
#include "record/recorder.h"

#define STATE_MAX (1u << 20)
#define READY "+"
#define READY_MS 10000 /* for the recorder to begin */
#define STOP_MS 15000  /* for the recorder to end: it may look through a large file system */

struct hook {
	struct wh_arena arena;
	struct wh_json *state, *config;
	struct wh_recorded recorded;
};

static void hook_done(struct hook *hook)
{
	wh_json_free(hook->state);
	wh_json_free(hook->config);
	wh_arena_done(&hook->arena);
}

/* ---- words and the state ----------------------------------------------------------------------
 */

static int read_words(
	struct hook *hook, int argc, char *argv[], bool *ret_start, struct wh_err *err)
{
	struct wh_recorded *recorded = &hook->recorded;
	const struct {
		const char *option;
		const char **value;
	} options[] = {
		{ "--bundle=", &recorded->bundle },
		{ "--name=", &recorded->name },
		{ "--image=", &recorded->image },
		{ "--engine=", &recorded->engine },
	};

	*ret_start = argc > 1 && strcmp(argv[1], "start") == 0;
	if (!*ret_start && (argc < 2 || strcmp(argv[1], "stop") != 0))
		return wh_fail(err, EINVAL,
			"it is a hook that whittle puts into config.json itself; see "
			"whittle.json(5), \"learn\"");
	for (int i = 2; i < argc; i++) {
		size_t o = 0;

		while (o < WH_COUNT(options) &&
			strncmp(argv[i], options[o].option, strlen(options[o].option)) != 0)
			o++;
		if (o == WH_COUNT(options))
			return wh_fail(err, EINVAL, "its argument %d is not one of whittle's", i);
		*options[o].value = argv[i] + strlen(options[o].option);
	}
	if (*ret_start && recorded->name == NULL)
		return wh_fail(err, EINVAL, "whittle's argument --name=… is missing");
	return 0;
}

/* A text of the state or of config.json, in the arena; NULL when it is not there. */
static const char *text_of(struct hook *hook, struct wh_json *doc, wh_node node)
{
	struct wh_slice text = wh_json_string(doc, node);

	return text.len == 0 ? NULL : wh_arena_dup(&hook->arena, text);
}

static int read_state(struct hook *hook, struct wh_err *err)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_recorded *recorded = &hook->recorded;
	wh_node root;
	uint64_t pid = 0;
	int r = wh_read_all(STDIN_FILENO, STATE_MAX, &text, err);

	if (r == 0)
		r = wh_json_parse_take(&hook->state, &text, NULL, err);
	if (r < 0) {
		wh_err_prefix(err, "the container's state");
		return r;
	}
	root = wh_json_root(hook->state);
	recorded->id = text_of(hook, hook->state, wh_json_get(hook->state, root, "id"));
	if (recorded->bundle == NULL)
		recorded->bundle =
			text_of(hook, hook->state, wh_json_get(hook->state, root, "bundle"));
	if (wh_json_u64(hook->state, wh_json_get(hook->state, root, "pid"), &pid) == 0 &&
		pid <= INT32_MAX)
		recorded->pid = (int)pid;
	if (recorded->bundle == NULL || recorded->bundle[0] != '/')
		return wh_fail(err, EINVAL, "the container's state names no bundle");
	return 0;
}

/* ---- what config.json tells -------------------------------------------------------------------
 */

/* The bounding set: by executing a file with capabilities root has what is in there. */
static wh_capset granted(struct wh_json *config, wh_node process)
{
	wh_node list =
		wh_json_get(config, wh_json_get(config, process, "capabilities"), "bounding");
	wh_capset set = 0;

	wh_json_each_element (config, list, node) {
		unsigned capability;

		if (wh_capability_from_oci(wh_json_string(config, node), &capability))
			set |= wh_capset_of(capability);
	}
	return set;
}

/* The members "path" of the objects in an array. 0 or -ENOMEM. */
static int list_paths(struct hook *hook, wh_node list, const char *const **ret, size_t *ret_count)
{
	const char **all;
	size_t count = *ret_count;

	wh_json_each_element (hook->config, list, node)
		count++;
	all = wh_arena_array(&hook->arena, count + 1, sizeof(*all));
	if (all == NULL)
		return -ENOMEM;
	count = *ret_count;
	for (size_t i = 0; i < count; i++)
		all[i] = (*ret)[i];
	wh_json_each_element (hook->config, list, node) {
		all[count] = text_of(hook, hook->config, wh_json_get(hook->config, node, "path"));
		count += all[count] != NULL;
	}
	*ret = all;
	*ret_count = count;
	return 0;
}

/* As hooks that run in the container's namespaces are named, config.md#posix-platform-hooks. */
static int list_hooks(struct hook *hook, wh_node root)
{
	static const char *const points[] = { "createContainer", "startContainer" };
	struct wh_recorded *recorded = &hook->recorded;
	wh_node hooks = wh_json_get(hook->config, root, "hooks");
	int r = 0;

	for (size_t i = 0; r == 0 && i < WH_COUNT(points); i++)
		r = list_paths(hook, wh_json_get(hook->config, hooks, points[i]), &recorded->hooks,
			&recorded->hook_count);
	return r;
}

static int take_config(struct hook *hook)
{
	struct wh_json *config = hook->config;
	struct wh_recorded *recorded = &hook->recorded;
	wh_node top = wh_json_root(config);
	wh_node process = wh_json_get(config, top, "process"),
		root = wh_json_get(config, top, "root");
	const char *path = text_of(hook, config, wh_json_get(config, root, "path"));
	uint64_t uid = 0;

	(void)!wh_json_u64(
		config, wh_json_get(config, wh_json_get(config, process, "user"), "uid"), &uid);
	recorded->uid = (uint32_t)uid;
	recorded->granted = granted(config, process);
	recorded->readonly =
		wh_json_type(config, wh_json_get(config, root, "readonly")) == WH_JSON_TRUE;
	if (path != NULL && path[0] != '/')
		path = wh_arena_printf(&hook->arena, "%s/%s", recorded->bundle, path);
	recorded->rootfs = path;
	if (list_hooks(hook, top) < 0)
		return -ENOMEM;
	return list_paths(hook, wh_json_get(config, wh_json_get(config, top, "linux"), "devices"),
		&recorded->devices, &recorded->device_count);
}

static int read_config(struct hook *hook, struct wh_err *err)
{
	int bundle WH_FD = wh_open_trusted_folder(hook->recorded.bundle, NULL, err);
	int r = bundle < 0
			? bundle
			: wh_read_config(&hook->config, NULL, bundle, hook->recorded.bundle, err);

	if (r == 0 && take_config(hook) < 0)
		r = wh_fail_errno(err, ENOMEM, "reading config.json");
	return r;
}

/* ---- the recorder -----------------------------------------------------------------------------
 */

/* Nothing of the caller's is held: an engine waits for whoever has its pipes, and some leave us
 * more than the three. The pipe becomes the only other. */
static int let_go(int told)
{
	enum { PIPE = STDERR_FILENO + 1 };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		(void)dup2(null, fd);
	if (told != PIPE)
		(void)dup3(told, PIPE, O_CLOEXEC);
	closefrom(PIPE + 1);
	(void)!chdir("/");
	(void)umask(077);
	return PIPE;
}

/* The recorder's life. What it says of its beginning goes into the pipe: READY, or a sentence. */
static int record(const struct wh_recorded *recorded, int told)
{
	struct wh_recorder *recorder = NULL;
	struct wh_err err = WH_ERR_INIT;
	int r;

	told = let_go(told);
	r = wh_recorder_open(&recorder, recorded, &err);
	if (r < 0)
		(void)!wh_write_all(told, err.text, strlen(err.text));
	else if (wh_write_all(told, READY, strlen(READY)) < 0)
		wh_recorder_late(recorder);
	close(told);
	if (r == 0)
		r = wh_recorder_run(recorder, NULL);
	wh_recorder_close(recorder);
	return r == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* A grandchild in a session of its own, whom nobody waits for. */
static void leave_behind(const struct wh_recorded *recorded, int told)
{
	pid_t child = fork();

	if (child == 0) {
		(void)setsid();
		child = fork();
		_exit(child == 0 ? record(recorded, told) : EXIT_SUCCESS);
	}
	if (child > 0)
		(void)waitpid(child, NULL, 0);
}

static int wait_ready(int told, struct wh_err *err)
{
	struct pollfd wait = { .fd = told, .events = POLLIN };
	char sentence[sizeof(err->text)];
	ssize_t got;

	if (poll(&wait, 1, READY_MS) <= 0)
		return wh_fail(err, ETIMEDOUT, "the recorder did not begin in time");
	got = read(told, sentence, sizeof(sentence) - 1);
	if (got <= 0)
		return wh_fail(err, ENOTSUP, "the recorder ended before it began");
	sentence[got] = '\0';
	return strcmp(sentence, READY) == 0 ? 0 : wh_fail(err, ENOTSUP, "%s", sentence);
}

static int start(struct hook *hook, struct wh_err *err)
{
	int pipe_[2], r = read_config(hook, err);
	int told WH_FD = WH_NO_FD;

	if (r < 0)
		return r;
	if (hook->recorded.pid < 2)
		return wh_fail(err, EINVAL, "the container's state names no process");
	if (pipe2(pipe_, O_CLOEXEC) < 0)
		return wh_fail_errno(err, errno, "a pipe");
	told = pipe_[0];
	leave_behind(&hook->recorded, pipe_[1]);
	close(pipe_[1]);
	return wait_ready(told, err);
}

static int run(int argc, char *argv[], struct wh_err *err)
{
	struct hook hook WH_CLEANUP(hook_done) = { .arena = WH_ARENA_INIT };
	bool starts;
	int r = read_words(&hook, argc, argv, &starts, err);

	if (r == 0)
		r = read_state(&hook, err);
	if (r < 0)
		return r;
	if (starts)
		return start(&hook, err);
	r = wh_control_send(hook.recorded.bundle, WH_CONTROL_STOP, STOP_MS);
	if (r != -ENOENT)
		return r;
	wh_control_remove(hook.recorded.bundle); /* of one that was killed */
	return 0;
}

/* A container that cannot be recorded runs all the same. */
int main(int argc, char *argv[])
{
	struct wh_err err = WH_ERR_INIT;

	(void)signal(SIGPIPE, SIG_IGN);
	if (run(argc, argv, &err) < 0 && err.number != 0)
		wh_hook_tell("whittle-record", err.text);
	return EXIT_SUCCESS;
}
