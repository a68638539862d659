/* SPDX-License-Identifier: Apache-2.0 */
/* whittlectl completion: the table of verbs for those who are not whittlectl. */

#include "completion.h"

#include <string.h>

#include "whittlectl/screen.h"

static bool is_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || c == '-';
}

bool wh_is_file(const char *argument)
{
	while (argument != NULL && *argument != '\0') {
		struct wh_slice word = { argument, 0 };

		while (is_letter(argument[word.len]))
			word.len++;
		if (wh_slice_is(word, "FILE") || wh_slice_is(word, "PATH"))
			return true;
		argument += word.len + (argument[word.len] != '\0');
	}
	return false;
}

const struct wh_verb_option *wh_option_get(const struct wh_verb *verb, size_t index)
{
	if (index >= WH_MAX_OPTIONS || verb->options[index].name == NULL)
		return NULL;
	return &verb->options[index];
}

void wh_add_escaped(struct wh_buf *to, const char *text, const char *special)
{
	for (; *text != '\0'; text++) {
		if (strchr(special, *text) != NULL)
			wh_buf_add_char(to, '\\');
		wh_buf_add_char(to, *text);
	}
}

void wh_add_quoted(struct wh_buf *to, const char *text)
{
	wh_buf_add_char(to, '\'');
	for (; *text != '\0'; text++) {
		if (*text == '\'')
			wh_buf_add_string(to, "'\\''");
		else
			wh_buf_add_char(to, *text);
	}
	wh_buf_add_char(to, '\'');
}

static const struct {
	const char *name;
	void (*print)(struct wh_buf *to);
} languages[] = {
	{ "bash", wh_complete_bash },
	{ "fish", wh_complete_fish },
	{ "man", wh_complete_man },
	{ "zsh", wh_complete_zsh },
};

int wh_verb_completion(const struct wh_words *words)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_buf complaint WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_screen screen = wh_screen_of(stderr, &complaint);
	const char *wanted = words->arguments[0];

	for (size_t i = 0; i < WH_COUNT(languages); i++) {
		if (strcmp(wanted, languages[i].name) != 0)
			continue;
		languages[i].print(&text);
		if (wh_print(&text, stdout) == 0)
			return WH_EXIT_FINE;
		(void)fputs("whittlectl completion: it could not be written\n", stderr);
		return WH_EXIT_TROUBLE;
	}
	wh_buf_add_string(&complaint, "whittlectl completion: there is nothing for \"");
	wh_screen_add(&screen, WH_PLAIN, wanted, strlen(wanted));
	wh_buf_add_string(&complaint, "\": say bash, zsh, fish or man\n");
	(void)!wh_print(&complaint, stderr);
	return WH_EXIT_TROUBLE;
}
