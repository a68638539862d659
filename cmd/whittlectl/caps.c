/* SPDX-License-Identifier: Apache-2.0 */
/*
 * whittlectl caps: the field guide. Without arguments all of them; a name one; a mask as in
 * /proc/PID/status ("00000000a80425fb") those in it; the name of a set ("docker") those in that.
 * "decode" and "encode" as the first word turn masks into names and back, as capsh(1) does, and
 * need nothing but this program.
 */

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/nearest.h"
#include "oci/capability.h"
#include "put.h"
#include "screen.h"
#include "verbs.h"

#define SCHEMA 1u
#define MASK_BITS 64u
#define MASK_DIGITS 16u
#define LABELS 12 /* columns of "attacker:" and the like, behind two blanks */

/* ---- words ------------------------------------------------------------------------------- */

/* Hexadecimal digits, perhaps behind 0x; zeros in front of them do not count. */
static bool parse_mask(const char *word, wh_capset *ret)
{
	bool prefixed = strncasecmp(word, "0x", 2) == 0;
	const char *digits = prefixed ? word + 2 : word;
	size_t len = strlen(digits);

	if (len == 0 || strspn(digits, "0123456789abcdefABCDEF") != len)
		return false;
	digits += strspn(digits, "0");
	if (strlen(digits) > MASK_DIGITS)
		return false;
	*ret = strtoull(digits, NULL, 16);
	return true;
}

/* Where names are meant as well, a mask has the sixteen digits of /proc or begins with 0x: no name
 * looks like either. */
static bool looks_like_mask(const char *word)
{
	return strncasecmp(word, "0x", 2) == 0 ||
	       (strlen(word) == MASK_DIGITS &&
		       strspn(word, "0123456789abcdefABCDEF") == MASK_DIGITS);
}

/* "all", or a set of the table. */
static bool find_set(struct wh_slice word, wh_capset *ret)
{
	const struct wh_capset_info *info;

	if (word.len == 3 && strncasecmp(word.data, "all", 3) == 0) {
		*ret = WH_CAPSET_ALL;
		return true;
	}
	for (size_t i = 0; (info = wh_capset_info_get(i)) != NULL; i++) {
		if (strlen(info->name) == word.len &&
			strncasecmp(word.data, info->name, word.len) == 0) {
			*ret = info->set;
			return true;
		}
	}
	return false;
}

static int refuse_name(struct wh_slice word, struct wh_err *err)
{
	struct wh_nearest nearest = { .word = word };
	const struct wh_capset_info *info;
	const char *prefix = "CAP_";
	int len = word.len < 64 ? (int)word.len : 64;

	if (word.len >= 4 && strncasecmp(word.data, prefix, 4) == 0)
		nearest.word = (struct wh_slice){ word.data + 4, word.len - 4 };
	for (unsigned i = 0; i < WH_CAP_COUNT; i++)
		wh_nearest_try(&nearest, wh_capability_get(i)->name + 4);
	for (size_t i = 0; (info = wh_capset_info_get(i)) != NULL; i++) {
		const char *before = nearest.best;

		wh_nearest_try(&nearest, info->name);
		if (nearest.best != before)
			prefix = "";
	}
	if (nearest.best != NULL)
		return wh_fail(err, EINVAL, "\"%.*s\" is no capability; did you mean \"%s%s\"?",
			len, word.data, prefix, nearest.best);
	return wh_fail(err, EINVAL,
		"\"%.*s\" is no capability; give a name such as CAP_NET_RAW, a set such as docker, "
		"or a mask of 16 hexadecimal digits as in /proc/PID/status",
		len, word.data);
}

/* Names with commas between them, as other programs print them. */
static int add_names(const char *word, wh_capset *set, struct wh_err *err)
{
	for (;;) {
		struct wh_slice name = { word, strcspn(word, ",") };
		unsigned capability = 0;
		wh_capset found = 0;

		if (wh_capability_from_human(name, &capability))
			*set |= wh_capset_of(capability);
		else if (find_set(name, &found))
			*set |= found;
		else
			return refuse_name(name, err);
		if (name.data[name.len] == '\0')
			return 0;
		word = name.data + name.len + 1;
	}
}

static int read_mask(const char *word, wh_capset *ret, struct wh_err *err)
{
	if (parse_mask(word, ret))
		return 0;
	return wh_fail(err, EINVAL,
		"\"%.64s\" is no mask; give up to 16 hexadecimal digits as in /proc/PID/status",
		word);
}

/* A word of "caps" itself. */
static int add_word(const char *word, wh_capset *set, struct wh_err *err)
{
	wh_capset mask = 0;
	int r;

	if (!looks_like_mask(word))
		return add_names(word, set, err);
	r = read_mask(word, &mask, err);
	if (r < 0)
		return r;
	if ((mask & ~WH_CAPSET_ALL) != 0)
		return wh_fail(err, EINVAL,
			"%.64s has bits of capabilities newer than this version; caps decode shows "
			"their numbers",
			word);
	*set |= mask;
	return 0;
}

/* ---- what all of it shares ---------------------------------------------------------------- */

static void begin_json(struct wh_buf *to)
{
	wh_buf_addf(to, "{\"schema\":%u", SCHEMA);
	wh_put_text(to, "version", WH_VERSION);
}

static void put_mask(struct wh_buf *to, wh_capset mask)
{
	char digits[MASK_DIGITS + 1];

	(void)snprintf(digits, sizeof(digits), "%016llx", (unsigned long long)mask);
	wh_put_text(to, "mask", digits);
}

/* The names of the sets that have all of `part`; only those that are nothing else, if `same`. */
static void put_sets(struct wh_buf *to, const char *key, wh_capset part, bool same)
{
	const struct wh_capset_info *info;

	wh_put_open(to, key, '[');
	for (size_t i = 0; (info = wh_capset_info_get(i)) != NULL; i++) {
		if ((info->set & part) == part && (!same || info->set == part))
			wh_put_text(to, NULL, info->name);
	}
	wh_buf_add_char(to, ']');
}

static int finish(const struct wh_buf *text)
{
	if (wh_print(text, stdout) == 0)
		return WH_EXIT_FINE;
	(void)fputs("whittlectl caps: the answer could not be written\n", stderr);
	return WH_EXIT_TROUBLE;
}

static int fail(const struct wh_err *err)
{
	(void)fprintf(stderr, "whittlectl caps: %s\n", err->text);
	return WH_EXIT_TROUBLE;
}

/* ---- the guide --------------------------------------------------------------------------- */

static enum wh_shade shade_of(enum wh_grade grade)
{
	static const enum wh_shade shades[WH_GRADES] = {
		[WH_GRADE_LOW] = WH_GOOD,
		[WH_GRADE_MEDIUM] = WH_DOUBT,
		[WH_GRADE_HIGH] = WH_BAD,
		[WH_GRADE_HOST] = WH_BAD,
	};

	return shades[grade];
}

static void add_row(
	struct wh_screen *screen, const char *label, enum wh_shade shade, const char *text)
{
	wh_screen_blanks(screen, 2);
	wh_buf_add_string(screen->to, label);
	wh_screen_blanks(screen, LABELS - strlen(label));
	wh_screen_wrap(screen, shade, text, 2 + LABELS, 2 + LABELS);
}

static void add_sets(struct wh_screen *screen, unsigned number)
{
	struct wh_buf names WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	const struct wh_capset_info *info;

	for (size_t i = 0; (info = wh_capset_info_get(i)) != NULL; i++) {
		if ((info->set & wh_capset_of(number)) != 0)
			wh_buf_addf(&names, "%s%s", names.len > 0 ? ", " : "", info->name);
	}
	add_row(screen, "in sets:", WH_PLAIN, names.len > 0 ? names.data : "none");
}

static void add_capability(struct wh_screen *screen, unsigned number)
{
	const struct wh_capability *capability = wh_capability_get(number);
	const struct wh_grade_info *grade = wh_grade_info(capability->grade);

	wh_screen_add(screen, WH_BOLD, capability->name, strlen(capability->name));
	wh_buf_addf(screen->to, " (%u), ", number);
	wh_screen_add(screen, shade_of(capability->grade), grade->name, strlen(grade->name));
	wh_buf_addf(screen->to, ": %s\n", grade->meaning);
	add_row(screen, "allows:", WH_PLAIN, capability->allows);
	add_row(screen, "attacker:", WH_PLAIN, capability->risk);
	add_row(screen, "needed by:", WH_PLAIN, capability->needs);
	add_row(screen, "instead:", WH_PLAIN, capability->instead);
	add_sets(screen, number);
}

static void put_capability(struct wh_buf *to, unsigned number)
{
	const struct wh_capability *capability = wh_capability_get(number);

	wh_put_open(to, NULL, '{');
	wh_put_text(to, "name", capability->name);
	wh_put_count(to, "number", number);
	wh_put_text(to, "grade", wh_grade_info(capability->grade)->name);
	wh_put_text(to, "allows", capability->allows);
	wh_put_text(to, "attacker", capability->risk);
	wh_put_text(to, "neededBy", capability->needs);
	wh_put_text(to, "instead", capability->instead);
	wh_put_text(to, "source", capability->source);
	put_sets(to, "sets", wh_capset_of(number), false);
	wh_buf_add_char(to, '}');
}

static int explain(const struct wh_words *words, bool json)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_screen screen = wh_screen_of(stdout, &text);
	struct wh_err err = WH_ERR_INIT;
	wh_capset set = words->count > 0 ? 0 : WH_CAPSET_ALL;

	for (size_t i = 0; i < words->count; i++) {
		if (add_word(words->arguments[i], &set, &err) < 0)
			return fail(&err);
	}
	if (json) {
		begin_json(&text);
		wh_put_open(&text, "capabilities", '[');
	}
	for (unsigned i = 0; i < WH_CAP_COUNT; i++) {
		if ((set & wh_capset_of(i)) == 0)
			continue;
		if (json)
			put_capability(&text, i);
		else
			add_capability(&screen, i);
	}
	if (json)
		wh_buf_add_string(&text, "]}\n");
	return finish(&text);
}

/* ---- decode and encode ------------------------------------------------------------------- */

/* One line a mask, however long, as capsh has it: for pipes as well as for people. */
static void add_decoded(struct wh_screen *screen, wh_capset mask)
{
	const char *before = "";

	wh_buf_addf(screen->to, "%016llx=", (unsigned long long)mask);
	for (unsigned i = 0; i < MASK_BITS; i++) {
		if ((mask & wh_capset_of(i)) == 0)
			continue;
		wh_buf_add_string(screen->to, before);
		before = ",";
		if (i < WH_CAP_COUNT) {
			const struct wh_capability *capability = wh_capability_get(i);

			wh_screen_add(screen, shade_of(capability->grade), capability->name,
				strlen(capability->name));
		} else {
			wh_buf_addf(screen->to, "%u", i);
		}
	}
	wh_buf_add_char(screen->to, '\n');
}

static void put_decoded(struct wh_buf *to, wh_capset mask)
{
	wh_put_open(to, NULL, '{');
	put_mask(to, mask);
	wh_put_capabilities(to, "capabilities", mask);
	put_sets(to, "sameAs", mask, true);
	wh_buf_add_char(to, '}');
}

static int decode(const char *const words[], size_t count, bool json)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_screen screen = wh_screen_of(stdout, &text);
	struct wh_err err = WH_ERR_INIT;

	if (json) {
		begin_json(&text);
		wh_put_open(&text, "masks", '[');
	}
	for (size_t i = 0; i < count; i++) {
		wh_capset mask = 0;

		if (read_mask(words[i], &mask, &err) < 0)
			return fail(&err);
		if (json)
			put_decoded(&text, mask);
		else
			add_decoded(&screen, mask);
	}
	if (json)
		wh_buf_add_string(&text, "]}\n");
	return finish(&text);
}

static int encode(const char *const words[], size_t count, bool json)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_err err = WH_ERR_INIT;
	wh_capset set = 0;

	for (size_t i = 0; i < count; i++) {
		if (add_names(words[i], &set, &err) < 0)
			return fail(&err);
	}
	if (json) {
		begin_json(&text);
		put_mask(&text, set);
		wh_put_capabilities(&text, "capabilities", set);
		put_sets(&text, "sameAs", set, true);
		wh_buf_add_string(&text, "}\n");
	} else {
		wh_buf_addf(&text, "%016llx\n", (unsigned long long)set);
	}
	return finish(&text);
}

/* ---- the verb ---------------------------------------------------------------------------- */

int wh_verb_caps(const struct wh_words *words)
{
	static const struct {
		const char *name;
		const char *argument;
		int (*run)(const char *const words[], size_t count, bool json);
	} parts[] = {
		{ "decode", "a mask", decode },
		{ "encode", "a name", encode },
	};
	bool json = wh_words_has(words, "json");

	for (size_t i = 0; i < WH_COUNT(parts); i++) {
		if (words->count == 0 || strcmp(words->arguments[0], parts[i].name) != 0)
			continue;
		if (words->count > 1)
			return parts[i].run(words->arguments + 1, words->count - 1, json);
		(void)fprintf(stderr, "whittlectl caps: what is missing behind %s is %s\n",
			parts[i].name, parts[i].argument);
		return WH_EXIT_TROUBLE;
	}
	return explain(words, json);
}
