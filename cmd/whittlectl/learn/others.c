/* SPDX-License-Identifier: Apache-2.0 */
/* What a container did beside using capabilities: where the other keys of its rule come from. */

#include "learn.h"
#include "whittlectl/put.h"

#define SHOWN_WRITTEN 8 /* paths, for people */

/* ---- for people -------------------------------------------------------------------------- */

static void add_item(struct wh_screen *screen, const char *who, const char *what)
{
	struct wh_buf line WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;

	if (what != NULL)
		wh_buf_addf(&line, "%s %s", who == NULL ? "a program" : who, what);
	if (line.len > 0 && wh_buf_status(&line) == 0)
		wh_screen_item(screen, WH_PLAIN, line.data);
	else
		screen->to->failed = true;
}

static void add_written(struct wh_screen *screen, const struct wh_learnt *learnt)
{
	struct wh_buf line WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	size_t shown =
		learnt->written_count < SHOWN_WRITTEN ? learnt->written_count : SHOWN_WRITTEN;

	for (size_t i = 0; i < shown; i++)
		wh_buf_addf(&line, "%s%s", i == 0 ? "" : ", ", learnt->written[i]);
	if (learnt->written_more)
		wh_buf_add_string(&line, " and many more");
	else if (learnt->written_count > shown)
		wh_buf_addf(&line, " and %zu more", learnt->written_count - shown);
	if (shown > 0)
		add_item(screen, "written:", wh_buf_status(&line) == 0 ? line.data : NULL);
}

void wh_learn_add_others(
	struct wh_screen *screen, const struct wh_learnt *learnt, struct wh_arena *arena)
{
	if (learnt->port_count + learnt->user_count + learnt->program_count + learnt->device_count +
			learnt->written_count ==
		0)
		return;
	wh_screen_heading(screen, "what else it did");
	for (size_t i = 0; i < learnt->port_count; i++)
		add_item(screen, learnt->ports[i].program,
			wh_arena_printf(arena, "has port %u of %s", learnt->ports[i].port,
				learnt->ports[i].protocol));
	for (size_t i = 0; i < learnt->user_count; i++)
		add_item(screen, learnt->users[i].program,
			wh_arena_printf(arena, "becomes user %u", learnt->users[i].uid));
	for (size_t i = 0; i < learnt->program_count; i++)
		add_item(screen, learnt->programs[i].path,
			learnt->programs[i].capabilities != 0
				? "is executed, and has capabilities by its file"
				: "is executed, and changes user or group by its file");
	for (size_t i = 0; i < learnt->device_count; i++)
		add_item(screen, learnt->devices[i], "is opened");
	add_written(screen, learnt);
}

/* ---- for programs ------------------------------------------------------------------------ */

void wh_learn_put_others(struct wh_buf *to, const struct wh_learnt *learnt)
{
	wh_put_open(to, "ports", '[');
	for (size_t i = 0; i < learnt->port_count; i++) {
		wh_put_open(to, NULL, '{');
		wh_put_count(to, "port", learnt->ports[i].port);
		wh_put_text(to, "protocol", learnt->ports[i].protocol);
		wh_put_text(to, "program", learnt->ports[i].program);
		wh_buf_add_char(to, '}');
	}
	wh_buf_add_char(to, ']');
	wh_put_open(to, "users", '[');
	for (size_t i = 0; i < learnt->user_count; i++) {
		wh_put_open(to, NULL, '{');
		wh_put_count(to, "uid", learnt->users[i].uid);
		wh_put_text(to, "program", learnt->users[i].program);
		wh_buf_add_char(to, '}');
	}
	wh_buf_add_char(to, ']');
	wh_put_open(to, "programs", '[');
	for (size_t i = 0; i < learnt->program_count; i++) {
		const struct wh_learnt_program *program = &learnt->programs[i];

		wh_put_open(to, NULL, '{');
		wh_put_text(to, "path", program->path);
		wh_put_bool(to, "setuid", program->setuid);
		wh_put_bool(to, "setgid", program->setgid);
		wh_put_capabilities(to, "capabilities", program->capabilities);
		wh_buf_add_char(to, '}');
	}
	wh_buf_add_char(to, ']');
	wh_put_texts(to, "devices", learnt->devices, learnt->device_count);
	wh_put_text(to, "devicesUnknown", learnt->devices_unknown);
	wh_put_texts(to, "written", learnt->written, learnt->written_count);
	wh_put_bool(to, "writtenMore", learnt->written_more);
	wh_put_text(to, "writtenUnknown", learnt->written_unknown);
}
