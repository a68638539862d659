/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An event finds its thread and, when it is a check, the record of its stack; nothing else happens
 * until somebody wants a result (gather-result.c).
 */

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "learn/gather-inside.h"

/* System calls that change who a process is: which of their arguments are ids. */
static const struct {
	long number;
	unsigned char arguments; /* the first so many */
	bool group;
} id_calls[] = {
	{ SYS_setuid, 1, false },
	{ SYS_setreuid, 2, false },
	{ SYS_setresuid, 3, false },
	{ SYS_setfsuid, 1, false },
	{ SYS_setgid, 1, true },
	{ SYS_setregid, 2, true },
	{ SYS_setresgid, 3, true },
	{ SYS_setfsgid, 1, true },
};

int wh_gather_new(struct wh_gathering **ret, wh_capset granted, const char *const *hooks_run,
	size_t hook_count, const struct wh_gather_hooks *hooks)
{
	struct wh_gathering *gathering = calloc(1, sizeof(*gathering));

	if (gathering == NULL)
		return -ENOMEM;
	gathering->granted = granted;
	gathering->hooks_run = hooks_run;
	gathering->hook_count = hook_count;
	if (hooks != NULL)
		gathering->hooks = *hooks;
	gathering->program_count = 1;
	*ret = gathering;
	return 0;
}

void wh_gather_free(struct wh_gathering *gathering)
{
	if (gathering == NULL)
		return;
	wh_threads_done(&gathering->threads);
	free(gathering->records);
	free(gathering->table);
	free(gathering->addresses);
	wh_buf_done(&gathering->program_bytes);
	free(gathering);
}

/* What the runtime gives its privileges up with, at the last moment, is no part of an execve. */
bool wh_gather_has_checks(const struct wh_gathering *gathering)
{
	for (size_t i = 0; i < gathering->record_count; i++) {
		const struct record *record = &gathering->records[i];

		if (record->side == SIDE_CONTAINER ||
			(record->side == SIDE_ENTERING &&
				(DROPPED & wh_capset_of(record->capability)) == 0))
			return true;
	}
	return false;
}

uint64_t wh_gather_news(const struct wh_gathering *gathering)
{
	return gathering->news;
}

/* ---- programs --------------------------------------------------------------------------- */

static uint64_t mix(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ hash >> 32;
}

static uint64_t hash_bytes(struct wh_slice bytes)
{
	uint64_t hash = bytes.len;

	for (size_t i = 0; i < bytes.len; i++)
		hash = mix(hash, (unsigned char)bytes.data[i]);
	return hash;
}

static bool is_program(
	const struct wh_gathering *gathering, const struct program *program, struct wh_slice file)
{
	return program->len == file.len &&
	       memcmp(gathering->program_bytes.data + program->at, file.data, file.len) == 0;
}

/* Its number, 0 when there is no room; *ret_new when it was not known. */
static int take_program(
	struct wh_gathering *gathering, struct wh_slice file, uint32_t *ret, bool *ret_new)
{
	uint64_t hash = hash_bytes(file);
	size_t at = hash % WH_COUNT(gathering->program_table);
	struct wh_buf *bytes = &gathering->program_bytes;

	for (; gathering->program_table[at] != 0;
		at = (at + 1) % WH_COUNT(gathering->program_table)) {
		const struct program *program = &gathering->programs[gathering->program_table[at]];

		if (program->hash == hash && is_program(gathering, program, file)) {
			*ret = gathering->program_table[at];
			*ret_new = false;
			return 0;
		}
	}
	*ret = 0;
	*ret_new = true;
	if (gathering->program_count == PROGRAMS_MAX || bytes->len + file.len > PROGRAM_BYTES_MAX ||
		file.len == 0)
		return 0;
	gathering->programs[gathering->program_count] =
		(struct program){ (uint32_t)bytes->len, (uint32_t)file.len, hash };
	wh_buf_add_slice(bytes, file);
	if (wh_buf_status(bytes) < 0)
		return -ENOMEM;
	*ret = (uint32_t)gathering->program_count++;
	gathering->program_table[at] = (uint16_t)*ret;
	return 0;
}

/* ---- records ---------------------------------------------------------------------------- */

/* The number of a user namespace; all that there is no room for have one in common. */
static uint8_t take_target(struct wh_gathering *gathering, uint64_t target)
{
	for (size_t i = 0; i < gathering->target_count; i++)
		if (gathering->targets[i] == target)
			return (uint8_t)i;
	if (gathering->target_count < TARGETS_MAX)
		gathering->targets[gathering->target_count++] = target;
	else
		return TARGETS_MAX;
	return (uint8_t)(gathering->target_count - 1);
}

static int grow_table(struct wh_gathering *gathering)
{
	size_t size = gathering->table_size == 0 ? 1024 : gathering->table_size * 2;
	uint32_t *table;

	if (gathering->table_size != 0 && gathering->record_count < gathering->table_size / 2)
		return 0;
	table = calloc(size, sizeof(*table));
	if (table == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < gathering->record_count; i++) {
		size_t at = gathering->records[i].hash & (size - 1);

		while (table[at] != 0)
			at = (at + 1) & (size - 1);
		table[at] = (uint32_t)i + 1;
	}
	free(gathering->table);
	gathering->table = table;
	gathering->table_size = size;
	return 0;
}

static int grow(void **list, size_t *capacity, size_t needed, size_t size)
{
	size_t larger = *capacity == 0 ? 512 : *capacity;
	void *grown;

	if (needed <= *capacity)
		return 0;
	while (larger < needed)
		larger *= 2;
	grown = reallocarray(*list, larger, size);
	if (grown == NULL)
		return -ENOMEM;
	*list = grown;
	*capacity = larger;
	return 0;
}

static bool is_record(const struct wh_gathering *gathering, const struct record *record,
	const struct record *wanted, const uint64_t *stack)
{
	return record->hash == wanted->hash && record->depth == wanted->depth &&
	       record->capability == wanted->capability && record->target == wanted->target &&
	       record->side == wanted->side &&
	       (record->depth == 0 || memcmp(gathering->addresses + record->stack, stack,
					      record->depth * sizeof(*stack)) == 0);
}

static struct record *find_record(
	const struct wh_gathering *gathering, const struct record *wanted, const uint64_t *stack)
{
	if (gathering->table_size == 0)
		return NULL;
	for (size_t at = wanted->hash & (gathering->table_size - 1); gathering->table[at] != 0;
		at = (at + 1) & (gathering->table_size - 1)) {
		struct record *record = &gathering->records[gathering->table[at] - 1];

		if (is_record(gathering, record, wanted, stack))
			return record;
	}
	return NULL;
}

/* Adds it as it is, with a copy of the stack. 0 or -ENOMEM. */
static int add_record(
	struct wh_gathering *gathering, const struct record *record, const uint64_t *stack)
{
	size_t at;
	int r = grow((void **)&gathering->records, &gathering->record_capacity,
		gathering->record_count + 1, sizeof(*gathering->records));

	if (r == 0)
		r = grow((void **)&gathering->addresses, &gathering->address_capacity,
			gathering->address_count + record->depth, sizeof(*gathering->addresses));
	if (r == 0)
		r = grow_table(gathering);
	if (r < 0)
		return r;
	at = record->hash & (gathering->table_size - 1);
	while (gathering->table[at] != 0)
		at = (at + 1) & (gathering->table_size - 1);
	gathering->records[gathering->record_count] = *record;
	gathering->records[gathering->record_count].stack = (uint32_t)gathering->address_count;
	gathering->table[at] = (uint32_t)++gathering->record_count;
	if (record->depth > 0)
		memcpy(gathering->addresses + gathering->address_count, stack,
			record->depth * sizeof(*stack));
	gathering->address_count += record->depth;
	gathering->records_of[record->capability]++;
	gathering->news++;
	return 0;
}

static uint64_t hash_record(const struct record *record, const uint64_t *stack)
{
	uint64_t hash = mix(record->capability, (uint64_t)record->side << 8 | record->target);

	for (unsigned i = 0; i < record->depth; i++)
		hash = mix(hash, stack[i]);
	return hash;
}

static void add_to_rest(struct wh_gathering *gathering, const struct record *record)
{
	struct rest *rest = &gathering->rest[record->capability];

	if (record->side != SIDE_CONTAINER) {
		gathering->runtime += record->side == SIDE_RUNTIME ? record->count : 0;
		return;
	}
	if (rest->count == 0) {
		rest->first = record->first;
		rest->program = record->program;
		gathering->news++;
	}
	rest->count += record->count;
}

/* Counts it in; *ret is its place among the records, SIZE_MAX when it has none. 0 or -ENOMEM. */
static int count_record(
	struct wh_gathering *gathering, struct record *record, const uint64_t *stack, size_t *ret)
{
	struct record *known;
	int r;

	record->hash = hash_record(record, stack);
	known = find_record(gathering, record, stack);
	if (known != NULL) {
		known->count += record->count;
		*ret = (size_t)(known - gathering->records);
		return 0;
	}
	*ret = SIZE_MAX;
	if (gathering->records_of[record->capability] >= RECORDS_MAX ||
		gathering->address_count + record->depth > ADDRESSES_MAX) {
		add_to_rest(gathering, record);
		return 0;
	}
	r = add_record(gathering, record, stack);
	if (r == 0)
		*ret = gathering->record_count - 1;
	return r;
}

/* ---- events ----------------------------------------------------------------------------- */

static void remember(struct wh_gathering *gathering, int32_t tid, size_t record)
{
	gathering->recent[gathering->recent_at] = (struct recent){ tid, (uint32_t)record, true };
	gathering->recent_at = (gathering->recent_at + 1) % RECENT;
}

static int on_check(struct wh_gathering *gathering, const struct wh_event *event,
	const struct wh_thread *thread)
{
	struct record record = {
		.count = 1,
		.first = event->time,
		.program = thread->program,
		.depth = (uint8_t)(event->check.depth < WH_STACK_MAX ? event->check.depth
								     : WH_STACK_MAX),
		.capability = (uint8_t)event->check.capability,
		.side = thread->owner == WH_OWNER_CONTAINER ? SIDE_CONTAINER : SIDE_RUNTIME,
	};
	bool runtime = record.side == SIDE_RUNTIME, granted;
	size_t place;
	int r;

	if (event->check.capability >= CAPABILITIES)
		return 0;
	granted = (gathering->granted >> event->check.capability & 1) != 0;
	/* Others' credentials said yes: the container's could not. But the runtime has its own, and
	 * by dropping them shows the user namespace. */
	if (!granted && !(runtime && (DROPPED >> event->check.capability & 1) != 0)) {
		*(runtime ? &gathering->runtime : &gathering->foreign) += 1;
		return 0;
	}
	record.target = take_target(gathering, event->check.target);
	if (event->check.capability == CAP_SETUID) {
		record.id = thread->uid;
		record.has_id = thread->has_uid;
	} else if (event->check.capability == CAP_SETGID) {
		record.id = thread->gid;
		record.has_id = thread->has_gid;
	}
	r = count_record(gathering, &record, event->check.stack, &place);
	if (r == 0 && runtime && granted && place != SIZE_MAX)
		remember(gathering, event->tid, place);
	return r;
}

/* The last checks of a thread that has just executed something: as the container's, too, when it
 * is the container's now. Whether they came by execve is seen at the end. 0 or -ENOMEM. */
static int settle_recent(
	struct wh_gathering *gathering, const struct wh_thread *thread, bool entered)
{
	uint64_t stack[WH_STACK_MAX];

	for (size_t i = 0; i < RECENT; i++) {
		struct recent *recent = &gathering->recent[i];
		struct record record;
		size_t place;
		int r;

		if (!recent->used || recent->tid != thread->tid)
			continue;
		recent->used = false;
		if (!entered)
			continue;
		record = gathering->records[recent->record];
		record.side = SIDE_ENTERING;
		record.count = 1;
		record.program = thread->program;
		if (record.depth > 0)
			memcpy(stack, gathering->addresses + record.stack,
				record.depth * sizeof(*stack));
		r = count_record(gathering, &record, stack, &place);
		if (r < 0)
			return r;
	}
	return 0;
}

static int on_exec(
	struct wh_gathering *gathering, const struct wh_event *event, struct wh_thread *thread)
{
	struct wh_slice file = { event->exec.file, event->exec.len };
	enum wh_owner before = thread->owner;
	uint32_t program;
	bool is_new;
	int r;

	wh_threads_revive(&gathering->threads, thread);
	thread->owner =
		wh_owner_after_exec(before, file, gathering->hooks_run, gathering->hook_count);
	if (thread->owner != WH_OWNER_CONTAINER)
		return settle_recent(gathering, thread, false);
	r = take_program(gathering, file, &program, &is_new);
	if (r < 0)
		return r;
	thread->program = program;
	if (before != WH_OWNER_CONTAINER)
		r = settle_recent(gathering, thread, true);
	if (r == 0 && is_new && gathering->hooks.program != NULL)
		gathering->hooks.program(gathering->hooks.context, event->tid, file);
	return r;
}

static void add_user(struct wh_gathering *gathering, uint32_t uid, uint32_t program)
{
	if (gathering->user_count == WH_COUNT(gathering->users))
		return;
	for (size_t i = 0; i < gathering->user_count; i++)
		if (gathering->users[i].uid == uid)
			return;
	gathering->users[gathering->user_count++] = (struct user){ uid, program };
	gathering->news++;
}

/* Takes the ids that a call sets. False when it is no such call. */
static bool take_ids(
	struct wh_gathering *gathering, const struct wh_event *event, struct wh_thread *thread)
{
	for (size_t i = 0; i < WH_COUNT(id_calls); i++) {
		if (id_calls[i].number != event->syscall.number)
			continue;
		for (size_t k = 0; k < id_calls[i].arguments; k++) {
			uint32_t id = (uint32_t)event->syscall.args[k];

			if (id == UINT32_MAX)
				continue;
			*(id_calls[i].group ? &thread->gid : &thread->uid) = id;
			*(id_calls[i].group ? &thread->has_gid : &thread->has_uid) = true;
			if (!id_calls[i].group)
				add_user(gathering, id, thread->program);
		}
		return true;
	}
	return false;
}

/* A user namespace is made without a check that would tell. clone3(2) has its flags in memory,
 * where nobody looks. False when it is no such call. */
static bool take_namespaces(struct wh_gathering *gathering, const struct wh_event *event)
{
	if (event->syscall.number != SYS_clone && event->syscall.number != SYS_unshare)
		return false;
	if ((event->syscall.args[0] & CLONE_NEWUSER) != 0 && !gathering->user_namespaces) {
		gathering->user_namespaces = true;
		gathering->news++;
	}
	return true;
}

static void on_syscall(
	struct wh_gathering *gathering, const struct wh_event *event, struct wh_thread *thread)
{
	int64_t number = event->syscall.number;
	uint64_t bit;
	bool counts;

	if (thread->owner != WH_OWNER_CONTAINER || number < 0 || number >= WH_EVENT_SYSCALLS)
		return;
	counts = take_ids(gathering, event, thread) || take_namespaces(gathering, event);
	bit = UINT64_C(1) << number % 64;
	if ((gathering->syscalls[number / 64] & bit) != 0)
		return;
	gathering->syscalls[number / 64] |= bit;
	gathering->news++;
	if (!counts && gathering->hooks.syscall != NULL)
		gathering->hooks.syscall(gathering->hooks.context, number);
}

static void on_port(struct wh_gathering *gathering, const struct wh_event *event,
	const struct wh_thread *thread)
{
	const struct port port = {
		event->port.number,
		event->port.protocol,
		thread->program,
	};

	if (thread->owner != WH_OWNER_CONTAINER || port.port == 0 || port.port >= 1024 ||
		gathering->port_count == WH_COUNT(gathering->ports))
		return;
	for (size_t i = 0; i < gathering->port_count; i++)
		if (gathering->ports[i].port == port.port &&
			gathering->ports[i].protocol == port.protocol)
			return;
	gathering->ports[gathering->port_count++] = port;
	gathering->news++;
}

int wh_gather_event(void *context, const struct wh_event *event)
{
	struct wh_gathering *gathering = context;
	struct wh_thread *thread;

	gathering->events++;
	if (event->kind == WH_EVENT_LOST) {
		gathering->lost += event->lost.count;
		gathering->news++;
		return 0;
	}
	if (event->kind == WH_EVENT_EXIT) {
		wh_threads_exit(&gathering->threads, event->tid, event->time);
		return 0;
	}
	if (event->kind == WH_EVENT_FORK)
		return wh_threads_fork(
			&gathering->threads, event->tid, event->fork.child, event->time);
	thread = wh_threads_get(&gathering->threads, event->tid, event->time);
	if (thread == NULL)
		return -ENOMEM;
	switch (event->kind) {
	case WH_EVENT_CHECK:
		return on_check(gathering, event, thread);
	case WH_EVENT_EXEC:
		return on_exec(gathering, event, thread);
	case WH_EVENT_SYSCALL:
		on_syscall(gathering, event, thread);
		return 0;
	case WH_EVENT_PORT:
		on_port(gathering, event, thread);
		return 0;
	case WH_EVENT_JOIN:
		wh_threads_revive(&gathering->threads, thread);
		thread->owner = WH_OWNER_JOINED;
		return 0;
	case WH_EVENT_FORK:
	case WH_EVENT_EXIT:
	case WH_EVENT_LOST:
		break;
	}
	return 0;
}
