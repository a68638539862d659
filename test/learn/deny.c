// SPDX-License-Identifier: Apache-2.0
/*
 * deny NAME... -- COMMAND...: runs a command under a filter that makes these system calls fail with
 * EPERM, as on a host that forbids them: to it, and to whatever it starts.
 */

#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int i = 1;

	for (; filter != NULL && i < argc && strcmp(argv[i], "--") != 0; i++) {
		int number = seccomp_syscall_resolve_name(argv[i]);

		if (number == __NR_SCMP_ERROR ||
			seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), number, 0) < 0) {
			(void)fprintf(stderr, "deny: %s is no system call\n", argv[i]);
			return 2;
		}
	}
	/* The command decides itself about no_new_privs. */
	if (filter == NULL || i + 1 >= argc ||
		seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0) < 0 || seccomp_load(filter) < 0) {
		(void)fprintf(stderr, "deny: the filter could not be loaded\n");
		return 2;
	}
	(void)execvp(argv[i + 1], argv + i + 1);
	perror(argv[i + 1]);
	return 127;
}
