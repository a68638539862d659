/* SPDX-License-Identifier: Apache-2.0 */
/* The same for programs; docs/reference/audit.md describes each member. */

#include "audit.h"
#include "whittlectl/put.h"

#define SCHEMA 1u

static void put_shared(struct wh_buf *to, const struct wh_audit_row *row)
{
	wh_put_open(to, "sharedNamespaces", '[');
	for (size_t i = 0; i < WH_SHARED_COUNT; i++) {
		if ((row->shared & (1u << i)) != 0)
			wh_put_text(to, NULL, wh_shared_name((enum wh_shared)i));
	}
	wh_buf_add_char(to, ']');
}

/* A number that may be unknown. */
static void put_known(struct wh_buf *to, const char *key, bool known, unsigned value)
{
	wh_put_key(to, key);
	if (known)
		wh_buf_addf(to, "%u", value);
	else
		wh_buf_add_string(to, "null");
}

static void put_findings(struct wh_buf *to, const struct wh_audit_row *row)
{
	wh_put_open(to, "findings", '[');
	for (size_t i = 0; i < row->finding_count; i++) {
		wh_put_open(to, NULL, '{');
		wh_put_text(to, "severity", wh_severity_name(row->findings[i].severity));
		wh_put_text(to, "kind", row->findings[i].kind);
		wh_put_text(to, "what", row->findings[i].what);
		wh_buf_add_char(to, '}');
	}
	wh_buf_add_char(to, ']');
}

static void put_kernel(struct wh_buf *to, const struct wh_audit_row *row)
{
	static const char *const devices[] = {
		[WH_DEVICES_UNKNOWN] = NULL,
		[WH_DEVICES_LISTED] = "listed",
		[WH_DEVICES_ALL] = "all",
	};

	wh_put_capabilities(to, "capabilities", row->kept);
	wh_put_capabilities(to, "capabilitiesOfExec", row->added);
	wh_put_number(to, "execPid", (uint64_t)row->added_pid);
	wh_put_bool(to, "noNewPrivileges", row->no_new_privileges);
	put_known(to, "seccompMode", row->seccomp >= 0, (unsigned)row->seccomp);
	put_known(to, "seccompFilters", row->filters >= 0, (unsigned)row->filters);
	put_known(to, "uid", true, row->uid);
	put_known(to, "rootUid", row->has_root, row->root);
	put_shared(to, row);
	wh_put_key(to, "readonlyRootfs");
	wh_buf_add_string(to, !row->root_known ? "null" : row->root_readonly ? "true" : "false");
	wh_put_text(to, "label", row->label);
	wh_put_text(to, "devices", devices[row->devices]);
	wh_put_texts(to, "hostPaths", row->sensitive, row->sensitive_count);
}

static void put_row(struct wh_buf *to, const struct wh_audit_row *row)
{
	static const char *const through[] = {
		[WH_THROUGH_WHITTLE] = "yes",
		[WH_THROUGH_OTHER] = "no",
		[WH_THROUGH_UNKNOWN] = "unknown",
	};
	const struct wh_status_container *container = row->container;

	wh_put_open(to, NULL, '{');
	wh_put_text(to, "id", row->id);
	wh_put_text(to, "engine", row->engine);
	wh_put_text(to, "name", row->name);
	wh_put_text(to, "image", row->image);
	wh_put_text(to, "namespace", row->place);
	wh_put_text(to, "runtime", container == NULL ? NULL : wh_grammar_of(container->kind)->name);
	wh_put_number(to, "pid", (uint64_t)row->pid);
	wh_put_count(to, "processes", row->processes);
	wh_put_count(to, "risk", row->risk);
	wh_put_text(to, "throughWhittle",
		through[container == NULL ? WH_THROUGH_UNKNOWN : container->through]);
	wh_put_text(to, "policy",
		container == NULL || container->policy == NULL ? NULL : container->policy->file);
	wh_put_text(to, "rule", container == NULL ? NULL : container->rule);
	wh_put_bool(to, "judged", container != NULL && container->judged);
	wh_put_capabilities(to, "beyondPolicy", row->beyond);
	wh_put_capabilities(to, "removed", row->removed);
	wh_put_text(to, "recordedAs", row->recorded == NULL ? NULL : row->recorded->name);
	wh_put_capabilities(to, "neverUsed", row->unused);
	wh_put_bool(to, "noNewPrivilegesMissing", container != NULL && container->regains);
	put_kernel(to, row);
	put_findings(to, row);
	wh_buf_add_char(to, '}');
}

static void put_processes(struct wh_buf *to, const struct wh_audit *audit)
{
	static const char *const sets[WH_PROCESS_SETS] = {
		[WH_PROCESS_INHERITABLE] = "inheritable",
		[WH_PROCESS_PERMITTED] = "permitted",
		[WH_PROCESS_EFFECTIVE] = "effective",
		[WH_PROCESS_BOUNDING] = "bounding",
		[WH_PROCESS_AMBIENT] = "ambient",
	};

	wh_put_open(to, "processes", '[');
	for (size_t i = 0; i < audit->process_count; i++) {
		const struct wh_audit_process *entry = &audit->processes[i];

		wh_put_open(to, NULL, '{');
		wh_put_number(to, "pid", (uint64_t)entry->process.pid);
		wh_put_text(to, "program", entry->name);
		put_known(to, "uid", true, entry->process.uid);
		wh_put_text(to, "container", entry->row == NULL ? NULL : entry->row->id);
		wh_put_bool(to, "noNewPrivileges", entry->process.no_new_privileges);
		for (size_t k = 0; k < WH_PROCESS_SETS; k++)
			wh_put_capabilities(to, sets[k], entry->process.sets[k]);
		wh_buf_add_char(to, '}');
	}
	wh_buf_add_char(to, ']');
}

void wh_audit_write_json(const struct wh_audit *audit, struct wh_buf *ret)
{
	wh_buf_addf(ret, "{\"schema\":%u", SCHEMA);
	wh_put_text(ret, "version", WH_VERSION);
	wh_put_open(ret, "containers", '[');
	for (size_t i = 0; i < audit->count; i++)
		put_row(ret, &audit->rows[i]);
	wh_buf_add_char(ret, ']');
	if (audit->all_processes)
		put_processes(ret, audit);
	wh_put_open(ret, "unseen", '[');
	for (const struct wh_status_note *note = audit->status.unseen.first; note != NULL;
		note = note->next)
		wh_put_text(ret, NULL, note->text);
	wh_buf_add_string(ret, "]}\n");
}
