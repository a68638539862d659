/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was learnt as JSON, and back. Both ways follow one table for each object: a member is a row.
 * What may be unknown (a text) may be absent; everything else has to be there, since a list that
 * was lost on the way would read as "it used none".
 *
 * Paths hold any bytes. What is no UTF-8 becomes U+FFFD in JSON, so lists may have another order
 * when they are read again: they are sorted then.
 */

#include "learn/learnt.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "json/json.h"

#define SCHEMA 1u
#define MAX_CAPABILITY 63u
#define MAX_CALLS 1024u

enum kind {
	TEXT,       /* NULL: the member is absent */
	NAME,       /* never NULL nor empty */
	EVIDENCE,   /* a text that strangers chose, shown and no more: cut */
	BOOL,       /* bool */
	U32,        /* uint32_t and unsigned */
	PID,        /* int, not negative */
	U64,        /* uint64_t */
	TIME,       /* int64_t, not negative */
	SET,        /* wh_capset */
	CAPABILITY, /* unsigned */
	USE,        /* enum wh_use: of those that are kept */
	TEXTS,      /* const char *const *, in their order */
	SORTED,     /* the same as a set */
	OBJECTS,    /* an array of structures */
};

struct shape;

struct field {
	const char *key;
	enum kind kind;
	size_t at;                 /* in the structure */
	size_t count_at;           /* of a list */
	size_t max;                /* elements of a list */
	const struct shape *shape; /* of its elements */
};

struct shape {
	const struct field *fields;
	size_t count;
	size_t size;
};

_Static_assert(sizeof(unsigned) == sizeof(uint32_t), "U32 is read into both");

#define SHAPE(name, type) \
	static const struct shape name##_shape = { name##_fields, WH_COUNT(name##_fields), \
		sizeof(type) }

static const struct field use_fields[] = {
	{ "capability", CAPABILITY, offsetof(struct wh_use_of, capability) },
	{ "use", USE, offsetof(struct wh_use_of, use) },
	{ "byFile", BOOL, offsetof(struct wh_use_of, by_file) },
	{ "count", U64, offsetof(struct wh_use_of, count) },
	{ "atLeast", BOOL, offsetof(struct wh_use_of, at_least) },
	{ "first", TIME, offsetof(struct wh_use_of, first) },
	{ "why", TEXT, offsetof(struct wh_use_of, why) },
	{ "syscall", TEXT, offsetof(struct wh_use_of, syscall) },
	{ "function", TEXT, offsetof(struct wh_use_of, function) },
	{ "program", EVIDENCE, offsetof(struct wh_use_of, program) },
	{ "detail", EVIDENCE, offsetof(struct wh_use_of, detail) },
};
SHAPE(use, struct wh_use_of);

static const struct field port_fields[] = {
	{ "port", U32, offsetof(struct wh_learnt_port, port) },
	{ "protocol", NAME, offsetof(struct wh_learnt_port, protocol) },
	{ "program", EVIDENCE, offsetof(struct wh_learnt_port, program) },
};
SHAPE(port, struct wh_learnt_port);

static const struct field user_fields[] = {
	{ "uid", U32, offsetof(struct wh_learnt_user, uid) },
	{ "program", EVIDENCE, offsetof(struct wh_learnt_user, program) },
};
SHAPE(user, struct wh_learnt_user);

static const struct field program_fields[] = {
	{ "path", NAME, offsetof(struct wh_learnt_program, path) },
	{ "setuid", BOOL, offsetof(struct wh_learnt_program, setuid) },
	{ "setgid", BOOL, offsetof(struct wh_learnt_program, setgid) },
	{ "capabilities", SET, offsetof(struct wh_learnt_program, capabilities) },
};
SHAPE(program, struct wh_learnt_program);

#define AT(member) offsetof(struct wh_learnt, member)

static const struct field learnt_fields[] = {
	{ "name", NAME, AT(name) },
	{ "image", TEXT, AT(image) },
	{ "engine", TEXT, AT(engine) },
	{ "id", TEXT, AT(id) },
	{ "transport", TEXT, AT(transport) },
	{ "kernel", TEXT, AT(kernel) },
	{ "began", TIME, AT(began) },
	{ "ended", TIME, AT(ended) },
	{ "milliseconds", U64, AT(milliseconds) },
	{ "recordings", U64, AT(recordings) },
	{ "events", U64, AT(events) },
	{ "lost", U64, AT(lost) },
	{ "complete", BOOL, AT(complete) },
	{ "incomplete", TEXT, AT(incomplete) },
	{ "recorder", PID, AT(recorder) },
	{ "recorderStart", U64, AT(recorder_start) },
	{ "granted", SET, AT(granted) },
	{ "uid", U32, AT(uid) },
	{ "uses", OBJECTS, AT(uses), AT(use_count), MAX_CAPABILITY + 1, &use_shape },
	{ "foreign", U64, AT(foreign) },
	{ "runtime", U64, AT(runtime) },
	{ "otherUsers", U64, AT(other_users) },
	{ "syscallsUnknown", TEXT, AT(syscalls_unknown) },
	{ "syscalls", SORTED, AT(syscalls), AT(syscall_count), MAX_CALLS },
	{ "userNamespaces", BOOL, AT(user_namespaces) },
	{ "writtenUnknown", TEXT, AT(written_unknown) },
	{ "written", SORTED, AT(written), AT(written_count), WH_LEARNT_WRITTEN_MAX },
	{ "writtenMore", BOOL, AT(written_more) },
	{ "devicesUnknown", TEXT, AT(devices_unknown) },
	{ "devices", SORTED, AT(devices), AT(device_count), WH_LEARNT_LIST_MAX },
	{ "ports", OBJECTS, AT(ports), AT(port_count), WH_LEARNT_LIST_MAX, &port_shape },
	{ "users", OBJECTS, AT(users), AT(user_count), WH_LEARNT_LIST_MAX, &user_shape },
	{ "programs", OBJECTS, AT(programs), AT(program_count), WH_LEARNT_LIST_MAX,
		&program_shape },
	{ "scratchPrograms", SORTED, AT(scratch_programs), AT(scratch_program_count),
		WH_LEARNT_SCRATCH_MAX },
	{ "command", TEXTS, AT(command), AT(command_count), WH_LEARNT_LIST_MAX },
	{ "ofCommand", U64, AT(of_command) },
};
SHAPE(learnt, struct wh_learnt);

/* ---- writing ----------------------------------------------------------------------------- */

#define MAX_EVIDENCE 255u

/* What is at an offset of an object, as a const pointer to that type. */
#define IN(object, offset, type) ((type const *)((const char *)(object) + (offset)))

static void put_object(
	struct wh_buf *to, const struct shape *shape, const void *object, const char *between);

static void put_text(struct wh_buf *to, const char *text, size_t max)
{
	wh_buf_add_json(to, (struct wh_slice){ text, strnlen(text, max) });
}

static void put_capability(struct wh_buf *to, unsigned capability)
{
	if (capability < WH_CAP_COUNT)
		wh_buf_addf(to, "\"%s\"", wh_capability_get(capability)->name);
	else
		wh_buf_addf(to, "%u", capability);
}

static void put_set(struct wh_buf *to, wh_capset set)
{
	const char *comma = "";

	wh_buf_add_char(to, '[');
	for (unsigned i = 0; i <= MAX_CAPABILITY; i++) {
		if ((set & wh_capset_of(i)) == 0)
			continue;
		wh_buf_add_string(to, comma);
		put_capability(to, i);
		comma = ",";
	}
	wh_buf_add_char(to, ']');
}

static void put_list(struct wh_buf *to, const struct field *field, const void *object)
{
	size_t count = *IN(object, field->count_at, size_t);

	wh_buf_add_char(to, '[');
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			wh_buf_add_char(to, ',');
		if (field->kind == OBJECTS)
			put_object(to, field->shape,
				*IN(object, field->at, char *) + i * field->shape->size, ",");
		else
			put_text(
				to, (*IN(object, field->at, char *const *))[i], WH_LEARNT_MAX_SIZE);
	}
	wh_buf_add_char(to, ']');
}

static void put_value(struct wh_buf *to, const struct field *field, const void *object)
{
	switch (field->kind) {
	case TEXT:
	case NAME:
		put_text(to, *IN(object, field->at, char *), WH_LEARNT_MAX_SIZE);
		break;
	case EVIDENCE:
		put_text(to, *IN(object, field->at, char *), MAX_EVIDENCE);
		break;
	case BOOL:
		wh_buf_add_string(to, *IN(object, field->at, bool) ? "true" : "false");
		break;
	case U32:
		wh_buf_addf(to, "%u", *IN(object, field->at, uint32_t));
		break;
	case PID:
		wh_buf_addf(to, "%d", *IN(object, field->at, int));
		break;
	case U64:
		wh_buf_addf(to, "%llu", (unsigned long long)*IN(object, field->at, uint64_t));
		break;
	case TIME:
		wh_buf_addf(to, "%lld", (long long)*IN(object, field->at, int64_t));
		break;
	case SET:
		put_set(to, *IN(object, field->at, wh_capset));
		break;
	case CAPABILITY:
		put_capability(to, *IN(object, field->at, unsigned));
		break;
	case USE:
		wh_buf_addf(to, "\"%s\"", wh_use_name(*IN(object, field->at, enum wh_use)));
		break;
	case TEXTS:
	case SORTED:
	case OBJECTS:
		put_list(to, field, object);
		break;
	}
}

static bool is_absent(const struct field *field, const void *object)
{
	return (field->kind == TEXT || field->kind == EVIDENCE) &&
	       *IN(object, field->at, char *) == NULL;
}

static void put_object(
	struct wh_buf *to, const struct shape *shape, const void *object, const char *between)
{
	const char *comma = "";

	wh_buf_add_char(to, '{');
	if (shape == &learnt_shape) {
		wh_buf_addf(to, "\"schema\":%u", SCHEMA);
		comma = between;
	}
	for (size_t i = 0; i < shape->count; i++) {
		const struct field *field = &shape->fields[i];

		if (is_absent(field, object))
			continue;
		wh_buf_addf(to, "%s\"%s\":", comma, field->key);
		put_value(to, field, object);
		comma = between;
	}
	wh_buf_add_char(to, '}');
}

/* How many of these texts fit into that many bytes of JSON: each byte becomes six at most. */
static size_t fitting(const char *const *texts, size_t count, size_t bytes)
{
	size_t used = 0;

	for (size_t i = 0; i < count; i++) {
		used += 6 * strlen(texts[i]) + 3;
		if (used > bytes)
			return i;
	}
	return count;
}

static size_t fitting_programs(const struct wh_learnt *learnt, size_t bytes)
{
	size_t used = 0;

	for (size_t i = 0; i < learnt->program_count; i++) {
		used += 6 * strlen(learnt->programs[i].path) + 256;
		if (used > bytes)
			return i;
	}
	return learnt->program_count;
}

/*
 * A container can have paths of 4,095 odd bytes by the thousand. The text must stay one that can be
 * read again, so lists are cut, and say so: a list that was cut is no complete one.
 */
static struct wh_learnt cut(const struct wh_learnt *learnt)
{
	struct wh_learnt less = *learnt;

	less.written_count = fitting(less.written, less.written_count, WH_LEARNT_MAX_SIZE / 4);
	if (less.written_count < learnt->written_count)
		less.written_more = true;
	less.device_count = fitting(less.devices, less.device_count, WH_LEARNT_MAX_SIZE / 8);
	if (less.device_count < learnt->device_count) {
		less.devices_unknown = "it opened more devices than are kept";
		less.device_count = 0;
	}
	less.program_count = fitting_programs(learnt, WH_LEARNT_MAX_SIZE / 8);
	if (less.program_count < learnt->program_count && less.complete) {
		less.complete = false;
		less.incomplete = "it executed more privileged programs than are kept";
	}
	less.scratch_program_count =
		fitting(less.scratch_programs, less.scratch_program_count, WH_LEARNT_MAX_SIZE / 16);
	/* Half a command is another command. */
	if (fitting(less.command, less.command_count, WH_LEARNT_MAX_SIZE / 16) < less.command_count)
		less.command_count = 0;
	return less;
}

int wh_learnt_write(const struct wh_learnt *learnt, struct wh_buf *ret)
{
	struct wh_learnt less = cut(learnt);

	put_object(ret, &learnt_shape, &less, ",\n");
	wh_buf_add_char(ret, '\n');
	return wh_buf_status(ret);
}

/* ---- reading ----------------------------------------------------------------------------- */

struct reading {
	struct wh_json *doc;
	struct wh_arena *arena;
	struct wh_err *err;
};

/* The same for writing into it. */
#define INTO(object, offset, type) ((type *)(void *)((char *)(object) + (offset)))

static int read_object(
	const struct reading *reading, const struct shape *shape, wh_node node, void *ret);

static int bad(const struct reading *reading, wh_node node, const char *expected)
{
	return wh_json_fail(
		reading->doc, node, reading->err, EINVAL, "this must be %s, and is not", expected);
}

static int no_memory(const struct reading *reading)
{
	return wh_fail_errno(reading->err, ENOMEM, "cannot read what was learnt");
}

static int read_text(const struct reading *reading, wh_node node, const char **ret)
{
	struct wh_slice text = wh_json_string(reading->doc, node);

	if (text.data == NULL)
		return wh_json_type(reading->doc, node) == WH_JSON_STRING
			       ? no_memory(reading)
			       : bad(reading, node, "a string");
	*ret = wh_arena_dup(reading->arena, text);
	return *ret == NULL ? no_memory(reading) : 0;
}

static int read_number(const struct reading *reading, wh_node node, uint64_t max, uint64_t *ret)
{
	return wh_json_u64(reading->doc, node, ret) == 0 && *ret <= max
		       ? 0
		       : bad(reading, node, "a whole number in its range");
}

static int read_bool(const struct reading *reading, wh_node node, bool *ret)
{
	enum wh_json_type type = wh_json_type(reading->doc, node);

	if (type != WH_JSON_TRUE && type != WH_JSON_FALSE)
		return bad(reading, node, "true or false");
	*ret = type == WH_JSON_TRUE;
	return 0;
}

/* A name, or the number of one that has none here yet. */
static int read_capability(const struct reading *reading, wh_node node, unsigned *ret)
{
	uint64_t number;

	if (wh_json_u64(reading->doc, node, &number) == 0 && number >= WH_CAP_COUNT &&
		number <= MAX_CAPABILITY) {
		*ret = (unsigned)number;
		return 0;
	}
	return wh_capability_from_oci(wh_json_string(reading->doc, node), ret)
		       ? 0
		       : bad(reading, node, "a capability");
}

static int read_set(const struct reading *reading, wh_node node, wh_capset *ret)
{
	unsigned capability;
	int r;

	if (wh_json_type(reading->doc, node) != WH_JSON_ARRAY)
		return bad(reading, node, "an array of capabilities");
	*ret = 0;
	wh_json_each_element (reading->doc, node, element) {
		r = read_capability(reading, element, &capability);
		if (r < 0)
			return r;
		*ret |= wh_capset_of(capability);
	}
	return 0;
}

static int read_use(const struct reading *reading, wh_node node, enum wh_use *ret)
{
	for (unsigned use = WH_USE_NEEDED; use <= WH_USE_SPECULATIVE; use++) {
		if (wh_json_string_is(reading->doc, node, wh_use_name((enum wh_use)use))) {
			*ret = (enum wh_use)use;
			return 0;
		}
	}
	return bad(reading, node, "\"used\" or \"speculative\"");
}

static size_t sort_texts(const char **texts, size_t count)
{
	size_t kept = 0;

	qsort(texts, count, sizeof(*texts), wh_by_text);
	for (size_t i = 0; i < count; i++) {
		if (kept == 0 || strcmp(texts[kept - 1], texts[i]) != 0)
			texts[kept++] = texts[i];
	}
	return kept;
}

static int read_list(
	const struct reading *reading, const struct field *field, wh_node node, void *object)
{
	size_t size = field->kind == OBJECTS ? field->shape->size : sizeof(const char *);
	size_t count = 0;
	char *list;
	int r;

	if (wh_json_type(reading->doc, node) != WH_JSON_ARRAY)
		return bad(reading, node, "an array");
	wh_json_each_element (reading->doc, node, element)
		count++;
	if (count > field->max)
		return bad(reading, node, "an array with fewer elements");
	list = count == 0 ? NULL : wh_arena_array(reading->arena, count, size);
	if (count > 0 && list == NULL)
		return no_memory(reading);
	count = 0;
	wh_json_each_element (reading->doc, node, element) {
		void *at = list + count++ * size;

		r = field->kind == OBJECTS ? read_object(reading, field->shape, element, at)
					   : read_text(reading, element, at);
		if (r < 0)
			return r;
	}
	if (field->kind == SORTED && count > 0)
		count = sort_texts((const char **)(void *)list, count);
	*INTO(object, field->at, char *) = list;
	*INTO(object, field->count_at, size_t) = count;
	return 0;
}

static int read_name(const struct reading *reading, wh_node node, const char **ret)
{
	int r = read_text(reading, node, ret);

	return r == 0 && **ret == '\0' ? bad(reading, node, "a string that is not empty") : r;
}

static int read_value(
	const struct reading *reading, const struct field *field, wh_node node, void *object)
{
	uint64_t number = 0;
	int r = 0;

	switch (field->kind) {
	case TEXT:
	case EVIDENCE:
		return read_text(reading, node, INTO(object, field->at, const char *));
	case NAME:
		return read_name(reading, node, INTO(object, field->at, const char *));
	case BOOL:
		return read_bool(reading, node, INTO(object, field->at, bool));
	case U32:
		r = read_number(reading, node, UINT32_MAX, &number);
		*INTO(object, field->at, uint32_t) = (uint32_t)number;
		return r;
	case PID:
		r = read_number(reading, node, INT_MAX, &number);
		*INTO(object, field->at, int) = (int)number;
		return r;
	case U64:
		return read_number(reading, node, UINT64_MAX, INTO(object, field->at, uint64_t));
	case TIME:
		r = read_number(reading, node, INT64_MAX, &number);
		*INTO(object, field->at, int64_t) = (int64_t)number;
		return r;
	case SET:
		return read_set(reading, node, INTO(object, field->at, wh_capset));
	case CAPABILITY:
		return read_capability(reading, node, INTO(object, field->at, unsigned));
	case USE:
		return read_use(reading, node, INTO(object, field->at, enum wh_use));
	case TEXTS:
	case SORTED:
	case OBJECTS:
		return read_list(reading, field, node, object);
	}
	return -EINVAL;
}

static bool is_known(const struct reading *reading, const struct shape *shape, wh_node key)
{
	if (shape == &learnt_shape && wh_json_string_is(reading->doc, key, "schema"))
		return true;
	for (size_t i = 0; i < shape->count; i++) {
		if (wh_json_string_is(reading->doc, key, shape->fields[i].key))
			return true;
	}
	return false;
}

static int read_object(
	const struct reading *reading, const struct shape *shape, wh_node node, void *ret)
{
	int r = 0;

	if (wh_json_type(reading->doc, node) != WH_JSON_OBJECT)
		return bad(reading, node, "an object");
	wh_json_each_member (reading->doc, node, key) {
		if (!is_known(reading, shape, key))
			return wh_json_fail(reading->doc, key, reading->err, EINVAL,
				"a member that is not known here");
	}
	for (size_t i = 0; r == 0 && i < shape->count; i++) {
		const struct field *field = &shape->fields[i];
		wh_node value = wh_json_get(reading->doc, node, field->key);

		if (value != WH_NO_NODE)
			r = read_value(reading, field, value, ret);
		else if (field->kind != TEXT && field->kind != EVIDENCE)
			r = wh_json_fail(reading->doc, node, reading->err, EINVAL,
				"the member \"%s\" is missing", field->key);
	}
	return r;
}

/* What each member for itself cannot tell. */
static int check(const struct reading *reading, const struct wh_learnt *learnt)
{
	for (size_t i = 1; i < learnt->use_count; i++) {
		if (learnt->uses[i].capability <= learnt->uses[i - 1].capability)
			return wh_fail(
				reading->err, EINVAL, "\"uses\" does not rise by capability");
	}
	if (learnt->complete && learnt->incomplete != NULL)
		return wh_fail(reading->err, EINVAL, "it is complete, and says why it is not");
	for (size_t i = 0; i < learnt->port_count; i++) {
		if (learnt->ports[i].port == 0 || learnt->ports[i].port > UINT16_MAX)
			return wh_fail(reading->err, EINVAL, "\"ports\" has one that is none");
	}
	for (size_t i = 0; i < learnt->written_count; i++) {
		if (learnt->written[i][0] != '/')
			return wh_fail(reading->err, EINVAL, "\"written\" has a relative path");
	}
	return 0;
}

int wh_learnt_read(
	struct wh_buf *text, struct wh_arena *arena, struct wh_learnt *ret, struct wh_err *err)
{
	struct wh_json *doc WH_JSON = NULL;
	struct reading reading = { .arena = arena, .err = err };
	struct wh_learnt learnt = { .name = NULL };
	uint64_t schema;
	int r;

	if (text->len > WH_LEARNT_MAX_SIZE) {
		wh_buf_done(text);
		return wh_fail(err, EINVAL, "it is longer than anything that was learnt");
	}
	r = wh_json_parse_take(&doc, text, NULL, err);
	if (r < 0)
		return r;
	reading.doc = doc;
	if (wh_json_u64(doc, wh_json_get(doc, wh_json_root(doc), "schema"), &schema) < 0 ||
		schema != SCHEMA)
		return wh_fail(err, EINVAL, "its \"schema\" is not %u", SCHEMA);
	r = read_object(&reading, &learnt_shape, wh_json_root(doc), &learnt);
	if (r == 0)
		r = check(&reading, &learnt);
	if (r == 0 && !learnt.complete && learnt.incomplete == NULL)
		learnt.incomplete = "its recorder does not say why";
	if (r == 0)
		*ret = learnt;
	return r;
}
