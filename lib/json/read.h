/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What is known while a text is being read; shared by read.c and fault.c alone. */

#include "json/tree.h"

struct wh_json_frame {
	wh_node container;
	wh_node last;   /* its child read last, WH_NO_NODE before the first */
	uint32_t count; /* of its children; a key and its value are two */
};

struct wh_json_reader {
	struct wh_json *doc;
	struct wh_err *err;
	const struct wh_json_options *options;
	size_t limit;      /* the text ends here, or cannot be read from here on… */
	const char *fault; /* …because of this; NULL at its real end */
	size_t consumed;   /* behind the bracket read last */
	unsigned depth;
	bool at_stop;  /* the value of stop_after comes next */
	bool complete; /* the root, or what was wanted of it, was read */
	int result;    /* negative errno: a callback ended the reading */
	struct wh_json_frame frames[WH_JSON_MAX_DEPTH + 1]; /* the first one holds the root */
};

/* Puts a node behind the last one read; WH_NO_NODE (and `result` says so) when memory ran out. */
wh_node wh_json_add_node(
	struct wh_json_reader *reader, enum wh_json_type type, size_t off, size_t len);

/* Chains what is open as if it ended here, so that the tree can be walked. */
void wh_json_close_frames(struct wh_json_reader *reader);

/* Ends the reading with an error at this node, or at a byte near it. Returns 0 for yajl. */
int wh_json_refuse(
	struct wh_json_reader *reader, wh_node node, size_t offset, const char *sentence);

/* Says what is wrong where the grammar was broken; `offset` is where yajl stopped. */
int wh_json_explain(struct wh_json_reader *reader, size_t offset);
