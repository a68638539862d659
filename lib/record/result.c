/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/fd.h"
#include "host/file.h"
#include "host/process.h"
#include "record/recorder-inside.h"
#include "record/store.h"

#define PUT_NS 250000000        /* between two writings of the result, at least… */
#define PUT_SHARE 9             /* …and so many times as long as the last one took */
#define SYMBOLS_MAX (64u << 20) /* bytes of /proc/kallsyms */
#define SPARE_EVENTS 50000      /* between two looks at what need not be told */
#define SPARE_CHECKS 20000      /* of a capability that is certainly needed */

/*
 * The names of the kernel's functions take the kernel longer to tell than all else of a recording
 * that is short, so they are asked for once there is a check to be judged by them.
 */
static const struct wh_symbols *symbols_of(struct wh_recorder *recorder)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int fd WH_FD = WH_NO_FD;

	if (recorder->kallsyms < 0 || !wh_gather_has_checks(recorder->gathering))
		return recorder->symbols;
	fd = wh_steal_fd(recorder->kallsyms);
	if (wh_read_all(fd, SYMBOLS_MAX, &text, NULL) == 0)
		(void)!wh_symbols_parse_take(&recorder->symbols, &text);
	return recorder->symbols;
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
		.milliseconds = (wh_clock(CLOCK_MONOTONIC) - recorder->start) / 1000000,
		.recordings = 1,
		.granted = recorded->granted,
		.uid = recorded->uid,
		.programs = recorder->programs,
		.program_count = recorder->program_count,
		.written_unknown = "the recording goes on",
	};
}

/* Of these there were more than were told. */
static int mark_spared(
	const struct wh_recorder *recorder, struct wh_arena *arena, struct wh_learnt *ret)
{
	struct wh_use_of *uses;

	if (recorder->spared == 0 || ret->use_count == 0)
		return 0;
	uses = wh_arena_array(arena, ret->use_count, sizeof(*uses));
	if (uses == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < ret->use_count; i++) {
		uses[i] = ret->uses[i];
		uses[i].at_least = (recorder->spared & wh_capset_of(uses[i].capability)) != 0;
	}
	ret->uses = uses;
	return 0;
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
	qsort(opened, ret->device_count, sizeof(*opened), wh_by_text);
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
		return WH_LEARNT_NOT_STARTED;
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
	r = recorder->gathering == NULL
		    ? 0
		    : wh_gather_result(recorder->gathering, symbols_of(recorder), recorder->epoch,
			      arena, ret);
	if (r == 0)
		r = mark_spared(recorder, arena, ret);
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
	ret->ended = seconds_at(recorder, wh_clock(CLOCK_MONOTONIC));
	ret->incomplete = why_incomplete(recorder, ret, arena);
	ret->complete = ret->incomplete == NULL;
	return 0;
}

/*
 * Since when files are the container's doing: since its program began. The clock that files are
 * stamped by is behind by a tick, and by more where a virtual machine's CPUs have to wait; but what
 * is older than the recorder is the runtime's doing, which has made the mounts by then.
 */
static uint64_t written_since(const struct wh_recorder *recorder)
{
	return recorder->first < recorder->start + WH_STAMPS_BEHIND
		       ? recorder->start
		       : recorder->first - WH_STAMPS_BEHIND;
}

static void list_written(
	struct wh_recorder *recorder, struct wh_arena *arena, struct wh_learnt *ret)
{
	int64_t epoch = wh_recorder_epoch();
	int r;

	/* A clock that was set back meanwhile has stamped what came later with earlier times. */
	if (epoch > recorder->epoch)
		epoch = recorder->epoch;
	ret->written_unknown = NULL;
	if (recorder->recorded->readonly)
		return;
	r = recorder->written.folder < 0
		    ? -ENOENT
		    : wh_written_list(&recorder->written, (int64_t)written_since(recorder) + epoch,
			      WH_LEARNT_WRITTEN_MAX, arena, &ret->written, &ret->written_count,
			      &ret->written_more);
	if (r < 0) {
		ret->written_count = 0;
		ret->written_unknown = r == -E2BIG ? "too many files"
						   : "its root file system could not be looked at";
	}
}

void wh_recorder_put(struct wh_recorder *recorder)
{
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	uint64_t news = wh_gather_news(recorder->gathering) + recorder->changes;
	uint64_t time = wh_clock(CLOCK_MONOTONIC);
	struct wh_learnt learnt;

	if (news == recorder->told || time - recorder->put < recorder->rest)
		return;
	if (make_result(recorder, false, &arena, &learnt) == 0 &&
		wh_store_put(recorder->folder, recorder->file, &learnt, NULL) == 0)
		recorder->told = news;
	recorder->put = wh_clock(CLOCK_MONOTONIC);
	recorder->rest = (recorder->put - time) * PUT_SHARE;
	if (recorder->rest < PUT_NS)
		recorder->rest = PUT_NS;
}

void wh_recorder_spare(struct wh_recorder *recorder)
{
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	struct wh_learnt learnt;

	if (recorder->events - recorder->looked < SPARE_EVENTS)
		return;
	recorder->looked = recorder->events;
	if (make_result(recorder, false, &arena, &learnt) < 0)
		return;
	for (size_t i = 0; i < learnt.use_count; i++) {
		const struct wh_use_of *use = &learnt.uses[i];

		if (use->use != WH_USE_NEEDED || use->count < SPARE_CHECKS ||
			(recorder->spared & wh_capset_of(use->capability)) != 0)
			continue;
		recorder->transport->enough_of_capability(recorder->trace, use->capability);
		recorder->spared |= wh_capset_of(use->capability);
	}
}

int wh_recorder_finish(struct wh_recorder *recorder, struct wh_err *err)
{
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	struct wh_learnt learnt;

	if (make_result(recorder, true, &arena, &learnt) < 0)
		return wh_fail_errno(err, ENOMEM, "the result of the recording");
	list_written(recorder, &arena, &learnt);
	return wh_store_finish(recorder->folder, recorder->file, &learnt, err);
}
