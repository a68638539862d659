/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kernels before 6.14 have no tracepoint of capability checks, but they let root put a probe on a
 * function (Documentation/trace/kprobetrace.rst; CONFIG_KPROBE_EVENTS). There are two on
 * cap_capable(cred, targ_ns, cap, …): when it is entered, for what was asked and the stack, and
 * when it returns, for the answer. The first three arguments are the same in every kernel ($argN:
 * Linux 4.20). Probes belong to no instance, so they are named after ours, and swept like it.
 */

#include "record/transport.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "record/instance-folder.h"
#include "record/clock.h"
#include "record/instance.h"
#include "record/tracefs-root.h"

#define PROBES "kprobe_events"
#define PROFILE "kprobe_profile"
#define TEXT_MAX 256

/* The kernel keeps so many callers apart that are in the function at the same time (it takes no
 * more: KRETPROBE_MAXACTIVE_MAX); who comes then is missed. */
#define AT_ONCE "4096"

enum { CHECK, ANSWER, PROBE_COUNT };

static const struct {
	enum wh_traced kind;
	const char *type, *name, *what;
} probes[PROBE_COUNT] = {
	[CHECK] = { WH_TRACED_CHECK, "p", "check",
		"cap_capable cap=$arg3:s32 target_ns=$arg2:u64" },
	[ANSWER] = { WH_TRACED_ANSWER, "r" AT_ONCE, "answer", "cap_capable ret=$retval:s32" },
};

struct wh_trace {
	struct wh_instance *instance;
	int tracefs;
	char events[PROBE_COUNT][TEXT_MAX]; /* "GROUP/NAME" */
	bool defined[PROBE_COUNT];
};

/* ---- probes ------------------------------------------------------------------------------ */

static int remove_probe(int tracefs, const char *event)
{
	char text[TEXT_MAX];

	if ((size_t)snprintf(text, sizeof(text), "-:%s", event) >= sizeof(text))
		return -ENAMETOOLONG;
	return wh_tracefs_append(tracefs, PROBES, text);
}

/* A line is "TYPE:GROUP/NAME FUNCTION …". What somebody still uses the kernel does not remove. */
static void sweep_line(int tracefs, const char *line, size_t len)
{
	const char *begin = memchr(line, ':', len), *end;
	char event[TEXT_MAX];

	if (begin == NULL)
		return;
	begin++;
	end = memchr(begin, ' ', len - (size_t)(begin - line));
	if (end == NULL || (size_t)(end - begin) >= sizeof(event))
		return;
	memcpy(event, begin, (size_t)(end - begin));
	event[end - begin] = '\0';
	if (wh_instance_is_left_over(event))
		(void)remove_probe(tracefs, event);
}

static void sweep(int tracefs)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	const char *line, *end;

	if (wh_tracefs_read(tracefs, PROBES, &text) < 0)
		return;
	for (line = text.data; (end = strchr(line, '\n')) != NULL; line = end + 1)
		sweep_line(tracefs, line, (size_t)(end - line));
}

/* The group is the instance's name in letters that a group may have; the event's name ends in the
 * random part of it, since the kernel's statistics do not show the group. */
static int name_probe(struct wh_trace *trace, size_t i)
{
	const char *name = wh_instance_name(trace->instance), *random = strrchr(name, '-');
	char *event = trace->events[i];
	int len = snprintf(event, TEXT_MAX, "%s/%s_%s", name, probes[i].name, random + 1);

	if (len < 0 || len >= TEXT_MAX)
		return -ENAMETOOLONG;
	for (; *event != '\0'; event++) {
		if (*event == '-')
			*event = '_';
	}
	return 0;
}

static int define_probe(struct wh_trace *trace, size_t i, struct wh_err *err)
{
	char text[2 * TEXT_MAX];
	int r = name_probe(trace, i);

	if (r < 0)
		return wh_fail_errno(err, -r, "naming a probe");
	(void)snprintf(
		text, sizeof(text), "%s:%s %s", probes[i].type, trace->events[i], probes[i].what);
	r = wh_tracefs_append(trace->tracefs, PROBES, text);
	if (r == -ENOENT)
		return wh_fail(err, ENOTSUP, "this kernel has no probes (CONFIG_KPROBE_EVENTS)");
	if (r == -EINVAL)
		return wh_fail(err, ENOTSUP, "this kernel takes no probe on cap_capable");
	if (r < 0)
		return wh_fail_errno(err, -r, "putting a probe on cap_capable");
	trace->defined[i] = true;
	return wh_instance_want(trace->instance, probes[i].kind, trace->events[i], err);
}

/* How often the kernel had to let one of ours go by: "  NAME  HITS  MISSES". */
static uint64_t count_missed(const struct wh_trace *trace)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	uint64_t missed = 0;

	if (wh_tracefs_read(trace->tracefs, PROFILE, &text) < 0)
		return 0;
	for (size_t i = 0; i < PROBE_COUNT; i++) {
		const char *name = strchr(trace->events[i], '/') + 1;
		const char *at = strstr(text.data, name);
		char *end = NULL;

		if (at == NULL)
			continue;
		(void)strtoull(at + strlen(name), &end, 10);
		missed += strtoull(end, NULL, 10);
	}
	return missed;
}

/* ---- the transport ----------------------------------------------------------------------- */

/* A probe that is switched on in an instance cannot be removed, so the instance goes first. */
static void close_trace(struct wh_trace *trace)
{
	if (trace == NULL)
		return;
	wh_instance_free(trace->instance);
	for (size_t i = 0; i < PROBE_COUNT; i++) {
		if (trace->defined[i])
			(void)remove_probe(trace->tracefs, trace->events[i]);
	}
	wh_close_fd(&trace->tracefs);
	free(trace);
}

static int set_up(struct wh_trace *trace, const struct wh_target *target, struct wh_err *err)
{
	int r;

	trace->tracefs = wh_tracefs_open(err);
	if (trace->tracefs < 0)
		return trace->tracefs;
	r = wh_instance_new(&trace->instance, target, err);
	if (r < 0)
		return r;
	sweep(trace->tracefs);
	for (size_t i = 0; i < PROBE_COUNT; i++) {
		r = define_probe(trace, i, err);
		if (r < 0)
			return r;
	}
	return wh_instance_start(trace->instance, err);
}

static int open_trace(struct wh_trace **ret, const struct wh_target *target, struct wh_err *err)
{
	struct wh_trace *trace = calloc(1, sizeof(*trace));
	int r;

	if (trace == NULL)
		return wh_fail_errno(err, ENOMEM, "opening tracefs");
	trace->tracefs = WH_NO_FD;
	r = set_up(trace, target, err);
	if (r < 0) {
		close_trace(trace);
		return r;
	}
	*ret = trace;
	return 0;
}

static int trace_fd(const struct wh_trace *trace)
{
	return wh_instance_fd(trace->instance);
}

static int drain(
	struct wh_trace *trace, wh_event_sink *sink, void *context, bool last, struct wh_err *err)
{
	struct wh_event event = { .kind = WH_EVENT_LOST };
	int r = wh_instance_drain(trace->instance, sink, context, last, err);

	if (r != 0 || !last)
		return r;
	event.lost.count = count_missed(trace);
	event.time = wh_clock(CLOCK_MONOTONIC);
	return event.lost.count == 0 ? 0 : sink(context, &event);
}

static void enough_of_syscall(struct wh_trace *trace, int64_t number)
{
	wh_instance_enough_of_syscall(trace->instance, number);
}

static void enough_of_capability(struct wh_trace *trace, unsigned capability)
{
	wh_instance_enough_of_capability(trace->instance, capability);
}

static int join(struct wh_trace *trace, int pid, struct wh_err *err)
{
	return wh_instance_join(trace->instance, pid, err);
}

const struct wh_transport wh_transport_kprobe = {
	.name = "kprobe",
	.about = "a probe on the function that checks capabilities, by process",
	.open = open_trace,
	.fd = trace_fd,
	.drain = drain,
	.enough_of_syscall = enough_of_syscall,
	.enough_of_capability = enough_of_capability,
	.join = join,
	.close = close_trace,
};
