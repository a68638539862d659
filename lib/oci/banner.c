/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All three print "NAME version VERSION" first (runc and urfave/cli, crun's print_version(),
 * runsc's version command); further lines differ and are of no interest.
 */

#include "oci/banner.h"

#include <string.h>

/* Cuts the first word off the text; empty at its end. */
static struct wh_slice take_word(struct wh_slice *text)
{
	struct wh_slice word = { text->data, 0 };

	while (word.len < text->len && text->data[word.len] > ' ' && text->data[word.len] <= '~')
		word.len++;
	*text = (struct wh_slice){ text->data + word.len, text->len - word.len };
	return word;
}

static bool take_blank(struct wh_slice *text)
{
	if (text->len == 0 || text->data[0] != ' ')
		return false;
	*text = (struct wh_slice){ text->data + 1, text->len - 1 };
	return true;
}

struct wh_banner wh_banner_parse(struct wh_slice text)
{
	struct wh_banner none = { .known = false };
	struct wh_banner banner = none;
	struct wh_slice word;

	if (text.data == NULL)
		return none;
	banner.name = take_word(&text);
	if (banner.name.len == 0 || !take_blank(&text))
		return none;
	word = take_word(&text);
	if (!wh_slice_is(word, "version") || !take_blank(&text))
		return none;
	banner.version = take_word(&text);
	if (banner.version.len == 0)
		return none;
	for (int kind = 0; kind < WH_RUNTIME_KINDS; kind++) {
		if (!wh_slice_is(banner.name, wh_grammar_of((enum wh_runtime_kind)kind)->name))
			continue;
		banner.known = true;
		banner.kind = (enum wh_runtime_kind)kind;
	}
	return banner;
}
