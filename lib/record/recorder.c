/* SPDX-License-Identifier: Apache-2.0 */
#include "record/recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "host/process.h"
#include "record/cgroup.h"
#include "record/control.h"
#include "record/privilege.h"
#include "record/program.h"
#include "record/recorder-inside.h"
#include "record/store.h"
#include "seccomp/compile.h"

#define BUSY_MS 100        /* between looks while things happen… */
#define IDLE_MS 1000       /* …and while nothing does */
#define STAMPS_STEP 200000 /* nanoseconds, until files are stamped as new */

/* ---- what events lead to ----------------------------------------------------------------------
 */

/* In the container's mounts, where the runtime has made them by now; else when it has its root. */
static void watch_devices(struct wh_recorder *recorder, const char *rootfs)
{
	const struct wh_recorded *recorded = recorder->recorded;

	if (recorder->devices == NULL)
		(void)!wh_devices_open(&recorder->devices, recorded->pid, rootfs, recorded->devices,
			recorded->device_count);
}

static bool is_kept(const struct wh_recorder *recorder, struct wh_slice file)
{
	for (size_t i = 0; i < recorder->program_count; i++) {
		if (wh_slice_is(file, recorder->programs[i].path))
			return true;
	}
	return false;
}

static void keep_program(
	struct wh_recorder *recorder, struct wh_slice file, const struct wh_program *program)
{
	struct wh_learnt_program *kept = &recorder->programs[recorder->program_count];

	if (recorder->program_count == WH_LEARNT_LIST_MAX) {
		(void)wh_fail(&recorder->trouble, E2BIG,
			"it executed more privileged programs than are kept");
		return;
	}
	*kept = (struct wh_learnt_program){
		.path = wh_arena_dup(&recorder->arena, file),
		.setuid = program->setuid,
		.setgid = program->setgid,
		.capabilities = program->capabilities,
	};
	recorder->program_count += kept->path != NULL;
	recorder->changes++;
}

/* A program that confers nothing is not kept. */
static void take_program(void *context, int32_t tid, struct wh_slice file)
{
	struct wh_recorder *recorder = context;
	const struct wh_program_place place = { tid, recorder->recorded->pid, recorder->rootfs };
	struct wh_program program;

	if (recorder->first == 0) {
		recorder->first = recorder->now;
		watch_devices(recorder, "");
		wh_privilege_shed(WH_PRIVILEGE_WATCHING);
	}
	if (wh_program_look(&place, file, &program) < 0)
		return;
	recorder->narrow = recorder->narrow || program.narrow;
	if ((program.setuid || program.setgid || program.capabilities != 0) &&
		!is_kept(recorder, file))
		keep_program(recorder, file, &program);
}

static void take_syscall(void *context, int64_t number)
{
	struct wh_recorder *recorder = context;

	recorder->transport->enough_of_syscall(recorder->trace, number);
	/* The kernel's own threads do what is asked for there, and nobody tells of their making. */
	if (number == SYS_io_uring_setup && recorder->transport->join != NULL)
		(void)wh_fail(&recorder->trouble, ENOTSUP,
			"it uses io_uring, whose threads are not seen when recording by %s",
			recorder->transport->name);
}

static int name_syscall(void *context, int64_t number, struct wh_arena *arena, const char **ret)
{
	(void)context;
	return wh_seccomp_call_name(number, arena, ret);
}

static int take_event(void *context, const struct wh_event *event)
{
	struct wh_recorder *recorder = context;

	recorder->now = event->time;
	recorder->events++;
	return wh_gather_event(recorder->gathering, event);
}

/* ---- beginning --------------------------------------------------------------------------------
 */

static int open_signals(void)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* One descriptor a CPU and probe. */
static void raise_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static int open_trace(struct wh_recorder *recorder, struct wh_err *err)
{
	const struct wh_recorded *recorded = recorder->recorded;
	int cgroup WH_FD = wh_cgroup_open(recorded->pid, NULL);
	/* By these the runtime shows which user namespace it has made, whatever is granted. */
	const wh_capset shown =
		wh_capset_of(CAP_SETPCAP) | wh_capset_of(CAP_SETUID) | wh_capset_of(CAP_SETGID);
	const struct wh_target target = {
		.pid = recorded->pid, .cgroup = cgroup, .granted = recorded->granted | shown
	};

	raise_files();
	return wh_transport_open(&target, &recorder->transport, &recorder->trace, err);
}

static int open_gathering(struct wh_recorder *recorder)
{
	const struct wh_gather_hooks hooks = { recorder, take_program, take_syscall, name_syscall };
	const struct wh_recorded *recorded = recorder->recorded;

	recorder->programs = wh_arena_array(
		&recorder->arena, WH_LEARNT_LIST_MAX + 1, sizeof(*recorder->programs));
	if (recorder->programs == NULL)
		return -ENOMEM;
	return wh_gather_new(&recorder->gathering, recorded->granted, recorded->hooks,
		recorded->hook_count, &hooks);
}

/* The number is the time, and the process in case of two at a time. */
static int open_result(struct wh_recorder *recorder, struct wh_err *err)
{
	recorder->folder = wh_store_open(recorder->recorded->name, err);
	if (recorder->folder < 0)
		return recorder->folder;
	(void)snprintf(recorder->file, sizeof(recorder->file), "%013llu%07d.json",
		(unsigned long long)(wh_clock(CLOCK_REALTIME) / 1000000) % 10000000000000u,
		getpid());
	return 0;
}

/* The result of what could not be recorded: who asks learns why. */
static void store_failure(struct wh_recorder *recorder, const struct wh_err *why)
{
	recorder->trouble = *why;
	if (recorder->folder >= 0)
		(void)!wh_recorder_finish(recorder, NULL);
}

static bool has_own_network(int pid)
{
	int proc WH_FD = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	uint64_t its = 0, ours = 0;

	return proc >= 0 && wh_process_namespace(proc, pid, "net", &its) == 0 &&
	       wh_process_namespace(proc, getpid(), "net", &ours) == 0 && its != ours;
}

static bool tells_of_udp(const struct wh_recorder *recorder)
{
	const struct wh_transport *transport = recorder->transport;

	return transport->tells_of_udp != NULL && transport->tells_of_udp(recorder->trace);
}

/*
 * Files are stamped by a clock that is behind by up to a tick. What the container writes is to be
 * told by its stamp from what the runtime had made before, so it starts when that clock has come to
 * where the recorder began.
 */
static void await_stamps(const struct wh_recorder *recorder)
{
	for (uint64_t waited = 0;
		waited < WH_STAMPS_BEHIND && wh_clock(CLOCK_MONOTONIC_COARSE) < recorder->start;
		waited += STAMPS_STEP)
		(void)nanosleep(&(struct timespec){ .tv_nsec = STAMPS_STEP }, NULL);
}

static int open_all(struct wh_recorder *recorder, struct wh_err *err)
{
	const struct wh_recorded *recorded = recorder->recorded;
	int r = open_result(recorder, err);

	if (r == 0 && open_gathering(recorder) < 0)
		r = wh_fail_errno(err, ENOMEM, "beginning to record");
	if (r < 0)
		return r;
	recorder->process = (int)syscall(SYS_pidfd_open, recorded->pid, 0);
	if (recorder->process < 0)
		return wh_fail_errno(err, errno, "the container's process");
	recorder->signals = open_signals();
	if (recorder->signals < 0)
		return wh_fail_errno(err, errno, "signalfd");
	if (recorded->rootfs != NULL) {
		(void)!wh_written_open(recorded->rootfs, &recorder->written, NULL);
		recorder->rootfs = open(recorded->rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
		watch_devices(recorder, recorded->rootfs);
	}
	recorder->control = wh_control_listen(recorded->bundle, err);
	if (recorder->control < 0)
		return recorder->control;
	r = open_trace(recorder, err);
	if (r < 0)
		return r;
	recorder->looks_for_udp = !tells_of_udp(recorder) && has_own_network(recorded->pid);
	if (recorder->written.folder >= 0 && !recorded->readonly)
		await_stamps(recorder);
	return 0;
}

int wh_recorder_open(
	struct wh_recorder **ret, const struct wh_recorded *recorded, struct wh_err *err)
{
	struct wh_recorder *recorder = calloc(1, sizeof(*recorder));
	struct wh_err why = WH_ERR_INIT;
	int r;

	if (recorder == NULL)
		return wh_fail_errno(err, ENOMEM, "beginning to record");
	recorder->recorded = recorded;
	recorder->kallsyms = open("/proc/kallsyms", O_RDONLY | O_CLOEXEC);
	recorder->folder = recorder->control = recorder->process = recorder->signals = WH_NO_FD;
	recorder->waiting = recorder->written.folder = recorder->rootfs = WH_NO_FD;
	recorder->start = wh_clock(CLOCK_MONOTONIC);
	recorder->told = UINT64_MAX; /* so that the first look writes what there is: a recording */
	recorder->epoch = wh_recorder_epoch();
	r = open_all(recorder, &why);
	if (r < 0) {
		store_failure(recorder, &why);
		wh_recorder_close(recorder);
		return wh_fail(err, -r, "%s", why.text);
	}
	*ret = recorder;
	return 0;
}

/* ---- the life of it ---------------------------------------------------------------------------
 */

/* Whoever gave up waiting may be in the container already, or be another process by now. */
static void join(struct wh_recorder *recorder, int connection, int pid)
{
	const struct wh_transport *transport = recorder->transport;

	if (transport->join == NULL)
		return;
	if (!wh_control_is_waiting(connection))
		(void)wh_fail(&recorder->trouble, ETIMEDOUT,
			"an exec is not recorded: the recorder was too busy");
	else if (transport->join(recorder->trace, pid, &recorder->trouble) < 0)
		wh_err_prefix(&recorder->trouble, "an exec is not recorded");
}

/* True when it is to end. */
static bool take_control(struct wh_recorder *recorder)
{
	enum wh_control word = WH_CONTROLS;
	int pid = 0;
	int fd = wh_control_take(recorder->control, &word, &pid);

	if (fd < 0)
		return false;
	if (word == WH_CONTROL_STOP) {
		recorder->waiting = fd;
		return true;
	}
	join(recorder, fd, pid);
	wh_control_done(fd);
	return false;
}

/* Waits for something to happen; true when it is to end. */
static bool wait(struct wh_recorder *recorder, int patience)
{
	struct pollfd fds[] = {
		{ .fd = recorder->process, .events = POLLIN },
		{ .fd = recorder->signals, .events = POLLIN },
		{ .fd = recorder->control, .events = POLLIN },
		{ .fd = recorder->transport->fd(recorder->trace), .events = POLLIN },
		{ .fd = wh_devices_fd(recorder->devices), .events = POLLIN },
	};

	if (poll(fds, WH_COUNT(fds), patience) <= 0)
		return false;
	if ((fds[0].revents | fds[1].revents) != 0)
		return true;
	return (fds[2].revents & POLLIN) != 0 && take_control(recorder);
}

/* What the reading fails with is in the result; the container has to be waited for all the same. */
static void drain(struct wh_recorder *recorder, bool last)
{
	if (recorder->trouble.number != ENOMEM)
		(void)!recorder->transport->drain(
			recorder->trace, take_event, recorder, last, &recorder->trouble);
}

/*
 * Whoever waits, in the queue too, learns it before the events are taken down, which takes the
 * kernel a while. By then the next container of this bundle can have a recorder, and nothing of the
 * root file system is held, which the engine unmounts next.
 */
static void let_go(struct wh_recorder *recorder)
{
	if (recorder->control >= 0)
		wh_control_remove(recorder->recorded->bundle);
	wh_written_close(&recorder->written);
	wh_close_fd(&recorder->rootfs);
	wh_devices_close(wh_steal_ptr(recorder->devices));
	if (recorder->waiting >= 0)
		wh_control_done(wh_steal_fd(recorder->waiting));
	wh_close_fd(&recorder->control);
}

void wh_recorder_late(struct wh_recorder *recorder)
{
	(void)wh_fail(&recorder->trouble, ETIMEDOUT,
		"its beginning is missing: the recorder was ready too late");
}

int wh_recorder_run(struct wh_recorder *recorder, struct wh_err *err)
{
	bool last = false;
	int patience = BUSY_MS, r;

	wh_privilege_shed(recorder->devices == NULL ? WH_PRIVILEGE_OPENING : WH_PRIVILEGE_WATCHING);
	while (!last) {
		uint64_t before = recorder->now;

		last = wait(recorder, patience);
		drain(recorder, last);
		if (wh_devices_look(recorder->devices))
			recorder->changes++;
		if (recorder->looks_for_udp &&
			wh_ports_look(recorder->recorded->pid, &recorder->udp))
			recorder->changes++;
		wh_recorder_put(recorder);
		wh_recorder_spare(recorder);
		patience = recorder->now != before ? BUSY_MS : IDLE_MS;
	}
	r = wh_recorder_finish(recorder, err);
	let_go(recorder);
	return r;
}

void wh_recorder_close(struct wh_recorder *recorder)
{
	if (recorder == NULL)
		return;
	let_go(recorder);
	if (recorder->transport != NULL)
		recorder->transport->close(recorder->trace);
	wh_gather_free(recorder->gathering);
	wh_symbols_free(recorder->symbols);
	wh_close_fd(&recorder->folder);
	wh_close_fd(&recorder->process);
	wh_close_fd(&recorder->signals);
	wh_close_fd(&recorder->kallsyms);
	wh_close_fd(&recorder->waiting);
	wh_arena_done(&recorder->arena);
	free(recorder);
}
