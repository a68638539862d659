/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every record begins with the number of its event and the thread that it is of; where the rest
 * lies is looked up once, when the recording begins.
 */

#include "record/trace-event.h"

#include <errno.h>
#include <string.h>

/*
 * What the kernel calls it. The namespace of a check is that whose credentials said yes, where the
 * kernel tells it; a probe sees only the one that was asked about. Of a probe (WH_TRACED_ANSWER;
 * WH_TRACED_CHECK in older kernels) the event has the name and the fields that we gave it, and
 * these are the fields.
 */
static const struct {
	const char *event;
	const char *fields[2];
	const char *instead; /* of the second field */
} traced[WH_TRACED_KINDS] = {
	[WH_TRACED_CHECK] = { "capability/cap_capable", { "cap", "capable_ns" }, "target_ns" },
	[WH_TRACED_ANSWER] = { NULL, { "ret" } },
	[WH_TRACED_EXEC] = { "sched/sched_process_exec", { "filename" } },
	[WH_TRACED_FORK] = { "sched/sched_process_fork", { "child_pid" } },
	[WH_TRACED_EXIT] = { "sched/sched_process_exit", { NULL } },
	[WH_TRACED_LISTEN] = { "sock/inet_sock_set_state", { "sport", "protocol" } },
	[WH_TRACED_SYSCALL] = { "raw_syscalls/sys_enter", { "id", "args" } },
	[WH_TRACED_STACK] = { "ftrace/kernel_stack", { "size", "caller" } },
};

const char *wh_traced_event(enum wh_traced kind)
{
	return traced[kind].event;
}

int wh_trace_layout_add(
	struct wh_trace_layout *layout, enum wh_traced kind, const struct wh_format *format)
{
	const struct wh_format_field *type = wh_format_find(format, "common_type");
	const struct wh_format_field *tid = wh_format_find(format, "common_pid");

	if (format->id == 0 || type == NULL || type->offset != 0 ||
		type->size != sizeof(uint16_t) || tid == NULL || tid->size != sizeof(int32_t))
		return -EINVAL;
	for (size_t i = 0; i < WH_COUNT(traced[kind].fields); i++) {
		const char *name = traced[kind].fields[i];
		const struct wh_format_field *field =
			name == NULL ? NULL : wh_format_find(format, name);

		if (name == NULL)
			continue;
		if (field == NULL && i == 1 && traced[kind].instead != NULL)
			field = wh_format_find(format, traced[kind].instead);
		if (field == NULL)
			return -EINVAL;
		layout->kinds[kind].fields[i] = *field;
	}
	layout->kinds[kind].tid = *tid;
	layout->kinds[kind].id = format->id;
	return 0;
}

enum wh_traced wh_trace_identify(
	const struct wh_trace_layout *layout, struct wh_slice record, int32_t *ret_tid)
{
	uint16_t id;
	int64_t tid;

	if (record.len < sizeof(id))
		return WH_TRACED_KINDS;
	memcpy(&id, record.data, sizeof(id));
	for (enum wh_traced kind = 0; kind < WH_TRACED_KINDS; kind++) {
		if (layout->kinds[kind].id != id || id == 0)
			continue;
		if (!wh_format_number(&layout->kinds[kind].tid, record, &tid))
			return WH_TRACED_KINDS;
		*ret_tid = (int32_t)tid;
		return kind;
	}
	return WH_TRACED_KINDS;
}

/* An array of longs of the kernel, which may lie at odd places. How many there were. */
static unsigned read_longs(
	struct wh_slice record, uint32_t offset, uint32_t size, unsigned most, uint64_t *ret)
{
	unsigned count = 0;

	while (count < most && offset <= record.len && size <= record.len - offset) {
		uint32_t word;

		if (size == sizeof(word)) {
			memcpy(&word, record.data + offset, sizeof(word));
			ret[count++] = word;
		} else {
			memcpy(&ret[count++], record.data + offset, sizeof(*ret));
		}
		offset += size;
	}
	return count;
}

static bool decode_check(
	const struct wh_format_field *fields, struct wh_slice record, struct wh_event *ret)
{
	int64_t capability, target;

	if (!wh_format_number(&fields[0], record, &capability) ||
		!wh_format_number(&fields[1], record, &target) || capability < 0 || capability > 63)
		return false;
	ret->kind = WH_EVENT_CHECK;
	ret->check.capability = (unsigned)capability;
	ret->check.target = (uint64_t)target;
	ret->check.stack = NULL;
	ret->check.depth = 0;
	return true;
}

static bool decode_exec(
	const struct wh_format_field *fields, struct wh_slice record, struct wh_event *ret)
{
	struct wh_slice file;

	if (!wh_format_text(&fields[0], record, &file))
		return false;
	ret->kind = WH_EVENT_EXEC;
	ret->exec.file = file.data;
	ret->exec.len = file.len;
	return true;
}

static bool decode_fork(
	const struct wh_format_field *fields, struct wh_slice record, struct wh_event *ret)
{
	int64_t child;

	if (!wh_format_number(&fields[0], record, &child))
		return false;
	ret->kind = WH_EVENT_FORK;
	ret->fork.child = (int32_t)child;
	return true;
}

static bool decode_port(
	const struct wh_format_field *fields, struct wh_slice record, struct wh_event *ret)
{
	int64_t port, protocol;

	if (!wh_format_number(&fields[0], record, &port) ||
		!wh_format_number(&fields[1], record, &protocol))
		return false;
	ret->kind = WH_EVENT_PORT;
	ret->port.number = (uint16_t)port;
	ret->port.protocol = (uint16_t)protocol;
	return true;
}

static bool decode_syscall(const struct wh_format_field *fields, struct wh_slice record,
	uint32_t long_size, struct wh_event *ret)
{
	int64_t number;

	if (!wh_format_number(&fields[0], record, &number))
		return false;
	ret->kind = WH_EVENT_SYSCALL;
	ret->syscall.number = number;
	return read_longs(record, fields[1].offset, long_size, WH_COUNT(ret->syscall.args),
		       ret->syscall.args) == WH_COUNT(ret->syscall.args);
}

bool wh_trace_decode(const struct wh_trace_layout *layout, enum wh_traced kind,
	struct wh_slice record, struct wh_event *ret)
{
	const struct wh_format_field *fields = layout->kinds[kind].fields;
	int64_t tid;

	if (!wh_format_number(&layout->kinds[kind].tid, record, &tid))
		return false;
	ret->tid = (int32_t)tid;
	switch (kind) {
	case WH_TRACED_CHECK:
		return decode_check(fields, record, ret);
	case WH_TRACED_EXEC:
		return decode_exec(fields, record, ret);
	case WH_TRACED_FORK:
		return decode_fork(fields, record, ret);
	case WH_TRACED_EXIT:
		ret->kind = WH_EVENT_EXIT;
		return true;
	case WH_TRACED_LISTEN:
		return decode_port(fields, record, ret);
	case WH_TRACED_SYSCALL:
		return decode_syscall(fields, record, layout->long_size, ret);
	case WH_TRACED_ANSWER:
	case WH_TRACED_STACK:
	case WH_TRACED_KINDS:
		break;
	}
	return false;
}

bool wh_trace_answer(const struct wh_trace_layout *layout, struct wh_slice record)
{
	const struct wh_format_field *answer = &layout->kinds[WH_TRACED_ANSWER].fields[0];
	int64_t value;

	return wh_format_number(answer, record, &value) && value == 0;
}

unsigned wh_trace_stack(
	const struct wh_trace_layout *layout, struct wh_slice record, uint64_t ret[WH_STACK_MAX])
{
	const struct wh_format_field *fields = layout->kinds[WH_TRACED_STACK].fields;
	const uint64_t end = layout->long_size == sizeof(uint32_t) ? UINT32_MAX : UINT64_MAX;
	unsigned count;
	int64_t size;

	if (!wh_format_number(&fields[0], record, &size) || size < 0)
		return 0;
	count = read_longs(record, fields[1].offset, layout->long_size,
		size < WH_STACK_MAX ? (unsigned)size : WH_STACK_MAX, ret);
	for (unsigned i = 0; i < count; i++) {
		if (ret[i] == end) /* how kernels before 5.2 ended one */
			return i;
	}
	return count;
}
