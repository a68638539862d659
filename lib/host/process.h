/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Other processes, as /proc shows them. Everything here may be gone the next moment: what cannot be
 * read because its process has ended is -ESRCH, never an error of ours. Texts come from the
 * processes themselves, who may write anything there.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/macros.h"

enum wh_process_set {
	WH_PROCESS_INHERITABLE,
	WH_PROCESS_PERMITTED,
	WH_PROCESS_EFFECTIVE,
	WH_PROCESS_BOUNDING,
	WH_PROCESS_AMBIENT,
	WH_PROCESS_SETS,
};

struct wh_process {
	int pid;
	int parent;
	char state;     /* as ps shows it: 'Z' and 'X' have ended */
	uint64_t start; /* clock ticks since the host's start: with the pid it names one process */
	unsigned uid;   /* real */
	uint64_t sets[WH_PROCESS_SETS];
	bool no_new_privileges;
	int seccomp;         /* 0 none, 1 strict, 2 filter; -1: this kernel does not tell */
	int seccomp_filters; /* how many (Linux 5.9); -1 likewise */
};

/*
 * The pure halves: the texts of /proc/PID/stat and /proc/PID/status. Each fills its fields (stat:
 * parent, state, start; status: all the others). 0, or -EINVAL when one of them is
 * not there.
 */
int wh_process_parse_stat(struct wh_slice text, struct wh_process *ret) WH_MUST_CHECK;
int wh_process_parse_status(struct wh_slice text, struct wh_process *ret) WH_MUST_CHECK;

/* `proc` is an open /proc everywhere below. */

/* All process ids, rising, in the arena. 0, -ENOMEM or -errno. */
int wh_process_list(int proc, struct wh_arena *arena, int **ret, size_t *ret_count) WH_MUST_CHECK;

/*
 * Those whose command name (comm) is this one, rising, in the arena; only those in our own pid
 * namespace, since one in a container is somebody else's. 0, -ENOMEM or -errno.
 */
int wh_process_find(int proc, const char *name, struct wh_arena *arena, int **ret,
	size_t *ret_count) WH_MUST_CHECK;

/* 0; -ESRCH when it is gone; -errno (-EACCES for a process that hidepid hides nothing but this of).
 */
int wh_process_read(int proc, int pid, struct wh_process *ret) WH_MUST_CHECK;

/* Adds the text of one of its files ("uid_map", "attr/current"), at most `limit` bytes and a page.
 * 0, -ENOMEM, -ESRCH, -errno. */
int wh_process_text(
	int proc, int pid, const char *name, size_t limit, struct wh_buf *ret) WH_MUST_CHECK;

/* The command line, NULL-terminated, in the arena; at most 256 KiB of it. 0, -ESRCH, -errno. A
 * process without one (a thread of the kernel) has no words. */
int wh_process_words(
	int proc, int pid, struct wh_arena *arena, char ***ret, size_t *ret_count) WH_MUST_CHECK;

/* The value of a variable of the environment that it was started with; NULL when it is not there.
 */
int wh_process_variable(int proc, int pid, const char *name, struct wh_arena *arena,
	const char **ret) WH_MUST_CHECK;

/* Where "exe" or "cwd" leads, in the arena. */
int wh_process_link(int proc, int pid, const char *name, struct wh_arena *arena,
	const char **ret) WH_MUST_CHECK;

/* The number of its namespace of this type ("pid", "user", "mnt"). */
int wh_process_namespace(int proc, int pid, const char *type, uint64_t *ret) WH_MUST_CHECK;

/* Its control groups, the text of /proc/PID/cgroup, in the arena. */
int wh_process_groups(int proc, int pid, struct wh_arena *arena, const char **ret) WH_MUST_CHECK;
