/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
#include "record/unseen.h"

#include <assert.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "learn/event.h"

#define RECORD_MAX 128 /* bytes of an event, on the program's stack */
#define CODE_MAX 96    /* instructions; with the largest event it has 65 */
#define ARGS 6

static int bpf(int command, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, command, attr, sizeof(*attr));
}

static uint64_t address_of(const void *object)
{
	return (uint64_t)(uintptr_t)object;
}

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

static bool find(const struct wh_format *format, const char *name, uint32_t size, uint32_t *ret)
{
	const struct wh_format_field *field = wh_format_find(format, name);

	if (field == NULL || field->size != size || field->offset % (size < 8 ? size : 8) != 0)
		return false;
	*ret = field->offset;
	return true;
}

static bool find_layout(const struct wh_format *format, struct layout *ret)
{
	if (!find(format, "common_type", 2, &ret->type) || !find(format, "id", 8, &ret->number) ||
		!find(format, "args", 8 * ARGS, &ret->args))
		return false;
	ret->size = ret->args + 8 * ARGS;
	if (ret->size < ret->number + 8)
		ret->size = ret->number + 8;
	return ret->size % 8 == 0 && ret->size <= RECORD_MAX;
}

struct program {
	struct bpf_insn code[CODE_MAX];
	uint32_t count;
};

static void add(
	struct program *program, uint8_t code, uint8_t dst, uint8_t src, int32_t off, int32_t imm)
{
	assert(program->count < CODE_MAX);
	program->code[program->count++] = (struct bpf_insn){
		.code = code, .dst_reg = dst, .src_reg = src, .off = (int16_t)off, .imm = imm
	};
}

static void copy(struct program *program, uint8_t dst, uint8_t src)
{
	add(program, BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0);
}

static void set(struct program *program, uint8_t dst, int32_t value)
{
	add(program, BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, value);
}

/* dst = where this is on the stack */
static void place(struct program *program, uint8_t dst, int32_t where)
{
	copy(program, dst, BPF_REG_10);
	add(program, BPF_ALU64 | BPF_ADD | BPF_K, dst, 0, 0, where);
}

static void load(struct program *program, uint8_t size, uint8_t dst, uint8_t from, int32_t offset)
{
	add(program, (uint8_t)(BPF_LDX | BPF_MEM | size), dst, from, offset, 0);
}

static void store(struct program *program, uint8_t from, int32_t where)
{
	add(program, BPF_STX | BPF_MEM | BPF_DW, BPF_REG_10, from, where, 0);
}

/* dst = a map, or what is in its only element: two instructions */
static void load_map(struct program *program, uint8_t dst, uint8_t what, int map)
{
	add(program, BPF_LD | BPF_IMM | BPF_DW, dst, what, 0, map);
	add(program, 0, 0, 0, 0, 0);
}

static void call(struct program *program, int32_t function)
{
	add(program, BPF_JMP | BPF_CALL, 0, 0, 0, function);
}

static void leave(struct program *program)
{
	set(program, BPF_REG_0, 0);
	add(program, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/* Leaves unless the comparison with an immediate is true: it jumps over the two of leave(). */
static void go_on_if(struct program *program, uint8_t comparison, uint8_t reg, int32_t value)
{
	add(program, (uint8_t)(BPF_JMP | comparison | BPF_K), reg, 0, 2, value);
	leave(program);
}

/* The tracepoint's arguments are struct pt_regs *regs, long id. */
static void write_program(struct program *ret, const struct wh_unseen *unseen,
	const struct layout *layout, uint16_t type)
{
	enum { CONTEXT = BPF_REG_6, NUMBER = BPF_REG_7, REGISTERS = BPF_REG_8 };
	/* On the stack, from its top. */
	const int32_t record = -(int32_t)layout->size, read = record - REGISTERS_SIZE;

	ret->count = 0;
	copy(ret, CONTEXT, BPF_REG_1);
	load(ret, BPF_DW, NUMBER, CONTEXT, 8);
	go_on_if(ret, BPF_JLT, NUMBER, WH_EVENT_SYSCALLS);
	load_map(ret, BPF_REG_1, BPF_PSEUDO_MAP_VALUE, unseen->table);
	add(ret, BPF_ALU64 | BPF_ADD | BPF_X, BPF_REG_1, NUMBER, 0, 0);
	load(ret, BPF_B, BPF_REG_1, BPF_REG_1, 0);
	go_on_if(ret, BPF_JEQ, BPF_REG_1, 0);
	load_map(ret, BPF_REG_1, BPF_PSEUDO_MAP_FD, unseen->cgroups);
	set(ret, BPF_REG_2, 0);
	call(ret, BPF_FUNC_current_task_under_cgroup);
	go_on_if(ret, BPF_JEQ, BPF_REG_0, 1);

	load(ret, BPF_DW, REGISTERS, CONTEXT, 0);
	for (int32_t at = 0; at < (int32_t)layout->size; at += 8)
		add(ret, BPF_ST | BPF_MEM | BPF_DW, BPF_REG_10, 0, record + at, 0);
	add(ret, BPF_ST | BPF_MEM | BPF_H, BPF_REG_10, 0, record + (int32_t)layout->type, type);
	store(ret, NUMBER, record + (int32_t)layout->number);
	place(ret, BPF_REG_1, read);
	set(ret, BPF_REG_2, REGISTERS_SIZE);
	copy(ret, BPF_REG_3, REGISTERS);
	call(ret, BPF_FUNC_probe_read_kernel);
	for (int32_t i = 0; i < ARGS; i++) {
		load(ret, BPF_DW, BPF_REG_1, BPF_REG_10, read + registers[i]);
		store(ret, BPF_REG_1, record + (int32_t)layout->args + 8 * i);
	}
	copy(ret, BPF_REG_1, CONTEXT);
	load_map(ret, BPF_REG_2, BPF_PSEUDO_MAP_FD, unseen->outputs);
	/* BPF_F_CURRENT_CPU, of 32 bits: a move into the lower half leaves the upper one empty. */
	add(ret, BPF_ALU | BPF_MOV | BPF_K, BPF_REG_3, 0, 0, -1);
	place(ret, BPF_REG_4, record);
	set(ret, BPF_REG_5, (int32_t)layout->size);
	call(ret, BPF_FUNC_perf_event_output);
	leave(ret);
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
	attr.info.info = address_of(ret);
	return bpf(BPF_OBJ_GET_INFO_BY_FD, &attr) < 0 ? -errno : 0;
}

/* 1 or 0; -errno, -ENOENT when it is gone. */
static int is_ours(uint32_t id)
{
	union bpf_attr attr = { .prog_id = id };
	int fd WH_FD = bpf(BPF_PROG_GET_FD_BY_ID, &attr);
	struct bpf_prog_info info;
	int r = fd < 0 ? -errno : get_info(fd, &info);

	return r < 0 ? r : strcmp(info.name, WH_UNSEEN_NAME) == 0;
}

/* The number or -errno. Others may come at the same time: it is about what the host's system calls
 * cost, so one or two more do not matter. */
static int count_ours(void)
{
	union bpf_attr attr = { 0 };
	int count = 0;

	while (bpf(BPF_PROG_GET_NEXT_ID, &attr) == 0) {
		int r = is_ours(attr.next_id);

		if (r < 0 && r != -ENOENT)
			return r;
		count += r > 0;
		attr.start_id = attr.next_id;
	}
	return errno == ENOENT ? count : -errno;
}

/* ---- its life ---------------------------------------------------------------------------------
 */

static int make_map(uint32_t type, uint32_t value, uint32_t count, uint32_t flags)
{
	union bpf_attr attr = {
		.map_type = type,
		.key_size = sizeof(uint32_t),
		.value_size = value,
		.max_entries = count,
		.map_flags = flags,
		.map_name = WH_UNSEEN_NAME,
	};

	return bpf(BPF_MAP_CREATE, &attr);
}

/* The kernel maps whole pages, and the table fills one at most. */
static size_t size_of_table(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

static int set_element(int map, uint32_t key, int fd)
{
	uint32_t value = (uint32_t)fd;
	union bpf_attr attr = {
		.map_fd = (uint32_t)map,
		.key = address_of(&key),
		.value = address_of(&value),
	};

	return bpf(BPF_MAP_UPDATE_ELEM, &attr) < 0 ? -errno : 0;
}

static int load_program(struct wh_unseen *unseen, const struct layout *layout, uint16_t type,
	int cgroup, unsigned cpus)
{
	struct program program;
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT,
		.insns = address_of(program.code),
		.license = address_of("GPL"),
		.prog_name = WH_UNSEEN_NAME,
	};
	void *table;
	int r;

	unseen->table = make_map(BPF_MAP_TYPE_ARRAY, WH_EVENT_SYSCALLS, 1, BPF_F_MMAPABLE);
	unseen->outputs = make_map(BPF_MAP_TYPE_PERF_EVENT_ARRAY, sizeof(uint32_t), cpus, 0);
	unseen->cgroups = make_map(BPF_MAP_TYPE_CGROUP_ARRAY, sizeof(uint32_t), 1, 0);
	if (unseen->table < 0 || unseen->outputs < 0 || unseen->cgroups < 0)
		return -errno;
	r = set_element(unseen->cgroups, 0, cgroup);
	if (r < 0)
		return r;
	write_program(&program, unseen, layout, type);
	attr.insn_cnt = program.count;
	unseen->program = bpf(BPF_PROG_LOAD, &attr);
	if (unseen->program < 0)
		return -errno;
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
	r = load_program(ret, &layout, format->id, cgroup, cpus);
	if (r < 0)
		wh_unseen_close(ret);
	return r;
}

int wh_unseen_tell(const struct wh_unseen *unseen, unsigned cpu, int event)
{
	return set_element(unseen->outputs, cpu, event);
}

int wh_unseen_begin(struct wh_unseen *unseen)
{
	union bpf_attr attr = {
		.raw_tracepoint = { .name = address_of("sys_enter"),
			.prog_fd = (uint32_t)unseen->program },
	};

	unseen->link = bpf(BPF_RAW_TRACEPOINT_OPEN, &attr);
	return unseen->link < 0 ? -errno : 0;
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
