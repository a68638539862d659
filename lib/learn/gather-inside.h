/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What gather.c, which takes events in, and gather-result.c, which tells what they came to, share;
 * for these alone. */

#include <linux/capability.h>

#include "learn/gather.h"
#include "learn/threads.h"

#define CAPABILITIES 64u
#define RECORDS_MAX 4096u        /* of one capability */
#define ADDRESSES_MAX (1u << 20) /* of all stacks: 8 MiB */
#define TARGETS_MAX 16u          /* user namespaces that are told apart */
#define PROGRAMS_MAX 4096u
#define PROGRAM_BYTES_MAX (1u << 20)
#define RECENT 64u

/* What a runtime needs when it gives up its privileges. */
#define DROPPED (UINT64_C(1) << CAP_SETPCAP | UINT64_C(1) << CAP_SETUID | UINT64_C(1) << CAP_SETGID)

/* Whose checks a record has. */
enum side {
	SIDE_RUNTIME,
	SIDE_ENTERING, /* the runtime's, just before it became the container's */
	SIDE_CONTAINER,
};

/* All checks for one capability about one user namespace that came by the same stack. */
struct record {
	uint64_t hash;
	uint64_t count, first; /* nanoseconds */
	uint32_t stack;        /* where in the addresses */
	uint32_t program;      /* of the first check */
	uint32_t id;           /* user or group that was asked for */
	uint8_t depth, capability, target, side;
	bool has_id;
};

/* Of checks that there was no more room for. */
struct rest {
	uint64_t count, first;
	uint32_t program;
};

struct program {
	uint32_t at, len; /* in the bytes */
	uint64_t hash;
};

struct recent {
	int32_t tid;
	uint32_t record;
	bool used;
};

struct port {
	uint16_t port, protocol;
	uint32_t program;
};

struct user {
	uint32_t uid, program;
};

struct wh_gathering {
	wh_capset granted;
	const char *const *hooks_run;
	size_t hook_count;
	struct wh_gather_hooks hooks;
	struct wh_threads threads;
	uint64_t events, lost, news;
	uint64_t foreign, runtime; /* of checks that have no record */

	struct record *records;
	size_t record_count, record_capacity;
	uint32_t *table; /* of records by hash, their place + 1 */
	size_t table_size;
	uint64_t *addresses;
	size_t address_count, address_capacity;
	uint32_t records_of[CAPABILITIES];
	struct rest rest[CAPABILITIES];
	uint64_t targets[TARGETS_MAX];
	size_t target_count;
	struct recent recent[RECENT]; /* checks of the runtime, a ring */
	size_t recent_at;

	struct program programs[PROGRAMS_MAX]; /* the first has no name: not known */
	size_t program_count;
	uint16_t program_table[PROGRAMS_MAX * 2];
	struct wh_buf program_bytes;

	uint64_t syscalls[WH_EVENT_SYSCALLS / 64];
	bool user_namespaces; /* it asked for some */
	struct port ports[WH_LEARNT_LIST_MAX];
	size_t port_count;
	struct user users[WH_LEARNT_LIST_MAX];
	size_t user_count;
};
