/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Commands of the user's that run beside us, and the wish to stop. Signals that mean it are held
 * back and counted; what the terminal sends reaches its whole foreground group without us, what
 * somebody sends to us alone is ours to pass on.
 */

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/macros.h"

struct wh_learn_signals {
	int fd;
	sigset_t before;
	unsigned interrupts; /* SIGINT, SIGTERM and SIGHUP until now */
	int sent;            /* the last of them if it was sent to us alone; else 0 */
};

/* 0 or -errno. While it is open the signals do nothing but count. */
int wh_learn_signals_open(struct wh_learn_signals *ret, struct wh_err *err) WH_MUST_CHECK;
void wh_learn_signals_done(struct wh_learn_signals *signals);

/* Waits until a child ends or somebody wants to stop, at most so long. */
void wh_learn_wait(struct wh_learn_signals *signals, int milliseconds);

enum wh_learn_streams {
	WH_LEARN_STREAMS_OURS,  /* as we have them */
	WH_LEARN_STREAMS_ERROR, /* but standard output goes where standard error goes */
	WH_LEARN_STREAMS_NONE,  /* nothing to read, and what it says goes to `output` (WH_NO_FD:
				   nowhere); in a process group of its own */
};

struct wh_learn_child {
	pid_t pid;  /* 0: there is none, or it has ended */
	int status; /* of one that has ended, as a shell tells it: 128 and the signal */
	bool group; /* it has a process group of its own… */
	bool alone; /* …of which nobody is left when it has ended */
};

/* Looks up words[0] in PATH. 0 or -errno; the words end with NULL. */
int wh_learn_child_start(struct wh_learn_child *ret, const struct wh_learn_signals *signals,
	const char *const *words, enum wh_learn_streams streams, int output,
	struct wh_err *err) WH_MUST_CHECK;

/* Whether it has ended; then its status is known. */
bool wh_learn_child_ended(struct wh_learn_child *child);

/* Sends it (its group) a signal, if it runs. */
void wh_learn_child_signal(const struct wh_learn_child *child, int signal);

/* Ends it: asked first, and after `milliseconds` killed. */
void wh_learn_child_end(struct wh_learn_child *child, int milliseconds);

int64_t wh_learn_now(void); /* milliseconds, of a clock that nobody sets */
