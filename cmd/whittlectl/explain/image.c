/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An image, as `docker run IMAGE` or `podman run IMAGE` would start it. No engine writes
 * config.json before it starts a container, so it is put together here from what both give to every
 * container that asks for nothing (moby, oci/defaults.go; containers/common, pkg/config), and from
 * the image's own user. What options would change is not in it; a container that runs can be
 * explained itself.
 */

#include "explain.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "host/call.h"
#include "oci/reference.h"
#include "oci/schema.h"
#include "whittlectl/put.h"
#include "seccomp/filter.h"

static const struct engine {
	enum wh_engine_id id;
	const char *program; /* also the name of the set of what it gives (capability.h) */
} engines[] = {
	{ WH_ENGINE_DOCKER, "docker" },
	{ WH_ENGINE_PODMAN, "podman" },
};

/* %1$s is the user's number, %2$s the array of capabilities. */
static const char pattern[] =
	"{\"ociVersion\":\"1.0.2\",\"process\":{\"user\":{\"uid\":%1$s,\"gid\":%1$s},"
	"\"args\":[\"sh\"],\"cwd\":\"/\",\"capabilities\":{\"bounding\":%2$s,"
	"\"effective\":%2$s,\"permitted\":%2$s}},\"root\":{\"path\":\"rootfs\"},\"mounts\":["
	"{\"destination\":\"/proc\",\"type\":\"proc\",\"source\":\"proc\"},"
	"{\"destination\":\"/dev\",\"type\":\"tmpfs\",\"source\":\"tmpfs\","
	"\"options\":[\"nosuid\",\"strictatime\",\"mode=755\"]},"
	"{\"destination\":\"/dev/pts\",\"type\":\"devpts\",\"source\":\"devpts\","
	"\"options\":[\"nosuid\",\"noexec\",\"newinstance\"]},"
	"{\"destination\":\"/sys\",\"type\":\"sysfs\",\"source\":\"sysfs\","
	"\"options\":[\"nosuid\",\"noexec\",\"nodev\",\"ro\"]},"
	"{\"destination\":\"/sys/fs/cgroup\",\"type\":\"cgroup\",\"source\":\"cgroup\","
	"\"options\":[\"ro\",\"nosuid\",\"noexec\",\"nodev\"]},"
	"{\"destination\":\"/dev/mqueue\",\"type\":\"mqueue\",\"source\":\"mqueue\","
	"\"options\":[\"nosuid\",\"noexec\",\"nodev\"]},"
	"{\"destination\":\"/dev/shm\",\"type\":\"tmpfs\",\"source\":\"shm\","
	"\"options\":[\"nosuid\",\"noexec\",\"nodev\"]}],"
	"\"linux\":{\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"network\"},"
	"{\"type\":\"uts\"},{\"type\":\"pid\"},{\"type\":\"ipc\"},{\"type\":\"cgroup\"}]}}";

static const char *const folders[] = { "/usr/local/bin", "/usr/bin" };

static const char *find_program(struct wh_explain *explain, const struct engine *engine)
{
	for (size_t i = 0; i < WH_COUNT(folders); i++) {
		const char *path = wh_arena_printf(
			&explain->judged.arena, "%s/%s", folders[i], engine->program);

		if (path != NULL && access(path, X_OK) == 0)
			return path;
	}
	return NULL;
}

/* The first line is the image's id, the second its user. */
static int ask(
	struct wh_explain *explain, const char *program, const char **ret_id, const char **ret_user)
{
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	const char *end;
	int r = wh_call((const char *const[]){ program, "image", "inspect", "--format",
				"{{.Id}}\n{{.Config.User}}", "--", explain->target, NULL },
		NULL, &text, NULL);

	if (r < 0)
		return r == -ENOMEM ? r : -ENOENT;
	end = text.len == 0 ? NULL : memchr(text.data, '\n', text.len);
	if (end == NULL)
		return -ENOENT;
	*ret_id = wh_arena_dup(
		&explain->judged.arena, (struct wh_slice){ text.data, (size_t)(end - text.data) });
	*ret_user = wh_arena_dup(
		&explain->judged.arena, (struct wh_slice){ end + 1, strcspn(end + 1, ":\n") });
	return *ret_id == NULL || *ret_user == NULL ? -ENOMEM : 0;
}

static void say_unknown(struct wh_identity *identity)
{
	for (size_t i = 0; i < WH_FACT_TEXTS; i++)
		identity->subject.facts[i].unknown = "no container was made of it yet";
	identity->subject.labels_unknown = "no container was made of it yet";
}

static int identify(
	struct wh_explain *explain, const struct engine *engine, const char *id, const char *user)
{
	struct wh_identity *identity = &explain->judged.identity;
	const char *name = NULL, *why = NULL;
	int r = wh_reference_normalise(wh_slice_of(explain->target),
		engine->id == WH_ENGINE_DOCKER ? WH_REFERENCE_HUB : 0, &explain->judged.arena,
		&name, &why);
	const struct {
		enum wh_fact fact;
		const char *text;
	} known[] = {
		{ WH_FACT_ENGINE, wh_engine_name(engine->id) },
		{ WH_FACT_IMAGE, name },
		{ WH_FACT_IMAGE_ID, id },
		{ WH_FACT_COMMAND, "create" },
		{ WH_FACT_BUNDLE, explain->judged.bundle },
		{ WH_FACT_ID, "container" },
		{ WH_FACT_USER, user },
	};

	if (r == -ENOMEM)
		return r;
	say_unknown(identity);
	for (size_t i = 0; i < WH_COUNT(known); i++) {
		struct wh_fact_value *value = &identity->subject.facts[known[i].fact];

		if (known[i].text != NULL)
			*value = (struct wh_fact_value){ .text = known[i].text };
		else
			value->unknown = why;
	}
	identity->engine = engine->id;
	explain->named = explain->judged.identified = true;
	return 0;
}

static wh_capset default_of(const struct engine *engine)
{
	const struct wh_capset_info *info;

	for (size_t i = 0; (info = wh_capset_info_get(i)) != NULL; i++) {
		if (strcmp(info->name, engine->program) == 0)
			return info->set;
	}
	return 0;
}

static int write_config(struct wh_explain *explain, const struct engine *engine, const char *user)
{
	struct wh_judgement *judged = &explain->judged;
	const struct wh_seccomp_limits limits = { .kept = 0 };
	struct wh_buf text WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_buf names WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	wh_node section;
	int r;

	wh_put_capabilities(&names, NULL, default_of(engine));
	if (wh_buf_status(&names) < 0)
		return -ENOMEM;
	wh_buf_addf(&text, pattern, user, names.data);
	if (wh_buf_status(&text) < 0)
		return -ENOMEM;
	r = wh_json_parse_take(&judged->doc, &text, NULL, NULL);
	if (r < 0)
		return r;
	section = wh_json_get(judged->doc, wh_json_root(judged->doc), "linux");
	wh_json_set(judged->doc, section, "seccomp", wh_seccomp_default(judged->doc, &limits));
	return wh_json_status(judged->doc);
}

static int take(
	struct wh_explain *explain, const struct engine *engine, const char *id, const char *user)
{
	bool number =
		user[0] != '\0' && strspn(user, "0123456789") == strlen(user) && strlen(user) < 10;
	const char *uid = number                                         ? user
			  : user[0] == '\0' || strcmp(user, "root") == 0 ? "0"
									 : "65534";
	int r = 0;

	/* JSON has no numbers that begin with a zero, engines do. */
	while (number && uid[0] == '0' && uid[1] != '\0')
		uid++;
	explain->target_kind = WH_TARGET_IMAGE;
	explain->judged.bundle = "/";
	explain->bundle = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (!number && strcmp(uid, "65534") == 0)
		r = wh_explain_note(explain,
			"the image's user is \"%s\"; its number is in the image, and taken for "
			"65534 here",
			user);
	if (r == 0)
		r = wh_explain_note(explain,
			"as %s would start it without options; the filter of system calls is "
			"whittle's own default, for %s's is known to %s alone",
			engine->program, engine->program, engine->program);
	if (r == 0)
		r = identify(explain, engine, id, uid);
	return r == 0 ? write_config(explain, engine, uid) : r;
}

int wh_explain_image(struct wh_explain *explain, struct wh_err *err)
{
	for (size_t i = 0; i < WH_COUNT(engines); i++) {
		const char *program = find_program(explain, &engines[i]);
		const char *id = NULL, *user = NULL;
		int r = program == NULL ? -ENOENT : ask(explain, program, &id, &user);

		if (r == 0)
			r = take(explain, &engines[i], id, user);
		if (r == 0)
			return 0;
		if (r != -ENOENT)
			return wh_fail_errno(err, -r, "looking at the image %s", explain->target);
	}
	return -ENOENT;
}
