/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a container holds, as findings: one function each, in one table with how grave it is. A
 * number for the order on the screen comes of them; it compares containers of one host and means
 * nothing else.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"

static const struct {
	const char *name;
	unsigned weight;
} severities[WH_SEVERITIES] = {
	[WH_SEVERITY_LOW] = { "low", 1 },
	[WH_SEVERITY_MEDIUM] = { "medium", 10 },
	[WH_SEVERITY_HIGH] = { "high", 100 },
	[WH_SEVERITY_CRITICAL] = { "critical", 1000 },
};

const char *wh_severity_name(enum wh_severity severity)
{
	return severities[severity].name;
}

/* With one of these somebody who runs code as root in a container has the host. */
static wh_capset host_capabilities(void)
{
	wh_capset set = 0;

	for (unsigned i = 0; i < WH_CAP_COUNT; i++) {
		if (wh_capability_get(i)->grade == WH_GRADE_HOST)
			set |= wh_capset_of(i);
	}
	return set;
}

/* In a user namespace of its own a container holds what it holds over that one alone. */
static bool owns_users(const struct wh_audit_row *row)
{
	return row->has_root ? row->root != 0
			     : (row->shared_known & (1u << WH_SHARED_USER)) != 0 &&
				       (row->shared & (1u << WH_SHARED_USER)) == 0;
}

static bool shares(const struct wh_audit_row *row, enum wh_shared shared)
{
	return (row->shared & (1u << shared)) != 0;
}

/* Names, at most four of them. */
static void add_names(struct wh_buf *to, wh_capset set)
{
	unsigned told = 0, all = (unsigned)__builtin_popcountll(set);

	for (unsigned i = 0; i < WH_CAP_COUNT && told < 4; i++) {
		if ((set & wh_capset_of(i)) != 0)
			wh_buf_addf(to, "%s%s", told++ > 0 ? ", " : "", wh_capability_get(i)->name);
	}
	if (all > told)
		wh_buf_addf(to, "%s%u more", told > 0 ? " and " : "", all - told);
}

/* ---- the findings: text is added to `to` when there is one ----------------------------------- */

static void find_beyond(const struct wh_audit_row *row, struct wh_buf *to)
{
	const struct wh_status_container *container = row->container;

	if (container == NULL || container->beyond_pid == 0)
		return;
	wh_buf_add_string(to, "more than the policy allows: ");
	add_names(to, container->beyond);
	if (container->regains)
		wh_buf_addf(
			to, "%sit may gain new privileges", container->beyond != 0 ? ", and " : "");
	wh_buf_addf(to, " (process %d)", container->beyond_pid);
}

static void find_added(const struct wh_audit_row *row, struct wh_buf *to)
{
	if (row->added == 0)
		return;
	wh_buf_addf(to, "process %d holds what the first process does not: ", row->added_pid);
	add_names(to, row->added);
}

static void find_unknown(const struct wh_audit_row *row, struct wh_buf *to)
{
	if (row->container == NULL)
		wh_buf_add_string(to, "no runtime's state on this host tells of it");
}

static void find_around(const struct wh_audit_row *row, struct wh_buf *to)
{
	if (row->container != NULL && row->container->through != WH_THROUGH_WHITTLE)
		wh_buf_addf(to, "%s started through whittle: %s",
			row->container->through == WH_THROUGH_OTHER ? "not" : "not known to be",
			row->container->why);
}

static void find_host_capabilities(const struct wh_audit_row *row, struct wh_buf *to)
{
	wh_capset set = row->kept & host_capabilities();

	if (set == 0 || owns_users(row))
		return;
	add_names(to, set);
	for (unsigned i = 0; i < WH_CAP_COUNT; i++) {
		if ((set & wh_capset_of(i)) != 0) {
			wh_buf_addf(to, ": %s", wh_capability_get(i)->risk);
			return;
		}
	}
}

static void find_sensitive(const struct wh_audit_row *row, struct wh_buf *to)
{
	for (size_t i = 0; i < row->sensitive_count; i++)
		wh_buf_addf(to, "%s%s", i == 0 ? "has of the host: " : ", ", row->sensitive[i]);
}

static void find_devices(const struct wh_audit_row *row, struct wh_buf *to)
{
	if (row->devices == WH_DEVICES_ALL && !owns_users(row))
		wh_buf_add_string(to, "may use every device of the host");
}

static void find_pids(const struct wh_audit_row *row, struct wh_buf *to)
{
	if (shares(row, WH_SHARED_PID))
		wh_buf_add_string(to, "sees the host's processes (PID namespace)");
}

static void find_mounts(const struct wh_audit_row *row, struct wh_buf *to)
{
	if (shares(row, WH_SHARED_MNT))
		wh_buf_add_string(to, "is in the host's mount namespace");
}

static void find_network(const struct wh_audit_row *row, struct wh_buf *to)
{
	if (shares(row, WH_SHARED_NET))
		wh_buf_add_string(
			to, "is in the host's network: reaches what listens on localhost");
}

static void find_other_namespaces(const struct wh_audit_row *row, struct wh_buf *to)
{
	static const enum wh_shared others[] = { WH_SHARED_IPC, WH_SHARED_UTS };

	for (size_t i = 0; i < WH_COUNT(others); i++) {
		if (shares(row, others[i]))
			wh_buf_addf(to, "%s%s", to->len == 0 ? "shares with the host: " : ", ",
				wh_shared_name(others[i]));
	}
}

static void find_seccomp(const struct wh_audit_row *row, struct wh_buf *to)
{
	if (row->seccomp == 0)
		wh_buf_add_string(to, "every system call is open (no seccomp filter)");
}

static void find_label(const struct wh_audit_row *row, struct wh_buf *to)
{
	if (row->label != NULL && (row->label[0] == '\0' || strcmp(row->label, "unconfined") == 0 ||
					  strstr(row->label, "unconfined_t") != NULL ||
					  strstr(row->label, "spc_t") != NULL))
		wh_buf_add_string(to, "no security module confines it");
}

static void find_root(const struct wh_audit_row *row, struct wh_buf *to)
{
	if (row->uid == 0 && !owns_users(row))
		wh_buf_add_string(to, "runs as the host's root (uid 0, no user namespace)");
}

static void find_gain(const struct wh_audit_row *row, struct wh_buf *to)
{
	if (!row->no_new_privileges)
		wh_buf_add_string(
			to, "may gain privileges by setuid programs (no noNewPrivileges)");
}

static void find_writable(const struct wh_audit_row *row, struct wh_buf *to)
{
	if (row->root_known && !row->root_readonly)
		wh_buf_add_string(to, "its root file system can be written");
}

static void find_kept(const struct wh_audit_row *row, struct wh_buf *to)
{
	if (row->kept != 0)
		wh_buf_addf(to, "holds %u capabilities", (unsigned)__builtin_popcountll(row->kept));
}

static const struct {
	enum wh_severity severity;
	const char *kind;
	void (*find)(const struct wh_audit_row *row, struct wh_buf *to);
} table[] = {
	{ WH_SEVERITY_CRITICAL, "capabilities", find_host_capabilities },
	{ WH_SEVERITY_CRITICAL, "mounts", find_sensitive },
	{ WH_SEVERITY_CRITICAL, "hostNamespaces", find_mounts },
	{ WH_SEVERITY_CRITICAL, "devices", find_devices },
	{ WH_SEVERITY_HIGH, "beyondPolicy", find_beyond },
	{ WH_SEVERITY_HIGH, "exec", find_added },
	{ WH_SEVERITY_HIGH, "unknown", find_unknown },
	{ WH_SEVERITY_HIGH, "notThroughWhittle", find_around },
	{ WH_SEVERITY_HIGH, "hostNamespaces", find_pids },
	{ WH_SEVERITY_HIGH, "hostNamespaces", find_network },
	{ WH_SEVERITY_HIGH, "seccomp", find_seccomp },
	{ WH_SEVERITY_MEDIUM, "hostNamespaces", find_other_namespaces },
	{ WH_SEVERITY_MEDIUM, "apparmor", find_label },
	{ WH_SEVERITY_MEDIUM, "runAsNonRoot", find_root },
	{ WH_SEVERITY_MEDIUM, "noNewPrivileges", find_gain },
	{ WH_SEVERITY_LOW, "readonlyRootfs", find_writable },
	{ WH_SEVERITY_LOW, "capabilities", find_kept },
};

int wh_audit_judge(struct wh_audit *audit, struct wh_audit_row *row)
{
	for (size_t i = 0; i < WH_COUNT(table); i++) {
		struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
		struct wh_audit_finding *finding = &row->findings[row->finding_count];

		table[i].find(row, &text);
		if (wh_buf_status(&text) < 0)
			return -ENOMEM;
		if (text.len == 0)
			continue;
		*finding = (struct wh_audit_finding){ table[i].severity, table[i].kind,
			wh_arena_dup(
				&audit->status.arena, (struct wh_slice){ text.data, text.len }) };
		if (finding->what == NULL)
			return -ENOMEM;
		row->finding_count++;
		row->risk += severities[table[i].severity].weight;
	}
	row->risk += (unsigned)__builtin_popcountll(row->kept);
	if (row->container != NULL)
		row->beyond = row->container->beyond;
	return 0;
}

const char *wh_audit_beyond(const struct wh_audit_row *row)
{
	for (size_t i = 0; i < row->finding_count; i++) {
		if (strcmp(row->findings[i].kind, "beyondPolicy") == 0)
			return row->findings[i].what;
	}
	return NULL;
}

bool wh_audit_is_critical(const struct wh_audit_row *row)
{
	return row->finding_count > 0 && row->findings[0].severity == WH_SEVERITY_CRITICAL;
}

bool wh_audit_is_beyond(const struct wh_audit_row *row)
{
	return row->container != NULL && row->container->beyond_pid != 0;
}

bool wh_audit_is_around(const struct wh_audit_row *row)
{
	return row->container == NULL || row->container->through != WH_THROUGH_WHITTLE;
}

struct wh_audit_counts wh_audit_count(const struct wh_audit *audit)
{
	struct wh_audit_counts counts = { .critical = 0 };

	for (size_t i = 0; i < audit->count; i++) {
		const struct wh_audit_row *row = &audit->rows[i];

		counts.critical += wh_audit_is_critical(row);
		counts.beyond += wh_audit_is_beyond(row);
		counts.around += wh_audit_is_around(row);
		counts.exec += row->added != 0;
		counts.unused += row->unused != 0;
	}
	return counts;
}

bool wh_audit_is_finding(const struct wh_audit_row *row)
{
	return wh_audit_is_around(row) || wh_audit_is_beyond(row) || row->added != 0;
}
