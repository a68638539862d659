/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is found out about a source, with mounts made for real: a test runs in a child with a mount
 * namespace of its own, where a tmpfs lies on /mnt. Only root can make one; what needs none is
 * tested for everybody.
 */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "host/source.h"
#include "scratch.h"

#define CHECK(what) \
	do { \
		if (!(what)) { \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #what); \
			_exit(1); \
		} \
	} while (0)

/* ---- by its text ---------------------------------------------------------------------------- */

static void paths(void **state)
{
	(void)state;
	assert_string_equal(wh_path_behind("/a/b", "/a"), "/b");
	assert_string_equal(wh_path_behind("/a", "/a"), "");
	assert_string_equal(wh_path_behind("/a", "/"), "/a");
	assert_string_equal(wh_path_behind("/", "/"), "");
	assert_null(wh_path_behind("/ab", "/a"));
	assert_null(wh_path_behind("/", "/a"));
	assert_null(wh_path_behind("net:[1]", "/"));
}

static const char mountinfo[] =
	"1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
	"2 1 8:1 /etc/kubernetes /srv/k rw shared:1 master:2 - ext4 /dev/sda1 rw\n"
	"3 1 8:1 / /disk rw - ext4 /dev/sda1 rw\n"
	"4 1 8:2 /@home /home rw - btrfs /dev/sdb rw,subvol=/@home\n"
	"5 1 8:2 / /pool rw - btrfs /dev/sdb rw\n"
	"6 1 0:9 / /srv/with\\040blank/proc rw - proc proc rw\n"
	"7 1 0:8 / /layers rw - overlay overlay rw,lowerdir=/srv/a\\134:b:/etc:rel,upperdir=/up\n"
	"8 1 0:3 net:[4026531840] /run/netns/x rw - nsfs nsfs rw\n"
	"9 1 0:7 / /srv/without rw - tmpfs tmpfs\n"      /* as some file systems show no options */
	"10 1 0:6 / /srv/empty ro - tmpfs  rw,size=4k\n" /* mount("", …) */
	"11 1 0:5 / /srv/super rw,noro - tmpfs  rw,ro\n"
	"12 1 0:4 / /srv/rw rw,romantic - tmpfs ro rw,size=ro\n";

static void names_are(const struct wh_mounts *mounts, struct wh_arena *arena, uint64_t id,
	const char *rest, const char *expected)
{
	struct wh_path_list list = { .count = 0 };
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;

	assert_int_equal(
		wh_mounts_name(mounts, wh_mounts_find(mounts, id, "/"), rest, arena, &list), 0);
	wh_buf_add_string(&text, "");
	for (size_t i = 0; i < list.count; i++)
		wh_buf_addf(&text, "%s ", list.items[i]);
	assert_string_equal(text.data, expected);
}

static void holds_are(const struct wh_mounts *mounts, struct wh_arena *arena, const char *path,
	const char *expected)
{
	const struct wh_mount *mount = wh_mounts_find(mounts, 0, path);
	struct wh_path_list list = { .count = 0 };
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;

	assert_int_equal(wh_mounts_hold(mounts, mount, path, wh_path_behind(path, mount->point),
				 arena, &list),
		0);
	wh_buf_add_string(&text, "");
	for (size_t i = 0; i < list.count; i++)
		wh_buf_addf(&text, "%s ", list.items[i]);
	assert_string_equal(text.data, expected);
}

static void mounts_by_their_list(void **state)
{
	struct scratch *scratch = *state;
	struct wh_arena arena = WH_ARENA_INIT;
	struct wh_mounts mounts;
	struct wh_err err = WH_ERR_INIT;

	scratch_file(scratch, "mountinfo", 0644, mountinfo);
	if (wh_mounts_read(scratch_path(scratch, "mountinfo"), &arena, &mounts, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(mounts.count, 12);
	assert_string_equal(mounts.items[9].options, "rw,size=4k");
	assert_true(mounts.items[9].read_only);   /* the mount */
	assert_true(mounts.items[10].read_only);  /* the file system */
	assert_false(mounts.items[11].read_only); /* neither, whatever the words look like */
	assert_false(mounts.items[8].read_only);
	assert_string_equal(mounts.items[5].point, "/srv/with blank/proc");
	assert_string_equal(wh_mounts_find(&mounts, 0, "/home/u")->point, "/home");
	assert_string_equal(wh_mounts_find(&mounts, 0, "/homes")->point, "/");
	assert_null(wh_mounts_find(&mounts, 77, "/"));

	names_are(&mounts, &arena, 2, "", "/etc/kubernetes /srv/k /disk/etc/kubernetes ");
	names_are(&mounts, &arena, 2, "/pki",
		"/etc/kubernetes/pki /srv/k/pki /disk/etc/kubernetes/pki ");
	names_are(&mounts, &arena, 3, "", "/ /disk ");
	names_are(&mounts, &arena, 5, "/@home/u", "/home/u /pool/@home/u ");
	names_are(&mounts, &arena, 6, "", "/srv/with blank/proc /proc ");
	names_are(&mounts, &arena, 6, "/sys", "/srv/with blank/proc/sys /proc/sys ");
	names_are(&mounts, &arena, 7, "/x", "/layers/x /srv/a:b/x /etc/x /up/x ");
	names_are(&mounts, &arena, 8, "", "");

	holds_are(&mounts, &arena, "/srv", "/etc/kubernetes /disk/etc/kubernetes /proc ");
	holds_are(&mounts, &arena, "/pool", "/home ");
	holds_are(&mounts, &arena, "/etc", "/srv/k ");
	holds_are(&mounts, &arena, "/opt", "");
	wh_arena_done(&arena);
}

static void lists_that_are_none(void **state)
{
	static const char *const texts[] = { "x\n", "1 0 8:1 / / rw - ext4\n", "1 0 8:1\n",
		"1 0 8:1 / / rw ext4 /dev/sda1 rw\n" };
	struct scratch *scratch = *state;

	for (size_t i = 0; i < WH_COUNT(texts); i++) {
		struct wh_arena arena = WH_ARENA_INIT;
		struct wh_mounts mounts;
		struct wh_err err = WH_ERR_INIT;

		scratch_file(scratch, "list", 0644, texts[i]);
		assert_int_equal(
			wh_mounts_read(scratch_path(scratch, "list"), &arena, &mounts, &err),
			-EINVAL);
		assert_int_equal(unlinkat(scratch->fd, "list", 0), 0);
		wh_arena_done(&arena);
	}
}

/* ---- looking -------------------------------------------------------------------------------- */

struct seen {
	struct wh_arena arena;
	struct wh_sources sources;
	int bundle;
};

static void begin(struct seen *seen, const char *const known[], size_t count, const char *bundle)
{
	seen->arena = (struct wh_arena)WH_ARENA_INIT;
	CHECK(wh_sources_begin(&seen->sources, known, count, &seen->arena, NULL) == 0);
	seen->bundle = open(bundle, O_PATH | O_DIRECTORY | O_CLOEXEC);
	CHECK(seen->bundle >= 0);
}

static void end(struct seen *seen)
{
	close(seen->bundle);
	wh_arena_done(&seen->arena);
}

static struct wh_source look(struct seen *seen, const char *path)
{
	struct wh_source source;

	CHECK(wh_source_look(
		      &seen->sources, seen->bundle, wh_slice_of(path), &seen->arena, &source) == 0);
	return source;
}

static bool leads_to(struct seen *seen, const char *path, const char *real)
{
	struct wh_source source = look(seen, path);

	if (source.real == NULL || real == NULL ? source.real == real
						: strcmp(source.real, real) == 0)
		return true;
	fprintf(stderr, "%s leads to %s, expected %s\n", path, source.real, real);
	return false;
}

static bool is_among(const char *const *list, size_t count, const char *path)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(list[i], path) == 0)
			return true;
	}
	return false;
}

static bool is_named(struct seen *seen, const char *path, const char *name)
{
	struct wh_source source = look(seen, path);

	return source.real != NULL && is_among(source.names, source.name_count, name);
}

static bool is_holding(struct seen *seen, const char *path, const char *name)
{
	struct wh_source source = look(seen, path);

	return source.real != NULL && is_among(source.holds, source.hold_count, name);
}

/* Runs `test` where mounts are its own. */
static void in_namespace(void (*test)(void))
{
	int status;
	pid_t pid;

	if (geteuid() != 0)
		return;
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		CHECK(unshare(CLONE_NEWNS) == 0);
		CHECK(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
		CHECK(mount("tmpfs", "/mnt", "tmpfs", 0, "mode=755") == 0);
		test();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void bind_to(const char *source, const char *target)
{
	CHECK(mkdir(target, 0755) == 0);
	CHECK(mount(source, target, NULL, MS_BIND | MS_REC, NULL) == 0);
}

static void mounted_elsewhere(void)
{
	struct seen seen;

	bind_to("/", "/mnt/host");
	bind_to("/etc", "/mnt/config");
	CHECK(mkdir("/mnt/tree", 0755) == 0);
	bind_to("/etc/ssl", "/mnt/tree/ssl");
	CHECK(mkdir("/mnt/proc", 0755) == 0);
	CHECK(mount("proc", "/mnt/proc", "proc", 0, NULL) == 0);
	begin(&seen, NULL, 0, "/mnt");
	CHECK(is_named(&seen, "/mnt/host", "/"));
	CHECK(is_named(&seen, "/mnt/host/etc/ssl", "/etc/ssl"));
	CHECK(is_named(&seen, "/mnt/config", "/etc"));
	CHECK(is_named(&seen, "config/ssl", "/etc/ssl"));
	CHECK(is_named(&seen, "/mnt/tree/ssl", "/etc/ssl"));
	CHECK(is_holding(&seen, "/mnt/tree", "/etc/ssl"));
	CHECK(is_holding(&seen, "/mnt", "/etc"));
	CHECK(is_named(&seen, "/mnt/proc/sys", "/proc/sys"));
	end(&seen);
}

/* A volume on a file system that is itself made of the host's folders. */
static void layers(void)
{
	struct seen seen;

	CHECK(mkdir("/mnt/up", 0755) == 0 && mkdir("/mnt/work", 0755) == 0);
	CHECK(mkdir("/mnt/volume", 0755) == 0);
	CHECK(mount("overlay", "/mnt/volume", "overlay", 0,
		      "lowerdir=/etc,upperdir=/mnt/up,workdir=/mnt/work") == 0);
	begin(&seen, NULL, 0, "/mnt");
	CHECK(mkdir("/mnt/plain", 0755) == 0);
	CHECK(look(&seen, "/mnt/plain").name_count == 1);
	CHECK(look(&seen, "/mnt/plain").hold_count == 0);
	CHECK(is_named(&seen, "/mnt/volume", "/etc"));
	CHECK(is_named(&seen, "/mnt/volume/ssl", "/etc/ssl"));
	end(&seen);
}

static int listen_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(address.sun_path, path);
	CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
	return fd;
}

static void sockets(void)
{
	static const char *const known[] = { "/mnt/link/engine.sock", "/mnt/none" };
	struct seen seen;
	int fd;

	CHECK(mkdir("/mnt/run", 0755) == 0 && symlink("run", "/mnt/link") == 0);
	fd = listen_at("/mnt/run/engine.sock");
	CHECK(link("/mnt/run/engine.sock", "/mnt/other.sock") == 0);
	CHECK(mknod("/mnt/bound.sock", S_IFREG | 0600, 0) == 0);
	CHECK(mount("/mnt/run/engine.sock", "/mnt/bound.sock", NULL, MS_BIND, NULL) == 0);
	begin(&seen, known, WH_COUNT(known), "/mnt");
	CHECK(strcmp(seen.sources.reals[0], "/mnt/run/engine.sock") == 0);
	CHECK(strcmp(seen.sources.reals[1], "/mnt/none") == 0);
	CHECK(look(&seen, "/mnt/other.sock").type == WH_SOURCE_SOCKET);
	CHECK(is_named(&seen, "/mnt/other.sock", "/mnt/run/engine.sock"));
	CHECK(is_named(&seen, "/mnt/bound.sock", "/mnt/run/engine.sock"));
	end(&seen);
	close(fd);
}

static void nodes(void)
{
	struct wh_source source;
	struct seen seen;

	CHECK(mknod("/mnt/null", S_IFCHR | 0600, makedev(1, 3)) == 0);
	CHECK(mknod("/mnt/disk", S_IFBLK | 0600, makedev(8, 17)) == 0);
	begin(&seen, NULL, 0, "/mnt");
	source = look(&seen, "null");
	CHECK(source.type == WH_SOURCE_CHAR && source.major == 1 && source.minor == 3);
	source = look(&seen, "disk");
	CHECK(source.type == WH_SOURCE_BLOCK && source.major == 8 && source.minor == 17);
	end(&seen);
}

static void with_mounts(void **state)
{
	(void)state;
	in_namespace(mounted_elsewhere);
	in_namespace(layers);
	in_namespace(sockets);
	in_namespace(nodes);
}

static void links_and_types(void **state)
{
	struct scratch *scratch = *state;
	struct seen seen;
	char real[PATH_MAX];

	scratch_folder(scratch, "bundle", 0755);
	scratch_folder(scratch, "real", 0755);
	scratch_folder(scratch, "real/folder", 0755);
	scratch_file(scratch, "real/file", 0644, "");
	scratch_link(scratch, "link", "real/folder");
	scratch_link(scratch, "dangling", "/nowhere/at/all");
	scratch_link(scratch, "loop", "loop");
	scratch_link(scratch, "bundle/out", "../real");
	assert_int_equal(mkfifoat(scratch->fd, "fifo", 0600), 0);
	begin(&seen, NULL, 0, scratch_path(scratch, "bundle"));
	(void)snprintf(real, sizeof(real), "%s/real/folder", scratch->path);
	assert_true(leads_to(&seen, scratch_path(scratch, "link"), real));
	assert_true(leads_to(&seen, scratch_path(scratch, "link/"), real));
	assert_true(leads_to(&seen, "../link", real));
	assert_true(leads_to(&seen, "out/folder", real));
	assert_true(leads_to(&seen, scratch_path(scratch, "real/./folder//"), real));
	/* ".." behind a link: by the text it is elsewhere */
	assert_true(leads_to(&seen, scratch_path(scratch, "link/../file"), NULL));
	assert_true(leads_to(&seen, "out/../link", NULL));
	assert_true(leads_to(&seen, scratch_path(scratch, "loop"), NULL));
	assert_true(leads_to(&seen, "", NULL));
	assert_int_equal(look(&seen, scratch_path(scratch, "real/file")).type, WH_SOURCE_FILE);
	assert_int_equal(look(&seen, scratch_path(scratch, "link")).type, WH_SOURCE_FOLDER);
	assert_int_equal(look(&seen, scratch_path(scratch, "fifo")).type, WH_SOURCE_FIFO);
	end(&seen);
}

static void what_is_not_there(void **state)
{
	struct scratch *scratch = *state;
	struct seen seen;

	scratch_folder(scratch, "real", 0755);
	scratch_link(scratch, "link", "real");
	begin(&seen, NULL, 0, scratch->path);
	assert_int_equal(look(&seen, "link/a/b").type, WH_SOURCE_MISSING);
	assert_true(leads_to(&seen, "link/a/b", scratch_path(scratch, "real/a/b")));
	assert_true(leads_to(&seen, "none", scratch_path(scratch, "none")));
	assert_true(leads_to(&seen, "/none", "/none"));
	assert_true(leads_to(&seen, "/none/x", "/none/x"));
	end(&seen);
}

/* The runtime is another process a moment later, and so is what these lead to. */
static void magic_links(void **state)
{
	struct seen seen;

	(void)state;
	begin(&seen, NULL, 0, "/");
	assert_true(leads_to(&seen, "/proc/self/root", NULL));
	assert_true(leads_to(&seen, "/proc/self/root/etc", NULL));
	assert_true(leads_to(&seen, "/proc/self/cwd", NULL));
	assert_true(leads_to(&seen, "/proc/self/fd/0", NULL));
	assert_true(leads_to(&seen, "/proc/sys", "/proc/sys"));
	end(&seen);
}

static void text_that_is_no_path(void **state)
{
	struct wh_source source;
	struct seen seen;

	(void)state;
	begin(&seen, NULL, 0, "/");
	assert_int_equal(wh_source_look(&seen.sources, seen.bundle,
				 (struct wh_slice){ "/etc\0/x", 7 }, &seen.arena, &source),
		0);
	assert_null(source.real);
	end(&seen);
}

static void known_paths(void **state)
{
	struct scratch *scratch = *state;
	struct seen seen;
	const char *known[5];

	scratch_folder(scratch, "data", 0755);
	scratch_link(scratch, "lib", "data");
	scratch_folder(scratch, "data/engine", 0755);
	scratch_link(scratch, "data/moved", "engine");
	known[0] = scratch_path(scratch, "lib/engine");
	known[1] = scratch_path(scratch, "lib/*/x");
	known[2] = scratch_path(scratch, "lib/moved");
	known[3] = scratch_path(scratch, "lib/none");
	known[4] = "/";
	begin(&seen, known, WH_COUNT(known), "/");
	assert_string_equal(seen.sources.reals[0], scratch_path(scratch, "data/engine"));
	assert_string_equal(seen.sources.reals[1], scratch_path(scratch, "data/*/x"));
	assert_string_equal(seen.sources.reals[2], scratch_path(scratch, "data/engine"));
	assert_string_equal(seen.sources.reals[3], scratch_path(scratch, "data/none"));
	assert_string_equal(seen.sources.reals[4], "/");
	end(&seen);
}

#define SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths),
		SCRATCH(mounts_by_their_list),
		SCRATCH(lists_that_are_none),
		cmocka_unit_test(with_mounts),
		SCRATCH(links_and_types),
		SCRATCH(what_is_not_there),
		cmocka_unit_test(magic_links),
		cmocka_unit_test(text_that_is_no_path),
		SCRATCH(known_paths),
	};

	return cmocka_run_group_tests_name("source", tests, NULL, NULL);
}
