/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The events of perf as Linux 6.18 on x86-64 describes them, without "print fmt", which nobody
 * reads; and records as perf_event_open(2) lays them out. */

#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "record/perf-decode.h"

#define COMMON \
	"format:\n" \
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n" \
	"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n" \
	"\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n" \
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"

static const char *const format_texts[WH_PERF_PROBES] = {
	[WH_PERF_CHECK] =
		"name: cap_capable\nID: 2073\n" COMMON
		"\tfield:const struct cred * cred;\toffset:8;\tsize:8;\tsigned:0;\n"
		"\tfield:struct user_namespace * target_ns;\toffset:16;\tsize:8;\tsigned:0;\n"
		"\tfield:const struct user_namespace * "
		"capable_ns;\toffset:24;\tsize:8;\tsigned:0;\n"
		"\tfield:int cap;\toffset:32;\tsize:4;\tsigned:1;\n"
		"\tfield:int ret;\toffset:36;\tsize:4;\tsigned:1;\n",
	[WH_PERF_EXEC] = "name: sched_process_exec\nID: 365\n" COMMON
			 "\tfield:__data_loc char[] filename;\toffset:8;\tsize:4;\tsigned:0;\n"
			 "\tfield:pid_t pid;\toffset:12;\tsize:4;\tsigned:1;\n"
			 "\tfield:pid_t old_pid;\toffset:16;\tsize:4;\tsigned:1;\n",
	[WH_PERF_SYSCALL] = "name: sys_enter\nID: 443\n" COMMON
			    "\tfield:long id;\toffset:8;\tsize:8;\tsigned:1;\n"
			    "\tfield:unsigned long args[6];\toffset:16;\tsize:48;\tsigned:0;\n",
	[WH_PERF_PORT] = "name: inet_sock_set_state\nID: 2287\n" COMMON
			 "\tfield:const void * skaddr;\toffset:8;\tsize:8;\tsigned:0;\n"
			 "\tfield:int oldstate;\toffset:16;\tsize:4;\tsigned:1;\n"
			 "\tfield:int newstate;\toffset:20;\tsize:4;\tsigned:1;\n"
			 "\tfield:__u16 sport;\toffset:24;\tsize:2;\tsigned:0;\n"
			 "\tfield:__u16 dport;\toffset:26;\tsize:2;\tsigned:0;\n"
			 "\tfield:__u16 family;\toffset:28;\tsize:2;\tsigned:0;\n"
			 "\tfield:__u16 protocol;\toffset:30;\tsize:2;\tsigned:0;\n"
			 "\tfield:__u8 saddr[4];\toffset:32;\tsize:4;\tsigned:0;\n",
};

/* False when one cannot be read. */
static inline bool read_perf_formats(struct wh_perf_formats *ret)
{
	for (size_t i = 0; i < WH_PERF_PROBES; i++) {
		if (wh_format_parse(wh_slice_of(format_texts[i]), &ret->of[i]) < 0)
			return false;
	}
	return true;
}
