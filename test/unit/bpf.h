/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A seccomp object of config.json as the kernel would see it: compiled by libseccomp, and run over
 * a struct seccomp_data by a small interpreter of classic BPF (bpf(4), the part that seccomp(2)
 * allows).
 */

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "json/json.h"
#include "seccomp/compile.h"

struct bpf {
	struct sock_filter *code;
	size_t count;
};

static inline uint32_t bpf_run(const struct bpf *bpf, const struct seccomp_data *data)
{
	uint32_t a = 0, x = 0, memory[16] = { 0 };

	for (size_t pc = 0; pc < bpf->count; pc++) {
		const struct sock_filter *f = &bpf->code[pc];
		uint32_t with = BPF_SRC(f->code) == BPF_X ? x : f->k;
		bool jump;

		switch (BPF_CLASS(f->code)) {
		case BPF_LD:
			if (BPF_MODE(f->code) == BPF_ABS)
				memcpy(&a, (const char *)data + f->k, 4);
			else if (BPF_MODE(f->code) == BPF_MEM)
				a = memory[f->k];
			else
				a = f->k;
			break;
		case BPF_ST:
			memory[f->k] = a;
			break;
		case BPF_STX:
			memory[f->k] = x;
			break;
		case BPF_LDX:
			x = BPF_MODE(f->code) == BPF_MEM ? memory[f->k] : f->k;
			break;
		case BPF_ALU:
			assert_int_equal(BPF_OP(f->code), BPF_AND);
			a &= with;
			break;
		case BPF_MISC:
			if (BPF_MISCOP(f->code) == BPF_TAX)
				x = a;
			else
				a = x;
			break;
		case BPF_JMP:
			if (BPF_OP(f->code) == BPF_JA) {
				pc += f->k;
				break;
			}
			jump = BPF_OP(f->code) == BPF_JEQ   ? a == with
			       : BPF_OP(f->code) == BPF_JGT ? a > with
			       : BPF_OP(f->code) == BPF_JGE ? a >= with
							    : (a & with) != 0;
			pc += jump ? f->jt : f->jf;
			break;
		case BPF_RET:
			return BPF_RVAL(f->code) == BPF_A ? a : f->k;
		}
	}
	fail_msg("the filter has no end");
	return 0;
}

static const uint32_t bpf_arches[] = { SCMP_ARCH_X86_64, SCMP_ARCH_X86, SCMP_ARCH_X32,
	SCMP_ARCH_AARCH64, SCMP_ARCH_ARM };

/* What libseccomp makes of it. */
static inline int bpf_compile(struct bpf *ret, struct wh_json *doc, wh_node seccomp)
{
	struct wh_err err = WH_ERR_INIT;
	int fd = memfd_create("bpf", 0);
	int r = wh_seccomp_compile(doc, seccomp, fd, &err);
	off_t size = lseek(fd, 0, SEEK_END);

	if (r < 0)
		print_message("%s\n", err.text);
	ret->code = malloc((size_t)size);
	ret->count = (size_t)size / sizeof(*ret->code);
	assert_int_equal(pread(fd, ret->code, (size_t)size, 0), size);
	close(fd);
	return r;
}

/* From strict to open, as the kernel prefers them. */
static inline int bpf_rank(uint32_t action)
{
	static const uint32_t order[] = { SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD,
		SECCOMP_RET_TRAP, SECCOMP_RET_ERRNO, SECCOMP_RET_USER_NOTIF, SECCOMP_RET_TRACE,
		SECCOMP_RET_LOG, SECCOMP_RET_ALLOW };

	for (size_t i = 0; i < WH_COUNT(order); i++) {
		if (order[i] == (action & SECCOMP_RET_ACTION_FULL))
			return (int)i;
	}
	fail_msg("unknown action %x", action);
	return 0;
}
