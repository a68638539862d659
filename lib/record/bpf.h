/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
#pragma once

/*
 * Programs for the kernel (bpf(2)), written here instruction by instruction: some tens of them, so
 * that nothing has to be compiled or read from a file, and nothing is left in the kernel when its
 * descriptors are closed. A program tells what it saw as a record of a trace event (format.h), so
 * that who reads need not know the difference. The function that does so is for programs under the
 * GPL alone (gpl_only, kernel/trace/bpf_trace.c), hence the second licence of whatever has one.
 */

#include <linux/bpf.h>
#include <stdint.h>

#include "base/macros.h"

#define WH_BPF_CODE_MAX 96    /* instructions; the longest program has 65 */
#define WH_BPF_RECORD_MAX 128 /* bytes of a record: it is on the program's stack, which has 512 */

struct wh_bpf_code {
	struct bpf_insn items[WH_BPF_CODE_MAX];
	uint32_t count;
};

/* ---- writing ----------------------------------------------------------------------------------
 * Registers are BPF_REG_0 to BPF_REG_9; `where` counts bytes from the end of the stack, below 0.
 */

void wh_bpf_add(struct wh_bpf_code *code, uint8_t operation, uint8_t dst, uint8_t src, int32_t off,
	int32_t imm);
void wh_bpf_copy(struct wh_bpf_code *code, uint8_t dst, uint8_t src);
void wh_bpf_set(struct wh_bpf_code *code, uint8_t dst, int32_t value);

/* dst = the address of this place on the stack */
void wh_bpf_place(struct wh_bpf_code *code, uint8_t dst, int32_t where);

/* dst = what is at from + offset; BPF_B, BPF_H, BPF_W or BPF_DW of it */
void wh_bpf_load(struct wh_bpf_code *code, uint8_t size, uint8_t dst, uint8_t from, int32_t offset);

/* Onto the stack. */
void wh_bpf_store(struct wh_bpf_code *code, uint8_t size, uint8_t from, int32_t where);

/* dst = a map (BPF_PSEUDO_MAP_FD), or the address of its only element (BPF_PSEUDO_MAP_VALUE) */
void wh_bpf_load_map(struct wh_bpf_code *code, uint8_t dst, uint8_t what, int map);

void wh_bpf_call(struct wh_bpf_code *code, int32_t function);

/* The program ends, and this is its answer. */
void wh_bpf_leave(struct wh_bpf_code *code, int32_t answer);

/* Leaves with this answer unless the comparison (BPF_JEQ…, unsigned) of a register with a number is
 * true. */
void wh_bpf_go_on_if(
	struct wh_bpf_code *code, uint8_t comparison, uint8_t reg, int32_t value, int32_t answer);

/* Leaves with this answer unless the process is in the cgroup of a map of wh_bpf_make_cgroups(), or
 * below. BPF_REG_0 to BPF_REG_5 are lost. */
void wh_bpf_go_on_if_under(struct wh_bpf_code *code, int cgroups, int32_t answer);

/* An empty record of this event, `size` bytes at the end of the stack; its field common_type is at
 * the offset `type`. */
void wh_bpf_begin_record(struct wh_bpf_code *code, uint32_t size, uint32_t type, uint16_t id);

/* Tells the record. `context`: the register that has what BPF_REG_1 had at the beginning;
 * `outputs`: a map of wh_bpf_make_outputs(). BPF_REG_0 to BPF_REG_5 are lost. */
void wh_bpf_tell_record(struct wh_bpf_code *code, uint8_t context, int outputs, uint32_t size);

/* ---- the kernel -------------------------------------------------------------------------------
 * All give 0, or a descriptor of the caller's, or -errno. Where attr has descriptors or addresses,
 * they are borrowed.
 */

int wh_bpf(int command, union bpf_attr *attr) WH_MUST_CHECK;
uint64_t wh_bpf_address(const void *object);

/* Keys are numbers below `count`. */
int wh_bpf_make_map(uint32_t type, const char *name, uint32_t value, uint32_t count,
	uint32_t flags) WH_MUST_CHECK;
int wh_bpf_set_element(int map, uint32_t key, int fd) WH_MUST_CHECK;

/* Of a program of this type, to be attached in this way (0 where the type says it all). */
int wh_bpf_load_program(const struct wh_bpf_code *code, uint32_t type, uint32_t attach,
	const char *name) WH_MUST_CHECK;

/* The map by which a program asks for this one cgroup. */
int wh_bpf_make_cgroups(const char *name, int cgroup) WH_MUST_CHECK;

/*
 * The map by which a program finds, for the CPU that it runs on, the event that it tells to. Its
 * elements are events of those CPUs, PERF_TYPE_SOFTWARE, PERF_COUNT_SW_BPF_OUTPUT, of all processes
 * (bpf_perf_event_output needs one that runs); the kernel holds on to them as long as there is the
 * map.
 */
int wh_bpf_make_outputs(const char *name, unsigned cpus) WH_MUST_CHECK;
