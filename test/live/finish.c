/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a recorder does with the store: finish NAME NUMBER.json RESULT puts the result that the file
 * RESULT holds there, as one that goes on, and then ends the recording. 1 with a sentence when it
 * cannot.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fd.h"
#include "host/file.h"
#include "host/process.h"
#include "record/store.h"

static int record(int folder, const char *file, const struct wh_learnt *learnt, struct wh_err *err)
{
	int proc WH_FD = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct wh_learnt running = *learnt;
	struct wh_process process;
	int r = wh_process_read(proc, getpid(), &process);

	if (r < 0)
		return wh_fail_errno(err, -r, "/proc");
	running.ended = 0;
	running.complete = false;
	running.recorder = getpid();
	running.recorder_start = process.start;
	r = wh_store_put(folder, file, &running, err);
	return r < 0 ? r : wh_store_finish(folder, file, learnt, err);
}

int main(int argc, char *argv[])
{
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_err err = WH_ERR_INIT;
	struct wh_learnt learnt;
	int fd WH_FD = argc == 4 ? open(argv[3], O_RDONLY | O_CLOEXEC) : -1;
	int folder WH_FD = WH_NO_FD;
	int r = fd < 0 ? wh_fail(&err, EINVAL, "usage: finish NAME NUMBER.json RESULT")
		       : wh_read_all(fd, WH_LEARNT_MAX_SIZE, &text, &err);

	if (r == 0)
		r = wh_learnt_read(&text, &arena, &learnt, &err);
	if (r == 0)
		folder = r = wh_store_open(argv[1], &err);
	if (r >= 0)
		r = record(folder, argv[2], &learnt, &err);
	if (r < 0)
		(void)fprintf(stderr, "finish: %s\n", err.text);
	return r < 0;
}
