/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The overflow id alone says little: rootless engines usually map 65536 ids, so that 65534 is also
 * a user of their own, the "nobody" of containers. Where the map leaves that open the kernel is
 * asked: O_NOATIME is for the owner of a file and for who has CAP_FOWNER over it, which reaches
 * exactly as far as the map does (open(2), capabilities(7)). It changes nothing, not even the time.
 */

#include "host/userns.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>

#include "base/buf.h"
#include "base/fd.h"
#include "host/file.h"

#define ALL_IDS 4294967295u /* but (uid_t)-1, which is nobody's */
#define MAP_LIMIT 16384     /* bytes: 340 lines (user_namespaces(7)) of three padded numbers */

static bool read_text(const char *path, struct wh_buf *ret)
{
	int fd WH_FD = open(path, O_RDONLY | O_CLOEXEC);

	return fd >= 0 && wh_read_all(fd, MAP_LIMIT, ret, NULL) == 0 && ret->len > 0;
}

/* ---- the map ---------------------------------------------------------------------------- */

struct range {
	uint32_t inside, outside, count;
};

/* Takes the next line of a map. */
static bool next_range(const char **at, struct range *ret)
{
	int used = 0;

	if (sscanf(*at, "%" SCNu32 " %" SCNu32 " %" SCNu32 " %n", &ret->inside, &ret->outside,
		    &ret->count, &used) != 3)
		return false;
	*at += used;
	return true;
}

static bool is_identity(const char *map)
{
	struct range range;

	return next_range(&map, &range) && range.inside == 0 && range.outside == 0 &&
	       range.count == ALL_IDS;
}

static bool is_mapped(const char *map, uid_t uid)
{
	struct range range;

	while (next_range(&map, &range)) {
		if (uid >= range.inside && uid - range.inside < range.count)
			return true;
	}
	return false;
}

/* ---- the kernel ------------------------------------------------------------------------- */

static void free_caps(cap_t *caps)
{
	if (*caps != NULL)
		(void)cap_free(*caps);
}

static bool may_act_as_owner(void)
{
	cap_t caps WH_CLEANUP(free_caps) = cap_get_proc();
	cap_flag_value_t value = CAP_CLEAR;

	return caps != NULL && cap_get_flag(caps, CAP_FOWNER, CAP_EFFECTIVE, &value) == 0 &&
	       value == CAP_SET;
}

/* Whether the owner is out of our reach, of which every mapped one is within. */
static bool is_out_of_reach(const char *path)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NOATIME | O_CLOEXEC;
	int fd WH_FD = WH_NO_FD;

	if (!may_act_as_owner())
		return false;
	fd = open(path, flags);
	return fd < 0 && errno == EPERM;
}

static bool is_overflow(uid_t uid)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	uint32_t overflow;

	return read_text("/proc/sys/kernel/overflowuid", &text) &&
	       sscanf(text.data, "%" SCNu32, &overflow) == 1 && uid == overflow;
}

bool wh_userns_is_inner(void)
{
	struct wh_buf map WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;

	return read_text("/proc/self/uid_map", &map) && !is_identity(map.data);
}

bool wh_userns_hides_owner(const char *path, uid_t uid)
{
	struct wh_buf map WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;

	if (!read_text("/proc/self/uid_map", &map) || is_identity(map.data) || !is_overflow(uid))
		return false;
	return !is_mapped(map.data, uid) || is_out_of_reach(path);
}
