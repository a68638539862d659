/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a process may take from others: processors (sched(7)), disks (ioprio_set(2)), and the mercy
 * of the kernel's killer (proc_pid_oom_score_adj(5)). Who asks for what is not allowed gets what
 * everybody has.
 */

#include "trim/kinds.h"

/* A member of the process is taken out, unless its word is allowed. */
static int drop_unless(struct wh_trim *trim, enum wh_kind kind, const char *key, bool allowed,
	const char *what, struct wh_err *err)
{
	wh_node node = wh_json_get(trim->doc, trim->process, key);
	int r;

	if (wh_json_type(trim->doc, node) != WH_JSON_OBJECT || allowed)
		return 0;
	r = wh_trim_beyond(trim, kind, node, err, "%s", what);
	if (r <= 0)
		return r;
	wh_trim_tell(trim, kind, wh_trim_process_pointer(trim, key), "removed", wh_slice_of(key),
		WH_NOT_ALLOWED);
	wh_json_unset(trim->doc, trim->process, key);
	return 0;
}

/* No word, or an empty one, is one that asks for nothing. */
static bool allows_word(const struct wh_trim *trim, enum wh_kind kind, wh_node word)
{
	struct wh_slice text = wh_json_string(trim->doc, word);

	return text.len == 0 || wh_setting_has(wh_trim_limit(trim, kind)->members[WH_ALLOW], text);
}

int wh_trim_scheduler(struct wh_trim *trim, struct wh_err *err)
{
	wh_node scheduler = wh_json_get(trim->doc, trim->process, "scheduler");
	wh_node policy = wh_json_get(trim->doc, scheduler, "policy");
	int64_t nice = 0;
	bool nicer =
		wh_json_i64(trim->doc, wh_json_get(trim->doc, scheduler, "nice"), &nice) == 0 &&
		nice < 0;

	return drop_unless(trim, WH_KIND_SCHEDULER, "scheduler",
		!nicer && allows_word(trim, WH_KIND_SCHEDULER, policy),
		"this scheduling policy or nice value", err);
}

int wh_trim_io_priority(struct wh_trim *trim, struct wh_err *err)
{
	wh_node priority = wh_json_get(trim->doc, trim->process, "ioPriority");
	wh_node class = wh_json_get(trim->doc, priority, "class");

	return drop_unless(trim, WH_KIND_IO_PRIORITY, "ioPriority",
		allows_word(trim, WH_KIND_IO_PRIORITY, class), "this class of I/O priority", err);
}

int wh_trim_oom_score_adj(struct wh_trim *trim, struct wh_err *err)
{
	static const char key[] = "oomScoreAdj";
	const struct wh_limit *limit = wh_trim_limit(trim, WH_KIND_OOM_SCORE_ADJ);
	const struct wh_setting *setting = limit->members[WH_OOM_MIN];
	int64_t least = setting == NULL ? 0 : setting->items[0].low;
	wh_node node = wh_json_get(trim->doc, trim->process, key);
	/* What is not asked for is what the runtime itself has; on exec, what the container has. */
	int64_t score = trim->config == WH_NO_NODE ? least : trim->facts->oom_score_adj;
	wh_node number;
	int r;

	if (limit->otherwise == WH_KEEP)
		return 0;
	(void)!wh_json_i64(trim->doc, node, &score);
	if (score >= least)
		return 0;
	r = wh_trim_beyond(trim, WH_KIND_OOM_SCORE_ADJ, node, err, "an oomScoreAdj below %lld",
		(long long)least);
	if (r <= 0)
		return r;
	number = wh_json_new_i64(trim->doc, least);
	wh_json_set(trim->doc, trim->process, key, number);
	wh_trim_tell(trim, WH_KIND_OOM_SCORE_ADJ, wh_trim_process_pointer(trim, key), "set",
		wh_json_raw(trim->doc, number), "it must not hide from the kernel's killer");
	return 0;
}
