/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A moment as RFC 3339 in UTC. By arithmetic and not by gmtime(3), which in glibc opens and reads
 * /etc/localtime, a file nobody else has asked for, on every start.
 */

#include <stdint.h>

#define WH_UTC_SIZE sizeof("2026-01-01T00:00:00Z")

/* `seconds` since the epoch, from 1970 to 9999; earlier counts as the epoch, later as the end.
 * Fills all of ret, with the terminating NUL. */
void wh_utc_format(int64_t seconds, char ret[WH_UTC_SIZE]);
