/* SPDX-License-Identifier: Apache-2.0 */
/* What files confer: the attribute in all its versions, and files in a folder of the test's own,
 * executed, as far as anybody can tell, by the test itself. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <elf.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "record/program.h"

/* ---- the attribute ----------------------------------------------------------------------------
 */

struct value {
	uint32_t magic, words[5];
};

static bool parse(const struct value *value, size_t len, struct wh_program *ret)
{
	uint32_t words[6] = { htole32(value->magic) };
	struct wh_slice slice = { NULL, len };
	char *copy = malloc(len > 0 ? len : 1);
	bool r;

	*ret = (struct wh_program){ .capabilities = 0 };
	for (size_t i = 0; i < 5; i++)
		words[i + 1] = htole32(value->words[i]);
	assert_non_null(copy);
	memcpy(copy, words, len < sizeof(words) ? len : sizeof(words));
	slice.data = copy;
	r = wh_program_parse_capabilities(slice, ret);
	free(copy);
	return r;
}

static void all_versions(void **state)
{
	/* permitted, inheritable, of the lower 32 and the upper; the user who is root in v3 */
	static const struct value v1 = { VFS_CAP_REVISION_1, { 1u << CAP_NET_RAW, 0xffff } };
	static const struct value v2 = { VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE,
		{ 1u << CAP_NET_RAW, 0xffff, 1u << (CAP_BPF - 32), 0xffff } };
	static const struct value v3 = { VFS_CAP_REVISION_3,
		{ 1u << CAP_CHOWN, 0, 1u << (CAP_PERFMON - 32), 0, 100000 } };
	struct wh_program program;

	(void)state;
	assert_true(parse(&v1, XATTR_CAPS_SZ_1, &program));
	assert_int_equal(program.capabilities, 1ull << CAP_NET_RAW);
	assert_false(program.effective);
	assert_true(parse(&v2, XATTR_CAPS_SZ_2, &program));
	assert_int_equal(program.capabilities, 1ull << CAP_NET_RAW | 1ull << CAP_BPF);
	assert_true(program.effective);
	assert_true(parse(&v3, XATTR_CAPS_SZ_3, &program));
	assert_int_equal(program.capabilities, 1ull << CAP_CHOWN | 1ull << CAP_PERFMON);
	assert_false(program.effective);
}

static void only_of_their_sizes(void **state)
{
	static const struct {
		uint32_t revision;
		size_t size; /* 0: the kernel takes none of this revision */
	} rows[] = { { VFS_CAP_REVISION_1, XATTR_CAPS_SZ_1 },
		{ VFS_CAP_REVISION_2, XATTR_CAPS_SZ_2 }, { VFS_CAP_REVISION_3, XATTR_CAPS_SZ_3 },
		{ 0, 0 }, { 0x04000000, 0 }, { 0xff000000, 0 } };

	(void)state;
	for (size_t i = 0; i < WH_COUNT(rows); i++) {
		for (size_t len = 0; len <= 24; len++) {
			const struct value value = { rows[i].revision, { 1, 1, 1, 1, 1 } };
			struct wh_program program;

			assert_int_equal(parse(&value, len, &program),
				rows[i].size != 0 && len == rows[i].size);
			if (len != rows[i].size)
				assert_int_equal(program.capabilities, 0);
		}
	}
}

/* ---- files ------------------------------------------------------------------------------------
 */

static char folder[] = "/tmp/whittle-program-XXXXXX";

static const char *path_of(const char *name)
{
	static char path[4096];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void make_file(const char *name, const void *bytes, size_t len, mode_t mode)
{
	int fd WH_FD = open(path_of(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), len);
	assert_int_equal(fchmod(fd, mode), 0);
}

static void make_text(const char *name, const char *text, mode_t mode)
{
	make_file(name, text, strlen(text), mode);
}

/* By the thread that has this number, with the test as the container's first process. */
static int look_by(pid_t tid, const char *file, struct wh_program *ret)
{
	const struct wh_program_place place = { tid, getpid(), WH_NO_FD };

	return wh_program_look(&place, wh_slice_of(file), ret);
}

static int look(const char *name, struct wh_program *ret)
{
	return look_by(getpid(), path_of(name), ret);
}

static void plain_files_confer_nothing(void **state)
{
	struct wh_program program;

	(void)state;
	make_text("plain", "no program", 0755);
	make_text("empty", "", 0755);
	assert_int_equal(look("plain", &program), 0);
	assert_false(program.setuid || program.setgid || program.narrow || program.effective);
	assert_int_equal(program.capabilities, 0);
	assert_int_equal(look("empty", &program), 0);
}

/* Whose real user is the file's owner gains none by it: then nothing is told. */
static void set_user_id(void **state)
{
	struct wh_program program;
	pid_t child;

	(void)state;
	make_text("own", "x", 04755);
	make_text("lock", "x", 02644); /* mandatory locking, once */
	assert_int_equal(look("own", &program), 0);
	assert_false(program.setuid);
	assert_int_equal(look("lock", &program), 0);
	assert_false(program.setgid);
	/* Of a thread that is gone nobody knows who it was. */
	child = fork();
	if (child == 0)
		_exit(0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_int_equal(look_by(child, path_of("own"), &program), 0);
	assert_true(program.setuid);
	make_text("group", "x", 02755);
	assert_int_equal(look_by(child, path_of("group"), &program), 0);
	assert_true(program.setgid);
	assert_false(program.setuid);
}

static void narrow_programs(void **state)
{
	unsigned char head[EI_NIDENT] = ELFMAG;
	struct wh_program program;

	(void)state;
	head[EI_CLASS] = ELFCLASS32;
	make_file("narrow", head, sizeof(head), 0755);
	assert_int_equal(look("narrow", &program), 0);
	assert_true(program.narrow);
	make_file("cut", head, EI_CLASS, 0755);
	assert_int_equal(look("cut", &program), 0);
	assert_false(program.narrow);
	head[EI_CLASS] = ELFCLASS64;
	make_file("wide", head, sizeof(head), 0755);
	assert_int_equal(look("wide", &program), 0);
	assert_false(program.narrow);
}

static void scripts_are_their_interpreters(void **state)
{
	static const char *const lines[] = { "#!%\n", "#! \t%  -x \n", "#!%", "#!%\r\n" };
	unsigned char head[EI_NIDENT] = ELFMAG;
	struct wh_program program;
	char text[1024];

	(void)state;
	head[EI_CLASS] = ELFCLASS32;
	make_file("interpreter", head, sizeof(head), 0755);
	for (size_t i = 0; i < WH_COUNT(lines); i++) {
		size_t before = strcspn(lines[i], "%");

		(void)snprintf(text, sizeof(text), "%.*s%s/interpreter%s", (int)before, lines[i],
			folder, lines[i] + before + 1);
		make_text("script", text, 0755);
		assert_int_equal(look("script", &program), 0);
		assert_true(program.narrow);
	}
	/* A script of a script; one of itself comes to an end. */
	(void)snprintf(text, sizeof(text), "#!%s/script\n", folder);
	make_text("outer", text, 0755);
	assert_int_equal(look("outer", &program), 0);
	assert_true(program.narrow);
	(void)snprintf(text, sizeof(text), "#!%s/self\n", folder);
	make_text("self", text, 06755);
	assert_int_equal(look("self", &program), 0);
	/* Nobody is raised by a script, whatever its mode. */
	assert_false(program.setuid || program.setgid);
}

static void odd_first_lines(void **state)
{
	static const char *const texts[] = { "#!", "#!\n", "#! \n", "#!/nonexistent\n",
		"#!relative\n", "#", "#!\r\n", "#!/\n", "#!/proc/self/exe\n" };
	struct wh_program program;
	char text[600];

	(void)state;
	for (size_t i = 0; i < WH_COUNT(texts); i++) {
		make_text("odd", texts[i], 0755);
		assert_int_equal(look("odd", &program), 0);
		assert_false(program.narrow);
	}
	memset(text, '/', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	memcpy(text, "#!", 2);
	make_text("odd", text, 0755);
	assert_int_equal(look("odd", &program), 0);
}

/* Nothing is found there, and nothing is waited for. What the thread runs, which is this test, is
 * no answer to a path that is none. */
static void what_is_no_program(void **state)
{
	struct wh_program program;
	char text[5000];

	(void)state;
	assert_int_equal(mkfifo(path_of("pipe"), 0755), 0);
	assert_int_equal(look("pipe", &program), -ENOENT);
	assert_int_equal(look_by(getpid(), folder, &program), -ENOENT);
	assert_int_equal(look_by(getpid(), "", &program), -ENOENT);
	memset(text, 'x', sizeof(text));
	text[0] = '/';
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(look_by(getpid(), text, &program), -ENOENT);
	assert_int_equal(wh_program_look(&(struct wh_program_place){ getpid(), getpid(), WH_NO_FD },
				 WH_SLICE("/bin\0/sh"), &program),
		-ENOENT);
}

/* A link of /proc is not followed: it leads to files of the recorder's. */
static void links(void **state)
{
	unsigned char head[EI_NIDENT] = ELFMAG;
	struct wh_program program;
	char target[64];
	int fd WH_FD = WH_NO_FD;

	(void)state;
	head[EI_CLASS] = ELFCLASS32;
	make_file("narrow", head, sizeof(head), 0755);
	assert_int_equal(symlink("narrow", path_of("link")), 0);
	assert_int_equal(look("link", &program), 0);
	assert_true(program.narrow);
	fd = open(path_of("narrow"), O_RDONLY | O_CLOEXEC);
	(void)snprintf(target, sizeof(target), "/proc/self/fd/%d", fd);
	assert_int_equal(symlink(target, path_of("magic")), 0);
	if (look("magic", &program) == 0)
		assert_false(program.narrow);
	assert_int_equal(symlink("loop", path_of("loop")), 0);
	if (look("loop", &program) == 0)
		assert_false(program.narrow);
}

static void from_the_working_folder(void **state)
{
	unsigned char head[EI_NIDENT] = ELFMAG;
	struct wh_program program;

	(void)state;
	head[EI_CLASS] = ELFCLASS32;
	make_file("narrow", head, sizeof(head), 0755);
	assert_int_equal(mkdir(path_of("below"), 0755), 0);
	assert_int_equal(chdir(path_of("below")), 0);
	assert_int_equal(look_by(getpid(), "../narrow", &program), 0);
	assert_true(program.narrow);
	assert_int_equal(chdir(folder), 0);
	assert_int_equal(look_by(getpid(), "narrow", &program), 0);
	assert_true(program.narrow);
	assert_int_equal(look_by(getpid(), "below/../narrow", &program), 0);
	assert_true(program.narrow);
	assert_int_equal(chdir("/"), 0);
}

/* A short life: all that is left is the folder that the engine made. */
static void after_its_end(void **state)
{
	unsigned char head[EI_NIDENT] = ELFMAG;
	struct wh_program_place place = { 0, 0, WH_NO_FD };
	struct wh_program program;
	pid_t child = fork();

	(void)state;
	if (child == 0)
		_exit(0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	head[EI_CLASS] = ELFCLASS32;
	make_file("narrow", head, sizeof(head), 0755);
	assert_int_equal(symlink("/narrow", path_of("from-root")), 0);
	place.tid = place.init = child;
	assert_true(wh_program_look(&place, WH_SLICE("/narrow"), &program) < 0);
	place.rootfs = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(wh_program_look(&place, WH_SLICE("/narrow"), &program), 0);
	assert_true(program.narrow);
	assert_int_equal(wh_program_look(&place, WH_SLICE("/../../from-root"), &program), 0);
	assert_true(program.narrow);
	assert_true(wh_program_look(&place, WH_SLICE("narrow"), &program) < 0);
	close(place.rootfs);
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) == NULL ? -1 : 0;
}

static int remove_all(void **state)
{
	static const char *const names[] = { "plain", "empty", "own", "lock", "group", "narrow",
		"cut", "wide", "interpreter", "script", "outer", "self", "odd", "pipe", "link",
		"magic", "loop", "from-root" };

	(void)state;
	for (size_t i = 0; i < WH_COUNT(names); i++)
		(void)unlink(path_of(names[i]));
	(void)rmdir(path_of("below"));
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_versions),
		cmocka_unit_test(only_of_their_sizes),
		cmocka_unit_test(plain_files_confer_nothing),
		cmocka_unit_test(set_user_id),
		cmocka_unit_test(narrow_programs),
		cmocka_unit_test(scripts_are_their_interpreters),
		cmocka_unit_test(odd_first_lines),
		cmocka_unit_test(what_is_no_program),
		cmocka_unit_test(links),
		cmocka_unit_test(from_the_working_folder),
		cmocka_unit_test(after_its_end),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_all);
}
