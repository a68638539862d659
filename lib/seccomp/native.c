/* SPDX-License-Identifier: Apache-2.0 */
#include "seccomp/native.h"

#include <errno.h>
#include <limits.h>
#include <seccomp.h>
#include <stdlib.h>

int wh_seccomp_native_name(int64_t number, struct wh_arena *arena, const char **ret)
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
