/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The same for programs: one object on one line. "schema" is raised when a member goes or changes
 * its meaning; members may be added under the same number. docs/reference.md describes each.
 */

#include "status.h"

#include <string.h>

#include "oci/capability.h"

#define SCHEMA 1u

/* Puts a comma where one belongs, then the key. */
static void add_key(struct wh_buf *to, const char *key)
{
	if (to->len > 0 && to->data[to->len - 1] != '{' && to->data[to->len - 1] != '[')
		wh_buf_add_char(to, ',');
	if (key != NULL)
		wh_buf_addf(to, "\"%s\":", key);
}

static void add_text(struct wh_buf *to, const char *key, const char *value)
{
	add_key(to, key);
	if (value == NULL)
		wh_buf_add_string(to, "null");
	else
		wh_buf_add_json(to, wh_slice_of(value));
}

static void add_bool(struct wh_buf *to, const char *key, bool value)
{
	add_key(to, key);
	wh_buf_add_string(to, value ? "true" : "false");
}

/* A process id, or a line: null where there is none. */
static void add_number(struct wh_buf *to, const char *key, uint64_t value)
{
	add_key(to, key);
	if (value == 0)
		wh_buf_add_string(to, "null");
	else
		wh_buf_addf(to, "%llu", (unsigned long long)value);
}

static void add_count(struct wh_buf *to, const char *key, size_t value)
{
	add_key(to, key);
	wh_buf_addf(to, "%zu", value);
}

static void open_with(struct wh_buf *to, const char *key, char bracket)
{
	add_key(to, key);
	wh_buf_add_char(to, bracket);
}

/* ---- engines ----------------------------------------------------------------------------- */

static void add_program(struct wh_buf *to, const struct wh_status_program *program)
{
	add_text(to, "program", program->path != NULL ? program->path : program->called);
	add_bool(to, "whittle", program->whittle);
	add_text(to, "policy", program->policy == NULL ? NULL : program->policy->file);
}

static void add_default(struct wh_buf *to, const struct wh_status_engine *engine)
{
	if (engine->error != NULL) {
		add_text(to, "default", NULL);
		return;
	}
	open_with(to, "default", '{');
	add_text(to, "runtime", engine->default_runtime);
	add_program(to, &engine->runs);
	add_text(to, "file", engine->view.default_place.file);
	add_number(to, "line", engine->view.default_place.line);
	wh_buf_add_char(to, '}');
}

static void add_engine(struct wh_buf *to, const struct wh_status_engine *engine)
{
	open_with(to, NULL, '{');
	add_text(to, "name", engine->engine->name);
	add_text(to, "program", engine->program);
	add_text(to, "version", engine->version);
	add_number(to, "pid", (uint64_t)engine->pid);
	open_with(to, "files", '[');
	for (size_t i = 0; engine->error == NULL && i < engine->view.file_count; i++)
		add_text(to, NULL, engine->view.files[i]);
	wh_buf_add_char(to, ']');
	add_text(to, "error", engine->error);
	add_text(to, "stale", engine->stale);
	add_default(to, engine);
	open_with(to, "runtimes", '[');
	for (size_t i = 0; engine->error == NULL && i < engine->view.runtime_count; i++)
		add_text(to, NULL, engine->view.runtimes[i].name);
	wh_buf_add_string(to, "]}");
}

/* ---- policies ---------------------------------------------------------------------------- */

static void add_runtime(struct wh_buf *to, const struct wh_status_policy *policy)
{
	if (policy->runtime == NULL) {
		add_text(to, "runtime", NULL);
		add_text(to, "runtimeError", policy->runtime_error);
		return;
	}
	open_with(to, "runtime", '{');
	add_text(to, "path", policy->runtime);
	add_text(to, "kind", wh_grammar_of(policy->kind)->name);
	add_text(to, "version", policy->version);
	add_bool(to, "recognised", policy->fits);
	wh_buf_add_char(to, '}');
	add_text(to, "runtimeError", policy->version == NULL ? policy->version_error : NULL);
}

static void add_policy(struct wh_buf *to, const struct wh_status_policy *policy)
{
	const char *rule;

	open_with(to, NULL, '{');
	add_text(to, "file", policy->file);
	add_bool(to, "valid", policy->policy != NULL);
	add_text(to, "error", policy->error);
	add_text(to, "mode",
		policy->policy == NULL                                     ? NULL
		: wh_policy_default(policy->policy)->mode == WH_MODE_AUDIT ? "audit"
									   : "enforce");
	open_with(to, "auditRules", '[');
	for (size_t i = 0; policy->policy != NULL &&
			   (rule = wh_policy_watching_rule(policy->policy, i)) != NULL;
		i++)
		add_text(to, NULL, rule);
	wh_buf_add_char(to, ']');
	add_runtime(to, policy);
	wh_buf_add_char(to, '}');
}

/* ---- containers -------------------------------------------------------------------------- */

static void add_beyond(struct wh_buf *to, const struct wh_status_container *container)
{
	if (container->beyond_pid == 0) {
		add_text(to, "beyond", NULL);
		return;
	}
	open_with(to, "beyond", '{');
	add_number(to, "pid", (uint64_t)container->beyond_pid);
	open_with(to, "capabilities", '[');
	for (unsigned i = 0; i < 64; i++) {
		if ((container->beyond & wh_capset_of(i)) == 0)
			continue;
		add_key(to, NULL);
		if (i < WH_CAP_COUNT)
			wh_buf_addf(to, "\"%s\"", wh_capability_get(i)->name);
		else
			wh_buf_addf(to, "\"%u\"", i);
	}
	wh_buf_add_char(to, ']');
	add_bool(to, "noNewPrivilegesMissing", container->regains);
	wh_buf_add_char(to, '}');
}

static void add_container(struct wh_buf *to, const struct wh_status_container *container)
{
	static const char *const through[] = {
		[WH_THROUGH_WHITTLE] = "yes",
		[WH_THROUGH_OTHER] = "no",
		[WH_THROUGH_UNKNOWN] = "unknown",
	};

	open_with(to, NULL, '{');
	add_text(to, "id", container->id);
	add_text(to, "engine", container->engine);
	add_text(to, "kind", wh_grammar_of(container->kind)->name);
	add_text(to, "state", container->state);
	add_text(to, "bundle", container->bundle);
	add_number(to, "pid", (uint64_t)container->init.pid);
	add_text(to, "throughWhittle", through[container->through]);
	add_text(to, "why", container->why);
	add_text(to, "policy", container->policy == NULL ? NULL : container->policy->file);
	add_text(to, "rule", container->rule);
	add_bool(to, "judged", container->judged);
	add_bool(to, "watched", container->watched);
	add_beyond(to, container);
	wh_buf_add_char(to, '}');
}

static void add_containers(struct wh_buf *to, const struct wh_status *status)
{
	struct wh_status_counts counts = wh_status_count(status);

	open_with(to, "containers", '{');
	add_count(to, "running", counts.running);
	add_count(to, "throughWhittle", counts.through);
	add_count(to, "notThroughWhittle", counts.other);
	add_count(to, "unknown", counts.unknown);
	add_count(to, "beyondPolicy", counts.beyond);
	add_count(to, "watched", counts.watched);
	open_with(to, "list", '[');
	for (const struct wh_status_container *container = status->containers; container != NULL;
		container = container->next)
		add_container(to, container);
	wh_buf_add_string(to, "]}");
}

/* ---- all of it --------------------------------------------------------------------------- */

static void add_way(struct wh_buf *to, const struct wh_status_way *way)
{
	open_with(to, NULL, '{');
	add_text(to, "engine", way->engine);
	add_text(to, "kind", way->kind);
	add_text(to, "what", way->what);
	add_text(to, "do", way->remedy);
	wh_buf_add_char(to, '}');
}

static void add_list(struct wh_buf *to, const char *key, const struct wh_status_list *list)
{
	open_with(to, key, '[');
	for (const struct wh_status_note *note = list->first; note != NULL; note = note->next)
		add_text(to, NULL, note->text);
	wh_buf_add_char(to, ']');
}

void wh_status_write_json(const struct wh_status *status, struct wh_buf *ret)
{
	wh_buf_addf(ret, "{\"schema\":%u", SCHEMA);
	add_text(ret, "version", WH_VERSION);
	add_bool(ret, "enforced", wh_status_verdict(status) == WH_STATUS_ENFORCED);
	add_bool(ret, "complete", status->unseen.first == NULL);
	open_with(ret, "whittle", '[');
	for (size_t i = 0; i < status->whittles.count; i++)
		add_text(ret, NULL, status->whittles.paths[i]);
	wh_buf_add_char(ret, ']');
	open_with(ret, "engines", '[');
	for (const struct wh_status_engine *e = status->engines; e != NULL; e = e->next)
		add_engine(ret, e);
	wh_buf_add_char(ret, ']');
	open_with(ret, "policies", '[');
	for (const struct wh_status_policy *p = status->policies; p != NULL; p = p->next) {
		if (p->used)
			add_policy(ret, p);
	}
	wh_buf_add_char(ret, ']');
	add_containers(ret, status);
	open_with(ret, "ways", '[');
	for (const struct wh_status_way *way = status->ways; way != NULL; way = way->next)
		add_way(ret, way);
	wh_buf_add_char(ret, ']');
	add_list(ret, "notes", &status->notes);
	add_list(ret, "findings", &status->findings);
	add_list(ret, "unseen", &status->unseen);
	wh_buf_add_string(ret, "}\n");
}
