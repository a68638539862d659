/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
#include "record/bpf.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"

/* ---- writing ----------------------------------------------------------------------------------
 */

void wh_bpf_add(struct wh_bpf_code *code, uint8_t operation, uint8_t dst, uint8_t src, int32_t off,
	int32_t imm)
{
	assert(code->count < WH_BPF_CODE_MAX);
	code->items[code->count++] = (struct bpf_insn){
		.code = operation, .dst_reg = dst, .src_reg = src, .off = (int16_t)off, .imm = imm
	};
}

void wh_bpf_copy(struct wh_bpf_code *code, uint8_t dst, uint8_t src)
{
	wh_bpf_add(code, BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0);
}

void wh_bpf_set(struct wh_bpf_code *code, uint8_t dst, int32_t value)
{
	wh_bpf_add(code, BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, value);
}

void wh_bpf_place(struct wh_bpf_code *code, uint8_t dst, int32_t where)
{
	wh_bpf_copy(code, dst, BPF_REG_10);
	wh_bpf_add(code, BPF_ALU64 | BPF_ADD | BPF_K, dst, 0, 0, where);
}

void wh_bpf_load(struct wh_bpf_code *code, uint8_t size, uint8_t dst, uint8_t from, int32_t offset)
{
	wh_bpf_add(code, (uint8_t)(BPF_LDX | BPF_MEM | size), dst, from, offset, 0);
}

void wh_bpf_store(struct wh_bpf_code *code, uint8_t size, uint8_t from, int32_t where)
{
	wh_bpf_add(code, (uint8_t)(BPF_STX | BPF_MEM | size), BPF_REG_10, from, where, 0);
}

/* Of two instructions. */
void wh_bpf_load_map(struct wh_bpf_code *code, uint8_t dst, uint8_t what, int map)
{
	wh_bpf_add(code, BPF_LD | BPF_IMM | BPF_DW, dst, what, 0, map);
	wh_bpf_add(code, 0, 0, 0, 0, 0);
}

void wh_bpf_call(struct wh_bpf_code *code, int32_t function)
{
	wh_bpf_add(code, BPF_JMP | BPF_CALL, 0, 0, 0, function);
}

void wh_bpf_leave(struct wh_bpf_code *code, int32_t answer)
{
	wh_bpf_set(code, BPF_REG_0, answer);
	wh_bpf_add(code, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/* It jumps over the two of wh_bpf_leave(). */
void wh_bpf_go_on_if(
	struct wh_bpf_code *code, uint8_t comparison, uint8_t reg, int32_t value, int32_t answer)
{
	wh_bpf_add(code, (uint8_t)(BPF_JMP | comparison | BPF_K), reg, 0, 2, value);
	wh_bpf_leave(code, answer);
}

void wh_bpf_go_on_if_under(struct wh_bpf_code *code, int cgroups, int32_t answer)
{
	wh_bpf_load_map(code, BPF_REG_1, BPF_PSEUDO_MAP_FD, cgroups);
	wh_bpf_set(code, BPF_REG_2, 0);
	wh_bpf_call(code, BPF_FUNC_current_task_under_cgroup);
	wh_bpf_go_on_if(code, BPF_JEQ, BPF_REG_0, 1, answer);
}

void wh_bpf_begin_record(struct wh_bpf_code *code, uint32_t size, uint32_t type, uint16_t id)
{
	for (int32_t at = -(int32_t)size; at < 0; at += 8)
		wh_bpf_add(code, BPF_ST | BPF_MEM | BPF_DW, BPF_REG_10, 0, at, 0);
	wh_bpf_add(
		code, BPF_ST | BPF_MEM | BPF_H, BPF_REG_10, 0, (int32_t)type - (int32_t)size, id);
}

void wh_bpf_tell_record(struct wh_bpf_code *code, uint8_t context, int outputs, uint32_t size)
{
	wh_bpf_copy(code, BPF_REG_1, context);
	wh_bpf_load_map(code, BPF_REG_2, BPF_PSEUDO_MAP_FD, outputs);
	/* BPF_F_CURRENT_CPU, of 32 bits: a move into the lower half leaves the upper one empty. */
	wh_bpf_add(code, BPF_ALU | BPF_MOV | BPF_K, BPF_REG_3, 0, 0, -1);
	wh_bpf_place(code, BPF_REG_4, -(int32_t)size);
	wh_bpf_set(code, BPF_REG_5, (int32_t)size);
	wh_bpf_call(code, BPF_FUNC_perf_event_output);
}

/* ---- the kernel -------------------------------------------------------------------------------
 */

int wh_bpf(int command, union bpf_attr *attr)
{
	int r = (int)syscall(SYS_bpf, command, attr, sizeof(*attr));

	return r < 0 ? -errno : r;
}

uint64_t wh_bpf_address(const void *object)
{
	return (uint64_t)(uintptr_t)object;
}

int wh_bpf_make_map(uint32_t type, const char *name, uint32_t value, uint32_t count, uint32_t flags)
{
	union bpf_attr attr = {
		.map_type = type,
		.key_size = sizeof(uint32_t),
		.value_size = value,
		.max_entries = count,
		.map_flags = flags,
	};

	(void)snprintf(attr.map_name, sizeof(attr.map_name), "%s", name);
	return wh_bpf(BPF_MAP_CREATE, &attr);
}

int wh_bpf_set_element(int map, uint32_t key, int fd)
{
	uint32_t value = (uint32_t)fd;
	union bpf_attr attr = {
		.map_fd = (uint32_t)map,
		.key = wh_bpf_address(&key),
		.value = wh_bpf_address(&value),
	};

	return wh_bpf(BPF_MAP_UPDATE_ELEM, &attr);
}

int wh_bpf_load_program(
	const struct wh_bpf_code *code, uint32_t type, uint32_t attach, const char *name)
{
	union bpf_attr attr = {
		.prog_type = type,
		.expected_attach_type = attach,
		.insns = wh_bpf_address(code->items),
		.insn_cnt = code->count,
		.license = wh_bpf_address("GPL"),
	};

	(void)snprintf(attr.prog_name, sizeof(attr.prog_name), "%s", name);
	return wh_bpf(BPF_PROG_LOAD, &attr);
}

int wh_bpf_make_cgroups(const char *name, int cgroup)
{
	int map WH_FD = wh_bpf_make_map(BPF_MAP_TYPE_CGROUP_ARRAY, name, sizeof(uint32_t), 1, 0);
	int r = map < 0 ? map : wh_bpf_set_element(map, 0, cgroup);

	return r < 0 ? r : wh_steal_fd(map);
}

int wh_bpf_make_outputs(const char *name, unsigned cpus)
{
	return wh_bpf_make_map(BPF_MAP_TYPE_PERF_EVENT_ARRAY, name, sizeof(uint32_t), cpus, 0);
}
