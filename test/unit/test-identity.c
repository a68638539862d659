/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who made a container: from the places and words that real engines use (test/golden/input), and
 * from those of somebody who would like to be taken for another. Records are written here as their
 * engines write them.
 */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>

#include "document.h"
#include "oci/argv.h"
#include "oci/identity.h"
#include "oci/state.h"

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define POD64 "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
#define IMAGE64 "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddd"
#define TASKS "/run/containerd/io.containerd.runtime.v2.task/"
#define STORAGE "/var/lib/containers/storage/"
#define RUN_STORAGE "/run/containers/storage/"
#define LAYER "1111111111111111111111111111111111111111111111111111111111111111"
#define CRI "io.kubernetes.cri."

static const struct wh_annotation_list no_annotations;

static struct wh_identity identify(const struct wh_call *call, struct wh_arena *arena)
{
	struct wh_identity identity;
	struct wh_call whole = *call;

	if (whole.annotations == NULL)
		whole.annotations = &no_annotations;
	if (whole.command == NULL)
		whole.command = "create";
	assert_int_equal(wh_identify(&identity, &whole, arena), 0);
	/* A fact is either known or has a reason. */
	for (size_t i = 0; i < WH_FACT_TEXTS; i++)
		assert_true((identity.subject.facts[i].text == NULL) !=
			    (identity.subject.facts[i].unknown == NULL));
	return identity;
}

static const char *text_of(const struct wh_identity *identity, enum wh_fact fact)
{
	return identity->subject.facts[fact].text;
}

static void assert_fact(
	const struct wh_identity *identity, enum wh_fact fact, const char *expected, size_t row)
{
	const char *got = text_of(identity, fact);

	if ((got == NULL) != (expected == NULL) || (got != NULL && strcmp(got, expected) != 0))
		fail_msg("row %zu: %s is %s, not %s", row, wh_fact_info(fact)->name,
			got == NULL ? "unknown" : got, expected == NULL ? "unknown" : expected);
}

/* ---- places ------------------------------------------------------------------------------- */

static void test_places(void **state)
{
	static const struct {
		const char *id, *bundle, *root, *engine, *namespace;
		enum wh_record record;
	} rows[] = {
		{ HEX64, TASKS "moby/" HEX64, "/run/docker/runtime-runc/moby", "docker", NULL,
			WH_RECORD_DOCKER },
		{ HEX64, TASKS "moby/" HEX64, "/run/docker/runtime-runc/moby/", "docker", NULL,
			WH_RECORD_DOCKER },
		{ HEX64, "/x/y/io.containerd.runtime.v2.task/moby/" HEX64, "/z/moby", "docker",
			NULL, WH_RECORD_DOCKER },
		{ "web", TASKS "default/web", "/run/containerd/runc/default", "containerd",
			"default", WH_RECORD_NONE },
		{ HEX64, TASKS "k8s.io/" HEX64, "/run/containerd/runc/k8s.io", "containerd",
			"k8s.io", WH_RECORD_NONE },
		{ HEX64, STORAGE "overlay-containers/" HEX64 "/userdata", "/run/crun", NULL, NULL,
			WH_RECORD_STORAGE },
		{ HEX64, "/x/vfs-containers/" HEX64 "/userdata", "/run/crun", NULL, NULL,
			WH_RECORD_STORAGE },
		{ "abc", "/var/lib/docker/buildkit/executor/abc", "/run/runc", "buildkit", NULL,
			WH_RECORD_NONE },
		{ "abc", "/var/lib/buildkit/runc-overlayfs/executor/abc", "/run/runc", "buildkit",
			NULL, WH_RECORD_NONE },

		/* the runtime's state is another namespace's, or the bundle another container's */
		{ HEX64, TASKS "moby/" HEX64, "/run/containerd/runc/default", NULL, NULL,
			WH_RECORD_NONE },
		{ HEX64, TASKS "moby/" HEX64, NULL, NULL, NULL, WH_RECORD_NONE },
		{ HEX64, TASKS "moby/" HEX64, "moby", NULL, NULL, WH_RECORD_NONE },
		{ HEX64, TASKS "moby/" POD64, "/run/docker/runtime-runc/moby", NULL, NULL,
			WH_RECORD_NONE },
		{ "web", TASKS "default/web", "/run/runc", NULL, NULL, WH_RECORD_NONE },
		{ HEX64, STORAGE "overlay-containers/" POD64 "/userdata", "/run/crun", NULL, NULL,
			WH_RECORD_NONE },
		{ "abc", "/var/lib/docker/buildkit/executor/abd", "/run/runc", NULL, NULL,
			WH_RECORD_NONE },

		/* not quite the places */
		{ "web", "/srv/web", "/run/runc", NULL, NULL, WH_RECORD_NONE },
		{ "web", "/moby/web", "/run/moby", NULL, NULL, WH_RECORD_NONE },
		{ "web", "/x/task/moby/web", "/run/moby", NULL, NULL, WH_RECORD_NONE },
		{ "web", "/containers/web/userdata", "/run/runc", NULL, NULL, WH_RECORD_NONE },
		{ "web", "/-containers/web/userdata", "/run/runc", NULL, NULL, WH_RECORD_NONE },
		{ "web", "/x/overlay-containers/web/data", "/run/runc", NULL, NULL,
			WH_RECORD_NONE },
		{ "web", "/executor/web", "/run/runc", NULL, NULL, WH_RECORD_NONE },
		{ "web", "/a/b/c/executor/web", "/run/runc", NULL, NULL, WH_RECORD_NONE },
		{ "web", "/buildkit/a/b/executor/web", "/run/runc", NULL, NULL, WH_RECORD_NONE },
		{ "web", "/", "/", NULL, NULL, WH_RECORD_NONE },
		{ "web", NULL, NULL, NULL, NULL, WH_RECORD_NONE },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(rows); i++) {
		struct wh_arena arena = WH_ARENA_INIT;
		const struct wh_call call = { .id = rows[i].id,
			.bundle = rows[i].bundle == NULL ? "/" : rows[i].bundle,
			.root = rows[i].root };
		struct wh_identity identity = identify(&call, &arena);

		assert_fact(&identity, WH_FACT_ENGINE, rows[i].engine, i);
		assert_fact(&identity, WH_FACT_NAMESPACE, rows[i].namespace, i);
		assert_fact(&identity, WH_FACT_ID, rows[i].id, i);
		assert_fact(&identity, WH_FACT_COMMAND, "create", i);
		if (identity.record != rows[i].record)
			fail_msg("row %zu: record %d", i, identity.record);
		wh_arena_done(&arena);
	}
}

/* Where the record is, by the path of the root file system. */
static void test_docker_data_roots(void **state)
{
	static const struct {
		const char *rootfs, *root; /* NULL: cannot be told */
	} rows[] = {
		{ "/var/lib/docker/overlay2/" LAYER "/merged", "/var/lib/docker" },
		{ "/srv/d/100000.100000/overlay2/" LAYER "/merged", "/srv/d/100000.100000" },
		{ "/var/lib/docker/overlay/x/merged", "/var/lib/docker" },
		{ "/var/lib/docker/fuse-overlayfs/x/merged", "/var/lib/docker" },
		{ "/var/lib/docker/vfs/dir/x", "/var/lib/docker" },
		{ "/var/lib/docker/btrfs/subvolumes/x", "/var/lib/docker" },
		{ "/var/lib/docker/zfs/graph/x", "/var/lib/docker" },
		{ "/var/lib/docker/aufs/mnt/x", "/var/lib/docker" },
		{ "/var/lib/docker/devicemapper/mnt/x/rootfs", "/var/lib/docker" },
		{ "/var/lib/docker/rootfs/overlayfs/" HEX64, "/var/lib/docker" },
		{ "/var/lib/docker/rootfs/overlayfs/" POD64, NULL },
		{ "/var/lib/docker/overlay2/x/diff", NULL },
		{ "/var/lib/docker/overlay3/x/merged", NULL },
		{ "/overlay2/x/merged", NULL },
		{ "rootfs", NULL },
		{ "", NULL },
		{ NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(rows); i++) {
		struct wh_arena arena = WH_ARENA_INIT;
		const struct wh_call call = { .id = HEX64,
			.bundle = TASKS "moby/" HEX64,
			.root = "/run/docker/runtime-runc/moby",
			.rootfs = rows[i].rootfs };
		struct wh_identity identity = identify(&call, &arena);
		char path[256];

		assert_int_equal(identity.file_count, rows[i].root != NULL);
		if (rows[i].root != NULL) {
			spell(path, sizeof(path), "%s/containers/" HEX64 "/config.v2.json",
				rows[i].root);
			assert_string_equal(identity.files[0], path);
		} else {
			assert_non_null(strstr(identity.subject.facts[WH_FACT_IMAGE].unknown,
				"data folder cannot be told"));
			assert_non_null(identity.subject.labels_unknown);
		}
		wh_arena_done(&arena);
	}
}

/* The path of the root file system leads to a record only where Podman's callers have no say. */
static void test_storage_files(void **state)
{
	static const struct {
		const char *bundle, *rootfs;
		bool root_given;
		size_t files;
		const char *second; /* the folder of the third and fourth */
	} rows[] = {
		{ STORAGE "overlay-containers/" HEX64 "/userdata",
			STORAGE "overlay/" LAYER "/merged", false, 2, NULL },
		{ STORAGE "overlay-containers/" HEX64 "/userdata",
			STORAGE "overlay/" LAYER "/merged", true, 2, NULL },
		{ RUN_STORAGE "overlay-containers/" HEX64 "/userdata",
			STORAGE "overlay/" LAYER "/merged", true, 4, STORAGE "overlay-containers" },
		{ RUN_STORAGE "overlay-containers/" HEX64 "/userdata",
			STORAGE "overlay/" LAYER "/merged", false, 2, NULL },
		{ RUN_STORAGE "vfs-containers/" HEX64 "/userdata", STORAGE "vfs/dir/" LAYER, true,
			4, STORAGE "vfs-containers" },
		{ RUN_STORAGE "overlay-containers/" HEX64 "/userdata", STORAGE "vfs/dir/" LAYER,
			true, 2, NULL },
		{ RUN_STORAGE "overlay-containers/" HEX64 "/userdata", "/srv/rootfs", true, 2,
			NULL },
		{ RUN_STORAGE "overlay-containers/" HEX64 "/userdata", NULL, true, 2, NULL },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(rows); i++) {
		struct wh_arena arena = WH_ARENA_INIT;
		const struct wh_call call = { .id = HEX64,
			.bundle = rows[i].bundle,
			.root = "/run/crun",
			.root_given = rows[i].root_given,
			.rootfs = rows[i].rootfs };
		struct wh_identity identity = identify(&call, &arena);
		char path[256];

		if (identity.file_count != rows[i].files || identity.own_file_count != 2)
			fail_msg("row %zu: %zu files", i, identity.file_count);
		if (rows[i].second != NULL) {
			spell(path, sizeof(path), "%s/containers.json", rows[i].second);
			assert_string_equal(identity.files[2], path);
			spell(path, sizeof(path), "%s/volatile-containers.json", rows[i].second);
			assert_string_equal(identity.files[3], path);
		}
		wh_arena_done(&arena);
	}
}

/* ---- annotations --------------------------------------------------------------------------- */

#define ANNOTATION(key, value) \
	{ \
		WH_SLICE(key), WH_SLICE(value) \
	}
#define POSE_CRI(type) \
	ANNOTATION(CRI "container-type", type), \
		ANNOTATION(CRI "sandbox-namespace", "kube-system"), \
		ANNOTATION(CRI "sandbox-name", "pod"), ANNOTATION(CRI "container-name", "name"), \
		ANNOTATION(CRI "image-name", "docker.io/library/trusted:1")

static const struct wh_annotation posing[] = { POSE_CRI("container") };
static const struct wh_annotation sandbox[] = { POSE_CRI("sandbox"),
	ANNOTATION(CRI "podsandbox.image-name", "registry.k8s.io/pause:3.9") };
static const struct wh_annotation nerdctl[] = { POSE_CRI("container"),
	ANNOTATION("nerdctl/name", "web"), ANNOTATION("nerdctl/namespace", "k8s.io") };
static const struct wh_annotation twice[] = { POSE_CRI("container"),
	ANNOTATION(CRI "sandbox-namespace", "db") };
static const struct wh_annotation odd[] = { POSE_CRI("sidecar") };
static const struct wh_annotation by_id[] = {
	ANNOTATION(CRI "container-type", "container"),
	ANNOTATION(CRI "image-name", "sha256:" IMAGE64),
	ANNOTATION(CRI "sandbox-namespace", ""),
};

#define LIST(array) \
	{ \
		array, WH_COUNT(array) \
	}

static void test_annotations_count_for_the_cri_plugin_alone(void **state)
{
	static const struct {
		const char *bundle, *root, *id;
		struct wh_annotation_list annotations;
		const char *engine, *namespace, *pod, *container, *image, *sandbox;
	} rows[] = {
		{ TASKS "k8s.io/" HEX64, "/r/k8s.io", HEX64, LIST(posing), "cri-containerd",
			"kube-system", "pod", "name", "docker.io/library/trusted:1", "false" },
		{ TASKS "k8s.io/" HEX64, "/r/k8s.io", HEX64, LIST(sandbox), "cri-containerd",
			"kube-system", "pod", NULL, "registry.k8s.io/pause:3.9", "true" },
		{ TASKS "k8s.io/" HEX64, "/r/k8s.io", HEX64, LIST(by_id), "cri-containerd", NULL,
			NULL, NULL, NULL, "false" },
		/* a key that was there twice says nothing */
		{ TASKS "k8s.io/" HEX64, "/r/k8s.io", HEX64, LIST(twice), "cri-containerd", NULL,
			"pod", "name", "docker.io/library/trusted:1", "false" },

		/* nerdctl marks what it makes; ctr lets people name things */
		{ TASKS "k8s.io/" HEX64, "/r/k8s.io", HEX64, LIST(nerdctl), "containerd", "k8s.io",
			NULL, "web", NULL, NULL },
		{ TASKS "k8s.io/web", "/r/k8s.io", "web", LIST(posing), "containerd", "k8s.io",
			NULL, NULL, NULL, NULL },
		{ TASKS "k8s.io/" HEX64, "/r/k8s.io", HEX64, LIST(odd), "containerd", "k8s.io",
			NULL, NULL, NULL, NULL },
		{ TASKS "default/" HEX64, "/r/default", HEX64, LIST(posing), "containerd",
			"default", NULL, NULL, NULL, NULL },
		{ TASKS "default/" HEX64, "/r/k8s.io", HEX64, LIST(posing), NULL, NULL, NULL, NULL,
			NULL, NULL },

		/* docker run --annotation, podman run --annotation, a bundle of one's own */
		{ TASKS "moby/" HEX64, "/r/moby", HEX64, LIST(posing), "docker", NULL, NULL, NULL,
			NULL, NULL },
		{ STORAGE "overlay-containers/" HEX64 "/userdata", "/r/k8s.io", HEX64, LIST(posing),
			NULL, NULL, NULL, NULL, NULL, NULL },
		{ "/srv/k8s.io/" HEX64, "/r/k8s.io", HEX64, LIST(posing), NULL, NULL, NULL, NULL,
			NULL, NULL },
		{ "/x/buildkit/executor/" HEX64, "/r/k8s.io", HEX64, LIST(posing), "buildkit", NULL,
			NULL, NULL, NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(rows); i++) {
		struct wh_arena arena = WH_ARENA_INIT;
		const struct wh_call call = { .id = rows[i].id,
			.bundle = rows[i].bundle,
			.root = rows[i].root,
			.annotations = &rows[i].annotations };
		struct wh_identity identity = identify(&call, &arena);

		assert_fact(&identity, WH_FACT_ENGINE, rows[i].engine, i);
		assert_fact(&identity, WH_FACT_NAMESPACE, rows[i].namespace, i);
		assert_fact(&identity, WH_FACT_POD, rows[i].pod, i);
		assert_fact(&identity, WH_FACT_CONTAINER, rows[i].container, i);
		assert_fact(&identity, WH_FACT_IMAGE, rows[i].image, i);
		assert_fact(&identity, WH_FACT_IMAGE_ID, NULL, i);
		assert_fact(&identity, WH_FACT_SANDBOX, rows[i].sandbox, i);
		wh_arena_done(&arena);
	}
}

static void test_labels_of_nerdctl(void **state)
{
	static const struct wh_annotation_list list = LIST(nerdctl);
	struct wh_arena arena = WH_ARENA_INIT;
	const struct wh_call call = {
		.id = "web", .bundle = TASKS "x/web", .root = "/r/x", .annotations = &list
	};
	struct wh_identity identity = identify(&call, &arena);

	(void)state;
	assert_null(identity.subject.labels_unknown);
	assert_int_equal(identity.subject.label_count, 2);
	assert_true(wh_slice_is(identity.subject.labels[0].key, "nerdctl/name"));
	wh_arena_done(&arena);
}

/* ---- Docker's record ------------------------------------------------------------------------ */

static struct wh_identity docker(struct wh_arena *arena)
{
	static const struct wh_call call = { .id = HEX64,
		.bundle = TASKS "moby/" HEX64,
		.root = "/run/docker/runtime-runc/moby",
		.rootfs = "/var/lib/docker/overlay2/x/merged" };

	return identify(&call, arena);
}

#define DOCKER(id, image, name, config) \
	"{'ID':'" id "','Image':'" image "','Name':'" name "','Config':" config ",'State':{}}"

static void test_docker_records(void **state)
{
	static const struct {
		const char *record;
		const char *image, *image_id, *container, *label;
		const char *why; /* the image is unknown */
	} rows[] = {
		{ DOCKER(HEX64, "sha256:" IMAGE64, "/web",
			  "{'Image':'postgres:16','Labels':{'tier':'gold'}}"),
			"docker.io/library/postgres:16", "sha256:" IMAGE64, "web", "gold", NULL },
		{ DOCKER(HEX64, "sha256:" IMAGE64, "/web", "{'Image':'postgres','Labels':null}"),
			"docker.io/library/postgres:latest", "sha256:" IMAGE64, "web", NULL, NULL },
		{ DOCKER(HEX64, "sha256:" IMAGE64, "/web", "{'Image':'sha256:" IMAGE64 "'}"), NULL,
			"sha256:" IMAGE64, "web", NULL, "named by its id" },
		{ DOCKER(HEX64, "sha256:" IMAGE64, "/web", "{'Image':'aaaa'}"), NULL,
			"sha256:" IMAGE64, "web", NULL, "named by its id" },
		{ DOCKER(HEX64, "sha256:" IMAGE64, "/web", "{'Image':'aaab'}"),
			"docker.io/library/aaab:latest", "sha256:" IMAGE64, "web", NULL, NULL },
		{ DOCKER(HEX64, "", "", "{'Image':''}"), NULL, NULL, NULL, NULL,
			"not made from an image" },
		{ DOCKER(HEX64, "x", "/a", "{'Image':'A B'}"), NULL, NULL, "a", NULL,
			"no image reference" },
		{ DOCKER(HEX64, "sha256:" IMAGE64, "/web", "{'Image':7,'Labels':[]}"), NULL,
			"sha256:" IMAGE64, "web", NULL, "not made from an image" },
		{ DOCKER(HEX64, "sha256:" IMAGE64, "/web", "[]"), NULL, "sha256:" IMAGE64, "web",
			NULL, "not made from an image" },

		{ DOCKER(POD64, "sha256:" IMAGE64, "/web",
			  "{'Image':'postgres:16','Labels':{'tier':'gold'}}"),
			NULL, NULL, NULL, NULL, "that of another container" },
		{ "{}", NULL, NULL, NULL, NULL, "that of another container" },
		{ "[]", NULL, NULL, NULL, NULL, "that of another container" },
		{ "'" HEX64 "'", NULL, NULL, NULL, NULL, "that of another container" },
		{ "{'ID':['" HEX64 "']}", NULL, NULL, NULL, NULL, "that of another container" },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(rows); i++) {
		struct wh_arena arena = WH_ARENA_INIT;
		struct wh_identity identity = docker(&arena);
		struct wh_json *doc = document(rows[i].record);

		assert_int_equal(wh_identity_take_record(&identity, doc, 0, &arena), 0);
		wh_json_free(doc);
		assert_fact(&identity, WH_FACT_ENGINE, "docker", i);
		assert_fact(&identity, WH_FACT_IMAGE, rows[i].image, i);
		assert_fact(&identity, WH_FACT_IMAGE_ID, rows[i].image_id, i);
		assert_fact(&identity, WH_FACT_CONTAINER, rows[i].container, i);
		assert_fact(&identity, WH_FACT_NAMESPACE, NULL, i);
		assert_int_equal(identity.subject.label_count, rows[i].label != NULL);
		if (rows[i].label != NULL)
			assert_true(wh_slice_is(identity.subject.labels[0].value, rows[i].label));
		if (rows[i].why != NULL &&
			strstr(identity.subject.facts[WH_FACT_IMAGE].unknown, rows[i].why) == NULL)
			fail_msg("row %zu: %s", i, identity.subject.facts[WH_FACT_IMAGE].unknown);
		wh_arena_done(&arena);
	}
}

static void test_docker_settings(void **state)
{
	static const struct {
		const char *settings;
		bool known, privileged;
	} rows[] = {
		{ "{'Privileged':true}", true, true },
		{ "{'Privileged':false,'CapAdd':null}", true, false },
		{ "{'privileged':true}", false, false },
		{ "{'Privileged':'true'}", false, false },
		{ "{'Privileged':1}", false, false },
		{ "{}", false, false },
		{ "[]", false, false },
		{ "null", false, false },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(rows); i++) {
		struct wh_arena arena = WH_ARENA_INIT;
		struct wh_identity identity = docker(&arena);
		struct wh_json *doc = document(rows[i].settings);

		assert_string_equal(strrchr(identity.settings, '/'), "/hostconfig.json");
		wh_identity_take_settings(&identity, doc);
		wh_json_free(doc);
		assert_int_equal(identity.has_privileged, rows[i].known);
		assert_int_equal(identity.privileged, rows[i].privileged);
		wh_arena_done(&arena);
	}
}

/* ---- containers/storage --------------------------------------------------------------------- */

/* The metadata is JSON in a string in JSON, so its quotes are escaped once more. */
#define ENTRY(id, metadata) \
	"{'id':'" id "','names':['x'],'image':'" IMAGE64 "','layer':'" LAYER \
	"','metadata':'" metadata "','created':'2026-01-01T00:00:00Z'}"
#define Q "\\'"
#define META(key, value) Q key Q ":" Q value Q
#define PODMAN(image, name) \
	"{" META("image-name", image) "," META("image-id", IMAGE64) "," META( \
		"name", name) "," Q "created-at" Q ":1}"
#define CRIO(pod, image, name, rest) \
	"{" META("pod-name", "k8s_x") "," META("pod-id", pod) "," META( \
		"image-name", image) "," META("image-id", IMAGE64) "," META("name", \
		"k8s_y") "," META("metadata-name", name) rest "}"
#define CRIO_POD(pod, namespace) \
	CRIO(pod, "registry.k8s.io/pause:3.9", "web-0", \
		"," META("namespace", namespace) "," Q "pod" Q ":true")

static void test_storage_records(void **state)
{
	static const struct {
		const char *record;
		int result;
		size_t file;
		const char *engine, *image, *container, *namespace, *pod, *sandbox;
	} rows[] = {
		{ "[" ENTRY(POD64, PODMAN("docker.io/library/no:1", "no")) "," ENTRY(
			  HEX64, PODMAN("docker.io/library/busybox:1", "web")) "]",
			0, 0, "podman", "docker.io/library/busybox:1", "web", NULL, NULL, NULL },
		{ "[" ENTRY(HEX64, PODMAN("localhost/x", "web")) "]", 0, 1, "podman",
			"localhost/x:latest", "web", NULL, NULL, NULL },
		{ "[" ENTRY(HEX64, PODMAN("busybox", "web")) "]", 0, 0, "podman", NULL, "web", NULL,
			NULL, NULL },
		{ "[" ENTRY(HEX64, PODMAN("", "web")) "]", 0, 0, "podman", NULL, "web", NULL, NULL,
			NULL },
		{ "[" ENTRY(HEX64, CRIO(POD64, "quay.io/a/b:1", "app", "")) "," ENTRY(
			  POD64, CRIO_POD(POD64, "shop")) "]",
			0, 3, "cri-o", "quay.io/a/b:1", "app", "shop", "web-0", "false" },
		{ "[" ENTRY(HEX64, CRIO_POD(HEX64, "shop")) "]", 0, 3, "cri-o",
			"registry.k8s.io/pause:3.9", NULL, "shop", "web-0", "true" },
		/* kubelet names the image by its id */
		{ "[" ENTRY(HEX64, CRIO(POD64, IMAGE64, "app", "")) "," ENTRY(
			  POD64, CRIO_POD(POD64, "shop")) "]",
			0, 3, "cri-o", NULL, "app", "shop", "web-0", "false" },
		/* a container's own namespace counts for nothing; the pod's record is missing */
		{ "[" ENTRY(HEX64, CRIO(POD64, "quay.io/a/b:1", "app",
					   "," META("namespace", "kube-system"))) "]",
			0, 3, "cri-o", "quay.io/a/b:1", "app", NULL, NULL, "false" },
		/* the pod is no pod, or another */
		{ "[" ENTRY(HEX64, CRIO(POD64, "quay.io/a/b:1", "app", "")) "," ENTRY(
			  POD64, CRIO(POD64, "x", "y", "," META("namespace", "kube-system"))) "]",
			0, 3, "cri-o", "quay.io/a/b:1", "app", NULL, NULL, "false" },
		{ "[" ENTRY(HEX64, CRIO(POD64, "quay.io/a/b:1", "app", "")) "," ENTRY(
			  POD64, CRIO_POD(HEX64, "kube-system")) "]",
			0, 3, "cri-o", "quay.io/a/b:1", "app", NULL, NULL, "false" },
		{ "[" ENTRY(HEX64, CRIO(POD64, "quay.io/a/b:1", "app", "")) "," ENTRY(
			  POD64, PODMAN("x.y/z:1", "kube-system")) "]",
			0, 3, "cri-o", "quay.io/a/b:1", "app", NULL, NULL, "false" },

		/* where Podman's callers could lead, a record of Podman's is none */
		{ "[" ENTRY(HEX64, PODMAN("docker.io/library/busybox:1", "web")) "]", 0, 2, NULL,
			NULL, NULL, NULL, NULL, NULL },
		/* neither shape */
		{ "[" ENTRY(HEX64, "{}") "]", 0, 0, NULL, NULL, NULL, NULL, NULL, NULL },
		{ "[" ENTRY(HEX64, "") "]", 0, 0, NULL, NULL, NULL, NULL, NULL, NULL },
		{ "[" ENTRY(HEX64, "[") "]", 0, 0, NULL, NULL, NULL, NULL, NULL, NULL },
		{ "[" ENTRY(HEX64, "[]") "]", 0, 0, NULL, NULL, NULL, NULL, NULL, NULL },
		{ "[" ENTRY(HEX64,
			  "{" META("image-name", "a.b/c") "," META("image-id", IMAGE64) "," META(
				  "name", "x") "," META("pod-id", "x") "}") "]",
			0, 0, NULL, NULL, NULL, NULL, NULL, NULL },
		{ "[{'id':'" HEX64 "'}]", 0, 0, NULL, NULL, NULL, NULL, NULL, NULL },
		{ "[{'id':'" HEX64 "','metadata':{'image-name':'a.b/c'}}]", 0, 0, NULL, NULL, NULL,
			NULL, NULL, NULL },

		/* not in there */
		{ "[]", -ENOENT, 0, NULL, NULL, NULL, NULL, NULL, NULL },
		{ "{}", -ENOENT, 0, NULL, NULL, NULL, NULL, NULL, NULL },
		{ "{'id':'" HEX64 "'}", -ENOENT, 0, NULL, NULL, NULL, NULL, NULL, NULL },
		{ "[['id','" HEX64 "'],7,'" HEX64 "']", -ENOENT, 0, NULL, NULL, NULL, NULL, NULL,
			NULL },
		{ "[" ENTRY(POD64, CRIO_POD(POD64, "kube-system")) "]", -ENOENT, 0, NULL, NULL,
			NULL, NULL, NULL, NULL },
	};
	static const struct wh_annotation_list annotations = LIST(posing);
	static const struct wh_call call = { .id = HEX64,
		.bundle = RUN_STORAGE "overlay-containers/" HEX64 "/userdata",
		.root = "/run/crun",
		.root_given = true,
		.rootfs = STORAGE "overlay/" LAYER "/merged",
		.annotations = &annotations };

	(void)state;
	for (size_t i = 0; i < WH_COUNT(rows); i++) {
		struct wh_arena arena = WH_ARENA_INIT;
		struct wh_identity identity = identify(&call, &arena);
		struct wh_json *doc = document(rows[i].record);

		assert_int_equal(identity.file_count, 4);
		if (wh_identity_take_record(&identity, doc, rows[i].file, &arena) != rows[i].result)
			fail_msg("row %zu: the result", i);
		wh_json_free(doc);
		assert_fact(&identity, WH_FACT_ENGINE, rows[i].engine, i);
		assert_fact(&identity, WH_FACT_IMAGE, rows[i].image, i);
		assert_fact(&identity, WH_FACT_IMAGE_ID,
			rows[i].engine == NULL ? NULL : "sha256:" IMAGE64, i);
		assert_fact(&identity, WH_FACT_CONTAINER, rows[i].container, i);
		assert_fact(&identity, WH_FACT_NAMESPACE, rows[i].namespace, i);
		assert_fact(&identity, WH_FACT_POD, rows[i].pod, i);
		assert_fact(&identity, WH_FACT_SANDBOX, rows[i].sandbox, i);
		for (size_t fact = 0; fact < WH_FACT_TEXTS; fact++)
			assert_true(text_of(&identity, fact) != NULL ||
				    identity.subject.facts[fact].unknown != NULL);
		wh_arena_done(&arena);
	}
}

/* A reason is given for each fact that only the record has, and for no other. */
static void test_giving_up(void **state)
{
	struct wh_arena arena = WH_ARENA_INIT;
	struct wh_identity identity = docker(&arena);

	(void)state;
	wh_identity_give_up(&identity, "because");
	for (size_t fact = 0; fact < WH_FACT_TEXTS; fact++) {
		const char *why = identity.subject.facts[fact].unknown;

		assert_int_equal(why != NULL && strcmp(why, "because") == 0,
			wh_identity_in_record(&identity, fact));
	}
	assert_string_equal(identity.subject.labels_unknown, "because");
	assert_fact(&identity, WH_FACT_ENGINE, "docker", 0);
	wh_arena_done(&arena);
}

/* ---- what real engines hand over ----------------------------------------------------------- */

#define INPUT WH_SOURCE_ROOT "/test/golden/input/"

struct golden {
	const char *name;    /* INPUT NAME.json and INPUT argv/NAME.COMMAND.txt */
	const char *command; /* NULL: create */
	enum wh_runtime_kind kind;
	const char *engine, *namespace, *pod, *container, *image, *sandbox, *first_file;
};

/* The words of a kept command line; the file's bytes live in the arena. */
static size_t read_words(const char *path, char *words[32], struct wh_arena *arena)
{
	char *bytes = wh_arena_alloc(arena, 4096);
	FILE *file = fopen(path, "re");
	size_t got, count = 0;

	if (file == NULL)
		fail_msg("%s cannot be opened", path);
	got = fread(bytes, 1, 4095, file);
	fclose(file);
	bytes[got] = '\0';
	for (char *word = strtok(bytes, "\n"); word != NULL; word = strtok(NULL, "\n")) {
		assert_true(count < 31);
		words[count++] = word;
	}
	words[count] = NULL;
	return count;
}

static void test_real_engines(void **state)
{
	static const struct golden rows[] = {
		{ "docker-default", NULL, WH_RUNTIME_RUNC, "docker", NULL, NULL, NULL, NULL, NULL,
			"/var/lib/docker/containers/"
			"d85241739e21d56aadd20bdc5d8216cf978befaff8eec28436a2cc690a7b8401/"
			"config.v2.json" },
		{ "docker-runsc", NULL, WH_RUNTIME_RUNSC, "docker", NULL, NULL, NULL, NULL, NULL,
			"/var/lib/docker/containers/"
			"719d908b0e96e8dbbf190f9ac50332008461370be7e67814cf79dd3d66acaae2/"
			"config.v2.json" },
		{ "docker-buildkit", "run", WH_RUNTIME_RUNC, "buildkit", NULL, NULL, NULL, NULL,
			NULL, NULL },
		{ "ctr-default", NULL, WH_RUNTIME_RUNC, "containerd", "default", NULL, NULL, NULL,
			NULL, NULL },
		{ "ctr-rich", NULL, WH_RUNTIME_RUNC, "containerd", "default", NULL, NULL, NULL,
			NULL, NULL },
		{ "cri-sandbox", NULL, WH_RUNTIME_RUNC, "cri-containerd", "shop", "web-0", NULL,
			NULL, "true", NULL },
		{ "cri-default", NULL, WH_RUNTIME_RUNC, "cri-containerd", "shop", "web-0",
			"default", "docker.io/library/busybox:1.35", "false", NULL },
		{ "cri-privileged", NULL, WH_RUNTIME_RUNC, "cri-containerd", "shop", "agent-0",
			"privileged", "docker.io/library/busybox:1.35", "false", NULL },
		{ "podman-default", NULL, WH_RUNTIME_CRUN, NULL, NULL, NULL, NULL, NULL, NULL,
			STORAGE "overlay-containers/containers.json" },
		{ "podman-annotation", NULL, WH_RUNTIME_CRUN, NULL, NULL, NULL, NULL, NULL, NULL,
			STORAGE "overlay-containers/containers.json" },
		{ "podman-pod", NULL, WH_RUNTIME_CRUN, NULL, NULL, NULL, NULL, NULL, NULL,
			STORAGE "overlay-containers/containers.json" },
		{ "podman-runc", NULL, WH_RUNTIME_RUNC, NULL, NULL, NULL, NULL, NULL, NULL,
			STORAGE "overlay-containers/containers.json" },
	};

	(void)state;
	for (size_t i = 0; i < WH_COUNT(rows); i++) {
		struct wh_arena arena = WH_ARENA_INIT;
		struct wh_annotation_list annotations;
		struct wh_argv argv;
		struct wh_err err = WH_ERR_INIT;
		char *words[32], path[512];
		size_t count;
		struct wh_json *doc;
		wh_node root, rootfs;
		const char *state_root;
		struct wh_call call;
		struct wh_identity identity;

		spell(path, sizeof(path), INPUT "argv/%s.%s.txt", rows[i].name,
			rows[i].command == NULL ? "create" : rows[i].command);
		count = read_words(path, words, &arena);
		if (wh_argv_parse(&argv, wh_grammar_of(rows[i].kind), &arena, (int)count, words,
			    &err) < 0)
			fail_msg("%s: %s", rows[i].name, err.text);
		spell(path, sizeof(path), INPUT "%s.json", rows[i].name);
		doc = document_of_file(path);
		root = wh_json_root(doc);
		assert_int_equal(
			wh_annotations_from_object(
				doc, wh_json_get(doc, root, "annotations"), &arena, &annotations),
			0);
		rootfs = wh_json_get(doc, wh_json_get(doc, root, "root"), "path");
		state_root = wh_argv_value(&argv, WH_ROLE_ROOT);
		call = (struct wh_call){
			.command = argv.command->name,
			.id = argv.id,
			.bundle = wh_argv_value(&argv, WH_ROLE_BUNDLE),
			.root = state_root != NULL
					? state_root
					: wh_state_root(rows[i].kind, NULL, true, &arena),
			.root_given = state_root != NULL,
			.rootfs = wh_arena_dup(&arena, wh_json_string(doc, rootfs)),
			.annotations = &annotations,
		};
		identity = identify(&call, &arena);
		assert_fact(&identity, WH_FACT_ENGINE, rows[i].engine, i);
		assert_fact(&identity, WH_FACT_NAMESPACE, rows[i].namespace, i);
		assert_fact(&identity, WH_FACT_POD, rows[i].pod, i);
		assert_fact(&identity, WH_FACT_CONTAINER, rows[i].container, i);
		assert_fact(&identity, WH_FACT_IMAGE, rows[i].image, i);
		assert_fact(&identity, WH_FACT_SANDBOX, rows[i].sandbox, i);
		assert_int_equal(identity.file_count > 0, rows[i].first_file != NULL);
		if (rows[i].first_file != NULL)
			assert_string_equal(identity.files[0], rows[i].first_file);
		wh_json_free(doc);
		wh_arena_done(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_docker_data_roots),
		cmocka_unit_test(test_storage_files),
		cmocka_unit_test(test_annotations_count_for_the_cri_plugin_alone),
		cmocka_unit_test(test_labels_of_nerdctl),
		cmocka_unit_test(test_docker_records),
		cmocka_unit_test(test_docker_settings),
		cmocka_unit_test(test_storage_records),
		cmocka_unit_test(test_giving_up),
		cmocka_unit_test(test_real_engines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
