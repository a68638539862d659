/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The proleptic Gregorian calendar in 400-year cycles that begin on 1 March, so that the leap day
 * is the last of its year (the same idea as in POSIX's own formula for seconds since the epoch, the
 * other way round).
 */

#include "base/utc.h"

#include <string.h>

#define DAY 86400
#define DAYS_PER_CYCLE 146097
#define DAYS_TO_EPOCH 719468 /* from 0000-03-01 to 1970-01-01 */
#define LAST_SECOND INT64_C(253402300799)

static void put(char *at, unsigned value, int digits)
{
	while (digits-- > 0) {
		at[digits] = (char)('0' + value % 10);
		value /= 10;
	}
}

void wh_utc_format(int64_t seconds, char ret[WH_UTC_SIZE])
{
	int64_t time = seconds < 0 ? 0 : seconds > LAST_SECOND ? LAST_SECOND : seconds;
	unsigned second = (unsigned)(time % DAY);
	unsigned days = (unsigned)(time / DAY) + DAYS_TO_EPOCH;
	unsigned in_cycle = days % DAYS_PER_CYCLE;
	unsigned year = (in_cycle - in_cycle / 1460 + in_cycle / 36524 - in_cycle / 146096) / 365;
	unsigned in_year = in_cycle - (365 * year + year / 4 - year / 100);
	unsigned month = (5 * in_year + 2) / 153; /* 0 is March */
	unsigned day = in_year - (153 * month + 2) / 5 + 1;

	year += days / DAYS_PER_CYCLE * 400 + (month >= 10);
	month = month < 10 ? month + 3 : month - 9;
	memcpy(ret, "0000-00-00T00:00:00Z", WH_UTC_SIZE);
	put(ret, year, 4);
	put(ret + 5, month, 2);
	put(ret + 8, day, 2);
	put(ret + 11, second / 3600, 2);
	put(ret + 14, second / 60 % 60, 2);
	put(ret + 17, second % 60, 2);
}
