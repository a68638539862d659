/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The records that engines keep of their containers.
 *
 * Docker's is one file a container, written by dockerd: ID, Image (the id), Name, Config.Image (as
 * it was typed) and Config.Labels; hostconfig.json beside it has Privileged. Podman and CRI-O use
 * containers/storage, which keeps one array of all containers; what the engine itself wants to
 * remember is in "metadata", a string with an object in it. Podman's (libpod/storage.go) has
 * image-name, image-id and name; CRI-O's (internal/storage/runtime.go) has pod-name, pod-id and
 * metadata-name besides, always, which no caller of Podman can make its have. CRI-O writes the
 * namespace with the pod's own container only.
 */

#include "oci/record.h"

#include <errno.h>
#include <string.h>

#include "oci/reference.h"

/* Why an engine leaves a fact open that no record of it has either. */
static const char *const silent[WH_ENGINES + 1] = {
	[WH_ENGINE_DOCKER] = "Docker has nothing of this kind",
	[WH_ENGINE_PODMAN] = "Podman does not record it with its storage",
	[WH_ENGINE_CONTAINERD] = "containerd does not tell it to the runtime",
	[WH_ENGINE_CRI_CONTAINERD] = "containerd's CRI plugin does not tell it to the runtime",
	[WH_ENGINE_CRI_O] = "CRI-O does not record it with its storage",
	[WH_ENGINE_BUILDKIT] = "BuildKit does not tell it to the runtime",
	[WH_ENGINES] = "the places of bundle and state are those of no engine",
};

/* ---- facts -------------------------------------------------------------------------------- */

void wh_identity_know(struct wh_identity *identity, enum wh_fact fact, const char *text)
{
	identity->subject.facts[fact] = (struct wh_fact_value){ .text = text };
}

void wh_identity_miss(struct wh_identity *identity, enum wh_fact fact, const char *why)
{
	if (fact == WH_FACT_LABEL)
		identity->subject.labels_unknown = why;
	else
		identity->subject.facts[fact] = (struct wh_fact_value){ .unknown = why };
}

void wh_identity_set_engine(struct wh_identity *identity, enum wh_engine_id engine)
{
	identity->engine = engine;
	for (size_t fact = 0; fact < WH_FACT_TEXTS; fact++) {
		if (identity->subject.facts[fact].text == NULL)
			wh_identity_miss(identity, fact, silent[engine]);
	}
	wh_identity_miss(identity, WH_FACT_LABEL, silent[engine]);
	if (engine != WH_ENGINES)
		wh_identity_know(identity, WH_FACT_ENGINE, wh_engine_name(engine));
}

int wh_identity_know_slice(struct wh_identity *identity, enum wh_fact fact, struct wh_slice text,
	struct wh_arena *arena)
{
	const char *copy;

	if (text.len == 0 || memchr(text.data, '\0', text.len) != NULL) {
		wh_identity_miss(identity, fact, "what the engine says of it is no text");
		return 0;
	}
	copy = wh_arena_dup(arena, text);
	if (copy == NULL)
		return -ENOMEM;
	wh_identity_know(identity, fact, copy);
	return 0;
}

int wh_identity_know_image(struct wh_identity *identity, struct wh_slice typed, struct wh_slice id,
	unsigned flags, struct wh_arena *arena)
{
	const char *text = NULL, *why = NULL;
	int r;

	if (typed.len == 0) {
		why = "the container was not made from an image";
	} else if (wh_reference_is_id(typed, id)) {
		why = "the image was named by its id: match on imageId";
	} else {
		r = wh_reference_normalise(typed, flags, arena, &text, &why);
		if (r == -ENOMEM)
			return r;
	}
	if (text == NULL)
		wh_identity_miss(identity, WH_FACT_IMAGE, why);
	else
		wh_identity_know(identity, WH_FACT_IMAGE, text);
	return 0;
}

static int know_image_id(struct wh_identity *identity, struct wh_slice id, struct wh_arena *arena)
{
	struct wh_slice digits;
	const char *text;

	if (!wh_image_id_digits(id, &digits)) {
		wh_identity_miss(identity, WH_FACT_IMAGE_ID,
			id.len == 0 ? "the container was not made from an image"
				    : "the image's id in the record is none");
		return 0;
	}
	text = wh_arena_printf(arena, "sha256:%.*s", (int)digits.len, digits.data);
	if (text == NULL)
		return -ENOMEM;
	wh_identity_know(identity, WH_FACT_IMAGE_ID, text);
	return 0;
}

static struct wh_slice string_of(struct wh_json *doc, wh_node object, const char *key)
{
	return wh_json_string(doc, wh_json_get(doc, object, key));
}

/* ---- which facts --------------------------------------------------------------------------- */

bool wh_identity_in_record(const struct wh_identity *identity, enum wh_fact fact)
{
	static const unsigned facts[] = {
		[WH_RECORD_NONE] = 0,
		[WH_RECORD_DOCKER] = 1u << WH_FACT_CONTAINER | 1u << WH_FACT_IMAGE |
				     1u << WH_FACT_IMAGE_ID | 1u << WH_FACT_LABEL,
		[WH_RECORD_STORAGE] = 1u << WH_FACT_ENGINE | 1u << WH_FACT_NAMESPACE |
				      1u << WH_FACT_POD | 1u << WH_FACT_CONTAINER |
				      1u << WH_FACT_IMAGE | 1u << WH_FACT_IMAGE_ID |
				      1u << WH_FACT_SANDBOX,
	};

	return (facts[identity->record] >> fact & 1u) != 0;
}

void wh_identity_give_up(struct wh_identity *identity, const char *why)
{
	for (size_t fact = 0; fact <= WH_FACT_LABEL; fact++) {
		if (wh_identity_in_record(identity, fact))
			wh_identity_miss(identity, fact, why);
	}
}

/* ---- Docker -------------------------------------------------------------------------------- */

static size_t count_members(const struct wh_json *doc, wh_node object)
{
	size_t count = 0;

	wh_json_each_member (doc, object, key)
		count++;
	return count;
}

static char *copy(struct wh_arena *arena, struct wh_slice *text)
{
	char *bytes = wh_arena_dup(arena, *text);

	text->data = bytes;
	return bytes;
}

/* Texts are copied, since the document goes before the facts do. */
static int know_labels(
	struct wh_identity *identity, struct wh_json *doc, wh_node object, struct wh_arena *arena)
{
	struct wh_annotation *labels =
		wh_arena_array(arena, count_members(doc, object), sizeof(*labels));
	size_t count = 0;

	if (labels == NULL)
		return -ENOMEM;
	wh_json_each_member (doc, object, key) {
		struct wh_annotation label = { wh_json_string(doc, key),
			wh_json_string(doc, wh_json_next(doc, key)) };

		if (label.value.data == NULL)
			continue;
		if (copy(arena, &label.key) == NULL || copy(arena, &label.value) == NULL)
			return -ENOMEM;
		labels[count++] = label;
	}
	identity->subject.labels = labels;
	identity->subject.label_count = count;
	identity->subject.labels_unknown = NULL;
	return wh_json_status(doc);
}

static int take_docker(struct wh_identity *identity, struct wh_json *doc, struct wh_arena *arena)
{
	wh_node root = wh_json_root(doc), config = wh_json_get(doc, root, "Config");
	wh_node labels = wh_json_get(doc, config, "Labels");
	struct wh_slice name = string_of(doc, root, "Name");
	int r;

	if (!wh_json_string_is(doc, wh_json_get(doc, root, "ID"), identity->id)) {
		wh_identity_give_up(identity, "Docker's record is that of another container");
		return 0;
	}
	if (name.len > 0 && name.data[0] == '/')
		name = (struct wh_slice){ name.data + 1, name.len - 1 };
	r = wh_identity_know_slice(identity, WH_FACT_CONTAINER, name, arena);
	if (r == 0)
		r = wh_identity_know_image(identity, string_of(doc, config, "Image"),
			string_of(doc, root, "Image"), WH_REFERENCE_HUB, arena);
	if (r == 0)
		r = know_image_id(identity, string_of(doc, root, "Image"), arena);
	if (r == 0)
		r = know_labels(identity, doc,
			wh_json_type(doc, labels) == WH_JSON_OBJECT ? labels : WH_NO_NODE, arena);
	return r;
}

void wh_identity_take_settings(struct wh_identity *identity, const struct wh_json *settings)
{
	wh_node node = wh_json_get(settings, wh_json_root(settings), "Privileged");
	enum wh_json_type type = wh_json_type(settings, node);

	identity->has_privileged = type == WH_JSON_TRUE || type == WH_JSON_FALSE;
	identity->privileged = type == WH_JSON_TRUE;
}

/* ---- containers/storage --------------------------------------------------------------------- */

static wh_node find_container(struct wh_json *doc, struct wh_slice id)
{
	if (wh_json_type(doc, wh_json_root(doc)) != WH_JSON_ARRAY)
		return WH_NO_NODE;
	wh_json_each_element (doc, wh_json_root(doc), element) {
		if (wh_json_type(doc, element) == WH_JSON_OBJECT &&
			wh_slice_eq(string_of(doc, element, "id"), id))
			return element;
	}
	return WH_NO_NODE;
}

/* What the engine itself wrote about one container: an object, or NULL with 0 when it is of no use.
 */
static int read_metadata(struct wh_json *doc, wh_node container, struct wh_json **ret)
{
	struct wh_slice text = string_of(doc, container, "metadata");
	struct wh_buf bytes WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_json *metadata WH_JSON = NULL;
	int r;

	*ret = NULL;
	wh_buf_add_slice(&bytes, text);
	r = wh_buf_status(&bytes);
	if (r == 0 && text.len > 0)
		r = wh_json_parse_take(&metadata, &bytes, NULL, NULL);
	if (r == -ENOMEM)
		return r;
	if (r == 0 && metadata != NULL &&
		wh_json_type(metadata, wh_json_root(metadata)) == WH_JSON_OBJECT)
		*ret = wh_steal_ptr(metadata);
	return 0;
}

static bool has_all(const struct wh_json *doc, const char *const keys[], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (wh_json_type(doc, wh_json_get(doc, wh_json_root(doc), keys[i])) !=
			WH_JSON_STRING)
			return false;
	}
	return true;
}

static enum wh_engine_id engine_of(const struct wh_json *metadata)
{
	static const char *const common[] = { "image-name", "image-id", "name" };
	static const char *const crio[] = { "pod-name", "pod-id", "metadata-name" };
	wh_node root = wh_json_root(metadata);

	if (!has_all(metadata, common, WH_COUNT(common)))
		return WH_ENGINES;
	if (has_all(metadata, crio, WH_COUNT(crio)))
		return WH_ENGINE_CRI_O;
	for (size_t i = 0; i < WH_COUNT(crio); i++) {
		if (wh_json_get(metadata, root, crio[i]) != WH_NO_NODE)
			return WH_ENGINES;
	}
	return WH_ENGINE_PODMAN;
}

static int take_image(
	struct wh_identity *identity, struct wh_json *metadata, struct wh_arena *arena)
{
	wh_node root = wh_json_root(metadata);
	struct wh_slice id = string_of(metadata, root, "image-id");
	int r = wh_identity_know_image(
		identity, string_of(metadata, root, "image-name"), id, 0, arena);

	return r < 0 ? r : know_image_id(identity, id, arena);
}

/* The pod's own container, which has the pod's id and knows its namespace and name. */
static int take_pod(struct wh_identity *identity, struct wh_json *doc, struct wh_slice pod_id,
	struct wh_arena *arena)
{
	struct wh_json *pod WH_JSON = NULL;
	wh_node root;
	int r = read_metadata(doc, find_container(doc, pod_id), &pod);

	if (r < 0)
		return r;
	root = pod == NULL ? WH_NO_NODE : wh_json_root(pod);
	if (pod == NULL || engine_of(pod) != WH_ENGINE_CRI_O ||
		!wh_slice_eq(string_of(pod, root, "pod-id"), pod_id) ||
		wh_json_type(pod, wh_json_get(pod, root, "pod")) != WH_JSON_TRUE) {
		wh_identity_miss(
			identity, WH_FACT_NAMESPACE, "CRI-O's record of the pod is missing");
		wh_identity_miss(identity, WH_FACT_POD, "CRI-O's record of the pod is missing");
		return 0;
	}
	r = wh_identity_know_slice(
		identity, WH_FACT_NAMESPACE, string_of(pod, root, "namespace"), arena);
	if (r == 0)
		r = wh_identity_know_slice(
			identity, WH_FACT_POD, string_of(pod, root, "metadata-name"), arena);
	return r;
}

static int take_crio(struct wh_identity *identity, struct wh_json *doc, struct wh_json *metadata,
	struct wh_arena *arena)
{
	wh_node root = wh_json_root(metadata);
	struct wh_slice pod_id = string_of(metadata, root, "pod-id");
	bool sandbox = wh_slice_is(pod_id, identity->id);
	int r = take_pod(identity, doc, pod_id, arena);

	wh_identity_know(identity, WH_FACT_SANDBOX, sandbox ? "true" : "false");
	if (r == 0)
		r = take_image(identity, metadata, arena);
	if (r == 0 && !sandbox)
		r = wh_identity_know_slice(identity, WH_FACT_CONTAINER,
			string_of(metadata, root, "metadata-name"), arena);
	return r;
}

static int take_podman(
	struct wh_identity *identity, struct wh_json *metadata, struct wh_arena *arena)
{
	int r = take_image(identity, metadata, arena);

	if (r < 0)
		return r;
	return wh_identity_know_slice(identity, WH_FACT_CONTAINER,
		string_of(metadata, wh_json_root(metadata), "name"), arena);
}

static int take_storage(
	struct wh_identity *identity, struct wh_json *doc, size_t file, struct wh_arena *arena)
{
	struct wh_json *metadata WH_JSON = NULL;
	wh_node container = find_container(doc, wh_slice_of(identity->id));
	enum wh_engine_id engine;
	int r;

	if (container == WH_NO_NODE)
		return -ENOENT;
	r = read_metadata(doc, container, &metadata);
	if (r < 0)
		return r;
	engine = metadata == NULL ? WH_ENGINES : engine_of(metadata);
	/* Where Podman's callers could lead us, Podman has no business. */
	if (file >= identity->own_file_count && engine == WH_ENGINE_PODMAN)
		engine = WH_ENGINES;
	if (engine == WH_ENGINES) {
		wh_identity_give_up(identity,
			"what the record says of the container is neither Podman's nor CRI-O's");
		return 0;
	}
	wh_identity_set_engine(identity, engine);
	return engine == WH_ENGINE_CRI_O ? take_crio(identity, doc, metadata, arena)
					 : take_podman(identity, metadata, arena);
}

int wh_identity_take_record(
	struct wh_identity *identity, struct wh_json *record, size_t file, struct wh_arena *arena)
{
	int r;

	if (identity->record == WH_RECORD_DOCKER)
		r = take_docker(identity, record, arena);
	else
		r = take_storage(identity, record, file, arena);
	return wh_json_status(record) < 0 ? -ENOMEM : r;
}
