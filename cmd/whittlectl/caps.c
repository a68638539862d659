/* SPDX-License-Identifier: Apache-2.0 */
/*
 * whittlectl caps: the field guide. Without arguments all of them; a name one; a mask as in
 * /proc/PID/status ("00000000a80425fb") those in it.
 */

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oci/capability.h"
#include "verbs.h"

/* A mask has the sixteen digits of /proc, or begins with 0x: no name looks like either. */
static bool parse_mask(const char *word, wh_capset *ret)
{
	bool prefixed = strncmp(word, "0x", 2) == 0;
	const char *digits = prefixed ? word + 2 : word;
	size_t len = strlen(digits);

	if (len == 0 || len > 16 || (!prefixed && len != 16) ||
		strspn(digits, "0123456789abcdefABCDEF") != len)
		return false;
	*ret = strtoull(digits, NULL, 16);
	return true;
}

static int add_word(const char *word, wh_capset *set)
{
	unsigned capability = 0;
	wh_capset mask = 0;

	if (parse_mask(word, &mask)) {
		if ((mask & ~WH_CAPSET_ALL) != 0) {
			(void)fprintf(stderr,
				"whittlectl: %s has bits of capabilities newer than this version\n",
				word);
			return WH_EXIT_TROUBLE;
		}
		*set |= mask;
		return WH_EXIT_FINE;
	}
	if (!wh_capability_from_human(wh_slice_of(word), &capability)) {
		(void)fprintf(stderr,
			"whittlectl: \"%s\" is no capability; give a name such as CAP_NET_RAW or a "
			"mask of 16 hexadecimal digits as in /proc/PID/status\n",
			word);
		return WH_EXIT_TROUBLE;
	}
	*set |= wh_capset_of(capability);
	return WH_EXIT_FINE;
}

int wh_verb_caps(const struct wh_words *words)
{
	wh_capset set = words->count > 0 ? 0 : WH_CAPSET_ALL;

	for (size_t i = 0; i < words->count; i++) {
		int status = add_word(words->arguments[i], &set);

		if (status != WH_EXIT_FINE)
			return status;
	}
	for (unsigned i = 0; i < WH_CAP_COUNT; i++) {
		const struct wh_capability *capability = wh_capability_get(i);

		if ((set & wh_capset_of(i)) != 0)
			(void)printf("%s\n  allows:   %s\n  attacker: %s\n", capability->name,
				capability->allows, capability->risk);
	}
	return fflush(stdout) == 0 ? WH_EXIT_FINE : WH_EXIT_TROUBLE;
}
