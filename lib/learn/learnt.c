/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two recordings in union. Whatever either has seen is in it, so that it never asks for less than
 * one of them did; what one could not watch is not known of both.
 */

#include "learn/learnt.h"

#include <errno.h>
#include <string.h>

/* The counters stop at their end. */
static uint64_t add(uint64_t a, uint64_t b)
{
	uint64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

static const char *either(const char *first, const char *second)
{
	return first != NULL ? first : second;
}

/* The earlier of two moments, of which 0 is none. */
static int64_t earlier(int64_t a, int64_t b)
{
	return a == 0 || (b != 0 && b < a) ? b : a;
}

static int64_t later_end(int64_t a, int64_t b)
{
	if (a == 0 || b == 0)
		return 0; /* one of them goes on */
	return a > b ? a : b;
}

/* ---- the lists --------------------------------------------------------------------------- */

struct texts {
	const char *const *list;
	size_t count;
};

/* Both are sorted, and so is the result. NULL only when memory ran out. */
static const char **join_texts(
	struct texts a, struct texts b, struct wh_arena *arena, size_t *ret_count)
{
	const char **all = wh_arena_array(arena, a.count + b.count + 1, sizeof(*all));
	size_t count = 0, i = 0, k = 0;

	if (all == NULL)
		return NULL;
	while (i < a.count || k < b.count) {
		int order = i == a.count ? 1 : k == b.count ? -1 : strcmp(a.list[i], b.list[k]);

		all[count++] = order <= 0 ? a.list[i] : b.list[k];
		i += order <= 0;
		k += order >= 0;
	}
	*ret_count = count;
	return all;
}

static struct wh_use_of join_use(const struct wh_use_of *older, const struct wh_use_of *newer)
{
	bool keeps_older = older->use == WH_USE_NEEDED && newer->use == WH_USE_SPECULATIVE;
	struct wh_use_of both = keeps_older ? *older : *newer;

	both.count = add(older->count, newer->count);
	both.at_least = older->at_least || newer->at_least;
	both.first = earlier(older->first, newer->first);
	return both;
}

static int join_uses(const struct wh_learnt *older, const struct wh_learnt *newer,
	struct wh_arena *arena, struct wh_learnt *ret)
{
	struct wh_use_of *all =
		wh_arena_array(arena, older->use_count + newer->use_count + 1, sizeof(*all));
	size_t count = 0, i = 0, k = 0;

	if (all == NULL)
		return -ENOMEM;
	while (i < older->use_count || k < newer->use_count) {
		const struct wh_use_of *a = i < older->use_count ? &older->uses[i] : NULL;
		const struct wh_use_of *b = k < newer->use_count ? &newer->uses[k] : NULL;

		if (b == NULL || (a != NULL && a->capability < b->capability)) {
			all[count++] = *a;
			i++;
		} else if (a == NULL || b->capability < a->capability) {
			all[count++] = *b;
			k++;
		} else {
			all[count++] = join_use(a, b);
			i++;
			k++;
		}
	}
	ret->uses = all;
	ret->use_count = count;
	return 0;
}

/* What is in a list first is kept when there are more than a result may have: the newer's. */
static int join_ports(const struct wh_learnt *older, const struct wh_learnt *newer,
	struct wh_arena *arena, struct wh_learnt *ret)
{
	struct wh_learnt_port *all = wh_arena_array(arena, WH_LEARNT_LIST_MAX, sizeof(*all));
	const struct wh_learnt *const from[] = { newer, older };
	size_t count = 0;

	if (all == NULL)
		return -ENOMEM;
	for (size_t f = 0; f < WH_COUNT(from); f++) {
		for (size_t i = 0; i < from[f]->port_count; i++) {
			const struct wh_learnt_port *port = &from[f]->ports[i];
			size_t k = 0;

			while (k < count && (all[k].port != port->port ||
						    strcmp(all[k].protocol, port->protocol) != 0))
				k++;
			if (k == count && count < WH_LEARNT_LIST_MAX)
				all[count++] = *port;
		}
	}
	ret->ports = all;
	ret->port_count = count;
	return 0;
}

static int join_users(const struct wh_learnt *older, const struct wh_learnt *newer,
	struct wh_arena *arena, struct wh_learnt *ret)
{
	struct wh_learnt_user *all = wh_arena_array(arena, WH_LEARNT_LIST_MAX, sizeof(*all));
	const struct wh_learnt *const from[] = { newer, older };
	size_t count = 0;

	if (all == NULL)
		return -ENOMEM;
	for (size_t f = 0; f < WH_COUNT(from); f++) {
		for (size_t i = 0; i < from[f]->user_count; i++) {
			size_t k = 0;

			while (k < count && all[k].uid != from[f]->users[i].uid)
				k++;
			if (k == count && count < WH_LEARNT_LIST_MAX)
				all[count++] = from[f]->users[i];
			/* That it became root must not be lost behind 256 others. */
			else if (k == count && from[f]->users[i].uid == 0)
				all[count - 1] = from[f]->users[i];
		}
	}
	ret->users = all;
	ret->user_count = count;
	return 0;
}

static int join_programs(const struct wh_learnt *older, const struct wh_learnt *newer,
	struct wh_arena *arena, struct wh_learnt *ret)
{
	struct wh_learnt_program *all = wh_arena_array(arena, WH_LEARNT_LIST_MAX, sizeof(*all));
	const struct wh_learnt *const from[] = { newer, older };
	size_t count = 0;

	if (all == NULL)
		return -ENOMEM;
	for (size_t f = 0; f < WH_COUNT(from); f++) {
		for (size_t i = 0; i < from[f]->program_count; i++) {
			const struct wh_learnt_program *program = &from[f]->programs[i];
			size_t k = 0;

			while (k < count && strcmp(all[k].path, program->path) != 0)
				k++;
			if (k == count && count == WH_LEARNT_LIST_MAX)
				continue;
			if (k == count)
				all[count++] = *program;
			all[k].setuid |= program->setuid;
			all[k].setgid |= program->setgid;
			all[k].capabilities |= program->capabilities;
		}
	}
	ret->programs = all;
	ret->program_count = count;
	return 0;
}

/* ---- what was watched, or not ------------------------------------------------------------ */

static int join_watched(const struct wh_learnt *older, const struct wh_learnt *newer,
	struct wh_arena *arena, struct wh_learnt *ret)
{
	ret->syscalls_unknown = either(newer->syscalls_unknown, older->syscalls_unknown);
	ret->written_unknown = either(newer->written_unknown, older->written_unknown);
	ret->devices_unknown = either(newer->devices_unknown, older->devices_unknown);
	ret->syscalls = join_texts((struct texts){ older->syscalls, older->syscall_count },
		(struct texts){ newer->syscalls, newer->syscall_count }, arena,
		&ret->syscall_count);
	ret->written = join_texts((struct texts){ older->written, older->written_count },
		(struct texts){ newer->written, newer->written_count }, arena, &ret->written_count);
	ret->devices = join_texts((struct texts){ older->devices, older->device_count },
		(struct texts){ newer->devices, newer->device_count }, arena, &ret->device_count);
	ret->scratch_programs =
		join_texts((struct texts){ older->scratch_programs, older->scratch_program_count },
			(struct texts){ newer->scratch_programs, newer->scratch_program_count },
			arena, &ret->scratch_program_count);
	if (ret->syscalls == NULL || ret->written == NULL || ret->devices == NULL ||
		ret->scratch_programs == NULL)
		return -ENOMEM;
	if (ret->scratch_program_count > WH_LEARNT_SCRATCH_MAX)
		ret->scratch_program_count = WH_LEARNT_SCRATCH_MAX;
	ret->written_more = older->written_more || newer->written_more;
	if (ret->written_count > WH_LEARNT_WRITTEN_MAX) {
		ret->written_count = WH_LEARNT_WRITTEN_MAX;
		ret->written_more = true;
	}
	if (ret->device_count > WH_LEARNT_LIST_MAX)
		ret->devices_unknown =
			either(ret->devices_unknown, "it opened more devices than are kept");
	if (ret->syscalls_unknown != NULL)
		ret->syscall_count = 0;
	if (ret->written_unknown != NULL)
		ret->written_count = 0;
	if (ret->devices_unknown != NULL)
		ret->device_count = 0;
	return 0;
}

static bool is_command(
	const struct wh_learnt *learnt, const char *const *command, size_t command_count)
{
	if (learnt->command_count != command_count)
		return false;
	for (size_t i = 0; i < command_count; i++) {
		if (strcmp(learnt->command[i], command[i]) != 0)
			return false;
	}
	return true;
}

void wh_learnt_started_by(
	struct wh_learnt *learnt, const char *const *command, size_t command_count)
{
	learnt->of_command =
		is_command(learnt, command, command_count) ? add(learnt->of_command, 1) : 1;
	learnt->command = command;
	learnt->command_count = command_count;
}

static void join_terms(
	const struct wh_learnt *older, const struct wh_learnt *newer, struct wh_learnt *ret)
{
	ret->name = either(newer->name, older->name);
	/* A rule without an image of its own covers several, and then no one image is meant. */
	if (older->image == NULL || newer->image == NULL || strcmp(older->image, newer->image) != 0)
		ret->image = NULL;
	ret->engine = either(newer->engine, older->engine);
	ret->id = either(newer->id, older->id);
	ret->transport = either(newer->transport, older->transport);
	ret->kernel = either(newer->kernel, older->kernel);
	ret->began = earlier(older->began, newer->began);
	ret->ended = later_end(older->ended, newer->ended);
	ret->milliseconds = add(older->milliseconds, newer->milliseconds);
	ret->recordings = add(older->recordings, newer->recordings);
	ret->events = add(older->events, newer->events);
	ret->lost = add(older->lost, newer->lost);
	ret->granted = older->granted | newer->granted;
	/* Whether it ever was root is what matters. */
	ret->uid = older->uid == 0 ? 0 : newer->uid;
	ret->foreign = add(older->foreign, newer->foreign);
	ret->runtime = add(older->runtime, newer->runtime);
	ret->other_users = add(older->other_users, newer->other_users);
	ret->user_namespaces = older->user_namespaces || newer->user_namespaces;
	ret->complete = older->complete && newer->complete;
	ret->incomplete = either(newer->incomplete, older->incomplete);
	if (newer->command_count == 0) {
		ret->command = older->command;
		ret->command_count = older->command_count;
		ret->of_command = older->of_command;
	} else if (is_command(older, newer->command, newer->command_count)) {
		ret->of_command = add(older->of_command, newer->of_command);
	}
}

static bool says_nothing(const struct wh_learnt *learnt)
{
	return learnt->incomplete != NULL && strcmp(learnt->incomplete, WH_LEARNT_NOT_STARTED) == 0;
}

int wh_learnt_join(const struct wh_learnt *older, const struct wh_learnt *newer,
	struct wh_arena *arena, struct wh_learnt *ret)
{
	struct wh_learnt both = *newer;

	if (says_nothing(older) || says_nothing(newer)) {
		*ret = says_nothing(older) ? *newer : *older;
		return 0;
	}
	join_terms(older, newer, &both);
	if (join_watched(older, newer, arena, &both) < 0 ||
		join_uses(older, newer, arena, &both) < 0 ||
		join_ports(older, newer, arena, &both) < 0 ||
		join_users(older, newer, arena, &both) < 0 ||
		join_programs(older, newer, arena, &both) < 0)
		return -ENOMEM;
	*ret = both;
	return 0;
}

wh_capset wh_learnt_capabilities(const struct wh_learnt *learnt, bool used_only)
{
	wh_capset set = 0;

	for (size_t i = 0; i < learnt->use_count; i++) {
		if (learnt->uses[i].use == WH_USE_NEEDED ||
			(learnt->uses[i].use == WH_USE_SPECULATIVE && !used_only))
			set |= wh_capset_of(learnt->uses[i].capability);
	}
	return set;
}
