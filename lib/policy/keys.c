/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every key of the policy is one row: its name, the objects it may stand in, the type of its value,
 * what it does, and the function that reads it. Parsing, the "expected one of" of errors, and
 * the reference page all come from this table, so a new key is a new row and its reader. The keys
 * of the kinds of privilege have a table of their own (kinds.c) and one reader.
 *
 * The rows of rules stand first, since a policy has few other objects and many rules.
 */

#include "policy/internal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define TOP WH_POLICY_TOP
#define DEFAULT WH_POLICY_DEFAULT
#define RULE WH_POLICY_RULE
#define MATCH WH_POLICY_MATCH
#define LOG WH_POLICY_LOG
#define RUNTIME WH_POLICY_RUNTIME
#define TMPFS WH_POLICY_TMPFS

struct key {
	struct wh_policy_key public;
	size_t len;
	wh_read_value *read;
};

#define KEY(name, places, type, doc, read) \
	{ \
		{ name, places, type, doc, WH_FACT_COUNT, WH_KINDS }, sizeof(name) - 1, read \
	}
#define CONDITION(name, fact, type, doc, read) \
	{ \
		{ name, MATCH, type, doc, fact, WH_KINDS }, sizeof(name) - 1, read \
	}

static const struct key keys[] = {
	KEY("name", RULE, "a string of 1 to 128 printable ASCII characters",
		"How records and explanations call the rule; unique, and not \"default\".",
		wh_read_name),
	KEY("match", RULE, "an object",
		"The conditions of the rule, at least one; all of them must hold.", wh_read_match),
	KEY("mode", TOP | RULE, "\"enforce\" or \"audit\"",
		"\"audit\" changes nothing and records what \"enforce\" would change. Silent: "
		"\"enforce\".",
		wh_read_mode),
	KEY("restore", TOP | RULE, "\"refuse\" or \"allow\"",
		"Whether containers may be restored from a checkpoint, whose capabilities come "
		"from the checkpoint and not from this policy. Silent: \"refuse\".",
		wh_read_restore),
	KEY("verify", TOP | RULE, "true or false",
		"Whether a hook of whittle's holds the container, once it runs, against this "
		"decision by the kernel's word, and ends it when it has more (runc, crun). Silent: "
		"false.",
		wh_read_verify),
	KEY("learn", TOP | RULE, "true or false",
		"Whether a hook of whittle's records what the container uses of what it may, for "
		"\"whittlectl learn\" (runc, crun). Silent: false.",
		wh_read_learn),
	KEY("profile", DEFAULT | RULE,
		"\"privileged\", \"baseline\", \"restricted\" or \"minimal\"",
		"A base that the other keys are laid on: the Pod Security Standards of Kubernetes, "
		"or the least that most services need. Silent: what is built in, in a rule what "
		"\"default\" says.",
		wh_read_profile),
	KEY("tmpfs", DEFAULT | RULE, "an array of paths or objects",
		"Folders that get a writable tmpfs where the root file system becomes read-only. "
		"Silent: none.",
		wh_read_tmpfs),
	CONDITION("engine", WH_FACT_ENGINE, "the name of an engine, or an array of them",
		"Which engine made the container: \"docker\", \"podman\", \"containerd\", "
		"\"cri-containerd\", \"cri-o\" or \"buildkit\".",
		wh_read_fact),
	CONDITION("namespace", WH_FACT_NAMESPACE, "a string with a pattern, or an array of them",
		"A pattern for the namespace: Kubernetes', or with the engine \"containerd\" its "
		"own.",
		wh_read_fact),
	CONDITION("pod", WH_FACT_POD, "a string with a pattern, or an array of them",
		"A pattern for the pod's name.", wh_read_fact),
	CONDITION("container", WH_FACT_CONTAINER, "a string with a pattern, or an array of them",
		"A pattern for the container's name.", wh_read_fact),
	CONDITION("image", WH_FACT_IMAGE, "a string with a pattern, or an array of them",
		"A pattern for the image's reference in full, \"docker.io/library/postgres:16\". "
		"With \"@sha256:\" the digest is compared as a whole.",
		wh_read_fact),
	CONDITION("imageId", WH_FACT_IMAGE_ID, "an image's id, or an array of them",
		"The image's id: \"sha256:\" and 64 hexadecimal digits, or these alone.",
		wh_read_fact),
	CONDITION("label", WH_FACT_LABEL, "an object of patterns, with at least one",
		"Labels the container must have, each with a pattern for its value.",
		wh_read_by_key),
	CONDITION("sandbox", WH_FACT_SANDBOX, "true or false",
		"Whether this is the container that holds a Kubernetes pod together.",
		wh_read_sandbox),
	CONDITION("command", WH_FACT_COMMAND, "the name of a command, or an array of them",
		"What the runtime is called for: \"create\", \"run\", \"exec\", \"restore\" or "
		"\"update\".",
		wh_read_fact),
	CONDITION("user", WH_FACT_USER,
		"a string with a user id or a range of them, or an array of such",
		"The user id of the process, inside the container: \"0\", \"1000-65535\".",
		wh_read_fact),
	CONDITION("annotations", WH_FACT_ANNOTATIONS, "an object of patterns, with at least one",
		"Annotations the container must have, each with a pattern for its value.",
		wh_read_by_key),
	CONDITION("id", WH_FACT_ID, "a string with a pattern, or an array of them",
		"A pattern for the container's id.", wh_read_fact),
	CONDITION("bundle", WH_FACT_BUNDLE, "a string with a pattern, or an array of them",
		"A pattern for the absolute path of the bundle, links resolved. Engines name its "
		"last folders after the id, which callers can choose: match on those above.",
		wh_read_fact),
	KEY("runtimes", TOP, "an array of names, paths or objects",
		"The runtimes to use; the first that is installed runs the container. Silent: "
		"runc, crun, runsc.",
		wh_read_runtimes),
	KEY("log", TOP, "an object", "Where the records of decisions go.", wh_read_log),
	KEY("default", TOP, "an object", "What every container may have.", wh_read_default),
	KEY("rules", TOP, "an array of objects",
		"Exceptions from \"default\": the first rule that matches counts, and what it does "
		"not say comes from \"default\".",
		wh_read_rules),
	KEY("file", LOG, "an absolute path",
		"A file that gets one JSON line for each decision. Silent: the journal, or "
		"syslog where there is none.",
		wh_read_log_file),
	KEY("required", LOG, "true or false",
		"Whether a record that cannot be written stops the container. Silent: false.",
		wh_read_log_required),
	KEY("path", RUNTIME, "an absolute path", "The runtime's program.", wh_read_runtime_path),
	KEY("kind", RUNTIME, "\"runc\", \"crun\" or \"runsc\"",
		"Whose command line it understands. Silent: as its file name says.",
		wh_read_runtime_kind),
	KEY("path", TMPFS, "an absolute path", "The folder in the container.", wh_read_tmpfs_path),
	KEY("size", TMPFS, "a string like \"64m\"",
		"How much it holds: bytes, or with k, m or g behind. Silent: \"64m\".",
		wh_read_tmpfs_size),
};

static const struct {
	enum wh_policy_place place;
	const char *phrase;
} places[] = {
	{ TOP, "at the top level" },
	{ DEFAULT, "in \"default\"" },
	{ RULE, "in a rule" },
	{ MATCH, "in \"match\"" },
	{ LOG, "in \"log\"" },
	{ RUNTIME, "in a runtime" },
	{ TMPFS, "in a tmpfs" },
};

/* The keys above, and behind them one for each kind. False behind the last. */
static bool key_at(size_t index, struct key *ret)
{
	const struct wh_kind_info *kind;

	if (index < WH_COUNT(keys)) {
		*ret = keys[index];
		return true;
	}
	index -= WH_COUNT(keys);
	if (index >= WH_KINDS)
		return false;
	kind = wh_kind_info((enum wh_kind)index);
	*ret = (struct key){ { kind->key, DEFAULT | RULE, kind->type, kind->doc, WH_FACT_COUNT,
				     (enum wh_kind)index },
		strlen(kind->key), wh_read_kind };
	return true;
}

bool wh_policy_key_get(size_t index, struct wh_policy_key *ret)
{
	struct key key;

	if (!key_at(index, &key))
		return false;
	*ret = key.public;
	return true;
}

/* ---- errors ------------------------------------------------------------------------------ */

int wh_policy_fail(struct wh_reader *reader, wh_node node, const char *format, ...)
{
	char text[sizeof(reader->err->text)];
	unsigned line = 0, column = 0;
	va_list args;

	if (reader->err == NULL)
		return -EINVAL;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	wh_json_position(reader->doc, node, &line, &column);
	return wh_fail(reader->err, EINVAL, "%s:%u:%u: %s", reader->file, line, column, text);
}

int wh_policy_no_memory(struct wh_reader *reader)
{
	return wh_fail(
		reader->err, ENOMEM, "%s: out of memory while reading the policy", reader->file);
}

/* ---- words that were nearly right -------------------------------------------------------- */

int wh_policy_fail_unknown(struct wh_reader *reader, wh_node node, struct wh_buf *sentence,
	const struct wh_nearest *nearest)
{
	if (nearest->best != NULL)
		wh_buf_addf(sentence, "; did you mean \"%s\"?", nearest->best);
	if (wh_buf_status(sentence) < 0)
		return wh_policy_no_memory(reader);
	return wh_policy_fail(reader, node, "%s", sentence->data);
}

/* ---- objects ----------------------------------------------------------------------------- */

static bool find_key(struct wh_slice name, unsigned place, struct key *ret)
{
	for (size_t i = 0; key_at(i, ret); i++) {
		if (ret->len == name.len && (ret->public.places & place) != 0 &&
			memcmp(ret->public.name, name.data, name.len) == 0)
			return true;
	}
	return false;
}

static const char *phrase_of(unsigned place)
{
	for (size_t i = 0; i < WH_COUNT(places); i++) {
		if (places[i].place == place)
			return places[i].phrase;
	}
	return "here";
}

/* A key that is right somewhere else: says where. */
static void add_other_places(struct wh_buf *text, struct wh_slice name)
{
	struct key key;
	const char *before = " (it belongs ";

	if (!find_key(name, ~0u, &key))
		return;
	for (size_t i = 0; i < WH_COUNT(places); i++) {
		if (!find_key(name, places[i].place, &key))
			continue;
		wh_buf_addf(text, "%s%s", before, places[i].phrase);
		before = " or ";
	}
	wh_buf_add_char(text, ')');
}

static int refuse_key(struct wh_reader *reader, wh_node node, struct wh_slice name, unsigned place)
{
	struct wh_nearest nearest = { .word = name };
	WH_CLEANUP(wh_buf_done) struct wh_buf text = WH_BUF_INIT;
	const char *before = ", expected one of ";
	struct key key;

	wh_buf_addf(&text, "unknown key \"%.*s\" %s", name.len < 64 ? (int)name.len : 64, name.data,
		phrase_of(place));
	add_other_places(&text, name);
	for (size_t i = 0; key_at(i, &key); i++) {
		if ((key.public.places & place) == 0)
			continue;
		wh_nearest_try(&nearest, key.public.name);
		if (key.public.kind != WH_KINDS)
			continue;
		wh_buf_addf(&text, "%s\"%s\"", before, key.public.name);
		before = ", ";
	}
	if ((place & (DEFAULT | RULE)) != 0)
		wh_buf_add_string(&text, ", or a kind of privilege like \"capabilities\"");
	return wh_policy_fail_unknown(reader, node, &text, &nearest);
}

int wh_policy_read_object(struct wh_reader *reader, wh_node object, enum wh_policy_place place,
	const struct wh_scope *scope)
{
	wh_json_each_member (reader->doc, object, node) {
		struct wh_slice name = wh_json_string(reader->doc, node);
		struct key key;
		int r;

		if (name.data == NULL)
			return wh_policy_no_memory(reader);
		if (!find_key(name, place, &key))
			return refuse_key(reader, node, name, place);
		r = key.read(reader, &key.public, wh_json_next(reader->doc, node), scope);
		if (r < 0)
			return r;
	}
	return 0;
}

int wh_policy_read_member(struct wh_reader *reader, wh_node object, enum wh_policy_place place,
	const char *name, const struct wh_scope *scope)
{
	wh_node value = wh_json_get(reader->doc, object, name);
	struct key key;

	if (value == WH_NO_NODE || !find_key(wh_slice_of(name), place, &key))
		return 0;
	return key.read(reader, &key.public, value, scope);
}
