/* SPDX-License-Identifier: Apache-2.0 */
/* Rules: their words, and whether these are known. */

#include "seccomp/internal.h"

#include <errno.h>

struct word {
	const char *text;
	int number;
};

static const struct word actions[] = {
	{ "SCMP_ACT_ALLOW", WH_ACT_ALLOW },
	{ "SCMP_ACT_ERRNO", WH_ACT_ERRNO },
	{ "SCMP_ACT_KILL", WH_ACT_KILL },
	{ "SCMP_ACT_KILL_PROCESS", WH_ACT_KILL_PROCESS },
	{ "SCMP_ACT_KILL_THREAD", WH_ACT_KILL },
	{ "SCMP_ACT_LOG", WH_ACT_LOG },
	{ "SCMP_ACT_NOTIFY", WH_ACT_NOTIFY },
	{ "SCMP_ACT_TRACE", WH_ACT_TRACE },
	{ "SCMP_ACT_TRAP", WH_ACT_TRAP },
};

static const char *const operators[] = { "SCMP_CMP_EQ", "SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_LE",
	"SCMP_CMP_LT", "SCMP_CMP_MASKED_EQ", "SCMP_CMP_NE" };

static const char *const architectures[] = { "SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM",
	"SCMP_ARCH_LOONGARCH64", "SCMP_ARCH_M68K", "SCMP_ARCH_MIPS", "SCMP_ARCH_MIPS64",
	"SCMP_ARCH_MIPS64N32", "SCMP_ARCH_MIPSEL", "SCMP_ARCH_MIPSEL64", "SCMP_ARCH_MIPSEL64N32",
	"SCMP_ARCH_PARISC", "SCMP_ARCH_PARISC64", "SCMP_ARCH_PPC", "SCMP_ARCH_PPC64",
	"SCMP_ARCH_PPC64LE", "SCMP_ARCH_RISCV64", "SCMP_ARCH_S390", "SCMP_ARCH_S390X",
	"SCMP_ARCH_SH", "SCMP_ARCH_SHEB", "SCMP_ARCH_X32", "SCMP_ARCH_X86", "SCMP_ARCH_X86_64" };

static const char *const flags[] = { "SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_NEW_LISTENER",
	"SECCOMP_FILTER_FLAG_SPEC_ALLOW", "SECCOMP_FILTER_FLAG_TSYNC",
	"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV" };

int wh_seccomp_action(const struct wh_json *doc, wh_node action)
{
	for (size_t i = 0; i < WH_COUNT(actions); i++) {
		if (wh_json_string_is(doc, action, actions[i].text))
			return actions[i].number;
	}
	return -1;
}

static int check_word(struct wh_json *doc, wh_node node, const char *const words[], size_t count,
	const char *what, struct wh_err *err)
{
	for (size_t i = 0; i < count; i++) {
		if (wh_json_string_is(doc, node, words[i]))
			return 0;
	}
	return wh_json_fail(doc, node, err, EINVAL,
		"this is no %s of a seccomp filter that whittle knows", what);
}

static int check_words(struct wh_json *doc, wh_node array, const char *const words[], size_t count,
	const char *what, struct wh_err *err)
{
	wh_json_each_element (doc, array, element) {
		int r = check_word(doc, element, words, count, what, err);

		if (r < 0)
			return r;
	}
	return 0;
}

static int check_action(struct wh_json *doc, wh_node action, wh_node where, struct wh_err *err)
{
	if (wh_seccomp_action(doc, action) >= 0)
		return 0;
	return wh_json_fail(doc, action == WH_NO_NODE ? where : action, err, EINVAL,
		"this is no action of a seccomp filter that whittle knows");
}

static int check_conditions(struct wh_json *doc, wh_node rule, struct wh_err *err)
{
	wh_json_each_element (doc, wh_json_get(doc, rule, "args"), condition) {
		uint64_t index = 0;
		wh_node number = wh_json_get(doc, condition, "index");
		int r = check_word(doc, wh_json_get(doc, condition, "op"), operators,
			WH_COUNT(operators), "operator", err);

		if (r < 0)
			return r;
		(void)!wh_json_u64(doc, number, &index);
		if (index > 5)
			return wh_json_fail(doc, number, err, EINVAL,
				"a system call has no argument of this number: they are 0 to 5");
	}
	return 0;
}

int wh_seccomp_check(struct wh_json *doc, wh_node seccomp, struct wh_err *err)
{
	int r = check_action(doc, wh_json_get(doc, seccomp, "defaultAction"), seccomp, err);

	if (r == 0)
		r = check_words(doc, wh_json_get(doc, seccomp, "architectures"), architectures,
			WH_COUNT(architectures), "architecture", err);
	if (r == 0)
		r = check_words(doc, wh_json_get(doc, seccomp, "flags"), flags, WH_COUNT(flags),
			"flag", err);
	wh_json_each_element (doc, wh_json_get(doc, seccomp, "syscalls"), rule) {
		if (r == 0)
			r = check_action(doc, wh_json_get(doc, rule, "action"), rule, err);
		if (r == 0)
			r = check_conditions(doc, rule, err);
	}
	return r;
}

bool wh_seccomp_is_open(const struct wh_json *doc, wh_node seccomp)
{
	wh_node action = wh_json_get(doc, seccomp, "defaultAction");

	if (wh_json_type(doc, seccomp) != WH_JSON_OBJECT || wh_json_string_is(doc, action, ""))
		return true;
	if (wh_json_type(doc, action) != WH_JSON_STRING)
		return true;
	return wh_json_string_is(doc, action, "SCMP_ACT_ALLOW") &&
	       wh_json_first(doc, wh_json_get(doc, seccomp, "syscalls")) == WH_NO_NODE;
}

/* ---- new ones ------------------------------------------------------------------------------- */

static void set_text(struct wh_json *doc, wh_node object, const char *key, const char *text)
{
	wh_json_set(doc, object, key, wh_json_new_string(doc, wh_slice_of(text)));
}

wh_node wh_seccomp_new_names(struct wh_json *doc, const char *name)
{
	wh_node names = wh_json_new_array(doc);

	wh_json_append(doc, names, wh_json_new_string(doc, wh_slice_of(name)));
	return names;
}

wh_node wh_seccomp_new_rule(struct wh_json *doc, wh_node names, const char *action, int errno_ret)
{
	wh_node rule = wh_json_new_object(doc);

	wh_json_set(doc, rule, "names", names);
	set_text(doc, rule, "action", action);
	if (errno_ret >= 0)
		wh_json_set(doc, rule, "errnoRet", wh_json_new_u64(doc, (uint64_t)errno_ret));
	return rule;
}

void wh_seccomp_add_condition(struct wh_json *doc, wh_node rule, unsigned index, const char *op,
	uint64_t value, uint64_t value_two)
{
	wh_node args = wh_json_get(doc, rule, "args");
	wh_node condition = wh_json_new_object(doc);

	if (wh_json_type(doc, args) != WH_JSON_ARRAY) {
		args = wh_json_new_array(doc);
		wh_json_set(doc, rule, "args", args);
	}
	wh_json_set(doc, condition, "index", wh_json_new_u64(doc, index));
	wh_json_set(doc, condition, "value", wh_json_new_u64(doc, value));
	if (value_two != 0)
		wh_json_set(doc, condition, "valueTwo", wh_json_new_u64(doc, value_two));
	set_text(doc, condition, "op", op);
	wh_json_append(doc, args, condition);
}
