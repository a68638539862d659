/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replacing a file, and memory files. What happens when the machinery below fails or the process is
 * killed half-way is in test/fault.
 */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdbool.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "scratch.h"

#include "base/fd.h"
#include "host/file.h"

#define LEFT_OVER ".config.json.whittle-00112233445566778899aabbccddeeff"

static int fill_text(int fd, void *context, struct wh_err *err)
{
	(void)err;
	return wh_write_all(fd, context, strlen(context));
}

static int replace(const struct scratch *scratch, const char *text, struct wh_err *err)
{
	int old WH_FD = openat(scratch->fd, "config.json", O_RDONLY | O_CLOEXEC);
	char *copy = strdup(text);
	int r;

	assert_true(old >= 0);
	r = wh_replace_file(scratch->fd, "config.json", old, fill_text, copy, err);
	free(copy);
	return r;
}

static void the_new_content_takes_the_place(void **state)
{
	const struct scratch *scratch = *state;
	struct stat before, after;
	int old WH_FD = WH_NO_FD;
	char content[8] = { 0 };

	scratch_file(scratch, "config.json", 0644, "old");
	old = openat(scratch->fd, "config.json", O_RDONLY | O_CLOEXEC);
	assert_int_equal(fstat(old, &before), 0);
	assert_int_equal(replace(scratch, "the new content", NULL), 0);
	assert_string_equal(scratch_content(scratch, "config.json"), "the new content");
	assert_int_equal(fstatat(scratch->fd, "config.json", &after, 0), 0);
	assert_true(before.st_ino != after.st_ino);
	assert_int_equal(after.st_nlink, 1);
	assert_int_equal(scratch_count(scratch), 1);
	/* Who has the old one open still reads it whole. */
	assert_int_equal(pread(old, content, sizeof(content), 0), 3);
	assert_string_equal(content, "old");
	assert_int_equal(replace(scratch, "", NULL), 0);
	assert_string_equal(scratch_content(scratch, "config.json"), "");
}

static void the_folder_may_be_open_as_a_path_only(void **state)
{
	const struct scratch *scratch = *state;
	int folder WH_FD = open(scratch->path, O_PATH | O_CLOEXEC);
	int old WH_FD = WH_NO_FD;
	char text[] = "new";

	scratch_file(scratch, "config.json", 0644, "old");
	scratch_file(scratch, LEFT_OVER, 0600, "half");
	old = openat(scratch->fd, "config.json", O_RDONLY | O_CLOEXEC);
	assert_int_equal(wh_replace_file(folder, "config.json", old, fill_text, text, NULL), 0);
	assert_string_equal(scratch_content(scratch, "config.json"), "new");
	assert_int_equal(scratch_count(scratch), 1);
}

static void mode_and_owner_are_kept(void **state)
{
	static const mode_t modes[] = { 0644, 0600, 0640, 0444, 0400, 0755, 04755, 02755, 0 };
	const struct scratch *scratch = *state;
	uid_t uid = geteuid() == 0 ? 1234 : geteuid();
	gid_t gid = geteuid() == 0 ? 4321 : getegid();

	for (size_t i = 0; i < WH_COUNT(modes); i++) {
		int old WH_FD = WH_NO_FD;
		char text[] = "new";
		struct stat st;

		scratch_file(scratch, "config.json", 0600, "old");
		old = openat(scratch->fd, "config.json", O_RDONLY | O_CLOEXEC);
		assert_int_equal(fchown(old, uid, gid), 0);
		assert_int_equal(fchmod(old, modes[i]), 0);
		umask(0477); /* must make no difference */
		assert_int_equal(
			wh_replace_file(scratch->fd, "config.json", old, fill_text, text, NULL), 0);
		umask(022);
		assert_int_equal(fstatat(scratch->fd, "config.json", &st, 0), 0);
		assert_int_equal(st.st_mode & 07777, modes[i]);
		assert_int_equal(st.st_uid, uid);
		assert_int_equal(st.st_gid, gid);
		assert_int_equal(unlinkat(scratch->fd, "config.json", 0), 0);
	}
}

static void extended_attributes_are_kept(void **state)
{
	const struct scratch *scratch = *state;
	int old WH_FD = WH_NO_FD;
	char *large = calloc(1, 2000);
	char value[4096];

	scratch_file(scratch, "config.json", 0644, "old");
	old = openat(scratch->fd, "config.json", O_RDWR | O_CLOEXEC);
	memset(large, 'x', 2000);
	assert_int_equal(fsetxattr(old, "user.small", "value\0more", 10, 0), 0);
	assert_int_equal(fsetxattr(old, "user.empty", "", 0, 0), 0);
	assert_int_equal(fsetxattr(old, "user.large", large, 2000, 0), 0);
	assert_int_equal(replace(scratch, "new", NULL), 0);
	wh_close_fd(&old);
	old = openat(scratch->fd, "config.json", O_RDONLY | O_CLOEXEC);
	assert_int_equal(fgetxattr(old, "user.small", value, sizeof(value)), 10);
	assert_memory_equal(value, "value\0more", 10);
	assert_int_equal(fgetxattr(old, "user.empty", value, sizeof(value)), 0);
	assert_int_equal(fgetxattr(old, "user.large", value, sizeof(value)), 2000);
	assert_memory_equal(value, large, 2000);
	assert_string_equal(scratch_content(scratch, "config.json"), "new");
	free(large);
}

/* security.ima is a hash of the old content: on the new one it would make the file unreadable. */
static void what_the_kernel_computes_is_not_copied(void **state)
{
	const struct scratch *scratch = *state;
	char value[16];
	char path[PATH_MAX];

	scratch_file(scratch, "config.json", 0644, "old");
	strcpy(path, scratch_path(scratch, "config.json"));
	if (setxattr(path, "security.ima", "\4hash", 5, 0) < 0)
		return; /* not root, or a kernel that minds it itself */
	assert_int_equal(replace(scratch, "new", NULL), 0);
	assert_int_equal(getxattr(path, "security.ima", value, sizeof(value)), -1);
	assert_int_equal(errno, ENODATA);
}

static int replace_as_nobody(const struct scratch *scratch)
{
	struct wh_err err = WH_ERR_INIT;
	int r = replace(scratch, "new", &err);

	return r == -EPERM && strcmp(err.text, "cannot keep the extended attribute "
					       "security.whittle-test of config.json: refused by "
					       "the system") == 0
		       ? 0
		       : 1;
}

static void an_attribute_that_cannot_be_kept_is_an_error(void **state)
{
	const struct scratch *scratch = *state;
	int status;
	pid_t pid;

	scratch_file(scratch, "config.json", 0644, "old");
	if (setxattr(scratch_path(scratch, "config.json"), "security.whittle-test", "x", 1, 0) < 0)
		return; /* only root can make such a file */
	assert_int_equal(fchown(scratch->fd, 65534, 65534), 0);
	assert_int_equal(fchownat(scratch->fd, "config.json", 65534, 65534, 0), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (setegid(65534) < 0 || seteuid(65534) < 0)
			_exit(99);
		_exit(replace_as_nobody(scratch));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_string_equal(scratch_content(scratch, "config.json"), "old");
	assert_int_equal(scratch_count(scratch), 1);
}

/* A default ACL of the folder would let its users read (or write) what the old file kept closed. */
static void rights_that_the_folder_hands_down_are_not_kept(void **state)
{
	static const struct {
		uint32_t version;
		struct {
			uint16_t tag, perm;
			uint32_t id;
		} entries[5];
	} acl = { 2, /* linux/posix_acl_xattr.h: owner, user 1234, group, mask, others */
		{ { 0x01, 7, UINT32_MAX }, { 0x02, 7, 1234 }, { 0x04, 5, UINT32_MAX },
			{ 0x10, 7, UINT32_MAX }, { 0x20, 5, UINT32_MAX } } };
	const struct scratch *scratch = *state;
	char value[256];
	struct stat st;

	scratch_file(scratch, "config.json", 0644, "old");
	if (fsetxattr(scratch->fd, "system.posix_acl_default", &acl, sizeof(acl), 0) < 0) {
		assert_int_equal(errno, ENOTSUP); /* no ACLs here: nothing is handed down */
		return;
	}
	assert_int_equal(replace(scratch, "new", NULL), 0);
	assert_int_equal(getxattr(scratch_path(scratch, "config.json"), "system.posix_acl_access",
				 value, sizeof(value)),
		-1);
	assert_int_equal(errno, ENODATA);
	assert_int_equal(fstatat(scratch->fd, "config.json", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
}

static void an_access_list_is_kept(void **state)
{
	static const struct {
		uint32_t version;
		struct {
			uint16_t tag, perm;
			uint32_t id;
		} entries[5];
	} acl = { 2, { { 0x01, 6, UINT32_MAX }, { 0x02, 4, 1234 }, { 0x04, 0, UINT32_MAX },
			     { 0x10, 4, UINT32_MAX }, { 0x20, 0, UINT32_MAX } } };
	const struct scratch *scratch = *state;
	char value[256];
	struct stat st;

	scratch_file(scratch, "config.json", 0600, "old");
	if (setxattr(scratch_path(scratch, "config.json"), "system.posix_acl_access", &acl,
		    sizeof(acl), 0) < 0) {
		assert_int_equal(errno, ENOTSUP);
		return;
	}
	assert_int_equal(replace(scratch, "new", NULL), 0);
	assert_int_equal(getxattr(scratch_path(scratch, "config.json"), "system.posix_acl_access",
				 value, sizeof(value)),
		sizeof(acl));
	assert_memory_equal(value, &acl, sizeof(acl));
	assert_int_equal(fstatat(scratch->fd, "config.json", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
}

static int fill_and_fail(int fd, void *context, struct wh_err *err)
{
	assert_int_equal(wh_write_all(fd, "half of", 7), 0);
	if (context != NULL)
		return wh_fail(err, EPROTO, "%s", (const char *)context);
	return -ENOSPC;
}

static void a_failing_fill_leaves_the_old_content(void **state)
{
	const struct scratch *scratch = *state;
	struct wh_err err = WH_ERR_INIT;
	int old WH_FD = WH_NO_FD;
	char reason[] = "the reason";

	scratch_file(scratch, "config.json", 0644, "old");
	old = openat(scratch->fd, "config.json", O_RDONLY | O_CLOEXEC);
	assert_int_equal(
		wh_replace_file(scratch->fd, "config.json", old, fill_and_fail, reason, &err),
		-EPROTO);
	assert_string_equal(err.text, "the reason");
	err = (struct wh_err)WH_ERR_INIT;
	assert_int_equal(
		wh_replace_file(scratch->fd, "config.json", old, fill_and_fail, NULL, &err),
		-ENOSPC);
	assert_string_equal(err.text, "cannot write the new config.json: the disk is full");
	assert_string_equal(scratch_content(scratch, "config.json"), "old");
	assert_int_equal(scratch_count(scratch), 1);
}

static void a_write_that_ends_short_is_an_error(void **state)
{
	const struct scratch *scratch = *state;
	struct rlimit before, small;
	struct wh_err err = WH_ERR_INIT;
	char *text = malloc(100001);

	scratch_file(scratch, "config.json", 0644, "old");
	memset(text, 'x', 100000);
	text[100000] = '\0';
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = (struct rlimit){ .rlim_cur = 70000, .rlim_max = before.rlim_max };
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(replace(scratch, text, &err), -EFBIG);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	signal(SIGXFSZ, SIG_DFL);
	free(text);
	assert_string_equal(err.text, "cannot write the new config.json: the file is too large");
	assert_string_equal(scratch_content(scratch, "config.json"), "old");
	assert_int_equal(scratch_count(scratch), 1);
}

static void left_overs_are_removed(void **state)
{
	static const char *const stay[] = {
		".config.json.whittle-0011223344556677", /* too short */
		LEFT_OVER "0",
		LEFT_OVER ".bak",
		".config.json.whittle-00112233445566778899AABBCCDDEEFF",
		".config.json.whittle-00112233445566778899aabbccddeefg",
		".config.jsonx.whittle-00112233445566778899aabbccddeeff",
		".other.json.whittle-00112233445566778899aabbccddeeff",
		"config.json.whittle-00112233445566778899aabbccddeeff",
	};
	const struct scratch *scratch = *state;

	scratch_file(scratch, "config.json", 0644, "old");
	scratch_file(scratch, LEFT_OVER, 0600, "half");
	scratch_file(
		scratch, ".config.json.whittle-ffffffffffffffffffffffffffffffff", 0644, "half");
	for (size_t i = 0; i < WH_COUNT(stay); i++)
		scratch_file(scratch, stay[i], 0600, "mine");
	assert_int_equal(replace(scratch, "new", NULL), 0);
	for (size_t i = 0; i < WH_COUNT(stay); i++)
		assert_true(scratch_has(scratch, stay[i]));
	assert_int_equal(scratch_count(scratch), 1 + (int)WH_COUNT(stay));
	assert_string_equal(scratch_content(scratch, "config.json"), "new");
}

/* More names than one call of the kernel returns. */
static void many_left_overs_are_removed(void **state)
{
	const struct scratch *scratch = *state;
	char name[64];

	scratch_file(scratch, "config.json", 0644, "old");
	for (unsigned i = 0; i < 300; i++) {
		(void)snprintf(name, sizeof(name), ".config.json.whittle-%032x", i);
		scratch_file(scratch, name, 0600, "half");
	}
	assert_int_equal(replace(scratch, "new", NULL), 0);
	assert_int_equal(scratch_count(scratch), 1);
}

static void what_is_no_file_under_such_a_name_is_left_alone(void **state)
{
	const struct scratch *scratch = *state;
	int reader WH_FD = WH_NO_FD;
	struct stat st;

	scratch_file(scratch, "config.json", 0644, "old");
	scratch_file(scratch, "victim", 0644, "victim's own");
	scratch_link(scratch, LEFT_OVER, "victim");
	assert_int_equal(mkfifoat(scratch->fd,
				 ".config.json.whittle-11111111111111111111111111111111", 0600),
		0);
	scratch_folder(scratch, ".config.json.whittle-22222222222222222222222222222222", 0700);
	assert_int_equal(mkfifoat(scratch->fd,
				 ".config.json.whittle-33333333333333333333333333333333", 0600),
		0);
	reader = openat(scratch->fd, ".config.json.whittle-33333333333333333333333333333333",
		O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	assert_true(reader >= 0);
	alarm(10); /* a FIFO must not be waited for */
	assert_int_equal(replace(scratch, "new", NULL), 0);
	alarm(0);
	assert_string_equal(scratch_content(scratch, "config.json"), "new");
	assert_string_equal(scratch_content(scratch, "victim"), "victim's own");
	assert_int_equal(fstatat(scratch->fd, LEFT_OVER, &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(scratch_count(scratch), 6);
}

static void what_a_living_run_writes_is_left_to_it(void **state)
{
	const struct scratch *scratch = *state;
	int other WH_FD = WH_NO_FD;

	scratch_file(scratch, "config.json", 0644, "old");
	scratch_file(scratch, LEFT_OVER, 0600, "half");
	other = openat(scratch->fd, LEFT_OVER, O_WRONLY | O_CLOEXEC);
	assert_int_equal(flock(other, LOCK_EX | LOCK_NB), 0);
	assert_int_equal(replace(scratch, "new", NULL), 0);
	assert_true(scratch_has(scratch, LEFT_OVER));
	wh_close_fd(&other); /* it dies */
	assert_int_equal(replace(scratch, "newer", NULL), 0);
	assert_false(scratch_has(scratch, LEFT_OVER));
	assert_string_equal(scratch_content(scratch, "config.json"), "newer");
}

/* While it is written the temporary file is locked, closed to others, and not yet under its name.
 */
static int fill_and_look(int fd, void *context, struct wh_err *err)
{
	const struct scratch *scratch = context;
	DIR *list = opendir(scratch->path);
	struct dirent *entry;
	struct stat st;
	int found = 0;

	(void)err;
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	while ((entry = readdir(list)) != NULL) {
		int other WH_FD = WH_NO_FD;

		if (strncmp(entry->d_name, ".config.json.whittle-", 21) != 0)
			continue;
		found++;
		other = openat(scratch->fd, entry->d_name, O_RDONLY | O_CLOEXEC);
		assert_int_equal(flock(other, LOCK_EX | LOCK_NB), -1);
		assert_int_equal(errno, EWOULDBLOCK);
		assert_int_equal(strlen(entry->d_name), 21 + 32);
	}
	closedir(list);
	assert_int_equal(found, 1);
	assert_string_equal(scratch_content(scratch, "config.json"), "old");
	return 0;
}

static void the_temporary_file_is_locked_and_closed_to_others(void **state)
{
	struct scratch *scratch = *state;
	int old WH_FD = WH_NO_FD;

	scratch_file(scratch, "config.json", 0644, "old");
	old = openat(scratch->fd, "config.json", O_RDONLY | O_CLOEXEC);
	assert_int_equal(
		wh_replace_file(scratch->fd, "config.json", old, fill_and_look, scratch, NULL), 0);
}

static void overlong_names_are_refused(void **state)
{
	const struct scratch *scratch = *state;
	struct wh_err err = WH_ERR_INIT;
	char name[NAME_MAX + 1];
	char text[] = "new";

	memset(name, 'n', sizeof(name));
	for (size_t len = 213; len <= 215; len++) {
		int old WH_FD = WH_NO_FD;
		int expected = len <= 255 - 1 - 9 - 32 ? 0 : -ENAMETOOLONG;

		name[len] = '\0';
		scratch_file(scratch, name, 0644, "old");
		old = openat(scratch->fd, name, O_RDONLY | O_CLOEXEC);
		assert_int_equal(
			wh_replace_file(scratch->fd, name, old, fill_text, text, &err), expected);
		assert_string_equal(scratch_content(scratch, name), expected == 0 ? "new" : "old");
		name[len] = 'n';
	}
	assert_string_equal(err.text, "a file's name is too long for a temporary file beside it");
}

static void a_folder_that_is_gone_is_an_error(void **state)
{
	const struct scratch *scratch = *state;
	struct wh_err err = WH_ERR_INIT;
	int folder WH_FD = WH_NO_FD;
	int old WH_FD = WH_NO_FD;
	char text[] = "new";

	scratch_folder(scratch, "bundle", 0755);
	scratch_file(scratch, "bundle/config.json", 0644, "old");
	folder = openat(scratch->fd, "bundle", O_PATH | O_CLOEXEC);
	old = openat(folder, "config.json", O_RDONLY | O_CLOEXEC);
	assert_int_equal(unlinkat(folder, "config.json", 0), 0);
	assert_int_equal(unlinkat(scratch->fd, "bundle", AT_REMOVEDIR), 0);
	assert_int_equal(
		wh_replace_file(folder, "config.json", old, fill_text, text, &err), -ENOENT);
	assert_string_equal(
		err.text, "cannot create a temporary file beside config.json: it does not exist");
}

/* ---- writing and memory files ----------------------------------------------------------- */

static void all_is_written_through_a_slow_pipe(void **state)
{
	size_t size = 300000;
	char *bytes = malloc(size);
	int ends[2];
	pid_t pid;
	int status;

	(void)state;
	memset(bytes, 'x', size);
	assert_int_equal(pipe(ends), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(ends[0]);
		_exit(wh_write_all(ends[1], bytes, size) == 0 ? 0 : 1);
	}
	close(ends[1]);
	for (ssize_t got; (got = read(ends[0], bytes, 1000)) > 0;)
		size -= (size_t)got;
	close(ends[0]);
	assert_int_equal(size, 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	free(bytes);
	assert_int_equal(wh_write_all(-1, "x", 1), -EBADF);
	assert_int_equal(wh_write_all(-1, "", 0), 0);
}

static void a_memory_file_is_sealed_and_stays_open(void **state)
{
	const int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
	char path[32];
	char content[16] = { 0 };
	int again WH_FD = WH_NO_FD;
	int fd WH_FD = wh_seal_memory("whittle-test", "content", 7, 100, NULL);

	(void)state;
	assert_int_equal(fd, 100);
	assert_int_equal(fcntl(fd, F_GETFD), 0);
	assert_int_equal(fcntl(fd, F_GET_SEALS) & seals, seals);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 0);
	assert_int_equal(write(fd, "x", 1), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(ftruncate(fd, 1), -1);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(read(again, content, sizeof(content)), 7);
	assert_string_equal(content, "content");
}

static void the_next_free_number_is_taken(void **state)
{
	int first WH_FD = wh_seal_memory("whittle-test", "", 0, 100, NULL);
	int second WH_FD = wh_seal_memory("whittle-test", "", 0, 100, NULL);

	(void)state;
	assert_int_equal(first, 100);
	assert_int_equal(second, 101);
}

static void a_number_beyond_the_limit_is_refused(void **state)
{
	struct wh_err err = WH_ERR_INIT;
	struct rlimit limit;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(
		wh_seal_memory("whittle-test", "x", 1, (int)limit.rlim_cur, &err), -EINVAL);
	assert_non_null(strstr(err.text, "more than the limit on open files allows"));
	assert_int_equal(wh_seal_memory("whittle-test", "x", 1, -1, NULL), -EINVAL);
}

#define WITH_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SCRATCH(the_new_content_takes_the_place),
		WITH_SCRATCH(the_folder_may_be_open_as_a_path_only),
		WITH_SCRATCH(mode_and_owner_are_kept),
		WITH_SCRATCH(extended_attributes_are_kept),
		WITH_SCRATCH(what_the_kernel_computes_is_not_copied),
		WITH_SCRATCH(an_attribute_that_cannot_be_kept_is_an_error),
		WITH_SCRATCH(rights_that_the_folder_hands_down_are_not_kept),
		WITH_SCRATCH(an_access_list_is_kept),
		WITH_SCRATCH(a_failing_fill_leaves_the_old_content),
		WITH_SCRATCH(a_write_that_ends_short_is_an_error),
		WITH_SCRATCH(left_overs_are_removed),
		WITH_SCRATCH(many_left_overs_are_removed),
		WITH_SCRATCH(what_is_no_file_under_such_a_name_is_left_alone),
		WITH_SCRATCH(what_a_living_run_writes_is_left_to_it),
		WITH_SCRATCH(the_temporary_file_is_locked_and_closed_to_others),
		WITH_SCRATCH(overlong_names_are_refused),
		WITH_SCRATCH(a_folder_that_is_gone_is_an_error),
		WITH_SCRATCH(all_is_written_through_a_slow_pipe),
		WITH_SCRATCH(a_memory_file_is_sealed_and_stays_open),
		WITH_SCRATCH(the_next_free_number_is_taken),
		WITH_SCRATCH(a_number_beyond_the_limit_is_refused),
	};

	return cmocka_run_group_tests_name("replace", tests, NULL, NULL);
}
