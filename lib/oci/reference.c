/* SPDX-License-Identifier: Apache-2.0 */
/* Taken apart from the end: the digest, the tag, then the domain from the front. */

#include "oci/reference.h"

#include <errno.h>
#include <string.h>

#define NAME_MAX_LEN 255u
#define TAG_MAX_LEN 128u
#define ID_DIGITS 64u
#define DIGEST_MIN_DIGITS 32u
#define DIGEST_MAX_LEN 256u
#define SHA256 "sha256:"

struct parts {
	struct wh_slice domain;
	struct wh_slice folder; /* the one that Docker Hub's official images leave out */
	struct wh_slice path;
	struct wh_slice tag;    /* no data: none */
	struct wh_slice digest; /* no data: none */
};

/* ---- letters ------------------------------------------------------------------------------ */

static bool is_lower(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_letter_or_digit(char c)
{
	return is_lower(c) || is_upper(c);
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool all(struct wh_slice text, bool (*is)(char c))
{
	for (size_t i = 0; i < text.len; i++) {
		if (!is(text.data[i]))
			return false;
	}
	return text.len > 0;
}

static struct wh_slice part(struct wh_slice text, size_t from, size_t to)
{
	return (struct wh_slice){ text.data + from, to - from };
}

static const char *find(struct wh_slice text, char c)
{
	return text.data == NULL ? NULL : memchr(text.data, c, text.len);
}

static const char *find_last(struct wh_slice text, char c)
{
	return text.data == NULL ? NULL : memrchr(text.data, c, text.len);
}

static bool starts_with(struct wh_slice text, const char *prefix)
{
	size_t len = strlen(prefix);

	return text.data != NULL && text.len >= len && memcmp(text.data, prefix, len) == 0;
}

/* ---- the grammar -------------------------------------------------------------------------- */

/* Letters and digits in runs that single dots, one or two underscores, or dashes divide. */
static bool is_path_component(struct wh_slice text)
{
	size_t separators = 0;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.data[i];

		if (is_lower(c)) {
			separators = 0;
			continue;
		}
		if (memchr("._-", c, 3) == NULL || i == 0 || i + 1 == text.len)
			return false;
		if (separators > 0 &&
			(c != text.data[i - 1] || c == '.' || (c == '_' && separators == 2)))
			return false;
		separators++;
	}
	return text.len > 0;
}

static bool is_path(struct wh_slice path)
{
	const char *slash;

	while ((slash = find(path, '/')) != NULL) {
		size_t len = (size_t)(slash - path.data);

		if (!is_path_component(part(path, 0, len)))
			return false;
		path = part(path, len + 1, path.len);
	}
	return is_path_component(path);
}

static bool is_host_character(char c)
{
	return is_letter_or_digit(c) || c == '-' || c == '.';
}

static bool is_address_character(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':';
}

static bool is_domain(struct wh_slice domain)
{
	const char *bracket = find_last(domain, ']');
	const char *colon = find_last(domain, ':');

	if (colon != NULL && (bracket == NULL || colon > bracket)) {
		size_t len = (size_t)(colon - domain.data);

		if (!all(part(domain, len + 1, domain.len), is_digit))
			return false;
		domain.len = len;
	}
	if (bracket != NULL)
		return domain.len > 2 && domain.data[0] == '[' &&
		       bracket == domain.data + domain.len - 1 &&
		       all(part(domain, 1, domain.len - 1), is_address_character);
	return all(domain, is_host_character) && is_letter_or_digit(domain.data[0]) &&
	       is_letter_or_digit(domain.data[domain.len - 1]) &&
	       memmem(domain.data, domain.len, "..", 2) == NULL;
}

static bool is_tag_character(char c)
{
	return is_letter_or_digit(c) || c == '_' || c == '.' || c == '-';
}

static bool is_tag(struct wh_slice tag)
{
	return tag.len <= TAG_MAX_LEN && all(tag, is_tag_character) && tag.data[0] != '.' &&
	       tag.data[0] != '-';
}

static bool is_algorithm_character(char c)
{
	return is_letter_or_digit(c) || c == '+' || c == '.' || c == '-' || c == '_';
}

static bool is_digest(struct wh_slice digest)
{
	const char *colon = find(digest, ':');
	struct wh_slice digits;

	if (colon == NULL || digest.len > DIGEST_MAX_LEN)
		return false;
	digits = part(digest, (size_t)(colon - digest.data) + 1, digest.len);
	if (starts_with(digest, SHA256))
		return digits.len == ID_DIGITS && all(digits, is_hex);
	return digits.len >= DIGEST_MIN_DIGITS && all(digits, is_hex) &&
	       all(part(digest, 0, (size_t)(colon - digest.data)), is_algorithm_character);
}

/* ---- taking apart -------------------------------------------------------------------------- */

bool wh_reference_is_domain(struct wh_slice text)
{
	if (find(text, '.') != NULL || find(text, ':') != NULL || wh_slice_is(text, "localhost"))
		return true;
	for (size_t i = 0; i < text.len; i++) {
		if (is_upper(text.data[i]))
			return true;
	}
	return false;
}

static void split_end(struct wh_slice *name, struct parts *parts)
{
	const char *at = find(*name, '@');
	const char *colon, *slash;

	if (at != NULL) {
		parts->digest = part(*name, (size_t)(at - name->data) + 1, name->len);
		name->len = (size_t)(at - name->data);
	}
	colon = find_last(*name, ':');
	slash = find_last(*name, '/');
	if (colon != NULL && (slash == NULL || colon > slash)) {
		parts->tag = part(*name, (size_t)(colon - name->data) + 1, name->len);
		name->len = (size_t)(colon - name->data);
	}
}

/* The domain; none where the first part is no domain. */
static void split_domain(struct wh_slice name, struct parts *parts)
{
	const char *slash = find(name, '/');
	size_t len = slash == NULL ? 0 : (size_t)(slash - name.data);

	parts->path = name;
	if (slash == NULL || !wh_reference_is_domain(part(name, 0, len)))
		return;
	parts->domain = part(name, 0, len);
	parts->path = part(name, len + 1, name.len);
}

/* What Docker Hub's names leave out. The length of a name counts with it. */
static void complete(struct parts *parts)
{
	if (parts->domain.data == NULL || wh_slice_is(parts->domain, "index.docker.io"))
		parts->domain = WH_SLICE("docker.io");
	if (wh_slice_is(parts->domain, "docker.io") && find(parts->path, '/') == NULL)
		parts->folder = WH_SLICE("library/");
}

static const char *fault_of(const struct parts *parts)
{
	if (!is_domain(parts->domain) || !is_path(parts->path) ||
		parts->domain.len + 1 + parts->folder.len + parts->path.len > NAME_MAX_LEN)
		return "the name is no image reference";
	if (parts->tag.data != NULL && !is_tag(parts->tag))
		return "the tag is none";
	if (parts->digest.data != NULL && !is_digest(parts->digest))
		return "the digest is none";
	return NULL;
}

static char *join(const struct parts *parts, struct wh_arena *arena)
{
	struct wh_slice end = parts->digest.data != NULL ? parts->digest
			      : parts->tag.data != NULL  ? parts->tag
							 : WH_SLICE("latest");

	return wh_arena_printf(arena, "%.*s/%.*s%.*s%c%.*s", (int)parts->domain.len,
		parts->domain.data, (int)parts->folder.len, parts->folder.data,
		(int)parts->path.len, parts->path.data, parts->digest.data != NULL ? '@' : ':',
		(int)end.len, end.data);
}

int wh_reference_normalise(struct wh_slice typed, unsigned flags, struct wh_arena *arena,
	const char **ret, const char **ret_why)
{
	struct parts parts = { .folder = WH_SLICE(""), .tag = { NULL, 0 } };
	const char *why;
	const char *text;

	split_end(&typed, &parts);
	split_domain(typed, &parts);
	if (parts.domain.data == NULL && (flags & WH_REFERENCE_HUB) == 0) {
		*ret_why = "the name has no registry in it, and the engine may have looked it up "
			   "in any";
		return -EINVAL;
	}
	complete(&parts);
	why = fault_of(&parts);
	if (why != NULL) {
		*ret_why = why;
		return -EINVAL;
	}
	text = join(&parts, arena);
	if (text == NULL)
		return -ENOMEM;
	*ret = text;
	return 0;
}

/* ---- ids ----------------------------------------------------------------------------------- */

static struct wh_slice without_algorithm(struct wh_slice text)
{
	if (starts_with(text, SHA256))
		return part(text, strlen(SHA256), text.len);
	return text;
}

bool wh_image_id_digits(struct wh_slice text, struct wh_slice *ret)
{
	struct wh_slice digits = without_algorithm(text);

	if (digits.len != ID_DIGITS || !all(digits, is_hex))
		return false;
	*ret = digits;
	return true;
}

bool wh_reference_is_id(struct wh_slice typed, struct wh_slice id)
{
	struct wh_slice digits = without_algorithm(id);

	if (starts_with(typed, SHA256))
		return true;
	if (!all(typed, is_hex))
		return false;
	return typed.len == ID_DIGITS ||
	       (typed.len <= digits.len && memcmp(typed.data, digits.data, typed.len) == 0);
}
