/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * One of whittle's records, as it was written by cmd/common/record.c: a line with a JSON object.
 * Who reads it cannot know who wrote it: a member may be missing, of another type, of any length,
 * and hold any bytes but NUL.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/macros.h"
#include "json/json.h"

/* Texts live as long as the record; what is not there or no string has no bytes. */
struct wh_record_line {
	struct wh_json *doc;
	wh_node root;
	struct wh_slice time, result, command, id, bundle, engine, container, image, rule, error;
};

#define WH_RECORD_INIT \
	{ \
		.doc = NULL \
	}

void wh_record_done(struct wh_record_line *record);

/* Reads a line, which is taken over in every case. 0; -EINVAL when it is no JSON object; -ENOMEM.
 */
int wh_record_read_take(struct wh_record_line *ret, struct wh_buf *line) WH_MUST_CHECK;

/* What was changed about the container, one by one. An element that is no object has no texts. */
struct wh_record_change {
	struct wh_slice kind, action, what;
};

/* The array of changes, for wh_json_each_element(); WH_NO_NODE when there is none. */
wh_node wh_record_changes(const struct wh_record_line *record);
struct wh_record_change wh_record_change(const struct wh_record_line *record, wh_node element);

/*
 * A moment as RFC 3339 has it, as seconds since the epoch; parts of a second are passed over. False
 * when the text is none.
 */
bool wh_record_time(struct wh_slice text, int64_t *ret) WH_MUST_CHECK;
