/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hash table of threads, with those that ended among them until they are many: then it is written
 * anew without.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "learn/threads.h"

#define SMALLEST 64u
#define REMEMBERED UINT64_C(1000000000) /* nanoseconds that a thread is known after its end */

void wh_threads_done(struct wh_threads *threads)
{
	free(threads->list);
	*threads = (struct wh_threads){ .list = NULL };
}

static bool is_gone(const struct wh_thread *thread, uint64_t time)
{
	return thread->dead && time > thread->died && time - thread->died > REMEMBERED;
}

/* Where it is, or would be. There is always room. */
static struct wh_thread *place_of(struct wh_thread *list, size_t size, int32_t tid)
{
	size_t at = (uint32_t)tid * UINT32_C(2654435761) >> 7 & (size - 1);

	while (list[at].used && list[at].tid != tid)
		at = (at + 1) & (size - 1);
	return &list[at];
}

/* Makes room for one more: forgets the dead, and takes a larger table when that does not do. */
static int make_room(struct wh_threads *threads, uint64_t time)
{
	struct wh_threads grown = { .size = SMALLEST };
	size_t alive = threads->count - threads->dead;

	if (threads->size != 0 && threads->count + 1 <= threads->size / 2)
		return 0;
	while (grown.size / 4 < alive + 1)
		grown.size *= 2;
	/* Of those that ended a moment ago so many that it does not fill again at once. */
	grown.list = calloc(grown.size, sizeof(*grown.list));
	if (grown.list == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < threads->size; i++) {
		const struct wh_thread *thread = &threads->list[i];

		if (!thread->used || is_gone(thread, time) ||
			(thread->dead && grown.dead >= grown.size / 8))
			continue;
		*place_of(grown.list, grown.size, thread->tid) = *thread;
		grown.count++;
		grown.dead += thread->dead;
	}
	free(threads->list);
	*threads = grown;
	return 0;
}

struct wh_thread *wh_threads_get(struct wh_threads *threads, int32_t tid, uint64_t time)
{
	struct wh_thread *thread;

	if (threads->size != 0) {
		thread = place_of(threads->list, threads->size, tid);
		if (thread->used) {
			if (is_gone(thread, time)) {
				threads->dead--;
				*thread = (struct wh_thread){ .tid = tid, .used = true };
			}
			return thread;
		}
	}
	if (make_room(threads, time) < 0)
		return NULL;
	thread = place_of(threads->list, threads->size, tid);
	*thread = (struct wh_thread){ .tid = tid, .used = true };
	threads->count++;
	return thread;
}

void wh_threads_revive(struct wh_threads *threads, struct wh_thread *thread)
{
	threads->dead -= thread->dead;
	thread->dead = false;
}

int wh_threads_fork(struct wh_threads *threads, int32_t parent, int32_t child, uint64_t time)
{
	struct wh_thread *thread = wh_threads_get(threads, parent, time);
	struct wh_thread copy;

	if (thread == NULL)
		return -ENOMEM;
	copy = *thread;
	thread = wh_threads_get(threads, child, time);
	if (thread == NULL)
		return -ENOMEM;
	wh_threads_revive(threads, thread);
	*thread = copy;
	thread->tid = child;
	thread->dead = false;
	if (thread->owner == WH_OWNER_JOINING)
		thread->owner = WH_OWNER_OUTSIDE;
	return 0;
}

void wh_threads_exit(struct wh_threads *threads, int32_t tid, uint64_t time)
{
	struct wh_thread *thread;

	if (threads->size == 0)
		return;
	thread = place_of(threads->list, threads->size, tid);
	if (!thread->used)
		return;
	threads->dead += !thread->dead;
	thread->dead = true;
	thread->died = time;
}

static bool begins(struct wh_slice text, const char *prefix)
{
	size_t len = strlen(prefix);

	return text.len >= len && memcmp(text.data, prefix, len) == 0;
}

/* "/proc/self/fd/3" for "/proc/self/fd/": a number and nothing else. */
static bool is_numbered(struct wh_slice file, const char *folder)
{
	size_t at = strlen(folder);

	if (!begins(file, folder) || at == file.len)
		return false;
	for (; at < file.len; at++)
		if (file.data[at] < '0' || file.data[at] > '9')
			return false;
	return true;
}

/* The names under which the kernel tells of a program that executes itself, or a copy of itself
 * that has no name: execveat(2) with AT_EMPTY_PATH is told as /dev/fd/N. What else lies below
 * /proc/self (root, cwd) is the container's. */
static bool is_itself(struct wh_slice file)
{
	return wh_slice_is(file, "/proc/self/exe") || is_numbered(file, "/proc/self/fd/") ||
	       is_numbered(file, "/proc/thread-self/fd/") || is_numbered(file, "/dev/fd/");
}

enum wh_owner wh_owner_after_exec(
	enum wh_owner owner, struct wh_slice file, const char *const *hooks, size_t hook_count)
{
	switch (owner) {
	case WH_OWNER_JOINED:
	case WH_OWNER_JOINING:
		return WH_OWNER_JOINING;
	case WH_OWNER_HOOK:
	case WH_OWNER_CONTAINER:
		return owner;
	case WH_OWNER_OUTSIDE:
		break;
	}
	if (is_itself(file))
		return WH_OWNER_OUTSIDE;
	for (size_t i = 0; i < hook_count; i++)
		if (wh_slice_is(file, hooks[i]))
			return WH_OWNER_HOOK;
	return WH_OWNER_CONTAINER;
}
