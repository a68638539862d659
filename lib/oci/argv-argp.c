/* SPDX-License-Identifier: Apache-2.0 */
/*
 * glibc's argp with ARGP_IN_ORDER, which crun uses: getopt_long(3) that stops at the first word
 * that is no option. "--name" takes its value behind "=" or from the next word, whatever that is;
 * "-x" takes the rest of its word (an "=" included) or the next word; letters without values may
 * share a word; an optional value must stand in the same word. "-name" is letters, never a long
 * name.
 * "--" ends the options and is used up; "-" alone is no option.
 *
 * getopt_long also takes any unambiguous beginning of a long name. What is unambiguous changes with
 * each option that a release adds, so these are refused.
 */

#include "oci/argv-internal.h"

#include <errno.h>
#include <string.h>

static const char *begins_name(const struct wh_option *table, struct wh_slice beginning)
{
	for (; table->name != NULL; table++) {
		if (strncmp(table->name, beginning.data, beginning.len) == 0)
			return table->name;
	}
	return NULL;
}

static int fail_no_name(struct wh_argv_parser *p, const char *word, struct wh_slice name)
{
	const char *full = begins_name(p->options, name);

	if (full == NULL)
		full = begins_name(p->argv->grammar->common, name);
	if (name.len == 0 || full == NULL)
		return wh_fail_unknown(p, word);
	return wh_fail(p->err, EINVAL,
		"option \"%.*s\" of \"%s\" is an abbreviation, as of \"--%s\"; write the name in "
		"full",
		WH_SHOWN(word), p->where, full);
}

/* The option "--name" at words[0]. */
static int take_long(struct wh_argv_parser *p, char *const *words, size_t count, size_t *ret_taken)
{
	const char *name = words[0] + 2;
	struct wh_slice slice = { name, strcspn(name, "=") };
	struct wh_found found = { .option = wh_option_by_name(p, slice) };

	if (found.option == NULL)
		return fail_no_name(p, words[0], slice);
	*ret_taken = 1;
	if (name[slice.len] == '=') {
		found.value = name + slice.len + 1;
	} else if (wh_option_needs_value(found.option)) {
		if (count < 2)
			return wh_fail_no_value(p, words[0]);
		found.value = words[1];
		*ret_taken = 2;
	}
	return wh_flag_add(p, &found, words[0], *ret_taken == count);
}

/* One letter of the word at words[0]; whether it was the last goes to ret_ended. */
static int take_letter(struct wh_argv_parser *p, char *const *words, size_t count,
	const char *letter, size_t *ret_taken, bool *ret_ended)
{
	char word[] = { '-', *letter, '\0' };
	struct wh_found found = { .option = wh_option_by_letter(p, *letter), .letter = *letter };
	bool glued = letter[1] != '\0';

	if (found.option == NULL)
		return wh_fail_unknown(p, word);
	*ret_taken = 1;
	*ret_ended = !glued;
	if (found.option->arity != WH_ARITY_BOOL) {
		*ret_ended = true;
		found.value = glued ? letter + 1 : NULL;
	}
	if (wh_option_needs_value(found.option) && !glued) {
		if (count < 2)
			return wh_fail_no_value(p, word);
		found.value = words[1];
		*ret_taken = 2;
	}
	return wh_flag_add(p, &found, word, *ret_ended && *ret_taken == count);
}

static int take_letters(
	struct wh_argv_parser *p, char *const *words, size_t count, size_t *ret_taken)
{
	const char *letter = words[0] + 1;
	bool ended = false;
	int r = 0;

	while (r == 0 && !ended)
		r = take_letter(p, words, count, letter++, ret_taken, &ended);
	return r;
}

int wh_argv_argp(struct wh_argv_parser *p, char *const *words, size_t count, size_t *ret_used)
{
	size_t used = 0;

	while (used < count && words[used][0] == '-' && words[used][1] != '\0') {
		const char *word = words[used];
		size_t taken = 0;
		int r;

		if (strcmp(word, "--") == 0) {
			used++;
			break;
		}
		if (word[1] == '-')
			r = take_long(p, words + used, count - used, &taken);
		else
			r = take_letters(p, words + used, count - used, &taken);
		if (r < 0)
			return r;
		used += taken;
	}
	*ret_used = used;
	return 0;
}
