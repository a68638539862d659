/* SPDX-License-Identifier: Apache-2.0 */
/* The tracepoint capability:cap_capable, Linux 6.14, says all of a check when it is answered. */

#include "record/transport.h"

#include <errno.h>
#include <stdlib.h>

#include "record/instance.h"

struct wh_trace {
	struct wh_instance *instance;
};

static void close_trace(struct wh_trace *trace)
{
	if (trace == NULL)
		return;
	wh_instance_free(trace->instance);
	free(trace);
}

static int open_trace(struct wh_trace **ret, const struct wh_target *target, struct wh_err *err)
{
	struct wh_trace *trace = calloc(1, sizeof(*trace));
	int r;

	if (trace == NULL)
		return wh_fail_errno(err, ENOMEM, "opening tracefs");
	r = wh_instance_new(&trace->instance, target, err);
	if (r == 0)
		r = wh_instance_want(
			trace->instance, WH_TRACED_CHECK, wh_traced_event(WH_TRACED_CHECK), err);
	if (r == 0)
		r = wh_instance_start(trace->instance, err);
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
	return wh_instance_drain(trace->instance, sink, context, last, err);
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

const struct wh_transport wh_transport_tracefs = {
	.name = "tracefs",
	.about = "the tracepoint of capability checks, by process",
	.open = open_trace,
	.fd = trace_fd,
	.drain = drain,
	.enough_of_syscall = enough_of_syscall,
	.enough_of_capability = enough_of_capability,
	.join = join,
	.close = close_trace,
};
