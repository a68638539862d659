/* SPDX-License-Identifier: Apache-2.0 */
#include "trim/record.h"

#include "trim/own-hooks.h"

static void add_word(struct wh_json *doc, wh_node words, const char *option, const char *value)
{
	struct wh_buf word WH_CLEANUP(wh_buf_done) = WH_BUF_INIT;

	if (value == NULL)
		return;
	wh_buf_addf(&word, "%s=%s", option, value);
	/* A spoiled document tells of missing memory. */
	wh_json_append(doc, words,
		word.failed ? WH_NO_NODE
			    : wh_json_new_string(doc, (struct wh_slice){ word.data, word.len }));
}

void wh_record_add(struct wh_json *doc, const char *program, const struct wh_recording *recording,
	bool timeout)
{
	struct wh_own_hook hook = {
		.point = "createRuntime",
		.program = program,
		.name = WH_RECORD_PROGRAM,
		.stage = "start",
		.words = wh_json_new_array(doc),
		.timeout = timeout ? WH_RECORD_TIMEOUT : 0,
	};

	add_word(doc, hook.words, "--bundle", recording->bundle);
	add_word(doc, hook.words, "--name", recording->name);
	add_word(doc, hook.words, "--image", recording->image);
	add_word(doc, hook.words, "--engine", recording->engine);
	wh_own_hook_add(doc, &hook);
	hook.point = "poststop";
	hook.stage = "stop";
	hook.words = wh_json_new_array(doc);
	add_word(doc, hook.words, "--bundle", recording->bundle);
	wh_own_hook_add(doc, &hook);
}
