/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a transport tells of processes whose doings are known. Usage: transport NAME [CASE…]; all
 * cases when none is named. Prints TAP; the status is 3 where this kernel lacks it. Needs root and
 * leaves nothing behind, which is one of the cases.
 *
 * What is watched is a child that waits until the transport is open, and does one thing after the
 * other.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fd.h"
#include "learn/symbols.h"
#include "record/bound.h"
#include "record/bpf.h"
#include "record/cgroup.h"
#include "record/tracefs-root.h"
#include "record/transport.h"
#include "record/unseen.h"

#define CHOWN 0u
#define SETUID 7u
#define BIND 10u
#define SYS_CHROOT 18u
#define SYS_ADMIN 21u

#define NOT_HERE 3 /* the status when this kernel has no such transport */
#define BURST 100000
#define PATIENCE 20 /* seconds until what is awaited must have come */

static const struct wh_transport *transport;
static struct wh_symbols *symbols;
static char scratch[] = "/tmp/transport.XXXXXX";
static char file[64];

/* ---- telling ----------------------------------------------------------------------------- */

static bool good; /* as yet, in this case */

static void __attribute__((format(printf, 2, 3))) must(bool condition, const char *format, ...)
{
	va_list args;

	if (condition)
		return;
	good = false;
	va_start(args, format);
	printf("# not so: ");
	vprintf(format, args);
	printf("\n");
	va_end(args);
}

/* Without it no case means anything. */
static void __attribute__((format(printf, 2, 3))) need(bool condition, const char *format, ...)
{
	va_list args;

	if (condition)
		return;
	va_start(args, format);
	printf("Bail out! ");
	vprintf(format, args);
	printf(" (%s)\n", strerror(errno));
	va_end(args);
	exit(1);
}

/* ---- what came --------------------------------------------------------------------------- */

struct seen {
	struct wh_event event;
	uint64_t stack[WH_STACK_MAX];
	char text[128];
};

static struct {
	struct seen *items;
	size_t count, capacity;
	uint64_t checks, lost, syscalls; /* in all, kept or not */
	struct {
		int tid;
		uint64_t time;
	} last[16]; /* of each thread */
	bool disorder;
} seen;

static void forget_all(void)
{
	free(seen.items);
	memset(&seen, 0, sizeof(seen));
}

static void look_at_order(const struct wh_event *event)
{
	size_t i = 0;

	if (event->kind == WH_EVENT_LOST)
		return;
	while (seen.last[i].tid != 0 && seen.last[i].tid != event->tid) {
		i++;
		need(i < WH_COUNT(seen.last), "too many threads");
	}
	seen.disorder = seen.disorder || event->time < seen.last[i].time;
	seen.last[i].tid = event->tid;
	seen.last[i].time = event->time;
}

static int take(void *context, const struct wh_event *event)
{
	struct seen *item;

	(void)context;
	look_at_order(event);
	seen.checks += event->kind == WH_EVENT_CHECK;
	seen.syscalls += event->kind == WH_EVENT_SYSCALL;
	seen.lost += event->kind == WH_EVENT_LOST ? event->lost.count : 0;
	if (seen.count == seen.capacity) {
		if (seen.capacity == 1024 &&
			(event->kind == WH_EVENT_CHECK || event->kind == WH_EVENT_SYSCALL))
			return 0;
		seen.capacity = seen.capacity == 0 ? 1024 : seen.capacity * 2;
		seen.items = reallocarray(seen.items, seen.capacity, sizeof(seen.items[0]));
		need(seen.items != NULL, "no memory");
	}
	item = &seen.items[seen.count++];
	item->event = *event;
	if (event->kind == WH_EVENT_CHECK)
		memcpy(item->stack, event->check.stack, event->check.depth * sizeof(uint64_t));
	if (event->kind == WH_EVENT_EXEC)
		(void)snprintf(item->text, sizeof(item->text), "%.*s", (int)event->exec.len,
			event->exec.file);
	return 0;
}

static const struct seen *find_next(const struct seen *from, enum wh_event_kind kind, int tid)
{
	const struct seen *end = seen.items + seen.count;
	const struct seen *at = from == NULL ? seen.items : from + 1;

	for (; at < end; at++) {
		if (at->event.kind == kind && (tid == 0 || at->event.tid == tid))
			return at;
	}
	return NULL;
}

static const struct seen *find_check(int tid, unsigned capability)
{
	const struct seen *at = NULL;

	while ((at = find_next(at, WH_EVENT_CHECK, tid)) != NULL) {
		if (at->event.check.capability == capability)
			return at;
	}
	return NULL;
}

static const struct seen *find_syscall(int tid, int64_t number)
{
	const struct seen *at = NULL;

	while ((at = find_next(at, WH_EVENT_SYSCALL, tid)) != NULL) {
		if (at->event.syscall.number == number)
			return at;
	}
	return NULL;
}

static bool stack_has(const struct seen *check, const char *function)
{
	for (unsigned i = 0; i < check->event.check.depth; i++) {
		const char *name = wh_symbols_find(symbols, check->stack[i]);

		if (name != NULL && strcmp(name, function) == 0)
			return true;
	}
	return false;
}

static void print_stack(const struct seen *check)
{
	for (unsigned i = 0; i < check->event.check.depth; i++) {
		const char *name = wh_symbols_find(symbols, check->stack[i]);

		printf("#   %s\n", name == NULL ? "?" : name);
	}
}

/* ---- who is watched ---------------------------------------------------------------------- */

typedef void doing(void);

struct child {
	int pid;
	int go;   /* a byte lets it begin */
	int done; /* closed when it has ended, or executed something else */
};

static struct child start(doing *what)
{
	struct child child;
	int go[2], done[2];

	need(pipe2(go, O_CLOEXEC) == 0 && pipe2(done, O_CLOEXEC) == 0, "pipe");
	fflush(stdout);
	child.pid = fork();
	need(child.pid >= 0, "fork");
	if (child.pid == 0) {
		char byte;

		(void)close(go[1]);
		if (read(go[0], &byte, 1) != 1)
			_exit(0);
		what();
		_exit(0);
	}
	(void)close(go[0]);
	(void)close(done[1]);
	child.go = go[1];
	child.done = done[0];
	return child;
}

static void go(const struct child *child)
{
	need(write(child->go, "g", 1) == 1, "starting the child");
}

static bool has_done(const struct child *child)
{
	struct pollfd fd = { .fd = child->done };

	return poll(&fd, 1, 0) == 1;
}

static int end(struct child *child)
{
	int status = -1;

	(void)close(child->go);
	(void)close(child->done);
	need(waitpid(child->pid, &status, 0) == child->pid, "waitpid");
	return status;
}

/* ---- a cgroup of its own, which is what perf looks at ------------------------------------ */

static char cgroup[128];

/* Where cgroups can be made that perf knows; cgroups(7). */
static void make_cgroup(void)
{
	static const char *const places[] = { "/sys/fs/cgroup/perf_event", "/sys/fs/cgroup/unified",
		"/sys/fs/cgroup" };
	char procs[128];

	for (size_t i = 0; i < WH_COUNT(places); i++) {
		(void)snprintf(procs, sizeof(procs), "%s/cgroup.procs", places[i]);
		if (access(procs, F_OK) < 0)
			continue;
		(void)snprintf(
			cgroup, sizeof(cgroup), "%s/whittle-transport-%d", places[i], getpid());
		need(mkdir(cgroup, 0755) == 0, "making %s", cgroup);
		return;
	}
	need(false, "there are no cgroups");
}

static bool is_cgroup_v1(void)
{
	return strncmp(cgroup, "/sys/fs/cgroup/perf_event/", 26) == 0;
}

static void enter_cgroup(int pid)
{
	char path[192];
	FILE *procs;

	(void)snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
	procs = fopen(path, "we");
	need(procs != NULL && fprintf(procs, "%d", pid) > 0 && fclose(procs) == 0,
		"putting %d into %s", pid, cgroup);
}

/* ---- a recording ------------------------------------------------------------------------- */

static struct wh_trace *open_on(int pid, wh_capset granted)
{
	struct wh_target target = { .pid = pid, .granted = granted };
	struct wh_err err = WH_ERR_INIT;
	struct wh_trace *trace = NULL;
	int r;

	enter_cgroup(pid);
	target.cgroup = wh_cgroup_open(pid, &err);
	need(target.cgroup >= 0, "%s", err.text);
	r = transport->open(&trace, &target, &err);
	(void)close(target.cgroup);

	if (r == -ENOTSUP) {
		printf("1..0 # SKIP %s: %s\n", transport->name, err.text);
		/* It has to be gone before its cgroup can be. */
		need(kill(pid, SIGKILL) == 0 && waitpid(pid, NULL, 0) == pid, "ending %d", pid);
		exit(NOT_HERE);
	}
	errno = -r;
	need(r == 0, "%s cannot be opened: %s", transport->name, err.text);
	return trace;
}

static void drain(struct wh_trace *trace, bool last)
{
	struct wh_err err = WH_ERR_INIT;
	int r = transport->drain(trace, take, NULL, last, &err);

	must(r == 0, "draining: %s", err.text);
}

/* Drains, as a recorder does, until the condition is true. */
#define drain_until(trace, condition) \
	do { \
		time_t limit_ = time(NULL) + PATIENCE; \
		while (!(condition) && time(NULL) < limit_) { \
			struct pollfd fd_ = { .fd = transport->fd(trace), .events = POLLIN }; \
			(void)poll(&fd_, 1, 50); \
			drain(trace, false); \
		} \
		must((condition), "in %d seconds: %s", PATIENCE, #condition); \
	} while (0)

static wh_capset caps(unsigned a, unsigned b, unsigned c)
{
	return wh_capset_of(a) | wh_capset_of(b) | wh_capset_of(c);
}

/* ---- what children do -------------------------------------------------------------------- */

static void *nothing(void *argument)
{
	return argument;
}

static void everything(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(80) };
	int fd, pid;
	pthread_t thread;

	if (chown(file, 12, 34) < 0)
		_exit(1);
	if (unshare(CLONE_NEWNET | CLONE_NEWUTS) < 0)
		_exit(2);
	if (sethostname("x", 1) < 0)
		_exit(3);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 1) < 0)
		_exit(4);
	if (pthread_create(&thread, NULL, nothing, NULL) != 0 || pthread_join(thread, NULL) != 0)
		_exit(5);
	pid = fork();
	if (pid == 0)
		_exit(chown(file, 56, 78) < 0);
	if (pid < 0 || waitpid(pid, NULL, 0) != pid)
		_exit(6);
	if (setuid(1000) < 0)
		_exit(7);
	(void)execl("/bin/true", "true", (char *)NULL);
	_exit(8);
}

/* Bound, and listening where that can be; of both versions of IP. */
static bool has_port(int family, int type, uint16_t port)
{
	struct sockaddr_in6 address = { .sin6_family = (sa_family_t)family };
	socklen_t len = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(address);
	int fd = socket(family, type | SOCK_CLOEXEC, 0);

	/* Both families have the port at the same place. */
	address.sin6_port = htons(port);
	return bind(fd, (struct sockaddr *)&address, len) == 0 &&
	       (type == SOCK_DGRAM || listen(fd, 1) == 0);
}

static void serve(void)
{
	if (unshare(CLONE_NEWNET) < 0)
		_exit(1);
	if (!has_port(AF_INET, SOCK_STREAM, 80) || !has_port(AF_INET6, SOCK_STREAM, 443) ||
		!has_port(AF_INET, SOCK_DGRAM, 53) || !has_port(AF_INET6, SOCK_DGRAM, 123))
		_exit(2);
	if (has_port(AF_INET, SOCK_STREAM, 80) || !has_port(AF_INET, SOCK_DGRAM, 1024) ||
		!has_port(AF_INET, SOCK_DGRAM, 0))
		_exit(3);
	_exit(0);
}

static void serve_else(void)
{
	_exit(unshare(CLONE_NEWNET) < 0 || !has_port(AF_INET, SOCK_STREAM, 25) ||
		!has_port(AF_INET, SOCK_DGRAM, 69));
}

/* Half of a burst, one check each, on a CPU of its own when there are two. */
static void half_burst(unsigned which)
{
	cpu_set_t all, one;
	unsigned count = 0;

	CPU_ZERO(&one);
	if (sched_getaffinity(0, sizeof(all), &all) < 0)
		_exit(1);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (CPU_ISSET(cpu, &all) && count++ == which)
			CPU_SET(cpu, &one);
	}
	if (count > which && sched_setaffinity(0, sizeof(one), &one) < 0)
		_exit(2);
	for (int i = 0; i < BURST / 2; i++) {
		if (chroot("/") < 0)
			_exit(3);
	}
}

static void burst(void)
{
	int status, pid = fork();

	half_burst(pid == 0);
	if (pid == 0)
		_exit(0);
	if (waitpid(pid, &status, 0) != pid || status != 0)
		_exit(4);
}

static void change_owner(void)
{
	if (chown(file, 1, 1) < 0)
		_exit(1);
	(void)getppid();
}

/* A yes, a no, a yes to what the recording does not ask for, and a yes again. */
static void be_refused(void)
{
	if (chroot("/") < 0 || setresuid(1000, 1000, 0) < 0)
		_exit(1);
	if (chown(file, 1, 1) == 0)
		_exit(2);
	if (setresuid(0, 0, 0) < 0 || unshare(CLONE_NEWUTS) < 0 || chroot("/") < 0)
		_exit(3);
}

static void change_owner_and_root(void)
{
	change_owner();
	if (chroot("/") < 0)
		_exit(2);
}

/* ---- cases ------------------------------------------------------------------------------- */

static void check_has(int tid, unsigned capability, const char *function, const char *syscall)
{
	const struct seen *check = find_check(tid, capability);

	must(check != NULL, "a check of capability %u by %d", capability, tid);
	if (check == NULL)
		return;
	must(check->event.check.target != 0, "capability %u: the user namespace", capability);
	must(stack_has(check, "cap_capable"), "capability %u: cap_capable", capability);
	must(stack_has(check, function), "capability %u: %s", capability, function);
	must(stack_has(check, syscall), "capability %u: %s", capability, syscall);
	if (!good)
		print_stack(check);
}

static void check_forks(int pid)
{
	const struct seen *fork = NULL;
	int count = 0, child = 0;

	while ((fork = find_next(fork, WH_EVENT_FORK, pid)) != NULL) {
		count++;
		child = fork->event.fork.child;
	}
	must(count == 2, "a thread and a process were made, not %d", count);
	must(find_check(child, CHOWN) != NULL, "the child's own check");
	must(find_next(NULL, WH_EVENT_EXIT, child) != NULL, "the child's end");
}

static void check_syscalls(int pid)
{
	const struct seen *chown = find_syscall(pid, SYS_chown),
			  *setuid = find_syscall(pid, SYS_setuid);

	must(chown != NULL && chown->event.syscall.args[1] == 12 &&
			chown->event.syscall.args[2] == 34,
		"chown and its arguments");
	must(setuid != NULL && setuid->event.syscall.args[0] == 1000, "setuid and its argument");
	must(find_syscall(pid, SYS_bind) && find_syscall(pid, SYS_execve), "bind and execve");
}

static void case_events(void)
{
	struct child child = start(everything);
	struct wh_trace *trace = open_on(child.pid, caps(CHOWN, SETUID, BIND));
	const struct seen *one;
	int status;

	go(&child);
	status = end(&child);
	must(status == 0, "the child did all, but for step %d", WEXITSTATUS(status));
	drain_until(trace, find_next(NULL, WH_EVENT_EXIT, child.pid) != NULL);
	drain(trace, true);
	check_has(child.pid, CHOWN, "chown_common", "__x64_sys_chown");
	check_has(child.pid, SETUID, "__sys_setuid", "do_syscall_64");
	check_has(child.pid, BIND, "__inet_bind", "__x64_sys_bind");
	must(find_check(0, SYS_ADMIN) == NULL, "no check of what is not granted");
	check_forks(child.pid);
	one = find_next(NULL, WH_EVENT_EXEC, child.pid);
	must(one != NULL && strcmp(one->text, "/bin/true") == 0, "/bin/true was executed");
	one = find_next(NULL, WH_EVENT_PORT, child.pid);
	must(one != NULL && one->event.port.number == 80 && one->event.port.protocol == IPPROTO_TCP,
		"port 80 listens");
	check_syscalls(child.pid);
	must(!seen.disorder, "each thread's events are in the order of time");
	must(seen.lost == 0, "nothing was lost, not %llu", (unsigned long long)seen.lost);
	transport->close(trace);
}

static unsigned count_ports(int tid, uint16_t number, uint16_t protocol)
{
	const struct seen *at = NULL;
	unsigned count = 0;

	while ((at = find_next(at, WH_EVENT_PORT, tid)) != NULL)
		count += at->event.port.number == number && at->event.port.protocol == protocol;
	return count;
}

static bool has_programs = true; /* bpf(2) is not forbidden */

/* Ports are told of UDP as well where the cgroup has programs for that: perf, cgroups version 2. */
static void case_ports(void)
{
	struct child child = start(serve), other = start(serve_else);
	struct wh_trace *trace = open_on(child.pid, caps(CHOWN, SETUID, BIND));
	bool udp = transport->tells_of_udp != NULL && transport->tells_of_udp(trace);
	int status;

	must(udp == (strcmp(transport->name, "perf") == 0 && has_programs && !is_cgroup_v1()),
		"ports of UDP are told where they can be");
	go(&other);
	must(end(&other) == 0, "the other one has its ports");
	go(&child);
	status = end(&child);
	must(status == 0, "the child did all, but for step %d", WEXITSTATUS(status));
	drain_until(trace, find_next(NULL, WH_EVENT_EXIT, child.pid) != NULL);
	drain(trace, true);
	must(count_ports(child.pid, 80, IPPROTO_TCP) == 1, "port 80, once");
	must(count_ports(child.pid, 443, IPPROTO_TCP) == 1, "port 443 of IPv6");
	must(count_ports(child.pid, 53, IPPROTO_UDP) == udp, "port 53 of UDP");
	must(count_ports(child.pid, 123, IPPROTO_UDP) == udp, "port 123 of UDP and IPv6");
	must(find_next(NULL, WH_EVENT_PORT, other.pid) == NULL, "nothing of the other one");
	for (const struct seen *at = NULL; (at = find_next(at, WH_EVENT_PORT, child.pid)) != NULL;)
		must(!udp || at->event.port.number < 1024, "not port %u", at->event.port.number);
	must(seen.lost == 0, "nothing was lost");
	transport->close(trace);
}

/* Programs of ours that the kernel has. */
struct programs {
	int unseen, bound; /* unseen.h, bound.h */
};

static struct programs count_programs(void)
{
	union bpf_attr next = { 0 };
	struct programs count = { 0, 0 };

	while (syscall(SYS_bpf, BPF_PROG_GET_NEXT_ID, &next, sizeof(next)) == 0) {
		struct bpf_prog_info info = { 0 };
		union bpf_attr attr = { .prog_id = next.next_id };
		int fd WH_FD = (int)syscall(SYS_bpf, BPF_PROG_GET_FD_BY_ID, &attr, sizeof(attr));

		attr = (union bpf_attr){ .info = { .bpf_fd = (uint32_t)fd,
						 .info_len = sizeof(info),
						 .info = (uint64_t)(uintptr_t)&info } };
		if (fd >= 0)
			(void)syscall(SYS_bpf, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr));
		count.unseen += strcmp(info.name, WH_UNSEEN_NAME) == 0;
		count.bound += strcmp(info.name, WH_BOUND_NAME) == 0;
		next.start_id = next.next_id;
	}
	return count;
}

/* The kernel lets go of one a little later. */
static bool are_programs(struct programs wanted)
{
	time_t limit = time(NULL) + PATIENCE;
	struct programs count = count_programs();

	while ((count.unseen != wanted.unseen || count.bound != wanted.bound) &&
		time(NULL) < limit) {
		(void)usleep(1000);
		count = count_programs();
	}
	return count.unseen == wanted.unseen && count.bound == wanted.bound;
}

/* How many there are when those of former cases are gone: others may be recording. */
static struct programs settled_programs(void)
{
	struct programs count = count_programs();

	for (int i = 0; i < 1000 && count.unseen + count.bound > 0; i++) {
		(void)usleep(1000);
		count = count_programs();
	}
	return count;
}

/* How many there are with one recording, or several, more. */
static struct programs programs_with(struct programs before, int more)
{
	struct programs after = before;
	struct utsname machine;

	if (strcmp(transport->name, "perf") != 0 || is_cgroup_v1())
		return before;
	after.bound += 2 * more;
	if (uname(&machine) == 0 && strcmp(machine.machine, "x86_64") == 0)
		after.unseen =
			before.unseen + more < WH_UNSEEN_MAX ? before.unseen + more : WH_UNSEEN_MAX;
	return after;
}

/* There is room at the root for others; whoever does not get in tells what can be told without. */
static void case_many(void)
{
	enum { MANY = WH_BOUND_MAX + 2 };
	struct child child = start(serve);
	struct wh_trace *traces[MANY];
	struct programs before = settled_programs(), after;
	bool v1 = is_cgroup_v1();

	for (size_t i = 0; i < MANY; i++)
		traces[i] = open_on(child.pid, caps(CHOWN, SETUID, BIND));
	after = count_programs();
	must(after.bound - before.bound <= 2 * WH_BOUND_MAX, "not %d programs", after.bound);
	go(&child);
	must(end(&child) == 0, "the child did all");
	for (size_t i = 0; i < MANY; i += MANY - 1) {
		bool udp = transport->tells_of_udp != NULL && transport->tells_of_udp(traces[i]);

		must(udp == (i == 0 && !v1 && strcmp(transport->name, "perf") == 0),
			"who has programs");
		drain_until(traces[i], find_next(NULL, WH_EVENT_EXIT, child.pid) != NULL);
		drain(traces[i], true);
		must(count_ports(child.pid, 80, IPPROTO_TCP) == 1, "port 80 (%zu)", i);
		must(count_ports(child.pid, 53, IPPROTO_UDP) == udp, "port 53 (%zu)", i);
		forget_all();
	}
	for (size_t i = 0; i < MANY; i++)
		transport->close(traces[i]);
	must(are_programs(before), "no program is left");
}

/* Somebody's program that says no to every bind comes to the cgroup, or goes. */
static void forbid_binds(int command, uint32_t flags)
{
	static int program = -1;
	struct wh_bpf_code code = { .count = 0 };
	union bpf_attr attr = { .attach_type = BPF_CGROUP_INET4_POST_BIND, .attach_flags = flags };
	int at WH_FD = open(cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	wh_bpf_leave(&code, 0);
	if (program < 0)
		program = wh_bpf_load_program(
			&code, BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET4_POST_BIND, "no_binds");
	attr.target_fd = (uint32_t)at;
	attr.attach_bpf_fd = (uint32_t)program;
	need(at >= 0 && program >= 0 && wh_bpf(command, &attr) == 0, "a program of others");
}

static void have_port(void)
{
	_exit(!has_port(AF_INET, SOCK_STREAM, 80));
}

/*
 * What somebody has put at a cgroup to say no goes on saying so while a container below is
 * recorded, whether it was there before or comes later, and what it refused is not told.
 */
static void case_strangers(void)
{
	static const uint32_t flags[] = { BPF_F_ALLOW_OVERRIDE, BPF_F_ALLOW_MULTI, 0 };
	const size_t len = strlen(cgroup);

	for (size_t i = 0; i < 2 * WH_COUNT(flags) && !is_cgroup_v1(); i++) {
		struct child child = start(have_port);
		bool before = i % 2 == 0;
		struct wh_trace *trace;

		if (before)
			forbid_binds(BPF_PROG_ATTACH, flags[i / 2]);
		(void)snprintf(cgroup + len, sizeof(cgroup) - len, "/below");
		need(mkdir(cgroup, 0755) == 0, "making %s", cgroup);
		trace = open_on(child.pid, caps(CHOWN, SETUID, BIND));
		cgroup[len] = '\0';
		if (!before)
			forbid_binds(BPF_PROG_ATTACH, flags[i / 2]);
		go(&child);
		must(end(&child) == 1 << 8, "bind is refused (%zu)", i);
		drain_until(trace, find_next(NULL, WH_EVENT_EXIT, child.pid) != NULL);
		drain(trace, true);
		must(find_next(NULL, WH_EVENT_PORT, child.pid) == NULL, "no port is told (%zu)", i);
		transport->close(trace);
		forbid_binds(BPF_PROG_DETACH, 0);
		(void)snprintf(cgroup + len, sizeof(cgroup) - len, "/below");
		need(rmdir(cgroup) == 0, "removing %s", cgroup);
		cgroup[len] = '\0';
		forget_all();
	}
}

static void case_others(void)
{
	struct child child = start(change_owner), other = start(change_owner);
	struct wh_trace *trace = open_on(child.pid, caps(CHOWN, SETUID, BIND));

	go(&other);
	while (!has_done(&other))
		continue;
	go(&child);
	(void)end(&child);
	drain_until(trace, find_next(NULL, WH_EVENT_EXIT, child.pid) != NULL);
	(void)end(&other);
	drain(trace, true);
	must(find_check(child.pid, CHOWN) != NULL, "the target's check");
	for (size_t i = 0; i < seen.count; i++)
		must(seen.items[i].event.tid == child.pid, "nothing of %d",
			seen.items[i].event.tid);
	transport->close(trace);
}

static void case_join(void)
{
	struct child child = start(change_owner), guest = start(change_owner);
	struct wh_trace *trace;
	const struct seen *join, *check;
	struct wh_err err = WH_ERR_INIT;
	int r = 0;

	trace = open_on(child.pid, caps(CHOWN, SETUID, BIND));
	if (transport->join != NULL)
		r = transport->join(trace, guest.pid, &err);
	else
		enter_cgroup(guest.pid);
	must(r == 0, "joining: %s", err.text);
	go(&guest);
	(void)end(&guest);
	drain_until(trace, find_next(NULL, WH_EVENT_EXIT, guest.pid) != NULL);
	drain(trace, true);
	check = find_check(guest.pid, CHOWN);
	must(check != NULL, "its check");
	join = find_next(NULL, WH_EVENT_JOIN, guest.pid);
	must(transport->join == NULL || (join != NULL && join == seen.items),
		"it joins before it does anything");
	(void)end(&child);
	transport->close(trace);
}

/* A container may make cgroups in its own, as systemd does. */
static void case_below(void)
{
	struct child child = start(change_owner);
	struct wh_trace *trace = open_on(child.pid, caps(CHOWN, SETUID, BIND));
	const size_t len = strlen(cgroup);

	(void)snprintf(cgroup + len, sizeof(cgroup) - len, "/below");
	need(mkdir(cgroup, 0755) == 0, "making %s", cgroup);
	enter_cgroup(child.pid);
	go(&child);
	(void)end(&child);
	need(rmdir(cgroup) == 0, "removing %s", cgroup);
	cgroup[len] = '\0';
	drain_until(trace, find_next(NULL, WH_EVENT_EXIT, child.pid) != NULL);
	drain(trace, true);
	must(find_check(child.pid, CHOWN) != NULL, "its check");
	must(find_syscall(child.pid, SYS_chown) != NULL, "its system call");
	transport->close(trace);
}

static void case_refused(void)
{
	struct child child = start(be_refused);
	struct wh_trace *trace = open_on(child.pid, caps(CHOWN, SYS_CHROOT, BIND));
	int status;

	go(&child);
	status = end(&child);
	must(status == 0, "the child did all, but for step %d", WEXITSTATUS(status));
	drain_until(trace, find_next(NULL, WH_EVENT_EXIT, child.pid) != NULL);
	drain(trace, true);
	must(find_check(child.pid, CHOWN) == NULL, "what was refused is not told");
	must(find_next(NULL, WH_EVENT_CHECK, 0) == find_check(child.pid, SYS_CHROOT) &&
			find_check(child.pid, SYS_CHROOT) != NULL && seen.checks == 2,
		"both that were not are");
	transport->close(trace);
}

static void case_enough(void)
{
	struct child child = start(change_owner_and_root);
	struct wh_trace *trace = open_on(child.pid, caps(CHOWN, SYS_CHROOT, BIND));

	transport->enough_of_capability(trace, CHOWN);
	for (int64_t number = 0; number < 700; number++) {
		if (number != SYS_chroot)
			transport->enough_of_syscall(trace, number);
	}
	drain(trace, false);
	go(&child);
	(void)end(&child);
	drain_until(trace, find_next(NULL, WH_EVENT_EXIT, child.pid) != NULL);
	drain(trace, true);
	must(find_check(child.pid, CHOWN) == NULL, "there was enough of chown");
	check_has(child.pid, SYS_CHROOT, "__x64_sys_chroot", "__x64_sys_chroot");
	must(!find_syscall(child.pid, SYS_chown) && !find_syscall(child.pid, SYS_getppid),
		"there was enough of these system calls");
	must(find_syscall(child.pid, SYS_chroot), "but not of this one");
	transport->close(trace);
}

static void case_burst(void)
{
	struct child child = start(burst);
	struct wh_trace *trace = open_on(child.pid, caps(SYS_CHROOT, SETUID, BIND));

	go(&child);
	drain_until(trace, has_done(&child));
	(void)end(&child);
	drain(trace, true);
	printf("# %llu checks and %llu system calls told, %llu events lost\n",
		(unsigned long long)seen.checks, (unsigned long long)seen.syscalls,
		(unsigned long long)seen.lost);
	must(seen.checks == BURST || (seen.checks < BURST && seen.lost > 0),
		"all are told, or that some are lost");
	must(seen.checks + seen.syscalls + seen.lost >= 2 * BURST, "no more are lost than is told");
	must(!seen.disorder, "each thread's events are in the order of time");
	transport->close(trace);
}

/* Nobody reads, so it cannot all be kept. */
static void case_lost(void)
{
	struct child child = start(burst);
	struct wh_trace *trace = open_on(child.pid, caps(SYS_CHROOT, SETUID, BIND));
	time_t limit = time(NULL) + 6 * PATIENCE;

	go(&child);
	while (!has_done(&child) && time(NULL) < limit)
		(void)usleep(1000);
	must(has_done(&child), "the child has done");
	(void)end(&child);
	drain(trace, true);
	printf("# %llu checks and %llu system calls told, %llu events lost\n",
		(unsigned long long)seen.checks, (unsigned long long)seen.syscalls,
		(unsigned long long)seen.lost);
	must(seen.checks < BURST && seen.lost > 0, "that some are lost is told");
	must(seen.checks + seen.syscalls + seen.lost >= 2 * BURST, "no more are lost than is told");
	transport->close(trace);
}

/* The first have a program, the others get along without, and all tell the same. */
static void case_crowd(void)
{
	enum { CROWD = WH_UNSEEN_MAX + 2 };
	struct child child = start(everything);
	struct wh_trace *traces[CROWD];
	struct programs before = settled_programs();
	int status;

	for (size_t i = 0; i < CROWD; i++)
		traces[i] = open_on(child.pid, caps(CHOWN, SETUID, BIND));
	must(are_programs(programs_with(before, CROWD)), "as many programs as there may be");
	go(&child);
	status = end(&child);
	must(status == 0, "the child did all, but for step %d", WEXITSTATUS(status));
	for (size_t i = 0; i < CROWD; i++) {
		forget_all();
		drain_until(traces[i], find_next(NULL, WH_EVENT_EXIT, child.pid) != NULL);
		drain(traces[i], true);
		check_syscalls(child.pid);
		must(seen.lost == 0, "nothing was lost");
	}
	for (size_t i = 0; i < CROWD; i++)
		transport->close(traces[i]);
	must(are_programs(before), "no program is left");
}

/* Instances and probes of ours that are there. */
static int count_left(void)
{
	int tracefs WH_FD = wh_tracefs_open(NULL);
	int fd = openat(tracefs, "instances", O_RDONLY | O_DIRECTORY | O_CLOEXEC), count = 0;
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	DIR *names = fdopendir(fd);
	const struct dirent *entry;

	need(names != NULL, "looking through the instances");
	while ((entry = readdir(names)) != NULL)
		count += strncmp(entry->d_name, "whittle", 7) == 0;
	(void)closedir(names);
	if (wh_tracefs_read(tracefs, "kprobe_events", &text) == 0 && text.data != NULL) {
		for (const char *at = text.data; (at = strstr(at, ":whittle_")) != NULL; at++)
			count++;
	}
	return count;
}

static void case_leaves_nothing(void)
{
	struct child child = start(change_owner);
	struct programs programs = settled_programs();
	int before = count_left();
	struct wh_trace *trace = open_on(child.pid, caps(CHOWN, SETUID, BIND));

	must(are_programs(programs_with(programs, 1)), "its programs, where they can be had");
	go(&child);
	(void)end(&child);
	transport->close(trace);
	must(count_left() == before, "as many are left as there were before");
	must(are_programs(programs), "no program is left");
	transport->close(NULL);
}

/* What a killed one leaves, the next one takes away. What a living one has, it does not. */
static void case_killed(void)
{
	struct child child = start(change_owner);
	struct wh_trace *trace = open_on(child.pid, caps(CHOWN, SETUID, BIND)), *living;
	struct programs programs;
	int before, killed, status;

	transport->close(trace);
	before = count_left();
	programs = settled_programs();
	fflush(stdout);
	killed = fork();
	need(killed >= 0, "fork");
	if (killed == 0) {
		(void)open_on(child.pid, caps(CHOWN, SETUID, BIND));
		(void)raise(SIGKILL);
	}
	need(waitpid(killed, &status, 0) == killed && WIFSIGNALED(status), "killing one");
	must(count_left() > before || strcmp(transport->name, "perf") == 0, "it left something");
	living = open_on(child.pid, caps(CHOWN, SETUID, BIND));
	trace = open_on(child.pid, caps(CHOWN, SETUID, BIND));
	transport->close(trace);
	go(&child);
	(void)end(&child);
	drain_until(living, find_check(child.pid, CHOWN) != NULL);
	transport->close(living);
	must(count_left() == before, "nothing is left");
	must(are_programs(programs), "no program is left");
}

/* As a security module, or a seccomp filter for the engine, has it: no command of bpf(2) from this
 * one on is heard any more. */
static void forbid_bpf(uint32_t from)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_bpf, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args)),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, from, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { WH_COUNT(code), code };

	need(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0, "a filter for bpf(2)");
	has_programs = false;
}

/* The programs are there, and cannot be put to use. */
static void case_no_link(void)
{
	forbid_bpf(BPF_LINK_CREATE);
	case_ports();
	forget_all();
	case_events();
}

static void case_no_bpf(void)
{
	forbid_bpf(0);
	case_events();
	forget_all();
	case_ports();
	forget_all();
	case_enough();
}

static const struct {
	const char *name;
	void (*run)(void);
	const char *about;
} cases[] = {
	{ "events", case_events, "all that a process does is told, with stacks, in order" },
	{ "ports", case_ports, "the ports of its sockets are told" },
	{ "many", case_many, "many recorders leave room for others" },
	{ "strangers", case_strangers, "what others forbid stays forbidden" },
	{ "others", case_others, "nothing of any other process is told" },
	{ "join", case_join, "a process that joins is told of, from then on" },
	{ "below", case_below, "a process in a cgroup below is told of" },
	{ "refused", case_refused, "a check that was answered with no is not told" },
	{ "enough", case_enough, "what need not be told again is not" },
	{ "burst", case_burst, "of a burst all is told, or that some of it is lost" },
	{ "lost", case_lost, "what nobody reads in time is told to be lost" },
	{ "leaves-nothing", case_leaves_nothing, "closing takes down what opening made" },
	{ "killed", case_killed, "what a killed recorder left is removed by the next" },
	{ "crowd", case_crowd, "many recorders at once are told the same" },
	/* These go last: they cannot be taken back. */
	{ "no-link", case_no_link, "where a program cannot be attached the same is told" },
	{ "no-bpf", case_no_bpf, "without bpf(2) the same is told" },
};

static bool is_chosen(const char *name, char **chosen)
{
	for (char **at = chosen; *at != NULL; at++) {
		if (strcmp(*at, name) == 0)
			return true;
	}
	return *chosen == NULL;
}

static void read_symbols(void)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int fd = open("/proc/kallsyms", O_RDONLY | O_CLOEXEC);
	ssize_t got = 1;

	while (got > 0) {
		need(wh_buf_reserve(&text, 1u << 20) == 0, "no memory");
		got = read(fd, text.data + text.len, 1u << 20);
		text.len += got > 0 ? (size_t)got : 0;
		text.data[text.len] = '\0';
	}
	need(got == 0 && wh_symbols_parse_take(&symbols, &text) == 0, "/proc/kallsyms");
	(void)close(fd);
}

static void clean_up(void)
{
	(void)unlink(file);
	(void)rmdir(scratch);
	(void)rmdir(cgroup);
	wh_symbols_free(symbols);
}

int main(int argc, char **argv)
{
	bool all_good = true;
	int number = 0;

	for (size_t i = 0; argc > 1 && wh_transport_get(i) != NULL; i++) {
		if (strcmp(wh_transport_get(i)->name, argv[1]) == 0)
			transport = wh_transport_get(i);
	}
	need(transport != NULL, "usage: transport NAME [CASE...]");
	read_symbols();
	need(mkdtemp(scratch) != NULL && chmod(scratch, 0755) == 0, "mkdtemp");
	need(atexit(clean_up) == 0, "atexit");
	make_cgroup();
	(void)snprintf(file, sizeof(file), "%s/file", scratch);
	(void)close(open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		if (!is_chosen(cases[i].name, argv + 2))
			continue;
		good = true;
		cases[i].run();
		printf("%s %d - %s: %s\n", good ? "ok" : "not ok", ++number, transport->name,
			cases[i].about);
		fflush(stdout);
		all_good = all_good && good;
		forget_all();
	}
	printf("1..%d\n", number);
	return all_good && number > 0 ? 0 : 1;
}
