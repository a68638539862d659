/* SPDX-License-Identifier: Apache-2.0 */
#include "screen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define LEAST_TEXT 24 /* columns that a sentence gets, however narrow the screen */
#define WIDTH 100     /* where there is no terminal to ask */

/* ---- where it goes ------------------------------------------------------------------------ */

static size_t width_of_terminal(FILE *to)
{
	struct winsize size;

	if (ioctl(fileno(to), TIOCGWINSZ, &size) == 0 && size.ws_col >= 40)
		return size.ws_col;
	return WIDTH;
}

static bool wants_colour(FILE *to)
{
	const char *none = getenv("NO_COLOR"), *terminal = getenv("TERM");

	return isatty(fileno(to)) && (none == NULL || none[0] == '\0') &&
	       (terminal == NULL || strcmp(terminal, "dumb") != 0);
}

struct wh_screen wh_screen_of(FILE *to, struct wh_buf *buf)
{
	return (struct wh_screen){ buf, wants_colour(to), width_of_terminal(to) };
}

int wh_print(const struct wh_buf *text, FILE *to)
{
	if (wh_buf_status(text) < 0)
		return -ENOMEM;
	if ((text->len > 0 && fwrite(text->data, 1, text->len, to) != text->len) || fflush(to) != 0)
		return -EIO;
	return 0;
}

/* ---- words ------------------------------------------------------------------------------- */

static const char *const shades[] = {
	[WH_PLAIN] = "",
	[WH_BOLD] = "\033[1m",
	[WH_GOOD] = "\033[32m",
	[WH_BAD] = "\033[31m",
	[WH_DOUBT] = "\033[33m",
};

size_t wh_screen_width_of(const char *text, size_t len)
{
	size_t width = 0;

	for (size_t i = 0; i < len; i++)
		width += text[i] >= ' ' && text[i] <= '~' ? 1 : 4;
	return width;
}

static void add_raw(struct wh_screen *screen, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] >= ' ' && text[i] <= '~')
			wh_buf_add_char(screen->to, text[i]);
		else
			wh_buf_addf(screen->to, "\\x%02x", (unsigned char)text[i]);
	}
}

void wh_screen_add(struct wh_screen *screen, enum wh_shade shade, const char *text, size_t len)
{
	bool colour = screen->colour && shade != WH_PLAIN;

	if (colour)
		wh_buf_add_string(screen->to, shades[shade]);
	add_raw(screen, text, len);
	if (colour)
		wh_buf_add_string(screen->to, "\033[0m");
}

void wh_screen_blanks(struct wh_screen *screen, size_t count)
{
	for (; count > 0; count--)
		wh_buf_add_char(screen->to, ' ');
}

void wh_screen_wrap(
	struct wh_screen *screen, enum wh_shade shade, const char *text, size_t at, size_t indent)
{
	size_t room = screen->width > indent + LEAST_TEXT ? screen->width : indent + LEAST_TEXT;
	bool first = true;

	while (*text != '\0') {
		size_t len = strcspn(text, " "), width = wh_screen_width_of(text, len);

		if (!first && at + 1 + width > room) {
			wh_buf_add_char(screen->to, '\n');
			wh_screen_blanks(screen, indent);
			at = indent;
		} else if (!first) {
			wh_buf_add_char(screen->to, ' ');
			at++;
		}
		wh_screen_add(screen, shade, text, len);
		at += width;
		first = false;
		text += len;
		text += strspn(text, " ");
	}
	wh_buf_add_char(screen->to, '\n');
}

void wh_screen_heading(struct wh_screen *screen, const char *text)
{
	if (screen->to->len > 0)
		wh_buf_add_char(screen->to, '\n');
	wh_screen_add(screen, WH_BOLD, text, strlen(text));
	wh_buf_add_char(screen->to, '\n');
}

void wh_screen_item(struct wh_screen *screen, enum wh_shade shade, const char *text)
{
	wh_buf_add_string(screen->to, "  - ");
	wh_screen_wrap(screen, shade, text, 4, 4);
}

/* ---- tables ------------------------------------------------------------------------------ */

void wh_screen_widen(size_t widths[WH_COLUMNS], const struct wh_cell row[WH_COLUMNS])
{
	for (size_t i = 0; i < WH_COLUMNS; i++) {
		size_t width = row[i].text == NULL
				       ? 0
				       : wh_screen_width_of(row[i].text, strlen(row[i].text));

		if (width > widths[i])
			widths[i] = width;
	}
}

void wh_screen_row(struct wh_screen *screen, const size_t widths[WH_COLUMNS],
	const struct wh_cell row[WH_COLUMNS])
{
	size_t at = 2;

	wh_screen_blanks(screen, at);
	for (size_t i = 0; i < WH_SENTENCE; i++) {
		const char *text = row[i].text == NULL ? "" : row[i].text;
		size_t len = strlen(text);

		if (widths[i] == 0)
			continue;
		wh_screen_add(screen, row[i].shade, text, len);
		wh_screen_blanks(screen, widths[i] - wh_screen_width_of(text, len) + 2);
		at += widths[i] + 2;
	}
	wh_screen_wrap(screen, row[WH_SENTENCE].shade,
		row[WH_SENTENCE].text == NULL ? "" : row[WH_SENTENCE].text, at,
		at + LEAST_TEXT > screen->width ? 6 : at);
}
