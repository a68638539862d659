/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Reading documents from the host. */

#include "base/err.h"
#include "base/macros.h"
#include "json/json.h"

/*
 * Reads and parses what is left in an open file, at most WH_JSON_MAX_SIZE bytes. `place` begins the
 * error. The document is the caller's. 0, or -errno as wh_read_all() and wh_json_parse_take().
 */
int wh_read_json(struct wh_json **ret, int fd, const char *place, struct wh_err *err) WH_MUST_CHECK;
