/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every running container, and what the kernel says of each of its processes. Containers are those
 * whose state a runtime keeps, and those that no state tells of but the processes do: whoever lives
 * in a PID namespace of its own and belongs to none that is known.
 *
 * A process may end, change its sets or be followed by another of its number while it is looked at:
 * what cannot be read is left out, and so is what is in another PID namespace than when the list
 * was made. Nothing of a container is opened: a file system of its own could keep the reader
 * waiting. Time is linear in the processes of the host.
 */

#include "audit.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "trim/sensitive.h"

static const char *const shared_names[WH_SHARED_COUNT] = {
	[WH_SHARED_CGROUP] = "cgroup",
	[WH_SHARED_IPC] = "ipc",
	[WH_SHARED_MNT] = "mnt",
	[WH_SHARED_NET] = "net",
	[WH_SHARED_PID] = "pid",
	[WH_SHARED_USER] = "user",
	[WH_SHARED_UTS] = "uts",
};

const char *wh_shared_name(enum wh_shared shared)
{
	return shared_names[shared];
}

/* A place of the host that nobody in a container should have, and where it lies on its file system,
 * by which mountinfo tells a bind mount of it. */
struct precious {
	const char *path;
	uint64_t device;
	const char *place;
};

struct gathering {
	struct wh_audit *audit;
	int cgroups; /* an open /sys/fs/cgroup */
	struct precious precious[WH_SENSITIVE_MAX];
	size_t precious_count;
	bool *claimed; /* by place in status.pids: some container's */
};

/* ---- one process ----------------------------------------------------------------------------- */

static wh_capset all_sets(const struct wh_process *process)
{
	wh_capset held = 0;

	for (size_t i = 0; i < WH_PROCESS_SETS; i++)
		held |= process->sets[i];
	return held;
}

static void take_process(struct wh_audit_row *row, const struct wh_process *process)
{
	wh_capset held = all_sets(process);

	if (row->processes++ == 0) {
		row->uid = process->uid;
		row->kept = held;
		row->no_new_privileges = process->no_new_privileges;
		row->seccomp = process->seccomp;
		row->filters = process->seccomp_filters;
		return;
	}
	if ((held & ~row->kept) != 0 && row->added_pid == 0)
		row->added_pid = process->pid;
	row->added |= held & ~row->kept;
	row->no_new_privileges = row->no_new_privileges && process->no_new_privileges;
	if (process->seccomp < row->seccomp)
		row->seccomp = process->seccomp;
	if (process->seccomp_filters < row->filters)
		row->filters = process->seccomp_filters;
}

static int by_number(const void *a, const void *b)
{
	int left = *(const int *)a, right = *(const int *)b;

	return (left > right) - (left < right);
}

static void claim(struct gathering *gathering, int pid)
{
	const struct wh_status *status = &gathering->audit->status;
	const int *place =
		bsearch(&pid, status->pids, status->pid_count, sizeof(*place), by_number);

	if (place != NULL)
		gathering->claimed[place - status->pids] = true;
}

/* Whether the number still stands for the process that was listed, as far as that can be told. */
static bool is_same(const struct wh_status *status, int pid)
{
	const int *place =
		bsearch(&pid, status->pids, status->pid_count, sizeof(*place), by_number);
	uint64_t space;

	return place == NULL || (wh_process_namespace(status->proc, pid, "pid", &space) == 0 &&
					space == status->spaces[place - status->pids]);
}

static void take_members(
	struct gathering *gathering, struct wh_audit_row *row, const int *members, size_t count)
{
	const struct wh_status *status = &gathering->audit->status;

	for (size_t i = 0; i < count; i++) {
		struct wh_process process;

		claim(gathering, members[i]);
		if (wh_process_read(status->proc, members[i], &process) == 0 &&
			process.state != 'Z' && process.state != 'X' && is_same(status, members[i]))
			take_process(row, &process);
	}
	row->kept |= row->added;
}

/* ---- what stands around it --------------------------------------------------------------------
 */

static void take_namespaces(struct wh_audit *audit, struct wh_audit_row *row)
{
	for (size_t i = 0; i < WH_SHARED_COUNT; i++) {
		uint64_t number;

		if (audit->host[i] == 0 || wh_process_namespace(audit->status.proc, row->pid,
						   shared_names[i], &number) < 0)
			continue;
		row->shared_known |= 1u << i;
		if (number == audit->host[i])
			row->shared |= 1u << i;
	}
}

/* The kernel has one of these for all that share a namespace: it is nothing of the host's. */
static bool is_shared_by_kernel(const struct wh_mount *mount)
{
	static const char *const types[] = { "cgroup", "cgroup2", "devpts", "mqueue", "sysfs" };

	for (size_t i = 0; i < WH_COUNT(types); i++) {
		if (strcmp(mount->type, types[i]) == 0)
			return true;
	}
	return false;
}

static bool has_sensitive(const struct wh_audit_row *row, const char *path)
{
	for (size_t i = 0; i < row->sensitive_count; i++) {
		if (row->sensitive[i] == path)
			return true;
	}
	return false;
}

static void take_sensitive(
	struct gathering *gathering, struct wh_audit_row *row, const struct wh_mount *mount)
{
	for (size_t i = 0; i < gathering->precious_count; i++) {
		const struct precious *precious = &gathering->precious[i];

		if (row->sensitive_count == WH_AUDIT_SENSITIVE ||
			precious->device != mount->device ||
			strcmp(precious->place, mount->root) != 0)
			continue;
		if (!has_sensitive(row, precious->path))
			row->sensitive[row->sensitive_count++] = precious->path;
		return;
	}
}

/* Its mounts are looked at where they are its own: the host's are the host's. */
static int take_mounts(struct gathering *gathering, struct wh_audit_row *row)
{
	struct wh_arena scratch WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	int proc = gathering->audit->status.proc;
	struct wh_mounts mounts;
	const struct wh_mount *top;
	int r = wh_confine_mounts(proc, row->pid, &scratch, &mounts);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	top = wh_mounts_find(&mounts, 0, "/");
	row->root_known = top != NULL;
	row->root_readonly = top != NULL && top->read_only;
	if ((row->shared & (1u << WH_SHARED_MNT)) != 0)
		return 0;
	for (size_t i = 0; i < mounts.count; i++) {
		if (!is_shared_by_kernel(&mounts.items[i]) &&
			strcmp(mounts.items[i].point, "/") != 0)
			take_sensitive(gathering, row, &mounts.items[i]);
	}
	return 0;
}

static int take_surroundings(struct gathering *gathering, struct wh_audit_row *row)
{
	struct wh_audit *audit = gathering->audit;
	struct wh_arena *arena = &audit->status.arena;
	const char *groups = NULL;
	int r;

	take_namespaces(audit, row);
	row->has_root = wh_confine_root_uid(audit->status.proc, row->pid, &row->root) == 0;
	r = wh_confine_label(audit->status.proc, row->pid, arena, &row->label);
	if (r == -ENOMEM)
		return r;
	if (r == 0 && row->label[0] == '\0' && !audit->host_label)
		row->label = NULL;
	r = wh_process_groups(audit->status.proc, row->pid, arena, &groups);
	if (r == 0)
		row->devices = wh_confine_devices(gathering->cgroups, groups);
	return r == -ENOMEM ? r : take_mounts(gathering, row);
}

/* ---- containers that are known ----------------------------------------------------------------
 */

static const char *fact(const struct wh_status_container *container, enum wh_fact which)
{
	return container->who == NULL ? NULL : container->who->subject.facts[which].text;
}

static int take_record(struct wh_audit *audit, struct wh_audit_row *row)
{
	const struct wh_status_record *record;
	int r = wh_status_find_record(&audit->status, row->container, &record);

	if (r == 0 && record != NULL)
		row->removed = record->removed & ~row->kept;
	return r;
}

static int name_row(struct wh_audit *audit, struct wh_audit_row *row)
{
	const struct wh_status_container *container = row->container;
	const char *pod = fact(container, WH_FACT_POD);
	const char *namespace = fact(container, WH_FACT_NAMESPACE);

	row->id = container->id;
	row->engine = fact(container, WH_FACT_ENGINE);
	if (row->engine == NULL)
		row->engine = container->engine;
	row->name = fact(container, WH_FACT_CONTAINER);
	row->image = fact(container, WH_FACT_IMAGE);
	row->place = namespace;
	if (pod != NULL) {
		row->place = wh_arena_printf(
			&audit->status.arena, "%s/%s", namespace == NULL ? "" : namespace, pod);
		if (row->place == NULL)
			return -ENOMEM;
	}
	return 0;
}

static int take_known(struct gathering *gathering)
{
	struct wh_audit *audit = gathering->audit;

	for (const struct wh_status_container *c = audit->status.containers; c != NULL;
		c = c->next) {
		struct wh_audit_row *row = &audit->rows[audit->count];
		int r;

		*row = (struct wh_audit_row){ .container = c, .pid = c->init.pid };
		take_members(gathering, row, c->members, c->member_count);
		if (row->processes == 0)
			continue; /* it has ended meanwhile */
		r = name_row(audit, row);
		if (r == 0)
			r = take_record(audit, row);
		if (r == 0)
			r = take_surroundings(gathering, row);
		if (r == 0)
			r = wh_audit_judge(audit, row);
		if (r < 0)
			return r;
		audit->count++;
	}
	return 0;
}

/* ---- and those that no state tells of ---------------------------------------------------------
 */

/* The last part of the longest path of its control groups: mostly an id. */
static int name_by_group(struct wh_audit *audit, struct wh_audit_row *row)
{
	const char *groups = NULL, *best = NULL;
	size_t best_len = 0;
	int r = wh_process_groups(audit->status.proc, row->pid, &audit->status.arena, &groups);

	if (r == -ENOMEM)
		return r;
	for (const char *line = r < 0 ? "" : groups; *line != '\0';) {
		size_t len = strcspn(line, "\n");
		const char *slash = memrchr(line, '/', len);
		size_t name = slash == NULL ? 0 : len - (size_t)(slash + 1 - line);

		if (name > best_len) {
			best = slash + 1;
			best_len = name;
		}
		line += len + (line[len] == '\n');
	}
	row->id = best == NULL
			  ? wh_arena_printf(&audit->status.arena, "pid-%d", row->pid)
			  : wh_arena_dup(&audit->status.arena, (struct wh_slice){ best, best_len });
	return row->id == NULL ? -ENOMEM : 0;
}

/* All that live in the PID namespace of the process at `place`. */
static int take_stranger(struct gathering *gathering, size_t place)
{
	struct wh_audit *audit = gathering->audit;
	struct wh_status *status = &audit->status;
	struct wh_audit_row *row = &audit->rows[audit->count];
	int r;

	*row = (struct wh_audit_row){ .pid = status->pids[place] };
	for (size_t i = place; i < status->pid_count; i++) {
		if (status->spaces[i] == status->spaces[place] && !gathering->claimed[i])
			take_members(gathering, row, &status->pids[i], 1);
	}
	if (row->processes == 0)
		return 0;
	r = name_by_group(audit, row);
	if (r == 0)
		r = take_surroundings(gathering, row);
	if (r == 0)
		r = wh_audit_judge(audit, row);
	audit->count += r == 0;
	return r;
}

/* Namespaces in which a known container lives are that container's, whoever else is in them. */
static bool is_known_space(const struct wh_status *status, uint64_t space)
{
	for (const struct wh_status_container *c = status->containers; c != NULL; c = c->next) {
		const int *place = bsearch(
			&c->init.pid, status->pids, status->pid_count, sizeof(*place), by_number);

		if (place != NULL && status->spaces[place - status->pids] == space)
			return true;
	}
	return false;
}

static int take_strangers(struct gathering *gathering)
{
	const struct wh_status *status = &gathering->audit->status;
	uint64_t last = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < status->pid_count; i++) {
		uint64_t space = status->spaces[i];

		if (gathering->claimed[i] || space == 0 || space == status->own_pids ||
			space == last)
			continue;
		last = space;
		if (!is_known_space(status, space))
			r = take_stranger(gathering, i);
	}
	return r;
}

/* ---- every process ----------------------------------------------------------------------------
 */

static int by_pid(const void *a, const void *b)
{
	const struct wh_audit_process *left = a, *right = b;

	return (left->process.pid > right->process.pid) - (left->process.pid < right->process.pid);
}

static void place_members(struct wh_audit *audit)
{
	for (size_t i = 0; i < audit->count; i++) {
		const struct wh_status_container *container = audit->rows[i].container;

		for (size_t k = 0; container != NULL && k < container->member_count; k++) {
			struct wh_audit_process key = { .process.pid = container->members[k] };
			struct wh_audit_process *found = bsearch(
				&key, audit->processes, audit->process_count, sizeof(key), by_pid);

			if (found != NULL)
				found->row = &audit->rows[i];
		}
	}
}

static int take_all_processes(struct wh_audit *audit)
{
	struct wh_status *status = &audit->status;

	audit->processes =
		wh_arena_array(&status->arena, status->pid_count + 1, sizeof(*audit->processes));
	if (audit->processes == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < status->pid_count; i++) {
		struct wh_audit_process *entry = &audit->processes[audit->process_count];
		int r;

		if (wh_process_read(status->proc, status->pids[i], &entry->process) < 0 ||
			all_sets(&entry->process) == 0)
			continue;
		r = wh_status_program_name(status, status->pids[i], &entry->name);
		if (r < 0)
			return r;
		audit->process_count++;
	}
	place_members(audit);
	return 0;
}

/* ---- the host ---------------------------------------------------------------------------------
 */

/* The host's namespaces are those of process 1, or, where that cannot be seen, our own. */
static void find_host(struct wh_audit *audit)
{
	for (size_t i = 0; i < WH_SHARED_COUNT; i++) {
		if (wh_process_namespace(audit->status.proc, 1, shared_names[i], &audit->host[i]) <
				0 &&
			wh_process_namespace(
				audit->status.proc, getpid(), shared_names[i], &audit->host[i]) < 0)
			audit->host[i] = 0;
	}
	audit->host_label = access("/sys/fs/selinux/enforce", F_OK) == 0 ||
			    access("/sys/kernel/security/apparmor", F_OK) == 0;
}

static int take_precious(struct gathering *gathering, const struct wh_mounts *mounts,
	const char *path, const char *real)
{
	const struct wh_mount *mount = wh_mounts_find(mounts, 0, real);
	struct precious *precious = &gathering->precious[gathering->precious_count];
	const char *rest = mount == NULL ? NULL : wh_path_behind(real, mount->point);

	if (rest == NULL)
		return 0;
	*precious = (struct precious){ path, mount->device,
		wh_arena_printf(&gathering->audit->status.arena, "%s%s",
			strcmp(mount->root, "/") == 0 && rest[0] != '\0' ? "" : mount->root,
			rest) };
	gathering->precious_count++;
	return precious->place == NULL ? -ENOMEM : 0;
}

/* A pattern is no one place, and what lies below one, or holds it, is judged at the start. */
static int find_precious(struct gathering *gathering)
{
	struct wh_mounts mounts;
	int r = wh_mounts_read(
		"/proc/self/mountinfo", &gathering->audit->status.arena, &mounts, NULL);

	for (size_t i = 0; r == 0 && i < wh_sensitive_count(); i++) {
		const char *path = wh_sensitive_get(i)->path;
		char real[PATH_MAX];

		if (strpbrk(path, "*?[") == NULL && realpath(path, real) != NULL)
			r = take_precious(gathering, &mounts, path, real);
	}
	return r == -ENOMEM ? r : 0;
}

static int by_risk(const void *a, const void *b)
{
	const struct wh_audit_row *left = a, *right = b;
	int order;

	if (left->risk != right->risk)
		return left->risk > right->risk ? -1 : 1;
	order = strcmp(left->engine == NULL ? "" : left->engine,
		right->engine == NULL ? "" : right->engine);
	return order != 0 ? order : strcmp(left->id, right->id);
}

/* The containers that are known, and no more than one for each process in another PID namespace. */
static size_t most_rows(const struct wh_status *status)
{
	size_t count = 1;

	for (const struct wh_status_container *c = status->containers; c != NULL; c = c->next)
		count++;
	for (size_t i = 0; i < status->pid_count; i++)
		count += status->spaces[i] != 0 && status->spaces[i] != status->own_pids;
	return count;
}

static int gather(struct gathering *gathering)
{
	struct wh_audit *audit = gathering->audit;
	struct wh_status *status = &audit->status;
	int r;

	find_host(audit);
	r = find_precious(gathering);
	if (r < 0)
		return r;
	audit->rows = wh_arena_array(&status->arena, most_rows(status), sizeof(*audit->rows));
	gathering->claimed =
		wh_arena_array(&status->arena, status->pid_count + 1, sizeof(*gathering->claimed));
	if (audit->rows == NULL || gathering->claimed == NULL)
		return -ENOMEM;
	r = take_known(gathering);
	if (r == 0)
		r = take_strangers(gathering);
	if (r < 0)
		return r;
	qsort(audit->rows, audit->count, sizeof(*audit->rows), by_risk);
	return audit->all_processes ? take_all_processes(audit) : 0;
}

int wh_audit_gather(struct wh_audit *audit, struct wh_err *err)
{
	struct gathering gathering = { .audit = audit };
	int cgroups WH_FD = open("/sys/fs/cgroup", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r;

	audit->status.details = true;
	gathering.cgroups = cgroups;
	r = wh_status_gather(&audit->status, err);
	if (r < 0)
		return r;
	r = gather(&gathering);
	if (r == 0)
		wh_audit_take_learnt(audit);
	return r < 0 ? wh_fail_errno(err, -r, "looking at the containers of this host") : 0;
}
