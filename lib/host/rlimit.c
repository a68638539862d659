/* SPDX-License-Identifier: Apache-2.0 */
#include "host/rlimit.h"

#include <errno.h>
#include <sys/resource.h>

static const struct {
	const char *name;
	__rlimit_resource_t resource;
} limits[] = {
	{ "RLIMIT_AS", RLIMIT_AS },
	{ "RLIMIT_CORE", RLIMIT_CORE },
	{ "RLIMIT_CPU", RLIMIT_CPU },
	{ "RLIMIT_DATA", RLIMIT_DATA },
	{ "RLIMIT_FSIZE", RLIMIT_FSIZE },
	{ "RLIMIT_LOCKS", RLIMIT_LOCKS },
	{ "RLIMIT_MEMLOCK", RLIMIT_MEMLOCK },
	{ "RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE },
	{ "RLIMIT_NICE", RLIMIT_NICE },
	{ "RLIMIT_NOFILE", RLIMIT_NOFILE },
	{ "RLIMIT_NPROC", RLIMIT_NPROC },
	{ "RLIMIT_RSS", RLIMIT_RSS },
	{ "RLIMIT_RTPRIO", RLIMIT_RTPRIO },
	{ "RLIMIT_RTTIME", RLIMIT_RTTIME },
	{ "RLIMIT_SIGPENDING", RLIMIT_SIGPENDING },
	{ "RLIMIT_STACK", RLIMIT_STACK },
};

static uint64_t number_of(rlim_t value)
{
	return value == RLIM_INFINITY ? UINT64_MAX : value;
}

int wh_rlimit_get(struct wh_slice name, struct wh_own_rlimit *ret)
{
	for (size_t i = 0; i < WH_COUNT(limits); i++) {
		struct rlimit limit;

		if (!wh_slice_is(name, limits[i].name))
			continue;
		if (getrlimit(limits[i].resource, &limit) < 0)
			return -errno;
		*ret = (struct wh_own_rlimit){ number_of(limit.rlim_cur),
			number_of(limit.rlim_max) };
		return 0;
	}
	return -EINVAL;
}
