/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Narrowing a filter. A call is closed by taking its name out of the rules that let it through: a
 * rule behind them that denies it has no effect, since libseccomp keeps the first. Where the
 * default lets calls through, a rule that denies is needed as well. Rules that are stricter than
 * the default are never touched: to take a name out of one would open it.
 */

#include "seccomp/internal.h"

#include <errno.h>
#include <string.h>

struct narrowing {
	struct wh_json *doc;
	wh_node seccomp;
	wh_node rules; /* an array */
	bool open;     /* the default lets calls through */
	const struct wh_seccomp_limits *limits;
	wh_seccomp_note *note;
	void *context;
};

static void tell(
	const struct narrowing *n, const char *action, struct wh_slice what, const char *why)
{
	n->note(n->context, action, what, why);
}

static bool is_letting(const struct narrowing *n, wh_node rule)
{
	return wh_seccomp_is_letting(
		wh_seccomp_action(n->doc, wh_json_get(n->doc, rule, "action")));
}

static bool has_conditions(const struct narrowing *n, wh_node rule)
{
	return wh_json_first(n->doc, wh_json_get(n->doc, rule, "args")) != WH_NO_NODE;
}

static wh_node find_name(const struct narrowing *n, wh_node rule, const char *name)
{
	wh_json_each_element (n->doc, wh_json_get(n->doc, rule, "names"), node) {
		if (wh_json_string_is(n->doc, node, name))
			return node;
	}
	return WH_NO_NODE;
}

/* Takes a name out of a rule, however often it is there, and the rule with its last one. */
static void drop_name(struct narrowing *n, wh_node rule, const char *name)
{
	wh_node names = wh_json_get(n->doc, rule, "names");
	wh_node node;

	while ((node = find_name(n, rule, name)) != WH_NO_NODE)
		wh_json_remove(n->doc, names, node);
	if (wh_json_first(n->doc, names) == WH_NO_NODE)
		wh_json_remove(n->doc, n->rules, rule);
}

/* ---- closing a call ------------------------------------------------------------------------- */

/* Out of every rule that lets it through; whether there was one. */
static bool drop_from_letting(struct narrowing *n, const char *name)
{
	bool found = false;
	wh_node next;

	for (wh_node rule = wh_json_first(n->doc, n->rules); rule != WH_NO_NODE; rule = next) {
		next = wh_json_next(n->doc, rule);
		if (!is_letting(n, rule) || find_name(n, rule, name) == WH_NO_NODE)
			continue;
		drop_name(n, rule, name);
		found = true;
	}
	return found;
}

/* The strictest action of the rules that deny the call under conditions; WH_ACT_ERRNO for none.
 * `*ret_whole` is whether one denies it without. */
static int strictest(const struct narrowing *n, const char *name, bool *ret_whole)
{
	int action = WH_ACT_ERRNO;

	*ret_whole = false;
	wh_json_each_element (n->doc, n->rules, rule) {
		int own = wh_seccomp_action(n->doc, wh_json_get(n->doc, rule, "action"));

		if (is_letting(n, rule) || find_name(n, rule, name) == WH_NO_NODE)
			continue;
		*ret_whole |= !has_conditions(n, rule);
		if (own < action)
			action = own;
	}
	return action;
}

static const char *word_of(int action)
{
	return action == WH_ACT_KILL_PROCESS ? "SCMP_ACT_KILL_PROCESS"
	       : action == WH_ACT_KILL       ? "SCMP_ACT_KILL_THREAD"
	       : action == WH_ACT_TRAP       ? "SCMP_ACT_TRAP"
					     : "SCMP_ACT_ERRNO";
}

/* One rule that denies the call whatever its arguments, in the place of those that do so for some.
 */
static bool deny(struct narrowing *n, const char *name, int errno_ret)
{
	bool whole;
	int action = strictest(n, name, &whole);
	wh_node next;

	if (whole)
		return false;
	for (wh_node rule = wh_json_first(n->doc, n->rules); rule != WH_NO_NODE; rule = next) {
		next = wh_json_next(n->doc, rule);
		if (find_name(n, rule, name) != WH_NO_NODE)
			drop_name(n, rule, name);
	}
	wh_json_append(n->doc, n->rules,
		wh_seccomp_new_rule(n->doc, wh_seccomp_new_names(n->doc, name), word_of(action),
			action == WH_ACT_ERRNO ? errno_ret : -1));
	return true;
}

static void close_call(struct narrowing *n, const char *name, const char *why)
{
	bool changed = drop_from_letting(n, name);

	if (n->open)
		changed |= deny(n, name, WH_SECCOMP_EPERM);
	if (changed)
		tell(n, "removed", wh_slice_of(name), why);
}

/* ---- flags that must not be set ------------------------------------------------------------- */

static bool condition_is(const struct narrowing *n, wh_node condition, const char *op)
{
	return wh_json_string_is(n->doc, wh_json_get(n->doc, condition, "op"), op);
}

static uint64_t number_of(const struct narrowing *n, wh_node condition, const char *key)
{
	uint64_t number = 0;

	(void)!wh_json_u64(n->doc, wh_json_get(n->doc, condition, key), &number);
	return number;
}

/* The condition on the first argument, if it is the only one of the rule; `*ret_other` is whether
 * there are others. */
static wh_node first_condition(const struct narrowing *n, wh_node rule, bool *ret_other)
{
	wh_node found = WH_NO_NODE;

	*ret_other = false;
	wh_json_each_element (n->doc, wh_json_get(n->doc, rule, "args"), condition) {
		if (number_of(n, condition, "index") == 0 && found == WH_NO_NODE)
			found = condition;
		else
			*ret_other = true;
	}
	return found;
}

/* The bits of the first argument that the rule wants to be 0; `*ret_other` is whether it wants
 * anything else. */
static uint64_t masked_bits(const struct narrowing *n, wh_node rule, bool *ret_other)
{
	wh_node condition = first_condition(n, rule, ret_other);

	if (condition == WH_NO_NODE)
		return 0;
	if (!condition_is(n, condition, "SCMP_CMP_MASKED_EQ") ||
		number_of(n, condition, "valueTwo") != 0) {
		*ret_other = true;
		return 0;
	}
	return number_of(n, condition, "value");
}

/* A rule that lets the call through with these bits 0, its action that of the old rule. */
static void add_masked(struct narrowing *n, wh_node rule, const char *name, uint64_t mask)
{
	wh_node copy = wh_json_new_object(n->doc);

	wh_json_set(n->doc, copy, "names", wh_seccomp_new_names(n->doc, name));
	wh_json_set(n->doc, copy, "action",
		wh_json_new_copy(n->doc, n->doc, wh_json_get(n->doc, rule, "action")));
	wh_seccomp_add_condition(n->doc, copy, 0, "SCMP_CMP_MASKED_EQ", mask, 0);
	wh_json_append(n->doc, n->rules, copy);
}

/* In a filter that denies by default: every rule that lets the call through gets the mask. One with
 * conditions of another kind is closed, since runtimes take two on one argument for alternatives.
 */
static bool mask_letting(struct narrowing *n, const char *name, uint64_t mask)
{
	wh_node last = WH_NO_NODE, next;
	bool changed = false;

	wh_json_each_element (n->doc, n->rules, rule)
		last = rule;
	for (wh_node rule = wh_json_first(n->doc, n->rules); rule != WH_NO_NODE; rule = next) {
		bool other;
		uint64_t bits;

		next = rule == last ? WH_NO_NODE : wh_json_next(n->doc, rule);
		if (find_name(n, rule, name) == WH_NO_NODE || !is_letting(n, rule))
			continue;
		bits = masked_bits(n, rule, &other);
		if ((bits & mask) == mask)
			continue;
		if (!other)
			add_masked(n, rule, name, bits | mask);
		drop_name(n, rule, name);
		changed = true;
	}
	return changed;
}

/* In a filter that lets through by default: a rule that denies for each bit. */
static bool deny_bits(struct narrowing *n, const char *name, uint64_t mask)
{
	bool whole, changed = drop_from_letting(n, name);

	(void)strictest(n, name, &whole);
	for (uint64_t bit = 1; !whole && bit != 0; bit <<= 1) {
		bool there = false;
		wh_node rule;

		if ((mask & bit) == 0)
			continue;
		wh_json_each_element (n->doc, n->rules, old) {
			bool other;
			wh_node condition = first_condition(n, old, &other);

			there |= find_name(n, old, name) != WH_NO_NODE && !is_letting(n, old) &&
				 !other && condition != WH_NO_NODE &&
				 condition_is(n, condition, "SCMP_CMP_MASKED_EQ") &&
				 number_of(n, condition, "value") == bit &&
				 number_of(n, condition, "valueTwo") == bit;
		}
		if (there)
			continue;
		rule = wh_seccomp_new_rule(n->doc, wh_seccomp_new_names(n->doc, name),
			"SCMP_ACT_ERRNO", WH_SECCOMP_EPERM);
		wh_seccomp_add_condition(n->doc, rule, 0, "SCMP_CMP_MASKED_EQ", bit, bit);
		wh_json_append(n->doc, n->rules, rule);
		changed = true;
	}
	return changed;
}

static void mask_call(struct narrowing *n, const char *name, uint64_t mask, const char *why)
{
	bool changed = n->open ? deny_bits(n, name, mask) : mask_letting(n, name, mask);

	if (changed)
		tell(n, "set", wh_slice_of(name), why);
}

/* ---- the limits ----------------------------------------------------------------------------- */

const char wh_seccomp_userns_why[] = "it makes user namespaces, which the policy does not allow";

/* ENOSYS, so that the C library falls back to clone(2), whose flags a filter sees. */
static void close_clone3(struct narrowing *n)
{
	bool changed = drop_from_letting(n, "clone3");

	if (changed || n->open)
		changed |= deny(n, "clone3", WH_SECCOMP_ENOSYS);
	if (changed)
		tell(n, "set", WH_SLICE("clone3"), "its flags are out of a filter's sight");
}

static void follow_capabilities(struct narrowing *n)
{
	const struct wh_syscall *call;

	for (size_t i = 0; (call = wh_syscall_get(i)) != NULL; i++) {
		if (wh_seccomp_closes(n->limits, call))
			close_call(n, call->name, "the capability it is for was taken away");
	}
}

static void follow_namespaces(struct narrowing *n)
{
	uint64_t clone = wh_seccomp_clone_mask(n->limits);

	if (clone == 0)
		return;
	mask_call(n, "clone", clone, wh_seccomp_userns_why);
	close_clone3(n);
	mask_call(n, "unshare", wh_seccomp_unshare_mask(n->limits), wh_seccomp_userns_why);
}

/* ---- agents --------------------------------------------------------------------------------- */

static void set_errno(struct narrowing *n, wh_node object, const char *key, const char *errno_key)
{
	wh_node action = wh_json_get(n->doc, object, key);

	if (wh_seccomp_action(n->doc, action) != WH_ACT_NOTIFY)
		return;
	wh_json_set(n->doc, object, key, wh_json_new_string(n->doc, WH_SLICE("SCMP_ACT_ERRNO")));
	wh_json_set(n->doc, object, errno_key, wh_json_new_u64(n->doc, WH_SECCOMP_EPERM));
	tell(n, "set", WH_SLICE("SCMP_ACT_NOTIFY"), "no agent of the policy's decides about it");
}

static void judge_listener(struct narrowing *n)
{
	static const char *const keys[] = { "listenerPath", "listenerMetadata" };
	struct wh_slice path =
		wh_json_string(n->doc, wh_json_get(n->doc, n->seccomp, "listenerPath"));

	if (path.len > 0 && n->limits->may_listen != NULL &&
		n->limits->may_listen(n->limits->context, path))
		return;
	set_errno(n, n->seccomp, "defaultAction", "defaultErrnoRet");
	wh_json_each_element (n->doc, n->rules, rule)
		set_errno(n, rule, "action", "errnoRet");
	for (size_t i = 0; i < WH_COUNT(keys); i++) {
		if (wh_json_get(n->doc, n->seccomp, keys[i]) == WH_NO_NODE)
			continue;
		wh_json_unset(n->doc, n->seccomp, keys[i]);
		tell(n, "removed", wh_slice_of(keys[i]), "no agent of the policy's listens there");
	}
}

/* ---- the administrator's profiles ----------------------------------------------------------- */

enum treatment {
	LETS,   /* whatever the arguments, and tells nobody */
	DENIES, /* whatever the arguments */
	DEPENDS,
};

/* Another filter, and where it lies. */
struct other {
	struct wh_json *doc;
	wh_node seccomp;
	const char *why;
};

static wh_node rules_of(const struct other *other)
{
	return wh_json_get(other->doc, other->seccomp, "syscalls");
}

static int default_of(const struct other *other)
{
	return wh_seccomp_action(
		other->doc, wh_json_get(other->doc, other->seccomp, "defaultAction"));
}

/* What it does with a call. */
static enum treatment treat(const struct other *other, struct wh_slice name)
{
	bool lets = false, denies = false, depends = false;
	int action;

	wh_json_each_element (other->doc, rules_of(other), rule) {
		action = wh_seccomp_action(other->doc, wh_json_get(other->doc, rule, "action"));
		wh_json_each_element (other->doc, wh_json_get(other->doc, rule, "names"), node) {
			if (!wh_slice_eq(wh_json_string(other->doc, node), name))
				continue;
			if (wh_json_first(other->doc, wh_json_get(other->doc, rule, "args")) !=
				WH_NO_NODE)
				depends = true;
			else if (action == WH_ACT_ALLOW)
				lets = true;
			else if (wh_seccomp_is_letting(action))
				depends = true;
			else
				denies = true;
		}
	}
	if (lets || denies || depends)
		return lets && !denies && !depends   ? LETS
		       : denies && !lets && !depends ? DENIES
						     : DEPENDS;
	action = default_of(other);
	return action == WH_ACT_ALLOW ? LETS : wh_seccomp_is_letting(action) ? DEPENDS : DENIES;
}

/* Copies of the other's rules for a call. */
static void add_rules_of(struct narrowing *n, const struct other *other, const char *name)
{
	wh_json_each_element (other->doc, rules_of(other), rule) {
		wh_json_each_element (other->doc, wh_json_get(other->doc, rule, "names"), node) {
			wh_node copy;

			if (!wh_json_string_is(other->doc, node, name))
				continue;
			copy = wh_json_new_copy(n->doc, other->doc, rule);
			wh_json_set(n->doc, copy, "names", wh_seccomp_new_names(n->doc, name));
			wh_json_append(n->doc, n->rules, copy);
		}
	}
}

/* The rules by which ours lets a call through are replaced by the other's, which depend on
 * arguments. Where ours depend as well the call is closed, unless they are the same: two conditions
 * on one argument cannot be joined in a rule. */
static void take_conditions(struct narrowing *n, const struct other *other, const char *name)
{
	struct other ours = { n->doc, n->seccomp, NULL };

	if (n->open || treat(&ours, wh_slice_of(name)) != LETS) {
		close_call(n, name, other->why);
		return;
	}
	(void)drop_from_letting(n, name);
	add_rules_of(n, other, name);
	tell(n, "set", wh_slice_of(name), other->why);
}

/* The names of all rules, or of those that let calls through, once each, in the arena. */
static int collect_names(const struct other *of, bool letting, struct wh_arena *arena,
	const char ***ret, size_t *ret_count)
{
	size_t count = 0, n = 0;

	wh_json_each_element (of->doc, rules_of(of), rule) {
		wh_json_each_element (of->doc, wh_json_get(of->doc, rule, "names"), node)
			count++;
	}
	*ret = wh_arena_array(arena, count, sizeof(**ret));
	if (*ret == NULL)
		return -ENOMEM;
	wh_json_each_element (of->doc, rules_of(of), rule) {
		int action = wh_seccomp_action(of->doc, wh_json_get(of->doc, rule, "action"));

		if (letting && !wh_seccomp_is_letting(action))
			continue;
		wh_json_each_element (of->doc, wh_json_get(of->doc, rule, "names"), node) {
			const char *name = wh_arena_dup(arena, wh_json_string(of->doc, node));

			if (name == NULL)
				return -ENOMEM;
			(*ret)[n++] = name;
		}
	}
	*ret_count = n;
	return 0;
}

/* Whether two filters have the very same rules for a call, so that it is the same for both. */
static bool is_same(const struct narrowing *n, const struct other *other, const char *name)
{
	struct wh_buf a WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_buf b WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	const struct other both[] = { { n->doc, n->seccomp, NULL }, *other };

	for (size_t i = 0; i < WH_COUNT(both); i++) {
		struct wh_buf *text = i == 0 ? &a : &b;

		wh_json_each_element (both[i].doc, rules_of(&both[i]), rule) {
			static const char *const keys[] = { "action", "args", "errnoRet" };

			wh_json_each_element (
				both[i].doc, wh_json_get(both[i].doc, rule, "names"), node) {
				if (!wh_json_string_is(both[i].doc, node, name))
					continue;
				for (size_t k = 0; k < WH_COUNT(keys); k++) {
					wh_node value = wh_json_get(both[i].doc, rule, keys[k]);

					wh_buf_add_char(text, ';');
					if (value != WH_NO_NODE &&
						wh_json_write_buf(both[i].doc, value, text) < 0)
						return false;
				}
			}
		}
	}
	return wh_buf_status(&a) == 0 && wh_buf_status(&b) == 0 && a.len == b.len && a.len > 0 &&
	       memcmp(a.data, b.data, a.len) == 0;
}

/* Programs of an architecture that is not in the list are killed, but for the runtime's own
 * architecture, which is all there is without a list. A profile without one says nothing of it. */
static void intersect_architectures(
	struct narrowing *n, const struct other *other, bool native_when_silent)
{
	static const char key[] = "architectures";
	wh_node list = wh_json_get(n->doc, n->seccomp, key);
	wh_node others = wh_json_get(other->doc, other->seccomp, key);
	wh_node next;

	if (wh_json_first(other->doc, others) == WH_NO_NODE) {
		if (native_when_silent)
			wh_json_unset(n->doc, n->seccomp, key);
		return;
	}
	for (wh_node name = wh_json_first(n->doc, list); name != WH_NO_NODE; name = next) {
		bool found = false;

		next = wh_json_next(n->doc, name);
		wh_json_each_element (other->doc, others, element)
			found |= wh_slice_eq(
				wh_json_string(n->doc, name), wh_json_string(other->doc, element));
		if (found)
			continue;
		tell(n, "removed", wh_json_string(n->doc, name), other->why);
		wh_json_remove(n->doc, list, name);
	}
}

/* Ours denies by default, so what it lets through is held against the other; or both let through by
 * default, so what the other has rules for is. */
static int intersect(struct narrowing *n, const struct other *other, struct wh_arena *arena)
{
	const struct other ours = { n->doc, n->seccomp, NULL };
	const char **names;
	size_t count;
	int r = collect_names(n->open ? other : &ours, !n->open, arena, &names, &count);

	for (size_t i = 0; r == 0 && i < count; i++) {
		enum treatment treatment = treat(other, wh_slice_of(names[i]));

		if (treatment == LETS || is_same(n, other, names[i]))
			continue;
		if (treatment == DENIES)
			close_call(n, names[i], other->why);
		else
			take_conditions(n, other, names[i]);
	}
	return r;
}

/* ---- all of it ------------------------------------------------------------------------------ */

static struct narrowing begin(struct wh_json *doc, wh_node seccomp,
	const struct wh_seccomp_limits *limits, wh_seccomp_note *note, void *context)
{
	struct narrowing n = {
		.doc = doc, .seccomp = seccomp, .limits = limits, .note = note, .context = context
	};

	n.rules = wh_json_get(doc, seccomp, "syscalls");
	if (wh_json_type(doc, n.rules) != WH_JSON_ARRAY) {
		n.rules = wh_json_new_array(doc);
		wh_json_set(doc, seccomp, "syscalls", n.rules);
	}
	n.open = wh_seccomp_is_letting(
		wh_seccomp_action(doc, wh_json_get(doc, seccomp, "defaultAction")));
	return n;
}

static const char profile_why[] = "the administrator's profile does not allow it";

/* One of the two must deny by default to be the base, if any does. */
static int apply_profile(
	struct narrowing *n, wh_node section, struct wh_json *profile, struct wh_arena *arena)
{
	struct other other = { profile, wh_json_root(profile), profile_why };
	struct narrowing base;
	wh_node copy;

	if (!n->open || wh_seccomp_is_letting(default_of(&other))) {
		intersect_architectures(n, &other, false);
		return intersect(n, &other, arena);
	}
	copy = wh_json_new_copy(n->doc, profile, other.seccomp);
	other = (struct other){ n->doc, n->seccomp, "the container's own filter denies it" };
	base = begin(n->doc, copy, n->limits, n->note, n->context);
	intersect_architectures(&base, &other, true);
	if (intersect(&base, &other, arena) < 0)
		return -ENOMEM;
	wh_json_set(n->doc, section, "seccomp", copy);
	tell(n, "set", WH_SLICE("seccomp"), profile_why);
	*n = base;
	return 0;
}

int wh_seccomp_follow(struct wh_json *doc, wh_node section, const struct wh_seccomp_limits *limits,
	wh_seccomp_note *note, void *context, struct wh_err *err)
{
	WH_CLEANUP(wh_arena_done) struct wh_arena arena = WH_ARENA_INIT;
	wh_node seccomp = wh_json_get(doc, section, "seccomp");
	struct narrowing n;
	int r = 0;

	if (wh_seccomp_is_open(doc, seccomp)) {
		seccomp = wh_seccomp_default(doc, limits);
		wh_json_set(doc, section, "seccomp", seccomp);
		note(context, "added", WH_SLICE("whittle's default profile"),
			"the container would have no filter");
		n = begin(doc, seccomp, limits, note, context);
	} else {
		r = wh_seccomp_check(doc, seccomp, err);
		if (r < 0)
			return r;
		n = begin(doc, seccomp, limits, note, context);
		judge_listener(&n);
		follow_capabilities(&n);
		follow_namespaces(&n);
	}
	for (size_t i = 0; r == 0 && i < limits->profile_count; i++)
		r = apply_profile(&n, section, limits->profiles[i], &arena);
	if (r == 0)
		r = wh_json_status(doc);
	return r < 0 ? wh_fail_errno(err, -r, "narrowing the seccomp filter") : 0;
}
