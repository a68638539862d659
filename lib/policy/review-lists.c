/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Advice on lists of capabilities. A list without reasons cannot be questioned by whoever comes
 * later, and records have nothing to show. And of some capabilities one is enough to get at the
 * host itself: those are named, each list once.
 */

#include "policy/internal.h"

#include <linux/capability.h>
#include <string.h>

/* With one of these, what runs as root in a container has a known way to the host's files, its
 * kernel, or its other processes: capability.c has which. */
static const unsigned the_hosts[] = {
	CAP_DAC_READ_SEARCH,
	CAP_SYS_MODULE,
	CAP_SYS_RAWIO,
	CAP_SYS_PTRACE,
	CAP_SYS_ADMIN,
	CAP_SYS_BOOT,
	CAP_BPF,
};

static bool is_blank(const char *text)
{
	return text[strspn(text, " \t\r\n")] == '\0';
}

static wh_capset without_reason(const struct wh_part *part)
{
	wh_capset set = part->capabilities;

	for (size_t i = 0; i < part->reason_count; i++) {
		if (!is_blank(part->reasons[i].text))
			set &= ~wh_capset_of(part->reasons[i].capability);
	}
	return set;
}

/* MKNOD is worth a disk only where the device rules let the node be opened. */
static wh_capset worth_the_host(const struct wh_limits *limits)
{
	wh_capset set = 0;

	for (size_t i = 0; i < WH_COUNT(the_hosts); i++)
		set |= wh_capset_of(the_hosts[i]);
	if (limits->kinds[WH_KIND_DEVICES].otherwise == WH_KEEP)
		set |= wh_capset_of(CAP_MKNOD);
	return set & limits->capabilities;
}

static void tell(struct wh_review *review, const struct wh_rule *rule, wh_capset set,
	const char *before, const char *behind)
{
	WH_CLEANUP(wh_buf_done) struct wh_buf names = WH_BUF_INIT;
	char title[WH_REVIEW_TITLE];

	wh_review_add_names(&names, set);
	if (set == 0 || wh_buf_status(&names) < 0)
		return;
	wh_review_say(review, wh_review_value(review, rule, "capabilities"), "%s %s %s%s",
		wh_review_title(rule, title), before, names.data, behind);
}

void wh_review_lists(struct wh_review *review, const struct wh_rule *rule)
{
	const struct wh_policy *policy = review->reader->policy;
	const struct wh_part *part = rule == NULL ? &policy->defaults : &rule->part;
	const struct wh_given_kind *given = wh_part_kind(part, WH_KIND_CAPABILITIES);
	struct wh_limits limits = policy->limits;

	if (given == NULL)
		return;
	if (given->limit.otherwise != WH_KEEP) /* which has no list to put reasons into */
		tell(review, rule, without_reason(part), "does not say why it keeps",
			": as an object, {\"CAP_NAME\": \"why\"}, each has its reason, which "
			"records show");
	if (rule != NULL && rule->settable) /* gives nothing that "default" does not */
		return;
	if (rule != NULL)
		limits = wh_part_lay_on(part, &policy->limits);
	tell(review, rule, worth_the_host(&limits),
		"keeps what is worth the host to whoever breaks into a container:",
		" (whittlectl caps tells why)");
}
