/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The same for programs: one object on one line. "schema" is raised when a member goes or changes
 * its meaning; members may be added under the same number. docs/reference.md describes each.
 */

#include "status.h"

#include "whittlectl/put.h"

#define SCHEMA 1u

/* ---- engines ----------------------------------------------------------------------------- */

static void add_program(struct wh_buf *to, const struct wh_status_program *program)
{
	wh_put_text(to, "program", program->path != NULL ? program->path : program->called);
	wh_put_bool(to, "whittle", program->whittle);
	wh_put_text(to, "policy", program->policy == NULL ? NULL : program->policy->file);
}

static void add_default(struct wh_buf *to, const struct wh_status_engine *engine)
{
	if (engine->error != NULL) {
		wh_put_text(to, "default", NULL);
		return;
	}
	wh_put_open(to, "default", '{');
	wh_put_text(to, "runtime", engine->default_runtime);
	add_program(to, &engine->runs);
	wh_put_text(to, "file", engine->view.default_place.file);
	wh_put_number(to, "line", engine->view.default_place.line);
	wh_buf_add_char(to, '}');
}

static void add_engine(struct wh_buf *to, const struct wh_status_engine *engine)
{
	wh_put_open(to, NULL, '{');
	wh_put_text(to, "name", engine->engine->name);
	wh_put_text(to, "program", engine->program);
	wh_put_text(to, "version", engine->version);
	wh_put_number(to, "pid", (uint64_t)engine->pid);
	wh_put_texts(to, "files", engine->view.files,
		engine->error == NULL ? engine->view.file_count : 0);
	wh_put_text(to, "error", engine->error);
	wh_put_text(to, "stale", engine->stale);
	add_default(to, engine);
	wh_put_open(to, "runtimes", '[');
	for (size_t i = 0; engine->error == NULL && i < engine->view.runtime_count; i++)
		wh_put_text(to, NULL, engine->view.runtimes[i].name);
	wh_buf_add_string(to, "]}");
}

/* ---- policies ---------------------------------------------------------------------------- */

static void add_runtime(struct wh_buf *to, const struct wh_status_policy *policy)
{
	if (policy->runtime == NULL) {
		wh_put_text(to, "runtime", NULL);
		wh_put_text(to, "runtimeError", policy->runtime_error);
		return;
	}
	wh_put_open(to, "runtime", '{');
	wh_put_text(to, "path", policy->runtime);
	wh_put_text(to, "kind", wh_grammar_of(policy->kind)->name);
	wh_put_text(to, "version", policy->answer.version);
	wh_put_bool(to, "recognised", policy->answer.fits);
	wh_buf_add_char(to, '}');
	wh_put_text(
		to, "runtimeError", policy->answer.version == NULL ? policy->answer.error : NULL);
}

static void add_policy(struct wh_buf *to, const struct wh_status_policy *policy)
{
	const char *rule;

	wh_put_open(to, NULL, '{');
	wh_put_text(to, "file", policy->file);
	wh_put_bool(to, "valid", policy->policy != NULL);
	wh_put_text(to, "error", policy->error);
	wh_put_text(to, "mode",
		policy->policy == NULL                                     ? NULL
		: wh_policy_default(policy->policy)->mode == WH_MODE_AUDIT ? "audit"
									   : "enforce");
	wh_put_open(to, "auditRules", '[');
	for (size_t i = 0; policy->policy != NULL &&
			   (rule = wh_policy_watching_rule(policy->policy, i)) != NULL;
		i++)
		wh_put_text(to, NULL, rule);
	wh_buf_add_char(to, ']');
	add_runtime(to, policy);
	wh_buf_add_char(to, '}');
}

/* ---- containers -------------------------------------------------------------------------- */

static void add_beyond(struct wh_buf *to, const struct wh_status_container *container)
{
	if (container->beyond_pid == 0) {
		wh_put_text(to, "beyond", NULL);
		return;
	}
	wh_put_open(to, "beyond", '{');
	wh_put_number(to, "pid", (uint64_t)container->beyond_pid);
	wh_put_capabilities(to, "capabilities", container->beyond);
	wh_put_bool(to, "noNewPrivilegesMissing", container->regains);
	wh_buf_add_char(to, '}');
}

static void add_container(struct wh_buf *to, const struct wh_status_container *container)
{
	static const char *const through[] = {
		[WH_THROUGH_WHITTLE] = "yes",
		[WH_THROUGH_OTHER] = "no",
		[WH_THROUGH_UNKNOWN] = "unknown",
	};

	wh_put_open(to, NULL, '{');
	wh_put_text(to, "id", container->id);
	wh_put_text(to, "engine", container->engine);
	wh_put_text(to, "kind", wh_grammar_of(container->kind)->name);
	wh_put_text(to, "state", container->state);
	wh_put_text(to, "bundle", container->bundle);
	wh_put_number(to, "pid", (uint64_t)container->init.pid);
	wh_put_text(to, "throughWhittle", through[container->through]);
	wh_put_text(to, "why", container->why);
	wh_put_text(to, "policy", container->policy == NULL ? NULL : container->policy->file);
	wh_put_text(to, "rule", container->rule);
	wh_put_bool(to, "judged", container->judged);
	wh_put_bool(to, "watched", container->watched);
	add_beyond(to, container);
	wh_buf_add_char(to, '}');
}

static void add_containers(struct wh_buf *to, const struct wh_status *status)
{
	struct wh_status_counts counts = wh_status_count(status);

	wh_put_open(to, "containers", '{');
	wh_put_count(to, "running", counts.running);
	wh_put_count(to, "throughWhittle", counts.through);
	wh_put_count(to, "notThroughWhittle", counts.other);
	wh_put_count(to, "unknown", counts.unknown);
	wh_put_count(to, "beyondPolicy", counts.beyond);
	wh_put_count(to, "watched", counts.watched);
	wh_put_open(to, "list", '[');
	for (const struct wh_status_container *container = status->containers; container != NULL;
		container = container->next)
		add_container(to, container);
	wh_buf_add_string(to, "]}");
}

/* ---- all of it --------------------------------------------------------------------------- */

static void add_way(struct wh_buf *to, const struct wh_status_way *way)
{
	wh_put_open(to, NULL, '{');
	wh_put_text(to, "engine", way->engine);
	wh_put_text(to, "kind", way->kind);
	wh_put_text(to, "what", way->what);
	wh_put_text(to, "do", way->remedy);
	wh_buf_add_char(to, '}');
}

static void add_list(struct wh_buf *to, const char *key, const struct wh_status_list *list)
{
	wh_put_open(to, key, '[');
	for (const struct wh_status_note *note = list->first; note != NULL; note = note->next)
		wh_put_text(to, NULL, note->text);
	wh_buf_add_char(to, ']');
}

void wh_status_write_json(const struct wh_status *status, struct wh_buf *ret)
{
	wh_buf_addf(ret, "{\"schema\":%u", SCHEMA);
	wh_put_text(ret, "version", WH_VERSION);
	wh_put_bool(ret, "enforced", wh_status_verdict(status) == WH_STATUS_ENFORCED);
	wh_put_bool(ret, "complete", status->unseen.first == NULL);
	wh_put_open(ret, "whittle", '[');
	for (size_t i = 0; i < status->whittles.count; i++)
		wh_put_text(ret, NULL, status->whittles.paths[i]);
	wh_buf_add_char(ret, ']');
	wh_put_open(ret, "engines", '[');
	for (const struct wh_status_engine *e = status->engines; e != NULL; e = e->next)
		add_engine(ret, e);
	wh_buf_add_char(ret, ']');
	wh_put_open(ret, "policies", '[');
	for (const struct wh_status_policy *p = status->policies; p != NULL; p = p->next) {
		if (p->used)
			add_policy(ret, p);
	}
	wh_buf_add_char(ret, ']');
	add_containers(ret, status);
	wh_put_open(ret, "ways", '[');
	for (const struct wh_status_way *way = status->ways; way != NULL; way = way->next)
		add_way(ret, way);
	wh_buf_add_char(ret, ']');
	add_list(ret, "notes", &status->notes);
	add_list(ret, "findings", &status->findings);
	add_list(ret, "unseen", &status->unseen);
	wh_buf_add_string(ret, "}\n");
}
