/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any text as an engine's TOML: it is read or refused; what is read can be edited or is refused; an
 * edit that was made reads as meant, is made only once, and is taken out again. The first byte
 * chooses the engine.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/memory-files.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PROGRAM "/usr/local/bin/whittle"

static const char *const engines[] = { "containerd", "podman", "crio", "docker" };

/* Only the fuzzer is meant to see this. */
static void require(bool holds)
{
	if (!holds)
		abort();
}

static int read_text(const struct wh_engine *engine, const char *text, struct wh_arena *arena,
	struct wh_engine_view *ret)
{
	const struct memory_file list[] = { { engine->file, text }, { NULL, NULL } };
	struct wh_engine_files files = memory_files(list);
	struct wh_err err = WH_ERR_INIT;
	int r = wh_engine_read(engine, &files, NULL, arena, ret, &err);

	require(r == 0 || err.text[0] != '\0');
	return r;
}

static void edit(const struct wh_engine *engine, const char *text)
{
	const struct wh_engine_change change = { "whittle-x", PROGRAM, true };
	struct wh_arena arena WH_CLEANUP(wh_arena_done) = WH_ARENA_INIT;
	struct wh_buf after WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_buf again WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_buf removed WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;
	struct wh_engine_undo undo = { .name = NULL };
	struct wh_engine_view before, view;

	if (read_text(engine, text, &arena, &before) < 0 ||
		strcmp(before.edited, engine->file) != 0)
		return;
	if (wh_engine_add(&before, &change, wh_slice_of(text), &after, &undo, NULL) < 0)
		return;
	require(read_text(engine, after.data, &arena, &view) == 0);
	require(wh_engine_runtime_find(&view, "whittle-x") != NULL);
	require(strcmp(view.default_runtime, "whittle-x") == 0);
	require(wh_engine_add(&view, &change, wh_slice_of(after.data), &again, NULL, NULL) == 0);
	require(strcmp(after.data, again.data) == 0);
	require(wh_engine_remove(&view, &undo, wh_slice_of(after.data), &removed, NULL) == 0);
	require(read_text(engine, removed.data == NULL ? "" : removed.data, &arena, &view) == 0);
	require(undo.keep_runtime || wh_engine_runtime_find(&view, "whittle-x") == NULL);
	require(strcmp(view.default_runtime, before.default_runtime) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (size == 0)
		return 0;
	text = malloc(size);
	require(text != NULL);
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	edit(wh_engine_find(engines[data[0] % WH_COUNT(engines)]), text);
	free(text);
	return 0;
}
