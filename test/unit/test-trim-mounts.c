/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mounts: what a policy says of them, in its own words, a request, and a host where a few paths
 * lead elsewhere. Every outcome is judged again, and nothing changes any more.
 */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "judge.h"
#include "oci/mount.h"
#include "policy/policy.h"

/* ---- a host --------------------------------------------------------------------------------- */

static const struct place {
	const char *asked, *real;
	enum wh_source_type type;
	const char *alias, *hold; /* another name, and what lies mounted in it */
	unsigned major, minor;
} host[] = {
	{ "/var/run/docker.sock", "/run/docker.sock", WH_SOURCE_SOCKET, NULL, NULL, 0, 0 },
	{ "/srv/link", "/etc", WH_SOURCE_FOLDER, NULL, NULL, 0, 0 },
	{ "../../etc", "/etc", WH_SOURCE_FOLDER, NULL, NULL, 0, 0 },
	{ "/vol/etc/_data", "/vol/etc/_data", WH_SOURCE_FOLDER, "/etc/kubernetes", NULL, 0, 0 },
	{ "/vol/nest/_data", "/vol/nest/_data", WH_SOURCE_FOLDER, NULL, "/proc", 0, 0 },
	{ "/proc/self/root", NULL, WH_SOURCE_UNKNOWN, NULL, NULL, 0, 0 },
	{ "", NULL, WH_SOURCE_UNKNOWN, NULL, NULL, 0, 0 },
	{ "/dev/null", "/dev/null", WH_SOURCE_CHAR, NULL, NULL, 1, 3 },
	{ "/dev/sda", "/dev/sda", WH_SOURCE_BLOCK, NULL, NULL, 8, 0 },
	{ "/dev/fuse", "/dev/fuse", WH_SOURCE_CHAR, NULL, NULL, 10, 229 },
};

static struct wh_source source_at(struct wh_arena *arena, struct wh_slice path)
{
	const char **names = wh_arena_array(arena, 3, sizeof(*names));
	struct wh_source ret = { .type = WH_SOURCE_FOLDER, .names = names, .name_count = 1 };

	assert_non_null(names);
	ret.real = names[0] = wh_arena_dup(arena, path);
	for (size_t i = 0; i < WH_COUNT(host); i++) {
		if (!wh_slice_is(path, host[i].asked))
			continue;
		ret.real = names[0] = host[i].real;
		names[1] = host[i].alias;
		names[2] = host[i].hold;
		ret.name_count = host[i].real == NULL ? 0 : host[i].alias == NULL ? 1 : 2;
		ret.holds = names + 2;
		ret.hold_count = host[i].hold == NULL ? 0 : 1;
		ret.type = host[i].type;
		ret.major = host[i].major;
		ret.minor = host[i].minor;
	}
	return ret;
}

struct gathered {
	struct wh_arena *arena;
	struct wh_mount_source items[32];
	size_t count;
};

static int gather(void *context, wh_node mount, struct wh_slice path)
{
	struct gathered *gathered = context;

	assert_true(gathered->count < WH_COUNT(gathered->items));
	gathered->items[gathered->count++] =
		(struct wh_mount_source){ mount, source_at(gathered->arena, path) };
	return 0;
}

/* ---- judging -------------------------------------------------------------------------------- */

struct row {
	const char *policy; /* what "default" says */
	const char *mounts; /* the elements */
	const char *after;  /* the elements; NULL: as before */
	const char *error;  /* part of the sentence; NULL: not refused */
};

/* Everything kept but mounts and devices. */
static struct wh_policy *limits_of(const char *said, struct wh_limits *ret)
{
	struct wh_policy *policy = NULL;
	struct wh_buf text = WH_BUF_INIT;
	struct wh_err err = WH_ERR_INIT;
	const struct wh_limits *limits;

	wh_buf_addf(&text, "{\"default\":{%s}}", said);
	if (wh_policy_parse_take(&policy, &text, "p", &err) < 0)
		fail_msg("%s: %s", said, err.text);
	limits = wh_policy_default(policy);
	*ret = (struct wh_limits)EVERYTHING;
	ret->kinds[WH_KIND_MOUNTS] = limits->kinds[WH_KIND_MOUNTS];
	if (strstr(said, "devices") != NULL)
		ret->kinds[WH_KIND_DEVICES] = limits->kinds[WH_KIND_DEVICES];
	return policy;
}

static void judge(
	struct judgement *j, const char *mounts, const char *root, const struct wh_limits *limits)
{
	static struct gathered gathered;
	struct wh_arena arena = WH_ARENA_INIT;
	struct wh_buf text = WH_BUF_INIT;
	struct wh_source rootfs = source_at(&arena, wh_slice_of(root));
	struct wh_facts facts = { .last_capability = WH_CAP_COUNT - 1, .rootfs = &rootfs };
	struct wh_json *doc;

	wh_buf_addf(
		&text, "{\"process\":{},\"root\":{\"path\":\"%s\"},\"mounts\":[%s]}", root, mounts);
	assert_int_equal(wh_buf_status(&text), 0);
	doc = document_of_bytes(text.data, text.len);
	wh_buf_done(&text);
	gathered = (struct gathered){ .arena = &arena };
	wh_json_each_element (doc, wh_json_get(doc, wh_json_root(doc), "mounts"), mount)
		assert_int_equal(wh_mount_each_source(doc, mount, gather, &gathered), 0);
	facts.sources = gathered.items;
	facts.source_count = gathered.count;
	judge_document(j, wh_trim_config, doc, limits, &facts);
	j->trim.facts = NULL; /* they go with this function */
	wh_arena_done(&arena);
}

/* The elements of "mounts" afterwards. */
static char *elements(const struct judgement *j)
{
	char *text = document_text(j->doc, wh_json_get(j->doc, wh_json_root(j->doc), "mounts"));
	size_t len = strlen(text);

	memmove(text, text + 1, len - 2);
	text[len - 2] = '\0';
	return text;
}

static void check_row(const struct row *row)
{
	struct wh_limits limits;
	WH_POLICY struct wh_policy *policy = limits_of(row->policy, &limits);
	struct judgement first, second;
	char *text, *again;

	judge(&first, row->mounts, "rootfs", &limits);
	if (row->error != NULL) {
		if (first.result >= 0)
			fail_msg("%s, %s: not refused", row->policy, row->mounts);
		if (strstr(first.err.text, row->error) == NULL)
			fail_msg("%s, %s: %s, expected %s", row->policy, row->mounts,
				first.err.text, row->error);
		judgement_done(&first);
		return;
	}
	if (first.result < 0)
		fail_msg("%s, %s: %s", row->policy, row->mounts, first.err.text);
	text = elements(&first);
	assert_string_equal(text, row->after == NULL ? row->mounts : row->after);
	judge(&second, text, "rootfs", &limits);
	assert_int_equal(second.result, 0);
	again = elements(&second);
	assert_string_equal(again, text);
	free(again);
	free(text);
	judgement_done(&first);
	judgement_done(&second);
}

static void check_rows(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		check_row(&rows[i]);
}

#define BIND(from, to) \
	"{\"destination\":\"" to "\",\"type\":\"bind\",\"source\":\"" from \
	"\",\"options\":[\"rbind\"]}"
#define MOUNT(is_type, to) "{\"destination\":\"" to "\",\"type\":\"" is_type "\"}"
#define OF_TYPE(is_type, from, option) \
	"{\"destination\":\"/x\",\"type\":\"" is_type "\",\"source\":\"" from \
	"\",\"options\":[\"" option "\"]}"

#define DEFAULT "\"mounts\":\"refuse\""
#define STRIP "\"mounts\":\"strip\""

static void sensitive_sources(void **state)
{
	static const struct row rows[] = {
		{ "\"mounts\":\"keep\"", BIND("/", "/host"), NULL, NULL },
		{ DEFAULT, BIND("/srv/data", "/data"), NULL, NULL },
		{ DEFAULT, BIND("/", "/host"), NULL, "a mount that brings / of the host" },
		{ DEFAULT, BIND("/var/run/docker.sock", "/s"), NULL, "/run/docker.sock" },
		{ DEFAULT, BIND("/srv/link", "/x"), NULL, "/etc" },
		{ DEFAULT, BIND("../../etc", "/x"), NULL, "/etc" },
		{ DEFAULT, BIND("/vol/etc/_data", "/x"), NULL, "/etc" },
		{ DEFAULT, BIND("/vol/nest/_data", "/x"), NULL, "/proc" },
		{ DEFAULT, BIND("/proc/self/root", "/x"), NULL, "cannot be told" },
		{ DEFAULT, BIND("", "/x"), NULL, "cannot be told" },
		{ STRIP, BIND("/", "/host") "," BIND("/srv/data", "/data"),
			BIND("/srv/data", "/data"), NULL },
		{ STRIP, BIND("/", "/host"), "", NULL },
		/* read-only is not enough, but for what everybody may read */
		{ DEFAULT, OF_TYPE("bind", "/etc", "ro"), NULL, "/etc" },
		{ DEFAULT, OF_TYPE("bind", "/etc/localtime", "ro"), NULL, NULL },
		{ DEFAULT, OF_TYPE("bind", "/etc/localtime", "rbind"), NULL, "/etc" },
		{ DEFAULT,
			"{\"destination\":\"/x\",\"type\":\"bind\",\"source\":\"/etc/hosts\","
			"\"options\":[\"ro\",\"rw\"]}",
			NULL, "/etc" },
	};

	(void)state;
	check_rows(rows, WH_COUNT(rows));
}

/* A bind mount is one that does not say so, too. */
static void disguises(void **state)
{
	static const struct row rows[] = {
		{ DEFAULT, OF_TYPE("none", "/etc", "rbind"), NULL, "/etc" },
		{ DEFAULT, OF_TYPE("tmpfs", "/etc", "bind"), NULL, "/etc" },
		{ DEFAULT, OF_TYPE("proc", "/etc", "rbind"), NULL, "/etc" },
		{ DEFAULT, OF_TYPE("rbind", "/etc", "ro"), NULL, "/etc" },
		{ DEFAULT, OF_TYPE("", "/etc", "ro"), NULL, "/etc" },
		{ DEFAULT, "{\"destination\":\"/x\",\"source\":\"/etc\"}", NULL, "/etc" },
		{ DEFAULT, OF_TYPE("overlay", "o", "lowerdir=/srv/a:/etc"), NULL, "/etc" },
		{ DEFAULT, OF_TYPE("overlay", "o", "lowerdir=/srv/a,upperdir=/root"), NULL,
			"/root" },
		{ DEFAULT, OF_TYPE("overlay", "o", "workdir=/srv/link"), NULL, "/etc" },
		{ DEFAULT, OF_TYPE("overlay", "o", "lowerdir+=/etc"), NULL, "/etc" },
		{ DEFAULT, OF_TYPE("overlay", "o", "lowerdir=/srv/a\\\\,b"), NULL,
			"cannot be told" },
		{ DEFAULT, OF_TYPE("overlay", "o", "lowerdir=/srv/a:/srv/b"), NULL, NULL },
		{ DEFAULT, OF_TYPE("ext4", "/dev/sda", "rw"), NULL, "file system type" },
		{ DEFAULT, OF_TYPE("devtmpfs", "d", "rw"), NULL, "file system type" },
		{ DEFAULT, OF_TYPE("debugfs", "d", "rw"), NULL, "file system type" },
		{ DEFAULT, OF_TYPE("tracefs", "d", "rw"), NULL, "file system type" },
		{ DEFAULT, OF_TYPE("bpf", "d", "rw"), NULL, "file system type" },
		{ DEFAULT, OF_TYPE("binfmt_misc", "d", "rw"), NULL, "file system type" },
		{ DEFAULT, OF_TYPE("Proc", "d", "rw"), NULL, "file system type" },
		{ "\"mounts\":{\"types\":[\"nfs*\"]}", OF_TYPE("nfs4", "d", "rw"), NULL, NULL },
		{ "\"mounts\":{\"types\":[\"nfs*\"]}", OF_TYPE("ext4", "d", "rw"), NULL,
			"file system type" },
	};

	(void)state;
	check_rows(rows, WH_COUNT(rows));
}

static void places(void **state)
{
	static const struct row rows[] = {
		{ DEFAULT, MOUNT("proc", "/proc") "," MOUNT("sysfs", "/sys"), NULL, NULL },
		{ DEFAULT, MOUNT("cgroup", "/sys/fs/cgroup"), NULL, NULL },
		{ DEFAULT, MOUNT("cgroup2", "/sys/fs/cgroup/unified"), NULL, NULL },
		{ DEFAULT, MOUNT("tmpfs", "/dev") "," MOUNT("devpts", "/dev/pts"), NULL, NULL },
		{ DEFAULT, MOUNT("mqueue", "/dev/mqueue") "," MOUNT("tmpfs", "/tmp"), NULL, NULL },
		{ DEFAULT, MOUNT("proc", "/proc/"), NULL, NULL },
		{ DEFAULT, MOUNT("proc", "/mnt"), NULL, "unusual place" },
		{ DEFAULT, MOUNT("sysfs", "/proc"), NULL, "/proc" },
		{ DEFAULT, MOUNT("sysfs", "/mnt"), NULL, "unusual place" },
		{ DEFAULT, MOUNT("cgroup", "/mnt"), NULL, "unusual place" },
		{ DEFAULT, MOUNT("cgroup2", "/sys/fs/cgroups"), NULL, "unusual place" },
		{ DEFAULT, MOUNT("tmpfs", "/proc"), NULL, "/proc" },
		{ DEFAULT, MOUNT("tmpfs", "/proc/sys"), NULL, "/proc" },
		{ DEFAULT, BIND("/srv/fake", "/proc"), NULL, "/proc" },
		{ DEFAULT, BIND("/srv/fake", "/proc/kcore"), NULL, "/proc" },
		{ DEFAULT, BIND("/srv/lxcfs/proc/meminfo", "/proc/meminfo"), NULL, NULL },
		{ DEFAULT, BIND("/srv/process", "/process"), NULL, NULL },
		{ DEFAULT, BIND("/srv/data", "/"), NULL, "destination" },
		{ DEFAULT, BIND("/srv/data", "mnt"), NULL, "destination" },
		{ DEFAULT, BIND("/srv/data", ""), NULL, "destination" },
		{ DEFAULT, BIND("/srv/data", "/../../mnt"), NULL, "destination" },
		{ DEFAULT, BIND("/srv/data", "/a/./b"), NULL, NULL },
		{ DEFAULT, BIND("/srv/data", "//proc/./sys"), NULL, "/proc" },
		{ DEFAULT, BIND("/srv/data", "/a/.."), NULL, "destination" },
		{ DEFAULT, BIND("/srv/data", "/..a/b.."), NULL, NULL },
	};

	(void)state;
	check_rows(rows, WH_COUNT(rows));
}

static void lists(void **state)
{
	static const struct row rows[] = {
		{ "\"mounts\":[\"/srv/*\"]", BIND("/srv/data", "/x"), NULL, NULL },
		{ "\"mounts\":[\"/srv/*\"]", BIND("/opt", "/x"), NULL, "a mount of this source" },
		{ "\"mounts\":[]", BIND("/srv/data", "/x"), NULL, "a mount of this source" },
		{ "\"mounts\":[\"/run/docker.sock\"]", BIND("/var/run/docker.sock", "/x"), NULL,
			NULL },
		/* what was asked for is not what it leads to */
		{ "\"mounts\":[\"/srv/*\"]", BIND("/srv/link", "/x"), NULL, "/etc" },
		{ "\"mounts\":[\"/var/run/docker.sock\"]", BIND("/var/run/docker.sock", "/x"), NULL,
			"/run/docker.sock" },
		/* a volume that is a folder of the host */
		{ "\"mounts\":[\"/vol/*/_data\"]", BIND("/vol/a/_data", "/x"), NULL, NULL },
		{ "\"mounts\":[\"/vol/*/_data\"]", BIND("/vol/etc/_data", "/x"), NULL, "/etc" },
		{ "\"mounts\":[\"/vol/*/_data\"]", BIND("/vol/nest/_data", "/x"), NULL, "/proc" },
		{ "\"mounts\":[\"/vol/*/_data\",\"/etc/kubernetes\"]", BIND("/vol/etc/_data", "/x"),
			NULL, NULL },
		{ "\"mounts\":{\"deny\":[\"/srv/secret\"]}", BIND("/srv/data", "/x"), NULL, NULL },
		{ "\"mounts\":{\"deny\":[\"/srv/secret\"]}", BIND("/srv/secret", "/x"), NULL,
			"a mount of this source" },
		{ "\"mounts\":{\"deny\":[\"/srv/secret\"]}", BIND("/srv/secret/a", "/x"), NULL,
			"a mount of this source" },
		{ "\"mounts\":{\"deny\":[\"/srv/secret\"]}", BIND("/srv", "/x"), NULL,
			"a mount of this source" },
		{ "\"mounts\":{\"deny\":[\"/srv/secret\"]}", BIND("/srv/secrets", "/x"), NULL,
			NULL },
		{ "\"mounts\":{\"allow\":[\"/srv/*\"],\"deny\":[\"/srv/s*\"]}",
			BIND("/srv/secret", "/x"), NULL, "a mount of this source" },
		{ "\"mounts\":{\"allow\":[\"/vol/*\",\"/etc/*\"],\"deny\":[\"/etc/kube*\"]}",
			BIND("/vol/etc/_data", "/x"), NULL, "/etc" },
		{ "\"mounts\":{\"allow\":[\"/srv/*\"],\"otherwise\":\"strip\"}",
			BIND("/opt", "/x") "," BIND("/srv/a", "/y"), BIND("/srv/a", "/y"), NULL },
	};

	(void)state;
	check_rows(rows, WH_COUNT(rows));
}

/* Taking one out must not give what it covered, nor lead elsewhere what lies in it. */
static void others_hang_on_it(void **state)
{
	static const struct row rows[] = {
		{ STRIP, BIND("/", "/a") "," BIND("/srv/b", "/a/b"), NULL, "cannot be taken out" },
		{ STRIP, BIND("/", "/a/") "," BIND("/srv/b", "/a/b"), NULL, "cannot be taken out" },
		{ STRIP, BIND("/srv/b", "/a") "," BIND("/etc", "/a"), NULL, "cannot be taken out" },
		{ STRIP, BIND("/srv/b", "/a/") "," BIND("/etc", "/a"), NULL,
			"cannot be taken out" },
		{ STRIP, BIND("/srv/b", "/a") "," BIND("/etc", "/a/secret"), NULL,
			"cannot be taken out" },
		{ STRIP, MOUNT("tmpfs", "/dev") "," BIND("/dev/shm", "/dev/shm"),
			MOUNT("tmpfs", "/dev"), NULL },
		{ STRIP, BIND("/", "/ab") "," BIND("/srv/b", "/a"), BIND("/srv/b", "/a"), NULL },
	};

	(void)state;
	check_rows(rows, WH_COUNT(rows));
}

static void forced_options(void **state)
{
#define FORCED "\"mounts\":{\"options\":[\"nosuid\",\"ro\"]}"
#define WITH(options) \
	"{\"destination\":\"/x\",\"type\":\"bind\",\"source\":\"/srv/a\",\"options\":[" options "]}"
	static const struct row rows[] = {
		{ FORCED, WITH("\"rbind\""), WITH("\"rbind\",\"nosuid\",\"ro\""), NULL },
		{ FORCED, WITH("\"rw\",\"suid\""), WITH("\"nosuid\",\"ro\""), NULL },
		{ FORCED, WITH("\"ro\",\"nosuid\",\"suid\""), WITH("\"ro\",\"nosuid\""), NULL },
		{ FORCED, WITH("\"ro\",\"nosuid\""), NULL, NULL },
		{ FORCED, "{\"destination\":\"/x\",\"type\":\"bind\",\"source\":\"/srv/a\"}",
			WITH("\"nosuid\",\"ro\""), NULL },
		{ FORCED, MOUNT("tmpfs", "/tmp"), NULL, NULL },
	};

	(void)state;
	check_rows(rows, WH_COUNT(rows));
}

/* A device that a mount brings is judged as a device, whatever its path. */
static void device_nodes(void **state)
{
	static const struct row rows[] = {
		{ DEFAULT ",\"devices\":\"refuse\"", BIND("/dev/null", "/x"), NULL, NULL },
		{ DEFAULT ",\"devices\":\"refuse\"", BIND("/dev/sda", "/x"), NULL,
			"the device b 8:0" },
		{ DEFAULT ",\"devices\":\"strip\"", BIND("/dev/sda", "/x"), "", NULL },
		{ DEFAULT ",\"devices\":[\"c 10:229 rwm\"]", BIND("/dev/fuse", "/x"), NULL, NULL },
		{ DEFAULT ",\"devices\":[\"/dev/fuse\"]", BIND("/dev/fuse", "/x"), NULL, NULL },
		{ DEFAULT, BIND("/dev", "/x"), NULL, "/dev" },
		/* no "ro" is forced on it */
		{ FORCED ",\"devices\":\"refuse\"", BIND("/dev/null", "/x"), NULL, NULL },
	};

	(void)state;
	check_rows(rows, WH_COUNT(rows));
}

static void root_is(const char *said, const char *root, const char *error)
{
	struct wh_limits limits;
	WH_POLICY struct wh_policy *policy = limits_of(said, &limits);
	struct judgement j;

	judge(&j, "", root, &limits);
	if (error == NULL && j.result < 0)
		fail_msg("%s, %s: %s", said, root, j.err.text);
	if (error != NULL && (j.result != -EACCES || strstr(j.err.text, error) == NULL))
		fail_msg("%s, %s: %s, expected %s", said, root, j.err.text, error);
	judgement_done(&j);
}

static void roots(void **state)
{
	(void)state;
	root_is(DEFAULT, "rootfs", NULL);
	root_is(DEFAULT, "/var/lib/docker/overlay2/0123/merged", NULL);
	root_is(DEFAULT, "/", "a root file system that is / of the host");
	root_is(DEFAULT, "/srv/link", "/etc");
	root_is(DEFAULT, "/vol/etc/_data", "/etc");
	root_is(DEFAULT, "/proc/self/root", "cannot be told");
	root_is(STRIP, "/", "/");
	root_is("\"mounts\":[\"/srv/*\"]", "/", "/");
	root_is("\"mounts\":[\"/srv/*\"]", "rootfs", NULL); /* the list is about mounts */
	root_is("\"mounts\":\"keep\"", "/", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sensitive_sources),
		cmocka_unit_test(disguises),
		cmocka_unit_test(places),
		cmocka_unit_test(lists),
		cmocka_unit_test(others_hang_on_it),
		cmocka_unit_test(forced_options),
		cmocka_unit_test(device_nodes),
		cmocka_unit_test(roots),
	};

	return cmocka_run_group_tests_name("trim-mounts", tests, NULL, NULL);
}
