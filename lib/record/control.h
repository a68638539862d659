/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The door of a running recorder: a socket (SOCK_SEQPACKET) in WH_RECORDERS, named after the bundle
 * of its container, for root alone. One word is sent, one byte comes back when it was done, or none
 * when the recorder is gone.
 */

#include <stdbool.h>

#include "base/err.h"
#include "base/macros.h"

#define WH_RECORDERS "/run/whittle/record"

enum wh_control {
	WH_CONTROL_JOIN, /* the caller is about to become the runtime and enter the container */
	WH_CONTROL_STOP, /* the container has ended, or is to be recorded no longer */
	WH_CONTROLS,
};

/* For the recorder. The listening descriptor or -errno. `bundle` is absolute. */
int wh_control_listen(const char *bundle, struct wh_err *err) WH_MUST_CHECK;
/* Takes one caller and its word; *ret_pid is the caller's, by the kernel's word. The connection or
 * -errno (-EAGAIN: nobody is there; -EPROTO: not a word). */
int wh_control_take(int listening, enum wh_control *ret, int *ret_pid) WH_MUST_CHECK;
void wh_control_done(int connection); /* answers and closes */
/* Whether the caller is still there to be answered: one who gave up has gone on without. */
bool wh_control_is_waiting(int connection);
void wh_control_remove(const char *bundle);

/*
 * For callers: sends and waits until it is done, at most `milliseconds` for each of the two, also
 * when the recorder is stuck and so many wait that no more can. 0; -ENOENT when no recorder runs
 * for this bundle; -ETIMEDOUT; -errno.
 */
int wh_control_send(const char *bundle, enum wh_control word, int milliseconds) WH_MUST_CHECK;

/* The same three with the socket in another folder, which is there. */
int wh_control_listen_in(const char *folder, const char *bundle, struct wh_err *err) WH_MUST_CHECK;
void wh_control_remove_in(const char *folder, const char *bundle);
int wh_control_send_in(const char *folder, const char *bundle, enum wh_control word,
	int milliseconds) WH_MUST_CHECK;
