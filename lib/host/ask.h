/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Asking a daemon one question over its socket. */

#include "base/buf.h"
#include "base/err.h"
#include "base/macros.h"

#define WH_ASK_SECONDS 5
#define WH_ASK_MAX (4u << 20) /* bytes of an answer */

/*
 * The body of the answer to an HTTP GET of `path` on a local socket. Links to the socket are
 * followed. 0; -ENOENT when nobody listens there; -ETIME when the answer does not come in time;
 * -EPROTO when it is another one than 200 with a body, -EFBIG when it is too long; -errno.
 */
int wh_ask(const char *socket_path, const char *path, struct wh_buf *ret,
	struct wh_err *err) WH_MUST_CHECK;
