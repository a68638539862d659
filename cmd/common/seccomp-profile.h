/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A seccomp profile that the policy names. */

#include "base/err.h"
#include "base/macros.h"
#include "json/json.h"

/*
 * Reads it, trusted as the policy is (host/file.h), and checks that it is of the form of
 * config.json's "seccomp" and could be loaded as far as its text tells. 0 or -errno with the place.
 */
int wh_read_seccomp_profile(
	const char *path, struct wh_json **ret, struct wh_err *err) WH_MUST_CHECK;
