/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One record a decision, one line of JSON. Whatever a container's author could choose is escaped to
 * printable ASCII and cut, so no name can end the line, forge a field or fill the journal.
 */

#include "common/judge.h"

#include <string.h>
#include <time.h>

#include "base/utc.h"
#include "host/report.h"

#define TEXT_MAX 512u /* bytes of one value */

static struct wh_slice cut(struct wh_slice text)
{
	if (text.len > TEXT_MAX)
		text.len = TEXT_MAX;
	return text;
}

static void add_member(struct wh_buf *buf, const char *key, struct wh_slice value)
{
	wh_buf_add_string(buf, buf->len > 0 && buf->data[buf->len - 1] == '{' ? "\"" : ",\"");
	wh_buf_add_string(buf, key);
	wh_buf_add_string(buf, "\":");
	wh_buf_add_json(buf, cut(value));
}

static void add_text(struct wh_buf *buf, const char *key, const char *value)
{
	if (value != NULL)
		add_member(buf, key, wh_slice_of(value));
}

static void add_time(struct wh_buf *buf)
{
	char text[WH_UTC_SIZE];

	wh_utc_format(time(NULL), text);
	add_text(buf, "time", text);
}

/* A capability is mostly taken out of several sets at once: told once, with the first of them. */
static bool is_told(const struct wh_changes *changes, const struct wh_change *change)
{
	for (const struct wh_change *told = changes->items; told < change; told++) {
		if (told->why == change->why && told->kind == change->kind &&
			wh_slice_eq(told->what, change->what))
			return true;
	}
	return false;
}

static void add_changes(struct wh_buf *buf, const struct wh_changes *changes)
{
	wh_buf_add_string(buf, ",\"changes\":[");
	for (size_t i = 0; i < changes->count; i++) {
		const struct wh_change *change = &changes->items[i];

		if (is_told(changes, change))
			continue;
		wh_buf_add_string(buf, i == 0 ? "{" : ",{");
		add_text(buf, "kind", change->kind);
		add_text(buf, "action", change->action);
		add_member(buf, "what", change->what);
		add_text(buf, "pointer", change->pointer);
		add_text(buf, "why", change->why);
		wh_buf_add_char(buf, '}');
	}
	wh_buf_add_char(buf, ']');
	if (changes->total + changes->told > changes->count)
		wh_buf_addf(buf, ",\"changesOmitted\":%zu",
			changes->total + changes->told - changes->count);
}

/* Who the container is, as far as that was looked at. */
static void add_facts(struct wh_buf *buf, const struct wh_identity *identity)
{
	const struct wh_subject *subject = &identity->subject;
	static const enum wh_fact told[] = { WH_FACT_ENGINE, WH_FACT_NAMESPACE, WH_FACT_POD,
		WH_FACT_CONTAINER, WH_FACT_IMAGE, WH_FACT_IMAGE_ID };

	for (size_t i = 0; i < WH_COUNT(told); i++)
		add_text(buf, wh_fact_info(told[i])->name, subject->facts[told[i]].text);
	if (identity->has_privileged)
		wh_buf_addf(buf, ",\"privileged\":%s", identity->privileged ? "true" : "false");
}

/* Why rules on some facts could not match: of each fact that a rule asks for and that is not known.
 */
static void add_unknown(
	struct wh_buf *buf, const struct wh_policy *policy, const struct wh_subject *subject)
{
	const char *before = ",\"unknown\":{";

	for (size_t fact = 0; fact <= WH_FACT_LABEL; fact++) {
		const char *why = fact == WH_FACT_LABEL               ? subject->labels_unknown
				  : subject->facts[fact].text == NULL ? subject->facts[fact].unknown
								      : NULL;

		if (why == NULL || !wh_policy_asks(policy, fact))
			continue;
		wh_buf_add_string(buf, before);
		before = ",";
		wh_buf_addf(buf, "\"%s\":", wh_fact_info(fact)->name);
		wh_buf_add_json(buf, cut(wh_slice_of(why)));
	}
	if (before[1] == '\0')
		wh_buf_add_char(buf, '}');
}

static const char *verdict(const struct wh_judgement *judged, const struct wh_err *refusal)
{
	bool audit = judged->decision.rule != NULL && judged->decision.limits.mode == WH_MODE_AUDIT;

	if (refusal != NULL)
		return audit ? "would-refuse" : "refused";
	if (!judged->trimmed || judged->trim.changes.total == 0)
		return "unchanged";
	return audit ? "would-change" : "changed";
}

int wh_judge_record(const struct wh_judgement *judged, const struct wh_record_about *about,
	const struct wh_err *refusal, struct wh_err *err)
{
	const struct wh_policy *policy = judged->policy; /* NULL when that is why it is refused */
	struct wh_buf line WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int r;

	wh_buf_add_char(&line, '{');
	add_time(&line);
	add_text(&line, "whittle", WH_VERSION);
	add_text(&line, "result", verdict(judged, refusal));
	add_text(&line, "command", about->command);
	add_text(&line, "id", about->id);
	add_text(&line, "bundle", judged->bundle);
	if (judged->identified)
		add_facts(&line, &judged->identity);
	add_text(&line, "runtime", about->runtime);
	add_text(&line, "policy", about->policy_file);
	add_text(&line, "rule", judged->decision.rule);
	if (judged->identified && policy != NULL)
		add_unknown(&line, policy, &judged->identity.subject);
	add_text(&line, "error", refusal == NULL ? NULL : refusal->text);
	if (judged->trimmed)
		add_changes(&line, &judged->trim.changes);
	wh_buf_add_char(&line, '}');
	r = wh_buf_status(&line);
	if (r == 0)
		r = wh_report_record(
			policy == NULL ? NULL : wh_policy_log_file(policy), &line, err);
	if (r < 0 && policy != NULL && wh_policy_log_required(policy)) {
		wh_err_prefix(err, "the policy requires a record of this decision");
		return r;
	}
	return 0;
}
