/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was recorded beside what is held: a recording of the container's image, else of the rule it
 * runs under, tells which of its capabilities were never used. Only one without gaps says so.
 */

#include <string.h>

#include "audit.h"

static bool is_of_image(const struct wh_learn_subject *subject, const char *image)
{
	return subject->error == NULL && image != NULL && subject->learnt.image != NULL &&
	       strcmp(subject->learnt.image, image) == 0;
}

static bool is_of_rule(const struct wh_learn_subject *subject, const char *rule)
{
	return subject->error == NULL && rule != NULL && subject->learnt.image == NULL &&
	       strcmp(subject->name, rule) == 0;
}

static const struct wh_learn_subject *find(
	const struct wh_learn_subjects *subjects, const struct wh_audit_row *row)
{
	const char *rule = row->container == NULL ? NULL : row->container->rule;

	for (size_t i = 0; i < subjects->count; i++) {
		if (is_of_image(&subjects->all[i], row->image))
			return &subjects->all[i];
	}
	for (size_t i = 0; i < subjects->count; i++) {
		if (is_of_rule(&subjects->all[i], rule))
			return &subjects->all[i];
	}
	return NULL;
}

/* Recordings are root's, and an audit without root says already that it sees little. */
void wh_audit_take_learnt(struct wh_audit *audit)
{
	if (wh_learn_subjects(NULL, 0, &audit->status.arena, &audit->recorded, NULL) < 0)
		audit->recorded = (struct wh_learn_subjects){ .count = 0 };
	for (size_t i = 0; i < audit->count; i++) {
		struct wh_audit_row *row = &audit->rows[i];

		row->recorded = find(&audit->recorded, row);
		if (row->recorded != NULL && row->recorded->learnt.complete)
			row->unused = row->kept & wh_learn_never_used(&row->recorded->learnt);
	}
}

/* ---- the page ---------------------------------------------------------------------------- */

static void add_cell(struct wh_buf *to, const struct wh_learnt *learnt, unsigned capability)
{
	wh_capset one = wh_capset_of(capability);

	if ((wh_learnt_capabilities(learnt, true) & one) != 0)
		wh_buf_add_string(to, "<td class=\"c g\">U</td>");
	else if ((wh_learnt_capabilities(learnt, false) & one) != 0)
		wh_buf_add_string(to, "<td class=\"c k\">S</td>");
	else if ((learnt->granted & one) != 0)
		wh_buf_add_string(to, "<td class=\"c n\">N</td>");
	else
		wh_buf_add_string(to, "<td class=\"c\"></td>");
}

static void add_row(
	struct wh_buf *to, const struct wh_learn_subject *subject, struct wh_arena *arena)
{
	const struct wh_learnt *learnt = &subject->learnt;
	const char *time = wh_learn_show_time(learnt->milliseconds, arena);
	const char *used = wh_learn_show_used(learnt, arena);

	wh_buf_add_string(to, "<tr><th>");
	wh_audit_add_escaped(to, subject->name);
	wh_buf_addf(to, "</th><td>%llu</td><td>%s</td><td>%s</td><td>",
		(unsigned long long)learnt->recordings, time == NULL ? "" : time,
		used == NULL ? "" : used);
	wh_audit_add_escaped(to, learnt->complete ? "yes" : learnt->incomplete);
	wh_buf_add_string(to, "</td>");
	for (unsigned i = 0; i < WH_CAP_COUNT; i++)
		add_cell(to, learnt, i);
	wh_buf_add_string(to, "<td class=\"i\">");
	wh_audit_add_escaped(to, learnt->image == NULL ? "-" : learnt->image);
	wh_buf_add_string(to, "</td></tr>\n");
}

void wh_audit_write_recorded(
	const struct wh_audit *audit, struct wh_arena *arena, struct wh_buf *to)
{
	if (audit->recorded.count == 0)
		return;
	wh_buf_add_string(to,
		"<h2>What was recorded</h2>\n<p class=\"dim\"><b>U</b> used &nbsp; <b>S</b> "
		"perhaps needed &nbsp; <b>N</b> granted and never used; whittlectl learn report "
		"has the evidence</p>\n<div class=\"scroll\"><table class=\"m\"><thead><tr>"
		"<th>Name</th><th>Recordings</th><th>Time</th><th>Used</th><th>Complete</th>");
	for (unsigned i = 0; i < WH_CAP_COUNT; i++)
		wh_buf_addf(
			to, "<th class=\"v\"><span>%s</span></th>", wh_capability_get(i)->name + 4);
	wh_buf_add_string(to, "<th>Image</th></tr></thead><tbody>\n");
	for (size_t i = 0; i < audit->recorded.count; i++) {
		if (audit->recorded.all[i].error == NULL)
			add_row(to, &audit->recorded.all[i], arena);
	}
	wh_buf_add_string(to, "</tbody></table></div>\n");
}
