/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Order matters: nothing is switched on before the instance knows whom to follow, since one that
 * follows nobody is told of everybody.
 *
 * What is read of the CPUs' rings in one go is complete only up to the moment when that began, and
 * a record begun before may be finished later: at once, unless the CPU is a virtual one that waits
 * for a real one. So a drain hands over what is older than its beginning by some time.
 *
 * Stacks come by a trigger, which has a condition of its own. To change it is to remove the trigger
 * and to set it anew, and checks in between would have no stack; so it keeps its first one, and a
 * check that is wanted no longer leaves a stack that belongs to none.
 */

#include "record/instance.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/fd.h"
#include "record/clock.h"
#include "record/instance-folder.h"
#include "record/ring-page.h"
#include "record/trace-filter.h"
#include "record/trace-merge.h"
#include "record/trace-pairs.h"
#include "record/tracefs-root.h"

/* Of the rings, KiB: of one CPU, of all together, and the least of one. */
#define RING_SIZE (4u << 10)
#define RINGS_SIZE (64u << 10)
#define RING_SIZE_LEAST 128u

/* A reader is woken when its ring is so full, in percent (Linux 5.0; before, with each record). */
#define WAKE_AT "1"

/* Nanoseconds after which a record that was begun is taken for finished. */
#define SETTLED UINT64_C(50000000)

#define CPUS_MAX 8192u
#define PATH_TEXT_MAX 160

struct seen_syscall {
	int64_t number;
	uint64_t count;
	bool enough;
};

struct wh_instance {
	int tracefs, folder, epoll;
	char name[WH_INSTANCE_NAME];
	const char *events[WH_TRACED_KINDS]; /* that are wanted, or NULL */
	int *readers;                        /* of each CPU's ring */
	unsigned cpus;
	size_t ring_pages; /* of one CPU */
	struct wh_ring_layout ring;
	struct wh_trace_layout layout;
	struct wh_merge *merge;
	struct wh_pairs *pairs;
	char *page;
	wh_capset granted, wanted;
	bool capabilities_changed, syscalls_changed;
	struct seen_syscall syscalls[WH_EVENT_SYSCALLS];
	size_t syscall_count;
	uint64_t lost_told; /* of what the rings lost */
};

/* ---- making ------------------------------------------------------------------------------ */

static int open_reader(struct wh_instance *instance, unsigned cpu)
{
	struct epoll_event event = { .events = EPOLLIN, .data = { .u32 = cpu } };
	char path[PATH_TEXT_MAX];

	(void)snprintf(path, sizeof(path), "per_cpu/cpu%u/trace_pipe_raw", cpu);
	instance->readers[cpu] = openat(instance->folder, path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (instance->readers[cpu] < 0)
		return -errno;
	if (epoll_ctl(instance->epoll, EPOLL_CTL_ADD, instance->readers[cpu], &event) < 0)
		return -errno;
	return 0;
}

/* There is a folder for each CPU that could ever be there, numbered without gaps. */
static unsigned count_cpus(const struct wh_instance *instance)
{
	char path[PATH_TEXT_MAX];
	unsigned count = 0;

	do {
		(void)snprintf(path, sizeof(path), "per_cpu/cpu%u", count);
	} while (faccessat(instance->folder, path, F_OK, 0) == 0 && ++count < CPUS_MAX);
	return count;
}

static int open_readers(struct wh_instance *instance)
{
	unsigned cpus = count_cpus(instance);
	int r = cpus == 0 ? -ENOENT : 0;

	instance->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (instance->epoll < 0)
		return -errno;
	instance->readers = calloc(cpus, sizeof(instance->readers[0]));
	if (instance->readers == NULL)
		return -ENOMEM;
	for (; r == 0 && instance->cpus < cpus; instance->cpus++)
		r = open_reader(instance, instance->cpus);
	return r;
}

static int size_rings(struct wh_instance *instance)
{
	long online = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned size = RINGS_SIZE / (online > 0 ? (unsigned)online : 1);
	char text[PATH_TEXT_MAX];

	if (size > RING_SIZE)
		size = RING_SIZE;
	if (size < RING_SIZE_LEAST)
		size = RING_SIZE_LEAST;
	instance->ring_pages = ((size_t)size << 10) / wh_ring_page_size(&instance->ring) + 1;
	(void)snprintf(text, sizeof(text), "%u", size);
	return wh_tracefs_write(instance->folder, "buffer_size_kb", text);
}

/* The times of all events are those of the clock that wh_event speaks of. */
static int set_up(struct wh_instance *instance)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int r = wh_tracefs_read(instance->tracefs, "events/header_page", &text);

	if (r == 0)
		r = wh_ring_layout_parse((struct wh_slice){ text.data, text.len }, &instance->ring);
	if (r == 0)
		r = open_readers(instance);
	if (r == 0)
		r = wh_tracefs_write(instance->folder, "trace_clock", "mono");
	if (r == 0)
		r = size_rings(instance);
	if (r == 0)
		r = wh_tracefs_write(instance->folder, "buffer_percent", WAKE_AT);
	if (r < 0 && r != -ENOENT)
		return r;
	instance->layout.long_size = instance->ring.commit_size;
	instance->page = malloc(wh_ring_page_size(&instance->ring));
	if (instance->page == NULL)
		return -ENOMEM;
	return wh_merge_new(&instance->merge, instance->cpus, &instance->ring, &instance->layout);
}

static int make(struct wh_instance *instance, const struct wh_target *target, struct wh_err *err)
{
	int r;

	instance->tracefs = wh_tracefs_open(err);
	if (instance->tracefs < 0)
		return instance->tracefs;
	instance->folder = wh_instance_make(instance->tracefs, instance->name, err);
	if (instance->folder < 0)
		return instance->folder;
	r = set_up(instance);
	if (r < 0)
		return wh_fail_errno(err, -r, "setting up a tracefs instance");
	r = wh_instance_follow(instance->folder, target->pid);
	if (r == -ESRCH)
		return wh_fail(err, ESRCH, "process %d has ended", target->pid);
	if (r < 0)
		return wh_fail_errno(err, -r, "following process %d by tracefs", target->pid);
	return 0;
}

int wh_instance_new(struct wh_instance **ret, const struct wh_target *target, struct wh_err *err)
{
	struct wh_instance *instance = calloc(1, sizeof(*instance));
	int r;

	if (instance == NULL)
		return wh_fail_errno(err, ENOMEM, "making a tracefs instance");
	instance->tracefs = instance->folder = instance->epoll = WH_NO_FD;
	instance->granted = instance->wanted = target->granted & WH_CAPSET_ALL;
	r = make(instance, target, err);
	if (r < 0) {
		wh_instance_free(instance);
		return r;
	}
	*ret = instance;
	return 0;
}

void wh_instance_free(struct wh_instance *instance)
{
	if (instance == NULL)
		return;
	for (unsigned i = 0; i < instance->cpus; i++)
		wh_close_fd(&instance->readers[i]);
	wh_close_fd(&instance->epoll);
	if (instance->folder >= 0)
		wh_instance_remove(instance->tracefs, instance->name);
	wh_close_fd(&instance->folder);
	wh_close_fd(&instance->tracefs);
	wh_merge_free(instance->merge);
	wh_pairs_free(instance->pairs);
	free(instance->readers);
	free(instance->page);
	free(instance);
}

const char *wh_instance_name(const struct wh_instance *instance)
{
	return instance->name;
}

/* ---- events ------------------------------------------------------------------------------ */

int wh_instance_want(
	struct wh_instance *instance, enum wh_traced kind, const char *event, struct wh_err *err)
{
	struct wh_format format;
	int r = wh_tracefs_format(instance->tracefs, event, &format);

	if (r == -ENOENT)
		return wh_fail(err, ENOTSUP, "this kernel has no event %s", event);
	if (r == 0)
		r = wh_trace_layout_add(&instance->layout, kind, &format);
	if (r == -EINVAL || r == -E2BIG)
		return wh_fail(err, ENOTSUP, "this kernel's event %s is not as we know it", event);
	if (r < 0)
		return wh_fail_errno(err, -r, "reading the format of %s", event);
	if (kind == WH_TRACED_ANSWER)
		r = wh_pairs_new(&instance->pairs);
	if (r < 0)
		return wh_fail_errno(err, -r, "following %s", event);
	instance->events[kind] = event;
	return 0;
}

/* Where nothing listens there is no such event: kernels without IP. */
static int want_usual(struct wh_instance *instance, struct wh_err *err)
{
	for (enum wh_traced kind = 0; kind < WH_TRACED_KINDS; kind++) {
		const char *event = wh_traced_event(kind);
		struct wh_err why = WH_ERR_INIT;
		int r;

		if (kind == WH_TRACED_CHECK || event == NULL)
			continue;
		r = wh_instance_want(instance, kind, event, &why);
		if (r < 0 && !(kind == WH_TRACED_LISTEN && r == -ENOTSUP))
			return wh_fail(err, -r, "%s", why.text);
	}
	return 0;
}

/* The condition of an event; empty when there is none. A no is needed too: it is the answer of a
 * check that else would wait for the next yes. */
static int filter_text(struct wh_instance *instance, enum wh_traced kind, struct wh_buf *ret)
{
	int64_t numbers[WH_EVENT_SYSCALLS];
	size_t count = 0;

	if (kind == WH_TRACED_CHECK) {
		bool every = instance->granted == WH_CAPSET_ALL;

		wh_filter_capabilities(ret, instance->wanted, every);
		if (instance->pairs == NULL)
			wh_buf_add_string(ret, ret->len > 0 ? " && ret == 0" : "ret == 0");
	} else if (kind == WH_TRACED_LISTEN) {
		wh_buf_add_string(ret, "newstate == 10"); /* TCP_LISTEN, for SCTP too */
	} else if (kind == WH_TRACED_SYSCALL) {
		for (size_t i = 0; i < instance->syscall_count; i++) {
			if (instance->syscalls[i].enough)
				numbers[count++] = instance->syscalls[i].number;
		}
		wh_filter_syscalls(ret, numbers, count);
	}
	return wh_buf_status(ret);
}

static int write_to_event(
	const struct wh_instance *instance, enum wh_traced kind, const char *file, const char *text)
{
	char path[PATH_TEXT_MAX];

	(void)snprintf(path, sizeof(path), "events/%s/%s", instance->events[kind], file);
	return wh_tracefs_write(instance->folder, path, text);
}

static int set_filter(struct wh_instance *instance, enum wh_traced kind)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int r = filter_text(instance, kind, &text);

	if (r < 0 || text.len == 0)
		return r;
	return write_to_event(instance, kind, "filter", text.data);
}

/* A trigger fires whether or not the event passes its filter, so it needs the same condition. */
static int set_trigger(struct wh_instance *instance, enum wh_traced kind)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int r = filter_text(instance, kind, &text);
	struct wh_buf trigger WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;

	if (r < 0)
		return r;
	wh_buf_addf(&trigger, "stacktrace%s%s", text.len > 0 ? " if " : "",
		text.len > 0 ? text.data : "");
	r = wh_buf_status(&trigger);
	return r < 0 ? r : write_to_event(instance, kind, "trigger", trigger.data);
}

static int switch_on(struct wh_instance *instance, enum wh_traced kind)
{
	int r = set_filter(instance, kind);

	if (r == 0 && kind == WH_TRACED_CHECK)
		r = set_trigger(instance, kind);
	return r < 0 ? r : write_to_event(instance, kind, "enable", "1");
}

/* System calls come last: what comes before the others are on would say nothing. */
int wh_instance_start(struct wh_instance *instance, struct wh_err *err)
{
	int r = want_usual(instance, err);

	if (r < 0)
		return r;
	for (enum wh_traced kind = 0; kind < WH_TRACED_STACK; kind++) {
		if (instance->events[kind] == NULL)
			continue;
		r = switch_on(instance, kind);
		if (r < 0)
			return wh_fail_errno(err, -r, "switching on %s", instance->events[kind]);
	}
	return 0;
}

/* ---- what need not be told again --------------------------------------------------------- */

static struct seen_syscall *syscall_of(struct wh_instance *instance, int64_t number)
{
	for (size_t i = 0; i < instance->syscall_count; i++) {
		if (instance->syscalls[i].number == number)
			return &instance->syscalls[i];
	}
	if (instance->syscall_count == WH_EVENT_SYSCALLS)
		return NULL;
	instance->syscalls[instance->syscall_count] = (struct seen_syscall){ .number = number };
	return &instance->syscalls[instance->syscall_count++];
}

static void count_syscall(struct wh_instance *instance, int64_t number)
{
	struct seen_syscall *seen = syscall_of(instance, number);

	if (seen != NULL)
		seen->count++;
}

void wh_instance_enough_of_syscall(struct wh_instance *instance, int64_t number)
{
	struct seen_syscall *seen = syscall_of(instance, number);

	if (seen == NULL || seen->enough)
		return;
	seen->enough = true;
	instance->syscalls_changed = true;
}

void wh_instance_enough_of_capability(struct wh_instance *instance, unsigned capability)
{
	wh_capset one = capability < WH_CAP_COUNT ? wh_capset_of(capability) : 0;

	if ((instance->wanted & one) == 0)
		return;
	instance->wanted &= ~one;
	instance->capabilities_changed = true;
}

static int by_count(const void *a, const void *b)
{
	const struct seen_syscall *left = a, *right = b;

	return left->count > right->count ? -1 : left->count < right->count;
}

/* A condition that the kernel refuses only costs time: more is told than is wanted. */
static void narrow(struct wh_instance *instance)
{
	if (instance->syscalls_changed) {
		qsort(instance->syscalls, instance->syscall_count, sizeof(instance->syscalls[0]),
			by_count);
		(void)set_filter(instance, WH_TRACED_SYSCALL);
	}
	if (instance->capabilities_changed)
		(void)set_filter(instance, WH_TRACED_CHECK);
	instance->syscalls_changed = instance->capabilities_changed = false;
}

/* ---- reading ----------------------------------------------------------------------------- */

struct drain {
	struct wh_instance *instance;
	wh_event_sink *sink;
	void *context;
	uint64_t until;
};

/*
 * Reads what a ring holds, but no more than it can hold at a time: who fills it without end shall
 * not keep us from the others. Then only what came before is complete.
 */
static int read_ring(struct drain *drain, unsigned cpu, bool *ret_more)
{
	struct wh_instance *instance = drain->instance;
	size_t size = wh_ring_page_size(&instance->ring), records;
	uint64_t time = 0;

	for (size_t pages = 0; pages < instance->ring_pages; pages++) {
		ssize_t got = read(instance->readers[cpu], instance->page, size);
		int r;

		if (got < 0 && errno == EINTR)
			continue;
		/* ENODEV: of a CPU that never was there. */
		if (got == 0 || (got < 0 && (errno == EAGAIN || errno == ENODEV)))
			return 0;
		if (got < 0)
			return -errno;
		r = wh_merge_page(instance->merge, cpu,
			(struct wh_slice){ instance->page, (size_t)got }, &records, &time);
		if (r < 0)
			return r;
	}
	*ret_more = true;
	if (time < drain->until)
		drain->until = time;
	return 0;
}

static int read_rings(struct drain *drain, bool *ret_more)
{
	int r = 0;

	*ret_more = false;
	for (unsigned cpu = 0; r == 0 && cpu < drain->instance->cpus; cpu++)
		r = read_ring(drain, cpu, ret_more);
	return r;
}

static int tell_lost(struct drain *drain, uint64_t time, uint64_t count)
{
	struct wh_event event = { .kind = WH_EVENT_LOST, .time = time };

	event.lost.count = count;
	drain->instance->lost_told += count;
	if (drain->instance->pairs != NULL)
		wh_pairs_forget(drain->instance->pairs);
	return drain->sink(drain->context, &event);
}

static int tell_answer(struct drain *drain, const struct wh_merged *merged)
{
	const struct wh_trace_layout *layout = &drain->instance->layout;
	const struct wh_event *check;
	struct wh_event event;
	int32_t tid;

	(void)wh_trace_identify(layout, merged->record, &tid);
	check = wh_pairs_answer(drain->instance->pairs, tid);
	if (check == NULL || !wh_trace_answer(layout, merged->record))
		return 0;
	event = *check;
	event.time = merged->time;
	return drain->sink(drain->context, &event);
}

static int tell_event(struct drain *drain, const struct wh_merged *merged, struct wh_event *event)
{
	struct wh_instance *instance = drain->instance;
	uint64_t stack[WH_STACK_MAX];

	event->time = merged->time;
	if (event->kind == WH_EVENT_CHECK && merged->stack.len > 0) {
		event->check.depth = wh_trace_stack(&instance->layout, merged->stack, stack);
		event->check.stack = stack;
	}
	if (event->kind == WH_EVENT_CHECK && instance->pairs != NULL)
		return wh_pairs_check(instance->pairs, event);
	if (event->kind == WH_EVENT_EXIT && instance->pairs != NULL)
		wh_pairs_end(instance->pairs, event->tid);
	if (event->kind == WH_EVENT_SYSCALL)
		count_syscall(instance, event->syscall.number);
	return drain->sink(drain->context, event);
}

static int tell(void *context, const struct wh_merged *merged)
{
	struct drain *drain = context;
	const struct wh_trace_layout *layout = &drain->instance->layout;
	struct wh_event event = { .time = merged->time };

	if (merged->lost > 0)
		return tell_lost(drain, merged->time, merged->lost);
	if (merged->kind == WH_TRACED_KINDS) {
		event.kind = WH_EVENT_JOIN;
		event.tid = merged->joined;
		return drain->sink(drain->context, &event);
	}
	if (merged->kind == WH_TRACED_ANSWER)
		return tell_answer(drain, merged);
	if (!wh_trace_decode(layout, merged->kind, merged->record, &event))
		return 0;
	return tell_event(drain, merged, &event);
}

/* "overrun: 12" and its like, in per_cpu/cpuN/stats. */
static uint64_t lost_of_ring(const struct wh_instance *instance, unsigned cpu)
{
	static const char *const keys[] = {
		"\noverrun: ", "\ncommit overrun: ", "\ndropped events: "
	};
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	char path[PATH_TEXT_MAX];
	uint64_t lost = 0;

	(void)snprintf(path, sizeof(path), "per_cpu/cpu%u/stats", cpu);
	if (wh_tracefs_read(instance->folder, path, &text) < 0)
		return 0;
	for (size_t i = 0; i < WH_COUNT(keys); i++) {
		const char *at = strstr(text.data, keys[i]);

		if (at != NULL)
			lost += strtoull(at + strlen(keys[i]), NULL, 10);
	}
	return lost;
}

/* What no page spoke of: its page would have been the next. */
static int tell_rest_of_lost(struct drain *drain)
{
	const struct wh_instance *instance = drain->instance;
	uint64_t lost = 0;

	for (unsigned cpu = 0; cpu < instance->cpus; cpu++)
		lost += lost_of_ring(instance, cpu);
	if (lost <= instance->lost_told)
		return 0;
	return tell_lost(drain, wh_clock(CLOCK_MONOTONIC), lost - instance->lost_told);
}

/* Nothing comes any more, so reading on comes to an end. */
static int drain_all(struct drain *drain)
{
	bool more = true;
	int r = wh_tracefs_write(drain->instance->folder, "tracing_on", "0");

	while (r == 0 && more)
		r = read_rings(drain, &more);
	if (r == 0)
		r = wh_merge_emit(drain->instance->merge, UINT64_MAX, tell, drain);
	return r == 0 ? tell_rest_of_lost(drain) : r;
}

int wh_instance_drain(struct wh_instance *instance, wh_event_sink *sink, void *context, bool last,
	struct wh_err *err)
{
	struct drain drain = { instance, sink, context, wh_clock(CLOCK_MONOTONIC) - SETTLED };
	bool more;
	int r;

	if (last) {
		r = drain_all(&drain);
	} else {
		r = read_rings(&drain, &more);
		if (r == 0)
			r = wh_merge_emit(instance->merge, drain.until, tell, &drain);
		narrow(instance);
	}
	return r < 0 ? wh_fail_errno(err, -r, "reading the kernel's events") : r;
}

int wh_instance_fd(const struct wh_instance *instance)
{
	return instance->epoll;
}

int wh_instance_join(struct wh_instance *instance, int pid, struct wh_err *err)
{
	int r = wh_merge_join(instance->merge, wh_clock(CLOCK_MONOTONIC), pid);

	if (r == 0)
		r = wh_instance_follow(instance->folder, pid);
	return r < 0 ? wh_fail_errno(err, -r, "following process %d by tracefs", pid) : 0;
}
