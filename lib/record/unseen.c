/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
#include "record/unseen.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "learn/event.h"
#include "record/bpf.h"

#define ARGS 6

/* ---- the program ------------------------------------------------------------------------------
 */

/* Where the arguments of a call are in the kernel's struct pt_regs, and how much of that is read.
 * A 32-bit call (int 0x80) has them elsewhere, and numbers of its own (docs/learning.md). */
#if defined(__x86_64__)
#include <asm/ptrace.h>
static const int16_t registers[ARGS] = {
	offsetof(struct pt_regs, rdi),
	offsetof(struct pt_regs, rsi),
	offsetof(struct pt_regs, rdx),
	offsetof(struct pt_regs, r10),
	offsetof(struct pt_regs, r8),
	offsetof(struct pt_regs, r9),
};
#define REGISTERS_SIZE (int32_t)(offsetof(struct pt_regs, rdi) + 8)
static const bool is_known_machine = true;
#else
static const int16_t registers[ARGS];
#define REGISTERS_SIZE 8
static const bool is_known_machine = false;
#endif

/* Where the parts of the event lie. */
struct layout {
	uint32_t type, number, args, size;
};

static bool find_layout(const struct wh_format *format, struct layout *ret)
{
	if (!wh_format_place(format, "common_type", 2, &ret->type) ||
		!wh_format_place(format, "id", 8, &ret->number) ||
		!wh_format_place(format, "args", 8 * ARGS, &ret->args))
		return false;
	ret->size = ret->args + 8 * ARGS;
	if (ret->size < ret->number + 8)
		ret->size = ret->number + 8;
	return ret->size % 8 == 0 && ret->size <= WH_BPF_RECORD_MAX;
}

/* The tracepoint's arguments are struct pt_regs *regs, long id. */
static void write_code(struct wh_bpf_code *ret, const struct wh_unseen *unseen,
	const struct layout *layout, uint16_t id)
{
	enum { CONTEXT = BPF_REG_6, NUMBER = BPF_REG_7, REGISTERS = BPF_REG_8 };
	/* On the stack, from its end. */
	const int32_t record = -(int32_t)layout->size, read = record - REGISTERS_SIZE;

	ret->count = 0;
	wh_bpf_copy(ret, CONTEXT, BPF_REG_1);
	wh_bpf_load(ret, BPF_DW, NUMBER, CONTEXT, 8);
	wh_bpf_go_on_if(ret, BPF_JLT, NUMBER, WH_EVENT_SYSCALLS, 0);
	wh_bpf_load_map(ret, BPF_REG_1, BPF_PSEUDO_MAP_VALUE, unseen->table);
	wh_bpf_add(ret, BPF_ALU64 | BPF_ADD | BPF_X, BPF_REG_1, NUMBER, 0, 0);
	wh_bpf_load(ret, BPF_B, BPF_REG_1, BPF_REG_1, 0);
	wh_bpf_go_on_if(ret, BPF_JEQ, BPF_REG_1, 0, 0);
	wh_bpf_go_on_if_under(ret, unseen->cgroups, 0);

	wh_bpf_load(ret, BPF_DW, REGISTERS, CONTEXT, 0);
	wh_bpf_begin_record(ret, layout->size, layout->type, id);
	wh_bpf_store(ret, BPF_DW, NUMBER, record + (int32_t)layout->number);
	wh_bpf_place(ret, BPF_REG_1, read);
	wh_bpf_set(ret, BPF_REG_2, REGISTERS_SIZE);
	wh_bpf_copy(ret, BPF_REG_3, REGISTERS);
	wh_bpf_call(ret, BPF_FUNC_probe_read_kernel);
	for (int32_t i = 0; i < ARGS; i++) {
		wh_bpf_load(ret, BPF_DW, BPF_REG_1, BPF_REG_10, read + registers[i]);
		wh_bpf_store(ret, BPF_DW, BPF_REG_1, record + (int32_t)layout->args + 8 * i);
	}
	wh_bpf_tell_record(ret, CONTEXT, unseen->outputs, layout->size);
	wh_bpf_leave(ret, 0);
}

/* ---- how many there are -----------------------------------------------------------------------
 */

/* 0 or -errno. */
static int get_info(int program, struct bpf_prog_info *ret)
{
	union bpf_attr attr = { 0 };

	*ret = (struct bpf_prog_info){ 0 };
	attr.info.bpf_fd = (uint32_t)program;
	attr.info.info_len = sizeof(*ret);
	attr.info.info = wh_bpf_address(ret);
	return wh_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr);
}

/* 1 or 0; -errno, -ENOENT when it is gone. */
static int is_ours(uint32_t id)
{
	union bpf_attr attr = { .prog_id = id };
	int fd WH_FD = wh_bpf(BPF_PROG_GET_FD_BY_ID, &attr);
	struct bpf_prog_info info;
	int r = fd < 0 ? fd : get_info(fd, &info);

	return r < 0 ? r : strcmp(info.name, WH_UNSEEN_NAME) == 0;
}

/* The number or -errno. Others may come at the same time: it is about what the host's system calls
 * cost, so one or two more do not matter. */
static int count_ours(void)
{
	union bpf_attr attr = { 0 };
	int count = 0, r = wh_bpf(BPF_PROG_GET_NEXT_ID, &attr);

	while (r == 0) {
		r = is_ours(attr.next_id);
		if (r < 0 && r != -ENOENT)
			return r;
		count += r > 0;
		attr.start_id = attr.next_id;
		r = wh_bpf(BPF_PROG_GET_NEXT_ID, &attr);
	}
	return r == -ENOENT ? count : r;
}

/* ---- its life ---------------------------------------------------------------------------------
 */

/* The kernel maps whole pages, and the table fills one at most. */
static size_t size_of_table(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

static int load(struct wh_unseen *unseen, const struct layout *layout, uint16_t id, int cgroup,
	unsigned cpus)
{
	struct wh_bpf_code code;
	void *table;

	unseen->table = wh_bpf_make_map(
		BPF_MAP_TYPE_ARRAY, WH_UNSEEN_NAME, WH_EVENT_SYSCALLS, 1, BPF_F_MMAPABLE);
	if (unseen->table < 0)
		return unseen->table;
	unseen->outputs = wh_bpf_make_outputs(WH_UNSEEN_NAME, cpus);
	if (unseen->outputs < 0)
		return unseen->outputs;
	unseen->cgroups = wh_bpf_make_cgroups(WH_UNSEEN_NAME, cgroup);
	if (unseen->cgroups < 0)
		return unseen->cgroups;
	write_code(&code, unseen, layout, id);
	unseen->program =
		wh_bpf_load_program(&code, BPF_PROG_TYPE_RAW_TRACEPOINT, 0, WH_UNSEEN_NAME);
	if (unseen->program < 0)
		return unseen->program;
	table = mmap(NULL, size_of_table(), PROT_READ | PROT_WRITE, MAP_SHARED, unseen->table, 0);
	if (table == MAP_FAILED)
		return -errno;
	unseen->seen = table;
	return 0;
}

int wh_unseen_open(struct wh_unseen *ret, const struct wh_format *format, int cgroup, unsigned cpus)
{
	struct layout layout;
	int r;

	*ret = (struct wh_unseen)WH_UNSEEN_INIT;
	if (!is_known_machine || !find_layout(format, &layout))
		return -ENOTSUP;
	r = count_ours();
	if (r < 0)
		return r;
	if (r >= WH_UNSEEN_MAX)
		return -EBUSY;
	r = load(ret, &layout, format->id, cgroup, cpus);
	if (r < 0)
		wh_unseen_close(ret);
	return r;
}

int wh_unseen_begin(struct wh_unseen *unseen)
{
	union bpf_attr attr = {
		.raw_tracepoint = { .name = wh_bpf_address("sys_enter"),
			.prog_fd = (uint32_t)unseen->program },
	};

	unseen->link = wh_bpf(BPF_RAW_TRACEPOINT_OPEN, &attr);
	return unseen->link < 0 ? unseen->link : 0;
}

void wh_unseen_add(const struct wh_unseen *unseen, int64_t number)
{
	if (number >= 0 && number < WH_EVENT_SYSCALLS)
		__atomic_store_n(&unseen->seen[number], 1, __ATOMIC_RELAXED);
}

uint64_t wh_unseen_missed(const struct wh_unseen *unseen)
{
	struct bpf_prog_info info;

	return get_info(unseen->program, &info) < 0 ? 0 : info.recursion_misses;
}

void wh_unseen_close(struct wh_unseen *unseen)
{
	wh_close_fd(&unseen->link);
	wh_close_fd(&unseen->program);
	if (unseen->seen != NULL)
		(void)munmap(unseen->seen, size_of_table());
	unseen->seen = NULL;
	wh_close_fd(&unseen->outputs);
	wh_close_fd(&unseen->cgroups);
	wh_close_fd(&unseen->table);
}
