/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a pattern has to be, by the kind of fact it is for. A pattern that could never match is a
 * typing error, and a rule that silently never holds is worse than a policy that is refused: so
 * what can be seen to be wrong is said when the policy is loaded, with the way to write it.
 */

#include "policy/internal.h"

#include <string.h>

#include "oci/reference.h"

#define PATTERN_MAX_LEN 1024u
#define PATTERN_MAX_STARS 16u
#define USER_MAX UINT64_C(4294967294)
#define SHOWN_MAX 128 /* bytes of a pattern in a sentence */

static bool is_special(char c)
{
	return c == '*' || c == '?' || c == '[' || c == '\\';
}

/* How many bytes at the start stand for themselves: what fnmatch(3) need not be asked about. */
static size_t literal_start(struct wh_slice pattern)
{
	size_t n = 0;

	while (n < pattern.len && !is_special(pattern.data[n]))
		n++;
	return n;
}

/*
 * The bounds keep one match cheap whatever the text. A backslash at the end quotes nothing, and
 * such a pattern would silently match nothing.
 */
int wh_pattern_read_glob(struct wh_reader *reader, wh_node node, struct wh_slice pattern,
	const char **ret_text, size_t *ret_literal)
{
	size_t stars = 0, backslashes = 0;

	for (size_t i = 0; i < pattern.len; i++) {
		stars += pattern.data[i] == '*';
		backslashes = pattern.data[i] == '\\' ? backslashes + 1 : 0;
	}
	if (pattern.len > PATTERN_MAX_LEN || stars > PATTERN_MAX_STARS)
		return wh_policy_fail(reader, node,
			"a pattern can have at most %u bytes and %u stars", PATTERN_MAX_LEN,
			PATTERN_MAX_STARS);
	if (backslashes % 2 != 0)
		return wh_policy_fail(reader, node, "the pattern ends in a lone backslash");
	*ret_literal = literal_start(pattern);
	return wh_policy_keep(reader, pattern, ret_text);
}

static int read_glob(
	struct wh_reader *reader, wh_node node, struct wh_slice pattern, struct wh_pattern *ret)
{
	return wh_pattern_read_glob(reader, node, pattern, &ret->text, &ret->literal);
}

/* ---- words --------------------------------------------------------------------------------- */

int wh_policy_read_word(struct wh_reader *reader, wh_node node, struct wh_slice word,
	const char *kind, const char *(*word_at)(const void *context, size_t n),
	const void *context)
{
	struct wh_nearest nearest = { .word = word };
	WH_CLEANUP(wh_buf_done) struct wh_buf text = WH_BUF_INIT;
	const char *before = ", expected one of ";
	size_t n = 0;

	wh_buf_addf(&text, "unknown %s \"%.*s\"", kind,
		(int)(word.len < SHOWN_MAX ? word.len : SHOWN_MAX), word.data);
	for (const char *known = word_at(context, 0); known != NULL;
		known = word_at(context, ++n)) {
		if (wh_slice_is(word, known))
			return (int)n;
		wh_nearest_try(&nearest, known);
		wh_buf_addf(&text, "%s\"%s\"", before, known);
		before = ", ";
	}
	return wh_policy_fail_unknown(reader, node, &text, &nearest);
}

static const char *engine_at(const void *context, size_t n)
{
	(void)context;
	return n < WH_ENGINES ? wh_engine_name((enum wh_engine_id)n) : NULL;
}

static int read_engine(
	struct wh_reader *reader, wh_node node, struct wh_slice pattern, struct wh_pattern *ret)
{
	int number = wh_policy_read_word(reader, node, pattern, "engine", engine_at, NULL);

	if (number < 0)
		return number;
	reader->policy->asked_engines |= 1u << number;
	return read_glob(reader, node, pattern, ret);
}

/* The commands that the policy is asked about. */
static const char *command_at(const void *context, size_t n)
{
	static const char *const commands[] = { "create", "run", "exec", "restore", "update" };

	(void)context;
	return n < WH_COUNT(commands) ? commands[n] : NULL;
}

static int read_command(
	struct wh_reader *reader, wh_node node, struct wh_slice pattern, struct wh_pattern *ret)
{
	int number = wh_policy_read_word(reader, node, pattern, "command", command_at, NULL);

	return number < 0 ? number : read_glob(reader, node, pattern, ret);
}

/* ---- users ---------------------------------------------------------------------------------- */

/* Takes a number off the front of a text. False when there is none that is a user's. */
static bool take_user(struct wh_slice *text, uint32_t *ret)
{
	uint64_t value = 0;
	size_t n = 0;

	for (; n < text->len && text->data[n] >= '0' && text->data[n] <= '9'; n++) {
		value = value * 10 + (uint64_t)(text->data[n] - '0');
		if (value > USER_MAX)
			return false;
	}
	if (n == 0)
		return false;
	*ret = (uint32_t)value;
	text->data += n;
	text->len -= n;
	return true;
}

static int read_user(
	struct wh_reader *reader, wh_node node, struct wh_slice pattern, struct wh_pattern *ret)
{
	bool good = take_user(&pattern, &ret->low);

	ret->high = ret->low;
	if (good && pattern.len > 0 && pattern.data[0] == '-') {
		pattern.data++;
		pattern.len--;
		good = take_user(&pattern, &ret->high);
	}
	if (!good || pattern.len > 0 || ret->low > ret->high)
		return wh_policy_fail(reader, node,
			"a user is a number like \"0\" or a range like \"1000-65535\", up to "
			"4294967294");
	return 0;
}

/* ---- images --------------------------------------------------------------------------------- */

static int read_image_id(
	struct wh_reader *reader, wh_node node, struct wh_slice pattern, struct wh_pattern *ret)
{
	struct wh_slice digits;

	if (!wh_image_id_digits(pattern, &digits))
		return wh_policy_fail(reader, node,
			"an image's id is \"sha256:\" and 64 hexadecimal digits in small letters");
	ret->text = wh_arena_printf(
		&reader->policy->arena, "sha256:%.*s", (int)digits.len, digits.data);
	if (ret->text == NULL)
		return wh_policy_no_memory(reader);
	ret->literal = strlen(ret->text);
	return 0;
}

static size_t find(struct wh_slice text, char c)
{
	const char *found = text.len == 0 ? NULL : memchr(text.data, c, text.len);

	return found == NULL ? text.len : (size_t)(found - text.data);
}

static struct wh_slice first(struct wh_slice text, size_t len)
{
	return (struct wh_slice){ text.data, len };
}

/*
 * Every image has a registry in its name, so a pattern must begin with one or with something that
 * can stand for one. Where there is no "/" the registry would have to be all there is.
 */
static bool can_have_registry(struct wh_slice pattern)
{
	static const char localhost[] = "localhost";
	struct wh_slice start = first(pattern, find(pattern, '/'));

	if (start.len == pattern.len)
		start.len = find(pattern, ':');
	if (literal_start(start) == 0)
		return true;
	if (wh_reference_is_domain(start))
		return true;
	return start.len >= sizeof(localhost) - 1 &&
	       memcmp(start.data, localhost, sizeof(localhost) - 1) == 0;
}

static int refuse_short_image(struct wh_reader *reader, wh_node node, struct wh_slice pattern)
{
	bool folder = find(pattern, '/') < pattern.len;

	return wh_policy_fail(reader, node,
		"an image has its registry in front, so this never matches: write "
		"\"docker.io/%s%.*s\" for Docker Hub's, or begin with the registry it is from",
		folder ? "" : "library/", (int)(pattern.len < SHOWN_MAX ? pattern.len : SHOWN_MAX),
		pattern.data);
}

/* A digest alone says what the image is: the facts have no tag in front of one. */
static int read_digest(struct wh_reader *reader, wh_node node, struct wh_slice pattern, size_t at,
	struct wh_pattern *ret)
{
	struct wh_slice name = first(pattern, at), digits;
	struct wh_slice digest = { pattern.data + at + 1, pattern.len - at - 1 };
	const char *colon = memrchr(name.data, ':', name.len);
	const char *slash = memrchr(name.data, '/', name.len);
	WH_CLEANUP(wh_buf_done) struct wh_buf text = WH_BUF_INIT;

	if (!wh_image_id_digits(digest, &digits))
		return wh_policy_fail(reader, node,
			"a digest is compared as a whole: \"@sha256:\" and 64 hexadecimal digits "
			"in small letters; for any digest write \"@*\"");
	if (colon != NULL && slash != NULL && colon > slash)
		name.len = (size_t)(colon - name.data);
	wh_buf_add_slice(&text, name);
	wh_buf_addf(&text, "@%.*s", (int)digest.len, digest.data);
	if (wh_buf_status(&text) < 0)
		return wh_policy_no_memory(reader);
	return read_glob(reader, node, (struct wh_slice){ text.data, text.len }, ret);
}

static int read_image(
	struct wh_reader *reader, wh_node node, struct wh_slice pattern, struct wh_pattern *ret)
{
	const char *digest = memmem(pattern.data, pattern.len, "@sha256:", strlen("@sha256:"));
	const char *slash = memrchr(pattern.data, '/', pattern.len);
	struct wh_slice end;

	if (!can_have_registry(pattern))
		return refuse_short_image(reader, node, pattern);
	if (digest != NULL)
		return read_digest(reader, node, pattern, (size_t)(digest - pattern.data), ret);
	end = slash == NULL
		      ? pattern
		      : (struct wh_slice){ slash, (size_t)(pattern.data + pattern.len - slash) };
	if (literal_start(pattern) == pattern.len && find(end, ':') == end.len &&
		find(end, '@') == end.len)
		return wh_policy_fail(reader, node,
			"an image has a tag or a digest behind its name, so this never matches: "
			"add \":latest\", \":*\" for any tag, or \"[:@]*\" for any tag or digest");
	return read_glob(reader, node, pattern, ret);
}

/* --------------------------------------------------------------------------------------------- */

int wh_pattern_read(struct wh_reader *reader, wh_node node, enum wh_fact fact,
	struct wh_slice pattern, struct wh_pattern *ret)
{
	static int (*const readers[WH_FACT_COUNT])(
		struct wh_reader *, wh_node, struct wh_slice, struct wh_pattern *) = {
		[WH_FACT_ENGINE] = read_engine,
		[WH_FACT_COMMAND] = read_command,
		[WH_FACT_USER] = read_user,
		[WH_FACT_IMAGE] = read_image,
		[WH_FACT_IMAGE_ID] = read_image_id,
	};

	ret->node = node;
	if (readers[fact] == NULL)
		return read_glob(reader, node, pattern, ret);
	return readers[fact](reader, node, pattern, ret);
}
