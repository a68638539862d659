/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Go's flag package, which runc (below urfave/cli 1.22) and runsc use: "-name" and "--name" are
 * one, a one-letter alias is just another name, "=" begins the value, an option that needs a value
 * takes the next word whatever it is, and the first word that is no option ends it all. "-" alone
 * is no option; "--" ends the options and is used up.
 *
 * urfave/cli first moves what looks like an option of the command to the front, for all commands
 * but exec (and ps). It does not know which options take values: behind any option without "=" it
 * takes the next word along, so "run --no-new-keyring CID -b A" becomes three positionals. That
 * must be followed exactly, since it decides which bundle is read. Two generations of the rule are
 * in use; argv.c refuses the words for which they differ.
 */

#include "oci/argv-internal.h"

#include <string.h>

/* The name in an option's word, without dashes and value. Empty for what is no option's name. */
static struct wh_slice name_in(const char *word)
{
	const char *name = word + 1;

	if (*name == '-')
		name++;
	if (*name == '-')
		return (struct wh_slice){ name, 0 };
	return (struct wh_slice){ name, strcspn(name, "=") };
}

static const struct wh_option *find(const struct wh_argv_parser *p, struct wh_slice name)
{
	const struct wh_option *option = wh_option_by_name(p, name);

	if (option == NULL && name.len == 1)
		option = wh_option_by_letter(p, name.data[0]);
	return option;
}

/* Takes the option at words[0], and perhaps the word behind it; how many go to ret_taken. */
static int take_option(
	struct wh_argv_parser *p, char *const *words, size_t count, size_t *ret_taken)
{
	struct wh_slice name = name_in(words[0]);
	const char *value = strchr(words[0], '=');
	struct wh_found found = { .option = find(p, name), .value = value };
	size_t taken = 1;
	int r;

	if (found.option == NULL)
		return wh_fail_unknown(p, words[0]);
	if (!wh_slice_is(name, found.option->name))
		found.letter = name.data[0];
	if (value != NULL) {
		found.value = value + 1;
	} else if (wh_option_needs_value(found.option)) {
		if (count < 2)
			return wh_fail_no_value(p, words[0]);
		found.value = words[1];
		taken = 2;
	}
	r = wh_flag_add(p, &found, words[0], taken == count);
	if (r == 0)
		*ret_taken = taken;
	return r;
}

int wh_argv_go(struct wh_argv_parser *p, char *const *words, size_t count, size_t *ret_used)
{
	size_t used = 0;

	while (used < count && words[used][0] == '-' && words[used][1] != '\0') {
		size_t taken = 0;
		int r;

		if (strcmp(words[used], "--") == 0) {
			used++;
			break;
		}
		r = take_option(p, words + used, count - used, &taken);
		if (r < 0)
			return r;
		used += taken;
	}
	*ret_used = used;
	return 0;
}

/* ---- urfave/cli's order ------------------------------------------------------------------ */

/* Which words go to the front, and whether the rest begins with "--". */
struct order {
	bool *front;
	size_t separator; /* where "--" stood; count for nowhere */
};

/* Since 1.22.2: only what names an option of the command, and "---name" too. */
static bool moves(const struct wh_argv_parser *p, const char *word)
{
	struct wh_slice name;

	if (word[0] != '-' || word[1] == '\0' || strcmp(word, "--") == 0)
		return false;
	if (strncmp(word, "---", 3) == 0)
		word++;
	name = name_in(word);
	return name.len > 0 && find(p, name) != NULL;
}

static void order_new(
	const struct wh_argv_parser *p, char *const *words, size_t count, struct order *order)
{
	bool wants_value = false;

	for (size_t i = 0; i < count; i++) {
		bool option = moves(p, words[i]);

		if (!option && !wants_value && strcmp(words[i], "--") == 0) {
			order->separator = i;
			return;
		}
		order->front[i] = option || wants_value;
		wants_value = option && strchr(words[i], '=') == NULL;
	}
}

/* Until 1.22.1: whatever begins with "-"; "--" stays where it is and ends the search. */
static void order_old(char *const *words, size_t count, struct order *order)
{
	bool wants_value = false;

	for (size_t i = 0; i < count && strcmp(words[i], "--") != 0; i++) {
		bool dash = words[i][0] == '-';
		bool option = dash && words[i][1] != '\0';

		order->front[i] = option || (wants_value && !dash);
		wants_value = option && strchr(words[i], '=') == NULL;
	}
}

char **wh_argv_reorder(struct wh_argv_parser *p, char *const *words, size_t count, bool old)
{
	struct order order = { wh_arena_array(p->arena, count + 1, sizeof(bool)), count };
	char **ordered = wh_arena_array(p->arena, count + 1, sizeof(char *));
	size_t used = 0;

	if (order.front == NULL || ordered == NULL)
		return NULL;
	if (old)
		order_old(words, count, &order);
	else
		order_new(p, words, count, &order);
	for (size_t i = 0; i < count; i++) {
		if (order.front[i])
			ordered[used++] = words[i];
	}
	/* The later rule moves "--" itself before the positionals. */
	if (order.separator < count)
		ordered[used++] = words[order.separator];
	for (size_t i = 0; i < count; i++) {
		if (!order.front[i] && i != order.separator)
			ordered[used++] = words[i];
	}
	return ordered;
}
