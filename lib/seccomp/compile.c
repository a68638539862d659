/* SPDX-License-Identifier: Apache-2.0 */
#include "seccomp/compile.h"

#include <errno.h>
#include <limits.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "seccomp/internal.h"

#define NAME_MAX_LEN 128

static uint64_t number_of(
	const struct wh_json *doc, wh_node object, const char *key, uint64_t otherwise)
{
	(void)!wh_json_u64(doc, wh_json_get(doc, object, key), &otherwise);
	return otherwise;
}

static uint32_t action_of(const struct wh_json *doc, wh_node action, uint64_t errno_ret)
{
	const uint32_t actions[] = {
		[WH_ACT_KILL_PROCESS] = SCMP_ACT_KILL_PROCESS,
		[WH_ACT_KILL] = SCMP_ACT_KILL_THREAD,
		[WH_ACT_TRAP] = SCMP_ACT_TRAP,
		[WH_ACT_ERRNO] = SCMP_ACT_ERRNO((uint32_t)errno_ret & 0xffffu),
		[WH_ACT_NOTIFY] = SCMP_ACT_NOTIFY,
		[WH_ACT_TRACE] = SCMP_ACT_TRACE((uint32_t)errno_ret & 0xffffu),
		[WH_ACT_LOG] = SCMP_ACT_LOG,
		[WH_ACT_ALLOW] = SCMP_ACT_ALLOW,
	};
	int number = wh_seccomp_action(doc, action);

	return number < 0 ? SCMP_ACT_KILL_PROCESS : actions[number];
}

static enum scmp_compare operator_of(const struct wh_json *doc, wh_node op)
{
	static const struct {
		const char *word;
		enum scmp_compare op;
	} words[] = {
		{ "SCMP_CMP_NE", SCMP_CMP_NE },
		{ "SCMP_CMP_LT", SCMP_CMP_LT },
		{ "SCMP_CMP_LE", SCMP_CMP_LE },
		{ "SCMP_CMP_EQ", SCMP_CMP_EQ },
		{ "SCMP_CMP_GE", SCMP_CMP_GE },
		{ "SCMP_CMP_GT", SCMP_CMP_GT },
	};

	for (size_t i = 0; i < WH_COUNT(words); i++) {
		if (wh_json_string_is(doc, op, words[i].word))
			return words[i].op;
	}
	return SCMP_CMP_MASKED_EQ;
}

static int add_rule(
	scmp_filter_ctx ctx, struct wh_json *doc, wh_node rule, int call, uint32_t action)
{
	struct scmp_arg_cmp args[6];
	unsigned count = 0, seen = 0;
	bool alternatives = false;
	int r = 0;

	wh_json_each_element (doc, wh_json_get(doc, rule, "args"), arg) {
		unsigned index = (unsigned)number_of(doc, arg, "index", 0);

		if (count == WH_COUNT(args))
			return -EINVAL;
		args[count++] = (struct scmp_arg_cmp){ index,
			operator_of(doc, wh_json_get(doc, arg, "op")),
			number_of(doc, arg, "value", 0), number_of(doc, arg, "valueTwo", 0) };
		alternatives |= (seen >> index & 1u) != 0;
		seen |= 1u << index;
	}
	if (!alternatives)
		return seccomp_rule_add_array(ctx, action, call, count, args);
	for (unsigned i = 0; r == 0 && i < count; i++)
		r = seccomp_rule_add_array(ctx, action, call, 1, &args[i]);
	return r;
}

/* The text as libseccomp has architectures: "SCMP_ARCH_X86_64" is "x86_64". */
static bool terminate(struct wh_slice text, char ret[NAME_MAX_LEN])
{
	if (text.len >= NAME_MAX_LEN)
		return false;
	memcpy(ret, text.data, text.len);
	ret[text.len] = '\0';
	return true;
}

static int add_architectures(
	scmp_filter_ctx ctx, struct wh_json *doc, wh_node seccomp, struct wh_err *err)
{
	static const char prefix[] = "SCMP_ARCH_";

	wh_json_each_element (doc, wh_json_get(doc, seccomp, "architectures"), node) {
		char name[NAME_MAX_LEN];
		uint32_t arch;
		int r;

		if (!terminate(wh_json_string(doc, node), name))
			continue;
		for (char *c = name; *c != '\0'; c++)
			*c = (char)(*c >= 'A' && *c <= 'Z' ? *c - 'A' + 'a' : *c);
		arch = seccomp_arch_resolve_name(name + sizeof(prefix) - 1);
		r = arch == 0 ? -EINVAL : seccomp_arch_add(ctx, arch);
		if (r < 0 && r != -EEXIST)
			return wh_json_fail(doc, node, err, EINVAL,
				"this host's libseccomp cannot filter this architecture");
	}
	return 0;
}

static int add_rules(scmp_filter_ctx ctx, struct wh_json *doc, wh_node seccomp, uint32_t standard,
	struct wh_err *err)
{
	wh_json_each_element (doc, wh_json_get(doc, seccomp, "syscalls"), rule) {
		uint32_t action = action_of(doc, wh_json_get(doc, rule, "action"),
			number_of(doc, rule, "errnoRet", WH_SECCOMP_EPERM));

		wh_json_each_element (doc, wh_json_get(doc, rule, "names"), node) {
			char name[NAME_MAX_LEN];
			int call, r;

			if (action == standard || !terminate(wh_json_string(doc, node), name))
				continue;
			call = seccomp_syscall_resolve_name(name);
			r = call == __NR_SCMP_ERROR ? 0 : add_rule(ctx, doc, rule, call, action);
			if (r < 0)
				return wh_json_fail(doc, node, err, EINVAL,
					"libseccomp refuses this rule: %s", wh_errno_text(-r));
		}
	}
	return 0;
}

int wh_seccomp_compile(struct wh_json *doc, wh_node seccomp, int fd, struct wh_err *err)
{
	uint32_t standard = action_of(doc, wh_json_get(doc, seccomp, "defaultAction"),
		number_of(doc, seccomp, "defaultErrnoRet", WH_SECCOMP_EPERM));
	scmp_filter_ctx ctx = seccomp_init(standard);
	int r;

	if (ctx == NULL)
		return wh_fail_errno(err, ENOMEM, "compiling a seccomp filter");
	r = add_architectures(ctx, doc, seccomp, err);
	if (r == 0)
		r = add_rules(ctx, doc, seccomp, standard, err);
	if (r == 0 && fd >= 0) {
		r = seccomp_export_bpf(ctx, fd);
		if (r < 0)
			(void)wh_fail_errno(err, -r, "compiling a seccomp filter");
	}
	seccomp_release(ctx);
	return r;
}

int wh_seccomp_call_name(int64_t number, struct wh_arena *arena, const char **ret)
{
	char *name = number < 0 || number > INT_MAX
			     ? NULL
			     : seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, (int)number);

	*ret = name == NULL ? NULL : wh_arena_dup(arena, wh_slice_of(name));
	if (name != NULL && *ret == NULL) {
		free(name);
		return -ENOMEM;
	}
	free(name);
	return 0;
}
