/* SPDX-License-Identifier: Apache-2.0 */
#include "record/privilege.h"

#include <linux/capability.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "oci/capability.h"

/*
 *   CAP_SYS_PTRACE       /proc/PID/root and its kin, of whoever is not our equal: proc(5)
 *   CAP_DAC_READ_SEARCH  programs and folders that are not root's
 *   CAP_PERFMON          an event with a narrower filter is a new one: perf_event_open(2)
 *   CAP_SYS_ADMIN        fanotify_init(2) for its /dev, once it is there
 *
 * Files of tracefs and of our own folders are root's, whose user we stay.
 */
static const wh_capset kept[] = {
	[WH_PRIVILEGE_WATCHING] =
		1ull << CAP_SYS_PTRACE | 1ull << CAP_DAC_READ_SEARCH | 1ull << CAP_PERFMON,
	[WH_PRIVILEGE_OPENING] = 1ull << CAP_SYS_PTRACE | 1ull << CAP_DAC_READ_SEARCH |
				 1ull << CAP_PERFMON | 1ull << CAP_SYS_ADMIN,
};

void wh_privilege_shed(enum wh_privilege stage)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { { 0 } };

	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (syscall(SYS_capget, &header, data) < 0)
		return;
	for (unsigned i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
		data[i].permitted &= (uint32_t)(kept[stage] >> 32 * i);
		data[i].effective = data[i].permitted;
		data[i].inheritable = 0;
	}
	(void)!syscall(SYS_capset, &header, data);
}
