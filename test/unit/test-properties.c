/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold of every judgement, whatever is asked for and whatever the policy is, over
 * thousands of generated documents and limits:
 *
 *   monotone    each set of capabilities is what was asked for with names taken out; no device,
 *               namespace, hook or mount goes; the user is the one that was asked for
 *   bounded     no name outside the limits or unknown to the kernel is left
 *   idempotent  judging the outcome changes nothing, byte for byte
 *   lossless    every member that is not judged comes out in its place and spelling
 *   explained   as many changes are listed as there are
 *
 * The generator writes what the schema accepts, in odd spellings, with members left out, unknown
 * ones put in, and everything in any order. A failure prints its seed; `test-properties SEED` runs
 * that one alone.
 */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>

#include "judge.h"
#include "oci/annotation.h"
#include "oci/schema.h"

#define RUNS 3000

/* ---- chance -------------------------------------------------------------------------------- */

struct dice {
	uint64_t state;
	unsigned names; /* how many keys were made up */
};

/* splitmix64 */
static uint64_t roll(struct dice *dice)
{
	uint64_t z = dice->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static unsigned below(struct dice *dice, unsigned n)
{
	return (unsigned)(roll(dice) % n);
}

/* True `percent` times in a hundred. */
static bool maybe(struct dice *dice, unsigned percent)
{
	return below(dice, 100) < percent;
}

#define pick(dice, list) ((list)[below(dice, WH_COUNT(list))])

/* ---- documents ----------------------------------------------------------------------------- */

static const char *const odd_numbers[] = { "0", "-0", "7", "1.50", "1e+2", "-1E-7", "0.0",
	"18446744073709551616", "123456789012345678901234567890.1234567890" };
static const char *const odd_strings[] = { "", "plain", "\\u0041\\/\\\"\\\\", "a b\\n\\t",
	"\xc3\xa4\xe2\x80\xa8", "\\ud83d\\udca9", "<>&'", "CAP_SYS_ADMIN", "\\u007f",
	"{\\\"a\\\":1}" };

/* What follows may be put anywhere between two tokens. */
static void blank(struct dice *dice, struct wh_buf *out)
{
	static const char *const blanks[] = { "", "", "", " ", "\n", "\t\r\n ", "  " };

	wh_buf_add_string(out, pick(dice, blanks));
}

static void add_any(struct dice *dice, struct wh_buf *out, unsigned depth)
{
	unsigned n = depth == 0 ? 0 : below(dice, 3);

	switch (below(dice, depth == 0 ? 5 : 7)) {
	case 0:
		wh_buf_add_string(out, "null");
		break;
	case 1:
		wh_buf_add_string(out, "true");
		break;
	case 2:
		wh_buf_add_string(out, "false");
		break;
	case 3:
		wh_buf_add_string(out, pick(dice, odd_numbers));
		break;
	case 4:
		wh_buf_addf(out, "\"%s\"", pick(dice, odd_strings));
		break;
	case 5:
		wh_buf_add_char(out, '[');
		for (unsigned i = 0; i < n; i++) {
			wh_buf_add_string(out, i == 0 ? "" : ",");
			add_any(dice, out, depth - 1);
		}
		wh_buf_add_char(out, ']');
		break;
	default:
		wh_buf_add_char(out, '{');
		for (unsigned i = 0; i < n; i++) {
			wh_buf_addf(out, "%s\"%c%u\":", i == 0 ? "" : ",", 'a' + (char)i,
				below(dice, 9));
			add_any(dice, out, depth - 1);
		}
		wh_buf_add_char(out, '}');
	}
}

/* An object whose members are written by `writers`, some left out, in any order, with others that
 * nobody knows between them. */
typedef void write_value(struct dice *dice, struct wh_buf *out);

struct member {
	const char *key;
	write_value *write;
	unsigned percent;
};

static void add_member(struct dice *dice, struct wh_buf *out, bool *first, const char *key)
{
	if (!*first)
		wh_buf_add_char(out, ',');
	*first = false;
	blank(dice, out);
	/* Sometimes its first character as an escape. */
	if (maybe(dice, 10) && (key[0] & 0x80) == 0)
		wh_buf_addf(out, "\"\\u%04x%s\"", (unsigned)key[0], key + 1);
	else
		wh_buf_addf(out, "\"%s\"", key);
	blank(dice, out);
	wh_buf_add_char(out, ':');
	blank(dice, out);
}

static void add_object(
	struct dice *dice, struct wh_buf *out, const struct member *members, size_t count)
{
	bool first = true;
	size_t start = below(dice, (unsigned)count);
	char key[32];

	wh_buf_add_char(out, '{');
	for (size_t i = 0; i < count; i++) {
		const struct member *member = &members[(start + i) % count];

		if (maybe(dice, 10)) {
			spell(key, sizeof(key), "x-unknown-%u", dice->names++);
			add_member(dice, out, &first, key);
			add_any(dice, out, 3);
		}
		if (!maybe(dice, member->percent))
			continue;
		add_member(dice, out, &first, member->key);
		if (maybe(dice, 4))
			wh_buf_add_string(out, "null");
		else
			member->write(dice, out);
	}
	blank(dice, out);
	wh_buf_add_char(out, '}');
}

static void write_text(struct dice *dice, struct wh_buf *out)
{
	wh_buf_addf(out, "\"%s\"", pick(dice, odd_strings));
}

static void write_texts(struct dice *dice, struct wh_buf *out)
{
	unsigned n = below(dice, 4);

	wh_buf_add_char(out, '[');
	for (unsigned i = 0; i < n; i++) {
		wh_buf_add_string(out, i == 0 ? "" : ",");
		blank(dice, out);
		write_text(dice, out);
	}
	wh_buf_add_char(out, ']');
}

static void write_flag(struct dice *dice, struct wh_buf *out)
{
	wh_buf_add_string(out, maybe(dice, 50) ? "true" : "false");
}

static void write_id(struct dice *dice, struct wh_buf *out)
{
	static const char *const ids[] = { "0", "0", "1000", "65534", "4294967294" };

	wh_buf_add_string(out, maybe(dice, 1) ? "4294967295" : pick(dice, ids));
}

static void write_ids(struct dice *dice, struct wh_buf *out)
{
	(void)dice;
	wh_buf_add_string(out, "[0,27 ,998]");
}

static void write_set(struct dice *dice, struct wh_buf *out)
{
	static const char *const odd[] = { "cap_sys_admin", "21", "CAP_KILL,CAP_CHOWN", "CAP_KILL ",
		"CAP_NEXT", "", "CAP_\\u004bILL", "\\u0043AP_CHOWN", "CAP_BPF", "CAP_SYS_ADMIN" };
	unsigned n = below(dice, 8);

	wh_buf_add_char(out, '[');
	for (unsigned i = 0; i < n; i++) {
		wh_buf_add_string(out, i == 0 ? "" : ",");
		if (maybe(dice, 15))
			wh_buf_addf(out, "\"%s\"", pick(dice, odd));
		else
			wh_buf_addf(
				out, "\"%s\"", wh_capability_get(below(dice, WH_CAP_COUNT))->name);
	}
	wh_buf_add_char(out, ']');
}

static const char *const sets[] = { "bounding", "effective", "inheritable", "permitted",
	"ambient" };

/* No unknown members but, rarely, a sixth set. */
static void write_capabilities(struct dice *dice, struct wh_buf *out)
{
	size_t start = below(dice, WH_COUNT(sets));
	bool first = true;

	wh_buf_add_char(out, '{');
	for (size_t i = 0; i < WH_COUNT(sets); i++) {
		if (maybe(dice, 20))
			continue;
		add_member(dice, out, &first, sets[(start + i) % WH_COUNT(sets)]);
		if (maybe(dice, 10))
			wh_buf_add_string(out, "null");
		else
			write_set(dice, out);
	}
	if (maybe(dice, 1)) {
		add_member(dice, out, &first, "sixth");
		write_set(dice, out);
	}
	wh_buf_add_char(out, '}');
}

static void write_user(struct dice *dice, struct wh_buf *out)
{
	static const struct member members[] = { { "uid", write_id, 80 }, { "gid", write_id, 80 },
		{ "additionalGids", write_ids, 30 }, { "username", write_text, 10 } };

	add_object(dice, out, members, WH_COUNT(members));
}

static void write_process(struct dice *dice, struct wh_buf *out)
{
	static const struct member members[] = { { "args", write_texts, 90 },
		{ "env", write_texts, 70 }, { "cwd", write_text, 90 },
		{ "capabilities", write_capabilities, 85 }, { "terminal", write_flag, 50 },
		{ "noNewPrivileges", write_flag, 60 }, { "user", write_user, 80 },
		{ "selinuxLabel", write_text, 10 } };

	add_object(dice, out, members, WH_COUNT(members));
}

static void write_root(struct dice *dice, struct wh_buf *out)
{
	static const struct member members[] = { { "path", write_text, 95 },
		{ "readonly", write_flag, 50 } };

	add_object(dice, out, members, WH_COUNT(members));
}

static void write_annotations(struct dice *dice, struct wh_buf *out)
{
	static const char *const keys[] = { "run.oci.handler", "bundle", "org.criu.config", "a=b",
		"org.systemd.property.KillSignal", "org.systemd.property.ExecStart", "io.x", "Io.x",
		"org.whittle.capabilities", "krun.x", "\xc3\xa4", "dev.gvisor.x", "z" };
	bool first = true;

	wh_buf_add_char(out, '{');
	for (size_t i = 0; i < WH_COUNT(keys); i++) {
		if (!maybe(dice, 25))
			continue;
		add_member(dice, out, &first, keys[i]);
		if (maybe(dice, 20))
			wh_buf_add_string(out, "\"15\"");
		else
			write_text(dice, out);
	}
	wh_buf_add_char(out, '}');
}

static void write_destination(struct dice *dice, struct wh_buf *out)
{
	static const char *const paths[] = { "/tmp", "/run", "/run/lock", "/var", "/proc",
		"/dev/shm", "tmp", "/x/../run", "//var//tmp/" };

	wh_buf_addf(out, "\"%s\"", maybe(dice, 2) ? "/" : pick(dice, paths));
}

static void write_mount(struct dice *dice, struct wh_buf *out)
{
	static const struct member members[] = { { "destination", write_destination, 99 },
		{ "type", write_text, 70 }, { "source", write_text, 70 },
		{ "options", write_texts, 70 } };

	add_object(dice, out, members, WH_COUNT(members));
}

static void write_list(struct dice *dice, struct wh_buf *out, write_value *write)
{
	unsigned n = below(dice, 5);

	wh_buf_add_char(out, '[');
	for (unsigned i = 0; i < n; i++) {
		wh_buf_add_string(out, i == 0 ? "" : ",");
		blank(dice, out);
		write(dice, out);
	}
	wh_buf_add_char(out, ']');
}

static void write_mounts(struct dice *dice, struct wh_buf *out)
{
	write_list(dice, out, write_mount);
}

static void write_hook(struct dice *dice, struct wh_buf *out)
{
	static const struct member members[] = { { "path", write_text, 95 },
		{ "args", write_texts, 50 }, { "env", write_texts, 50 } };

	add_object(dice, out, members, WH_COUNT(members));
}

static void write_hook_list(struct dice *dice, struct wh_buf *out)
{
	write_list(dice, out, write_hook);
}

static void write_hooks(struct dice *dice, struct wh_buf *out)
{
	static const struct member members[] = { { "prestart", write_hook_list, 50 },
		{ "poststop", write_hook_list, 50 } };

	add_object(dice, out, members, WH_COUNT(members));
}

static void write_namespace(struct dice *dice, struct wh_buf *out)
{
	static const char *const types[] = { "mount", "mount", "pid", "network", "user", "Mount" };
	bool first = true;

	wh_buf_add_char(out, '{');
	add_member(dice, out, &first, "type");
	wh_buf_addf(out, "\"%s\"", pick(dice, types));
	if (maybe(dice, 10)) {
		add_member(dice, out, &first, "path");
		wh_buf_add_string(out, maybe(dice, 50) ? "\"/proc/1/ns/x\"" : "\"\"");
	}
	wh_buf_add_char(out, '}');
}

static void write_namespaces(struct dice *dice, struct wh_buf *out)
{
	if (maybe(dice, 70))
		wh_buf_add_string(out, "[{\"type\":\"pid\"},{\"type\":\"mount\"}]");
	else
		write_list(dice, out, write_namespace);
}

static void write_devices(struct dice *dice, struct wh_buf *out)
{
	(void)dice;
	wh_buf_add_string(
		out, "[{\"path\":\"/dev/fuse\",\"type\":\"c\",\"major\":10,\"minor\":229}]");
}

static void write_linux(struct dice *dice, struct wh_buf *out)
{
	static const struct member members[] = { { "namespaces", write_namespaces, 95 },
		{ "devices", write_devices, 40 }, { "maskedPaths", write_texts, 60 },
		{ "cgroupsPath", write_text, 50 } };

	add_object(dice, out, members, WH_COUNT(members));
}

static void write_config(struct dice *dice, struct wh_buf *out)
{
	static const struct member members[] = { { "ociVersion", write_text, 95 },
		{ "process", write_process, 97 }, { "root", write_root, 97 },
		{ "hostname", write_text, 50 }, { "mounts", write_mounts, 85 },
		{ "hooks", write_hooks, 40 }, { "annotations", write_annotations, 70 },
		{ "linux", write_linux, 95 } };

	add_object(dice, out, members, WH_COUNT(members));
}

/* ---- limits -------------------------------------------------------------------------------- */

#define MAX_TMPFS 4

struct world {
	struct wh_limits limits;
	struct wh_facts facts;
	struct wh_policy_tmpfs tmpfs[MAX_TMPFS];
	struct wh_place places[MAX_TMPFS];
};

static void make_world(struct dice *dice, struct world *world)
{
	static const char *const paths[] = { "/tmp", "/run", "/run/lock", "/var/tmp", "/var/run" };
	static const unsigned kernels[] = { 40, 40, 40, 63, 39, 37, 30 };

	memset(world, 0, sizeof(*world));
	world->limits.capabilities = roll(dice) & WH_CAPSET_ALL;
	if (maybe(dice, 20))
		world->limits.capabilities = maybe(dice, 50) ? WH_CAPSET_ALL : 0;
	world->limits.kinds[WH_KIND_NO_NEW_PRIVILEGES].otherwise =
		maybe(dice, 70) ? WH_STRIP : WH_KEEP;
	world->limits.kinds[WH_KIND_READONLY_ROOTFS].otherwise =
		maybe(dice, 70) ? WH_STRIP : WH_KEEP;
	world->limits.tmpfs = world->tmpfs;
	world->limits.tmpfs_count = below(dice, MAX_TMPFS + 1);
	world->facts.tmpfs = world->places;
	world->facts.last_capability = pick(dice, kernels);
	for (size_t i = 0; i < world->limits.tmpfs_count; i++) {
		const char *path = paths[(roll(dice) + i) % WH_COUNT(paths)];
		bool link = strcmp(path, "/var/run") == 0;

		world->tmpfs[i] = (struct wh_policy_tmpfs){ path, roll(dice) };
		world->places[i] = (struct wh_place){ path, link ? "/run" : path,
			maybe(dice, 70) ? WH_PLACE_FOLDER : (enum wh_place_kind)below(dice, 6) };
	}
}

/* ---- what must hold ------------------------------------------------------------------------ */

/* A value of either document. */
struct at {
	struct wh_json *doc;
	wh_node node;
};

static struct at member(struct at object, const char *key)
{
	return (struct at){ object.doc, wh_json_get(object.doc, object.node, key) };
}

static bool is_type(struct at value, enum wh_json_type type)
{
	return wh_json_type(value.doc, value.node) == type;
}

static void assert_same(struct at before, struct at after)
{
	char *text = document_text(before.doc, before.node);
	char *other = document_text(after.doc, after.node);

	assert_string_equal(text, other);
	free(text);
	free(other);
}

static bool is_one_of(struct at key, const char *const list[])
{
	for (; *list != NULL; list++) {
		if (wh_json_string_is(key.doc, key.node, *list))
			return true;
	}
	return false;
}

/* Every member of the one is in the other, in its place, in its spelling but for those listed;
 * which are also all that may have been added, at the end. */
static void assert_same_but(struct at before, struct at after, const char *const listed[])
{
	wh_node old = wh_json_first(before.doc, before.node);
	wh_node new = wh_json_first(after.doc, after.node);

	for (; old != WH_NO_NODE; old = wh_json_next(before.doc, wh_json_next(before.doc, old))) {
		const struct at old_key = { before.doc, old };
		const struct at new_key = { after.doc, new };

		assert_int_not_equal(new, WH_NO_NODE);
		assert_same(old_key, new_key);
		if (!is_one_of(old_key, listed))
			assert_same((struct at){ before.doc, wh_json_next(before.doc, old) },
				(struct at){ after.doc, wh_json_next(after.doc, new) });
		new = wh_json_next(after.doc, wh_json_next(after.doc, new));
	}
	for (; new != WH_NO_NODE; new = wh_json_next(after.doc, wh_json_next(after.doc, new)))
		assert_true(is_one_of((struct at){ after.doc, new }, listed));
}

static wh_capset set_of(struct at list)
{
	wh_capset set = 0;

	wh_json_each_element (list.doc, list.node, name) {
		unsigned capability = 0;

		assert_true(wh_capability_from_oci(wh_json_string(list.doc, name), &capability));
		set |= wh_capset_of(capability);
	}
	return set;
}

/* The second list is the first one with elements taken out. How many were. */
static size_t assert_taken_out(struct at before, struct at after)
{
	size_t gone = 0;
	wh_node new = wh_json_first(after.doc, after.node);

	assert_true(is_type(after, WH_JSON_ARRAY));
	if (!is_type(before, WH_JSON_ARRAY)) {
		assert_int_equal(new, WH_NO_NODE);
		return 0;
	}
	wh_json_each_element (before.doc, before.node, old) {
		if (new != WH_NO_NODE &&
			wh_slice_eq(wh_json_raw(before.doc, old), wh_json_raw(after.doc, new)))
			new = wh_json_next(after.doc, new);
		else
			gone++;
	}
	assert_int_equal(new, WH_NO_NODE);
	return gone;
}

static size_t check_capabilities(struct at before, struct at after, const struct world *world)
{
	static const char *const five[] = { "bounding", "effective", "inheritable", "permitted",
		"ambient", NULL };
	wh_capset allowed = world->limits.capabilities;
	size_t changes = 0;

	if (world->facts.last_capability < WH_CAP_COUNT - 1)
		allowed &= wh_capset_of(world->facts.last_capability + 1) - 1;
	assert_true(is_type(after, WH_JSON_OBJECT));
	for (size_t i = 0; i < WH_COUNT(sets); i++) {
		changes += assert_taken_out(member(before, sets[i]), member(after, sets[i]));
		assert_int_equal(set_of(member(after, sets[i])) & ~allowed, 0);
	}
	if (is_type(before, WH_JSON_OBJECT))
		assert_same_but(before, after, five);
	return changes;
}

static void check_user(struct at before, struct at after)
{
	static const char *const ids[] = { "uid", "gid", NULL };

	assert_true(is_type(after, WH_JSON_OBJECT));
	if (is_type(before, WH_JSON_OBJECT))
		assert_same_but(before, after, ids);
	for (size_t i = 0; i < 2; i++) {
		struct at asked = member(before, ids[i]);
		struct at given = member(after, ids[i]);
		uint64_t id;

		assert_int_equal(wh_json_u64(given.doc, given.node, &id), 0);
		assert_true(id < UINT32_MAX);
		if (is_type(asked, WH_JSON_NUMBER))
			assert_same(asked, given);
		else
			assert_int_equal(id, 0);
	}
}

static size_t check_flag(struct at before, struct at after, bool wanted)
{
	if (!wanted) {
		assert_int_equal(
			wh_json_type(before.doc, before.node), wh_json_type(after.doc, after.node));
		return 0;
	}
	assert_true(is_type(after, WH_JSON_TRUE));
	return is_type(before, WH_JSON_TRUE) ? 0 : 1;
}

static size_t check_process(struct at before, struct at after, const struct world *world)
{
	static const char *const judged[] = { "capabilities", "noNewPrivileges", "user", NULL };
	size_t changes;

	assert_same_but(before, after, judged);
	changes = check_capabilities(
		member(before, "capabilities"), member(after, "capabilities"), world);
	changes += check_flag(member(before, "noNewPrivileges"), member(after, "noNewPrivileges"),
		world->limits.kinds[WH_KIND_NO_NEW_PRIVILEGES].otherwise != WH_KEEP);
	check_user(member(before, "user"), member(after, "user"));
	return changes;
}

static size_t check_annotations(struct at before, struct at after)
{
	wh_node new = wh_json_first(after.doc, after.node);
	size_t changes = 0;

	wh_json_each_member (before.doc, before.node, old) {
		wh_node value = wh_json_next(before.doc, old);

		if (wh_annotation_danger(wh_json_string(before.doc, old),
			    wh_json_string(before.doc, value)) != NULL) {
			changes++;
			continue;
		}
		assert_same((struct at){ before.doc, old }, (struct at){ after.doc, new });
		new = wh_json_next(after.doc, new);
		assert_same((struct at){ before.doc, value }, (struct at){ after.doc, new });
		new = wh_json_next(after.doc, new);
	}
	assert_int_equal(new, WH_NO_NODE);
	return changes;
}

static size_t count_of(struct at list)
{
	size_t count = 0;

	wh_json_each_element (list.doc, list.node, element)
		count++;
	return count;
}

/* New ones in front, each a tmpfs of the policy; then the container's own, untouched. */
static size_t check_mounts(struct at before, struct at after, const struct world *world)
{
	wh_node new = wh_json_first(after.doc, after.node);
	size_t added = count_of(after) - count_of(before);

	assert_in_range(added, 0, world->limits.tmpfs_count);
	for (size_t i = 0; i < added; i++) {
		struct at path = member((struct at){ after.doc, new }, "destination");
		struct at type = member((struct at){ after.doc, new }, "type");
		bool known = false;

		assert_true(wh_json_string_is(after.doc, type.node, "tmpfs"));
		for (size_t k = 0; k < world->limits.tmpfs_count; k++)
			known |= wh_json_string_is(after.doc, path.node, world->places[k].resolved);
		assert_true(known);
		new = wh_json_next(after.doc, new);
	}
	wh_json_each_element (before.doc, before.node, old) {
		assert_same((struct at){ before.doc, old }, (struct at){ after.doc, new });
		new = wh_json_next(after.doc, new);
	}
	return added;
}

static size_t check_config(struct at before, struct at after, const struct world *world)
{
	static const char *const judged[] = { "process", "root", "mounts", "annotations", NULL };
	static const char *const readonly[] = { "readonly", NULL };
	struct at root = member(after, "root");
	size_t changes;

	assert_same_but(before, after, judged);
	changes = check_process(member(before, "process"), member(after, "process"), world);
	assert_same_but(member(before, "root"), root, readonly);
	changes += check_flag(member(member(before, "root"), "readonly"), member(root, "readonly"),
		world->limits.kinds[WH_KIND_READONLY_ROOTFS].otherwise != WH_KEEP);
	changes += check_annotations(member(before, "annotations"), member(after, "annotations"));
	changes += check_mounts(member(before, "mounts"), member(after, "mounts"), world);
	return changes;
}

/* ---- what must be refused ------------------------------------------------------------------ */

static bool is_no_id(struct at id)
{
	uint64_t value = 0;

	return wh_json_u64(id.doc, id.node, &value) == 0 && value == UINT32_MAX;
}

static bool process_must_be_refused(struct at process)
{
	struct at user = member(process, "user");

	return is_no_id(member(user, "uid")) || is_no_id(member(user, "gid")) ||
	       member(member(process, "capabilities"), "sixth").node != WH_NO_NODE;
}

/* A new one, and none that is joined. */
static bool has_new_mount_namespace(struct at config)
{
	struct at list = member(member(config, "linux"), "namespaces");
	unsigned new = 0, joined = 0;

	wh_json_each_element (list.doc, list.node, node) {
		struct at entry = { list.doc, node };
		struct at type = member(entry, "type");
		struct at path = member(entry, "path");

		if (wh_json_string_is(type.doc, type.node, "mount")) {
			if (wh_json_string(path.doc, path.node).len > 0)
				joined++;
			else
				new ++;
		}
	}
	return new > 0 && joined == 0;
}

/* The generator has no other spellings of it. */
static bool mounts_on_the_root(struct at mounts)
{
	wh_json_each_element (mounts.doc, mounts.node, mount) {
		struct at path = member((struct at){ mounts.doc, mount }, "destination");
		struct wh_slice text = wh_json_string(path.doc, path.node);

		if (text.len == 0 || wh_slice_is(text, "/"))
			return true;
	}
	return false;
}

static bool config_must_be_refused(struct at config, const struct world *world)
{
	return !is_type(member(config, "process"), WH_JSON_OBJECT) ||
	       !is_type(member(config, "root"), WH_JSON_OBJECT) ||
	       process_must_be_refused(member(config, "process")) ||
	       (world->limits.kinds[WH_KIND_READONLY_ROOTFS].otherwise != WH_KEEP &&
		       (!has_new_mount_namespace(config) ||
			       mounts_on_the_root(member(config, "mounts"))));
}

/* ---- runs ---------------------------------------------------------------------------------- */

static uint64_t seed_at_work; /* 0 between two runs */
static uint64_t only_seed;
static unsigned judged_count, refused_count;

static struct at root_of(struct wh_json *doc)
{
	return (struct at){ doc, wh_json_root(doc) };
}

/* Judges the text; the outcome's text, NULL when it is refused. The caller frees it. */
static char *outcome(judge_fn *judge, const char *text, const struct wh_limits *limits,
	const struct wh_facts *facts, size_t *ret_changes)
{
	struct judgement j;
	char *after = NULL;

	judge_document(&j, judge, document_of_bytes(text, strlen(text)), limits, facts);
	if (j.result == 0)
		after = document_text(j.doc, wh_json_root(j.doc));
	if (ret_changes != NULL)
		*ret_changes = j.trim.changes.total;
	judgement_done(&j);
	return after;
}

/* The outcome again under the same limits, and under those that allow everything. */
static void check_stable(judge_fn *judge, const char *after, const struct world *world)
{
	struct wh_limits everything = EVERYTHING;
	const struct wh_limits *const all[] = { &world->limits, &everything };

	for (size_t i = 0; i < WH_COUNT(all); i++) {
		size_t changes = 99;
		char *again = outcome(judge, after, all[i], &world->facts, &changes);

		assert_non_null(again);
		assert_string_equal(again, after);
		assert_int_equal(changes, 0);
		free(again);
	}
}

static struct at capabilities_of(struct wh_json *doc, judge_fn *judge)
{
	struct at root = root_of(doc);

	return member(judge == wh_trim_config ? member(root, "process") : root, "capabilities");
}

/* By way of the policy that allows everything one arrives at the same sets. */
static void check_detour(
	judge_fn *judge, const char *text, struct wh_json *after, const struct world *world)
{
	const struct wh_limits everything = EVERYTHING;
	char *halfway = outcome(judge, text, &everything, &world->facts, NULL);
	struct judgement end;

	assert_non_null(halfway);
	judge_document(&end, judge, document_of_bytes(halfway, strlen(halfway)), &world->limits,
		&world->facts);
	assert_int_equal(end.result, 0);
	assert_same(capabilities_of(end.doc, judge), capabilities_of(after, judge));
	judgement_done(&end);
	free(halfway);
}

static void check_text(judge_fn *judge, const char *text, const struct world *world)
{
	bool is_config = judge == wh_trim_config;
	struct wh_json *before = document_of_bytes(text, strlen(text));
	struct wh_err err = WH_ERR_INIT;
	size_t changes, found;
	char *after;
	bool refuse;

	if (wh_schema_check(before, wh_json_root(before),
		    is_config ? &wh_schema_config : &wh_schema_process, &err) < 0)
		fail_msg("the generator wrote what the schema refuses: %s", err.text);
	refuse = is_config ? config_must_be_refused(root_of(before), world)
			   : process_must_be_refused(root_of(before));
	after = outcome(judge, text, &world->limits, &world->facts, &changes);
	assert_int_equal(after == NULL, refuse);
	judged_count++;
	if (after == NULL) {
		refused_count++;
	} else {
		struct wh_json *doc = document_of_bytes(after, strlen(after));

		found = is_config ? check_config(root_of(before), root_of(doc), world)
				  : check_process(root_of(before), root_of(doc), world);
		assert_int_equal(changes, found);
		check_stable(judge, after, world);
		check_detour(judge, text, doc, world);
		wh_json_free(doc);
	}
	free(after);
	wh_json_free(before);
}

static void run(judge_fn *judge, write_value *write, uint64_t seed)
{
	struct dice dice = { .state = seed };
	struct wh_buf text = WH_BUF_INIT;
	struct world world;

	seed_at_work = seed;
	write(&dice, &text);
	assert_int_equal(wh_buf_status(&text), 0);
	make_world(&dice, &world);
	check_text(judge, text.data, &world);
	wh_buf_done(&text);
	seed_at_work = 0;
}

static void run_all(judge_fn *judge, write_value *write)
{
	judged_count = refused_count = 0;
	if (only_seed != 0) {
		run(judge, write, only_seed);
		return;
	}
	for (uint64_t seed = 1; seed <= RUNS; seed++)
		run(judge, write, seed);
	/* The generator must not get stuck on one side. */
	assert_in_range(refused_count, RUNS / 100, RUNS / 2);
}

static void configs(void **state)
{
	(void)state;
	run_all(wh_trim_config, write_config);
}

static void processes(void **state)
{
	(void)state;
	run_all(wh_trim_process, write_process);
}

/* Of two policies, the one that allows less leaves less, in each set. */
static void stricter_leaves_less(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= RUNS / 10; seed++) {
		struct dice dice = { .state = ~seed };
		struct wh_buf text = WH_BUF_INIT;
		struct world world;
		struct wh_limits stricter;
		struct judgement wide, narrow;

		seed_at_work = seed;
		wh_buf_add_string(&text, "{\"capabilities\":{\"bounding\":");
		write_set(&dice, &text);
		for (size_t i = 1; i < WH_COUNT(sets); i++) {
			wh_buf_addf(&text, ",\"%s\":", sets[i]);
			write_set(&dice, &text);
		}
		wh_buf_add_string(&text, "}}");
		make_world(&dice, &world);
		stricter = world.limits;
		stricter.capabilities &= roll(&dice);
		judge_document(&wide, wh_trim_process, document_of_bytes(text.data, text.len),
			&world.limits, &world.facts);
		judge_document(&narrow, wh_trim_process, document_of_bytes(text.data, text.len),
			&stricter, &world.facts);
		for (size_t i = 0; i < WH_COUNT(sets); i++)
			assert_int_equal(
				set_of(member(
					member(root_of(narrow.doc), "capabilities"), sets[i])) &
					~set_of(member(member(root_of(wide.doc), "capabilities"),
						sets[i])),
				0);
		judgement_done(&wide);
		judgement_done(&narrow);
		wh_buf_done(&text);
		seed_at_work = 0;
	}
}

static int report_seed(void **state)
{
	(void)state;
	if (seed_at_work != 0)
		fprintf(stderr, "# failed with seed %" PRIu64 "\n", seed_at_work);
	seed_at_work = 0;
	return 0;
}

int main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(configs, report_seed),
		cmocka_unit_test_teardown(processes, report_seed),
		cmocka_unit_test_teardown(stricter_leaves_less, report_seed),
	};

	if (argc > 1)
		only_seed = strtoull(argv[1], NULL, 10);
	return cmocka_run_group_tests_name("properties", tests, NULL, NULL);
}
