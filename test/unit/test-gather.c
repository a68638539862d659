/* SPDX-License-Identifier: Apache-2.0 */
/* What is learnt out of events, told from outside: who did what, and what the result says. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>

#include "kernel-stacks.h"

#include "learn/gather.h"

#define BIT(capability) (UINT64_C(1) << (capability))
#define SECOND UINT64_C(1000000000)
#define OWN 0x1000 /* user namespaces */
#define OTHER 0x2000

#define BIND "cap_capable ns_capable inet_bind __x64_sys_bind do_syscall_64"
#define OPEN \
	"cap_capable capable_wrt_inode_uidgid generic_permission __x64_sys_openat do_syscall_64"
#define STAT "cap_capable capable_wrt_inode_uidgid generic_permission __x64_sys_statx do_syscall_64"
#define LENT \
	"cap_capable capable_wrt_inode_uidgid generic_permission inode_permission ovl_permission " \
	"__x64_sys_openat do_syscall_64"
#define EXECVE \
	"cap_capable capable_wrt_inode_uidgid generic_permission __x64_sys_execve do_syscall_64"
#define DROP "cap_capable ns_capable cap_task_prctl __do_sys_prctl do_syscall_64"
#define MOUNT "cap_capable ns_capable path_mount __x64_sys_mount do_syscall_64"
#define SETUID "cap_capable ns_capable_setid __sys_setuid do_syscall_64"
#define SETGID "cap_capable ns_capable_setid __sys_setgid do_syscall_64"

struct scene {
	struct wh_gathering *gathering;
	struct kernel kernel;
	struct wh_arena arena;
	struct wh_learnt learnt;
	uint64_t time;
	char programs[512]; /* that the hook was told, one a line */
	unsigned syscalls;  /* how often the hook was told one */
	int64_t syscall;
};

static void note_program(void *context, int32_t tid, struct wh_slice file)
{
	struct scene *scene = context;
	size_t len = strlen(scene->programs);

	(void)snprintf(scene->programs + len, sizeof(scene->programs) - len, "%d %.*s\n", tid,
		(int)file.len, file.data);
}

static void note_syscall(void *context, int64_t number)
{
	struct scene *scene = context;

	scene->syscalls++;
	scene->syscall = number;
}

static int name_syscall(void *context, int64_t number, struct wh_arena *arena, const char **ret)
{
	(void)context;
	*ret = number == 400 ? NULL : wh_arena_printf(arena, "call%03d", 999 - (int)number);
	return number != 400 && *ret == NULL ? -12 : 0;
}

static const char *const hooks_run[] = { "/hooks/one" };

static void begin(struct scene *scene, wh_capset granted)
{
	const struct wh_gather_hooks hooks = { scene, note_program, note_syscall, name_syscall };

	*scene = (struct scene){ .time = SECOND };
	assert_int_equal(wh_gather_new(&scene->gathering, granted, hooks_run, 1, &hooks), 0);
}

static void end(struct scene *scene)
{
	wh_gather_free(scene->gathering);
	wh_arena_done(&scene->arena);
}

static void tell(struct scene *scene, struct wh_event event)
{
	event.time = scene->time;
	scene->time += SECOND / 1000;
	assert_int_equal(wh_gather_event(scene->gathering, &event), 0);
}

static void check_in(
	struct scene *scene, int32_t tid, unsigned capability, const char *frames, uint64_t target)
{
	uint64_t stack[WH_STACK_MAX];
	unsigned depth = kernel_stack(&scene->kernel, frames, stack);

	tell(scene, (struct wh_event){ .kind = WH_EVENT_CHECK,
			    .tid = tid,
			    .check = { capability, target, stack, depth } });
}

static void check(struct scene *scene, int32_t tid, unsigned capability, const char *frames)
{
	check_in(scene, tid, capability, frames, OWN);
}

/* The name has no zero behind it, as in a ring of the kernel's. */
static void exec(struct scene *scene, int32_t tid, const char *file)
{
	size_t len = strlen(file);
	char *copy = malloc(len + 1);

	assert_non_null(copy);
	memcpy(copy, file, len);
	copy[len] = '!';
	tell(scene, (struct wh_event){ .kind = WH_EVENT_EXEC, .tid = tid, .exec = { copy, len } });
	free(copy);
}

static void forks(struct scene *scene, int32_t tid, int32_t child)
{
	tell(scene, (struct wh_event){ .kind = WH_EVENT_FORK, .tid = tid, .fork = { child } });
}

static void ends(struct scene *scene, int32_t tid)
{
	tell(scene, (struct wh_event){ .kind = WH_EVENT_EXIT, .tid = tid });
}

static void joins(struct scene *scene, int32_t tid)
{
	tell(scene, (struct wh_event){ .kind = WH_EVENT_JOIN, .tid = tid });
}

static void calls(struct scene *scene, int32_t tid, int64_t number, uint64_t first, uint64_t second)
{
	tell(scene, (struct wh_event){ .kind = WH_EVENT_SYSCALL,
			    .tid = tid,
			    .syscall = { number, { first, second, UINT32_MAX } } });
}

static void listens(struct scene *scene, int32_t tid, uint16_t port, uint16_t protocol)
{
	tell(scene,
		(struct wh_event){ .kind = WH_EVENT_PORT, .tid = tid, .port = { port, protocol } });
}

static void look(struct scene *scene)
{
	struct wh_symbols *symbols =
		scene->kernel.count == 0 ? NULL : kernel_symbols(&scene->kernel);

	scene->learnt = (struct wh_learnt){ .use_count = 99 };
	assert_int_equal(wh_gather_result(scene->gathering, symbols, 1000 * (int64_t)SECOND,
				 &scene->arena, &scene->learnt),
		0);
	/* The result stands on its own. */
	wh_symbols_free(symbols);
}

/* "CHOWN*3 DAC_OVERRIDE?1": * is used, ? speculative, and the number of checks. */
static void uses_are(struct scene *scene, const char *wanted)
{
	char text[512] = "";

	look(scene);
	for (size_t i = 0; i < scene->learnt.use_count; i++) {
		const struct wh_use_of *use = &scene->learnt.uses[i];
		size_t len = strlen(text);

		(void)snprintf(text + len, sizeof(text) - len, "%s%s%c%u", i == 0 ? "" : " ",
			wh_capability_get(use->capability)->name + 4,
			use->use == WH_USE_NEEDED ? '*' : '?', (unsigned)use->count);
	}
	assert_string_equal(text, wanted);
}

static const struct wh_use_of *use_of(const struct scene *scene, unsigned capability)
{
	for (size_t i = 0; i < scene->learnt.use_count; i++)
		if (scene->learnt.uses[i].capability == capability)
			return &scene->learnt.uses[i];
	fail_msg("capability %u was not learnt", capability);
	return NULL;
}

/* ---- whose a thread is ---------------------------------------------------------------------- */

/* Each step does something; the check at its end counts for the container or does not. */
static void the_runtime_is_told_from_the_container(void **state)
{
	/* Steps: "J tid" joins, "F tid child", "E tid file", "X tid" ends, "W" two seconds pass;
	 * at the end `tid` asks. */
	static const struct {
		const char *steps;
		int32_t tid;
		bool counts;
	} cases[] = {
		{ "", 1, false },
		{ "E 1 /bin/sh", 1, true },
		{ "E 1 sh", 1, true },
		{ "E 1 /proc/self/exe", 1, false },
		{ "E 1 /proc/self/fd/7", 1, false },
		{ "E 1 /proc/thread-self/fd/7", 1, false },
		{ "E 1 /dev/fd/7", 1, false },
		{ "E 1 /proc/selfish", 1, true },
		{ "E 1 /proc/self/root/bin/sh", 1, true },
		{ "E 1 /proc/self/fd/7/../../root/bin/sh", 1, true },
		{ "E 1 /proc/self/exe/", 1, true },
		{ "E 1 /dev/fd/", 1, true },
		{ "E 1 /proc/self/exe;E 1 /bin/sh", 1, true },
		{ "E 1 /proc/self/exe;F 1 2;F 2 3;E 3 /bin/sh", 3, true },
		{ "E 1 /proc/self/exe;F 1 2;F 2 3;E 3 /bin/sh", 2, false },
		{ "F 1 2;E 1 /bin/sh", 2, false },
		{ "E 1 /bin/sh;F 1 2;F 2 3", 3, true },
		/* What the container runs may execute itself. */
		{ "E 1 /bin/sh;E 1 /proc/self/exe", 1, true },
		{ "E 1 /bin/sh;F 1 2;E 2 /proc/self/exe", 2, true },
		/* A hook, with all that it starts. */
		{ "F 1 2;E 2 /hooks/one", 2, false },
		{ "F 1 2;E 2 /hooks/one;F 2 3;E 3 /sbin/ldconfig", 3, false },
		{ "F 1 2;E 2 /hooks/one;E 1 /bin/sh", 1, true },
		{ "E 1 /bin/sh;F 1 2;E 2 /hooks/one", 2, true },
		{ "E 1 /hooks/oneself", 1, true },
		/* One that joins: runc, crun, either behind a wrapper, one that never executes
		 * itself. */
		{ "J 1", 1, false },
		{ "J 1;E 1 /usr/bin/runc", 1, false },
		{ "J 1;E 1 /usr/bin/runc;F 1 2;E 2 /proc/self/exe;E 2 /dev/fd/7;F 2 3;F 3 4", 4,
			false },
		{ "J 1;E 1 /usr/bin/runc;F 1 2;E 2 /proc/self/exe;F 2 3;F 3 4;E 4 /bin/sh", 4,
			true },
		{ "J 1;E 1 /usr/bin/runc;F 1 2;E 2 /proc/self/exe;F 2 3;F 3 4;E 4 /bin/sh", 1,
			false },
		{ "J 1;E 1 /usr/bin/crun;E 1 /dev/fd/3;F 1 2", 2, false },
		{ "J 1;E 1 /usr/bin/crun;E 1 /dev/fd/3;F 1 2;E 2 /bin/sh", 2, true },
		{ "J 1;E 1 /bin/sh;E 1 /usr/bin/runc;F 1 2;E 2 /proc/self/exe", 2, false },
		{ "J 1;E 1 /usr/bin/youki;F 1 2;F 2 3;E 3 /bin/sh", 3, true },
		{ "J 1;F 1 2;E 2 /bin/sh", 2, false },
		/* A number that somebody else has by now. */
		{ "E 1 /bin/sh;J 1", 1, false },
		{ "E 1 /bin/sh;X 1;W", 1, false },
		{ "E 1 /bin/sh;X 1;F 9 1", 1, false },
		{ "E 9 /bin/sh;X 1;F 9 1", 1, true },
		/* The kernel asks while a thread ends, and lets another take its number on. */
		{ "E 1 /bin/sh;X 1", 1, true },
		{ "E 1 /bin/sh;X 1;E 1 /proc/self/exe;W", 1, true },
		{ "E 1 /bin/sh;X 1;X 1;X 7", 1, true },
		{ "E 1 /bin/sh;X 1;F 1 2;W", 2, true },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		struct scene scene;
		const char *at = cases[i].steps;

		begin(&scene, BIT(CAP_CHOWN));
		while (*at != '\0') {
			char kind = *at, step[128];
			int tid = 0, child = 0, named = 0;

			(void)snprintf(step, sizeof(step), "%.*s", (int)strcspn(at, ";"), at);
			at += strlen(step) + (at[strlen(step)] == ';');
			(void)sscanf(step, "%*c %d %n%d", &tid, &named, &child);
			if (kind == 'J')
				joins(&scene, tid);
			else if (kind == 'F')
				forks(&scene, tid, child);
			else if (kind == 'X')
				ends(&scene, tid);
			else if (kind == 'W')
				scene.time += 2 * SECOND;
			else
				exec(&scene, tid, step + named);
		}
		check(&scene, cases[i].tid, CAP_CHOWN, OPEN);
		look(&scene);
		if (scene.learnt.use_count != cases[i].counts ||
			scene.learnt.runtime == cases[i].counts)
			fail_msg("%s: %d is the %s", cases[i].steps, cases[i].tid,
				cases[i].counts ? "runtime's" : "container's");
		end(&scene);
	}
}

static void the_check_that_finds_the_program_counts(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene, WH_CAPSET_ALL);
	check(&scene, 1, CAP_DAC_OVERRIDE, EXECVE); /* of the runtime, when it executes itself */
	exec(&scene, 1, "/proc/self/exe");
	check(&scene, 2, CAP_DAC_OVERRIDE, EXECVE); /* of another */
	check(&scene, 1, CAP_SYS_ADMIN, MOUNT);
	uses_are(&scene, "");
	check(&scene, 1, CAP_DAC_READ_SEARCH, EXECVE);
	check(&scene, 1, CAP_CHOWN, OPEN);
	exec(&scene, 1, "/root/program");
	uses_are(&scene, "DAC_READ_SEARCH*1");
	assert_string_equal(scene.learnt.uses[0].program, "/root/program");
	assert_string_equal(scene.learnt.uses[0].syscall, "execve");
	exec(&scene, 1, "/bin/other");
	uses_are(&scene, "DAC_READ_SEARCH*1");
	assert_int_equal(scene.learnt.runtime, 4);
	end(&scene);
}

/* Names of the kernel's functions are asked for only when something is to be judged by them. */
static void what_needs_names_is_told(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene, WH_CAPSET_ALL);
	check(&scene, 1, CAP_SYS_ADMIN, MOUNT);
	check(&scene, 1, CAP_SETPCAP, MOUNT);
	assert_false(wh_gather_has_checks(scene.gathering));
	exec(&scene, 1, "/bin/true");
	check(&scene, 2, CAP_CHOWN, OPEN);
	assert_true(wh_gather_has_checks(scene.gathering)); /* MOUNT came just before */
	end(&scene);

	begin(&scene, WH_CAPSET_ALL);
	check(&scene, 1, CAP_SETPCAP, MOUNT);
	exec(&scene, 1, "/bin/true");
	assert_false(wh_gather_has_checks(scene.gathering));
	check(&scene, 1, CAP_CHOWN, OPEN);
	assert_true(wh_gather_has_checks(scene.gathering));
	end(&scene);
}

/* ---- what counts ---------------------------------------------------------------------------- */

static void the_strongest_is_learnt(void **state)
{
	struct scene scene;
	const struct wh_use_of *use;
	uint64_t news;

	(void)state;
	begin(&scene, WH_CAPSET_ALL);
	exec(&scene, 1, "/bin/first");
	check(&scene, 1, CAP_DAC_OVERRIDE, STAT);
	uses_are(&scene, "DAC_OVERRIDE?1");
	assert_non_null(scene.learnt.uses[0].why);
	news = wh_gather_news(scene.gathering);
	check(&scene, 1, CAP_DAC_OVERRIDE, STAT);
	check(&scene, 1, CAP_DAC_OVERRIDE, LENT);
	uses_are(&scene, "DAC_OVERRIDE?2");
	assert_int_equal(scene.learnt.foreign, 1);
	exec(&scene, 1, "/bin/second");
	scene.time = 7 * SECOND;
	check(&scene, 1, CAP_DAC_OVERRIDE, OPEN);
	assert_true(wh_gather_news(scene.gathering) > news);
	exec(&scene, 1, "/bin/third");
	check(&scene, 1, CAP_DAC_OVERRIDE, OPEN);
	check(&scene, 1, CAP_CHOWN, "cap_capable do_it");
	uses_are(&scene, "CHOWN*1 DAC_OVERRIDE*2");
	use = use_of(&scene, CAP_DAC_OVERRIDE);
	assert_null(use->why);
	assert_false(use->by_file);
	assert_int_equal(use->first, 1007);
	assert_string_equal(use->program, "/bin/second");
	assert_string_equal(use->syscall, "openat");
	assert_string_equal(use->function, "generic_permission");
	assert_null(use->detail);
	use = use_of(&scene, CAP_CHOWN);
	assert_null(use->syscall);
	assert_string_equal(use->function, "do_it");
	assert_int_equal(scene.learnt.events, 9);
	end(&scene);
}

static void others_credentials_do_not_count(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene, BIT(CAP_CHOWN));
	check(&scene, 1, CAP_SYS_ADMIN, MOUNT);
	exec(&scene, 1, "/bin/sh");
	check(&scene, 1, CAP_SYS_ADMIN, MOUNT);
	check(&scene, 1, 64, MOUNT);
	check(&scene, 1, UINT32_MAX, MOUNT);
	uses_are(&scene, "");
	assert_int_equal(scene.learnt.foreign, 1);
	assert_int_equal(scene.learnt.runtime, 1);
	end(&scene);
}

static void another_user_namespace_does_not_count(void **state)
{
	struct scene scene;

	(void)state;
	/* Which is its own is known by what the runtime gave up. */
	begin(&scene, WH_CAPSET_ALL);
	check_in(&scene, 1, CAP_SYS_ADMIN, MOUNT, OTHER);
	check(&scene, 1, CAP_SETPCAP, DROP);
	exec(&scene, 1, "/bin/sh");
	check_in(&scene, 1, CAP_SETPCAP, DROP, OTHER);
	check_in(&scene, 1, CAP_SYS_ADMIN, MOUNT, OTHER);
	check(&scene, 1, CAP_CHOWN, OPEN);
	uses_are(&scene, "CHOWN*1");
	assert_int_equal(scene.learnt.other_users, 2);
	check(&scene, 1, CAP_SYS_ADMIN, MOUNT);
	uses_are(&scene, "CHOWN*1 SYS_ADMIN*1");
	end(&scene);

	/* Also where the container may not do the same. */
	begin(&scene, BIT(CAP_SYS_ADMIN));
	check(&scene, 1, CAP_SETPCAP, DROP);
	check(&scene, 1, CAP_SETUID, EXECVE);
	exec(&scene, 1, "/bin/sh");
	check_in(&scene, 1, CAP_SYS_ADMIN, MOUNT, OTHER);
	check(&scene, 1, CAP_SETPCAP, DROP);
	uses_are(&scene, "");
	assert_int_equal(scene.learnt.other_users, 1);
	assert_int_equal(scene.learnt.foreign, 1);
	assert_int_equal(scene.learnt.runtime, 2);
	end(&scene);

	/* When it is not known, all are. */
	begin(&scene, WH_CAPSET_ALL);
	check_in(&scene, 1, CAP_SYS_ADMIN, MOUNT, OTHER);
	exec(&scene, 1, "/bin/sh");
	check_in(&scene, 1, CAP_SYS_ADMIN, MOUNT, OTHER);
	check(&scene, 1, CAP_SYS_ADMIN, MOUNT);
	uses_are(&scene, "SYS_ADMIN*2");
	assert_int_equal(scene.learnt.other_users, 0);
	end(&scene);

	/* Many others do not take the place of its own. */
	begin(&scene, WH_CAPSET_ALL);
	check(&scene, 1, CAP_SETUID, SETUID);
	exec(&scene, 1, "/bin/sh");
	for (uint64_t i = 0; i < 100; i++)
		check_in(&scene, 1, CAP_SYS_ADMIN, MOUNT, OTHER + i);
	check(&scene, 1, CAP_CHOWN, OPEN);
	uses_are(&scene, "CHOWN*1");
	assert_int_equal(scene.learnt.other_users, 100);
	end(&scene);
}

static void losses_are_told(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene, WH_CAPSET_ALL);
	exec(&scene, 1, "/bin/sh");
	tell(&scene, (struct wh_event){ .kind = WH_EVENT_LOST, .lost = { 40 } });
	tell(&scene, (struct wh_event){ .kind = WH_EVENT_LOST, .lost = { 2 } });
	check(&scene, 2, CAP_CHOWN, OPEN);
	check(&scene, 1, CAP_FOWNER, OPEN);
	uses_are(&scene, "FOWNER*1");
	assert_int_equal(scene.learnt.lost, 42);
	assert_int_equal(scene.learnt.runtime, 1);
	end(&scene);
}

/* ---- what goes with it ---------------------------------------------------------------------- */

static void ports_and_users_are_learnt(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene, WH_CAPSET_ALL);
	calls(&scene, 1, SYS_setuid, 5, 0);
	listens(&scene, 1, 22, 6);
	exec(&scene, 1, "/bin/web");
	check(&scene, 1, CAP_NET_BIND_SERVICE, BIND);
	listens(&scene, 1, 80, 6);
	listens(&scene, 1, 80, 6);
	listens(&scene, 1, 443, 6);
	listens(&scene, 1, 443, 17);
	listens(&scene, 1, 8080, 6);
	listens(&scene, 1, 0, 6);
	calls(&scene, 1, SYS_setgid, 44, 0);
	check(&scene, 1, CAP_SETGID, SETGID);
	calls(&scene, 1, SYS_setreuid, UINT32_MAX, 33);
	calls(&scene, 1, SYS_setuid, 33, 77);
	check(&scene, 1, CAP_SETUID, SETUID);
	calls(&scene, 1, SYS_setuid, 34, 0);
	check(&scene, 1, CAP_SETUID, SETUID);
	uses_are(&scene, "SETGID*1 SETUID*2 NET_BIND_SERVICE*1");
	assert_string_equal(use_of(&scene, CAP_SETUID)->detail, "33");
	assert_string_equal(use_of(&scene, CAP_SETGID)->detail, "44");
	assert_string_equal(use_of(&scene, CAP_NET_BIND_SERVICE)->detail, "80, 443");
	assert_int_equal(scene.learnt.port_count, 3);
	assert_int_equal(scene.learnt.ports[0].port, 80);
	assert_string_equal(scene.learnt.ports[0].protocol, "tcp");
	assert_string_equal(scene.learnt.ports[0].program, "/bin/web");
	assert_int_equal(scene.learnt.ports[2].port, 443);
	assert_string_equal(scene.learnt.ports[2].protocol, "udp");
	assert_int_equal(scene.learnt.user_count, 2);
	assert_int_equal(scene.learnt.users[0].uid, 33);
	assert_string_equal(scene.learnt.users[0].program, "/bin/web");
	assert_int_equal(scene.learnt.users[1].uid, 34);
	end(&scene);
}

static void system_calls_are_learnt_once(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene, WH_CAPSET_ALL);
	calls(&scene, 1, 9, 0, 0);
	exec(&scene, 1, "/bin/sh");
	for (int i = 0; i < 3; i++) {
		calls(&scene, 1, 300, 0, 0);
		calls(&scene, 1, 8, 0, 0);
		calls(&scene, 1, 400, 0, 0); /* has no name */
		calls(&scene, 1, SYS_setuid, 0, 0);
		calls(&scene, 1, -1, 0, 0);
		calls(&scene, 1, 1024, 0, 0);
		calls(&scene, 1, INT64_MAX, 0, 0);
	}
	look(&scene);
	/* Never setuid: its arguments are wanted each time. */
	assert_int_equal(scene.syscalls, 3);
	assert_int_equal(scene.syscall, 400);
	assert_int_equal(scene.learnt.syscall_count, 3);
	assert_string_equal(scene.learnt.syscalls[0], "call699");
	assert_string_equal(scene.learnt.syscalls[2], "call991");
	end(&scene);
}

static void user_namespaces_are_told(void **state)
{
	static const struct {
		int64_t number;
		uint64_t flags;
		bool told;
	} cases[] = {
		{ SYS_unshare, CLONE_NEWNS, false },
		{ SYS_unshare, CLONE_NEWNS | CLONE_NEWUSER, true },
		{ SYS_clone, SIGCHLD, false },
		{ SYS_clone, CLONE_NEWUSER | SIGCHLD, true },
		{ SYS_setns, CLONE_NEWUSER, false },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		struct scene scene;

		begin(&scene, WH_CAPSET_ALL);
		/* The runtime's own does not count, nor does who has called before without one. */
		calls(&scene, 1, SYS_unshare, CLONE_NEWUSER, 0);
		exec(&scene, 1, "/bin/sh");
		calls(&scene, 1, cases[i].number, 0, 0);
		calls(&scene, 1, cases[i].number, cases[i].flags, 0);
		look(&scene);
		assert_int_equal(scene.learnt.user_namespaces, cases[i].told);
		assert_int_equal(scene.syscalls, cases[i].number == SYS_setns ? 1 : 0);
		end(&scene);
	}
}

static void programs_are_told_once(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene, WH_CAPSET_ALL);
	exec(&scene, 1, "/proc/self/exe");
	exec(&scene, 1, "/bin/a");
	forks(&scene, 1, 2);
	exec(&scene, 2, "/bin/a");
	exec(&scene, 2, "/bin/ab");
	exec(&scene, 2, "");
	joins(&scene, 3);
	exec(&scene, 3, "/usr/bin/runc");
	assert_string_equal(scene.programs, "1 /bin/a\n2 /bin/ab\n2 \n");
	end(&scene);
}

static void programs_in_scratch_are_told(void **state)
{
	struct scene scene;
	char path[32];

	(void)state;
	begin(&scene, WH_CAPSET_ALL);
	exec(&scene, 1, "/tmp/runtime/../../proc/self/exe");
	exec(&scene, 1, "/bin/sh");
	exec(&scene, 1, "/var/tmp/z");
	exec(&scene, 1, "/tmp/a");
	exec(&scene, 1, "/tmp/a");
	exec(&scene, 1, "/tmp/\x01");
	exec(&scene, 1, "/tmp/\\x01"); /* the same text */
	exec(&scene, 1, "/tmpx/a");
	exec(&scene, 1, "/tmp");
	exec(&scene, 1, "tmp/a");
	exec(&scene, 1, "/tmp/../bin/sh");
	exec(&scene, 1, "/tmp/x/..");
	exec(&scene, 1, "/tmp/..x/b");
	look(&scene);
	assert_int_equal(scene.learnt.scratch_program_count, 4);
	assert_string_equal(scene.learnt.scratch_programs[0], "/tmp/..x/b");
	assert_string_equal(scene.learnt.scratch_programs[1], "/tmp/\\x01");
	assert_string_equal(scene.learnt.scratch_programs[2], "/tmp/a");
	assert_string_equal(scene.learnt.scratch_programs[3], "/var/tmp/z");
	for (int i = 0; i < 40; i++) {
		(void)snprintf(path, sizeof(path), "/run/%d", i);
		exec(&scene, 1, path);
	}
	look(&scene);
	assert_int_equal(scene.learnt.scratch_program_count, WH_LEARNT_SCRATCH_MAX);
	end(&scene);
}

static void names_are_printable(void **state)
{
	struct scene scene;
	char path[5000];

	(void)state;
	begin(&scene, WH_CAPSET_ALL);
	exec(&scene, 1, "/bin/\x1b[31m\n\xff\xc3\xa4");
	check(&scene, 1, CAP_CHOWN, OPEN);
	memset(path, '\x80', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	exec(&scene, 1, path);
	check(&scene, 1, CAP_FOWNER, OPEN);
	uses_are(&scene, "CHOWN*1 FOWNER*1");
	assert_string_equal(scene.learnt.uses[0].program, "/bin/\\x1b[31m\\x0a\\xff\\xc3\\xa4");
	assert_in_range(strlen(scene.learnt.uses[1].program), 4000, 4095);
	assert_memory_equal(scene.learnt.uses[1].program, "\\x80\\x80", 8);
	end(&scene);
}

/* ---- bounds --------------------------------------------------------------------------------- */

static void more_stacks_than_there_is_room_for_are_used(void **state)
{
	struct scene scene;
	uint64_t stack[3];

	(void)state;
	begin(&scene, WH_CAPSET_ALL);
	stack[0] = kernel_address(&scene.kernel, "cap_capable", 11);
	stack[1] = kernel_address(&scene.kernel, "cap_capset", 10);
	exec(&scene, 1, "/bin/sh");
	for (unsigned i = 0; i < 5000; i++) {
		stack[2] = i;
		tell(&scene, (struct wh_event){ .kind = WH_EVENT_CHECK,
				     .tid = 1,
				     .check = { CAP_SETPCAP, OWN, stack, 3 } });
		if (i == 4000)
			uses_are(&scene, "SETPCAP?4001");
	}
	check(&scene, 1, CAP_CHOWN, OPEN);
	uses_are(&scene, "CHOWN*1 SETPCAP*904");
	assert_null(use_of(&scene, CAP_SETPCAP)->function);
	assert_null(use_of(&scene, CAP_SETPCAP)->why);
	assert_string_equal(use_of(&scene, CAP_SETPCAP)->program, "/bin/sh");
	end(&scene);
}

/* Each is known while it lives, however many came and went. */
static void many_threads_come_and_go(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene, WH_CAPSET_ALL);
	exec(&scene, 1, "/bin/sh");
	for (int32_t i = 0; i < 1000; i++)
		ends(&scene, 30000 + i); /* never heard of */
	for (int32_t i = 2; i < 20002; i++) {
		forks(&scene, 1, i);
		if (i % 2 == 0)
			check(&scene, i, CAP_CHOWN, OPEN);
		if (i % 4 != 0)
			ends(&scene, i);
	}
	for (int32_t i = 4; i < 20002; i += 4)
		check(&scene, i, CAP_FOWNER, OPEN);
	uses_are(&scene, "CHOWN*10000 FOWNER*5000");
	assert_int_equal(scene.learnt.runtime, 0);
	end(&scene);
}

/* However many came since. */
static void who_ended_a_moment_ago_is_remembered(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene, WH_CAPSET_ALL);
	exec(&scene, 1, "/bin/sh");
	ends(&scene, 1);
	for (int32_t i = 2; i < 502; i++)
		forks(&scene, 7, i);
	check(&scene, 1, CAP_CHOWN, OPEN);
	uses_are(&scene, "CHOWN*1");
	end(&scene);
}

static void many_programs_are_still_told(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene, WH_CAPSET_ALL);
	for (unsigned i = 0; i < 5000; i++) {
		char path[32];

		(void)snprintf(path, sizeof(path), "/bin/%u", i);
		scene.programs[0] = '\0';
		exec(&scene, 1, path);
		assert_int_equal(atoi(scene.programs + strlen("1 /bin/")), i);
	}
	check(&scene, 1, CAP_CHOWN, OPEN);
	uses_are(&scene, "CHOWN*1");
	assert_null(scene.learnt.uses[0].program);
	end(&scene);
}

static struct wh_event random_event(unsigned *seed, uint64_t *stack, char *file)
{
	static const char *const files[] = { "/proc/self/exe", "/bin/a", "/hooks/one", "", "\xff" };
	struct wh_event event = {
		.kind = (enum wh_event_kind)(rand_r(seed) % (WH_EVENT_LOST + 1)),
		.time = (uint64_t)rand_r(seed) << rand_r(seed) % 8 * 4,
		.tid = rand_r(seed) % 64 - 2,
	};

	switch (event.kind) {
	case WH_EVENT_CHECK:
		event.check.capability = (unsigned)rand_r(seed) % 70;
		event.check.target = (uint64_t)rand_r(seed) % 40;
		event.check.stack = stack + rand_r(seed) % 64;
		event.check.depth = (unsigned)rand_r(seed) % 200;
		break;
	case WH_EVENT_EXEC:
		(void)snprintf(file, 32, "%s%d", files[rand_r(seed) % (int)WH_COUNT(files)],
			rand_r(seed) % 3);
		event.exec.file = file;
		event.exec.len = (size_t)rand_r(seed) % (strlen(file) + 1);
		break;
	case WH_EVENT_FORK:
		event.fork.child = rand_r(seed) % 64 - 2;
		break;
	case WH_EVENT_SYSCALL:
		event.syscall.number =
			rand_r(seed) % 4 == 0 ? SYS_setresuid : rand_r(seed) % 1100 - 20;
		for (size_t i = 0; i < 6; i++)
			event.syscall.args[i] = (uint64_t)rand_r(seed) % 1000 - 1;
		break;
	case WH_EVENT_PORT:
		event.port.number = (uint16_t)rand_r(seed);
		event.port.protocol = (uint16_t)(rand_r(seed) % 300);
		break;
	case WH_EVENT_LOST:
		event.lost.count = (uint64_t)rand_r(seed);
		break;
	case WH_EVENT_EXIT:
	case WH_EVENT_JOIN:
		break;
	}
	return event;
}

/* The stack lies at the end of a block, so that a step beyond is seen. */
static void random_events_do_no_harm(void **state)
{
	unsigned seed = 42;
	uint64_t *stack = malloc(300 * sizeof(*stack));

	(void)state;
	assert_non_null(stack);
	for (unsigned round = 0; round < 20; round++) {
		struct scene scene;
		uint64_t checks = 0, told;

		begin(&scene, round % 2 == 0 ? WH_CAPSET_ALL : UINT64_MAX);
		(void)kernel_stack(&scene.kernel, OPEN " " LENT " " DROP " " EXECVE, stack);
		for (size_t i = 0; i < 300; i++)
			stack[i] = KERNEL_BASE + (uint64_t)(rand_r(&seed) % 20) * KERNEL_STEP;
		for (unsigned i = 0; i < 5000; i++) {
			char file[64];
			struct wh_event event = random_event(&seed, stack, file);

			checks += event.kind == WH_EVENT_CHECK && event.check.capability < 64;
			assert_int_equal(wh_gather_event(scene.gathering, &event), 0);
		}
		look(&scene);
		/* Every check is somewhere, or behind a stronger one of its capability. */
		told = scene.learnt.foreign + scene.learnt.runtime + scene.learnt.other_users;
		assert_true(told <= checks);
		for (size_t i = 0; i < scene.learnt.use_count; i++) {
			assert_true(i == 0 || scene.learnt.uses[i - 1].capability <
						      scene.learnt.uses[i].capability);
			told += scene.learnt.uses[i].count;
		}
		assert_true(told > checks / 2);
		assert_int_equal(scene.learnt.events, 5000);
		assert_true(scene.learnt.port_count <= WH_LEARNT_LIST_MAX);
		assert_true(scene.learnt.user_count <= WH_LEARNT_LIST_MAX);
		end(&scene);
	}
	free(stack);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_runtime_is_told_from_the_container),
		cmocka_unit_test(the_check_that_finds_the_program_counts),
		cmocka_unit_test(what_needs_names_is_told),
		cmocka_unit_test(the_strongest_is_learnt),
		cmocka_unit_test(others_credentials_do_not_count),
		cmocka_unit_test(another_user_namespace_does_not_count),
		cmocka_unit_test(losses_are_told),
		cmocka_unit_test(ports_and_users_are_learnt),
		cmocka_unit_test(user_namespaces_are_told),
		cmocka_unit_test(system_calls_are_learnt_once),
		cmocka_unit_test(programs_are_told_once),
		cmocka_unit_test(programs_in_scratch_are_told),
		cmocka_unit_test(names_are_printable),
		cmocka_unit_test(more_stacks_than_there_is_room_for_are_used),
		cmocka_unit_test(many_threads_come_and_go),
		cmocka_unit_test(who_ended_a_moment_ago_is_remembered),
		cmocka_unit_test(many_programs_are_still_told),
		cmocka_unit_test(random_events_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
