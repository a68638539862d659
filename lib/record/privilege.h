/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A recorder begins with all that root may do and runs as long as its container, beside whatever is
 * in there. It gives up for good what it needs no longer.
 */

enum wh_privilege {
	WH_PRIVILEGE_OPENING,  /* what is needed while something is yet to be opened */
	WH_PRIVILEGE_WATCHING, /* what is needed until the end */
};

/*
 * Keeps the capabilities of that stage and no others, of those that the caller has, and none that
 * execve(2) could bring back; nobody traces it or reads its memory for having its user. What cannot
 * be given up stays: that costs no result.
 */
void wh_privilege_shed(enum wh_privilege stage);
