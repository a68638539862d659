/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loading is two steps: lib/json makes a tree of the text, then one pass over the tree by the table
 * of keys (keys.c) copies what counts into the policy, and the tree is freed. What the
 * text does not say is as the table of kinds has it (kinds.c).
 *
 * Commands that only control containers (kill, delete…) must work with a policy that is half
 * broken. They need to know the runtime and nothing else, so they read up to the end of "runtimes"
 * and no further; where that key stands first, as in the example, the rest cannot hurt them.
 */

#include "policy/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct wh_policy_runtime built_in_runtimes[] = {
	{ "runc", WH_RUNTIME_RUNC },
	{ "crun", WH_RUNTIME_CRUN },
	{ "runsc", WH_RUNTIME_RUNSC },
};

static struct wh_policy *policy_new(void)
{
	return calloc(1, sizeof(struct wh_policy));
}

void wh_policy_free(struct wh_policy *policy)
{
	if (policy == NULL)
		return;
	wh_arena_done(&policy->arena);
	free(policy);
}

void wh_policy_freep(struct wh_policy **policy)
{
	wh_policy_free(*policy);
	*policy = NULL;
}

/* Brings "line 3, column 5 (/rules): what", as wh_json_parse_take() says it, into this room's form.
 */
static int fail_syntax(struct wh_err *err, const char *file, int r, const struct wh_err *cause)
{
	unsigned long line, column;
	const char *rest = cause->text;
	char *end;

	if (strncmp(rest, "line ", 5) != 0)
		return wh_fail(err, -r, "%s: %s", file, rest);
	line = strtoul(rest + 5, &end, 10);
	if (strncmp(end, ", column ", 9) != 0)
		return wh_fail(err, -r, "%s: %s", file, rest);
	column = strtoul(end + 9, &end, 10);
	/* At the root there is no pointer: ": what" instead of " (/rules): what". */
	return wh_fail(err, -r, "%s:%lu:%lu:%s", file, line, column, end + (*end == ':'));
}

static int parse_text(struct wh_json **ret, struct wh_buf *text, const char *file,
	const char *stop_after, struct wh_err *err)
{
	const struct wh_json_options options = { .comments = true, .stop_after = stop_after };
	struct wh_err cause = WH_ERR_INIT;
	int r = wh_json_parse_take(ret, text, &options, &cause);

	return r < 0 ? fail_syntax(err, file, r, &cause) : 0;
}

typedef int read_root(struct wh_reader *reader, wh_node root, const struct wh_scope *scope);

/* What to read, and what to do with it. */
struct plan {
	const char *stop_after; /* NULL: everything */
	read_root *read;
	wh_policy_note *note; /* NULL: no review */
	void *context;
};

static int load(struct wh_policy **ret, struct wh_buf *text, const char *file,
	const struct plan *plan, struct wh_err *err)
{
	WH_JSON struct wh_json *doc = NULL;
	WH_POLICY struct wh_policy *policy = policy_new();
	struct wh_reader reader = { .policy = policy, .file = file, .err = err };
	struct wh_scope scope = { 0 };
	struct wh_limits built_in;
	wh_node root;
	int r = parse_text(&doc, text, file, plan->stop_after, err);

	if (r < 0)
		return r;
	if (policy == NULL)
		return wh_policy_no_memory(&reader);
	reader.doc = doc;
	scope.part = &policy->defaults;
	root = wh_json_root(doc);
	if (wh_json_type(doc, root) != WH_JSON_OBJECT)
		return wh_policy_fail(&reader, root, "the policy must be an object, not %s",
			wh_json_type_name(wh_json_type(doc, root)));
	r = plan->read(&reader, root, &scope);
	if (r < 0)
		return r;
	built_in = wh_limits_silent();
	policy->limits = wh_part_lay_on(&policy->defaults, &built_in);
	if (plan->note != NULL)
		r = wh_policy_review(&reader, plan->note, plan->context);
	if (r < 0)
		return r;
	*ret = wh_steal_ptr(policy);
	return 0;
}

static int read_all(struct wh_reader *reader, wh_node root, const struct wh_scope *scope)
{
	return wh_policy_read_object(reader, root, WH_POLICY_TOP, scope);
}

static int read_runtimes(struct wh_reader *reader, wh_node root, const struct wh_scope *scope)
{
	return wh_policy_read_member(reader, root, WH_POLICY_TOP, "runtimes", scope);
}

int wh_policy_parse_take(
	struct wh_policy **ret, struct wh_buf *text, const char *file, struct wh_err *err)
{
	const struct plan plan = { .read = read_all };

	return load(ret, text, file, &plan, err);
}

int wh_policy_parse_and_review_take(struct wh_policy **ret, struct wh_buf *text, const char *file,
	wh_policy_note *note, void *context, struct wh_err *err)
{
	const struct plan plan = { .read = read_all, .note = note, .context = context };

	return load(ret, text, file, &plan, err);
}

int wh_policy_parse_runtimes_take(
	struct wh_policy **ret, struct wh_buf *text, const char *file, struct wh_err *err)
{
	const struct plan plan = { .stop_after = "runtimes", .read = read_runtimes };

	return load(ret, text, file, &plan, err);
}

const struct wh_policy_runtime *wh_policy_runtimes(const struct wh_policy *policy, size_t *ret_n)
{
	if (policy == NULL || policy->runtime_count == 0) {
		*ret_n = WH_COUNT(built_in_runtimes);
		return built_in_runtimes;
	}
	*ret_n = policy->runtime_count;
	return policy->runtimes;
}

const char *wh_policy_log_file(const struct wh_policy *policy)
{
	return policy->log_file;
}

bool wh_policy_log_required(const struct wh_policy *policy)
{
	return policy->log_required;
}

bool wh_policy_asks(const struct wh_policy *policy, enum wh_fact fact)
{
	return (policy->asked_facts >> fact & 1u) != 0;
}

bool wh_policy_asks_engine(const struct wh_policy *policy, enum wh_engine_id engine)
{
	return (policy->asked_engines >> engine & 1u) != 0;
}

const char *wh_policy_reason(const struct wh_policy *policy, const char *rule, unsigned capability)
{
	const struct wh_part *part = &policy->defaults;
	size_t number;

	/* A rule that says nothing about capabilities has those of "default", and their reasons. */
	if (wh_names_find(&policy->rule_names, wh_slice_of(rule), &number) == 0 &&
		wh_part_kind(&policy->rules[number].part, WH_KIND_CAPABILITIES) != NULL)
		part = &policy->rules[number].part;
	for (size_t i = 0; i < part->reason_count; i++) {
		if (part->reasons[i].capability == capability)
			return part->reasons[i].text;
	}
	return NULL;
}

const struct wh_limits *wh_policy_default(const struct wh_policy *policy)
{
	return &policy->limits;
}

/* What the part names; NULL: none. */
static const char *profile_of(const struct wh_part *part)
{
	const struct wh_given_kind *given = wh_part_kind(part, WH_KIND_SECCOMP);
	const struct wh_setting *setting =
		given == NULL ? NULL : given->limit.members[WH_SECCOMP_PROFILE];

	return setting == NULL ? NULL : setting->items[0].text;
}

const char *wh_policy_seccomp_profile(const struct wh_policy *policy, size_t index)
{
	const char *profile = profile_of(&policy->defaults);

	if (profile != NULL && index-- == 0)
		return profile;
	for (size_t i = 0; i < policy->rule_count; i++) {
		profile = profile_of(&policy->rules[i].part);
		if (profile != NULL && index-- == 0)
			return profile;
	}
	return NULL;
}

const char *wh_policy_watching_rule(const struct wh_policy *policy, size_t index)
{
	if (policy->limits.mode == WH_MODE_AUDIT)
		return NULL;
	for (size_t i = 0; i < policy->rule_count; i++) {
		const struct wh_rule *rule = &policy->rules[i];
		bool watches = (rule->part.given & WH_GIVEN_MODE) != 0 &&
			       rule->part.mode == WH_MODE_AUDIT && !rule->settable;

		if (watches && index-- == 0)
			return rule->name;
	}
	return NULL;
}

/* A binary called through a link named whittle-NAME uses NAME.json: containerd's BinaryName takes
 * no arguments. */
const char *wh_policy_file_of(const char *program, struct wh_arena *arena, struct wh_err *err)
{
	static const char prefix[] = "whittle-";
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789._-";
	const char *slash = strrchr(program, '/');
	const char *base = slash == NULL ? program : slash + 1;
	const char *name, *file;

	if (strncmp(base, prefix, sizeof(prefix) - 1) != 0)
		return WH_POLICY_FILE;
	name = base + sizeof(prefix) - 1;
	if (name[0] == '\0' || name[0] == '.' || name[strspn(name, allowed)] != '\0') {
		(void)wh_fail(err, EINVAL,
			"called as whittle-NAME, where NAME must be letters, digits, '.', '_' or "
			"'-'");
		return NULL;
	}
	file = wh_arena_printf(arena, WH_POLICY_FOLDER "/%s.json", name);
	if (file == NULL)
		(void)wh_fail_errno(err, ENOMEM, "naming the policy");
	return file;
}
