/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The page: containers down, capabilities and the other kinds across. It is one file that asks
 * nobody for anything: no script, no font, no picture; its own policy forbids them
 * (Content-Security-Policy), so a name that somebody chose can be nothing but text. What it shows
 * is told by a letter and a colour, so it can be printed and read by anybody. Filters are boxes
 * that the style sheet looks at.
 */

#include <string.h>
#include <time.h>

#include "audit.h"
#include "base/utc.h"

/* ---- text ---------------------------------------------------------------------------------- */

void wh_audit_add_escaped(struct wh_buf *to, const char *text)
{
	static const struct {
		char c;
		const char *entity;
	} entities[] = { { '&', "&amp;" }, { '<', "&lt;" }, { '>', "&gt;" }, { '"', "&quot;" },
		{ '\'', "&#39;" } };

	for (; *text != '\0'; text++) {
		const char *entity = NULL;

		for (size_t i = 0; i < WH_COUNT(entities); i++) {
			if (*text == entities[i].c)
				entity = entities[i].entity;
		}
		if (entity != NULL)
			wh_buf_add_string(to, entity);
		else if (*text >= ' ' && *text <= '~')
			wh_buf_add_char(to, *text);
		else
			wh_buf_addf(to, "\\x%02x", (unsigned char)*text);
	}
}

static const char head[] =
	"<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
	"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
	"style-src 'unsafe-inline'\">\n"
	"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	"<title>whittlectl audit</title>\n<style>\n"
	":root{--bg:#fff;--fg:#1b1f24;--dim:#68707a;--line:#d9dee4;--head:#f3f5f7;--kept:#c9871a;"
	"--keptbg:#fdf1da;--bad:#c0262d;--badbg:#fbdcdd;--good:#23803c;--goodbg:#dff3e4;"
	"--hover:#eef4fb;--link:#0b5cad;color-scheme:light dark}\n"
	"@media(prefers-color-scheme:dark){:root{--bg:#14171b;--fg:#e4e8ec;--dim:#929aa4;"
	"--line:#30363d;--head:#1d2126;--kept:#f0b849;--keptbg:#3d3015;--bad:#ff7b7f;"
	"--badbg:#4a1d20;--good:#6fd08a;--goodbg:#163822;--hover:#1f2730;--link:#7ab8f5}}\n"
	"*{box-sizing:border-box}body{margin:0;padding:20px;background:var(--bg);color:var(--fg);"
	"font:14px/1.45 system-ui,sans-serif}h1{font-size:20px;margin:0 0 2px}h2{font-size:16px;"
	"margin:28px 0 8px}p{margin:4px 0}.dim{color:var(--dim)}a{color:var(--link)}\n"
	".tiles{display:flex;flex-wrap:wrap;gap:10px;margin:14px 0}.tile{border:1px solid "
	"var(--line);border-radius:8px;padding:8px 14px;min-width:110px}.tile b{display:block;"
	"font-size:22px}.tile.bad b{color:var(--bad)}\n"
	"fieldset{border:1px solid var(--line);border-radius:8px;margin:10px 0;padding:6px 12px}"
	"label{margin-right:16px;white-space:nowrap}\n"
	".scroll{overflow:auto;max-height:78vh;border:1px solid var(--line);border-radius:8px}"
	"table.m{border-collapse:separate;border-spacing:0;font-size:12px}"
	".m th,.m td{border-bottom:1px solid var(--line);padding:3px 6px;text-align:left;"
	"white-space:nowrap}.m thead th{position:sticky;top:0;background:var(--head);z-index:2;"
	"vertical-align:bottom}.m tbody th{position:sticky;left:0;background:var(--bg);z-index:1;"
	"font-weight:600;max-width:220px;overflow:hidden;text-overflow:ellipsis}"
	".m thead th:first-child{left:0;z-index:3}.m th.v{padding:6px 2px}"
	".m th.v span{writing-mode:vertical-rl;transform:rotate(180deg);font-weight:500}"
	".m td.c{text-align:center;padding:3px 2px;min-width:20px;border-left:1px solid "
	"var(--line)}"
	".m td.i{max-width:260px;overflow:hidden;text-overflow:ellipsis}"
	".m tbody tr:hover th,.m tbody tr:hover td{background:var(--hover)}\n"
	"td.k{background:var(--keptbg);color:var(--kept);font-weight:700}"
	"td.b{background:var(--badbg);color:var(--bad);font-weight:700}"
	"td.n{background:var(--keptbg);color:var(--bad);font-weight:700;outline:2px solid "
	"var(--bad);outline-offset:-3px}"
	"td.r{color:var(--good)}td.g{background:var(--goodbg);color:var(--good)}\n"
	".s{border-radius:4px;padding:1px 6px;font-weight:600}.s.critical{background:var(--badbg);"
	"color:var(--bad)}.s.high{background:var(--keptbg);color:var(--kept)}\n"
	"details{border-bottom:1px solid var(--line);padding:6px 0}summary{cursor:pointer}"
	"dl{display:grid;grid-template-columns:max-content 1fr;gap:2px 14px;margin:8px 0 8px 18px}"
	"dt{color:var(--dim)}dd{margin:0;overflow-wrap:anywhere}\n"
	"body:has(#f-beyond:checked) tbody tr:not(.f-beyond),"
	"body:has(#f-around:checked) tbody tr:not(.f-around),"
	"body:has(#f-exec:checked) tbody tr:not(.f-exec),"
	"body:has(#f-critical:checked) tbody tr:not(.f-critical){display:none}\n"
	"@media print{body{padding:0;font-size:9px}.scroll{max-height:none;overflow:visible;"
	"border:0}table.m{font-size:6px}fieldset{display:none}details{break-inside:avoid}"
	".m thead th,.m tbody th{position:static}}\n"
	"</style></head><body>\n";

/* ---- the top ------------------------------------------------------------------------------- */

static void add_tile(struct wh_buf *to, size_t number, const char *what, bool bad)
{
	wh_buf_addf(to, "<div class=\"tile%s\"><b>%zu</b>%s</div>", bad && number > 0 ? " bad" : "",
		number, what);
}

static void add_top(struct wh_buf *to, const struct wh_audit *audit)
{
	struct wh_audit_counts counts = wh_audit_count(audit);
	char now[WH_UTC_SIZE];

	wh_utc_format(time(NULL), now);
	wh_buf_addf(to,
		"<h1>What the containers of this host hold</h1>\n<p class=\"dim\">whittlectl "
		"audit " WH_VERSION ", %s, by the kernel's word</p>\n<div class=\"tiles\">",
		now);
	add_tile(to, audit->count, "running", false);
	add_tile(to, counts.critical, "can take the host", true);
	add_tile(to, counts.beyond, "beyond the policy", true);
	add_tile(to, counts.around, "not through whittle", true);
	add_tile(to, counts.exec, "exec above its container", true);
	if (audit->recorded.count > 0)
		add_tile(to, counts.unused, "keep what they never used", true);
	wh_buf_add_string(to, "</div>\n");
	for (const struct wh_status_note *note = audit->status.unseen.first; note != NULL;
		note = note->next) {
		wh_buf_add_string(to, "<p><span class=\"s high\">not seen</span> ");
		wh_audit_add_escaped(to, note->text);
		wh_buf_add_string(to, "</p>\n");
	}
	wh_buf_add_string(to,
		"<fieldset><legend>Show only</legend>"
		"<label><input type=\"checkbox\" id=\"f-critical\"> can take the host</label>"
		"<label><input type=\"checkbox\" id=\"f-beyond\"> beyond the policy</label>"
		"<label><input type=\"checkbox\" id=\"f-around\"> not through whittle</label>"
		"<label><input type=\"checkbox\" id=\"f-exec\"> exec above its container</label>"
		"</fieldset>\n<p class=\"dim\"><b>K</b> kept &nbsp; <b>B</b> beyond the policy "
		"&nbsp; "
		"<b>&minus;</b> removed by whittle &nbsp; <b>!</b> open &nbsp; <b>&#10003;</b> "
		"confined &nbsp; <b>?</b> not known</p>\n");
}

/* ---- the matrix ------------------------------------------------------------------------------ */

enum state { UNKNOWN, CONFINED, OPEN };

static enum state state_of(bool known, bool open)
{
	return !known ? UNKNOWN : open ? OPEN : CONFINED;
}

static enum state of_namespace(const struct wh_audit_row *row, enum wh_shared shared)
{
	return state_of(
		(row->shared_known & (1u << shared)) != 0, (row->shared & (1u << shared)) != 0);
}

static enum state of_privileges(const struct wh_audit_row *row)
{
	return state_of(true, !row->no_new_privileges);
}

static enum state of_root(const struct wh_audit_row *row)
{
	return state_of(row->root_known, !row->root_readonly);
}

static enum state of_user(const struct wh_audit_row *row)
{
	return state_of(true, row->uid == 0);
}

static enum state of_seccomp(const struct wh_audit_row *row)
{
	return state_of(row->seccomp >= 0, row->seccomp == 0);
}

static enum state of_devices(const struct wh_audit_row *row)
{
	return state_of(row->devices != WH_DEVICES_UNKNOWN, row->devices == WH_DEVICES_ALL);
}

static enum state of_paths(const struct wh_audit_row *row)
{
	return state_of(row->root_known, row->sensitive_count > 0);
}

static enum state of_label(const struct wh_audit_row *row)
{
	return state_of(row->label != NULL,
		row->label != NULL &&
			(row->label[0] == '\0' || strstr(row->label, "unconfined") != NULL));
}

/* A kind beside capabilities: its column. Where there is no function it is a namespace. */
static const struct {
	const char *title;
	enum state (*state)(const struct wh_audit_row *row);
	enum wh_shared shared;
} kinds[] = {
	{ "noNewPrivileges", of_privileges, WH_SHARED_COUNT },
	{ "readonlyRootfs", of_root, WH_SHARED_COUNT },
	{ "runAsNonRoot", of_user, WH_SHARED_COUNT },
	{ "seccomp", of_seccomp, WH_SHARED_COUNT },
	{ "apparmor / selinux", of_label, WH_SHARED_COUNT },
	{ "devices", of_devices, WH_SHARED_COUNT },
	{ "paths of the host", of_paths, WH_SHARED_COUNT },
	{ "user namespace", NULL, WH_SHARED_USER },
	{ "pid namespace", NULL, WH_SHARED_PID },
	{ "network namespace", NULL, WH_SHARED_NET },
	{ "ipc namespace", NULL, WH_SHARED_IPC },
	{ "uts namespace", NULL, WH_SHARED_UTS },
	{ "mount namespace", NULL, WH_SHARED_MNT },
	{ "cgroup namespace", NULL, WH_SHARED_CGROUP },
};

static void add_heads(struct wh_buf *to)
{
	wh_buf_add_string(to, "<div class=\"scroll\"><table class=\"m\"><thead><tr>"
			      "<th>Container</th><th>Risk</th><th>Engine</th><th>User</th>"
			      "<th>Kept</th>");
	for (unsigned i = 0; i < WH_CAP_COUNT; i++)
		wh_buf_addf(
			to, "<th class=\"v\"><span>%s</span></th>", wh_capability_get(i)->name + 4);
	for (size_t i = 0; i < WH_COUNT(kinds); i++)
		wh_buf_addf(to, "<th class=\"v\"><span>%s</span></th>", kinds[i].title);
	wh_buf_add_string(to, "<th>Image</th></tr></thead><tbody>\n");
}

static void add_capability(struct wh_buf *to, const struct wh_audit_row *row, unsigned number)
{
	wh_capset one = wh_capset_of(number);

	if ((row->beyond & one) != 0)
		wh_buf_add_string(to, "<td class=\"c b\">B</td>");
	else if ((row->unused & one) != 0)
		wh_buf_add_string(to, "<td class=\"c n\">N</td>");
	else if ((row->kept & one) != 0)
		wh_buf_add_string(to, "<td class=\"c k\">K</td>");
	else if ((row->removed & one) != 0)
		wh_buf_add_string(to, "<td class=\"c r\">&minus;</td>");
	else
		wh_buf_add_string(to, "<td class=\"c\"></td>");
}

static void add_kinds(struct wh_buf *to, const struct wh_audit_row *row)
{
	static const char *const cells[] = {
		[UNKNOWN] = "<td class=\"c\">?</td>",
		[CONFINED] = "<td class=\"c g\">&#10003;</td>",
		[OPEN] = "<td class=\"c k\">!</td>",
	};

	for (size_t i = 0; i < WH_COUNT(kinds); i++)
		wh_buf_add_string(
			to, cells[kinds[i].state != NULL ? kinds[i].state(row)
							 : of_namespace(row, kinds[i].shared)]);
}

static void add_name(struct wh_buf *to, const struct wh_audit_row *row)
{
	size_t len = strlen(row->id);
	char id[65];

	if (row->name != NULL) {
		wh_audit_add_escaped(to, row->name);
		return;
	}
	if (len != 64) {
		wh_audit_add_escaped(to, row->id);
		return;
	}
	memcpy(id, row->id, 12);
	id[12] = '\0';
	wh_audit_add_escaped(to, id);
}

static void add_row(struct wh_buf *to, const struct wh_audit_row *row, size_t number)
{
	enum wh_severity worst =
		row->finding_count == 0 ? WH_SEVERITY_LOW : row->findings[0].severity;

	wh_buf_addf(to, "<tr class=\"%s%s%s%s\"><th><a href=\"#c%zu\">",
		wh_audit_is_critical(row) ? "f-critical " : "",
		wh_audit_is_beyond(row) ? "f-beyond " : "",
		wh_audit_is_around(row) ? "f-around " : "", row->added != 0 ? "f-exec" : "",
		number);
	add_name(to, row);
	wh_buf_addf(to, "</a></th><td><span class=\"s %s\">%s</span></td><td>",
		wh_severity_name(worst), wh_severity_name(worst));
	wh_audit_add_escaped(to, row->engine == NULL ? "-" : row->engine);
	wh_buf_addf(to, "</td><td>%u</td><td>%u</td>", row->uid,
		(unsigned)__builtin_popcountll(row->kept));
	for (unsigned i = 0; i < WH_CAP_COUNT; i++)
		add_capability(to, row, i);
	add_kinds(to, row);
	wh_buf_add_string(to, "<td class=\"i\">");
	wh_audit_add_escaped(to, row->image == NULL ? "-" : row->image);
	wh_buf_add_string(to, "</td></tr>\n");
}

/* ---- what is behind a row ----------------------------------------------------------------------
 */

static void add_fact(struct wh_buf *to, const char *key, const char *value)
{
	if (value == NULL)
		return;
	wh_buf_addf(to, "<dt>%s</dt><dd>", key);
	wh_audit_add_escaped(to, value);
	wh_buf_add_string(to, "</dd>");
}

static void add_capabilities(struct wh_buf *to, const struct wh_audit_row *row)
{
	for (unsigned i = 0; i < WH_CAP_COUNT; i++) {
		if ((row->kept & wh_capset_of(i)) != 0)
			wh_buf_addf(to, "<dt>%s</dt><dd>%s%s</dd>", wh_capability_get(i)->name,
				(row->beyond & wh_capset_of(i)) != 0 ? "<b>beyond the policy:</b> "
				: (row->unused & wh_capset_of(i)) != 0 ? "<b>never used:</b> "
								       : "",
				wh_capability_get(i)->risk);
	}
}

static void add_detail(struct wh_buf *to, const struct wh_audit_row *row, size_t number)
{
	const struct wh_status_container *container = row->container;

	wh_buf_add_string(to, "<details><summary>");
	add_name(to, row);
	wh_buf_addf(to, "</summary><dl id=\"c%zu\">", number);
	add_fact(to, "id", row->id);
	add_fact(to, "engine", row->engine);
	add_fact(to, "image", row->image);
	add_fact(to, "namespace", row->place);
	wh_buf_addf(to, "<dt>pid</dt><dd>%d (%zu processes)</dd>", row->pid, row->processes);
	if (container != NULL) {
		add_fact(to, "bundle", container->bundle);
		add_fact(to, "policy", container->policy == NULL ? NULL : container->policy->file);
		add_fact(to, "rule", container->rule);
		add_fact(to, "started", container->why);
	}
	add_fact(to, "label", row->label);
	add_fact(to, "recorded as", row->recorded == NULL ? NULL : row->recorded->name);
	for (size_t i = 0; i < row->finding_count; i++)
		add_fact(to, wh_severity_name(row->findings[i].severity), row->findings[i].what);
	add_capabilities(to, row);
	wh_buf_add_string(to, "</dl></details>\n");
}

void wh_audit_write_html(const struct wh_audit *audit, struct wh_buf *ret)
{
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;

	wh_buf_add_string(ret, head);
	add_top(ret, audit);
	add_heads(ret);
	for (size_t i = 0; i < audit->count; i++)
		add_row(ret, &audit->rows[i], i);
	wh_buf_add_string(ret, "</tbody></table></div>\n");
	wh_audit_write_recorded(audit, &arena, ret);
	wh_buf_add_string(ret, "<h2>Each container</h2>\n");
	for (size_t i = 0; i < audit->count; i++)
		add_detail(ret, &audit->rows[i], i);
	wh_buf_add_string(ret, "</body></html>\n");
}
