/* SPDX-License-Identifier: Apache-2.0 */
/* Each record is judged once, by the functions of the kernel that led to it. */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "learn/gather-inside.h"
#include "base/path.h"
#include "learn/rule.h"
#include "learn/stack.h"

#define PRINTED_MAX 4096u

/* What is found out of the records for one capability. */
struct found {
	const struct record *best; /* the first of the strongest kind; NULL: none */
	struct wh_stack_meaning meaning;
	uint64_t count;
};

/* Printable, in the arena. Fails as a whole, so that a result is never half of one. */
static int print_program(const struct wh_gathering *gathering, uint32_t number,
	struct wh_arena *arena, const char **ret)
{
	const struct program *program = &gathering->programs[number];
	size_t size = (size_t)program->len * 4 + 1;
	char *text, *raw;

	*ret = NULL;
	if (number == 0)
		return 0;
	if (size > PRINTED_MAX)
		size = PRINTED_MAX;
	raw = wh_arena_dup(arena,
		(struct wh_slice){ gathering->program_bytes.data + program->at, program->len });
	text = wh_arena_alloc(arena, size);
	if (raw == NULL || text == NULL)
		return -ENOMEM;
	wh_copy_printable(text, size, raw);
	*ret = text;
	return 0;
}

/* A runtime that gives up its privileges does so in the container's own user namespace: by prctl
 * (bounding set), or by taking on its user. */
static bool is_dropping(const struct wh_stack_meaning *meaning, unsigned capability)
{
	static const char *const calls[] = { "prctl", "capset", "setgroups", "setuid", "setgid",
		"setresuid", "setresgid" };

	if ((DROPPED >> capability & 1) == 0)
		return false;
	for (size_t i = 0; meaning->syscall != NULL && i < WH_COUNT(calls); i++)
		if (strcmp(meaning->syscall, calls[i]) == 0)
			return true;
	return false;
}

static void judge(const struct wh_gathering *gathering, const struct wh_symbols *symbols,
	const struct record *record, struct wh_stack_meaning *ret)
{
	const uint64_t none = 0;

	wh_stack_judge(symbols, record->capability,
		record->depth == 0 ? &none : gathering->addresses + record->stack, record->depth,
		ret);
}

/* The number of the container's own user namespace, negative when it is not known: the first that
 * the runtime gave up privileges in, which is before it started anything. */
static int own_target(const struct wh_gathering *gathering, const struct wh_symbols *symbols)
{
	for (size_t i = 0; i < gathering->record_count; i++) {
		const struct record *record = &gathering->records[i];
		struct wh_stack_meaning meaning;

		if (record->side != SIDE_RUNTIME || record->target == TARGETS_MAX)
			continue;
		judge(gathering, symbols, record, &meaning);
		if (is_dropping(&meaning, record->capability))
			return record->target;
	}
	return -1;
}

static bool begins_execve(const struct wh_stack_meaning *meaning)
{
	return meaning->syscall != NULL && strncmp(meaning->syscall, "execve", 6) == 0;
}

static void sort_in(const struct wh_gathering *gathering, const struct wh_symbols *symbols,
	const struct record *record, int own, struct wh_learnt *ret, struct found *found)
{
	struct wh_stack_meaning meaning;

	if (record->side == SIDE_RUNTIME) {
		ret->runtime += record->count;
		return;
	}
	judge(gathering, symbols, record, &meaning);
	/* These are among the runtime's already, and stay there unless they are learnt. */
	if (record->side == SIDE_ENTERING &&
		(!begins_execve(&meaning) || meaning.use == WH_USE_FOREIGN ||
			(own >= 0 && record->target != own)))
		return;
	if (meaning.use == WH_USE_FOREIGN) {
		ret->foreign += record->count;
		return;
	}
	if (own >= 0 && record->target != own) {
		ret->other_users += record->count;
		return;
	}
	if (record->side == SIDE_ENTERING)
		ret->runtime -= record->count;
	found += record->capability;
	if (found->best == NULL || meaning.use < found->meaning.use)
		*found = (struct found){ record, meaning, 0 };
	else if (meaning.use > found->meaning.use)
		return;
	found->count += record->count;
}

/* A copy, because symbols may go before the result. NULL stays NULL. */
static int copy_text(struct wh_arena *arena, const char *text, const char **ret)
{
	*ret = text == NULL ? NULL : wh_arena_dup(arena, wh_slice_of(text));
	return text != NULL && *ret == NULL ? -ENOMEM : 0;
}

/* "80, 443"; NULL when there is none. One port may be of two protocols. */
static int print_ports(
	const struct wh_gathering *gathering, struct wh_arena *arena, const char **ret)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;

	for (size_t i = 0; i < gathering->port_count; i++) {
		size_t k = 0;

		while (gathering->ports[k].port != gathering->ports[i].port)
			k++;
		if (k == i)
			wh_buf_addf(&text, "%s%u", text.len == 0 ? "" : ", ",
				(unsigned)gathering->ports[i].port);
	}
	if (wh_buf_status(&text) < 0)
		return -ENOMEM;
	return copy_text(arena, text.data, ret);
}

/* The ports below 1024, or the user or group. NULL when there is nothing to tell. */
static int print_detail(const struct wh_gathering *gathering, const struct found *found,
	struct wh_arena *arena, const char **ret)
{
	const struct record *record = found->best;
	const char *call = found->meaning.syscall;

	if (record->capability == CAP_NET_BIND_SERVICE)
		return print_ports(gathering, arena, ret);
	*ret = NULL;
	if (!record->has_id || call == NULL || strncmp(call, "set", 3) != 0 ||
		strcmp(call, "setgroups") == 0)
		return 0;
	*ret = wh_arena_printf(arena, "%" PRIu32, record->id);
	return *ret == NULL ? -ENOMEM : 0;
}

static int64_t seconds(uint64_t time, int64_t epoch)
{
	return (int64_t)(time + (uint64_t)epoch) / 1000000000;
}

static int tell_use(const struct wh_gathering *gathering, unsigned capability,
	const struct found *found, int64_t epoch, struct wh_arena *arena, struct wh_use_of *ret)
{
	const struct rest *rest = &gathering->rest[capability];
	bool by_rest =
		rest->count > 0 && (found->best == NULL || found->meaning.use != WH_USE_NEEDED);
	int r;

	*ret = (struct wh_use_of){ .capability = capability };
	if (by_rest) {
		ret->count = rest->count;
		ret->first = seconds(rest->first, epoch);
		return print_program(gathering, rest->program, arena, &ret->program);
	}
	ret->use = found->meaning.use;
	ret->count = found->count + rest->count;
	ret->first = seconds(found->best->first, epoch);
	ret->why = found->meaning.why;
	r = copy_text(arena, found->meaning.syscall, &ret->syscall);
	if (r == 0)
		r = copy_text(arena, found->meaning.function, &ret->function);
	if (r == 0)
		r = print_program(gathering, found->best->program, arena, &ret->program);
	return r < 0 ? r : print_detail(gathering, found, arena, &ret->detail);
}

static int tell_uses(const struct wh_gathering *gathering, const struct wh_symbols *symbols,
	int64_t epoch, struct wh_arena *arena, struct wh_learnt *ret)
{
	struct found found[CAPABILITIES] = { 0 };
	int own = own_target(gathering, symbols);
	struct wh_use_of *uses = wh_arena_array(arena, CAPABILITIES, sizeof(*uses));
	size_t count = 0;

	if (uses == NULL)
		return -ENOMEM;
	ret->foreign = gathering->foreign;
	ret->runtime = gathering->runtime;
	ret->other_users = 0;
	ret->user_namespaces = gathering->user_namespaces;
	for (size_t i = 0; i < gathering->record_count; i++)
		sort_in(gathering, symbols, &gathering->records[i], own, ret, found);
	for (unsigned i = 0; i < CAPABILITIES; i++) {
		int r;

		if (found[i].best == NULL && gathering->rest[i].count == 0)
			continue;
		r = tell_use(gathering, i, &found[i], epoch, arena, &uses[count++]);
		if (r < 0)
			return r;
	}
	ret->uses = uses;
	ret->use_count = count;
	return 0;
}

static int tell_syscalls(
	const struct wh_gathering *gathering, struct wh_arena *arena, struct wh_learnt *ret)
{
	const struct wh_gather_hooks *hooks = &gathering->hooks;
	const char **names = wh_arena_array(arena, WH_EVENT_SYSCALLS, sizeof(*names));
	size_t count = 0;

	if (names == NULL)
		return -ENOMEM;
	for (int64_t i = 0; i < WH_EVENT_SYSCALLS && hooks->syscall_name != NULL; i++) {
		int r;

		if ((gathering->syscalls[i / 64] >> i % 64 & 1) == 0)
			continue;
		r = hooks->syscall_name(hooks->context, i, arena, &names[count]);
		if (r < 0)
			return r;
		count += names[count] != NULL;
	}
	qsort(names, count, sizeof(*names), wh_by_text);
	ret->syscalls = names;
	ret->syscall_count = count;
	return 0;
}

static int tell_ports(
	const struct wh_gathering *gathering, struct wh_arena *arena, struct wh_learnt *ret)
{
	static const struct {
		uint16_t number;
		const char *name;
	} protocols[] = { { 6, "tcp" }, { 17, "udp" }, { 132, "sctp" }, { 136, "udplite" },
		{ 262, "mptcp" } };
	struct wh_learnt_port *ports =
		wh_arena_array(arena, gathering->port_count + 1, sizeof(*ports));

	if (ports == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < gathering->port_count; i++) {
		const struct port *port = &gathering->ports[i];
		int r = print_program(gathering, port->program, arena, &ports[i].program);

		if (r < 0)
			return r;
		ports[i].port = port->port;
		ports[i].protocol = "tcp";
		for (size_t k = 0; k < WH_COUNT(protocols); k++)
			if (protocols[k].number == port->protocol)
				ports[i].protocol = protocols[k].name;
	}
	ret->ports = ports;
	ret->port_count = gathering->port_count;
	return 0;
}

static int tell_users(
	const struct wh_gathering *gathering, struct wh_arena *arena, struct wh_learnt *ret)
{
	struct wh_learnt_user *users =
		wh_arena_array(arena, gathering->user_count + 1, sizeof(*users));

	if (users == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < gathering->user_count; i++) {
		int r = print_program(
			gathering, gathering->users[i].program, arena, &users[i].program);

		if (r < 0)
			return r;
		users[i].uid = gathering->users[i].uid;
	}
	ret->users = users;
	ret->user_count = gathering->user_count;
	return 0;
}

/* What was executed from scratch folders. By texts, of which two programs can have the same. */
static int tell_scratch_programs(
	const struct wh_gathering *gathering, struct wh_arena *arena, struct wh_learnt *ret)
{
	const char **texts = wh_arena_array(arena, WH_LEARNT_SCRATCH_MAX + 1, sizeof(*texts));
	size_t count = 0;

	if (texts == NULL)
		return -ENOMEM;
	for (uint32_t i = 1; i < gathering->program_count && count < WH_LEARNT_SCRATCH_MAX; i++) {
		const struct program *program = &gathering->programs[i];
		const char *path = gathering->program_bytes.data + program->at;
		size_t same = 0;
		int r;

		if (!wh_learnt_is_scratch((struct wh_slice){ path, program->len }))
			continue;
		r = print_program(gathering, i, arena, &texts[count]);
		if (r < 0)
			return r;
		if (wh_path_climbs(wh_slice_of(texts[count])))
			continue;
		while (strcmp(texts[same], texts[count]) != 0)
			same++;
		count += same == count;
	}
	qsort(texts, count, sizeof(*texts), wh_by_text);
	ret->scratch_programs = texts;
	ret->scratch_program_count = count;
	return 0;
}

int wh_gather_result(const struct wh_gathering *gathering, const struct wh_symbols *symbols,
	int64_t epoch, struct wh_arena *arena, struct wh_learnt *ret)
{
	int r = tell_uses(gathering, symbols, epoch, arena, ret);

	if (r == 0)
		r = tell_syscalls(gathering, arena, ret);
	if (r == 0)
		r = tell_ports(gathering, arena, ret);
	if (r == 0)
		r = tell_users(gathering, arena, ret);
	if (r == 0)
		r = tell_scratch_programs(gathering, arena, ret);
	ret->events = gathering->events;
	ret->lost = gathering->lost;
	return r;
}
