/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
#include "record/bound.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>

#include "record/bpf.h"
#include "record/ports.h"

#define YES 1        /* 0 would undo the bind */
#define ROOT 1       /* the number of the first cgroup's folder: kernfs counts from there */
#define DEPTH_MAX 64 /* how far it is to be looked for */

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
static void write_code(struct wh_bpf_code *ret, const struct wh_bound *bound,
	const struct layout *layout, uint16_t id)
{
	enum { CONTEXT = BPF_REG_6, PORT = BPF_REG_7, PROTOCOL = BPF_REG_8 };
	const int32_t record = -(int32_t)layout->size;

	ret->count = 0;
	wh_bpf_copy(ret, CONTEXT, BPF_REG_1);
	wh_bpf_load(ret, BPF_W, PORT, CONTEXT, offsetof(struct bpf_sock, src_port));
	wh_bpf_go_on_if(ret, BPF_JNE, PORT, 0, YES);
	wh_bpf_go_on_if(ret, BPF_JLT, PORT, WH_PORTS_MAX, YES);
	/* Programs of cgroups below were asked before: one may have said no. */
	wh_bpf_call(ret, BPF_FUNC_get_retval);
	wh_bpf_go_on_if(ret, BPF_JEQ, BPF_REG_0, 0, YES);
	wh_bpf_go_on_if_under(ret, bound->cgroups, YES);
	wh_bpf_load(ret, BPF_W, PROTOCOL, CONTEXT, offsetof(struct bpf_sock, protocol));
	wh_bpf_begin_record(ret, layout->size, layout->type, id);
	wh_bpf_store(ret, BPF_H, PORT, record + (int32_t)layout->port);
	wh_bpf_store(ret, BPF_H, PROTOCOL, record + (int32_t)layout->protocol);
	wh_bpf_tell_record(ret, CONTEXT, bound->outputs, layout->size);
	wh_bpf_leave(ret, YES);
}

static int load(struct wh_bound *bound, const struct wh_format *format, int cgroup, unsigned cpus)
{
	struct wh_bpf_code code;
	struct layout layout;
	int r;

	if (!find_layout(format, &layout))
		return -ENOTSUP;
	bound->outputs = wh_bpf_make_outputs(WH_BOUND_NAME, cpus);
	if (bound->outputs < 0)
		return bound->outputs;
	r = bound->cgroups = wh_bpf_make_cgroups(WH_BOUND_NAME, cgroup);
	if (r < 0)
		return r;
	write_code(&code, bound, &layout, format->id);
	for (size_t i = 0; i < WH_COUNT(hooks); i++) {
		bound->programs[i] = wh_bpf_load_program(
			&code, BPF_PROG_TYPE_CGROUP_SOCK, hooks[i], WH_BOUND_NAME);
		if (bound->programs[i] < 0)
			return bound->programs[i];
	}
	return 0;
}

int wh_bound_open(struct wh_bound *ret, const struct wh_format *format, int cgroup, unsigned cpus)
{
	int r;

	*ret = (struct wh_bound)WH_BOUND_INIT;
	r = load(ret, format, cgroup, cpus);
	if (r < 0)
		wh_bound_close(ret);
	return r;
}

/* The descriptor of the root above this cgroup, or -errno. */
static int open_root(int cgroup)
{
	int at WH_FD = fcntl(cgroup, F_DUPFD_CLOEXEC, 0);
	struct stat first, st;

	if (at < 0 || fstat(at, &first) < 0)
		return -errno;
	st = first;
	for (unsigned depth = 0; st.st_ino != ROOT; depth++) {
		int above = openat(at, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (above < 0)
			return -errno;
		(void)close(at);
		at = above;
		if (fstat(at, &st) < 0)
			return -errno;
		if (st.st_dev != first.st_dev || depth == DEPTH_MAX)
			return -ENOTSUP;
	}
	return wh_steal_fd(at);
}

int wh_bound_begin(struct wh_bound *bound, int cgroup)
{
	int root WH_FD = open_root(cgroup);

	if (root < 0)
		return root;
	for (size_t i = 0; i < WH_COUNT(hooks); i++) {
		union bpf_attr attr = {
			.query = { .target_fd = (uint32_t)root, .attach_type = hooks[i] },
		};
		int r = wh_bpf(BPF_PROG_QUERY, &attr);

		if (r == 0 && attr.query.prog_cnt >= WH_BOUND_MAX)
			r = -EBUSY;
		if (r < 0)
			return r;
		attr = (union bpf_attr){
			.link_create = { .prog_fd = (uint32_t)bound->programs[i],
				.target_fd = (uint32_t)root,
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
	wh_close_fd(&bound->cgroups);
	wh_close_fd(&bound->outputs);
}
