/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What was learnt of a container: the result of one recording, or of several in union. Kept as one
 * JSON document a recording ("schema": 1), so that it can be read and mailed around.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/macros.h"
#include "learn/stack.h"
#include "oci/capability.h"

#define WH_LEARNT_MAX_SIZE (4u << 20) /* bytes of JSON */
#define WH_LEARNT_WRITTEN_MAX 1024
#define WH_LEARNT_SCRATCH_MAX 16
#define WH_LEARNT_LIST_MAX 256 /* of ports, users, devices, programs */

/* Why a recording is incomplete that says nothing at all: the container failed to start. */
#define WH_LEARNT_NOT_STARTED "no program of the container's was started"

/* Evidence for one capability: the strongest that was seen of it. */
struct wh_use_of {
	unsigned capability;
	enum wh_use use; /* needed or speculative */
	bool by_file;    /* for a program whose file capabilities have it: there is no check, and
			    execve fails without */
	uint64_t count;  /* of checks */
	bool at_least;   /* it was counted no further */
	int64_t first;   /* seconds since the epoch */
	const char *why; /* of a speculative one, a phrase; else NULL */
	const char *syscall;  /* NULL: not known */
	const char *function; /* of the kernel; NULL: not known */
	const char *program;  /* path as it was given to execve; NULL: not known */
	const char *detail; /* what it was for, as far as known: "80" of a port, "101" of a user */
};

struct wh_learnt_port {
	unsigned port;
	const char *protocol; /* "tcp", "udp" */
	const char *program;  /* NULL: not known */
};

struct wh_learnt_user {
	uint32_t uid;
	const char *program; /* NULL: not known */
};

/* A program that was executed and that confers something by its file. */
struct wh_learnt_program {
	const char *path;
	bool setuid, setgid;    /* to somebody else than who ran it, as far as that is known */
	wh_capset capabilities; /* of the file, capabilities(7) "File capabilities" */
};

struct wh_learnt {
	const char *name;                /* the rule's, or the image's, or what the caller chose */
	const char *image, *engine, *id; /* of the container; NULL: not known */
	const char *transport, *kernel;  /* NULL: nothing was recorded */
	int64_t began, ended;            /* seconds since the epoch; ended 0: it goes on */
	uint64_t milliseconds;           /* recorded, over all recordings */
	uint64_t recordings;             /* in this union */
	uint64_t events, lost;
	bool complete;           /* each of them */
	const char *incomplete;  /* why not, a sentence; NULL when complete */
	int recorder;            /* pid, and… */
	uint64_t recorder_start; /* …its start in clock ticks, while it runs; else 0 */

	wh_capset granted;            /* what the container could have used */
	uint32_t uid;                 /* that it was started with */
	const struct wh_use_of *uses; /* rising by capability, one each */
	size_t use_count;
	uint64_t foreign, runtime, other_users; /* checks that do not count: see gather.h */

	/* What could not be watched has its reason, and then says nothing; else NULL. */
	const char *syscalls_unknown, *written_unknown, *devices_unknown;
	const char *const *syscalls; /* names, in the order of the alphabet */
	size_t syscall_count;
	bool user_namespaces; /* it asked for some, by clone or unshare; clone3 is not told */
	const char *const
		*written; /* absolute paths in the root file system, sorted; folders end with "/" */
	size_t written_count;
	bool written_more;          /* there were more */
	const char *const *devices; /* paths of device nodes that were opened, sorted */
	size_t device_count;
	const struct wh_learnt_port *ports; /* below 1024 */
	size_t port_count;
	const struct wh_learnt_user *users; /* that it changed to */
	size_t user_count;
	const struct wh_learnt_program *programs;
	size_t program_count;
	const char *const *scratch_programs; /* executed from scratch folders (rule.h); the first so
						many, sorted */
	size_t scratch_program_count;
	const char *const *command; /* that started it last, of `whittlectl learn`; NULL: none */
	size_t command_count;
	uint64_t of_command; /* so many of the recordings it started, as far as that is known */
};

/* Adds the JSON text, with a newline at its end. 0 or -ENOMEM. */
int wh_learnt_write(const struct wh_learnt *learnt, struct wh_buf *ret) WH_MUST_CHECK;

/*
 * Reads such a text, which is taken over. Everything lives in the arena. 0; -EINVAL with the place
 * for what is not of this shape; -ENOMEM.
 */
int wh_learnt_read(struct wh_buf *text, struct wh_arena *arena, struct wh_learnt *ret,
	struct wh_err *err) WH_MUST_CHECK;

/*
 * Adds uses for the file capabilities of the programs: execve(2) of such a file fails where one of
 * them is not in the bounding set, without any check that could be told of. One that is used anyway
 * stays as it is. 0 or -ENOMEM.
 */
int wh_learnt_add_files(struct wh_learnt *learnt, struct wh_arena *arena) WH_MUST_CHECK;

/*
 * The union of two, with the evidence of `newer` where both have some: used wins over speculative;
 * counts and times are added up; what one of them lost or could not watch is lost or unknown, and
 * so is the image unless it is the same. One of a container that failed to start adds nothing.
 * Borrows from both. 0 or -ENOMEM.
 */
int wh_learnt_join(const struct wh_learnt *older, const struct wh_learnt *newer,
	struct wh_arena *arena, struct wh_learnt *ret) WH_MUST_CHECK;

/* One of the recordings was started by this command, which is borrowed and is the last now. */
void wh_learnt_started_by(
	struct wh_learnt *learnt, const char *const *command, size_t command_count);

/* What is to be kept: used, and unless `used_only` speculative. */
wh_capset wh_learnt_capabilities(const struct wh_learnt *learnt, bool used_only);
