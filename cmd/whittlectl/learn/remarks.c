/* SPDX-License-Identifier: Apache-2.0 */
/* What a learnt rule leaves to who reads it. */

#include <errno.h>
#include <string.h>

#include "learn.h"
#include "learn/rule.h"
#include "seccomp/calls.h"

#define LOGS "/var/log"

static int add(struct wh_learn_remarks *remarks, const char *text)
{
	if (text == NULL)
		return -ENOMEM;
	if (remarks->count < WH_COUNT(remarks->all))
		remarks->all[remarks->count++] = text;
	return 0;
}

static int remark_programs(const struct wh_learnt *learnt, const struct wh_learnt_root *root,
	struct wh_arena *arena, struct wh_learn_remarks *ret)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < learnt->scratch_program_count; i++) {
		const char *program = learnt->scratch_programs[i], *tmpfs;

		r = wh_learnt_tmpfs_of(root, program, arena, &tmpfs);
		if (r == 0 && tmpfs != NULL)
			r = add(ret, wh_arena_printf(arena,
					     "it executed %s: %s is a tmpfs, from which nothing "
					     "can be executed",
					     program, tmpfs));
	}
	return r;
}

static int remark_root(
	const struct wh_learnt *learnt, struct wh_arena *arena, struct wh_learn_remarks *ret)
{
	struct wh_learnt_root root;
	int r = wh_learnt_root(learnt, arena, &root);

	if (r == 0 && root.why != NULL)
		r = add(ret, wh_arena_printf(
				     arena, "the root file system stays writable: %s", root.why));
	for (size_t i = 0; r == 0 && i < root.count; i++) {
		if (strncmp(root.tmpfs[i], LOGS, strlen(LOGS)) == 0)
			r = add(ret, wh_arena_printf(arena,
					     "%s is a tmpfs: logs there have to fit, and end with "
					     "the container",
					     root.tmpfs[i]));
	}
	return r == 0 ? remark_programs(learnt, &root, arena, ret) : r;
}

static int remark_nameless(const struct wh_learnt *learnt, bool used_only, struct wh_arena *arena,
	struct wh_learn_remarks *ret)
{
	wh_capset kept = wh_learnt_capabilities(learnt, used_only);
	int r = 0;

	for (unsigned i = WH_CAP_COUNT; r == 0 && i < 64; i++) {
		if ((kept & wh_capset_of(i)) != 0)
			r = add(ret, wh_arena_printf(arena,
					     "capability %u is used and has no name that a policy "
					     "could allow",
					     i));
	}
	return r;
}

/* It was seen to ask for one, or there were checks about one that is not the runtime's making. */
static int remark_namespaces(const struct wh_learnt *learnt, struct wh_learn_remarks *ret)
{
	return !learnt->user_namespaces && learnt->other_users == 0
		       ? 0
		       : add(ret, "it asked for user namespaces of its own: they are closed unless "
				  "the rule says \"userNamespaces\": true");
}

static int remark_devices(
	const struct wh_learnt *learnt, struct wh_arena *arena, struct wh_learn_remarks *ret)
{
	return learnt->devices_unknown == NULL || learnt->transport == NULL
		       ? 0
		       : add(ret,
				 wh_arena_printf(arena,
					 "which devices it opened is not known (%s): the rule says "
					 "nothing of them",
					 learnt->devices_unknown));
}

/* A rule takes from a filter and adds nothing to it; whittle's own is put in where there is none.
 */
static int remark_closed(
	const struct wh_learnt *learnt, struct wh_arena *arena, struct wh_learn_remarks *ret)
{
	const char *names = "";

	for (size_t i = 0; names != NULL && i < learnt->syscall_count; i++) {
		const struct wh_syscall *call = wh_syscall_find(wh_slice_of(learnt->syscalls[i]));

		if (call != NULL && call->class == WH_SYSCALL_NEVER)
			names = wh_arena_printf(
				arena, "%s%s%s", names, names[0] == '\0' ? "" : ", ", call->name);
	}
	if (names == NULL)
		return -ENOMEM;
	return names[0] == '\0'
		       ? 0
		       : add(ret, wh_arena_printf(arena,
					  "it called %s, which no default filter allows: refused "
					  "unless the container comes with a filter that does",
					  names));
}

int wh_learn_remarks(const struct wh_learnt *learnt, bool used_only, struct wh_arena *arena,
	struct wh_learn_remarks *ret)
{
	int r;

	ret->count = 0;
	r = remark_root(learnt, arena, ret);
	if (r == 0)
		r = remark_nameless(learnt, used_only, arena, ret);
	if (r == 0)
		r = remark_namespaces(learnt, ret);
	if (r == 0)
		r = remark_devices(learnt, arena, ret);
	return r == 0 ? remark_closed(learnt, arena, ret) : r;
}
