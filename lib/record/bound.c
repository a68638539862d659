/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
#include "record/bound.h"

#include <errno.h>
#include <stddef.h>

#include "record/bpf.h"
#include "record/ports.h"

#define YES 1 /* 0 would undo the bind */

static const uint32_t hooks[] = { BPF_CGROUP_INET4_POST_BIND, BPF_CGROUP_INET6_POST_BIND };

/* Where the parts of the event lie. */
struct layout {
	uint32_t type, port, protocol, size;
};

static bool find_layout(const struct wh_format *format, struct layout *ret)
{
	uint32_t end;

	if (!wh_format_place(format, "common_type", 2, &ret->type) ||
		!wh_format_place(format, "sport", 2, &ret->port) ||
		!wh_format_place(format, "protocol", 2, &ret->protocol))
		return false;
	end = (ret->port > ret->protocol ? ret->port : ret->protocol) + 2;
	ret->size = (end + 7) / 8 * 8;
	return ret->size <= WH_BPF_RECORD_MAX;
}

/* The context is struct bpf_sock (linux/bpf.h); src_port is in host byte order. */
static void write_code(
	struct wh_bpf_code *ret, int outputs, const struct layout *layout, uint16_t id)
{
	enum { CONTEXT = BPF_REG_6, PORT = BPF_REG_7, PROTOCOL = BPF_REG_8 };
	const int32_t record = -(int32_t)layout->size;

	ret->count = 0;
	wh_bpf_copy(ret, CONTEXT, BPF_REG_1);
	wh_bpf_load(ret, BPF_W, PORT, CONTEXT, offsetof(struct bpf_sock, src_port));
	wh_bpf_go_on_if(ret, BPF_JNE, PORT, 0, YES);
	wh_bpf_go_on_if(ret, BPF_JLT, PORT, WH_PORTS_MAX, YES);
	wh_bpf_load(ret, BPF_W, PROTOCOL, CONTEXT, offsetof(struct bpf_sock, protocol));
	wh_bpf_begin_record(ret, layout->size, layout->type, id);
	wh_bpf_store(ret, BPF_H, PORT, record + (int32_t)layout->port);
	wh_bpf_store(ret, BPF_H, PROTOCOL, record + (int32_t)layout->protocol);
	wh_bpf_tell_record(ret, CONTEXT, outputs, layout->size);
	wh_bpf_leave(ret, YES);
}

static int load(struct wh_bound *bound, const struct wh_format *format, unsigned cpus)
{
	struct wh_bpf_code code;
	struct layout layout;

	if (!find_layout(format, &layout))
		return -ENOTSUP;
	bound->outputs = wh_bpf_make_outputs(WH_BOUND_NAME, cpus);
	if (bound->outputs < 0)
		return bound->outputs;
	write_code(&code, bound->outputs, &layout, format->id);
	for (size_t i = 0; i < WH_COUNT(hooks); i++) {
		bound->programs[i] = wh_bpf_load_program(
			&code, BPF_PROG_TYPE_CGROUP_SOCK, hooks[i], WH_BOUND_NAME);
		if (bound->programs[i] < 0)
			return bound->programs[i];
	}
	return 0;
}

int wh_bound_open(struct wh_bound *ret, const struct wh_format *format, unsigned cpus)
{
	int r;

	*ret = (struct wh_bound)WH_BOUND_INIT;
	r = load(ret, format, cpus);
	if (r < 0)
		wh_bound_close(ret);
	return r;
}

int wh_bound_begin(struct wh_bound *bound, int cgroup)
{
	for (size_t i = 0; i < WH_COUNT(hooks); i++) {
		union bpf_attr attr = {
			.link_create = { .prog_fd = (uint32_t)bound->programs[i],
				.target_fd = (uint32_t)cgroup,
				.attach_type = hooks[i] },
		};

		bound->links[i] = wh_bpf(BPF_LINK_CREATE, &attr);
		if (bound->links[i] < 0)
			return bound->links[i];
	}
	return 0;
}

void wh_bound_close(struct wh_bound *bound)
{
	for (size_t i = 0; i < WH_COUNT(hooks); i++) {
		wh_close_fd(&bound->links[i]);
		wh_close_fd(&bound->programs[i]);
	}
	wh_close_fd(&bound->outputs);
}
