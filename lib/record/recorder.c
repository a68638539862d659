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
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "host/file.h"
#include "host/process.h"
#include "learn/gather.h"
#include "learn/symbols.h"
#include "record/cgroup.h"
#include "record/control.h"
#include "record/devices.h"
#include "record/ports.h"
#include "record/privilege.h"
#include "record/program.h"
#include "record/store.h"
#include "record/transport.h"
#include "record/written.h"
#include "seccomp/compile.h"

#define BUSY_MS 100             /* between looks while things happen… */
#define IDLE_MS 1000            /* …and while nothing does */
#define PUT_NS 250000000        /* between two writings of the result, at least… */
#define PUT_SHARE 9             /* …and so many times as long as the last one took */
#define SYMBOLS_MAX (64u << 20) /* bytes of /proc/kallsyms */

struct wh_recorder {
	const struct wh_recorded *recorded;
	struct wh_arena arena; /* of what lives as long as the recorder */
	const struct wh_transport *transport;
	struct wh_trace *trace;
	struct wh_gathering *gathering;
	struct wh_symbols *symbols;
	struct wh_written written;
	struct wh_devices *devices; /* NULL: not watched, yet */
	struct wh_ports udp;
	bool own_network; /* what is bound in its network namespace is its own doing */
	int folder, control, process, signals; /* descriptors */
	int rootfs;                            /* as the engine made it; negative: not known */
	int waiting;                           /* who said stop, to be answered */
	char file[32];                         /* of the result */
	uint64_t start;                        /* CLOCK_MONOTONIC, nanoseconds, as all below */
	int64_t epoch;                         /* what a time has less than the time of day */
	uint64_t now;                          /* when the event at hand happened */
	uint64_t first;                        /* when the container's program began; 0: not yet */
	uint64_t told, put, rest; /* news of the last writing, its end, how long until the next */
	uint64_t changes;         /* news of what the gathering does not know */
	struct wh_learnt_program *programs; /* WH_LEARNT_LIST_MAX */
	size_t program_count;
	bool narrow; /* a 32-bit program was run */
	struct wh_err trouble;
};

static uint64_t now(clockid_t clock)
{
	struct timespec t = { .tv_sec = 0 };

	(void)clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* What the clock that events are stamped by has less than the time of day. */
static int64_t difference(void)
{
	return (int64_t)(now(CLOCK_REALTIME) - now(CLOCK_MONOTONIC));
}

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
	return wh_gather_event(recorder->gathering, event);
}

/* ---- the result -------------------------------------------------------------------------------
 */

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char *kernel_release(struct wh_arena *arena)
{
	struct utsname name;

	return uname(&name) < 0 ? NULL : wh_arena_dup(arena, wh_slice_of(name.release));
}

static int64_t seconds_at(const struct wh_recorder *recorder, uint64_t time)
{
	return ((int64_t)time + recorder->epoch) / 1000000000;
}

static void begin_result(
	const struct wh_recorder *recorder, struct wh_arena *arena, struct wh_learnt *ret)
{
	const struct wh_recorded *recorded = recorder->recorded;

	*ret = (struct wh_learnt){
		.name = recorded->name,
		.image = recorded->image,
		.engine = recorded->engine,
		.id = recorded->id,
		.transport = recorder->transport == NULL ? NULL : recorder->transport->name,
		.kernel = kernel_release(arena),
		.began = seconds_at(recorder, recorder->start),
		.milliseconds = (now(CLOCK_MONOTONIC) - recorder->start) / 1000000,
		.recordings = 1,
		.granted = recorded->granted,
		.uid = recorded->uid,
		.programs = recorder->programs,
		.program_count = recorder->program_count,
		.written_unknown = "the recording goes on",
	};
}

static int list_devices(
	const struct wh_recorder *recorder, struct wh_arena *arena, struct wh_learnt *ret)
{
	const struct wh_recorded *recorded = recorder->recorded;
	const char **opened = wh_arena_array(arena, recorded->device_count + 1, sizeof(*opened));

	if (opened == NULL)
		return -ENOMEM;
	if (recorder->devices == NULL && recorded->device_count > 0)
		ret->devices_unknown = "its /dev could not be watched";
	else if (wh_devices_lost(recorder->devices))
		ret->devices_unknown = "too many files of its /dev were opened at a time";
	else if (wh_devices_blind(recorder->devices))
		ret->devices_unknown = "some of its devices are not files of its own /dev";
	for (size_t i = 0; i < recorded->device_count; i++) {
		if (ret->device_count < WH_LEARNT_LIST_MAX &&
			wh_devices_opened(recorder->devices, i))
			opened[ret->device_count++] = recorded->devices[i];
	}
	qsort(opened, ret->device_count, sizeof(*opened), by_text);
	ret->devices = opened;
	return 0;
}

/* Those of UDP behind those that the gathering knows. */
static int list_ports(
	const struct wh_recorder *recorder, struct wh_arena *arena, struct wh_learnt *ret)
{
	struct wh_learnt_port *ports = wh_arena_array(arena, WH_LEARNT_LIST_MAX, sizeof(*ports));
	size_t count = ret->port_count;

	if (ports == NULL)
		return -ENOMEM;
	if (count > 0)
		memcpy(ports, ret->ports, count * sizeof(*ports));
	for (unsigned port = 0; port < WH_PORTS_MAX && count < WH_LEARNT_LIST_MAX; port++) {
		if (wh_ports_has(&recorder->udp, port))
			ports[count++] = (struct wh_learnt_port){ .port = port, .protocol = "udp" };
	}
	ret->ports = ports;
	ret->port_count = count;
	return 0;
}

/* Who writes it, while it goes on. */
static void sign(struct wh_learnt *learnt)
{
	int proc WH_FD = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct wh_process process;

	if (proc >= 0 && wh_process_read(proc, getpid(), &process) == 0) {
		learnt->recorder = getpid();
		learnt->recorder_start = process.start;
	}
}

static const char *why_incomplete(
	const struct wh_recorder *recorder, const struct wh_learnt *learnt, struct wh_arena *arena)
{
	if (recorder->trouble.number != 0)
		return wh_arena_dup(arena, wh_slice_of(recorder->trouble.text));
	/* It failed to start, and that says nothing of what it uses. */
	if (recorder->first == 0)
		return "no program of the container's was started";
	if (learnt->lost > 0)
		return wh_arena_printf(arena,
			"%llu events were lost: the kernel had no room for them",
			(unsigned long long)learnt->lost);
	return NULL;
}

static int make_result(
	struct wh_recorder *recorder, bool ended, struct wh_arena *arena, struct wh_learnt *ret)
{
	int r;

	begin_result(recorder, arena, ret);
	r = recorder->gathering == NULL ? 0
					: wh_gather_result(recorder->gathering, recorder->symbols,
						  recorder->epoch, arena, ret);
	if (r == 0)
		r = wh_learnt_add_files(ret, arena);
	if (r == 0)
		r = list_devices(recorder, arena, ret);
	if (r == 0)
		r = list_ports(recorder, arena, ret);
	if (r < 0)
		return r;
	if (recorder->narrow)
		ret->syscalls_unknown = "a 32-bit program was run, whose system calls have other "
					"numbers";
	if (!ended) {
		sign(ret);
		return 0;
	}
	ret->ended = seconds_at(recorder, now(CLOCK_MONOTONIC));
	ret->incomplete = why_incomplete(recorder, ret, arena);
	ret->complete = ret->incomplete == NULL;
	return 0;
}

static void list_written(
	struct wh_recorder *recorder, struct wh_arena *arena, struct wh_learnt *ret)
{
	uint64_t since = recorder->first == 0 ? recorder->start : recorder->first;
	int64_t epoch = difference();
	int r;

	/* A clock that was set back meanwhile has stamped what came later with earlier times. */
	if (epoch > recorder->epoch)
		epoch = recorder->epoch;
	ret->written_unknown = NULL;
	if (recorder->recorded->readonly)
		return;
	r = recorder->written.folder < 0
		    ? -ENOENT
		    : wh_written_list(&recorder->written, (int64_t)since + epoch,
			      WH_LEARNT_WRITTEN_MAX, arena, &ret->written, &ret->written_count,
			      &ret->written_more);
	if (r < 0) {
		ret->written_count = 0;
		ret->written_unknown = r == -E2BIG ? "too many files"
						   : "its root file system could not be looked at";
	}
}

/* Writes what is known by now; what cannot be written is tried again at the next news. However long
 * that takes, most of the time is left for reading. */
static void put(struct wh_recorder *recorder)
{
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	uint64_t news = wh_gather_news(recorder->gathering) + recorder->changes;
	uint64_t time = now(CLOCK_MONOTONIC);
	struct wh_learnt learnt;

	if (news == recorder->told || time - recorder->put < recorder->rest)
		return;
	if (make_result(recorder, false, &arena, &learnt) == 0 &&
		wh_store_put(recorder->folder, recorder->file, &learnt, NULL) == 0)
		recorder->told = news;
	recorder->put = now(CLOCK_MONOTONIC);
	recorder->rest = (recorder->put - time) * PUT_SHARE;
	if (recorder->rest < PUT_NS)
		recorder->rest = PUT_NS;
}

static int finish(struct wh_recorder *recorder, struct wh_err *err)
{
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	struct wh_learnt learnt;

	if (make_result(recorder, true, &arena, &learnt) < 0)
		return wh_fail_errno(err, ENOMEM, "the result of the recording");
	list_written(recorder, &arena, &learnt);
	return wh_store_finish(recorder->folder, recorder->file, &learnt, err);
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
		(unsigned long long)(now(CLOCK_REALTIME) / 1000000) % 10000000000000u, getpid());
	return 0;
}

/* The result of what could not be recorded: who asks learns why. */
static void store_failure(struct wh_recorder *recorder, const struct wh_err *why)
{
	recorder->trouble = *why;
	if (recorder->folder >= 0)
		(void)!finish(recorder, NULL);
}

static bool has_own_network(int pid)
{
	int proc WH_FD = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	uint64_t its = 0, ours = 0;

	return proc >= 0 && wh_process_namespace(proc, pid, "net", &its) == 0 &&
	       wh_process_namespace(proc, getpid(), "net", &ours) == 0 && its != ours;
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
	recorder->own_network = has_own_network(recorded->pid);
	recorder->control = wh_control_listen(recorded->bundle, err);
	return recorder->control < 0 ? recorder->control : open_trace(recorder, err);
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
	recorder->folder = recorder->control = recorder->process = recorder->signals = WH_NO_FD;
	recorder->waiting = recorder->written.folder = recorder->rootfs = WH_NO_FD;
	recorder->start = now(CLOCK_MONOTONIC);
	recorder->told = UINT64_MAX; /* so that the first look writes what there is: a recording */
	recorder->epoch = difference();
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

static void load_symbols(struct wh_recorder *recorder)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int fd WH_FD = open("/proc/kallsyms", O_RDONLY | O_CLOEXEC);

	if (fd >= 0 && wh_read_all(fd, SYMBOLS_MAX, &text, NULL) == 0)
		(void)!wh_symbols_parse_take(&recorder->symbols, &text);
}

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

	load_symbols(recorder);
	wh_privilege_shed(recorder->devices == NULL ? WH_PRIVILEGE_OPENING : WH_PRIVILEGE_WATCHING);
	while (!last) {
		uint64_t before = recorder->now;

		last = wait(recorder, patience);
		drain(recorder, last);
		if (wh_devices_look(recorder->devices))
			recorder->changes++;
		if (recorder->own_network && wh_ports_look(recorder->recorded->pid, &recorder->udp))
			recorder->changes++;
		put(recorder);
		patience = recorder->now != before ? BUSY_MS : IDLE_MS;
	}
	r = finish(recorder, err);
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
	wh_close_fd(&recorder->waiting);
	wh_arena_done(&recorder->arena);
	free(recorder);
}
