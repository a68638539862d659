/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A seccomp object of config.json as the kernel would see it: compiled by libseccomp in the way
 * that runc does (libcontainer/seccomp), and run over a struct seccomp_data by a small interpreter
 * of classic BPF (bpf(4), the part that seccomp(2) allows).
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

static inline uint64_t bpf_number(
	const struct wh_json *doc, wh_node object, const char *key, uint64_t otherwise)
{
	(void)!wh_json_u64(doc, wh_json_get(doc, object, key), &otherwise);
	return otherwise;
}

static inline uint32_t bpf_action(const struct wh_json *doc, wh_node action, uint64_t number)
{
	const struct {
		const char *word;
		uint32_t action;
	} words[] = {
		{ "SCMP_ACT_ALLOW", SCMP_ACT_ALLOW },
		{ "SCMP_ACT_ERRNO", SCMP_ACT_ERRNO((uint32_t)number) },
		{ "SCMP_ACT_KILL", SCMP_ACT_KILL_THREAD },
		{ "SCMP_ACT_KILL_THREAD", SCMP_ACT_KILL_THREAD },
		{ "SCMP_ACT_KILL_PROCESS", SCMP_ACT_KILL_PROCESS },
		{ "SCMP_ACT_TRAP", SCMP_ACT_TRAP },
		{ "SCMP_ACT_LOG", SCMP_ACT_LOG },
		{ "SCMP_ACT_TRACE", SCMP_ACT_TRACE((uint32_t)number) },
		{ "SCMP_ACT_NOTIFY", SCMP_ACT_NOTIFY },
	};

	for (size_t i = 0; i < WH_COUNT(words); i++) {
		if (wh_json_string_is(doc, action, words[i].word))
			return words[i].action;
	}
	fail_msg("unknown action");
	return 0;
}

static inline enum scmp_compare bpf_operator(const struct wh_json *doc, wh_node op)
{
	static const struct {
		const char *word;
		enum scmp_compare op;
	} words[] = { { "SCMP_CMP_NE", SCMP_CMP_NE }, { "SCMP_CMP_LT", SCMP_CMP_LT },
		{ "SCMP_CMP_LE", SCMP_CMP_LE }, { "SCMP_CMP_EQ", SCMP_CMP_EQ },
		{ "SCMP_CMP_GE", SCMP_CMP_GE }, { "SCMP_CMP_GT", SCMP_CMP_GT },
		{ "SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ } };

	for (size_t i = 0; i < WH_COUNT(words); i++) {
		if (wh_json_string_is(doc, op, words[i].word))
			return words[i].op;
	}
	fail_msg("unknown operator");
	return SCMP_CMP_EQ;
}

/* As runc: conditions on different arguments are one rule, several on one are alternatives. */
static inline int bpf_add_rule(
	scmp_filter_ctx ctx, struct wh_json *doc, wh_node rule, int call, uint32_t action)
{
	struct scmp_arg_cmp args[6];
	unsigned count = 0, seen = 0;
	bool alternatives = false;
	int r = 0;

	wh_json_each_element (doc, wh_json_get(doc, rule, "args"), arg) {
		unsigned index = (unsigned)bpf_number(doc, arg, "index", 0);

		assert_true(count < 6);
		args[count++] = (struct scmp_arg_cmp){ index,
			bpf_operator(doc, wh_json_get(doc, arg, "op")),
			bpf_number(doc, arg, "value", 0), bpf_number(doc, arg, "valueTwo", 0) };
		alternatives |= (seen >> index & 1u) != 0;
		seen |= 1u << index;
	}
	if (!alternatives)
		return seccomp_rule_add_array(ctx, action, call, count, args);
	for (unsigned i = 0; r == 0 && i < count; i++)
		r = seccomp_rule_add_array(ctx, action, call, 1, &args[i]);
	return r;
}

static const uint32_t bpf_arches[] = { SCMP_ARCH_X86_64, SCMP_ARCH_X86, SCMP_ARCH_X32,
	SCMP_ARCH_AARCH64, SCMP_ARCH_ARM };

/* Compiles for the architectures the object names. What libseccomp says when it does not. */
static inline int bpf_compile(struct bpf *ret, struct wh_json *doc, wh_node seccomp)
{
	uint32_t standard = bpf_action(doc, wh_json_get(doc, seccomp, "defaultAction"),
		bpf_number(doc, seccomp, "defaultErrnoRet", EPERM));
	scmp_filter_ctx ctx = seccomp_init(standard);
	int fd, r = 0;
	off_t size;

	assert_non_null(ctx);
	wh_json_each_element (doc, wh_json_get(doc, seccomp, "architectures"), arch) {
		char name[64];
		struct wh_slice text = wh_json_string(doc, arch);

		(void)snprintf(name, sizeof(name), "%.*s", (int)text.len - 10, text.data + 10);
		for (char *c = name; *c != '\0'; c++)
			*c = (char)(*c >= 'A' && *c <= 'Z' ? *c + 32 : *c);
		r = seccomp_arch_add(ctx, seccomp_arch_resolve_name(name));
		assert_true(r == 0 || r == -EEXIST);
	}
	r = 0;
	wh_json_each_element (doc, wh_json_get(doc, seccomp, "syscalls"), rule) {
		uint32_t action = bpf_action(doc, wh_json_get(doc, rule, "action"),
			bpf_number(doc, rule, "errnoRet", EPERM));

		wh_json_each_element (doc, wh_json_get(doc, rule, "names"), node) {
			struct wh_slice text = wh_json_string(doc, node);
			char name[128];
			int call;

			(void)snprintf(name, sizeof(name), "%.*s", (int)text.len, text.data);
			call = seccomp_syscall_resolve_name(name);
			if (call == __NR_SCMP_ERROR || action == standard || r < 0)
				continue;
			r = bpf_add_rule(ctx, doc, rule, call, action);
			if (r < 0)
				print_message("libseccomp: %s: %d\n", name, r);
		}
	}
	if (r == 0) {
		fd = memfd_create("bpf", 0);
		r = seccomp_export_bpf(ctx, fd);
		size = lseek(fd, 0, SEEK_END);
		ret->code = malloc((size_t)size);
		ret->count = (size_t)size / sizeof(*ret->code);
		assert_int_equal(pread(fd, ret->code, (size_t)size, 0), size);
		close(fd);
	}
	seccomp_release(ctx);
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
