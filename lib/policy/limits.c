/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a container may have: the keys that "default" and rules share. Each says that it was given,
 * since a rule leaves what it does not say to "default".
 */

#include "policy/internal.h"

#include <string.h>
#include <strings.h>

#define REASON_MAX_LEN 512u
#define TMPFS_MAX 64u
#define TMPFS_SIZE_DEFAULT (UINT64_C(64) << 20)
#define TMPFS_SIZE_MIN (UINT64_C(4) << 10)
#define TMPFS_SIZE_MAX (UINT64_C(1) << 40)

/* ---- words and booleans ----------------------------------------------------------------- */

int wh_read_mode(struct wh_reader *reader, const struct wh_policy_key *key, wh_node value,
	const struct wh_scope *scope)
{
	bool audit = false;
	int r = wh_policy_read_choice(reader, key, value, "enforce", "audit", &audit);

	if (r < 0)
		return r;
	scope->part->mode = audit ? WH_MODE_AUDIT : WH_MODE_ENFORCE;
	scope->part->given |= WH_GIVEN_MODE;
	return 0;
}

int wh_read_restore(struct wh_reader *reader, const struct wh_policy_key *key, wh_node value,
	const struct wh_scope *scope)
{
	scope->part->given |= WH_GIVEN_RESTORE;
	return wh_policy_read_choice(reader, key, value, "refuse", "allow", &scope->part->restore);
}

int wh_read_verify(struct wh_reader *reader, const struct wh_policy_key *key, wh_node value,
	const struct wh_scope *scope)
{
	scope->part->given |= WH_GIVEN_VERIFY;
	return wh_policy_read_bool(reader, key, value, &scope->part->verify);
}

int wh_read_learn(struct wh_reader *reader, const struct wh_policy_key *key, wh_node value,
	const struct wh_scope *scope)
{
	scope->part->given |= WH_GIVEN_LEARN;
	return wh_policy_read_bool(reader, key, value, &scope->part->learn);
}

/* ---- capabilities ----------------------------------------------------------------------- */

static int refuse_capability(struct wh_reader *reader, wh_node node, struct wh_slice name)
{
	struct wh_nearest nearest = { .word = name };
	int len = name.len < 64 ? (int)name.len : 64;

	if (name.len >= 4 && strncasecmp(name.data, "CAP_", 4) == 0) {
		nearest.word.data += 4;
		nearest.word.len -= 4;
	}
	if (nearest.word.len == 3 && strncasecmp(nearest.word.data, "ALL", 3) == 0)
		return wh_policy_fail(reader, node,
			"\"ALL\" is no capability: list those that are allowed, so that a newer "
			"kernel adds none");
	for (unsigned i = 0; i < WH_CAP_COUNT; i++)
		wh_nearest_try(&nearest, wh_capability_get(i)->name + 4);
	if (nearest.best == NULL)
		return wh_policy_fail(reader, node,
			"unknown capability \"%.*s\": see capabilities(7) for the names", len,
			name.data);
	return wh_policy_fail(reader, node, "unknown capability \"%.*s\"; did you mean \"CAP_%s\"?",
		len, name.data, nearest.best);
}

static int read_capability(struct wh_reader *reader, const struct wh_policy_key *key, wh_node node,
	struct wh_part *part, unsigned *ret)
{
	struct wh_slice name;
	int r = wh_policy_read_text(reader, key, node, &name);

	if (r < 0)
		return r;
	if (!wh_capability_from_human(name, ret))
		return refuse_capability(reader, node, name);
	if ((part->capabilities & wh_capset_of(*ret)) != 0)
		return wh_policy_fail(
			reader, node, "\"%s\" is here twice", wh_capability_get(*ret)->name);
	part->capabilities |= wh_capset_of(*ret);
	return 0;
}

static int read_reason(struct wh_reader *reader, wh_node node, const char **ret)
{
	struct wh_slice text = wh_json_string(reader->doc, node);

	if (wh_json_status(reader->doc) < 0)
		return wh_policy_no_memory(reader);
	/* What is no string has no bytes either. */
	if (text.len == 0 || text.len > REASON_MAX_LEN)
		return wh_policy_fail(reader, node,
			"the reason for a capability must be a string of 1 to %u bytes",
			REASON_MAX_LEN);
	return wh_policy_keep(reader, text, ret);
}

static int read_reasons(struct wh_reader *reader, const struct wh_policy_key *key, wh_node object,
	struct wh_part *part)
{
	struct wh_reason reasons[WH_CAP_COUNT], *kept;
	size_t n = 0;

	wh_json_each_member (reader->doc, object, node) {
		struct wh_reason reason;
		/* That no capability comes twice keeps n within the table. */
		int r = read_capability(reader, key, node, part, &reason.capability);

		if (r < 0)
			return r;
		r = read_reason(reader, wh_json_next(reader->doc, node), &reason.text);
		if (r < 0)
			return r;
		reasons[n++] = reason;
	}
	if (n == 0)
		return 0;
	kept = wh_arena_array(&reader->policy->arena, n, sizeof(*kept));
	if (kept == NULL)
		return wh_policy_no_memory(reader);
	memcpy(kept, reasons, n * sizeof(*kept));
	part->reasons = kept;
	part->reason_count = n;
	return 0;
}

int wh_policy_read_capabilities(struct wh_reader *reader, const struct wh_policy_key *key,
	wh_node value, struct wh_part *part)
{
	unsigned capability;
	int r;

	if (wh_json_type(reader->doc, value) == WH_JSON_OBJECT)
		return read_reasons(reader, key, value, part);
	r = wh_policy_expect(reader, key, value, WH_JSON_ARRAY);
	if (r < 0)
		return r;
	wh_json_each_element (reader->doc, value, element) {
		r = read_capability(reader, key, element, part, &capability);
		if (r < 0)
			return r;
	}
	return 0;
}

/* ---- tmpfs ------------------------------------------------------------------------------ */

bool wh_policy_parse_size(struct wh_slice text, uint64_t *ret)
{
	static const char units[] = "kKmMgG";
	uint64_t value = 0;
	size_t digits = 0;
	unsigned shift = 0;

	for (; digits < text.len && text.data[digits] >= '0' && text.data[digits] <= '9';
		digits++) {
		if (__builtin_mul_overflow(value, 10u, &value) ||
			__builtin_add_overflow(value, (uint64_t)(text.data[digits] - '0'), &value))
			return false;
	}
	if (digits == 0 || text.len - digits > 1)
		return false;
	if (text.len > digits) {
		const char *unit = memchr(units, text.data[digits], sizeof(units) - 1);

		if (unit == NULL)
			return false;
		shift = 10u * (unsigned)((unit - units) / 2 + 1);
	}
	if (value > UINT64_MAX >> shift)
		return false;
	*ret = value << shift;
	return true;
}

int wh_read_tmpfs_size(struct wh_reader *reader, const struct wh_policy_key *key, wh_node value,
	const struct wh_scope *scope)
{
	struct wh_slice text;
	uint64_t size;
	int r = wh_policy_read_text(reader, key, value, &text);

	if (r < 0)
		return r;
	if (!wh_policy_parse_size(text, &size) || size < TMPFS_SIZE_MIN || size > TMPFS_SIZE_MAX)
		return wh_policy_fail(reader, value,
			"\"%s\" must be digits with an optional k, m or g behind, from \"4k\" to "
			"\"1024g\"",
			key->name);
	scope->tmpfs->size = size;
	return 0;
}

int wh_read_tmpfs_path(struct wh_reader *reader, const struct wh_policy_key *key, wh_node value,
	const struct wh_scope *scope)
{
	return wh_policy_keep_path(reader, key, value, &scope->tmpfs->path);
}

static int read_tmpfs(struct wh_reader *reader, const struct wh_policy_key *key, wh_node node,
	struct wh_policy_tmpfs *ret)
{
	struct wh_scope scope = { .tmpfs = ret };
	int r;

	ret->size = TMPFS_SIZE_DEFAULT;
	if (wh_json_type(reader->doc, node) != WH_JSON_OBJECT)
		return wh_policy_keep_path(reader, key, node, &ret->path);
	r = wh_policy_read_object(reader, node, WH_POLICY_TMPFS, &scope);
	if (r < 0)
		return r;
	return ret->path != NULL ? 0 : wh_policy_fail(reader, node, "a tmpfs needs a \"path\"");
}

static bool has_path(const struct wh_policy_tmpfs *tmpfs, size_t n, const char *path)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(tmpfs[i].path, path) == 0)
			return true;
	}
	return false;
}

int wh_read_tmpfs(struct wh_reader *reader, const struct wh_policy_key *key, wh_node value,
	const struct wh_scope *scope)
{
	struct wh_policy_tmpfs *tmpfs;
	size_t n = wh_policy_count(reader->doc, value), i = 0;
	int r = wh_policy_expect(reader, key, value, WH_JSON_ARRAY);

	if (r < 0)
		return r;
	/* Few enough to compare each with each, here and when two lists are intersected. */
	if (n > TMPFS_MAX)
		return wh_policy_fail(
			reader, value, "\"%s\" can have at most %u entries", key->name, TMPFS_MAX);
	tmpfs = wh_arena_array(&reader->policy->arena, n, sizeof(*tmpfs));
	if (tmpfs == NULL)
		return wh_policy_no_memory(reader);
	wh_json_each_element (reader->doc, value, element) {
		r = read_tmpfs(reader, key, element, &tmpfs[i]);
		if (r < 0)
			return r;
		if (has_path(tmpfs, i, tmpfs[i].path))
			return wh_policy_fail(reader, element, "this path is here twice");
		i++;
	}
	scope->part->given |= WH_GIVEN_TMPFS;
	scope->part->tmpfs = tmpfs;
	scope->part->tmpfs_count = n;
	return 0;
}
