/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crun 1.0 to 1.29: the options of all these releases together; the runtime behind refuses what it
 * is too old to know.
 */

#include "oci/argv-internal.h"

static const struct wh_option common[] = {
	{ "HANG", NULL, WH_ARITY_OPTIONAL, WH_ROLE_NONE, WH_OPTION_REFUSE,
		"it is argp's own, for debugging" },
	{ "help", "?", WH_ARITY_BOOL, WH_ROLE_NONE, WH_OPTION_INFORM },
	{ "program-name", NULL, WH_ARITY_VALUE, WH_ROLE_NONE, WH_OPTION_REFUSE,
		"it is argp's own, for debugging" },
	{ "usage", NULL, WH_ARITY_BOOL, WH_ROLE_NONE, WH_OPTION_INFORM },
	{ NULL },
};

static const struct wh_option globals[] = {
	{ "cgroup-manager", NULL, WH_ARITY_VALUE },
	{ "debug", NULL, WH_ARITY_BOOL },
	{ "log", NULL, WH_ARITY_VALUE, WH_ROLE_LOG },
	{ "log-format", NULL, WH_ARITY_VALUE, WH_ROLE_LOG_FORMAT },
	{ "log-level", NULL, WH_ARITY_VALUE },
	{ "root", NULL, WH_ARITY_VALUE, WH_ROLE_ROOT, WH_OPTION_ONCE },
	{ "rootless", NULL, WH_ARITY_VALUE, WH_ROLE_NONE, WH_OPTION_REFUSE,
		"crun before 1.22 takes it for another name of \"--root\"" },
	{ "systemd-cgroup", NULL, WH_ARITY_BOOL },
	{ "version", "vV", WH_ARITY_BOOL, WH_ROLE_NONE, WH_OPTION_INFORM },
	{ NULL },
};

static const struct wh_option create_options[] = {
	{ "bundle", "b", WH_ARITY_VALUE, WH_ROLE_BUNDLE, WH_OPTION_ONCE },
	{ "config", "f", WH_ARITY_VALUE, WH_ROLE_NONE, WH_OPTION_REFUSE,
		"it makes crun read another file than the bundle's config.json" },
	{ "console-socket", NULL, WH_ARITY_VALUE },
	{ "no-new-keyring", NULL, WH_ARITY_BOOL },
	{ "no-pivot", NULL, WH_ARITY_BOOL },
	{ "no-subreaper", NULL, WH_ARITY_BOOL },
	{ "pid-file", NULL, WH_ARITY_VALUE },
	{ "preserve-fds", NULL, WH_ARITY_INT, WH_ROLE_PRESERVE_FDS },
	{ NULL },
};

static const struct wh_option run_options[] = {
	{ "bundle", "b", WH_ARITY_VALUE, WH_ROLE_BUNDLE, WH_OPTION_ONCE },
	{ "config", "f", WH_ARITY_VALUE, WH_ROLE_NONE, WH_OPTION_REFUSE,
		"it makes crun read another file than the bundle's config.json" },
	{ "console-socket", NULL, WH_ARITY_VALUE },
	{ "detach", "d", WH_ARITY_BOOL },
	{ "keep", NULL, WH_ARITY_BOOL },
	{ "no-new-keyring", NULL, WH_ARITY_BOOL },
	{ "no-pivot", NULL, WH_ARITY_BOOL },
	{ "no-subreaper", NULL, WH_ARITY_BOOL },
	{ "pid-file", NULL, WH_ARITY_VALUE },
	{ "preserve-fds", NULL, WH_ARITY_INT, WH_ROLE_PRESERVE_FDS },
	{ NULL },
};

static const struct wh_option restore_options[] = {
	{ "bundle", "b", WH_ARITY_VALUE, WH_ROLE_BUNDLE, WH_OPTION_ONCE },
	{ "console-socket", NULL, WH_ARITY_VALUE },
	{ "detach", "d", WH_ARITY_BOOL },
	{ "ext-unix-sk", NULL, WH_ARITY_BOOL },
	{ "file-locks", NULL, WH_ARITY_BOOL },
	{ "image-path", NULL, WH_ARITY_VALUE, WH_ROLE_NONE, WH_OPTION_ONCE },
	{ "lsm-mount-context", NULL, WH_ARITY_VALUE },
	{ "lsm-profile", NULL, WH_ARITY_VALUE },
	{ "manage-cgroups-mode", NULL, WH_ARITY_VALUE },
	{ "network-lock", NULL, WH_ARITY_BOOL },
	{ "pid-file", NULL, WH_ARITY_VALUE },
	{ "shell-job", NULL, WH_ARITY_BOOL },
	{ "tcp-close", NULL, WH_ARITY_BOOL },
	{ "tcp-established", NULL, WH_ARITY_BOOL },
	{ "work-path", NULL, WH_ARITY_VALUE, WH_ROLE_NONE, WH_OPTION_ONCE },
	{ NULL },
};

static const struct wh_option exec_options[] = {
	{ "apparmor", NULL, WH_ARITY_VALUE, WH_ROLE_APPARMOR },
	{ "cap", "c", WH_ARITY_VALUE, WH_ROLE_CAP, WH_OPTION_LIST },
	{ "cgroup", NULL, WH_ARITY_VALUE },
	{ "console-socket", NULL, WH_ARITY_VALUE },
	{ "cwd", NULL, WH_ARITY_VALUE, WH_ROLE_CWD },
	{ "detach", "d", WH_ARITY_BOOL },
	{ "env", "e", WH_ARITY_VALUE, WH_ROLE_ENV, WH_OPTION_LIST },
	{ "no-new-privs", NULL, WH_ARITY_BOOL, WH_ROLE_NO_NEW_PRIVS },
	{ "pid-file", NULL, WH_ARITY_VALUE },
	{ "preserve-fds", NULL, WH_ARITY_INT, WH_ROLE_PRESERVE_FDS },
	{ "process", "p", WH_ARITY_VALUE, WH_ROLE_PROCESS, WH_OPTION_ONCE },
	{ "process-label", NULL, WH_ARITY_VALUE, WH_ROLE_PROCESS_LABEL },
	{ "tty", "t", WH_ARITY_OPTIONAL, WH_ROLE_TTY },
	{ "user", "u", WH_ARITY_VALUE, WH_ROLE_USER },
	{ NULL },
};

static const struct wh_option update_options[] = {
	{ "blkio-weight", NULL, WH_ARITY_VALUE },
	{ "cpu-period", NULL, WH_ARITY_VALUE },
	{ "cpu-quota", NULL, WH_ARITY_VALUE },
	{ "cpu-rt-period", NULL, WH_ARITY_VALUE },
	{ "cpu-rt-runtime", NULL, WH_ARITY_VALUE },
	{ "cpu-share", NULL, WH_ARITY_VALUE },
	{ "cpuset-cpus", NULL, WH_ARITY_VALUE },
	{ "cpuset-mems", NULL, WH_ARITY_VALUE },
	{ "kernel-memory", NULL, WH_ARITY_VALUE },
	{ "kernel-memory-tcp", NULL, WH_ARITY_VALUE },
	{ "l3-cache-schema", NULL, WH_ARITY_VALUE },
	{ "mem-bw-schema", NULL, WH_ARITY_VALUE },
	{ "memory", NULL, WH_ARITY_VALUE },
	{ "memory-reservation", NULL, WH_ARITY_VALUE },
	{ "memory-swap", NULL, WH_ARITY_VALUE },
	{ "pids-limit", NULL, WH_ARITY_VALUE },
	{ "resources", "r", WH_ARITY_VALUE, WH_ROLE_RESOURCES, WH_OPTION_ONCE },
	{ NULL },
};

static const struct wh_command commands[] = {
	{ "checkpoint", WH_ACTION_PASS },
	{ "create", WH_ACTION_CREATE, create_options },
	{ "delete", WH_ACTION_PASS },
	{ "exec", WH_ACTION_EXEC, exec_options },
	{ "features", WH_ACTION_PASS },
	{ "kill", WH_ACTION_PASS },
	{ "list", WH_ACTION_PASS },
	{ "mounts", WH_ACTION_REFUSE, NULL,
		"it mounts files of the host into a running container" },
	{ "pause", WH_ACTION_PASS },
	{ "ps", WH_ACTION_PASS },
	{ "restore", WH_ACTION_RESTORE, restore_options },
	{ "resume", WH_ACTION_PASS },
	{ "run", WH_ACTION_CREATE, run_options },
	{ "spec", WH_ACTION_PASS },
	{ "start", WH_ACTION_PASS },
	{ "state", WH_ACTION_PASS },
	{ "update", WH_ACTION_UPDATE, update_options },
	{ NULL },
};

const struct wh_grammar wh_grammar_crun = {
	.kind = WH_RUNTIME_CRUN,
	.name = "crun",
	.style = WH_STYLE_ARGP,
	.globals = globals,
	.common = common,
	.commands = commands,
};
