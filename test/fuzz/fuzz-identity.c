/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who a container is, from its places, an engine's record and annotations, whatever bytes they are.
 * The input is divided by NUL:
 *
 *     ID BUNDLE ROOT ROOTFS   as the command line and config.json have them
 *     NUMBER                  which of the places the record was found at; "g" in front: the
 *                             runtime's state was named by the caller
 *     RECORD                  what an engine wrote down
 *     KEY VALUE…              annotations
 *
 * Each fact is known or has a reason, never both; an image is spelled as it would be spelled again;
 * an image's id is one; and annotations matter for containerd alone.
 */

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oci/identity.h"
#include "oci/reference.h"

#define MOST_ANNOTATIONS 8u

#define MUST(condition) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "line %d: not so: %s\n", __LINE__, #condition); \
			abort(); \
		} \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct wh_slice next_part(struct wh_slice *rest)
{
	const char *end = rest->len > 0 ? memchr(rest->data, '\0', rest->len) : NULL;
	struct wh_slice part = *rest;

	if (end == NULL) {
		*rest = (struct wh_slice){ "", 0 };
		return part;
	}
	part.len = (size_t)(end - part.data);
	rest->data += part.len + 1;
	rest->len -= part.len + 1;
	return part;
}

static void check_image(const char *image, struct wh_arena *arena)
{
	const char *again = NULL, *why = NULL;

	MUST(wh_reference_normalise(wh_slice_of(image), 0, arena, &again, &why) == 0);
	MUST(strcmp(image, again) == 0);
}

static void check_identity(const struct wh_identity *identity, struct wh_arena *arena)
{
	const struct wh_fact_value *facts = identity->subject.facts;
	struct wh_slice digits;

	for (size_t i = 0; i < WH_FACT_TEXTS; i++)
		MUST((facts[i].text == NULL) != (facts[i].unknown == NULL));
	MUST(identity->subject.label_count == 0 || identity->subject.labels_unknown == NULL);
	if (facts[WH_FACT_ENGINE].text != NULL)
		MUST(strcmp(facts[WH_FACT_ENGINE].text, wh_engine_name(identity->engine)) == 0);
	else
		MUST(identity->engine == WH_ENGINES);
	if (facts[WH_FACT_IMAGE].text != NULL)
		check_image(facts[WH_FACT_IMAGE].text, arena);
	if (facts[WH_FACT_IMAGE_ID].text != NULL)
		MUST(wh_image_id_digits(wh_slice_of(facts[WH_FACT_IMAGE_ID].text), &digits));
	MUST(identity->file_count <= WH_RECORD_FILES);
	MUST(identity->own_file_count <= identity->file_count);
	for (size_t i = 0; i < identity->file_count; i++)
		MUST(strstr(identity->files[i], "/containers") != NULL ||
			strstr(identity->files[i], "-containers") != NULL);
}

/* The document is gone before the facts are looked at: they must not borrow from it. */
static void take_record(
	struct wh_identity *identity, struct wh_slice text, size_t file, struct wh_arena *arena)
{
	struct wh_buf bytes WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_json *doc WH_JSON = NULL;
	int r;

	wh_buf_add_slice(&bytes, text);
	if (identity->record == WH_RECORD_NONE || wh_json_parse_take(&doc, &bytes, NULL, NULL) < 0)
		return;
	wh_identity_take_settings(identity, doc);
	r = wh_identity_take_record(identity, doc, file, arena);
	MUST(r == 0 || (r == -ENOENT && identity->record == WH_RECORD_STORAGE));
}

/* For any engine but containerd the outcome is the same without annotations. */
static void check_annotations(
	const struct wh_identity *identity, struct wh_call call, struct wh_arena *arena)
{
	const struct wh_annotation_list none = { NULL, 0 };
	struct wh_identity bare;

	call.annotations = &none;
	MUST(wh_identify(&bare, &call, arena) == 0);
	if (identity->engine == WH_ENGINE_CONTAINERD ||
		identity->engine == WH_ENGINE_CRI_CONTAINERD)
		return;
	MUST(bare.engine == identity->engine && bare.record == identity->record);
	for (size_t i = 0; i < WH_FACT_TEXTS; i++)
		MUST((bare.subject.facts[i].text == NULL) ==
			(identity->subject.facts[i].text == NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wh_slice rest = { size > 0 ? (const char *)data : "", size };
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	struct wh_annotation items[MOST_ANNOTATIONS];
	struct wh_annotation_list annotations = { items, 0 };
	struct wh_call call = { .command = "create", .annotations = &annotations };
	struct wh_identity identity;
	struct wh_slice number, record;

	call.id = wh_arena_dup(&arena, next_part(&rest));
	call.bundle = wh_arena_dup(&arena, next_part(&rest));
	call.root = wh_arena_dup(&arena, next_part(&rest));
	call.rootfs = wh_arena_dup(&arena, next_part(&rest));
	number = next_part(&rest);
	record = next_part(&rest);
	while (rest.len > 0 && annotations.count < MOST_ANNOTATIONS) {
		items[annotations.count].key = next_part(&rest);
		items[annotations.count++].value = next_part(&rest);
	}
	call.root_given = number.len > 0 && number.data[0] == 'g';
	MUST(wh_identify(&identity, &call, &arena) == 0);
	check_identity(&identity, &arena);
	check_annotations(&identity, call, &arena);
	take_record(&identity, record,
		number.len > 0 ? (unsigned char)number.data[number.len - 1] % WH_RECORD_FILES : 0,
		&arena);
	check_identity(&identity, &arena);
	return 0;
}
