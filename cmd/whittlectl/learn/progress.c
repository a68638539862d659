/* SPDX-License-Identifier: Apache-2.0 */
#include "progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/arena.h"
#include "child.h"

#define WIDTH 80
#define CUT "..." /* in the place of what has no room */

struct wh_learn_progress wh_learn_progress_begin(bool quiet)
{
	const char *term = getenv("TERM");

	return (struct wh_learn_progress){
		.quiet = quiet,
		.terminal =
			isatty(STDERR_FILENO) == 1 && (term == NULL || strcmp(term, "dumb") != 0),
		.began = wh_learn_now(),
		.shown = -1,
	};
}

/* Somebody reads every key as it is pressed, and draws the screen himself. */
static bool is_taken(void)
{
	struct termios state;

	return tcgetattr(STDERR_FILENO, &state) == 0 && (state.c_lflag & ICANON) == 0;
}

static size_t columns(void)
{
	struct winsize size;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col
									       : WIDTH;
}

void wh_learn_progress_clear(struct wh_learn_progress *progress)
{
	if (progress->width > 0)
		(void)fprintf(stderr, "\r%*s\r", (int)progress->width, "");
	progress->width = 0;
}

static void show(struct wh_learn_progress *progress, const struct wh_buf *line)
{
	size_t width = columns() - 1;
	bool cut = line->len > width && width > sizeof(CUT);
	size_t shown = cut ? width - (sizeof(CUT) - 1) : line->len < width ? line->len : width;

	wh_learn_progress_clear(progress);
	(void)fprintf(stderr, "%.*s%s\r", (int)shown, line->data, cut ? CUT : "");
	(void)fflush(stderr);
	progress->width = cut ? width : shown;
}

void wh_learn_add_names(struct wh_buf *to, wh_capset set)
{
	const char *before = "";

	for (unsigned i = 0; i < 64; i++) {
		if ((set & wh_capset_of(i)) == 0)
			continue;
		if (i < WH_CAP_COUNT)
			wh_buf_addf(to, "%s%s", before,
				wh_capability_get(i)->name + sizeof("CAP_") - 1);
		else
			wh_buf_addf(to, "%s%u", before, i);
		before = " ";
	}
}

static void tell_terminal(struct wh_learn_progress *progress, const struct wh_learnt *learnt,
	wh_capset set, bool news)
{
	struct wh_buf line WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int64_t seconds = (wh_learn_now() - progress->began) / 1000;

	if ((!news && seconds == progress->shown) || is_taken())
		return;
	progress->shown = seconds;
	wh_buf_addf(
		&line, "learning %lld:%02lld", (long long)seconds / 60, (long long)seconds % 60);
	if (learnt == NULL)
		wh_buf_add_string(&line, ", nothing recorded yet");
	else
		wh_buf_addf(&line, ", %llu events", (unsigned long long)learnt->events);
	if (learnt != NULL && learnt->lost > 0)
		wh_buf_addf(&line, ", %llu LOST", (unsigned long long)learnt->lost);
	if (set != 0)
		wh_buf_add_string(&line, ": ");
	wh_learn_add_names(&line, set);
	if (wh_buf_status(&line) == 0)
		show(progress, &line);
}

static void tell_lines(const struct wh_learnt *learnt, wh_capset set)
{
	for (size_t i = 0; learnt != NULL && i < learnt->use_count; i++) {
		const struct wh_use_of *use = &learnt->uses[i];
		struct wh_buf line WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;

		if ((set & wh_capset_of(use->capability)) == 0)
			continue;
		wh_buf_add_string(&line, "whittlectl learn: ");
		wh_learn_add_names(&line, wh_capset_of(use->capability));
		wh_buf_addf(&line, " (%s)", wh_use_name(use->use));
		if (wh_buf_status(&line) == 0)
			(void)fprintf(stderr, "%s\n", line.data);
	}
}

void wh_learn_progress_tell(struct wh_learn_progress *progress, const struct wh_learnt *learnt)
{
	wh_capset set = learnt == NULL ? 0 : wh_learnt_capabilities(learnt, false);
	wh_capset news = set & ~progress->seen;

	progress->seen |= set;
	if (progress->quiet)
		return;
	if (progress->terminal)
		tell_terminal(progress, learnt, set, news != 0);
	else
		tell_lines(learnt, news);
}

void wh_learn_progress_say(struct wh_learn_progress *progress, const char *sentence)
{
	wh_learn_progress_clear(progress);
	(void)fprintf(stderr, "whittlectl learn: %s\n", sentence);
}
