/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A recording by way of a tracefs instance of our own (Documentation/trace/ftrace.rst,
 * "Instances"), which is told only of the target's processes and of those that they make: what the
 * transports tracefs and kprobe share. They differ in who tells of checks.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/macros.h"
#include "record/trace-event.h"
#include "record/transport.h"

struct wh_instance;

/* Makes one, with no event on as yet. 0; -ENOTSUP; -ESRCH when the target is gone; -errno; with a
 * sentence. */
int wh_instance_new(
	struct wh_instance **ret, const struct wh_target *target, struct wh_err *err) WH_MUST_CHECK;
void wh_instance_free(struct wh_instance *instance); /* takes it down; NULL is fine */

const char *wh_instance_name(const struct wh_instance *instance);

/*
 * Wants an event of the kernel's ("SYSTEM/NAME", borrowed until start). When a kind
 * WH_TRACED_ANSWER is wanted, checks are told once they were answered with yes; else events of
 * WH_TRACED_CHECK have a field "ret". 0; -ENOTSUP when this kernel has no such event, or another
 * than we know; -errno; with a sentence.
 */
int wh_instance_want(struct wh_instance *instance, enum wh_traced kind, const char *event,
	struct wh_err *err) WH_MUST_CHECK;

/* Begins to record: what is wanted, and all that has an event of its own in any kernel. 0 or -errno
 * with a sentence. */
int wh_instance_start(struct wh_instance *instance, struct wh_err *err) WH_MUST_CHECK;

/* As in struct wh_transport. */
int wh_instance_fd(const struct wh_instance *instance);
int wh_instance_drain(struct wh_instance *instance, wh_event_sink *sink, void *context, bool last,
	struct wh_err *err) WH_MUST_CHECK;
void wh_instance_enough_of_syscall(struct wh_instance *instance, int64_t number);
void wh_instance_enough_of_capability(struct wh_instance *instance, unsigned capability);
int wh_instance_join(struct wh_instance *instance, int pid, struct wh_err *err) WH_MUST_CHECK;
