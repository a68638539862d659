/* SPDX-License-Identifier: Apache-2.0 */
/*
 * whittlectl learn policy: rules from what was learnt, put into a policy. A rule of the same name
 * is brought up to date key by key and keeps what else a person wrote in it; else a new one is
 * added. All is done to the text in memory, and read again as whittle will read it, before anything
 * is written: profiles of system calls first, which the policy then names.
 *
 * A rule that is there is never made to allow more, unless that is asked for.
 */

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "learn/rule.h"
#include "oci/reference.h"
#include "policy-work.h"
#include "policy/policy.h"
#include "record/store.h"
#include "record/verified.h"
#include "whittlectl/policy-edit.h"

#define NEW_POLICY "{\n\t\"rules\": []\n}\n"

static void work_done(struct wh_learn_work *work)
{
	for (size_t i = 0; i < work->profile_count; i++)
		wh_buf_done(&work->profiles[i].text);
	wh_buf_done(&work->text);
	wh_buf_done(&work->notes);
	wh_buf_done(&work->diff);
	wh_target_done(&work->target);
	wh_arena_done(&work->arena);
}

static bool asks(const struct wh_learn_work *work, const char *option)
{
	return wh_words_has(work->call->words, option);
}

/* ---- the text as it was and is to be ----------------------------------------------------- */

int wh_learn_no_memory(struct wh_learn_work *work)
{
	return wh_fail_errno(&work->err, ENOMEM, "cannot write rules");
}

struct wh_slice wh_learn_text_before(const struct wh_learn_work *work)
{
	return work->target.fd < 0 ? wh_slice_of(NEW_POLICY) : wh_text_of(&work->target.text);
}

/* Takes the text of an edit, which is left empty. */
static void take(struct wh_learn_work *work, struct wh_buf *edited)
{
	wh_buf_done(&work->text);
	work->text = *edited;
	*edited = (struct wh_buf)WH_BUF_INIT;
}

static int open_policy(struct wh_learn_work *work)
{
	int r = wh_target_open(&work->target, work->file, &work->arena, &work->err);

	if (r < 0)
		return r;
	work->file = work->target.path;
	wh_buf_add_slice(&work->text, wh_learn_text_before(work));
	return wh_buf_status(&work->text) < 0 ? wh_learn_no_memory(work) : 0;
}

/* ---- one rule ---------------------------------------------------------------------------- */

static int set_member(struct wh_learn_work *work, const char *rule, const char *const path[],
	const struct wh_json *doc, wh_node value)
{
	struct wh_buf edited WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int r = wh_policy_edit_set(
		wh_text_of(&work->text), rule, path, doc, value, &edited, &work->err);

	if (r == 0)
		take(work, &edited);
	return r;
}

/* The rule of this name in the text as it is now. WH_NO_NODE; *ret_doc is the caller's. */
static wh_node find_rule(struct wh_learn_work *work, const char *name, struct wh_json **ret_doc)
{
	static const struct wh_json_options options = { .comments = true };
	struct wh_buf copy WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;

	wh_buf_add_slice(&copy, wh_text_of(&work->text));
	if (wh_json_parse_take(ret_doc, &copy, &options, &work->err) < 0) {
		wh_err_prefix(&work->err, "%s", work->file);
		return WH_NO_NODE;
	}
	wh_json_each_element (
		*ret_doc, wh_json_get(*ret_doc, wh_json_root(*ret_doc), "rules"), rule) {
		if (wh_json_string_is(*ret_doc, wh_json_get(*ret_doc, rule, "name"), name))
			return rule;
	}
	return WH_NO_NODE;
}

/* What a person gave as the reason stays. */
static void keep_reasons(
	struct wh_json *doc, wh_node capabilities, struct wh_json *policy, wh_node there)
{
	wh_json_each_member (policy, there, key) {
		struct wh_slice name = wh_json_string(policy, key);
		struct wh_slice reason = wh_json_string(policy, wh_json_next(policy, key));
		unsigned capability;

		if (reason.len == 0 || !wh_capability_from_human(name, &capability))
			continue;
		if (wh_json_get(doc, capabilities, wh_capability_get(capability)->name) !=
			WH_NO_NODE)
			wh_json_set(doc, capabilities, wh_capability_get(capability)->name,
				wh_json_new_string(doc, reason));
	}
}

/* A kind with "otherwise" beside its list keeps that. */
static bool has_list(const struct wh_json *policy, wh_node there)
{
	return wh_json_get(policy, there, "allow") != WH_NO_NODE ||
	       wh_json_get(policy, there, "otherwise") != WH_NO_NODE;
}

static int update_rule(struct wh_learn_work *work, const char *name, struct wh_json *policy,
	wh_node there, struct wh_json *doc, wh_node rule)
{
	static const struct {
		const char *key;
		const char *member; /* in an object; NULL: there is none */
	} keys[] = { { "capabilities", "allow" }, { "readonlyRootfs", NULL }, { "tmpfs", NULL },
		{ "noNewPrivileges", NULL }, { "runAsNonRoot", NULL }, { "devices", "allow" },
		{ "seccomp", "profile" } };
	int r = 0;

	for (size_t i = 0; r == 0 && i < WH_COUNT(keys); i++) {
		wh_node value = wh_json_get(doc, rule, keys[i].key);
		wh_node old = wh_json_get(policy, there, keys[i].key);
		bool inside = keys[i].member != NULL &&
			      (has_list(policy, old) ||
				      wh_json_get(policy, old, keys[i].member) != WH_NO_NODE);
		wh_node list = inside ? wh_json_get(policy, old, keys[i].member) : old;

		if (value == WH_NO_NODE)
			continue;
		if (i == 0)
			keep_reasons(doc, value, policy, list);
		r = set_member(work, name,
			(const char *const[]){ keys[i].key, inside ? keys[i].member : NULL, NULL },
			doc, value);
	}
	return r;
}

static int add_rule(struct wh_learn_work *work, const char *name, struct wh_json *doc, wh_node rule,
	const struct wh_learnt *learnt)
{
	struct wh_buf edited WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	int r;

	if (wh_json_get(doc, rule, "match") == WH_NO_NODE)
		return wh_fail(&work->err, EINVAL,
			"%s has no rule \"%s\", and a new one needs to know the image: say it with "
			"--image",
			work->file, name);
	r = wh_policy_edit_insert(
		wh_text_of(&work->text), learnt->image, doc, rule, &edited, &work->err);
	if (r == 0)
		take(work, &edited);
	return r;
}

/* ---- the profile ------------------------------------------------------------------------- */

static int name_profile(struct wh_learn_work *work, const char *name, const char **ret)
{
	const char *slash = strrchr(work->file, '/');
	const char *encoded = wh_store_encode(name, &work->arena);

	*ret = encoded == NULL ? NULL
			       : wh_arena_printf(&work->arena, "%.*s/seccomp/%s.json",
					 (int)(slash - work->file), work->file, encoded);
	return *ret == NULL ? wh_learn_no_memory(work) : 0;
}

static int add_profile(struct wh_learn_work *work, const struct wh_learnt *learnt, const char **ret)
{
	struct wh_learn_profile *profile = &work->profiles[work->profile_count];
	struct wh_json *doc WH_JSON = NULL;
	wh_node node;
	int r = name_profile(work, learnt->name, ret);

	if (r < 0)
		return r;
	if (learnt->syscalls_unknown != NULL)
		return wh_fail(&work->err, EINVAL, "%s: no profile of its system calls: %s",
			learnt->name, learnt->syscalls_unknown);
	if (wh_json_new(&doc) < 0)
		return wh_learn_no_memory(work);
	node = wh_learnt_seccomp(learnt, doc);
	*profile = (struct wh_learn_profile){ .path = *ret };
	work->profile_count++;
	wh_policy_write(&profile->text, doc, node, WH_SLICE(""), WH_SLICE("\t"));
	wh_buf_add_char(&profile->text, '\n');
	return node == WH_NO_NODE || wh_buf_status(&profile->text) < 0 ? wh_learn_no_memory(work)
								       : 0;
}

/* ---- one name ---------------------------------------------------------------------------- */

static int note_remarks(struct wh_learn_work *work, const struct wh_learnt *learnt)
{
	struct wh_learn_remarks remarks;

	if (wh_learn_remarks(learnt, asks(work, "used-only"), &work->arena, &remarks) < 0)
		return wh_learn_no_memory(work);
	for (size_t i = 0; i < remarks.count; i++)
		wh_buf_addf(&work->notes, "%s: %s\n", learnt->name, remarks.all[i]);
	return 0;
}

/* In full, as the policy compares it. */
static int name_image(struct wh_learn_work *work, const char *typed, const char **ret)
{
	const char *why;
	int r = wh_reference_normalise(
		wh_slice_of(typed), WH_REFERENCE_HUB, &work->arena, ret, &why);

	if (r == -EINVAL)
		return wh_fail(&work->err, EINVAL, "--image: %s", why);
	return r < 0 ? wh_learn_no_memory(work) : 0;
}

static int put_subject(struct wh_learn_work *work, const struct wh_learn_subject *subject)
{
	struct wh_learnt learnt = subject->learnt;
	struct wh_learnt_rule_options options = { .used_only = asks(work, "used-only") };
	const char *image = wh_words_value(work->call->words, "image");
	struct wh_json *doc WH_JSON = NULL, *policy WH_JSON = NULL;
	const char *name;
	wh_node rule, there;
	int r = 0;

	if (!learnt.complete && !asks(work, "incomplete"))
		return wh_fail(&work->err, EINVAL,
			"%s: what was learnt is not complete: %s; take it all the same with "
			"--incomplete, or forget it (whittlectl learn forget) and record anew",
			subject->name, learnt.incomplete);
	if (image != NULL && work->call->count > 0)
		r = name_image(work, image, &learnt.image);
	if (r == 0 && asks(work, "seccomp"))
		r = add_profile(work, &learnt, &options.seccomp);
	if (r == 0)
		r = wh_verified_without(
			subject->name, &learnt, &work->arena, &options.without, &work->err);
	if (r < 0 || wh_json_new(&doc) < 0)
		return r < 0 ? r : wh_learn_no_memory(work);
	rule = wh_learnt_rule(&learnt, &options, doc, &work->arena);
	if (rule == WH_NO_NODE)
		return wh_learn_no_memory(work);
	name = wh_arena_dup(&work->arena, wh_json_string(doc, wh_json_get(doc, rule, "name")));
	if (name == NULL)
		return wh_learn_no_memory(work);
	there = find_rule(work, name, &policy);
	if (work->err.number != 0)
		return -work->err.number;
	wh_buf_addf(&work->notes, "%s: rule \"%s\" %s\n", work->file, name,
		there == WH_NO_NODE ? "added" : "brought up to date");
	r = there == WH_NO_NODE ? add_rule(work, name, doc, rule, &learnt)
				: update_rule(work, name, policy, there, doc, rule);
	return r < 0 ? r : note_remarks(work, &learnt);
}

/* ---- what is written ------------------------------------------------------------------------ */

static int show(struct wh_learn_work *work)
{
	struct wh_slice before = wh_text_of(&work->target.text), after = wh_text_of(&work->text);

	for (size_t i = 0; i < work->profile_count; i++) {
		const struct wh_learn_profile *profile = &work->profiles[i];
		struct wh_target target WH_TARGET = { .folder = WH_NO_FD, .fd = WH_NO_FD };
		struct wh_slice old, new = wh_text_of(&profile->text);
		int r = wh_target_open(&target, profile->path, &work->arena, &work->err);

		if (r < 0)
			return r;
		old = wh_text_of(&target.text);
		if (wh_diff(profile->path, target.fd < 0 ? NULL : &old, &new, &work->diff) < 0)
			return wh_learn_no_memory(work);
	}
	return wh_diff(work->file, work->target.fd < 0 ? NULL : &before, &after, &work->diff) < 0
		       ? wh_learn_no_memory(work)
		       : 0;
}

static int write_all(struct wh_learn_work *work)
{
	const char *folder;
	int r = 0;

	for (size_t i = 0; r == 0 && i < work->profile_count; i++) {
		const struct wh_learn_profile *profile = &work->profiles[i];
		struct wh_target target WH_TARGET = { .folder = WH_NO_FD, .fd = WH_NO_FD };

		r = wh_target_open(&target, profile->path, &work->arena, &work->err);
		if (r == 0)
			r = wh_target_write(&target, wh_text_of(&profile->text), 0644, &work->arena,
				&folder, &work->err);
	}
	if (r == 0 && (work->target.fd < 0 ||
			      !wh_slice_eq(wh_learn_text_before(work), wh_text_of(&work->text))))
		r = wh_target_write(&work->target, wh_text_of(&work->text), 0644, &work->arena,
			&folder, &work->err);
	return r;
}

/* ---- the words --------------------------------------------------------------------------- */

/* With names, --image is what the rule is for; without, it chooses among the recordings. */
static bool is_meant(const struct wh_learn_work *work, const struct wh_learn_subject *subject)
{
	const char *image = wh_words_value(work->call->words, "image");

	if (work->call->count > 0 || image == NULL)
		return true;
	return subject->error == NULL && subject->learnt.image != NULL &&
	       fnmatch(image, subject->learnt.image, 0) == 0;
}

static int put_subjects(struct wh_learn_work *work)
{
	struct wh_learn_subjects subjects;
	size_t count = 0;
	int r = wh_learn_subjects(
		work->call->names, work->call->count, &work->arena, &subjects, &work->err);

	if (r < 0)
		return r;
	work->profiles = wh_arena_array(&work->arena, subjects.count + 1, sizeof(*work->profiles));
	if (work->profiles == NULL)
		return wh_learn_no_memory(work);
	for (size_t i = 0; r == 0 && i < subjects.count; i++) {
		const struct wh_learn_subject *subject = &subjects.all[i];

		if (!is_meant(work, subject))
			continue;
		count++;
		r = subject->error != NULL
			    ? wh_fail(&work->err, EINVAL, "%s: %s", subject->name, subject->error)
			    : put_subject(work, subject);
	}
	if (r == 0 && count == 0)
		r = wh_fail(&work->err, ENOENT, "nothing was recorded that this could come from");
	return r;
}

static int run(struct wh_learn_work *work)
{
	const char *file = wh_words_value(work->call->words, "file");
	int r;

	work->file = file != NULL ? file : WH_POLICY_FILE;
	if (work->file[0] != '/')
		return wh_fail(&work->err, EINVAL, "--file is an absolute path");
	if (wh_words_value(work->call->words, "image") != NULL && work->call->count > 1)
		return wh_fail(&work->err, EINVAL, "--image is for one name");
	r = open_policy(work);
	if (r == 0)
		r = put_subjects(work);
	if (r == 0)
		r = wh_learn_compare(work);
	if (r == 0 && wh_buf_status(&work->notes) < 0)
		r = wh_learn_no_memory(work);
	if (r < 0)
		return r;
	if (asks(work, "dry-run"))
		return show(work);
	return work->widens && !asks(work, "widen") ? 0 : write_all(work);
}

/* Names and paths are what somebody chose. */
static void tell(const struct wh_buf *notes)
{
	for (size_t i = 0; i < notes->len; i++) {
		unsigned char c = (unsigned char)notes->data[i];

		if (c == '\n' || (c >= ' ' && c <= '~'))
			(void)fputc(c, stderr);
		else
			(void)fprintf(stderr, "\\x%02x", c);
	}
}

int wh_learn_policy(const struct wh_learn_call *call)
{
	struct wh_learn_work work WH_CLEANUP(work_done) = {
		.call = call,
		.target = { .folder = WH_NO_FD, .fd = WH_NO_FD },
	};
	bool refused;

	if (run(&work) < 0)
		return wh_learn_trouble(call, &work.err);
	refused = work.widens && !asks(&work, "widen");
	(void)fputs(wh_text_of(&work.diff).data, stdout);
	tell(&work.notes);
	if (refused)
		(void)fputs("nothing was written: to let a rule allow more, say --widen\n", stderr);
	if (fflush(stdout) != 0)
		return WH_EXIT_TROUBLE;
	return refused ? WH_EXIT_FINDINGS : WH_EXIT_FINE;
}
