/* SPDX-License-Identifier: Apache-2.0 */
/* What the engine and the administrator get to read. Journal and syslog are played by sockets of
 * the test's own. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdbool.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include "scratch.h"

#include "base/fd.h"
#include "host/report.h"

/* ---- the refusal ------------------------------------------------------------------------ */

/* Reports, and returns what came on standard error, in a static buffer. */
static const char *report(const char *log, enum wh_log_format format, const char *sentence)
{
	static char text[4096];
	int saved = dup(STDERR_FILENO);
	int ends[2];
	ssize_t got;

	assert_int_equal(pipe(ends), 0);
	dup2(ends[1], STDERR_FILENO);
	close(ends[1]);
	wh_report_error(log, format, sentence);
	dup2(saved, STDERR_FILENO);
	close(saved);
	got = read(ends[0], text, sizeof(text) - 1);
	close(ends[0]);
	text[got < 0 ? 0 : got] = '\0';
	return text;
}

/* Takes the time out of the line, after a look at its shape and value. */
static char *without_time(char *line)
{
	char *at = strstr(line, "20");
	struct tm tm = { .tm_isdst = 0 };
	time_t now = time(NULL);
	time_t then;

	assert_non_null(at);
	assert_ptr_equal(strptime(at, "%Y-%m-%dT%H:%M:%SZ", &tm), at + 20);
	then = timegm(&tm);
	assert_true(then <= now && then > now - 60);
	memmove(at, at + 20, strlen(at + 20) + 1);
	return line;
}

static void a_refusal_is_one_line_in_each_form(void **state)
{
	static const struct {
		enum wh_log_format format;
		const char *sentence;
		const char *line;
		const char *stderr_line;
	} cases[] = {
		{ WH_LOG_JSON, "refused",
			"{\"level\":\"error\",\"msg\":\"refused\",\"time\":\"\"}\n", "refused\n" },
		{ WH_LOG_TEXT, "it is refused", "time=\"\" level=error msg=\"it is refused\"\n",
			"it is refused\n" },
		{ WH_LOG_JSON, "a \"quoted\" \\ word",
			"{\"level\":\"error\",\"msg\":\"a \\\"quoted\\\" \\\\ "
			"word\",\"time\":\"\"}\n",
			"a \"quoted\" \\ word\n" },
		{ WH_LOG_TEXT, "a \"quoted\" \\ word",
			"time=\"\" level=error msg=\"a \\\"quoted\\\" \\\\ word\"\n",
			"a \"quoted\" \\ word\n" },
		{ WH_LOG_JSON, "two\nlines\033[2J\x7f\xc3\xa4",
			"{\"level\":\"error\",\"msg\":\"two\\\\x0alines\\\\x1b["
			"2J\\\\x7f\\\\xc3\\\\xa4\","
			"\"time\":\"\"}\n",
			"two\\x0alines\\x1b[2J\\x7f\\xc3\\xa4\n" },
		{ WH_LOG_TEXT, "two\nlines", "time=\"\" level=error msg=\"two\\\\x0alines\"\n",
			"two\\x0alines\n" },
	};
	const struct scratch *scratch = *state;
	struct stat st;

	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		char line[1024];

		assert_string_equal(
			report(scratch_path(scratch, "log"), cases[i].format, cases[i].sentence),
			cases[i].stderr_line);
		strcpy(line, scratch_content(scratch, "log"));
		assert_string_equal(without_time(line), cases[i].line);
		assert_int_equal(fstatat(scratch->fd, "log", &st, 0), 0);
		assert_int_equal(st.st_mode & 07777, 0644);
		assert_int_equal(unlinkat(scratch->fd, "log", 0), 0);
	}
}

static void a_refusal_is_appended(void **state)
{
	const struct scratch *scratch = *state;

	scratch_file(scratch, "log", 0600, "{\"level\":\"info\"}\n");
	report(scratch_path(scratch, "log"), WH_LOG_JSON, "refused");
	assert_memory_equal(scratch_content(scratch, "log"),
		"{\"level\":\"info\"}\n{\"level\":\"error\",\"msg\":\"refused\"", 49);
}

static void the_log_is_named_as_crun_names_it(void **state)
{
	static const struct {
		const char *log;
		const char *written; /* NULL: nothing */
	} cases[] = {
		{ "log", "log" },
		{ "file:log", "log" },
		{ "file:file:log", "file:log" },
		{ "journal:log", "journal:log" }, /* crun refuses it, runc takes any name */
		{ "journald:log", NULL },
		{ "syslog:log", NULL },
		{ "journald:", NULL },
		{ "syslog:", NULL },
		{ "file:", NULL },
		{ "", NULL },
		{ NULL, NULL },
	};
	const struct scratch *scratch = *state;

	assert_int_equal(chdir(scratch->path), 0);
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		assert_string_equal(report(cases[i].log, WH_LOG_JSON, "refused"), "refused\n");
		if (cases[i].written != NULL)
			assert_int_equal(unlinkat(scratch->fd, cases[i].written, 0), 0);
		assert_int_equal(scratch_count(scratch), 0);
	}
}

static void a_log_that_is_no_plain_file_stays_untouched(void **state)
{
	const struct scratch *scratch = *state;
	int reader WH_FD = WH_NO_FD;
	char byte;

	scratch_file(scratch, "victim", 0644, "");
	scratch_link(scratch, "link", "victim");
	scratch_link(scratch, "broken", "not-there");
	scratch_file(scratch, "linked", 0644, "");
	assert_int_equal(linkat(scratch->fd, "linked", scratch->fd, "second", 0), 0);
	assert_int_equal(mkfifoat(scratch->fd, "fifo", 0644), 0);
	alarm(10);
	assert_string_equal(report(scratch_path(scratch, "link"), WH_LOG_JSON, "no"), "no\n");
	assert_string_equal(report(scratch_path(scratch, "broken"), WH_LOG_JSON, "no"), "no\n");
	assert_string_equal(report(scratch_path(scratch, "second"), WH_LOG_JSON, "no"), "no\n");
	assert_string_equal(report(scratch_path(scratch, "fifo"), WH_LOG_JSON, "no"), "no\n");
	reader = openat(scratch->fd, "fifo", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	assert_string_equal(report(scratch_path(scratch, "fifo"), WH_LOG_JSON, "no"), "no\n");
	assert_string_equal(report(scratch->path, WH_LOG_JSON, "no"), "no\n");
	assert_string_equal(report("/nowhere/log", WH_LOG_JSON, "no"), "no\n");
	alarm(0);
	assert_int_equal(read(reader, &byte, 1), 0);
	assert_string_equal(scratch_content(scratch, "victim"), "");
	assert_string_equal(scratch_content(scratch, "linked"), "");
	assert_false(scratch_has(scratch, "not-there"));
}

static void an_overlong_sentence_is_cut(void **state)
{
	const struct scratch *scratch = *state;
	char sentence[3000];
	const char *text;

	for (size_t i = 0; i < sizeof(sentence); i++)
		sentence[i] = i % 2 ? 'x' : '\n';
	sentence[sizeof(sentence) - 1] = '\0';
	text = report(scratch_path(scratch, "log"), WH_LOG_TEXT, sentence);
	assert_true(strlen(text) > 1000 && strlen(text) <= 1025);
	assert_memory_equal(text, "\\x0ax\\x0ax", 10);
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	text = scratch_content(scratch, "log");
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
}

/* ---- records ---------------------------------------------------------------------------- */

static struct wh_buf record_of(const char *text)
{
	struct wh_buf record = WH_BUF_INIT;

	wh_buf_add_string(&record, text);
	assert_int_equal(wh_buf_status(&record), 0);
	return record;
}

static void records_are_appended_to_a_file(void **state)
{
	const struct scratch *scratch = *state;
	struct wh_buf record WH_CLEANUP(wh_buf_done) = record_of("{\"id\":\"a\"}");
	struct stat st;

	assert_int_equal(wh_report_record(scratch_path(scratch, "log"), &record, NULL), 0);
	assert_string_equal(scratch_content(scratch, "log"), "{\"id\":\"a\"}\n");
	assert_int_equal(fstatat(scratch->fd, "log", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(wh_report_record(scratch_path(scratch, "log"), &record, NULL), 0);
	assert_string_equal(scratch_content(scratch, "log"), "{\"id\":\"a\"}\n{\"id\":\"a\"}\n");
}

/* A limit cuts a write off as a full disk does. */
static void a_line_that_does_not_fit_leaves_no_part_of_it(void **state)
{
	const struct scratch *scratch = *state;
	struct wh_buf record WH_CLEANUP(wh_buf_done) = record_of("{\"id\":\"a\"}");
	const struct rlimit limit = { 17, RLIM_INFINITY };
	struct wh_err err = WH_ERR_INIT;
	struct rlimit before;
	int results[2];

	scratch_file(scratch, "log", 0644, "");
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(wh_report_record(scratch_path(scratch, "log"), &record, NULL), 0);
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	results[0] = wh_report_record(scratch_path(scratch, "log"), &record, &err);
	(void)report(scratch_path(scratch, "log"), WH_LOG_JSON, "no");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	(void)signal(SIGXFSZ, SIG_DFL);
	results[1] = wh_report_record(scratch_path(scratch, "log"), &record, NULL);
	assert_int_equal(results[0], -ENOSPC);
	assert_non_null(strstr(err.text, "cannot write to the record file"));
	assert_int_equal(results[1], 0);
	assert_string_equal(scratch_content(scratch, "log"), "{\"id\":\"a\"}\n{\"id\":\"a\"}\n");
}

static void record_files_that_others_could_write_are_refused(void **state)
{
	static const struct {
		const char *name;
		int expected;
		const char *text;
	} cases[] = {
		{ "group", -EPERM, "/group can be written by others than its owner (mode 0620)" },
		{ "link", -ELOOP, "cannot open the record file" },
		{ "fifo", -ENXIO, "cannot open the record file" },
		{ "second", -EPERM, "/second has 2 names (hard links)" },
		{ "open/log", -EPERM, "/open can be written by others than its owner (mode 0777)" },
		{ "missing/log", -ENOENT, "/missing: it does not exist" },
		{ "folder/", -EISDIR, "a path names a folder where a file is expected" },
		{ "folder", -EISDIR, "it is a folder" },
	};
	const struct scratch *scratch = *state;
	struct wh_buf record WH_CLEANUP(wh_buf_done) = record_of("{}");

	scratch_file(scratch, "group", 0620, "");
	scratch_file(scratch, "victim", 0600, "");
	scratch_link(scratch, "link", "victim");
	assert_int_equal(linkat(scratch->fd, "victim", scratch->fd, "second", 0), 0);
	assert_int_equal(mkfifoat(scratch->fd, "fifo", 0600), 0);
	scratch_folder(scratch, "open", 0777);
	scratch_folder(scratch, "folder", 0755);
	alarm(10);
	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		struct wh_err err = WH_ERR_INIT;

		assert_int_equal(
			wh_report_record(scratch_path(scratch, cases[i].name), &record, &err),
			cases[i].expected);
		if (strstr(err.text, cases[i].text) == NULL)
			fail_msg("%s: %s", cases[i].name, err.text);
	}
	alarm(0);
	assert_string_equal(scratch_content(scratch, "group"), "");
	assert_string_equal(scratch_content(scratch, "victim"), "");
	assert_false(scratch_has(scratch, "open/log"));
}

static void a_record_with_a_control_character_is_refused(void **state)
{
	static const char *const cases[] = { "{}\n{\"forged\":1}", "{\"a\":\"\033\"}", "\x7f",
		"\r" };
	const struct scratch *scratch = *state;

	for (size_t i = 0; i < WH_COUNT(cases); i++) {
		struct wh_buf record WH_CLEANUP(wh_buf_done) = record_of(cases[i]);
		struct wh_err err = WH_ERR_INIT;

		assert_int_equal(
			wh_report_record(scratch_path(scratch, "log"), &record, &err), -EINVAL);
		assert_string_equal(err.text, "a record holds a control character");
	}
	assert_false(scratch_has(scratch, "log"));
}

static void a_record_that_could_not_be_made_is_an_error(void **state)
{
	const struct scratch *scratch = *state;
	struct wh_buf record = { .failed = true };

	assert_int_equal(wh_report_record(scratch_path(scratch, "log"), &record, NULL), -ENOMEM);
	assert_false(scratch_has(scratch, "log"));
}

static int listen_at(const struct scratch *scratch, const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	strcpy(address.sun_path, scratch_path(scratch, name));
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void the_journal_gets_its_native_fields(void **state)
{
	const struct scratch *scratch = *state;
	struct wh_buf record WH_CLEANUP(wh_buf_done) = record_of("{\"id\":\"a\"}");
	int journal WH_FD = listen_at(scratch, "journal");
	char text[256] = { 0 };

	assert_int_equal(wh_report_to_journal(scratch_path(scratch, "journal"), &record, NULL), 0);
	assert_true(recv(journal, text, sizeof(text) - 1, 0) > 0);
	assert_string_equal(text, "PRIORITY=6\nSYSLOG_FACILITY=10\nSYSLOG_IDENTIFIER=whittle\n"
				  "MESSAGE={\"id\":\"a\"}\n");
	assert_int_equal(recv(journal, text, sizeof(text), 0), -1);
}

static void a_record_too_long_for_a_datagram_goes_in_memory(void **state)
{
	const int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
	const char *head = "PRIORITY=6\nSYSLOG_FACILITY=10\nSYSLOG_IDENTIFIER=whittle\nMESSAGE=";
	const struct scratch *scratch = *state;
	struct wh_buf record WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int journal WH_FD = listen_at(scratch, "journal");
	int memory WH_FD = WH_NO_FD;
	size_t size = 4 << 20;
	char control[64];
	char byte;
	struct iovec space = { &byte, 1 };
	struct msghdr message = { .msg_iov = &space,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control) };
	char *content = malloc(size + 100);
	struct cmsghdr *header;

	for (size_t i = 0; i < size; i++)
		wh_buf_add_char(&record, 'x');
	assert_int_equal(wh_report_to_journal(scratch_path(scratch, "journal"), &record, NULL), 0);
	assert_int_equal(recvmsg(journal, &message, MSG_CMSG_CLOEXEC), 0);
	header = CMSG_FIRSTHDR(&message);
	assert_non_null(header);
	assert_int_equal(header->cmsg_type, SCM_RIGHTS);
	memcpy(&memory, CMSG_DATA(header), sizeof(memory));
	assert_int_equal(fcntl(memory, F_GET_SEALS) & seals, seals);
	assert_int_equal(read(memory, content, size + 100), strlen(head) + size + 1);
	assert_memory_equal(content, head, strlen(head));
	assert_memory_equal(content + strlen(head), record.data, size);
	assert_int_equal(content[strlen(head) + size], '\n');
	free(content);
}

static void syslog_gets_priority_and_name(void **state)
{
	const struct scratch *scratch = *state;
	struct wh_buf record WH_CLEANUP(wh_buf_done) = record_of("{\"id\":\"a\"}");
	int log WH_FD = listen_at(scratch, "log");
	char text[256] = { 0 };
	char expected[64];

	assert_int_equal(wh_report_to_syslog(scratch_path(scratch, "log"), &record, NULL), 0);
	assert_true(recv(log, text, sizeof(text) - 1, 0) > 0);
	(void)snprintf(expected, sizeof(expected), "<86>whittle[%d]: {\"id\":\"a\"}", getpid());
	assert_string_equal(text, expected);
}

typedef int report_to(const char *, const struct wh_buf *, struct wh_err *);

static void a_listener_that_is_absent_or_stuck_is_never_waited_for(void **state)
{
	static report_to *const ways[] = { wh_report_to_journal, wh_report_to_syslog };
	const struct scratch *scratch = *state;
	struct wh_buf record WH_CLEANUP(wh_buf_done) = record_of("{}");
	int gone = listen_at(scratch, "gone");
	int stuck WH_FD = listen_at(scratch, "stuck");
	char overlong[200];

	close(gone);
	scratch_file(scratch, "file", 0644, "");
	memset(overlong, 'x', sizeof(overlong));
	overlong[sizeof(overlong) - 1] = '\0';
	alarm(10);
	for (size_t i = 0; i < WH_COUNT(ways); i++) {
		struct wh_err err = WH_ERR_INIT;
		int r = 0;

		assert_int_equal(ways[i](scratch_path(scratch, "nobody"), &record, NULL), -ENOENT);
		assert_int_equal(ways[i](scratch_path(scratch, "file/x"), &record, NULL), -ENOENT);
		assert_int_equal(ways[i](scratch_path(scratch, "gone"), &record, NULL), -ENOENT);
		assert_int_equal(ways[i](overlong, &record, NULL), -ENAMETOOLONG);
		for (int sent = 0; r == 0 && sent < 100000; sent++)
			r = ways[i](scratch_path(scratch, "stuck"), &record, &err);
		assert_int_equal(r, -EAGAIN);
		assert_string_equal(err.text,
			i == 0 ? "cannot send a record to the journal: the resource is busy"
			       : "cannot send a record to syslog: the resource is busy");
	}
	alarm(0);
}

#define WITH_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SCRATCH(a_refusal_is_one_line_in_each_form),
		WITH_SCRATCH(a_refusal_is_appended),
		WITH_SCRATCH(the_log_is_named_as_crun_names_it),
		WITH_SCRATCH(a_log_that_is_no_plain_file_stays_untouched),
		WITH_SCRATCH(an_overlong_sentence_is_cut),
		WITH_SCRATCH(records_are_appended_to_a_file),
		WITH_SCRATCH(a_line_that_does_not_fit_leaves_no_part_of_it),
		WITH_SCRATCH(record_files_that_others_could_write_are_refused),
		WITH_SCRATCH(a_record_with_a_control_character_is_refused),
		WITH_SCRATCH(a_record_that_could_not_be_made_is_an_error),
		WITH_SCRATCH(the_journal_gets_its_native_fields),
		WITH_SCRATCH(a_record_too_long_for_a_datagram_goes_in_memory),
		WITH_SCRATCH(syslog_gets_priority_and_name),
		WITH_SCRATCH(a_listener_that_is_absent_or_stuck_is_never_waited_for),
	};

	return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
