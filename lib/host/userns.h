/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a user namespace hides. A rootless engine runs its runtime in one, where the user is root
 * and whoever has no id there, the host's root among them, shows as the overflow id (65534 unless
 * /proc/sys/kernel/overflowuid says another; user_namespaces(7)).
 *
 * In the initial user namespace nothing is hidden: there both functions answer false.
 */

#include <stdbool.h>
#include <sys/types.h>

/* Whether this process is in a user namespace other than the initial one (or one that is like it,
 * mapping every id onto itself). False where /proc does not tell. */
bool wh_userns_is_inner(void);

/*
 * Whether `uid`, which stat(2) tells as the owner of the folder at `path`, stands for somebody who
 * has no id here, rather than for the user of that number. False in all doubt.
 */
bool wh_userns_hides_owner(const char *path, uid_t uid);
