/* SPDX-License-Identifier: Apache-2.0 */
#include "record/perf-decode.h"

#include <string.h>

static const struct {
	enum wh_perf_probe probe;
	const char *field;
} needed[] = {
	{ WH_PERF_CHECK, "cap" },
	{ WH_PERF_CHECK, "capable_ns" },
	{ WH_PERF_EXEC, "filename" },
	{ WH_PERF_SYSCALL, "id" },
	{ WH_PERF_SYSCALL, "args" },
	{ WH_PERF_PORT, "sport" },
	{ WH_PERF_PORT, "protocol" },
};

bool wh_perf_formats_complete(const struct wh_perf_formats *formats)
{
	for (size_t i = 0; i < WH_COUNT(needed); i++) {
		if (wh_format_find(&formats->of[needed[i].probe], needed[i].field) == NULL)
			return false;
	}
	return true;
}

/* ---- reading what lies behind one another -----------------------------------------------------
 */

static bool take(struct wh_slice *from, void *to, size_t len)
{
	if (from->len < len)
		return false;
	memcpy(to, from->data, len);
	from->data += len;
	from->len -= len;
	return true;
}

static bool take_header(struct wh_slice *from, struct perf_event_header *ret)
{
	struct wh_slice whole = *from;

	return take(from, ret, sizeof(*ret)) && ret->size == whole.len;
}

/* What every sample begins with, and every other record ends with. */
struct origin {
	uint32_t pid, tid;
	uint64_t time;
};

_Static_assert(sizeof(struct origin) == 16, "as the kernel lays it out");

uint64_t wh_perf_time(struct wh_slice record)
{
	struct perf_event_header header;
	struct wh_slice rest = record;
	struct origin origin;

	if (!take_header(&rest, &header) || rest.len < sizeof(origin) ||
		header.type == PERF_RECORD_LOST || header.type == PERF_RECORD_LOST_SAMPLES)
		return 0;
	if (header.type != PERF_RECORD_SAMPLE)
		rest.data += rest.len - sizeof(origin);
	memcpy(&origin, rest.data, sizeof(origin));
	return origin.time;
}

/* ---- samples ----------------------------------------------------------------------------------
 */

/* The kernel's part of a call chain: between its own mark and the next one. */
static bool take_chain(struct wh_slice *from, uint64_t stack[WH_STACK_MAX], unsigned *ret_depth)
{
	bool kernel = false;
	uint64_t count, address = 0;

	*ret_depth = 0;
	if (!take(from, &count, sizeof(count)) || count > from->len / sizeof(address))
		return false;
	for (uint64_t i = 0; i < count; i++) {
		(void)take(from, &address, sizeof(address));
		if (address >= (uint64_t)PERF_CONTEXT_MAX)
			kernel = address == (uint64_t)PERF_CONTEXT_KERNEL;
		else if (kernel && *ret_depth < WH_STACK_MAX)
			stack[(*ret_depth)++] = address;
	}
	return true;
}

static bool number(
	const struct wh_format *format, const char *name, struct wh_slice raw, int64_t *ret)
{
	return wh_format_number(wh_format_find(format, name), raw, ret);
}

static bool decode_check(const struct wh_format *format, struct wh_slice raw, struct wh_event *ret)
{
	int64_t capability, target;

	ret->kind = WH_EVENT_CHECK;
	if (!number(format, "cap", raw, &capability) ||
		!number(format, "capable_ns", raw, &target) || capability < 0 || capability > 63)
		return false;
	ret->check.capability = (unsigned)capability;
	ret->check.target = (uint64_t)target;
	return true;
}

static bool decode_exec(const struct wh_format *format, struct wh_slice raw, struct wh_event *ret)
{
	struct wh_slice file;

	ret->kind = WH_EVENT_EXEC;
	if (!wh_format_text(wh_format_find(format, "filename"), raw, &file))
		return false;
	ret->exec.file = file.data;
	ret->exec.len = file.len;
	return true;
}

static bool decode_syscall(
	const struct wh_format *format, struct wh_slice raw, struct wh_event *ret)
{
	const struct wh_format_field *args = wh_format_find(format, "args");

	ret->kind = WH_EVENT_SYSCALL;
	if (!number(format, "id", raw, &ret->syscall.number) || args == NULL ||
		args->size != sizeof(ret->syscall.args) || raw.len < args->offset ||
		raw.len - args->offset < args->size)
		return false;
	memcpy(ret->syscall.args, raw.data + args->offset, args->size);
	return true;
}

static bool decode_port(const struct wh_format *format, struct wh_slice raw, struct wh_event *ret)
{
	int64_t port, protocol;

	ret->kind = WH_EVENT_PORT;
	if (!number(format, "sport", raw, &port) || !number(format, "protocol", raw, &protocol))
		return false;
	ret->port.number = (uint16_t)port;
	ret->port.protocol = (uint16_t)protocol;
	return true;
}

static int decode_sample(const struct wh_perf_formats *formats, struct wh_slice rest,
	uint64_t stack[WH_STACK_MAX], struct wh_event *ret)
{
	static bool (*const decode[])(const struct wh_format *, struct wh_slice,
		struct wh_event *) = { decode_check, decode_exec, decode_syscall, decode_port };
	struct origin origin;
	unsigned depth;
	uint32_t size;
	uint16_t type;

	if (!take(&rest, &origin, sizeof(origin)) || !take_chain(&rest, stack, &depth) ||
		!take(&rest, &size, sizeof(size)) || size > rest.len || size < sizeof(type))
		return 0;
	rest.len = size;
	memcpy(&type, rest.data, sizeof(type));
	*ret = (struct wh_event){ .time = origin.time, .tid = (int32_t)origin.tid };
	for (size_t i = 0; i < WH_PERF_PROBES; i++) {
		if (formats->of[i].id != type || !decode[i](&formats->of[i], rest, ret))
			continue;
		if (i == WH_PERF_CHECK) {
			ret->check.stack = stack;
			ret->check.depth = depth;
		}
		return 1;
	}
	return 0;
}

/* ---- other records ----------------------------------------------------------------------------
 */

static int decode_task(uint32_t type, struct wh_slice rest, struct wh_event *ret)
{
	struct {
		uint32_t pid, parent, tid, parent_tid;
		uint64_t time;
	} task;

	if (!take(&rest, &task, sizeof(task)))
		return 0;
	*ret = (struct wh_event){ .time = task.time };
	ret->kind = type == PERF_RECORD_FORK ? WH_EVENT_FORK : WH_EVENT_EXIT;
	ret->tid = (int32_t)(type == PERF_RECORD_FORK ? task.parent_tid : task.tid);
	if (type == PERF_RECORD_FORK)
		ret->fork.child = (int32_t)task.tid;
	return 1;
}

static int decode_lost(uint32_t type, struct wh_slice rest, struct wh_event *ret)
{
	uint64_t id, count = 1; /* of a throttled event nobody says how many */

	*ret = (struct wh_event){ .kind = WH_EVENT_LOST };
	if ((type == PERF_RECORD_LOST && !take(&rest, &id, sizeof(id))) ||
		(type != PERF_RECORD_THROTTLE && !take(&rest, &count, sizeof(count))))
		return 0;
	ret->lost.count = count;
	return 1;
}

int wh_perf_decode(const struct wh_perf_formats *formats, struct wh_slice record,
	uint64_t stack[WH_STACK_MAX], struct wh_event *ret)
{
	struct perf_event_header header;
	struct wh_slice rest = record;

	if (!take_header(&rest, &header))
		return 0;
	switch (header.type) {
	case PERF_RECORD_SAMPLE:
		return decode_sample(formats, rest, stack, ret);
	case PERF_RECORD_FORK:
	case PERF_RECORD_EXIT:
		return decode_task(header.type, rest, ret);
	case PERF_RECORD_LOST:
	case PERF_RECORD_LOST_SAMPLES:
	case PERF_RECORD_THROTTLE:
		return decode_lost(header.type, rest, ret);
	default:
		return 0;
	}
}
