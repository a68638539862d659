/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One table an object, one walk over all of them. The tables are in the order of the
 * specification's Go types (specs-go/config.go, v1.3.0), fields sorted by their lower-case name for
 * the look-up; a unit test checks the order. Sections for other systems (windows, solaris, vm, zos,
 * freebsd) are known as keys and not looked into: a Linux runtime never reads them.
 *
 * The walk recurses along the tables, so at most as deep as the reader lets a document nest.
 */

#include "oci/schema.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum shape {
	ONE,   /* the value itself */
	ARRAY, /* an array of such values */
	MAP,   /* an object with free keys and such values */
};

enum type {
	STRING,
	BOOL,
	INTEGER,
	OBJECT,
	UNJUDGED,
};

/* The ranges of Go's integer types. */
struct range {
	int64_t least;
	uint64_t most;
};

static const struct range u16 = { 0, UINT16_MAX };
static const struct range u32 = { 0, UINT32_MAX };
static const struct range u64 = { 0, UINT64_MAX };
static const struct range i32 = { INT32_MIN, INT32_MAX };
static const struct range i64 = { INT64_MIN, INT64_MAX };

struct field {
	const char *name;
	enum type type;
	enum shape shape;
	const struct range *range;      /* INTEGER */
	const struct wh_schema *schema; /* OBJECT */
};

struct wh_schema {
	const char *name;
	const struct field *fields;
	size_t count;
};

/* clang-format off */
#define TEXT(key) { key, STRING, ONE, NULL, NULL }
#define TEXTS(key) { key, STRING, ARRAY, NULL, NULL }
#define TEXT_MAP(key) { key, STRING, MAP, NULL, NULL }
#define FLAG(key) { key, BOOL, ONE, NULL, NULL }
#define NUMBER(key, limits) { key, INTEGER, ONE, &(limits), NULL }
#define NUMBERS(key, limits) { key, INTEGER, ARRAY, &(limits), NULL }
#define PART(key, of) { key, OBJECT, ONE, NULL, &(of) }
#define PARTS(key, of) { key, OBJECT, ARRAY, NULL, &(of) }
#define PART_MAP(key, of) { key, OBJECT, MAP, NULL, &(of) }
#define OTHER(key) { key, UNJUDGED, ONE, NULL, NULL }

#define SCHEMA(symbol, label, ...)                                                                 \
	static const struct field symbol##_fields[] = { __VA_ARGS__ };                             \
	const struct wh_schema symbol = { label, symbol##_fields, WH_COUNT(symbol##_fields) }
#define PRIVATE_SCHEMA(symbol, label, ...)                                                         \
	static const struct field symbol##_fields[] = { __VA_ARGS__ };                             \
	static const struct wh_schema symbol = { label, symbol##_fields, WH_COUNT(symbol##_fields) }

PRIVATE_SCHEMA(box, "consoleSize",
	NUMBER("height", u64), NUMBER("width", u64));

PRIVATE_SCHEMA(user, "user",
	NUMBERS("additionalGids", u32), NUMBER("gid", u32), NUMBER("uid", u32),
	NUMBER("umask", u32), TEXT("username"));

PRIVATE_SCHEMA(capabilities, "capabilities",
	TEXTS("ambient"), TEXTS("bounding"), TEXTS("effective"), TEXTS("inheritable"),
	TEXTS("permitted"));

PRIVATE_SCHEMA(rlimit, "rlimit",
	NUMBER("hard", u64), NUMBER("soft", u64), TEXT("type"));

PRIVATE_SCHEMA(scheduler, "scheduler",
	NUMBER("deadline", u64), TEXTS("flags"), NUMBER("nice", i32), NUMBER("period", u64),
	TEXT("policy"), NUMBER("priority", i32), NUMBER("runtime", u64));

PRIVATE_SCHEMA(io_priority, "ioPriority",
	TEXT("class"), NUMBER("priority", i64));

PRIVATE_SCHEMA(cpu_affinity, "execCPUAffinity",
	TEXT("final"), TEXT("initial"));

SCHEMA(wh_schema_process, "process",
	TEXT("apparmorProfile"), TEXTS("args"), PART("capabilities", capabilities),
	TEXT("commandLine"), PART("consoleSize", box), TEXT("cwd"), TEXTS("env"),
	PART("execCPUAffinity", cpu_affinity), PART("ioPriority", io_priority),
	FLAG("noNewPrivileges"), NUMBER("oomScoreAdj", i64), PARTS("rlimits", rlimit),
	PART("scheduler", scheduler), TEXT("selinuxLabel"), FLAG("terminal"), PART("user", user));

PRIVATE_SCHEMA(root, "root",
	TEXT("path"), FLAG("readonly"));

PRIVATE_SCHEMA(id_mapping, "ID mapping",
	NUMBER("containerID", u32), NUMBER("hostID", u32), NUMBER("size", u32));

PRIVATE_SCHEMA(mount, "mount",
	TEXT("destination"), PARTS("gidMappings", id_mapping), TEXTS("options"), TEXT("source"),
	TEXT("type"), PARTS("uidMappings", id_mapping));

PRIVATE_SCHEMA(hook, "hook",
	TEXTS("args"), TEXTS("env"), TEXT("path"), NUMBER("timeout", i64));

PRIVATE_SCHEMA(hooks, "hooks",
	PARTS("createContainer", hook), PARTS("createRuntime", hook), PARTS("poststart", hook),
	PARTS("poststop", hook), PARTS("prestart", hook), PARTS("startContainer", hook));

PRIVATE_SCHEMA(namespace, "namespace",
	TEXT("path"), TEXT("type"));

PRIVATE_SCHEMA(device, "device",
	NUMBER("fileMode", u32), NUMBER("gid", u32), NUMBER("major", i64), NUMBER("minor", i64),
	TEXT("path"), TEXT("type"), NUMBER("uid", u32));

PRIVATE_SCHEMA(device_rule, "device rule",
	TEXT("access"), FLAG("allow"), NUMBER("major", i64), NUMBER("minor", i64), TEXT("type"));

PRIVATE_SCHEMA(memory, "memory",
	FLAG("checkBeforeUpdate"), FLAG("disableOOMKiller"), NUMBER("kernel", i64),
	NUMBER("kernelTCP", i64), NUMBER("limit", i64), NUMBER("reservation", i64),
	NUMBER("swap", i64), NUMBER("swappiness", u64), FLAG("useHierarchy"));

PRIVATE_SCHEMA(cpu, "cpu",
	NUMBER("burst", u64), TEXT("cpus"), NUMBER("idle", i64), TEXT("mems"),
	NUMBER("period", u64), NUMBER("quota", i64), NUMBER("realtimePeriod", u64),
	NUMBER("realtimeRuntime", i64), NUMBER("shares", u64));

PRIVATE_SCHEMA(pids, "pids",
	NUMBER("limit", i64));

PRIVATE_SCHEMA(weight_device, "weight device",
	NUMBER("leafWeight", u16), NUMBER("major", i64), NUMBER("minor", i64),
	NUMBER("weight", u16));

PRIVATE_SCHEMA(throttle_device, "throttle device",
	NUMBER("major", i64), NUMBER("minor", i64), NUMBER("rate", u64));

PRIVATE_SCHEMA(block_io, "blockIO",
	NUMBER("leafWeight", u16), PARTS("throttleReadBpsDevice", throttle_device),
	PARTS("throttleReadIOPSDevice", throttle_device),
	PARTS("throttleWriteBpsDevice", throttle_device),
	PARTS("throttleWriteIOPSDevice", throttle_device), NUMBER("weight", u16),
	PARTS("weightDevice", weight_device));

PRIVATE_SCHEMA(hugepage_limit, "hugepage limit",
	NUMBER("limit", u64), TEXT("pageSize"));

PRIVATE_SCHEMA(interface_priority, "interface priority",
	TEXT("name"), NUMBER("priority", u32));

PRIVATE_SCHEMA(network, "network",
	NUMBER("classID", u32), PARTS("priorities", interface_priority));

PRIVATE_SCHEMA(rdma, "rdma",
	NUMBER("hcaHandles", u32), NUMBER("hcaObjects", u32));

SCHEMA(wh_schema_resources, "resources",
	PART("blockIO", block_io), PART("cpu", cpu), PARTS("devices", device_rule),
	PARTS("hugepageLimits", hugepage_limit), PART("memory", memory), PART("network", network),
	PART("pids", pids), PART_MAP("rdma", rdma), TEXT_MAP("unified"));

PRIVATE_SCHEMA(net_device, "net device",
	TEXT("name"));

PRIVATE_SCHEMA(seccomp_argument, "seccomp argument",
	NUMBER("index", u32), TEXT("op"), NUMBER("value", u64), NUMBER("valueTwo", u64));

PRIVATE_SCHEMA(seccomp_rule, "seccomp rule",
	TEXT("action"), PARTS("args", seccomp_argument), NUMBER("errnoRet", u32), TEXTS("names"));

SCHEMA(wh_schema_seccomp, "seccomp",
	TEXTS("architectures"), TEXT("defaultAction"), NUMBER("defaultErrnoRet", u32),
	TEXTS("flags"), TEXT("listenerMetadata"), TEXT("listenerPath"),
	PARTS("syscalls", seccomp_rule));

PRIVATE_SCHEMA(intel_rdt, "intelRdt",
	TEXT("closID"), FLAG("enableCMT"), FLAG("enableMBM"), FLAG("enableMonitoring"),
	TEXT("l3CacheSchema"), TEXT("memBwSchema"), TEXTS("schemata"));

PRIVATE_SCHEMA(memory_policy, "memoryPolicy",
	TEXTS("flags"), TEXT("mode"), TEXT("nodes"));

PRIVATE_SCHEMA(personality, "personality",
	TEXT("domain"), TEXTS("flags"));

PRIVATE_SCHEMA(time_offset, "time offset",
	NUMBER("nanosecs", u32), NUMBER("secs", i64));

PRIVATE_SCHEMA(linux_section, "linux",
	TEXT("cgroupsPath"), PARTS("devices", device), PARTS("gidMappings", id_mapping),
	PART("intelRdt", intel_rdt), TEXTS("maskedPaths"), PART("memoryPolicy", memory_policy),
	TEXT("mountLabel"), PARTS("namespaces", namespace), PART_MAP("netDevices", net_device),
	PART("personality", personality), TEXTS("readonlyPaths"),
	PART("resources", wh_schema_resources), TEXT("rootfsPropagation"), PART("seccomp", wh_schema_seccomp),
	TEXT_MAP("sysctl"), PART_MAP("timeOffsets", time_offset),
	PARTS("uidMappings", id_mapping));

SCHEMA(wh_schema_config, "config",
	TEXT_MAP("annotations"), TEXT("domainname"), OTHER("freebsd"), PART("hooks", hooks),
	TEXT("hostname"), PART("linux", linux_section), PARTS("mounts", mount), TEXT("ociVersion"),
	PART("process", wh_schema_process), PART("root", root), OTHER("solaris"), OTHER("vm"),
	OTHER("windows"), OTHER("zos"));
/* clang-format on */

#define LONGEST_KEY 63

/*
 * A key as Go's encoding/json folds it for comparison: ASCII lower case, U+017F as s, U+212A as k
 * (the only two code points outside ASCII that fold into it). The length, or SIZE_MAX when the
 * result is longer than any known key could be.
 */
static size_t fold(struct wh_slice key, char to[LONGEST_KEY + 1])
{
	size_t len = 0;

	for (size_t i = 0; i < key.len; i++) {
		unsigned char c = (unsigned char)key.data[i];

		if (len == LONGEST_KEY)
			return SIZE_MAX;
		if (c >= 'A' && c <= 'Z') {
			c = (unsigned char)(c - 'A' + 'a');
		} else if (key.len - i >= 2 && memcmp(key.data + i, "\xc5\xbf", 2) == 0) {
			c = 's';
			i += 1;
		} else if (key.len - i >= 3 && memcmp(key.data + i, "\xe2\x84\xaa", 3) == 0) {
			c = 'k';
			i += 2;
		}
		to[len++] = (char)c;
	}
	to[len] = '\0';
	return len;
}

static const struct field *field_find(const struct wh_schema *schema, const char *folded)
{
	size_t low = 0, high = schema->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcasecmp(folded, schema->fields[middle].name);

		if (order == 0)
			return &schema->fields[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

static int check_integer(
	struct wh_json *doc, wh_node node, const struct range *range, struct wh_err *err)
{
	uint64_t large = 0;
	int64_t small = 0;

	if (wh_json_u64(doc, node, &large) == 0) {
		if (large <= range->most)
			return 0;
	} else if (wh_json_i64(doc, node, &small) == 0 && small >= range->least &&
		   range->least < 0) {
		return 0; /* not -0 for an unsigned one, which Go refuses */
	}
	return wh_json_fail(doc, node, err, EINVAL,
		"expected an integer from %lld to %llu without fraction or exponent",
		(long long)range->least, (unsigned long long)range->most);
}

static int check_one(
	struct wh_json *doc, wh_node node, const struct field *field, struct wh_err *err)
{
	static const char *const expected[] = {
		[STRING] = "a string",
		[BOOL] = "true or false",
		[INTEGER] = "an integer",
		[OBJECT] = "an object",
	};
	enum wh_json_type type = wh_json_type(doc, node);
	bool fits = (field->type == STRING && type == WH_JSON_STRING) ||
		    (field->type == BOOL && (type == WH_JSON_TRUE || type == WH_JSON_FALSE)) ||
		    (field->type == INTEGER && type == WH_JSON_NUMBER) ||
		    (field->type == OBJECT && type == WH_JSON_OBJECT);

	if (!fits)
		return wh_json_fail(doc, node, err, EINVAL, "expected %s, found %s",
			expected[field->type], wh_json_type_name(type));
	if (field->type == INTEGER)
		return check_integer(doc, node, field->range, err);
	if (field->type == OBJECT)
		return wh_schema_check(doc, node, field->schema, err);
	return 0;
}

static int check_field(
	struct wh_json *doc, wh_node node, const struct field *field, struct wh_err *err)
{
	enum wh_json_type type = wh_json_type(doc, node);
	enum wh_json_type container = field->shape == ARRAY ? WH_JSON_ARRAY : WH_JSON_OBJECT;
	int r = 0;

	if (type == WH_JSON_NULL || field->type == UNJUDGED)
		return 0;
	if (field->shape == ONE)
		return check_one(doc, node, field, err);
	if (type != container)
		return wh_json_fail(doc, node, err, EINVAL, "expected %s, found %s",
			wh_json_type_name(container), wh_json_type_name(type));
	if (field->shape == ARRAY) {
		wh_json_each_element (doc, node, element) {
			r = check_one(doc, element, field, err);
			if (r < 0)
				return r;
		}
		return 0;
	}
	wh_json_each_member (doc, node, key) {
		r = check_one(doc, wh_json_next(doc, key), field, err);
		if (r < 0)
			return r;
	}
	return r;
}

/* Eight bytes for each, since a hostile document may have a million. */
struct unknown_key {
	uint32_t hash; /* of the folded key */
	wh_node node;
};

static uint32_t hash_of(const char *folded)
{
	uint32_t hash = 2166136261u; /* FNV-1a */

	for (; *folded != '\0'; folded++)
		hash = (hash ^ (unsigned char)*folded) * 16777619u;
	return hash;
}

/* 0 when Go would take the one for the other. The hash spares folding nearly all of them again. */
static int compare_folded(
	struct wh_json *doc, const struct unknown_key *a, const struct unknown_key *b)
{
	char folded_a[LONGEST_KEY + 1], folded_b[LONGEST_KEY + 1];

	if (a->hash != b->hash)
		return a->hash < b->hash ? -1 : 1;
	(void)fold(wh_json_string(doc, a->node), folded_a);
	(void)fold(wh_json_string(doc, b->node), folded_b);
	return strcmp(folded_a, folded_b);
}

/* Of equal ones the later in the text comes later. */
static int compare_unknown(const void *a, const void *b, void *doc)
{
	const struct unknown_key *x = a, *y = b;
	int order = compare_folded(doc, x, y);

	if (order != 0)
		return order;
	return x->node < y->node ? -1 : x->node > y->node;
}

/* Two fields of a newer specification that whittle does not know, one of which Go merges into the
 * other: refused as the known ones are. Keys too long to be anybody's field are left out. */
static int check_unknown_keys(
	struct wh_json *doc, struct unknown_key *keys, size_t count, struct wh_err *err)
{
	qsort_r(keys, count, sizeof(*keys), compare_unknown, doc);
	for (size_t i = 1; i < count; i++) {
		if (compare_folded(doc, &keys[i - 1], &keys[i]) == 0)
			return wh_json_fail(doc, keys[i].node, err, EINVAL,
				"two keys of one object differ in letter case only; "
				"runtimes would take them for one");
	}
	return 0;
}

/* 1 for a known key, whose value was checked; 0 for one that is nobody's field. */
static int check_member(
	struct wh_json *doc, wh_node key, const struct wh_schema *schema, struct wh_err *err)
{
	char folded[LONGEST_KEY + 1];
	const struct field *field = NULL;
	int r;

	if (fold(wh_json_string(doc, key), folded) != SIZE_MAX)
		field = field_find(schema, folded);
	if (field == NULL)
		return 0;
	if (!wh_json_string_is(doc, key, field->name))
		return wh_json_fail(doc, key, err, EINVAL,
			"this key is not \"%s\", but some runtimes take it for that; "
			"spell it exactly",
			field->name);
	r = check_field(doc, wh_json_next(doc, key), field, err);
	return r < 0 ? r : 1;
}

static size_t member_count(const struct wh_json *doc, wh_node object)
{
	size_t count = 0;

	wh_json_each_member (doc, object, key)
		count++;
	return count;
}

static void free_keys(struct unknown_key **keys)
{
	free(*keys);
}

int wh_schema_check(
	struct wh_json *doc, wh_node node, const struct wh_schema *schema, struct wh_err *err)
{
	struct unknown_key *unknown WH_CLEANUP(free_keys) = NULL;
	char folded[LONGEST_KEY + 1];
	size_t count = 0;

	if (wh_json_type(doc, node) != WH_JSON_OBJECT)
		return wh_json_fail(doc, node, err, EINVAL, "expected an object (%s), found %s",
			schema->name, wh_json_type_name(wh_json_type(doc, node)));
	wh_json_each_member (doc, node, key) {
		int r = check_member(doc, key, schema, err);

		if (r < 0)
			return r;
		if (r > 0 || fold(wh_json_string(doc, key), folded) == SIZE_MAX)
			continue;
		if (unknown == NULL)
			unknown = calloc(member_count(doc, node), sizeof(*unknown));
		if (unknown == NULL)
			return wh_fail_errno(err, ENOMEM, "checking the document");
		unknown[count++] = (struct unknown_key){ hash_of(folded), key };
	}
	if (wh_json_status(doc) < 0)
		return wh_fail_errno(err, ENOMEM, "checking the document");
	return count > 1 ? check_unknown_keys(doc, unknown, count, err) : 0;
}

/* The known field of this very name. */
static const struct field *field_of(
	struct wh_json *doc, wh_node key, const struct wh_schema *schema)
{
	char folded[LONGEST_KEY + 1];

	return fold(wh_json_string(doc, key), folded) == SIZE_MAX ? NULL
								  : field_find(schema, folded);
}

int wh_schema_each_unknown(struct wh_json *doc, wh_node node, const struct wh_schema *schema,
	wh_schema_unknown_fn *call, void *context)
{
	wh_json_each_member (doc, node, key) {
		const struct field *field = field_of(doc, key, schema);
		wh_node value = wh_json_next(doc, key);
		int r = 0;

		if (wh_json_type(doc, value) == WH_JSON_NULL)
			continue;
		if (field == NULL || field->type == UNJUDGED)
			r = call(context, key);
		else if (field->type == OBJECT && field->shape == ONE)
			r = wh_schema_each_unknown(doc, value, field->schema, call, context);
		else if (field->type == OBJECT && field->shape == ARRAY)
			wh_json_each_element (doc, value, element) {
				r = wh_schema_each_unknown(
					doc, element, field->schema, call, context);
				if (r != 0)
					return r;
			}
		else if (field->type == OBJECT)
			wh_json_each_member (doc, value, name) {
				r = wh_schema_each_unknown(
					doc, wh_json_next(doc, name), field->schema, call, context);
				if (r != 0)
					return r;
			}
		if (r != 0)
			return r;
	}
	return 0;
}
